"""Rules 22 and 23: how full, and when full."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import workspaces
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics import capacity
from msp_report.model import statistics

REAL = workspaces.REAL / "capacity"
START, END = date(2026, 4, 1), date(2026, 5, 1)
WAN = {"resource": "wan", "metric": "utilisation", "capacity": 1.0, "warn_ratio": 0.7, "limit_ratio": 0.85}


def contract(*entries: dict, zone: str = "UTC", **more) -> dict:
    return {
        "client": {"name": "Acme", "timezone": zone},
        "capacity": [WAN | entry for entry in entries],
        **more,
    }


def sampled(values, start="2026-04-01", freq="1h", resource="wan", metric="utilisation") -> pd.DataFrame:
    at = pd.date_range(start, periods=len(values), freq=freq, tz="UTC").as_unit("us")
    return pd.DataFrame(
        {"resource": resource, "metric": metric, "at": at, "value": np.asarray(values, float)}
    )


def only(frame: pd.DataFrame) -> dict:
    assert len(frame) == 1
    return frame.astype(object).where(frame.notna(), None).iloc[0].to_dict()


def month(values, entry: dict | None = None, **more) -> dict:
    return only(capacity.resources(sampled(values), contract(entry or {}, **more), START, END))


# ---------------------------------------------------------------- rule 22


def test_a_month_of_hourly_samples():
    # 720 hours of which 60 at 0.9 and 660 at 0.3: linear rank 0.95 x 719 = 683.05 lies among the 0.9
    row = month([0.3] * 660 + [0.9] * 60)
    assert row["mean"] == pytest.approx((0.3 * 660 + 0.9 * 60) / 720)
    assert (row["p95"], row["max"], row["capacity"], row["utilisation_ratio"]) == (0.9, 0.9, 1.0, 0.9)
    assert (row["status"], row["verdict"], row["coverage_ratio"], row["interval_min"]) == (
        "over",
        "missed",
        1,
        60,
    )
    assert row["why_missing"] is None


def test_utilisation_is_of_the_agreed_capacity():
    row = month([30.0] * 720, {"capacity": 50, "unit": "mbps"})
    assert (row["utilisation_ratio"], row["p95"], row["unit"]) == (0.6, 30, "mbps")


@pytest.mark.parametrize("method", ["linear", "nearest_rank"])
@examples(8)
@given(st.lists(st.floats(0, 2, width=32), min_size=1, max_size=90))
def test_percentiles_are_those_of_statistics(method, values):
    row = month(values, {"percentile": method})
    assert row["p95"] == pytest.approx(statistics.percentile(values, 0.95, method), rel=1e-12, abs=1e-12)
    assert row["percentile"] == method
    assert row["max"] == max(values) and row["mean"] == pytest.approx(np.mean(values))


def test_gaps_and_values_that_are_none_lower_the_coverage():
    values = np.full(720, 0.4)
    values[[5, 6, 700]] = [np.nan, np.inf, -np.inf]
    samples = sampled(values).drop(index=range(100, 172))  # and three days of silence
    row = only(capacity.resources(samples, contract({}), START, END))
    assert row["samples"] == 720 - 3 - 72
    assert row["coverage_ratio"] == pytest.approx((720 - 75) / 720)
    assert row["max"] == 0.4


def test_sampling_more_often_for_a_while_is_no_more_than_full_coverage():
    # 500 hours hourly, then every minute: the median interval is a minute
    samples = pd.concat([sampled([0.1] * 360), sampled([0.1] * 360 * 59, start="2026-04-16", freq="1min")])
    assert only(capacity.resources(samples, contract({}), START, END))["coverage_ratio"] == pytest.approx(
        (360 + 360 * 59) / 43_200
    )
    dense = pd.concat([sampled([0.1] * 720), sampled([0.1] * 60, start="2026-04-30T00:00:30", freq="1min")])
    assert only(capacity.resources(dense, contract({}), START, END))["coverage_ratio"] == 1


def test_silent_critical_assets_come_first_then_the_fullest():
    entries = [
        WAN | {"resource": name, "critical": name in ("wan", "core", "gone")}
        for name in ("calm", "wan", "core", "idle", "gone", "hot")
    ]
    samples = pd.concat(
        sampled([value] * 720, resource=name)
        for name, value in (("calm", 0.2), ("wan", 0.3), ("core", 0.9), ("hot", 0.95), ("aaa", 0.99))
    )
    rows = capacity.resources(samples, contract(*entries), START, END)
    assert rows["resource"].tolist() == ["gone", "hot", "core", "idle", "wan", "calm", "aaa"]
    assert rows["verdict"].tolist() == ["no_data", "missed", "missed", "no_data", "met", "met", "no_target"]
    gone = only(rows.head(1))
    assert gone["p95"] is None and gone["utilisation_ratio"] is None and gone["forecast"] == "no_data"
    assert gone["samples"] == 0 and gone["coverage_ratio"] == 0 and gone["critical"]


def test_a_capacity_without_a_limit_has_a_ratio_and_no_verdict():
    row = month([0.75] * 720, {"limit_ratio": None})
    assert (row["utilisation_ratio"], row["status"], row["verdict"]) == (0.75, "warn", "no_target")
    row = month([0.75] * 720, {"limit_ratio": None, "warn_ratio": None})
    assert (row["status"], row["verdict"], row["forecast"]) == (None, "no_target", "no_limit")


@pytest.mark.parametrize("samples", [None, sampled([]), []], ids=["not supplied", "header only", "no files"])
def test_no_samples_at_all(samples):
    row = only(capacity.resources(samples, contract({}), START, END))
    assert (row["verdict"], row["status"], row["why_missing"]) == (
        "no_data",
        None,
        "no samples in the period",
    )
    empty = capacity.resources(samples, {"client": {"name": "Acme", "timezone": "UTC"}}, START, END)
    assert empty.empty and list(empty.columns) == capacity.RESOURCES


def test_dates_bound_the_period_at_the_clients_midnights():
    # London in April is UTC + 1: the month is 31 March 23:00 to 30 April 23:00
    at = pd.to_datetime(
        ["2026-03-31T22:59:59Z", "2026-03-31T23:00:00Z", "2026-04-30T22:59:59Z", "2026-04-30T23:00:00Z"]
    )
    samples = pd.DataFrame({"resource": "wan", "metric": "utilisation", "at": at, "value": [9, 1, 2, 9]})
    row = only(capacity.resources(samples, contract({}, zone="Europe/London"), START, END))
    assert (row["samples"], row["max"]) == (2, 2)
    with pytest.raises(ValueError, match="not after its start"):
        capacity.resources(samples, contract({}), END, START)


def test_an_entry_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="wan:utilisation stands twice"):
        month([0.5], None, capacity=[WAN, WAN])


# ---------------------------------------------------------------- rule 22: what is missing, and what cannot be


def first_days(samples: pd.DataFrame, *entries: dict, **told) -> pd.DataFrame:
    """The rows of the first ten days of April, by resource."""
    agreed, until = contract(*entries), date(2026, 4, 11)
    found = capacity.aggregate(samples, agreed, START, until, **told)
    return capacity.resources(found, agreed, START, until).set_index("resource")


def ten_days(samples: pd.DataFrame, entry: dict | None = None, **told) -> dict:
    return only(first_days(samples, entry or {}, **told).reset_index())


def hours(seed: int) -> np.ndarray:
    """Ten days of hourly values of any shape from 1/64 to 1.25, so that the limit lies among them or does not."""
    random = np.random.default_rng(seed)
    return np.clip(random.random(240) ** random.uniform(0.2, 5) * random.uniform(0.3, 1.25), 1 / 64, 1.25)


seeds = st.integers(0, 10**6)
ranges = st.sampled_from(
    [{}, {"least": 0, "greatest": 1.25}, {"greatest": 1.25}, {"every_s": 3600, "greatest": 1.5}]
)
methods = st.sampled_from(["linear", "nearest_rank"])
SHARES = (0.01, 0.1, 0.3, 0.5, 0.9, 0.95, 0.97, 1.0)


@examples(12)
@given(seeds, ranges, methods)
def test_taking_samples_away_decides_nothing_anew(seed, entry, method):
    values, order = hours(seed), np.random.default_rng(seed).permutation(240)
    places = {str(share): sorted(order[: int(240 * share)]) for share in SHARES}
    samples = pd.concat(sampled(values, resource=name).iloc[kept] for name, kept in places.items())
    rows = first_days(samples, *(entry | {"resource": name, "percentile": method} for name in places))
    whole = rows.loc["1.0"]
    for name, kept in places.items():
        part = rows.loc[name]
        assert part["verdict"] in (whole["verdict"], "no_verdict")
        assert part["coverage_ratio"] == pytest.approx(len(kept) / 240)
        assert part["low_ratio"] - 1e-12 <= whole["utilisation_ratio"]
        assert pd.isna(part["high_ratio"]) or whole["utilisation_ratio"] <= part["high_ratio"] + 1e-12


@examples(6)
@given(seeds, ranges)
def test_values_of_another_unit_never_keep_a_promise(seed, entry):
    values = hours(seed)
    per_cent = {"resource": "per cent", "capacity": 100, "unit": "%", "greatest": 120 if entry else None}
    samples = pd.concat([sampled(values * 100), sampled(values, resource="per cent")])
    assert not first_days(samples, entry, per_cent)["verdict"].eq("met").any()


def test_every_second_sample_left_out_is_seen_by_the_months_before():
    before = sampled([0.4, 0.5] * 288 * 10, start="2026-03-12", freq="5min")
    every = sampled([0.4, 0.5] * 144 * 10, freq="5min")
    assert ten_days(pd.concat([before, every]))["coverage_ratio"] == 1
    half = ten_days(pd.concat([before, every.iloc[::2]]))
    assert (half["coverage_ratio"], half["verdict"]) == (pytest.approx(0.5), "no_verdict")
    # nobody knows better without a month before; the contract does
    assert ten_days(every.iloc[::2])["coverage_ratio"] == 1
    assert ten_days(every.iloc[::2], {"every_s": 300})["coverage_ratio"] == pytest.approx(0.5)


def test_many_samples_of_one_day_stand_for_one_day():
    dense = ten_days(sampled([0.4] * 240, freq="6min"), {"every_s": 3600})
    assert dense["samples"] == 240 and dense["coverage_ratio"] == pytest.approx(0.1, abs=0.005)
    assert dense["missing"] == pytest.approx(240 * 9, abs=90) and dense["verdict"] == "no_verdict"
    # more often than declared, all the time, is no fault
    assert ten_days(sampled([0.4] * 2400, freq="6min"), {"every_s": 3600})["coverage_ratio"] == 1


def test_nothing_exists_beyond_the_reach_of_the_source():
    row = ten_days(sampled([0.4] * 240), reached=pd.Timestamp("2026-04-06", tz="UTC"))
    assert (row["samples"], row["coverage_ratio"], row["verdict"]) == (120, 0.5, "no_verdict")
    assert (
        ten_days(sampled([0.4] * 240), reached=pd.Timestamp("2026-03-06", tz="UTC"))["verdict"] == "no_data"
    )


def dropped(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["resource", "metric", "at"]).assign(
        value=None, file="samples.csv", line=9, reason="not a number"
    )


def test_rejected_rows_count_as_missing():
    at = pd.Timestamp("2026-04-03", tz="UTC")
    samples = sampled([0.4] * 240)
    rows = [("wan", "utilisation", at)] * 13
    row = ten_days(samples, rejected=dropped(*rows))
    assert (row["rejected"], row["missing"], row["verdict"]) == (13, 13, "no_verdict")
    assert row["coverage_ratio"] == pytest.approx(240 / 253)
    assert "13 rows were rejected" in row["why"]
    # those that stand for gaps are not counted twice
    assert ten_days(samples.iloc[:-13], rejected=dropped(*rows))["missing"] == 13
    # of an unknown metric or time they may be of it; without a resource, of another or of another month they are not
    assert ten_days(samples, rejected=dropped(("wan", None, None)))["missing"] == 1
    elsewhere = [(None, None, at), ("lan", "utilisation", at), ("wan", "cpu", at)]
    later = ("wan", "utilisation", pd.Timestamp("2026-05-03", tz="UTC"))
    assert ten_days(samples, rejected=dropped(*elsewhere, later))["missing"] == 0


def test_a_case_hands_in_reach_and_rejects():
    month = MonthOf(
        *(pd.Timestamp(day, tz="UTC") for day in (START, END)),
        contract({}),
        tables={"samples": sampled([0.4] * 720)},
        speaks_to={"samples": pd.Timestamp("2026-04-16", tz="UTC")},
        dropped={"samples": dropped(("wan", "utilisation", None))},
    )
    used, _ = capacity.analyse(month).figures()
    assert used.coverage == pytest.approx(0.5) and used.n == 360
    assert (used.verdict, used.low, used.high) == ("no_verdict", 0.4, None)
    assert used.why_missing.startswith("360 of 720 samples that were due are missing")


def test_a_year_of_shares_and_a_month_of_per_cent():
    year = sampled(np.tile([0.30, 0.42], 12 * 30), start="2026-03-02")
    month = sampled(np.tile([0.31, 0.41], 120), start="2026-04-01")
    for factor, doubt in (
        (100, capacity.ANOTHER_UNIT),
        (1 / 60, capacity.ANOTHER_UNIT),
        (0.01, capacity.ANOTHER_UNIT),
        (1.6, None),
    ):
        row = ten_days(pd.concat([year, month.assign(value=month["value"] * factor)]))
        assert (row["doubt"] or None) == (doubt if factor < 10 else capacity.ABOVE_ALL)
    # where the contract was amended to the new unit the use is as before
    agreed = contract(
        {"capacity": 100, "unit": "%"},
        amendments=[{"effective_on": "2026-04-01", "set": {"capacity.wan:utilisation.capacity": 10_000}}],
    )
    samples = pd.concat([year.assign(value=year["value"] * 100), month.assign(value=month["value"] * 10_000)])
    row = only(capacity.resources(samples, agreed, START, date(2026, 4, 11)))
    assert row["doubt"] is None and row["verdict"] == "met"


def test_a_series_that_stands_still_after_it_varied_is_doubted():
    still = sampled([0.4] * 240)
    row = ten_days(pd.concat([sampled([0.4, 0.5] * 120, start="2026-03-20"), still]))
    assert (row["verdict"], row["why"], row["utilisation_ratio"]) == (
        "no_verdict",
        capacity.STANDS_STILL,
        0.4,
    )
    assert (row["status"], row["forecast"]) == (None, "doubted")
    # one that never varied is what it is, and so is the first month
    assert ten_days(pd.concat([sampled([0.4] * 240, start="2026-03-20"), still]))["verdict"] == "met"
    assert ten_days(still)["verdict"] == "met"


def test_readings_below_zero_are_listed():
    values = np.full(240, 0.4)
    values[[3, 7]] = -3.2
    agreed = contract({})
    found = capacity.aggregate(sampled(values), agreed, START, date(2026, 4, 11)).below_zero
    assert found["at"].dt.hour.tolist() == [3, 7] and found["value"].tolist() == [-3.2, -3.2]
    assert list(found.columns) == capacity.BELOW_ZERO and found["below_zero"].tolist() == [2, 2]


def test_all_readings_below_zero_are_counted_though_not_all_are_listed(monkeypatch):
    monkeypatch.setattr(capacity, "_LISTED", 3)
    values = np.full(240, 0.4)
    values[:9] = -1
    found = capacity.aggregate(sampled(values), contract({}), START, date(2026, 4, 11))
    row = only(capacity.resources(found, contract({}), START, date(2026, 4, 11)))
    assert len(found.below_zero) == 3 and row["below_zero"] == row["missing"] == 9
    assert ten_days(sampled(np.where(np.arange(240) < 20, -1, 0.0)))["why"].startswith("20 of 240 samples")


# ---------------------------------------------------------------- files


def test_files_give_what_the_frame_gives(tmp_path):
    random = np.random.default_rng(2)
    samples = pd.concat(
        sampled(0.4 + random.random(24 * 60) / 5, start="2026-03-02", resource=name)
        for name in ("wan", "it's")
    )
    months = samples.groupby(samples["at"].dt.month)
    paths = [tmp_path / f"{key} o'clock.parquet" for key, part in months]
    for path, (_, part) in zip(paths, months, strict=True):
        part.to_parquet(path)
    agreed = contract({}, {"resource": "it's", "percentile": "nearest_rank"})
    whole = capacity.resources(samples, agreed, START, END)
    pd.testing.assert_frame_equal(capacity.resources(paths, agreed, START, END), whole)
    assert whole["days_to_limit"].notna().any() or (whole["forecast"] != "too_short").all()


def test_where_files_overlap_the_later_one_stands(tmp_path):
    old, new = sampled([0.9] * 100), sampled([0.2] * 60)
    paths = [str(tmp_path / "b.parquet"), str(tmp_path / "a.parquet")]
    old.to_parquet(paths[0])
    new.to_parquet(paths[1])
    row = only(capacity.resources(paths, contract({}), START, END))
    assert row["samples"] == 100 and row["mean"] == pytest.approx((0.2 * 60 + 0.9 * 40) / 100)


def test_many_samples_are_aggregated_a_slice_at_a_time(monkeypatch):
    samples = sampled(np.random.default_rng(1).random(24 * 200), start="2025-10-13")
    agreed = contract({}, zone="Europe/London")
    whole = capacity.aggregate(samples, agreed, START, END).daily
    monkeypatch.setattr(capacity, "_AT_ONCE", 100)
    pd.testing.assert_frame_equal(
        capacity.aggregate(samples, agreed, START, END).daily, whole, check_exact=True
    )
    assert len(whole) == 200


@pytest.mark.parametrize("at_once", [1, 150, 400])
def test_many_resources_are_aggregated_some_at_a_time(monkeypatch, at_once):
    chance = np.random.default_rng(2)
    parts = [
        sampled(chance.random(24 * days), start="2026-03-25", resource=name)
        for name, days in (("a", 30), ("b", 9), ("c", 12), ("wan", 30))
    ]
    samples = pd.concat(parts, ignore_index=True)
    agreed = contract({}, {"resource": "b", "percentile": "nearest_rank"})
    samples = samples[chance.random(len(samples)) < 0.8]
    whole, quiet = capacity.aggregate(samples, agreed, START, END), capacity.silences(samples, START, END)
    assert quiet["resource"].nunique() == 4
    monkeypatch.setattr(capacity, "_AT_ONCE", at_once)
    pd.testing.assert_frame_equal(capacity.silences(samples, START, END), quiet, check_exact=True)
    found = capacity.aggregate(samples, agreed, START, END)
    pd.testing.assert_frame_equal(found.period, whole.period, check_exact=True)
    pd.testing.assert_frame_equal(found.daily, whole.daily, check_exact=True)


def test_aggregates_may_be_given_instead():
    samples = sampled([0.5] * 720)
    found = capacity.aggregate(samples, contract({}), START, END)
    pd.testing.assert_frame_equal(
        capacity.resources(found, contract({}), START, END),
        capacity.resources(samples, contract({}), START, END),
    )
    assert list(found.daily.columns) == capacity.DAILY and len(found.daily) == 30


def test_two_runs_agree_to_the_last_digit():
    samples = sampled(np.random.default_rng(8).random(200_000), freq="13s")
    first = capacity.aggregate(samples, contract({}), START, END).period
    pd.testing.assert_frame_equal(
        first, capacity.aggregate(samples, contract({}), START, END).period, check_exact=True
    )


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", "2026-03-29", 23),
        ("Europe/London", "2025-10-26", 25),
        ("Asia/Beirut", "2026-03-29", 23),  # the clock skips midnight itself
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Kathmandu", "2026-04-05", 24),
    ],
)
def test_local_days_are_as_long_as_they_are(zone, day, hours):
    samples = sampled([0.5] * 2 * 24 * 400, start="2025-04-01", freq="30min")
    found = capacity.aggregate(samples, contract({}, zone=zone), START, END).daily
    assert found.set_index("on")["samples"][pd.Timestamp(day)] == 2 * hours
    assert len(found) == 365 and found["on"].max() == pd.Timestamp("2026-04-30")


# ---------------------------------------------------------------- rule 23


def forecast(daily: np.ndarray, entry: dict | None = None, **more) -> dict:
    """A month whose look-back is one sample a day, the last on 30 April."""
    start = pd.Timestamp(END) - pd.Timedelta(days=len(daily))
    return only(capacity.resources(sampled(daily, start, "1D"), contract(entry or {}, **more), START, END))


def weeks(level: float, slope: float) -> np.ndarray:
    """Nine weeks that rise once a week, so that no weekday differs from another; `level` is the fifth week's.

    Of the 1,953 pairs 945 are flatter than `slope` (189 of them within a week), 252 exactly as steep, 756 steeper:
    the median pair has `slope`. The line goes through `level` at the middle day, 32 days before the cut-off.
    """
    return level + 7 * slope * (np.arange(63) // 7 - 4)


def test_days_from_the_cut_off_until_the_line_crosses():
    # (0.85 - 0.606) / 0.002 = 122 days after the middle day, 90 after the cut-off
    row = forecast(weeks(0.606, 0.002))
    assert (row["forecast"], row["slope_day"]) == ("ok", pytest.approx(0.002))
    assert row["days_to_limit"] == pytest.approx(90)
    assert row["days_low"] <= 90 <= row["days_high"]


def test_weekends_do_not_bend_the_line():
    # Weekends 0.3 lower: weekday medians 0.606 and 0.306, the overall one the 14th of 45 working days, 0.578.
    # Less the effects all weeks are flat again, at 0.578 in the middle: (0.85 - 0.578) / 0.002 - 32 = 104
    weekend = pd.date_range(end=pd.Timestamp(END) - pd.Timedelta(days=1), periods=63).weekday >= 5
    row = forecast(weeks(0.606, 0.002) - 0.3 * weekend)
    assert (row["slope_day"], row["days_to_limit"]) == (pytest.approx(0.002), pytest.approx(104))


def test_the_interval_by_hand():
    # The lines of both ends of the slope's interval pass through the medians of both axes.
    noise = np.tile([0.0, 0.004, -0.004], 20)
    days, values = np.arange(-60.0, 0), 0.6 + 0.002 * np.arange(-60.0, 0) + noise
    row = forecast(values)
    epoch = (pd.Timestamp(END) - pd.Timestamp(0)).days
    weekday = pd.Series((days + epoch) % 7)
    level = values - (pd.Series(values).groupby(weekday).transform("median") - np.median(values))
    slope = statistics.trend(pd.to_datetime(days + epoch, unit="D"), level)
    expected = [np.median(days) + (0.85 - np.median(level)) / s for s in (slope.value, slope.high, slope.low)]
    assert [row["days_to_limit"], row["days_low"], row["days_high"]] == pytest.approx(expected)
    assert row["days_low"] < row["days_to_limit"] < row["days_high"]


def test_no_latest_day_where_the_lower_line_never_crosses():
    noise = np.random.default_rng(0).normal(0, 0.03, 60)
    row = forecast(0.6 + 0.0004 * np.arange(-60.0, 0) + noise)
    assert row["slope_day"] > 0 and row["forecast"] == "ok"
    assert row["days_high"] is None and 0 < row["days_low"] < row["days_to_limit"]


@pytest.mark.parametrize(
    ("daily", "state"),
    [
        (0.6 + 0.002 * np.arange(27.0), "too_short"),
        (0.6 + 0.002 * np.arange(28.0), "ok"),
        (np.full(60, 0.6), "no_trend"),
        (0.8 - 0.002 * np.arange(60.0), "no_trend"),
        (0.8 + 0.002 * np.arange(60.0), "already_over"),  # 0.92 at the cut-off
        (np.full(60, 0.9), "already_over"),  # full and flat
        (0.6 + 0.0001 * np.arange(60.0), "beyond_horizon"),  # 2,440 days
        (weeks(0.85 - 0.0003 * (32 + 729), 0.0003), "ok"),
        (weeks(0.85 - 0.0003 * (32 + 731), 0.0003), "beyond_horizon"),
    ],
)
def test_states_of_the_forecast(daily, state):
    row = forecast(daily)
    assert row["forecast"] == state
    assert (row["days_to_limit"] is not None) is (state == "ok")
    figure = capacity.Analysis(pd.DataFrame([row]), pd.DataFrame()).figures()[1]
    assert figure.why_missing == capacity.NO_FORECAST.get(state)


def test_a_spike_over_the_limit_is_already_over_whatever_the_line_says():
    april = np.repeat(0.5 + 0.001 * np.arange(-60.0, 0), 24)
    april[-24 * 30 :: 5] = 0.95
    start = pd.Timestamp(END) - pd.Timedelta(days=60)
    row = only(capacity.resources(sampled(april, start, "1h"), contract({}), START, END))
    assert (row["status"], row["forecast"], row["days_to_limit"]) == ("over", "already_over", None)


def test_the_look_back_ends_after_365_local_days_and_the_future_is_unknown():
    days = np.arange(-500.0, 20)
    values = np.where(days < -365, 40 - days, np.where(days >= 0, 90, 0.6 + 0.0005 * days))
    samples = sampled(values, pd.Timestamp(END) - pd.Timedelta(days=500), "1D")
    row = only(capacity.resources(samples, contract({}), START, END))
    assert row["slope_day"] == pytest.approx(0.0005, rel=0.02)
    assert row["days_to_limit"] == pytest.approx(500, rel=0.02)


def test_days_without_samples_do_not_count():
    samples = sampled(0.6 + 0.002 * np.arange(-60.0, 0), pd.Timestamp(END) - pd.Timedelta(days=60), "1D")
    # of 60 days 27 are left, then 28
    assert only(capacity.resources(samples.iloc[33:], contract({}), START, END))["forecast"] == "too_short"
    kept = samples.iloc[np.r_[0:20, 52:60]]
    assert only(capacity.resources(kept, contract({}), START, END))["forecast"] == "ok"


def test_the_daily_percentile_follows_the_contract():
    # 20 samples a day, the highest twice the others': nearest rank leaves it out, linear takes a twentieth of it
    day = np.where(np.arange(20) == 19, 0.8, 0.4)
    samples = sampled(np.tile(day, 40), pd.Timestamp(END) - pd.Timedelta(days=40), pd.Timedelta(minutes=72))
    for method, expected in (("nearest_rank", 0.4), ("linear", 0.42)):
        found = capacity.aggregate(samples, contract({"percentile": method}), START, END).daily
        assert found["p95"].to_numpy() == pytest.approx(np.full(40, expected))


# ---------------------------------------------------------------- figures


def test_figures():
    noise = np.tile([0.0, 0.004, -0.004], 20)
    values = 0.6 + 0.002 * np.arange(-60.0, 0) + noise
    samples = sampled(values, pd.Timestamp(END) - pd.Timedelta(days=60), "1D")
    agreed = contract({"clause": "7.1", "every_s": 86_400}, {"resource": "gone", "critical": True})
    gone, _, used, days = capacity.analyse(MonthOf(START, END, agreed, tables={"samples": samples})).figures()
    assert (gone.subject, gone.value, gone.verdict) == ("gone:utilisation", None, "no_data")
    assert (gone.target, gone.coverage, gone.why_missing) == (0.85, 0, "no samples in the period")
    assert (used.measure, used.subject, used.unit) == ("capacity.utilisation", "wan:utilisation", "ratio")
    assert (used.target, used.better, used.verdict, used.n, used.clause) == (0.85, "lower", "met", 30, "7.1")
    assert (days.measure, days.unit, days.better, days.verdict) == (
        "capacity.days_to_limit",
        "days",
        "higher",
        None,
    )
    assert days.low < days.value < days.high
    assert all(figure.row()["why_missing"] or figure.value is not None for figure in (gone, used, days))


# ---------------------------------------------------------------- real data


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="needs the public data sets in ../shared/real")
def test_a_hosting_providers_virtual_machines():
    def read(path: Path) -> pd.DataFrame:
        raw = pd.read_csv(path, sep=";\t", engine="python", usecols=[0, 4], names=["s", "value"], header=0)
        at = pd.to_datetime(raw["s"].astype("int64"), unit="s", utc=True).astype("datetime64[us, UTC]")
        return pd.DataFrame({"resource": path.stem, "metric": "cpu", "at": at, "value": raw["value"]})

    samples = pd.concat(
        read(path) for name in ("1", "80", "120") for path in sorted(REAL.glob(f"2016-0[34]/{name}.csv"))
    )
    entries = [
        WAN | {"resource": name, "metric": "cpu", "capacity": 100, "critical": True}
        for name in ("1", "80", "999")
    ]
    agreed = {"client": {"name": "hosting", "timezone": "UTC"}, "capacity": entries}
    rows = capacity.resources(samples, agreed, date(2016, 4, 1), date(2016, 5, 1)).set_index("resource")
    assert rows.index.tolist() == ["999", "80", "1", "120"]
    april = samples[samples["at"] >= "2016-04-01"].groupby("resource")["value"]
    for name in ("1", "80", "120"):
        assert rows["p95"][name] == pytest.approx(april.quantile(0.95)[name], rel=1e-12)
    assert rows["max"]["80"] > 100 and rows["over_capacity"]["80"] > 0  # more than all, shown as it is
    assert (rows["verdict"]["80"], rows["verdict"]["1"], rows["forecast"]["80"]) == (
        "missed",
        "met",
        "already_over",
    )
    assert 0.95 < rows["coverage_ratio"]["1"] < 1


def test_a_forecast_is_the_day_on_which_the_line_meets_the_limit():
    # a hundredth a day from 0.20 on 1 March: 0.80 at the end of April is 0.81 on 1 May and 0.85 four days later
    rising = sampled(np.repeat(0.20 + 0.01 * np.arange(61), 24), start="2026-03-01")
    flat = sampled([0.4] * 1464, start="2026-03-01", metric="cpu")
    month = MonthOf(
        *(pd.Timestamp(day, tz="UTC") for day in (START, END)),
        contract({}, {"metric": "cpu"}),
        tables={"samples": pd.concat([rising, flat], ignore_index=True)},
    )
    month.timezone = "UTC"
    found = capacity.analyse(month)
    told = found.forecasts_on(month)
    assert told["metric"].tolist() == ["utilisation", "cpu"]  # what has a date stands first
    assert told["full_on"].tolist() == [pd.Timestamp("2026-05-05"), pd.NaT]
    first = found.next_full(month)
    assert first.full_on == pd.Timestamp("2026-05-05") and first.slope_ratio == pytest.approx(0.01)
    assert first.limit_ratio == 0.85 and len(first.days) == 61
    assert first.days["value"].iloc[-1] == pytest.approx(0.8)


def test_without_a_forecast_there_is_no_next_one():
    month = MonthOf(
        *(pd.Timestamp(day, tz="UTC") for day in (START, END)),
        contract({}),
        tables={"samples": sampled([0.4] * 720)},
    )
    month.timezone = "UTC"
    assert capacity.analyse(month).next_full(month).days.empty
