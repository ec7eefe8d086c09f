"""What reading costs: rows of CSV as they are, with `where` and with `shape`, and a large JSON export.

`make bench`, or `pytest tests/benchmarks/bench_reading.py`. How many rows and megabytes: sizes.py. Each is read by a
process of its own, which reads files in another one; of the JSON both together may never take its own size.
"""

from __future__ import annotations

import json
from pathlib import Path

import cost
import pytest
from cost import Cost
from sizes import MEGABYTES, ROWS

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
import json, sys
from pathlib import Path
from msp_report.intake import ingest
from msp_report.model.period import Month
from msp_report.params import Sources
folder, said = Path(sys.argv[1]), json.loads(sys.argv[2])
got = ingest.read_month(
    Sources.model_validate(said), folder, Month(2026, 4), "UTC", folder / "into", params=folder
).files[0]
print(json.dumps({"read": got.read, "rows": got.rows, "left_out": got.left_out}))
"""


def told(folder: Path, source: dict, table: str = "tickets") -> Cost:
    """What reading a file cost; `out` says how many rows there were."""
    said = {"reject_limit_ratio": 1, "tables": {table: source}}
    return cost.of("-c", READ, str(folder), json.dumps(said))


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


def test_rows_of_csv(bench, million):
    def read(name: str) -> Cost:
        source, table = {"file": "tickets.csv", "columns": COLUMNS, **WAYS[name]}, "tickets"
        if name == "split":
            source, table = source | {"columns": {"product": "Tags", "device": "No"}}, "installs"
        took = told(million, source, table)
        counts = json.loads(took.out)
        assert counts["read"] == ROWS
        assert "half" not in name or counts["left_out"] == ROWS // 2
        return took

    bench.pairs("rows of CSV read", {name: lambda name=name: read(name) for name in WAYS}, ROWS)


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


SHAPES = {
    "as it is": {},
    "shape": {"shape": "select *, _row as _rows from rows"},
    "window": {
        "shape": "select *, _row as _rows from rows "
        "qualify row_number() over (partition by id order by _row desc) = 1"
    },
}


def test_a_document(bench, document):
    columns = {"ticket_id": "id", "opened_at": "created_at", "title": "subject"}

    def read(shape: dict) -> Cost:
        took = told(document, {"file": "tickets.json", "records": "tickets", "columns": columns, **shape})
        assert json.loads(took.out)["rows"] > 0
        assert MEGABYTES < 500 or took.mb < MEGABYTES
        return took

    ways = {name: lambda shape=shape: read(shape) for name, shape in SHAPES.items()}
    bench.pairs("MB of JSON read", ways, MEGABYTES)
