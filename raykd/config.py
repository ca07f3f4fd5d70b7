"""The experiment: one frozen typed tree, filled from YAML with dotted overrides, checked whole before anything runs.

Sizes are bytes of uncompressed UTF-8 text and are written as `1.5GB`, `300MB` (1 GB = 10**9). Defaults that come
from a source name it: "Sanh" is the distillation example of Hugging Face transformers (research_projects/distillation),
"paper" is Howell et al. 2022. Everything under `resources` decides how fast a run is and never what it computes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import (
    AfterValidator,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from raykd.errors import InputError

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]  # ISO 639-3
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*$", max_length=60)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError(f"one is named twice: {', '.join(map(str, values))}")
    return values


# A seed or a name given twice would count one result as two independent ones.
Distinct = AfterValidator(_each_once)

READER_CPUS = 0.1  # logical CPUs that reading asks for beside each Train worker


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StackExchangeSource(Node):
    """Posts.xml of a Stack Exchange dump, or the .7z it comes in; a question's text is its title and body, its labels
    are its tags. Where the path is a pattern or a directory, ids hold the file's name, for each site counts its own.
    """

    reader: Literal["stackexchange"]
    language: Language
    path: str
    name: Name | None = None
    posts: Literal["questions", "answers", "all"] = "all"


class WikipediaSource(Node):
    """A MediaWiki dump (pages-articles, .xml or .xml.bz2), one document an article; or WikiExtractor's output."""

    reader: Literal["wikipedia"]
    language: Language
    path: str
    name: Name | None = None
    form: Literal["dump", "extracted"] = "dump"


class Conversation(Node):
    """Columns that tell conversations apart (`id`) and order their turns (`turn`; none: as they stand in the file).

    With `join`, the turns of one conversation that follow each other in the file are one document of at most so many
    characters, a turn a line, its id that of its first turn; a longer turn is a document of its own. Turns that lie
    apart are not brought together: sort the file by conversation first. Without `join`, every turn is a document.
    """

    id: str
    turn: str | None = None
    join: Positive | None = None


class TableSource(Node):
    """Parquet, or JSON lines, CSV or plain text (.txt), these also compressed (.gz, .zst, .bz2), with named columns.

    `where` keeps the rows that hold one of the values given. A .txt has one column, `text`, and is cut into
    `documents`: lines, or paragraphs with blank lines between them.
    """

    reader: Literal["table"]
    language: Language
    path: str
    name: Name | None = None
    text: str = "text"
    id: str | None = None
    group: str | None = None
    labels: str | None = None
    origin: str | None = None
    where: dict[str, tuple[str, ...]] = {}
    documents: Literal["lines", "paragraphs"] = "lines"
    conversation: Conversation | None = None

    @model_validator(mode="after")
    def joined_turns_have_no_labels(self) -> TableSource:
        if self.labels and self.conversation and self.conversation.join:
            raise ValueError("joined turns have no labels: leave out conversation.join, or labels")
        return self


Source = Annotated[StackExchangeSource | TableSource | WikipediaSource, Field(discriminator="reader")]


class Budget(Node):
    """How much text is taken, after cleaning, exclusion and de-duplication: the documents of lowest rank.

    Either bytes per language; or a total of which the languages of `take_all` give all they have and the others
    share what is left by P(language) ** exponent (the paper: Table 1, exponent 1; mBERT: 0.7).
    """

    per_language: dict[Language, ByteSize] = {}
    total: ByteSize | None = None
    take_all: tuple[Language, ...] = ()
    exponent: Share = 1.0

    @model_validator(mode="after")
    def one_way(self) -> Budget:
        if bool(self.per_language) == (self.total is not None):
            raise ValueError("a budget is either per_language or a total")
        if self.take_all and self.total is None:
            raise ValueError("take_all needs a total")
        return self


class Exclude(Node):
    tasks: Literal["all_rows", "none"] = "all_rows"
    groups: tuple[str, ...] = ()


class Corpus(Node):
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    budget: Budget | None = None
    exclude: Exclude = Exclude()
    rejected_share: Share = 0.0  # of a corpus' rows that may be unreadable before the job fails
    shard: ByteSize = ByteSize(64_000_000)


class Masking(Node):
    rate: Share = 0.15  # Sanh train.py:95
    smoothing: Annotated[float, Field(ge=0)] = 0.7  # Sanh train.py:131, count ** -0.7


class Training(Node):
    """What pretraining, continued training and distillation share."""

    corpus: Name
    budget: Budget | None = None  # none: the corpus's own
    seeds: Annotated[tuple[int, ...], Field(min_length=1), Distinct] = (56,)  # Sanh train.py:197
    epochs: Positive = 3  # Sanh train.py:155
    step_sequences: Positive = 4096  # Sanh: batch 5 x accumulation 50 x 8 processes = 2,000; the paper: "large"
    group_sequences: Positive = 64
    max_length: Annotated[int, Field(ge=8)] = 512
    learning_rate: Annotated[float, Field(gt=0)] = 5e-4  # Sanh train.py:170
    warmup: Share = 0.05  # Sanh train.py:168
    betas: tuple[float, float] = (0.9, 0.98)  # Sanh distiller.py:167
    epsilon: float = 1e-6  # Sanh train.py:171
    weight_decay: float = 0.0  # Sanh train.py:169
    gradient_clip: float = 5.0  # Sanh train.py:172
    dropout: Share = 0.1
    masking: Masking = Masking()

    @model_validator(mode="after")
    def whole_groups(self) -> Training:
        if self.step_sequences % self.group_sequences:
            raise ValueError(
                f"step_sequences {self.step_sequences} is not a multiple of group_sequences {self.group_sequences}"
            )
        return self


class Loss(Node):
    """Weights of the three losses (the reference authors' own statement: 5, 2, 1)."""

    distillation: Annotated[float, Field(ge=0)] = 5.0
    mlm: Annotated[float, Field(ge=0)] = 2.0
    cosine: Annotated[float, Field(ge=0)] = 1.0
    temperature: Annotated[float, Field(gt=0)] = 2.0  # Sanh train.py:88
    positions: Literal["all", "masked"] = "all"


class Distill(Training):
    teacher: Name
    layers: Positive | tuple[int, ...] = (
        6  # a number: spread evenly, 12 -> 0, 2, 4, 7, 9, 11 (Sanh extract_distilbert.py)
    )
    loss: Loss = Loss()
    token_types: Literal["fold", "drop"] = "fold"  # the reference drops them, a constant lost before the LayerNorm
    positions: Literal["frozen", "trained"] = "frozen"  # frozen in the reference


class TrainTokenizer(Node):
    vocabulary: Annotated[int, Field(ge=100)]
    corpora: tuple[Name, ...] = ()  # none: the corpus of the encoder


class TokenizerChoice(Node):
    train: TrainTokenizer


class Pretrain(Training):
    tokenizer: TokenizerChoice
    layers: Positive = 12
    width: Positive = 768
    heads: Positive = 12
    intermediate: Positive = 3072


class Adapt(Training):
    encoder: Name


class Encoder(Node):
    """One of: a saved model (directory or hub name), a student, an encoder pretrained here, one trained on."""

    model: str | None = None
    revision: str | None = None
    distill: Distill | None = None
    pretrain: Pretrain | None = None
    adapt: Adapt | None = None

    @model_validator(mode="after")
    def one_origin(self) -> Encoder:
        if sum(x is not None for x in (self.model, self.distill, self.pretrain, self.adapt)) != 1:
            raise ValueError("an encoder has exactly one of model, distill, pretrain, adapt")
        return self

    @property
    def training(self) -> Distill | Pretrain | Adapt | None:
        return self.distill or self.pretrain or self.adapt

    @property
    def parent(self) -> str | None:
        """The encoder that this one is made from, if any."""
        return self.distill.teacher if self.distill else self.adapt.encoder if self.adapt else None


class Sizes(Node):
    """Rows per split and language; `minimum`: how often each label occurs in validation and in test (paper, 3.2.1)."""

    train: Positive
    validation: Positive
    test: Positive
    minimum: Annotated[int, Field(ge=0)] = 0


class Task(Node):
    kind: Literal["binary", "multi-class", "multi-label"]
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    labels: Annotated[tuple[str, ...], Field(min_length=2), Distinct]
    positive: str | None = None
    sizes: Sizes
    rejected_share: Share = 0.0  # of the rows read that may be unreadable before the job fails
    languages: Annotated[tuple[Language, ...], Distinct] = ()  # none: the experiment's
    encoders: tuple[Name, ...] = ()  # none: all of evaluate.encoders

    @model_validator(mode="after")
    def positive_label(self) -> Task:
        if (self.kind == "binary") != (self.positive is not None):
            raise ValueError("a binary task, and no other, names its positive label")
        if self.kind == "binary" and (len(self.labels) != 2 or self.positive not in self.labels):
            raise ValueError("a binary task has two labels, one of them positive")
        return self


class Head(Node):
    """Structured self-attention (Lin et al. 2017): about 600,000 parameters at width 768, as the paper says."""

    hidden: Positive | None = None  # d_a; none: the encoder's width
    hops: Positive = 1  # r


class ClassifierTraining(Node):
    epochs: Positive = 3
    batch: Positive = 32
    learning_rate: Annotated[float, Field(gt=0)]
    encoder_learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    warmup: Share = 0.1
    dropout: Share = 0.1  # of the encoder while it is fine-tuned, whatever it was trained with


class Evaluate(Node):
    encoders: Annotated[tuple[Name, ...], Field(min_length=1), Distinct]
    baselines: tuple[Name, ...] = ()
    weights: Annotated[tuple[Literal["frozen", "fine-tuned"], ...], Field(min_length=1), Distinct] = (
        "frozen",
        "fine-tuned",
    )
    seeds: Positive = 10
    head: Head = Head()
    max_length: Annotated[int, Field(ge=8)] = 512
    threshold: Share = 0.5
    frozen: ClassifierTraining = ClassifierTraining(learning_rate=1e-3)
    fine_tuned: ClassifierTraining = ClassifierTraining(learning_rate=1e-3)


class Sweep(Node):
    """One encoder distilled on growing, nested quantities of one language (paper, section 5)."""

    encoder: Name
    language: Language
    task: Name
    quantities: Annotated[tuple[ByteSize, ...], Field(min_length=1)]
    baselines: tuple[Name, ...] = ()


class Sample(Node):
    """Sample data that the project writes itself: bytes per language and kind of text."""

    directory: str
    seed: int = 7
    technical: ByteSize
    messages: ByteSize
    general: ByteSize


class TrainResources(Node):
    workers: Positive = 1
    cpus_per_worker: Annotated[float, Field(gt=0)] = 1.0
    gpus_per_worker: Annotated[float, Field(ge=0)] = 0
    threads: Positive | None = None  # torch threads of a worker; none: the machine's cores shared by the workers
    micro_batch_tokens: Positive = 4096
    checkpoint_steps: Positive = 50
    failures: Annotated[int, Field(ge=0)] = 2


class TrialResources(Node):
    cpus: Annotated[float, Field(gt=0)] = 1.0
    gpus: Annotated[float, Field(ge=0)] = 0
    failures: Annotated[int, Field(ge=0)] = 2


class Resources(Node):
    logical_cpus: Positive | None = None  # of a Ray started here; none: the machine's cores
    object_store: ByteSize = ByteSize(1_000_000_000)  # of a Ray started here
    scratch: ByteSize = ByteSize(20_000_000_000)  # hidden states that one trial may hold on local disk
    train: TrainResources = TrainResources()
    grid: TrialResources = TrialResources()
    sweep_trials: Positive = 1  # quantities that train at the same time


class Experiment(Node):
    name: Name
    storage: str
    seed: int = 56  # corpus selection and splits; encoders and the grid have seeds of their own
    languages: Annotated[tuple[Language, ...], Field(min_length=1), Distinct]
    source_identity: Literal["stat", "content"] = "stat"  # a file is its size and time of change, or its bytes
    sample: Sample | None = None
    corpora: dict[Name, Corpus]
    encoders: dict[Name, Encoder]
    tasks: dict[Name, Task] = {}
    evaluate: Evaluate | None = None
    sweep: Sweep | None = None
    resources: Resources = Resources()


def load(path: str | Path, overrides: list[str] | None = None) -> Experiment:
    """The experiment in a YAML file, with `key.path=value` overrides applied, resolved and checked.

    Raises InputError naming the file and the key for anything that cannot run.
    """
    from raykd.checks import check_experiment

    if not Path(path).is_file():
        raise InputError(f"{path}: no such config file")
    values: Any = None
    try:
        tree = OmegaConf.merge(OmegaConf.load(path), OmegaConf.from_dotlist(overrides or []))
        values = OmegaConf.to_container(tree, resolve=True)
        experiment = Experiment.model_validate(values)
    except (OmegaConfBaseException, yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {_first_problem(error, values)}") from error
    check_experiment(experiment, str(path))
    return experiment


def to_yaml(experiment: Experiment) -> str:
    """The resolved experiment as YAML that `load` reads back to an equal tree."""
    return yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _first_problem(error: ValidationError, values: Any) -> str:
    problems = error.errors()
    first = problems[0]
    where = ".".join(_keys(first["loc"], values)) or "the file"
    what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where}: {what}{more}"


def _keys(location: tuple[int | str, ...], values: Any) -> list[str]:
    """The keys of the file in pydantic's location of a problem, which also names the alternatives that it tried."""
    keys = []
    for part in location:
        inside = values if isinstance(values, dict) else dict(enumerate(values)) if isinstance(values, list) else {}
        if part in inside or (isinstance(values, dict) and part == location[-1]):
            keys.append(str(part))
        values = inside.get(part, values)
    return keys
