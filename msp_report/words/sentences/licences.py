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
            "No licences and no installed copies are known for {period}, so nothing can be said of them.",
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
            "Whether there is a licence for every copy cannot be told for {unclear} of {all} products: {products}.",
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
        "For {value} licence that is said to be owned there is no receipt.",
        "For {value} licences that are said to be owned there is no receipt.",
        bare.raw.value,
        **bare,
    )


def position_missed(f: Said) -> str:
    """More copies than licences, or a key on too many devices."""
    if f.raw.value >= 0:
        return f.language("{subject}: a key is on more devices than it was bought for.", **f)
    return f.language.plural(
        "{subject}: {size} more is in use than there are licences with a receipt.",
        "{subject}: {size} more are in use than there are licences with a receipt.",
        -f.raw.value,
        **f,
    )


def position_met(f: Said) -> str:
    """A licence for every copy."""
    return f.language("{subject}: every copy has a licence with a receipt.", **f)


def position_no_verdict(f: Said) -> str:
    """Copies or licences cannot be counted."""
    if f.raw.why_missing:
        return f.language("{subject}: whether there are enough licences cannot be told ({why_missing}).", **f)
    return f.language("{subject}: whether there are enough licences cannot be told.", **f)


def position_no_data(f: Said) -> str:
    """Copies or licences are not listed."""
    return f.language("{subject}: {why_missing}.", **f)
