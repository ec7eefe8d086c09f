"""Leaving today: what it would cost, and what could not be reached or restored without the provider (rule 30).

Decided here: the term ends at the end of its last day; notice given at the cut-off runs from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from msp_report.metrics.contract.service_credits import NO_FEE
from msp_report.model.columns import cents, dates, last_day, optional
from msp_report.model.names import device_form, spelled
from msp_report.params import Contract, as_contract

_EXIT = ["item", "amount", "proved_on", "kind", "proved", "held_by", "note"]


def exit_cost(
    contract: Contract | Mapping[str, Any],
    assets: pd.DataFrame | None,
    at: date | datetime,
    restores: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What leaving would cost on a day, and what could not be reached or restored without the provider (rule 30).

    Parameters: `contract` a model or a dict like the YAML; `assets` and `restores` (restore_tests) the canonical
    tables, None where not supplied; `at` the cut-off: an instant, the end of a half-open period, of which the day
    before it in the client's zone counts, or a date, which counts itself.

    Returns: one row per item, by `kind`: fee (the exit fee; the monthly fee x 12 / 365 for the days of notice or, if
    fewer, those left of the term), access (the contract's exit_access, then assets) and restore (assets that must be
    backed up): `amount` [client's currency, Decimal; None where the contract does not state it or for what is not
    money], `proved_on` the last proof up to the day, `proved`, `held_by`, `note`. What is not proved stands first of
    its kind.

    >>> agreed = {"term": {"ends_on": "2028-03-31", "notice_days": 90, "monthly_fee": 18000, "exit_fee": 54000}}
    >>> exit_cost(agreed, None, pd.Timestamp("2026-11-01", tz="UTC"))[["item", "amount"]].to_dict("records")
    [{'item': 'exit fee', 'amount': Decimal('54000.00')}, {'item': 'fee for 90 days', 'amount': Decimal('53260.27')}]
    """
    agreed = as_contract(contract)
    day = last_day(at, agreed.client.timezone)
    agreed = agreed.on(day.date())
    parts = [_fees(agreed, day), _access(agreed, assets, day), _restore(assets, restores, day)]
    return _as_exit(pd.concat([part for part in parts if len(part)], ignore_index=True))


def _days_to_pay(contract: Contract, day: pd.Timestamp) -> int | None:
    """Days of the monthly fee that leaving would still cost."""
    term = contract.term
    left = None if term.ends_on is None else max(0, (pd.Timestamp(term.ends_on) - day).days)
    known = [days for days in (term.notice_days, left) if days is not None]
    return min(known) if known else None


def _fees(contract: Contract, day: pd.Timestamp) -> pd.DataFrame:
    term, days = contract.term, _days_to_pay(contract, day)
    running = None if days is None or term.monthly_fee is None else cents(term.monthly_fee * 12 * days / 365)
    why = "the contract states neither notice nor end" if days is None else NO_FEE
    return pd.DataFrame(
        {
            "item": ["exit fee", "fee until the end" if days is None else f"fee for {days} days"],
            "amount": pd.Series(
                [None if term.exit_fee is None else cents(term.exit_fee), running], dtype=object
            ),
            "kind": "fee",
            "note": [
                "the contract states no exit fee" if term.exit_fee is None else None,
                why if running is None else None,
            ],
        }
    )


def _access(contract: Contract, assets: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    """What must be reachable: the contract's list, then the assets in service."""
    named = pd.DataFrame(
        [(access.item, access.held_by, access.proved_on) for access in contract.exit_access],
        columns=["item", "held_by", "proved_on"],
    )
    named["proved_on"] = pd.to_datetime(named["proved_on"])
    owned = _in_service(assets, day)
    theirs = pd.DataFrame(
        {
            "item": owned["asset"],
            "held_by": owned.get("held_by"),
            "proved_on": dates(optional(owned, "access_proved_on")),
        }
    )
    rows = [_unproved_first(part, day, "access") for part in (named, theirs) if len(part)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _restore(assets: pd.DataFrame | None, restores: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    """What must be restorable: assets in service that need a backup, with their last successful test."""
    owned = _in_service(assets, day)
    if "backup_required" not in owned:
        return pd.DataFrame()
    owned = owned[owned["backup_required"].astype("boolean").fillna(False).to_numpy(bool)]
    tests = pd.DataFrame(columns=["asset", "tested_on", "result"]) if restores is None else restores
    good = tests["result"].astype("str").str.casefold().isin(["success", "warning", "ok", "passed"])
    asset = spelled(tests["asset"], owned["asset"], device_form)
    tests = pd.DataFrame({"key": asset, "on": dates(optional(tests, "tested_on"))})
    last = tests[good.to_numpy(bool) & (tests["on"] <= day).to_numpy(bool)].groupby("key")["on"].max()
    rows = pd.DataFrame(
        {
            "item": owned["asset"],
            "held_by": owned.get("held_by"),
            "proved_on": last.reindex(owned["asset"]).to_numpy("datetime64[us]"),
        }
    )
    return _unproved_first(rows, day, "restore") if len(rows) else pd.DataFrame()


def _in_service(assets: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    if assets is None:
        return pd.DataFrame({"asset": pd.Series(dtype="str")})
    gone = dates(optional(assets, "retired_on")) <= day
    return assets[~gone & ~(dates(optional(assets, "in_service_on")) > day)]


def _unproved_first(rows: pd.DataFrame, day: pd.Timestamp, kind: str) -> pd.DataFrame:
    proved_on = rows["proved_on"].astype("datetime64[us]")
    rows = rows.assign(proved_on=proved_on.where(proved_on <= day), kind=kind)
    rows = rows.assign(proved=rows["proved_on"].notna())
    return rows.sort_values(["proved", "item"], kind="stable", ignore_index=True)


def _as_exit(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the columns of the record, typed; missing money is None."""
    rows = rows.reindex(columns=_EXIT).reset_index(drop=True)
    rows = rows.astype({"proved_on": "datetime64[us]", "proved": "boolean"})
    rows["amount"] = rows["amount"].astype(object).where(rows["amount"].notna(), None)
    for name in ("item", "kind", "held_by", "note"):
        rows[name] = rows[name].astype("str").where(rows[name].notna())
    return rows
