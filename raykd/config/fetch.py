"""Where archives are fetched from, and where to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from raykd.config.types import LATER, Distinct, Language, Node

Site = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://")]


class Fetch(Node):
    """Stack Exchange sites by language; jobs/fetch.py fetches each to `<directory>/<language>/<site>.7z`.

    A source then reads one site (`path: ${fetch.directory}/por/pt.stackoverflow.com.7z`) or all of a language
    (`path: ${fetch.directory}/eng/*.7z`). `address` is the folder that holds the archives: archive.org's item
    "stackexchange" ends with the dump of April 2024, later ones are items of their own. `sha256` pins archives,
    by site. Redirects into private networks are refused unless `private_redirects`.
    """

    directory: str
    sites: Annotated[dict[Language, Annotated[tuple[Site, ...], Distinct]], Field(min_length=1)]
    address: Address = "https://archive.org/download/stackexchange"
    sha256: Annotated[dict[Site, Sha256], LATER] = Field(default_factory=dict)
    private_redirects: Annotated[bool, LATER] = False

    @model_validator(mode="after")
    def pins_are_of_sites(self) -> Fetch:
        sites = {site for sites in self.sites.values() for site in sites}
        if unknown := sorted(self.sha256.keys() - sites):
            raise ValueError(f"sha256: {unknown[0]} is not among the sites")
        return self
