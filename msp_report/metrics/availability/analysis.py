"""Everything about the availability of a period, computed once, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from msp_report.metrics.availability.between import between
from msp_report.metrics.availability.doubts import CONSTANT, FLIPS, IN_STEP, doubts
from msp_report.metrics.availability.frames import (
    CONTRADICTION_COLUMNS,
    DOUBT_COLUMNS,
    DROPPED_COLUMNS,
    MAINTENANCE_COLUMNS,
    OUTAGE_COLUMNS,
    RULE_COLUMNS,
    stack,
    typed_rows,
)
from msp_report.metrics.availability.levels import readings_of, services
from msp_report.metrics.availability.listed import (
    contradictions_of,
    doubts_of,
    dropped_of,
    maintenance_of,
    outages_of,
)
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import robustness
from msp_report.metrics.availability.restated import restated
from msp_report.metrics.availability.sources import Sources
from msp_report.metrics.availability.watched import watched
from msp_report.model.case import Case, once
from msp_report.model.columns import civil_day, last_day, plain_rows
from msp_report.model.figures import SEVERITY, Figure
from msp_report.params import Contract, as_contract


@dataclass(frozen=True)
class Analysis:
    """Everything about the availability of a period, from one line a service.

    `services`: as `service_levels` gives them. `rules`: every service level under all 48 readings, and the contract's
    own where it is none of them (rule 11), one row per service and reading: service, rule (its name),
    availability_ratio, verdict, own (the contract's), the four parts (`short` in seconds) and outages. `robustness`:
    as the function of that name gives it.

    `outages`: every outage by the contract's own reading, each maximal run of down service time (rules 10, 39), one
    row per run, by service and time: started_at, ended_at (clipped to the period), down_min (service minutes),
    counted (at least outage_min), still_on (lasts at the cut-off), evidence (provider: a row of the outage log covers
    some of it; probe: a check says so; both), cause and ticket_id of the rows that touch it, user_hours_lost and
    user_cost (null without users or cost in the contract).

    `maintenance`: every declared maintenance of the period, by whom, when, and whether it counts (rule 8), one row per
    maintenance row of the log, not clipped, and per span in which only checks report maintenance (`source` outages or
    checks): notice_hours (null: not announced), scheduled_min (its service time in the period), counted_min,
    refused_min, down_min (what the own reading made of it), status (counted, partly, refused, or outside service
    time) and why it was refused.
    """

    services: pd.DataFrame
    rules: pd.DataFrame
    robustness: pd.DataFrame
    outages: pd.DataFrame
    maintenance: pd.DataFrame
    contradictions: pd.DataFrame
    dropped: pd.DataFrame
    doubts: pd.DataFrame
    restated: pd.DataFrame
    between: pd.DataFrame

    @property
    def worst_first(self) -> pd.DataFrame:
        """The services, those that missed first."""
        return self.services.sort_values(
            "verdict", key=lambda verdicts: verdicts.map(SEVERITY), kind="stable", ignore_index=True
        )

    @property
    def firmness(self) -> pd.DataFrame:
        """The robustness of every service, with `open`: the readings in which nobody can judge it."""
        met_or_missed = self.robustness["met"] + self.robustness["missed"]
        return self.robustness.assign(open=self.robustness["readings"] - met_or_missed)

    def by_day(self, case: Case) -> pd.DataFrame:
        """The time down in agreed service time by service and day: service, day, down_min; an outage counts on the day
        on which it began, so that the days of a service add up to its outages. Only services of which anything is
        known, the one that was down longest first."""
        known = self.services.loc[self.services["evidence"].notna(), ["service", "down_min"]]
        known = known.sort_values("down_min", ascending=False, kind="stable")[["service"]]
        zone = as_contract(case.agreed).client.timezone
        days = pd.date_range(civil_day(case.start, zone), last_day(case.end, zone))
        begun = self.outages["started_at"].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
        down = self.outages.groupby([self.outages["service"], begun.rename("day")])["down_min"].sum()
        grid = known.merge(pd.DataFrame({"day": days}), how="cross")
        found = grid.merge(down.reset_index(), on=["service", "day"], how="left")
        return found.assign(down_min=found["down_min"].fillna(0.0))

    def figures(self) -> list[Figure]:
        """The figures of the report, as `figures_of` gives them."""
        return [*figures_of(self.services, self.robustness), *self._of_probes()]

    def _of_probes(self) -> list[Figure]:
        """availability.doubted_probes over all [count], and each of them with what speaks against it: an exception."""
        if not self.services["evidence"].isin(["probe", "both"]).any():
            return []
        each = [
            Figure(
                measure="availability.doubted_probes",
                subject=row["probe"] or "checks",
                value=row["times"],
                verdict="no_verdict",
                why_missing=row["what"],
            )
            for row in plain_rows(self.doubts.drop_duplicates("probe"))
        ]
        return [Figure(measure="availability.doubted_probes", value=len(each)), *each]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page, by the names of docs/records.md."""
        return {
            "services": self.services,
            "outages": self.outages,
            "maintenance": self.maintenance,
            "rules": self.rules,
            "robustness": self.robustness,
            "contradictions": self.contradictions,
            "dropped": self.dropped,
            "doubts": self.doubts,
            "restated": self.restated,
            "between": self.between,
        }


@once
def analyse(case: Case) -> Analysis:
    """Everything about the availability of a period; reads outages and checks. Raises as `service_levels`.

    Source: rules 4-11, 21, 39, 40.
    """
    month = ServiceMonth.of_case(case)
    sources = Sources.of_case(case, month)
    found = doubts(sources, month)
    lines = list(watched(sources, month, found))
    rules = typed_rows([row for line in lines for row in readings_of(line, month)], RULE_COLUMNS)
    levels = services(lines, month)
    whose = levels["service"].isin([line.agreed.name for line in lines if line.strange])
    doubted = levels["why_missing"].isin([IN_STEP, FLIPS, CONSTANT, *sources.doubted.values()]) | (
        whose & levels["verdict"].eq("no_verdict")
    )
    return Analysis(
        services=levels,
        rules=rules,
        robustness=robustness(rules, set(levels.loc[doubted, "service"])),
        outages=stack([outages_of(line, month) for line in lines], OUTAGE_COLUMNS),
        maintenance=stack([maintenance_of(line, month) for line in lines], MAINTENANCE_COLUMNS),
        contradictions=stack([contradictions_of(line) for line in lines], CONTRADICTION_COLUMNS),
        dropped=stack([dropped_of(line) for line in lines], DROPPED_COLUMNS),
        doubts=stack([doubts_of(found)], DOUBT_COLUMNS),
        restated=restated(case, month),
        between=between(case, month),
    )


def service_levels(
    outages: pd.DataFrame | None,
    checks: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """The service level of every service by the contract's own reading (rules 4-10, 39).

    Parameters: `outages` and `checks` are the canonical tables with their look-back, None where no file was
    supplied (an empty frame is a file that was read); `contract` a model or a dict like contract.yaml, of which
    the version in force on the first local day counts; `[start, end)` the period, timezone-aware.

    Returns: one row per service of the contract, in its order, then services that only the data name (calendar
    `always`, no target). Durations [min] split the scheduled time into up, down, excluded and unknown; `unknown`
    is what was measured also where the reading counts it as up or down. `outages`, `mttr_min` and `mtbf_min` count
    runs of at least outage_min, `longest_outage_min` and `user_hours_lost` every run. `budget_left_min`, `mtbf_min` and
    `mttr_min` are of known time. `missed_by` is ratio, outages or both. `evidence` is provider, probe or both;
    `probed_min` is the time for which a check speaks. `unsmoothed_ratio` is the ratio without rule 9, where the
    contract uses it.

    Raises: ValueError for naive instants, unknown states and reversed intervals; ArithmeticError where up + down
    + excluded + unknown is not the scheduled time to the microsecond (rule 5).

    Edge cases decided: no scheduled time, all of it excluded, no source, or nothing known: the ratio is null with
    `why_missing` and the verdict no_data; low, high and coverage are given wherever time is left to judge.

    >>> log = pd.DataFrame({"service": ["email"], "state": ["down"],
    ...     "started_at": pd.to_datetime(["2026-10-05 08:00Z"]), "ended_at": pd.to_datetime(["2026-10-05 09:00Z"])})
    >>> agreed = {"services": [{"name": "email", "availability_ratio": 0.999}]}
    >>> levels = service_levels(log, None, agreed, pd.Timestamp("2026-10-01", tz="UTC"),
    ...     pd.Timestamp("2026-11-01", tz="UTC"))
    >>> levels[["service", "down_min", "availability_ratio", "verdict"]].to_dict("records")
    [{'service': 'email', 'down_min': 60.0, 'availability_ratio': 0.9986559139784946, 'verdict': 'missed'}]
    """
    month = ServiceMonth.of(contract, start, end)
    return services(watched(Sources.of_tables(outages, checks, month), month), month)


def figures_of(services: pd.DataFrame, robust: pd.DataFrame | None = None) -> list[Figure]:
    """The figures of some service levels.

    Parameters: `services` from `service_levels`; `robust` from `robustness`, None where it was not asked.

    Returns: one Figure per service and measure: availability.ratio (its verdict is that of both tests),
    .budget_left, .mttr and .mtbf [min], .outages [count, target = max_outages], .user_hours_lost [hours] and
    .user_cost. A missing value says why.
    """
    marks = {} if robust is None else dict(zip(robust["service"], robust["robust"], strict=True))
    return [
        figure
        for row in plain_rows(services)
        for figure in _figures_of_service(row, marks.get(row["service"]))
    ]


#: Measure, its column, and why it is missing though there are data.
_FIGURES = (
    ("ratio", "availability_ratio", None),
    ("budget_left", "budget_left_min", "no availability is agreed"),
    ("outages", "outages", None),
    ("mttr", "mttr_min", "none observed"),
    ("mtbf", "mtbf_min", "none observed"),
    ("user_hours_lost", "user_hours_lost", "the contract names no users"),
    ("user_cost", "user_cost", "the contract names no cost of a user's hour"),
)


def _figures_of_service(row: dict[str, Any], robust: str | None) -> list[Figure]:
    """The figures of one service from its row."""
    judged = {
        "ratio": {
            "n": row["checks"] or None,
            "low": row["low_ratio"],
            "high": row["high_ratio"],
            "target": row["target_ratio"],
            "verdict": row["verdict"],
            "robust": robust,
        },
        "outages": {
            "low": row["low_outages"],
            "high": row["high_outages"],
            "target": row["max_outages"],
            "verdict": row["outages_verdict"],
        },
    }
    return [
        Figure(
            measure=f"availability.{name}",
            subject=row["service"],
            value=row[column],
            coverage=row["coverage_ratio"],
            clause=row["clause"],
            why_missing=_why(row, name, row[column], reason),
            **{"n": row["outages"]} | _as_the_ratio(row, name, row[column]) | judged.get(name, {}),
        )
        for name, column, reason in _FIGURES
    ]


def _as_the_ratio(row: dict[str, Any], name: str, value: float | None) -> dict[str, float]:
    """What follows from the ratio is at least and at most what follows from its two ends."""
    low, high = row["low_ratio"], row["high_ratio"]
    if (
        value is None
        or low is None
        or low == high
        or name not in ("budget_left", "user_hours_lost", "user_cost")
    ):
        return {}
    minutes = row["scheduled_min"] - row["excluded_min"]
    if name == "budget_left":
        ends = [minutes * (ratio - row["target_ratio"]) for ratio in (low, high)]
    else:
        each = row["users"] / 60 * (1.0 if name == "user_hours_lost" else row["user_hourly_cost"])
        ends = [minutes * (1 - ratio) * each for ratio in (high, low)]
    return {"low": min(value, ends[0]), "high": max(value, ends[1])}


def _why(row: dict[str, Any], name: str, value: Any, reason: str | None) -> str | None:
    """Why a figure has no value, or one of the two that are judged no verdict."""
    if value is None:
        return row["why_missing"] or reason
    open_ones = {"ratio": row["verdict"], "outages": row["outages_verdict"]}
    return row["why_missing"] if open_ones.get(name) == "no_verdict" else None
