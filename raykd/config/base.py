"""An experiment file that changes another one: `base: td.yaml`, the name of a whole experiment beside it.

Mappings are merged key by key; everything else, lists too, is replaced; null takes a key that the base has away, which
then has its default, and is null as in any file where the base has none. A base has no base of its own: two files are
all that a reader opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from raykd.errors import InputError


def read_tree(path: Path) -> Any:
    """What a file holds, merged into its base where it names one; nothing is resolved yet.

    Raises InputError for what is wrong with a base, and what YAML raises for the file itself.
    """
    own = _read(path)
    if (base := _base_of(own, path)) is None:
        return own
    try:
        whole = _read(base)
    except (yaml.YAMLError, UnicodeDecodeError, OSError, OmegaConfBaseException) as error:
        raise InputError(f"base: {base.name}: {error}") from error
    if not isinstance(whole, dict):
        raise InputError(f"base: {base.name} is no experiment")
    if "base" in whole:
        raise InputError(f"base: {base.name} has a base itself; name a whole experiment")
    del own["base"]
    return _merge(whole, own)


def base_of(path: Path) -> Path | None:
    """The file that one changes, if it does. Raises as `read_tree`."""
    return _base_of(_read(path), path)


def _base_of(own: Any, path: Path) -> Path | None:
    if not isinstance(own, dict) or "base" not in own:
        return None
    name = own["base"]
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise InputError(f"base: {name!r} is not the name of a file beside this one")
    if not (base := path.resolve().with_name(name)).is_file():
        raise InputError(f"base: there is no {name} beside this file")
    return base


def _read(path: Path) -> Any:
    return OmegaConf.to_container(OmegaConf.load(path), resolve=False)


def _merge(whole: dict[Any, Any], changes: dict[Any, Any]) -> dict[Any, Any]:
    merged = whole | changes
    for key in whole.keys() & changes.keys():
        before, now = whole[key], changes[key]
        if now is None:
            del merged[key]
        elif isinstance(before, dict) and isinstance(now, dict):
            merged[key] = _merge(before, now)
    return merged
