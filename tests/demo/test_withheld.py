"""Nothing is bought by leaving a file out, or a part of it: that takes verdicts away, and gives none.

For every table, in months with history, each report is computed with the table, as if it had not come, and as if it had
been exported on the 10th, with nothing in it after that.
"""

from functools import cache
from importlib import import_module

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.model.tables import TABLES

REPORTS = (
    "availability", "backups", "capacity", "duties", "licences", "procurement", "projects", "requests",
    "satisfaction", "strategy", "tickets", "vendors",
)  # fmt: skip
MONTHS = ("2026-10", *(pytest.param(month, marks=pytest.mark.thorough) for month in ("2026-02", "2026-05")))
MONTHLY = [name for name, table in TABLES.items() if table.due == "monthly" and name != "claims"]

#: Tables whose reports are made in a moment.
QUICK = ("backup_jobs", "duty_evidence", "outages", "purchases")


class Watched:
    """A case that notes which tables are asked for."""

    def __init__(self, case):
        self._case, self.asked = case, set()

    def __getattr__(self, name):
        return getattr(self._case, name)

    def table(self, name):
        self.asked.add(name)
        return self._case.table(name)

    def follow_up(self, name):
        self.asked.add(name)
        return self._case.follow_up(name)

    def paths(self, name):
        self.asked.add(name)
        return self._case.paths(name)


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

    def table(self, name):
        return self._until(name, self._case.table(name))

    def follow_up(self, name):
        return self._until(name, self._case.follow_up(name))

    def own(self, name):
        return self._until(name, self._case.own(name))

    def paths(self, name):
        return [] if name == self._cut else self._case.paths(name)

    def reached(self, name):
        return self._at if name == self._cut else self._case.reached(name)


def verdicts(case, report):
    """The verdict of each figure of a report, and how firm it is, and which tables it asked for."""
    seen = Watched(case)
    found = import_module(f"msp_report.metrics.{report}").analyse(seen)
    return {(f.measure, f.subject): (f.verdict, f.robust) for f in found.figures()}, seen.asked


@pytest.fixture(scope="module")
def whole(demo_place):
    """The case of a month, and what a report says of it with all its tables."""

    @cache
    def of(month):
        return open_case("demo", month, demo_place)

    return of, cache(lambda month, report: verdicts(of(month), report))


def holds(before, after, what, judged=("met", "missed")):
    """No verdict is new, none is another one, and none is firmer."""
    for key, (verdict, robust) in after.items():
        if verdict in judged:
            assert before.get(key, (None,))[0] == verdict, f"{what}: {key} became {verdict}"
        if robust == "pass":
            assert before[key][1] == "pass", f"{what}: {key} became a robust pass"


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("table", MONTHLY)
def test_a_withheld_table_only_takes_verdicts_away(whole, table, month):
    of, found = whole
    less = of(month).at(of(month).period)
    less.__dict__["withheld"] = {table: less.period.last.shift(-1)}
    for report in REPORTS:
        before, asked = found(month, report)
        if not asked.isdisjoint({table, *TABLES[table].with_}):
            holds(before, verdicts(less, report)[0], report)


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(
    "table",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in MONTHLY],
)
def test_a_table_that_ends_on_the_10th_gives_no_good_verdict(whole, table, month):
    of, found = whole
    for report in REPORTS:
        before, asked = found(month, report)
        if table in asked:
            # a miss in what the provider itself sent stands, whatever the rest would have made of it (rule 50)
            holds(before, verdicts(CutOff(of(month), table), report)[0], report, judged=("met",))
