"""What the page on availability says."""

from __future__ import annotations

from msp_report.model.figures import meets
from msp_report.words import labels
from msp_report.words.sentences.said import LITTLE, Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """Who missed what was agreed, and whose verdict depends on the reading of the contract."""
    return [_kept(page), _fragile(page), _hardly_watched(page)]


def _kept(page: Page) -> str:
    judged = page.judged("availability.ratio")
    missed = page.all("availability.ratio", "missed")
    unclear = page.all("availability.ratio", "no_verdict", "no_data")
    if not judged:
        return page.language(
            "No service has an agreed availability, so nothing can be called met or missed in {period}.",
            period=page.period,
        )
    if missed:
        return page.language.plural(
            "{missed} of {judged} services missed its agreed availability in {period}: {services}.",
            "{missed} of {judged} services missed their agreed availability in {period}: {services}.",
            len(missed),
            missed=len(missed),
            judged=len(judged),
            period=page.period,
            services=page.subjects(missed),
        )
    if unclear:
        return page.language(
            "No service is known to have missed its agreed availability in {period}, but nobody can judge {unclear} of "
            "{judged}: {services}.",
            unclear=len(unclear),
            judged=len(judged),
            period=page.period,
            services=page.subjects(unclear),
        )
    if len(judged) == 1:
        return page.language(
            "{service} met its agreed availability in {period}.",
            service=labels.raised(judged[0].named or ""),
            period=page.period,
        )
    return page.language(
        "All {judged} services met their agreed availability in {period}.",
        judged=len(judged),
        period=page.period,
    )


def _fragile(page: Page) -> str | None:
    fragile = [f for f in page.all("availability.ratio") if f.raw.robust == "fragile"]
    if not fragile:
        return None
    return page.language(
        "The verdict on {services} depends on how the contract is read, not only on what happened.",
        services=page.subjects(fragile),
    )


def _hardly(page: Page) -> list[Said]:
    """The services without a target that were watched for little of their time; with one the verdict says so."""
    rows = page.all("availability.ratio", "no_target")
    return [f for f in rows if f.raw.coverage is not None and f.raw.coverage < LITTLE]


def _hardly_watched(page: Page) -> str | None:
    hardly = _hardly(page)
    if not hardly:
        return None
    least = min(hardly, key=lambda f: f.raw.coverage)
    return page.language(
        "Hardly anybody watched: {service} for {coverage} of its agreed time, so that what was seen says little.",
        service=least.subject,
        coverage=least.coverage,
    )


def chart_months(page: Page) -> str:
    """How many services missed what was agreed this month, and with how much."""
    judged = page.judged("availability.ratio")
    missed = page.all("availability.ratio", "missed")
    if not judged:
        return (
            page.language("The share of the time watched in which each service was up")
            if _hardly(page)
            else page.language("The share of its agreed time in which each service was up")
        )
    if missed:
        named = [page.language("{subject} ({value})", **f) for f in missed]
        return page.language(
            "{missed} of {judged} services missed what was agreed in {period}: {services}",
            missed=len(missed),
            judged=len(judged),
            period=page.period,
            services=page.listed(named),
        )
    if len(page.all("availability.ratio", "met")) < len(judged):
        return page.language(
            "No service is known to have missed what was agreed in {period}", period=page.period
        )
    return page.language.plural(
        "The service was up as agreed in {period}",
        "All {judged} services were up as agreed in {period}",
        len(judged),
        judged=len(judged),
        period=page.period,
    )


def chart_days(page: Page) -> str:
    """How often services went down this month."""
    known = [f for f in page.all("availability.outages") if f.raw.value is not None]
    went = sum(f.raw.value for f in known)
    if not known:
        return page.language("When services were down")
    if not went:
        return page.language("No service is known to have been down in {period}", period=page.period)
    return page.language.plural(
        "There was {times} outage in {period}",
        "There were {times} outages in {period}",
        went,
        times=round(went),
        period=page.period,
    )


def todo(page: Page) -> list[str | None]:
    """Causes and credits of what was missed, evidence for what nobody can judge, a clause for what is fragile."""
    missed = page.all("availability.ratio", "missed")
    unclear = page.all("availability.ratio", "no_verdict", "no_data")
    fragile = [f for f in page.all("availability.ratio") if f.raw.robust == "fragile"]
    return [
        page.language(
            "Ask the provider why {services} missed what was agreed, and what will keep it from happening again.",
            services=page.subjects(missed),
        )
        if missed
        else None,
        page.language(
            "Claim the credit that is owed for it: the page Contract says how much, and until when."
        )
        if missed and any(credit.measure == "availability.ratio" for credit in page.contract.credits)
        else None,
        page.language(
            "Ask the provider for evidence of the time that nobody watched: without it nobody can judge {services}.",
            services=page.subjects(unclear),
        )
        if unclear
        else None,
        page.language("Have the services watched all the time: what nobody saw proves nothing.")
        if _hardly(page) and not unclear
        else None,
        page.language(
            "Agree with the provider how the contract is to be read for {services}: the table on how firm each verdict "
            "is says which sentence decides.",
            services=page.subjects(fragile),
        )
        if fragile
        else None,
    ]


def ratio_missed(f: Said) -> str:
    """A service is judged by its ratio and by its number of outages: it may miss one and keep the other."""
    if f.raw.target is None:
        return f.language(
            "{named} was up {value} of its agreed time, but it went down more often than agreed.",
            **f,
        )
    if f.raw.value is not None and f.raw.value >= f.raw.target:
        return f.language(
            "{named} was up {value} of its agreed time; {target} was agreed, "
            "but it went down more often than agreed.",
            **f,
        )
    return paragraph(
        f.language("{named} was up {value} of its agreed time; {target} was agreed.", **f),
        _unwatched(f, f.raw.high),
    )


def ratio_met(f: Said) -> str:
    """Where no ratio is agreed, the outages were few enough."""
    if f.raw.target is None:
        return f.language(
            "{named} was up {value} of its agreed time and went down no more often than agreed.",
            **f,
        )
    return paragraph(
        f.language("{named} was up {value} of its agreed time, as agreed ({target}).", **f),
        _unwatched(f, f.raw.low),
    )


def _unwatched(f: Said, end: float | None) -> str | None:
    """How much was watched, where the time that was not would turn the verdict (rule 6)."""
    if f.raw.coverage in (None, 1) or end is None or f.raw.value is None or f.raw.target is None:
        return None
    if meets(end, f.raw.target, "higher") == meets(f.raw.value, f.raw.target, "higher"):
        return None
    if f.raw.coverage < LITTLE:  # every headline says so
        return None
    return f.language("Only {coverage} of it was watched, and the rest would turn the verdict.", **f)


def ratio_no_verdict(f: Said) -> str:
    """The target lies within what is not known, or what is known cannot be believed."""
    low, high, target = f.raw.low, f.raw.high, f.raw.target
    between = None not in (low, high, target) and low < target <= high
    if f.raw.why_missing and between:
        return f.language(
            "{named} cannot be judged ({why_missing}): it was up between {low} and {high} of its agreed "
            "time, and the {target} agreed lies in between.",
            **f,
        )
    if f.raw.why_missing:
        return f.language("{named} cannot be judged: {why_missing}.", **f)
    if between:
        return f.language(
            "{named} cannot be judged: it was up between {low} and {high} of its agreed time, "
            "and the {target} agreed lies in between.",
            **f,
        )
    return f.language("{named} cannot be judged: it may have gone down more often than was seen.", **f)


def outages_no_verdict(f: Said) -> str:
    """The time that nobody watched may hide more, or what is known cannot be believed."""
    if f.raw.why_missing:
        return f.language(
            "Nobody can tell whether {subject} went down more often than agreed ({target}): {why_missing}.",
            **f,
        )
    return f.language.plural(
        "{value} outage of {subject} is known, and at most {target} were agreed; the time that nobody watched "
        "may hide more.",
        "{value} outages of {subject} are known, and at most {target} were agreed; the time that nobody watched "
        "may hide more.",
        f.raw.value or 0,
        **f,
    )


def doubted_probes_no_verdict(f: Said) -> str:
    """A source that cannot be believed (rule 46)."""
    if not f.raw.why_missing:
        return f.language("The probe {subject} cannot be believed.", **f)
    return f.language("The probe {subject} cannot be believed: {why_missing}.", **f)


def ratio_no_data(f: Said) -> str:
    """Nothing is known of the service."""
    return f.language("We do not know how much of its agreed time {named} was up: {why_missing}.", **f)


def ratio_no_target(f: Said) -> str:
    """Nothing is agreed for the service."""
    if f.raw.value is None:
        return f.language("No availability is agreed for {named}.", **f)
    return f.language(
        "No availability is agreed for {named}; it was up {value} of the time that is known.",
        **f,
    )
