"""jobs/translate.py as a user runs it."""

import json

import pytest

CONFIG = """
name: translated
storage: {directory}/runs
languages: [eng, spa]
corpora:
  messages: {{sources: [{{reader: table, language: eng, path: {directory}/eng.jsonl}}]}}
encoders: {{}}
translate:
  sources: [{{reader: table, language: eng, path: {directory}/eng.jsonl, labels: label}}]
  languages: [spa]
  directory: {directory}/translations
  model: "{directory}/model-{{source}}-{{target}}"
  codes: {{eng: en, spa: es}}
  max_tokens: 16
"""


@pytest.fixture
def config(tmp_path, write_translator):
    write_translator(tmp_path / "model-en-es")
    rows = [{"text": f"message word{n}", "label": "buy"} for n in range(30)]
    (tmp_path / "eng.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(directory=tmp_path))
    return path


@pytest.mark.slow  # tests/tasks/test_translation.py is the fast one, without the job around it
def test_rows_are_translated_and_nothing_is_overwritten(config, run_here):
    status, output = run_here("translate", config)
    assert status == 0, output[-3000:]
    assert "spa/eng-00000.parquet: 30 rows" in output and "spa: " in output
    manifest = json.loads((config.parent / "translations/manifest.json").read_text())
    assert (
        manifest["facts"]["languages"]["spa"]["rows"] + sum(manifest["facts"]["languages"]["spa"]["left_out"].values())
        == 30
    )
    status, output = run_here("translate", config, "translate.beams=1")
    assert status == 2 and "holds translations of other rows, or by other settings" in output, output[-2000:]
