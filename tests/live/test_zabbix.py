"""A month of a Zabbix: asked in parts, kept as a file, read as the same answers saved by hand are."""

import json

import pandas as pd
import pytest
from api_stub import Zabbix, served
from hypothesis import given
from hypothesis import strategies as st

from msp_report import live
from msp_report.intake import ingest
from msp_report.live import kept, web, zabbix
from msp_report.live.asked import Failed
from msp_report.model.period import Month, Period
from msp_report.params import Sources

OCTOBER = Month(2026, 10)
ZONE = "Europe/London"
START, END = (int(at.timestamp()) for at in Period(OCTOBER, OCTOBER).bounds(ZONE))
NOW = pd.Timestamp("2026-11-02T08:00Z")


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(web, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(live, "present", lambda: NOW)
    monkeypatch.setenv("ZABBIX_TOKEN", Zabbix.token)
    one = Zabbix()
    with served(one) as one.address:
        yield one


def read(folder, stub, table, query="", **keys):
    source = {"zabbix": stub.address, "token": "${ZABBIX_TOKEN}", "query": query, **keys}
    into = folder / "into"
    manifest = ingest.read_month(
        Sources.model_validate({"tables": {table: source}}), folder / "{month}", OCTOBER, ZONE, into
    )
    return manifest, pd.read_parquet(into / "tables" / f"{table}.parquet")


def by_hand(folder, table, **files):
    """The same table from files that an analyst saved."""
    (folder / "2026-10").mkdir(parents=True)
    for name, text in files.items():
        (folder / "2026-10" / f"{name}.json").write_text(json.dumps(text), encoding="utf-8")
    source = {"file": f"{next(iter(files))}.json", "profile": "zabbix"}
    ingest.read_month(
        Sources.model_validate({"tables": {table: source}}),
        folder / "{month}",
        OCTOBER,
        ZONE,
        folder / "into",
    )
    return pd.read_parquet(folder / "into" / "tables" / f"{table}.parquet")


def same(left, right, *keys):
    left, right = (frame.sort_values(list(keys), ignore_index=True) for frame in (left, right))
    pd.testing.assert_frame_equal(left, right)


def fill(stub):
    """Problems before, into, in, out of and after the month, and one that goes on."""
    stub.problem(1, START - 9000, START - 7200, 2)
    stub.problem(3, START - 7200, START + 1800, 4)
    stub.problem(5, START + 86_400, START + 90_000, 6, host="db01")
    stub.problem(7, END - 3600, END + 3600, 9)
    stub.problem(8, END - 1800, host="db01")
    stub.problem(10, END, END + 60, 11)


def test_a_month_of_problems_is_read_as_its_export_is(stub, tmp_path):
    fill(stub)
    manifest, rows = read(tmp_path, stub, "outages")
    (account,) = manifest.files
    assert (account.read, account.accepted, account.left_out) == (7, 4, 3)
    assert account.reach == NOW.isoformat() and not manifest.unread and not manifest.warnings
    assert sorted(int(at.timestamp()) for at in rows["started_at"]) == [
        START - 7200,
        START + 86_400,
        END - 3600,
        END - 1800,
    ]
    assert rows["ended_at"].isna().sum() == 1 and set(rows["service"]) == {"WEB01", "DB01"}
    (path,) = (tmp_path / "2026-10").glob("outages-zabbix-*-2026-10.json")
    assert kept.told(path)["version"] == "6.0.14" and kept.told(path)["records"] == 7

    answer = {
        "jsonrpc": "2.0",
        "result": [event for event in stub.events if event["eventid"] not in ("1", "2", "10", "11")],
    }
    same(rows, by_hand(tmp_path / "by-hand", "outages", events=answer), "started_at")


def test_events_that_the_export_passes_over_are_no_outages_without_an_end(stub, tmp_path):
    """A filter of severities takes away the events that end problems: those have none."""
    fill(stub)
    answer = {"result": [event for event in stub.events if event["severity"] == "4"]}
    with pytest.raises(ingest.DataRefused, match="at event 2, which is not here"):
        by_hand(tmp_path, "outages", events=answer)


def test_a_filter_keeps_the_ends(stub, tmp_path):
    fill(stub)
    _, rows = read(tmp_path, stub, "outages", "severities: [4]")
    assert len(rows) == 4 and rows["ended_at"].isna().sum() == 1


@given(
    st.lists(
        st.tuples(st.integers(START - 200_000, END + 10_000), st.none() | st.integers(0, 300_000)),
        max_size=12,
    ),
    st.integers(1, 3),
    st.lists(st.booleans(), max_size=9),
)
def test_pages_hold_every_problem_once_whatever_comes_in_meanwhile(problems, most, ends):
    """Also where problems begin and end between two pages."""
    stub = Zabbix()
    for number, (clock, length) in enumerate(sorted(problems, key=lambda one: one[0])):
        stub.problem(2 * number + 1, clock, clock + (length or 0), None if length is None else 2 * number + 2)
    clocks = {event["eventid"]: int(event["clock"]) for event in stub.events}
    begun = [event for event in stub.events if event["value"] == "1" and int(event["clock"]) < END]
    expected = [event["eventid"] for event in begun if clocks.get(event["r_eventid"], END) >= START]
    ending, late = iter(ends), iter(range(1_000, 9_000))

    class Server:
        def rows(self, method, *needs, **asked):
            found = [dict(event) for event in stub._event_get(asked)]
            stub.problem(next(late), END + 500)
            going = [event for event in begun if event["r_eventid"] == "0"]
            if going and next(ending, False):
                stub.problem(next(late), END + 700, END + 800, next(late))
                going[0]["r_eventid"] = stub.events[-1]["eventid"]
            return found

    class Transfer:
        def part(self, name, ask, told):
            return ask()

    pages = zabbix._pages
    found = []

    def seen(*given):
        for name, rows in pages(*given):
            found.extend(row["eventid"] for row in rows)
            yield name, rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zabbix, "EVENTS", most)
        patch.setattr(zabbix, "_pages", seen)
        names = zabbix._outages(Server(), Transfer(), {}, START, END)
    assert len(set(names)) == len(names)
    assert sorted(found) == sorted(expected)


def test_a_month_of_trends_is_read_as_its_export_is(stub, tmp_path, monkeypatch):
    monkeypatch.setattr(zabbix, "ITEMS", 2)
    monkeypatch.setattr(zabbix, "READINGS", 200)
    manifest, rows = read(tmp_path, stub, "samples", "hostids: [1]")
    hours = (END - START) // 3600
    assert rows.groupby("resource").size().to_dict() == {"WEB01": hours, "DB01": hours * 4 // 5}
    assert set(rows["metric"]) == {"CPU used"} and not manifest.unread and not manifest.warnings
    readings = stub._trend_get({"itemids": ["44", "45"], "time_from": START, "time_till": END - 1})
    items = stub._item_get({"output": "extend"})
    files = {"trends": {"result": readings}, "item.get": {"result": items}}
    same(rows, by_hand(tmp_path / "by-hand", "samples", **files), "resource", "at")


def test_each_value_is_read_as_its_export_is(stub, tmp_path, monkeypatch):
    monkeypatch.setattr(zabbix, "FINE_ITEMS", 1)
    manifest, rows = read(tmp_path, stub, "samples", "readings: history")
    assert len(rows) == 2 * (END - START) // 3_600 and not manifest.unread and not manifest.warnings
    values = stub._history_get(
        {"history": 0, "itemids": ["44", "45"], "time_from": START, "time_till": END - 1}
    )
    files = {"history": {"result": values}, "item.get": {"result": stub._item_get({"output": "extend"})}}
    same(rows, by_hand(tmp_path / "by-hand", "samples", **files), "resource", "at")


def test_the_figures_of_an_sla_are_claims(stub, tmp_path):
    stub.sli = (99.5, -1)
    manifest, rows = read(tmp_path, stub, "claims", "{slaid: 1}")
    assert rows[["subject", "month", "value"]].values.tolist() == [["Webshop", "2026-10", 99.5]]
    assert manifest.files[0].left_out == 1


@pytest.mark.parametrize(
    ("sla", "query", "said"),
    [
        ({"period": "1"}, "{slaid: 1}", "Gold is not cut by months"),
        ({"slaid": "7"}, "{slaid: 1}", "it has no SLA 1, or none that its user may read"),
        ({}, "", "names no SLA"),
    ],
)
def test_an_sla_that_says_nothing_of_a_month(stub, tmp_path, sla, query, said):
    stub.sla |= sla
    with pytest.raises(ingest.DataRefused, match=said):
        read(tmp_path, stub, "claims", query)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("hostid: 10084", "'hostid' does not choose among outages: known are hostids"),
        ("time_from: 5", "'time_from' does not choose among outages"),
        ("readings: history", "'readings' does not choose among outages"),
        ("[1, 2]", "query is no list of parameters"),
        ("a: b: c", "query is no list of parameters"),
    ],
)
def test_a_question_with_a_word_that_the_server_would_pass_over_is_refused(query, said):
    with pytest.raises(Failed, match=said):
        zabbix.parameters(query, "outages")


def test_other_readings_than_there_are_is_refused():
    with pytest.raises(Failed, match="readings is 'fine': write trends"):
        zabbix.parameters("readings: fine", "samples")


def test_what_is_set_right_after_a_refusal_is_seen(stub, tmp_path):
    """Nothing stays of an answer that cannot be used."""
    for wrong in ({"period": "1"}, {"slaid": "7"}):
        right = dict(stub.sla)
        stub.sla |= wrong
        with pytest.raises(ingest.DataRefused, match=r"SLA.*(?<!from there)$"):
            read(tmp_path, stub, "claims", "{slaid: 1}")
        stub.sla = right
    assert len(read(tmp_path, stub, "claims", "{slaid: 1}")[1]) == 2


def test_a_server_that_was_renewed_meanwhile_gets_the_token_as_it_takes_it(stub, tmp_path):
    fill(stub)
    stub.faults = [*[None] * 11, *["cut"] * 3]
    with pytest.raises(ingest.DataRefused):
        read(tmp_path, stub, "outages")
    stub.version = "7.2.1"
    assert len(read(tmp_path, stub, "outages")[1]) == 4


@pytest.mark.parametrize("table", ["outages", "samples", "claims"])
@pytest.mark.parametrize("answer", [None, 5, "no", [5], [{}], {"a": 1}, [{"itemid": "x"}]])
def test_an_answer_of_another_shape_is_told(stub, tmp_path, table, answer):
    for name in ("_event_get", "_item_get", "_trend_get", "_sla_get", "_sla_getsli", "_service_get"):
        setattr(stub, name, lambda asked: answer)
    with pytest.raises(ingest.DataRefused, match=f"tables.{table}: zabbix http"):
        read(tmp_path, stub, table, "slaid: 1" if table == "claims" else "")


@pytest.mark.parametrize("version", ["6.0.14", "6.4.0", "7.2.1"])
def test_each_version_gets_the_token_as_it_takes_it(stub, tmp_path, version):
    stub.version = version
    fill(stub)
    assert len(read(tmp_path, stub, "outages")[1]) == 4


def test_the_address_may_be_that_of_the_api(stub, tmp_path):
    fill(stub)
    stub.address += "/zabbix/api_jsonrpc.php"
    assert len(read(tmp_path, stub, "outages")[1]) == 4


def test_a_server_that_dies_is_told_and_the_next_run_goes_on(stub, tmp_path):
    fill(stub)
    stub.faults = [*[None] * 11, *["cut"] * 3]
    with pytest.raises(ingest.DataRefused) as refused:
        read(tmp_path, stub, "outages")
    assert "breaks off in the middle of its answer; 10 parts have come and are kept" in str(refused.value)
    assert not list((tmp_path / "2026-10").glob("*.json"))
    done = len(stub.asked) - 3
    del stub.asked[:]
    assert len(read(tmp_path, stub, "outages")[1]) == 4
    assert (
        done + len(stub.asked) == 2 + 1 + 32 + 1
    )  # its version twice, what began before, each day, the ends
    assert not list((tmp_path / "2026-10").glob(".*"))


def test_what_came_first_says_up_to_when_it_speaks(stub, tmp_path, monkeypatch):
    """What broke off and is gone on with days later speaks as its first part does."""
    fill(stub)
    stub.faults = [*[None] * 10, *["cut"] * 3]
    with pytest.raises(ingest.DataRefused):
        read(tmp_path, stub, "outages")
    monkeypatch.setattr(live, "present", lambda: NOW + pd.Timedelta(days=4))
    manifest, _ = read(tmp_path, stub, "outages")
    assert manifest.files[0].reach == NOW.isoformat()


def test_a_running_month_is_asked_for_anew(stub, tmp_path, monkeypatch):
    fill(stub)
    monkeypatch.setattr(live, "present", lambda: pd.Timestamp(START + 86_400 + 60, unit="s", tz="UTC"))
    assert len(read(tmp_path, stub, "outages")[1]) == 2
    monkeypatch.setattr(live, "present", lambda: NOW)
    assert len(read(tmp_path, stub, "outages")[1]) == 4


def test_a_database_that_is_away_for_a_moment_is_asked_again(stub, tmp_path):
    fill(stub)
    away = (200, stub.error("", 1) | {"id": None})
    stub.faults = [None, away, None, away, away]
    assert len(read(tmp_path, stub, "outages")[1]) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            (200, {"jsonrpc": "2.0", "error": {"code": -32602, "message": "Invalid params.", "data": "No."}}),
            "it refuses apiinfo.version: Invalid params. No.",
        ),
        ((200, "<html>log in</html>"), "its answer is none of the API"),
        ((200, []), "its answer is none of the API"),
        ((200, {"error": "no"}), "its answer is none of the API"),
        ((404, ""), "it answers 404 Not Found"),
    ],
)
def test_an_answer_that_is_none_is_refused_at_once(stub, tmp_path, fault, said):
    stub.faults = [fault]
    with pytest.raises(ingest.DataRefused, match=said):
        read(tmp_path, stub, "outages")
    assert len(stub.asked) == 1


def test_events_in_another_order_are_refused(stub, tmp_path):
    fill(stub)
    stub._event_get = lambda asked: list(reversed(stub.events))
    with pytest.raises(ingest.DataRefused, match="not in the order of their numbers"):
        read(tmp_path, stub, "outages")


def test_a_month_without_a_problem_is_no_error(stub, tmp_path):
    manifest, rows = read(tmp_path, stub, "outages")
    assert len(rows) == 0 and manifest.tables["outages"]["state"] == "read"
    assert [text for text in manifest.warnings if "the server has no record of the month" in text]


def test_the_token_comes_from_the_environment_and_goes_nowhere_else(stub, tmp_path, monkeypatch):
    fill(stub)
    read(tmp_path, stub, "outages")
    monkeypatch.setenv("ZABBIX_TOKEN", "an0ther")
    with pytest.raises(
        ingest.DataRefused, match=r"it refuses event.get: Invalid params. Not authorized."
    ) as refused:
        read(tmp_path / "b", stub, "outages")
    assert "an0ther" not in str(refused.value)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert not [path for path in written if any(one in path.read_bytes() for one in (b"t0ken", b"an0ther"))]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"token": None}, "a Zabbix is asked by an API token"),
        ({"token": "hunter2"}, "token"),
        ({"zabbix": "http://ann:hunter2@h"}, "a password stands in the address"),
        ({"step_s": 60}, "of prometheus alone"),
        ({"file": "events.json"}, "exactly one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_as_written(keys, said):
    one = {"zabbix": "http://h", "token": "${T}"} | keys
    one = {name: value for name, value in one.items() if value is not None}
    with pytest.raises(ValueError, match=said):
        Sources.model_validate({"tables": {"outages": one}})


def test_a_table_that_it_does_not_have(stub, tmp_path):
    with pytest.raises(Exception, match="has no section 'tickets': it knows claims, outages, samples"):
        read(tmp_path, stub, "tickets")
