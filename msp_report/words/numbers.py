"""The only place where a number becomes text: by the client's locale, currency and zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence, Sized
from copy import copy
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Self

import numpy as np
import pandas as pd
from babel import Locale, dates
from babel.numbers import NumberPattern

from msp_report.model.hostile import shown
from msp_report.model.period import Month, Period
from msp_report.model.zones import ZoneInfo
from msp_report.words import labels
from msp_report.words.language import ENGLISH, Language, message

#: Units of numbers.
#: `money` is a cost to the whole pound, euro or dollar, as sentences and most tables say it.
NUMBERS = ("ratio", "min", "hours", "days", "count", "cost", "money", "score", "index", "")

_LONGEST_TEXT = 200

#: A month, a day or an instant as records write them; parts of names of files and documents are none.
_DATED = re.compile(
    r"(?<![\w./-])\d{4}-\d\d(?P<day>-\d\d(?P<time>[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00))?)?(?![\w-]|\.\w)"
)


def number(
    value: Any,
    unit: str = "",
    locale: str = "en-GB",
    currency: str | None = None,
    why: str | None = None,
    apart_from: Any = None,
    language: Language = ENGLISH,
) -> str:
    """A number in words.

    `unit` is one of NUMBERS: a ratio becomes percent, minutes hours and days of 24 hours. A missing value is
    "not known" and `why`. `apart_from` is the target beside it: a value that differs from it gets as many
    decimals as show the difference. Rounding never reaches a bound that the value does not: `<100 %` (rule 6).

    >>> number(0.99999999, "ratio"), number(200, "min"), number(None, "count", why="no checks")
    ('<100 %', '3 h 20 min', 'not known: no checks')
    """
    return numbers([value], unit, locale, currency, [why], [apart_from], language)[0]


def numbers(
    values: Sequence[Any],
    unit: str,
    locale: str,
    currency: str | None,
    whys: Sequence[str | None],
    targets: Sequence[Any],
    language: Language = ENGLISH,
) -> list[str]:
    """Numbers of one column: they share their decimals, so that they can be compared down the page."""
    if unit not in NUMBERS:
        raise ValueError(f"{unit!r} is not a unit of numbers: use one of {', '.join(filter(None, NUMBERS))}")
    exact = [decimal_of(value) for value in values]
    against = [decimal_of(target) for target in targets]
    known = [(value, target) for value, target in zip(exact, against, strict=True) if value is not None]
    if unit == "min":
        texts = [_apart(value, target, locale, language) for value, target in known]
    else:
        places = max((_places(value, unit, currency, target) for value, target in known), default=0)
        texts = [_plain(value, unit, places, locale, currency, language) for value, _ in known]
    said = iter(texts)
    return [
        missing(why, language) if value is None else next(said)
        for value, why in zip(exact, whys, strict=True)
    ]


def decimal_of(value: Any) -> Decimal | None:
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


def missing(why: str | None, language: Language = ENGLISH) -> str:
    """What stands for a missing value: that it is not known, and why where that is."""
    if not isinstance(why, str) or not why:
        return language("not known")
    return language("not known: {why}", why=labels.label(why, language).rstrip("."))


def _places(value: Decimal, unit: str, currency: str | None, target: Decimal | None) -> int:
    """Decimals that a value needs: few, more near 0 and 1 of a ratio, more where a target would be blurred."""
    shown = value * 100 if unit == "ratio" else value
    most = _most_places(value, unit, currency)
    wanted = -int(_round(shown, most).normalize().as_tuple().exponent)
    places = max(0, wanted)
    if unit in ("cost", "money") and places:
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
    if unit == "money":
        return 0
    if unit == "cost":
        return 0 if currency in ("JPY", "KRW", "VND", "CLP", "ISK") else 2
    if unit in ("count", "days", "hours"):
        return 1 if size >= 1 or not size else 2
    return 2 if size >= Decimal("0.01") or not size else min(6, 1 - size.adjusted())


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _plain(
    value: Decimal, unit: str, places: int, locale: str, currency: str | None, language: Language
) -> str:
    if unit == "ratio":
        return _percent(value, places, locale)
    rounded = _round(value, places)
    if unit in ("cost", "money") and currency:
        pattern = _pattern(locale, "currency", places)
        return pattern.apply(rounded, _locale(locale), currency=currency, currency_digits=False)
    text = _grouped(rounded, places, locale)
    if unit == "hours":
        return language("{number} h", number=text)
    if unit == "days":
        return language.plural("{number} day", "{number} days", rounded, number=text)
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


def _apart(minutes: Decimal, target: Decimal | None, locale: str, language: Language) -> str:
    text = _duration(minutes, locale, language)
    blurred = target is not None and target != minutes and text == _duration(target, locale, language)
    return _duration(minutes, locale, language, parts=4) if blurred else text


_SIZES = (
    (Decimal(86_400), message("{number} d")),
    (Decimal(3_600), message("{number} h")),
    (Decimal(60), message("{number} min")),
    (Decimal(1), message("{number} s")),
)


def _duration(minutes: Decimal, locale: str, language: Language, parts: int = 2) -> str:
    """Minutes in the two units that matter: seconds below ten minutes, days of 24 hours from 48 hours on."""
    sign = "-" if minutes < 0 else ""
    seconds = abs(minutes) * 60
    if parts == 2:
        finest = 1 if seconds < 600 else 60 if seconds < 2 * 86_400 else 3_600
        whole = _round(seconds / finest, 0) * finest
    else:
        whole = _round(seconds, 0)
    if not whole:
        nothing = "<1" if seconds and not sign else ">-1" if seconds else "0"
        return language("{number} s" if seconds else "{number} min", number=nothing)
    pieces = []
    rest = whole
    for size, words in _SIZES[whole < 2 * 86_400 :]:
        count, rest = divmod(rest, size)
        if count:
            pieces.append(language(words, number=_grouped(count, 0, locale)))
    return sign + " ".join(pieces[:parts] if parts == 2 else pieces)


#: Units as they follow a number.
_UNITS = ("{number} d", "{number} h", "{number} min", "{number} s")


def kept(text: str, language: Language = ENGLISH) -> str:
    """A text in which no line ends between a number and its unit.

    >>> kept("99.66 % of 3 h 20 min in 2 days")
    '99.66\\xa0% of 3\\xa0h 20\\xa0min in 2\\xa0days'
    """
    return _before_unit(language.name).sub("\u00a0", text)


@cache
def _before_unit(language: str) -> re.Pattern[str]:
    """The space between a number and a unit of the language."""
    say = Language(language)
    said = [say(unit, number=0) for unit in _UNITS]
    said += [say.plural("{number} day", "{number} days", count, number=0) for count in (1, 2, 5)]
    units = sorted({unit[1] for text in said if (unit := re.search(r"0 (\w+)", text))})
    return re.compile(rf"(?<=\d) (?=%|(?:{'|'.join(units)})\b)")


def instant(at: Any, timezone: str, locale: str = "en-GB", language: Language = ENGLISH) -> str:
    """An instant in a zone, to the minute; the hour that a clock change repeats also names its zone.

    Raises ValueError for a time without a zone.
    """
    if pd.isna(at):
        return missing(None, language)
    local = pd.Timestamp(at)
    if local.tzinfo is None:
        raise ValueError(f"{at} has no zone: only instants can be shown")
    when = local.tz_convert(ZoneInfo(timezone)).to_pydatetime(warn=False)
    clock = dates.format_time(when, "short", tzinfo=when.tzinfo, locale=_locale(locale))
    twice = when.replace(fold=0).utcoffset() != when.replace(fold=1).utcoffset()
    return f"{day(when.date(), locale)}, {clock}" + (f" {when.tzname()}" if twice else "")


def day(on: Any, locale: str = "en-GB", language: Language = ENGLISH) -> str:
    """A civil date."""
    if pd.isna(on):
        return missing(None, language)
    date = on if isinstance(on, dt.date) and not isinstance(on, dt.datetime) else pd.Timestamp(on).date()
    return dates.format_date(date, "medium", locale=_locale(locale))


def period(what: Period | Month, locale: str = "en-GB", language: Language = ENGLISH) -> str:
    """A month, a year or a range of months in words."""
    first, last = (what, what) if isinstance(what, Month) else (what.first, what.last)
    if (first.year, first.month, last.month) == (last.year, 1, 12):
        return str(first.year)
    begin, end = (
        dates.format_skeleton("yMMMM", month.first_on, locale=_locale(locale)) for month in (first, last)
    )
    return begin if first == last else language("{first} to {last}", first=begin, last=end)


def clean(text: Any, longest: int | None = _LONGEST_TEXT) -> str:
    """Foreign text in which all is seen that is there, clipped (see model/hostile)."""
    plain = shown(str(text))
    return plain if longest is None or len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


#: Columns of names that may have a title, with the report whose subjects they are.
_TITLED = {"service": "availability", "priority": "tickets", "resource": "capacity"}


def _titles(contract: Any) -> dict[tuple[str, str], str]:
    """The titles that a contract gives, by report and subject; a priority's name stays behind its title."""
    services = {("availability", one.name): one.title for one in contract.services}
    resources = {("capacity", f"{one.resource}:{one.metric}"): one.title for one in contract.capacity}
    priorities = {
        (report, name): f"{one.title} ({name})" if one.title else None
        for name, one in contract.tickets.priorities.items()
        for report in ("tickets", "helpdesk")
    }
    return {key: title for key, title in (services | resources | priorities).items() if title}


@dataclass(frozen=True)
class Numbers:
    """Numbers, instants and dates as the client writes them: its locale, currency, zone and language.

    `Numbers.of(contract)` for sentences; a notebook's `Display` is one too. `show.language("{n} tickets", n=…)` says
    a message in the client's language.
    """

    locale: str = "en-GB"
    currency: str | None = None
    timezone: str = "UTC"
    language: Language = ENGLISH
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)
    """What the contract calls services, priorities and resources, by report and name."""

    @classmethod
    def of(cls, contract: Any) -> Self:
        """Those of a contract's client."""
        client, titles = contract.client, _titles(contract)
        return cls(
            client.locale, client.currency, client.timezone, Language(client.language, client.locale), titles
        )

    def counted(self, rows: Sized) -> dict[str, Any]:
        """How many there are, as a number and in words."""
        return {"n": len(rows), "count": self.number(len(rows), "count")}

    def page(self, report: str) -> str:
        """What a report is called where its name stands alone."""
        return labels.page(report, self.language)

    def label(self, code: str) -> str:
        """What a code or a reason of the records is called; see `labels`."""
        return labels.label(code, self.language, self.dated)

    def titled(self, measure: str, name: str) -> str | None:
        """The title that the contract gives to the subject of a figure, as it stands in a sentence."""
        return self.titles.get((measure.partition(".")[0], name))

    def subject(self, measure: str, name: str) -> str:
        """What the subject of a figure is called, a month in words; see `labels`."""
        if titled := self.titled(measure, name):
            return titled
        return self.dated(name) if _DATED.fullmatch(name) else labels.subject(measure, name, self.language)

    def headed(self, column: Any, names: Iterable[Any], metrics: Iterable[Any] | None = None) -> list[Any]:
        """What a column of a table or chart has, with the titles of services, priorities and resources for their names.

        They stand alone there, so they begin with a capital. A resource is known by its metric too.
        """
        names, report = list(names), _TITLED.get(column)
        keys = (
            names
            if metrics is None or report != "capacity"
            else [f"{name}:{of}" for name, of in zip(names, metrics, strict=True)]
        )
        titles = [self.titles.get((report, key)) if report else None for key in keys]
        return [labels.raised(title) if title else name for title, name in zip(titles, names, strict=True)]

    def dated(self, text: str) -> str:
        """A text in which months, days and instants that stand as records write them are in words.

        >>> Numbers().dated("from 2026-10-11T01:10:00Z to 2026-11"), Numbers().dated("INV-2026-11")
        ('from 11 Oct 2026, 01:10 to November 2026', 'INV-2026-11')
        """
        return _DATED.sub(self._dated, text)

    def _dated(self, found: re.Match[str]) -> str:
        try:
            if found["time"]:
                return self.instant(pd.Timestamp(found[0]))
            return self.day(found[0]) if found["day"] else self.period(Month.parse(found[0]))
        except ValueError:  # no day of any calendar
            return found[0]

    def number(self, value: Any, unit: str = "", why: str | None = None, apart_from: Any = None) -> str:
        """See `number`."""
        return number(value, unit, self.locale, self.currency, self._why(why), apart_from, self.language)

    def numbers(
        self,
        values: Sequence[Any],
        unit: str = "",
        whys: Sequence[str | None] | None = None,
    ) -> list[str]:
        """Numbers that stand in one column or on one axis: they share their decimals."""
        nothing = [None] * len(values)
        said = [self._why(why) for why in whys] if whys else nothing
        return numbers(values, unit, self.locale, self.currency, said, nothing, self.language)

    def missing(self, why: str | None) -> str:
        """See `missing`."""
        return missing(self._why(why), self.language)

    def _why(self, why: str | None) -> str | None:
        return self.label(why) if isinstance(why, str) else None

    def moments(self, moments: Sequence[Any]) -> list[str]:
        """Months (YYYY-MM) or days of an axis in few letters, the year below where it changes."""
        texts, before = [], None
        for moment in moments:
            monthly = isinstance(moment, Month) or (isinstance(moment, str) and len(moment) == 7)
            on = Month.parse(str(moment)).first_on if monthly else pd.Timestamp(moment).date()
            text = dates.format_skeleton("MMM" if monthly else "MMMd", on, locale=_locale(self._calendar))
            texts.append(text if on.year == before else f"{text}\n{on.year}")
            before = on.year
        return texts

    def interval(self, low: Any, high: Any, unit: str = "") -> str:
        """From the one to the other, with the same decimals."""
        low, high = self.numbers([low, high], unit)
        return self.language("{low} to {high}", low=low, high=high)

    def ages(self, bands: Sequence[str]) -> list[str]:
        """Bands of ages in days in words.

        >>> Numbers().ages(["0-1", "1-3", "90+"])
        ['under 1 day', '1 to 3 days', 'over 90 days']
        """
        said = []
        for low, _, high in (band.rstrip("+").partition("-") for band in bands):
            if not high:
                said.append(self.language("over {low} days", low=low))
            elif low == "0":
                said.append(
                    self.language.plural("under {high} day", "under {high} days", int(high), high=high)
                )
            else:
                said.append(self.language("{low} to {high} days", low=low, high=high))
        return said

    def instant(self, at: Any) -> str:
        """See `instant`."""
        return instant(at, self.timezone, self._calendar, self.language)

    def day(self, on: Any) -> str:
        """See `day`."""
        return day(on, self._calendar, self.language)

    def period(self, what: Period | Month) -> str:
        """See `period`."""
        return period(what, self._calendar, self.language)

    @property
    def _calendar(self) -> str:
        return self.language.locale(self.locale)
