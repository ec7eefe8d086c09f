"""What page one of a year says."""

from __future__ import annotations

from msp_report.words.sentences import year
from msp_report.words.sentences.said import Page, joined, paragraph


def opening(page: Page) -> list[str | None]:
    """What was kept, of promises and of our own rules apart, what the year came to, what became of our decisions, what
    was found, and what purchases and projects leave to be settled."""
    return [
        year.kept(
            page,
            with_data=page.one("assessment.months_with_data"),
            lacking=page.all("assessment.without_data"),
            promised=page.one("assessment.promised"),
            met=page.one("assessment.met"),
            missed=page.one("assessment.missed"),
            unjudged=page.one("assessment.unjudged"),
        ),
        year.own_rules(
            page,
            met=page.one("assessment.own_met"),
            missed=page.one("assessment.own_missed"),
            unjudged=page.one("assessment.own_unjudged"),
        ),
        paragraph(_cost(page), _owed(page)),
        _decisions(page),
        _found(page),
        paragraph(_stake(page), _late(page)),
    ]


def _cost(page: Page) -> str | None:
    cost = page.one("assessment.year_cost")
    if cost.raw.value is None:
        return None
    parts = [
        page.language("{value} in fees", **fee) if (fee := page.one("assessment.fee")).raw.value else None,
        page.language("{value} charged beside them", **beside)
        if (beside := page.one("assessment.work_beside")).raw.value
        else None,
        page.language("{value} of work lost to outages", **lost)
        if (lost := page.one("assessment.user_cost")).raw.value
        else None,
    ]
    told = [part for part in parts if part]
    if len(told) < 2:
        return page.language("{period} came to {value}.", period=page.period, **cost)
    return page.language(
        "{period} came to {value}, including {parts}.", period=page.period, parts=page.listed(told), **cost
    )


def _owed(page: Page) -> str | None:
    owed, granted = page.one("assessment.credits_owed"), page.one("assessment.credits_granted")
    coming, lost = page.one("assessment.credits_open"), page.one("assessment.credits_lost")
    if not owed.raw.value:
        return None
    return joined(
        page.language("For missed levels the provider owes {value} in credits", **owed),
        page.language("{value} was granted", **granted) if granted.raw.value else None,
        page.language("{value} may still come", **coming) if coming.raw.value else None,
        page.language("{value} was never claimed in time and is lost", **lost) if lost.raw.value else None,
    )


def _decisions(page: Page) -> str | None:
    """What became of the board's decisions; there is none, or no register of them, no sentence."""
    every = page.one("assessment.decisions")
    done, late, overdue, gone, waiting = (
        page.one(f"assessment.decisions_{name}")
        for name in ("in_time", "late", "overdue", "unlisted", "open")
    )
    if not every.raw.value:
        return None
    clauses = [
        page.language.plural(
            "{value} was carried out in time", "{value} were carried out in time", done.raw.value, **done
        )
        if done.raw.value
        else None,
        page.language.plural(
            "{value} was carried out late", "{value} were carried out late", late.raw.value, **late
        )
        if late.raw.value
        else None,
        page.language.plural("{value} is overdue", "{value} are overdue", overdue.raw.value, **overdue)
        if overdue.raw.value
        else None,
        page.language.plural(
            "{value} is no longer listed", "{value} are no longer listed", gone.raw.value, **gone
        )
        if gone.raw.value
        else None,
        page.language.plural(
            "{value} is not due yet", "{value} are not due yet", waiting.raw.value, **waiting
        )
        if waiting.raw.value
        else None,
    ]
    return page.language.plural(
        "Of {value} decision of the board, {clauses}.",
        "Of {value} decisions of the board, {clauses}.",
        every.raw.value,
        clauses=page.listed(list(filter(None, clauses))),
        **every,
    )


def _found(page: Page) -> str | None:
    graded, found = page.one("assessment.graded"), page.one("assessment.open_findings")
    grave = page.one("assessment.open_findings", "critical")
    if graded.raw.value == 0:
        return page.language("Nobody has graded the questions of the assessment yet.")
    if found.raw.value and grave.raw.value:
        return page.language.plural(
            "{value} finding is open, {grave} of them critical.",
            "{value} findings are open, {grave} of them critical.",
            found.raw.value,
            grave=grave.value,
            **found,
        )
    if found.raw.value:
        return page.language.plural(
            "{value} finding is open.", "{value} findings are open.", found.raw.value, **found
        )
    return page.language("No finding is open.") if found.raw.value == 0 else None


def _stake(page: Page) -> str | None:
    stake = page.one("assessment.at_stake")
    if not stake.raw.value:
        return None
    return page.language("Purchases for {value} did not agree with their documents.", **stake)


def _late(page: Page) -> str | None:
    late = page.one("assessment.projects_late")
    if not late.raw.value:
        return None
    return page.language.plural(
        "{value} of {n} projects is late, or ended late, against the first plan.",
        "{value} of {n} projects are late, or ended late, against the first plan.",
        late.raw.value,
        **late,
    )
