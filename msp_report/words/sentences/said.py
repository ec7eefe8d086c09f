"""Figures as sentences use them: every number already in words, and all figures of a page at hand by measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from babel.lists import format_list

from msp_report.model.columns import wall_time
from msp_report.model.figures import SEVERITY, Figure
from msp_report.model.period import Month, Period
from msp_report.params import Contract
from msp_report.words.language import message
from msp_report.words.numbers import Numbers

#: So many names of things a sentence lists; its page has a table of all.
MANY = 6
#: The places of a sentence that a figure fills.
PLACES = (
    "subject",
    "named",
    "value",
    "size",
    "low",
    "high",
    "target",
    "n",
    "part",
    "coverage",
    "why_missing",
    "clause",
)

#: What a sentence calls a service or a resource without a title.
_UNTITLED = {
    "availability": message("the service {subject}"),
    "capacity": message("the resource {subject}"),
}

#: From so much on a sentence says money to the whole pound, euro or dollar.
POUNDS = 100

#: With evidence for less than this share a figure is never told without saying so (rule 6).
LITTLE = 0.5


class Said:
    """A figure in words: `f.value` is text, never a number, so that a sentence cannot round on its own.

    `f.raw` is the figure itself, for decisions. `f.size` is the value without its sign, `f.part` how many of `n` the
    value is, where it is a share of them: 7 of 10. What the figure lacks is None.
    A subject or a reason that is a code is said by its label. `**f` fills the places of a sentence that are called
    like its fields (PLACES): `f.language("{value} of {n}", **f)`.
    """

    def __init__(self, figure: Figure, show: Numbers, called: Mapping[str, str] | None = None) -> None:
        """`called`: what a subject that is an id is called."""
        self.raw, self.language, self._show, self._called = figure, show.language, show, called or {}

    def keys(self) -> Sequence[str]:
        """The places that the figure fills."""
        return PLACES

    def __getitem__(self, place: str) -> str | None:
        return getattr(self, place)

    @property
    def named(self) -> str | None:
        """What a sentence calls the subject: its title as it stands, else what it is, with its name."""
        untitled = _UNTITLED.get(self.raw.measure.partition(".")[0])
        if untitled is None or self._show.titled(self.raw.measure, self.raw.subject):
            return self.subject
        return self.language(untitled, subject=self.subject)

    @property
    def count(self) -> int | None:
        """How many of `n` the value is, where it is a share of them."""
        return None if self.raw.value is None or self.raw.n is None else round(self.raw.value * self.raw.n)

    def __getattr__(self, name: str) -> str | None:
        if name == "part":
            found: float | str | None = self.count
        else:
            found = abs(self.raw.value or 0) if name == "size" else getattr(self.raw, name)
        if isinstance(found, str):
            if name != "subject":
                return self._show.label(found)
            return self._called.get(found) or self._show.subject(self.raw.measure, found)
        if found is None:
            return None
        unit = "count" if name in ("n", "part") else "ratio" if name == "coverage" else self.raw.unit
        if unit == "cost" and abs(found) >= POUNDS:
            unit = "money"
        return self._show.number(found, unit, apart_from=self.raw.target if name == "value" else None)


class Page:
    """All figures of a page by measure, for its opening lines. `period` is in words."""

    def __init__(
        self,
        figures: Sequence[Figure],
        contract: Contract,
        period: Period | None = None,
        end: pd.Timestamp | None = None,
        called: Mapping[str, str] | None = None,
    ) -> None:
        """`end` is the cut-off where it is not the end of the period; `called`, what ids of subjects are called."""
        self.contract, self._figures, self._show = contract, figures, Numbers.of(contract)
        self.language = self._show.language
        self.period = self._show.period(period) if period else ""
        self._called = called
        zone = contract.client.timezone
        self._end = period.bounds(zone)[1] if end is None and period else end

    def after(self, days: float) -> str:
        """The day so many days after the cut-off: a count would be wrong on the day on which it is read."""
        return self._show.day(wall_time(self._end, self.contract.client.timezone) + pd.Timedelta(days=days))

    def one(self, measure: str, subject: str = "") -> Said:
        """The figure of a measure and subject; one without a value where the page has none."""
        found = [f for f in self._figures if f.measure == measure and f.subject == subject]
        missing = Figure(measure=measure, subject=subject, why_missing="the page does not give it")
        return self._said(found[0] if found else missing)

    def all(self, measure: str, *verdicts: str | None) -> list[Said]:
        """The figures of a measure, worst first; with verdicts named, only those."""
        found = [f for f in self._figures if f.measure == measure and (not verdicts or f.verdict in verdicts)]
        return [self._said(f) for f in sorted(found, key=lambda f: SEVERITY[f.verdict])]

    def judged(self, measure: str) -> list[Said]:
        """The figures of a measure that have a target."""
        return [f for f in self.all(measure) if f.raw.verdict not in (None, "no_target")]

    def listed(self, names: Iterable[str], most: int | None = None) -> str:
        """Names as one list in words: a, b and c; of more than `most` the first ones, and how many others there are."""
        names = list(names)
        if most is not None and len(names) > most + 1:
            others = self.language("{n} others", n=len(names) - most)
            names = [*names[:most], others]
        return format_list(names, locale=self.language.locale(self._show.locale).replace("-", "_"))

    def number(self, value: float, unit: str) -> str:
        """A number that is no figure's, such as a sum that a chart shows."""
        return self._show.number(value, unit)

    def label(self, code: str) -> str:
        """What a code of the records is called."""
        return self._show.label(code)

    def subjects(self, figures: Iterable[Said]) -> str:
        """The subjects of figures as one list in words, of many the first ones."""
        return self.listed((f.subject for f in figures), MANY)

    def months(self, figures: Iterable[Said]) -> str:
        """The subjects of figures, which are months, as one list in words."""
        return self.listed(months_in_words([f.raw.subject for f in figures], self._show))

    def _said(self, figure: Figure) -> Said:
        return Said(figure, self._show, self._called)


def months_in_words(names: Iterable[str], show: Numbers) -> list[str]:
    """Months (YYYY-MM) in words, those that follow each other as one; any other name stays as it is.

    >>> months_in_words(["2025-11", "2025-12", "2026-02"], Numbers())
    ['November 2025 to December 2025', 'February 2026']
    """
    runs: list[Period | str] = []
    for name in names:
        try:
            month = Month.parse(name)
        except ValueError:
            runs.append(name)
            continue
        before = runs[-1] if runs else None
        if isinstance(before, Period) and before.last.shift(1) == month:
            runs[-1] = Period(before.first, month)
        else:
            runs.append(Period(month, month))
    return [run if isinstance(run, str) else show.period(run) for run in runs]


def paragraph(*sentences: str | None) -> str:
    """Sentences one after the other; what is empty is left out."""
    return " ".join(filter(None, sentences))


def beyond(one: Said, end: float) -> bool:
    """Whether the whole interval of a figure lies beyond an end: more than chance explains."""
    return one.raw.value is not None and one.raw.low is not None and one.raw.low > end


def joined(*clauses: str | None) -> str:
    """Whole clauses as one sentence, with semicolons between them; what is empty is left out."""
    return "; ".join(filter(None, clauses)) + "."


def covered(f: Said) -> str | None:
    """How little is known of a figure, where that is under half; else nothing is said (rule 6)."""
    if f.raw.value is None or f.raw.coverage is None or f.raw.coverage >= LITTLE:
        return None
    return f.language("Only {coverage} of what it is about is known.", **f)
