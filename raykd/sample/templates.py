"""Sentence templates: texts with {slots}, filled from named pools of words.

A template is compiled once into a %-format and the names of its slots; filling one costs a random number a slot, which
keeps the generator at several megabytes a second. Pools hold templates too, so a word may have slots of its own.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

Draw = Callable[[], float]  # a uniform number in [0, 1): the bound method random.Random.random

Item = TypeVar("Item")

_SLOT = re.compile(r"\{([a-z_]+)\}")


class Template(NamedTuple):
    """A text to fill: `text` is a %-format if there are `slots`, and literal text if there are none."""

    text: str
    slots: tuple[str, ...]
    repeats: bool  # a slot is there twice; the two get different words


Pool = tuple[Template, ...]
Scope = Mapping[str, Pool]  # slot name -> what may stand there


def slots(text: str) -> tuple[str, ...]:
    """The names of the slots of a text, in order; a name that is there twice comes twice."""
    return tuple(_SLOT.findall(text))


def compile_template(text: str) -> Template:
    """Compile a text in which {name} stands for an entry of the pool of that name."""
    names = slots(text)
    if not names:
        return Template(text, (), False)
    return Template(_SLOT.sub("%s", text.replace("%", "%%")), names, len(set(names)) < len(names))


@cache
def compile_pool(texts: tuple[str, ...]) -> Pool:
    """Compile every text of a pool; hundreds of scopes share most of theirs."""
    return tuple(compile_template(text) for text in texts)


def compile_scope(*pools: Mapping[str, tuple[str, ...]]) -> dict[str, Pool]:
    """Compile mappings of slot names to texts into one scope; a later mapping overrides an earlier one."""
    return {name: compile_pool(texts) for mapping in pools for name, texts in mapping.items()}


def markup(text: str) -> str:
    """Turn a plain sentence into HTML: `code` becomes a code element, [words] a link to the slot {address}."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\[([^\]]+)\]", r'<a href="{address}" rel="nofollow noreferrer">\1</a>', escaped)


def choose(items: Sequence[Item], draw: Draw) -> Item:
    """Draw one of `items`, all alike likely."""
    return items[int(draw() * len(items))]


def fill(template: Template, scope: Scope, draw: Draw) -> str:
    """Fill every slot of `template` with a drawn entry of the scope's pool of that name.

    Raises:
        KeyError: a slot has no pool in `scope`.
    """
    text, names, repeats = template
    if not names:
        return text
    values = []
    last: dict[str, int] = {}
    for slot in names:
        pool = scope[slot]
        place = int(draw() * len(pool))
        if repeats:
            if place == last.get(slot):
                place = (place + 1) % len(pool)
            last[slot] = place
        value = pool[place]
        values.append(fill(value, scope, draw) if value.slots else value.text)
    return text % tuple(values)


def sentence(pool: Pool, scope: Scope, draw: Draw, capitals: bool) -> str:
    """Draw a template of `pool` and fill it; with `capitals` the sentence begins with a capital letter."""
    text = fill(pool[int(draw() * len(pool))], scope, draw)
    return text[:1].upper() + text[1:] if capitals else text


def misspell(text: str, draw: Draw) -> str:
    """Make one typing error at a drawn place: two characters swapped, one dropped, or one doubled."""
    if len(text) < 8:
        return text
    place = 1 + int(draw() * (len(text) - 3))
    error = int(draw() * 3)
    if error == 0:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if error == 1:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place] + text[place:]
