"""Spans of time: on the line of instants, and on a service's axis, its open time laid end to end (rule 2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import microseconds
from msp_report.model.clock import Clock

Spans = np.ndarray
"""Rows (begin, end), half-open, in microseconds."""


def length_before(spans: Spans, at: Any) -> np.ndarray:
    """How much of disjoint, ascending spans lies before each position: the one function of rule 2."""
    begins, ends = spans.T
    sums = np.concatenate([[0], np.cumsum(ends - begins)])
    started = np.searchsorted(begins, at, side="right")
    if not len(spans):
        return sums[started]
    left = np.clip(ends[started - 1] - at, 0, None)
    return sums[started] - np.where(started > 0, left, 0)


def covers(spans: Spans, at: np.ndarray) -> np.ndarray:
    """Whether any span holds each position; spans may overlap."""
    begun = np.searchsorted(np.sort(spans[:, 0]), at, side="right")
    return begun > np.searchsorted(np.sort(spans[:, 1]), at, side="right")


def where(edges: np.ndarray, mask: np.ndarray) -> Spans:
    """The spans of segments marked true, adjacent ones joined."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges[steps].reshape(-1, 2)


def union(*spans: Spans) -> Spans:
    """Disjoint, ascending spans that hold what any of the given ones holds."""
    every = np.concatenate(spans)
    edges = np.unique(every)
    return where(edges, covers(every, edges[:-1]))


def less(spans: Spans, taken: Spans) -> Spans:
    """What is left of disjoint spans when others are taken out."""
    edges = np.unique(np.concatenate([spans, taken]))
    return where(edges, covers(spans, edges[:-1]) & ~covers(taken, edges[:-1]))


def _merge(edges: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of the same state as one segment."""
    if not len(states):
        return edges, states
    new = states[1:] != states[:-1]
    return edges[np.concatenate([[True], new, [True]])], states[np.concatenate([[True], new])]


def smooth(edges: np.ndarray, states: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Short spans between two of the same state take that state, shortest first, ties earliest (rule 9).

    A span shorter than both neighbours comes before anything that could change them, because what grows
    together is longer than its parts; so all such spans are taken at once with the result of one at a time.
    """
    edges, states = _merge(edges, states)
    while limit > 0 and len(states) > 2:
        length = np.diff(edges)
        short = np.zeros(len(states), bool)
        short[1:-1] = (length[1:-1] <= limit) & (states[:-2] == states[2:])
        if not short.any():
            break
        taken = short.copy()
        taken[1:-1] &= (length[1:-1] < length[:-2]) & (length[1:-1] <= length[2:])
        if not taken.any():  # every one has a shorter neighbour that stays: the very shortest are next
            taken = short & (length == length[short].min())
            taken[1:] &= ~taken[:-1]
        edges, states = _merge(edges, np.where(taken, np.roll(states, 1), states))
    return edges, states


@dataclass(frozen=True)
class Axis:
    """The service time of the period, laid end to end."""

    windows: Spans

    @classmethod
    def of(cls, clock: Clock, start: pd.Timestamp, end: pd.Timestamp) -> Axis:
        windows = clock.windows(start, end)
        return cls(np.column_stack([microseconds(windows[name]) for name in ("start", "end")]))

    @cached_property
    def total(self) -> int:
        return int((self.windows[:, 1] - self.windows[:, 0]).sum())

    def spans(self, instants: Spans) -> Spans:
        """Spans of instants on the axis; what lies outside service time is empty."""
        return length_before(self.windows, instants)

    def instants(self, spans: Spans) -> Spans:
        """When non-empty spans of the axis begin and end: at an opening, at a closing."""
        offsets = np.concatenate([[0], np.cumsum(self.windows[:, 1] - self.windows[:, 0])])
        first = np.searchsorted(offsets, spans[:, 0], side="right") - 1
        last = np.searchsorted(offsets, spans[:, 1], side="left") - 1
        return np.column_stack(
            [
                self.windows[first, 0] + spans[:, 0] - offsets[first],
                self.windows[last, 0] + spans[:, 1] - offsets[last],
            ]
        )
