"""The opened case: one client's period with its accepted tables. Notebooks begin here.

`case = open_case(client, period, workspace)`. The tables are read from what intake accepted; exports that have not
been read yet, or changed since, are read first, so that a notebook gives the same figures alone as in a pack run.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatch
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import pandas as pd

from msp_report import ledger, params
from msp_report.intake import emptied, exports, ingest, inputs, lines, lookback
from msp_report.intake.accepted import Accepted
from msp_report.intake.reasons import NOT_MEANT
from msp_report.model import privacy, reads, strangers
from msp_report.model.clock import localize
from msp_report.model.columns import typed
from msp_report.model.period import Month, Period, midnight
from msp_report.model.reach import silent_since
from msp_report.model.tables import PANDAS, TABLES, Column, Due
from msp_report.store import mirror
from msp_report.system.now import now
from msp_report.workspace import Workspace, make_demo

T = TypeVar("T")

#: A table of more rows is read again when it is asked for again, unless somebody still has it.
_KEPT = 200_000

#: What is noted of a case whenever it is asked for: by its value, or as a doubt, for nobody knows what is done with it.
_NOTED = dict.fromkeys(
    (
        "bounds",
        "start",
        "end",
        "to_date",
        "newest",
        "closing",
        "manifest",
        "exported",
        "months",
        "later_months",
    ),
    "case",
)
_NOTED |= dict.fromkeys(("withheld", "notes"), "case")
_NOTED |= dict.fromkeys(
    ("workspace", "accepted", "age", "_exports", "_told", "_folder", "_manifests"), reads.DOUBT
)


def _tables(*names: Any, **_: Any) -> list[reads.Key]:
    """The tables among what a method is given; all of them where it is given none."""
    found = [name for name in names[1:] if isinstance(name, str)]
    return [("table", name) for name in found or TABLES]


def _needs(_: Any, *needs: str) -> list[reads.Key]:
    return [("table", name.partition(".")[0]) for need in needs for name in need.split("|")]


_of_tables, _of_needs = reads.noting(_tables), reads.noting(_needs)
_of_one_table = reads.noting(lambda case, name, *_, **__: [("table", name)])
_of_all_tables = reads.noting(lambda *_, **__: _tables(None))
_of_nothing = reads.noting(lambda *_, **__: ())


def _asked(name: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A method whose answer is noted."""
    return reads.noting(lambda case, *given: [("answer", str(case.period), name, *map(str, given))])


@dataclass(frozen=True)
class Case:
    """One client's period: what was agreed, and everything accepted for it."""

    workspace: Workspace
    client: str
    period: Period
    agreed: params.Contract
    """The whole contract with its amendments."""
    strategy: params.Strategy
    sources: params.Sources
    _exports: Accepted = field(repr=False)
    of_day: bool = False
    """Whether it is looked at as things stand: pages name the instant of the cut-off, not the month."""
    _read: dict[str, pd.DataFrame | None] = field(default_factory=dict, repr=False)
    _large: WeakValueDictionary[str, pd.DataFrame] = field(default_factory=WeakValueDictionary, repr=False)
    """Tables that are too large to be kept when nobody uses them any more."""
    _manifests: dict[Month, dict[str, Any] | None] = field(default_factory=dict, repr=False)
    _silent: dict[str, pd.Timestamp | None] = field(default_factory=dict, repr=False)

    def __getattribute__(self, name: str) -> Any:
        """Notes what is asked for, and doubts whatever leads past the questions (model/reads)."""
        if not reads.is_asked() or name not in _NOTED:
            return super().__getattribute__(name)
        with reads.unseen():
            period = str(self.period)
        reads.note(_NOTED[name], period, name)
        with reads.unseen():
            return super().__getattribute__(name)

    @_of_nothing
    def at(self, period: Period | Month) -> Case:
        """The same client's case of another period; what was accepted is not looked at again."""
        chosen = Period(period, period) if isinstance(period, Month) else period
        return replace(self, period=chosen, _read={}, _large=WeakValueDictionary(), _silent={})

    @_asked("month_before")
    def month_before(self) -> Case | None:
        """The case of the month before the period; None where no exports were accepted for it."""
        month = self.period.first.shift(-1)
        known = month in self._exports.months and self._exports.find(month) is not None
        return self.at(month) if known else None

    @cached_property
    def contract(self) -> params.Contract:
        """The contract in force on the first day of the period's last month."""
        return self.agreed.on(self.period.last.first_on)

    @property
    def timezone(self) -> str:
        """The client's zone."""
        return self.agreed.client.timezone

    @cached_property
    def bounds(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The instants `[start, end)` of the period; a running one ends where its exports do.

        What has not happened yet is neither up nor late: a period that is not over ends a minute after the last
        instant in what was accepted, or now where nothing happened; a longer one with its newest month, if that is
        over.
        """
        start, end = self.period.bounds(self.timezone)
        present = now()
        if not start < present < end:
            return start, end
        _, known = Period(self.newest, self.newest).bounds(self.timezone)
        if known <= present:  # of a longer period: nothing is known of the months that follow
            return start, known
        return start, (self._last_instant(start, present) or present).floor("min") + pd.Timedelta(minutes=1)

    def _last_instant(self, start: pd.Timestamp, now: pd.Timestamp) -> pd.Timestamp | None:
        """The last instant in the exports of the period, not after now; of a row with a day its beginning."""
        found = []
        days = [at.tz_convert(self.timezone).date() for at in (start, now)]
        for table in TABLES.values():
            path = self.accepted / "tables" / f"{table.name}.parquet"
            if not path.exists():
                continue
            columns = [column.name for column in table.columns if column.type == "instant"]
            found += lookback.last_instants(path, columns, start, now) if columns else []
            if table.period and table.column(table.period).type == "date":
                last = lookback.last_day(path, table.period, *days)
                found += [] if last is None else [midnight(last, self.timezone)]
        return max(found, default=None)

    @property
    def start(self) -> pd.Timestamp:
        """First instant, UTC."""
        return self.bounds[0]

    @property
    def end(self) -> pd.Timestamp:
        """The cut-off (rule 0), UTC."""
        return self.bounds[1]

    @cached_property
    def to_date(self) -> bool:
        """Whether the period is still running."""
        return not self.period.is_over(self.timezone, now())

    @property
    def age(self) -> pd.Timedelta:
        """How long ago the cut-off was."""
        return max(now() - self.end, pd.Timedelta(0))

    @cached_property
    def newest(self) -> Month:
        """The month whose exports the period ends with: its last one, or in a longer period the last accepted."""
        months = [m for m in reversed(self._exports.months) if self.period.first <= m <= self.period.last]
        if self.period.first == self.period.last:
            return self.period.last
        return next((month for month in months if self._exports.find(month)), [*months, self.period.last][0])

    @property
    def closing(self) -> Month:
        """The last month that counts: the period's last one, or while that runs the newest accepted one."""
        return self.newest if self.to_date else self.period.last

    @_asked("lacking")
    def lacking(self, month: Month) -> str | None:
        """Why there can be no pack of a month; None where its exports were accepted."""
        begin, _ = Period(month, month).bounds(self.timezone)
        if begin > now():
            return "it has not begun yet"
        if month not in self._exports.months:
            starts_on = self.agreed.term.starts_on
            begun = starts_on is None or starts_on < month.end_on
            return "no exports were supplied" if begun else "the contract had not begun"
        return None if self._exports.find(month) else "its exports were refused"

    @cached_property
    def accepted(self) -> Path:
        """The folder of the newest month's accepted tables, rejects and manifest; read first where stale."""
        return self._exports.read(self.newest)

    @cached_property
    def manifest(self) -> dict:
        """What was read, accepted and rejected, per file and table; over a longer period that of its months, each
        file with the first `month` that it was read for."""
        inside = [month for month in self.months if self.period.first <= month <= self.period.last]
        told = {month: one for month in inside if (one := self._told(month))}
        newest = told[self.newest]
        if self.period.first == self.period.last:
            return newest
        known: dict[tuple, str] = {}
        files = []
        for month, one in told.items():
            named = [((e["file"], e["table"], e["sha256"]), e) for e in one["files"]]
            known |= {key: str(month) for key, _ in named if key not in known}
            files += [{"month": str(month), **e} for key, e in named if known[key] == str(month)]
        warnings = dict.fromkeys(
            f"{month}: {text}" for month, one in told.items() for text in one["warnings"]
        )
        return {**newest, "month": str(self.period), "files": files, "warnings": list(warnings)}

    @property
    def exported(self) -> list[Month]:
        """Every month for which there are exports, whatever the period, oldest first."""
        return self._exports.exported

    @cached_property
    def months(self) -> list[Month]:
        """Every month with exports up to the newest one, oldest first."""
        return sorted({month for month in self._exports.months if month < self.newest} | {self.newest})

    @cached_property
    def later_months(self) -> list[Month]:
        """Months with exports after the period, oldest first: only follow-ups look there (rule 0)."""
        return [month for month in self._exports.months if month > self.period.last]

    @cached_property
    def withheld(self) -> dict[str, Month | None]:
        """The tables that were due for the month and did not come, each with the last month that had it (rule 41).

        Due is what an earlier month had or sources.yaml names, as often as its `due` says, until it `ended`; where
        only sources.yaml names it the month is None. A longer period has none: its months say what they lack.
        """
        if self.period.first != self.period.last:
            return {}
        found = {}
        for name in TABLES:
            if self.sources.ended(name, self.newest.first_on):
                continue
            last = self._last_came(name)
            is_named = last is not None or name in self.sources.tables
            if is_named and self._is_due_since(self.sources.due(name), last):
                found[name] = last
        return found

    def _is_due_since(self, due: Due, last: Month | None) -> bool:
        """Whether what last came for a month, None where it never did, has to come again by the newest one."""
        months = {"monthly": 1, "quarterly": 3, "yearly": 12}.get(due)
        return months is not None and (last is None or last.shift(months) <= self.newest)

    @_of_tables
    def absent(self, name: str) -> dict[str, Month | None]:
        """The sources of a table that came, which sources.yaml names beside others and which were due and did not come,
        each with the last month that had it (rule 46).

        A source is called by its name and its files; one that `ended` is due no more. A longer period has none.
        """
        listed = [source for table, source in inputs.entries(self.sources, None) if table == name]
        if len(listed) < 2 or self.period.first != self.period.last or name in self.withheld:
            return {}
        found = {}
        for source in listed:
            if source.has_ended(self.newest.first_on):
                continue
            last = self._last_came(name, source)
            if self._is_due_since(source.due_of(name), last):
                found[f"{source.name} ({source.file})" if source.name else source.file] = last
        return found

    @_of_all_tables
    def arrivals(self) -> pd.DataFrame:
        """What came of the tables for the month: one row per table that came, is withheld, stands from an earlier month
        or has ended, with table, state, due, last_month, files, and rows read, accepted, rejected and outside."""
        columns = ["table", "state", "due", "last_month", "files", "read", "accepted", "rejected", "outside"]
        rows = []
        for name in TABLES:
            last = self._last_came(name)
            ended = self.sources.ended(name, self.newest.first_on)
            if last is None and name not in self.withheld and not ended:
                continue
            here = last == self.newest
            state = (
                "came" if here else "ended" if ended else "withheld" if name in self.withheld else "stands"
            )
            counts = self.manifest["tables"][name]
            files = [_of_records(e) for e in self._files(name, self.newest)]
            counts = {**counts, "rejected": sum(entry["rejected"] for entry in files)}
            of_table = [counts[count] if here else 0 for count in columns[4:]]
            rows.append((name, state, self.sources.due(name), str(last) if last else None, *of_table))
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[:4], "str"))

    @_of_tables
    def _last_came(self, table: str, source: params.Source | None = None) -> Month | None:
        """The newest month, up to the period's, whose exports had a table, or a source of it; None where none had."""
        return next((month for month in reversed(self.months) if self._came(table, month, source)), None)

    @_of_tables
    def _came(self, table: str, month: Month, source: params.Source | None = None) -> bool:
        """Whether a month's exports had a file of a table, or of one source of it: of a header alone, or with rows that
        no earlier month's file had already, in whatever order and format; a file that says of itself that it was made
        anew is no old one, and one that does not reach into the month is none."""
        sent = self._sent(table, month, source)
        if not sent or self._may_repeat(table):
            return sent is not None
        reach = self._told(month)["tables"][table].get("reach")
        if reach is not None and pd.Timestamp(reach) <= Period(month, month).bounds(self.timezone)[0]:
            return False
        known = {
            one for earlier in self.months if earlier < month for one in self._sent(table, earlier) or ()
        }
        return not sent <= known

    def _sent(self, table: str, month: Month, source: params.Source | None = None) -> frozenset[tuple] | None:
        """What a month's files of a table, or of one source of it, hold, each by all its rows and by when it was made;
        None for no file, and nothing where one is of a header alone."""
        files = self._files(table, month)
        if source is not None:
            files = [one for one in files if _is_of(one["file"], source, month)]
        if not files or any(not one["read"] for one in files):
            return frozenset() if files else None
        return frozenset(map(_rows_of, files))

    def _new_files(self, table: str) -> list[tuple[Month, dict[str, str]]]:
        """By month that had any, the files of a table that are none of an earlier month sent again, by their names with
        `#` for the digits, which are the month."""
        found, known, may_repeat = [], set(), self._may_repeat(table)
        for month in self.months:
            files = [
                one["file"]
                for one in self._files(table, month)
                if may_repeat or not one["read"] or _rows_of(one) not in known
            ]
            found += [(month, {re.sub(r"\d", "#", file): file for file in files})] if files else []
            known |= self._sent(table, month) or set()
        return found

    def _files(self, table: str, month: Month) -> list[dict[str, Any]]:
        """What a month's manifest says of each file of a table; nothing where its exports were refused."""
        return [one for one in (self._told(month) or {"files": []})["files"] if one["table"] == table]

    def _may_repeat(self, table: str) -> bool:
        """Whether the same file may come for another month."""
        once = TABLES[table].list_of_all or self.sources.due(table) == "once"
        return once or not self._exports.by_month

    def _told(self, month: Month) -> dict[str, Any] | None:
        """The manifest of a month; None where its exports were refused."""
        if month not in self._manifests:
            folder = self._folder(month)
            path = folder / "manifest.json" if folder else None
            self._manifests[month] = json.loads(path.read_text(encoding="utf-8")) if path else None
        return self._manifests[month]

    @_of_all_tables
    def content(self, month: Month) -> dict[str, str | None] | None:
        """By table a hash of what was accepted and rejected for a month, None for one that says nothing; None where the
        month's exports were refused. Two months of the same rows have the same (rule 48)."""
        told = self._told(month)
        return {name: one.get("content") for name, one in told["tables"].items()} if told else None

    @_of_tables
    def is_withheld(self, table: str) -> bool:
        """Whether a table, or one without which it says half the truth, was due and did not come."""
        return not {table, *TABLES[table].with_}.isdisjoint(self.withheld)

    @_of_tables
    def paths(self, table: str, months: list[Month] | None = None) -> list[Path]:
        """The Parquet files of a table, oldest month first; files of the same exports are named once.

        None where the table is withheld. A register stands as it last came.
        """
        if self.is_withheld(table):
            return []
        if TABLES[table].period is None:
            months = [self._last_came(table) or self.newest]
        found: dict[tuple, Path] = {}
        for month in months if months is not None else self.months:
            folder = self._folder(month)
            path = folder / "tables" / f"{table}.parquet" if folder else None
            if path and path.exists():
                found[_inputs(self._told(month), folder, table)] = path
        return list(found.values())

    @_of_tables
    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        """A canonical table with its look-back: all rows accepted up to this month's exports.

        The newest export's row stands for its key. None: no file of this table was supplied, which is not
        the same as a file without rows; an earlier month's never stands in for this one's (rule 41).
        `columns`: all that is asked of it; of a large table nothing else is read.
        """
        if name in self._read:
            return self._read[name]
        if (frame := self._large.get(name)) is not None:
            return frame
        paths = self.paths(name)
        if lookback.rows(paths) > _KEPT:
            if wanted := _with_key(name, columns):
                return lookback.join(name, paths, self._reused, wanted)
            frame = self._large[name] = self._joined(name, paths)
        else:
            frame = self._read[name] = self.once(f"table {name}", lambda: self._joined(name, paths))
        return frame

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives for the period under a name: in a pack run made by the first notebook that asks."""
        with reads.unseen():
            kept = self._exports.once
            made, read = kept.get(self.period, f"{name} {self.of_day}", lambda: reads.during(make))
        reads.add(read)
        return made

    def forget(self, month: Month) -> None:
        """Keep nothing any more of what was made once for a month."""
        self._exports.once.drop(Period(month, month))

    def _joined(self, name: str, paths: list[Path]) -> pd.DataFrame | None:
        return lookback.join(name, paths, self._reused)

    @_of_one_table
    def _column(self, name: str, column: str, months: list[Month] | None = None) -> pd.Series | None:
        """One column of a table with its look-back; of the others only those of its key are read."""
        if name in self._read and not months:
            frame = self._read[name]
        elif len(paths := self.paths(name, months)) < 2:
            frame = lookback.join(name, paths, columns=[column])
        elif wanted := _with_key(name, [column]):
            frame = lookback.join(name, paths, self._reused, wanted)
        else:
            frame = self.follow_up(name) if months else self.table(name)
        return None if frame is None else frame[column]

    @_of_tables
    def follow_up(self, name: str) -> pd.DataFrame | None:
        """The same, as far as later exports reach (rule 18)."""
        if not self.later_months:
            return self.table(name)
        paths = self.paths(name, [*self.months, *self.later_months])
        if lookback.rows(paths) > _KEPT:
            return self._joined(name, paths)
        return self.once(f"follow-up {name}", lambda: self._joined(name, paths))

    @_of_tables
    def own(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        """A canonical table as the newest exports have it, without look-back; None where they have none. `columns` as
        for `table`."""
        paths = self.paths(name, [self.newest])
        if paths == self.paths(name) and self._reused is None:
            return self.table(name, columns)
        return lookback.join(name, paths, columns=_with_key(name, columns))

    @_of_one_table
    def named(self, table: str, column: str) -> pd.Series:
        """How many rows of the period each name of a column has in the newest file of a table that came, by name: the
        table itself is not held."""
        return lookback.named(self.paths(table)[-1], column, TABLES[table].period, self.start, self.end)

    @_of_tables
    def has_before(self, name: str) -> bool:
        """Whether a table was accepted for the month before the period: where it was not, a series begins (rule 15)."""
        month = self.period.first.shift(-1)
        return month in self.months and self._came(name, month)

    @property
    def ticket_url(self) -> str:
        """The address of a ticket in the tool it came from, with {ticket_id}, as sources.yaml states it; else empty."""
        return next((source.url for source in self.sources.tables.get("tickets", ()) if source.url), "")

    @_of_tables
    def lines_of(self, table: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Where rows of a table come from, by what `rows` has of its key: file, line, the month whose export it was,
        where that is not the newest, and how many lines there are; missing where nothing is known of a row."""
        keys = [name for name in TABLES[table].key if name in rows.columns]
        asked = rows[keys].reset_index(drop=True)
        named = self._reused if "ticket_id" in keys else None
        found = lines.find(self.paths(table), asked, named).groupby("asked")
        told = found[["month", "file", "line"]].first().assign(lines=found.size())
        own = told["month"].eq(str(self.newest)) | (not self._exports.by_month)
        return told.assign(month=told["month"].mask(own)).reindex(asked.index)

    @property
    def invited(self) -> int | None:
        """How many were asked to answer the surveys, as sources.yaml states it; None where it does not."""
        return self.sources.invited

    @property
    def other_question(self) -> str | None:
        """The words of the question that surveys ask beside the three; None where sources.yaml states none."""
        return self.sources.other

    @_of_tables
    def reach(self, name: str) -> pd.Timestamp:
        """How far a table reaches beyond the cut-off: its last instant, at least the cut-off."""
        column = TABLES[name].period
        times = self._column(name, column, [*self.months, *self.later_months])
        return max(self.end, times.max()) if times is not None and len(times) else self.end

    @_of_tables
    def reached(self, name: str) -> pd.Timestamp:
        """How far what was supplied for the period speaks of a table, at most to the cut-off (rule 41).

        A table that did not come speaks of nothing, and one that stands until it is replaced of all.
        """
        if self.is_withheld(name):
            return self.start
        if self.sources.due(name) == "once":
            return self.end
        stated = self.manifest["tables"][name].get("reach")
        if stated is None:
            return self.end
        silent = self.silent_since(name)
        told = pd.Timestamp(stated).as_unit("us") if silent is None else silent
        return min(max(told, self.start), self.end)

    @_of_tables
    def silent_since(self, name: str) -> pd.Timestamp | None:
        """The last instant of a table that its folder alone says is whole, and that ends in a silence which it never
        knew before (rule 41, model.reach.silent_since); None where it speaks to the end, or nobody can tell."""
        if name not in self._silent:
            by = {one["reach_by"] for one in self.manifest["files"] if one["table"] == name}
            by_folder = bool(by) and by <= {"folder", "assumed from the folder"}
            tells = by_folder and self.period.first == self.period.last
            self._silent[name] = self.once(f"silent {name}", lambda: self._silence(name)) if tells else None
        return self._silent[name]

    def _silence(self, name: str) -> pd.Timestamp | None:
        column = self._time_of(name)
        if column is None or self._is_heard_at_the_end(name, column):
            return None
        rows = self._happened(name, column)
        return None if rows is None else silent_since(rows, self.start, self.end)

    def _time_of(self, name: str) -> Column | None:
        """The column by which rows of a table happen; None of one whose rows have no time."""
        period = TABLES[name].period
        column = TABLES[name].column(period) if period else None
        return column if column is not None and column.type in ("instant", "date") else None

    def _is_heard_at_the_end(self, name: str, column: Column) -> bool:
        """Whether the newest exports have a row of the period's last day, after which no silence counts: rows of
        earlier months cannot change that."""
        if column.type == "date":
            after, to = (self.period.last.end_on - timedelta(days=days) for days in (2, 1))
        else:
            after, to = self.end - pd.Timedelta(days=1), self.end
        newest = self.paths(name, [self.newest])
        return any(lookback.has_rows(path, column.name, after, to) for path in newest)

    def _happened(self, name: str, column: Column) -> pd.Series | None:
        """How many rows of a table happened at each instant, on a day at its end; None of no table."""
        period = column.name
        paths = self.paths(name)
        if column.type == "instant" and period in TABLES[name].key and lookback.rows(paths) > _KEPT:
            return lookback.happened(name, paths)
        if (times := self._column(name, period)) is None:
            return None
        times = times.dropna()
        if column.type == "date":
            times = localize(times + pd.Timedelta(days=1), self.timezone)[0]
        return times.value_counts()

    @_of_tables
    def reached_before(self, name: str) -> pd.Timestamp | None:
        """The same of the month before the period; None where no rows of the table were accepted for it."""
        return self.at(self.period.first.shift(-1)).reached(name) if self.has_before(name) else None

    @_of_tables
    def known_before(self, name: str) -> pd.DataFrame | None:
        """A canonical table as the month before the period had it, with its look-back and today's names of tickets.

        None where it had none, and where the table is withheld now.
        """
        if not self.has_before(name):
            return None
        if TABLES[name].period is None:
            return self.at(self.period.first.shift(-1)).table(name)
        earlier = [month for month in self.months if month < self.period.first]
        return self.once(f"known before {name}", lambda: self._joined(name, self.paths(name, earlier)))

    @_of_tables
    def own_word(self, *tables: str) -> bool:
        """Whether all that was supplied of some tables is the provider's own word (rule 50)."""
        given = {entry["evidence"] for entry in self.manifest["files"] if entry["table"] in tables}
        return given <= {"provider"}

    @_of_tables
    def exported_at(self, name: str) -> pd.Timestamp | None:
        """When a table was exported for the period, as its files' `exported_at` in the manifest states it; of several
        the latest, None where one does not say (rule 50)."""
        stated = [one.get("exported_at") for one in self.manifest["files"] if one["table"] == name]
        if None in stated or not stated:
            return None
        return max(map(pd.Timestamp, stated))

    @_of_tables
    def doubts(self, *names: str) -> str | None:
        """Why some tables are doubted as a whole, by what their own files say of their size and sums (rules 43, 46);
        the first of several reasons, None where there is none. A longer period leaves that to its months."""
        found = [text for name in names for text in self._doubts_of(name)]
        return found[0] if found and self.period.first == self.period.last else None

    @_of_tables
    def _doubts_of(self, name: str) -> list[str]:
        last = self._last_came(name)
        told = self._told(last) if last else None
        stated = told["tables"][name]["doubts"] if told else []
        if last != self.newest:
            return stated
        return [*stated, *self._lacking_sources(name), *self._lacking_files(name)]

    def _lacking_sources(self, name: str) -> list[str]:
        """What is told of the sources of a table that did not come."""
        return [
            f"{called}: sources.yaml names it, and nothing of it came for {self.newest}"
            + (f"; it last came for {last}" if last else "")
            for called, last in self.absent(name).items()
        ]

    def _lacking_files(self, name: str) -> list[str]:
        """What is told of the files that a table had for three months on end and has had no more since, in months that
        all had fewer files than those; a year later they are forgotten. Digits in a file's name are its month, and a
        file that no source of sources.yaml asks for any more is due no more."""
        found = self._new_files(name)[-12 - emptied.MONTHS :]
        patterns = [source.file for source in self.sources.tables.get(name, ()) if source.file]
        lacking = {}
        for first in range(len(found) - emptied.MONTHS):
            usual, since = found[first : first + emptied.MONTHS], found[first + emptied.MONTHS :]
            if max(len(files) for _, files in since) >= min(len(files) for _, files in usual):
                continue
            last, files = usual[-1]
            always = set.intersection(*(set(each) for _, each in usual))
            for shape in always.difference(*(each for _, each in since)):
                if not patterns or any(fnmatch(files[shape], f"*{pattern}") for pattern in patterns):
                    lacking[files[shape]] = (last, len(since))
        return [
            f"{file}: came for each of the three months before, and not for this one"
            if months == 1
            else f"{file}: came for three months on end, the last time for {last}, and not since"
            for file, (last, months) in sorted(lacking.items())
        ]

    @_of_tables
    def spoken(self, name: str, months: int = 12) -> pd.DataFrame:
        """Of so many months up to the closing one, each whose exports had a table that is not doubted as a whole, with
        the stretch of which it speaks (rules 41 and 46): start, end [instants]. None of a table that is withheld."""
        rows = []
        for month in self.months if not self.is_withheld(name) else ():
            told = self._told(month)
            within = self.closing.shift(-months) < month <= self.closing and self._came(name, month)
            if told is None or not within or told["tables"][name]["doubts"]:
                continue
            start, end = Period(month, month).bounds(self.timezone)
            reach = told["tables"][name].get("reach")
            known = end if reach is None else min(max(pd.Timestamp(reach).as_unit("us"), start), end)
            rows.append((start, self.reached(name) if month == self.newest else known))
        if rows and self.doubts(name):  # by what its other months had, which its own files cannot tell
            rows = [row for row in rows if row[0] < self.start]
        return pd.DataFrame(rows, columns=["start", "end"]).astype("datetime64[us, UTC]")

    @_of_tables
    def rejected(self, name: str) -> pd.DataFrame:
        """The rejected rows of a table that may be records, as far as they could be read (rule 42).

        Of the period's newest exports; exact duplicates, totals and footers are not among them. Columns file, line,
        reason and whose (word the file is: raw, provider or probe), then the table's own, missing where they could not
        be read; a column called line is `document_line`.
        """
        table = TABLES[name]
        named = ["file", "line", "reason"]
        own = ["document_line" if column == "line" else column for column in table.names]
        path = self.accepted / "rejects" / f"{name}.parquet"
        if self.is_withheld(name) or not path.exists():
            frame = table.empty().set_axis(own, axis=1).assign(file="", line=0, reason="", whose="")
            return frame[[*named, "whose", *own]]
        frame = pd.read_parquet(path)
        types = {known: PANDAS[column.type] for known, column in zip(own, table.columns, strict=True)}
        frame = typed(frame[frame["is_record"]], types).sort_values(["file", "line"], kind="stable")
        files = self.manifest["files"]
        evidence = {entry["file"]: entry["evidence"] for entry in files if entry["table"] == name}
        frame["whose"] = frame["file"].map(evidence).astype("str")
        return frame[[*named, "whose", *own]].reset_index(drop=True)

    @_of_tables
    def rejected_over(self, name: str, months: int = 12) -> pd.DataFrame:
        """The same in the exports of so many months up to the closing one, oldest first."""
        earlier = [month for month in self.months if self.closing.shift(-months) < month < self.newest]
        before = [self.at(month).rejected(name) for month in earlier if self._told(month)]
        return pd.concat([*before, self.rejected(name)], ignore_index=True)

    @cached_property
    def _reused(self) -> pd.DataFrame | None:
        """The tickets of earlier months whose number is another ticket's by now; None where there are none."""
        return self.once("reused", lambda: lookback.reused(self.paths("tickets"), self.timezone))

    @_of_all_tables
    def emptied(self) -> pd.DataFrame:
        """The columns that the months before filled and that came empty for this one: table, column (rule 41)."""
        found = []
        for name in TABLES:
            now = [path for path in self.paths(name, [self.newest]) if path.parent.parent == self.accepted]
            earlier = (month for month in reversed(self.months) if month < self.newest)
            months = [*islice((month for month in earlier if self._came(name, month)), emptied.MONTHS)][::-1]
            folders = [folder for month in months if (folder := self._folder(month))]
            before = [folder / "tables" / f"{name}.parquet" for folder in folders]
            found += [(name, column) for one in now for column in emptied.emptied(name, one, before)]
        return pd.DataFrame(found, columns=["table", "column"])

    @_of_all_tables
    def replaced(self) -> pd.DataFrame:
        """The rows of earlier months that this period's newest exports give other values, or whose number they use
        again: table, month, key, reason (rule 42)."""
        found = [lookback.replaced(name, self.paths(name), self._reused) for name in TABLES]
        return pd.concat(found, ignore_index=True)

    @_of_all_tables
    def rewritten(self) -> pd.DataFrame:
        """The fields of closed months that this period's newest exports give another value: table, month, key, field,
        from, to (rule 38)."""
        # where no row is of another month, none of an earlier one came again
        names = [name for name, told in self.manifest["tables"].items() if told["outside"]]
        found = [
            lookback.rewritten(name, self.paths(name), self.timezone, self._reused) for name in sorted(names)
        ]
        empty = pd.DataFrame(columns=lookback.REWRITTEN)
        return pd.concat(found, ignore_index=True) if found else empty

    @reads.noting(lambda *_: [("people",)])
    def people(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame fit for a published page: pseudonyms for people and no addresses in words, unless the contract shows
        names; of keys the last letters."""
        shown = self.agreed.privacy.people == "shown"
        return privacy.hidden(frame, None if shown else self._pseudonyms, self._roles)

    @cached_property
    def _pseudonyms(self) -> str:
        return self.workspace.secret(self.client)

    @cached_property
    def _roles(self) -> tuple[str, ...]:
        """Whom the client's own params name where a person may stand: departments, offices, the two companies."""
        wants, agreed = self.strategy, self.agreed
        owners = [objective.owner for objective in wants.objectives if objective.owner]
        names = (agreed.provider.name, *agreed.provider.aliases, agreed.client.name)
        return (
            *names,
            *agreed.privacy.roles,
            *wants.approval.approvers,
            *owners,
            *([wants.oversight.name] if wants.oversight else []),
        )

    @_of_tables
    def reading(self, *tables: str) -> pd.DataFrame:
        """What was read for some tables, or for all: one row per file and table, with its counts.

        Columns table, file, read, accepted, rejected, outside (the period), in_fold and second (rows with a local time
        that was twice, and those of them told to be the second), reach, reach_by, evidence. What `where` and `shape`
        leave out is read, and neither accepted nor rejected. A table that was not supplied has a row with no file. Over
        a longer period the months' files of one name are added up.
        """
        counts = ["read", "accepted", "rejected", "outside", "in_fold", "second"]
        columns = ["table", "file", *counts, "reach", "reach_by", "evidence"]
        entries = [_of_records(e) for e in self.manifest["files"] if not tables or e["table"] in tables]
        missing = [{"table": name} for name in tables if name not in {e["table"] for e in entries}]
        frame = pd.DataFrame([*entries, *missing], columns=columns)
        frame["reach"] = pd.to_datetime(frame["reach"], format="ISO8601", utc=True).astype(
            "datetime64[us, UTC]"
        )
        if self.period.first == self.period.last:
            silent = frame["table"].map(self.silent_since).astype(frame["reach"].dtype)
            frame["reach"] = frame["reach"].mask(silent.notna(), silent)
            frame["reach_by"] = frame["reach_by"].mask(silent.notna(), "silence")
            return frame
        by = frame.groupby(["table", "file", "evidence"], sort=False, dropna=False)
        sums = by[counts].sum(min_count=1)
        return sums.join(by[["reach", "reach_by"]].last()).reset_index()[columns]

    @_of_needs
    def unknown(self, *needs: str) -> list[tuple[str, str]]:
        """Of what a table of a page rests on, what nobody knows (rule 47): its name and why, of each need without any.

        A need is a table, or a column of one (`tickets.title`); of several between `|` one suffices. Why is "not
        supplied", "withheld", or "never filled": the column is empty in every row that there is. A table that came
        without rows is known: there was nothing.
        """
        found = []
        for need in needs:
            names = need.split("|")
            whys = [self._why_unknown(*name.partition(".")[::2]) for name in names]
            if all(whys):
                found.append(
                    (
                        ", ".join(dict.fromkeys(name.partition(".")[0] for name in names))
                        if whys[0] != "never filled"
                        else ", ".join(names),
                        whys[0],
                    )
                )
        return found

    def _why_unknown(self, table: str, column: str) -> str | None:
        """Why nobody knows of a table, or of a column of it; None where it is known."""
        if self.is_withheld(table):
            return "withheld"
        if self._last_came(table) is None:
            return "not supplied"
        if not column:
            return None
        filled = [emptied.filled(path) for path in self.paths(table)]
        if filled and filled[-1].get(column):  # the newest file's rows stand
            return None
        values = self._column(table, column)
        return "never filled" if values is not None and len(values) and values.isna().all() else None

    def remarks(self) -> list[str]:
        """What an analyst should look at in what was read, one sentence each: rejects, warnings, absent files."""
        said = []
        for entry in map(_of_records, self.manifest["files"]):
            if entry["rejected"]:
                reasons = "; ".join(f"{count:,} {reason}" for reason, count in entry["by_reason"].items())
                listed = self.accepted / "rejects" / f"{entry['table']}.csv"
                rows = f"{entry['rejected']:,} of {entry['read']:,} rows"
                said.append(f"{entry['file']}: {rows} rejected as {entry['table']} ({reasons}): see {listed}")
        said += self.manifest["warnings"] + self._short()
        said += strangers.sentences(strangers.strangers(self, self.contract, self.strategy.outside))
        lasting = (
            pd.read_parquet(path, columns=["changes_only"]) for path in self.paths("checks", [self.newest])
        )
        stated = {e.get("reach_by") for e in self.manifest["files"] if e["table"] == "checks"}
        if "exported_at" not in stated and any(rows["changes_only"].any() for rows in lasting):
            said.append(
                "checks: a log of changes says by its silence that nothing changed: state exported_at"
            )
        said += [
            f"{name}: in doubt: {text}: verdicts that rest on it alone are not given"
            for name in TABLES
            for text in self._doubts_of(name)
        ]
        said += [self._lacking_table(name, last) for name, last in self.withheld.items()]
        term, desk = self.contract.term, self.contract.tickets
        if term.monthly_fee is not None and desk.hourly_rate is not None and term.billed is None:
            said.append(
                "contract.yaml: a monthly_fee and an hourly_rate, and not which hours are billed beside the fee: they "
                "have no cost until term.billed says entries or over_included"
            )
        states = self.manifest["tables"]
        absent = [name for name in self.sources.tables if states[name]["state"] == "no_file"]
        said += [
            f"{name}: sources.yaml names a file that is not there"
            for name in absent
            if name not in self.withheld
        ]
        return said + [
            f"{name}: {inputs.why_unread(name, self.sources)}, so nothing is read from it"
            for name in self.manifest["unread"]
        ]

    def _short(self) -> list[str]:
        """Which files do not speak of the whole period, and which only their folder says do (rule 41)."""
        said = []
        for entry in self.manifest["files"]:
            if self.sources.due(entry["table"]) == "once" or entry.get("reach") is None:
                continue
            name, reach = f"{entry['file']} ({entry['table']})", pd.Timestamp(entry["reach"])
            silent = self.silent_since(entry["table"])
            until = (reach if silent is None else silent).tz_convert(self.timezone).strftime("%Y-%m-%d %H:%M")
            if silent is not None:
                said.append(
                    f"{name}: its last row is of {until}, and no earlier month was silent for so long: taken as made "
                    "then: state exported_at if it was made later"
                )
            elif entry["reach_by"] == "assumed from the folder":
                said.append(
                    f"{name}: no row is of the month: reach assumed from the folder: state exported_at"
                )
            elif reach < self.end:
                hint = (
                    "" if entry["reach_by"] == "exported_at" else ": state exported_at if it was made later"
                )
                said.append(f"{name}: it speaks up to {until} only ({entry['reach_by']}){hint}")
        return said

    def refuse_withheld(self) -> None:
        """Raises ingest.DataRefused where a table that was due, or a source of one, did not come."""
        lacking = [self._lacking_table(name, last) for name, last in self.withheld.items()]
        lacking += [f"{name}: {text}" for name in TABLES for text in self._lacking_sources(name)]
        if lacking:
            raise ingest.DataRefused(lacking)

    def _lacking_table(self, name: str, last: Month | None) -> str:
        since = f"it last came for {last}" if last else "sources.yaml names a file that is not there"
        return f"{name}: due and not supplied for {self.newest}, {since}: nothing that needs it can be judged"

    @_of_all_tables
    def told_of_files(self, months: int = 13) -> pd.DataFrame:
        """What was read of every file of this month and of those before: month, table, file, evidence, read, accepted,
        rejected, outside, reach, reach_by, exported_at; one row per file and table, the oldest month first."""
        names = ["table", "file", "evidence", "read", "accepted", "rejected", "outside", "reach", "reach_by"]
        rows = [
            {"month": str(month), **{name: entry.get(name) for name in (*names, "exported_at")}}
            for month in self.months
            if self.closing.shift(1 - months) <= month <= self.closing and (told := self._told(month))
            for entry in map(_of_records, sorted(told["files"], key=lambda one: (one["table"], one["file"])))
        ]
        frame = pd.DataFrame(rows, columns=["month", *names, "exported_at"])
        for name in ("reach", "exported_at"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True).astype(
                "datetime64[us, UTC]"
            )
        counts = dict.fromkeys(("read", "accepted", "rejected", "outside"), "int64")
        texts = dict.fromkeys(("month", "table", "file", "evidence", "reach_by"), "str")
        return frame.astype(counts | texts)

    def export(self, month: Month, file: str) -> Path:
        """Where a file of a month's exports lies, by its name in the manifest."""
        return Path(os.path.normpath(exports.folder(self._exports.template, month) / file))

    @_asked("restatements")
    def restatements(self) -> pd.DataFrame:
        """Every figure that restatements of issued packs changed so far, as ledger.restatements."""
        return ledger.restatements(self.workspace, self.client, now())

    @cached_property
    def notes(self) -> str:
        """A human's words on the month, params/<client>/notes/<month>.md; empty where there are none.

        Raises ParamsError where they are not UTF-8.
        """
        path = self.workspace.client_params(self.client) / "notes" / f"{self.period}.md"
        try:
            return path.read_text(encoding="utf-8-sig") if path.is_file() else ""
        except UnicodeDecodeError:
            raise params.ParamsError(f"{path}: not UTF-8 text: save it as UTF-8") from None

    def settle(self, path: Path, begin: Callable[[Month], None]) -> None:
        """Look at the exports of every month once, and write what was found for the kernels of a pack run.

        `begin` hears of each month that has to be read.
        """
        self._exports.settle(path, begin)

    @cached_property
    def texts(self) -> str:
        """How pandas keeps the texts of a pack run, its `mode.string_storage`: the values are the same.

        Arrow's texts cost by the operation, Python's by the text: up to tables of _KEPT rows a month takes a fifth less
        of the processor with these.
        """
        rows: Counter[str] = Counter()
        for month in self._exports.months:
            if self._exports.find(month) and (told := self._told(month)):
                rows.update({name: one["accepted"] for name, one in told["tables"].items()})
        return "auto" if max(rows.values(), default=0) > _KEPT else "python"

    def _folder(self, month: Month) -> Path | None:
        """The folder of a month's accepted tables; None where they were refused."""
        return self.accepted if month == self.newest else self._exports.find(month)


@_of_nothing
def open_case(client: str = "demo", period: str = "", workspace: str | Path | Workspace = "") -> Case:
    """Open one client's period.

    `period` is "2026-10", "2026" or "2025-07..2026-06"; empty: the latest complete month with data. The demo
    company's exports are made where they are absent. Raises UnknownClient, ParamsError, ValueError for a
    period that is none, ingest.DataRefused.
    """
    case = _opened(client, period, workspace)
    if period and case.period.bounds(case.timezone)[0] > now():
        today = now().tz_convert(case.timezone).date()
        raise ingest.DataRefused(
            [
                f"{case.period.first} has not begun: this machine's clock says {today}: set it, or name another month"
            ]
        )
    return case if period else case.at(latest_complete(case))


def open_day(client: str = "demo", period: str = "", workspace: str | Path | Workspace = "") -> Case:
    """Open one client as things stood when the newest exports were made.

    `period` is the month of the exports; empty: the newest month with exports that has begun, over or not. A running
    one ends where its exports do (`Case.bounds`). Raises what `open_case` raises.
    """
    case = replace(_opened(client, period, workspace), of_day=True)
    if period:
        return case
    present = now()
    begun = [month for month in case.exported if Period(month, month).bounds(case.timezone)[0] <= present]
    if not begun:
        where = case.workspace.exports_template(case.client, case.sources)
        raise ingest.DataRefused([f"no month of {client} with exports: put them into {where}"])
    return case.at(begun[-1])


@_of_nothing
def _opened(client: str, period: str, workspace: str | Path | Workspace) -> Case:
    """The case of a period, or of the month that is running where none is named."""
    place = workspace if isinstance(workspace, Workspace) else Workspace.find(workspace)
    folder = place.client_params(client)
    contract = params.load_contract(folder)
    sources = params.load_sources(folder)
    if client == "demo":
        make_demo(place)
    template, home = place.exports_template(client, sources), place.output / client
    if mirror.is_elsewhere(template):
        copy = mirror.Mirror(template, home)
        of_copy = (partial(copy.bring, sources.limits.wait_seconds), copy.told)
        accepted = Accepted(home, copy.template, copy.name, folder, contract, sources, *of_copy)
    else:
        origin = os.path.relpath(template, place.root)
        accepted = Accepted(home, template, origin, folder, contract, sources)
    today = Month.of(now().date())
    chosen = Period.parse(period) if period else Period(today, today)
    return Case(place, client, chosen, contract, params.load_strategy(folder), sources, accepted)


def open_year(client: str = "demo", year: str = "", workspace: str | Path | Workspace = "") -> Case:
    """Open one client's year, "2026" or "2025-07..2026-06"; empty: the one that `latest_year` names.

    Raises what `open_case` raises, ParamsError for findings.yaml too, ValueError for a single month, and
    ingest.DataRefused where no month of the year has exports.
    """
    case = open_case(client, year or f"{now().year:04d}", workspace)
    if not year:
        case = case.at(latest_year(case))
    if case.period.first == case.period.last:
        raise ValueError(f"{year!r} is a month: a year is written 2026, or 2025-07..2026-06")
    if not set(case.period.months) & set(case.exported):
        where = case.workspace.exports_template(client, case.sources)
        raise ingest.DataRefused([f"no month of {case.period} has exports: put them into {where}"])
    params.load_findings(case.workspace.client_params(client))  # refused before an hour's work, not after
    return case


def latest_year(case: Case) -> Period:
    """The year of a client when nobody names one: the latest civil year that is over, if all of its months have
    exports; else the twelve months up to the latest complete one with exports.

    Raises ingest.DataRefused where no complete month has any.
    """
    last, (civil, months) = latest_complete(case), _civil_year(case)
    return civil if months == 12 else Period(last.shift(-11), last)


def stands_for(case: Case) -> tuple[str, int] | None:
    """Where a case is of the twelve months that stand for a civil year which is not whole: that year, and how many of
    its months have exports; None of any other period."""
    civil, months = _civil_year(case)
    return (str(civil), months) if months < 12 and case.period == latest_year(case) else None


def _civil_year(case: Case) -> tuple[Period, int]:
    """The latest civil year that was over and is of an age with the exports, and how many of its months have any."""
    last = latest_complete(case)
    years = [Period.parse(f"{year:04d}") for year in (last.year, last.year - 1)]
    civil = next(year for year in years if _is_over(case, year))
    return civil, len(set(civil.months) & set(case.exported))


def _is_over(case: Case, period: Period) -> bool:
    return period.is_over(case.timezone, now())


def latest_complete(case: Case) -> Month:
    """The latest month with exports that is over. Raises ingest.DataRefused where there is none."""
    over = [month for month in case.exported if _is_over(case, Period(month, month))]
    if not over:
        where = case.workspace.exports_template(case.client, case.sources)
        raise ingest.DataRefused(
            [
                f"no complete month of {case.client} with exports: put them into {where}, or name a running month"
            ]
        )
    return over[-1]


def _with_key(table: str, columns: Sequence[str]) -> list[str] | None:
    """What is read of a table of which only some columns are asked: its key too; None for all of it, as of one of whose
    rows all columns tell which are the same."""
    return [*dict.fromkeys((*TABLES[table].key, *columns))] if columns and TABLES[table].key else None


def _of_records(entry: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of a file, its rejected rows without those that its `where` and `shape` leave out."""
    others = {why: n for why, n in entry["by_reason"].items() if why not in NOT_MEANT}
    return {**entry, "rejected": sum(others.values()), "by_reason": others}


def _rows_of(entry: dict[str, Any]) -> tuple[str, str | None]:
    """What tells a file of a manifest from another: all its rows, and when it was made."""
    return entry.get("content") or entry["sha256"], entry.get("exported_at")


def _is_of(file: str, source: params.Source, month: Month) -> bool:
    """Whether a source asks for a file of a month's exports."""
    pattern = (source.file or "").replace("{month}", str(month)).replace("**/", "*")
    return fnmatch(file, pattern) or fnmatch(file, f"*/{pattern}")


def _inputs(manifest: dict[str, Any], folder: Path, table: str) -> tuple:
    """What a month's table was made from: the same inputs in two months are one table."""
    entries = [entry for entry in manifest["files"] if entry["table"] == table]
    return tuple(sorted((entry["file"], entry["sha256"]) for entry in entries)) or (str(folder),)


def read_table(name: str, path: Path) -> pd.DataFrame:
    """The rows of one Parquet file of a canonical table, typed as Case.table has them.

    A pack that an earlier version published lacks the columns that a table has got since: nothing is known there.
    """
    types = {column.name: PANDAS[column.type] for column in TABLES[name].columns}
    rows = pd.read_parquet(path)
    return typed(rows.assign(**{column: None for column in types if column not in rows}), types)
