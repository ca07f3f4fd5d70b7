"""Encoders as a plan has them: what they are made from, and where they will lie."""

from __future__ import annotations

from dataclasses import dataclass

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.config import Adapt, Budget, Distill, Pretrain, Trim
from raykd.corpus.budget import below_floors, cutoff_keys, held_out_floors
from raykd.errors import InputError

WEIGHTS = "model.safetensors"
DROPPED = "dropped_bytes"  # a fact of an encoder whose weights were removed: how many bytes they had


@dataclass(frozen=True)
class Planned:
    """An encoder that is made here from a corpus. budget: of that corpus, or the sweep's quantity; tokenizer: the one
    that its tokens are of."""

    name: str
    spec: Distill | Pretrain | Adapt | Trim
    seed: int
    budget: Budget | None
    parent: SavedEncoder | None
    tokenizer: SavedEncoder
    texts: Result
    tokens: Result
    result: Result

    @property
    def saved(self) -> SavedEncoder:
        return SavedEncoder(self.name, self.seed, self.result.hash, self.result.directory)

    def is_there(self, store: ResultStore) -> bool:
        """With its weights."""
        return bool(store.manifest(self.result)) and DROPPED not in store.facts(self.result)

    def ranks(self, store: ResultStore) -> tuple[dict[str, int], dict[str, int]]:
        """(cut-off rank of each language, the ranks above which documents are held out), of texts that are there."""
        return cutoff_keys(store, self.texts, self.budget), {}

    @property
    def prepared(self) -> tuple[Result, ...]:
        """What must be there before it is made, other encoders aside."""
        return self.texts, self.tokens

    @property
    def made_from(self) -> tuple[SavedEncoder, ...]:
        """The encoders that must be there before it is made."""
        return (self.parent,) if self.parent else ()


@dataclass(frozen=True)
class PlannedEncoder(Planned):
    """An encoder that is trained here, with one of its seeds."""

    spec: Distill | Pretrain | Adapt
    start: SavedEncoder | None = None  # the student that it starts from

    @property
    def made_from(self) -> tuple[SavedEncoder, ...]:
        return *super().made_from, *([self.start] if self.start else [])

    def ranks(self, store: ResultStore) -> tuple[dict[str, int], dict[str, int]]:
        """Raises InputError where a language has no more than what is to be held out."""
        (cutoffs, floors), validation = super().ranks(store), self.spec.validation
        if not validation:
            return cutoffs, floors
        try:
            floors = held_out_floors(store, self.texts, list(cutoffs), validation.documents)
        except InputError as error:
            raise InputError(f"encoders.{self.name}: {error}") from error
        return below_floors(cutoffs, floors), floors


@dataclass(frozen=True)
class PlannedTrim(Planned):
    """An encoder that is left fewer pieces; its seed is 0. own_tokenizer: the one with these pieces."""

    spec: Trim
    parent: SavedEncoder
    own_tokenizer: Result

    @property
    def prepared(self) -> tuple[Result, ...]:
        return *super().prepared, self.own_tokenizer
