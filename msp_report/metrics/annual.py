"""What a year came to: the contract's money by month, the projects over their life, and the assessment's sum of it.

Decided here, where the rules leave room:

- A month without a pack owes nothing that is known: its money is missing, never nought.
- Owed = credited + still to come + lost, month by month; what a cap took off is in none of them.
- A project is late or dear against its first plan; within the year it moved from its first report of the year to its
  last.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import contract as agreement
from msp_report.metrics import projects
from msp_report.model.figures import Figure
from msp_report.model.period import Month, Period
from msp_report.params import Contract, as_contract

# fmt: off
MONEY = [
    "month", "fee", "owed", "claimed", "credited", "left", "lost", "at_stake", "user_hours_lost", "user_cost",
    "exit_cost", "why_missing",
]
LIVES = [
    "project_id", "name", "status", "baseline_end", "baseline_source", "first_on", "first_forecast_end",
    "first_slip_days", "last_on", "forecast_end", "slip_days", "moved_days", "baseline_cost", "first_forecast_cost",
    "forecast_cost", "cost_variance", "grown_cost", "actual_cost", "changes_in_year", "changes", "approved", "sponsor",
    "objective",
]
WORST = ["measure", "subject", "missed", "judged"]
# fmt: on

_ZERO = Decimal("0.00")
_NO_PACK = "no month has a pack"


# ---------------------------------------------------------------- the contract's money


def credits(
    figures: pd.DataFrame,
    register: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    period: Period,
    closing: Month,
) -> pd.DataFrame:
    """The credits that the published figures of a year call for, and what became of each by its end (rule 29).

    Parameters: `figures` like figures.json with a `month`, with those of the month before the period, which decide
    what its first month repeats; `register` the table credits, None where not supplied; `closing` the last month that
    counts.
    Returns: the rows of contract.credits_to_date of the months of the period, newest first.
    """
    rows = agreement.credits_to_date(figures, register, contract, closing)
    inside = rows["month"].isin([str(month) for month in period.months])
    return rows[inside].reset_index(drop=True)


def money(
    credits: pd.DataFrame,
    figures: pd.DataFrame,
    months: pd.DataFrame,
    contract: Contract | Mapping[str, Any],
) -> pd.DataFrame:
    """What each month of a year came to in money.

    Parameters: what `credits` gives; `figures` like figures.json with a `month`; `months` with month, published and
    why_missing, one row each in order; the contract.
    Returns: one row per month with MONEY [client's currency]: the fee in force; owed, claimed, credited, left (may
    still come) and lost (was never claimed in time) of its credits; at_stake in purchases; user_hours_lost [hours] and
    user_cost of outages, over all services that have them; exit_cost at its end. Missing where the month has no pack or
    its pack does not say.
    Source: rules 27, 29, 30 and 39.
    """
    agreed = as_contract(contract)
    known = months.set_index("month")["published"].astype(bool)
    frame = pd.DataFrame(index=known.index)
    fees = [agreed.on(Month.parse(month).first_on).term.monthly_fee for month in known.index]
    frame["fee"] = pd.Series(fees, index=known.index, dtype=object)
    amounts = credits.groupby("month")[["owed", "claimed", "credited", "left"]].agg(_total)
    amounts = amounts.reindex(known.index)
    payable = known & bool(agreed.credits) & frame["fee"].notna()
    for name in ("owed", "claimed", "credited", "left"):
        frame[name] = amounts[name].where(amounts[name].notna(), _ZERO).where(payable, None)
    due = (frame.loc[payable, "owed"] - frame.loc[payable, "credited"]).map(lambda amount: max(amount, _ZERO))
    left = np.minimum(
        frame.loc[payable, "left"], due
    )  # together a month's credits come to no more than its cap
    frame["left"] = left.reindex(known.index).astype(object).where(payable, None)
    frame["lost"] = (due - left).reindex(known.index).astype(object).where(payable, None)
    for name, measure in (
        ("at_stake", "procurement.at_stake"),
        ("user_hours_lost", "availability.user_hours_lost"),
        ("user_cost", "availability.user_cost"),
        ("exit_cost", "contract.exit_cost"),
    ):
        mine = figures[figures["measure"].eq(measure) & figures["value"].notna()]
        frame[name] = mine.groupby("month")["value"].sum(min_count=1).reindex(known.index).astype("float64")
    frame["why_missing"] = months.set_index("month")["why_missing"]
    return frame.reset_index()[MONEY]


def _total(amounts: pd.Series) -> Decimal:
    return sum(amounts.dropna(), _ZERO)


def contract_figures(
    money: pd.DataFrame, credits: pd.DataFrame, contract: Contract | Mapping[str, Any]
) -> list[Figure]:
    """The figures of a contract's year.

    Parameters: what `money` and `credits` give; the contract.
    Returns: contract.year_fee, .year_owed, .year_claimed, .year_credited, .year_open, .year_lost, .year_at_stake,
    .year_user_cost [cost] and .year_user_hours [hours], each over the months that say (n); .year_credits [count of
    levels missed far enough]. Missing where no month says, with why. Source: rules 27, 29 and 39.
    """
    agreed, no_fee = as_contract(contract), "the contract states no monthly fee"
    no_credits = no_fee if agreed.credits else "the contract names no service credits"
    columns = {
        "year_fee": ("fee", "cost", no_fee, "contract.yaml, term"),
        "year_owed": ("owed", "cost", no_credits, "rule 29"),
        "year_claimed": ("claimed", "cost", no_credits, "rule 29"),
        "year_credited": ("credited", "cost", no_credits, "rule 29"),
        "year_open": ("left", "cost", no_credits, "rule 29"),
        "year_lost": ("lost", "cost", no_credits, "rule 29"),
        "year_at_stake": ("at_stake", "cost", "no month's purchases could be compared", "rule 27"),
        "year_user_hours": ("user_hours_lost", "hours", "no service states its users", "rule 39"),
        "year_user_cost": ("user_cost", "cost", "no service states what an hour costs", "rule 39"),
    }
    known = money[money["why_missing"].isna()]
    found = []
    for name, (column, unit, why, rule) in columns.items():
        stated = known[column].dropna()
        value = float(sum(stated)) if len(stated) else None
        why = why if len(known) else _NO_PACK
        found.append(_figure(f"contract.{name}", value, unit, len(stated), why, rule))
    owed = next(figure for figure in found if figure.measure == "contract.year_owed")
    due = None if owed.value is None else credits["owed"].astype("float64").gt(0).sum()
    return [*found, _figure("contract.year_credits", due, "count", owed.n, owed.why_missing or "", "rule 29")]


# ---------------------------------------------------------------- projects over their life


def lives(reports: pd.DataFrame | None, decisions: pd.DataFrame | None, period: Period) -> pd.DataFrame:
    """Every project that was reported in the year: its first plan, and how far it moved between two reports.

    Parameters: the tables projects and decisions with their look-back, None where not supplied; the period.
    Returns: one row per project with a report in the period that is no proposal, with LIVES: first_on and last_on, the
    first and last report of the year; first_slip_days and slip_days [days against the first plan, positive is late] at
    those; moved_days, how much later the end is expected at the last than at the first; cost_variance [cost, positive
    is under the first plan]; grown_cost, how much dearer it is expected at the last report than at the first; changes
    in the year and over its life. The latest first.
    Edge cases: no table, or no report in the period: no rows.
    Source: rule 24.
    """
    begin, end = (pd.Timestamp(day) for day in (period.first.first_on, period.last.end_on))
    now = projects.variance(reports, end, decisions=decisions).set_index("project_id")
    if now.empty:
        return pd.DataFrame(columns=LIVES)
    when = pd.to_datetime(reports["as_of"]).dt.tz_localize(None)
    mine = reports.assign(as_of=when, project_id=reports["project_id"].astype("str"))
    mine = mine[(when >= begin) & (when < end)].sort_values("as_of", kind="stable")
    first = mine.drop_duplicates("project_id").set_index("project_id").reindex(now.index)
    rows = now.assign(
        first_on=first["as_of"].astype("datetime64[us]"),
        last_on=now["as_of"],
        first_forecast_end=pd.to_datetime(first["forecast_end"]).astype("datetime64[us]"),
        first_forecast_cost=pd.to_numeric(first["forecast_cost"]).astype("float64"),
    )
    rows["first_slip_days"] = _days(rows["first_forecast_end"] - rows["baseline_end"])
    rows["moved_days"] = _days(rows["forecast_end"] - rows["first_forecast_end"])
    rows["grown_cost"] = (rows["forecast_cost"] - rows["first_forecast_cost"]).round(6)
    recent = projects.changes(reports, end, since=begin).groupby("project_id").size()
    rows["changes_in_year"] = recent.reindex(rows.index).fillna(0).astype("int64")
    rows = rows[rows["first_on"].notna() & rows["status"].ne("proposed")].reset_index()
    return rows.sort_values(["slip_days", "project_id"], ascending=[False, True], ignore_index=True)[LIVES]


def _days(difference: pd.Series) -> pd.Series:
    return (difference / pd.Timedelta(days=1)).round().astype("Int64")


def project_figures(lives: pd.DataFrame, changes: pd.DataFrame) -> list[Figure]:
    """What became of the year's projects.

    Parameters: what `lives` gives; `projects.changes` of the period.
    Returns: projects.year_projects, .year_done, .year_cancelled and .year_changes [count]; .year_late [count, n = those
    with a planned and an expected end]; .year_moved [count of those whose end is expected later than at their first
    report of the year, n = those with both]; .year_slip [days, median, n] and by project; .year_cost_variance [cost,
    sum, n] and by project.
    """
    none = None if len(lives) else "no project was reported in the period"
    dated, priced = lives["slip_days"].dropna(), lives["cost_variance"].dropna()
    moved = lives["moved_days"].dropna()
    mine = changes["project_id"].isin(lives["project_id"])
    undated = none or "no project has a planned and an expected end"
    unpriced = none or "no project has a planned and an expected cost"
    counts = [
        ("year_projects", None if none else len(lives), None, none),
        ("year_done", None if none else lives["status"].eq("done").sum(), len(lives), none),
        ("year_cancelled", None if none else lives["status"].eq("cancelled").sum(), len(lives), none),
        ("year_changes", None if none else mine.sum(), len(lives), none),
        ("year_late", (dated > 0).sum() if len(dated) else None, len(dated), undated),
        ("year_moved", (moved > 0).sum() if len(moved) else None, len(moved), undated),
    ]
    median = float(dated.median()) if len(dated) else None
    total = float(round(priced.sum(), 6)) if len(priced) else None
    no_plan = "no plan or no expectation is reported"
    each = zip(lives["project_id"], lives["slip_days"], lives["cost_variance"], strict=True)
    return [
        *(_figure(f"projects.{name}", value, "count", n, why, "rule 24") for name, value, n, why in counts),
        _figure("projects.year_slip", median, "days", len(dated), undated, "rule 24"),
        _figure("projects.year_cost_variance", total, "cost", len(priced), unpriced, "rule 24"),
        *(
            _figure(f"projects.{name}", value, unit, None, no_plan, "rule 24", project)
            for project, slip, cost in each
            for name, value, unit in (("year_slip", slip, "days"), ("year_cost_variance", cost, "cost"))
        ),
    ]


# ---------------------------------------------------------------- the assessment


#: What the first page takes over from the others: its own name, and the measure that says it.
CARRIED = {
    "months_with_data": "year.months_with_data",
    "promised": "year.promised",
    "met": "year.met",
    "missed": "year.missed",
    "unjudged": "year.unjudged",
    "worse": "year.worse",
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


def assessment_figures(pack: pd.DataFrame) -> list[Figure]:
    """The year in figures, as its other pages give it.

    Parameters: `pack` like figures.json. Returns: assessment.<name> for each of CARRIED, with the value, unit and n of
    the measure that says it; .without_data by month; .open_findings by severity and in all, where a notebook gives
    them. What no notebook of the pack gives is missing and says so.
    """
    said = pack.astype(object).where(pack.notna(), None)
    overall = {row["measure"]: row for row in said[said["subject"].eq("")].to_dict("records")}
    carried = [_carried(name, measure, overall.get(measure)) for name, measure in CARRIED.items()]
    some = said[said["measure"].isin(["year.without_data", "questions.open_findings"])]
    each = [
        Figure.from_row(row).with_(
            measure=f"assessment.{row['measure'].partition('.')[2]}", verdict=None, headline=None, target=None
        )
        for row in some.to_dict("records")
    ]
    return [*carried, *each]


def _carried(name: str, measure: str, row: Mapping[str, Any] | None) -> Figure:
    if row is None:
        return _figure(
            f"assessment.{name}", None, "", None, f"no notebook of this pack gives {measure}", None
        )
    why = row["why_missing"] or ""
    return _figure(f"assessment.{name}", row["value"], row["unit"], row["n"], why, row["rule"])


def _figure(
    measure: str, value: Any, unit: str, n: int | None, why: str, rule: str | None, subject: str = ""
) -> Figure:
    missing = value is None or pd.isna(value)
    return Figure(
        measure=measure,
        subject=subject,
        value=None if missing else np.asarray(value).item() if unit == "count" else float(value),
        unit=unit,
        n=n,
        rule=rule,
        why_missing=why if missing else None,
    )
