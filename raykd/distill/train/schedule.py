"""The learning rate of every step, from its number alone."""

from __future__ import annotations


def learning_rate(step: int, steps: int, peak: float, warmup: float) -> float:
    """Linear warm-up over a share of the steps, then linear to 0 (Sanh distiller.py, __init__); steps count from 0."""
    rising = max(1, round(warmup * steps))
    return peak * min(1.0, (step + 1) / rising, (steps - step) / max(1, steps - rising))


def head_first_learning_rate(
    step: int, steps: int, head_steps: int, head_peak: float, peak: float, warmup: float
) -> float:
    """The same schedule twice: over the steps of a new head alone, then, with another peak, over those of all weights.

    So the head has settled when the encoder starts to move, and the encoder's weights, whose moments are 0 until then,
    get a warm-up of their own; without it, their first updates would all be as large as the learning rate.
    """
    if step < head_steps:
        return learning_rate(step, head_steps, head_peak, warmup)
    return learning_rate(step - head_steps, steps - head_steps, peak, warmup)
