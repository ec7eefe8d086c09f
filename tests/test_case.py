"""The opened case: how the months of a table become one."""

from __future__ import annotations

import itertools

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workspaces import tickets

from msp_report.case import Case, open_case, read_table
from msp_report.intake import lookback
from msp_report.intake.ingest import DataRefused
from msp_report.metrics.evidence.unlogged import unlogged
from msp_report.model.period import Month
from msp_report.model.reach import silent_since
from msp_report.model.strangers import strangers
from msp_report.model.tables import TABLES, Table
from msp_report.workspace import Workspace


def test_a_row_that_came_again_under_another_spelling_is_the_newer_one(tmp_path):
    rows = []
    for name, hours in (("Mail", 1), (" MAIL", 2)):
        begin = pd.Timestamp("2026-09-30 22:00Z")
        row = {
            "service": name,
            "started_at": begin,
            "ended_at": begin + pd.Timedelta(hours=hours),
            "state": "down",
        }
        path = tmp_path / f"{hours}.parquet"
        pd.DataFrame([row]).reindex(columns=TABLES["outages"].names).to_parquet(path)
        rows.append(path)
    found = lookback.join("outages", rows)
    assert found["service"].tolist() == [" MAIL"]
    assert found["ended_at"].dt.hour.tolist() == [0]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_month_that_an_earlier_version_accepted_stands_beside_this_one(tmp_path, name):
    """Its exports are gone, so that it is not read again: what is new it does not have, and has whole numbers or no
    values where there are numbers now."""
    table = TABLES[name]
    values = {
        "text": "a",
        "instant": "2026-09-01T08:00Z",
        "date": "2026-09-01",
        "month": "2026-09",
        "boolean": True,
    }
    row = {
        one.name: values.get(one.type, one.choices[0] if one.type == "choice" else 1) for one in table.columns
    }
    now = pd.DataFrame([row]).assign(
        **{
            one.name: pd.to_datetime(row[one.name])
            for one in table.columns
            if one.type in ("instant", "date")
        },
        **{one.name: 1.5 for one in table.columns if one.type == "number"},
    )
    now.to_parquet(new := tmp_path / "new.parquet")
    for column in table.columns:
        now.assign(**{one.name: 1 for one in table.columns if one.type == "number"}).drop(
            columns=column.name
        ).to_parquet(old := tmp_path / "old.parquet")
        if column.name in table.key:
            continue
        found = lookback.join(name, [old, new])
        assert found.iloc[-1][column.name] == now.iloc[-1][column.name]
        assert (found.dtypes[table.empty().columns] == table.empty().dtypes).all()


def test_a_large_table_is_one_while_somebody_has_it_and_is_kept_no_longer(demo_case, monkeypatch):
    october = demo_case("2026-10")
    opened = october.table("tickets")["opened_at"]
    monkeypatch.setattr("msp_report.case._KEPT", 10)
    case = october.at(october.period)
    held = case.table("tickets")
    assert case.table("tickets") is held
    assert "tickets" not in case._read
    del held
    assert "tickets" not in case._large
    assert case.table("tickets")["opened_at"].equals(opened)


def test_a_column_is_the_same_without_the_others(demo_case):
    for month, name in itertools.product(("2025-10", "2026-10"), TABLES):
        known = demo_case(month)
        if (whole := known.table(name)) is not None:
            case = known.at(known.period)
            for column in whole:
                assert case._column(name, column).equals(whole[column]), (month, name, column)
            assert TABLES[name].key == () or not case._read


def test_of_a_large_table_no_more_is_read_than_is_asked_of_it(demo_case, monkeypatch):
    monkeypatch.setattr("msp_report.case._KEPT", -1)
    known = demo_case("2026-10")
    for name, table in TABLES.items():
        if (whole := known.table(name)) is None:
            continue
        own, columns = known.own(name), table.names[1::3]
        case = known.at(known.period)
        for found, all_of in ((case.table(name, columns), whole), (case.own(name, columns), own)):
            assert found[[*columns]].equals(all_of[[*columns]]), name
            assert {*found} == {*table.key, *columns} or not table.key, name


def test_how_far_a_table_reaches_is_seen_without_its_other_columns(demo_case):
    for month, name in itertools.product(("2025-10", "2026-10"), ("tickets", "ticket_events", "samples")):
        known, at = demo_case(month), TABLES[name].period
        case = known.at(known.period)
        assert case.reach(name) == max(case.end, known.follow_up(name)[at].max())


def test_a_large_table_of_instants_falls_silent_as_a_small_one_does(demo_case, monkeypatch):
    monkeypatch.setattr("msp_report.case._KEPT", 0)
    case, compared = demo_case("2026-10"), []
    for name, table in TABLES.items():
        times = case._column(name, table.period) if table.period in table.key else None
        if times is not None and table.column(table.period).type == "instant":
            compared.append(name)
            found = case._happened(name, table.column(table.period))
            assert found.sort_index().to_dict() == times.value_counts().sort_index().to_dict()
    assert {"samples", "checks"} <= {*compared}


def test_a_table_that_is_heard_on_the_last_day_is_not_silent_whatever_came_before(demo_case):
    """Rows of the newest file alone tell that, and of every table the same as all rows with their look-back."""
    heard = {}
    for month in ("2026-01", "2026-10"):
        case = demo_case(month)
        for name in TABLES:
            if (column := case._time_of(name)) is not None and case.paths(name):
                rows = case._happened(name, column)
                heard[month, name] = case._is_heard_at_the_end(name, column)
                at_end = (rows.index <= case.end) & (rows.index > case.end - pd.Timedelta(days=1))
                assert heard[month, name] <= at_end.any(), (month, name)
                if heard[month, name]:
                    assert silent_since(rows, case.start, case.end) is None
    assert {"tickets", "checks", "backup_jobs"} <= {name for (_, name), yes in heard.items() if yes}
    assert set(heard.values()) == {True, False}


@pytest.mark.parametrize(
    ("kind", "at", "is_heard"),
    [
        ("instant", "2026-03-30T22:00:00+00:00", False),  # 23:00 in London, a day and an hour before the end
        ("instant", "2026-03-30T23:00:00+00:00", False),
        ("instant", "2026-03-30T23:00:01+00:00", True),
        ("instant", "2026-03-31T23:00:00+00:00", True),
        ("instant", "2026-03-31T23:00:01+00:00", False),  # the month after
        ("instant", None, False),
        ("date", "2026-03-30", False),
        ("date", "2026-03-31", True),
        ("date", "2026-04-01", False),
    ],
)
def test_the_last_day_ends_with_the_month(place, monkeypatch, kind, at, is_heard):
    name = {"instant": "outages", "date": "purchases"}[kind]
    column = TABLES[name].column(TABLES[name].period)
    assert column.type == kind
    place.put({"tickets.csv": tickets(3)})
    case = open_case("acme", "2026-03", Workspace.find(place.root))
    path = place.root / "accepted.parquet"
    monkeypatch.setattr(Case, "paths", lambda self, table, months: [path])
    times = pd.Series([at], dtype="datetime64[us, UTC]" if kind == "instant" else "datetime64[us]")
    table = pa.table({column.name: pa.array(times.dt.date if kind == "date" else times)})
    pq.write_table(table, path)
    assert case._is_heard_at_the_end(name, column) is is_heard


def test_the_names_in_a_table_are_those_of_its_rows_of_the_month(demo_case):
    case = demo_case("2026-10")
    rows = pd.read_parquet(case.paths("samples")[-1])
    rows = rows[(rows["at"] >= case.start) & (rows["at"] < case.end)]
    found = case.named("samples", "resource")
    assert list(found.index) == list(rows["resource"].unique())
    assert found.to_dict() == rows["resource"].value_counts().to_dict()


def test_samples_are_loaded_by_nobody(demo_case, monkeypatch):
    case, table = demo_case("2026-10"), Case.table

    def but_samples(self, name, columns=()):
        assert name != "samples"
        return table(self, name, columns)

    monkeypatch.setattr(Case, "table", but_samples)
    assert len(unlogged(case).outages) and len(strangers(case, case.contract, case.strategy.outside))
    assert case.remarks() and case.silent_since("samples") is None


@pytest.mark.parametrize("name", ["tickets", "outages", "checks", "samples"])
def test_whether_a_column_was_ever_filled_stands_in_the_files_themselves(demo_case, name):
    case = demo_case("2026-10")
    frame = case.table(name)
    empty = {column for column in frame if frame[column].isna().all()}
    told = {column: case.unknown(f"{name}.{column}") for column in frame}
    assert {column for column, why in told.items() if why} == empty
    assert {why for found in told.values() for _, why in found} <= {"never filled"}


def test_texts_of_small_tables_are_kept_by_python(demo_case, monkeypatch):
    assert demo_case("2026-10").texts == "python"
    monkeypatch.setattr("msp_report.case._KEPT", 10)
    october = demo_case("2026-10")
    assert october.at(october.period).texts == "auto"


def test_ids_that_differ_by_case_alone_are_two_tickets(tmp_path):
    paths = []
    for number in ("5003a", "5003A"):
        row = {
            "ticket_id": number,
            "opened_at": pd.Timestamp("2026-10-01 08:00Z"),
            "priority": "P1",
            "status": "open",
        }
        paths.append(tmp_path / f"{len(paths)}.parquet")
        pd.DataFrame([row]).reindex(columns=TABLES["tickets"].names).to_parquet(paths[-1])
    assert lookback.join("tickets", paths)["ticket_id"].tolist() == ["5003a", "5003A"]


@pytest.mark.parametrize(
    ("before", "now", "pattern", "lacks"),
    [
        pytest.param(3, ["a"], "checks_*.csv", ["checks_b_04.csv"], id="one of two"),
        pytest.param(3, ["a", "b"], "checks_*.csv", [], id="both"),
        pytest.param(2, ["a"], "checks_*.csv", [], id="two months are no habit"),
        pytest.param(3, ["a", "c"], "checks_*.csv", [], id="another one stands for it"),
        pytest.param(3, ["a"], "checks_a_*.csv", [], id="nobody asks for it any more"),
        pytest.param(3, ["a", "old b"], "checks_*.csv", ["checks_b_04.csv"], id="sent again"),
    ],
)
def test_a_file_that_came_every_month_and_not_now_leaves_its_table_in_doubt(
    place, before, now, pattern, lacks
):
    place.client(sources=f"tables: {{checks: {{file: '{pattern}'}}}}\n")
    for month, probes in [*((5 - n, ["a", "b"]) for n in range(before, 0, -1)), (5, now)]:
        files = {
            f"checks_{probe[-1]}_{month:02}.csv": check_of(probe[-1], month - ("old" in probe))
            for probe in probes
        }
        place.put(files, f"2026-{month:02}")
    told = open_case("acme", "2026-05", place.root).doubts("checks")
    why = [f"{name}: came for each of the three months before, and not for this one" for name in lacks]
    assert told == (why[0] if why else None)
    for month in (6, 7):  # that it is still away is no better
        place.put({f"checks_a_{month:02}.csv": check_of("a", month)}, f"2026-{month:02}")
        told = open_case("acme", f"2026-{month:02}", place.root).doubts("checks")
        since = [
            f"{name}: came for three months on end, the last time for 2026-04, and not since"
            for name in lacks
        ]
        assert told == since[0] if since else "2026-04" not in (told or "")


def table_rows(table: Table, month: str, word: str) -> str:
    """A file of a table with one row of a month, all of its columns filled."""
    values = {
        "text": word,
        "instant": f"{month}-02T08:00Z",
        "date": f"{month}-02",
        "month": month,
        "boolean": "true",
    }
    cells = [values.get(one.type, one.choices[0] if one.type == "choice" else "1") for one in table.columns]
    return ",".join(table.names) + "\n" + ",".join(cells) + "\n"


def check_of(probe: str, month: int) -> str:
    return f"service,at,probe,state\nemail,2026-{month:02}-02 10:00,{probe},up\n"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_of_several_sources_that_are_named_each_has_to_come(place, name):
    """Whatever the table: with history or without, absent once or again and again, or an old file sent anew."""
    table = TABLES[name]
    due = table.due == "monthly"
    place.client(
        sources="reject_limit_ratio: 1\n"
        f"tables: {{{name}: [{{file: 'a*.csv', name: a}}, {{file: 'b*.csv', name: b}}]}}\n"
    )

    def put(month, *sources):
        rows = {one: table_rows(table, f"2026-{month:02}", one) for one in sources}
        place.put({f"{one}{month}.csv": text for one, text in rows.items()}, f"2026-{month:02}")
        return open_case("acme", f"2026-{month:02}", place.root)

    never = put(1, "a")
    assert never.absent(name) == ({"b (b*.csv)": None} if due else {})
    assert put(2, "a", "b").absent(name) == {}
    for month in (3, 4):
        lacking = put(month, "a")
        assert lacking.absent(name) == ({"b (b*.csv)": Month(2026, 2)} if due else {})
        assert ("sources.yaml names it" in (lacking.doubts(name) or "")) == due
        if due:
            with pytest.raises(DataRefused, match=r"b \(b\*.csv\): sources.yaml names it"):
                lacking.refuse_withheld()
    put(5, "a")
    place.put({"b5.csv": table_rows(table, "2026-02", "b")}, "2026-05")
    again = open_case("acme", "2026-05", place.root)
    assert bool(again.absent(name)) == (due and not table.list_of_all)


def test_a_source_that_ended_or_is_due_later_is_not_missed(place):
    for said, lacks in (
        ("ended: {on: 2026-03-01, why: sold}", False),
        ("due: quarterly", False),
        ("name: b", True),
    ):
        place.client(sources=f"tables: {{checks: [{{file: 'a*.csv'}}, {{file: 'b*.csv', {said}}}]}}\n")
        place.put({"a.csv": check_of("a", 2), "b.csv": check_of("b", 2)}, "2026-02")
        place.put({"a.csv": check_of("a", 3)}, "2026-03")
        assert bool(open_case("acme", "2026-03", place.root).absent("checks")) == lacks


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_that_an_earlier_version_published_lacks_what_is_new_and_can_be_read(tmp_path, name):
    """Any column may be the new one; what is read has it, and nothing in it."""
    whole = TABLES[name].empty().reindex(range(2)).astype("object")
    for column in whole.columns:
        whole.drop(columns=column).to_parquet(tmp_path / "table.parquet")
        read = read_table(name, tmp_path / "table.parquet")
        assert set(read.columns) == set(whole.columns) and read[column].isna().all()
        assert (read.dtypes[TABLES[name].empty().columns] == TABLES[name].empty().dtypes).all()


def test_what_is_left_out_is_no_reject_of_an_export(place):
    """An inquiry that `where` leaves out is read, and neither accepted nor rejected; a total is a reject as ever."""
    place.client(sources="tables: {tickets: {file: tickets.csv, where: \"Sort <> 'project'\"}}\n")
    rows = "T1,2026-05-02T09:00Z,P1,new,ticket\nT2,2026-05-02T09:00Z,P1,new,project\nTotal,,,,\n"
    place.put({"tickets.csv": f"ticket_id,opened_at,priority,status,Sort\n{rows}"}, "2026-05")
    case = open_case("acme", "2026-05", place.root)
    [read] = case.reading("tickets")[["read", "accepted", "rejected"]].to_numpy().tolist()
    [told] = case.told_of_files()[["read", "accepted", "rejected"]].to_numpy().tolist()
    came = case.arrivals().set_index("table").loc["tickets", ["read", "accepted", "rejected"]].tolist()
    assert read == told == came == [3, 1, 1]
    assert not any("(1 where" in text for text in case.remarks())
