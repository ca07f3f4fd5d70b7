"""Sources as units and rows: every row exactly once, however a file is cut, and a reason for each that is bad."""

import functools
import http.server
import json
import shutil
import threading
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raykd.config import StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import (
    Row,
    Unit,
    files,
    read_unit,
    source_files,
    source_name,
    split_units,
    table_csv,
    table_parquet,
)
from raykd.errors import InputError

POSTS = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n'
    b'  <row Id="1" PostTypeId="1" Title="Why &lt;T&gt;?" Body="&lt;p&gt;a &amp;amp; b&lt;/p&gt;" '
    b'Tags="&lt;c#&gt;" />\r\n'
    + '  <row Id="2" PostTypeId="2" Body="日本語 é 👩" />\n'.encode()
    + b"\r\n"
    + b'  <row Id="3" PostTypeId="1" Title="t" Body="b&#xA;c" Tags="|java|c++|" />\r\n'
    b'  <row Id="4" PostTypeId="5" Body="a tag wiki" />\n'
    b'  <row Id="5" PostTypeId="1" Body="broken />\n'
    b'  <row PostTypeId="1" Body="without id" />\n</posts>\n'
    b'  <row Id="6" PostTypeId="1" Body="last, without newline" Tags="" />'
)
POST_ROWS = [
    ("1", "Why <T>?\n\na & b\n", ("c#",)),
    ("2", "日本語 é 👩", ()),
    ("3", "t\nb\nc", ("java", "c++")),
    ("6", "last, without newline", ()),
]


def stackexchange(path, **values) -> StackExchangeSource:
    return StackExchangeSource(reader="stackexchange", language="eng", path=str(path), **{"posts": "all", **values})


def table(path, **values) -> TableSource:
    return TableSource(reader="table", path=str(path), **{"language": "eng", **values})


def rows(source, unit_bytes: int = 1 << 20) -> list[Row]:
    return [row for unit in split_units([source], unit_bytes) for row in read_unit(unit)]


def cuts(source, size: int) -> Iterator[list[Row]]:
    """The rows of a file of `size` bytes cut in two at every position."""
    path = source_files(source)[0]
    for cut in range(size + 1):
        units = [Unit(source, path, 0, cut), Unit(source, path, cut, size)]
        yield [row for unit in units for row in read_unit(unit)]


@pytest.fixture
def posts(tmp_path) -> StackExchangeSource:
    (tmp_path / "Posts.xml").write_bytes(POSTS)
    return stackexchange(tmp_path / "Posts.xml")


def test_posts_are_read(posts):
    good = [row for row in rows(posts) if not row.problem]
    assert [(row.native_id, row.labels) for row in good] == [(id, labels) for id, _, labels in POST_ROWS]
    texts = [
        document["text"]
        for unit in split_units([posts])
        for t in unit_documents(unit, 56)
        for document in t.to_pylist()
    ]
    assert [text for text in texts if text] == [text.replace("\n\n", "\n").strip() for _, text, _ in POST_ROWS]


def test_malformed_posts_come_back_with_a_problem_and_their_byte(posts):
    bad = [row for row in rows(posts) if row.problem]
    assert [row.problem.split(" (")[0] for row in bad] == ["not a well-formed row", "a row without Id or PostTypeId"]
    offsets = [POSTS.index(b'  <row Id="5"'), POSTS.index(b"  <row PostTypeId")]
    assert [row.place for row in bad] == [f"{posts.path}: byte {offset}" for offset in offsets]


def test_every_post_is_read_once_wherever_the_file_is_cut(posts):
    whole = rows(posts)
    assert len(whole) == len(POST_ROWS) + 2
    for found in cuts(posts, len(POSTS)):
        assert found == whole


@pytest.mark.parametrize("unit_bytes", [1, 2, 7, 50, 51, 1000])
def test_every_post_is_read_once_in_units_of_any_size(posts, unit_bytes):
    assert rows(posts, unit_bytes) == rows(posts)


def test_units_are_the_same_in_whatever_order_sources_are_listed(posts, tmp_path):
    """What is half done goes on by their numbers."""
    (tmp_path / "other").mkdir()
    shutil.copy(posts.path, tmp_path / "other/Posts.xml")
    other = posts.model_copy(update={"path": str(tmp_path / "other/Posts.xml"), "name": "other"})
    assert split_units([posts, other]) == split_units([other, posts])


@pytest.mark.parametrize(("kind", "ids"), [("questions", ["1", "3", "6"]), ("answers", ["2"])])
def test_kinds_of_posts(posts, kind, ids):
    source = posts.model_copy(update={"posts": kind})
    assert [row.native_id for row in rows(source) if not row.problem] == ids


LINES = [
    b"\xef\xbb\xbf" + json.dumps({"id": 0, "text": "first", "who": 0}).encode() + b"\r\n",
    json.dumps({"id": "b", "text": "日本語\n👩", "tags": ["x", "a"], "who": "c1"}, ensure_ascii=False).encode() + b"\n",
    b"\r\n",
    b'{"id": "c", "text": \n',
    b'["no", "object"]\n',
    b'{"id": "d"}\n',
    b'{"id": "e", "text": 5}\n',
    b'{"id": "", "text": "without id"}\n',
    b'{"id": "f", "text": "\xff"}\n',
    b'{"id": "g", "text": "one label", "tags": "x", "from": "translated"}\n',
    b'{"id": "h", "text": "last"}',
]


@pytest.fixture
def lines(tmp_path) -> TableSource:
    (tmp_path / "rows.jsonl").write_bytes(b"".join(LINES))
    return table(tmp_path / "rows.jsonl", id="id", labels="tags", group="who", origin="from")


def test_json_lines_are_read(lines):
    good = [(row.native_id, row.text, row.labels, row.group, row.origin) for row in rows(lines) if not row.problem]
    assert good == [
        ("0", "first", (), "0", ""),
        ("b", "日本語\n👩", ("a", "x"), "c1", ""),
        ("g", "one label", ("x",), "", "translated"),
        ("h", "last", (), "", ""),
    ]


def test_malformed_json_lines_come_back_with_a_problem_and_their_byte(lines):
    bad = [row for row in rows(lines) if row.problem]
    offsets = [sum(map(len, LINES[:n])) for n in range(3, 9)]
    assert [row.place for row in bad] == [f"{lines.path}: byte {offset}" for offset in offsets]
    expected = ["not valid JSON", "not a JSON object", "'text'", "holds no text", "'id'", "not UTF-8"]
    assert all(what in row.problem for what, row in zip(expected, bad, strict=True))


def test_every_json_line_is_read_once_wherever_the_file_is_cut(lines):
    whole = rows(lines)
    for found in cuts(lines, sum(map(len, LINES))):
        assert found == whole
    for unit_bytes in (1, 3, 64):
        assert rows(lines, unit_bytes) == whole


def test_rows_without_ids_are_named_by_their_place_and_all_differ(lines):
    unnamed = lines.model_copy(update={"id": None})
    ids = [row.native_id for row in rows(unnamed)]
    assert len(set(ids)) == len(ids) == len(LINES) - 1
    assert ids == [row.native_id for row in rows(unnamed, 5)]


RECORDS = [
    {"id": n, "text": f"text {n}, “ü”", "tags": [f"t{n % 3}", "all"], "company": n % 2, "kind": "ab"[n % 2]}
    for n in range(25)
]


@pytest.fixture
def parquet(tmp_path) -> TableSource:
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "rows.parquet", row_group_size=4)
    return table(tmp_path / "rows.parquet", id="id", labels="tags", group="company", origin="kind")


def test_parquet_is_read_by_runs_of_row_groups(parquet):
    cuts = {size: [(unit.start, unit.stop) for unit in split_units([parquet], size)] for size in (1, 1_100, 1 << 20)}
    assert cuts[1] == [(group, group + 1) for group in range(7)]
    assert cuts[1_100] == [(0, 2), (2, 4), (4, 6), (6, 7)]
    assert cuts[1 << 20] == [(0, 7)]
    assert sum(unit.bytes for unit in split_units([parquet], 1)) == split_units([parquet])[0].bytes > 0
    found = [(row.native_id, row.text, row.labels, row.group, row.origin) for row in rows(parquet)]
    assert found == [(str(r["id"]), r["text"], tuple(sorted(r["tags"])), str(r["company"]), r["kind"]) for r in RECORDS]
    assert rows(parquet, 1) == rows(parquet, 1_100) == rows(parquet)
    ids = [row.native_id for row in rows(parquet.model_copy(update={"id": None}))]
    assert ids == [f"rows.parquet:{n}" for n in range(25)]


def test_csv_is_read_as_text_with_newlines_in_values(tmp_path):
    content = 'id,text,kind\r\n007,"one, ""two""\r\nthree",a\r\n8,,a\r\n9,NA,b\r\n,no id,b\r\n'
    (tmp_path / "rows.csv").write_text(content, newline="")
    source = table(tmp_path / "rows.csv", id="id")
    found = [(row.native_id, row.text, row.problem) for row in rows(source)]
    assert found[:3] == [("007", 'one, "two"\nthree', ""), ("8", "", ""), ("9", "NA", "")]
    assert found[3][2] == "nothing in column 'id'"
    assert rows(source, 1) == rows(source)


def test_csv_rows_of_other_lengths_come_back_with_a_problem(tmp_path):
    (tmp_path / "rows.csv").write_text("id,text\n1,a\n2,b,c\n3\n4,d\n")
    found = rows(table(tmp_path / "rows.csv", id="id"))
    assert [row.text for row in found if not row.problem] == ["a", "d"]
    assert [row.problem for row in found if row.problem] == [
        "3 columns where the header has 2",
        "1 columns where the header has 2",
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_of_columns_only_the_row_that_is_no_utf8_is_rejected(tmp_path, form):
    texts = [b"good", b"bad \xff byte", "fine é".encode()]
    if form == "csv":
        (tmp_path / "rows.csv").write_bytes(b"text,other\n" + b"".join(text + b",\xff\n" for text in texts))
    else:
        pq.write_table(pa.table({"text": pa.array(texts).view(pa.string())}), tmp_path / "rows.parquet")
    found = rows(table(tmp_path / f"rows.{form}"))
    assert [row.text for row in found] == ["good", "", "fine é"]
    assert found[1].problem.startswith("not UTF-8")
    assert found[1].place.endswith("rows.csv: byte 18" if form == "csv" else "rows.parquet: row 1")


def test_a_long_csv_row_is_read(tmp_path):
    (tmp_path / "rows.csv").write_text("id,text\n1,good\n2," + "long " * 500_000 + "\n3,fine\n")
    assert [len(row.text) for row in rows(table(tmp_path / "rows.csv", id="id"))] == [4, 2_500_000, 4]


@pytest.mark.parametrize("after", ["", '3,"quoted"\n', '3,"two\nlines"\n'])
def test_a_csv_quote_that_is_never_closed_costs_its_own_line_alone(tmp_path, after):
    good = "".join(f"{n},row {n}\n" for n in range(10, 5000))
    (tmp_path / "rows.csv").write_text('id,text\n1,a\n2,"' + "b\n" + after + good)
    found = rows(table(tmp_path / "rows.csv", id="id"))
    problems = [row for row in found if row.problem]
    assert [row.place.rsplit("/")[-1] for row in problems] == ["rows.csv: byte 12"]
    kept = [row.native_id for row in found if not row.problem]
    assert kept == ["1", *(["3"] if after else []), *map(str, range(10, 5000))]


def test_csv_offsets_are_those_of_the_file(tmp_path):
    content = 'text,n\n"one\nline",1\n\nbad\n日本,2\n'
    (tmp_path / "rows.csv").write_text(content)
    found = rows(table(tmp_path / "rows.csv"))
    starts = [content.encode().index(part.encode()) for part in ('"one', "bad", "日本")]
    assert [row.offset for row in found] == starts
    assert [row.native_id for row in found if not row.problem] == [f"rows.csv:{start}" for start in starts[::2]]


def test_csv_values_may_be_long_but_not_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(table_csv, "RECORD_CHARACTERS", 1000)
    (tmp_path / "rows.csv").write_text('id,text\n1,"' + "x" * 900 + '"\n2,"' + "line\n" * 400 + '"\n3,c\n')
    found = rows(table(tmp_path / "rows.csv", id="id"))
    assert [row.native_id for row in found if not row.problem] == ["1", "3"]
    assert "larger than the limit" in next(row.problem for row in found if row.problem)


def test_a_parquet_batch_is_bounded_by_its_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(table_parquet, "BATCH_BYTES", 1000)
    texts = [f"{n} ".ljust(300, "x") for n in range(50)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "rows.parquet", use_dictionary=False, compression="none")
    batches = []
    original = table_parquet._values
    monkeypatch.setattr(table_parquet, "_values", lambda batch: batches.append(batch) or original(batch))
    assert [row.text for row in rows(table(tmp_path / "rows.parquet"))] == texts
    assert max(batch.num_rows for batch in batches) == 3


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("rows.csv", b"", "the file is empty"),
        ("rows.parquet", b"PAR1", "not a parquet file"),
        ("rows.xls", b"text", "a table is .parquet, .jsonl, .ndjson, .csv, .tsv or .txt"),
        ("rows.csv", b"text,\xff\n1,a\n", "not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_is_bad_input(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=what) as error:
        rows(table(tmp_path / name))
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({"kind": ("a",)}, range(0, 25, 2)),
        ({"kind": ("a", "b")}, range(25)),
        ({"kind": ("a",), "tags": ("t0",)}, range(0, 25, 6)),
        ({"company": ("1",)}, range(1, 25, 2)),
        ({"kind": ("c",)}, []),
    ],
)
def test_where_keeps_rows_that_hold_one_of_the_values(parquet, where, ids):
    found = rows(parquet.model_copy(update={"where": where}))
    assert [row.native_id for row in found] == [str(n) for n in ids]


@pytest.mark.parametrize("join", [None, 1000])
@pytest.mark.parametrize("kept", [{0}, {30}, {0, 99}])
def test_a_unit_whose_rows_are_all_left_out_reads_no_further(tmp_path, monkeypatch, join, kept):
    lines = [json.dumps({"text": str(n), "chat": "a", "kind": "ab"[n in kept]}) + "\n" for n in range(100)]
    (tmp_path / "rows.jsonl").write_text("".join(lines))
    source = table(tmp_path / "rows.jsonl", where={"kind": ("b",)}, conversation={"id": "chat", "join": join})
    parsed = []
    original = json.loads
    monkeypatch.setattr(json, "loads", lambda line, **hook: parsed.append(line) or original(line, **hook))
    units = split_units([source], 3 * len(lines[0]))
    found = "\n".join(row.text for unit in units for row in read_unit(unit))
    assert found == "\n".join(map(str, sorted(kept)))
    assert len(units) > 30
    assert len(parsed) < 4 * len(lines)


@pytest.mark.parametrize("column", ["id", "group", "labels", "origin"])
def test_half_a_surrogate_pair_in_a_column_is_rejected_with_its_place(tmp_path, column):
    content = [{"text": "x", column: "a\ud800"}, {"text": "a \udfff b", column: "c"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
    tables = [
        t
        for unit in split_units([table(tmp_path / "rows.jsonl", **{column: column})])
        for t in unit_documents(unit, 56)
    ]
    bad, good = [row for t in tables for row in t.to_pylist()]
    assert bad["problem"] == f"half a surrogate pair in column {column!r}"
    assert bad["place"].endswith("rows.jsonl: byte 0")
    assert (good["problem"], good["text"]) == ("", "a b")


@pytest.mark.parametrize("column", ["text", "id", "labels", "group", "origin", "where"])
def test_a_missing_column_is_named_with_those_there_are(parquet, tmp_path, column):
    (tmp_path / "rows.csv").write_text("text,company\n")
    value = {"absent": ("x",)} if column == "where" else "absent"
    for path, there in ((parquet.path, "id, text, tags, company, kind"), (tmp_path / "rows.csv", "text, company")):
        with pytest.raises(InputError, match=f"no column 'absent'; there are: {there}"):
            split_units([table(path, **{column: value})])


def test_a_directory_and_a_pattern_give_their_files_sorted(tmp_path):
    for name in ("b.jsonl", "a.jsonl", "c[1].jsonl"):
        (tmp_path / name).write_text(json.dumps({"text": name}) + "\n")
    names = ["a.jsonl", "b.jsonl", "c[1].jsonl"]
    assert [row.text for row in rows(table(tmp_path))] == names
    assert [row.text for row in rows(table(f"{tmp_path}/*.jsonl"))] == names
    assert [row.text for row in rows(table(f"{tmp_path}/?.jsonl"))] == names[:2]
    assert [row.text for row in rows(table(f"{tmp_path}/c[1].jsonl"))] == names[2:]


def test_of_a_folder_only_the_reader_s_files_are_read(tmp_path):
    (tmp_path / "Posts.xml").write_text('<row Id="1" PostTypeId="1" Body="x" />\n')
    for name in ("pt.7z.json", "pt.7z.0a1b2c3d.part", "rows.jsonl", "wiki_00"):
        (tmp_path / name).write_text('{"text": "y"}\n')
    assert [row.text for row in rows(stackexchange(tmp_path))] == ["x"]
    assert [row.text for row in rows(table(tmp_path))] == ["y"]
    assert len(source_files(stackexchange(f"{tmp_path}/*"))) == 5
    assert source_files(stackexchange(tmp_path / "wiki_00")) == [str(tmp_path / "wiki_00")]
    for form, count in (("dump", 1), ("extracted", 1)):
        source = WikipediaSource(reader="wikipedia", language="eng", path=str(tmp_path), form=form)
        assert len(source_files(source)) == count
    (tmp_path / "Posts.xml").unlink()
    with pytest.raises(InputError, match=r"of a folder \*\.xml and \*\.7z are read, and here are others, 4 \(pt\.7z"):
        source_files(stackexchange(tmp_path))


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("rows.jsonl", ['{"text": "a"}', '{"text": "b"}', '{"text": "LONG"}']),
        ("rows.txt", ["a", "b", "LONG"]),
        (
            "Posts.xml",
            ['<row Id="1" PostTypeId="2" Body="a"/>', '<row Id="2" PostTypeId="2" Body="b"/>', "<row LONG/>"],
        ),
    ],
)
def test_too_long_a_line_is_rejected_by_its_byte_and_read_once(tmp_path, monkeypatch, name, texts, end):
    monkeypatch.setattr(files, "LINE_BYTES", 50)
    monkeypatch.setattr(files, "CHUNK_BYTES", 16)
    a, b, long = (text.replace("LONG", "x" * 3000) for text in texts)
    content = f"{a}\n{long}\n{b}\n{long}{end}"
    (tmp_path / name).write_text(content)
    source = (stackexchange if name == "Posts.xml" else table)(tmp_path / name)
    whole = rows(source)
    assert [row.text for row in whole] == ["a", "", "b", ""]
    places = [len(a) + 1, len(a) + len(long) + len(b) + 3]
    assert [row.place for row in whole if row.problem] == [f"{source.path}: byte {place}" for place in places]
    assert all("a line of" in row.problem for row in whole if row.problem)
    for unit_bytes in (7, 60, 1000):
        assert rows(source, unit_bytes) == whole
    if name == "rows.txt":
        paragraphs = source.model_copy(update={"documents": "paragraphs"})
        assert ["a line of" in row.problem for row in rows(paragraphs)] == [True]


def test_a_unit_inside_a_line_reads_no_further_than_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_BYTES", 100)
    (tmp_path / "rows.txt").write_text("x" * 100_000)
    source = table(tmp_path / "rows.txt")
    read = []
    original = files._chunks
    monkeypatch.setattr(files, "_chunks", lambda file: (read.append(len(part)) or part for part in original(file)))
    assert list(read_unit(Unit(source, source.path, 1000, 2000))) == []
    assert sum(read) < 1200


def test_a_web_server_without_ranges_is_refused_before_work_starts(tmp_path):
    class Handler(http.server.SimpleHTTPRequestHandler):  # it knows no ranges
        def log_message(self, *arguments: object) -> None:
            pass

    (tmp_path / "rows.jsonl").write_text('{"text": "x"}\n')
    handler = functools.partial(Handler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with pytest.raises(InputError, match=r"rows\.jsonl: .*download it first \(jobs/fetch\.py"):
                split_units([table(f"http://127.0.0.1:{server.server_port}/rows.jsonl")])
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("absent.jsonl", r"no such file$"),
        ("absent/*.jsonl", r"no such file$"),
        ("empty", r"a folder without files; of one \*\.parquet, \*\.jsonl"),
        ("empty.csv", "the file is empty"),
        ("blank.csv", "its first line is empty"),
    ],
)
def test_a_missing_or_empty_file_is_bad_input(tmp_path, path, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "blank.csv").write_text("\ntext\nx\n")
    with pytest.raises(InputError, match=said):
        split_units([table(tmp_path / path)])


def test_a_missing_relative_path_is_told_what_it_is_relative_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"^data/a.csv: no such file; .* current directory, {tmp_path}$"):
        split_units([table("data/a.csv")])


def test_files_that_differ_by_folder_alone_would_share_ids(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "part-0.jsonl").write_text(json.dumps({"text": folder}) + "\n")
    with pytest.raises(InputError, match="have one name"):
        split_units([table(f"{tmp_path}/*/part-0.jsonl")])
    named = [table(tmp_path / folder / "part-0.jsonl", name=folder) for folder in ("a", "b")]
    assert [unit.source.name for unit in split_units(named)] == ["a", "b"]


def test_two_sources_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.jsonl").write_text("")
    one, other = table(tmp_path / "a" / "rows.jsonl"), table(tmp_path / "b" / "rows.jsonl")
    with pytest.raises(InputError, match=r"both called 'eng/rows\.jsonl'; give each source a name"):
        split_units([one, other])
    split_units([one, other.model_copy(update={"language": "spa"})])
    split_units([one, other.model_copy(update={"name": "other"})])


def test_documents_keep_their_ids_when_a_file_moves(tmp_path):
    ids = []
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.jsonl").write_bytes(b"".join(LINES))
        source = table(tmp_path / folder / "rows.jsonl")
        ids.append([t["doc_id"].to_pylist() for unit in split_units([source], 40) for t in unit_documents(unit, 56)])
    assert ids[0] == ids[1]
    assert source_name(source) == "eng/rows.jsonl"


def test_files_on_an_object_store_are_read(tmp_path):
    import fsspec

    with fsspec.open("memory://readers/rows.jsonl", "wb") as file:
        file.write(b"".join(LINES))
    (tmp_path / "rows.jsonl").write_bytes(b"".join(LINES))
    remote, local = rows(table("memory://readers/rows.jsonl"), 40), rows(table(tmp_path / "rows.jsonl"), 40)
    assert [(row.native_id, row.text) for row in remote] == [(row.native_id, row.text) for row in local]
    assert remote[0].place.startswith("memory://")
