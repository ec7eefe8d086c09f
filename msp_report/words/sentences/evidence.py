"""What the page on evidence says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """Whether everything that was due came."""
    withheld = page.one("evidence.withheld_tables")
    if not withheld.raw.n:
        return [page.language("No table was due for {period}.", period=page.period)]
    if not withheld.raw.value:
        return [
            page.language.plural(
                "The {n} table that was due for {period} came.",
                "All {n} tables that were due for {period} came.",
                withheld.raw.n,
                period=page.period,
                **withheld,
            )
        ]
    return [
        page.language.plural(
            "{value} of {n} tables that were due for {period} did not come: nothing that needs it can be judged.",
            "{value} of {n} tables that were due for {period} did not come: nothing that needs them can be judged.",
            withheld.raw.value,
            period=page.period,
            **withheld,
        )
    ]


def withheld_tables_no_data(f: Said) -> str:
    """A table that was due and did not come."""
    return f.language("The table {subject} was due and did not come ({why_missing}).", **f)


def strange_names_no_verdict(f: Said) -> str:
    """Names in a table that tell of harm and that nobody knows."""
    if f.raw.value is None or not f.raw.why_missing:
        return f.language("Names in the table {subject} are nobody's until we are told whose.", **f)
    return f.language.plural(
        "{value} name in the table {subject} is nobody's until we are told whose ({why_missing}).",
        "{value} names in the table {subject} are nobody's until we are told whose ({why_missing}).",
        f.raw.value,
        **f,
    )
