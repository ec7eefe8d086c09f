"""The board's decisions until they are done, and what waits for one."""

from itertools import pairwise

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import dated

from msp_report.metrics.competence import opinions
from msp_report.metrics.scorecard import decisions

#: October 2026 in London: 1 October 00:00 BST to 1 November 00:00 GMT.
OCTOBER = (pd.Timestamp("2026-09-30T23:00", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"), "Europe/London")


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
    found = decisions.actions(register(("A", decided, due, done)), *OCTOBER)
    assert list(found.columns) == decisions.ACTION_COLUMNS
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
    assert decisions.actions(given, *OCTOBER)["action_id"].tolist() == [
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
        found = decisions.actions(now, *OCTOBER, earlier=earlier).set_index("action_id")
        assert found.loc["gone", ["state", "days_overdue"]].tolist() == ["no longer listed", 10]
        assert "finished" not in found.index
        assert found.loc["kept", "state"] == ("no longer listed" if now is None else "open")


def test_no_register_is_no_row_and_naive_bounds_are_refused():
    assert decisions.actions(None, *OCTOBER).empty
    with pytest.raises(ValueError, match="time zone"):
        decisions.actions(None, pd.Timestamp("2026-10-01"), pd.Timestamp("2026-11-01"))


@examples(15)
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
    said = [decisions.actions(given, first, after).assign(month=first) for first, after in pairwise(months)]
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


def judged(*rows):
    columns = ["subject", "assessed_on", "assessor", "independent", "expires_on"]
    return opinions.opinions(dated(rows, columns), pd.Timestamp("2026-10-31"))


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
    assessed = judged(
        ("fine", "2026-09-01", "Owl", True, "2027-08-31"),
        ("old", "2025-09-01", "Owl", True, "2026-08-31"),
        ("own", "2026-09-01", "Provider", False, "2027-08-31"),
    )
    found = decisions.due(assessed, PROPOSALS, CLAIMS)
    assert list(found.columns) == decisions.DUE_COLUMNS
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
    found = decisions.due(judged())
    assert found[["kind", "state"]].values.tolist() == [["opinion", "missing"]]
    fine = judged(("fine", "2026-09-01", "Owl", True, "2027-08-31"))
    assert decisions.due(fine, PROPOSALS.head(0), CLAIMS.head(0)).empty
