"""Projects against their first plan (rules 24 to 26): `month`, how they stand at a cut-off; `year`, what became of them."""

from msp_report.metrics.projects.month import (
    Analysis,
    analyse,
    calibration,
    changes,
    earned_value,
    in_process,
    proposals,
    unapproved,
    variance,
    waiting,
    with_plan,
)

__all__ = [
    "Analysis",
    "analyse",
    "calibration",
    "changes",
    "earned_value",
    "in_process",
    "proposals",
    "unapproved",
    "variance",
    "waiting",
    "with_plan",
]
