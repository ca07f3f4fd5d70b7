"""Distil a large multilingual encoder into a small one on in-domain text, and prove that it is better there.

Text flows one way: corpora -> encoders -> scores -> report, and every result is a directory that names what
made it. Start with `raykd.config` (what an experiment is), then `raykd.planning.plan` (what follows from it).

For notebooks: `load`, `Experiment`, `Encoder`, `Classifier` and `compare` (docs/api.md), imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raykd.api.classifier import Classifier
    from raykd.api.encoder import Encoder
    from raykd.api.experiment import Experiment, load
    from raykd.statistics.own_scores import Comparison, compare

__all__ = ["Classifier", "Comparison", "Encoder", "Experiment", "compare", "load"]

_PLACES = {
    "Classifier": "raykd.api.classifier",
    "Comparison": "raykd.statistics.own_scores",
    "Encoder": "raykd.api.encoder",
    "Experiment": "raykd.api.experiment",
    "compare": "raykd.statistics.own_scores",
    "load": "raykd.api.experiment",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'raykd' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
