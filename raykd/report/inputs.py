"""The one input of the report: everything an experiment found, as frames.

Nothing here knows where results are stored. A frame may be empty, and scores may be incomplete: the
report then shows what there is and says what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from raykd.planning.planned_tests import PlannedTests
from raykd.report.paper.published import PaperDifference
from raykd.statistics.design import CellKey, Design
from raykd.statistics.item_bootstrap import Decisions

MARKS = ("*", "†", "‡", "§", "¶", "‖")

SCORES = (
    *("task", "kind", "language", "encoder", "weights", "encoder_seed", "seed"),
    *("label", "precision", "recall", "f1", "average_precision", "support"),
)
EXPECTED_CELLS = ("task", "language", "encoder", "weights", "seeds")

COLUMNS = {
    "texts": ("corpus", "language", "source", "read", "documents", "bytes"),
    "drops": ("corpus", "language", "source", "reason", "documents"),
    "masked": ("of", "language", "source", "kind", "values"),
    "moved": ("corpus", "declared", "language", "documents"),
    "lines": ("corpus", "one_in", "documents", "lines", "bytes"),
    "tokens": (
        *("corpus", "tokenizer", "max_length", "language"),
        *("bytes", "sequences", "tokens", "unknown", "dropped"),
    ),
    "corpora": ("encoder", "corpus", "language", "documents", "bytes", "tokens"),
    "splits": ("task", "kind", "language", "split", "origin", "rows"),
    "labels": ("task", "kind", "language", "split", "label", "rows"),
    "scores": SCORES,
    "sized_scores": (*SCORES, "train_rows"),
    "training": ("encoder", "seed", "step", "tokens", "loss", "kd", "mlm", "cosine", "hidden_mse", "relations"),
    "encoders": ("encoder", "parameters", "layers", "width", "vocabulary", "bytes"),
    "latency": (
        *("encoder", "length", "batch", "threads", "device", "precision", "texts", "tokens", "word_embeddings"),
        *("lower", "median", "upper", "tokens_per_second", "processor", "cores"),
        *("ratio", "ratio_low", "ratio_high", "reference", "busy"),
    ),
    "homonyms": ("encoder", "word", "sense", "neighbour", "neighbour_distance", "within", "between"),
    "homonym_shift": (
        *("language", "word", "sense", "neighbour", "sentence", "measure"),
        *("first", "second", "across", "first_encoder", "second_encoder"),
    ),
    "sweep_costs": ("encoder", "seed", "epochs", "steps", "tokens", "hours", "worker_hours", "money"),
    "stages": ("stage", "name", "directory", "hash", "seconds"),
    "rows_left_out": ("where", "fact", "what", "number"),
    "expected_cells": EXPECTED_CELLS,
    "sized_cells": (*EXPECTED_CELLS, "train_rows"),
}


@dataclass(frozen=True)
class Sweep:
    """Encoders distilled on growing quantities of one language's text (section 5).

    quantities: (bytes, encoder name) in rising order; baselines: the encoders shown beside them; flat_gain: points of
    F1 up to which a gain counts as none; flat_chance: of more, below which the curve counts as flat; left_out: larger
    quantities that were planned and, the curve being flat, not distilled.
    """

    encoder: str
    language: str
    task: str
    quantities: tuple[tuple[int, str], ...]
    baselines: tuple[str, ...]
    weights: str = "frozen"
    flat_gain: float = 0.5
    flat_chance: float = 0.2
    left_out: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Predictions:
    """What a cell's classifiers decided of each test text: doc_ids and groups [texts], and the decisions, seeds in the
    order of (seed, encoder seed). Cells of one task and language have the same texts in the same order."""

    doc_ids: np.ndarray
    groups: np.ndarray
    decisions: Decisions

    @property
    def clusters(self) -> np.ndarray | None:
        """The groups where texts come in two or more of them: other test texts would be of other groups. Else None."""
        return self.groups if len(set(self.groups) - {""}) > 1 else None


@dataclass(frozen=True)
class ReportInputs:
    """What a report is made of. Every frame has the columns that COLUMNS lists for it.

    texts           documents read, and documents and bytes kept, of every source of every prepared corpus
    drops           documents that were read and not kept, by reason
    masked          values of personal data that were masked in all rows read of a corpus, a task or what was classified
    moved           documents that were told to be in another language than their source declares, and went there
    lines           how many lines of a corpus stand in at least so many documents, and fewer than the next row's, and
                    the bytes that they make in all of them; of one line in so many, times that
    tokens          each corpus in each tokenizer: bytes of the documents, sequences, tokens, [UNK] among them,
                    and sequences dropped for being short or mostly [UNK]
    corpora         what each encoder trained here was trained on; bytes of uncompressed UTF-8 text
    splits          rows per task, language, split (train, validation, test), origin ("", natural, translated)
    labels          rows per task, language, split and label
    accounts        task -> what became of its rows, in lines
    rows_left_out   rows of tasks and documents of corpora that were counted and left out: where, the fact's name,
                    what it counts (a label, a file), number
    scores          precision, recall, f1 and average_precision (0 to 1) and support, per encoder seed, classifier
                    seed and label; kind is binary, multi-class or multi-label; weights is frozen or fine-tuned
    positive        binary task -> positive label
    baselines       in the order of their marks: * † ‡ § ¶ ‖
    design          what the experiment tests, as its configuration has it now; None without a baseline
    planned_tests   what was written down of it, and when; None where nothing was
    task_encoders   task -> the encoders of its rows in Table 8, in order
    training        loss curves; tokens is cumulative; those of a loss that is not used are NaN
    encoders        sizes: parameters without vocabulary head, layers, hidden width, vocabulary entries, bytes on disk
    latency         forward passes: milliseconds a text (median and quartiles), by encoder, length (NaN: a task's texts)
                    and batch; what they ran on; how many times as long the reference takes, with
                    a 95 % interval; why the machine was busy, if it was
    homonyms        mean cosine distances, by encoder, word and sense (general, technical)
    homonym_shift   distances of each sentence's two forms in two encoders, and between these, divided by the means of
                    unrelated sentences; measure: cosine or Euclidean
    stages          what ran, where its result lies, and the seconds it took
    sweep_costs     what each student of the sweep took, one row a distillation: hours by the clock, and times workers;
                    NaN for those made before that was kept; money is NaN without a price
    expected_cells  every cell that the experiment asks for, with its number of classifier seeds
    sized_scores    scores of the same cells trained on the first train_rows of their training rows
    sized_cells     every such cell that the experiment asks for
    settings        the resolved configuration as YAML
    predictions     (task, language, encoder, weights) -> decisions on the test texts, where they are stored
    unseen          encoder -> the groups that its corpus left out
    hashes          grid cell -> the hash of its result, which two experiments share where all that made it is the same
    group_word      what the task's sources call a group, such as "company"
    teachers        encoder -> its teacher, of those distilled here
    paper           how the experiment differs from the paper's; None where the paper is not asked for

    Languages are ISO 639-3 codes. Raises ValueError when a frame lacks a column or there are more
    baselines than marks.
    """

    name: str
    texts: pd.DataFrame
    drops: pd.DataFrame
    tokens: pd.DataFrame
    corpora: pd.DataFrame
    splits: pd.DataFrame
    labels: pd.DataFrame
    scores: pd.DataFrame
    positive: Mapping[str, str]
    baselines: tuple[str, ...]
    task_encoders: Mapping[str, tuple[str, ...]]
    sweep: Sweep | None
    training: pd.DataFrame
    encoders: pd.DataFrame
    stages: pd.DataFrame
    expected_cells: pd.DataFrame
    settings: str
    versions: Mapping[str, str]
    commit: str
    predictions: Mapping[CellKey, Predictions] = field(default_factory=dict)
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    teachers: Mapping[str, str] = field(default_factory=dict)
    paper: tuple[PaperDifference, ...] | None = None
    masked: pd.DataFrame = field(default_factory=lambda: empty("masked"))
    moved: pd.DataFrame = field(default_factory=lambda: empty("moved"))
    lines: pd.DataFrame = field(default_factory=lambda: empty("lines"))
    latency: pd.DataFrame = field(default_factory=lambda: empty("latency"))
    homonyms: pd.DataFrame = field(default_factory=lambda: empty("homonyms"))
    sweep_costs: pd.DataFrame = field(default_factory=lambda: empty("sweep_costs"))
    homonym_shift: pd.DataFrame = field(default_factory=lambda: empty("homonym_shift"))
    sized_scores: pd.DataFrame = field(default_factory=lambda: empty("sized_scores"))
    sized_cells: pd.DataFrame = field(default_factory=lambda: empty("sized_cells"))
    rows_left_out: pd.DataFrame = field(default_factory=lambda: empty("rows_left_out"))
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    design: Design | None = None
    planned_tests: PlannedTests | None = None
    group_word: str = "group"
    hashes: Mapping[CellKey, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for frame, columns in COLUMNS.items():
            missing = [column for column in columns if column not in getattr(self, frame).columns]
            if missing:
                raise ValueError(f"report inputs: frame {frame!r} lacks the columns {missing}")
        if len(self.baselines) > len(MARKS):
            raise ValueError(f"report inputs: {len(self.baselines)} baselines, but only {len(MARKS)} marks ({MARKS})")

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language of the experiment, in order of first appearance."""
        frames = (self.expected_cells, self.scores, self.splits, self.texts, self.corpora)
        return tuple(dict.fromkeys(language for frame in frames for language in frame["language"]))

    @property
    def train_rows(self) -> pd.DataFrame:
        """How many training rows each task has: columns task, language, rows."""
        train = self.splits[self.splits["split"] == "train"]
        return train.groupby(["task", "language"], sort=False)["rows"].sum().reset_index()

    def mark(self, baseline: str) -> str:
        """The mark of a significant difference from this baseline."""
        return MARKS[self.baselines.index(baseline)]


def empty(frame: str) -> pd.DataFrame:
    """A frame without rows and with the columns that COLUMNS lists under this name."""
    return pd.DataFrame(columns=list(COLUMNS[frame]))
