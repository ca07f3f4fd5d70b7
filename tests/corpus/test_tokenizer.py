"""Tokenizers trained here: the same from the same texts, and what Hugging Face loads."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from raykd.artifacts import Result
from raykd.corpus.budget import cutoff_keys
from raykd.corpus.tokenizer import SPECIAL_TOKENS, load_tokenizer, train_tokenizer, train_wordpiece
from raykd.errors import InputError


def made_up_texts() -> list[str]:
    """Texts whose characters and pairs are often equally frequent, so that a vocabulary hangs on ties."""
    generator = random.Random(1)
    words = ["".join(generator.choices("abcdefghijklmnop", k=generator.randrange(2, 7))) for _ in range(200)]
    words += ["".join(chr(0x4E00 + generator.randrange(400)) for _ in range(3)) for _ in range(200)]
    return [" ".join(generator.choices(words, k=12)) for _ in range(200)]


def vocabulary(size: int) -> dict[str, int]:
    return train_wordpiece(lambda: iter(made_up_texts()), size).get_vocab()


OTHER_PROCESS = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("made_up", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps([module.vocabulary(int(size)) for size in sys.argv[2:]], sort_keys=True))
"""


def test_training_is_deterministic_also_where_frequencies_tie():
    sizes = ["1200", "500"]  # with room for all characters, and for some of them
    other = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, __file__, *sizes],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [vocabulary(int(size)) for size in sizes]
    assert json.loads(other.stdout) == here
    assert len(here[1]) == 500
    assert sum(len(token) == 1 for token in here[1]) == 250


def test_frequent_characters_stay_and_rare_ones_are_unknown():
    texts = ["the cat sat on the mat"] * 50 + [f"{chr(0x4E00 + n)} rare" for n in range(100)]
    tokenizer = train_wordpiece(lambda: iter(texts), 100)
    assert tokenizer.unk_token_id not in tokenizer("that mat on the cat")["input_ids"]
    assert tokenizer.tokenize(chr(0x4E00 + 99)) == ["[UNK]"]


def test_a_trained_tokenizer_is_saved_and_loads_with_its_special_tokens(store, write_texts, tmp_path):
    english = [["The quick brown Fox jumps", "über Straße"], ["never reached, never counted: ЖЖЖ"]]
    texts = write_texts({"eng": english, "jpn": [["日本語の文章です。東京タワー"]]})
    result = Result("tokenizers", "teacher", 1, {"vocabulary": 150})
    cutoffs = cutoff_keys(store, texts, None)
    cutoffs["eng"] = store.facts(texts)["languages"]["eng"]["shards"][0]["last_rank"]
    store.storage.write_bytes(f"{result.directory}/stale.json", b"of an earlier try")
    train_tokenizer(store, result, [(texts, cutoffs)])

    assert not store.storage.exists(f"{result.directory}/stale.json")
    directory = store.storage.path(result.directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert store.facts(result)["vocabulary"] == len(tokenizer) <= 150
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == [0, 1, 2, 3, 4]
    ids = tokenizer("Fox")["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id) == (2, 3)
    assert tokenizer.decode(tokenizer("The quick Fox", add_special_tokens=False)["input_ids"]) == "The quick Fox"
    assert tokenizer.tokenize("日本語です") == ["日", "本", "語", "です"]
    assert tokenizer.unk_token not in tokenizer.tokenize("Straße über")
    assert tokenizer.tokenize("Ж") == ["[UNK]"]
    assert load_tokenizer(directory).get_vocab() == tokenizer.get_vocab()


def test_a_tokenizer_without_a_mask_is_refused(tmp_path):
    bare = Tokenizer(models.WordPiece({"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "tea": 4}, unk_token="[UNK]"))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=bare, **names).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no mask token"):
        load_tokenizer(Path(tmp_path))
