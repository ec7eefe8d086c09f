"""DuckDB as it is used here: silent, and in UTC wherever the machine stands."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it takes long to load, and much can be told without it
    import duckdb

#: Parquet of so many bytes is small: whatever is asked of it is answered in memory.
SMALL = 4_000_000


def connect(path: str = ":memory:", **config: Any) -> duckdb.DuckDBPyConnection:
    """A database, in memory or in a file, that draws no bar on the terminal, where only the path of a page may stand,
    and writes instants in UTC.

    In a notebook without ipywidgets it can draw none, and refuses to be told so.
    """
    import duckdb

    database = duckdb.connect(path, config=config)
    database.execute("SET TimeZone = 'UTC'")
    with suppress(duckdb.InvalidInputException):
        database.execute("PRAGMA disable_progress_bar")
    return database


def connect_small() -> duckdb.DuckDBPyConnection:
    """The same for what fits into memory many times over. A new database takes a hundredth of a second, so that these
    share one; what is only theirs, as a temporary view is, they do not share."""
    import duckdb

    database = _shared(os.getpid()).cursor()
    database.execute("SET TimeZone = 'UTC'")
    with suppress(duckdb.InvalidInputException):
        database.execute("PRAGMA disable_progress_bar")
    return database


def connect_to(*paths: Path, **config: Any) -> duckdb.DuckDBPyConnection:
    """A database for what is asked of some Parquet files: the shared one where they are small, else one of its own
    within bounds, which goes on in a file of the temporary folder."""
    if sum(path.stat().st_size for path in paths) <= SMALL:
        return connect_small()
    return connect(**{"memory_limit": "1500MB", "temp_directory": gettempdir(), **config})


@cache
def _shared(process: int) -> duckdb.DuckDBPyConnection:
    """One for each process: the threads of a database do not go on in a fork. It keeps nothing of the files it read."""
    return connect(enable_external_file_cache=False)
