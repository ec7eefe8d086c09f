"""Statements about a service that cannot both be true (rule 43)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import MISSING
from msp_report.metrics.availability.readings import DEGRADED, DOWN, UP

#: What cannot be true of an outage, by the name that the record and the page give it.
NOT_LISTED = "without an end, and the newest log does not list it any more"
YET_AGAIN = "without an end, and a later one of the same service"
YET_UP = "without an end, and a probe saw the service up later"
UP_MEANWHILE = "a probe saw the service up meanwhile"

#: Those of which either side may be right; of a closed outage and a probe the worse counts (rule 4).
EITHER = (NOT_LISTED, YET_AGAIN, YET_UP)


def contradictions(log: pd.DataFrame, holds: pd.DataFrame, first: int, cutoff: int) -> pd.DataFrame:
    """The outages of one service, down or degraded, that something else contradicts.

    Parameters: `log` and `holds` of the service, as `log_of` and `holds_of`; the period [us].
    Returns: one row per outage and contradiction: row (of the log), what, seen_at (when the other says that it was up,
    at the latest [us]; missing: the newest log by its silence) and probe. One that was seen to be over before the
    period is nothing of it.
    """
    out = log[log["state"].isin([DOWN, DEGRADED])].sort_values("begin", kind="stable")
    out = out[out["still_on"] | (out["end"] > first)]
    begins = out["begin"].to_numpy()
    is_open, listed = out["still_on"].to_numpy(bool), out["listed"].to_numpy(bool)
    reached_in = (out["end"] > first).to_numpy()
    later = np.searchsorted(begins, begins, side="right")
    again = np.append(begins, cutoff)[later]
    ups = np.sort(holds.loc[holds["state"] == UP, "at"].to_numpy())
    seen_up = np.append(ups, cutoff)[np.searchsorted(ups, begins, side="left")]
    gone = is_open & ~listed & (begins < first) & (again >= first) & (seen_up >= first)
    found = [(gone, NOT_LISTED, np.full(len(out), MISSING), "")]
    found.append((is_open & listed & (again < cutoff) & reached_in, YET_AGAIN, again, ""))
    for probe, seen in holds.groupby("probe", sort=True) if len(out) else ():
        up_at = _seen_up(seen, out, cutoff)
        known = (up_at != MISSING) & reached_in
        found.append((known & is_open & listed, YET_UP, up_at, probe))
        found.append((known & ~is_open & (up_at >= first), UP_MEANWHILE, up_at, probe))
    counts = [chosen.sum() for chosen, *_ in found]
    rows = pd.DataFrame(
        {
            "row": np.concatenate([out.index[chosen] for chosen, *_ in found]),
            "what": np.repeat([what for _, what, _, _ in found], counts),
            "seen_at": np.concatenate([seen_at[chosen] for chosen, _, seen_at, _ in found]),
            "probe": np.repeat([probe for *_, probe in found], counts),
        }
    ).astype({"seen_at": "int64", "what": "str", "probe": "str"})
    return rows.sort_values(["row", "seen_at"], kind="stable", ignore_index=True)


def _seen_up(seen: pd.DataFrame, out: pd.DataFrame, cutoff: int) -> np.ndarray:
    """When a probe first said within each outage that the service was up, or that it had never gone down [us]."""
    seen = seen.sort_values(["at", "state"], ascending=[True, False], kind="stable")
    begins, ends = out["begin"].to_numpy(), np.minimum(out["end"].to_numpy(), cutoff)
    ups = seen.loc[seen["state"] == UP, "at"].to_numpy()
    at = np.append(ups, cutoff)[np.searchsorted(ups, begins, side="left")]
    found = np.where(at < ends, at, MISSING)
    lasting = seen[seen["lasting"]]
    if lasting.empty:
        return found
    last = np.searchsorted(lasting["at"].to_numpy(), begins, side="right") - 1
    until = np.minimum(lasting["until"].to_numpy(), np.append(lasting["at"].to_numpy()[1:], cutoff))
    throughout = (
        (last >= 0) & (lasting["state"].to_numpy()[last] == UP) & (until[last] >= ends) & (begins < ends)
    )
    return np.where(throughout, begins, found)
