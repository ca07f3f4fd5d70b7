"""Packed and padded encoders give what a plain padded forward gives; a trimmed vocabulary changes nothing."""

import pytest
import torch
from transformers import AutoModel, T5Config, T5Model, XLMRobertaConfig, XLMRobertaModel

from raykd.corpus.tokenizer import open_tokenizer
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import check_positions, load_encoder, trim_vocabulary
from raykd.evaluate.classifier.ragged import Ragged, longest_first, tokenise


@pytest.fixture(scope="session")
def roberta(tmp_path_factory, encoder_directories):
    """An encoder of a kind that is not packed, with the tokenizer of the others (its padding token is 0)."""
    directory = tmp_path_factory.mktemp("encoders") / "roberta"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = XLMRobertaConfig(
            vocab_size=300,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=66,
            pad_token_id=0,
            initializer_range=0.2,
        )
        XLMRobertaModel(config).save_pretrained(directory)
    open_tokenizer(encoder_directories["bert"]).save_pretrained(directory)
    return directory


@pytest.fixture(params=["bert", "distilbert", "roberta"])
def location(request, encoder_directories, roberta) -> str:
    return str({**encoder_directories, "roberta": roberta}[request.param])


def batch_of(location, texts, count):
    tokens = tokenise(open_tokenizer(location), texts[:count], 20)
    rows = longest_first(tokens.lengths, torch.arange(count))
    return tokens, rows


def test_states_are_those_of_a_plain_padded_forward(location, texts):
    tokens, rows = batch_of(location, texts, 12)
    padded = open_tokenizer(location)([texts[n] for n in rows], truncation=True, max_length=20, padding=True)
    inputs, mask = (torch.tensor(padded[name]) for name in ("input_ids", "attention_mask"))
    with torch.no_grad():
        expected = AutoModel.from_pretrained(location).eval()(input_ids=inputs, attention_mask=mask).last_hidden_state
        states = load_encoder(location)(tokens.take(rows))
    torch.testing.assert_close(states, expected[mask.bool()], rtol=1e-5, atol=1e-5)


def test_only_other_kinds_are_padded(location):
    assert load_encoder(location).packed == ("roberta" not in location)


def test_a_packed_and_a_padded_encoder_train_the_same(encoder_directories, texts):
    gradients = []
    tokens, rows = batch_of(encoder_directories["bert"], texts, 6)
    for packed in (True, False):
        encoder = load_encoder(str(encoder_directories["bert"]))
        encoder.packed = packed
        (encoder(tokens.take(rows)) ** 3).sum().backward()
        gradients.append([p.grad for name, p in encoder.named_parameters() if "key.bias" not in name])
    for mine, plain in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, plain, rtol=1e-3, atol=1e-3)


def test_a_text_longer_than_the_encoder_is_refused(encoder_directories, texts):
    location = str(encoder_directories["bert"])
    tokenizer, encoder = open_tokenizer(location), load_encoder(location)
    check_positions(encoder, tokenise(tokenizer, texts, 64))
    with pytest.raises(InputError, match=r"a text has 90 tokens but the encoder 64 positions"):
        check_positions(encoder, tokenise(tokenizer, [*texts, "ball " * 100], 90))


def test_a_robertas_padding_takes_positions_from_texts(roberta):
    """66 positions, of which place 0 and, with the padding token 0, no other is left out: 65 tokens."""
    encoder = load_encoder(str(roberta))
    for length in (65, 66):
        tokens = Ragged(torch.full((length,), 7), torch.tensor([0, length]))
        if length == 65:
            check_positions(encoder, tokens)
            assert encoder(tokens).shape == (65, 32)
        else:
            with pytest.raises(InputError, match=r"has 66 tokens but the encoder 65 positions; lower it to 65"):
                check_positions(encoder, tokens)


def test_a_model_with_a_decoder_is_refused(tmp_path):
    config = T5Config(vocab_size=40, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    T5Model(config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"no encoder alone, but one with a decoder \(t5\)"):
        load_encoder(str(tmp_path))


def test_a_trimmed_vocabulary_gives_the_same_states_and_gradients(location, texts):
    tokens, rows = batch_of(location, texts, 4)
    whole, trimmed = load_encoder(location), load_encoder(location)
    renumbered = trim_vocabulary(trimmed, tokens)
    gradients = []
    for encoder, ids in ((whole, tokens), (trimmed, renumbered)):
        states = encoder(ids.take(rows))
        (states**3).sum().backward()
        gradients.append((states, encoder.model.get_input_embeddings().weight.grad))
    used = torch.unique(torch.cat([torch.tensor([0]), tokens.values]))
    assert len(gradients[1][1]) == len(used) < len(gradients[0][1])
    torch.testing.assert_close(gradients[1][0], gradients[0][0])
    torch.testing.assert_close(gradients[1][1], gradients[0][1][used])
    assert gradients[0][1].count_nonzero(dim=1).bool().sum() <= len(used)


def test_what_cannot_be_loaded_is_named(tmp_path):
    for load in (load_encoder, open_tokenizer):
        with pytest.raises(InputError, match=str(tmp_path)):
            load(str(tmp_path))
