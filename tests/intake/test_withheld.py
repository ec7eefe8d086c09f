"""What was due and did not come, seen from outside (rule 41): `check` names it, `--complete` refuses it."""

import pytest
from workspaces import CONTRACT, tickets

EVENTS = "ticket_id,at,field,from,to\nA0,2026-01-02T09:30:00,status,new,open\n"


@pytest.fixture
def two_months(place):
    """January with a log of tickets, February without."""
    place.put({"tickets.csv": tickets(5, "2026-01", "A"), "ticket_events.csv": EVENTS}, "2026-01")
    place.put({"tickets.csv": tickets(5, "2026-02", "B")}, "2026-02")
    return place


def check(msp, place, month, *more):
    return msp("check", "--client", "acme", "--month", month, "--workspace", place.root, *more)


def test_a_table_that_came_before_is_named(msp, two_months):
    said = check(msp, two_months, "2026-02")
    assert said.code == 0
    assert "ticket_events: due and not supplied for 2026-02, it last came for 2026-01" in said.out
    assert "due and not supplied" not in check(msp, two_months, "2026-01").out


def test_complete_refuses_it(msp, two_months):
    said = check(msp, two_months, "2026-02", "--complete")
    assert said.code == 3 and said.problems[0].startswith("ticket_events: due and not supplied")
    assert check(msp, two_months, "2026-01", "--complete").code == 0


def test_the_file_of_an_earlier_month_sent_again_is_none(msp, two_months):
    two_months.put({"ticket_events.csv": EVENTS}, "2026-02")
    said = check(msp, two_months, "2026-02", "--complete")
    assert said.code == 3 and "it last came for 2026-01" in said.problems[0]


def test_a_file_of_a_header_alone_came(msp, two_months):
    for month in ("2026-01", "2026-02"):
        two_months.put({"ticket_events.csv": EVENTS.splitlines()[0] + "\n"}, month)
    assert check(msp, two_months, "2026-02", "--complete").code == 0


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", 3),
        (", due: monthly", 3),
        (", due: quarterly", 0),
        (", due: once", 0),
        (", ended: {on: 2026-02-01, why: a new tool}", 0),
        (", ended: {on: 2026-03-01, why: a new tool}", 3),
    ],
)
def test_sources_say_how_often_a_table_has_to_come(msp, two_months, source, code):
    tables = (
        f"tables:\n  tickets: {{file: tickets.csv}}\n  ticket_events: {{file: ticket_events.csv{source}}}\n"
    )
    two_months.client(contract=CONTRACT, sources=tables)
    assert check(msp, two_months, "2026-02", "--complete").code == code


def test_what_sources_name_is_due_from_the_first_month(msp, two_months):
    two_months.client(sources="tables:\n  tickets: {file: tickets.csv}\n  outages: {file: outages.csv}\n")
    said = check(msp, two_months, "2026-01", "--complete")
    assert said.code == 3 and "sources.yaml names a file that is not there" in said.problems[0]
