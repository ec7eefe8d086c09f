"""Projects as each month's snapshot tells them, the decisions on them, their earned value and the hours booked.

A project is its first fields and the list of what changed when; a snapshot applies the changes up to its month.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from msp_report.demo.company import PROVIDER, TECHNICIANS
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import Office, Span

GOLDEN = "2026-10"
_COLUMNS = """
    project_id as_of name objective status proposed_by sponsor approved_by approved_on in_contract best_resource
    benefit risk baseline_start baseline_end baseline_cost forecast_end forecast_cost actual_cost percent_complete
    subject
"""
COLUMNS = _COLUMNS.split()
#: Changes of these are changes to the schedule or the estimate.
PLANNED = ("baseline_start", "baseline_end", "baseline_cost", "forecast_end", "forecast_cost")

#: (first month, fields, [(month, changes)]); costs in pounds, dates as ISO.
PROJECTS: dict[str, tuple[str, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = {
    # Late, and re-baselined half way.
    "PRJ-01": (
        "2025-11",
        {
            "name": "Product finder",
            "objective": "online-sales",
            "status": "in_progress",
            "proposed_by": "sales",
            "sponsor": "sales",
            "approved_by": "finance;operations",
            "approved_on": "2025-11-05",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 5,
            "risk": 3,
            "baseline_start": "2025-11-10",
            "baseline_end": "2026-06-30",
            "baseline_cost": 40000,
            "forecast_end": "2026-06-30",
            "forecast_cost": 40000,
            "subject": "online sales",
        },
        [
            ("2026-03", {"forecast_end": "2026-07-31"}),
            (
                "2026-05",
                {
                    "baseline_end": "2026-09-30",
                    "baseline_cost": 48000,
                    "forecast_end": "2026-09-30",
                    "forecast_cost": 48000,
                },
            ),
            ("2026-08", {"forecast_end": "2026-10-15"}),
            ("2026-10", {"forecast_end": "2026-11-27"}),
        ],
    ),
    # In time, over its budget.
    "PRJ-02": (
        "2026-04",
        {
            "name": "Second line to Leeds",
            "objective": "never-closed",
            "status": "in_progress",
            "proposed_by": "operations",
            "sponsor": "operations",
            "approved_by": "operations",
            "approved_on": "2026-04-14",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 4,
            "risk": 2,
            "baseline_start": "2026-04-20",
            "baseline_end": "2026-12-18",
            "baseline_cost": 20000,
            "forecast_end": "2026-12-18",
            "forecast_cost": 20000,
            "subject": "infrastructure",
        },
        [
            # Begun on the word of those who proposed it; finance agreed three weeks later.
            ("2026-05", {"approved_by": "finance;operations", "approved_on": "2026-05-06"}),
            ("2026-07", {"forecast_cost": 23000}),
            ("2026-10", {"forecast_cost": 27500}),
        ],
    ),
    # Serves no objective, in a field in which the provider has shown nothing.
    "PRJ-03": (
        "2026-06",
        {
            "name": "Data lake pilot",
            "objective": "",
            "status": "in_progress",
            "proposed_by": "stores",
            "sponsor": "stores",
            "approved_by": "finance;operations",
            "approved_on": "2026-06-09",
            "in_contract": "false",
            "best_resource": "false",
            "benefit": 2,
            "risk": 4,
            "baseline_start": "2026-06-15",
            "baseline_end": "2027-01-29",
            "baseline_cost": 18000,
            "forecast_end": "2027-01-29",
            "forecast_cost": 18000,
            "subject": "data science",
        },
        [],
    ),
    # Under way and approved by nobody.
    "PRJ-04": (
        "2026-09",
        {
            "name": "Cabling of the new wing",
            "objective": "never-closed",
            "status": "in_progress",
            "proposed_by": "operations",
            "sponsor": "operations",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 3,
            "risk": 2,
            "baseline_start": "2026-09-14",
            "baseline_end": "2026-12-04",
            "baseline_cost": 11000,
            "forecast_end": "2026-12-04",
            "forecast_cost": 11000,
            "subject": "infrastructure",
        },
        [],
    ),
    # Proposed by the provider, out of its scope, beside the contract.
    "PRJ-05": (
        "2026-09",
        {
            "name": "Join the systems of a competitor",
            "objective": "online-sales",
            "status": "proposed",
            "proposed_by": PROVIDER,
            "sponsor": "",
            "in_contract": "false",
            "best_resource": "false",
            "benefit": 4,
            "risk": 4,
            "forecast_end": "2027-06-30",
            "forecast_cost": 85000,
            "subject": "acquisitions",
        },
        [],
    ),
    "PRJ-06": (
        "2026-08",
        {
            "name": "Customer portal",
            "objective": "online-sales",
            "status": "proposed",
            "proposed_by": "sales",
            "sponsor": "sales",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 5,
            "risk": 2,
            "forecast_end": "2027-04-30",
            "forecast_cost": 30000,
            "subject": "online sales",
        },
        [],
    ),
    "PRJ-07": (
        "2026-09",
        {
            "name": "Label printers",
            "objective": "cost-per-order",
            "status": "proposed",
            "proposed_by": "stores",
            "sponsor": "stores",
            "in_contract": "false",
            "benefit": 2,
            "risk": 1,
            "forecast_end": "2027-02-26",
            "forecast_cost": 9000,
            "subject": "infrastructure",
        },
        [],
    ),
    # Nobody says what it costs, so it has no score.
    "PRJ-08": (
        "2026-10",
        {
            "name": "Archive outside the house",
            "objective": "ready-to-leave",
            "status": "proposed",
            "proposed_by": PROVIDER,
            "sponsor": "finance",
            "in_contract": "true",
            "best_resource": "true",
            "benefit": 3,
            "risk": 2,
            "forecast_end": "2027-03-31",
            "subject": "infrastructure",
        },
        [],
    ),
    # Closed six weeks late.
    "PRJ-09": (
        "2025-10",
        {
            "name": "Scanners in the stores",
            "objective": "cost-per-order",
            "status": "in_progress",
            "proposed_by": "stores",
            "sponsor": "stores",
            "approved_by": "finance;operations",
            "approved_on": "2025-09-22",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 4,
            "risk": 2,
            "baseline_start": "2025-10-06",
            "baseline_end": "2026-02-28",
            "baseline_cost": 15000,
            "forecast_end": "2026-02-28",
            "forecast_cost": 15000,
            "subject": "infrastructure",
        },
        [
            ("2026-01", {"forecast_end": "2026-03-31"}),
            ("2026-04", {"forecast_end": "2026-04-15", "forecast_cost": 16200, "status": "done"}),
        ],
    ),
    # The vector of rule 25, in thousands.
    "PRJ-10": (
        "2026-08",
        {
            "name": "Payroll interface",
            "objective": "cost-per-order",
            "status": "in_progress",
            "proposed_by": "finance",
            "sponsor": "finance",
            "approved_by": "finance;operations",
            "approved_on": "2026-08-03",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 4,
            "risk": 3,
            "baseline_start": "2026-08-03",
            "baseline_end": "2026-11-30",
            "baseline_cost": 100000,
            "forecast_end": "2026-11-30",
            "forecast_cost": 100000,
            "actual_cost": 12000,
            "percent_complete": 9,
            "subject": "infrastructure",
        },
        [
            ("2026-09", {"actual_cost": 35000, "percent_complete": 25}),
            (
                "2026-10",
                {
                    "forecast_end": "2026-12-24",
                    "forecast_cost": 133000,
                    "actual_cost": 60000,
                    "percent_complete": 45,
                },
            ),
        ],
    ),
    "PRJ-11": (
        "2026-07",
        {
            "name": "Second place for backups",
            "objective": "ready-to-leave",
            "status": "waiting",
            "proposed_by": "finance",
            "sponsor": "finance",
            "approved_by": "finance;operations",
            "approved_on": "2026-07-07",
            "in_contract": "true",
            "best_resource": "true",
            "benefit": 4,
            "risk": 1,
            "baseline_start": "2026-11-02",
            "baseline_end": "2027-02-26",
            "baseline_cost": 8000,
            "forecast_end": "2027-02-26",
            "forecast_cost": 8000,
            "actual_cost": 0,
            "percent_complete": 0,
            "subject": "infrastructure",
        },
        [],
    ),
    # No baseline was ever given: the first forecast stands for it.
    "PRJ-12": (
        "2025-10",
        {
            "name": "Wireless in the warehouse",
            "objective": "never-closed",
            "status": "in_progress",
            "proposed_by": "operations",
            "sponsor": "operations",
            "approved_by": "operations;finance",
            "approved_on": "2025-09-15",
            "in_contract": "true",
            "best_resource": "true",
            "benefit": 3,
            "risk": 1,
            "forecast_end": "2025-12-15",
            "forecast_cost": 6000,
            "subject": "infrastructure",
        },
        [("2025-12", {"forecast_end": "2025-12-19", "forecast_cost": 5800, "status": "done"})],
    ),
    "PRJ-13": (
        "2025-11",
        {
            "name": "Archive of old mail",
            "objective": "ready-to-leave",
            "status": "approved",
            "proposed_by": "finance",
            "sponsor": "finance",
            "approved_by": "finance;operations",
            "approved_on": "2025-11-18",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 2,
            "risk": 2,
            "baseline_start": "2026-01-12",
            "baseline_end": "2026-05-29",
            "baseline_cost": 7000,
            "forecast_end": "2026-05-29",
            "forecast_cost": 7000,
            "actual_cost": 0,
            "percent_complete": 0,
            "subject": "infrastructure",
        },
        [("2026-02", {"status": "cancelled"})],
    ),
    "PRJ-14": (
        "2026-01",
        {
            "name": "Sales figures on one page",
            "objective": "online-sales",
            "status": "in_progress",
            "proposed_by": "sales",
            "sponsor": "sales",
            "approved_by": "finance;operations",
            "approved_on": "2026-01-12",
            "in_contract": "false",
            "best_resource": "true",
            "benefit": 3,
            "risk": 2,
            "baseline_start": "2026-01-19",
            "baseline_end": "2026-06-26",
            "baseline_cost": 9000,
            "forecast_end": "2026-06-26",
            "forecast_cost": 9000,
            "subject": "online sales",
        },
        [("2026-06", {"forecast_end": "2026-07-16"}), ("2026-07", {"status": "done"})],
    ),
    "PRJ-15": (
        "2026-08",
        {
            "name": "Second factor for everybody",
            "objective": "never-closed",
            "status": "in_progress",
            "proposed_by": "operations",
            "sponsor": "operations",
            "approved_by": "finance;operations",
            "approved_on": "2026-07-28",
            "in_contract": "true",
            "best_resource": "true",
            "benefit": 5,
            "risk": 2,
            "baseline_start": "2026-08-03",
            "baseline_end": "2026-12-31",
            "baseline_cost": 60000,
            "forecast_end": "2026-12-31",
            "forecast_cost": 60000,
            "actual_cost": 5000,
            "percent_complete": 8,
            "subject": "infrastructure",
        },
        [
            ("2026-09", {"actual_cost": 14500, "percent_complete": 25}),
            ("2026-10", {"actual_cost": 30000, "percent_complete": 52}),
        ],
    ),
}

#: Planned, earned and spent so far, by month, in pounds.
PERIODS: dict[str, list[tuple[str, int, int, int]]] = {
    "PRJ-10": [
        ("2026-08", 10000, 9000, 12000),
        ("2026-09", 30000, 25000, 35000),
        ("2026-10", 60000, 45000, 60000),
        ("2026-11", 100000, 70000, 95000),
    ],
    "PRJ-15": [
        ("2026-08", 5000, 5000, 5000),
        ("2026-09", 15000, 15000, 14500),
        ("2026-10", 30000, 31000, 30000),
        ("2026-11", 45000, 46000, 45000),
        ("2026-12", 60000, 60000, 59000),
    ],
    # March was never reported.
    "PRJ-14": [
        ("2026-02", 1500, 1500, 1600),
        ("2026-04", 4500, 3750, 4300),
        ("2026-05", 6500, 6000, 6400),
        ("2026-06", 9000, 8000, 8600),
    ],
}
#: Worked by hand: in April the third month of the calendar is over, with two rows. March lies half way, at
#: 3,000, so that 3,750 are two and a half months' worth (rule 25).
GAP = (
    "2026-04",
    "PRJ-14",
    {"periods_elapsed": 3, "pv": 4500, "ev": 3750, "spi": 3750 / 4500, "es": 2.5, "spi_t": 2.5 / 3},
)
#: A slip of the pen in one month's plan, put right in the next: the plan so far falls (rule 25).
FALLS = ("2026-08", "PRJ-15", "2026-11", 25000)
#: Worked by hand from the rows up to October 2026 (rule 25).
EARNED = {
    "PRJ-10": {"pv": 60000, "ev": 45000, "ac": 60000, "cv": -15000, "spi": 0.75, "cpi": 0.75, "es": 2.5}
    | {"spi_t": 2.5 / 3, "eac": 100000 / 0.75, "eac_typical": 115000, "eac_spi": 60000 + 55000 / 0.5625}
    | {"tcpi": 1.375, "ieac_t": 4.8},
    "PRJ-15": {
        "pv": 30000,
        "ev": 31000,
        "ac": 30000,
        "cv": 1000,
        "spi": 31 / 30,
        "cpi": 31 / 30,
        "es": 3 + 1 / 15,
    }
    | {"spi_t": (3 + 1 / 15) / 3, "eac": 60000 * 30 / 31, "eac_typical": 59000}
    | {"eac_spi": 30000 + 29000 / (31 / 30) ** 2, "tcpi": 29 / 30, "ieac_t": 15 / (3 + 1 / 15)},
}

#: (project, day, decision, by, role, rank) beside the approvals that the projects carry.
DECISIONS = (
    ("PRJ-13", "2026-02-10", "rejected", "finance", "business", ""),
    ("PRJ-02", "2026-05-06", "approved", "finance;operations", "business", ""),
    ("PRJ-05", "2026-09-22", "ranked", PROVIDER, "provider", 1),
    ("PRJ-06", "2026-09-23", "ranked", "operations", "business", 1),
    ("PRJ-06", "2026-09-24", "ranked", "retained CIO", "cio", 1),
    ("PRJ-07", "2026-09-23", "ranked", "operations", "business", 2),
    ("PRJ-07", "2026-09-24", "ranked", "retained CIO", "cio", 2),
)


def simulate(
    months: list[Span], office: Office, seed: int, truth: Truth
) -> tuple[dict[str, dict[str, pd.DataFrame]], dict[str, pd.DataFrame]]:
    """projects, decisions and project_periods by month, and the hours booked on projects by month."""
    tables: dict[str, dict[str, pd.DataFrame]] = {"projects": {}, "decisions": {}, "project_periods": {}}
    hours = {}
    for month in months:
        rows = [
            _snapshot(project, month) for project, (first, _, _) in PROJECTS.items() if first <= month.label
        ]
        tables["projects"][month.label] = pd.DataFrame(rows, columns=COLUMNS, dtype=object).fillna("")
        tables["decisions"][month.label] = _decisions(month)
        tables["project_periods"][month.label] = _periods(month)
        hours[month.label] = _hours(month, rows, seed)
        _expect(months, month, rows, truth)
    _plant(truth)
    return tables, hours


def _as_of(month: Span) -> str:
    return str(pd.Period(month.label).end_time.date())


def _snapshot(project: str, month: Span) -> dict[str, Any]:
    """A project's row at the end of a month."""
    first, fields, changes = PROJECTS[project]
    row = {"project_id": project, "as_of": _as_of(month), **fields}
    for label, changed in changes:
        if label <= month.label:
            row |= changed
    if row["status"] in ("in_progress", "done") and "percent_complete" not in row:
        begin, end = pd.Timestamp(f"{first}-01"), pd.Timestamp(row["forecast_end"])
        share = (pd.Timestamp(row["as_of"]) - begin) / (end - begin)
        row["percent_complete"] = 100 if row["status"] == "done" else min(95, int(100 * share))
        row["actual_cost"] = round(row["forecast_cost"] * row["percent_complete"] / 100)
    return row


def _decisions(month: Span) -> pd.DataFrame:
    """What was decided in the month; the approvals are joint ones of the business."""
    rows = [row for row in DECISIONS if row[1].startswith(month.label)]
    for project, (_, fields, _) in PROJECTS.items():
        if fields.get("approved_on", "").startswith(month.label):
            rows.append((project, fields["approved_on"], "approved", fields["approved_by"], "business", ""))
    columns = ["project_id", "decided_on", "decision", "by", "role", "rank"]
    return pd.DataFrame(sorted(rows, key=lambda row: (row[1], row[0])), columns=columns)


def _periods(month: Span) -> pd.DataFrame:
    """The whole plan of each project under way, earned and spent as far as the month."""
    rows = [
        (project, period, planned, *((earned, spent) if period <= month.label else ("", "")))
        for project, periods in PERIODS.items()
        for period, planned, earned, spent in periods
        if periods[0][0] <= month.label
    ]
    told, project, period, value = FALLS
    if month.label == told:
        rows = [(*row[:2], value, *row[3:]) if row[:2] == (project, period) else row for row in rows]
    return pd.DataFrame(
        rows, columns=["project_id", "period", "planned_value", "earned_value", "actual_cost"]
    )


def _hours(month: Span, rows: list[dict[str, Any]], seed: int) -> pd.DataFrame:
    """A few days of work on each project under way, charged beside the fee."""
    rng = np.random.default_rng([seed, 6, int(month.label[:4]), int(month.label[5:])])
    running = [row["project_id"] for row in rows if row["status"] == "in_progress"]
    number = 3 * len(running)
    day = 1 + np.sort(rng.integers(0, 28, size=number))
    person = np.array(TECHNICIANS, dtype=object)[rng.integers(0, len(TECHNICIANS), size=number)]
    return pd.DataFrame(
        {
            "entry_id": [f"PE-{month.label}-{place:03d}" for place in range(number)],
            "worked_on": [f"{month.label}-{d:02d}" for d in day],
            "hours": [f"{h:.2f}".replace(".", ",") for h in rng.integers(4, 31, size=number) / 4],
            "ticket_id": "",
            "project_id": rng.permutation(np.repeat(np.array(running, dtype=object), 3)),
            "person": person,
            "billable": "true",
            "in_contract": "false",
            "entered_at": [f"{month.label}-{d:02d}T17:00:00Z" for d in day],
        }
    )


# ---------------------------------------------------------------- what the pages must say


def _expect(months: list[Span], month: Span, rows: list[dict[str, Any]], truth: Truth) -> None:
    """Each project against its first baseline and its current one, and what changed since last month."""
    for row in rows:
        project = row["project_id"]
        begun = max(months[0], Span(PROJECTS[project][0], 0, 0), key=lambda span: span.label)
        first, again = _snapshot(project, begun), month.label > begun.label
        # One report and no plan: nothing to be late against.
        baseline = {
            field: first.get(f"baseline_{field}", first.get(f"forecast_{field}") if again else None)
            for field in ("end", "cost")
        }
        slip, cost = None, None
        if baseline["end"] is not None:
            slip = (pd.Timestamp(row["forecast_end"]) - pd.Timestamp(baseline["end"])).days
        if baseline["cost"] is not None:
            cost = baseline["cost"] - row["forecast_cost"]
        fault = "late" if slip and slip > 0 else "over_budget" if cost is not None and cost < 0 else "none"
        truth.plant(
            month.label,
            "projects",
            fault,
            subject=project,
            status=row["status"],
            baseline_end=baseline["end"],
            current_baseline_end=row.get("baseline_end", baseline["end"]),
            forecast_end=row["forecast_end"],
            slip_days=slip,
            baseline_cost=baseline["cost"],
            current_baseline_cost=row.get("baseline_cost", baseline["cost"]),
            forecast_cost=row.get("forecast_cost"),
            cost_variance=cost,
            baseline_given="baseline_end" in first,
        )
    for project, (first, fields, changes) in PROJECTS.items():
        known = dict(fields)
        for label, changed in changes:
            for field, value in changed.items():
                if label == month.label and label > max(first, months[0].label) and field in PLANNED:
                    truth.plant(
                        month.label, "projects", "changed", subject=project, as_of=_as_of(month), field=field,
                        before=known.get(field), after=value,
                    )  # fmt: skip
            known |= changed
    _expect_strategy(month, rows, truth)


def _expect_strategy(month: Span, rows: list[dict[str, Any]], truth: Truth) -> None:
    """Objectives, approvals, scope and proposals of the month's projects."""
    page = "strategy"
    alive = [row for row in rows if row["status"] not in ("done", "cancelled")]
    for row in alive:
        project, proposed = row["project_id"], row["status"] == "proposed"
        cost = row.get("forecast_cost")
        if not row["objective"]:
            truth.plant(month.label, page, "no_objective", subject=project, cost=cost)
        if not proposed and row.get("approved_by", "") in ("", row["proposed_by"]):
            truth.plant(month.label, page, "unapproved", subject=project, status=row["status"], cost=cost)
        if row["subject"] == "acquisitions":
            truth.plant(month.label, page, "out_of_scope", subject=project, field=row["subject"], cost=cost)
        if row["subject"] in ("acquisitions", "data science"):
            truth.plant(month.label, page, "no_background", subject=project, field=row["subject"], cost=cost)
        if row["proposed_by"] == PROVIDER and row["in_contract"] == "false":
            truth.plant(month.label, page, "own_profit", subject=project, cost=cost)
        if row.get("best_resource") != "true":
            fault = "not_best_resource" if row.get("best_resource") else "best_resource_unknown"
            truth.plant(month.label, page, fault, subject=project, cost=cost)
        if proposed:
            truth.plant(month.label, page, "awaiting_decision", subject=project, cost=cost)
    scored = [row for row in alive if row["status"] == "proposed" and row.get("forecast_cost")]
    if month.label == GOLDEN:
        # 0.5 benefit + 0.2 risk + 0.3 cost, the costs ranked 9,000 < 30,000 < 85,000 (rule 26).
        scores = {"PRJ-05": 0.425, "PRJ-06": 0.8, "PRJ-07": 0.625, "PRJ-08": None}
        for project, score in scores.items():
            truth.plant(GOLDEN, page, "score" if score else "no_score", subject=project, score=score)
        assert {row["project_id"] for row in scored} | {"PRJ-08"} == set(scores)


def _plant(truth: Truth) -> None:
    month, project, period, _ = FALLS
    truth.plant(month, "projects", "planned_value_falls", subject=project, period=period)
    month, project, figures = GAP
    truth.plant(month, "projects", "earned_value_with_a_gap", subject=project, **figures)
    for project, figures in EARNED.items():
        truth.plant(GOLDEN, "projects", "earned_value", subject=project, **figures)
    truth.plant(GOLDEN, "strategy", "strategy_not_acknowledged", shared_on="2026-04-20")
