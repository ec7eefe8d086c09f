"""How long each service ran between its outages, and whether that is a signal (rule 21, T chart).

Decided here:

- An outage is what the page counts as one by the contract's own reading, in force in the month, over all the months
  that are looked at; one that lasts from one month into the next is one.
- It is looked back as far as every month has the tables that this one has, thirteen months at most: a month without a
  log is no month without outages.
- The days between are those from one outage's beginning to the next one's, round the clock. Where over a tenth of the
  service time between two of them is not known, an outage may hide there, and these days are left out.
- The newest days between two outages are judged. Those since the last outage are not over, and can only be longer than
  usual.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import signals
from msp_report.metrics.availability.frames import BETWEEN_COLUMNS, typed_rows, utc
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import UNKNOWN
from msp_report.metrics.availability.sources import Sources
from msp_report.metrics.availability.spans import length_before, where
from msp_report.metrics.availability.watched import Watched, watched
from msp_report.model.case import Case
from msp_report.model.columns import DAY, MINUTE
from msp_report.model.period import Month, midnight
from msp_report.model.statistics import POINTS_NEEDED, Xmr, t_chart

#: How many times between outages must be known: one is judged by as many as a month by the months before it.
NEEDED = signals.MONTHS_BEFORE + 1
FEW = "fewer than 7 times between its outages are known"
UNWATCHED = "too little is known of the time since the outage before"
EQUAL = "more than half of the times between its outages are equal"
#: Share of service time between two outages that may be unknown.
_MAY_HIDE = 0.1


def between(case: Case, month: ServiceMonth) -> pd.DataFrame:
    """The days between the outages of each service of the contract, with their usual range.

    Returns: one row per service of the contract with an outage, in its order (record availability/between): since, the
    first month looked at; outages and n, those counted and the known times between them; newest_days, from the outage
    before the last to the last; mean_days, usual_low_days and usual_high_days, made of other times than the newest;
    trial where they are of under twelve; variation, the mark of the newest as signals.marks has them, and why it is
    missing; since_days, from the last outage to the cut-off; quiet, whether that is already longer than usual.
    Source: rule 21.
    """
    first = _first_month(case, month)
    zone = month.contract.client.timezone
    longer = replace(month, start=midnight(first.first_on, zone))
    services = watched(Sources.of_case(case, longer), longer)
    rows = [row for one in services if one.in_contract and (row := _of_service(one, longer))]
    return typed_rows([row | {"since": str(first)} for row in rows], BETWEEN_COLUMNS)


def _first_month(case: Case, month: ServiceMonth) -> Month:
    """The first of the months up to this one that all have what this one has of the log and the checks."""
    told, first = (
        case.told_of_files(),
        Month.of(month.start.tz_convert(month.contract.client.timezone).date()),
    )
    if told.empty:
        return first
    came = told[told["table"].isin(["outages", "checks"])].groupby("month")["table"].agg(set)
    mine = came.get(str(first), set())
    while mine and mine <= came.get(str(first.shift(-1)), set()):
        first = first.shift(-1)
    return first


def _of_service(service: Watched, month: ServiceMonth) -> dict[str, Any] | None:
    """One service's row; None where it had no outage."""
    line = service.line
    runs = line.result(month.own).runs
    runs = runs[(runs[:, 1] - runs[:, 0]) / MINUTE >= service.agreed.outage_min]
    if not len(runs):
        return None
    at = line.axis.instants(runs)[:, 0]
    unknown = where(line.edges, (line.observed == UNKNOWN) & ~line.maintenance)
    hidden, open_time = np.diff(length_before(unknown, runs[:, 0])), np.diff(runs[:, 0])
    known = hidden <= _MAY_HIDE * open_time
    chart, now = t_chart(utc(at), known), t_chart(utc([*at, month.cutoff]), [*known, True])
    days, since = np.diff(at) / DAY, (month.cutoff - at[-1]) / DAY
    few, newest = chart.n < NEEDED, days[-1] if len(days) else None
    limits = None if few or chart.newest.why else chart.newest
    why = FEW if few else UNWATCHED if not known[-1] else EQUAL if limits is None else None
    return {
        "service": service.agreed.name,
        "outages": len(runs),
        "n": chart.n,
        "newest_days": newest,
        "mean_days": None if limits is None else chart.mean,
        "usual_low_days": limits and limits.lower,
        "usual_high_days": limits and limits.upper,
        "trial": limits is not None and chart.n <= POINTS_NEEDED,
        "variation": None if why else _variation(chart, len(days) - 1, newest),
        "why": why,
        "since_days": since,
        "quiet": not few and now.newest.upper is not None and since > now.newest.upper,
    }


def _variation(chart: Xmr, place: int, days: float) -> str:
    """The mark of the days at a place of the chart: the longer the better, and one sign for the worse decides."""
    rules = {rule for at, rule in chart.signals if at == place}
    beside = bool(rules - {"rising", "falling"})
    if "falling" in rules or (beside and days < chart.mean):
        return signals.WORSE
    return signals.BETTER if rules else signals.USUAL
