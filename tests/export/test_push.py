"""An export pushed to a stand-in for the hub, and refusals in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

from raykd.artifacts.store import MANIFEST

PUSH = """
import sys
from pathlib import Path
from huggingface_hub import ModelCard
from raykd.errors import InputError
from raykd.export.push import push
card = Path(sys.argv[2]).read_text()
ModelCard(card).validate()
try:
    print(push(Path(sys.argv[1]), card, sys.argv[3]))
except InputError as error:
    print("refused:", error)
"""


def push(environment, *arguments):
    command = [sys.executable, "-c", PUSH, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1]


def test_every_file_arrives_and_the_card(hub, exported, tmp_path):
    environment, folder = hub
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n\n# small\n")
    for _ in range(2):  # the second time the repository is there
        assert "/owner/small/commit/" in push(environment, exported, card, "owner/small")
    there = {path.relative_to(folder / "owner/small").as_posix() for path in (folder / "owner/small").rglob("*.*")}
    names = {path.relative_to(exported).as_posix() for path in exported.rglob("*.*") if path.is_file()}
    assert {name for name in there if (folder / "owner/small" / name).is_file()} == names - {MANIFEST} | {"README.md"}
    for name in ("onnx/model_int8.onnx", "classifier/config.json"):
        assert (folder / "owner/small" / name).read_bytes() == (exported / name).read_bytes()
    assert (folder / "owner/small/README.md").read_text() == card.read_text()
    assert json.loads((folder / "created.json").read_text())["visibility"] == "private"


def test_refusals_are_one_line(hub, exported, tmp_path):
    environment, _ = hub
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n")
    assert push(environment, exported, card, "no/such/name").startswith("refused: --push no/such/name: ")
    wrong = push({**environment, "HF_TOKEN": "hf_wrong"}, exported, card, "owner/small")
    assert wrong.startswith("refused: --push owner/small: ") and "401" in wrong and "hf_wrong" not in wrong
