"""What the page on evidence says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """Whether everything that was due came."""
    return [_came(page), *_claims(page)]


def _came(page: Page) -> str:
    withheld = page.one("evidence.withheld_tables")
    if not withheld.raw.n:
        return page.language("No table was due for {period}.", period=page.period)
    if not withheld.raw.value:
        return page.language.plural(
            "The {n} table that was due for {period} came.",
            "All {n} tables that were due for {period} came.",
            withheld.raw.n,
            period=page.period,
            **withheld,
        )
    return page.language.plural(
        "{value} of {n} tables that were due for {period} did not come: nothing that needs it can be judged.",
        "{value} of {n} tables that were due for {period} did not come: nothing that needs them can be judged.",
        withheld.raw.value,
        period=page.period,
        **withheld,
    )


def _claims(page: Page) -> list[str]:
    """How many of the provider's own figures differ from ours, and the credits that hang on it."""
    gap, money = page.one("evidence.claims_gap"), page.one("evidence.claims_money")
    if not gap.raw.n or gap.raw.value is None:
        return []
    if not gap.raw.value:
        return [page.language("What the provider states of {n} figures is what was found.", **gap)]
    return [
        page.language.plural(
            "{value} of {n} figures that the provider states is not what was found; {money} of credits hang on it.",
            "{value} of {n} figures that the provider states are not what was found; {money} of credits hang on them.",
            gap.raw.value,
            money=money.value,
            **gap,
        )
    ]


def withheld_tables_no_data(f: Said) -> str:
    """A table that was due and did not come."""
    return f.language("The table {subject} was due and did not come ({why_missing}).", **f)


def doubted_tables_no_data(f: Said) -> str:
    """A table whose own files say otherwise than their rows."""
    return f.language(
        "The table {subject} is in doubt, so that nothing is decided by it alone ({why_missing}).", **f
    )


def stale_packs_no_data(f: Said) -> str:
    """A published pack that its inputs have left behind."""
    return f.language("The pack of {subject} is out of date: {why_missing}. Run it again.", **f)
