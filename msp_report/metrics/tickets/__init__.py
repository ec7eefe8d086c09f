"""The help desk's month: response and resolution against what was agreed, backlog, hours, work that came back.

`analyse` gives everything about a period at once; `clocks` is the core on its own. The parts lie in `history` (what
happened to each ticket), `course` (its clocks), `verdicts` (attainment, the sixteen readings), `flow` (durations,
backlog, volumes, hours), `still_open` (what is open, and its age), `again` (reopened,
repeated, duplicate) and `doubts` (what contradicts itself).
Source: rules 0, 11-18.
"""

from msp_report.metrics.tickets.again import duplicates, duplicates_of, followed, quality, reopens, repeats
from msp_report.metrics.tickets.analysis import Analysis, analyse, figures_of_case
from msp_report.metrics.tickets.course import Course, clocks, clocks_of
from msp_report.metrics.tickets.flow import backlog, durations, hours, priority_changes, volumes
from msp_report.metrics.tickets.history import History, history_of, history_of_case
from msp_report.metrics.tickets.still_open import ageing, open_tickets
from msp_report.metrics.tickets.verdicts import attainment, robustness, rules

__all__ = [
    "Analysis",
    "Course",
    "History",
    "ageing",
    "analyse",
    "attainment",
    "backlog",
    "clocks",
    "clocks_of",
    "duplicates",
    "duplicates_of",
    "durations",
    "figures_of_case",
    "followed",
    "history_of",
    "history_of_case",
    "hours",
    "open_tickets",
    "priority_changes",
    "quality",
    "reopens",
    "repeats",
    "robustness",
    "rules",
    "volumes",
]
