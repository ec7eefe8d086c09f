"""The figure: one number of one subject, with everything needed to judge it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from msp_report.model.measures import MEASURES, Measure

Verdict = Literal["met", "missed", "no_verdict", "no_data", "no_target"]
Better = Literal["higher", "lower"]
Robust = Literal["pass", "fail", "fragile"]

#: What a figure takes from the declaration of its measure where it is not given.
AS_DECLARED: Any = "as declared"

#: How bad a verdict is for the reader: what comes first on a page.
SEVERITY = {"missed": 0, "no_verdict": 1, "no_data": 2, "no_target": 3, "met": 4, None: 5}


_UNDECLARED = Measure("", "")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of figures.json.

    `measure` is `report.name`; `subject` is empty for a figure over all. `unit`, `better` and `rule` are those of the
    measure's declaration (model/measures) unless they are given, as a fork does for measures of its own. Missing is
    None with `why_missing`; NaN becomes None on the way in.
    """

    measure: str
    subject: str = ""
    value: float | int | None = None
    unit: str = AS_DECLARED
    n: int | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    better: Better | None = AS_DECLARED
    verdict: Verdict | None = None
    robust: Robust | None = None
    coverage: float | None = None
    claimed: float | None = None
    clause: str | None = None
    rule: str | None = AS_DECLARED
    why_missing: str | None = None
    headline: str | None = None

    def __post_init__(self) -> None:
        declared = MEASURES.get(self.measure, _UNDECLARED)
        for name in ("unit", "better", "rule"):
            if getattr(self, name) is AS_DECLARED:
                object.__setattr__(self, name, getattr(declared, name))
        for name in ("value", "n", "low", "high", "target", "coverage", "claimed"):
            object.__setattr__(self, name, _plain(getattr(self, name)))
        for name in ("clause", "rule", "why_missing", "headline", "verdict", "robust", "better"):
            if not isinstance(getattr(self, name), str):  # frames spell missing text NaN
                object.__setattr__(self, name, None)
        if self.value is None and not self.why_missing:
            raise ValueError(f"{self.measure} of {self.subject or 'all'} has no value and no why_missing")
        if "." not in self.measure:
            raise ValueError(f"{self.measure!r} is not a measure: write it as report.name")

    @property
    def report(self) -> str:
        """The report that the figure belongs to."""
        return self.measure.partition(".")[0]

    @classmethod
    def of(cls, measure: str, value: Any, why: str | None = None, **fields: Any) -> Figure:
        """The figure of a value that may be missing, in any of pandas' spellings; `why` is said only where it is."""
        known = _plain(value) is not None
        why_missing = None if known else why or "not known"
        return cls(measure=measure, value=value if known else None, why_missing=why_missing, **fields)

    @classmethod
    def within(cls, measure: str, found: Any, why: str | None = None, **fields: Any) -> Figure:
        """The figure of an interval (model.statistics), with its ends; None is missing, as in `of`."""
        value, low, high = (getattr(found, name, None) for name in ("value", "low", "high"))
        return cls.of(measure, value, why, low=low, high=high, **fields)

    def with_(self, **changes: Any) -> Figure:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def row(self) -> dict[str, Any]:
        """Plain JSON types in the order of figures.json."""
        return {name: getattr(self, name) for name in COLUMNS}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Figure:
        """The figure that `row()` wrote."""
        return cls(**{key: row.get(key) for key in (field.name for field in fields(cls))})


#: The columns of figures.json and figures.csv, in order.
COLUMNS = ["report", *(field.name for field in fields(Figure))]


def anchor(measure: str, subject: str) -> str:
    """The id of a figure's line on the page of its report, the same in every language.

    >>> anchor("tickets.resolution_attainment", "P1")
    'figure-resolution_attainment-P1'
    """
    named = ["figure", measure.partition(".")[2], "-".join(subject.split())]
    return "-".join(filter(None, named))


def judge(
    value: float | None,
    target: float | None,
    better: Better,
    low: float | None = None,
    high: float | None = None,
) -> Verdict:
    """Whether a value meets its target.

    With `low` and `high` given, a target that lies between them is `no_verdict` (rule 6). A missing value
    is `no_data`, a missing target `no_target`; a value exactly on the target meets it.
    """
    value, target, low, high = (_plain(number) for number in (value, target, low, high))
    if value is None:
        return "no_data"
    if target is None:
        return "no_target"
    ends = [meets(number, target, better) for number in (low, high) if number is not None]
    if ends and any(end != ends[0] for end in ends):
        return "no_verdict"
    return "met" if meets(value, target, better) else "missed"


def meets(value: float, target: float, better: Better) -> bool:
    """Whether a number is on the good side of a target, or on it."""
    return value >= target if better == "higher" else value <= target


def _plain(value: Any) -> float | int | None:
    """A plain JSON number; missing in any of pandas' spellings is None, infinity is an error."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value
    if hasattr(value, "is_integer") or hasattr(value, "dtype") or hasattr(value, "as_integer_ratio"):
        item = value.item() if hasattr(value, "item") else value
        if isinstance(item, int):
            return item
        number = float(item)
        if math.isnan(number):
            return None
        if math.isinf(number):
            raise ValueError("a figure cannot be infinite: give no value and why_missing")
        return number
    return None
