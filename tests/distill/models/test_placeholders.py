"""Placeholders are one token of every tokenizer, and start as the mean of what describes them."""

import pytest
import torch
from transformers import AutoModel, AutoModelForMaskedLM, BertConfig, BertModel, BertTokenizer

from raykd.artifacts import Result, SavedEncoder
from raykd.config import Privacy
from raykd.corpus.tokenizer import load_tokenizer, train_wordpiece
from raykd.corpus.tokenizer_trimming import lasting_tokens
from raykd.distill.models.placeholders import save_with_placeholders

RESULT = Result("encoders", "small-0", 1, {"how": "placeholders"})
PLACEHOLDERS = Privacy(kinds=["email", "phone"], own={"order": {"pattern": "o", "words": "order number"}}).placeholders
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "e", "-", "mail", "address", "phone", "number", "order", "hello"]
VOCAB = {word: number for number, word in enumerate([*WORDS, *(f"w{number}" for number in range(40 - len(WORDS)))])}


@pytest.fixture
def extended(store, tmp_path, make_teacher, request):
    """(the model before, the directory of the one that has placeholders)."""
    model = make_teacher(tie_word_embeddings=request.param)
    assert model.config.vocab_size == len(VOCAB)
    model.save_pretrained(tmp_path / "model")
    BertTokenizer(vocab=VOCAB, do_lower_case=False).save_pretrained(tmp_path / "model")
    save_with_placeholders(store, RESULT, SavedEncoder("small", 0, "0", str(tmp_path / "model"), False), PLACEHOLDERS)
    with store.storage.local_directory(RESULT.directory) as directory:
        yield model, directory


@pytest.mark.parametrize("extended", [True, False], indirect=True)
def test_a_placeholder_is_one_token_that_starts_as_its_words(extended):
    before, directory = extended
    tokenizer, after = load_tokenizer(directory), AutoModelForMaskedLM.from_pretrained(directory)
    assert tokenizer.tokenize("hello[EMAIL]2, [ORDER] [PHONE]") == [
        "hello",
        "[EMAIL]",
        "[UNK]",
        "[UNK]",
        "[ORDER]",
        "[PHONE]",
    ]
    numbers = tokenizer.convert_tokens_to_ids(["[EMAIL]", "[PHONE]", "[ORDER]"])
    assert sorted(numbers) == [40, 41, 42] and after.config.vocab_size == 43
    ids = [VOCAB[word] for word in ("e", "-", "mail", "address")]
    for old, new in (
        (before.get_input_embeddings().weight, after.get_input_embeddings().weight),
        (before.get_output_embeddings().weight, after.get_output_embeddings().weight),
        (before.get_output_embeddings().bias, after.get_output_embeddings().bias),
    ):
        torch.testing.assert_close(new[:40], old)
        torch.testing.assert_close(new[numbers[0]], old[ids].mean(0))
    tokens = torch.tensor([[2, 12, 9, 3]])
    torch.testing.assert_close(after(tokens).logits[..., :40], before(tokens).logits)


@pytest.mark.parametrize("extended", [True], indirect=True)
def test_trimming_keeps_them(extended):
    tokenizer = load_tokenizer(extended[1])
    assert {40, 41, 42} <= lasting_tokens(tokenizer.backend_tokenizer.to_str(), tokenizer.all_special_ids)


def test_an_encoder_without_a_vocabulary_head_stays_without(store, tmp_path):
    config = BertConfig(vocab_size=40, hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path / "model")
    BertTokenizer(vocab=VOCAB, do_lower_case=False).save_pretrained(tmp_path / "model")
    save_with_placeholders(store, RESULT, SavedEncoder("small", 0, "0", str(tmp_path / "model"), False), PLACEHOLDERS)
    with store.storage.local_directory(RESULT.directory) as directory:
        assert AutoModel.from_pretrained(directory).get_input_embeddings().num_embeddings == 43
        missing = AutoModelForMaskedLM.from_pretrained(directory, output_loading_info=True)[1]["missing_keys"]
        assert "cls.predictions.bias" in missing
    assert store.facts(RESULT)["pieces"] == 43


def test_a_tokenizer_that_is_trained_here_has_them_within_its_vocabulary():
    texts = ["hello [EMAIL] hello world", "write to [EMAIL] or [PHONE]2"] * 5
    tokenizer = train_wordpiece(lambda: iter(texts), 100, list(PLACEHOLDERS))
    plain = train_wordpiece(lambda: iter(text.replace("[EMAIL]", "").replace("[PHONE]", "") for text in texts), 97)
    assert tokenizer.tokenize("hello[EMAIL]world") == ["hello", "[EMAIL]", "world"]
    assert set(tokenizer.get_vocab()) == set(plain.get_vocab()) | set(PLACEHOLDERS)
    assert len(tokenizer) <= 100
