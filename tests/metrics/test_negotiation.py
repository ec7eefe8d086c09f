"""The negotiation sheet: what clauses came to, what promises without one would have, which harms nothing meets."""

import pandas as pd
import pytest
from months import MonthOf, PastOf, figures_of

from msp_report.metrics import negotiation
from msp_report.model.figures import Figure
from msp_report.model.period import Period
from msp_report.selftest.kept import SUMMED, typed

AGREED = {
    "client": {"name": "Acme", "timezone": "UTC", "currency": "GBP"},
    "term": {"monthly_fee": 1000},
    "services": [{"name": "email", "calendar": "always", "availability_ratio": 0.999}],
    "credits": [
        {"measure": "availability.ratio", "below": 0.997, "credit_ratio": 0.05, "clause": "8.1"},
        {"measure": "availability.ratio", "below": 0.99, "credit_ratio": 0.15, "clause": "8.1"},
        {"measure": "tickets.resolution_attainment", "subject": "P1", "below": 0.8, "credit_ratio": 0.03},
    ],
}
#: The availability of email by month, and how many P2 tickets were solved in time where 9 of 10 are agreed.
EMAIL = {"2026-01": 0.98, "2026-02": 0.995, "2026-03": 0.9999, "2026-04": None}
P2 = {"2026-01": 0.8, "2026-02": 0.85, "2026-03": 0.95, "2026-04": 0.95}
PERIOD = Period.parse("2026-01..2026-04")


def judged(measure, subject, value, target):
    why = None if value is not None else "no checks"
    verdict = "no_data" if value is None else "met" if value >= target else "missed"
    return Figure(
        measure=measure,
        subject=subject,
        value=value,
        target=target,
        verdict=verdict,
        clause="4",
        why_missing=why,
    )


def year(agreed=AGREED, tested=None, months=EMAIL):
    frames = [
        figures_of(
            judged("availability.ratio", "email", months[month], 0.999),
            judged("tickets.resolution_attainment", "P2", P2[month], 0.9),
        ).assign(month=month)
        for month in months
    ]
    start, end = PERIOD.bounds("UTC")
    told = pd.DataFrame({"month": list(EMAIL)})
    told = told.assign(published=told["month"].isin(list(months)), to_date=False, why_missing=None)
    past = PastOf(months=told, of_year=pd.concat(frames) if frames else figures_of().assign(month=""))
    past.selftest = past.selftest if tested is None else tested
    return negotiation.analyse(MonthOf(start, end, agreed), past)


def harms(*rows):
    """Rows of (harm, size, hides, tries, caught, paid)."""
    told = pd.DataFrame(rows, columns=["harm", "harm_size", "hides", "tries", "caught", "paid"])
    return typed(
        told.reindex(columns=["month", *SUMMED]).fillna({"month": "2026-04", "capped": 0, "unit": "min"})
    )


def test_each_credit_is_counted_in_the_months_in_which_it_was_the_worst_reached():
    rows = year().clauses
    assert rows["bit"].tolist() == [1, 1, 0]
    assert rows["months"].tolist() == [3, 3, 0], "April has no figure, and no P1 ticket was ever solved"
    assert rows["owed"].tolist() == [50.0, 150.0, 0.0]


def test_a_credit_that_was_judged_and_never_owed_is_idle_and_one_never_judged_is_not():
    agreed = AGREED | {"credits": [{"measure": "availability.ratio", "below": 0.5, "credit_ratio": 0.05}]}
    assert len(year(agreed).idle) == 1
    assert len(year().idle) == 0


def test_the_interval_of_the_money_holds_what_was_owed():
    rows = year().clauses
    assert (rows["owed_low"] <= rows["owed"]).all() and (rows["owed"] <= rows["owed_high"]).all()
    # three of four months owed nothing by the second: a year like it may owe nothing, or twice as much and more
    assert rows.loc[1, "owed_low"] == 0 and rows.loc[1, "owed_high"] >= 300


def test_months_that_are_all_alike_leave_no_doubt():
    same = dict.fromkeys(EMAIL, 0.995)
    row = year(months=same).clauses.iloc[0]
    assert (row["owed_low"], row["owed"], row["owed_high"]) == (200.0, 200.0, 200.0)


def test_a_promise_without_a_credit_is_given_the_smallest_for_every_month_missed():
    rows = year().promised
    assert rows[["measure", "subject", "missed", "months", "would_pay"]].values.tolist() == [
        ["tickets.resolution_attainment", "P2", 2, 4, 60.0]
    ]


def test_without_a_credit_or_a_pack_money_is_missing_and_says_why():
    for found, why in (
        (year(AGREED | {"credits": []}), "the contract names no service credits"),
        (year(months={}), "no month has a pack"),
    ):
        by = {figure.measure: figure for figure in found.figures()}
        for name in ("clauses_paid", "would_pay"):
            assert by[f"negotiation.{name}"].value is None and by[f"negotiation.{name}"].why_missing == why


def test_a_month_that_was_not_tested_says_so():
    for figure in year().figures():
        if figure.measure.endswith(("caught", "unpaid", "passed")):
            assert (figure.value, figure.why_missing) == (
                None,
                "no month of the period was tested with harms",
            )


def test_a_harm_caught_in_one_size_is_caught_and_named_in_its_largest_otherwise():
    found = year(
        tested=harms(
            ("down", 30, False, 5, 0, 0),
            ("down", 480, False, 5, 5, 5),
            ("slow", 30, False, 5, 0, 0),
            ("slow", 480, False, 5, 0, 0),
            ("late", 1, False, 5, 3, 0),
            ("cut", 3, True, 5, 4, 0),
        )
    )
    assert found.uncaught[["harm", "harm_size", "tries"]].values.tolist() == [["slow", 480.0, 10]]
    assert found.unpaid["harm"].tolist() == ["slow", "late"]
    assert found.passed["harm"].tolist() == ["cut"]
    values = {figure.measure.split(".")[1]: (figure.value, figure.n) for figure in found.figures()}
    assert values["harms_uncaught"] == (1, 3) and values["harms_unpaid"] == (2, 3)
    assert values["passed"] == (1, 5)


@pytest.mark.parametrize("name", ["harms", "clauses", "promised"])
def test_every_record_is_there_though_it_may_be_empty(name):
    assert name in year(months={}).records()
