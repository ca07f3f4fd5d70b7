import time
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
import torch
from safetensors import safe_open
from transformers import AutoModel, AutoTokenizer, DistilBertModel

from raykd.config import Adapt
from raykd.distill.models.student import build_student
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.loop import Hooks, Training
from raykd.errors import InputError, LimitReached


@pytest.fixture
def teacher(make_teacher, save_model):
    return save_model(make_teacher())


def weights(training: Training) -> torch.Tensor:
    return torch.cat([parameter.detach().reshape(-1) for parameter in training.engine.parameters])


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_does_not_matter(make_job, distill_spec, teacher, train, workers):
    """70 sequences in groups of 6 and steps of 24: the last step of an epoch has nothing for some workers."""
    job = make_job(distill_spec(), teacher)
    (alone,) = train(job)
    together = train(job, workers)
    assert len(alone.rows) == 8
    for training in together:
        assert training.rows == together[0].rows
        assert weights(training).equal(weights(together[0]))
    for ours, theirs in zip(together[0].rows, alone.rows, strict=True):
        assert (ours.sequences, ours.tokens, ours.masked) == (theirs.sequences, theirs.tokens, theirs.masked)
        assert (ours.loss, ours.gradient_norm) == pytest.approx((theirs.loss, theirs.gradient_norm), rel=1e-4)
    torch.testing.assert_close(weights(together[0]), weights(alone), rtol=1e-3, atol=1e-4)


def test_fifty_steps_of_one_two_and_three_workers(make_job, distill_spec, teacher, train):
    """Gradients of step 1 as one vector, unclipped; 54 losses."""
    spec = distill_spec(group_sequences=2, step_sequences=4, epochs=3, gradient_clip=1e9)
    job = make_job(spec, teacher, checkpoint_steps=1)
    gradients, losses = {}, {}
    for workers in (1, 2, 3):

        def keep(training: Training, workers: int = workers) -> None:
            gradients.setdefault(workers, training.engine.gradients.clone())

        losses[workers] = [row.loss for row in train(job, workers, save=keep)[0].rows]
        assert len(losses[workers]) == 54
    for workers in (2, 3):
        assert (gradients[workers] - gradients[1]).norm() <= 1e-5 * gradients[1].norm()
        assert losses[workers] == pytest.approx(losses[1], rel=1e-4)


def test_every_sequence_is_seen_once_an_epoch(make_job, distill_spec, teacher, train):
    (training,) = train(make_job(distill_spec(), teacher))
    for epoch in range(2):
        assert sum(row.sequences for row in training.rows if row.epoch == epoch) == 70
    assert [row.step for row in training.rows] == list(range(training.total_steps))


class Cut(Exception):
    pass


@pytest.mark.parametrize("workers", [1, 2])
def test_going_on_is_bit_identical_to_not_stopping(make_job, distill_spec, teacher, train, directory, workers):
    """With dropout on one worker, whose random numbers are no other thread's; it is cut off in its second epoch."""
    job = make_job(distill_spec(dropout=0.1 if workers == 1 else 0.0), teacher, checkpoint_steps=5)
    whole = train(job, workers)

    def cut(training: Training) -> None:
        if training.rank == 0:
            checkpoint.save(directory, training.copy_state())
        raise Cut

    with pytest.raises(Cut):
        train(job, workers, save=cut)

    def load(training: Training) -> None:
        training.resume(directory)
        assert len(training.rows) == len(training.timing) == 5

    resumed = train(job, workers, prepare=load)
    assert resumed[0].rows == whole[0].rows
    assert weights(resumed[0]).equal(weights(whole[0]))


def test_saving_is_not_waiting_for_text(make_job, distill_spec, teacher, train):
    (training,) = train(make_job(distill_spec(), teacher, checkpoint_steps=1), save=lambda one: time.sleep(0.2))
    steps = training.timing[1:]
    assert all(row.seconds > 0.2 for row in steps) and sum(row.data_wait for row in steps) < 0.1 * len(steps)


def test_dropout_changes_the_result(make_job, distill_spec, teacher, train):
    (with_it,), (without,) = (train(make_job(distill_spec(dropout=rate), teacher)) for rate in (0.1, 0.0))
    assert with_it.rows[0].loss != without.rows[0].loss


def test_checkpoints_come_every_so_many_steps_and_at_the_end(make_job, distill_spec, teacher, train):
    done = []
    train(make_job(distill_spec(), teacher, checkpoint_steps=3), save=lambda training: done.append(len(training.rows)))
    assert done == [3, 6, 8]


def test_a_limit_stops_with_all_saved_and_a_higher_one_goes_on(make_job, distill_spec, teacher, train, directory):
    def save(training: Training) -> None:
        if training.rank == 0:
            checkpoint.save(directory, training.copy_state())

    whole = train(make_job(distill_spec(), teacher), 2)
    limited = make_job(distill_spec(), teacher, limits={"steps": 3})
    for prepare in (lambda training: None, lambda training: training.resume(directory)):
        with pytest.raises(LimitReached, match=r"limits.steps 3 reached after 3 of 8 steps; raise it"):
            train(limited, 2, prepare=prepare, save=save)
    job = make_job(distill_spec(), teacher, limits={"steps": 8})
    resumed = train(job, 2, prepare=lambda training: training.resume(directory), save=save)
    assert resumed[0].rows == whole[0].rows


def test_time_of_earlier_runs_counts_to_a_limit(make_job, distill_spec, teacher, train):
    """However few of their steps were kept: here none."""
    job = make_job(distill_spec(), teacher, limits={"money": 2, "worker_hour": 1})
    path = f"{job.directory}/checkpoints/used-cut-off.json"
    job.store.storage.write_json(path, {"seconds": 3600, "workers": 2})
    with pytest.raises(LimitReached, match=r"limits.money 2 reached with 2.00 after 0 of 8 steps"):
        train(job)


def test_the_longest_wait_of_all_workers_is_told(make_job, distill_spec, teacher, train, monkeypatch):
    """The second worker alone waits for its text; the first waits for it, and took no time to read."""
    pack = Training._pack

    def slow(self, steps):
        for item in pack(self, steps):
            time.sleep(0.3 if self.rank == 1 else 0)
            yield item

    monkeypatch.setattr(Training, "_pack", slow)
    first, second = train(make_job(distill_spec(), teacher), 2)
    waits = [row.data_wait for row in first.timing]
    assert all(0.1 < wait < 1 for wait in waits), waits
    assert waits == [row.data_wait for row in second.timing]


def test_a_notice_ends_a_training_when_all_is_saved(make_job, distill_spec, teacher, read_directly, monkeypatch):
    monkeypatch.setattr("raykd.distill.train.limits.NOTICE_SECONDS", 0)
    training = Training(make_job(distill_spec(), teacher), 0, 1)
    steps, done = read_directly(training.job.tokens, training.steps_to_read()), []
    notices = iter([False, False, True])

    class Announced(Hooks):
        def checkpoint(self, training: Training) -> None:
            done.append(len(training.rows))

        def preempted(self) -> bool:
            return next(notices)

    assert not training.run(steps, lambda tensor: None, Announced())
    assert done == [3] and len(training.rows) == 3


def test_masker_follows_the_tokens_taken(make_job, distill_spec, teacher):
    training = Training(make_job(distill_spec(), teacher), 0, 1)
    probabilities = training.masker.probabilities
    assert not probabilities[:5].any() and (probabilities[5:] > 0).all()
    assert training.masker.replacements.tolist() == list(range(5, 40))
    assert probabilities[30] > probabilities[10] > probabilities[5]


def test_a_saved_encoder_has_its_tokenizer_and_rows(make_job, pretrain_spec, train, directory):
    (training,) = train(make_job(pretrain_spec()))
    training.save_encoder(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert len(tokenizer) == 40 and tokenizer.mask_token_id == 4
    rows = pq.read_table(directory / "training.parquet")
    assert rows.schema == checkpoint.TRAINING
    assert rows["step"].to_pylist() == list(range(8)) and rows["kd"].null_count == 8


def test_a_teacher_without_a_head_teaches_by_its_hidden_states(
    make_job, distill_spec, make_teacher, save_model, train, directory
):
    """Unmasked text, as nothing is predicted; the student has no head, and what it learns is saved as an encoder."""
    teacher = save_model(make_teacher().bert, "headless")
    loss = {"distillation": 0, "mlm": 0, "cosine": 1, "hidden_mse": 1}
    spec = distill_spec(loss=loss, masking={"rate": 0}, learning_rate=0.01, epochs=3)
    together, (training,) = train(make_job(spec, teacher), workers=2), train(make_job(spec, teacher))
    assert weights(together[0]).equal(weights(together[1]))
    assert training.rows[-1].hidden_mse < 0.8 * training.rows[0].hidden_mse
    assert all(row.masked == 0 and row.mlm is None for row in training.rows)

    training.save_encoder(directory)
    with safe_open(directory / "model.safetensors", "pt") as file:
        assert not any(name.startswith(("vocab_", "cls.")) for name in file.keys())  # noqa: SIM118
    ids = torch.tensor([[2, 7, 9, 3]])
    saved = AutoModel.from_pretrained(directory)
    assert isinstance(saved, DistilBertModel)
    with torch.no_grad():
        expected = training.engine.model.eval()(ids, torch.ones_like(ids)).last_hidden_state
        assert saved(ids, torch.ones_like(ids)).last_hidden_state.equal(expected)
    assert pq.read_table(directory / "training.parquet")["mlm"].null_count == len(training.rows)


def test_a_student_learns_the_same_encoder_with_and_without_a_head(
    make_job, distill_spec, make_teacher, save_model, train
):
    spec = distill_spec(loss={"distillation": 0, "mlm": 0, "cosine": 1, "hidden_mse": 1})
    (bare,) = train(make_job(spec, save_model(make_teacher().bert, "headless")))
    (whole,) = train(make_job(spec, save_model(make_teacher())))
    assert whole.engine.has_head and not bare.engine.has_head
    trained = dict(whole.engine.model.distilbert.named_parameters())
    for name, weight in bare.engine.model.named_parameters():
        torch.testing.assert_close(weight, trained[name], rtol=1e-4, atol=1e-6)


def test_what_a_teacher_without_a_head_cannot_teach(make_job, distill_spec, make_teacher, save_model):
    teacher = save_model(make_teacher().bert, "headless")
    with pytest.raises(InputError, match=r"no masked-language head.*loss.distillation and loss.mlm"):
        Training(make_job(distill_spec(), teacher), 0, 1)
    loss = {"distillation": 0, "mlm": 0}
    with pytest.raises(InputError, match=r"encoders.trained.validation: its teacher has no vocabulary head"):
        Training(make_job(distill_spec(loss=loss, validation={"documents": 2}), teacher), 0, 1)


def test_pretraining_starts_from_its_seed(make_job, pretrain_spec):
    first, again = (Training(make_job(pretrain_spec()), 0, 1) for _ in range(2))
    assert weights(first).equal(weights(again))


def test_adapting_trains_the_encoder_itself(make_job, distill_spec, make_teacher, save_model, train):
    student = build_student(make_teacher(dropout=0.5), distill_spec(dropout=0.5))
    spec = Adapt(
        encoder="student",
        corpus="corpus",
        epochs=1,
        dropout=0.0,
        learning_rate=0.02,
        group_sequences=6,
        step_sequences=6,
        max_length=32,
    )
    (training,) = train(make_job(spec, save_model(student, "student")))
    assert training.engine.teacher is None
    assert training.rows[-1].loss < 0.8 * training.rows[0].loss
    assert all(module.p == 0 for module in training.engine.model.modules() if isinstance(module, torch.nn.Dropout))


def test_bad_jobs(make_job, distill_spec, make_teacher, save_model, teacher):
    with pytest.raises(InputError, match="max_length: 64, but teacher has positions for 32"):
        Training(make_job(distill_spec(max_length=64), teacher), 0, 1)
    student = save_model(build_student(make_teacher(), distill_spec()), "student")
    with pytest.raises(InputError, match="student is no BERT"):
        Training(make_job(distill_spec(), student), 0, 1)
    job = make_job(distill_spec(), teacher)
    job.cutoffs.clear()
    with pytest.raises(InputError, match="holds no sequence"):
        Training(job, 0, 1)


def test_a_warm_start_takes_the_weights_of_an_earlier_student(make_job, distill_spec, teacher, train, save_model):
    (earlier,) = train(make_job(distill_spec(steps=3), teacher, "encoders/earlier"))
    assert len(earlier.rows) == 3
    start = save_model(earlier.engine.model, "earlier")
    job = replace(make_job(distill_spec(start="earlier"), teacher), start=start)
    assert weights(Training(job, 0, 1)).equal(weights(earlier))
    assert not weights(Training(replace(job, start=None), 0, 1)).equal(weights(earlier))
    with pytest.raises(InputError, match=r"encoders.trained.start: earlier is of another shape"):
        Training(replace(job, spec=distill_spec(layers=2, start="earlier")), 0, 1)
