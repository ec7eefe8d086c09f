"""What a client costs in a portfolio: many generated clients run here, and again on a cluster by way of a store.

`make bench`, or `pytest tests/benchmarks/bench_portfolio.py -s`. MSP_REPORT_BENCH_CLIENTS sets how many (100),
MSP_REPORT_BENCH_WORKERS the workers (one a core). Times are of the whole machine: run it where nothing else does.
Asserted is only that both ways give the same figures, records and tables.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import clients
import pandas as pd
import pytest
from clusters import Cluster
from workspaces import digests

from msp_report.portfolio import every
from msp_report.workspace import Workspace

CLIENTS = int(os.environ.get("MSP_REPORT_BENCH_CLIENTS", "100"))
WORKERS = int(os.environ.get("MSP_REPORT_BENCH_WORKERS", str(os.cpu_count())))
MONTH = "2026-10"
KINDS = ("figures.*", "records/**/*", "tables/*", "lines/*", "rejects/*")


class Cost:
    """What a stretch of time cost the machine."""

    wall_s = cpu_s = memory_mb = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Time on the clock, time of all processors, and the most memory in use beyond what was before."""
    cost, done, least = Cost(), threading.Event(), [_free_mb()]

    def watch() -> None:
        while not done.wait(0.25):
            least[0] = min(least[0], _free_mb())

    watching = threading.Thread(target=watch)
    free, begun, busy = least[0], time.monotonic(), _busy_s()
    watching.start()
    try:
        yield cost
    finally:
        done.set()
        watching.join()
        cost.wall_s, cost.cpu_s = time.monotonic() - begun, _busy_s() - busy
        cost.memory_mb = free - least[0]


def _free_mb() -> float:
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable:"))


def _busy_s() -> float:
    fields = [int(text) for text in Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf(
        "SC_CLK_TCK"
    )  # neither idle nor waiting for a disk


def size_mb(folder: Path) -> float:
    return (
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        / 1e6
    )


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the costs of the machine are read from /proc")
def test_clients_here_and_on_a_cluster(tmp_path, capsys):
    names = clients.make(tmp_path, CLIENTS)
    for name in names:
        (tmp_path / "params" / name / "pseudonyms.key").write_text("0" * 64)
    rows = []
    ways = {"here": tmp_path / "here", "again, unchanged": tmp_path / "here", "cluster": tmp_path / "cluster"}
    cluster = Cluster(tmp_path)
    try:
        for way, output in ways.items():
            options = {}
            if way == "cluster":
                for _ in range(WORKERS):
                    cluster.worker()
                options = {"scheduler": cluster.address, "store": str(tmp_path / "store")}
            with measured() as cost:
                place = Workspace.find(tmp_path, output=output)
                _, code = every.run(place, month=MONTH, only=True, **options)
            assert code == 0
            rows.append(
                {
                    "way": way,
                    "wall s a client": cost.wall_s / CLIENTS,
                    "CPU s a client": cost.cpu_s / CLIENTS,
                    "memory MB": cost.memory_mb,
                    "disk MB a client": size_mb(output) / CLIENTS,
                }
            )
    finally:
        cluster.end()
    for name in names:
        one, two = (digests(tmp_path / way / name / MONTH, *KINDS) for way in ("here", "cluster"))
        assert one == two and len(one) > 100, name
    with capsys.disabled():
        table = pd.DataFrame(rows).round(2).to_string(index=False)
        sys.stdout.write(f"\n{CLIENTS} clients, {WORKERS} workers\n{table}\n")
