"""A portfolio run with what each process of which there is one costs, for bench_portfolio.py.

    python tests/benchmarks/fleet.py WORKSPACE OUTPUT MONTH [WORKERS STORE]

runs all clients of a workspace here; with WORKERS on a scheduler and so many workers started for it, by way of STORE.
With 0 WORKERS no client is run: it makes the page of all, who have their packs.
Writes a line of JSON: what of `RUNS` (measured.py) is seen from here, and `code`, the exit code.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path += [str(Path(__file__).parents[1] / name) for name in ("", "live")]

from msp_report.model.period import Month
from msp_report.portfolio import every, page
from msp_report.portfolio.processes import Outcome
from msp_report.workspace import Workspace


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Watch:
    """Adds up the seconds of CPU that a function takes in its thread, in whichever it is called."""

    def __init__(self, home: Any, name: str) -> None:
        self._took, self._did = [], getattr(home, name)
        setattr(home, name, self)

    @property
    def seconds(self) -> float:
        return sum(self._took)

    def __call__(self, *given: Any) -> Any:
        begun = time.thread_time()
        try:
            return self._did(*given)
        finally:
            self._took.append(time.thread_time() - begun)


def run(workspace: Workspace, month: str, **where: str) -> dict[str, float]:
    """A run, and what the process that asks took for it."""
    begun = time.monotonic()
    folder, code = every.run(workspace, month=month, only=True, say=_tell, **where)
    wall = time.monotonic() - begun
    clients = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["clients"]
    seconds = sorted(one["seconds"] for one in clients)
    return {
        "code": code,
        "clock_s": wall,
        "client_median_s": statistics.median(seconds),
        "client_most_s": seconds[-1],
        **_asker(folder),
    }


def _asker(folder: Path) -> dict[str, float]:
    """What this process took so far, and how large the page is."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "asker_cpu_s": own.ru_utime + own.ru_stime,
        "asker_mb": own.ru_maxrss / 1024,
        "page_mb": (folder / "html" / "index.html").stat().st_size / 1e6,
    }


def on_a_cluster(workspace: Workspace, month: str, workers: int, store: str) -> dict[str, float]:
    """The same on a scheduler and workers of this machine."""
    from clusters import Cluster

    from msp_report.portfolio import away

    sent, fetched = Watch(away, "packed"), Watch(away, "fetched")
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        try:
            for _ in range(workers):
                cluster.worker()
            told = run(workspace, month, scheduler=cluster.address, store=store)
            scheduler = taken(cluster.scheduler.pid)
        finally:
            cluster.end()
    return told | scheduler | {"sent_s": sent.seconds, "fetched_s": fetched.seconds}


def taken(process: int) -> dict[str, float]:
    """What a process has taken so far."""
    with suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        ticks = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        return {
            "scheduler_cpu_s": sum(map(int, ticks)) / 100,
            "scheduler_mb": int(status.split("VmHWM:")[1].split()[0]) / 1024,
        }
    return {}


def page_of_all(workspace: Workspace, month: str) -> dict[str, float]:
    """The page alone, of clients whose packs are there."""
    ended = [Outcome(client, 0, (), 0.0) for client in workspace.clients]
    begun = time.monotonic()
    folder = page.run(workspace, Month.parse(month), ended)
    return {"code": 0, "clock_s": time.monotonic() - begun, **_asker(folder)}


def main(root: str, output: str, month: str, workers: str = "", store: str = "") -> None:
    """Run it and say what it took."""
    workspace = Workspace.find(root, output=output)
    if workers == "0":
        told = page_of_all(workspace, month)
    elif workers:
        told = on_a_cluster(workspace, month, int(workers), store)
    else:
        told = run(workspace, month)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
