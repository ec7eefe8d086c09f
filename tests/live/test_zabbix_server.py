"""A month that was put into a Zabbix comes out of it: its server and frontend, started for this beside a PostgreSQL."""

import gzip
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pandas as pd
import pytest
from started import free_port, postgresql

from msp_report import live
from msp_report.intake import ingest
from msp_report.live import kept, web
from msp_report.model.period import Month, Period
from msp_report.params import Sources

pytestmark = pytest.mark.servers
OCTOBER = Month(2026, 10)
ZONE = "Europe/London"
START, END = (int(at.timestamp()) for at in Period(OCTOBER, OCTOBER).bounds(ZONE))
NOW = pd.Timestamp(END + 86_400, unit="s", tz="UTC")
FRONTEND, SCHEMA = Path("/usr/share/zabbix"), Path("/usr/share/zabbix-server-pgsql")

#: When which host did not answer: out of the month, into it, in it, for a minute, and beyond it.
DOWN = [
    ("web01", START - 86_400, START - 86_000),
    ("web01", START - 7_200, START + 1_800),
    ("web01", START + 3 * 86_400 + 600, START + 3 * 86_400 + 4_200),
    ("db01", START + 9 * 86_400, START + 9 * 86_400 + 60),
    ("web01", END - 3_600, END + 5_400),
    ("db01", END + 100, END + 200),
]


def cpu(at, host):
    """What was read every twenty minutes."""
    return round((at // 1_200) % 100 / 100 + (host == "db01") / 1000, 3)


@pytest.fixture(scope="module")
def zabbix():
    """A Zabbix with two hosts, a service of each, and what both were from two days before October to a day after."""
    if not (shutil.which("zabbix_server") and shutil.which("php") and FRONTEND.is_dir() and SCHEMA.is_dir()):
        pytest.skip("Zabbix is not installed")
    with (
        postgresql() as (database, programs),
        tempfile.TemporaryDirectory(prefix="msp-zabbix-", dir="/tmp") as name,
    ):
        folder, started = Path(name), []
        psql = [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-At"]

        def sql(text, base="zabbix"):
            command = [*psql, f"postgresql://owner@127.0.0.1:{database}/{base}"]
            return subprocess.run(command, input=text, check=True, capture_output=True).stdout

        sql(b"create database zabbix template template0 encoding 'UTF8'", "postgres")
        for part in ("schema", "images", "data"):
            sql(gzip.decompress((SCHEMA / f"{part}.sql.gz").read_bytes()))
        # the server takes no port above 32767, under which the system gives none away
        port, web_port = random.randrange(20_000, 32_000), free_port()
        _configure(folder, database, port)

        def frontend():
            command = ["php", "-S", f"127.0.0.1:{web_port}", "-t", folder / "web"]
            started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            _until(lambda: socket.create_connection(("127.0.0.1", web_port), 1).close())
            return started[-1]

        try:
            one = SimpleNamespace(address=f"http://127.0.0.1:{web_port}", frontend=frontend, php=frontend())
            one.ask = lambda method, **params: _ask(one.address, one.token, method, params)
            one.token = None
            one.token = one.ask("user.login", username="Admin", password="zabbix")
            known = _hosts(one)
            command = ["zabbix_server", "-c", folder / "zabbix.conf", "-f"]
            started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            _until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            _send(folder, port)
            _until(lambda: _is_whole(one, known) or _again(), 120)
            alarms = lambda: int(sql(b"select count(*) from service_alarms"))  # noqa: E731
            _until(lambda: alarms() == 2 * len(DOWN) or _again())
            # a service holds from when it was made
            sql(b"update services set created_at = 1735689600")
            vars(one).update(known)
            yield one
        finally:
            for process in started:
                process.terminate()
                process.wait()


def _again():
    raise OSError


def _until(tried, seconds=60):
    until = time.monotonic() + seconds
    while True:
        try:
            return tried()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.2)


def _configure(folder, database, port):
    said = {
        "DBHost": "127.0.0.1",
        "DBPort": database,
        "DBName": "zabbix",
        "DBUser": "owner",
        "ListenIP": "127.0.0.1",
        "ListenPort": port,
        "LogType": "file",
        "LogFile": folder / "zabbix.log",
        "PidFile": folder / "zabbix.pid",
        "SocketDir": folder,
        "AllowRoot": 1,
        "FpingLocation": "/bin/true",
        **{
            f"Start{what}": 0
            for what in ("Pollers", "PollersUnreachable", "Pingers", "Discoverers", "HTTPPollers")
        },
        **{f"Start{what}": 1 for what in ("Trappers", "DBSyncers", "Preprocessors", "Timers", "Escalators")},
        "ServiceManagerSyncFrequency": 1,
    }
    (folder / "zabbix.conf").write_text("".join(f"{name}={value}\n" for name, value in said.items()), "utf-8")
    without = shutil.ignore_patterns("locale", "audio")
    shutil.copytree(FRONTEND, folder / "web", ignore=without, ignore_dangling_symlinks=True)
    texts = {
        "TYPE": "POSTGRESQL",
        "SERVER": "127.0.0.1",
        "PORT": database,
        "DATABASE": "zabbix",
        "USER": "owner",
    }
    texts |= dict.fromkeys(("PASSWORD", "SCHEMA", "KEY_FILE", "CERT_FILE", "CA_FILE", "CIPHER_LIST"), "")
    texts |= dict.fromkeys(("VAULT_URL", "VAULT_DB_PATH", "VAULT_TOKEN"), "")
    lines = [f"$DB['{name}'] = '{value}';" for name, value in texts.items()]
    lines += ["$DB['ENCRYPTION'] = false; $DB['VERIFY_HOST'] = false; $DB['DOUBLE_IEEE754'] = true;"]
    lines += ["$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG; $ZBX_SERVER_NAME = '';"]
    (folder / "zabbix.conf.php").write_text("\n".join(["<?php", *lines, ""]), "utf-8")
    place = folder / "web" / "include" / "classes" / "core" / "CConfigFile.php"
    text = place.read_text("utf-8")
    place.write_text(text.replace("/etc/zabbix/zabbix.conf.php", str(folder / "zabbix.conf.php")), "utf-8")


def _ask(address, token, method, params):
    body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1} | (
        {"auth": token} if token else {}
    )
    request = Request(
        f"{address}/api_jsonrpc.php", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    assert "error" not in told, (method, told)
    return told["result"]


def _hosts(one):
    """What is watched, the services and their SLA, and a token of a user who may only read it."""
    (group,) = one.ask("hostgroup.create", name="Acme")["groupids"]
    hosts = []
    for name in ("web01", "db01"):
        (host,) = one.ask("host.create", host=name, name=name.upper(), groups=[{"groupid": group}])["hostids"]
        hosts.append(host)
        for key, kind, title in (("up", 3, "Reachable"), ("cpu", 0, "CPU used"), ("note", 4, "Note")):
            one.ask("item.create", hostid=host, name=title, key_=key, type=2, value_type=kind)
        tags = [{"tag": "service", "value": name}]
        said = {
            "description": "{HOST.NAME} does not answer",
            "expression": f"last(/{name}/up)=0",
            "priority": 4,
        }
        one.ask("trigger.create", **said, tags=tags)
        problems = [{"tag": "service", "operator": 0, "value": name}]
        said = {"name": f"Service {name}", "algorithm": 1, "sortorder": 1, "problem_tags": problems}
        one.ask("service.create", **said, tags=[{"tag": "sla", "value": "gold"}])
    said = {"slo": "99.9", "timezone": ZONE, "effective_date": 1735689600, "schedule": []}
    said |= {"service_tags": [{"tag": "sla", "operator": 0, "value": "gold"}]}
    slas = [one.ask("sla.create", name=name, period=period, **said)["slaids"][0] for name, period in SLAS]
    role = next(role for role in one.ask("role.get", output="extend") if role["name"] == "User role")[
        "roleid"
    ]
    rights = [{"id": group, "permission": 2}]
    (users,) = one.ask("usergroup.create", name="Readers", rights=rights)["usrgrpids"]
    said = {"username": "reader", "passwd": "Xy7-kkPq2z", "roleid": role, "usrgrps": [{"usrgrpid": users}]}
    (user,) = one.ask("user.create", **said)["userids"]
    (token,) = one.ask("token.create", name="msp_report", userid=user)["tokenids"]
    body = {"jsonrpc": "2.0", "method": "token.generate", "params": [token], "id": 1, "auth": one.token}
    request = Request(
        f"{one.address}/api_jsonrpc.php", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=60) as answer:
        return {
            "reader": json.load(answer)["result"][0]["token"],
            "slas": slas,
            "group": group,
            "hosts": hosts,
        }


SLAS = (("Gold", 2), ("Weekly", 1))


def _send(folder, port):
    rows = [
        (at, host, "cpu", cpu(at, host))
        for at in range(START - 172_800, END + 86_400, 1_200)
        for host in HOSTS
    ]
    rows += [(START - 259_200, host, "up", 1) for host in HOSTS]
    rows += [(at, host, "up", state) for host, low, high in DOWN for at, state in ((low, 0), (high, 1))]
    lines = [f"{host} {key} {at} {value}\n" for at, host, key, value in sorted(rows)]
    (folder / "values").write_text("".join(lines), "utf-8")
    command = ["zabbix_sender", "-z", "127.0.0.1", "-p", str(port), "-T", "-i", folder / "values"]
    _until(
        lambda: (
            "failed: 0" in subprocess.run(command, capture_output=True, text=True, check=False).stdout
            or _again()
        )
    )


HOSTS = ("web01", "db01")


def _is_whole(one, known):
    """Whether the server has made all that it makes of the values: events, and the averages of each hour."""
    items = [
        item["itemid"]
        for item in one.ask("item.get", output=["itemid"], search={"key_": "cpu"}, hostids=known["hosts"])
    ]
    hours = one.ask("trend.get", countOutput=True, itemids=items, time_from=START, time_till=END - 1)
    events = one.ask("event.get", countOutput=True, groupids=[known["group"]])
    return int(events) == 2 * len(DOWN) and int(hours) == len(HOSTS) * (END - START) // 3_600


@pytest.fixture
def source(zabbix, monkeypatch):
    monkeypatch.setattr(live, "present", lambda: NOW)
    monkeypatch.setenv("ZABBIX_TOKEN", zabbix.reader)
    return {"zabbix": zabbix.address, "token": "${ZABBIX_TOKEN}"}


def read(folder, table, source):
    model = Sources.model_validate({"tables": {table: source}})
    manifest = ingest.read_month(model, folder / "{month}", OCTOBER, ZONE, folder / "into")
    return manifest, pd.read_parquet(folder / "into" / "tables" / f"{table}.parquet")


def by_hand(folder, table, **answers):
    """The same table from answers that an analyst saved."""
    (folder / "2026-10").mkdir(parents=True)
    for name, result in answers.items():
        text = json.dumps({"jsonrpc": "2.0", "result": result, "id": 1})
        (folder / "2026-10" / f"{name}.json").write_text(text, "utf-8")
    return read(folder, table, {"file": f"{next(iter(answers))}.json", "profile": "zabbix"})[1]


def same(left, right, *keys):
    left, right = (frame.sort_values(list(keys), ignore_index=True) for frame in (left, right))
    pd.testing.assert_frame_equal(left, right)


def seconds(rows, host):
    """How long a host was down within the month."""
    rows = rows[rows["service"] == host.upper()]
    low, high = (pd.Timestamp(at, unit="s", tz="UTC") for at in (START, END))
    return (rows["ended_at"].clip(upper=high) - rows["started_at"].clip(lower=low)).dt.total_seconds().sum()


def test_the_outages_are_those_that_were_put_in(zabbix, source, tmp_path):
    manifest, rows = read(tmp_path, "outages", {**source, "query": "severities: [4, 5]"})
    got = {
        (row.service.lower(), int(row.started_at.timestamp()), int(row.ended_at.timestamp()))
        for row in rows.itertuples()
    }
    assert got == {one for one in DOWN if one[1] < END and one[2] >= START}
    assert set(rows["state"]) == {"down"} and set(rows["cause"]) == {
        "WEB01 does not answer",
        "DB01 does not answer",
    }
    (account,) = manifest.files
    assert account.reach == NOW.isoformat() and not manifest.unread and not manifest.warnings

    asked = {"output": "extend", "selectHosts": "extend", "selectTags": "extend", "groupids": [zabbix.group]}
    answer = zabbix.ask("event.get", **asked, time_from=START - 7_200, time_till=END + 6_000)
    saved = by_hand(tmp_path / "by-hand", "outages", events=answer)
    same(rows, saved[saved["started_at"] < pd.Timestamp(END, unit="s", tz="UTC")], "started_at")


def test_the_readings_are_those_that_were_put_in(zabbix, source, tmp_path):
    manifest, rows = read(tmp_path, "samples", {**source, "query": "search: {key_: cpu}"})
    mean = {
        (host.upper(), hour): sum(cpu(at, host) for at in range(hour, hour + 3_600, 1_200)) / 3
        for host in HOSTS
        for hour in range(START, END, 3_600)
    }
    got = {(row.resource, int(row.at.timestamp())): row.value for row in rows.itertuples()}
    assert got == pytest.approx(mean, abs=1e-4) and set(rows["metric"]) == {"CPU used"}
    assert not manifest.unread and not manifest.warnings

    items = zabbix.ask("item.get", output="extend", selectHosts="extend", search={"key_": "cpu"})
    numbers = [item["itemid"] for item in items]
    trends = zabbix.ask("trend.get", output="extend", itemids=numbers, time_from=START, time_till=END - 1)
    same(
        rows,
        by_hand(tmp_path / "by-hand", "samples", **{"trend.get": trends, "item.get": items}),
        "resource",
        "at",
    )


def test_each_value_is_the_one_that_was_put_in(zabbix, source, tmp_path):
    _, rows = read(tmp_path, "samples", {**source, "query": "{search: {key_: cpu}, readings: history}"})
    got = {(row.resource, int(row.at.timestamp())): row.value for row in rows.itertuples()}
    put = {(host.upper(), at): cpu(at, host) for host in HOSTS for at in range(START, END, 1_200)}
    assert got == pytest.approx(put)


def test_items_that_are_no_numbers_have_no_readings(zabbix, source, tmp_path):
    _, rows = read(tmp_path, "samples", source)
    assert set(rows["metric"]) == {"CPU used", "Reachable"}


def test_the_figures_of_the_tool_are_those_of_the_outages(zabbix, source, tmp_path):
    _, rows = read(tmp_path, "claims", {**source, "query": f"slaid: {zabbix.slas[0]}"})
    _, outages = read(tmp_path / "outages", "outages", source)
    ratio = {f"Service {host}": 100 * (1 - seconds(outages, host) / (END - START)) for host in HOSTS}
    assert dict(zip(rows["subject"], rows["value"], strict=True)) == pytest.approx(ratio)
    assert set(rows["month"]) == {"2026-10"} and seconds(outages, "web01") == 9_000

    answer = zabbix.ask("sla.getsli", slaid=zabbix.slas[0], period_from=START, period_to=END - 1)
    saved = by_hand(tmp_path / "by-hand", "claims", getsli=answer)
    numbers = {row["name"]: str(row["serviceid"]) for row in zabbix.ask("service.get", output="extend")}
    same(rows.assign(subject=rows["subject"].map(numbers)), saved, "subject")


def test_an_sla_of_weeks_is_refused(zabbix, source, tmp_path):
    with pytest.raises(ingest.DataRefused, match="its SLA Weekly is not cut by months"):
        read(tmp_path, "claims", {**source, "query": f"slaid: {zabbix.slas[1]}"})


def test_what_the_server_refuses_is_told_in_its_words(zabbix, source, tmp_path, monkeypatch):
    monkeypatch.setenv("ZABBIX_TOKEN", "a" * 64)
    with pytest.raises(ingest.DataRefused, match=r"it refuses event.get: .*Not authori[sz]ed"):
        read(tmp_path, "outages", source)


def counted(monkeypatch):
    """The methods that are asked from now on."""
    asked, post = [], web.post

    def counting(address, said, token=""):
        asked.append(said["method"])
        return post(address, said, token)

    monkeypatch.setattr(web, "post", counting)
    return asked


def test_a_server_that_goes_away_is_told_and_the_next_run_goes_on(zabbix, source, tmp_path, monkeypatch):
    _, whole = read(tmp_path / "whole", "outages", source)
    monkeypatch.setattr(web, "WAITS", (0.1,))
    keep, come = kept.Parts.keep, []

    def stopping(parts, name, at, answer):
        keep(parts, name, at, answer)
        come.append(name)
        if len(come) == 12:
            zabbix.php.terminate()
            zabbix.php.wait()

    with monkeypatch.context() as patch:
        patch.setattr(kept.Parts, "keep", stopping)
        with pytest.raises(
            ingest.DataRefused, match=r"it cannot be reached .*; 12 parts have come and are kept"
        ):
            read(tmp_path, "outages", source)
    zabbix.php = zabbix.frontend()
    asked = counted(monkeypatch)
    _, rows = read(tmp_path, "outages", source)
    same(rows, whole, "started_at")
    # its version, and all but twelve of what began before, each day and the ends
    assert asked == ["apiinfo.version", *["event.get"] * (1 + 32 + 1 - 12)]


def test_killed_in_the_middle_it_goes_on_from_what_it_has(zabbix, source, tmp_path, monkeypatch):
    code = (
        "import json, os, signal, sys; from pathlib import Path; import pandas as pd\n"
        "from msp_report import live; from msp_report.intake import ingest; from msp_report.live import kept\n"
        "from msp_report.model.period import Month; from msp_report.params import Sources\n"
        f"live.present = lambda: pd.Timestamp('{NOW.isoformat()}')\n"
        "keep, come = kept.Parts.keep, []\n"
        "def killed(*given):\n"
        "    keep(*given); come.append(given)\n"
        "    len(come) == 9 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "kept.Parts.keep = killed\n"
        "folder = Path(sys.argv[2])\n"
        "ingest.read_month(Sources.model_validate(json.loads(sys.argv[1])), folder / '{month}', Month(2026, 10),"
        f" '{ZONE}', folder / 'into')"
    )
    given = json.dumps({"tables": {"outages": source}})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, given, str(tmp_path)]
    ended = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL and not list((tmp_path / "2026-10").glob("outages*"))
    asked = counted(monkeypatch)
    _, rows = read(tmp_path, "outages", source)
    assert len(asked) == 1 + 34 - 9 and len(rows) == 4
