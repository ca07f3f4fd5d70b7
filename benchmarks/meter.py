"""CPU seconds and memory of a process tree, and what Ray's object store holds: what benchmarks measure with. Linux."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1  # what a process used since it was last looked at is lost when it ends


class Meter:
    """CPU seconds and peak memory of a process and all its descendants, by kind of process, watched from outside."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._seconds: dict[tuple[int, float], tuple[str, float]] = {}
        self.peaks: Counter[str] = Counter()  # bytes resident at most in any one process, shared pages included
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def read(self) -> Counter[str]:
        """CPU seconds so far."""
        self._look()
        total: Counter[str] = Counter()
        with self._lock:  # the other thread adds processes
            found = list(self._seconds.values())
        for kind, seconds in found:
            total[kind] += seconds
        return total

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        with self._lock:
            try:
                processes = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for process in processes:
                try:
                    times, kind = process.cpu_times(), _kind(process, self._root)
                    self._seconds[process.pid, process.create_time()] = kind, times.user + times.system
                    status = Path(f"/proc/{process.pid}/status").read_text()
                except (psutil.Error, OSError):
                    continue  # it has just ended
                if "VmHWM:" in status:
                    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
                    self.peaks[kind] = max(self.peaks[kind], peak)


def _kind(process: psutil.Process, root: psutil.Process) -> str:
    if process.pid == root.pid:
        return "driver"
    title = " ".join(process.cmdline()[:1])
    return "worker" if title.startswith("ray::") or "default_worker" in " ".join(process.cmdline()) else "Ray itself"


class StoreWatch:
    """The most that the object store held, and what it spilled, in bytes, looked at twice a second."""

    def __init__(self) -> None:
        self._used = self._spilled = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        self._stop.set()
        self._thread.join()
        return self._used, self._spilled

    def _watch(self) -> None:
        import grpc
        import ray
        from ray._private.internal_api import node_stats

        while not self._stop.wait(0.5):
            node = ray.nodes()[0]
            try:
                stats = node_stats(node["NodeManagerAddress"], node["NodeManagerPort"], include_memory_info=False)
            except grpc.RpcError:  # a busy machine answers late; the next look will do
                continue
            self._used = max(self._used, stats.store_stats.object_store_bytes_used)
            self._spilled = stats.store_stats.spilled_bytes_total
