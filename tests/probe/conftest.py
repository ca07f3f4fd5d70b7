"""A small encoder and its tokenizer, made on the spot."""

from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

PIECES = [
    "the",
    "a",
    "my",
    "on",
    "in",
    "of",
    ".",
    "bank",
    "##s",
    "bridge",
    "shore",
    "branch",
    "river",
    "money",
    "steep",
]
PIECES += ["kept", "we", "crossed", "fish"]


@pytest.fixture(scope="session")
def encoder_directory(tmp_path_factory) -> Path:
    """A BertModel, 2 layers 16 wide and 32 positions, over a handful of words."""
    directory = tmp_path_factory.mktemp("encoder")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES]
    BertTokenizer(vocab={piece: place for place, piece in enumerate(vocabulary)}).save_pretrained(directory)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
        config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=32, initializer_range=0.5, **shape)
        BertModel(config).save_pretrained(directory)
    return directory
