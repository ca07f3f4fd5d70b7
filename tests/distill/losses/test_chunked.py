import pytest
import torch
import torch.nn.functional as F

from raykd.distill.losses import chunked as chunks
from raykd.distill.losses import kernels as logit_gradient
from raykd.distill.losses.chunked import Vocabulary, vocabulary_loss
from raykd.distill.losses.kernels import Scales

POSITIONS, MASKED, WIDTH, VOCABULARY = 23, 6, 5, 31


@pytest.fixture
def tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "features": (POSITIONS, WIDTH),
        "weight": (VOCABULARY, WIDTH),
        "bias": (VOCABULARY,),
        "teacher_features": (POSITIONS, WIDTH),
        "teacher_weight": (VOCABULARY, WIDTH),
        "teacher_bias": (VOCABULARY,),
    }
    made = {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}
    for name in ("features", "weight", "bias"):
        made[name].requires_grad_()
    return made | {"labels": torch.randint(VOCABULARY, (MASKED,), generator=generator)}


def dense(tensors: dict[str, torch.Tensor], scales: Scales) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    ours = F.linear(tensors["features"], tensors["weight"], tensors["bias"])
    theirs = F.linear(tensors["teacher_features"], tensors["teacher_weight"], tensors["teacher_bias"])
    temperature = scales.temperature
    kd = temperature**2 * F.kl_div(
        F.log_softmax(ours / temperature, -1), F.softmax(theirs / temperature, -1), reduction="sum"
    )
    mlm = F.cross_entropy(ours[:MASKED], tensors["labels"], reduction="sum")
    return scales.kd * kd + scales.mlm * mlm, kd, mlm


def chunked(tensors: dict[str, torch.Tensor], scales: Scales) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    weight, bias = tensors["weight"], tensors["bias"]
    return vocabulary_loss(
        tensors["features"],
        Vocabulary(weight.detach(), bias.detach(), (weight, bias)),
        tensors["labels"],
        scales,
        (tensors["teacher_features"], Vocabulary(tensors["teacher_weight"], tensors["teacher_bias"])),
    )


def gradients(tensors: dict[str, torch.Tensor], loss: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, [tensors[name] for name in ("features", "weight", "bias")]))


@pytest.mark.parametrize("scales", [Scales(0.7, 0.3), Scales(0.7, 0.0, 3.0), Scales(0.0, 0.3, 1.0)])
@pytest.mark.parametrize(("chunk", "tile"), [(POSITIONS, 100), (7, 3), (4, 1), (1, 1)])
def test_equals_the_dense_loss_whatever_the_chunks(tensors, monkeypatch, scales, chunk, tile):
    monkeypatch.setattr(chunks, "CHUNK_ELEMENTS", chunk * VOCABULARY)
    monkeypatch.setattr(logit_gradient, "TILE_ELEMENTS", tile * VOCABULARY)
    found, expected = chunked(tensors, scales), dense(tensors, scales)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradients(tensors, found[0]), gradients(tensors, expected[0]))
    assert not found[1].requires_grad and not found[2].requires_grad


def test_the_gradient_is_scaled_by_what_follows(tensors):
    scales = Scales(0.7, 0.3)
    expected = gradients(tensors, dense(tensors, scales)[0].square())
    torch.testing.assert_close(gradients(tensors, chunked(tensors, scales)[0].square()), expected)


def test_without_a_teacher_the_masked_loss_is_left(tensors):
    tensors["features"] = tensors["features"].detach()[:MASKED].requires_grad_()
    weight, bias = tensors["weight"], tensors["bias"]
    vocabulary = Vocabulary(weight.detach(), bias.detach(), (weight, bias))
    loss, kd, mlm = vocabulary_loss(tensors["features"], vocabulary, tensors["labels"], Scales(5.0, 0.5))
    expected = F.cross_entropy(F.linear(tensors["features"], weight, bias), tensors["labels"], reduction="sum")
    torch.testing.assert_close(mlm, expected.detach())
    assert kd.item() == 0
    torch.testing.assert_close(gradients(tensors, loss), gradients(tensors, expected / 2))


def test_no_positions_give_zeros(tensors):
    tensors["features"] = tensors["features"].detach()[:0].requires_grad_()
    tensors |= {"teacher_features": tensors["teacher_features"][:0], "labels": tensors["labels"][:0]}
    loss, kd, mlm = chunked(tensors, Scales(1.0, 1.0))
    assert loss.item() == kd.item() == mlm.item() == 0
    assert not any(gradient.any() for gradient in gradients(tensors, loss))


def test_weights_that_are_not_trained_get_no_gradient(tensors):
    tensors["weight"].requires_grad_(False)
    chunked(tensors, Scales(1.0, 1.0))[0].backward()
    assert tensors["weight"].grad is None and tensors["bias"].grad is not None


def test_bf16_is_close_and_its_gradient_float32(tensors):
    scales = Scales(1 / POSITIONS, 1 / MASKED)
    expected = gradients(tensors, dense(tensors, scales)[0])
    weight, bias = (tensors[name].detach().float().requires_grad_() for name in ("weight", "bias"))
    features = tensors["features"].detach().bfloat16().requires_grad_()
    taught = [tensors[f"teacher_{name}"].bfloat16() for name in ("features", "weight", "bias")]
    student = Vocabulary(weight.detach().bfloat16(), bias.detach().bfloat16(), (weight, bias))
    loss, _, _ = vocabulary_loss(
        features, student, tensors["labels"], scales, (taught[0], Vocabulary(taught[1], taught[2]))
    )
    assert loss.dtype == torch.float32
    for found, wanted in zip(torch.autograd.grad(loss, [features, weight, bias]), expected, strict=True):
        assert ((found.double() - wanted).norm() / wanted.norm()).item() < 0.02
    assert weight.grad is None or weight.grad.dtype == torch.float32
