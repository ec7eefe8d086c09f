"""Text to typed values, on the distinct texts of a column: what each type accepts, and why it rejects.

Nothing is guessed: 03/04/2026 is no date until its format is named, 1,200 no number until its sign is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from msp_report.intake import reasons
from msp_report.intake.chunk import Unreadable
from msp_report.model.tables import ARROW, Column

EPOCHS = {"epoch": 1.0, "epoch_ms": 1e-3, "excel": 86_400.0}
"""Times as numbers, and their unit in seconds; `excel` counts days of a wall clock since 1899-12-30."""
ORDERS = ("dmy", "mdy", "ymd")
"""Dates in numbers, known by the order of day, month and year, however they are parted; with a clock or without."""
WORDS = ("iso", *EPOCHS, *ORDERS, "named")
"""The formats of `dates` that are no pattern; `named` are dates with the name of the month, in whatever order."""
DURATIONS = {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 1e-3} | dict.fromkeys(
    ("hms", "epoch_date", "text")
)
AFTER = re.compile(r"(\w+) after (\w+)")
"""In `durations`: how a time is said to be so long after another one of its row."""
SECONDS = {"hours": 3600.0, "min": 60.0, "s": 1.0}
"""Unit of a column: its length in seconds."""

_ISO = (
    r"^(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)"
    r" ?(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_FIRST, _LAST = pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")
_LAST_DATE = pd.Timestamp("9999-12-31")
_TRUE, _FALSE = ("true", "1", "yes", "y", "t"), ("false", "0", "no", "n", "f")

Localize = Callable[[pd.Series, str], tuple[pd.Series, pd.Series, pd.Series]]
Repeated = Callable[[pd.Series, str], np.ndarray]


@dataclass(frozen=True)
class Manner:
    """How the texts of one file are to be taken."""

    timezone: str
    """Of times without an offset."""
    localize: Localize
    repeated: Repeated
    """How much later a time that was twice came again [us]."""
    formats: Callable[[str], tuple[str, ...]] = lambda column: ("iso",)
    decimal: str | None = None
    """None: the file leaves the sign in doubt."""
    durations: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    typed: bool = False
    """Dates and numbers of typed cells are ISO 8601 and carry a point, whatever the formats say."""
    day_hours: float | None = None
    """Length of a day of durations in words; None: not known."""
    unset: Callable[[str], tuple[str, ...]] = lambda column: ()
    """Of a column, the days that mean that no time is set."""


@dataclass(frozen=True)
class Values:
    """Typed values, one a text; where `why` is not None the text is rejected and its value null.

    `fold`: how much later a local time came again when the clocks went back [us]; 0 for all that were once.
    """

    values: pa.Array
    why: np.ndarray
    fold: np.ndarray


def convert(texts: pa.StringArray, column: Column, manner: Manner) -> Values:
    """Texts (distinct, trimmed, none null) as values of a column's type."""
    if column.type in ("instant", "date", "month"):
        return _times(texts, column, manner)
    if column.type in ("number", "integer", "decimal"):
        return _numbers(texts, column, manner)
    if column.type == "choice":
        return _choices(texts, column)
    if column.type == "boolean":
        return _booleans(texts)
    return Values(texts, _none(len(texts)), np.zeros(len(texts), np.int64))


def mapped(texts: pa.StringArray, pairs: Mapping[str, str], known: tuple[str, ...]) -> Values:
    """Texts through a map of values; case does not count. What neither map nor `known` has is rejected, or what `*`
    says: another value, the text as it is, or, where it is empty, missing."""
    lookup = {ours.lower(): ours for ours in (*pairs.values(), *known) if ours != "*"}
    lookup |= {vendor.strip().lower(): ours for vendor, ours in pairs.items() if vendor != "*"}
    lookup = {vendor: "" if ours == "*" else ours for vendor, ours in lookup.items()}  # "": as it is
    rest = pairs.get("*")
    keys = pa.array(list(lookup), pa.string())
    place = pc.index_in(pc.utf8_lower(texts), value_set=keys)
    ours = pa.array(list(lookup.values()), pa.string()).take(place)
    ours = pc.if_else(pc.equal(ours, ""), texts, ours)
    why = _none(len(texts))
    if rest is None:
        why[np.asarray(pc.is_null(ours))] = reasons.UNKNOWN
    elif rest:
        ours = pc.fill_null(ours, texts if rest == "*" else rest)
    return Values(ours, why, np.zeros(len(texts), np.int64))


def _none(length: int) -> np.ndarray:
    return np.full(length, None, dtype=object)


def _mask(flags: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(flags, False), dtype=bool)


def _choices(texts: pa.StringArray, column: Column) -> Values:
    folded = pc.replace_substring_regex(pc.utf8_lower(texts), r"[\s-]+", "_")
    choices = pa.array(column.choices, pa.string())
    values = choices.take(pc.index_in(folded, value_set=choices))
    why = _none(len(texts))
    why[np.asarray(pc.is_null(values))] = reasons.UNKNOWN
    return Values(values, why, np.zeros(len(texts), np.int64))


def _booleans(texts: pa.StringArray) -> Values:
    lower = pc.utf8_lower(texts)
    yes = pc.is_in(lower, value_set=pa.array(_TRUE))
    known = pc.or_(yes, pc.is_in(lower, value_set=pa.array(_FALSE)))
    why = _none(len(texts))
    why[~_mask(known)] = reasons.NOT_BOOLEAN
    return Values(pc.if_else(known, yes, None), why, np.zeros(len(texts), np.int64))


# ---------------------------------------------------------------- numbers


def _certain(sign: str, thousands: str) -> str:
    """Numbers that can only be meant with this decimal sign."""
    s, t = re.escape(sign), re.escape(thousands)
    fraction = rf"\d+{s}(\d{{1,2}}|\d{{4,}})|(0|\d{{4,}}){s}\d{{3}}"
    groups = rf"\d{{1,3}}({t}\d{{3}})+{s}\d+|\d{{1,3}}({t}\d{{3}}){{2,}}"
    return f"^-?({fraction}|{groups})$"


def _valid(sign: str, thousands: str) -> str:
    s, t = re.escape(sign), re.escape(thousands)
    return rf"^-?([1-9]\d{{0,2}}({t}\d{{3}})+({s}\d*)?|\d+({s}\d*)?|{s}\d+)([eE][+-]?\d{{1,3}})?$"


_THOUSANDS = {".": ",", ",": "."}
_CERTAIN = {sign: _certain(sign, other) for sign, other in _THOUSANDS.items()}
_VALID = {sign: _valid(sign, other) for sign, other in _THOUSANDS.items()}
#: How exports write that a number is not stated: it is missing then, and no fault of its row (rule 31).
_NOT_STATED = pa.array(["-", "--", "\u2013", "\u2014", "n/a", "na", "#n/a", "null"])
_IN_DOUBT = r"^-?[1-9]\d{0,2},\d{3}$"


def signs(texts: pa.StringArray) -> set[str]:
    """The decimal signs that some texts leave no doubt about.

    >>> signs(pa.array(["12,5", "1.234"])), signs(pa.array(["1,200.00"])), signs(pa.array(["1,200"]))
    ({','}, {'.'}, set())
    """
    plain = _plain(texts)
    return {s for s, form in _CERTAIN.items() if pc.any(pc.match_substring_regex(plain, form)).as_py()}


def _plain(texts: pa.StringArray) -> pa.StringArray:
    """Numbers without spaces, currency signs and the bookkeeper's ways of writing a minus."""
    text = pc.replace_substring_regex(texts, "[\\s\u00a0\u202f\u2009'\u2019€£$¥]", "")
    text = pc.replace_substring_regex(text, r"^\((.+)\)$", r"-\1")
    text = pc.replace_substring_regex(text, r"^(\d[\d.,]*)-$", r"-\1")
    return pc.replace_substring_regex(pc.replace_substring(text, "\u2212", "-"), r"^\+", "")


def _numbers(texts: pa.StringArray, column: Column, manner: Manner) -> Values:
    encoding = manner.durations.get(column.name)
    if encoding:
        amounts, why = _durations(texts, encoding, manner)
        values = pa.array(amounts / SECONDS[column.unit], pa.float64(), mask=why != None)  # noqa: E711
    else:
        if column.high == 100:  # per cent of a whole
            texts = without_percent(texts)
        number, why = _number_texts(texts, manner)
        values = _TYPED[column.type](number, why)
        if column.name in manner.factors:
            values = _multiplied(values, manner.factors[column.name], why)
    if not column.required:
        why[_mask(pc.is_in(pc.utf8_lower(texts), value_set=_NOT_STATED))] = None
    _check_range(values, why, column)
    keep = pa.array(why == None)  # noqa: E711
    return Values(pc.if_else(keep, values, None), why, np.zeros(len(texts), np.int64))


def _number_texts(texts: pa.StringArray, manner: Manner) -> tuple[pa.StringArray, np.ndarray]:
    """Numbers with a point and no thousands; what is none becomes null with its reason."""
    plain = _plain(texts)
    sign = manner.decimal or "."
    valid = pc.match_substring_regex(plain, _VALID[sign])
    why = _none(len(texts))
    why[~_mask(valid)] = reasons.NOT_NUMBER
    if manner.decimal is None:
        doubt = pc.match_substring_regex(plain, _IN_DOUBT)
        why[_mask(doubt)] = reasons.DOUBT
        valid = pc.and_(valid, pc.invert(doubt))
    number = pc.replace_substring(plain, _THOUSANDS[sign], "")
    if sign != ".":
        number = pc.replace_substring(number, sign, ".")
    return pc.if_else(valid, number, None), why


def without_percent(texts: pa.StringArray) -> pa.StringArray:
    """Numbers without the sign of per cent behind them."""
    return pc.replace_substring_regex(texts, r"[\s\x{a0}\x{202f}]*%$", "")


def plain_numbers(cells: pa.StringArray, manner: Manner) -> np.ndarray:
    """Cells as the numbers that they are written as, NaN for what is none or in doubt."""
    number, _ = _number_texts(pc.fill_null(pc.utf8_trim_whitespace(cells), ""), manner)
    return _numpy(pc.cast(number, pa.float64()))


def _floats(number: pa.StringArray, why: np.ndarray) -> pa.DoubleArray:
    values = pc.cast(number, pa.float64())
    endless = ~_mask(pc.is_finite(pc.fill_null(values, 0.0)))
    why[endless] = reasons.RANGE
    return values


def _integers(number: pa.StringArray, why: np.ndarray) -> pa.Int64Array:
    whole = pc.match_substring_regex(number, r"^-?\d+(\.0*)?$")
    small = pc.match_substring_regex(number, r"^-?0*\d{1,18}(\.0*)?$")
    given = _mask(pc.is_valid(number))
    why[given & ~_mask(whole)] = reasons.NOT_WHOLE
    why[given & _mask(whole) & ~_mask(small)] = reasons.RANGE
    digits = pc.replace_substring_regex(number, r"\.0*$", "")
    return pc.cast(pc.if_else(_nullable(small), digits, None), pa.int64())


def _nullable(flags: pa.BooleanArray) -> pa.BooleanArray:
    return pc.fill_null(flags, False)


def _decimals(number: pa.StringArray, why: np.ndarray) -> pa.Decimal128Array:
    """Nine places; finer ones, which stem from binary fractions, are rounded."""
    simple = _nullable(pc.match_substring_regex(number, r"^-?\d{0,28}(\.\d{0,9})?$"))
    values = pc.cast(pc.if_else(simple, _with_digits(number), None), ARROW["decimal"])
    rest = np.flatnonzero(_mask(pc.and_(pc.is_valid(number), pc.invert(simple))))
    if not len(rest):
        return values
    found = values.to_pylist()
    for place in rest.tolist():
        amount = Decimal(number[place].as_py())
        if amount.adjusted() > 27:
            why[place] = reasons.RANGE
        else:
            found[place] = amount.quantize(Decimal("1e-9"), context=_PRECISE)
    return pa.array(found, ARROW["decimal"])


def _with_digits(number: pa.StringArray) -> pa.StringArray:
    """`.5` and `5.` with the digits that a decimal needs."""
    return pc.replace_substring_regex(pc.replace_substring_regex(number, r"^(-?)\.", r"\10."), r"\.$", "")


def _multiplied(values: pa.Array, factor: Decimal, why: np.ndarray) -> pa.Array:
    """Numbers in thousands, millions or hundredths as what they stand for; money stays exact."""
    if pa.types.is_floating(values.type):
        top, bottom = factor.as_integer_ratio()
        return pc.divide(pc.multiply(values, float(top)), float(bottom))
    amounts = pc.multiply(pc.cast(values, pa.decimal256(38, 9)), pa.scalar(factor, pa.decimal256(28, 9)))
    too_much = _mask(pc.greater_equal(pc.abs(amounts), pa.scalar(Decimal(10**28))))
    why[too_much] = reasons.RANGE
    return pc.cast(pc.round(pc.if_else(pa.array(too_much), None, amounts), 9), values.type)


def _check_range(values: pa.Array, why: np.ndarray, column: Column) -> None:
    amounts = pc.cast(values, pa.float64())
    if column.low is not None:
        why[_mask(pc.less(amounts, column.low))] = reasons.RANGE
    if column.high is not None:
        why[_mask(pc.greater(amounts, column.high))] = reasons.RANGE


_TYPED = {"number": _floats, "integer": _integers, "decimal": _decimals}
_PRECISE = Context(prec=60)


def _durations(texts: pa.StringArray, encoding: str, manner: Manner) -> tuple[np.ndarray, np.ndarray]:
    """Lengths in seconds."""
    why = _none(len(texts))
    if DURATIONS[encoding]:
        number, why = _number_texts(texts, manner)
        return _numpy(_floats(number, why)) * DURATIONS[encoding], why
    if encoding == "epoch_date":
        wall, _ = _parse(texts, "iso")
        seconds = (wall - np.datetime64(0, "us")) / np.timedelta64(1, "s")
    elif encoding == "hms":
        seconds = _length(pc.utf8_lower(texts), _HMS)
    else:
        seconds, in_days = _worded(texts, manner)
        why[in_days & np.isnan(seconds)] = reasons.DAY_HOURS
    why[np.isnan(seconds) & (why == None)] = reasons.NOT_DURATION  # noqa: E711
    return seconds, why


def lengths(texts: pa.StringArray, encoding: str, manner: Manner) -> Values:
    """Texts (distinct, trimmed, none null) as lengths of time."""
    seconds, why = _durations(texts, encoding, manner)
    known = np.isfinite(seconds) & (np.abs(seconds) < 1e10)
    why[~known & (why == None)] = reasons.RANGE  # noqa: E711
    micros = np.round(np.where(known, seconds, 0) * 1e6).astype(np.int64)
    values = pa.array(micros.astype("m8[us]"), pa.duration("us"), mask=why != None)  # noqa: E711
    return Values(values, why, np.zeros(len(texts), np.int64))


def _worded(texts: pa.StringArray, manner: Manner) -> tuple[np.ndarray, np.ndarray]:
    """Lengths as people and programs write them, in seconds, and which of them are in days of an unknown length."""
    plain = pc.replace_substring_regex(
        pc.utf8_lower(pc.replace_substring(texts, "\u2212", "-")), _SPACES, " "
    )
    minus = _mask(pc.match_substring_regex(plain, "^-"))
    plain = pc.replace_substring_regex(plain, r"^[+-] ?", "")
    day = np.nan if manner.day_hours is None else manner.day_hours * 3600.0
    week = 7 * 86_400.0 if day == 86_400.0 else 5 * day
    seconds = _length(plain, _IN_WORDS, week, day)
    in_days = ~np.isnan(_length(plain, _IN_WORDS)) & np.isnan(seconds)
    for form in _IN_SIGNS:
        seconds = np.where(np.isnan(seconds), _length(plain, form), seconds)
    seconds = np.where(minus, -seconds, seconds)
    python = _length(plain, _PYTHON)  # its days alone have the sign
    days = python - _length(pc.replace_substring_regex(plain, r"^\d+ days?,", "0 days,"), _PYTHON)
    seconds = np.where(np.isnan(python), seconds, np.where(minus, python - 2 * days, python))
    return seconds, in_days & np.isnan(seconds)


def _length(texts: pa.StringArray, form: str, week: float = 604_800.0, day: float = 86_400.0) -> np.ndarray:
    """The seconds that the parts of a pattern add up to, NaN where it does not fit or has none of them."""
    parts = pc.extract_regex(texts, form)
    names = [name for name in re.findall(r"\?P<(\w)>", form) if name in _UNITS]
    total, known = np.zeros(len(texts)), np.zeros(len(texts), bool)
    for name in names:
        cells = pc.replace_substring(pc.struct_field(parts, [name]), ",", ".")
        amount = _numpy(pc.cast(_empty_as_none(cells), pa.float64()))
        here = ~np.isnan(amount)
        unit = {"w": week, "d": day}.get(name, _UNITS[name])
        total[here] += np.where(amount[here] == 0, 0, amount[here] * unit)
        known |= here
    return np.where(known, total, np.nan)


_UNITS = {"w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_SPACES = "[\\s\u00a0\u202f\u2009]+"
_HMS = r"^(?P<h>\d+):(?P<m>[0-5]?\d)(?::(?P<s>[0-5]?\d(?:\.\d+)?))?$"
#: Units of time as exports in ten languages call them: English, German, French, Spanish, Italian, Dutch, Portuguese,
#: Polish, Swedish, Danish and Norwegian.
_UNIT_WORDS = {
    "w": "w|wks?|weeks?|wochen?|sem|semaines?|semanas?|settiman[ae]|weken|tydzień|tygodni[ea]?|veck[ao]r?|uger?|uker?",
    "d": "d|days?|tage?n?|j|jours?|d[íi]as?|giorn[oi]|gg?|dag|dagen|dagar|dage|dager|dzień|dni",
    "h": "h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uu?r|uren|godz|godzin[ay]?|timm(?:e|ar)|tim|timer?",
    "m": "m|mins?|minutes?|minuten?|minutos?|minut[oi]|minuut|minut|minut[ay]|minuter|minutter",
    "s": "s|secs?|seconds?|sek|sekunden?|secondes?|segundos?|second[oi]|seconden|sekund[ay]?|sekunder",
}
_IN_WORDS = (
    "^"
    + r"(?: ?,? ?(?:and|und|et|y|e|en|i|og|och)? ?)".join(
        rf"(?:(?P<{unit}>\d+(?:\.\d+|,\d{{1,2}})?) ?(?:{words})\.?)?" for unit, words in _UNIT_WORDS.items()
    )
    + "$"
)
_IN_SIGNS = (
    r"^p(?:(?P<w>\d+(?:\.\d+)?)w)?(?:(?P<d>\d+(?:\.\d+)?)d)?"
    r"(?:t(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m)?(?:(?P<s>\d+(?:[.,]\d+)?)s)?)?$",  # ISO 8601
    r"^(?:(?P<d>\d+)\.)?(?P<h>\d+):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d(?:\.\d+)?)$",  # .NET
    r"^(?P<h>\d+) ?h ?(?P<m>[0-5]\d)$",
)
_PYTHON = r"^(?P<d>\d+) days?, (?P<h>\d+):(?P<m>\d\d):(?P<s>\d\d(?:\.\d+)?)$"


def _numpy(values: pa.Array) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False).astype(np.float64)


def _empty_as_none(texts: pa.StringArray) -> pa.StringArray:
    return pc.if_else(_nullable(pc.not_equal(texts, "")), texts, None)


# ---------------------------------------------------------------- times


def _times(texts: pa.StringArray, column: Column, manner: Manner) -> Values:
    """Wall times and offsets by the first format that fits, then what the column's type makes of them."""
    if column.type == "month":
        texts = pc.replace_substring_regex(texts, r"^(\d{4}-\d{2})$", r"\1-01")
    if column.type == "instant" and (plain := plain_instants(texts, column, manner)) is not None:
        return Values(plain, _none(len(texts)), np.zeros(len(texts), np.int64))
    zone = np.full(len(texts), manner.timezone, dtype=object)
    forms = manner.formats(column.name)
    wall, offset = _of_dot_net(texts)
    _refuse_two_orders(texts, column, forms)
    if manner.typed:
        _refuse_half_converted(texts, column, forms)
    has_iso = any(form.partition(" @ ")[0] == "iso" for form in forms)
    for form in forms if has_iso or not manner.typed else ("typed", *forms):
        todo = np.flatnonzero(np.isnat(wall))
        if not len(todo):
            break
        spec, _, own_zone = form.partition(" @ ")
        found, offsets = _parse(texts.take(pa.array(todo)), spec)
        hit = todo[~np.isnat(found)]
        wall[todo], offset[todo] = found, offsets
        zone[hit] = own_zone or manner.timezone
    why = _none(len(texts))
    why[np.isnat(wall)] = reasons.NOT_MONTH if column.type == "month" else reasons.NOT_TIME
    unset = _unset(wall, offset, manner.unset(column.name))
    wall[unset] = np.datetime64("NaT")
    if column.type == "instant":
        return _instants(wall, offset, zone, why, manner)
    return _dates(wall, offset, zone, why, column)


#: How most tools write an instant of UTC: the least letter at each place, and how many come after it there.
_PLAIN = np.frombuffer(b"0000-00-00T00:00:00Z", np.uint8)
_ABOVE = np.where(ord("0") == _PLAIN, 9, 0).astype(np.uint8)


def plain_instants(texts: pa.StringArray, column: Column, manner: Manner) -> pa.Array | None:
    """Instants that are all written in UTC to the second, many times faster; None where one is not. Missing ones stay
    missing."""
    form = next(iter(manner.formats(column.name)), "").partition(" @ ")[0]
    if form != "iso" or manner.typed or manner.unset(column.name):
        return None
    known = texts.drop_null() if texts.null_count else texts
    if not len(known) or not pc.all(pc.equal(pc.binary_length(known), len(_PLAIN))).as_py():
        return None
    begin = np.frombuffer(known.buffers()[1], np.int32)[known.offset]
    letters = np.frombuffer(known.buffers()[2], np.uint8)[begin : begin + len(known) * len(_PLAIN)]
    if not (letters.reshape(-1, len(_PLAIN)) - _PLAIN <= _ABOVE).all():
        return None
    try:
        found = pc.cast(texts, pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # no such day or hour
        return None
    first, after = (pa.scalar(edge, found.type) for edge in (_FIRST, _LAST))
    is_known = pc.and_(pc.greater_equal(found, first), pc.less(found, after))
    return found.cast(ARROW["instant"]) if pc.all(is_known).as_py() else None


def _unset(wall: np.ndarray, offset: np.ndarray, days: Sequence[str]) -> np.ndarray:
    """Which times lie on a day that means that none is set; of those with an offset, in whatever zone it was."""
    here = np.zeros(len(wall), bool)
    for day in days:
        start = np.datetime64(day, "us")
        shift = np.where(np.isnan(offset), 0, 14 * 3600) * np.timedelta64(1_000_000, "us")
        with np.errstate(invalid="ignore"):
            here |= (wall >= start - shift) & (wall < start + np.timedelta64(1, "D") + shift)
    return here


def _of_dot_net(texts: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """The times among some texts that are written as `/Date(1791000000000+0100)/`, and their offsets in seconds."""
    parts = pc.extract_regex(texts, r"^\\?/Date\((?P<ms>-?\d{1,15})(?P<zone>[+-]\d{4})?\)\\?/$")
    millis = pc.cast(_empty_as_none(pc.struct_field(parts, ["ms"])), pa.int64())
    offset = np.full(len(texts), np.nan)
    wall = np.full(len(texts), np.datetime64("NaT"), "M8[us]")
    here = np.flatnonzero(_mask(pc.is_valid(millis)))
    if len(here):
        zones = pc.struct_field(parts, ["zone"]).take(pa.array(here)).to_pylist()
        offset[here] = [_offset(zone) if zone else 0.0 for zone in zones]
        counted = millis.take(pa.array(here)).to_numpy().astype("M8[ms]").astype("M8[us]")
        wall[here] = counted + (offset[here] * 1e6).astype("m8[us]")
    return wall, offset


def _refuse_two_orders(texts: pa.StringArray, column: Column, forms: Sequence[str]) -> None:
    """A column whose texts fit one format with the day first and one with the month first is read in neither way.

    Raises Unreadable where a text fits both, or some fit the one alone and some the other.
    """
    specs = [form.partition(" @ ")[0] for form in forms]
    day_first = [spec for spec in specs if spec == "dmy" or 0 <= spec.find("%d") < spec.find("%m")]
    month_first = [
        spec
        for spec in specs
        if spec == "mdy" or (0 <= spec.find("%m") < spec.find("%d") and "%Y" not in spec[:2])
    ]
    if not (day_first and month_first and len(texts)):
        return
    fits = [
        np.logical_or.reduce([~np.isnat(_parse(texts, spec)[0]) for spec in some])
        for some in (day_first, month_first)
    ]
    if fits[0].any() and fits[1].any():
        both = np.flatnonzero(fits[0] & fits[1])
        shown = texts[int(both[0])] if len(both) else texts[int(np.flatnonzero(fits[0])[0])]
        raise Unreadable(
            f"{column.name}: day and month are in doubt: its dates fit both {day_first[0]!r} and {month_first[0]!r} "
            f"(such as {shown.as_py()!r}): name the one that is meant in dates"
        )


def _refuse_half_converted(texts: pa.StringArray, column: Column, forms: Sequence[str]) -> None:
    """Dates that a spreadsheet of another country took for its own: it turns days up to the 12th into dates, with day
    and month exchanged, and leaves the others as texts.

    Raises Unreadable where a column has both and they part at the 12th.
    """
    named = [form.partition(" @ ")[0] for form in forms]
    specs = [spec for spec in named if spec in ORDERS or {"%d", "%m"} <= set(re.findall("%.", spec))]
    typed, _ = _iso(texts, typed=True)
    rest = texts.filter(pa.array(np.isnat(typed)))
    if not specs or len(rest) < 2 or (~np.isnat(typed)).sum() < 2:
        return
    found = np.concatenate([_parse(rest, spec)[0] for spec in specs])
    late, early = (_days(times[~np.isnat(times)]) for times in (found, typed))
    if len(late) > 1 and (late > 12).all() and (early <= 12).all():
        raise Unreadable(
            f"{column.name}: day and month are in doubt: days up to the 12th are dates in the cells, later ones are "
            f"texts (such as {rest[0].as_py()!r}), as where a spreadsheet exchanged day and month: export it again "
            "without opening it there"
        )


def _days(times: np.ndarray) -> np.ndarray:
    """Days of the month, from 1."""
    return (times.astype("M8[D]") - times.astype("M8[M]").astype("M8[D]")).astype(int) + 1


def _parse(texts: pa.StringArray, spec: str) -> tuple[np.ndarray, np.ndarray]:
    """Wall times by one format, NaT where it does not fit, and their offsets in seconds, NaN for none."""
    if spec in ("iso", "typed"):
        return _iso(texts, typed=spec == "typed")
    nowhere = np.full(len(texts), np.nan)
    if spec in EPOCHS:
        plain = pc.if_else(pc.match_substring_regex(texts, r"^-?\d{1,18}(\.\d+)?$"), texts, None)
        seconds = _numpy(pc.cast(plain, pa.float64())) * EPOCHS[spec]
        if spec == "excel":
            return _moments(seconds - 25_569 * 86_400), nowhere  # 1899-12-30 to 1970-01-01
        return _moments(seconds), np.zeros(len(texts))
    if spec in ORDERS:
        return _ordered(texts, [_NUMBERED[spec]], {}), nowhere
    if spec == "named":
        return _ordered(texts, _NAMED, month_names()), nowhere
    series = pd.Series(np.asarray(texts, dtype=object))
    found = pd.to_datetime(series, format=spec, errors="coerce", utc="%z" in spec)
    if "%z" in spec:
        return _microseconds(found.dt.tz_localize(None)), np.zeros(len(texts))
    return _microseconds(found), nowhere


_CLOCK = (
    r"(?:,?[ t]+(?:(?:at|um|à|a las|alle|om|kl\.?) )?(?P<H>\d{1,2})[:.h](?P<M>[0-5]\d)"
    r"(?:[:.](?P<S>[0-5]\d)(?:[.,](?P<f>\d{1,6})\d*)?)?(?: ?(?P<half>[ap])\.? ?m\.?)?(?: uhr)?)?"
)
_D, _M, _Y, _NAME = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<y>\d{4}|\d{2})", r"(?P<name>\pL+)\.?"
_PART = r" ?[./-] ?"
_NUMBERED = {
    "dmy": f"^{_D}{_PART}{_M}{_PART}{_Y}{_CLOCK}$",
    "mdy": f"^{_M}{_PART}{_D}{_PART}{_Y}{_CLOCK}$",
    "ymd": rf"^(?P<y>\d{{4}}){_PART}{_M}{_PART}{_D}{_CLOCK}$",
}
_WEEKDAY, _TH = r"(?:\pL+\.?,? )?", r"(?:\.|st|nd|rd|th|º|er)?"
_NAMED = (
    rf"^{_WEEKDAY}{_D}{_TH}[ /-]*(?:de )?{_NAME}[ ,/-]*(?:de )?{_Y}{_CLOCK}$",
    rf"^{_WEEKDAY}{_NAME}[ /-]+{_D}{_TH},?[ /-]+(?P<y>\d{{4}}){_CLOCK}$",
    rf"^{_WEEKDAY}{_NAME} +{_D}{_CLOCK} (?P<y>\d{{4}})$",  # Sun Nov 22 22:51:46 2026
)


def _ordered(texts: pa.StringArray, forms: Sequence[str], names: Mapping[str, int]) -> np.ndarray:
    """Wall times of dates in numbers or with the month's name, NaT where none of the patterns fits."""
    wall = np.full(len(texts), np.datetime64("NaT"), "M8[us]")
    plain = pc.replace_substring_regex(pc.utf8_lower(texts), _SPACES, " ")
    for form in forms:
        parts = pc.extract_regex(plain, form)
        have = set(re.findall(r"\?P<(\w+)>", form))

        def number(name: str, parts: pa.StructArray = parts) -> np.ndarray:
            return np.nan_to_num(
                _numpy(pc.cast(_empty_as_none(pc.struct_field(parts, [name])), pa.float64()))
            )

        if "m" in have:
            month = number("m")
        else:
            place = pc.index_in(
                pc.struct_field(parts, ["name"]), value_set=pa.array(list(names), pa.string())
            )
            month = np.nan_to_num(_numpy(pa.array(list(names.values()), pa.float64()).take(place)))
        year, day, hour = number("y"), number("d"), number("H")
        short = _mask(pc.equal(pc.utf8_length(pc.struct_field(parts, ["y"])), 2))
        year = np.where(short, year + np.where(year < 70, 2000, 1900), year)
        half = pc.struct_field(parts, ["half"])
        late, early = (_mask(pc.equal(half, letter)) for letter in "pa")
        fits = _mask(pc.is_valid(parts)) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24)
        fits &= ~(late | early) | ((hour >= 1) & (hour <= 12))
        hour = np.where(late | early, hour % 12 + np.where(late, 12, 0), hour)
        micros = ((hour * 60 + number("M")) * 60 + number("S")) * 1_000_000
        digits = pc.utf8_rpad(pc.fill_null(pc.struct_field(parts, ["f"]), ""), 6, "0")
        micros += np.nan_to_num(_numpy(pc.cast(digits, pa.float64())))
        months = ((year - 1970) * 12 + month - 1).astype(np.int64).astype("M8[M]")
        days = months.astype("M8[D]") + (day - 1).astype(np.int64).astype("m8[D]")
        fits &= days.astype("M8[M]") == months
        found = days.astype("M8[us]") + micros.astype(np.int64).astype("m8[us]")
        wall = np.where(np.isnat(wall) & fits, found, wall)
    return wall


@cache
def month_names() -> dict[str, int]:
    """Names of months and their short forms, without a dot, in the languages of `_UNIT_WORDS`; those that mean two
    months are left out."""
    from babel import Locale

    meant: dict[str, set[int]] = {}
    for language in ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb"):
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in Locale(language).months[form][width].items():
                    meant.setdefault(name.lower().strip("."), set()).add(month)
    meant |= {name: {month} for name, month in (("sept", 9), ("mrz", 3), ("mär", 3))}
    return {name: months.pop() for name, months in meant.items() if len(months) == 1 and not name.isdigit()}


def _moments(seconds: np.ndarray) -> np.ndarray:
    """Seconds since 1970 as times, rounded to milliseconds; those of another age are none."""
    low, high = (day.timestamp() for day in (_FIRST, _LAST))
    known = (seconds >= low) & (seconds < high)
    millis = np.round(np.where(known, seconds, 0) * 1000).astype(np.int64)
    return np.where(known, millis.astype("M8[ms]").astype("M8[us]"), np.datetime64("NaT"))


def _microseconds(times: pd.Series) -> np.ndarray:
    return times.to_numpy().astype("M8[us]")


def _iso(texts: pa.StringArray, typed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    if typed:
        full = pc.match_substring_regex(texts, r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
        texts = pc.if_else(full, texts, "")
    parts = pc.extract_regex(texts, _ISO)
    day, clock, zone = (pc.struct_field(parts, [name]) for name in ("day", "clock", "zone"))
    clock = pc.replace_substring(pc.if_else(_nullable(pc.equal(clock, "")), "00:00", clock), ",", ".")
    whole = pc.binary_join_element_wise(day, clock, "T")
    wall = pd.to_datetime(pd.Series(np.asarray(whole, dtype=object)), format="ISO8601", errors="coerce")
    offsets = {text: _offset(text) for text in pc.unique(zone).to_pylist()}
    return _microseconds(wall), np.array([offsets[text] for text in zone.to_pylist()], np.float64)


def _offset(zone: str | None) -> float:
    """Seconds east of UTC; NaN for no offset."""
    if not zone:
        return np.nan
    if zone[0] not in "+-":
        return 0.0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def _instants(
    wall: np.ndarray, offset: np.ndarray, zone: np.ndarray, why: np.ndarray, manner: Manner
) -> Values:
    known = ~np.isnat(wall)
    far = known & ((wall < np.datetime64(_FIRST, "us")) | (wall >= np.datetime64(_LAST, "us")))
    why[far] = reasons.RANGE
    known &= ~far
    aware = known & ~np.isnan(offset)
    utc = np.full(len(wall), np.datetime64("NaT"), "M8[us]")
    utc[aware] = wall[aware] - (offset[aware] * 1e6).astype("m8[us]")
    later = np.zeros(len(wall), np.int64)
    naive = known & ~aware
    for name in sorted(set(zone[naive])):
        here = np.flatnonzero(naive & (zone == name))
        instants, gap, fold = manner.localize(pd.Series(wall[here]), name)
        utc[here] = _microseconds(instants.dt.tz_localize(None))
        why[here[gap.to_numpy()]] = reasons.GAP
        if fold.any():
            later[here] = manner.repeated(pd.Series(wall[here]), name)
    return Values(pa.array(utc, pa.timestamp("us")).cast(ARROW["instant"]), why, later)


def _dates(wall: np.ndarray, offset: np.ndarray, zone: np.ndarray, why: np.ndarray, column: Column) -> Values:
    """The day as written; of an instant that is no midnight where it was written, the day in the zone."""
    midnight = wall == wall.astype("M8[D]").astype("M8[us]")
    for name in sorted(set(zone)):
        moved = np.flatnonzero(~np.isnat(wall) & ~np.isnan(offset) & ~midnight & (zone == name))
        utc = pd.Series(wall[moved] - (offset[moved] * 1e6).astype("m8[us]"))
        wall[moved] = _microseconds(utc.dt.tz_localize("UTC").dt.tz_convert(name).dt.tz_localize(None))
    far = ~np.isnat(wall) & ((wall < np.datetime64(_FIRST, "us")) | (wall > np.datetime64(_LAST_DATE, "us")))
    why[far] = reasons.RANGE
    wall[far] = np.datetime64("NaT")
    days = pa.array(wall.astype("M8[D]"), pa.date32())
    fold = np.zeros(len(wall), np.int64)
    if column.type == "month":
        return Values(pc.utf8_slice_codeunits(days.cast(pa.string()), 0, 7), why, fold)
    return Values(days, why, fold)
