"""Read, clean and rank the corpora, build the tasks, train tokenizers, write token shards.

python jobs/prepare.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/prepare.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.checks import task_languages
from raykd.config import to_yaml
from raykd.corpus.quantity import cutoff_ranks
from raykd.corpus.texts import prepare_texts
from raykd.corpus.tokenizer import train_tokenizer
from raykd.corpus.tokens import missing_shards, prepare_tokens
from raykd.errors import InputError
from raykd.plan import Plan, PlannedEncoder
from raykd.tasks.prepare import prepare_task


def prepare(run: Run) -> None:
    plan = run.plan
    run.store.write_index(plan.results(), to_yaml(run.experiment))
    prepare_tasks(run, plan)
    prepare_corpora(run, plan)
    prepare_tokenizers(run, plan)
    prepare_token_shards(run, plan)


def prepare_tasks(run: Run, plan: Plan) -> None:
    experiment = run.experiment
    for name, result in plan.tasks.items():
        if run.store.manifest(result):
            continue
        run.say(f"task {name}")
        run.start_ray()
        prepare_task(run.store, result, name, experiment.tasks[name], task_languages(experiment, name), experiment.seed)


def prepare_corpora(run: Run, plan: Plan) -> None:
    experiment = run.experiment
    for name, result in plan.texts.items():
        if run.store.manifest(result):
            continue
        run.say(f"corpus {name}")
        run.start_ray()
        corpus = experiment.corpora[name]
        excluded = list(plan.tasks.values()) if corpus.exclude.tasks == "all_rows" else []
        prepare_texts(run.store, result, name, corpus, experiment.seed, excluded)
        for language, facts in run.store.facts(result)["languages"].items():
            dropped = ", ".join(f"{count:,} {reason}" for reason, count in facts["dropped"].items())
            run.say(
                f"corpus {name} {language}: {facts['documents']:,} documents, {facts['bytes'] / 1e6:,.1f} MB"
                + (f" (left out: {dropped})" if dropped else "")
            )


def prepare_tokenizers(run: Run, plan: Plan) -> None:
    for name, result in plan.tokenizers.items():
        if run.store.manifest(result):
            continue
        run.say(f"tokenizer of {name}")
        spec = run.experiment.encoders[name].pretrain
        assert spec
        corpora = [
            (plan.texts[corpus], cutoff_ranks(run.store, plan.texts[corpus], run.experiment.corpora[corpus].budget))
            for corpus in spec.tokenizer.train.corpora or (spec.corpus,)
        ]
        train_tokenizer(run.store, result, corpora)


def prepare_token_shards(run: Run, plan: Plan) -> None:
    """Once for each corpus and tokenizer, up to the largest quantity that any encoder takes."""
    users: dict[str, list[PlannedEncoder]] = {}
    for planned in [*plan.encoders, *plan.sweep_encoders]:
        users.setdefault(planned.tokens.directory, []).append(planned)
    for encoders in users.values():
        first, cutoffs = encoders[0], dict[str, int]()
        for planned in encoders:
            _check_quantity(run, planned)
            for language, cutoff in cutoff_ranks(run.store, planned.texts, planned.budget).items():
                cutoffs[language] = max(cutoff, cutoffs.get(language, 0))
        if missing_shards(run.store, first.tokens, first.texts, cutoffs):
            run.say(f"tokens {first.tokens.name}")
            run.start_ray()
            prepare_tokens(run.store, first.tokens, first.texts, first.tokenizer, cutoffs)


def _check_quantity(run: Run, planned: PlannedEncoder) -> None:
    """A quantity of the sweep that is more than there is would train on less than its name says."""
    if planned.name in run.experiment.encoders or planned.budget is None:
        return
    available = run.store.facts(planned.texts)["languages"]
    for language, asked in planned.budget.per_language.items():
        if asked > available[language]["bytes"]:
            raise InputError(
                f"sweep.quantities: {planned.name} asks for {int(asked):,} bytes of {language}, but corpora."
                f"{planned.spec.corpus} has {available[language]['bytes']:,}; lower it or give more text"
            )


if __name__ == "__main__":
    job(__doc__, prepare)
