"""Rule 31: cases worked by hand beyond those of tests/rules, its identities by hypothesis."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics import backups
from msp_report.metrics.backups import Analysis, analyse, gaps, slots
from msp_report.model.period import Period

# Four days of 24 hours: slots end on the 2nd, 3rd, 4th and 5th at midnight.
START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-10-05", tz="UTC")
AGREED = {"backups": {"rpo_hours": 24}}


def at(text: str | None) -> pd.Timestamp:
    """ "02 22:00" is in October 2026, "09-30 22:00" elsewhere in 2026."""
    if text is None:
        return pd.NaT
    day, time = text.split()
    return pd.Timestamp(f"2026-{day if '-' in day else f'10-{day}'} {time}", tz="UTC")


def runs(*started: str, asset: str = "db", result: str = "success", took: str | None = "1h") -> pd.DataFrame:
    """Runs of one asset, each finished after `took`, or not at all."""
    begins = pd.to_datetime([at(text) for text in started], utc=True).as_unit("us")
    ends = begins + pd.Timedelta(took) if took else pd.DatetimeIndex([pd.NaT] * len(begins), tz="UTC")
    return pd.DataFrame(
        {"asset": asset, "job": "nightly", "started_at": begins, "finished_at": ends, "result": result}
    )


def register(*names: str, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"asset": names or ["db"], "kind": "server", "backup_required": True, **columns})


def row(jobs, assets=None, contract=AGREED, start=START, end=END, restores=None) -> pd.Series:
    """The one asset's record."""
    table = backups.assets(register() if assets is None else assets, jobs, restores, contract, start, end)
    assert len(table) == 1
    return table.iloc[0]


def analysed(assets, jobs, restores=None, contract=AGREED) -> Analysis:
    """Everything about the four days."""
    tables = {"assets": assets, "backup_jobs": jobs, "restore_tests": restores}
    return analyse(MonthOf(START, END, contract, tables=tables))


def counts(found: pd.Series) -> tuple:
    return found.expected, found.good, found.missed, found.attained_rpo_hours


EVERY_NIGHT = ("01 22:00", "02 22:00", "03 22:00", "04 22:00")


# ---------------------------------------------------------------- slots, good points, gaps


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        # the last good point before the month serves the first slot and begins the first gap
        (runs("09-30 22:00", "01 22:00", "02 22:00", "03 22:00"), (4, 4, 0, 26)),
        # ... however old it is: 09-28 22:00 to 10-01 22:00 is 72 h, and the first slot has its own point
        (runs("09-28 22:00", *EVERY_NIGHT), (4, 4, 0, 72)),
        # never a good one: from the month's start to the cut-off
        (runs(*EVERY_NIGHT, result="failed"), (4, 0, 4, 96)),
        # a warning is good; so is success where the export has no ends at all
        (runs(*EVERY_NIGHT, result="warning"), (4, 4, 0, 24)),
        (runs(*EVERY_NIGHT, took=None), (4, 4, 0, 24)),
        (runs(*EVERY_NIGHT, result="none"), (4, 0, 4, 96)),
        # what starts at or after the cut-off does not exist
        (runs("01 22:00", "02 22:00", "03 22:00", "05 00:00", "06 22:00"), (4, 4, 0, 26)),
        # what finishes at the cut-off is not finished (rule 0): the last good point is the 3rd at 22:00
        (pd.concat([runs(*EVERY_NIGHT[:3]), runs("04 23:00")]), (4, 4, 0, 26)),
        (pd.concat([runs(*EVERY_NIGHT[:3]), runs("04 22:59")]), (4, 4, 0, 24 + 59 / 60)),
    ],
)
def test_slots_and_gaps(jobs, expected):
    assert counts(row(jobs)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("end", "rpo", "expected"),
    [
        # floor(hours / RPO + 0.5), at least one
        (END, 24, 4),
        (START + pd.Timedelta("36h"), 24, 2),  # 1.5 + 0.5 = 2
        (START + pd.Timedelta("35h59min"), 24, 1),
        (START + pd.Timedelta("84h"), 24, 4),  # 3.5 + 0.5
        (START + pd.Timedelta("1h"), 24, 1),
        (END, 1000, 1),
        (END, 0.5, 192),
        (END, 7, 14),  # 13.71 + 0.5 = 14.2
    ],
)
def test_expected_slots(end, rpo, expected):
    assert row(runs("01 00:00"), contract={"backups": {"rpo_hours": rpo}}, end=end).expected == expected


def test_the_last_slot_ends_at_the_cut_off():
    # 38 h are floor(1.58 + 0.5) = 2 slots: the second ends at the 2nd, 14:00, and looks back to the 1st at 02:00
    end = START + pd.Timedelta("38h")
    assert row(runs("01 02:00"), end=end).missed == 0
    assert row(runs("01 01:59"), end=end).missed == 1


def test_the_hour_less_of_the_spring_month_is_no_slot_less():
    """743 / 24 + 0.5 = 31.46."""
    contract = {**AGREED, "client": {"name": "x", "timezone": "Europe/London"}}
    start, end = Period.parse("2026-03").bounds("Europe/London")
    found = row(runs("01 00:00", result="failed"), contract=contract, start=start, end=end)
    assert (found.expected, found.missed) == (31, 31)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        # retired on the 3rd: that day is no longer its own. The 3rd at 22:00 is too late
        ({"retired_on": "2026-10-03"}, (2, 2, 0, 24)),
        ({"in_service_on": "2020-01-01", "retired_on": "2030-01-01"}, (4, 4, 0, 24)),
    ],
)
def test_only_time_in_service_counts(columns, expected):
    assert counts(row(runs(*EVERY_NIGHT), register(**columns))) == expected


def test_service_begins_at_local_midnight():
    contract = {**AGREED, "client": {"name": "x", "timezone": "Asia/Tokyo"}}
    found = row(runs(*EVERY_NIGHT), register(in_service_on="2026-10-03"), contract)
    assert found.expected == 2  # 57 h from the 2nd at 15:00 UTC: floor(2.375 + 0.5)
    assert backups.assets(
        register(in_service_on="2026-10-05"), runs("01 22:00"), None, contract, START, END
    ).expected.tolist() == [1]
    out = register("db", "old", in_service_on=[None, "2026-10-06"], retired_on=[None, None])
    assert backups.assets(out, runs("01 22:00"), None, AGREED, START, END).asset.tolist() == ["db"]


@pytest.mark.parametrize(
    ("own", "contract", "rpo", "verdict"),
    [
        (12, AGREED, 12, "missed"),
        (36, {}, 36, "met"),
        (None, {"backups": {}}, 24, "no_target"),
    ],
)
def test_whose_rpo(own, contract, rpo, verdict):
    found = row(runs(*EVERY_NIGHT), register(rpo_hours=own), contract)
    assert (found.rpo_hours, found.verdict) == (rpo, verdict)


def test_the_contract_in_force_on_the_first_day():
    amended = {**AGREED, "amendments": [{"effective_on": "2026-10-02", "set": {"backups.rpo_hours": 12}}]}
    assert row(runs(*EVERY_NIGHT), contract=amended).rpo_hours == 24
    assert row(runs(*EVERY_NIGHT), contract=amended, start=START + pd.Timedelta(days=1)).rpo_hours == 12


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        (runs("04 22:00", result="none", took=None), (1, 0, 1)),  # running at the cut-off
        (runs("04 22:00", took="3h"), (1, 0, 1)),  # finished after it
        (runs("04 22:00", result="failed", took="3h"), (1, 0, 1)),  # ... so that nobody knew the result yet
        (runs("04 22:00", result="none"), (1, 1, 0)),  # finished with nothing
        # others of the job have an end, so this one has none
        (pd.concat([runs("03 22:00"), runs("04 22:00", took=None)]), (2, 1, 0)),
        (runs("04 22:00", result="failed"), (1, 1, 0)),
        (runs("04 22:00"), (1, 0, 0)),
        (runs("09-30 22:00", result="failed"), (0, 0, 0)),  # not of this period
    ],
)
def test_running_and_failed(jobs, expected):
    found = row(jobs)
    assert (found.runs, found.failed, found.running) == expected


# ---------------------------------------------------------------- which assets


def test_unprotected_first_then_the_worst_against_its_rpo():
    assets = register(
        "a",
        "b",
        "c",
        "d",
        "e",
        critical=[False, True, True, False, False],
        rpo_hours=[None, None, None, 96, None],
    )
    jobs = pd.concat(
        [runs(*EVERY_NIGHT, asset="a"), runs("01 22:00", asset="c"), runs("09-20 00:00", asset="d")]
    )
    table = backups.assets(assets, jobs, None, AGREED, START, END)
    assert table.asset.tolist() == ["b", "e", "c", "d", "a"]
    assert table.status.tolist() == ["unprotected", "unprotected", "missed", "missed", "in time"]
    assert table.verdict.tolist() == ["missed"] * 4 + ["met"]
    # the unprotected have missed all: their gap is the month
    assert counts(table.iloc[0]) == (4, 0, 4, 96)


@pytest.mark.parametrize(
    ("needed", "jobs", "expected"),
    [
        ([True, True], "a", {"b": "missed", "a": "met"}),
        ([True, False], "a", {"a": "met"}),  # what needs none and has none is not on the page
        ([False, True], "a", {"b": "missed", "a": "no_target"}),
        ([True, None], "a", {"b": "no_data", "a": "met"}),  # the register says it of some, not of b
        ([None, True], "a", {"b": "missed", "a": "met"}),  # what is backed up is judged
        ([None, None], "a", {"b": "missed", "a": "met"}),  # it says it of none: a list of what needs one
    ],
)
def test_what_needs_a_backup(needed, jobs, expected):
    table = backups.assets(
        register("a", "b", backup_required=needed), runs(*EVERY_NIGHT, asset=jobs), None, AGREED, START, END
    )
    assert dict(zip(table.asset, table.verdict, strict=True)) == expected
    assert table.asset.tolist() == list(expected)


def test_what_only_the_jobs_name_has_no_target_beside_a_register():
    table = backups.assets(register("a"), runs(*EVERY_NIGHT, asset="stray"), None, AGREED, START, END)
    assert table.asset.tolist() == ["a", "stray"]
    assert table.verdict.tolist() == ["missed", "no_target"]
    assert table.why[1] == "not in the register of assets"
    assert not table.counted[1]


def test_without_a_register_the_jobs_are_judged_and_nothing_can_be_called_unprotected():
    done = analysed(None, runs(*EVERY_NIGHT), None, AGREED)
    assert done.levels[["asset", "verdict", "counted"]].values.tolist() == [["db", "met", True]]
    found = {figure.measure: figure for figure in done.figures()}
    assert found["backups.within_rpo_ratio"].value == 1
    assert found["backups.unprotected"].value is None
    assert found["backups.unprotected"].why_missing == "no register of assets was supplied"
    assert found["backups.unprotected"].verdict == "no_data"


@pytest.mark.parametrize(
    ("names", "job", "fits"),
    [
        (["db", "DB"], "db", ["db"]),  # the same name
        (["db-01"], "DB-01 ", ["db-01"]),  # but for case and blanks
        (["db.corp.example"], "DB", ["db.corp.example"]),  # without its domain, either way round
        (["db"], "db.corp.example", ["db"]),
        (["vc\\Austin\\db"], "db", ["vc\\Austin\\db"]),  # without its folder
        (["db.leeds"], "db.london", []),  # two domains are two assets
        (["db", "DB"], "Db", ["db", "DB"]),
        (["db.leeds", "db.london"], "db", ["db.leeds", "db.london"]),
        (["vc1\\x\\db", "vc2\\y\\db"], "db", ["vc1\\x\\db", "vc2\\y\\db"]),
        (["db", "db.leeds"], "DB", ["db"]),  # the closer likeness decides
    ],
)
def test_names(names, job, fits):
    done = analysed(register(*names), runs(*EVERY_NIGHT, asset=job), None, AGREED)
    met = done.levels.loc[done.levels.verdict == "met", "asset"].tolist()
    if len(fits) < 2:
        assert met == fits
        assert done.ambiguous.empty
        assert (done.levels.status == "not registered").sum() == (not fits)
    else:
        assert met == []
        assert done.ambiguous.values.tolist() == [[job, len(fits), "; ".join(sorted(fits)), 4]]
        assert set(done.levels.verdict) == {"no_verdict"}


def test_a_name_that_fits_several_assets_is_proof_of_none():
    assets = register("web.leeds", "web.london", "db")
    done = analysed(assets, pd.concat([runs(*EVERY_NIGHT, asset="web"), runs(*EVERY_NIGHT)]), None, AGREED)
    assert done.levels.asset.tolist() == ["web.leeds", "web.london", "db"]
    doubtful = done.levels.iloc[0]
    assert (doubtful.expected, doubtful.verdict, doubtful.why) == (
        4,
        "no_verdict",
        "a name in the jobs fits several assets",
    )
    assert doubtful[["good", "missed", "attained_rpo_hours"]].isna().all()
    within, _, unprotected, *_ = done.figures()
    # known: 4 of 4. The other eight slots may be all missed or all good: 4 of 12 to 12 of 12
    assert (within.value, within.low, within.high, within.verdict) == (1, 4 / 12, 1, "no_verdict")
    assert (unprotected.value, unprotected.low, unprotected.high, unprotected.verdict) == (
        0,
        0,
        2,
        "no_verdict",
    )


def test_an_asset_whose_own_runs_meet_needs_no_doubtful_ones():
    assets = register("web.leeds", "web.london")
    jobs = pd.concat(
        [
            runs(*EVERY_NIGHT, asset="web"),
            runs(*EVERY_NIGHT, asset="web.leeds"),
            runs("01 22:00", asset="web.london"),
        ]
    )
    table = backups.assets(assets, jobs, None, AGREED, START, END)
    assert dict(zip(table.asset, table.verdict, strict=True)) == {
        "web.london": "no_verdict",
        "web.leeds": "met",
    }


def test_names_after_the_cut_off_do_not_exist():
    done = analysed(register("web.leeds", "web.london"), runs("06 22:00", asset="web"), None, AGREED)
    assert done.ambiguous.empty
    assert done.levels.status.tolist() == ["unprotected", "unprotected"]


# ---------------------------------------------------------------- restores


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([("db", "2026-09-01", "success"), ("db", "2026-03-01", "success")], "2026-09-01"),
        ([("DB.corp.example", "2026-10-04", " Passed")], "2026-10-04"),
        ([("other", "2026-09-01", "success")], None),
    ],
)
def test_the_last_proven_restore(tests, expected):
    restores = pd.DataFrame(tests, columns=["asset", "tested_on", "result"])
    found = row(runs(*EVERY_NIGHT), restores=restores).last_restore_test_on
    assert (None if pd.isna(found) else str(found.date())) == expected


# ---------------------------------------------------------------- stretches


def test_stretches_say_from_when_to_when_nothing_was_saved():
    jobs = pd.concat([runs("01 22:00"), runs("02 22:00", "03 22:00", result="failed"), runs("04 22:00")])
    done = analysed(register(), jobs, None, AGREED)
    assert done.stretches.to_dict("records") == [
        {"asset": "db", "from_at": at("01 22:00"), "to_at": at("04 22:00"), "gap_hours": 72.0, "rpo_hours": 24.0,
         "missed": 1, "failed": 2}
    ]  # fmt: skip


def test_a_stretch_that_never_began_or_ended():
    jobs = runs("01 22:00", result="failed")
    stretch = analysed(register(), jobs, None, AGREED).stretches.iloc[0]
    assert (stretch.from_at, stretch.to_at, stretch.missed, stretch.failed) == (START, END, 4, 1)


def test_the_unprotected_and_the_met_have_no_stretches():
    done = analysed(register("db", "none"), runs(*EVERY_NIGHT), None, AGREED)
    assert done.stretches.empty


# ---------------------------------------------------------------- figures


def test_figures():
    assets = register("a", "b", "c")
    jobs = pd.concat([runs(*EVERY_NIGHT, asset="a"), runs("01 22:00", asset="b")])
    restores = pd.DataFrame({"asset": ["a"], "tested_on": ["2026-09-01"], "result": ["success"]})
    found = {f.measure: f for f in analysed(assets, jobs, restores, AGREED).figures()}
    within = found["backups.within_rpo_ratio"]
    # a 4 of 4, b 2 of 4, c 0 of 4
    assert (within.value, within.n, within.target, within.verdict) == (0.5, 12, 1, "missed")
    assert (within.low, within.high) == (None, None)
    assert found["backups.worst_gap_hours"].value == 96
    assert (found["backups.unprotected"].value, found["backups.unprotected"].verdict) == (1, "missed")
    assert found["backups.missed"].value == 1
    assert found["backups.never_proven"].value == 2


@pytest.mark.parametrize("assets", [None, register()[:0], register()])
@pytest.mark.parametrize("jobs", [None, runs()[:0]])
def test_no_file_is_not_an_empty_file(assets, jobs):
    done = analysed(assets, jobs, None, AGREED)
    within, worst, unprotected, missed, proven, restores = done.figures()
    if jobs is None:
        assert set(done.levels.verdict) <= {"no_data"}
        assert done.levels[["good", "missed", "attained_rpo_hours"]].isna().all(axis=None)
        for figure in (within, worst, unprotected, missed):
            assert (figure.value, figure.why_missing) == (None, "no backup jobs were supplied")
        assert within.verdict == unprotected.verdict == "no_data"
    elif assets is None:
        assert unprotected.why_missing == "no register of assets was supplied"
        assert within.value is None
    else:
        assert within.value == (0 if len(assets) else None)
        assert unprotected.value == len(assets)
    assert proven.value is restores.value is None


def test_nothing_agreed_and_nothing_supplied_promises_nothing():
    within, _, unprotected, *_ = analysed(None, None, None, {}).figures()
    assert (within.verdict, within.target, unprotected.target) == ("no_data", None, None)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        backups.assets(register(), runs(), None, AGREED, pd.Timestamp("2026-10-01"), END)
    with pytest.raises(ValueError, match="swap"):
        backups.assets(register(), runs(), None, AGREED, END, START)
    with pytest.raises(ValueError, match="'perhaps' is not success"):
        backups.assets(register(), runs("01 22:00", result="perhaps"), None, AGREED, START, END)
    with pytest.raises(ValueError, match="listed twice"):
        backups.assets(register("a", "a"), runs(), None, AGREED, START, END)
    naive = runs("01 22:00").assign(started_at=pd.to_datetime(["2026-10-01"]))
    with pytest.raises(ValueError, match=r"backup_jobs\.started_at has times without a time zone"):
        backups.assets(register(), naive, None, AGREED, START, END)


# ---------------------------------------------------------------- identities

HOUR = 3_600_000_000


def oracle(begin: int, end: int, every: int, points: list[int]) -> tuple[int, int, int]:
    """Rule 31 slot by slot: expected, missed, largest gap."""
    expected = max(1, math.floor((end - begin) / every + 0.5))
    ends = [begin + every * k for k in range(1, expected)] + [end]
    missed = sum(not any(e - 1.5 * every <= p < e for p in points) for e in ends)
    before = max((p for p in points if p < begin), default=begin)
    edges = [before, *sorted(p for p in points if begin <= p < end), end]
    return expected, missed, max(np.diff(edges))


@examples(25)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 300),
            st.sampled_from([1, 2, 6, 24, 100]),
            st.lists(st.integers(-80, 310), max_size=25),
        ),
        max_size=4,
    )
)
def test_slots_and_gaps_agree_with_an_oracle(subjects):
    spans = pd.DataFrame(
        [(str(i), 0, hours * HOUR, every * HOUR) for i, (hours, every, _) in enumerate(subjects)],
        columns=["subject", "begin", "end", "every"],
    )
    points = pd.DataFrame(
        [(str(i), hour * HOUR) for i, (_, _, hours) in enumerate(subjects) for hour in hours],
        columns=["subject", "at"],
    )
    due, gap = slots(spans, points), gaps(spans, points)
    for i, (hours, every, marks) in enumerate(subjects):
        mine = due[due.subject == str(i)]
        found = len(mine), mine.missed.sum(), gap.gap[i]
        assert found == oracle(0, hours * HOUR, every * HOUR, [mark * HOUR for mark in marks])
        assert mine["end"].iloc[-1] == hours * HOUR


@examples(30)
@given(st.data(), st.integers(1, 3), st.sampled_from([6, 12, 24]))
def test_half_of_the_runs_never_give_met(data, assets, every):
    """One run in each RPO is what is due: without any half of them some slots have none, and nothing calls that met."""
    names, began = [f"db{n}" for n in range(assets)], [*range(-every, 96, every)]
    jobs = pd.DataFrame([(name, hour) for name in names for hour in began], columns=["asset", "hour"])
    jobs = jobs.assign(job="j", result="success", started_at=START + pd.to_timedelta(jobs["hour"], unit="h"))
    jobs["finished_at"] = jobs["started_at"] + pd.Timedelta(minutes=30)

    def verdict(rows):
        found = analysed(register(*names), rows, None, {"backups": {"rpo_hours": every}}).figures()
        return next(one.verdict for one in found if one.measure == "backups.within_rpo_ratio")

    kept = data.draw(st.permutations(list(jobs.index)))[: len(jobs) // 2]
    assert (verdict(jobs), verdict(jobs.loc[sorted(kept)])) == ("met", "missed")


@examples(15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.integers(-48, 120), st.sampled_from(["success", "failed", "none"])
        )
    ),
    st.sets(st.sampled_from("abcde"), min_size=1),
)
def test_the_record_adds_up(rows, names):
    jobs = pd.DataFrame(rows, columns=["asset", "hour", "result"]).drop_duplicates(["asset", "hour"])
    jobs = jobs.assign(job="j", started_at=START + pd.to_timedelta(jobs["hour"], unit="h"))
    jobs["finished_at"] = jobs["started_at"] + pd.Timedelta(hours=1)
    done = analysed(register(*sorted(names)), jobs, None, AGREED)
    table = done.levels
    assert (table.good + table.missed == table.expected).all()
    assert ((table.missed == 0) == table.verdict.isin(["met", "no_target"]))[table.counted].all()
    assert (table.failed + table.running <= table.runs).all()
    within = done.figures()[0]
    assert within.value == table.good[table.counted].sum() / table.expected[table.counted].sum()
    late = table[table.status == "missed"]
    assert done.stretches.groupby("asset").missed.sum().reindex(late.asset).tolist() == late.missed.tolist()
    # another good point never makes it worse
    better = analysed(
        register(*sorted(names)), pd.concat([jobs, runs("02 12:00", asset=min(names))]), None, AGREED
    )
    assert better.figures()[0].value >= within.value


@pytest.mark.parametrize(
    ("needs", "jobs", "independent", "value", "high", "verdict"),
    [
        (True, "db", False, 1, None, "missed"),
        (False, "db", False, 0, 1, "no_verdict"),  # last month it needed one
        (False, "web", False, 0, None, "met"),  # it has one all the same
        (False, "db", True, 0, None, "met"),  # a register that is not the provider's may say so
    ],
)
def test_an_asset_that_the_register_lets_go_without_a_backup_is_open_for_a_month(
    needs, jobs, independent, value, high, verdict
):
    before = register("db", "web", backup_required=True)
    now = before.assign(backup_required=[True, needs])
    every = pd.concat([runs(*(f"0{day} 22:00" for day in range(1, 5)), asset=name) for name in {"db", jobs}])
    case = MonthOf(
        START,
        END,
        AGREED,
        tables={"assets": now, "backup_jobs": every},
        last={"assets": before},
        independent=frozenset({"assets"} if independent else ()),
    )
    figure = next(f for f in analyse(case).figures() if f.measure == "backups.unprotected")
    assert (figure.value, figure.high, figure.verdict) == (value, high, verdict)
    if verdict == "no_verdict":
        assert figure.why_missing.startswith("1 asset needed a backup in the register of the month before")


# ---------------------------------------------------------------- the month of each asset


@examples(30)
@given(
    st.sets(st.integers(0, 95), max_size=12),
    st.sets(st.integers(0, 95), max_size=3),
    st.sampled_from([12, 24, 48]),
)
def test_the_course_of_an_asset_tiles_its_month_and_counts_its_holes(hours, bytes_none, rpo):
    started = sorted(hours | bytes_none)
    at_ = START + pd.to_timedelta(started, unit="h")
    jobs = runs(*[f"{moment:%d %H:%M}" for moment in at_], took="1min") if started else runs()[:0]
    jobs = jobs.assign(bytes=[0 if hour in bytes_none else 10 for hour in started])
    found = analysed(register(rpo_hours=rpo), jobs)
    level, course = found.levels.iloc[0], found.course
    assert course["begin_at"].iloc[0] == START and course["end_at"].iloc[-1] == END
    assert (course["begin_at"][1:].array == course["end_at"][:-1].array).all()
    assert (course["verdict"] != course["verdict"].shift()).all()
    slots_of = (course["end_at"] - course["begin_at"]) / pd.Timedelta(hours=rpo)
    if not started:  # nothing has a job: unprotected, and all of the month is a hole
        assert level["status"] == "unprotected" and list(course["verdict"]) == ["missed"]
    assert slots_of[course["verdict"].eq("missed")].sum() == level["missed"]
    assert slots_of[course["verdict"].ne("met")].sum() == level["expected"] - level["good_low"]


def test_the_course_has_only_what_is_judged_in_the_order_of_the_assets():
    names = register("db", "wiki", "old").assign(backup_required=[True, True, False])
    found = analysed(names, runs(*EVERY_NIGHT))
    assert list(dict.fromkeys(found.course["asset"])) == ["wiki", "db"]
    assert found.course[["good", "expected"]].iloc[-1].tolist() == [4, 4]
    assert analysed(names[2:], runs(*EVERY_NIGHT)[:0]).course.empty
