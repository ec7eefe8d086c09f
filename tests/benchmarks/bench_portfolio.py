"""What a client costs in a portfolio: generated clients run here, on a cluster by way of a store, and again here with a
tenth of them changed; then the page of many more. docs/many-clients.md works out of it what 10,000 clients need.

`make bench`, or `pytest tests/benchmarks/bench_portfolio.py`. How many clients and workers: sizes.py. Asserted is that
both ways give the same figures, records, tables and pages of who failed, byte by byte.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import clients
import cost
import measured
import pandas as pd
import pytest
import shown
import sizes
from workspaces import digests

MONTH = "2026-10"
FLEET = Path(__file__).parent / "fleet.py"
#: What of a pack has to be the same byte by byte.
KINDS = ("figures.*", "records/**/*", "tables/*", "lines/*", "rejects/*")
HAS_CLUSTER = importlib.util.find_spec("distributed") is not None


class Fleet:
    """A workspace of many clients, and runs over them."""

    def __init__(self, root: Path, count: int, bench) -> None:
        self.root, self.store, self._bench = root, root / "store", bench
        self.names = clients.make(root, count)
        bench.say(f"{count} clients are there")

    def run(self, way: str, workers: int, *where: str) -> Path:
        """Run all of them, keep what it cost, and give where the packs are."""
        output = self.root / (where[0] if where else "here")
        took = cost.of(str(FLEET), str(self.root), str(output), MONTH, *where[1:], says=self._bench.say)
        told = json.loads(took.out)
        assert told.pop("code") == (3 if any(map(clients.is_bad, self.names)) else 0)
        row = {
            "way": way,
            "clients": len(self.names),
            "workers": workers,
            "cpu_s": took.cpu,
            "memory_mb": took.mb,
            "output_mb": size_mb(output),
            **told,
        }
        if where:
            files = [path for path in self.store.rglob("*") if path.is_file()]
            row |= {"store_mb": sum(path.stat().st_size for path in files) / 1e6, "store_files": len(files)}
        self._bench.keep(shown.RUNS, measured.dated(pd.DataFrame([row]), measured.RUNS))
        self._bench.say(
            f"{len(self.names)} clients, {way}: CPU {took.cpu:.0f} s, clock {told['clock_s']:.0f} s"
        )
        return output

    def change(self) -> None:
        """Every tenth client, from the first on, sends its month once more, without the last row of a table."""
        for name in self.names[::10]:
            path = self.root / "exports" / name / MONTH / "installs.csv"
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(lines[:-1]), encoding="utf-8")


def size_mb(folder: Path) -> float:
    """What files of a folder take; a link counts nothing."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


@pytest.mark.parametrize("count", sizes.CLIENTS)
def test_clients_here_and_on_a_cluster(bench, tmp_path, count):
    """Both from nothing, then once more here after some have changed."""
    fleet = Fleet(tmp_path, count, bench)
    here = fleet.run("here", sizes.WORKERS)
    if HAS_CLUSTER:
        there = fleet.run("cluster", sizes.WORKERS, "cluster", str(sizes.WORKERS), str(fleet.store))
        for name in fleet.names:
            one, two = (digests(way / name / MONTH, *KINDS) for way in (here, there))
            assert one == two, name
            assert clients.is_bad(name) or len(one) > 50, name
        one, two = (
            pd.read_csv(way / "portfolio" / MONTH / "records" / "clients.csv") for way in (here, there)
        )
        pd.testing.assert_frame_equal(one, two)
    else:
        bench.say(
            "no cluster: distributed is not installed (python3 -m msp_report.environment --with cluster)"
        )
    fleet.change()
    fleet.run("again, one in ten has changed", sizes.WORKERS)


def test_the_page_of_many(bench, tmp_path):
    """Clients that have the same pack, by links: the page reads as many figures and params as it would of others."""
    (name,) = clients.make(tmp_path, 1)
    place = ("--workspace", str(tmp_path), "--client", name, "--month", MONTH)
    cost.of("-m", "msp_report", "monthly", "--only", *place)
    params, output = tmp_path / "params", tmp_path / "output"
    pack, there = (output / name / MONTH).resolve(), 1
    for count in sizes.PAGES:
        for number in range(there + 1, count + 1):
            shutil.copytree(params / name, params / f"p{number:05}")
            (output / f"p{number:05}").mkdir()
            (output / f"p{number:05}" / MONTH).symlink_to(pack)
        there = count
        took = cost.of(str(FLEET), str(tmp_path), str(output), MONTH, "0")
        told = json.loads(took.out)
        del told["code"]
        row = {"way": "page", "clients": count, "workers": 1, "cpu_s": took.cpu, "memory_mb": took.mb, **told}
        bench.keep(shown.RUNS, measured.dated(pd.DataFrame([row]), measured.RUNS))
        bench.say(f"page of {count} clients: CPU {took.cpu:.1f} s, {told['page_mb']:.2f} MB")
