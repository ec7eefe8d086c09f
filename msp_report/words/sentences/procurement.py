"""What the page on procurement says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """How often the documents disagree, what is paid already, what cannot be compared, what nobody checked."""
    return [_agree(page), _paid(page), _unsure(page), _unchecked(page)]


def _agree(page: Page) -> str:
    stake, found = page.one("procurement.at_stake"), page.one("procurement.exceptions")
    if stake.raw.verdict == "no_data" and page.one("procurement.exceptions").raw.value is None:
        return page.language(
            "No purchases were supplied for {period}, so nothing can be said of what was ordered and paid.",
            period=page.period,
        )
    if found.raw.value:
        most = page.all("procurement.amount")[0]
        return page.language.plural(
            "Quote, order, packing slip, invoice and receipt disagree once in {period}; "
            "most of the money lies in: {kind} ({amount}).",
            "Quote, order, packing slip, invoice and receipt disagree {found} times in {period}; "
            "most of the money lies in: {kind} ({amount}).",
            found.raw.value,
            found=found.value,
            period=page.period,
            kind=most.subject,
            amount=most.value,
        )
    if stake.raw.verdict == "no_verdict":
        return page.language(
            "No documents are known to disagree in {period}, but not every invoice line could be compared.",
            period=page.period,
        )
    if stake.raw.n:
        return page.language.plural(
            "The one invoice line of {period} agrees with the documents behind it.",
            "All {n} invoice lines of {period} agree with the documents behind them.",
            stake.raw.n,
            period=page.period,
            **stake,
        )
    return page.language("Nothing was invoiced in {period}.", period=page.period)


def _paid(page: Page) -> str | None:
    paid = page.one("procurement.already_paid")
    if not paid.raw.value:
        return None
    return page.language("{value} of the money at stake has already been paid.", **paid)


def _unsure(page: Page) -> str | None:
    unsure = page.one("procurement.unsure")
    if not unsure.raw.value:
        return None
    return page.language.plural(
        "{value} invoice line could not be compared, for want of something to compare it with.",
        "{value} invoice lines could not be compared, for want of something to compare them with.",
        unsure.raw.value,
        **unsure,
    )


def _unchecked(page: Page) -> str | None:
    unchecked = page.one("procurement.unchecked")
    if not unchecked.raw.n or unchecked.raw.why_missing:
        return None
    return page.language(
        "The provider ordered for {value} itself, and nobody independent looked up the price.", **unchecked
    )


def at_stake_missed(f: Said) -> str:
    """Documents disagree; what was rejected, or could not be compared, may raise what is at stake."""
    if f.raw.low is not None and f.raw.high is None:
        return f.language(
            "{value} is at stake in purchases whose documents do not agree; what could not be read or compared may "
            "make it more.",
            **f,
        )
    if f.raw.high is not None and f.raw.high > f.raw.value:
        return f.language(
            "{value} is at stake in purchases whose documents do not agree, and up to {high} with what could not be "
            "read or compared.",
            **f,
        )
    return f.language("{value} is at stake in purchases whose documents do not agree.", **f)


def at_stake_met(f: Said) -> str:
    """All documents agree."""
    return f.language("All purchases agree with their documents.")


def at_stake_no_verdict(f: Said) -> str:
    """What could be compared agrees."""
    if f.raw.why_missing and (f.raw.value is None or f.raw.low is not None):
        return f.language("Whether purchases agree with their documents cannot be told: {why_missing}.", **f)
    return f.language("No purchase is known to be wrong, but some could not be compared.")


def at_stake_no_data(f: Said) -> str:
    """Nothing to compare."""
    return f.language("Purchases: nothing can be compared ({why_missing}).", **f)
