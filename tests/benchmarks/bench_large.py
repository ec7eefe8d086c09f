"""What large months cost: `check` beside DuckDB's bare copy of the same files, and the pack.

`make bench`, or `pytest tests/benchmarks/bench_large.py`. MSP_REPORT_BENCH_SIZES names the tickets of a month, each of
which has three events (10000,100000); a million take ten minutes and 4 GB. Times are seconds of CPU of all processes,
memory is the most that they had together (tests/benchmarks/cost.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import large
import pytest

SIZES = [int(text) for text in os.environ.get("MSP_REPORT_BENCH_SIZES", "10000,100000").split(",")]
ROOT = Path(__file__).resolve().parents[2]
COPY = """
import sys, duckdb
for name in ("tickets", "ticket_events"):
    duckdb.sql(f"copy (from read_csv('{sys.argv[1]}/{name}.csv')) to '{sys.argv[2]}/{name}.parquet'")
"""


@pytest.fixture
def show(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Print past pytest, which keeps what a passing test prints to itself."""
    capture, terminal = (
        pytestconfig.pluginmanager.getplugin(name) for name in ("capturemanager", "terminalreporter")
    )

    def line(text: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(text)

    return line


def cost(*command: str) -> dict[str, float]:
    """What a command of Python costs."""
    python = [sys.executable, str(ROOT / "tests" / "benchmarks" / "cost.py"), sys.executable]
    done = subprocess.run(
        [*python, *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stderr.splitlines()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="only there all processes can be measured")
@pytest.mark.parametrize("tickets", SIZES)
def test_a_month(tickets, tmp_path, show):
    large.make(tmp_path, tickets)
    place = ["--client", large.CLIENT, "--month", large.MONTH, "--workspace", str(tmp_path)]
    found = {
        "copy": cost("-c", COPY, str(tmp_path / "exports" / large.CLIENT / large.MONTH), str(tmp_path)),
        "check": cost("-m", "msp_report", "check", *place),
        "pack": cost("-m", "msp_report", "monthly", "--only", *place, "--output", str(tmp_path / "packs")),
    }
    assert (tmp_path / "packs" / large.CLIENT / large.MONTH / "figures.json").exists()
    for name, told in found.items():
        spent = f"CPU {told['cpu']:6.1f} s  clock {told['wall']:6.1f} s  memory {told['mb']:5,} MB"
        show(f"{tickets:>10,} tickets  {name:6} {spent}")
