"""What the day's page on the help desk says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said, paragraph


def opening(page: Page) -> list[str | None]:
    """What is open and late, what lies still, what waits, and what was solved in the week before."""
    return [
        _open(page),
        _still(page),
        paragraph(paused(page.one("helpdesk.paused")), _oldest(page)),
        _solved(page),
    ]


def _open(page: Page) -> str:
    tickets, late, due = page.one("helpdesk.open"), page.one("helpdesk.overdue"), page.one("helpdesk.due")
    if tickets.raw.value is None:
        return page.language("What is open at the help desk is not known: {why_missing}.", **tickets)
    if tickets.raw.value == 0:
        return page.language("No ticket is open.")
    if late.raw.value is None:
        return page.language.plural(
            "{value} ticket is open; no time is agreed for it, so nothing can be called overdue.",
            "{value} tickets are open; no time is agreed for them, so nothing can be called overdue.",
            tickets.raw.value,
            **tickets,
        )
    return page.language.plural(
        "{value} ticket is open, {late} of them past an agreed deadline "
        "and {due} due before the working day ends.",
        "{value} tickets are open, {late} of them past an agreed deadline "
        "and {due} due before the working day ends.",
        tickets.raw.value,
        late=counted(late),
        due=counted(due),
        **tickets,
    )


def counted(f: Said) -> str:
    """A count, nought in words."""
    return f.value if f.raw.value else f.language("none")


def _still(page: Page) -> str | None:
    stuck, passed = page.one("helpdesk.stuck"), page.one("helpdesk.bouncing")
    if stuck.raw.value and passed.raw.value:
        return page.language.plural(
            "Nobody has touched {stuck} of them for a week or longer, and {passed} is being passed around.",
            "Nobody has touched {stuck} of them for a week or longer, and {passed} are being passed around.",
            passed.raw.value,
            stuck=stuck.value,
            passed=passed.value,
        )
    if stuck.raw.value:
        return page.language("Nobody has touched {value} of them for a week or longer.", **stuck)
    if passed.raw.value:
        return page.language.plural(
            "{value} of them is being passed around.",
            "{value} of them are being passed around.",
            passed.raw.value,
            **passed,
        )
    if stuck.raw.value is None and stuck.raw.n:
        return page.language("Whether any of them lies still is not known: {why_missing}.", **stuck)
    return None


def paused(f: Said) -> str | None:
    """What waiting does to the deadlines of tickets whose clock stands still; none does, no sentence."""
    if not f.raw.value:
        return None
    return f.language.plural(
        "The clock of {value} stands still: its deadline moves on with every day of waiting.",
        "The clock of {value} stands still: their deadlines move on with every day of waiting.",
        f.raw.value,
        **f,
    )


def _oldest(page: Page) -> str | None:
    oldest = page.one("helpdesk.oldest")
    if oldest.raw.value is None:
        return None
    return page.language("The oldest has been open for {value}.", **oldest)


def _solved(page: Page) -> str | None:
    solved, median = page.one("helpdesk.solved"), page.one("helpdesk.resolution_median")
    if solved.raw.value and median.raw.value is not None:
        return page.language.plural(
            "{solved} was solved in the week before, half of them within {median} of agreed time.",
            "{solved} were solved in the week before, half of them within {median} of agreed time.",
            solved.raw.value,
            solved=solved.value,
            median=median.value,
        )
    return page.language("None was solved in the week before.") if solved.raw.value == 0 else None


def open_missed(f: Said) -> str:
    """More than the board asked for."""
    return f.language(
        "{tickets}: {value} open; the board asked for no more than {target}.", tickets=_which(f), **f
    )


def open_met(f: Said) -> str:
    """As few as the board asked for."""
    return f.language(
        "{tickets}: {value} open, no more than the {target} that the board asked for.", tickets=_which(f), **f
    )


def open_no_data(f: Said) -> str:
    """No tickets."""
    return f.language("How many tickets are open is not known ({why_missing}).", **f)


def _which(f: Said) -> str:
    return f.subject or f.language("In all")
