"""What large months cost: `check` beside DuckDB's bare copy of the same files, and the pack.

`make bench`, or `pytest tests/benchmarks/bench_large.py`. How many tickets, each with three events, and how many
samples: sizes.py. A million tickets take minutes and gigabytes.
"""

from __future__ import annotations

import shutil

import cost
import large
import pytest
import sizes
from cost import Cost

#: The same files to Parquet by DuckDB, nothing looked at, and by Python's own csv module, which only reads them.
COPY = """
import sys, duckdb
from pathlib import Path
for path in sorted(Path(sys.argv[1]).glob("*.csv")):
    duckdb.sql(f"copy (from read_csv('{path}')) to '{sys.argv[2]}/{path.stem}.parquet'")
"""
READ = """
import csv, sys
from pathlib import Path
for path in sorted(Path(sys.argv[1]).glob("*.csv")):
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            pass
"""


@pytest.mark.parametrize("tickets", sizes.TICKETS)
def test_tickets(bench, tmp_path, tickets):
    measure(bench, tmp_path, "tickets of a month", tickets, tickets=tickets)


@pytest.mark.parametrize("samples", sizes.SAMPLES)
def test_samples(bench, tmp_path, samples):
    measure(bench, tmp_path, "samples of a month", samples, tickets=0, samples=samples)


def measure(bench, folder, thing: str, size: int, **made: int) -> None:
    """One client of a size in all ways, in turn; what a pack makes is thrown away before the next."""
    large.make(folder, **made)
    exports, output = folder / "exports" / large.CLIENT / large.MONTH, folder / "output"
    place = ("--client", large.CLIENT, "--month", large.MONTH, "--workspace", str(folder))

    def fresh(*command: str) -> Cost:
        shutil.rmtree(output, ignore_errors=True)
        return cost.of("-m", "msp_report", *command, *place)

    ways = {
        "bare copy by DuckDB": lambda: cost.of("-c", COPY, str(exports), str(folder)),
        "Python's csv, read only": lambda: cost.of("-c", READ, str(exports)),
        "`check`": lambda: fresh("check"),
        "the pack, `check` in it": lambda: fresh("monthly", "--only"),
    }
    bench.pairs(thing, ways, size)
    assert (output / large.CLIENT / large.MONTH / "figures.json").exists()
