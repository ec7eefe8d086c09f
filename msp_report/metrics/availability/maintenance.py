"""Which maintenance counts (rule 8)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import MISSING
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.spans import Axis, Spans, covers, length_before, union, where
from msp_report.model.columns import HOUR, MINUTE


def accepted_spans(rows: pd.DataFrame, spans: Spans, axis: Axis, month: ServiceMonth) -> Spans:
    """The maintenance that counts: announced in time, inside agreed windows, under the cap (rule 8)."""
    agreed = agreed_windows(axis, month)
    months = length_before(axis.windows, month.month_starts)
    spans = spans[in_time(rows, month)]
    edges = np.unique(np.concatenate([spans.ravel(), agreed.ravel(), months, [0, axis.total]]))
    inside = covers(spans, edges[:-1]) & covers(agreed, edges[:-1])
    if month.accounting.maintenance_cap_min is None:
        return where(edges, inside)
    begins, length = edges[:-1][inside], np.diff(edges)[inside]
    used = np.cumsum(length) - length
    of_month = np.searchsorted(months, begins, side="right")
    used -= used[np.searchsorted(of_month, of_month)]
    left = round(month.accounting.maintenance_cap_min * MINUTE) - used
    return union(np.column_stack([begins, begins + np.clip(left, 0, length)]))


def in_time(rows: pd.DataFrame, month: ServiceMonth) -> np.ndarray:
    """Whether each maintenance row was announced long enough before its start."""
    latest = rows["begin"] - round(month.accounting.notice_hours * HOUR)
    return ((rows["announced"] != MISSING) & (rows["announced"] <= latest)).to_numpy()


def agreed_windows(axis: Axis, month: ServiceMonth) -> Spans:
    """Where maintenance may lie; everywhere if no windows are agreed."""
    if month.maintenance_windows is None:
        return np.array([[0, axis.total]])
    return axis.spans(month.maintenance_windows)
