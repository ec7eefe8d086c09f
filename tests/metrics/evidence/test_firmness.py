"""How many rows part a verdict from the other one: by hand, and against every choice of rows there is."""

from itertools import combinations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.metrics.evidence.firmness import FIRMNESS, firmness, to_turn
from msp_report.model.figures import COLUMNS, Figure, meets

SOLVED = "tickets.resolution_attainment"
START, END = pd.Timestamp("2026-10-01T00:00Z"), pd.Timestamp("2026-11-01T00:00Z")


@examples(200)
@given(st.integers(1, 40), st.data(), st.sampled_from([0, 0.5, 0.8, 0.9, 0.95, 0.999, 1]))
def test_of_a_share_it_is_the_least_number_that_turns(n, data, target):
    hits = data.draw(st.integers(0, n))
    was = meets(hits / n, target, "higher")
    other = [max(hits - k, 0) if was else min(hits + k, n) for k in range(n + 1)]
    turned = [k for k, left in enumerate(other) if meets(left / n, target, "higher") != was]
    found = to_turn(hits / n, target, "higher", n)
    if turned:
        assert found == min(turned) > 0
    else:  # every row the other way round is not enough: a target of nothing is always met
        assert found > hits


@examples(100)
@given(st.integers(-20, 20), st.integers(-20, 20), st.sampled_from(["higher", "lower"]))
def test_of_a_count_it_is_the_least_number_that_turns(value, target, better):
    was = meets(value, target, better)
    sign = -1 if was == (better == "higher") else 1
    turned = next(k for k in range(100) if meets(value + sign * k, target, better) != was)
    assert to_turn(value, target, better) == turned


@pytest.mark.parametrize("value", [0.333, 0.123456])
def test_what_is_no_share_of_whole_rows_has_none(value):
    assert to_turn(value, 0.9, "higher", 7) is None
    assert to_turn(0.0, 0.9, "higher", 0) is None


def figures(*given: Figure) -> pd.DataFrame:
    return pd.DataFrame([one.row() for one in given], columns=COLUMNS)


def clocks(**used: float) -> pd.DataFrame:
    """Tickets decided in October by the share of their time that was used."""
    return pd.DataFrame(
        {
            "ticket_id": list(used),
            "priority": "P1",
            "resolution_used_min": [100 * share for share in used.values()],
            "resolution_target_min": 100,
            "resolution_met": [str(share <= 1).lower() for share in used.values()],
            "resolution_decided_at": "2026-10-07T09:00:00Z",
        }
    )


def test_the_tickets_nearest_to_the_other_side_are_named():
    told = {"A": 0.2, "B": 0.99, "C": 1.5, "D": 1.01, "E": 0.5, "F": 0.7}
    records = {("tickets", "clocks"): clocks(**told)}
    for target, verdict, expected in ((0.8, "missed", "D"), (1.0, "missed", "D, C"), (0.5, "met", "B, F")):
        figure = Figure(
            measure=SOLVED,
            subject="P1",
            value=4 / 6,
            n=6,
            target=target,
            verdict=verdict,
        )
        (row,) = firmness(figures(figure), lambda *name: records.get(name), START, END).to_dict("records")
        assert (row["nearest_ids"], row["of"]) == (expected, "tickets")
        assert row["parted_by"] == len(expected.split(", "))


@examples(60)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=7), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_fewest_outages_are_those_of_brute_force(minutes, target):
    up, down = 500, sum(minutes)
    value = up / (up + down)
    verdict = "met" if meets(value, target, "higher") else "missed"
    records = {
        ("availability", "services"): pd.DataFrame({"service": ["web"], "up_min": [up], "down_min": [down]}),
        ("availability", "outages"): pd.DataFrame(
            {"service": "web", "started_at": [f"T{n}" for n in range(len(minutes))], "down_min": minutes}
        ),
    }
    figure = Figure(measure="availability.ratio", subject="web", value=value, target=target, verdict=verdict)
    (row,) = firmness(figures(figure), lambda *name: records.get(name), START, END).to_dict("records")
    if verdict == "met":
        assert row["spare_min"] == pytest.approx(up - target * (up + down)) and pd.isna(row["parted_by"])
        return
    fewest = next(
        size
        for size in range(len(minutes) + 1)
        for chosen in combinations(minutes, size)
        if meets((up + sum(chosen)) / (up + down) + 1e-12, target, "higher")
    )
    assert row["parted_by"] == fewest == len(row["nearest_ids"].split(", "))


def test_what_is_not_judged_or_counts_nothing_has_no_row():
    given = (
        Figure(
            measure=SOLVED,
            subject="P1",
            value=0.9,
            n=10,
            target=0.9,
            verdict="no_verdict",
        ),
        Figure(measure="capacity.utilisation", subject="x", value=0.9, n=10, target=0.8, verdict="missed"),
        Figure(measure="strategy.author", value=0, n=4, verdict="met"),
        Figure(measure="availability.ratio", subject="web", value=0.9, target=0.99, verdict="missed"),
    )
    found = firmness(figures(*given), lambda *name: None, START, END)
    assert found.empty and list(found) == FIRMNESS
