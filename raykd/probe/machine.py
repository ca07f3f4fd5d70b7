"""The machine that times are of: what its processor can do, and whether something else was at work on it."""

from __future__ import annotations

import os
import platform
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# What decides how fast int8 and bf16 products are.
FEATURES = (
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_int8",
    "amx_bf16",
    "asimddp",
    "i8mm",
    "sve",
)
BUSY_OTHERS = 0.1  # of the machine's time, in other processes
BUSY_STEAL = 0.01  # of the machine's time
BUSY_SWITCHES = 20  # a second, of this process, each for another thread that wanted its core
BUSY_WAITING = 0.05  # of the time by the clock, in which a single thread did not run


def processor() -> str:
    """What the CPU is called."""
    return _cpu_lines().get("model name") or platform.processor() or platform.machine()


def cpu_features() -> list[str]:
    """Of FEATURES, those that the CPU has."""
    lines = _cpu_lines()
    flags = (lines.get("flags") or lines.get("Features") or "").split()
    return [name for name in FEATURES if name in flags]


def _cpu_lines() -> dict[str, str]:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    pairs = (line.split(":", 1) for line in reversed(lines) if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


@dataclass(frozen=True)
class Quiet:
    """What else was at work meanwhile. others, steal: shares of the machine's time that other processes had, and that a
    hypervisor gave away, None where the system does not tell; switches: involuntary ones a second; waiting: share of
    the timed seconds in which this process did not run, None where it has several threads or a GPU."""

    cores: int
    others: float | None
    steal: float | None
    switches: float
    waiting: float | None

    @property
    def busy(self) -> list[str]:
        """Why times may be too long, in words; empty for a quiet machine."""
        reasons = []
        if self.others is not None and self.others > BUSY_OTHERS:
            reasons.append(f"other processes had {self.others:.0%} of the machine's time")
        if self.steal is not None and self.steal > BUSY_STEAL:
            reasons.append(f"{self.steal:.1%} of the machine's time was stolen by others on its host")
        if self.waiting is None and self.switches > BUSY_SWITCHES:  # where it is known, waiting says what they cost
            reasons.append(f"{self.switches:.0f} involuntary context switches a second")
        if self.waiting is not None and self.waiting > BUSY_WAITING:
            reasons.append(f"{self.waiting:.0%} of the time it waited for a core")
        return reasons

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"busy": self.busy}


class Watch:
    """Begun before times are taken, asked after them."""

    def __init__(self) -> None:
        self.began, self.ticks, self.switches, self.own = time.monotonic(), _ticks(), _switches(), time.process_time()

    def quiet(self, waiting: float | None) -> Quiet:
        """waiting: as `Quiet` has it, which who takes the times knows."""
        seconds = max(time.monotonic() - self.began, 1e-9)
        own = (time.process_time() - self.own) * os.sysconf("SC_CLK_TCK")
        passed = [after - before for before, after in zip(self.ticks, _ticks(), strict=True)]
        others = steal = None
        if sum(passed):
            user, nice, system, _idle, _iowait, irq, softirq, stolen = passed
            others = max(user + nice + system + irq + softirq - own, 0) / sum(passed)
            steal = stolen / sum(passed)
        return Quiet(os.cpu_count() or 1, others, steal, (_switches() - self.switches) / seconds, waiting)


def _ticks() -> list[int]:
    """Of all cores: user, nice, system, idle, iowait, irq, softirq, steal; empty where there is no /proc."""
    stat = Path("/proc/stat")
    return [int(value) for value in stat.read_text().splitlines()[0].split()[1:9]] if stat.exists() else []


def _switches() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
