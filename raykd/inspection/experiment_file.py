"""Findings to an experiment file: small, complete and commented, with the lines to change for more. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from raykd.corpus.readers.files import plain_name
from raykd.corpus.values import shown_value
from raykd.errors import shown_line
from raykd.inspection.columns import own_names, plain
from raykd.inspection.findings import MIXED, Findings, Labels
from raykd.inspection.task import TaskChoice, choose_task

BUDGET = 2_000_000  # bytes of text: minutes of training
SHORT = 200  # characters of texts that fit into 64 tokens
WITHOUT_BLANKS = {"jpn", "zho", "kor", "tha"}  # about a token a character; others have three characters a token
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
MISSING = {"null", "n/a", "nan", "none"}  # of tables, for an empty cell; a reader takes them as any other label
_YAML_WORDS = {"yes", "no", "true", "false", "on", "off", "null", "none", "y", "n", "nan", "inf"}


def experiment_yaml(findings: Findings, name: str) -> str:
    """An experiment called `name` on what was found, that runs as it is.

    With labels: a small teacher and its student, both made of the file's text and scored on its task. Without: the
    encoders alone, and what a task needs.
    """
    task = choose_task(findings)
    parts = [_head(findings, name), _corpus(findings, isinstance(task, TaskChoice)), _encoders(findings)]
    parts += [_task(findings, task), _evaluate(findings, task)] if isinstance(task, TaskChoice) else [_no_task(task)]
    return "\n".join([*parts, _RESOURCES])


def experiment_name(path: str) -> str:
    """A name that an experiment may have, from that of its file."""
    words = re.findall(r"[A-Za-z0-9]+", plain_name(path.rstrip("/")).rpartition(".")[0] or plain_name(path.rstrip("/")))
    return "_".join(words)[:40].strip("_") or "experiment"


def scalar(value: str) -> str:
    """A value as YAML that OmegaConf reads back to the same text."""
    if _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False).replace("${", "\\\\${")


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(scalar, values))}]"


def _map(values: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{scalar(key)}: {scalar(value)}' for key, value in values.items())}}}"


def _some(values: Iterable[str]) -> str:
    """Values in a comment: a line of those that may be shown."""
    shown = [shown_value(value) for value in values]
    return shown_line(", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else ""))


def _head(findings: Findings, name: str) -> str:
    languages = findings.languages
    lines = [
        f"# An experiment on {shown_line(findings.file.path)}, written by `raykd init` from what it saw there. Run it:",
        f"#   raykd pipeline {name}.yaml    (.venv/bin/python jobs/pipeline.py {name}.yaml from a checkout)",
        "# It is small, for minutes on two CPU cores. What to change for more stands beside each part.",
        f"name: {scalar(name)}",
        "storage: runs  # a directory here; on a cluster a path that all machines share, or s3://bucket/prefix",
    ]
    if MIXED in languages.rows:
        lines += [
            f"# {_some(languages.found or ())} stand mixed in one file, and no column tells them apart: they are taken",
            "# together. For scores of each, add a column with the language (en, es, ...) and run `raykd init` again.",
        ]
    lines.append(f"languages: {_list(languages.rows)}")
    countries = f", countries: {_list(findings.countries)}" if findings.countries else ""
    seen = ", ".join(f"{kind} {count:,}" for kind, count in findings.personal.items()) or "none seen"
    lines += [
        "# Personal data is masked in all text before anything is stored, as [EMAIL], [PHONE] and so on.",
        f"# In {findings.private_texts:,} texts: {seen}. Leave the line out for text that has none.",
        f"cleaning: {{privacy: {{bare_phones: true{countries}}}}}",
    ]
    return "\n".join([*lines, ""])


def _corpus(findings: Findings, has_task: bool) -> str:
    lines = ["corpora:", "  domain:  # the text that the encoders learn from", "    sources:", "      - &source"]
    lines += [f"        {line}" for line in _source(findings)]
    if findings.split:
        train = findings.split.values["train"]
        lines[3] = "      - &train"
        lines += [
            f"        where: {{{scalar(findings.split.column)}: {_list(train)}}}",
            "    # The rows of train are for the encoders too; those of validation and test they never see.",
            "    exclude: {tasks: none}",
        ]
    elif has_task:
        lines += [
            "    # The encoders never see the task's texts, nor one that shares so many characters in a row with them.",
            "    # Texts made from forms share more: 200, or none for whole texts alone.",
            "    exclude: {overlap: 50}",
        ]
    if findings.size > BUDGET or not findings.whole:
        lines.append("    budget: {total: 2MB}  # for more: a larger one, or none for all of the text")
    if findings.copies:
        lines.append(
            "    # near_duplicates: {}  # also drops texts that are almost alike (pip install 'raykd[near-duplicates]')"
        )
    return "\n".join([*lines, ""])


def _source(findings: Findings) -> list[str]:
    file, languages = findings.file, findings.languages
    lines = ["reader: table", f"path: {scalar(file.path)}"]
    lines += [f"encoding: {file.encoding}"] if file.encoding else []
    lines += [f"delimiter: {json.dumps(file.delimiter)}"] if file.delimiter else []
    if languages.column:
        lines.append(f"language: {{column: {scalar(languages.column)}, codes: {_map(languages.codes or {})}}}")
    else:
        lines.append(f"language: {next(iter(languages.rows))}")
    lines.append(f"text: {scalar(findings.text)}")
    lines += [f"id: {scalar(findings.id)}"] if findings.id else []
    lines += [f"group: {scalar(findings.group)}"] if findings.group else []
    return lines


def _encoders(findings: Findings) -> str:
    length = 64 if findings.long <= SHORT and not _has_long_tokens(findings) else 128
    vocabulary = 1000 if findings.size < 50_000 else 4000 if findings.size < BUDGET else 8000
    tokens = findings.median if _has_long_tokens(findings) else findings.median // 3
    sequences = 64 if tokens <= 32 else 32 if tokens <= 64 else 16  # one or two thousand tokens a step
    return _ENCODERS.format(length=length, vocabulary=vocabulary, sequences=sequences)


def _has_long_tokens(findings: Findings) -> bool:
    return bool(WITHOUT_BLANKS.intersection([*findings.languages.rows, *(findings.languages.found or ())]))


def _task(findings: Findings, task: TaskChoice) -> str:
    labels = findings.labels
    assert labels
    lines = ["tasks:", f"  {scalar(_task_name(labels))}:", f"    kind: {task.kind}", "    sources:"]
    if findings.split:
        own_splits = own_names(findings.split)
        lines += ["      -", *(f"        {line}" for line in _source(findings))]
        lines.append(f"        split: {scalar(findings.split.column)}")
        if own_splits:
            shown = ", ".join(f"{split}: {_list(values)}" for split, values in own_splits.items())
            lines.append(f"        splits: {{{shown}}}")
    else:
        lines += ["      - <<: *source"]
    if labels.one_each:
        lines.append(f"        label_columns: {_list(labels.columns)}")
    else:
        lines.append(f"        labels: {scalar(labels.columns[0])}")
    lines += [f"        separator: {json.dumps(labels.separator)}"] if labels.separator else []
    lines.append(f"    labels: {_list(task.labels)}")
    if missing := [label for label in task.labels if label.lower() in MISSING]:
        lines += [
            f"    # Taken as labels: {_some(missing)}. Where they stand for no label, empty these cells",
            "    # of the file and run `raykd init` again.",
        ]
    lines += (
        [f"    positive: {scalar(task.positive)}  # what is looked for: its F1 is the score"] if task.positive else []
    )
    for why, names in (("Too few rows for a score", task.rare), ("Beyond the most frequent", task.beyond)):
        lines += [f"    # {why}: {_some(names)}. Rows of these alone are left out, and counted."] if names else []
    if task.rare or task.beyond:
        lines += ["    unmatched_share: 1"] if task.kind != "multi-label" else []
    if labels.one_each:
        lines.append("    without_labels: true  # rows with none of the labels belong to it")
    if task.left_out:
        lines.append(f"    # Too few labelled rows: {_some(task.left_out)}, which the encoders learn all the same.")
        lines.append(f"    languages: {_list(task.languages)}")
    if task.sizes:
        train, validation, test = (f"{size:g}" for size in task.sizes)
        what = "Rows in each language" if task.sizes[0] > 1 else "Shares of the labelled rows in each language"
        lines += [
            f"    # {what}; what no split takes is text for the encoders.",
            f"    sizes: {{train: {train}, validation: {validation}, test: {test}, stratified: true}}",
        ]
        if findings.group:
            lines += [
                "    # whole_groups: true beside stratified keeps a group's rows in one split: scores are then of",
                f"    # groups (column {shown_line(findings.group)}) that no classifier has seen.",
            ]
    return "\n".join([*lines, ""])


def _task_name(labels: Labels) -> str:
    own = labels.columns[0] if not labels.one_each else "labels"
    return plain(own).encode("ascii", "ignore").decode().strip("_")[:40] or "labels"


def _evaluate(findings: Findings, task: TaskChoice) -> str:
    assert findings.labels
    tokens = findings.long if _has_long_tokens(findings) else findings.long // 3
    length = min(128, max(32, -(-tokens // 16) * 16))
    name, language = scalar(_task_name(findings.labels)), task.languages[0]
    return _EVALUATE.format(length=length, task=name, language=language)


def _no_task(why: str) -> str:
    return _NO_TASK.format(why=shown_line(why))


_ENCODERS = """\
encoders:
  teacher:  # made here of the same text, as no hub is asked for
    pretrain:
      corpus: domain
      tokenizer: {{train: {{vocabulary: {vocabulary}}}}}
      layers: 4
      width: 128
      heads: 4
      intermediate: 512
      max_length: {length}
      # Few updates on little text: uniform masking and no dropout make the most of them.
      masking: {{smoothing: 0}}
      dropout: 0
      steps: 500
      learning_rate: 1e-3
      warmup: 0.1
      step_sequences: {sequences}
      group_sequences: 16
  student:  # the domain encoder: half the teacher's layers
    distill:
      teacher: teacher
      corpus: domain
      layers: 2
      max_length: {length}
      steps: 500
      learning_rate: 1e-3
      step_sequences: {sequences}
      group_sequences: 16
  # For more: a real teacher, for which a GPU is wanted. Put these lines in place of the two encoders above (mBERT has
  # 12 layers; the paper's student has 6). `adapt` would train it on before it teaches (docs/training.md).
  # teacher: {{model: google-bert/bert-base-multilingual-cased}}
  # student: {{distill: {{teacher: teacher, corpus: domain, layers: 6, epochs: 3, step_sequences: 256}}}}
"""

_EVALUATE = """\
evaluate:
  encoders: [student, teacher]
  # For more: encoders of others beside yours, given under encoders as {{model: directory or hub name}}.
  baselines: [teacher]
  weights: [frozen, fine-tuned]
  seeds: 10
  smallest_effect: 2  # points of F1: what "no worse" may lose at most
  max_length: {length}  # tokens of a text; what is longer is cut
  head: {{hops: 4}}
  # Few texts and tiny encoders want many small steps. With a real teacher leave these two lines out.
  frozen: {{epochs: 15, batch: 16, learning_rate: 1e-2}}
  fine_tuned: {{epochs: 3, batch: 16, learning_rate: 5e-3, encoder_learning_rate: 1e-3}}

# What a text costs to run: the time of each encoder on the task's texts, on an otherwise idle machine (docs/probe.md).
probe: {{latency: {{task: {task}, language: {language}}}}}

# For more: the student with its heads as an ONNX graph, in float and in int8 (pip install 'raykd[export]').
# export: {{encoders: [student]}}
"""

_NO_TASK = """\
# No task: {why}. Encoders are made all the same. To
# score them, rows need labels: a column `label` with one of a few values, or several with | between them, at least 20
# rows each, or a column with 1 and 0 for each label. Then run `raykd init` again, or write (docs/tasks.md):
# tasks:
#   intent:
#     kind: multi-class  # or binary, with `positive`; or multi-label
#     sources: [{{<<: *source, labels: label}}]
#     labels: [order, complaint, thanks]
#     sizes: {{train: 0.25, validation: 0.1, test: 0.15, stratified: true}}
# evaluate: {{encoders: [student, teacher], baselines: [teacher], max_length: 64}}
"""

_RESOURCES = """\
resources:
  object_store: 300MB
  # One thread: models this small gain little from two, which wait for each other where other work takes their cores.
  # For more: workers: 4, and gpus_per_worker: 1 where there are GPUs (also grid: {gpus: 1}).
  train: {workers: 1, threads: 1, checkpoint_steps: 50}
  grid: {precision: float32}
"""
