"""Letters, ready to send: plain text of at most WIDTH letters a line, in the client's language. We never send one.

Each takes rows with all that it says and is empty where there is nothing to say. Words of others are cleaned as on a
page (words/numbers.clean); none of the columns holds a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any

import pandas as pd

from msp_report.model.columns import total
from msp_report.model.period import Month
from msp_report.params import Contract
from msp_report.words.language import Language
from msp_report.words.numbers import Numbers, clean
from msp_report.words.sentences.said import months_in_words

WIDTH, INDENT = 76, " " * 3
#: What a letter has for each thing: what heads it, and lines below.
_Item = tuple[str, Iterable[str | None]]


def titles(contract: Contract, on: pd.Timestamp) -> dict[str, str]:
    """What each letter is about, by the name of its file; `on` is the day on which things stood so."""
    show = Numbers.of(contract)
    day = show.day(on)
    return {
        "claim": show.language("Service credits that we claim, as of {day}", day=day),
        "hold": show.language("Payments to hold and payments to release, as of {day}", day=day),
        "evidence": show.language("Evidence that we still need, as of {day}", day=day),
    }


def claim(rows: pd.DataFrame, contract: Contract, title: str) -> str:
    """The claim for credits: `rows` as metrics.meeting.claims, with `what` each level is called."""
    if rows.empty:
        return ""
    show = Numbers.of(contract)
    language = show.language
    items = [_credit(row, show) for row in rows.to_dict("records")]
    due = language(
        "We claim {sum} in service credits under our contract, as computed below.",
        sum=show.number(total(rows["left"]), "cost"),
    )
    return _written([*_to_provider(contract, language, title), due], [("", items)])


def _credit(row: Mapping[str, Any], show: Numbers) -> _Item:
    language, month = show.language, show.period(Month.parse(row["month"]))
    report = row["measure"].partition(".")[0]
    places = {"what": clean(row["what"]), "month": month, "clause": _text(row["clause"])}
    head = (
        language("{what}, {month} (clause {clause})", **places)
        if places["clause"]
        else language("{what}, {month}", **places)
    )
    computed = {"ratio": show.number(row["credit_ratio"], "ratio"), "fee": show.number(row["fee"], "cost")}
    owed, left = show.number(row["owed"], "cost"), show.number(row["left"], "cost")
    sum_ = (
        language(
            "Computation: {ratio} of the monthly fee of {fee}, times {factor} because the month before was missed too: "
            "{owed}.",
            **computed,
            factor=show.number(row["factor"], "count"),
            owed=owed,
        )
        if row["factor"] != 1
        else language("Computation: {ratio} of the monthly fee of {fee}: {owed}.", **computed, owed=owed)
    )
    return head, [
        _level(row, show),
        sum_,
        None
        if row["left"] == row["owed"]
        else language("The cap on the credits of a month leaves {left} of it.", left=left),
        language("Last day to claim: {day}.", day=show.day(row["claim_by"]))
        if pd.notna(row["claim_by"])
        else language("The contract states no last day to claim."),
        language(
            "Evidence: html/{report}.html and records/{report} in the pack of {month}.",
            report=report,
            month=month,
        ),
    ]


def _level(row: Mapping[str, Any], show: Numbers) -> str:
    """What was agreed, from where on it earns a credit, and what was reached."""
    value, target, threshold = (row[name] for name in ("value", "target", "threshold"))
    places = {
        "agreed": show.number(target, row["unit"]),
        "level": show.number(threshold, row["unit"]),
        "reached": show.number(value, row["unit"], apart_from=threshold),
    }
    above = pd.notna(value) and value > threshold
    if pd.isna(target):
        return (
            show.language("A credit is due above {level}. Reached: {reached}.", **places)
            if above
            else show.language("A credit is due below {level}. Reached: {reached}.", **places)
        )
    return (
        show.language("Agreed: {agreed}, with a credit above {level}. Reached: {reached}.", **places)
        if above
        else show.language("Agreed: {agreed}, with a credit below {level}. Reached: {reached}.", **places)
    )


def hold(rows: pd.DataFrame, contract: Contract, title: str) -> str:
    """What to pay and what not: `rows` as metrics.meeting.payments."""
    if rows.empty:
        return ""
    show = Numbers.of(contract)
    language = show.language
    heads = {
        "hold": language("Do not pay yet: the documents do not agree."),
        "cannot tell": language("Do not pay before somebody has looked: not all could be compared."),
        "release": language("Can be paid: all documents agree."),
    }
    parts = [
        (
            f"{head} {_sum(mine['amount'], show)}",
            [_invoice(row, show) for row in mine.to_dict("records")],
        )
        for decision, head in heads.items()
        if len(mine := rows[rows["decision"].eq(decision)])
    ]
    to = language("To: whoever pays our invoices")
    return _written([_from(contract, language, to), _about(language, title)], parts)


def _sum(amounts: pd.Series, show: Numbers) -> str:
    """How many invoices, and what they come to; those without an amount are counted."""
    lacking, n = int(amounts.isna().sum()), len(amounts)
    places = {"n": show.number(n, "count"), "sum": show.number(total(amounts), "cost")}
    if lacking == n:
        return show.language.plural(
            "{n} invoice, its amount in our currency not known.",
            "{n} invoices, their amounts in our currency not known.",
            n,
            **places,
        )
    if lacking:
        return show.language.plural(
            "{n} invoices, {sum} without the one whose amount in our currency is not known.",
            "{n} invoices, {sum} without the {lacking} whose amounts in our currency are not known.",
            lacking,
            lacking=show.number(lacking, "count"),
            **places,
        )
    return show.language.plural("{n} invoice, {sum}.", "{n} invoices, {sum}.", n, **places)


def _invoice(row: Mapping[str, Any], show: Numbers) -> _Item:
    language = show.language
    known = pd.notna(row["amount"])
    amount = (
        show.number(row["amount"], "cost")
        if known
        else language("an amount in {currency}", currency=_text(row["currency"]))
        if _text(row["currency"])
        else language("no amount known")
    )
    places = {"id": clean(row["document_id"]), "vendor": clean(row["vendor"]), "amount": amount}
    head = (
        language("{id} of {vendor}, {amount}, due on {day}", **places, day=show.day(row["due_on"]))
        if pd.notna(row["due_on"])
        else language("{id} of {vendor}, {amount}, no due date stated", **places)
    )
    why, releases = (_text(row[name]) for name in ("why", "releases"))
    return head, [
        language("Why: {why}.", why=show.label(why)) if why else None,
        language("Released by: {releases}.", releases=show.label(releases)) if releases else None,
    ]


def evidence(rows: pd.DataFrame, contract: Contract, title: str) -> str:
    """What to ask the provider for next: `rows` as metrics.meeting.needed, with `what` each promise is called."""
    if rows.empty:
        return ""
    show = Numbers.of(contract)
    asked = show.language(
        "Please send what is listed here with the next export; without it we cannot judge or check."
    )
    items = [_thing(mine.to_dict("records"), show) for _, mine in rows.groupby("number", sort=False)]
    return _written([*_to_provider(contract, show.language, title), asked], [("", items)])


def _thing(rows: list[dict[str, Any]], show: Numbers) -> _Item:
    language, first = show.language, rows[0]
    item = show.label(clean(first["item"]))
    head = language("{table}: {item}", table=clean(first["table"]), item=item) if first["table"] else item
    return head, [_waiting(row, show) for row in rows if row["measure"]]


def _waiting(row: Mapping[str, Any], show: Numbers) -> str:
    """One promise that waits for a thing."""
    language, clause, since = show.language, _text(row["clause"]), _text(row["unknown_since"])
    what = clean(row["what"])
    name = language("{what} (clause {clause})", what=what, clause=clause) if clause else what
    if since:
        month = months_in_words([since], show)[0]
        return language("- {promise}: without a verdict since {month}", promise=name, month=month)
    return language("- {promise}: never judged so far", promise=name)


def _to_provider(contract: Contract, language: Language, title: str) -> list[str]:
    to = language("To: {name}", name=clean(contract.provider.name))
    return [_from(contract, language, to), _about(language, title)]


def _from(contract: Contract, language: Language, to: str) -> str:
    return f"{to}\n{language('From: {name}', name=clean(contract.client.name))}"


def _about(language: Language, title: str) -> str:
    return language("About: {title}", title=title)


def _written(heads: Iterable[str], parts: Iterable[tuple[str, list[_Item]]]) -> str:
    """Paragraphs with an empty line between them; the items of each part are numbered."""
    paragraphs = ["\n".join(_lines(line) for line in head.split("\n")) for head in heads]
    for head, items in parts:
        paragraphs += [_lines(head)] if head else []
        paragraphs += [_numbered(number, *item) for number, item in enumerate(items, 1)]
    return "\n\n".join(paragraphs) + "\n"


def _numbered(number: int, head: str, below: Iterable[str | None]) -> str:
    lines = [_lines(f"{number}. {head}", rest=INDENT)]
    return "\n".join(
        [*lines, *(_lines(text, INDENT, INDENT + " " * 2 * text.startswith("- ")) for text in below if text)]
    )


def _lines(text: str, first: str = "", rest: str = "") -> str:
    """Text in lines; a number of a document is never broken, however long."""
    whole = {"break_on_hyphens": False, "break_long_words": False}
    return "\n".join(wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, **whole))


def _text(value: Any) -> str:
    """Text that may be missing; a clause that a CSV had as a number is text all the same."""
    return "" if value is None or pd.isna(value) else clean(value)
