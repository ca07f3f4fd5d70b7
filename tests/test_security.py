"""What the code never does with what it reads, and what it refuses to read."""

import json
import re
from pathlib import Path

import pytest

from raykd.artifacts import Result, ResultStore, Storage
from raykd.config import Experiment
from raykd.corpus.readers import archive, compression
from raykd.errors import InputError

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    r"\btrust_remote_code\b(?!=False)": "code that comes with a model is never run",
    r"\bpickle\.loads?\(|\bcloudpickle\b|\bjoblib\.load\b|\bread_pickle\b|\ballow_pickle=True": "nothing is unpickled",
    r"(?<!safetensors\.)\btorch\.load\(": "weights are safetensors",
    r"\byaml\.(unsafe_)?load\(": "YAML is data",
    r"\.extractall\(|\bunpack_archive\(": "archives are streamed, never unpacked onto a disk",
}


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_never_in_the_code(pattern):
    files = [*ROOT.glob("raykd/**/*.py"), *ROOT.glob("jobs/*.py")]
    assert len(files) > 100
    found = [str(file.relative_to(ROOT)) for file in files if re.search(pattern, file.read_text())]
    assert not found, FORBIDDEN[pattern]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    py7zr = pytest.importorskip("py7zr")
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as made:
        made.writestr(b"0" * 20_000_000, "Posts.xml")
    archive.check_member(str(tmp_path / "a.7z"), "Posts.xml")
    monkeypatch.setattr(compression, "BOMB_BYTES", 1 << 20)
    with pytest.raises(InputError, match="20,000,000 bytes of content or more in"):
        archive.check_member(str(tmp_path / "a.7z"), "Posts.xml")


def test_a_bomb_before_the_member_is_refused_too(tmp_path, monkeypatch):
    py7zr = pytest.importorskip("py7zr")
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as made:
        made.writestr(b"0" * 20_000_000, "zeros")
        made.writestr(b"<posts/>", "Posts.xml")
    monkeypatch.setattr(compression, "BOMB_BYTES", 1 << 20)
    with pytest.raises(InputError, match="20,000,008 bytes of content or more in"):
        archive.check_member(str(tmp_path / "a.7z"), "Posts.xml")


def test_a_member_that_names_a_path_elsewhere_writes_nothing_there(tmp_path, monkeypatch):
    py7zr = pytest.importorskip("py7zr")
    monkeypatch.setattr("py7zr.py7zr.check_archive_path", lambda name: True)  # it refuses to write such a one
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    with py7zr.SevenZipFile("a.7z", "w") as made:
        made.writestr(b"<posts/>", "../Posts.xml")
    monkeypatch.undo()
    try:
        with archive.open_member(str(tmp_path / "deep/a.7z"), "Posts.xml") as file:
            assert file.read() == b"<posts/>"
    except InputError:
        pass  # py7zr refuses to read it, as it may
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["deep", "deep/a.7z"]


@pytest.mark.parametrize("name", ["../out", "/etc", "a/b", "..", ".hidden", "a\\b", ""])
def test_no_name_of_a_config_is_a_path(name):
    with pytest.raises(ValueError, match="name"):
        Experiment.model_validate({"name": name, "storage": "x", "languages": ["eng"], "corpora": {}, "encoders": {}})
    with pytest.raises(ValueError, match="corpora"):
        Experiment.model_validate(
            {"name": "a", "storage": "x", "languages": ["eng"], "corpora": {name: {"sources": []}}, "encoders": {}}
        )


def test_an_index_that_was_tampered_with_leads_nowhere(tmp_path):
    store = ResultStore(Storage(str(tmp_path / "root")))
    (tmp_path / "outside").mkdir()
    with pytest.raises(ValueError, match="not a path inside"):
        store.discard("../outside")
    with pytest.raises(ValueError, match="not a path inside"):
        store.manifest(Result("texts", "../../outside", 1, {}))
    assert (tmp_path / "outside").is_dir()


@pytest.mark.parametrize("of", ["dry run", "tokenizer", "encoder", "translator"])
def test_code_that_comes_with_a_model_is_not_run_even_where_somebody_agrees(tmp_path, monkeypatch, of):
    """transformers asks on a terminal unless it is told no."""
    from raykd.config import Translate
    from raykd.corpus.tokenizer import open_tokenizer
    from raykd.evaluate.classifier.encoder import load_encoder
    from raykd.planning.costs.shapes import _model_shape
    from raykd.tasks import translation

    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("builtins.input", lambda prompt: "y")
    model = tmp_path / "model"
    model.mkdir()
    names = {"AutoConfig": "own.Config", "AutoModel": "own.Model", "AutoTokenizer": ["own.Tokenizer", None]}
    (model / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": names}))
    (model / "tokenizer_config.json").write_text(json.dumps({"auto_map": names, "tokenizer_class": "Tokenizer"}))
    (model / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    spec = Translate.model_construct(model=str(model), revision=None, codes={}, max_tokens=8)
    try:
        match of:
            case "dry run":
                _model_shape(str(model), None)
            case "tokenizer":
                open_tokenizer(model)
            case "encoder":
                load_encoder(str(model))
            case "translator":
                translation.open_tokenizer(spec, "eng", "spa")
    except InputError:
        pass
    assert not (tmp_path / "ran").exists()
