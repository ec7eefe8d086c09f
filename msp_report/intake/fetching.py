"""What live sources have for a month, asked before its exports are read and kept among them as files."""

from __future__ import annotations

from pathlib import Path

from msp_report import live
from msp_report.intake import exports
from msp_report.model.period import Month
from msp_report.params import Source, Sources
from msp_report.system import slow


def to_fetch(sources: Sources, template: str | Path, month: Month, timezone: str) -> list[tuple[str, Source]]:
    """The sources that have to be asked for a month, by table: they never were, or before the month was over."""
    place = str(template)
    if exports.is_live(place):
        return []
    folder = exports.folder(place, month)
    named = [(table, source) for table, listed in sources.tables.items() for source in listed]
    return [
        (table, source) for table, source in named if live.is_wanted(table, source, folder, month, timezone)
    ]


def fetch(sources: Sources, template: str, month: Month, timezone: str, params: Path | None) -> list[str]:
    """Put what live sources have for a month into its folder, as files like any other; why not, where that fails."""
    problems = []
    for table, source in to_fetch(sources, template, month, timezone):
        try:
            with slow.told(str(month)) as say:
                live.fetch(table, source, exports.folder(template, month), month, timezone, params, say)
        except live.Failed as error:
            problems.append(f"sources.yaml: tables.{table}: {error}")
    return problems
