"""The cost model against the recipe's figures, and against what torch counts."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig

from raykd.config import Loss
from raykd.distill.models.packed_encoder import head_parameters
from raykd.distill.models.shape import Shape
from raykd.distill.models.student import build_student
from raykd.distill.train.flops import training_flops
from raykd.distill.train.peak import measured_peak

TEACHER = Shape.of(BertConfig(vocab_size=119_547))
STUDENT = replace(TEACHER, layers=6)
MASKED = 0.15
POSTS = 280.0  # tokens: a sequence of median 180, cut at 512, as the mean over tokens sees it


def flops(student: Shape = STUDENT, teacher: Shape | None = TEACHER, **loss: object) -> float:
    return training_flops(student, teacher, Loss(**loss), POSTS, MASKED)


def test_the_recipes_cost():
    assert flops() == pytest.approx(1.19e9, rel=0.01)
    assert 4 * TEACHER.head() / flops() == pytest.approx(0.62, abs=0.005)
    assert flops(kd_positions="masked") == pytest.approx(0.56e9, rel=0.01)
    trimmed = [replace(shape, vocabulary=40_000) for shape in (STUDENT, TEACHER)]
    assert flops(*trimmed) == pytest.approx(0.70e9, rel=0.01)


def test_losses_that_are_off_cost_nothing():
    without_kd = flops(distillation=0)
    assert without_kd == pytest.approx(3 * (STUDENT.encoder(POSTS) + MASKED * STUDENT.head()) + TEACHER.encoder(POSTS))
    alone = training_flops(STUDENT, None, Loss(), POSTS, MASKED)
    assert alone == pytest.approx(without_kd - TEACHER.encoder(POSTS))
    head_only = training_flops(STUDENT, None, Loss(), POSTS, MASKED, head_only=True)
    assert head_only == pytest.approx(STUDENT.encoder(POSTS) + 2 * MASKED * STUDENT.head())


def test_hidden_states_alone_cost_no_head():
    loss = Loss(distillation=0, mlm=0, cosine=0, hidden_mse=1)
    encoders = 3 * STUDENT.encoder(POSTS) + TEACHER.encoder(POSTS)
    assert training_flops(STUDENT, TEACHER, loss, POSTS, MASKED, has_head=False) == pytest.approx(encoders)
    loss = Loss(distillation=0, mlm=0, cosine=0, relations={"weight": 1})
    relations = training_flops(STUDENT, TEACHER, loss, POSTS, MASKED, has_head=False) - encoders
    assert relations == pytest.approx(3 * 3 * 2 * POSTS * 768)  # three products of each kind: two forward, one back


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_it_is_what_torch_counts(make_teacher, distill_spec, kind):
    """Forward and backward of a whole masked model on one batch without padding, all positions through the head."""
    teacher = make_teacher(attn_implementation="eager")
    model = teacher if kind == "bert" else build_student(teacher, distill_spec(layers=2))
    model.config._attn_implementation = "eager"  # torch counts no operations of its own attention on a CPU
    ids = torch.randint(5, 40, (3, 12), generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counted:
        model(ids, torch.ones_like(ids)).logits.sum().backward()
    ours = training_flops(Shape.of(model.config), None, Loss(), attended=12, masked=1.0) * ids.numel()
    assert ours == pytest.approx(counted.get_total_flops(), rel=1e-9)
    assert len(head_parameters(model)) >= 4


def test_the_peak_is_measured_quickly():
    peak = measured_peak("cpu", torch.float32)
    assert 1e9 < peak < 1e14
