"""What the month came to: one total for money and one for hours, and what is to be done about the rest of it.

Decided here, where no rule says:

- A month costs its fee, the work charged beside it, and the work that outages cost our people, less the credits owed
  for its missed levels. What is to be held or claimed is no cost of the month: it stands under the total.
- What nobody states is missing from the total, and the total says which part it lacks.
- All money is that of the pack's own pages, so that no sum differs from theirs.
- Of a contract without service credits nothing can be claimed, and without purchases nobody knows what to hold: neither
  is a sum of nought.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from msp_report.metrics.contract import CAP
from msp_report.model.columns import booked, charged
from msp_report.model.figures import Figure
from msp_report.params import Contract

MONEY = ["kind", "amount", "last_amount", "hours", "included_hours", "n", "by_on", "lacks"]
FEE, BESIDE, LOST, CREDITS = (
    "fee",
    "work charged beside the fee",
    "work lost to outages",
    "less the credits owed",
)
TOTAL, CLAIM, HOLD = "what the month came to", "can still be claimed", "bills to hold"
ABROAD = "bills in another currency"
#: What the total is made of, and which of it makes it less.
_PARTS = {FEE: 1, BESIDE: 1, LOST: 1, CREDITS: -1}


def money(
    figures: pd.DataFrame,
    before: pd.DataFrame,
    agreed: Contract,
    hours: pd.DataFrame | None,
    beside: tuple[float | None, float | None],
    claims: pd.DataFrame | None,
    due: pd.DataFrame | None,
) -> pd.DataFrame:
    """The month's money, one row per kind.

    Parameters: `figures` of the pack and of the pack of the month `before`, like figures.json; the contract in force;
    the pack's records contract/hours, contract/claims and procurement/due, None where it has none, of due also where no
    purchases were supplied; `beside` the hours
    charged beside the fee and their cost, as charged_beside.
    Returns: rows with MONEY in this order: fee, work charged beside it, work lost to outages, credits owed, what the
    month came to, what can still be claimed, bills to hold. amount and last_amount [client's currency; that of the last
    pack, where it says], hours [hours], of the fee included_hours too, n [count of credits, of bills], by_on the last
    day of the first claim that lapses; lacks, of the total the kinds that nobody states, and of the bills those that
    are left out.
    Source: rules 19, 29 and 39.
    """
    fee, included = agreed.term.monthly_fee, agreed.term.included_hours
    worked = None if hours is None or hours.empty else hours["hours"].iloc[-1]
    lost, lost_before = (of_pages(frame, "availability.user_cost") for frame in (figures, before))
    owed, owed_before = (
        of_pages(frame, "contract.credit_owed", over_all=True) for frame in (figures, before)
    )
    rows = [
        {"kind": FEE, "amount": fee, "last_amount": fee, "hours": worked, "included_hours": included},
        {
            "kind": BESIDE,
            "amount": beside[1],
            "last_amount": _last_said(before, "work_beside"),
            "hours": beside[0],
        },
        {
            "kind": LOST,
            "amount": lost,
            "last_amount": lost_before,
            "hours": of_pages(figures, "availability.user_hours_lost"),
        },
        {
            "kind": CREDITS,
            "amount": owed,
            "last_amount": owed_before,
            "n": _times_of(figures, "contract.credit_owed"),
        },
    ]
    rows.append(_total_of(rows) | {"last_amount": _last_said(before, "month_cost")})
    to_claim = _to_claim(figures, before, claims)
    if not agreed.credits and not to_claim["n"]:
        to_claim |= {"amount": None, "n": None}
    rows += [to_claim, _to_hold(before, due, agreed.client.currency)]
    found = pd.DataFrame(rows).reindex(columns=MONEY)
    numbers = dict.fromkeys(("amount", "last_amount", "hours", "included_hours"), "float64")
    found["by_on"] = pd.to_datetime(found["by_on"]).astype("datetime64[us]")
    return found.astype(numbers | {"kind": "str", "n": "Int64"})


def charged_beside(
    entries: pd.DataFrame | None, agreed: Contract, start: Any, end: Any, hours: pd.DataFrame | None
) -> tuple[float | None, float | None]:
    """The hours charged beside the fee in a period and their cost, as the contract says which are (rule 19).

    Parameters: `entries` the canonical time_entries, None where not supplied; `hours` the record contract/hours.
    Returns: hours and money; both None where the contract does not say which hours cost money, or without bookings.
    """
    rate = agreed.tickets.hourly_rate
    if agreed.term.billed == "over_included":
        row = None if hours is None or hours.empty else hours.iloc[-1]
        return (None, None) if row is None else (_or_none(row["over_hours"]), _or_none(row["over_cost"]))
    rows = booked(entries, start, end, agreed.client.timezone)
    if agreed.term.billed is None or rows is None:
        return None, None
    spent = round(float(pd.to_numeric(rows.loc[charged(rows), "hours"]).sum()), 6)
    return spent, None if rate is None else round(spent * float(rate), 2)


def figures(money: pd.DataFrame) -> list[Figure]:
    """scorecard.month_cost [cost, n = kinds that are stated], .month_hours [hours], .work_beside [cost] and .to_hold
    [cost, n = bills]; missing says why."""
    row = money.set_index("kind")
    none = "no part of it is stated"
    stated = int(row.loc[list(_PARTS), "amount"].notna().sum())
    return [
        Figure.of("scorecard.month_cost", row.loc[TOTAL, "amount"], none, n=stated),
        Figure.of("scorecard.month_hours", row.loc[TOTAL, "hours"], none),
        Figure.of(
            "scorecard.work_beside",
            row.loc[BESIDE, "amount"],
            "the contract does not say which hours cost money",
        ),
        Figure.of(
            "scorecard.to_hold", row.loc[HOLD, "amount"], "no purchases were supplied", n=row.loc[HOLD, "n"]
        ),
    ]


def _total_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    amounts = {row["kind"]: _or_none(row["amount"]) for row in rows}
    known = {kind: amount for kind, amount in amounts.items() if amount is not None}
    hours = [value for row in rows if (value := _or_none(row.get("hours"))) is not None]
    return {
        "kind": TOTAL,
        "amount": round(sum(_PARTS[kind] * amount for kind, amount in known.items()), 2) if known else None,
        "hours": round(sum(hours), 6) if hours else None,
        "lacks": "; ".join(kind for kind in amounts if kind not in known) or None,
    }


def _to_claim(figures: pd.DataFrame, before: pd.DataFrame, claims: pd.DataFrame | None) -> dict[str, Any]:
    open_ones = None if claims is None else claims[claims["state"].eq("open") & claims["measure"].ne(CAP)]
    day = None if open_ones is None or open_ones.empty else pd.to_datetime(open_ones["claim_by"]).min()
    amounts = (of_pages(frame, "contract.credit_unclaimed", over_all=True) for frame in (figures, before))
    return dict(zip(("amount", "last_amount"), amounts, strict=True)) | {
        "kind": CLAIM, "by_on": day, "n": _times_of(figures, "contract.credit_unclaimed"),
    }  # fmt: skip


def _to_hold(before: pd.DataFrame, due: pd.DataFrame | None, currency: str) -> dict[str, Any]:
    if due is None:
        return {"kind": HOLD}
    held = due[due["decision"].eq("hold")]
    ours = held["currency"].isna() | held["currency"].eq(currency)
    told = {"kind": HOLD, "last_amount": _last_said(before, "to_hold"), "n": len(held)}
    told |= {"amount": round(float(pd.to_numeric(held.loc[ours, "amount"]).sum()), 2)}
    return told | {"lacks": None if ours.all() else ABROAD}


def of_pages(figures: pd.DataFrame, measure: str, over_all: bool = False) -> float | None:
    """What a measure comes to over its subjects, or over all; None where nobody says."""
    mine = figures[figures["measure"].eq(measure) & figures["value"].notna()]
    mine = mine[mine["subject"].eq("")] if over_all else mine
    return float(mine["value"].astype(float).sum()) if len(mine) else None


def _times_of(figures: pd.DataFrame, measure: str) -> int | None:
    mine = figures[figures["measure"].eq(measure) & figures["subject"].eq("")]
    return None if mine.empty or pd.isna(mine["n"].iloc[0]) else int(mine["n"].iloc[0])


def _last_said(before: pd.DataFrame, name: str) -> float | None:
    """What the last pack's page one said of its own figure."""
    return of_pages(before, f"scorecard.{name}", over_all=True)


def _or_none(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
