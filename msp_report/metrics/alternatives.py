"""Has the company outgrown the provider, and what would each function cost in house or elsewhere?

Decided here:

- A trend is Theil and Sen's over the months that have a pack, at least six, with its 95 % interval, as a change in a
  year. It is rising or falling where the interval lies on one side of nought, else there is none to be seen. A rebase
  of the contract inside the year is named beside it: the trend runs through it, for growth is what is asked.
- What the provider gets for a function is its fee share of the monthly fee, of the contract in force on the first day
  of each month of the term, x 12. Where quotes of one function name different shares, the range counts.
- An alternative's price is the range of all quotes of its function. A quote may be dated after the period: it is asked
  for while the year is assessed.
- To leave costs money once (rule 30, without what is not money). A function's part of it is its fee share, spread over
  what is left of the term, at least over one year. The range of a saving and of a break-even runs from all of that to
  nothing of it.
- A function of the contract's scope (roles do and advise) without a priced alternative is one nobody has asked about.
- A quote is old when more than a year passed from its date to the cut-off, and when it has no date.
- Supported is a subject that the scope gives the provider, with something that shows its skill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.contract import exit_cost
from msp_report.model.case import Case, Past
from msp_report.model.columns import last_day, texts, wall_time
from msp_report.model.figures import Figure
from msp_report.model.names import normal, normal_name, says_nothing
from msp_report.model.period import Period
from msp_report.model.statistics import trend
from msp_report.model.tables import TABLES
from msp_report.params import Contract, Strategy, as_contract, as_strategy

#: Fewest months that make a trend of a year.
MONTHS_NEEDED = 6
#: What a growing company asks more of, and what it asks to be kept; with what a change for the worse is.
SIGNS = {
    "tickets.opened": "higher",
    "tickets.hours": "higher",
    "tickets.backlog": "higher",
    "tickets.response_attainment": "lower",
    "tickets.resolution_attainment": "lower",
}
STATES = ("cheaper elsewhere", "depends", "dearer elsewhere", "the fee is not known", "nobody has asked")
_DEAD = ("cancelled",)

# fmt: off
_TRENDS = [
    "measure", "unit", "months", "first", "last", "a_year", "a_year_low", "a_year_high", "direction", "change", "least",
    "most", "worse", "note", "why",
]
_MONTHS = ["month", "opened", "solved", "backlog", "hours", "users", "opened_per_user"]
_UNSUPPORTED = ["subject", "why", "role", "evidence", "projects", "names", "cost", "tickets"]
_FUNCTIONS = [
    "function", "state", "quotes", "old", "newest_on", "share_low", "share_high", "fee", "fee_low", "fee_high", "cost",
    "cost_low", "cost_high", "leaving", "saving", "saving_low", "saving_high", "equal_cost_low", "equal_cost_high",
    "equal_share", "equal_share_low", "equal_share_high",
]
_QUOTES = ["function", "fee_share", "yearly_cost", "source", "dated_on", "age_days", "old"]
# fmt: on


@dataclass(frozen=True)
class Analysis:
    """Everything about alternatives in a period: frames of the functions of these names, and whether there were
    projects or tickets."""

    months: pd.DataFrame
    trends: pd.DataFrame
    unsupported: pd.DataFrame
    functions: pd.DataFrame
    quotes: pd.DataFrame
    supplied: bool

    def figures(self) -> list[Figure]:
        """alternatives.volume_change (tickets opened, a year's change as a share of the first month's) and
        .attainment_change (tickets solved in time, a year's change [ratio]) with their intervals; .unsupported
        [subjects]; by function .fee_part, .yearly_cost and .saving [money a year] and .break_even_share, with their
        ranges; .unasked and .old [functions, quotes]. Missing says why. None has a target or a verdict: to go or to
        stay is the board's own decision.
        """
        functions = self.functions
        nothing = None if self.supplied else "no projects and no tickets were supplied"
        unsupported = None if nothing else len(self.unsupported)
        unasked = functions["state"].eq("nobody has asked").sum()
        asked, old = functions["quotes"].sum(), functions["old"].sum()
        return [
            _change("volume_change", self.trends, "tickets.opened", relative=True),
            _change("attainment_change", self.trends, "tickets.resolution_attainment", relative=False),
            Figure.of("alternatives.unsupported", unsupported, nothing),
            *(figure for row in functions.to_dict("records") for figure in _of_function(row)),
            Figure(measure="alternatives.unasked", value=unasked, n=len(functions)),
            Figure(measure="alternatives.old", value=old, n=asked),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("months", "trends", "unsupported", "functions", "quotes")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case, past: Past) -> Analysis:
    """Everything about alternatives in a period; reads projects and tickets, and what the months' packs said.

    Source: rule 30; strategy.yaml `alternatives`, contract.yaml `scope`.
    """
    year, agreed, period = past.year(), as_contract(case.agreed), case.period
    projects, tickets = case.table("projects"), case.table("tickets", ["opened_at", "category", "service"])
    return Analysis(
        months=months(year, agreed, period),
        trends=trends(year, agreed, period),
        unsupported=unsupported(projects, tickets, agreed, case.start, case.end),
        functions=functions(case.strategy, agreed, period, case.end),
        quotes=quotes(case.strategy, last_day(case.end, agreed.client.timezone)),
        supplied=projects is not None or tickets is not None,
    )


def _change(name: str, trends: pd.DataFrame, measure: str, relative: bool) -> Figure:
    row = trends[trends["measure"].eq(measure)].iloc[0]
    start = row["first"] if relative else 1.0
    why = row["why"] if isinstance(row["why"], str) else None
    if relative and not why and not start:
        why = "nothing was asked in the first month"
    value, low, high = (None if why else row[end] / start for end in ("a_year", "a_year_low", "a_year_high"))
    n = int(row["months"])
    return Figure(measure=f"alternatives.{name}", value=value, low=low, high=high, n=n, why_missing=why)


def _of_function(row: Mapping[str, Any]) -> Iterator[Figure]:
    """A function's money; what is missing says why."""
    states = {
        "nobody has asked": "nobody has asked",
        "the fee is not known": "the fee share or the fee is not stated",
    }
    names = {
        "fee_part": "fee",
        "yearly_cost": "cost",
        "saving": "saving",
        "break_even_share": "equal_share",
    }
    for name, column in names.items():
        known = pd.notna(row[column])
        yield Figure.of(
            f"alternatives.{name}",
            row[column],
            states.get(row["state"], "not stated"),
            subject=row["function"],
            low=row[f"{column}_low"] if known else None,
            high=row[f"{column}_high"] if known else None,
            n=row["quotes"],
        )


# ---------------------------------------------------------------- outgrown


def months(year: pd.DataFrame, contract: Contract | Mapping[str, Any], period: Period) -> pd.DataFrame:
    """What was asked of the provider month by month.

    Parameters: `year` like figures.json with a month; the contract; the period.
    Returns: one row per month of the period: month, opened, solved, backlog [tickets], hours, users (the most of any
    service of the contract in force), opened_per_user. Missing where there is no pack, or no service names its users.
    """
    agreed = as_contract(contract)
    named = {
        "opened": "tickets.opened",
        "solved": "tickets.solved",
        "backlog": "tickets.backlog",
        "hours": "tickets.hours",
    }
    rows = _known_overall(year)
    wide = rows.pivot_table(index="month", columns="measure", values="value").reindex(map(str, period.months))
    users = [
        max((s.users for s in agreed.on(month.first_on).services if s.users is not None), default=None)
        for month in period.months
    ]
    table = pd.DataFrame({"month": [str(month) for month in period.months]})
    for name, measure in named.items():
        table[name] = wide[measure].to_numpy() if measure in wide else np.nan
    table["users"] = pd.Series(users, dtype="float64")
    return table.assign(opened_per_user=table["opened"] / table["users"].where(table["users"] > 0))[_MONTHS]


def trends(year: pd.DataFrame, contract: Contract | Mapping[str, Any], period: Period) -> pd.DataFrame:
    """How volume and attainment changed over the year.

    Parameters: as `months`. Returns: one row per measure of SIGNS: unit, months with a value, first, last, a_year with
    its interval [the measure's unit], direction (rising, falling, no trend), and where there is one the size of its
    change in a year with least and most, worse (whether that is the way of a company that outgrows its provider), note
    (what the contract rebased meanwhile), why no trend can be computed.
    """
    agreed = as_contract(contract)
    rows = _known_overall(year)
    found = [_trend_of(measure, rows[rows["measure"].eq(measure)], agreed, period) for measure in SIGNS]
    return pd.DataFrame(found, columns=_TRENDS)


def _known_overall(year: pd.DataFrame) -> pd.DataFrame:
    rows = year[year["subject"].fillna("").eq("") & year["value"].notna()]
    return rows.assign(value=rows["value"].astype("float64")).sort_values("month", kind="stable")


def _trend_of(measure: str, rows: pd.DataFrame, contract: Contract, period: Period) -> dict[str, Any]:
    line = trend(pd.to_datetime(rows["month"], format="%Y-%m", utc=True), rows["value"])
    enough = len(rows) >= MONTHS_NEEDED and line.value is not None
    ends = [float(end) * 365 for end in (line.value, line.low, line.high)] if enough else [None] * 3
    rising, falling = enough and ends[1] > 0, enough and ends[2] < 0
    sizes = sorted(abs(end) for end in ends[1:]) if rising or falling else [None] * 2
    rebased = [
        f"{one.on}: {one.why}"
        for one in contract.rebase
        if one.measure == measure and not one.subject
        if period.first.first_on <= one.on < period.last.end_on
    ]
    few = (
        f"{len(rows)} month has a figure: a trend needs {MONTHS_NEEDED}"
        if len(rows) == 1
        else f"{len(rows)} months have a figure: a trend needs {MONTHS_NEEDED}"
    )
    return {
        "measure": measure,
        "unit": rows["unit"].iloc[-1] if len(rows) else "",
        "months": len(rows),
        "first": rows["value"].iloc[0] if len(rows) else None,
        "last": rows["value"].iloc[-1] if len(rows) else None,
        **dict(zip(("a_year", "a_year_low", "a_year_high"), ends, strict=True)),
        "direction": "rising" if rising else "falling" if falling else "no trend" if enough else None,
        "change": abs(ends[0]) if rising or falling else None,
        "least": sizes[0],
        "most": sizes[1],
        "worse": bool(rising if SIGNS[measure] == "higher" else falling),
        "note": "; ".join(rebased) or None,
        "why": None if enough else few,
    }


def unsupported(
    projects: pd.DataFrame | None,
    tickets: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """Work of the year in fields that the provider has no part in, or has shown nothing for.

    Parameters: `projects` and `tickets` the canonical tables with their look-back, None where not supplied; the
    contract, of which the scope in force on the last day counts; `[start, end)` the period, timezone-aware.
    Returns: one row per subject with such work, the dearest first: subject, why, role and evidence of the scope,
    projects [reported in the period, cancelled ones left out], names, cost (their last forecast, else the baseline),
    tickets [opened in the period whose category or service is the subject].
    Edge cases decided: a project's subject that is not in the scope is unsupported too, where there is a scope; a
    ticket's category that is not in the scope says nothing. Names are compared without case and outer blanks.
    """
    agreed = as_contract(contract)
    zone = agreed.client.timezone
    first, last = wall_time(start, zone), wall_time(end, zone)
    agreed = agreed.on(last_day(end, zone).date())
    scope = pd.DataFrame(
        [(normal_name(one.subject), one.subject, one.role, one.evidence) for one in agreed.scope],
        columns=["key", "subject", "role", "evidence"],
    ).set_index("key")
    work = _projects_by_field(projects, first, last).join(_tickets_by_field(tickets, start, end), how="outer")
    shown = ~says_nothing(scope["evidence"])
    outside = ~work.index.isin(scope.index)
    bare = work.index.isin(scope.index[scope["role"].ne("none") & ~shown])
    none = work.index.isin(scope.index[scope["role"].eq("none")])
    counts = ["projects", "tickets"]
    work[counts] = work[counts].fillna(0).astype("int64")
    why = np.select(
        [none, bare, outside],
        ["not the provider's to do", "the provider has shown nothing here", "not in the agreed scope"],
        "",
    )
    work = work.join(scope).assign(why=pd.Series(why, work.index, dtype="str"))
    kept = work[none | bare | (outside & (work["projects"] > 0).to_numpy() & bool(len(scope)))]
    kept = kept.assign(subject=kept["subject"].fillna(kept["named"]), dear=-kept["cost"].fillna(0))
    kept = kept.sort_values(["dear", "tickets", "subject"], ascending=[True, False, True], kind="stable")
    return kept.reset_index(drop=True)[_UNSUPPORTED]


def _projects_by_field(
    projects: pd.DataFrame | None, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """By folded subject, the projects as last reported in a period."""
    table = TABLES["projects"].empty() if projects is None else projects
    columns = ["project_id", "as_of", "name", "status", "subject", "forecast_cost", "baseline_cost"]
    table = table.reindex(columns=columns)
    on = pd.to_datetime(table["as_of"])
    table = table[(on >= first) & (on < last)].assign(as_of=on).sort_values("as_of", kind="stable")
    table = table.drop_duplicates("project_id", keep="last")
    table = table[~table["status"].isin(_DEAD) & texts(table, "subject").ne("")]
    cost = table["forecast_cost"].fillna(table["baseline_cost"]).astype("float64")
    groups = table.assign(cost=cost).groupby(normal(table["subject"]))
    return pd.DataFrame(
        {
            "projects": groups.size(),
            "names": groups["name"].agg("; ".join),
            "cost": groups["cost"].sum(min_count=1),
            "named": groups["subject"].first(),
        }
    ).rename_axis("key")


def _tickets_by_field(tickets: pd.DataFrame | None, start: datetime, end: datetime) -> pd.DataFrame:
    """By folded category or service, the tickets opened in a period; one of both counts once."""
    table = TABLES["tickets"].empty() if tickets is None else tickets
    opened = pd.to_datetime(table["opened_at"], utc=True)
    table = table.reindex(columns=["ticket_id", "category", "service"])[(opened >= start) & (opened < end)]
    pairs = table.melt("ticket_id", value_name="key").dropna(subset="key")
    pairs = pairs.assign(key=normal(pairs["key"]))
    pairs = pairs.drop_duplicates(["ticket_id", "key"])
    return pairs.groupby("key").size().rename("tickets").to_frame()


# ---------------------------------------------------------------- in house or not


def quotes(strategy: Strategy | Mapping[str, Any] | None, last_on: Any) -> pd.DataFrame:
    """Every alternative that was asked for, with its age.

    Parameters: the strategy; `last_on` the last day of the period. Returns: one row per entry of `alternatives`:
    function, fee_share, yearly_cost, source, dated_on, age_days (at least 0), old.
    """
    table = pd.DataFrame(
        [
            (one.function, one.fee_share, one.yearly_cost, one.source, one.dated_on)
            for one in as_strategy(strategy).alternatives
        ],
        columns=_QUOTES[:5],
    ).astype({"function": "str", "fee_share": "float64", "yearly_cost": "float64", "source": "str"})
    table["dated_on"] = pd.to_datetime(table["dated_on"]).astype("datetime64[us]")
    age = (pd.Timestamp(last_on) - table["dated_on"]).dt.days.clip(lower=0).astype("Int64")
    a_year_on = table["dated_on"] + pd.DateOffset(years=1)
    return table.assign(age_days=age, old=table["dated_on"].isna() | a_year_on.lt(pd.Timestamp(last_on)))[
        _QUOTES
    ]


def yearly_fee(contract: Contract | Mapping[str, Any], period: Period) -> float | None:
    """What the provider's fee is in a year: the mean of the months of a period that lie in the term, x 12.

    Each month has the fee of the contract in force on its first day. None where no month has a fee.

    >>> from msp_report.model.period import Period
    >>> yearly_fee({"term": {"monthly_fee": 1000}, "amendments": [{"effective_on": "2026-07-01",
    ...     "set": {"term.monthly_fee": 1200}}]}, Period.parse("2026"))
    13200.0
    """
    agreed = as_contract(contract)
    terms = [(month, agreed.on(month.first_on).term) for month in period.months]
    fees = [
        float(term.monthly_fee)
        for month, term in terms
        if term.monthly_fee is not None
        and (term.starts_on is None or term.starts_on < month.end_on)
        and (term.ends_on is None or month.first_on <= term.ends_on)
    ]
    return sum(fees) / len(fees) * 12 if fees else None


def functions(
    strategy: Strategy | Mapping[str, Any] | None,
    contract: Contract | Mapping[str, Any],
    period: Period,
    end: datetime,
) -> pd.DataFrame:
    """What each function is paid with, and would cost elsewhere, with the point at which both are equal.

    Parameters: the strategy with its alternatives; the contract with its amendments; the period; its cut-off `end`,
    timezone-aware, by which quotes are old and the rest of the term is counted.
    Returns: one row per function, those with the largest fee first, then those nobody has asked about: state (one of
    STATES), quotes, old [counts], newest_on, share_low and share_high [ratio], fee with fee_low and fee_high (what the
    provider gets for it a year), cost with cost_low and cost_high (the alternative), leaving (its part of the price of
    leaving, a year), saving (the mean of both before leaving) with saving_low (dearest quote, smallest share, leaving
    paid) and saving_high, equal_cost_low and _high (the yearly cost of the alternative at which both are equal),
    equal_share with _low and _high (the fee share at which they are; the high one missing where leaving eats the whole
    fee). All money in the client's currency, a positive saving is money saved by going.
    Source: strategy.yaml `alternatives`; price of leaving rule 30.
    """
    agreed = as_contract(contract)
    last_on = last_day(end, agreed.client.timezone)
    now = agreed.on(last_on.date())
    asked = quotes(strategy, last_on)
    asked = asked.assign(key=normal(asked["function"]))
    scope = {normal_name(one.subject): one.subject for one in now.scope if one.role != "none"}
    names = {**dict(zip(asked["key"], asked["function"].str.strip(), strict=True)), **scope}
    priced = asked[asked["yearly_cost"].notna()]
    shares, costs = asked.groupby("key")["fee_share"], priced.groupby("key")["yearly_cost"]
    found = {
        "quotes": priced.groupby("key").size(),
        "old": priced.groupby("key")["old"].sum(),
        "newest_on": priced.groupby("key")["dated_on"].max(),
        "share": shares.mean(),
        "share_low": shares.min(),
        "share_high": shares.max(),
        "cost": costs.mean(),
        "cost_low": costs.min(),
        "cost_high": costs.max(),
    }
    table = pd.DataFrame(found, index=pd.Index(list(names), name="key"))
    table = _against_fee(table, yearly_fee(agreed, period), _leaving_a_year(now, last_on))
    table = table.assign(function=[names[key] for key in table.index], asked=table["quotes"].gt(0))
    for name in ("quotes", "old"):
        table[name] = table[name].fillna(0).astype("int64")
    table = table.assign(size=table["fee_high"].fillna(0))
    table = table.sort_values(["asked", "size"], ascending=False, kind="stable")
    return table.reset_index(drop=True)[_FUNCTIONS]


def _against_fee(table: pd.DataFrame, fee: float | None, leaving: float) -> pd.DataFrame:
    """With fee and price of leaving a year [money], what each function saves and where both sides are equal."""
    money = np.nan if fee is None else fee
    table = table.assign(
        fee=table["share"] * money,
        fee_low=table["share_low"] * money,
        fee_high=table["share_high"] * money,
        leaving=table["share_high"] * leaving,
        saving=table["share"] * money - table["cost"],
    )
    left = money - leaving
    table = table.assign(
        saving_low=table["share_low"] * money - table["cost_high"] - table["leaving"],
        saving_high=table["fee_high"] - table["cost_low"],
        equal_cost_low=(table["fee_low"] - table["leaving"]).clip(lower=0),
        equal_cost_high=table["fee_high"],
        equal_share=table["cost"] / money if fee else np.nan,
        equal_share_low=table["cost_low"] / money if fee else np.nan,
        equal_share_high=table["cost_high"] / left if left > 0 else np.nan,
    )
    state = np.select(
        [
            ~table["quotes"].gt(0),
            table["saving"].isna(),
            table["saving_low"].gt(0),
            table["saving_high"].lt(0),
        ],
        ["nobody has asked", "the fee is not known", "cheaper elsewhere", "dearer elsewhere"],
        "depends",
    )
    return table.assign(state=pd.Series(state, table.index, dtype="str"))


def _leaving_a_year(contract: Contract, last_on: pd.Timestamp) -> float:
    """The price of leaving [money] a year of what is left of the term, at least of one year."""
    items = exit_cost(contract, None, last_on.date())
    total = sum(float(amount) for amount in items["amount"] if amount is not None)
    ends_on = contract.term.ends_on
    years = 1.0 if ends_on is None else max(1.0, (pd.Timestamp(ends_on) - last_on).days / 365)
    return total / years
