"""Rule 19: who opened the tickets, what for, and what that costs. Cases worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics.requests import KINDS, analyse
from msp_report.model.titles import Compared

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
MAY = {"requesters": ["amy@acme.example", "*@it.acme.example"]}
HOURLY = {
    "provider": {"billing": "hourly"},
    "tickets": {
        "hourly_rate": 100,
        "training": {"categories": ["How-to"], "words": ["how do i", "training"]},
    },
}
COLUMNS = ["ticket_id", "requester", "title", "category", "hours", "opened_at"]


def desk(*rows: tuple) -> pd.DataFrame:
    """(ticket, requester, title, category, hours, opened on); all but the ticket may be left out."""
    full = [(*row, *(None, None, None, None, "2026-10-05")[len(row) - 1 :]) for row in rows]
    table = pd.DataFrame(full, columns=COLUMNS)
    table["opened_at"] = pd.to_datetime(table["opened_at"], utc=True)
    table["hours"] = table["hours"].astype("float64")
    return table.assign(priority="P3", status="open")


def entries(*rows: tuple) -> pd.DataFrame:
    """(ticket, worked on, hours)"""
    table = pd.DataFrame(rows, columns=["ticket_id", "worked_on", "hours"])
    return table.assign(entry_id=[str(number) for number in range(len(table))])


def done(tickets, strategy=MAY, contract=HOURLY, booked=None, events=None):
    tables = {"tickets": tickets, "ticket_events": events, "time_entries": booked}
    return analyse(MonthOf(START, END, contract, strategy, tables))


def counts(analysis) -> dict:
    return dict(zip(analysis.kinds.kind, analysis.kinds.tickets, strict=True))


# ---------------------------------------------------------------- who


@pytest.mark.parametrize(
    ("requester", "patterns", "kind"),
    [
        ("amy@acme.example", MAY["requesters"], "authorised"),
        (" Amy@ACME.example", MAY["requesters"], "authorised"),
        ("u1@it.acme.example", MAY["requesters"], "authorised"),
        ("@it.acme.example", MAY["requesters"], "authorised"),  # * stands for no letters too
        ("u1@it.acme.example.evil", MAY["requesters"], "unauthorised"),
        ("xamy@acme.example", MAY["requesters"], "unauthorised"),
        ("amy@acmeXexample", MAY["requesters"], "unauthorised"),  # a dot is a dot
        ("a?b", ["a?b"], "authorised"),
        ("axb", ["a?b"], "unauthorised"),
        ("[x]", ["[x]"], "authorised"),
        ("STRASSE", ["straße"], "authorised"),
        ("anyone", ["*"], "authorised"),
        (None, ["*"], "unknown"),
        ("  ", ["*"], "unknown"),
        ("anyone", [], None),
        (None, [], "unknown"),
    ],
)
def test_who_may_open_tickets(requester, patterns, kind):
    found = done(desk(("1", requester)), {"requesters": patterns}).tickets.kind[0]
    assert (None if pd.isna(found) else found) == kind


def test_without_a_list_nobody_knows_who_may():
    analysis = done(desk(("1", "amy"), ("2", None)), {})
    table = analysis.kinds.set_index("kind")
    assert table.loc[["authorised", "unauthorised"], "tickets"].isna().all()
    assert table.loc["unknown", "tickets"] == 1
    assert table.loc["authorised", "why"] == "strategy.yaml names no requesters"
    found = {figure.measure: figure for figure in analysis.figures()}
    assert found["requests.unauthorised_tickets"].why_missing == "strategy.yaml names no requesters"


def test_only_what_was_opened_in_the_month():
    rows = [("1", "amy", "a", None, 1, on) for on in ("2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01")]
    tickets = desk(*[(str(number), *row[1:]) for number, row in enumerate(rows)])
    assert done(tickets).opened == 2


# ---------------------------------------------------------------- duplicates and training


def test_kinds_overlap():
    tickets = desk(
        ("1", "amy@acme.example", "Printer jams on floor two", "print", 1, "2026-10-05"),
        ("2", "bob", "printer JAMS on floor two", "how-to", 2, "2026-10-06"),  # the first is still open
        ("3", None, "Cannot log in", "access", 4, "2026-10-07"),
    )
    analysis = done(tickets)
    assert counts(analysis) == {
        "authorised": 1,
        "unauthorised": 1,
        "unknown": 1,
        "duplicate": 1,
        "training": 1,
    }
    assert analysis.kinds.hours.tolist() == [1, 2, 4, 2, 2]
    assert analysis.kinds.cost.tolist() == [100, 200, 400, 200, 200]
    assert analysis.kinds.share.tolist() == pytest.approx([1 / 3] * 5)
    second = analysis.tickets.iloc[1]
    assert (second.duplicate_of, second.training_by) == ("1", "how-to")
    assert analysis.overlapping.ticket_id.tolist() == ["2"]


def test_titles_that_were_not_compared_are_counted(monkeypatch):
    opened = ("print", 1, "2026-10-05"), ("print", 1, "2026-10-06"), ("print", 1, "2026-10-07")
    said = "Printer jams on floor two", "No disk space left", "printer JAMS on floor two"
    tickets = desk(
        *((str(k), "amy", title, *rest) for k, (title, rest) in enumerate(zip(said, opened, strict=True)))
    )

    def found(analysis):
        by_name = {figure.measure: figure for figure in analysis.figures()}
        twice, known = by_name["requests.duplicate_tickets"], by_name["requests.unauthorised_tickets"]
        return analysis.compared, twice.value, twice.low, twice.high, twice.coverage, known.coverage

    assert found(done(tickets)) == (Compared(3, 0), 1, None, None, None, None)
    monkeypatch.setattr("msp_report.model.titles.MOST", 2)
    assert found(done(tickets)) == (Compared(2, 1, 3, 1), 1, None, None, None, None)
    monkeypatch.setattr("msp_report.model.titles.DRAWN", 0)
    assert found(done(tickets)) == (Compared(2, 1, unsure=3), 0, 0, 3, 2 / 3, None)


@pytest.mark.parametrize(
    ("title", "category", "by"),
    [
        ("Printer", "HOW-TO ", "HOW-TO "),
        ("How do I print?", "print", "how do i"),
        ("Please: how  do\nI print", None, "how do i"),
        ("Show do it", None, None),  # not inside other words
        ("retraining the model", None, None),
        ("Training, please", None, "training"),
        (None, None, None),
    ],
)
def test_training_by_category_and_words(title, category, by):
    found = done(desk(("1", "amy", title, category))).tickets.training_by[0]
    assert (None if pd.isna(found) else found) == by


def test_training_is_not_known_where_the_contract_is_silent():
    table = done(desk(("1", "amy", "how do i")), contract={}).kinds.set_index("kind")
    assert pd.isna(table.loc["training", "tickets"])
    assert table.loc["training", "why"] == "the contract does not say what training is"


# ---------------------------------------------------------------- hours and money


def test_hours_booked_in_the_month_on_these_tickets():
    tickets = desk(
        ("1", "amy@acme.example", None, None, 99),
        ("2", "bob", None, None, 99),
        ("0", "bob", None, None, 9, "2026-09-01"),
    )
    booked = entries(
        ("1", "2026-10-05", 1.5),
        ("1", "2026-10-31", -0.5),
        ("1", "2026-11-01", 8),
        ("0", "2026-10-05", 7),
        (None, "2026-10-05", 3),
    )
    analysis = done(tickets, booked=booked)
    assert analysis.hours_from == "time_entries"
    assert analysis.kinds.hours.tolist() == [1, 0, 0, 0, 0]


def test_the_tickets_own_hours_where_nothing_was_booked_in_the_month():
    tickets = desk(("1", "amy@acme.example", None, None, 2), ("2", "amy@acme.example"))
    analysis = done(tickets, booked=entries(("1", "2026-09-05", 50)))
    assert (analysis.hours_from, analysis.kinds.hours[0]) == ("tickets", 2)


def test_hours_that_nobody_records_are_missing():
    analysis = done(desk(("1", "amy@acme.example")))
    assert analysis.hours_from is None
    assert analysis.kinds[["hours", "cost"]].isna().all(axis=None)
    found = {figure.measure: figure for figure in analysis.figures()}
    assert found["requests.authorised_hours"].why_missing == "no hours are recorded"
    assert found["requests.authorised_tickets"].value == 1


@pytest.mark.parametrize(
    ("contract", "pays_by", "costs"),
    [
        ({"provider": {"billing": "hourly"}, "tickets": {"hourly_rate": 95}}, "hour", [190, 95]),
        ({"provider": {"billing": "per_ticket"}, "tickets": {"ticket_rate": 20}}, "ticket", [20, 20]),
        ({"provider": {"billing": "per_ticket"}, "tickets": {"hourly_rate": 95}}, "nothing", None),
        ({"provider": {"billing": "hourly"}}, "nothing", None),
        (
            {"provider": {"billing": "fixed"}, "tickets": {"hourly_rate": 95, "ticket_rate": 20}},
            "nothing",
            None,
        ),
        ({"provider": {"billing": "per_user"}, "tickets": {"hourly_rate": 95}}, "nothing", None),
        ({}, "not stated", None),
    ],
)
def test_money_only_where_the_contract_pays_so(contract, pays_by, costs):
    tickets = desk(("1", "amy@acme.example", None, None, 2), ("2", "bob", None, None, 1))
    analysis = done(tickets, contract=contract)
    assert analysis.pays_by == pays_by
    names = [figure.measure for figure in analysis.figures()]
    if costs is None:
        assert analysis.kinds.cost.isna().all()
        assert not [name for name in names if name.endswith("_cost")]
    else:
        assert analysis.kinds.cost[:2].tolist() == costs
        assert "requests.training_cost" in names


def test_the_contract_in_force_on_the_first_day():
    amended = {**HOURLY, "amendments": [{"effective_on": "2026-10-01", "set": {"tickets.hourly_rate": 10}}]}
    assert done(desk(("1", "amy@acme.example", None, None, 2)), contract=amended).kinds.cost[0] == 20


# ---------------------------------------------------------------- the whole


def test_requesters_most_tickets_first():
    tickets = desk(
        *[(str(i), "bob", f"title {i}", None, 1) for i in range(3)], ("9", "amy@acme.example"), ("8", None)
    )
    analysis = done(tickets)
    assert analysis.requesters[["tickets", "hours"]].fillna(-1).values.tolist() == [[3, 3], [1, -1], [1, -1]]
    assert analysis.unauthorised.requester.tolist() == ["bob"]
    assert analysis.unauthorised.cost.tolist() == [300]


def test_no_file_is_not_an_empty_file():
    for figure in done(None).figures():
        assert (figure.value, figure.why_missing) == (None, "no tickets were supplied")
    empty = done(desk())
    assert counts(empty) == dict.fromkeys(KINDS, 0)
    assert empty.kinds.share.isna().all()
    assert [figure.value for figure in empty.figures() if figure.measure.endswith("_tickets")] == [0] * 5


@examples(15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["amy@acme.example", "bob", "x@it.acme.example", None, ""]),
            st.sampled_from(["printer jam", "how do i print", "vpn down", None]),
            st.one_of(st.none(), st.integers(0, 40)),
        ),
        max_size=12,
    )
)
def test_who_parts_the_tickets_and_the_sums_add_up(rows):
    tickets = desk(*[(str(i), who, title, None, hours) for i, (who, title, hours) in enumerate(rows)])
    analysis = done(tickets)
    table = analysis.kinds.set_index("kind")
    parts = table.loc[["authorised", "unauthorised", "unknown"]]
    assert parts.tickets.sum() == analysis.opened == len(rows)
    assert table.loc[["duplicate", "training"], "tickets"].le(len(rows)).all()
    assert analysis.requesters.tickets.sum() == len(rows)
    if tickets.hours.notna().any():
        assert parts.hours.sum() == tickets.hours.sum()
        assert (table.cost == table.hours * 100).all()
