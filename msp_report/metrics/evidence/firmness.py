"""How firm each verdict is (rule 36): the fewest rows that part it from the other one, and which.

Decided here. A plain count (of tickets, copies, assets, projects) has an exact number: so many of its rows would have
to be the other way round for the verdict to turn. That is never more than would have to be left out. The rows named are
those nearest to the other side: tickets met by the least, or late by the least. A level of availability that was missed
has the fewest outages without which it would have been met, the longest ones; one that was met has no such rows, but
minutes: those by which it could have been down longer. What else is judged (a percentile, money) has neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from msp_report.model.figures import meets
from msp_report.model.measures import MEASURES
from msp_report.model.texts import as_texts

FIRMNESS = [
    "measure",
    "subject",
    "verdict",
    "robust",
    "of",
    "parted_by",
    "spare_min",
    "nearest_ids",
    "clause",
]
#: So many rows are named.
NAMED = 10
_TINY = 1e-9


Record = Callable[[str, str], pd.DataFrame | None]


def firmness(figures: pd.DataFrame, record: Record, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """How firm the verdicts of a pack are, what turns first in front.

    Parameters: `figures` with the columns of figures.json; `record`, which gives a record of the pack by report and
    name; the period [start, end). Returns: one row per figure that was met or missed and is a plain count or a level of
    availability, with FIRMNESS: `of` what is counted, `parted_by` how many of them part the verdict from the other one,
    `spare_min` the time by which a level that was met could have been down longer, `nearest_ids` the rows nearest to
    the other side (outages by their beginnings), the nearest first. Source: rule 36.
    """
    record = cache(record)  # several figures rest on one
    judged = figures[figures["verdict"].isin(["met", "missed"]) & figures["target"].notna()]
    found = [
        {**row, "of": rows, **parted}
        for row in judged.astype(object).where(judged.notna(), None).to_dict("records")
        if (rows := _what_it_counts(row["measure"]))
        and (parted := _parted(row, record, start, end)) is not None
    ]
    table = pd.DataFrame(found).reindex(columns=FIRMNESS)
    table["parted_by"] = pd.to_numeric(table["parted_by"]).astype("Int64")
    table["spare_min"] = pd.to_numeric(table["spare_min"]).astype("float64")
    texts = [name for name in FIRMNESS if name not in ("parted_by", "spare_min")]
    table[texts] = table[texts].astype("str")
    return table.sort_values(
        ["parted_by", "measure", "subject"], kind="stable", na_position="last", ignore_index=True
    )


def to_turn(value: float, target: float, better: str, n: int | None = None) -> int | None:
    """How many rows of a count, or of a share of `n`, part a verdict from the other one; None where `value` is no share
    of so many whole rows.

    >>> to_turn(0.7, 0.95, "higher", 10), to_turn(1, 0, "lower"), to_turn(0.95, 0.95, "higher", 20)
    (3, 1, 1)
    """
    if n is None:
        gap, is_met = target - value, meets(value, target, better)  # type: ignore[arg-type]
    else:
        hits = round(value * n)
        if n <= 0 or abs(value * n - hits) > 1e-6 * n:
            return None
        gap, is_met = target * n - hits, meets(hits / n, target, better)  # type: ignore[arg-type]
    away = gap if better == "higher" else -gap
    return math.floor(-away + _TINY) + 1 if is_met else math.ceil(away - _TINY)


def _what_it_counts(measure: str) -> str:
    """What a measure counts; empty where it counts no rows."""
    declared = MEASURES.get(measure)
    return declared.rows if declared else ""


def _parted(row: dict, record: Record, start: pd.Timestamp, end: pd.Timestamp) -> dict | None:
    report, _, name = row["measure"].partition(".")
    if row["measure"] == "availability.ratio":
        return _of_availability(row, record)
    number = to_turn(
        row["value"], row["target"], row["better"], int(row["n"]) if row["unit"] == "ratio" else None
    )
    if number is None:
        return None
    clocks = record("tickets", "clocks") if report == "tickets" else None
    ids = [] if clocks is None else _nearest(name.partition("_")[0], row, clocks, start, end)
    return {"parted_by": number, "spare_min": None, "nearest_ids": _named_first(ids, number)}


def _named_first(ids: list[str], number: int) -> str | None:
    more = [f"+{number - NAMED}"] if number > NAMED and ids else []
    return ", ".join([*ids[: min(number, NAMED)], *more]) or None


def _nearest(
    clock: str, row: dict, clocks: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> list[str]:
    """The first tickets of a level that were met by the least, or late by the least."""
    used, agreed, met, decided = (f"{clock}_{of}" for of in ("used_min", "target_min", "met", "decided_at"))
    level = clocks.loc[
        as_texts(clocks["priority"]).eq(row["subject"]), ["ticket_id", used, agreed, met, decided]
    ]
    at, is_met = pd.to_datetime(level[decided], utc=True), row["verdict"] == "met"
    own = (at >= start) & (at < end) & level[met].isin([True, "true"] if is_met else [False, "false"])
    share = pd.to_numeric(level.loc[own, used]) / pd.to_numeric(level.loc[own, agreed])
    share = share.sort_values(ascending=not is_met, kind="stable")
    return level.loc[share.index[:NAMED], "ticket_id"].astype("str").tolist()


def _of_availability(row: dict, record: Record) -> dict | None:
    """A level of availability: the fewest outages that were too many, or the minutes that were left."""
    services, outages = record("availability", "services"), record("availability", "outages")
    if services is None or outages is None:
        return None
    own = services[services["service"].astype("str").eq(row["subject"])]
    if own.empty:
        return None
    up, down = (float(own[name].iloc[0]) for name in ("up_min", "down_min"))
    spare = up - row["target"] * (up + down)
    if row["verdict"] == "met":
        return {"parted_by": None, "spare_min": max(spare, 0.0), "nearest_ids": None}
    mine = outages[outages["service"].astype("str").eq(row["subject"])]
    mine = mine.assign(down_min=pd.to_numeric(mine["down_min"])).sort_values(
        "down_min", ascending=False, kind="stable"
    )
    enough = mine["down_min"].cumsum().to_numpy() >= -spare - _TINY
    if not enough.any():
        return {"parted_by": None, "spare_min": None, "nearest_ids": None}
    number = int(np.argmax(enough)) + 1
    return {
        "parted_by": number,
        "spare_min": None,
        "nearest_ids": _named_first(mine["started_at"].astype("str").tolist(), number),
    }
