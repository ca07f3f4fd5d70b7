"""What of encoders is exported, and what int8 may cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from raykd.config.types import Distinct, Name, Node, Positive, Share


class Parity(Node):
    """What an int8 graph must keep on the tasks' validation texts, beside the float encoder and heads."""

    cosine: Share = 0.98  # of last hidden states, the mean over tokens
    agreement: Share = 0.995  # share of decisions (a text and label each) that are the same, of each head
    f1_loss: Annotated[float, Field(ge=0)] = 0.005  # of each head's headline F1


class Export(Node):
    """Frozen encoders with the heads of their tasks, one ONNX graph each (paper, Figure 1).

    `quantization`: int8 with activations' ranges of each batch (dynamic), or of calibration text (static), or none.
    Layers that parity asks for are left in float, the worst first, up to the share `in_float` of all.
    """

    encoders: Annotated[tuple[Name, ...], Distinct] = ()  # none: all of evaluate.encoders
    tasks: Annotated[tuple[Name, ...], Distinct] = ()  # none: all that an encoder is scored on
    quantization: Literal["none", "dynamic", "static"] = "dynamic"
    calibration: Positive = 128  # training texts of each head, for static ranges and for finding the worst layers
    in_float: Share = 0.25
    parity: Parity = Parity()
    licence: str | None = None  # of the encoder, as the hub calls it: mit, apache-2.0, cc-by-sa-4.0
    base_model: str | None = None  # name on the hub of what the encoder comes from
