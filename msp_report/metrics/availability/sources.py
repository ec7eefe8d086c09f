"""What the sources say of a service: the provider's log of outages, and the checks of probes (rules 4 and 7)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import MISSING, SECOND, microseconds, utc
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import STATES
from msp_report.metrics.availability.spans import Spans
from msp_report.model.columns import DAY, optional

#: How long a state holds in a log of changes without a row of its own service (rule 7).
LONGEST_STATE = 92 * DAY


_FOREVER = np.iinfo(np.int64).max // 2


def log_of(outages: pd.DataFrame, month: ServiceMonth) -> pd.DataFrame:
    """Outage rows that began before the cut-off: begin, end, announced [us], state code, words."""
    log = pd.DataFrame(
        {
            "service": outages["service"].to_numpy(),
            "begin": microseconds(outages["started_at"], "outages.started_at"),
            "end": microseconds(optional(outages, "ended_at", "datetime64[us, UTC]"), "outages.ended_at"),
            "state": _states(outages, "outages"),
            "announced": microseconds(
                optional(outages, "announced_at", "datetime64[us, UTC]"), "outages.announced_at"
            ),
            **{
                name: optional(outages, name, "str").to_numpy()
                for name in ("announced_by", "cause", "ticket_id")
            },
        }
    )
    _require_service_and_time(log, "outages", "begin")
    backwards = log[(log["end"] != MISSING) & (log["end"] < log["begin"])]
    if len(backwards):
        ends, begins = utc(backwards["end"])[0], utc(backwards["begin"])[0]
        name = backwards["service"].iloc[0]
        raise ValueError(f"outages: {name} ends at {ends}, before it starts at {begins}: reject the row")
    log["still_on"] = log["end"] == MISSING
    log["end"] = log["end"].where(~log["still_on"], month.cutoff)
    return log[log["begin"] < month.cutoff]


def holds_of(checks: pd.DataFrame, month: ServiceMonth) -> pd.DataFrame:
    """Checks before the cut-off: at, until when each holds by itself [us], state code (rule 7)."""
    at = microseconds(checks["at"], "checks.at")
    gap = pd.to_numeric(optional(checks, "max_gap_s", "float64")).astype("float64")
    gap = gap.fillna(month.accounting.max_gap_s).to_numpy()
    if (gap < 0).any():
        raise ValueError("checks.max_gap_s is negative: a state cannot hold for less than no time")
    lasting = optional(checks, "changes_only", "boolean").astype("boolean").fillna(False).to_numpy(bool)
    holds = pd.DataFrame(
        {
            "service": checks["service"].to_numpy(),
            "at": at,
            "until": np.where(
                lasting,
                at + LONGEST_STATE,
                at + np.minimum(gap * SECOND, _FOREVER / 2).round().astype(np.int64),
            ),
            "state": _states(checks, "checks"),
        }
    )
    _require_service_and_time(holds, "checks", "at")
    return holds[holds["at"] < month.cutoff]


def _states(frame: pd.DataFrame, table: str) -> np.ndarray:
    codes = pd.Categorical(frame["state"], categories=STATES).codes
    if (codes < 0).any():
        wrong = frame["state"][codes < 0].iloc[0]
        raise ValueError(f"{table}.state: {wrong!r} is not one of {', '.join(STATES)}")
    return codes.astype(np.int8)


def _require_service_and_time(rows: pd.DataFrame, table: str, instant: str) -> None:
    missing = rows["service"].isna() | (rows[instant] == MISSING)
    if missing.any():
        raise ValueError(
            f"{table}: {int(missing.sum())} rows lack a service or their time: reject them first"
        )


def held(holds: pd.DataFrame) -> dict[int, Spans]:
    """What the checks of one service say: spans of instants by state, touching ones joined."""
    at, until, state = (holds[name].to_numpy() for name in ("at", "until", "state"))
    order = np.lexsort((until, -state, at))  # of checks at one instant the worst comes last and holds
    at, until, state = at[order], until[order], state[order]
    until = np.minimum(until, np.append(at[1:], _FOREVER))
    kept = at < until
    at, until, state = at[kept], until[kept], state[kept]
    new = np.concatenate([[True], (state[1:] != state[:-1]) | (at[1:] != until[:-1])])[: len(at)]
    last = np.append(new[1:], True)[: len(at)]
    spans, state = np.column_stack([at[new], until[last]]), state[new]
    return {code: spans[state == code] for code in range(len(STATES))}
