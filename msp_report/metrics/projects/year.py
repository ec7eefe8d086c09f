"""What became of a year's projects: planned first, changed since, how late and how dear.

Decided here: a project is late or dear against its first plan; within the year it moved from its first report of the
year to its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from msp_report.metrics import projects
from msp_report.model.case import Case
from msp_report.model.columns import whole_days
from msp_report.model.figures import Figure
from msp_report.model.period import Period

# fmt: off
LIVES = [
    "project_id", "name", "status", "baseline_end", "baseline_source", "first_on", "first_forecast_end",
    "first_slip_days", "last_on", "forecast_end", "slip_days", "moved_days", "baseline_cost", "first_forecast_cost",
    "forecast_cost", "cost_variance", "grown_cost", "actual_cost", "changes_in_year", "changes", "approved", "sponsor",
    "objective",
]
# fmt: on


@dataclass(frozen=True)
class Analysis:
    """A year's projects: `lives` as the function, `changes` as projects.changes up to the end of the period, `recent`
    those of them that were reported in it."""

    lives: pd.DataFrame
    changes: pd.DataFrame
    recent: pd.DataFrame

    def figures(self) -> list[Figure]:
        """projects.year_projects, .year_done, .year_cancelled and .year_changes [count]; .year_late [count, n = those
        with a planned and an expected end]; .year_moved [count of those whose end is expected later than at their
        first report of the year, n = those with both]; .year_slip [days, median, n] and by project;
        .year_cost_variance [cost, sum, n] and by project.
        """
        return [*self._over_all(), *self._of_each()]

    def _over_all(self) -> Iterator[Figure]:
        lives, n = self.lives, len(self.lives)
        none = None if n else "no project was reported in the period"
        dated, priced = lives["slip_days"].dropna(), lives["cost_variance"].dropna()
        moved = lives["moved_days"].dropna()
        undated = none or "no project has a planned and an expected end"
        unpriced = none or "no project has a planned and an expected cost"
        changed = self.recent["project_id"].isin(lives["project_id"]).sum()
        counts: list[tuple[str, Any, int | None, str | None]] = [
            ("year_projects", None if none else n, None, none),
            ("year_done", None if none else lives["status"].eq("done").sum(), n, none),
            ("year_cancelled", None if none else lives["status"].eq("cancelled").sum(), n, none),
            ("year_changes", None if none else changed, n, none),
            ("year_late", (dated > 0).sum() if len(dated) else None, len(dated), undated),
            ("year_moved", (moved > 0).sum() if len(moved) else None, len(moved), undated),
            ("year_slip", float(dated.median()) if len(dated) else None, len(dated), undated),
            (
                "year_cost_variance",
                float(round(priced.sum(), 6)) if len(priced) else None,
                len(priced),
                unpriced,
            ),
        ]
        for name, value, of, why in counts:
            yield Figure.of(f"projects.{name}", value, why, n=of)

    def _of_each(self) -> Iterator[Figure]:
        no_plan = "no plan or no expectation is reported"
        names = ["project_id", "slip_days", "cost_variance"]
        numbers = self.lives[names].astype({"slip_days": "float64", "cost_variance": "float64"})
        for project, slip, cost in numbers.itertuples(index=False):
            yield Figure.of("projects.year_slip", slip, no_plan, subject=project)
            yield Figure.of("projects.year_cost_variance", cost, no_plan, subject=project)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page; the changes go back to each project's first report."""
        return {"year_lives": self.lives, "year_changes": self.changes}


def analyse(case: Case) -> Analysis:
    """What became of a year's projects; reads projects and decisions. Source: rule 24."""
    reports, decisions = case.table("projects"), case.table("decisions")
    begin, cutoff = case.period.first.first_on, case.period.last.end_on
    return Analysis(
        lives=lives(reports, decisions, case.period, case.agreed, case.strategy),
        changes=projects.changes(reports, cutoff),
        recent=projects.changes(reports, cutoff, since=begin),
    )


def lives(
    reports: pd.DataFrame | None,
    decisions: pd.DataFrame | None,
    period: Period,
    contract: Any = None,
    strategy: Any = None,
) -> pd.DataFrame:
    """Every project that was reported in the year: its first plan, and how far it moved between two reports.

    Parameters: the tables projects and decisions with their look-back, None where not supplied; the period;
    `contract` and `strategy` as in `projects.variance`.
    Returns: one row per project with a report in the period that is no proposal, with LIVES: first_on and last_on, the
    first and last report of the year; first_slip_days and slip_days [days against the first plan, positive is late] at
    those; moved_days, how much later the end is expected at the last than at the first; cost_variance [cost, positive
    is under the first plan]; grown_cost, how much dearer it is expected at the last report than at the first; changes
    in the year and over its life. The latest first.
    Edge cases: no table, or no report in the period: no rows.
    Source: rule 24.
    """
    begin, end = (pd.Timestamp(day) for day in (period.first.first_on, period.last.end_on))
    now = projects.variance(reports, end, None, decisions, contract, strategy).set_index("project_id")
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
    begun = pd.Series(when.array, reports["project_id"].astype("str").array).groupby(level=0).min()
    own = rows["baseline_source"].eq("first_forecast") & first["as_of"].eq(begun.reindex(now.index))
    planned = rows["baseline_end"].mask(own)  # a first forecast is not late against itself
    rows["first_slip_days"] = whole_days(rows["first_forecast_end"] - planned)
    rows["moved_days"] = whole_days(rows["forecast_end"] - rows["first_forecast_end"])
    rows["grown_cost"] = (rows["forecast_cost"] - rows["first_forecast_cost"]).round(6)
    recent = projects.changes(reports, end, since=begin).groupby("project_id").size()
    rows["changes_in_year"] = recent.reindex(rows.index).fillna(0).astype("int64")
    rows = rows[rows["first_on"].notna() & rows["status"].ne("proposed")].reset_index()
    return rows.sort_values(["slip_days", "project_id"], ascending=[False, True], ignore_index=True)[LIVES]
