"""The names that join nothing: what the data name and nobody agreed, and the other way round (rule 44).

Asked once, by the page on evidence and by `check`. Decided here: of a kind of which nothing is agreed, no name is
strange; rows of the period count, of a list of how all things stand all of them; a name under `outside` of
strategy.yaml is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pandas as pd

from msp_report.model.case import Case
from msp_report.model.columns import DAY, MINUTE, dates, micro, micros, optional
from msp_report.model.names import device_label, mistaken, nearest, normal, normal_name, spelled
from msp_report.model.tables import TABLES
from msp_report.model.texts import among

COLUMNS = ["named_by", "kind", "table", "name", "rows", "size", "unit", "nearest", "may_mean"]

#: What the rows of a strange name weigh, by table.
UNITS = {
    "outages": "minutes down",
    "checks": "looks that found it down",
    "backup_jobs": "failed runs",
    "installs": "copies",
    "tickets": "tickets",
}


_WEIGHED = (
    ("outages", "service"),
    ("checks", "service"),
    ("backup_jobs", "asset"),
    ("installs", "product"),
    ("tickets", "priority"),
)


class _Kind(NamedTuple):
    """A kind of names: who knows them, where they are used, and the tables in which each known one must occur."""

    name: str
    known: Callable[[Case, Any], Iterable[str]]
    uses: tuple[tuple[str, str], ...]
    due: tuple[str, ...]


def _column(case: Case, table: str, column: str) -> list[str]:
    frame = case.table(table)
    return [] if frame is None else list(frame[column].dropna().astype("str").unique())


_KINDS = (
    _Kind(
        "services",
        lambda case, agreed: [service.name for service in agreed.services],
        (("outages", "service"), ("checks", "service"), ("tickets", "service")),
        ("checks",),
    ),
    _Kind(
        "priorities",
        lambda case, agreed: agreed.tickets.priorities,
        (("tickets", "priority"),),
        (),
    ),
    _Kind(
        "resources",
        lambda case, agreed: [entry.resource for entry in agreed.capacity],
        (("samples", "resource"),),
        ("samples",),
    ),
    _Kind(
        "assets",
        lambda case, agreed: _column(case, "assets", "asset"),
        (("backup_jobs", "asset"), ("restore_tests", "asset")),
        (),
    ),
    _Kind(
        "duties",
        lambda case, agreed: [duty.name for duty in agreed.duties],
        (("duty_evidence", "duty"),),
        ("duty_evidence",),
    ),
    _Kind(
        "products",
        lambda case, agreed: [*agreed.licences, *_column(case, "entitlements", "product")],
        (("installs", "product"),),
        ("installs",),
    ),
)


def strangers(case: Case, agreed: Any, outside: Any) -> pd.DataFrame:
    """Every name that joins nothing.

    Parameters: `case` the period; `agreed` the contract in force, as a model; `outside` the names that strategy.yaml
    knows to be none of this contract's, as a model.
    Returns: one row per name and table, those of the data first: named_by (data: nobody agreed it; contract:
    the table has no row of it), kind (services, priorities, resources, assets, duties, products), table, name
    (as first written), rows, size and unit (of a table of UNITS: minutes down in the period, looks that found it
    down, failed runs, copies, tickets), nearest (the name of the other side that is nearest by letters) and may_mean
    (the known names without rows in that table that it may mean, joined with `;`).
    """
    parts = [part for kind in _KINDS for part in _of_kind(kind, case, agreed, getattr(outside, kind.name))]
    every = pd.concat(parts or [pd.DataFrame()], ignore_index=True).reindex(columns=COLUMNS)
    texts = dict.fromkeys(("named_by", "kind", "table", "name", "unit", "nearest", "may_mean"), "str")
    every = every.astype(texts | {"rows": "Int64", "size": "float64"})
    order = every.assign(whose=every["named_by"].ne("data"), weight=-every["size"].fillna(-1))
    return every.loc[order.sort_values(["whose", "weight"], kind="stable").index, COLUMNS].reset_index(
        drop=True
    )


def _of_kind(kind: _Kind, case: Case, agreed: Any, outside: tuple[str, ...]) -> list[pd.DataFrame]:
    known = list(dict.fromkeys(map(str, kind.known(case, agreed))))
    parts = []
    for table, column in kind.uses if known else ():
        rows = _rows(case, table, column)
        if rows is None:
            continue
        names = spelled(rows[column], [*known, *outside])
        form = device_label if kind.name == "assets" else normal
        told_apart = names.drop_duplicates()
        joined = form(told_apart).isin(form(pd.Series([*known, *outside], dtype="str")))
        strange = ~among(names, told_apart[joined])
        seen = set(normal(told_apart))
        found = rows[strange].groupby(names[strange])[["rows", "weight"]].sum()
        silent = [name for name in known if normal_name(name) not in seen]
        meant = mistaken(found.index, silent, devices=kind.name == "assets")
        told = [
            "; ".join(one for one, those in meant.items() if name in those) or None for name in found.index
        ]
        parts.append(
            pd.DataFrame(
                {
                    "named_by": "data",
                    "kind": kind.name,
                    "table": table,
                    "name": found.index,
                    "rows": found["rows"].array,
                    "size": found["weight"].array if (table, column) in _WEIGHED else None,
                    "unit": UNITS.get(table) if (table, column) in _WEIGHED else None,
                    "nearest": nearest(found.index, known),
                    "may_mean": told,
                }
            )
        )
        if table in kind.due:
            lacking = {"named_by": "contract", "kind": kind.name, "table": table, "name": silent, "rows": 0}
            parts.append(pd.DataFrame({**lacking, "nearest": nearest(silent, found.index)}))
    return [part for part in parts if len(part)]


def _rows(case: Case, table: str, column: str) -> pd.DataFrame | None:
    """The rows of the period that name something, with what each weighs, and how many it stands for; None where the
    table was not supplied."""
    if table == "samples" and case.paths(table):  # too many to load whole
        named = case.named(table, column)
        return pd.DataFrame({column: named.index.astype("str"), "weight": 1.0, "rows": named.array})
    asked = [name for name in (column, TABLES[table].period, "state") if name in TABLES[table].names]
    frame = case.own(table, asked) if table in ("checks", "tickets") else case.table(table)
    if frame is None or column not in frame:
        return None
    frame = frame[frame[column].notna()]
    weight = pd.Series(1.0, frame.index)
    first, last = micro(case.start), micro(case.end)
    if table == "outages":
        begin = micros(frame["started_at"]).fillna(last)
        end = micros(optional(frame, "ended_at", "datetime64[us, UTC]")).fillna(last)
        length = (end.clip(upper=last) - begin.clip(lower=first)).clip(lower=0)
        inside = (begin < last) & (end > first)
        weight = (length / MINUTE).where(frame["state"].eq("down"), 0.0)
    elif TABLES[table].period is None:
        inside = pd.Series(True, frame.index)
    else:
        at = frame[TABLES[table].period]
        if TABLES[table].column(TABLES[table].period).type == "date":
            at = dates(at).dt.tz_localize("UTC")
            first, last = first - DAY, last
        at = micros(at)
        inside = (at >= first) & (at < last)
    if table == "backup_jobs":
        weight = frame["result"].eq("failed").astype("float64")
    if table == "checks":
        weight = frame["state"].eq("down").astype("float64")
    return frame.assign(weight=weight.astype("float64"), rows=1)[inside.fillna(False).to_numpy(bool)]


def sentences(found: pd.DataFrame) -> list[str]:
    """The strangers in words for `check`, one sentence per side and table; five names of each at most."""
    said = []
    for (side, kind, table), rows in found.groupby(["named_by", "kind", "table"], sort=False):
        names = [
            name if pd.isna(near) else f"{name} (nearest: {near})"
            for name, near in zip(rows["name"][:5], rows["nearest"], strict=False)
        ]
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        what = "that nobody agreed" if side == "data" else "without a row"
        said.append(f"{table}: {kind} {what}: {', '.join(names)}{more}")
    return said
