"""What becomes of a file if it is read in some way, tried before that is written down."""

from __future__ import annotations

import glob
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report import params
from msp_report.intake import ingest, reasons
from msp_report.intake.profile import ProfileError
from msp_report.model.period import Month
from msp_report.model.tables import TABLES
from msp_report.params.yaml_text import validate

#: How the sentence begins by which a month without rows is refused; another month is tried then.
_SILENCE = ("no table has rows in", "there is nothing to read")


@dataclass(frozen=True)
class Trial:
    """What became of the rows of a file."""

    problems: tuple[str, ...]
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    left_out: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Canonical column: {value that nobody knows: rows}."""
    month: Month | None = None
    """The month of most of its rows; None of a table without dates."""
    keys: frozenset[tuple] = frozenset()
    """The keys of its rows."""
    times: frozenset = frozenset()
    """When its rows happened."""
    filled: int = 0
    """The canonical columns in which any row says something."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """service, priority: what its rows name."""
    read_as: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def only_unknown_values(self) -> bool:
        """Whether rows are rejected for nothing but values that a person can name."""
        told = {reason for reason, count in self.by_reason.items() if count} - reasons.HARMLESS
        return told <= {reasons.UNKNOWN} and bool(self.unknown)

    @property
    def counts(self) -> str:
        """Its rows in words."""
        rejected = self.rejected - self.left_out
        parts = [f"{self.read:,} rows: {self.accepted:,} accepted"]
        parts += [f"{self.left_out:,} left out"] if self.left_out else []
        if rejected:
            why = "; ".join(
                f"{count:,} {reason}"
                for reason, count in self.by_reason.items()
                if reason not in reasons.LEFT_OUT
            )
            parts.append(f"{rejected:,} rejected ({why})")
        return ", ".join(parts)


def run(
    paths: list[Path],
    table: str,
    entry: Mapping[str, Any],
    timezone: str,
    month: Month | None,
    folder: Path | None,
) -> Trial:
    """Read some files of one folder as a table; `entry` holds the keys of sources.yaml without `file`."""
    try:
        listed = [{**entry, "file": glob.escape(path.name)} for path in paths]
        sources = validate(params.Sources, {"tables": {table: listed}}, "sources.yaml", {})
    except (params.ParamsError, ProfileError) as error:
        return Trial((str(error),))
    with tempfile.TemporaryDirectory(prefix="msp-report-init-") as name:
        try:
            return _tried(sources, table, paths[0].parent, timezone, month, folder, Path(name))
        except (params.ParamsError, ProfileError, ValueError) as error:
            return Trial((str(error),))


def _tried(
    sources: params.Sources,
    table: str,
    place: Path,
    timezone: str,
    month: Month | None,
    folder: Path | None,
    into: Path,
) -> Trial:
    cache = into / "cache"
    template = glob.escape(str(place)) if glob.has_magic(str(place)) else str(place)
    months = [month] if month else []
    if not months and TABLES[table].period is not None:
        months = ingest.months_with_exports(sources, template, timezone, folder, cache)[-6:]
    trials = []
    for number, one in enumerate(months or [Month(2026, 1)]):
        target = into / str(number)
        problems: list[str] = []
        try:
            ingest.read_month(sources, template, one, timezone, target, folder, cache)
        except ingest.DataRefused as error:
            problems = [text for text in error.problems if not text.startswith(_SILENCE)]
        told = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        trials.append(
            (sum(file["rows"] - file["outside"] for file in told["files"]), one, target, told, problems)
        )
    _, best, target, told, problems = max(trials, key=lambda trial: trial[0])
    files = told["files"]
    by_reason: dict[str, int] = {}
    for file in files:
        for reason, count in file["by_reason"].items():
            by_reason[reason] = by_reason.get(reason, 0) + count
    rows = _rows(target, table)
    return Trial(
        tuple(problems),
        *(sum(file[count] for file in files) for count in ("read", "accepted", "rejected", "left_out")),
        by_reason,
        _unknown(files),
        best if months else None,
        _keys(rows, table),
        _times(rows, table),
        int(rows.notna().any().sum()) if len(rows) else 0,
        _names(rows),
        files[0]["read_as"] if files else {},
        tuple(told["warnings"]),
    )


def _rows(target: Path, table: str) -> pd.DataFrame:
    path = target / "tables" / f"{table}.parquet"
    return pd.read_parquet(path) if path.exists() else pd.DataFrame()


def _keys(rows: pd.DataFrame, table: str) -> frozenset[tuple]:
    names = [name for name in TABLES[table].key if name in rows]
    return frozenset(rows[names].astype(str).itertuples(index=False, name=None)) if names else frozenset()


def _times(rows: pd.DataFrame, table: str) -> frozenset:
    """The minutes, or the days, of its rows."""
    period = TABLES[table].period
    if period not in rows:
        return frozenset()
    told = rows[period].dropna()
    return frozenset(told.dt.floor("min") if isinstance(told.dtype, pd.DatetimeTZDtype) else told.astype(str))


def _names(rows: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    found = {}
    for column in ("service", "priority"):
        if column in rows:
            found[column] = tuple(sorted(rows[column].dropna().astype(str).unique()))[:50]
    return found


def _unknown(files: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """The values that nobody knows, with their rows, by canonical column."""
    found: dict[str, dict[str, int]] = {}
    for file in files:
        for column, counts in (file["read_as"].get("unknown") or {}).items():
            for value, count in counts.items():
                found.setdefault(column, {})[value] = found.get(column, {}).get(value, 0) + count
    return found
