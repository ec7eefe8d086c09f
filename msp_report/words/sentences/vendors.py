"""What the page on vendors says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, joined, paragraph


def opening(page: Page) -> list[str | None]:
    """Who is tied to the provider and was not named, or named late, and who is in no register."""
    return [_tied(page), paragraph(_late(page), _unregistered(page))]


def _tied(page: Page) -> str:
    hidden, money = page.one("vendors.undisclosed"), page.one("vendors.undisclosed_invoiced")
    tied = page.one("vendors.tied")
    if hidden.raw.value is None:
        return page.language(
            "We do not know which vendors are tied to the provider: {why_missing}.", **hidden
        )
    if hidden.raw.value:
        paid = page.language("{money} was invoiced so far", money=money.value)
        return joined(
            page.language.plural(
                "{value} vendor has a tie to the provider that nobody told us of",
                "{value} vendors have ties to the provider that nobody told us of",
                hidden.raw.value,
                **hidden,
            ),
            paid if money.raw.value else None,
        )
    if tied.raw.value:
        return page.language.plural(
            "{value} vendor is tied to the provider, and we were told.",
            "{value} vendors are tied to the provider, and we were told of each.",
            tied.raw.value,
            **tied,
        )
    return page.language("No vendor in the register is tied to the provider.")


def _late(page: Page) -> str | None:
    late = page.one("vendors.disclosed_late")
    if not late.raw.value:
        return None
    return page.language.plural(
        "We were told of {value} tie only after the vendor had been recommended.",
        "We were told of {value} ties only after the vendors had been recommended.",
        late.raw.value,
        **late,
    )


def _unregistered(page: Page) -> str | None:
    unregistered = page.one("vendors.unregistered")
    if not unregistered.raw.value:
        return None
    return page.language.plural(
        "{value} vendor we were referred to or paid is in no register.",
        "{value} vendors we were referred to or paid are in no register.",
        unregistered.raw.value,
        **unregistered,
    )


def todo(page: Page) -> list[str | None]:
    """A word in writing on each tie, and a second opinion on the advice."""
    hidden, unregistered = page.one("vendors.undisclosed"), page.one("vendors.unregistered")
    return [
        page.language(
            "Ask the provider to tell us in writing of every tie to a vendor, and what it earns by it."
        )
        if hidden.raw.value or hidden.raw.value is None
        else None,
        page.language(
            "Have somebody independent look at its advice to buy from these vendors before we order again."
        )
        if hidden.raw.value
        else None,
        page.language.plural(
            "Enter {value} vendor into the register, with its tie to the provider or that there is none.",
            "Enter {value} vendors into the register, each with its tie to the provider or that there is none.",
            unregistered.raw.value,
            **unregistered,
        )
        if unregistered.raw.value
        else None,
    ]


def chart_ties(page: Page) -> str:
    """What vendors tied to the provider invoiced: how much of it went to ties that nobody told us of."""
    hidden, money = page.one("vendors.undisclosed"), page.one("vendors.undisclosed_invoiced")
    if hidden.raw.value and money.raw.value:
        return page.language("Vendors with ties that nobody told us of invoiced {value}", **money)
    if hidden.raw.value == 0:
        return page.language("What vendors tied to the provider invoiced; we were told of each tie")
    return page.language("What vendors tied to the provider invoiced so far")


def undisclosed_missed(f: Said) -> str:
    """Ties that nobody was told of."""
    return f.language.plural(
        "{value} of {n} vendors tied to the provider was never disclosed.",
        "{value} of {n} vendors tied to the provider were never disclosed.",
        f.raw.value,
        **f,
    )


def undisclosed_met(f: Said) -> str:
    """Every tie was disclosed, or there is none."""
    if f.raw.n:
        return f.language("Every tie between the provider and a vendor was disclosed.")
    return f.language("No vendor is tied to the provider.")


def undisclosed_no_verdict(f: Said) -> str:
    """A row of the register that could not be read may tell of a tie."""
    if f.raw.why_missing:
        return f.language(
            "We do not know whether every tie to the provider was disclosed: {why_missing}.", **f
        )
    return f.language("We do not know whether every tie to the provider was disclosed.")


def undisclosed_no_data(f: Said) -> str:
    """No register."""
    return f.language("We do not know which vendors are tied to the provider ({why_missing}).", **f)
