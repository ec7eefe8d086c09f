"""Page one of any day: the few figures of the help desk and the payments that say what to do today."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.metrics import helpdesk, payments
from msp_report.model.case import Case
from msp_report.model.figures import COLUMNS, Figure

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

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"lines": self.lines}


def analyse(case: Case) -> Analysis:
    """The help desk and the payments at the cut-off. Reads and raises as their own `analyse`."""
    return Analysis(helpdesk.analyse(case), payments.analyse(case))


def _said_of(report: helpdesk.Analysis | payments.Analysis) -> list[Figure]:
    """What page one says of a report."""
    return [figure for figure in report.figures() if figure.measure in _SAID and not figure.subject]
