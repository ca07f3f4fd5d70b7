"""Sizes of saved models: from their files, without the vocabulary head."""

import json
from types import SimpleNamespace

import numpy as np
from safetensors.numpy import save_file

from raykd.config import Encoder
from raykd.report.collect.sizes import size_rows


def test_a_saved_model_is_counted_without_its_head(tmp_path):
    weights = {
        "embeddings.word_embeddings.weight": np.zeros((10, 4), np.float32),
        "encoder.layer.0.attention.self.query.weight": np.zeros((4, 4), np.float32),
        "cls.predictions.bias": np.zeros(10, np.float32),
        "vocab_transform.weight": np.zeros((4, 4), np.float32),
    }
    save_file(weights, tmp_path / "model.safetensors")
    shape = {"num_hidden_layers": 1, "hidden_size": 4, "vocab_size": 10}
    (tmp_path / "config.json").write_text(json.dumps(shape))
    unknown = Encoder(model="nobody/never-loaded-here")
    encoders = {"saved": Encoder(model=str(tmp_path)), "unknown": unknown}
    plan = SimpleNamespace(experiment=SimpleNamespace(encoders=encoders), store=None)
    (row,) = size_rows(plan, [])
    assert row == {
        "encoder": "saved",
        "parameters": 56,
        "layers": 1,
        "width": 4,
        "vocabulary": 10,
        "bytes": (tmp_path / "model.safetensors").stat().st_size,
    }
