"""A vendor's rows as rows of a table: what is missing, what is unknown, and which wide rows are good."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from msp_report.intake import canonical, reasons
from msp_report.intake.chunk import PLACE, Chunk, Unreadable, align
from msp_report.intake.profile import ProfileError, resolve
from msp_report.intake.values import Manner
from msp_report.model.clock import localize, repeated
from msp_report.model.tables import TABLES
from msp_report.params.layout import Layout, distinct

TICKETS = TABLES["tickets"]


def accepted(text: str, table=TICKETS, fixed=None, **keys) -> canonical.Accepted:
    """What becomes of some lines of CSV without quotes."""
    header, *rows = [line.split(",") for line in text.strip().splitlines()]
    chunk = align(distinct(header), rows, list(range(2, len(rows) + 2)), {"header_line": 1})
    layout = resolve(Layout(**keys), table)
    manner = Manner(
        layout.timezone or "Europe/London",
        localize,
        repeated,
        layout.formats,
        layout.decimal,
        layout.durations,
        layout.factors,
    )
    return canonical.accept(chunk, canonical.fit(chunk, table, layout, manner, fixed or {}))


def rows(text: str, *names: str, **keys) -> list[tuple]:
    got = accepted(text, **keys).rows.to_pylist()
    return [tuple(row[name] for name in names) for row in got]


HEAD = "ticket_id,opened_at,priority,status"
OPENED = dt.datetime(2026, 4, 2, 8, tzinfo=dt.UTC)


def test_a_default_stands_for_what_is_missing_and_not_for_what_is_at_fault():
    text = f"{HEAD}\nT1,2026-04-02T08:00Z,,new\nT2,2026-04-02T08:00Z,P1,\nT3,2026-04-02T08:00Z,P1,parked\n"
    got = accepted(text, default={"priority": "none", "status": "open", "kind": "incident"})
    kept = [(row["ticket_id"], row["priority"], row["status"], row["kind"]) for row in got.rows.to_pylist()]
    assert kept == [("T1", "none", "new", "incident"), ("T2", "P1", "open", "incident")]
    assert got.rejects["reason"].tolist() == [reasons.UNKNOWN]
    assert got.default == {"priority": 1, "status": 1, "kind": 2}
    with pytest.raises(ProfileError, match="status: 'parked' cannot be its value"):
        accepted(text, default={"status": "parked"})


def test_a_required_column_that_the_file_lacks_may_have_a_default():
    assert rows(
        "ticket_id,opened_at,status\nT1,2026-04-02,new\n", "priority", default={"priority": "none"}
    ) == [("none",)]


def test_all_unknown_values_are_counted_but_not_those_of_totals():
    text = f"{HEAD},kind\nT1,2026-04-02,P1,parked,x\nT2,2026-04-02,P1,parked,y\nT3,2026-04-02,P1,new,x\nTotal,,,2,\n"
    got = accepted(text)
    assert got.unknown == {"status": {"parked": 2}, "kind": {"x": 2, "y": 1}}


def test_other_values_may_be_taken_for_missing():
    text = f"{HEAD},kind\nT1,2026-04-02,P1,Neu,Alarm\nT2,2026-04-02,P1,Neu,Stoerung\n"
    values = {"kind": {"incident": ["Stoerung"], "*": ""}, "status": {"Neu": "new"}}
    assert rows(text, "kind", values=values) == [(None,), ("incident",)]
    got = accepted(text, values={"status": {"open": ["Zu"], "*": ""}, "kind": {"*": ""}})
    assert got.rejects["reason"].tolist() == [reasons.MISSING] * 2


def test_missing_values_by_column():
    text = f"{HEAD},category\n-,2026-04-02,-,new,-\n"
    assert rows(text, "ticket_id", "priority", "category", nulls={"category": "-"}) == [("-", "-", None)]
    assert rows(
        text,
        "ticket_id",
        "category",
        nulls={"category": "x", "*": "-"},
        default={"ticket_id": "no", "priority": "P"},
    ) == [("no", "-")]


def test_a_day_that_means_not_set_is_missing_and_required_columns_need_more():
    text = f"{HEAD},closed_at\nT1,2026-04-02,P1,new,1900-01-01T00:00:00\nT2,1900-01-01 00:00,P1,new,\n"
    got = accepted(text, nulls=["1900-01-01"])
    assert got.rows["closed_at"].to_pylist() == [None]
    assert got.rejects[["line", "reason"]].values.tolist() == [[3, reasons.MISSING]]


def test_a_time_may_be_so_long_after_another():
    text = f"{HEAD},first_response_at,resolved_at\nT1,2026-04-02T08:00Z,P1,new,90,1d 4h\nT2,2026-04-02,P1,new,,\n"
    how = {"first_response_at": "minutes after opened_at", "resolved_at": "text after opened_at"}
    assert rows(text, "first_response_at", "resolved_at", durations=how, day_hours=8) == [
        (OPENED + dt.timedelta(minutes=90), OPENED + dt.timedelta(hours=12)),
        (None, None),
    ]
    got = accepted(text, durations=how)
    assert got.rejects[["line", "column", "reason"]].values.tolist() == [
        [2, "resolved_at", reasons.DAY_HOURS]
    ]
    before = accepted(text.replace("90", "-90"), durations=how, day_hours=8)
    assert before.rejects["reason"].tolist() == [reasons.REVERSED]


def test_a_time_after_one_that_was_twice_moves_with_it():
    text = f"{HEAD},first_response_at\nT1,2026-10-25 01:30,P1,new,10\nT2,2026-10-24 01:30,P1,new,10\n"
    got = accepted(text, durations={"first_response_at": "minutes after opened_at"})
    assert got.folds["opened_at"].tolist() == got.folds["first_response_at"].tolist() == [3_600_000_000, 0]


def test_constants_are_in_our_words_whatever_the_files_are_in():
    text = "Nr;x\n".replace(";", ",") + "T1,1\n"
    keys = {
        "columns": {"ticket_id": "Nr"},
        "constants": {"opened_at": "2026-04-02T08:00Z", "priority": "P1", "status": "closed", "hours": "1.5"},
        "dates": "dmy",
        "decimal": ",",
        "factors": {"hours": 60},
        "values": {"status": {"closed": "cancelled"}},
    }
    assert rows(text, "opened_at", "status", "hours", **keys) == [(OPENED, "closed", 1.5)]


def test_what_the_path_says_is_in_the_vendors_words():
    got = accepted(
        "ticket_id,opened_at,priority\nT1,2026-04-02,P1\n",
        fixed={"status": "Zu"},
        values={"status": {"Zu": "closed"}},
    )
    assert got.rows["status"].to_pylist() == ["closed"]


def test_the_exact_header_goes_before_one_like_it():
    text = "#,Status,STATUS code,opened_at,priority\nT1,new,closed,2026-04-02,P1\n"
    keys = {"columns": {"ticket_id": "#", "status": "STATUS code"}}
    assert rows(text, "ticket_id", "status", **keys) == [("T1", "closed")]
    chunk = Chunk(("a b", "A-B", "ab"), tuple(pa.array([name]) for name in "123"), np.array([1]))
    assert chunk.header_of(["A-B"]) == "A-B" and chunk.column("A-B").to_pylist() == ["2"]
    assert chunk.header_of(["AB"]) == "a b" and chunk.column("ab").to_pylist() == ["3"]


@pytest.mark.parametrize(
    ("header", "line", "good"),
    [
        ("ticket_id,title,opened_at,priority,status", "T1,x,2026-04-02,P1,new,more", True),
        ("ticket_id,title,opened_at,priority,status", "T1,x, and y,2026-04-02,P1,new", False),
        ("ticket_id,opened_at,priority,status,title", "T1,2026-04-02,P1,new,x, and y", False),
        ("ticket_id,opened_at,priority,status,notes", "T1,2026-04-02,P1,new,x,y", True),
        ("ticket_id,opened_at,priority,status,title,closed_at", "T1,2026-04-02,P1,new,x,,more", False),
    ],
)
def test_a_wide_row_is_good_where_no_comma_can_have_moved_its_cells(header, line, good):
    got = accepted(f"{header}\n{line}\n")
    assert len(got.rows) == got.wide == int(good)
    assert got.rejects["reason"].tolist() == ([] if good else [reasons.WIDE])
    assert got.rejects["row"].tolist() == ([] if good else [line])
    assert got.dropped["ticket_id"].to_pylist() == ([] if good else [None])


def test_the_place_of_a_record_is_no_cell_of_it():
    header = ("ticket_id", "opened_at", PLACE)
    one, other = (
        Chunk(header, (pa.array(["T1"]), pa.array(["x"]), pa.array([at])), np.array([1])) for at in "17"
    )
    assert one.hashes().tolist() == other.hashes().tolist()
    assert other.text(np.array([0])).to_pylist() == ["7: T1,x"]


def test_per_cent_of_the_providers_figures():
    claims = TABLES["claims"]
    text = "measure,value,unit\navailability,99.95 %,%\ncount,7,\n"
    assert accepted(text, table=claims, default={"unit": "tickets"}).rows["value"].to_pylist() == [99.95, 7]
    got = accepted("measure,value\navailability,5 %\n", table=claims, constants={"unit": "min"})
    assert got.rejects["reason"].tolist() == [reasons.NOT_NUMBER]


def test_a_profile_on_a_file_of_another_tool_says_what_it_looked_for():
    with pytest.raises(
        Unreadable, match=r"columns 'ticket_id' and 'status' are missing \(looked for 'number', 'state'\)"
    ):
        accepted(
            "ticket_id,opened_at,priority,status\nT1,2026-04-02,P1,new\n",
            columns={"ticket_id": "number", "status": "state"},
        )
