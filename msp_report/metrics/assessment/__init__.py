"""Did the provider deliver this year, what did it cost, and what has to be decided? The sum of the annual pack.

Every figure is one of another page's: nothing is computed anew that a page has already said. Only what no page has
summed up is counted here: what the year came to (`money`) and what became of the board's decisions (`decisions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from msp_report.metrics.assessment import decisions, money
from msp_report.metrics.scorecard.lines import exceptions, lines, on_page_one, standing
from msp_report.model.case import Case, Past
from msp_report.model.columns import by_month, plain_rows
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.promises import DECIDED
from msp_report.model.records import RECORDS
from msp_report.params import Strategy, as_contract

FOREMOST = [
    "perspective", "objective", "measure", "subject", "unit", "better", "target", "result", "verdict", "why_missing",
    "missed", "judged",
]  # fmt: skip
WORST = ["measure", "subject", "missed", "judged"]

#: What the first page takes over from the others: its own name, and the measure that says it.
CARRIED = {
    "months_with_data": "year.months_with_data",
    "promised": "year.promised",
    "met": "year.met",
    "missed": "year.missed",
    "unjudged": "year.unjudged",
    "worse": "year.worse",
    "own_met": "year.own_met",
    "own_missed": "year.own_missed",
    "own_unjudged": "year.own_unjudged",
    "fee": "contract.year_fee",
    "credits_owed": "contract.year_owed",
    "credits_granted": "contract.year_credited",
    "credits_open": "contract.year_open",
    "credits_lost": "contract.year_lost",
    "at_stake": "contract.year_at_stake",
    "user_hours": "contract.year_user_hours",
    "user_cost": "contract.year_user_cost",
    "projects": "projects.year_projects",
    "projects_late": "projects.year_late",
    "graded": "questions.graded",
}


#: The figures that it takes over for each subject.
EACH = ("year.without_data", "questions.open_findings")


@dataclass(frozen=True)
class Analysis:
    """The sum of an annual pack: `worst`, `summary` and `foremost` as the functions of these names, `money` as
    money.money, `decisions` as decisions.kept, `months` as Past.months."""

    pack: pd.DataFrame
    """The figures that the other notebooks of the pack recorded."""
    months: pd.DataFrame
    worst: pd.DataFrame
    summary: pd.DataFrame
    exceptions: pd.DataFrame
    """As scorecard.lines.exceptions."""
    restated: pd.DataFrame
    """As Past.restated, of all figures of the pack."""
    foremost: pd.DataFrame
    money: pd.DataFrame
    by_month: pd.DataFrame
    """As money.by_month."""
    decisions: pd.DataFrame
    has_decisions: bool
    """Whether the table actions came with the exports."""
    verdicts: pd.DataFrame
    """The record year/verdicts of the pack: every promise, month by month."""
    findings: pd.DataFrame
    """The record questions/open_findings of the pack."""
    series: pd.DataFrame
    """The figures of the months' packs, with their month."""

    @property
    def dearest(self) -> tuple[str, float] | None:
        """The month that came to the most, and to how much; None where no two months say."""
        known = self.by_month.dropna().sort_values("amount", kind="stable")
        return tuple(known.iloc[-1]) if len(known) > 1 else None

    @property
    def broken(self) -> pd.DataFrame:
        """The promises that were not kept in every month, as `verdicts`: missed, or not to be judged in some month."""
        return self.verdicts[self.verdicts["year"].ne("met")].reset_index(drop=True)

    @property
    def past(self) -> list[list[float]]:
        """The values of each foremost line over the months, as scorecard.lines.past."""
        return by_month(self.foremost, self.series)

    def figures(self) -> list[Figure]:
        """assessment.<name> for each of CARRIED, with the value and n of the measure that says it; .without_data by
        month; .open_findings by severity and in all, where a notebook gives them; .year_cost and .work_beside as
        money.figures, and those of decisions.figures. What no notebook of the pack gives is missing and says so. None
        has a verdict: the page that found it judges it.
        """
        rows = plain_rows(self.pack)
        overall = {row["measure"]: row for row in rows if row["subject"] == ""}
        return [
            *(_taken_over(name, overall.get(says) or _unsaid(says)) for name, says in CARRIED.items()),
            *(_taken_over(row["measure"].partition(".")[2], row) for row in rows if row["measure"] in EACH),
            *money.figures(self.money),
            *decisions.figures(self.decisions, self.has_decisions),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("months", "worst", "summary", "exceptions", "restated", "foremost", "money", "decisions")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case, past: Past) -> Analysis:
    """The sum of what the other notebooks of an annual pack and the packs of its months recorded; reads actions.

    Of the pack it reads the records year/verdicts, contract/year_hours, contract/year_credits and
    questions/open_findings, of the months' scorecard/money.
    """
    pack, series, months = past.figures, past.year(), past.monthly_record("scorecard", "money")
    open_points = exceptions(standing(pack), pack)[list(pack.columns)]
    register, zone = case.table("actions"), as_contract(case.agreed).client.timezone
    hours, credits = past.record("contract", "year_hours"), past.record("contract", "year_credits")
    found = Analysis(
        pack=pack,
        months=past.months,
        worst=worst(pack),
        summary=summary(pack),
        exceptions=open_points,
        restated=pd.DataFrame(),
        foremost=foremost(series, case.strategy),
        money=money.money(pack, months, hours, credits),
        by_month=money.by_month(months, [str(month) for month in case.period.months]),
        decisions=decisions.kept(register, case.start, case.end, zone, earlier=past.earlier("actions")),
        has_decisions=register is not None,
        verdicts=_of_pack(past, "year", "verdicts"),
        findings=_of_pack(past, "questions", "open_findings"),
        series=series,
    )
    own = pd.DataFrame([figure.row() for figure in found.figures()], columns=COLUMNS)
    every = pd.concat([frame.astype(object) for frame in (pack, own) if len(frame)], ignore_index=True)
    return replace(found, restated=past.restated(every))


def _of_pack(past: Past, report: str, name: str) -> pd.DataFrame:
    """A record of the pack, its names as text; without rows where the pack does not have it."""
    found = past.record(report, name)
    if found is None:
        return pd.DataFrame(columns=RECORDS[f"{report}/{name}"].names)
    return found.assign(subject=found["subject"].fillna("")) if "subject" in found else found


def foremost(year: pd.DataFrame, strategy: Strategy | Mapping[str, Any] | None) -> pd.DataFrame:
    """What matters most to us over a year: the lines that strategy.yaml puts on page one.

    Parameters: `year`, the figures of the months' packs, with their month; the strategy.
    Returns: one row per line in the order of strategy.yaml, with FOREMOST: target, result and verdict of the last month
    that has a pack; missed and judged, of how many months the line was missed and could be judged by its target then.
    Source: strategy.yaml `scorecard`; rules 6 and 46, as scorecard.lines.
    """
    each = [lines(rows, strategy) for _, rows in year.groupby("month", sort=True)]
    if not each:
        return pd.DataFrame(columns=FOREMOST)
    verdicts = pd.concat([one["verdict"].rename(place) for place, one in enumerate(each)], axis=1)
    counts = {"missed": verdicts.eq("missed").sum(axis=1), "judged": verdicts.isin(DECIDED).sum(axis=1)}
    return on_page_one(each[-1].assign(**counts))[0][FOREMOST]


def worst(pack: pd.DataFrame) -> pd.DataFrame:
    """The promised figures that were missed, the most often missed first.

    Parameters: `pack` the figures that the other notebooks of the pack recorded. Returns: one row per measure and
    subject missed in any month, with WORST: months missed, and months in which it could be judged.
    """
    rows = pack[pack["measure"].eq("year.missed_months") & pack["value"].fillna(0).gt(0)]
    named = rows["subject"].str.partition(" ") if len(rows) else pd.DataFrame(columns=[0, 1, 2])
    found = pd.DataFrame(
        {"measure": named[0], "subject": named[2], "missed": rows["value"], "judged": rows["n"]}
    )
    found = found.sort_values(["missed", "judged"], ascending=[False, True], kind="stable", ignore_index=True)
    return found.astype({"missed": "int64", "judged": "int64"})[WORST]


def summary(pack: pd.DataFrame) -> pd.DataFrame:
    """The rows of CARRIED that some notebook of the pack gives, in that order, with a value or why there is none."""
    order = {measure: place for place, measure in enumerate(CARRIED.values())}
    rows = pack[pack["measure"].isin(list(order)) & pack["subject"].eq("")]
    return rows.sort_values(
        "measure", key=lambda measure: measure.map(order), kind="stable", ignore_index=True
    )


def _taken_over(name: str, row: Mapping[str, Any]) -> Figure:
    return Figure(
        measure=f"assessment.{name}",
        subject=row["subject"],
        value=row["value"],
        n=row["n"],
        why_missing=row["why_missing"],
    )


def _unsaid(measure: str) -> dict[str, Any]:
    why = f"no notebook of this pack gives {measure}"
    return {"subject": "", "value": None, "n": None, "why_missing": why}
