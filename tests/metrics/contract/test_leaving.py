"""Rule 30: every sentence by a case worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from terms import ASSETS, AT, RESTORES, TERM

from msp_report.metrics.contract import exit_cost


@pytest.mark.parametrize(
    ("term", "at", "expected"),
    [
        # 18,000 x 12 / 365 x 90 = 53,260.27
        (TERM, AT, "107260.27"),
        # 31 days are left from 1 March to 31 March: 18,345.21
        (TERM, pd.Timestamp("2028-03-01", tz="UTC"), "72345.21"),
        # the last day is over
        (TERM, pd.Timestamp("2028-04-01", tz="UTC"), "54000.00"),
        (TERM, pd.Timestamp("2028-05-01", tz="UTC"), "54000.00"),
        # a date counts itself: 30 days are left after 1 March
        (TERM, date(2028, 3, 1), "71753.42"),
        # only one of notice and end is stated
        ({**TERM, "notice_days": None}, pd.Timestamp("2028-03-01", tz="UTC"), "72345.21"),
        ({**TERM, "ends_on": None}, pd.Timestamp("2028-03-01", tz="UTC"), "107260.27"),
        ({**TERM, "exit_fee": 0}, AT, "53260.27"),
    ],
)
def test_exit_today(term, at, expected):
    rows = exit_cost({"term": term}, None, at)
    assert sum(rows.loc[rows["kind"] == "fee", "amount"]) == Decimal(expected)


def test_what_the_contract_does_not_state_is_not_nothing():
    rows = exit_cost({"term": {"monthly_fee": 100}}, None, AT)
    assert list(rows["amount"]) == [None, None]
    assert list(rows["note"]) == [
        "the contract states no exit fee",
        "the contract states neither notice nor end",
    ]
    rows = exit_cost({"term": {"exit_fee": 5, "notice_days": 30}}, None, AT)
    assert list(rows["amount"]) == [5, None]
    assert rows["note"][1] == "the contract states no monthly fee"


def test_what_is_not_proved_reachable_or_restorable():
    """A later proof and a failed one prove nothing; what is retired or not yet there needs none."""
    terms = {
        "exit_access": [{"item": "domain", "held_by": "provider"}, {"item": "dns", "proved_on": "2026-03-01"}]
    }
    rows = exit_cost(terms, ASSETS, AT, RESTORES)
    told = rows.loc[rows["kind"] != "fee", ["kind", "item", "proved", "held_by"]]
    assert list(told.fillna({"held_by": ""}).itertuples(index=False, name=None)) == [
        ("access", "domain", False, "provider"),
        ("access", "dns", True, ""),
        ("access", "app", False, "client"),
        ("access", "fw", False, "provider"),
        ("access", "db", True, "client"),
        ("restore", "app", False, "client"),
        ("restore", "db", True, "client"),
    ]
    assert rows.loc[rows["kind"] == "restore", "proved_on"].max() == pd.Timestamp("2026-06-01")
    # without tests nothing is proved restorable
    bare = exit_cost({}, ASSETS, AT)
    assert not bare.loc[bare["kind"] == "restore", "proved"].any()
