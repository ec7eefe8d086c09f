"""What the page for the meeting with the provider says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """What we ask for, what we claim and hold, which evidence we need, and what was carried out."""
    asks = page.one("meeting.asks")
    if asks.raw.value is None:
        return [page.language("We do not know what to ask for: {why_missing}.", **asks)]
    return [
        _asks(page, asks),
        paragraph(_claim(page), _hold(page), _cannot_tell(page)),
        _needed(page),
        _late(page),
    ]


def _asks(page: Page, asks: Said) -> str:
    if not asks.raw.value:
        return page.language(
            "Of what was agreed or stated for {period}, nothing is known to be missed.", period=page.period
        )
    return page.language.plural(
        "{value} point was missed in {period}, {n} of it promised, and has to be put right.",
        "{value} points were missed in {period}, {n} of them promised, and have to be put right.",
        asks.raw.value,
        period=page.period,
        **asks,
    )


def _claim(page: Page) -> str | None:
    claim = page.one("meeting.claim")
    if claim.raw.value is None:
        return page.language("We do not know what we can claim: {why_missing}.", **claim)
    if not claim.raw.value:
        return None
    return page.language("We claim {value} in service credits.", **claim)


def _hold(page: Page) -> str | None:
    hold = page.one("meeting.hold")
    if not hold.raw.n:
        return None
    if hold.raw.value is None:
        return page.language.plural(
            "We hold {n} unpaid invoice ({why_missing}).",
            "We hold {n} unpaid invoices ({why_missing}).",
            hold.raw.n,
            **hold,
        )
    return page.language.plural(
        "We hold {n} unpaid invoice of {value}.",
        "We hold {n} unpaid invoices of {value}.",
        hold.raw.n,
        **hold,
    )


def _cannot_tell(page: Page) -> str | None:
    unsure = page.one("meeting.cannot_tell")
    if not unsure.raw.n:
        return None
    return page.language.plural(
        "{n} more invoice cannot be judged yet.",
        "{n} more invoices cannot be judged yet.",
        unsure.raw.n,
        **unsure,
    )


def _needed(page: Page) -> str | None:
    needed = page.one("meeting.needed")
    if not needed.raw.value:
        return None
    things = page.language.plural(
        "{value} piece of evidence is still missing.",
        "{value} pieces of evidence are still missing.",
        needed.raw.value,
        **needed,
    )
    waiting = page.language.plural(
        "{n} promise cannot be judged for want of evidence.",
        "{n} promises cannot be judged for want of evidence.",
        needed.raw.n or 0,
        **needed,
    )
    return paragraph(things, waiting if needed.raw.n else None)


def _late(page: Page) -> str | None:
    late = page.one("meeting.late")
    if not late.raw.value:
        return None
    return page.language.plural(
        "{value} of {n} decisions of the board is late.",
        "{value} of {n} decisions of the board are late.",
        late.raw.value,
        **late,
    )
