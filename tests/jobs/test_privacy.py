"""Chat with personal data, by the jobs: nothing of it is stored or said, and placeholders are tokens."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertForMaskedLM

from raykd.corpus.tokenizer import train_wordpiece

SECRETS = ("ann{}@shop.example.com", "(212) 555-01{}", "4111 1111 1111 1111")
TEXT = "Hello {}, my mail is " + SECRETS[0] + ", call " + SECRETS[1] + ", card " + SECRETS[2] + ", order AB-{}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    texts = [TEXT.format(*[number] * 4) for number in range(10, 70)]
    words = ["Hello, my mail is, call, card, order e-mail address phone number"] * 3
    tokenizer = train_wordpiece(lambda: iter(words), 200)
    tokenizer.save_pretrained(tmp_path / "teacher")
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **shape))
    model.save_pretrained(tmp_path / "teacher")
    rows = [
        {"id": f"ann{n}@shop.example.com", "text": text, "label": "ab"[n % 2], "from": f"ann{n}@shop.example.com"}
        for n, text in enumerate(texts, 10)
    ]
    rows.append({"id": "x", "text": None, "label": "a", "from": "ann11@shop.example.com"})
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "config.yaml"
    path.write_text(f"""
name: private
storage: {tmp_path}/runs
languages: [eng]
cleaning: {{privacy: {{own: {{order: {{pattern: 'AB-\\d+', words: order number}}}}}}}}
corpora:
  chat:
    sources: [&rows {{reader: table, language: eng, path: {tmp_path}/rows.jsonl, id: id, group: from}}]
    rejected_share: 0.1
    exclude: {{overlap: none}}  # masked, all of them are one text but for a number
encoders:
  teacher: {{model: {tmp_path}/teacher}}
  student: {{distill: {{teacher: teacher, corpus: chat, layers: 1, epochs: 1, max_length: 64,
    step_sequences: 20, group_sequences: 20}}}}
tasks:
  intent: {{kind: binary, sources: [{{<<: *rows, labels: label}}], labels: [a, b], positive: a, rejected_share: 0.1,
    sizes: {{train: 6, validation: 4, test: 4}}}}
resources: {{logical_cpus: 2, train: {{cpus_per_worker: 0.5}}}}
""")
    return path


def everything(folder: Path) -> str:
    """All that lies there, parquet files as what they hold."""
    found = ""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            found += repr(pq.read_table(path).to_pylist())
        elif path.is_file() and path.suffix not in (".safetensors",):
            found += path.read_bytes().decode("utf-8", "replace")
    return found


def test_nothing_of_it_is_stored_or_said_and_students_know_placeholders(call, config, tmp_path, local_ray):
    said = ""
    for verb in ("prepare", "distill"):
        status, output, told = call(verb, config)
        assert status == 0, told
        said += output + told
    storage = tmp_path / "runs/private"
    index = json.loads((storage / "experiment.json").read_text())["results"]
    stored = everything(storage)
    for secret in ("shop.example", "555-01", "4111", "AB-1"):
        assert secret not in stored and secret not in said
    assert "chat eng: masked: 60 card, 60 email, 60 order, 60 phone" in said
    for name in ("teacher/0", "student/56"):
        directory = storage / index[f"encoders/{name}"]
        tokenizer, model = AutoTokenizer.from_pretrained(directory), AutoModelForMaskedLM.from_pretrained(directory)
        assert tokenizer.tokenize("my mail is [EMAIL], order [ORDER]")[-4:] == ["[EMAIL]", ",", "order", "[ORDER]"]
        assert model.config.vocab_size == len(tokenizer)
    tokens = storage / index["tokens/chat-teacher/64"]
    ids = pq.read_table(tokens / "language=eng/part-00000.parquet")["input_ids"].to_pylist()
    email = tokenizer.convert_tokens_to_ids("[EMAIL]")
    assert all(one.count(email) == 1 for one in ids) and len(ids) == 46


def test_a_dry_run_says_which_corpora_a_changed_task_makes_stale(call, config, local_ray):
    status, _, told = call("prepare", config)
    assert status == 0, told
    _, output, _ = call("prepare", config, "tasks.intent.sizes.train=8", "--dry-run")
    assert "texts/chat is there for other rows of task intent" in output
    _, output, _ = call("prepare", config, "corpora.chat.exclude.overlap=50", "--dry-run")
    assert "texts/chat is there by exclude.overlap: none, which would keep it, and is made anew by 50" in output
    _, output, _ = call("prepare", config, "tasks.intent.sizes.train=8", "corpora.chat.length.minimum=3", "--dry-run")
    assert "texts/chat is there" not in output
    _, output, _ = call("prepare", config, "--dry-run")
    assert "texts/chat is there" not in output
