"""What is agreed and what is our own rule (rule 49): the one place that tells, for every sentence, list and year.

A figure is **agreed** where its target has a clause or stands in contract.yaml as a promise of the provider (`promise`
of its measure's declaration). Everything else that is judged is **our own**: targets of strategy.yaml and controls of
this software, such as money at stake of 0. A total is not counted beside the figures that it sums up.
"""

from __future__ import annotations

import pandas as pd

from msp_report.model.measures import MEASURES

AGREED, OWN = "agreed", "own"
DECIDED = ("met", "missed")
OPEN = ("no_verdict", "no_data")
JUDGED = (*DECIDED, *OPEN)

#: Of a figure without a value: there was nothing to judge in the month, so no evidence is missing (rule 41).
NOTHING_TO_JUDGE = frozenset(
    {
        "no response was decided in the period",
        "no resolution was decided in the period",
        "no service time in the period",
        "nothing was invoiced in the month",
    }
)
#: They count what other figures judge, or name what other figures lack: no rule of anybody.
_COUNTS = ("scorecard.", "evidence.withheld_tables")
_KEY = ["measure", "subject"]


def whose(figures: pd.DataFrame) -> pd.Series:
    """Whose rule each figure is judged by: agreed, own, or missing where it is not judged.

    Parameters: `figures` with at least measure, subject, target, verdict and clause of figures.json; of several months
    with their `month` too. A figure whose measure is judged by subjects in the same month counts in those, not over
    all.
    """
    judged = figures["verdict"].isin(JUDGED) & ~figures["measure"].astype("str").str.startswith(_COUNTS)
    parts = judged & figures["subject"].fillna("").ne("")
    months = figures["month"] if "month" in figures else pd.Series("", figures.index)
    judged &= parts | ~parts.groupby([months, figures["measure"]]).transform("any").astype(bool)
    declared = figures["measure"].map(lambda name: name in MEASURES and MEASURES[name].promise).astype(bool)
    agreed = figures["target"].notna() & (figures["clause"].notna() | declared)
    return pd.Series(OWN, figures.index, dtype=object).mask(agreed, AGREED).where(judged)


def existed(figures: pd.DataFrame) -> pd.Series:
    """Whether there was anything to judge in the month: a priority without a ticket is kept by nobody and missed by
    nobody."""
    return ~(figures["verdict"].eq("no_data") & figures["why_missing"].isin(NOTHING_TO_JUDGE))


def agreed(figures: pd.DataFrame) -> pd.DataFrame:
    """The promises of the provider of which there was anything to judge, as rows of figures.json in their order."""
    return figures[whose(figures).eq(AGREED) & existed(figures)]
