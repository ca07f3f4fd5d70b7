"""YAML files that belong to the package: read into their types, which check them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, model: type[Model], **known: Any) -> Model:
    """Read a file into a `model`; `known` are fields that the file does not hold.

    Raises:
        ValueError: the file is no YAML or does not fit the model; one line with the file and the key.
    """
    try:
        values = _UniqueKeys(path.read_bytes()).get_single_data()
        return model.model_validate(values | known if isinstance(values, dict) else values)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split()).replace(' in "<byte string>",', ",")
        raise ValueError(f"{path}: {problem}") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {_first_problem(error)}") from error


class _UniqueKeys(yaml.CSafeLoader):
    """Refuses a key that is given twice, of which YAML keeps the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    problem = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return f"{key}: {problem}" if key else problem
