"""Work beside: nothing is lost, nothing comes twice or in another order, and what fails is told."""

from __future__ import annotations

import threading
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.beside import Behind, ahead, side_by_side


@given(st.lists(st.none() | st.integers(), max_size=20))
def test_what_is_made_ahead_is_the_same_in_the_same_order(items):
    assert list(ahead(iter(items))) == items


def test_one_item_is_made_while_another_is_in_use():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    for item in ahead(items()):
        if item == 1:
            assert made.wait(10)


def test_no_more_than_one_is_made_ahead():
    asked = []
    for item in ahead(asked.append(n) or n for n in count()):
        if item == 3:
            break
    assert asked == [0, 1, 2, 3, 4]


def test_what_fails_ahead_is_raised_in_its_place():
    def items():
        yield 1
        raise ValueError("the second")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second"):
        next(coming)


@given(st.lists(st.integers(), max_size=20), st.integers(1, 4))
def test_work_side_by_side_gives_the_same_in_the_same_order(items, threads):
    assert [*side_by_side(str, items, threads)] == [*map(str, items)]


def test_two_are_worked_on_at_a_time_and_one_more_is_held():
    met, asked = threading.Barrier(2, timeout=10), []

    def work(item):
        asked.append(item)
        if item < 2:
            met.wait()
        return item

    found = side_by_side(work, range(100))
    assert next(found) == 0 and len(asked) <= 3
    assert [*found] == [*range(1, 100)]


def test_what_fails_side_by_side_is_raised_in_its_place():
    found = side_by_side(int, ["1", "x", "3"])
    assert next(found) == 1
    with pytest.raises(ValueError, match="x"):
        next(found)


@given(st.lists(st.integers(), max_size=20))
def test_work_behind_is_done_in_order(items):
    done, behind = [], Behind()
    for item in items:
        behind.give(done.append, item)
    behind.wait()
    assert done == items


def test_work_behind_goes_on_beside_whoever_gave_it():
    begun, seen, behind = threading.Event(), [], Behind()
    behind.give(lambda: seen.append(begun.wait(10)))
    begun.set()
    behind.wait()
    assert seen == [True]


@pytest.mark.parametrize("then", ["give", "wait"])
def test_what_fails_behind_is_raised_by_the_next_call(then):
    behind = Behind()
    behind.give(int, "no number")
    with pytest.raises(ValueError, match="no number"):
        behind.wait() if then == "wait" else behind.give(print)
    behind.wait()
