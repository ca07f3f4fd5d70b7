"""What can be known of encoders before anything runs: local models are there, of a kind that fits, and large enough.

Models of the hub are looked at when they are loaded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import SafetensorError, safe_open

from raykd.config import Adapt, Distill, Encoder, Experiment
from raykd.distill.models.student_shape import check_shape
from raykd.errors import InputError

TRAINED_KINDS = ("bert", "distilbert")  # model_type of config.json
HEADS = ("cls.predictions.transform.dense.weight", "vocab_transform.weight")


@dataclass(frozen=True)
class KnownEncoder:
    """kind: bert or distilbert; max_length: tokens of its longest sequence; width: of its hidden states; heads: of its
    attention; has_head: whether it has a vocabulary head, None where the weights are in no form that tells."""

    kind: str
    layers: int
    max_length: int
    width: int
    heads: int
    has_head: bool | None


def check_encoders(experiment: Experiment) -> None:
    """Raises InputError, in terms of the config's keys, for an encoder that could not be loaded or made."""
    for name, encoder in experiment.encoders.items():
        if encoder.model:
            check_location(encoder.model, f"encoders.{name}.model")
    for name, encoder in experiment.encoders.items():
        spec, parent = encoder.distill or encoder.adapt, encoder.parent
        if spec and parent:
            known = known_encoder(experiment.encoders, parent)
            if known:
                _check_parent(spec, parent, known, f"encoders.{name}")


def check_location(model: str, where: str) -> None:
    """A local directory must hold a model; what could be a name of the hub, `name` or `owner/name`, is let through."""
    if Path(model).is_dir():
        if not Path(model, "config.json").is_file():
            raise InputError(f"{where}: {model} has no config.json, so it is no saved model")
        return
    local = model.startswith((".", "/", "~")) or model.count("/") > 1 or Path(model).exists()
    if local:
        raise InputError(f"{where}: {model}: no such directory (a saved model is one, or a name of the hub)")


def known_encoder(encoders: dict[str, Encoder], name: str) -> KnownEncoder | None:
    """What an encoder is or will be; None where it comes from the hub."""
    encoder = encoders[name]
    if encoder.pretrain:
        new = encoder.pretrain
        return KnownEncoder("bert", new.layers, new.max_length, new.width, new.heads, True)
    if encoder.model:
        return _saved(Path(encoder.model), f"encoders.{name}.model") if Path(encoder.model).is_dir() else None
    assert encoder.parent
    parent = known_encoder(encoders, encoder.parent)
    if not parent:
        return None
    if spec := encoder.distill:
        width = spec.width or parent.width
        return KnownEncoder(
            kind="distilbert",
            layers=spec.layers if isinstance(spec.layers, int) else len(spec.layers),
            max_length=parent.max_length,
            width=width,
            heads=parent.heads * width // max(1, parent.width),
            has_head=True if spec.loss.needs_head else parent.has_head,
        )
    return replace(parent, has_head=True) if encoder.adapt else parent


def _saved(directory: Path, where: str) -> KnownEncoder:
    try:
        config = json.loads((directory / "config.json").read_text())
    except ValueError as error:
        raise InputError(f"{where}: {directory}/config.json is not valid JSON ({error})") from error
    return KnownEncoder(
        kind=config.get("model_type", "unknown"),
        layers=config.get("num_hidden_layers") or config.get("n_layers") or 0,
        max_length=config.get("max_position_embeddings") or 0,
        width=config.get("hidden_size") or config.get("dim") or 0,
        heads=config.get("num_attention_heads") or config.get("n_heads") or 0,
        has_head=_has_head(directory / "model.safetensors"),
    )


def _has_head(weights: Path) -> bool | None:
    if not weights.is_file():
        return None
    try:
        with safe_open(weights, "numpy") as file:
            return any(name in HEADS for name in file.keys())  # noqa: SIM118 (it is no mapping)
    except SafetensorError as error:
        raise InputError(f"{weights}: no safetensors file ({error})") from error


def _check_parent(spec: Distill | Adapt, parent: str, known: KnownEncoder, where: str) -> None:
    key = "teacher" if isinstance(spec, Distill) else "encoder"
    if known.kind not in TRAINED_KINDS:
        raise InputError(
            f"{where}.{key}: {parent} is of kind {known.kind!r}; raykd trains and distils BERT and DistilBERT"
        )
    if spec.max_length > known.max_length:
        raise InputError(f"{where}.max_length: {spec.max_length}, but {parent} has positions for {known.max_length}")
    if isinstance(spec, Adapt):
        return
    if known.kind != "bert":
        raise InputError(f"{where}.teacher: {parent} is a DistilBERT, and teachers are BERT")
    if known.has_head is False:
        _check_headless(spec, parent, where)
    try:
        check_shape(spec, known.layers, known.width, known.heads)
    except InputError as error:
        raise InputError(f"{where}.{error}") from error


def _check_headless(spec: Distill, teacher: str, where: str) -> None:
    """A teacher without a vocabulary head teaches by its hidden states and relations alone."""
    if spec.loss.needs_head:
        raise InputError(
            f"{where}.teacher: {teacher} has no masked-language head, which loss.distillation and loss.mlm need; "
            f"train one with `adapt: {{encoder: {teacher}, corpus: ...}}` and name that encoder as the teacher, or set "
            "both to 0"
        )
    if spec.validation:
        raise InputError(
            f"{where}.validation: {teacher} has no masked-language head, so neither has its student, and there is no "
            "masked-language loss to validate by"
        )
