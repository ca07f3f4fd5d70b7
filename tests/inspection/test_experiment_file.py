"""From files of every form to findings, and to experiments that load and read the same rows and labels from them."""

import gzip
from collections import Counter
from dataclasses import replace

import pytest

from raykd.config import Experiment
from raykd.corpus.readers import read_unit, split_units
from raykd.errors import InputError
from raykd.inspection import experiment_yaml, findings_lines, inspect
from raykd.inspection.experiment_file import experiment_name, scalar
from raykd.inspection.look import row_labels
from raykd.inspection.task import MOST_LABELS
from raykd.planning.load import load_experiment


@pytest.fixture
def experiment_of(tmp_path):
    """experiment_of(path, language) -> (findings, the experiment as the project's own loader reads it)."""

    def make(path, language: str | None = "eng"):
        findings = inspect(str(path), language)
        written = tmp_path / "written.yaml"
        written.write_text(experiment_yaml(findings, "mine"), encoding="utf-8")
        assert all(len(line) < 200 for line in findings_lines(findings))
        return findings, load_experiment(written)

    return make


def task_rows(experiment: Experiment):
    """Rows that can be read, and rows by label, with the sources of the one task."""
    (task,) = experiment.tasks.values()
    rows = [row for unit in split_units(task.sources) for row in read_unit(unit, experiment.cleaning)]
    assert not [row.problem for row in rows if row.problem]
    return task, rows, Counter(label for row in rows for label in row.labels)


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"),
    [
        ("a.csv", "utf-8", ","),
        ("a.csv", "utf-8-sig", ","),
        ("a.csv", "utf-8", ";"),
        ("a.csv", "utf-8", "|"),
        ("a.tsv", "utf-8", "\t"),
        ("a.csv", "utf-16", ","),
        ("a.csv", "utf-16-le", ";"),
        ("a.jsonl", "utf-8", ","),
        ("a.parquet", "utf-8", ","),
    ],
)
def test_every_form_is_read_as_it_is_written(name, encoding, delimiter, tmp_path, messages, write_rows, experiment_of):
    path = write_rows(tmp_path / name, messages(), encoding, delimiter)
    findings, experiment = experiment_of(path)
    assert (findings.rows, findings.rejected, findings.text, findings.whole) == (240, 0, "message", True)
    task, rows, labels = task_rows(experiment)
    assert (task.kind, len(rows), set(task.labels)) == ("multi-class", 240, {"delivery", "refund", "thanks"})
    assert dict(labels) == findings.labels.counts


def test_cyrillic_bytes_are_read(tmp_path, messages, write_rows, experiment_of, templates):
    path = write_rows(tmp_path / "a.csv", messages(templates=(templates["rus"],)), "cp1251", ";")
    findings, experiment = experiment_of(path, "rus")
    assert (findings.file.encoding, findings.file.delimiter) == ("cp1251", ";")
    _, rows, _ = task_rows(experiment)
    assert rows[0].text.startswith("Я заказал 2 пары")


def test_a_compressed_file(tmp_path, messages, write_rows, experiment_of):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(write_rows(tmp_path / "a.csv", messages()).read_bytes()))
    assert experiment_of(path)[0].rows == 240


def test_a_folder(tmp_path, messages, write_rows, experiment_of):
    for part in range(3):
        write_rows(tmp_path / "folder" / f"{part}.csv", messages()[part * 80 : part * 80 + 80])
    findings, experiment = experiment_of(tmp_path / "folder")
    assert (findings.file.files, findings.rows) == (3, 240)
    assert len(task_rows(experiment)[1]) == 240


def test_a_folder_of_plain_text_makes_encoders_alone(tmp_path, messages, write_rows, experiment_of):
    write_rows(tmp_path / "folder" / "a.txt", messages())
    findings, experiment = experiment_of(tmp_path / "folder")
    assert findings.file.path.endswith("folder/*.txt") and findings.rows == 240
    assert set(experiment.encoders) == {"teacher", "student"}
    assert not experiment.tasks and experiment.evaluate is None


def test_one_column_with_commas_that_nobody_quoted(tmp_path, messages, experiment_of):
    (tmp_path / "a.csv").write_text("message\n" + "".join(f"{row['message']}\n" for row in messages()))
    findings, experiment = experiment_of(tmp_path / "a.csv")
    assert (findings.rows, findings.rejected) == (240, 0)
    source = experiment.corpora["domain"].sources[0]
    assert all(row.text.endswith("?") for unit in split_units([source]) for row in read_unit(unit))


def test_a_column_of_languages(tmp_path, messages, write_rows, experiment_of, templates):
    rows = messages(480, (templates["eng"], templates["spa"]))
    path = write_rows(tmp_path / "a.csv", [{**row, "lang": ["en", "ES"][n % 2]} for n, row in enumerate(rows)])
    findings, experiment = experiment_of(path, None)
    assert experiment.languages == ("eng", "spa") and findings.languages.codes == {"en": "eng", "ES": "spa"}
    _, read, _ = task_rows(experiment)
    assert Counter(row.language for row in read) == {"eng": 240, "spa": 240}


def test_one_language_is_detected(tmp_path, messages, write_rows, experiment_of, templates):
    path = write_rows(tmp_path / "a.jsonl", messages(templates=(templates["spa"],)))
    assert experiment_of(path, None)[1].languages == ("spa",)


def test_languages_that_nothing_tells_apart_are_taken_together(
    tmp_path, messages, write_rows, experiment_of, templates
):
    path = write_rows(tmp_path / "a.jsonl", messages(templates=(templates["spa"], templates["eng"], templates["spa"])))
    findings, experiment = experiment_of(path, None)
    assert experiment.languages == ("mul",) and findings.languages.found == {"spa": 160, "eng": 80}
    assert experiment.cleaning.privacy.countries == ("ES", "MX", "AR", "US", "GB")


def test_a_language_with_too_few_labels_is_left_out_of_the_task(tmp_path, messages, write_rows, experiment_of):
    rows = [{**row, "lang": "en" if n < 200 else "ja"} for n, row in enumerate(messages())]
    _, experiment = experiment_of(write_rows(tmp_path / "a.csv", rows), None)
    assert experiment.languages == ("eng", "jpn") and experiment.tasks["intent"].languages == ("eng",)


def test_labels_of_one_class_make_no_task(tmp_path, messages, write_rows, experiment_of):
    path = write_rows(tmp_path / "a.csv", [{**row, "intent": "thanks"} for row in messages()])
    findings, experiment = experiment_of(path)
    assert not experiment.tasks and "holds one label alone" in "\n".join(findings_lines(findings))


def test_labels_of_several_values_a_row(tmp_path, messages, write_rows, experiment_of):
    rows = [
        {**row, "intent": f"{row['intent']}|polite" if n % 4 else row["intent"]} for n, row in enumerate(messages())
    ]
    findings, experiment = experiment_of(write_rows(tmp_path / "a.csv", rows))
    task, _, labels = task_rows(experiment)
    assert task.kind == "multi-label" and task.sources[0].separator == "|"
    assert dict(labels) == findings.labels.counts and set(labels) == set(task.labels) >= {"polite"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_lists_of_labels(name, tmp_path, messages, write_rows, experiment_of):
    rows = [{**row, "intent": [row["intent"], "all"]} for row in messages()]
    task, _, labels = task_rows(experiment_of(write_rows(tmp_path / name, rows))[1])
    assert task.kind == "multi-label" and labels["all"] == 240


def test_a_column_a_label(tmp_path, messages, write_rows, experiment_of):
    rows = [{"message": row["message"], "toxic": n % 2, "insult": n % 3 // 2} for n, row in enumerate(messages())]
    task, _, labels = task_rows(experiment_of(write_rows(tmp_path / "a.csv", rows))[1])
    assert task.without_labels and labels == {"toxic": 120, "insult": 80}


@pytest.mark.parametrize(
    ("pair", "positive"), [(("yes", "no"), "yes"), (("not late", "late"), "late"), (("1", "0"), "1")]
)
def test_two_labels_are_binary_and_quoted_where_yaml_needs_it(
    pair, positive, tmp_path, messages, write_rows, experiment_of
):
    rows = [{**row, "intent": pair[n % 3 == 0]} for n, row in enumerate(messages())]
    task, _, _ = task_rows(experiment_of(write_rows(tmp_path / "a.csv", rows))[1])
    assert (task.kind, task.positive, set(task.labels)) == ("binary", positive, set(pair))


def test_rare_labels_are_left_out(tmp_path, messages, write_rows, experiment_of):
    rows = [{**row, "intent": "odd" if n < 5 else row["intent"]} for n, row in enumerate(messages())]
    task, _, _ = task_rows(experiment_of(write_rows(tmp_path / "a.csv", rows))[1])
    assert "odd" not in task.labels and task.unmatched_share == 1


def test_stated_splits_are_taken_and_the_encoders_see_train_alone(tmp_path, messages, write_rows, experiment_of):
    rows = [{**row, "split": ["train", "train", "test"][n % 8 % 3]} for n, row in enumerate(messages())]
    task, read, _ = task_rows(experiment_of(write_rows(tmp_path / "a.csv", rows))[1])
    assert task.sizes is None and {row.split for row in read} == {"train", "test"}
    corpus = experiment_of(tmp_path / "a.csv")[1].corpora["domain"]
    texts = [row for unit in split_units(corpus.sources) for row in read_unit(unit)]
    assert corpus.exclude.tasks == "none" and len(texts) == sum(row["split"] == "train" for row in rows)


def test_what_is_seen_besides(tmp_path, messages, write_rows, experiment_of):
    rows = [{"id": str(n), "company": f"c{n % 4}", **row} for n, row in enumerate(messages())]
    rows[1]["message"] = rows[0]["message"]
    rows[2]["message"] += " Write to ann@example.com or call +44 20 7946 0958"
    findings, experiment = experiment_of(write_rows(tmp_path / "a.csv", rows))
    assert (findings.id, findings.group, findings.groups) == ("id", "company", 4)
    assert (findings.copies, findings.conflicts) == (1, 1)
    assert findings.personal == {"email": 1, "phone": 1} and experiment.cleaning.privacy.bare_phones
    shown = "\n".join(findings_lines(findings))
    assert "email 1, phone 1" in shown and "ann@" not in shown
    assert 60 < findings.median < findings.long + 1


def test_large_files_get_numbers_of_rows_and_a_budget(tmp_path, messages, write_rows, experiment_of):
    findings, experiment = experiment_of(write_rows(tmp_path / "a.csv", messages()))
    assert experiment.tasks["intent"].sizes.are_shares and experiment.corpora["domain"].budget is None
    many = replace(findings.labels, labelled={"eng": 90_000})
    large = replace(findings, labels=many, size=10**8, whole=False)
    (tmp_path / "large.yaml").write_text(experiment_yaml(large, "large"))
    loaded = load_experiment(tmp_path / "large.yaml")
    assert loaded.tasks["intent"].sizes.train == 1000 and loaded.corpora["domain"].budget.total == 2_000_000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "none.csv: no such file"),
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"message,label\n", "no rows"),
        ("a.jsonl", b"", "no rows"),
        ("a.jsonl", b"{broken\n", "1 of 1 rows cannot be read, .*; the first: .*not valid JSON.*; mend them$"),
        # A delimiter that is nowhere in it would make one column of texts and labels.
        ("a.csv", b"message,label\n" + b"hello, where is it,lost\n" * 9, "9 of 9 rows .*in quotes"),
        ("a.csv", b"message,message,label\n" + b"hello,you,lost\n" * 9, "2 columns are called 'message'"),
        ("a.csv", b"message,label\n" + b"hello,lost\n" * 97 + b"a,b,c\n" * 3, "3 of 100 rows .*more than the 1%"),
        ("a.csv", b"price,day\n1,2024-01-01\n2,2024-01-02\n", "no column holds text"),
        ("a.csv", b"PK\x03\x04 and so on", "an Excel file"),
        ("a.pdf", b"%PDF-", "a table is .parquet"),
        ("a.xlsx", b"PK\x03\x04", "a table is .parquet.*; save its sheet as CSV"),
        ("a.json", b"[]", r"a table is .parquet.*; a JSON list becomes JSON lines by jq -c '\.\[\]' FILE > FILE.jsonl"),
        ("a.json.gz", b"", "a table is .parquet.*; a JSON list becomes JSON lines"),
    ],
)
def test_what_no_experiment_can_be_made_of_is_said_in_one_line(name, content, said, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        inspect(str(tmp_path / name), "eng")


def test_a_text_counts_once_with_the_label_that_it_has_most_often(tmp_path, messages, write_rows, experiment_of):
    """As a task takes it: a label whose rows are copies has too few."""
    rows = [{"message": row["message"], "label": "order"} for row in messages(60)]
    rows += [{"message": f"cancel the contract {n // 2} please", "label": "cancel"} for n in range(60)]
    rows += [{"message": "thanks to you all", "label": "thanks"}] * 30
    rows += [{"message": rows[0]["message"], "label": "thanks"}] * 1
    path = tmp_path / "a.csv"
    write_rows(path, [*rows, {"message": rows[0]["message"], "label": "order"}])
    findings, experiment = experiment_of(path)
    assert findings.labels.counts == {"order": len({row["message"] for row in rows[:60]}), "cancel": 30, "thanks": 1}
    assert experiment.tasks["label"].labels == ("order", "cancel")
    assert "left out, labels with too few rows: thanks" in "\n".join(findings_lines(findings))


def test_words_for_an_empty_cell_are_told_where_they_are_labels(tmp_path, messages, write_rows):
    rows = [{**row, "intent": ("N/A", "order", "null")[n % 3]} for n, row in enumerate(messages())]
    write_rows(tmp_path / "a.csv", rows)
    written = experiment_yaml(inspect(str(tmp_path / "a.csv"), "eng"), "a")
    assert "# Taken as labels: N/A, null. Where they stand for no label, empty these cells" in written
    write_rows(tmp_path / "b.csv", messages())
    assert "Taken as labels" not in experiment_yaml(inspect(str(tmp_path / "b.csv"), "eng"), "b")


def test_labels_beyond_the_most_frequent(tmp_path, monkeypatch, write_rows, experiment_of):
    monkeypatch.chdir(tmp_path)  # the path is a part of each line's width
    rows = [{"message": f"text {n} on subject {n % 60}", "label": f"s{n % 60:02}"} for n in range(60 * 25)]
    write_rows(tmp_path / "a.csv", rows)
    findings, experiment = experiment_of("a.csv")
    task = experiment.tasks["label"]
    assert task.labels == tuple(f"s{n:02}" for n in range(MOST_LABELS)) and task.unmatched_share == 1
    told = "\n".join(findings_lines(findings))
    assert "labels beyond the 50 most frequent: s50, s51" in told and "too few" not in told


def test_rows_of_no_known_language_are_counted(tmp_path, messages, write_rows):
    rows = [{**row, "lang": "en" if n % 20 else "xx"} for n, row in enumerate(messages(100))]
    write_rows(tmp_path / "a.csv", rows)
    findings = inspect(str(tmp_path / "a.csv"))
    assert findings.languages.rows == {"eng": 95} and findings.languages.unknown == {"xx": 5}
    assert [line for line in findings_lines(findings) if line.endswith(" left out, rows in no known language: xx 5")]


def test_files_of_several_kinds_or_encodings_are_refused(tmp_path, messages, write_rows, templates):
    write_rows(tmp_path / "a" / "1.csv", messages())
    write_rows(tmp_path / "a" / "2.jsonl", messages())
    with pytest.raises(InputError, match="files of several kinds"):
        inspect(str(tmp_path / "a"), "eng")
    write_rows(tmp_path / "b" / "1.csv", messages())
    write_rows(tmp_path / "b" / "2.csv", messages(templates=(templates["rus"],)), "cp1251")
    with pytest.raises(InputError, match="several encodings"):
        inspect(str(tmp_path / "b"), "eng")


@pytest.mark.parametrize(
    "value", ["yes", "1", "1e3", "null", "a: b", "${x}", "#1", "'", '"', "c#", "два", "a b", " x", "-"]
)
def test_values_come_back_as_they_are(value, tmp_path):
    (tmp_path / "a.yaml").write_text(f"name: a\nstorage: {scalar(value)}\nlanguages: [eng]\n", encoding="utf-8")
    assert load_experiment(tmp_path / "a.yaml").storage == value


@pytest.mark.parametrize(
    ("path", "name"), [("dir/my-messages.csv.gz", "my_messages"), ("s3://b/2024 export.parquet", "2024_export"),
                       ("отзывы.csv", "experiment"), ("folder/", "folder")]
)  # fmt: skip
def test_experiments_are_called_after_their_file(path, name):
    assert experiment_name(path) == name


def test_a_row_has_the_labels_that_the_reader_finds():
    class Roles:
        one_each, labels, separator = False, ("tags",), "|"

    assert row_labels({"tags": "a|b | c"}, Roles) == {"a", "b", "c"}
