"""The help desk of a real company on two days of 2016, against the plainest reading of its log."""

from pathlib import Path

import pandas as pd
import pytest
from months import MonthOf

from msp_report.case import open_day
from msp_report.metrics import helpdesk
from msp_report.workspace import PROJECT, Workspace

REAL = PROJECT.parent / "shared" / "real"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the public data sets lie beside the project of its developers only"
    ),
]
GONE = ["resolved", "closed", "cancelled", "merged"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    params = Path(__file__).parent / "params"
    return Workspace.find(PROJECT, params=params, exports=REAL, output=tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def april(place):
    case = open_day("public-tickets", "2016-04", place)
    return case, case.table("tickets"), case.follow_up("ticket_events")


@pytest.mark.parametrize(
    ("at", "open_count", "paused", "stuck", "bouncing", "solved"),
    [("2016-05-01 00:00", 1195, 399, 593, 50, 2107), ("2016-04-15 12:00", 1298, 394, 668, 61, 2054)],
)
def test_what_was_open(april, at, open_count, paused, stuck, bouncing, solved):
    case, tickets, events = april
    instant = pd.Timestamp(at, tz="UTC")
    tables = {"tickets": tickets, "ticket_events": events}
    desk = helpdesk.analyse(MonthOf(instant, instant, case.agreed, tables=tables))
    before = events[events["at"] < instant]
    last = before[before["field"] == "status"].groupby("ticket_id")["to"].last()
    opened = tickets.set_index("ticket_id")["opened_at"]
    last = last.reindex(
        opened.index[opened < instant]
    )  # two were opened that day, and nothing was logged yet
    still = last.index[~last.isin(GONE)]
    assert set(desk.open["ticket_id"]) == set(still)
    touched = before.groupby("ticket_id")["at"].max().reindex(still).fillna(opened)
    assert set(desk.stuck["ticket_id"]) == set(still[instant - touched >= pd.Timedelta(days=7)])
    values = {f.measure.partition(".")[2]: f for f in desk.figures() if not f.subject}
    counts = ("open", "paused", "stuck", "bouncing", "solved")
    assert [values[name].value for name in counts] == [open_count, paused, stuck, bouncing, solved]
    # nobody agreed on times, so nothing is called overdue, nor on time
    assert values["overdue"].value is None and values["overdue"].why_missing


def test_by_default_the_newest_month_counts_and_is_old(place):
    case = open_day("public-tickets", "", place)
    assert str(case.period) == "2017-02"
    assert case.age > pd.Timedelta(days=365)
    assert helpdesk.analyse(case).open.empty
