"""Every sentence that a page can say: one catalogue a language, filled from figures only.

`en.yaml` holds, by report, `opening` (the first lines of the page, in order) and `headlines` (by measure and
verdict). A sentence is a Jinja template; numbers reach it as text from display, never as numbers, so that a
page cannot round on its own. A template that comes out empty is not said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml
from babel.lists import format_list

from msp_report.model.figures import SEVERITY, Figure, Verdict
from msp_report.model.period import Month, Period
from msp_report.pages.display import Display
from msp_report.params import Contract
from msp_report.words.numbers import clean
from msp_report.words.numbers import period as period_in_words

Line = tuple[str, Verdict | None]
#: Of a reply as much as stands beside a figure [characters].
LONGEST_REPLY = 600

#: A day's page that shows how things stood longer ago than this says so in words.
STALE = pd.Timedelta(days=1)


class Said:
    """A figure in words: what a template may use of it. `size` is the value without its sign."""

    def __init__(self, figure: Figure, show: Display) -> None:
        self.raw, self._show = figure, show

    def __getattr__(self, name: str) -> str | None:
        number = abs(self.raw.value or 0) if name == "size" else getattr(self.raw, name)
        if number is None or isinstance(number, str):
            return number
        unit = "count" if name == "n" else "ratio" if name == "coverage" else self.raw.unit
        return self._show.number(number, unit, apart_from=self.raw.target if name == "value" else None)


class _Page:
    """All figures of a page by measure, for its opening lines."""

    def __init__(self, figures: Sequence[Figure], show: Display) -> None:
        self._figures, self._show = figures, show

    def one(self, measure: str, subject: str = "") -> Said:
        """The figure of a measure and subject; one without a value where the page has none."""
        found = [f for f in self._figures if f.measure == measure and f.subject == subject]
        missing = Figure(measure=measure, subject=subject, why_missing="the page does not give it")
        return Said(found[0] if found else missing, self._show)

    def all(self, measure: str, *verdicts: str | None) -> list[Said]:
        """The figures of a measure, worst first; with verdicts named, only those."""
        found = [f for f in self._figures if f.measure == measure and (not verdicts or f.verdict in verdicts)]
        return [Said(f, self._show) for f in sorted(found, key=lambda f: SEVERITY[f.verdict])]

    def judged(self, measure: str) -> list[Said]:
        """The figures of a measure that have a target."""
        return [s for s in self.all(measure) if s.raw.verdict not in (None, "no_target")]


def headline(figure: Figure, contract: Contract) -> str | None:
    """The sentence of one figure; None where the catalogue has none for its measure and verdict."""
    report, _, name = figure.measure.partition(".")
    template = (
        _catalogue("en").get(report, {}).get("headlines", {}).get(name, {}).get(figure.verdict or "plain")
    )
    return _render(template, contract, f=Said(figure, Display.of(contract))) or None if template else None


def opening(report: str, figures: Sequence[Figure], contract: Contract, period: Period) -> list[Line]:
    """The first lines of a page: its summary, then every figure that is not as agreed, worst first.

    Over several months those of `<report>_year` are said, where there are any. A report without an entry in the
    catalogue, such as a fork's, opens with its figures' own headlines.
    """
    show = Display.of(contract)
    context = {"page": _Page(figures, show), "period": show.period(period)}
    longer = f"{report}_year" if period.first != period.last else ""
    section = _catalogue("en").get(longer) or _catalogue("en").get(report, {})
    templates = section.get("opening", [])
    summary = [_render(template, contract, **context) for template in templates]
    open_points = [f for f in figures if f.headline and f.verdict in ("missed", "no_verdict", "no_data")]
    # the first line wears the worst verdict, never "met": it may speak of what no verdict covers
    worst = min((f.verdict for f in open_points), key=SEVERITY.__getitem__, default=None)
    lines: list[Line] = [(text, None if index else worst) for index, text in enumerate(filter(None, summary))]
    return lines + [(f.headline, f.verdict) for f in sorted(open_points, key=lambda f: SEVERITY[f.verdict])]


def names(figures: pd.DataFrame) -> list[str]:
    """What each row's measure and subject are called; one that the catalogue does not know keeps its own name."""
    known = _catalogue("en")["names"]
    return [
        known.get(measure, [f"{measure} of {{}}", measure])[0 if subject else 1].replace("{}", subject)
        for measure, subject in zip(figures["measure"], figures["subject"], strict=True)
    ]


def month_names(months: Iterable[str], contract: Contract) -> list[str]:
    """Months (YYYY-MM) in words for a table, each kept in one line."""
    show = Display.of(contract)
    return [show.period(Month.parse(month)).replace(" ", "\u00a0") for month in months]


def told(figures: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The rows with a headline each: those that their report has no sentence for get the plain one."""
    show = Display.of(contract)
    plain = [
        say(
            "stated" if pd.isna(target) else "asked",
            contract,
            name=name,
            value=show.number(value, unit, why, target),
            target=show.number(target, unit),
        )
        for name, value, unit, why, target in zip(
            names(figures),
            *(figures[c] for c in ("value", "unit", "why_missing", "target")),
            strict=True,
        )
    ]
    own = figures["headline"].astype(object)
    return figures.assign(headline=own.where(own.notna(), pd.Series(plain, figures.index, dtype=object)))


def replied(replies: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The provider's replies with a column `said`: who said what, and when. Long ones are cut; the record has all."""
    show = Display.of(contract)
    said = [
        say("reply", contract, by=clean(by), on=show.day(on), text=clean(text, LONGEST_REPLY))
        for by, on, text in zip(replies["by"], replies["said_on"], replies["text"], strict=True)
    ]
    return replies.assign(said=pd.Series(said, replies.index, dtype="str"))


def decisions(figures: pd.DataFrame, own: Sequence[Figure], contract: Contract) -> list[Line]:
    """What the board has to decide, a sentence each, in the order of `pages.decide`; nothing due, no line.

    `figures` are those of the pack, `own` those of the page that asks. These are no verdicts on the provider.
    """
    templates = _catalogue("en")["pages"]["decide"]
    rows = figures[figures["measure"].isin(_measures(templates)) & figures["subject"].fillna("").eq("")]
    known = [Figure.from_row(row) for row in rows.astype(object).where(rows.notna(), None).to_dict("records")]
    page = _Page([*known, *own], Display.of(contract))
    said = [_render(template, contract, page=page) for template in templates]
    return [(text, None) for text in said if text]


def _measures(templates: Sequence[str]) -> set[str]:
    return {found for template in templates for found in re.findall(r"'(\w+\.\w+)'", template)}


def as_of(at: pd.Timestamp, age: pd.Timedelta, contract: Contract, newest: Any = None) -> str:
    """Which instant a day's page stands at, and a warning where that is older than STALE.

    `newest` is the last entry of what the page was made from: an instant, a day, or missing.
    """
    show = Display.of(contract)
    last = None
    if newest is not None and pd.notna(newest):
        last = show.instant(newest) if pd.Timestamp(newest).tzinfo else show.day(newest)
    old = show.number(age / pd.Timedelta(minutes=1), "min") if age > STALE else None
    return say("as_of", contract, at=show.instant(at), newest=last, age=old)


def say(key: str, contract: Contract, **values: Any) -> str:
    """A sentence of the catalogue's `pages`, by its key."""
    return _render(_catalogue("en")["pages"][key], contract, **values)


def _render(template: str, contract: Contract, **context: Any) -> str:
    text = _environment(contract.client.locale).from_string(template).render(contract=contract, **context)
    return " ".join(text.split())


@cache
def _environment(locale: str) -> jinja2.Environment:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters["listed"] = lambda items: format_list(list(items), locale=locale.replace("-", "_"))
    environment.filters["subjects"] = lambda said: [item.subject for item in said]
    environment.filters["months"] = lambda names: _months(names, locale)
    return environment


def _months(names: Iterable[str], locale: str) -> list[str]:
    """Months (YYYY-MM) in words, those that follow each other as one; any other name stays as it is."""
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
    return [run if isinstance(run, str) else period_in_words(run, locale) for run in runs]


@cache
def _catalogue(language: str) -> dict[str, Any]:
    path = Path(__file__).parent / f"{language}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
