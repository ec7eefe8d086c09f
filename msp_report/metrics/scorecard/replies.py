"""The provider's replies to the draft of a month: which month each answers, and what it disputes."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from msp_report.model.columns import day_after
from msp_report.model.tables import TABLES

REPLY_COLUMNS = ["measure", "subject", "said_on", "by", "text"]


def replies(
    given: pd.DataFrame | None,
    start: datetime,
    end: datetime,
    timezone: str = "UTC",
    earlier: pd.DataFrame | None = None,
    shared: bool = False,
) -> pd.DataFrame:
    """The provider's replies to the draft of a month.

    The table says what a reply disputes and when it was said, not of which month. The rule: a reply answers the month
    with whose exports it first came, if that month had begun when it was said. So an answer given on 5 November to the
    draft of October belongs into October's exports, whatever its day; a register that is exported anew every month
    answers nothing twice. Where several months share the very same file, its exports tell no month, and a reply answers
    the month in which it was said.
    Parameters: `given` the canonical table as it came with the month's exports, None where not supplied; `[start, end)`
    the month, timezone-aware, read in `timezone`; `earlier` the same as it came with earlier months' exports; whether
    the month's exports of it are `shared` with another month.
    Returns: one row per reply with REPLY_COLUMNS in the order said; `subject` is empty for a figure over all.
    Source: docs/decisions.md; rule 0 speaks of facts of the month, a reply is about its page.
    """
    table = _as_replies(given)
    first, after = day_after(start, timezone), day_after(end, timezone)
    table = table[table["said_on"] >= first]
    if shared:
        table = table[table["said_on"] < after]
    elif earlier is not None:
        key = list(TABLES["replies"].key)
        known = pd.MultiIndex.from_frame(_as_replies(earlier)[key])
        table = table[~pd.MultiIndex.from_frame(table[key]).isin(known)]
    return table.sort_values(["said_on", "measure", "subject", "by", "text"], ignore_index=True)[
        REPLY_COLUMNS
    ]


def disputed(figures: pd.DataFrame, replies: pd.DataFrame, but: pd.DataFrame | None = None) -> pd.DataFrame:
    """The figures that replies speak of, in the columns of figures.json, leaving out those of `but`.

    A reply to a figure that is not among `figures` gets a row without a value, which says so: no reply is lost.
    """
    asked = replies[["measure", "subject"]].drop_duplicates()
    if but is not None:
        told = pd.MultiIndex.from_frame(but[["measure", "subject"]])
        asked = asked[~pd.MultiIndex.from_frame(asked).isin(told)]
    found = asked.merge(figures, on=["measure", "subject"], how="left", indicator=True)
    absent = found.pop("_merge").eq("left_only")
    report = asked["measure"].str.split(".").str[0].to_numpy()
    found = found.assign(report=found["report"].where(~absent, pd.Series(report, found.index)))
    why = found["why_missing"].astype(object).where(~absent, "no page gives this figure")
    unit = found["unit"].astype(object).where(~absent, "")
    return found.assign(why_missing=why, unit=unit).reindex(columns=figures.columns)


def _as_replies(given: pd.DataFrame | None) -> pd.DataFrame:
    table = (TABLES["replies"].empty() if given is None else given).reindex(columns=REPLY_COLUMNS)
    said = pd.to_datetime(table["said_on"]).astype("datetime64[us]")
    return table.assign(said_on=said, subject=table["subject"].fillna("").astype("str"))
