"""A file of SQLite: what `query` asks of it, and nothing that would change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from msp_report.intake.chunk import Chunk, Unreadable, sift
from msp_report.intake.formats.outlines import Outline
from msp_report.intake.formats.records import column
from msp_report.params.layout import Layout, distinct

CHUNK_ROWS = 20_000
#: A larger file is not gone through to see whether it is whole.
CHECKED = 2_000_000_000
#: What a statement may do: read tables, by functions if it likes, and by itself again and again.
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
#: Functions that reach beyond the file, or give something else each time.
_FORBIDDEN = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "random", "randomblob"}
)
#: So many tables are named where one has to be chosen.
_NAMED = 12


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The rows that `query` gives, in its order; a row's line is its number, and its cells are texts.

    The file is opened as one that nobody writes, and is not changed. Bytes that are no text mark their row. Raises
    Unreadable without a query, for one that does anything but read, and for a file that is no such database.
    """
    with closing(_opened(path)) as database:
        _refuse_damaged(path, database)
        if layout.query is None:
            raise Unreadable(f"say in query what to ask of this database: {_listed(_tables(database))}")
        database.set_authorizer(_authorised)
        facts = {"header_line": 0}
        remarks = _written_to(path)
        try:
            found = database.execute(layout.query)
            if found.description is None:
                raise Unreadable("query asks for no rows: write one SELECT")
            header = distinct(name for name, *_ in found.description)
            done = 0
            while (rows := found.fetchmany(CHUNK_ROWS)) or not done:
                columns = tuple(column([_text(cell) for cell in cells]) for cells in zip(*rows, strict=True))
                lines = np.arange(done + 1, done + len(rows) + 1, dtype=np.int64)
                columns = columns or tuple(column([]) for _ in header)
                yield sift(Chunk(header, columns, lines, facts=facts, typed=True, remarks=remarks))
                done += len(rows)
                if not rows:
                    break
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise Unreadable(_why(error, database)) from None


def outline(path: Path, layout: Layout) -> Outline:
    """The tables of a database with their columns."""
    with closing(_opened(path)) as database:
        return Outline("sqlite", tables=_tables(database))


def _opened(path: Path) -> sqlite3.Connection:
    _refuse_cut(path)
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise Unreadable(f"this is no database of SQLite that can be read ({error}): copy it again") from None
    database.text_factory = lambda given: given.decode("utf-8", "msp_report.mark")
    return database


def _refuse_cut(path: Path) -> None:
    """Refuse a file that is shorter than its own head says: SQLite would read the pages that are not there as empty."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        raise Unreadable("this is no database of SQLite: copy its file again")
    size = int.from_bytes(head[16:18], "big")
    size = 65_536 if size == 1 else size
    pages, changed, counted_at = (int.from_bytes(head[at : at + 4], "big") for at in (28, 24, 92))
    if changed == counted_at and pages * size > path.stat().st_size:
        raise Unreadable("the database breaks off: it is shorter than it says: copy its file again")


def _refuse_damaged(path: Path, database: sqlite3.Connection) -> None:
    """Refuse a file that was copied while it was written to: a query would find some of its rows."""
    if path.stat().st_size > CHECKED:
        return
    try:
        (found,) = database.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise Unreadable(
            f"the database is damaged ({found.splitlines()[0]}): stop what writes to it and copy it again"
        )


def _authorised(action: int, first: str | None, second: str | None, *rest: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").casefold() in _FORBIDDEN:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _tables(database: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Each table and view with its columns."""
    try:
        names = [
            name
            for (name,) in database.execute(
                "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' "
                "escape '\\' order by name"
            )
        ]
        return {
            name: tuple(row[0] for row in database.execute("select name from pragma_table_info(?)", (name,)))
            for name in names
        }
    except sqlite3.Error as error:
        raise Unreadable(f"this is no database of SQLite that can be read ({error}): copy it again") from None


def _listed(tables: dict[str, tuple[str, ...]]) -> str:
    if not tables:
        return "it has no tables"
    named = [f"{name} ({', '.join(columns[:20])})" for name, columns in list(tables.items())[:_NAMED]]
    more = f" and {len(tables) - _NAMED} more" if len(tables) > _NAMED else ""
    return f"its tables are {', '.join(named)}{more}"


def _why(error: Exception, database: sqlite3.Connection) -> str:
    said = str(error)
    if "not authorized" in said or "authorization denied" in said or "prohibited" in said:
        return "query may only read this file's tables: write one SELECT"
    if "one statement" in said:
        return "query is more than one statement: write one SELECT"
    if "no such" in said:
        database.set_authorizer(None)
        return f"query: {said}: {_listed(_tables(database))}"
    if "malformed" in said or "not a database" in said:
        return f"this is no database of SQLite that can be read ({said}): copy it again"
    return f"query: {said}"


def _written_to(path: Path) -> tuple[str, ...]:
    """What to say of a copy that was made while somebody wrote: its last rows lie in another file."""
    logs = [path.with_name(f"{path.name}-{kind}") for kind in ("wal", "journal")]
    return tuple(
        f"{log.name} lies beside it, with what was being written: stop what writes to it and copy it again, or ask for "
        "a backup of the database"
        for log in logs
        if log.exists() and log.stat().st_size
    )


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError:
            return "\x00"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
