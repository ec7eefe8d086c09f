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
        return page.language("Who opens tickets is not known: {why_missing}.", **opened)
    places = {"opened": opened.value, "others": others.value, "period": page.period}
    if opened.raw.value == 0:
        return page.language("No ticket was opened in {period}.", **places)
    if others.raw.value is None:
        return page.language(
            "Nobody has been named who may open tickets, so {opened} tickets of {period} cannot be told apart.",
            **places,
        )
    if others.raw.value == 0:
        return page.language(
            "Everyone known who opened one of the {opened} tickets of {period} may do so.", **places
        )
    if cost.raw.value is not None:
        return page.language(
            "{others} of {opened} tickets of {period} were opened by people who are not on the board's list; "
            "they cost {cost}.",
            cost=cost.value,
            **places,
        )
    if hours.raw.value is not None:
        return page.language(
            "{others} of {opened} tickets of {period} were opened by people who are not on the board's list; "
            "they took {hours}.",
            hours=hours.value,
            **places,
        )
    return page.language(
        "{others} of {opened} tickets of {period} were opened by people who are not on the board's list.",
        **places,
    )


def _needless(page: Page) -> str | None:
    opened, unknown = page.one("requests.opened"), page.one("requests.unknown_tickets")
    twice, learn = page.one("requests.duplicate_tickets"), page.one("requests.training_tickets")
    if not opened.raw.value:
        return None
    if learn.raw.value is None:
        return page.language(
            "{unknown} without a requester, {twice} like one that was still open: these overlap.",
            unknown=unknown.value,
            twice=twice.value,
        )
    return page.language(
        "{unknown} without a requester, {twice} like one that was still open, "
        "{learn} asking how something is done: these overlap.",
        unknown=unknown.value,
        twice=twice.value,
        learn=learn.value,
    )


def _earned(page: Page) -> str:
    billing = page.contract.provider.billing
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
