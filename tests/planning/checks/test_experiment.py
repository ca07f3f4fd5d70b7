"""Checks across the experiment: names that refer to nothing, impossible budgets, circles, and CPUs."""

from pathlib import Path

import pytest

from raykd.errors import InputError
from raykd.planning.checks.experiment import task_encoders, task_languages
from raykd.planning.load import load_experiment as load

DEMO = Path(__file__).parents[3] / "configs" / "demo.yaml"
SPANISH = "{reader: table, language: spa, path: spa.jsonl}"
EVALUATED = "technical-student,messages-student,general-student,teacher"
PRETRAINED = "encoders.teacher.pretrain"


def refused(*overrides: str) -> str:
    with pytest.raises(InputError) as error:
        load(DEMO, list(overrides))
    return str(error.value)


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        (f"corpora.general.sources=[{SPANISH}]", ["corpora.general.sources", "language", "'spa'", "eng, jpn"]),
        ("corpora.technical.budget.take_all=[por]", ["corpora.technical.budget", "por", "no source"]),
        ("corpora.general.budget={per_language: {por: 1MB}}", ["corpora.general.budget", "por", "no source"]),
        (f"{PRETRAINED}.budget={{per_language: {{por: 1MB}}}}", ["encoders.teacher.budget", "por", "no source"]),
        (f"{PRETRAINED}.corpus=wiki", ["encoders.teacher.corpus", "'wiki'", "general, technical, messages"]),
        (f"{PRETRAINED}.tokenizer.train.corpora=[wiki]", ["encoders.teacher.tokenizer", "'wiki'"]),
        (f"{PRETRAINED}.heads=3", ["encoders.teacher.pretrain", "width", "heads"]),
        ("encoders.general-student.distill.teacher=mbert", ["encoders.general-student", "'mbert'"]),
        ("encoders.general-student.distill.teacher=general-student", ["made from itself"]),
        ("encoders.small={trim: {encoder: mbert, corpus: general, pieces: 9}}", ["encoders.small", "'mbert'"]),
        ("encoders.small={trim: {encoder: teacher, corpus: wiki, pieces: 9}}", ["encoders.small.corpus", "'wiki'"]),
        ("encoders.small={trim: {encoder: small, corpus: general, pieces: 9}}", ["made from itself"]),
        ("tasks.tags.languages=[eng,spa]", ["tasks.tags.languages", "'spa'"]),
        ("tasks.tags.encoders=[mbert]", ["tasks.tags.encoders", "'mbert'"]),
        ("tasks.tags.sizes.minimum=101", ["tasks.tags.sizes", "minimum"]),
        (f"tasks.tags.sources=[{SPANISH}]", ["tasks.tags", "no source for eng"]),
        (f"evaluate.encoders=[{EVALUATED},mbert]", ["evaluate.encoders", "'mbert'"]),
        ("evaluate.baselines=[mbert]", ["evaluate.baselines", "'mbert'", "not among evaluate.encoders"]),
        ("sweep.encoder=mbert", ["sweep.encoder", "'mbert'"]),
        ("sweep.encoder=teacher", ["sweep.encoder", "not distilled"]),
        ("sweep.language=spa", ["sweep.language", "'spa'"]),
        ("sweep.task=other", ["sweep.task", "'other'"]),
        ("sweep.baselines=[mbert]", ["sweep.baselines", "'mbert'"]),
        ("encoders.technical-student.distill.start=mbert", ["encoders.technical-student", "'mbert'"]),
        (
            "encoders.technical-student.distill.start=teacher",
            ["encoders.technical-student.start", "no student of teacher"],
        ),
        ("encoders.technical-student.distill.start=technical-student", ["made from itself"]),
        (
            "encoders.technical-student-200kB={model: hub}",
            ["sweep.encoder", "technical-student-200kB is among encoders"],
        ),
        ("sweep.quantities=[300kB,150kB]", ["sweep.quantities", "rise"]),
        ("sweep.quantities=[150kB,150kB]", ["sweep.quantities", "rise"]),
        ("sweep.quantities=[1000000001,1000000002]", ["sweep.quantities", "one name"]),
        (f"classify={{encoder: mbert, sources: [{SPANISH}]}}", ["classify.encoder", "'mbert'"]),
        (f"classify={{encoder: teacher, sources: [{SPANISH}]}}", ["classify.sources", "spa.jsonl", "in spa"]),
        (
            f"classify={{encoder: technical-student, tasks: [intent], sources: [{SPANISH}]}}",
            ["classify.tasks", "'intent'"],
        ),
        ("probe={encoders: [mbert], homonyms: {}}", ["probe.encoders", "'mbert'"]),
        ("probe={homonyms: {between: [teacher, mbert]}}", ["probe.homonyms.between", "'mbert'"]),
        ("probe={latency: {task: other}}", ["probe.latency.task", "'other'"]),
        ("probe={latency: {task: tags, language: spa}}", ["probe.latency.language", "'spa'"]),
    ],
)
def test_what_refers_to_nothing_is_refused_and_named(override, parts):
    message = refused(override)
    assert message.startswith(f"{DEMO}: {parts[0]}") or parts == ["made from itself"]
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_task_may_not_be_called_as_a_column_of_texts_is():
    labelled = f"classify={{encoder: technical-student, sources: [{SPANISH.replace('spa', 'eng')}]}}"
    assert "tasks.text: classify has a column of that name" in refused("tasks.text=${tasks.tags}", labelled)
    message = refused("tasks.tags_probabilities=${tasks.tags}", labelled)
    assert "tasks.tags_probabilities: classify has a column of that name" in message
    load(DEMO, ["tasks.text=${tasks.tags}"])


def test_every_language_has_a_pipeline_for_names_or_none_on_purpose(monkeypatch):
    asked = []
    monkeypatch.setattr("raykd.planning.checks.experiment.check_names", asked.append)
    message = refused("cleaning.privacy.names={eng: en_core_web_lg}")
    assert "cleaning.privacy.names: none for jpn, which corpora." in message and "or null" in message and not asked
    load(DEMO, ["cleaning.privacy.names={eng: en_core_web_lg, jpn: null}"])
    assert asked == [{"eng": "en_core_web_lg", "jpn": None}]


def test_a_pipeline_that_is_not_there_is_one_line():
    message = refused("cleaning.privacy.names={eng: /no/such/pipeline, jpn: null}")
    assert "cleaning.privacy.names: " in message and "\n" not in message


def test_loggers_that_are_not_there(monkeypatch):
    monkeypatch.setattr("raykd.planning.checks.experiment.find_spec", lambda name: None)
    message = refused("resources.train.loggers=[tensorboard]")
    assert "resources.train.loggers: tensorboard is not installed; pip install 'raykd[tensorboard]'" in message
    monkeypatch.setattr("raykd.planning.checks.experiment.find_spec", lambda name: object())
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert "needs the environment variable MLFLOW_TRACKING_URI" in refused("resources.train.loggers=[mlflow]")


def test_a_circle_of_encoders_is_refused_and_shown():
    message = refused(
        "encoders.general-student.distill.teacher=technical-student",
        "encoders.technical-student.distill.teacher=messages-student",
        "encoders.messages-student.distill.teacher=general-student",
    )
    assert "general-student <- technical-student <- messages-student <- general-student" in message


def test_a_labelled_table_must_name_its_labels():
    source = "{reader: table, language: %s, path: x.jsonl}"
    message = refused(f"tasks.tags.sources=[{source % 'eng'}, {source % 'jpn'}]")
    assert "tasks.tags.sources: x.jsonl: name the column that holds the labels" in message


def test_a_sweep_needs_text_and_scores_of_its_language():
    source = "{reader: table, language: eng, path: eng.jsonl}"
    assert "corpora.technical has no source for jpn" in refused(
        "sweep.language=jpn", f"corpora.technical.sources=[{source}]"
    )
    assert "'tags' is not scored in jpn" in refused("sweep.language=jpn", "tasks.tags.languages=[eng]")


def test_elastic_workers_are_counted_from_few_to_many():
    assert "minimum 5 is above maximum 4" in refused("resources.train.workers={minimum: 5, maximum: 4}")


def test_workers_that_add_up_gradients_have_whole_gpus():
    for workers in ("2", "{minimum: 1, maximum: 2}"):
        message = refused(f"resources.train.workers={workers}", "resources.train.gpus_per_worker=0.5")
        assert "resources.train.gpus_per_worker: 0.5 would put several of 2 workers on one GPU, but NCCL" in message
    load(DEMO, ["resources.train.gpus_per_worker=0.5"])
    load(DEMO, ["resources.train.workers=2", "resources.train.gpus_per_worker=1"])


def test_a_config_for_a_cluster_loads_on_a_small_machine():
    load(DEMO, ["resources.train.workers=500"])


def test_a_task_is_scored_in_its_languages_with_its_encoders_and_all_baselines():
    experiment = load(DEMO, ["tasks.tags.languages=[jpn]", "sweep=null"])
    assert task_languages(experiment, "tags") == ("jpn",)
    assert task_languages(experiment, "intent") == ("eng", "jpn")
    assert task_encoders(experiment, "tags") == ("technical-student", "general-student", "teacher")
    assert task_encoders(load(DEMO, ["tasks.tags.encoders=[]"]), "tags") == experiment.evaluate.encoders


def test_students_that_may_not_be_there_are_named_nowhere_else():
    named = f"evaluate.encoders=[{EVALUATED},technical-student-200kB]"
    load(DEMO, [named])
    for key in ("sweep.students=drop", "sweep.stop_when_flat=true"):
        assert "evaluate.encoders: technical-student-200kB may not be there with sweep." in refused(named, key)


def test_a_sweep_is_scored_as_the_grid_is():
    overrides = [f"{key}=null" for key in ("evaluate", "probe", "export", "classify")]
    assert "sweep: it scores its encoders as `evaluate` says" in refused(
        "tasks.tags.encoders=[]", "tasks.intent.encoders=[]", *overrides
    )
