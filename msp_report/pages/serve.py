"""Show what is published to a browser on this machine: read-only, on 127.0.0.1 alone.

Served are the pages, records, figures and manifests of published packs, and nothing else: accepted tables, rejects,
executed notebooks and packs in the making hold real names or half of the truth. What is not served is not found,
whether it is there or not.
"""

from __future__ import annotations

import asyncio
import errno
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import escape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, unquote

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

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
_FOLDERS, _FILES = (
    ("html", "letters", "records"),
    ("figures.json", "figures.csv", "manifest.json", "seal.json"),
)
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
#: No dot first, no slash of either kind, no control character.
_NAME = re.compile(r"[^\W_][\w .+()\-]*")
_LONGEST = 8  # names in a path
_PATIENCE = 30  # how long a request may take to arrive [s]
_BODY = 1024  # nothing is sent to us [bytes]
_HEADERS = {
    "Server": "msp-report",
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

    async def answer() -> None:
        async with running(workspace, port, client) as address:
            say(f"Showing {workspace.output} on {address} (Ctrl-C ends it)")
            await asyncio.Event().wait()

    try:
        asyncio.run(answer())
    except KeyboardInterrupt:
        say("Ended.")


@asynccontextmanager
async def running(workspace: Workspace, port: int, client: str = "") -> AsyncIterator[str]:
    """A server that answers while the loop runs, and its address; port 0: any free one. Raises PortBusy."""
    try:
        sockets = bind_sockets(port, ADDRESS)
    except OSError as error:
        taken = (
            "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be had ({error})"
        )
        raise PortBusy(f"port {port} {taken}: choose another with --port, 0 for any free one") from None
    pages = Application([(".*", _Page, {"shelf": Shelf(workspace, client)})], log_function=_untold)
    server = HTTPServer(pages, idle_connection_timeout=_PATIENCE, body_timeout=_PATIENCE, max_body_size=_BODY)
    server.add_sockets(sockets)
    try:
        yield f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/"
    finally:
        server.stop()
        await server.close_all_connections()


def _untold(request: RequestHandler) -> None:
    """Who looked at what is nobody's business."""


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
    kind = Path(rest[-1]).suffix
    inside = len(rest) > 1 and rest[0] in _FOLDERS and (rest[0] == "letters") == (kind == ".txt")
    return (inside or (len(rest) == 1 and rest[0] in _FILES)) and kind in _KINDS


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


class _Page(RequestHandler):
    """Any address: a page, a record, figures, or the list of packs."""

    SUPPORTED_METHODS = ("GET", "HEAD")

    def initialize(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def set_default_headers(self) -> None:
        """What every answer says; not which versions of what run here."""
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def compute_etag(self) -> None:
        """Nothing is kept, so nothing is compared."""

    def get(self) -> None:
        request, language = self.request, self._shelf.language
        if not _HOSTS.fullmatch(request.headers.get("Host", "")):
            # a name of another machine, made to point here
            self._say(
                HTTPStatus.MISDIRECTED_REQUEST, language("This is shown to browsers on this machine only.")
            )
            return
        names, is_folder = _read(request.path)
        if names == []:
            self._send(index(self._shelf).encode(), ".html")
        elif (
            names
            and not is_folder
            and (path := self._shelf.find(names))
            and (body := _content(path)) is not None
        ):
            self._send(body, path.suffix)
        elif names and (pack := self._pack(names)):
            self.set_header("Location", f"/{quote('/'.join(pack))}/html/index.html")
            self._say(HTTPStatus.FOUND, language("The first page is there."))
        else:
            self._say(HTTPStatus.NOT_FOUND, language("There is no such page."))

    head = get

    def _pack(self, names: list[str]) -> list[str]:
        """The pack whose folder, or whose folder of pages, an address names; empty where there is none."""
        pack = names[:-1] if names[-1] == "html" else names
        return pack if len(pack) in (2, 3) and self._shelf.is_pack(*pack) else []

    def _send(self, body: bytes, suffix: str) -> None:
        self.set_header("Content-Type", _KINDS[suffix])
        self.finish(body)

    def _say(self, status: HTTPStatus, text: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{text}\n")

    def write_error(self, status_code: int, **_: object) -> None:
        """What the library refuses (a method, a request that is none) in one plain line."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        self._say(HTTPStatus(status_code), f"{HTTPStatus(status_code).phrase}.")

    def log_exception(self, kind: object, error: BaseException | None, trace: object) -> None:
        """One line, not a traceback."""
        if not isinstance(error, HTTPError):
            sys.stderr.write(f"msp-report: {type(error).__name__}: {error}\n")


def _content(path: Path) -> bytes | None:
    """The bytes of a file; None where it went away."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _read(path: str) -> tuple[list[str] | None, bool]:
    """The names of a path, and whether it ends as a folder does; None where a name is not to be shown."""
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
