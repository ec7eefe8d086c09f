"""A month that was put into a server comes out of it: Prometheus, PostgreSQL and MariaDB, started for this."""

import os
import shutil
import subprocess
import tempfile
import time
from decimal import Decimal

import pandas as pd
import pytest
import started
from started import free_port, ready

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
            address = f"http://127.0.0.1:{port}"
            ready(f"{address}/-/ready")
            yield address, readings
        finally:
            process.terminate()


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
    with started.postgresql() as (port, programs):
        address = f"postgresql://owner@127.0.0.1:{port}/postgres"
        script = [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", address, "-c", SCRIPT]
        subprocess.run(script, check=True, stdout=subprocess.DEVNULL)
        yield address


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


@pytest.fixture(scope="module")
def mariadb():
    """A MariaDB that knows no zone by name, as it comes, with times of both kinds."""
    pytest.importorskip("sqlalchemy")
    if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db")):
        pytest.skip("MariaDB is not installed")
    with tempfile.TemporaryDirectory(prefix="msp-maria-", dir="/tmp") as name:
        as_user = ["--user=mysql"] if os.geteuid() == 0 else []
        if as_user:
            shutil.chown(name, "mysql")
        made = ["--auth-root-authentication-method=normal", "--skip-test-db", f"--datadir={name}/data"]
        said = {"check": True, "cwd": name, "stdout": subprocess.DEVNULL}
        subprocess.run(["mariadb-install-db", "--no-defaults", *as_user, *made], **said)
        port = free_port()
        told = [
            f"--datadir={name}/data",
            f"--socket={name}/socket",
            f"--port={port}",
            f"--pid-file={name}/pid",
        ]
        command = ["mariadbd", "--no-defaults", *as_user, *told, "--bind-address=127.0.0.1"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                client = ["mariadb", "--no-defaults", "--user=root", f"--socket={name}/socket"]
                until = time.monotonic() + 60
                while subprocess.run(
                    [*client, "-e", "select 1"], capture_output=True, check=False
                ).returncode:
                    assert time.monotonic() < until and process.poll() is None
                    time.sleep(0.1)
                subprocess.run(client, input=MARIADB, text=True, **said)
                yield f"mysql://reader:${{MARIADB_PASSWORD}}@127.0.0.1:{port}/desk"
            finally:
                process.terminate()


MARIADB = """
    create database desk;
    use desk;
    set time_zone = '+00:00';
    create table tickets (ticket_id int, opened_at datetime, stamped_at timestamp, priority text, status text);
    insert into tickets select seq, date_add('2026-02-27', interval seq hour),
      date_add('2026-02-27', interval seq hour), 'P1', 'open' from seq_0_to_960;
    delimiter //
    create function opened() returns int modifies sql data
      begin insert into tickets (ticket_id) values (9999); return 9999; end //
    delimiter ;
    create user reader@'127.0.0.1' identified by 's3cret/@:';
    grant all on desk.* to reader@'127.0.0.1';
"""


@pytest.fixture
def maria(mariadb, monkeypatch):
    monkeypatch.setenv("MARIADB_PASSWORD", "s3cret/@:")
    return mariadb


def test_mariadb_gives_the_month_by_the_clock_on_the_wall(maria, tmp_path):
    query = "select ticket_id, opened_at, priority, status from tickets where opened_at >= :start and opened_at < :end"
    _, rows = table(tmp_path, "tickets", {"sql": maria, "query": query})
    assert len(rows) >= 31 * 24 - 1 and rows["opened_at"].min().timestamp() == START


def test_mariadb_tells_instants_in_a_zone_that_it_knows(maria, tmp_path):
    query = (
        "select ticket_id, stamped_at as opened_at, priority, status from tickets"
        " where stamped_at >= :start and stamped_at < :end"
    )
    with pytest.raises(
        ingest.DataRefused, match="opened_at is a TIMESTAMP, and the server does not know the zone"
    ):
        table(tmp_path, "tickets", {"sql": maria, "query": query})
    _, rows = table(tmp_path, "tickets", {"sql": maria, "query": query, "timezone": "UTC"})
    assert len(rows) == 31 * 24 - 1
    assert (rows["opened_at"].min().timestamp(), rows["opened_at"].max().timestamp()) == (START, END - 3600)


def test_mariadb_is_only_read(maria, tmp_path):
    """A user who may write is refused by the session, also where a function would."""
    with pytest.raises(ingest.DataRefused, match="READ ONLY transaction") as refused:
        table(tmp_path, "tickets", {"sql": maria, "query": "select desk.opened() as ticket_id"})
    assert "s3cret" not in str(refused.value)


def test_what_mariadb_says_has_no_password(maria, tmp_path, monkeypatch):
    monkeypatch.setenv("MARIADB_PASSWORD", "an0ther")
    with pytest.raises(ingest.DataRefused, match="Access denied") as refused:
        table(tmp_path, "tickets", {"sql": maria, "query": "select 1 as a"})
    assert "an0ther" not in str(refused.value)
