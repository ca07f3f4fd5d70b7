"""No address in a config holds a password, key or signature."""

import pickle

import pytest

from raykd.config.credentials import check_no_credentials
from raykd.config.experiment import load, to_yaml
from raykd.corpus.documents import unit_documents
from raykd.corpus.hashing import document_id
from raykd.corpus.readers import split_units
from raykd.errors import InputError
from raykd.planning.source_files import SourceFiles


@pytest.mark.parametrize(
    "address",
    [
        "s3://key:hunter2@bucket/a",
        "https://user:hunter2@host/a",
        "https://store.blob.core.windows.net/a?sv=1&sig=hunter2",
        "https://bucket.s3.amazonaws.com/a?X-Amz-Credential=x&X-Amz-Signature=hunter2",
        "https://host/a?access_token=hunter2",
        "https://host/a?api_key=hunter2",
        "https://host/a?x=1&client_secret=hunter2",
        "https://host/a?password=hunter2",
        "https://hunter2@host/a",  # a token alone
        " s3://key:hunter2@bucket/a",
        "s3://key:hun/ter2@bucket/a",  # keys of S3 may hold slashes
        "simplecache::s3://key:hunter2@bucket/a",
        "https://host/a?st=hunter2Xk39fQz81LmP",  # by whatever name
        "https://host/a?h=hunter2_0123456789abcdef0123456789abcdef",
        "https://host/a?e=1&x=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08#hunter2",
        "https://host/share/hunter2Bq4Zt7LmW9cR3vX5yN8/file.jsonl",  # the path is the key
        "hf://datasets/a/b?x=hf_hunter2AbCdEfGhIjKlMnOpQrStUvWxYz",
        "s3://bucket/AKIA0123456789ABCDEF/hunter2",
        "ghp_hunter2012345678901234567890123456",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(address):
    with pytest.raises(InputError, match=r"^corpora\.td\.sources\.1\.path: ") as refused:
        check_no_credentials({"corpora": {"td": {"sources": [{"path": "/a"}, {"path": address}]}}})
    assert "hunter2" not in str(refused.value) and "ter2" not in str(refused.value)


def test_other_addresses_are_fine():
    check_no_credentials(
        {
            "a": [
                "http://host:9000/a@b",
                "https://host/a?sort_key=1",
                "s3://bucket/a?versionId=3",
                "abfss://box@store.dfs.core.windows.net/a",
                "/a:b@c",
                3,
                None,
                "x?key=y",
                "https://dumps.wikimedia.org/enwiki/20240101/enwiki-20240101-pages-articles-multistream1.xml-p1p41242.bz2",
                "https://archive.org/download/Stack-Exchange-Data-Dump-2024Q1/MyVeryLongDatasetName2024Release.7z",
                "https://host/a?file=wikipedia-2024-dump.xml.bz2&date=2024-01-01T00:00:00Z",
                "hf://datasets/a/b@0123456789abcdef0123456789abcdef01234567/c.parquet",
                "https://host/0123456789abcdef0123456789abcdef01234567/c.parquet",
                "s3://bucket/part-00000-3f2a9c1e-5b7d-4e8f-9a6b-1c2d3e4f5a6b-c000.snappy.parquet",
                "s3://bucket/a?versionId=3HL4kqtJvjVBH40Nrjfkd",
                "/data/sk-wiki-20240101-pages-articles",
            ]
        }
    )


@pytest.fixture
def config(tmp_path):
    def write(storage):
        path = tmp_path / "config.yaml"
        path.write_text(f"name: a\nstorage: '{storage}'\nlanguages: [eng]\n")
        return path

    return write


SECRETS = ["HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DB_PASSWORD", "DB_PWD", "API_KEY", "RAYKD_ID_KEY"]


@pytest.mark.parametrize("name", [*SECRETS, "AZURE_STORAGE_CONNECTION_STRING", "my_token", "MLFLOW_TRACKING_PASSWORD"])
@pytest.mark.parametrize("form", ["/a/${oc.env:NAME}", "${oc.env:NAME,none}", '${oc.env:"NAME"}'])
def test_variables_with_the_name_of_a_secret_are_refused(config, monkeypatch, name, form):
    monkeypatch.setenv(name, "hunter2")
    with pytest.raises(InputError, match=r"storage: .* has the name of a secret") as refused:
        load(config(form.replace("NAME", name)))
    assert "hunter2" not in str(refused.value)


def test_the_value_of_such_a_variable_is_refused_however_it_comes(config, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hunter2-hunter2")
    monkeypatch.setenv("WHICH", "HF_TOKEN")
    for storage in ("/a/hunter2-hunter2", "/a/${oc.env:${oc.env:WHICH}}"):
        with pytest.raises(InputError, match="storage: it holds the value of the environment variable HF_TOKEN") as one:
            load(config(storage))
        assert "hunter2" not in str(one.value)


def test_other_variables_are_read(config, monkeypatch):
    for name in ("RAYKD_STORAGE", "TOKENIZER_DIRECTORY", "PWD", "MONKEY", "PATH_OF_DUMPS", "AUTHOR"):
        monkeypatch.setenv(name, "/somewhere-else")
        assert load(config(f"${{oc.env:{name}}}")).storage == "/somewhere-else"


KEYED = """
name: a
storage: runs
languages: [eng]
ids: keyed
corpora: {chat: {sources: [{reader: table, language: eng, path: PATH, name: chat, id: id}]}}
"""


def test_ids_hashed_with_a_key_are_nobodys_to_compute_and_the_key_is_nowhere(tmp_path, monkeypatch):
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "text": "a"}\n')
    (tmp_path / "a.yaml").write_text(KEYED.replace("PATH", str(tmp_path / "rows.jsonl")))
    monkeypatch.delenv("RAYKD_ID_KEY", raising=False)
    with pytest.raises(InputError, match="ids: keyed needs the environment variable RAYKD_ID_KEY"):
        load(tmp_path / "a.yaml")
    ids, described = [], []
    for key in ("hunter2-hunter2-hunter2", "hunter2-hunter2-hunter3", "hunter2-hunter2-hunter2"):
        monkeypatch.setenv("RAYKD_ID_KEY", key)
        experiment = load(tmp_path / "a.yaml")
        (source,) = pickle.loads(pickle.dumps(experiment.corpora["chat"])).sources  # as it goes to workers
        (table,) = [part for unit in split_units([source]) for part in unit_documents(unit, 56)]
        ids += table["doc_id"].to_pylist()
        described.append(SourceFiles("content").describe([source]))
        assert "hunter2" not in to_yaml(experiment) + repr(experiment) + str(described)
    assert ids[0] == ids[2] and len({*ids, document_id("chat", "1")}) == 3
    assert described[0] == described[2] != described[1]


def test_without_a_key_ids_and_hashes_are_as_ever(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "text": "a"}\n')
    (tmp_path / "a.yaml").write_text(KEYED.replace("PATH", str(tmp_path / "rows.jsonl")).replace("ids: keyed\n", ""))
    experiment = load(tmp_path / "a.yaml")
    assert "ids" not in experiment.model_dump()
    (source,) = experiment.corpora["chat"].sources
    assert [*SourceFiles("content").describe([source])[1]] == ["chat:rows.jsonl"]
    assert document_id("chat", "1") == "8e9ff778761e27256221bb47ef5aaa93"
