"""The board's decisions until they are done, and what waits for one.

None of it is a promise of the provider. Days are counted to the last day of the period in the client's zone: what was
due on that day is not overdue yet, what ran out on it still held.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from msp_report.model.columns import day_after, last_day
from msp_report.model.tables import TABLES

# fmt: off
ACTION_COLUMNS = [
    "action_id", "text", "owner", "state", "days_overdue", "due_on", "decided_on", "done_on", "about",
]
DUE_COLUMNS = ["kind", "id", "what", "who", "cost", "by_on", "days_overdue", "state", "report"]
# fmt: on

#: States of what is due, most pressing first.
STATES = (
    "overdue",
    "run out",
    "no longer listed",
    "unclaimed",
    "waits for a decision",
    "not independent",
    "missing",
    "open",
    "done",
)


def actions(
    actions: pd.DataFrame | None,
    start: datetime,
    end: datetime,
    timezone: str = "UTC",
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The board's decisions that are not carried out at the cut-off, and those carried out in the period.

    Parameters: `actions` the canonical table as it came with the period's exports, None where not supplied;
    `[start, end)` the period, timezone-aware, read in `timezone`; `earlier` the same table as it stood in earlier
    packs, oldest first.
    Returns: one row per decision with ACTION_COLUMNS (record scorecard/actions): overdue ones first, the longest
    overdue first, then those no longer listed, the open ones by their day, then those done in the period. `state` is
    overdue, no longer listed, open or done; days_overdue [days] is missing where it is not overdue.
    Edge cases decided: nothing decided or done after the last day exists (rule 0); what was done before the period was
    said then; a decision that was open in an earlier pack and stands in the register no more is carried on as "no
    longer listed", because only being done ends it, and it may be overdue none the less (days_overdue says so).
    Source: rule 0.

    >>> register = pd.DataFrame({"action_id": ["A1"], "text": ["Ask for the list"], "owner": ["Operations"],
    ...     "decided_on": pd.to_datetime(["2026-07-09"]), "due_on": pd.to_datetime(["2026-09-30"]), "done_on": pd.NaT})
    >>> found = actions(register, pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"))
    >>> found[["state", "days_overdue"]].values.tolist()
    [['overdue', 31]]
    """
    first, last = day_after(start, timezone), last_day(end, timezone)
    table = _decided_by(actions, last).assign(listed=True)
    before = _decided_by(earlier, last).assign(listed=False)
    before = before[~before["action_id"].isin(table["action_id"])]
    table = pd.concat([table, before.drop_duplicates("action_id", keep="last")], ignore_index=True)
    done = table["done_on"].notna()
    table = table[~done | (table["listed"] & (table["done_on"] >= first))]
    late = (last - table["due_on"]).dt.days.astype("Int64").where(table["done_on"].isna())
    late = late.where(late.gt(0).fillna(False))
    state = np.select(
        [table["done_on"].notna(), ~table["listed"], late.notna()],
        ["done", "no longer listed", "overdue"],
        "open",
    )
    table = table.assign(state=pd.Series(state, table.index, dtype="str"), days_overdue=late)
    return _by_state(table, "due_on")[ACTION_COLUMNS]


def due(
    opinions: pd.DataFrame | None,
    proposals: pd.DataFrame | None = None,
    claims: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What waits for the board and was not decided yet, most pressing first.

    Parameters: `opinions` from competence.opinions, None where no register of them was supplied; `proposals` and
    `claims` the records strategy/waiting (project_id, name, proposed_by, cost) and contract/claims (month, measure,
    subject, left [cost], claim_by, state), None where the pack has none.
    Returns: one row each with DUE_COLUMNS (record scorecard/due): `kind` proposal, credit or opinion; `id` of the
    project; `what` in words; `who` proposed it, or whose opinion it is; `cost`; `by_on`, the last day; days_overdue
    [days]; `state` one of STATES, in whose order the rows stand; `report`, whose page shows more.
    Edge cases decided: an opinion that has run out, or behind which stands nobody independent, is due; where there is
    none at all in a register that was supplied, that is one row. No register is no statement (rule 47).
    """
    parts = [_due_opinions(opinions), _due_claims(claims), _due_proposals(proposals)]
    table = pd.concat([part.reindex(columns=DUE_COLUMNS).astype(object) for part in parts], ignore_index=True)
    table = table.assign(by_on=pd.to_datetime(table["by_on"]).astype("datetime64[us]"))
    table = table.assign(
        cost=table["cost"].astype("float64"), days_overdue=table["days_overdue"].astype("Int64")
    )
    texts = {name: "str" for name in ("kind", "id", "what", "who", "state", "report")}
    return _by_state(table.astype(texts), "by_on")[DUE_COLUMNS]


def _due_opinions(opinions: pd.DataFrame | None) -> pd.DataFrame:
    if opinions is None:
        return pd.DataFrame()
    if opinions.empty:
        return pd.DataFrame(
            {"kind": ["opinion"], "what": ["an outside opinion on the provider"], "state": ["missing"]}
        )
    state = np.select([~opinions["independent"], opinions["expired"]], ["not independent", "run out"], "")
    table = opinions.assign(
        kind="opinion",
        state=state,
        by_on=opinions["expires_on"],
        who=opinions["assessor"],
    )
    return table.assign(what="outside opinion on " + opinions["subject"].astype("str"))[state != ""]


def _due_claims(claims: pd.DataFrame | None) -> pd.DataFrame:
    if claims is None or claims.empty:
        return pd.DataFrame()
    table = claims[claims["state"] == "open"]
    about = table["subject"].fillna(table["measure"]).astype("str")
    what = "credit for " + about + ", " + table["month"].astype("str")
    claim = pd.to_datetime(table["claim_by"])
    names = {
        "kind": "credit",
        "state": "unclaimed",
        "report": "contract",
        "by_on": claim,
        "cost": table["left"],
    }
    return table.assign(**names, what=what).drop(columns="measure")


def _due_proposals(proposals: pd.DataFrame | None) -> pd.DataFrame:
    if proposals is None or proposals.empty:
        return pd.DataFrame()
    names = {"project_id": "id", "name": "what", "proposed_by": "who"}
    return proposals.rename(columns=names).assign(
        kind="proposal", state="waits for a decision", report="strategy"
    )


def _by_state(table: pd.DataFrame, day: str) -> pd.DataFrame:
    """Rows in the order of STATES, then the longest overdue, the nearest day, the most money."""
    order = table.assign(
        place=table["state"].map({state: place for place, state in enumerate(STATES)}),
        late=-table["days_overdue"].astype("float64").fillna(0),
        dear=-table["cost"].astype("float64").fillna(0) if "cost" in table else 0.0,
    )
    return order.sort_values(["place", "late", day, "dear"], kind="stable", ignore_index=True)


def _decided_by(actions: pd.DataFrame | None, last: pd.Timestamp) -> pd.DataFrame:
    """A register as it was known on a day."""
    columns = TABLES["actions"].names
    table = (TABLES["actions"].empty() if actions is None else actions).reindex(columns=list(columns))
    days = {
        name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in columns if name.endswith("_on")
    }
    table = table.assign(**days)
    table = table[table["decided_on"] <= last]
    return table.assign(done_on=table["done_on"].where(table["done_on"] <= last))
