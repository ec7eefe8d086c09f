"""Signal or noise: the usual range of a figure from its own months, and what leaves it (rule 21).

Decided here, where the rule leaves room:

- Control limits come from the first twelve months with a pack that the last five years have, or from the first twelve
  after a rebase, and stay; while there are fewer, from those before the newest. A month published before it was over is
  not whole, and counts neither for the limits nor as a signal.
- A count of under 2 a month is of rare events: its limits are the quantiles of the geometric distribution (a G chart),
  for those of the moving range would lie below zero and be passed by chance.
- A rebase begins new limits with the first month whose first day is on or after its day, as a target does (rule 10).
  Without a subject it speaks of every subject of its measure.
- Where more than half of the months are equal there are no limits, and where nothing moved but in single steps they
  would have no width: there the step is the signal, from the month in which the figure leaves what it stood at until it
  is back.
- A signal is named once, with the month in which its rule first holds and the last month in which it still does.
- On a page the usual range ends where the figure cannot go: at 0 where no month is below it, at 1 for ratios where
  none is above it. The limits themselves are kept as rule 21 gives them.
- The newest month gets two marks, as NHS England's Making Data Count has two icons: its variation (is there a signal
  in it, and for whom?) and the assurance of its figure (do its limits lie on one side of the target?). On the target
  is met, so limits that end on it lie on its good side.
- Of several signals in one month one for the worse decides, then the plainest.
- A mark is of the value that was published, whatever its low and high are: the verdict beside it says what is open.
- A figure is marked once MONTHS_BEFORE months came before: of figures that only vary by chance 5 in 100 leave limits
  made of six months, 2 in 100 those of twelve, and 20 in 100 those of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.statistics import MOSTLY_EQUAL, POINTS_NEEDED, RARE, g_chart, xmr
from msp_report.params import Contract, as_contract

# fmt: off
POINTS = [
    "measure", "subject", "month", "value", "unit", "better", "base", "n", "mean", "mean_range", "lower", "upper",
    "trial", "rules", "stood_at", "rebased_on", "why", "no_limits", "newest_low", "newest_high", "newest_why",
]
LIMITS = [
    "measure", "subject", "unit", "since", "until", "n", "mean", "mean_range", "lower", "upper", "trial", "signals",
    "rebased_on", "why", "usual_low", "usual_high", "no_limits",
]
SIGNALS = [
    "measure", "subject", "month", "until", "value", "unit", "what", "side", "mean", "lower", "upper", "trial", "rule",
    "usual_low", "usual_high", "promised",
]
MARKS = [
    "measure", "subject", "value", "unit", "usual_low", "usual_high", "n", "trial", "variation", "what", "better",
    "target", "assurance", "why", "rebased_on", "rebase_why",
]
# fmt: on

#: How many months before a period are read for the first twelve.
BEFORE = 60
#: How many months must come before one that is marked.
MONTHS_BEFORE = 6
FEW = "fewer than 6 months came before it"
STEPS = "it moved in single steps only"
RUNNING = "its month is not over"
#: What a month shows of a figure, and what may be expected of it (Making Data Count).
WORSE, CHANGED, BETTER, USUAL = "worse than usual", "not as usual", "better than usual", "as usual"
MET, EITHER, MISSED = "usually met", "hit or miss", "usually missed"

_KEY = ["measure", "subject"]
#: The signals in words, the plainest first.
_WORDS = {
    "outside": "outside its usual range",
    "step": "moved after standing still",
    "rising": "rising for 7 months in a row",
    "falling": "falling for 7 months in a row",
    "two_of_three": "near a limit in 2 of 3 months",
    "side": "7 months in a row on one side of its mean",
}


def points(
    figures: pd.DataFrame, contract: Contract | Mapping[str, Any], unfinished: Iterable[str] = ()
) -> pd.DataFrame:
    """Every value of published figures beside the control limits of its series (rule 21).

    Parameters: `figures` like figures.json with a `month`, as far back as limits are to reach; the contract, for its
    rebases; `unfinished` the months published before they were over, which are left out.
    Returns: one row per measure, subject and month with a value, in the order of months, with POINTS: `base` counts the
    rebases passed; n [months of that base], mean, mean_range, lower, upper and trial of its values, no_limits, why
    there are none; stood_at, what a figure without limits stood at; newest_low and newest_high, the limits by which the
    newest month of the base is judged, which of twelve months are those of the first eleven, and newest_why, why there
    are none; `rules` the signals that hold in that month, separated by spaces.
    Edge case: one value of a base has a mean and no limits.
    """
    rows = figures[figures["value"].notna() & ~figures["month"].isin(list(unfinished))]
    rows = rows[[*_KEY, "month", "value", "unit", "better"]].sort_values([*_KEY, "month"], kind="stable")
    rows = _with_base(rows.reset_index(drop=True), as_contract(contract))
    if rows.empty:
        return pd.DataFrame(columns=POINTS)
    places = rows.groupby([*_KEY, "base"], sort=False).indices
    values, units = rows["value"].astype("float64"), rows["unit"].to_numpy(object)
    found = [_against_limits(values.iloc[at].reset_index(drop=True), units[at[0]]) for at in places.values()]
    rows = rows.iloc[np.concatenate(list(places.values()))].reset_index(drop=True)
    told = {name: [value for one in found for value in one[name]] for name in _OF_LIMITS}
    return rows.assign(**{name: pd.Series(told[name], dtype=kind) for name, kind in _OF_LIMITS.items()})[
        POINTS
    ]


def _with_base(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The rows with how many rebases they are past, and the last one's day and reason."""
    rows = rows.assign(base=0, rebased_on=pd.NaT, why=None)
    first_on = pd.to_datetime(rows["month"], format="%Y-%m")
    for rebase in sorted(contract.rebase, key=lambda one: one.on):
        meant = rows["measure"].eq(rebase.measure) & (
            rows["subject"].eq(rebase.subject) | (not rebase.subject)
        )
        past = meant & (first_on >= pd.Timestamp(rebase.on))
        rows["base"] += past.astype(int)
        rows["rebased_on"] = rows["rebased_on"].mask(past, pd.Timestamp(rebase.on))
        rows["why"] = rows["why"].astype(object).mask(past, rebase.why)
    return rows.astype({"rebased_on": "datetime64[us]"})


#: What is told of a series' limits, and as what.
_OF_LIMITS = {
    "n": "int64", "mean": "float64", "mean_range": "float64", "lower": "float64", "upper": "float64", "trial": "bool",
    "newest_low": "float64", "newest_high": "float64", "rules": "str", "stood_at": "float64", "no_limits": object,
    "newest_why": object,
}  # fmt: skip


def _against_limits(values: pd.Series, unit: str) -> dict[str, list[Any]]:
    """Of each value of a series what is told of its limits, by the names of _OF_LIMITS."""
    found = xmr(values)
    rare = unit == "count" and found.mean_range and found.mean < RARE and values.ge(0).all()
    if rare:
        found = g_chart(values)
    rules = pd.Series("", index=range(len(values)), dtype=object)
    stood_at = pd.Series(np.nan, values.index)
    for signal in found.signals:
        rules[signal.index] = f"{rules[signal.index]} {signal.rule}".strip()
    still = found.why == MOSTLY_EQUAL
    if still or found.mean_range == 0:
        stood = values.eq(values.mode().iloc[0])
        away = ~stood & stood.cummax().shift(fill_value=False)  # until it is back at what it stood at
        left = away if still else values.shift().notna() & values.ne(values.shift())
        stood_at = pd.Series(values.mode().iloc[0], values.index) if still else values.shift()
        kept = rules if still else pd.Series("", rules.index, dtype=object)  # everything is outside no width
        rules = kept.mask(left, (kept + " step").str.strip())
    limits = {name: getattr(found, name) for name in ("n", "mean", "mean_range", "lower", "upper", "trial")}
    limits |= {"newest_low": found.newest.lower, "newest_high": found.newest.upper}
    told = {name: np.nan if value is None else value for name, value in limits.items()}
    told |= {"no_limits": found.why, "newest_why": found.newest.why}
    each = {name: [value] * len(values) for name, value in told.items()}
    return each | {"rules": rules.tolist(), "stood_at": stood_at.tolist()}


def limits(points: pd.DataFrame) -> pd.DataFrame:
    """The control limits of every figure, one row per measure, subject and base.

    Parameters: what `points` gives. Returns: LIMITS: since and until, the first and last month; trial where there are
    under 12 points; no_limits, why there are none; signals [count of months with one]; usual_low and usual_high, the
    limits as far as the figure can go; rebased_on and why where the contract rebased it. Source: rule 21.
    """
    if points.empty:
        return pd.DataFrame(columns=LIMITS)
    marked = points.assign(since=points["month"], until=points["month"], signals=points["rules"].ne(""))
    marked = marked.assign(low_=points["value"], high_=points["value"])
    how = dict.fromkeys(
        ("unit", "n", "mean", "mean_range", "lower", "upper", "trial", "rebased_on", "why", "no_limits"),
        "last",
    )
    how |= {"since": "first", "until": "last", "signals": "sum", "low_": "min", "high_": "max"}
    found = marked.groupby([*_KEY, "base"], sort=False, dropna=False).agg(how).reset_index()
    return _with_usual(found)[LIMITS].astype({"n": "int64", "trial": bool, "signals": "int64"})


def _with_usual(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the limits as far as the figure can go; `low_` and `high_` are its extremes."""
    floor = rows["lower"].astype("float64").mask((rows["low_"] >= 0) & (rows["lower"] < 0), 0.0)
    full = rows["unit"].eq("ratio") & (rows["high_"] <= 1) & (rows["upper"] > 1)
    return rows.assign(usual_low=floor, usual_high=rows["upper"].astype("float64").mask(full, 1.0))


def signals(points: pd.DataFrame, promised: pd.DataFrame) -> pd.DataFrame:
    """Every sign that a figure left its usual course, named with its month.

    Parameters: what `points` gives; `promised` with measure and subject, the figures that were.
    Returns: one row per measure, subject, rule, side and run of months with SIGNALS: month, the first in which the rule
    holds, and until, the last; value, in the first; what, in words; side (worse, better; missing where the figure has
    no better side); promised. The figures that were promised first, then those whose first signal is for the worse,
    then the newest; of one figure the plainest signal first (outside a limit, before what follows from it), of equal
    ones that for the worse.
    Source: rule 21.
    """
    values = points.groupby([*_KEY, "base"])["value"]
    held = _judged_by(points).assign(low_=values.transform("min"), high_=values.transform("max"))
    held = _with_usual(held)
    held = held.assign(place=values.cumcount(), rule=points["rules"].str.split())
    held = held.explode("rule").dropna(subset="rule")
    if held.empty:
        return pd.DataFrame(columns=SIGNALS)
    held["side"] = _for_whom(held)
    series = [*_KEY, "base", "rule", "side"]
    held = held.sort_values([*series, "place"], kind="stable")
    held["run"] = held["place"].sub(held.groupby(series)["place"].shift()).ne(1).cumsum()
    runs = held.groupby("run", sort=False)
    found = runs.first().assign(until=runs["month"].last())
    found["what"] = found["rule"].map(_WORDS)
    step = found["rule"].eq("step")  # what was usual is what it stood at
    found = found.assign(
        **{end: found[end].mask(step, found["stood_at"]) for end in ("usual_low", "usual_high")}
    )
    names = pd.MultiIndex.from_frame(promised[_KEY])
    found["promised"] = pd.MultiIndex.from_frame(found[_KEY]).isin(names)
    order = {
        "rank": found["rule"].map({rule: place for place, rule in enumerate(_WORDS)}),
        "sides": found["side"].map({"worse": 0, "": 1, "better": 2}),
    }
    found = found.assign(**order).sort_values("month", ascending=False, kind="stable")
    found = found.sort_values(["rank", "sides"], kind="stable")
    first = found.groupby(_KEY)[["month", "sides"]].transform("first").add_prefix("first_")
    found = found.assign(**first).sort_values("first_month", ascending=False, kind="stable")
    found = found.sort_values("first_sides", kind="stable")
    found = found.sort_values("promised", ascending=False, kind="stable", ignore_index=True)
    side = found["side"].astype(object)
    return found.assign(side=side.where(side != "", None))[SIGNALS]


def _judged_by(points: pd.DataFrame) -> pd.DataFrame:
    """The points with the limits by which their signals were judged: of twelve months those of the first eleven, so
    that no newest month stands within limits that it made."""
    return points.assign(lower=points["newest_low"], upper=points["newest_high"])


def _for_whom(held: pd.DataFrame) -> np.ndarray:
    """Whether each signal is for the better or the worse; empty where the figure has no better side."""
    moves = [held["rule"].eq("rising"), held["rule"].eq("falling")]
    against = held["mean"].where(held["rule"].ne("step"), held["stood_at"])
    up = np.select(moves, [True, False], held["value"] > against)
    known = {"higher": np.where(up, "better", "worse"), "lower": np.where(up, "worse", "better")}
    return np.select([held["better"].eq(better) for better in known], list(known.values()), "")


def foremost(signals: pd.DataFrame) -> pd.DataFrame:
    """The first signal of each figure, one row per measure and subject in their order, and how many `more` it has."""
    more = signals.groupby(_KEY)["rule"].transform("size") - 1
    return signals.assign(more=more).drop_duplicates(_KEY, ignore_index=True)


def charted(points: pd.DataFrame, signals: pd.DataFrame, most: int = 6) -> pd.DataFrame:
    """The points of those figures whose signals come first, for a control chart.

    Returns: rows of `points` of at most `most` measures and subjects, in the order of their first signal, each with
    every month that any figure has, and the limits by which its signals were judged; limits without width are left out.
    A usual range that most of its own months leave shows nothing: such a figure stands in tables alone.
    """
    if signals.empty:
        return points.head(0)
    points = _judged_by(points)
    away = points["rules"].ne("").groupby([points[name] for name in _KEY]).mean().gt(0.5)
    unlike = pd.MultiIndex.from_frame(signals[_KEY]).isin(away.index[away])
    chosen = signals[~unlike].drop_duplicates(_KEY)[_KEY].head(most)
    if chosen.empty:
        return points.head(0)
    every = pd.DataFrame({"month": sorted(points["month"].unique())})
    grid = chosen.merge(every, how="cross")
    rows = grid.merge(points, on=[*_KEY, "month"], how="left")
    rows["unit"] = rows.groupby(_KEY)["unit"].transform("first")
    limits = ["mean", "lower", "upper"]
    rows[limits] = rows[limits].astype("float64").mask(rows["mean_range"].eq(0))
    return rows.assign(rules=rows["rules"].fillna(""))


def marks(figures: pd.DataFrame, points: pd.DataFrame, month: str) -> pd.DataFrame:
    """The newest month of figures by two marks: does it leave its usual course, and may its figure be relied on?

    Parameters: `figures` of the month to mark, each with measure, subject, value, unit, better, target and why_missing;
    what `points` gives of them, up to that month; the month (YYYY-MM). What is better says the row of `figures`.
    Returns: one row per row of `figures` in their order with MARKS: n [months]; usual_low and usual_high, made of other
    months than this one, of a step what the figure stood at; trial where they are of under twelve months; variation,
    the mark of the month: WORSE, BETTER, CHANGED (a signal of a figure without a better side), USUAL (no signal) or
    missing; what, the signal that decides; assurance, the mark of the target: MET, where the limits lie on the good
    side of the target or end on it, MISSED, where they lie on the bad side, EITHER, where the target lies between them,
    or missing without a target, a better side or limits; why a mark is missing; rebased_on and rebase_why, since when
    the usual range counts anew.
    Edge cases: a month that is not over has no marks, and neither has one with fewer than MONTHS_BEFORE before it;
    without limits, as of a figure that stands still, no signal is not known to be usual, and a step is a signal.
    Source: rule 21; NHS England's Making Data Count, its icons of variation and assurance, as NHSRplotthedots of the
    NHS-R community draws them. There a target on a limit is hit or miss; here it is met, as in every verdict.
    """
    better = figures.drop_duplicates(_KEY)[[*_KEY, "better"]]
    mine = points.drop(columns="better").merge(better, on=_KEY)
    found = figures[[*_KEY, "value", "unit", "better", "target", "why_missing"]]
    found = found.merge(_of_month(mine, month), on=_KEY, how="left")
    found = found.merge(_deciding(mine, month), on=_KEY, how="left")
    few, seen = found["n"].le(MONTHS_BEFORE), found["what"].notna()
    width = found["newest_high"].astype("float64") - found["newest_low"].astype("float64")
    limited = width.gt(0) & ~few
    marked = found["n"].notna() & ~few & (seen | limited)
    missing = [found["value"].isna(), found["n"].isna(), few, width.eq(0), ~limited]
    reasons = [found["why_missing"].astype(object), RUNNING, FEW, STEPS, found["newest_why"].astype(object)]
    sides = [~marked, found["side"].eq("worse"), found["side"].eq("better"), seen]
    stood_at = found["stood_at"].where(marked)
    return found.assign(
        **{end: found[end].where(limited, stood_at).astype("float64") for end in ("usual_low", "usual_high")},
        trial=(found["n"].le(POINTS_NEEDED) & limited).astype(bool),
        variation=np.select(sides, [None, WORSE, BETTER, CHANGED], USUAL),
        what=found["what"].where(marked, None),
        assurance=_assurance(found, limited),
        why=np.select(missing, reasons, None),
        n=found["n"].astype("Int64"),
    )[MARKS]


def _of_month(points: pd.DataFrame, month: str) -> pd.DataFrame:
    """The points of one month with the limits by which it is judged, as far as the figure can go."""
    values = points.groupby([*_KEY, "base"])["value"]
    rows = points.assign(low_=values.transform("min"), high_=values.transform("max"))
    rows = rows[rows["month"].eq(month)]
    rows = _with_usual(rows.assign(lower=rows["newest_low"], upper=rows["newest_high"]))
    limits = ["n", "newest_low", "newest_high", "newest_why", "usual_low", "usual_high", "rebased_on"]
    return rows[[*_KEY, *limits, "why"]].rename(columns={"why": "rebase_why"})


def _deciding(points: pd.DataFrame, month: str) -> pd.DataFrame:
    """The signal that decides on each figure in one month: of those for the worse, else of the others, the plainest."""
    held = signals(points, points.head(0))
    held = held[held["until"].eq(month)]
    first = held.assign(place=held["side"].map({"worse": 0, "better": 2}).fillna(1))
    first = first.sort_values("place", kind="stable").drop_duplicates(_KEY)
    return first.assign(stood_at=first["usual_low"].where(first["rule"].eq("step")))[
        [*_KEY, "what", "side", "stood_at"]
    ]


def _assurance(found: pd.DataFrame, limited: pd.Series) -> np.ndarray:
    """Whether all, none or a part of what is between the limits meets the target; a limit on the target meets it."""
    sign = found["better"].map({"higher": 1.0, "lower": -1.0}).astype("float64")
    target = found["target"].astype("float64")
    low, high = (
        (sign * (found[end].astype("float64") - target)).ge(0) for end in ("newest_low", "newest_high")
    )
    known = limited & target.notna() & sign.notna()
    return np.select([~known, low & high, low | high], [None, MET, EITHER], MISSED)
