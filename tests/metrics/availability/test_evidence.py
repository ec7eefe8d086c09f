"""Rules 4, 41 to 43, 46 and 50: nothing that is left out, added or broken makes a service look better."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf
from service_day import HEADER, START, agreed, full_day, of_day, probe
from test_readings import UNTIL, check_rows, frames, outage_rows

from msp_report.metrics.availability import Analysis, analyse
from msp_report.model.tables import TABLES

WORD = {"missed": 0, "no_verdict": 1, "no_data": 1, "met": 2, "no_target": 1}
CONTRACT = agreed(availability_ratio=0.8, max_outages=2)


def month(outages, checks, contract=CONTRACT, end=UNTIL, **known) -> Analysis:
    return analyse(MonthOf(START, end, contract, tables={"outages": outages, "checks": checks}, **known))


def verdict(*given_, **known) -> str:
    return month(*given_, **known).services.iloc[0].verdict


def is_better(now: str, before: str) -> bool:
    return WORD[now] > WORD[before]


@given(outage_rows, check_rows)
@examples(15)
def test_a_probe_that_says_up_improves_no_miss_of_the_log(outages, checks):
    """Refused maintenance aside, which is what was observed meanwhile (rule 8)."""
    log_, checks_ = frames([row for row in outages or [] if row[2] != "maintenance" and row[0] < 240], checks)
    closed = log_.assign(ended_at=log_["ended_at"].fillna(UNTIL)) if len(log_) else log_
    if verdict(closed, None) == "missed":
        friend = probe(("10-04 00:00", "up"), changes_only=True, probe="friend")
        more = friend if checks_ is None else pd.concat([checks_, friend])
        assert verdict(closed, more, independent=frozenset({"checks"})) == "missed"


@given(outage_rows, st.integers(0, 239))
@examples(20)
def test_cutting_the_log_never_yields_met(outages, minute):
    log_, _ = frames(outages, None)
    log_ = HEADER if log_ is None else log_
    at = START + pd.Timedelta(minutes=minute)
    left = log_[log_["started_at"] < at] if len(log_) else log_
    before, after = verdict(log_, None), verdict(left, None, speaks_to={"outages": at})
    assert after != "met" or before == "met"


@given(check_rows, st.integers(0, 239))
@examples(15)
def test_cutting_the_checks_never_yields_met(checks, minute):
    _, checks_ = frames(None, checks)
    if checks_ is None:
        return
    at = START + pd.Timedelta(minutes=minute)
    left = checks_[checks_["at"] < at]
    after = verdict(None, left, speaks_to={"checks": at})
    assert after != "met" or verdict(None, checks_) == "met"


@given(outage_rows, check_rows, st.data())
@examples(20)
def test_a_rejected_outage_never_improves(outages, checks, data):
    log_, checks_ = frames(outages, checks)
    if log_ is None or log_.empty:
        return
    before = verdict(log_, checks_)
    row = data.draw(st.integers(0, len(log_) - 1))
    blank = data.draw(st.sets(st.sampled_from(["started_at", "ended_at", "state"])))
    lost = (
        log_.iloc[[row]]
        .reindex(columns=list(TABLES["outages"].names))
        .assign(file="outages.csv", line=2, reason="x")
    )
    lost = lost.assign(**{name: pd.NaT if name.endswith("_at") else None for name in blank})
    if log_.iloc[row]["state"] in ("down", "degraded"):
        after = verdict(log_.drop(log_.index[row]), checks_, dropped={"outages": lost})
        assert after != "met" or before == "met"
    assert not is_better(verdict(log_, checks_, dropped={"outages": lost}), before)


def three(*pairs: tuple[str, str], probe_name: str = "leeds") -> pd.DataFrame:
    """Checks of three services at the same instants."""
    each = [
        probe(*pairs, changes_only=True, service=name, probe=probe_name) for name in ("email", "web", "erp")
    ]
    return pd.concat(each, ignore_index=True)


IN_STEP = [
    ("10-04 00:00", "up"),
    *((f"{hour:02d}:00", state) for hour in range(8, 14) for state in ("down", "up")[hour % 2 :][:1]),
]


def test_a_doubted_probe_leaves_no_verdict_and_is_an_exception():
    found = of_day(None, three(*IN_STEP), agreed(availability_ratio=0.9))
    ratio, *_ = (f for f in found.figures() if f.measure == "availability.ratio")
    assert (ratio.verdict, ratio.robust) == ("no_verdict", None)
    assert ratio.why_missing == "services change together within a second, with nothing beside them"
    every, one = (f for f in found.figures() if f.measure == "availability.doubted_probes")
    assert (every.value, every.verdict) == (1, None)
    assert (one.subject, one.verdict, one.value, one.why_missing) == (
        "leeds",
        "no_verdict",
        6,
        ratio.why_missing,
    )


def test_a_verdict_that_does_not_rest_on_the_doubted_probe_alone_stands():
    contract = agreed(availability_ratio=0.5)
    found = of_day(HEADER, three(*IN_STEP), contract)
    assert found.services.iloc[0].verdict == "met"
    assert found.robustness.iloc[0].robust == "pass"
    assert found.doubts["probe"].tolist() == ["leeds"]
    strict = of_day(HEADER, three(*IN_STEP), agreed(availability_ratio=0.99))
    assert strict.services.iloc[0].verdict == "no_verdict"


def test_a_service_that_flips_all_day_is_no_evidence():
    flips = [
        (f"{hour:02d}:{minute:02d}", "down" if minute == 10 else "up")
        for hour in range(11)
        for minute in (10, 15)
    ]
    checks = probe(("10-04 00:00", "up"), *flips, changes_only=True)
    found = of_day(None, checks, agreed(availability_ratio=0.99))
    assert found.services.iloc[0].verdict == "no_verdict"
    assert found.doubts[["what", "times"]].iloc[0].tolist() == [
        "a service changes more than 20 times a day, with nothing beside it",
        22,
    ]
    few = probe(("10-04 00:00", "up"), *flips[:20], changes_only=True)
    assert of_day(None, few, agreed(availability_ratio=0.99)).services.iloc[0].verdict == "missed"


@pytest.mark.parametrize(("dips", "doubted"), [(0, False), (1, False), (12, True)])
def test_a_perfect_month_is_doubted_only_after_months_full_of_dips(dips, doubted):
    """A day stands for a month: the three before it had so many dips each."""
    earlier = [
        (f"10-{day:02d} {hour:02d}:{minute:02d}", state)
        for day in (2, 3, 4)
        for hour in range(dips)
        for minute, state in ((0, "down"), (10, "up"))
    ]
    beats = [(f"10-{day:02d} {hour:02d}:30", "up") for day in (2, 3, 4) for hour in range(24)]
    now = [(f"{hour:02d}:{minute:02d}", "up") for hour in range(24) for minute in (0, 30)]
    found = of_day(None, probe(*earlier, *beats, *now, max_gap_s=3600.0), agreed(availability_ratio=0.99))
    assert found.services.iloc[0].verdict == ("no_verdict" if doubted else "met")


def test_probes_that_disagree_make_a_verdict_fragile():
    checks = pd.concat(
        [
            full_day().assign(probe="london"),
            full_day(("08:00", "down"), ("12:00", "up")).assign(probe="leeds"),
        ]
    )
    found = of_day(None, checks, agreed(availability_ratio=0.9))
    assert found.services.iloc[0].verdict == "missed"
    row = found.robustness.iloc[0]
    assert (row.robust, row.flipped_by, row.rule[-12:], row.verdict) == (
        "fragile",
        "probes",
        ",probes=best",
        "met",
    )
    assert len(found.rules) == 50 and row.readings == 50


def test_a_service_of_rejected_rows_lists_them():
    lost = pd.DataFrame({"service": ["email", None], "started_at": [START, START], "state": ["down", None]})
    lost = lost.reindex(columns=list(TABLES["outages"].names)).assign(
        file="outages.csv", line=[3, 7], reason="no end"
    )
    lost["ended_at"] = pd.Series(pd.NaT, lost.index, dtype="datetime64[us, UTC]")
    found = month(HEADER, None, dropped={"outages": lost})
    assert found.dropped[["service", "line", "reason"]].values.tolist() == [
        ["email", 3, "no end"],
        ["email", 7, "no end"],
    ]
    assert (
        found.services.iloc[0].why_missing
        == "2 rejected rows may belong to it (outages.csv:3, outages.csv:7)"
    )


def test_what_came_late_restates_the_month_before():
    def rows(*pairs: tuple[str, str]) -> pd.DataFrame:
        times = [[pd.Timestamp(text, tz="UTC") for text in pair] for pair in pairs]
        frame = pd.DataFrame(times, columns=["started_at", "ended_at"])
        return frame.assign(service="email", state="down")

    then = rows(("2026-09-15 10:00", "2026-09-15 10:30"))
    late = rows(("2026-09-30 17:00", "2026-09-30 23:59"))
    bounds = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
    made = {"last": {"outages": then}, "newest": {"outages": late}}
    contract = agreed(availability_ratio=0.998)
    found = analyse(MonthOf(*bounds, contract, tables={"outages": pd.concat([then, late])}, **made)).restated
    assert found[["service", "month", "down_then_min", "down_min"]].values.tolist() == [
        ["email", "2026-09", 30, 449]
    ]
    assert found[["then_verdict", "verdict"]].values.tolist() == [["met", "missed"]]
    same = analyse(MonthOf(*bounds, contract, tables={"outages": then}, last={"outages": then})).restated
    assert same.empty
    older = rows(("2026-07-31 22:00", "2026-08-02 00:00"))
    made["newest"]["outages"] = older
    found = analyse(MonthOf(*bounds, contract, tables={"outages": pd.concat([then, older])}, **made)).restated
    assert found[["month", "down_then_min", "down_min"]].values.tolist() == [
        ["2026-08", 0, 1440],
        ["2026-07", 0, 120],
    ]


def test_checks_that_came_late_restate_the_month_before():
    bounds = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
    at = pd.date_range("2026-09-01", "2026-11-01", freq="10min", tz="UTC", inclusive="left")
    every = pd.DataFrame({"service": "email", "at": at, "state": "up", "max_gap_s": 900})
    lost = every["at"].between("2026-09-20", "2026-09-20 12:00", inclusive="left")
    every.loc[lost, "state"] = "down"
    then, newest = every[(every["at"] < bounds[0]) & ~lost], every[(every["at"] >= bounds[0]) | lost]
    made = {"last": {"checks": then}, "newest": {"checks": newest}}
    contract = agreed(availability_ratio=0.998)
    found = analyse(MonthOf(*bounds, contract, tables={"checks": every}, **made)).restated
    assert found[["service", "down_then_min", "down_min"]].values.tolist() == [["email", 0, 720]]
    assert found["verdict"].tolist() == ["missed"] != found["then_verdict"].tolist()
