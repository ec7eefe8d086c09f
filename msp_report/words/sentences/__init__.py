"""Every sentence that a page says, filled from figures only.

A module a report, by its noun: `opening(page)` are the first lines of its page, in order, and a function
`<name>_<verdict>` is the sentence of a figure of the measure `<report>.<name>` with that verdict, `<name>_plain` of
one that is not judged; `chart_<name>(page)` is the title of a chart, and `todo(page)` says what to do, and who.
Which sentence is said is decided there; what it reads in another language stands in the catalogues. Numbers reach a
sentence as text, never as numbers, so that a page cannot round on its own. A sentence that is empty or None is not
said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pandas as pd

from msp_report.model.columns import last_day, wall_time
from msp_report.model.figures import COLUMNS, SEVERITY, Figure, Verdict
from msp_report.model.measures import MEASURES, Measure
from msp_report.model.period import Period
from msp_report.params import Contract
from msp_report.words import labels
from msp_report.words.language import message
from msp_report.words.numbers import Numbers, clean
from msp_report.words.sentences import letters, pages, things
from msp_report.words.sentences.said import Page, Said, covered, paragraph

Line = tuple[str, Verdict | None]
#: Of a reply as much as stands beside a figure [characters].
LONGEST_REPLY = 600

#: A day's page that shows how things stood longer ago than this says so in words.
STALE = pd.Timedelta(days=1)

#: What is called like a measure and has no figures: an amendment stands in the list of what the year changed, the cap
#: among the credits of a month.
NAMED = {
    "contract.amendment": Measure("amendment", "Contract", of="Contract: {}"),
    "credit_terms.cap_ratio": Measure("cap_ratio", message("Taken off by the cap of the month")),
}


def headline(figure: Figure, contract: Contract) -> str | None:
    """The sentence of one figure; None where its report has none for its measure and verdict."""
    sentence = _headline(figure.measure, figure.verdict)
    if sentence is None:
        return None
    said = Said(figure, Numbers.of(contract))
    told = _line(paragraph(sentence(said), covered(said)))
    return labels.raised(told) or None


def opening(
    report: str,
    figures: Sequence[Figure],
    contract: Contract,
    period: Period,
    end: pd.Timestamp | None = None,
    called: Mapping[str, str] | None = None,
) -> list[Line]:
    """The first lines of a page: its summary, then every figure that is not as agreed, worst first. `end` is the
    cut-off where it is not the end of the period; `called`, what ids of subjects are called.

    Over several months a report that has an `opening_year` says that instead. A report without sentences, such as a
    fork's, opens with its figures' own headlines.
    """
    said = _opening(report, several=period.first != period.last)
    summary = said(Page(figures, contract, period, end, called)) if said else []
    open_points = [f for f in figures if f.headline and f.verdict in ("missed", "no_verdict", "no_data")]
    # the first line wears the worst verdict, never "met": it may speak of what no verdict covers
    worst = min((f.verdict for f in open_points), key=SEVERITY.__getitem__, default=None)
    texts = filter(None, map(_line, summary))
    lines: list[Line] = [(text, None if index else worst) for index, text in enumerate(texts)]
    return lines + [(f.headline, f.verdict) for f in sorted(open_points, key=lambda f: SEVERITY[f.verdict])]


def finding(
    report: str,
    chart: str,
    figures: Sequence[Figure],
    contract: Contract,
    period: Period | None = None,
    called: Mapping[str, str] | None = None,
    **values: Any,
) -> str:
    """What a chart of a report's page shows, said with its numbers: the chart's title.

    Said by `chart_<chart>` of the report's sentences, of its figures and of `values`, which are text or counts.
    """
    said = getattr(_modules()[report], f"chart_{chart}")
    return _line(said(Page(figures, contract, period, called=called), **values))


def todo(
    report: str,
    figures: Sequence[Figure],
    contract: Contract,
    period: Period,
    end: pd.Timestamp | None = None,
    called: Mapping[str, str] | None = None,
) -> list[Line]:
    """What to do about what a page shows, and who, a sentence each; one that says so where there is nothing to do."""
    page = Page(figures, contract, period, end, called)
    said = [text for text in map(_line, _modules()[report].todo(page)) if text]
    return [(text, None) for text in said or [_nothing_to_do(page, figures)]]


def _nothing_to_do(page: Page, figures: Sequence[Figure]) -> str:
    """What to do where a page asks for nothing: silence is no statement (rule 47)."""
    if all(figure.value is None for figure in figures):
        return page.language("What this page rests on is not known yet: ask for it first.")
    known = sum(figure.value is not None for figure in figures)
    if 2 * known < len(figures) or any(figure.verdict in ("no_verdict", "no_data") for figure in figures):
        return page.language("Some of what this page rests on is not known: ask for it first.")
    return page.language("Nothing on this page asks for anything to be done.")


def stated_by_provider(figures: Sequence[Figure], contract: Contract) -> list[Line]:
    """One line with every figure of a page of which the provider states its own, ours beside it where they differ to
    the eye; no line where it states none."""
    show = Numbers.of(contract)
    claimed = [figure for figure in figures if figure.claimed is not None]
    rows = pd.DataFrame([figure.row() for figure in claimed], columns=COLUMNS)
    parts = []
    for name, figure in zip(names(rows, contract), claimed, strict=True):
        theirs, ours = (
            show.number(one, figure.unit, figure.why_missing) for one in (figure.claimed, figure.value)
        )
        parts.append(
            say("claimed", contract, name=name, claimed=theirs, value=ours if ours != theirs else None)
        )
    return [(say("stated_by_provider", contract, claims=parts), None)] if parts else []


#: Measures that count the days to a day to come: from the last day of the period, or from the cut-off itself.
COUNTS_TO = {
    "contract.days_to_notice": "last day",
    "scorecard.claim_days": "last day",
    "capacity.days_to_limit": "cut-off",
}


def names(
    figures: pd.DataFrame,
    contract: Contract | None = None,
    value: str = "",
    end: pd.Timestamp | None = None,
) -> list[str | None]:
    """What each row's measure and subject are called, in the contract's language, without one in English.

    A measure that nobody has declared keeps its own name; a row without a measure, such as a sum, has none. Where the
    column `value` counts the days from `end` to a day to come, that day stands behind the name: a count of days is
    wrong on the day on which it is read.
    """
    show = Numbers.of(contract) if contract else Numbers()
    named = [
        None if pd.isna(measure) else _name(measure, subject, show)
        for measure, subject in zip(figures["measure"], figures["subject"], strict=True)
    ]
    if contract is None or end is None:
        return named
    zone = contract.client.timezone
    begin = {"last day": last_day(end, zone), "cut-off": wall_time(end, zone)}
    return [
        show.language(
            "{measure} ({day})",
            measure=name,
            day=show.day(begin[COUNTS_TO[measure]] + pd.Timedelta(days=float(days))),
        )
        if measure in COUNTS_TO and pd.notna(days)
        else name
        for name, measure, days in zip(named, figures["measure"], figures[value], strict=True)
    ]


def _name(measure: str, subject: str, show: Numbers) -> str:
    declared, subject = MEASURES.get(measure) or NAMED.get(measure), show.subject(measure, subject)
    if declared is not None and declared.title:
        return labels.raised(declared.called(subject, show.language))
    return show.language("{measure} of {subject}", measure=measure, subject=subject) if subject else measure


def month_names(months: Iterable[str | None], contract: Contract) -> list[str | None]:
    """Months (YYYY-MM), or longer periods, in words for a table, each kept in one line; what is missing stays so."""
    show = Numbers.of(contract)
    return [
        None if pd.isna(month) else show.period(Period.parse(month)).replace(" ", "\u00a0")
        for month in months
    ]


def moments(texts: pd.Series, contract: Contract, money: Iterable[bool] | None = None) -> list[str | None]:
    """Texts in which every month, day and instant as records write it (2026-10-11T01:10:00Z) is said in words.

    `money` says which of them are nothing but an amount of money.
    """
    show = Numbers.of(contract)
    amounts = [False] * len(texts) if money is None else money
    return [
        None if pd.isna(text) else show.number(Decimal(text), "money") if amount else show.dated(text)
        for text, amount in zip(texts, amounts, strict=True)
    ]


def edited(edits: pd.DataFrame, column: str, contract: Contract) -> list[str | None]:
    """What edits changed or made of it: a `column` of edits, priorities by their titles, moments in words."""
    show = Numbers.of(contract)
    said = moments(edits[column], contract)
    return [
        show.headed("priority", [text])[0] if field == "priority" else text
        for field, text in zip(edits["field"], said, strict=True)
    ]


def parts(some: Iterable[Any], every: Iterable[Any], contract: Contract) -> list[str | None]:
    """Counts as parts of others, a text a row that stays in one line: 20 of 31. Missing where either is."""
    show = Numbers.of(contract)
    return [
        None
        if pd.isna(part) or pd.isna(whole)
        else show.language(
            "{part} of {whole}", part=show.number(part, "count"), whole=show.number(whole, "count")
        ).replace(" ", "\u00a0")
        for part, whole in zip(some, every, strict=True)
    ]


def against(
    values: Iterable[Any], targets: Iterable[Any], unit: str, why: str, contract: Contract
) -> list[str]:
    """Numbers beside what is agreed, a text a row: 11.7 days; agreed 2 days. `why` stands for a missing number."""
    show = Numbers.of(contract)
    return [
        show.label(why)
        if pd.isna(value)
        else show.language(
            "{value}; agreed {target}", value=show.number(value, unit), target=show.number(target, unit)
        )
        for value, target in zip(values, targets, strict=True)
    ]


def ends(course: pd.DataFrame, contract: Contract) -> dict[str, Any]:
    """The first month of a course that has a value, for the title of its chart, and the newest target: first, month and
    target in words, and `change`, the newest value less the first; each empty or 0 where there is nothing to say.

    Parameters: rows of one figure as history.course, with month, value, unit and target.
    """
    show = Numbers.of(contract)
    known = course[course["value"].notna()]
    if len(known) < 2:
        return {"first": "", "month": "", "target": _goal(course, show), "change": 0}
    first = known.iloc[0]
    return {
        "first": show.number(first["value"], first["unit"]),
        "month": show.dated(first["month"]),
        "target": _goal(course, show),
        "change": float(known["value"].iloc[-1] - first["value"]),
    }


def _goal(course: pd.DataFrame, show: Numbers) -> str:
    goals = course[course["target"].notna()]
    return "" if goals.empty else show.number(goals["target"].iloc[-1], goals["unit"].iloc[-1])


def told(figures: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The rows with a headline each: those that their report has no sentence for get the plain one."""
    show = Numbers.of(contract)
    plain = [
        _plain(name, show.number(value, unit, why, target), target, show.number(target, unit), contract)
        for name, value, unit, why, target in zip(
            names(figures, contract),
            *(figures[c] for c in ("value", "unit", "why_missing", "target")),
            strict=True,
        )
    ]
    own = figures["headline"].astype(object)
    return figures.assign(headline=own.where(own.notna(), pd.Series(plain, figures.index, dtype=object)))


def _plain(name: str, value: str, target: Any, target_in_words: str, contract: Contract) -> str:
    if pd.isna(target):
        return say("stated", contract, name=name, value=value)
    return say("asked", contract, name=name, value=value, target=target_in_words)


def replied(replies: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The provider's replies with a column `said`: who said what, and when. Long ones are cut; the record has all."""
    show = Numbers.of(contract)
    said = [
        say("reply", contract, by=clean(by), on=show.day(on), text=clean(text, LONGEST_REPLY))
        for by, on, text in zip(replies["by"], replies["said_on"], replies["text"], strict=True)
    ]
    return replies.assign(said=pd.Series(said, replies.index, dtype="str"))


def turned(own: Sequence[Figure], contract: Contract) -> list[Line]:
    """What turned since the last pack, a sentence each, by the figures of page one."""
    said = map(_line, pages.turned(Page(own, contract)))
    return [(text, None) for text in said if text]


def sums(money: pd.DataFrame, contract: Contract) -> list[tuple[str, str, str, str]]:
    """The sums of a month for page one, each with what it is, a line below it and the report that shows it: `money` as
    metrics.scorecard.money; what nobody states is no sum."""
    return things.sums(money.set_index("kind"), Numbers.of(contract))


def decided(items: pd.DataFrame, facts: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The things to decide with `what` to decide and `why`, in words, as metrics.scorecard.things gives them and their
    facts, people hidden."""
    of = dict(iter(facts.groupby("number")))
    said = [
        things.KINDS[name.partition(" ")[0]](things.Facts(of[number], contract))
        for name, number in zip(items["leads_to"], items["number"], strict=True)
    ]
    told = pd.DataFrame([tuple(map(_line, pair)) for pair in said], items.index, ["what", "why"], dtype="str")
    return items.assign(**told)


def asked(asks: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """What a meeting asks for, a row each as metrics.meeting.asks with its headline: that headline with its number, the
    clause and for how many months in a row it was missed."""
    columns = ("number", "headline", "clause", "missed_months")
    rows = zip(*(asks[name].astype(object).where(asks[name].notna(), None) for name in columns), strict=True)
    show = Numbers.of(contract)
    said = [
        say(
            "ask",
            contract,
            number=show.number(number, "count"),
            headline=text,
            clause=clause,
            months=months,
            count=show.number(months, "count"),
        )
        for number, text, clause, months in rows
    ]
    return asks.assign(headline=pd.Series(said, asks.index, dtype=object))


def written(
    claims: pd.DataFrame, payments: pd.DataFrame, needed: pd.DataFrame, contract: Contract, on: pd.Timestamp
) -> pd.DataFrame:
    """The letters that a meeting leads to: one row each with name, title and text, which is empty where there is
    nothing to say.

    Parameters: as metrics.meeting gives them, people hidden; `on`, the last day of the month.
    """
    about = letters.titles(contract, on)
    texts = {
        "claim": letters.claim(claims.assign(what=names(claims, contract)), contract, about["claim"]),
        "hold": letters.hold(payments, contract, about["hold"]),
        "evidence": letters.evidence(
            needed.assign(what=names(needed, contract)), contract, about["evidence"]
        ),
    }
    return pd.DataFrame({"name": texts.keys(), "title": about.values(), "text": texts.values()}, dtype=object)


def found_on(replies: pd.DataFrame, facts: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """What pages found on the figures that replies speak of, as rows of `replied` in the order of the replies.

    `facts` as metrics.scorecard.things gives them, people hidden; a figure on which nothing more is known has no row.
    """
    known = facts.assign(said=things.found_on(facts, Numbers.of(contract)))
    known = known[known["said"].notna()]
    told = known.groupby(["measure", "subject"], sort=False)["said"].agg(list)
    keys = dict.fromkeys(zip(replies["measure"], replies["subject"].fillna(""), strict=True))
    rows = [
        {
            "measure": measure,
            "subject": subject,
            "said": say("found_on", contract, facts=told[measure, subject]),
        }
        for measure, subject in keys
        if (measure, subject) in told.index
    ]
    return pd.DataFrame(rows, columns=["measure", "subject", "said"])


def as_of(at: pd.Timestamp, age: pd.Timedelta, contract: Contract, newest: Any = None) -> str:
    """Which instant a day's page stands at, and when it was made where that is later by more than STALE.

    `newest` is the last entry of what the page was made from: an instant, a day, or missing.
    """
    show = Numbers.of(contract)
    last = None
    if newest is not None and pd.notna(newest):
        last = show.instant(newest) if pd.Timestamp(newest).tzinfo else show.day(newest)
    made = show.day((at + age).tz_convert(contract.client.timezone)) if age > STALE else None
    return say("as_of", contract, at=show.instant(at), newest=last, made=made)


def say(key: str, contract: Contract, own: Sequence[Figure] = (), **values: Any) -> str:
    """A sentence of `pages`, by its name; `own` are the figures that it may look at."""
    return _line(getattr(pages, key)(Page(own, contract), **values))


def _line(text: str | None) -> str:
    """Text in one line, with single blanks."""
    return " ".join(text.split()) if text else ""


def _headline(measure: str, verdict: str | None) -> Callable[[Said], str | None] | None:
    report, _, name = measure.partition(".")
    return getattr(_modules().get(report), f"{name}_{verdict or 'plain'}", None)


def _opening(report: str, several: bool) -> Callable[[Page], list[str | None]] | None:
    module = _modules().get(report)
    month = getattr(module, "opening", None)
    return getattr(module, "opening_year", month) if several else month


@cache
def _modules() -> dict[str, ModuleType]:
    """The modules of the reports by their noun: those that have an opening."""
    found = {one.name: import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)}
    return {name: module for name, module in found.items() if hasattr(module, "opening")}
