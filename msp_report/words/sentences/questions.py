"""What the page on the questions of the year says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """How many questions are graded, and what was found."""
    return [_graded(page), _found(page)]


def _graded(page: Page) -> str:
    graded, ungraded = page.one("questions.graded"), page.one("questions.ungraded")
    if not graded.raw.value and graded.raw.n is None:
        return page.language(
            "No question is graded for {period}: nobody has said yet that any of this is in order.",
            period=page.period,
        )
    if not graded.raw.value:
        return page.language(
            "No question of {n} is graded for {period}: nobody has said yet that any of this is in order.",
            period=page.period,
            **graded,
        )
    if graded.raw.value == graded.raw.n:
        return page.language("All {n} questions are graded for {period}.", period=page.period, **graded)
    return page.language.plural(
        "{value} of {n} questions is graded for {period}; "
        "nobody has said that what the other {ungraded} ask for is in order.",
        "{value} of {n} questions are graded for {period}; "
        "nobody has said that what the other {ungraded} ask for is in order.",
        graded.raw.value,
        period=page.period,
        ungraded=ungraded.value,
        **graded,
    )


def _found(page: Page) -> str | None:
    found = [f for f in page.all("questions.open_findings") if f.subject and f.raw.value]
    every, answered = page.one("questions.open_findings"), page.one("questions.answered")
    if found:
        each = sorted(found, key=lambda f: f.subject.lower())
        return page.language.plural(
            "{value} finding is open: {findings}; the management has answered {answered} of it.",
            "{value} findings are open: {findings}; the management has answered {answered} of them.",
            every.raw.value or 0,
            findings=", ".join(f"{f.value} {f.subject}" for f in each),
            answered=answered.value,
            **every,
        )
    return page.language("What was graded is in order.") if every.raw.value == 0 else None


def open_findings_plain(f: Said) -> str | None:
    """How many findings are open, of one severity or of all; none, no sentence."""
    if not f.raw.value:
        return None
    if f.subject:
        return f.language.plural(
            "{value} finding is {subject}.", "{value} findings are {subject}.", f.raw.value, **f
        )
    return f.language.plural("{value} finding is open.", "{value} findings are open.", f.raw.value, **f)


def open_findings_no_data(f: Said) -> str:
    """Nothing was graded."""
    return f.language("How many findings are open is not known: {why_missing}.", **f)
