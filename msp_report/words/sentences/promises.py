"""What the page on all promises says: what changed, and what is not as usual."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, joined


def opening(page: Page) -> list[str | None]:
    """Which verdicts changed, for how many there is no evidence any more, and how many agreed figures are worse than
    usual; from the figures of page one."""
    return [_changed(page), _lost(page), _worse_than_usual(page)]


def _lost(page: Page) -> str | None:
    lost, own = page.one("scorecard.evidence_lost"), page.one("scorecard.own_evidence_lost")
    if not lost.raw.value:
        return None
    told = page.language.plural(
        "{value} verdict of the last pack was lost: there is no evidence for it any more",
        "{value} verdicts of the last pack were lost: there is no evidence for them any more",
        lost.raw.value,
        **lost,
    )
    return joined(", ".join(filter(None, (told, _of_own(page, own)))))


def _worse_than_usual(page: Page) -> str | None:
    """How many agreed figures left their usual course for the worse; none, no sentence (rule 21)."""
    worse = page.one("scorecard.signals_worse")
    if not worse.raw.value:
        return None
    return page.language.plural(
        "Of {n} agreed figures with at least six earlier months, {value} is worse than usual.",
        "Of {n} agreed figures with at least six earlier months, {value} are worse than usual.",
        worse.raw.value,
        **worse,
    )


def _of_own(page: Page, own: Said) -> str | None:
    return page.language("{value} of them on our own rules", **own) if own.raw.value else None


def _changed(page: Page) -> str | None:
    worse, better = page.one("scorecard.worse"), page.one("scorecard.better")
    if worse.raw.value is None or page.one("scorecard.met").raw.value is None:
        return None
    if not worse.raw.value and not better.raw.value:
        if page.one("scorecard.evidence_lost").raw.value:
            return None
        return page.language("No verdict changed since the last pack.")
    ends = (
        page.language.plural(
            "{value} verdict became worse", "{value} verdicts became worse", worse.raw.value, **worse
        )
        if worse.raw.value
        else page.language("none became worse"),
        _of_own(page, page.one("scorecard.own_worse")),
        page.language("{value} became better", **better)
        if better.raw.value
        else page.language("none became better"),
        _of_own(page, page.one("scorecard.own_better")),
    )
    return page.language("Since the last pack {turns}.", turns=", ".join(filter(None, ends)))
