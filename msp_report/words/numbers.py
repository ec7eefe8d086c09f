"""The only place where a number becomes text: by the client's locale, currency and zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from babel import Locale, dates
from babel.numbers import NumberPattern

from msp_report.model.period import Month, Period

#: Units of numbers.
NUMBERS = ("ratio", "min", "hours", "days", "count", "cost", "score", "index", "")

_NOT_KNOWN = "not known"
_LONGEST_TEXT = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


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
    return numbers([value], unit, locale, currency, [why], [apart_from])[0]


def numbers(
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
    exact = [decimal_of(value) for value in values]
    against = [decimal_of(target) for target in targets]
    known = [(value, target) for value, target in zip(exact, against, strict=True) if value is not None]
    if unit == "min":
        texts = [_apart(value, target, locale) for value, target in known]
    else:
        places = max((_places(value, unit, currency, target) for value, target in known), default=0)
        texts = [_plain(value, unit, places, locale, currency) for value, _ in known]
    said = iter(texts)
    return [missing(why) if value is None else next(said) for value, why in zip(exact, whys, strict=True)]


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


def missing(why: str | None) -> str:
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


def clean(text: Any, longest: int | None = _LONGEST_TEXT) -> str:
    """Foreign text without control characters, clipped."""
    plain = _CONTROL.sub("\ufffd", str(text))
    return plain if longest is None or len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


@dataclass(frozen=True)
class Numbers:
    """Numbers, instants and dates as the client writes them: its locale, currency and zone.

    `Numbers.of(contract)` for sentences; a notebook's `Display` is one too.
    """

    locale: str = "en-GB"
    currency: str | None = None
    timezone: str = "UTC"

    @classmethod
    def of(cls, contract: Any) -> Self:
        """Those of a contract's client."""
        client = contract.client
        return cls(client.locale, client.currency, client.timezone)

    def number(self, value: Any, unit: str = "", why: str | None = None, apart_from: Any = None) -> str:
        """See `number`."""
        return number(value, unit, self.locale, self.currency, why, apart_from)

    def numbers(self, values: Sequence[Any], unit: str = "") -> list[str]:
        """Numbers that stand in one column or on one axis: they share their decimals."""
        nothing = [None] * len(values)
        return numbers(values, unit, self.locale, self.currency, nothing, nothing)

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
