"""A month of a Prometheus query: asked in parts, kept as a file, read as the same answer exported by hand is."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from live_stub import MOST_POINTS, Stub, served

from msp_report import live
from msp_report.intake import ingest
from msp_report.live import kept, prometheus, sql, web, zabbix
from msp_report.model.period import Month, Period
from msp_report.params import Sources
from msp_report.reference.sources import ASKED

OCTOBER = Month(2026, 10)
ZONE = "Europe/London"
START, END = Period(OCTOBER, OCTOBER).bounds(ZONE)


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(web, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(live, "present", lambda: pd.Timestamp("2026-11-02T08:00Z"))
    one = Stub()
    with served(one) as one.address:
        yield one


def source(stub, **keys):
    one = {
        "prometheus": stub.address,
        "query": "cpu_used_ratio",
        "resource": "instance",
        "step_s": 3600,
    } | keys
    return {"tables": {"samples": {name: value for name, value in one.items() if value is not None}}}


def read(folder, sources, into="accepted", month=OCTOBER):
    model = Sources.model_validate(sources)
    manifest = ingest.read_month(model, folder / "{month}", month, ZONE, folder / into)
    return manifest, pd.read_parquet(folder / into / "tables" / "samples.parquet")


def fetched(folder):
    (path,) = (folder / "2026-10").glob("samples-prometheus-*-2026-10.json")
    return path


def test_a_month_is_read_as_its_export_is(stub, tmp_path):
    manifest, rows = read(tmp_path, source(stub))
    assert len(rows) == 745  # hours of an October in which the clocks go back
    assert rows["at"].min() == START and rows["at"].max() == END - pd.Timedelta(hours=1)
    assert rows["at"].is_unique and set(rows["resource"]) == {"db01:9100"}
    (account,) = manifest.files
    assert (account.read, account.accepted, account.reach) == (745, 745, "2026-11-02T08:00:00+00:00")
    assert account.reach_by == "exported_at" and not manifest.unread
    told = json.loads(kept.beside(fetched(tmp_path)).read_text(encoding="utf-8"))
    assert told["from"] == stub.address and told["query"] == "cpu_used_ratio" and told["parts"] == 32

    by_hand = tmp_path / "by-hand" / "2026-10"
    by_hand.mkdir(parents=True)
    seconds = [int(at.timestamp()) for at in rows["at"]]
    result = [{"metric": stub.series[0], "values": [[at, stub.value(at)] for at in seconds]}]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    (by_hand / "range.json").write_text(json.dumps(answer), encoding="utf-8")
    _, same = read(by_hand.parent, {"tables": {"samples": {"file": "range.json", "profile": "prometheus"}}})
    pd.testing.assert_frame_equal(
        rows.sort_values("at", ignore_index=True), same.sort_values("at", ignore_index=True)
    )


def test_a_finished_month_is_asked_for_once(stub, tmp_path):
    _, first = read(tmp_path, source(stub))
    asked = len(stub.asked)
    _, again = read(tmp_path, source(stub), into="again")
    assert len(stub.asked) == asked
    pd.testing.assert_frame_equal(first, again)


def test_a_running_month_is_asked_for_again(stub, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "present", lambda: pd.Timestamp("2026-10-10T11:30Z"))
    manifest, early = read(tmp_path, source(stub))
    assert early["at"].max() == pd.Timestamp("2026-10-10T11:00Z")
    assert manifest.files[0].reach == "2026-10-10T11:30:00+00:00"
    monkeypatch.setattr(live, "present", lambda: pd.Timestamp("2026-11-02T08:00Z"))
    _, whole = read(tmp_path, source(stub), into="whole")
    assert len(whole) == 745


def test_what_breaks_off_is_asked_again(stub, tmp_path):
    stub.faults = ["cut", (503, "starting", {}), None, (429, "slowly", {"Retry_After": "0"})]
    _, rows = read(tmp_path, source(stub))
    assert len(rows) == 745 and len(stub.asked) == 32 + 3


def test_a_server_that_dies_is_told_and_the_next_run_goes_on(stub, tmp_path):
    stub.faults = [*[None] * 10, *["cut"] * 3]
    with pytest.raises(ingest.DataRefused) as refused:
        read(tmp_path, source(stub))
    (text,) = [text for text in refused.value.problems if "samples" in text]
    assert "breaks off in the middle of its answer; 10 of 32 parts have come and are kept" in text
    assert not list((tmp_path / "2026-10").glob("*.json"))
    del stub.asked[:]
    _, rows = read(tmp_path, source(stub))
    assert len(rows) == 745 and len(stub.asked) == 22
    assert not list((tmp_path / "2026-10").glob(".*"))


@pytest.mark.parametrize(("fault", "limit"), [("silent", "SILENCE"), ("drip", "LONGEST")])
def test_a_server_that_does_not_come_to_an_end_is_asked_again_and_left(
    stub, tmp_path, monkeypatch, fault, limit
):
    monkeypatch.setattr(web, limit, 0.2)
    stub.faults = [fault]
    assert len(read(tmp_path, source(stub))[1]) == 745
    stub.faults = [fault] * 3
    with pytest.raises(ingest.DataRefused, match="it does not answer in time"):
        read(tmp_path / "again", source(stub))


def test_an_answer_that_is_too_long_is_not_read(stub, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "MOST", 500)
    with pytest.raises(ingest.DataRefused, match="ask for fewer series or a longer step_s"):
        read(tmp_path, source(stub))
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>log in</html>", b"{}", b'{"status": "success", "data": {"resultType": "vector", "result": []}}'],
)
def test_an_answer_that_is_none_is_refused(body):
    with pytest.raises(web.Unanswered, match="its answer is none to a range query"):
        prometheus._answer(body)


def test_a_server_that_is_not_there(stub, tmp_path):
    with pytest.raises(
        ingest.DataRefused, match=r"http://127.0.0.1:9: it cannot be reached \(Connection refused\)"
    ):
        read(tmp_path, source(stub, prometheus="http://127.0.0.1:9"))


@pytest.mark.parametrize("code", [400, 401, 403, 422])
def test_a_question_that_is_wrong_is_asked_once(stub, tmp_path, code):
    stub.faults = [(code, "invalid parameter query: parse error", {})]
    with pytest.raises(
        ingest.DataRefused, match=rf"it answers {code} .*: invalid parameter query: parse error"
    ):
        read(tmp_path, source(stub))
    assert len(stub.asked) == 1


def test_a_redirect_is_not_followed(stub, tmp_path, monkeypatch):
    monkeypatch.setenv("PROM_TOKEN", "s3cret")
    other = Stub()
    with served(other) as address:
        stub.faults = [(302, "", {"Location": f"{address}/api/v1/query_range"})]
        with pytest.raises(ingest.DataRefused, match="sends the question on to another address"):
            read(tmp_path, source(stub, token="${PROM_TOKEN}"))
    assert not other.asked


def test_secrets_come_from_the_environment_and_go_nowhere_else(stub, tmp_path, monkeypatch):
    monkeypatch.setenv("PROM_TOKEN", "s3cret")
    stub.token = "Bearer s3cret"
    read(tmp_path, source(stub, token="${PROM_TOKEN}"))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5 and not [path for path in written if b"s3cret" in path.read_bytes()]
    stub.token = "Bearer another"
    stub.faults = []
    with pytest.raises(ingest.DataRefused) as refused:
        read(tmp_path / "b", source(stub, token="${PROM_TOKEN}"))
    assert "401" in str(refused.value) and "s3cret" not in str(refused.value)
    monkeypatch.delenv("PROM_TOKEN")
    with pytest.raises(ingest.DataRefused, match="the environment has no PROM_TOKEN"):
        read(tmp_path / "c", source(stub, token="${PROM_TOKEN}"))


def test_a_user_and_password_are_sent_to_the_server_alone(stub, tmp_path, monkeypatch):
    monkeypatch.setenv("PROM_PASSWORD", "p@ss/word")
    stub.token = "Basic YW5uOnBAc3Mvd29yZA=="  # ann:p@ss/word
    address = stub.address.replace("http://", "http://ann:${PROM_PASSWORD}@")
    read(tmp_path, source(stub, prometheus=address))
    told = json.loads(kept.beside(fetched(tmp_path)).read_text(encoding="utf-8"))
    assert told["from"] == stub.address


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"prometheus": "http://ann:hunter2@127.0.0.1:1"}, "a password stands in the address"),
        ({"prometheus": "http://ann:${P}x@127.0.0.1:1"}, "a password stands in the address"),
        ({"token": "hunter2"}, "token"),
        ({"query": None}, "say what to ask of the server"),
        ({"prometheus": "ftp://127.0.0.1"}, "prometheus"),
        ({"step_s": 0}, "step_s"),
    ],
)
def test_what_cannot_be_asked_is_refused_as_written(stub, keys, said):
    with pytest.raises(ValueError, match=said):
        Sources.model_validate(source(stub, **keys))


def test_what_was_fetched_is_not_changed_by_hand(stub, tmp_path):
    read(tmp_path, source(stub))
    path = fetched(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"0.', '"1.'), encoding="utf-8")
    with pytest.raises(ingest.DataRefused, match="is not what was fetched at 2026-11-02"):
        read(tmp_path, source(stub), into="again")


def test_a_month_without_a_reading_is_no_error(stub, tmp_path):
    stub.series = []
    manifest, rows = read(tmp_path, source(stub))
    assert len(rows) == 0 and manifest.tables["samples"]["state"] == "read"
    assert [text for text in manifest.warnings if "the server has no reading" in text]


def test_gaps_and_not_a_number_are_no_readings(stub, tmp_path):
    whole = stub.value
    stub.value = lambda at: None if at % 86_400 < 7200 else "NaN" if at % 86_400 < 14_400 else whole(at)
    manifest, rows = read(tmp_path, source(stub))
    account = manifest.files[0]
    assert account.read == account.accepted + account.left_out and account.left_out == 62
    assert len(rows) == account.accepted == 745 - 2 * 62


def test_what_the_server_warns_of_is_told(stub, tmp_path):
    stub.warnings = ["a store did not answer"]
    manifest, _ = read(tmp_path, source(stub))
    assert [text for text in manifest.warnings if "the server warned: a store did not answer" in text]


def test_a_probe_gives_checks(stub, tmp_path):
    stub.series = [{"__name__": "probe_success", "instance": "https://shop.example", "target": "shop"}]
    stub.value = lambda at: "0" if at % 86_400 == 0 else "1"
    one = source(stub, query="probe_success", resource="target")["tables"]["samples"]
    model = Sources.model_validate({"tables": {"checks": one}})
    ingest.read_month(model, tmp_path / "{month}", OCTOBER, ZONE, tmp_path / "into")
    rows = pd.read_parquet(tmp_path / "into" / "tables" / "checks.parquet")
    assert set(rows["service"]) == {"shop"} and (rows["state"] == "down").sum() == 31


def test_a_client_that_is_only_asked_has_its_last_month(stub, tmp_path):
    model = Sources.model_validate(source(stub))
    assert ingest.months_with_exports(model, tmp_path / "{month}", ZONE) == [OCTOBER]
    read(tmp_path, source(stub))
    assert ingest.months_with_exports(model, tmp_path / "{month}", ZONE) == [OCTOBER]


@given(st.integers(0, 60 * 86_400), st.integers(1, 86_400))
def test_the_parts_hold_every_point_once(seconds, step):
    end = START + pd.Timedelta(seconds=seconds)
    parts = list(prometheus.parts(START, end, step))
    first = int(START.timestamp())
    if seconds // step < 50_000:
        points = [at for low, high in parts for at in range(low, high + 1, step)]
        assert points == list(range(first, first + seconds, step))
    assert all((high - low) // step + 1 <= MOST_POINTS for low, high in parts)


def test_killed_in_the_middle_it_goes_on_from_what_it_has(stub, tmp_path):
    """Killed for good, by the system, while the server is slow."""
    code = (
        "import sys, json; from pathlib import Path; from msp_report.intake import ingest\n"
        "from msp_report.model.period import Month; from msp_report.params import Sources\n"
        "folder = Path(sys.argv[2])\n"
        "ingest.read_month(Sources.model_validate(json.loads(sys.argv[1])), folder / '{month}', Month(2026, 10),"
        f" '{ZONE}', folder / 'accepted')"
    )
    quick = stub.value

    def slow(at):
        time.sleep(0.002)
        return quick(at)

    stub.value = slow
    command = [sys.executable, "-c", code, json.dumps(source(stub)), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]) as process:
        until = time.monotonic() + 60
        while len(stub.asked) < 5 and time.monotonic() < until:
            time.sleep(0.02)
        process.kill()
    assert 5 <= len(stub.asked) < 30
    parts = list((tmp_path / "2026-10").glob(".*.parts/*.json"))
    assert parts and not list((tmp_path / "2026-10").glob("samples*"))
    stub.value = quick
    before = len(stub.asked)
    _, rows = read(tmp_path, source(stub))
    assert len(rows) == 745 and len(stub.asked) - before == 32 - len(parts)


def test_the_example_of_the_page_on_sources_is_taken():
    model = Sources.model_validate(yaml.safe_load(ASKED))
    kinds = {name: live.kind(source) for name, (source,) in model.tables.items()}
    assert kinds == {
        "samples": "prometheus",
        "purchases": "sql",
        "outages": "zabbix",
        "tickets": "request_tracker",
        "ticket_events": "request_tracker",
    }
    assert zabbix.parameters(model.tables["outages"][0].query, "outages").keys() == {"groupids", "severities"}
    assert sql.unfit(model.tables["purchases"][0].query) is None


def test_a_calculated_answer_is_named_by_a_constant(stub, tmp_path):
    stub.series = [{"instance": "db01:9100"}]
    with pytest.raises(ingest.DataRefused, match="'metric' is missing"):
        read(tmp_path, source(stub, query="avg(x)"))
    _, rows = read(tmp_path, source(stub, query="avg(x)", constants={"metric": "cpu"}))
    assert set(rows["metric"]) == {"cpu"} and len(rows) == 745
