"""What the negotiation sheet says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, paragraph


def opening(page: Page) -> list[str | None]:
    """Which harms nothing catches or pays for, what was left out in silence, and what the clauses come to."""
    return [_harms(page), _passed(page), paragraph(_idle(page), _paid(page)), _would_pay(page)]


def _harms(page: Page) -> str:
    caught, paid = page.one("negotiation.harms_uncaught"), page.one("negotiation.harms_unpaid")
    if caught.raw.value is None:
        return page.language("Whether the contract catches a harm is not known: {why_missing}.", **caught)
    return page.language(
        "Of {n} harms that were tried on a month, no page catches {uncaught} and no clause pays for {unpaid}.",
        n=caught.n,
        uncaught=caught.value,
        unpaid=paid.value,
    )


def _passed(page: Page) -> str | None:
    passed = page.one("negotiation.passed")
    if not passed.raw.value:
        return None
    return page.language.plural(
        "In {value} of {n} tries evidence was left out and no page says so.",
        "In {value} of {n} tries evidence was left out and no page says so.",
        passed.raw.value,
        **passed,
    )


def _idle(page: Page) -> str | None:
    idle = page.one("negotiation.clauses_idle")
    if idle.raw.value is None:
        return None
    if not idle.raw.value:
        return page.language(
            "Each of the {n} credits of the contract was owed in some month of {period}.",
            period=page.period,
            **idle,
        )
    return page.language.plural(
        "{value} of {n} credits of the contract was never owed in {period}.",
        "{value} of {n} credits of the contract were never owed in {period}.",
        idle.raw.value,
        period=page.period,
        **idle,
    )


def _paid(page: Page) -> str:
    paid = page.one("negotiation.clauses_paid")
    if paid.raw.value is None:
        return page.language(
            "What the credits come to in {period} is not known: {why_missing}.", period=page.period, **paid
        )
    return page.language(
        "The credits come to {value}; a period like this one would come to between {low} and {high}.", **paid
    )


def _would_pay(page: Page) -> str | None:
    would = page.one("negotiation.would_pay")
    if not would.raw.value:
        return None
    return page.language(
        "The smallest credit of the contract on every promise that has none would have come to {value} more, between "
        "{low} and {high} in a period like this one.",
        **would,
    )
