"""A month as metrics see it, made of nothing but its tables: the stand-in for a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from msp_report.ledger import RESTATED
from msp_report.model.case import Again
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month, Period
from msp_report.model.records import RECORDS
from msp_report.model.restated import restated
from msp_report.model.tables import TABLES
from msp_report.params import as_contract
from msp_report.selftest.kept import SUMMED, typed

#: The columns of replies.
REPLY = ["measure", "subject", "said_on", "by", "text"]


@dataclass
class MonthOf:
    """`MonthOf(start, end, agreed, tables={"tickets": frame})`; a table that is not given was not supplied."""

    start: pd.Timestamp
    end: pd.Timestamp
    agreed: Any
    strategy: Any = None
    tables: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    later: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    reaches: dict[str, pd.Timestamp] = field(default_factory=dict)
    invited: int | None = None
    other_question: str | None = None
    client: str = "acme"
    withheld: dict[str, Month | None] = field(default_factory=dict)
    begins: bool = False
    newest: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    speaks_to: dict[str, pd.Timestamp] = field(default_factory=dict)
    dropped: dict[str, pd.DataFrame] = field(default_factory=dict)
    doubted: dict[str, str] = field(default_factory=dict)
    independent: frozenset[str] = frozenset()
    exported: dict[str, pd.Timestamp] = field(default_factory=dict)
    last: dict[str, pd.DataFrame] = field(default_factory=dict)
    before: MonthOf | None = None
    files: pd.DataFrame = field(default_factory=pd.DataFrame)
    to_date: bool = False
    stretches: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        """The civil months from `start` to `end`, in the client's zone."""
        zone = as_contract(self.agreed or {}).client.timezone
        first, last = self.start.tz_convert(zone), (self.end - pd.Timedelta(1, "us")).tz_convert(zone)
        return Period(Month.of(first), Month.of(last))

    @property
    def closing(self) -> Month:
        return self.period.last

    def month_before(self) -> MonthOf | None:
        return self.before

    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        return self.tables.get(name)

    def follow_up(self, name: str) -> pd.DataFrame | None:
        return self.later.get(name, self.tables.get(name))

    def reach(self, name: str) -> pd.Timestamp:
        return self.reaches.get(name, self.end)

    def reached(self, name: str) -> pd.Timestamp:
        return self.speaks_to.get(name, self.end)

    def reached_before(self, name: str) -> pd.Timestamp | None:
        return None if self.begins else self.start

    def known_before(self, name: str) -> pd.DataFrame | None:
        return None if self.begins else self.last.get(name, self.tables.get(name))

    def own_word(self, *tables: str) -> bool:
        return self.independent.isdisjoint(tables)

    def exported_at(self, name: str) -> pd.Timestamp | None:
        return self.exported.get(name)

    def spoken(self, name: str, months: int = 12) -> pd.DataFrame:
        if self.tables.get(name) is None:
            return pd.DataFrame(columns=["start", "end"]).astype("datetime64[us, UTC]")
        if name in self.stretches:
            return pd.DataFrame(self.stretches[name], columns=["start", "end"])
        first = Period(self.closing.shift(1 - months), self.closing)
        start = first.bounds(as_contract(self.agreed or {}).client.timezone)[0]
        return pd.DataFrame({"start": [start], "end": [self.reached(name)]})

    def rejected_over(self, name: str, months: int = 12) -> pd.DataFrame:
        return self.rejected(name)

    def rejected(self, name: str) -> pd.DataFrame:
        return self.dropped.get(name, TABLES[name].empty().assign(file="", line=0, reason=""))

    def doubts(self, *names: str) -> str | None:
        return next((self.doubted[name] for name in names if name in self.doubted), None)

    def emptied(self) -> pd.DataFrame:
        return pd.DataFrame(columns=["table", "column"])

    def replaced(self) -> pd.DataFrame:
        return pd.DataFrame(columns=["table", "month", "key", "reason"])

    def told_of_files(self, months: int = 13) -> pd.DataFrame:
        return self.files

    def rewritten(self) -> pd.DataFrame:
        return pd.DataFrame(columns=["table", "month", "key", "field", "from", "to"])

    def restatements(self) -> pd.DataFrame:
        return pd.DataFrame(columns=RESTATED)

    def own(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        return self.newest.get(name, self.tables.get(name))

    def has_before(self, name: str) -> bool:
        return not self.begins

    def paths(self, name: str) -> list:
        return []

    def arrivals(self) -> pd.DataFrame:
        came = [(name, "came", "monthly", str(self.period.last), 1) for name in self.tables]
        missing = [
            (name, "withheld", "monthly", str(last) if last else None, 0)
            for name, last in self.withheld.items()
        ]
        frame = pd.DataFrame([*came, *missing], columns=["table", "state", "due", "last_month", "files"])
        return frame.assign(read=0, accepted=0, rejected=0, outside=0)


def dated(rows: list[tuple], columns: list[str]) -> pd.DataFrame:
    """Rows of a table; columns whose name ends in _on are civil dates."""
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(**{name: pd.to_datetime(table[name]) for name in columns if name.endswith("_on")})


def figures_of(*figures: Figure) -> pd.DataFrame:
    """Figures as a pack has them, one row each."""
    return pd.DataFrame([figure.row() for figure in figures], columns=COLUMNS).astype(object)


def _no_figures() -> pd.DataFrame:
    return pd.DataFrame(columns=["month", *COLUMNS])


@dataclass
class PastOf:
    """What packs said, made of frames: the stand-in for packs.history. What is not given nobody has said."""

    figures: pd.DataFrame = field(default_factory=figures_of)
    before: pd.DataFrame = field(default_factory=_no_figures)
    months: pd.DataFrame = field(default_factory=pd.DataFrame)
    replies: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REPLY))
    of_year: pd.DataFrame = field(default_factory=_no_figures)
    records: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    monthly: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    came_before: dict[str, pd.DataFrame] = field(default_factory=dict)
    read_again: list[Again] = field(default_factory=list)
    stale: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["month", "why"]))
    published: pd.DataFrame = field(default_factory=figures_of)
    selftest: pd.DataFrame = field(default_factory=lambda: typed(pd.DataFrame(columns=["month", *SUMMED])))
    running: list[str] = field(default_factory=list)

    def year(self, before: int = 0) -> pd.DataFrame:
        return self.of_year

    def unfinished(self, before: int) -> list[str]:
        return self.running

    def record(self, report: str, name: str) -> pd.DataFrame | None:
        return self.records.get((report, name))

    def monthly_record(self, report: str, name: str) -> pd.DataFrame:
        columns = ["month", *RECORDS[f"{report}/{name}"].names]
        return self.monthly.get((report, name), pd.DataFrame(columns=columns))

    def restated(self, figures: pd.DataFrame) -> pd.DataFrame:
        return restated(self.published, figures)

    def earlier(self, table: str) -> pd.DataFrame | None:
        return self.came_before.get(table)

    def again(self, month: Month | None) -> list[Again]:
        return self.read_again
