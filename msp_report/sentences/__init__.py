"""Every sentence that a page can say: one catalogue a language, filled from figures only.

`en.yaml` holds, by report, `opening` (the first lines of the page, in order) and `headlines` (by measure and
verdict). A sentence is a Jinja template; numbers reach it as text from display, never as numbers, so that a
page cannot round on its own. A template that comes out empty is not said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml
from babel.lists import format_list

from msp_report import display
from msp_report.figures import SEVERITY, Figure, Verdict
from msp_report.params import Contract
from msp_report.period import Period

Line = tuple[str, Verdict | None]


class Said:
    """A figure in words: what a template may use of it."""

    def __init__(self, figure: Figure, contract: Contract) -> None:
        self._figure, self._client = figure, contract.client

    def __getattr__(self, name: str) -> str | None:
        number = getattr(self._figure, name)
        if number is None or isinstance(number, str):
            return number
        unit = "count" if name == "n" else "ratio" if name == "coverage" else self._figure.unit
        return display.number(number, unit, self._client.locale, self._client.currency)

    @property
    def raw(self) -> Figure:
        """The figure itself, for conditions only."""
        return self._figure

    @property
    def size(self) -> str:
        """The value without its sign: late or early is said in words."""
        return Said(self._figure.with_(value=abs(self._figure.value or 0)), _Client(self._client)).value or ""


class _Client:
    def __init__(self, client: Any) -> None:
        self.client = client


class _Page:
    """All figures of a page by measure, for its opening lines."""

    def __init__(self, figures: Sequence[Figure], contract: Contract) -> None:
        self._figures, self._contract = figures, contract

    def one(self, measure: str, subject: str = "") -> Said | None:
        """The figure of a measure and subject; None where the page has none."""
        found = [f for f in self._figures if f.measure == measure and f.subject == subject]
        return Said(found[0], self._contract) if found else None

    def all(self, measure: str, *verdicts: str | None) -> list[Said]:
        """The figures of a measure, worst first; with verdicts named, only those."""
        found = [f for f in self._figures if f.measure == measure and (not verdicts or f.verdict in verdicts)]
        return [Said(f, self._contract) for f in sorted(found, key=lambda f: SEVERITY[f.verdict])]

    def judged(self, measure: str) -> list[Said]:
        """The figures of a measure that have a target."""
        return [s for s in self.all(measure) if s.raw.verdict not in (None, "no_target")]


def headline(figure: Figure, contract: Contract) -> str | None:
    """The sentence of one figure; None where the catalogue has none for its measure and verdict."""
    by_verdict = (
        _catalogue("en")[figure.report].get("headlines", {}).get(figure.measure.partition(".")[2], {})
    )
    template = by_verdict.get(figure.verdict or "plain")
    if template is None:
        return None
    return _render(template, contract, f=Said(figure, contract)) or None


def opening(report: str, figures: Sequence[Figure], contract: Contract, period: Period) -> list[Line]:
    """The first lines of a page: its summary, then every figure that is not as agreed, worst first."""
    page = _Page(figures, contract)
    context = {"page": page, "period": display.period(period, contract.client.locale)}
    worst = min((f.verdict for f in figures), key=SEVERITY.__getitem__, default=None)
    summary = [_render(template, contract, **context) for template in _catalogue("en")[report]["opening"]]
    lines: list[Line] = [
        (text, worst if index == 0 else None) for index, text in enumerate(filter(None, summary))
    ]
    open_points = [f for f in figures if f.headline and f.verdict in ("missed", "no_verdict", "no_data")]
    return lines + [
        (f.headline or "", f.verdict) for f in sorted(open_points, key=lambda f: SEVERITY[f.verdict])
    ]


def say(key: str, contract: Contract, **values: Any) -> str:
    """A sentence of the catalogue's `pages`, by its key."""
    return _render(_catalogue("en")["pages"][key], contract, **values)


def counts(figures: Sequence[Figure]) -> Counter[str]:
    """How many figures have each verdict."""
    return Counter(figure.verdict for figure in figures if figure.verdict)


def _render(template: str, contract: Contract, **context: Any) -> str:
    text = _environment(contract.client.locale).from_string(template).render(contract=contract, **context)
    return " ".join(text.split())


@cache
def _environment(locale: str) -> jinja2.Environment:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters["listed"] = lambda items: format_list(list(items), locale=locale.replace("-", "_"))
    environment.filters["subjects"] = lambda said: [item.subject for item in said]
    return environment


@cache
def _catalogue(language: str) -> dict[str, Any]:
    path = Path(__file__).parent / f"{language}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
