"""Page one of any day: the few figures of the help desk and the payments that say what to do today."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

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


def figures(*reports: Iterable[Figure]) -> list[Figure]:
    """The figures of the report `today`: those over all of the other reports of the day, under its own name.

    They keep their targets but not their verdicts, which stand on the pages that they come from.
    """
    return [
        figure.with_(measure=f"today.{_SAID[figure.measure]}", verdict=None, headline=None)
        for figure in _chosen(reports)
    ]


def lines(*reports: Iterable[Figure]) -> pd.DataFrame:
    """The list of page one: one row per figure with the columns of figures.json, and `page`, where it comes from."""
    table = pd.DataFrame([figure.row() for figure in _chosen(reports)], columns=COLUMNS)
    return table.assign(page=table["report"] + ".html")


def _chosen(reports: Iterable[Iterable[Figure]]) -> list[Figure]:
    """What page one says of the other reports: their figures over all."""
    return [
        figure for report in reports for figure in report if figure.measure in _SAID and not figure.subject
    ]
