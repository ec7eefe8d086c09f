"""The fee against the hours that were delivered for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.contract.service_credits import NO_FEE
from msp_report.model.columns import booked, cents, dates, last_day, optional
from msp_report.model.names import spelled
from msp_report.params import Contract, as_contract

#: The share that all others are a part of.
ALL_BOOKED = "all hours booked"

_HOURS = [
    "month",
    "hours",
    "included_hours",
    "used_ratio",
    "fee",
    "fee_per_hour",
    "agreed_per_hour",
    "over_hours",
    "over_cost",
    "why_missing",
]


def fee_against_hours(
    time_entries: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """The monthly fee against the hours that were delivered under it.

    Parameters: `time_entries` the canonical table, None where not supplied; `contract`; the period [start, end).

    Returns: one row per month of the period: `hours` booked in it and not declared outside the contract,
    `included_hours`, `used_ratio` = hours / included, `fee` [Decimal], `fee_per_hour` and `agreed_per_hour`
    [client's currency an hour], `over_hours` beyond the included ones and `over_cost` = over_hours x hourly
    rate [client's currency], where the contract bills these (`term.billed: over_included`; rule 19),
    `why_missing`. The contract is that of each month's first day. No bookings at all: null, as hours that
    nobody wrote down are not nought hours.
    """
    agreed = as_contract(contract)
    first = pd.Timestamp(start).tz_convert(agreed.client.timezone)
    last = last_day(end, agreed.client.timezone)
    months = pd.period_range(first.tz_localize(None), last, freq="M")
    versions = [agreed.on(month.start_time.date()) for month in months]
    terms = [version.term for version in versions]
    hours = _booked(time_entries, months)
    rows = pd.DataFrame(
        {
            "month": months.astype("str"),
            "hours": hours,
            "included_hours": [term.included_hours for term in terms],
            "fee": pd.Series(
                [None if t.monthly_fee is None else cents(t.monthly_fee) for t in terms], dtype=object
            ),
        }
    ).astype({"included_hours": "float64"})
    fee = rows["fee"].astype("float64")
    rows["used_ratio"] = rows["hours"] / rows["included_hours"].where(rows["included_hours"] > 0)
    rows["fee_per_hour"] = fee / rows["hours"].where(rows["hours"] > 0)
    rows["agreed_per_hour"] = fee / rows["included_hours"].where(rows["included_hours"] > 0)
    rates = [v.tickets.hourly_rate if v.term.billed == "over_included" else None for v in versions]
    billed = pd.Series(rates, rows.index, dtype="float64")
    rows["over_hours"] = (rows["hours"] - rows["included_hours"]).clip(lower=0).where(billed.notna())
    rows["over_cost"] = rows["over_hours"] * billed
    lacking = "no hours were supplied" if time_entries is None else "no hours were booked in the month"
    why = np.where(rows["hours"].isna(), lacking, np.where(fee.isna(), NO_FEE, "no hours were delivered"))
    rows["why_missing"] = np.where(rows["fee_per_hour"].isna(), why, None)
    return rows[_HOURS]


def shares(
    time_entries: pd.DataFrame | None,
    tickets: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """All hours booked in a period, and the shares of them that the pages speak of (rule 19).

    Parameters: the canonical tables, None where not supplied; `contract`; the period [start, end).
    Returns: one row per part, all that was booked first: part, hours, share_ratio (of all). What has a ticket is no
    project's; those opened in the period are a part of the tickets. Without bookings no rows: hours that only
    tickets carry have no total.
    """
    zone = as_contract(contract).client.timezone
    entries = booked(time_entries, start, end, zone)
    if entries is None:
        return pd.DataFrame({"part": [], "hours": [], "share_ratio": []}).astype({"part": "str"})
    hours = pd.to_numeric(entries["hours"]).astype("float64")
    ticket, project = (optional(entries, name).notna() for name in ("ticket_id", "project_id"))
    inside = optional(entries, "in_contract", "boolean").astype("boolean").fillna(True).astype(bool)
    opened = pd.Series(False, entries.index)
    if tickets is not None:
        new = tickets.loc[(tickets["opened_at"] >= start) & (tickets["opened_at"] < end), "ticket_id"]
        opened = spelled(optional(entries, "ticket_id"), new).isin(new)
    parts = {
        ALL_BOOKED: pd.Series(True, entries.index),
        "under the contract": inside,
        "declared outside the contract": ~inside,
        "on tickets": ticket,
        "on tickets opened in the period": ticket & opened,
        "on projects": project & ~ticket,
        "on neither": ~ticket & ~project,
    }
    table = pd.DataFrame(
        [(name, round(float(hours[chosen].sum()), 6)) for name, chosen in parts.items()],
        columns=["part", "hours"],
    )
    total = table["hours"].iloc[0]
    return table.assign(share_ratio=table["hours"] / total if total else np.nan).astype({"part": "str"})


def _booked(time_entries: pd.DataFrame | None, months: pd.PeriodIndex) -> np.ndarray:
    if time_entries is None:
        return np.full(len(months), np.nan)
    inside = optional(time_entries, "in_contract", "boolean").astype("boolean").fillna(True)
    rows = time_entries[inside.to_numpy(bool)]
    when = dates(optional(rows, "worked_on")).dt.to_period("M")
    sums = rows["hours"].astype("float64").groupby(when).sum()
    return sums.reindex(months).to_numpy("float64")
