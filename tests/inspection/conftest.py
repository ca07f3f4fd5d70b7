"""Files of labelled messages, in every form in which people keep them."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ENGLISH = "I ordered {} pairs of shoes and they have not arrived yet, could you please look where they are?"
SPANISH = "Compré {} pares de zapatos y todavía no han llegado, ¿podrían mirar dónde están, por favor?"
RUSSIAN = "Я заказал {} пары обуви, но они ещё не пришли, посмотрите, пожалуйста, где они сейчас находятся"


def messages(rows: int = 240, templates: tuple[str, ...] = (ENGLISH,)) -> list[dict[str, Any]]:
    """`message`, and `intent` of three; every text another."""
    labels = ("delivery", "refund", "thanks")
    return [{"message": templates[n % len(templates)].format(n + 2), "intent": labels[n % 3]} for n in range(rows)]


def write_rows(path: Path, rows: list[dict[str, Any]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """By the suffix of the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pd.DataFrame(rows).to_parquet(path)
        return path
    if path.suffix == ".jsonl":
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    elif path.suffix == ".txt":
        content = "".join(f"{row['message']}\n" for row in rows)
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
        content = out.getvalue()
    path.write_bytes(content.encode(encoding))
    return path


@pytest.fixture(scope="session", name="messages")
def _messages() -> Callable[..., list[dict[str, Any]]]:
    return messages


@pytest.fixture(scope="session", name="write_rows")
def _write_rows() -> Callable[..., Path]:
    return write_rows


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    return {"eng": ENGLISH, "spa": SPANISH, "rus": RUSSIAN}
