"""`raykd init` and `raykd schema` as a user runs them: what is seen, what is written, bad input in a line."""

import csv
import json
from pathlib import Path

import pytest


@pytest.fixture
def in_directory(tmp_path, monkeypatch):
    """The current directory, with my_messages.csv in it."""
    monkeypatch.chdir(tmp_path)
    with open("my_messages.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "label"])
        writer.writerows([f"could you tell me where order {n} is", ["order", "thanks"][n % 2]] for n in range(120))
    return tmp_path


def test_it_says_what_it_saw_and_writes_what_runs(in_directory, call):
    status, output, told = call("init", "my_messages.csv", "--language", "eng")
    assert (status, told) == (0, "")
    for seen in ("120 with text", "message: 120 values", "order 60, thanks 60", "binary, 2 labels, in eng"):
        assert seen in output
    assert output.splitlines()[-1] == "wrote my_messages.yaml; next: raykd pipeline my_messages.yaml"
    status, plan, _ = call("pipeline", "my_messages.yaml", f"storage={in_directory}/runs", "--dry-run")
    assert status == 0 and "to do  scores/label-eng-student-frozen" in plan


@pytest.mark.slow
def test_the_two_commands_lead_from_messages_in_two_languages_to_a_report(tmp_path, monkeypatch, run_here):
    """As README has them, on rows of the sample's messages that no config mentions, and on fewer steps and seeds."""
    from raykd.sample import write_sample

    write_sample(tmp_path / "sample", seed=5, languages=("eng", "jpn"), technical=0, messages=120_000, general=0)
    files = {language: tmp_path / f"sample/messages/{language}.jsonl" for language in ("eng", "jpn")}
    rows = [(json.loads(line), code) for code, file in files.items() for line in file.open(encoding="utf-8")]
    monkeypatch.chdir(tmp_path)
    with open("my_messages.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "intent", "lang"])
        writer.writerows((row["text"], row["label"], code) for row, code in rows if row["label"])
    status, output = run_here("init", "my_messages.csv")
    assert status == 0 and "binary, 2 labels, in eng, jpn" in output, output
    few = ("encoders.teacher.pretrain.steps=8", "encoders.student.distill.steps=8", "evaluate.seeds=2")
    status, output = run_here("pipeline", "my_messages.yaml", *few)
    assert status == 0, output[-3000:]
    page = Path("runs/my_messages/report/index.html")
    assert output.splitlines()[-1].endswith(f"report: {page.absolute()}")
    shown = page.read_text(encoding="utf-8")
    assert "student minus teacher" in shown and "was not measured" not in shown  # what the student costs, too


def test_nothing_is_written_over(in_directory, call):
    (in_directory / "my_messages.yaml").write_text("mine")
    arguments = ("my_messages.csv", "--language", "eng")
    status, _, told = call("init", *arguments)
    assert status == 2 and told.startswith("error: my_messages.yaml is there already; --force")
    assert (in_directory / "my_messages.yaml").read_text() == "mine"
    assert call("init", *arguments, "--output", "other.yaml")[0] == 0
    assert call("init", *arguments, "--force")[0] == 0
    assert (in_directory / "my_messages.yaml").read_text() == (in_directory / "other.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.csv",), "error: none.csv: no such file"),
        (("my_messages.csv", "--language", "English"), "error: --language English: a code of ISO 639-3"),
        (("my_messages.csv", "--output", "none/a.yaml", "--language", "eng"), "error: none/a.yaml cannot be written"),
    ],
)
def test_bad_input_is_one_line(in_directory, call, arguments, said):
    status, _, told = call("init", *arguments)
    assert status == 2 and told.startswith(said) and len(told.splitlines()) == 1


def test_the_schema_is_printed_or_written(tmp_path, call):
    status, printed, _ = call("schema")
    assert status == 0 and json.loads(printed)["properties"]["languages"]
    status, output, _ = call("schema", "--output", tmp_path / "a.json")
    assert status == 0 and output.startswith("wrote ") and json.loads((tmp_path / "a.json").read_text())
    status, _, told = call("schema", "--output", tmp_path / "none" / "a.json")
    assert status == 2 and "cannot be written" in told
