"""What page one of a day says."""

from __future__ import annotations

from msp_report.words.sentences import helpdesk, payments
from msp_report.words.sentences.said import Page, Said, joined, paragraph


def opening(page: Page) -> list[str | None]:
    """What is open and what is to be paid, what lies still, and whether the board asked for fewer."""
    return [
        joined(_tickets(page), _invoices(page)),
        paragraph(_still(page), helpdesk.paused(page.one("today.paused"))),
        _too_many(page),
    ]


def _tickets(page: Page) -> str:
    tickets, late, due = page.one("today.open"), page.one("today.overdue"), page.one("today.due")
    if tickets.raw.value is None:
        return page.language("What is open at the help desk is not known ({why_missing})", **tickets)
    if tickets.raw.value == 0:
        return page.language("No ticket is open")
    if late.raw.value is None:
        return page.language.plural(
            "{value} ticket is open, and no time is agreed for it",
            "{value} tickets are open, and no time is agreed for them",
            tickets.raw.value,
            **tickets,
        )
    return page.language.plural(
        "{value} ticket is open, {late} of them overdue and {due} due before the working day ends",
        "{value} tickets are open, {late} of them overdue and {due} due before the working day ends",
        tickets.raw.value,
        late=helpdesk.counted(late),
        due=helpdesk.counted(due),
        **tickets,
    )


def _invoices(page: Page) -> str:
    bills, hold = page.one("today.payable"), page.one("today.hold")
    if bills.raw.n is None:
        return page.language("what is to be paid is not known ({why_missing})", **bills)
    if not bills.raw.n:
        return page.language("no unpaid invoice is known")
    return _held(page) if hold.raw.n else _none_held(page)


def _held(page: Page) -> str:
    bills, places = page.one("today.payable").raw.n, _places(page)
    if page.one("today.release").raw.n and page.one("today.cannot_tell").raw.n:
        return page.language.plural(
            "of {bills} unpaid invoice hold {hold}, release {release}, and of {unsure} nobody can tell",
            "of {bills} unpaid invoices hold {hold}, release {release}, and of {unsure} nobody can tell",
            bills,
            **places,
        )
    if page.one("today.release").raw.n:
        return page.language.plural(
            "of {bills} unpaid invoice hold {hold}, release {release}",
            "of {bills} unpaid invoices hold {hold}, release {release}",
            bills,
            **places,
        )
    if page.one("today.cannot_tell").raw.n:
        return page.language.plural(
            "of {bills} unpaid invoice hold {hold}, and of {unsure} nobody can tell",
            "of {bills} unpaid invoices hold {hold}, and of {unsure} nobody can tell",
            bills,
            **places,
        )
    return page.language.plural(
        "of {bills} unpaid invoice hold {hold}", "of {bills} unpaid invoices hold {hold}", bills, **places
    )


def _none_held(page: Page) -> str:
    bills, places = page.one("today.payable").raw.n, _places(page)
    if page.one("today.release").raw.n and page.one("today.cannot_tell").raw.n:
        return page.language.plural(
            "of {bills} unpaid invoice none is to be held, release {release}, and of {unsure} nobody can tell",
            "of {bills} unpaid invoices none is to be held, release {release}, and of {unsure} nobody can tell",
            bills,
            **places,
        )
    if page.one("today.release").raw.n:
        return page.language.plural(
            "of {bills} unpaid invoice none is to be held, release {release}",
            "of {bills} unpaid invoices none is to be held, release {release}",
            bills,
            **places,
        )
    if page.one("today.cannot_tell").raw.n:
        return page.language.plural(
            "of {bills} unpaid invoice none is to be held, and of {unsure} nobody can tell",
            "of {bills} unpaid invoices none is to be held, and of {unsure} nobody can tell",
            bills,
            **places,
        )
    return page.language.plural(
        "of {bills} unpaid invoice none is to be held",
        "of {bills} unpaid invoices none is to be held",
        bills,
        **places,
    )


def _places(page: Page) -> dict[str, str | None]:
    """How many invoices there are of each kind, with what they come to where that is known."""
    hold, release = page.one("today.hold"), page.one("today.release")
    return {
        "bills": page.one("today.payable").n,
        "hold": _with(hold, payments.amount_held(hold)),
        "release": _with(release, release.value),
        "unsure": page.one("today.cannot_tell").n,
    }


def _with(invoices: Said, amount: str | None) -> str | None:
    if amount is None:
        return invoices.n
    return invoices.language("{n} ({amount})", n=invoices.n, amount=amount)


def _still(page: Page) -> str | None:
    stuck, passed = page.one("today.stuck"), page.one("today.bouncing")
    if stuck.raw.value and passed.raw.value:
        return page.language.plural(
            "Nobody has touched {stuck} of the open tickets for a week or longer, "
            "and {passed} is being passed around.",
            "Nobody has touched {stuck} of the open tickets for a week or longer, "
            "and {passed} are being passed around.",
            passed.raw.value,
            stuck=stuck.value,
            passed=passed.value,
        )
    if stuck.raw.value:
        return page.language("Nobody has touched {value} of the open tickets for a week or longer.", **stuck)
    if passed.raw.value:
        return page.language.plural(
            "{value} of the open tickets is being passed around.",
            "{value} of the open tickets are being passed around.",
            passed.raw.value,
            **passed,
        )
    return None


def _too_many(page: Page) -> str | None:
    tickets = page.one("today.open").raw
    if tickets.value is None or tickets.target is None or tickets.value <= tickets.target:
        return None
    return page.language("The board asked for no more than {target} open tickets.", **page.one("today.open"))
