"""The board's own loop: its decisions until they are done, the provider's replies, what changed since the last pack.

None of this is a promise of the provider, so no figure here has a target or a verdict. Days are counted to the last
day of the period in the client's zone: what was due on that day is not overdue yet, what ran out on it still held.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd

from msp_report.model.case import Again
from msp_report.model.figures import SEVERITY, Figure
from msp_report.model.period import Month
from msp_report.model.tables import TABLES

# fmt: off
ACTION_COLUMNS = ["action_id", "text", "owner", "state", "days_overdue", "due_on", "decided_on", "done_on"]
REPLY_COLUMNS = ["measure", "subject", "said_on", "by", "text"]
DUE_COLUMNS = ["kind", "id", "what", "who", "cost", "by_on", "days_overdue", "state", "report"]
CHANGE_COLUMNS = ["kind", "measure", "subject", "from", "to", "direction", "unit"]
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
#: The report whose figures count the others: it does not compare itself.
OWN = "scorecard"
_JUDGED = ("met", "missed", "no_verdict", "no_data")


# ---------------------------------------------------------------- decisions of the board


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
    Source: rule 0; interfaces.md, actions.

    >>> register = pd.DataFrame({"action_id": ["A1"], "text": ["Ask for the list"], "owner": ["Operations"],
    ...     "decided_on": pd.to_datetime(["2026-07-09"]), "due_on": pd.to_datetime(["2026-09-30"]), "done_on": pd.NaT})
    >>> found = actions(register, pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"))
    >>> found[["state", "days_overdue"]].values.tolist()
    [['overdue', 31]]
    """
    first, last = _day(start, timezone), _day(end, timezone) - pd.Timedelta(days=1)
    table = _known_by(actions, last).assign(listed=True)
    before = _known_by(earlier, last).assign(listed=False)
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
    opinions: pd.DataFrame,
    proposals: pd.DataFrame | None = None,
    claims: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What waits for the board and was not decided yet, most pressing first.

    Parameters: `opinions` from competence.opinions; `proposals` and `claims` the records strategy/waiting (project_id,
    name, proposed_by, cost) and contract/claims (month, measure, subject, left [cost], claim_by, state), None where the
    pack has none.
    Returns: one row each with DUE_COLUMNS (record scorecard/due): `kind` proposal, credit or opinion; `id` of the
    project; `what` in words; `who` proposed it, or whose opinion it is; `cost`; `by_on`, the last day; days_overdue
    [days]; `state` one of STATES, in whose order the rows stand; `report`, whose page shows more.
    Edge cases decided: an opinion that has run out, or behind which stands nobody independent, is due; where there is
    none at all that is one row.
    Source: mission, page one; interfaces.md.
    """
    parts = [_due_opinions(opinions), _due_claims(claims), _due_proposals(proposals)]
    table = pd.concat([part.reindex(columns=DUE_COLUMNS).astype(object) for part in parts], ignore_index=True)
    table = table.assign(by_on=pd.to_datetime(table["by_on"]).astype("datetime64[us]"))
    table = table.assign(
        cost=table["cost"].astype("float64"), days_overdue=table["days_overdue"].astype("Int64")
    )
    texts = {name: "str" for name in ("kind", "id", "what", "who", "state", "report")}
    return _by_state(table.astype(texts), "by_on")[DUE_COLUMNS]


def _due_opinions(opinions: pd.DataFrame) -> pd.DataFrame:
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


def _known_by(actions: pd.DataFrame | None, last: pd.Timestamp) -> pd.DataFrame:
    """A register as it was known on a day."""
    columns = TABLES["actions"].names
    table = (TABLES["actions"].empty() if actions is None else actions).reindex(columns=list(columns))
    days = {
        name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in columns if name.endswith("_on")
    }
    table = table.assign(**days)
    table = table[table["decided_on"] <= last]
    return table.assign(done_on=table["done_on"].where(table["done_on"] <= last))


def _day(at: datetime, timezone: str) -> pd.Timestamp:
    """The civil day after an instant's last microsecond: of a period's end, the first day that is not in it."""
    moment = pd.Timestamp(at)
    if moment.tzinfo is None:
        raise ValueError(f"the period must have instants with a time zone, not {at!r}")
    return (moment.tz_convert(timezone) - pd.Timedelta(microseconds=1)).tz_localize(
        None
    ).normalize() + pd.Timedelta(days=1)


# ---------------------------------------------------------------- replies of the provider


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
    Source: interfaces.md, replies; rule 0 speaks of facts of the month, a reply is about its page.
    """
    table = _plain(given)
    first, after = _day(start, timezone), _day(end, timezone)
    table = table[table["said_on"] >= first]
    if shared:
        table = table[table["said_on"] < after]
    elif earlier is not None:
        key = list(TABLES["replies"].key)
        known = pd.MultiIndex.from_frame(_plain(earlier)[key])
        table = table[~pd.MultiIndex.from_frame(table[key]).isin(known)]
    return table.sort_values("said_on", kind="stable", ignore_index=True)[REPLY_COLUMNS]


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


def _plain(given: pd.DataFrame | None) -> pd.DataFrame:
    table = (TABLES["replies"].empty() if given is None else given).reindex(columns=REPLY_COLUMNS)
    said = pd.to_datetime(table["said_on"]).astype("datetime64[us]")
    return table.assign(said_on=said, subject=table["subject"].fillna("").astype("str"))


# ---------------------------------------------------------------- changed since the last pack


def last_pack(history: pd.DataFrame) -> tuple[Month | None, pd.DataFrame]:
    """The month and the figures of the newest pack in a history; no month where there is none."""
    if history.empty:
        return None, history.drop(columns="month")
    month = history["month"].max()
    return Month.parse(month), history[history["month"] == month].drop(columns="month")


def changes(figures: pd.DataFrame, before: pd.DataFrame, again: pd.DataFrame | None = None) -> pd.DataFrame:
    """What is judged otherwise, or by another measure, than in an earlier pack.

    Parameters: `figures` of this pack and those of the pack `before`, with the columns of figures.json; `again` the
    rows of `rows_again`, which stand last.
    Returns: one row per change with CHANGE_COLUMNS (record scorecard/changes): `kind` verdict, target, rule or clause;
    `from` and `to`; `direction` worse or better of a verdict, looser or stricter of a target (looser: easier to meet);
    `unit` says what `from` and `to` are: verdict, text, or the figure's own. Verdicts that became worse come first,
    then promises that are shown no more, looser targets, and the rest.
    Edge cases decided: a figure that only one of the packs has counts where it was, or is, judged (met, missed, no
    verdict, no data); its target and rule are then no change. Figures of the scorecard itself are left out. Where one
    of the packs has no figures at all there is nothing to compare.
    Source: mission; issue "the board's own loop".
    """
    rows = pd.DataFrame(columns=CHANGE_COLUMNS) if again is None else again[CHANGE_COLUMNS]
    if figures.empty or before.empty:
        return rows.reset_index(drop=True)
    names = ["measure", "subject", "verdict", "target", "rule", "clause", "better", "unit"]
    now, then = (frame.loc[frame["report"] != OWN, names] for frame in (figures, before))
    pairs = then.merge(now, on=["measure", "subject"], how="outer", suffixes=("_from", "_to"), indicator=True)
    both = pairs["_merge"].eq("both")
    judged = pairs["verdict_from"].isin(_JUDGED) | pairs["verdict_to"].isin(_JUDGED)
    counted = {"verdict": both | judged, "target": both, "rule": both, "clause": both}
    parts = [_changed(pairs[mask], kind) for kind, mask in counted.items()]
    table = pd.concat(parts, ignore_index=True)
    gone = table["kind"].eq("verdict") & table["to"].isna()
    place = np.select(
        [table["direction"].eq("worse"), gone, table["direction"].eq("looser"), table["kind"].eq("verdict")],
        [0, 1, 2, 3],
        4,
    )
    worst = table["to"].map(SEVERITY).where(table["kind"].eq("verdict"))
    table = table.assign(place=place, worst=worst).sort_values(["place", "worst"], kind="stable")
    return pd.concat([table[CHANGE_COLUMNS], rows.astype(object)], ignore_index=True)


def _changed(pairs: pd.DataFrame, kind: str) -> pd.DataFrame:
    was, now = pairs[f"{kind}_from"].astype(object), pairs[f"{kind}_to"].astype(object)
    differ = was.notna() & now.notna() & was.ne(now) | was.notna().ne(now.notna())
    if kind == "verdict":
        unit = "verdict"
        rank = {verdict: severity for verdict, severity in SEVERITY.items() if verdict in _JUDGED}
        worse, better = now.map(rank) < was.map(rank), now.map(rank) > was.map(rank)
        direction = np.select([worse, better], ["worse", "better"], "")
    elif kind == "target":
        unit = pairs["unit_to"]
        sign = pairs["better_to"].map({"higher": 1, "lower": -1}).fillna(0)
        step = sign * (now.astype("float64") - was.astype("float64"))
        looser, stricter = step.lt(0) | now.isna(), step.gt(0) | was.isna()
        direction = np.select([looser, stricter], ["looser", "stricter"], "")
    else:
        unit, direction = "text", ""
    names = {"kind": kind, "from": was, "to": now, "direction": direction, "unit": unit}
    return pairs[["measure", "subject"]].assign(**names)[differ]


def rows_again(
    table: str, now: pd.DataFrame, last: pd.DataFrame | None, first: object, last_first: object
) -> pd.DataFrame:
    """Which rows of earlier months came again with this month's exports, and what became of them.

    Parameters: the canonical `table`'s name; its accepted rows as they came with this month's exports and with those of
    the `last` pack (None: it had no such table); `first` and `last_first`, the beginnings of this month and of the last
    pack's, of the type of the table's period column.
    Returns: at most three rows with CHANGE_COLUMNS, `measure` the table's name, `to` a count: kind "rows read again"
    (all those of earlier months); of them "rows that say something else" than in the last pack, and "rows that came
    late", of the last pack's month and not in it. The last two need a key. A kind without rows has no row.
    """
    declared = TABLES[table]
    past = now[now[declared.period] < first]
    counts = {"rows read again": len(past)}
    if declared.key and last is not None and len(past):
        key = list(declared.key)
        pairs = past.merge(last, on=key, how="left", suffixes=("", "_last"), indicator=True)
        others = [name for name in declared.names if name not in key]
        differ = pd.Series(False, pairs.index)
        for name in others:  # few columns, all rows at once
            was, is_ = pairs[f"{name}_last"], pairs[name]
            differ |= ~((was == is_).fillna(False).astype(bool) | (was.isna() & is_.isna()))
        known = pairs["_merge"].eq("both")
        counts["rows that say something else"] = int((known & differ).sum())
        counts["rows that came late"] = int((~known & (pairs[declared.period] >= last_first)).sum())
    rows = [(kind, table, "", None, count, "", "count") for kind, count in counts.items() if count]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS)


def read_again(tables: Iterable[Again]) -> pd.DataFrame:
    """`rows_again` of each of these tables, one below the other."""
    rows = [frame for one in tables if len(frame := rows_again(*one))]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=CHANGE_COLUMNS)


# ---------------------------------------------------------------- figures


def figures(
    actions: pd.DataFrame,
    opinions: pd.DataFrame,
    changes: pd.DataFrame,
    due: pd.DataFrame,
    end: datetime,
    timezone: str = "UTC",
    *,
    has_actions: bool,
    has_opinions: bool,
    compared: bool,
) -> list[Figure]:
    """The figures of the board's own loop, none with a verdict.

    Parameters: the frames of `actions`, `changes`, `due` and competence.opinions; `end` the cut-off in `timezone`;
    whether the tables actions and assessments came with the exports, and whether there was an earlier pack.
    Returns: scorecard.actions_open [count of decisions not carried out], .actions_overdue [count, n = open],
    .actions_done [count, in the period], .opinions_overdue [count of subjects whose opinion has run out or is not
    independent, n = subjects], .claim_days [days until the first credit lapses, n = credits], .worse and .better
    [count of verdicts that changed so]. Missing says why.
    """
    open_ones = actions[actions["state"] != "done"]
    missing = "no register of the board's decisions was supplied"
    why = None if has_actions or len(actions) else missing
    stale = opinions["expired"] | ~opinions["independent"]
    unheard = None if has_opinions else "no register of outside opinions was supplied"
    alone = None if compared else "there is no pack before this one"
    lapse = due.loc[due["kind"] == "credit", "by_on"].dropna() - (_day(end, timezone) - pd.Timedelta(days=1))
    left = lapse.dt.days
    turns = changes.loc[changes["kind"] == "verdict", "direction"]
    rule = "rule 0; register of the board's decisions"
    return [
        _count("actions_open", len(open_ones), why, rule=rule),
        _count(
            "actions_overdue", int(open_ones["days_overdue"].notna().sum()), why, n=len(open_ones), rule=rule
        ),
        _count("actions_done", int(actions["state"].eq("done").sum()), why, better=None, rule=rule),
        _count(
            "opinions_overdue",
            int(stale.sum()),
            unheard,
            n=len(opinions),
            rule="an opinion a year, independent",
        ),
        _count(
            "claim_days",
            left.min() if len(left) else None,
            None if len(left) else "no credit can be claimed",
            n=len(left),
            unit="days",
            better=None,
            rule="rule 29",
        ),
        _count("worse", int(turns.eq("worse").sum()), alone, rule="verdicts against those of the last pack"),
        _count(
            "better",
            int(turns.eq("better").sum()),
            alone,
            better=None,
            rule="verdicts against those of the last pack",
        ),
    ]


def _count(name: str, value: float | None, why: str | None, **fields: object) -> Figure:
    known = {"unit": "count", "better": "lower", **fields}
    return Figure(measure=f"{OWN}.{name}", value=None if why else value, why_missing=why, **known)
