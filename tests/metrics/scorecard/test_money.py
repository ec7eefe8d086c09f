"""What a month came to, by hand."""

import pandas as pd
import pytest
from months import figures_of

from msp_report.metrics.scorecard import money
from msp_report.model.figures import Figure
from msp_report.params import as_contract

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
AGREED = {
    "client": {"name": "Acme", "timezone": "UTC", "currency": "GBP"},
    "term": {"monthly_fee": 1000, "included_hours": 10, "billed": "entries"},
    "tickets": {"hourly_rate": 50},
}
HOURS = pd.DataFrame({"month": ["2026-10"], "hours": [12.0], "over_hours": [2.0], "over_cost": [100.0]})
CLAIMS = pd.DataFrame(
    {
        "measure": ["availability.ratio", "availability.ratio", "credit_terms.cap_ratio"],
        "state": ["open", "credited", "open"],
        "claim_by": ["2026-12-30", "2026-11-02", "2026-11-01"],
    }
)
DUE = pd.DataFrame(
    {
        "decision": ["hold", "release", "hold"],
        "amount": [200.0, 70.0, 30.0],
        "currency": ["GBP", "GBP", "USD"],
    }
)
PACK = figures_of(
    Figure(measure="availability.user_cost", subject="email", value=300, n=1),
    Figure(measure="availability.user_cost", subject="erp", value=100, n=1),
    Figure(measure="availability.user_hours_lost", subject="email", value=6, n=1),
    Figure(measure="contract.credit_owed", value=50, n=1),
    Figure(measure="contract.credit_owed", subject="email", value=50, n=1),
    Figure(measure="contract.credit_unclaimed", value=80, n=2),
)


def came_to(pack=PACK, agreed=AGREED, beside=(3.0, 150.0), hours=HOURS, claims=CLAIMS, due=DUE, before=None):
    last = figures_of() if before is None else before
    return money.money(pack, last, as_contract(agreed), hours, beside, claims, due).set_index("kind")


def test_a_month_costs_its_fee_its_extra_work_and_the_work_lost_less_its_credits():
    rows = came_to()
    assert rows.loc["what the month came to", "amount"] == 1000 + 150 + 400 - 50
    assert rows.loc["what the month came to", "hours"] == 12 + 3 + 6
    assert pd.isna(rows.loc["what the month came to", "lacks"])


def test_what_nobody_states_is_missing_from_the_total_which_says_so():
    rows = came_to(beside=(None, None), pack=PACK[~PACK["measure"].str.startswith("availability")])
    total = rows.loc["what the month came to"]
    assert total["amount"] == 950
    assert total["lacks"] == "work charged beside the fee; work lost to outages"
    nothing = came_to(figures_of(), AGREED | {"term": {}}, (None, None), None, None, None)
    assert nothing["amount"].isna().all()
    assert {f.measure for f in money.figures(nothing.reset_index()) if f.value is None} == {
        "scorecard.month_cost", "scorecard.month_hours", "scorecard.work_beside", "scorecard.to_hold",
    }  # fmt: skip


def test_of_a_contract_without_credits_nothing_can_be_claimed_and_that_is_no_sum():
    none = figures_of(Figure(measure="contract.credit_unclaimed", value=0, n=0))
    agreed = AGREED | {"term": {}, "credits": []}
    row = came_to(none, agreed, (None, None), None, CLAIMS[:0], None).loc["can still be claimed"]
    assert pd.isna(row["amount"]) and pd.isna(row["n"])
    # what earlier months left to claim stays, whatever the contract says by now
    assert came_to(agreed=agreed).loc["can still be claimed", "amount"] == 80.0


def test_bills_in_another_currency_are_held_and_in_no_sum():
    row = came_to().loc["bills to hold"]
    assert (row["amount"], row["n"], row["lacks"]) == (200.0, 2, "bills in another currency")


def test_the_first_claim_that_lapses_is_of_those_still_open():
    row = came_to().loc["can still be claimed"]
    assert (row["amount"], row["n"], row["by_on"]) == (80.0, 2, pd.Timestamp("2026-12-30"))


def test_the_last_packs_own_sums_stand_beside():
    before = figures_of(
        Figure(measure="scorecard.month_cost", value=1200, n=4),
        Figure(measure="scorecard.to_hold", value=5, n=1),
    )
    rows = came_to(before=before)
    assert rows.loc[["what the month came to", "bills to hold"], "last_amount"].tolist() == [1200, 5]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [({"billed": "entries"}, (3.0, 150.0)), ({"billed": "over_included"}, (2.0, 100.0)), ({}, (None, None))],
)
def test_which_hours_cost_money_the_contract_says(terms, expected):
    entries = pd.DataFrame(
        {
            "worked_on": pd.to_datetime(["2026-10-05", "2026-10-06", "2026-09-30"]),
            "hours": [3.0, 4.0, 9.0],
            "billable": pd.array([True, False, True], dtype="boolean"),
        }
    )
    agreed = as_contract(AGREED | {"term": {"monthly_fee": 1000} | terms})
    assert money.charged_beside(entries, agreed, START, END, HOURS) == expected
