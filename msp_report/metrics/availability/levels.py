"""The service level of every service, by the contract's own reading and by every other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import LEVEL_COLUMNS, typed_rows
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, READINGS, UP, Result
from msp_report.metrics.availability.spans import union
from msp_report.metrics.availability.timelines import Timeline
from msp_report.model.columns import HOUR, MINUTE


def services(lines: Iterable[Timeline], month: ServiceMonth) -> pd.DataFrame:
    return typed_rows([_level(line, month) for line in lines], LEVEL_COLUMNS)


def readings_of(line: Timeline, month: ServiceMonth) -> Iterator[dict[str, Any]]:
    """One service under every reading."""
    for reading in READINGS if month.own in READINGS else (*READINGS, month.own):
        result = line.result(reading)
        yield {
            "service": line.agreed.name,
            "rule": str(reading),
            "availability_ratio": result.ratio,
            "verdict": result.verdict,
            "own": reading == month.own,
            "maintenance": reading.maintenance,
            "unknown": reading.unknown,
            "degraded": reading.degraded,
            "short": reading.short_s,
            "outages": len(result.outages) if result.known else None,
        }


def _level(line: Timeline, month: ServiceMonth) -> dict[str, Any]:
    own, agreed = month.own, line.agreed
    result = line.result(own)
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
        "low_ratio": result.low,
        "high_ratio": result.high,
        "target_ratio": target,
        "outages": failures,
        "max_outages": agreed.max_outages,
        "longest_outage_min": np.diff(result.runs).max() / MINUTE if len(result.runs) else None,
        "mttr_min": result.outages.sum() / failures / MINUTE if failures else None,
        "mtbf_min": result.up / failures / MINUTE if failures else None,
        # (up + down) x (1 - target) - down, written so that a ratio on its target leaves exactly nothing
        "budget_left_min": round(result.up - result.known * target) / MINUTE
        if result.known and target is not None
        else None,
        "coverage_ratio": result.coverage,
        "verdict": result.verdict,
        "missed_by": result.missed_by,
        "why_missing": _why_missing(line, result),
        "reading": str(own),
        "unsmoothed_ratio": line.result(replace(own, short_s=0.0)).ratio if own.short_s else None,
        "maintenance_min": line.length(line.maintenance) / MINUTE,
        "refused_min": line.length(line.refused) / MINUTE,
        "degraded_min": line.length((line.observed == DEGRADED) & ~line.maintenance) / MINUTE,
        "probed_min": (probed[:, 1] - probed[:, 0]).sum() / MINUTE,
        "checks": line.checks,
        "evidence": line.evidence,
        "users": agreed.users,
        "user_hours_lost": hours,
        "user_cost": hours * cost if hours is not None and cost is not None else None,
        "in_contract": line.in_contract,
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
