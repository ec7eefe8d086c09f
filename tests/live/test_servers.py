"""The same month from a server and from a file gives the same rows: Prometheus and PostgreSQL, started for this."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from urllib.request import urlopen

import pandas as pd
import pytest

from msp_report import live
from msp_report.intake import ingest
from msp_report.model.period import Month, Period
from msp_report.params import Sources

pytestmark = pytest.mark.servers
MARCH = Month(2026, 3)
ZONE = "Europe/London"
START, END = (int(at.timestamp()) for at in Period(MARCH, MARCH).bounds(ZONE))


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(live, "present", lambda: pd.Timestamp("2026-04-02T08:00Z"))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def table(folder, name, source, month=MARCH):
    model = Sources.model_validate({"tables": {name: source}})
    manifest = ingest.read_month(model, folder / "{month}", month, ZONE, folder / "into", params=folder)
    return manifest, pd.read_parquet(folder / "into" / "tables" / f"{name}.parquet")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A Prometheus with a month of two series of five minutes, the second of which has a gap of a day."""
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        pytest.skip("Prometheus is not installed")
    folder = tmp_path_factory.mktemp("prometheus")
    lines = ["# TYPE cpu_used_ratio gauge"]
    readings = {}
    for place, host in enumerate(("db01:9100", "web01:9100")):
        for number, at in enumerate(range(START, END, 300)):
            if place and START + 86_400 <= at < START + 2 * 86_400:
                continue
            readings[host, at] = value = round((number % 97) / 100 + place / 1000, 4)
            lines.append(f'cpu_used_ratio{{instance="{host}"}} {value} {at}')
    (folder / "month.om").write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    (folder / "prom.yml").write_text("scrape_configs: []\n", encoding="utf-8")
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "month.om", folder / "data"]
    subprocess.run(made, check=True, capture_output=True)
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prom.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _ready(f"http://127.0.0.1:{port}", "/-/ready"), readings
        finally:
            process.terminate()


def _ready(address, path):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urlopen(address + path, timeout=5):
                return address
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


def test_prometheus_gives_what_was_put_in(prometheus, tmp_path):
    address, readings = prometheus
    # a reading stands for five minutes, so a range is asked at the very instants
    source = {"prometheus": address, "query": "cpu_used_ratio", "resource": "instance", "step_s": 300}
    manifest, rows = table(tmp_path, "samples", source)
    (account,) = manifest.files
    got = {(row.resource, int(row.at.timestamp())): row.value for row in rows.itertuples()}
    # for five minutes after the last reading before its gap the server repeats it
    extra = {key: value for key, value in got.items() if key not in readings}
    assert len(extra) <= 1 and all(key == ("web01:9100", START + 86_400) for key in extra)
    assert {key: value for key, value in got.items() if key in readings} == pytest.approx(readings)
    assert account.read == account.accepted == len(readings) + len(extra)


def test_prometheus_itself_refuses_what_is_no_query(prometheus, tmp_path):
    address, _ = prometheus
    with pytest.raises(ingest.DataRefused, match=r"it answers 400 .*parse error"):
        table(tmp_path, "samples", {"prometheus": address, "query": "sum(", "resource": "instance"})


def test_prometheus_takes_a_month_by_the_second(prometheus, tmp_path):
    """More points than it gives at once: 31 days of ten seconds are 267,480 of a series."""
    address, _ = prometheus
    source = {"prometheus": address, "query": "cpu_used_ratio{instance='db01:9100'}", "step_s": 5}
    _, rows = table(tmp_path, "samples", source)
    assert len(rows) == (END - START) // 5


@pytest.fixture(scope="module")
def postgresql():
    """A PostgreSQL with tickets and bills around a month with a change of the clocks."""
    pytest.importorskip("sqlalchemy")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("PostgreSQL is not installed")
    programs, port = folders[-1], free_port()
    with tempfile.TemporaryDirectory(prefix="msp-pg-", dir="/tmp") as name:
        as_user = []
        if os.geteuid() == 0:  # as whom PostgreSQL does not run
            shutil.chown(name, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        said = {"check": True, "cwd": name, "stdout": subprocess.DEVNULL}
        made = [programs / "initdb", "-D", f"{name}/data", "-A", "trust", "-U", "owner", "--no-sync"]
        subprocess.run([*as_user, *made], **said)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={name} -c fsync=off"
        control = [*as_user, programs / "pg_ctl", "-D", f"{name}/data", "-w"]
        subprocess.run([*control, "-o", options, "-l", f"{name}/log", "start"], **said)
        try:
            address = f"postgresql://owner@127.0.0.1:{port}/postgres"
            subprocess.run([programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", address, "-c", SCRIPT], **said)
            yield address
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **said)


SCRIPT = """
    set timezone = 'UTC';
    create table tickets (ticket_id text, opened_at timestamptz, priority text, status text);
    insert into tickets
      select 'T' || n, timestamptz '2026-02-27 00:00:00+00' + n * interval '1 hour', 'P1', 'open'
      from generate_series(0, 24 * 40) as n;
    create table bills (number text, dated_on date, amount numeric(12, 2));
    insert into bills select 'B' || n, date '2026-02-25' + n, n * 1.10 from generate_series(0, 50) as n;
"""
TICKETS = "select * from tickets where opened_at >= :start and opened_at < :end"
BILLS = (
    "select 'invoice' as document, 'Acme' as vendor, number as document_id, 1 as line, dated_on, 'line' as item,"
    " 1 as quantity, amount as unit_price from bills where dated_on >= :start and dated_on < :end"
)


def test_postgresql_gives_the_month_of_the_client(postgresql, tmp_path):
    manifest, rows = table(tmp_path, "tickets", {"sql": postgresql, "query": TICKETS})
    assert len(rows) == 31 * 24 - 1  # the clocks go forward in March
    assert rows["opened_at"].min().timestamp() == START
    assert rows["opened_at"].max().timestamp() == END - 3600
    assert manifest.files[0].reach == "2026-04-02T08:00:00+00:00"


def test_postgresql_gives_days_and_money_as_they_are(postgresql, tmp_path):
    _, rows = table(tmp_path, "purchases", {"sql": postgresql, "query": BILLS})
    assert len(rows) == 31 and str(rows["dated_on"].min())[:10] == "2026-03-01"
    assert rows["unit_price"].tolist()[:2] == [Decimal("4.40"), Decimal("5.50")]


@pytest.mark.parametrize(
    "query",
    [
        "with gone as (delete from tickets returning *) select * from gone",
        "select set_config('transaction_read_only', 'off', false), * from tickets",
        "select * from tickets for update",
        "select lo_create(0)::text, * from tickets",
    ],
)
def test_postgresql_is_only_read(postgresql, tmp_path, query):
    with pytest.raises(ingest.DataRefused, match=r"read-only|read-write|data-modifying"):
        table(tmp_path, "tickets", {"sql": postgresql, "query": query})


def test_what_postgresql_says_has_no_password(postgresql, tmp_path, monkeypatch):
    monkeypatch.setenv("PG_PASSWORD", "s3cret")
    address = postgresql.replace("owner@", "nobody:${PG_PASSWORD}@")
    with pytest.raises(ingest.DataRefused) as refused:
        table(tmp_path, "tickets", {"sql": address, "query": TICKETS})
    assert 'role "nobody" does not exist' in str(refused.value) and "s3cret" not in str(refused.value)
