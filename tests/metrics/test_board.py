"""The board's own loop: decisions until they are done, replies of the right month, what changed since the last pack."""

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics import board, competence
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month
from msp_report.model.tables import TABLES

#: October 2026 in London: 1 October 00:00 BST to 1 November 00:00 GMT.
OCTOBER = (pd.Timestamp("2026-09-30T23:00", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"), "Europe/London")


def dated(rows, columns):
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(**{name: pd.to_datetime(table[name]) for name in columns if name.endswith("_on")})


def register(*rows):
    """Decisions as (id, decided, due, done)."""
    return dated(
        [(name, decided, f"Do {name}", "Finance", due, done) for name, decided, due, done in rows],
        ["action_id", "decided_on", "text", "owner", "due_on", "done_on"],
    )


# ---------------------------------------------------------------- decisions

ACTIONS = [
    # decided, due, done, state, days overdue, why
    ("2026-07-09", "2026-09-30", None, "overdue", 31, "30 September to 31 October"),
    ("2026-07-09", "2026-10-30", None, "overdue", 1, "the last day is the 31st"),
    ("2026-07-09", "2026-10-31", None, "open", None, "due on the last day is not late yet"),
    ("2026-07-09", "2026-12-15", None, "open", None, "time left"),
    ("2026-07-09", "2026-09-30", "2026-10-01", "done", None, "late, but done in the month: said once"),
    ("2026-07-09", "2026-09-30", "2026-10-31", "done", None, "done on the last day"),
    (
        "2026-07-09",
        "2026-09-30",
        "2026-11-01",
        "overdue",
        31,
        "done after the cut-off: not done yet (rule 0)",
    ),
    ("2026-07-09", "2026-09-30", "2026-09-30", None, None, "done before the month: said then"),
    ("2026-11-01", "2026-12-15", None, None, None, "decided after the cut-off: it does not exist yet"),
    ("2026-10-31", "2026-12-15", None, "open", None, "decided on the last day"),
]


@pytest.mark.parametrize(("decided", "due", "done", "state", "days", "why"), ACTIONS)
def test_a_decision_at_the_cut_off(decided, due, done, state, days, why):
    found = board.actions(register(("A", decided, due, done)), *OCTOBER)
    assert list(found.columns) == board.ACTION_COLUMNS
    assert found["state"].tolist() == ([state] if state else []), why
    if state:
        assert (None if pd.isna(found["days_overdue"][0]) else found["days_overdue"][0]) == days, why


def test_the_longest_overdue_stand_first_and_what_is_done_last():
    given = register(
        ("done", "2026-07-01", "2026-08-01", "2026-10-05"),
        ("later", "2026-07-01", "2026-12-24", None),
        ("sooner", "2026-07-01", "2026-11-24", None),
        ("late", "2026-07-01", "2026-10-01", None),
        ("latest", "2026-07-01", "2026-08-01", None),
    )
    assert board.actions(given, *OCTOBER)["action_id"].tolist() == [
        "latest",
        "late",
        "sooner",
        "later",
        "done",
    ]


def test_only_being_done_ends_a_decision():
    """One that stood open in an earlier pack and is no longer in the register is carried on."""
    earlier = register(
        ("gone", "2026-05-01", "2026-12-01", None),
        ("gone", "2026-05-01", "2026-10-21", None),  # the newest pack's row counts
        ("finished", "2026-05-01", "2026-06-01", None),
        ("finished", "2026-05-01", "2026-06-01", "2026-06-02"),
        ("kept", "2026-05-01", "2026-12-01", None),
    )
    for now in (register(("kept", "2026-05-01", "2026-12-01", None)), None):
        found = board.actions(now, *OCTOBER, earlier=earlier).set_index("action_id")
        assert found.loc["gone", ["state", "days_overdue"]].tolist() == ["no longer listed", 10]
        assert "finished" not in found.index
        assert found.loc["kept", "state"] == ("no longer listed" if now is None else "open")


def test_no_register_is_no_row_and_naive_bounds_are_refused():
    assert board.actions(None, *OCTOBER).empty
    with pytest.raises(ValueError, match="time zone"):
        board.actions(None, pd.Timestamp("2026-10-01"), pd.Timestamp("2026-11-01"))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.dates(pd.Timestamp("2026-08-01").date(), pd.Timestamp("2026-12-31").date()),
            st.integers(0, 90),
            st.none() | st.integers(0, 90),
        ),
        max_size=8,
    )
)
def test_no_decision_is_lost_before_it_is_said_to_be_done(rows):
    """Over consecutive months every decision stands there until it is done, and is said to be done once."""
    day = pd.Timedelta(days=1)
    given = register(
        *(
            (
                f"A{n}",
                on,
                pd.Timestamp(on) + due * day,
                None if done is None else pd.Timestamp(on) + done * day,
            )
            for n, (on, due, done) in enumerate(rows)
        )
    )
    months = pd.date_range("2026-08-01", "2027-05-01", freq="MS", tz="UTC")
    said = [board.actions(given, first, after).assign(month=first) for first, after in pairwise(months)]
    every = pd.concat(said)
    for row in given.itertuples():
        mine = every[every["action_id"] == row.action_id]
        assert mine["state"].eq("done").sum() == (0 if pd.isna(row.done_on) else 1)
        end = (
            months[-2]
            if pd.isna(row.done_on)
            else row.done_on.to_period("M").to_timestamp().tz_localize("UTC")
        )
        begin = row.decided_on.to_period("M").to_timestamp().tz_localize("UTC")
        assert mine["month"].tolist() == [month for month in months[:-1] if begin <= month <= end]


# ---------------------------------------------------------------- what is due


def opinions(*rows):
    columns = ["subject", "assessed_on", "assessor", "independent", "expires_on"]
    return competence.opinions(dated(rows, columns), pd.Timestamp("2026-10-31"))


PROPOSALS = pd.DataFrame(
    {
        "project_id": ["P1", "P2", "P3"],
        "name": ["Small", "Big", "Unknown"],
        "proposed_by": ["sales", "sales", None],
        "cost": [100.0, 9000.0, None],
    }
)
CLAIMS = pd.DataFrame(
    {
        "month": ["2026-10", "2026-09", "2026-06"],
        "measure": ["availability.ratio", "contract.any", "availability.ratio"],
        "subject": ["mail", None, "web"],
        "left": [900.0, 450.0, 0.0],
        "claim_by": ["2026-12-30", "2026-11-29", "2026-08-29"],
        "state": ["open", "open", "expired"],
    }
)


def test_what_is_due_stands_by_how_pressing_it_is():
    assessed = opinions(
        ("fine", "2026-09-01", "Owl", True, "2027-08-31"),
        ("old", "2025-09-01", "Owl", True, "2026-08-31"),
        ("own", "2026-09-01", "Provider", False, "2027-08-31"),
    )
    found = board.due(assessed, PROPOSALS, CLAIMS)
    assert list(found.columns) == board.DUE_COLUMNS
    assert found[["what", "state"]].values.tolist() == [
        ["outside opinion on old", "run out"],
        ["credit for contract.any, 2026-09", "unclaimed"],
        ["credit for mail, 2026-10", "unclaimed"],
        ["Big", "waits for a decision"],
        ["Small", "waits for a decision"],
        ["Unknown", "waits for a decision"],
        ["outside opinion on own", "not independent"],
    ]
    assert found["days_overdue"].dropna().tolist() == [61]  # September 30, October 31
    assert found["cost"].sum() == 900 + 450 + 100 + 9000


def test_no_opinion_at_all_is_due_and_nothing_else_is_made_up():
    found = board.due(opinions())
    assert found[["kind", "state"]].values.tolist() == [["opinion", "missing"]]
    fine = opinions(("fine", "2026-09-01", "Owl", True, "2027-08-31"))
    assert board.due(fine, PROPOSALS.head(0), CLAIMS.head(0)).empty


# ---------------------------------------------------------------- replies


def said(*rows):
    return dated(
        [(measure, subject, on, "Provider", "No.") for measure, subject, on in rows],
        ["measure", "subject", "said_on", "by", "text"],
    )


REPLIES = [
    # said on, with earlier exports too, file shared by months, stands in October, why
    ("2026-10-01", False, False, True, "the month had begun"),
    ("2026-10-31", False, False, True, "to the draft to date"),
    ("2026-11-05", False, False, True, "after the month, with its exports: to its draft"),
    ("2026-09-30", False, False, False, "the month had not begun: it answers an earlier draft"),
    ("2026-10-05", True, False, False, "it came with September's exports first: it answers September"),
    ("2026-10-31", True, True, True, "one file for all months: the day said decides"),
    ("2026-11-01", True, True, False, "one file for all months: said in November"),
    ("2026-09-30", True, True, False, "one file for all months: said in September"),
]


@pytest.mark.parametrize(("on", "before", "shared", "stands", "why"), REPLIES)
def test_the_month_that_a_reply_answers(on, before, shared, stands, why):
    row = said(("availability.ratio", None, on))
    found = board.replies(row, *OCTOBER, earlier=row if before else None, shared=shared)
    assert len(found) == stands, why
    assert list(found.columns) == board.REPLY_COLUMNS
    assert not stands or found["subject"].tolist() == [""]


def test_no_replies_are_none():
    assert board.replies(None, *OCTOBER).empty
    assert board.replies(said(), *OCTOBER, earlier=said()).empty


def figure(measure, verdict=None, subject="", value=1.0, **fields):
    why = None if value is not None else "no data"
    return Figure(measure=measure, subject=subject, verdict=verdict, value=value, why_missing=why, **fields)


def frame(*figures):
    return pd.DataFrame([one.row() for one in figures], columns=COLUMNS)


def test_no_reply_is_lost():
    figures = frame(figure("a.x", "missed", "mail"), figure("a.y", "met"))
    answers = board.replies(
        said(("a.x", "mail", "2026-10-30"), ("a.y", None, "2026-10-30"), ("a.z", "fax", "2026-10-30")),
        *OCTOBER,
    )
    found = board.disputed(figures, answers, but=figures.head(1))
    assert found[["report", "measure", "subject", "verdict"]].fillna("").values.tolist() == [
        ["a", "a.y", "", "met"],
        ["a", "a.z", "fax", ""],
    ]
    assert found["why_missing"].tolist()[1] == "no page gives this figure"
    assert list(found.columns) == COLUMNS
    assert board.disputed(figures, answers.head(0)).empty


# ---------------------------------------------------------------- changes

CHANGES = [
    # before, now, (kind, from, to, direction), why
    ({"verdict": "met"}, {"verdict": "missed"}, ("verdict", "met", "missed", "worse"), "now missed"),
    ({"verdict": "missed"}, {"verdict": "no_verdict"}, ("verdict", "missed", "no_verdict", "better"), "doubt now"),
    ({"verdict": "no_data"}, {"verdict": "met"}, ("verdict", "no_data", "met", "better"), "known now"),
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
    then, here = (frame(other, *([figure("a.x", **f)] if f is not None else [])) for f in (before, now))
    found = board.changes(here, then)
    assert list(found.columns) == board.CHANGE_COLUMNS
    rows = [
        tuple(None if pd.isna(v) else v for v in row)
        for row in found[["kind", "from", "to", "direction"]].values
    ]
    assert rows == ([change] if change else []), why


def test_the_worst_change_stands_first():
    then = frame(
        figure("a.1", "missed"), figure("a.2", "met"), figure("a.3", "met"), figure("a.4", "met", rule="x"),
        figure("a.5", "met", target=9.0, better="higher"),
    )  # fmt: skip
    now = frame(
        figure("a.1", "met"), figure("a.2", "no_verdict"), figure("a.3", "missed"), figure("a.4", "met", rule="y"),
        figure("a.5", "met", target=8.0, better="higher"),
    )  # fmt: skip
    assert board.changes(now, then)["measure"].tolist() == ["a.3", "a.2", "a.5", "a.1", "a.4"]


def test_without_a_pack_on_either_side_nothing_has_changed():
    some = frame(figure("a.x", "met"))
    for now, then in ((some, some.head(0)), (some.head(0), some), (some, some)):
        assert board.changes(now, then).empty


def test_the_scorecard_does_not_compare_itself():
    assert board.changes(
        frame(figure("a.x"), figure("scorecard.met", "met")), frame(figure("a.x"), figure("scorecard.met"))
    ).empty


def test_the_last_pack_is_the_newest_one():
    history = pd.concat([frame(figure("a.x", value=m)).assign(month=f"2026-{m:02d}") for m in (8, 9)])
    month, figures = board.last_pack(history)
    assert month == Month(2026, 9) and figures["value"].tolist() == [9] and list(figures.columns) == COLUMNS
    month, figures = board.last_pack(history.head(0))
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
    found = board.rows_again("outages", now, last, OCTOBER[0], september)
    assert found[["kind", "measure", "to"]].values.tolist() == [
        ["rows read again", "outages", 5],
        ["rows that say something else", "outages", 1],
        ["rows that came late", "outages", 1],
    ]
    assert board.rows_again("outages", now, None, OCTOBER[0], september)["to"].tolist() == [5]
    assert board.rows_again("outages", now.tail(1), last, OCTOBER[0], september).empty
    some = frame(figure("a.x"))
    assert board.changes(some, some, found)["kind"].tolist() == found["kind"].tolist()


# ---------------------------------------------------------------- figures


def values(figures):
    return {one.measure.partition(".")[2]: (one.value, one.n) for one in figures}


def test_the_figures_count_the_frames():
    acts = board.actions(
        register(
            ("late", "2026-07-01", "2026-10-01", None),
            ("open", "2026-07-01", "2026-12-01", None),
            ("done", "2026-07-01", "2026-12-01", "2026-10-02"),
        ),
        *OCTOBER,
    )
    assessed = opinions(("old", "2025-09-01", "Owl", True, None), ("fine", "2026-09-01", "Owl", True, None))
    changes = board.changes(
        frame(figure("a.1", "missed"), figure("a.2", "met")),
        frame(figure("a.1", "met"), figure("a.2", "missed")),
    )
    every = board.figures(
        acts, assessed, changes, board.due(assessed, None, CLAIMS), *OCTOBER[1:],
        has_actions=True, has_opinions=True, compared=True,
    )  # fmt: skip
    assert values(every) == {
        "actions_open": (2, None),
        "actions_overdue": (1, 2),
        "actions_done": (1, None),
        "opinions_overdue": (1, 2),
        "claim_days": (29, 2),  # 31 October to 29 November
        "worse": (1, None),
        "better": (1, None),
    }
    assert {one.verdict for one in every} == {None}, "these are no promises of the provider"


def test_what_was_not_supplied_is_missing_and_not_none():
    nothing = board.actions(None, *OCTOBER)
    every = board.figures(
        nothing, opinions(), pd.DataFrame(columns=board.CHANGE_COLUMNS), board.due(opinions()), *OCTOBER[1:],
        has_actions=False, has_opinions=False, compared=False,
    )  # fmt: skip
    assert {one.value for one in every} == {None} and all(one.why_missing for one in every)
    earlier = register(("gone", "2026-05-01", "2026-10-21", None))
    carried = board.figures(
        board.actions(None, *OCTOBER, earlier=earlier), opinions(), pd.DataFrame(columns=board.CHANGE_COLUMNS),
        board.due(opinions()), *OCTOBER[1:], has_actions=False, has_opinions=True, compared=False,
    )  # fmt: skip
    assert values(carried)["actions_overdue"] == (1, 1), "an earlier pack's decision is known"
    assert values(carried)["opinions_overdue"] == (0, 0)
