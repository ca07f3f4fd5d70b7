"""Fixtures that several folders share, and how tests are dealt to parallel processes."""

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import fsspec
import pytest

from raykd.artifacts import Storage

S3_KEY, S3_SECRET = "AKIAFAKEFAKEFAKEFAKE", "raykd-test-secret-that-nothing-may-show"
HUB_TOKEN = "hf_standinstandinstandinstandinstan"
TESTS = Path(__file__).parent
# What starts a Ray, here or in a job of its own.
RAY_FIXTURES = {"local_ray", "finished", "start_job", "run_job", "run_here"}
# Torch, figures and whole files of text: what `make check` leaves to `make test`.
HEAVY = tuple(
    str(TESTS / name) for name in ("distill", "evaluate", "export", "probe", "report", "sample", "corpus", "security")
)
# The demo's own config, small enough for seconds: English alone, one task, two students, three seeds.
SMALL = """
languages: [eng]
sample: {technical: 400kB, messages: 60kB, general: 200kB}
corpora.technical.budget: {per_language: {eng: 100kB}}
encoders.teacher.pretrain: {layers: 2, width: 32, heads: 2, intermediate: 64, epochs: 1}
encoders.teacher.pretrain.tokenizer.train: {vocabulary: 1000, corpora: [general, technical]}
encoders.general-student.distill: {epochs: 1}
encoders.technical-student.distill: {epochs: 1}
tasks.tags.sizes: {train: 80, validation: 40, test: 60, minimum: 2}
tasks.tags.encoders: [technical-student]
evaluate.encoders: [technical-student, general-student, teacher]
evaluate.weights: [frozen]
evaluate.seeds: 3
sweep.quantities: [30kB, 60kB]
resources.train.checkpoint_steps: 4
resources.object_store: 150MB
cleaning.links: tag
"""
LISTS = {"languages", "corpora.technical.budget", "tasks.tags.encoders", "evaluate.encoders", "evaluate.weights"}
# Slow tests, the longest first (seconds of a busy machine in three processes): what begins last is what ends alone.
SLOWEST = (
    "cluster/",
    "distill/test_recovery.py::test_killed",
    "evaluate/test_recovery.py",
    "jobs/test_storage_faults.py",
    "jobs/test_api.py",
    "jobs/test_pipeline.py",
    "jobs/test_sweep.py",
    "corpus/test_resume.py",
    "jobs/test_init.py::test_the_two",
    "security/test_fuzz.py::test_a_thousand",
    "distill/test_recovery.py::test_elastic",
    "distill/test_trainings.py",
    "test_cluster_environment.py",
    "security/test_fuzz.py",
    "distill/ray_train/test_trainer.py::test_two",
    "jobs/test_submit.py",
    "jobs/test_wheel.py",
    "distill/ray_train/test_trainer.py",
    "jobs/test_local_ray.py",
    "artifacts/test_killed_writers.py",
)
# What `make test-security` runs.
SECURITY = set(re.findall(r"`(tests/[^`]+)`", (TESTS.parent / "docs/security.md").read_text(encoding="utf-8")))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a Ray; the longest first, and what fills the gaps last."""
    for item in items:
        if RAY_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.ray)
        # Beside others on two cores each takes twice as long, as does the pipeline that the first such test waits for.
        takes_long = item.get_closest_marker("slow") or "finished" in getattr(item, "fixturenames", ())
        if takes_long and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(3000))
        file = item.path.relative_to(TESTS.parent).as_posix() if item.path.is_relative_to(TESTS) else ""
        if {file, f"{file}::{getattr(item, 'originalname', '')}"} & SECURITY:
            item.add_marker(pytest.mark.security)
        if str(item.path).startswith(HEAVY):
            item.add_marker(pytest.mark.heavy)
    items.sort(key=_turn)  # stable: files stay together, and in their order


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deals files whole to parallel processes.

    Those that look at the finished pipeline are dealt as one, and so are those of the exported graph, else each process
    would run a pipeline and make a graph of its own. (xdist has groups for that, which pytest 9.2 does not support.)
    Of slow tests each is dealt by itself, unless its file has something that is made once for all of them; they begin
    in the order of `_turn`, of files with the most tests no sooner.
    """
    from xdist.scheduler import LoadScopeScheduling

    one_by_one = config.option.markexpr == "slow"
    if one_by_one:
        config.option.loadscopereorder = False

    class WholeFiles(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file.startswith("tests/export/"):
                return "export"
            if _looks_at_finished(file):
                return "finished"
            return nodeid if one_by_one and 'scope="module"' not in _source(file) else file

        def _reschedule(self, node: Any) -> None:
            """xdist deals anew where two tests are left, but to begin a test needs no more than to know the next."""
            if not one_by_one or not self.workqueue or self._pending_of(self.assigned_work[node]) < 2:
                super()._reschedule(node)

    return WholeFiles(config, log)


@cache
def _source(file: str) -> str:
    return (TESTS.parent / file).read_text(encoding="utf-8")


def _looks_at_finished(file: str) -> bool:
    return re.search(r"def \w+\([^)]*\bfinished\b", _source(file)) is not None


def _turn(item: pytest.Item) -> tuple[int, int]:
    """0: a finished pipeline; 1: waits for a Ray; 2: the rest, which fills the gaps at the end; of slow ones the place
    in SLOWEST."""
    if item.get_closest_marker("slow"):
        named = item.nodeid.removeprefix("tests/")
        places = (place for place, one in enumerate(SLOWEST) if named.startswith(one))
        return 1, next(places, len(SLOWEST))
    if "finished" in getattr(item, "fixturenames", ()):
        return 0, 0
    return (1 if item.get_closest_marker("ray") else 2), 0


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How long each folder took, added up over parallel processes."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folder = report.nodeid.partition("::")[0].rpartition("/")[0]
                seconds["/".join(folder.split("/")[:2])] += report.duration
    if seconds.total() > 10:
        terminalreporter.section("seconds by folder")
        for folder, taken in seconds.most_common():
            terminalreporter.write_line(f"{taken:7.1f} {folder}")


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """A Ray of its own with two logical CPUs, started once for the whole session."""
    from raykd.jobs.local_ray import set_environment

    set_environment()
    os.environ["RAY_AUTH_MODE"] = "disabled"
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # as the jobs do
    import ray

    ray.init(
        address="local",
        num_cpus=2,
        object_store_memory=200_000_000,
        log_to_driver=False,
        include_dashboard=False,
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def write_small_config() -> Callable[..., Path]:
    """write_small_config(directory): the demo's config with the changes of SMALL, storing under `directory`; trainings:
    how many run at a time."""

    def write(directory: Path, trainings: int | None = 1) -> Path:
        from omegaconf import OmegaConf

        tree = OmegaConf.load(TESTS.parent / "configs/demo.yaml")
        for line in filter(None, SMALL.splitlines()):
            key, value = line.split(": ", 1)
            OmegaConf.update(tree, key, OmegaConf.create(f"value: {value}")["value"], merge=key not in LISTS)
        del tree.tasks["intent"], tree.corpora["messages"], tree.encoders["messages-student"]
        for corpus in tree.corpora.values():
            corpus.sources = corpus.sources[:1]
        tree.tasks.tags.sources = tree.tasks.tags.sources[:1]
        tree.resources.trainings = trainings
        tree.storage = str(directory / "runs")
        path = directory / "small.yaml"
        OmegaConf.save(tree, path)
        return path

    return write


@pytest.fixture(scope="session")
def write_translator() -> Callable[..., Path]:
    """Writes a tiny sequence-to-sequence model with random weights and its tokenizer; it ends after a few words."""

    def write(directory: Path, seed: int = 0) -> Path:
        import torch
        from tokenizers import Tokenizer
        from tokenizers.models import WordLevel
        from tokenizers.pre_tokenizers import Whitespace
        from tokenizers.processors import TemplateProcessing
        from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

        words = ["<pad>", "</s>", "<unk>", "message", *(f"word{number}" for number in range(100))]
        tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, "<unk>"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ).save_pretrained(directory)
        torch.manual_seed(seed)
        model = T5ForConditionalGeneration(
            T5Config(
                vocab_size=len(words),
                d_model=32,
                d_kv=16,
                d_ff=64,
                num_layers=1,
                num_heads=2,
                decoder_start_token_id=0,
                pad_token_id=0,
                eos_token_id=1,
                initializer_factor=5.0,
            )
        )
        model.generation_config.exponential_decay_length_penalty = (3, 1.5)
        model.save_pretrained(directory)
        return directory

    return write


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git has, so that nothing is left in the checkout."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    root = TESTS.parent
    for name in ("raykd", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy2
        copy(root / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", str(source), "--no-deps", "--no-build-isolation", "-q", "-w"]
    subprocess.run([*build, str(built)], check=True, cwd=source)
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def start_s3_server() -> Iterator[Callable[..., dict[str, str]]]:
    """start_s3_server("--fail", 0.05, ...) -> the environment of a client; the server has a bucket "tests"."""
    servers = []

    def start(*arguments: object) -> dict[str, str]:
        import boto3

        script = str(Path(__file__).parent / "s3_server.py")
        command = [sys.executable, script, *map(str, arguments)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        servers.append(server)
        assert server.stdout
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        keys = {"aws_access_key_id": S3_KEY, "aws_secret_access_key": S3_SECRET, "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="tests")
        return {"AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "us-east-1"} | {
            name.upper(): value for name, value in keys.items() if name != "region_name"
        }

    yield start
    for server in servers:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def s3(start_s3_server: Callable[..., dict[str, str]]) -> Iterator[dict[str, str]]:
    """A server without faults, which this process's own environment names too."""
    environment = start_s3_server()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield environment


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """A stand-in for the hub of Hugging Face: (what a client has in its environment, where repositories lie)."""
    folder = tmp_path / "hub"
    folder.mkdir()
    command = [sys.executable, str(TESTS / "hub_server.py"), str(folder), HUB_TOKEN]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    address = f"http://127.0.0.1:{int(server.stdout.readline())}"
    home = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
    yield {"HF_ENDPOINT": address, "HF_TOKEN": HUB_TOKEN, **home}, folder
    server.kill()
    server.wait()


@pytest.fixture
def new_storage(request, tmp_path) -> Callable[[str], Storage]:
    """new_storage("local" | "memory" | "s3"): an empty one."""

    def new(kind: str) -> Storage:
        if kind == "local":
            return Storage(str(tmp_path / "root"))
        if kind == "s3":
            request.getfixturevalue("s3")
            # One that was made before the server's address was known.
            fsspec.get_filesystem_class("s3").clear_instance_cache()
        return Storage(f"{'s3://tests' if kind == 's3' else 'memory:/'}/{uuid.uuid4().hex}/root")

    return new
