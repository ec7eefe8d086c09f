"""What the page on alternatives says."""

from __future__ import annotations

from collections.abc import Iterable

from msp_report.words.sentences.said import Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """How the work has changed, what it would cost elsewhere, and what nobody has asked."""
    bare, unasked, old = (
        page.one("alternatives.unsupported"),
        page.one("alternatives.unasked"),
        page.one("alternatives.old"),
    )
    return [
        _trend(page),
        _costs(page),
        paragraph(unasked_plain(unasked), old_plain(old), unsupported_plain(bare)),
    ]


def _trend(page: Page) -> str:
    volume = page.one("alternatives.volume_change")
    if volume.raw.value is None:
        return page.language(
            "Whether more is asked of the provider than a year ago cannot be seen: {why_missing}.", **volume
        )
    if volume.raw.low is None:
        return page.language("Tickets changed by {size} a year, with no limits to it.", **volume)
    kept = _kept(page)
    if kept is None:
        return page.language(
            "{tickets}; whether fewer are solved in time cannot be seen.", tickets=_volume(volume)
        )
    return page.language("{tickets}, and {kept}.", tickets=_volume(volume), kept=kept)


def _volume(volume: Said) -> str:
    if volume.raw.low > 0:
        return volume.language("Tickets grew at a pace of {value} a year ({low} to {high})", **volume)
    if volume.raw.high < 0:
        return volume.language("Tickets became fewer at a pace of {size} a year", **volume)
    return volume.language("Tickets neither grew nor became fewer by more than chance")


def _kept(page: Page) -> str | None:
    kept = page.one("alternatives.attainment_change")
    if kept.raw.value is None or kept.raw.low is None:
        return None
    if kept.raw.high < 0:
        return page.language("the share solved in time fell at a pace of {size} a year", **kept)
    if kept.raw.low > 0:
        return page.language("the share solved in time rose")
    return page.language("the share solved in time did not change by more than chance")


def _costs(page: Page) -> str:
    known = [f for f in page.all("alternatives.saving") if f.raw.value is not None]
    less = [f for f in known if f.raw.low > 0]
    more = [f for f in known if f.raw.low <= 0 and f.raw.high < 0]
    depends = [f for f in known if f.raw.low <= 0 <= f.raw.high]
    if not known:
        return page.language(
            "What any function would cost in house or elsewhere is not known: "
            "no function has both a quote and a share of the fee."
        )
    return paragraph(
        page.language(
            "Less would be paid elsewhere, even with the price of leaving, for {functions}.",
            functions=_each(page.language("{subject} ({size} a year)", **f) for f in less),
        )
        if less
        else None,
        page.language(
            "More would be paid elsewhere, before any price of leaving, for {functions}.",
            functions=_each(page.language("{subject} ({size} a year)", **f) for f in more),
        )
        if more
        else None,
        page.language(
            "It hangs on the price of leaving, or on which quote is right, for {functions}.",
            functions=_each(_either(f) for f in depends),
        )
        if depends
        else None,
    )


def _either(f: Said) -> str:
    if f.raw.value > 0:
        return f.language("{subject} ({size} a year less before leaving)", **f)
    return f.language("{subject} ({size} a year more before leaving)", **f)


def _each(functions: Iterable[str]) -> str:
    return ", ".join(functions)


def unsupported_plain(f: Said) -> str | None:
    """Work that the provider cannot show it can do; none, no sentence."""
    if not f.raw.value:
        return None
    return f.language.plural(
        "Work of the year lies in {value} field that the provider has no part in, or has shown nothing for.",
        "Work of the year lies in {value} fields that the provider has no part in, or has shown nothing for.",
        f.raw.value,
        **f,
    )


def unasked_plain(f: Said) -> str | None:
    """Functions without a quote; none, no sentence."""
    if not f.raw.value:
        return None
    return f.language("Nobody has asked what {value} of {n} functions would cost elsewhere.", **f)


def old_plain(f: Said) -> str | None:
    """Quotes that no longer count; none, no sentence."""
    if not f.raw.value:
        return None
    return f.language.plural(
        "{value} of {n} quotes is more than a year old, or without a date.",
        "{value} of {n} quotes are more than a year old, or without a date.",
        f.raw.value,
        **f,
    )


def saving_plain(f: Said) -> str | None:
    """What a function would cost elsewhere; not known, no sentence."""
    if f.raw.value is None:
        return None
    if f.raw.value > 0:
        return f.language(
            "{subject} would cost {size} a year less elsewhere, before the price of leaving.", **f
        )
    return f.language("{subject} would cost {size} a year more elsewhere, before the price of leaving.", **f)
