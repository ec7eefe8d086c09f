"""Accepted tables of several months as one: the newest export's row stands for its key, and what it replaces is told.

A ticket's number that comes again with another time of opening is another ticket where that time lies after the
earlier export's month; the earlier one is called `1001 (2026-03)` then, with its log and its hours. Else the ticket
was rewritten, and the newest row stands. Both are listed (rule 42).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from msp_report.model.columns import typed
from msp_report.model.names import normal
from msp_report.model.period import Month, Period
from msp_report.model.tables import PANDAS, TABLES, Column, Table
from msp_report.model.texts import among
from msp_report.system.database import connect_to

#: The tables whose rows speak of a ticket by its number.
_OF_TICKETS = ("tickets", "ticket_events", "time_entries")

#: So many rows are looked at at once.
_AT_ONCE = 500_000

REPLACED = "replaced by this month's exports"
ANOTHER = "another ticket of the same number"

#: What is told of a row that this month's exports replace.
COLUMNS = ["table", "month", "key", "reason"]


def join(
    name: str,
    paths: list[Path],
    reused: pd.DataFrame | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame | None:
    """A table of some months, oldest first, typed; `reused` as the function of that name. None without a file.

    `columns`: only these are read; of several files those of the table's key are among them.
    """
    if not paths:
        return None
    table = TABLES[name]
    files = [_read(name, path, reused, columns) for path in paths]
    read = pa.concat_tables(files, promote_options="permissive")  # an earlier version may have accepted some
    if not read.num_rows:
        empty = table.empty()  # text read from a file without rows has no chunks, on which merge_asof fails
        return empty if columns is None else empty[[*columns]]
    types = {one.name: PANDAS[one.type] for one in table.columns if one.name in read.column_names}
    frame = typed(read.to_pandas(date_as_object=False), types)
    if len(paths) > 1:
        frame = frame[~_keys(table, frame).duplicated(keep="last")].reset_index(drop=True)
    return frame


def rows(paths: list[Path]) -> int:
    """How many rows some Parquet files have, without reading them."""
    return sum(pq.read_metadata(path).num_rows for path in paths)


def happened(name: str, paths: list[Path]) -> pd.Series:
    """How many rows of a table happened at each instant, by instant, where that is part of its key: only the instants
    are held, not the rows. Parameters: `paths` of its Parquet files."""
    table = TABLES[name]
    key = ", ".join(f'"{column}"' for column in table.key)
    rows = f"(select distinct {key} from read_parquet(?))" if len(paths) > 1 else "read_parquet(?)"
    query = f'select "{table.period}" as at, count(*) as rows from {rows} where "{table.period}" is not null group by 1'
    with connect_to(*paths) as database:
        found = database.sql(query, params=[[str(path) for path in paths]]).to_arrow_table().to_pandas()
    return found.set_index("at")["rows"]


def named(path: Path, column: str, at: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """How many rows of a Parquet file, whose instants `at` lie from start to before end, have each name of a column, in
    the order in which these first stand there; only the names are held."""
    counts: Counter[str] = Counter()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_AT_ONCE, columns=[column, at]):
            times = batch.column(at)
            first, last = (pa.scalar(edge.to_pydatetime(), times.type) for edge in (start, end))
            inside = pc.and_(pc.greater_equal(times, first), pc.less(times, last))
            found = pc.value_counts(batch.column(column).filter(inside).drop_null())
            counts.update(dict(zip(*(part.to_pylist() for part in found.flatten()), strict=True)))
    return pd.Series(counts, dtype="int64")


def has_rows(path: Path, column: str, after: date, to: date) -> bool:
    """Whether a Parquet file has a row later than one instant or day and not later than another."""
    with pq.ParquetFile(path) as file:
        low, high = (pa.scalar(edge).cast(file.schema_arrow.field(column).type) for edge in (after, to))
        for batch in file.iter_batches(_AT_ONCE, columns=[column]):
            times = batch.column(column)
            if pc.any(pc.and_(pc.greater(times, low), pc.less_equal(times, high))).as_py():
                return True
    return False


def last_instants(
    path: Path, columns: Sequence[str], start: pd.Timestamp, end: pd.Timestamp
) -> list[pd.Timestamp]:
    """The last instant from start to end of each column of a Parquet file that has one."""
    greatest = ", ".join(
        f'epoch_us(max("{name}") filter ("{name}" between $start and $end))' for name in columns
    )
    with connect_to(path) as database:
        bounds = {"path": str(path), "start": start.to_pydatetime(), "end": end.to_pydatetime()}
        (found,) = database.execute(f"select {greatest} from read_parquet($path)", bounds).fetchall()
    return [pd.Timestamp(at, unit="us", tz="UTC") for at in found if at is not None]


def last_day(path: Path, column: str, first: date, last: date) -> date | None:
    """The last day from first to last of a Parquet file's column of days; None where it has none."""
    query = f'select max("{column}") from read_parquet($path) where "{column}" between $first and $last'
    with connect_to(path) as database:
        found = database.execute(query, {"path": str(path), "first": first, "last": last}).fetchone()
    return found[0] if found else None


def _keys(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The key of each row, of a table without one all of it; names in it as they are compared, ids as they are."""
    if not table.key:
        return frame
    names = [
        name
        for name in table.key
        if table.column(name).type == "text" and name != "line" and not name.endswith("_id")
    ]
    return frame[list(table.key)].assign(**{name: normal(frame[name]) for name in names})


def reused(paths: list[Path], timezone: str) -> pd.DataFrame | None:
    """The tickets of earlier months whose number is another ticket's now: month, ticket_id, name. None where none is.

    Parameters: `paths`, the Parquet files of tickets, oldest month first.
    """
    if len(paths) < 2:
        return None
    frames = [pd.read_parquet(path, columns=["ticket_id", "opened_at"]) for path in paths]
    months = [_month(path) for path in paths]
    named = [frame.assign(month=str(month)) for frame, month in zip(frames, months, strict=True)]
    rows = pd.concat(named, ignore_index=True)
    apart = _kept_apart_since(rows)
    rows = rows[rows["ticket_id"].duplicated(keep=False)]
    ends = {str(month): Period(month, month).bounds(timezone)[1] for month in months}
    later = rows.groupby("ticket_id", sort=False)[["opened_at"]].shift(-1)["opened_at"]
    ends_with = (later >= rows["month"].map(ends)) & (later != rows["opened_at"])
    if not ends_with.any():
        return apart if len(apart) else None
    # a row belongs to the life that ends with the next such row of its number
    last = rows["month"].where(ends_with)
    rows = rows.assign(last=last.groupby(rows["ticket_id"], sort=False).bfill())
    found = rows[rows["last"].notna()]
    found = found.assign(name=found["ticket_id"] + " (" + found["last"] + ")")[["month", "ticket_id", "name"]]
    return pd.concat([found, apart]).drop_duplicates(["month", "ticket_id"], ignore_index=True)


def _kept_apart_since(rows: pd.DataFrame) -> pd.DataFrame:
    """Tickets under their bare number whose number is kept apart by its file in another month (`berlin: 1001`)."""
    parts = rows["ticket_id"].str.partition(": ")
    named = rows[parts[1].ne("")].assign(bare=parts[2], name=rows["ticket_id"])[["bare", "opened_at", "name"]]
    bare = rows[among(rows["ticket_id"], named["bare"])]
    found = bare.merge(
        named.drop_duplicates(), left_on=["ticket_id", "opened_at"], right_on=["bare", "opened_at"]
    )
    return found[["month", "ticket_id", "name"]]


def _read(
    name: str, path: Path, reused: pd.DataFrame | None, columns: Sequence[str] | None = None
) -> pa.Table:
    with pq.ParquetFile(path) as file:
        read = file.read(columns=None if columns is None else [*columns])
    if reused is None or name not in _OF_TICKETS or "ticket_id" not in read.column_names:
        return read
    of_month = reused[reused["month"].eq(str(_month(path)))]
    if of_month.empty:
        return read
    at, ids = read.column_names.index("ticket_id"), read.column("ticket_id")
    place = pc.index_in(ids, value_set=pa.array(of_month["ticket_id"], ids.type))
    named = pa.array(of_month["name"], ids.type).take(place)
    return read.set_column(at, read.field(at), pc.coalesce(named, ids))


def replaced(name: str, paths: list[Path], others: pd.DataFrame | None = None) -> pd.DataFrame:
    """The rows of earlier months that the newest of some files gives other values: COLUMNS, the oldest month first.

    Parameters: `paths`, oldest month first; `others`, of tickets, as `reused`: these are named, and replaced by none.
    """
    table = TABLES[name]
    if len(paths) < 2 or not table.key or table.period is None:
        return pd.DataFrame(columns=COLUMNS)
    same = " and ".join(f'o."{column}" is not distinct from n."{column}"' for column in table.names)
    query = f"""
        select o.filename as path, {_key(table)} as key{", o.ticket_id" if name == "tickets" else ""}
        from read_parquet(?, filename = true) o join read_parquet(?) n on {_same_key(table)} where not ({same})
    """
    older = [str(path) for path in paths[:-1]]
    with connect_to(*paths) as database:
        rows = database.sql(query, params=[older, str(paths[-1])]).to_arrow_table().to_pandas()
    months: Mapping[str, str] = {str(path): str(_month(path)) for path in paths}
    rows = rows.assign(table=name, month=rows["path"].map(months), reason=REPLACED)
    if others is not None and name == "tickets":
        again = pd.MultiIndex.from_frame(rows[["month", "ticket_id"]]).isin(
            pd.MultiIndex.from_frame(others[["month", "ticket_id"]])
        )
        rows["reason"] = rows["reason"].mask(again, ANOTHER)
    return rows.sort_values(["month", "key", "reason"], ignore_index=True)[COLUMNS]


#: What is told of a field of a closed month that a later export gives another value.
REWRITTEN = ["table", "month", "key", "field", "from", "to"]
#: What of a ticket goes on after it was solved, and what is final once it is open.
_GOES_ON = {"status", "assignee", "hours", "reassignments", "reopens", "closed_at"}
_FINAL = {"opened_at", "first_response_at"}


def rewritten(
    name: str, paths: list[Path], timezone: str, others: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The fields of closed months that the newest of some files gives another value, or none: REWRITTEN, the oldest
    month first (rule 38).

    A row of a month that was over is compared, field by field, as the last file before had it; what was empty may be
    filled in, and a time may become one after the month's end, as a reopened ticket's. Of a ticket that was open then
    its opening and first answer are compared; of one that was done all but what goes on afterwards. Of people, secrets
    and words only the field is told, not what stood there.
    Parameters: `paths`, oldest month first; `others`, of tickets, as `reused`: these are other tickets.
    """
    table = TABLES[name]
    if len(paths) < 2 or not table.key or table.period is None:
        return pd.DataFrame(columns=REWRITTEN)
    *before, newest = paths
    months = {str(path): _month(path) for path in before}
    ends = {path: Period(month, month).bounds(timezone)[1] for path, month in months.items()}
    frame = pd.DataFrame(
        {"path": list(ends), "of_month": [str(months[path]) for path in ends], "ends": list(ends.values())}
    )
    left = {*table.key, *(_GOES_ON if name == "tickets" else ())}
    fields = [column for column in table.columns if column.name not in left]
    listed = ", ".join(f'r."{key}"' for key in table.key)
    changed = " union all ".join(_changed(name, column) for column in fields)
    query = f"""
        with old as (
          select r.*, w.of_month, w.ends from read_parquet(?, filename = true) r join months w on r.filename = w.path
          qualify row_number() over (partition by {listed} order by w.of_month desc) = 1
        ), both_ as (select o, n, {_key(table)} as key from old o join read_parquet(?) n on {_same_key(table)}
          where {_is_closed(table)})
        {changed}
    """
    with connect_to(*paths) as database:
        database.register("months", frame)
        rows = database.sql(query, params=[list(ends), str(newest)]).to_arrow_table().to_pandas()
    rows = rows.assign(table=name)
    if others is not None and name == "tickets":
        again = pd.MultiIndex.from_frame(rows[["month", "key"]])
        rows = rows[~again.isin(pd.MultiIndex.from_frame(others[["month", "ticket_id"]]))]
    return rows.sort_values(["month", "key", "field"], ignore_index=True)[REWRITTEN]


def _same_key(table: Table) -> str:
    """Whether an older row and a newer one have one key, in SQL."""
    return " and ".join(f'o."{key}" is not distinct from n."{key}"' for key in table.key)


def _key(table: Table) -> str:
    """The key of an older row as it is told, without the people in it, in SQL."""
    shown = [key for key in table.key if key not in ("by", "user")]
    return " || ', ' || ".join(f"coalesce(o.\"{key}\"::varchar, '')" for key in shown)


def _is_closed(table: Table) -> str:
    """Whether a row is one of its file's month or of an earlier one, in SQL."""
    if table.column(table.period).type == "month":
        return f'o."{table.period}" <= o.of_month'
    return f'o."{table.period}"::timestamptz < o.ends'


def _changed(name: str, column: Column) -> str:
    """The rows of which one field was changed, in SQL."""
    field = column.name
    tests = [f'o."{field}" is not null', f'o."{field}" is distinct from n."{field}"']
    if column.type == "instant":
        tests.append(f'(n."{field}" is null or n."{field}" < o.ends)')
    if name == "tickets" and field not in _FINAL:
        tests.append("o.status in ('resolved', 'closed')")
    was, is_ = (f'{of}."{field}"::varchar' if column.holds == "plain" else "null::varchar" for of in "on")
    told = f'o.of_month as month, key, \'{field}\' as field, {was} as "from", {is_} as "to"'
    return f"select {told} from both_ where {' and '.join(tests)}"


def _month(path: Path) -> Month:
    """The month of an accepted table: `.accepted/<month>/tables/<table>.parquet`."""
    return Month.parse(path.parent.parent.name)
