"""Read, clean and rank the corpora, build the tasks, train and trim tokenizers, write token shards.

python jobs/prepare.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/prepare.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.checks import task_languages
from raykd.config import to_yaml
from raykd.corpus.quantity import cutoff_ranks, shortfall
from raykd.corpus.texts import prepare_texts
from raykd.corpus.tokenizer import train_tokenizer
from raykd.corpus.tokens import missing_shards, prepare_tokens
from raykd.corpus.trimming import summary, trim_tokenizer
from raykd.errors import InputError
from raykd.evaluate.splits import check_train_rows
from raykd.plan import Plan
from raykd.planned import Planned, PlannedTrim
from raykd.report.collect import collect
from raykd.report.console import show_table
from raykd.report.text_tables import text_table, token_table
from raykd.tasks.prepare import prepare_task


def prepare(run: Run) -> None:
    plan = run.plan
    run.store.write_index(plan.results(), to_yaml(run.experiment), plan.seeds())
    prepare_tasks(run, plan)
    prepare_corpora(run, plan)
    prepare_tokenizers(run, plan)
    prepare_token_shards(run, plan)
    show_corpora(plan)


def show_corpora(plan: Plan) -> None:
    inputs = collect(plan)
    show_table(text_table(inputs))
    show_table(token_table(inputs))


def prepare_tasks(run: Run, plan: Plan) -> None:
    experiment = run.experiment
    for name, result in plan.tasks.items():
        if run.store.manifest(result):
            continue
        run.say(f"task {name}")
        run.start_ray()
        languages = task_languages(experiment, name)
        task, seed, cleaning = experiment.tasks[name], experiment.seed, experiment.cleaning
        prepare_task(run.store, result, name, task, languages, seed, cleaning)
        facts = run.store.facts(result)
        run.say(f"task {name}: {facts['rejected']:,} of {facts['read']:,} rows rejected")
        for language in facts["halved"]:
            run.say(f"task {name}: {language} has too little for sizes and gets half of them")
        for language, count in facts["copies"].items():
            if count:
                run.say(f"task {name}: {count:,} rows of {language} left out, whose text or id stands in another row")
        for language, count in facts["across_splits"].items():
            if count:
                run.say(
                    f"task {name}: {count:,} texts of {language} stood in two splits and are in one now, test first"
                )
    check_train_rows(run.store, plan.train_size_cells)  # here, before hours of training


def prepare_corpora(run: Run, plan: Plan) -> None:
    experiment = run.experiment
    for name, result in plan.texts.items():
        if run.store.manifest(result):
            continue
        run.say(f"corpus {name}")
        run.start_ray()
        corpus = experiment.corpora[name]
        excluded = list(plan.tasks.values()) if corpus.exclude.tasks != "none" else []
        prepare_texts(run.store, result, name, corpus, experiment.seed, excluded, experiment.cleaning)
        for language, facts in run.store.facts(result)["languages"].items():
            dropped = ", ".join(f"{count:,} {reason}" for reason, count in ({"rejected": 0} | facts["dropped"]).items())
            run.say(
                f"corpus {name} {language}: {facts['documents']:,} documents, {facts['bytes'] / 1e6:,.1f} MB "
                f"(left out: {dropped})"
            )


def prepare_tokenizers(run: Run, plan: Plan) -> None:
    for name, result in plan.tokenizers.items():
        spec = run.experiment.encoders[name].pretrain
        if not spec or run.store.manifest(result):
            continue
        run.say(f"tokenizer of {name}")
        corpora = [
            (plan.texts[corpus], cutoff_ranks(run.store, plan.texts[corpus], run.experiment.corpora[corpus].budget))
            for corpus in spec.tokenizer.train.corpora or (spec.corpus,)
        ]
        train_tokenizer(run.store, result, corpora)


def prepare_token_shards(run: Run, plan: Plan) -> None:
    """Once for each corpus and tokenizer, up to the largest quantity that any encoder takes; the tokenizers that are
    trimmed to them, whose own tokens come later in this order, since parents come before children."""
    users: dict[str, list[Planned]] = {}
    for planned in [*plan.encoders, *plan.sweep_encoders]:
        users.setdefault(planned.tokens.directory, []).append(planned)
    for encoders in users.values():
        first, cutoffs, floors = encoders[0], dict[str, int](), dict[str, int]()
        for planned in {planned.name: planned for planned in encoders}.values():  # whatever their seeds
            _check_quantity(run, planned)
        for planned in encoders:
            taken, held_out = planned.ranks(run.store)
            for language, cutoff in taken.items():
                cutoffs[language] = max(cutoff, cutoffs.get(language, 0))
            for language, floor in held_out.items():
                floors[language] = min(floor, floors.get(language, floor))
        if missing_shards(run.store, first.tokens, first.texts, cutoffs, floors):
            run.say(f"tokens {first.tokens.name}")
            run.start_ray()
            prepare_tokens(run.store, first.tokens, first.texts, first.tokenizer, cutoffs, floors)
        for planned in encoders:
            if isinstance(planned, PlannedTrim):
                prepare_trimmed_tokenizer(run, planned)


def prepare_trimmed_tokenizer(run: Run, planned: PlannedTrim) -> None:
    result = planned.own_tokenizer
    if run.store.manifest(result):
        return
    cutoffs = cutoff_ranks(run.store, planned.texts, planned.budget)
    trim_tokenizer(run.store, result, planned.tokenizer, planned.tokens, planned.texts, cutoffs)
    run.say(f"tokenizer of {planned.name}: {summary(run.store.facts(result))}")


def _check_quantity(run: Run, planned: Planned) -> None:
    """Says where a budget is more than there is; a quantity of the sweep would train on less than its name says."""
    if planned.budget is None:
        return
    available = {language: facts["bytes"] for language, facts in run.store.facts(planned.texts)["languages"].items()}
    lacking = shortfall(available, planned.budget)
    if lacking and planned.name in run.experiment.encoders:
        run.say(f"{planned.name}: corpora.{planned.spec.corpus} lacks {lacking:,} bytes of its budget; all is taken")
    elif lacking:
        (language, asked), *_ = planned.budget.per_language.items()
        raise InputError(
            f"sweep.quantities: {planned.name} asks for {int(asked):,} bytes of {language}, but corpora."
            f"{planned.spec.corpus} has {available[language]:,}; lower it or give more text"
        )


if __name__ == "__main__":
    job(__doc__, prepare)
