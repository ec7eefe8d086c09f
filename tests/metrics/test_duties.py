"""Standard duties by the slots of rule 31: cases worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics.duties import analyse, levels, strays
from msp_report.model.period import Month

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")


def proofs(*rows: tuple[str, str]) -> pd.DataFrame:
    """(duty, "10-05" or "10-05 08:30") in 2026; a year before that where written so."""
    at = [f"2026-{when}" if len(when.split()[0]) == 5 else when for _, when in rows]
    return pd.DataFrame(
        {
            "duty": [duty for duty, _ in rows],
            "done_at": pd.to_datetime(at, utc=True, format="ISO8601"),
            "by": "someone",
            "evidence": [f"sheet {number}" for number in range(len(rows))],
        }
    )


def figures(done: pd.DataFrame | None, contract: dict) -> list:
    return analyse(MonthOf(START, END, contract, tables={"duty_evidence": done})).figures()


def agreed(every_days: float = 7, **more: object) -> dict:
    return {"duties": [{"name": "patching", "every_days": every_days, "clause": "3.4"}], **more}


@pytest.mark.parametrize(
    ("days", "every", "expected"),
    [
        # 31 / 7 + 0.5 = 4.93: four slots, ending on the 8th, 15th, 22nd and on November 1st
        (("10-02", "10-09", "10-16", "10-23", "10-30"), 7, (4, 4, 0, 7)),
        # without the 9th and the 16th: the slot to the 15th looks back 10.5 days, to the 4th at noon: missed; that
        # to the 22nd, to the 11th at noon: missed. From the 2nd to the 23rd: 21 days
        (("10-02", "10-23", "10-30"), 7, (4, 2, 2, 21)),
        # the proof before the month serves the first slot (to September 27th at noon) and begins the first gap
        (("09-28", "10-09", "10-16", "10-23", "10-30"), 7, (4, 4, 0, 11)),
        (("09-20", "10-09", "10-16", "10-23", "10-30"), 7, (4, 3, 1, 19)),
        # an interval longer than the month: one slot of 1.5 x 92 = 138 days, from June 16th on
        (("06-16",), 92, (1, 1, 0, 138)),
        (("06-15",), 92, (1, 0, 1, 139)),
        # never: every slot, and the gap is the month
        ((), 7, (4, 0, 4, 31)),
        # at the cut-off it is not done yet
        (("11-01",), 92, (1, 0, 1, 31)),
    ],
)
def test_slots_and_gaps(days, every, expected):
    row = levels(proofs(*(("patching", day) for day in days)), agreed(every), START, END).iloc[0]
    assert (row.expected, row.good, row.missed, row.attained_days) == expected
    assert row.verdict == ("missed" if row.missed else "met")


def test_names_are_compared_without_case_and_the_last_proof_is_shown():
    row = levels(proofs(("PATCHING ", "10-20"), ("patching", "10-10")), agreed(31), START, END).iloc[0]
    assert (row.duty, row.last_by, row.last_evidence, row.proofs) == ("patching", "someone", "sheet 0", 2)
    assert row.last_done_at == pd.Timestamp("2026-10-20", tz="UTC")


def test_duties_are_due_from_the_terms_first_day():
    row = levels(proofs(), agreed(7, term={"starts_on": "2026-10-25"}), START, END).iloc[0]
    assert (row.expected, row.attained_days) == (1, 7)
    assert levels(proofs(), agreed(7, term={"starts_on": "2026-11-25"}), START, END).empty


def test_the_worst_comes_first():
    contract = {
        "duties": [
            {"name": n, "every_days": d} for n, d in [("kept", 40), ("late", 20), ("worse", 2), ("never", 3)]
        ]
    }
    done = proofs(("kept", "10-20"), ("late", "10-01"), ("worse", "10-20"))
    table = levels(done, contract, START, END)
    # gaps against intervals: worse 20 of 2, never 31 of 3, late 31 of 20
    assert table.duty.tolist() == ["never", "worse", "late", "kept"]
    assert table.verdict.tolist() == ["missed", "missed", "missed", "met"]


def test_no_file_is_not_an_empty_file():
    row = levels(None, agreed(), START, END).iloc[0]
    assert (row.verdict, row.why) == ("no_data", "no proofs of duties were supplied")
    assert row[["good", "missed", "attained_days", "proofs"]].isna().all()
    empty = levels(proofs(), agreed(), START, END).iloc[0]
    assert (empty.verdict, empty.missed, empty.proofs) == ("missed", 4, 0)


def test_proofs_of_what_nobody_agreed_on():
    done = proofs(("patching", "10-10"), ("dusting", "10-10"), ("dusting", "10-12"), ("dusting", "09-12"))
    assert strays(done, agreed(), START, END).values.tolist() == [
        ["dusting", 2, pd.Timestamp("2026-10-12", tz="UTC")]
    ]
    assert strays(None, agreed(), START, END).empty


def test_figures():
    contract = {"duties": [{"name": "a", "every_days": 7, "clause": "3.1"}, {"name": "b", "every_days": 31}]}
    done = proofs(("a", "10-02"), ("a", "10-23"), ("a", "10-30"), ("b", "10-10"))
    kept, longest, met, _, every = figures(done, contract)
    assert (kept.subject, kept.value, kept.n, kept.target, kept.verdict) == ("a", 0.5, 4, 1, "missed")
    assert (longest.value, longest.verdict, longest.clause) == (21, None, "3.1")
    assert (met.subject, met.value, met.verdict) == ("b", 1, "met")
    assert (every.value, every.n, every.target, every.verdict) == (1, 2, None, None)


def test_figures_without_proofs_or_duties():
    one, _, every = figures(None, agreed())
    assert (one.value, one.verdict, one.why_missing) == (None, "no_data", "no proofs of duties were supplied")
    assert (every.value, every.verdict) == (None, None)
    (none,) = figures(proofs(), {})
    assert (none.value, none.target, none.why_missing) == (None, None, "no duties are agreed")


def test_times_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        levels(proofs(), agreed(), pd.Timestamp("2026-10-01"), END)
    naive = proofs(("patching", "10-10")).assign(done_at=pd.to_datetime(["2026-10-10"]))
    with pytest.raises(ValueError, match=r"duty_evidence\.done_at"):
        levels(naive, agreed(), START, END)


@pytest.mark.parametrize("name", ["backups watched", "patching"])
def test_without_the_backups_nobody_knows_whether_they_were_watched(name):
    days = pd.date_range("2026-09-30 08:00", "2026-10-31 08:00", tz="UTC").as_unit("us")
    proofs = pd.DataFrame({"duty": name, "done_at": days, "by": "amy", "evidence": "log"})
    agreed = {"duties": [{"name": name, "every_days": 2}]}
    bounds = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")

    def verdict(**more):
        (row,) = analyse(
            MonthOf(*bounds, agreed, tables={"duty_evidence": proofs}, **more)
        ).levels.itertuples()
        return row.verdict

    withheld = verdict(withheld={"backup_jobs": Month(2026, 9)})
    assert (verdict(), withheld) == ("met", "met" if name == "patching" else "no_verdict")


def test_the_longest_bar_is_never_that_of_a_duty_in_order():
    """What was missed lies beyond its interval, what was met within one and a half, however long each interval is."""
    contract = {"duties": [{"name": n, "every_days": d} for n, d in (("a", 2), ("b", 92), ("c", 183))]}
    given_ = proofs(*[("a", f"10-{day:02d}") for day in range(1, 22, 2)], ("c", "10-12"), ("c", "04-20"))
    pace = analyse(MonthOf(START, END, contract, tables={"duty_evidence": given_})).pace.set_index("duty")
    assert (pace["intervals"].gt(1) == pace["verdict"].eq("missed")).all()
    assert pace["intervals"].idxmax() == "a"
    assert pace.loc["b", "intervals"] == 1.5 and pd.isna(pace.loc["b", "seen_days"])  # never proved
    assert pace.loc["c", "seen_days"] == pytest.approx(175)
    assert analyse(MonthOf(START, END, contract, tables={"duty_evidence": None})).pace.empty
