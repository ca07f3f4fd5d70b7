"""Texts of the corpora, splits of the tasks, tokenizers, token shards."""

from __future__ import annotations

from raykd.config import to_yaml
from raykd.corpus.budget import cutoff_keys, shortfall
from raykd.corpus.line_counts import line_shares
from raykd.corpus.readers import folder_lines
from raykd.corpus.text_shards import prepare_texts
from raykd.corpus.token_shards import missing_shards, prepare_tokens
from raykd.corpus.tokenizer import train_tokenizer
from raykd.corpus.tokenizer_trimming import summary, trim_tokenizer
from raykd.corpus.unpack import FOLDER as UNPACKED
from raykd.corpus.values import filter_lines
from raykd.errors import InputError
from raykd.evaluate.labelled_splits import check_train_rows
from raykd.jobs.preflight import check_models, check_sources
from raykd.jobs.run import Run
from raykd.planning.checks.experiment import task_languages
from raykd.planning.costs.planned import write_plan
from raykd.planning.encoders import Planned, PlannedTrim
from raykd.planning.plan import Plan
from raykd.report.collect.experiment import collect
from raykd.report.tables.console import show_table
from raykd.report.tables.corpora import text_table, token_table
from raykd.tasks.account import account_lines, masked_lines
from raykd.tasks.prepare import prepare_task


def prepare(run: Run) -> None:
    plan = run.plan
    check_sources(plan)
    check_models(plan, run.stages)  # of the whole pipeline, here, before hours of work
    run.store.write_index(plan.results(), to_yaml(run.experiment), plan.seeds())
    write_plan(plan)
    prepare_tasks(run, plan)
    prepare_corpora(run, plan)
    run.store.storage.remove(UNPACKED)
    add_placeholders(run, plan)
    prepare_tokenizers(run, plan)
    write_plan(plan)  # of tokens, now that the corpora are counted
    prepare_token_shards(run, plan)
    show_corpora(plan)
    run.say(f"tasks, texts and tokens in {run.store.storage.uri}")


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
        for line in folder_lines(experiment.tasks[name].sources):
            run.say(f"task {name}: {line}")
        run.start_ray()
        languages = task_languages(experiment, name)
        task, seed, cleaning = experiment.tasks[name], experiment.seed, experiment.cleaning
        prepare_task(run.store, result, name, task, languages, seed, cleaning, run.say)
        facts = run.store.facts(result)
        for line in account_lines(facts):
            run.say(f"task {name}: {line}")
        for line in masked_lines(facts):
            run.say(f"task {name}: {line}")
    check_train_rows(run.store, plan.train_size_cells)  # here, before hours of training


def prepare_corpora(run: Run, plan: Plan) -> None:
    experiment = run.experiment
    for name, result in plan.texts.items():
        if run.store.manifest(result):
            continue
        run.say(f"corpus {name}")
        for line in folder_lines(experiment.corpora[name].sources):
            run.say(f"corpus {name}: {line}")
        run.start_ray()
        corpus = experiment.corpora[name]
        excluded = list(plan.tasks.values()) if corpus.exclude.tasks != "none" else []
        prepare_texts(run.store, result, name, corpus, experiment.seed, excluded, experiment.cleaning, say=run.say)
        for line in filter_lines(run.store.facts(result)["filtered"]):
            run.say(f"corpus {name}: {line}")
        shares = line_shares(run.store.facts(result)["lines"]).items()
        listed = ", ".join(f"{least} documents or more {100 * share:.1f} %" for least, share in shares)
        run.say(f"corpus {name}: share of its bytes in lines that stand in {listed}")
        for language, facts in run.store.facts(result)["languages"].items():
            dropped = ", ".join(f"{count:,} {reason}" for reason, count in ({"rejected": 0} | facts["dropped"]).items())
            run.say(
                f"corpus {name} {language}: {facts['documents']:,} documents, {facts['bytes'] / 1e6:,.1f} MB "
                f"(left out: {dropped})"
            )
            for what, counts in (("masked", facts["masked"]), ("moved here from", facts["moved"])):
                if counts:
                    listed = ", ".join(f"{count:,} {one}" for one, count in counts.items())
                    run.say(f"corpus {name} {language}: {what}: {listed}")


def add_placeholders(run: Run, plan: Plan) -> None:
    """To every model that comes ready, before anything is tokenised for it: a task somewhere on the cluster, which has
    the memory for it."""
    missing = {name: result for name, result in plan.extended.items() if not run.store.manifest(result)}
    if not missing:
        return
    import ray

    from raykd.distill.models.placeholders import save_with_placeholders  # brings torch

    run.start_ray()
    for name, result in missing.items():
        run.say(f"encoder {name}: a token for each of {', '.join(plan.placeholders)}")
        task = ray.remote(save_with_placeholders)
        ray.get(task.remote(run.store, result, plan.ready_model(name), plan.placeholders))


def prepare_tokenizers(run: Run, plan: Plan) -> None:
    """Each by a task somewhere on the cluster, which reads the texts: the driver's machine may be a small one."""
    for name, result in plan.tokenizers.items():
        spec = run.experiment.encoders[name].pretrain
        if not spec or run.store.manifest(result):
            continue
        run.say(f"tokenizer of {name}")
        corpora = [
            (plan.texts[corpus], cutoff_keys(run.store, plan.texts[corpus], run.experiment.corpora[corpus].budget))
            for corpus in spec.tokenizer.train.corpora or (spec.corpus,)
        ]
        run.start_ray()
        import ray

        ray.get(ray.remote(train_tokenizer).remote(run.store, result, corpora))


def prepare_token_shards(run: Run, plan: Plan) -> None:
    """Once for each corpus and tokenizer, up to the largest quantity that any encoder takes; the tokenizers that are
    trimmed to them, whose own tokens come later in this order, since parents come before children."""
    users: dict[str, list[Planned]] = {}
    made: list[Planned] = [*plan.encoders, *plan.sweep_encoders]
    for planned in made:
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
            prepare_tokens(run.store, first.tokens, first.texts, first.tokenizer, cutoffs, floors, run.say)
        for planned in encoders:
            if isinstance(planned, PlannedTrim):
                prepare_trimmed_tokenizer(run, planned)


def prepare_trimmed_tokenizer(run: Run, planned: PlannedTrim) -> None:
    result = planned.own_tokenizer
    if run.store.manifest(result):
        return
    cutoffs = cutoff_keys(run.store, planned.texts, planned.budget)
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
