"""Exports come from a real S3 and a real SFTP server as they come from a folder, and packs go to either.

Both are started for this: moto for S3, which the extra `servers` brings, and the sshd of Debian's openssh-server.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import started
from between import between

from msp_report.intake import ingest
from msp_report.live.asked import Failed
from msp_report.model import errors
from msp_report.packs import elsewhere, pack
from msp_report.store import mirror, opened, place, revisions
from msp_report.workspace import PROJECT, Workspace

pytestmark = pytest.mark.servers
MONTHS = ("2026-09", "2026-10")
TABLES = ("tickets", "ticket_events", "outages")
NOTEBOOKS = ("00_scorecard", "10_availability", "30_tickets")
#: A file of three blocks, and a bit.
LARGE = 3 * place.BLOCK + 5
SECRET = "an-access-key-that-is-secret"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(place, "WAITS", (0.1,))


def answers(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_for(is_there, what):
    until = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < until, what
        time.sleep(0.05)


# ---------------------------------------------------------------- the servers, each behind what can break off


class S3:
    """A bucket, and how it is filled and read by somebody else."""

    def __init__(self, line):
        self.line = line
        self.address = "s3://evidence"

    @cached_property
    def _files(self):
        s3fs = pytest.importorskip("s3fs")
        url = f"http://127.0.0.1:{self.line.port}"
        return s3fs.S3FileSystem(endpoint_url=url, skip_instance_cache=True, use_listings_cache=False)

    def empty(self):
        """An empty bucket."""
        files = self._files
        if files.exists("evidence"):
            files.rm("evidence", recursive=True)
        files.mkdir("evidence")

    def put(self, name, content):
        """Write a file there."""
        self._files.pipe_file(f"evidence/{name}", content)

    def remove(self, name):
        """Take it away."""
        self._files.rm_file(f"evidence/{name}")

    def all(self):
        """Every file there."""
        files = self._files
        return {name.removeprefix("evidence/"): files.cat_file(name) for name in files.find("evidence")}


class Sftp:
    """A folder, and how it is filled and read by somebody else."""

    def __init__(self, line, folder):
        self.line, self._folder = line, folder
        self.address = f"sftp://{_user()}@127.0.0.1:{line.own_port}{folder}"

    def empty(self):
        """An empty folder."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()

    def put(self, name, content):
        """Write a file there."""
        (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_bytes(content)

    def remove(self, name):
        """Take it away."""
        (self._folder / name).unlink()

    def all(self):
        """Every file there."""
        return {
            path.relative_to(self._folder).as_posix(): path.read_bytes()
            for path in self._folder.rglob("*")
            if path.is_file()
        }


def _user():
    import getpass

    return getpass.getuser()


@pytest.fixture(scope="module")
def moto():
    """The port of an S3 server that holds all in memory."""
    with started.moto() as port:
        yield port


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    """The port of an sshd with keys of its own, and the folder of its keys."""
    pytest.importorskip("paramiko")
    server = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if server is None:
        pytest.skip("openssh-server is not installed")
    keys, port = tmp_path_factory.mktemp("sshd"), started.free_port()
    for name in ("host", "ours", "another"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name]
        subprocess.run(made, check=True, capture_output=True)
    shutil.copy(keys / "ours.pub", keys / "authorized")
    (keys / "conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys}/host\nAuthorizedKeysFile {keys}/authorized\n"
        f"PidFile {keys}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n",
        encoding="utf-8",
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [server, "-D", "-r", "-f", keys / "conf", "-E", keys / "log"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: process.poll() is None and answers(port), "sshd does not start")
            yield port, keys
        finally:
            process.terminate()


@pytest.fixture
def s3(moto, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with between(moto) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line.own_port}")
        made = S3(line)
        made.empty()
        yield made


def known(line, keys, name="host"):
    """A file of known hosts."""
    key = (keys / f"{name}.pub").read_text(encoding="ascii").split()[:2]
    path = keys / f"known-{name}-{line.own_port}"
    path.write_text(f"[127.0.0.1]:{line.own_port} {' '.join(key)}\n", encoding="ascii")
    return str(path)


@pytest.fixture
def sftp(sshd, monkeypatch, tmp_path):
    port, keys = sshd
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("MSP_REPORT_SSH_CONFIG", "none")
    with between(port) as line:
        monkeypatch.setenv("MSP_REPORT_SSH_KEY", str(keys / "ours"))
        monkeypatch.setenv("MSP_REPORT_KNOWN_HOSTS", known(line, keys))
        made = Sftp(line, tmp_path / "served")
        made.empty()
        yield made


@pytest.fixture(params=["s3", "sftp"])
def server(request):
    """Both, one after the other."""
    return request.getfixturevalue(request.param)


# ---------------------------------------------------------------- in


def copied(copy):
    """What came, without what is hidden."""
    folder = copy._folder
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_what_is_there_is_here_and_comes_once(server, tmp_path):
    files = {
        "acme/2026-09/a b.csv": b"1\n",
        "acme/2026-10/über/ü.csv": b"2\n" * 100_000,
        "acme/2026-10/0.csv": b"",
    }
    for name, content in {**files, "another/2026-10/x.csv": b"not ours"}.items():
        server.put(name, content)
    ours = {name.removeprefix("acme/"): content for name, content in files.items()}
    copy = mirror.Mirror(f"{server.address}/acme/{{month}}", tmp_path / "acme")
    server.line.begin()
    copy.bring()
    assert copied(copy) == ours
    first = server.line.given
    server.line.begin()
    copy.bring()
    assert server.line.given < first - 150_000
    server.put("acme/2026-10/0.csv", b"3\n")
    server.remove("acme/2026-09/a b.csv")
    copy.bring()
    assert copied(copy) == {"2026-10/über/ü.csv": b"2\n" * 100_000, "2026-10/0.csv": b"3\n"}


def test_a_line_that_is_cut_refuses_and_the_next_run_goes_on(server, tmp_path):
    server.put("acme/2026-10/large.csv", os.urandom(LARGE))
    copy = mirror.Mirror(f"{server.address}/acme/{{month}}", tmp_path / "acme")
    server.line.begin(most=place.BLOCK * 2)
    with pytest.raises(Failed, match=r"large.csv: it .*; 0 of 1 files have come and are kept") as refused:
        copy.bring()
    assert SECRET not in str(refused.value)
    assert copied(copy) == {}
    server.line.begin()
    copy.bring()
    assert copied(copy)["2026-10/large.csv"] == server.all()["acme/2026-10/large.csv"]
    assert server.line.given < place.BLOCK * 2.5


def test_a_run_that_is_killed_in_the_middle_goes_on_from_what_it_has(server, tmp_path):
    server.put("acme/2026-10/large.csv", os.urandom(LARGE))
    address, home = f"{server.address}/acme/{{month}}", tmp_path / "acme"
    script = (
        "from pathlib import Path\nfrom msp_report.store.mirror import Mirror\n"
        f"Mirror({address!r}, Path({str(home)!r})).bring()"
    )
    server.line.begin(most=place.BLOCK * 2, holds=True)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as process:
        assert server.line.held.wait(60)
        wait_for(
            lambda: any(path.stat().st_size for path in home.glob(".exports/*/.parts/*")), "nothing came"
        )
        process.send_signal(signal.SIGKILL)
    copy = mirror.Mirror(address, home)
    assert copied(copy) == {}
    server.line.begin()
    copy.bring()
    assert copied(copy)["2026-10/large.csv"] == server.all()["acme/2026-10/large.csv"]
    assert server.line.given < LARGE


def test_half_a_listing_is_refused(server, tmp_path):
    """Cut anywhere, a listing is none: no file is taken for gone."""
    names = [f"acme/2026-10/{'x' * 60}{number}.csv" for number in range(300)]
    for name in names:
        server.put(name, b"")
    copy = mirror.Mirror(f"{server.address}/acme/{{month}}", tmp_path / "acme")
    copy.bring()
    server.line.begin()
    assert len(copied(copy)) == 300
    copy.bring()
    whole = server.line.given
    for part in (0.97, 0.8, 0.5, 0.2):
        server.line.begin(most=int(whole * part))
        with pytest.raises(Failed):
            copy.bring()
        assert len(copied(copy)) == 300


def test_a_page_of_a_listing_that_does_not_come_is_asked_again_or_refused(s3, tmp_path):
    for number in range(4):
        s3.put(f"acme/2026-10/{number}.csv", b"1")
    copy = mirror.Mirror("s3://evidence/acme/{month}", tmp_path / "acme")
    # the server gives two keys at a time
    s3.line.change = lambda data: data.replace(b"?list-type=2", b"?list-type=2&max-keys=2")
    copy.bring()
    assert len(copied(copy)) == 4

    def no_second_page(data):
        paged = data.replace(b"?list-type=2", b"?list-type=2&max-keys=2")
        return paged.replace(b"GET /evidence?", b"GET /nothing?") if b"continuation-token" in data else paged

    s3.line.change = no_second_page
    with pytest.raises(Failed):
        copy.bring()
    assert len(copied(copy)) == 4


def test_a_server_that_is_silent_or_gone_is_left_in_time(server, tmp_path, monkeypatch):
    copy = mirror.Mirror(f"{server.address}/acme/{{month}}", tmp_path / "acme")
    for module in (
        place,
        *(
            sys.modules[name]
            for name in ("msp_report.store.s3", "msp_report.store.sftp")
            if name in sys.modules
        ),
    ):
        for name in ("CONNECT", "SILENCE"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, 1.0)
    server.line.begin(most=0, holds=True)
    begun = time.monotonic()
    with pytest.raises(Failed, match=r"exports: .*(in time|cannot be|breaks off)"):
        copy.bring()
    assert time.monotonic() - begun < 20
    server.line.close()
    with pytest.raises(Failed, match=r"exports: .*check"):
        copy.bring()


@pytest.mark.parametrize("most", [0, 400, 3_000, 200_000])
def test_whatever_breaks_off_is_told_in_one_sentence(server, tmp_path, msp, most):
    """Nothing that a library writes by itself comes to the terminal."""
    made = workspace(tmp_path / "ws", f"{server.address}/{{client}}/{{month}}")
    server.put("acme/2026-10/tickets.csv", os.urandom(1_000_000))
    server.line.begin(most=most)
    said = msp("check", "--client", "acme", "--month", "2026-10", "--workspace", made.root)
    assert said.code == 3 and not said.out
    others = [
        line for line in said.err.splitlines() if not line.startswith("acme: fetching ")
    ]  # where it takes long
    assert len(others) == len(said.problems) == 1
    assert re.match(r"exports: (s3|sftp)://.*: it .*: check ", said.problems[0])
    assert "http" not in said.err and SECRET not in said.err


def test_a_host_that_is_not_known_is_asked_nothing(sftp, sshd, tmp_path, monkeypatch):
    _, keys = sshd
    copy = mirror.Mirror(f"{sftp.address}/{{month}}", tmp_path / "acme")
    (tmp_path / "nobody").touch()
    monkeypatch.setenv("MSP_REPORT_KNOWN_HOSTS", str(tmp_path / "nobody"))
    with pytest.raises(Failed, match=r"host key \(ssh-ed25519 SHA256:.*\) is not in known_hosts: compare it"):
        copy.bring()
    monkeypatch.setenv("MSP_REPORT_KNOWN_HOSTS", known(sftp.line, keys, "another"))
    with pytest.raises(Failed, match=r"another one than known_hosts has \(ssh-ed25519"):
        copy.bring()


def test_the_config_of_ssh_says_what_the_address_leaves_open(sftp, sshd, tmp_path, monkeypatch):
    _, keys = sshd
    sftp.put("2026-10/tickets.csv", b"a,b\n1,2\n")
    root = urlsplit(sftp.address).path
    monkeypatch.delenv("MSP_REPORT_SSH_KEY")
    config = tmp_path / "config"
    monkeypatch.setenv("MSP_REPORT_SSH_CONFIG", str(config))

    def bring(host: str, name: str) -> dict:
        copy = mirror.Mirror(f"sftp://{host}{root}/{{month}}", tmp_path / name)
        copy.bring()
        return copied(copy)

    text = f"HostName 127.0.0.1\n  Port {sftp.line.own_port}\n  User {_user()}\n  IdentityFile {keys}/"
    config.write_text(f"Host evidence\n  {text}absent\n  IdentityFile {keys}/ours\n", encoding="utf-8")
    assert bring("evidence", "one") == {"2026-10/tickets.csv": b"a,b\n1,2\n"}
    with pytest.raises(Failed, match="does not let nobody in"):
        bring("nobody@evidence", "two")
    config.write_text(f"Host evidence\n  {text}another\n", encoding="utf-8")
    with pytest.raises(Failed, match="does not let"):
        bring("evidence", "three")
    monkeypatch.setenv("MSP_REPORT_SSH_KEY", str(keys / "ours"))
    assert len(bring("evidence", "four")) == 1, "the key that the environment names goes before"
    config.write_text("Host evidence\n  Port many\n", encoding="utf-8")
    with pytest.raises(Failed, match=r"config cannot be read .*: mend it, or set MSP_REPORT_SSH_CONFIG"):
        bring("evidence", "five")


def test_who_is_not_let_in_is_told(sftp, sshd, tmp_path, monkeypatch):
    _, keys = sshd
    copy = mirror.Mirror(f"{sftp.address}/{{month}}", tmp_path / "acme")
    monkeypatch.setenv("MSP_REPORT_SSH_KEY", str(keys / "another"))
    with pytest.raises(Failed, match=r"does not let .* in"):
        copy.bring()
    monkeypatch.setenv("MSP_REPORT_SSH_KEY", str(keys / "absent"))
    with pytest.raises(Failed, match="MSP_REPORT_SSH_KEY: there is no file"):
        copy.bring()
    monkeypatch.setenv("SFTP_WORD", SECRET)
    address = sftp.address.replace("@", ":${SFTP_WORD}@")
    with pytest.raises(Failed) as refused:
        mirror.Mirror(f"{address}/{{month}}", tmp_path / "acme").bring()
    assert SECRET not in str(refused.value) and "does not let" in str(refused.value)


def test_a_folder_or_bucket_that_is_not_there_is_no_empty_one(server, tmp_path):
    address = (
        server.address.replace("evidence", "nothing") if "s3" in server.address else f"{server.address}/no"
    )
    with pytest.raises(Failed, match=r"there is no (bucket nothing|folder .*/no)"):
        mirror.Mirror(f"{address}/{{month}}", tmp_path / "acme").bring()


def test_a_file_that_goes_away_is_gone(server, tmp_path, monkeypatch):
    for name in ("a", "b"):
        server.put(f"acme/2026-10/{name}.csv", b"1")
    copy = mirror.Mirror(f"{server.address}/acme/{{month}}", tmp_path / "acme")
    listing = mirror.patiently

    def listed_and_gone(ask):
        found = listing(ask)
        if isinstance(found, dict) and "2026-10/b.csv" in found:
            server.remove("acme/2026-10/b.csv")
        return found

    monkeypatch.setattr(mirror, "patiently", listed_and_gone)
    copy.bring()
    assert copied(copy) == {"2026-10/a.csv": b"1"}


def test_an_address_that_no_bucket_can_have_is_told(s3, tmp_path, monkeypatch):
    with pytest.raises(Failed, match="its address cannot be used"):
        mirror.Mirror("s3://A$/x/{month}", tmp_path / "acme").bring()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere at all")
    with pytest.raises(Failed, match="its address cannot be used"):
        mirror.Mirror("s3://evidence/x/{month}", tmp_path / "acme").bring()


def test_links_are_followed_once(sftp, tmp_path):
    sftp.put("2026-10/a.csv", b"1")
    (sftp._folder / "2026-09").symlink_to(sftp._folder / "2026-10")
    (sftp._folder / "2026-10" / "b.csv").symlink_to(sftp._folder / "2026-10" / "a.csv")
    (sftp._folder / "2026-10" / "up").symlink_to(sftp._folder)
    (sftp._folder / "2026-10" / "nothing").symlink_to(sftp._folder / "absent")
    copy = mirror.Mirror(f"{sftp.address}/{{month}}", tmp_path / "acme")
    copy.bring()
    assert {"2026-10/a.csv", "2026-10/b.csv", "2026-09/a.csv"} <= copied(copy).keys()
    assert len(copied(copy)) < 12


# ---------------------------------------------------------------- a client's months


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A few notebooks of the monthly pack."""
    folder = tmp_path_factory.mktemp("few")
    for name in NOTEBOOKS:
        shutil.copy(pack.NOTEBOOKS / "monthly" / f"{name}.ipynb", folder)
    return folder


def workspace(root, exports):
    """A client with a few tables of the demo company, whose exports lie somewhere."""
    params = root / "params" / "acme"
    params.mkdir(parents=True)
    shutil.copy(PROJECT / "params" / "demo" / "contract.yaml", params)
    lines = [f"exports: {json.dumps(exports)}", "tables:"]
    lines += [f"  {table}: {{file: {table}.csv, evidence: raw}}" for table in TABLES]
    (params / "sources.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (params / "pseudonyms.key").write_text("0" * 64 + "\n", encoding="ascii")
    return Workspace.find(root)


@pytest.fixture(scope="module")
def months(demo_place):
    """The exports of two months, by name."""
    return {
        f"{month}/{table}.csv": (demo_place.exports / "demo" / month / f"{table}.csv").read_bytes()
        for month in MONTHS
        for table in TABLES
    }


@pytest.fixture(scope="module")
def local(tmp_path_factory, months, few):
    """The pack from a folder."""
    root = tmp_path_factory.mktemp("local")
    for name, content in months.items():
        (root / "exports" / "acme" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "exports" / "acme" / name).write_bytes(content)
    return pack.run_month("acme", "2026-10", workspace(root, "exports/{client}/{month}"), few, only=True)


def results(pack):
    """What a pack found, byte by byte: figures, records, and what it says of its files."""
    told = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    files = [
        pack / "figures.json",
        *sorted((pack / "records").rglob("*.csv")),
        *sorted((pack / "rejects").glob("*.csv")),
    ]
    found = {path.relative_to(pack).as_posix(): path.read_bytes() for path in files}
    return {**found, "manifest": {key: told[key] for key in ("files", "tables", "unread", "warnings")}}


@pytest.fixture
def remote(server, tmp_path, months, few):
    """A workspace whose exports lie on a server, and its pack."""
    for name, content in months.items():
        server.put(f"acme/{name}", content)
    made = workspace(tmp_path / "ws", f"{server.address}/{{client}}/{{month}}")
    return made, pack.run_month("acme", "2026-10", made, few, only=True)


def test_the_pack_is_that_of_the_folder_and_goes_there_again(server, remote, local, monkeypatch):
    made, published = remote
    assert results(published) == results(local)
    assert len(results(published)) > 10
    text = (published / "manifest.json").read_text(encoding="utf-8")
    assert SECRET not in text and str(made.output) not in text

    to = f"{server.address}/packs"
    said = []
    server.line.begin()
    elsewhere.publish("acme", "2026-10", f"{server.address}/first", made)
    server.line.begin(most=server.line.given // 2)
    with pytest.raises(errors.Failed, match=r"0 of 1 packs are there whole; run it again, it goes on"):
        elsewhere.publish("acme", "2026-10", to, made)
    half = [name for name in server.all() if name.startswith("packs/") and "/." not in name]
    assert half and "packs/acme/2026-10/current.json" not in half
    server.line.begin()
    (pointer,) = elsewhere.publish("acme", "2026-10", to, made, said.append)
    there = {name: content for name, content in server.all().items() if name.startswith("packs/")}
    told = json.loads(there.pop("packs/acme/2026-10/current.json"))
    ours = {
        path.relative_to(published.resolve()).as_posix(): path.read_bytes()
        for path in published.resolve().rglob("*")
        if path.is_file()
    }
    assert there == {
        f"packs/acme/2026-10/{told['revision']}/{name}": content for name, content in ours.items()
    }
    assert f": {len(ours) - len(half)} of {len(ours)} files copied" in said[0]
    assert pointer.endswith("/packs/acme/2026-10/current.json") and "@" not in pointer
    before = len(server.all())
    elsewhere.publish("acme", "2026-10", to, made, said.append)
    assert "is there already" in said[-1] and len(server.all()) == before
    at = opened(to)
    try:
        assert revisions.current(at, "acme/2026-10") == told
    finally:
        at.close()


def test_a_month_is_refused_while_the_server_is_away_and_read_when_it_is_back(server, tmp_path, months):
    from msp_report.case import open_case

    for name, content in months.items():
        server.put(f"acme/{name}", content)
    made = workspace(tmp_path / "ws", f"{server.address}/{{client}}/{{month}}")
    case = partial(open_case, "acme", "2026-10", made)
    assert len(case().table("tickets"))
    server.line.begin(most=0)
    with pytest.raises(Failed, match="exports: ") as refused:
        _ = case().accepted
    assert refused.value.code == 3
    server.line.begin()
    assert str(open_case("acme", "", made).period) == "2026-10"
    server.put("acme/2026-10/tickets.csv", b"ticket_id,opened_at\n1,x\n")
    with pytest.raises(ingest.DataRefused, match=r"tickets.csv: ") as refused:
        _ = case().accepted
    assert str(made.output) not in str(refused.value)
    with pytest.raises(ingest.DataRefused, match=r"in (s3|sftp)://.*2026-08") as refused:
        _ = open_case("acme", "2026-08", made).accepted
    assert ".exports" not in str(refused.value)
