"""What is left of preparing text: sources to read, and clean text to tokenise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from raykd.artifacts import Result
from raykd.config import Source
from raykd.corpus.budget import language_budgets
from raykd.planning.costs.estimate import Estimate, share_of
from raykd.planning.encoders import Planned
from raykd.planning.plan import Plan

# On storage a token is four bytes and its share of a row: an id, a shuffle key, two numbers; compression is left out.
TOKEN_BYTES = 5


def reading(plan: Plan) -> Estimate | None:
    """Of sources, for tasks and corpora; None where all are there."""
    experiment, missing = plan.experiment, list[str]()
    results: list[tuple[Result, Sequence[Source]]] = [
        *((result, experiment.tasks[name].sources) for name, result in plan.tasks.items()),
        *((result, experiment.corpora[name].sources) for name, result in plan.texts.items()),
    ]
    manifests = {result.directory: plan.store.manifest(result) for result, _ in results}
    todo = [(result, sources) for result, sources in results if not manifests[result.directory]]
    if not todo:
        return None
    stated = experiment.resources.prepare
    text = _bytes_of(plan, [sources for _, sources in todo])
    if text is None and stated.source_bytes:
        text = float(stated.source_bytes)
    if text is None:
        missing.append("no size without the sources, or resources.prepare.source_bytes")
    done = []
    for result, sources in results:
        manifest, read = manifests[result.directory], plan.files.bytes_of(sources)
        if manifest and read:
            done.append(_Done(read, manifest.get("task_seconds", 0.0), _stored(manifest)))
    rate, speed = _rate(done, stated.bytes_per_second)
    if rate is None:
        missing.append("no time without resources.prepare.bytes_per_second, or a finished corpus to measure it by")
    # Clean text is less than its source, and lies compressed.
    share_kept = sum(one.stored for one in done) / sum(one.text for one in done) if done else 1.0
    return Estimate(
        "read",
        len(todo),
        len(results),
        share_of("read", experiment.resources),
        text=text,
        hours=text / rate / 3600 if text and rate else None,
        kept=text * share_kept if text is not None else None,
        speed=speed,
        missing=tuple(missing),
    )


def _bytes_of(plan: Plan, places: Sequence[Sequence[Source]]) -> float | None:
    sizes = [plan.files.bytes_of(sources) for sources in places]
    return None if None in sizes else float(sum(size for size in sizes if size))


class _Done(NamedTuple):
    """A finished result: bytes of text that it was made from, seconds of its tasks, bytes on storage."""

    text: float
    seconds: float
    stored: float


def _rate(done: Sequence[_Done], stated: int | None) -> tuple[float | None, str]:
    """Bytes a second of one task: of the finished results, else as stated."""
    timed = [one for one in done if one.seconds]
    if timed:
        return sum(one.text for one in timed) / sum(one.seconds for one in timed), "measured"
    return stated, "stated" if stated else ""


def _stored(manifest: Mapping[str, Any]) -> int:
    return sum(manifest["files"].values())


class Texts:
    """How much text and how many tokens the encoders of a plan take: of what is there counted, else as stated."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self._manifests = plan, dict[str, dict[str, Any] | None]()

    def bytes(self, planned: Planned) -> dict[str, float] | None:
        """Of clean text, by language; under "" where a total is asked for and is not shared out yet; None where all of
        a corpus is asked for that is not there."""
        languages, budget = self._languages(planned.texts), planned.budget
        if languages:
            sizes = language_budgets({name: facts["bytes"] for name, facts in languages.items()}, budget)
            return {language: float(size) for language, size in sizes.items()}
        if budget is None:
            return None
        asked = budget.per_language if budget.total is None else {"": budget.total}
        return {language: float(size) for language, size in asked.items()}

    def tokens(self, planned: Planned) -> float | None:
        """In one epoch; None where neither counts nor resources.prepare.bytes_per_token tell."""
        sizes = self.bytes(planned)
        return None if sizes is None else self.in_tokens(planned, sizes)

    def in_tokens(self, planned: Planned, sizes: Mapping[str, float]) -> float | None:
        """sizes: bytes by language."""
        stated, counted = self.plan.experiment.resources.prepare.bytes_per_token, self._counted(planned)
        total = 0.0
        for language, size in sizes.items():
            if language in counted:
                text, tokens = counted[language]
                total += size * tokens / text
            elif stated:
                total += size / stated
            else:
                return None
        return total

    def sequence(self, planned: Planned) -> float:
        """Tokens of a sequence: the mean of those that are there, else the most."""
        shards = self._shards(planned.tokens)
        sequences = sum(shard["sequences"] for shard in shards)
        return sum(shard["tokens"] for shard in shards) / sequences if sequences else float(planned.spec.max_length)

    def done(self, planned: Planned) -> _Done | None:
        """Of the token shards that are there."""
        manifest = self._manifest(planned.tokens)
        text = sum(size for size, _ in self._counted(planned).values())
        return _Done(text, manifest.get("task_seconds", 0.0), _stored(manifest)) if manifest and text else None

    def _counted(self, planned: Planned) -> dict[str, tuple[float, float]]:
        """(bytes, tokens) of the text shards that have token shards, by language."""
        found: dict[str, tuple[float, float]] = {}
        sizes = {
            shard["file"]: shard["bytes"]
            for facts in self._languages(planned.texts).values()
            for shard in facts["shards"]
        }
        for shard in self._shards(planned.tokens):
            text, tokens = found.get(shard["language"], (0.0, 0.0))
            found[shard["language"]] = text + sizes.get(shard["file"], 0), tokens + shard["tokens"]
        return {language: one for language, one in found.items() if one[0]}

    def _languages(self, texts: Result) -> dict[str, Any]:
        manifest = self._manifest(texts)
        return manifest["facts"]["languages"] if manifest else {}

    def _shards(self, tokens: Result) -> list[dict[str, Any]]:
        manifest = self._manifest(tokens)
        return manifest["facts"]["shards"] if manifest else []

    def _manifest(self, result: Result) -> dict[str, Any] | None:
        """Read once: many encoders share a corpus."""
        if result.directory not in self._manifests:
            self._manifests[result.directory] = self.plan.store.manifest(result)
        return self._manifests[result.directory]


def tokenising(plan: Plan, texts: Texts) -> Estimate | None:
    """Of each corpus in each tokenizer, once, up to the largest quantity; None where all are there."""
    users: dict[str, list[Planned]] = {}
    for planned in [*plan.encoders, *plan.sweep_encoders]:
        users.setdefault(planned.tokens.directory, []).append(planned)
    todo = [group for group in users.values() if not plan.store.manifest(group[0].tokens)]
    if not todo:
        return None
    stated, missing = plan.experiment.resources.prepare, list[str]()
    text: float | None = 0.0
    tokens: float | None = 0.0
    for group in todo:
        largest = _largest(texts, group)
        if largest is None:
            text = tokens = None
            missing.append(
                f"the size of corpora.{group[0].spec.corpus}, of which all is taken, is not known before it is there"
            )
            break
        here = texts.in_tokens(group[0], largest)
        text = None if text is None else text + sum(largest.values())
        tokens = None if tokens is None or here is None else tokens + here
    if text is not None and tokens is None:
        missing.append("no number of tokens without resources.prepare.bytes_per_token")
    done = [one for group in users.values() if (one := texts.done(group[0]))]
    rate, speed = _rate(done, stated.tokenised_per_second)
    if rate is None:
        missing.append("no time without resources.prepare.tokenised_per_second, or finished tokens to measure it by")
    return Estimate(
        "tokens",
        len(todo),
        len(users),
        share_of("tokens", plan.experiment.resources),
        text=text,
        tokens=tokens,
        hours=text / rate / 3600 if text and rate else None,
        kept=None if tokens is None else tokens * TOKEN_BYTES,
        speed=speed,
        missing=tuple(missing),
    )


def _largest(texts: Texts, group: Sequence[Planned]) -> dict[str, float] | None:
    """Bytes by language, the most that any of these takes."""
    largest: dict[str, float] = {}
    for planned in group:
        sizes = texts.bytes(planned)
        if sizes is None:
            return None
        for language, size in sizes.items():
            largest[language] = max(size, largest.get(language, 0.0))
    return largest
