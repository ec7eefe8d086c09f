"""Which promises nobody can judge because a table did not come (rule 41)."""

import pandas as pd
import pytest
from months import MonthOf, PastOf

from msp_report.metrics import evidence
from msp_report.model.period import Month
from msp_report.model.tables import TABLES

AGREED = {
    "services": [
        {"name": "web", "availability_ratio": 0.999, "clause": "4.1"},
        {"name": "vpn", "availability_ratio": 0.99, "max_outages": 2},
        {"name": "intranet"},
    ],
    "tickets": {"priorities": {"P1": {"resolution_min": 60, "attainment_ratio": 0.9}, "P2": {}}},
    "duties": [{"name": "patching", "every_days": 30}],
    "licences": {"CAD": "device"},
    "procurement": {"price_ratio": 0.02},
    "backups": {"rpo_hours": 24},
}


def named_in(found, table):
    """The figure of a table that did not come."""
    return next(
        one for one in found.figures() if (one.measure, one.subject) == ("evidence.withheld_tables", table)
    )


def judged(*tables, agreed=AGREED):
    month = MonthOf(pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"), agreed)
    month.withheld = dict.fromkeys(tables, Month(2026, 9))
    return evidence.analyse(month, PastOf())


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("outages", "web, vpn"),
        ("tickets", "P1"),
        ("duty_evidence", "patching"),
        ("backup_jobs", "backups"),
        ("purchases", "procurement, CAD"),
        ("installs", "CAD"),
    ],
)
def test_a_withheld_table_names_the_promises_that_need_it(table, named):
    found = judged(table)
    of_table = named_in(found, table)
    assert of_table.verdict == "no_data" and of_table.n == len(found.promises) > 0
    assert of_table.why_missing == f"it last came for 2026-09; without it nobody can judge {named}"


def test_the_record_has_target_and_clause():
    rows = judged("outages").promises.to_dict("records")
    assert rows[0] == {
        "table": "outages", "measure": "availability.ratio", "subject": "web", "target": 0.999, "clause": "4.1"
    }  # fmt: skip
    assert [(row["measure"], row["subject"]) for row in rows[1:]] == [
        ("availability.ratio", "vpn"), ("availability.outages", "vpn")
    ]  # fmt: skip


def test_many_are_counted_after_the_first():
    many = {"duties": [{"name": f"duty {number}", "every_days": 30} for number in range(9)]}
    of_table = named_in(judged("duty_evidence", agreed=many), "duty_evidence")
    assert of_table.why_missing.endswith("judge duty 0, duty 1, duty 2, duty 3, duty 4, duty 5, +3")


def test_a_table_that_no_promise_needs_says_since_when():
    of_table = named_in(judged("time_entries"), "time_entries")
    assert of_table.why_missing == "it last came for 2026-09" and of_table.n == 0


def test_every_table_that_a_promise_needs_is_one():
    assert evidence.NEEDING.keys() <= TABLES.keys()
