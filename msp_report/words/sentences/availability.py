"""What the page on availability says."""

from __future__ import annotations

from msp_report.model.figures import meets
from msp_report.words.sentences.said import LITTLE, Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """Who missed what was agreed, and whose verdict depends on the reading of the contract."""
    return [_kept(page), _fragile(page)]


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
        return page.language(
            "{missed} of {judged} services missed their agreed availability in {period}: {services}.",
            missed=len(missed),
            judged=len(judged),
            period=page.period,
            services=page.subjects(missed),
        )
    if unclear:
        return page.language(
            "No service is proved to have missed its agreed availability in {period}, but {unclear} of {judged} "
            "cannot be judged: {services}.",
            unclear=len(unclear),
            judged=len(judged),
            period=page.period,
            services=page.subjects(unclear),
        )
    if len(judged) == 1:
        return page.language(
            "{service} met its agreed availability in {period}.",
            service=judged[0].subject,
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
        "Whether {services} passed depends on how the contract is read, not only on what happened.",
        services=page.subjects(fragile),
    )


def ratio_missed(f: Said) -> str:
    """A service is judged by its ratio and by its number of outages: it may miss one and keep the other."""
    if f.raw.target is None:
        return f.language(
            "{subject} was available {value} of its agreed time, but it went down more often than agreed.",
            **f,
        )
    if f.raw.value is not None and f.raw.value >= f.raw.target:
        return f.language(
            "{subject} was available {value} of its agreed time; {target} was agreed, "
            "but it went down more often than agreed.",
            **f,
        )
    return paragraph(
        f.language("{subject} was available {value} of its agreed time; {target} was agreed.", **f),
        _unwatched(f, f.raw.high),
    )


def ratio_met(f: Said) -> str:
    """Where no ratio is agreed, the outages were few enough."""
    if f.raw.target is None:
        return f.language(
            "{subject} was available {value} of its agreed time and went down no more often than agreed.", **f
        )
    return paragraph(
        f.language("{subject} was available {value} of its agreed time, as agreed ({target}).", **f),
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
            "{subject} cannot be judged ({why_missing}): between {low} and {high} of its agreed time was up, "
            "and the target {target} lies in between.",
            **f,
        )
    if f.raw.why_missing:
        return f.language("{subject} cannot be judged: {why_missing}.", **f)
    if between:
        return f.language(
            "{subject} cannot be judged: between {low} and {high} of its agreed time was up, "
            "and the target {target} lies in between.",
            **f,
        )
    return f.language("{subject} cannot be judged: it may have gone down more often than was seen.", **f)


def outages_no_verdict(f: Said) -> str:
    """The time that nobody watched may hide more, or what is known cannot be believed."""
    if f.raw.why_missing:
        return f.language(
            "Whether {subject} went down no more often than agreed ({target}) cannot be told: {why_missing}.",
            **f,
        )
    return f.language(
        "Outages of {subject}: {value} known, {target} agreed at most; the time that nobody watched may hide more.",
        **f,
    )


def doubted_probes_no_verdict(f: Said) -> str:
    """A source that cannot be believed (rule 46)."""
    if not f.raw.why_missing:
        return f.language("The probe {subject} cannot be believed.", **f)
    return f.language("The probe {subject} cannot be believed: {why_missing}.", **f)


def ratio_no_data(f: Said) -> str:
    """Nothing is known of the service."""
    return f.language("{subject}: availability is not known ({why_missing}).", **f)


def ratio_no_target(f: Said) -> str:
    """Nothing is agreed for the service."""
    if f.raw.value is None:
        return f.language("{subject}: no availability is agreed.", **f)
    return f.language(
        "{subject}: no availability is agreed; it was available {value} of the time that is known.", **f
    )
