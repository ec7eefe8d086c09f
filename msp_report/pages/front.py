"""What only page one has: who and when, the sums of the month, and the things to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd

from msp_report.model.columns import by_month
from msp_report.model.figures import anchor
from msp_report.model.measures import MEASURES
from msp_report.model.period import Period
from msp_report.pages import charts
from msp_report.pages.display import Display, Html, inside, safe, slug, together, verdict
from msp_report.words import sentences
from msp_report.words.sentences.pages import LOOKED_BACK


def bearings(case: Any, others: pd.DataFrame, show: Display) -> Html:
    """As of which day a page speaks, the packs beside it, and whom to ask.

    `others` are the packs there are, as history.beside.
    """
    last = (case.end - pd.Timedelta(1, "us")).tz_convert(case.timezone)
    texts = [show.language("As of {day}", day=show.day(last))]
    shown = [safe(texts[0])]
    for name, href in zip(others["name"], others["href"], strict=True):
        several = name != "daily" and len(Period.parse(name).months) > 1
        text = (
            show.language("today")
            if name == "daily"
            else show.language("the year")
            if several
            else show.period(Period.parse(name))
        )
        shown.append(f'<a href="{inside(href)}">{safe(text)}</a>')
        texts.append(text)
    if asked := case.strategy.oversight and case.strategy.oversight.name:
        texts.append(show.language("Questions: {name}", name=asked))
        shown.append(safe(texts[-1]))
    return Html(f'<p class="bearings">{" · ".join(shown)}</p>', " · ".join(texts))


class Sum(NamedTuple):
    """One sum of money, what it is, and a line below it."""

    amount: str
    what: str
    below: str = ""
    href: str = ""


def sums(found: Iterable[Sum]) -> Html:
    """Sums side by side, each a link to where it is shown."""
    parts, texts = [], []
    for one in found:
        what = f'<a href="{inside(one.href)}">{safe(one.what)}</a>' if one.href else safe(one.what)
        below = f"<small>{safe(one.below)}</small>" if one.below else ""
        parts.append(f"<div><dt>{what}</dt><dd><b>{safe(one.amount)}</b>{below}</dd></div>")
        texts.append(" ".join(filter(None, (one.amount, one.what, one.below))))
    return Html(f'<dl class="sums">{"".join(parts)}</dl>', "\n".join(texts))


def money(found: pd.DataFrame, contract: Any, show: Display) -> Html:
    """The sums of a month: `found` as metrics.scorecard.money; what nobody states is no sum."""
    known = sentences.sums(found, contract)
    if not known:
        text = show.language("What the month cost is not known: the contract states no fee.")
        return Html(f'<p class="empty">{safe(text)}</p>', text)
    side_by_side = sums(Sum(amount, what, below, f"{page}.html") for amount, what, below, page in known)
    rows = found.set_index("kind")

    def told(kind: str, column: str = "amount") -> str | None:
        value = rows.loc[kind, column]
        return None if pd.isna(value) else show.number(value, "cost")

    total, beside, owed = "what the month came to", "work charged beside the fee", "less the credits owed"
    if (amount := told(total)) is None:
        return side_by_side
    lacks = rows.loc[total, "lacks"]
    text = sentences.say(
        "month_total",
        contract,
        amount=amount,
        last=told(total, "last_amount"),
        added=told(beside) if rows.loc[beside, "amount"] else None,
        taken=told(owed) if rows.loc[owed, "amount"] else None,
        lacks=None if pd.isna(lacks) else show.label(lacks),
    )
    return together(
        side_by_side,
        Html(f'<p class="onward"><a href="promises.html#table-money">{safe(text)}</a></p>', text),
    )


def things(
    items: pd.DataFrame, standing: pd.DataFrame, show: Display, empty: str, anchors: bool = False
) -> Html:
    """Things to decide as a numbered list: `items` as sentences.decided, each a link to what shows it.

    That is the line of its figure where the figure is judged, which `standing` tells, else its table, else its page.
    Each has its money, who decides and until when, as far as anybody says. With `anchors` each has an id.
    """
    if items.empty:
        text = show.language(empty)
        text = text[:1].upper() + text[1:]  # it stands alone, after no caption
        return Html(f'<p class="empty">{safe(text)}</p>', text)
    judged = set(zip(standing["measure"], standing["subject"].fillna(""), strict=True))
    points, texts = [], []
    for row in items.to_dict("records"):  # a few rows, each a line of its own
        when = _when(row["leads_to"], row["by_on"], show)
        who = ", ".join(filter(None, (_named(row["who"], show), when)))
        cost = show.number(row["cost"], "cost") if pd.notna(row["cost"]) else ""
        page = _shown_by(row["measure"], row["subject"], judged)
        place = f' id="decide-{row["number"]}"' if anchors else ""
        points.append(
            f'<li{place} value="{row["number"]}"><div class="what"><a href="{inside(page)}">{safe(row["what"])}</a> '
            f"<small>{safe(row['why'])}</small></div>"
            f'<div class="cost">{safe(cost)}</div><div class="who">{safe(who)}</div></li>'
        )
        texts.append(" ".join(filter(None, (f"{row['number']}.", row["what"], row["why"], cost, who))))
    return Html(f'<ol class="things">{"".join(points)}</ol>', "\n".join(texts))


def of_pages(recorded: Mapping[str, pd.DataFrame], case: Any) -> dict[str, Html]:
    """How the promises and rules of each report stand, for its own page, by report: what page one says of them, and
    what speaks against the provider's replies.

    `recorded` as metrics.scorecard.recorded.
    """
    show, series = Display.of(case), recorded["series"]
    found = sentences.found_on(recorded["replies"], recorded["facts"], case.contract)
    found = found.assign(
        report=found["measure"].str.split(".").str[0], name=sentences.names(found, case.contract)
    )
    return {
        str(report): together(
            course(rows.reset_index(drop=True), series, case.contract, show),
            facts_of(
                {row["name"]: row["said"] for row in found[found["report"].eq(report)].to_dict("records")},
                show,
            ),
        )
        for report, rows in recorded["standing"].groupby("report", sort=False)
    }


def places(rows: pd.DataFrame) -> list[str]:
    """The id of each promise or rule in a table: agreed-… or own-…, with its measure and subject."""
    return [
        f"{whose}-{anchor(measure, subject)}"
        for whose, measure, subject in zip(
            rows["whose"], rows["measure"], rows["subject"].fillna(""), strict=True
        )
    ]


def facts_of(said: Mapping[str, str], show: Display) -> Html:
    """What was found on figures that the provider disputes, by their names; without any, nothing."""
    return show.facts(said) if said else Html("", "")


def course(rows: pd.DataFrame, series: pd.DataFrame, contract: Any, show: Display) -> Html:
    """How some promises and rules stand: this month, the month before, what the provider says, and thirteen months.

    `rows` as the record scorecard/standing, `series` as scorecard/series.
    """
    told = rows.assign(
        place=places(rows),
        what=sentences.names(rows, contract),
        stands=stands(rows, show),
        trend=charts.sparklines(by_month(rows, series), rows["unit"], rows["target"], show, usual=rows),
    )
    claimed = {"claimed": ("The provider says", "unit", "")} if rows["claimed"].notna().any() else {}
    return show.table(
        told,
        {
            "what": ("Measure", "text"),
            "value": ("This month", "unit", "why_missing"),
            "target": ("Asked for", "unit", "none"),
            "last_value": ("The month before", "unit", ""),
            **claimed,
            "stands": ("How it stands", "text"),
            "trend": ("Thirteen months", "text"),
        },
        rows=None,
        ids="place",
        caption="How it stands; the trend has its target dashed and its usual range shaded",
        anchor="table-standing",
        more="../records/scorecard/standing.csv",
    )


def _when(kind: str, by_on: Any, show: Display) -> str:
    """Until when something is to be decided; bills are due, and what saves data is done now."""
    if pd.isna(by_on):
        return show.language("now") if kind == "protect" else ""
    day = show.day(by_on)
    return (
        show.language("due {day}", day=day) if kind.startswith("hold") else show.language("by {day}", day=day)
    )


def _shown_by(measure: str, subject: str, judged: Collection[tuple[str, str]]) -> str:
    """Where a figure is shown: its line, its table or its page; of none, the page of all promises."""
    page = f"{measure.partition('.')[0] or 'promises'}.html"
    if (measure, subject) in judged:
        return f"{page}#{quote(anchor(measure, subject))}"
    caption = MEASURES[measure].shown if measure in MEASURES else ""
    return f"{page}#table-{slug(caption)}" if caption else page


def more(n: int, show: Display) -> Html:
    """A link to the things to decide that stand on the page of all promises; without any, nothing."""
    if n <= 0:
        return Html("", "")
    text = show.language("{n} more to decide, less grave", n=show.number(n, "count"))
    return Html(f'<p class="onward"><a href="promises.html#everything-to-decide">{safe(text)}</a></p>', text)


def stands(rows: pd.DataFrame, show: Display) -> list[Html]:
    """How each promise stands, for a table: its verdict, for how long it has been missed, and whether it is fragile.

    `rows` have verdict, missed_months and robust.
    """
    return [
        _stands(name if isinstance(name, str) else None, months, robust, show)
        for name, months, robust in rows[["verdict", "missed_months", "robust"]].to_numpy(object)
    ]


def _stands(name: str | None, months: Any, robust: Any, show: Display) -> Html:
    told = verdict(name, show)
    count = None if pd.isna(months) else int(months)
    since = (
        None
        if count is None
        else show.language("new")
        if count == 1
        else show.language("for {n} months or longer", n=show.number(count, "count"))
        if count > LOOKED_BACK
        else show.language("for {n} months", n=show.number(count, "count"))
    )
    open_ = show.language("evidence missing") if name in ("no_verdict", "no_data") else None
    parts = [
        part for part in (since, open_, show.language("fragile") if robust == "fragile" else None) if part
    ]
    if not parts:
        return told
    text = ", ".join(parts)
    return Html(f"{told._repr_html_()} <small>{safe(text)}</small>", f"{told} {text}")


def _named(who: str, show: Display) -> str:
    """Several names as a choice between them."""
    names = [name for name in who.split("; ") if name]
    return show.language(" or ").join(names)


def onward(show: Display) -> Html:
    """Where the rest stands."""
    texts = [
        (show.language("Every promise and rule, one line each"), "promises.html"),
        (show.language("For the meeting with the provider"), "meeting.html"),
        (show.language("Evidence and files"), "files.html"),
        (show.language("How it is counted"), "rules.html"),
    ]
    links = " · ".join(f'<a href="{inside(href)}">{safe(text)}</a>' for text, href in texts)
    return Html(f'<p class="onward">{links}</p>', " · ".join(text for text, _ in texts))
