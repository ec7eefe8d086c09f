"""Figures: plain types, honest gaps, verdicts."""

import json

import numpy as np
import pandas as pd
import pytest

from msp_report.model.figures import COLUMNS, Figure, judge


@pytest.mark.parametrize(
    ("value", "target", "better", "low", "high", "verdict"),
    [
        (0.999, 0.999, "higher", None, None, "met"),
        (0.9989, 0.999, "higher", None, None, "missed"),
        (3, 2, "lower", None, None, "missed"),
        (2, 2, "lower", None, None, "met"),
        (None, 0.9, "higher", None, None, "no_data"),
        (np.nan, 0.9, "higher", None, None, "no_data"),
        (0.9, None, "higher", None, None, "no_target"),
        (0.95, 0.9, "higher", 0.85, 0.99, "no_verdict"),
        (0.95, 0.9, "higher", 0.90, 0.99, "met"),
        (0.85, 0.9, "higher", 0.80, 0.89, "missed"),
        (0.95, 0.9, "lower", 0.85, 0.99, "no_verdict"),
    ],
)
def test_verdicts(value, target, better, low, high, verdict):
    assert judge(value, target, better, low, high) == verdict


def test_a_figure_is_plain_json():
    figure = Figure(
        measure="a.b", value=np.float64(1.5), n=np.int64(3), low=pd.NA, high=np.nan, clause=np.nan
    )
    assert json.dumps(figure.row(), allow_nan=False)
    assert list(figure.row()) == COLUMNS
    assert (figure.report, figure.low, figure.high, figure.n, figure.clause) == ("a", None, None, 3, None)
    assert Figure.from_row(figure.row()) == figure


def test_missing_needs_a_reason():
    with pytest.raises(ValueError, match="no why_missing"):
        Figure(measure="a.b", value=float("nan"))
    with pytest.raises(ValueError, match="cannot be infinite"):
        Figure(measure="a.b", value=float("inf"))
    with pytest.raises(ValueError, match="not a measure"):
        Figure(measure="ab", value=1)
