"""The schema and the page of the experiment file say what the typed tree says."""

import re
from pathlib import Path

import jsonschema
import pytest
from omegaconf import OmegaConf

from raykd.config import Elastic, Experiment, Training
from raykd.config.reference import experiment_markdown, experiment_schema, file_schema, remarks

ROOT = Path(__file__).parents[2]
SCHEMA = experiment_schema()
OF_FILES = jsonschema.Draft7Validator(file_schema())


def problems(values) -> list[str]:
    found = list(OF_FILES.iter_errors(values))
    return [one.message for error in found for one in (error, *(error.context or ()))]


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_of_ours_fits_the_schema(path):
    assert not problems(OmegaConf.to_container(OmegaConf.load(path), resolve=False))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nmae": "x"}, "'nmae' was unexpected"),
        ({"source_identity": "bytes"}, "'bytes' is not one of"),
        ({"languages": ["English"]}, "does not match"),
        ({"languages": None}, "is not of type"),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(changes, said):
    values = {"name": "a", "storage": "runs", "languages": ["eng"]}
    assert not problems(values)
    assert said in "\n".join(problems(values | changes))


def test_a_value_may_be_another_keys_or_a_variables():
    values = {"name": "a", "storage": "runs", "languages": ["${oc.env:LANGUAGE}"], "source_identity": "${oc.env:FILES}"}
    values |= {"evaluate": {"encoders": ["student"], "seeds": "${oc.env:SEEDS}", "max_length": 32}}
    assert not problems(values)
    assert not problems({"base": "td.yaml", "seed": "${oc.env:SEED}"})
    assert problems(values | {"seed": "many"}) and problems(values | {"source_identity": "$FILES"})


def test_changes_to_a_base_need_no_key_and_take_some_away_but_name_no_other():
    student = {"distill": {"epochs": 1, "corpus": None}}
    assert not problems({"base": "td.yaml", "encoders": {"student": student, "other": None}, "probe": None})
    assert problems({"encoders": {"student": student}})  # of no base
    for wrong in (
        {"nmae": "x"},
        {"encoders": {"student": {"distil": {}}}},
        {"evaluate": {"seeds": "many"}},
        {"base": 3},
    ):
        assert problems({"base": "td.yaml"} | wrong), wrong
    source = {"reader": "table", "language": "eng"}  # lists are whole, and so is what they hold
    assert problems({"base": "td.yaml", "tasks": {"tags": {"sources": [source]}}})


def test_labels_may_be_numbers_as_yaml_reads_them():
    source = {"reader": "table", "language": "eng", "path": "a.csv", "labels": "label"}
    sizes = {"train": 0.8, "validation": 0.1, "test": 0.1}
    task = {"kind": "binary", "sources": [source], "labels": [1, 0], "positive": 1, "sizes": sizes}
    values = {"name": "a", "storage": "runs", "languages": ["eng"], "tasks": {"t": task}}
    assert Experiment.model_validate(values).tasks["t"].labels == ("1", "0")
    assert not problems(values)


def test_remarks_are_the_comments_of_fields():
    assert remarks(Training)["epochs"] == "(reference: train.py --n_epoch)" and not remarks(Elastic)
    assert SCHEMA["$defs"]["Distill"]["properties"]["epochs"]["description"] == "(reference: train.py --n_epoch)"
    whole = remarks(Experiment)["ids"]
    assert whole.startswith("Hashes of public numbers") and whole.endswith("ID_KEY.")


def test_sources_of_defaults_are_named_in_one_form():
    """In brackets, and the paper with the place: its sections end with the ninth, its tables with the eighth."""
    parts = [SCHEMA, *SCHEMA["$defs"].values()]
    told = [own.get("description", "") for part in parts for own in part.get("properties", {}).values()]
    named = [source for text in told for source in re.findall(r"(?:\(|; )((?:paper|reference)[^);]*)", text)]
    form = re.compile(r"paper, (?:section [1-9](?:\.\d)*|Table [1-8])(?:: .*)?|reference: [\w./' ]+(?: --\w+|, \w+)?")
    assert len(named) > 30 and not [source for source in named if not form.fullmatch(source)]
    assert not [text for text in told if "Sanh " in text and "et al." not in text]


def test_the_page_is_up_to_date():
    page = (ROOT / "docs/experiment.md").read_text(encoding="utf-8")
    assert page == experiment_markdown(), "run: python -m raykd.config.reference > docs/experiment.md"


def test_the_page_has_every_key():
    page = experiment_markdown()
    for part in (SCHEMA, *SCHEMA["$defs"].values()):
        for key in part.get("properties", ()):
            assert f"| `{key}` |" in page
