"""What the page on requests says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page


def opening(page: Page) -> list[str | None]:
    """Who opens tickets, which need not have been, and what the provider earns by them."""
    return [_who(page), _needless(page), _earned(page)]


def _who(page: Page) -> str:
    opened, others = page.one("requests.opened"), page.one("requests.unauthorised_tickets")
    hours, cost = page.one("requests.unauthorised_hours"), page.one("requests.unauthorised_cost")
    if opened.raw.value is None:
        return page.language("We do not know who opens tickets: {why_missing}.", **opened)
    places = {"opened": opened.value, "others": others.value, "period": page.period}
    if opened.raw.value == 0:
        return page.language("No ticket was opened in {period}.", **places)
    if others.raw.value is None:
        return page.language(
            "The board has named nobody who may open tickets, so nobody can tell which of the {opened} in {period} "
            "should not have been opened.",
            **places,
        )
    if others.raw.value == 0:
        return page.language(
            "Nobody who is not on the board's list is known to have opened one of the {opened} tickets in {period}.",
            **places,
        )
    told = hours.raw.value is not None
    if told and cost.raw.value:
        return page.language(
            "{others} of {opened} tickets in {period} were opened by people who are not on the board's list; they took "
            "{hours}, and {cost} was charged for them.",
            hours=hours.value,
            cost=cost.value,
            **places,
        )
    if cost.raw.value:
        return page.language(
            "{others} of {opened} tickets in {period} were opened by people who are not on the board's list; {cost} "
            "was charged for them.",
            cost=cost.value,
            **places,
        )
    if told:
        return page.language(
            "{others} of {opened} tickets in {period} were opened by people who are not on the board's list; they took "
            "{hours}.",
            hours=hours.value,
            **places,
        )
    return page.language(
        "{others} of {opened} tickets in {period} were opened by people who are not on the board's list.",
        **places,
    )


def _needless(page: Page) -> str | None:
    opened, unknown = page.one("requests.opened"), page.one("requests.unknown_tickets")
    twice, learn = page.one("requests.duplicate_tickets"), page.one("requests.training_tickets")
    if not opened.raw.value or None in (unknown.raw.value, twice.raw.value):
        return None
    if learn.raw.value is None:
        return page.language(
            "Tickets that named nobody who asked: {unknown}; like one that was still open: {twice}.",
            unknown=unknown.value,
            twice=twice.value,
        )
    return page.language(
        "Tickets that named nobody who asked: {unknown}; like one that was still open: {twice}; asking how something "
        "is done: {learn}.",
        unknown=unknown.value,
        twice=twice.value,
        learn=learn.value,
    )


def _earned(page: Page) -> str:
    billing, term = page.contract.provider.billing, page.contract.term
    if term.monthly_fee is not None and term.billed == "entries":
        return page.language(
            "A fee is paid every month: a ticket earns the provider more only where its hours are charged beside it."
        )
    if term.monthly_fee is not None and term.billed == "over_included":
        return page.language(
            "A fee is paid every month: tickets earn the provider more only by hours over those that it includes."
        )
    if billing == "hourly":
        return page.language("The provider is paid by the hour: every ticket that takes time earns it money.")
    if billing == "per_ticket":
        return page.language(
            "The provider is paid by the ticket: every further ticket earns it money, "
            "a duplicate as much as any other."
        )
    if billing == "per_user":
        return page.language(
            "The provider is paid by the user: more tickets earn it nothing, and cost it time."
        )
    if billing is None:
        return page.language("How the provider is paid is not stated, nor what more tickets earn it.")
    return page.language(
        "The fee is fixed: more tickets earn the provider nothing, and what they cost is its time and ours."
    )


def chart_who(page: Page) -> str:
    """How many of the tickets were opened by people who may not."""
    opened, others = page.one("requests.opened"), page.one("requests.unauthorised_tickets")
    if not opened.raw.value or others.raw.value is None:
        return page.language("Who opened the tickets")
    return page.language.plural(
        "{others} of {opened} tickets was opened by somebody who is not on the board's list",
        "{others} of {opened} tickets were opened by people who are not on the board's list",
        others.raw.value,
        others=others.value,
        opened=opened.value,
    )


def chart_months(page: Page, *, first: str, month: str, target: str, change: float) -> str:
    """How many tickets people opened who may not, this month and in the first."""
    others = page.one("requests.unauthorised_tickets")
    if others.raw.value is None or not first:
        return page.language("Tickets each month by people who are not on the board's list")
    if change > 0:
        return page.language(
            "{value} tickets by people who are not on the board's list, up from {first} in {month}",
            first=first,
            month=month,
            **others,
        )
    if change < 0:
        return page.language(
            "{value} tickets by people who are not on the board's list, down from {first} in {month}",
            first=first,
            month=month,
            **others,
        )
    return page.language(
        "{value} tickets by people who are not on the board's list, as many as in {month}",
        month=month,
        **others,
    )


def todo(page: Page) -> list[str | None]:
    """A decision on who may ask, names with every ticket, and instructions for what is asked again and again."""
    others, unknown = page.one("requests.unauthorised_tickets"), page.one("requests.unknown_tickets")
    learn, opened = page.one("requests.training_tickets"), page.one("requests.opened")
    nobody = bool(opened.raw.value) and others.raw.value is None
    return [
        page.language("Decide who may open tickets, and write it into strategy.yaml.") if nobody else None,
        page.language(
            "Decide whether everybody may open tickets; if not, tell the provider to accept them only from those on "
            "the list."
        )
        if others.raw.value
        else None,
        page.language("Ask the provider to note with every ticket who asked.") if unknown.raw.value else None,
        page.language("Ask the provider for instructions on what is asked most.")
        if learn.raw.value
        else None,
    ]
