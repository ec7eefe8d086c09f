"""Harms put into the demo's October: which are seen, which pay, and that nothing is left out in silence."""

from zlib import crc32

import numpy as np
import pandas as pd
import pytest
from workspaces import tickets

from msp_report.case import open_case
from msp_report.model.tables import TABLES
from msp_report.selftest import kept, run
from msp_report.selftest.harms import HARMS, IN_ITS_HANDS, Given, Injected
from msp_report.selftest.judged import Month
from msp_report.words.labels import CODES
from msp_report.workspace import Workspace

BY_NAME = {harm.name: harm for harm in HARMS}


@pytest.fixture(scope="module")
def month(demo_case):
    return Month(demo_case("2026-10"))


@pytest.fixture(scope="module")
def given(month):
    return Given(month.case, month.untouched.by_key, frozenset({"checks", "installs"}))


def done(given, name, size=None, number=0):
    harm = BY_NAME[name]
    place = len(harm.sizes) - 1 if size is None else harm.sizes.index(size)
    seed = [crc32(name.encode()), place, number]
    return harm.make(given, harm.sizes[place], np.random.default_rng(seed))


def test_every_harm_has_a_name_on_the_pages():
    assert set(CODES["harm"]) == {harm.name for harm in HARMS}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_harm_changes_the_tables_that_it_says_and_is_the_same_again(given, name):
    before = {table: given.rows(table).copy() for table in TABLES}
    found, again = done(given, name), done(given, name)
    assert isinstance(found, Injected) and found.tables and found.subject == again.subject
    for table, rows in found.tables.items():
        assert rows is None or list(rows) == list(before[table])
        assert (
            rows is None or not rows.reset_index(drop=True).equals(before[table]) or table == "ticket_events"
        )
        assert (rows is None and again.tables[table] is None) or rows.equals(again.tables[table])
    for table, rows in before.items():
        assert rows.equals(given.rows(table)), f"{name} changed the untouched month's {table}"


def test_evidence_is_left_out_of_what_the_provider_has_in_its_hands(given):
    for name in (one for one, harm in BY_NAME.items() if harm.hides):
        for number in range(20):
            assert set(done(given, name, number=number).tables) <= set(IN_ITS_HANDS) - {"checks", "installs"}


@pytest.mark.parametrize(
    ("name", "size", "caught", "paid"),
    [
        ("service down", 480, True, True),
        ("service slow", 120, False, False),
        ("solved late", 0.5, True, False),
        ("copies without a licence", 0.25, True, False),
        ("project late", 180, False, False),
        ("file withheld", 1, True, False),
    ],
)
def test_what_the_demos_contract_makes_of_a_harm(month, given, name, size, caught, paid):
    """Eight hours down earn a credit; slow counts as up, and no project has a target in the contract."""
    told = run._outcome(BY_NAME[name], month, month.case, done(given, name, size))
    assert (told["caught"], told["paid"]) == (caught, paid)


def test_an_outage_costs_its_minutes_times_its_users(month, given):
    injected = done(given, "service down", 120)
    service = next(one for one in month.case.contract.services if one.name == injected.subject)
    told = run._outcome(BY_NAME["service down"], month, month.case, injected)
    assert told["lost_more"] == pytest.approx(2 * service.users * float(service.user_hourly_cost))


def test_the_untouched_month_catches_nothing(month):
    assert run.caught_by(month, month.untouched) == []
    assert month.gains(month.untouched) == []


def test_tries_are_summed_by_harm_and_size():
    told = {"report": "availability", "hides": False, "unit": "min", "subject": "email", "capped": False}
    rows = [
        ("down", 30, True, "availability.ratio x.y", True, 10.0),
        ("down", 30, True, "availability.ratio", False, 30.0),
        ("down", 30, False, "", False, 0.0),
        ("down", 60, True, "x.y", False, 5.0),
    ]
    columns = ["harm", "harm_size", "caught", "shown_by", "paid", "owed_more"]
    tried = pd.DataFrame(rows, columns=columns).assign(**told, held_more=0.0, lost_more=0.0)
    first, second = run.summed(tried[run.TRIED]).to_dict("records")
    assert (first["tries"], first["caught"], first["paid"], first["owed_more"]) == (3, 2, 1, 10.0)
    assert first["shown_by"] == "availability.ratio x.y" and first["caught_ratio"] == pytest.approx(2 / 3)
    assert first["caught_low"] == pytest.approx(0.2077, abs=1e-4) and first["caught_high"] == pytest.approx(
        0.9385, abs=1e-4
    )
    assert (second["harm_size"], second["tries"], second["caught"]) == (60.0, 1, 1)


@pytest.mark.thorough
def test_the_demos_table_is_what_the_test_comes_to_and_nothing_passes_in_silence(demo_case, tried):
    """The table that the docs show is kept beside the demo's params; the whole test is run again."""
    case = demo_case("2026-10")
    outcome = run.run(case)
    tried("harms put into a month", len(outcome.tried))
    assert outcome.passed.empty, outcome.passed
    stood = kept.newest(case.workspace, "demo", case.period).drop(columns="month")
    pd.testing.assert_frame_equal(run.summed(outcome.tried), stood)


#: A month of one table alone, beside tickets: a header, and a row.
ALONE = {
    "outages": "service,started_at,ended_at,state\nemail,2026-03-03T09:00:00,2026-03-03T10:00:00,down\n",
    "checks": "service,at,state\nemail,2026-03-03T09:00:00,up\nemail,2026-03-03T09:05:00,down\n",
    "samples": "resource,metric,at,value\nwan,used,2026-03-03T09:00:00,0.5\n",
    "backup_jobs": "asset,job,started_at,result\ndb,nightly,2026-03-03T01:00:00,success\n",
    "surveys": "survey_id,answered_at,responsiveness\nS1,2026-03-03T09:00:00,4\n",
    "projects": "project_id,as_of,name,status\nP1,2026-03-31,Move,in_progress\n",
    "installs": "product,device\nOffice,LT-1\n",
    "purchases": "document,document_id,line,vendor,item,quantity,unit_price,dated_on\n"
    "invoice,I1,1,Snark,Paper,1,5,2026-03-03\n",
}


@pytest.mark.parametrize("table", ALONE)
def test_a_month_that_has_little_is_tried_with_what_it_has(place, table):
    place.put({f"{table}.csv": ALONE[table], "tickets.csv": tickets(5)})
    case = open_case("acme", "2026-03", Workspace.find(place.root))
    given = Given(case, {}, frozenset())
    done = {
        harm.name
        for harm in HARMS
        for size in harm.sizes
        for number in range(3)
        if harm.make(given, size, np.random.default_rng(number))
    }
    assert {"solved late", "file withheld", "file ends early"} <= done
    assert ("service down" in done) == (table in ("outages", "checks"))


def test_what_is_put_into_a_table_that_never_came_is_read(place):
    """A service that only a probe watches goes down: the log has its first row."""
    place.put({"checks.csv": ALONE["checks"], "tickets.csv": tickets(5)})
    case = open_case("acme", "2026-03", Workspace.find(place.root))
    month = Month(case)
    injected = BY_NAME["service down"].make(
        Given(case, month.untouched.by_key, frozenset()), 480, np.random.default_rng(1)
    )
    told = run._outcome(BY_NAME["service down"], month, case, injected)
    assert set(told) >= {"caught", "paid", "shown_by"}
