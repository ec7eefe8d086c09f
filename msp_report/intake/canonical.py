"""A vendor's rows as rows of a canonical table: each is accepted, or rejected with its column and reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process

from msp_report.intake import reasons
from msp_report.intake.chunk import PLACE, WIDER, Chunk, Unreadable, joined
from msp_report.intake.formats.cells import FORMULA
from msp_report.intake.profile import UNPIVOT, ProfileError, meaning
from msp_report.intake.values import (
    AFTER,
    Manner,
    Values,
    convert,
    lengths,
    mapped,
    plain_instants,
    signs,
    without_percent,
)
from msp_report.model.names import logged_fields
from msp_report.model.tables import ARROW, Column, Table
from msp_report.params.layout import Layout, fold

REJECTED = ("line", "column", "value", "reason", "row")
"""What is kept of a rejected row, beside its file."""

TOTAL = r"(?i)^(grand |sub-?)?totals?\b"
"""How a row that sums others up begins."""
#: What a spreadsheet writes into a cell that has no value, always with this sign before it.
_ERRORS = (
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#ERROR!",
    FORMULA,
)
_VALUE_LIMIT = 200
#: In `nulls` of a time: the day that means that none is set.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Fit:
    """How the headers of one file serve a table."""

    table: Table
    layout: Layout
    manner: Manner
    header: tuple[str, ...]
    found: Mapping[str, str]
    """Canonical column: the file's header."""
    fixed: Mapping[str, str]
    """Canonical column: the value of every row."""
    unpivoted: Mapping[str, str]
    """Name of the rows to be: the file's header."""

    @property
    def is_log(self) -> bool:
        """Whether each row shows a whole ticket, of which only the changes are events."""
        return bool(self.layout.unpivot) and self.table.name == "ticket_events"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a log."""
        return tuple(self.layout.unpivot) if self.is_log else ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that one input row fills; a log has one more for each field."""
        return filled(self.table, self.layout)

    @property
    def schema(self) -> pa.Schema:
        """How the accepted rows of this file lie: those of the table, or the whole rows of a log."""
        return log_schema(self.table, self.layout) if self.is_log else self.table.schema


def filled(table: Table, layout: Layout) -> tuple[Column, ...]:
    """The columns of a table that one input row fills; a log has one more for each field."""
    if not layout.unpivot:
        return table.columns
    is_log = table.name == "ticket_events"
    left_out = (*UNPIVOT[table.name], *(("from",) if is_log else ()))
    plain = tuple(column for column in table.columns if column.name not in left_out)
    return (*plain, *(_field(table, name) for name in layout.unpivot)) if is_log else plain


def log_schema(table: Table, layout: Layout) -> pa.Schema:
    """How the whole rows of a log lie before their changes are found."""
    kinds = {column.name: ARROW[column.type] for column in filled(table, layout)}
    return pa.schema(list((kinds | dict.fromkeys(layout.unpivot, pa.string())).items()))


@dataclass(frozen=True)
class Accepted:
    """What became of one chunk."""

    rows: pa.Table
    place: np.ndarray
    """For each of `rows`, the row of the chunk that it comes from."""
    rejects: pd.DataFrame
    """One row a rejected row: line, column, value, reason, row."""
    dropped: pa.Table
    """The same rows as far as they could be read: `dropped_schema` without the file."""
    folds: Mapping[str, np.ndarray]
    """By column, how much later the local time of each of `rows` came again [us]; 0 for those that were once."""
    in_fold: int
    """Accepted rows with a time that was twice."""
    second: int
    """Those of them whose end would lie before its start if it were not the second."""
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    """By column, the vendor's values that `values` does not know, and how often each stands in rows that may be
    records."""
    default: dict[str, int] = field(default_factory=dict)
    """By column, in how many accepted rows it is the value of `default`."""
    wide: int = 0
    """Accepted rows with more cells than headers."""


def dropped_schema(table: Table) -> pa.Schema:
    """How rejected rows lie beside their CSV: where each stands and why, whether it may be a record, and the table's
    columns, missing where they could not be read. A column called line is `document_line` here."""
    place = {"file": pa.string(), "line": pa.int64(), "reason": pa.string(), "is_record": pa.bool_()}
    own = {"document_line" if c.name == "line" else c.name: ARROW[c.type] for c in table.columns}
    return pa.schema(list((place | own).items()))


def fit(chunk: Chunk, table: Table, layout: Layout, manner: Manner, fixed: Mapping[str, str]) -> Fit:
    """How the header of a file's first chunk serves a table; decimal signs are found in its rows.

    `fixed` are the columns that the path gives. Raises Unreadable where a required column is missing, naming
    the headers found, and ProfileError for a constant that its column does not take.
    """
    found = _found(chunk, layout, table)
    unpivoted = _unpivoted(chunk, layout)
    manner = replace(
        manner,
        day_hours=None if layout.day_hours is None else float(layout.day_hours),
        unset=lambda name: tuple(day for day in layout.missing(name) if _DAY.fullmatch(day.strip())),
    )
    given = {**fixed, **layout.constants}
    for name, value in (("max_gap_s", layout.max_gap_s), ("changes_only", layout.changes_only)):
        if value is not None and name in table.names and name not in found:
            given[name] = str(value)
    result = Fit(table, layout, manner, chunk.header, found, given, unpivoted)
    _check_columns(result, chunk)
    for name, value in given.items():
        _constant(result, table.column(name), value, 1)
    if manner.decimal is None:
        result = replace(result, manner=replace(manner, decimal=_sign(result, chunk)))
    return result


def _found(chunk: Chunk, layout: Layout, table: Table) -> dict[str, str]:
    """The header of each column; one that another column is mapped to serves no second one by its name."""
    mapped_to = {name: names for name, names in layout.columns.items() if names != (name,)}
    found = {name: header for name, names in mapped_to.items() if (header := chunk.header_of(names))}
    used = {fold(header) for header in found.values()}
    for name in table.names:
        header = chunk.header_of((name,)) if name not in mapped_to else None
        if header is not None and fold(header) not in used:
            found[name] = header
    return {name: found[name] for name in table.names if name in found}


def _check_columns(fitted: Fit, chunk: Chunk) -> None:
    layout = fitted.layout
    missing = [
        column.name
        for column in fitted.columns
        if column.required
        and column.name not in (*fitted.found, *fitted.fixed)
        and column.name not in fitted.layout.default
    ]
    if layout.unpivot and not fitted.unpivoted:
        missing.append(" or ".join(name for names in layout.unpivot.values() for name in names))
    if not missing or not (len(chunk) or chunk.header or chunk.facts.get("header_line")):
        return
    names = [name for name in chunk.header if name and name not in (PLACE, WIDER)]
    used = {fold(header) for header in (*fitted.found.values(), *fitted.unpivoted.values())}
    free = {fold(name): name for name in names if fold(name) not in used}
    wanted = {alias for name in missing for alias in (name, *layout.columns.get(name, ()))}
    near = {
        match[0]: None for name in wanted if (match := process.extractOne(fold(name), free, score_cutoff=70))
    }
    shown = ", ".join(repr(name[:40]) for name in names[:25]) + (", …" if len(names) > 25 else "")
    line = chunk.facts.get("header_line")
    where = f"the header on line {line} has" if line else "there are"
    hint = f"; nearest is {', '.join(map(repr, near))}" if near and len(names) > 1 else ""
    lone = "; is the delimiter another one? name it in delimiter" if len(names) == 1 else ""
    columns = " and ".join(repr(name) for name in missing)
    lacking = f"column {columns} is" if len(missing) == 1 else f"columns {columns} are"
    sought = [
        alias for name in missing for alias in layout.columns.get(name, ()) if fold(alias) != fold(name)
    ]
    looked = f" (looked for {', '.join(map(repr, sought[:8]))})" if sought else ""
    raise Unreadable(
        f"{lacking} missing{looked}: {where} {shown or 'no names'}{hint}{lone}: "
        f"name the vendor's headers in columns of {fitted.table.name}, or export them"
    )


def _sign(fitted: Fit, chunk: Chunk) -> str | None:
    """The decimal sign that the first rows leave no doubt about."""
    numeric = {c.name for c in fitted.table.columns if c.type in ("number", "integer", "decimal")}
    headers = [header for name, header in fitted.found.items() if name in numeric]
    headers += [] if fitted.is_log else list(fitted.unpivoted.values())
    seen: set[str] = set()
    for header in headers:
        seen |= signs(pc.unique(_cells(chunk, header, fitted.layout).drop_null()))
    return seen.pop() if len(seen) == 1 else ("." if seen else None)


def accept(chunk: Chunk, fitted: Fit) -> Accepted:
    """The canonical rows of one chunk and its rejects.

    A row is rejected for the first column that is at fault, in the order of the table. Raises Unreadable
    where this chunk lacks a required column that the first one had.
    """
    if chunk.header != fitted.header:
        fitted = _refitted(chunk, fitted)
    columns, readings, faults, second = _converted(chunk, fitted)
    good = np.flatnonzero(faults.free)
    own = faults.rejects(chunk, fitted)
    rejects = pd.concat([own, _broken(chunk, fitted)], ignore_index=True)
    in_fold = int((faults.in_fold & faults.free).sum())
    rows, place = _rows(columns, readings, good, fitted)
    bad = np.flatnonzero(~faults.free)
    lost = _dropped(chunk, fitted, columns, readings, bad, own["reason"].to_numpy(object))
    dropped = pa.concat_tables([lost, *_broken_dropped(chunk, fitted)])
    folds = {name: later[place] for name, later in faults.folds.items() if name in rows.column_names}
    told = own["reason"].to_numpy(object)
    harmless = bad[np.isin(told, list(reasons.LEFT_OUT))]
    default = {name: int(filled[good].sum()) for name, filled in faults.filled.items()}
    return Accepted(
        rows,
        place,
        rejects,
        dropped,
        folds,
        in_fold,
        int((second & faults.free).sum()),
        faults.unknown(harmless),
        {name: count for name, count in default.items() if count},
        int((wide_rows(chunk) & faults.free).sum()),
    )


def _converted(
    chunk: Chunk, fitted: Fit
) -> tuple[dict[str, pa.Array], dict[str, pa.Array], _Faults, np.ndarray]:
    """The chunk's canonical columns, its wide readings, the faults of its rows, and which ends are the second."""
    faults = _Faults(len(chunk))
    _mark_totals(chunk, fitted, faults)
    after = {name: match for name, how in fitted.layout.durations.items() if (match := AFTER.fullmatch(how))}
    first = [c for c in fitted.columns if c.name not in after]
    columns = {c.name: _column(chunk, fitted, c, faults) for c in first}
    for column in (c for c in fitted.columns if c.name in after):
        unit, base = after[column.name].groups()
        columns[column.name] = _later(chunk, fitted, column, unit, base, columns[base], faults)
    columns = {c.name: columns[c.name] for c in fitted.columns}
    if fitted.table.name == "ticket_events" and not fitted.is_log:
        _type_fields(columns, chunk, fitted, faults)
    second = _second_ends(columns, fitted.table, faults)
    for start, end in fitted.table.spans:
        before = pc.fill_null(pc.less(columns[end], columns[start]), False)
        faults.add(np.asarray(before), fitted.found.get(end, end), _raw(chunk, fitted, end), reasons.REVERSED)
    _judge_wide(chunk, fitted, columns, faults)
    return columns, _readings(chunk, fitted, faults), faults, second


def _second_ends(columns: dict[str, pa.Array], table: Table, faults: _Faults) -> np.ndarray:
    """Take an end that was twice as the second where the first lies before its start; which rows have one (rule 2)."""
    second = np.zeros(len(faults.why), bool)
    for start, end in table.spans:
        later = faults.folds.get(end)
        if later is None:
            continue
        moved = pc.add(columns[end], pa.array(later, pa.duration("us")))
        turned = pc.and_(pc.less(columns[end], columns[start]), pc.greater_equal(moved, columns[start]))
        here = np.asarray(pc.fill_null(turned, False), dtype=bool) & (later > 0)
        columns[end] = pc.if_else(pa.array(here), moved, columns[end])
        faults.folds[end] = np.where(here, 0, later)
        second |= here
    return second


# ---------------------------------------------------------------- rejected rows, as far as they could be read


def _dropped(
    chunk: Chunk,
    fitted: Fit,
    columns: dict[str, pa.Array],
    readings: dict[str, pa.Array],
    bad: np.ndarray,
    why: np.ndarray,
) -> pa.Table:
    """Some rows of a chunk, which are rejected for `why`, with what could be read of them; of wide samples one row for
    each metric, with or without its value. Exact duplicates are not among them yet."""
    schema = _without_file(fitted.table)
    at = pa.array(bad)
    kept = {name: values.take(at) for name, values in columns.items()}
    if fitted.is_log:  # the changes of a row that cannot be placed are not known
        kept = {name: kept.get(name, pa.nulls(len(bad), pa.string())) for name in fitted.table.names}
    elif fitted.layout.unpivot:
        name, value = UNPIVOT[fitted.table.name]
        some = list(readings)
        wide = np.repeat(np.arange(len(bad)), len(some))
        kept = {n: values.take(pa.array(wide)) for n, values in kept.items()}
        kept[name] = pa.array(np.tile(np.array(some, object), len(bad)), pa.string())
        cells = [readings[one].take(at) for one in some]
        kept[value] = pa.chunked_array(cells or [[]], ARROW["number"]).combine_chunks()
        kept[value] = kept[value].take(pa.array(np.tile(np.arange(len(some)), len(bad)) * len(bad) + wide))
        bad, why = bad[wide], why[wide]
        at = pa.array(bad)
    filled = np.zeros(len(bad), np.int64)
    for column in (chunk.columns[one] for one in cell_places(chunk)):
        filled += np.asarray(pc.not_equal(pc.utf8_trim_whitespace(pc.fill_null(column.take(at), "")), ""))
    flags = {name: np.asarray(pc.is_valid(values)) for name, values in kept.items()}
    told = _may_be_records(fitted.table, flags, filled) & ~np.isin(why, list(reasons.HARMLESS))
    told |= why == reasons.WIDE  # nothing of it is known
    place = {"line": pa.array(chunk.lines[bad], pa.int64()), "reason": pa.array(why, pa.string())}
    own = {"document_line" if name == "line" else name: values for name, values in kept.items()}
    return pa.table({**own, **place, "is_record": told}).select(schema.names).cast(schema)


def _may_be_records(table: Table, read: Mapping[str, np.ndarray], filled: np.ndarray) -> np.ndarray:
    """Which rejected rows may be records: a footer or a total has one cell, or no part of a key.

    A row whose key alone is missing is a record like any other: what it says of the rest shows it.
    """
    names = table.key or table.required[:1]
    keyed = np.any([read[name] for name in names if name not in _ANY_KEY], axis=0)
    rest = [column for column in table.columns if column.required and column.name not in names]
    whole = np.full(len(filled), any(column.type != "text" for column in rest))
    for column in rest:
        whole &= read[column.name]
    return (filled > 1) & (keyed | whole)


#: Parts of keys that no row need have.
_ANY_KEY = frozenset({"probe", "user", "by", "line"})


def _broken_dropped(chunk: Chunk, fitted: Fit) -> Iterator[pa.Table]:
    """The rows that no header fits: one that is too short is read as far as it goes; of others nothing is known."""
    short = [one for one in chunk.broken if one.reason == reasons.SHORT]
    for some in (short, [one for one in chunk.broken if one.reason != reasons.SHORT]):
        if not some:
            continue
        width = len(chunk.header)
        cells = [[str(cell) for cell in one.cells][:width] if one in short else [] for one in some]
        padded = [cell + [""] * (width - len(cell)) for cell in cells]
        columns = tuple(pa.array([row[place] for row in padded], pa.string()) for place in range(width))
        lines = np.array([one.line for one in some], np.int64)
        rows = Chunk(chunk.header, columns, lines, (), chunk.facts, chunk.typed)
        read, readings, *_ = _converted(rows, fitted)
        why = _broken(replace(chunk, broken=tuple(some)), fitted)["reason"].to_numpy(object)
        found = _dropped(rows, fitted, read, readings, np.arange(len(some)), why)
        known = np.asarray(found.column("is_record"))
        if some is short:
            typed = [c.name for c in fitted.table.columns if c.required and c.type != "text"]
            told = [
                np.asarray(pc.is_valid(found.column(name))) for name in typed if name in found.schema.names
            ]
            known = known & (np.any(told, axis=0) if told else True)
        else:
            known = np.ones(len(found), bool)
        yield found.set_column(
            found.schema.get_field_index("is_record"), "is_record", pa.array(known, pa.bool_())
        )


def _without_file(table: Table) -> pa.Schema:
    schema = dropped_schema(table)
    return schema.remove(schema.get_field_index("file"))


def _refitted(chunk: Chunk, fitted: Fit) -> Fit:
    """JSON objects may bring other names in later chunks."""
    layout = fitted.layout
    return replace(
        fitted,
        header=chunk.header,
        found=_found(chunk, layout, fitted.table),
        unpivoted=_unpivoted(chunk, layout),
    )


def _unpivoted(chunk: Chunk, layout: Layout) -> dict[str, str]:
    listed = {name: chunk.header_of(names) for name, names in layout.unpivot.items()}
    return {name: header for name, header in listed.items() if header is not None}


class _Faults:
    """The first fault of each row of a chunk."""

    def __init__(self, length: int) -> None:
        self.free = np.ones(length, bool)
        """The rows that have none."""
        self.why = np.full(length, None, dtype=object)
        self.column = np.full(length, "", dtype=object)
        self.value = np.full(length, "", dtype=object)
        self.in_fold = np.zeros(length, bool)
        self.folds: dict[str, np.ndarray] = {}
        """By column, how much later a time came again when the clocks went back [us]."""
        self.filled: dict[str, np.ndarray] = {}
        """By column, the rows that have the value of `default`."""
        self._unknown: list[tuple[str, np.ndarray, pa.StringArray]] = []

    def add(self, at: np.ndarray, column: str, texts: pa.StringArray | None, why: str | np.ndarray) -> None:
        """Note the rows that are at fault and have no earlier fault."""
        rows = np.flatnonzero(at & self.free)
        if not len(rows):
            return
        self.free[rows] = False
        self.why[rows] = why[rows] if isinstance(why, np.ndarray) else why
        self.column[rows] = column
        if texts is not None:
            self.value[rows] = shortened(texts.take(pa.array(rows)))

    def note_unknown(self, column: str, why: np.ndarray, texts: pa.StringArray) -> None:
        """Keep which rows have a value of a column that `values` does not know."""
        at = np.equal(why, reasons.UNKNOWN).astype(bool)
        if at.any():
            self._unknown.append((column, at, texts))

    def unknown(self, left_out: np.ndarray) -> dict[str, Counter[str]]:
        """The unknown values of each column and how often each stands, but for the rows that are no records."""
        found: dict[str, Counter[str]] = {}
        for column, at, texts in self._unknown:
            at = at.copy()
            at[left_out] = False
            if at.any():
                counts = pc.value_counts(texts.filter(pa.array(at))).to_pylist()
                found.setdefault(column, Counter()).update({one["values"]: one["counts"] for one in counts})
        return found

    def rejects(self, chunk: Chunk, fitted: Fit) -> pd.DataFrame:
        """The rows at fault; one that cannot be a record because it sums others up, or is a title, is named as that."""
        rows = np.flatnonzero(~self.free)
        header = [name for name in chunk.header if name != PLACE]
        parts = [chunk.columns[place].take(pa.array(rows)) for place in cell_places(chunk)]
        filled = [pc.if_else(pc.equal(pc.utf8_trim_whitespace(part), ""), None, part) for part in parts]
        why = self.why[rows]
        if len(rows) and filled:
            first = pc.coalesce(*filled)
            why = np.where(
                _titles(header, filled, first, fitted) & (why != reasons.TOTAL), reasons.TITLE, why
            )
            total = pc.match_substring_regex(first, TOTAL)
            why = np.where(np.asarray(pc.fill_null(total, False)), reasons.TOTAL, why)
        return pd.DataFrame(
            {
                "line": chunk.lines[rows],
                "column": self.column[rows],
                "value": self.value[rows],
                "reason": why,
                "row": np.asarray(chunk.text(rows), dtype=object),
            }
        )


def _titles(
    header: Sequence[str], filled: Sequence[pa.StringArray], first: pa.StringArray, fitted: Fit
) -> np.ndarray:
    """Which rejected rows are no records at all: titles and footers of a report, or its header again.

    The header again: every filled cell says what stands above it. A title: words alone in their row, or a row without
    any cell of the key and without most of the columns that a record needs. A row that lost its key alone is a record.
    """
    count = sum(np.asarray(pc.is_valid(cells)).astype(int) for cells in filled)
    words = np.asarray(pc.fill_null(pc.match_substring_regex(first, r"\S\s+\S"), False))
    as_above = [
        np.asarray(pc.fill_null(pc.equal(cells, name), True))
        for cells, name in zip(filled, header, strict=True)
    ]
    needed = {fitted.found[name] for name in fitted.table.required if name in fitted.found}
    keys = {fitted.found[name] for name in fitted.table.key if name in fitted.found} or needed
    there = dict(zip(header, (np.asarray(pc.is_valid(cells)) for cells in filled), strict=True))
    has_key = np.logical_or.reduce([there[name] for name in keys]) if keys else np.ones(len(first), bool)
    most = sum(there[name].astype(int) for name in needed) * 2 >= max(len(needed), 1)
    alone = (count == 1) & words & (len(header) > 2)
    return alone | np.logical_and.reduce(as_above) | ~(has_key | most)


def shortened(texts: pa.StringArray) -> np.ndarray:
    """Values for the rejects, cut after 200 characters with a word on their length."""
    filled = pc.fill_null(texts, "")
    long = np.flatnonzero(np.asarray(pc.greater(pc.utf8_length(filled), _VALUE_LIMIT)))
    short = np.asarray(pc.utf8_slice_codeunits(filled, 0, _VALUE_LIMIT), dtype=object).copy()
    for place in long.tolist():
        short[place] += f"… ({len(filled[place].as_py()):,} characters)"
    return short


def _broken(chunk: Chunk, fitted: Fit) -> pd.DataFrame:
    """The rows that no header fits."""
    rows = []
    for one in chunk.broken:
        cells = [str(cell) for cell in one.cells]
        longest = max(cells, key=len, default="")
        text = joined([pa.array([cell], pa.string()) for cell in cells], 1)[0].as_py() if cells else ""
        value = longest if one.reason == reasons.TOO_LONG else ""
        reason = _short(cells, chunk.header, fitted) if one.reason == reasons.SHORT else one.reason
        rows.append((one.line, "", value[:_VALUE_LIMIT], reason, text))
    return pd.DataFrame(rows, columns=list(REJECTED)).astype({"line": "int64"})


def _short(cells: Sequence[str], header: Sequence[str], fitted: Fit) -> str:
    """Why a row with fewer cells than headers is none: a total, by its words or `totals`; a title; or a record that
    broke off."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    under = {fold(name): cell for name, cell in zip(header, cells, strict=False)}
    totals = fitted.layout.totals.items()
    if re.match(TOTAL, filled[0]) or any(re.search(form, under.get(fold(name), "")) for name, form in totals):
        return reasons.TOTAL
    is_title = len(filled) == 1 and len(header) > 2 and re.search(r"\S\s+\S", filled[0])
    return reasons.TITLE if is_title else reasons.SHORT


def _mark_totals(chunk: Chunk, fitted: Fit, faults: _Faults) -> None:
    for name, pattern in fitted.layout.totals.items():
        header = chunk.header_of((name,))
        if header is not None:
            cells = _cells(chunk, header, fitted.layout)
            at = cells.to_pandas().str.contains(pattern, regex=True, na=False).to_numpy(bool)
            faults.add(at, header, cells, reasons.TOTAL)


def _cells(chunk: Chunk, header: str, layout: Layout, name: str = "*") -> pa.StringArray:
    """The cells under a header, as a canonical column's, trimmed, missing ones null."""
    cells = chunk.column(header)
    letters = _letters(cells)
    if len(letters) and (letters.min() <= ord(" ") or letters.max() > 127):
        cells = pc.utf8_trim_whitespace(cells)
    missing = pc.equal(pc.binary_length(cells), 0)
    if stated := [value.strip().lower() for value in layout.missing(name)]:
        missing = pc.or_(missing, pc.is_in(pc.utf8_lower(cells), value_set=pa.array(stated)))
    return pc.if_else(missing, None, cells) if pc.any(missing).as_py() else cells


def _letters(cells: pa.StringArray) -> np.ndarray:
    """All bytes that some cells lie in, and maybe more."""
    data = cells.buffers()[2]
    return np.frombuffer(data, np.uint8) if data is not None else np.array([], np.uint8)


def _without_value(cells: pa.StringArray) -> np.ndarray | None:
    """Why cells that hold no value, but an error or a formula, are rejected; None where there are none of them."""
    if not (_letters(cells) == ord("#")).any():
        return None
    bad = np.asarray(pc.fill_null(pc.is_in(pc.utf8_upper(cells), value_set=pa.array(_ERRORS)), False))
    if not bad.any():
        return None
    formula = np.asarray(pc.fill_null(pc.equal(cells, FORMULA), False))
    return np.where(formula, reasons.FORMULA, np.where(bad, reasons.ERROR, None)).astype(object)


def _raw(chunk: Chunk, fitted: Fit, name: str) -> pa.StringArray | None:
    return chunk.column(fitted.found[name]) if name in fitted.found else None


def _column(chunk: Chunk, fitted: Fit, column: Column, faults: _Faults) -> pa.Array:
    """One canonical column of the chunk; its faults are noted."""
    name = column.name
    if name in fitted.fixed:
        return _constant(fitted, column, fitted.fixed[name], len(chunk))
    is_field = name in fitted.fields
    header = (fitted.unpivoted if is_field else fitted.found).get(name)
    if header is None:
        values = pa.nulls(len(chunk), ARROW[column.type])
        header, wrong = name, np.zeros(len(chunk), bool)
    else:
        cells = _cells(chunk, header, fitted.layout, name)
        values, wrong = _typed(cells, column, header, fitted, faults)
    values = _completed(values, wrong, column, header, fitted, faults)
    return _as_text(values, column) if is_field else values


def _completed(
    values: pa.Array, wrong: np.ndarray, column: Column, header: str, fitted: Fit, faults: _Faults
) -> pa.Array:
    """A column with its default where a row has no value, which is a fault where there is none; a faulty one stays."""
    if not values.null_count:
        return values
    gone = np.asarray(pc.is_null(values)) & ~wrong
    if column.name in fitted.layout.default and gone.any():
        value = _constant(fitted, column, fitted.layout.default[column.name], 1)[0]
        faults.filled[column.name] = gone
        return pc.if_else(pa.array(gone), value, values)
    if column.required:
        faults.add(gone, header, None, reasons.MISSING)
    return values


def _later(
    chunk: Chunk, fitted: Fit, column: Column, unit: str, base: str, start: pa.Array, faults: _Faults
) -> pa.Array:
    """A time that is stated as so long after another one of its row."""
    header = fitted.found.get(column.name)
    if header is None or column.name in fitted.fixed:
        return _column(chunk, fitted, column, faults)
    cells = _cells(chunk, header, fitted.layout, column.name)
    coded = cells.dictionary_encode()
    length = lengths(coded.dictionary, unit, fitted.manner)
    place = coded.indices.fill_null(-1).to_numpy()
    wrong = np.not_equal(np.append(length.why, None)[place], None).astype(bool)
    faults.add(wrong, header, cells, np.append(length.why, None)[place])
    values = pc.add(start, length.values.take(coded.indices)).cast(ARROW[column.type])
    if base in faults.folds:  # where the start is the second one, so is this
        faults.folds[column.name] = np.where(np.asarray(pc.is_valid(values)), faults.folds[base], 0)
    return _completed(values, wrong, column, header, fitted, faults)


def _constant(fitted: Fit, column: Column, value: str, length: int) -> pa.Array:
    """A value of every row: from the path in the vendor's words, from sources.yaml in ours."""
    texts = pa.array([value.strip()])
    if column.name in fitted.layout.constants or column.name in fitted.layout.default:
        ours = replace(fitted.manner, formats=lambda name: ("iso",), decimal=".", durations={}, factors={})
        result = convert(texts, column, ours)
    else:
        result = _values(texts, column, fitted)
    if result.why[0] is not None:
        raise ProfileError(f"{column.name}: {value!r} cannot be its value ({result.why[0]})")
    one = result.values if len(result.values) else pa.nulls(1, ARROW[column.type])
    return one.take(pa.array(np.zeros(length, np.int64)))


def cell_places(chunk: Chunk) -> list[int]:
    """Which columns of a chunk are the file's own: its records' place in it is none."""
    return [place for place, name in enumerate(chunk.header) if name != PLACE]


def wide_rows(chunk: Chunk) -> np.ndarray:
    """Which rows have more cells than headers."""
    if WIDER not in chunk.header:
        return np.zeros(len(chunk), bool)
    return np.asarray(pc.is_valid(chunk.columns[chunk.header.index(WIDER)]))


def _judge_wide(chunk: Chunk, fitted: Fit, columns: dict[str, pa.Array], faults: _Faults) -> None:
    """Reject a row with more cells than headers where a comma within a text may have moved its cells: to the right of
    every free text that is read a time, a number or a known value has to stand that is one, and nothing is at fault."""
    wide = wide_rows(chunk)
    if not wide.any():
        return
    place = {name: position for position, name in reversed(list(enumerate(chunk.header)))}
    free, sure = -1, np.full(len(chunk), -1)
    for name, header in fitted.found.items():
        column = next((c for c in fitted.columns if c.name == name), None)
        if column is None or header not in place:
            continue
        if column.type == "text" and name not in fitted.layout.values:
            free = max(free, place[header])
        else:
            there = np.asarray(pc.is_valid(columns[name])) & ~faults.filled.get(name, False)
            sure = np.maximum(sure, np.where(there, place[header], -1))
    moved = wide & ((sure < free) | ~faults.free)
    faults.why[moved], faults.column[moved], faults.value[moved] = reasons.WIDE, "", ""
    faults.free[moved] = False
    for name, values in columns.items():
        columns[name] = pc.if_else(pa.array(moved), None, values)


def _typed(
    cells: pa.StringArray, column: Column, header: str, fitted: Fit, faults: _Faults
) -> tuple[pa.Array, np.ndarray]:
    """Values of cells through their distinct texts, and which are rejected; those are null."""
    lacking = _without_value(cells)
    bad = np.zeros(len(cells), bool)
    if lacking is not None:
        bad = np.not_equal(lacking, None).astype(bool)
        faults.add(bad, header, cells, lacking)
        cells = pc.if_else(pa.array(bad), None, cells)
    if column.type == "text" and column.name not in fitted.layout.values:
        return cells, bad
    if column.type == "instant" and column.name not in fitted.layout.values:
        plain = plain_instants(cells, column, fitted.manner)
        if plain is not None:
            return plain, bad
    coded = cells.dictionary_encode()
    result = _values(coded.dictionary, column, fitted)
    place = coded.indices.fill_null(-1).to_numpy()
    if result.fold.any():
        faults.folds[column.name] = np.append(result.fold, 0)[place]
        faults.in_fold |= faults.folds[column.name] > 0
    if np.not_equal(result.why, None).any():
        why = np.append(result.why, None)[place]
        wrong = np.not_equal(why, None).astype(bool)
        faults.add(wrong, header, cells, why)
        faults.note_unknown(column.name, why, cells)
        bad = bad | wrong
    return result.values.take(coded.indices), bad


def _values(texts: pa.StringArray, column: Column, fitted: Fit) -> Values:
    pairs = fitted.layout.values.get(column.name)
    if fitted.table.name == "claims" and column.name == "value" and _is_share(fitted):
        texts = without_percent(texts)
    if pairs is None:
        return convert(texts, column, fitted.manner)
    through = mapped(texts, pairs, column.choices)
    if column.type in ("text", "choice"):
        return through
    typed = convert(pc.fill_null(through.values, ""), column, fitted.manner)
    unknown = np.not_equal(through.why, None).astype(bool)
    why = np.where(unknown, np.where(np.equal(typed.why, None), None, reasons.UNKNOWN), typed.why)
    if not unknown.any():
        return typed
    direct = convert(
        texts, column, fitted.manner
    )  # the type itself knows the value: `true` beside ja and nein
    values = pc.if_else(pa.array(unknown), direct.values, typed.values)
    why = np.where(unknown, np.where(np.equal(direct.why, None), None, reasons.UNKNOWN), typed.why)
    return Values(values, why, np.where(unknown, direct.fold, typed.fold))


def _is_share(fitted: Fit) -> bool:
    """Whether the provider's figures may be shares: their unit differs by row, or it is per cent."""
    return fitted.fixed.get("unit", "%") == "%"


# ---------------------------------------------------------------- rows from columns


def _field(table: Table, name: str) -> Column:
    """What a field of a ticket holds; one that no column of tickets is called is text."""
    known = meaning(table, name)
    return (
        Column(name, known.type, known.meaning, choices=known.choices) if known else Column(name, "text", "")
    )


def _as_text(values: pa.Array, column: Column) -> pa.StringArray:
    """A field's value as an event shows it; instants in UTC."""
    if column.type == "instant":
        return pc.strftime(values.cast(pa.timestamp("s"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
    return values.cast(pa.string())


def _type_fields(columns: dict[str, pa.Array], chunk: Chunk, fitted: Fit, faults: _Faults) -> None:
    """The fields, and `from` and `to` in our words, field by field: statuses through their map, times in UTC."""
    coded = columns["field"].dictionary_encode()
    ours = logged_fields(pd.Series(coded.dictionary.to_pylist(), dtype="str"))
    columns["field"] = pa.array(ours, pa.string()).take(coded.indices)
    for changed in pc.unique(columns["field"].drop_null()).to_pylist():
        column = _field(fitted.table, changed)
        if column.type not in ("choice", "instant") and changed not in fitted.layout.values:
            continue
        here = pc.fill_null(pc.equal(columns["field"], changed), False)
        for name in ("from", "to"):
            cells = pc.if_else(here, columns[name], None)
            typed, _ = _typed(cells, column, fitted.found.get(name, name), fitted, faults)
            columns[name] = pc.if_else(here, _as_text(typed, column), columns[name])


def _readings(chunk: Chunk, fitted: Fit, faults: _Faults) -> dict[str, pa.Array]:
    """The values of wide samples by metric."""
    if not fitted.layout.unpivot or fitted.is_log:
        return {}
    column = fitted.table.column(UNPIVOT[fitted.table.name][1])
    return {
        name: _typed(_cells(chunk, header, fitted.layout, column.name), column, header, fitted, faults)[0]
        for name, header in fitted.unpivoted.items()
    }


def _rows(
    columns: dict[str, pa.Array], readings: dict[str, pa.Array], good: np.ndarray, fitted: Fit
) -> tuple[pa.Table, np.ndarray]:
    """The accepted rows and their places; of wide samples one row for each reading there is."""
    whole = pa.table(columns)
    kept = whole.take(pa.array(good)) if len(good) < len(whole) else whole
    if not fitted.layout.unpivot or fitted.is_log:
        return kept.select(fitted.schema.names).cast(fitted.schema), good
    name_column, value_column = UNPIVOT[fitted.table.name]
    tables, places = [fitted.schema.empty_table()], [np.array([], np.int64)]
    for name, values in readings.items():
        value = values.take(pa.array(good))
        there = np.flatnonzero(np.asarray(pc.is_valid(value)))
        rows = kept.take(pa.array(there))
        rows = rows.append_column(name_column, pa.array([name] * len(there), pa.string()))
        rows = rows.append_column(value_column, value.take(pa.array(there)))
        tables.append(rows.select(fitted.schema.names).cast(fitted.schema))
        places.append(good[there])
    place = np.concatenate(places)
    order = np.argsort(place, kind="stable")
    return pa.concat_tables(tables).take(pa.array(order)), place[order]
