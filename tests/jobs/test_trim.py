"""A trimmed teacher and its student, by the jobs: pieces, tokens and encoders follow from one another."""

import json
from pathlib import Path

import pytest
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertForMaskedLM

from raykd.corpus.tokenizer import train_wordpiece

ROOT = Path(__file__).parents[2]
OWN = "How do I split a string in the language that I use at work every day, and join it again? Number {}"
OTHER = "Mountains and rivers of the northern provinces were painted by wandering monks {}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Forty texts of one's own, and a teacher whose vocabulary was made for others too."""
    texts = [text.format(number) for number in range(40) for text in (OWN, OTHER)]
    tokenizer = train_wordpiece(lambda: iter(texts), 300)
    tokenizer.save_pretrained(tmp_path / "teacher")
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **shape))
    model.save_pretrained(tmp_path / "teacher")
    rows = [{"id": str(number), "text": OWN.format(number)} for number in range(40)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "config.yaml"
    path.write_text(f"""
name: trim
storage: {tmp_path}/runs
languages: [eng]
corpora: {{own: {{sources: [{{reader: table, language: eng, path: {tmp_path}/rows.jsonl, id: id}}]}}}}
encoders:
  student: {{distill: {{teacher: small, corpus: own, layers: 1, epochs: 1, max_length: 64,
    step_sequences: 20, group_sequences: 20}}}}
  teacher: {{model: {tmp_path}/teacher}}
  small: {{trim: {{encoder: teacher, corpus: own, minimum: 30, max_length: 64}}}}
resources: {{logical_cpus: 2, train: {{cpus_per_worker: 0.5}}}}
""")
    return path


@pytest.fixture
def run(call, config, local_ray):
    """run("prepare") -> output: the job in this process, which must succeed."""

    def job(verb: str) -> str:
        status, output, told = call(verb, config)
        assert status == 0, told
        return str(output)

    return job


def written(storage):
    """When each file was written, but for the leases, of which every driver leaves one."""
    files = (path for path in storage.rglob("*") if path.is_file() and path.parent.name != "lease")
    return {path: path.stat().st_mtime_ns for path in files}


def test_a_student_of_a_trimmed_teacher_has_its_pieces_and_no_others(run, tmp_path):
    output = run("prepare") + run("distill")
    assert "tokens kept" in output and "million parameters left" in output
    storage = tmp_path / "runs/trim"
    index = json.loads((storage / "experiment.json").read_text())["results"]
    whole = AutoTokenizer.from_pretrained(tmp_path / "teacher")
    for name in ("small/0", "student/56"):
        directory = storage / index[f"encoders/{name}"]
        tokenizer, model = AutoTokenizer.from_pretrained(directory), AutoModelForMaskedLM.from_pretrained(directory)
        assert len(tokenizer) == model.config.vocab_size < len(whole)
        assert "string" in tokenizer.get_vocab() and "Mountains" not in tokenizer.get_vocab()
        assert tokenizer.tokenize(OWN) == whole.tokenize(OWN)
    tokens = {
        name: json.loads((storage / index[name] / "manifest.json").read_text()) for name in index if "tokens/" in name
    }
    assert set(tokens) == {"tokens/own-teacher/64", "tokens/own-small/64"}
    before, after = (tokens[f"tokens/own-{name}/64"]["facts"]["shards"][0]["tokens"] for name in ("teacher", "small"))
    assert before <= after < 1.5 * before
    times = written(storage)
    run("prepare")
    run("distill")
    assert written(storage) == times
