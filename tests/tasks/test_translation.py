"""Files of translations made on Ray: what is in them, that they are made once, and what is refused."""

import json

import pyarrow as pa
import pytest

from raykd.artifacts import Storage
from raykd.config import Cleaning, TableSource, Translate, TranslateResources
from raykd.corpus.hashing import document_id
from raykd.corpus.readers import read_unit, split_units
from raykd.errors import InputError
from raykd.planning.translations import is_translated, translation_identity
from raykd.tasks import translation
from raykd.tasks.translation import PartTranslator, Translator, translate_rows

pytestmark = pytest.mark.usefixtures("local_ray")
RESOURCES = TranslateResources(cpus=1, batch_tokens=60)


@pytest.fixture(scope="module")
def model(tmp_path_factory, write_translator):
    return write_translator(tmp_path_factory.mktemp("model"))


@pytest.fixture
def spec(tmp_path, model):
    rows = [
        {
            "id": n,
            "text": f"message word{n % 40} word{n % 9}",
            "intent": ("buy", "chat", "")[n % 3],
            "company": f"company {n % 2}",
            "from": "translated" if n == 1 else "natural",
        }
        for n in range(60)
    ]
    path = tmp_path / "eng.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"reader": "table", "language": "eng", "path": str(path), "id": "id", "labels": "intent"}
    source |= {"group": "company", "origin": "from"}
    return Translate(
        sources=(source,), languages=("spa", "eng"), directory="x", model=str(model), beams=2, max_tokens=16, part=15
    )


def translate(storage, spec, inputs, **values):
    return translate_rows(
        storage, spec, translation_identity(spec, Cleaning(), inputs), Cleaning(), RESOURCES, **values
    )


def in_process(storage, spec, resources, parts):
    """As the actors do, here: for what does not ask for them."""
    translator = PartTranslator(storage, spec, resources)
    yield from (row for part in parts for row in translator(pa.Table.from_pylist([part._asdict()])).to_pylist())


def test_labelled_natural_rows_are_translated_once(tmp_path, spec, monkeypatch):
    storage, said = Storage(str(tmp_path / "translations")), []
    identity = translation_identity(spec, Cleaning(), {"file": "1"})
    assert not is_translated(storage, identity)
    facts = translate(storage, spec, {"file": "1"}, say=said.append)
    assert is_translated(storage, identity)
    assert storage.list("") == ["manifest.json", "originals", "spa", "translation.json"]
    assert storage.list("spa") == ["eng-00000.parquet", "eng-00001.parquet", "eng-00002.parquet"]
    assert len(said) == 3

    rows = [row for name in storage.list("spa") for row in storage.read_table(f"spa/{name}").to_pylist()]
    originals = {
        document_id("eng/eng.jsonl", row.native_id): row
        for unit in split_units(spec.sources)
        for row in read_unit(unit)
    }
    wanted = {key for key, row in originals.items() if row.labels and row.origin == "natural"}
    assert {row["original"] for row in rows} == wanted and len(rows) == len(wanted) == 39
    translator = Translator(spec, "eng", "spa", 1000)
    for row in rows:
        source = originals[row["original"]]
        assert row["id"] == row["original"] + "-spa"
        assert (tuple(row["labels"]), row["group"], row["origin"]) == (source.labels, source.group, "translated")
        assert (row["text"], row["problem"]) == tuple(translator([source.text])[0])
    assert facts["languages"]["spa"]["rows"] == sum(not row["problem"] for row in rows)
    table = {"path": f"{storage.root}/spa/*.parquet", "id": "id", "labels": "labels", "origin": "origin"}
    read = [
        row for unit in split_units([TableSource(reader="table", language="spa", **table)]) for row in read_unit(unit)
    ]
    assert {row.origin for row in read} == {"translated"}
    assert [(row.native_id, row.text) for row in read] == [(row["id"], row["text"]) for row in rows]

    # Only the file that is missing is made again, and it is the same.
    before = storage.read_bytes("spa/eng-00001.parquet")
    storage.remove("spa/eng-00001.parquet")
    storage.remove("manifest.json")
    said.clear()
    monkeypatch.setattr(translation, "_translated", in_process)
    monkeypatch.setattr(translation.torch, "set_num_threads", lambda number: None)
    assert translate(storage, spec, {"file": "1"}, say=said.append) == facts
    assert len(said) == 1 and said[0].startswith("spa/eng-00001.parquet: 15 rows")
    assert storage.read_bytes("spa/eng-00001.parquet") == before
    with pytest.raises(InputError, match="holds translations of other rows, or by other settings; remove it or name"):
        is_translated(storage, translation_identity(spec, Cleaning(), {"file": "2"}))


def test_sources_without_a_label_and_bad_rows_are_named(tmp_path, spec):
    storage = Storage(str(tmp_path / "translations"))
    (source,) = spec.sources
    unlabelled = spec.model_copy(update={"sources": (source.model_copy(update={"labels": None}),)})
    with pytest.raises(InputError, match=r"translate.sources: none of 60 rows is natural and has a label"):
        translate(storage, unlabelled, {})
    with open(source.path, "a") as file:
        file.write("{\n")
    with pytest.raises(InputError, match=r"translate: 1 of 61 rows cannot be used.*eng.jsonl"):
        translate(storage, spec, {})
    assert storage.list("") == []
