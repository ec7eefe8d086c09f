"""Rows made of other rows: read = accepted + rejected, every reject has its line, what is left out is told apart."""

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from examples import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from msp_report.intake import ingest, inputs, reasons
from msp_report.intake.ingest import DataRefused
from msp_report.model.period import Month
from msp_report.params import Sources

APRIL = Month(2026, 4)
COLUMNS = {"ticket_id": "No", "opened_at": "Opened", "priority": "Prio", "status": "Status"}
VALUES = {"status": {"new": ["New"], "closed": ["Closed"]}, "priority": {"P1": ["1"], "P2": ["2"]}}


class Done:
    """What one call of read_month left behind."""

    def __init__(self, into: Path) -> None:
        self.into = into
        self.manifest = json.loads((into / "manifest.json").read_text(encoding="utf-8"))
        self.file = self.manifest["files"][0]

    def table(self, name: str = "tickets") -> pd.DataFrame:
        return pd.read_parquet(self.into / "tables" / f"{name}.parquet")

    def rejects(self, name: str = "tickets") -> pd.DataFrame:
        return pd.read_csv(self.into / "rejects" / f"{name}.csv", dtype=str, keep_default_na=False)

    def lines(self, name: str = "tickets") -> list[int]:
        return pd.read_parquet(self.into / "lines" / f"{name}.parquet")["line"].tolist()


@pytest.fixture
def read(tmp_path):
    """Write some files into exports/ and read one of them as `layout` says."""

    def run(files: dict[str, str], layout: dict, table: str = "tickets", limit: float = 1, **source) -> Done:
        folder = tmp_path / "exports"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        named = {"file": next(iter(files)), **layout, **source}
        model = Sources.model_validate({"reject_limit_ratio": limit, "tables": {table: named}})
        into = tmp_path / "accepted"
        ingest.read_month(model, folder, APRIL, "Europe/London", into, params=tmp_path)
        return Done(into)

    run.into = tmp_path / "accepted"
    return run


def csv(*rows: str, header: str = "No,Opened,Prio,Status,Sort") -> str:
    return "".join(f"{row}\n" for row in (header, *rows))


def check_accounts(done: Done, table: str = "tickets") -> None:
    """read = accepted + rejected; each rejected row has one line in rejects.csv; left out is a part of rejected."""
    file, rejects = done.file, done.rejects(table)
    assert file["read"] == file["accepted"] + file["rejected"]
    assert file["rejected"] == len(rejects) == sum(file["by_reason"].values())
    assert rejects["reason"].value_counts().to_dict() == file["by_reason"]
    assert file["left_out"] == rejects["reason"].isin(reasons.LEFT_OUT).sum()
    assert len(done.lines(table)) == len(done.table(table)) == file["rows"]


def test_where_leaves_rows_out_with_their_line(read):
    text = csv(
        "T1,2026-04-01T09:00Z,1,New,Incident",
        "T2,2026-04-01T10:00Z,1,New,Project",
        "T3,2026-04-01T11:00Z,9,New,Incident",
        "T4,2026-04-01T12:00Z,2,Closed,incident",
    )
    layout = {"columns": COLUMNS, "values": VALUES, "where": "Sort ilike 'incident'"}
    done = read({"t.csv": text}, layout)
    check_accounts(done)
    assert done.file["by_reason"] == {reasons.WHERE: 1, reasons.UNKNOWN: 1}
    assert (done.file["read"], done.file["accepted"], done.file["left_out"]) == (4, 2, 1)
    left_out = done.rejects().set_index("reason").loc[reasons.WHERE]
    assert (left_out["line"], left_out["row"]) == ("3", "T2,2026-04-01T10:00Z,1,New,Project")
    assert done.lines() == [2, 5]


def test_what_is_left_out_does_not_count_to_the_limit(read):
    rows = [f"T{n},2026-04-01T09:00Z,1,New,{'Incident' if n % 9 else 'x'}" for n in range(90)]
    layout = {"columns": COLUMNS, "values": VALUES, "where": "Sort = 'Incident'"}
    done = read({"t.csv": csv(*rows)}, layout, limit=0)
    assert (done.file["accepted"], done.file["left_out"]) == (80, 10)


def test_a_split_row_is_one_row_of_the_accounts(read):
    text = "User;Licences\nann;E3 + Visio\nbob;\ncyd;E3\n"
    layout = {"split": {"Licences": "+"}, "columns": {"product": "Licences", "device": "User"}}
    done = read({"l.csv": text}, layout, table="installs")
    check_accounts(done, "installs")
    assert (done.file["read"], done.file["accepted"]) == (3, 2)
    assert done.file["by_reason"] == {reasons.MISSING: 1}
    assert done.table("installs")["product"].tolist() == ["E3", "Visio", "E3"]
    assert done.lines("installs") == [2, 2, 4]


def test_shape_makes_rows_of_rows_and_leaves_out_the_others(read):
    """A recovery ends an outage: two rows make one, and each stands in the accounts."""
    text = csv(
        "1,web,2026-04-03T10:00Z,down,",
        "2,web,2026-04-03T10:30Z,up,1",
        "3,mail,2026-04-04T11:00Z,down,",
        "4,disk,2026-04-05T11:00Z,note,",
        header="Id,Service,At,State,Ends",
    )
    shape = """
        select d.Service as service, d.At as started_at, u.At as ended_at, 'down' as state, [d._row, u._row] as _rows
        from rows d left join rows u on u.Ends = d.Id where d.State = 'down'
    """
    done = read({"o.csv": text}, {"shape": shape}, table="outages")
    check_accounts(done, "outages")
    assert (done.file["read"], done.file["accepted"], done.file["rows"]) == (4, 3, 2)
    assert done.file["by_reason"] == {reasons.SHAPE: 1}
    assert done.rejects("outages")[["line", "row"]].to_numpy().tolist() == [
        ["5", "4,disk,2026-04-05T11:00Z,note,"]
    ]
    table = done.table("outages")
    assert table["ended_at"].isna().tolist() == [False, True]
    assert done.lines("outages") == [2, 4]
    assert set(done.file["read_as"]["unread"]) == set()


def test_a_result_at_fault_rejects_each_of_its_input_rows(read):
    text = csv(
        "T1,2026-04-01T09:00Z,1,New,a",
        "T1,2026-04-02T09:00Z,1,Closed,a",
        "T2,2026-04-03T09:00Z,8,New,a",
        "T2,2026-04-04T09:00Z,8,Closed,a",
    )
    shape = """
        select No, min(Opened) as Opened, any_value(Prio) as Prio, max_by(Status, Opened) as Status, list(_row) as _rows
        from rows group by No
    """
    done = read({"t.csv": text}, {"columns": COLUMNS, "values": VALUES, "shape": shape})
    check_accounts(done)
    assert done.rejects()[["line", "reason"]].to_numpy().tolist() == [
        ["4", reasons.UNKNOWN],
        ["5", reasons.UNKNOWN],
    ]
    assert (done.file["accepted"], done.file["rows"]) == (2, 1)


def test_a_row_of_which_one_part_is_at_fault_is_rejected_and_its_good_part_stays(read):
    text = csv("T1,2026-04-01T09:00Z,1 8,New,a", "T2,2026-04-01T09:00Z,2,New,a")
    shape = """
        select No || '-' || u.p as No, * exclude (No, Prio), u.p as Prio, _row as _rows
        from rows, unnest(string_split(Prio, ' ')) u(p)
    """
    done = read({"t.csv": text}, {"columns": COLUMNS, "values": VALUES, "shape": shape})
    check_accounts(done)
    assert (done.file["read"], done.file["rejected"], done.file["rows"]) == (2, 1, 2)


def test_conflicts_found_late_are_told_by_input_row(read):
    text = csv(
        "T1,2026-04-01T09:00Z,1,New,a",
        "T1,2026-04-02T09:00Z,1,New,b",
        "T2,2026-04-03T09:00Z,1,New,a",
        "T2,2026-04-03T09:00Z,1,New,b",
        "T3,2026-04-03T09:00Z,1,New,b",
    )
    shape = "select * exclude (Sort), _row as _rows from rows"
    done = read({"t.csv": text}, {"columns": COLUMNS, "values": VALUES, "shape": shape})
    check_accounts(done)
    assert done.file["by_reason"] == {reasons.CONFLICT: 2, reasons.DUPLICATE: 1}
    assert done.rejects()["line"].tolist() == ["2", "3", "5"]


def test_a_part_said_twice_does_not_reject_its_row(read):
    """`E3, E3` is one licence; the row is accepted by the first."""
    text = "Who,What\nann,E3 + E3\nbob,E5\n"
    layout = {"split": {"What": "+"}, "columns": {"product": "What", "device": "Who"}}
    done = read({"l.csv": text}, layout, table="installs")
    check_accounts(done, "installs")
    assert (done.file["rejected"], done.file["rows"]) == (0, 2)


def test_windows_hold_over_the_whole_file(read):
    """60,001 rows come in two chunks; each is compared with all."""
    rows = [f"T{n},2026-04-01T09:00Z,1,New,{n % 2}" for n in range(60_001)]
    shape = "select *, _row as _rows from rows qualify row_number() over (partition by Sort order by _row desc) = 1"
    done = read({"t.csv": csv(*rows)}, {"columns": COLUMNS, "values": VALUES, "shape": shape})
    assert done.table()["ticket_id"].tolist() == ["T59999", "T60000"]
    assert done.file["left_out"] == 59_999
    assert done.lines() == [60_001, 60_002]


def test_rows_without_enough_cells_go_past_the_shape(read):
    text = csv("T1,2026-04-01T09:00Z,1,New,a", "T2,2026-04-01", "T3,2026-04-01T09:00Z,1,New,a")
    done = read(
        {"t.csv": text}, {"columns": COLUMNS, "values": VALUES, "shape": "select *, _row as _rows from rows"}
    )
    check_accounts(done)
    assert done.file["by_reason"] == {reasons.SHORT: 1}
    assert done.rejects()["line"].tolist() == ["3"]


def test_a_file_of_which_nothing_is_left_says_that_nothing_happened(read):
    text = csv("1,web,2026-04-03T10:00Z,up,", header="Id,Service,At,State,Ends")
    shape = """
        select Service as service, "At" as started_at, 'down' as state, _row as _rows from rows where State = 'down'
    """
    done = read({"o.csv": text}, {"shape": shape}, table="outages")
    check_accounts(done, "outages")
    assert done.manifest["problems"] == []
    assert (done.file["rows"], done.file["left_out"]) == (0, 1)


# Files beside one

PICKLIST = '[{"field": "Status", "value": "4", "label": "New"}, {"field": "Status", "value": "5", "label": "Closed"}]'
LABELLED = """
    select rows.* exclude (Status), p.label as Status, rows._row as _rows
    from rows left join picks p on p.field = 'Status' and p.value = rows.Status
"""
BESIDE = {"columns": COLUMNS, "values": VALUES, "shape": LABELLED, "beside": {"picks": "pick*.json"}}


def test_shape_reads_what_lies_beside_the_file(read):
    text = csv("T1,2026-04-01T09:00Z,1,4,a", "T2,2026-04-01T09:00Z,1,5,a")
    done = read({"t.csv": text, "picks.json": PICKLIST, "other.json": "[]"}, BESIDE)
    check_accounts(done)
    assert done.table()["status"].tolist() == ["new", "closed"]
    assert done.file["read_as"]["beside"] == {"picks": ["picks.json"]}
    assert done.manifest["unread"] == ["other.json"]


def test_a_sibling_says_where_its_records_lie(read):
    """A document that says something else too, and a workbook of several sheets."""
    text = csv("T1,2026-04-01T09:00Z,1,4,a", "T2,2026-04-01T09:00Z,1,5,a")
    fields = json.loads(PICKLIST)
    deep = {
        "users": [{"id": 1}],
        "fields": [
            {"field": "Status", "values": [{k: one[k] for k in ("value", "label")} for one in fields]}
        ],
    }
    sibling = {"file": ["pick*.json", "none.json"], "records": "fields.values"}
    files = {"t.csv": text, "picks.json": json.dumps(deep)}
    done = read(files, {**BESIDE, "beside": {"picks": sibling}})
    assert done.table()["status"].tolist() == ["new", "closed"]
    with pytest.raises(DataRefused, match="records"):
        read(files, {**BESIDE, "beside": {"picks": "picks.json"}})


def test_a_sibling_says_on_which_sheet_it_stands(read, tmp_path):
    (tmp_path / "exports").mkdir()
    with Workbook(tmp_path / "exports" / "picks.xlsx") as book:
        for name, label in (("2019", "New"), ("2026", "Closed")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["field", "value", "label"])
            sheet.write_row(1, 0, ["Status", "4", label])
    sibling = {"file": "picks.xlsx", "sheet": "2026"}
    done = read({"t.csv": csv("T1,2026-04-01T09:00Z,1,4,a")}, {**BESIDE, "beside": {"picks": sibling}})
    assert done.table()["status"].tolist() == ["closed"]


def test_a_sibling_that_is_missing_is_told(read):
    text = csv("T1,2026-04-01T09:00Z,1,4,a", "T2,2026-04-01T09:00Z,1,5,a")
    with pytest.raises(DataRefused, match="picks is not there"):
        read({"t.csv": text}, BESIDE, limit=0)
    warnings = json.loads((read.into / "manifest.json").read_text())["warnings"]
    assert any("there is no pick*.json beside it" in warning for warning in warnings)


def test_a_changed_sibling_is_read_again(tmp_path):
    """What was kept of a file is not used where a picklist beside it says something else since."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "t.csv").write_text(csv("T1,2026-04-01T09:00Z,1,4,a"))
    model = Sources.model_validate({"tables": {"tickets": {"file": "t.csv", **BESIDE}}})
    found = []
    for label in ("New", "Closed"):
        (folder / "picks.json").write_text(json.dumps([{"field": "Status", "value": "4", "label": label}]))
        into = tmp_path / label
        ingest.read_month(model, folder, APRIL, "UTC", into, params=tmp_path, cache=tmp_path / "cache")
        found += pd.read_parquet(into / "tables" / "tickets.parquet")["status"].tolist()
    assert found == ["new", "closed"]
    assert {path.name for path in inputs.files(model, folder, APRIL)} == {"t.csv", "picks.json"}


def test_no_sibling_is_read_from_outside_the_exports(read, tmp_path):
    (tmp_path / "secret.csv").write_text("field,value,label\nStatus,4,New\n")
    text = csv("T1,2026-04-01T09:00Z,1,4,a")
    with pytest.raises(DataRefused):
        read({"t.csv": text}, {**BESIDE, "beside": {"picks": "../secret.csv"}})
    done = Done(read.into)
    assert done.file["read_as"]["beside"] == {"picks": None}
    assert done.file["accepted"] == 0


# What the manifest says of how a file was read


def test_the_manifest_says_how_a_file_was_read(read):
    text = csv("T1,2026-04-01T09:00Z,1,New,a", "T2,2026-04-01T09:00Z,7,Odd,b", "T3,2026-04-01T09:00Z,7,,b")
    layout = {
        "columns": COLUMNS,
        "values": VALUES,
        "where": "Team is null and Sort <> ''",
        "default": {"status": "new"},
    }
    done = read({"t.csv": text}, layout)
    told = done.file["read_as"]
    assert told["columns"] == COLUMNS
    assert told["unread"] == []  # Sort is named in where
    assert told["absent"] == ["Team"]
    assert told["unknown"] == {"priority": {"7": 2}, "status": {"Odd": 1}}
    assert any("where name 'Team', which no row of it has" in text for text in done.manifest["warnings"])


# Rows of one key


HISTORY = csv(
    "T1,2026-04-01T09:00Z,2,New,",
    "T1,2026-04-02T09:00Z,1,New,first",
    "T1,2026-04-03T09:00Z,,Closed,last",
    "T2,2026-04-04T09:00Z,1,New,",
)


def test_first_and_last_of_a_key(read):
    """The record is the last row, when it was opened and its first priority are of the first that says so."""
    layout = {"columns": {**COLUMNS, "title": "Sort"}, "values": {"status": VALUES["status"]}}
    text = HISTORY.replace(",,Closed", ",1,Closed")
    done = read({"t.csv": text}, {**layout, "first": ["opened_at", "priority", "title"]})
    check_accounts(done)
    row = done.table().iloc[0]
    assert row["opened_at"] == pd.Timestamp("2026-04-01T09:00Z")
    assert (row["priority"], row["status"], row["title"]) == ("2", "closed", "first")
    assert done.lines() == [4, 5]
    again = read({"t.csv": text}, {**layout, "record": "first"})
    row = again.table().iloc[0]
    assert (row["priority"], row["status"], again.lines()) == ("2", "new", [2, 5])


# Limits


def test_a_footer_does_not_refuse_a_small_file(read):
    rows = [f"T{n},2026-04-01T09:00Z,1,New,a" for n in range(25)]
    done = read(
        {"t.csv": csv(*rows, "T99,2026-04-01T09:00Z,8,New,a")},
        {"columns": COLUMNS, "values": VALUES},
        limit=0.02,
    )
    assert done.file["rejected"] == 1
    with pytest.raises(DataRefused, match="2 of 27"):
        more = ["T98,2026-04-01T09:00Z,8,New,a", "T99,2026-04-01T09:00Z,1,Odd,a"]
        read({"t.csv": csv(*rows, *more)}, {"columns": COLUMNS, "values": VALUES}, limit=0.02)


def test_a_refusal_names_all_reasons_and_where_the_rejects_are(read):
    rows = [
        *("T1,2026-04-01T09:00Z,8,New,a", "T2,2026-04-01T09:00Z,8,New,a"),
        *("T3,soon,1,New,a", "T4,2026-04-01T09:00Z,1,Odd,a"),
    ]
    with pytest.raises(DataRefused) as refused:
        read({"t.csv": csv(*rows)}, {"columns": COLUMNS, "values": VALUES}, limit=0.1)
    said = str(refused.value)
    for part in ("4 of 4 rows", "2 for Prio", "1 for Opened", "1 for Status", "rejects/tickets.csv"):
        assert part in said


def test_a_log_of_the_whole_course_is_told_how_to_be_read(read):
    rows = [f"T{n % 5},2026-04-0{1 + n // 5}T09:00Z,1,New,a" for n in range(15)]
    with pytest.raises(DataRefused, match="record: last"):
        read({"t.csv": csv(*rows)}, {"columns": COLUMNS, "values": VALUES}, limit=0.1)


def test_a_named_file_that_is_absent_is_named(tmp_path):
    (tmp_path / "2026-04").mkdir()
    (tmp_path / "2026-04" / "ticket.csv").write_text(csv())
    model = Sources.model_validate({"tables": {"tickets": {"file": "tickets.csv"}}})
    with pytest.raises(
        DataRefused, match=r"names files that are not in .*tickets\.csv \(tickets\).*there are ticket\.csv"
    ):
        ingest.read_month(model, tmp_path / "{month}", APRIL, "UTC", tmp_path / "into")


# A query that does not end, or does not fit


def test_a_query_without_an_end_is_one_sentence(tmp_path):
    model = Sources.model_validate(
        {
            "limits": {"file_seconds": 1},
            "tables": {
                "tickets": {
                    "file": "t.csv",
                    "columns": COLUMNS,
                    "shape": "with recursive t as (select 1 as n union all select n + 1 from t) "
                    "select max(n) as No, 0 as _rows from t",
                }
            },
        }
    )
    (tmp_path / "t.csv").write_text(csv("T1,2026-04-01T09:00Z,1,New,a"))
    with pytest.raises(DataRefused, match="no row came of it for 1 s"):
        ingest.read_month(model, tmp_path, APRIL, "UTC", tmp_path / "into")


# Whatever is asked, the accounts hold

KINDS = st.sampled_from(["a", "b", "a b", "", "b a a"])
WHERES = st.sampled_from([None, "Sort <> 'b'", "try_cast(Prio as integer) = 1", "_row % 3 <> 1", "false"])
SHAPES = st.sampled_from(
    [
        None,
        "select *, _row as _rows from rows",
        "select *, _row as _rows from rows where Prio <> '2'",
        "select No, min(Opened) Opened, max(Prio) Prio, min(Status) Status, list(_row) as _rows from rows group by No",
        "select * exclude (No), No || '-' || x as No, _row as _rows from rows, unnest(['x', 'y', 'x']) u(x)",
        "select a.*, [a._row, b._row] as _rows from rows a left join rows b on b._row = a._row + 1",
        "select *, _row as _rows from rows qualify row_number() over (partition by No order by _row desc) = 1",
    ]
)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(1, 3),
        st.sampled_from(["1", "2", "8"]),
        st.sampled_from(["New", "Odd"]),
        KINDS,
    ),
    max_size=12,
)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.booleans(), WHERES, SHAPES, st.sampled_from(["each", "last"]))
def test_accounts_hold(tmp_path_factory, rows, split, where, shape, record):
    """For any rows, split, where and shape: the accounts, and each line once."""
    folder = tmp_path_factory.mktemp("accounts")
    lines = [f"T{n},2026-04-0{d}T09:00Z,{p},{s},{k}" for n, d, p, s, k in rows]
    (folder / "t.csv").write_text(csv(*lines))
    layout = {"columns": COLUMNS, "values": VALUES, "where": where, "shape": shape, "record": record}
    layout |= {"split": {"Sort": " "}} if split else {}
    named = {"file": "t.csv", **{key: value for key, value in layout.items() if value is not None}}
    model = Sources.model_validate({"reject_limit_ratio": 1, "tables": {"tickets": named}})
    try:
        ingest.read_month(model, folder, APRIL, "UTC", folder / "into")
    except DataRefused as refused:
        assert "no table has rows" in str(refused)
    done = Done(folder / "into")
    file, rejects = done.file, done.rejects()
    assert file["read"] == len(rows) == file["accepted"] + file["rejected"]
    assert file["rejected"] == len(rejects)
    told = rejects["line"].astype(int)
    assert not told.duplicated().any()
    assert told.between(2, len(rows) + 1).all()
    assert file["left_out"] <= file["rejected"]


# Archives, and what a file says of when it was made and of what follows


def test_files_in_an_archive_are_read_as_if_they_lay_there(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("all/tickets-1.csv", csv("T1,2026-04-01T09:00Z,1,4,a"))
        archive.writestr("all/tickets-2.csv", csv("T2,2026-04-01T09:00Z,1,5,a"))
        archive.writestr("all/picks.json", PICKLIST)
    model = Sources.model_validate({"tables": {"tickets": {"file": "export.zip/all/tick*.csv", **BESIDE}}})
    manifest = ingest.read_month(model, folder, APRIL, "UTC", tmp_path / "into", params=tmp_path)
    assert [file.file for file in manifest.files] == [f"export.zip/all/tickets-{n}.csv" for n in (1, 2)]
    assert [file.rows for file in manifest.files] == [1, 1]
    assert manifest.unread == []
    assert inputs.files(model, folder, APRIL) == [folder / "export.zip"]


TICKET = {"No": "T1", "Opened": "2026-04-01T09:00Z", "Prio": "1", "Status": "New"}


@pytest.mark.parametrize(
    ("said", "days", "reach", "by"),
    [
        ({}, [1, 2], "2026-05-01T00:00:00+00:00", "folder"),
        ({"exportedAt": "2026-04-20T08:00:00Z"}, [1, 2], "2026-04-20T08:00:00+00:00", "exported_at"),
        ({"has_more": True}, [1, 2, 3], "2026-04-03T09:00:00+00:00", "says that more follows"),
        ({"has_more": True}, [3, 2, 1], "2026-05-01T00:00:00+00:00", "folder"),  # the newest are there
        ({"has_more": False, "next": "https://x.example/2"}, [1, 2], "2026-05-01T00:00:00+00:00", "folder"),
    ],
)
def test_how_far_a_document_speaks(tmp_path, said, days, reach, by):
    (tmp_path / "2026-04").mkdir()
    rows = [{**TICKET, "No": f"T{day}", "Opened": f"2026-04-0{day}T09:00Z"} for day in days]
    (tmp_path / "2026-04" / "t.json").write_text(json.dumps({"tickets": rows, **said}))
    model = Sources.model_validate(
        {"tables": {"tickets": {"file": "t.json", "columns": COLUMNS, "values": VALUES}}}
    )
    manifest = ingest.read_month(model, tmp_path / "{month}", APRIL, "UTC", tmp_path / "into")
    [file] = manifest.files
    assert (pd.Timestamp(file.reach), file.reach_by) == (pd.Timestamp(reach), by)
    assert bool(manifest.tables["tickets"]["doubts"]) == bool(said.get("has_more"))
