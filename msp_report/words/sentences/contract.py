"""What the pages on the contract say, of a month and of a year."""

from __future__ import annotations

from collections.abc import Mapping

from msp_report.params import NOTICE_DAYS
from msp_report.words.sentences.said import Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """What is owed, what can still be claimed, what leaving would cost, and when notice must be given."""
    return [
        paragraph(_owed(page), _at_risk(page)),
        paragraph(_unclaimed(page), _lost(page)),
        _leave(page),
        paragraph(_reachable(page), _restorable(page)),
        _notice(page),
    ]


def _owed(page: Page) -> str:
    owed = page.one("contract.credit_owed")
    if owed.raw.value is None:
        return _not_told(page, owed)
    if owed.raw.value:
        return page.language(
            "The provider owes {value} in service credits for {period}.", period=page.period, **owed
        )
    return page.language("The provider owes no service credits for {period}.", period=page.period)


def _at_risk(page: Page) -> str | None:
    """What would be owed if what is unknown were against the provider; the same as is owed, no sentence (rule 50)."""
    owed, at_risk = page.one("contract.credit_owed"), page.one("contract.credit_at_risk")
    if at_risk.raw.value is None or at_risk.raw.value == owed.raw.value:
        return None
    return page.language("It would owe {value} if everything that is not known were against it.", **at_risk)


def _not_told(page: Page, owed: Said) -> str:
    return page.language(
        "We cannot tell what the provider owes for missed levels in {period}: {why_missing}.",
        period=page.period,
        **owed,
    )


def _unclaimed(page: Page) -> str | None:
    unclaimed = page.one("contract.credit_unclaimed")
    if not unclaimed.raw.value:
        return None
    return page.language("{value} in credits, older ones included, can still be claimed.", **unclaimed)


def _lost(page: Page) -> str | None:
    lost = page.one("contract.credit_expired")
    if not lost.raw.value:
        return None
    return page.language("{value} of earlier months was never claimed in time and is lost.", **lost)


def _leave(page: Page) -> str:
    leave = page.one("contract.exit_cost")
    if leave.raw.value is None:
        return page.language("We cannot tell what leaving would cost: {why_missing}.", **leave)
    return page.language("To leave at the end of {period} would cost {value}.", period=page.period, **leave)


def _reachable(page: Page) -> str | None:
    reach = page.one("contract.not_reachable")
    if not reach.raw.value:
        return None
    return page.language(
        "Nobody has proved that we can reach {value} of {n} systems and accounts without the provider.",
        **reach,
    )


def _restorable(page: Page) -> str | None:
    restore = page.one("contract.not_restorable")
    if not restore.raw.value:
        return None
    return page.language(
        "Nobody has proved that {value} of {n} systems that need a backup can be restored.", **restore
    )


def _notice_by(page: Page, notice: Said) -> str:
    """The last day to give notice: days are counted from the last day of the period."""
    return page.after((notice.raw.value or 0) - 1)


def _notice(page: Page) -> str | None:
    notice = page.one("contract.days_to_notice")
    if notice.raw.value is None or notice.raw.value > NOTICE_DAYS:
        return None
    if notice.raw.value < 0:
        return page.language("The last day to give notice for the end of the term has passed.")
    return page.language(
        "The last day to give notice for the end of the term is {day}.", day=_notice_by(page, notice)
    )


def todo(page: Page) -> list[str | None]:
    """Credits to claim, access to get, restores to see, and a notice to decide on."""
    unclaimed, notice = page.one("contract.credit_unclaimed"), page.one("contract.days_to_notice")
    reach, restore = page.one("contract.not_reachable"), page.one("contract.not_restorable")
    near = notice.raw.value is not None and 0 <= notice.raw.value <= NOTICE_DAYS
    return [
        page.language(
            "Claim {value} in credits before it is lost: the page Meeting has the last days, and a letter to send.",
            **unclaimed,
        )
        if unclaimed.raw.value
        else None,
        page.language("Decide by {day} whether to give notice.", day=_notice_by(page, notice))
        if near
        else None,
        page.language.plural(
            "Have the provider hand over access to {value} system or account, and try it.",
            "Have the provider hand over access to {value} systems and accounts, and try each.",
            reach.raw.value,
            **reach,
        )
        if reach.raw.value
        else None,
        page.language.plural(
            "Have {value} system restored once without the provider.",
            "Have {value} systems restored once without the provider, the critical ones first.",
            restore.raw.value,
            **restore,
        )
        if restore.raw.value
        else None,
    ]


def chart_credits(page: Page, *, became: Mapping[str, float]) -> str:
    """What became of the credits of all months: `became`, the money of each part."""
    said = {
        name: page.number(float(became.get(part, 0)), "money")
        for name, part in (("owed", "owed for missed levels"), ("left", "still to come"), ("lost", "lost"))
    }
    if became.get("lost") and became.get("still to come"):
        return page.language("Of {owed} in credits {left} is still to come, and {lost} is lost", **said)
    if became.get("lost"):
        return page.language("Of {owed} in credits {lost} is lost", **said)
    if became.get("still to come"):
        return page.language("Of {owed} in credits {left} is still to come", **said)
    return page.language("What became of the service credits")


def credit_owed_plain(f: Said) -> str | None:
    """A credit that is owed; none, no sentence."""
    if not f.raw.value:
        return None
    if f.subject:
        return f.language("The provider owes {value} for {subject} in service credits.", **f)
    return f.language("The provider owes {value} in service credits.", **f)


def exit_cost_plain(f: Said) -> str | None:
    """What leaving costs; not known, no sentence."""
    return (
        f.language("To leave at the end of the month would cost {value}.", **f)
        if f.raw.value is not None
        else None
    )


def opening_year(page: Page) -> list[str | None]:
    """What is owed for the year and what became of it, purchases that do not agree, and what outages cost."""
    return [_owed_year(page), _granted_year(page), _stake_year(page), _outages_year(page)]


def _owed_year(page: Page) -> str:
    owed, levels = page.one("contract.year_owed"), page.one("contract.year_credits")
    if owed.raw.value is None:
        return _not_told(page, owed)
    if owed.raw.value:
        return page.language.plural(
            "For {levels} missed level in {period} the provider owes {owed} in service credits.",
            "For {levels} missed levels in {period} the provider owes {owed} in service credits.",
            levels.raw.value or 0,
            levels=levels.value,
            period=page.period,
            owed=owed.value,
        )
    return page.language(
        "As far as there is data, the provider owes no service credits for {period}.", period=page.period
    )


def _granted_year(page: Page) -> str | None:
    granted, coming = page.one("contract.year_credited"), page.one("contract.year_open")
    lost = page.one("contract.year_lost")
    parts = [
        page.language("{value} was granted", **granted) if granted.raw.value else None,
        page.language("{value} may still come", **coming) if coming.raw.value else None,
        page.language("{value} was never claimed in time and is lost", **lost) if lost.raw.value else None,
    ]
    if not any(parts):
        return None
    return page.language("Of it {parts}.", parts=", ".join(filter(None, parts)))


def _stake_year(page: Page) -> str | None:
    stake = page.one("contract.year_at_stake")
    if not stake.raw.value:
        return None
    return page.language(
        "Purchases for {value} did not agree with their documents in the month in which they were invoiced.",
        **stake,
    )


def _outages_year(page: Page) -> str | None:
    return outages(page.one("contract.year_user_hours"), page.one("contract.year_user_cost"))


def outages(hours: Said, cost: Said) -> str | None:
    """What outages cost the client's own people; nothing, no sentence."""
    if not hours.raw.value:
        return None
    if cost.raw.value:
        return hours.language(
            "Outages cost our people {hours} of work, worth {cost}.", hours=hours.value, cost=cost.value
        )
    return hours.language("Outages cost our people {hours} of work.", hours=hours.value)
