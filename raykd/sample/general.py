"""General prose: short encyclopaedia-like articles, one JSON object an article."""

import json
from collections.abc import Iterator

from raykd.sample.load import Language
from raykd.sample.templates import Draw, Pool, Scope, choose, compile_pool, compile_scope, misspell, sentence

MISSPELT = 0.01  # sentences with a typing error
_LENGTHS = (1, 2, 2, 3, 3, 4, 4, 5, 6)


class Articles:
    """Writer of endless articles in one language; see `articles`."""

    def __init__(self, language: Language) -> None:
        patterns = language.general
        self.language = language
        self.subjects: tuple[tuple[Pool, tuple[Scope, ...]], ...] = tuple(
            (
                compile_pool(subject.sentences),
                tuple(
                    compile_scope(patterns.words, dict(zip(subject.columns, record, strict=True)))
                    for record in subject.records
                ),
            )
            for subject in patterns.subjects.values()
        )

    def articles(self, draw: Draw) -> Iterator[tuple[str, int]]:
        """Yield (line, 1) an article without end; an article is about one record of one subject."""
        number = 0
        while True:
            number += 1
            sentences, records = choose(self.subjects, draw)
            scope = choose(records, draw)
            texts = []
            for pool in _partition(sentences, choose(_LENGTHS, draw), draw):
                text = sentence(pool, scope, draw, self.language.capitals)
                texts.append(misspell(text, draw) if draw() < MISSPELT else text)
            article = {
                "id": f"{self.language.code}-article-{number}",
                "text": self.language.space.join(texts),
            }
            yield json.dumps(article, ensure_ascii=False) + "\n", 1


def _partition(sentences: Pool, parts: int, draw: Draw) -> list[Pool]:
    """Deal the sentences, from a drawn place on, out to `parts` pools, so that none comes twice in an article."""
    start = int(draw() * len(sentences))
    turned = sentences[start:] + sentences[:start]
    return [turned[part::parts] for part in range(parts)]
