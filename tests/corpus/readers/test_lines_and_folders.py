"""Lines of every kind of end, folders of every kind of file, and what stands in a file beside its rows."""

import gzip
import itertools
import json
import lzma

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from raykd.artifacts import file_identity
from raykd.config import StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.readers import Row, Unit, files, read_unit, source_files, split_units
from raykd.corpus.readers.files import folder_lines, passed_over
from raykd.errors import InputError
from raykd.planning.source_files import SourceFiles

ENDS = ("\n", "\r\n", "\r")


def table(path, **values) -> TableSource:
    return TableSource(reader="table", path=str(path), **{"language": "eng", **values})


def stackexchange(path, **values) -> StackExchangeSource:
    return StackExchangeSource(reader="stackexchange", language="eng", path=str(path), **values)


def rows(source, unit_bytes: int = 1 << 20) -> list[Row]:
    return [row for unit in split_units([source], unit_bytes) for row in read_unit(unit)]


def cut_anywhere(source, size: int) -> None:
    whole = rows(source)
    for cut in range(size + 1):
        units = [Unit(source, source.path, 0, cut), Unit(source, source.path, cut, size)]
        assert [row for unit in units for row in read_unit(unit)] == whole, cut
    for unit_bytes in (1, 2, 3, 7):
        assert rows(source, unit_bytes) == whole


@pytest.mark.parametrize("buffer", [1, 2, 5, 1 << 20])
@pytest.mark.parametrize("ends", [*((end,) for end in ENDS), ENDS])
@pytest.mark.parametrize(("name", "documents"), [("a.txt", "lines"), ("a.txt", "paragraphs"), ("a.jsonl", "lines")])
def test_lines_of_every_end_are_read_once_wherever_the_file_is_cut(
    tmp_path, monkeypatch, name, documents, ends, buffer
):
    monkeypatch.setattr(files, "CHUNK_BYTES", buffer)
    texts = ["one", "two 日", "", "three", "four", "", "", "five"]
    lines = [json.dumps({"text": text}) if text and name == "a.jsonl" else text for text in texts]
    content = "".join(line + end for line, end in zip(lines, itertools.cycle(ends)))
    (tmp_path / name).write_text(content, newline="")
    source = table(tmp_path / name, documents=documents)
    expected = ["one\ntwo 日", "three\nfour", "five"] if documents == "paragraphs" else [text for text in texts if text]
    assert [row.text for row in rows(source)] == expected
    cut_anywhere(source, len(content.encode()))


@pytest.mark.parametrize("end", ENDS)
def test_csv_of_every_line_end(tmp_path, end):
    content = f'id,text{end}1,"one{end}two"{end}{end}2,three{end}3,four'
    (tmp_path / "a.csv").write_text(content, newline="")
    found = rows(table(tmp_path / "a.csv", id="id"))
    assert [(row.native_id, row.text) for row in found] == [("1", "one\ntwo"), ("2", "three"), ("3", "four")]
    assert [row.offset for row in found] == [content.index(start) for start in ('1,"', "2,t", "3,f")]


HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\r\n<!DOCTYPE posts>\r\n<?style sheet="x"?>\r\n<!-- one line -->\r\n'
    '<!-- of\r\n  <row Id="8" PostTypeId="1" Body="in a comment" />\r\nseveral -->\r\n<posts>\r\n'
)


def test_what_stands_around_rows_of_xml_is_no_row_wherever_the_file_is_cut(tmp_path):
    content = (
        HEAD
        + '  <row Id="1" PostTypeId="1" Body="a" />\r\n<!-- between\n--> <row Id="2" PostTypeId="1" Body="b" />\r\n'
        '<!-- <row Id="9" PostTypeId="1" Body="c" /> -->\n  <row Id="3" PostTypeId="1" Body="c --&gt; <!-- />\n'
        '  <row Id="4" PostTypeId="1" Body="d" />\n</posts>\n'
    )
    (tmp_path / "Posts.xml").write_text("\ufeff" + content, newline="")
    source = stackexchange(tmp_path / "Posts.xml")
    found = rows(source)
    assert [row.native_id for row in found if not row.problem] == ["1", "2", "4"]
    assert [row.problem.split(" (")[0] for row in found if row.problem] == ["not a well-formed row"]
    cut_anywhere(source, len(("\ufeff" + content).encode()))


def test_all_on_one_line(tmp_path):
    (tmp_path / "Posts.xml").write_text('<?xml version="1.0"?><posts><row Id="1" PostTypeId="1" Body="a" />\n</posts>')
    assert [row.native_id for row in rows(stackexchange(tmp_path / "Posts.xml"))] == ["1"]


def test_a_comment_that_never_ends_costs_its_own_line(tmp_path):
    good = "".join(f'<row Id="{n}" PostTypeId="1" Body="a" />\n' for n in range(3000))
    (tmp_path / "Posts.xml").write_text("<posts>\n<!-- never closed\n" + good)
    found = rows(stackexchange(tmp_path / "Posts.xml"))
    assert [row.native_id for row in found if not row.problem] == [str(n) for n in range(3000)]
    assert [row.place.split(": ")[-1] for row in found if row.problem] == ["byte 8"]


def test_posts_are_chosen_by_their_attributes(tmp_path):
    lines = [
        f'<row Id="{n}" PostTypeId="1" Body="a" Tags="|{"ab"[n % 2]}|all|" OwnerUserId="{n % 3}" />\n' for n in range(6)
    ]
    (tmp_path / "Posts.xml").write_text("".join(lines))

    def ids(**where):
        return [row.native_id for row in rows(stackexchange(tmp_path / "Posts.xml", where=where))]

    assert ids(Tags=["a"]) == ["0", "2", "4"]
    assert ids(Tags=["a", "b"], OwnerUserId=["0"]) == ["0", "3"]
    assert ids(Tags=["none"]) == ids(Missing=["x"]) == []
    assert len(ids()) == 6


@pytest.mark.parametrize(
    ("name", "content", "delimiter"),
    [
        ("a.tsv", "id\ttext\n1\tone, two\n", None),
        ("a.TSV", 'id\ttext\n1\t"one, two"\n', None),
        ("a.csv", "id;text\n1;one, two\n", ";"),
        ("a.csv", "id\ttext\n1\tone, two\n", "\t"),
        ("a.txt", "id|text\n1|one, two\n", "|"),
    ],
)
def test_values_are_separated_by_the_delimiter(tmp_path, name, content, delimiter):
    (tmp_path / name).write_text(content)
    found = rows(table(tmp_path / name, delimiter=delimiter, id="id"))
    assert [(row.native_id, row.text) for row in found] == [("1", "one, two")]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", "id;text\n1;x\n", r'has no \',\' but \';\' between its values; write delimiter: ";" in its source'),
        ("a.csv", "id\ttext\n1\tx\n", r'write delimiter: "\\t" in its source'),
        ("a.tsv", "id,text\n1,x\n", r'write delimiter: "," in its source'),
        ("a.csv", "name\nx\n", "no column 'text'; there are: name"),
    ],
)
def test_another_delimiter_is_named_with_its_cure(tmp_path, name, content, what):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=what):
        split_units([table(tmp_path / name)])


@pytest.mark.parametrize(
    ("name", "key"), [("a.jsonl", "delimiter"), ("a.parquet", "delimiter"), ("a.parquet", "encoding")]
)
def test_a_key_that_means_nothing_for_a_file_is_refused(tmp_path, name, key):
    (tmp_path / name).write_text('{"text": "x"}\n')
    with pytest.raises(InputError, match=f"the source has an? {key}"):
        split_units([table(tmp_path / name, **{key: ";" if key == "delimiter" else "utf-16"})])


def test_a_column_that_is_there_twice_is_refused_where_it_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("id,text,label,text,,\n1,a,x,b,,\n")
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["x"]), pa.array(["b"])], names=["text", "label", "text"])
    pq.write_table(twice, tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(InputError, match=rf"{name}: 2 columns are called 'text'"):
            split_units([table(tmp_path / name)])
    assert [row.text for row in rows(table(tmp_path / "a.csv", text="label"))] == ["x"]
    (tmp_path / "a.jsonl").write_text('{"text": "a", "text": "b"}\n{"text": "c"}\n')
    found = rows(table(tmp_path / "a.jsonl"))
    assert [row.text for row in found] == ["", "c"]
    assert "the key 'text' twice" in found[0].problem


def test_a_folder_says_what_is_read_of_it_and_what_is_not(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    for name in ("a.JSONL", "b.ndjson", "c.jsonl.xz", "LICENSE.txt", "README.md", ".hidden"):
        (tmp_path / name).write_text(json.dumps({"text": name}) + "\n")
    (tmp_path / "c.jsonl.xz").write_bytes(lzma.compress(b'{"text": "c.jsonl.xz"}\n'))
    (tmp_path / "d.CSV.GZ").write_bytes(gzip.compress(b"text\nd.CSV.GZ\n"))
    source = table(tmp_path)
    assert [row.text for row in rows(source)] == ["a.JSONL", "b.ndjson", "c.jsonl.xz", "d.CSV.GZ"]
    assert folder_lines([source, source]) == [
        f"{tmp_path}: 4 (a.JSONL, b.ndjson, c.jsonl.xz, d.CSV.GZ) read, "
        "passed over 4 (.hidden, LICENSE.txt, README.md, sub)"
    ]
    assert passed_over(source) == [".hidden", "LICENSE.txt", "README.md", "sub"]
    assert [row.text for row in rows(table(f"{tmp_path}/LICENSE.txt"))] == ['{"text": "LICENSE.txt"}']
    assert folder_lines([table(f"{tmp_path}/LICENSE.txt")]) == []
    monkeypatch.chdir(tmp_path)
    assert folder_lines([table("LICENSE.txt")]) == []


def test_text_files_of_a_folder_are_read_where_a_pattern_asks_for_them(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    with pytest.raises(InputError, match=rf"2 \(a\.txt, b\.txt\); to read those, write a pattern: {tmp_path}/\*\.txt"):
        source_files(table(tmp_path))
    assert [row.text for row in rows(table(f"{tmp_path}/*.txt"))] == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("README.md",), "put such files there, or name another folder"),
        (("README.md", "book.xlsx"), r"save its sheet as CSV \(UTF-8\)"),
        (("README.md", "a.txt", "book.xlsx"), r"write a pattern: \S+/\*\.txt"),
    ],
)
def test_a_folder_without_a_table_names_what_would_make_one(tmp_path, names, said):
    for name in names:
        (tmp_path / name).write_text(name)
    with pytest.raises(InputError, match=f"; (to read those, )?{said}$"):
        source_files(table(tmp_path))


@pytest.mark.parametrize("path", ["text", "text/*/wiki_*"])
def test_the_layout_of_wikiextractor_is_read_whole(tmp_path, path):
    for number, (folder, name) in enumerate(itertools.product(("AA", "AB"), ("wiki_00", "wiki_01"))):
        (tmp_path / "text" / folder).mkdir(parents=True, exist_ok=True)
        page = {"id": str(number), "title": f"T{number}", "text": f"T{number}\n\nbody {folder} {name}"}
        (tmp_path / "text" / folder / name).write_text(json.dumps(page) + "\n")
    (tmp_path / "text" / "AB" / "notes.txt").write_text("x")
    source = WikipediaSource(
        reader="wikipedia", form="extracted", language="eng", path=str(tmp_path / path), name="wiki"
    )
    assert [row.text for row in rows(source)] == [
        f"T{number}\nbody {folder} {name}"
        for number, (folder, name) in enumerate(itertools.product(("AA", "AB"), ("wiki_00", "wiki_01")))
    ]
    _, identities = SourceFiles("content").describe([source])
    assert list(identities) == ["wiki:AA/wiki_00", "wiki:AA/wiki_01", "wiki:AB/wiki_00", "wiki:AB/wiki_01"]
    assert passed_over(source) == (["AB/notes.txt"] if path == "text" else [])


def test_a_data_set_of_the_hugging_face_hub_is_read_by_its_path():
    """By a filesystem that stands in for the hub's: what is special there is the address, and what tells a version."""

    class Hub(MemoryFileSystem):
        protocol = "hf"
        store: dict = {}  # noqa: RUF012
        pseudo_dirs = [""]  # noqa: RUF012

        @classmethod
        def _strip_protocol(cls, path):
            return MemoryFileSystem._strip_protocol("/" + path.removeprefix("hf://").strip("/"))

        def info(self, path, **options):
            found = super().info(path, **options)
            found.pop("created", None)
            return found | {"blob_id": "0123abcd"}

    known = fsspec.get_filesystem_class("hf")
    fsspec.register_implementation("hf", Hub, clobber=True)
    try:
        hub = fsspec.filesystem("hf")
        for name in ("train.jsonl", "README.md"):
            hub.pipe_file(f"/datasets/who/chats/data/{name}", b'{"text": "from the hub"}\n')
        source = table("hf://datasets/who/chats/data")
        found = rows(source)
        assert [row.text for row in found] == ["from the hub"]
        assert found[0].place.startswith("hf://")
        assert passed_over(source) == ["README.md"]
        assert file_identity(source_files(source)[0], "stat").endswith(":0123abcd")
    finally:
        fsspec.register_implementation("hf", known, clobber=True)


def test_keys_that_came_later_change_no_description_of_a_source():
    before = table("a.csv").model_dump(mode="json")
    assert not {"encoding", "delimiter"} & set(before)
    assert "where" not in stackexchange("Posts.xml").model_dump(mode="json")
    given = table("a.csv", encoding="UTF-16", delimiter=";").model_dump(mode="json")
    assert (given["encoding"], given["delimiter"]) == ("utf-16", ";")
    assert table("a.csv").model_validate(given).encoding == "utf-16"


@pytest.mark.parametrize(
    "values", [{"encoding": "base64"}, {"encoding": "none"}, {"delimiter": ""}, {"delimiter": ",,"}]
)
def test_no_encoding_and_no_delimiter(values):
    with pytest.raises(ValueError, match=r"encoding|delimiter"):
        table("a.csv", **values)
