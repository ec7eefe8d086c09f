"""Sentences that speak of no figure of one report; `sentences.say` finds them by name.

Each takes a page, for its language, and what the sentence is about, as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msp_report.words import labels
from msp_report.words.sentences.said import MANY, Page, Said, joined, paragraph

#: So many packs before this one are looked at.
LOOKED_BACK = 12


def evidence(
    page: Page,
    *,
    name: str,
    months: int,
    judged: int,
    missed: int,
    unjudged: int,
    low: str,
    high: str,
    last: str | None,
    last_month: str | None,
    worst: str | None,
    worst_subject: str,
    worst_month: str | None,
    why: str,
) -> str:
    """One figure of a year beside a question of the assessment.

    `judged`, `missed` and `unjudged` count verdicts, `months` the months that give the figure; where none does, `why`.
    """
    if not months:
        return page.language("{name}: not known, {why}.", name=name, why=page.label(why))
    found = joined(
        _verdicts(page, judged, missed, unjudged, worst, worst_subject, worst_month),
        _range(page, months, low, high, last, last_month),
    )
    return page.language("{name}: {found}", name=name, found=found)


def _verdicts(
    page: Page,
    judged: int,
    missed: int,
    unjudged: int,
    worst: str | None,
    worst_subject: str,
    worst_month: str | None,
) -> str | None:
    places = {"judged": judged, "missed": missed, "unjudged": unjudged}
    where = {"worst": worst, "subject": worst_subject, "month": worst_month}
    if missed and judged <= 1:
        return None  # the figure beside it says it
    if missed and worst and worst_subject:
        return page.language(
            "missed {missed} of {judged} times, worst {subject} with {worst} in {month}", **places, **where
        )
    if missed and worst:
        return page.language(
            "missed {missed} of {judged} times, worst with {worst} in {month}", **places, **where
        )
    if missed:
        return page.language("missed {missed} of {judged} times", **places)
    if unjudged and judged == 1:
        return page.language("cannot be judged")
    if unjudged:
        return page.language(
            "never shown to be missed, but {unjudged} of {judged} times it cannot be judged", **places
        )
    return page.language("met all {judged} times", **places) if judged > 1 else None


def _range(page: Page, months: int, low: str, high: str, last: str | None, last_month: str | None) -> str:
    places = {"low": low, "high": high, "last": last, "month": last_month}
    if low == high and months > 1:
        return page.language("{low} in every month", **places)
    if low == high:
        return low
    if last and months > 1:
        return page.language("from {low} to {high}, {last} in {month}", **places)
    return page.language("from {low} to {high}", **places)


def grade(page: Page, *, question: str, severity: str) -> str:
    """How a question was graded."""
    if severity == "ungraded":
        return page.language("Not graded ({question} in findings.yaml).", question=question)
    if severity == "none":
        return page.language("In order.")
    return page.language("{severity} finding.", severity=labels.raised(page.label(severity)))


def found(page: Page, **written: str | None) -> str:
    """What was found on a question, by whom, and what the management says to it, in one paragraph."""
    return paragraph(*found_each(page, **written))


def found_each(
    page: Page,
    *,
    severity: str,
    before: str | None,
    finding: str | None,
    evidence: str | None,
    recommendation: str | None,
    management_response: str | None,
    graded_by: str | None,
    graded_on: str | None,
) -> list[str]:
    """The same, a sentence each."""
    if severity == "ungraded":
        return [said] if (said := _graded_before(page, before)) else []
    lines = [
        page.language("{finding}.", finding=finding),
        page.language("Seen in: {evidence}.", evidence=evidence) if evidence else None,
        page.language("Recommended: {recommendation}.", recommendation=recommendation)
        if recommendation
        else None,
        _answer(page, severity, management_response),
        _grader(page, before, graded_by, graded_on),
    ]
    return [line for line in lines if line]


def _graded_before(page: Page, before: str | None) -> str:
    if before == "none":
        return page.language("It was graded in order before.")
    return page.language("It was graded {before} before.", before=page.label(before)) if before else ""


def _answer(page: Page, severity: str, answer: str | None) -> str | None:
    if answer:
        return page.language("The management answers: {answer}.", answer=answer)
    return page.language("The management has not answered.") if severity != "none" else None


def _grader(page: Page, before: str | None, by: str | None, on: str | None) -> str:
    if not before:
        return page.language("Graded by {by}, {on}.", by=by, on=on)
    if before == "none":
        return page.language("Graded by {by}, {on}; in order the time before.", by=by, on=on)
    return page.language(
        "Graded by {by}, {on}; {before} the time before.", by=by, on=on, before=page.label(before)
    )


def as_of(page: Page, *, at: str, made: str | None, newest: str | None) -> str:
    """Which instant a day's page stands at; the day on which it was `made` only where that is too long after."""
    return paragraph(
        page.language("As of {at}.", at=at),
        page.language("The newest entry is of {newest}.", newest=newest) if newest else None,
        page.language(
            "Nothing newer had come by {made}, when this page was made: things may stand otherwise now.",
            made=made,
        )
        if made
        else None,
    )


def dearest(page: Page, *, month: str | None, amount: str) -> str:
    """What heads the picture of what each month came to: the dearest one, where there is one."""
    if month is None:
        return page.language("What each month came to")
    return page.language("{month} came to the most: {amount}", month=month, amount=amount)


def each_month(page: Page, *, amounts: Mapping[str, str]) -> str:
    """The same in words, for whoever does not see the picture: every month with its amount."""
    named = [
        page.language("{month} {amount}", month=month, amount=amount) for month, amount in amounts.items()
    ]
    return page.language("What each month came to: {months}.", months=page.listed(named))


def stands_for(page: Page, *, year: str, months: int) -> str:
    """Why a year that nobody named is the last twelve months: the civil year is not whole."""
    if not months:
        return page.language(
            "These are the last twelve months, because no month of {year}, the latest civil year, has exports.",
            year=year,
        )
    return page.language.plural(
        "These are the last twelve months, because only {months} month of {year}, the latest civil year, has exports.",
        "These are the last twelve months, because only {months} months of {year}, the latest civil year, have "
        "exports.",
        months,
        year=year,
        months=months,
    )


def asked(page: Page, *, name: str, value: str, target: str) -> str:
    """A figure with a target, where its report has no sentence for it."""
    return page.language("{name}: {value}; {target} was asked for.", name=name, value=value, target=target)


def stated(page: Page, *, name: str, value: str) -> str:
    """A figure without a target, where its report has no sentence for it."""
    return page.language("{name}: {value}.", name=name, value=value)


def compare_kept(page: Page, *, shares: Sequence[Mapping[str, Any]], period: str) -> str:
    """What each client's provider kept of what could be judged: client, met and judged of each."""
    if not shares:
        return page.language("No promise of {period} could be judged for any client.", period=period)
    clauses = [page.language("{client}’s provider kept {met} of {judged}", **one) for one in shares]
    return page.language(
        "Of the promises of {period} that could be judged, {clauses}.",
        period=period,
        clauses=", ".join(clauses),
    )


def compare_missing(page: Page, *, clients: Sequence[str], period: str) -> str | None:
    """Which clients have no pack of the period; none lacks one, no sentence."""
    if not clients:
        return None
    return page.language(
        "There is no pack of {period} for {clients}.", period=period, clients=page.listed(clients, MANY)
    )


def portfolio_made(page: Page, *, all: int, made: int, period: str) -> str:
    """Of how many clients a run over all of them made the packs."""
    places = {"all": page.number(all, "count"), "period": period}
    if made == all:
        return page.language.plural(
            "The one client has its pack of {period}.",
            "All {all} clients have their pack of {period}.",
            all,
            **places,
        )
    return page.language.plural(
        "1 of {all} clients has no new pack of {period}: the analyst has to see to it.",
        "{n} of {all} clients have no new pack of {period}: the analyst has to see to them.",
        all - made,
        n=page.number(all - made, "count"),
        **places,
    )


def portfolio_missed(page: Page, *, missed: int, judged: int, with_missed: int) -> str | None:
    """How many promises of all clients were missed, and at how many clients."""
    if not judged:
        return page.language("No promise of any client could be judged.")
    if not missed:
        return page.language(
            "None of the {judged} promises that can be judged was missed.",
            judged=page.number(judged, "count"),
        )
    places = {"missed": page.number(missed, "count"), "judged": page.number(judged, "count")}
    return page.language.plural(
        "The providers missed {missed} of the {judged} promises that can be judged, at {n} client.",
        "The providers missed {missed} of the {judged} promises that can be judged, at {n} clients.",
        with_missed,
        n=page.number(with_missed, "count"),
        **places,
    )


def reply(page: Page, *, by: str, on: str, text: str) -> str:
    """What the provider replied to a figure."""
    return page.language("{by} replied on {on}: “{text}”", by=by, on=on, text=text)


def restates(page: Page, *, n: int, count: str) -> str | None:
    """How many figures differ from the pack that is replaced; none, no sentence."""
    if not n:
        return None
    return page.language.plural(
        "{count} figure differs from the pack that this one replaces: the page Promises has it.",
        "{count} figures differ from the pack that this one replaces: the page Promises has them.",
        n,
        count=count,
    )


def found_on(page: Page, *, facts: Sequence[str]) -> str:
    """What was found on a figure that the provider disputes."""
    return page.language("What we found: {facts}.", facts="; ".join(facts))


def quiet(page: Page, *, figures: int) -> str:
    """Where no agreed target is listed as missed or unknown: all were met, nothing is agreed, or nothing is known."""
    if not figures:
        return page.language("There is no pack of this month yet, so nothing is known.")
    if not page.one("scorecard.met").raw.n:
        return page.language("Nothing that is agreed could be judged this month.")
    return page.language("No agreed target was missed, and each could be judged.")


def not_supplied(page: Page, *, reports: Sequence[str]) -> str | None:
    """Which pages have nothing to say because nothing was supplied for them; all have, no sentence."""
    if not reports:
        return None
    names = page.listed([page.label(report) for report in reports])
    return page.language(
        "Nothing was supplied on {names}: those pages say neither good nor bad.", names=names
    )


def changed(page: Page, *, month: str | None) -> str:
    """What heads the list of changes since the pack before."""
    if month:
        return page.language("Changed since the pack of {month}", month=month)
    return page.language("Changed since the last pack")


def unchanged(page: Page, *, month: str | None) -> str:
    """Where that list is empty."""
    if month:
        return page.language("nothing is judged otherwise, and no row was read again.")
    return page.language("there is none before this one.")


def no_signal(page: Page, *, compared: int) -> str:
    """Where no figure left its usual course: none did, or none has enough months to tell (rule 21)."""
    if compared:
        return page.language.plural(
            "the one figure with at least six earlier months shows no signal.",
            "none of the {compared} figures with at least six earlier months shows a signal.",
            compared,
            compared=compared,
        )
    return page.language("no figure has six earlier months yet, so nothing can be called usual or not.")


def taken(page: Page) -> str | None:
    """What missing evidence took away: how many verdicts, since when, and how much money hangs on it (rule 50)."""
    lost, money = page.one("scorecard.unjudged"), page.one("scorecard.evidence_cost")
    if not lost.raw.value:
        return None
    since = page.all("scorecard.unjudged_months")
    first = page.language("one since {month}", month=page.months(since[:1])) if since else None
    if since and not since[0].raw.subject:
        first = page.language("at least one never had any")
    told = page.language.plural(
        "For want of evidence {value} promise has no verdict",
        "For want of evidence {value} promises have no verdict",
        lost.raw.value,
        **lost,
    )
    return joined(
        ", ".join(filter(None, (told, first))),
        page.language("up to {value} more in service credits may hang on it, after the month's cap", **money)
        if money.raw.value
        else None,
    )


def month_total(
    page: Page, *, amount: str, last: str | None, added: str | None, taken: str | None, lacks: str | None
) -> str:
    """What the month came to in all, with the work charged beside the fee and the credits taken off, and what nobody
    states of it."""
    parts = [
        page.language("{amount} in all", amount=amount),
        page.language("with {money} extra work", money=added) if added else None,
        page.language("less {money} credits owed", money=taken) if taken else None,
    ]
    return paragraph(
        joined(
            ", ".join(filter(None, parts)),
            page.language("the month before: {last}", last=last) if last else None,
        ),
        page.language("Not stated, and not in it: {lacks}.", lacks=lacks) if lacks else None,
    )


def turned(page: Page) -> list[str | None]:
    """Which verdicts changed since the last pack, for how many there is no evidence any more, and how many agreed
    figures are worse than usual; from the figures of page one."""
    return [_changed(page), _lost(page), _worse_than_usual(page)]


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


def ask(page: Page, *, number: str, headline: str, clause: str | None, months: int | None, count: str) -> str:
    """One point of the agenda: what was missed, by which clause it was promised, and since when it has been missed."""
    since = (
        page.language("Whether it was missed the month before is not known.")
        if months is None
        else page.language("New this month.")
        if months == 1
        else page.language("Missed for {count} months in a row, or longer.", count=count)
        if months > LOOKED_BACK
        else page.language("Missed for {count} months in a row.", count=count)
    )
    named = clause and f"{clause})" not in headline
    return paragraph(
        page.language("{number}. {headline}", number=number, headline=headline),
        page.language("Clause {clause}.", clause=clause) if named else None,
        since,
    )


def no_limits(page: Page, limited: bool, supplied: bool) -> str | None:
    """Said once: nobody states from what money on orders need somebody's look."""
    if limited or not supplied:
        return None
    return page.language(
        "Neither contract nor strategy says from what money on an order needs an approval, a quote or an independent "
        "look at its price: none is asked for."
    )


def claimed(page: Page, name: str, claimed: str, value: str | None) -> str:
    """One figure of the provider's own, and what was found where that is another one."""
    if value is None:
        return page.language("{name} {claimed}", name=name, claimed=claimed)
    return page.language("{name} {claimed} (found: {value})", name=name, claimed=claimed, value=value)


def stated_by_provider(page: Page, claims: Sequence[str]) -> str:
    """What the provider itself states of the figures of a page."""
    return page.language("The provider states: {claims}.", claims=page.listed(claims))
