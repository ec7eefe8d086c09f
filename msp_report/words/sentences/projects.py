"""What the pages on projects say, of a month and of a year."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, joined


def opening(page: Page) -> list[str | None]:
    """Who is late, what has no dates, what it will cost, and what was moved."""
    return [_late(page), _undated(page), _cost(page), _changed(page)]


def _late(page: Page) -> str:
    each = _projects(page)
    dated = [f for f in each if f.raw.value is not None]
    late = sorted((f for f in dated if f.raw.value > 0), key=lambda f: f.raw.value, reverse=True)
    slip = page.one("projects.slip")
    if not each and slip.raw.why_missing == "no projects were supplied":
        return page.language("Whether any project is under way or late is not known: {why_missing}.", **slip)
    if not each:
        return page.language("No project is under way or was closed in {period}.", period=page.period)
    if not dated:
        return page.language(
            "Whether any project is late is not known: none has a planned and an expected end."
        )
    if not late:
        return page.language("No project is known to be late in {period}.", period=page.period)
    return page.language(
        "{late} of {dated} projects are late against the first plan, the most project {project} by {size}.",
        late=len(late),
        dated=len(dated),
        project=late[0].subject,
        size=late[0].size,
    )


def _undated(page: Page) -> str | None:
    each = _projects(page)
    undated = sum(f.raw.value is None for f in each)
    if undated in (0, len(each)):
        return None
    return page.language.plural(
        "{undated} more has no dates to tell by.",
        "{undated} more have no dates to tell by.",
        undated,
        undated=undated,
    )


def _projects(page: Page) -> list[Said]:
    return [f for f in page.all("projects.slip") if f.subject]


def _cost(page: Page) -> str | None:
    cost = page.one("projects.cost_variance")
    if not cost.raw.value:
        return None
    if cost.raw.value < 0:
        return page.language("Together they are expected to cost {size} more than first planned.", **cost)
    return page.language("Together they are expected to cost {size} less than first planned.", **cost)


def _changed(page: Page) -> str | None:
    changes = page.one("projects.changes")
    if not changes.raw.value:
        return None
    return page.language.plural(
        "{value} change to schedule or estimate was reported this month.",
        "{value} changes to schedule or estimate were reported this month.",
        changes.raw.value,
        **changes,
    )


def unapproved_missed(f: Said) -> str:
    """Work that nobody approved."""
    return f.language.plural(
        "{value} of {n} projects under way was approved by nobody.",
        "{value} of {n} projects under way were approved by nobody.",
        f.raw.value,
        **f,
    )


def unapproved_no_verdict(f: Said) -> str:
    """What was rejected may be work that nobody approved, or the approval."""
    if not f.raw.why_missing:
        return f.language("Whether every project under way was approved cannot be told.", **f)
    return f.language("Whether every project under way was approved cannot be told: {why_missing}.", **f)


def unapproved_met(f: Said) -> str:
    """All work was approved."""
    return f.language("Every project under way was approved.")


def opening_year(page: Page) -> list[str | None]:
    """Who was late, what the projects cost against their plans, and what became of them."""
    return [_late_year(page), _cost_year(page), _done_year(page)]


def _late_year(page: Page) -> str:
    projects, late = page.one("projects.year_projects"), page.one("projects.year_late")
    moved = page.one("projects.year_moved")
    if projects.raw.value is None:
        return page.language(
            "Nothing is known of projects in {period}: {why_missing}.", period=page.period, **projects
        )
    if late.raw.value is None:
        return page.language(
            "Whether any of {projects} projects of {period} is late cannot be told: {why_missing}.",
            projects=projects.value,
            period=page.period,
            **late,
        )
    if not late.raw.value:
        return page.language(
            "No project of {period} is known to be late against its first plan.", period=page.period
        )
    return joined(
        page.language.plural(
            "In {period}, {value} of {n} projects was late, or ended late, against the first plan",
            "In {period}, {value} of {n} projects were late, or ended late, against the first plan",
            late.raw.value,
            period=page.period,
            **late,
        ),
        page.language("{value} moved later within the year", **moved) if moved.raw.value else None,
    )


def _cost_year(page: Page) -> str | None:
    cost = page.one("projects.year_cost_variance")
    if not cost.raw.value:
        return None
    if cost.raw.value < 0:
        return page.language(
            "Together they cost, or are expected to cost, {size} more than first planned.", **cost
        )
    return page.language(
        "Together they cost, or are expected to cost, {size} less than first planned.", **cost
    )


def _done_year(page: Page) -> str | None:
    done, cancelled = page.one("projects.year_done"), page.one("projects.year_cancelled")
    changes = page.one("projects.year_changes")
    if done.raw.value is None:
        return None
    ended = page.language.plural("{value} is done", "{value} are done", done.raw.value, **done)
    if cancelled.raw.value:
        dropped = page.language.plural(
            "{value} was cancelled", "{value} were cancelled", cancelled.raw.value, **cancelled
        )
        ended = page.language("{done}, {cancelled}", done=ended, cancelled=dropped)
    changed = page.language.plural(
        "schedules and estimates were changed once",
        "schedules and estimates were changed {value} times",
        changes.raw.value or 0,
        **changes,
    )
    return joined(ended, changed if changes.raw.value else None)
