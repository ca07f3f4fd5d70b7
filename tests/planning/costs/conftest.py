"""Plans of the shipped experiments, on empty dumps and models that are a config alone."""

import json
from pathlib import Path

import pytest

from raykd.artifacts import ResultStore, Storage
from raykd.planning.load import load_experiment as load
from raykd.planning.plan import Plan
from raykd.planning.source_files import SourceFiles

ROOT = Path(__file__).parents[3]
MBERT = {
    **{"model_type": "bert", "vocab_size": 119547, "num_hidden_layers": 12, "max_position_embeddings": 512},
    **{"hidden_size": 768, "intermediate_size": 3072},
}
DISTILMBERT = {"model_type": "distilbert", "vocab_size": 119547, "n_layers": 6, "dim": 768, "hidden_dim": 3072}


@pytest.fixture
def make_plan(tmp_path, monkeypatch):
    for name, config in (("mbert", MBERT), ("distilmbert", DISTILMBERT)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config))
    for name in ("stackoverflow.com", *(f"{code}.stackoverflow.com" for code in ("es", "ja", "pt", "ru"))):
        (tmp_path / "dumps" / name).mkdir(parents=True)
        (tmp_path / "dumps" / name / "Posts.xml").write_text("<posts></posts>")
    for language in ("eng", "spa", "jpn", "por"):
        (tmp_path / f"{language}.jsonl").write_text("")
        (tmp_path / "cc-translations" / language).mkdir(parents=True)
        (tmp_path / "cc-translations" / language / "part-0.parquet").write_text("")
    (tmp_path / "wikipedia").mkdir()
    (tmp_path / "wikipedia" / "0.parquet").write_text("")
    monkeypatch.setenv("RAYKD_STORAGE", str(tmp_path))
    monkeypatch.setenv("DUMPS", str(tmp_path / "dumps"))
    monkeypatch.setenv("WIKIPEDIA", str(tmp_path / "wikipedia"))
    monkeypatch.setenv("MESSAGES", str(tmp_path))

    def make(name: str, *overrides: str, files: SourceFiles | None = None) -> Plan:
        models = [f"encoders.{model}.model={tmp_path / model}" for model in ("mbert", "distilmbert")]
        experiment = load(ROOT / "configs" / f"{name}.yaml", [*models, *overrides])
        return Plan(experiment, ResultStore(Storage(str(tmp_path / "storage"))), files)

    return make
