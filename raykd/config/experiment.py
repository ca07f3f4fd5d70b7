"""The whole tree, filled from YAML with dotted overrides, and its errors in the file's own keys."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Sequence
from inspect import isclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ByteSize, Field, ValidationError

from raykd.config.base import read_tree
from raykd.config.classify import Classify
from raykd.config.corpora import Cleaning, Corpus
from raykd.config.credentials import check_no_credentials, check_variables
from raykd.config.encoders import Encoder
from raykd.config.export import Export
from raykd.config.fetch import Fetch
from raykd.config.probe import Probe
from raykd.config.resources import Resources
from raykd.config.sweep import Sweep
from raykd.config.tasks import Evaluate, Task
from raykd.config.translate import Translate
from raykd.config.types import LATER, Distinct, Language, Name, Node
from raykd.errors import InputError

ID_KEY = "RAYKD_ID_KEY"  # names the environment variable
TABLES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".txt"}  # what people give in place of an experiment


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
    seed: int = 56  # of corpora and splits; encoders and the grid have their own (reference: train.py --seed)
    languages: Annotated[tuple[Language, ...], Field(min_length=1), Distinct]
    source_identity: Literal["stat", "content"] = "stat"  # a file is its size and time of change, or its bytes
    # Hashes of public numbers can be computed by anybody. keyed: with the key in the environment variable ID_KEY.
    ids: Annotated[Literal["plain", "keyed"], LATER] = "plain"
    sample: Sample | None = None
    fetch: Fetch | None = None
    translate: Translate | None = None
    cleaning: Cleaning = Cleaning()
    corpora: dict[Name, Corpus] = Field(default_factory=dict)
    encoders: dict[Name, Encoder] = Field(default_factory=dict)
    tasks: dict[Name, Task] = Field(default_factory=dict)
    evaluate: Evaluate | None = None
    sweep: Sweep | None = None
    export: Export | None = None
    classify: Classify | None = None
    probe: Probe | None = None
    resources: Resources = Resources()

    @property
    def students(self) -> dict[str, Encoder]:
        """Those of the sweep, by name, smallest quantity first."""
        spec = self.encoders.get(self.sweep.encoder) if self.sweep else None
        return self.sweep.students_of(spec.distill) if self.sweep and spec and spec.distill else {}

    @property
    def all_encoders(self) -> dict[str, Encoder]:
        """Those of `encoders`, and the students of the sweep."""
        return self.encoders | self.students


def load(path: str | Path, overrides: list[str] | None = None) -> Experiment:
    """The experiment in a YAML file, its base below it, with `key.path=value` overrides applied and resolved; each key
    by itself is valid.

    What keys say of each other is checked by `planning.load`. Raises InputError naming the file and the key.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such config file")
    if TABLES.intersection(suffix.lower() for suffix in Path(path).suffixes[-2:]):  # .csv and .csv.gz
        raise InputError(f"{path} is no experiment; make one of it: raykd init {shlex.quote(str(path))}")
    values: Any = None
    try:
        tree = OmegaConf.merge(read_tree(Path(path)), OmegaConf.from_dotlist(overrides or []))
        check_variables(OmegaConf.to_container(tree, resolve=False))
        values = OmegaConf.to_container(tree, resolve=True)
        check_no_credentials(values)
        experiment = Experiment.model_validate(values)
        if experiment.ids == "keyed":
            _give_key(experiment)
        return experiment
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8, so no experiment; give a YAML file") from error
    except (InputError, OmegaConfBaseException, yaml.YAMLError, TypeError) as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {_first_problem(error, values)}") from error


def _give_key(experiment: Experiment) -> None:
    key = os.environ.get(ID_KEY, "").encode()
    if not 16 <= len(key) <= 64:  # blake2b takes no more
        raise InputError(
            f"ids: keyed needs the environment variable {ID_KEY}, of 16 to 64 bytes that nobody guesses: the same for "
            "every command on this experiment (openssl rand -hex 16 makes one)"
        )
    places: list[Any] = [*experiment.corpora.values(), *experiment.tasks.values()]
    for place in (*places, experiment.translate, experiment.classify):
        for source in place.sources if place else ():
            source._id_key = key


def to_yaml(experiment: Experiment) -> str:
    """The resolved experiment as YAML that `load` reads back to an equal tree."""
    return yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _first_problem(error: ValidationError, values: Any) -> str:
    problems = error.errors()
    first = problems[0]
    keys = _keys(first["loc"], values)
    where = ".".join(keys) or "the file"
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(keys[-1], _known_keys(keys[:-1]), n=1)
        what = f"unknown key; is {near[0]} meant?" if near else "unknown key"
    if first["type"] == "too_short":  # of a tuple, in pydantic's words
        what = f"at least {first['ctx']['min_length']} are needed, {first['ctx']['actual_length']} given"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where}: {what}{more}"


def _known_keys(keys: Sequence[str]) -> list[str]:
    """The keys that a node of the file may have; keys: those that lead to it."""
    nodes: list[type[Node]] = [Experiment]
    for key in keys:
        fields = [node.model_fields[key].annotation for node in nodes if key in node.model_fields]
        nodes = [node for field in fields for node in _nodes(field)] or nodes  # else a name or a number of several
    return sorted({key for node in nodes for key in node.model_fields})


def _nodes(annotation: Any) -> list[type[Node]]:
    if isclass(annotation) and issubclass(annotation, Node):
        return [annotation]
    return [node for part in get_args(annotation) for node in _nodes(part)]


def _keys(location: tuple[int | str, ...], values: Any) -> list[str]:
    """The keys of the file in pydantic's location of a problem, which also names the alternatives that it tried."""
    keys = []
    for part in location:
        inside = values if isinstance(values, dict) else dict(enumerate(values)) if isinstance(values, list) else {}
        if part in inside or (isinstance(values, dict) and part == location[-1]):
            keys.append(str(part))
        values = inside.get(part, values)
    return keys
