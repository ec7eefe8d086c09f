"""Text to typed values, on the distinct texts of a column: what each type accepts, and why it rejects.

Nothing is guessed: 03/04/2026 is no date until its format is named, 1,200 no number until its sign is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from msp_report.intake import reasons
from msp_report.intake.chunk import Unreadable
from msp_report.model.tables import ARROW, Column

EPOCHS = {"epoch": 1.0, "epoch_ms": 1e-3, "excel": 86_400.0}
"""Times as numbers, and their unit in seconds; `excel` counts days of a wall clock since 1899-12-30."""
DURATIONS = {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 1e-3} | dict.fromkeys(
    ("hms", "epoch_date", "text")
)
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
    factors: Mapping[str, int] = field(default_factory=dict)
    typed: bool = False
    """Dates and numbers of typed cells are ISO 8601 and carry a point, whatever the formats say."""


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
    """Texts through a map of values; case does not count. What neither map nor `known` has is rejected."""
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
    else:
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
            texts = pc.replace_substring_regex(texts, r"\s*%$", "")
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


def _multiplied(values: pa.Array, factor: int, why: np.ndarray) -> pa.Array:
    """Numbers in thousands or millions as what they stand for; money stays exact."""
    if pa.types.is_floating(values.type):
        return pc.multiply(values, float(factor))
    amounts = pc.multiply(
        pc.cast(values, pa.decimal256(38, 9)), pa.scalar(Decimal(factor), pa.decimal256(19))
    )
    too_much = _mask(pc.greater_equal(pc.abs(amounts), pa.scalar(Decimal(10**28))))
    why[too_much] = reasons.RANGE
    return pc.cast(pc.if_else(pa.array(too_much), None, amounts), values.type)


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
    else:
        parts = pc.extract_regex(pc.utf8_lower(texts), _LENGTHS[encoding])
        amounts = [_numpy(pc.cast(_empty_as_none(pc.struct_field(parts, [k])), pa.float64())) for k in "hms"]
        seconds = sum(np.nan_to_num(a) * unit for a, unit in zip(amounts, (3600, 60, 1), strict=True))
        seconds = np.where(np.isnan(np.stack(amounts)).all(axis=0), np.nan, seconds)
    why[np.isnan(seconds)] = reasons.NOT_DURATION
    return seconds, why


_LENGTHS = {
    "hms": r"^(?P<h>\d+):(?P<m>[0-5]?\d)(?::(?P<s>[0-5]?\d(?:\.\d+)?))?$",
    "text": r"^(?:pt)?(?:(?P<h>\d+(?:\.\d+)?)\s*h[a-z]*)?[\s,]*(?:(?P<m>\d+(?:\.\d+)?)\s*m[a-z]*)?[\s,]*"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*s[a-z]*)?$",
}


def _numpy(values: pa.Array) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False).astype(np.float64)


def _empty_as_none(texts: pa.StringArray) -> pa.StringArray:
    return pc.if_else(_nullable(pc.not_equal(texts, "")), texts, None)


# ---------------------------------------------------------------- times


def _times(texts: pa.StringArray, column: Column, manner: Manner) -> Values:
    """Wall times and offsets by the first format that fits, then what the column's type makes of them."""
    if column.type == "month":
        texts = pc.replace_substring_regex(texts, r"^(\d{4}-\d{2})$", r"\1-01")
    wall = np.full(len(texts), np.datetime64("NaT"), "M8[us]")
    offset = np.full(len(texts), np.nan)
    zone = np.full(len(texts), manner.timezone, dtype=object)
    forms = manner.formats(column.name)
    _refuse_two_orders(texts, column, forms)
    if manner.typed:
        _refuse_half_converted(texts, column, forms)
    for form in forms if "iso" in forms or not manner.typed else ("typed", *forms):
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
    if column.type == "instant":
        return _instants(wall, offset, zone, why, manner)
    return _dates(wall, offset, zone, why, column)


def _refuse_two_orders(texts: pa.StringArray, column: Column, forms: Sequence[str]) -> None:
    """A column whose texts fit one format with the day first and one with the month first is read in neither way.

    Raises Unreadable where a text fits both, or some fit the one alone and some the other.
    """
    specs = [form.partition(" @ ")[0] for form in forms]
    day_first = [spec for spec in specs if 0 <= spec.find("%d") < spec.find("%m")]
    month_first = [spec for spec in specs if 0 <= spec.find("%m") < spec.find("%d") and "%Y" not in spec[:2]]
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
    specs = [
        spec for form in forms if {"%d", "%m"} <= set(re.findall("%.", spec := form.partition(" @ ")[0]))
    ]
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
    series = pd.Series(np.asarray(texts, dtype=object))
    found = pd.to_datetime(series, format=spec, errors="coerce", utc="%z" in spec)
    if "%z" in spec:
        return _microseconds(found.dt.tz_localize(None)), np.zeros(len(texts))
    return _microseconds(found), nowhere


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
