"""A file that changes another experiment: what comes out, and what is refused."""

import shutil
from pathlib import Path

import pytest
import yaml

from raykd.config import load, to_yaml
from raykd.config.base import base_of
from raykd.errors import InputError

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def write(tmp_path):
    """write(changes): a file of them, beside the demo's."""
    shutil.copy(CONFIGS / "demo.yaml", tmp_path)

    def write_changes(changes: dict, name: str = "mine.yaml") -> Path:
        (tmp_path / name).write_text(yaml.safe_dump({"base": "demo.yaml"} | changes))
        return tmp_path / name

    return write_changes


def test_a_file_without_changes_is_its_base_in_hash_and_all(write):
    assert load(write({})) == load(CONFIGS / "demo.yaml")
    assert base_of(write({})).name == "demo.yaml" and base_of(CONFIGS / "demo.yaml") is None


def test_mappings_are_merged_key_by_key_and_overrides_come_last(write):
    changes = {"encoders": {"technical-student": {"distill": {"epochs": 7, "loss": {"mlm": 3}}}}, "storage": "/other"}
    path = write(changes)
    overrides = [
        "encoders.technical-student.distill.epochs=7",
        "encoders.technical-student.distill.loss.mlm=3",
        "storage=/other",
    ]
    assert to_yaml(load(path)) == to_yaml(load(CONFIGS / "demo.yaml", overrides))
    assert load(path).corpora["general"].sources[0].path == "/other/sample/general/eng.jsonl"
    assert load(path, ["storage=/third"]).storage == "/third"


def test_lists_are_replaced_and_null_takes_a_key_away(write):
    experiment = load(CONFIGS / "demo.yaml")
    kept = [name for name in experiment.evaluate.encoders if name != "messages-student"]
    changed = load(
        write(
            {
                "encoders": {"messages-student": None},
                "evaluate": {"encoders": kept, "seeds": None},
                "tasks": {"intent": None},
                "probe": None,
            }
        )
    )
    assert changed.encoders.keys() == experiment.encoders.keys() - {"messages-student"}
    assert changed.evaluate.encoders == tuple(kept) and changed.evaluate.seeds == 10  # its default
    assert changed.tasks.keys() == experiment.tasks.keys() - {"intent"} and changed.probe is None


def test_null_is_null_where_the_base_has_no_such_key(write):
    names = {"cleaning": {"privacy": {"names": {"eng": None}}}}
    assert load(write(names)).cleaning.privacy.names == {"eng": None}


def test_what_comes_out_is_whole_and_reads_back_equal(write, tmp_path):
    changed = load(write({"name": "other"}))
    (tmp_path / "resolved.yaml").write_text(to_yaml(changed))
    assert load(tmp_path / "resolved.yaml") == changed and "base:" not in to_yaml(changed)


def test_a_language_left_out_is_the_experiment_of_its_base_but_for_the_students(monkeypatch):
    for name in ("RAYKD_STORAGE", "DUMPS"):
        monkeypatch.setenv(name, "/placeholder")
    base, changed = load(CONFIGS / "td.yaml"), load(CONFIGS / "leave_spanish_out.yaml")
    assert (changed.corpora, changed.resources) == (base.corpora, base.resources)
    budgets = [changed.encoders[name].distill.budget.per_language for name in ("all", "without-spanish")]
    assert [sum(budget.values()) for budget in budgets] == [1.1e9, 1.1e9]
    assert budgets[0].keys() - budgets[1].keys() == {"spa"}
    same = [changed.encoders[name].distill.model_copy(update={"budget": None}) for name in ("all", "without-spanish")]
    assert same[0] == same[1] and "td-distilmbert" not in changed.encoders


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("none.yaml", "there is no none.yaml beside this file"),
        ("../demo.yaml", "'../demo.yaml' is not the name of a file beside this one"),
        ("", "'' is not the name of a file beside this one"),
        (["demo.yaml"], "['demo.yaml'] is not the name of a file beside this one"),
        (None, "None is not the name of a file beside this one"),
        ("mine.yaml", "mine.yaml has a base itself; name a whole experiment"),  # a circle
        ("changes.yaml", "changes.yaml has a base itself; name a whole experiment"),
        ("list.yaml", "list.yaml is no experiment"),
        ("broken.yaml", "broken.yaml: while parsing a flow sequence"),
        ("bytes.yaml", "bytes.yaml: 'utf-8' codec can't decode"),
        ("number.yaml", "number.yaml: Invalid loaded object type: int"),
        ("open.yaml", "open.yaml: "),
    ],
)
def test_a_wrong_base_is_one_line(write, tmp_path, base, told):
    write({}, "changes.yaml")
    (tmp_path / "list.yaml").write_text("[demo]")
    (tmp_path / "broken.yaml").write_text("name: [demo\n")
    (tmp_path / "bytes.yaml").write_bytes(b"name: \xff\n")
    (tmp_path / "number.yaml").write_text("3")
    (tmp_path / "open.yaml").write_text('name: "${"')
    path = write({"base": base})
    with pytest.raises(InputError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: base: {told}") and "\n" not in str(error.value)


def test_a_wrong_key_is_named_as_in_a_whole_file(write):
    path = write({"encoders": {"teacher": {"pretrain": {"wrong": 1}}}})
    with pytest.raises(InputError) as error:
        load(path)
    assert str(error.value) == f"{path}: encoders.teacher.pretrain.wrong: unknown key"
    with pytest.raises(InputError, match=r"base: unknown key"):
        load(CONFIGS / "demo.yaml", ["base=td.yaml"])  # a file's own, and never an override
