"""What a year came to: the contract's money, projects over their life, the assessment's sum. Worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from msp_report.metrics import annual, projects
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month, Period
from msp_report.params import as_contract

PERIOD = Period.parse("2026-01..2026-04")
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04"]
CONTRACT = as_contract(
    {
        "term": {"monthly_fee": 10000},
        "credits": [
            {"measure": "availability.ratio", "below": 0.99, "credit_ratio": 0.05},
            {"measure": "availability.ratio", "below": 0.95, "credit_ratio": 0.15},
        ],
        "credit_terms": {"claim_days": 30, "repeat_factor": 2, "cap_ratio": 0.2},
        "amendments": [{"effective_on": "2026-04-01", "set": {"term.monthly_fee": 12000}}],
    }
)


def calendar(*absent: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": MONTHS,
            "published": [month not in absent for month in MONTHS],
            "to_date": False,
            "why_missing": ["no exports were supplied" if month in absent else None for month in MONTHS],
        }
    )


def packs(*rows: tuple) -> pd.DataFrame:
    """(month, measure, subject, value) as published; an availability under 0.99 is missed."""
    made = [
        {
            "month": month,
            **Figure(
                measure=measure,
                subject=subject,
                value=value,
                why_missing="nobody looked" if value is None else None,
                verdict=("missed" if value < 0.99 else "met") if measure == "availability.ratio" else None,
            ).row(),
        }
        for month, measure, subject, value in rows
    ]
    return pd.DataFrame(made, columns=["month", *COLUMNS])


def register(*rows: tuple) -> pd.DataFrame:
    """(month, subject, claimed_on, credited_on, amount) of availability.ratio."""
    table = pd.DataFrame(rows, columns=["month", "subject", "claimed_on", "credited_on", "amount"])
    for name in ("claimed_on", "credited_on"):
        table[name] = pd.to_datetime(table[name])
    return table.assign(measure="availability.ratio")


def ratio(month: str, value: float, subject: str = "email") -> tuple:
    return (month, "availability.ratio", subject, value)


# ---------------------------------------------------------------- the contract's money

#: December missed, so January's miss counts twice: 2 x 5 % of 10000 = 1000; in March email and webshop 15 % each, 1500,
#: together capped at 20 %: 2000; April met. The register: January's was claimed and granted, March's email claimed.
YEAR = [
    ratio("2025-12", 0.98),
    ratio("2026-01", 0.98),
    ratio("2026-02", 0.995),
    ratio("2026-03", 0.94),
    ratio("2026-03", 0.94, "webshop"),
    ratio("2026-04", 0.999),
]
CLAIMS = register(
    ("2026-01", "email", "2026-02-10", "2026-02-20", Decimal("1000")),
    ("2026-03", "email", "2026-04-10", None, None),
)


def of_year(rows=YEAR, claims=CLAIMS, absent=(), contract=CONTRACT):
    figures = packs(*rows)
    credits = annual.credits(figures, claims, contract, PERIOD, Month(2026, 4))
    mine = figures[figures["month"].isin(MONTHS)]
    return credits, annual.money(credits, mine, calendar(*absent), contract).set_index("month")


def test_credits_of_a_year_begin_with_what_its_first_month_repeats():
    credits, money = of_year()
    assert set(credits["month"]) == {"2026-01", "2026-03"}
    january = credits[credits["month"] == "2026-01"].iloc[0]
    assert (january["owed"], bool(january["repeated"]), january["state"]) == (
        Decimal("1000.00"),
        True,
        "credited",
    )
    assert money["owed"].tolist() == [1000, 0, 2000, 0]
    # without December's pack nothing is known to repeat
    assert of_year(YEAR[1:])[1].loc["2026-01", "owed"] == 500


def test_owed_is_granted_or_may_still_come_or_is_lost():
    _, money = of_year()
    assert money["credited"].tolist() == [1000, 0, 0, 0]
    assert money["left"].tolist() == [0, 0, 2000, 0]
    assert money["lost"].tolist() == [0, 0, 0, 0]
    # nobody claimed January's within 30 days of its end
    _, money = of_year(claims=CLAIMS[1:])
    assert money["lost"].tolist() == [1000, 0, 0, 0]
    # granted in part: the rest may still come
    part = register(("2026-01", "email", "2026-02-10", "2026-02-20", Decimal("400")))
    _, money = of_year(claims=part)
    assert money.loc["2026-01", ["credited", "left", "lost"]].tolist() == [400, 600, 0]
    for _, one in (of_year(), of_year(claims=None), of_year(claims=part)):
        assert (one["owed"] == one["credited"] + one["left"] + one["lost"]).all()


def test_a_month_without_a_pack_owes_nothing_that_is_known():
    rows = [row for row in YEAR if row[0] != "2026-02"]
    _, money = of_year(rows, absent=["2026-02"])
    assert money.loc["2026-02", ["owed", "credited", "left", "lost", "at_stake"]].isna().all()
    assert money.loc["2026-02", "why_missing"] == "no exports were supplied"
    assert money.loc["2026-04", "owed"] == 0
    found = {f.measure: f for f in annual.contract_figures(money.reset_index(), of_year(rows)[0], CONTRACT)}
    assert (found["contract.year_owed"].value, found["contract.year_owed"].n) == (3000, 3)
    assert found["contract.year_fee"].value == 10000 + 10000 + 12000


def test_money_at_stake_and_work_lost_by_month():
    rows = [
        ("2026-01", "procurement.at_stake", "", 60.0),
        ("2026-03", "procurement.at_stake", "", 40.5),
        ("2026-03", "procurement.at_stake", "by one vendor", None),
        ("2026-01", "availability.user_hours_lost", "email", 10.0),
        ("2026-01", "availability.user_hours_lost", "webshop", 2.0),
        ("2026-01", "availability.user_cost", "email", 380.0),
        ("2026-02", "availability.user_hours_lost", "email", None),
    ]
    credits, money = of_year([*YEAR, *rows])
    assert money["at_stake"].fillna(-1).tolist() == [60, -1, 40.5, -1]
    assert money["user_hours_lost"].fillna(-1).tolist() == [12, -1, -1, -1]
    found = {f.measure: f for f in annual.contract_figures(money.reset_index(), credits, CONTRACT)}
    assert (found["contract.year_at_stake"].value, found["contract.year_at_stake"].n) == (100.5, 2)
    assert (found["contract.year_user_hours"].value, found["contract.year_user_cost"].value) == (12, 380)
    assert (found["contract.year_credits"].value, found["contract.year_lost"].value) == (3, 0)


@pytest.mark.parametrize(
    ("contract", "absent", "why"),
    [
        ({"term": {"monthly_fee": 10000}}, (), "the contract names no service credits"),
        ({"credits": [{"measure": "availability.ratio", "below": 0.99, "credit_ratio": 0.05}]}, (),
         "the contract states no monthly fee"),
        (CONTRACT, MONTHS, "no month has a pack"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_nought(contract, absent, why):
    credits, money = of_year([] if absent else YEAR, absent=absent, contract=as_contract(contract))
    found = {f.measure: f for f in annual.contract_figures(money.reset_index(), credits, contract)}
    for name in ("owed", "claimed", "credited", "open", "lost", "credits"):
        figure = found[f"contract.year_{name}"]
        assert (figure.value, figure.why_missing) == (None, why), name


# ---------------------------------------------------------------- projects over their life


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
    rows = annual.lives(LIFE, None, PERIOD).set_index("project_id")
    assert rows.index.tolist() == ["A", "E", "B"]
    late = rows.loc["A"]
    # first planned for March 1st: 10 days late in January, 61 at the end of March
    assert (late["first_slip_days"], late["slip_days"], late["moved_days"]) == (10, 61, 51)
    assert (late["cost_variance"], late["grown_cost"]) == (-30, 20)
    assert (late["first_on"], late["last_on"]) == (pd.Timestamp("2026-01-31"), pd.Timestamp("2026-03-31"))
    # in the year: expected end twice, expected cost twice, agreed end once
    assert (late["changes_in_year"], late["changes"]) == (5, 5)
    assert (rows.loc["B", "slip_days"], rows.loc["B", "cost_variance"]) == (-8, 5)
    assert (rows.loc["E", "slip_days"], rows.loc["E", "baseline_source"]) == (0, "first_forecast")


def test_the_figures_of_projects():
    changes = projects.changes(LIFE, PERIOD.last.end_on, since=PERIOD.first.first_on)
    found = {
        (f.measure, f.subject): f for f in annual.project_figures(annual.lives(LIFE, None, PERIOD), changes)
    }
    counts = ("projects", "done", "cancelled", "late", "moved", "changes")
    assert [found[(f"projects.year_{name}", "")].value for name in counts] == [3, 1, 1, 1, 1, 5]
    assert found[("projects.year_slip", "")].value == 0
    assert found[("projects.year_slip", "A")].value == 61
    assert found[("projects.year_cost_variance", "")].value == -25
    assert all(figure.verdict is None for figure in found.values())


@pytest.mark.parametrize("table", [None, LIFE.head(0), LIFE[LIFE["project_id"] == "D"]])
def test_a_year_without_projects_says_so(table):
    rows = annual.lives(table, None, PERIOD)
    assert rows.empty and list(rows.columns) == annual.LIVES
    changes = projects.changes(table, PERIOD.last.end_on, since=PERIOD.first.first_on)
    for figure in annual.project_figures(rows, changes):
        assert (figure.value, figure.why_missing) == (None, "no project was reported in the period")


# ---------------------------------------------------------------- the assessment


def recorded(*figures: Figure) -> pd.DataFrame:
    return pd.DataFrame([figure.row() for figure in figures], columns=COLUMNS)


PACK = recorded(
    Figure(measure="year.promised", value=3, unit="count", n=3),
    Figure(measure="year.met", value=1, unit="count", n=3),
    Figure(
        measure="year.without_data", subject="2026-02", unit="count", why_missing="no exports were supplied"
    ),
    Figure(measure="year.missed_months", subject="backups.unprotected", value=1, unit="count", n=2),
    Figure(measure="year.missed_months", subject="availability.ratio the shop", value=4, unit="count", n=10),
    Figure(measure="year.missed_months", subject="availability.ratio email", value=0, unit="count", n=10),
    Figure(measure="year.missed_months", subject="capacity.utilisation a:b", n=0, why_missing="no month"),
    Figure(measure="contract.year_owed", unit="cost", why_missing="the contract names no service credits"),
    Figure(measure="contract.year_lost", value=0.0, unit="cost", n=3),
    Figure(measure="questions.graded", value=2, unit="count", n=20),
    Figure(measure="questions.open_findings", subject="critical", value=1, unit="count", verdict="missed"),
)


def test_the_assessment_takes_over_what_the_other_pages_say():
    found = {(f.measure, f.subject): f for f in annual.assessment_figures(PACK)}
    assert {name for _, name in found if name} == {"2026-02", "critical"}
    assert {f"assessment.{name}" for name in annual.CARRIED} <= {name for name, _ in found}
    met, owed, missed = (found[(f"assessment.{name}", "")] for name in ("met", "credits_owed", "missed"))
    assert (met.value, met.n, met.unit) == (1, 3, "count")
    assert (owed.value, owed.why_missing) == (None, "the contract names no service credits")
    assert (missed.value, missed.why_missing) == (None, "no notebook of this pack gives year.missed")
    assert found[("assessment.credits_lost", "")].value == 0
    critical = found[("assessment.open_findings", "critical")]
    assert (critical.value, critical.verdict) == (1, None)  # the page that found it judges it
    assert found[("assessment.without_data", "2026-02")].why_missing == "no exports were supplied"


def test_the_worst_are_those_missed_most_often():
    assert annual.worst(PACK).to_numpy().tolist() == [
        ["availability.ratio", "the shop", 4, 10],
        ["backups.unprotected", "", 1, 2],
    ]
    assert list(annual.worst(recorded()).columns) == annual.WORST


def test_the_summary_is_in_the_order_of_what_is_carried():
    assert annual.summary(PACK)["measure"].tolist() == [
        "year.promised", "year.met", "contract.year_owed", "contract.year_lost", "questions.graded"
    ]  # fmt: skip
    assert annual.summary(recorded()).empty
    assert all(figure.value is None for figure in annual.assessment_figures(recorded()))
