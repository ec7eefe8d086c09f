"""What the page on sources says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page


def opening(page: Page) -> list[str | None]:
    """How much came, how much of it could not be used, and how much is the provider's own word."""
    accepted, rejected = page.one("sources.accepted"), page.one("sources.rejected_ratio")
    if accepted.raw.value is None:
        unknown = page.language(
            "We do not know what exports came for {period}: {why_missing}.", period=page.period, **accepted
        )
        return [unknown]
    came = page.language.plural(
        "{n} file with {value} usable rows came for {period}.",
        "{n} files with {value} usable rows came for {period}.",
        accepted.raw.n or 0,
        period=page.period,
        **accepted,
    )
    lost = (
        page.language("{part} of {n} rows could not be used ({value}).", **rejected)
        if rejected.raw.value
        else None
    )
    own = page.one("sources.share", "provider")
    whose = (
        page.language("{value} of the usable rows are the provider's own word.", **own)
        if own.raw.value
        else None
    )
    return [came, lost, whose]
