"""Encoders: saved ones, those trained here, and those that are left fewer pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from raykd.config.corpora import Budget
from raykd.config.types import LATER, Distinct, Name, Node, Positive, Share

Beta = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0)]


class Masking(Node):
    # At 0 the text is shown as it is, for losses that predict no token alone (reference: train.py --mlm_mask_prop).
    rate: Share = 0.15
    # Tokens are drawn by their count ** -0.7 (reference: train.py --mlm_smoothing).
    smoothing: Annotated[float, Field(ge=0)] = 0.7


class Validation(Node):
    """Masked-language loss on documents that no training takes: the `documents` of highest rank of each language."""

    documents: Positive = 1000  # of each language; a budget that would reach them takes those below
    every: Positive = 100  # steps; after the last one always
    patience: Positive | None = None  # so many without a better one end the training; none: it runs to its end
    # Which weights are the encoder: those after the last step, or those of the lowest mean loss over languages. The
    # others lie in a folder of their name inside its directory.
    keep: Literal["last", "best"] = "last"


class Training(Node):
    """What pretraining, continued training and distillation share."""

    corpus: Name
    budget: Budget | None = None  # none: the corpus's own
    seeds: Annotated[tuple[int, ...], Field(min_length=1), Distinct] = (56,)  # (reference: train.py --seed)
    epochs: Positive = 3  # (reference: train.py --n_epoch)
    steps: Annotated[Positive | None, LATER] = None  # in place of epochs: as many of these as the steps take
    # Large (paper, section 4). The reference: batch 5 x accumulation 50 = 250 a process, 2,000 of eight processes.
    step_sequences: Positive = 4096
    group_sequences: Positive = 64
    max_length: Annotated[int, Field(ge=8)] = 512  # tokens; longer text is cut (reference: lm_seqs_dataset.py)
    learning_rate: Annotated[float, Field(gt=0)] = 5e-4  # (reference: train.py --learning_rate)
    warmup: Share = 0.05  # of the steps (reference: train.py --warmup_prop)
    betas: tuple[Beta, Beta] = (0.9, 0.98)  # (reference: distiller.py, __init__)
    epsilon: Annotated[float, Field(gt=0)] = 1e-6  # (reference: train.py --adam_epsilon)
    weight_decay: Annotated[float, Field(ge=0)] = 0.0  # (reference: train.py --weight_decay)
    # Largest norm of a step's gradient (reference: train.py --max_grad_norm).
    gradient_clip: Annotated[float, Field(gt=0)] = 5.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1  # (reference: training_configs)
    masking: Masking = Masking()
    validation: Validation | None = None

    @property
    def needs_masked_tokens(self) -> bool:
        return True

    @model_validator(mode="after")
    def tokens_are_masked_where_needed(self) -> Training:
        if self.masking.rate == 0 and self.needs_masked_tokens:
            raise ValueError(
                "masking.rate is 0, but loss.mlm, loss.kd_positions masked, validation, pretrain and adapt need it"
            )
        return self

    @model_validator(mode="after")
    def whole_groups(self) -> Training:
        if self.step_sequences % self.group_sequences:
            raise ValueError(
                f"step_sequences {self.step_sequences} is not a multiple of group_sequences {self.group_sequences}"
            )
        return self


class Relations(Node):
    """Self-attention relations of MiniLMv2 (Wang et al. 2021): raykd/distill/losses/relations.py.

    They reach the queries, keys and values of the student's last layer and all below. What comes after those in that
    layer learns nothing from them: beside them, give cosine or hidden_mse a weight where hidden states are used as
    they are. The widths of teacher and student may differ.
    """

    weight: Weight = 0.0
    layer: Annotated[int, Field(ge=0)] | None = None  # of the teacher, counted from 0; none: its last
    # That queries, keys and values are cut into anew; none: as many as the teacher's attention heads. MiniLMv2: 48.
    heads: Positive | None = None


class Loss(Node):
    """Weights of the losses; one of weight 0 is left out.

    distillation and mlm need a vocabulary head; where both weigh 0, an encoder without one can teach, and its student
    has none either. hidden_mse is the mean over positions and width of the squared difference of last hidden states.
    (The reference's alpha_mse weighs a sum over positions and width, divided by the sequences of a batch.)
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"positions": "kd_positions now"}

    distillation: Weight = 5.0  # (reference: its authors' statement)
    mlm: Weight = 2.0  # (reference: its authors' statement)
    cosine: Weight = 1.0  # (reference: its authors' statement)
    hidden_mse: Weight = 0.0
    relations: Relations = Relations()
    temperature: Annotated[float, Field(gt=0)] = 2.0  # (reference: train.py --temperature)
    # Where distillation is taken (reference: train.py --restrict_ce_to_mask).
    kd_positions: Literal["all", "masked"] = "all"

    @property
    def needs_head(self) -> bool:
        return self.distillation > 0 or self.mlm > 0

    @property
    def needs_teacher(self) -> bool:
        return self.distillation > 0 or self.compares_hidden_states or self.relations.weight > 0

    @property
    def compares_hidden_states(self) -> bool:
        return self.cosine > 0 or self.hidden_mse > 0

    @model_validator(mode="after")
    def something_to_learn(self) -> Loss:
        if not (self.needs_head or self.needs_teacher):
            raise ValueError("all weights are 0, so there is nothing to learn")
        return self


class Distill(Training):
    """A student of `teacher`; one that was trained here with several seeds teaches with the first of them."""

    teacher: Name
    # Of the teacher's; a number (paper, section 4) spreads them evenly, 12 -> 0, 2, 4, 7, 9, 11 (reference:
    # scripts/extract_distilbert.py).
    layers: Positive | tuple[int, ...] = 6
    loss: Loss = Loss()
    token_types: Literal["fold", "drop"] = "fold"  # the reference drops them, a constant lost before the LayerNorm
    positions: Literal["frozen", "trained"] = "frozen"  # (reference: training_configs)
    # The teacher's weights matter more than any one of the losses (Sanh et al. 2019, Table 4; reference:
    # scripts/extract_distilbert.py).
    initialisation: Literal["teacher", "random"] = "teacher"

    # Of the student's hidden states; none: the teacher's, which another one can take no weights from. Heads keep their
    # size, and the feed-forward layers their ratio.
    width: Positive | None = None

    # A student of the same shape, whose weights this one starts with in place of the teacher's: the one of the same
    # seed, or else its first.
    start: Annotated[Name | None, LATER] = None

    @model_validator(mode="after")
    def nothing_random_is_frozen(self) -> Distill:
        if self.initialisation == "random" and self.positions == "frozen":
            raise ValueError("random position embeddings must not stay frozen: set positions to trained")
        return self

    @property
    def needs_masked_tokens(self) -> bool:
        distils_masked = self.loss.distillation > 0 and self.loss.kd_positions == "masked"
        return self.loss.mlm > 0 or distils_masked or self.validation is not None


class TrainTokenizer(Node):
    vocabulary: Annotated[int, Field(ge=100)]
    corpora: tuple[Name, ...] = ()  # none: the corpus of the encoder


class TokenizerChoice(Node):
    train: TrainTokenizer


class Pretrain(Training):
    tokenizer: TokenizerChoice
    layers: Positive = 12  # as mBERT (paper, section 4)
    width: Positive = 768  # as mBERT (Devlin et al. 2019)
    heads: Positive = 12  # as mBERT (Devlin et al. 2019)
    intermediate: Positive = 3072  # as mBERT (Devlin et al. 2019)


class Adapt(Training):
    """Masked-language training that goes on from `encoder` (its first seed, where it has several).

    An encoder that comes without a vocabulary head gets a new one, which a share of the steps trains alone before the
    encoder's own weights move (raykd/distill/models/mlm_head.py); at 1 they never do, and its hidden states stay as
    they are. Where it has a head, these two settings are not used.
    """

    encoder: Name
    head_share: Share = 0.1
    head_learning_rate: Annotated[float, Field(gt=0)] = 3e-3  # of the head alone; the best of 1e-3, 3e-3, 1e-2


class Trim(Node):
    """An encoder that keeps the pieces of its vocabulary that a corpus uses, their rows and nothing else changed.

    Kept are the `pieces` most frequent ones, or those used at least `minimum` times in the corpus within its budget;
    besides, always, the special and added tokens and all single characters.
    """

    encoder: Name
    corpus: Name
    budget: Budget | None = None  # none: the corpus's own
    pieces: Positive | None = None
    minimum: Positive | None = None
    max_length: Annotated[int, Field(ge=8)] = 512  # of the token shards that are counted, shared where it is the same

    @model_validator(mode="after")
    def one_measure(self) -> Trim:
        if (self.pieces is None) == (self.minimum is None):
            raise ValueError("give either pieces, how many of the most frequent are kept, or minimum, how often used")
        return self


class Encoder(Node):
    """One of: a saved model (directory or hub name), a student, an encoder pretrained here, trained on, or trimmed."""

    model: str | None = None
    revision: str | None = None
    distill: Distill | None = None
    pretrain: Pretrain | None = None
    adapt: Adapt | None = None
    trim: Trim | None = None

    @model_validator(mode="after")
    def one_origin(self) -> Encoder:
        if sum(x is not None for x in (self.model, self.distill, self.pretrain, self.adapt, self.trim)) != 1:
            raise ValueError("an encoder has exactly one of model, distill, pretrain, adapt, trim")
        return self

    @property
    def training(self) -> Distill | Pretrain | Adapt | None:
        return self.distill or self.pretrain or self.adapt

    @property
    def parent(self) -> str | None:
        """The encoder that this one is made from, if any."""
        if self.distill:
            return self.distill.teacher
        changed = self.adapt or self.trim
        return changed.encoder if changed else None

    @property
    def needs(self) -> tuple[str, ...]:
        """The encoders that must be there before this one is made: its parent, and whom it starts from."""
        start = self.distill.start if self.distill else None
        return tuple(name for name in (self.parent, start) if name)
