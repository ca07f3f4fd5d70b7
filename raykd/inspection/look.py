"""A file, a folder or a pattern, looked at with the readers and the detectors that the experiment will use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from raykd.artifacts.filesystems import filesystem_of
from raykd.artifacts.retry import ask
from raykd.config import Corpus, Detect, Privacy, TableSource, TaskKind
from raykd.config.privacy import KINDS
from raykd.corpus.clean import clean_text
from raykd.corpus.languages import check_detector, detected
from raykd.corpus.privacy import COUNTRIES, Masker
from raykd.corpus.readers import UNIT_BYTES, table
from raykd.corpus.readers.files import check_ranges, find_encoding, list_files, plain_name, source_files
from raykd.corpus.readers.table_csv import DELIMITERS, csv_delimiter
from raykd.corpus.readers.table_labels import PRESENT, cell_values
from raykd.corpus.readers.units import Record
from raykd.corpus.values import value_text
from raykd.errors import InputError
from raykd.inspection.columns import Roles, find_roles, split_name
from raykd.inspection.findings import MIXED, Column, File, Findings, Labels, Languages

T = TypeVar("T")
CSV = (".csv", ".tsv")
ROWS = 50_000  # that are looked at, shared out over the files
FILES = 500
HEAD_ROWS = 50  # that tell the delimiter
DETECTED, PRIVATE = 2_000, 5_000  # texts that are looked at, evenly over the rows
# A file's language is what most texts are in: single mistakes do not matter, and messages are short.
DETECT = Detect(probability=0.5, minimum=30)
REJECTED = Corpus.model_fields["rejected_share"].default  # of the rows, which a job leaves out
LEAST_LANGUAGE = 0.05  # of the texts that tell theirs, those of a language that counts
ALONE = 0.9  # of them, those of one that is taken for the language of all
UNKNOWN = "und"  # ISO 639's code, where no language is asked for yet


def inspect(path: str, language: str | None = None) -> Findings:
    """What is there, as far as the first ROWS rows tell. language: of all rows; none: by a column, or detected.

    Raises InputError for what is not there, cannot be read, is empty or holds no text, and where the language is to be
    detected and the detector is not installed.
    """
    source, files = _source(path)
    records, whole = _records(source, files)
    rejected = [record for record in records if record.problem]
    is_csv = table.suffix_of(files[0]) in CSV
    read = [record.columns for record in records if not record.problem]
    if len(rejected) > REJECTED * len(records):
        raise InputError(
            f"{path}: {len(rejected):,} of {len(records):,} rows cannot be read, more than the {REJECTED:.0%} that a "
            f"job leaves out; the first: {rejected[0].place}: {rejected[0].problem}; mend them"
            f"{': a text that holds the delimiter stands in quotes' if is_csv else ''}"
        )
    if not read:
        raise InputError(f"{path}: no rows; give a file that has some")
    columns = {name: [row.get(name) for row in read] for name in _names(read)}
    try:
        roles = find_roles(columns)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    kept = [row for row in read if isinstance(row.get(roles.text), str) and clean_text(row[roles.text])]
    texts = [clean_text(row[roles.text]) for row in kept]
    languages, by_row = _languages(texts, kept, roles, language)
    labels = _labels(texts, kept, by_row, roles)
    countries = _countries(languages)
    personal = _personal(_evenly(list(zip(texts, by_row, strict=True)), PRIVATE), countries)
    lengths = sorted(map(len, texts))
    return Findings(
        file=File(
            path=source.path,
            suffix=table.suffix_of(files[0]),
            files=len(files),
            bytes=sum(_size(file) for file in files),
            encoding=source.encoding,
            delimiter=source.delimiter,
        ),
        rows=len(texts),
        rejected=len(rejected),
        first_rejected=f"{rejected[0].place}: {rejected[0].problem}" if rejected else "",
        whole=whole,
        columns=tuple(_column(name, cells, roles) for name, cells in columns.items()),
        text=roles.text,
        id=roles.id,
        group=roles.group,
        groups=len({value_text(row.get(roles.group)) for row in kept} - {""}) if roles.group else 0,
        split=roles.split,
        languages=languages,
        median=lengths[len(lengths) // 2],
        long=lengths[len(lengths) * 95 // 100],
        size=sum(len(text.encode()) for text in texts),
        copies=len(texts) - len(set(texts)),
        conflicts=_conflicts(texts, kept, roles),
        personal=personal,
        private_texts=len(_evenly(texts, PRIVATE)),
        countries=countries,
        labels=labels,
        candidates=roles.candidates,
    )


def _source(path: str) -> tuple[TableSource, list[str]]:
    """How the path is read, and its files: with the encoding and the delimiter that are found."""
    source = TableSource(reader="table", language=UNKNOWN, path=path)
    listing = list_files(source)
    if not listing.read and any(plain_name(one).lower().endswith(".txt") for one in listing.passed_over):
        source = source.model_copy(update={"path": f"{path.rstrip('/')}/*.txt"})
    files = source_files(source)
    if len({table.suffix_of(file) for file in files}) > 1:
        raise InputError(f"{path}: files of several kinds; name those of one with a pattern: {path.rstrip('/')}/*.csv")
    for file in files:
        check_ranges(file)
    if not table.FORMS[table.suffix_of(files[0])].is_text:
        return source, files
    encodings = {find_encoding(file): file for file in files[:FILES]}
    if len(encodings) > 1:
        shown = "; ".join(f"{name or 'utf-8'} in {file}" for name, file in encodings.items())
        raise InputError(f"{path}: its files are in several encodings ({shown}); convert them to UTF-8 (iconv)")
    source = source.model_copy(update={"encoding": next(iter(encodings))})
    if table.suffix_of(files[0]) in CSV:
        source = source.model_copy(update={"delimiter": _delimiter(source, files[0])})
    return source, files


def _delimiter(source: TableSource, file: str) -> str | None:
    """The one with which most columns come out in most rows; None where it is the reader's own.

    Raises InputError for what is wrong by the reader's own, where no other splits the header.
    """
    own = csv_delimiter(source, file)
    tries, problem = list[tuple[int, int, int, str]](), None
    for delimiter in (own, *(one for one, _ in DELIMITERS if one != own)):
        changed = source.model_copy(update={"delimiter": delimiter})
        try:
            names = table.names(changed, file)
            head = list(islice(_file_records(changed, file, names), HEAD_ROWS))
        except InputError as error:
            problem = error if delimiter == own else problem
            continue
        damaged = sum(bool(record.problem) for record in head)
        several = len(names) if 2 * damaged <= len(head) else 1
        tries.append((several, -damaged, len(names), delimiter))
    if problem and all(several == 1 for several, *_ in tries):
        raise problem
    *_, columns, best = max(tries, key=lambda one: one[:2])
    if columns == 1 and any(delimiter == own and names > 1 for *_, names, delimiter in tries):
        return None  # a delimiter that the file does not have makes one column of everything, labels too
    return None if best == own else best


def _records(source: TableSource, files: Sequence[str]) -> tuple[list[Record], bool]:
    """(the first rows of every file, whether these are all)."""
    each = max(1, ROWS // min(len(files), FILES))
    found, whole = list[Record](), len(files) <= FILES
    for file in files[:FILES]:
        own = _file_records(source, file, table.names(source, file))
        found += islice(own, each)
        whole &= next(own, None) is None
    return found, whole


def _file_records(source: TableSource, file: str, names: Sequence[str]) -> Iterator[Record]:
    """Rows with all their columns: every column is named, as the reader of parquet fetches those that are."""
    first, *others = names or ["text"]
    named = source.model_copy(update={"text": first, "label_columns": tuple(others)})
    for unit in table.units(named, file, UNIT_BYTES):
        yield from table.records(unit, named)


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _column(name: str, cells: Sequence[Any], roles: Roles) -> Column:
    values = [value for value in map(value_text, cells) if value]
    lengths = sorted(map(len, values)) or [0]
    return Column(name, _role(name, roles), len(values), len(set(values)), lengths[len(lengths) // 2], lengths[-1])


def _role(name: str, roles: Roles) -> str:
    if name in roles.labels:
        return "label"
    named = {
        "text": roles.text,
        "id": roles.id,
        "group": roles.group,
        "language": roles.language[0] if roles.language else None,
        "split": roles.split.column if roles.split else None,
    }
    return next((role for role, column in named.items() if column == name), "")


def _languages(
    texts: Sequence[str], rows: Sequence[Mapping[str, Any]], roles: Roles, language: str | None
) -> tuple[Languages, list[str]]:
    """(what there is, the language of each row, "" where it is none of those)."""
    if language:
        return Languages({language: len(texts)}), [language] * len(texts)
    if roles.language:
        column, codes = roles.language
        by_row = [codes.get(value_text(row.get(column)), "") for row in rows]
        counts = Counter(code for code in by_row if code)
        unknown = Counter(value_text(row.get(column)) for row, code in zip(rows, by_row, strict=True) if not code)
        return Languages(dict(counts.most_common()), column, codes, unknown=dict(unknown.most_common())), by_row
    check_detector()
    sample = _evenly(texts, DETECTED)
    told = Counter(detected(sample, DETECT))
    untold = told.pop("", 0)
    found = {code: count for code, count in told.most_common() if count >= LEAST_LANGUAGE * told.total()}
    if not found:
        raise InputError(
            "no text is long or clear enough to tell its language; say it: --language eng (a code of ISO 639-3)"
        )
    first = next(iter(found))
    one = first if found[first] >= ALONE * told.total() else MIXED
    return Languages({one: len(texts)}, found=found, untold=untold), [one] * len(texts)


def _labels(
    texts: Sequence[str], rows: Sequence[Mapping[str, Any]], languages: Sequence[str], roles: Roles
) -> Labels | None:
    """Each text of a language and split once, with the labels that it has most often, as a task takes it."""
    if not roles.labels:
        return None
    found: dict[tuple[str, str, str], Counter[frozenset[str]]] = {}
    unlabelled = 0
    for text, row, language in zip(texts, rows, languages, strict=True):
        own = row_labels(row, roles)
        split = split_name(roles.split, value_text(row.get(roles.split.column))) if roles.split else ""
        if own or (roles.one_each and any(value_text(row.get(name)) for name in roles.labels)):
            found.setdefault((language, split, text), Counter())[own] += 1
        else:
            unlabelled += 1
    counts: Counter[tuple[str, str, str]] = Counter()
    labelled: Counter[str] = Counter()
    most = max((len(own) for sets in found.values() for own in sets), default=0)
    for (language, split, _), sets in found.items():
        ((own, _),) = sets.most_common(1)
        labelled[language] += 1
        counts.update((language, split, label) for label in own if language)
    different = len({label for _, _, label in counts})
    kind: TaskKind = "multi-label" if most > 1 or roles.one_each else "binary" if different == 2 else "multi-class"
    return Labels(roles.labels, roles.one_each, kind, roles.separator, counts, labelled, unlabelled)


def row_labels(row: Mapping[str, Any], roles: Roles) -> frozenset[str]:
    """The labels of a row, as the reader will find them."""
    if roles.one_each:
        return frozenset(name for name in roles.labels if value_text(row.get(name)).lower() in PRESENT)
    return frozenset(cell_values(row.get(roles.labels[0]), roles.separator))


def _conflicts(texts: Sequence[str], rows: Sequence[Mapping[str, Any]], roles: Roles) -> int:
    if not roles.labels:
        return 0
    found: dict[str, set[frozenset[str]]] = {}
    for text, row in zip(texts, rows, strict=True):
        if labels := row_labels(row, roles):
            found.setdefault(text, set()).add(labels)
    return sum(len(different) > 1 for different in found.values())


def _countries(languages: Languages) -> tuple[str, ...]:
    """Of mixed languages all, as no row says which it is in."""
    mixed = languages.found if languages.found and MIXED in languages.rows else {}
    return tuple(dict.fromkeys(country for code in mixed for country in COUNTRIES.get(code, ())))


def _personal(texts: Sequence[tuple[str, str]], countries: tuple[str, ...]) -> dict[str, int]:
    """Values that would be masked, by kind. texts: each with its language."""
    counts: Counter[tuple[str, str]] = Counter()
    masker = Masker(Privacy.model_validate({"bare_phones": True, "countries": countries}), counts)
    for text, language in texts:
        masker.mask(text, language)
    found = Counter[str]()
    for (_, kind), values in counts.items():
        found[kind] += values
    return {kind: found[kind] for kind in KINDS if found[kind]}


def _evenly(texts: Sequence[T], most: int) -> Sequence[T]:
    """At most so many, evenly over all."""
    return texts[:: -(-len(texts) // most)]


def _size(path: str) -> int:
    filesystem, local = filesystem_of(path)
    return int(ask(filesystem, "size", local) or 0)
