"""Nothing is bought by leaving a file out: a table that was due and did not come takes verdicts away, and gives none.

For every table, in a month with history, each report is computed with the table and as if it had not come.
"""

from importlib import import_module

import pytest

from msp_report.case import open_case
from msp_report.model.tables import TABLES

REPORTS = (
    "availability", "backups", "capacity", "duties", "licences", "procurement", "projects", "requests",
    "satisfaction", "strategy", "tickets", "vendors",
)  # fmt: skip
MONTH = "2026-02"
MONTHLY = [name for name, table in TABLES.items() if table.due == "monthly" and name != "claims"]


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


def verdicts(case, report):
    """The verdict of each figure of a report, and how firm it is, and which tables it asked for."""
    seen = Watched(case)
    found = import_module(f"msp_report.metrics.{report}").analyse(seen)
    return {(f.measure, f.subject): (f.verdict, f.robust) for f in found.figures()}, seen.asked


@pytest.fixture(scope="module")
def month(demo_place):
    return open_case("demo", MONTH, demo_place)


@pytest.fixture(scope="module")
def whole(month):
    return {report: verdicts(month, report) for report in REPORTS}


@pytest.mark.parametrize("table", MONTHLY)
def test_a_withheld_table_only_takes_verdicts_away(month, whole, table):
    less = month.at(month.period)
    less.__dict__["withheld"] = {table: month.period.last.shift(-1)}
    for report in REPORTS:
        before, asked = whole[report]
        if asked.isdisjoint({table, *TABLES[table].with_}):
            continue
        after, _ = verdicts(less, report)
        for key, (verdict, robust) in after.items():
            if verdict in ("met", "missed"):
                assert before.get(key, (None,))[0] == verdict, f"{key} became {verdict}"
            if robust == "pass":
                assert before[key][1] == "pass", f"{key} became a robust pass"
