"""Several months as one table: what stands for a key, what is another ticket, and what is told of it (rule 42)."""

import pandas as pd
import pytest

from msp_report.intake import lookback
from msp_report.model.tables import TABLES


@pytest.fixture
def months(tmp_path):
    """Write accepted tables: by month, rows as dicts."""

    def put(name: str, **rows: list[dict]) -> list:
        paths = []
        for month, each in rows.items():
            path = tmp_path / month.replace("m", "2026-") / "tables" / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            frame = pd.DataFrame(each).reindex(columns=list(TABLES[name].names))
            for column in ("opened_at", "at"):
                if column in frame:
                    frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
            frame.to_parquet(path)
            paths.append(path)
        return paths

    return put


def ticket(number: str, opened: str, status: str = "open") -> dict:
    return {"ticket_id": number, "opened_at": opened, "priority": "P1", "status": status}


def test_the_newest_row_stands_and_what_it_replaces_is_told(months):
    paths = months("tickets", m03=[ticket("1", "2026-03-05"), ticket("2", "2026-03-05")],
                   m04=[ticket("1", "2026-03-05", "resolved"), ticket("2", "2026-03-05")])  # fmt: skip
    assert lookback.reused(paths, "UTC") is None
    assert lookback.join("tickets", paths)["status"].tolist() == ["resolved", "open"]
    assert lookback.replaced("tickets", paths).values.tolist() == [
        ["tickets", "2026-03", "1", lookback.REPLACED]
    ]


def test_a_number_opened_after_the_earlier_export_is_another_ticket(months):
    paths = months("tickets", m03=[ticket("1", "2026-03-05")], m04=[ticket("1", "2026-04-02")])
    reused = lookback.reused(paths, "UTC")
    found = lookback.join("tickets", paths, reused)
    assert found["ticket_id"].tolist() == ["1 (2026-03)", "1"]
    assert lookback.replaced("tickets", paths, reused)["reason"].tolist() == [lookback.ANOTHER]
    events = months("ticket_events", m03=[{"ticket_id": "1", "at": "2026-03-06", "field": "status"}],
                    m04=[{"ticket_id": "1", "at": "2026-04-03", "field": "status"}])  # fmt: skip
    assert lookback.join("ticket_events", events, reused)["ticket_id"].tolist() == ["1 (2026-03)", "1"]


def test_one_that_was_opened_within_the_earlier_export_was_rewritten(months):
    paths = months("tickets", m03=[ticket("1", "2026-03-05")], m04=[ticket("1", "2026-03-09")])
    assert lookback.reused(paths, "UTC") is None
    assert len(lookback.join("tickets", paths)) == 1
    assert lookback.replaced("tickets", paths)["reason"].tolist() == [lookback.REPLACED]


def test_a_ticket_that_was_alone_under_its_number_is_the_one_that_is_kept_apart_now(months):
    paths = months("tickets", m03=[ticket("1", "2026-03-05")],
                   m04=[ticket("a: 1", "2026-03-05", "resolved"), ticket("b: 1", "2026-03-07")])  # fmt: skip
    found = lookback.join("tickets", paths, lookback.reused(paths, "UTC"))
    assert dict(zip(found["ticket_id"], found["status"], strict=True)) == {"a: 1": "resolved", "b: 1": "open"}
