"""What the year came to: its fees, what was charged beside them, what outages cost, and the credits for it.

Decided here, where no rule says:

- A year costs what its months cost (scorecard.money), and the credits that nobody claimed in time: what a month counted
  off as owed, and what was lost since, makes the year dearer again.
- What was granted, and what can still be claimed, is a part of what is owed: it stands under the total, and so does
  what is in dispute of purchases.
- All money is that of the months' packs and of this pack's page on the contract, so that no sum differs from theirs.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from msp_report.metrics.scorecard import money as month
from msp_report.metrics.scorecard.money import of_pages
from msp_report.model.figures import Figure

MONEY = ["kind", "amount", "hours", "included_hours", "n", "by_on", "lacks"]
LAPSED, TOTAL = "plus the credits never claimed in time", "what the year came to"
GRANTED, DISPUTED = "credits granted", "purchases in dispute"
#: What the total is made of, and which of it makes it less.
_PARTS = {month.FEE: 1, month.BESIDE: 1, month.LOST: 1, month.CREDITS: -1, LAPSED: 1}


def money(
    figures: pd.DataFrame,
    months: pd.DataFrame,
    hours: pd.DataFrame | None,
    credits: pd.DataFrame | None,
) -> pd.DataFrame:
    """The year's money, one row per kind.

    Parameters: `figures` of this pack, like figures.json; `months` the records scorecard/money of the months' packs,
    with their month; this pack's records contract/year_hours and contract/year_credits, None where it has none.
    Returns: rows with MONEY in this order: fee, work charged beside it, work lost to outages, credits owed, credits
    never claimed in time, what the year came to, credits granted, what can still be claimed, purchases in dispute.
    amount [client's currency], hours and included_hours [hours], n [count of credits], by_on the last day of the first
    claim that lapses; lacks, of the total the kinds that nobody states.
    Source: rules 19, 27, 29 and 39.
    """
    beside = months[months["kind"].eq(month.BESIDE) & months["amount"].notna()]
    delivered = pd.DataFrame(columns=["hours", "included_hours"]) if hours is None else hours
    claims = _claimable(credits)
    rows = [
        {
            "kind": month.FEE,
            "amount": of_pages(figures, "contract.year_fee"),
            "hours": _all_told(delivered["hours"]),
            "included_hours": _all_told(delivered["included_hours"]),
        },
        {
            "kind": month.BESIDE,
            "amount": _all_told(beside["amount"]),
            "hours": _all_told(beside["hours"]),
        },
        {
            "kind": month.LOST,
            "amount": of_pages(figures, "contract.year_user_cost"),
            "hours": of_pages(figures, "contract.year_user_hours"),
        },
        {
            "kind": month.CREDITS,
            "amount": of_pages(figures, "contract.year_owed"),
            "n": of_pages(figures, "contract.year_credits"),
        },
        {"kind": LAPSED, "amount": of_pages(figures, "contract.year_lost")},
    ]
    rows += [
        _year_total(rows),
        {"kind": GRANTED, "amount": of_pages(figures, "contract.year_credited")},
        {
            "kind": month.CLAIM,
            "amount": of_pages(figures, "contract.year_open"),
            "n": None if claims is None else len(claims),
            "by_on": None if claims is None or claims.empty else pd.to_datetime(claims["claim_by"]).min(),
        },
        {"kind": DISPUTED, "amount": of_pages(figures, "contract.year_at_stake")},
    ]
    found = pd.DataFrame(rows).reindex(columns=MONEY)
    found["by_on"] = pd.to_datetime(found["by_on"]).astype("datetime64[us]")
    numbers = dict.fromkeys(("amount", "hours", "included_hours"), "float64")
    return found.astype(numbers | {"kind": "str", "n": "Int64", "lacks": "str"})


def figures(money: pd.DataFrame) -> list[Figure]:
    """assessment.year_cost [cost, n = kinds that are stated] and .work_beside [cost]; missing says why."""
    row = money.set_index("kind")
    stated = int(row.loc[list(_PARTS), "amount"].notna().sum())
    none = "no part of it is stated"
    beside = "the contract does not say which hours cost money"
    return [
        Figure.of("assessment.year_cost", row.loc[TOTAL, "amount"], none, n=stated),
        Figure.of("assessment.work_beside", row.loc[month.BESIDE, "amount"], beside),
    ]


def by_month(months: pd.DataFrame, period: list[str]) -> pd.DataFrame:
    """What each month of a period came to, as its own page one said: month and amount, missing where none does."""
    said = months[months["kind"].eq(month.TOTAL)].drop_duplicates("month", keep="last").set_index("month")
    amounts = said["amount"].astype("float64").reindex(period)
    return pd.DataFrame({"month": period, "amount": amounts.to_numpy()})


def _year_total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum of the parts that are stated, and which are not; what lapsed is known where credits are."""
    known = {row["kind"]: row["amount"] for row in rows if row["amount"] is not None}
    lacking = [row["kind"] for row in rows if row["kind"] not in known and row["kind"] != LAPSED]
    return {
        "kind": TOTAL,
        "amount": round(sum(_PARTS[kind] * amount for kind, amount in known.items()), 2) if known else None,
        "lacks": "; ".join(lacking) or None,
    }


def _claimable(credits: pd.DataFrame | None) -> pd.DataFrame | None:
    """The credits that can still be claimed."""
    return None if credits is None else credits[credits["state"].eq("open")]


def _all_told(amounts: pd.Series) -> float | None:
    known = pd.to_numeric(amounts).dropna().astype("float64")
    return round(float(known.sum()), 6) if len(known) else None
