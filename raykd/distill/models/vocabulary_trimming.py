"""An encoder with a trimmed vocabulary: the embeddings and the vocabulary head lose the rows of the tokens that have
gone, and nothing else changes.

So on a text whose tokens are all kept, the hidden states are those of the encoder it was made from, and the logits are
that encoder's on the kept tokens: a teacher's distribution restricted to them and normalised again.
"""

from __future__ import annotations

import copy
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import torch
from transformers import PreTrainedModel

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.corpus.tokenizer import load_tokenizer
from raykd.corpus.tokenizer_trimming import PIECES
from raykd.distill.models.checked import load_config
from raykd.distill.models.load import MaskedModel, load_with_or_without_head
from raykd.errors import InputError


def trim_model(model: MaskedModel, kept: np.ndarray) -> MaskedModel:
    """A new model with the rows kept[new id] = old id of the vocabulary, int64 [kept], ascending.

    Embeddings, decoder and bias are cut alike, tied or not; a special token of the config whose token is not kept is
    None there.
    """
    config, new = copy.deepcopy(model.config), {int(old): number for number, old in enumerate(kept)}
    config.vocab_size = len(kept)
    for name, old in model.config.to_dict().items():
        if name.endswith("_token_id") and isinstance(old, int):
            setattr(config, name, new.get(old))
    trimmed: MaskedModel = type(model)(config)  # type: ignore[arg-type]
    rows, shapes = torch.tensor(kept), {name: value.shape for name, value in trimmed.state_dict().items()}
    # Under a config that differs in its vocabulary alone, what has another shape has a row for each token.
    trimmed.load_state_dict(
        {name: value if value.shape == shapes[name] else value[rows] for name, value in model.state_dict().items()}
    )
    return trimmed.eval()


def trim_encoder(store: ResultStore, result: Result, parent: SavedEncoder, tokenizer: SavedEncoder) -> None:
    """Write encoders/<encoder>-0-<hash8>/, in the precision that the parent is saved in, and its manifest.

    tokenizer: the trimmed one. A parent without a vocabulary head gives an encoder without one; a pooler, which nothing
    here uses, is left out. Raises InputError where the parent cannot be loaded or has fewer rows than tokens.
    """
    started = time.time()
    store.storage.remove(result.directory)
    with tokenizer.local(store.storage) as directory:
        own_tokenizer = load_tokenizer(directory)
        kept = pq.read_table(Path(directory) / PIECES)["parent_id"].to_numpy()
    with parent.local(store.storage) as directory:
        model, has_head = load_with_or_without_head(directory, parent.revision)
        config = load_config(directory, parent.revision)
    if kept[-1] >= model.config.vocab_size:
        raise InputError(
            f"encoders.{tokenizer.name}: its tokenizer has token {kept[-1]}, but {parent.name} has embeddings for "
            f"{model.config.vocab_size}"
        )
    trimmed = trim_model(model, kept)
    encoder: PreTrainedModel = trimmed.base_model  # type: ignore[assignment]
    whole: PreTrainedModel = model.base_model  # type: ignore[assignment]
    saved = trimmed if has_head else encoder
    with TemporaryDirectory() as local:
        saved.to(config.dtype or torch.float32).save_pretrained(local)  # type: ignore[arg-type]
        own_tokenizer.save_pretrained(local)
        store.storage.put_directory(local, result.directory)
    facts = {
        "pieces": len(kept),
        "pieces_before": model.config.vocab_size,
        "parameters": encoder.num_parameters(),
        "parameters_before": whole.num_parameters(),
    }
    store.complete(result, facts, started)
