"""A trimmed encoder computes what the whole one computes, wherever it is loaded from and whatever it is made of."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer, BertTokenizer

from raykd.artifacts import Result, SavedEncoder
from raykd.corpus.tokenizer_trimming import PIECES, lasting_tokens, save_trimmed
from raykd.distill.losses.reference import divergence_sum
from raykd.distill.models.load import load_masked_model, load_with_or_without_head
from raykd.distill.models.student import build_student
from raykd.distill.models.vocabulary_trimming import trim_encoder, trim_model
from raykd.errors import InputError

KEPT = np.array([0, 1, 2, 3, 4, 6, 7, 11, 13, 17, 22, 23, 30, 39])
RESULT = Result("encoders", "small-0", 1, {"how": "trim"})


@pytest.fixture
def small(store, tmp_path) -> SavedEncoder:
    """The tokenizer of KEPT, as its stage leaves it on storage."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{number}" for number in KEPT[5:])]
    vocab = {word: number for number, word in enumerate(words)}
    BertTokenizer(vocab=vocab, do_lower_case=False).save_pretrained(tmp_path / "small")
    pq.write_table(pa.table({"piece": words, "parent_id": KEPT}), tmp_path / "small" / PIECES)
    store.storage.put_directory(tmp_path / "small", "tokenizers/small")
    return SavedEncoder("small", 0, "0" * 64, "tokenizers/small")


def outputs(model, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Last hidden states and logits of one row; transformers' own code."""
    with torch.no_grad():
        answer = model(input_ids=input_ids, output_hidden_states=True)
    return answer.hidden_states[-1], answer.logits


NEW_IDS = torch.tensor([[2, 5, 9, 4, 13, 7, 5, 3, 0]])
OLD_IDS = torch.from_numpy(KEPT)[NEW_IDS]


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_states_and_logits_are_those_of_the_whole_model(make_teacher, distill_spec, kind, tied):
    model = make_teacher(tie_word_embeddings=tied)
    if kind == "distilbert":
        model = build_student(model, distill_spec(layers=2), seed=0).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trimmed = trim_model(model, KEPT)
    for ours, theirs in zip(
        outputs(trimmed, NEW_IDS), (outputs(model, OLD_IDS)[0], outputs(model, OLD_IDS)[1][..., KEPT]), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    assert trimmed.config.vocab_size == trimmed.get_output_embeddings().out_features == len(KEPT)
    assert (trimmed.get_output_embeddings().weight is trimmed.get_input_embeddings().weight) == tied
    assert {name: value.shape for name, value in trimmed.state_dict().items()}.keys() == before.keys()
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_a_teacher_that_is_trimmed_teaches_the_distribution_restricted_to_the_kept_pieces(make_teacher):
    teacher = make_teacher()
    whole = outputs(teacher, OLD_IDS)[1][0].softmax(-1)[:, KEPT]
    ours = outputs(trim_model(teacher, KEPT), NEW_IDS)[1][0]
    torch.testing.assert_close(ours.softmax(-1), whole / whole.sum(-1, keepdim=True), rtol=1e-4, atol=1e-6)
    assert divergence_sum(ours, whole.log(), temperature=1.0).abs() < 1e-4


def test_token_ids_of_the_config_are_the_new_ones(make_teacher):
    model = make_teacher(bos_token_id=11, eos_token_id=12)
    model.config.pad_token_id = 6
    config = trim_model(model, KEPT).config
    assert (config.pad_token_id, config.bos_token_id, config.eos_token_id) == (5, 7, None)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_what_is_saved_loads_in_every_way(make_teacher, store, save_model, small, dtype):
    teacher = make_teacher().to(dtype)
    trim_encoder(store, RESULT, save_model(teacher), small)
    directory = store.storage.path(RESULT.directory)
    model = AutoModelForMaskedLM.from_pretrained(directory)
    assert model.dtype == dtype
    tokenizer = AutoTokenizer.from_pretrained(directory)
    ids = tokenizer("w6 w39 w7", return_tensors="pt")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids[0].tolist()) == ["[CLS]", "w6", "w39", "w7", "[SEP]"]
    expected = outputs(teacher.float(), torch.from_numpy(KEPT)[ids])
    loaded = load_masked_model(directory)
    torch.testing.assert_close(outputs(loaded, ids)[0], expected[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(outputs(loaded, ids)[1], expected[1][..., KEPT], rtol=1e-5, atol=1e-5)
    states = AutoModel.from_pretrained(directory, dtype=torch.float32)(ids).last_hidden_state
    torch.testing.assert_close(states, expected[0], rtol=1e-5, atol=1e-5)
    facts = store.facts(RESULT)
    assert facts["parameters_before"] - facts["parameters"] == (40 - len(KEPT)) * 16
    assert facts["parameters"] == loaded.base_model.num_parameters()


def test_an_encoder_without_a_head_stays_without(make_teacher, store, save_model, small):
    teacher = make_teacher()
    trim_encoder(store, RESULT, save_model(teacher.bert), small)
    directory = store.storage.path(RESULT.directory)
    states = AutoModel.from_pretrained(directory)(NEW_IDS).last_hidden_state
    torch.testing.assert_close(states, outputs(teacher, OLD_IDS)[0], rtol=1e-5, atol=1e-5)
    with pytest.raises(InputError, match="no masked-language head"):
        load_masked_model(directory)


def test_a_parent_with_fewer_rows_than_pieces_is_refused(make_teacher, store, save_model, small):
    parent = save_model(trim_model(make_teacher(), np.arange(30)))
    with pytest.raises(InputError, match=r"encoders\.small: its tokenizer has token 39, but teacher has .* 30"):
        trim_encoder(store, RESULT, parent, small)


def test_on_real_text_a_real_encoder_computes_the_same(tmp_path):
    data = os.environ.get("RAYKD_DATA")
    if not data:
        pytest.skip("RAYKD_DATA is not set: no real encoder here")
    directory = f"{data}/teacher/multilingual-small-12x384"
    text = pq.read_table(f"{data}/td/jpn.parquet", columns=["text"])["text"][0].as_py()[:200]
    whole = AutoTokenizer.from_pretrained(directory)
    ids = whole(text, return_tensors="pt")["input_ids"]
    lasting = lasting_tokens(whole.backend_tokenizer.to_str(), whole.all_special_ids)
    kept = np.array(sorted({*ids[0].tolist(), *lasting}))
    save_trimmed(tmp_path, whole, kept)
    new_ids = AutoTokenizer.from_pretrained(tmp_path)(text, return_tensors="pt")["input_ids"]
    assert torch.from_numpy(kept)[new_ids].equal(ids)
    model, _ = load_with_or_without_head(directory)
    ours, theirs = outputs(trim_model(model, kept), new_ids), outputs(model.eval(), ids)
    torch.testing.assert_close(ours[0], theirs[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[1], theirs[1][..., kept], rtol=1e-4, atol=1e-5)
