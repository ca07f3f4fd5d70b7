"""The shape of a student, and what it asks of its teacher's. Imports no torch: a config is checked with it."""

from __future__ import annotations

from collections.abc import Sequence

from raykd.config import Distill
from raykd.errors import InputError


def chosen_layers(layers: int | Sequence[int], teacher_layers: int) -> list[int]:
    """The teacher layers that become the student's: those named, or a number spread evenly (12, 6: 0 2 4 7 9 11).

    Raises InputError for layers that the teacher does not have.
    """
    if isinstance(layers, int):
        if layers > teacher_layers:
            raise InputError(f"layers: {layers} asked, but the teacher has {teacher_layers}")
        if layers == 1:
            return [0]
        return [round(index * (teacher_layers - 1) / (layers - 1)) for index in range(layers)]
    if not layers or min(layers) < 0 or max(layers) >= teacher_layers:
        raise InputError(f"layers: {list(layers)} asked, but the teacher has layers 0 to {teacher_layers - 1}")
    return list(layers)


def check_shape(spec: Distill, layers: int, width: int, heads: int) -> None:
    """Raises InputError where a teacher of so many layers, width and attention heads cannot have such a student."""
    chosen_layers(spec.layers, layers)
    own = spec.width or width
    if own != width:
        if spec.initialisation == "teacher":
            raise InputError(
                f"width: {own}, but the teacher's is {width}, so that none of its weights fit; set initialisation to "
                "random and positions to trained"
            )
        if spec.loss.compares_hidden_states:
            raise InputError(
                f"loss: cosine and hidden_mse compare hidden states of one width, but the student's is {own} and the "
                f"teacher's {width}; set both to 0 (relations may take their place)"
            )
        if own % (width // heads):
            raise InputError(f"width: {own} is no multiple of {width // heads}, the size of the teacher's heads")
    relations = spec.loss.relations
    if not relations.weight:
        return
    if relations.layer is not None and relations.layer >= layers:
        raise InputError(f"loss.relations.layer: {relations.layer} asked, but the teacher has layers 0 to {layers - 1}")
    for each in {width, own}:
        if each % (relations.heads or heads):
            raise InputError(f"loss.relations.heads: {relations.heads or heads} do not divide the width {each}")
