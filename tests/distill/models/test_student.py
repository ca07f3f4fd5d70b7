import pytest
import torch
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    pipeline,
)

from raykd.distill.models.load import encode, load_masked_model, vocabulary_logits
from raykd.distill.models.student import build_student, chosen_layers
from raykd.errors import InputError


@pytest.fixture
def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """input_ids and attention_mask of two sequences, the second padded."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 40, (2, 12), generator=generator)
    attention = torch.ones_like(ids)
    attention[1, 7:] = 0
    return ids * attention, attention


def outputs(model, input_ids, attention_mask) -> tuple[torch.Tensor, torch.Tensor]:
    """Hidden states and logits as transformers computes them, of the positions that are no padding."""
    with torch.no_grad():
        answer = model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
    real = attention_mask.bool()
    return answer.hidden_states[-1][real], answer.logits[real]


def test_student_with_all_layers_equals_its_teacher(make_teacher, distill_spec, inputs):
    teacher = make_teacher(layers=3)
    student = build_student(teacher, distill_spec(layers=3)).eval()
    for ours, theirs in zip(outputs(student, *inputs), outputs(teacher, *inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_dropped_token_types_make_a_difference(make_teacher, distill_spec, inputs):
    teacher = make_teacher(layers=3)
    student = build_student(teacher, distill_spec(layers=3, token_types="drop")).eval()
    assert (outputs(student, *inputs)[0] - outputs(teacher, *inputs)[0]).abs().max() > 0.1
    positions = student.distilbert.embeddings.position_embeddings.weight
    assert positions.equal(teacher.bert.embeddings.position_embeddings.weight)


def test_building_a_student_leaves_the_teacher_as_it_was(make_teacher, distill_spec):
    teacher = make_teacher()
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    build_student(teacher, distill_spec())
    assert all(value.equal(before[name]) for name, value in teacher.state_dict().items())


@pytest.mark.parametrize(
    ("asked", "of", "chosen"),
    [
        (6, 12, [0, 2, 4, 7, 9, 11]),
        (3, 12, [0, 6, 11]),
        (2, 12, [0, 11]),
        (1, 12, [0]),
        (4, 4, [0, 1, 2, 3]),
        ((0, 5, 11), 12, [0, 5, 11]),
        ((3, 1), 4, [3, 1]),
    ],
)
def test_chosen_layers(asked, of, chosen):
    assert chosen_layers(asked, of) == chosen


@pytest.mark.parametrize("asked", [13, (0, 12), (-1,), ()])
def test_layers_that_the_teacher_lacks(asked):
    with pytest.raises(InputError, match="layers"):
        chosen_layers(asked, 12)


def test_named_layers_are_the_ones_copied(make_teacher, distill_spec):
    teacher = make_teacher(layers=4)
    student = build_student(teacher, distill_spec(layers=(3, 1)))
    for place, layer in enumerate((3, 1)):
        theirs, ours = teacher.bert.encoder.layer[layer], student.distilbert.transformer.layer[place]
        assert ours.attention.q_lin.weight.equal(theirs.attention.self.query.weight)
        assert ours.ffn.lin2.bias.equal(theirs.output.dense.bias)


@pytest.mark.parametrize(("positions", "trained"), [("frozen", False), ("trained", True)])
def test_positions_are_frozen_or_trained(make_teacher, distill_spec, positions, trained):
    student = build_student(make_teacher(), distill_spec(positions=positions))
    frozen = [name for name, parameter in student.named_parameters() if not parameter.requires_grad]
    assert frozen == ([] if trained else ["distilbert.embeddings.position_embeddings.weight"])


def test_dropout_is_as_asked(make_teacher, distill_spec):
    student = build_student(make_teacher(dropout=0.5), distill_spec(dropout=0.25))
    rates = {module.p for module in student.modules() if isinstance(module, torch.nn.Dropout)}
    assert rates == {0.25}
    assert student.distilbert.transformer.layer[0].attention.dropout.p == 0.25


def test_parameter_counts_of_the_real_shapes(distill_spec):
    """mBERT and DistilmBERT as published, built without memory."""
    config = BertConfig(vocab_size=119_547)
    with torch.device("meta"):
        assert BertModel(config).num_parameters() == 177_853_440
        student = build_student(BertForMaskedLM(config), distill_spec(layers=6))
    assert student.distilbert.num_parameters() == 134_734_080


def test_an_untied_head_stays_untied(make_teacher, distill_spec, inputs):
    teacher = make_teacher(layers=1, tie_word_embeddings=False)
    student = build_student(teacher, distill_spec(layers=1)).eval()
    torch.testing.assert_close(outputs(student, *inputs)[1], outputs(teacher, *inputs)[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("values", [{"hidden_act": "relu"}, {"layer_norm_eps": 1e-5}])
def test_teacher_of_another_shape(make_teacher, distill_spec, values):
    with pytest.raises(InputError, match="teacher"):
        build_student(make_teacher(**values), distill_spec())


def test_saved_student_is_an_ordinary_model(make_teacher, distill_spec, tokenizer, directory, store, inputs):
    student = build_student(make_teacher(), distill_spec()).eval()
    student.save_pretrained(directory)
    with tokenizer.local(store.storage) as saved:
        AutoTokenizer.from_pretrained(saved).save_pretrained(directory)

    with torch.no_grad():
        hidden = AutoModel.from_pretrained(directory)(*inputs).last_hidden_state[inputs[1].bool()]
    assert hidden.equal(outputs(student, *inputs)[0])
    loaded = AutoModelForMaskedLM.from_pretrained(directory)
    assert outputs(loaded, *inputs)[1].equal(outputs(student, *inputs)[1])
    guesses = pipeline("fill-mask", model=str(directory), tokenizer=str(directory))("w7 [MASK] w9", top_k=3)
    ids = torch.tensor([[2, 7, 4, 9, 3]])
    best = outputs(student, ids, torch.ones_like(ids))[1][2].argsort(descending=True)[:3]
    assert [guess["token"] for guess in guesses] == best.tolist()


def test_encode_and_logits_are_those_of_the_whole_model(make_teacher, distill_spec, inputs):
    teacher = make_teacher()
    for model in (teacher, build_student(teacher, distill_spec()).eval()):
        hidden, logits = outputs(model, *inputs)
        with torch.no_grad():
            ours = encode(model, *inputs)[inputs[1].bool()]
            torch.testing.assert_close(ours, hidden)
            torch.testing.assert_close(vocabulary_logits(model, ours), logits)


def test_an_encoder_without_head_cannot_teach(make_teacher, directory):
    make_teacher().bert.save_pretrained(directory)
    with pytest.raises(InputError, match="no masked-language head"):
        load_masked_model(str(directory))


def test_weights_in_half_precision_are_loaded_in_single(make_teacher, directory):
    make_teacher().half().save_pretrained(directory)
    assert load_masked_model(str(directory)).dtype == torch.float32
