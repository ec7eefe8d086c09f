"""Bytes to rows: every reader gives text under one header, with lines, and says what it cannot read."""

import inspect
import json
import re
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from monsters import ods

from msp_report.intake import reasons, stated
from msp_report.intake.chunk import WIDER, Chunk, Irregular, Unreadable
from msp_report.intake.formats import FORMATS, csv, outline, read
from msp_report.params.layout import Layout, distinct, fold

KNOWN = Layout(columns={name: (name,) for name in ("ticket_id", "opened_at", "priority", "status")})


@pytest.fixture
def chunks(tmp_path):
    """Write a file and read it."""

    def run(content, name="tickets.csv", reading=KNOWN) -> list[Chunk]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read(path, reading))

    return run


@pytest.fixture
def frame(chunks):
    """Write a file and read it into one frame, the lines in `line`."""

    def run(*args, **options) -> pd.DataFrame:
        return shown(chunks(*args, **options))

    return run


def shown(read_chunks) -> pd.DataFrame:
    parts = [
        pd.DataFrame(dict(zip(c.header, (column.to_pylist() for column in c.columns), strict=True))).assign(
            line=c.lines
        )
        for c in read_chunks
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("module", sorted(set(FORMATS.values())))
def test_every_format_has_the_one_signature(module):
    function = import_module(f"msp_report.intake.formats.{module}").read
    assert list(inspect.signature(function).parameters) == ["path", "layout"]


# Delimited text

PLAIN = "ticket_id,opened_at,priority,status\nT1,2026-04-02,Général,new\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_found(chunks, encoding, found):
    (chunk,) = chunks(PLAIN.encode(encoding))
    assert chunk.header == ("ticket_id", "opened_at", "priority", "status")
    assert chunk.column("priority").to_pylist() == ["Général"]
    assert chunk.facts["encoding"] == found


def test_a_big_endian_mark(chunks):
    (chunk,) = chunks(b"\xfe\xff" + PLAIN.encode("utf-16-be"))
    assert chunk.column("priority").to_pylist() == ["Général"]


def test_declared_encoding(chunks):
    text = "ticket_id,priority\nT1,Średni\n"
    (chunk,) = chunks(text.encode("cp1250"), reading=Layout(encoding="cp1250"))
    assert chunk.column("priority").to_pylist() == ["Średni"]
    with pytest.raises(Unreadable, match="encoding: 'cp12500' is not known: write one like cp1252"):
        chunks(text, reading=Layout(encoding="cp12500"))


def test_a_few_wrong_bytes_in_utf8_cost_their_rows_only(chunks):
    (chunk,) = chunks("ticket_id,priority\nT1,é\nT2,é".encode() + b"\xff\nT3,\xc3\xa9\n")
    assert chunk.column("ticket_id").to_pylist() == ["T1", "T3"]
    assert [(row.line, row.reason) for row in chunk.broken] == [(3, reasons.BYTES)]


def test_bytes_that_are_no_text_are_refused_naming_byte_and_line(chunks):
    with pytest.raises(Unreadable, match=r"line 2: byte 0x81 is text in no encoding that could be found"):
        chunks(b"ticket_id,priority\n\x81\x8d\x00\x01\x02\x03\x04\x05\x06\x07\x0e\x0f" * 20)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(chunks, delimiter):
    (chunk,) = chunks(PLAIN.replace(",", delimiter))
    assert chunk.facts["delimiter"] == delimiter
    assert len(chunk.header) == 4 and len(chunk) == 1


def test_a_delimiter_of_its_own_and_the_hint_of_spreadsheets(chunks):
    (chunk,) = chunks(PLAIN.replace(",", "^"), reading=KNOWN.model_copy(update={"delimiter": "^"}))
    assert len(chunk.header) == 4
    (chunk,) = chunks("sep=~\n" + PLAIN.replace(",", "~"))
    assert len(chunk.header) == 4 and chunk.lines.tolist() == [3]
    with pytest.raises(Unreadable, match="delimiter: '::' is not one character"):
        chunks(PLAIN, reading=Layout(delimiter="::"))


def test_semicolon_and_tab_together(chunks):
    (chunk,) = chunks("ticket_id;\tpriority\nT1;\tP1\n")
    assert chunk.header == ("ticket_id", "priority")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(frame, end):
    text = f"ticket_id,priority{end}T1,P1{end}{end}T2,P2{end}"
    assert frame(text)[["ticket_id", "line"]].values.tolist() == [["T1", 2], ["T2", 4]]


def test_preamble_and_given_place_of_the_header(frame):
    text = 'Report, made by "us"\n\nticket_id,priority\nT1,P1\n'
    assert frame(text)["line"].tolist() == [4]
    odd = "a,b\nticket_id,priority\nT1,P1\n"
    assert list(frame(odd, reading=KNOWN.model_copy(update={"skip_rows": 0})).columns) == ["a", "b", "line"]


def test_headers_twice_and_headers_without_a_name(chunks):
    (chunk,) = chunks("*Ticket ID,category,Category,\nT1,a,b,\n")
    assert chunk.header == ("*Ticket ID", "category", "Category#2", "")
    assert chunk.column("ticket_id").to_pylist() == ["T1"]
    assert chunk.column("category").to_pylist() == ["a"] and chunk.column("category#2").to_pylist() == ["b"]
    assert chunk.header_of(["nothing", "CATEGORY#2"]) == "Category#2"


SURVEY = (
    "Respondent ID,Collector ID,End Date,How did we do?,,,Would you recommend us?\n"
    ',,,Speed,Skill,"Manner,\nall in all",Response\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_head_of_two_rows_is_read_as_in_a_workbook(chunks, encoding):
    (chunk,) = chunks((SURVEY + "11,7,10/05/2026,4,5,é,9\n12,7,10/06/2026,,5,3,8\n").encode(encoding))
    assert chunk.header == (
        "Respondent ID", "Collector ID", "End Date", "How did we do? / Speed", "How did we do? / Skill",
        "How did we do? / Manner,\nall in all", "Would you recommend us? / Response",
    )  # fmt: skip
    assert chunk.lines.tolist() == [4, 5] and chunk.column("How did we do? / Skill").to_pylist() == ["5", "5"]
    assert chunk.remarks == (
        "'How did we do?' stands over 3 columns: they are called like 'How did we do? / Speed'",
    )
    (empty,) = chunks(SURVEY.encode(encoding))
    assert len(empty) == 0 and empty.header == chunk.header


CELLS = st.sampled_from(["", "x", "y", "4", "Mail"])


@given(st.lists(CELLS, min_size=1, max_size=5), st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=4))
@examples(200)
def test_no_row_of_an_ordinary_file_becomes_a_head(tmp_path_factory, head, rows):
    """Whatever the heads leave empty, a row that says something under the first of them is a row."""
    path = tmp_path_factory.mktemp("t") / "t.csv"
    lines = [["id", *head], *(["1", *row] for row in rows)]
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    for chunk in read(path, Layout()):
        assert chunk.header[0] == "id" and not [name for name in chunk.header if " / " in name]
        assert chunk.remarks == ()


def test_a_row_without_its_number_is_no_head_where_the_next_one_has_none_either(chunks):
    (chunk,) = chunks("id,name,\n,a,b\n,c,d\n")
    assert chunk.header == ("id", "name", "") and len(chunk) == 2


@given(st.lists(st.sampled_from(["A", "a", "A#2", "A#3", "a 2", "", "#2", "B"]), max_size=12))
@examples(200)
def test_no_two_headers_have_one_name(names):
    """Whatever stands twice, and whatever is already called as the second of a name would be."""
    found = distinct(names)
    told = [fold(name) for name in found if fold(name)]
    assert len(set(told)) == len(told) and len(found) == len(names)
    assert all(
        after == before or after.startswith(f"{before}#") for before, after in zip(names, found, strict=True)
    )


def test_wide_and_short_rows_and_empty_cells_at_the_end(chunks):
    (chunk,) = chunks("ticket_id,priority\nT1,P1,,\nT2\nT3,P1,x\n,\n\nT4,P1\n")
    assert chunk.column("ticket_id").to_pylist() == ["T1", "T3", "T4"]
    assert chunk.lines.tolist() == [2, 4, 7]
    assert [(row.line, row.reason) for row in chunk.broken] == [(3, reasons.SHORT)]
    assert chunk.column(WIDER).to_pylist() == [None, "x", None]  # whether it is a good row its table decides
    assert chunk.text(np.arange(3)).to_pylist() == ["T1,P1", "T3,P1,x", "T4,P1"]
    (plain,) = chunks("ticket_id,priority\nT1,P1\nT4,P1\n")
    assert chunk.hashes()[[0, 2]].tolist() == plain.hashes().tolist()


def test_quotes(frame, chunks):
    text = 'ticket_id,priority\n"T1","a ""b"", c"\nT2,"one\ntwo\r\nthree"\nT3,5" disk\n'
    assert frame(text).values.tolist() == [
        ["T1", 'a "b", c', 2],
        ["T2", "one\ntwo\r\nthree", 3],
        ["T3", '5" disk', 6],
    ]
    # a stray quote swallows two lines: each of them is set aside, the row after them is not
    (chunk,) = chunks('ticket_id,priority\nT1,"P1\nT2,"x"\nT3,P3\n')
    assert [(row.line, row.reason, row.cells) for row in chunk.broken] == [
        (2, reasons.QUOTES, ['T1,"P1\n']),
        (3, reasons.QUOTES, ['T2,"x"\n']),
    ]
    assert chunk.column("ticket_id").to_pylist() == ["T3"]
    with pytest.raises(Unreadable, match="line 3: a quote is opened here and never closed"):
        chunks('ticket_id,priority\nT1,P1\nT2,"P2\nT3,P3\n')


def test_both_ways_of_reading_give_the_same(chunks, monkeypatch):
    """Regular lines are read at once, others record by record; a block's border may lie anywhere."""
    lines = ["ticket_id,priority,title"]
    lines += [f"T{n},P{n % 4}," + ("plain", '"a, b"', '"a ""q"""', "é", "", '""')[n % 6] for n in range(500)]
    text = "\r\n".join(lines)
    whole = shown(chunks(text))
    monkeypatch.setattr(csv, "BLOCK", 100)
    parts = chunks(text)
    assert len(parts) > 50
    pd.testing.assert_frame_equal(shown(parts), whole)
    monkeypatch.setattr(csv, "_regular", lambda *args: None)
    pd.testing.assert_frame_equal(shown(chunks(text)), whole)
    assert len(whole) == 500 and whole["line"].tolist() == list(range(2, 502))


#: What cells and lines are made of where a reader may go wrong.
_PIECES = (
    "a",
    "T1",
    " ",
    "é",
    "☃",
    ",",
    ";",
    '"',
    '""',
    '"a"',
    '""""',
    "\n",
    "\r\n",
    "\r",
    "\0",
    "a,b",
    '"x,""y"',
)
_CELLS = st.one_of(
    st.sampled_from(
        ["", "a", "é", '""', '"a, b"', '"a ""q"""', '"a\nb"', '"a\r\nb"', '5" disk', '"""', ' "a"']
    ),
    st.lists(st.sampled_from(_PIECES), max_size=4).map("".join),
)
_LINES = st.one_of(
    st.tuples(_CELLS, _CELLS, _CELLS).map(",".join),
    st.lists(_CELLS, max_size=4).map(",".join),
    st.just("T1,P1,x"),
)


@given(
    lines=st.lists(_LINES, max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.sampled_from(["", "\n", "\r\n", "\n\n"]),
    block=st.sampled_from([1, 7, 40, 8_000_000]),
)
@examples(400)
def test_a_regular_file_is_read_as_record_by_record(tmp_path_factory, lines, end, last, block):
    """Whatever stands in a file: rows, lines, and what is set aside are those of Python's own reader, also where Arrow
    reads the lines, as far as they are one record each."""
    path = tmp_path_factory.mktemp("regular") / "tickets.csv"
    path.write_bytes(end.join(["ticket_id,priority,title", *lines]).encode() + last.encode())

    def everything(chunks) -> tuple[list, list, list]:
        rows, places, broken = [], [], []
        for chunk in chunks:
            rows += zip(*(column.to_pylist() for column in chunk.columns), strict=True)
            places += chunk.lines.tolist()
            broken += chunk.broken
        return rows, places, sorted(broken, key=lambda one: one.line)

    def in_two_parts():
        try:
            yield from csv.regular(path, KNOWN)
        except Irregular as rest:
            yield from csv.rest(path, KNOWN, rest.chunks)

    def told(read_chunks) -> object:
        try:
            return everything(read_chunks())
        except Unreadable as error:
            return str(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv, "BLOCK", block)
        at_once = told(in_two_parts)
        patch.setattr(csv, "_regular", lambda *args: None)
        assert at_once == told(lambda: csv.read(path, KNOWN))


def test_a_record_may_reach_into_the_next_block(chunks, monkeypatch):
    monkeypatch.setattr(csv, "BLOCK", 30)
    text = "ticket_id,priority\n" + "".join(f'T{n},"a\nb\nc"\n' for n in range(20))
    frame = shown(chunks(text))
    assert frame["ticket_id"].tolist() == [f"T{n}" for n in range(20)]
    assert frame["line"].tolist() == [2 + 3 * n for n in range(20)]
    assert set(frame["priority"]) == {"a\nb\nc"}


def test_header_alone_and_zero_bytes_and_unknown_formats(chunks):
    (chunk,) = chunks("ticket_id,priority")
    assert chunk.header == ("ticket_id", "priority") and len(chunk) == 0
    (chunk,) = chunks("\n\n")
    assert chunk.header == () and len(chunk) == 0
    with pytest.raises(Unreadable, match="zero bytes"):
        chunks(b"")
    with pytest.raises(Unreadable, match=r"\.pdf is not a known format"):
        chunks(b"x", name="tickets.pdf")


# Workbooks


def workbook(path, rows, sheet="Data", cover=True):
    book = xlsxwriter.Workbook(str(path))
    formats = {datetime: "yyyy-mm-dd hh:mm:ss", date: "dd/mm/yyyy", timedelta: "[h]:mm"}
    styles = {kind: book.add_format({"num_format": text}) for kind, text in formats.items()}
    if cover:
        book.add_worksheet("Cover").write(0, 0, "A report of tickets")
    page = book.add_worksheet(sheet)
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if type(value) in styles:
                page.write_datetime(y, x, value, styles[type(value)])
            elif value is not None:
                page.write(y, x, value)
    book.close()


def test_cells_keep_their_types_as_unmistakable_text(tmp_path):
    path = tmp_path / "t.xlsx"
    rows = [
        ["Tickets of April"],
        [],
        ["ticket_id", "opened_at", "priority", "status", "length"],
        ["00123", datetime(2026, 4, 2, 10, 14, 59, 999000), 3.5, True, timedelta(hours=30, minutes=5)],
        [],
        [7, date(2026, 4, 2), 1234567.0, "new", None],
    ]
    workbook(path, rows)
    (chunk,) = read(path, KNOWN)
    assert chunk.facts == {"sheet": "Data", "header_line": 3} and chunk.typed
    assert shown([chunk]).fillna("").values.tolist() == [
        ["00123", "2026-04-02T10:15:00", "3.5", "true", "30:05:00", 4],
        ["7", "2026-04-02T00:00:00", "1234567", "new", "", 6],
    ]


def test_sheets(tmp_path):
    path = tmp_path / "t.xlsx"
    workbook(path, [["ticket_id"], ["T1"]], sheet="Tickets")
    with pytest.raises(
        Unreadable, match="there is no sheet 'tickets': name one of 'Cover', 'Tickets' in sheet"
    ):
        list(read(path, Layout(sheet="tickets")))
    (chunk,) = read(path, Layout(sheet="Tickets"))
    assert chunk.header == ("ticket_id",)
    (chunk,) = read(path, Layout(sheet="Tickets", skip_rows=1))
    assert chunk.header == ("T1",) and len(chunk) == 0


def test_a_decimal_comma_beside_typed_numbers(tmp_path):
    path = tmp_path / "t.xlsx"
    workbook(path, [["ticket_id", "priority"], ["1,5", 2.5]])
    (chunk,) = read(path, KNOWN.model_copy(update={"decimal": ","}))
    assert [column[0].as_py() for column in chunk.columns] == ["1,5", "2,5"]


# JSON


def test_an_object_a_line(chunks):
    first = '{"ticket_id": "T1", "priority": {"name": "P1", "id": 3}, "n": 1.5}'
    text = first + '\n\n{"ticket_id": 2, "tags": ["a", "b"], "ok": true}\n{broken\n[1]\n'
    (chunk,) = chunks(text, name="t.jsonl")
    assert chunk.header == ("ticket_id", "priority.name", "priority.id", "n", "tags", "ok")
    assert [column.to_pylist() for column in chunk.columns] == [
        ["T1", "2"], ["P1", None], ["3", None], ["1.5", None], [None, '["a", "b"]'], [None, "true"],
    ]  # fmt: skip
    assert chunk.lines.tolist() == [1, 3]
    assert [(row.line, row.reason) for row in chunk.broken] == [(4, reasons.NOT_JSON), (5, reasons.NOT_JSON)]


@pytest.mark.parametrize(
    "text",
    [
        '[{"ticket_id": "T1"},\n {"ticket_id": "T2"}]',
        '{"count": 2, "value": [{"ticket_id": "T1"},\n {"ticket_id": "T2"}], "next": null}',
        '\n{\n"data": [{"ticket_id": "T1"},\n {"ticket_id": "T2"}]}',
    ],
)
def test_a_list_of_objects_alone_or_wrapped(frame, text):
    found = frame(text, name="t.json")
    assert found["ticket_id"].tolist() == ["T1", "T2"]
    assert found["line"].diff().tolist()[1] == 1


def test_lists_that_break_off(chunks):
    with pytest.raises(Unreadable, match="not closed: the export broke off"):
        chunks('[{"ticket_id": "T1"}, ', name="t.json")
    with pytest.raises(Unreadable, match="line 1: not JSON"):
        chunks('[{"ticket_id": "T1"', name="t.json")
    assert len(chunks("[]", name="t.json")[0]) == len(chunks('{"value": []}', name="t.json")[0]) == 0


def test_names_with_half_a_surrogate_pair_are_names_all_the_same(chunks):
    (chunk,) = chunks('{"ticket_id": "T1", "\\ud800": "1", "\\udfff": "2"}\n', name="t.jsonl")
    assert [chunk.column(name).to_pylist() for name in chunk.header] == [["T1"], ["1"], ["2"]]
    assert all(name.encode() for name in chunk.header) and len(set(chunk.header)) == 3


def test_half_a_surrogate_pair_is_no_text_but_no_fault(chunks):
    (chunk,) = chunks(r'{"ticket_id": "\ud800"}', name="t.jsonl")
    assert chunk.column("ticket_id").to_pylist() == ["?"]


def test_later_objects_may_bring_other_names(tmp_path, monkeypatch):
    from msp_report.intake.formats import records

    monkeypatch.setattr(records, "CHUNK_ROWS", 1)
    path = tmp_path / "t.jsonl"
    path.write_text(
        json.dumps({"ticket_id": "T1"}) + "\n" + json.dumps({"ticket_id": "T2", "priority": "P1"})
    )
    assert [chunk.header for chunk in read(path, KNOWN)] == [("ticket_id",), ("ticket_id", "priority")]


# Parquet


def test_parquet_types_become_text(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table(
        {
            "at": pa.array([datetime(2026, 4, 2, 9, 30)], pa.timestamp("ns", tz="Europe/London")),
            "local": pa.array([datetime(2026, 4, 2, 9, 30)], pa.timestamp("ms")),
            "on": pa.array([date(2026, 4, 2)]),
            "cost": pa.array([Decimal("1.50")]),
            "n": pa.array([3], pa.int8()),
            "ok": pa.array([True]),
            "kind": pa.array(["new"]).dictionary_encode(),
            "who": pa.array([{"name": "ann"}]),
            "tags": pa.array([["a", "b"]]),
            "none": pa.nulls(1),
        }
    )
    pq.write_table(table, path)
    (chunk,) = read(path, Layout())
    cells = dict(zip(chunk.header, (column[0].as_py() for column in chunk.columns), strict=True))
    assert cells["at"].startswith("2026-04-02T09:30:00") and cells["at"].endswith("Z")  # the instant, in UTC
    assert cells["local"].startswith("2026-04-02T09:30:00") and not cells["local"].endswith("Z")
    assert {name: cells[name] for name in ("on", "cost", "n", "ok", "kind", "who.name", "none")} == {
        "on": "2026-04-02T00:00:00", "cost": "1.50", "n": "3", "ok": "true", "kind": "new", "who.name": "ann",
        "none": None,
    }  # fmt: skip
    assert chunk.lines.tolist() == [1]


def test_parquet_without_rows(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"ticket_id": pa.array([], pa.string())}), path)
    (chunk,) = read(path, KNOWN)
    assert chunk.header == ("ticket_id",) and len(chunk) == 0


# What a sheet hides, and cells without a value


def book_of(path, sheets, hidden=()):
    """A workbook of several sheets; a cell that begins with `=` is a formula, `value` of which is stored or ''."""
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for y, row in enumerate(rows):
            page.write_row(y, 0, row)
    for name in hidden:
        book.get_worksheet_by_name(name).hide()
    book.worksheets_objs[-1].activate()
    book.close()


TICKETS = [["ticket_id", "opened_at", "priority", "status"], ["T1", "2026-04-02", "P1", "new"]]


def test_a_hidden_sheet_is_named_and_not_read(tmp_path):
    path = tmp_path / "t.xlsx"
    book_of(
        path, {"March": [TICKETS[0], ["OLD", "2026-03-02", "P1", "new"]], "April": TICKETS}, hidden=["March"]
    )
    (chunk,) = read(path, KNOWN)
    assert chunk.facts["sheet"] == "April"
    assert chunk.remarks == ("the hidden sheet 'March' is not read: name it in sheet if it is meant",)
    (named,) = read(path, KNOWN.model_copy(update={"sheet": "March"}))
    assert named.column("ticket_id").to_pylist() == ["OLD"] and not named.remarks


def test_a_sheet_that_cannot_be_chosen_is_asked_for(tmp_path):
    path = tmp_path / "t.xlsx"
    book_of(path, {"March": TICKETS, "Cover": [["Report"]]}, hidden=["March"])
    with pytest.raises(Unreadable, match="only the hidden sheet 'March' fits"):
        list(read(path, KNOWN))
    book_of(path, {"March": TICKETS, "April": TICKETS})
    with pytest.raises(Unreadable, match="the sheets 'March', 'April' fit alike"):
        list(read(path, KNOWN))
    book_of(path, {"March": TICKETS[:1], "April": TICKETS})
    assert [chunk.facts["sheet"] for chunk in read(path, KNOWN)] == ["April"], "one without rows is no rival"


def merged(path, ranges, rows):
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("Data")
    for span in ranges:
        page.merge_range(*span, "")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value is not None:
                page.write(y, x, value)
    book.close()


def test_a_head_over_several_columns_is_repeated_with_what_the_next_row_calls_each(tmp_path):
    path = tmp_path / "t.xlsx"
    heads = ["ticket_id", "How was it?", None, "status", "Why?", None, None]
    below = [None, "Mail", "Phone", "now", "1", "2", "3"]
    spans = [(0, 1, 0, 2), (0, 4, 0, 6), (0, 0, 1, 0)]
    merged(path, spans, [heads, below, ["T1", 4, 5, "new", "a", "b", "c"], ["T2", 3, None, "new"]])
    (chunk,) = read(path, KNOWN)
    assert chunk.header == (
        "ticket_id", "How was it? / Mail", "How was it? / Phone", "status / now", "Why? / 1", "Why? / 2", "Why? / 3",
    )  # fmt: skip
    assert chunk.lines.tolist() == [3, 4] and chunk.column("How was it? / Phone").to_pylist() == ["5", ""]
    assert chunk.remarks == (
        "'How was it?' stands over 2 columns: they are called like 'How was it? / Mail'",
        "'Why?' stands over 3 columns: they are called like 'Why? / 1'",
    )


@pytest.mark.parametrize(
    "row",
    [
        ["T1", 4, 5, "new"],
        ["T1", 4, 5, None],
        ["T1", 4, None, "new"],
        [None, 4, None, None],
        [None, 4, 4, "new"],
    ],
)
def test_a_row_that_names_no_columns_is_a_row(tmp_path, row):
    path = tmp_path / "t.xlsx"
    merged(path, [(0, 1, 0, 2)], [["ticket_id", "How was it?", None, "status"], row, ["T2", 1, 2, "new"]])
    (chunk,) = read(path, KNOWN)
    assert chunk.header == ("ticket_id", "How was it?", "", "status") and chunk.lines.tolist() == [2, 3]


def test_cells_that_are_merged_over_rows_are_told(tmp_path):
    path = tmp_path / "t.xlsx"
    merged(path, [(1, 0, 3, 0)], [["ticket_id", "status"], ["T1", "new"], [None, "new"], [None, "new"]])
    (chunk,) = read(path, KNOWN)
    assert chunk.remarks == (
        "cells are merged (rows 2 to 4 of column 1): their value counts for the first of these rows only",
    )


def test_the_sheets_that_are_shown(tmp_path):
    path = tmp_path / "t.xlsx"
    book_of(path, {"March": TICKETS, "April": TICKETS}, hidden=["March"])
    assert outline(path).sheets == ("April",)


def test_a_sheet_of_another_office_suite(tmp_path):
    (chunk,) = read(ods(tmp_path / "t.ods", [["ticket_id", "status"], ["T1", "new"]]), KNOWN)
    assert (
        chunk.column("ticket_id").to_pylist() == ["T1"] and "looks empty in this format" in chunk.remarks[0]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_text_that_is_called_a_workbook_is_read_as_text(chunks, encoding):
    (chunk,) = chunks(PLAIN.replace(",", "\t").encode(encoding), name="tickets.xls")
    assert chunk.column("priority").to_pylist() == ["Général"]


def test_a_web_page_that_is_called_a_workbook_is_named(chunks):
    for page in ("<html><table><tr><td>1", "\ufeff\n<!DOCTYPE html>", '<?xml version="1.0"?><Workbook/>'):
        with pytest.raises(
            Unreadable, match=r"web page or XML that is called \.xls: open it in a spreadsheet"
        ):
            chunks(page, name="tickets.xls")
    with pytest.raises(Unreadable, match="no workbook that can be read"):
        chunks(b"\x09\x08\x00\x00\x10" * 9, name="tickets.xls")


def without_results(path, sheet):
    """The same workbook as some writers make it: formulas without their results."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[sheet] = re.sub(rb"(</f>)<v>0</v>", rb"\1<v/>", parts[sheet]).replace(b"<v>empty</v>", b"<v></v>")
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


def test_formulas_without_a_value_and_errors_are_named(tmp_path):
    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("Data")
    page.write_row(0, 1, ["ticket_id", "opened_at", "priority", "status"])
    page.write_row(1, 1, ["T1", "2026-04-02"])
    page.write_formula(1, 3, '="P"&1', value="P1")
    page.write_formula(1, 4, "=A9+1")
    page.write_row(2, 1, ["T2"])
    page.write_formula(2, 2, "=1/0", value="#DIV/0!")
    page.write_formula(2, 3, '=IF(A1="","","P1")', value="empty")
    page.write_formula(4, 1, "=B2")
    book.close()
    without_results(path, "xl/worksheets/sheet1.xml")
    found = shown(read(path, KNOWN)).fillna("").values.tolist()
    assert found == [
        ["T1", "2026-04-02", "P1", "#FORMULA!", 2],
        ["T2", "#DIV/0!", "", "", 3],
        ["#FORMULA!", "", "", "", 5],
    ]


@given(
    st.lists(
        st.lists(st.sampled_from(["x", "", "formula", "#REF!", "#N/A"]), min_size=2, max_size=4),
        min_size=1,
        max_size=6,
    )
)
@examples(60)
def test_no_cell_without_a_value_reads_as_empty(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("book") / "t.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("Data")
    page.write_row(1, 1, ["ticket_id", "opened_at", "priority", "status"])
    for y, row in enumerate(cells, 2):
        for x, cell in enumerate(row, 1):
            if cell == "formula":
                page.write_formula(y, x, "=A1")
            elif cell.startswith("#"):
                page.write_formula(y, x, "=A1", value=cell)
            elif cell:
                page.write(y, x, cell)
    book.close()
    without_results(path, "xl/worksheets/sheet1.xml")
    wanted = {
        y: [{"formula": "#FORMULA!"}.get(cell, cell) for cell in row] + [""] * (4 - len(row))
        for y, row in enumerate(cells, 3)
        if any(row)
    }
    found = shown(read(path, KNOWN)).fillna("")
    assert dict(zip(found["line"], found.drop(columns="line").values.tolist(), strict=True)) == wanted


# What a file says of its own size


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"page": 1, "pages": 2, "total": 200, "per_page": 100, "results": [{"ticket_id": "T1"}]}',
         {"stated_page": 1, "stated_pages": 2, "stated_rows": 200}),
        ('{"issues": [{"ticket_id": "T1"}], "startAt": 0, "maxResults": 50, "total": 120}', {"stated_rows": 120}),
        ('{"@odata.count": 9, "value": [{"ticket_id": "T1"}], "@odata.nextLink": "https://x/y"}',
         {"stated_rows": 9, "stated_more": 1}),
        ('{"tickets": [{"ticket_id": "T1"}], "meta": {"has_more": true}, "links": {"next": "z"}}', {"stated_more": 1}),
        ('{"count": 1, "next": null, "results": [{"ticket_id": "T1"}]}', {"stated_rows": 1, "stated_more": 0}),
        ('{"tickets": [{"ticket_id": "T1"}], "end_of_stream": true, "next_page": "https://x/y"}', {"stated_more": 0}),
        ('{"end_of_stream": false, "next_page": null, "tickets": [{"ticket_id": "T1"}]}', {"stated_more": 1}),
        (
            '{"tickets": [{"ticket_id": "T1"}], "after_url": "https://x/y", "before_url": null,'
            ' "after_cursor": "MTY5NQ==", "before_cursor": null, "end_of_stream": true}',
            {"stated_more": 0},
        ),
        ('{"tickets": [{"ticket_id": "T1"}], "meta": {"has_more": false}, "links": {"next": "z"}}', {"stated_more": 0}),
        ('{"items": [{"ticket_id": "T1"}], "pageDetails": {"count": 1, "nextPageUrl": "https://x/y"}}',
         {"stated_rows": 1, "stated_more": 1}),
        ('{"tickets": [{"ticket_id": "T1"}], "list_info": {"has_more_rows": true, "row_count": 1}}',
         {"stated_more": 1, "stated_rows": 1}),
        ('{"exportedAt": "2026-11-01T08:00:00+01:00", "tickets": [{"ticket_id": "T1"}]}',
         {"stated_at": "2026-11-01T07:00:00+00:00"}),
        ('{"exportedAt": "2026-11-01T08:00:00", "tickets": [{"ticket_id": "T1"}]}', {}),
    ],
)  # fmt: skip
def test_an_answer_says_how_much_there_is(chunks, text, said):
    (chunk,) = chunks(text, name="t.json")
    assert chunk.column("ticket_id").to_pylist() == ["T1"]
    assert {key: value for key, value in chunk.facts.items() if key.startswith("stated")} == said


def test_the_lines_above_the_header_say_how_much_there_is(chunks):
    (chunk,) = chunks("Ticket report\nPage 1 of 3, showing 1 to 100 of 1,200 tickets\n" + PLAIN)
    assert {k: v for k, v in chunk.facts.items() if k.startswith("stated")} == {
        "stated_pages": 3, "stated_page": 1, "stated_rows": 1200,
    }  # fmt: skip


def file(name, came, **said):
    return {"file": name, "rows": came, **{f"stated_{key}": value for key, value in said.items()}}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([file("a", 5, more=1)], ["a: says that more rows follow, and they did not come"]),
        ([file("a", 5, more=1), file("b", 2, more=0)], []),
        (
            [file("a", 5, page=1, more=1), file("c", 2, page=3, more=0)],
            ["a, c: has page 3, and page 2 did not come"],
        ),
        ([file("b", 5, page=2)], ["b: has page 2, and page 1 did not come"]),
        ([file("a", 5, page=0), file("b", 5, page=1)], []),
        (
            [file("a", 5, page=1, pages=2), file("a (2)", 5, page=1, pages=2)],
            ["a, a (2): says that there are 2 pages, and 1 came"],
        ),
        ([file("a", 5, page=7, rows=5)], []),
        ([file("a", 5, page=900_000)], ["a: has page 900000, and page 1 did not come"]),
    ],
)
def test_what_the_files_of_a_source_lack(files, said):
    assert stated.doubts(files) == said


@pytest.mark.parametrize(
    ("files", "is_begin"),
    [
        ([file("a", 5)], False),
        ([file("a", 5, more=1)], True),
        ([file("a", 5, rows=9)], True),
        ([file("a", 5, rows=5, more=0)], False),
        ([file("b", 5, page=2, pages=2)], False),
        ([file("a", 5, page=1, pages=2)], True),
        ([], False),
    ],
)
def test_whether_rows_come_after_those_of_the_files(files, is_begin):
    assert stated.is_begin(files) is is_begin
