"""Encoders that come without a vocabulary head: where the new one starts, and that it is trained alone first."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM

from raykd.config import Adapt
from raykd.corpus.tokenizer import load_tokenizer
from raykd.distill.models.load import load_masked_model, load_with_or_without_head
from raykd.distill.models.mlm_head import head_steps, start_head
from raykd.distill.models.packed_encoder import head_parameters
from raykd.distill.models.student import build_student
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.loop import Training
from raykd.errors import InputError


@pytest.fixture
def headless(make_teacher, distill_spec, save_model):
    """Saves an encoder without its head: BERT's, or a DistilBERT's with DistilBERT's dropout set to 0."""

    def save(kind: str = "bert"):
        teacher = make_teacher()
        model = teacher if kind == "bert" else build_student(teacher, distill_spec())
        return save_model(model.base_model, "headless")

    return save


@pytest.fixture
def adapt_spec():
    def make(**values) -> Adapt:
        settings = {
            "encoder": "headless",
            "corpus": "corpus",
            "epochs": 2,
            "dropout": 0.0,
            "learning_rate": 0.02,
            "group_sequences": 6,
            "step_sequences": 24,
            "max_length": 32,
            "head_share": 0.5,
            "head_learning_rate": 0.04,
        }
        return Adapt(**(settings | values))

    return make


def encoder_weights(training: Training) -> torch.Tensor:
    return torch.cat([weight.detach().reshape(-1).clone() for weight in training.engine.model.base_model.parameters()])


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_the_first_loss_is_about_the_entropy_of_what_is_asked(make_job, adapt_spec, headless, train, kind):
    (training,) = train(make_job(adapt_spec(step_sequences=72), headless(kind)))
    targets = training.expected_targets
    expected = targets[targets > 0] / targets.sum()
    entropy = -(expected * np.log(expected)).sum()
    assert entropy < np.log(40) - 0.3
    # All sequences are one step, so only the draw of the masks and the logits' spread (about .8 ** 2 / 2) are between.
    assert entropy - 0.2 < training.rows[0].loss < entropy + 0.5
    assert training.rows[-1].loss < training.rows[0].loss


def test_a_new_head_guesses_by_frequency(make_teacher):
    """Over many inputs, logits scatter by about .8 around the log frequencies, which alone are the first guess."""
    model, targets = make_teacher(), np.arange(40.0)
    start_head(model, targets)
    ids = torch.randint(5, 40, (64, 16), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = model(ids).logits.flatten(0, 1).double()
    frequencies = torch.from_numpy((targets + 1 / 40) / (targets.sum() + 1))
    assert frequencies.sum().item() == pytest.approx(1)
    assert (logits - frequencies.log()).std().item() == pytest.approx(0.8, rel=0.25)
    assert model.cls.predictions.decoder.bias.double().allclose(frequencies.log())
    assert model.cls.predictions.decoder.weight is model.bert.embeddings.word_embeddings.weight


def test_an_untied_decoder_becomes_the_word_embeddings(make_teacher, directory):
    model = make_teacher(tie_word_embeddings=False)
    start_head(model, np.ones(40))
    model.save_pretrained(directory)
    loaded = AutoModelForMaskedLM.from_pretrained(directory)
    assert loaded.cls.predictions.decoder.weight is loaded.bert.embeddings.word_embeddings.weight


@pytest.mark.parametrize(
    ("share", "steps", "alone"), [(0.1, 100, 10), (0, 100, 0), (0.99, 10, 9), (0.5, 1, 0), (1, 7, 7)]
)
def test_head_steps(share, steps, alone):
    assert head_steps(share, steps) == alone


def test_a_share_of_all_leaves_the_encoder_as_it_is(make_job, adapt_spec, headless, train):
    seen = []
    job = make_job(adapt_spec(head_share=1, weight_decay=0.1), headless("bert"), checkpoint_steps=1)
    (training,) = train(job, save=lambda training: seen.append(encoder_weights(training)))
    assert all(weights.equal(seen[0]) for weights in seen[1:])
    assert training.rows[-1].loss < training.rows[0].loss


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_the_head_is_trained_alone_first_and_then_all(make_job, adapt_spec, headless, train, kind):
    seen = {}
    job = make_job(adapt_spec(weight_decay=0.1), headless(kind), checkpoint_steps=1)

    def note(training: Training) -> None:
        head = torch.cat([weight.detach().reshape(-1).clone() for weight in head_parameters(training.engine.model)])
        seen[len(training.rows)] = encoder_weights(training), head

    (training,) = train(job, save=note)
    assert training.engine.head_steps == 4
    start, _ = seen[1]
    for step in range(2, 5):
        assert seen[step][0].equal(start) and not seen[step][1].equal(seen[step - 1][1])
    for step in range(5, 9):
        assert not seen[step][0].equal(seen[step - 1][0]) and not seen[step][1].equal(seen[step - 1][1])
    # Each phase has the whole schedule: warm-up, then down.
    rates = [row.learning_rate for row in training.rows]
    assert rates == pytest.approx([peak * part for peak in (0.04, 0.02) for part in (1, 1, 2 / 3, 1 / 3)])


@pytest.mark.parametrize("cut_at", [2, 4, 6])
def test_going_on_in_either_phase_is_bit_identical(make_job, adapt_spec, headless, train, directory, cut_at):
    """Cut off while the head trains alone, where the phases meet, and after."""
    job = make_job(adapt_spec(), headless(), checkpoint_steps=cut_at)

    class Cut(Exception):
        pass

    def cut(training: Training) -> None:
        checkpoint.save(directory, training.copy_state())
        raise Cut

    def load(training: Training) -> None:
        training.resume(directory)

    (whole,) = train(job)
    with pytest.raises(Cut):
        train(job, save=cut)
    (resumed,) = train(job, prepare=load)
    assert resumed.rows == whole.rows
    assert encoder_weights(resumed).equal(encoder_weights(whole))


def test_two_workers_train_a_new_head_as_one_does(make_job, adapt_spec, headless, train):
    job = make_job(adapt_spec(), headless())
    (alone,), together = train(job), train(job, 2)
    assert [row.loss for row in together[0].rows] == pytest.approx([row.loss for row in alone.rows], rel=1e-4)
    assert encoder_weights(together[0]).equal(encoder_weights(together[1]))


def test_an_encoder_with_a_head_keeps_it(make_job, adapt_spec, make_teacher, save_model):
    training = Training(make_job(adapt_spec(), save_model(make_teacher())), 0, 1)
    assert training.engine.head_steps == 0
    assert training.engine.model.cls.predictions.bias.equal(make_teacher().cls.predictions.bias)


def test_what_was_adapted_can_teach(make_job, adapt_spec, distill_spec, headless, train, save_model):
    (adapted,) = train(make_job(adapt_spec(epochs=1), headless()))
    saved = save_model(adapted.engine.model, "adapted")
    (student,) = train(make_job(distill_spec(), saved))
    assert student.rows[-1].kd < student.rows[0].kd


def test_an_encoder_whose_own_weights_are_missing_is_refused(make_teacher, directory):
    model = make_teacher()
    weights = {name: value for name, value in model.state_dict().items() if "layer.1.output.dense" not in name}
    model.save_pretrained(directory, state_dict=weights)
    with pytest.raises(InputError, match=r"2 of 44 tensors are not in its weights \(bert.encoder.layer.1"):
        load_masked_model(str(directory))


@pytest.mark.skipif("RAYKD_DATA" not in os.environ, reason="RAYKD_DATA names no directory with a real encoder")
def test_a_real_encoder_without_a_head(distill_spec):
    """BERT's weights with another family's tokenizer: its special ids, and an epsilon that went through float32."""
    directory = Path(os.environ["RAYKD_DATA"], "teacher", "multilingual-small-12x384")
    model, has_head = load_with_or_without_head(str(directory))
    tokenizer = load_tokenizer(directory)
    assert not has_head and model.config.vocab_size == len(tokenizer) == 66_085
    assert (tokenizer.cls_token_id, tokenizer.pad_token_id, tokenizer.mask_token_id) == (0, 1, 66_084)
    start_head(model, np.ones(len(tokenizer)))
    student = build_student(model, distill_spec(layers=6))
    assert student.config.pad_token_id == 1 and student.config.n_layers == 6
    ids = torch.tensor([tokenizer.encode("How do I split a string?")])
    with torch.no_grad():
        # With a head that says little, about the entropy of an even choice.
        loss = torch.nn.functional.cross_entropy(model.eval()(ids).logits[0], ids[0]).item()
    assert loss == pytest.approx(np.log(66_085), abs=2)


def test_a_headless_encoder_is_told_apart(make_teacher, directory):
    make_teacher().bert.save_pretrained(directory)
    model, has_head = load_with_or_without_head(str(directory))
    assert not has_head and model.config.model_type == "bert"
    with pytest.raises(InputError, match="train one with `adapt`"):
        load_masked_model(str(directory))
