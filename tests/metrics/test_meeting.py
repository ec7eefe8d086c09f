"""The meeting: what is asked, claimed, held, needed and promised, each from what other pages said, none of it anew."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from months import MonthOf, PastOf, dated, figures_of

from msp_report.metrics import contract as owed
from msp_report.metrics import meeting, procurement
from msp_report.metrics.procurement.ledger import PAST
from msp_report.model.figures import Figure
from msp_report.model.period import Month
from msp_report.model.tables import TABLES
from msp_report.params import as_contract
from msp_report.words import labels

MONTH = Month(2026, 10)
START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
AGREED = as_contract(
    {
        "term": {"monthly_fee": 18000},
        "credit_terms": {"claim_days": 60, "repeat_factor": 2, "cap_ratio": 0.1},
        "credits": [
            {"measure": "availability.ratio", "below": 0.997, "credit_ratio": 0.05, "clause": "8.1"},
            {"measure": "availability.ratio", "below": 0.99, "credit_ratio": 0.15, "clause": "8.1"},
        ],
    }
)


def judged(measure: str, subject: str = "", verdict: str = "missed", **fields) -> Figure:
    value = {} if verdict == "no_data" else {"value": 0.5}
    why = {"why_missing": "nobody looked"} if verdict == "no_data" else {}
    return Figure(measure=measure, subject=subject, verdict=verdict, target=0.9, **(value | why | fields))


def months_of(measure: str, verdicts: str, subject: str = "") -> pd.DataFrame:
    """Packs before October, the last letter September: x missed, m met, - null, . no such pack."""
    words = {"x": "missed", "m": "met", "-": None}
    first = MONTH.shift(-len(verdicts))
    rows = [
        {**judged(measure, subject, words[letter] or "met").row(), "verdict": words[letter]}
        | {"month": str(first.shift(place))}
        for place, letter in enumerate(verdicts)
        if letter != "."
    ]
    return pd.DataFrame(rows, columns=["month", *figures_of().columns])


def met_about(past: PastOf, tables: dict | None = None, agreed=AGREED) -> meeting.Analysis:
    return meeting.analyse(MonthOf(START, END, agreed, tables=tables or {}), past)


def values(found: meeting.Analysis) -> dict[str, tuple]:
    return {f.measure.partition(".")[2]: (f.value, f.n, f.why_missing) for f in found.figures()}


# ---------------------------------------------------------------- what we ask for


def test_the_gravest_stands_first_and_of_one_kind_what_was_agreed():
    pack = figures_of(
        judged("satisfaction.responsiveness"),
        judged("availability.ratio", "email", clause="4.1"),
        judged("vendors.undisclosed"),
        judged("duties.kept_ratio", "patching", clause="3.4"),
        judged("backups.unprotected"),
        judged("backups.within_rpo_ratio", clause="7.1"),
        judged("tickets.response_attainment", "P1", "met", clause="5.1"),
        judged("projects.unapproved"),
        judged("capacity.utilisation", "disk", "no_verdict", clause="6.1"),
    )
    found = met_about(PastOf(figures=pack)).asks
    assert found["measure"].tolist() == [
        "backups.within_rpo_ratio",
        "backups.unprotected",
        "duties.kept_ratio",
        "vendors.undisclosed",
        "availability.ratio",
        "satisfaction.responsiveness",
    ]  # neither what was met or cannot be judged, nor what only we can put right
    assert found["number"].tolist() == [1, 2, 3, 4, 5, 6]
    assert found["kind"].drop_duplicates().tolist() == list(meeting.KINDS)


@pytest.mark.parametrize(
    ("before", "months"),
    [("mmx", 2), ("mxxx", 4), ("xxm", 1), ("x.", None), ("", None), ("xx-", None), ("x" * 14, 13)],
)
def test_how_long_it_has_been_missed(before, months):
    pack = figures_of(judged("availability.ratio", "email", clause="4.1"))
    past = PastOf(figures=pack, before=months_of("availability.ratio", before, "email"))
    told = met_about(past).asks["missed_months"].iloc[0]
    assert pd.isna(told) if months is None else told == months


def test_a_figure_that_the_month_before_did_not_have_is_new():
    pack = figures_of(judged("availability.ratio", "email", clause="4.1"))
    past = PastOf(figures=pack, before=months_of("availability.ratio", "x", "another"))
    assert met_about(past).asks["missed_months"].tolist() == [1]


# ---------------------------------------------------------------- what we claim


def claimable(values_of: dict[str, float], register=None, before=None, agreed=AGREED) -> pd.DataFrame:
    """The record contract/claims of October, as the page on the contract writes it."""
    now = figures_of(
        *(
            Figure(measure="availability.ratio", subject=name, value=value, target=0.999, verdict="missed")
            for name, value in values_of.items()
        )
    )
    credits = owed.credits(now, before, register, agreed, MONTH)
    return owed.credits_to_date(figures_of().assign(month=""), register, agreed, MONTH, credits)


def test_a_claim_shows_its_computation():
    last = figures_of(
        Figure(
            measure="availability.ratio",
            subject="email",
            value=0.99,
            target=0.999,
            verdict="missed",
        )
    )
    pack = figures_of(
        Figure(
            measure="availability.ratio",
            subject="email",
            value=0.995,
            target=0.999,
            verdict="missed",
        )
    )
    record = claimable({"email": 0.995}, before=last)
    row = met_about(PastOf(figures=pack, records={("contract", "claims"): record})).claims.iloc[0]
    assert (row["fee"], row["credit_ratio"], row["factor"], row["owed"]) == (18000, 0.05, 2, Decimal(1800))
    assert (row["value"], row["target"], row["threshold"]) == (0.995, 0.999, 0.997)
    assert (row["claim_by"].date().isoformat(), row["clause"]) == ("2026-12-30", "8.1")


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([0.98, 0.995, 0.998]), max_size=6),
    st.sets(st.sampled_from("abcdef")),
)
def test_the_claims_add_up_to_what_the_page_on_the_contract_says(values_of, claimed):
    """Whatever was reached, claimed before or cut by the cap: no claim is lost, and none is counted twice."""
    register = TABLES["credits"].empty()
    if claimed:
        rows = [("2026-10", "availability.ratio", name, "2026-10-20", None, None) for name in sorted(claimed)]
        columns = ["month", "measure", "subject", "claimed_on", "credited_on", "amount"]
        register = dated(rows, columns)
    record = claimable(values_of, register)
    found = met_about(PastOf(figures=figures_of(judged("a.x")), records={("contract", "claims"): record}))
    open_ones = record[record["state"].eq("open")]
    assert sum(found.claims["left"], Decimal(0)) == sum(open_ones["left"], Decimal(0))
    assert set(found.claims["subject"]) == set(open_ones["subject"]) and not claimed & set(
        found.claims["subject"]
    )
    rows = found.claims
    computed = [
        Decimal(str(r.fee)) * Decimal(str(r.credit_ratio)) * Decimal(str(r.factor)) for r in rows.itertuples()
    ]
    assert computed == list(rows["owed"])
    assert (rows["left"] <= rows["owed"]).all()
    assert values(found)["claim"][:2] == (float(sum(open_ones["left"], Decimal(0))), len(open_ones))


def test_without_a_fee_nobody_knows_what_we_can_claim():
    agreed = as_contract({"credits": [{"measure": "availability.ratio", "below": 0.9, "credit_ratio": 0.1}]})
    record = claimable({"a": 0.5}, agreed=agreed)
    past = PastOf(figures=figures_of(judged("a.x")), records={("contract", "claims"): record})
    assert values(met_about(past, agreed=agreed))["claim"] == (None, None, meeting.NO_FEE)


# ---------------------------------------------------------------- what we hold


def due(*rows: tuple) -> pd.DataFrame:
    columns = ["document_id", "decision", "amount", "why"]
    return pd.DataFrame(rows, columns=columns).assign(vendor="V", currency="GBP", due_on="2026-11-05")


def paid(*rows: tuple) -> meeting.Analysis:
    past = PastOf(figures=figures_of(judged("a.x")), records={("procurement", "due"): due(*rows)})
    return met_about(past, {"purchases": TABLES["purchases"].empty()})


def test_every_reason_to_hold_has_what_releases_it():
    assert set(meeting.RELEASES) == set(procurement.EXCEPTIONS) - {procurement.PAID}
    assert {*meeting.RELEASES.values(), meeting.DOCUMENT} <= set(labels.LABELS)


def test_an_approval_is_asked_for_where_one_counts():
    named = {reason for reason, words in meeting.RELEASES.items() if "approval by name" in words}
    assert named == set(PAST)


def test_the_sums_are_those_of_the_invoices():
    found = paid(
        ("I1", "hold", 100.5, "no quote; duplicate invoice"),
        ("I2", "hold", 49.5, "a reason of a fork's"),
        ("I3", "cannot tell", None, "no rate of USD on or before 2026-10-14"),
        ("I4", "release", 20, "accepted by an approver: no quote"),
    )
    told = values(found)
    assert (told["hold"][:2], told["release"][:2]) == ((150, 2), (20, 1))
    assert told["cannot_tell"] == (None, 1, "1 invoice has no amount in our currency")
    rows = found.payments.set_index("document_id")
    assert (
        rows.loc["I1", "releases"]
        == "an approval by name; a credit note, or proof that it is for something else"
    )
    assert rows.loc["I2", "releases"] == meeting.DOCUMENT
    assert rows.loc[["I3", "I4"], "releases"].isna().all() and pd.isna(rows.loc["I4", "why"])


def test_without_purchases_nothing_is_known_of_payments():
    told = values(met_about(PastOf(figures=figures_of(judged("a.x")))))
    assert {told[name] for name in ("hold", "cannot_tell", "release")} == {(None, None, meeting.NO_PURCHASES)}


def test_a_fork_without_the_pages_says_so():
    past = PastOf(figures=figures_of(judged("a.x")))
    told = values(met_about(past, {"purchases": TABLES["purchases"].empty()}))
    assert {told[name] for name in ("claim", "hold", "release")} == {(None, None, meeting.NO_PAGE)}


# ---------------------------------------------------------------- what we still need


def test_what_is_missing_is_asked_for_once_however_many_promises_wait():
    pack = figures_of(
        judged("capacity.utilisation", "disk", "no_data", clause="6.1"),
        judged("capacity.utilisation", "line", "no_data", clause="6.2"),
        Figure(
            measure="evidence.withheld_tables",
            subject="samples",
            verdict="no_data",
            why_missing="it last came",
        ),
        Figure(
            measure="evidence.withheld_tables",
            subject="prices",
            verdict="no_data",
            why_missing="it last came",
        ),
        Figure(
            measure="evidence.emptied_columns",
            subject="tickets",
            verdict="no_data",
            why_missing="asset, title",
        ),
        Figure(
            measure="evidence.doubted_tables", subject="outages", verdict="no_data", why_missing="a total"
        ),
    )
    gaps = pd.DataFrame({"first_id": ["T7", "T9"], "last_id": ["T8", "T9"], "missing": [2, 1]})
    before = months_of("capacity.utilisation", "mx-", "disk")
    case = MonthOf(START, END, AGREED, withheld={"samples": Month(2026, 9), "prices": Month(2026, 9)})
    past = PastOf(figures=pack, before=before, records={("tickets", "numbers"): gaps})
    found = meeting.analyse(case, past)
    rows = found.needed.fillna("")[["number", "item", "subject", "unknown_since"]].to_records(index=False)
    assert [tuple(row) for row in rows] == [
        (1, "the file of samples, which was due and did not come", "disk", "2026-09"),
        (1, "the file of samples, which was due and did not come", "line", ""),
        (2, "the file of prices, which was due and did not come", "", ""),
        (3, "the columns that came empty: asset, title", "", ""),
        (4, "a file of outages whose rows are what it says of itself", "", ""),
        (5, "the tickets T7 to T8, which no file has", "", ""),
        (6, "the ticket T9, which no file has", "", ""),
    ]
    assert values(found)["needed"][:2] == (6, 2)


# ---------------------------------------------------------------- what was promised, and silence


def test_decisions_are_kept_late_or_open():
    rows = [
        ("A1", "2026-09-01", "Ask", "CFO", "2026-09-30", "2026-10-05"),
        ("A2", "2026-09-01", "Claim", "CFO", "2026-10-20", None),
        ("A3", "2026-09-01", "Move", "CFO", "2026-12-01", None),
    ]
    register = dated(rows, ["action_id", "decided_on", "text", "owner", "due_on", "done_on"])
    told = values(met_about(PastOf(), {"actions": register}))
    assert (told["kept"][:2], told["late"][:2]) == ((1, 3), (1, 3))


def test_a_reply_to_an_earlier_month_stands_beside_how_it_stands_now():
    replies = dated(
        [
            ("availability.ratio", "email", "2026-09-03", "MSP", "It will not happen again"),
            ("tickets.gone", "P1", "2026-09-04", "MSP", "We differ"),
        ],
        ["measure", "subject", "said_on", "by", "text"],
    )
    both = pd.concat([replies, replies])  # it came with two packs
    pack = figures_of(judged("availability.ratio", "email", clause="4.1"))
    found = met_about(PastOf(figures=pack, came_before={"replies": both})).replied
    assert found["subject"].tolist() == ["P1", "email"]
    assert found["why_missing"].iloc[0] == "no page gives this figure"
    assert found["verdict"].iloc[1] == "missed"
    again = PastOf(figures=pack, replies=replies, came_before={"replies": both})
    assert met_about(again).replied.empty


def test_a_month_without_anything_to_ask():
    pack = figures_of(judged("availability.ratio", "email", "met", clause="4.1"))
    past = PastOf(
        figures=pack,
        records={("contract", "claims"): claimable({}), ("procurement", "due"): due()},
    )
    found = met_about(past, {"purchases": TABLES["purchases"].empty()})
    told = values(found)
    assert {name: told[name][0] for name in ("asks", "claim", "hold", "release", "needed")} == dict.fromkeys(
        ("asks", "claim", "hold", "release", "needed"), 0
    )
    assert all(frame.empty for frame in found.records().values())


def test_without_a_pack_nothing_is_known():
    told = values(met_about(PastOf()))
    assert {why for value, _, why in told.values() if value is None} == {meeting.NO_PACK, meeting.NO_ACTIONS}
    assert all(value is None for value, _, _ in told.values())
