"""Ten ways to change an export, each a pure function of a file's rows as text and of a random generator.

Rows are those of one canonical table in one month, every cell a text, empty where there is none. Each function gives
what is exported instead and says in words what was done, or None where the table has nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from msp_report.model.tables import TABLES
from msp_report.selftest.changed import Export

#: The names that other tables, or the contract, know things by.
NAMES = (
    "service", "resource", "metric", "asset", "product", "device", "duty", "vendor", "item", "priority", "project_id",
    "ticket_id", "entitlement_id", "order_id", "document_id", "recommendation_id", "requester", "job",
)  # fmt: skip
#: A letter that looks like another one: Cyrillic for Latin.
ALIKE = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с"}
MONTH_END = pd.Timestamp("2026-11-01", tz="UTC")


Kind = Callable[[str, pd.DataFrame, pd.DataFrame, np.random.Generator], Export | None]


def leave_out(
    table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator
) -> Export | None:
    """The file, a row, some of them, all that have one value, or a column."""
    how = rng.choice(["file", "row", "some", "value", "value", "column"])
    if how == "file":
        return Export(None, "the file")
    if how == "column":
        optional = [c.name for c in TABLES[table].columns if not c.required and rows[c.name].ne("").any()]
        if not optional:
            return None
        column = rng.choice(optional)
        return Export(rows.assign(**{column: ""}), f"column {column}")
    if how == "value":
        column, value = _value(rows, rng)
        return Export(rows[rows[column] != value], f"rows with {column} = {str(value)!r}")
    count = 1 if how == "row" else max(1, int(len(rows) * rng.uniform(0.05, 0.6)))
    gone = rng.choice(len(rows), count, replace=False)
    return Export(rows.drop(rows.index[gone]), f"{count} of {len(rows)} rows")


def delay(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """Exported before the month was over, saying so or not; or last month's file again."""
    if len(before) and rng.random() < 0.25:
        return Export(before, "last month's file again")
    column = TABLES[table].period
    if column is None or TABLES[table].column(column).type == "month":
        return Export(None, "not yet exported")
    on = pd.Timestamp("2026-10-01", tz="UTC") + pd.Timedelta(days=float(rng.integers(3, 29)))
    late = pd.to_datetime(rows[column], utc=True, errors="coerce") >= on
    says = rng.random() < 0.5
    return Export(
        rows[~late],
        f"ends on {on.date()}, {'saying so' if says else 'in silence'}",
        on.strftime("%Y-%m-%dT%H:%M") if says else None,
    )


def rename(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """One name in another spelling, in all rows or in a part of them."""
    column = _one(rows, NAMES, rng)
    if column is None:
        return None
    old = rng.choice(rows.loc[rows[column].ne(""), column].unique())
    new = _respelled(old, rng)
    mine = rows[column].eq(old)
    if rng.random() < 0.4:
        mine &= rng.random(len(rows)) < rng.uniform(0.1, 0.9)
    return Export(
        rows.assign(**{column: rows[column].mask(mine, new)}), f"{column} {str(old)!r} as {str(new)!r}"
    )


def split(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """One row, or all of one value, as two: a span in two parts, a number in two halves, under two keys."""
    column, value = _value(rows, rng)
    mine = rows[column].eq(value) if rng.random() < 0.5 else rows.index == rng.choice(rows.index)
    first, second = rows[mine].copy(), rows[mine].copy()
    done = []
    for begin, end in TABLES[table].spans[:3]:
        starts, ends = (pd.to_datetime(first[name], utc=True, errors="coerce") for name in (begin, end))
        middle = starts + (ends - starts) / 2
        known = middle.notna()
        if known.any():
            text = middle.dt.strftime(_format(table, begin)).fillna("")
            first[end] = first[end].mask(known, text)
            second[begin] = second[begin].mask(known, text)
            done.append(f"{begin} to {end}")
    for one in TABLES[table].columns:
        if one.type in ("decimal", "number") and one.name in (
            "quantity",
            "hours",
            "unit_price",
            "amount",
            "bytes",
        ):
            half = pd.to_numeric(first[one.name], errors="coerce") / 2
            texts = half.map("{:.2f}".format, na_action="ignore").fillna("")
            first[one.name], second[one.name] = texts, texts
            done.append(one.name)
            break
    if not done:
        return None
    key = next(
        (k for k in TABLES[table].key if k == "line" or (k.endswith("_id") and k != "document_id")), None
    )
    if key is not None:
        second[key] = second[key] + "b"
    whole = pd.concat([rows[~mine], first, second], ignore_index=True)
    return Export(whole, f"{int(np.sum(mine))} rows in two by {', '.join(done)}")


def redate(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """One column's times moved in some rows: back, forward, to just after another one, or beyond the cut-off."""
    column = _of_type(table, rows, ("instant", "date"), rng)
    if column is None:
        return None
    some = _some(rows, rng) & rows[column].ne("")
    times = pd.to_datetime(rows[column], utc=True, errors="coerce")
    how = rng.choice(["back", "forward", "after", "before the month"])
    by = pd.Timedelta(hours=float(rng.choice([1, 5, 24, 72, 240])))
    at = {
        "back": times - by,
        "forward": times + by,
        "after": pd.Series(MONTH_END + pd.Timedelta(days=float(rng.integers(1, 9))), rows.index),
        "before the month": pd.Series(MONTH_END - pd.Timedelta(days=40), rows.index),
    }[how]
    text = at.dt.strftime(_format(table, column))
    moved = f" by {by}" if how in ("back", "forward") else ""
    return Export(
        rows.assign(**{column: rows[column].mask(some, text)}), f"{column} of {some.sum()} rows {how}{moved}"
    )


def rekey(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """Numbers changed: some or all anew, or those of earlier rows used again."""
    keys = [k for k in TABLES[table].key if TABLES[table].column(k).type == "text"] or [
        n for n in NAMES if n in rows
    ]
    if not keys:
        return None
    column = rng.choice(keys)
    some = _some(rows, rng)
    if len(before) and column in before and rng.random() < 0.3:
        old = rng.choice(before[column].to_numpy(), len(rows))
        return Export(
            rows.assign(**{column: rows[column].mask(some, pd.Series(old, rows.index))}),
            f"{column} of {some.sum()} rows is that of an earlier one",
        )
    new = rows[column] + rng.choice(["-1", "x", " (new)", "/26"])
    return Export(
        rows.assign(**{column: rows[column].mask(some, new)}), f"{column} of {some.sum()} rows anew"
    )


def clash(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """Some rows a second time under the same key, with another value."""
    free = [c for c in rows if c not in TABLES[table].key and rows[c].nunique() > 1]
    if not free:
        return None
    column = rng.choice(free)
    some = rows[_some(rows, rng)]
    others = rng.permutation(rows[column].to_numpy())[: len(some)]
    again = some.assign(**{column: others})
    again = again[again[column].ne(some[column])]
    if again.empty:
        return None
    return Export(
        pd.concat([rows, again], ignore_index=True), f"{len(again)} rows again with another {column}"
    )


def pad(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """Copies of some rows under new keys or at other times: more of what is good."""
    column, value = _value(rows, rng)
    mine = rows[rows[column].eq(value)]
    copies = mine.iloc[rng.integers(0, len(mine), int(rng.choice([1, 3, 10, 40])))].copy()
    key = next((k for k in TABLES[table].key if k.endswith("_id")), None)
    if key is not None:
        copies[key] = [f"{text}{n:03d}" for n, text in enumerate(copies[key])]
    moved = pd.Series(pd.to_timedelta(rng.integers(1, 86_400 * 5, len(copies)), unit="s"), copies.index)
    for one in TABLES[table].columns:
        if one.type in ("instant", "date"):
            times = pd.to_datetime(copies[one.name], utc=True, errors="coerce") + moved
            copies[one.name] = times.dt.strftime(_format(table, one.name)).fillna("")
    return Export(
        pd.concat([rows, copies], ignore_index=True),
        f"{len(copies)} rows like those with {column} = {str(value)!r}",
    )


def contradict(
    table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator
) -> Export | None:
    """A state, a result or an end that says otherwise than it was, in some rows."""
    chosen = [
        c.name
        for c in TABLES[table].columns
        if (
            c.type in ("choice", "boolean", "integer")
            or c.name in ("result", "priority", "receipt_id", "approved_by")
        )
        and rows[c.name].nunique() > 0
    ]
    if not chosen:
        return None
    column = rng.choice(chosen)
    declared = TABLES[table].column(column)
    values = {"choice": declared.choices, "boolean": ("true", "false")}.get(declared.type)
    values = list(values) if values else [v for v in rows[column].unique() if v]
    if not values:
        return None
    old, new = rng.choice(rows[column].unique()), rng.choice(values)
    mine = rows[column].eq(old) & (_some(rows, rng) if rng.random() < 0.5 else True)
    if old == new or not mine.any():
        return None
    return Export(
        rows.assign(**{column: rows[column].mask(mine, new)}),
        f"{column} {str(old)!r} as {str(new)!r} in {mine.sum()} rows",
    )


def unit(table: str, rows: pd.DataFrame, before: pd.DataFrame, rng: np.random.Generator) -> Export | None:
    """Numbers in another unit, or times in another zone, in the whole file or for one name."""
    numbers = [c.name for c in TABLES[table].columns if c.type in ("number", "decimal", "integer")]
    numbers = [name for name in numbers if rows[name].ne("").any()]
    mine = pd.Series(True, rows.index)
    named = _one(rows, NAMES, rng)
    if named is not None and rng.random() < 0.5:
        value = rng.choice(rows.loc[rows[named].ne(""), named].unique())
        mine = rows[named].eq(value)
    if numbers and rng.random() < 0.7:
        column, factor = (
            rng.choice(numbers),
            float(rng.choice([1000, 1 / 1000, 100, 0.01, 60, 1 / 60, 1.024])),
        )
        numeric = pd.to_numeric(rows[column], errors="coerce") * factor
        texts = numeric.map("{:.6f}".format, na_action="ignore").fillna("")
        if TABLES[table].column(column).type == "integer":
            texts = numeric.round().map("{:.0f}".format, na_action="ignore").fillna("")
        return Export(
            rows.assign(**{column: rows[column].mask(mine, texts)}),
            f"{column} of {mine.sum()} rows x {factor:.4g}",
        )
    column = _of_type(table, rows, ("instant",), rng)
    if column is None:
        return None
    hours = float(rng.choice([-5, -1, 1, 2, 9]))
    times = pd.to_datetime(rows[column], utc=True, errors="coerce") + pd.Timedelta(hours=hours)
    text = times.dt.strftime(_format(table, column)).fillna("")
    return Export(
        rows.assign(**{column: rows[column].mask(mine, text)}),
        f"{column} of {mine.sum()} rows {hours:+.0f} h",
    )


KINDS: dict[str, Kind] = {
    "leave out": leave_out,
    "delay": delay,
    "rename": rename,
    "split": split,
    "re-date": redate,
    "re-key": rekey,
    "clash": clash,
    "pad": pad,
    "contradict": contradict,
    "change unit": unit,
}


def _format(table: str, column: str) -> str:
    return "%Y-%m-%d" if TABLES[table].column(column).type == "date" else "%Y-%m-%dT%H:%M:%SZ"


def _value(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[str, str]:
    """A column with few values, and one of them."""
    few = [name for name in rows if rows[name].nunique() <= max(30, len(rows) // 50)]
    column = rng.choice(few or list(rows))
    return column, rng.choice(rows[column].unique())


def _some(rows: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """One row, those of one value, or a share of them."""
    how = rng.random()
    if how < 0.3:
        return pd.Series(rows.index == rng.choice(rows.index), rows.index)
    if how < 0.7:
        column, value = _value(rows, rng)
        return rows[column].eq(value)
    return pd.Series(rng.random(len(rows)) < rng.uniform(0.05, 1), rows.index)


def _one(rows: pd.DataFrame, names: tuple[str, ...], rng: np.random.Generator) -> str | None:
    known = [name for name in names if name in rows and rows[name].ne("").any()]
    return str(rng.choice(known)) if known else None


def _of_type(table: str, rows: pd.DataFrame, types: tuple[str, ...], rng: np.random.Generator) -> str | None:
    known = [c.name for c in TABLES[table].columns if c.type in types and rows[c.name].ne("").any()]
    return str(rng.choice(known)) if known else None


def _respelled(text: str, rng: np.random.Generator) -> str:
    how = rng.integers(6)
    if how == 0:
        return text.upper() if text.upper() != text else text.lower()
    if how == 1:
        return text + " "
    if how == 2:
        letter = next((letter for letter in ALIKE if letter in text), None)
        return text.replace(letter, ALIKE[letter], 1) if letter else text + "​"
    if how == 3:
        return text[:-1] + text[-1] * 2
    if how == 4:
        return text + " new"
    return "archive of " + text
