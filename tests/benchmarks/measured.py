"""What was measured, one row a way of doing something, kept as CSV; and the machine that it was measured on.

`bench.csv` has pairs: several ways of one thing, done in turn, the first of which the others are held against.
`portfolio.csv` has runs over many clients, from which docs/many-clients.md computes what a client costs.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from cost import Cost

#: The columns of bench.csv. `thing` and `size` say what was done, `way` how; `clock_s`, `cpu_s` are medians of `times`
#: runs, `memory_mb` the most of any; the ratios are medians of those within each turn, to the first way; `note` says
#: why nothing was measured, `load` how many processes wanted a core in the last minute of it.
PAIRS = (
    *("thing", "size", "way", "times", "clock_s", "cpu_s", "memory_mb"),
    *("clock_ratio", "cpu_ratio", "note", "load", "measured_on", "machine"),
)
#: The columns of portfolio.csv: so many `clients` at so many at a time (`workers`); the seconds and memory of all
#: processes; those of the one that asked (`asker_…`) and of the scheduler; seconds of the clock that one client took;
#: what the asker took to send all (`sent_s`) and to fetch their packs (`fetched_s`) [s of CPU]; how large the page of
#: all is; what lies in output/ and in the store, and in how many files there. The way `page` is the page of all alone.
RUNS = (
    *("way", "clients", "workers", "clock_s", "cpu_s", "memory_mb", "asker_cpu_s", "asker_mb"),
    *("scheduler_cpu_s", "scheduler_mb", "client_median_s", "client_most_s", "sent_s", "fetched_s"),
    *("page_mb", "output_mb", "store_mb", "store_files", "load", "measured_on", "machine"),
)
_LIBRARIES = ("papermill", "nbconvert", "pandas", "pyarrow", "duckdb", "distributed")


def turns(thing: str, size: int, costs: Mapping[str, Sequence[Cost]]) -> pd.DataFrame:
    """The rows of ways that were done in turn, the first of them the one to which the others are held."""
    first, *_ = costs.values()
    made = []
    for way, some in costs.items():
        clock, cpu = (statistics.median(getattr(one, what) for one in some) for what in ("wall", "cpu"))
        made.append(
            {
                "thing": thing,
                "size": size,
                "way": way,
                "times": len(some),
                "clock_s": clock,
                "cpu_s": cpu,
                "memory_mb": max(one.mb for one in some) or None,
                "clock_ratio": _ratio([(one.wall, two.wall) for one, two in zip(some, first, strict=True)]),
                "cpu_ratio": _ratio([(one.cpu, two.cpu) for one, two in zip(some, first, strict=True)]),
            }
        )
    return dated(pd.DataFrame(made), PAIRS)


def skipped(thing: str, size: int, way: str, why: str) -> pd.DataFrame:
    """The row of a way that could not be measured."""
    return dated(pd.DataFrame([{"thing": thing, "size": size, "way": way, "times": 0, "note": why}]), PAIRS)


def _ratio(pairs: Sequence[tuple[float, float]]) -> float | None:
    known = [one / two for one, two in pairs if two]
    return statistics.median(known) if known else None


def dated(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows with the load, the day and the machine, and all columns in order."""
    day, load = datetime.now(UTC).date().isoformat(), os.getloadavg()[0]
    return frame.assign(load=load, measured_on=day, machine=machine()).reindex(columns=list(columns))


def machine() -> str:
    """The machine, Python and the libraries in one line."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    named = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    system = f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}, {named}"


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "not installed"


def read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Rows that were written; none where there is no file."""
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    return pd.read_csv(path)[list(columns)]


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write rows as CSV, numbers to four digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, float_format="%.4g", lineterminator="\n")


def renewed(old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Old rows in their order, but of what was measured again the new ones; what is new comes last."""
    if old.empty:
        return new
    again = old.set_index(list(key)).index.isin(new.set_index(list(key)).index)
    places = {one: place for place, one in enumerate(old[list(key)].itertuples(index=False, name=None))}
    rows = pd.concat([old[~again], new.astype(old.dtypes, errors="ignore")], ignore_index=True)
    order = [places.get(one, len(old)) for one in rows[list(key)].itertuples(index=False, name=None)]
    return rows.iloc[sorted(range(len(rows)), key=order.__getitem__)].reset_index(drop=True)
