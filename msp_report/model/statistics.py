"""Intervals, control limits, percentiles and robust trends: thin over scipy and statsmodels. Pure.

Missing answers (NaN, None, NaT) are left out. Where nothing is left, or too little for a figure, the value
and the interval are None: never 0, never 100 %.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy  # its parts are imported where they are used first: few processes need them, and each takes long

#: Fewest answers that make a survey figure (rule 20).
ANSWERS_NEEDED = 5
#: Points below which control limits are only on trial (rule 21).
POINTS_NEEDED = 12
#: Fewest matches of two lists that carry a verdict (rule 37).
MATCHES_NEEDED = 7
#: From so many unseen events to each one seen, a model says nothing of the events (rule 37).
_MOST_UNSEEN = 100

#: Why a series has no control limits.
MOSTLY_EQUAL, TOO_FEW = "more than half of the months are equal", "one month makes no range"
#: Counts under this a month are rare events (rule 21).
RARE = 2

#: The root by which days between events are charted, and the quantiles of cases between them.
_ROOT, _TAILS = 3.6, (0.00135, 0.99865)
_RUN = 7
_TO_LIMITS = 2.66
_TO_RANGE_LIMIT = 3.267


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its interval and the number of observations behind it; missing is None."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Trend(Interval):
    """A slope a day with its interval, and the height of the line at `origin`, the first instant."""

    intercept: float | None = None
    origin: pd.Timestamp | None = None


@dataclass(frozen=True)
class LogLinear(Interval):
    """How many there were in all, and the pairs of lists, by place, that the chosen model lets depend on each other."""

    pairs: tuple[tuple[int, int], ...] = ()


class Signal(NamedTuple):
    """One sign that a process changed: the position in the series at which a rule holds."""

    index: int
    rule: str


class Limits(NamedTuple):
    """Control limits, or why there are none."""

    lower: float | None
    upper: float | None
    why: str | None = None


_NO_LIMITS = Limits(None, None)


@dataclass(frozen=True)
class Xmr:
    """Control limits of single values; `trial` where the series is too short to trust them, `why` there are none."""

    mean: float | None
    mean_range: float | None
    lower: float | None
    upper: float | None
    signals: list[Signal]
    trial: bool
    n: int
    why: str | None = None
    newest: Limits = _NO_LIMITS
    """The limits by which the newest point is judged; it is never among those that make them."""


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """The share of successes with its Wilson score interval.

    Parameters: `successes` of `n` trials [counts]; `confidence` between 0 and 1.
    Returns: Interval of ratios; all None when n is 0.
    Raises: ValueError when the counts are negative, not whole, or successes exceed n.
    Source: rule 20.

    >>> share = wilson(13, 15)
    >>> round(share.value, 3), round(share.low, 3), round(share.high, 3)
    (0.867, 0.621, 0.963)
    """
    return _share(successes, n, confidence, "wilson")


def exact(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """The share of successes with its exact (Clopper-Pearson) binomial interval.

    Parameters, returns and raises as `wilson`. Source: rule 33.
    """
    return _share(successes, n, confidence, "exact")


def poisson(count: float, confidence: float = 0.95) -> Interval:
    """A count of independent events with its exact (Garwood) Poisson interval.

    Parameters: `count` [events]. Returns: Interval of counts; a count of 0 is an observation, with low 0.
    Raises: ValueError when the count is negative or not whole. Source: rule 34.
    """
    count = _whole(count, "count")
    tail = (1 - confidence) / 2
    low = float(scipy.stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return Interval(float(count), low, float(scipy.stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2, count)


def recommend(promoters: float, passives: float, detractors: float) -> Interval:
    """The recommend score, promoters less detractors, with its 95 % interval.

    Parameters: answers of 9-10, 7-8 and 0-6 [counts].
    Returns: Interval from -1 to 1; all None under 5 answers.
    Raises: ValueError when a count is negative or not whole.
    Source: rule 20, variance (p + d - (p - d)²) / n.

    >>> score = recommend(20, 5, 5)
    >>> round(score.value, 3), round(score.high - score.value, 3)
    (0.5, 0.273)
    """
    promoters, passives, detractors = (
        _whole(count, name)
        for count, name in ((promoters, "promoters"), (passives, "passives"), (detractors, "detractors"))
    )
    n = promoters + passives + detractors
    if n < ANSWERS_NEEDED:
        return Interval(None, None, None, n)
    score = (promoters - detractors) / n
    spread = (promoters + detractors) / n - score**2
    reach = _z(0.95) * math.sqrt(spread / n)
    return Interval(score, max(score - reach, -1.0), min(score + reach, 1.0), n)


def csat(answers: Iterable[float | None]) -> Interval:
    """The share of answers of 4 and 5 on a scale of 1 to 5, with a Wilson 95 % interval.

    Parameters: `answers` 1 to 5; missing ones are left out.
    Returns: Interval of ratios; all None under 5 answers.
    Raises: ValueError when an answer is outside 1 to 5.
    Source: rule 20.
    """
    given = _numbers(answers)
    if ((given < 1) | (given > 5)).any():
        raise ValueError("an answer lies outside 1 to 5: convert the survey's scale in its profile")
    if len(given) < ANSWERS_NEEDED:
        return Interval(None, None, None, len(given))
    return wilson(int((given >= 4).sum()), len(given))


def xmr(values: Iterable[float | None]) -> Xmr:
    """The control limits of a series of single values, and where it left its usual course.

    Parameters: `values` in order of time; missing ones are left out, so that their neighbours are compared.
    Returns: Xmr. Limits are mean ± 2.66 x the mean moving range, moving ranges over 3.267 x their mean
    dropped once, of the first 12 points, and stay. With fewer they are those of all points but the last, which is the
    one judged, and `trial` is true. Of 12 points the limits are those of all, and what is judged is judged by the first
    11. Each signal names the position in `values` (missing ones counted) at which its rule is
    fulfilled, and every later position where it still holds: `outside` a limit; `rising` or `falling`, 7
    points each beyond the one before; `side`, 7 on one side of the mean (a point on the mean ends a run);
    `two_of_three` beyond two thirds of the way to the same limit.
    Where more than half of the points that make the limits are equal there are none, `why` says so, and only `rising`
    and `falling` can be seen. Under two points before the one judged there are no limits either; of one point its own
    value is the mean, none has nothing.
    Source: rule 21.
    """
    series = _numbers(values, keep_missing=True)
    positions = np.flatnonzero(~np.isnan(series))
    series = series[positions]
    n = len(series)
    trial = n < POINTS_NEEDED
    base = series[: n - 1 if trial else POINTS_NEEDED]
    mean, mean_range, why = _limits(base if n > 1 else series)
    seen = _limits(series[: n - 1]) if n == POINTS_NEEDED else (mean, mean_range, why)
    held = _signals(series, seen[0], None if seen[1] is None else _TO_LIMITS * seen[1]) if n > 1 else {}
    signals = [
        Signal(int(positions[at]), rule) for rule, marks in held.items() for at in np.flatnonzero(marks)
    ]
    newest = Limits(None, None, seen[2]) if seen[1] is None else Limits(*_around(*seen[:2]))
    if mean_range is None:
        return Xmr(mean, None, None, None, sorted(signals), trial, n, why, newest)
    return Xmr(mean, mean_range, *_around(mean, mean_range), sorted(signals), trial, n, None, newest)


def _around(mean: float, mean_range: float) -> tuple[float, float]:
    """The control limits of a mean and a mean moving range."""
    return mean - _TO_LIMITS * mean_range, mean + _TO_LIMITS * mean_range


def _limits(series: np.ndarray) -> tuple[float | None, float | None, str | None]:
    """The mean of the points that make the limits, and their mean moving range, or why they make none."""
    if not len(series):
        return None, None, None
    mean = math.fsum(series) / len(series)
    if len(series) < 2:
        return mean, None, TOO_FEW
    if np.unique(series, return_counts=True)[1].max() > len(series) / 2:
        return mean, None, MOSTLY_EQUAL
    ranges = np.abs(np.diff(series))
    usual = ranges[ranges <= _TO_RANGE_LIMIT * ranges.mean()]
    return mean, math.fsum(usual) / len(usual), None


def t_chart(at: Iterable[Any], known: Iterable[bool] | None = None) -> Xmr:
    """The control limits of the days between rare events (under 2 a month).

    Parameters: `at` instants or dates of the events, in any order; missing ones are left out. `known`, whether it is
    known of each of the days between, in their order, that nothing happened in them: others make no limits and are not
    judged; all are where it is not given.
    Returns: Xmr in days: that of days^(1/3.6), its mean and limits raised back; the lower limit is never under 0. The
    positions of signals are those of the days between, of which there is one fewer than events: position 0 lies between
    the first and the second event. `mean_range` stays on the scale of the root.
    Source: rule 21 (T chart); days^(1/3.6) is close to normal where the days are exponential.
    """
    instants = pd.DatetimeIndex(pd.to_datetime(pd.Index(list(at)), utc=True)).dropna().sort_values()
    days = np.diff(instants.as_unit("us").asi8) / 86_400e6
    if known is not None:
        days = np.where(np.asarray(list(known), bool), days, np.nan)
    found = xmr(days ** (1 / _ROOT))

    def back(value: float | None) -> float | None:
        return None if value is None else max(value, 0.0) ** _ROOT

    newest = found.newest._replace(lower=back(found.newest.lower), upper=back(found.newest.upper))
    return replace(
        found, mean=back(found.mean), lower=back(found.lower), upper=back(found.upper), newest=newest
    )


def g_chart(cases: Iterable[float | None]) -> Xmr:
    """The control limits of the cases between rare events, such as tickets between two breached ones.

    Parameters: `cases` [counts of at least 0] that came well between an event and the next, in order; missing ones are
    left out.
    Returns: Xmr with the mean and, for limits, the quantiles 0.00135 and 0.99865 of the geometric distribution of that
    mean, made of the points that `xmr` makes its limits of; no moving range. A signal is `outside`.
    Edge case: events that follow each other without a case between have limits of 0.
    Raises: ValueError where a count is negative. Source: rule 21 (G chart).
    """
    series = _numbers(cases, keep_missing=True)
    positions = np.flatnonzero(~np.isnan(series))
    series = series[positions]
    if (series < 0).any():
        raise ValueError("fewer than no cases between two events")
    n = len(series)
    trial = n < POINTS_NEEDED
    if n < 2:
        return Xmr(float(series[0]) if n else None, None, None, None, [], True, n)
    mean = math.fsum(series[: n - 1 if trial else POINTS_NEEDED]) / (n - 1 if trial else POINTS_NEEDED)
    lower, upper = _geometric_ends(mean)
    judged = _geometric_ends(math.fsum(series[:-1]) / (n - 1)) if n == POINTS_NEEDED else (lower, upper)
    outside = np.flatnonzero((series < judged[0]) | (series > judged[1]))
    signals = [Signal(int(positions[at]), "outside") for at in outside]
    return Xmr(mean, None, lower, upper, signals, trial, n, None, Limits(*judged))


def _geometric_ends(mean: float) -> tuple[float, float]:
    """The quantiles of the number of cases before an event where there are so many on average."""
    ends = scipy.stats.geom.ppf(_TAILS, 1 / (1 + mean)) - 1
    return float(ends[0]), float(ends[1])


def percentile(values: Iterable[float | None], q: float, method: str = "linear") -> float | None:
    """The value below which a share `q` of the values lies.

    Parameters: `q` as a ratio (0.95), or in percent where it is over 1 (95); `method` any of numpy's names,
    or `nearest_rank`: ascending, 0-based index floor(q n + 0.5) - 1, as bandwidth is billed. Missing values
    are left out.
    Returns: a float; None when no value is left.
    Raises: ValueError for an unknown method or q outside 0 to 100.
    Source: rule 22.

    >>> percentile(range(1, 31), 0.95, "nearest_rank"), percentile(range(1, 31), 0.5)
    (29.0, 15.5)
    """
    if not 0 <= q <= 100:
        raise ValueError(f"q is {q}: give a ratio from 0 to 1, or a percentage up to 100")
    share = Fraction(str(q)) / (100 if q > 1 else 1)
    given = _numbers(values)
    if not len(given):
        return None
    if method == "nearest_rank":
        # Fractions, because 0.95 x n in binary can fall just short of a half.
        index = max(math.floor(share * len(given) + Fraction(1, 2)) - 1, 0)
        return float(np.partition(given, index)[index])
    return float(np.quantile(given, float(share), method=method))


def trend(at: Iterable[Any], values: Iterable[float | None], confidence: float = 0.95) -> Trend:
    """The Theil-Sen slope a day with its interval: the median of the slopes between all pairs of points.

    Parameters: `at` instants or dates; `values` beside them; pairs with a missing half are left out.
    Returns: Trend, a day (of 24 h between instants); the line passes through the medians of both axes.
    Value and interval are None under three different instants.
    Raises: ValueError when the two differ in length.
    Source: rule 23.
    """
    series = _numbers(values, keep_missing=True)
    instants = pd.DatetimeIndex(pd.to_datetime(pd.Index(at), utc=True)).as_unit("us")
    if len(instants) != len(series):
        raise ValueError(f"{len(instants)} instants and {len(series)} values: a trend needs one each")
    known = ~np.isnan(series) & ~instants.isna()
    series, instants = series[known], instants[known]
    if instants.nunique() < 3:
        return Trend(None, None, None, len(series))
    origin = instants.min()
    line = scipy.stats.theilslopes(series, (instants - origin) / pd.Timedelta(days=1), alpha=confidence)
    return Trend(
        float(line.slope),
        float(line.low_slope),
        float(line.high_slope),
        len(series),
        intercept=float(line.intercept),
        origin=origin,
    )


def chapman(n1: float, n2: float, m: float, confidence: float = 0.95) -> Interval:
    """How many events there were in all, from two lists and the matches between them.

    Parameters: `n1` and `n2` events on each list, `m` of them on both [counts].
    Returns: Interval of events: (n1 + 1)(n2 + 1) / (m + 1) - 1 with Seber's normal interval, its lower end
    never below the events seen; all None when a list is empty. Under MATCHES_NEEDED matches it carries no
    verdict.
    Raises: ValueError when a count is negative or not whole, or m exceeds a list.
    Source: rule 37.

    >>> round(chapman(10, 15, 5).value, 1)
    28.3
    """
    n1, n2, m = _whole(n1, "n1"), _whole(n2, "n2"), _whole(m, "m")
    if m > min(n1, n2):
        raise ValueError(f"{m} matches are more than the shorter list holds ({min(n1, n2)})")
    seen = n1 + n2 - m
    if not n1 or not n2:
        return Interval(None, None, None, seen)
    total = (n1 + 1) * (n2 + 1) / (m + 1) - 1
    variance = (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) ** 2 * (m + 2))
    reach = _z(confidence) * math.sqrt(variance)
    return Interval(total, max(total - reach, float(seen)), total + reach, seen)


def log_linear(caught: Any, confidence: float = 0.95) -> LogLinear:
    """How many events there were in all, from three lists or more.

    Parameters: `caught`, one row per event and one column per list: whether the list has the event.
    Returns: LogLinear of events, n = those on any list. Poisson models of the numbers of events by who caught them,
    with every choice of pairs of lists that depend on each other, are compared by AIC (Akaike's criterion); of equal
    ones the simpler counts. The interval is that of the profile likelihood of the chosen model (Cormack 1992): it is
    never below the events seen. It does not know that the model was chosen.
    Edge cases decided: two lists are let depend on each other only where they share an event; a model that has more
    parameters than there are kinds of catches, does not converge, or would have more than a hundred unseen events to
    each one seen is none. Without a model that is one, or where no number is too high for it, all is None.
    Raises: ValueError for under three lists, a list without an event, and an event on no list.
    Source: rule 37; Fienberg 1972, Cormack 1992.

    >>> kinds = {(1, 1, 1): 9, (1, 1, 0): 9, (1, 0, 1): 5, (0, 1, 1): 5, (1, 0, 0): 4, (0, 1, 0): 4, (0, 0, 1): 2}
    >>> found = log_linear([kind for kind, events in kinds.items() for _ in range(events)])
    >>> found.n, round(found.value, 1), round(found.low, 1), round(found.high, 1)
    (38, 40.2, 38.5, 44.9)
    """
    caught = np.asarray(caught, bool)
    lists = caught.shape[1] if caught.ndim == 2 else 0
    if lists < 3 or not caught.any(axis=0).all() or not caught.any(axis=1).all():
        raise ValueError("give at least three lists, each with an event, and events that stand on one")
    kinds = np.array(list(product([0, 1], repeat=lists)))
    counts = np.bincount(caught @ (1 << np.arange(lists)[::-1]), minlength=len(kinds)).astype(float)
    sharing = [pair for pair in combinations(range(lists), 2) if caught[:, pair].all(axis=1).any()]
    found = []
    for number in range(len(sharing) + 1):
        for pairs in combinations(sharing, number):
            design = np.column_stack(
                [np.ones(len(kinds)), kinds, *(kinds[:, pair].prod(axis=1) for pair in pairs)]
            )
            if np.linalg.matrix_rank(design[1:]) < design.shape[1]:
                continue
            fit = _poisson_fit(counts[1:], design[1:])
            unseen = float(np.exp(min(fit.params[0], 700.0)))
            if fit.converged and unseen <= _MOST_UNSEEN * len(caught):
                found.append((round(fit.aic, 6), number, pairs, unseen, design))
    nothing = LogLinear(None, None, None, len(caught))
    if not found:
        return nothing
    _, _, pairs, unseen, design = min(found, key=lambda one: one[:3])
    ends = _unseen_ends(counts, design, unseen, _z(confidence) ** 2, _MOST_UNSEEN * len(caught))
    if ends is None:
        return nothing
    low, high = (len(caught) + end for end in ends)
    return LogLinear(len(caught) + unseen, low, high, len(caught), pairs)


def _unseen_ends(
    counts: np.ndarray, design: np.ndarray, best: float, reach: float, most: float
) -> tuple[float, float] | None:
    """Between which numbers of unseen events the deviance is within `reach` of the least; None where no number up to
    `most` is too high."""

    def beyond(unseen: float) -> float:
        counts[0] = unseen
        return _poisson_fit(counts, design).deviance - least - reach

    counts, least = counts.copy(), 0.0
    least = beyond(best) + reach
    low = 0.0 if beyond(0.0) <= 0 else scipy.optimize.brentq(beyond, 0.0, best, xtol=1e-4)
    high = 2 * best + 10
    while beyond(high) <= 0:
        high *= 2
        if high > most:
            return None
    return low, scipy.optimize.brentq(beyond, best, high, xtol=1e-4)


def _poisson_fit(counts: np.ndarray, design: np.ndarray) -> Any:
    """A Poisson model with a logarithmic link. A cell that it wants empty is no reason to warn."""
    # its api takes a second to import, and few pages need as much as this.
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return GLM(counts, design, family=Poisson()).fit(maxiter=100)


def kaplan_meier(durations: Iterable[float | None], ended: Iterable[bool]) -> Interval:
    """The median duration where some have not ended yet, by Kaplan-Meier, with its 95 % interval.

    Parameters: `durations` [any unit, at least 0], up to the end or to the cut-off; `ended`, False where
    still running at the cut-off (censored). Missing durations are left out.
    Returns: Interval in the unit given: the first duration by which more than half have ended; None when
    fewer than that ended (the median is not reached), the upper end None when it is open.
    Raises: ValueError when the two differ in length or a duration is negative.
    Source: rule 16; statsmodels' SurvfuncRight, interval by its log-log transformation.
    """
    # statsmodels takes a second to import, and one page needs it.
    from statsmodels.duration.survfunc import SurvfuncRight

    times = _numbers(durations, keep_missing=True)
    ended = np.asarray(pd.array(ended, dtype="boolean").fillna(False), dtype=bool)
    if len(times) != len(ended):
        raise ValueError(f"{len(times)} durations and {len(ended)} ends: give one each")
    known = ~np.isnan(times)
    times, ended = times[known], ended[known]
    if (times < 0).any():
        raise ValueError("a duration is negative: it ends before it begins")
    if not ended.any():
        return Interval(None, None, None, len(times))
    curve = SurvfuncRight(times, ended.astype(int))
    with np.errstate(all="ignore"):
        low, high = curve.quantile_ci(0.5)
    return Interval(_finite(curve.quantile(0.5)), _finite(low), _finite(high), len(times))


def _signals(series: np.ndarray, mean: float, reach: float | None) -> dict[str, np.ndarray]:
    """Per rule, the points at which it holds, looking back; differences of rounding are none. Without limits only what
    needs none."""
    grain = 1e-12 * max(float(np.abs(series).max()), abs(mean))
    steps = np.diff(series, prepend=series[0])
    runs = {
        "rising": _held(steps > grain, _RUN - 1, _RUN - 1),
        "falling": _held(steps < -grain, _RUN - 1, _RUN - 1),
    }
    if reach is None:
        return runs
    off = series - mean
    above, below = off > grain, off < -grain
    far = 2 / 3 * reach + grain
    return {
        "outside": np.abs(off) > reach + grain,
        **runs,
        "side": _held(above, _RUN, _RUN) | _held(below, _RUN, _RUN),
        "two_of_three": _held(off > far, 3, 2) & (off > far) | _held(off < -far, 3, 2) & (off < -far),
    }


def _held(flags: np.ndarray, last: int, at_least: int) -> np.ndarray:
    """Where at least so many of the last points, itself included, are flagged."""
    counted = np.concatenate([[0], np.cumsum(flags)])
    ends = np.arange(1, len(flags) + 1)
    return counted[ends] - counted[np.maximum(ends - last, 0)] >= at_least


def _share(successes: float, n: float, confidence: float, method: str) -> Interval:
    successes, n = _whole(successes, "successes"), _whole(n, "n")
    if successes > n:
        raise ValueError(f"{successes} successes are more than the {n} trials")
    if not n:
        return Interval(None, None, None, 0)
    ends = scipy.stats.binomtest(successes, n).proportion_ci(confidence, method)
    return Interval(successes / n, float(ends.low), float(ends.high), n)


def _whole(count: float, name: str) -> int:
    if count != count or count < 0 or count != math.floor(count):
        raise ValueError(f"{name} is {count}: give a whole number of at least 0")
    return int(count)


def _numbers(values: Iterable[float | None], keep_missing: bool = False) -> np.ndarray:
    """Plain floats, without the missing ones unless asked."""
    if not hasattr(values, "__array__"):
        values = list(values)
    numbers = (
        pd.to_numeric(pd.Series(values), errors="raise").astype("Float64").to_numpy(float, na_value=np.nan)
    )
    return numbers if keep_missing else numbers[~np.isnan(numbers)]


def _z(confidence: float) -> float:
    return float(scipy.stats.norm.ppf((1 + confidence) / 2))


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


#: The factors by which units differ: per cent, thousand, million, and a rate by the second, minute or hour.
UNIT_FACTORS = (60, 100, 1_000, 3_600, 1_000_000)


def is_another_unit(ratio: Any) -> np.ndarray:
    """Whether values so many times what they were before are in another unit: one of UNIT_FACTORS, to a half more
    or a third less, or such a part of it (rules 22 and 46); a missing ratio is none.

    >>> is_another_unit([100, 1 / 60, 8, float("nan")]).tolist()
    [True, True, False, False]
    """
    known = np.asarray(ratio, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.abs(np.log10(known))
    return (np.abs(power[..., None] - np.log10(UNIT_FACTORS)) < 0.18).any(axis=-1)
