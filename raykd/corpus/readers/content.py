"""What a file is, by its first bytes: another kind than its name says, or text in another encoding than UTF-8.

All that is found here would otherwise be read as nonsense, or row by row as damage.
"""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from raykd.corpus.readers.compression import BUFFER, COMPRESSIONS, ZSTD_FRAME, buffered, compression
from raykd.errors import InputError

HEAD_BYTES = 1 << 16  # what is looked at
_BEGINNINGS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    ZSTD_FRAME: "Zstandard",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"PK\x03\x04": "a zip archive (an Excel file is one too)",
    b"Rar!\x1a": "a rar archive",
    b"PAR1": "parquet",
    b"ARROW1": "an Arrow file",
    b"%PDF-": "a PDF file",
    b"SQLite format 3\0": "an SQLite database",
    b"\x89HDF\r\n": "an HDF5 file",
    b"\xd0\xcf\x11\xe0\xa1\xb1": "an old Excel or Word file",
}
_SUFFIXES = {"a 7z archive": ".7z", "parquet": ".parquet", **{kind: suffix for suffix, kind in COMPRESSIONS.items()}}
_ZSTD_SKIPPED = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # a frame of other data, with which pzstd begins
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/\S+\n(?:.*\n)*?size (\d+)|/annex/objects/")
_PAGE = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WIDE = ("utf-16", "utf-32", "iso2022")
_JIS = re.compile(rb"\x1b\$[@B]|\x1b\([IJ]|\x1b\$\([DQ]")
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(rb"[A-Za-z][\x80-\xfe]|[\x80-\xfe][A-Za-z]|[\x80-\xfe]{2}")
_WORD = re.compile(r"[^\W\d_]+")
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def check_kind(path: str, head: bytes) -> None:
    """Raises InputError for a file whose beginning, as it lies on storage, is another than its suffix promises."""
    if pointer := _POINTER.match(head[:1024]):
        size = f", whose {int(pointer[1]):,} bytes are elsewhere" if pointer[1] else ""
        raise InputError(
            f"{path}: a Git LFS or annex pointer to the file{size}; get it with: git lfs pull (git annex get)"
        )
    found = next((kind for beginning, kind in _BEGINNINGS.items() if head.startswith(beginning)), "")
    if _ZSTD_SKIPPED.match(head):
        found = "Zstandard"
    suffix, named = _SUFFIXES.get(found, ""), _kind_of_name(path)
    if head and found != named and (found or named):
        cure = f"give it the suffix {suffix}" if suffix else "export it as CSV, JSON lines or parquet"
        cure = cure if found else "give it the suffix of what it is, or download it anew"
        raise InputError(
            f"{path}: {f'this is {found}' if found else 'its first bytes are others'}, not "
            f"{named or 'what its name says'}; {cure}"
        )
    if named and _PAGE.match(head):
        raise InputError(f"{path}: a web page, not {named}; download the file itself")


def _kind_of_name(path: str) -> str:
    if suffix := compression(path):
        return COMPRESSIONS[suffix]
    return next((kind for kind, suffix in _SUFFIXES.items() if path.lower().endswith(suffix)), "")


def check_text(path: str, head: bytes, encoding: str | None, option: bool = True) -> None:
    """Raises InputError for content in another encoding than is said, or that is no text.

    head: of the uncompressed content, HEAD_BYTES at most; encoding: the source's, none: UTF-8; option: whether the
    source has such a key. The others are XML, whose rows say themselves that single bytes are no UTF-8.
    """
    found = text_encoding(head)
    if found == "binary":
        raise InputError(f"{path}: NUL bytes, but neither UTF-16 nor UTF-32: this is no text")
    if _fits(found, encoding, head) or not (option or found.startswith(_WIDE)):
        return
    if encoding:
        raise InputError(
            f"{path}: the source says encoding: {encoding}, but this is {found}; mend or leave out encoding"
        )
    write = f"write encoding: {found} in its source, or convert it" if option else "convert it"
    raise InputError(
        f"{path}: this is not UTF-8 but {'looks like ' if found not in _MARKS.values() else ''}{found} "
        f"({_evidence(head)}); {write}: iconv -f {found} -t utf-8"
    )


def _fits(found: str, encoding: str | None, head: bytes) -> bool:
    said = encoding or "utf-8"
    if found == "ascii":
        return not said.startswith(("utf-16", "utf-32")) or not head.strip()
    if found == "utf-8" or found.startswith(_WIDE):
        return said.replace("_", "-").startswith(found.replace("_", "-")[:6])
    return encoding is not None and not said.startswith(("utf", "iso2022"))  # one 8-bit encoding is much like another


def text_encoding(head: bytes) -> str:
    """The encoding that text most likely has, in Python's name, by its first bytes; "ascii", or "binary" for no text.

    UTF-16 and UTF-32 by their mark or by where their NULs are, ISO-2022-JP by its escapes; others where bytes that are
    no UTF-8 stand in many lines, and as letters do. Single bytes are damage to their rows.
    """
    for mark, name in _MARKS.items():
        if head.startswith(mark) and (b"\0" in head or not _is_valid(head[len(mark) :], "utf-8")):
            return name
    if wide := _wide_encoding(head):
        return wide
    if _JIS.search(head):
        return "iso2022_jp"
    if head.isascii():
        return "ascii"
    sequences = _SEQUENCE.findall(head)
    outside = len(_HIGH.findall(head)) - sum(map(len, sequences))
    lines = head.splitlines()
    few = sum(not line.isascii() for line in lines) * 100 <= len(lines)
    if _is_valid(head, "utf-8") or outside <= len(sequences) or few or not _LETTERS.search(_SEQUENCE.sub(b" ", head)):
        return "utf-8"
    return _letters_encoding(head)


def _wide_encoding(head: bytes) -> str:
    """Of text whose NULs lie in every second or fourth byte; "" for text of single bytes."""
    nulls = [head[start::4].count(0) for start in range(4)]
    total = sum(nulls)
    if total < 2 or total * 50 < len(head):  # single NULs are damage to their rows
        return ""
    quarter, few = 0.9 * len(head) / 4, 0.05 * total
    if min(nulls[2:]) > quarter and nulls[0] <= few:
        return "utf-32-le"
    if min(nulls[:2]) > quarter and nulls[3] <= few:
        return "utf-32-be"
    even = nulls[0] + nulls[2]
    return "utf-16-be" if total - even <= few else "utf-16-le" if even <= few else "binary"


def _letters_encoding(head: bytes) -> str:
    """Which of the encodings that people still have, by the letters that come out."""
    for name in ("cp932", "euc_jp", "utf-16-le", "utf-16-be"):  # the latter in lines so long that NULs are few
        kana, kanji = _share(head, name, "ぁ-ヿ"), _share(head, name, "一-鿿")
        if kana > 0.1 and kana + kanji > 0.6:
            return name
    latin = [word for word in _WORD.findall(head.decode("cp1252", "replace")) if not word.isascii()]
    if sum(any(one.isascii() for one in word) for word in latin) * 2 > len(latin):  # an accent in a word
        return "cp1252"
    if _share(head, "euc_kr", "가-힣") > 0.9:
        return "euc_kr"
    cyrillic = max(("cp1251", "koi8_r"), key=lambda name: _share(head, name, "а-я"))
    if _share(head, cyrillic, "а-я") > 0.6:
        return cyrillic
    return "gb18030" if _share(head, "gb18030", "一-鿿") > 0.6 else "cp1252"


def _share(head: bytes, encoding: str, letters: str) -> float:
    """The share of some letters among the characters above ASCII; 0 where the bytes are not of the encoding."""
    if not _is_valid(head, encoding):
        return 0.0
    text = head.decode(encoding, "ignore")
    wide = sum(one > "\x7f" for one in text)
    return len(re.findall(f"[{letters}]", text)) / max(1, wide)


def _is_valid(head: bytes, encoding: str) -> bool:
    """Up to a last character that is not whole."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _evidence(head: bytes) -> str:
    if head.startswith(tuple(_MARKS)):
        return "by its byte order mark"
    if b"\0" in head:
        return f"by its NUL bytes, the first at byte {head.index(0)}"
    if escape := _JIS.search(head):
        return f"by its escape at byte {escape.start()}"
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start} is 0x{head[error.start]:02x}"
    return ""


def as_utf8(file: BinaryIO, encoding: str) -> BinaryIO:
    """An open file of another encoding as the same text in UTF-8; what cannot be decoded stays bytes that are no UTF-8.

    Reading it, positions count bytes of UTF-8.
    """
    if encoding in ("utf-16", "utf-32"):
        head = file.read(HEAD_BYTES)
        file = _again(head, file)
        if not head.startswith(tuple(_MARKS)):  # the codec would take this machine's order
            found = _wide_encoding(head)
            encoding = found if found.startswith(encoding) else f"{encoding}-le"
    decoder = codecs.getincrementaldecoder(encoding)("raykd-damaged")
    ended = False

    def pull() -> bytes:
        nonlocal ended
        while not ended:
            part = file.read(BUFFER)
            ended = not part
            if text := decoder.decode(part, final=ended):
                return text.encode("utf-8", "surrogateescape")
        return b""

    return buffered(pull, file.close)


def _again(head: bytes, file: BinaryIO) -> BinaryIO:
    parts = iter([head])

    def pull() -> bytes:
        return next(parts, b"") or file.read(BUFFER)

    return buffered(pull, file.close)


def _keep_damage(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff" * (error.end - error.start), error.end


codecs.register_error("raykd-damaged", _keep_damage)
