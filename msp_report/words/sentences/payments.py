"""What the day's page on payments says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """What must not be paid today, what can be, and of what nobody can tell."""
    return [_hold(page), _release(page), _unsure(page)]


def _hold(page: Page) -> str:
    bills, hold = page.one("payments.due"), page.one("payments.hold")
    unsure, dispute = page.one("payments.cannot_tell"), page.one("payments.at_stake")
    if bills.raw.n is None:
        return page.language("What is to be paid is not known: {why_missing}.", **bills)
    if not bills.raw.n:
        return page.language("No unpaid invoice is known.")
    if hold.raw.n and dispute.raw.value:
        return page.language(
            "{demand}: the documents do not agree, and {dispute} of it is in dispute.",
            demand=_demand(bills, hold),
            dispute=dispute.value,
        )
    if hold.raw.n:
        return page.language("{demand}: the documents do not agree.", demand=_demand(bills, hold))
    if unsure.raw.n:
        return page.language.plural(
            "None of the one unpaid invoice is known to be wrong, "
            "but do not pay {unsure} before somebody has looked.",
            "None of {bills} unpaid invoices is known to be wrong, "
            "but do not pay {unsure} before somebody has looked.",
            bills.raw.n,
            bills=bills.n,
            unsure=unsure.n,
        )
    return page.language.plural(
        "The one unpaid invoice agrees with the documents behind it: nothing has to be held today.",
        "All {n} unpaid invoices agree with the documents behind them: nothing has to be held today.",
        bills.raw.n,
        **bills,
    )


def _demand(bills: Said, hold: Said) -> str:
    """Not to pay what the documents speak against; a whole clause, with what it comes to where that is known."""
    amount = amount_held(hold)
    if amount is None:
        return bills.language.plural(
            "Do not pay the one unpaid invoice today",
            "Do not pay {hold} of {bills} unpaid invoices today",
            bills.raw.n,
            hold=hold.n,
            bills=bills.n,
        )
    return bills.language.plural(
        "Do not pay the one unpaid invoice today ({amount})",
        "Do not pay {hold} of {bills} unpaid invoices today ({amount})",
        bills.raw.n,
        hold=hold.n,
        bills=bills.n,
        amount=amount,
    )


def amount_held(hold: Said) -> str | None:
    """What the invoices to be held come to; where some have no amount, what they come to at least."""
    if hold.raw.value is not None:
        return hold.value
    return hold.language("{low} and more", **hold) if hold.raw.low is not None else None


def _release(page: Page) -> str | None:
    bills, release, late = (
        page.one("payments.due"),
        page.one("payments.release"),
        page.one("payments.overdue"),
    )
    if not bills.raw.n:
        return None
    if not release.raw.n:
        released = page.language("None can be released.")
    elif release.raw.value is None:
        released = page.language("{n} can be released.", **release)
    else:
        released = page.language("{n} can be released ({value}).", **release)
    overdue = page.language.plural(
        "{value} is past the due date.", "{value} are past the due date.", late.raw.value or 0, **late
    )
    return paragraph(released, overdue if late.raw.value else None)


def _unsure(page: Page) -> str | None:
    hold, unsure = page.one("payments.hold"), page.one("payments.cannot_tell")
    if not hold.raw.n or not unsure.raw.n:
        return None
    return page.language("Of {n} nobody can tell, because something to compare with is missing.", **unsure)
