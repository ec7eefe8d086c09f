"""Nothing is bought by leaving a file out, or a part of it: that takes verdicts away, and gives none.

For every table, in months with history, each report is computed with the table, as if it had not come, and as if it had
been exported on the 10th, with nothing in it after that.
"""

import pandas as pd
import pytest

from msp_report.model.tables import TABLES
from msp_report.selftest.asked import REPORTS, analysed

MONTHS = ("2026-10", *(pytest.param(month, marks=pytest.mark.thorough) for month in ("2026-02", "2026-05")))
MONTHLY = [name for name, table in TABLES.items() if table.due == "monthly" and name != "claims"]

#: Tables whose reports are made in a moment.
QUICK = ("backup_jobs", "duty_evidence", "outages", "purchases")


class CutOff:
    """A case of which one table was exported on the 10th."""

    def __init__(self, case, table):
        self._case, self._cut = case, table
        self._at = case.start + pd.Timedelta(days=10)

    def __getattr__(self, name):
        return getattr(self._case, name)

    def _until(self, name, frame):
        column = TABLES[name].period
        if (
            name != self._cut
            or frame is None
            or column is None
            or TABLES[name].column(column).type == "month"
        ):
            return frame
        at = self._at if TABLES[name].column(column).type == "instant" else self._at.tz_localize(None)
        return frame[~(frame[column] >= at)].reset_index(drop=True)

    def table(self, name, columns=()):
        return self._until(name, self._case.table(name))

    def follow_up(self, name):
        return self._until(name, self._case.follow_up(name))

    def own(self, name, columns=()):
        return self._until(name, self._case.own(name))

    def paths(self, name):
        return [] if name == self._cut else self._case.paths(name)

    def reached(self, name):
        return self._at if name == self._cut else self._case.reached(name)


def verdicts(analysis):
    """The verdict of each figure, and how firm it is."""
    return {(f.measure, f.subject): (f.verdict, f.robust) for f in analysis.figures()}


def holds(before, after, what, judged=("met", "missed")):
    """No verdict is new, none is another one, and none is firmer."""
    for key, (verdict, robust) in after.items():
        if verdict in judged:
            assert before.get(key, (None,))[0] == verdict, f"{what}: {key} became {verdict}"
        if robust == "pass":
            assert before[key][1] == "pass", f"{what}: {key} became a robust pass"


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("table", MONTHLY)
def test_a_withheld_table_only_takes_verdicts_away(demo_case, demo_report, table, month):
    case = demo_case(month)
    less = case.at(case.period)
    less.__dict__["withheld"] = {table: less.period.last.shift(-1)}
    for report in REPORTS:
        found, asked = demo_report(report, month)
        if not asked.isdisjoint({table, *TABLES[table].with_}):
            holds(verdicts(found), verdicts(analysed(less, report)[0]), report)


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(
    "table",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in MONTHLY],
)
def test_a_table_that_ends_on_the_10th_gives_no_good_verdict(demo_case, demo_report, table, month):
    for report in REPORTS:
        found, asked = demo_report(report, month)
        if table in asked:
            less = analysed(CutOff(demo_case(month), table), report)[0]
            # a miss in what the provider itself sent stands, whatever the rest would have made of it (rule 50)
            holds(verdicts(found), verdicts(less), report, judged=("met",))
