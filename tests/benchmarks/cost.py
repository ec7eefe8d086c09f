"""What a command costs, with all processes that it starts: seconds of CPU, and the most memory they have together.

    python tests/benchmarks/cost.py COMMAND …

ends as the command does, and says the cost as the last line of its standard error, as JSON: `cpu` [s], `wall` [s], `mb`
(the largest sum of their proportional set sizes, looked at once a second). Linux alone knows these.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_SUBREAPER = 36


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


def main(command: list[str]) -> int:
    """Run a command to its end and that of all it started."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # who outlives its parent is waited for here
    most, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            most[0] = max(most[0], held())

    threading.Thread(target=watch, daemon=True).start()
    begun = time.monotonic()
    code = subprocess.Popen(command).wait()
    with suppress(ChildProcessError):
        while True:
            os.wait()
    ended.set()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {
        "cpu": round(used.ru_utime + used.ru_stime, 1),
        "wall": round(time.monotonic() - begun, 1),
        "mb": most[0],
    }
    sys.stderr.write(f"\n{json.dumps(cost)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
