"""A saved model is loaded whole or refused, with the names of the tensors that do not fit."""

import json
import logging

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
)

from raykd.corpus.tokenizer import open_tokenizer
from raykd.distill.models.checked import check_vocabulary, load_config, load_whole, unreachable_share
from raykd.distill.models.load import load_with_or_without_head
from raykd.errors import InputError

SHAPE = {"vocab_size": 50, "num_attention_heads": 2, "max_position_embeddings": 32}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def bert(kind=BertForMaskedLM, **values):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind(BertConfig(hidden_size=16, num_hidden_layers=2, intermediate_size=16, **{**SHAPE, **values}))


@pytest.fixture
def saved(tmp_path):
    bert().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def edit_weights(directory, change):
    file = directory / "model.safetensors"
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def edit_config(directory, drop=(), **values):
    config = json.loads((directory / "config.json").read_text()) | values
    (directory / "config.json").write_text(json.dumps({k: v for k, v in config.items() if k not in drop}))


def refused(directory, kind=AutoModel, **values):
    with pytest.raises(InputError) as told:
        load_whole(kind, str(directory), **values)
    line = str(told.value)
    assert "\n" not in line
    assert line.startswith(str(directory))
    return line


def test_what_may_be_missing_is_told_and_the_rest_is_the_files(saved):
    model, missing = load_whole(AutoModel, str(saved))
    assert missing == {"pooler.dense.weight", "pooler.dense.bias"}
    assert torch.equal(model.embeddings.word_embeddings.weight, bert().bert.embeddings.word_embeddings.weight)
    assert refused(saved, may_lack=()).count("pooler") == 2


@pytest.mark.parametrize("kind", [AutoModel, AutoModelForMaskedLM])
def test_names_behind_a_wrappers_prefix_are_refused(saved, kind):
    edit_weights(saved, lambda weights: {f"module.{name}": tensor for name, tensor in weights.items()})
    line = refused(saved, kind)
    assert "tensors are not in its weights" in line
    assert "embeddings.LayerNorm.bias" in line
    assert "begin with 'module.'" in line


@pytest.mark.parametrize("kind", [AutoModel, AutoModelForMaskedLM])
def test_more_or_fewer_layers_than_are_saved_are_refused(saved, kind):
    edit_config(saved, num_hidden_layers=4)
    assert "32 of" in (line := refused(saved, kind))
    assert "layer.2.attention" in line
    edit_config(saved, num_hidden_layers=1)
    assert "16 tensors of its weights have no place" in (line := refused(saved, kind))
    assert "layer.1.attention" in line


def test_another_shape_is_refused(saved):
    edit_config(saved, vocab_size=60)
    line = refused(saved)
    assert "embeddings.word_embeddings.weight is 50 x 16, but its config.json makes it 60 x 16" in line


def test_a_head_is_there_whole_or_not_at_all(saved, tmp_path):
    assert load_with_or_without_head(str(saved))[1]
    edit_weights(
        saved, lambda weights: {k: v for k, v in weights.items() if k != "cls.predictions.transform.dense.bias"}
    )
    with pytest.raises(InputError, match=r"head is not whole: cls.predictions.transform.dense.bias missing"):
        load_with_or_without_head(str(saved))
    bert(BertModel).save_pretrained(tmp_path / "headless")
    assert not load_with_or_without_head(str(tmp_path / "headless"))[1]
    config = DistilBertConfig(dim=16, n_layers=1, n_heads=2, hidden_dim=16, vocab_size=50, max_position_embeddings=32)
    DistilBertForMaskedLM(config).save_pretrained(tmp_path / "distil")
    assert load_with_or_without_head(str(tmp_path / "distil"))[1]


def test_a_config_without_a_kind_says_the_line_to_add(tmp_path):
    for name, config in (("a-bert-model", bert()), ("b", DistilBertForMaskedLM(DistilBertConfig(dim=16, n_layers=1,
        n_heads=2, hidden_dim=16, vocab_size=50)))):  # fmt: skip
        config.save_pretrained(tmp_path / name)
        edit_config(tmp_path / name, drop=["model_type"])
        line = refused(tmp_path / name)
        assert line.endswith(f'add the line "model_type": "{"bert" if "a" in name else "distilbert"}",')


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_attention_is_never_what_a_config_names(saved, key):
    """A name with a slash is one of the hub, whose code would be fetched."""
    edit_config(saved, **{key: "somebody/attention"})
    assert load_config(str(saved))._attn_implementation is None
    assert load_whole(AutoModel, str(saved))[0].config._attn_implementation == "sdpa"


@pytest.mark.parametrize(
    "config", [{"hidden_size": "x"}, {"num_attention_heads": 3}, {"quantization_config": {"quant_method": "gptq"}}]
)
def test_what_no_library_can_load_is_one_line(saved, config):
    edit_config(saved, **config)
    assert "no model can be loaded" in refused(saved)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "config.json"])
def test_damaged_files_are_one_line(saved, name):
    (saved / "model.safetensors").unlink()
    (saved / name).write_bytes(b"\x80\x04 not what it should be")
    refused(saved)


def tokenizer(directory, words, **config):
    (directory / "vocab.txt").write_text("\n".join([*SPECIAL, *words]) + "\n", encoding="utf-8")
    (directory / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", **config}))
    return open_tokenizer(directory)


def test_a_tokenizer_larger_than_the_embeddings_is_refused(saved):
    fits = [f"word{number}" for number in range(45)]
    model = load_whole(AutoModel, str(saved))[0]
    check_vocabulary(tokenizer(saved, fits), model, "mine")
    with pytest.raises(InputError, match=r"mine: its tokenizer has 52 tokens, but the model has embeddings for 50"):
        check_vocabulary(tokenizer(saved, [*fits, "a", "b"]), model, "mine")


def test_words_that_the_normaliser_changes_are_warned_of(saved, caplog):
    words = ["Kettle", "##Tea", "té", "pot", "##s", "茶"]
    model = load_whole(AutoModel, str(saved))[0]
    with caplog.at_level(logging.WARNING):
        check_vocabulary(tokenizer(saved, words, do_lower_case=False), model, "mine")
    assert "can never occur" not in caplog.text
    lowering = tokenizer(saved, words)
    assert unreachable_share(lowering) == 0.5
    assert lowering.tokenize("Kettle") == ["[UNK]"]
    check_vocabulary(lowering, model, "mine")
    assert "mine: 50% of the tokenizer's vocabulary can never occur" in caplog.text
    assert '"do_lower_case": false' in caplog.text


def test_a_model_without_a_tokenizers_files_is_refused(saved):
    with pytest.raises(InputError, match="its tokenizer has no vocabulary"):
        open_tokenizer(saved)
    assert len(BertTokenizer(vocab={word: n for n, word in enumerate([*SPECIAL, "pot"])})) == 6
