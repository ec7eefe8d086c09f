"""What the page on licences says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """What is used beyond what was bought, keys used too often, and licences without a receipt."""
    return [_position(page), _keys(page), _bare(page)]


def _position(page: Page) -> str:
    each = page.all("licences.position")
    missed = page.all("licences.position", "missed")
    unclear = page.all("licences.position", "no_data", "no_verdict")
    if not each:
        return page.language(
            "We know of no licences and no installed copies in {period}.",
            period=page.period,
        )
    if missed:
        return page.language(
            "{missed} of {all} products are used beyond what was bought with a receipt: {products}.",
            missed=len(missed),
            all=len(each),
            products=page.subjects(missed),
        )
    if unclear:
        return page.language(
            "We cannot tell for {unclear} of {all} products whether there is a licence for every copy: {products}.",
            unclear=len(unclear),
            all=len(each),
            products=page.subjects(unclear),
        )
    return page.language("There is a licence with a receipt for every copy that is known.")


def _keys(page: Page) -> str | None:
    keys = page.one("licences.keys_reused")
    if not keys.raw.value:
        return None
    return page.language.plural(
        "{value} key is on more devices than it was bought for.",
        "{value} keys are on more devices than they were bought for.",
        keys.raw.value,
        **keys,
    )


def _bare(page: Page) -> str | None:
    bare = page.one("licences.unreceipted")
    if not bare.raw.value:
        return None
    return page.language.plural(
        "{value} licence that we are said to own has no receipt.",
        "{value} licences that we are said to own have no receipt.",
        bare.raw.value,
        **bare,
    )


def todo(page: Page) -> list[str | None]:
    """Licences to buy or copies to remove, and receipts to ask for."""
    short = [f for f in page.all("licences.position", "missed") if f.raw.value < 0]
    bare, keys = page.one("licences.unreceipted"), page.one("licences.keys_reused")
    unclear = page.all("licences.position", "no_data", "no_verdict")
    return [
        page.language(
            "Get the lists that show whether there is a licence for every copy of {products}: licences, receipts, and "
            "what is installed.",
            products=page.subjects(unclear),
        )
        if unclear
        else None,
        page.language(
            "Decide whether to buy the licences that we lack or to have copies removed: {products}.",
            products=page.subjects(short),
        )
        if short
        else None,
        page.language("Ask the provider who installed more copies than were bought, and why.")
        if short or keys.raw.value
        else None,
        page.language.plural(
            "Ask the provider for the vendor's receipt of {value} licence that it says we own.",
            "Ask the provider for the vendor's receipt of {value} licences that it says we own.",
            bare.raw.value,
            **bare,
        )
        if bare.raw.value
        else None,
    ]


def chart_position(page: Page) -> str:
    """Licences left over or short: how many are short in all."""
    short = page.one("licences.short")
    if short.raw.value:
        return page.language.plural(
            "We lack {value} licence for what is in use",
            "We lack {value} licences for what is in use",
            short.raw.value,
            **short,
        )
    if page.all("licences.position", "met") and not page.all("licences.position", "no_data", "no_verdict"):
        return page.language("No product is short of licences")
    return page.language("Licences left over, or short")


def position_missed(f: Said) -> str:
    """More copies than licences, or a key on too many devices."""
    if f.raw.value >= 0:
        return f.language("A key of {subject} is on more devices than it was bought for.", **f)
    return f.language.plural(
        "We lack {size} licence of {subject}: more is in use than was bought with a receipt.",
        "We lack {size} licences of {subject}: more is in use than was bought with a receipt.",
        -f.raw.value,
        **f,
    )


def position_met(f: Said) -> str:
    """A licence for every copy."""
    return f.language("Every copy of {subject} has a licence with a receipt.", **f)


def position_no_verdict(f: Said) -> str:
    """Copies or licences cannot be counted."""
    if f.raw.why_missing:
        return f.language(
            "We cannot tell whether there are enough licences of {subject} ({why_missing}).", **f
        )
    return f.language("We cannot tell whether there are enough licences of {subject}.", **f)


def position_no_data(f: Said) -> str:
    """Copies or licences are not listed."""
    return f.language("We cannot judge the licences of {subject}: {why_missing}.", **f)
