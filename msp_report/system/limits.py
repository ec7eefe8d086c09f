"""Limits that the system keeps for a process: where it has none (Windows, in part macOS) nothing is limited."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


#: The variable that says how many cores a run may use.
CORES = "MSP_REPORT_CORES"


def cores() -> int:
    """How many cores a run may use: as MSP_REPORT_CORES says, else all of the machine."""
    told = os.environ.get(CORES, "")
    return max(1, int(told)) if told.isdecimal() else os.cpu_count() or 1


def memory(megabytes: int) -> None:
    """So much more than this process has now; past that an allocation fails, in Python as MemoryError.

    The address space may be four times as large: libraries reserve what they never use.
    """
    if resource is None:
        return
    data = getattr(resource, "RLIMIT_DATA", None)
    for kind, times, used in ((data, 1, "VmData"), (resource.RLIMIT_AS, 4, "VmSize")):
        if kind is not None:
            _limit(kind, megabytes * 1_000_000 * times + _in_use(used))


def processor(seconds: float) -> None:
    """From now on so much time of the processor; past that the process ends by SIGXCPU, whatever it does."""
    if resource is not None:
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        _limit(resource.RLIMIT_CPU, int(used + seconds) + 1)


def life(seconds: float) -> None:
    """From now on so much time by the clock; past that the process ends by SIGALRM, whatever it does."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit(kind: int, amount: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (amount, resource.getrlimit(kind)[1]))


def _in_use(what: str) -> int:
    """How much of something this process has, as /proc tells it [bytes]; 0 where nothing does."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:")), 0)
