"""Projects over their life, from their first report of a year to its last. Worked by hand."""

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics.projects.year import LIVES, analyse, lives
from msp_report.model.period import Period

START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-05-01", tz="UTC")
PERIOD = Period.parse("2026-01..2026-04")


def reports(*rows: tuple) -> pd.DataFrame:
    """(project, as_of, status, baseline_end, forecast_end, baseline_cost, forecast_cost)."""
    names = [
        "project_id",
        "as_of",
        "status",
        "baseline_end",
        "forecast_end",
        "baseline_cost",
        "forecast_cost",
    ]
    table = pd.DataFrame(rows, columns=names).assign(name=lambda frame: "Project " + frame["project_id"])
    for column in ("as_of", "baseline_end", "forecast_end"):
        table[column] = pd.to_datetime(table[column])
    return table


LIFE = reports(
    ("A", "2025-11-30", "in_progress", "2026-03-01", "2026-03-01", 100, 100),
    ("A", "2026-01-31", "in_progress", "2026-03-01", "2026-03-11", 100, 110),
    ("A", "2026-03-31", "in_progress", "2026-05-01", "2026-05-01", 100, 130),  # planned anew
    ("A", "2026-05-31", "in_progress", "2026-05-01", "2026-09-01", 100, 990),  # after the period
    ("B", "2026-02-28", "done", "2026-02-28", "2026-02-20", 50, 45),
    ("C", "2026-02-28", "proposed", None, "2026-12-01", None, 500),
    ("D", "2025-12-31", "done", "2025-12-01", "2025-12-20", 10, 10),  # over before the year
    ("E", "2026-04-30", "cancelled", None, "2026-08-01", 20, 20),
)


def test_a_project_from_its_first_report_of_the_year_to_its_last():
    rows = lives(LIFE, None, PERIOD).set_index("project_id")
    assert rows.index.tolist() == ["A", "B", "E"]
    late = rows.loc["A"]
    # first planned for March 1st: 10 days late in January, 61 at the end of March
    assert (late["first_slip_days"], late["slip_days"], late["moved_days"]) == (10, 61, 51)
    assert (late["cost_variance"], late["grown_cost"]) == (-30, 20)
    assert (late["first_on"], late["last_on"]) == (pd.Timestamp("2026-01-31"), pd.Timestamp("2026-03-31"))
    # in the year: expected end twice, expected cost twice, agreed end once
    assert (late["changes_in_year"], late["changes"]) == (5, 5)
    assert (rows.loc["B", "slip_days"], rows.loc["B", "cost_variance"]) == (-8, 5)
    # of E there is one report and no plan
    assert rows.loc["E", ["slip_days", "first_slip_days", "baseline_source"]].isna().all()


def test_a_first_forecast_is_not_late_against_itself():
    table = reports(
        ("F", "2026-01-31", "in_progress", None, "2026-03-01", None, 10),
        ("F", "2026-03-31", "in_progress", None, "2026-03-11", None, 10),
        ("G", "2025-11-30", "in_progress", None, "2026-03-01", None, 10),
        ("G", "2026-01-31", "in_progress", None, "2026-03-06", None, 10),
    )
    rows = lives(table, None, PERIOD).set_index("project_id")
    assert rows["slip_days"].to_dict() == {"F": 10, "G": 5}
    assert pd.isna(rows.loc["F", "first_slip_days"]) and rows.loc["G", "first_slip_days"] == 5


def of_year(table):
    return analyse(MonthOf(START, END, {}, tables={"projects": table}))


def test_the_figures_of_projects():
    found = {(f.measure, f.subject): f for f in of_year(LIFE).figures()}
    counts = ("projects", "done", "cancelled", "late", "moved", "changes")
    assert [found[(f"projects.year_{name}", "")].value for name in counts] == [3, 1, 1, 1, 1, 5]
    assert found[("projects.year_slip", "")].value == 26.5  # of 61 and -8
    assert found[("projects.year_slip", "A")].value == 61
    assert found[("projects.year_cost_variance", "")].value == -25
    assert all(figure.verdict is None for figure in found.values())


@pytest.mark.parametrize("table", [None, LIFE.head(0), LIFE[LIFE["project_id"] == "D"]])
def test_a_year_without_projects_says_so(table):
    year = of_year(table)
    assert year.lives.empty and list(year.lives.columns) == LIVES
    for figure in year.figures():
        assert (figure.value, figure.why_missing) == (None, "no project was reported in the period")
