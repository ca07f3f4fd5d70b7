import math

import pytest
import torch

from raykd.distill.losses.cosine import cosine_sum
from raykd.distill.losses.reference import chunked_losses, dense_losses, distillation_sums, divergence_sum
from raykd.distill.models.student import build_student


@pytest.fixture
def pair(make_teacher, distill_spec):
    """A student and its teacher, in float64."""
    teacher = make_teacher()
    return build_student(teacher, distill_spec()).double().eval(), teacher.double()


@pytest.fixture
def batch(make_sequences, masker, one_batch):
    return one_batch(make_sequences(5), masker)


def parts(batch, padding: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return (
        torch.nn.functional.pad(batch.input_ids, (0, padding), value=0),
        torch.nn.functional.pad(batch.attention_mask, (0, padding), value=0),
        torch.nn.functional.pad(batch.labels, (0, padding), value=-100),
    )


def loop_sums(student, teacher, batch, temperature: float, masked_only: bool) -> tuple[float, float, float]:
    """mlm, kd and cosine position by position, with Python numbers."""
    with torch.no_grad():
        answers = [
            model(batch.input_ids, batch.attention_mask, output_hidden_states=True) for model in (student, teacher)
        ]
    mlm = kd = cosine = 0.0
    for row, column in batch.attention_mask.nonzero().tolist():
        ours, theirs = (answer.logits[row, column].tolist() for answer in answers)
        label = int(batch.labels[row, column])
        if label != -100:
            mlm += math.log(sum(math.exp(logit) for logit in ours)) - ours[label]
        if label != -100 or not masked_only:
            log_ours, log_theirs = (log_softmax(logits, temperature) for logits in (ours, theirs))
            kd += temperature**2 * sum(math.exp(p) * (p - q) for p, q in zip(log_theirs, log_ours, strict=True))
        a, b = (answer.hidden_states[-1][row, column].tolist() for answer in answers)
        cosine += 1 - sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)
    return mlm, kd, cosine


def log_softmax(logits: list[float], temperature: float) -> list[float]:
    total = math.log(sum(math.exp(logit / temperature) for logit in logits))
    return [logit / temperature - total for logit in logits]


@pytest.mark.parametrize("positions", ["all", "masked"])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_sums_are_those_of_a_plain_loop(pair, batch, positions, temperature):
    sums = distillation_sums(*pair, *parts(batch), temperature, positions)
    mlm, kd, cosine = loop_sums(*pair, batch, temperature, positions == "masked")
    assert min(mlm, kd, cosine) > 0.1
    assert sums.mlm.item() == pytest.approx(mlm, rel=1e-9)
    assert sums.kd.item() == pytest.approx(kd, rel=1e-9)
    assert sums.cosine.item() == pytest.approx(cosine, rel=1e-9)


def test_divergence_of_equal_logits_is_zero():
    logits = torch.randn(7, 11, generator=torch.Generator().manual_seed(0))
    assert divergence_sum(logits, logits, 2.0).item() == pytest.approx(0, abs=1e-6)
    assert divergence_sum(logits, logits + 3, 2.0).item() == pytest.approx(0, abs=1e-4)


def test_divergence_is_of_the_student_from_the_teacher():
    """KL(teacher || student) of two coins, by hand: 0.5 ln(0.5/0.9) + 0.5 ln(0.5/0.1)."""
    student, teacher = torch.tensor([[0.9, 0.1]]).log(), torch.tensor([[0.5, 0.5]]).log()
    expected = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    assert divergence_sum(student, teacher, 1.0).item() == pytest.approx(expected, rel=1e-6)


def test_divergence_is_scaled_by_the_temperature_squared():
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 7, 11, generator=generator)
    softened = divergence_sum(student / 3, teacher / 3, 1.0)
    torch.testing.assert_close(divergence_sum(student, teacher, 3.0), 9 * softened)


def test_cosine_sum_of_known_angles():
    ours = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    theirs = torch.tensor([[5.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])
    assert cosine_sum(ours, theirs).item() == pytest.approx(0 + 1 + 2)


@pytest.mark.parametrize("positions", ["all", "masked"])
def test_padding_never_counts(pair, batch, positions):
    results = []
    for padding in (0, 6):
        pair[0].zero_grad()
        sums = distillation_sums(*pair, *parts(batch, padding), kd_positions=positions)
        (sums.mlm + sums.kd + sums.cosine).backward()
        gradient = torch.cat([p.grad.reshape(-1) for p in pair[0].parameters() if p.grad is not None])
        results.append(torch.cat([torch.stack([sums.mlm, sums.kd, sums.cosine]).detach(), gradient]))
    torch.testing.assert_close(results[0], results[1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("positions", ["all", "masked"])
def test_dense_losses_are_means(pair, batch, positions):
    sums = distillation_sums(*pair, *parts(batch), kd_positions=positions)
    means = dense_losses(*pair, *parts(batch), kd_positions=positions)
    real, masked = int(batch.attention_mask.sum()), int((batch.labels != -100).sum())
    assert 0 < masked < real < batch.input_ids.numel()
    torch.testing.assert_close(means["mlm"], sums.mlm / masked)
    torch.testing.assert_close(means["kd"], sums.kd / (masked if positions == "masked" else real))
    torch.testing.assert_close(means["cosine"], sums.cosine / real)


def test_nothing_masked_gives_no_masked_loss(pair, batch):
    input_ids, attention_mask, labels = parts(batch)
    means = dense_losses(*pair, input_ids, attention_mask, torch.full_like(labels, -100))
    assert means["mlm"].item() == 0 and means["kd"].item() > 0


def test_the_teacher_gets_no_gradient(pair, batch):
    sums = distillation_sums(*pair, *parts(batch))
    (sums.kd + sums.cosine).backward()
    assert all(parameter.grad is None for parameter in pair[1].parameters())


@pytest.mark.parametrize("positions", ["all", "masked"])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_chunked_losses_are_the_dense_ones(pair, batch, positions, temperature):
    parameters = [parameter for parameter in pair[0].parameters() if parameter.requires_grad]
    dense = dense_losses(*pair, *parts(batch, 3), temperature, positions)
    chunked = chunked_losses(*pair, *parts(batch, 3), temperature, positions)
    assert dense.keys() == chunked.keys()
    for name, loss in dense.items():
        torch.testing.assert_close(chunked[name], loss)
        torch.testing.assert_close(gradients(chunked[name], parameters), gradients(loss, parameters))


def gradients(loss: torch.Tensor, parameters: list[torch.Tensor]) -> list[torch.Tensor]:
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return [
        torch.zeros_like(parameter) if one is None else one for parameter, one in zip(parameters, found, strict=True)
    ]
