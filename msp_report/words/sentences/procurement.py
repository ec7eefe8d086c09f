"""What the page on procurement says."""

from __future__ import annotations

from collections.abc import Mapping

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """How often the documents disagree, what is paid already, what cannot be compared, what nobody checked."""
    return [_agree(page), _paid(page), _unsure(page), _unchecked(page)]


def _agree(page: Page) -> str:
    stake, found = page.one("procurement.at_stake"), page.one("procurement.exceptions")
    if stake.raw.verdict == "no_data" and page.one("procurement.exceptions").raw.value is None:
        return page.language(
            "No purchases were supplied for {period}, so we know nothing of what was ordered and paid.",
            period=page.period,
        )
    if found.raw.value:
        most = page.all("procurement.amount")[0]
        return page.language.plural(
            "The documents of our purchases disagreed once in {period}: {kind} ({amount}).",
            "The documents of our purchases disagreed {found} times in {period}; the kind with most money: {kind} "
            "({amount}).",
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
    return page.language("{value} of the money at stake is already paid.", **paid)


def _unsure(page: Page) -> str | None:
    unsure = page.one("procurement.unsure")
    if not unsure.raw.value:
        return None
    return page.language.plural(
        "{value} invoice line could not be judged: a document, a price or a rate to compare it with is missing.",
        "{value} invoice lines could not be judged: a document, a price or a rate to compare them with is missing.",
        unsure.raw.value,
        **unsure,
    )


def _unchecked(page: Page) -> str | None:
    unchecked = page.one("procurement.unchecked")
    if not unchecked.raw.n or unchecked.raw.why_missing:
        return None
    return page.language(
        "The provider itself ordered things for {value}, and nobody independent looked up the price.",
        **unchecked,
    )


def todo(page: Page) -> list[str | None]:
    """Bills to hold, and what somebody has to look at."""
    stake, unsure = page.one("procurement.at_stake"), page.one("procurement.unsure")
    unchecked = page.one("procurement.unchecked")
    return [
        page.language("Supply our own register of purchases: without it nobody can tell what to hold.")
        if page.one("procurement.exceptions").raw.value is None
        else None,
        page.language(
            "Pay no invoice that is to be held until the missing document comes or an approver accepts it by name: "
            "the page Meeting lists them, with a letter to send."
        )
        if stake.raw.verdict == "missed"
        else None,
        page.language.plural(
            "Have somebody look at the {value} invoice line that could not be judged.",
            "Have somebody look at the {value} invoice lines that could not be judged.",
            unsure.raw.value,
            **unsure,
        )
        if unsure.raw.value
        else None,
        page.language(
            "Have somebody independent look up the price of what the provider ordered itself ({value}).",
            **unchecked,
        )
        if unchecked.raw.n and not unchecked.raw.why_missing
        else None,
    ]


def chart_paying(page: Page, *, paying: Mapping[str, float]) -> str:
    """What to do with the unpaid invoices: `paying`, the money of each part."""
    unpaid, hold = paying.get("unpaid", 0), paying.get("to hold", 0)
    sums = {"unpaid": page.number(unpaid, "money"), "hold": page.number(hold, "money")}
    if hold:
        return page.language("Hold {hold} of the {unpaid} in unpaid invoices", **sums)
    if unpaid:
        return page.language("Nothing of the {unpaid} in unpaid invoices is known to be wrong", **sums)
    return page.language("Unpaid invoices, and what to do with them")


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
        return f.language("We cannot tell whether purchases agree with their documents: {why_missing}.", **f)
    return f.language("No purchase is known to be wrong, but some could not be compared.")


def at_stake_no_data(f: Said) -> str:
    """Nothing to compare."""
    return f.language("No purchase can be compared with its documents ({why_missing}).", **f)
