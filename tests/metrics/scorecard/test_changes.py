"""What changed since the last pack, the worse first, and which rows of earlier months came again."""

import pandas as pd
import pytest
from months import figures_of

from msp_report.metrics.scorecard.changes import CHANGE_COLUMNS, changes, last_pack, rows_again
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month
from msp_report.model.tables import TABLES

#: Where October 2026 begins in London, in summer time.
OCTOBER = pd.Timestamp("2026-09-30T23:00", tz="UTC")


def figure(measure, verdict=None, subject="", value=1.0, **fields):
    why = None if value is not None else "no data"
    return Figure(measure=measure, subject=subject, verdict=verdict, value=value, why_missing=why, **fields)


CHANGES = [
    # before, now, (kind, from, to, direction), why
    ({"verdict": "met"}, {"verdict": "missed"}, ("verdict", "met", "missed", "worse"), "now missed"),
    ({"verdict": "missed"}, {"verdict": "met"}, ("verdict", "missed", "met", "better"), "now met"),
    ({"verdict": "missed"}, {"verdict": "no_verdict"}, ("verdict", "missed", "no_verdict", "lost"), "doubt: no praise"),
    ({"verdict": "met"}, {"verdict": "no_verdict"}, ("verdict", "met", "no_verdict", "lost"), "nor a miss"),
    ({"verdict": "missed"}, {"verdict": "no_data"}, ("verdict", "missed", "no_data", "lost"), "silence is no praise"),
    ({"verdict": "no_data"}, {"verdict": "met"}, ("verdict", "no_data", "met", ""), "known again"),
    ({"verdict": "no_verdict"}, {"verdict": "no_data"}, ("verdict", "no_verdict", "no_data", ""), "never was decided"),
    ({"verdict": "met"}, {"verdict": "no_target"}, ("verdict", "met", "no_target", ""), "no promise any more"),
    ({"verdict": "met"}, None, ("verdict", "met", None, ""), "shown no more"),
    (None, {"verdict": "missed"}, ("verdict", None, "missed", ""), "promised now"),
    (
        {"target": 0.99, "better": "higher"}, {"target": 0.95, "better": "higher"},
        ("target", 0.99, 0.95, "looser"), "less is asked",
    ),
    (
        {"target": 60, "better": "lower"}, {"target": 30, "better": "lower"},
        ("target", 60, 30, "stricter"), "less is allowed",
    ),
    ({"target": 0.9, "better": "higher"}, {}, ("target", 0.9, None, "looser"), "nothing is asked any more"),
    ({}, {"target": 0.9, "better": "higher"}, ("target", None, 0.9, "stricter"), "something is asked now"),
    ({"rule": "rule 4"}, {"rule": "rule 6"}, ("rule", "rule 4", "rule 6", ""), "computed otherwise"),
    ({"clause": "4.1"}, {"clause": "4.1a"}, ("clause", "4.1", "4.1a", ""), "amended"),
    ({"verdict": "met", "value": 0.99}, {"verdict": "met", "value": 0.98}, None, "a value is no verdict"),
    (None, {"rule": "rule 4"}, None, "a figure without a verdict that is new"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "change", "why"), CHANGES)
def test_what_changed(before, now, change, why):
    other = figure("b.c", "met")  # in both packs: none is empty
    then, here = (figures_of(other, *([figure("a.x", **f)] if f is not None else [])) for f in (before, now))
    found = changes(here, then)
    assert list(found.columns) == CHANGE_COLUMNS
    rows = [
        tuple(None if pd.isna(v) else v for v in row)
        for row in found[["kind", "from", "to", "direction"]].values
    ]
    assert rows == ([change] if change else []), why


def test_the_worst_change_stands_first():
    then = figures_of(
        figure("a.1", "missed"), figure("a.2", "met"), figure("a.3", "met"), figure("a.4", "met", rule="x"),
        figure("a.5", "met", target=9.0, better="higher"),
    )  # fmt: skip
    now = figures_of(
        figure("a.1", "met"), figure("a.2", "no_verdict"), figure("a.3", "missed"), figure("a.4", "met", rule="y"),
        figure("a.5", "met", target=8.0, better="higher"),
    )  # fmt: skip
    assert changes(now, then)["measure"].tolist() == ["a.3", "a.2", "a.5", "a.1", "a.4"]


def test_without_a_pack_on_either_side_nothing_has_changed():
    some = figures_of(figure("a.x", "met"))
    for now, then in ((some, some.head(0)), (some.head(0), some), (some, some)):
        assert changes(now, then).empty


def test_the_scorecard_does_not_compare_itself():
    assert changes(
        figures_of(figure("a.x"), figure("scorecard.met", "met")),
        figures_of(figure("a.x"), figure("scorecard.met")),
    ).empty


def test_the_last_pack_is_the_newest_one():
    history = pd.concat([figures_of(figure("a.x", value=m)).assign(month=f"2026-{m:02d}") for m in (8, 9)])
    month, figures = last_pack(history)
    assert month == Month(2026, 9) and figures["value"].tolist() == [9] and list(figures.columns) == COLUMNS
    month, figures = last_pack(history.head(0))
    assert month is None and figures.empty


def outages(*rows):
    table = TABLES["outages"]
    frame = pd.DataFrame(
        [(service, start, end, "down") for service, start, end in rows],
        columns=["service", "started_at", "ended_at", "state"],
    ).reindex(columns=table.names)
    kinds = {name: "datetime64[us, UTC]" for name in ("started_at", "ended_at", "announced_at")}
    return frame.assign(
        **{name: pd.to_datetime(frame[name], utc=True).astype(kind) for name, kind in kinds.items()}
    )


def test_rows_of_earlier_months_are_counted_by_what_became_of_them():
    last = outages(
        ("mail", "2026-09-03T10:00", "2026-09-03T11:00"),
        ("web", "2026-09-04T10:00", "2026-09-04T11:00"),
        ("vpn", "2026-09-05T10:00", None),
    )
    now = outages(
        ("mail", "2026-09-03T10:00", "2026-09-03T11:00"),  # the same
        ("web", "2026-09-04T10:00", "2026-09-04T10:05"),  # shorter than it was
        ("vpn", "2026-09-05T10:00", None),  # the same, still without an end
        ("erp", "2026-09-06T10:00", "2026-09-06T11:00"),  # of September, and not in its pack
        ("erp", "2026-07-06T10:00", "2026-07-06T11:00"),  # older than the last pack: nothing to compare with
        ("erp", "2026-10-06T10:00", "2026-10-06T11:00"),  # of this month
    )
    september = pd.Timestamp("2026-08-31T23:00", tz="UTC")
    found = rows_again("outages", now, last, OCTOBER, september)
    assert found[["kind", "measure", "to"]].values.tolist() == [
        ["rows read again", "outages", 5],
        ["rows that say something else", "outages", 1],
        ["rows that came late", "outages", 1],
    ]
    assert rows_again("outages", now, None, OCTOBER, september)["to"].tolist() == [5]
    assert rows_again("outages", now.tail(1), last, OCTOBER, september).empty
    some = figures_of(figure("a.x"))
    assert changes(some, some, found)["kind"].tolist() == found["kind"].tolist()
