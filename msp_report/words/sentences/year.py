"""What the page on the year's figures says."""

from __future__ import annotations

from itertools import groupby

from msp_report.words.sentences.said import Page, Said, beyond, joined, paragraph


def opening(page: Page) -> list[str | None]:
    """What was kept, which months have no data and why, and what became worse or was changed."""
    return [
        kept(
            page,
            with_data=page.one("year.months_with_data"),
            lacking=page.all("year.without_data"),
            promised=page.one("year.promised"),
            met=page.one("year.met"),
            missed=page.one("year.missed"),
            unjudged=page.one("year.unjudged"),
        ),
        own_rules(
            page,
            met=page.one("year.own_met"),
            missed=page.one("year.own_missed"),
            unjudged=page.one("year.own_unjudged"),
        ),
        _lacking(page),
        _worse(page),
        _targets(page),
        _favoured(page),
        _bunched(page),
    ]


def _favoured(page: Page) -> str | None:
    """Whom the year's edits favour, where chance alone does not explain it (rule 33)."""
    share = page.one("year.edits_favouring")
    if not beyond(share, 0.5):
        return None
    return page.language(
        "{value} of the {n} edits of tickets that move a figure helped the provider (95 % interval {low} to {high}): "
        "more than chance explains.",
        **share,
    )


def _bunched(page: Page) -> str | None:
    """Whether more was solved just before the deadline than chance explains (rule 34)."""
    more = page.one("year.bunched")
    if not beyond(more, 0):
        return None
    return page.language(
        "{n} tickets were solved in the last tenth of their time, {value} more than is to be expected (at least "
        "{low}).",
        **more,
    )


def kept(
    page: Page,
    *,
    with_data: Said,
    lacking: list[Said],
    promised: Said,
    met: Said,
    missed: Said,
    unjudged: Said,
) -> str:
    """How much of what was promised was kept in the months of a year, and which of them have no data."""
    if with_data.raw.value is None:
        return page.language(
            "What was kept in {period} is not known: {why_missing}.", period=page.period, **with_data
        )
    if not with_data.raw.value:
        return page.language(
            "No month of {period} has a pack, so nothing can be said of what was kept.", period=page.period
        )
    silent = page.language("no data for {months}", months=page.months(lacking)) if lacking else None
    if not promised.raw.value:
        return joined(
            page.language(
                "No pack of {period} has an agreed target, so nothing can be called met or missed",
                period=page.period,
            ),
            silent,
        )
    return joined(_promises(page, promised, met, missed, unjudged), silent)


def _promises(page: Page, promised: Said, met: Said, missed: Said, unjudged: Said) -> str:
    return page.language.plural(
        "Of the provider's {n} promise, {clauses}",
        "Of the provider's {n} promises, {clauses}",
        promised.raw.value,
        n=promised.value,
        clauses=_of_them(page, met, missed, unjudged),
    )


def _of_them(page: Page, met: Said, missed: Said, unjudged: Said) -> str:
    """How many of some rules were kept in every month, missed, or cannot be judged; none of a kind is not said."""
    language = page.language
    clauses = [
        language.plural(
            "{value} was kept in every month", "{value} were kept in every month", met.raw.value or 0, **met
        )
        if met.raw.value
        else language("none was kept in every month"),
        language.plural(
            "{value} was missed at least once",
            "{value} were missed at least once",
            missed.raw.value or 0,
            **missed,
        )
        if missed.raw.value
        else None,
        language("{value} could not always be judged", **unjudged) if unjudged.raw.value else None,
    ]
    return page.listed(list(filter(None, clauses)))


def own_rules(page: Page, *, met: Said, missed: Said, unjudged: Said) -> str | None:
    """How our own rules stood in the months of a year, which nobody promised us; there is none, no sentence."""
    if not missed.raw.n:
        return None
    return page.language.plural(
        "Of {n} rule of our own, which the provider did not promise, {clauses}.",
        "Of {n} rules of our own, which the provider did not promise, {clauses}.",
        missed.raw.n,
        n=missed.n,
        clauses=_of_them(page, met, missed, unjudged),
    )


def _lacking(page: Page) -> str:
    """The months without data, by why."""
    lacking = [f for f in page.all("year.without_data") if f.raw.why_missing]
    reasons = groupby(sorted(lacking, key=_reason), key=_reason)
    return paragraph(*(_without(page, list(months)) for _, months in reasons))


def _without(page: Page, months: list[Said]) -> str:
    return page.language("{months}: {why_missing}.", months=page.months(months), **months[0])


def _reason(f: Said) -> str:
    return f.raw.why_missing.lower()


def _worse(page: Page) -> str | None:
    worse = page.one("year.worse")
    if not worse.raw.value:
        return None
    return page.language.plural(
        "{value} promised figure left its usual course for the worse.",
        "{value} promised figures left their usual course for the worse.",
        worse.raw.value,
        **worse,
    )


def _targets(page: Page) -> str | None:
    targets = page.one("year.target_changes")
    if not targets.raw.value:
        return None
    return page.language.plural(
        "{value} target was changed within the year.",
        "{value} targets were changed within the year.",
        targets.raw.value,
        **targets,
    )


def stale_packs_no_data(f: Said) -> str:
    """A month whose pack its inputs have left behind."""
    return f.language(
        "The pack of {subject} is out of date: {why_missing}. Run it again before you rely on the year.", **f
    )
