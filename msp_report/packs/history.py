"""What packs said: their figures, records and tables, read from what was published.

`past = history.open(case, pack)` is what metrics that look back or sum up are given (model.case.Past).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.case import Case, read_table
from msp_report.model import reads
from msp_report.model.case import Again
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month, Period, midnight
from msp_report.model.records import RECORDS
from msp_report.model.restated import restated
from msp_report.model.tables import TABLES
from msp_report.packs import stale
from msp_report.packs.scraps import read_pack, read_record, replies_given
from msp_report.selftest import kept

#: What reading packs means: those before the period, that of the period as far as it is made, and the one it replaces.
_of_earlier_packs = reads.noting(lambda *_, **__: [("earlier packs",)])
_of_this_pack = reads.noting(lambda *_, **__: [("this pack",)])
_of_published = reads.noting(lambda *_, **__: [("published",)])
_of_everything = reads.noting(lambda *_, **__: [reads.EVERYTHING])
#: Page one of a pack.
_FIRST = "html/index.html"


@dataclass(frozen=True)
class Published:
    """What the packs of a client said, as model.case.Past asks for it; each thing is read when first asked for."""

    case: Case
    pack: Path
    """The folder of the pack that the period is summed up from: the one being made, or the published one."""

    @cached_property
    @_of_this_pack
    def figures(self) -> pd.DataFrame:
        """The figures of the period's own pack, from its executed notebooks."""
        return read_pack(self.pack)

    @cached_property
    def before(self) -> pd.DataFrame:
        """See `before`."""
        return before(self.case)

    @cached_property
    def beside(self) -> pd.DataFrame:
        """See `beside`."""
        return beside(self.case, self.pack)

    @cached_property
    def months(self) -> pd.DataFrame:
        """See `months`."""
        return months(self.case)

    @cached_property
    def replies(self) -> pd.DataFrame:
        """The provider's replies to the draft of this month, as scraps.replies_given."""
        return replies_given(self.case)

    @cached_property
    @_of_everything
    def selftest(self) -> pd.DataFrame:
        """The newest test of a month of the period with harms, as kept.newest."""
        return kept.newest(self.case.workspace, self.case.client, self.case.period)

    @cached_property
    @_of_everything
    def stale(self) -> pd.DataFrame:
        """The packs that this one sums up or is compared with and that are stale, as stale.stale."""
        period = self.case.period
        several = period.first != period.last
        return stale.stale(self.case, period.months if several else _before(self.case, 13))

    def own_figures(self, report: str) -> list[Figure]:
        """The figures of one report of the period's own pack."""
        rows = self.figures[self.figures["report"].eq(report)].astype(object)
        return [Figure.from_row(row) for row in rows.where(rows.notna(), None).to_dict("records")]

    @_of_published
    def restated(self, figures: pd.DataFrame) -> pd.DataFrame:
        """What figures say otherwise than the published pack of this period, as model.restated."""
        folder = self.case.workspace.pack(self.case.client, self.case.period)
        was = None if self.pack == folder else stale.published(self.case, folder)
        return restated(pd.DataFrame(columns=COLUMNS) if was is None else was, figures)

    def year(self, before: int = 0) -> pd.DataFrame:
        """See `year`."""
        return year(self.case, before)

    def unfinished(self, before: int) -> list[str]:
        """See `unfinished`."""
        return unfinished(self.case, before)

    @_of_this_pack
    def record(self, report: str, name: str) -> pd.DataFrame | None:
        """One record of the period's own pack; None where it does not have it."""
        return read_record(self.pack, report, name)

    def monthly_record(self, report: str, name: str) -> pd.DataFrame:
        """See `monthly_record`."""
        return monthly_record(self.case, report, name)

    def earlier(self, table: str) -> pd.DataFrame | None:
        """See `earlier`."""
        return earlier(self.case, table)

    def again(self, month: Month | None) -> list[Again]:
        """See `again`."""
        return again(self.case, self.pack, month)


def open(case: Case, pack: str | Path = "") -> Published:
    """What packs said up to a case's period. `pack` is the folder of the one being made; empty: the published one."""
    return Published(case, Path(pack or case.workspace.pack(case.client, case.period)))


@_of_earlier_packs
def before(case: Case, months: int = 13) -> pd.DataFrame:
    """The figures of the packs published before this period, oldest first, with their `month`.

    At most `months` - 1 of them, so that with the period itself there are `months`. A month without a pack
    has no rows.
    """
    return _published(case, _before(case, months))


def course(case: Case, own: Iterable[Figure], *measures: str, months: int = 13) -> pd.DataFrame:
    """Some measures month by month: those of the packs before this period, and `own`, the period's.

    Returns: one row per subject of a measure that is among `own`, in their order, and month, from the first with a pack
    on, at most `months` of them: the columns of figures.json, and month. A month without the figure has no value.
    """
    mine = pd.DataFrame([one.row() for one in own if one.measure in measures], columns=COLUMNS)
    if mine.empty:
        return pd.DataFrame(columns=["month", *COLUMNS])
    earlier = before(case, months)
    rows = pd.concat([earlier[earlier["measure"].isin(measures)], mine.assign(month=str(case.period.last))])
    first, last = Month.parse(rows["month"].min()), case.period.last
    every = pd.DataFrame({"month": [str(month) for month in Period(first, last).months]})
    key = ["measure", "subject"]
    found = mine[[*key, "report", "unit"]].merge(every, how="cross")
    given = rows.drop(columns=["report", "unit"])
    return found.merge(given, on=[*key, "month"], how="left")[["month", *COLUMNS]]


@_of_earlier_packs
def year(case: Case, before: int = 0) -> pd.DataFrame:
    """The figures of the packs published for the months of a period, oldest first, with their `month`.

    With `before` those of so many months before it too. A month without a pack has no rows: `months` says why.
    """
    return _published(case, [*_months_before(case, before), *case.period.months])


@_of_earlier_packs
def unfinished(case: Case, before: int) -> list[str]:
    """Of so many months before a period those whose pack was published before they were over, oldest first."""
    found = [_month(case, month) for month, _ in _packs(case, _months_before(case, before))]
    return [month for month, _, to_date, _ in found if to_date]


@_of_everything
def beside(case: Case, pack: Path) -> pd.DataFrame:
    """The packs of a client that lead on from one of a period: of a year its months; of a month the one before and the
    year that ends with it, else the civil year that holds it; and of both today's.

    `pack` is the folder of the one that leads to them, being made or published. One row each that is published: name (a
    period, or daily) and href, relative to a page of that pack where it will lie.
    """
    home, last = case.workspace.output / case.client, case.period.last
    place = pack.parent.parent / pack.name if pack.parent.name == ".staging" else pack
    names = [*map(str, case.period.months)]
    if len(names) == 1:
        years = (str(Period(last.shift(-11), last)), str(last.year))
        known = (name for name in years if (home / name / _FIRST).is_file())
        names = [str(last.shift(-1)), next(known, years[0])]
    files = {name: home / name / _FIRST for name in [*names, "daily"]}
    there = {name: file for name, file in files.items() if file.is_file()}
    hrefs = [Path(os.path.relpath(file, place / "html")).as_posix() for file in there.values()]
    return pd.DataFrame({"name": list(there), "href": hrefs}, dtype="str")


def leads_to_today(pack: Path) -> bool:
    """Whether page one of a pack leads to the pages of today: there were some when it was made."""
    page = pack / _FIRST
    return page.is_file() and f"/daily/{_FIRST}" in page.read_text(encoding="utf-8")


def _months_before(case: Case, count: int) -> list[Month]:
    """So many months before the first one of a period, oldest first."""
    return [case.period.first.shift(-step) for step in range(count, 0, -1)]


@_of_everything
def months(case: Case) -> pd.DataFrame:
    """Every month of a period, one row each, whether there is a pack of it or not.

    Columns month; published; to_date, whether it was published before the month was over; why_missing, where there is
    no pack.
    """
    rows = [_month(case, month) for month in case.period.months]
    return pd.DataFrame(rows, columns=["month", "published", "to_date", "why_missing"])


def _month(case: Case, month: Month) -> tuple[str, bool, bool, str | None]:
    folder = case.workspace.pack(case.client, month) / "notebooks"
    if not folder.is_dir():
        return str(month), False, False, case.lacking(month) or "its pack was not published"
    _, end = Period(month, month).bounds(case.timezone)
    return str(month), True, folder.stat().st_mtime < end.timestamp(), None


def _published(case: Case, months: Iterable[Month]) -> pd.DataFrame:
    """The figures of those months that have a pack, in the order given.

    A whole pack is read from its figures.json, which says what its notebooks recorded.
    """
    frames = [_figures(folder).assign(month=str(month)) for month, folder in _packs(case, months)]
    columns = ["month", *COLUMNS]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


@_of_everything
def monthly_record(case: Case, report: str, name: str) -> pd.DataFrame:
    """A record of the packs published for the months of a period, oldest first, with their `month`."""
    columns = ["month", *RECORDS[f"{report}/{name}"].names]
    found = ((month, read_record(folder, report, name)) for month, folder in _packs(case, case.period.months))
    frames = [frame.assign(month=str(month)) for month, frame in found if frame is not None and len(frame)]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


@_of_earlier_packs
def earlier(case: Case, table: str, months: int = 13) -> pd.DataFrame | None:
    """A canonical table as it came with each of the packs before this period, oldest first; None where none did."""
    paths = [folder / "tables" / f"{table}.parquet" for _, folder in _packs(case, _before(case, months))]
    frames = [read_table(table, path) for path in paths if path.exists()]
    return pd.concat(frames, ignore_index=True) if frames else None


@_of_everything
def again(case: Case, pack: str | Path, month: Month | None) -> list[Again]:
    """The tables of a pack's exports that hold rows of earlier months, beside those of the pack of an earlier `month`.

    Without an earlier pack there are none. Only tables are read of which the manifest counts rows outside the month.
    """
    manifest = Path(pack) / "manifest.json"
    if month is None or not manifest.exists():
        return []
    counted = json.loads(manifest.read_text(encoding="utf-8"))["tables"]
    names = [name for name, counts in counted.items() if counts["outside"]]
    before = case.workspace.pack(case.client, month)
    return [
        Again(name, now, _accepted(before, name), *_firsts(case, name, month))
        for name in names
        if (now := _accepted(Path(pack), name)) is not None
    ]


def _accepted(pack: Path, table: str) -> pd.DataFrame | None:
    path = pack / "tables" / f"{table}.parquet"
    return read_table(table, path) if path.exists() else None


def _firsts(case: Case, table: str, month: Month) -> list[Any]:
    """The beginnings of this month and of an earlier one, of the type of a table's period column."""
    declared = TABLES[table]
    months = (case.period.first, month)
    kind = declared.column(declared.period).type
    if kind == "instant":
        return [midnight(one.first_on, case.timezone) for one in months]
    return [pd.Timestamp(one.first_on) if kind == "date" else str(one) for one in months]


def _before(case: Case, months: int) -> list[Month]:
    """The `months` - 1 months before this period, oldest first."""
    return [case.period.last.shift(-step) for step in range(months - 1, 0, -1)]


def _packs(case: Case, months: Iterable[Month]) -> list[tuple[Month, Path]]:
    """Those months that have a published pack, with its folder."""
    found = [(month, case.workspace.pack(case.client, month)) for month in months]
    return [(month, folder) for month, folder in found if (folder / "notebooks").is_dir()]


def _figures(pack: Path) -> pd.DataFrame:
    """The figures of a published pack."""
    path = pack / "figures.json"
    if not path.exists():
        return read_pack(pack)
    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")), columns=COLUMNS)
