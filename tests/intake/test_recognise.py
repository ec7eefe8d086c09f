"""What a file is, without being told: its columns, the profile that knows it, the table that it may serve, and what has
to be asked. Nothing may be guessed wrong in silence."""

import math
import time
from collections import Counter

import pandas as pd
import pytest
from invented import exports

from msp_report.intake.chunk import Unreadable
from msp_report.intake.profile import ProfileError, Recognise, Route, load
from msp_report.intake.recognise import known, words
from msp_report.intake.recognise.known import route_of
from msp_report.intake.recognise.sketch import in_order, sketch
from msp_report.intake.recognise.unknown import Hints, unknown
from msp_report.intake.values import convert  # noqa: F401 - the formats that a sketch names are those of this room
from msp_report.model.tables import TABLES

TICKETS = "Ticket No;Subject;Priority;Status;Created On;Solved On\n"


@pytest.fixture
def seen(tmp_path):
    """The sketch of a text as a file."""

    def look(text: str, name: str = "export.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return sketch(path)

    return look


@pytest.fixture
def guessed(seen):
    """The likeliest guess for a text as a file."""

    def guess(text: str, hints: Hints | None = None, name: str = "export.csv"):
        return unknown(seen(text, name), hints, ("files", name))[0]

    return guess


def asked(guess) -> set[tuple[str, ...]]:
    """What is asked, without the file's name."""
    return {question.path[2:] for question in guess.questions}


def rows(*lines: str) -> str:
    """Tickets, `;` between the cells, each with a number of its own."""
    return TICKETS + "".join(f"T{number};Mail;P1;{line}\n" for number, line in enumerate(lines))


# ---------------------------------------------------------------- a sketch


@pytest.mark.parametrize(
    ("cells", "formats", "order"),
    [
        (["2026-10-05", "2026-10-25 10:00:00"], ("iso",), "ymd"),
        (["25/10/2026 10:05", "05/10/2026 9:00"], ("%d/%m/%Y %H:%M",), "dmy"),
        (["10/25/26 10:05 AM", "10/5/26 9:00 PM"], ("%m/%d/%y %I:%M %p",), "mdy"),
        (["05/10/2026", "06/10/2026"], ("%d/%m/%Y",), "both"),
        (["25/10/2026", "10/25/2026"], ("%d/%m/%Y",), "contradictory"),
        (["05.10.2026 10:00:01", "25.10.2026 10:00:01"], ("%d.%m.%Y %H:%M:%S",), "dmy"),
        (["02/Oct/26 9:05 AM"], ("%d/%b/%y %I:%M %p",), "none"),
        (["October 5, 2026", "October 25, 2026"], ("%B %d, %Y",), "none"),
        (["2026/10/05 10:00"], ("%Y/%m/%d %H:%M",), "ymd"),
        (["1760000000", "1760003600"], ("epoch",), "none"),
        (["1760000000000"], ("epoch_ms",), "none"),
        (["/Date(1760000000000)/"], ("iso",), "none"),
    ],
)
def test_the_formats_of_times(seen, cells, formats, order):
    one = seen("when;what\n" + "".join(f"{cell};x{n}\n" for n, cell in enumerate(cells))).columns[0]
    assert one.kind("date") == 1.0
    assert (one.formats, one.order) == (formats, order)
    for cell in cells:  # what a sketch names reads the cell
        plain = [form for form in one.formats if "%" in form]
        if plain and order != "contradictory":
            assert any(pd.notna(pd.to_datetime(cell, format=form, errors="coerce")) for form in plain)


def test_an_order_is_put_into_formats():
    assert in_order(("%d/%m/%Y %H:%M", "%d.%b.%Y", "iso"), "mdy") == ("%m/%d/%Y %H:%M", "%d.%b.%Y", "iso")


def test_what_stands_in_columns(seen):
    text = "id,mail,spent,flag,note,n\n1,a@b.example,2 h 5 min,yes,-,3\n2,c@d.example,1:05:00,no,Mail,4.5\n"
    found = {one.name: one for one in seen(text).columns}
    assert found["id"].is_key and found["mail"].kind("email") == 1 and found["spent"].kind("duration") == 1
    assert (
        found["flag"].kind("boolean") == 1
        and found["n"].kind("number") == 1
        and found["n"].kind("integer") == 0.5
    )
    assert found["note"].filled == 1 and found["note"].values == ("Mail",)  # `-` says nothing


def test_a_row_of_data_that_holds_our_words_is_no_header(seen):
    text = "a_1;a_2;a_3\nxx;Status;Closed\nyy;Priority;Created\n"
    assert seen(text).headers == ("a_1", "a_2", "a_3")


def test_lines_before_the_header_are_passed_over(seen):
    text = '"Acme Ltd"\n"October 2026"\n\nTicket No,Status,Created On\nT1,Open,2026-10-05\n'
    assert seen(text).headers == ("Ticket No", "Status", "Created On")


def test_a_title_is_no_header_where_commas_fill_its_line(seen):
    text = "Brook Ltd,,,\nOctober,,,\n,,,\n,Ticket No,Status,Created On\nBach,,,\n,T1,Open,2026-10-05\n"
    assert seen(text).headers == ("Ticket No", "Status", "Created On")


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(Unreadable, match="empty"):
        sketch(tmp_path / "a.csv")


def test_a_sketch_of_many_rows_is_quick(seen):
    text = rows(
        *(f"Open;2026-10-{1 + n % 28:02d} 10:00;2026-10-{1 + n % 28:02d} 11:00" for n in range(20_000))
    )
    begin = time.process_time()
    assert seen(text).rows == 20_000
    assert time.process_time() - begin < 5


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("header", "phrase"),
    [("Eröffnungszeitpunkt", "Eröffnet am"), ("Created On", "created"), ("openedAt", "opened at")],
)
def test_words_without_their_endings(header, phrase):
    time_words = words.neutral("tickets", True)
    assert words.stems(header) - time_words == words.stems(phrase) - time_words


def test_every_word_is_of_a_column_or_a_value_of_ours():
    for table in words.tables():
        assert words.phrases(table).keys() == set(TABLES[table].names)
        for column in TABLES[table].columns:
            known_values = words.values(table, column.name)
            choices = set(column.choices) or ({"true", "false"} if column.type == "boolean" else set())
            assert set(known_values.values()) <= choices, (table, column.name)


def test_no_value_means_two_things():
    listed = words._data()["values"]
    for name, by_value in listed.items():
        said = Counter(
            words.plain(word) for ours in by_value.values() for word in set(map(words.plain, ours))
        )
        assert [word for word, count in said.items() if count > 1] == [], name


# ---------------------------------------------------------------- exports of no known vendor


def test_invented_exports(tmp_path):
    """Required columns without an answer: 95 of 100 right, none wrong in silence."""
    told: Counter[str] = Counter()
    for export in exports(tmp_path, seed=7):
        guess = unknown(sketch(export.path), None, ("files", export.path.name))[0]
        questions = asked(guess)
        if guess.table != export.table:
            told["asked" if ("table",) in questions else "wrong"] += len(TABLES[export.table].required)
            continue
        for name, header in export.headers.items():
            column, found = TABLES[export.table].column(name), guess.columns.get(name)
            kind = "required" if column.required else "optional"
            if found is not None and found.header != header:
                told["wrong"] += 1
            elif any(name in path for path in questions):
                told[f"{kind} asked"] += 1
            else:
                told[f"{kind} {'right' if found else 'not read'}"] += 1
        meant = dict.fromkeys(export.headers.values())
        told["wrong"] += sum(found.header not in meant for found in guess.columns.values())
    required = told["required right"] + told["required asked"] + told["required not read"]
    assert told["wrong"] == 0, told
    assert told["required not read"] == 0, told
    assert told["required right"] >= 0.95 * required, told


# ---------------------------------------------------------------- what has to be asked


def test_days_that_may_be_months_are_asked(guessed):
    guess = guessed(rows("Open;05/10/2026 10:00;", "Open;06/10/2026 11:00;"))
    assert ("date_order",) in asked(guess) and guess.is_blocked and "opened_at" not in guess.dates
    answered = guessed(rows("Open;05/10/2026 10:00;", "Open;06/10/2026 11:00;"), Hints(date_order="mdy"))
    assert answered.dates["opened_at"] == ("%m/%d/%Y %H:%M",) and not answered.is_blocked


def test_another_date_of_the_file_shows_the_order(guessed):
    guess = guessed(rows("Closed;05/10/2026 10:00;25/10/2026 10:00"))
    assert guess.dates["opened_at"] == ("%d/%m/%Y %H:%M",) and "dates" in guess.notes


def test_a_status_that_no_word_names_is_asked(guessed):
    guess = guessed(rows("Open;2026-10-05 10:00;", "Wibble;2026-10-06 10:00;"))
    assert ("values", "status", "Wibble") in asked(guess) and guess.is_blocked
    answered = guessed(
        rows("Open;2026-10-05 10:00;", "Wibble;2026-10-06 10:00;"),
        Hints(values={"status": {"wibble": "waiting"}}),
    )
    assert answered.values["status"] == {"open": ["Open"], "waiting": ["Wibble"]} and not answered.is_blocked


def test_a_status_of_numbers_is_asked(guessed):
    guess = guessed(rows(*(f"{n};2026-10-0{n} 10:00;" for n in range(1, 6))))
    assert {path[:2] for path in asked(guess)} >= {("values", "status")} and guess.is_blocked


def test_what_is_done_is_closed_where_its_rows_say_so_and_asked_all_the_same(guessed):
    guess = guessed(rows("Open;2026-10-05 10:00;", "Done;2026-10-06 10:00;2026-10-07 10:00"))
    assert guess.values["status"]["resolved"] == ["Done"] and ("values", "status", "Done") in asked(guess)
    assert ("values", "status", "Done") in asked(
        g := guessed(rows("Done;2026-10-05 10:00;"))
    ) and g.is_blocked


def test_two_columns_that_may_be_one_are_asked(guessed):
    text = (
        "Ticket No;Case Number;Status;Priority;Created\nT1;C1;Open;P1;2026-10-05\nT2;C2;Open;P1;2026-10-06\n"
    )
    guess = guessed(text)
    assert ("columns", "ticket_id") in asked(guess) and "ticket_id" not in guess.columns and guess.is_blocked
    assert (
        guessed(text, Hints(columns={"ticket_id": "Case Number"})).columns["ticket_id"].header
        == "Case Number"
    )


@pytest.mark.parametrize("name", ["Last Updated", "Due Date", "SLA Breach Time", "Geändert am", "Echéance"])
def test_a_time_of_something_else_is_none_of_ours(guessed, name):
    text = f"Ticket No;Status;Priority;{name}\nT1;Open;P1;2026-10-05 10:00\nT2;Open;P1;2026-10-06 10:00\n"
    guess = guessed(text, Hints(table="tickets"))
    assert name not in [found.header for found in guess.columns.values()] and (
        "columns",
        "opened_at",
    ) in asked(guess)


def test_an_end_before_its_start_is_not_read(guessed):
    lines = [f"Closed;2026-10-{n:02d} 10:00;2026-09-{n:02d} 10:00" for n in range(1, 20)]
    guess = guessed(rows(*lines))
    assert "resolved_at" not in guess.columns and ("columns", "resolved_at") in asked(guess)


def test_rows_of_one_number_are_asked(guessed):
    text = (
        TICKETS
        + "T1;Mail;P1;Open;2026-10-05;\nT1;Mail;P1;Closed;2026-10-05;2026-10-06\nT2;Mail;P1;Open;2026-10-07;\n"
    )
    assert ("record",) in asked(guessed(text)) and guessed(text).is_blocked
    assert guessed(text, Hints(record="last")).record == "last"


def test_a_column_by_which_rows_may_not_count_is_asked(guessed):
    text = "Application;Computer Name;Status\nOffice;pc1;Installed\nOffice;pc2;Failed\nCAD;pc3;Installed\n"
    assert ("where",) in asked(guessed(text, name="software.csv")) and guessed(
        text, name="software.csv"
    ).is_blocked
    assert not guessed(text, Hints(where="all"), name="software.csv").is_blocked


def test_numbers_that_may_be_thousands_are_asked(guessed):
    head = "Agreement;Product;Metric;Quantity\n"
    guess = guessed(head + "A1;Office;user;1,200\nA2;CAD;device;25\n")
    assert ("decimal",) in asked(guess) and guess.is_blocked
    assert (
        guessed(head + "A1;Office;user;1,200.00\nA2;CAD;device;1,250\n").decimal is None
    )  # its file says it


def test_a_length_of_time_without_a_unit_is_not_read(guessed):
    text = TICKETS.strip() + ";Time Spent\nT1;Mail;P1;Open;2026-10-05 10:00;;90\n"
    guess = guessed(text)
    assert "hours" not in guess.columns and ("durations", "hours") in asked(guess)
    assert guessed(text, Hints(durations={"hours": "minutes"})).durations == {"hours": "minutes"}


def test_tickets_without_a_priority_are_asked_and_kept(guessed):
    text = (
        "Ticket No;Subject;Status;Created On\nT1;Mail;Open;2026-10-05 10:00\nT2;Mail;Open;2026-10-06 10:00\n"
    )
    guess = guessed(text)
    assert (
        guess.constants == {"priority": "none"}
        and ("columns", "priority") in asked(guess)
        and not guess.is_blocked
    )


def test_cells_that_say_nothing_are_missing(guessed):
    guess = guessed(rows("Open;2026-10-05 10:00;Never", "Closed;2026-10-05 10:00;2026-10-06 10:00"))
    assert guess.nulls == {"resolved_at": ["Never"]}


def test_a_file_that_fits_several_tables_is_asked(guessed):
    guess = guessed("Name;Type;Status\na;b;Open\nc;d;Open\n")
    assert guess.is_blocked


def test_lines_that_nobody_numbers_are_counted_in_their_document(guessed):
    line = "I1;2026-10-05;Parts;Laptop;2;9.50\n"
    text = f"Invoice No;Date;Supplier;Item;Qty;Unit Price\n{line}{line.replace('Laptop', 'Bag')}"
    guess = guessed(text)
    assert (
        "row_number() over" in guess.shape
        and guess.constants == {"document": "invoice"}
        and not guess.is_blocked
    )
    credits = guessed(text.replace("Bag;2", "Bag;-2"))
    assert ("constants", "document") in asked(credits) and credits.is_blocked


# ---------------------------------------------------------------- exports of known vendors


def test_a_profile_is_known_by_its_headers(seen):
    head = "number,short_description,caller_id,state,priority,opened_at,resolved_at,made_sla,assigned_to,sys_created_on"
    found = known.known(
        seen(f"{head}\nINC1,Mail,amy,2,3,2026-10-05 10:00:00,,true,bob,2026-10-05 10:00:00\n")
    )
    assert (found[0].profile, found[0].table) == ("servicenow", "tickets") and found[0].score > found[
        -1
    ].score / 2


def test_a_list_that_says_when_it_was_changed_is_no_log(seen):
    head = "number,opened_at,short_description,caller_id,priority,state,category,assignment_group,assigned_to"
    row = "INC1,2026-10-05 10:00:00,Mail,amy,3 - Moderate,Closed,Software,Desk,bob,2026-10-05 11:00:00,bob"
    found = known.known(seen(f"{head},sys_updated_on,sys_updated_by\n{row}\n"))
    assert (found[0].name, found[0].is_sure) == ("servicenow/list", True)


def test_a_header_may_be_known_by_how_it_begins(seen):
    head = r'"(PDH-CSV 4.0) (Sri Lanka Standard Time)(-330)","\\SRV-01\Memory\Available MBytes"'
    found = known.known(seen(f'{head}\n"10/01/2026 09:00:00.123","2048"\n'))
    assert (found[0].name, found[0].is_sure) == ("perfmon", True)
    assert not known.known(seen("PDH,Memory\n1,2\n"))


def test_nothing_is_known_of_what_is_nobodys(seen):
    assert [one for one in known.known(seen("a,b,c\n1,2,3\n")) if one.is_sure] == []


def test_a_route_is_chosen_by_the_file(seen):
    raw = Route(route="api", recognise=Recognise(headers=("sys_id", "opened_at")))
    shown = Route(route="list", recognise=Recognise(headers=("Number", "Opened"), without=("sys_id",)))
    assert route_of(seen("sys_id,opened_at,number\n1,2,3\n"), (raw, shown)).route == "api"
    assert route_of(seen("Number,Opened\n1,2\n"), (raw, shown)).route == "list"
    with pytest.raises(ProfileError, match="api: sys_id"):
        route_of(seen("a,b\n1,2\n"), (raw, shown))


def test_every_shipped_route_can_be_told_from_the_others():
    weights = {name: routes for name in known.profile.names() for routes in load(name).values()}
    assert weights and all(math.isfinite(known._weight("number")) for _ in weights)
