"""What the page on capacity says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """What is too full, what cannot be told, what nobody watched, what was asked too much of, and what is full next."""
    return [_full(page), _open(page), _blind(page), _beyond(page), _next(page)]


def _full(page: Page) -> str:
    judged = page.judged("capacity.utilisation")
    over = page.all("capacity.utilisation", "missed")
    blind = page.all("capacity.utilisation", "no_data")
    if not judged:
        return page.language(
            "No limit is agreed for any resource, so none can be called too full in {period}.",
            period=page.period,
        )
    if over:
        return page.language.plural(
            "{over} of {judged} resources is fuller than agreed in {period}: {resources}.",
            "{over} of {judged} resources are fuller than agreed in {period}: {resources}.",
            len(over),
            over=len(over),
            judged=len(judged),
            period=page.period,
            resources=page.subjects(over),
        )
    if len(judged) == len(blind):
        return page.language(
            "How full the resources were in {period} is not known: no samples were supplied.",
            period=page.period,
        )
    if not page.all("capacity.utilisation", "met"):
        return page.language(
            "No resource is proved to keep within its limit in {period}.", period=page.period
        )
    if page.all("capacity.utilisation", "no_verdict"):
        return page.language(
            "No resource is proved to be fuller than agreed in {period}.", period=page.period
        )
    return page.language(
        "No resource that was watched is fuller than agreed in {period}.", period=page.period
    )


def _open(page: Page) -> str | None:
    undecided = page.all("capacity.utilisation", "no_verdict")
    if not undecided:
        return None
    return page.language(
        "Of {resources} it cannot be told: samples are missing or in doubt.",
        resources=page.subjects(undecided),
    )


def _blind(page: Page) -> str | None:
    blind = page.all("capacity.utilisation", "no_data")
    if not blind or len(blind) == len(page.judged("capacity.utilisation")):
        return None
    return page.language("Nobody watched {resources}.", resources=page.subjects(blind))


def _beyond(page: Page) -> str | None:
    beyond = [f for f in page.all("capacity.utilisation") if f.raw.value is not None and f.raw.value > 1]
    if not beyond:
        return None
    return page.language("More was asked than there is of {resources}.", resources=page.subjects(beyond))


def _next(page: Page) -> str | None:
    dated = [f for f in page.all("capacity.days_to_limit") if f.raw.value is not None]
    if not dated:
        return None
    first = min(dated, key=lambda f: f.raw.value)
    if _thin(first):
        return page.language(
            "The next to reach its limit is {subject}, in about {value}, by {coverage} of the samples due.",
            **first,
        )
    if first.raw.low is None:
        return page.language("The next to reach its limit is {subject}, in about {value}.", **first)
    return page.language(
        "The next to reach its limit is {subject}, in about {value} ({low} at the earliest).",
        **first,
    )


def utilisation_missed(f: Said) -> str:
    """Fuller than agreed."""
    return f.language("{subject} uses {value} of its capacity; the limit is {target}.", **f)


def utilisation_met(f: Said) -> str:
    """Within its limit."""
    return f.language("{subject} uses {value} of its capacity, within the limit of {target}.", **f)


def utilisation_no_verdict(f: Said) -> str:
    """Too much is missing to tell, or the samples are not believed."""
    if not f.raw.why_missing:
        return f.language(
            "{subject}: whether it keeps within its limit of {target} cannot be told.",
            **f,
        )
    if f.raw.value is None:
        return f.language("{subject}: how full it is cannot be told: {why_missing}.", **f)
    return f.language(
        "{subject}: whether it keeps within its limit of {target} cannot be told: {why_missing}.",
        **f,
    )


def utilisation_no_data(f: Said) -> str:
    """Nobody watched it."""
    return f.language("{subject}: how full it is is not known ({why_missing}).", **f)


def _thin(f: Said) -> bool:
    """Whether a figure rests on less than half of what was due, which is said beside it (rule 6)."""
    return f.raw.coverage is not None and f.raw.coverage < 0.5
