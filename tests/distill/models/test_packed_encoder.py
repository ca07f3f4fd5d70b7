import pytest
import torch

from raykd.distill.data.packing import pack_padded
from raykd.distill.models.load import encode, vocabulary_logits
from raykd.distill.models.packed_encoder import PackedEncoder, decoder_of, head_parameters
from raykd.distill.models.student import build_student


@pytest.fixture(params=["bert", "distilbert"])
def model(request, make_teacher, distill_spec):
    teacher = make_teacher()
    model = teacher if request.param == "bert" else build_student(teacher, distill_spec(positions="trained"))
    return model.double().eval()


def by_text(states: torch.Tensor, ids: torch.Tensor, runs) -> dict[tuple[int, ...], torch.Tensor]:
    lengths = [length for length, count in runs for _ in range(count)]
    return {tuple(i.tolist()): s for i, s in zip(ids.split(lengths), states.split(lengths), strict=True)}


def test_hidden_states_and_logits_are_those_of_transformers(model, make_sequences, masker, one_batch):
    batch = one_batch(make_sequences(12), masker)
    packed = pack_padded(*batch)
    hidden, features, _ = PackedEncoder(model)(packed, torch.arange(packed.tokens))
    padded = encode(model, batch.input_ids, batch.attention_mask)
    found = by_text(hidden, packed.input_ids, packed.runs)
    logits = by_text(decoder_of(model)(features), packed.input_ids, packed.runs)
    for ids, attention, states in zip(batch.input_ids, batch.attention_mask.bool(), padded, strict=True):
        text = tuple(ids[attention].tolist())
        torch.testing.assert_close(found[text], states[attention])
        torch.testing.assert_close(logits[text], vocabulary_logits(model, states[attention]))


def test_gradients_are_those_of_transformers(model, make_sequences, masker, one_batch):
    batch = one_batch(make_sequences(12), masker)
    parameters = list(model.base_model.parameters())
    padded = encode(model, batch.input_ids, batch.attention_mask)[batch.attention_mask.bool()]
    expected = torch.autograd.grad(padded.sin().sum(), parameters, allow_unused=True)
    packed = pack_padded(*batch)
    hidden = PackedEncoder(model)(packed, packed.order[:0]).hidden
    torch.testing.assert_close(torch.autograd.grad(hidden.sin().sum(), parameters, allow_unused=True), expected)


def test_guessed_places_alone_get_features(model, make_sequences, masker, one_batch):
    packed = pack_padded(*one_batch(make_sequences(12), masker))
    everywhere = PackedEncoder(model)(packed, torch.arange(packed.tokens)).features
    some = PackedEncoder(model)(packed, packed.order[:5]).features
    torch.testing.assert_close(some, everywhere[packed.order[:5]])


def test_the_head_is_what_the_encoder_has_none_of(model):
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    head = {names[id(parameter)] for parameter in head_parameters(model)}
    assert any(name.endswith("bias") for name in head)
    assert not any("embeddings" in name or "layer.0" in name for name in head)
    assert {id(p) for p in head_parameters(model)} | {id(p) for p in model.base_model.parameters()} == set(names)


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_follows_the_models_mode(make_teacher, distill_spec, make_sequences, masker, one_batch, mode):
    student = build_student(make_teacher(), distill_spec(dropout=0.3)).train(mode)
    packed = pack_padded(*one_batch(make_sequences(12), masker))
    first, second = (PackedEncoder(student)(packed, packed.order)[0] for _ in range(2))
    assert first.equal(second) is not mode
