"""Numbers as a report writes them: units, digits, true minus signs, and numbers kept on one line with their unit."""

import re

import pandas as pd

MISSING = "–"
# C0 and C1 but for line breaks and tabs, marks of direction, and halves of surrogate pairs.
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def count(value: float | None) -> str:
    """12345 -> "12,345"; a missing value is a dash."""
    return MISSING if value is None or pd.isna(value) else f"{int(value):,}"


def decimal(value: float | None, digits: int) -> str:
    return MISSING if value is None or pd.isna(value) else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """.712 -> "71.2", the unit being stated in the table's title."""
    return MISSING if value is None or pd.isna(value) else f"{100 * value:.{digits}f}"


def signed(value: float | None, digits: int) -> str:
    """1.234 -> "+1.23"; a true minus sign."""
    return MISSING if value is None or pd.isna(value) else f"{value:+.{digits}f}".replace("-", "−")


def signed_percent(value: float | None, digits: int = 2) -> str:
    """.0228 -> "+2.28"; a true minus sign for losses."""
    return signed(None if value is None else 100 * value, digits)


def p_value(value: float | None, least: float = 0.0001) -> str:
    """.01234 -> "0.012", and "<0.0001" below `least`; the CSV has all digits."""
    if value is None or pd.isna(value):
        return MISSING
    return f"<{least:g}" if value < least else f"{value:.2g}"


def byte_unit(largest: float) -> tuple[str, int]:
    """The unit for a column of byte counts, and its size in bytes; 1 GB = 10**9 (Table 1)."""
    return next(((name, size) for name, size in (("GB", 10**9), ("MB", 10**6)) if largest >= size), ("kB", 10**3))


def in_unit(number_of_bytes: float, size: int) -> str:
    """Two decimals; what is not zero is never shown as zero."""
    return "<0.01" if 0 < number_of_bytes / size < 0.005 else f"{number_of_bytes / size:.2f}"


def duration(seconds: float | None) -> str:
    """75 -> "1 min 15 s"."""
    if seconds is None or pd.isna(seconds):
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def milliseconds(value: float) -> str:
    """Three significant digits, and no exponent: 188, 4.52, 0.0123."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def interval(low: float, high: float) -> str:
    """Bounds in points of a score from 0 to 1; a dash where there is no interval."""
    if pd.isna(low):
        return MISSING
    return "[{}, {}]".format(*(signed_percent(bound).removeprefix("+") for bound in (low, high)))


# Keeps a number with its unit or sign on one line.
NO_BREAK = "\u00a0"


def relation(name: str, sign: str, value: float) -> str:
    """Such as "p = 0.0123", never broken over two lines."""
    return NO_BREAK.join((name, sign, f"{value:.3g}"))


def with_percent_sign(ratio: float) -> str:
    """.0228 -> "+2.28 %", never broken over two lines."""
    return f"{signed_percent(ratio)}{NO_BREAK}%"


def points(difference: float, digits: int = 1) -> str:
    """.0123 -> "1.2 points", without a sign."""
    return f"{abs(100 * difference):.{digits}f}{NO_BREAK}points"


def plural(number: int, noun: str) -> str:
    """3, "cell" -> "3 cells"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: list[str], last: str = "and") -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def visible(text: str) -> str:
    """Control characters as \\u and their number: they are invalid in XML, and some turn the direction of what follows
    them. Line breaks and tabs stay."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
