"""The rejected rows of a table: counted by file and reason, written to rejects/<table>.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from msp_report.intake.chunk import Aside, Origin
from msp_report.model.hostile import cells
from msp_report.system.database import connect


class Rejects:
    """The rejected rows of a table, on disk, and how many there are by file, reason and column."""

    SCHEMA = pa.schema(
        [("_file", pa.int32()), ("_order", pa.int64()), ("file", pa.string()), ("line", pa.int64())]
        + [(name, pa.string()) for name in ("column", "value", "reason", "row")]
    )

    def __init__(self, path: Path, dropped: pa.Schema) -> None:
        """`path` is where they wait for their CSV; beside it, as dropped.parquet, lie the same rows as far as they
        could be read."""
        self.path = path
        self._dropped = pq.ParquetWriter(path.with_name("dropped.parquet"), dropped, compression="zstd")
        self.counts: Counter[tuple[int, str]] = Counter()
        self.first: dict[tuple[int, str, str], list[Any]] = {}
        self._writer = pq.ParquetWriter(path, self.SCHEMA, compression="lz4")
        self._written = 0
        self._listed: dict[int, np.ndarray] = {}

    def add(self, number: int, file: str, rows: pd.DataFrame, origin: Origin | None = None) -> None:
        """Rows with the columns line, column, value, reason, row.

        With `origin` each was made of input rows, every one of which is listed, on its own line and once in all.
        """
        if origin is not None:
            rows = self._by_input(number, rows, origin)
        if rows.empty:
            return
        for (reason, column), some in rows.groupby(["reason", "column"], sort=False):
            self.counts[number, reason] += len(some)
            seen = self.first.setdefault(
                (number, reason, column), [0, some["line"].iloc[0], some["value"].iloc[0]]
            )
            seen[0] += len(some)
        order = np.arange(self._written, self._written + len(rows))
        named = rows.assign(_file=number, _order=order, file=file)
        for name in ("file", "column", "value", "row"):
            named[name] = cells(named[name].astype("str"), numbers=True)
        self._writer.write_table(
            pa.Table.from_pandas(named[self.SCHEMA.names], self.SCHEMA, preserve_index=False)
        )
        self._written += len(rows)

    def left_out(self, number: int, file: str, aside: Aside) -> None:
        """Input rows that are no records, as sources.yaml says."""
        rows = pd.DataFrame({"line": aside.lines, "column": "", "value": "", "reason": aside.reason})
        self.add(number, file, rows.assign(row=np.asarray(aside.texts, dtype=object)))

    def _by_input(self, number: int, rows: pd.DataFrame, origin: Origin) -> pd.DataFrame:
        """Rejected rows as the input rows that they came of and that are not listed yet, in the order of the file."""
        times = np.asarray(pc.list_value_length(origin.rows))
        inputs, lines = (np.asarray(pc.list_flatten(of)) for of in origin)
        made = rows.iloc[np.repeat(np.arange(len(rows)), times)].assign(line=lines)
        first = np.unique(inputs, return_index=True)[1]
        seen = self._listed.get(number, np.zeros(0, bool))
        if len(inputs) and inputs.max() >= len(seen):
            seen = np.concatenate([seen, np.zeros(max(len(seen), int(inputs.max()) + 1), bool)])
        first = first[~seen[inputs[first]]]
        seen[inputs[first]] = True
        self._listed[number] = seen
        return made.iloc[first]

    def keep(self, file: str, rows: pa.Table) -> None:
        """What could be read of rejected rows of a file."""
        if len(rows):
            schema = self._dropped.schema
            named = rows.append_column("file", pa.array([file] * len(rows), pa.string()))
            self._dropped.write_table(named.select(schema.names).cast(schema))

    def close(self, path: Path) -> None:
        """Write rejects.csv, in the order of files and lines."""
        self._writer.close()
        self._dropped.close()
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write("file,line,column,value,reason,row\n")
            for batch in self._sorted() if self._written else ():
                batch.to_csv(file, index=False, header=False, lineterminator="\n")
        self.path.unlink()

    def _sorted(self) -> Iterator[pd.DataFrame]:
        names = ", ".join(f'"{name}"' for name in self.SCHEMA.names[2:])
        with connect(temp_directory=str(self.path.parent), memory_limit="1500MB") as database:
            rows = database.sql(
                f"select {names} from read_parquet(?) order by _file, line, _order",
                params=[escape(str(self.path))],
            )
            for batch in rows.to_arrow_reader(20_000):
                yield batch.to_pandas()
