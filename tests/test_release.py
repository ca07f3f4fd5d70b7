"""What a release is made of: one version, the citation that names it, and workflows whose actions cannot change."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(workflow: Path) -> list[dict]:
    return [step for job in yaml.safe_load(workflow.read_text())["jobs"].values() for step in job["steps"]]


def test_the_citation_names_this_version_its_license_and_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what CFF 1.2 asks for
    assert (citation["cff-version"], citation["title"], citation["license"]) == ("1.2.0", "raykd", "Apache-2.0")
    assert citation["version"] == VERSION
    (paper,) = citation["references"]
    assert {"type", "title", "authors"} <= paper.keys()
    assert paper["year"] == 2022 and paper["title"] in " ".join((ROOT / "README.md").read_text().split())
    assert [author["family-names"] for author in paper["authors"]][::9] == ["Howell", "Widdows"]
    assert re.fullmatch(r"10\.\d{4,9}/\S+", paper["doi"])


def test_the_version_stands_in_pyproject_and_whatever_names_it_is_equal():
    literal = re.compile(r"^__version__|[\"']" + re.escape(VERSION) + r"[\"']", re.M)
    assert not [file for file in (ROOT / "raykd").rglob("*.py") if literal.search(file.read_text(encoding="utf-8"))]
    names = re.compile(r"\braykd[-:](\d+\.\d+\.\d+)")  # wheels and images
    files = [ROOT / "Dockerfile", *ROOT.glob("*.yaml"), *ROOT.glob("kuberay/*"), *ROOT.glob("docs/*.md")]
    named = {version for file in files for version in names.findall(file.read_text(encoding="utf-8"))}
    assert named == {VERSION}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_and_may_only_read(workflow):
    parsed = yaml.safe_load(workflow.read_text())
    assert parsed["permissions"] == {"contents": "read"}
    uses = re.findall(r"uses: (\S+)(.*)", workflow.read_text())
    assert uses and all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action) for action, _ in uses)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", release) for _, release in uses)


def test_only_the_job_that_publishes_can_and_it_runs_nothing_else():
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    assert [name for name, job in jobs.items() if job.get("permissions")] == ["publish"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"} and jobs["publish"]["needs"] == "build"
    assert not [step for step in jobs["publish"]["steps"] if "run" in step]


def test_what_the_workflows_run_is_there():
    commands = "\n".join(step.get("run", "") for workflow in WORKFLOWS for step in steps(workflow))
    files = re.findall(r"(?:^|[/ ])(\.ci/run|configs/\w+\.yaml|constraints\.txt)\b", commands, re.M)
    assert set(files) == {".ci/run", "configs/demo.yaml", "constraints.txt"}
    assert all((ROOT / file).is_file() for file in files)
