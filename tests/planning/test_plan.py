"""What each result is called, and what must not change it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from raykd.artifacts import ResultStore, Storage
from raykd.errors import InputError
from raykd.jobs.run import Run
from raykd.planning import source_files
from raykd.planning.encoders import PlannedTrim
from raykd.planning.load import load_experiment as load
from raykd.planning.plan import Plan, model_hash

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
    shape = '{"model_type": "bert", "num_hidden_layers": 12, "max_position_embeddings": 512}'
    (folder / "ready" / "config.json").write_text(shape)
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
    results = plan("encoders.student.distill.max_length=16").results()
    assert results["tokens/td-teacher/16"].hash != results["tokens/td-teacher/32"].hash


@pytest.mark.parametrize(
    "override",
    [
        "storage=elsewhere",
        "resources.train={workers: 7, micro_batch_tokens: 99, checkpoint_steps: 3, loggers: [tensorboard]}",
        "resources.grid.cpus=2",
        "corpora.td.rejected_share=0.5",
        "evaluate.baselines=[ready]",
        "evaluate.seeds=9",
        "tasks.tags.encoders=[student,onward,ready]",
    ],
)
def test_resources_and_what_is_compared_do_not_count(plan, override):
    assert changed(plan(), plan(override)) == set()


STUDENT = "encoders.student.distill"
HIDDEN = "{distillation: 0, mlm: 0, cosine: 0, relations: {weight: 1}}"


def test_later_keys_count_where_they_are_not_at_their_defaults(plan):
    """Results made before there were hidden_mse, relations and width are still found."""
    settings = plan().results()["encoders/student/1"].settings
    assert set(settings["loss"]) == {"distillation", "mlm", "cosine", "temperature", "positions"}  # once kd_positions
    assert "width" not in settings
    assert changed(plan(), plan(f"{STUDENT}.loss={{hidden_mse: 0, relations: {{weight: 0}}}}")) == set()

    after = plan(f"{STUDENT}.loss.hidden_mse=1")
    assert {"encoders/student/1", "scores/tags-eng-student-frozen"} <= changed(plan(), after)
    assert after.results()["encoders/student/1"].settings["loss"]["hidden_mse"] == 1
    before = plan(f"{STUDENT}.loss={HIDDEN}", f"{STUDENT}.initialisation=random", f"{STUDENT}.positions=trained")
    after = plan(
        f"{STUDENT}.loss={HIDDEN}",
        f"{STUDENT}.initialisation=random",
        f"{STUDENT}.positions=trained",
        f"{STUDENT}.width=24",
    )
    assert "encoders/student/1" in changed(before, after)


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
        ("cleaning.code=drop", {"tasks/tags", "texts/td", "texts/plain", *ALL_TRAINED}, set()),
        ("cleaning.links=tag", {"tasks/tags", "texts/td", "texts/plain", *ALL_TRAINED}, set()),
        ("corpora.td.exclude.tasks=all_texts", {"texts/td", *ALL_TRAINED}, {"texts/plain", "tasks/tags"}),
        ("corpora.td.length.minimum=9", {"texts/td", *ALL_TRAINED}, {"texts/plain", "tasks/tags"}),
        ("corpora.td.chunk=1kB", {"texts/td", *ALL_TRAINED}, {"texts/plain", "tasks/tags"}),
        (
            "corpora.td.sequences.minimum=12",
            {"tokens/td-teacher/32", *ALL_TRAINED},
            {"texts/td", "tokenizers/teacher", "tokens/plain-teacher/32"},
        ),
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


def test_training_sizes_are_cells_beside_the_whole(plan):
    before, after = plan(), plan("evaluate.train_sizes=[4,2]")
    assert changed(before, after) == set()
    assert [(cell.encoder, cell.train_rows) for cell in after.train_size_cells[::8]] == [("student", 2), ("student", 4)]
    assert "scores/tags-eng-ready-frozen-4" in after.results()


def test_classification_follows_its_texts_and_its_heads(plan):
    source = "{reader: table, language: eng, path: '${oc.env:PLAN_DATA}/eng.jsonl', name: new}"
    spec = f"classify={{encoder: student, sources: [{source}]}}"
    before = plan(spec)
    assert [cell.result.name for cell in before.classify_cells] == ["tags-eng-student-frozen"]
    name = "classified/texts-student"
    assert name in before.results()
    assert changed(before, plan(spec, "evaluate.fine_tuned.epochs=9")).isdisjoint({name})
    for override in ("evaluate.frozen.epochs=9", "evaluate.seeds=4", "cleaning.links=drop"):
        assert name in changed(before, plan(spec, override)), override
    # Of several encoder seeds the first is taken.
    assert name in changed(before, plan(spec, "encoders.student.distill.seeds=[2,1]"))


def test_a_probe_follows_what_is_measured_and_of_what(plan):
    spec = "probe={encoders: [teacher, ready], latency: {task: tags, texts: 4, batches: [1]}, homonyms: {}}"
    before = plan(spec)
    words, times = {"probe/teacher", "probe/ready"}, {"probe/latency"}
    assert words | times <= set(before.results())
    assert before.latency.texts.split("/")[-2] == "language=eng" and before.latency.reference == "teacher"
    for override in (
        *("probe.latency.threads=2", "probe.latency.batches=[2]", "probe.latency.precision=bfloat16"),
        *("evaluate.max_length=64", "probe.latency.reference=ready"),
    ):
        assert changed(before, plan(spec, override)) & (words | times) == times, override
    assert changed(before, plan(spec, "probe.encoders=[ready, teacher]")).isdisjoint(words | times)
    # Another split leaves other text for the teacher, too.
    for override in (
        "tasks.tags.sizes.test=4",
        "encoders.teacher.pretrain.epochs=9",
        "encoders.teacher.pretrain.seeds=[9]",
    ):
        assert changed(before, plan(spec, override)) & (words | times) == {"probe/teacher", *times}, override
    assert not plan(spec, "probe.homonyms=null").homonyms and not plan(spec, "probe.latency=null").latency


def test_an_export_follows_its_heads_and_settings(plan):
    spec = "export={encoders: [student]}"
    before = plan(spec)
    assert [cell.result.name for cell in before.exports["student"].cells] == ["tags-eng-student-frozen"]
    assert list(before.exports["student"].graphs) == ["onnx", "onnx-int8"]
    assert before.exports["student"].graph.endswith("onnx/model_int8.onnx")
    name = "exports/student"
    for override in (
        *("evaluate.frozen.epochs=9", "evaluate.seeds=4", "export.quantization=none", "export.parity.cosine=.9"),
        *("encoders.student.distill.seeds=[2,1]", "encoders.student.distill.epochs=9"),
    ):
        assert name in changed(before, plan(spec, override)), override
    for override in ("evaluate.fine_tuned.epochs=9", "export.licence=mit", "export.encoders=[student,ready]"):
        assert name not in changed(before, plan(spec, override)), override


def test_what_onnx_classifies_follows_the_export(plan):
    source = "{reader: table, language: eng, path: '${oc.env:PLAN_DATA}/eng.jsonl', name: new}"
    spec = f"classify={{encoder: student, sources: [{source}]}}"
    before = plan(spec, "export={encoders: [student]}")
    after = plan(spec, "export={encoders: [student]}", "classify.runtime=onnx")
    assert changed(before, after) == {"classified/texts-student"}
    assert "classified/texts-student" in changed(
        after, plan(spec, "export={encoders: [student], quantization: static}", "classify.runtime=onnx")
    )


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


TRIMMED = (
    "encoders.small={trim: {encoder: teacher, corpus: td, minimum: 3, max_length: 32}}",
    "encoders.student.distill.teacher=small",
    "encoders.smaller={trim: {encoder: small, corpus: plain, pieces: 50, max_length: 32}}",
    "encoders.ready-small={trim: {encoder: ready, corpus: plain, pieces: 50}}",
)


def test_a_teacher_may_be_adapted_first(plan):
    """Adapt, then distil: what is adapted is made before its student, from tokens of one tokenizer."""
    adapt = "{encoder: ready, corpus: plain, max_length: 32, step_sequences: 64, group_sequences: 16}"
    overrides = ("encoders.student.distill.teacher=adapted", f"encoders.adapted={{adapt: {adapt}}}")
    made = plan(*overrides)
    by_name = {planned.name: planned for planned in made.encoders}
    assert list(by_name).index("adapted") < list(by_name).index("student")
    adapted, student = by_name["adapted"], by_name["student"]
    assert student.parent == adapted.saved and adapted.parent.location.endswith("ready")
    assert student.tokenizer == adapted.tokenizer == adapted.parent
    assert student.result.inputs["parent"] == f"{adapted.result.hash} seed 56"
    after = plan(*overrides, "encoders.adapted.adapt.head_share=0.3")
    assert {"encoders/adapted/56", "encoders/student/1", "encoders/student/2"} <= changed(made, after)


def test_a_trimmed_encoder_stands_where_any_other_may(plan):
    planned = plan(*TRIMMED)
    results = planned.results()
    assert [one.name for one in planned.encoders] == [
        *("teacher", "small", "student", "student", "onward", "smaller", "ready-small")
    ]
    trims = {one.name: one for one in planned.encoders if isinstance(one, PlannedTrim)}
    assert {one.seed for one in trims.values()} == {0}
    # What a child reads is in the trimmed tokenizer, what a trim counts in that of its parent.
    for name, owner in {"student": "small", "onward": "small", "small": "teacher", "smaller": "small"}.items():
        one = next(one for one in planned.encoders if one.name == name)
        assert one.tokenizer.name == owner
        assert one.tokens.inputs["tokenizer"] == results[f"tokenizers/{owner}"].hash == one.tokenizer.hash
    assert trims["small"].own_tokenizer == results["tokenizers/small"]
    assert trims["small"].own_tokenizer.inputs == {"tokens": results["tokens/td-teacher/32"].hash}
    assert trims["ready-small"].parent == planned.saved("ready")[0]
    assert {"tokens/td-small/32", "tokens/plain-ready/512", "encoders/smaller/0"} <= set(results)
    sweep = {one.tokens.directory for one in planned.sweep_encoders}
    assert sweep == {results["tokens/td-small/32"].directory}


@pytest.mark.parametrize(
    ("override", "these", "not_these"),
    [
        (
            "encoders.small.trim.minimum=4",
            {"tokenizers/small", "tokenizers/smaller", "tokens/td-small/32", "encoders/student/1"},
            {"tokens/td-teacher/32", "encoders/teacher/56"},
        ),
        ("encoders.small.trim.budget={total: 5kB}", {"tokenizers/small", "encoders/small/0"}, {"tokens/td-teacher/32"}),
        # Other weights of the parent leave the pieces, and so all tokens, as they are.
        (
            "encoders.teacher.pretrain.epochs=4",
            {"encoders/small/0", "encoders/smaller/0", "encoders/student/1"},
            {"tokenizers/small", "tokenizers/smaller", "tokens/td-small/32"},
        ),
    ],
)
def test_what_changes_a_trimmed_encoder(plan, override, these, not_these):
    after = changed(plan(*TRIMMED), plan(*TRIMMED, override))
    assert these <= after
    assert not not_these & after


def test_a_missing_source_is_bad_input(plan, data):
    (data / "spa.jsonl").unlink()
    with pytest.raises(InputError, match=r"spa\.jsonl: no such file"):
        plan()


def test_a_model_is_its_content_or_its_name_and_revision(data, tmp_path):
    shutil.copytree(data / "ready", tmp_path / "copy")
    assert model_hash(str(tmp_path / "copy"), None) == model_hash(str(data / "ready"), None)
    assert model_hash("hub/name", None) != model_hash("hub/name", "v1")


@pytest.mark.parametrize("other", ["name: another", "id: id"])
def test_a_file_that_is_read_in_two_ways_is_refused(plan, other):
    source = (
        f"{{reader: table, language: eng, path: '${{oc.env:PLAN_DATA}}/eng.jsonl', name: e, labels: tags, {other}}}"
    )
    with pytest.raises(InputError, match="two sets of ids"):
        plan(f"tasks.tags.sources=[{source.replace('name: e, ', '') if 'name: a' in other else source}]")


def reading(**settings: Any) -> str:
    """A source of the Spanish file, as YAML in one line."""
    source = {"reader": "table", "language": "spa", "path": "${oc.env:PLAN_DATA}/spa.jsonl", **settings}
    return yaml.safe_dump(source, default_flow_style=True, width=1000).strip()


def test_two_texts_of_a_file_are_two_names(plan):
    question, answer = reading(name="s", text="question"), reading(name="s", text="answer")
    with pytest.raises(InputError, match=r"spa\.jsonl: corpora\.plain takes two texts .* a name of its own"):
        plan(f"corpora.plain.sources=[{question}, {answer}]")
    turns = reading(name="s", text="question", conversation={"id": "talk", "join": 2000})
    with pytest.raises(InputError, match=r"corpora\.plain takes two texts"):
        plan(f"corpora.plain.sources=[{question}, {turns}]")
    named = reading(name="answers", text="answer")
    plan(f"corpora.plain.sources=[{question}, {named}]")
    with pytest.raises(InputError, match="two sets of ids"):  # a task or corpus that shares none of the names
        plan(f"corpora.plain.sources=[{named}]")


def test_a_path_that_names_one_file_is_told_from_a_directory_of_one(plan, data):
    (data / "alone").mkdir()
    shutil.copy(data / "spa.jsonl", data / "alone" / "one.jsonl")
    hashes = {
        plan(f"corpora.plain.sources=[{reading(name='x', path=path)}]").texts["plain"].hash
        for path in ("${oc.env:PLAN_DATA}/alone/one.jsonl", "${oc.env:PLAN_DATA}/alone")
    }
    assert len(hashes) == 2


def test_a_student_of_the_sweep_is_the_encoder_that_one_would_distil_alone(plan):
    """The same settings and inputs, so the same bytes; the place alone is named otherwise."""
    alone = {**EXPERIMENT["encoders"]["student"]["distill"], "budget": {"per_language": {"eng": "1.5MB"}}}
    planned = plan("encoders.alone=" + json.dumps({"distill": alone}))
    swept = {one.seed: one.result for one in planned.sweep_encoders if one.name == "student-1.5MB"}
    by_hand = {one.seed: one.result for one in planned.encoders if one.name == "alone"}
    for seed in (1, 2):
        assert swept[seed].hash == by_hand[seed].hash
        assert swept[seed].directory != by_hand[seed].directory


def test_the_sweeps_own_settings_change_its_students_alone(plan):
    for override in ("sweep.steps=7", "sweep.seeds=[3]", "sweep.warm_start=true"):
        assert {name.split("-")[0] for name in changed(plan(), plan(override))} <= {"encoders/student", "scores/tags"}
    assert changed(plan(), plan("sweep.students=drop", "sweep.flat.gain=2")) == set()
    seeds = [(one.name, one.seed) for one in plan("sweep.seeds=[3, 4, 5]").sweep_encoders]
    assert seeds == [(f"student-{size}", seed) for size in ("100kB", "1.5MB") for seed in (3, 4, 5)]
    assert plan("sweep.weights=fine-tuned").sweep_cells[0].weights == "fine-tuned"


def test_a_warm_start_is_from_the_same_seed(plan):
    first, second = plan("sweep.warm_start=true").sweep_encoders[1::2]
    assert (first.seed, second.seed, first.start) == (2, 2, None)
    assert second.start == first.saved and second.parent == first.parent
    cold = plan().sweep_encoders
    assert first.result.hash == cold[1].result.hash and second.result.hash != cold[3].result.hash
    assert len({one.result.hash for one in plan("sweep.warm_start=true").sweep_encoders}) == 2


def test_students_of_the_sweep_may_be_scored_as_any_encoder(plan):
    planned = plan("evaluate.encoders=[student, student-1.5MB, teacher]")
    cells = {(cell.encoder, cell.weights): cell.result for cell in planned.cells}
    assert cells["student-1.5MB", "frozen"] == planned.sweep_cells[1].result
    assert "student-1.5MB" not in {one.name for one in planned.encoders}


def test_homonyms_are_compared_between_the_sweeps_student_and_its_general_control(plan):
    probe, control = "probe={homonyms: {}}", "sweep.baselines=[ready, plain]"
    training = {**TRAINING, "teacher": "teacher", "corpus": "plain", "budget": {"per_language": {"eng": "100kB"}}}
    encoder = "encoders.plain=" + json.dumps({"distill": training})
    assert plan(probe).homonym_shift is None  # no baseline is a student on other text
    job = plan(probe, encoder, control).homonym_shift
    assert (job.first.name, job.second.name) == ("student-100kB", "plain")  # of as much text
    larger = plan(probe, encoder, control, "encoders.plain.distill.budget.per_language.eng=7MB").homonym_shift
    assert larger.first.name == "student-1.5MB"  # of the most
    assert "probe/student-100kB-plain" in hashes(plan(probe, encoder, control))
    named = plan("probe={homonyms: {between: [student, ready]}}").homonym_shift
    assert (named.first.name, named.second.name) == ("student", "ready")
    # What is measured of each encoder alone stays what it was.
    assert plan(probe).homonyms["student"].result == plan(probe, encoder, control).homonyms["student"].result


def test_masking_changes_what_is_read_and_gives_ready_models_placeholders(plan):
    before, after = plan(), plan("cleaning.privacy.kinds=[email]")
    assert {"tasks/tags", "texts/td", "texts/plain", "tokenizers/teacher"} <= changed(before, after)
    assert "encoders/ready/0" in after.results() and "encoders/ready/0" not in before.results()
    assert before.saved("ready")[0].stored is False and after.saved("ready")[0].stored is True
    assert after.placeholders == {"[EMAIL]": "e-mail address"}
    other = plan("cleaning.privacy.kinds=[email,phone]")
    assert {"tasks/tags", "encoders/ready/0", "tokenizers/teacher"} <= changed(after, other)


def test_what_finds_names_is_part_of_what_is_masked(plan, monkeypatch):
    versions = {"one": "1", "other": "2", "copy of one": "1"}
    monkeypatch.setattr("raykd.planning.plan.pipeline_identity", lambda pipeline: {"version": versions[pipeline]})
    monkeypatch.setattr("raykd.planning.checks.experiment.check_names", lambda names: None)
    masked = plan("cleaning.privacy.kinds=[email]")
    one, other, copy = (
        plan("cleaning.privacy.kinds=[email]", f"cleaning.privacy.names={{eng: {name}, spa: null}}")
        for name in versions
    )
    assert one.placeholders == masked.placeholders | {"[NAME]": "name of a person", "[ADDRESS]": "postal address"}
    made = {"tasks/tags", "texts/td", "texts/plain", "tokenizers/teacher"}
    assert made <= changed(masked, one) and made <= changed(one, other)
    assert changed(one, copy) == set()  # wherever it lies
    assert changed(masked, plan("cleaning.privacy.kinds=[email]", "cleaning.privacy.names={}")) == set()


@pytest.mark.parametrize(
    "override",
    [
        "corpora.td.exclude.overlap=60",
        "corpora.td.exclude.overlap=none",
        "corpora.td.detect.mismatch=move",
        "corpora.td.near_duplicates.similarity=0.9",
        "corpora.td.repeats=10",
    ],
)
def test_what_is_left_out_of_a_corpus_changes_that_corpus_alone(plan, override):
    found = changed(plan(), plan(override))
    assert "texts/td" in found and not {"texts/plain", "tasks/tags"} & found


def test_overlap_is_protected_by_default_and_results_without_it_stay(plan):
    """`none` is what a corpus without the key was, before it was a default; 50 is what it was by that name."""
    default, fifty, none = plan(), plan("corpora.td.exclude.overlap=50"), plan("corpora.td.exclude.overlap=none")
    assert changed(default, fifty) == set()
    with_it, without = default.texts["td"].settings, none.texts["td"].settings
    assert with_it == without | {"overlap": 50} and "overlap" not in without
    assert "overlap" not in default.texts["plain"].settings  # exclude.tasks: none
    without_tasks = [
        Plan(one.experiment.model_copy(update={"tasks": {}, "evaluate": None, "sweep": None}), one.store).texts["td"]
        for one in (default, none)
    ]
    assert "overlap" not in without_tasks[0].settings and without_tasks[0].hash == without_tasks[1].hash


def test_a_text_in_two_splits_may_be_an_error(plan):
    assert "tasks/tags" in changed(plan(), plan("tasks.tags.across_splits=error"))


def test_a_run_lists_and_hashes_its_sources_once(data, tmp_path, monkeypatch):
    asked: list[str] = []

    def counted(function):
        return lambda *given: asked.append(function.__name__) or function(*given)

    for name in ("source_files", "file_identity"):
        monkeypatch.setattr(source_files, name, counted(getattr(source_files, name)))
    file = tmp_path / "planned.yaml"
    file.write_text(yaml.safe_dump(EXPERIMENT, sort_keys=False))
    run = Run(load(file, []), ResultStore(Storage(str(tmp_path / "storage"))), 0.0)
    first, times = hashes(run.plan), len(asked)
    assert {*asked} == {"source_files", "file_identity"}
    assert hashes(run.plan) == first and len(asked) == times
