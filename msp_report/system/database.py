"""DuckDB as it is used here: silent, and in UTC wherever the machine stands."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import duckdb


def connect(path: str = ":memory:", **config: Any) -> duckdb.DuckDBPyConnection:
    """A database, in memory or in a file, that draws no bar on the terminal, where only the path of a page may stand,
    and writes instants in UTC.

    In a notebook without ipywidgets it can draw none, and refuses to be told so.
    """
    database = duckdb.connect(path, config=config)
    database.execute("SET TimeZone = 'UTC'")
    with suppress(duckdb.InvalidInputException):
        database.execute("PRAGMA disable_progress_bar")
    return database
