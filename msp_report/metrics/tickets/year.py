"""How tickets were kept over a year: whom edits favour (rule 33), solves bunched before their deadline (34), and what
was rewritten or has no number (38), where a month alone has too few to tell.

Decided here: what the months' packs recorded is put together, so that the year counts what each month's page lists. A
ticket solved twice counts in each month in which it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.metrics.tickets.edits import FEW_EDITS, FEW_SOLVES, Bunched, bunched, favouring
from msp_report.model.case import Case, Past
from msp_report.model.figures import Figure
from msp_report.model.statistics import Interval
from msp_report.params import as_contract

KEPT = ["month", "edits", "for_provider", "close", "rewritten_fields", "numbers_missing"]
_NO_MONTHS = "no month has a pack"


@dataclass(frozen=True)
class Analysis:
    """`kept`, one row per month with a pack with KEPT; `share`, whom the year's edits favour, as edits.favouring;
    `before_deadline`, as edits.bunched over the year."""

    kept: pd.DataFrame
    share: Interval | None
    before_deadline: Bunched

    def figures(self) -> list[Figure]:
        """year.edits_favouring [ratio with its ends, n = edits that move a figure], .bunched [tickets beyond what is to
        be expected just before the deadline, with its ends, n = those there], .rewritten_fields [count of fields of
        closed months, n = months] and .numbers_missing [count, n = months]. Missing says why."""
        n, months = int(self.kept["edits"].sum()), len(self.kept)
        none = None if months else _NO_MONTHS
        share, excess = self.share, self.before_deadline.excess
        solves = None if excess is None else excess.n
        return [
            Figure.within("year.edits_favouring", share, none or FEW_EDITS, n=n),
            Figure.within("year.bunched", excess, none or FEW_SOLVES, n=solves),
            *(
                Figure.of(f"year.{name}", self.kept[name].sum() if months else None, _NO_MONTHS, n=months)
                for name in ("rewritten_fields", "numbers_missing")
            ),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"kept": self.kept}


def analyse(case: Case, past: Past) -> Analysis:
    """How tickets were kept over a period; reads what the months' packs said, and of them the records tickets/edits,
    tickets/close and tickets/clocks. Source: rules 33, 34 and 38."""
    figures = past.year()
    months = past.months.loc[past.months["published"].astype(bool), "month"].astype("str")
    edits, close, clocks = (past.monthly_record("tickets", name) for name in ("edits", "close", "clocks"))
    kept = pd.DataFrame({"month": list(months)}).set_index("month")
    kept["edits"] = edits.groupby("month").size()
    kept["for_provider"] = edits[edits["favours"].eq("provider")].groupby("month").size()
    kept["close"] = close.groupby("month").size()
    for name, measure in (
        ("rewritten_fields", "evidence.rewritten_fields"),
        ("numbers_missing", "tickets.numbers_missing"),
    ):
        mine = figures[figures["measure"].eq(measure) & figures["subject"].eq("")]
        kept[name] = mine.groupby("month")["value"].sum()
    timed = clocks.assign(solved_at=pd.to_datetime(clocks["solved_at"], utc=True, format="ISO8601"))
    local = timed["solved_at"].dt.tz_convert(as_contract(case.agreed).client.timezone)
    solved = timed[local.dt.strftime("%Y-%m").eq(timed["month"])]
    return Analysis(
        kept=kept.fillna(0).astype("int64").reset_index()[KEPT],
        share=favouring(edits),
        before_deadline=bunched(solved, case.start, case.end),
    )
