"""Rules 9 and 11: short outages and the 48 readings, by hand and against an oracle minute by minute."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from service_day import HEADER, PLANNED, START, agreed, level, log, minutes, of_day

from msp_report.metrics.availability import READINGS
from msp_report.metrics.availability.readings import DOWN, MAINTENANCE, UNKNOWN, UP
from msp_report.metrics.availability.spans import smooth

# ---------------------------------------------------------------- rule 9: short outages


def seconds(*parts: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Segments (state, seconds) as edges in microseconds and states."""
    lengths = np.array([length for _, length in parts]) * 1_000_000
    return np.concatenate([[0], np.cumsum(lengths)]), np.array([state for state, _ in parts])


U, D, N, X = UP, DOWN, UNKNOWN, MAINTENANCE


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(U, 900), (N, 60), (U, 900)], [(U, 1860)]),
        ([(X, 900), (U, 60), (X, 900)], [(X, 1860)]),
        ([(U, 900), (D, 120), (U, 100), (D, 100), (U, 900)], [(U, 900), (D, 320), (U, 900)]),
        # a span that becomes one of equals only once its neighbour is gone, and then goes first
        ([(U, 900), (D, 10), (N, 5), (D, 10), (U, 100), (D, 900)], [(U, 1025), (D, 900)]),
    ],
)
def test_short_spans_take_the_state_around_them(parts, expected):
    edges, states = smooth(*seconds(*parts), 150_000_000)
    assert list(zip(states.tolist(), (np.diff(edges) // 1_000_000).tolist(), strict=True)) == expected


def smoothed_one_at_a_time(parts: list[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """Rule 9 word for word."""
    spans: list[list[int]] = []
    for state, length in parts:
        if spans and spans[-1][0] == state:
            spans[-1][1] += length
        else:
            spans.append([state, length])
    while True:
        short = [
            (spans[i][1], i)
            for i in range(1, len(spans) - 1)
            if spans[i][1] <= limit and spans[i - 1][0] == spans[i + 1][0]
        ]
        if not short:
            return [tuple(span) for span in spans]
        i = min(short)[1]
        spans[i - 1 : i + 2] = [[spans[i - 1][0], sum(length for _, length in spans[i - 1 : i + 2])]]


@given(
    st.lists(st.tuples(st.sampled_from([U, D, N, X]), st.integers(1, 12)), min_size=1, max_size=30),
    st.integers(0, 14),
)
@examples(250)
def test_smoothing_all_at_once_is_smoothing_one_at_a_time(parts, limit):
    edges, states = smooth(*seconds(*parts), limit * 1_000_000)
    found = list(zip(states.tolist(), (np.diff(edges) // 1_000_000).tolist(), strict=True))
    assert found == smoothed_one_at_a_time(parts, limit)


def test_short_outages_in_a_contract_show_their_effect():
    outages = log(("08:00", "08:02"), ("09:00", "10:00"))
    row = level(outages, None, agreed(accounting={"short_outage_s": 120}))
    assert (row.down_min, row.outages) == (60, 1)
    assert row.unsmoothed_ratio == (1440 - 62) / 1440
    assert pd.isna(level(outages).unsmoothed_ratio)


def test_smoothing_comes_after_degraded_has_its_meaning():
    outages = log(("08:00", "08:02"), ("08:02", "09:00", "degraded"))  # up, down 120 s, degraded 58 min
    up = agreed(accounting={"short_outage_s": 150})
    assert minutes(level(outages, None, up)) == (1440, 0, 0, 0)
    down = agreed(accounting={"short_outage_s": 150, "degraded": "down"})
    assert minutes(level(outages, None, down)) == (1380, 60, 0, 0)


def test_a_short_outage_over_closing_time_counts_its_service_time():
    calendars = {"office": {"hours": {"mon": ["08:00-12:00", "13:00-17:00"]}}}
    contract = agreed(calendars, accounting={"short_outage_s": 150}, calendar="office")
    assert level(log(("11:59", "13:01")), None, contract).down_min == 0  # 2 service minutes
    assert level(log(("11:58", "13:01")), None, contract).down_min == 3


# ---------------------------------------------------------------- rule 11: robustness


OWN = "maintenance=exclude,unknown=exclude,degraded=up,short=0"


def test_there_are_48_readings_and_the_contracts_own_where_it_is_none_of_them():
    names = of_day(HEADER).rules
    assert len(names) == names["rule"].nunique() == 48
    assert names.loc[names["own"], "rule"].tolist() == [
        "maintenance=exclude,unknown=exclude,degraded=up,short=0"
    ]
    assert "maintenance=exclude,unknown=up,degraded=up,short=0" in set(names["rule"])
    assert len(of_day(HEADER, None, agreed(accounting={"short_outage_s": 150})).rules) == 48
    more = of_day(HEADER, None, agreed(accounting={"short_outage_s": 60})).rules
    assert len(more) == 49
    assert more.loc[more["own"], "rule"].tolist() == [
        "maintenance=exclude,unknown=exclude,degraded=up,short=60"
    ]


@pytest.mark.parametrize(
    ("outages", "target", "robust", "part", "rule"),
    [
        (log(("08:00", "09:00")), 0.9, "pass", None, None),
        (log(("08:00", "12:00")), 0.9, "fail", None, None),
        (HEADER, None, None, None, None),
        # 4 h of maintenance: down by another rule
        (
            log(("08:00", "12:00", *PLANNED[2:])),
            0.9,
            "fragile",
            "maintenance",
            OWN.replace("exclude", "down", 1),
        ),
        (
            log(("08:00", "12:00", "degraded")),
            0.9,
            "fragile",
            "degraded",
            OWN.replace("degraded=up", "degraded=down"),
        ),
        # straddling is no verdict, so taking unknown for up changes it first
        (
            log(("08:00", "12:00", "unknown")),
            0.9,
            "fragile",
            "unknown",
            OWN.replace("unknown=exclude", "unknown=up"),
        ),
        # 2 minutes down against 99.9 %: 1438 / 1440 = 0.9986
        (log(("08:00", "08:02")), 0.999, "fragile", "short", OWN.replace("short=0", "short=150")),
        # 100 min of maintenance or of degradation leave 0.93, both together 0.86
        (
            log(("08:00", "09:40", "maintenance", "10-01 00:00"), ("10:00", "11:40", "degraded")),
            0.9,
            "fragile",
            "maintenance and degraded",
            "maintenance=down,unknown=exclude,degraded=down,short=0",
        ),
    ],
)
def test_robustness_names_the_first_part_that_flips_the_verdict(outages, target, robust, part, rule):
    row = of_day(outages, None, agreed(availability_ratio=target)).robustness.iloc[0]
    found = [None if pd.isna(row[name]) else row[name] for name in ("robust", "flipped_by", "rule")]
    assert found == [robust, part, rule]
    assert row.readings == 48


def test_the_order_of_parts_decides_which_is_named():
    outages = log(("08:00", "12:00", "maintenance", "10-01 00:00"), ("13:00", "17:00", "degraded"))
    row = of_day(outages, None, agreed(availability_ratio=0.9)).robustness.iloc[0]
    assert row.flipped_by == "maintenance" and row.verdict == "missed"
    assert row.availability_ratio == 1200 / 1440
    assert row.met + row.missed == 48


def test_only_four_parts_vary():
    late = log(("08:00", "12:00", "maintenance", "10-05 07:00"))
    found = of_day(late, None, agreed(availability_ratio=0.9)).rules
    assert (found["verdict"] == "missed").all()  # refused maintenance stays refused


# ---------------------------------------------------------------- the oracle: minute by minute

HOURS = ["00:00-01:10", "01:30-02:30", "02:30-03:20"]
OPEN = [minute for minute in range(240) if minute < 70 or 90 <= minute < 200]
AGREED = {"mon": ["00:20-01:40", "02:00-04:00"]}
MAY = [minute for minute in range(240) if 20 <= minute < 100 or minute >= 120]
UNTIL = START + pd.Timedelta("4h")

outage_rows = st.lists(
    st.tuples(
        st.integers(-60, 250),
        st.one_of(st.none(), st.integers(0, 80)),
        st.sampled_from(["down", "maintenance", "unknown", "degraded"]),
        st.one_of(st.none(), st.integers(0, 120)),
    ),
    max_size=7,
    unique_by=lambda row: row[0],
)
check_rows = st.lists(
    st.tuples(
        st.integers(-60, 250),
        st.sampled_from(["up", "up", "down", "degraded", "maintenance", "unknown"]),
        st.one_of(st.none(), st.integers(0, 60)),
        st.booleans(),
    ),
    max_size=14,
    unique_by=lambda row: row[0],
)
terms = st.fixed_dictionaries(
    {
        "notice_hours": st.sampled_from([0, 1]),
        "max_gap_s": st.sampled_from([300, 1200]),
        "maintenance_cap_min": st.one_of(st.none(), st.integers(0, 60)),
        "maintenance_windows": st.sampled_from([None, AGREED]),
    }
)


def frames(outages, checks) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    def when(minute):
        return pd.NaT if minute is None else START + pd.Timedelta(minutes=minute)

    def instants(values):
        return pd.Series([when(value) for value in values], dtype="datetime64[us, UTC]")

    log_ = outages and pd.DataFrame(
        {
            "service": "email",
            "started_at": instants([start for start, _, _, _ in outages]),
            "ended_at": instants(
                [None if length is None else start + length for start, length, _, _ in outages]
            ),
            "state": [state for _, _, state, _ in outages],
            "announced_at": instants(
                [None if notice is None else start - notice for start, _, _, notice in outages]
            ),
        }
    )
    checks_ = checks and pd.DataFrame(
        {
            "service": "email",
            "at": instants([minute for minute, _, _, _ in checks]),
            "state": [state for _, state, _, _ in checks],
            "max_gap_s": [np.nan if gap is None else gap * 60.0 for _, _, gap, _ in checks],
            "changes_only": [lasting for _, _, _, lasting in checks],
        }
    )
    return HEADER if outages == [] else log_, None if checks == [] else checks_


def oracle_states(outages, checks, accounting, open_, may) -> list[tuple[str, bool]]:
    """(state found, accepted maintenance) of every open minute, by rules 4, 7 and 8 word for word."""
    checks = sorted(row for row in checks or [] if row[0] < 240)
    outages = [
        (start, 240 if length is None else start + length, state, notice)
        for start, length, state, notice in outages or []
    ]
    used, found = 0, []
    for minute in open_:
        rows = [row for row in outages if row[0] <= minute < row[1]]
        said = [state for _, _, state, _ in rows]
        last = [row for row in checks if row[0] <= minute][-1:]
        for when, state, gap, lasting in last:
            hold = accounting["max_gap_s"] / 60 if gap is None else gap
            if lasting or minute < when + hold:
                said.append(state)
        timely = any(
            state == "maintenance" and notice is not None and notice >= accounting["notice_hours"] * 60
            for _, _, state, notice in rows
        )
        cap = accounting["maintenance_cap_min"]
        accepted = timely and (accounting["maintenance_windows"] is None or minute in may)
        accepted = accepted and (cap is None or used < cap)
        used += accepted
        state = next((s for s in ("down", "degraded", "up") if s in said), None)
        if state is None and "maintenance" in said and not accepted:
            state = "down"
        elif state is None:
            state = "up" if not checks and "unknown" not in said else "unknown"
        found.append((state, accepted))
    return found


def oracle_reading(states, reading) -> tuple[dict[str, int], list[int]]:
    """Minutes by class and lengths of the down runs."""
    parts = []
    for state, accepted in states:
        if accepted and reading.maintenance != "observed":
            state = {"exclude": "excluded"}.get(reading.maintenance, reading.maintenance)
        parts.append((reading.degraded if state == "degraded" else state, 1))
    spans = smoothed_one_at_a_time(parts, reading.short_s / 60)
    totals = {
        name: sum(n for state, n in spans if state == name) for name in ("up", "down", "excluded", "unknown")
    }
    return totals, [n for state, n in spans if state == "down"]


@given(outage_rows, check_rows, terms, st.booleans(), st.integers(0, 6))
@examples(25)
def test_every_reading_agrees_with_the_oracle(outages, checks, accounting, office, outage_min):
    calendars = {"office": {"hours": {"mon": HOURS}}}
    terms_ = {
        "calendar": "office" if office else "always",
        "outage_min": outage_min,
        "availability_ratio": 0.8,
    }
    contract = agreed(calendars, accounting=accounting, **terms_)
    if checks and any(lasting for *_, lasting in checks):  # no heartbeat that could fall silent (rule 7)
        checks = [(*row[:3], True) for row in checks]
    log_, checks_ = frames(outages, checks)
    open_ = OPEN if office else range(240)
    states = oracle_states(outages, checks, accounting, open_, MAY)
    found = of_day(log_, checks_, contract, START, UNTIL).rules.set_index("rule").to_dict("index")
    judged_once = {}
    for reading in READINGS:
        key = reading.maintenance, reading.degraded, reading.short_s
        if key not in judged_once:
            judged_once[key] = oracle_reading(states, reading)
        totals, runs = judged_once[key]
        known = totals["up"] + totals["down"]
        judged = known + totals["unknown"]
        up, base = {
            "exclude": (totals["up"], known),
            "up": (totals["up"] + totals["unknown"], judged),
            "down": (totals["up"], judged),
        }[reading.unknown]
        row = found[str(reading)]
        if known:
            assert row["availability_ratio"] == up / base
            assert row["outages"] == sum(length >= outage_min for length in runs)
        else:
            assert pd.isna(row["availability_ratio"]) and row["verdict"] == "no_data"
    totals, runs = oracle_reading(states, READINGS[0])
    row = level(log_, checks_, contract, START, UNTIL)
    assert minutes(row) == tuple(totals[name] for name in ("up", "down", "excluded", "unknown"))
    listed = of_day(log_, checks_, contract, START, UNTIL).outages
    assert listed["down_min"].tolist() == runs
    assert of_day(log_, None, contract, START, UNTIL).maintenance["counted_min"].sum() >= row.maintenance_min


@given(outage_rows, check_rows, terms, st.randoms(use_true_random=False))
@examples(15)
def test_what_always_holds(outages, checks, accounting, random):
    contract = agreed(
        accounting=accounting, availability_ratio=0.9, max_outages=2, users=10, user_hourly_cost=20
    )
    log_, checks_ = frames(outages, checks)
    given_ = (log_, checks_, contract, START, UNTIL)
    row = level(*given_)
    assert sum(minutes(row)) == row.scheduled_min
    found = of_day(*given_).rules
    if pd.notna(row.availability_ratio):
        assert row.low_ratio <= row.availability_ratio <= row.high_ratio
        wide = found.pivot(
            index=["maintenance", "degraded", "short"], columns="unknown", values="availability_ratio"
        )
        assert (wide["down"] <= wide["exclude"]).all() and (wide["exclude"] <= wide["up"]).all()
        assert row.verdict == found.loc[found["own"], "verdict"].item()
    assert row.down_min == of_day(*given_).outages["down_min"].sum()
    # the order of rows changes nothing
    shuffled = [
        None if frame is None else frame.sample(frac=1, random_state=random.randrange(9))
        for frame in given_[:2]
    ]
    again = (*shuffled, contract, START, UNTIL)
    for name in ("services", "maintenance"):
        pd.testing.assert_frame_equal(of_day(*given_).records()[name], of_day(*again).records()[name])
