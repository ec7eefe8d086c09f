"""What the provider owes for missed levels, and what it costs to leave today (rules 29, 30).

Decided here, where the rules leave room:

- A tier is reached by the published figure; one without a value reaches none, and is listed with its reason.
- "Once a service": of all credits of one report and subject the highest counts, the others are listed at nothing.
- The month before missed too: the same figure's verdict was missed, or it reached a tier and had no verdict on it.
- The cap is a row of its own with what it takes off, so that the column adds up to what is owed.
- The last day to claim is `claim_days` after the last day of the month.
- A claim without an amount is a claim of all that is owed; an amount with `credited_on` is what was granted.
- The term ends at the end of its last day; notice given at the cut-off runs from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import availability
from msp_report.metrics import tickets as desk
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month
from msp_report.params import Contract, as_contract

_CENT = Decimal("0.01")
#: The row of the record that takes off what is over the cap.
CAP = "credit_terms.cap_ratio"

# fmt: off
_CREDITS = [
    "month", "measure", "subject", "owed", "claimed", "credited", "claim_by", "value", "threshold", "credit_ratio",
    "repeated", "claimed_on", "credited_on", "clause", "note",
]
_EXIT = ["item", "amount", "proved_on", "kind", "proved", "held_by", "note"]
_HOURS = ["month", "hours", "included_hours", "used_ratio", "fee", "fee_per_hour", "agreed_per_hour", "why_missing"]
# fmt: on
_DATES = ("claim_by", "claimed_on", "credited_on", "proved_on")
_NO_FEE = "the contract states no monthly fee"


#: Figures as a list, or as a frame with the columns of figures.json.
Figures = pd.DataFrame | Iterable[Figure]


# ---------------------------------------------------------------- service credits


def credits(
    figures_frame: Figures,
    previous_figures: Figures | None,
    credits_table: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    month: Month | str,
) -> pd.DataFrame:
    """What the provider owes for the levels of a month, and what became of it (rule 29).

    Parameters: `figures_frame` and `previous_figures`, of the month and of the one before (None: no pack), as Figures
    or as a frame with at least measure, subject, value and verdict, like figures.json; `credits_table` the canonical
    table, None where not supplied; `contract` a model or a dict like the YAML; `month` "2026-10" or a Month.

    Returns: one row per figure that reached a tier of the contract or was claimed for, the most money first: `owed`,
    `claimed`, `credited` [client's currency, Decimal], `claim_by` the last day to claim, the `value`, the `threshold`
    and `credit_ratio` of the worst tier reached, whether it is `repeated`, dates, clause, and a `note` where a row owes
    nothing. Where the sum passes the cap, a last row named credit_terms.cap_ratio takes the rest off. Without a
    monthly fee `owed` is None.

    Raises: ValueError where params are wrong or `month` is none.

    >>> agreed = {"term": {"monthly_fee": 18000}, "credit_terms": {"claim_days": 60},
    ...     "credits": [{"measure": "availability.ratio", "below": 0.999, "credit_ratio": 0.05}]}
    >>> now = pd.DataFrame({"measure": ["availability.ratio"], "subject": "email", "value": 0.99, "verdict": "missed"})
    >>> row = credits(now, None, None, agreed, "2026-10").iloc[0]
    >>> row.owed, row.claim_by.date().isoformat()
    (Decimal('900.00'), '2026-12-30')
    """
    when = month if isinstance(month, Month) else Month.parse(month)
    agreed = as_contract(contract).on(when.first_on)
    reached = _reached(_frame(figures_frame), agreed)
    missed_before = _missed(_frame(() if previous_figures is None else previous_figures), agreed)
    reached["repeated"] = pd.MultiIndex.from_frame(reached[["measure", "subject"]]).isin(missed_before)
    rows = _owed(reached, agreed)
    rows = _with_claims(rows, credits_table, when)
    rows["claim_by"] = _claim_by(when, agreed)
    rows = _capped(_ranked(rows), agreed)
    return _record(rows.assign(month=str(when)), _CREDITS)


def credits_to_date(
    history: pd.DataFrame,
    credits_table: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    month: Month | str,
    owed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The credits of every month up to one, with what is left of each at its end (rule 29).

    Parameters: `history` like figures.json with a `month` (YYYY-MM), of as many months as there are; `owed` the rows of
    `credits` of the month itself, where they are known already; all else as `credits`, of which claims and grants after
    the month's end do not exist yet.

    Returns: the rows of `credits`, newest month first, and `state`: credited, credited in part, claimed, open (may
    still be claimed), expired (was never claimed), or nothing owed; `left` = owed - credited of those that are not
    lost [client's currency].
    """
    when = month if isinstance(month, Month) else Month.parse(month)
    last = when.shift(-1) if owed is not None else when
    months = sorted(Month.parse(name) for name in history["month"].unique())
    by_month = {one: history[history["month"] == str(one)] for one in months if not last < one}
    known = _known_by(credits_table, when)
    past = [
        credits(rows, by_month.get(one.shift(-1)), known, contract, one) for one, rows in by_month.items()
    ]
    parts = [part for part in (owed, *past[::-1]) if part is not None and len(part)]
    rows = pd.concat(parts, ignore_index=True) if parts else _record(pd.DataFrame(), _CREDITS)
    return _settled(rows, pd.Timestamp(when.end_on) - pd.Timedelta(days=1))


def levels(
    outages: pd.DataFrame | None,
    checks: pd.DataFrame | None,
    tickets: pd.DataFrame | None,
    events: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """The service levels of a period, for `credits`: what the pages of availability and tickets publish of them.

    Parameters: the canonical tables with their look-back, None where not supplied; the period [start, end).
    Returns: one row per figure of availability and per attainment of tickets: measure, subject, value, verdict.
    """
    agreed = as_contract(contract)
    ratios = availability.figures_of(availability.service_levels(outages, checks, agreed, start, end))
    rows = [_frame(ratios)]
    if tickets is not None:
        clocks = desk.clocks(tickets, events, agreed, end)
        attained = desk.attainment(clocks, agreed, start, end)
        names = {"priority": "subject", "attainment_ratio": "value"}
        measure = "tickets." + attained["clock"] + "_attainment"
        rows.append(attained.rename(columns=names).assign(measure=measure))
    columns = ["measure", "subject", "value", "verdict"]
    parts = [part[columns].astype({"value": "float64"}) for part in rows if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def unjudged_credits(
    figures_frame: Figures, contract: Contract | Mapping[str, Any], month: Month | str
) -> pd.DataFrame:
    """The credits that the contract promises and that no figure decides.

    Parameters: as `credits`. Returns: one row per measure and subject (empty: any) of the contract's credits for which
    there is no figure with a value, with its clause and why.
    """
    when = month if isinstance(month, Month) else Month.parse(month)
    tiers = _tiers(as_contract(contract).on(when.first_on))
    known = _frame(figures_frame)
    known = known[known["value"].notna()]
    subjects = tiers["subject"].fillna("")
    exact = pd.MultiIndex.from_arrays([tiers["measure"], subjects]).isin(
        pd.MultiIndex.from_arrays([known["measure"], known["subject"].fillna("")])
    )
    decided = exact | (tiers["subject"].isna() & tiers["measure"].isin(known["measure"])).to_numpy(bool)
    rows = tiers.assign(subject=subjects, why="no figure of this name has a value")[~decided]
    return rows[["measure", "subject", "clause", "why"]].drop_duplicates(
        ["measure", "subject"], ignore_index=True
    )


def _frame(figures: Figures) -> pd.DataFrame:
    if isinstance(figures, pd.DataFrame):
        return figures
    return pd.DataFrame([figure.row() for figure in figures], columns=COLUMNS)


def _tiers(contract: Contract) -> pd.DataFrame:
    names = ("measure", "subject", "below", "above", "credit_ratio", "clause")
    rows = [{name: getattr(credit, name) for name in names} for credit in contract.credits]
    tiers = pd.DataFrame(rows, columns=list(names))
    return tiers.astype({"below": "float64", "above": "float64"})


def _reached(figures: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The worst tier that each figure reached: measure, subject, value, threshold, credit_ratio, clause."""
    tiers = _tiers(contract).rename(columns={"subject": "only"})
    known = pd.DataFrame(
        {
            "measure": figures["measure"].astype("str"),
            "subject": figures["subject"].astype("str").fillna(""),
            "value": pd.to_numeric(figures["value"]).astype("float64"),
        }
    )
    pairs = known.merge(tiers, on="measure")
    meant = pairs["only"].isna() | (pairs["only"] == pairs["subject"])
    bad = (pairs["value"] < pairs["below"]) | (pairs["value"] > pairs["above"])
    pairs = pairs[meant & bad].sort_values("credit_ratio", ascending=False, kind="stable")
    worst = pairs.drop_duplicates(["measure", "subject"])
    threshold = worst["below"].where(worst["value"] < worst["below"], worst["above"])
    return worst.assign(threshold=threshold).reset_index(drop=True)


def _missed(figures: pd.DataFrame, contract: Contract) -> pd.MultiIndex:
    """The figures that missed in a month: by their verdict, else by a tier."""
    verdict = (
        figures["verdict"] if "verdict" in figures else pd.Series(None, index=figures.index, dtype=object)
    )
    subject = figures["subject"].astype("str").fillna("")
    named = pd.MultiIndex.from_arrays([figures["measure"].astype("str"), subject])
    by_tier = named.isin(pd.MultiIndex.from_frame(_reached(figures, contract)[["measure", "subject"]]))
    unjudged = verdict.isna() | verdict.eq("no_target")
    return named[(verdict.eq("missed") | (by_tier & unjudged)).to_numpy(bool)]


def _owed(reached: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """What each figure's tier is worth; of several of one service only the highest."""
    fee, factor = contract.term.monthly_fee, contract.credit_terms.repeat_factor
    ratios = [Decimal(str(ratio)) for ratio in reached["credit_ratio"]]
    factors = np.where(reached["repeated"], Decimal(str(factor)), Decimal(1))
    worth = [
        None if fee is None else _money(fee * ratio * times)
        for ratio, times in zip(ratios, factors, strict=True)
    ]
    rows = reached.assign(owed=pd.Series(worth, index=reached.index, dtype=object))
    report = rows["measure"].str.split(".").str[0]
    size = rows["credit_ratio"] * np.where(rows["repeated"], factor, 1)
    best = rows.assign(report=report, size=size).sort_values("size", ascending=False, kind="stable")
    extra = best.index[best.duplicated(["report", "subject"])]
    note = pd.Series(None, index=rows.index, dtype=object)
    if fee is None:
        note[:] = _NO_FEE
    note[extra] = "counted once a service, with its worst level"
    if fee is not None:
        rows.loc[extra, "owed"] = Decimal("0.00")
    return rows.assign(note=note)


def _with_claims(rows: pd.DataFrame, table: pd.DataFrame | None, month: Month) -> pd.DataFrame:
    """Rows beside what was claimed and granted for the month; a claim for what is not owed has a row too."""
    table = pd.DataFrame(columns=["month", "measure", "subject"]) if table is None else table
    mine = table[table["month"].astype("str") == str(month)]
    amount = mine["amount"] if "amount" in mine else pd.Series(None, index=mine.index, dtype=object)
    claims = pd.DataFrame(
        {
            "measure": mine["measure"].astype("str"),
            "subject": mine["subject"].astype("str").fillna(""),
            "claimed_on": _dates(mine, "claimed_on"),
            "credited_on": _dates(mine, "credited_on"),
            "amount": [None if pd.isna(value) else _money(Decimal(str(value))) for value in amount],
        }
    ).astype({"amount": object})
    both = rows.merge(claims, on=["measure", "subject"], how="outer", indicator=True)
    unowed = both["_merge"] == "right_only"
    both["owed"] = both["owed"].astype(object).mask(unowed, Decimal("0.00"))
    both["note"] = both["note"].astype(object).mask(unowed, "no level of the contract was missed that far")
    both["repeated"] = both["repeated"].astype("boolean").fillna(False).astype(bool)
    zero = Decimal("0.00")
    granted, asked = both["credited_on"].notna(), both["claimed_on"].notna()
    stated = both["amount"].notna()
    both["credited"] = both["amount"].where(granted & stated, zero)
    claimed = both["owed"].where(~(stated & ~granted), both["amount"])
    both["claimed"] = claimed.where(asked, zero)
    return both


def _claim_by(month: Month, contract: Contract) -> pd.Timestamp:
    days = contract.credit_terms.claim_days
    return pd.NaT if days is None else pd.Timestamp(month.end_on + timedelta(days=days - 1))


def _capped(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The rows, and one that takes off what is over the cap."""
    ratio, fee = contract.credit_terms.cap_ratio, contract.term.monthly_fee
    if ratio is None or fee is None or rows.empty:
        return rows
    cap = _money(fee * Decimal(str(ratio)))
    over = _total(rows["owed"]) - cap
    if over <= 0:
        return rows
    zero = Decimal("0.00")
    row = {"measure": CAP, "subject": "", "owed": -over, "claimed": zero, "credited": zero, "repeated": False}
    row["note"] = "the sum of a month's credits is capped"
    return pd.concat([rows, pd.DataFrame([row])], ignore_index=True)


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    size = -rows["owed"].astype(float).fillna(0)
    order = rows.assign(size=size).sort_values(["size", "measure", "subject"], kind="stable").index
    return rows.loc[order].reset_index(drop=True)


def _known_by(table: pd.DataFrame | None, month: Month) -> pd.DataFrame | None:
    """The register of claims as it stood at the end of a month (rule 0)."""
    if table is None:
        return None
    end = pd.Timestamp(month.end_on)
    claimed, granted = _dates(table, "claimed_on"), _dates(table, "credited_on")
    amount = table["amount"] if "amount" in table else pd.Series(None, index=table.index, dtype=object)
    unknown = granted >= end
    table = table.assign(credited_on=granted.mask(unknown), amount=amount.astype(object).mask(unknown))
    return table.assign(claimed_on=claimed.mask(claimed >= end))


def _settled(rows: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Rows with what is left of each, and its state; together a month's rows have left what its cap left."""
    owed = rows["owed"].where(rows["owed"].notna(), Decimal("0.00"))
    granted, asked = rows["credited_on"].notna(), rows["claimed_on"].notna()
    zero = Decimal("0.00")
    open_of_month = (owed - rows["credited"]).groupby(rows["month"]).transform("sum")
    each = (owed - rows["credited"]).clip(zero)
    so_far = each.groupby(rows["month"]).transform(lambda month: month.cumsum())
    left = (each - (so_far - open_of_month).clip(zero)).clip(zero)
    state = pd.Series("open", index=rows.index, dtype=object)
    state = state.mask(rows["claim_by"] < today, "expired").mask(asked, "claimed")
    state = state.mask(granted & left.gt(0), "credited in part").mask(granted & ~left.gt(0), "credited")
    state = state.mask(~owed.gt(0) & ~granted, "nothing owed")
    lost = state.isin(["expired", "nothing owed"])
    return rows.assign(state=state.astype("str"), left=left.mask(lost, zero))


# ---------------------------------------------------------------- leaving


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
    day = _last_day(at, agreed.client.timezone)
    agreed = agreed.on(day.date())
    parts = [_fees(agreed, day), _access(agreed, assets, day), _restore(assets, restores, day)]
    return _record(pd.concat([part for part in parts if len(part)], ignore_index=True), _EXIT)


def _days_to_pay(contract: Contract, day: pd.Timestamp) -> int | None:
    """Days of the monthly fee that leaving would still cost."""
    term = contract.term
    left = None if term.ends_on is None else max(0, (pd.Timestamp(term.ends_on) - day).days)
    known = [days for days in (term.notice_days, left) if days is not None]
    return min(known) if known else None


def _fees(contract: Contract, day: pd.Timestamp) -> pd.DataFrame:
    term, days = contract.term, _days_to_pay(contract, day)
    running = None if days is None or term.monthly_fee is None else _money(term.monthly_fee * 12 * days / 365)
    why = "the contract states neither notice nor end" if days is None else _NO_FEE
    return pd.DataFrame(
        {
            "item": ["exit fee", "fee until the end" if days is None else f"fee for {days} days"],
            "amount": pd.Series(
                [None if term.exit_fee is None else _money(term.exit_fee), running], dtype=object
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
            "proved_on": _dates(owned, "access_proved_on"),
        }
    )
    rows = [_proofs(part, day, "access") for part in (named, theirs) if len(part)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _restore(assets: pd.DataFrame | None, restores: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    """What must be restorable: assets in service that need a backup, with their last successful test."""
    owned = _in_service(assets, day)
    if "backup_required" not in owned:
        return pd.DataFrame()
    owned = owned[owned["backup_required"].astype("boolean").fillna(False).to_numpy(bool)]
    tests = pd.DataFrame(columns=["asset", "tested_on", "result"]) if restores is None else restores
    good = tests["result"].astype("str").str.casefold().isin(["success", "warning", "ok", "passed"])
    tests = pd.DataFrame(
        {"key": tests["asset"].astype("str").str.casefold(), "on": _dates(tests, "tested_on")}
    )
    last = tests[good.to_numpy(bool) & (tests["on"] <= day).to_numpy(bool)].groupby("key")["on"].max()
    rows = pd.DataFrame(
        {
            "item": owned["asset"],
            "held_by": owned.get("held_by"),
            "proved_on": last.reindex(owned["asset"].astype("str").str.casefold()).to_numpy("datetime64[us]"),
        }
    )
    return _proofs(rows, day, "restore") if len(rows) else pd.DataFrame()


def _in_service(assets: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    if assets is None:
        return pd.DataFrame({"asset": pd.Series(dtype="str")})
    gone = _dates(assets, "retired_on") <= day
    return assets[~gone & ~(_dates(assets, "in_service_on") > day)]


def _proofs(rows: pd.DataFrame, day: pd.Timestamp, kind: str) -> pd.DataFrame:
    proved_on = rows["proved_on"].astype("datetime64[us]")
    rows = rows.assign(proved_on=proved_on.where(proved_on <= day), kind=kind)
    rows = rows.assign(proved=rows["proved_on"].notna())
    return rows.sort_values(["proved", "item"], kind="stable", ignore_index=True)


# ---------------------------------------------------------------- the fee and its hours, the dates


def fee_against_hours(
    time_entries: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """The monthly fee against the hours that were delivered under it.

    Parameters: `time_entries` the canonical table, None where not supplied; `contract`; the period [start, end).

    Returns: one row per month of the period: `hours` booked in it and not declared outside the contract,
    `included_hours`, `used_ratio` = hours / included, `fee` [Decimal], `fee_per_hour` and `agreed_per_hour` [client's
    currency an hour], `why_missing`. The contract is that of each month's first day. No bookings at all: null, as
    hours that nobody wrote down are not nought hours.
    """
    agreed = as_contract(contract)
    first = pd.Timestamp(start).tz_convert(agreed.client.timezone)
    last = _last_day(end, agreed.client.timezone)
    months = pd.period_range(first.tz_localize(None), last, freq="M")
    terms = [agreed.on(month.start_time.date()).term for month in months]
    hours = _booked(time_entries, months)
    rows = pd.DataFrame(
        {
            "month": months.astype("str"),
            "hours": hours,
            "included_hours": [term.included_hours for term in terms],
            "fee": pd.Series(
                [None if t.monthly_fee is None else _money(t.monthly_fee) for t in terms], dtype=object
            ),
        }
    ).astype({"included_hours": "float64"})
    fee = rows["fee"].astype("float64")
    rows["used_ratio"] = rows["hours"] / rows["included_hours"].where(rows["included_hours"] > 0)
    rows["fee_per_hour"] = fee / rows["hours"].where(rows["hours"] > 0)
    rows["agreed_per_hour"] = fee / rows["included_hours"].where(rows["included_hours"] > 0)
    lacking = "no hours were supplied" if time_entries is None else "no hours were booked in the month"
    why = np.where(rows["hours"].isna(), lacking, np.where(fee.isna(), _NO_FEE, "no hours were delivered"))
    rows["why_missing"] = np.where(rows["fee_per_hour"].isna(), why, None)
    return rows[_HOURS]


def _booked(time_entries: pd.DataFrame | None, months: pd.PeriodIndex) -> np.ndarray:
    if time_entries is None:
        return np.full(len(months), np.nan)
    inside = (
        time_entries["in_contract"] if "in_contract" in time_entries else pd.Series(True, time_entries.index)
    )
    rows = time_entries[inside.astype("boolean").fillna(True).to_numpy(bool)]
    when = _dates(rows, "worked_on").dt.to_period("M")
    sums = rows["hours"].astype("float64").groupby(when).sum()
    return sums.reindex(months).to_numpy("float64")


@dataclass(frozen=True)
class Dates:
    """The dates of a contract as seen from a day."""

    ends_on: date | None
    notice_by: date | None
    days_to_notice: int | None
    days_to_end: int | None


def dates(contract: Contract | Mapping[str, Any], at: date | datetime) -> Dates:
    """When the contract ends, and by when notice must be given for that (negative days: it is past)."""
    agreed = as_contract(contract)
    day = _last_day(at, agreed.client.timezone)
    term = agreed.on(day.date()).term
    if term.ends_on is None:
        return Dates(None, None, None, None)
    left = (pd.Timestamp(term.ends_on) - day).days
    if term.notice_days is None:
        return Dates(term.ends_on, None, None, left)
    return Dates(term.ends_on, term.ends_on - timedelta(days=term.notice_days), left - term.notice_days, left)


# ---------------------------------------------------------------- figures


def figures(
    credits: pd.DataFrame,
    leaving: pd.DataFrame,
    hours: pd.DataFrame,
    when: Dates,
    contract: Contract | Mapping[str, Any],
    to_date: pd.DataFrame | None = None,
) -> list[Figure]:
    """The figures of the contract.

    Parameters: the frames of `credits`, `exit_cost`, `fee_against_hours` and `dates`, and of `credits_to_date` for what
    is open or lost from earlier months.

    Returns: contract.credit_owed [cost, in all and by measure and service], .credit_unclaimed and .credit_expired
    [cost, n = credits], .exit_cost [cost], .not_reachable and .not_restorable [count, n = items], .hours [hours, target
    = included hours], .fee_per_hour [cost], .days_to_notice [days]. What is not stated is null and says why.
    """
    agreed = as_contract(contract)
    return [
        *_credit_figures(credits, to_date, agreed),
        *_exit_figures(leaving),
        *_hour_figures(hours),
        _figure(
            "days_to_notice",
            when.days_to_notice,
            "days",
            why="the contract states no end or no notice",
            rule="contract.yaml, term",
        ),
    ]


def _credit_figures(
    credits: pd.DataFrame, to_date: pd.DataFrame | None, contract: Contract
) -> Iterator[Figure]:
    unpriced = credits["owed"].isna().any()
    why = "the contract names no service credits" if not contract.credits else _NO_FEE
    total = _total(credits["owed"]) if contract.credits and not unpriced else None
    due = credits[credits["owed"].astype(float).gt(0)]
    yield _figure("credit_owed", total, "cost", n=len(due), why=why, rule="rule 29")
    names = due["subject"].where(due["subject"].fillna("") != "", due["measure"])
    names = names.where(~names.duplicated(keep=False), due["measure"] + " " + due["subject"].fillna(""))
    for name, row in zip(names, due.to_dict("records"), strict=True):
        yield _figure(
            "credit_owed", row["owed"], "cost", subject=name, n=1, rule="rule 29", clause=row["clause"]
        )
    for name, state in (("credit_unclaimed", "open"), ("credit_expired", "expired")):
        rows = to_date[to_date["state"] == state] if to_date is not None else None
        value = None if rows is None else _total(rows["left" if state == "open" else "owed"])
        n = None if rows is None else len(rows)
        yield _figure(name, value, "cost", n=n, why="no earlier packs", rule="rule 29")


def _exit_figures(leaving: pd.DataFrame) -> Iterator[Figure]:
    fees = leaving[leaving["kind"] == "fee"]
    stated = fees["amount"].notna().all()
    why = "; ".join(fees["note"].dropna())
    yield _figure(
        "exit_cost",
        _total(fees["amount"]) if stated else None,
        "cost",
        why=why,
        rule="rule 30",
        better="lower",
    )
    for name, kind in (("not_reachable", "access"), ("not_restorable", "restore")):
        rows = leaving[leaving["kind"] == kind]
        value = int((~rows["proved"].astype(bool)).sum()) if len(rows) else None
        yield _figure(
            name, value, "count", n=len(rows), why="nothing is listed", rule="rule 30", better="lower"
        )


def _hour_figures(hours: pd.DataFrame) -> Iterator[Figure]:
    last = hours.iloc[-1] if len(hours) else pd.Series({"why_missing": "no month"})
    why = last["why_missing"] or _NO_FEE
    yield _figure("hours", last.get("hours"), "hours", why=why, rule="booked hours under the contract")
    yield _figure(
        "fee_per_hour", last.get("fee_per_hour"), "cost", why=why, rule="monthly fee / hours", better="lower"
    )


def _figure(name: str, value: Any, unit: str, *, why: str = "", **fields: Any) -> Figure:
    missing = value is None or pd.isna(value)
    return Figure(
        measure=f"contract.{name}",
        value=None if missing else value,
        unit=unit,
        why_missing=(why or "not known") if missing else None,
        **fields,
    )


# ---------------------------------------------------------------- dates, money, records


def _last_day(at: date | datetime, zone: str) -> pd.Timestamp:
    """The last whole or begun day before an instant in a zone; a date is itself."""
    moment = pd.Timestamp(at)
    if moment.tzinfo is None:
        return moment.normalize()
    return (moment.tz_convert(zone) - pd.Timedelta(microseconds=1)).tz_localize(None).normalize()


def _dates(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    days = pd.to_datetime(frame[name])
    return (days.dt.tz_localize(None) if days.dt.tz is not None else days).astype("datetime64[us]")


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def _total(amounts: pd.Series) -> Decimal:
    return sum(amounts.dropna(), Decimal("0.00"))


def _record(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Rows with the columns of a record, typed; missing money is None."""
    rows = rows.reindex(columns=columns).reset_index(drop=True)
    for name in rows:
        if name in _DATES:
            rows[name] = rows[name].astype("datetime64[us]")
        elif name in ("owed", "claimed", "credited", "amount"):
            rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
        elif name in ("repeated",):
            rows[name] = rows[name].astype("boolean").fillna(False).astype(bool)
        elif name == "proved":
            rows[name] = rows[name].astype("boolean")
        elif name in ("value", "threshold", "credit_ratio"):
            rows[name] = rows[name].astype("float64")
        else:
            rows[name] = rows[name].astype("str").where(rows[name].notna())
    return rows
