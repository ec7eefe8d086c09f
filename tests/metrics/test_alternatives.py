"""Outgrown, and in house or not: trends, unsupported work, and what each function would cost elsewhere."""

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf

from msp_report.metrics import alternatives
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Period

PERIOD = Period.parse("2026")
START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC")


def year(**series: list) -> pd.DataFrame:
    """Values by month from January on, by the name of a measure of tickets; None is a month without a figure."""
    units = {"hours": "hours", "opened": "count", "backlog": "count", "solved": "count"}
    rows = [
        {
            "month": f"2026-{month:02d}",
            **Figure(measure=f"tickets.{name}", value=value, unit=units.get(name, "ratio")).row(),
        }
        for name, values in series.items()
        for month, value in enumerate(values, 1)
        if value is not None
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["month", *COLUMNS])


def trend_of(measure: str, contract: dict | None = None, **series: list) -> dict:
    table = alternatives.trends(year(**series), contract or {}, PERIOD)
    return table.set_index("measure").loc[measure].to_dict()


# ---------------------------------------------------------------- outgrown


def test_a_steady_growth_is_a_trend():
    # ten more for every month: first days of month lie 28 to 31 days apart, the median slope is 10 in 31 days or less
    row = trend_of("tickets.opened", opened=[100 + 10 * n for n in range(12)])
    assert (row["direction"], row["worse"], row["months"]) == ("rising", True, 12)
    assert row["a_year"] == pytest.approx(120, abs=2.5) and row["least"] <= row["change"] <= row["most"]


def test_fewer_solved_in_time_is_for_the_worse_and_has_no_sign():
    row = trend_of(
        "tickets.resolution_attainment", resolution_attainment=[0.98 - 0.01 * n for n in range(12)]
    )
    assert (row["direction"], row["worse"]) == ("falling", True)
    assert row["a_year"] < 0 < row["least"] <= row["change"] <= row["most"]
    better = trend_of(
        "tickets.resolution_attainment", resolution_attainment=[0.8 + 0.01 * n for n in range(12)]
    )
    assert (better["direction"], better["worse"]) == ("rising", False)


def test_noise_is_no_trend():
    row = trend_of("tickets.opened", opened=[100, 110, 95, 108, 97, 111, 94, 109, 98, 107, 96, 110])
    assert (row["direction"], row["worse"]) == ("no trend", False) and pd.isna(row["change"])
    assert row["a_year_low"] < 0 < row["a_year_high"]


def test_too_few_months_are_no_trend_and_say_why():
    row = trend_of("tickets.opened", opened=[100, None, 120, 130, None, 140, 150])
    assert pd.isna(row["a_year"]) and row["why"] == "5 months have a figure: a trend needs 6"
    assert pd.isna(row["direction"]) and not row["worse"]
    assert trend_of("tickets.hours", opened=[1])["why"] == "0 months have a figure: a trend needs 6"
    assert trend_of("tickets.opened", opened=[1])["why"] == "1 month has a figure: a trend needs 6"


def test_a_rebase_inside_the_year_is_named():
    rebase = [
        {"measure": "tickets.opened", "on": "2026-04-01", "why": "Leeds joined"},
        {"measure": "tickets.opened", "subject": "P1", "on": "2026-05-01", "why": "of P1 alone"},
        {"measure": "tickets.opened", "on": "2025-04-01", "why": "long ago"},
    ]
    assert (
        trend_of("tickets.opened", {"rebase": rebase}, opened=[1] * 8)["note"] == "2026-04-01: Leeds joined"
    )


def test_months_without_a_pack_are_named_and_users_follow_the_contract():
    contract = {
        "services": [{"name": "mail", "users": 100}, {"name": "erp", "users": 40}],
        "amendments": [{"effective_on": "2026-07-01", "set": {"services.mail.users": 200}}],
    }
    table = alternatives.months(year(opened=[50, 60], backlog=[3, 4]), contract, PERIOD)
    assert len(table) == 12 and table["opened"].notna().sum() == 2 and table["hours"].isna().all()
    assert table["users"].tolist() == [100] * 6 + [200] * 6
    assert table["opened_per_user"].tolist()[:2] == [0.5, 0.6]
    assert alternatives.months(year(opened=[50]), {}, PERIOD)["users"].isna().all()


SCOPE = {
    "scope": [
        {"subject": "Help desk", "role": "do", "evidence": "certificate"},
        {"subject": "data", "role": "do", "evidence": "none"},
        {"subject": "mergers", "role": "none", "evidence": "two books"},
        {"subject": "phones", "role": "advise"},
    ]
}


def test_work_that_the_provider_does_not_support():
    projects = pd.DataFrame(
        [
            ("A", "2026-02-28", "Old lake", "in_progress", "Data", 50.0, None),
            ("A", "2026-03-31", "Lake", "in_progress", "Data ", 100.0, None),
            ("B", "2026-03-31", "Join", "proposed", "mergers", None, 900.0),
            ("C", "2026-03-31", "Desk", "in_progress", "help desk", 10.0, None),
            ("D", "2026-03-31", "Robots", "in_progress", "robots", None, None),
            ("E", "2026-03-31", "Gone", "cancelled", "mergers", 500.0, None),
            ("F", "2025-12-31", "Before", "in_progress", "mergers", 500.0, None),
            ("G", "2026-03-31", "Nowhere", "in_progress", None, 500.0, None),
        ],
        columns=["project_id", "as_of", "name", "status", "subject", "forecast_cost", "baseline_cost"],
    )
    tickets = pd.DataFrame(
        {
            "ticket_id": ["1", "2", "3", "4"],
            "opened_at": pd.to_datetime(["2026-05-01", "2026-05-01", "2026-05-01", "2025-05-01"], utc=True),
            "category": ["Phones", "phones", "cheese", "phones"],
            "service": ["phones", None, "help desk", None],
        }
    )
    table = alternatives.unsupported(projects, tickets, SCOPE, START, END)
    assert table[["subject", "why", "projects", "tickets"]].values.tolist() == [
        ["mergers", "not the provider's to do", 1, 0],
        ["data", "the provider has shown nothing here", 1, 0],
        ["phones", "the provider has shown nothing here", 0, 2],
        ["robots", "not in the agreed scope", 1, 0],
    ]
    assert table["cost"].tolist()[:2] == [900, 100] and table["names"].tolist()[:2] == ["Join", "Lake"]
    assert alternatives.unsupported(
        projects, tickets, {}, START, END
    ).empty  # nothing is agreed, nothing is outside
    assert alternatives.unsupported(None, None, SCOPE, START, END).empty


# ---------------------------------------------------------------- in house or not

#: Leaving costs 2,400 over the 730 days that are left: 1,200 a year.
TERM = {
    "term": {
        "starts_on": "2025-01-01",
        "ends_on": "2028-12-30",
        "notice_days": 0,
        "monthly_fee": 1000,
        "exit_fee": 2400,
    }
}


def compared(*entries: dict, end: pd.Timestamp = END, **contract) -> pd.DataFrame:
    table = alternatives.functions({"alternatives": entries}, {**TERM, **contract}, PERIOD, end)
    return table.set_index("function")


def test_the_fee_follows_amendments_and_the_term():
    raised = {"effective_on": "2026-04-01", "set": {"term.monthly_fee": 1400}}
    assert alternatives.yearly_fee({**TERM, "amendments": [raised]}, PERIOD) == 3 * 1000 + 9 * 1400
    begun = {"term": {"starts_on": "2026-07-15", "monthly_fee": 1000}}
    assert alternatives.yearly_fee(begun, PERIOD) == 12000  # six months of the term, taken to a year
    assert alternatives.yearly_fee({}, PERIOD) is None
    assert alternatives.yearly_fee({"term": {"ends_on": "2025-12-31", "monthly_fee": 9}}, PERIOD) is None


def test_a_function_by_hand():
    # fee 12,000 x 0.4 = 4,800. Leaving: 2,400 and 90 days of notice, 12,000 x 90 / 365 = 2,958.90; in all 5,358.90
    # over the 1,460 days = 4 years left of the term: 1,339.73 a year, its part 0.4: 535.89
    term = {**TERM["term"], "notice_days": 90, "ends_on": "2030-12-30"}
    quote = {"function": "desk", "fee_share": 0.4, "yearly_cost": 4500, "dated_on": "2026-06-01"}
    row = compared(quote, term=term).loc["desk"]
    assert (row["fee"], row["cost"], row["saving"]) == (4800, 4500, 300)
    assert row["leaving"] == pytest.approx(0.4 * (2400 + 2958.90) / (1460 / 365), abs=0.01)
    assert row["leaving"] == pytest.approx(535.89, abs=0.01)
    assert (row["saving_low"], row["saving_high"]) == pytest.approx((300 - 535.89, 300), abs=0.01)
    assert (row["equal_cost_low"], row["equal_cost_high"]) == pytest.approx((4800 - 535.89, 4800), abs=0.01)
    # 4,500 of 12,000 is 37.5 %; with leaving 4,500 / (12,000 - 1,339.73) = 42.2 %
    assert (row["equal_share"], row["equal_share_low"]) == (0.375, 0.375)
    assert row["equal_share_high"] == pytest.approx(0.4221, abs=1e-4)
    assert row["state"] == "depends"


@pytest.mark.parametrize(
    ("costs", "state"),
    [
        ([9000], "dearer elsewhere"),
        ([1000], "cheaper elsewhere"),
        ([4799], "depends"),
        ([1000, 9000], "depends"),
        ([8000, 9000], "dearer elsewhere"),
        ([None], "nobody has asked"),
        ([], "nobody has asked"),
    ],
)
def test_states(costs, state):
    entries = [{"function": "desk", "fee_share": 0.4, "yearly_cost": cost} for cost in costs]
    row = compared(*entries, scope=[{"subject": "Desk", "role": "do"}])
    assert row["state"].tolist() == [state]
    assert row["quotes"].iloc[0] == len([cost for cost in costs if cost])


def test_no_quote_and_no_fee_are_not_the_same():
    table = compared(
        {"function": "b", "yearly_cost": 5},
        {"function": "a", "fee_share": 0.1, "yearly_cost": 5},
        scope=[
            {"subject": "c", "role": "do"},
            {"subject": "d", "role": "advise"},
            {"subject": "e", "role": "none"},
        ],
    )
    assert table["state"].to_dict() == {
        "a": "cheaper elsewhere",
        "b": "the fee is not known",
        "c": "nobody has asked",
        "d": "nobody has asked",
    }
    assert pd.isna(table.loc["b", "saving"]) and table.loc["b", "cost"] == 5
    unknown = compared({"function": "a", "fee_share": 0.1, "yearly_cost": 5}, term={})
    assert unknown["state"].tolist() == ["the fee is not known"]


def test_several_quotes_and_shares_make_a_range():
    row = compared(
        {"function": "desk", "fee_share": 0.3, "yearly_cost": 3000},
        {"function": "Desk ", "fee_share": 0.5, "yearly_cost": 5000},
        term={"monthly_fee": 1000},
    ).iloc[0]
    assert (row["quotes"], row["fee_low"], row["fee"], row["fee_high"]) == (2, 3600, 4800, 6000)
    assert (row["cost_low"], row["cost"], row["cost_high"]) == (3000, 4000, 5000)
    assert (row["saving_low"], row["saving"], row["saving_high"]) == (3600 - 5000, 800, 6000 - 3000)
    assert (row["leaving"], row["equal_share_low"], row["equal_share_high"]) == (
        0,
        0.25,
        pytest.approx(5 / 12),
    )


@pytest.mark.parametrize(
    ("dated_on", "old", "age"),
    [("2025-12-31", False, 365), ("2025-12-30", True, 366), (None, True, None), ("2027-03-01", False, 0)],
)
def test_a_quote_is_old_after_a_year(dated_on, old, age):
    entry = {"function": "desk", "yearly_cost": 1, "dated_on": dated_on}
    (row,) = alternatives.quotes({"alternatives": [entry]}, "2026-12-31").to_dict("records")
    assert row["old"] == old and (pd.isna(row["age_days"]) if age is None else row["age_days"] == age)
    assert compared(entry)["old"].tolist() == [int(old)]


def test_leaving_that_eats_the_whole_fee_is_never_equal():
    row = compared(
        {"function": "desk", "fee_share": 1, "yearly_cost": 100},
        term={"monthly_fee": 10, "exit_fee": 5000, "notice_days": 0},
    ).iloc[0]
    assert pd.isna(row["equal_share_high"]) and row["equal_cost_low"] == 0 and row["leaving"] == 5000


money = st.floats(1, 1e6)


@given(
    share=st.floats(0.01, 1),
    costs=st.lists(money, min_size=1, max_size=4),
    fee=money,
    exit_fee=st.floats(0, 1e6),
)
@examples(25)
def test_at_the_equal_price_nothing_is_saved(share, costs, fee, exit_fee):
    term = {"monthly_fee": round(fee, 2), "exit_fee": round(exit_fee, 2), "notice_days": 0}
    entries = [{"function": "f", "fee_share": share, "yearly_cost": round(cost, 2)} for cost in costs]
    row = compared(*entries, term=term).iloc[0]
    assert row["saving_low"] <= row["saving"] + 1e-6 and row["saving"] <= row["saving_high"] + 1e-6
    # at the higher equal price the cheapest quote saves nothing; at the lower one the dearest, leaving paid
    assert row["saving_high"] == pytest.approx(row["equal_cost_high"] - row["cost_low"], abs=1e-6)
    if row["equal_cost_low"] > 0:
        assert row["saving_low"] == pytest.approx(row["equal_cost_low"] - row["cost_high"], abs=1e-6)
    at_share = row["equal_share_low"] * row["fee"] / share
    assert at_share == pytest.approx(row["cost_low"], rel=1e-9)


# ---------------------------------------------------------------- figures


def figures(entries=(), contract=None, **series) -> dict:
    case = MonthOf(START, END, contract or TERM, {"alternatives": entries})
    done = alternatives.analyse(case, PastOf(of_year=year(**series)))
    assert set(done.records()) == {"months", "trends", "unsupported", "functions", "quotes"}
    return {(f.measure.split(".")[1], f.subject): f for f in done.figures()}


def test_figures_of_growth():
    found = figures(opened=[100 + 10 * n for n in range(12)], resolution_attainment=[0.9] * 12)
    assert found["volume_change", ""].value == pytest.approx(1.2, abs=0.03)  # 120 a year of 100
    assert found["attainment_change", ""].value == 0
    short = figures(opened=[100, 200])
    assert short["volume_change", ""].why_missing == "2 months have a figure: a trend needs 6"
    none = figures(opened=[0] * 7)
    assert none["volume_change", ""].why_missing == "nothing was asked in the first month"


def test_figures_of_functions_have_numbers_or_say_why():
    entry = {"function": "desk", "fee_share": 0.4, "yearly_cost": 4500}
    scope = {**TERM, "scope": [{"subject": "phones", "role": "do"}]}
    found = figures([entry], scope, opened=[1])
    assert (found["fee_part", "desk"].value, found["yearly_cost", "desk"].value) == (4800, 4500)
    assert found["saving", "desk"].value == 300 and found["saving", "desk"].low < 300
    assert found["saving", "phones"].why_missing == "nobody has asked"
    assert (found["unasked", ""].value, found["unasked", ""].n, found["old", ""].value) == (1, 2, 1)
    assert found["unsupported", ""].why_missing == "no projects and no tickets were supplied"
    assert not [f for f in found.values() if f.verdict]  # to go or to stay is not for a program to judge


def test_a_year_without_packs_and_a_strategy_without_quotes():
    found = figures()
    assert found["volume_change", ""].value is None and found["unasked", ""].value == 0
    assert not [f for f in found if f[0] == "saving"]
