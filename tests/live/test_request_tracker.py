"""A month of a Request Tracker: asked page by page, kept as a file, read as the same answers saved by hand are."""

import itertools
import json

import pandas as pd
import pytest
from api_stub import RequestTracker, served
from hypothesis import given
from hypothesis import strategies as st

from msp_report import live
from msp_report.intake import ingest
from msp_report.live import kept, request_tracker, web
from msp_report.model.period import Month
from msp_report.params import Sources

OCTOBER = Month(2026, 10)
ZONE = "Europe/London"  # whose October begins at 23:00 of 30 September, UTC
NOW = pd.Timestamp("2026-11-02T08:00Z")


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(web, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(live, "present", lambda: NOW)
    monkeypatch.setenv("RT_TOKEN", RequestTracker.token)
    one = RequestTracker()
    with served(one) as one.address:
        yield one


def read(folder, stub, table="tickets", query="Queue = 'General'", **keys):
    source = {"request_tracker": f"{stub.address}/", "token": "${RT_TOKEN}", "query": query, **keys}
    sources = Sources.model_validate({"tables": {table: source}})
    manifest = ingest.read_month(sources, folder / "{month}", OCTOBER, ZONE, folder / "into")
    return manifest, pd.read_parquet(folder / "into" / "tables" / f"{table}.parquet")


def fill(stub, many=5):
    for number in range(1, many + 1):
        stub.ticket(number, f"2026-10-{number % 28 + 1:02}T09:15:30Z")
    stub.ticket(900, "2026-10-31T23:59:59Z")
    stub.ticket(901, "2026-11-01T00:00:00Z")


def test_a_month_is_read_as_its_export_is(stub, tmp_path):
    fill(stub)
    done = {"Started": "2026-10-04T10:00:00Z", "Resolved": "2026-10-05T08:00:00Z", "TimeWorked": "90"}
    stub.ticket(6, "2026-10-04T09:15:30Z", "resolved", **done, Owner={"id": "ann", "Name": "ann"})
    stub.ticket(7, "2026-10-04T09:15:30Z", "rejected", Requestor=[])
    manifest, rows = read(tmp_path, stub)
    (account,) = manifest.files
    assert account.read == account.accepted == 8 and account.reach == NOW.isoformat()
    assert not manifest.unread and not manifest.warnings
    by = rows.set_index("ticket_id")
    assert by.loc["6", "resolved_at"] == pd.Timestamp("2026-10-05T08:00Z") and by.loc["6", "hours"] == 1.5
    assert by.loc["1", "requester"] == "bo@acme.example" and by.loc["7", "requester"] == "root"
    assert by["resolved_at"].isna().sum() == 7 and by["assignee"].isna().sum() == 7
    assert by["status"].value_counts().to_dict() == {"open": 6, "resolved": 1, "cancelled": 1}

    page = {"count": 8, "total": 8, "items": [one for one in stub.records["tickets"] if one["id"] != "901"]}
    (tmp_path / "by-hand" / "2026-10").mkdir(parents=True)
    (tmp_path / "by-hand" / "2026-10" / "page.json").write_text(json.dumps(page), encoding="utf-8")
    sources = Sources.model_validate(
        {"tables": {"tickets": {"file": "page.json", "profile": "requesttracker"}}}
    )
    ingest.read_month(sources, tmp_path / "by-hand" / "{month}", OCTOBER, ZONE, tmp_path / "same")
    other = pd.read_parquet(tmp_path / "same" / "tables" / "tickets.parquet")
    left, right = (frame.sort_values("ticket_id", ignore_index=True) for frame in (rows, other))
    pd.testing.assert_frame_equal(left, right)


def test_it_is_asked_for_more_than_the_month_in_any_zone(stub, tmp_path):
    """The server takes a time for one of its user's zone, from 12 hours behind UTC to 14 before it."""
    read(tmp_path, stub)
    (asked,) = stub.asked
    assert asked["query"] == (
        "(Queue = 'General') AND Created < '2026-11-02' AND (Status = '__Active__' OR LastUpdated >= '2026-09-30')"
        " AND id > 0"
    )


@given(st.integers(0, 24 * 400))
def test_the_bounds_are_beyond_the_month_in_any_zone(hours):
    """A day alone is its midnight in the zone of the user."""
    at = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(hours=hours)
    until = pd.Timestamp((at + request_tracker._BEFORE + pd.Timedelta(days=1)).date())
    since = pd.Timestamp((at - request_tracker._BEHIND).date())
    for offset in range(-12, 15):
        shift = pd.Timedelta(hours=offset)
        assert until.tz_localize("UTC") - shift >= at >= since.tz_localize("UTC") - shift


@pytest.mark.parametrize("is_counted", [True, False])
@pytest.mark.parametrize("many", [99, 100, 101, 250])
def test_pages_hold_every_ticket_once_whatever_comes_in_meanwhile(stub, tmp_path, is_counted, many):
    stub.is_counted = is_counted
    fill(stub, many)
    stub.records["tickets"].reverse()
    late = iter(range(2_000, 2_004))

    def between():
        for number in itertools.islice(late, 1):
            stub.ticket(number, "2026-11-02T07:59:59Z")
            del stub.records["tickets"][-3]  # one that was given is merged into another

    stub.between = between
    _, rows = read(tmp_path, stub)
    assert rows["ticket_id"].is_unique
    assert set(rows["ticket_id"]) >= {str(number) for number in range(4, many + 1)} | {"900"}


def test_a_server_that_dies_is_told_and_the_next_run_goes_on(stub, tmp_path):
    fill(stub, 450)
    stub.faults = [None, None, None, *["cut"] * 3]
    with pytest.raises(ingest.DataRefused) as refused:
        read(tmp_path, stub)
    assert "breaks off in the middle of its answer; 3 parts have come and are kept" in str(refused.value)
    del stub.asked[:]
    assert len(read(tmp_path, stub)[1]) == 451
    assert [one["query"].rpartition(" ")[2] for one in stub.asked] == ["300", "400"]
    assert not list((tmp_path / "2026-10").glob(".*"))


def test_more_than_the_user_may_see_is_told(stub, tmp_path):
    stub.faults = [(200, {"count": 0, "total": 12, "items": []})]
    with pytest.raises(
        ingest.DataRefused, match="it counts 12 more than it shows: its user needs ShowTicket"
    ):
        read(tmp_path, stub)


def test_a_queue_that_is_not_there_is_told(stub, tmp_path):
    """The server gives no error, but nothing."""
    manifest, rows = read(tmp_path, stub)
    assert len(rows) == 0 and manifest.tables["tickets"]["state"] == "read"
    assert [text for text in manifest.warnings if "the server has no record of the month" in text]


def test_a_question_that_is_wrong_is_asked_once_and_the_server_says_why(stub, tmp_path):
    with pytest.raises(
        ingest.DataRefused, match=r"it answers 400 Bad Request: Unknown field: Nonsense$"
    ) as refused:
        read(tmp_path, stub, query="Nonsense = 1")
    assert len(stub.asked) == 1 and "/usr/share" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        "<html>log in</html>",
        [],
        {"items": [{}]},
        {"items": [{"id": "1", "Created": "never", "Creator": {"id": "a"}}]},
    ],
)
def test_an_answer_that_is_none_is_refused(stub, tmp_path, body):
    stub.faults = [(200, body)]
    with pytest.raises(ingest.DataRefused, match="its answer is none of REST 2"):
        read(tmp_path, stub)


def test_records_in_another_order_are_refused(stub, tmp_path):
    fill(stub)
    rows = list(reversed(stub.records["tickets"]))
    stub.faults = [(200, {"count": 7, "total": 7, "items": rows})]
    with pytest.raises(ingest.DataRefused, match="not in the order of their numbers"):
        read(tmp_path, stub)


def test_the_token_comes_from_the_environment_and_goes_nowhere_else(stub, tmp_path, monkeypatch):
    fill(stub)
    read(tmp_path, stub)
    monkeypatch.setenv("RT_TOKEN", "1-14-other")
    with pytest.raises(ingest.DataRefused, match="it answers 401 Unauthorized: Unauthorized") as refused:
        read(tmp_path / "b", stub)
    assert "1-14-" not in str(refused.value)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5 and not [path for path in written if b"1-14-" in path.read_bytes()]


def history(stub):
    stub.event(1, 7, "2026-10-01T08:00:00Z", "Status", "Status", "new", "open")
    stub.event(2, 7, "2026-10-01T08:00:01Z", "Set", "Owner", "6", "14")
    stub.event(3, 7, "2026-10-02T08:00:00Z", "Set", "Priority", "0", "50", by="bo")
    stub.event(4, 7, "2026-10-02T09:00:00Z", "Correspond")
    stub.event(5, 7, "2026-10-02T10:00:00Z", "Correspond", by="bo")
    stub.event(6, 7, "2026-10-02T11:00:00Z", "Status", "Status", "open", "stalled", by="RT_System")
    stub.event(7, 7, "2026-10-02T12:00:00Z", "Correspond", by="gone")
    stub.event(8, 7, "2026-11-01T00:00:00Z", "Status", "Status", "stalled", "open")
    stub.event(0, 7, "2026-09-30T22:59:59Z", "Status", "Status", "stalled", "open")


def test_the_history_says_who_did_what_on_whose_side(stub, tmp_path):
    history(stub)
    manifest, rows = read(tmp_path, stub, "ticket_events", "TicketQueue = 'General'")
    rows = rows.sort_values("at").astype(object).where(rows.notna(), None)
    assert rows[["field", "from", "to", "actor_kind"]].values.tolist() == [
        ["status", "new", "open", "provider"],
        ["assignee", None, "root", "provider"],
        ["priority", "0", "50", "client"],
        ["comment", None, None, "provider"],
        ["comment", None, None, "client"],
        ["status", "open", "waiting", "system"],
        ["comment", None, None, None],
    ]
    assert set(rows.loc[rows["field"] == "comment", "public"]) == {True} and not manifest.warnings
    users = sorted(one["path"].rpartition("/")[2] for one in stub.asked if "/user/" in one["path"])
    assert users == ["14", "6", "RT_System", "bo", "gone", "root"]
    (path,) = (tmp_path / "2026-10").glob("ticket_events-request_tracker-*-2026-10.json")
    assert kept.told(path)["records"] == 7


def test_who_is_the_providers_may_be_said(stub, tmp_path):
    history(stub)
    said = {
        "columns": {"actor_kind": ["Creator.Name"]},
        "values": {"actor_kind": {"provider": ["bo"], "*": "client"}},
    }
    _, rows = read(tmp_path, stub, "ticket_events", "TicketQueue = 'General'", **said)
    assert set(zip(rows["actor"], rows["actor_kind"], strict=True)) == {
        ("bo", "provider"),
        ("root", "client"),
        ("RT_System", "client"),
        ("gone", "client"),
    }


def test_both_names_of_a_records_kind_are_understood_in_either_order(stub, tmp_path):
    """A server gives `type` and `Type` in no order of its own; to SQL both are one name."""
    history(stub)
    _, rows = read(tmp_path, stub, "ticket_events", "TicketQueue = 'General'")
    turned = RequestTracker()
    history(turned)
    turned.records["transactions"] = [dict(reversed(one.items())) for one in turned.records["transactions"]]
    with served(turned) as turned.address:
        _, same = read(tmp_path / "turned", turned, "ticket_events", "TicketQueue = 'General'")
    pd.testing.assert_frame_equal(rows, same)


def test_a_table_that_it_does_not_have(stub, tmp_path):
    with pytest.raises(Exception, match=r"has no section 'outages': it knows ticket_events, tickets"):
        read(tmp_path, stub, "outages")
