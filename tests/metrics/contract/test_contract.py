"""The contract as a whole: hours, dates, figures of rules 29 and 30; the demo company by its truth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf
from terms import ASSETS, AT, RESTORES, TERM, agreed, figures, history

from msp_report.metrics import contract
from msp_report.metrics.contract import credits, credits_to_date, dates, exit_cost, fee_against_hours, shares
from msp_report.params import as_contract


def test_the_fee_against_the_hours_delivered():
    """120 of 160 hours for 18,000: 150 an hour where 112.50 were agreed."""
    entries = pd.DataFrame(
        {
            "worked_on": pd.to_datetime(["2026-10-01", "2026-10-31", "2026-11-01", "2026-10-05"]),
            "hours": [100.0, 20.0, 50.0, 7.0],
            "in_contract": [True, None, True, False],
        }
    )
    terms = {
        "client": {"name": "x", "timezone": "Europe/London"},
        "term": {"monthly_fee": 18_000, "included_hours": 160},
    }
    start, end = pd.Timestamp("2026-09-30 23:00Z"), pd.Timestamp("2026-11-01", tz="UTC")
    row = fee_against_hours(entries, terms, start, end).iloc[0]
    assert list(row[["month", "hours", "used_ratio", "fee_per_hour", "agreed_per_hour"]]) == [
        "2026-10",
        120,
        0.75,
        150,
        112.5,
    ]
    months = fee_against_hours(entries, terms, start, pd.Timestamp("2027-01-01", tz="UTC"))
    assert list(months["hours"].fillna(-1)) == [120, 50, -1]
    assert months["why_missing"][2] == "no hours were booked in the month"
    assert fee_against_hours(None, terms, start, end)["why_missing"][0] == "no hours were supplied"


def test_hours_have_one_total_and_the_parts_of_it_are_named():
    """Of 12 hours 7 are on tickets, 4 of these on one opened in October; 3 on a project; 2 on nothing named."""
    entries = pd.DataFrame(
        {
            "worked_on": pd.to_datetime(
                ["2026-10-01", "2026-10-31", "2026-10-05", "2026-10-06", "2026-11-01"]
            ),
            "hours": [4.0, 3.0, 3.0, 2.0, 50.0],
            "ticket_id": ["T2", "T1", None, None, "T2"],
            "project_id": ["P1", None, "P1", None, None],
            "in_contract": [True, None, False, True, True],
        }
    )
    opened = pd.to_datetime(["2026-09-20 08:00Z", "2026-10-01 08:00Z"])
    desk = pd.DataFrame({"ticket_id": ["T1", "T2"], "opened_at": opened})
    start, end = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
    table = shares(entries, desk, {}, start, end)
    assert table[["part", "hours"]].to_numpy().tolist() == [
        ["all hours booked", 12.0],
        ["under the contract", 9.0],
        ["declared outside the contract", 3.0],
        ["on tickets", 7.0],
        ["on tickets opened in the period", 4.0],
        ["on projects", 3.0],
        ["on neither", 2.0],
    ]
    assert table["share_ratio"].iloc[3] == pytest.approx(7 / 12)
    assert shares(None, desk, {}, start, end).empty and shares(entries[-1:], None, {}, start, end).empty


def test_the_total_of_hours_is_one_in_the_whole_pack(demo_case, demo_report):
    agreement = contract.analyse(demo_case("2026-10"), PastOf())
    parts = agreement.shares.set_index("part")["hours"]
    total = parts["all hours booked"]
    assert demo_report("tickets")[0].hours_booked == demo_report("requests")[0].hours_booked == total
    told = {
        (f.measure, f.subject): f.value
        for done in (demo_report("tickets")[0], demo_report("requests")[0], agreement)
        for f in done.figures()
    }
    assert told["tickets.hours", ""] == parts["on tickets"]
    assert told["contract.hours", ""] == parts["under the contract"]
    kinds = ("authorised", "unauthorised", "unknown")
    opened = sum(told[f"requests.{kind}_hours", ""] for kind in kinds)
    assert opened == pytest.approx(parts["on tickets opened in the period"])


def test_notice_and_end():
    assert dates({"term": TERM}, AT) == contract.Dates(date(2028, 3, 31), date(2028, 1, 1), 427, 517)
    assert dates({}, AT) == contract.Dates(None, None, None, None)
    late = dates({"term": TERM}, pd.Timestamp("2028-01-03", tz="UTC"))
    assert (late.days_to_notice, late.days_to_end) == (-1, 89)


def told(terms: dict, owed: pd.DataFrame, leaving: pd.DataFrame, hours: pd.DataFrame) -> list:
    """The figures of October's frames, where no earlier month has a pack."""
    claims = credits_to_date(history(m10=1.0)[:0], None, terms, "2026-10", owed)
    unjudged = contract.unjudged_credits(figures(), terms, "2026-10")
    return contract.Analysis(
        as_contract(terms), owed, claims, unjudged, leaving, hours, pd.DataFrame(), dates(terms, AT)
    ).figures()


def test_figures_add_up_with_the_records():
    now = figures(("email", 0.98), ("erp", 0.98), ("vpn", 0.9989))
    terms = {**agreed(cap_ratio=0.2), "term": {**TERM, "monthly_fee": 10_000, "included_hours": 160}}
    rows = credits(now, None, None, terms, "2026-10")
    leaving = exit_cost(terms, ASSETS, AT, RESTORES)
    hours = fee_against_hours(None, terms, pd.Timestamp("2026-10-01", tz="UTC"), AT)
    by_name = {(f.measure, f.subject): f for f in told(terms, rows, leaving, hours)}
    assert by_name["contract.credit_owed", ""].value == 2000
    assert by_name["contract.credit_owed", "email"].value == 1500
    # 54,000 + 10,000 x 12 / 365 x 90
    assert by_name["contract.exit_cost", ""].value == pytest.approx(83_589.04)
    assert (by_name["contract.not_reachable", ""].value, by_name["contract.not_reachable", ""].n) == (2, 3)
    assert by_name["contract.hours", ""].why_missing == "no hours were supplied"
    nothing = told({}, credits(now, None, None, {}, "2026-10"), exit_cost({}, None, AT), hours)
    # that nothing is left of credits which nobody agreed on is known
    known = {"contract.credit_unclaimed", "contract.credit_expired"}
    assert {f.measure for f in nothing if f.value is None} == {f.measure for f in nothing} - known
    assert all(f.why_missing for f in nothing if f.measure not in known)


def test_a_month_and_what_earlier_packs_said_of_it():
    """Ten hours down in October: 98.66 %. September's pack says 98 %: its credit may still be claimed."""
    down = pd.DataFrame(
        {
            "service": ["email"],
            "state": ["down"],
            "started_at": pd.to_datetime(["2026-10-05 08:00Z"]),
            "ended_at": pd.to_datetime(["2026-10-05 18:00Z"]),
        }
    )
    terms = agreed() | {"services": [{"name": "email", "availability_ratio": 0.999}]}
    month = MonthOf(pd.Timestamp("2026-10-01", tz="UTC"), AT, terms, tables={"outages": down})
    found = contract.analyse(month, PastOf(before=history(m09=0.98)))
    assert found.claims[["month", "owed", "state"]].values.tolist() == [
        ["2026-10", 1500, "open"],
        ["2026-09", 1500, "open"],
    ]
    values = {(f.measure, f.subject): f.value for f in found.figures()}
    assert values["contract.credit_owed", "email"] == values["contract.credit_owed", ""] == 1500
    assert values["contract.credit_unclaimed", ""] == 3000
    assert set(found.records()) == {"credits", "claims", "unjudged", "exit", "hours", "shares"}


def test_the_demo_owes_what_was_planted_and_nothing_else(demo_place, truth):
    """Its availability, month by month as simulated, gives the credits that the truth names."""
    from msp_report.case import open_case

    case = open_case("demo", "2026-10", demo_place)
    levels = [
        {
            "month": month,
            "measure": "availability.ratio",
            "subject": e["subject"],
            "value": e["availability_ratio"],
        }
        | {"verdict": e.get("verdict")}
        for month, pages in truth.items()
        for e in pages["availability"]
        if "target_ratio" in e
    ]
    rows = credits_to_date(pd.DataFrame(levels), case.table("credits"), case.agreed, "2026-10")
    real = rows[(rows["measure"] == "availability.ratio") & rows["owed"].astype(float).gt(0)]
    told = {(row.month, row.subject, float(row.owed), float(row.claimed) > 0) for row in real.itertuples()}
    planted = {
        (month, e["subject"], e["owed"], e["claimed"])
        for month, pages in truth.items()
        for e in pages["contract"]
        if e["fault"] == "credit_owed" and e["measure"] == "availability.ratio"
    }
    assert told == planted
    golden = truth["2026-10"]["contract"]
    for state, fault in (("open", "credit_unclaimed"), ("expired", "credit_expired")):
        found = rows[(rows["state"] == state) & (rows["month"] < "2026-10")]
        wanted = [(e["missed_in"], e["subject"], e["owed"]) for e in golden if e["fault"] == fault]
        assert list(zip(found["month"], found["subject"], found["owed"].astype(float), strict=True)) == wanted
    leaving = exit_cost(case.agreed, case.table("assets"), case.end, case.table("restore_tests"))
    fees = sum(leaving.loc[leaving["kind"] == "fee", "amount"])
    assert float(fees) == pytest.approx(next(e["exit_cost"] for e in golden if "exit_cost" in e), abs=0.005)
    lacking = leaving[leaving["proved"].eq(False).fillna(False)]
    named = {e["subject"] for e in golden if e["fault"] == "access_not_proved"}
    ids = {
        e["fault"].split("_")[0]: set(e["ids"])
        for e in golden
        if e["fault"].endswith("_of_assets_not_proved")
    }
    assert set(lacking.loc[lacking["kind"] == "access", "item"]) == named | ids["access"]
    assert set(lacking.loc[lacking["kind"] == "restore", "item"]) == ids["restore"]


def ledger(values: list[float], cap: float, granted: bool) -> contract.Analysis:
    """Some months of email and erp, of which the first was granted, or not."""
    terms = agreed(cap_ratio=cap, claim_days=40)
    months = [f"2026-{month:02d}" for month in range(11 - len(values), 11)]
    rows = [
        figures(("email", value), ("erp", 0.98)).assign(month=name)
        for name, value in zip(months, values, strict=True)
    ]
    table = pd.DataFrame(
        {
            "month": months[:1],
            "measure": "availability.ratio",
            "subject": "erp",
            "claimed_on": pd.to_datetime([f"{months[0]}-28"]),
            "credited_on": pd.to_datetime([f"{months[0]}-28"]),
            "amount": [Decimal(700)],
        }
    )
    claims = credits_to_date(pd.concat(rows), table if granted else None, terms, "2026-10")
    now = claims[claims["month"].eq("2026-10")].reset_index(drop=True)
    empty = pd.DataFrame()
    return contract.Analysis(as_contract(terms), now, claims, empty, empty, empty, empty, dates(terms, AT))


@examples(20)
@given(
    st.lists(st.sampled_from([0.98, 0.995, 1.0]), min_size=1, max_size=6),
    st.sampled_from([0.1, 1]),
    st.booleans(),
)
def test_what_is_owed_is_over_the_cap_granted_still_to_come_or_lost(values, cap, granted):
    found = ledger(values, cap, granted)
    *rows, last = found.ledger.to_dict("records")
    for row in [*rows, last]:
        assert row["owed"] == row["capped"] + row["credited"] + row["left"] + row["lost"]
        assert min(row["capped"], row["lost"], row["left"]) >= 0
    for name in ("owed", "capped", "credited", "left", "lost"):
        assert last[name] == sum(row[name] for row in rows)
    assert last["left"] == sum(found.claims["left"])
    parts = found.became["amount"].tolist()
    assert parts[0] == sum(parts[1:])
    assert found.levels["owed"].iloc[-1] == sum(found.credits["owed"])
    assert found.levels["at_risk"].iloc[-1] == sum(found.credits["at_risk"])


def test_where_nothing_is_owed_there_is_no_ledger():
    terms = agreed(fee=None)
    now = credits(figures(("email", 0.98)), None, None, terms, "2026-10")
    claims = credits_to_date(history(m10=1.0)[:0], None, terms, "2026-10", now)
    empty = pd.DataFrame({"part": [], "hours": [], "share_ratio": []})
    found = contract.Analysis(as_contract(terms), now, claims, empty, empty, empty, empty, dates(terms, AT))
    assert found.ledger.empty and found.became.empty and found.paid_as.empty


def test_the_parts_of_all_hours_are_all_hours(demo_case):
    case = demo_case("2026-10")
    found = shares(case.table("time_entries"), case.table("tickets"), case.agreed, case.start, case.end)
    empty = pd.DataFrame()
    analysis = contract.Analysis(case.agreed, empty, empty, empty, empty, empty, found, None)
    for table in (analysis.paid_as, analysis.spent_on):
        assert float(table["hours"].iloc[-1]) == pytest.approx(found["hours"].iloc[0])
        assert float(table["share_ratio"].iloc[-1]) == 1
