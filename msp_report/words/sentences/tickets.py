"""What the page on tickets says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, beyond


def opening(page: Page) -> list[str | None]:
    """Whether enough was answered and solved in time, how many came and went, and how much came back."""
    return [
        _kept(page),
        _flow(page),
        _again(page),
        _flagged(page),
        _favoured(page),
        _bunched(page),
        _numbers(page),
    ]


def _flagged(page: Page) -> str | None:
    """What the provider's own tool calls in time and was late (rule 32)."""
    wrong = page.one("tickets.flagged_in_time")
    if not wrong.raw.value:
        return None
    return page.language.plural(
        "{value} ticket that the provider's own tool calls in time was solved late.",
        "{value} tickets that the provider's own tool calls in time were solved late.",
        wrong.raw.value,
        **wrong,
    )


def _favoured(page: Page) -> str | None:
    """Whom edits favour, where ten or more say it and chance alone does not (rule 33)."""
    share = page.one("tickets.edits_favouring")
    if share.raw.value is None or share.raw.low is None or share.raw.high is None:
        return None
    if share.raw.low > 0.5:
        return page.language(
            "{part} of the {n} edits that move a figure helped the provider: more than chance explains.",
            **share,
        )
    if share.raw.high < 0.5:
        return page.language(
            "{part} of the {n} edits that move a figure helped the provider, the others us.", **share
        )
    return None


def _bunched(page: Page) -> str | None:
    """Whether more was solved just before the deadline than chance explains (rule 34)."""
    more = page.one("tickets.bunched")
    if not beyond(more, 0):
        return None
    return page.language(
        "{n} tickets were solved in the last tenth of their time, at least {low} more than chance explains.",
        **more,
    )


def _numbers(page: Page) -> str | None:
    missing = page.one("tickets.numbers_missing")
    if not missing.raw.value:
        return None
    return page.language.plural(
        "{value} ticket number of the month is in none of the files.",
        "{value} ticket numbers of the month are in none of the files.",
        missing.raw.value,
        **missing,
    )


def _kept(page: Page) -> str:
    solved = [f for f in page.judged("tickets.resolution_attainment") if f.subject]
    answered = [f for f in page.judged("tickets.response_attainment") if f.subject]
    late_solved = [f for f in solved if f.raw.verdict == "missed"]
    late_answered = [f for f in answered if f.raw.verdict == "missed"]
    if not solved and not answered:
        return page.language(
            "No times to answer or to solve are agreed, so nothing can be called met or missed in {period}.",
            period=page.period,
        )
    if late_solved and late_answered:
        return page.language(
            "Too few {solved} tickets were solved in time in {period}, "
            "and too few {answered} tickets were answered in time.",
            solved=page.subjects(late_solved),
            answered=page.subjects(late_answered),
            period=page.period,
        )
    if late_solved:
        return page.language(
            "Too few {solved} tickets were solved in time in {period}.",
            solved=page.subjects(late_solved),
            period=page.period,
        )
    unclear = [f for f in solved + answered if f.raw.verdict == "no_verdict"]
    if late_answered and (unclear or not any(f.raw.verdict == "met" for f in solved)):
        return page.language(
            "Too few {answered} tickets were answered in time in {period}.",
            answered=page.subjects(late_answered),
            period=page.period,
        )
    if late_answered:
        return page.language(
            "Too few {answered} tickets were answered in time in {period}; "
            "those that were solved were solved in time.",
            answered=page.subjects(late_answered),
            period=page.period,
        )
    if unclear:
        return page.language(
            "No agreed time is known to have been missed in {period}, but nobody can judge {priorities} tickets.",
            priorities=page.listed(dict.fromkeys(f.subject for f in unclear)),
            period=page.period,
        )
    unknown = page.one("tickets.opened")
    if unknown.raw.value is None and unknown.raw.why_missing == "no tickets were supplied":
        return page.language(
            "We do not know whether tickets were answered and solved in time: {why_missing}.", **unknown
        )
    if any(f.raw.verdict == "met" for f in solved + answered):
        return page.language(
            "Wherever there was something to judge, enough tickets were answered and solved in time in {period}.",
            period=page.period,
        )
    return page.language(
        "There was nothing to judge against the agreed times in {period}.", period=page.period
    )


def _flow(page: Page) -> str | None:
    opened, solved = page.one("tickets.opened"), page.one("tickets.solved")
    backlog = page.one("tickets.backlog")
    if opened.raw.value is None:
        return None
    if backlog.raw.value is None:
        return page.language(
            "{opened} tickets were opened; we do not know how many were solved, nor how many were open at the end of "
            "the month: {why_missing}.",
            opened=opened.value,
            **backlog,
        )
    if backlog.raw.low is not None and backlog.raw.high is not None:
        return page.language(
            "{opened} tickets were opened and {solved} solved; {backlog} were open at the end of the month (at least "
            "{low}, at most {high}).",
            opened=opened.value,
            solved=solved.value,
            backlog=backlog.value,
            **backlog,
        )
    return page.language(
        "{opened} tickets were opened and {solved} solved; {backlog} were open at the end of the month.",
        opened=opened.value,
        solved=solved.value,
        backlog=backlog.value,
    )


def _again(page: Page) -> str | None:
    reopened, repeated = page.one("tickets.reopen_ratio"), page.one("tickets.repeat_ratio")
    if None in (reopened.count, repeated.count):
        return None
    return page.language(
        "{back} of {followed} solved tickets came back, and {again} of {new} new ones repeat an earlier one.",
        back=reopened.part,
        followed=reopened.n,
        again=repeated.part,
        new=repeated.n,
    )


def chart_solved(page: Page) -> str:
    """The priority that was missed by most, with its counts; else how many are in order."""
    judged = [f for f in page.judged("tickets.resolution_attainment") if f.subject]
    missed = [f for f in judged if f.raw.verdict == "missed" and f.count is not None]
    if missed:
        worst = max(missed, key=lambda f: (f.raw.target or 0) - (f.raw.value or 0))
        return page.language.plural(
            "{part} of {n} {subject} tickets was solved in time; {target} was agreed",
            "{part} of {n} {subject} tickets were solved in time; {target} was agreed",
            worst.count or 0,
            **worst,
        )
    met = [f for f in judged if f.raw.verdict == "met"]
    if met and len(met) == len(judged):
        return page.language(
            "Enough tickets of every priority were solved in time in {period}", period=page.period
        )
    return page.language("The share of the tickets of each priority that were solved in time")


def chart_pile(page: Page, *, first: str, month: str, target: str, change: float) -> str:
    """How many are open, how many were in the first month, and how many were asked for."""
    pile = page.one("tickets.backlog")
    if pile.raw.value is None:
        return page.language("Tickets open at the end of each month")
    if not first:
        said = page.language("{value} tickets are open", **pile)
    elif change > 0:
        said = page.language(
            "{value} tickets are open, up from {first} at the end of {month}",
            first=first,
            month=month,
            **pile,
        )
    elif change < 0:
        said = page.language(
            "{value} tickets are open, down from {first} at the end of {month}",
            first=first,
            month=month,
            **pile,
        )
    else:
        said = page.language(
            "{value} tickets are open, as many as at the end of {month}", month=month, **pile
        )
    return page.language("{said}; {target} was asked for", said=said, target=target) if target else said


def chart_ledger(page: Page, *, gone: int) -> str:
    """How many are open at the end, and how many of them the provider no longer lists: the caption of a table."""
    pile = page.one("tickets.backlog")
    if pile.raw.value is None:
        return page.language("From the tickets open at the beginning of the month to those open at its end")
    if not gone:
        return page.language("How {value} tickets came to be open at the end of the month", **pile)
    return page.language(
        "How {value} tickets came to be open at the end of the month, {gone} of which the provider no longer lists",
        gone=gone,
        **pile,
    )


def chart_ages(page: Page, *, old: int, all: int) -> str:
    """How many of the open tickets are older than a month."""
    if not all:
        return page.language("No ticket is open")
    return page.language.plural(
        "{old} of {all} open tickets is older than 30 days",
        "{old} of {all} open tickets are older than 30 days",
        old,
        old=old,
        all=all,
    )


def todo(page: Page) -> list[str | None]:
    """Reasons for what was late, the numbers that are missing, the tool put right, and whose edits to look at."""
    late = [
        f
        for measure in ("tickets.resolution_attainment", "tickets.response_attainment")
        for f in page.all(measure, "missed")
        if f.subject
    ]
    missing, flagged = page.one("tickets.numbers_missing"), page.one("tickets.flagged_in_time")
    share = page.one("tickets.edits_favouring")
    return [
        page.language(
            "Go through the late {priorities} tickets with the provider, one by one: why was each late, and what "
            "changes?",
            priorities=page.listed(dict.fromkeys(f.subject for f in late)),
        )
        if late
        else None,
        page.language.plural(
            "Ask the provider for the ticket whose number is missing.",
            "Ask the provider for the {value} tickets whose numbers are missing.",
            missing.raw.value,
            **missing,
        )
        if missing.raw.value
        else None,
        page.language.plural(
            "Ask the provider why its own tool calls {value} late ticket in time.",
            "Ask the provider why its own tool calls {value} late tickets in time.",
            flagged.raw.value,
            **flagged,
        )
        if flagged.raw.value
        else None,
        page.language(
            "Ask the provider who may change priorities and times after the fact, and why they were changed."
        )
        if beyond(share, 0.5)
        else None,
    ]


def resolution_attainment_missed(f: Said) -> str:
    """Too few were solved in time."""
    return _solved(f)


def resolution_attainment_met(f: Said) -> str:
    """Enough were solved in time."""
    return _solved(f)


def resolution_attainment_no_verdict(f: Said) -> str:
    """What is not known may turn it."""
    if f.raw.why_missing and f.raw.low is not None:
        return f.language(
            "Between {low} and {high} of the {tickets} were solved in time; {target} was agreed. What leaves it open: "
            "{why_missing}.",
            tickets=_of(f),
            **f,
        )
    if f.raw.why_missing:
        return f.language(
            "Nobody can tell whether enough {tickets} were solved in time: {why_missing}.",
            tickets=_of(f),
            **f,
        )
    if f.raw.low is not None:
        return f.language(
            "Between {low} and {high} of the {tickets} were solved in time; {target} was agreed. Tickets that "
            "contradict themselves, ended before the first pack or have a strange priority decide.",
            tickets=_of(f),
            **f,
        )
    return f.language("Nobody can tell whether enough {tickets} were solved in time.", tickets=_of(f))


def response_attainment_missed(f: Said) -> str:
    """Too few were answered in time."""
    return _answered(f)


def response_attainment_met(f: Said) -> str:
    """Enough were answered in time."""
    return _answered(f)


def response_attainment_no_verdict(f: Said) -> str:
    """What is not known may turn it."""
    if f.raw.why_missing and f.raw.low is not None:
        return f.language(
            "Between {low} and {high} of the {tickets} were answered in time; {target} was agreed. What leaves it "
            "open: {why_missing}.",
            tickets=_of(f),
            **f,
        )
    if f.raw.why_missing:
        return f.language(
            "Nobody can tell whether enough {tickets} were answered in time: {why_missing}.",
            tickets=_of(f),
            **f,
        )
    if f.raw.low is not None:
        return f.language(
            "Between {low} and {high} of the {tickets} were answered in time; {target} was agreed. Tickets that "
            "contradict themselves, ended before the first pack or have a strange priority decide.",
            tickets=_of(f),
            **f,
        )
    return f.language("Nobody can tell whether enough {tickets} were answered in time.", tickets=_of(f))


def _of(f: Said) -> str:
    return f.language("{subject} tickets", **f) if f.subject else f.language("tickets")


def _solved(f: Said) -> str:
    return f.language.plural(
        "{part} of {n} {tickets} ({value}) was solved in time; {target} was agreed.",
        "{part} of {n} {tickets} ({value}) were solved in time; {target} was agreed.",
        f.count or 0,
        tickets=_of(f),
        **f,
    )


def _answered(f: Said) -> str:
    return f.language.plural(
        "{part} of {n} {tickets} ({value}) was answered in time; {target} was agreed.",
        "{part} of {n} {tickets} ({value}) were answered in time; {target} was agreed.",
        f.count or 0,
        tickets=_of(f),
        **f,
    )
