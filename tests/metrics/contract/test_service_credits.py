"""Rule 29: every sentence by a case worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf
from terms import AT, TIERS, agreed, figures, history

from msp_report.metrics import availability, contract
from msp_report.metrics.contract import CAP, credits, credits_to_date


def owed(now, before=None, terms=None, table=None, month="2026-10") -> dict:
    rows = credits(now, before, table, terms or agreed(), month)
    return dict(zip(rows["subject"].fillna(""), rows["owed"], strict=True))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.9995, {}),
        # the threshold itself is not below it
        (0.999, {}),
        (0.9989, {"email": 500}),
        # the worst tier reached, not their sum
        (0.98, {"email": 1500}),
        # nothing is known: nothing is owed, and all is at risk (rule 50)
        (None, {"email": 0}),
    ],
)
def test_the_worst_tier_of_the_monthly_fee(value, expected):
    assert owed(figures(("email", value))) == expected


def test_a_tier_may_lie_above():
    tiers = [{"measure": "tickets.backlog", "above": 50, "credit_ratio": 0.02}]
    now = figures(("", 51), measure="tickets.backlog")
    assert owed(now, terms=agreed(tiers)) == {"": 200}
    assert owed(now.assign(value=50), terms=agreed(tiers)) == {}


def test_a_tier_for_one_subject_is_for_no_other():
    tiers = [{**TIERS[0], "subject": "email"}]
    assert owed(figures(("email", 0.9), ("erp", 0.9)), terms=agreed(tiers)) == {"email": 500}


def test_each_service_once():
    """Too low and too often down: the ratio's 15 % hold the 5 % of the outages."""
    tiers = [*TIERS, {"measure": "availability.outages", "above": 2, "credit_ratio": 0.05}]
    now = pd.concat(
        [figures(("email", 0.98), ("erp", 0.9989)), figures(("email", 4), measure="availability.outages")]
    )
    rows = credits(now, None, None, agreed(tiers), "2026-10")
    assert list(zip(rows["measure"], rows["subject"], rows["owed"], strict=True)) == [
        ("availability.ratio", "email", 1500),
        ("availability.ratio", "erp", 500),
        ("availability.outages", "email", 0),
    ]
    assert rows["note"][2] == "counted once a service, with its worst level"


@pytest.mark.parametrize(
    ("before", "factor"),
    [
        (figures(("email", 0.9)), 2),
        # missed its target, though no tier of credits
        (figures(("email", 0.9995, "missed")), 2),
        (figures(("email", 0.9995, "met")), 1),
        # judged met by the contract's own target, whatever the tier
        (figures(("email", 0.99, "met")), 1),
        # without a verdict the tier speaks
        (figures(("email", 0.99, None)), 2),
        (figures(("erp", 0.9)), 1),
        (figures(("email", None, "no_data")), 1),
        (None, 1),
    ],
)
def test_twice_where_the_month_before_missed_too(before, factor):
    assert owed(figures(("email", 0.995)), before, agreed(repeat_factor=2)) == {"email": 500 * factor}


def test_the_sum_is_capped_and_the_rows_add_up():
    """1500 + 1500 + 500 of at most 20 % of 10,000: 1500 are taken off."""
    now = figures(("email", 0.98), ("erp", 0.98), ("vpn", 0.9989))
    rows = credits(now, None, None, agreed(cap_ratio=0.2), "2026-10")
    assert list(rows["owed"]) == [1500, 1500, 500, -1500]
    assert rows["measure"].iloc[-1] == CAP
    assert sum(rows["owed"]) == 2000
    assert len(credits(now, None, None, agreed(cap_ratio=0.35), "2026-10")) == 3


def test_money_is_rounded_to_the_cent_once():
    """5 % of 333.33 is 16.6665, twice that 33.333."""
    now = figures(("email", 0.995))
    assert owed(now, terms=agreed(fee="333.33")) == {"email": Decimal("16.67")}
    assert owed(now, now, agreed(fee="333.33", repeat_factor=2)) == {"email": Decimal("33.33")}


def test_the_last_day_to_claim():
    """60 days after 31 October is 30 December."""
    assert credits(figures(("email", 0.9)), None, None, agreed(), "2026-10")["claim_by"][0] == pd.Timestamp(
        "2026-12-30"
    )
    assert (
        credits(figures(("email", 0.9)), None, None, agreed(claim_days=None), "2026-10")["claim_by"]
        .isna()
        .all()
    )


def test_the_contract_of_the_months_first_day():
    terms = agreed() | {"amendments": [{"effective_on": "2026-10-02", "set": {"term.monthly_fee": 20_000}}]}
    assert owed(figures(("email", 0.995)), terms=terms) == {"email": 500}
    assert owed(figures(("email", 0.995)), terms=terms, month="2026-11") == {"email": 1000}


def test_without_a_fee_what_is_owed_is_not_known():
    rows = credits(figures(("email", 0.995)), None, None, {"credits": TIERS}, "2026-10")
    assert rows.loc[0, "owed"] is None
    assert rows.loc[0, "note"] == "the contract states no monthly fee"
    # of two levels of one service the other is not counted, whatever the fee
    tiers = [*TIERS, {"measure": "availability.outages", "above": 2, "credit_ratio": 0.05}]
    now = pd.concat([figures(("email", 0.98)), figures(("email", 4), measure="availability.outages")])
    rows = credits(now, None, None, {"credits": tiers}, "2026-10").set_index("measure")
    assert rows.loc["availability.outages", "note"] == "counted once a service, with its worst level"
    assert rows["owed"].tolist() == rows["at_risk"].tolist() == [None, None]


CLAIMS = pd.DataFrame(
    {
        "month": ["2026-10", "2026-10", "2026-10", "2026-09"],
        "measure": "availability.ratio",
        "subject": ["email", "erp", "web", "vpn"],
        "claimed_on": pd.to_datetime(["2026-11-05", "2026-11-05", "2026-11-05", "2026-10-05"]),
        "credited_on": pd.to_datetime([None, "2026-12-01", None, "2026-10-20"]),
        "amount": [None, Decimal("300"), Decimal("450"), Decimal("500")],
    }
)


def test_owed_beside_claimed_and_credited():
    now = figures(("email", 0.98), ("erp", 0.98), ("web", 0.98), ("vpn", 0.98))
    rows = credits(now, None, CLAIMS, agreed(), "2026-10").set_index("subject")
    told = {name: tuple(rows.loc[name, ["owed", "claimed", "credited"]]) for name in rows.index}
    assert told == {
        "email": (1500, 1500, 0),  # claimed whole, not granted
        "erp": (1500, 1500, 300),  # 300 granted
        "web": (1500, 450, 0),  # 450 claimed
        "vpn": (1500, 0, 0),  # nothing in this month
    }


def test_a_claim_for_what_is_not_owed_is_listed():
    rows = credits(figures(("email", 1.0, "met")), None, CLAIMS[1:2], agreed(), "2026-10")
    assert tuple(rows.loc[0, ["subject", "owed", "credited"]]) == ("erp", 0, 300)
    assert rows.loc[0, "note"] == "no level of the contract was missed that far"


def test_a_figure_without_a_subject_is_claimed_without_one():
    table = CLAIMS[:1].assign(subject=None)
    rows = credits(figures((None, 0.98)), None, table, agreed(), "2026-10")
    assert rows[["owed", "claimed"]].to_numpy().tolist() == [[1500, 1500]]
    before = figures((None, 0.9))
    rows = credits(figures((None, 0.98)), before, table, agreed(repeat_factor=2), "2026-10")
    assert rows[["owed", "repeated"]].to_numpy().tolist() == [[3000, True]]


@pytest.mark.parametrize("value", [0.98, 1.0])
def test_the_record_has_its_columns_and_their_types_with_and_without_rows(value):
    rows = credits(figures(("email", value)), None, None, agreed(), "2026-10")
    kinds = rows.dtypes.astype("str").to_dict()
    text, money = (
        ("month", "measure", "subject", "clause", "note"),
        ("owed", "at_risk", "claimed", "credited"),
    )
    numbers, days = ("value", "threshold", "credit_ratio"), ("claim_by", "claimed_on", "credited_on")
    assert kinds == {
        **dict.fromkeys(text, "str"),
        **dict.fromkeys(money, "object"),
        **dict.fromkeys(numbers, "float64"),
        **dict.fromkeys(days, "datetime64[us]"),
        "repeated": "bool",
    }
    assert list(rows.index) == list(range(len(rows)))


def test_no_credits_agreed_and_none_reached():
    assert credits(figures(("email", 0.5)), None, None, {}, "2026-10").empty
    assert credits(figures(), None, None, agreed(), "2026-10").empty
    with pytest.raises(ValueError, match="not a month"):
        credits(figures(), None, None, agreed(), "October")


def test_credits_of_earlier_months():
    """60 days to claim: August's ran out on 30 October, September's runs to 29 November."""
    past = history(m08=0.98, m09=0.98, m10=0.98)
    rows = credits_to_date(past, None, agreed(), "2026-10")
    assert list(zip(rows["month"], rows["state"], rows["left"], strict=True)) == [
        ("2026-10", "open", 1500),
        ("2026-09", "open", 1500),
        ("2026-08", "expired", 0),
    ]
    assert list(rows.index) == [0, 1, 2]
    # in September nothing of October was known
    assert list(credits_to_date(past, None, agreed(), "2026-09")["state"]) == ["open", "open"]
    # the month before missed too: twice from September on
    assert list(credits_to_date(past, None, agreed(repeat_factor=2), "2026-10")["owed"]) == [3000, 3000, 1500]


def test_claims_and_grants_after_the_month_do_not_exist():
    table = pd.DataFrame(
        {
            "month": "2026-08",
            "measure": "availability.ratio",
            "subject": "email",
            "claimed_on": pd.to_datetime(["2026-09-30"]),
            "credited_on": pd.to_datetime(["2026-11-02"]),
            "amount": [Decimal(1000)],
        }
    )
    past = history(m08=0.98)
    states = [
        credits_to_date(past, table, agreed(), month)["state"][0]
        for month in ("2026-08", "2026-09", "2026-11")
    ]
    assert states == ["open", "claimed", "credited in part"]
    rows = credits_to_date(past, table, agreed(), "2026-11")
    assert (rows["credited"][0], rows["left"][0]) == (1000, 500)


def test_nothing_is_left_once_the_cap_was_paid():
    now = figures(("email", 0.98), ("erp", 0.98)).assign(month="2026-10")
    table = CLAIMS[:2].assign(credited_on=pd.Timestamp("2026-10-31"), amount=Decimal(1000))
    rows = credits_to_date(now, table, agreed(cap_ratio=0.2), "2026-10")
    assert list(rows["state"]) == ["credited", "credited", "nothing owed"]
    assert sum(rows["left"]) == 0


def test_no_history():
    assert credits_to_date(history(m08=0.98)[:0], None, agreed(), "2026-10").empty


@examples(20)
@given(st.lists(st.floats(0.9, 1.0), min_size=1, max_size=6), st.floats(0, 0.5), st.integers(0, 99))
def test_the_sum_is_never_over_the_cap_and_rows_may_come_in_any_order(values, cap, seed):
    now = figures(*((f"s{n}", value) for n, value in enumerate(values)))
    terms = agreed(cap_ratio=cap, repeat_factor=2)
    rows = credits(now, now, None, terms, "2026-10")
    assert sum(rows["owed"], Decimal(0)) <= Decimal(str(cap)) * 10_000 + Decimal("0.01")
    again = credits(now.sample(frac=1, random_state=seed), now, None, terms, "2026-10")
    pd.testing.assert_frame_equal(rows, again)


def test_a_frame_of_figures_is_what_credits_reads():
    levels = availability.service_levels(
        pd.DataFrame(
            {
                "service": ["email"],
                "state": ["down"],
                "started_at": pd.to_datetime(["2026-10-05 08:00Z"]),
                "ended_at": pd.to_datetime(["2026-10-05 18:00Z"]),
            }
        ),
        None,
        {"services": [{"name": "email", "availability_ratio": 0.999}]},
        pd.Timestamp("2026-10-01", tz="UTC"),
        AT,
    )
    now = availability.figures_of(levels)
    # ten hours of 744 down: 98.66 %
    assert owed(now) == owed(pd.DataFrame([figure.row() for figure in now])) == {"email": 1500}
    terms = agreed(repeat_factor=2)
    this_month = credits(now, history(m09=0.98), None, terms, "2026-10")
    rows = credits_to_date(history(m08=0.98, m09=0.98, m10=0.5), None, terms, "2026-10", this_month)
    assert list(zip(rows["month"], rows["owed"], strict=True)) == [
        ("2026-10", 3000),
        ("2026-09", 3000),
        ("2026-08", 1500),
    ]


SEPTEMBER, OCTOBER = (pd.Timestamp(f"2026-{month}-01", tz="UTC") for month in ("09", "10"))


def two_months(doubted: dict | None = None) -> pd.DataFrame:
    """October's credits: in both months one P1 ticket solved in 30 minutes and one in 90, of 60 agreed."""
    terms = {
        "term": {"monthly_fee": 1000},
        "credit_terms": {"repeat_factor": 2},
        "tickets": {"priorities": {"P1": {"resolution_min": 60, "attainment_ratio": 0.9}}},
        "credits": [
            {"measure": "tickets.resolution_attainment", "subject": "P1", "below": 0.8, "credit_ratio": 0.1}
        ],
    }
    opened = pd.to_datetime(
        ["2026-09-03 08:00Z", "2026-09-04 08:00Z", "2026-10-05 08:00Z", "2026-10-06 08:00Z"]
    )
    log = pd.DataFrame(
        {
            "ticket_id": ["1", "2", "3", "4"],
            "opened_at": opened,
            "priority": "P1",
            "status": "resolved",
            "resolved_at": opened + pd.to_timedelta([30, 90] * 2, unit="min"),
        }
    )
    before = MonthOf(SEPTEMBER, OCTOBER, terms, tables={"tickets": log[:2]}, doubted=doubted or {})
    case = MonthOf(OCTOBER, AT, terms, tables={"tickets": log}, before=before)
    return contract.analyse(case, PastOf()).credits


def test_the_month_before_missed_by_its_own_gate():
    row = two_months().iloc[0]
    assert (row["value"], row["repeated"], row["owed"], row["at_risk"]) == (0.5, True, 200, 200)
    # a source that nobody believes decides nothing in that month either: twice as much is at risk
    row = two_months({"tickets": "half an export"}).iloc[0]
    assert (row["repeated"], row["owed"], row["at_risk"]) == (False, 100, 200)


def test_credits_that_no_figure_decides():
    tiers = [
        *TIERS,
        {"measure": "availability.ratio", "subject": "erp", "below": 0.9, "credit_ratio": 0.1},
        {"measure": "tickets.backlog", "above": 9, "credit_ratio": 0.1, "clause": "8.9"},
    ]
    rows = contract.unjudged_credits(figures(("email", 1.0), ("erp", None)), agreed(tiers), "2026-10")
    assert list(zip(rows["measure"], rows["subject"], strict=True)) == [
        ("availability.ratio", "erp"),
        ("tickets.backlog", ""),
    ]
    assert list(rows.index) == [0, 1]
    assert contract.unjudged_credits(figures(("email", 1.0)), agreed(), "2026-10").empty
    # a level of one subject is decided by its own figure, however that is spelled, and by no other
    one = [{**TIERS[0], "subject": "erp"}, {**TIERS[1], "subject": "erp"}]
    assert contract.unjudged_credits(figures(("ERP", 1.0)), agreed(one), "2026-10").empty
    assert contract.unjudged_credits(figures((None, 1.0)), agreed(), "2026-10").empty
    for other in (figures(("email", 1.0)), figures((None, 1.0)), figures(("erp", None))):
        rows = contract.unjudged_credits(other, agreed(one), "2026-10")
        assert rows[["subject", "clause"]].to_numpy().tolist() == [["erp", "8.1"]]
