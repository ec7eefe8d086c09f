"""What a contract's year came to in money, and what became of its credits. Worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from months import MonthOf, PastOf

from msp_report.metrics.contract.year import analyse
from msp_report.model.figures import COLUMNS, Figure
from msp_report.params import as_contract

START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-05-01", tz="UTC")
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
    """The analysis of the year, and its money by month."""
    case = MonthOf(START, END, contract, tables={"credits": claims})
    found = analyse(case, PastOf(of_year=packs(*rows), months=calendar(*absent)))
    return found, found.money.set_index("month")


def test_credits_of_a_year_begin_with_what_its_first_month_repeats():
    found, money = of_year()
    credits = found.credits
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


def test_the_list_of_credits_adds_up_to_what_is_owed_with_what_the_cap_took_off():
    found, _ = of_year()
    owed = {figure.measure: figure.value for figure in found.figures()}["contract.year_owed"]
    cap = found.listed[found.listed["measure"].eq("credit_terms.cap_ratio")]
    assert cap["owed"].tolist() == [-1000] and cap["state"].tolist() == [""]
    assert found.listed["owed"].ne(0).all() and sum(found.listed["owed"]) == owed == 3000


def test_a_month_without_a_pack_owes_nothing_that_is_known():
    rows = [row for row in YEAR if row[0] != "2026-02"]
    year, money = of_year(rows, absent=["2026-02"])
    assert money.loc["2026-02", ["owed", "credited", "left", "lost", "at_stake"]].isna().all()
    assert money.loc["2026-02", "why_missing"] == "no exports were supplied"
    assert money.loc["2026-04", "owed"] == 0
    found = {f.measure: f for f in year.figures()}
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
    year, money = of_year([*YEAR, *rows])
    assert money["at_stake"].fillna(-1).tolist() == [60, -1, 40.5, -1]
    assert money["user_hours_lost"].fillna(-1).tolist() == [12, -1, -1, -1]
    found = {f.measure: f for f in year.figures()}
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
    year, _ = of_year([] if absent else YEAR, absent=absent, contract=contract)
    found = {f.measure: f for f in year.figures()}
    for name in ("owed", "claimed", "credited", "open", "lost", "credits"):
        figure = found[f"contract.year_{name}"]
        assert (figure.value, figure.why_missing) == (None, why), name
