"""The experiment: one frozen typed tree, filled from YAML with dotted overrides, checked whole before anything runs.

Sizes are bytes of uncompressed UTF-8 text and are written as `1.5GB`, `300MB` (1 GB = 10**9). Defaults that come
from a source name it: "Sanh" is the distillation example of Hugging Face transformers (research_projects/distillation),
"paper" is Howell et al. 2022. Everything under `resources` decides how fast a run is and never what it computes.
"""

from raykd.config.classify import Classify
from raykd.config.corpora import Budget, Cleaning, Corpus, Exclude, Length, Sequences
from raykd.config.encoders import (
    Adapt,
    Distill,
    Encoder,
    Loss,
    Masking,
    Pretrain,
    TokenizerChoice,
    Training,
    TrainTokenizer,
    Trim,
    Validation,
)
from raykd.config.experiment import Experiment, Sample, load, to_yaml
from raykd.config.fetch import Fetch
from raykd.config.probe import Homonym, Homonyms, Latency, Probe, Sense
from raykd.config.resources import READER_CPUS, Elastic, Limits, Resources, TrainResources, TrialResources
from raykd.config.sources import (
    Conversation,
    LanguageColumn,
    Source,
    StackExchangeSource,
    TableSource,
    WikipediaSource,
)
from raykd.config.tasks import ClassifierTraining, Evaluate, Head, Sizes, SplitSizes, Sweep, Task
from raykd.config.translate import Translate, TranslateResources
from raykd.config.types import Language, SplitName

__all__ = [
    "READER_CPUS",
    "Adapt",
    "Budget",
    "ClassifierTraining",
    "Classify",
    "Cleaning",
    "Conversation",
    "Corpus",
    "Distill",
    "Elastic",
    "Encoder",
    "Evaluate",
    "Exclude",
    "Experiment",
    "Fetch",
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
    "Pretrain",
    "Probe",
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
    "to_yaml",
]
