"""What page one of a year says."""

from __future__ import annotations

from msp_report.words.sentences import contract, year
from msp_report.words.sentences.said import Page, joined, paragraph


def opening(page: Page) -> list[str | None]:
    """What was kept, what was found, what is owed, what it cost us, and which projects are late."""
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
        _found(page),
        _owed(page),
        paragraph(
            _stake(page),
            contract.outages(page.one("assessment.user_hours"), page.one("assessment.user_cost")),
        ),
        _late(page),
    ]


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


def _owed(page: Page) -> str | None:
    owed, granted = page.one("assessment.credits_owed"), page.one("assessment.credits_granted")
    coming, lost = page.one("assessment.credits_open"), page.one("assessment.credits_lost")
    if not owed.raw.value:
        return None
    return joined(
        page.language("For missed levels the provider owes {value} in credits of the year", **owed),
        page.language("{value} was granted", **granted) if granted.raw.value else None,
        page.language("{value} may still come", **coming) if coming.raw.value else None,
        page.language("{value} was never claimed in time and is lost", **lost) if lost.raw.value else None,
    )


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
