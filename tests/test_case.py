"""The opened case: how the months of a table become one."""

from __future__ import annotations

import pandas as pd

from msp_report import case
from msp_report.model.tables import TABLES


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
    found = case._join("outages", rows)
    assert found["service"].tolist() == [" MAIL"]
    assert found["ended_at"].dt.hour.tolist() == [0]


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
    assert case._join("tickets", paths)["ticket_id"].tolist() == ["5003a", "5003A"]
