"""Which of several things nothing beats in both cost and score."""

from __future__ import annotations

from collections.abc import Mapping


def frontier(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names of the points, (cost, score), that no other is as cheap as and as good as, and better in one of the
    two (Pareto); cheapest first. Equal points are all named."""
    return sorted(
        (name for name, own in points.items() if not any(_beats(other, own) for other in points.values())),
        key=lambda name: points[name],
    )


def _beats(other: tuple[float, float], own: tuple[float, float]) -> bool:
    return other[0] <= own[0] and other[1] >= own[1] and other != own
