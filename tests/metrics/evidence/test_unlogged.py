"""Which outages the provider's log lacks, and how many there were in all (rule 37; its cases: tests/rules)."""

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics import capacity
from msp_report.metrics.availability.doubts import FLIPS
from msp_report.metrics.evidence.unlogged import (
    CATCHES,
    EVENTS,
    LISTS,
    LOG_ALONE,
    NO_LOG,
    NO_SECOND,
    estimate,
    unlogged,
)
from msp_report.model.tables import TABLES

START, END = (pd.Timestamp(day, tz="UTC") for day in ("2026-10-01", "2026-11-01"))
AGREED = {"services": [{"name": "web"}, {"name": "mail"}], "client": {"name": "Acme", "timezone": "UTC"}}
#: The probe of web looks every five minutes of October.
LOOKS = pd.date_range(START, END, freq="5min", inclusive="left")


def at(text):
    return pd.Timestamp(text, tz="UTC")


def log(*begins, service="web", minutes=20, state="down"):
    """Rows of the log that begin at such times."""
    begin = pd.DatetimeIndex([at(one) for one in begins], tz="UTC").as_unit("us")
    ends = begin + pd.Timedelta(minutes=minutes)
    return pd.DataFrame({"service": service, "started_at": begin, "ended_at": ends, "state": state})


def probe(*begins, minutes=20, looks=LOOKS, service="web"):
    """Looks of a probe, which find the service down for so long from such times."""
    found = np.zeros(len(looks), bool)
    for one in begins:
        found |= (looks >= at(one)) & (looks < at(one) + pd.Timedelta(minutes=minutes))
    return pd.DataFrame(
        {"service": service, "at": looks, "state": np.where(found, "down", "up"), "max_gap_s": 900.0}
    )


def tickets(*begins, number=6, service="web", quiet=700):
    """So many incidents in the first minutes of each of some times, and requests in as many other hours."""
    opened = [at(one) + pd.Timedelta(minutes=2 * step) for one in begins for step in range(number)]
    calm = list(pd.date_range(START, periods=quiet, freq="h"))
    names = [service] * len(opened) + [None] * len(calm)
    kinds = ["incident"] * len(opened) + ["request"] * len(calm)
    rows = {"opened_at": [*opened, *calm], "service": names, "kind": kinds, "priority": "P3", "status": "new"}
    return pd.DataFrame(rows).assign(ticket_id=[f"T{number}" for number in range(len(names))])


def month(**tables):
    more = {name: tables.pop(name) for name in ("doubted", "stretches", "speaks_to") if name in tables}
    return MonthOf(START, END, AGREED, tables=tables, **more)


def figures(case):
    return {one.measure.partition(".")[2]: one for one in unlogged(case).figures()}


def seen(case):
    return [
        (row.service, f"{row.started_at:%d %H:%M}", row.seen_by) for row in unlogged(case).events.itertuples()
    ]


DAYS = [f"2026-10-{day:02d} 10:00" for day in range(2, 27)]


# ---------------------------------------------------------------- nothing to compare with is no good news


def test_without_a_log_nothing_can_be_missing_from_it():
    found = figures(month(checks=probe(DAYS[0])))
    assert {one.value for one in found.values()} == {None}
    assert {one.why_missing for one in found.values()} == {NO_LOG}


def test_where_the_log_is_alone_nobody_knows_what_it_lacks():
    found = figures(month(outages=log(DAYS[0])))
    assert {(one.value, one.why_missing) for one in found.values()} == {(None, LOG_ALONE)}


def test_other_tables_without_rows_have_not_looked():
    found = figures(
        month(outages=log(DAYS[0]), checks=TABLES["checks"].empty(), tickets=TABLES["tickets"].empty())
    )
    assert (found["unlogged_outages"].value, found["unlogged_outages"].why_missing) == (None, LOG_ALONE)
    assert found["outages_year"].why_missing == NO_SECOND


def test_a_log_that_is_doubted_as_a_whole_lacks_nothing_for_sure():
    why = "log.csv: says that more rows follow, and they did not come"
    found = figures(month(outages=log(), checks=probe(DAYS[0]), doubted={"outages": why}))
    assert {(one.value, one.why_missing) for one in found.values()} == {(None, why)}


def test_a_log_without_rows_lacks_all_that_was_seen():
    found = figures(month(outages=TABLES["outages"].empty(), checks=probe(DAYS[0], DAYS[3])))
    assert (found["unlogged_outages"].value, found["unlogged_outages"].n) == (2, 2)


def test_the_log_lacks_nothing_after_it_ends():
    case = month(outages=log(DAYS[0]), checks=probe(*DAYS[:3]), speaks_to={"outages": at("2026-10-03 20:00")})
    assert seen(case) == [("web", "03 10:00", "probes")]


# ---------------------------------------------------------------- who could have seen what


def test_where_a_probe_was_silent_it_has_missed_nothing():
    away = LOOKS.drop(LOOKS[LOOKS.slice_indexer("2026-10-10", "2026-10-11")])
    case = month(outages=log(*DAYS[:9]), checks=probe(*DAYS[:8], looks=away))
    # that of the tenth lies where the probe was silent
    rows = unlogged(case).outages
    assert rows.set_index("begin")["probes_known"].tolist() == [True] * 8 + [False]
    assert (figures(case)["outages_month"].value, figures(case)["outages_month"].n) == (8, 8)


def test_what_a_service_without_a_probe_has_stands_in_no_estimate_with_probes():
    outages = pd.concat([log(*DAYS[:8]), log(*DAYS[:8], service="mail")])
    found = figures(month(outages=outages, checks=probe(*DAYS[:8])))
    assert (found["outages_month"].value, found["outages_month"].n) == (8, 8)
    assert found["unlogged_outages"].n == 16


def test_a_month_whose_log_did_not_come_has_no_outages_that_it_lacks():
    before = pd.date_range("2026-08-01", "2026-10-01", freq="5min", inclusive="left", tz="UTC")
    checks = pd.concat([probe("2026-08-05 10:00", "2026-09-05 10:00", looks=before), probe(*DAYS[:7])])
    case = month(outages=log(*DAYS[:7], "2026-09-05 10:00"), checks=checks)
    assert figures(case)["outages_year"].n == 9
    case.stretches = {"outages": [(at("2026-09-01"), at("2026-11-01"))]}
    found = figures(case)
    assert (found["outages_year"].n, found["logged_year"].value, found["outages_year"].value) == (8, 8, 8)


def test_without_probes_the_tickets_are_the_second_list():
    found = figures(month(outages=log(*DAYS[:8:1]), tickets=tickets(*DAYS[1:9])))
    assert (found["unlogged_outages"].value, found["outages_month"].n) == (1, 9)
    # 9 x 9 / 8 - 1 = 9.125
    assert found["outages_month"].value == 9


def test_an_outage_seen_by_tickets_alone_is_listed_and_counted():
    case = month(outages=log(*DAYS[:8]), checks=probe(*DAYS[:8]), tickets=tickets(*DAYS[2:10]))
    assert seen(case) == [("web", "10 10:00", "ticket bursts"), ("web", "11 10:00", "ticket bursts")]
    found = unlogged(case).months
    # the tickets share six with the others, too few to be a list of the estimate; what they saw was seen all the same
    assert (found.total.value, found.total.n, found.logged) == (10, 10, 8)


def test_a_third_list_that_shares_enough_joins():
    # the log misses every third, the probe every fourth, the tickets every second of 24
    case = month(
        outages=log(*[day for place, day in enumerate(DAYS[:24]) if place % 3]),
        checks=probe(*[day for place, day in enumerate(DAYS[:24]) if place % 4]),
        tickets=tickets(*[day for place, day in enumerate(DAYS[:24]) if place % 2]),
    )
    total = unlogged(case).months.total
    two = month(outages=case.tables["outages"], checks=case.tables["checks"])
    assert (total.n, unlogged(two).months.total.n) == (22, 22)
    assert total.low <= 24 <= total.high
    catches = unlogged(case).catches.set_index("list")
    assert catches["found"].tolist() == [16, 18, 12]
    assert catches.loc["provider's log", ["with_probes", "with_tickets", "alone"]].tolist() == [12, 8, 4]


def test_a_burst_in_maintenance_that_counts_is_no_outage():
    kept = log("2026-10-05 09:00", minutes=180, state="maintenance").assign(announced_at=at("2026-09-01"))
    case = month(outages=kept, checks=probe(), tickets=tickets("2026-10-05 10:00"))
    assert seen(case) == [] and unlogged(case).outages.empty


def test_a_busy_service_needs_more_tickets_for_a_burst():
    every = tickets(*pd.date_range("2026-10-01 08:00", "2026-10-25 08:00", freq="8h").astype(str), number=5)
    case = month(outages=log(), checks=probe(), tickets=every)
    assert seen(case) == []


@pytest.mark.parametrize(("number", "listed"), [(8, 0), (9, 1)])
def test_a_burst_stands_out_from_a_busy_hour(number, listed):
    # in one of ten hours the service has a ticket, so that nine and more in an hour have a chance of 1 in 100,000
    usual = tickets(*pd.date_range("2026-10-01 06:30", "2026-10-29", freq="10h").astype(str), number=1)
    many = tickets("2026-10-20 13:00", number=number, quiet=0).assign(ticket_id="M")
    assert len(seen(month(outages=log(), tickets=pd.concat([usual, many])))) == listed


def test_an_outage_that_a_probe_in_doubt_saw_is_none():
    flips = LOOKS[LOOKS.slice_indexer("2026-10-05", "2026-10-05")]
    checks = probe()
    checks["state"] = np.where(checks["at"].isin(flips[::2]), "down", checks["state"])
    case = month(outages=log(), checks=checks)
    assert figures(case)["unlogged_outages"].why_missing == FLIPS


# ---------------------------------------------------------------- silences


def test_a_resource_is_silent_for_over_twice_its_usual_interval():
    hours = pd.Series(pd.date_range("2026-10-05", periods=10, freq="h", tz="UTC"))
    readings = pd.DataFrame({"resource": "a", "metric": "cpu", "at": hours, "value": 1.0})
    two, one = readings.drop([4, 5]), readings.drop([4])
    found = capacity.silences(two, START, END)
    assert found[["resource", "resources"]].to_numpy().tolist() == [["a", 1]]
    assert pd.to_datetime(found.iloc[0][["begin", "end"]].tolist(), unit="us").hour.tolist() == [4, 6]
    assert capacity.silences(one, START, END).empty  # twice the interval is not over it
    assert capacity.silences(None, START, END).empty


def test_another_metric_of_a_resource_breaks_its_silence():
    hours = pd.Series(pd.date_range("2026-10-05", periods=10, freq="h", tz="UTC"))
    readings = pd.DataFrame({"resource": "a", "metric": "cpu", "at": hours, "value": 1.0})
    memory = readings.iloc[4:6].assign(metric="memory")
    assert capacity.silences(pd.concat([readings.drop([4, 5]), memory]), START, END).empty


# ---------------------------------------------------------------- properties


def captured(rng, total, chances):
    """Outages as `estimate` takes them, of which each list has each with its own chance."""
    has = rng.random((total, len(chances))) < np.array(chances)
    has = has[has.any(axis=1)]
    rows = {name: has[:, place] if place < len(chances) else False for place, name in enumerate(LISTS)}
    known = {f"{name}_known": place < len(chances) for place, name in enumerate(LISTS)}
    return pd.DataFrame(rows).assign(**known, service="web", doubtful=False)


@pytest.mark.parametrize(
    ("total", "chances", "months"),
    [
        (60, (0.7, 0.8), 300),
        (200, (0.5, 0.5), 300),
        (60, (0.7, 0.8, 0.5), 40),
        pytest.param(60, (0.7, 0.8, 0.5), 400, marks=pytest.mark.thorough),
        pytest.param(120, (0.5, 0.5, 0.5), 400, marks=pytest.mark.thorough),
        pytest.param(40, (0.75, 0.88, 0.3), 400, marks=pytest.mark.thorough),
    ],
    ids=str,
)
def test_the_interval_holds_the_true_number_about_as_often_as_it_says(total, chances, months):
    rng = np.random.default_rng(37)
    found = [estimate(captured(rng, total, chances)).total for _ in range(months)]
    known = [one for one in found if one.value is not None]
    assert len(known) == months
    assert np.mean([one.low <= total <= one.high for one in known]) >= 0.9
    assert np.median([one.value for one in known]) == pytest.approx(total, rel=0.05)


WHOLE = {
    "outages": pd.concat([log(*DAYS[:12]), log(DAYS[4], state="maintenance", service="mail")]),
    "checks": probe(*DAYS[3:14], minutes=20)[::3],
    "tickets": tickets(*DAYS[5:14]),
    "backup_jobs": pd.DataFrame(
        {
            "asset": ["a", "b", "c"] * 3,
            "started_at": [at(day) for day in DAYS[4:7] for _ in range(3)],
            "finished_at": [at(day) + pd.Timedelta(minutes=9) for day in DAYS[4:7] for _ in range(3)],
            "result": ["failed"] * 7 + ["none", "success"],
        }
    ),
    "samples": pd.DataFrame(
        {
            "resource": [name for name in "abc" for _ in range(40)],
            "metric": "cpu",
            "at": [*pd.date_range(at("2026-10-05"), periods=40, freq="h")] * 3,
            "value": 1.0,
        }
    ),
}


@examples(60)
@given(st.data())
def test_rows_that_are_left_out_of_any_list_never_raise(data):
    kept = {}
    for name, rows in WHOLE.items():
        if not data.draw(st.booleans(), f"all of {name} left out"):
            share = data.draw(st.sampled_from([0.0, 0.02, 0.5, 0.9, 1.0]), f"share of {name} kept")
            rng = np.random.default_rng(data.draw(st.integers(0, 99), "seed"))
            kept[name] = rows[rng.random(len(rows)) < share].reset_index(drop=True)
    found = unlogged(month(**kept))
    told = {one.measure.partition(".")[2]: one for one in found.figures()}
    for one in told.values():
        assert (one.value is None) == (one.why_missing is not None)
    for name in ("outages_month", "outages_year"):
        if told[name].value is not None:
            assert told[name].n <= told[name].low <= told[name].value <= told[name].high
    if told["unlogged_outages"].value is not None:
        assert told["unlogged_outages"].value <= told["unlogged_outages"].n
    assert list(found.events) == EVENTS and list(found.catches) == CATCHES


@examples(30)
@given(st.sets(st.integers(0, 11), max_size=12))
def test_each_row_less_in_the_log_is_one_outage_more_that_it_lacks(gone):
    kept = [day for place, day in enumerate(DAYS[:12]) if place not in gone]
    found = figures(month(outages=log(*kept), checks=probe(*DAYS[:12])))
    assert (found["unlogged_outages"].value, found["unlogged_outages"].n) == (len(gone), 12)
