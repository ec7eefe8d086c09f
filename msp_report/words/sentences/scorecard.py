"""What page one says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, joined


def opening(page: Page) -> list[str | None]:
    """How many agreed targets were met, what missing evidence took away, how our own rules stand apart from them, which
    verdicts changed, for how many there is no evidence any more, and how many agreed figures are worse than usual."""
    return [
        _targets(page),
        _money(page),
        _evidence(page),
        _own(page),
        _changed(page),
        _lost(page),
        _worse_than_usual(page),
    ]


def _targets(page: Page) -> str:
    met, missed, unjudged, idle = (
        page.one(f"scorecard.{name}") for name in ("met", "missed", "unjudged", "idle")
    )
    if met.raw.value is None:
        return page.language(
            "There is no pack of {period} yet, so there is nothing to sum up: make the month's pack first.",
            period=page.period,
        )
    quiet = page.language("{value} more had nothing to judge", **idle) if idle.raw.value else None
    if not met.raw.n:
        nothing = page.language(
            "Nothing that this pack shows for {period} has an agreed target, so nothing can be called met or missed",
            period=page.period,
        )
        return joined(nothing if not quiet else _idle(page, idle))
    if met.raw.n == 1:
        return joined(_only(page, met, missed), quiet)
    if missed.raw.value == 0 and unjudged.raw.value == 0:
        return joined(
            page.language("All {n} agreed targets were met in {period}", period=page.period, **met), quiet
        )
    late = page.language.plural("{value} was missed", "{value} were missed", missed.raw.value or 0, **missed)
    return joined(
        page.language("{value} of {n} agreed targets were met in {period}", period=page.period, **met),
        late if missed.raw.value else None,
        page.language("{value} cannot be judged", **unjudged) if unjudged.raw.value else None,
        quiet,
    )


def _money(page: Page) -> str | None:
    """What the month came to, and what of the bills is to be held."""
    cost, hold = page.one("scorecard.month_cost"), page.one("scorecard.to_hold")
    if cost.raw.value is None:
        return None
    said = page.language("{period} came to {value}", period=page.period, **cost)
    return joined(said, page.language("bills of {value} are to be held", **hold) if hold.raw.value else None)


def _idle(page: Page, idle: Said) -> str:
    return page.language.plural(
        "The one agreed target had nothing to judge in {period}",
        "None of the {n} agreed targets had anything to judge in {period}",
        idle.raw.n or 0,
        period=page.period,
        **idle,
    )


def _only(page: Page, met: Said, missed: Said) -> str:
    if met.raw.value:
        return page.language("The one agreed target was met in {period}", period=page.period)
    if missed.raw.value:
        return page.language("The one agreed target was missed in {period}", period=page.period)
    return page.language("The one agreed target cannot be judged in {period}", period=page.period)


def _evidence(page: Page) -> str | None:
    """What missing evidence took away: how many verdicts, since when, and how much money hangs on it (rule 50)."""
    taken, money = page.one("scorecard.unjudged"), page.one("scorecard.evidence_cost")
    if not taken.raw.value:
        return None
    since = page.all("scorecard.unjudged_months")
    first = (
        page.language("one has been missing since {month}", month=page.months(since[:1])) if since else None
    )
    if since and not since[0].raw.subject:
        first = page.language("one was never known so far")
    told = page.language.plural(
        "Missing or doubtful evidence took away {value} verdict this month",
        "Missing or doubtful evidence took away {value} verdicts this month",
        taken.raw.value,
        **taken,
    )
    return joined(
        ", ".join(filter(None, (told, first))),
        page.language("up to {value} more in service credits may hang on it", **money)
        if money.raw.value
        else None,
    )


def _own(page: Page) -> str | None:
    """Our own rules, which nobody agreed with the provider; where none is broken, no sentence."""
    broken, unknown = page.one("scorecard.own_missed"), page.one("scorecard.own_unjudged")
    if not broken.raw.value and not unknown.raw.value:
        return None
    return joined(
        page.language.plural(
            "Of {n} rules of our own, which the provider did not promise, {value} is broken",
            "Of {n} rules of our own, which the provider did not promise, {value} are broken",
            broken.raw.value or 0,
            **broken,
        ),
        page.language("{value} cannot be judged", **unknown) if unknown.raw.value else None,
    )


def _lost(page: Page) -> str | None:
    lost, own = page.one("scorecard.evidence_lost"), page.one("scorecard.own_evidence_lost")
    if not lost.raw.value:
        return None
    told = page.language.plural(
        "{value} verdict of the last pack was lost: there is no evidence for it any more",
        "{value} verdicts of the last pack were lost: there is no evidence for them any more",
        lost.raw.value,
        **lost,
    )
    return joined(", ".join(filter(None, (told, _of_own(page, own)))))


def _worse_than_usual(page: Page) -> str | None:
    """How many agreed figures left their usual course for the worse; none, no sentence (rule 21)."""
    worse = page.one("scorecard.signals_worse")
    if not worse.raw.value:
        return None
    return page.language.plural(
        "Of {n} agreed figures with at least six earlier months, {value} is worse than usual.",
        "Of {n} agreed figures with at least six earlier months, {value} are worse than usual.",
        worse.raw.value,
        **worse,
    )


def _of_own(page: Page, own: Said) -> str | None:
    return page.language("{value} of them on our own rules", **own) if own.raw.value else None


def _changed(page: Page) -> str | None:
    worse, better = page.one("scorecard.worse"), page.one("scorecard.better")
    if worse.raw.value is None or page.one("scorecard.met").raw.value is None:
        return None
    if not worse.raw.value and not better.raw.value:
        if page.one("scorecard.evidence_lost").raw.value:
            return None
        return page.language("No verdict changed since the last pack.")
    ends = (
        page.language.plural(
            "{value} verdict became worse", "{value} verdicts became worse", worse.raw.value, **worse
        )
        if worse.raw.value
        else page.language("none became worse"),
        _of_own(page, page.one("scorecard.own_worse")),
        page.language("{value} became better", **better)
        if better.raw.value
        else page.language("none became better"),
        _of_own(page, page.one("scorecard.own_better")),
    )
    return page.language("Since the last pack {turns}.", turns=", ".join(filter(None, ends)))


def actions_overdue_plain(f: Said) -> str | None:
    """Decisions that nobody carried out in time; none, no sentence."""
    if not f.raw.value:
        return None
    return f.language.plural(
        "{value} of {n} decisions of the board that are not carried out is overdue.",
        "{value} of {n} decisions of the board that are not carried out are overdue.",
        f.raw.value,
        **f,
    )


def opinions_overdue_plain(f: Said) -> str | None:
    """Whether opinions on the provider hold; where all do, or no register of them was supplied, no sentence."""
    if f.raw.value is None:
        return None
    if not f.raw.n:
        return f.language("Nobody outside has judged the provider.")
    if not f.raw.value:
        return None
    return f.language.plural(
        "{value} of {n} outside opinions has run out, or comes from somebody with an interest.",
        "{value} of {n} outside opinions have run out, or come from somebody with an interest.",
        f.raw.value,
        **f,
    )
