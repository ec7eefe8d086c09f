"""The server as somebody else on this machine would try it: what is published is shown, and nothing else."""

import asyncio
import http.client
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from html.parser import HTMLParser
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urljoin, urlsplit

import pytest
from workspaces import Place

from msp_report.pages import serve
from msp_report.workspace import UnknownClient, Workspace

SECRET = "olga@msp.example"
PAGE = '<!DOCTYPE html><title>x</title><a href="../records/tickets/open.csv">rows</a><a href="../figures.csv">all</a>'


def pack(folder: Path, page: str = PAGE) -> Path:
    """A published pack as `publish` leaves it: a link to a revision that holds real names beside the pages."""
    revision = folder.parent / ".revisions" / folder.name / "0001"
    files = {
        "html/index.html": page,
        "html/tickets.html": page,
        "records/tickets/open.csv": "ticket_id\nT1\n",
        "letters/claim.txt": "We claim £900.\n",
        "figures.json": "[]\n",
        "figures.csv": "report\n",
        "manifest.json": "{}\n",
        "tables/tickets.parquet": SECRET,
        "rejects/tickets.csv": SECRET,
        "notebooks/30_tickets.ipynb": SECRET,
        "html/.hidden.html": SECRET,
        "html/notes.txt": SECRET,
        "records/.draft/open.csv": SECRET,
    }
    for name, text in files.items():
        path = revision / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder.symlink_to(os.path.relpath(revision, folder.parent), target_is_directory=True)
    return revision


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two clients: months, a year, the pages of today, a fork's pack, and everything that is not for show."""
    made = Place(tmp_path_factory.mktemp("served") / "ws")
    made.client("acme", 'client: {name: "Acme & <b>Sons</b>", timezone: Europe/London, locale: en-GB}')
    made.client("other")
    for name in (
        "acme/2026-03",
        "acme/2026-04",
        "acme/2025",
        "acme/daily",
        "acme/2025-07..2026-06",
        "other/2026-03",
    ):
        folder = made.output / name
        folder.parent.mkdir(parents=True, exist_ok=True)
        pack(folder)
    (made.output / "acme" / "audit").mkdir()
    pack(made.output / "acme" / "audit" / "2026-03")
    for name in (
        "acme/.accepted/2026-03/html",
        "acme/.staging/2026-05/html",
        "acme/pdf/2026-03",
        "acme/empty",
    ):
        (made.output / name).mkdir(parents=True)
        (made.output / name / "index.html").write_text(SECRET)
    (made.output / ".cache").mkdir()
    (made.root / "secret.html").write_text(SECRET)
    (made.output / "acme" / "daily" / "html" / "leak.html").symlink_to(made.root / "secret.html")
    (made.output / "acme" / "daily" / "html" / "names.csv").symlink_to("../rejects/tickets.csv")
    (made.output / "acme" / "daily" / "records" / "out").symlink_to(made.root)
    away = made.root.parent / "elsewhere"
    (away / "html").mkdir(parents=True)
    (away / "html" / "index.html").write_text(SECRET)
    (made.output / "acme" / "away").symlink_to(away)
    return made


@contextmanager
def running(place: Place, client: str = ""):
    """A server in a thread of its own, and its port."""
    begun, ended, loops = Event(), asyncio.Event(), []

    async def answer():
        async with serve.running(Workspace.find(place.root), 0, client) as address:
            loops.extend([asyncio.get_running_loop(), urlsplit(address).port])
            begun.set()
            await ended.wait()

    thread = Thread(target=asyncio.run, args=(answer(),), daemon=True)
    thread.start()
    assert begun.wait(10)
    yield loops[1]
    loops[0].call_soon_threadsafe(ended.set)
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def port(place):
    with running(place) as port:
        yield port


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body; the path goes out as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, dict(answer.headers.items()), answer.read().decode()
    connection.close()
    return found


class Links(HTMLParser):
    """The addresses and words of a page's links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._href = dict(attrs).get("href", "") if tag == "a" else ""

    def handle_data(self, data):
        if self._href:
            self.found[self._href] = data.strip()
            self._href = ""


# ---------------------------------------------------------------- what is shown


def test_the_first_page_lists_clients_and_their_packs_newest_first(port):
    status, headers, body = ask(port, "/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert list(Links(body).found.values()) == [
        "Today",
        "April 2026",
        "March 2026",
        "July 2025 to June 2026",
        "2025",
        "Audit: March 2026",
        "March 2026",
    ]
    assert re.findall(r"<h2>(.*?)</h2>", body) == ["Acme &amp; &lt;b&gt;Sons&lt;/b&gt;", "Acme Ltd"]
    for href in Links(body).found:
        assert ask(port, href)[0] == 200, href


def test_pages_records_and_figures_are_served_with_their_kind(port):
    kinds = {
        "html/index.html": "text/html",
        "html/tickets.html": "text/html",
        "records/tickets/open.csv": "text/csv",
        "letters/claim.txt": "text/plain",
        "figures.json": "application/json",
        "figures.csv": "text/csv",
        "manifest.json": "application/json",
    }
    for pack in ("acme/daily", "acme/2026-03", "acme/2025-07..2026-06", "acme/audit/2026-03"):
        for name, kind in kinds.items():
            status, headers, body = ask(port, f"/{pack}/{name}")
            assert (status, headers["Content-Type"]) == (200, f"{kind}; charset=utf-8"), (pack, name)
            assert body and SECRET not in body


def test_links_between_the_files_of_a_pack_lead_somewhere(port):
    where = "/acme/2026-03/html/index.html"
    for href in Links(ask(port, where)[2]).found:
        assert ask(port, urljoin(where, href))[0] == 200, href


@pytest.mark.parametrize(
    "path", ["/acme/2026-03", "/acme/2026-03/", "/acme/2026-03/html", "/acme/2026-03/html/"]
)
def test_a_folder_leads_to_its_first_page(port, path):
    status, headers, _ = ask(port, path)
    assert (status, headers["Location"]) == (302, "/acme/2026-03/html/index.html")


def test_a_question_mark_changes_nothing(port):
    assert ask(port, "/acme/daily/html/index.html?x=/../..")[0] == 200


def test_every_answer_forbids_scripts_frames_and_keeping(port):
    for path in ("/", "/acme/daily/html/index.html", "/acme/daily/figures.json", "/nothing", "/acme/daily"):
        _, headers, _ = ask(port, path)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "msp-report"


def test_head_has_no_body(port):
    whole = ask(port, "/acme/daily/figures.csv")
    status, headers, body = ask(port, "/acme/daily/figures.csv", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, "", str(len(whole[2])))


def test_a_new_revision_is_shown_at_once(place, port):
    target = place.output / "acme" / "2026-04"
    revision = target.resolve().with_name("0002")
    (revision / "html").mkdir(parents=True)
    (revision / "html" / "index.html").write_text("new")
    new = target.with_name(".new")
    new.symlink_to(os.path.relpath(revision, target.parent))
    os.replace(new, target)
    assert ask(port, "/acme/2026-04/html/index.html")[2] == "new"


# ---------------------------------------------------------------- what is not

HIDDEN = [
    "/acme/daily/tables/tickets.parquet",
    "/acme/daily/rejects/tickets.csv",
    "/acme/daily/notebooks/30_tickets.ipynb",
    "/acme/daily/html/.hidden.html",
    "/acme/daily/html/notes.txt",
    "/acme/daily/records/.draft/open.csv",
    "/acme/.revisions/daily/0001/html/index.html",
    "/acme/.accepted/2026-03/html/index.html",
    "/acme/.staging/2026-05/html/index.html",
    "/acme/pdf/2026-03/index.html",
    "/acme/empty/index.html",
    "/.cache/html/index.html",
    "/acme/daily/html/leak.html",
    "/acme/daily/html/names.csv",
    "/acme/daily/records/out/secret.html",
    "/acme/away/html/index.html",
    "/acme/daily/html",
    "/acme/daily/html/../tables/tickets.parquet",
    "/acme/daily/html/../rejects/tickets.csv",
    "/acme/daily/html/%2e%2e/rejects/tickets.csv",
    "/acme/daily/html/..%2frejects%2ftickets.csv",
    "/acme/daily/html/%2e%2e%2frejects/tickets.csv",
    "/acme/daily/html/..\\rejects\\tickets.csv",
    "/acme/daily/html/..%5crejects%5ctickets.csv",
    "/acme/daily/records/../../../../params/acme/contract.yaml",
    "/../../secret.html",
    "/..%2f..%2fsecret.html",
    "/%2e%2e/secret.html",
    "//etc/passwd",
    "/acme//daily/html/index.html",
    "/acme/daily/html/index.html%00.html",
    "/acme/daily/html/index.html/",
    "/acme/daily/html/%ff.html",
    "/acme/daily/html/%c0%ae%c0%ae/rejects/tickets.csv",
    "/acme/./daily/html/index.html",
    "/acme/daily/html/index.html/../../rejects/tickets.csv",
    "/acme",
    "/acme/",
    "/nobody/2026-03/html/index.html",
    "/" + "a/" * 400,
    "/" + "a" * 5000,
    "http://127.0.0.1/acme/daily/html/index.html",
    "*",
]


@pytest.mark.parametrize("path", HIDDEN)
def test_everything_else_is_not_found(port, path):
    status, _, body = ask(port, path)
    assert status == (302 if path == "/acme/daily/html" else 404), body
    assert SECRET not in body and "root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_it_can_only_be_looked_at(place, port, method):
    before = sorted(place.output.rglob("*"))
    status, headers, body = ask(port, "/acme/daily/html/index.html", method)
    assert (status, headers["Allow"], body) == (405, "GET, HEAD", "Method Not Allowed.\n")
    assert sorted(place.output.rglob("*")) == before


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::1]"])
def test_a_page_elsewhere_that_points_here_is_refused(port, host):
    status, _, body = ask(port, "/acme/daily/html/index.html", Host=host)
    assert status == 421 and "this machine only" in body


@pytest.mark.parametrize("host", ["a@127.0.0.1", "127.0.0.1/", "127.0.0.1, evil.example"])
def test_what_is_no_name_of_a_machine_is_no_request(port, host):
    assert ask(port, "/", Host=host)[0] in (400, 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8000", "127.0.0.1:1"])
def test_this_machine_may_be_called_by_its_names(port, host):
    assert ask(port, "/acme/daily/html/index.html", Host=host)[0] == 200


@pytest.mark.parametrize(
    "sent", [b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"\r\n"]
)
def test_what_is_no_request_gets_one_line_or_nothing(port, sent, capfd):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read().decode()
    assert "Traceback" not in answer and "python" not in answer.lower() and "<" not in answer
    assert ask(port, "/")[0] == 200  # and it goes on
    assert "".join(capfd.readouterr()) == ""


def test_a_request_that_does_not_arrive_is_not_waited_for(place, monkeypatch):
    """A letter now and then keeps no connection: the whole request has so long."""
    monkeypatch.setattr(serve, "_PATIENCE", 0.5)
    with running(place) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        begun = time.monotonic()
        with suppress(ConnectionError):
            for letter in itertools.chain(b"GET / HTTP/1.1\r\nHost: ", itertools.repeat(ord("a"))):
                slow.sendall(bytes([letter]))
                time.sleep(0.05)
                if time.monotonic() - begun > 8:
                    break
        assert time.monotonic() - begun < 5
        assert ask(port, "/")[0] == 200


def test_many_at_once_are_answered(port):
    path = "/acme/2026-03/html/index.html"
    with ExitStack() as held:
        made = [
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(300)
        ]
        for connection in made:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
        said = [connection.makefile("rb").read() for connection in made]
    assert all(answer.startswith(b"HTTP/1.1 200 OK") and PAGE.encode() in answer for answer in said)


def test_what_is_sent_along_is_not_read(port):
    status = ask(port, "/", **{"Content-Length": str(10**12)})[0]
    assert status in (400, 413)


def test_one_client_alone(place):
    with running(place, "other") as port:
        body = ask(port, "/")[2]
        assert list(Links(body).found) == ["/other/2026-03/html/index.html"]
        assert "acme" not in body.lower().replace("acme ltd", "")
        assert ask(port, "/other/2026-03/html/index.html")[0] == 200
        for path in ("/acme/daily/html/index.html", "/acme/daily", "/acme/daily/figures.json"):
            assert ask(port, path)[0] == 404


def test_it_listens_on_this_machine_alone(port):
    other = next((a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
                  if not a[4][0].startswith("127.")), None)  # fmt: skip
    if other is None:
        pytest.skip("this machine has no address but its own")
    with pytest.raises(OSError):
        socket.create_connection((other, port), timeout=2).close()


def test_nothing_published_is_said(tmp_path):
    made = Place(tmp_path / "ws")
    made.client()
    assert "Nothing is published yet" in serve.index(serve.Shelf(Workspace.find(made.root)))


# ---------------------------------------------------------------- the verb


def test_a_busy_port_is_one_sentence(msp, place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = msp("serve", "--workspace", place.root, "--port", taken.getsockname()[1])
    assert said.code == 2 and len(said.problems) == 1
    assert "is in use by another program: choose another with --port" in said.problems[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--client", "acmee"], "did you mean 'acme'"),
        (["--port", "70000"], "port"),
        (["--port", "x"], "port"),
    ],
)
def test_wrong_use(msp, place, arguments, words):
    said = msp("serve", "--workspace", place.root, *arguments)
    assert said.code == 2 and len(said.problems) == 1 and words in said.problems[0]


def test_an_unknown_client_is_refused_before_anything_listens(place):
    with pytest.raises(UnknownClient):
        serve.serve(Workspace.find(place.root), 0, "nobody")


@pytest.mark.skipif(os.name == "nt", reason="there Ctrl-C is sent otherwise")
def test_it_says_where_it_is_and_ends_with_ctrl_c(place):
    command = [sys.executable, "-m", "msp_report", "serve", "--workspace", place.root, "--port", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # tests that were begun in the background have Ctrl-C ignored, and so would what they start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        line = process.stdout.readline()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", line)[1])
        assert ask(port, "/acme/daily/html/index.html")[0] == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out == "Ended.\n"
