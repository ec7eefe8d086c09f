"""What a manipulated month says beside the untouched one: who gained, and whether page one names it.

A harm is a figure that was missed and is met, without a target or gone, or money that is owed, at stake or held no
more. It is named where page one has a line that it had not before: of that promise or its subject without a verdict, of
a table that did not come or is doubted, of strange names, or of rejected rows beside the money at stake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import pandas as pd
from months import PastOf

from msp_report.case import Case
from msp_report.metrics import evidence, procurement, scorecard
from msp_report.metrics.contract.service_credits import credits, levels
from msp_report.model.columns import total
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Period
from msp_report.model.tables import TABLES

REPORTS = (
    "availability", "backups", "capacity", "duties", "licences", "procurement", "projects", "requests",
    "satisfaction", "strategy", "tickets", "vendors",
)  # fmt: skip
_KEY = ["measure", "subject"]
#: What a closed verdict may not turn into without a word.
GONE = ("met", "no_target", None)


class Watched:
    """A case that notes which tables are asked for."""

    def __init__(self, case: Case) -> None:
        self._case, self.asked = case, set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._case, name)
        if name not in (
            "table",
            "follow_up",
            "own",
            "paths",
            "rejected",
            "reached",
            "known_before",
            "doubts",
        ):
            return found

        def asking(*tables: str) -> Any:
            self.asked |= set(tables)
            return found(*tables)

        return asking


class _OfPageOne:
    """A case for the page of evidence, without what is long to find and stands in its records alone."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getattr__(self, name: str) -> Any:
        return getattr(self._case, name)

    def table(self, name: str) -> pd.DataFrame | None:
        return None if name == "claims" else self._case.table(name)

    def rejected(self, name: str) -> pd.DataFrame:
        return TABLES[name].empty().assign(file="", line=0, reason="")

    def replaced(self) -> pd.DataFrame:
        return pd.DataFrame(columns=["table", "month", "key", "reason"])


@dataclass(frozen=True)
class Harm:
    """One figure that is better for the provider than it was."""

    measure: str
    subject: str
    was: str
    now: str


@dataclass(frozen=True)
class Bought:
    """What the payment gate says: by vendor and invoice the decision, by invoice line the money at stake."""

    decisions: dict[tuple, str]
    at_stake: dict[tuple, float]

    @classmethod
    def of(cls, found: procurement.Analysis) -> Bought:
        due, lines = found.due, found.lines
        keys = zip(due["vendor"], due["document_id"], strict=True)
        each = zip(lines["vendor"], lines["document_id"], lines["line"], strict=True)
        stakes = pd.to_numeric(lines["at_stake"]).fillna(0)
        return cls(dict(zip(keys, due["decision"], strict=True)), dict(zip(each, stakes, strict=True)))


@dataclass(frozen=True)
class Page:
    """The figures of a month with what page one makes of them, and the money: credits owed, and what is bought."""

    figures: dict[str, list[Figure]]
    exceptions: pd.DataFrame
    owed: float
    bought: Bought

    @cached_property
    def verdicts(self) -> dict[tuple[str, str], str | None]:
        return {(f.measure, f.subject): f.verdict for found in self.figures.values() for f in found}


class Month:
    """The untouched month, and every changed one beside it; only what reads a changed table is computed anew."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.asked: dict[str, set[str]] = {}
        self._figures: dict[str, list[Figure]] = {}
        self._bought = Bought({}, {})
        for name in REPORTS:
            seen = Watched(case)
            found = import_module(f"msp_report.metrics.{name}").analyse(seen)
            self._figures[name], self.asked[name] = found.figures(), seen.asked
            if name == "procurement":
                self._bought = Bought.of(found)
        supplied = [case.table(name) for name in ("outages", "checks", "tickets", "ticket_events")]
        month = case.period.last.shift(-1)
        self._last = levels(*supplied, case.agreed, *Period(month, month).bounds(case.timezone))
        self._before = _frame(self._figures).assign(month=str(month))
        self.untouched = self._page(case, self._figures, self._bought)

    def page(self, case: Case, tables: set[str]) -> Page:
        """The page of a case of which some tables are changed."""
        figures, bought = dict(self._figures), self._bought
        for name in REPORTS:
            if not self.asked[name].isdisjoint(tables):
                found = import_module(f"msp_report.metrics.{name}").analyse(case)
                figures[name] = found.figures()
                bought = Bought.of(found) if name == "procurement" else bought
        return self._page(case, figures, bought)

    def _page(self, case: Case, figures: Mapping[str, list[Figure]], bought: Bought) -> Page:
        every = _frame(figures)
        owed = credits(every, self._last, case.table("credits"), case.agreed, case.period.last)
        told = evidence.analyse(_OfPageOne(case), PastOf(figures=every, before=self._before)).figures()
        pack = pd.concat([every, _frame({"": told})], ignore_index=True)
        page = scorecard.analyse(case, PastOf(figures=pack, before=self._before))
        return Page(dict(figures), page.exceptions, float(total(owed["owed"])), bought)

    def harms(self, page: Page) -> list[Harm]:
        """What is better for the provider than it was, named or not."""
        was = self.untouched
        found = [
            Harm(*key, "missed", str(page.verdicts.get(key)))
            for key, verdict in was.verdicts.items()
            if verdict == "missed" and page.verdicts.get(key) in GONE
        ]
        if page.owed < was.owed:
            found.append(Harm("contract.credit_owed", "", f"{was.owed:.2f}", f"{page.owed:.2f}"))
        return [*found, *self._freed(page.bought)]

    def _freed(self, bought: Bought) -> list[Harm]:
        """Money that was held or at stake and is not any more; of an invoice that is not there any more `gone`."""
        was, found = self._bought, []
        for key, decision in was.decisions.items():
            if decision != "release" and bought.decisions.get(key) == "release":
                found.append(Harm("procurement.due", " ".join(key), decision, "release"))
        if sum(bought.at_stake.values()) >= sum(was.at_stake.values()):
            return found
        for key, stake in was.at_stake.items():
            now = bought.at_stake.get(key)
            if stake > (now or 0) + 0.01:
                found.append(
                    Harm(
                        "procurement.at_stake",
                        " ".join(key),
                        f"{stake:.2f}",
                        "gone" if now is None else f"{now:.2f}",
                    )
                )
        return found

    def named(self, harm: Harm, page: Page, tables: set[str]) -> bool:
        """Whether page one names what stands behind a harm."""
        new = self._new(page)
        report = harm.measure.split(".")[0]
        if harm.measure == "contract.credit_owed":
            open_ones = new["verdict"].isin(["no_verdict", "no_data"])
            if (
                open_ones & new["measure"].isin([credit.measure for credit in self.case.agreed.credits])
            ).any():
                return True
        of_tables = new["report"].eq("evidence") & new["subject"].isin(tables)
        open_ones = new["verdict"].isin(["no_verdict", "no_data"]) & new["report"].eq(report)
        mine = open_ones & (new["measure"].eq(harm.measure) | new["subject"].eq(harm.subject))
        if report == "procurement":  # its sentence says that rejected rows may make it more
            was = self.untouched.exceptions
            bounded = [
                one.loc[one["measure"].eq("procurement.at_stake"), "low"].notna().any()
                for one in (was, page.exceptions)
            ]
            if bounded == [False, True]:
                return True
        if harm.now == "None" or report == "procurement":
            mine |= open_ones  # what is gone, and money in all, has no line of its own
        return bool((of_tables | mine).any())

    def _new(self, page: Page) -> pd.DataFrame:
        """The lines of page one that the untouched month has not."""
        columns = ["measure", "subject", "verdict", "why_missing"]
        mine, was = (
            one[columns].astype(object).fillna("") for one in (page.exceptions, self.untouched.exceptions)
        )
        known = pd.MultiIndex.from_frame(was)
        new = mine[~pd.MultiIndex.from_frame(mine).isin(known)]
        return new.assign(report=new["measure"].str.split(".").str[0])


def _frame(figures: Mapping[str, list[Figure]]) -> pd.DataFrame:
    rows = [
        figure.row() | {"report": figure.measure.split(".")[0]}
        for found in figures.values()
        for figure in found
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(object)
