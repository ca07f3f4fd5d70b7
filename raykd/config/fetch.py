"""Where archives are fetched from, and where to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from raykd.config.types import Distinct, Language, Node

Site = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://")]


class Fetch(Node):
    """Stack Exchange sites by language; jobs/fetch.py fetches each to `<directory>/<language>/<site>.7z`.

    A source then reads one site (`path: ${fetch.directory}/por/pt.stackoverflow.com.7z`) or all of a language
    (`path: ${fetch.directory}/eng/*.7z`). `address` is the folder that holds the archives: archive.org's item
    "stackexchange" ends with the dump of April 2024, later ones are items of their own.
    """

    directory: str
    sites: Annotated[dict[Language, Annotated[tuple[Site, ...], Distinct]], Field(min_length=1)]
    address: Address = "https://archive.org/download/stackexchange"
