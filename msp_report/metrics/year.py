"""A year of published figures: what was promised and kept month by month, its usual range, and what changed.

Decided here, where the rules leave room:

- A figure is promised if in any month of the year it was agreed with the provider and judged, as on the monthly page
  one (rule 49); our own rules stand apart. A month with nothing to judge counts neither way.
- A promise is missed if it was missed in any month; met if it was met in every month with a pack that gives it; what
  was never missed, and cannot be judged in some month, is neither.
- Control limits come from the first twelve months with a pack that the last five years have, or from the first twelve
  after a rebase, and stay; while there are fewer, from those before the newest. A month published before it was over is
  not whole, and counts neither for the limits nor as a signal.
- A count of under 2 a month is of rare events: its limits are the quantiles of the geometric distribution (a G chart),
  for those of the moving range would lie below zero and be passed by chance.
- A rebase begins new limits with the first month whose first day is on or after its day, as a target does (rule 10).
  Without a subject it speaks of every subject of its measure.
- Where more than half of the months are equal there are no limits, and where nothing moved but in single steps they
  would have no width: there the step is the signal, in the month in which the figure leaves what it stood at.
- A signal is named once, with the month in which its rule first holds and the last month in which it still does.
- On a page the usual range ends where the figure cannot go: at 0 where no month is below it, at 1 for ratios where
  none is above it. The limits themselves are kept as rule 21 gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model import promises
from msp_report.model.case import Case, Past
from msp_report.model.figures import Figure
from msp_report.model.period import Month, Period
from msp_report.model.statistics import MOSTLY_EQUAL, RARE, g_chart, xmr
from msp_report.params import Contract, as_contract

# fmt: off
POINTS = [
    "measure", "subject", "month", "value", "unit", "better", "base", "n", "mean", "mean_range", "lower", "upper",
    "trial", "rules", "rebased_on", "why", "no_limits",
]
LIMITS = [
    "measure", "subject", "unit", "since", "until", "n", "mean", "mean_range", "lower", "upper", "trial", "signals",
    "rebased_on", "why", "usual_low", "usual_high", "no_limits",
]
SIGNALS = [
    "measure", "subject", "month", "until", "value", "unit", "what", "side", "mean", "lower", "upper", "trial", "rule",
    "usual_low", "usual_high", "promised",
]
CHANGES = [
    "kind", "month", "on", "measure", "subject", "from", "to", "from_value", "to_value", "unit", "clause", "note",
]
# fmt: on

#: How many months before the period are read for the first twelve.
_BEFORE = 60
#: Of a month without a pack, in a table of verdicts.
ABSENT = "absent"
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


@dataclass(frozen=True)
class Analysis:
    """A year of published figures: frames of the functions of these names, `months` as Past.months."""

    published: pd.DataFrame
    """The figures of the packs of the months, with their month."""
    months: pd.DataFrame
    verdicts: pd.DataFrame
    own_rules: pd.DataFrame
    """As verdicts, of what is our own rule and was decided in any month."""
    points: pd.DataFrame
    limits: pd.DataFrame
    signals: pd.DataFrame
    changes: pd.DataFrame
    stale: pd.DataFrame
    """As Past.stale."""
    restatements: pd.DataFrame
    """As Case.restatements, of the months of the period."""

    @property
    def foremost(self) -> pd.DataFrame:
        """The first signal of each figure that was promised, as the function of that name."""
        return foremost(self.signals[self.signals["promised"].eq(True)])

    @property
    def others(self) -> pd.DataFrame:
        """The same of the figures that were not."""
        return foremost(self.signals[self.signals["promised"].eq(False)])

    @property
    def charted(self) -> pd.DataFrame:
        """The points of the foremost signals, as the function of that name."""
        return charted(self.points, self.foremost)

    def figures(self) -> list[Figure]:
        """year.months_with_data [count, n = months of the period]; .without_data by month, without a value, saying
        why; .stale_packs [count, n = months], and by month why that pack is out of date;
        .promised, .met, .missed, .unjudged [count of promised figures, n = promised]; .own_met, .own_missed,
        .own_unjudged [the same of our own rules, n = those]; .missed_months by measure
        and subject [count, n = months judged], of what was promised; .worse [count of those whose first signal is for
        the worse, n = promised]; .target_changes, .verdict_changes [count]. None has a verdict: the months have.
        """
        published = self.months["published"].astype(bool)
        none = None if published.any() else "no month has a pack"
        first = self.signals.drop_duplicates(_KEY)
        worse = (first["promised"].eq(True) & first["side"].eq("worse")).sum()
        kinds, promised = self.changes["kind"].value_counts(), len(self.verdicts)
        return [
            _counted("months_with_data", published.sum(), len(self.months)),
            *self._without_data(),
            _counted("stale_packs", len(self.stale), len(self.months)),
            *self._out_of_date(),
            *self._kept(none),
            _counted("worse", worse, promised, none),
            _counted("target_changes", kinds.get("target", 0), None, none),
            _counted("verdict_changes", kinds.get("verdict", 0), None, none),
        ]

    def _without_data(self) -> Iterator[Figure]:
        absent = self.months.loc[~self.months["published"].astype(bool), ["month", "why_missing"]]
        for month, why in absent.itertuples(index=False):
            yield Figure(measure="year.without_data", subject=month, why_missing=why)

    def _out_of_date(self) -> Iterator[Figure]:
        for month, why in self.stale[["month", "why"]].itertuples(index=False):
            yield Figure(measure="year.stale_packs", subject=month, verdict="no_data", why_missing=why)

    def _kept(self, why: str | None) -> Iterator[Figure]:
        rows = self.verdicts
        yield _counted("promised", len(rows), len(rows), why)
        for prefix, of in (("", rows), ("own_", self.own_rules)):
            for name in ("met", "missed", "unjudged"):
                yield _counted(f"{prefix}{name}", of["year"].eq(name).sum(), len(of), why)
        names = rows["measure"] + (" " + rows["subject"]).where(rows["subject"] != "", "")
        judged = rows["met"] + rows["missed"]
        for name, missed, n in zip(names, rows["missed"], judged, strict=True):
            lacking = None if n else "it could not be judged in any month"
            yield _counted("missed_months", missed, n, lacking, subject=name)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("months", "verdicts", "own_rules", "limits", "signals", "changes", "stale", "restatements")
        return {"figures": self.published, **{name: getattr(self, name) for name in names}}


def analyse(case: Case, past: Past) -> Analysis:
    """A year of published figures; reads no table. Source: rules 6, 15, 21 and 49."""
    published, months = past.year(), past.months
    kept = verdicts(published, months)
    every = points(past.year(_BEFORE), months, case.agreed)
    return Analysis(
        published=published,
        months=months,
        verdicts=kept,
        own_rules=verdicts(published, months, promises.OWN),
        points=every,
        limits=limits(every),
        signals=signals(every, kept),
        changes=changes(published, case.agreed, case.period),
        stale=past.stale,
        restatements=_restated(case),
    )


def _restated(case: Case) -> pd.DataFrame:
    """What restatements of the period's months changed."""
    every = case.restatements()
    return every[every["period"].isin([str(month) for month in case.period.months])].reset_index(drop=True)


def _counted(name: str, value: int, n: int | None, why: str | None = None, subject: str = "") -> Figure:
    return Figure(measure=f"year.{name}", subject=subject, value=None if why else value, n=n, why_missing=why)


# ---------------------------------------------------------------- what was kept


def verdicts(figures: pd.DataFrame, months: pd.DataFrame, whose: str = promises.AGREED) -> pd.DataFrame:
    """Every promised figure of the year, or every one of our own rules, with its verdict in every month.

    Parameters: `figures` like figures.json with a `month` (YYYY-MM); `months` with month and published, one row each
    in order; `whose` rules, agreed or own (rule 49).
    Returns: one row per such measure and subject: unit and target of its last month, a column for each month with
    met, missed, no_verdict, no_data, `absent` (no pack of the month) or nothing (not judged, or nothing to judge in
    it), the counts met, missed and unjudged, and `year`: met, missed or unjudged. The most often missed first, then
    those most often without a verdict, each in the order of the packs.
    Source: rules 6, 15 and 49.
    """
    names = _ever(figures, whose)
    rows = figures[figures["verdict"].isin(promises.JUDGED) & promises.existed(figures)].merge(names, on=_KEY)
    wide = rows.pivot(index=_KEY, columns="month", values="verdict").reindex(pd.MultiIndex.from_frame(names))
    wide = wide.reindex(columns=list(months["month"])).astype(object)
    wide = wide.where(wide.notna(), None)
    wide.loc[:, list(months.loc[~months["published"].astype(bool), "month"])] = ABSENT
    last = figures.drop_duplicates(_KEY, keep="last").set_index(_KEY)[["unit", "target"]].reindex(wide.index)
    counts = pd.DataFrame(
        {
            "met": wide.eq("met").sum(axis=1),
            "missed": wide.eq("missed").sum(axis=1),
            "unjudged": wide.isin(["no_verdict", "no_data"]).sum(axis=1),
        }
    )
    counts["year"] = np.select([counts["missed"] > 0, counts["unjudged"] > 0], ["missed", "unjudged"], "met")
    found = pd.concat([last, wide, counts], axis=1)
    return found.sort_values(["missed", "unjudged"], ascending=False, kind="stable").reset_index()


def _ever(figures: pd.DataFrame, whose: str) -> pd.DataFrame:
    """Measure and subject of what was agreed in any month, or of our own rules that were decided in any, in the order
    of the newest pack."""
    mine = promises.whose(figures).eq(whose)
    if whose == promises.OWN:
        mine &= figures["verdict"].ne("no_data")
    order = figures.assign(mine=mine)[::-1].groupby(_KEY, sort=False)["mine"].any()[::-1]
    return order[order].reset_index()[_KEY]


# ---------------------------------------------------------------- signal or noise


def points(
    figures: pd.DataFrame, months: pd.DataFrame, contract: Contract | Mapping[str, Any]
) -> pd.DataFrame:
    """Every value of the year beside the control limits of its series (rule 21).

    Parameters: `figures` like figures.json with a `month`, those of months before the year too, which only make limits;
    `months` of the year with month and to_date; the contract, for its rebases.
    Returns: one row per measure, subject and month with a value, in the order of months, with POINTS: `base` counts the
    rebases passed; n [months of that base up to the last of the year], mean, mean_range, lower, upper and trial of
    its values, no_limits, why there are none; `rules` the signals that hold in that month, separated by spaces.
    Edge cases: one value of a base has a mean and no limits; months published to date are left out.
    """
    partial = months.loc[months["to_date"].astype(bool), "month"]
    rows = figures[figures["value"].notna() & ~figures["month"].isin(partial)]
    rows = rows[[*_KEY, "month", "value", "unit", "better"]].sort_values([*_KEY, "month"], kind="stable")
    rows = _with_base(rows.reset_index(drop=True), as_contract(contract))
    parts = [_against_limits(series) for _, series in rows.groupby([*_KEY, "base"], sort=False)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=POINTS)
    return found.loc[found["month"].isin(months["month"]), POINTS].reset_index(drop=True)


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


def _against_limits(series: pd.DataFrame) -> pd.DataFrame:
    values = series["value"].astype("float64").reset_index(drop=True)
    found = xmr(values)
    rare = series["unit"].iloc[0] == "count" and found.mean_range and found.mean < RARE and values.ge(0).all()
    if rare:
        found = g_chart(values)
    rules = pd.Series("", index=range(len(series)), dtype=object)
    for signal in found.signals:
        rules[signal.index] = f"{rules[signal.index]} {signal.rule}".strip()
    still = found.why == MOSTLY_EQUAL
    if still or found.mean_range == 0:
        before = values.shift()
        left = before.notna() & values.ne(before) & (before.eq(values.mode().iloc[0]) | (not still))
        kept = rules if still else pd.Series("", rules.index, dtype=object)  # everything is outside no width
        rules = kept.mask(left, (kept + " step").str.strip())
    limits = {name: getattr(found, name) for name in ("n", "mean", "mean_range", "lower", "upper", "trial")}
    return series.assign(
        **{name: np.nan if v is None else v for name, v in limits.items()},
        rules=rules.to_numpy(),
        no_limits=found.why,
    )


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

    Parameters: what `points` gives; `promised` with measure and subject, such as `verdicts`.
    Returns: one row per measure, subject, rule, side and run of months with SIGNALS: month, the first in which the rule
    holds, and until, the last; value, in the first; what, in words; side (worse, better; missing where the figure has
    no better side); promised. The figures that were promised first, then those whose first signal is for the worse,
    then the newest; of one figure the plainest signal first (outside a limit, before what follows from it), of equal
    ones that for the worse.
    Source: rule 21.
    """
    values = points.groupby([*_KEY, "base"])["value"]
    held = _with_usual(points.assign(low_=values.transform("min"), high_=values.transform("max")))
    held = held.assign(place=values.cumcount(), before=values.shift(), rule=points["rules"].str.split())
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
        **{end: found[end].mask(step, found["before"]) for end in ("usual_low", "usual_high")}
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


def _for_whom(held: pd.DataFrame) -> np.ndarray:
    """Whether each signal is for the better or the worse; empty where the figure has no better side."""
    moves = [held["rule"].eq("rising"), held["rule"].eq("falling")]
    against = held["mean"].where(held["rule"].ne("step"), held["before"])
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
    every month of the year that any figure has; limits without width are left out.
    """
    if signals.empty:
        return points.head(0)
    chosen = signals.drop_duplicates(_KEY)[_KEY].head(most)
    every = pd.DataFrame({"month": sorted(points["month"].unique())})
    grid = chosen.merge(every, how="cross")
    rows = grid.merge(points, on=[*_KEY, "month"], how="left")
    rows["unit"] = rows.groupby(_KEY)["unit"].transform("first")
    limits = ["mean", "lower", "upper"]
    rows[limits] = rows[limits].astype("float64").mask(rows["mean_range"].eq(0))
    return rows.assign(rules=rows["rules"].fillna(""))


# ---------------------------------------------------------------- what changed


def changes(figures: pd.DataFrame, contract: Contract | Mapping[str, Any], period: Period) -> pd.DataFrame:
    """What changed within the year, and when: targets, verdicts, rules, and the words of the contract.

    Parameters: `figures` like figures.json with a `month`; the contract with its amendments and rebases; the period.
    Returns: one row per change with CHANGES, in the order of time, by `kind`: amendment (a key of the contract set on a
    day, by its clause), rebase, target (from_value to to_value, in the first month that has it), verdict (of promised
    figures, from and to), rule (the words under which a measure is computed, once for all subjects that change alike).
    A month without the figure lies between two others without being a change.
    """
    agreed = as_contract(contract)
    promised = figures.merge(_ever(figures, promises.AGREED), on=_KEY)
    parts = [
        _amendments_of(agreed, period),
        _rebases_of(agreed, period),
        _field_moved(figures[figures["target"].notna()], "target"),
        _field_moved(promised[promised["verdict"].isin(promises.JUDGED)], "verdict"),
        _field_moved(figures[figures["rule"].notna()], "rule").drop_duplicates(
            ["month", "measure", "from", "to"]
        ),
    ]
    parts = [part.reindex(columns=CHANGES).astype(object) for part in parts if len(part)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CHANGES)
    found = found.assign(on=pd.to_datetime(found["on"]).astype("datetime64[us]"))
    numbers = {"from_value": "float64", "to_value": "float64"}
    return found.sort_values("month", kind="stable", ignore_index=True).astype(numbers)


def _field_moved(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """Where a field of a figure differs from the month before that has one."""
    rows = rows.sort_values("month", kind="stable")
    before = rows.groupby(_KEY)[what].shift()
    found = rows.assign(kind=what, before=before)[before.notna() & before.ne(rows[what])]
    if what == "target":
        return found.assign(from_value=found["before"], to_value=found[what])
    return found.assign(**{"from": found["before"], "to": found[what]})


def _lies_in(on: Any, period: Period) -> bool:
    return period.first.first_on <= on < period.last.end_on


def _amendments_of(contract: Contract, period: Period) -> pd.DataFrame:
    rows = [
        {"kind": "amendment", "month": str(Month.of(a.effective_on)), "on": a.effective_on}
        | {"measure": "contract.amendment", "subject": path, "to": str(value), "clause": a.clause}
        for a in contract.amendments
        if _lies_in(a.effective_on, period)
        for path, value in a.set.items()
    ]
    return pd.DataFrame(rows)


def _rebases_of(contract: Contract, period: Period) -> pd.DataFrame:
    rows = [
        {
            "kind": "rebase",
            "month": str(Month.of(r.on)),
            "on": r.on,
            "measure": r.measure,
            "subject": r.subject,
        }
        | {"note": r.why}
        for r in contract.rebase
        if _lies_in(r.on, period)
    ]
    return pd.DataFrame(rows)
