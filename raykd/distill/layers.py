"""Which of a teacher's layers become the student's. Imports no torch: a config is checked with it."""

from __future__ import annotations

from collections.abc import Sequence

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
