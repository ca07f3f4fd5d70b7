"""A saved encoder that has a token of its own for each placeholder of masked text, [EMAIL] and the like.

A new token starts as the mean of the tokens of the words that describe it, in the embeddings and in the vocabulary head
alike, so that it means something before anything is trained. All else is as it was.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import AutoModel

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.corpus.tokenizer import add_placeholder_tokens, open_tokenizer
from raykd.distill.models.checked import load_config, load_whole
from raykd.distill.models.load import load_with_or_without_head

WITH_HEAD = ("bert", "distilbert")  # kinds that teach and are trained on, whose vocabulary head is kept


def save_with_placeholders(
    store: ResultStore, result: Result, saved: SavedEncoder, placeholders: Mapping[str, str]
) -> None:
    """Write encoders/<encoder>-0-<hash8>/, in the precision that it is saved in, and its manifest.

    placeholders: to the words that describe each. Raises InputError for what cannot be loaded.
    """
    started = time.time()
    store.storage.remove(result.directory)
    with saved.local(store.storage) as location:
        tokenizer = open_tokenizer(location, saved.revision)
        config = load_config(location, saved.revision)
        model: Any
        has_head = True
        if config.model_type in WITH_HEAD:
            model, has_head = load_with_or_without_head(location, saved.revision)
        else:
            model, _ = load_whole(AutoModel, location, saved.revision)
    before = model.config.vocab_size
    model = extended(model, tokenizer, placeholders)
    whole = model if has_head else model.base_model
    with TemporaryDirectory() as local:
        whole.to(config.dtype or torch.float32).save_pretrained(local)
        tokenizer.save_pretrained(local)
        store.storage.put_directory(local, result.directory)
    facts = {
        "pieces": model.config.vocab_size,
        "pieces_before": before,
        "parameters": model.base_model.num_parameters(),
    }
    store.complete(result, facts, started)


def extended(model: Any, tokenizer: Any, placeholders: Mapping[str, str]) -> Any:
    """A new model with a row for each new token, which the tokenizer is given in place.

    Embeddings, decoder and bias grow alike, tied or not.
    """
    described = {
        placeholder: tokenizer(words, add_special_tokens=False)["input_ids"]
        for placeholder, words in placeholders.items()
        if placeholder not in tokenizer.get_vocab()
    }
    add_placeholder_tokens(tokenizer, placeholders)
    numbers = {tokenizer.convert_tokens_to_ids(placeholder): words for placeholder, words in described.items()}
    config = copy.deepcopy(model.config)
    config.vocab_size = max(config.vocab_size, max(tokenizer.get_vocab().values()) + 1)
    new = type(model)(config)
    shapes, values = {name: value.shape for name, value in new.state_dict().items()}, {}
    for name, value in model.state_dict().items():
        if value.shape[:1] == (model.config.vocab_size,):  # what has a row for each token
            value = torch.cat([value, value.new_zeros(shapes[name][0] - len(value), *value.shape[1:])])
            for number, words in numbers.items():
                value[number] = value[words].mean(0)
        values[name] = value
    new.load_state_dict(values)
    return new.eval()
