"""The whole tree, filled from YAML with dotted overrides, and its errors in the file's own keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ByteSize, Field, ValidationError

from raykd.artifacts.filesystems import check_no_credentials
from raykd.config.classify import Classify
from raykd.config.corpora import Cleaning, Corpus
from raykd.config.encoders import Encoder
from raykd.config.fetch import Fetch
from raykd.config.probe import Probe
from raykd.config.resources import Resources
from raykd.config.tasks import Evaluate, Sweep, Task
from raykd.config.translate import Translate
from raykd.config.types import Distinct, Language, Name, Node
from raykd.errors import InputError


class Sample(Node):
    """Sample data that the project writes itself: bytes per language and kind of text."""

    directory: str
    seed: int = 7
    technical: ByteSize
    messages: ByteSize
    general: ByteSize


class Experiment(Node):
    name: Name
    storage: str
    seed: int = 56  # corpus selection and splits; encoders and the grid have seeds of their own
    languages: Annotated[tuple[Language, ...], Field(min_length=1), Distinct]
    source_identity: Literal["stat", "content"] = "stat"  # a file is its size and time of change, or its bytes
    sample: Sample | None = None
    fetch: Fetch | None = None
    translate: Translate | None = None
    cleaning: Cleaning = Cleaning()
    corpora: dict[Name, Corpus]
    encoders: dict[Name, Encoder]
    tasks: dict[Name, Task] = Field(default_factory=dict)
    evaluate: Evaluate | None = None
    sweep: Sweep | None = None
    classify: Classify | None = None
    probe: Probe | None = None
    resources: Resources = Resources()


def load(path: str | Path, overrides: list[str] | None = None) -> Experiment:
    """The experiment in a YAML file, with `key.path=value` overrides applied, resolved and checked.

    Raises InputError naming the file and the key for anything that cannot run.
    """
    from raykd.checks import check_experiment

    if not Path(path).is_file():
        raise InputError(f"{path}: no such config file")
    values: Any = None
    try:
        tree = OmegaConf.merge(OmegaConf.load(path), OmegaConf.from_dotlist(overrides or []))
        values = OmegaConf.to_container(tree, resolve=True)
        check_no_credentials(values)
        experiment = Experiment.model_validate(values)
    except (InputError, OmegaConfBaseException, yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {_first_problem(error, values)}") from error
    check_experiment(experiment, str(path))
    return experiment


def to_yaml(experiment: Experiment) -> str:
    """The resolved experiment as YAML that `load` reads back to an equal tree."""
    return yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _first_problem(error: ValidationError, values: Any) -> str:
    problems = error.errors()
    first = problems[0]
    where = ".".join(_keys(first["loc"], values)) or "the file"
    what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where}: {what}{more}"


def _keys(location: tuple[int | str, ...], values: Any) -> list[str]:
    """The keys of the file in pydantic's location of a problem, which also names the alternatives that it tried."""
    keys = []
    for part in location:
        inside = values if isinstance(values, dict) else dict(enumerate(values)) if isinstance(values, list) else {}
        if part in inside or (isinstance(values, dict) and part == location[-1]):
            keys.append(str(part))
        values = inside.get(part, values)
    return keys
