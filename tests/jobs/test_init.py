"""`raykd init` and `raykd schema` as a user runs them: what is seen, of a dataset of the hub too, what is written, bad
input in a line."""

import csv
import json
import os
import resource
import shutil
import sys
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfFileSystem, constants
from omegaconf import OmegaConf

import raykd


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
    """As README has them, on rows of the sample's messages that no config mentions, and on fewer steps, epochs and
    seeds; and what README and the quick start have one do next."""
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
    tree = OmegaConf.load("my_messages.yaml")
    tree.encoders.teacher.pretrain.steps = tree.encoders.student.distill.steps = 8
    tree.evaluate.seeds = 2
    tree.evaluate.frozen.epochs = tree.evaluate.fine_tuned.epochs = 1
    OmegaConf.save(tree, "my_messages.yaml")
    status, output = run_here("pipeline", "my_messages.yaml")
    assert status == 0, output[-3000:]
    page = Path("runs/my_messages/report/index.html")
    assert output.splitlines()[-1].endswith(f"report: {page.absolute()}")
    shown = page.read_text(encoding="utf-8")
    assert "student minus teacher" in shown and "was not measured" not in shown  # what the student costs, too

    status, output = run_here("pipeline", "my_messages.yaml", "evaluate.seeds=20")
    assert status == 0, output[-3000:]
    experiment = raykd.load("my_messages.yaml", ["evaluate.seeds=20"])
    assert set(experiment.results().query("metric == 'f1'")["n"]) == {20}
    Path("configs").mkdir()
    shutil.copy("my_messages.yaml", "configs/mine.yaml")
    changes = ("encoders.student.distill.layers=4", "evaluate.seeds=20")
    status, output = run_here("pipeline", "configs/mine.yaml", *changes)
    assert status == 0, output[-3000:]
    deeper = raykd.load("configs/mine.yaml", changes).encoder("student")
    assert (
        deeper.encoder.model.config.n_layers == 4 and experiment.encoder("student").encoder.model.config.n_layers == 2
    )


@pytest.fixture
def dataset(hub, in_directory, monkeypatch):
    """The address of a dataset of the hub, which has the messages."""
    environment, folder = hub
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # Which are read once.
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, environment["HF_ENDPOINT"])
    monkeypatch.setattr(constants, "ENDPOINT", environment["HF_ENDPOINT"])
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    (folder / "datasets/owner/messages/data").mkdir(parents=True)
    (folder / "datasets/owner/messages/README.md").write_text("# messages\n")
    shutil.move("my_messages.csv", folder / "datasets/owner/messages/data/train.csv")
    return "hf://datasets/owner/messages"


@pytest.mark.parametrize("inside", ["data/train.csv", "data", "data/*.csv"])
def test_a_file_of_the_hub_is_looked_at_and_what_is_written_reads_it(dataset, call, in_directory, inside):
    status, output, told = call("init", f"{dataset}/{inside}", "--language", "eng", "--output", "hub.yaml")
    assert (status, told) == (0, "") and "120 with text" in output and "order 60, thanks 60" in output
    status, plan, told = call("pipeline", "hub.yaml", f"storage={in_directory}/runs", "--dry-run")
    assert status == 0 and "to do  scores/label-eng-student-frozen" in plan and "cannot begin" not in plan, told


@pytest.mark.slow
def test_a_file_of_the_hub_is_prepared(dataset, run_job, in_directory):
    config = in_directory / "hub.yaml"
    assert run_job("init", f"{dataset}/data/train.csv", "--language", "eng", "--output", config)[0] == 0
    status, output = run_job("prepare", config, f"storage={in_directory}/runs", "resources.object_store=100MB")
    assert status == 0, output[-3000:]
    assert list(in_directory.glob("runs/*/tasks/label-*/language=eng/test.parquet"))


MEND = "; mend the address, or the keys and network here"


@pytest.mark.parametrize(
    ("address", "begins", "ends"),
    [
        ("hf://datasets/owner/messages/data/none.csv", "no such file", ""),
        ("hf://datasets/owner/messages/none/train.csv", "no such file", ""),
        ("hf://datasets/owner/messages@v9/data/train.csv", "no such file (revision not found)", ""),
        ("hf://datasets/owner/none/train.csv", "no such file (repository not found). If the repo is private, ", ""),
        (
            "hf://datasets/owner/messages",
            "of a folder *.parquet, ",
            "(README.md, data); name a folder in it: hf://datasets/owner/messages/data",
        ),
        ("hf://datasets/messages", "it cannot be looked for (Invalid HF URI 'hf://datasets/messages'. ", MEND),
        ("hf://messages", "it cannot be looked for (Repository id must be 'namespace/name', ", MEND),
        ("hf://", "it cannot be looked for (", MEND),
    ],
)
def test_a_wrong_address_of_the_hub_is_one_line(dataset, call, address, begins, ends):
    status, _, told = call("init", address, "--language", "eng", "--output", "none.yaml")
    assert status == 2 and len(told.splitlines()) == 1
    assert told.startswith(f"error: {address}: {begins}") and told.rstrip().endswith(ends)


def test_a_hub_that_does_not_let_in_or_does_not_answer_is_one_line(dataset, call, monkeypatch):
    def told() -> str:
        HfFileSystem.clear_instance_cache()
        status, _, line = call("init", f"{dataset}/data/train.csv", "--language", "eng", "--output", "none.yaml")
        assert status == 2 and line.startswith(f"error: {dataset}/data/train.csv: ") and len(line.splitlines()) == 1
        return line

    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "no such file (" in (line := told()) and "401 Unauthorized" in line and "hf_wrong" not in line
    monkeypatch.setattr(HfFileSystem, "info", refuse)
    assert f"it cannot be looked for (Connection refused){MEND}" in told()


def refuse(*_):
    raise httpx2.ConnectError("Connection refused")  # after the client's own waits


def test_nothing_is_written_over(in_directory, call):
    (in_directory / "my_messages.yaml").write_text("mine")
    arguments = ("my_messages.csv", "--language", "eng")
    status, _, told = call("init", *arguments)
    assert status == 2 and told.startswith("error: my_messages.yaml is there already; --force")
    assert (in_directory / "my_messages.yaml").read_text() == "mine"
    assert call("init", *arguments, "--output", "other.yaml")[0] == 0
    assert call("init", *arguments, "--force")[0] == 0
    assert (in_directory / "my_messages.yaml").read_text() == (in_directory / "other.yaml").read_text()


def test_what_does_not_fit_on_the_disk_leaves_no_file(in_directory, call):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        status, _, told = call("init", "my_messages.csv", "--language", "eng")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 2 and "my_messages.yaml: the disk is full" in told and len(told.splitlines()) == 1
    assert os.listdir() == ["my_messages.csv"]
    assert call("init", "my_messages.csv", "--language", "eng")[0] == 0


def test_it_is_written_also_where_nobody_reads_what_is_said(in_directory, call, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert call("init", "my_messages.csv", "--language", "eng")[0] == 0
    assert (in_directory / "my_messages.yaml").stat().st_size


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.csv",), "error: none.csv: no such file; a relative path is one of the current directory, "),
        (("my_messages.csv", "--language", "English"), "error: --language English: a code of ISO 639-3"),
        (("my_messages.csv", "--output", "none/a.yaml", "--language", "eng"), "error: none/a.yaml cannot be written"),
    ],
)
def test_bad_input_is_one_line(in_directory, call, arguments, said):
    status, _, told = call("init", *arguments)
    assert status == 2 and told.startswith(said) and len(told.splitlines()) == 1


def test_the_schema_is_printed_or_written(tmp_path, call):
    status, printed, _ = call("schema")
    assert status == 0 and json.loads(printed)["else"]["properties"]["languages"]
    status, output, _ = call("schema", "--output", tmp_path / "a.json")
    assert status == 0 and output.startswith("wrote ") and json.loads((tmp_path / "a.json").read_text())
    status, _, told = call("schema", "--output", tmp_path / "none" / "a.json")
    assert status == 2 and "cannot be written" in told
