"""What a command costs, with all processes that it starts: seconds of CPU, and the most memory they have together.

    python tests/benchmarks/cost.py COMMAND …

ends as the command does. The last line of its standard error says what it took, as JSON after "cost: ": `cpu` [s],
`wall` [s] and `mb`, the largest sum of proportional set sizes, looked at twice a second. Linux alone knows these.
`of` runs a command so.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: Whether this machine can tell what processes cost.
CAN_TELL = Path("/proc/self/smaps_rollup").exists()
#: What the line of the cost begins with.
_COST = "cost: "
_SUBREAPER = 36


class Cost(NamedTuple):
    """What a command took."""

    wall: float
    """Seconds of the clock."""
    cpu: float
    """Seconds of CPU, of all processes that were begun."""
    mb: float
    """The most memory that all of them had at once; pages that several share count once."""
    out: str = ""
    """What it wrote to its standard output."""


def of(
    *command: str,
    env: Mapping[str, str] | None = None,
    says: Callable[[str], None] = lambda line: None,
) -> Cost:
    """Run a command of Python, given without the name of Python, and say what it took.

    `env` comes beside the variables of this process; `says` gets what it tells on standard error, line by line. Raises
    RuntimeError with the end of that where it fails.
    """
    asked = [sys.executable, str(Path(__file__).resolve()), sys.executable, *command]
    there = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        told: list[str] = []
        with subprocess.Popen(
            asked, stdout=out, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=there
        ) as process:
            for line in process.stderr or ():
                told.append(line.rstrip())
                if told[-1] and not line.startswith(_COST):
                    says(told[-1])
        if process.returncode:
            raise RuntimeError("\n".join([f"exit code {process.returncode}", *told[-20:]]))
        out.seek(0)
        cost = json.loads(told[-1].removeprefix(_COST))
        return Cost(cost["wall"], cost["cpu"], cost["mb"], out.read())


def below(root: int) -> list[int]:
    """Every process that descends from one."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        here = children.get(waiting.pop(), [])
        found += here
        waiting += here
    return found


def held() -> int:
    """Memory of all processes below this one [MB]; what several share counts once."""
    total = 0
    for process in below(os.getpid()):
        with suppress(OSError):
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += int(text.split("Pss:")[1].split()[0])
    return total // 1024


def let_go(but: int) -> None:
    """Take leave of processes that have ended, else there are more and more to look at; all but one."""
    kind = os.WEXITED | os.WNOHANG | os.WNOWAIT
    with suppress(ChildProcessError):
        while (seen := os.waitid(os.P_ALL, 0, kind)) is not None and seen.si_pid != but:
            os.waitpid(seen.si_pid, 0)


def main(command: list[str]) -> int:
    """Run a command to its end and that of all it started."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # who outlives its parent is waited for here
    most, ended = [0], threading.Event()
    begun = time.monotonic()
    process = subprocess.Popen(command)

    def watch() -> None:
        while not ended.wait(0.5):
            let_go(process.pid)
            most[0] = max(most[0], held())

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    code = process.wait()
    with suppress(ChildProcessError):
        while True:
            os.wait()
    ended.set()
    watching.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        "wall": round(time.monotonic() - begun, 2),
        "mb": most[0],
    }
    sys.stderr.write(f"\n{_COST}{json.dumps(cost)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
