"""What the page on strategy says."""

from __future__ import annotations

from msp_report.words.language import message
from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """Whether projects come from the business, and which proposals wait."""
    return [_projects(page), _wrong(page), _waiting(page)]


#: What may be wrong with a project, gravest first, by the measure that counts it.
_WRONG = {
    "unapproved": message("nobody approved it ({value})"),
    "no_objective": message("it serves no objective of the board ({value})"),
    "own_profit": message("the provider proposed it and is paid for it beside the fee ({value})"),
    "out_of_scope": message("it lies outside the agreed scope ({value})"),
    "no_background": message("the provider has shown nothing in its field ({value})"),
    "not_best_resource": message("the provider is not the best resource ({value})"),
    "best_resource_unknown": message("nobody says who is the best resource ({value})"),
}


def _wrong(page: Page) -> str | None:
    found = [(words, page.one(f"strategy.{name}")) for name, words in _WRONG.items()]
    said = [page.language(words, **f) for words, f in found if f.raw.value]
    if not said:
        return None
    return page.language(
        "What is wrong, one project often in several ways: {faults}.", faults=page.listed(said)
    )


def _projects(page: Page) -> str:
    faulty, cost = page.one("strategy.exceptions"), page.one("strategy.exceptions_cost")
    steps = (page.one("strategy.oversight"), page.one("strategy.author"), page.one("strategy.acknowledged"))
    unsettled = sum(f.raw.value or 0 for f in steps)
    if faulty.raw.value is None:
        return page.language(
            "We do not know whether projects come from the business: {why_missing}.", **faulty
        )
    if faulty.raw.n == 0 and unsettled:
        return page.language(
            "No project was under way and none proposed in {period}; "
            "what is open is the strategy itself, or who watches over it.",
            period=page.period,
        )
    if faulty.raw.n == 0:
        return page.language("No project was under way and none proposed in {period}.", period=page.period)
    if faulty.raw.verdict == "no_verdict":
        return exceptions_no_verdict(faulty)
    if faulty.raw.value == 0 and unsettled:
        return page.language(
            "Every one of {n} projects and proposals serves an objective, was approved where it had to be, "
            "and lies in the provider's field; what is open is the strategy itself, or who watches over it.",
            **faulty,
        )
    if faulty.raw.value == 0:
        return page.language(
            "Every one of {n} projects and proposals serves an objective, was approved where it had to be, "
            "and lies in the provider's field.",
            **faulty,
        )
    if cost.raw.value:
        return page.language(
            "{value} of {n} projects and proposals should not go on as they are; they cost {cost} between them.",
            cost=cost.value,
            **faulty,
        )
    return page.language("{value} of {n} projects and proposals should not go on as they are.", **faulty)


def _waiting(page: Page) -> str | None:
    waiting, cost = page.one("strategy.waiting"), page.one("strategy.waiting_cost")
    if not waiting.raw.value:
        return None
    if not cost.raw.n:
        return waiting_plain(waiting)
    if cost.raw.n < waiting.raw.value:
        return page.language(
            "{value} proposals wait for a decision, with {cost} between them where a cost is stated.",
            cost=cost.value,
            **waiting,
        )
    return page.language.plural(
        "{value} proposal waits for a decision, with {cost} between them.",
        "{value} proposals wait for a decision, with {cost} between them.",
        waiting.raw.value,
        cost=cost.value,
        **waiting,
    )


def todo(page: Page) -> list[str | None]:
    """What to settle or stop, what to decide, and what is open on the strategy itself."""
    faulty, waiting = page.one("strategy.exceptions"), page.one("strategy.waiting")
    cost = page.one("strategy.waiting_cost")
    known, charge = page.one("strategy.acknowledged"), page.one("strategy.oversight")
    author = page.one("strategy.author")
    return [
        page.language.plural(
            "Settle what is wrong with {value} project or proposal, or stop it.",
            "Settle what is wrong with {value} projects and proposals, one by one, or stop them.",
            faulty.raw.value,
            **faulty,
        )
        if faulty.raw.value
        else None,
        page.language.plural(
            "Decide on {value} proposal that waits, for {cost} where a cost is stated.",
            "Decide on {value} proposals that wait, for {cost} between them where a cost is stated.",
            waiting.raw.value,
            cost=cost.value,
            **waiting,
        )
        if waiting.raw.value and cost.raw.n
        else None,
        page.language("Have the provider acknowledge the strategy in writing.") if known.raw.value else None,
        page.language("Settle who is in charge of the provider: the table below says what is open.")
        if charge.raw.value
        else None,
        page.language("Settle what the table below leaves open on the strategy.")
        if author.raw.value
        else None,
    ]


def exceptions_missed(f: Said) -> str:
    """Projects that do not come from the business."""
    return f.language(
        "{value} of {n} projects and proposals have something to settle before they go on.", **f
    )


def exceptions_met(f: Said) -> str:
    """All come from the business."""
    return f.language("All {n} projects and proposals come from the business.", **f)


def exceptions_no_verdict(f: Said) -> str:
    """None is known to be amiss, and not everything could be checked or read."""
    if f.raw.why_missing:
        return f.language(
            "Nobody can tell whether all projects and proposals come from the business: {why_missing}.", **f
        )
    return f.language(
        "Nothing is known to be wrong with {n} projects and proposals, but strategy.yaml names no objectives or the "
        "contract no scope, so not everything could be checked.",
        **f,
    )


def oversight_no_verdict(f: Said) -> str:
    """Not everything about who is in charge is stated."""
    return f.language(
        "On who is in charge of the provider, strategy.yaml leaves {high} of {n} points out.", **f
    )


def author_no_verdict(f: Said) -> str:
    """Not everything about the strategy is stated."""
    return f.language("On the board's own strategy, strategy.yaml leaves {high} of {n} points out.", **f)


def acknowledged_no_verdict(f: Said) -> str:
    """Whether the provider knows the strategy is not stated."""
    return f.language("We do not know whether the provider has acknowledged the strategy.")


def oversight_missed(f: Said) -> str:
    """Not everything about who watches over the provider is settled."""
    return f.language(
        "On who is in charge of the provider, {value} of {n} points are open: a name, experience, hours, independence.",
        **f,
    )


def oversight_met(f: Said) -> str:
    """Somebody watches over the provider."""
    return f.language("Somebody with IT experience, hours and no interest of their own is in charge by name.")


def author_missed(f: Said) -> str:
    """Not everything about the board's own strategy is settled."""
    return f.language(
        "The strategy leaves {value} of {n} points open: its author, its review or the owners of its objectives.",
        **f,
    )


def author_met(f: Said) -> str:
    """The strategy is the board's."""
    return f.language("The strategy is the board's own and was reviewed independently.")


def acknowledged_missed(f: Said) -> str:
    """The provider does not have the strategy, or has not said that it has."""
    if f.raw.value == f.raw.n:
        return f.language("The provider has not been given the strategy.")
    return f.language("The provider has been given the strategy and has not acknowledged it.")


def acknowledged_met(f: Said) -> str:
    """The provider knows the strategy."""
    return f.language("The provider has acknowledged the strategy.")


def waiting_plain(f: Said) -> str | None:
    """Proposals that nobody has decided on; none, no sentence."""
    if not f.raw.value:
        return None
    return f.language.plural(
        "{value} proposal waits for a decision.",
        "{value} proposals wait for a decision.",
        f.raw.value,
        **f,
    )


def waiting_cost_plain(f: Said) -> str | None:
    """What the waiting proposals would cost; nothing, no sentence."""
    return f.language("Proposals for {value} wait for a decision.", **f) if f.raw.value else None
