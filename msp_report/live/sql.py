"""A database that is asked over the network or in a file: one SELECT, which may only read, kept as Parquet.

All is kept as text, as an export would have it, so that a table reads the same from either. It needs the extra `live`.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from msp_report.live import kept
from msp_report.live.asked import Asked, Failed, filled, plain, without_secrets
from msp_report.model.zones import ZoneInfo
from msp_report.params import Source

#: Until a server takes the connection, and until a query has its answer [s].
CONNECT, LONGEST = 10, 300
#: So long is waited before a server that does not take the connection is asked again [s].
WAITS = (1.0, 2.0, 4.0)
#: Rows at a time.
ROWS = 5_000
#: What each kind of address is opened with.
_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mysql+pymysql"}
#: How SQLAlchemy tells a parameter from a cast.
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`")
#: The type of a column of MySQL that is an instant and is told in the zone of the session.
_MYSQL_TIMESTAMP = 7


def fetch(asked: Asked, source: Source, path: Path) -> None:
    """Ask for a month and put what comes into a file. Raises Failed."""
    try:
        import sqlalchemy
    except ImportError:
        raise Failed(
            "sql needs SQLAlchemy and a driver, which are not installed: make the environment with "
            "`python3 -m msp_report.environment --with live`"
        ) from None
    wrong = unfit(asked.query)
    if wrong:
        raise Failed(f"query {wrong}")
    named = dict.fromkeys(_PARAMETER.findall(asked.query))
    kind = asked.address.partition("://")[0].partition("+")[0]
    engine = _engine(sqlalchemy, kind, asked)
    fresh, rows = kept.new(path), None
    asked.say(f"asking {plain(asked.address)}")
    try:
        with _connected(sqlalchemy, engine) as connection:
            _only_read(connection, kind)
            has_zone = _in_zone(sqlalchemy, connection, kind, asked.timezone)
            bounds = {name: _bound(getattr(asked, name), asked.timezone, kind) for name in named}
            found = connection.execution_options(stream_results=True, max_row_buffer=ROWS).execute(
                sqlalchemy.text(asked.query), bounds
            )
            with closing(found):
                if not has_zone:
                    _refuse_instants(found.cursor.description, asked.timezone)
                rows = _write(found, fresh, asked.say)
    except sqlalchemy.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        text = without_secrets(said[0] if said else type(error).__name__, asked.address)
        raise Failed(f"{kind} {plain(asked.address)}: {text}") from None
    finally:
        engine.dispose()
        if rows is None:
            fresh.unlink(missing_ok=True)
    about = {"exported_at": asked.at.isoformat(), "from": plain(asked.address), "query": asked.query}
    kept.put(fresh, path, {**about, "parts": 1, "rows": rows, "warnings": []})


def unfit(query: str) -> str | None:
    """What is wrong with a query, as said after its name; None where it is one SELECT."""
    bare = _QUOTED.sub("''", _COMMENT.sub(" ", query)).strip().rstrip(";").rstrip()
    if not re.match(r"(?i)(select|with|values)\b", bare):
        return "does not begin with SELECT: write one SELECT"
    if ";" in bare:
        return "is more than one statement: write one SELECT"
    if re.search(r"(?i)\binto\s+(outfile|dumpfile)\b", bare):
        return "writes a file: write one SELECT"
    strange = [name for name in _PARAMETER.findall(query) if name not in ("start", "end")]
    if strange:
        return f"has :{strange[0]}, and only :start and :end stand for something: write \\:{strange[0]} for the text"
    return None


def _engine(sqlalchemy: Any, kind: str, asked: Asked) -> Any:
    address = filled(asked.address)
    if kind == "sqlite":
        place = Path(address.partition(":///")[2])
        place = place if place.is_absolute() or asked.params is None else asked.params / place
        if not place.is_file():
            raise Failed(
                f"sqlite: there is no file {place.name}: correct the address, relative to the params"
            )
        uri = f"file:{quote(str(place.absolute()))}?mode=ro"
        creator = lambda: sqlite3.connect(uri, uri=True, timeout=CONNECT)  # noqa: E731
        return sqlalchemy.create_engine("sqlite://", creator=creator, poolclass=sqlalchemy.pool.NullPool)
    options: dict[str, Any] = {"connect_timeout": CONNECT}
    if kind == "postgresql":
        options["options"] = f"-c default_transaction_read_only=on -c statement_timeout={LONGEST * 1000}"
        options["application_name"] = "msp_report"
    else:
        options |= {"read_timeout": LONGEST, "write_timeout": LONGEST}
    try:
        url = sqlalchemy.make_url(address).set(drivername=_DRIVERS[kind])
        return sqlalchemy.create_engine(url, connect_args=options, poolclass=sqlalchemy.pool.NullPool)
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError):
        raise Failed(
            f"{kind}: the address cannot be used: write it like {kind}://user:${{PASSWORD}}@host/name"
        ) from None


@contextmanager
def _connected(sqlalchemy: Any, engine: Any) -> Iterator[Any]:
    """A connection, tried again while the server does not take any; what it began is undone."""
    for wait in (*WAITS, None):
        try:
            connection = engine.connect()
            break
        except sqlalchemy.exc.OperationalError as error:
            if wait is None or not _may_pass(error):
                raise
        time.sleep(wait)
    with connection:
        yield connection
        connection.rollback()


def _may_pass(error: Any) -> bool:
    """Whether to ask again: not where the server said no to this user, password or name."""
    said = str(error.orig).casefold()
    final = ("denied", "authentication", "does not exist", "unknown database", "password")
    return not any(word in said for word in final)


def _only_read(connection: Any, kind: str) -> None:
    if kind in ("mysql", "mariadb"):
        connection.exec_driver_sql("set session transaction read only")
        connection.rollback()
    elif kind == "sqlite":
        connection.exec_driver_sql("pragma query_only = on")


def _in_zone(sqlalchemy: Any, connection: Any, kind: str, timezone: str) -> bool:
    """Have the server tell times in the source's zone; whether it can."""
    if kind == "postgresql":
        connection.exec_driver_sql("select set_config('TimeZone', %s, false)", (timezone,))
    elif kind in ("mysql", "mariadb"):
        name = "+00:00" if timezone in ("UTC", "Etc/UTC") else timezone
        try:
            connection.exec_driver_sql("set time_zone = %s", (name,))
        except sqlalchemy.exc.SQLAlchemyError:
            connection.rollback()
            return False
    return True


def _refuse_instants(description: Sequence[Sequence[Any]], timezone: str) -> None:
    """Times of a zone that the server does not know would come in its own, whatever that is."""
    instants = [column[0] for column in description if column[1] == _MYSQL_TIMESTAMP]
    if instants:
        raise Failed(
            f"mysql: {instants[0]} is a TIMESTAMP, and the server does not know the zone {timezone}: load its time "
            "zone tables (mysql_tzinfo_to_sql), or set timezone: UTC for this source"
        )


def _bound(at: pd.Timestamp, timezone: str, kind: str) -> Any:
    """The month's bound as the database compares it: the clock on the wall in the source's zone.

    In SQLite times are texts: a day alone lies before each of its times, however those are written.
    """
    local = at.to_pydatetime().astimezone(ZoneInfo(timezone))
    if kind == "postgresql":
        return local
    wall = local.replace(tzinfo=None)
    if kind != "sqlite":
        return wall
    return wall.date().isoformat() if wall.time() == clock_time() else wall.isoformat(" ")


def _write(found: Any, fresh: Path, say: Callable[[str], None]) -> int:
    """All rows into a file of texts; how many there were, of which `say` hears."""
    names = list(found.keys())
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Failed(f"query has two columns that are called {min(twice)}: give each its own name (as)")
    schema = pa.schema([(name, pa.string()) for name in names])
    count = 0
    with pq.ParquetWriter(fresh, schema, compression="zstd") as writer:
        rows = iter(found)
        while batch := list(islice(rows, ROWS)):
            columns = [
                pa.array([_text(row[place]) for row in batch], pa.string()) for place in range(len(names))
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            count += len(batch)
            say(f"{count:,} rows have come")
    return count


def _text(value: Any) -> str | None:
    """A value as an export in text has it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | clock_time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
