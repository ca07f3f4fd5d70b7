"""Technical posts: the rows of a Stack Exchange dump's Posts.xml, questions and their answers."""

import html
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate

from raykd.sample.dump import moment, row
from raykd.sample.load import OTHER, SHARED, Language, Programming, Topic, load_programming
from raykd.sample.templates import (
    Draw,
    Pool,
    Scope,
    choose,
    compile_pool,
    compile_scope,
    fill,
    markup,
    misspell,
    sentence,
)

# The shares of sentences that are about the question's own topic and about its second topic; the rest speak of subjects
# found under every tag. With these, words or characters counted over 1,000 questions tell the tags at a macro F1 of
# .5 to .6 (one threshold) or .7 to .8 (classes weighted).
OWN_TOPIC = 0.66
SECOND_TOPIC = 0.13
NAMED = 0.28  # questions that name their technology
MENTIONED = 0.12  # questions that name another one
VAGUE = 0.06  # questions that hardly speak of their topic
MISSPELT = 0.05  # sentences with a typing error

_EPOCH = datetime(2014, 9, 9)
_FOURTH_LICENSE = datetime(2018, 5, 2)  # what was posted from this day on is under version 4.0


class _Voice:
    """A topic's words in one language: `plain` for titles and code, `marked` (HTML) for bodies."""

    def __init__(self, name: str, topic: Topic, programming: Programming, language: Language) -> None:
        patterns = language.technical
        local = dict(patterns.phrases[name])
        library = tuple(patterns.terms.get(entry, entry) for entry in topic.library)
        error = tuple(patterns.terms.get(entry, entry) for entry in topic.error)
        own = {"library": library, "call": topic.call, "error": error}
        slug = "".join(character for character in topic.library[0].lower() if character.isalnum())
        marked = {
            "library": tuple(html.escape(entry, quote=False) for entry in library),
            "call": tuple(f"<code>{html.escape(entry, quote=False)}</code>" for entry in topic.call),
            "error": (
                *(f"<code>{html.escape(entry, quote=False)}</code>" for entry in error),
                *(html.escape(entry, quote=False) for entry in error),
            ),
            "address": (
                f"https://{slug}.example.org/{name}/{{number}}",
                f"https://docs.example.com/{slug}/{{verb}}-{{field}}.html",
                "http://stackoverflow.example.com/questions/{number}{number}{number}/{verb}-{field}",
            ),
        }
        code = (programming.identifiers, programming.literals)
        self.tags = topic.tags
        self.plain: Scope = compile_scope(*code, patterns.words, local, own)
        self.marked: Scope = compile_scope(*code, patterns.words, local, marked)


class Posts:
    """Writer of endless technical posts in one language; see `threads`."""

    def __init__(self, language: Language) -> None:
        patterns = language.technical
        self.language = language
        self.programming = programming = load_programming()
        self.tags = programming.tags
        shares = {owner: technology.share for owner, technology in programming.technologies.items()}
        self.owners = tuple(owner for owner, share in shares.items() if share)
        self.limits = tuple(accumulate(shares[owner] for owner in self.owners))
        self.voices: dict[str, list[_Voice]] = {}
        self.code: dict[str, Pool] = {}
        for owner, technology in programming.technologies.items():
            self.voices[owner] = [_Voice(*topic, programming, language) for topic in technology.topics.items()]
            self.code[owner] = compile_pool(technology.code)
        self.titles = compile_pool(patterns.titles)
        self.naming = _marked(patterns.naming)
        self.mentions = _marked(patterns.mentions)
        self.openings = _marked(patterns.openings)
        self.attempts = _marked(patterns.attempts)
        self.failures = _marked(patterns.failures)
        self.remarks = _marked(patterns.remarks)
        self.questions = _marked(patterns.questions)
        self.closings = _marked(patterns.closings)
        self.items = _marked(patterns.items)
        self.code_leads = _marked(patterns.code_leads)
        self.advice = _marked(patterns.advice)
        self.verdicts = _marked(patterns.verdicts)

    def owner(self, draw: Draw) -> str:
        """Draw what a question is first of all about, by the shares of the technologies."""
        place = draw() * self.limits[-1]
        return next(owner for owner, limit in zip(self.owners, self.limits, strict=True) if place < limit)

    def threads(self, draw: Draw) -> Iterator[tuple[str, int]]:
        """Yield (rows, number of posts) without end: a question and its answers, Ids rising, one row a line."""
        number = 4
        asked = _EPOCH
        while True:
            thread = _Thread(self, draw)
            answers = choose((0, 0, 1, 1, 1, 2, 2, 3), draw)
            asked += timedelta(seconds=1 + draw() * 600)
            yield thread.rows(number, answers, asked), 1 + answers
            number += answers + 1 + int(draw() * 4)


class _Thread:
    """One question with its answers: the tags, and whose words its sentences take."""

    def __init__(self, posts: Posts, draw: Draw) -> None:
        self.posts = posts
        self.draw = draw
        self.owner = posts.owner(draw)
        self.voice = choose(posts.voices[self.owner], draw)
        self.tags = [self.owner] if self.owner != OTHER else [choose(self.voice.tags, draw)]
        for tag, probability in posts.programming.technologies[self.owner].companions.items():
            if len(self.tags) < 4 and draw() < probability:
                self.tags.append(tag)
        if len(self.tags) < 4 and draw() < 0.45:
            finer = choose(self.voice.tags, draw)
            if finer not in self.tags:
                self.tags.append(finer)
        second = next((tag for tag in self.tags[1:] if tag in posts.tags), SHARED)
        self.second = choose(posts.voices[second], draw)
        self.shared = choose(posts.voices[SHARED], draw)
        self.own_share = OWN_TOPIC if draw() > VAGUE else OWN_TOPIC / 4

    def speak(self) -> _Voice:
        """Draw whose words the next sentence takes."""
        place = self.draw()
        if place < self.own_share:
            return self.voice
        return self.second if place < self.own_share + SECOND_TOPIC else self.shared

    def say(self, pool: Pool) -> str:
        """Write one sentence of HTML."""
        text = sentence(pool, self.speak().marked, self.draw, self.posts.language.capitals)
        if self.draw() < MISSPELT and "<" not in text and "&" not in text:
            text = misspell(text, self.draw)
        return text

    def name(self, pool: Pool, name: str) -> str:
        """Write one sentence that names a technology."""
        scope = {**self.voice.marked, **compile_scope({"name": (name,), "other": (name,)})}
        return sentence(pool, scope, self.draw, self.posts.language.capitals)

    def paragraph(self, sentences: list[str]) -> str:
        return f"<p>{self.posts.language.space.join(sentences)}</p>\n"

    def block(self) -> str:
        """Write a block of code, more often than not of the question's own technology."""
        place = self.draw()
        own = place < self.own_share + 0.1
        owner = self.owner if own else SHARED if place < 0.85 else self.posts.owner(self.draw)
        scope = self.speak().plain
        names = {slot: (choose(scope[slot], self.draw),) for slot in self.posts.programming.identifiers}
        text = fill(choose(self.posts.code[owner], self.draw), {**scope, **names}, self.draw)
        return f"<pre><code>{html.escape(text, quote=False)}\n</code></pre>\n"

    def question(self) -> str:
        """Write the body of the question."""
        posts, draw = self.posts, self.draw
        opening = [self.say(posts.openings)]
        if draw() < NAMED:
            named = [tag for tag in self.tags if tag in posts.tags]
            if named:
                opening.append(self.name(posts.naming, posts.tags[choose(named, draw)]))
        if draw() < MENTIONED:
            opening.append(self.name(posts.mentions, posts.tags[choose(tuple(posts.tags), draw)]))
        if draw() < 0.5:
            opening.append(self.say(posts.attempts))
        parts = [self.paragraph(opening)]
        if draw() < 0.55:
            parts.append(self.paragraph([self.say(posts.code_leads)]))
            parts.append(self.block())
        middle = [self.say(posts.failures)]
        middle += [self.say(posts.remarks) for _ in range(int(draw() * 3))]
        middle += [self.say(posts.attempts) for _ in range(int(draw() * 2))]
        parts.append(self.paragraph(middle))
        if draw() < 0.15:
            entries = "".join(f"<li>{self.say(posts.items)}</li>\n" for _ in range(2 + int(draw() * 3)))
            parts.append(f"<ol>\n{entries}</ol>\n" if draw() < 0.5 else f"<ul>\n{entries}</ul>\n")
        if draw() < 0.12:
            parts.append(self.block())
        end = [self.say(posts.questions)]
        if draw() < 0.4:
            end.append(self.say(posts.closings))
        parts.append(self.paragraph(end))
        return "\n".join(parts)

    def answer(self) -> str:
        """Write the body of an answer."""
        posts, draw = self.posts, self.draw
        parts = [self.paragraph([self.say(posts.advice) for _ in range(1 + int(draw() * 3))])]
        if draw() < 0.5:
            parts.append(self.block())
        if draw() < 0.35:
            parts.append(self.paragraph([self.say(posts.advice)]))
        if draw() < 0.4:
            parts.append(self.paragraph([self.say(posts.verdicts)]))
        return "\n".join(parts)

    def rows(self, number: int, answers: int, asked: datetime) -> str:
        """Write the rows of the question, whose Id is `number`, and of its answers, whose Ids follow on."""
        draw = self.draw
        title = sentence(self.posts.titles, self.speak().plain, draw, self.posts.language.capitals)
        before, between, after = self.posts.language.tag_form
        accepted = {"AcceptedAnswerId": number + 1 + int(draw() * answers)} if answers and draw() < 0.6 else {}
        question = {
            **accepted,
            **self._common(asked, self.question()),
            "Title": title,
            "Tags": before + between.join(self.tags) + after,
            "AnswerCount": answers,
            "CommentCount": int(draw() * 5),
            "ViewCount": 10 + int(draw() * draw() * 20000),
        }
        if draw() < 0.3:
            question["FavoriteCount"] = int(draw() * 8)
        if draw() < 0.03:
            question["ClosedDate"] = moment(asked + timedelta(days=draw() * 30))
        rows = [row(number, 1, question)]
        for place in range(answers):
            answered = asked + timedelta(minutes=draw() * 3000)
            answer = {
                "ParentId": number,
                **self._common(answered, self.answer()),
                "CommentCount": int(draw() * 4),
            }
            if draw() < 0.01:
                answer["CommunityOwnedDate"] = moment(answered)
            rows.append(row(number + 1 + place, 2, answer))
        return "".join(rows)

    def _common(self, created: datetime, body: str) -> dict[str, str | int]:
        """The attributes that questions and answers share; some are missing at times, as they are in real dumps."""
        draw = self.draw
        attributes: dict[str, str | int] = {
            "CreationDate": moment(created),
            "Score": int(draw() * draw() * 40) - 2,
            "Body": body,
        }
        if draw() < 0.97:
            attributes["OwnerUserId"] = 1 + int(draw() * 90000)
        else:
            attributes["OwnerDisplayName"] = f"user{int(draw() * 90000)}"
        active = created + timedelta(days=draw() * 400)
        if draw() < 0.4:
            attributes["LastEditorUserId"] = 1 + int(draw() * 90000)
            attributes["LastEditDate"] = moment(active)
        attributes["LastActivityDate"] = moment(active)
        attributes["ContentLicense"] = "CC BY-SA 3.0" if created < _FOURTH_LICENSE else "CC BY-SA 4.0"
        return attributes


def _marked(texts: tuple[str, ...]) -> Pool:
    return compile_pool(tuple(markup(text) for text in texts))
