"""Numbers of tickets that are in none of the files (rule 38): gaps in the numbering over the usual.

Decided here: numbers count by what stands before their digits, where there are enough of them. The usual gap is the
greatest but for one in twenty of those before the month (without a month before: of its own); a gap of more than three
times that is over it, so that where numbers run without a gap any gap is. A number of a rejected row was supplied.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.model.texts import parts

GAPS = ["first_id", "last_id", "missing", "after_id", "before_id", "before_at"]
#: Fewer numbers of one form tell nothing of how they run.
_ENOUGH = 20
#: From this share of a month's numbers on, what is missing is a doubt about the source (rule 46).
DOUBTED = 1 / 20
#: What is said of it then.
TOO_MANY = "more than one ticket number in twenty is in none of the files"


def gaps(
    tickets: pd.DataFrame, rejected: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """The gaps over the usual between the numbers of a period's tickets.

    Parameters: `tickets` the canonical table with its look-back; `rejected` the rejected rows of it, as Case.rejected;
    the period [start, end). Returns: one row per gap with GAPS, the longest first: the numbers missing from `first_id`
    to `last_id` [`missing`, count], between the tickets `after_id` and `before_id`, of which the second was opened at
    `before_at` in the period.
    """
    known = tickets.loc[tickets["opened_at"] < end, ["ticket_id", "opened_at"]]
    known = pd.concat([known, rejected[["ticket_id"]].dropna()]) if len(rejected) else known
    numbered = _numbered(known["ticket_id"])
    rows = known.assign(**numbered)[numbered["digits"].notna().to_numpy(bool)]
    rows["number"] = rows["digits"].astype("int64")
    rows = rows.drop_duplicates(["form", "number"]).sort_values(["form", "number"], ignore_index=True)
    by_form = rows.groupby("form", sort=False)
    rows = rows.assign(after=by_form["number"].shift(), after_id=by_form["ticket_id"].shift())
    rows = rows[by_form["number"].transform("size").ge(_ENOUGH) & rows["after"].notna()]
    lacking = (rows["number"] - rows["after"] - 1).astype("int64")
    inside = rows["opened_at"].ge(start) & rows["opened_at"].lt(end)
    earlier = rows["opened_at"].lt(start)
    over = pd.Series(False, rows.index)
    for form in rows["form"].unique():  # forms of numbers, a handful
        own = rows["form"].eq(form)
        usual = lacking[own & earlier] if (own & earlier).sum() >= _ENOUGH else lacking[own & inside]
        if len(usual):
            over |= own & inside & lacking.gt(3 * np.quantile(usual, 0.95, method="lower"))
    found = rows[over].assign(missing=lacking[over])
    width = found["digits"].str.len()
    table = pd.DataFrame(
        {
            "first_id": _as_numbered(found["form"], found["after"].astype("int64") + 1, width),
            "last_id": _as_numbered(found["form"], found["number"] - 1, width),
            "missing": found["missing"].astype("Int64"),
            "after_id": found["after_id"].astype("str"),
            "before_id": found["ticket_id"].astype("str"),
            "before_at": found["opened_at"],
        }
    )
    return table.sort_values("missing", ascending=False, kind="stable", ignore_index=True)[GAPS]


def doubt(missing: pd.DataFrame, tickets: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> str | None:
    """Why a period's tickets are doubted as a whole, by `gaps`; None where not too many are missing."""
    opened = int((tickets["opened_at"].ge(start) & tickets["opened_at"].lt(end)).sum())
    lacking = int(missing["missing"].sum())
    return TOO_MANY if lacking > DOUBTED * (opened + lacking) else None


def _numbered(ids: pd.Series) -> pd.DataFrame:
    """The form and the digits of each number, by row: up to fifteen digits at its end, of whatever script."""
    found = parts(ids, r"^(?P<form>[\x20-/:-~]*)(?P<digits>[0-9]{1,15})$")  # most are so, and told far faster
    rest = found["digits"].isna().to_numpy(bool)
    if rest.any():
        found.loc[rest] = parts(ids[rest], r"^(?P<form>.*?)(?P<digits>\p{Nd}{1,15})$").to_numpy(object)
    return found


def _as_numbered(form: pd.Series, number: pd.Series, width: pd.Series) -> pd.Series:
    """Numbers as the tool writes them, with the noughts before them that the next one has."""
    digits = [f"{one:0{size}d}" for one, size in zip(number.tolist(), width.tolist(), strict=True)]
    return form.astype("str") + pd.Series(digits, form.index, dtype="str")
