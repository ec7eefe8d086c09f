"""Projects against their first plan (rules 24 to 26): `month` at a cut-off, `year` over all its reports."""

from msp_report.metrics.projects.month import (
    Analysis,
    analyse,
    calibration,
    changes,
    earned_value,
    in_process,
    own_decisions,
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
    "own_decisions",
    "proposals",
    "unapproved",
    "variance",
    "waiting",
    "with_plan",
]
