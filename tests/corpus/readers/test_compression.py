"""Compressed streams: padding is harmless, what is cut off or too large is one line, and memory is bounded."""

import bz2
import gzip
import io
import lzma
import tracemalloc
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raykd.config import TableSource
from raykd.corpus.readers import compression as compressions
from raykd.corpus.readers import read_unit, split_units
from raykd.corpus.readers.compression import decompressed, zstd_window
from raykd.errors import InputError

CONTENT = b"".join(b'{"text": "line %d"}\n' % n for n in range(5000))
PACK = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.Codec("zstd").compress(content, True),
}


def read(content: bytes, suffix: str) -> bytes:
    with decompressed(io.BytesIO(content), f"rows.jsonl{suffix}") as file:
        return file.read()


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("zeros", [1, 4, 512, 10_000])
def test_zeros_behind_a_stream_and_between_two_are_padding(suffix, zeros):
    packed = PACK[suffix](CONTENT)
    assert read(packed + bytes(zeros) + packed + bytes(zeros), suffix) == CONTENT * 2


@pytest.mark.parametrize("suffix", PACK)
def test_a_file_cut_off_at_any_byte_is_one_line_that_names_the_byte(suffix):
    packed = PACK[suffix](CONTENT[:3000])
    for end in range(1, len(packed), 7):
        with pytest.raises(InputError, match=rf"rows\.jsonl{suffix}: (cut off at byte {end:,}\b|damaged )") as error:
            read(packed[:end], suffix)
        assert "\n" not in str(error.value)


def frame(descriptor: int, *rest: int) -> bytes:
    return compressions.ZSTD_FRAME + bytes([descriptor, *rest]) + bytes(20)


def test_the_window_of_a_frame():
    assert zstd_window(frame(0, (31 - 10) << 3)) == 2 << 30
    assert zstd_window(frame(0, (27 - 10) << 3 | 4)) == 3 << 26
    assert zstd_window(frame(0x20, 200)) == 200
    assert zstd_window(frame(0x20 | 0x80, 0, 0, 0, 8)) == 8 << 24
    assert zstd_window(frame(0x20 | 0x40, 1, 1)) == 257 + 256
    assert zstd_window(PACK[".zst"](CONTENT)) >= 1 << 16
    assert zstd_window(b"other") == 0


def test_a_window_that_is_too_large_is_refused_with_a_cure():
    with pytest.raises(InputError, match=r"its window is 2,048 MiB .*128 MiB are read here; write it anew: zstd -dc"):
        read(frame(0, (31 - 10) << 3), ".zst")


def test_a_dictionary_that_is_too_large_is_refused_with_a_cure():
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    compressor = lzma.LZMACompressor(lzma.FORMAT_XZ, filters=[{**filters[0], "dict_size": 1 << 16}])
    packed = bytearray(compressor.compress(b"a") + compressor.flush())
    header = bytearray(packed[12:24])
    header[4] = 36  # 1 GiB, in the block's header
    header[8:12] = zlib.crc32(header[:8]).to_bytes(4, "little")
    packed[12:24] = header
    with pytest.raises(InputError, match="its dictionary is larger than is read here; write it anew: xz -dc"):
        read(bytes(packed), ".xz")


@pytest.mark.parametrize("suffix", PACK)
def test_a_bomb_is_refused_in_bounded_memory(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(compressions, "BOMB_BYTES", 20 << 20)
    bomb = b'{"text": "' + b"0" * (60 << 20) + b'"}\n'
    (tmp_path / f"rows.jsonl{suffix}").write_bytes(PACK[suffix](bomb))
    del bomb
    source = TableSource(reader="table", language="eng", path=str(tmp_path / f"rows.jsonl{suffix}"))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"of content or more in [\d,]+ compressed bytes; that is no text"):
        [row for unit in split_units([source]) for row in read_unit(unit)]
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()


def test_text_that_repeats_itself_is_no_bomb(monkeypatch):
    monkeypatch.setattr(compressions, "BOMB_BYTES", 1 << 20)
    text = b"".join(b"the same few words, again and again, and %d\n" % n for n in range(60_000))
    assert read(gzip.compress(text), ".gz") == text


def test_a_dictionary_of_parquet_that_multiplies_a_value_is_refused(tmp_path, monkeypatch):
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"text": values}), tmp_path / "rows.parquet")
    assert (tmp_path / "rows.parquet").stat().st_size < 100_000
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "rows.parquet"))
    before = pa.total_allocated_bytes()
    peak = 0
    with pytest.raises(InputError, match=r"rows\.parquet: [\d,]+ bytes of content or more in [\d,]+ compressed bytes"):
        for unit in split_units([source]):
            for _ in read_unit(unit):
                peak = max(peak, pa.total_allocated_bytes() - before)
    assert peak < 400 << 20


def test_lists_in_a_dictionary_of_parquet_are_bounded(tmp_path):
    labels = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 10_000]))
    lists = pa.ListArray.from_arrays(pa.array([0, 200_000], pa.int32()), labels)
    pq.write_table(pa.table({"text": ["a"], "labels": lists}), tmp_path / "rows.parquet")
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "rows.parquet"), labels="labels")
    with pytest.raises(InputError, match="that is no text"):
        [row for unit in split_units([source]) for row in read_unit(unit)]


def test_dictionaries_of_honest_tables_are_read(tmp_path):
    texts = [f"text {n % 7} " + "word " * (n % 50) for n in range(20_000)]
    table = pa.table({"text": texts, "labels": [[f"l{n % 5}"] if n % 3 else [] for n in range(20_000)]})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=6000)
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "rows.parquet"), labels="labels")
    assert [row.text for unit in split_units([source]) for row in read_unit(unit)] == texts
