"""The shape of an encoder, from its config, and what a token costs in it; imports no torch, for estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# As config.json of BERT and its kin, and of DistilBERT, calls them.
LAYERS, WIDTH = ("num_hidden_layers", "n_layers"), ("hidden_size", "dim")
INTERMEDIATE = ("intermediate_size", "hidden_dim")


@dataclass(frozen=True)
class Shape:
    """layers of `width` with feed-forward layers of `intermediate`, and a vocabulary."""

    layers: int
    width: int
    intermediate: int
    vocabulary: int

    @staticmethod
    def of(config: Any) -> Shape:
        """config: of transformers, or the content of config.json. Raises KeyError where it has other names."""
        values: Mapping[str, Any] = config if isinstance(config, Mapping) else config.to_dict()

        def value(names: tuple[str, ...]) -> int:
            return int(values[next((name for name in names if name in values), names[0])])

        return Shape(value(LAYERS), value(WIDTH), value(INTERMEDIATE), value(("vocab_size",)))

    @property
    def parameters(self) -> int:
        """Of the encoder, about: without positions, norms and biases, which are less than a percent at mBERT's size."""
        layer = 4 * self.width**2 + 2 * self.width * self.intermediate
        return self.vocabulary * self.width + self.layers * layer

    def encoder(self, attended: float) -> float:
        """Forward, a token: four projections, two feed-forward products, and attention to `attended` positions."""
        products = 2 * (4 * self.width**2 + 2 * self.width * self.intermediate)
        return self.layers * (products + 4 * attended * self.width)

    def head(self) -> float:
        """Forward, a position: the head's transform and its logits."""
        return 2 * (self.width**2 + self.width * self.vocabulary)
