"""`split`, `where` and `shape` by themselves: what a query may do, what it is told, and rows whatever their chunks."""

import numpy as np
import pyarrow as pa
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.intake import query, shaping
from msp_report.intake.chunk import WIDER, Broken, Chunk, Unreadable
from msp_report.params.layout import Layout


def chunk(header, *rows, start=0, broken=(), **more):
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(header))]
    lines = np.arange(start + 2, start + 2 + len(rows))
    return Chunk(tuple(header), tuple(columns), lines, tuple(broken), **more)


def shape(chunks, beside=None, **layout):
    """The chunks that come of it, without those that say that there is none yet."""
    made = Layout(**layout)
    shaping.check(made)
    given = {name: iter(some) for name, some in (beside or {}).items()}
    return [one for one in shaping.shaped(iter(chunks), made, given) if one is not None]


def rows_of(chunks):
    return [
        dict(zip(one.header, cells, strict=True))
        for one in chunks
        for cells in zip(*(column.to_pylist() for column in one.columns), strict=True)
    ]


def inputs_of(chunks):
    return [numbers for one in chunks if one.origin for numbers in one.origin.rows.to_pylist()]


FILE = chunk(["No", "Who", "Tags"], ["1", "ann", "a;b"], ["2", "bob", ""], ["3", "cyd", "c"])


# What a query may not do: each is refused before it is run

REFUSED = [
    *(
        "drop table rows",
        "select 1; select 2",
        "select 1) ; drop table rows; select (2",
        "create table x as from rows",
    ),
    *("insert into rows values (1)", "with x as (insert into rows values (1) returning *) select * from x"),
    *(
        "with x as (delete from rows returning *) select * from x",
        "update rows set No = '1'",
        "delete from rows",
    ),
    *("copy rows to '/tmp/x.csv'", "attach '/tmp/x.db'", "install httpfs", "load httpfs", "checkpoint"),
    *(
        "set threads = 2",
        "pragma version",
        "export database '/tmp/x'",
        "call pragma_version()",
        "describe rows",
    ),
    *(
        "select * from '/etc/passwd'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
    ),
    *(
        "select * from glob('/*')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from parquet_scan('x')",
    ),
    *(
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "select * from information_schema.tables",
    ),
    *("select * from sqlite_master", "select * from duckdb_tables", "select * from query('select 1')"),
    *("select * from query_table('rows')", "select getenv('HOME')", "select current_setting('threads')"),
    *(
        "select random()",
        "select uuid()",
        "select now()",
        "select current_date",
        "select today()",
        "select localtime",
    ),
    *("select age(timestamp '2020-01-01')", "select * from rows using sample 10%", "select getvariable('x')"),
    *(
        "select nextval('x')",
        "select $1",
        "select * from python_arrow_scan(1)",
        "select * from ours",
        "select",
    ),
    *("select sleep_ms(1)", "select write_log('x')", "select read_blob('x')", "summarize rows", ""),
]


@pytest.mark.parametrize("text", REFUSED)
def test_a_query_reads_its_rows_and_nothing_else(text):
    with pytest.raises(query.Unclear):
        query.of_shape(text)


def test_what_gets_past_the_check_meets_a_locked_database():
    """The lock stands by itself: files, network and settings are refused by DuckDB too."""
    with query.connect() as database:
        query.lock(database)
        for text in (
            *(
                "select * from read_csv('/etc/passwd')",
                "select * from '/etc/passwd'",
                "copy (select 1) to '/tmp/x'",
            ),
            *("attach '/tmp/x.db'", "install httpfs", "load httpfs", "set threads = 2", "reset threads"),
            *(
                "set enable_external_access = true",
                "select * from glob('/*')",
                "select * from read_text('/etc/*')",
            ),
            "select * from read_json('https://example.org/x.json')",
        ):
            with pytest.raises(
                Exception, match=r"(?i)disabled|locked|permission|not.*allowed|cannot|exist|missing"
            ):
                database.execute(text).fetchall()


ALLOWED = [
    "from rows",
    "select * from rows -- the end",
    "select *, _row as _rows from rows;",
    "select count(*) over (partition by Who), lag(No) over (order by _row) from rows qualify row_number() over () = 1",
    "pivot rows on Who in ('ann', 'bob') using first(No), list(_row) as _rows",
    "unpivot rows on No, Who",
    "select list_transform(string_split(Tags, ';'), x -> upper(x)) from rows",
    "select unnest(from_json(Tags, '[\"JSON\"]')) ->> '$.x' from rows",
    "with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select * from t",
    "select strptime(No, '%d')::date, epoch_ms(1), regexp_extract(Who, 'a(.)', 1), max_by(Who, No) from rows",
    "select * from json_each('[1]'), generate_series(1, 2), range(3)",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_a_query_may_do_what_rows_need(text):
    query.of_shape(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("count(*) > 1", "use shape"),
        ("row_number() over () = 1", "belongs into shape"),
        ("No in (select No from rows)", "belongs into shape"),
        ("status.name = 'x'", 'write "status.name" in double quotes'),
        ("true), (false", "one condition"),
        ("true) from rows; drop table rows; select (1", "one SELECT"),
        ("random() > 0.5", "random may not be used"),
        ("", "write a condition"),
        ("No =", "syntax error"),
    ],
)
def test_a_where_is_one_condition_on_one_row(text, said):
    with pytest.raises(query.Unclear, match=said):
        query.of_where(text)


def test_the_pivot_without_its_values_is_told_what_it_needs():
    with pytest.raises(query.Unclear, match=r"in \('a', 'b'\)"):
        query.of_shape("pivot rows on Who using first(No)")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select A, b.B as c, c || 'x' as d from rows b where E = '1'", "A B E"),
        ("with f as (select *, coalesce(X, Y) as X from rows) select X as X from f", "X Y"),
        ("select p.v from picks p join rows r on p.k = r.k", "picks.v picks.k k"),
        ("select list_transform(l, x -> x || y) from rows", "l y"),
        ("select (select min(u.at) from rows u where u.m = d.m) from rows d", "at m"),
        ("select u.v from rows, unnest(string_split(Tags, ';')) u(v)", "Tags"),
        ("select upper(Status) as Status from rows", "Status"),
        ("select a from rows union all select b from rows", "a b"),
    ],
)
def test_the_names_that_a_query_wants_of_the_file(text, names):
    found = query.of_shape(text, ["picks"]).columns
    assert {column if table == "rows" else f"{table}.{column}" for table, column in found} == set(
        names.split()
    )


# What comes of it


def test_a_name_that_no_row_has_is_missing_and_told():
    [made] = shape([FILE], shape="select No, Absent, coalesce(Gone, Who) as Gone, _row as _rows from rows")
    assert rows_of([made])[0] == {"Absent": None, "Gone": "ann", "No": "1"}
    assert made.facts["shaped"] == {
        "headers": ["No", "Who", "Tags"],
        "named": ["No", "Absent", "Gone", "Who"],
        "absent": ["Absent", "Gone"],
    }


def test_a_computed_column_never_loses_to_a_header_of_a_like_name():
    file = chunk(["Status", "A B"], ["x", "y"])
    for text in (
        "select *, upper(Status) as Status, _row as _rows from rows",
        "select *, upper(Status) as status, _row as _rows from rows",
        "select upper(Status) as STATUS, *, _row as _rows from rows",
        "select upper(Status) as Status, *, _row as _rows from rows",
    ):
        [made] = shape([file], shape=text)
        assert made.column("status").to_pylist() == ["X"], text
    [made] = shape([file], shape="select *, 'z' as a_b, _row as _rows from rows")
    assert made.column("A B").to_pylist() == ["z"]


def test_a_star_does_not_bring_what_no_row_has():
    """`*InvoiceNumber` is the file's; `InvoiceNumber`, which the query only asks for, is not there to hide it."""
    file = chunk(["*InvoiceNumber"], ["7"])
    for text in (
        'select *, coalesce("*InvoiceNumber", InvoiceNumber) as id, _row as _rows from rows',
        "with f as (select *, InvoiceNumber as other from rows) select f.*, _row as _rows from f",
    ):
        [made] = shape([file], shape=text)
        assert made.column("invoice number").to_pylist() == ["7"], text


def test_headers_that_differ_in_case_alone_are_two_columns():
    file = chunk(["Status", "status", "_row", ""], ["x", "y", "z", "w"])
    [made] = shape([file], shape='select *, "status#2" || "_row#2" || _4 as both, _row as _rows from rows')
    assert rows_of([made]) == [{"both": "yzw", "Status": "x", "status": "y", "_row": "z", "_4": "w"}]


def test_parts_of_a_list_come_in_one_order():
    text = (
        "select No, u.t as t, _row as _rows from rows, unnest(string_split(Tags, ';')) u(t) where Tags <> ''"
    )
    made = shape([FILE], shape=text)
    assert [(row["No"], row["t"]) for row in rows_of(made)] == [("1", "a"), ("1", "b"), ("3", "c")]


def test_values_of_all_kinds_come_as_a_reader_would_give_them():
    text = """
        select timestamp '2026-04-01 10:00' as at, timestamptz '2026-04-01 10:00+02' as zoned, date '2026-04-01' as day,
               true as yes, 1.50::decimal(9, 2) as amount, ['a'] as listed, {'k': 1} as thing, null as nothing,
               _row as _rows from rows limit 1
    """
    [row] = rows_of(shape([chunk(["No"], ["1"])], shape=text))
    assert row == {
        "at": "2026-04-01T10:00:00.000000",
        "zoned": "2026-04-01T08:00:00.000000Z",
        "day": "2026-04-01",
        **{"yes": "true", "amount": "1.50", "listed": '["a"]', "thing": '{"k":1}', "nothing": None},
    }
    [row] = rows_of(shape([chunk(["No"], ["1"])], shape=text, decimal=","))
    assert row["amount"] == "1,50"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select No from rows", "returns no _rows"),
        ("select No, 7 as _rows from rows", "names no row of the file"),
        ("select No, null::bigint as _rows from rows", "names no row of the file"),
        ("select No, 'x' as _rows from rows", "_rows is VARCHAR"),
        ("select No, _row as _rows from rows where No.x = '1'", "x"),
        ("select status.name, _row as _rows from rows", 'in double quotes, as in "status.name"'),
        ("select No::integer as n, Who::integer as w, _row as _rows from rows", "Could not convert"),
    ],
)
def test_what_a_query_does_wrong_is_one_sentence(text, said):
    file = chunk(["No", "Who", "status.name"], ["1", "ann", "x"])
    with pytest.raises(Unreadable, match=said) as refused:
        shape([file], shape=text)
    assert "\n" not in str(refused.value)


def test_a_name_that_leaves_nothing_is_corrected():
    with pytest.raises(Unreadable, match=r"where leaves nothing: the file has no 'Whom'.*did you mean 'Who'"):
        shape([FILE], where="Whom = 'ann'")


def test_split_takes_signs_lines_and_lists():
    file = chunk(["a", "b", "c"], ["1 + 2", "x\ny\n", '["p", {"q": 1}]'])
    assert [row["a"] for row in rows_of(shape([file], split={"a": "+"}))] == ["1", "2"]
    assert [row["b"] for row in rows_of(shape([file], split={"b": "lines"}))] == ["x", "y"]
    assert [row["c"] for row in rows_of(shape([file], split={"c": "list"}))] == ["p", '{"q": 1}']
    assert inputs_of(shape([file], split={"a": "+", "b": "lines"})) == [[0]] * 4


def test_cells_beyond_the_header_are_told_after_a_shape_too():
    file = chunk(["No", "Who", WIDER], ["1", "ann", None], ["2", "bob", "more"])
    [made] = shape([file], shape="select Who, No, list(_row) over () as _rows from rows")
    assert made.column(WIDER).to_pylist() == ["more", "more"]


def test_a_place_in_a_document_goes_before_what_is_left_out():
    file = chunk(["No", "_place"], ["1", "tickets[0]"], ["2", "tickets[1]"])
    [made] = shape([file], where="No = '1'")
    assert made.aside[0].texts.to_pylist() == ["tickets[1]: 2"]
    made = shape([file], shape="select No, _place as p, _row as _rows from rows where No = '2'")
    assert rows_of(made) == [{"p": "tickets[1]", "No": "2", "_place": "tickets[1]"}]
    assert made[-1].aside[0].texts.to_pylist() == ["tickets[0]: 1"]


# The same whatever the chunks

TABLE = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "x", "x;y", "y;z;x"])), max_size=9)
SHAPES = st.sampled_from(
    [
        None,
        "select *, row_number() over (partition by k order by _row) as n, _row as _rows from rows",
        "select k, count(*) as n, list(_row) as _rows from rows group by k",
        "select k, u.v, _row as _rows from rows, unnest(string_split(v, ';')) u(v) where k <> 'b'",
        "select a.k, b.v as w, [a._row, b._row] as _rows from rows a join rows b on a.k = b.k and a._row <= b._row",
    ]
)


@examples(60)
@given(TABLE, st.booleans(), st.sampled_from([None, "k <> 'a'", "v like '%y%'"]), SHAPES, st.integers(1, 4))
def test_rows_are_the_same_whatever_the_chunks(table, split, where, text, size):
    """Every input row is in a result or aside, once; and neither depends on where a chunk ends."""
    layout = {"split": {"v": ";"} if split else {}, "where": where, "shape": text}
    broken = [Broken(99, "fewer cells than headers", ["a"])]

    def made(step):
        starts = range(0, len(table), step) or [0]
        some = [chunk(["k", "v"], *table[n : n + step], start=n, broken=() if n else broken) for n in starts]
        return shape(some, **layout)

    whole, parts = made(100), made(size)
    assert rows_of(whole) == rows_of(parts)
    for one in (whole, parts):
        used = {number for listed in inputs_of(one) for number in listed}
        aside = [number for some in one for part in some.aside for number in part.rows.tolist()]
        assert len(aside) == len(set(aside))
        counted = sum(some.read if some.read is not None else len(some) + len(some.broken) for some in one)
        assert counted == len(table) + 1
        if text or split:
            assert used | set(aside) == set(range(len(table)))
            assert not used & set(aside)
        assert sum(len(some.broken) for some in one) == 1
        firsts = [(some.lines.tolist(), some.origin.rows.to_pylist()) for some in one if some.origin]
        assert all(lines == [listed[0] + 2 for listed in origins] for lines, origins in firsts)


def test_long_cells_have_the_room_that_they_need(monkeypatch):
    """DuckDB holds a long cell whole until its rows are written, whatever may be held in memory."""
    monkeypatch.setattr(shaping, "_MEMORY", (16, 16))
    long = ["".join(np.random.default_rng(n).choice(list("abcdefgh"), 400_000)) for n in range(4)]
    given = [chunk(["a", "b"], *((str(n), long[n % 4]) for n in range(start, start + 10)), start=start)
             for start in range(0, 60, 10)]  # fmt: skip
    found = rows_of(shape(given, shape="select *, _row as _rows from rows"))
    assert [(row["a"], row["b"][:9]) for row in found] == [(str(n), long[n % 4][:9]) for n in range(60)]
