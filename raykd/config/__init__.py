"""The experiment: one frozen typed tree, filled from YAML with dotted overrides, checked whole before anything runs.

Sizes are bytes of uncompressed UTF-8 text and are written as `1.5GB`, `300MB` (1 GB = 10**9). Defaults that come
from a source name it in brackets: the paper is Howell et al. 2022, the reference the distillation example of Hugging
Face transformers (research_projects/distillation). Everything under `resources` decides how fast a run is and never
what it computes.
"""

from raykd.config.classify import TEXT_COLUMNS, Classify
from raykd.config.corpora import (
    Budget,
    Cleaning,
    Corpus,
    Detect,
    Exclude,
    Length,
    NearDuplicates,
    Sequences,
)
from raykd.config.encoders import (
    Adapt,
    Distill,
    Encoder,
    Loss,
    Masking,
    Pretrain,
    Relations,
    TokenizerChoice,
    Training,
    TrainTokenizer,
    Trim,
    Validation,
)
from raykd.config.experiment import Experiment, Sample, load, to_yaml
from raykd.config.export import Export, Parity
from raykd.config.fetch import Fetch
from raykd.config.privacy import OwnPattern, Privacy
from raykd.config.probe import Homonym, Homonyms, Latency, Probe, Sense
from raykd.config.resources import Elastic, Limits, PrepareResources, Resources, TrainResources, TrialResources
from raykd.config.sources import (
    Conversation,
    LanguageColumn,
    Source,
    StackExchangeSource,
    TableSource,
    WikipediaSource,
)
from raykd.config.sweep import Flat, Sweep, size_name
from raykd.config.tasks import (
    ClassifierTraining,
    Evaluate,
    Head,
    Sizes,
    SplitSizes,
    Task,
    TaskKind,
)
from raykd.config.translate import Translate, TranslateResources
from raykd.config.types import SPLITS, Language, SplitName

__all__ = [
    "SPLITS",
    "TEXT_COLUMNS",
    "Adapt",
    "Budget",
    "ClassifierTraining",
    "Classify",
    "Cleaning",
    "Conversation",
    "Corpus",
    "Detect",
    "Distill",
    "Elastic",
    "Encoder",
    "Evaluate",
    "Exclude",
    "Experiment",
    "Export",
    "Fetch",
    "Flat",
    "Head",
    "Homonym",
    "Homonyms",
    "Language",
    "LanguageColumn",
    "Latency",
    "Length",
    "Limits",
    "Loss",
    "Masking",
    "NearDuplicates",
    "OwnPattern",
    "Parity",
    "PrepareResources",
    "Pretrain",
    "Privacy",
    "Probe",
    "Relations",
    "Resources",
    "Sample",
    "Sense",
    "Sequences",
    "Sizes",
    "Source",
    "SplitName",
    "SplitSizes",
    "StackExchangeSource",
    "Sweep",
    "TableSource",
    "Task",
    "TaskKind",
    "TokenizerChoice",
    "TrainResources",
    "TrainTokenizer",
    "Training",
    "Translate",
    "TranslateResources",
    "TrialResources",
    "Trim",
    "Validation",
    "WikipediaSource",
    "load",
    "size_name",
    "to_yaml",
]
