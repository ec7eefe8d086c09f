"""Show what is published to a browser on this machine: read-only, on 127.0.0.1 alone.

Served are the pages, records, figures and manifests of published packs, and nothing else: accepted tables, rejects,
executed notebooks and packs in the making hold real names or half of the truth. What is not served is not found,
whether it is there or not.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from urllib.parse import quote, unquote

from msp_report import params
from msp_report.model.errors import WrongUse
from msp_report.model.period import Period
from msp_report.pages import publish
from msp_report.words import labels
from msp_report.words.language import ENGLISH, Language
from msp_report.words.numbers import Numbers, clean
from msp_report.workspace import Workspace

ADDRESS = "127.0.0.1"
#: Names by which a browser on this machine may call it; any other is a page elsewhere that points here.
_HOSTS = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?", re.ASCII | re.IGNORECASE)
#: What of a pack is served: folders of files, and files.
_FOLDERS, _FILES = ("html", "records"), ("figures.json", "figures.csv", "manifest.json")
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json; charset=utf-8",
}
#: No dot first, no slash of either kind, no control character.
_NAME = re.compile(r"[^\W_][\w .+()\-]*")
_LONGEST = 8  # names in a path
_HEADERS = {
    "Content-Security-Policy": f"{publish.POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class PortBusy(WrongUse):
    """The address cannot be had; the text says why and what to do."""


def serve(workspace: Workspace, port: int, client: str = "", say: Callable[[str], None] = print) -> None:
    """Show the published packs of a workspace, or of one client, until Ctrl-C.

    `say` hears the address. Raises PortBusy, and UnknownClient for a client without params.
    """
    if client:
        workspace.client_params(client)
    with server(workspace, port, client) as running:
        say(f"Showing {workspace.output} on {address(running)} (Ctrl-C ends it)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            say("Ended.")


def server(workspace: Workspace, port: int, client: str = "") -> ThreadingTCPServer:
    """A server that is bound and answers once it runs; port 0: any free one. Raises PortBusy."""
    try:
        return _Server((ADDRESS, port), partial(_Handler, Shelf(workspace, client)))
    except OSError as error:
        taken = (
            "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be had ({error})"
        )
        raise PortBusy(f"port {port} {taken}: choose another with --port, 0 for any free one") from None


def address(running: ThreadingTCPServer) -> str:
    """Where a server is to be found."""
    return f"http://{ADDRESS}:{running.server_address[1]}/"


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 50
    allow_reuse_address = os.name != "nt"  # there it would take a port that another program listens on

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away is no error; anything else is one line, not a traceback."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            sys.stderr.write(f"msp-report: {type(error).__name__}: {error}\n")


# ---------------------------------------------------------------- what there is


@dataclass(frozen=True)
class Shelf:
    """The published packs under a workspace's output, of one client or of all."""

    workspace: Workspace
    client: str = ""

    def clients(self) -> list[str]:
        """The clients that have a published pack."""
        names = [self.client] if self.client else _names(self.workspace.output)
        return [name for name in names if any(self.packs(name))]

    def packs(self, client: str) -> Iterator[tuple[str, ...]]:
        """Where the packs of a client lie, as names below its folder: ("2026-10",), ("daily",), ("fork", "2026-10")."""
        home = self.workspace.output / client
        for name in _names(home):
            if self.is_pack(client, name):
                yield (name,)
            else:
                yield from (
                    (name, inner) for inner in _names(home / name) if self.is_pack(client, name, inner)
                )

    def is_pack(self, client: str, *names: str) -> bool:
        """Whether a published pack lies there, inside the client's own folder."""
        if self.client and client != self.client:
            return False
        home = self.workspace.output / client
        folder = home.joinpath(*names)
        return (folder / "html" / "index.html").is_file() and folder.resolve().is_relative_to(home.resolve())

    def contract(self, client: str) -> params.Contract | None:
        """A client's contract; None where it cannot be read, or where the folder is no client's."""
        try:
            return params.load_contract(self.workspace.client_params(client))
        except (ValueError, OSError):
            return None

    @property
    def language(self) -> Language:
        """The language that all its clients share, else English."""
        known = filter(None, map(self.contract, self.clients()))
        names = {contract.client.language for contract in known}
        return Language(names.pop()) if len(names) == 1 else ENGLISH

    def find(self, names: list[str]) -> Path | None:
        """The file that an address names, None where nothing is served there."""
        for size in (2, 3):
            pack, rest = names[:size], names[size:]
            if len(rest) and _is_served(rest) and self.is_pack(*pack):
                folder = self.workspace.output.joinpath(*pack).resolve()
                path = folder.joinpath(*rest)  # a pack holds no links, so one in it leads somewhere else
                return path if path.resolve() == path and path.is_file() else None
        return None


def _is_served(rest: list[str]) -> bool:
    """Whether a path inside a pack is one of those that are shown."""
    inside = len(rest) > 1 and rest[0] in _FOLDERS
    return (inside or (len(rest) == 1 and rest[0] in _FILES)) and Path(rest[-1]).suffix in _KINDS


def _names(folder: Path) -> list[str]:
    """The folders in a folder whose names may be shown, sorted."""
    try:
        return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir())
    except OSError:
        return []


# ---------------------------------------------------------------- the page of packs


def index(shelf: Shelf) -> str:
    """The page that lists clients and their packs, the newest first."""
    language = shelf.language
    parts = [_client_part(shelf, client, language) for client in shelf.clients()]
    if not parts:
        nothing = "Nothing is published yet: run <code>msp-report monthly</code> or <code>daily</code>."
        parts = [f"<p>{nothing}</p>"]
    title = escape(language("Published pages"))
    css = (publish.TEMPLATES / "board" / "board.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="{escape(language.name)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<main id="main">
<h1>{title}</h1>
<p>{escape(language("Shown on this machine only, read-only."))}</p>
{"".join(parts)}
</main>
</body>
</html>
"""


def _client_part(shelf: Shelf, client: str, language: Language) -> str:
    contract = shelf.contract(client)
    show = replace(Numbers.of(contract) if contract else Numbers(), language=language)
    name = contract.client.name if contract else show.label(client)
    items = [
        f'<li><a href="/{quote("/".join((client, *names)))}/html/index.html">{escape(_label(names, show))}</a></li>'
        for names in sorted(shelf.packs(client), key=_order)
    ]
    return f"<h2>{escape(clean(name))}</h2>\n<ul>\n{''.join(items)}\n</ul>\n"


def _label(names: tuple[str, ...], show: Numbers) -> str:
    """What a pack is called: its period in words, after the name of the pack where it has one."""
    *before, last = names
    if names == ("daily",):
        return labels.page("today", show.language)
    try:
        return " ".join([*(f"{name.capitalize()}:" for name in before), show.period(Period.parse(last))])
    except ValueError:
        return " ".join(names)


def _order(names: tuple[str, ...]) -> tuple:
    """Today first, then months and then longer periods from the newest back, then packs with a name of their own."""
    try:
        period = Period.parse(names[-1])
    except ValueError:
        return names != ("daily",), len(names), names[:-1], True, 0, names[-1]
    newest_first = -(period.last.year * 12 + period.last.month)
    return True, len(names), names[:-1], period.first != period.last, newest_first, names[-1]


# ---------------------------------------------------------------- answers


class _Handler(BaseHTTPRequestHandler):
    timeout = 30

    def version_string(self) -> str:
        """Not which versions of what run here."""
        return "msp-report"

    def __init__(self, shelf: Shelf, *connection: object) -> None:
        self._shelf = shelf
        super().__init__(*connection)

    def do_GET(self) -> None:
        """A page, a record, figures, or the list of packs."""
        if not self._asked_here():
            self._say(
                HTTPStatus.MISDIRECTED_REQUEST,
                self._shelf.language("This is shown to browsers on this machine only."),
            )
            return
        names, is_folder = _read(self.path)
        if names is None:
            self._say(HTTPStatus.NOT_FOUND, self._shelf.language("There is no such page."))
        elif not names:
            self._send(HTTPStatus.OK, index(self._shelf).encode(), _KINDS[".html"])
        elif is_folder or not (path := self._shelf.find(names)):
            self._forward(names)
        else:
            self._send_file(path)

    do_HEAD = do_GET

    def _asked_here(self) -> bool:
        """Whether the browser asked for this machine: a name of another, made to point here, is refused."""
        return _HOSTS.fullmatch(self.headers.get("Host", "")) is not None

    def _send_file(self, path: Path) -> None:
        try:
            body = path.read_bytes()
        except OSError:
            self._say(HTTPStatus.NOT_FOUND, self._shelf.language("There is no such page."))
            return
        self._send(HTTPStatus.OK, body, _KINDS[path.suffix])

    def _forward(self, names: list[str]) -> None:
        """From the folder of a pack, or of its pages, to its first page."""
        pack = names[:-1] if names[-1] == "html" else names
        if len(pack) in (2, 3) and self._shelf.is_pack(*pack):
            where = f"/{quote('/'.join(pack))}/html/index.html"
            self._say(HTTPStatus.FOUND, self._shelf.language("The first page is there."), Location=where)
        else:
            self._say(HTTPStatus.NOT_FOUND, self._shelf.language("There is no such page."))

    def _say(self, status: HTTPStatus, text: str, **more: str) -> None:
        self._send(status, f"{text}\n".encode(), "text/plain; charset=utf-8", **more)

    def _send(self, status: HTTPStatus, body: bytes, kind: str, **more: str) -> None:
        self.send_response(status)
        for name, value in {
            **_HEADERS,
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **more,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library refuses (a method, a request that is none) in one plain line, and no more is read."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        allow = {"Allow": "GET, HEAD"} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
        self._say(status, f"{status.phrase}.", **allow)

    def log_message(self, format: str, *arguments: object) -> None:
        """Who looked at what is nobody's business."""


def _read(target: str) -> tuple[list[str] | None, bool]:
    """The names of a path, and whether it ends as a folder does; None where a name is not to be shown."""
    path = target.partition("?")[0]
    if not path.startswith("/"):
        return None, False
    try:
        *names, last = [unquote(part, errors="strict") for part in path[1:].split("/")]
    except UnicodeDecodeError:
        return None, False
    names = [*names, last] if last else names
    if len(names) > _LONGEST or not all(_NAME.fullmatch(name) for name in names):
        return None, False
    return names, not last
