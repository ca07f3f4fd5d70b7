"""Training: reproducible, equal to plain implementations, and able to learn."""

import copy

import numpy as np
import pytest
import torch

from raykd.config import ClassifierTraining, Head
from raykd.corpus.tokenizer import open_tokenizer
from raykd.evaluate import classifier
from raykd.evaluate.classifier import (
    Examples,
    Recipe,
    learning_rate_share,
    shuffled_batches,
    train_fine_tuned,
    train_frozen,
)
from raykd.evaluate.features import load_encoder, stored_states, tokenise, trim_vocabulary

RECIPE = Recipe("multi-label", Head(hidden=16), ClassifierTraining(epochs=2, batch=8, learning_rate=1e-2))


@pytest.fixture(params=["bert", "distilbert"])
def encoder(request, encoder_directories):
    return load_encoder(str(encoder_directories[request.param]))


@pytest.fixture
def tokens(encoder_directories, texts):
    return tokenise(open_tokenizer(str(encoder_directories["bert"])), texts, 64)


@pytest.fixture
def truth(texts):
    return torch.tensor([["ball" in text, "bread" in text, "song" in text] for text in texts])


def test_a_seed_is_reproduced_and_another_differs(encoder, tokens, truth):
    examples = Examples(tokens, truth)
    first, again, other = (train_fine_tuned(encoder, examples, tokens, RECIPE, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert all(torch.equal(first.head[name], again.head[name]) for name in first.head)
    assert not np.array_equal(first.probabilities, other.probabilities)
    with stored_states(encoder, tokens, 10**9) as states:
        first, again, other = (train_frozen(Examples(states, truth), states, RECIPE, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert not np.array_equal(first.probabilities, other.probabilities)


def test_training_leaves_the_random_state_and_the_encoder_alone(encoder, tokens, truth):
    before, state = copy.deepcopy(encoder.state_dict()), torch.get_rng_state()
    train_fine_tuned(encoder, Examples(tokens, truth), tokens, RECIPE, 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.state_dict().items())


def test_stored_states_train_as_encoding_each_batch_does(encoder, tokens, truth):
    """States encoded once against an encoder that runs in every batch, without dropout and learning."""
    plain_encoder = copy.deepcopy(encoder).requires_grad_(False)
    plain_encoder.train = lambda mode=True: plain_encoder  # stays in evaluation mode: no dropout
    plain = train_fine_tuned(plain_encoder, Examples(tokens, truth), tokens, RECIPE, 0)
    with stored_states(encoder, tokens, 10**9) as states:
        stored = train_frozen(Examples(states, truth), states, RECIPE, 0)
    np.testing.assert_allclose(stored.probabilities, plain.probabilities, atol=1e-4)


def test_a_trimmed_vocabulary_trains_the_same(encoder, tokens, truth):
    whole = train_fine_tuned(encoder, Examples(tokens, truth), tokens, RECIPE, 0)
    renumbered = trim_vocabulary(encoder, tokens)
    trimmed = train_fine_tuned(encoder, Examples(renumbered, truth), renumbered, RECIPE, 0)
    np.testing.assert_allclose(trimmed.probabilities, whole.probabilities, atol=1e-4)


@pytest.mark.parametrize("kind", ["binary", "multi-class", "multi-label"])
def test_a_trivial_task_is_learnt(encoder, tokens, truth, kind):
    if kind != "multi-label":
        truth = torch.stack([truth[:, 0], ~truth[:, 0]], dim=1)
    training = ClassifierTraining(epochs=60, batch=8, learning_rate=1e-2)
    with stored_states(encoder, tokens, 10**9) as states:
        trained = train_frozen(Examples(states, truth), states, Recipe(kind, Head(), training), 0)
    assert ((trained.probabilities > 0.5) == truth.numpy()).mean() > 0.9
    if kind != "multi-label":
        np.testing.assert_allclose(trained.probabilities.sum(axis=1), 1, rtol=1e-5)


def test_batches_hold_every_row_once_and_little_padding():
    lengths = torch.randint(1, 100, (1000,), generator=torch.Generator().manual_seed(0))
    epochs = [list(shuffled_batches(lengths, 32, torch.Generator().manual_seed(seed))) for seed in (0, 0, 1)]
    for batches in epochs:
        assert sorted(torch.cat(batches).tolist()) == list(range(1000))
        padded = sum(len(rows) * int(lengths[rows].max()) for rows in batches)
        assert int(lengths.sum()) / padded > 0.85
    assert [rows.tolist() for rows in epochs[0]] == [rows.tolist() for rows in epochs[1]]
    assert [rows.tolist() for rows in epochs[0]] != [rows.tolist() for rows in epochs[2]]


def test_learning_rate_rises_and_falls():
    shares = [learning_rate_share(step, 20, 0.2) for step in range(20)]
    assert shares[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert np.diff(shares[4:]) == pytest.approx(-1 / 16)
    assert shares[-1] == pytest.approx(1 / 16)
    assert learning_rate_share(0, 1, 0.0) == 1.0


def test_loss_is_that_of_the_kind():
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.0]])
    truth = torch.tensor([[True, False], [False, True]])
    softmax = -(logits.log_softmax(1)[0, 0] + logits.log_softmax(1)[1, 1]) / 2
    torch.testing.assert_close(classifier._loss(logits, truth, "binary"), softmax)
    p = logits.sigmoid()
    sigmoid = -(p[0, 0].log() + (1 - p[0, 1]).log() + (1 - p[1, 0]).log() + p[1, 1].log()) / 4
    torch.testing.assert_close(classifier._loss(logits, truth, "multi-label"), sigmoid)
