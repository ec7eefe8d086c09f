"""Page one of any day: what to pay and what to hold, what is overdue and what is due next, and the figures that say so.

Decided here: the two lists hold every unpaid invoice, and every ticket that is overdue or has a deadline to come, each
once; what must not be paid and what is overdue come first. A solution whose clock stands still is not due next.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.metrics import helpdesk, payments
from msp_report.model.case import Case
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.texts import among

#: What page one says, of which report; in the order of its list.
_SAID = {
    "helpdesk.open": "open",
    "helpdesk.overdue": "overdue",
    "helpdesk.due": "due",
    "helpdesk.stuck": "stuck",
    "helpdesk.bouncing": "bouncing",
    "helpdesk.paused": "paused",
    "payments.due": "payable",
    "payments.hold": "hold",
    "payments.cannot_tell": "cannot_tell",
    "payments.release": "release",
}

BILLS = ["decision", "document_id", "vendor", "amount", "at_stake", "dated_on", "due_on", "why"]
TASKS = ["state", "ticket_id", "title", "priority_now", "assignee", "late_with", "due_at", "opened_at"]


@dataclass(frozen=True)
class Analysis:
    """The two other reports of the day, whole."""

    helpdesk: helpdesk.Analysis
    payments: payments.Analysis

    def figures(self) -> list[Figure]:
        """The figures over all of the two reports that page one says, under its own name.

        They keep their targets but not their verdicts, which stand on the pages that they come from.
        """
        return [
            figure.with_(measure=f"today.{_SAID[figure.measure]}", verdict=None)
            for figure in (*_said_of(self.helpdesk), *_said_of(self.payments))
        ]

    @property
    def lines(self) -> pd.DataFrame:
        """The list of the help desk: one row per figure with the columns of figures.json, and `page`, where it comes
        from."""
        table = pd.DataFrame([figure.row() for figure in _said_of(self.helpdesk)], columns=COLUMNS)
        return table.assign(page=table["report"] + ".html")

    @property
    def bills(self) -> pd.DataFrame:
        """Every unpaid invoice once, with BILLS: what must not be paid first, of each decision the next due first."""
        parts = [self.payments.of(decision) for decision in payments.DECISIONS]
        return pd.concat(parts, ignore_index=True)[BILLS]

    @property
    def tasks(self) -> pd.DataFrame:
        """The overdue tickets, the longest overdue first, then the others whose deadline is to come, the next one
        first; with TASKS. `state` is overdue or due next; late_with what it lacks, or what is due next; due_at when
        that was or is due."""
        late, coming = self.helpdesk.late, self.helpdesk.coming
        stands = coming["paused"].astype(bool) & coming["next_deadline"].eq("resolution")
        coming = coming[~among(coming["ticket_id"], late["ticket_id"]) & ~stands]
        late = late.assign(state="overdue", due_at=late["late_since_at"])
        coming = coming.assign(
            state="due next", late_with=coming["next_deadline"], due_at=coming["next_due_at"]
        )
        return pd.concat([late[TASKS], coming[TASKS]], ignore_index=True)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"lines": self.lines, "bills": self.bills, "tasks": self.tasks}


def analyse(case: Case) -> Analysis:
    """The help desk and the payments at the cut-off. Reads and raises as their own `analyse`."""
    return Analysis(helpdesk.analyse(case), payments.analyse(case))


def _said_of(report: helpdesk.Analysis | payments.Analysis) -> list[Figure]:
    """What page one says of a report."""
    return [figure for figure in report.figures() if figure.measure in _SAID and not figure.subject]
