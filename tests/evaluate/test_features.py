"""Stored states are those of a plain padded forward; ragged batches, budgets, and a trimmed vocabulary."""

import pytest
import torch
from transformers import AutoModel

from raykd.corpus.tokenizer import open_tokenizer
from raykd.errors import InputError
from raykd.evaluate.features import (
    Ragged,
    check_positions,
    length_batches,
    load_encoder,
    stored_states,
    tokenise,
    trim_vocabulary,
)


@pytest.fixture(params=["bert", "distilbert"])
def location(request, encoder_directories) -> str:
    return str(encoder_directories[request.param])


def test_states_are_those_of_a_plain_padded_forward(location, texts):
    tokenizer = open_tokenizer(location)
    tokens = tokenise(tokenizer, texts, 20)
    padded = tokenizer(texts, truncation=True, max_length=20, padding=True, return_tensors="pt")
    padded.pop("token_type_ids", None)
    with torch.no_grad():
        expected = AutoModel.from_pretrained(location).eval()(**padded).last_hidden_state
    with stored_states(load_encoder(location), tokens, 10**9) as states:
        directory = states.values
        values, mask = states.batch(torch.arange(len(texts)))
        torch.testing.assert_close(mask, padded["attention_mask"].bool())
        torch.testing.assert_close(values[mask], expected[mask], rtol=1e-5, atol=1e-5)
        assert directory.shape == (int(padded["attention_mask"].sum()), 32)


def test_states_leave_no_file(location, texts, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tokens = tokenise(open_tokenizer(location), texts, 20)
    with pytest.raises(KeyError), stored_states(load_encoder(location), tokens, 10**9):
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_states_over_the_budget_are_refused(location, texts):
    tokens = tokenise(open_tokenizer(location), texts, 20)
    message = r"40 texts, .* tokens x 32 wide x 4 bytes = .* GB, but 1e-06 GB resources.scratch allows"
    with pytest.raises(InputError, match=message), stored_states(load_encoder(location), tokens, 1000):
        pass


def test_a_text_longer_than_the_encoder_is_refused(location, texts):
    tokenizer, encoder = open_tokenizer(location), load_encoder(location)
    check_positions(encoder, tokenise(tokenizer, texts, 64))
    with pytest.raises(InputError, match=r"a text has 90 tokens but the encoder 64 positions"):
        check_positions(encoder, tokenise(tokenizer, [*texts, "ball " * 100], 90))


def test_a_trimmed_vocabulary_gives_the_same_states_and_gradients(location, texts):
    tokens = tokenise(open_tokenizer(location), texts[:4], 20)
    whole, trimmed = load_encoder(location), load_encoder(location)
    renumbered = trim_vocabulary(trimmed, tokens)
    gradients = []
    for encoder, ids in ((whole, tokens), (trimmed, renumbered)):
        values, mask = ids.batch(torch.arange(4))
        states = encoder(input_ids=values, attention_mask=mask).last_hidden_state
        (states[mask] ** 3).sum().backward()
        gradients.append((states[mask], encoder.get_input_embeddings().weight.grad))
    used = torch.unique(torch.cat([torch.tensor([0]), tokens.values]))
    assert len(gradients[1][1]) == len(used) < len(gradients[0][1])
    torch.testing.assert_close(gradients[1][0], gradients[0][0])
    torch.testing.assert_close(gradients[1][1], gradients[0][1][used])
    assert gradients[0][1].count_nonzero(dim=1).bool().sum() <= len(used)


def test_ragged_rows_come_back_padded():
    ragged = Ragged(torch.arange(10), torch.tensor([0, 1, 4, 10]))
    values, mask = ragged.batch(torch.tensor([2, 0]))
    assert values[mask].tolist() == [4, 5, 6, 7, 8, 9, 0]
    assert mask.tolist() == [[True] * 6, [True] + [False] * 5]
    assert ragged.part(1, 3).lengths.tolist() == [3, 6]
    assert ragged.part(1, 3).batch(torch.tensor([0]))[0].tolist() == [[1, 2, 3]]


def test_length_batches_hold_every_row_within_the_budget():
    lengths = torch.randint(1, 50, (300,), generator=torch.Generator().manual_seed(0))
    lengths[7] = 500
    batches = length_batches(lengths, 200)
    assert sorted(torch.cat(batches).tolist()) == list(range(300))
    assert all(len(rows) == 1 or len(rows) * int(lengths[rows].max()) <= 200 for rows in batches)
    assert len(batches) < 60


def test_what_cannot_be_loaded_is_named(tmp_path):
    for load in (load_encoder, open_tokenizer):
        with pytest.raises(InputError, match=str(tmp_path)):
            load(str(tmp_path))
