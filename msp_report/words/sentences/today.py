"""What page one of a day says."""

from __future__ import annotations

from msp_report.words.sentences import helpdesk, payments
from msp_report.words.sentences.said import Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """What is open, what is to be paid and held, what lies still, and whether the board asked for fewer."""
    return [
        _tickets(page),
        _invoices(page),
        paragraph(_still(page), helpdesk.paused(page.one("today.paused"))),
        _too_many(page),
    ]


def _tickets(page: Page) -> str:
    tickets, late, due = page.one("today.open"), page.one("today.overdue"), page.one("today.due")
    if tickets.raw.value is None:
        return page.language("What is open at the help desk is not known ({why_missing}).", **tickets)
    if tickets.raw.value == 0:
        return page.language("No ticket is open.")
    if late.raw.value is None:
        return page.language.plural(
            "{value} ticket is open, and no time is agreed for it.",
            "{value} tickets are open, and no time is agreed for them.",
            tickets.raw.value,
            **tickets,
        )
    return page.language.plural(
        "{value} ticket is open, {late} of them overdue and {due} due before the working day ends.",
        "{value} tickets are open, {late} of them overdue and {due} due before the working day ends.",
        tickets.raw.value,
        late=helpdesk.counted(late),
        due=helpdesk.counted(due),
        **tickets,
    )


def _invoices(page: Page) -> str:
    bills = page.one("today.payable")
    if bills.raw.n is None:
        return page.language("What is to be paid is not known ({why_missing}).", **bills)
    if not bills.raw.n:
        return page.language("No unpaid invoice is known.")
    hold, release, unsure = (page.one(f"today.{name}") for name in ("hold", "release", "cannot_tell"))
    if bills.raw.n == 1:
        return _the_one(page, hold, release)
    todo = [
        page.language("hold {bills}", bills=_with(hold, payments.amount_held(hold))) if hold.raw.n else "",
        page.language("pay {bills}", bills=_with(release, release.value)) if release.raw.n else "",
        page.language("have {bills} looked at", bills=unsure.n) if unsure.raw.n else "",
    ]
    if not any(todo):
        return page.language("{n} invoices are unpaid.", **bills)
    return page.language(
        "Of {n} unpaid invoices, {todo}.", todo=page.listed(list(filter(None, todo))), **bills
    )


def _the_one(page: Page, hold: Said, release: Said) -> str:
    if hold.raw.n and (amount := payments.amount_held(hold)):
        return page.language("Hold the one unpaid invoice ({amount}).", amount=amount)
    if hold.raw.n:
        return page.language("Hold the one unpaid invoice.")
    if release.raw.n and release.value is not None:
        return page.language("Pay the one unpaid invoice ({value}).", **release)
    if release.raw.n:
        return page.language("Pay the one unpaid invoice.")
    return page.language("Nobody can tell whether the one unpaid invoice is to be paid.")


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
