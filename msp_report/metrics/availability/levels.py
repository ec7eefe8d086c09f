"""The service level of every service, by the contract's own reading and by every other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import LEVEL_COLUMNS, typed_rows
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, READINGS, UP, Reading, Result
from msp_report.metrics.availability.spans import union
from msp_report.metrics.availability.timelines import Timeline
from msp_report.metrics.availability.verdicts import Judged, judged, judged_by_choice
from msp_report.metrics.availability.watched import Watched
from msp_report.model.columns import HOUR, MINUTE


def services(watched: Iterable[Watched], month: ServiceMonth) -> pd.DataFrame:
    """One row per service, by the contract's own reading."""
    return typed_rows([_level(service, month) for service in watched], LEVEL_COLUMNS)


def readings_of(service: Watched, month: ServiceMonth) -> Iterator[dict[str, Any]]:
    """One service under every reading, and where it has several probes by every other way of joining them."""
    several = bool(service.by_other_choices)
    choice = month.accounting.probes if several else None
    for reading in READINGS if month.own in READINGS else (*READINGS, month.own):
        yield _reading_row(service, reading, judged(service, reading), reading == month.own, choice)
    for other, line in service.by_other_choices.items():
        yield _reading_row(service, month.own, judged_by_choice(service, line, month.own), False, other)


def _reading_row(
    service: Watched, reading: Reading, found: Judged, own: bool, choice: str | None
) -> dict[str, Any]:
    result = found.result
    by_choice = choice is not None and choice != service.month.accounting.probes
    return {
        "service": service.agreed.name,
        "rule": f"{reading},probes={choice}" if by_choice else str(reading),
        "availability_ratio": result.ratio,
        "verdict": found.verdict,
        "own": own,
        "maintenance": reading.maintenance,
        "unknown": reading.unknown,
        "degraded": reading.degraded,
        "short": reading.short_s,
        "probes": choice,
        "outages": len(result.outages) if result.known else None,
    }


def _level(service: Watched, month: ServiceMonth) -> dict[str, Any]:
    own, agreed, line = month.own, service.agreed, service.line
    result = line.result(own)
    found = judged(service, own, _why_missing(line, result))
    failures = len(result.outages) if result.known else None
    target = agreed.availability_ratio
    hours = result.down / HOUR * agreed.users if result.known and agreed.users is not None else None
    cost = agreed.user_hourly_cost
    probed = union(*(line.probed[state] for state in (UP, DOWN, DEGRADED)))
    return {
        "service": agreed.name,
        "calendar": agreed.calendar,
        "scheduled_min": line.axis.total / MINUTE,
        "excluded_min": result.excluded / MINUTE,
        "unknown_min": result.unknown / MINUTE,
        "down_min": result.down / MINUTE,
        "up_min": result.up / MINUTE,
        "availability_ratio": result.ratio,
        "low_ratio": found.low,
        "high_ratio": found.high,
        "target_ratio": target,
        "outages": failures,
        "low_outages": found.fewest,
        "high_outages": None if found.most == np.inf else found.most,
        "max_outages": agreed.max_outages,
        "outages_verdict": found.outages.verdict,
        "longest_outage_min": np.diff(result.runs).max() / MINUTE if len(result.runs) else None,
        "mttr_min": result.outages.sum() / failures / MINUTE if failures else None,
        "mtbf_min": result.up / failures / MINUTE if failures else None,
        # (up + down) x (1 - target) - down, written so that a ratio on its target leaves exactly nothing
        "budget_left_min": round(result.up - result.known * target) / MINUTE
        if result.known and target is not None
        else None,
        "coverage_ratio": result.coverage,
        "verdict": found.verdict,
        "missed_by": found.missed_by,
        "why_missing": found.both.why if result.known else _why_missing(line, result),
        "reading": str(own),
        "unsmoothed_ratio": line.result(replace(own, short_s=0.0)).ratio if own.short_s else None,
        "maintenance_min": line.length(line.maintenance) / MINUTE,
        "refused_min": line.length(line.refused) / MINUTE,
        "degraded_min": line.length((line.observed == DEGRADED) & ~line.maintenance) / MINUTE,
        "probed_min": (probed[:, 1] - probed[:, 0]).sum() / MINUTE,
        "checks": int((service.holds["at"] >= month.first).sum()),
        "evidence": line.evidence,
        "users": agreed.users,
        "user_hourly_cost": cost,
        "user_hours_lost": hours,
        "user_cost": hours * cost if hours is not None and cost is not None else None,
        "in_contract": service.in_contract,
        "clause": agreed.clause,
    }


def _why_missing(line: Timeline, result: Result) -> str | None:
    """Why there is no ratio, None where there is one."""
    if result.known:
        return None
    if not line.axis.total:
        return "no service time in the period"
    if line.evidence is None:
        return "no outage log was supplied and no check watches the service"
    if not result.judged:
        return "all service time was excluded as maintenance"
    return "no source says anything of its service time"
