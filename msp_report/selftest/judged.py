"""What a changed month says beside the untouched one: what got worse, who gained, and whether page one names it.

A gain is a figure that was missed and is met, without a target or gone, or money that is owed, at stake or held no
more. It is named where page one has a line that it had not before: of that promise or its subject without a verdict, or
of a changed table that did not come or is doubted. Money is named where the range that page one gives beside it still
reaches what it was, and did not before: what is owed up to what is at risk, what is at stake up to what more rejected
rows, or more lines that cannot be compared, may make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf
from typing import Any

import pandas as pd

from msp_report.case import Case
from msp_report.metrics import evidence, procurement, scorecard
from msp_report.metrics.contract.service_credits import CAP, credits
from msp_report.model import promises
from msp_report.model.case import Again
from msp_report.model.columns import total
from msp_report.model.figures import COLUMNS, SEVERITY, Figure
from msp_report.model.period import Month as CivilMonth
from msp_report.model.tables import TABLES
from msp_report.selftest.asked import REPORTS, analysed

#: What a closed verdict may not turn into without a word.
GONE = ("met", "no_target", None)
OWED, AT_STAKE, DUE = "contract.credit_owed", "procurement.at_stake", "procurement.due"


class _OfPageOne:
    """A case for the page of evidence, without what is long to find and stands in its records alone."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getattr__(self, name: str) -> Any:
        return getattr(self._case, name)

    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        return None if name == "claims" else self._case.table(name, columns)

    def rejected(self, name: str) -> pd.DataFrame:
        return TABLES[name].empty().assign(file="", line=0, reason="")

    def replaced(self) -> pd.DataFrame:
        return pd.DataFrame(columns=["table", "month", "key", "reason"])

    def rewritten(self) -> pd.DataFrame:
        return pd.DataFrame(columns=["table", "month", "key", "field", "from", "to"])


@dataclass(frozen=True)
class _Past:
    """What packs said, of a month that no pack is made of: its own figures, and those of one pack before."""

    figures: pd.DataFrame
    before: pd.DataFrame

    months = pd.DataFrame()
    replies = pd.DataFrame(columns=["measure", "subject", "said_on", "by", "text"])
    stale = pd.DataFrame(columns=["month", "why"])
    selftest = pd.DataFrame()

    def year(self, before: int = 0) -> pd.DataFrame:
        return self.before.head(0)

    def unfinished(self, before: int) -> list[str]:
        return []

    def record(self, report: str, name: str) -> pd.DataFrame | None:
        return None

    def monthly_record(self, report: str, name: str) -> pd.DataFrame:
        return pd.DataFrame()

    def restated(self, figures: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame()

    def earlier(self, table: str) -> pd.DataFrame | None:
        return None

    def again(self, month: CivilMonth | None) -> list[Again]:
        return []


@dataclass(frozen=True)
class Gain:
    """One figure that is better for the provider than it was."""

    measure: str
    subject: str
    was: str
    now: str


@dataclass(frozen=True)
class Page:
    """The figures of a month by report, the credits as service_credits.credits, by vendor and invoice whether to pay
    it, how many rows of purchases were rejected, and what page one makes of it all, found when asked for."""

    figures: dict[str, list[Figure]]
    credits: pd.DataFrame
    decisions: dict[tuple[str, str], str]
    rejected: int
    exceptions_of: Callable[[pd.DataFrame], pd.DataFrame]

    @cached_property
    def owed(self) -> float:
        """What is owed under the cap."""
        return float(total(self.credits["owed"]))

    @cached_property
    def at_risk(self) -> float:
        """What would be owed if what is not known were against the provider."""
        return float(total(self.credits["at_risk"]))

    @cached_property
    def clauses_pay(self) -> float:
        """What the clauses come to before a cap."""
        return float(total(self.credits.loc[self.credits["measure"].ne(CAP), "owed"]))

    @cached_property
    def by_key(self) -> dict[tuple[str, str], Figure]:
        return {(f.measure, f.subject): f for found in self.figures.values() for f in found}

    def line(self, measure: str, subject: str) -> Figure | None:
        """The figure of a subject, or the worst of those into which it is parted: "CAD (device)" and "CAD (user)"."""
        parts = [
            f for (name, of), f in self.by_key.items() if name == measure and of.startswith(f"{subject} (")
        ]
        found = self.by_key.get((measure, subject))
        return found or next(iter(sorted(parts, key=lambda f: SEVERITY[f.verdict])), None)

    @cached_property
    def frame(self) -> pd.DataFrame:
        return _frame(self.figures)

    @cached_property
    def exceptions(self) -> pd.DataFrame:
        """The lines of page one."""
        return self.exceptions_of(self.frame)


class Month:
    """The untouched month, and every changed one beside it; only what reads a changed table is computed anew."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.asked: dict[str, set[str]] = {}
        self._told = {credit.measure.split(".")[0] for credit in case.agreed.credits} | {"credits"}
        last_month = case.month_before()
        levels = {name: analysed(last_month, name)[0].figures() for name in REPORTS if name in self._told}
        self._last = _frame(levels)
        figures, decisions = {}, {}
        for name in REPORTS:
            found, self.asked[name] = analysed(case, name)
            figures[name] = found.figures()
            if name == "procurement":
                decisions = _decisions(found)
        self._before = _frame(figures).assign(month=str(case.period.last.shift(-1)))
        owed = self._credits(case, figures)
        self.untouched = Page(figures, owed, decisions, _rejected(case), partial(self._page_one, case))

    def page(self, case: Case, tables: set[str]) -> Page:
        """The page of a case of which some tables are changed."""
        was = self.untouched
        figures, decisions = dict(was.figures), was.decisions
        anew = [name for name in REPORTS if not self.asked[name].isdisjoint(tables)]
        for name in anew:
            found, _ = analysed(case, name)
            figures[name] = found.figures()
            decisions = _decisions(found) if name == "procurement" else decisions
        same = self._told.isdisjoint({*anew, *tables})
        owed = was.credits if same else self._credits(case, figures)
        return Page(figures, owed, decisions, _rejected(case), partial(self._page_one, case))

    def _credits(self, case: Case, figures: Mapping[str, list[Figure]]) -> pd.DataFrame:
        return credits(_frame(figures), self._last, case.table("credits"), case.agreed, case.period.last)

    def _page_one(self, case: Case, every: pd.DataFrame) -> pd.DataFrame:
        told = evidence.analyse(_OfPageOne(case), _Past(figures=every, before=self._before)).on_page_one()
        pack = pd.concat([every, _frame({"": told})], ignore_index=True)
        return scorecard.analyse(case, _Past(figures=pack, before=self._before)).exceptions

    def gains(self, page: Page) -> list[Gain]:
        """What is better for the provider than it was, named or not."""
        was = self.untouched
        found = [
            Gain(*key, "missed", str(now and now.verdict))
            for key, figure in was.by_key.items()
            if figure.verdict == "missed" and ((now := page.line(*key)) is None or now.verdict in GONE)
        ]
        if page.owed < was.owed:
            found.append(Gain(OWED, "", f"{was.owed:.2f}", f"{page.owed:.2f}"))
        stakes = [one.by_key[(AT_STAKE, "")].value or 0 for one in (was, page)]
        if stakes[1] < stakes[0]:
            found.append(Gain(AT_STAKE, "", *(f"{stake:.2f}" for stake in stakes)))
        freed = [
            key for key, decision in was.decisions.items() if decision != page.decisions.get(key) == "release"
        ]
        return found + [Gain(DUE, " ".join(key), was.decisions[key], "release") for key in freed]

    def named(self, gain: Gain, page: Page, tables: set[str]) -> bool:
        """Whether page one names what stands behind a gain."""
        new = self.new_lines(page)
        of_tables = new["report"].eq("evidence") & new["subject"].isin(tables)
        if of_tables.any():
            return True
        if gain.measure == OWED:
            return page.at_risk >= float(gain.was)  # what would be owed if all that is unknown were a miss
        if gain.measure == AT_STAKE:
            now, was = page.by_key[(AT_STAKE, "")], self.untouched
            unsure = [one.by_key[("procurement.unsure", "")].value or 0 for one in (was, page)]
            opened = unsure[1] > unsure[0] or page.rejected > was.rejected
            most = inf if now.low is not None and now.high is None and opened else now.high or now.value or 0
            return now.verdict in promises.OPEN or most >= float(gain.was)
        mine = new["verdict"].isin(promises.OPEN) & new["report"].eq(gain.measure.split(".")[0])
        same = new["measure"].eq(gain.measure) | new["subject"].eq(gain.subject)
        of_all = new["subject"].eq("") & (gain.now == "None")  # what is gone has no line of its own
        return bool((mine & (same | of_all)).any())

    def new_lines(self, page: Page) -> pd.DataFrame:
        """The lines of page one that the untouched month has not: measure, subject, verdict, why_missing, report."""
        columns = ["measure", "subject", "verdict", "why_missing"]
        mine, was = (
            one[columns].astype(object).fillna("") for one in (page.exceptions, self.untouched.exceptions)
        )
        known = pd.MultiIndex.from_frame(was)
        new = mine[~pd.MultiIndex.from_frame(mine).isin(known)]
        return new.assign(report=new["measure"].str.split(".").str[0])


def _rejected(case: Case) -> int:
    """How many rows of what purchases are judged by were rejected."""
    return sum(case.manifest["tables"][name]["rejected"] for name in ("purchases", "prices", "rates"))


def _decisions(found: procurement.Analysis) -> dict[tuple[str, str], str]:
    due = found.due
    return dict(zip(zip(due["vendor"], due["document_id"], strict=True), due["decision"], strict=True))


def _frame(figures: Mapping[str, list[Figure]]) -> pd.DataFrame:
    rows = [
        figure.row() | {"report": figure.measure.split(".")[0]}
        for found in figures.values()
        for figure in found
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(object)
