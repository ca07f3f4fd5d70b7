"""What of one encoder is exported, and the files that hold it."""

from __future__ import annotations

from dataclasses import dataclass

from raykd.artifacts import Result, SavedEncoder
from raykd.config.export import Export
from raykd.evaluate.cell import Cell

FLOAT, INT8 = "onnx/model.onnx", "onnx/model_int8.onnx"


@dataclass(frozen=True)
class ExportJob:
    """cells: frozen ones of the encoder, complete; a head of each is exported, the best seed on validation."""

    result: Result
    encoder: SavedEncoder
    cells: tuple[Cell, ...]
    spec: Export
    max_length: int

    @property
    def graphs(self) -> dict[str, str]:
        """The files of the graphs on storage, by what the probe calls the runtime."""
        files = {"onnx": FLOAT} | ({} if self.spec.quantization == "none" else {"onnx-int8": INT8})
        return {runtime: f"{self.result.directory}/{file}" for runtime, file in files.items()}

    @property
    def graph(self) -> str:
        """The file of the graph to use, on storage: int8 where it was asked for."""
        return list(self.graphs.values())[-1]
