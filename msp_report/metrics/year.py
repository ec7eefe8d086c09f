"""A year of published figures: what was promised and kept month by month, its usual range, and what changed.

Decided here, where the rules leave room:

- A figure is promised if in any month of the year it was agreed with the provider and judged, as on the monthly page
  one (rule 49). Our own rules stand apart: they are those that page one of each month counted, what the board asks for
  beyond the contract among them. A month with nothing to judge counts neither way.
- A promise is missed if it was missed in any month; met if it was met in every month with a pack that gives it; what
  was never missed, and cannot be judged in some month, is neither.
- How figures are told to have left their usual course says metrics/signals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import signals
from msp_report.model import promises
from msp_report.model.case import Case, Past
from msp_report.model.figures import Figure
from msp_report.model.period import Month, Period
from msp_report.params import Contract, as_contract

# fmt: off
LIMITS = [*signals.LIMITS, "variation", "assurance", "unmarked"]
CHANGES = [
    "kind", "month", "on", "measure", "subject", "from", "to", "from_value", "to_value", "unit", "clause", "note",
]
# fmt: on

#: Of a month without a pack, in a table of verdicts.
ABSENT = "absent"
GONE = "it has no value in the newest month"
_KEY = ["measure", "subject"]


@dataclass(frozen=True)
class Analysis:
    """A year of published figures: frames of the functions of these names, `months` as Past.months, `points` and
    `signals` as those of metrics/signals."""

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
        """The first signal of each figure that was promised, as signals.foremost."""
        return signals.foremost(self.signals[self.signals["promised"].eq(True)])

    @property
    def others(self) -> pd.DataFrame:
        """The same of the figures that were not."""
        return signals.foremost(self.signals[self.signals["promised"].eq(False)])

    @property
    def charted(self) -> pd.DataFrame:
        """The points of the foremost signals, as signals.charted."""
        return signals.charted(self.points, self.foremost)

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
    partial = [*past.unfinished(signals.BEFORE), *months.loc[months["to_date"].astype(bool), "month"]]
    every = signals.points(past.year(signals.BEFORE), case.agreed, partial)
    points = every[every["month"].isin(months["month"])].reset_index(drop=True)
    return Analysis(
        published=published,
        months=months,
        verdicts=kept,
        own_rules=verdicts(
            own_rules(published, past.monthly_record("scorecard", "standing")), months, promises.OWN
        ),
        points=points,
        limits=limits(points, published, every),
        signals=signals.signals(points, kept),
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


def own_rules(figures: pd.DataFrame, standing: pd.DataFrame) -> pd.DataFrame:
    """What was judged by our own rules in each month, as its page one counted it (rule 49).

    Parameters: `figures` of the months' packs; `standing`, the records scorecard/standing of those that have one, each
    with its month.
    Returns: rows like figures.json with a month and `whose`, in the order of months; of a month without the record the
    figures that are our own rules.
    """
    rest = figures[~figures["month"].isin(standing["month"])]
    rest = rest[promises.whose(rest).eq(promises.OWN)]
    counted = standing[standing["whose"].eq(promises.OWN)]
    counted = counted.assign(subject=counted["subject"].fillna("")).reindex(columns=figures.columns)
    parts = [part.astype(object) for part in (rest, counted) if len(part)]
    every = pd.concat(parts, ignore_index=True) if parts else figures.head(0)
    return every.assign(whose=promises.OWN).sort_values("month", kind="stable", ignore_index=True)


def _ever(figures: pd.DataFrame, whose: str) -> pd.DataFrame:
    """Measure and subject of what was agreed in any month, or of our own rules that were decided in any, in the order
    of the newest pack."""
    mine = (figures["whose"] if "whose" in figures else promises.whose(figures)).eq(whose)
    if whose == promises.OWN:
        mine &= figures["verdict"].ne("no_data")
    order = figures.assign(mine=mine)[::-1].groupby(_KEY, sort=False)["mine"].any()[::-1]
    return order[order].reset_index()[_KEY]


# ---------------------------------------------------------------- signal or noise


def limits(points: pd.DataFrame, figures: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """The control limits of every figure, with the marks of the newest whole month.

    Parameters: the `points` of the year and its `figures`, both with their month; `every` point, of the months before
    the year too.
    Returns: one row per measure, subject and base with LIMITS: what signals.limits gives, variation and assurance as
    signals.marks gives them, and `unmarked`, why one of them is missing: also where a series ends before that month.
    Source: rule 21.
    """
    found = signals.limits(points)
    if found.empty:
        return pd.DataFrame(columns=LIMITS)
    month = points["month"].max()
    marked = signals.marks(figures[figures["month"].eq(month)], every, month)
    marked = marked.rename(columns={"why": "unmarked"}).assign(until=month)
    found = found.merge(marked[[*_KEY, "until", "variation", "assurance", "unmarked"]], how="left")
    gone = found["until"].ne(month)
    return found.assign(unmarked=found["unmarked"].astype(object).mask(gone, GONE))[LIMITS]


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
