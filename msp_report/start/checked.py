"""What `check` says of each file beside its counts: what read it, what of it is not read, which figures die of it, and
what to ask the provider for next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from msp_report.case import Case
from msp_report.intake import profile
from msp_report.model.measures import MEASURES
from msp_report.model.tables import TABLES
from msp_report.start.contract import flow

#: So many names of figures are said of one column.
_SHOWN = 4
#: What every help desk and every tool can export, the least effort first.
_EASY = (
    "tickets", "outages", "checks", "backup_jobs", "purchases", "ticket_events", "installs", "entitlements",
    "time_entries", "samples", "surveys", "projects", "duty_evidence", "assets", "restore_tests", "vendors",
    "decisions", "prices", "project_periods", "assessments", "recommendations", "claims",
)  # fmt: skip


@cache
def needs() -> Mapping[str, list[str]]:
    """By `table.column`, and by `table`, the figures that nobody can give without it (selftest/needed.py)."""
    text = (Path(__file__).parent / "needs.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text) or {}


def lines(case: Case) -> list[str]:
    """What is said of what was read for a period, one line each."""
    files = case.manifest["files"]
    said = [line for entry in files for line in _of_file(entry)]
    for table in dict.fromkeys(entry["table"] for entry in files):
        said += _empty(case, table)
    return [*said, *_unknown(files), *_next(case)]


def _of_file(entry: Mapping[str, Any]) -> list[str]:
    """What reads a file, and its columns that nothing reads."""
    told = entry["read_as"]
    columns = told.get("columns")
    if columns is None:
        return []
    by = told.get("route") or entry["profile"]
    way = f"by the profile {by}" if by else "without a profile"
    said = [f"{entry['file']}: read as {entry['table']} {way}, {len(columns)} columns"]
    if told.get("beside"):
        names = ", ".join(str(one) for one in dict(told["beside"]).values())
        said.append(f"{entry['file']}: read together with {names}")
    unread = [
        name for name in told.get("unread") or () if not name.startswith("_")
    ]  # where it stands, no column
    if unread:
        said.append(f"{entry['file']}: not read: {', '.join(unread)}")
    if told.get("default"):
        filled = ", ".join(f"{column} in {count:,} rows" for column, count in told["default"].items())
        said.append(f"{entry['file']}: filled by default: {filled}")
    if entry.get("left_out"):
        said.append(f"{entry['file']}: {entry['left_out']:,} rows left out, which are no records")
    return said


def _empty(case: Case, table: str) -> list[str]:
    """The optional columns in which no row says anything, where figures need them."""
    path = case.accepted / "tables" / f"{table}.parquet"
    if not path.exists():
        return []
    rows = pq.read_metadata(path)
    groups = [rows.row_group(number) for number in range(rows.num_row_groups)]
    said = []
    for place, column in enumerate(TABLES[table].columns if rows.num_rows else ()):
        missing = sum(group.column(place).statistics.null_count for group in groups)
        if column.required or missing < rows.num_rows:
            continue
        figures = needs().get(f"{table}.{column.name}", [])
        if figures:
            said.append(f"{table}: empty: {column.name} → without it there is no {_titles(figures)}")
    return said


def _titles(figures: list[str]) -> str:
    """Some figures by their names, and how many more there are."""
    shown = ", ".join(figures[:_SHOWN])
    return shown + (f" and {len(figures) - _SHOWN} more" if len(figures) > _SHOWN else "")


def _unknown(files: list[dict[str, Any]]) -> list[str]:
    """All values that nobody knows, by table, as a block to put into sources.yaml with our values filled in."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for entry in files:
        for column, counts in (entry["read_as"].get("unknown") or {}).items():
            into = found.setdefault(entry["table"], {}).setdefault(column, {})
            for value, count in counts.items():
                into[value] = into.get(value, 0) + count
    said = []
    for table, columns in found.items():
        said += [
            f"{table}: values that nobody knows: put this into sources.yaml, with our value behind each:"
        ]
        said += ["      values:"]
        for column, counts in columns.items():
            declared = profile.meaning(TABLES[table], column)
            choices = (declared.choices or ("true", "false")) if declared else ()
            said.append(f"        {column}:  # one of {', '.join(choices)}")
            ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            said += [f"          {flow(value)}:   # {count:,} rows" for value, count in ordered]
    return said


def _next(case: Case) -> list[str]:
    """The table that is not there and is asked for with the least effort, and what it would give."""
    states, came = case.manifest["tables"], set(case.arrivals()["table"])
    for table in _EASY:
        if states[table]["state"] == "read" or table in came:
            continue
        figures = [name for name in needs().get(table, ()) if name in MEASURES]
        if figures:
            routes = [name for name in profile.names() if table in profile.load(name)]
            how = f"; docs/sources.md says how it is exported from {', '.join(routes[:6])}" if routes else ""
            return [
                f"ask the provider for: {table} ({_small(TABLES[table].meaning)}): {len(figures)} figures more, "
                f"such as {', '.join(figures[:3])}{how}"
            ]
    return []


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
