"""Documents (JSON, XML) and databases: records by their path, all of them or a refusal, never fewer in silence."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from monsters import deep_xml, definitions

from msp_report.intake.chunk import Unreadable
from msp_report.intake.formats import outline, read, records, walk
from msp_report.intake.formats.walk import Window, scan
from msp_report.params.layout import Layout

SAMPLES = Path(__file__).parents[3] / "shared" / "vendor-samples"


@pytest.fixture
def rows(tmp_path):
    """Write a document and read its records: each its line and its filled cells."""

    def run(text: str, records: str | None = None, name: str = "t.json", **keys) -> list[tuple[int, dict]]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return cells(read(path, Layout(records=records, **keys)))

    return run


def cells(chunks) -> list[tuple[int, dict]]:
    found = []
    for chunk in chunks:
        columns = [column.to_pylist() for column in chunk.columns]
        for place, line in enumerate(chunk.lines.tolist()):
            row = {name: column[place] for name, column in zip(chunk.header, columns, strict=True)}
            found.append((line, {name: cell for name, cell in row.items() if cell is not None}))
    return found


def facts(path: Path, layout: Layout) -> dict:
    return next(iter(read(path, layout))).facts


# Names that collide: every value is in a cell

NAMES = st.sampled_from(["a", "b", "a.b", "a#2", "b.a", "a.b#2"])


def objects(depth: int = 2) -> st.SearchStrategy:
    """Objects as pairs of a name and a value, in which a name may stand twice; values are objects or None."""
    value = st.none() | objects(depth - 1) if depth else st.none()
    return st.lists(st.tuples(NAMES, value), min_size=1, max_size=4)


def as_json(pairs: list, values: list[str]) -> str:
    """An object as text, each plain value another one, which is added to `values`."""
    parts = []
    for name, inner in pairs:
        if inner is None:
            values.append(f"v{len(values)}")
        parts.append(f'"{name}": ' + (f'"{values[-1]}"' if inner is None else as_json(inner, values)))
    return "{" + ", ".join(parts) + "}"


@given(objects())
@examples(150)
def test_no_value_is_lost_to_another_name(tmp_path_factory, pairs):
    folder = tmp_path_factory.mktemp("names")
    values: list[str] = []
    record = as_json(pairs, values)
    for name, text, where in (
        ("list.json", f"[{record}]", None),
        ("lines.jsonl", f"{record}\n{record}", None),
        ("deep.json", '{"x": [{"items": [{"id": 1}], "own": ' + record + "}]}", "x.items"),
    ):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        (_, row), *_ = cells(read(path, Layout(records=where)))
        assert set(values) <= set(row.values()), (name, record)


def test_a_second_one_of_a_name_has_its_number(rows):
    assert rows('[{"a.b": 1, "a": {"b": 2}, "c": 3, "c": 4}]') == [
        (1, {"a.b": "1", "a.b#2": "2", "c": "3", "c#2": "4"})
    ]
    text = "<r xmlns:x='x' xmlns:y='y'><i x:id='1' y:id='2'><a.b>3</a.b><a><b>4</b></a></i><i/></r>"
    (_, row), *_ = rows(text, "i", "t.xml")
    assert {"@id": "1", "@id#2": "2", "a.b": "3", "a.b#2": "4"}.items() <= row.items()


def test_what_stands_beside_the_records_twice_is_there_twice(rows):
    text = '{"made": "one", "made": "two", "items": [{"id": 1}]}'
    assert rows(text, "items") == [(1, {"id": "1", "made": "one", "made#2": "two", "_place": "0"})]


@pytest.mark.parametrize(
    "text", ['[{"v": 1.10}, {"v": 12345678901234567890.125}]', '{"v": 1.10}\n{"v": 12345678901234567890.125}']
)
def test_numbers_stay_as_they_are_written(rows, text):
    assert [row["v"] for _, row in rows(text)] == ["1.10", "12345678901234567890.125"]


# JSON

SERIES = """{"status": "success", "took": 3, "data": {"kind": "matrix", "series": [
 {"values": [[1, "0.20"], [2, null]],
  "metric": {"host": "db01"}},
 {"metric": {"host": "web01"}, "values": [
  [1, 1.10]]}]},
 "later": "known all the same"}"""


def test_lists_on_the_way_are_gone_through_and_what_stands_beside_goes_along(rows):
    beside = {"status": "success", "took": "3", "kind": "matrix", "later": "known all the same"}
    assert rows(SERIES, "data.series.values") == [
        (2, {"0": "1", "1": "0.20", "metric.host": "db01", **beside, "_place": "0.0"}),
        (2, {"0": "2", "metric.host": "db01", **beside, "_place": "0.1"}),
        (5, {"0": "1", "1": "1.10", "metric.host": "web01", **beside, "_place": "1.0"}),
    ]
    assert [row["_place"] for _, row in rows(SERIES, "data.series")] == ["0", "1"]
    assert len(rows(SERIES, "$.data.series[*].values[]")) == 3, "as other languages of paths write it"


@pytest.mark.parametrize("block", [1, 7, 100])
def test_a_record_may_lie_across_any_border_of_blocks(rows, monkeypatch, block):
    whole = rows(SERIES, "data.series.values")
    monkeypatch.setattr(walk, "BLOCK", block)
    assert rows(SERIES, "data.series.values") == whole


@pytest.mark.parametrize("most", [1, 2])
def test_chunks_end_where_there_is_enough_text(tmp_path, monkeypatch, most):
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{"a": "x" * 10} for _ in range(6)]), encoding="utf-8")
    monkeypatch.setattr(records, "CHUNK_TEXT", most * (10 + records._A_CELL))
    assert [len(chunk) for chunk in read(path, Layout())] == [most] * (6 // most)


def test_a_name_of_the_record_wins_over_one_beside_it(rows):
    text = '{"id": 1, "a": [{"id": 2, "b": [{"id": 3}, {"n": 4}]}]}'
    assert [row["id"] for _, row in rows(text, "a.b")] == ["3", "2"]


def test_a_star_is_the_name_under_which_an_object_is_kept(rows):
    text = '{"result": {"77": {"at": 1}, "78": {"at": 2}}, "hosts": [{"by": {"x": [{"n": 1}, {"n": 2}]}}]}'
    assert [(row["*"], row["at"]) for _, row in rows(text, "result.*")] == [("77", "1"), ("78", "2")]
    assert [(row["*"], row["n"], row["_place"]) for _, row in rows(text, "hosts.by.*")] == [
        ("x", "1", "0.x.0"), ("x", "2", "0.x.1"),
    ]  # fmt: skip


def test_a_name_may_have_points_in_it(rows):
    assert rows('{"odata.value": [{"a": 1}]}', "odata.value") == [(1, {"a": "1", "_place": "0"})]


def test_plain_values_and_lists_of_them(rows):
    assert rows('{"a": [[null, 5], [6, 7]]}', "a") == [
        (1, {"1": "5", "_place": "0"}),
        (1, {"0": "6", "1": "7", "_place": "1"}),
    ]
    assert rows('{"total": 3}', "total") == [(1, {"value": "3", "_place": ""})]
    assert rows('{"a": {"x": 1}}', "a") == [(1, {"x": "1", "_place": ""})]
    assert rows('{"a": null}', "a") == rows('{"a": []}', "a") == rows('{"a": []}', "a.b") == []


def test_a_path_that_leads_nowhere_names_the_lists_there_are(rows):
    with pytest.raises(
        Unreadable, match=r"nothing under records: tickets: its lists are data.items, data.items.log"
    ):
        rows('{"data": {"items": [{"log": [{"a": 1}]}]}}', "tickets")
    with pytest.raises(Unreadable, match=r"nothing under records: data.items.logs: its lists are"):
        rows('{"data": {"items": [{"log": [{"a": 1}]}]}}', "data.items.logs")
    with pytest.raises(Unreadable, match="it has no list of records"):
        rows('{"a": 1}', "b")


def test_a_list_that_nobody_named_is_found_where_it_is_the_only_one(rows):
    assert rows('{"status": "ok", "data": {"page": 1, "items": [{"a": 1}]}}') == [(1, {"a": "1"})]
    assert rows('{"tickets": [], "count": 0, "next_page": null}') == []
    assert rows('{"a": 1, "b": 2, "c": 3, "d": 4, "tags": [{"x": 1}]}')[0][1]["tags"] == '[{"x": 1}]'
    for text in (
        '{"tickets": [{"a": 1}], "users": [{"b": 2}]}',
        '{"x": {"tickets": [{"a": 1}], "users": [{"b": 2}]}}',
    ):
        with pytest.raises(
            Unreadable, match=r"several lists: name one of (x\.)?tickets, (x\.)?users in records"
        ):
            rows(text)


def test_lines_are_lines_though_the_first_is_broken_or_a_page(rows):
    assert rows('{"a": 1}\n{"a": 2}\n', name="t.json") == [(1, {"a": "1"}), (2, {"a": "2"})]
    assert rows('{"a" 1}\n{"a": 2}\n') == [(2, {"a": "2"})]
    pages = '{"page": 1, "rows": [{"a": 1}, {"a": 2}]}\n\n{"page": 2, "rows": [{"a": 3}]}\n'
    assert [(line, row["a"]) for line, row in rows(pages, "rows")] == [(1, "1"), (1, "2"), (3, "3")]


def test_pages_of_an_answer_that_stand_one_a_line_say_what_follows(tmp_path):
    path = tmp_path / "t.jsonl"
    one, two = ({"rows": [{"a": n}], "page": n, "pages": 2, "total": 2, "has_more": n < 2} for n in (1, 2))
    path.write_text(json.dumps(one) + "\n" + json.dumps(two) + "\n")
    told = {"stated_rows": 2, "stated_more": 0, "stated_seen": 2, "encoding": "utf-8"}
    assert facts(path, Layout(records="rows")) == told
    path.write_text(json.dumps(one) + "\n")
    assert facts(path, Layout(records="rows")) == told | {
        "stated_more": 1, "stated_seen": 1, "stated_page": 1, "stated_pages": 2,
    }  # fmt: skip
    path.write_text(json.dumps(one) + "\n" + json.dumps(one | {"page": 2}) + "\n")
    assert facts(path, Layout(records="rows")) == told | {"stated_more": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1}] [{"a": 2}]', "line 1: more follows behind the end of the document"),
        ('{"data": [{"a": 1}]}\n\n"more"', "line 3: more follows behind the end"),
        ('[{"a": 1}\n {"a": 2}]', "line 2: not JSON .*Expecting ',' delimiter"),
        ('{"data": [{"a": 1}],\n "b" 2}', "line 2: not JSON .*Expecting ':'"),
        ('{"data": [\n{"a": 1},\n{"b": tru}]}', "line 3: not JSON"),
        ('{"data": [{"a": "never closed}]}', "line 1: not JSON .*Unterminated string"),
        ("[" + "9" * 5000 + "]", "line 1: not JSON .a number of too many digits"),
    ],
)
def test_a_fault_has_its_line_and_no_record_comes_of_it(rows, text, said):
    with pytest.raises(Unreadable, match=said):
        rows(text)


def test_a_document_of_powershell(tmp_path):
    path = tmp_path / "t.json"
    path.write_bytes(
        '{\r\n  "value": [\r\n {"a": "Größe"},\r\n {"a": 2} ],\r\n  "Count": 2\r\n}'.encode("utf-16")
    )
    assert cells(read(path, Layout())) == [(3, {"a": "Größe"}), (4, {"a": "2"})]
    assert facts(path, Layout())["stated_rows"] == 2


def test_a_byte_that_is_no_text_costs_its_record_only(tmp_path):
    path = tmp_path / "t.json"
    path.write_bytes('[{"a": "é"}, {"a": "é'.encode() + b"\xff" + '"}, {"a": "é"}]'.encode())
    (chunk,) = read(path, Layout())
    assert len(chunk) == 2 and len(chunk.broken) == 1


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), DOCUMENTS, max_size=3), max_size=5), st.data())
@examples(100)
def test_any_cut_of_a_document_is_refused(tmp_path_factory, items, data):
    text = json.dumps(
        {"total": len(items), "rows": items, "more": False}, indent=data.draw(st.sampled_from([None, 1]))
    )
    path = tmp_path_factory.mktemp("cut") / "t.json"
    path.write_text(text, encoding="utf-8")
    whole = cells(read(path, Layout(records="rows")))
    assert len(whole) == len(items)
    path.write_text(text[: data.draw(st.integers(1, len(text) - 1))], encoding="utf-8")
    with pytest.raises(Unreadable):
        list(read(path, Layout(records="rows")))


@given(DOCUMENTS, st.sampled_from([1, 3, 50, 4_000]))
@examples(100)
def test_the_window_sees_what_the_library_sees(document, block):
    import io

    text = json.dumps(document, indent=1)
    before, walk.BLOCK = walk.BLOCK, block
    try:
        window = Window(io.StringIO(text))
        found = window.value()
        window.end()
        scan(Window(io.StringIO(text)))
    finally:
        walk.BLOCK = before
    assert json.loads(json.dumps(walk._plain(found))) == json.loads(text)


def test_what_a_document_says_of_its_size_may_come_after_its_records(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(
        '{"data": {"tickets": [{"a": 1}, {"a": 2}], "page_info": {"has_more": true}}, "total": 9}'
    )
    told = {"stated_rows": 9, "stated_more": 1}
    assert facts(path, Layout()).items() >= told.items()
    assert facts(path, Layout(records="data.tickets")).items() >= {**told, "stated_seen": 2}.items()
    (chunk,) = read(path, Layout(records="data.tickets"))
    assert chunk.header == ("a", "_place"), "what is said of pages is no column"


def test_a_long_list_beside_the_records_is_not_given_to_each(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(
        json.dumps({"rows": [{"a": 1}], "users": [{"n": n} for n in range(5_000)], "ids": [1, 2]})
    )
    (chunk,) = read(path, Layout(records="rows"))
    assert chunk.header == ("a", "ids", "_place") and chunk.facts["not_given"] == "users"


# XML

PLAN = """<?xml version="1.0"?>
<p:Plan xmlns:p="urn:x" xmlns="urn:y" version="2"><Name>ERP &amp; more</Name><Owner><Mail>a@b.example</Mail></Owner>
<Tasks>
<Task id="1"><Cost currency="GBP">30.00</Cost><Base><No>0</No></Base><Tag>a</Tag></Task>
<Task id="2"><Cost currency="EUR">4</Cost><Base><No>0</No></Base><Base><No>1</No></Base><Tag>a</Tag><Tag>b</Tag>
note</Task>
</Tasks><p:Status>late</p:Status></p:Plan>"""
AROUND = {
    "@version": "2", "Name": "ERP & more", "Owner": '[{"Mail": "a@b.example"}]', "Owner.Mail": "a@b.example",
    "Status": "late", "_root": "Plan",
}  # fmt: skip


def test_elements_by_their_path(rows):
    first = {
        "@id": "1", "Cost": "30.00", "Cost.@currency": "GBP", "Base": '[{"No": "0"}]', "Base.No": "0", "Tag": "a",
        "_place": "0", **AROUND,
    }  # fmt: skip
    second = {
        "@id": "2", "#text": "note", "Cost": "4", "Cost.@currency": "EUR", "Base": '[{"No": "0"}, {"No": "1"}]',
        "Tag": '["a", "b"]', "_place": "1", **AROUND,
    }  # fmt: skip
    assert rows(PLAN, "Tasks.Task", "t.xml") == [(4, first), (5, second)]
    for way in ("Plan.Tasks.Task", "/Plan/Tasks/Task"):
        assert rows(PLAN, way, "t.xml") == [(4, first), (5, second)]
    assert (
        [line for line, _ in rows(PLAN, ".", "t.xml")]
        == [line for line, _ in rows(PLAN, "Plan", "t.xml")]
        == [2]
    )
    with pytest.raises(Unreadable, match=r"nothing under records: Task: its lists are Tasks\.Task"):
        rows(PLAN, "Task", "t.xml")
    inner = [(row["@id"], row["No"], row["_place"]) for _, row in rows(PLAN, "Tasks.Task.Base", "t.xml")]
    assert inner == [("1", "0", "0.0"), ("2", "0", "1.0"), ("2", "1", "1.1")]
    assert [row["*"] for _, row in rows(PLAN, "Tasks.*", "t.xml")] == ["Task", "Task"]


def test_a_whole_document_is_one_row_unless_it_is_nothing_but_a_wrapping(rows):
    ((line, row),) = rows(PLAN, None, "t.xml")
    assert line == 2 and row["Name"] == "ERP & more" and row["_root"] == "Plan"
    assert json.loads(row["Tasks"])[0]["Task"][1]["Base"] == [{"No": "0"}, {"No": "1"}]
    wrapped = '<rows total="3"><page>1</page><row n="1"/>\n<row n="2"><a>b</a></row></rows>'
    assert rows(wrapped, None, "t.xml") == [
        (1, {"@n": "1", "_root": "rows"}),
        (2, {"@n": "2", "a": "b", "_root": "rows"}),
    ]
    assert rows(wrapped.replace('<row n="1"/>\n', ""), None, "t.xml") == [
        (1, {"@n": "2", "a": "b", "_root": "rows"})
    ]


def test_an_xml_document_says_its_size(tmp_path):
    path = tmp_path / "t.xml"
    path.write_text('<rows total="3"><row n="1"/></rows>')
    assert facts(path, Layout()) == {"encoding": "utf-8", "stated_rows": 3}
    assert facts(path, Layout(records="row"))["stated_seen"] == 1


@pytest.mark.parametrize("block", [1, 5, 64])
def test_xml_in_blocks_of_any_size(rows, monkeypatch, block):
    from msp_report.intake.formats import xml

    whole = rows(PLAN, "Tasks.Task.Base", "t.xml")
    monkeypatch.setattr(xml, "_BLOCK", block)
    assert rows(PLAN, "Tasks.Task.Base", "t.xml") == whole


@pytest.mark.parametrize("records", [None, "Tasks.Task"])
def test_any_cut_of_xml_is_refused(tmp_path, records):
    path = tmp_path / "t.xml"
    for length in range(1, len(PLAN), 3):
        path.write_text(PLAN[:length], encoding="utf-8")
        with pytest.raises(Unreadable):
            list(read(path, Layout(records=records)))


def test_xml_that_asks_for_more_than_it_holds_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="definitions of its own"):
        list(read(definitions(tmp_path / "laughs.xml"), Layout()))
    with pytest.raises(Unreadable, match="definitions of its own"):
        list(read(definitions(tmp_path / "outside.xml", '<!ENTITY a SYSTEM "file:///etc/passwd">'), Layout()))
    with pytest.raises(Unreadable, match="nested too deep"):
        list(read(deep_xml(tmp_path / "deep.xml", 100_000), Layout()))
    path = tmp_path / "long.xml"
    path.write_text("<a><b><c>" + "</c><c>x".join(["y" * 300_000] * 5) + "</c></b><d>1</d></a>")
    with pytest.raises(Unreadable, match="too long for one row: name one of"):
        list(read(path, Layout()))
    path.write_text("<a><b>&unknown;</b></a>")
    with pytest.raises(Unreadable, match=r"line 1: not XML"):
        list(read(path, Layout()))


def test_xml_in_other_encodings(tmp_path):
    path = tmp_path / "t.xml"
    path.write_bytes('<?xml version="1.0" encoding="windows-1252"?><r><n>Größe €</n></r>'.encode("cp1252"))
    assert cells(read(path, Layout()))[0][1]["n"] == "Größe €"
    path.write_bytes("<r><n>Größe</n></r>".encode("utf-16"))
    assert cells(read(path, Layout()))[0][1]["n"] == "Größe"
    path.write_bytes("<r><n>Größe</n></r>".encode("cp1252"))
    assert cells(read(path, Layout(encoding="cp1252")))[0][1]["n"] == "Größe"
    with pytest.raises(Unreadable, match=r"line 1: not XML .*name its encoding"):
        list(read(path, Layout()))
    path.write_bytes(b'<?xml version="1.0" encoding="klingon"?><r/>')
    with pytest.raises(Unreadable, match="XML"):
        list(read(path, Layout()))


# Databases


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("create table beat (at text, state int, ms real, raw blob, note text)")
        made.executemany(
            "insert into beat values (?, ?, ?, ?, ?)",
            [
                ("2026-10-03 00:00:00.000", 1, 40.0, b"abc", None),
                ("2026-10-03 00:01:00.000", 0, 0.5, b"\xff", "x"),
            ],
        )
    return path


def test_a_query_of_a_database(database):
    before = database.read_bytes()
    query = "select at, state, ms, note, state from beat order by at desc"
    (chunk,) = read(database, Layout(query=query))
    assert chunk.header == ("at", "state", "ms", "note", "state#2") and chunk.lines.tolist() == [1, 2]
    assert cells([chunk])[1] == (
        2,
        {"at": "2026-10-03 00:00:00.000", "state": "1", "ms": "40", "state#2": "1"},
    )
    (empty,) = read(database, Layout(query="select at from beat where state = 7"))
    assert empty.header == ("at",) and len(empty) == 0
    (marked,) = read(database, Layout(query="select raw from beat"))
    assert marked.column("raw").to_pylist() == ["abc"] and len(marked.broken) == 1
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            None,
            r"say in query what to ask of this database: its tables are beat \(at, state, ms, raw, note\)",
        ),
        ("select * from beats", r"no such table: beats: its tables are beat \("),
        ("select ate from beat", r"no such column: ate: its tables are beat \("),
        ("delete from beat", "may only read"),
        ("pragma user_version = 3", "may only read"),
        ("attach 'other.db' as o", "may only read"),
        ("vacuum into 'other.db'", "may only read"),
        ("create table x (y)", "may only read"),
        ("select load_extension('x')", "may only read"),
        ("select random()", "may only read"),
        ("select 1; select 2", "more than one statement"),
        ("", "asks for no rows"),
        ("select from", "query: near"),
    ],
)
def test_a_query_can_only_read(database, query, said):
    before = sorted(database.parent.iterdir())
    with pytest.raises(Unreadable, match=said):
        list(read(database, Layout(query=query)))
    assert sorted(database.parent.iterdir()) == before


def test_a_database_that_is_none_or_was_copied_while_it_was_written_to(database):
    (database.parent / "t.db-wal").write_bytes(b"x")
    (chunk,) = read(database, Layout(query="select at from beat"))
    assert "t.db-wal lies beside it, with what was being written" in chunk.remarks[0]
    cut = database.parent / "cut.db"
    for length in (1, 50, 4096, 5000, 8191):
        cut.write_bytes(database.read_bytes()[:length])
        with pytest.raises(Unreadable, match=r"no database of SQLite|breaks off"):
            list(read(cut, Layout(query="select at from beat")))
    cut.write_bytes(b"no database at all, but some text" * 100)
    for query in (None, "select 1 from x"):
        with pytest.raises(Unreadable, match="no database of SQLite"):
            list(read(cut, Layout(query=query)))


def test_a_damaged_database_is_refused(database):
    with closing(sqlite3.connect(database)) as made, made:
        made.executemany("insert into beat (at) values (?)", [("x" * 900,) for _ in range(40)])
    data = bytearray(database.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 8] = bytes(8)
    database.write_bytes(data)
    with pytest.raises(Unreadable, match="the database is damaged"):
        list(read(database, Layout(query="select at from beat")))


def test_records_are_a_matter_of_documents(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    with pytest.raises(Unreadable, match=r"this is \.csv: take it out"):
        list(read(path, Layout(records="a")))


# What else a file holds


def test_outlines(tmp_path, database):
    path = tmp_path / "t.json"
    path.write_text('{"data": {"items": [{"log": [{"a": 1}, {"a": 2}]}, {"log": []}]}, "tags": ["a"]}')
    assert outline(path).lists == {"data.items": 2, "data.items.log": 2}
    path = tmp_path / "t.xml"
    path.write_text(PLAN)
    assert outline(path).lists == {"Tasks.Task": 2, "Tasks.Task.Base": 3}
    assert outline(database).tables == {"beat": ("at", "state", "ms", "raw", "note")}


RECORDS = [
    ("zendesk/tickets.json", None, 24), ("zendesk/tickets.json", "tickets", 24), ("halopsa/tickets.json", None, 24),
    ("halopsa/tickets_page.json", "tickets", 24), ("prometheus/query_range.json", "data.result.values", 46),
    ("prometheus/up.json", "data.result.values", 40), ("uptimerobot/getMonitors.json", "monitors.logs", 48),
    ("zabbix/sla.getsli.json", "result.sli", 2), ("zabbix/event.get.json", None, 27),
    ("connectwise/tickets.json", None, 24), ("autotask/entityInformation.json", "fields.picklistValues", 10),
    ("veeam/sessions_ps51.json", None, 36), ("m365/subscribedSkus.json", None, 4), ("msproject/plan.xml", None, 1),
    ("msproject/plan.xml", "Tasks.Task", 25), ("ubl/INV-900.xml", None, 1), ("ubl/CN-7.xml", None, 1),
]  # fmt: skip


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the vendors' samples are not beside this tree (../shared)")
def test_the_samples_have_the_records_that_they_have():
    found = [(name, at, sum(map(len, read(SAMPLES / name, Layout(records=at))))) for name, at, _ in RECORDS]
    assert found == RECORDS
    query = "select h.time, m.name from heartbeat h join monitor m on m.id = h.monitor_id"
    assert sum(map(len, read(SAMPLES / "uptimekuma/kuma.db", Layout(query=query)))) == 50
    more = facts(SAMPLES / "zendesk/tickets.json", Layout())["stated_more"]
    assert more == 0, "end_of_stream beats a next page"
