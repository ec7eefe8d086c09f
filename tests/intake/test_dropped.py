"""What is kept of rejected rows: typed as far as they could be read, and which of them may be records (rule 42)."""

import pandas as pd
import pytest

from msp_report.intake import ingest, reasons
from msp_report.model.period import Month
from msp_report.params import Sources

HEADER = "ticket_id,opened_at,priority,status,title\n"


@pytest.fixture
def dropped(tmp_path):
    """Read some files and give the rejected rows of a table as they are kept."""

    def run(files: dict[str, str], table: str, sources: dict | None = None) -> pd.DataFrame:
        folder = tmp_path / "exports"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        model = Sources.model_validate({"reject_limit_ratio": 1, **(sources or {})})
        ingest.read_month(
            model, folder, Month(2026, 4), "Europe/London", tmp_path / "accepted", params=tmp_path
        )
        return pd.read_parquet(tmp_path / "accepted" / "rejects" / f"{table}.parquet")

    return run


ROWS = {
    "an unreadable time": ("T2,04.04.26,P1,new,x", ["T2", None, "P1", "new"], True),
    "an unknown code": ("T2,2026-04-02T09:00:00Z,P1,parked,x", ["T2", "2026-04-02 09:00", "P1", None], True),
    "a key alone missing": (",2026-04-02T09:00:00Z,P1,new,x", [None, "2026-04-02 09:00", "P1", "new"], True),
    "a truncated row": ("T2,2026-04-02T09:00:00Z,P1", ["T2", "2026-04-02 09:00", "P1", None], True),
    "too many cells": ("T2,2026-04-02T09:00:00Z,P1,new,x,y", [None, None, None, None], True),
    "a footer": ('"Exported by Amy, page 1 of 1"', ["Exported by Amy, page 1 of 1", None, None, None], False),
    "a padded footer": ("Exported by Amy,,,,", ["Exported by Amy", None, None, None], False),
    "a total": ("Total,,,3,", ["Total", None, None, None], False),
    "a line without a key": (",,,,3 tickets in all", [None, None, None, None], False),
}


@pytest.mark.parametrize(("line", "read", "is_record"), ROWS.values(), ids=ROWS)
def test_a_rejected_row_is_kept_as_far_as_it_could_be_read(dropped, line, read, is_record):
    good = "T1,2026-04-02T09:00:00Z,P1,new,x\n"
    (row,) = dropped({"tickets.csv": HEADER + good + line + "\n"}, "tickets").to_dict("records")
    opened = None if read[1] is None else pd.Timestamp(read[1], tz="UTC")
    names = ("ticket_id", "opened_at", "priority", "status")
    assert [None if pd.isna(row[name]) else row[name] for name in names] == [read[0], opened, *read[2:]]
    assert (row["file"], row["line"], row["is_record"]) == ("tickets.csv", 3, is_record)


def test_rows_that_differ_under_one_key_are_kept_whole_and_duplicates_are_not(dropped):
    lines = ["T1,2026-04-02T09:00:00Z,P1,new,x", "T1,2026-04-02T09:00:00Z,P2,new,x", "T3,2026-04-02,P1,new,x"]
    found = dropped({"tickets.csv": HEADER + "\n".join([*lines, lines[2]])}, "tickets")
    assert found[["line", "ticket_id", "priority", "reason"]].values.tolist() == [
        [2, "T1", "P1", reasons.CONFLICT],
        [3, "T1", "P2", reasons.CONFLICT],
    ]


def test_wide_samples_keep_a_row_for_each_metric(dropped):
    wide = {"file": "perf.csv", "unpivot": {"cpu": ["CPU"], "disk": ["Disk"]}, "columns": {"at": "Time"}}
    source = {"tables": {"samples": {**wide, "constants": {"resource": "srv"}}}}
    text = "Time,CPU,Disk\n2026-04-02T09:00:00Z,5,6\n2026-04-02T09:05:00Z,n/a,7\n"
    found = dropped({"perf.csv": text}, "samples", source)
    assert found["metric"].tolist() == ["cpu", "disk"] and found["resource"].eq("srv").all()
    assert found["value"].isna().tolist() == [True, False] and found["line"].tolist() == [3, 3]


ROW = "1001,2026-04-{}T09:00:00Z,P1,{},x\n"


def test_two_help_desks_may_use_one_number_and_their_logs_follow_them(dropped, tmp_path):
    log = "ticket_id,at,field,to\n1001,2026-04-{}T10:00:00Z,status,resolved\n"
    found = dropped(
        {
            "tickets-a.csv": HEADER + ROW.format("02", "new"),
            "tickets-b.csv": HEADER + ROW.format("03", "new"),
            "ticket_events-a.csv": log.format("02"),
            "ticket_events-b.csv": log.format("03"),
        },
        "tickets",
    )
    folder = tmp_path / "accepted" / "tables"
    for table in ("tickets", "ticket_events"):
        assert pd.read_parquet(folder / f"{table}.parquet")["ticket_id"].tolist() == ["a: 1001", "b: 1001"]
    assert found.empty


def test_a_log_that_joins_neither_of_two_tickets_may_belong_to_any(dropped):
    files = {
        "tickets-a.csv": HEADER + ROW.format("02", "new"),
        "tickets-b.csv": HEADER + ROW.format("03", "new"),
        "audit.csv": "ticket_id,at,field,to\n1001,2026-04-02T10:00:00Z,status,resolved\n",
    }
    sources = {"tables": {"tickets": {"file": "tickets*.csv"}, "ticket_events": {"file": "audit.csv"}}}
    (row,) = dropped(files, "ticket_events", sources).to_dict("records")
    assert (row["file"], row["reason"]) == ("audit.csv", reasons.SHARED) and pd.isna(row["ticket_id"])


def test_one_ticket_in_two_files_that_differ_is_a_conflict(dropped):
    other = ROW.replace("1001", "1002").format("02", "new")
    files = {
        "tickets-1.csv": HEADER + ROW.format("02", "new") + other,
        "tickets-2.csv": HEADER + ROW.format("02", "resolved"),
    }
    assert dropped(files, "tickets")["reason"].tolist() == [reasons.CONFLICT] * 2
