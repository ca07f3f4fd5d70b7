import pytest
import torch

from raykd.distill.data.packing import pack_padded
from raykd.distill.models.mixed_precision import ComputedModel, compute_dtype
from raykd.distill.models.student import build_student


@pytest.fixture
def student(make_teacher, distill_spec):
    return build_student(make_teacher(), distill_spec()).eval()


@pytest.fixture
def batch(make_sequences, masker, one_batch):
    return pack_padded(*one_batch(make_sequences(12), masker))


def test_float32_computes_with_the_weights_themselves(student, batch):
    computed = ComputedModel(student, torch.float32)
    assert not computed.copies and computed.vocabulary.weight.data_ptr() == student.vocab_projector.weight.data_ptr()
    hidden, features, _ = computed(batch, batch.order)
    assert hidden.dtype == features.dtype == torch.float32


def test_bf16_is_close_and_gradients_go_to_the_float32_weights(student, batch):
    exact, rounded = ComputedModel(student, torch.float32), ComputedModel(student, torch.bfloat16)
    hidden = rounded(batch, batch.order).hidden
    expected = exact(batch, batch.order).hidden
    assert hidden.dtype == rounded.vocabulary.weight.dtype == torch.bfloat16
    torch.testing.assert_close(hidden.float(), expected, rtol=0.1, atol=0.1)

    parameters = [
        p for name, p in student.distilbert.named_parameters() if p.requires_grad and "k_lin.bias" not in name
    ]
    gradients = torch.autograd.grad(hidden.float().sin().sum(), parameters)
    wanted = torch.autograd.grad(expected.sin().sum(), parameters)
    for found, want in zip(gradients, wanted, strict=True):
        assert found.dtype == torch.float32
        assert ((found.to_dense() - want.to_dense()).norm() / want.to_dense().norm()).item() < 0.1


def test_copies_follow_the_weights_when_told(student, batch):
    computed = ComputedModel(student, torch.bfloat16)
    before = computed(batch, batch.order).hidden
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    computed.refresh()
    after = computed(batch, batch.order).hidden
    expected = ComputedModel(student, torch.bfloat16)(batch, batch.order).hidden
    assert after.equal(expected) and not after.equal(before)
    weight = student.vocab_projector.weight
    assert computed.vocabulary.weight.equal(weight.bfloat16()) and computed.vocabulary.trained[0] is weight


def test_the_precision_asked_for_is_taken():
    assert compute_dtype("float32", "cpu") == torch.float32
    assert compute_dtype("bfloat16", "cpu") == torch.bfloat16


@pytest.mark.parametrize(
    ("avx512", "amx", "dtype"), [(0, 0, torch.float32), (1, 0, torch.bfloat16), (0, 1, torch.bfloat16)]
)
def test_auto_asks_the_processor(monkeypatch, avx512, amx, dtype):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bool(avx512))
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: bool(amx))
    assert compute_dtype("auto", "cpu") == dtype
