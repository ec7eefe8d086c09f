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
        return page.language(
            "We do not know whether any project is under way or late: {why_missing}.", **slip
        )
    if not each:
        return page.language("No project is under way or was closed in {period}.", period=page.period)
    if not dated:
        return page.language(
            "We do not know whether any project is late: none has a planned and an expected end."
        )
    if not late:
        return page.language("No project is known to be late in {period}.", period=page.period)
    return page.language.plural(
        "{late} of {dated} projects is late against its first plan: {project}, by {size}.",
        "{late} of {dated} projects are late against their first plan, most of all {project}, by {size}.",
        len(late),
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
        "Nobody can tell of {undated} more, which has no dates.",
        "Nobody can tell of {undated} more, which have no dates.",
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


def chart_plans(page: Page) -> str:
    """How many projects are late, and which one most."""
    dated = [f for f in _projects(page) if f.raw.value is not None]
    late = sorted((f for f in dated if f.raw.value > 0), key=lambda f: f.raw.value, reverse=True)
    if late:
        return page.language.plural(
            "{late} of {dated} projects is late: {project}, by {size}",
            "{late} of {dated} projects are late, most of all {project}, by {size}",
            len(late),
            late=len(late),
            dated=len(dated),
            project=late[0].subject,
            size=late[0].size,
        )
    if dated:
        return page.language("No project is known to be late")
    return page.language("The ends that were planned first, and those expected now")


def todo(page: Page) -> list[str | None]:
    """A date that holds, a word on the money, an approval or an end."""
    late = sorted((f for f in _projects(page) if (f.raw.value or 0) > 0), key=lambda f: -f.raw.value)
    cost, unapproved = page.one("projects.cost_variance"), page.one("projects.unapproved")
    return [
        page.language.plural(
            "Approve the project that nobody approved, or stop it.",
            "Approve the {value} projects that nobody approved, or stop them.",
            unapproved.raw.value,
            **unapproved,
        )
        if unapproved.raw.value
        else None,
        page.language(
            "Ask for an end that holds, and for what is left to do: {projects}.", projects=page.subjects(late)
        )
        if late
        else None,
        page.language("Decide whether they are worth {size} more than first planned.", **cost)
        if (cost.raw.value or 0) < 0
        else None,
    ]


def unapproved_missed(f: Said) -> str:
    """Work that nobody approved."""
    return f.language.plural(
        "{value} of {n} projects that run or wait to begin was approved by nobody.",
        "{value} of {n} projects that run or wait to begin were approved by nobody.",
        f.raw.value,
        **f,
    )


def unapproved_no_verdict(f: Said) -> str:
    """What was rejected may be work that nobody approved, or the approval."""
    if not f.raw.why_missing:
        return f.language(
            "Nobody can tell whether every project that runs or waits to begin was approved.", **f
        )
    return f.language(
        "Nobody can tell whether every project that runs or waits to begin was approved: {why_missing}.", **f
    )


def unapproved_met(f: Said) -> str:
    """All work was approved."""
    return f.language("Every project that runs or waits to begin was approved.")


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
            "Nobody can tell whether any of the {projects} projects of {period} is late: {why_missing}.",
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
