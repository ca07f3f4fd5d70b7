"""What docs/architecture.md promises of imports: one direction, no circle, Ray at the edge, and a quick start."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import raykd
from raykd.jobs.command_line import VERBS

ROOT = Path(__file__).parents[1]

# What each room may import of raykd, itself aside.
BASE = {"errors", "config", "artifacts"}
STAGES = {"corpus", "tasks", "distill", "evaluate", "export", "probe"}
ALLOWED = {
    "errors": set(),
    "wording": set(),
    "prometheus": set(),
    "package_data": {"errors"},
    "ray_internals": set(),
    "config": {"errors"},
    "artifacts": {"errors"},
    "statistics": set(),
    "sample": {"errors", "package_data"},
    "corpus": BASE | {"prometheus", "wording"},
    "tasks": BASE | {"corpus", "distill", "wording"},  # how a model is loaded, whole or not at all
    "distill": BASE | {"corpus", "prometheus", "wording", "ray_internals"},
    "evaluate": BASE | {"corpus", "distill", "prometheus", "wording"},
    "export": BASE | {"corpus", "distill", "evaluate", "probe", "statistics"},
    "probe": BASE | {"corpus", "distill", "evaluate", "package_data"},
    "inspection": BASE | {"corpus"},
    "planning": BASE | STAGES | {"statistics"},
    "report": BASE | STAGES | {"planning", "statistics"},
    "jobs": BASE | STAGES | {"inspection", "planning", "ray_internals", "report", "sample", "wording"},
    "api": BASE | STAGES | {"planning", "report", "statistics", "jobs"},
}

# documents: makes the datasets of text_shards, token_shards, tasks/prepare and predict/job, whose blocks it knows;
# prometheus: sets gauges that Ray serves.
IMPORT_RAY = re.compile(
    r"raykd\.(corpus\.(documents|text_shards|token_shards)|tasks\.(prepare|translation)|distill\.ray_train(\.\w+)?"
    r"|evaluate\.(grid|predict\.job)|jobs(\.\w+)?|prometheus|ray_internals(\.\w+)?)$"
)
# What Ray promises nothing of: test_ray_internals.py says what each of these is for.
NOT_PUBLIC = re.compile(r"ray\.((.*\.)?_\w+|(autoscaler|dashboard|experimental|train\.v2|tune)\b)")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of raykd by its name, parsed."""
    found = {}
    for path in sorted((ROOT / "raykd").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def imported(module: str) -> list[str]:
    """The modules that one imports anywhere: in functions and behind TYPE_CHECKING too."""
    return list(_imported(module))


def _imported(module: str) -> Iterator[str]:
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level and node.module, f"{module}: relative imports hide where they go"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules() else node.module


def ours(module: str) -> set[str]:
    return {name for name in imported(module) if name.split(".")[0] == "raykd"} - {module}


def room(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def test_rooms_import_in_one_direction():
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if module != "raykd"
        for name in sorted(ours(module))
        if room(name) != room(module) and room(name) not in ALLOWED[room(module)]
    ]
    assert not wrong


def test_the_table_of_rooms_has_no_circle_itself():
    left = {name: set(needs) for name, needs in ALLOWED.items()}
    while ready := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in ready:
            del left[name]
    assert not left


def test_no_module_imports_itself_by_way_of_others():
    graph = {module: ours(module) & modules().keys() for module in modules()}
    while ready := [module for module, needs in graph.items() if not needs & graph.keys()]:
        for module in ready:
            del graph[module]
    # What imports a circle is left over too; what nothing in it imports is none.
    while outer := [module for module in graph if not any(module in graph[other] for other in graph)]:
        for module in outer:
            del graph[module]
    assert not graph


def test_only_these_modules_import_ray():
    found = {module for module in modules() if any(name.split(".")[0] == "ray" for name in imported(module))}
    assert not [module for module in sorted(found) if not IMPORT_RAY.match(module)]


def test_what_ray_keeps_to_itself_is_imported_in_one_place():
    found = {module for module in modules() if any(NOT_PUBLIC.match(name) for name in imported(module))}
    assert found == {"raykd.ray_internals.core", "raykd.ray_internals.train"}


def test_jobs_scripts_are_one_call_and_there_is_one_for_each_verb():
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "jobs").glob("*.py")}
    assert scripts.keys() == VERBS.keys()
    for verb, text in scripts.items():
        assert f'script("{verb}", __doc__)' in text and len(text.splitlines()) <= 20
        commands = [line.split("python ")[-1].split()[0] for line in text.splitlines() if " python " in line]
        assert commands == [f"jobs/{verb}.py"] * 3


def loaded_after(statements: str) -> set[str]:
    """The top-level packages that a new Python holds after some statements."""
    code = f"{statements}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_all_other_modules_leave_ray_alone():
    others = [module for module in modules() if not IMPORT_RAY.match(module)]
    assert len(others) > 100
    assert "ray" not in loaded_after("\n".join(f"import {module}" for module in others))


@pytest.mark.parametrize("verbs", [("status", "clean", "init"), ("report", "dry_run")])
def test_what_only_looks_starts_without_torch_and_ray(verbs):
    loaded = loaded_after("\n".join(f"import raykd.jobs.{verb}" for verb in ("command_line", *verbs)))
    assert "omegaconf" in loaded and loaded.isdisjoint({"torch", "ray", "transformers", "sklearn"})
    if "status" in verbs:
        assert loaded.isdisjoint({"pandas", "scipy", "matplotlib"})


def test_a_dry_run_of_the_demo_needs_neither_torch_nor_ray(tmp_path):
    run = f"run_verb('pipeline', ['configs/demo.yaml', 'storage={tmp_path}', '--dry-run'])"
    loaded = loaded_after(f"from raykd.jobs.command_line import run_verb\nassert {run} == 0")
    assert loaded.isdisjoint({"torch", "ray", "transformers"})


@pytest.mark.parametrize(
    ("module", "without"), [("distill.ray_train.trainer", "transformers"), ("ray_internals.train", "torch")]
)
def test_what_stands_around_a_training_loads_nothing_that_only_its_workers_need(module, without):
    assert without not in loaded_after(f"import raykd.{module}")


def test_the_architecture_page_names_only_files_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w./]+\.(?:py|yaml|md|toml)\b", text))
    folders = set(re.findall(r"\b(?:raykd|jobs|tests|docs|configs|benchmarks)(?:/\w+)*/(?=[\s`|),.]|$)", text, re.M))
    assert len(named) > 20
    places = (ROOT, ROOT / "docs", ROOT / "raykd")
    missing = [name for name in sorted(named) if not any((place / name).is_file() for place in places)]
    assert not missing + [folder for folder in sorted(folders) if not (ROOT / folder).is_dir()]


def test_importing_the_package_costs_nothing_and_names_load_what_they_need():
    heavy = {"torch", "ray", "pandas", "pydantic", "numpy"}
    assert loaded_after("import raykd").isdisjoint(heavy)
    assert loaded_after("import raykd; raykd.compare").isdisjoint({"torch", "ray", "transformers", "pydantic"})
    for name in raykd.__all__:
        assert getattr(raykd, name).__name__ == name
    assert (ROOT / "raykd" / "py.typed").is_file()
