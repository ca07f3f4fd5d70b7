"""What an experiment file may hold, out of the typed tree: the JSON schema that editors read, and docs/experiment.md.

    python -m raykd.config.reference > docs/experiment.md

Remarks are the comments that stand beside or above a field in its source; a section's text is its class's docstring.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from textwrap import dedent
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from raykd.config.experiment import Experiment
from raykd.config.types import Node, as_text

LANGUAGE = "^[a-z]{3}$"
INTERPOLATION = r"^\$\{.+\}$"  # the loader puts another key's value or a variable's in its place
DIALECT = "http://json-schema.org/draft-07/schema#"  # which editors know best
HEAD = """\
# The experiment file

Every key, out of the typed tree in [raykd/config](../raykd/config). A key that is not here is an error that names its
path; one without a default must be given. Sizes are bytes: `1.5GB`, `300MB`, `200kB`; languages are codes of ISO 639-3:
`eng`. Any value may be `${another.key}` or `${oc.env:VARIABLE}`, and `key.path=value` on the command line overrides
it.

A file may also change another one beside it, which is a whole experiment:

```yaml
base: td.yaml
name: td-once  # in a directory of its own
encoders:
  td-distilmbert: {distill: {epochs: 1}}  # the rest of its keys are td.yaml's
probe: null  # taken away
```

Mappings are merged key by key; everything else, lists too, replaces what the base has; null takes a key that the
base has away, which then has its default. What runs, and what hashes are made of, is the experiment that comes out,
which is stored with the results. A base has no base of its own.

A remark names the source of its default in brackets: the paper is Howell et al. 2022, the reference the distillation
example of Hugging Face transformers that it follows (research_projects/distillation, [method.md](method.md)); a default
without one is the project's own choice.

`raykd schema --output experiment.schema.json` writes the same for editors. With this first line in a file, VS Code (its
YAML extension) and others complete and check it:

```yaml
# yaml-language-server: $schema=experiment.schema.json
```
"""


class _Schema(GenerateJsonSchema):
    """Where YAML's whole numbers are read as text, a number is right too."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        found = super().function_before_schema(schema)
        return {**found, "type": ["string", "integer"]} if schema["function"]["function"] is as_text else found


def file_schema() -> dict[str, Any]:
    """The JSON schema of an experiment file: of a whole experiment, or of changes to one."""
    whole = _interpolated(experiment_schema())
    definitions = whole.pop("$defs")
    changes = _changes(whole)
    changes["properties"]["base"] = {
        "type": "string",
        "description": "the experiment file beside this one that it changes",
    }
    return {
        "$schema": whole.pop("$schema"),
        "if": {"required": ["base"]},
        "then": changes,
        "else": whole,
        "$defs": definitions | {_changed(name): _changes(part) for name, part in definitions.items()},
    }


def _interpolated(part: Any) -> Any:
    """A schema whose numbers, switches and words may also be a `${...}`."""
    if isinstance(part, list):
        return [_interpolated(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: _interpolated(value) for key, value in part.items()}
    kind = found.get("type")
    if kind in ("integer", "number", "boolean"):
        return {**found, "type": [kind, "string"], "pattern": INTERPOLATION}
    if kind == "string" and isinstance(found.get("pattern"), str):
        return {**found, "pattern": f"(?:{found['pattern']})|{INTERPOLATION}"}
    if kind == "string" and isinstance(found.get("enum"), list):
        words = {key: found.pop(key) for key in ("type", "enum")}
        return {**found, "anyOf": [words, {"type": "string", "pattern": INTERPOLATION}]}
    return found


def _changed(name: str) -> str:
    return f"{name}OfBase"


def _changes(part: Mapping[str, Any]) -> dict[str, Any]:
    """Of changes to what a schema describes: no key must be there, and null takes one away; lists are whole."""
    changes = {key: value for key, value in part.items() if key not in ("required", "default")}
    if "$ref" in changes:
        changes["$ref"] = _changed(changes["$ref"])
    if "anyOf" in changes:
        changes["anyOf"] = [_changes(one) for one in changes["anyOf"]]
    for kind in changes.keys() & {"properties", "patternProperties"}:
        own = changes[kind].items()
        changes[kind] = {key: {"anyOf": [_changes(value), {"type": "null"}]} for key, value in own}
    return changes


def experiment_schema() -> dict[str, Any]:
    """The JSON schema of a whole experiment, with the remarks as descriptions."""
    schema = Experiment.model_json_schema(schema_generator=_Schema)
    for name, model in _models().items():
        part = schema if model is Experiment else schema["$defs"][name]
        for key, remark in remarks(model).items():
            part["properties"][key]["description"] = remark
    return {"$schema": DIALECT, **schema}


def experiment_markdown() -> str:
    """docs/experiment.md: a section a class, in the order in which the tree reaches them."""
    schema = experiment_schema()
    sections = [HEAD]
    for name in _order(schema):
        model, part = _models()[name], schema if name == "Experiment" else schema["$defs"][name]
        text = inspect.cleandoc(model.__doc__) if model.__doc__ else ""
        rows = [_row(key, own, key in part.get("required", ()), model) for key, own in part["properties"].items()]
        table = "\n".join(["| key | value | default | |", "|---|---|---|---|", *rows])
        sections.append("\n\n".join(filter(None, [f"## {name}", text, table])) + "\n")
    return "\n".join(sections)


def remarks(model: type[BaseModel]) -> dict[str, str]:
    """The comments of a class's fields, inherited ones too: those on their lines, or else right above them."""
    found: dict[str, str] = {}
    for parent in reversed(model.__mro__):
        if issubclass(parent, Node) and parent is not Node:
            found |= _own_remarks(parent)
    return {key: found[key] for key in model.model_fields if key in found}


@cache
def _own_remarks(model: type[BaseModel]) -> dict[str, str]:
    source = dedent(inspect.getsource(model))
    lines = source.splitlines()
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field in tree.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        beside = [comments[line] for line in range(field.lineno, (field.end_lineno or 0) + 1) if line in comments]
        above, line = list[str](), field.lineno - 1
        while line in comments and lines[line - 1].lstrip().startswith("#"):
            above.insert(0, comments[line])
            line -= 1
        if beside or above:
            found[field.target.id] = " ".join(beside or above)
    return found


@cache
def _models() -> dict[str, type[BaseModel]]:
    """Every class of the tree by its name."""
    found: dict[str, type[BaseModel]] = {}
    waiting: list[type[BaseModel]] = [Node]
    while waiting:
        for model in waiting.pop().__subclasses__():
            waiting.append(model)
            found[model.__name__] = model
    used = {"Experiment", *Experiment.model_json_schema()["$defs"]}
    return {name: model for name, model in found.items() if name in used}


def _order(schema: Mapping[str, Any]) -> list[str]:
    """The classes as the tree reaches them, each after the one that names it first."""
    order = ["Experiment"]
    for name in order:
        part = schema["properties"] if name == "Experiment" else schema["$defs"][name]["properties"]
        order += [one for one in dict.fromkeys(_references(part)) if one not in order]
    return order


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for key, value in part.items():
            if key != "discriminator":
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _row(key: str, own: Mapping[str, Any], required: bool, model: type[BaseModel]) -> str:
    default = "" if required else _default(model.model_fields[key].get_default(call_default_factory=True))
    return f"| `{key}` | {_value(own)} | {default} | {remarks(model).get(key, '').replace('|', chr(92) + '|')} |"


def _default(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "its own"
    if value in (None, (), {}, ""):
        return "none"
    shown = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return f"`{shown}`"


def _value(own: Mapping[str, Any]) -> str:
    """What a value may be, in words, of its part of the schema."""
    if "$ref" in own:
        name = own["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in own:
            parts = [one for one in own[several] if one.get("type") != "null"]
            if any("pattern" in one and r"\d*\.?\d+" in one["pattern"] for one in parts):
                return "size"
            return " or ".join(dict.fromkeys(map(_value, parts)))
    if "allOf" in own:
        return " and ".join(map(_value, own["allOf"]))
    if "enum" in own:
        return ", ".join(f"`{one}`" for one in own["enum"])
    if "const" in own:
        return f"`{own['const']}`"
    if own.get("pattern") == LANGUAGE:
        return "language"
    kind = own.get("type")
    if kind == "array":
        items = own["prefixItems"][0] if "prefixItems" in own else own.get("items", {})
        return f"list of {_value(items)}"
    if kind == "object":
        inner: Any = own.get("additionalProperties") or next(iter(own.get("patternProperties", {}).values()), {})
        return f"by name, {_value(inner)}" if isinstance(inner, dict) else "by name"
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + _bounds(own)
    return {"boolean": "`true`, `false`", "string": "text"}.get(kind if isinstance(kind, str) else "string", "text")


def _bounds(own: Mapping[str, Any]) -> str:
    signs = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    told = [f"{sign} {own[name]:g}" for name, sign in signs.items() if name in own]
    return f" {' '.join(told)}" if told else ""


if __name__ == "__main__":
    print(experiment_markdown(), end="")
