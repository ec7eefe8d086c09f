"""Words, tables and lists for a page: the only place where a number becomes text.

Everything is set by the client's locale, currency and zone. Nothing prints: the functions return text, or
objects that a notebook shows. Ticket titles, names and notes are hostile text and are escaped here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from babel import Locale, dates
from babel.numbers import NumberPattern

from msp_report.figures import SEVERITY, Figure, Verdict
from msp_report.period import Month, Period

#: Marks the outputs that were made, and escaped, here; publish shows no other HTML.
MARK = "application/vnd.msp-report+json"

#: The sign and the words of a verdict: never colour alone.
VERDICTS: dict[str, tuple[str, str]] = {
    "missed": ("✗", "missed"),
    "no_verdict": ("?", "no verdict"),
    "no_data": ("–", "no data"),
    "no_target": ("○", "no target agreed"),
    "met": ("✓", "met"),
}
_ROBUST = {"pass": "robust pass", "fail": "robust fail", "fragile": "fragile"}
_NOT_KNOWN = "not known"

#: Units of numbers; a table's columns also know `at`, `date`, `verdict`, `robust`, `flag` and `text`.
NUMBERS = ("ratio", "min", "hours", "days", "count", "cost", "score", "index", "")
_OTHERS = ("at", "date", "verdict", "robust", "flag", "text")

_LONGEST_TEXT = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_RETURN = re.compile(r"\r\n?")  # the writer leaves a bare one unquoted, and readers begin a new row there
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


# ---------------------------------------------------------------- numbers


def number(
    value: Any,
    unit: str = "",
    locale: str = "en-GB",
    currency: str | None = None,
    why: str | None = None,
    apart_from: Any = None,
) -> str:
    """A number in words.

    `unit` is one of NUMBERS: a ratio becomes percent, minutes hours and days of 24 hours. A missing value is
    "not known" and `why`. `apart_from` is the target beside it: a value that differs from it gets as many
    decimals as show the difference. Rounding never reaches a bound that the value does not: `<100 %` (rule 6).

    >>> number(0.99999999, "ratio"), number(200, "min"), number(None, "count", why="no checks")
    ('<100 %', '3 h 20 min', 'not known: no checks')
    """
    return _numbers([value], unit, locale, currency, [why], [apart_from])[0]


def _numbers(
    values: Sequence[Any],
    unit: str,
    locale: str,
    currency: str | None,
    whys: Sequence[str | None],
    targets: Sequence[Any],
) -> list[str]:
    """Numbers of one column: they share their decimals, so that they can be compared down the page."""
    if unit not in NUMBERS:
        raise ValueError(f"{unit!r} is not a unit of numbers: use one of {', '.join(filter(None, NUMBERS))}")
    exact = [_decimal(value) for value in values]
    against = [_decimal(target) for target in targets]
    known = [(value, target) for value, target in zip(exact, against, strict=True) if value is not None]
    if unit == "min":
        texts = [_apart(value, target, locale) for value, target in known]
    else:
        places = max((_places(value, unit, currency, target) for value, target in known), default=0)
        texts = [_plain(value, unit, places, locale, currency) for value, _ in known]
    said = iter(texts)
    return [_missing(why) if value is None else next(said) for value, why in zip(exact, whys, strict=True)]


def _decimal(value: Any) -> Decimal | None:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_ | str):
        raise TypeError(f"{value!r} is not a number")
    exact = value if isinstance(value, Decimal) else Decimal(str(getattr(value, "item", lambda: value)()))
    if exact.is_nan():
        return None
    if exact.is_infinite():
        raise ValueError("an infinite number has no text: give no value and say why")
    return exact


def _missing(why: str | None) -> str:
    return f"{_NOT_KNOWN}: {str(why).rstrip('.')}" if isinstance(why, str) and why else _NOT_KNOWN


def _places(value: Decimal, unit: str, currency: str | None, target: Decimal | None) -> int:
    """Decimals that a value needs: few, more near 0 and 1 of a ratio, more where a target would be blurred."""
    shown = value * 100 if unit == "ratio" else value
    most = _most_places(value, unit, currency)
    wanted = -int(_round(shown, most).normalize().as_tuple().exponent)
    places = max(0, wanted)
    if unit == "cost" and places:
        places = most
    if target is not None and target != value:
        beside = target * 100 if unit == "ratio" else target
        while places < 6 and _round(shown, places) == _round(beside, places):
            places += 1
    return places


def _most_places(value: Decimal, unit: str, currency: str | None) -> int:
    size = abs(value)
    if unit == "ratio":
        distance = min(size, abs(1 - size))
        return 1 if distance >= Decimal("0.01") else 2 if distance >= Decimal("0.001") else 3
    if unit == "cost":
        return 0 if currency in ("JPY", "KRW", "VND", "CLP", "ISK") else 2
    if unit in ("count", "days", "hours"):
        return 1 if size >= 1 or not size else 2
    return 2 if size >= Decimal("0.01") or not size else min(6, 1 - size.adjusted())


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _plain(value: Decimal, unit: str, places: int, locale: str, currency: str | None) -> str:
    if unit == "ratio":
        return _percent(value, places, locale)
    rounded = _round(value, places)
    if unit == "cost" and currency:
        pattern = _pattern(locale, "currency", places)
        return pattern.apply(rounded, _locale(locale), currency=currency, currency_digits=False)
    text = _grouped(rounded, places, locale)
    if unit == "hours":
        return f"{text} h"
    if unit == "days":
        return f"{text} day" if rounded == 1 else f"{text} days"
    return text


def _percent(value: Decimal, places: int, locale: str) -> str:
    rounded = _round(value * 100, places)
    for bound in (0, 100):
        if rounded == bound:
            sign = "" if value * 100 == bound else "<" if value * 100 < bound else ">"
            return f"{sign}{_grouped(Decimal(bound), 0, locale)} %"
    return f"{_grouped(rounded, places, locale)} %"


def _grouped(value: Decimal, places: int, locale: str) -> str:
    return _pattern(locale, "decimal", places).apply(value, _locale(locale))


@cache
def _pattern(locale: str, kind: str, places: int) -> NumberPattern:
    """The locale's own pattern with a fixed number of decimals."""
    name = _locale(locale)
    pattern = copy(name.currency_formats["standard"] if kind == "currency" else name.decimal_formats[None])
    pattern.frac_prec = (places, places)
    return pattern


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name.replace("-", "_"))


def _apart(minutes: Decimal, target: Decimal | None, locale: str) -> str:
    text = _duration(minutes, locale)
    blurred = target is not None and target != minutes and text == _duration(target, locale)
    return _duration(minutes, locale, parts=4) if blurred else text


_SIZES = ((Decimal(86_400), "d"), (Decimal(3_600), "h"), (Decimal(60), "min"), (Decimal(1), "s"))


def _duration(minutes: Decimal, locale: str, parts: int = 2) -> str:
    """Minutes in the two units that matter: seconds below ten minutes, days of 24 hours from 48 hours on."""
    sign = "-" if minutes < 0 else ""
    seconds = abs(minutes) * 60
    if parts == 2:
        finest = 1 if seconds < 600 else 60 if seconds < 2 * 86_400 else 3_600
        whole = _round(seconds / finest, 0) * finest
    else:
        whole = _round(seconds, 0)
    if not whole:
        return "<1 s" if seconds and not sign else ">-1 s" if seconds else "0 min"
    pieces = []
    rest = whole
    for size, name in _SIZES:
        if name == "d" and whole < 2 * 86_400:
            continue
        count, rest = divmod(rest, size)
        if count:
            pieces.append(f"{_grouped(count, 0, locale)} {name}")
    return sign + " ".join(pieces[:parts] if parts == 2 else pieces)


# ---------------------------------------------------------------- instants and dates


def instant(at: Any, timezone: str, locale: str = "en-GB") -> str:
    """An instant in a zone, to the minute; the hour that a clock change repeats also names its zone.

    Raises ValueError for a time without a zone.
    """
    if pd.isna(at):
        return _NOT_KNOWN
    local = pd.Timestamp(at)
    if local.tzinfo is None:
        raise ValueError(f"{at} has no zone: only instants can be shown")
    when = local.tz_convert(ZoneInfo(timezone)).to_pydatetime(warn=False)
    clock = dates.format_time(when, "short", tzinfo=when.tzinfo, locale=_locale(locale))
    twice = when.replace(fold=0).utcoffset() != when.replace(fold=1).utcoffset()
    return f"{day(when.date(), locale)}, {clock}" + (f" {when.tzname()}" if twice else "")


def day(on: Any, locale: str = "en-GB") -> str:
    """A civil date."""
    if pd.isna(on):
        return _NOT_KNOWN
    date = on if isinstance(on, dt.date) and not isinstance(on, dt.datetime) else pd.Timestamp(on).date()
    return dates.format_date(date, "medium", locale=_locale(locale))


def period(what: Period | Month, locale: str = "en-GB") -> str:
    """A month, a year or a range of months in words."""
    first, last = (what, what) if isinstance(what, Month) else (what.first, what.last)
    if (first.year, first.month, last.month) == (last.year, 1, 12):
        return str(first.year)
    words = [
        dates.format_skeleton("yMMMM", month.first_on, locale=_locale(locale)) for month in (first, last)
    ]
    return words[0] if first == last else f"{words[0]} to {words[1]}"


# ---------------------------------------------------------------- what a notebook shows


class Html:
    """HTML that was escaped as it was made, with the same in plain text."""

    def __init__(self, html: str, plain: str = "") -> None:
        self._html, self._plain = html, plain

    def _repr_html_(self) -> str:
        return self._html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self._html, "text/plain": self._plain, MARK: {"made_by": type(self).__name__}}

    def __str__(self) -> str:
        return self._plain

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._plain[:60]!r}>"


class Headlines(Html):
    """The first lines of a page."""


class Table(Html):
    """Rows of a frame."""


def together(*parts: Html) -> Html:
    """Several things to show, one below the other."""
    return Html("\n".join(part._repr_html_() for part in parts), "\n\n".join(map(str, parts)))


def verdict(name: Verdict | None) -> Html:
    """A verdict as sign and words."""
    if name is None:
        return Html("", "")
    sign, words = VERDICTS[name]
    return Html(
        f'<span class="verdict {name}"><span aria-hidden="true">{sign}</span>\u00a0{words}</span>',
        f"{sign} {words}",
    )


def link(text: str, href: str) -> Html:
    """A link to another file of the pack. Raises ValueError for an address elsewhere."""
    return Html(f'<a href="{_inside(href)}">{_safe(text)}</a>', text)


def links(texts: Iterable[str], hrefs: Iterable[str]) -> list[Html]:
    """A column of links, for a table."""
    return [link(text, href) for text, href in zip(texts, hrefs, strict=True)]


#: A sentence, its verdict, and what was replied to it.
Line = tuple[str, Verdict | None] | tuple[str, Verdict | None, Sequence[str]]


def headlines(lines: Iterable[Line | Figure], opening: bool = True) -> Headlines:
    """The sentences at the top of a page: the first one large, then plain ones, then verdicts, worst first.

    `lines` are (sentence, verdict), (sentence, verdict, replies to it) or figures with a headline. Without `opening`
    no line is set apart.
    """
    parts = [(line.headline, line.verdict) if isinstance(line, Figure) else line for line in lines]
    said = [(text, mark, tuple(*replies)) for text, mark, *replies in parts if text]
    first, rest = (said[:1], said[1:]) if opening else ([], said)
    lead = [
        f'<p class="opening {mark or ""}">{_badge(mark)}{_safe(text, clip=False)}</p>{_replies(replies)}'
        for text, mark, replies in first
    ]
    plain = [
        f"<p>{_safe(text, clip=False)}</p>{_replies(replies)}" for text, mark, replies in rest if mark is None
    ]
    judged = sorted((line for line in rest if line[1] is not None), key=lambda line: SEVERITY[line[1]])
    points = [
        f'<li class="{mark}">{_badge(mark)}{_safe(text, clip=False)}{_replies(replies)}</li>'
        for text, mark, replies in judged
    ]
    listed = [f"<ul>{''.join(points)}</ul>"] if points else []
    html = f'<div class="headlines">{"".join([*lead, *plain, *listed])}</div>'
    words = [
        "\n".join([f"{verdict(mark)}: {text}" if mark else text, *replies]) for text, mark, replies in said
    ]
    return Headlines(html, "\n".join(words))


def _badge(name: Verdict | None) -> str:
    return f"{verdict(name)._repr_html_()} " if name else ""


def _replies(said: Sequence[str]) -> str:
    """What the provider replied, beside the figure that it disputes."""
    texts = "".join(f"<p>{_safe(text, clip=False)}</p>" for text in said)
    return f'<blockquote class="notes">{texts}</blockquote>' if texts else ""


def exceptions(figures: pd.DataFrame, empty: str, replies: pd.DataFrame | None = None) -> Html:
    """What needs attention, as rows of figures.json with a headline: each leads to its page.

    `replies` have measure, subject and what was `said`; each stands beside its figure.
    """
    if figures.empty:
        return Html(f'<p class="empty">{_safe(empty)}</p>' if empty else "", empty)
    answers = said_of(figures, replies)
    points = [
        f'<li class="{row.verdict if isinstance(row.verdict, str) else ""}">'
        f"{_badge(row.verdict if isinstance(row.verdict, str) else None)}{_safe(row.headline, clip=False)} "
        f'<a href="{_inside(row.report)}.html">Evidence: {_safe(row.report)}</a>{_replies(said)}</li>'
        for row, said in zip(figures.itertuples(), answers, strict=True)
    ]
    words = [
        "\n".join(
            [f"{verdict(row.verdict if isinstance(row.verdict, str) else None)}: {row.headline}", *said]
        )
        for row, said in zip(figures.itertuples(), answers, strict=True)
    ]
    return Html(f'<div class="headlines"><ul>{"".join(points)}</ul></div>', "\n".join(words))


def said_of(figures: pd.DataFrame, replies: pd.DataFrame | None) -> list[tuple[str, ...]]:
    """What was `said` of each figure, in the order of `replies`; nothing of most."""
    if replies is None or replies.empty:
        return [()] * len(figures)
    said = replies.groupby(["measure", "subject"])["said"].agg(tuple).to_dict()
    keys = zip(figures["measure"], figures["subject"].fillna(""), strict=True)
    return [said.get(key, ()) for key in keys]


def apart(frame: pd.DataFrame, **columns: tuple[str, str]) -> pd.DataFrame:
    """Signed columns as two without a sign: `days=("later", "earlier")` has the size in the one that fits.

    A page says late or early, over or under, never a bare sign (rule 24). Zero stands in neither.
    """
    halves = {}
    for column, (more, less) in columns.items():
        values = pd.to_numeric(frame[column])
        halves |= {more: values.where(values > 0), less: (-values).where(values < 0)}
    return frame.assign(**halves)


def notes(text: str) -> Html:
    """A human's words: paragraphs at blank lines, everything else as written."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    html = "".join(f"<p>{_safe(part, clip=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)
    return Html(f'<div class="notes">{html}</div>' if html else "", text)


def clean(text: Any, longest: int | None = _LONGEST_TEXT) -> str:
    """Foreign text without control characters, clipped."""
    plain = _CONTROL.sub("\ufffd", str(text))
    return plain if longest is None or len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def _safe(text: Any, clip: bool = True) -> str:
    return escape(clean(text) if clip else clean(text, None))


def _inside(href: str) -> str:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or href.startswith(("/", "\\")):
        raise ValueError(f"{href!r} leads out of the pack: link to a file beside the page")
    return escape(href)


#: A column of a table: its title, its unit, and what stands for a missing value.
Heading = tuple[str, str] | tuple[str, str, str]


@dataclass(frozen=True)
class Display:
    """Everything of a page that depends on the client's locale, currency and zone.

    A notebook makes one: `show = Display.of(case.contract)`.
    """

    locale: str = "en-GB"
    currency: str | None = None
    timezone: str = "UTC"

    @classmethod
    def of(cls, contract: Any) -> Display:
        """The display of a contract's client."""
        client = contract.client
        return cls(client.locale, client.currency, client.timezone)

    def number(self, value: Any, unit: str = "", why: str | None = None, apart_from: Any = None) -> str:
        """See `number`."""
        return number(value, unit, self.locale, self.currency, why, apart_from)

    def numbers(self, values: Sequence[Any], unit: str = "") -> list[str]:
        """Numbers that stand in one column or on one axis: they share their decimals."""
        nothing = [None] * len(values)
        return _numbers(values, unit, self.locale, self.currency, nothing, nothing)

    def moments(self, moments: Sequence[Any]) -> list[str]:
        """Months (YYYY-MM) or days of an axis in few letters, the year below where it changes."""
        texts, before = [], None
        for moment in moments:
            monthly = isinstance(moment, Month) or (isinstance(moment, str) and len(moment) == 7)
            on = Month.parse(str(moment)).first_on if monthly else pd.Timestamp(moment).date()
            text = dates.format_skeleton("MMM" if monthly else "MMMd", on, locale=_locale(self.locale))
            texts.append(text if on.year == before else f"{text}\n{on.year}")
            before = on.year
        return texts

    def interval(self, low: Any, high: Any, unit: str = "") -> str:
        """From the one to the other, with the same decimals."""
        return " to ".join(self.numbers([low, high], unit))

    def instant(self, at: Any) -> str:
        """See `instant`."""
        return instant(at, self.timezone, self.locale)

    def day(self, on: Any) -> str:
        """See `day`."""
        return day(on, self.locale)

    def period(self, what: Period | Month) -> str:
        """See `period`."""
        return period(what, self.locale)

    def table(
        self,
        frame: pd.DataFrame,
        columns: Mapping[str, Heading],
        *,
        caption: str,
        rows: int | None = 5,
        more: str | None = None,
        empty: str = "Nothing to list.",
    ) -> Table:
        """The first `rows` rows of a frame, the rest one click away.

        `columns` maps a column to (title, unit) or (title, unit, text for a missing value). A unit is one of
        NUMBERS, `at`, `date`, `verdict`, `robust`, `flag`, `text`, or the name of the frame's column that
        holds the unit of each row; the text for a missing value may likewise name the column that says why.
        `more` is the record that holds every row, as a link relative to the page. The first column heads its
        row. Cells that are Html (links, sparklines) stay as they are, all else is escaped. Raises ValueError
        for an unknown column or unit, an empty title or caption.
        """
        _check_columns(frame, columns, caption)
        shown = frame if rows is None else frame.head(rows)
        if frame.empty:
            html = f'<p class="empty">{_safe(caption)}: {_safe(empty)}</p>'
            return Table(html, f"{caption}: {empty}")
        cells = {name: self._cells(shown, name, heading) for name, heading in columns.items()}
        kinds = {name: _kind(shown, heading[1]) for name, heading in columns.items()}
        html = _table_html(
            caption, columns, cells, kinds, len(shown), _more(len(shown), len(frame), more, self)
        )
        plain = pd.DataFrame({columns[name][0]: list(map(str, cells[name])) for name in columns})
        return Table(html, f"{caption}\n{plain.to_string(index=False)}")

    def _cells(self, frame: pd.DataFrame, name: str, heading: Heading) -> list[Html]:
        values = list(frame[name])
        missing = heading[2] if len(heading) == 3 else None
        units = list(frame[heading[1]]) if _by_row(frame, heading[1]) else [heading[1]] * len(values)
        whys = list(frame[missing]) if missing in frame.columns else [None] * len(values)
        stead = None if missing in frame.columns else missing
        if len(set(units)) == 1 and units[0] in NUMBERS and not any(isinstance(v, Html) for v in values):
            texts = _numbers(values, units[0], self.locale, self.currency, whys, [None] * len(values))
            return [
                _gap(why, stead) if _decimal(value) is None else _cell(text)
                for value, text, why in zip(values, texts, whys, strict=True)
            ]
        return [self._cell(*row, stead) for row in zip(values, units, whys, strict=True)]

    def _cell(self, value: Any, unit: str, why: Any, stead: str | None) -> Html:
        if isinstance(value, Html):
            return value
        if not isinstance(unit, str):
            unit = ""
        if unit == "verdict" and (isinstance(value, str) or stead is None):
            return verdict(value if isinstance(value, str) else None)
        if pd.isna(value) or value == "":
            return _gap(why, stead)
        if unit in NUMBERS:
            return _cell(self.number(value, unit))
        if unit == "at":
            return _cell(self.instant(value))
        if unit == "date":
            return _cell(self.day(value))
        if unit == "robust":
            return _cell(_ROBUST[value])
        if unit == "flag":
            return _cell("yes" if value else "no")
        return _cell(str(value))

    def data_used(self, reading: pd.DataFrame) -> Table:
        """What a page was made from: `reading` has table, file, read, accepted, rejected, outside, evidence."""
        return self.table(
            reading,
            {
                "table": ("Table", "text"),
                "file": ("File", "text", "not supplied"),
                "read": ("Rows read", "count", ""),
                "accepted": ("Accepted", "count", ""),
                "rejected": ("Rejected", "count", ""),
                "outside": ("Of another month", "count", ""),
                "evidence": ("Whose word", "text", ""),
            },
            rows=None,
            caption="Data used",
        )

    def facts(self, facts: Mapping[str, Any]) -> Html:
        """How something was computed, the data used: terms with a text, an Html, or (value, unit)."""
        shown = {
            term: value
            if isinstance(value, Html)
            else self._cell(*value, None, None)
            if isinstance(value, tuple)
            else _cell(str(value), clip=False)
            for term, value in facts.items()
        }
        html = "".join(
            f"<div><dt>{_safe(term)}</dt><dd>{value._repr_html_()}</dd></div>"
            for term, value in shown.items()
        )
        return Html(
            f'<dl class="facts">{html}</dl>', "\n".join(f"{term}: {value}" for term, value in shown.items())
        )


def _check_columns(frame: pd.DataFrame, columns: Mapping[str, Heading], caption: str) -> None:
    if not caption.strip():
        raise ValueError("a table needs a caption: say what its rows are")
    for name, (title, unit, *_) in columns.items():
        if name not in frame.columns:
            raise ValueError(f"the table has no column {name!r}: it has {', '.join(map(str, frame.columns))}")
        if not title.strip():
            raise ValueError(f"column {name!r} has no title")
        if unit not in NUMBERS and unit not in _OTHERS and unit not in frame.columns:
            raise ValueError(
                f"column {name!r}: {unit!r} is neither a unit nor a column: "
                f"use one of {', '.join(filter(None, (*NUMBERS, *_OTHERS)))}"
            )


def _by_row(frame: pd.DataFrame, unit: str) -> bool:
    return unit not in NUMBERS and unit not in _OTHERS and unit in frame.columns


def _kind(frame: pd.DataFrame, unit: str) -> str:
    """How a column is set: numbers to the right, instants in one line."""
    if unit in NUMBERS or _by_row(frame, unit):
        return "n"
    return "t" if unit in ("at", "date") else ""


def _td(tag: str, cell: Html, kind: str) -> str:
    """One cell; long text gets room, and may be broken anywhere, so that no word widens the page.

    What heads a row, an id or a name, stays in one line where it is short.
    """
    length = len(str(cell))
    size = ("long" if length > 24 else "") if tag == "td" else ("t" if length <= 16 and kind != "t" else "")
    kinds = " ".join(filter(None, (kind, size)))
    return f"<{tag}{_class(kinds)}>{cell._repr_html_()}</{tag.split()[0]}>"


def _class(kinds: str) -> str:
    return f' class="{kinds}"' if kinds else ""


def _cell(text: str, clip: bool = True) -> Html:
    return Html(_safe(text, clip), text)


def _gap(why: str | None, stead: str | None = None) -> Html:
    """A missing cell: nothing known, why, or what stands for it."""
    text = stead if stead is not None else _missing(why)
    return Html(f'<span class="gap">{_safe(text)}</span>', text)


def _more(shown: int, total: int, href: str | None, display: Display) -> str:
    if href is None:
        rest = f"{display.number(total - shown, 'count')} more are not shown." if total > shown else ""
        return f'<p class="more">{rest}</p>' if rest else ""
    text = (
        f"{display.number(total - shown, 'count')} more in the CSV"
        if total > shown
        else f"{'This row' if total == 1 else f'These {total} rows'} as CSV"
    )
    return f'<p class="more"><a href="{_inside(href)}">{text}</a></p>'


def _table_html(
    caption: str,
    columns: Mapping[str, Heading],
    cells: Mapping[str, list[Html]],
    kinds: Mapping[str, str],
    count: int,
    more: str,
) -> str:
    head = "".join(f'<th scope="col"{_class(kinds[name])}>{_safe(columns[name][0])}</th>' for name in columns)
    body = "".join(
        "<tr>"
        + "".join(
            _td("td" if place else 'th scope="row"', cells[name][row], kinds[name])
            for place, name in enumerate(columns)
        )
        + "</tr>"
        for row in range(count)
    )
    title = _safe(caption)
    return (
        f'<div class="table"><div class="wide" role="region" aria-label="{title}" tabindex="0"><table>'
        f"<caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}</div>"
    )


# ---------------------------------------------------------------- records


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as a record: the same frame gives the same bytes.

    UTF-8, one line feed a line, instants in ISO 8601 with Z, dates as YYYY-MM-DD, true and false, the shortest
    digits that give the same float, missing empty, line ends inside a text as line feeds. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers. Raises ValueError for
    an infinite number and for a duration, which has no unit.
    """
    columns = [_column(frame.iloc[:, place], str(name)) for place, name in enumerate(frame.columns)]
    plain = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    plain.columns = [_inert(str(name)) for name in frame.columns]
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        plain.to_csv(file, index=False, lineterminator="\n", na_rep="")


def _column(values: pd.Series, name: str) -> pd.Series:
    values = values.reset_index(drop=True)
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _column(values.astype(kind.categories.dtype), name)
    if isinstance(kind, pd.DatetimeTZDtype):
        return _iso(values.dt.tz_convert("UTC").dt.tz_localize(None), "Z")
    if pd.api.types.is_datetime64_dtype(kind):
        return _iso(values, "")
    if pd.api.types.is_timedelta64_dtype(kind):
        raise ValueError(f"column {name!r} holds durations without a unit: give minutes")
    if pd.api.types.is_bool_dtype(kind):
        return values.astype(object).map({True: "true", False: "false"})
    if pd.api.types.is_float_dtype(kind):
        if np.isinf(values.to_numpy(dtype=float, na_value=np.nan)).any():
            raise ValueError(f"column {name!r} holds an infinite number: leave it empty and say why")
        return values + 0.0
    if pd.api.types.is_numeric_dtype(kind):
        return values
    if isinstance(kind, pd.StringDtype):
        lines = values.str.replace("\r\n", "\n", regex=False).str.replace("\r", "\n", regex=False)
        return lines.mask(values.str.startswith(_FORMULA, na=False), "'" + lines)
    return pd.Series([None if pd.isna(value) else _object(value) for value in values], dtype=object)


def _iso(values: pd.Series, suffix: str) -> pd.Series:
    stamps = values.to_numpy(dtype="datetime64[us]")
    there = ~np.isnat(stamps)
    days = stamps.astype("datetime64[D]")
    seconds = stamps.astype("datetime64[s]")
    if not suffix and (days[there] == stamps[there]).all():
        texts = np.datetime_as_string(days)
    else:
        whole = (seconds[there] == stamps[there]).all()
        texts = np.char.add(np.datetime_as_string(seconds if whole else stamps), suffix)
    return pd.Series(texts, dtype=object).where(there)


def _object(value: Any) -> Any:
    """One cell of a mixed column."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return _iso(pd.Series([pd.Timestamp(value)]).dt.tz_convert("UTC").dt.tz_localize(None), "Z")[0]
    return _inert(value) if isinstance(value, str) else value


def _inert(text: str) -> str:
    lines = _RETURN.sub("\n", text)
    return f"'{lines}" if text.startswith(_FORMULA) else lines
