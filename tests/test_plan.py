"""What each result is called, and what must not change it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from raykd.artifacts import ResultStore, Storage
from raykd.config import load
from raykd.errors import InputError
from raykd.plan import Plan, model_hash, size_name

TRAINING = {"max_length": 32, "step_sequences": 64, "group_sequences": 16}
EXPERIMENT: dict[str, Any] = {
    "name": "planned",
    "storage": "unused",
    "languages": ["eng", "spa"],
    "source_identity": "content",
    "corpora": {
        "td": {
            "sources": [
                {
                    "reader": "table",
                    "language": "eng",
                    "path": "${oc.env:PLAN_DATA}/eng.jsonl",
                    "name": "e",
                    "group": "company",
                },
                {"reader": "table", "language": "spa", "path": "${oc.env:PLAN_DATA}/spa.jsonl", "name": "s"},
            ],
            "budget": {"total": "1MB"},
        },
        "plain": {
            "sources": [{"reader": "table", "language": "eng", "path": "${oc.env:PLAN_DATA}/eng.jsonl", "name": "e"}],
            "exclude": {"tasks": "none"},
        },
    },
    "encoders": {
        "student": {"distill": {"teacher": "teacher", "corpus": "td", "layers": 2, "seeds": [1, 2], **TRAINING}},
        "teacher": {
            "pretrain": {"corpus": "td", "tokenizer": {"train": {"vocabulary": 200}}, "width": 12, **TRAINING},
        },
        "onward": {"adapt": {"encoder": "student", "corpus": "plain", **TRAINING}},
        "ready": {"model": "${oc.env:PLAN_DATA}/ready"},
    },
    "tasks": {
        "tags": {
            "kind": "multi-label",
            "sources": [
                {"reader": "table", "language": "eng", "path": "${oc.env:PLAN_DATA}/tags.jsonl", "labels": "tags"}
            ],
            "languages": ["eng"],
            "labels": ["a", "b"],
            "sizes": {"train": 5, "validation": 5, "test": 5},
        }
    },
    "evaluate": {"encoders": ["student", "teacher", "onward", "ready"], "baselines": ["teacher"], "seeds": 3},
    "sweep": {
        "encoder": "student",
        "language": "eng",
        "task": "tags",
        "quantities": ["100kB", "1.5MB"],
        "baselines": ["ready"],
    },
}


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "data"
    (folder / "ready").mkdir(parents=True)
    (folder / "ready" / "config.json").write_text("{}")
    for name in ("eng", "spa", "tags"):
        (folder / f"{name}.jsonl").write_text(f'{{"text": "{name}"}}\n')
    monkeypatch.setenv("PLAN_DATA", str(folder))
    return folder


@pytest.fixture
def plan(data, tmp_path):
    """The plan of the experiment above with overrides."""

    def make(*overrides: str) -> Plan:
        file = tmp_path / "planned.yaml"
        file.write_text(yaml.safe_dump(EXPERIMENT, sort_keys=False))
        return Plan(load(file, list(overrides)), ResultStore(Storage(str(tmp_path / "storage"))))

    return make


def hashes(plan: Plan) -> dict[str, str]:
    return {name: result.hash for name, result in plan.results().items()}


def changed(before: Plan, after: Plan) -> set[str]:
    """The kinds and names of results that an experiment calls by another hash than before."""
    one, other = hashes(before), hashes(after)
    return {name for name in one if one[name] != other.get(name)}


def test_everything_has_a_directory_of_its_own(plan):
    results = plan().results()
    assert set(results) == {
        "tasks/tags",
        "texts/td",
        "texts/plain",
        "tokenizers/teacher",
        "tokens/td-teacher/32",
        "tokens/plain-teacher/32",
        *(f"encoders/student/{seed}" for seed in (1, 2)),
        *(f"encoders/student-{size}/{seed}" for size in ("100kB", "1.5MB") for seed in (1, 2)),
        "encoders/teacher/56",
        "encoders/onward/56",
        *(
            f"scores/tags-eng-{encoder}-{weights}"
            for encoder in ("student", "teacher", "onward", "ready")
            for weights in ("frozen", "fine-tuned")
        ),
        *(f"scores/tags-eng-student-{size}-frozen" for size in ("100kB", "1.5MB")),
    }
    assert len({result.directory for result in results.values()}) == len(results)


def test_parents_come_before_their_children(plan):
    names = [planned.name for planned in plan().encoders]
    assert names == ["teacher", "student", "student", "onward"]


def test_two_lengths_of_sequences_are_two_results_in_the_index(plan):
    results = plan("encoders.teacher.pretrain.max_length=16").results()
    assert results["tokens/td-teacher/16"].hash != results["tokens/td-teacher/32"].hash


@pytest.mark.parametrize(
    "override",
    [
        "storage=elsewhere",
        "resources.train={workers: 7, micro_batch_tokens: 99, checkpoint_steps: 3}",
        "resources.grid.cpus=2",
        "corpora.td.rejected_share=0.5",
        "evaluate.baselines=[ready]",
        "evaluate.seeds=9",
        "tasks.tags.encoders=[student,onward,ready]",
    ],
)
def test_resources_and_what_is_compared_do_not_count(plan, override):
    assert changed(plan(), plan(override)) == set()


def test_paths_and_times_do_not_count(plan, data, tmp_path, monkeypatch):
    before = hashes(plan())
    shutil.copytree(data, tmp_path / "moved", copy_function=shutil.copy)
    shutil.rmtree(data)
    monkeypatch.setenv("PLAN_DATA", str(tmp_path / "moved"))
    assert hashes(plan()) == before


def test_the_order_of_sources_does_not_count(plan):
    before = plan()
    sources = EXPERIMENT["corpora"]["td"]["sources"]
    turned = ", ".join(yaml.safe_dump(source, default_flow_style=True).strip() for source in sources[::-1])
    assert changed(before, plan(f"corpora.td.sources=[{turned}]")) == set()


def test_what_a_change_of_a_file_changes(plan, data):
    before = plan()
    (data / "spa.jsonl").write_text('{"text": "new"}\n')
    after = changed(before, plan())
    assert {"texts/td", "tokenizers/teacher", "encoders/onward/56", "scores/tags-eng-student-frozen"} <= after
    assert not after & {"texts/plain", "tasks/tags", "scores/tags-eng-ready-frozen"}
    (data / "ready" / "config.json").write_text('{"layers": 1}')
    assert "scores/tags-eng-ready-frozen" in changed(before, plan())


ALL_TRAINED = {
    "encoders/teacher/56",
    "encoders/student/1",
    "encoders/student/2",
    "encoders/onward/56",
    "encoders/student-100kB/1",
    "encoders/student-1.5MB/1",
}


@pytest.mark.parametrize(
    ("override", "these", "not_these"),
    [
        ("seed=57", {"tasks/tags", "texts/td", "texts/plain", *ALL_TRAINED}, set()),
        ("corpora.td.shard=1MB", {"texts/td", *ALL_TRAINED}, {"texts/plain", "tasks/tags"}),
        ("corpora.td.exclude.groups=[c1]", {"texts/td", *ALL_TRAINED}, {"texts/plain", "tasks/tags"}),
        ("tasks.tags.sizes.test=4", {"tasks/tags", "texts/td", *ALL_TRAINED}, {"texts/plain"}),
        (
            "corpora.td.budget.total=2MB",
            {"tokenizers/teacher", *ALL_TRAINED},
            {"texts/td", "tasks/tags", "scores/tags-eng-ready-frozen"},
        ),
        (
            "encoders.teacher.pretrain.epochs=4",
            ALL_TRAINED,
            {"texts/td", "tokenizers/teacher", "tokens/td-teacher/32"},
        ),
        (
            "encoders.teacher.pretrain.seeds=[57]",
            ALL_TRAINED - {"encoders/teacher/56"},
            {"tokens/td-teacher/32", "tokenizers/teacher"},
        ),
        (
            "encoders.student.distill.loss.cosine=0",
            ALL_TRAINED - {"encoders/teacher/56"},
            {"encoders/teacher/56", "tokens/td-teacher/32", "scores/tags-eng-teacher-frozen"},
        ),
        ("encoders.student.distill.budget={total: 5kB}", {"encoders/student/1", "encoders/onward/56"}, {"texts/td"}),
        (
            "evaluate.frozen={epochs: 9, learning_rate: 1e-3}",
            {"scores/tags-eng-student-frozen", "scores/tags-eng-student-100kB-frozen"},
            {"scores/tags-eng-student-fine-tuned", *ALL_TRAINED},
        ),
    ],
)
def test_what_a_setting_changes(plan, override, these, not_these):
    after = changed(plan(), plan(override))
    assert these <= after
    assert not not_these & after


def test_more_seeds_of_an_encoder_or_a_cell_add_to_what_is_there(plan):
    before, after = plan(), plan("encoders.student.distill.seeds=[1,2,3]", "evaluate.seeds=30")
    assert changed(before, after) == set()
    assert set(hashes(after)) - set(hashes(before)) == {
        f"encoders/{name}/3" for name in ("student", "student-100kB", "student-1.5MB")
    }
    cell = next(cell for cell in after.cells if cell.encoder == "student")
    assert [saved.seed for saved in cell.encoders] == [1, 2, 3]
    assert cell.seeds == 30
    assert len({saved.location for saved in cell.encoders}) == 3


def test_the_sweep_trains_on_nested_quantities_of_the_same_tokens(plan):
    planned = plan()
    full = next(one for one in planned.encoders if one.name == "student")
    assert [(one.name, one.seed) for one in planned.sweep_encoders] == [
        (f"student-{size}", seed) for size in ("100kB", "1.5MB") for seed in (1, 2)
    ]
    for one in planned.sweep_encoders:
        assert one.tokens.directory == full.tokens.directory
        assert one.parent == full.parent
        assert set(one.budget.per_language) == {"eng"}
        assert one.result.hash != full.result.hash
    assert [cell.encoder for cell in planned.sweep_cells] == ["student-100kB", "student-1.5MB", "ready"]
    grid = {cell.encoder: cell.result for cell in planned.cells if cell.weights == "frozen"}
    assert planned.sweep_cells[2].result == grid["ready"]


def test_a_tokenizer_belongs_to_the_encoder_that_began_the_line(plan):
    planned = plan()
    assert planned.tokenizer_owner("onward").name == planned.tokenizer_owner("student").name == "teacher"
    assert planned.tokenizer_owner("onward").location == planned.tokenizers["teacher"].directory
    ready = planned.tokenizer_owner("ready")
    assert (ready.stored, ready.location) == (False, planned.experiment.encoders["ready"].model)


def test_a_missing_source_is_bad_input(plan, data):
    (data / "spa.jsonl").unlink()
    with pytest.raises(InputError, match=r"spa\.jsonl: no such file"):
        plan()


def test_a_model_is_its_content_or_its_name_and_revision(data, tmp_path):
    shutil.copytree(data / "ready", tmp_path / "copy")
    assert model_hash(str(tmp_path / "copy"), None) == model_hash(str(data / "ready"), None)
    assert model_hash("hub/name", None) != model_hash("hub/name", "v1")


@pytest.mark.parametrize(
    ("size", "name"),
    [(1_500_000_000, "1.5GB"), (3_070_000_000, "3.07GB"), (150_000, "150kB"), (10**6, "1MB"), (7, "7B")],
)
def test_sizes_are_named_as_people_write_them(size, name):
    assert size_name(size) == name


@pytest.mark.parametrize("other", ["name: another", "id: id"])
def test_a_file_that_is_read_in_two_ways_is_refused(plan, other):
    source = (
        f"{{reader: table, language: eng, path: '${{oc.env:PLAN_DATA}}/eng.jsonl', name: e, labels: tags, {other}}}"
    )
    with pytest.raises(InputError, match="two sets of ids"):
        plan(f"tasks.tags.sources=[{source.replace('name: e, ', '') if 'name: a' in other else source}]")
