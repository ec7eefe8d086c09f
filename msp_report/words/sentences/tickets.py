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
            "{value} of the {n} edits that move a figure helped the provider (95 % interval {low} to {high}): more "
            "than chance explains.",
            **share,
        )
    if share.raw.high < 0.5:
        return page.language(
            "Of the {n} edits that move a figure most helped us, {value} the provider.", **share
        )
    return None


def _bunched(page: Page) -> str | None:
    """Whether more was solved just before the deadline than chance explains (rule 34)."""
    more = page.one("tickets.bunched")
    if not beyond(more, 0):
        return None
    return page.language(
        "{n} tickets were solved in the last tenth of their time, {value} more than those before and after let expect "
        "(at least {low}).",
        **more,
    )


def _numbers(page: Page) -> str | None:
    missing = page.one("tickets.numbers_missing")
    if not missing.raw.value:
        return None
    return page.language.plural(
        "{value} ticket number of the month is in none of the files: ask the provider for it.",
        "{value} ticket numbers of the month are in none of the files: ask the provider for them.",
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
            "No agreed time is known to have been missed in {period}, but of {priorities} nobody can tell.",
            priorities=page.listed(dict.fromkeys(f.subject for f in unclear)),
            period=page.period,
        )
    unknown = page.one("tickets.opened")
    if unknown.raw.value is None and unknown.raw.why_missing == "no tickets were supplied":
        return page.language(
            "Whether tickets were answered and solved in time is not known: {why_missing}.", **unknown
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
            "{opened} tickets were opened; how many were solved and how many were open at the end of the month is not "
            "known: {why_missing}.",
            opened=opened.value,
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
    if reopened.raw.value is None or repeated.raw.value is None:
        return None
    return page.language(
        "{reopened} of the solved tickets came back, and {repeated} of the new ones repeat an earlier one.",
        reopened=reopened.value,
        repeated=repeated.value,
    )


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
            "{tickets}: between {low} and {high} were solved in time ({target} agreed): {why_missing}.",
            tickets=_which(f),
            **f,
        )
    if f.raw.why_missing:
        return f.language(
            "{tickets}: whether enough tickets were solved in time cannot be judged: {why_missing}.",
            tickets=_which(f),
            **f,
        )
    if f.raw.low is not None:
        return f.language(
            "{tickets}: between {low} and {high} were solved in time ({target} agreed); what contradicts itself, "
            "ended before the first pack or has a strange priority decides.",
            tickets=_which(f),
            **f,
        )
    return f.language(
        "{tickets}: whether enough tickets were solved in time cannot be judged.", tickets=_which(f)
    )


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
            "{tickets}: between {low} and {high} were answered in time ({target} agreed): {why_missing}.",
            tickets=_which(f),
            **f,
        )
    if f.raw.why_missing:
        return f.language(
            "{tickets}: whether enough tickets were answered in time cannot be judged: {why_missing}.",
            tickets=_which(f),
            **f,
        )
    if f.raw.low is not None:
        return f.language(
            "{tickets}: between {low} and {high} were answered in time ({target} agreed); what contradicts itself, "
            "ended before the first pack or has a strange priority decides.",
            tickets=_which(f),
            **f,
        )
    return f.language(
        "{tickets}: whether enough tickets were answered in time cannot be judged.", tickets=_which(f)
    )


def _which(f: Said) -> str:
    return f.subject or f.language("All tickets")


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
