"""Hourly samples of lines, volumes and servers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.demo.company import ZONE
from msp_report.demo.files import zulu
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import Span, instant

HOUR_S = 3600
#: Resource: (metric, capacity, warn, limit, percentile), as contract.yaml has them.
RESOURCES: dict[str, tuple[str, float, float, float, str]] = {
    "wan-london": ("utilisation", 1.0, 0.7, 0.85, "nearest_rank"),
    "isp-leeds": ("utilisation", 1.0, 0.7, 0.85, "nearest_rank"),
    "san-01": ("used", 40, 0.75, 0.9, "linear"),
    "app-01": ("memory", 128, 0.7, 0.9, "linear"),
    "sql-01": ("cpu", 1.0, 0.7, 0.85, "linear"),
    "vm-host-02": ("cpu", 1.0, 0.7, 0.85, "linear"),
    "mail-gw": ("cpu", 1.0, 0.7, 0.85, "linear"),
    "backup-01": ("used", 60, 0.75, 0.9, "linear"),
}
#: The range of each resource's samples, as contract.yaml has them; for the one that is left out none is declared.
RANGES: dict[str, tuple[float, float]] = {
    "wan-london": (0, 1.1),
    "san-01": (0, 40),
    "app-01": (0, 128),
    "sql-01": (0, 1.0),
    "vm-host-02": (0, 1.2),
    "mail-gw": (0, 1.0),
    "backup-01": (0, 60),
}
GOLDEN = "2026-10"
#: The volume fills by so much a day and reaches its limit so many days after the golden month.
GROWTH_TB_A_DAY, DAYS_TO_LIMIT, TOLERANCE_DAYS = 0.03, 60, 4
#: What a weekend adds, and what the daily 95th percentile lies above the line of the volume.
WEEKEND_TB, DAILY_SWING_TB = 0.14, 0.05
#: The London line: busier with a second site from August, over its limit from October.
LONDON = (("2000-01", 0.62), ("2026-08", 0.78), ("2026-10", 0.92))

#: A month of per cent where all others are shares, and one in which the collector repeats one value.
OTHER_UNIT, STANDS_STILL = ("2026-05", "sql-01", 100), ("2026-07", "vm-host-02", 0.4)


#: Servers that were not read while their machine room was under water.
FLOODED = (("app-01", "sql-01"), "2026-06-11 08:00", "2026-06-11 15:00")


def simulate(months: list[Span], seed: int, truth: Truth) -> dict[str, dict[str, pd.DataFrame]]:
    """samples by month."""
    rng = np.random.default_rng([seed, 5])
    at = np.arange(months[0].start, months[-1].end, HOUR_S)
    values = _values(at, rng)
    frames = {}
    for month in months:
        within = (at >= month.start) & (at < month.end)
        parts = []
        for name, series in values.items():
            kept = within & ~np.isnan(series)
            _expect(name, series[kept & (series >= 0)], int(within.sum()), month, truth)
            if kept.any():
                columns = {"resource": name, "metric": RESOURCES[name][0], "at": zulu(at[kept])}
                parts.append(pd.DataFrame(columns | {"value": series[kept]}))
        frames[month.label] = pd.concat(parts, ignore_index=True)
    if GOLDEN in frames:
        frames[GOLDEN] = _tamper(frames[GOLDEN], truth)
        _plant_golden(truth)
    return {"samples": frames}


def _values(at: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Each resource's reading at each hour; NaN where none was taken."""
    wall = pd.to_datetime(at, unit="s", utc=True).tz_convert(ZONE)
    months = np.asarray(wall.strftime("%Y-%m"))
    hour, weekend = np.asarray(wall.hour), np.asarray(wall.dayofweek >= 5)
    busy = (hour >= 8) & (hour < 18) & ~weekend
    day = (at - instant("2026-11-01")) / 86400  # days before the golden month's end are negative
    noise = {name: rng.normal(0, 1, len(at)) for name in RESOURCES}

    def shape(name: str, work: np.ndarray | float, rest: float, spread: float = 0.015) -> np.ndarray:
        slope = -0.00005 * day  # falling a little, so that no line ever meets a limit
        return np.round(np.where(busy, work, rest) + slope + spread * noise[name], 4)

    london = np.full(len(at), LONDON[0][1])
    for label, level in LONDON[1:]:
        london[at >= instant(f"{label}-01")] = level
    limit = RESOURCES["san-01"][1] * RESOURCES["san-01"][3]
    line = limit - DAILY_SWING_TB - 2 / 7 * WEEKEND_TB + GROWTH_TB_A_DAY * (day - DAYS_TO_LIMIT)
    swing = DAILY_SWING_TB * np.sin(2 * np.pi * hour / 24)
    values = {
        "wan-london": shape("wan-london", london, 0.2),
        "isp-leeds": shape("isp-leeds", 0.45, 0.1),
        "san-01": np.round(line + swing + WEEKEND_TB * weekend + 0.01 * noise["san-01"], 3),
        "app-01": np.round(98 - 0.002 * day + np.where(busy, 2, 0) + 0.3 * noise["app-01"], 2),
        "sql-01": shape("sql-01", 0.55, 0.25, 0.03),
        "vm-host-02": shape("vm-host-02", 0.4, 0.2, 0.03),
        "mail-gw": shape("mail-gw", 0.3, 0.1),
        "backup-01": np.full(len(at), np.nan),
    }
    values["isp-leeds"][(at >= instant("2026-10-12")) & (at < instant("2026-10-15"))] = np.nan
    values["vm-host-02"][at == instant("2026-10-20 13:00")] = 1.07
    values["wan-london"][at == instant("2026-10-01 05:00")] = np.nan  # its row is no number, see _tamper
    values["app-01"][at == instant("2026-10-06 09:00")] = -1.0  # a counter that wrapped
    values["mail-gw"][at < instant("2026-10-12")] = np.nan
    names, begin, end = FLOODED
    for name in names:
        values[name][(at >= instant(begin)) & (at < instant(end))] = np.nan
    month, name, times = OTHER_UNIT
    values[name][months == month] *= times
    month, name, value = STANDS_STILL
    values[name][months == month] = value
    return values


def _percentile(values: np.ndarray, method: str) -> float:
    """The 95th percentile as rule 22 words it."""
    if method == "nearest_rank":
        return float(np.sort(values)[int(np.floor(0.95 * len(values) + 0.5)) - 1])
    return float(np.quantile(values, 0.95))


def _verdict(name: str, values: np.ndarray, missing: int) -> str:
    """As rule 22 words it: what is missing counts at its least and at its greatest."""
    _, capacity, _, limit, method = RESOURCES[name]
    sides = (np.full(missing, side) for side in RANGES.get(name, (0, np.inf)))
    with np.errstate(invalid="ignore"):
        over = {_percentile(np.append(values, side), method) > limit * capacity for side in sides}
    return "no_verdict" if len(over) > 1 else "missed" if over.pop() else "met"


_DOUBTED = {OTHER_UNIT[:2]: "another_unit", STANDS_STILL[:2]: "stands_still"}


def _expect(name: str, values: np.ndarray, hours: int, month: Span, truth: Truth) -> None:
    metric, capacity, warn, limit, method = RESOURCES[name]
    subject = f"{name}:{metric}"
    if not len(values):
        truth.plant(month.label, "capacity", "no_samples", subject=subject, verdict="no_data")
        return
    p95 = _percentile(values, method)
    ratio = p95 / capacity
    status = "over" if ratio > limit else "warn" if ratio >= warn else "ok"
    doubt = _DOUBTED.get((month.label, name))
    verdict = "no_verdict" if doubt else _verdict(name, values, hours - len(values))
    known = {"status": None} if verdict == "no_verdict" else {"status": status}
    fault = {"over": "over_limit", "warn": "warned", "ok": "none"}[status]
    if doubt == "another_unit":  # of what is not in the unit of the capacity nobody knows the share
        ratio = None
    truth.plant(
        month.label,
        "capacity",
        doubt or ("gaps" if verdict == "no_verdict" else fault),
        subject=subject,
        p95=p95,
        max=float(values.max()),
        utilisation_ratio=ratio,
        verdict=verdict,
        **known,
        coverage_ratio=len(values) / hours,
        samples=len(values),
    )


def _plant_golden(truth: Truth) -> None:
    """What else the golden month's page must say."""
    page = "capacity"
    truth.plant(
        GOLDEN,
        page,
        "fills_up",
        subject="san-01:used",
        days_to_limit=DAYS_TO_LIMIT,
        tolerance_days=TOLERANCE_DAYS,
    )
    truth.plant(GOLDEN, page, "cannot_forecast", subject="wan-london:utilisation", reason="already over")
    truth.plant(GOLDEN, page, "cannot_forecast", subject="mail-gw:cpu", reason="too short")
    for subject in ("isp-leeds:utilisation", "app-01:memory", "sql-01:cpu", "vm-host-02:cpu"):
        truth.plant(GOLDEN, page, "cannot_forecast", subject=subject, reason="no trend")
    truth.plant(
        GOLDEN,
        page,
        "gap",
        subject="isp-leeds:utilisation",
        started_at="2026-10-11T23:00:00Z",
        ended_at="2026-10-14T23:00:00Z",
        hours=72,
    )
    truth.plant(GOLDEN, page, "below_zero", subject="app-01:memory", at="2026-10-06T08:00:00Z", value=-1.0)
    truth.plant(
        GOLDEN, page, "above_capacity", subject="vm-host-02:cpu", at="2026-10-20T12:00:00Z", value=1.07
    )


def _tamper(frame: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """One reading that is no number, and two rows that stand there twice."""
    bad = frame.iloc[[5]].assign(at="2026-10-01T04:00:00Z", value="n/a")
    whole = pd.concat([frame, bad, frame.iloc[[100, 200]]], ignore_index=True)
    reasons = (("value", "not a number"), ("", "duplicate"), ("", "duplicate"))
    for line, (column, reason) in zip(range(len(frame) + 2, len(whole) + 2), reasons, strict=True):
        truth.plant(
            GOLDEN,
            "data",
            "rejected",
            table="samples",
            file="samples.csv",
            line=line,
            column=column,
            reason=reason,
        )
    return whole
