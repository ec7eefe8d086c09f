"""Probes that cannot be believed as a whole (rule 46).

Decided here: a change of state has something beside it where an outage row of the service touches it, a ticket that
names the service was opened, or another probe of the service sees the same change, all within the contract's
max_gap_s, or an hour for tickets. Only changes between up, degraded and down count: that a probe is paused is no
change of the service. Flips and a constant series are a doubt about the probe's series of that service, changes in
step about the probe. A month without a dip is no wonder after months with one or two: a series is doubted as constant
where each of at least three months before had dips, and so many that a month without any would come once in a thousand
(Poisson).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import SECOND
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, UP
from msp_report.metrics.availability.sources import Sources
from msp_report.model.columns import HOUR

IN_STEP = "services change together within a second, with nothing beside them"
FLIPS = "a service changes more than 20 times a day, with nothing beside it"
CONSTANT = "it no longer changes at all, unlike in the months before"

SERVICES_IN_STEP, TIMES_IN_STEP = 3, 3
FLIPS_A_DAY = 20
#: Dips that a month had on average, from which on none at all would come once in a thousand months.
MANY_DIPS = float(-np.log(1 / 1000))
_MONTHS_BEFORE = 3


def doubts(sources: Sources, month: ServiceMonth) -> pd.DataFrame:
    """What speaks against each probe in a period.

    Returns: one row per probe, kind and service: probe, why, service, times, first, last [us].
    """
    changes = _changes(sources.holds)
    now = changes[changes["at"] >= month.first]
    alone = now[~_has_something_beside(now, sources, month)] if len(now) else now
    found = [_in_step(now, alone, sources.holds), _flips(alone, month)] if len(alone) else []
    found += [_constant(sources.holds, changes, month)] if len(now) < len(changes) else []
    columns = ["probe", "why", "service", "times", "first", "last"]
    rows = [frame[columns] for frame in found if len(frame)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def _changes(holds: pd.DataFrame) -> pd.DataFrame:
    """The checks at which a probe's state of a service is another than the one before, up, degraded or down."""
    seen = holds[holds["state"].isin([UP, DEGRADED, DOWN])]
    seen = seen.sort_values(
        ["service", "probe", "at", "state"], ascending=[True, True, True, False], kind="stable"
    )
    seen = seen.drop_duplicates(["service", "probe", "at"], keep="last")
    before = seen.groupby(["service", "probe"], sort=False)["state"].shift()
    return seen[before.notna() & (before != seen["state"])]


def _has_something_beside(changes: pd.DataFrame, sources: Sources, month: ServiceMonth) -> np.ndarray:
    """Whether a log, a ticket or another probe speaks of each change."""
    near = round(month.accounting.max_gap_s) * SECOND
    rows = changes.reset_index(drop=True).assign(row=range(len(changes)))[
        ["row", "service", "probe", "at", "state"]
    ]
    by_log = rows.merge(sources.log[["service", "begin", "end"]], on="service")
    by_log = by_log[(by_log["begin"] - near <= by_log["at"]) & (by_log["at"] <= by_log["end"] + near)]
    tickets = rows.merge(sources.tickets, on="service")
    tickets = tickets[(tickets["opened"] - tickets["at"]).abs() <= HOUR]
    other = rows.merge(rows, on=["service", "state"], suffixes=("", "_other"))
    other = other[
        (other["probe"] != other["probe_other"]) & ((other["at"] - other["at_other"]).abs() <= near)
    ]
    return rows["row"].isin(pd.concat([by_log["row"], tickets["row"], other["row"]])).to_numpy()


def _in_step(now: pd.DataFrame, alone: pd.DataFrame, holds: pd.DataFrame) -> pd.DataFrame:
    """Services of one probe that change together, again and again: a row for every service of that probe."""
    rows = now.assign(alone=now.index.isin(alone.index)).sort_values(["probe", "at"], kind="stable")
    new = (rows["probe"] != rows["probe"].shift()) | (rows["at"] - rows["at"].shift() > SECOND)
    events = rows.groupby(new.cumsum()).agg(
        probe=("probe", "first"), services=("service", "nunique"), alone=("alone", "all"), at=("at", "first")
    )
    events = events[(events["services"] >= SERVICES_IN_STEP) & events["alone"].astype(bool)]
    probes = events.groupby("probe").agg(times=("at", "size"), first=("at", "min"), last=("at", "max"))
    probes = probes[probes["times"] >= TIMES_IN_STEP].reset_index()
    watched = holds[["probe", "service"]].drop_duplicates()
    return probes.merge(watched, on="probe").assign(why=IN_STEP)


def _flips(alone: pd.DataFrame, month: ServiceMonth) -> pd.DataFrame:
    """Services that a probe sees change too often on a civil day."""
    zone = month.contract.client.timezone
    days = pd.to_datetime(alone["at"], unit="us", utc=True).dt.tz_convert(zone).dt.date
    by_day = alone.assign(day=days).groupby(["probe", "service", "day"])["at"].agg(["size", "min", "max"])
    by_day = by_day[by_day["size"] > FLIPS_A_DAY].reset_index()
    found = by_day.groupby(["probe", "service"], as_index=False).agg(
        times=("size", "sum"), first=("min", "min"), last=("max", "max")
    )
    return found.assign(why=FLIPS)


def _constant(holds: pd.DataFrame, changes: pd.DataFrame, month: ServiceMonth) -> pd.DataFrame:
    """Services that a probe sees unchanged in the period, though it looked, and saw dip after dip before."""
    key = ["probe", "service"]
    looked = (
        holds[(holds["until"] > month.first) & ~holds["state"].eq(0)].groupby(key)["at"].agg(["size", "max"])
    )
    still = looked.index.difference(pd.MultiIndex.from_frame(changes.loc[changes["at"] >= month.first, key]))
    length = month.cutoff - month.first
    ago = (month.first - 1 - holds["at"]) // length
    before = holds.assign(ago=ago)[ago.between(0, 11)]
    seen = before.groupby([*key, "ago"]).size()
    down = changes[changes["state"].ne(UP) & changes["at"].lt(month.first)]
    down = down.assign(ago=(month.first - 1 - down["at"]) // length)
    dips = down.groupby([*key, "ago"]).size().reindex(seen.index, fill_value=0)
    each = dips.groupby(key).agg(["size", "min", "mean"])
    odd = each[(each["size"] >= _MONTHS_BEFORE) & (each["min"] > 0) & (each["mean"] >= MANY_DIPS)]
    found = odd.loc[odd.index.intersection(still)].reset_index()
    return found.assign(why=CONSTANT, times=0, first=month.first, last=month.cutoff)
