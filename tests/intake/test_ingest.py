"""Exports to accepted tables, rejects and manifest: every row in one of the first two, every refusal one sentence."""

import csv
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from examples import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from workspaces import tickets

from msp_report.intake import ingest, inputs, reasons
from msp_report.intake.ingest import DataRefused
from msp_report.model.period import Month
from msp_report.model.tables import TABLES
from msp_report.params import ParamsError, Sources, load_contract, load_sources
from msp_report.system import slow

APRIL = Month(2026, 4)
ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "real"
REAL_PARAMS = ROOT / "tests" / "real" / "params"

HEADER = "ticket_id,opened_at,priority,status\n"
GOOD = "T1,2026-04-02T09:00:00Z,P1,new\n"
PRICES = "item,vendor,seen_on,unit_price,currency\n"


class Read:
    """What one call of read_month left behind."""

    def __init__(self, into: Path) -> None:
        self.into = into
        self.manifest = json.loads((into / "manifest.json").read_text(encoding="utf-8"))

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.into / "tables" / f"{name}.parquet")

    def rejects(self, name: str) -> pd.DataFrame:
        path = self.into / "rejects" / f"{name}.csv"
        return pd.read_csv(path, dtype=str, keep_default_na=False)

    def file(self, name: str, table: str | None = None) -> dict:
        files = self.manifest["files"]
        return next(f for f in files if f["file"] == name and table in (None, f["table"]))


@pytest.fixture
def read(tmp_path):
    """Write some files into exports/ and read them; `sources` as in sources.yaml."""

    def run(files, sources=None, month=APRIL, timezone="Europe/London", template=None, **options):
        folder = tmp_path / "exports"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        model = Sources.model_validate({"reject_limit_ratio": 1, **(sources or {})})
        into = tmp_path / "accepted"
        ingest.read_month(model, template or folder, month, timezone, into, params=tmp_path, **options)
        return Read(into)

    run.into = tmp_path / "accepted"
    return run


def rows(*lines: str) -> str:
    return HEADER + "".join(f"{line}\n" for line in lines)


# What is accepted


def test_canonical_file_needs_no_sources(read):
    done = read({"tickets.csv": HEADER + GOOD, "Tickets-2.csv": rows("00123,2026-04-03,P1,closed")})
    tickets = done.table("tickets")
    assert tickets["ticket_id"].tolist() == ["T1", "00123"]  # zeros stay, tickets.csv before tickets-2.csv
    # 3 April, midnight in London's summer time, is 23:00 of the day before
    assert tickets["opened_at"].tolist() == [
        pd.Timestamp("2026-04-02T09:00Z"),
        pd.Timestamp("2026-04-02T23:00Z"),
    ]
    assert list(tickets.columns) == list(TABLES["tickets"].names)
    assert done.manifest["tables"]["tickets"]["state"] == "read"
    assert done.manifest["tables"]["checks"]["state"] == "no_file"


def test_files_that_no_source_reads_are_listed(read):
    files = {"tickets.csv": HEADER + GOOD, "prices.csv": PRICES, "how-to.pdf": b"%PDF", ".hidden.csv": ""}
    named = {"tables": {"tickets": {"file": "./tickets.csv"}, "checks": {"file": "checks.csv"}}}
    assert read(files).manifest["unread"] == ["how-to.pdf"]
    done = read(files | {"checks-old.csv": "service,at,state\n"}, named)
    assert done.manifest["unread"] == ["checks-old.csv", "how-to.pdf", "prices.csv"]
    sources = Sources.model_validate(named)
    assert [inputs.why_unread(name, sources) for name in done.manifest["unread"]] == [
        "named after a table that sources.yaml reads from other files (checks)",
        "named after no table",
        "named after a table that sources.yaml does not name",
    ]


def test_a_file_that_a_source_reads_for_another_month_is_not_unread(read):
    files = {"tickets-2026-04.csv": HEADER + GOOD, "tickets-2026-03.csv": HEADER, "tickets-old.csv": HEADER}
    done = read(files, {"tables": {"tickets": {"file": "tickets-{month}.csv"}}})
    assert done.manifest["unread"] == ["tickets-old.csv"]
    assert [file["file"] for file in done.manifest["files"]] == ["tickets-2026-04.csv"]


def test_every_format_gives_the_same_table(read, tmp_path):
    rows_of = [
        {
            "ticket_id": "007",
            "opened_at": "2026-04-02T09:00:00Z",
            "priority": "P1",
            "status": "new",
            "hours": 1.5,
        },
        {
            "ticket_id": "T2",
            "opened_at": "2026-04-03T09:00:00Z",
            "priority": "P2",
            "status": "closed",
            "hours": None,
        },
    ]
    frame = pd.DataFrame(rows_of)
    typed = frame.assign(opened_at=pd.to_datetime(frame["opened_at"]))
    typed.to_parquet(tmp_path / "t.parquet")
    typed.assign(opened_at=typed["opened_at"].dt.tz_localize(None)).to_excel(
        tmp_path / "t.xlsx", index=False, engine="xlsxwriter"
    )
    files = {
        "a.csv": frame.to_csv(index=False),
        "b.csv": frame.to_csv(index=False, sep=";", decimal=",").encode("utf-16"),
        "c.jsonl": frame.to_json(orient="records", lines=True),
        "d.json": frame.to_json(orient="records"),
        "e.parquet": (tmp_path / "t.parquet").read_bytes(),
        "f.xlsx": (tmp_path / "t.xlsx").read_bytes(),
    }
    tables = []
    for name, content in files.items():
        source = {"file": name, "timezone": "UTC"}  # the workbook's times carry no zone
        tables.append(read({name: content}, {"tables": {"tickets": source}}).table("tickets"))
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])
    assert tables[0]["hours"].fillna(0).tolist() == [1.5, 0] and len(tables) == 6


def test_the_decimal_sign_is_that_of_the_file_where_it_leaves_no_doubt(read):
    text = "ticket_id;opened_at;priority;status;hours\nA;2026-04-02;P1;new;1.234\nB;2026-04-02;P1;new;{}\n"
    done = read({"tickets.csv": text.format("12,5")})
    assert done.table("tickets")["hours"].tolist() == [1234.0, 12.5]
    assert done.file("tickets.csv")["read_as"]["decimal"] == ","
    done = read({"tickets.csv": text.format("1,234")})  # which of the two?
    assert done.table("tickets")["hours"].tolist() == [1.234]
    assert done.file("tickets.csv")["by_reason"] == {reasons.DOUBT: 1}
    source = {"file": "tickets.csv", "decimal": ","}
    done = read({"tickets.csv": text.format("1,234")}, {"tables": {"tickets": source}})
    assert done.table("tickets")["hours"].tolist() == [1234.0, 1.234]


def test_sentinels_constants_and_totals(read):
    # 1775120400 is 2 April 2026, 09:00 UTC
    text = "number,created,solved,prio\nT1,1775120400,1970-01-01,Not set\nT2,1775120400,-,P2\nSum,,,\n"
    columns = {"ticket_id": "number", "opened_at": "created", "resolved_at": "solved"}
    source = {
        "file": "t.csv",
        "columns": columns | {"priority": ["urgency", "prio"]},
        "dates": {"opened_at": "epoch", "*": "iso"},
        "nulls": ["1970-01-01", "not set", "-"],
        "constants": {"status": "open", "in_contract": "yes"},
        "totals": {"number": "^Sum$"},
    }  # fmt: skip
    done = read({"t.csv": text}, {"tables": {"tickets": source}})
    tickets = done.table("tickets")
    assert tickets[["ticket_id", "status", "in_contract"]].values.tolist() == [["T2", "open", True]]
    assert tickets["resolved_at"].isna().all() and tickets.loc[0, "opened_at"] == pd.Timestamp(
        "2026-04-02T09:00Z"
    )
    assert done.file("t.csv")["by_reason"] == {reasons.MISSING: 1, reasons.TOTAL: 1}


def test_a_file_may_feed_several_tables_and_a_table_have_several_sources(read):
    wide = "number,what,opened_at,priority,status\nT1,disk,2026-04-02,P1,new\n"
    tickets = {"file": "all.csv", "columns": {"ticket_id": "number", "title": "what"}}
    replies = {
        "file": "all.csv",
        "columns": {"action_id": "number", "text": "what", "decided_on": "opened_at", "due_on": "opened_at"},
        "constants": {"owner": "board"},
    }
    more = {"file": "more.csv"}
    done = read(
        {"all.csv": wide, "more.csv": rows("T2,2026-04-02,P1,new")},
        {"tables": {"tickets": [tickets, more], "actions": replies}},
    )
    assert done.table("tickets")["title"].fillna("-").tolist() == ["disk", "-"]
    assert done.table("actions").loc[0, "decided_on"].isoformat() == "2026-04-02"
    assert done.file("all.csv", "actions")["sha256"] == done.file("all.csv", "tickets")["sha256"]
    assert done.manifest["tables"]["checks"]["state"] == "not_named"


def test_rows_outside_the_month_are_accepted_and_counted(read):
    # London is at UTC+1: 31 March 23:00Z is 1 April, 30 April 23:00Z is 1 May
    done = read(
        {
            "tickets.csv": rows(
                "A,2026-03-31T22:59:59Z,P1,new", "B,2026-03-31T23:00:00Z,P1,new", "C,2026-04-30T23:00Z,P1,new"
            )
        }
    )
    account = done.file("tickets.csv")
    assert (account["read"], account["accepted"], account["rows"], account["outside"]) == (3, 3, 3, 2)


@pytest.mark.parametrize("at_once", [1, 2, 1_000])
def test_how_many_rows_are_looked_at_at_once_changes_nothing(read, monkeypatch, at_once):
    # files of April, of March, of both in no order, and of none; by an instant, a day and a month
    days = [f"2026-03-{day:02}T09:00Z" for day in range(3, 31)] + ["2026-04-02T09:00Z", "2026-05-01T09:00Z"]
    said = [f"T{n},{at},P1,new" for n, at in enumerate(days)]
    files = {
        "tickets-a.csv": rows(*said[-2:], *said[:25]),
        "tickets-b.csv": rows(*(line.replace("T", "U", 1) for line in said[:27])),
        "tickets-c.csv": rows(),
        "tickets-d.csv": rows("V1,2026-04-09T09:00Z,P1,new"),
        "time_entries.csv": "entry_id,worked_on,hours\n"
        + "".join(f"{n},2026-0{3 + n % 2}-{n:02},1\n" for n in range(1, 29)),
        "credits.csv": "month,measure,subject\n"
        + "".join(f"2026-0{n},availability.ratio,mail\n" for n in range(1, 6)),
    }
    sources = {
        "tables": {
            "tickets": {"file": "tickets-*.csv"},
            "time_entries": {"file": "time_entries.csv"},
            "credits": {"file": "credits.csv"},
        }
    }
    whole = read(files, sources).manifest
    monkeypatch.setattr("msp_report.intake.staged.ROWS", at_once)
    assert read(files, sources).manifest == whole
    assert [entry["outside"] for entry in whole["files"]] == [26, 27, 0, 0, 14, 4]


def test_the_time_that_was_twice_is_the_first_and_counted_and_the_one_that_never_was_is_rejected(read):
    done = read(
        {
            "tickets.csv": rows(
                "A,2026-10-25 01:30,P1,new", "B,2026-03-29 01:30,P1,new", "C,2026-10-25T01:30Z,P1,new"
            )
        },
        month=Month(2026, 10),
    )
    assert done.table("tickets")["opened_at"].tolist() == [
        pd.Timestamp("2026-10-25T00:30Z"),
        pd.Timestamp("2026-10-25T01:30Z"),
    ]
    assert done.file("tickets.csv")["in_fold"] == 1
    assert done.file("tickets.csv")["by_reason"] == {reasons.GAP: 1}
    assert done.rejects("tickets").to_dict("records") == [
        {
            "file": "tickets.csv",
            "line": "3",
            "column": "opened_at",
            "value": "2026-03-29 01:30",
            "reason": reasons.GAP,
            "row": "B,2026-03-29 01:30,P1,new",
        }
    ]


def test_last_row_of_a_key_is_the_record_and_the_others_count_as_accepted(read):
    log = rows(
        "T1,2026-04-02,P1,new",
        "T2,2026-04-02,P1,new",
        "T1,2026-04-02,P2,open",
        "T1,2026-04-02,P2,open",
        "T1,2026-04-02,P3,gone",
    )
    done = read({"log.csv": log}, {"tables": {"tickets": {"file": "log.csv", "record": "last"}}})
    assert done.table("tickets")[["ticket_id", "priority", "status"]].values.tolist() == [
        ["T2", "P1", "new"],
        ["T1", "P2", "open"],
    ]
    account = done.file("log.csv")
    assert (account["read"], account["accepted"], account["rejected"], account["rows"]) == (5, 3, 2, 2)
    assert account["by_reason"] == {reasons.DUPLICATE: 1, reasons.UNKNOWN: 1}


def test_a_log_of_whole_tickets_becomes_changes(read):
    log = (
        "number,state,urgency,owner,changed\n"
        "T1,New,P2,?,2026-04-02 09:00\n"  # status and priority appear; an owner who is missing makes no event
        "T1,New,P2,?,2026-04-02 09:30\n"  # nothing changes: accepted, no event
        "T2,New,P1,ann,2026-04-02 09:40\n"
        "T1,Fixed,P1,bob,2026-04-02 10:00\n"  # status, priority, owner
        "T1,Fixed,P1,?,2026-04-02 10:00\n"  # same time: the file's order; the owner goes
    )
    source = {
        "file": "log.csv",
        "columns": {"ticket_id": "number", "at": "changed"},
        "unpivot": {"status": "state", "priority": "urgency", "assignee": "owner"},
        "values": {"status": {"new": "New", "resolved": "Fixed"}},
        "nulls": "?",
        "timezone": "UTC",
    }
    done = read({"log.csv": log}, {"tables": {"ticket_events": source}})
    events = done.table("ticket_events")
    shown = events.assign(at=events["at"].dt.strftime("%H:%M"))[["ticket_id", "at", "field", "from", "to"]]
    assert shown.fillna("").values.tolist() == [
        ["T1", "09:00", "status", "", "new"],
        ["T1", "09:00", "priority", "", "P2"],
        ["T2", "09:40", "status", "", "new"],
        ["T2", "09:40", "priority", "", "P1"],
        ["T2", "09:40", "assignee", "", "ann"],
        ["T1", "10:00", "status", "new", "resolved"],
        ["T1", "10:00", "priority", "P2", "P1"],
        ["T1", "10:00", "assignee", "", "bob"],
        ["T1", "10:00", "assignee", "bob", ""],
    ]
    account = done.file("log.csv")
    assert (account["read"], account["accepted"], account["rows"]) == (5, 5, 9)


def test_equal_events_of_a_log_are_no_duplicates(read):
    # A to B to A to B within one minute: the second A to B is the same event again, not the same row
    log = "ticket_id,at,state,n\n" + "".join(
        f"T1,2026-04-02 09:00,{state},{n}\n" for n, state in enumerate(["new", "open", "new", "open"])
    )
    done = read(
        {"log.csv": log}, {"tables": {"ticket_events": {"file": "log.csv", "unpivot": {"status": "state"}}}}
    )
    assert done.table("ticket_events")["to"].tolist() == ["new", "open", "new", "open"]


def test_events_speak_the_words_of_the_tickets(read):
    audit = (
        "documentkey,sys_created_on,fieldname,oldvalue,newvalue,user\n"
        "T1,2026-04-02 09:00:00,state,1,2,ann\n"
        "T1,2026-04-02 09:05:00,assigned_to,,bob,ann\n"
        "T1,2026-04-02 09:06:00,resolved_at,,2026-04-02 10:00:00,ann\n"
        "T1,2026-04-02 09:07:00,state,2,99,ann\n"
    )
    source = {"file": "audit*.csv", "profile": "servicenow/list", "timezone": "Europe/London"}
    done = read({"audit.csv": audit}, {"tables": {"ticket_events": source}})
    assert done.table("ticket_events")[["field", "from", "to"]].fillna("").values.tolist() == [
        ["status", "new", "open"],
        ["assignee", "", "bob"],
        ["resolved_at", "", "2026-04-02T09:00:00Z"],
    ]
    assert done.rejects("ticket_events")[["line", "column", "value"]].values.tolist() == [
        ["5", "newvalue", "99"]
    ]


def test_wide_samples_become_one_row_a_metric(read):
    perf = (
        "Timestamp;\tCPU [%];\tMemory [KB]\n1775034000;\t12.5;\t100\n1775034300;\t;\t200\n1775034600;\t;\t\n"
    )
    source = {
        "file": "*.csv",
        "path": "{resource}.csv",
        "columns": {"at": "timestamp"},
        "dates": "epoch",
        "unpivot": {"cpu": "CPU [%]", "memory": "Memory [KB]"},
    }
    done = read({"web-1.csv": perf}, {"tables": {"samples": source}})
    assert done.table("samples")[["resource", "metric", "value"]].values.tolist() == [
        ["web-1", "cpu", 12.5],
        ["web-1", "memory", 100.0],
        ["web-1", "memory", 200.0],
    ]
    account = done.file("web-1.csv")  # a row of no reading is accepted and gives no row
    assert (account["read"], account["accepted"], account["rows"]) == (3, 3, 3)


def test_one_conflicting_metric_rejects_the_whole_input_row(read):
    perf = "resource,at,cpu,mem\nA,2026-04-02,1,5\nA,2026-04-02,2,5\nA,2026-04-03,1,1\nA,2026-04-03,1,1\n"
    source = {"file": "perf.csv", "unpivot": {"cpu": "cpu", "memory": "mem"}}
    done = read({"perf.csv": perf}, {"tables": {"samples": source}})
    assert done.table("samples")["metric"].tolist() == ["cpu", "memory"]
    assert done.file("perf.csv")["by_reason"] == {reasons.CONFLICT: 2, reasons.DUPLICATE: 1}


# Duplicates and conflicts


def test_exact_duplicates_and_conflicting_rows_of_a_key(read):
    done = read(
        {
            "tickets-1.csv": rows("A,2026-04-02,P1,new", "B,2026-04-02,P1,new", "A,2026-04-02,P1,new"),
            "tickets-2.csv": rows("B,2026-04-02,P2,new", "A,2026-04-02,P1,new", "C,2026-04-02,P1,new"),
        }
    )
    assert done.table("tickets")["ticket_id"].tolist() == ["A", "C"]
    listed = done.rejects("tickets")[["file", "line", "column", "value", "reason"]].values.tolist()
    assert listed == [
        ["tickets-1.csv", "3", "ticket_id", "B", reasons.CONFLICT],
        ["tickets-1.csv", "4", "ticket_id", "A", reasons.DUPLICATE],
        ["tickets-2.csv", "2", "ticket_id", "B", reasons.CONFLICT],
        ["tickets-2.csv", "3", "ticket_id", "A", reasons.DUPLICATE],
    ]


def test_rows_that_differ_only_where_nobody_reads_are_told_from_exact_duplicates(read):
    text = (
        HEADER.strip()
        + ",exported\n"
        + "A,2026-04-02,P1,new,1\nA,2026-04-02,P1,new,2\nA,2026-04-02,P1,new,1\n"
    )
    done = read({"tickets.csv": text})
    assert done.file("tickets.csv")["by_reason"] == {reasons.REPEATED: 1, reasons.DUPLICATE: 1}
    assert len(done.table("tickets")) == 1


def test_a_table_without_a_key_knows_exact_duplicates_only(read):
    event = "A,2026-04-02,comment,hello"
    text = f"ticket_id,at,field,to,id\n{event},1\n{event},2\n{event},2\n"
    done = read({"ticket_events.csv": text})
    assert len(done.table("ticket_events")) == 2
    assert done.file("ticket_events.csv")["by_reason"] == {reasons.DUPLICATE: 1}


def test_a_missing_part_of_a_key_equals_itself(read):
    text = "measure,subject,month,value,unit\na.b,x,,1,ratio\na.b,x,,2,ratio\na.c,x,,3,ratio\n"
    done = read({"claims.csv": text})
    assert done.file("claims.csv")["by_reason"] == {reasons.CONFLICT: 2}
    assert done.table("claims")["month"].tolist() == ["2026-04"]  # the export's own


def test_duplicates_and_total_rows_do_not_count_to_the_limit(read):
    lines = ["A,2026-04-02,P1,new"] * 50 + ["Total,,,", "Grand total: 50"]
    done = read({"tickets.csv": rows(*lines)}, {"reject_limit_ratio": 0})
    assert done.file("tickets.csv")["by_reason"] == {reasons.DUPLICATE: 49, reasons.TOTAL: 2}


# Bad input: the exact sentence

BAD = {
    "zero bytes": (
        {"tickets.csv": b""},
        "tickets.csv: the file is empty (zero bytes): export it again; nothing to report is a header alone",
    ),
    "missing column": (
        {"tickets.csv": "ticket_id,open_at,priority\nT1,2026-04-02,P1\n"},
        "tickets.csv: columns 'opened_at' and 'status' are missing: the header on line 1 has 'ticket_id', 'open_at', "
        "'priority'; nearest is 'open_at': name the vendor's headers in columns of tickets, or export them",
    ),
    "wrong delimiter": (
        {"tickets.csv": (HEADER + GOOD).replace(",", "^")},
        "tickets.csv: columns 'ticket_id' and 'opened_at' and 'priority' and 'status' are missing: the header on line "
        "1 has 'ticket_id^opened_at^priority^status'; is the delimiter another one? name it in delimiter: name the "
        "vendor's headers in columns of tickets, or export them",
    ),
    "unclosed quote": (
        {"tickets.csv": rows('T1,2026-04-02,P1,"new', "T2,2026-04-02,P1,new")},
        "tickets.csv: line 2: a quote is opened here and never closed, so the rows after it cannot be told apart: "
        "correct the line or export the file again",
    ),
    "a workbook called csv": (
        {"tickets.csv": b"PK\x03\x04rest"},
        "tickets.csv: this is a workbook or an archive, not .csv: give it the suffix .xlsx",
    ),
    "no workbook": (
        {"tickets.xlsx": b"\x00\x01 no workbook"},
        "tickets.xlsx: this is no workbook that can be read (",
    ),
    "no parquet": ({"tickets.parquet": b"no parquet"}, "tickets.parquet: this is no Parquet file ("),
    "broken list": (
        {"tickets.json": '[{"ticket_id": "T1"},\n {"ticket_id": }]'},
        "tickets.json: line 2: not JSON (Expecting value): export it again",
    ),
    "no rows in the month": (
        {"tickets.csv": rows("T1,2026-03-02,P1,new")},
        "no table has rows in 2026-04 (tickets.csv): export that month, or name another one",
    ),
    "nothing there": (
        {"tikcets.csv": HEADER + GOOD},
        "there is nothing to read for 2026-04 in {folder}; tikcets.csv is named after no table: put the month's "
        "exports there, named like tickets.csv, or name them in sources.yaml",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_with_one_clear_sentence(read, tmp_path, name):
    files, sentence = BAD[name]
    with pytest.raises(DataRefused) as refused:
        read(files)
    (problem,) = refused.value.problems
    assert problem.startswith(sentence.format(folder=tmp_path / "exports"))
    assert str(refused.value) == problem
    manifest = json.loads((read.into / "manifest.json").read_text())
    assert manifest["problems"] == [problem]
    assert not (read.into / "tables").exists()


def test_over_the_limit_of_rejects(read):
    lines = [f"T{n},2026-04-02,P1,new" for n in range(97)] + [f"U{n},2026-04-02,P1,gone" for n in range(3)]
    with pytest.raises(DataRefused) as refused:
        read({"tickets.csv": rows(*lines)}, {"reject_limit_ratio": 0.02})
    assert refused.value.problems == [
        "tickets.csv: 3 of 100 rows are rejected, over the limit of 0.02 of a file (reject_limit_ratio): 3 for "
        f"status: {reasons.UNKNOWN}, first 'gone' on line 99: correct the export or sources.yaml; all are in "
        "rejects/tickets.csv"
    ]
    listed = pd.read_csv(read.into / "rejects" / "tickets.csv", dtype=str)
    assert listed["line"].tolist() == ["99", "100", "101"]
    # exactly at the limit is not over it
    assert (
        read({"tickets.csv": rows(*lines)}, {"reject_limit_ratio": 0.03}).file("tickets.csv")["rejected"] == 3
    )


def test_all_problems_of_all_files_are_told_together(read):
    files = {
        "tickets.csv": b"",
        "checks.csv": "service\nx\n",
        "samples.csv": HEADER,
        "vendors.csv": "vendor,relationship\nA,none\n",
    }
    with pytest.raises(DataRefused) as refused:
        read(files)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "checks.csv",
        "samples.csv",
        "tickets.csv",
    ]


def test_header_only_and_absent_files_are_no_errors(read):
    done = read({"tickets.csv": HEADER, "outages.csv": "service,started_at,state\n\n\n"})
    assert len(done.table("tickets")) == len(done.table("outages")) == 0
    assert done.manifest["tables"]["outages"] | {"content": None} == {
        "state": "read", "files": 1, "read": 0, "accepted": 0, "rejected": 0, "rows": 0, "outside": 0, "reach": None,
        "doubts": [], "content": None,
    }  # fmt: skip
    done = read(
        {"tickets.csv": HEADER},
        {"tables": {"tickets": {"file": "tickets.csv"}, "checks": {"file": "probe*.csv"}}},
    )
    assert done.manifest["tables"]["checks"]["state"] == "no_file"
    assert done.rejects("tickets").empty


def test_registers_count_as_rows_of_every_month_and_projects_hold_their_state(read):
    assert read({"vendors.csv": "vendor,relationship\nA,none\n"}).file("vendors.csv")["outside"] == 0
    shutil.rmtree(read.into.parent / "exports")
    project = "project_id,as_of,name,status\nP,{},x,done\n"
    assert read({"projects.csv": project.format("2026-01-05")}).file("projects.csv")["outside"] == 1
    with pytest.raises(DataRefused):
        read({"projects.csv": project.format("2026-05-05")})


REJECTED = {
    "unknown status": ("T1,2026-04-02,P1,gone", "status", "gone", reasons.UNKNOWN),
    "day and month in doubt": ("T1,02/04/2026,P1,new", "opened_at", "02/04/2026", reasons.NOT_TIME),
    "no such day": ("T1,2026-04-31,P1,new", "opened_at", "2026-04-31", reasons.NOT_TIME),
    "missing": ("T1,,P1,new", "opened_at", "", reasons.MISSING),
    "blank key": ("  ,2026-04-02,P1,new", "ticket_id", "", reasons.MISSING),
    "wide": ("T1,2026-04-02,P1, highest,new", "", "", reasons.WIDE),
    "short": ("T1,2026-04-02,P1", "", "", reasons.SHORT),
    "quotes": ('T1,2026-04-02,P1,"new"er', "", "", reasons.QUOTES),
    "nul": ("T1,2026-04-02,P\x001,new", "", "", reasons.BYTES),
    "an age before computers": ("T1,1026-04-02,P1,new", "opened_at", "1026-04-02", reasons.RANGE),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected_row_is_listed_with_line_column_value_reason(read, name):
    line, *expected = REJECTED[name]
    done = read({"tickets.csv": rows("T0,2026-04-02,P1,new", line)})
    (listed,) = done.rejects("tickets")[["line", "column", "value", "reason"]].values.tolist()
    assert listed == ["3", *expected]
    assert done.table("tickets")["ticket_id"].tolist() == ["T0"]


TYPES = {
    "reversed": ("tickets", "closed_at", "2026-04-01", reasons.REVERSED),
    "text for a number": ("tickets", "hours", "two", reasons.NOT_NUMBER),
    "endless": ("tickets", "hours", "inf", reasons.NOT_NUMBER),
    "not a number": ("tickets", "hours", "nan", reasons.NOT_NUMBER),
    "negative": ("tickets", "hours", "-1", reasons.RANGE),
    "half a reopening": ("tickets", "reopens", "0.5", reasons.NOT_WHOLE),
    "too many": ("tickets", "reopens", "9" * 30, reasons.RANGE),
    "neither": ("tickets", "in_contract", "perhaps", reasons.NOT_BOOLEAN),
    "in doubt": ("tickets", "hours", '"1,234"', reasons.DOUBT),
    "beyond the scale": ("surveys", "responsiveness", "6", reasons.RANGE),
    "no month": ("credits", "month", "April", reasons.NOT_MONTH),
}
FILLED = {
    "tickets": {"ticket_id": "T1", "opened_at": "2026-04-02", "priority": "P1", "status": "new"},
    "surveys": {"survey_id": "S1", "answered_at": "2026-04-02"},
    "credits": {"month": "2026-04", "measure": "a.b", "subject": "x"},
}


@pytest.mark.parametrize("name", TYPES)
def test_wrong_types_are_rejected(read, name):
    table, column, value, reason = TYPES[name]
    cells = FILLED[table] | {column: value}
    right = [
        "" if name == column and column not in FILLED[table] else FILLED[table].get(name) for name in cells
    ]
    done = read({f"{table}.csv": "".join(",".join(line) + "\n" for line in (cells, cells.values(), right))})
    assert done.rejects(table)[["column", "reason"]].values.tolist() == [[column, reason]]


def test_a_wrong_duration_is_rejected(read):
    text = "ticket_id,opened_at,priority,status,hours\nA,2026-04-02,P1,new,1:30\nB,2026-04-02,P1,new,long\n"
    done = read({"t.csv": text}, {"tables": {"tickets": {"file": "t.csv", "durations": {"hours": "hms"}}}})
    assert done.table("tickets")["hours"].tolist() == [1.5]
    assert done.rejects("tickets")["reason"].tolist() == [reasons.NOT_DURATION]


def test_objects_that_are_none_are_rejected(read):
    good = '{"ticket_id": "T1", "opened_at": "2026-04-02", "priority": "P1", "status": "new"}\n'
    done = read({"tickets.jsonl": good + '{"ticket_id": \n[1, 2]\n\n"x"\n'})
    assert done.rejects("tickets")[["line", "reason"]].values.tolist() == [
        [n, reasons.NOT_JSON] for n in "235"
    ]


# Titles, footers, totals and what a file says of its own size

THREE = rows("T1,2026-04-02,P1,new", "T2,2026-04-03,P1,new", "T3,2026-04-04,P1,new")


@pytest.mark.parametrize(
    ("footer", "reason"),
    [
        ('"Generated 01/05/2026 by the help desk, page 1 of 1"', reasons.TITLE),
        ("Accrual basis,,,", reasons.TITLE),
        (",,P1,", reasons.TITLE),
        (HEADER.strip(), reasons.TITLE),
        ("Total,3", reasons.TOTAL),
        ("Grand total: 3,,,", reasons.TOTAL),
        ("Total tickets: 3", reasons.TOTAL),
    ],
)
def test_a_footer_costs_no_limit(read, footer, reason):
    done = read({"tickets.csv": f"{THREE}{footer}\n"}, {"reject_limit_ratio": 0})
    assert done.file("tickets.csv")["by_reason"] == {reason: 1} and len(done.table("tickets")) == 3
    assert done.rejects("tickets")["line"].tolist() == ["5"], "it is listed all the same"
    assert done.manifest["tables"]["tickets"]["doubts"] == []


def test_totals_names_lines_that_are_cut_short(read):
    source = {"file": "tickets.csv", "totals": {"ticket_id": "^Summe"}}
    done = read({"tickets.csv": f"{THREE}Summe\n"}, {"reject_limit_ratio": 0, "tables": {"tickets": source}})
    assert done.file("tickets.csv")["by_reason"] == {reasons.TOTAL: 1}


@pytest.mark.parametrize(
    "record",
    ["T4", "T4,2026-04-05", "T4,2026-04-05,P1", ",2026-04-05,P1,new", "T4,soon,P1,new", "T4,#REF!,P1,new"],
)
def test_a_broken_record_is_no_footer(read, record):
    with pytest.raises(DataRefused, match="over the limit of 0 of a file"):
        read({"tickets.csv": f"{THREE}{record}\n"}, {"reject_limit_ratio": 0})


def test_an_error_or_a_formula_is_no_empty_cell(read):
    done = read(
        {"tickets.csv": rows("T1,2026-04-02,P1,new", "T2,2026-04-03,#N/A,new", "T3,2026-04-03,#FORMULA!,new")}
    )
    assert done.file("tickets.csv")["by_reason"] == {reasons.ERROR: 1, reasons.FORMULA: 1}
    source = {"file": "tickets.csv", "nulls": ["#N/A"]}
    done = read({"tickets.csv": "ticket_id,opened_at,priority,status,title\nT1,2026-04-02,P1,new,#N/A\n"},
                {"tables": {"tickets": source}})  # fmt: skip
    assert done.table("tickets")["title"].isna().all(), "named as one that means missing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{THREE}Total tickets: 200\n", "tickets.csv: says that there are 200 rows, and has 3"),
        (f"{THREE}Total,200\n", "tickets.csv: line 5 says a total of 200, its rows have 3 rows"),
        (f"{THREE},,,page 1 of 2\n", "tickets.csv: says that there are 2 pages, and 1 came"),
        (f"Tickets 1 - 3 of 40\n{THREE}", "tickets.csv: says that there are 40 rows, and has 3"),
    ],
)
def test_a_file_that_says_that_there_is_more_is_doubted(read, text, said):
    done = read({"tickets.csv": text})
    assert done.manifest["tables"]["tickets"]["doubts"] == [said]


def entries(*lines):
    return "entry_id,worked_on,hours\n" + "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("total", "said"),
    [
        ("Total,,4.5", []),
        ("Total,2,4.5", []),
        ("Total,,5.5", ["time_entries.csv: line 4 says a total of 5.5, its rows have 4.5 of 'hours'"]),
        ("Total,3,4.5", ["time_entries.csv: line 4 says a total of 3, its rows have 2 rows"]),
    ],
)
def test_a_total_is_held_against_its_rows(read, total, said):
    done = read({"time_entries.csv": entries("E1,2026-04-02,1.5", "E2,2026-04-03,3", total)})
    assert done.manifest["tables"]["time_entries"]["doubts"] == said


def test_subtotals_are_those_of_the_rows_since_the_last_one(read):
    text = entries("E1,2026-04-02,1.5", "Subtotal,,1.5", "E2,2026-04-03,3", "Subtotal,,3", "Total,,4.5")
    assert read({"time_entries.csv": text}).manifest["tables"]["time_entries"]["doubts"] == []


def test_the_pages_of_an_answer_are_told_together(read):
    def page(number, more):
        row = {"ticket_id": f"T{number}", "opened_at": "2026-04-02", "priority": "P1", "status": "new"}
        return json.dumps({"page": number, "pages": 2, "total": 2, "has_more": more, "results": [row]})

    sources = {"tables": {"tickets": {"file": "t*.json"}}}
    assert read({"t1.json": page(1, True)}, sources).manifest["tables"]["tickets"]["doubts"] == [
        "t1.json: says that there are 2 rows, and has 1",
        "t1.json: says that there are 2 pages, and 1 came",
        "t1.json: says that more rows follow, and they did not come",
    ]
    both = read({"t1.json": page(1, True), "t2.json": page(2, False)}, sources)
    assert both.manifest["tables"]["tickets"]["doubts"] == []


# Dates of a sheet


def test_typed_dates_need_no_format_and_half_converted_ones_are_refused(read, tmp_path):
    def book(*cells):
        path = tmp_path / "t.xlsx"
        made = xlsxwriter.Workbook(str(path))
        page, style = made.add_worksheet(), made.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, ["ticket_id", "opened_at", "priority", "status"])
        for y, cell in enumerate(cells, 1):
            page.write_row(y, 0, [f"T{y}", cell if isinstance(cell, str) else None, "P1", "new"])
            if not isinstance(cell, str):
                page.write_datetime(y, 1, cell, style)
        made.close()
        return {"tickets.xlsx": path.read_bytes()}

    sources = {"tables": {"tickets": {"file": "tickets.xlsx", "dates": "%d/%m/%Y"}}}
    done = read(book(datetime(2026, 4, 2), datetime(2026, 4, 20), "03/04/2026"), sources)
    assert done.table("tickets")["opened_at"].dt.tz_convert("Europe/London").dt.day.tolist() == [2, 20, 3]
    with pytest.raises(DataRefused, match="a spreadsheet exchanged day and month"):
        read(book(datetime(2026, 2, 4), datetime(2026, 3, 4), "13/04/2026", "14/04/2026"), sources)


def test_two_orders_of_day_and_month_are_refused(read):
    sources = {"tables": {"tickets": {"file": "tickets.csv", "dates": ["%d/%m/%Y", "%m/%d/%Y"]}}}
    with pytest.raises(DataRefused, match="opened_at: day and month are in doubt"):
        read({"tickets.csv": rows("T1,04/02/2026,P1,new", "T2,04/13/2026,P1,new")}, sources)
    only = read({"tickets.csv": rows("T1,04/22/2026,P1,new", "T2,04/13/2026,P1,new")}, sources)
    assert only.table("tickets")["opened_at"].dt.day.tolist() == [21, 12], (
        "no cell of the column fits the other"
    )


# A hash of what was accepted


def test_the_content_of_a_table_is_its_rows_in_any_order(read):
    def content(text, name="2026-04/tickets.csv"):
        template = read.into.parent / "exports" / ("{month}" if "/" in name else "")
        return read({name: text}, template=template).manifest["tables"]["tickets"]["content"]

    first = content(THREE)
    assert content(rows("T3,2026-04-04,P1,new", "T2,2026-04-03,P1,new", "T1,2026-04-02,P1,new")) == first
    assert content(THREE.replace("P1", "P2", 1)) != first
    assert content(THREE + "T4,2026-04-05,P1,new\n") != first
    whole = content(THREE, "tickets.csv")
    later = "T4,2026-05-05,P1,new\n"
    assert content(THREE.replace("new", "closed") + later, "tickets.csv") == whole, (
        "a file that serves every month"
    )
    assert content(THREE + "T4,2026-04-05,P1,new\n", "tickets.csv") != whole


def test_every_reason_is_reached():
    """Each reason stands in a test of this folder."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    names = [name for name, value in vars(reasons).items() if isinstance(value, str) and name.isupper()]
    assert len(names) > 15
    missing = [name for name in names if f"reasons.{name}" not in source]
    assert not missing


def test_a_field_of_ten_megabytes_is_rejected_with_its_row_and_cut_in_the_list(read):
    long = "x" * 10_000_000
    done = read(
        {"tickets.csv": rows("T0,2026-04-02,P1,new", f"T1,2026-04-02,{long},new", "T2,2026-04-02,P1,new")}
    )
    assert done.table("tickets")["ticket_id"].tolist() == ["T0", "T2"]
    (listed,) = done.rejects("tickets").to_dict("records")
    assert (listed["line"], listed["reason"]) == ("3", reasons.TOO_LONG)
    assert listed["value"] == "x" * 200 and len(listed["row"]) == 10_000


def test_rejects_hold_no_live_formulas_and_numbers_stay_numbers(read):
    done = read(
        {
            "tickets.csv": rows(
                "=1,2026-04-02,P1,-100", "@x,2026-04-02,P1,=cmd()", "+T,2026-04-02,P1,+x", GOOD.strip()
            )
        }
    )
    listed = done.rejects("tickets")
    assert listed["value"].tolist() == ["-100", "'=cmd()", "'+x"]
    assert all(row.startswith("'") for row in listed["row"])


def test_lines_are_physical_in_spite_of_preamble_blank_lines_and_quoted_breaks(read):
    text = (
        "Ticket report\nApril;2026\n\n"
        + HEADER.replace("status", "status,title")
        + ('A,2026-04-02,P1,new,"two\nlines"\n\nB,2026-04-02,P1,gone,"""quoted"""\n')
    )
    done = read({"tickets.csv": text})
    assert done.rejects("tickets")[["line", "row"]].values.tolist() == [
        ["8", 'B,2026-04-02,P1,gone,"""quoted"""']
    ]
    assert done.table("tickets")["title"].tolist() == ["two\nlines"]
    assert done.file("tickets.csv")["read_as"]["header_line"] == 4


def test_exactly_a_thousand_rows_look_like_a_limit(read):
    lines = [f"T{n},2026-04-02,P1,new" for n in range(1000)]
    done = read({"tickets.csv": rows(*lines)})
    assert done.manifest["warnings"] == [
        "tickets.csv: exactly 1,000 rows: check that the export was not cut off at a limit"
    ]


def test_a_header_that_sources_yaml_names_and_the_file_lacks_is_told(read):
    source = {"file": "tickets.csv", "columns": {"title": "sumary"}}
    done = read(
        {"tickets.csv": HEADER.strip() + ",summary\nT1,2026-04-02,P1,new,x\n"},
        {"tables": {"tickets": source}},
    )
    assert done.manifest["warnings"] == [
        "tickets.csv: there is no header 'sumary' for title: did you mean 'summary'?"
    ]


# sources.yaml that cannot be used

WRONG = {
    "column": (
        {"columns": {"titel": "Subject"}},
        "sources.yaml: tables.tickets (tickets.csv): columns: 'titel' is no column of tickets: did you mean 'title'?",
    ),
    "profile": ({"profile": "servicenw"}, "profile 'servicenw' is not known: did you mean 'servicenow'?"),
    "status": (
        {"values": {"status": {"Neu": "nwe"}}},
        "values: status: 'nwe' is no value of it: did you mean 'new'?",
    ),
    "zone": (
        {"timezone": "Europe/Lundon"},
        "'Europe/Lundon' is not a time zone: write one like Europe/London",
    ),
    "format": (
        {"dates": "dd/mm/yyyy"},
        "dates: 'dd/mm/yyyy' is no format: write it like %d/%m/%Y %H:%M, iso, dmy, mdy or epoch",
    ),
    "unpivot": ({"unpivot": {"a": "b"}}, "unpivot: tickets takes one row a row"),
    "duration": ({"durations": {"hours": "fortnights"}}, "durations: 'fortnights' is not known"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_source_that_cannot_be_used_is_a_params_error(read, name):
    keys, sentence = WRONG[name]
    with pytest.raises(ParamsError) as error:
        read({"tickets.csv": HEADER + GOOD}, {"tables": {"tickets": {"file": "tickets.csv", **keys}}})
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_a_profile_of_ones_own(read, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "about: ours\ntickets:\n  columns: {ticket_id: Nr}\n  values: {status: {zu: closed}}\n"
    )
    text = "nr;opened_at;priority;status\n007;2026-04-02;P1;ZU\n"
    source = {"file": "t.csv", "profile": "./mine.yaml", "values": {"status": {"auf": "open"}}}
    done = read({"t.csv": text}, {"tables": {"tickets": source}})
    assert done.table("tickets")[["ticket_id", "status"]].values.tolist() == [["007", "closed"]]
    with pytest.raises(ParamsError, match="there is no file"):
        read({}, {"tables": {"tickets": {"file": "t.csv", "profile": "./yours.yaml"}}})


@pytest.mark.parametrize(
    "pattern", ["../../secret.csv", "/etc/passwd", "a/../../../x.csv", "~/x.csv", "C:\\x.csv"]
)
def test_a_file_may_not_leave_the_exports(read, tmp_path, pattern):
    (tmp_path / "secret.csv").write_text(HEADER + GOOD)
    template = tmp_path / "exports" / "{month}"
    with pytest.raises(DataRefused) as refused:
        read({"2026-04/x.txt": ""}, {"tables": {"tickets": {"file": pattern}}}, template=template)
    assert refused.value.problems == [
        f"sources.yaml: tables.tickets: file {pattern!r} leaves the folder of exports: put it inside"
    ]


def test_a_register_may_lie_beside_the_months(read, tmp_path):
    files = {"2026-04/tickets.csv": HEADER + GOOD, "assets.csv": "asset,kind\nweb-1,server\n"}
    tables = {"tickets": {"file": "tickets.csv"}, "assets": {"file": "../assets.csv"}}
    done = read(files, {"tables": tables}, template=tmp_path / "exports" / "{month}")
    assert done.file("../assets.csv")["rows"] == 1 and done.file("tickets.csv")["rows"] == 1


def test_exports_behind_an_address_are_fetched_before_they_are_read(read):
    with pytest.raises(DataRefused, match="s3:// is fetched by whoever opens a case"):
        read({}, template="s3://bucket/acme/{month}")


# Months


def test_months_by_folder_by_file_and_by_rows(tmp_path):
    def months(template, **sources):
        model = Sources.model_validate(sources)
        return [str(month) for month in ingest.months_with_exports(model, template, "UTC", params=tmp_path)]

    for name in (
        "a/2026-03/tickets.csv",
        "a/2026-04/tickets.csv",
        "a/2026-05/notes.txt",
        "a/2026-13/tickets.csv",
        "b/t-2026-02.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rows("A,2026-01-31T23:59Z,P1,new", "B,2026-06-01T00:00Z,P1,new", "C,x,P1,new"))
    assert months(tmp_path / "a" / "{month}") == ["2026-03", "2026-04"]
    assert months(tmp_path / "b", tables={"tickets": {"file": "t-{month}.csv"}}) == ["2026-02"]
    assert months(tmp_path / "b", reject_limit_ratio=1, tables={"tickets": {"file": "*.csv"}}) == [
        "2026-01",
        "2026-06",
    ]
    assert months(tmp_path / "c") == []
    assert months("s3://bucket/{month}") == []


def test_a_folder_with_brackets_and_stars_in_its_name(read, tmp_path):
    template = tmp_path / "exports" / "[a]*" / "{month}"
    done = read({"[a]*/2026-04/tickets.csv": HEADER + GOOD}, template=template)
    assert done.file("tickets.csv")["rows"] == 1
    assert ingest.months_with_exports(Sources(), template, "UTC") == [APRIL]
    assert inputs.files(Sources(), template, APRIL) == [
        tmp_path / "exports" / "[a]*" / "2026-04" / "tickets.csv"
    ]


# The same again


def test_same_input_same_bytes_with_and_without_cache(read, tmp_path):
    files = {
        "tickets.csv": rows("A,2026-04-02,P1,new", "A,2026-04-02,P1,new", "B,x,P1,new"),
        "checks.csv": "service,at,state\nw,2026-04-02,up\n",
    }

    def everything(**options):
        done = read(files, **options)
        return {
            str(p.relative_to(done.into)): p.read_bytes() for p in sorted(done.into.rglob("*")) if p.is_file()
        }

    first = everything()
    assert set(first) == {
        "manifest.json", "tables/tickets.parquet", "tables/checks.parquet", "rejects/tickets.csv", "rejects/checks.csv",
        "rejects/tickets.parquet", "rejects/checks.parquet", "lines/tickets.parquet", "lines/checks.parquet",
    }  # fmt: skip
    cache = tmp_path / "cache"
    assert first == everything(cache=cache) == everything(cache=cache)
    assert not list(cache.rglob("staged*")) and not list((cache / "tables").glob(".*"))
    assert str(tmp_path) not in json.dumps(json.loads(first["manifest.json"]))


def test_a_file_that_serves_all_months_is_read_once(read, tmp_path, monkeypatch):
    files = {"tickets.csv": rows("A,2026-04-02,P1,new", "B,2026-05-02,P1,new")}
    cache = tmp_path / "cache"
    read(files, cache=cache)
    calls = []
    original = ingest._read_table
    monkeypatch.setattr(ingest, "_read_table", lambda *args: calls.append(args) or original(*args))
    assert read(files, cache=cache, month=Month(2026, 5)).file("tickets.csv")["outside"] == 1
    assert not calls
    read({"tickets.csv": rows("A,2026-04-02,P1,new", "B,2026-05-02,P2,new")}, cache=cache)
    read(files, cache=cache, timezone="Asia/Tokyo")
    read(files, {"tables": {"tickets": {"file": "tickets.csv", "timezone": "UTC"}}}, cache=cache)
    assert len(calls) == 3


def test_a_cache_entry_that_is_damaged_or_half_written_is_made_again(read, tmp_path):
    cache = tmp_path / "cache"
    read({"tickets.csv": HEADER + GOOD}, cache=cache)
    (entry,) = (cache / "tables").iterdir()
    (entry / "account.json").write_text("{")
    old = cache / "tables" / ".killed"
    old.mkdir()
    os.utime(old, (0, 0))
    done = read({"tickets.csv": HEADER + GOOD}, cache=cache)
    assert done.file("tickets.csv")["rows"] == 1
    assert not old.exists()


def test_two_at_once_share_a_cache(tmp_path):
    folder, cache = tmp_path / "exports", tmp_path / "cache"
    folder.mkdir()
    (folder / "tickets.csv").write_text(rows(*(f"T{n},2026-04-02,P1,new" for n in range(2_500))))

    def run(name):
        into = tmp_path / name
        ingest.read_month(Sources(), folder, APRIL, "UTC", into, cache=cache)
        return (into / "tables" / "tickets.parquet").read_bytes()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(run, "abcd"))) == 1
    assert len(list((cache / "tables").iterdir())) == 1


def test_what_was_read_before_does_not_stay_behind(read, tmp_path):
    read({"tickets.csv": HEADER + GOOD, "checks.csv": "service,at,state\nw,2026-04-02,up\n"})
    (tmp_path / "exports" / "checks.csv").unlink()
    done = read({})
    assert not (done.into / "tables" / "checks.parquet").exists()
    (tmp_path / "exports" / "tickets.csv").write_bytes(b"")
    with pytest.raises(DataRefused):
        read({})
    assert not (done.into / "tables").exists() and (done.into / "rejects" / "tickets.csv").exists()
    assert [path.name for path in done.into.iterdir() if path.name.startswith(".")] == []


def test_what_takes_long_to_read_says_how_far_it_is(read, monkeypatch):
    said = []

    @contextmanager
    def told(what):
        yield lambda text: said.append(f"{what}: {text}")

    monkeypatch.setattr(slow, "told", told)
    read({"tickets.csv": HEADER + GOOD})
    assert said == ["reading tickets: 1 rows of tickets.csv"]


# Nothing is lost, whatever the bytes

CELLS = st.sampled_from(
    ["T1", "T2", "2026-04-02", "x", "", '"', '""', '"a,b"', '"a\nb"', "new", "P1", "é", "\x00", "Total", "\t"]
)
LINES = st.lists(st.lists(CELLS, min_size=0, max_size=6).map(",".join), max_size=12)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    tail=st.binary(max_size=6),
)
def test_read_is_accepted_plus_rejected_for_any_bytes(tmp_path, lines, encoding, end, tail):
    folder = tmp_path / "fuzzed"
    folder.mkdir(exist_ok=True)
    text = end.join([HEADER.strip(), *lines, ""])
    (folder / "tickets.csv").write_bytes(text.encode(encoding) + tail)
    into = tmp_path / "into"
    try:
        ingest.read_month(Sources(reject_limit_ratio=1), folder, APRIL, "UTC", into)
    except DataRefused as refused:
        assert all(problem.startswith(("tickets.csv: ", "no table has rows")) for problem in refused.problems)
        return
    account = Read(into).file("tickets.csv")
    assert account["read"] == account["accepted"] + account["rejected"]
    assert account["accepted"] == account["rows"] == len(Read(into).table("tickets"))
    assert account["rejected"] == len(Read(into).rejects("tickets")) == sum(account["by_reason"].values())


# Real public exports


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Read a client of tests/real/params, once."""
    if not REAL.is_dir():
        pytest.skip("the public data sets are not here (../shared/real)")
    cache = tmp_path_factory.mktemp("cache")
    done: dict[str, Read] = {}

    def run(client: str) -> Read:
        if client not in done:
            folder = REAL_PARAMS / client
            sources, contract = load_sources(folder), load_contract(folder)
            template = REAL / Path(*Path(sources.exports).parts[1:])
            into = tmp_path_factory.mktemp(client)
            ingest.read_month(
                sources, template, Month(2016, 4), contract.client.timezone, into, params=folder, cache=cache
            )
            done[client] = Read(into)
        return done[client]

    return run


@pytest.mark.real
def test_public_tickets_are_accounted_for_row_by_row(real):
    done = real("public-tickets")
    for table in ("tickets", "ticket_events"):
        account = done.file("tickets/incident_event_log.csv", table)
        assert account["read"] == 141_712 == account["accepted"] + account["rejected"]
        assert account["by_reason"] == {reasons.UNKNOWN: 5}
        listed = done.rejects(table)
        assert listed["value"].tolist() == ["-100"] * 5 and set(listed["column"]) == {"ident_state"}
    tickets = done.table("tickets")
    assert len(tickets) == 24_918 and tickets["ticket_id"].is_unique
    months = tickets["opened_at"].dt.strftime("%Y-%m").value_counts()
    assert (months["2016-03"], months["2016-04"], months["2016-05"]) == (8_995, 7_934, 7_508)
    assert tickets["resolved_at"].isna().sum() == 1_556


@pytest.mark.real
def test_of_aprils_public_tickets_868_are_open_by_their_events(real):
    done = real("public-tickets")
    tickets, events = done.table("tickets"), done.table("ticket_events")
    end = pd.Timestamp("2016-05-01", tz="UTC")
    opened = tickets[
        tickets["opened_at"].between(pd.Timestamp("2016-04-01", tz="UTC"), end, inclusive="left")
    ]
    assert (~(opened["resolved_at"] < end)).sum() == 1_318
    steps = events[(events["field"] == "status") & (events["at"] < end)].groupby("ticket_id")["to"].last()
    assert (~steps.reindex(opened["ticket_id"]).isin(["resolved", "closed"])).sum() == 868


@pytest.mark.real
def test_public_uptime_is_accepted_whole(real):
    done = real("public-uptime")
    account = done.file("availability/checks.csv")
    assert (account["read"], account["accepted"], account["rejected"]) == (3_238, 3_238, 0)
    services = [service.name for service in load_contract(REAL_PARAMS / "public-uptime").services]
    assert sorted(done.table("checks")["service"].unique()) == sorted(services) and len(services) == 5


@pytest.mark.real
def test_exact_duplicates_of_a_hosting_providers_samples(tmp_path, real):
    source = {
        "file": "80.csv",
        "path": "{resource}.csv",
        "columns": {"at": "Timestamp [ms]"},  # it says ms and holds seconds
        "dates": "epoch",
        "unpivot": {"cpu": "CPU usage [%]", "memory": "Memory usage [KB]"},
    }
    sources = Sources.model_validate({"tables": {"samples": source}})
    ingest.read_month(sources, REAL / "capacity" / "{month}", Month(2016, 5), "UTC", tmp_path)
    account = Read(tmp_path).file("80.csv")
    # of two instants the rows differ: once in what is read, once elsewhere only
    assert account["by_reason"] == {reasons.DUPLICATE: 1_824, reasons.CONFLICT: 2, reasons.REPEATED: 1}
    assert account["rows"] == 2 * account["accepted"] == 2 * (11_938 - 1_827)


@pytest.mark.real
def test_backup_sessions_without_their_exact_duplicates(tmp_path, real):
    columns = {"asset": "VMName", "job": "JobName", "started_at": "CreationTime", "result": "Status"}
    source = {"file": "VeeamSessionReport.csv", "columns": columns, "dates": "%m/%d/%Y %H:%M:%S"}
    sources = Sources.model_validate({"tables": {"backup_jobs": source}})
    ingest.read_month(sources, REAL / "backups", Month(2016, 4), "UTC", tmp_path)
    account = Read(tmp_path).file("VeeamSessionReport.csv")
    assert (account["read"], account["accepted"]) == (29_775, 13_043)
    assert account["by_reason"] == {reasons.DUPLICATE: 29_775 - 13_043}


def test_a_rejected_row_runs_nothing_and_tears_no_row(msp, place):
    """A cell with a bare return, a wide sign of equality, an escape, and a letter that turns the line."""
    cells = ("strange\r=cmd|calc", "\uff1d1+1", "\x1b[31mred", "met\u202e dessim", "+44 20")
    rows = "".join(
        f'"{text}{n}",2026-03-05T09:00,amy,"{text}",P1,exploded,\n' for n, text in enumerate(cells)
    )
    place.put({"tickets.csv": tickets(400) + rows})
    said = msp("check", "--client", "acme", "--month", "2026-03", "--workspace", place.root)
    assert said.code == 0, said.err
    path = place.output / "acme" / ".accepted" / "2026-03" / "rejects" / "tickets.csv"
    with path.open(encoding="utf-8", newline="") as file:
        listed = list(csv.reader(file))
    assert len(listed) == 1 + len(cells) and all(row[0] == "tickets.csv" for row in listed[1:])
    text = path.read_text(encoding="utf-8")
    assert not any(letter in text for letter in "\r\x1b\u202e")
    assert not any(cell.startswith(("=", "+", "-", "@", "\uff1d")) for row in listed for cell in row)


def test_a_name_of_a_file_moves_no_cursor(msp, place):
    folder = place.put({"tickets.csv": tickets(5)})
    (folder / "odd-\x1b[31m\x07\u202efile.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = msp("check", "--client", "acme", "--month", "2026-03", "--workspace", place.root)
    assert said.code == 0 and "odd-" in said.err + said.out
    assert not any(letter in said.err + said.out for letter in "\x1b\x07\u202e")
