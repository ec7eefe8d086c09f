"""The provider's own figures beside those that we computed (rule 32): where they differ, why, and what it is worth.

A claim is compared in the unit of our figure, to the decimals that it states. Without `decimals` they are those that it
is written with; a whole share or percentage, which may have lost its noughts, is taken to a hundredth of a per cent.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd

CLAIMS = ["measure", "subject", "unit", "claimed", "recomputed", "gap", "cause", "money", "stated_in"]

#: What a claim's unit is worth in the unit of our figure, by both.
_UNITS = {
    ("%", "ratio"): 0.01,
    ("percent", "ratio"): 0.01,
    ("h", "min"): 60.0,
    ("hours", "min"): 60.0,
    ("minutes", "min"): 1.0,
    ("s", "min"): 1 / 60,
    ("seconds", "min"): 1 / 60,
    ("days", "min"): 1440.0,
    ("min", "hours"): 1 / 60,
    ("minutes", "hours"): 1 / 60,
    ("h", "hours"): 1.0,
    ("days", "hours"): 24.0,
    ("hours", "days"): 1 / 24,
}
#: Units that say what the figure is anyway.
_PLAIN = frozenset({"", "ratio", "count", "tickets", "number", "cost", "score"})
#: The decimals of a whole number of these units that states none.
_WHOLE = {"ratio": 4, "%": 2, "percent": 2}
_KEY = ["measure", "subject"]
#: Where a claim stands that was found in the exports: in the flag that a tool gives each of its tickets.
TOOL = "the tool's own flag on each ticket"


def stated(table: pd.DataFrame | None, month: str) -> pd.DataFrame:
    """What the provider claims for a month: one row per measure and subject, the last one where several came.

    Parameters: `table` the canonical claims, None where not supplied. Returns: measure, subject (empty over all),
    value, unit and stated_in as stated, and `half`, half a unit of the claim's last decimal.
    """
    if table is None:
        table = pd.DataFrame({"measure": [], "value": [], "unit": [], "month": []})
    rows = table[table["month"].eq(month)]
    value = pd.to_numeric(rows["value"]).astype("float64")
    written = [max(0, -Decimal(repr(one)).normalize().as_tuple().exponent) for one in value.tolist()]
    decimals = rows["decimals"] if "decimals" in rows else pd.Series(pd.NA, rows.index, dtype="Int64")
    unit = (
        rows["unit"].astype("str").str.strip().str.casefold().replace(r"^per\s+cent$", "percent", regex=True)
    )
    places = pd.Series(written, rows.index, dtype="Float64")
    places = places.where(places.gt(0), unit.map(_WHOLE).fillna(0).astype("Float64"))
    places = decimals.astype("Float64").fillna(places)
    found = pd.DataFrame(
        {
            "measure": rows["measure"].astype("str"),
            "subject": _text(rows, "subject").fillna(""),
            "value": value,
            "unit": unit,
            "half": 0.5 * 10.0 ** -places.astype("float64"),
            "stated_in": _text(rows, "stated_in"),
        }
    )
    return found.drop_duplicates(_KEY, keep="last", ignore_index=True)


def with_flags(claims: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """The rows of `stated`, and after them what the provider's own tools say of figures that it claims nothing of.

    Parameters: `figures` like figures.json, whose `claimed` has what a metric found in the exports.
    """
    found = figures[figures["claimed"].notna()]
    named = pd.MultiIndex.from_frame(found[_KEY].astype(object).fillna(""))
    found = found[~named.isin(pd.MultiIndex.from_frame(claims[_KEY].astype(object)))]
    if found.empty:
        return claims
    rows = pd.DataFrame(
        {
            "measure": found["measure"].astype("str"),
            "subject": found["subject"].astype("str").fillna(""),
            "value": pd.to_numeric(found["claimed"]).astype("float64"),
            "unit": found["unit"].astype("str"),
            "half": 0.0,
            "stated_in": TOOL,
        }
    )
    return pd.concat([claims, rows], ignore_index=True) if len(claims) else rows.reset_index(drop=True)


def in_units(claims: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """The rows of `stated` beside our figures: `claimed` and `half` in the figure's unit, and the figure's
    `recomputed`, `low`, `high`, `unit`.

    A claim of which there is no figure, or whose unit is another kind of thing, keeps its own unit and has no
    `recomputed`.
    """
    ours = figures[[*_KEY, "value", "unit", "low", "high"]].rename(
        columns={"unit": "own", "value": "recomputed"}
    )
    both = claims.merge(ours.assign(subject=ours["subject"].fillna("")), on=_KEY, how="left")
    same = both["unit"].eq(both["own"]) | both["unit"].isin(_PLAIN) | both["own"].eq("cost")
    factors = [
        1.0 if is_same else _UNITS.get((unit, own), np.nan)
        for is_same, unit, own in zip(same, both["unit"], both["own"].fillna(""), strict=True)
    ]
    factor = pd.Series(factors, both.index, dtype="float64").where(both["own"].notna())
    numbers = {name: pd.to_numeric(both[name]).astype("float64") for name in ("recomputed", "low", "high")}
    return both.assign(
        claimed=both["value"] * factor.fillna(1.0),
        half=both["half"] * factor.fillna(1.0),
        unit=both["own"].where(factor.notna(), both["unit"]),
        **{name: column.where(factor.notna()) for name, column in numbers.items()},
    ).drop(columns=["own", "value"])


def compare(
    claims: pd.DataFrame,
    figures: pd.DataFrame,
    readings: pd.DataFrame,
    owed: Callable[[pd.DataFrame], pd.DataFrame],
) -> pd.DataFrame:
    """Every claim of a month with what we computed, the gap, its cause, and the money that hangs on it (rule 32).

    Parameters: `claims` as `stated`; `figures` like figures.json; `readings`, what every other reading of rule 11
    gives: measure, subject, value; `owed`, by figures like figures.json the credits that they owe: measure, subject,
    owed.
    Returns: one row per claim with CLAIMS, gaps first, the dearest first: `gap` = claimed - recomputed, 0 within the
    decimals stated, missing where there is nothing to compare; `cause` of a gap: rule (another reading gives it), data
    (it lies between low and high, so that what is missing may explain it), else error; `money`, by how much the credits
    that the claim would owe differ from those of our figure [client's currency].
    """
    rows = in_units(claims, figures)
    off = rows["claimed"] - rows["recomputed"]
    near = 1e-9 + rows["half"]
    gap = off.where(off.abs() > near, 0.0).where(rows["recomputed"].notna())
    differs = gap.fillna(0).ne(0)
    other = rows[[*_KEY, "claimed", "half"]].reset_index(names="row").merge(readings, on=_KEY)
    by_rule = other.loc[(other["value"] - other["claimed"]).abs() <= 1e-9 + other["half"], "row"]
    inside = (rows["claimed"] >= rows["low"] - near) & (rows["claimed"] <= rows["high"] + near)
    inside &= rows["low"].lt(rows["high"])
    cause = np.select([rows.index.isin(by_rule), inside], ["rule", "data"], "error")
    table = rows.assign(
        gap=gap,
        cause=pd.Series(cause, rows.index, dtype="str").where(differs),
        money=_at_stake(rows, figures, differs, owed),
    )
    table = table.sort_values([*_KEY, "claimed"], kind="stable")  # so that no order of the rows shows
    same = table["cause"].isna()
    order = np.lexsort([-table["gap"].abs().fillna(0), -table["money"].astype(float), same])
    return table.iloc[order][CLAIMS].reset_index(drop=True)


def _at_stake(
    rows: pd.DataFrame,
    figures: pd.DataFrame,
    differs: pd.Series,
    owed: Callable[[pd.DataFrame], pd.DataFrame],
) -> pd.Series:
    """By claim, how much more or less is owed by our figures than if the claims with a gap were right."""
    if not differs.any():
        return pd.Series(Decimal(0), rows.index, dtype=object)
    claimed = rows[differs].set_index(_KEY)["claimed"]
    named = pd.MultiIndex.from_arrays([figures["measure"], figures["subject"].fillna("")])
    theirs = pd.Series(claimed.reindex(named).to_numpy(), figures.index)
    # their verdicts are not ours: by its value alone a figure reaches a tier
    as_claimed = figures.assign(
        value=theirs.where(theirs.notna(), pd.to_numeric(figures["value"]).astype("float64"))
    )
    ours, as_stated = (
        frame.groupby(_KEY)["owed"].sum() if len(frame) else pd.Series(dtype=object)
        for frame in (owed(figures), owed(as_claimed))
    )
    asked = pd.MultiIndex.from_frame(rows[_KEY])
    less = [
        abs(Decimal(str(one or 0)) - Decimal(str(other or 0)))
        for one, other in zip(ours.reindex(asked).fillna(0), as_stated.reindex(asked).fillna(0), strict=True)
    ]
    return pd.Series(less, rows.index, dtype=object).where(differs, Decimal(0))


def readings_of(services: pd.DataFrame | None, attainment: pd.DataFrame | None) -> pd.DataFrame:
    """What every reading of rule 11 gives, from the records availability/rules and tickets/rules: measure, subject,
    value."""
    parts = [pd.DataFrame({"measure": [], "subject": [], "value": []})]
    if services is not None:
        parts.append(
            pd.DataFrame(
                {
                    "measure": "availability.ratio",
                    "subject": services["service"].astype("str"),
                    "value": services["availability_ratio"],
                }
            )
        )
    if attainment is not None:
        parts.append(
            pd.DataFrame(
                {
                    "measure": "tickets." + attainment["clock"].astype("str") + "_attainment",
                    "subject": attainment["priority"].astype("str").where(attainment["priority"].notna(), ""),
                    "value": attainment["attainment_ratio"],
                }
            )
        )
    found = pd.concat(
        [part.astype({"measure": "str", "subject": "str", "value": "float64"}) for part in parts]
    )
    return found.reset_index(drop=True)


def _text(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name].astype("str") if name in rows else pd.Series(None, rows.index, dtype="str")
