"""What Ray writes between a job's own lines: known noise is folded into a file, everything else is shown as it comes.

Only lines that are known to tell nobody of a failure are folded, each here with its reason; a line that is not known is
shown. Imports no Ray.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

LINES = (
    # The raylet's, where several trainings start their processes at once; they hold no more CPUs than they ask for.
    re.compile(r"(WARNING: )?\d+ PYTHON worker processes have been started on node"),
    # Of Ray's core in a worker, for developers of Ray; but not the fatal ones (C, F), after which the process ends.
    re.compile(r"\[[\d\-: ,]+ [DIWE] \d+ \d+\] (\([^)]*\) )?core_worker\w*\.cc:\d+: "),
)
TRACE = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Block:
    """A traceback that is folded as one: where its writer begins with `writer`, it with `head` and its last line with
    `end`."""

    writer: str
    head: re.Pattern[str]
    end: re.Pattern[str]


BLOCKS = (
    # Of a worker that Ray ends while Python is in a destructor: the training is over then.
    Block("", re.compile(r"Exception ignored in"), re.compile(r"SystemExit(: .*)?$")),
    # Ray Train's cleaner on a machine with two Rays: it looks for the dashboard, and frees nothing that is needed.
    Block(
        "PlacementGroupCleaner",
        re.compile(rf"Exception in thread |{re.escape(TRACE)}"),
        re.compile(r"(\w+\.)*\w+: Found multiple active Ray instances"),
    ),
)


class Messages:
    """Sifts lines by who wrote them; what is folded is in `file`, whole. From several threads."""

    def __init__(self, file: Path, verbose: bool = False) -> None:
        """verbose: show what is folded too."""
        self.file, self.verbose, self.folded = file, verbose, 0
        self._held: dict[str, tuple[Block, list[str]]] = {}  # by writer: a traceback whose end has not come yet
        self._lock = Lock()

    def sift(self, writer: str, lines: Sequence[str]) -> list[str]:
        """Those to show now. writer: such as `RayTrainWorker pid=12`."""
        with self._lock:
            shown = [one for line in lines for one in self._sift(writer, line)]
        return list(lines) if self.verbose else shown

    def close(self) -> None:
        """Show tracebacks whose ends have not come."""
        with self._lock:
            for writer, (_, lines) in self._held.items():
                for line in () if self.verbose else lines:
                    print(f"({writer}) {line}", file=sys.stderr)
            self._held.clear()

    def _sift(self, writer: str, line: str) -> list[str]:
        if writer in self._held:
            block, lines = self._held[writer]
            lines.append(line)
            if line == TRACE or not line or line[0].isspace():
                return []
            del self._held[writer]
            if not block.end.match(line):
                return lines
            self._fold(writer, lines)
            return []
        for block in BLOCKS:
            if writer.startswith(block.writer) and block.head.match(line):
                self._held[writer] = block, [line]
                return []
        if any(pattern.match(line) for pattern in LINES):
            self._fold(writer, [line])
            return []
        return [line]

    def _fold(self, writer: str, lines: Sequence[str]) -> None:
        self.folded += len(lines)
        with self.file.open("a", encoding="utf-8", errors="replace") as file:
            file.writelines(f"({writer}) {line}\n" for line in lines)
