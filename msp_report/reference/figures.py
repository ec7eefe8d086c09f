"""docs/figures.md: every measure by report."""

from __future__ import annotations

import re
from itertools import groupby

from msp_report.model.measures import MEASURES, Measure

_BETTER = {"higher": "more is better", "lower": "less is better", None: ""}


def document() -> str:
    """The document."""
    head = (
        "# Figures\n\n"
        "Every measure that figures.json can hold, by the report that shows it. Made by "
        "`msp-report tables --docs docs`; do not edit: a measure is declared in `msp_report/model/measures/`.\n\n"
        "A missing value is null and says why. Units: ratio is 0 to 1, min, hours and days are durations, cost is "
        "money of the client's currency; a measure without a unit is a plain number.\n"
    )
    by_report = groupby(MEASURES.items(), key=lambda item: item[0].partition(".")[0])
    return head + "".join(_report(report, [measure for _, measure in items]) for report, items in by_report)


def _report(report: str, measures: list[Measure]) -> str:
    rows = "".join(_row(report, measure) for measure in measures)
    return (
        f"\n## {report}\n\n| measure | name | meaning | unit | direction | rule | no value when |\n"
        f"|---|---|---|---|---|---|---|\n{rows}"
    )


def _row(report: str, measure: Measure) -> str:
    cells = (
        f"`{report}.{measure.name}`",
        measure.title,
        measure.meaning,
        measure.unit,
        _BETTER[measure.better],
        _linked(measure.rule or ""),
        measure.no_data,
    )
    return f"| {' | '.join(cells)} |\n"


def _linked(rule: str) -> str:
    """A rule as a link to its heading, which is found by its number."""
    from msp_report.pages import rules

    def link(found: re.Match[str]) -> str:
        title = re.search(rf"^### (Rule {found[1]}: .+)$", rules.text(), re.M)
        anchor = re.sub(r"[^\w\- ]", "", title[1].casefold()).replace(" ", "-") if title else ""
        return f"[{found[0]}](rules.md#{anchor})"

    return re.sub(r"rule (\d+)", link, rule)
