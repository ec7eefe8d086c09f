"""Whom edits favour, and solves bunched before their deadline: counted by hand and by brute force."""

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from msp_report.metrics.tickets import edits

START, END = pd.Timestamp("2026-10-01T00:00Z"), pd.Timestamp("2026-11-01T00:00Z")


def clocks(*ratios: float) -> pd.DataFrame:
    """Tickets solved after so much of a hundred minutes."""
    count = len(ratios)
    return pd.DataFrame(
        {
            "ticket_id": [f"T{n}" for n in range(count)],
            "priority": "P1",
            "solved_at": pd.Series([START + pd.Timedelta(days=3)] * count, dtype="datetime64[us, UTC]"),
            "resolution_min": pd.Series([100.0 * ratio for ratio in ratios], dtype=float),
            "resolution_target_min": 100.0,
        }
    )


def favoured(provider: int, client: int) -> pd.DataFrame:
    return pd.DataFrame({"favours": ["provider"] * provider + ["client"] * client})


@pytest.mark.parametrize(("provider", "client"), [(0, 0), (9, 0), (5, 4)])
def test_under_ten_edits_say_nothing(provider, client):
    assert edits.favouring(favoured(provider, client)) is None


@pytest.mark.parametrize(("provider", "client"), [(10, 0), (9, 1), (5, 5), (0, 12), (30, 70)])
def test_the_share_has_its_exact_interval(provider, client):
    found = edits.favouring(favoured(provider, client))
    right = stats.binomtest(provider, provider + client).proportion_ci(0.95, "exact")
    assert (found.value, found.n) == (provider / (provider + client), provider + client)
    assert (found.low, found.high) == (pytest.approx(right.low), pytest.approx(right.high))


def test_what_is_expected_lies_on_the_line_between_both_sides():
    """Four solves a bin before and two after: at 0.925 and 0.975 of the time 3.375 and 3.125 are to be expected."""
    before = [low + 0.02 for low in (0.7, 0.75, 0.8, 0.85) for _ in range(4)]
    after = [low + 0.02 for low in (1.1, 1.15, 1.2, 1.25) for _ in range(2)]
    found = edits.bunched(clocks(*before, *after, *[0.95] * 12), START, END)
    assert found.expected == pytest.approx(3.375 + 3.125)
    assert found.excess.value == pytest.approx(12 - 6.5)
    low, high = stats.chi2.ppf(0.025, 24) / 2, stats.chi2.ppf(0.975, 26) / 2
    assert (found.excess.low, found.excess.high) == (pytest.approx(low - 6.5), pytest.approx(high - 6.5))


def test_fewer_than_ten_around_the_deadline_say_nothing():
    assert (
        edits.bunched(clocks(*[0.95] * 9, *[0.5] * 200, *[1.05] * 50, *[3.0] * 50), START, END).excess is None
    )
    assert edits.bunched(clocks(*[0.95] * 9, 1.29), START, END).excess is not None
    assert edits.bunched(clocks(), START, END).excess is None


@examples(60)
@given(st.lists(st.integers(0, 40), max_size=60))
def test_the_bins_are_those_that_brute_force_counts(steps):
    """Ratios on every twentieth of the time agreed, and between."""
    ratios = [step / 20 for step in steps]
    found = edits.bunched(clocks(*ratios), START, END)
    count = lambda low, high: sum(low <= step < high for step in steps)  # noqa: E731 - in twentieths
    left, right = count(14, 18) / 4, count(22, 26) / 4
    assert found.expected == pytest.approx(2 * (left + (0.95 - 0.8) / 0.4 * (right - left)))
    seen = sum(18 <= step <= 20 for step in steps)
    assert len(edits.close(clocks(*ratios), START, END)) == seen
    if found.excess:
        assert found.excess.value == pytest.approx(seen - found.expected)


def test_the_shape_of_no_edits():
    history = type("None", (), {"tickets": pd.DataFrame({"ticket_id": []})})()
    changes = pd.DataFrame(columns=["ticket_id", "at", "from", "to", "change", "actor", "actor_kind"])
    empty = clocks().assign(resolution_met=np.nan, resolution_without_pause_min=np.nan)
    empty["resolution_decided_at"] = empty["solved_at"]
    terms = {"client": {"name": "x", "timezone": "UTC"}}
    found = edits.edits(history, None, changes, empty, terms, START, END)
    assert list(found) == edits.EDITS and found.empty
