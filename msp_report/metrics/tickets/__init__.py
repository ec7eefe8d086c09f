"""The help desk: response and resolution against what was agreed, backlog, hours, work that came back.

`analyse` gives everything about a period at once, `figures` its figures; `clocks` is the core on its own. The
parts lie in `history` (what happened to each ticket), `levels` (clocks, attainment, the sixteen readings), `flow`
(durations, backlog, ages, volumes, hours) and `again` (reopened, repeated, duplicate). Source: rules 0, 11-18.
"""

from msp_report.metrics.tickets.again import duplicates, followed, quality, reopens, repeats
from msp_report.metrics.tickets.analysis import Analysis, analyse, figures
from msp_report.metrics.tickets.flow import (
    ageing,
    backlog,
    durations,
    hours,
    open_tickets,
    priority_changes,
    volumes,
)
from msp_report.metrics.tickets.history import History, history_of
from msp_report.metrics.tickets.levels import (
    Course,
    attainment,
    clocks,
    clocks_of,
    robustness,
    rules,
)

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
    "durations",
    "figures",
    "followed",
    "history_of",
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
