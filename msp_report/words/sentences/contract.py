"""What the pages on the contract say, of a month and of a year."""

from __future__ import annotations

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
    return page.language(
        "It would be {value} if everything that is not known were against the provider.", **at_risk
    )


def _not_told(page: Page, owed: Said) -> str:
    return page.language(
        "What the provider owes for missed levels in {period} cannot be told: {why_missing}.",
        period=page.period,
        **owed,
    )


def _unclaimed(page: Page) -> str | None:
    unclaimed = page.one("contract.credit_unclaimed")
    if not unclaimed.raw.value:
        return None
    return page.language(
        "{value}, older credits included, can still be claimed and has not been.", **unclaimed
    )


def _lost(page: Page) -> str | None:
    lost = page.one("contract.credit_expired")
    if not lost.raw.value:
        return None
    return page.language("{value} from earlier months was never claimed and is lost.", **lost)


def _leave(page: Page) -> str:
    leave = page.one("contract.exit_cost")
    if leave.raw.value is None:
        return page.language("What leaving would cost cannot be told: {why_missing}.", **leave)
    return page.language("To leave today would cost {value}.", **leave)


def _reachable(page: Page) -> str | None:
    reach = page.one("contract.not_reachable")
    if not reach.raw.value:
        return None
    return page.language(
        "{value} of {n} systems and accounts are not proved to be reachable without the provider.", **reach
    )


def _restorable(page: Page) -> str | None:
    restore = page.one("contract.not_restorable")
    if not restore.raw.value:
        return None
    return page.language(
        "{value} of {n} systems that need a backup are not proved to be restorable.", **restore
    )


def _notice(page: Page) -> str | None:
    notice = page.one("contract.days_to_notice")
    if notice.raw.value is None or notice.raw.value > NOTICE_DAYS:
        return None
    if notice.raw.value < 0:
        return page.language("The last day to give notice for the end of the term has passed.")
    return page.language("Notice must be given within {value}.", **notice)


def credit_owed_plain(f: Said) -> str | None:
    """A credit that is owed; none, no sentence."""
    if not f.raw.value:
        return None
    if f.subject:
        return f.language("The provider owes {value} for {subject} in service credits.", **f)
    return f.language("The provider owes {value} in service credits.", **f)


def exit_cost_plain(f: Said) -> str | None:
    """What leaving costs; not known, no sentence."""
    return f.language("To leave today would cost {value}.", **f) if f.raw.value is not None else None


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
