"""What changed since the last pack: verdicts, targets, rules, and rows of earlier months that came again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from msp_report.model import promises
from msp_report.model.case import Again
from msp_report.model.figures import SEVERITY
from msp_report.model.period import Month
from msp_report.model.tables import TABLES

CHANGE_COLUMNS = ["kind", "measure", "subject", "from", "to", "direction", "unit", "whose"]
#: The report whose figures count the others: it does not compare itself.
OWN = "scorecard"


def last_pack(history: pd.DataFrame) -> tuple[Month | None, pd.DataFrame]:
    """The month and the figures of the newest pack in a history; no month where there is none."""
    if history.empty:
        return None, history.drop(columns="month")
    month = history["month"].max()
    return Month.parse(month), history[history["month"] == month].drop(columns="month")


def changes(
    figures: pd.DataFrame,
    before: pd.DataFrame,
    again: pd.DataFrame | None = None,
    lines: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """What is judged otherwise, or by another measure, than in an earlier pack.

    Parameters: `figures` of this pack and those of the pack `before`, with the columns of figures.json; `again` the
    rows of `rows_again`, which stand last; the board's own `lines` of both, as lines.own_lines, by its targets of
    today: each takes the place of the control of this software that judges the same figure.
    Returns: one row per change with CHANGE_COLUMNS (record scorecard/changes): `kind` verdict, target, rule or clause;
    `from` and `to`; `direction` worse or better of a verdict, lost where it can be judged no more (rule 41: never
    better, never worse; nothing to judge in the month is not lost), looser or stricter of a target (looser: easier to
    meet); `unit` says what `from` and `to` are: verdict, text, or the figure's own; `whose` rule judges the figure now,
    else judged it then (agreed, own: rule 49; empty where neither). Verdicts that became worse come first, then
    evidence that was lost, promises that are shown no more, looser targets, and the rest. A verdict that can be judged
    again is neither.
    Edge cases decided: a figure that only one of the packs has counts where it was, or is, judged (met, missed, no
    verdict, no data); its target and rule are then no change. Figures of the scorecard itself are left out. Where one
    of the packs has no figures at all there is nothing to compare.
    Source: docs/decisions.md; rule 41.
    """
    rows = pd.DataFrame(columns=CHANGE_COLUMNS) if again is None else again[CHANGE_COLUMNS]
    if figures.empty or before.empty:
        return rows.reset_index(drop=True)
    names = [
        "measure",
        "subject",
        "verdict",
        "target",
        "rule",
        "clause",
        "better",
        "unit",
        "whose",
        "existed",
    ]
    boards = (figures.head(0), before.head(0)) if lines is None else lines
    asked = pd.concat([own[["measure", "subject"]] for own in boards]).drop_duplicates()
    now, then = (
        _with_lines(frame, own, asked)[[*names, "by"]]
        for frame, own in zip((figures, before), boards, strict=True)
    )
    pairs = then.merge(
        now, on=["measure", "subject", "by"], how="outer", suffixes=("_from", "_to"), indicator=True
    )
    pairs["whose"] = pairs["whose_to"].fillna(pairs["whose_from"]).fillna("")
    both = pairs["_merge"].eq("both")
    judged = pairs["verdict_from"].isin(promises.JUDGED) | pairs["verdict_to"].isin(promises.JUDGED)
    stated = both & pairs["by"].eq("page")
    counted = {"verdict": both | judged, "target": stated, "rule": stated, "clause": stated}
    parts = [_differing(pairs[mask], kind) for kind, mask in counted.items()]
    table = pd.concat(parts, ignore_index=True)
    gone = table["kind"].eq("verdict") & table["to"].isna()
    place = np.select(
        [
            *(table["direction"].eq(name) for name in ("worse", "lost")),
            *(gone, table["direction"].eq("looser"), table["kind"].eq("verdict")),
        ],
        [0, 1, 2, 3, 4],
        5,
    )
    worst = table["to"].map(SEVERITY).where(table["kind"].eq("verdict"))
    table = table.assign(place=place, worst=worst).sort_values(["place", "worst"], kind="stable")
    return pd.concat([table[CHANGE_COLUMNS], rows.astype(object)], ignore_index=True)


def _with_lines(figures: pd.DataFrame, own: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The figures of a pack but for page one's, and the board's own lines beside them; controls that a line of either
    pack replaces are left out."""
    known = figures.assign(whose=promises.whose(figures), existed=promises.existed(figures), by="page")
    known = known[known["report"].ne(OWN)]
    told = pd.MultiIndex.from_frame(known[["measure", "subject"]].astype(object).fillna(""))
    replaced = known["whose"].eq(promises.OWN) & told.isin(pd.MultiIndex.from_frame(asked.astype(object)))
    lines = own.assign(by="board")
    return pd.concat([known[~replaced].astype(object), lines.astype(object)], ignore_index=True)


def _differing(pairs: pd.DataFrame, kind: str) -> pd.DataFrame:
    was, now = pairs[f"{kind}_from"].astype(object), pairs[f"{kind}_to"].astype(object)
    differ = was.notna() & now.notna() & was.ne(now) | was.notna().ne(now.notna())
    if kind == "verdict":
        unit = "verdict"
        decided, told = was.isin(promises.DECIDED), now.isin(promises.DECIDED)
        direction = np.select(
            [
                decided & now.isin(promises.OPEN) & pairs["existed_to"].ne(False),
                decided & told & now.eq("missed"),
                decided & told & now.eq("met"),
            ],
            ["lost", "worse", "better"],
            "",
        )
    elif kind == "target":
        unit = pairs["unit_to"]
        sign = pairs["better_to"].map({"higher": 1, "lower": -1}).fillna(0)
        step = sign * (now.astype("float64") - was.astype("float64"))
        looser, stricter = step.lt(0) | now.isna(), step.gt(0) | was.isna()
        direction = np.select([looser, stricter], ["looser", "stricter"], "")
    else:
        unit, direction = "text", ""
    names = {"kind": kind, "from": was, "to": now, "direction": direction, "unit": unit}
    return pairs[["measure", "subject", "whose"]].assign(**names)[differ]


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
    rows = [(kind, table, "", None, count, "", "count", "") for kind, count in counts.items() if count]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS)


def read_again(tables: Iterable[Again]) -> pd.DataFrame:
    """`rows_again` of each of these tables, one below the other."""
    rows = [frame for one in tables if len(frame := rows_again(*one))]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=CHANGE_COLUMNS)
