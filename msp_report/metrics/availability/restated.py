"""What this month's log says of the month before that was not known then (rules 0 and 38)."""

from __future__ import annotations

import pandas as pd

from msp_report.metrics.availability.frames import RESTATED_COLUMNS, stack
from msp_report.metrics.availability.levels import services
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.sources import Sources
from msp_report.metrics.availability.watched import watched
from msp_report.model.case import Case
from msp_report.model.columns import optional
from msp_report.model.period import Month, Period

_ROW = ["service", "started_at", "ended_at", "state"]


def restated(case: Case, month: ServiceMonth) -> pd.DataFrame:
    """The services whose month before the period is another by the outages that came with this month's log.

    Returns: one row per service with another down time or verdict: service, month, down_then_min, down_min, then_ratio,
    availability_ratio, then_verdict, verdict. The closed month's own pack stays as it is (rule 0).
    Edge cases decided: outages alone are compared; where no log of the month before came nothing is restated.
    """
    then, own, now = case.known_before("outages"), case.own("outages"), case.table("outages")
    if then is None or own is None or now is None or not _says_something_new(own, then, month.start):
        return stack([], RESTATED_COLUMNS)
    zone = month.contract.client.timezone
    last = Month.of(month.start.tz_convert(zone).date()).shift(-1)
    before = ServiceMonth.of(case.agreed, *Period(last, last).bounds(zone))
    first, again = (
        services(watched(Sources.of_tables(log, case.table("checks"), before), before), before)
        for log in (then, now)
    )
    both = first.merge(again, on="service", suffixes=("_then", ""))
    other = both["down_min_then"].ne(both["down_min"]) | both["verdict_then"].ne(both["verdict"])
    names = {
        "down_min_then": "down_then_min",
        "availability_ratio_then": "then_ratio",
        "verdict_then": "then_verdict",
    }
    return stack([both[other].rename(columns=names).assign(month=str(last))], RESTATED_COLUMNS)


def _says_something_new(own: pd.DataFrame, then: pd.DataFrame, start: pd.Timestamp) -> bool:
    """Whether this month's log has rows from before the period that nobody had said so before."""
    rows = own[own["started_at"] < start]
    known = pd.DataFrame({name: optional(then, name) for name in _ROW}).drop_duplicates().assign(known=True)
    marked = pd.DataFrame({name: optional(rows, name) for name in _ROW}).merge(known, on=_ROW, how="left")
    return bool(marked["known"].isna().any())
