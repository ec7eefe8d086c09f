"""Are projects on time and on budget, what changed, and what should come next (rules 24 to 26).

A project is a row per reporting date; the last one before the cut-off is how it stands, the ones before are its
history. Sums are plain numbers here; a page says late or early, over or under.

Decided here, where the rules leave room:

- The first baseline is the first one given, the current one the last given. Where none is ever given both are the
  first forecast given, and the source says so, for the end and for the cost apart; where only one report gives a
  forecast there is no baseline, for it would be measured against itself.
- Estimates are held against plans that were given; a first forecast is nobody's promise and enters no calibration.
- A forecast that the last report leaves empty is missing, not the one before.
- A change is a difference between two known values; an empty cell between them is none.
- Periods of earned value are months of the calendar (rows without `period` count one each): a month without a row
  lies on a straight line between its neighbours by plan, and has earned and spent what the month before had. The
  planned duration ends where the plan first reaches its last value, so that months reported after the planned end do
  not lengthen the plan.
- Planned or earned value that falls is not cumulative: `falls` names it, and there is no earned value at all. What was
  spent may fall, and is named.
- Approval: the last decision that is no ranking, of an approver of the strategy (anybody by name, where it names
  none) who is neither the provider nor the proposer; without one the project's own approved_by, where it names one; a
  date alone is no approval, nor is one of a day after the cut-off (rule 0). Where no project and no decision names any
  approval, it is not known.
- A proposal is a project whose status is proposed. Its cost is the forecast, else the baseline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.case import Case
from msp_report.model.columns import civil_day, dates, day_after, plain_rows, typed, whole_days
from msp_report.model.dropped import Dropped
from msp_report.model.figures import Figure
from msp_report.model.gate import decide
from msp_report.model.names import is_silent, may_approve, people, spelled, vendor_form
from msp_report.model.statistics import wilson
from msp_report.params import Contract, Strategy, as_contract, as_strategy

EARNED = [
    "pv", "ev", "ac", "cv", "spi", "cpi", "eac", "eac_typical", "eac_spi", "tcpi", "es", "spi_t", "ieac_t",
]  # fmt: skip
#: The record projects/variance, and beside it what explains a row.
VARIANCE = [
    "project_id", "baseline_end", "current_baseline_end", "forecast_end", "slip_days", "baseline_cost",
    "current_baseline_cost", "forecast_cost", "cost_variance", *EARNED, "name", "status", "as_of", "status_since",
    "status_before", "schedule", "budget", "baseline_source", "baseline_cost_source", "changes", "last_change_on",
    "approved", "sponsor", "proposed_by", "objective", "in_contract", "actual_cost", "percent_complete",
    "periods_elapsed", "falls", "earned_month",
]  # fmt: skip
CHANGES = ["project_id", "as_of", "field", "from", "to", "days", "cost", "name", "what"]
PROPOSALS = [
    "project_id", "score", "objective", "approved", "in_contract", "cost", "name", "benefit", "risk",
    "best_resource", "proposed_by", "sponsor", "subject", "rank_business", "rank_provider", "rank_cio", "as_of",
    "why_missing",
]  # fmt: skip
CALIBRATION = [
    "by", "who", "closed", "dated", "median_slip_days", "late_ratio", "late_low", "late_high", "priced",
    "cost_growth_ratio",
]  # fmt: skip

_DATES = ["as_of", "approved_on", "baseline_start", "baseline_end", "forecast_end"]
_COSTS = ["baseline_cost", "forecast_cost", "actual_cost"]
_NUMBERS = ["benefit", "risk", "percent_complete"]
_TEXTS = ["project_id", "name", "objective", "status", "proposed_by", "sponsor", "approved_by", "subject"]
_FLAGS = ["in_contract", "best_resource"]
#: What counts as a change to schedule or estimate, and what it is called.
_ESTIMATES = {
    "baseline_start": "agreed start",
    "baseline_end": "agreed end",
    "baseline_cost": "agreed cost",
    "forecast_end": "expected end",
    "forecast_cost": "expected cost",
}
#: Work that somebody should have approved.
_UNDER_WAY = ["approved", "waiting", "in_progress"]

Cutoff = pd.Timestamp | datetime | date


@dataclass(frozen=True)
class Analysis:
    """How projects stand at the cut-off, and what changed in the period.

    `variance`, `changes`, `proposals` and `calibration` as the functions of those names; `recent`, the changes
    reported in the period. `begin` is the period's first day, `supplied` whether there was a projects table, `unread`
    its rejected rows; `doubt`, why it is doubted as a whole.
    """

    variance: pd.DataFrame
    changes: pd.DataFrame
    recent: pd.DataFrame
    proposals: pd.DataFrame
    calibration: pd.DataFrame
    begin: pd.Timestamp
    supplied: bool
    unread: Dropped
    doubt: str | None = None

    @property
    def in_process(self) -> pd.DataFrame:
        """The projects in progress, the latest first."""
        return in_process(self.variance)

    @property
    def waiting(self) -> pd.DataFrame:
        """The projects that are approved or waiting and not begun, the latest first."""
        return waiting(self.variance)

    @property
    def planned(self) -> pd.DataFrame:
        """The projects that run or wait to begin and have an end, planned and expected, the latest first."""
        return _latest_first(self.variance, _UNDER_WAY).dropna(subset=["baseline_end", "forecast_end"])

    @property
    def as_of(self) -> pd.Timestamp | None:
        """The day of the newest report; None where there is none."""
        return None if self.variance.empty else self.variance["as_of"].max()

    @property
    def called(self) -> dict[str, str]:
        """The name of each project by its id."""
        named = self.variance.dropna(subset="name")
        return dict(zip(named["project_id"], named["name"], strict=True))

    @property
    def falling(self) -> pd.DataFrame:
        """The projects of which a cumulative value falls."""
        return self.variance[self.variance["falls"].notna()]

    def figures(self) -> list[Figure]:
        """projects.slip, .cost_variance, .cpi, .spi_t, .unapproved and .changes, over all and by project.

        By project: those under way, and those closed in the period. Over all, of the same projects: median slip, sum
        of cost variances, ΣEV / ΣAC, ΣES / ΣAT, count of unapproved ones (target 0) and of the changes reported in the
        period.
        """
        current = _at_work(self.variance, self.begin)
        approved = _worked_on(self.variance, self.begin)["approved"].dropna()
        recent = self.recent[self.recent["project_id"].isin(current["project_id"])]
        return [
            *_over_all(current, recent, approved, self.supplied, self.unread, self.doubt),
            *_of_each(current, recent),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("variance", "changes", "proposals", "calibration")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case) -> Analysis:
    """Everything about the projects of a period; reads projects, project_periods and decisions.

    Raises: ValueError for a period without a zone. Source: rules 24 to 26.
    """
    zone = as_contract(case.agreed).client.timezone
    begin, cutoff = civil_day(case.start, zone), day_after(case.end, zone)
    reports, decisions = case.table("projects"), case.table("decisions")
    return Analysis(
        variance=variance(
            reports, cutoff, case.table("project_periods"), decisions, case.agreed, case.strategy
        ),
        changes=changes(reports, cutoff),
        recent=changes(reports, cutoff, since=begin),
        proposals=proposals(reports, decisions, case.strategy, cutoff, case.agreed),
        calibration=calibration(reports, cutoff),
        begin=begin,
        supplied=reports is not None,
        unread=Dropped.of(case, "projects").before("as_of", cutoff),
        doubt=case.doubts("projects", "decisions"),
    )


def variance(
    projects: pd.DataFrame | None,
    cutoff: Cutoff,
    periods: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    contract: Contract | Mapping[str, Any] | None = None,
    strategy: Strategy | Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Every project against its first and its current baseline, as last reported before the cut-off.

    Parameters: the tables projects, project_periods and decisions (None: not supplied). `cutoff`: the day after
    the period, or an instant in the client's zone; later reports, periods and decisions do not exist. `contract` names
    the provider, `strategy` who may approve.
    Returns: one row per project with VARIANCE: slip_days [days, positive is late]; cost_variance [cost, positive
    is under]; schedule (late, early, on time) and budget (over, under, as planned) in words; baseline_source and
    baseline_cost_source (given, first_forecast); status_since, the first report of the present status; changes
    [count over its life]; approved (missing: not known); the columns of `earned_value`, missing without
    periods, but for ac, which is then the project's own actual_cost; earned_month, the last one with an earned value.
    Edge cases: no table or no report before the cut-off: no rows. A missing end or cost has no variance, nor has what
    only one report forecast and nobody planned.
    Source: rules 24 and 25.
    """
    reports = _reports(projects, cutoff)
    by_project = reports.groupby("project_id", sort=True)
    frame = by_project.tail(1).set_index("project_id").sort_index()
    for given, forecast, source in (
        ("baseline_end", "forecast_end", "baseline_source"),
        ("baseline_cost", "forecast_cost", "baseline_cost_source"),
    ):
        first, last, fallback = (
            by_project[given].first(),
            by_project[given].last(),
            by_project[forecast].first(),
        )
        fallback = fallback.where(by_project[forecast].count() > 1)
        frame[given] = first.fillna(fallback)
        frame[f"current_{given}"] = last.fillna(fallback)
        frame[source] = np.select([first.notna(), fallback.notna()], ["given", "first_forecast"], None)
    frame["slip_days"] = whole_days(frame["forecast_end"] - frame["baseline_end"])
    frame["cost_variance"] = (frame["baseline_cost"] - frame["forecast_cost"]).round(6)
    frame["schedule"] = _in_words(frame["slip_days"], "late", "on time", "early")
    frame["budget"] = _in_words(-frame["cost_variance"], "over", "as planned", "under")
    spell = (reports["status"] != by_project["status"].shift()).groupby(reports["project_id"]).cumsum()
    spells = reports.groupby(["project_id", spell]).agg(since=("as_of", "first"), status=("status", "last"))
    of_project = spells.groupby("project_id")
    frame["status_since"] = of_project["since"].last()
    frame["status_before"] = of_project["status"].shift().groupby("project_id").tail(1).droplevel(1)
    changed = changes(projects, cutoff).groupby("project_id")["as_of"].agg(["size", "max"])
    frame["changes"] = changed["size"].reindex(frame.index).fillna(0).astype("int64")
    frame["last_change_on"] = changed["max"].reindex(frame.index).astype("datetime64[us]")
    frame["approved"] = _approved(frame, decisions, cutoff, contract, strategy)
    plan = _visible(periods, cutoff)
    plan = plan.assign(project_id=spelled(plan["project_id"], frame.index))
    earned = earned_value(plan).set_index("project_id")
    frame = frame.join(earned[[*EARNED, "periods_elapsed", "falls", "earned_month"]])
    frame["ac"] = frame["ac"].fillna(frame["actual_cost"])
    return frame.reset_index()[VARIANCE]


def earned_value(
    periods: pd.DataFrame | None, bac: float | Mapping[str, float] | pd.Series | None = None
) -> pd.DataFrame:
    """Earned value and earned schedule at the last period with an earned value.

    Parameters: `periods` with planned_value, earned_value and actual_cost [cost, cumulative], a row a period, in
    the order of `period` where there is one, of one project or, with project_id, of several. `bac`: the budget at
    completion [cost], one for all or by project_id; without it the last planned value.
    Returns: one row per project, with project_id where given: bac, EARNED and sv [cost; spi, cpi, tcpi and spi_t
    are ratios; es and ieac_t are periods], periods_elapsed and planned_periods [count]; earned_month (YYYY-MM), the one
    up to which periods elapsed, missing where there is no `period`.
    Edge cases: nothing earned yet reported: all missing but bac; no actual cost: no cpi, eac or tcpi; a divisor
    of 0: missing, never infinite; EV at or over BAC: es = planned periods; `falls` names planned, earned or actual
    cost that falls, and the first two leave all missing but bac.
    Source: rule 25.

    >>> plan = pd.DataFrame({"planned_value": [10, 30, 60, 100]})
    >>> plan["earned_value"], plan["actual_cost"] = [5, 20, 45, None], [10, 30, 60, None]
    >>> earned_value(plan, 100)[["es", "cpi", "tcpi"]].values.tolist()
    [[2.5, 0.75, 1.375]]
    """
    values = ["planned_value", "earned_value", "actual_cost"]
    single = periods is not None and "project_id" not in periods
    table = _whole_table(periods, ["project_id", "period"], numbers=values)
    if single:
        table["project_id"] = ""
    if periods is not None and "period" in periods:
        table = table.sort_values(["project_id", "period"], kind="stable")
    falls = _falls(table)
    if periods is not None and "period" in periods:
        table = _every_month(table)
    by_project = table.groupby("project_id", sort=True)
    table["n"] = by_project.cumcount() + 1
    plan = pd.DataFrame({"last": by_project["planned_value"].last()})
    plan["bac"] = plan["last"] if bac is None else _budgets(bac, plan.index)
    status = table[table["earned_value"].notna()].groupby("project_id").tail(1).set_index("project_id")
    frame = plan[["bac"]].assign(
        periods_elapsed=status["n"], pv=status["planned_value"], ev=status["earned_value"]
    )
    frame = frame.assign(ac=status["actual_cost"]).astype("float64")
    _add_schedule(frame, table, plan)
    _add_costs(frame)
    frame["falls"] = falls.reindex(frame.index)
    frame["earned_month"] = status.get("period")
    frame = frame[["bac", "periods_elapsed", "planned_periods", *EARNED, "sv", "falls", "earned_month"]]
    no_sum = frame["falls"].str.contains("value").fillna(False).astype(bool)
    shown = ["periods_elapsed", "planned_periods", *EARNED, "sv", "earned_month"]
    frame[shown] = frame[shown].mask(no_sum)
    return frame.reset_index(drop=True) if single else frame.reset_index()


def changes(projects: pd.DataFrame | None, cutoff: Cutoff, since: Cutoff | None = None) -> pd.DataFrame:
    """Every change to a project's schedule or estimate.

    Parameters: the table projects; `cutoff` as in `variance`; `since`: only changes reported on that day or later.
    Returns: one row per change with CHANGES: as_of [date of the report that brought it], field and what it is
    called, from and to [as text], days or cost [how much it moved, positive is later or dearer], in the order of dates.
    Edge cases: the first value known is no change; no table: no rows.
    Source: rule 24.
    """
    reports = _reports(projects, cutoff)
    frame = pd.concat([_changes_of(reports, field) for field in _ESTIMATES], ignore_index=True)
    if since is not None:
        frame = frame[frame["as_of"] >= _wall(since)]
    frame["what"] = frame["field"].map(_ESTIMATES)
    return frame.sort_values(["as_of", "project_id"], kind="stable", ignore_index=True)[CHANGES]


def in_process(variance: pd.DataFrame) -> pd.DataFrame:
    """The rows of `variance` in progress, the latest first."""
    return _latest_first(variance, ["in_progress"])


def waiting(variance: pd.DataFrame) -> pd.DataFrame:
    """The rows of `variance` that are approved or waiting and not begun, the latest first."""
    return _latest_first(variance, ["approved", "waiting"])


def with_plan(variance: pd.DataFrame) -> pd.DataFrame:
    """The rows of `variance` with `plan`: given, or taken from the first report (rule 24 wants the page to say so)."""
    given = variance["baseline_source"].eq("given") | variance["baseline_cost_source"].eq("given")
    return variance.assign(plan=np.where(given, "given", "first report"))


def unapproved(variance: pd.DataFrame, start: Cutoff) -> pd.DataFrame:
    """The rows of `variance` under way, or ended since the period's start, that nobody is known to have approved.

    Edge cases: where approval is not known at all (rows with `approved` missing), none; one that was cancelled in the
    period was under way in it, and what was spent on it nobody had approved; a proposal that was cancelled never was.
    """
    judged = _worked_on(variance, start)
    return judged[judged["approved"].eq(False).fillna(False)].reset_index(drop=True)


def proposals(
    projects: pd.DataFrame | None,
    decisions: pd.DataFrame | None,
    strategy: Strategy | Mapping[str, Any] | None,
    cutoff: Cutoff,
    contract: Contract | Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Proposals with their priority score, approvals and ranks, the best first.

    Parameters: the tables projects and decisions (None: not supplied); the strategy's `priority` weights; `cutoff`
    and `contract` as in `variance`.
    Returns: one row per proposal with PROPOSALS: score [0 to 1]; cost; approved; rank_business, rank_provider and
    rank_cio, the last rank given in each role; why_missing names the inputs without which there is no score.
    Edge cases: an input of weight 0 is not needed; weights that are all 0 give no score; the only proposal with
    a cost is the cheapest; of equal costs each has the mean rank.
    Source: rule 26: Σ w x / Σ w, x = (benefit - 1) / 4, (5 - risk) / 4, 1 - rank of cost scaled 0 to 1.
    """
    reports = _reports(projects, cutoff)
    frame = reports.groupby("project_id").tail(1).set_index("project_id").sort_index()
    frame["approved"] = _approved(frame, decisions, cutoff, contract, strategy)
    frame = frame[frame["status"] == "proposed"].copy()
    frame["cost"] = frame["forecast_cost"].fillna(frame["baseline_cost"])
    rank = frame["cost"].rank() - 1
    inputs = pd.DataFrame(
        {
            "benefit": (frame["benefit"] - 1) / 4,
            "risk": (5 - frame["risk"]) / 4,
            "cost": 1 - rank / max(frame["cost"].count() - 1, 1),
        }
    )
    weights = pd.Series(as_strategy(strategy).priority.model_dump(), dtype="float64")
    weights = weights[weights > 0]
    needed = inputs[weights.index]
    total = (needed * weights).sum(axis=1, skipna=False) / weights.sum()
    frame["score"] = total if len(weights) else np.nan
    why = pd.Series("", frame.index, dtype="str")
    for name in needed:
        why = why + np.where(needed[name].isna(), f", no {name}", "")
    frame["why_missing"] = why.str.removeprefix(", ").replace("", None)
    for role in ("business", "provider", "cio"):
        frame[f"rank_{role}"] = _ranks(decisions, cutoff, role, frame.index)
    frame = frame.reset_index()[PROPOSALS]
    return frame.sort_values(["score", "project_id"], ascending=[False, True], ignore_index=True)


def calibration(projects: pd.DataFrame | None, cutoff: Cutoff) -> pd.DataFrame:
    """Estimates against outcomes over all closed projects: who keeps being late, and by how much.

    Parameters: the table projects; `cutoff` as in `variance`.
    Returns: one row over all (`by` empty), then one per sponsor and per proposer, with CALIBRATION: closed [count
    of projects done]; dated [those with a given plan and an end]; median_slip_days; late_ratio with its Wilson 95 %
    interval; priced [those with a given plan and a final cost]; cost_growth_ratio = their final costs / their
    baselines - 1. The latest first. The final cost is the actual one, else the last forecast.
    Edge cases: nothing closed: the row over all with 0 and missing; cancelled projects are not closed.
    Source: rule 24.
    """
    closed = variance(projects, cutoff)
    closed = closed[closed["status"] == "done"]
    closed["slip_days"] = closed["slip_days"].where(closed["baseline_source"].eq("given"))
    closed["baseline_cost"] = closed["baseline_cost"].where(closed["baseline_cost_source"].eq("given"))
    final = closed["actual_cost"].fillna(closed["forecast_cost"])
    priced = closed["baseline_cost"].gt(0) & final.notna()
    closed = closed.assign(final=final.where(priced), baseline=closed["baseline_cost"].where(priced))
    groups = [("", "", closed)]
    for by in ("sponsor", "proposed_by"):
        groups += [(by, who, group) for who, group in closed.groupby(by)]
    frame = pd.DataFrame([_calibrated(*group) for group in groups], columns=CALIBRATION)
    frame["order"] = frame["by"].map({"": 0, "sponsor": 1, "proposed_by": 2})
    frame = frame.sort_values(["order", "median_slip_days", "who"], ascending=[True, False, True])
    return frame[CALIBRATION].reset_index(drop=True)


# ---------------------------------------------------------------- figures


def _over_all(
    current: pd.DataFrame,
    recent: pd.DataFrame,
    known: pd.Series,
    supplied: bool,
    unread: Dropped,
    doubt: str | None,
) -> Iterator[Figure]:
    """What is known of all projects at work, and why the rest is not; `known` is of each whether it was approved.

    Each of the rejected rows may be a project that nobody approved, or the report that names who did (rule 42).
    """
    idle = "no project is under way or was closed in the period" if supplied else "no projects were supplied"
    none = idle if current.empty else None
    dated, priced = current["slip_days"].dropna(), current["cost_variance"].dropna()
    costed, paced = current.dropna(subset=["ev", "ac"]), current.dropna(subset=["es"])
    cpi = _over(costed["ev"].sum(), costed["ac"].sum()) if len(costed) else None
    found = {
        "slip": (dated.median(), len(dated), "no project has a baseline and a forecast end"),
        "cost_variance": (
            round(priced.sum(min_count=1), 6), len(priced), "no project has a baseline and a forecast cost",
        ),
        "cpi": (cpi, len(costed), "no project has an earned value and an actual cost"),
        "spi_t": (
            _over(paced["es"].sum(), paced["periods_elapsed"].sum()), len(paced),
            "no project has planned and earned values",
        ),
    }  # fmt: skip
    for name, (value, n, why) in found.items():
        yield Figure.of(f"projects.{name}", value, none or why, n=n)
    missing = int((~known.astype(bool)).sum()) if len(known) else None
    target = 0 if len(known) or len(unread) else None
    low, high = (0, inf) if len(unread) else (None, None)
    against = {"doubt": doubt, "unsure": unread.why, "own_word": unread.own_word}
    judged = decide(missing, target, "lower", low=low, high=high, **against)
    why = judged.why or none or "no source names any approval"
    found = Figure.of(
        "projects.unapproved", missing, why, n=len(known), target=target, verdict=judged.verdict
    )
    yield found.with_(why_missing=judged.why or found.why_missing)
    yield Figure.of("projects.changes", None if none else len(recent), none, n=len(current))


def _of_each(current: pd.DataFrame, recent: pd.DataFrame) -> Iterator[Figure]:
    """The figures of each project at work; earned value only where it is reported."""
    counts = recent.groupby("project_id").size()
    for row in plain_rows(current):
        project = row["project_id"]
        end, cost = _why_no_variance(row, "end"), _why_no_variance(row, "cost")
        yield Figure.of("projects.slip", row["slip_days"], end, subject=project)
        yield Figure.of("projects.cost_variance", row["cost_variance"], cost, subject=project)
        yield Figure(measure="projects.changes", subject=project, value=int(counts.get(project, 0)))
        if row["ev"] is not None:
            yield Figure.of("projects.cpi", row["cpi"], "no actual cost is reported", subject=project)
            yield Figure.of("projects.spi_t", row["spi_t"], "no planned value is reported", subject=project)


def _why_no_variance(row: dict[str, Any], of: str) -> str:
    if row[f"forecast_{of}"] is not None and row[f"baseline_{of}"] is None:
        return "no plan was given"
    return "no baseline or no forecast is reported"


# ---------------------------------------------------------------- tables


def _whole_table(
    table: pd.DataFrame | None,
    texts: list[str],
    days: Sequence[str] = (),
    numbers: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> pd.DataFrame:
    """A canonical table with all its columns, typed; decimals become plain numbers."""
    columns = [*texts, *days, *numbers, *flags]
    source = pd.DataFrame(columns=columns) if table is None else table.reindex(columns=columns)
    frame = typed(source, dict.fromkeys(texts, "str") | dict.fromkeys(flags, "boolean"))
    frame["project_id"] = spelled(frame["project_id"], ())
    frame = frame.assign(**{name: dates(frame[name]) for name in days})
    return frame.assign(**{name: pd.to_numeric(frame[name]).astype("float64") for name in numbers})


def _wall(moment: Cutoff) -> pd.Timestamp:
    """The wall time of an instant, or a day's beginning."""
    return pd.Timestamp(moment).tz_localize(None)


def _reports(projects: pd.DataFrame | None, cutoff: Cutoff) -> pd.DataFrame:
    """The reports before the cut-off, by project and date."""
    reports = _whole_table(projects, _TEXTS, _DATES, [*_COSTS, *_NUMBERS], _FLAGS)
    return reports[reports["as_of"] < _wall(cutoff)].sort_values(["project_id", "as_of"], ignore_index=True)


def _visible(periods: pd.DataFrame | None, cutoff: Cutoff) -> pd.DataFrame:
    """The whole plan, with what was earned and spent in periods over at the cut-off."""
    table = _whole_table(
        periods, ["project_id", "period"], numbers=["planned_value", "earned_value", "actual_cost"]
    )
    ends = pd.to_datetime(table["period"], format="%Y-%m") + pd.offsets.MonthBegin(1)
    over = ends <= _wall(cutoff)
    table[["earned_value", "actual_cost"]] = table[["earned_value", "actual_cost"]].where(over)
    return table


# ---------------------------------------------------------------- variance


def _in_words(number: pd.Series, positive: str, zero: str, negative: str) -> np.ndarray:
    number = number.astype("float64")
    return np.select([number > 0, number == 0, number < 0], [positive, zero, negative], None)


def _changes_of(reports: pd.DataFrame, field: str) -> pd.DataFrame:
    """The changes of one field between reports that give it."""
    known = reports[reports[field].notna()]
    before = known.groupby("project_id")[field].shift()
    moved = before.notna() & (before != known[field])
    rows, old, new = known[moved], before[moved], known.loc[moved, field]
    frame = rows[["project_id", "as_of", "name"]].assign(field=field)
    frame["from"], frame["to"] = _as_text(old), _as_text(new)
    frame["days"] = whole_days(new - old) if field in _DATES else pd.array([pd.NA] * len(rows), "Int64")
    frame["cost"] = np.nan if field in _DATES else (new - old).round(6)
    return frame


def _as_text(values: pd.Series) -> pd.Series:
    if values.dtype.kind == "M":
        return values.dt.strftime("%Y-%m-%d")
    return values.map("{:.2f}".format).astype("str").str.removesuffix(".00")


def _latest_first(variance: pd.DataFrame, statuses: list[str]) -> pd.DataFrame:
    chosen = variance[variance["status"].isin(statuses)]
    return chosen.sort_values(["slip_days", "project_id"], ascending=[False, True], ignore_index=True)


def _at_work(variance: pd.DataFrame, start: Cutoff) -> pd.DataFrame:
    """Projects under way, and those done since the period's start."""
    closed = (variance["status"] == "done") & (variance["status_since"] >= _wall(start))
    return variance[variance["status"].isin(_UNDER_WAY) | closed]


def _worked_on(variance: pd.DataFrame, start: Cutoff) -> pd.DataFrame:
    """The same, and those cancelled since then that were under way before."""
    stopped = (variance["status"] == "cancelled") & (variance["status_since"] >= _wall(start))
    stopped &= variance["status_before"].isin(_UNDER_WAY)
    return pd.concat([_at_work(variance, start), variance[stopped]])


def _calibrated(by: str, who: str, closed: pd.DataFrame) -> dict[str, Any]:
    slips = closed["slip_days"].dropna()
    late = wilson(int((slips > 0).sum()), len(slips))
    baseline = closed["baseline"].sum(min_count=1)
    return {
        "by": by,
        "who": who,
        "closed": len(closed),
        "dated": len(slips),
        "median_slip_days": float(slips.median()) if len(slips) else np.nan,
        "late_ratio": late.value,
        "late_low": late.low,
        "late_high": late.high,
        "priced": int(closed["final"].count()),
        "cost_growth_ratio": closed["final"].sum(min_count=1) / baseline - 1,
    }


# ---------------------------------------------------------------- earned value


def _budgets(bac: float | Mapping[str, float] | pd.Series, projects: pd.Index) -> pd.Series:
    if isinstance(bac, Mapping | pd.Series):
        return pd.Series(bac, dtype="float64").reindex(projects)
    return pd.Series(float(bac), projects)


def _falls(table: pd.DataFrame) -> pd.Series:
    """By project, which of its cumulative columns fall from one row to the next, in words; missing where none does."""
    words = {
        "planned_value": "planned value falls",
        "earned_value": "earned value falls",
        "actual_cost": "cost falls",
    }
    known = table.assign(**{name: table.groupby("project_id")[name].ffill() for name in words})
    steps = known.groupby("project_id")[list(words)].diff()
    fell = (steps < 0).groupby(table["project_id"]).any()
    text = pd.Series("", fell.index, dtype="str")
    for name, said in words.items():
        text = text + fell[name].map({True: f"; {said}", False: ""}).astype("str")
    return text.str.removeprefix("; ").where(text.ne(""))


def _every_month(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each project with the months between that have none."""
    if table.empty:
        return table
    month = pd.PeriodIndex(table["period"], freq="M")
    number = pd.Series(month.year * 12 + month.month, table.index)
    first, last = (number.groupby(table["project_id"]).agg(name) for name in ("min", "max"))
    length = (last - first + 1).to_numpy()
    full = pd.DataFrame({"project_id": first.index.repeat(length)})
    full["number"] = first.repeat(length).to_numpy() + full.groupby("project_id").cumcount()
    full = full.merge(table.assign(number=number), on=["project_id", "number"], how="left", indicator=True)
    by_project = full.groupby("project_id")
    full["planned_value"] = by_project["planned_value"].transform(lambda each: each.interpolate())
    gap = full["_merge"].eq("left_only")
    for name in ("earned_value", "actual_cost"):
        full[name] = full[name].where(~gap, by_project[name].ffill())
    return full.drop(columns=["number", "_merge"])


def _add_schedule(frame: pd.DataFrame, table: pd.DataFrame, plan: pd.DataFrame) -> None:
    """Adds planned_periods, es, spi_t and ieac_t."""
    project = table["project_id"]
    full = table["planned_value"] >= np.minimum(plan["bac"], plan["last"]).reindex(project).to_numpy()
    planned = table[full].groupby("project_id")["n"].min().reindex(frame.index).astype("float64")
    passed = table["planned_value"] <= frame["ev"].reindex(project).to_numpy()
    behind = table[passed].groupby("project_id").tail(1).set_index("project_id")
    count = behind["n"].reindex(frame.index).fillna(0)
    next_value = table.set_index(["project_id", "n"])["planned_value"].reindex(
        pd.MultiIndex.from_arrays([frame.index, count + 1])
    )
    base = behind["planned_value"].reindex(frame.index).fillna(0)
    part = _over(frame["ev"] - base, pd.Series(next_value.to_numpy(), frame.index) - base)
    frame["planned_periods"] = planned
    # All that was planned is earned at the end of the plan, also where the budget is more than the plan.
    done = (frame["ev"] >= frame["bac"]) | part.isna()
    frame["es"] = (count + part).where(~done, planned).where(frame["ev"].notna())
    frame["spi_t"] = _over(frame["es"], frame["periods_elapsed"])
    frame["ieac_t"] = _over(planned, frame["spi_t"])


def _add_costs(frame: pd.DataFrame) -> None:
    """Adds the columns of EARNED that are not of the schedule, and sv."""
    bac, pv, ev, ac = (frame[name] for name in ("bac", "pv", "ev", "ac"))
    frame["sv"], frame["cv"] = ev - pv, ev - ac
    frame["spi"], frame["cpi"] = _over(ev, pv), _over(ev, ac)
    frame["eac"] = _over(bac, frame["cpi"])
    frame["eac_typical"] = ac + bac - ev
    frame["eac_spi"] = ac + _over(bac - ev, frame["cpi"] * frame["spi"])
    frame["tcpi"] = _over(bac - ev, bac - ac)


def _over(top: Any, bottom: Any) -> Any:
    """A quotient, missing where the divisor is 0."""
    if np.isscalar(bottom):
        return top / bottom if bottom else np.nan
    return top / bottom.where(bottom != 0)


# ---------------------------------------------------------------- approval


def _decisions_before(decisions: pd.DataFrame | None, cutoff: Cutoff) -> pd.DataFrame:
    table = _whole_table(decisions, ["project_id", "decision", "by", "role"], ["decided_on"], ["rank"])
    return table[table["decided_on"] < _wall(cutoff)].sort_values("decided_on", kind="stable")


def own_decisions(
    decisions: pd.DataFrame | None,
    cutoff: Cutoff,
    latest: pd.DataFrame,
    contract: Contract | Mapping[str, Any] | None,
    strategy: Strategy | Mapping[str, Any] | None,
) -> pd.DataFrame:
    """The decisions before the cut-off that count, in order of time, rankings left out.

    Parameters: the table decisions; `latest`, one row per project by its id, with proposed_by; `contract` names the
    provider, `strategy` who may approve.
    Returns: the rows of decisions of those who may decide on that project, spelled as `latest` has it.
    """
    table = _decisions_before(decisions, cutoff)
    table = table[(table["decision"] != "ranked") & (table["role"] != "provider")]
    table = table.assign(project_id=spelled(table["project_id"], latest.index)).reset_index(drop=True)
    may = _may_decide(table["by"], table["project_id"], latest["proposed_by"], contract, strategy)
    return table[may.to_numpy(bool)]


def _may_decide(
    named: pd.Series,
    of: pd.Series,
    proposers: pd.Series,
    contract: Contract | Mapping[str, Any] | None,
    strategy: Strategy | Mapping[str, Any] | None,
) -> pd.Series:
    """Whether each text names somebody, several with `;`, who may decide on the project that it is `of`: an approver
    who has not proposed it; `proposers` by project."""
    one = people(named)
    may = may_approve(one, as_contract(contract or {}), as_strategy(strategy).approval.approvers)
    own = people(proposers)
    proposed = pd.MultiIndex.from_arrays([own.index, vendor_form(own)])
    may &= ~pd.MultiIndex.from_arrays([of.reindex(one.index), vendor_form(one)]).isin(proposed)
    return may.groupby(level=0).any().reindex(named.index).astype(bool)


def _approved(
    latest: pd.DataFrame,
    decisions: pd.DataFrame | None,
    cutoff: Cutoff,
    contract: Contract | Mapping[str, Any] | None,
    strategy: Strategy | Mapping[str, Any] | None,
) -> pd.Series:
    """Whether each project, by index, was approved; missing for all where nobody speaks of approval."""
    own_side = own_decisions(decisions, cutoff, latest, contract, strategy)
    last = own_side.groupby("project_id")["decision"].last()
    ids = latest.index.to_series()
    own = _may_decide(latest["approved_by"], ids, latest["proposed_by"], contract, strategy)
    own &= ~(latest["approved_on"] >= _wall(cutoff))
    spoken = ~is_silent(latest["approved_by"]) | latest["approved_on"].notna()
    approved = (last == "approved").astype("boolean").reindex(latest.index).fillna(own)
    return approved if spoken.any() or decisions is not None else approved.where(own)


def _ranks(decisions: pd.DataFrame | None, cutoff: Cutoff, role: str, projects: pd.Index) -> pd.Series:
    decided = _decisions_before(decisions, cutoff)
    ranked = decided[(decided["decision"] == "ranked") & (decided["role"] == role)]
    return ranked.groupby(spelled(ranked["project_id"], projects))["rank"].last().reindex(projects)
