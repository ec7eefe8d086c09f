"""What page one says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, joined


def opening(page: Page) -> list[str | None]:
    """How many targets were met, which verdicts changed, and for how many there is no evidence any more."""
    return [_targets(page), _changed(page), _lost(page)]


def _targets(page: Page) -> str:
    met, missed, unjudged = (
        page.one("scorecard.met"),
        page.one("scorecard.missed"),
        page.one("scorecard.unjudged"),
    )
    if met.raw.value is None:
        return page.language(
            "There is no pack of {period} yet, so there is nothing to sum up: make the month's pack first.",
            period=page.period,
        )
    if not met.raw.n:
        return page.language(
            "Nothing that this pack shows for {period} has an agreed target, "
            "so nothing can be called met or missed.",
            period=page.period,
        )
    if missed.raw.value == 0 and unjudged.raw.value == 0:
        return page.language("All {n} agreed targets were met in {period}.", period=page.period, **met)
    late = page.language.plural("{value} was missed", "{value} were missed", missed.raw.value or 0, **missed)
    return joined(
        page.language("{value} of {n} agreed targets were met in {period}", period=page.period, **met),
        late if missed.raw.value else None,
        page.language("{value} cannot be judged", **unjudged) if unjudged.raw.value else None,
    )


def _lost(page: Page) -> str | None:
    lost = page.one("scorecard.evidence_lost")
    if not lost.raw.value:
        return None
    return page.language.plural(
        "{value} verdict of the last pack was lost: there is no evidence for it any more.",
        "{value} verdicts of the last pack were lost: there is no evidence for them any more.",
        lost.raw.value,
        **lost,
    )


def _changed(page: Page) -> str | None:
    worse, better = page.one("scorecard.worse"), page.one("scorecard.better")
    if worse.raw.value is None or page.one("scorecard.met").raw.value is None:
        return None
    if worse.raw.value and better.raw.value:
        return page.language.plural(
            "Since the last pack {worse} verdict became worse and {better} better.",
            "Since the last pack {worse} verdicts became worse and {better} better.",
            worse.raw.value,
            worse=worse.value,
            better=better.value,
        )
    if worse.raw.value:
        return page.language.plural(
            "Since the last pack {value} verdict became worse and none better.",
            "Since the last pack {value} verdicts became worse and none better.",
            worse.raw.value,
            **worse,
        )
    if better.raw.value:
        return page.language.plural(
            "Since the last pack {value} verdict became better and none worse.",
            "Since the last pack {value} verdicts became better and none worse.",
            better.raw.value,
            **better,
        )
    if page.one("scorecard.evidence_lost").raw.value:
        return None
    return page.language("No verdict changed since the last pack.")


def actions_overdue_plain(f: Said) -> str | None:
    """Decisions that nobody carried out in time; none, no sentence."""
    if not f.raw.value:
        return None
    return f.language.plural(
        "{value} of {n} decisions of the board that are not carried out is overdue.",
        "{value} of {n} decisions of the board that are not carried out are overdue.",
        f.raw.value,
        **f,
    )


def opinions_overdue_plain(f: Said) -> str | None:
    """Whether opinions on the provider hold; where all do, no sentence."""
    if f.raw.value is None:
        return f.language("Whether anybody outside has judged the provider is not known: {why_missing}.", **f)
    if not f.raw.n:
        return f.language("Nobody outside has judged the provider.")
    if not f.raw.value:
        return None
    return f.language.plural(
        "{value} of {n} outside opinions has run out, or comes from somebody with an interest.",
        "{value} of {n} outside opinions have run out, or come from somebody with an interest.",
        f.raw.value,
        **f,
    )
