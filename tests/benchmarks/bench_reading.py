"""What reading costs: a million rows of CSV as they are, with `where` and with `shape`, and a JSON export of 500 MB.

`make bench`, or `pytest tests/benchmarks/bench_reading.py`. MSP_REPORT_BENCH_ROWS sets the rows (1,000,000),
MSP_REPORT_BENCH_MB the size of the JSON (500). Each is read by a process of its own; times are seconds of CPU of that
process and of the one in which it reads files, memory is the most that each had at any time, and both together.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROWS = int(os.environ.get("MSP_REPORT_BENCH_ROWS", "1000000"))
MEGABYTES = int(os.environ.get("MSP_REPORT_BENCH_MB", "500"))
ROOT = Path(__file__).resolve().parents[2]

WAYS = {
    "as it is": {},
    "where, all stay": {"where": "Type = 'Incident' or Type = 'Request'"},
    "where, half stays": {"where": "Type = 'Incident'"},
    "split": {"split": {"Tags": ";"}},
    "shape, a row of each": {"shape": "select *, upper(Status) as Status, _row as _rows from rows"},
    "shape, window": {
        "shape": "select *, _row as _rows from rows qualify row_number() over (partition by No order by _row desc) = 1"
    },
    "shape, half stays": {"shape": "select *, _row as _rows from rows where Type = 'Incident'"},
    "shape, two rows make one": {
        "shape": "select No, Opened, Priority, Status, Title, [_row, lead(_row) over (order by _row)] as _rows "
        "from rows qualify _row % 2 = 0"
    },
}
COLUMNS = {
    "ticket_id": "No",
    "opened_at": "Opened",
    "priority": "Priority",
    "status": "Status",
    "title": "Title",
}

READ = """
import json, os, resource, sys, threading, time
from pathlib import Path
from msp_report.intake import guarded, ingest
from msp_report.model.period import Month
from msp_report.params import Sources
folder, said = Path(sys.argv[1]), json.loads(sys.argv[2])
together, done = [0], threading.Event()
def watch():
    while not done.wait(0.05):
        own = os.getpid()
        theirs = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (own, *theirs)]
        together[0] = max(together[0], sum(pages) * os.sysconf("SC_PAGE_SIZE") >> 20)
watching = threading.Thread(target=watch, daemon=True)
watching.start()
base = resource.getrusage(resource.RUSAGE_SELF)
got = ingest.read_month(
    Sources.model_validate(said), folder, Month(2026, 4), "UTC", folder / "into", params=folder
).files[0]
done.set()
watching.join()
own = resource.getrusage(resource.RUSAGE_SELF)
for reader in guarded._waiting:
    reader.end()
theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "read": got.read, "rows": got.rows, "left_out": got.left_out, "base_mb": base.ru_maxrss // 1024,
    "cpu": [round(sum(one[:2]) - less, 1) for one, less in ((own, sum(base[:2])), (theirs, 0))],
    "together_mb": together[0],
    "mb": [one.ru_maxrss // 1024 for one in (own, theirs)],
}))
"""


def told(folder: Path, source: dict, table: str = "tickets") -> dict:
    """What reading a file cost."""
    said = {"reject_limit_ratio": 1, "tables": {table: source}}
    command = [sys.executable, "-c", textwrap.dedent(READ), str(folder), json.dumps(said)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def show(pytestconfig: pytest.Config) -> Callable[[str, dict], None]:
    """Print past pytest, which keeps what a passing test prints to itself."""
    capture, terminal = (
        pytestconfig.pluginmanager.getplugin(n) for n in ("capturemanager", "terminalreporter")
    )

    def line(name: str, cost: dict) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(
                f"{name:26} {cost['read']:>9,} read {cost['rows']:>9,} rows {cost['left_out']:>8,} left out   "
                f"CPU {cost['cpu'][0]:5.1f} + {cost['cpu'][1]:5.1f} s   "
                f"memory {cost['mb'][0]:4} + {cost['mb'][1]:4} MB, {cost['together_mb']:4} at once"
            )

    return line


@pytest.fixture(scope="module")
def million(tmp_path_factory) -> Path:
    """Tickets as one file of CSV."""
    folder = tmp_path_factory.mktemp("million")
    with (folder / "tickets.csv").open("w", encoding="utf-8") as file:
        file.write("No,Opened,Priority,Status,Title,Type,Tags\n")
        for n in range(ROWS):
            file.write(
                f"T{n},2026-04-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z,P{1 + n % 4},closed,"
                f"Printer {n % 977} does not answer,{'Incident' if n % 2 else 'Request'},a;b\n"
            )
    return folder


@pytest.mark.parametrize("name", WAYS)
def test_a_million_rows(million, name, show):
    source = {"file": "tickets.csv", "columns": COLUMNS, **WAYS[name]}
    if name == "split":
        source = {"file": "tickets.csv", "columns": {"product": "Tags", "device": "No"}, **WAYS[name]}
    cost = told(million, source, "installs" if name == "split" else "tickets")
    show(name, cost)
    assert cost["read"] == ROWS
    if "half" in name:
        assert cost["left_out"] == ROWS // 2


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> Path:
    """Tickets as one JSON document, on one line, as an interface gives them."""
    folder = tmp_path_factory.mktemp("document")
    with (folder / "tickets.json").open("w", encoding="utf-8") as file:
        file.write('{"tickets": [')
        size, n = 0, 0
        while size < MEGABYTES * 1_000_000:
            ticket = {
                "id": n,
                "created_at": f"2026-04-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z",
                "status": "closed",
                "priority": "P2",
                "subject": f"Printer {n % 977} does not answer",
                "description": f"Since {n % 24} o'clock. " * 25,
                "via": {"channel": "email", "source": {"from": {"address": f"user{n % 500}@example.com"}}},
                "tags": ["printer", "office"],
                "custom_fields": [{"id": 360000 + k, "value": None} for k in range(3)],
            }
            text = json.dumps(ticket)
            size += file.write(f"{', ' if n else ''}{text}")
            n += 1
        file.write(f'], "count": {n}, "end_of_stream": true}}')
    return folder


@pytest.mark.parametrize(
    "shape",
    [
        None,
        "select *, _row as _rows from rows",
        "select *, _row as _rows from rows qualify row_number() over (partition by id order by _row desc) = 1",
    ],
    ids=["as it is", "shape", "window"],
)
def test_a_document_of_500_mb(document, shape, show):
    """Both processes together take less than its own size."""
    source = {
        "file": "tickets.json",
        "records": "tickets",
        "columns": {"ticket_id": "id", "opened_at": "created_at", "title": "subject"},
    }
    cost = told(document, source | ({"shape": shape} if shape else {}))
    show(f"JSON, {'window' if 'qualify' in (shape or '') else 'shape' if shape else 'as it is'}", cost)
    assert cost["rows"] > 0
    assert cost["together_mb"] < 500
