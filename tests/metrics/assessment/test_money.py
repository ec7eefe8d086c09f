"""What a year came to: it adds up, and says what nobody states."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import figures_of

from msp_report.metrics.assessment import money
from msp_report.metrics.scorecard import money as month
from msp_report.model.figures import Figure

NO_MONTHS = pd.DataFrame(columns=["month", "kind", "amount", "hours"])
SAYS = {
    "year_fee": month.FEE,
    "year_user_cost": month.LOST,
    "year_owed": month.CREDITS,
    "year_lost": money.LAPSED,
}


def said(**values: float | None) -> pd.DataFrame:
    """The figures of a pack's page on the contract."""
    return figures_of(
        *(Figure.of(f"contract.{name}", value, "nobody states it") for name, value in values.items())
    )


def beside(*amounts: float | None) -> pd.DataFrame:
    """What was charged beside the fee in some months."""
    rows = [
        (f"2026-{n + 1:02d}", month.BESIDE, amount, amount and amount / 95)
        for n, amount in enumerate(amounts)
    ]
    return pd.DataFrame(rows, columns=list(NO_MONTHS)).astype({"amount": "float64", "hours": "float64"})


pounds = st.none() | st.integers(0, 10**6).map(float)


@examples(30)
@given(st.fixed_dictionaries(dict.fromkeys(SAYS, pounds)), st.lists(pounds, max_size=3))
def test_the_total_is_the_sum_of_what_is_stated_and_names_the_rest(values, charged):
    table = money.money(said(**values), beside(*charged), None, None).set_index("kind")
    signs = {month.CREDITS: -1}
    parts = [*SAYS.values(), month.BESIDE]
    known = table.loc[parts, "amount"].dropna()
    total = table.loc[money.TOTAL]
    if known.empty:
        assert pd.isna(total["amount"])
    else:
        assert total["amount"] == pytest.approx(sum(signs.get(kind, 1) * known[kind] for kind in known.index))
    unsaid = [kind for kind in parts if kind not in known.index and kind != money.LAPSED]
    lacks = total["lacks"].split("; ") if pd.notna(total["lacks"]) else []
    assert sorted(lacks) == sorted(unsaid)
    (cost, _) = money.figures(table.reset_index())
    assert (cost.value is None) == known.empty and cost.n == len(known)


def test_what_is_claimed_and_when_it_lapses():
    credits = pd.DataFrame(
        {
            "state": ["open", "open", "expired", "nothing owed"],
            "claim_by": ["2026-12-30", "2026-11-29", "2026-03-01", None],
        }
    )
    hours = pd.DataFrame({"hours": [250.0, None, 230.5], "included_hours": [240.0, 240.0, None]})
    figures = said(year_open=4140, year_credited=3600, year_credits=7, year_fee=36000)
    table = money.money(figures, NO_MONTHS, hours, credits).set_index("kind")
    claim = table.loc[month.CLAIM]
    assert (claim["amount"], claim["n"], claim["by_on"]) == (4140, 2, pd.Timestamp("2026-11-29"))
    assert table.loc[month.FEE, ["hours", "included_hours"]].tolist() == [480.5, 480]
    assert (table.loc[money.GRANTED, "amount"], table.loc[month.CREDITS, "n"]) == (3600, 7)


def test_each_month_stands_in_its_place_and_one_without_a_pack_is_a_gap():
    rows = [
        ("2026-01", month.TOTAL, 100.0, 1.0),
        ("2026-03", month.TOTAL, 300.0, 1.0),
        ("2026-03", month.FEE, 7, 1),
    ]
    months = pd.DataFrame(rows, columns=list(NO_MONTHS))
    found = money.by_month(months, ["2026-01", "2026-02", "2026-03"])
    assert found["amount"].fillna(-1).tolist() == [100, -1, 300]
    assert money.by_month(NO_MONTHS, ["2026-01"])["amount"].isna().all()
