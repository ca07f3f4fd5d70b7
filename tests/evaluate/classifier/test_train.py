"""Training: reproducible, equal to a plain implementation, and able to learn."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from raykd.config import ClassifierTraining, Head
from raykd.corpus.tokenizer import open_tokenizer
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import load_encoder, stored_states, trim_vocabulary
from raykd.evaluate.classifier.head import Truth, redundancy
from raykd.evaluate.classifier.ragged import tokenise
from raykd.evaluate.classifier.train import (
    Examples,
    Recipe,
    _seeded,
    learning_rate_share,
    make_head,
    shuffled_batches,
    train_fine_tuned,
    train_frozen,
)

TRAINING = ClassifierTraining(epochs=2, batch=8, learning_rate=1e-2)
RECIPE = Recipe("multi-label", Head(hidden=16), TRAINING)


@pytest.fixture(params=["bert", "distilbert"])
def encoder(request, encoder_directories):
    return load_encoder(str(encoder_directories[request.param]))


@pytest.fixture
def tokens(encoder_directories, texts):
    return tokenise(open_tokenizer(str(encoder_directories["bert"])), texts, 64)


@pytest.fixture
def truth(texts):
    labels = torch.tensor([["ball" in text, "bread" in text, "song" in text] for text in texts])
    return Truth(labels, torch.ones_like(labels))


def fine_tuned(encoder, tokens, truth, recipe=RECIPE, seed=0):
    examples = Examples(tokens, truth)
    return train_fine_tuned(encoder, examples, examples, tokens, recipe, seed)


def frozen(states, truth, recipe=RECIPE, seed=0):
    examples = Examples(states, truth)
    return train_frozen(examples, examples, states, recipe, seed)


def test_a_seed_is_reproduced_and_another_differs(encoder, tokens, truth):
    first, again, other = (fine_tuned(encoder, tokens, truth, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.test, again.test)
    assert all(torch.equal(first.head[name], again.head[name]) for name in first.head)
    assert not np.array_equal(first.test, other.test)
    with stored_states(encoder, tokens, 10**9, dtype=torch.bfloat16) as states:
        first, again, other = (frozen(states, truth, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_training_leaves_the_random_state_and_the_encoder_alone(encoder, tokens, truth):
    before, state = copy.deepcopy(encoder.state_dict()), torch.get_rng_state()
    fine_tuned(encoder, tokens, truth)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.state_dict().items())


def test_stored_states_train_as_encoding_each_batch_does(encoder, tokens, truth):
    """States encoded once against an encoder that runs in every batch, without dropout and learning."""
    plain_encoder = copy.deepcopy(encoder).requires_grad_(False)
    plain_encoder.train = lambda mode=True: plain_encoder  # stays in evaluation mode: no dropout
    plain = fine_tuned(plain_encoder, tokens, truth)
    with stored_states(encoder, tokens, 10**9) as states:
        stored = frozen(states, truth)
    np.testing.assert_allclose(stored.test, plain.test, atol=1e-4)


def plain_frozen(states, truth, recipe, seed):
    """Written plainly: one text at a time, AdamW's update spelt out."""
    with _seeded(seed, "cpu"):
        head = make_head(recipe.head, states.values.shape[1], truth.labels.shape[1])
    parameters, training = list(head.parameters()), recipe.training
    generator = torch.Generator().manual_seed(seed)
    means, squares = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    steps, step = training.epochs * -(-len(states) // training.batch), 0

    def logits(row):
        hidden = states.values[states.offsets[row] : states.offsets[row + 1]]
        attention = torch.softmax(head.second.weight @ torch.tanh(head.first.weight @ hidden.T), dim=1)
        return head.output((attention @ hidden).flatten())

    for _ in range(training.epochs):
        for rows in torch.randperm(len(states), generator=generator).split(training.batch):
            losses = [
                functional.binary_cross_entropy_with_logits(logits(row), truth.labels[row].float()) for row in rows
            ]
            gradients = torch.autograd.grad(torch.stack(losses).mean(), parameters)
            norm = torch.stack([g.norm() for g in gradients]).norm()
            rate = training.learning_rate * learning_rate_share(step, steps, training.warmup)
            step += 1
            with torch.no_grad():
                for p, g, m, s in zip(parameters, gradients, means, squares, strict=True):
                    g = g * min(1.0, 1.0 / float(norm + 1e-6))
                    m.mul_(0.9).add_(g, alpha=0.1)
                    s.mul_(0.999).addcmul_(g, g, value=0.001)
                    p -= rate * (m / (1 - 0.9**step)) / ((s / (1 - 0.999**step)).sqrt() + 1e-8)
    return torch.stack([logits(row) for row in range(len(states))]).sigmoid().detach().numpy()


def test_a_head_trains_as_a_plain_implementation_does(encoder, tokens, truth):
    recipe = replace(RECIPE, head=Head(hidden=16, hops=2))
    with stored_states(encoder, tokens, 10**9) as states:
        np.testing.assert_allclose(
            frozen(states, truth, recipe, seed=3).test, plain_frozen(states, truth, recipe, 3), atol=1e-4
        )


def test_bf16_fine_tuning_learns_the_same(encoder, tokens, truth):
    training = ClassifierTraining(epochs=10, batch=8, learning_rate=1e-2, encoder_learning_rate=1e-3)
    recipe = replace(RECIPE, training=training)
    exact, other = (fine_tuned(encoder, tokens, truth, recipe, seed).test for seed in (0, 1))
    rounded = fine_tuned(encoder, tokens, truth, replace(recipe, dtype=torch.bfloat16)).test
    assert np.abs(rounded - exact).mean() < np.abs(other - exact).mean()


def test_a_trimmed_vocabulary_trains_the_same(encoder, tokens, truth):
    whole = fine_tuned(encoder, tokens, truth)
    renumbered = trim_vocabulary(encoder, tokens)
    np.testing.assert_allclose(fine_tuned(encoder, renumbered, truth).test, whole.test, atol=1e-4)


@pytest.mark.parametrize("pooling", ["attention", "mean"])
@pytest.mark.parametrize("kind", ["binary", "multi-class", "multi-label"])
def test_a_trivial_task_is_learnt(encoder, tokens, truth, kind, pooling):
    if kind != "multi-label":
        labels = torch.stack([truth.labels[:, 0], ~truth.labels[:, 0]], dim=1)
        truth = Truth(labels, torch.ones_like(labels))
    training = ClassifierTraining(epochs=60, batch=8, learning_rate=2e-2, class_weights=True)
    with stored_states(encoder, tokens, 10**9) as states:
        trained = frozen(states, truth, Recipe(kind, Head(pooling=pooling), training))
    right = ((trained.test > 0.5) == truth.labels.numpy()).mean()
    assert right > (0.9 if pooling == "attention" else 0.8)
    np.testing.assert_array_equal(trained.test, trained.validation)
    if kind != "multi-label":
        np.testing.assert_allclose(trained.test.sum(axis=1), 1, rtol=1e-5)


def test_unknown_labels_teach_nothing(encoder, tokens, truth):
    some = torch.rand(truth.labels.shape, generator=torch.Generator().manual_seed(0)) < 0.3
    known = Truth(truth.labels, ~some)
    wrong = Truth(truth.labels ^ some, ~some)
    with stored_states(encoder, tokens, 10**9) as states:
        first, second, whole = (frozen(states, labels).test for labels in (known, wrong, truth))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, whole)


def test_training_stops_where_validation_no_longer_improves(encoder, tokens, truth):
    """Validation labels that contradict the training ones: each epoch is worse than the first."""
    training = ClassifierTraining(epochs=9, batch=8, learning_rate=1e-2, warmup=0, patience=2)
    with stored_states(encoder, tokens, 10**9) as states:
        against = Examples(states, Truth(~truth.labels, truth.known))
        stopped = train_frozen(Examples(states, truth), against, states, replace(RECIPE, training=training), 0)
        with_all = frozen(states, truth, replace(RECIPE, training=training))
    assert stopped.epochs == 1 and with_all.epochs > 2
    assert not np.array_equal(stopped.test, with_all.test)


@pytest.mark.parametrize("patience", [None, 1])
def test_what_comes_to_no_finite_number_is_named(encoder, tokens, truth, patience):
    training = ClassifierTraining(epochs=2, batch=8, learning_rate=1e38, patience=patience)
    message = r"evaluate.frozen: seed 4 has come to values that are not finite; lower"
    with stored_states(encoder, tokens, 10**9) as states, pytest.raises(InputError, match=message):
        frozen(states, truth, replace(RECIPE, training=training), seed=4)


def test_a_penalty_is_lowered(encoder, tokens, truth):
    """Two hops come closer to looking at a token each, and not at the same."""

    def penalised(penalty):
        recipe = Recipe("multi-label", Head(hidden=16, hops=2, penalty=penalty), replace_epochs(20))
        trained = frozen(states, truth, recipe)
        head = make_head(recipe.head, 32, 3)
        head.load_state_dict(trained.head)
        return float(redundancy(head(states)[1].detach()))

    with stored_states(encoder, tokens, 10**9) as states:
        without, with_penalty = penalised(0.0), penalised(1.0)
        assert with_penalty < 0.9 * without


def replace_epochs(epochs):
    return TRAINING.model_copy(update={"epochs": epochs})


def test_batches_hold_every_row_once_longest_first():
    lengths = torch.randint(1, 100, (1000,), generator=torch.Generator().manual_seed(0))
    epochs = [list(shuffled_batches(lengths, 32, torch.Generator().manual_seed(seed))) for seed in (0, 0, 1)]
    for batches in epochs:
        assert sorted(torch.cat(batches).tolist()) == list(range(1000))
        assert all((lengths[rows].diff() <= 0).all() for rows in batches)
    assert [rows.tolist() for rows in epochs[0]] == [rows.tolist() for rows in epochs[1]]
    assert [rows.tolist() for rows in epochs[0]] != [rows.tolist() for rows in epochs[2]]


def test_learning_rate_rises_and_falls():
    shares = [learning_rate_share(step, 20, 0.2) for step in range(20)]
    assert shares[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert np.diff(shares[4:]) == pytest.approx(-1 / 16)
    assert shares[-1] == pytest.approx(1 / 16)
