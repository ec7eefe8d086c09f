"""Can the month be judged at all: did what was due come, is it whole, and does the provider say the same (rules 32, 41,
46, 48)?

Decided here: a table counts as due from the first month that had it, or as soon as sources.yaml names it; one that
stands until it is replaced (`due: once`) is never withheld. What a report of the second wave says is compared with no
claim: it may not be said yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd

from msp_report.metrics.contract.service_credits import credits
from msp_report.metrics.evidence import claims as said
from msp_report.model.case import Case, Past
from msp_report.model.figures import Figure
from msp_report.model.tables import TABLES
from msp_report.params import as_contract

#: Reports that sum up others, and this one.
SUMMED_UP = frozenset({"contract", "scorecard", "evidence"})


@dataclass(frozen=True)
class Analysis:
    """What came of the month's exports: `tables` as Case.arrivals, the withheld ones first; `doubts`, one row per table
    that is doubted as a whole: table, why; `stale`, as Past.stale; `claims` as claims.compare."""

    tables: pd.DataFrame
    doubts: pd.DataFrame
    stale: pd.DataFrame
    claims: pd.DataFrame
    claimed: bool
    """Whether the provider's own figures were supplied."""

    @property
    def withheld(self) -> pd.DataFrame:
        """The tables that were due and did not come."""
        return self.tables[self.tables["state"].eq("withheld")].reset_index(drop=True)

    @property
    def gaps(self) -> pd.DataFrame:
        """The claims that differ from what was computed."""
        return self.claims[self.claims["cause"].notna()].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """evidence.withheld_tables over all [count, n = tables that were due], and of each withheld table without a
        value, saying since when: an exception on page one, and no promise. So are evidence.doubted_tables [count, n =
        tables that came] and .stale_packs [count]. evidence.claims_gap [count, n = claims that can be compared] and
        .claims_money [the credits that hang on them]."""
        due, came = self.tables["state"].isin(["came", "withheld"]), self.tables["state"].eq("came")
        compared, why = self.claims["gap"].notna(), None if self.claimed else _NO_CLAIMS
        since = ("it last came for " + self.withheld["last_month"]).where(
            self.withheld["last_month"].notna(), "sources.yaml names a file that is not there"
        )
        return [
            Figure(measure="evidence.withheld_tables", value=len(self.withheld), n=int(due.sum())),
            *_each("withheld_tables", self.withheld["table"], since),
            Figure(measure="evidence.doubted_tables", value=len(self.doubts), n=int(came.sum())),
            *_each("doubted_tables", self.doubts["table"], self.doubts["why"]),
            Figure(measure="evidence.stale_packs", value=len(self.stale)),
            *_each("stale_packs", self.stale["month"], self.stale["why"]),
            Figure.of(
                "evidence.claims_gap", len(self.gaps) if self.claimed else None, why, n=int(compared.sum())
            ),
            Figure.of(
                "evidence.claims_money",
                sum(self.gaps["money"]) if self.claimed else None,
                why,
                n=len(self.gaps),
            ),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {name: getattr(self, name) for name in ("tables", "doubts", "stale", "claims")}


def analyse(case: Case, past: Past) -> Analysis:
    """What came of a month's exports, what did not, and what the provider says of the month; reads claims, and of the
    pack the records availability/rules and tickets/rules. Source: rules 32, 41, 46 and 48."""
    tables = case.arrivals()
    order = tables["state"].map({"withheld": 0, "came": 1, "stands": 2, "ended": 3})
    doubts = [(name, why) for name in TABLES if (why := case.doubts(name))]
    supplied, month = case.table("claims"), case.closing
    before = past.before[past.before["month"].eq(str(month.shift(-1)))]
    readings = said.readings_of(past.record("availability", "rules"), past.record("tickets", "rules"))
    figures = past.figures[~past.figures["report"].isin(SUMMED_UP)]
    owed = partial(_owed_alone, before=before, agreed=as_contract(case.agreed), month=month)
    return Analysis(
        tables=tables.loc[order.sort_values(kind="stable").index].reset_index(drop=True),
        doubts=pd.DataFrame(doubts, columns=["table", "why"]),
        stale=past.stale,
        claims=said.compare(said.stated(supplied, str(month)), figures, readings, owed),
        claimed=supplied is not None,
    )


def _owed_alone(figures: pd.DataFrame, before: pd.DataFrame, agreed: object, month: object) -> pd.DataFrame:
    """What figures owe, each by itself: without the cap, and nothing where the contract states no fee."""
    rows = credits(figures, before, None, agreed, month)
    return rows[rows["owed"].notna() & ~rows["measure"].str.startswith("credit_terms")]


def _each(name: str, subjects: pd.Series, whys: pd.Series) -> list[Figure]:
    """A figure without a value for each thing, which stands on page one."""
    return [
        Figure(measure=f"evidence.{name}", subject=subject, verdict="no_data", why_missing=why)
        for subject, why in zip(subjects, whys, strict=True)
    ]


_NO_CLAIMS = "the provider's own figures were not supplied"
