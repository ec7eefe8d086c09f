"""Which accepted rows are records: exact duplicates, conflicting keys, last rows, changes of a log.

Rows wait in a staged Parquet file, in the order in which they were read, and are compared there (DuckDB), so that
memory does not grow with the table. A row's position is its place in that file. Where all of them are records, that
file is the table's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.util import hash_pandas_object

from msp_report.intake import reasons
from msp_report.model.beside import Behind
from msp_report.model.tables import Table
from msp_report.params.layout import Layout
from msp_report.system.database import connect_to

#: Where a canonical row comes from: file by number, row of the file from 0, line, a number for its cells, and how much
#: later its time, and the end of it, came again when the clocks went back [us]; 0 for those that were once.
ORIGIN = pa.schema(
    [
        ("_file", pa.int32()),
        ("_row", pa.int64()),
        ("_line", pa.int64()),
        ("_hash", pa.uint64()),
        ("_fold", pa.int64()),
        ("_end_fold", pa.int64()),
    ]
)
#: Rows this far from a repeated hour still show in which direction a file runs.
NEAR_FOLD = "2 days"


#: So many rows are held at once.
ROWS = 20_000
#: Of so many rows it is looked at whether a column's values repeat.
_LOOKED_AT = 10_000


class Stage:
    """A Parquet file of rows, written in chunks, and one of where they come from."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.origins = path.with_name(f"{path.name}.origins")
        self.schema = schema
        self.whole = pa.schema([*schema, *ORIGIN])
        self.length = 0
        self.has_folds = False
        self.counts: dict[int, int] = {}
        """How many rows came of each file."""
        self._distinct: dict[tuple[str, ...], bool] = {}
        self._rows: pq.ParquetWriter | None = None
        self._from = pq.ParquetWriter(self.origins, ORIGIN, compression="lz4")
        self._writing = Behind()

    def append(self, rows: pa.Table, origin: pa.Table) -> None:
        """Add rows and their origins."""
        if len(rows):
            rows, origin = rows.cast(self.schema), origin.cast(ORIGIN)
            if self.length:  # few tables have more than one chunk
                self._writing.give(self._write, rows, origin)
            else:
                self._write(rows, origin)
            self.length += len(rows)
            self.has_folds |= bool(pc.any(pc.greater(origin.column("_fold"), 0)).as_py())
            for one in pc.value_counts(origin.column("_file")).to_pylist():
                self.counts[one["values"]] = self.counts.get(one["values"], 0) + one["counts"]

    def _write(self, rows: pa.Table, origin: pa.Table) -> None:
        self._rows = self._rows or pq.ParquetWriter(self.path, self.schema, **as_parquet(rows))
        self._rows.write_table(rows)
        self._from.write_table(origin)

    def take(self, batch: pa.RecordBatch) -> None:
        """Add rows that have their origins beside them, as `batches` gives them."""
        rows = pa.Table.from_batches([batch])
        self.append(rows.select(self.schema.names), rows.select(ORIGIN.names))

    def close(self) -> None:
        """No more rows come."""
        self._writing.wait()
        if self._rows is None:
            empty = self.schema.empty_table()
            self._rows = pq.ParquetWriter(self.path, self.schema, **as_parquet(empty))
        self._rows.close()
        self._from.close()

    def batches(self, left_out: np.ndarray) -> pa.RecordBatchReader:
        """The rows in order without those at some positions, with their origins."""
        keep = np.ones(self.length, bool)
        keep[left_out] = False

        def some() -> Iterator[pa.RecordBatch]:
            done = 0
            with pq.ParquetFile(self.path) as rows, pq.ParquetFile(self.origins) as origins:
                for batch, origin in zip(rows.iter_batches(ROWS), origins.iter_batches(ROWS), strict=True):
                    both = pa.RecordBatch.from_arrays([*batch.columns, *origin.columns], schema=self.whole)
                    yield both.filter(pa.array(keep[done : done + len(both)]))
                    done += len(both)

        return pa.RecordBatchReader.from_batches(self.whole, some())

    def places(self) -> Iterator[pa.RecordBatch]:
        """Of every row its `_file` and `_line`, in order."""
        with pq.ParquetFile(self.origins) as origins:
            yield from origins.iter_batches(10 * ROWS, columns=["_file", "_line"])

    def rows_of(self, inputs: pd.DataFrame) -> pa.Table:
        """The canonical rows of some input rows (_file, _row), in order, with their origins."""
        if inputs.empty:
            return self.whole.empty_table()
        with _Database(self) as db:
            return db.rows_of(inputs).select(self.whole.names)

    def move_later(self, positions: np.ndarray, begin: str, end: str | None) -> None:
        """Take the times of some rows for the second of a repeated hour, and an end in it that would lie before."""
        chosen = np.zeros(self.length, bool)
        chosen[positions] = True
        moved, done = Stage(self.path.with_suffix(".moved"), self.schema), 0
        for batch in self.batches(np.array([], np.int64)):
            here = pa.array(chosen[done : done + len(batch)])
            done += len(batch)
            at = _later(batch, begin, "_fold", here)
            batch = batch.set_column(batch.schema.get_field_index(begin), begin, at)
            if end is not None:
                early = pc.fill_null(pc.less(batch.column(end), at), False)
                over = _later(batch, end, "_end_fold", pc.and_(here, early))
                batch = batch.set_column(batch.schema.get_field_index(end), end, over)
            # rows whose cells are equal are no duplicates where one is an hour later
            other = pc.bit_wise_not(batch.column("_hash"))
            hashes = pc.if_else(here, other, batch.column("_hash"))
            moved.take(batch.set_column(batch.schema.get_field_index("_hash"), "_hash", hashes))
        moved.close()
        moved.path.replace(self.path)
        moved.origins.replace(self.origins)
        self._distinct = {}

    def is_distinct(self, names: Sequence[str]) -> bool:
        """Whether no two rows have the same values: sure where it says so; rows of which a number is missing differ.

        Eight bytes a row are held, a number of each row's values.
        """
        if (found := self._distinct.get(tuple(names))) is not None:
            return found
        whole = in_order(self._numbers(list(names)), self.length)
        self._distinct[tuple(names)] = found = not (whole[1:] == whole[:-1]).any()
        return found

    def _numbers(self, names: list[str]) -> Iterator[np.ndarray]:
        """A number of each row's values, of rows that have one, some rows at a time."""
        is_hash = names == ["_hash"]
        with pq.ParquetFile(self.origins if is_hash else self.path) as file:
            for batch in file.iter_batches(ROWS, columns=names):
                if is_hash:
                    yield batch.column(0).drop_null().to_numpy()
                    continue
                rows = batch.to_pandas(date_as_object=False)
                yield hash_pandas_object(rows, index=False, categorize=False).to_numpy()


def in_order(parts: Iterable[np.ndarray], most: int) -> np.ndarray:
    """The numbers of all parts, of which there are `most` at the most, from the smallest to the greatest; each of them
    is held once, in eight bytes."""
    whole, done = np.empty(most, np.uint64), 0
    for part in parts:
        whole[done : done + len(part)] = part
        done += len(part)
    whole = whole[:done]
    whole.sort()
    return whole


def as_parquet(rows: pa.Table) -> dict[str, Any]:
    """The options of a ParquetWriter for a table that begins with some rows: values that repeat are written once,
    instants as steps."""
    first = rows.slice(0, _LOOKED_AT)
    instants = [field.name for field in rows.schema if pa.types.is_timestamp(field.type)]
    repeating = [
        name
        for name in rows.column_names
        if name not in instants and pc.count_distinct(first.column(name)).as_py() * 2 <= max(len(first), 2)
    ]
    return {
        "compression": "zstd",
        "use_dictionary": repeating,
        "column_encoding": dict.fromkeys(instants, "DELTA_BINARY_PACKED"),
    }


def _later(batch: pa.RecordBatch, name: str, fold: str, here: pa.BooleanArray) -> pa.Array:
    """A column of instants, some of them so much later as they came again."""
    at = batch.column(name)
    return pc.if_else(here, pc.add(at, batch.column(fold).cast(pa.duration("us"))), at)


def origin(
    file: int,
    rows: np.ndarray,
    lines: np.ndarray,
    hashes: np.ndarray | None = None,
    fold: np.ndarray | None = None,
    end_fold: np.ndarray | None = None,
) -> pa.Table:
    """Where some rows come from; `hashes` where rows without a key are to be compared."""
    count = len(rows)
    numbers = pa.nulls(count, pa.uint64()) if hashes is None else pa.array(hashes, pa.uint64())
    later = [np.zeros(count, np.int64) if one is None else one for one in (fold, end_fold)]
    return pa.table([pa.array(np.full(count, file, np.int32)), rows, lines, numbers, *later], schema=ORIGIN)


def time_columns(table: Table) -> tuple[str | None, str | None]:
    """The instant by which the rows of a table follow each other, and the one that ends what began then."""
    begin = table.period if table.period and table.column(table.period).type == "instant" else None
    return begin, next((end for start, end in table.spans if start == begin), None)


def second_hour(stage: Stage, table: Table) -> dict[int, int]:
    """Take local times for the second of the repeated hour where their file shows that the first has passed (rule 2).

    In a file's own direction (oldest or newest first), by key: a time that steps back across the fold, or that stands
    again where the time is part of the key, and all in the fold after it. A file that runs in no direction near the
    fold shows nothing, and its times stay the first. Returns by file how many rows were moved.
    """
    begin, end = time_columns(table)
    if begin is None or not stage.has_folds:
        return {}
    instants = {column.name for column in table.columns if column.type == "instant"}
    who = [name for name in table.key if name not in instants and name != "state"] or [table.names[0]]
    listed = ", ".join(f'"{name}"' for name in who)
    with _Database(stage) as db:
        rows = db.frame(
            f'with folds as (select min("{begin}") as a, max("{begin}") as b from staged where _fold > 0) '
            f'select _position, _file, _fold, "{begin}" as _at, {listed} from staged, folds '
            f"where \"{begin}\" between a - interval '{NEAR_FOLD}' and b + interval '{NEAR_FOLD}' order by _position"
        )
    by = rows.groupby(["_file", *who], dropna=False)
    step = np.sign(by["_at"].diff() / pd.Timedelta(1, "us"))
    folded = rows["_fold"] > 0
    outside = step.where(~(folded & by["_fold"].shift().gt(0)))
    told = outside.where(outside.notna().groupby(rows["_file"]).transform("any"), step)
    backward = told.groupby(rows["_file"]).transform("sum") < 0
    against = (outside * np.where(backward, -1, 1)).lt(0)
    key = by.ngroup()
    rows = rows.assign(_key=key, _walk=rows["_position"].where(~backward, -rows["_position"]))
    rows = rows[folded & ~against.groupby(key).transform("any")].sort_values(["_key", "_walk"])
    far = rows.groupby("_key")["_at"].diff().abs() > pd.Timedelta(days=1)
    block = [rows["_key"], far.groupby(rows["_key"]).cumsum()]
    back = rows.groupby(block)["_at"].diff()
    passed = back.lt(pd.Timedelta(0)) | (back.eq(pd.Timedelta(0)) & (begin in table.key))
    second = rows[passed.groupby(block).cummax()]
    if len(second):
        stage.move_later(second["_position"].to_numpy(np.int64), begin, end)
    return second.groupby("_file").size().to_dict()


def same_rows(stage: Stage) -> tuple[np.ndarray, pd.DataFrame]:
    """Positions and origins of the rows whose cells all stood in an earlier row; the first one stays."""
    if stage.is_distinct(["_hash"]):
        return np.array([], np.int64), _rejected(_NONE, "")
    with _Database(stage) as db:
        twice = "select _hash from staged where _hash is not null group by _hash having count(*) > 1"
        rows = db.frame(f"select * from staged semi join ({twice}) using (_hash) order by _position")
    again = rows.duplicated([*stage.schema.names, "_hash"])
    return rows.loc[again, "_position"].to_numpy(np.int64), _rejected(rows[again], reasons.DUPLICATE)


def shared_numbers(stage: Stage, table: Table) -> set[str]:
    """The numbers that several files use for different things, as the table's `told_apart_by` shows."""
    if table.told_apart_by is None or stage.is_distinct(table.key):
        return set()
    number, other = table.key[0], table.told_apart_by
    query = (
        f'select "{number}" as number from staged group by "{number}" '
        f'having count(distinct _file) > 1 and count(distinct "{other}") > 1'
    )
    with _Database(stage) as db:
        return set(db.frame(query)["number"])


def renamed(stage: Stage, column: str, numbers: set[str], labels: Sequence[str], path: Path) -> Stage:
    """The same rows, with some numbers called by their file's label, as in `berlin: 1001`."""
    found = Stage(path, stage.schema)
    for batch in stage.batches(np.array([], np.int64)):
        bare = batch.column(column)
        own = pa.array(labels, pa.string()).take(batch.column("_file"))
        shared = pc.is_in(bare, value_set=pa.array(sorted(numbers), pa.string()))
        named = pc.if_else(shared, pc.binary_join_element_wise(own, bare, ": "), bare)
        found.take(batch.set_column(batch.schema.get_field_index(column), column, named))
    found.close()
    return found


def keys(stage: Stage, table: Table) -> tuple[np.ndarray, pd.DataFrame]:
    """Positions to leave out, and the input rows to reject, for the keys that stand in several rows.

    Equal rows: the first one stays. Rows that differ: all are rejected. An input row that gave several
    canonical rows is rejected where one of them conflicts, and repeats another where all of them do. Equal
    rows share a `_twin`; the first of them is among the origins with no reason, so that who reads them again
    can tell exact duplicates from rows that differ in columns that are not read.
    """
    if stage.is_distinct(table.key):
        return np.array([], np.int64), _rejected(_NONE, "")
    same = " and ".join(f'staged."{name}" is not distinct from k."{name}"' for name in table.key)
    listed = ", ".join(f'"{name}"' for name in table.key)
    with _Database(stage) as db:
        twice = f"select {listed} from staged group by {listed} having count(*) > 1"
        rows = db.frame(f"select staged.* from staged semi join ({twice}) k on {same} order by _position")
        names = list(stage.schema.names)
        rows["_input"] = rows["_file"].astype("int64") * (1 << 40) + rows["_row"]
        rows["_twin"] = rows.groupby(hash_pandas_object(rows[names], index=False)).ngroup()
        again = rows.duplicated(names)
        differ = pd.Series(False, rows.index)
        differ[~again] = rows[~again].duplicated(list(table.key), keep=False)
        all_of = db.positions(rows[again | differ])
    dropped = set(rows.loc[again, "_position"])
    inputs = rows.drop_duplicates("_input").set_index("_input")
    conflicts = inputs.index.isin(rows.loc[differ, "_input"])
    whole = all_of["_position"].isin(dropped).groupby(all_of["_input"]).all().reindex(inputs.index)
    repeats = whole.fillna(False).to_numpy(bool) & ~conflicts
    firsts = inputs["_twin"].isin(inputs.loc[repeats, "_twin"]).to_numpy() & ~repeats & ~conflicts
    left_out = dropped | set(all_of.loc[all_of["_input"].isin(inputs.index[conflicts]), "_position"])
    listed_rows = [
        _rejected(inputs[conflicts], reasons.CONFLICT),
        _rejected(inputs[repeats], reasons.REPEATED),
        _rejected(inputs[firsts], ""),
    ]
    return np.array(sorted(left_out), np.int64), pd.concat(listed_rows, ignore_index=True)


def contents(stage: Stage, left_out: np.ndarray) -> dict[int, str]:
    """By file, a number for all its rows together, whatever their order: files of the same rows have the same."""
    listed = ", ".join(f'"{name}"' for name in stage.schema.names)
    with _Database(stage, left_out) as db:
        if len(stage.counts) == 1 and not len(left_out):  # their files need not be looked up
            found = db.frame(f"select sum(hash({listed}))::varchar as content from own")
            return dict(zip(stage.counts, found["content"].tolist(), strict=True))
        found = db.frame(f"select _file, sum(hash({listed}))::varchar as content from counted group by _file")
    return dict(zip(found["_file"].tolist(), found["content"].tolist(), strict=True))


def pick(stage: Stage, table: Table, layout: Layout, left_out: np.ndarray, into: Stage) -> None:
    """One row of each key to another stage: its first or its last, in the order in which they were read.

    The columns of `first` and `last` are those of the first and the last of its rows that has one.
    """
    listed = ", ".join(f'"{name}"' for name in table.key)
    picked = "min" if layout.record == "first" else "max"
    taken = [(name, "arg_min") for name in layout.first] + [(name, "arg_max") for name in layout.last]
    taken = [(name, way) for name, way in taken if name not in table.key]
    values = "".join(f', {way}("{name}", _position) as "{name}"' for name, way in taken)
    instead = ", ".join(f'k."{name}" as "{name}"' for name, _ in taken)
    query = f"""
        with k as (select {listed}, {picked}(_position) as _chosen{values} from counted group by {listed})
        select c.* {f"replace ({instead})" if instead else ""} from counted c join k on c._position = k._chosen
        order by c._position
    """
    with _Database(stage, left_out) as db:
        for batch in db.batches(query):
            rows = pa.Table.from_batches([batch])
            into.append(rows.select(into.schema.names), _unmarked(rows))


def changes(stage: Stage, fields: Sequence[str], left_out: np.ndarray, into: Stage) -> None:
    """The events of a log that shows the whole ticket in each row: what differs from the row before.

    In the order of time, equal times in the order of the file. A field that is empty from the start, or
    stays, makes no event.
    """
    plain = [name for name in into.schema.names if name not in ("field", "from", "to")]
    kept = ", ".join(f'"{name}"' for name in (*plain, *ORIGIN.names, "_position"))
    listed = ", ".join(f"('{name.replace(chr(39), chr(39) * 2)}', {k})" for k, name in enumerate(fields))
    values = " ".join(f'when {k} then "{name}"' for k, name in enumerate(fields))
    query = f"""
        with long as (
            select {kept}, f.field, f.rank, case f.rank {values} end as "to"
            from counted, (values {listed}) f(field, rank)
        ), steps as (
            select *, lag("to") over (partition by ticket_id, field order by "at", _position) as "from" from long
        )
        select {", ".join(f'"{name}"' for name in into.schema.names)}, _file, _row, _line,
               null::ubigint as _hash, 0::bigint as _fold, 0::bigint as _end_fold
        from steps where "to" is distinct from "from" order by _position, rank
    """
    with _Database(stage, left_out) as db:
        for batch in db.batches(query):
            into.take(batch)


def _unmarked(rows: pa.Table) -> pa.Table:
    """Where rows come from, to be compared no more."""
    file, row, line = (rows.column(name).to_numpy() for name in ORIGIN.names[:3])
    return origin(0, row, line).set_column(0, "_file", pa.array(file, pa.int32()))


_NONE = pd.DataFrame({name: pd.Series(dtype="int64") for name in ("_file", "_row", "_line")})


def _rejected(rows: pd.DataFrame, reason: str) -> pd.DataFrame:
    twins = rows.get("_twin", -1)
    return rows[["_file", "_row", "_line"]].assign(reason=reason, _twin=twins)


class _Database:
    """The staged rows as `staged`, with their origins and `_position`; `counted` is without those left out, `own`
    without their origins."""

    def __init__(self, stage: Stage, left_out: np.ndarray | None = None) -> None:
        self._connection = connect_to(stage.path, stage.origins, temp_directory=str(stage.path.parent))
        own, origins = (escape(str(path)).replace("'", "''") for path in (stage.path, stage.origins))
        self._connection.execute(
            f"create temp view own as from read_parquet('{own}', file_row_number = true)"
        )
        self._connection.execute(
            "create temp view staged as select * exclude (file_row_number), file_row_number as _position "
            f"from own join read_parquet('{origins}', file_row_number = true) using (file_row_number)"
        )
        if left_out is not None:
            self._connection.register("left_out", pa.table({"_position": pa.array(left_out, pa.int64())}))
            self._connection.execute(
                "create temp view counted as from staged anti join left_out using (_position)"
            )

    def __enter__(self) -> _Database:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def frame(self, query: str) -> pd.DataFrame:
        """A result that fits into memory."""
        return self._connection.sql(query).to_arrow_table().to_pandas(date_as_object=False)

    def batches(self, query: str) -> pa.RecordBatchReader:
        """A result of any length."""
        return self._connection.sql(query).to_arrow_reader(ROWS)

    def rows_of(self, inputs: pd.DataFrame) -> pa.Table:
        """Every canonical row of some input rows, in order."""
        wanted = inputs[["_file", "_row"]].drop_duplicates()
        self._connection.register("asked", pa.Table.from_pandas(wanted, preserve_index=False))
        query = "select staged.* from staged semi join asked using (_file, _row) order by _position"
        return self._connection.sql(query).to_arrow_table()

    def positions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Every canonical row of the input rows that some rows come from: _input, _position."""
        wanted = rows[["_file", "_row", "_input"]].drop_duplicates()
        self._connection.register("wanted", pa.Table.from_pandas(wanted, preserve_index=False))
        return self.frame("select _input, _position from staged join wanted using (_file, _row)")
