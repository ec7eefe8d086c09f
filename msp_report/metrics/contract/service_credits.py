"""Service credits: what the provider owes for missed levels, and what became of it (rule 29).

Decided here, where the rule leaves room:

- A tier is reached by the published figure; one without a value reaches none, and is listed with its reason. One
  without a verdict reaches what it reaches at its best; what is at risk is what it reaches at its worst, which of a
  figure without a value or bounds is the worst tier (rule 50). Where there was nothing to judge nothing is at risk.
- Evidence that the contract promises (`evidence`) has its credit like a level: below one delivery.
- "Once a service": of all credits of one report and subject the highest counts, the others are listed at nothing.
- The month before missed too: the same figure's verdict was missed, or it reached a tier and had no verdict on it.
  What was left open then may have been missed, and counts so in what is at risk.
- The cap is a row of its own with what it takes off, so that the column adds up to what is owed.
- The last day to claim is `claim_days` after the last day of the month.
- A claim without an amount is a claim of all that is owed; an amount with `credited_on` is what was granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model import promises
from msp_report.model.columns import cents, dates, optional, total
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.names import normal, spelled
from msp_report.model.period import Month
from msp_report.params import Contract, as_contract

#: The row of the record that takes off what is over the cap.
CAP = "credit_terms.cap_ratio"
NO_FEE = "the contract states no monthly fee"
UNKNOWN = "what is not known may reach a level of the contract"

# fmt: off
_CREDITS = [
    "month", "measure", "subject", "owed", "at_risk", "claimed", "credited", "claim_by", "value", "threshold",
    "credit_ratio", "repeated", "claimed_on", "credited_on", "clause", "note",
]
# fmt: on

#: Figures as a list, or as a frame with the columns of figures.json.
Figures = pd.DataFrame | Iterable[Figure]


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

    Returns: one row per figure that reached a tier of the contract, may have, or was claimed for, the most money first:
    `owed`, `at_risk` (what would be owed if what is unknown were against the provider: at least what is owed),
    `claimed`, `credited` [client's currency, Decimal], `claim_by` the last day to claim, the `value`, the `threshold`
    and `credit_ratio` of the worst tier reached, whether it is `repeated`, dates, clause, and a `note` where a row owes
    nothing. Where a sum passes the cap, a last row named credit_terms.cap_ratio takes the rest off. Without a monthly
    fee `owed` and `at_risk` are None.

    Raises: ValueError where params are wrong or `month` is none.

    >>> agreed = {"term": {"monthly_fee": 18000}, "credit_terms": {"claim_days": 60},
    ...     "credits": [{"measure": "availability.ratio", "below": 0.999, "credit_ratio": 0.05}]}
    >>> now = pd.DataFrame({"measure": ["availability.ratio"], "subject": "email", "value": 0.99, "verdict": "missed"})
    >>> row = credits(now, None, None, agreed, "2026-10").iloc[0]
    >>> row.owed, row.claim_by.date().isoformat()
    (Decimal('900.00'), '2026-12-30')
    """
    when = Month.parse(str(month))
    agreed = as_contract(contract).on(when.first_on)
    before = _as_frame(() if previous_figures is None else previous_figures)
    figures = _as_frame(figures_frame)
    rows = _owed(_reached(figures, agreed), _missed(before, agreed), agreed)
    risky = _owed(_reached(figures, agreed, worst=True), _missed(before, agreed, worst=True), agreed)
    rows = _with_risk(rows, risky.rename(columns={"owed": "at_risk"}))
    rows = _with_claims(rows, credits_table, when)
    rows["claim_by"] = _claim_by(when, agreed)
    rows = _capped(_dearest_first(rows), agreed)
    return _as_record(rows.assign(month=str(when)))


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
    when = Month.parse(str(month))
    last = when.shift(-1) if owed is not None else when
    months = sorted(Month.parse(name) for name in history["month"].unique())
    by_month = {one: history[history["month"] == str(one)] for one in months if not last < one}
    known = _register_at(credits_table, when)
    past = [
        credits(rows, by_month.get(one.shift(-1)), known, contract, one) for one, rows in by_month.items()
    ]
    parts = [part for part in (owed, *past[::-1]) if part is not None]
    rows = pd.concat(parts, ignore_index=True) if parts else _as_record(pd.DataFrame())
    return _settled(rows, pd.Timestamp(when.end_on) - pd.Timedelta(days=1))


def unjudged_credits(
    figures_frame: Figures, contract: Contract | Mapping[str, Any], month: Month | str
) -> pd.DataFrame:
    """The credits that the contract promises and that no figure decides.

    Parameters: as `credits`. Returns: one row per measure and subject (empty: any) of the contract's credits for which
    there is no figure with a value, with its clause and why.
    """
    when = Month.parse(str(month))
    levels = tiers(as_contract(contract).on(when.first_on))
    known = _as_frame(figures_frame)
    known = known[known["value"].notna()]
    subjects = spelled(levels["subject"].fillna(""), known["subject"])
    exact = pd.MultiIndex.from_arrays([levels["measure"], subjects]).isin(
        pd.MultiIndex.from_arrays([known["measure"], known["subject"]])
    )
    decided = exact | (levels["subject"].isna() & levels["measure"].isin(known["measure"])).to_numpy(bool)
    rows = levels.assign(subject=subjects, why="no figure of this name has a value")[~decided]
    return rows[["measure", "subject", "clause", "why"]].drop_duplicates(
        ["measure", "subject"], ignore_index=True
    )


def _as_frame(figures: Figures) -> pd.DataFrame:
    if isinstance(figures, pd.DataFrame):
        return figures
    return pd.DataFrame([figure.row() for figure in figures], columns=COLUMNS)


def promises_credits(contract: Contract) -> bool:
    """Whether a contract promises any credit: for a level, or for evidence that is late (rule 50)."""
    return bool(contract.credits) or any(one.credit_ratio for one in contract.evidence)


def tiers(contract: Contract) -> pd.DataFrame:
    """Every level of a contract that earns a credit, one row each: measure, subject (None: any), below, above,
    credit_ratio, clause; deliveries of evidence too (rule 50)."""
    names = ("measure", "subject", "below", "above", "credit_ratio", "clause")
    rows = [{name: getattr(credit, name) for name in names} for credit in contract.credits]
    rows += [
        {"measure": "evidence.delivered", "subject": promise.table, "below": 1.0, "above": None}
        | {"credit_ratio": promise.credit_ratio, "clause": promise.clause}
        for promise in contract.evidence
        if promise.credit_ratio is not None
    ]
    every = pd.DataFrame(rows, columns=list(names))
    return every.astype({"below": "float64", "above": "float64"})


def _reached(figures: pd.DataFrame, contract: Contract, worst: bool = False) -> pd.DataFrame:
    """The worst tier that each figure reached: measure, subject, value, threshold, credit_ratio, clause.

    A figure without a verdict counts by its better end. With `worst` every figure counts by its worse end, and one that
    is not known at all as on the wrong side of every tier; so does one that is open though its target does not lie
    between its ends, for its source is doubted as a whole (rule 50).
    """
    levels = tiers(contract).rename(columns={"subject": "only"})
    columns = ["measure", "subject", "value", "low", "high", "target", "verdict", "why_missing"]
    known = figures.reindex(columns=columns)
    numbers = {
        name: pd.to_numeric(known[name]).astype("float64") for name in ("value", "low", "high", "target")
    }
    names = {"measure": known["measure"].astype("str"), "subject": known["subject"].astype("str").fillna("")}
    known = known.assign(**names, **numbers)[promises.existed(known)]
    pairs = known.merge(levels, on="measure")
    under = pairs["below"].notna()
    at_least, at_most = (pairs["low"], pairs["high"]) if worst else (pairs["high"], pairs["low"])
    end = at_least.where(under, at_most)
    if worst:
        between = pairs["low"].le(pairs["target"]) & pairs["high"].ge(pairs["target"])
        doubted = ~between | pairs["low"].eq(pairs["high"])
        unknown = pairs["value"].isna() | (pairs["verdict"].eq("no_verdict") & (end.isna() | doubted))
        counted = end.where(end.notna(), pairs["value"])
        counted = counted.mask(unknown, pd.Series(np.where(under, -np.inf, np.inf), pairs.index))
    else:
        counted = pairs["value"].where(pairs["verdict"].ne("no_verdict"), end)
    meant = pairs["only"].isna() | (normal(pairs["only"]) == normal(pairs["subject"]))
    bad = (counted < pairs["below"]) | (counted > pairs["above"])
    found = pairs.assign(threshold=pairs["below"].where(counted < pairs["below"], pairs["above"]))[
        meant & bad
    ]
    found = found.sort_values("credit_ratio", ascending=False, kind="stable")
    columns = ["measure", "subject", "value", "threshold", "credit_ratio", "clause"]
    return found.drop_duplicates(["measure", "subject"])[columns]


def _missed(figures: pd.DataFrame, contract: Contract, worst: bool = False) -> pd.MultiIndex:
    """The figures that missed in a month: by their verdict, else by a tier. With `worst` those too that nobody could
    judge though there was something to judge (rule 50)."""
    verdict = figures["verdict"]
    subject = figures["subject"].astype("str").fillna("")
    named = pd.MultiIndex.from_arrays([figures["measure"].astype("str"), subject])
    by_tier = named.isin(pd.MultiIndex.from_frame(_reached(figures, contract)[["measure", "subject"]]))
    unjudged = verdict.isna() | verdict.eq("no_target")
    missed = verdict.eq("missed") | (by_tier & unjudged)
    if worst:
        missed |= verdict.isin(["no_verdict", "no_data"]) & promises.existed(
            figures.reindex(columns=["verdict", "why_missing"])
        )
    return named[missed.to_numpy(bool)]


def _owed(reached: pd.DataFrame, missed_before: pd.MultiIndex, contract: Contract) -> pd.DataFrame:
    """What each figure's tier is worth; of several of one service only the highest."""
    repeated = pd.MultiIndex.from_frame(reached[["measure", "subject"]]).isin(missed_before)
    reached = reached.assign(repeated=repeated)
    fee, factor = contract.term.monthly_fee, contract.credit_terms.repeat_factor
    ratios = [Decimal(str(ratio)) for ratio in reached["credit_ratio"]]
    factors = np.where(reached["repeated"], Decimal(str(factor)), Decimal(1))
    worth = [
        None if fee is None else cents(fee * ratio * times)
        for ratio, times in zip(ratios, factors, strict=True)
    ]
    rows = reached.assign(owed=pd.Series(worth, index=reached.index, dtype=object))
    report = rows["measure"].str.split(".").str[0]
    size = rows["credit_ratio"] * np.where(rows["repeated"], factor, 1)
    best = rows.assign(report=report, size=size).sort_values("size", ascending=False, kind="stable")
    extra = best.index[best.duplicated(["report", "subject"])]
    note = pd.Series(None, index=rows.index, dtype=object)
    if fee is None:
        note[:] = NO_FEE
    note[extra] = "counted once a service, with its worst level"
    if fee is not None:
        rows.loc[extra, "owed"] = Decimal("0.00")
    return rows.assign(note=note)


def _with_risk(owed: pd.DataFrame, risky: pd.DataFrame) -> pd.DataFrame:
    """What is owed with what is at risk beside it; what is only at risk owes nothing, and says why."""
    both = owed.merge(risky, on=["measure", "subject"], how="outer", suffixes=("", "_risk"), indicator=True)
    only = both.pop("_merge").eq("right_only")
    for name in ("value", "threshold", "credit_ratio", "clause", "repeated"):
        both[name] = both[name].astype(object).where(~only, both[f"{name}_risk"])
    unpriced = both["at_risk"].isna()
    both["owed"] = both["owed"].astype(object).mask(only & ~unpriced, Decimal("0.00"))
    both["note"] = both["note"].astype(object).mask(only, UNKNOWN).mask(only & unpriced, NO_FEE)
    return both


def _with_claims(rows: pd.DataFrame, table: pd.DataFrame | None, month: Month) -> pd.DataFrame:
    """Rows beside what was claimed and granted for the month; a claim for what is not owed has a row too."""
    table = pd.DataFrame(columns=["month", "measure", "subject"]) if table is None else table
    mine = table[table["month"].astype("str") == str(month)]
    amount = optional(mine, "amount", "object")
    claims = pd.DataFrame(
        {
            "measure": spelled(mine["measure"], rows["measure"]),
            "subject": spelled(mine["subject"], rows["subject"]).fillna(""),
            "claimed_on": dates(optional(mine, "claimed_on")),
            "credited_on": dates(optional(mine, "credited_on")),
            "amount": [None if pd.isna(value) else cents(Decimal(str(value))) for value in amount],
        }
    ).astype({"amount": object})
    both = rows.merge(claims, on=["measure", "subject"], how="outer", indicator=True)
    unowed = both["_merge"] == "right_only"
    for name in ("owed", "at_risk"):
        both[name] = both[name].astype(object).mask(unowed, Decimal("0.00"))
    both["note"] = both["note"].astype(object).mask(unowed, "no level of the contract was missed that far")
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
    if ratio is None or fee is None:
        return rows
    zero, cap = Decimal("0.00"), cents(fee * Decimal(str(ratio)))
    over = {name: max(total(rows[name]) - cap, zero) for name in ("owed", "at_risk")}
    if not any(over.values()):
        return rows
    row = {"measure": CAP, "subject": "", "claimed": zero, "credited": zero, "repeated": False}
    row |= {name: -value for name, value in over.items()}
    row["note"] = "the sum of a month's credits is capped"
    return pd.concat([rows, pd.DataFrame([row])])


def _dearest_first(rows: pd.DataFrame) -> pd.DataFrame:
    sizes = {f"{name}_size": -rows[name].astype(float) for name in ("owed", "at_risk")}
    order = rows.assign(**sizes).sort_values([*sizes, "measure", "subject"], kind="stable").index
    return rows.loc[order]


def _register_at(table: pd.DataFrame | None, month: Month) -> pd.DataFrame | None:
    """The register of claims as it stood at the end of a month (rule 0)."""
    if table is None:
        return None
    end = pd.Timestamp(month.end_on)
    claimed, granted = dates(optional(table, "claimed_on")), dates(optional(table, "credited_on"))
    amount = optional(table, "amount", "object")
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
    state = state.mask(granted, "credited in part").mask(granted & ~left.gt(0), "credited")
    state = state.mask(~owed.gt(0) & ~granted, "nothing owed")
    lost = state.isin(["expired", "nothing owed"])
    return rows.assign(state=state.astype("str"), left=left.mask(lost, zero))


def _as_record(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the columns of the record, typed; missing money is None."""
    rows = rows.reindex(columns=_CREDITS).reset_index(drop=True)
    numbers = dict.fromkeys(("value", "threshold", "credit_ratio"), "float64")
    days = dict.fromkeys(("claim_by", "claimed_on", "credited_on"), "datetime64[us]")
    rows = rows.astype(numbers | days)
    rows["repeated"] = rows["repeated"].astype("boolean").fillna(False).astype(bool)
    for name in ("owed", "at_risk", "claimed", "credited"):
        rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
    for name in ("month", "measure", "subject", "clause", "note"):
        rows[name] = rows[name].astype("str").where(rows[name].notna())
    return rows
