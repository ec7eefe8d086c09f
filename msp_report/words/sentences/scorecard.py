"""What page one says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, joined, paragraph


def opening(page: Page) -> list[str | None]:
    """Whether the provider kept its promises, and apart from them how our own rules stand (rule 49)."""
    return [_promises(page), paragraph(_unjudged(page), _own(page))]


def _promises(page: Page) -> str:
    """How many promises were missed of those that can be judged, and how many the month before."""
    met, missed, idle = (page.one(f"scorecard.{name}") for name in ("met", "missed", "idle"))
    if met.raw.value is None:
        return page.language(
            "There is no pack of {period} yet, so there is nothing to sum up: make the month's pack first.",
            period=page.period,
        )
    if not met.raw.n and idle.raw.value:
        return page.language.plural(
            "The one promise of the provider had nothing to judge in {period}.",
            "None of the provider's {n} promises had anything to judge in {period}.",
            idle.raw.n or 0,
            period=page.period,
            **idle,
        )
    if not met.raw.n:
        return page.language(
            "Nothing that this pack shows for {period} has an agreed target, so nothing can be called met or missed.",
            period=page.period,
        )
    judged = page.one("scorecard.judged")
    if not judged.raw.value:
        return page.language.plural(
            "The one promise of the provider for {period} cannot be judged.",
            "None of the provider's {n} promises for {period} can be judged.",
            met.raw.n,
            period=page.period,
            **met,
        )
    told, last = _missed(page, missed, judged), page.one("scorecard.last_missed")
    most = page.one("scorecard.most_missed")
    if most.raw.value is not None and last.raw.n:
        return page.language(
            "{told}, the most in {value} months (the month before: {last}).",
            told=told,
            last=last.value,
            **most,
        )
    if last.raw.n:
        return page.language("{told} (the month before: {last}).", told=told, last=last.value)
    return page.language("{told}.", told=told)


def _missed(page: Page, missed: Said, judged: Said) -> str:
    if not missed.raw.value:
        return page.language.plural(
            "In {period} the provider kept the one promise that can be judged",
            "In {period} the provider kept all {value} promises that can be judged",
            judged.raw.value or 0,
            period=page.period,
            **judged,
        )
    return page.language.plural(
        "In {period} the provider missed the one promise that can be judged",
        "In {period} the provider missed {value} of the {judged} promises that can be judged",
        judged.raw.value or 0,
        period=page.period,
        judged=judged.value,
        **missed,
    )


def _unjudged(page: Page) -> str | None:
    """How many promises cannot be judged, and how many had nothing to judge; none, no sentence."""
    unjudged, idle = page.one("scorecard.unjudged"), page.one("scorecard.idle")
    parts = [
        page.language.plural(
            "{value} promise cannot be judged",
            "{value} promises cannot be judged",
            unjudged.raw.value,
            **unjudged,
        )
        if unjudged.raw.value and unjudged.raw.n != unjudged.raw.value
        else None,
        page.language.plural(
            "{value} promise had nothing to judge",
            "{value} promises had nothing to judge",
            idle.raw.value,
            **idle,
        )
        if idle.raw.value and idle.raw.n != idle.raw.value
        else None,
    ]
    return joined(*parts) if any(parts) else None


def _own(page: Page) -> str | None:
    """Our own rules, which nobody agreed with the provider; where none is broken, no sentence."""
    broken, unknown = page.one("scorecard.own_missed"), page.one("scorecard.own_unjudged")
    last = page.one("scorecard.own_last_missed")
    if not broken.raw.value and not unknown.raw.value:
        return None
    return joined(
        page.language.plural(
            "{value} of {n} targets that only we set is missed",
            "{value} of {n} targets that only we set are missed",
            broken.raw.value or 0,
            **broken,
        ),
        page.language("the month before: {value}", **last) if last.raw.n else None,
        page.language("{value} cannot be judged", **unknown) if unknown.raw.value else None,
    )


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
    """Whether opinions on the provider hold; where all do, or no register of them was supplied, no sentence."""
    if f.raw.value is None:
        return None
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
