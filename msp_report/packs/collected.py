"""A door to the figures: every figure of a client's published months and years in one Parquet file, beside the packs.

`output/<client>/figures.parquet`, made anew with every pack, for whoever asks with DuckDB, a spreadsheet or another
tool; docs/analyst.md shows how. A row is a figure of a period; what its columns mean stands in the file's schema too.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from msp_report import ledger
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Period
from msp_report.model.records import meaning
from msp_report.packs.seal import NAME as SEAL
from msp_report.workspace import Workspace

NAME = "figures.parquet"
#: What stands before the columns of figures.json.
OF_A_PACK = {
    "period": (pa.string(), "The month or longer period: YYYY-MM, YYYY or YYYY-MM..YYYY-MM"),
    "from_on": (pa.date32(), "Its first day"),
    "to_on": (pa.date32(), "Its last day"),
    "months": (pa.int32(), "How many months it has: 1 in a monthly pack"),
    "revision": (pa.string(), "The published revision of the pack"),
    "issued_on": (pa.date32(), "Day on which that was issued; empty: a draft"),
}
_NUMBERS = {"value", "low", "high", "target", "coverage", "claimed"}


def schema() -> pa.Schema:
    """The columns with their types, and what each means as its metadata."""
    own = [pa.field(name, kind, metadata={"meaning": said}) for name, (kind, said) in OF_A_PACK.items()]
    return pa.schema(
        [*own, *(pa.field(name, _type(name), metadata={"meaning": meaning(name)}) for name in COLUMNS)]
    )


def _type(name: str) -> pa.DataType:
    return pa.float64() if name in _NUMBERS else pa.int64() if name == "n" else pa.string()


def write(workspace: Workspace, client: str) -> Path:
    """Write the file from what is published now, in one step; gives its path."""
    folder = workspace.output / client
    issued = {(line.period, line.revision): line.issued_at[:10] for line in ledger.lines(workspace, client)}
    rows: list[dict[str, Any]] = []
    for period, pack in sorted(_packs(folder), key=lambda found: (found[0].first, found[0].last)):
        revision = pack.resolve().name
        when = issued.get((str(period), revision)) if (pack / SEAL).is_file() else None
        own = {
            "period": str(period),
            "from_on": period.first.first_on,
            "to_on": period.last.end_on - timedelta(days=1),
            "months": len(period.months),
            "revision": revision,
            "issued_on": when,
        }
        rows += [own | figure for figure in json.loads((pack / "figures.json").read_text(encoding="utf-8"))]
    wanted = schema()
    table = pa.table(
        {name: _array([row[name] for row in rows], wanted.field(name).type) for name in wanted.names}
    )
    made = folder / f".{NAME}.{secrets.token_hex(4)}"
    try:
        pq.write_table(table.cast(wanted).replace_schema_metadata(), made)
        os.replace(made, folder / NAME)
    finally:
        made.unlink(missing_ok=True)
    return folder / NAME


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == pa.date32():
        return pa.array([None if value is None else str(value) for value in values], pa.string()).cast(kind)
    return pa.array(
        [None if value is None else float(value) for value in values] if kind == pa.float64() else values,
        kind,
    )


def _packs(folder: Path) -> list[tuple[Period, Path]]:
    found = []
    for path in folder.iterdir():
        if (path / "figures.json").is_file():
            try:
                found.append((Period.parse(path.name), path))
            except ValueError:
                continue
    return found
