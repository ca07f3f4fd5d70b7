"""What is known of text before any encoder exists: read from the manifests of texts and tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from raykd.corpus.budget import language_budgets
from raykd.distill.data.sampler import sequences_up_to
from raykd.planning.encoders import PlannedEncoder, PlannedTrim
from raykd.planning.plan import Plan
from raykd.report.inputs import COLUMNS


def frame(name: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame with the columns that COLUMNS lists under this name."""
    return pd.DataFrame.from_records(list(rows), columns=list(COLUMNS[name]))


def text_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """Documents read and kept of every source of every corpus that is prepared."""
    for corpus, language, source, facts in _sources(plan):
        numbers = {name: facts[name] for name in ("read", "documents", "bytes")}
        yield {"corpus": corpus, "language": language, "source": source, **numbers}


def drop_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """Documents that did not become text, by reason."""
    for corpus, language, source, facts in _sources(plan):
        for reason, documents in facts["dropped"].items():
            yield {
                "corpus": corpus,
                "language": language,
                "source": source,
                "reason": reason,
                "documents": documents,
            }


def masked_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """Values of personal data that were masked, by kind, of every corpus, task and classification that is made."""
    for corpus, language, source, facts in _sources(plan):
        for kind, values in facts.get("masked", {}).items():
            place = {"of": f"corpus {corpus}", "language": language, "source": source}
            yield place | {"kind": kind, "values": values}
    for task, result in plan.tasks.items():
        if plan.store.manifest(result):
            yield from ({"of": f"task {task}", **row} for row in plan.store.facts(result).get("masked", ()))
    classified = plan.classified
    if classified and plan.store.manifest(classified):
        for language, source, kind, values in plan.store.facts(classified).get("masked", ()):
            place = {"of": "classified", "language": language, "source": source}
            yield place | {"kind": kind, "values": values}


def moved_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """Documents that were found to be in another language than their source declares, and went there."""
    for corpus, result in plan.texts.items():
        if plan.store.manifest(result):
            for language, facts in plan.store.facts(result)["languages"].items():
                for declared, documents in facts.get("moved", {}).items():
                    yield {"corpus": corpus, "declared": declared, "language": language, "documents": documents}


def line_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """How often the lines of each corpus return."""
    for corpus, result in plan.texts.items():
        # Texts that were made before lines were counted have none.
        facts = plan.store.facts(result).get("lines") if plan.store.manifest(result) else None
        if facts:
            for part in facts["returning"]:
                yield {"corpus": corpus, "one_in": facts["one_in"], **part}


def token_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """Each corpus in each tokenizer, as far as it is tokenised; bytes: of the documents that were."""
    planned = {encoder.tokens.directory: encoder for encoder in made_here(plan)}
    for encoder in planned.values():
        if not plan.store.manifest(encoder.tokens):
            continue
        texts = plan.store.facts(encoder.texts)["languages"]
        tokens = plan.store.facts(encoder.tokens)["shards"]
        for language, facts in texts.items():
            own = [shard for shard in tokens if shard["language"] == language]
            sizes = {shard["file"]: shard["bytes"] for shard in facts["shards"]}
            if own:
                yield {
                    "corpus": encoder.spec.corpus,
                    "tokenizer": encoder.tokenizer.name,
                    "max_length": encoder.spec.max_length,
                    "language": language,
                    "bytes": sum(sizes[shard["file"]] for shard in own),
                    **{name: sum(shard[name] for shard in own) for name in ("sequences", "tokens", "unknown")},
                    "dropped": sum(shard["dropped_unknown"] + shard["dropped_short"] for shard in own),
                }


def taken_rows(plan: Plan, planned: PlannedEncoder) -> Iterator[dict[str, Any]]:
    """What an encoder took: the documents up to its cut-off ranks. One row a language, for its first seed only."""
    if planned.seed != planned.spec.seeds[0]:
        return
    store = plan.store
    languages = store.facts(planned.texts)["languages"]
    available = {language: facts["bytes"] for language, facts in languages.items()}
    budgets = language_budgets(available, planned.budget)
    cutoffs, _ = planned.ranks(store)
    for language in budgets:
        documents = size = 0
        for shard in languages[language]["shards"]:
            if shard["last_rank"] <= cutoffs[language]:
                documents, size = documents + shard["documents"], size + shard["bytes"]
                continue
            table = store.storage.read_table(f"{planned.texts.directory}/{shard['file']}", columns=["rank", "bytes"])
            taken = table["rank"].to_numpy() <= np.uint64(cutoffs[language])
            documents, size = documents + int(taken.sum()), size + int(table["bytes"].to_numpy()[taken].sum())
            break
        yield {
            "encoder": planned.name,
            "corpus": planned.spec.corpus,
            "language": language,
            "documents": documents,
            "bytes": size,
            "tokens": _tokens(plan, planned, language, cutoffs[language]),
        }


def made_here(plan: Plan) -> list[PlannedEncoder | PlannedTrim]:
    """The encoders of the experiment and of its sweep."""
    return [*plan.encoders, *plan.sweep_encoders]


def _sources(plan: Plan) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for corpus, result in plan.texts.items():
        if plan.store.manifest(result):
            for language, facts in plan.store.facts(result)["languages"].items():
                for source, own in facts["sources"].items():
                    yield corpus, language, source, own


def _tokens(plan: Plan, planned: PlannedEncoder, language: str, cutoff: int) -> int:
    total = 0
    for shard in plan.store.facts(planned.tokens)["shards"]:
        if shard["language"] != language:
            continue
        sequences = sequences_up_to(plan.store, planned.tokens, shard, cutoff)
        if sequences == shard["sequences"]:
            total += shard["tokens"]
        elif sequences:
            path = f"{planned.tokens.directory}/{shard['file']}"
            lists = plan.store.storage.read_table(path, columns=["input_ids"])["input_ids"].slice(0, sequences)
            total += len(lists.combine_chunks().flatten())
    return total
