"""Translations do not depend on what else is translated, and what was cut off is not passed on."""

import pytest
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from raykd.config import Translate
from raykd.errors import InputError
from raykd.tasks.translation import Translator, batches, open_tokenizer

SOURCE = {"reader": "table", "language": "eng", "path": "x", "labels": "label"}
TEXTS = [f"message {' '.join(f'word{(n * k) % 100}' for k in range(1, 2 + n % 7))}" for n in range(20)]


def spec(model, **values):
    settings = {"codes": {"eng": "en", "spa": "es"}, "beams": 2, "max_tokens": 16, **values}
    return Translate(sources=(SOURCE,), languages=("spa",), directory="x", model=str(model), **settings)


@pytest.fixture(scope="module")
def model(tmp_path_factory, write_translator):
    return write_translator(tmp_path_factory.mktemp("models") / "en-es")


def test_texts_of_one_batch_are_translated_as_each_alone_by_the_library(model):
    chosen = spec(model.parent / "{source}-{target}", prompt="in {target} to ")
    translated = Translator(chosen, "eng", "spa", batch_tokens=40)(TEXTS)
    tokenizer, plain = AutoTokenizer.from_pretrained(model), AutoModelForSeq2SeqLM.from_pretrained(model).eval()
    for text, translation in zip(TEXTS, translated, strict=True):
        output = plain.generate(
            **tokenizer("in es to " + text, return_tensors="pt"), num_beams=2, max_new_tokens=16, do_sample=False
        )
        assert translation.text == tokenizer.decode(output[0], skip_special_tokens=True).strip()
    assert len({translation.text for translation in translated}) > 5
    assert {translation.problem for translation in translated} <= {"", "empty"}


def test_long_texts_and_translations_that_are_cut_are_left_out(model):
    long = "message " + "word1 " * 30
    assert [found.problem for found in Translator(spec(model), "eng", "spa", 100)([long, TEXTS[0]])] == ["long", ""]
    short = Translator(spec(model, max_tokens=3), "eng", "spa", 100)(["message"])
    assert short == [("", "unfinished")]
    assert Translator(spec(model), "eng", "spa", 100)([]) == []


def test_batches_hold_texts_of_like_length_within_the_budget():
    lengths = [3, 9, 4, 9, 1, 30, 2]
    made = list(batches(lengths, 18))
    assert made == [[5], [1, 3], [2, 0, 6, 4]]


def test_a_model_of_many_languages_is_told_the_target(tmp_path):
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

    letters = {letter: number for number, letter in enumerate(["<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefgh"])}
    NllbTokenizer(vocab=letters, merges=[]).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=len(tokenizer),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
            max_position_embeddings=64,
            decoder_start_token_id=2,
        )
    ).save_pretrained(tmp_path)
    chosen = spec(tmp_path, codes={"eng": "eng_Latn", "spa": "spa_Latn"}, max_tokens=8)
    translator = Translator(chosen, "eng", "spa", 100)
    assert translator.first_token == tokenizer.convert_tokens_to_ids("spa_Latn")
    assert translator.tokenizer("abc")["input_ids"][0] == tokenizer.convert_tokens_to_ids("eng_Latn")
    assert len(translator(["abc", "dead"])) == 2
    with pytest.raises(InputError, match="knows no language 'es'; give what it calls spa"):
        open_tokenizer(spec(tmp_path, codes={"eng": "eng_Latn", "spa": "es"}), "eng", "spa")


def test_models_that_do_not_fit_are_named(tmp_path):
    from transformers import BertConfig, BertModel, BertTokenizer

    with pytest.raises(InputError, match=r"translate.model: .*/nowhere cannot be loaded"):
        open_tokenizer(spec(tmp_path / "nowhere"), "eng", "spa")
    BertModel(
        BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    ).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\n")
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no sequence-to-sequence model"):
        open_tokenizer(spec(tmp_path), "eng", "spa")
