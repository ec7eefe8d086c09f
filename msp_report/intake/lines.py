"""From an accepted row to the file and line it was read from.

`lines/<table>.parquet` has a row for each row of `tables/<table>.parquet`, in the same order: `file` as the manifest
names it, and `line` as the rejects count it (of a sheet or a Parquet file the row).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from msp_report.model.period import Month
from msp_report.model.texts import among
from msp_report.system.database import connect_to

SCHEMA = pa.schema([("file", pa.dictionary(pa.int32(), pa.string())), ("line", pa.int64())])

#: What is told of a row that was asked for.
COLUMNS = ["asked", "month", "file", "line"]


class Writer:
    """Writes where rows come from, next to their table; a file in its own order takes next to no room."""

    def __init__(self, path: Path, files: list[str]) -> None:
        """`files`: what the manifest calls them, by their place."""
        self._files = pa.array(files, pa.string())
        encoding = {"column_encoding": {"line": "DELTA_BINARY_PACKED"}, "use_dictionary": ["file"]}
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd", **encoding)

    def append(self, rows: pa.RecordBatch) -> None:
        """The origins (`_file`, `_line`) of some more rows."""
        names = pa.DictionaryArray.from_arrays(rows.column("_file"), self._files)
        self._writer.write_table(pa.table([names, rows.column("_line")], schema=SCHEMA))

    def close(self) -> None:
        """To be called once all rows are there."""
        self._writer.close()


def find(paths: list[Path], asked: pd.DataFrame, named: pd.DataFrame | None = None) -> pd.DataFrame:
    """Where the rows that are asked for come from: COLUMNS, `asked` as the index of `asked`; several where a number
    stands on several lines, none where it stands on none.

    Of several files the newest counts. Parameters: `paths`, a table's Parquet files, oldest month first; `asked`, some
    of its columns; `named`, of tickets, as `lookback.reused`: by these names pages call earlier tickets.
    """
    found, left = [], asked.dropna()
    for path in reversed(paths):
        lines = path.parent.parent / "lines" / path.name
        if left.empty or not lines.exists():
            continue
        month = Month.parse(path.parent.parent.name)
        here = _found(path, lines, _as_in(left, month, named))
        found.append(here.assign(month=str(month)))
        left = left[~left.index.isin(here["asked"])]
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS)


def _as_in(asked: pd.DataFrame, month: Month, named: pd.DataFrame | None) -> pd.DataFrame:
    """Tickets by the numbers that a month's exports gave them; those that another ticket had then are not asked for."""
    if named is None or "ticket_id" not in asked:
        return asked
    of_month = named[named["month"].eq(str(month))]
    numbers = asked["ticket_id"].map(of_month.set_index("name")["ticket_id"])
    renamed = among(asked["ticket_id"], of_month["ticket_id"]) & numbers.isna()
    return asked.assign(ticket_id=numbers.fillna(asked["ticket_id"]))[~renamed]


def _found(path: Path, lines: Path, asked: pd.DataFrame) -> pd.DataFrame:
    """The rows of one month's table: asked, file, line, in the order of the table."""
    same = " and ".join(f't."{name}" = a."{name}"' for name in asked.columns)
    query = f"""
        select a.asked, l.file, l.line
        from read_parquet(?, file_row_number = true) t
        join asked a on {same}
        join read_parquet(?, file_row_number = true) l on l.file_row_number = t.file_row_number
        order by t.file_row_number
    """
    with connect_to(path, lines) as database:
        database.register(
            "asked", pa.Table.from_pandas(asked.rename_axis("asked").reset_index(), preserve_index=False)
        )
        return database.sql(query, params=[str(path), str(lines)]).to_arrow_table().to_pandas()
