from collections.abc import Iterable

import pytest
import torch
import torch.nn.functional as F
from transformers import BertModel, DistilBertModel

from raykd.distill.data.packing import PackedBatch, micro_batches
from raykd.distill.losses.reference import padded_projections, padded_relation_sum
from raykd.distill.models.student import build_student
from raykd.distill.train.step import Engine, StepRow
from raykd.errors import InputError

STEPS = 10


def alone(tensor: torch.Tensor) -> None:
    """The sum over one worker."""


@pytest.fixture
def make_engine(make_teacher, distill_spec):
    def make(**values) -> Engine:
        spec = distill_spec(**values)
        teacher = make_teacher()
        return Engine(build_student(teacher, spec), teacher, spec, STEPS)

    return make


def first_step(engine: Engine, batches: Iterable[PackedBatch]) -> tuple[StepRow, torch.Tensor]:
    """A step's row and its gradient, which is the third thing summed over the workers."""
    reduced: list[torch.Tensor] = []
    row = engine.step(0, 0, batches, lambda tensor: reduced.append(tensor.clone()))
    counts, _, gradient = reduced
    assert counts.tolist() == [row.sequences, row.tokens, row.masked]
    return row, gradient


def relative_distance(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).norm() / theirs.norm()).item()


@pytest.mark.parametrize("values", [{}, {"loss": {"kd_positions": "masked"}}, {"positions": "trained"}])
def test_gradient_is_that_of_the_recipes_loss(make_engine, make_sequences, masker, special, one_batch, values):
    """5 KD + 2 MLM + 1 cosine, each a mean over the whole step, by autograd on one batch through plain transformers."""
    sequences = make_sequences(12)
    engine = make_engine(**values)
    row, gradient = first_step(engine, micro_batches(sequences, masker, 0, special, 64))

    engine = make_engine(**values)
    batch = one_batch(sequences, masker)
    ours = engine.model(batch.input_ids, batch.attention_mask, output_hidden_states=True)
    with torch.no_grad():
        theirs = engine.teacher(batch.input_ids, batch.attention_mask, output_hidden_states=True)
    real, masked = batch.attention_mask.bool(), batch.labels != -100
    taught = masked if engine.loss.kd_positions == "masked" else real
    kd = 4 * F.kl_div(
        F.log_softmax(ours.logits[taught] / 2, -1), F.softmax(theirs.logits[taught] / 2, -1), reduction="batchmean"
    )
    mlm = F.cross_entropy(ours.logits.flatten(0, 1), batch.labels.flatten())
    cosine = (1 - F.cosine_similarity(ours.hidden_states[-1], theirs.hidden_states[-1], dim=-1))[real].mean()
    loss = 5 * kd + 2 * mlm + cosine
    expected = torch.autograd.grad(loss, engine.parameters)

    assert relative_distance(gradient, torch.cat([part.reshape(-1) for part in expected])) < 1e-5
    assert row.sequences == 12 and row.tokens == int(real.sum()) and row.masked == int(masked.sum())
    for ours, theirs in ((row.kd, kd), (row.mlm, mlm), (row.cosine, cosine), (row.loss, loss)):
        assert ours == pytest.approx(theirs.item(), rel=1e-5)
    assert row.gradient_norm == pytest.approx(gradient.norm().item(), rel=1e-5)


HIDDEN = {"distillation": 0, "mlm": 0, "cosine": 1, "hidden_mse": 3, "relations": {"weight": 2, "layer": 1, "heads": 4}}


def hidden_engine(make_teacher, distill_spec, dtype=torch.float32) -> Engine:
    """Of a teacher without a vocabulary head."""
    teacher, spec = make_teacher().bert, distill_spec(loss=HIDDEN)
    return Engine(build_student(teacher, spec), teacher, spec, STEPS, dtype=dtype)


def test_gradient_of_hidden_states_and_relations(
    make_teacher, distill_spec, make_sequences, masker, special, one_batch
):
    """1 cosine + 3 MSE + 2 relations, by autograd on one padded batch through plain transformers; no head anywhere."""
    sequences = make_sequences(12)
    row, gradient = first_step(
        hidden_engine(make_teacher, distill_spec), micro_batches(sequences, masker, 0, special, 64)
    )

    engine = hidden_engine(make_teacher, distill_spec)
    assert isinstance(engine.model, DistilBertModel) and isinstance(engine.teacher, BertModel) and not engine.has_head
    batch = one_batch(sequences, masker)
    text, real = (batch.input_ids, batch.attention_mask), batch.attention_mask.bool()
    ours = engine.model(*text).last_hidden_state[real]
    with torch.no_grad():
        theirs = engine.teacher(*text).last_hidden_state[real]
        taught = padded_projections(engine.teacher, *text, 1)
    cosine = (1 - F.cosine_similarity(ours, theirs, dim=-1)).mean()
    mse = F.mse_loss(ours, theirs)
    relations = padded_relation_sum(padded_projections(engine.model, *text, 0), taught, text[1], heads=4) / real.sum()
    loss = cosine + 3 * mse + 2 * relations
    expected = torch.autograd.grad(loss, engine.parameters)

    assert relative_distance(gradient, torch.cat([part.reshape(-1) for part in expected])) < 1e-5
    assert row.mlm is None and row.kd is None
    for found, part in ((row.cosine, cosine), (row.hidden_mse, mse), (row.relations, relations), (row.loss, loss)):
        assert found == pytest.approx(part.item(), rel=1e-5) and found > 0.01


def test_hidden_states_in_bf16_and_in_micro_batches(make_teacher, distill_spec, make_sequences, masker, special):
    sequences = make_sequences(20)

    def run(budget: int, dtype: torch.dtype = torch.float32) -> tuple[StepRow, torch.Tensor]:
        engine = hidden_engine(make_teacher, distill_spec, dtype)
        return first_step(engine, micro_batches(sequences, masker, 0, special, budget))

    whole_row, whole = run(10_000)
    for budget in (24, 100):
        row, parts = run(budget)
        assert relative_distance(parts, whole) < 1e-5 and row.loss == pytest.approx(whole_row.loss, rel=1e-5)
    rounded, gradient = run(100, torch.bfloat16)
    assert gradient.dtype == torch.float32 and relative_distance(gradient, whole) < 0.03
    assert rounded.loss == pytest.approx(whole_row.loss, rel=0.01)


def test_a_narrower_student_learns_relations(make_teacher, distill_spec, make_sequences, masker, special):
    loss = {"distillation": 0, "mlm": 0, "cosine": 0, "relations": {"weight": 1}}
    teacher = make_teacher().bert
    spec = distill_spec(width=8, initialisation="random", positions="trained", learning_rate=0.03, loss=loss)
    engine, sequences = Engine(build_student(teacher, spec), teacher, spec, STEPS), make_sequences(30)
    assert engine.model.config.dim == 8 and engine.model.config.hidden_dim == 16 and engine.model.config.n_heads == 1
    rows = [engine.step(step, 0, micro_batches(sequences, masker, 0, special, 200), alone) for step in range(STEPS)]
    assert rows[-1].relations < 0.8 * rows[0].relations
    assert rows[0].loss == pytest.approx(rows[0].relations)


@pytest.mark.parametrize("budget", [24, 100])
def test_gradient_does_not_depend_on_the_micro_batches(make_engine, make_sequences, masker, special, budget):
    sequences = make_sequences(20)
    whole_row, whole = first_step(make_engine(), micro_batches(sequences, masker, 0, special, 10_000))
    row, parts = first_step(make_engine(), micro_batches(sequences, masker, 0, special, budget))
    assert relative_distance(parts, whole) < 1e-5
    assert row.loss == pytest.approx(whole_row.loss, rel=1e-5)
    assert (row.sequences, row.tokens, row.masked) == (whole_row.sequences, whole_row.tokens, whole_row.masked)


def test_learning_rate_rises_and_falls(make_teacher, pretrain_spec):
    spec = pretrain_spec(learning_rate=0.1, warmup=0.05)
    engine = Engine(make_teacher(), None, spec, total_steps=200)
    rates = [engine.learning_rate(step) for step in range(200)]
    assert rates[:10] == pytest.approx([0.1 * (step + 1) / 10 for step in range(10)])
    assert rates[10:] == pytest.approx([0.1 * (200 - step) / 190 for step in range(10, 200)])
    assert engine.learning_rate(200) == 0


@pytest.mark.parametrize(("warmup", "steps"), [(0.0, 4), (1.0, 4), (0.05, 1), (0.05, 2)])
def test_learning_rate_of_short_and_odd_schedules(make_teacher, pretrain_spec, warmup, steps):
    engine = Engine(make_teacher(), None, pretrain_spec(learning_rate=0.1, warmup=warmup), total_steps=steps)
    rates = [engine.learning_rate(step) for step in range(steps)]
    assert all(0 < rate <= 0.1 for rate in rates)
    assert max(rates) == pytest.approx(0.1)


def test_a_step_uses_its_learning_rate(make_engine, make_sequences, masker, special):
    engine = make_engine(warmup=0.5, learning_rate=0.01)
    row = engine.step(2, 0, micro_batches(make_sequences(4), masker, 0, special, 100), alone)
    assert row.learning_rate == pytest.approx(0.01 * 3 / 5)
    assert engine.optimizer.param_groups[0]["lr"] == row.learning_rate


def test_gradients_are_clipped(make_engine, make_sequences, masker, special):
    """AdamW's first moment after one step is (1 - beta1) times the clipped gradient."""
    engine = make_engine(gradient_clip=0.01, betas=(0.9, 0.98))
    row, gradient = first_step(engine, micro_batches(make_sequences(4), masker, 0, special, 100))
    assert row.gradient_norm > 0.1  # as it was before
    moments = torch.cat([engine.optimizer.state[one]["exp_avg"].reshape(-1) for one in engine.parameters])
    assert moments.norm().item() == pytest.approx(0.1 * 0.01, rel=1e-3)
    assert relative_distance(moments / moments.norm(), gradient / gradient.norm()) < 1e-5


def test_gradients_do_not_leak_into_the_next_step(make_engine, make_sequences, masker, special):
    engine, sequences = make_engine(), make_sequences(8)
    engine.step(0, 0, micro_batches(sequences, masker, 0, special, 100), alone)
    weights = {name: value.clone() for name, value in engine.model.state_dict().items()}
    _, second = first_step(engine, micro_batches(sequences, masker, 1, special, 100))
    fresh = make_engine()
    fresh.model.load_state_dict(weights)
    _, expected = first_step(fresh, micro_batches(sequences, masker, 1, special, 100))
    assert relative_distance(second, expected) < 1e-5


def test_distillation_learns_and_moves_only_what_it_should(make_engine, make_sequences, masker, special):
    engine, sequences = make_engine(learning_rate=0.01), make_sequences(30)
    teacher = {name: value.clone() for name, value in engine.teacher.state_dict().items()}
    student = {name: value.clone() for name, value in engine.model.state_dict().items()}
    rows = [engine.step(step, 0, micro_batches(sequences, masker, 0, special, 200), alone) for step in range(STEPS)]
    assert rows[-1].kd < 0.7 * rows[0].kd
    assert rows[-1].cosine < 0.9 * rows[0].cosine
    assert rows[-1].loss < 0.8 * rows[0].loss
    assert all(value.equal(teacher[name]) for name, value in engine.teacher.state_dict().items())
    still = [name for name, value in engine.model.state_dict().items() if value.equal(student[name])]
    assert still == ["distilbert.embeddings.position_embeddings.weight"]
    assert not engine.teacher.training and engine.model.training


def test_pretraining_learns(make_teacher, pretrain_spec, make_sequences, masker, special):
    engine = Engine(make_teacher(), None, pretrain_spec(learning_rate=0.03), STEPS)
    sequences = make_sequences(30)
    rows = [engine.step(step, 0, micro_batches(sequences, masker, step, special, 200), alone) for step in range(STEPS)]
    assert rows[-1].loss < 0.7 * rows[0].loss
    assert all(row.loss == pytest.approx(row.mlm) and row.kd is None and row.cosine is None for row in rows)


def test_a_worker_without_sequences_brings_nothing(make_engine):
    row, gradient = first_step(make_engine(), [])
    assert row.sequences == row.tokens == row.masked == row.loss == 0
    assert len(gradient) and not gradient.any()


def test_bf16_step_is_close_to_the_float32_one(make_teacher, distill_spec, make_sequences, masker, special):
    sequences, spec = make_sequences(20), distill_spec()

    def run(dtype: torch.dtype) -> tuple[StepRow, torch.Tensor]:
        teacher = make_teacher()
        engine = Engine(build_student(teacher, spec), teacher, spec, STEPS, dtype=dtype)
        return first_step(engine, micro_batches(sequences, masker, 0, special, 100))

    (exact, expected), (rounded, gradient) = run(torch.float32), run(torch.bfloat16)
    assert gradient.dtype == torch.float32
    assert relative_distance(gradient, expected) < 0.03
    assert rounded.loss == pytest.approx(exact.loss, rel=0.01)


def test_small_updates_are_not_rounded_away_in_bf16(make_teacher, pretrain_spec, make_sequences, masker, special):
    """A step of 1e-5 is a hundredth of bf16's resolution at 1, where the LayerNorms' weights are."""
    model = make_teacher()
    before = model.bert.embeddings.LayerNorm.weight.detach().clone()
    spec = pretrain_spec(learning_rate=1e-5, warmup=0)
    engine = Engine(model, None, spec, STEPS, dtype=torch.bfloat16)
    engine.step(0, 0, micro_batches(make_sequences(20), masker, 0, special, 100), alone)
    moved = (model.bert.embeddings.LayerNorm.weight - before).abs()
    assert moved.min() > 0 and moved.max() < 2e-5


@pytest.mark.parametrize(
    ("weights", "missing", "run"),
    [
        ({"distillation": 0}, {"kd"}, True),
        ({"cosine": 0}, {"cosine"}, True),
        ({"distillation": 0, "cosine": 0}, {"kd", "cosine"}, False),
    ],
)
def test_losses_of_weight_0_are_left_out(make_engine, make_sequences, masker, special, weights, missing, run):
    engine = make_engine(loss=weights)
    assert (engine.teacher is not None) is run
    row, gradient = first_step(engine, micro_batches(make_sequences(12), masker, 0, special, 64))
    assert {name for name in ("kd", "cosine", "mlm") if getattr(row, name) is None} == missing
    parts = {"kd": 5, "mlm": 2, "cosine": 1}
    expected = sum(weight * getattr(row, name) for name, weight in parts.items() if name not in missing)
    assert row.loss == pytest.approx(expected, rel=1e-5) and gradient.any()


def test_head_first_leaves_the_encoder_alone(make_teacher, pretrain_spec, make_sequences, masker, special):
    engine = Engine(make_teacher(), None, pretrain_spec(learning_rate=0.01, weight_decay=0.1), STEPS)
    sequences = make_sequences(20)
    encoder = {name: value.clone() for name, value in engine.model.bert.state_dict().items()}
    head = engine.model.cls.predictions.transform.dense.weight.detach().clone()
    engine.train_head_only(True)
    engine.step(0, 0, micro_batches(sequences, masker, 0, special, 100), alone)
    assert all(value.equal(encoder[name]) for name, value in engine.model.bert.state_dict().items())
    assert not engine.model.cls.predictions.transform.dense.weight.equal(head)
    engine.train_head_only(False)
    engine.step(1, 0, micro_batches(sequences, masker, 1, special, 100), alone)
    assert not any(
        value.equal(encoder[name]) for name, value in engine.model.bert.state_dict().items() if "weight" in name
    )


def test_a_gradient_that_is_not_finite_never_reaches_the_weights(make_engine, make_sequences, masker, special):
    engine = make_engine()
    with torch.no_grad():
        engine.model.vocab_projector.bias[7] = float("nan")
    before = engine.model.distilbert.transformer.layer[0].ffn.lin1.weight.detach().clone()
    with pytest.raises(InputError, match=r"step 3: the gradient is nan.*learning_rate"):
        engine.step(3, 0, micro_batches(make_sequences(8), masker, 0, special, 100), alone)
    assert engine.model.distilbert.transformer.layer[0].ffn.lin1.weight.equal(before)
