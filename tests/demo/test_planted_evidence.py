"""The demo company's planted faults of evidence: what is missing, dropped, misnamed or contradictory, each kind once.

As in test_planted, from exports; each is found in its month, and in no other of the thirteen.
"""

import pytest

from msp_report.case import open_case
from msp_report.metrics import procurement, satisfaction, tickets
from msp_report.model.period import Period
from msp_report.model.tables import TABLES

MONTHS = [str(month) for month in Period.parse("2025-10..2026-10").months]


@pytest.fixture(scope="module")
def cases(demo_place):
    last = open_case("demo", MONTHS[-1], demo_place)
    return {month: last.at(Period.parse(month)) for month in MONTHS}


def planted(truth, page, *faults):
    """(month, what was planted) of every fault of these kinds."""
    return [
        (month, entry) for month in MONTHS for entry in truth[month].get(page, []) if entry["fault"] in faults
    ]


def judged(analysis):
    return {(f.measure, f.subject): f for f in analysis.figures() if f.verdict}


# ---------------------------------------------------------------- files that did not come, or not whole


def test_what_did_not_come_or_came_again_is_withheld_and_named(cases, truth):
    expected = {
        (month, entry["table"], entry["last_month"])
        for month, entry in planted(truth, "evidence", "not_sent", "sent_again")
    }
    found = {
        (month, table, str(last)) for month, case in cases.items() for table, last in case.withheld.items()
    }
    assert found == expected and len(expected) == 2


def test_what_did_not_come_gives_no_figure(cases, truth):
    [(gone, entry)] = planted(truth, "evidence", "not_sent")
    assert entry["table"] == "surveys"
    figures = satisfaction.analyse(cases[gone]).figures()
    assert all(one.value is None for one in figures)
    assert {one.why_missing for one in figures} == {"no survey was supplied"}
    after = satisfaction.analyse(cases[MONTHS[MONTHS.index(gone) + 1]]).figures()
    assert all(one.value is not None for one in after)


def test_a_file_that_ends_in_silence_speaks_as_far_as_it_goes(cases, truth):
    expected = [
        (month, f["table"], f["last_on"]) for month, f in planted(truth, "evidence", "ends_in_silence")
    ]
    since = {
        (month, name): case.silent_since(name)
        for month, case in cases.items()
        for name in TABLES
        if TABLES[name].period is not None
    }
    found = {place: at for place, at in since.items() if at is not None}
    named = [(*place, str((at.tz_convert("Europe/London")).date())) for place, at in found.items()]
    [(month, table, last)] = expected
    # of a day the end of it, which is the first instant of the next
    assert named == [(month, table, f"{last[:8]}{int(last[8:]) + 1:02d}")]
    figures = {(f.measure, f.subject): f for f in tickets.analyse(cases[month]).figures()}
    hours = figures["tickets.hours", ""]
    whole = next(f for f in truth[month]["tickets"] if f.get("subject") == "")["hours"]
    assert 0 < hours.low == hours.value < whole and hours.high is None
    assert hours.coverage == pytest.approx(17 / 30)


def test_a_file_that_tells_of_another_page_is_doubted_as_a_whole(cases, truth):
    [(gone, entry)] = planted(truth, "evidence", "says_more")
    doubts = {(month, name): case.doubts(name) for month, case in cases.items() for name in TABLES}
    assert {place for place, why in doubts.items() if why} == {(gone, entry["table"])}
    assert f"{entry['pages']} pages, and {entry['came']} came" in doubts[gone, entry["table"]]
    for month, verdict in ((gone, "no_verdict"), ("2026-07", "met")):
        found = judged(procurement.analyse(cases[month]))
        assert found["procurement.at_stake", ""].verdict == verdict, month
