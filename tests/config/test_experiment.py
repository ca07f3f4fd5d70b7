"""The experiment file: what is read, how it is refused, and what one line says about it."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from raykd.config import Budget, load, to_yaml
from raykd.errors import InputError

DEMO = Path(__file__).parents[2] / "configs" / "demo.yaml"


def refused(overrides: list[str], path: Path = DEMO) -> str:
    with pytest.raises(InputError) as error:
        load(path, overrides)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_the_demo_loads_with_its_sizes_and_interpolations():
    experiment = load(DEMO)
    assert experiment.languages == ("eng", "jpn")
    assert experiment.corpora["technical"].budget == Budget(total=1_000_000)
    assert experiment.corpora["general"].sources[0].path == f"{experiment.storage}/sample/general/eng.jsonl"
    assert experiment.encoders["technical-student"].parent == "teacher"
    assert experiment.encoders["teacher"].parent is None


def test_overrides_change_single_keys_and_are_seen_by_interpolations():
    experiment = load(DEMO, ["storage=/elsewhere", "encoders.teacher.pretrain.seeds=[1,2]", "evaluate.seeds=3"])
    assert experiment.corpora["general"].sources[0].path == "/elsewhere/sample/general/eng.jsonl"
    assert experiment.encoders["teacher"].training.seeds == (1, 2)
    assert experiment.evaluate.seeds == 3


@pytest.mark.parametrize(
    ("written", "size"), [("1.5GB", 1_500_000_000), ("300MB", 300_000_000), ("250kB", 250_000), ("7", 7)]
)
def test_sizes_are_decimal(written, size):
    experiment = load(DEMO, [f"corpora.technical.budget.total={written}"])
    assert experiment.corpora["technical"].budget.total == size


@pytest.mark.parametrize(
    ("key", "now"),
    [
        ("corpora.general.detect.confidence=0.9", "probability now, and is another detector's: 0.6 by default"),
        ("encoders.general-student.distill.loss.positions=all", "kd_positions now"),
        ("resources.sweep_trials=2", "trainings now, and counts those of distill too"),
    ],
)
def test_keys_of_former_versions_are_told_their_new_names(key: str, now: str):
    where, _, old = key.partition("=")[0].rpartition(".")
    assert refused([key]) == f"{where}: {old} is called {now}"


def test_the_tree_is_frozen():
    experiment = load(DEMO)
    with pytest.raises(ValidationError, match="frozen"):
        experiment.seed = 57
    with pytest.raises(ValidationError, match="frozen"):
        experiment.encoders["teacher"].pretrain.layers = 2


def test_the_resolved_experiment_reads_back_equal(tmp_path):
    experiment = load(DEMO, ["seed=57"])
    (tmp_path / "resolved.yaml").write_text(to_yaml(experiment), encoding="utf-8")
    assert load(tmp_path / "resolved.yaml") == experiment


@pytest.mark.parametrize("key", ["wrong", "evaluate.wrong", "corpora.general.wrong", "encoders.teacher.pretrain.wrong"])
def test_an_unknown_key_is_named_by_its_dotted_path(key):
    assert refused([f"{key}=1"]) == f"{key}: unknown key"


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("evalute", "evaluate"),
        ("evaluate.seed", "seeds"),
        ("corpora.general.bugdet", "budget"),
        ("encoders.teacher.pretrain.layer", "layers"),
        ("tasks.tags.sizes.trian", "train"),
        ("corpora.general.sources.0.langauge", "language"),
    ],
)
def test_an_unknown_key_is_told_the_nearest_that_is_known_there(key, near, tmp_path):
    tree = yaml.safe_load(to_yaml(load(DEMO)))
    *parents, last = key.split(".")
    node = tree
    for parent in parents:
        node = node[int(parent)] if isinstance(node, list) else node[parent]
    node[last] = 1
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(tree))
    assert refused([], tmp_path / "changed.yaml").startswith(f"{key}: unknown key; is {near} meant?")


@pytest.mark.parametrize("name", ["my data.csv", "a.CSV.gz", "a.parquet"])
def test_a_table_in_place_of_an_experiment_is_told_to_become_one(tmp_path, name):
    (tmp_path / name).write_bytes(b"text,label\n")
    with pytest.raises(InputError) as error:
        load(tmp_path / name)
    path = str(tmp_path / name)
    command = f"raykd init '{path}'" if " " in name else f"raykd init {path}"
    assert str(error.value) == f"{path} is no experiment; make one of it: {command}"


def test_an_unknown_key_of_a_source_is_named_without_its_reader(tmp_path):
    tree = yaml.safe_load(to_yaml(load(DEMO)))
    tree["corpora"]["general"]["sources"][1]["colour"] = "red"
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(tree))
    assert refused([], tmp_path / "changed.yaml") == "corpora.general.sources.1.colour: unknown key"


def test_a_missing_key_is_named(tmp_path):
    tree = yaml.safe_load(to_yaml(load(DEMO)))
    del tree["encoders"]["teacher"]["pretrain"]["tokenizer"]
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(tree))
    assert refused([], tmp_path / "changed.yaml") == "encoders.teacher.pretrain.tokenizer: Field required"


def test_a_missing_environment_variable_is_one_clear_line(monkeypatch):
    monkeypatch.delenv("RAYKD_NOT_SET", raising=False)
    message = refused(["storage=${oc.env:RAYKD_NOT_SET}"])
    assert "RAYKD_NOT_SET" in message
    assert "storage" in message


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"name: [demo\n", "line 2"),
        (b"- demo\n- other\n", ""),
        (b"demo\n", "Field required"),
        (b"", "Field required"),
        (b"name: \xff\n", "not text in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00", "not text in UTF-8"),
        (b"name: ${nothing}\n", "nothing"),
    ],
)
def test_a_file_that_is_no_experiment_is_refused_in_one_line(tmp_path, content, part):
    (tmp_path / "broken.yaml").write_bytes(content)
    assert part in refused([], tmp_path / "broken.yaml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"absent\.yaml: no such config file"):
        load(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("overrides", "where", "what"),
    [
        (["name=a/b"], "name", "pattern"),
        (["languages=[eng,japanese]"], "languages.1", "pattern"),
        (["languages=[]"], "languages", "at least 1"),
        (["languages=[eng,eng]"], "languages", "twice"),
        (["encoders.teacher.pretrain.seeds=[]"], "encoders.teacher.pretrain.seeds", "at least 1"),
        (["encoders.teacher.pretrain.seeds=[5,5]"], "encoders.teacher.pretrain.seeds", "twice"),
        (["encoders.teacher.pretrain.dropout=1.5"], "encoders.teacher.pretrain.dropout", "less than 1"),
        (["encoders.teacher.pretrain.step_sequences=65"], "encoders.teacher.pretrain", "65 is not a multiple"),
        (["encoders.teacher.pretrain.gradient_clip=-1"], "encoders.teacher.pretrain.gradient_clip", "greater than 0"),
        (["encoders.teacher.pretrain.betas=[0.9,1]"], "encoders.teacher.pretrain.betas.1", "less than 1"),
        (["encoders.teacher.pretrain.epsilon=0"], "encoders.teacher.pretrain.epsilon", "greater than 0"),
        (
            ["encoders.technical-student.distill.initialisation=random"],
            "encoders.technical-student.distill",
            "set positions to trained",
        ),
        (
            ["encoders.technical-student.distill.loss={distillation: 0, mlm: 0, cosine: 0}"],
            "encoders.technical-student.distill.loss",
            "nothing to learn",
        ),
        (["resources.train.loggers=[wandb]"], "resources.train.loggers.0", "tensorboard"),
        (["encoders.teacher.model=x"], "encoders.teacher", "exactly one of"),
        (["encoders.small={trim: {encoder: teacher, corpus: general}}"], "encoders.small.trim", "either pieces"),
        (
            ["encoders.small={trim: {encoder: teacher, corpus: general, pieces: 9, minimum: 2}}"],
            *("encoders.small.trim", "either pieces"),
        ),
        (["evaluate.weights=[melted]"], "evaluate.weights.0", "frozen"),
        (["evaluate.encoders=[teacher,teacher]"], "evaluate.encoders", "twice"),
        (["tasks.tags.labels=[a,b,a]"], "tasks.tags.labels", "twice"),
        (["tasks.intent.positive=maybe"], "tasks.intent", "one of them positive"),
        (["tasks.tags.positive=java"], "tasks.tags", "positive"),
        (["corpora.technical.budget.per_language={eng: 1MB}"], "corpora.technical.budget", "either"),
        (["corpora.general.budget={per_language: {eng: 1MB}, take_all: [eng]}"], "corpora.general.budget", "a total"),
        (["corpora.general.sources=[]"], "corpora.general.sources", "at least 1"),
        (["corpora.general.budget={per_language: {eng: 0}}"], "corpora.general.budget.per_language.eng", "than 0"),
        (["corpora.technical.budget.total=0"], "corpora.technical.budget.total", "greater than 0"),
        (["corpora.general.shard=0"], "corpora.general.shard", "greater than 0"),
        (["corpora.general.chunk=0"], "corpora.general.chunk", "greater than 0"),
        (["corpora.general.chunk=1MB"], "corpora.general", "larger than a shard"),
        (["corpora.general.length={minimum: 5, maximum: 4}"], "corpora.general.length", "more than the maximum"),
        (["corpora.general.sequences.unknown=0"], "corpora.general.sequences.unknown", "greater than 0"),
        (["corpora.general.exclude.overlap=19"], "corpora.general.exclude.overlap", "20 or more"),
        (["corpora.general.exclude.overlap=null"], "corpora.general.exclude.overlap", "or the word none"),
        (["corpora.general.exclude.overlap=off"], "corpora.general.exclude.overlap", "or the word none"),
        (["corpora.general.exclude={tasks: none, overlap: 60}"], "corpora.general.exclude", "leave out one of them"),
        (["sweep.quantities=[0,1MB]"], "sweep.quantities.0", "greater than 0"),
        (["cleaning.code=hide"], "cleaning.code", "keep"),
        (["sweep.quantities=[lots]"], "sweep.quantities.0", "byte string"),
    ],
)
def test_a_bad_value_is_named_by_its_key(overrides, where, what):
    message = refused(overrides)
    assert message.startswith(f"{where}: ")
    assert what.lower() in message.lower()
