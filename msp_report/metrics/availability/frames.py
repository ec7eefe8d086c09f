"""The records of availability: their columns, typed; and its instants as integers and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.columns import micros, typed

MISSING = np.iinfo(np.int64).min
SECOND = 1_000_000


# fmt: off
LEVEL_COLUMNS = [
    "service", "calendar", "scheduled_min", "excluded_min", "unknown_min", "down_min", "up_min",
    "availability_ratio", "low_ratio", "high_ratio", "target_ratio", "outages", "low_outages", "high_outages",
    "max_outages", "outages_verdict", "longest_outage_min", "mttr_min", "mtbf_min", "budget_left_min",
    "coverage_ratio", "verdict", "missed_by", "why_missing", "reading", "unsmoothed_ratio", "maintenance_min",
    "refused_min", "degraded_min", "probed_min", "checks", "evidence", "users", "user_hourly_cost",
    "user_hours_lost", "user_cost", "in_contract", "clause",
]
RULE_COLUMNS = [
    "service", "rule", "availability_ratio", "verdict", "own", "maintenance", "unknown", "degraded",
    "short", "probes", "outages",
]
ROBUSTNESS_COLUMNS = [
    "service", "robust", "readings", "met", "missed", "flipped_by", "rule", "availability_ratio",
    "verdict",
]
OUTAGE_COLUMNS = [
    "service", "started_at", "ended_at", "down_min", "counted", "still_on", "evidence", "cause",
    "ticket_id", "user_hours_lost", "user_cost",
]
MAINTENANCE_COLUMNS = [
    "service", "started_at", "ended_at", "announced_at", "announced_by", "notice_hours",
    "scheduled_min", "counted_min", "refused_min", "down_min", "status", "why", "source",
]
CONTRADICTION_COLUMNS = [
    "service", "what", "started_at", "ended_at", "seen_at", "probe", "cause", "ticket_id",
]
DROPPED_COLUMNS = [
    "service", "table", "file", "line", "reason", "state", "started_at", "ended_at", "probe",
]
RESTATED_COLUMNS = [
    "service", "month", "down_then_min", "down_min", "then_ratio", "availability_ratio",
    "then_verdict", "verdict",
]
BETWEEN_COLUMNS = [
    "service", "since", "outages", "n", "newest_days", "mean_days", "usual_low_days", "usual_high_days", "trial",
    "variation", "why", "since_days", "quiet",
]
DOUBT_COLUMNS = ["probe", "what", "services", "times", "started_at", "ended_at"]
# fmt: on

#: Types of columns by name or last word; all else is text.
_TYPES = {
    **dict.fromkeys(("min", "ratio", "hours", "days", "lost", "cost", "users", "short"), "float64"),
    **dict.fromkeys(("outages", "checks", "readings", "met", "missed", "times"), "Int64"),
    "line": "Int64",
    "n": "Int64",
    **dict.fromkeys(("own", "counted", "still_on", "in_contract", "trial", "quiet"), "bool"),
    "at": "datetime64[us, UTC]",
}


def microseconds(values: pd.Series, name: str = "times") -> np.ndarray:
    """Instants as integer microseconds of UTC; missing ones are the smallest integer."""
    return micros(values, name).fillna(MISSING).to_numpy(np.int64)


def utc(micros: Any) -> pd.DatetimeIndex:
    """Integer microseconds as instants of UTC; the smallest integer is NaT."""
    return pd.DatetimeIndex(np.asarray(micros, np.int64).view("datetime64[us]")).tz_localize("UTC")


def typed_rows(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns, typed."""
    return _as_columns(pd.DataFrame(rows, columns=columns), columns)


def stack(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Frames below each other with exactly these columns, typed."""
    filled = [frame for frame in frames if len(frame)]
    return _as_columns(pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(), columns)


def _as_columns(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    types = {name: _TYPES.get(name, _TYPES.get(name.rpartition("_")[2], "str")) for name in columns}
    return typed(frame.reindex(columns=columns), types)
