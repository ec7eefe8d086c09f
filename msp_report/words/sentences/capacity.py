"""What the page on capacity says."""

from __future__ import annotations

from msp_report.words.sentences.said import MANY, Page, Said


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
            "We do not know how full the resources were in {period}: no samples were supplied.",
            period=page.period,
        )
    if not page.all("capacity.utilisation", "met"):
        return page.language(
            "Nobody can tell whether any resource kept within its limit in {period}.", period=page.period
        )
    if page.all("capacity.utilisation", "no_verdict"):
        return page.language("No resource is known to be fuller than agreed in {period}.", period=page.period)
    return page.language(
        "No resource that was watched is fuller than agreed in {period}.", period=page.period
    )


def _open(page: Page) -> str | None:
    undecided = page.all("capacity.utilisation", "no_verdict")
    if not undecided:
        return None
    return page.language(
        "Nobody can judge {resources}: samples are missing or in doubt.",
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
    return page.language("More was asked of {resources} than there is.", resources=page.subjects(beyond))


def _next(page: Page) -> str | None:
    dated = [f for f in page.all("capacity.days_to_limit") if f.raw.value is not None]
    if not dated:
        return None
    first = min(dated, key=lambda f: f.raw.value)
    day = page.after(first.raw.value)
    if _thin(first):
        return page.language(
            "The next to reach its limit is {subject}, about {day} by {coverage} of the samples due.",
            day=day,
            **first,
        )
    if first.raw.low is None:
        return page.language("The next to reach its limit is {subject}, about {day}.", day=day, **first)
    return page.language(
        "The next to reach its limit is {subject}, about {day} ({earliest} at the earliest).",
        day=day,
        earliest=page.after(first.raw.low),
        **first,
    )


def chart_use(page: Page) -> str:
    """How many resources are too full, and by how much."""
    judged = page.judged("capacity.utilisation")
    over = page.all("capacity.utilisation", "missed")
    if over:
        return page.language.plural(
            "{over} of {judged} resources is fuller than agreed: {resources}",
            "{over} of {judged} resources are fuller than agreed: {resources}",
            len(over),
            over=len(over),
            judged=len(judged),
            resources=page.listed((page.language("{subject} {value}", **f) for f in over), MANY),
        )
    met = len(page.all("capacity.utilisation", "met"))
    if judged and met == len(judged):
        return page.language("Every resource is within its limit")
    if met:
        return page.language.plural(
            "{met} of {judged} resources is known to be within its limit",
            "{met} of {judged} resources are known to be within their limits",
            met,
            met=met,
            judged=len(judged),
        )
    return page.language("The share of its capacity that each resource had in use")


def chart_outlook(page: Page, *, day: str) -> str:
    """When the next resource reaches its limit."""
    dated = [f for f in page.all("capacity.days_to_limit") if f.raw.value is not None]
    if not dated:
        return page.language("No resource is known to be on course for its limit")
    return page.language(
        "About {day} {subject} reaches its limit", day=day, **min(dated, key=lambda f: f.raw.value)
    )


def todo(page: Page) -> list[str | None]:
    """Room for what is too full, a decision before the next is, samples for what nobody can judge."""
    over = page.all("capacity.utilisation", "missed")
    unclear = page.all("capacity.utilisation", "no_verdict", "no_data")
    dated = [f for f in page.all("capacity.days_to_limit") if f.raw.value is not None]
    first = min(dated, key=lambda f: f.raw.value, default=None)
    return [
        page.language(
            "Ask the provider what more room for {resources} costs, and what can be moved elsewhere until then.",
            resources=page.subjects(over),
        )
        if over
        else None,
        page.language(
            "Decide well before {day} what happens when {subject} reaches its limit.",
            day=page.after(first.raw.value if first.raw.low is None else first.raw.low),
            **first,
        )
        if first
        else None,
        page.language(
            "Ask the provider for the samples of {resources}: without them nobody can judge.",
            resources=page.subjects(unclear),
        )
        if unclear
        else None,
    ]


def utilisation_missed(f: Said) -> str:
    """Fuller than agreed."""
    return f.language("{named} was {value} full; the limit is {target}.", **f)


def utilisation_met(f: Said) -> str:
    """Within its limit."""
    return f.language("{named} was {value} full, within the limit of {target}.", **f)


def utilisation_no_verdict(f: Said) -> str:
    """Too much is missing to tell, or the samples are not believed."""
    if not f.raw.why_missing:
        return f.language(
            "Nobody can tell whether {named} keeps within its limit of {target}.",
            **f,
        )
    if f.raw.value is None:
        return f.language("Nobody can tell how full {named} was: {why_missing}.", **f)
    return f.language(
        "Nobody can tell whether {named} keeps within its limit of {target}: {why_missing}.",
        **f,
    )


def utilisation_no_data(f: Said) -> str:
    """Nobody watched it."""
    return f.language("We do not know how full {named} was: {why_missing}.", **f)


def _thin(f: Said) -> bool:
    """Whether a figure rests on less than half of what was due, which is said beside it (rule 6)."""
    return f.raw.coverage is not None and f.raw.coverage < 0.5
