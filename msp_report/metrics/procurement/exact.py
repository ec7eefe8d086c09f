"""Exact numbers: fractions from the first sum to the last, decimals only when a record is made.

A missing number is NaN in between, so that it spreads and is above nothing.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

NAN = float("nan")


def exact(values: pd.Series) -> np.ndarray:
    """Numbers as fractions, missing ones NaN; each different number is read once."""
    codes, known = pd.factorize(values)
    table = np.empty(len(known) + 1, dtype=object)
    table[:-1] = [Fraction(str(value)) for value in known]
    table[-1] = NAN  # the code of a missing one is -1
    return table[codes]


def ratio(number: float) -> Fraction:
    """A parameter as it was written: 0.02 is a fiftieth."""
    return Fraction(str(number))


def above(values: Any, others: Any) -> np.ndarray:
    """Whether each value is above the other; nothing is above a missing one."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.greater(values, others, dtype=object), dtype=bool)


def known(values: np.ndarray) -> np.ndarray:
    """Which values are not missing."""
    return ~pd.isna(values)


def divided(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Quotients; one by nothing or less is not known."""
    by = by.copy()
    by[~above(by, 0)] = NAN
    return values / by


def running(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The sum of all values before each one in its group; groups lie together, nothing is missing."""
    if not len(values):
        return values
    before = np.cumsum(values) - values
    first = np.concatenate([[True], groups[1:] != groups[:-1]])
    return before - before[np.maximum.accumulate(np.where(first, np.arange(len(values)), 0))]


def between(values: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """Values kept between two bounds."""
    return np.minimum(np.maximum(values, low), high)


def sums(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """The sum of each group 0 to count - 1; nothing is 0."""
    sums = pd.Series(values, dtype=object).groupby(np.asarray(groups)).sum()
    return sums.reindex(range(count), fill_value=Fraction(0)).to_numpy(object)


def _decimal(value: Any) -> Decimal | None:
    """A fraction to nine places, with no zeros at its end; NaN is None."""
    if isinstance(value, float):
        return None
    if value.denominator == 1:
        return Decimal(int(value))
    with localcontext(prec=100):
        places = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(
            Decimal("1e-9"), rounding=ROUND_HALF_UP
        )
        whole = places == places.to_integral_value()
        return places.to_integral_value() if whole else places.normalize()


#: Fractions as decimals, each by itself.
decimals = np.frompyfunc(_decimal, 1, 1)
