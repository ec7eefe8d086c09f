"""A client whose sources are asked: which month is read, when the server is asked again, and what a refusal says."""

import pandas as pd
import pytest
from live_stub import Stub, served

from msp_report import case as cases
from msp_report import live
from msp_report.intake import ingest
from msp_report.live import web

YAML = "tables: {{samples: {{prometheus: {address}, query: cpu_used_ratio, resource: instance, step_s: 3600}}}}\n"


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Opens the client's case anew, as each run does, at an instant."""
    monkeypatch.setattr(web, "WAITS", ())
    stub = Stub()
    params = tmp_path / "params" / "acme"
    params.mkdir(parents=True)
    (params / "contract.yaml").write_text("client: {name: Acme, timezone: UTC}\n", encoding="utf-8")

    def at(now, month=""):
        monkeypatch.setattr(live, "present", lambda: pd.Timestamp(now, tz="UTC"))
        monkeypatch.setattr(cases, "now", lambda: pd.Timestamp(now, tz="UTC"))
        return cases.open_case("acme", month, tmp_path)

    with served(stub) as address:
        (params / "sources.yaml").write_text(YAML.format(address=address), encoding="utf-8")
        at.stub = stub
        yield at


def test_the_last_month_is_there_for_the_asking_and_asked_once(client):
    assert len(client("2026-11-03").table("samples")) == 744
    assert str(client("2026-11-03").period) == "2026-10"
    asked = len(client.stub.asked)
    assert len(client("2026-11-20").table("samples")) == 744
    assert len(client.stub.asked) == asked == 31
    assert str(client("2026-12-03").period) == "2026-11"


def test_what_was_read_is_fresh_until_the_exports_change(client):
    accepted = client("2026-11-03").accepted
    before = (accepted / "stamp").stat().st_mtime_ns
    assert client("2026-11-04").accepted == accepted
    assert (accepted / "stamp").stat().st_mtime_ns == before


def test_a_running_month_is_asked_again_by_each_run(client):
    for now, hours in (
        ("2026-10-10T11:30", 9 * 24 + 12),
        ("2026-10-12T11:30", 11 * 24 + 12),
        ("2026-11-03", 744),
    ):
        rows = client(now, "2026-10").table("samples")
        assert (rows["at"] >= pd.Timestamp("2026-10-01", tz="UTC")).sum() == hours


def test_a_server_that_breaks_off_refuses_the_month_and_the_next_run_goes_on(client):
    client.stub.faults = [*[None] * 7, "cut"]
    with pytest.raises(ingest.DataRefused, match="7 of 31 parts have come and are kept"):
        _ = client("2026-11-03", "2026-10").accepted
    del client.stub.asked[:]
    assert len(client("2026-11-03", "2026-10").table("samples")) == 744
    assert len(client.stub.asked) == 24
