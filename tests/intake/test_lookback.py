"""Several months as one table: what stands for a key, what is another ticket, and what is told of it (rule 42)."""

import pandas as pd
import pytest

from msp_report.intake import lookback
from msp_report.model.tables import PANDAS, TABLES


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


def test_instants_are_counted_once_for_each_key(months):
    look = {"service": "a", "state": "up"}
    paths = months("checks", m03=[{**look, "at": "2026-03-05"}, {**look, "at": "2026-03-06"}],
                   m04=[{**look, "at": "2026-03-06"}, {**look, "service": "b", "at": "2026-03-06"}])  # fmt: skip
    found = lookback.happened("checks", paths)
    days = {str(at.date()): rows for at, rows in found.items()}
    assert days == {"2026-03-05": 1, "2026-03-06": 2}
    joined = lookback.join("checks", paths)
    assert found.sort_index().to_dict() == joined["at"].value_counts().sort_index().to_dict()
    assert lookback.happened("checks", paths[:1]).sum() == 2


def test_the_last_instant_of_a_running_month_is_not_after_now(months):
    (path,) = months("tickets", m03=[ticket("1", "2026-03-05"), ticket("2", "2026-03-09")])
    day = {number: pd.Timestamp(f"2026-03-0{number}", tz="UTC") for number in range(1, 10)}
    last = [lookback.last_instants(path, ["opened_at"], day[1], day[end]) for end in (9, 8, 5, 4)]
    assert last == [[day[9]], [day[5]], [day[5]], []]


# ---------------------------------------------------------------- what of a closed month came otherwise (rule 38)


@pytest.fixture
def typed(tmp_path):
    """Write accepted tables of April and May, typed as the intake types them: their paths."""

    def put(name: str, april: list[dict], may: list[dict]) -> list:
        paths = []
        for month, rows in (("2026-04", april), ("2026-05", may)):
            path = tmp_path / month / "tables" / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            columns = TABLES[name].columns
            frame = pd.DataFrame(rows).reindex(columns=[column.name for column in columns])
            for column in columns:
                if column.type == "instant":
                    frame[column.name] = pd.to_datetime(frame[column.name], utc=True)
            frame.astype({column.name: PANDAS[column.type] for column in columns}).to_parquet(path)
            paths.append(path)
        return paths

    return put


def solved(**changed) -> dict:
    """A ticket that was done in April, with something changed."""
    told = {
        "ticket_id": "1",
        "opened_at": "2026-04-05T09:00",
        "first_response_at": "2026-04-05T09:10",
        "resolved_at": "2026-04-05T12:00",
        "closed_at": "2026-04-08T12:00",
        "priority": "P1",
        "status": "resolved",
        "requester": "amy",
        "assignee": "olga",
        "hours": 1.0,
    }
    return told | changed


def fields(name: str, paths: list) -> list[tuple]:
    rows = lookback.rewritten(name, paths, "UTC")
    assert list(rows) == lookback.REWRITTEN
    assert rows["month"].eq("2026-04").all()
    return list(rows[["key", "field"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({}, []),
        ({"resolved_at": "2026-04-05T11:00"}, ["resolved_at"]),
        ({"resolved_at": None}, ["resolved_at"]),
        ({"resolved_at": "2026-05-03T11:00", "reopens": 1}, []),  # it was reopened in May
        ({"first_response_at": "2026-04-05T09:01", "priority": "P2"}, ["first_response_at", "priority"]),
        ({"status": "closed", "closed_at": "2026-04-09T12:00", "assignee": "bob", "hours": 2.0}, []),
        ({"requester": "bob"}, ["requester"]),
        ({"category": "mail"}, []),  # what was empty may be filled in
    ],
)
def test_of_a_ticket_that_was_done_all_but_what_goes_on_is_compared(typed, now, told):
    found = fields("tickets", typed("tickets", [solved()], [solved(**now)]))
    assert found == [("1", name) for name in told]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"status": "resolved", "resolved_at": "2026-05-02T10:00", "priority": "P2", "requester": "bob"}, []),
        (
            {"opened_at": "2026-04-06T09:00", "first_response_at": "2026-04-06T09:10"},
            ["first_response_at", "opened_at"],
        ),
    ],
)
def test_of_a_ticket_that_was_open_its_opening_and_first_answer_are_compared(typed, now, told):
    was = solved(status="open", resolved_at=None, closed_at=None)
    assert fields("tickets", typed("tickets", [was], [was | now])) == [("1", name) for name in told]


def test_an_outage_that_got_its_end_was_not_rewritten_and_a_shorter_one_was(typed):
    rows = [
        {"service": "web", "started_at": "2026-04-05T09:00", "state": "down", "ended_at": "2026-04-05T12:00"},
        {"service": "vpn", "started_at": "2026-04-30T23:00", "state": "down", "ended_at": None},
    ]
    later = [rows[0] | {"ended_at": "2026-04-05T10:00"}, rows[1] | {"ended_at": "2026-05-01T01:00"}]
    paths = typed("outages", rows, later)
    found = lookback.rewritten("outages", paths, "UTC")
    assert found[["field", "from", "to"]].values.tolist() == [
        ["ended_at", "2026-04-05 12:00:00+00", "2026-04-05 10:00:00+00"]
    ]


def test_plans_of_months_that_were_to_come_may_change_and_past_ones_not(typed):
    april = [{"project_id": "A", "period": month, "planned_value": 10} for month in ("2026-03", "2026-05")]
    may = [one | {"planned_value": 20} for one in april]
    assert fields("project_periods", typed("project_periods", april, may)) == [
        ("A, 2026-03", "planned_value")
    ]


def test_people_are_not_told_and_nothing_is_compared_without_a_key(typed):
    paths = typed("tickets", [solved()], [solved(requester="bob")])
    (row,) = lookback.rewritten("tickets", paths, "UTC").to_dict("records")
    assert row["field"] == "requester" and pd.isna(row["from"]) and pd.isna(row["to"])
    event = {"ticket_id": "1", "at": "2026-04-05T09:00", "field": "status", "to": "open"}
    assert fields("ticket_events", typed("ticket_events", [event], [event | {"to": "new"}])) == []
    assert fields("tickets", paths[:1]) == []
