"""The command line of every verb: `raykd VERB CONFIG [key=value ...]`, and jobs/VERB.py, which are the same.

A verb's own module is imported when it begins to work: what only looks (`status`, `--dry-run`) starts without torch.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from raykd.artifacts.permissions import private_files
from raykd.config import to_yaml
from raykd.errors import InputError, shown_line
from raykd.jobs.exit_status import exit_status_of, interrupt_on_sigterm
from raykd.jobs.local_ray import set_environment, stop_ray
from raykd.jobs.run import Run, open_run
from raykd.jobs.work import work
from raykd.planning.checks.capacity import STAGES


@dataclass(frozen=True)
class Verb:
    """what: it does, in a sentence; exclusive: it holds the experiment's lease; computes: this machine must be able to
    write, and to run what asks Ray for room; stages: which those are (capacity.STAGES); options: its own, with their
    help; values: those that take a word; pairs: the option with which it takes two configs; on_experiment: whether it
    works on one: else its module says what its arguments are.
    """

    what: str
    exclusive: bool = True
    computes: bool = True
    stages: frozenset[str] = frozenset()
    options: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    pairs: str = ""
    on_experiment: bool = True


OPEN = "open the report's page in a browser, once it is there"

VERBS = {
    "init": Verb("look at a file of your own and write an experiment that runs on it", on_experiment=False),
    "pipeline": Verb(
        "the main job: sample data or archives, if asked for, then everything up to the report",
        stages=STAGES,
        options={"open": OPEN},
    ),
    "sample": Verb("write the sample data of an experiment, the same bytes each time", exclusive=False),
    "fetch": Verb("fetch Stack Exchange archives; a transfer that broke off is resumed", exclusive=False),
    "translate": Verb("machine-translate labelled rows, for tasks to read", stages=frozenset({"translate"})),
    "prepare": Verb("read and clean the corpora, split the tasks, train tokenizers, write token shards"),
    "distill": Verb(
        "pretrain teachers, continue their training, trim them, distil students", stages=frozenset({"train"})
    ),
    "sweep": Verb(
        "distil one encoder on growing quantities of text, and score each", stages=frozenset({"sweep", "grid"})
    ),
    "evaluate": Verb("score every encoder on every task, several seeds a cell", stages=frozenset({"grid"})),
    "probe": Verb("time each encoder's forward pass, measure where homonyms lie", stages=frozenset({"probe"})),
    "export": Verb(
        "write frozen encoders with all their heads as ONNX graphs, int8 where it keeps the decisions",
        stages=frozenset({"export"}),
        values={"push": "a repository of the Hugging Face hub (owner/name) to put the one encoder into"},
    ),
    "classify": Verb("label texts with a frozen encoder and the heads of every task", stages=frozenset({"classify"})),
    "report": Verb(
        "write tables, figures and one HTML page of what there is so far",
        exclusive=False,
        computes=False,
        options={
            "paper": "the paper's values beside ours, and how the experiments differ",
            "compare": "test the second of two configs against the first",
            "open": OPEN,
        },
        pairs="compare",
    ),
    "status": Verb("tell what is done, running, failed or missing, and the next command", False, False),
    "submit": Verb("run any of these on a cluster, and follow it", on_experiment=False),
    "schema": Verb("write the JSON schema of experiment files, for editors", on_experiment=False),
    "clean": Verb(
        "list what no current name refers to, or remove it", computes=False, options={"yes": "remove what is listed"}
    ),
}


def main() -> NoReturn:
    """`raykd VERB ...`, the entry point of the installed package."""
    verb, *arguments = sys.argv[1:] or ["--help"]
    if verb in VERBS:
        sys.exit(run_verb(verb, arguments))
    if verb in ("-h", "--help"):
        print(_overview())
        sys.exit(0)
    print(f"error: there is no verb {verb!r}; there are: {', '.join(VERBS)} (raykd --help)", file=sys.stderr)
    sys.exit(2)


def script(verb: str, description: str | None) -> NoReturn:
    """jobs/VERB.py, from a checkout. description: what --help says."""
    python, directory = (shlex.quote(one) for one in (sys.orig_argv[0], str(Path(sys.argv[0]).parent)))
    program = f"{python} {directory}/".replace("{", "{{").replace("}", "}}") + "{verb}.py"  # as it was started
    sys.exit(run_verb(verb, sys.argv[1:], description, program))


def run_verb(verb: str, arguments: Sequence[str], description: str | None = None, program: str = "raykd {verb}") -> int:
    """Run a verb on the config that its arguments name; the exit status: 0 done, 1 failed (a rerun resumes), 2 bad
    input, 130 interrupted.

    program: what starts a verb, for the command lines that messages give.
    """
    set_environment()
    settings = VERBS[verb]
    parsed = parse_verb(verb, arguments, program, description)
    _log_to_stderr()
    if not settings.on_experiment:
        return _run_alone(verb, parsed, program)
    with private_files():
        return _run(verb, settings, parsed, arguments, program)


def _run_alone(verb: str, parsed: argparse.Namespace, program: str) -> int:
    """A verb of no experiment: its function returns a status, or None for 0."""
    try:
        status: int | None = getattr(importlib.import_module(f"raykd.jobs.{verb}"), verb)(parsed, program)
        return status or 0
    except (KeyboardInterrupt, Exception) as error:
        return exit_status_of(error)


def _run(verb: str, settings: Verb, parsed: argparse.Namespace, arguments: Sequence[str], program: str) -> int:
    run, status = None, 0
    interrupt_on_sigterm()
    try:
        overrides, others = _second_config(settings, parsed)
        run = open_run(parsed.config, overrides, settings.computes and not parsed.dry_run, settings.stages)
        run.options = frozenset(name for name in settings.options if vars(parsed)[name])
        run.values = {name: given for name in settings.values if (given := vars(parsed)[name])}
        run.others, run.program, run.verbose = others, program, parsed.verbose
        if parsed.dry_run:
            _describe(run, settings)
        else:
            work(run, verb, " ".join([verb, *arguments]), parsed.take_over if settings.exclusive else None)
    except (KeyboardInterrupt, Exception) as error:
        lost = f"{run.store.storage.uri}: {run.holder.lost}" if run and run.holder and run.holder.lost else ""
        status = exit_status_of(error, lost)
    finally:
        stop_ray(status == 1, parsed.verbose)
    return status


def _describe(run: Run, settings: Verb) -> None:
    from raykd.jobs.dry_run import describe

    print(to_yaml(run.experiment))
    for line in describe(run, settings.computes):
        print(shown_line(line))


def _log_to_stderr() -> None:
    class Shown(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return "\n".join(map(shown_line, super().format(record).splitlines()))

    handler = logging.StreamHandler()
    handler.setFormatter(Shown("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _second_config(settings: Verb, parsed: argparse.Namespace) -> tuple[list[str], tuple[str, ...]]:
    """(overrides, further configs): of a verb that compares, the second config is among the positional arguments."""
    overrides: list[str] = parsed.overrides
    if not settings.pairs or not vars(parsed)[settings.pairs]:
        return overrides, ()
    others = tuple(one for one in overrides if "=" not in one)
    if len(others) != 1:
        raise InputError(f"--{settings.pairs} A B: name two configs, the second to be tested against the first")
    return [one for one in overrides if "=" in one], others


def parse_verb(verb: str, arguments: Sequence[str], program: str, description: str | None = None) -> argparse.Namespace:
    """A verb's config, overrides and options; what argparse refuses ends the process with status 2."""
    settings = VERBS[verb]
    parser = argparse.ArgumentParser(
        program.format(verb=verb).removeprefix(f"{program.split()[0]} " if program.endswith(".py") else ""),
        description=description or f"{settings.what[0].upper()}{settings.what[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if not settings.on_experiment:
        importlib.import_module(f"raykd.jobs.{verb}").arguments(parser)
        return parser.parse_args(arguments)
    parser.add_argument("config", help="an experiment, such as configs/demo.yaml")
    parser.add_argument("overrides", nargs="*", metavar="key.path=value", help="changes to the experiment")
    parser.add_argument("--dry-run", action="store_true", help="print the resolved config and the plan, and exit")
    parser.add_argument("--verbose", action="store_true", help="show all that Ray says, and keep its logs")
    if settings.exclusive:
        parser.add_argument("--take-over", action="store_true", help="from another driver, which then stops")
    for name, what in settings.options.items():
        parser.add_argument(f"--{name}", action="store_true", help=what)
    for name, what in settings.values.items():
        parser.add_argument(f"--{name}", metavar=name.upper(), help=what)
    return parser.parse_intermixed_args(arguments)


def _overview() -> str:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:{width}}  {verb.what}" for name, verb in VERBS.items())
    return (
        "usage: raykd init FILE\n       raykd VERB CONFIG [key.path=value ...] [--dry-run]\n\n"
        f"Distil a large multilingual encoder into a small one on your own text, and test it.\n\n{verbs}\n\n"
        "raykd VERB --help tells more. Exit status: 0 done, 1 failed (the same command resumes), 2 bad input."
    )
