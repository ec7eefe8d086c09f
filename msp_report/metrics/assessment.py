"""Did the provider deliver this year, what did it cost, and what has to be decided? The sum of the annual pack.

Every figure is one of another page's: nothing is computed anew that a page has already said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from msp_report.metrics.scorecard.lines import exceptions, standing
from msp_report.model.case import Case, Past
from msp_report.model.columns import plain_rows
from msp_report.model.figures import COLUMNS, Figure

WORST = ["measure", "subject", "missed", "judged"]

#: What the first page takes over from the others: its own name, and the measure that says it.
CARRIED = {
    "months_with_data": "year.months_with_data",
    "promised": "year.promised",
    "met": "year.met",
    "missed": "year.missed",
    "unjudged": "year.unjudged",
    "worse": "year.worse",
    "credits_owed": "contract.year_owed",
    "credits_granted": "contract.year_credited",
    "credits_open": "contract.year_open",
    "credits_lost": "contract.year_lost",
    "at_stake": "contract.year_at_stake",
    "user_hours": "contract.year_user_hours",
    "user_cost": "contract.year_user_cost",
    "projects": "projects.year_projects",
    "projects_late": "projects.year_late",
    "graded": "questions.graded",
}


#: The figures that it takes over for each subject.
EACH = ("year.without_data", "questions.open_findings")


@dataclass(frozen=True)
class Analysis:
    """The sum of an annual pack: `worst` and `summary` as the functions of these names, `months` as Past.months."""

    pack: pd.DataFrame
    """The figures that the other notebooks of the pack recorded."""
    months: pd.DataFrame
    worst: pd.DataFrame
    summary: pd.DataFrame
    exceptions: pd.DataFrame
    """As scorecard.lines.exceptions."""
    restated: pd.DataFrame
    """As Past.restated, of all figures of the pack."""

    def figures(self) -> list[Figure]:
        """assessment.<name> for each of CARRIED, with the value and n of the measure that says it; .without_data by
        month; .open_findings by severity and in all, where a notebook gives them. What no notebook of the pack gives is
        missing and says so. None has a verdict: the page that found it judges it.
        """
        rows = plain_rows(self.pack)
        overall = {row["measure"]: row for row in rows if row["subject"] == ""}
        return [
            *(_taken_over(name, overall.get(says) or _unsaid(says)) for name, says in CARRIED.items()),
            *(_taken_over(row["measure"].partition(".")[2], row) for row in rows if row["measure"] in EACH),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("months", "worst", "summary", "exceptions", "restated")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case, past: Past) -> Analysis:
    """The sum of what the other notebooks of an annual pack recorded; reads no table."""
    pack = past.figures
    open_points = exceptions(standing(pack), pack)[list(pack.columns)]
    found = Analysis(pack, past.months, worst(pack), summary(pack), open_points, pd.DataFrame())
    own = pd.DataFrame([figure.row() for figure in found.figures()], columns=COLUMNS)
    every = pd.concat([frame.astype(object) for frame in (pack, own) if len(frame)], ignore_index=True)
    return replace(found, restated=past.restated(every))


def worst(pack: pd.DataFrame) -> pd.DataFrame:
    """The promised figures that were missed, the most often missed first.

    Parameters: `pack` the figures that the other notebooks of the pack recorded. Returns: one row per measure and
    subject missed in any month, with WORST: months missed, and months in which it could be judged.
    """
    rows = pack[pack["measure"].eq("year.missed_months") & pack["value"].fillna(0).gt(0)]
    named = rows["subject"].str.partition(" ") if len(rows) else pd.DataFrame(columns=[0, 1, 2])
    found = pd.DataFrame(
        {"measure": named[0], "subject": named[2], "missed": rows["value"], "judged": rows["n"]}
    )
    found = found.sort_values(["missed", "judged"], ascending=[False, True], kind="stable", ignore_index=True)
    return found.astype({"missed": "int64", "judged": "int64"})[WORST]


def summary(pack: pd.DataFrame) -> pd.DataFrame:
    """The rows of CARRIED that some notebook of the pack gives, in that order, with a value or why there is none."""
    order = {measure: place for place, measure in enumerate(CARRIED.values())}
    rows = pack[pack["measure"].isin(list(order)) & pack["subject"].eq("")]
    return rows.sort_values(
        "measure", key=lambda measure: measure.map(order), kind="stable", ignore_index=True
    )


def _taken_over(name: str, row: Mapping[str, Any]) -> Figure:
    return Figure(
        measure=f"assessment.{name}",
        subject=row["subject"],
        value=row["value"],
        n=row["n"],
        why_missing=row["why_missing"],
    )


def _unsaid(measure: str) -> dict[str, Any]:
    why = f"no notebook of this pack gives {measure}"
    return {"subject": "", "value": None, "n": None, "why_missing": why}
