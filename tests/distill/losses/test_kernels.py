from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch._inductor.exc import GPUTooOldForTriton, InductorError, TritonMissing

from raykd.distill.losses import kernels as logit_gradient
from raykd.distill.losses.kernels import Logits, Scales, TiledGradient, compiled_gradient, plain_gradient

ROWS, VOCABULARY, TEMPERATURE = 9, 50, 3.0
OLD_GPU = SimpleNamespace(name="old", major=5, minor=0)
SCALES = Scales(kd=0.7, mlm=0.3, temperature=TEMPERATURE)


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    """Of student and teacher, before the temperature; far from 0, where exponentials overflow."""
    generator = torch.Generator().manual_seed(0)
    student, teacher = 4 * torch.randn(2, ROWS, VOCABULARY, generator=generator, dtype=torch.float64) + 900
    return student, teacher


def by_autograd(student, teacher, labels) -> tuple[torch.Tensor, float, float]:
    student = student.clone().requires_grad_()
    kd, mlm = student.sum() * 0, F.cross_entropy(student[: len(labels)], labels, reduction="sum")
    if teacher is not None:
        targets = F.softmax(teacher / TEMPERATURE, -1)
        kd = TEMPERATURE**2 * F.kl_div(F.log_softmax(student / TEMPERATURE, -1), targets, reduction="sum")
    (gradient,) = torch.autograd.grad(SCALES.kd * kd + SCALES.mlm * mlm, student)
    return gradient, kd.item(), mlm.item()


def plain(student, teacher, labels):
    kd_scale, mlm_scale = torch.tensor([SCALES.kd, SCALES.mlm], dtype=torch.float64)
    zero = torch.zeros(VOCABULARY, dtype=student.dtype)
    return plain_gradient(student, zero, teacher, zero, labels, kd_scale, mlm_scale, SCALES.temperature)


@pytest.mark.parametrize("way", ["tiled", "compiled"])
@pytest.mark.parametrize("masked", [0, 4, ROWS])
@pytest.mark.parametrize("taught", [True, False])
def test_gradient_and_losses_are_autograds(logits, monkeypatch, way, masked, taught):
    monkeypatch.setattr(logit_gradient, "TILE_ELEMENTS", 2 * VOCABULARY)
    student, teacher = logits
    labels = torch.arange(masked) * 3
    if not taught:
        student, teacher = student[:masked], None
    expected = by_autograd(student, teacher, labels)
    bias = torch.linspace(-3, 3, VOCABULARY).double()
    product = student - bias
    gradient_of = TiledGradient(product) if way == "tiled" else compiled_gradient()
    taught = None if teacher is None else Logits(teacher + bias, -bias)
    losses = gradient_of(Logits(product, bias), taught, labels, SCALES)
    torch.testing.assert_close(product, expected[0], rtol=1e-9, atol=1e-12)
    assert losses.kd.item() == pytest.approx(expected[1], rel=1e-9)
    assert losses.mlm.item() == pytest.approx(expected[2], rel=1e-9)


@pytest.mark.parametrize("masked", [0, 4])
def test_plain_gradient_is_autograds(logits, masked):
    expected = by_autograd(*logits, torch.arange(masked))
    gradient, kd, mlm = plain(*logits, torch.arange(masked))
    torch.testing.assert_close(gradient, expected[0], rtol=1e-9, atol=1e-12)
    assert (kd.item(), mlm.item()) == pytest.approx(expected[1:], rel=1e-9)


def test_bf16_logits_are_summed_in_float32(logits):
    student, teacher = ((x - 900).bfloat16() for x in logits)
    labels, bias = torch.arange(4), torch.full((VOCABULARY,), 0.01)
    expected, kd, mlm = plain(student.float() + bias, teacher.float() + bias, labels)
    losses = TiledGradient(student)(Logits(student, bias), Logits(teacher, bias), labels, SCALES)
    torch.testing.assert_close(student, expected.bfloat16(), rtol=0.01, atol=1e-6)
    assert losses.kd.item() == pytest.approx(kd.item(), rel=1e-5)
    assert losses.mlm.item() == pytest.approx(mlm.item(), rel=1e-5)


def test_it_is_compiled_once_for_all_steps(logits):
    """Counts of tokens, and so scales, rows and labels, are others in each micro-batch."""
    student, teacher = logits
    bias = torch.zeros(VOCABULARY).double()

    def run(rows: int, masked: int, scale: float) -> None:
        ours, theirs = Logits(student[:rows].clone(), bias), Logits(teacher[:rows], bias)
        compiled_gradient()(ours, theirs, torch.arange(masked), Scales(scale, 2 * scale, TEMPERATURE))

    run(9, 4, 0.5)
    run(8, 3, 0.25)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for rows, masked, scale in ((7, 2, 0.125), (5, 5, 0.3), (6, 4, 0.7)):
            run(rows, masked, scale)


@pytest.mark.parametrize(
    "error", [InductorError(RuntimeError("no compiler"), None), TritonMissing(None), GPUTooOldForTriton(OLD_GPU, None)]
)
def test_without_a_compiler_it_says_so_and_goes_on(logits, monkeypatch, error):
    def broken(*arguments, **settings):
        def run(*values):
            raise error

        return run

    monkeypatch.setattr(torch, "compile", broken)
    compiled_gradient.cache_clear()
    student, teacher = logits
    expected, _, _ = plain(student, teacher, torch.arange(2))
    bias = torch.zeros(VOCABULARY).double()
    with pytest.warns(UserWarning, match="not compiled"):
        compiled_gradient()(Logits(student, bias), Logits(teacher, bias), torch.arange(2), SCALES)
    torch.testing.assert_close(student, expected)
    compiled_gradient.cache_clear()
