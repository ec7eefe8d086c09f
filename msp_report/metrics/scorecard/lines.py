"""The balanced scorecard: objectives, measures, targets and results as strategy.yaml asks, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import pandas as pd

from msp_report.model import promises
from msp_report.model.columns import plain_rows
from msp_report.model.figures import SEVERITY, Better, Figure
from msp_report.model.gate import Decision, decide
from msp_report.params import ScorecardLine, Strategy, as_strategy

LINE_COLUMNS = [
    "perspective",
    "objective",
    "measure",
    "subject",
    "target",
    "result",
    "unit",
    "verdict",
    "why_missing",
    "page_one",
    "better",
]
_KEY = ["measure", "subject"]


#: The tables of each report, one of which must have come for its page to say anything.
TABLES_OF = {
    "availability": ("outages", "checks"),
    "capacity": ("samples",),
    "tickets": ("tickets",),
    "projects": ("projects",),
    "procurement": ("purchases",),
    "licences": ("entitlements", "installs"),
    "backups": ("backup_jobs", "assets"),
    "duties": ("duty_evidence",),
    "satisfaction": ("surveys",),
    "vendors": ("vendors", "recommendations"),
}
#: The figure of the tables that are doubted as a whole, one each.
DOUBTED = "evidence.doubted_tables"
#: Measures of what the pages cannot rest on: each of them with a subject stands on page one.
NOT_TO_RELY_ON = (
    "evidence.withheld_tables",
    "evidence.emptied_columns",
    DOUBTED,
    "evidence.stale_packs",
    "year.stale_packs",
)


def lines(figures: pd.DataFrame, strategy: Strategy | Mapping[str, Any] | None) -> pd.DataFrame:
    """The scorecard's lines in the order of strategy.yaml.

    Parameters: `figures` with the columns of figures.json; the strategy.
    Returns one row per line with LINE_COLUMNS (record scorecard/lines); `result` in the figure's unit.
    A line's own target outranks the contract's. Where both are the same the figure's verdict stands, else the
    line is judged anew, with the figure's bounds: a target between them is no_verdict, and so is all that rests on a
    table which is doubted as a whole. A measure that no report of the pack gives is no_data and says so.
    Source: strategy.yaml `scorecard`; rules 6 and 46.
    """
    known = {(row["measure"], row["subject"]): Figure.from_row(row) for row in plain_rows(figures)}
    plan = as_strategy(strategy)
    titles = {objective.id: objective.title for objective in plan.objectives}
    doubts = {name: f.why_missing for (measure, name), f in known.items() if measure == DOUBTED and name}
    rows = [
        _judged_line(line, known.get((line.measure, line.subject)), titles, doubts) for line in plan.scorecard
    ]
    return pd.DataFrame(rows, columns=LINE_COLUMNS)


def _judged_line(
    line: ScorecardLine, figure: Figure | None, titles: Mapping[str, str], doubts: Mapping[str, str | None]
) -> dict[str, Any]:
    target = line.target if line.target is not None else figure.target if figure else None
    better = line.better or (figure.better if figure else None)
    row = {
        "perspective": line.perspective,
        "objective": titles.get(line.objective or "", line.objective or ""),
        "measure": line.measure,
        "subject": line.subject,
        "target": target,
        "page_one": line.page_one,
        "better": better or (None if target is None else "higher"),
    }
    if figure is None:
        why = "no report of this pack gives this measure"
        return {**row, "result": None, "unit": "", "verdict": "no_data", "why_missing": why}
    better = better or "higher"
    found = {"result": figure.value, "unit": figure.unit, "why_missing": figure.why_missing}
    if figure.verdict and target == figure.target and better == figure.better:
        return {**row, **found, "verdict": figure.verdict}
    report = line.measure.split(".")[0]
    doubt = next((doubts[name] for name in TABLES_OF.get(report, ()) if name in doubts), None)
    judged = _judged_anew(figure, target, better, doubt)
    return {**row, **found, "verdict": judged.verdict, "why_missing": judged.why or figure.why_missing}


def _judged_anew(figure: Figure, target: float | None, better: Better, doubt: str | None) -> Decision:
    """The verdict by another target: what covers a part of the month has no end where none is given (rule 41)."""
    low, high = figure.low, figure.high
    if figure.coverage is not None and figure.coverage < 1:
        low, high = -inf if low is None else low, inf if high is None else high
    return decide(figure.value, target, better, low=low, high=high, doubt=doubt)


def asked(course: pd.DataFrame, strategy: Strategy | Mapping[str, Any] | None) -> pd.DataFrame:
    """Figures of several months by the board's own targets.

    Parameters: `course` with the columns of figures.json and month; the strategy.
    Returns: the same rows, their target and verdict those of the scorecard's line; missing where it has none, and in a
    month without the figure.
    """
    known = course[course["value"].notna()]
    judged = [lines(rows, strategy).assign(month=month) for month, rows in known.groupby("month")]
    key = ["month", *_KEY]
    found = pd.concat([pd.DataFrame(columns=["month", *LINE_COLUMNS]), *judged])
    found = found.drop_duplicates(key)[[*key, "target", "verdict"]]
    rows = course.drop(columns=["target", "verdict"]).merge(found, on=key, how="left")
    return rows.assign(target=rows["target"].astype("float64"))[course.columns]


def on_page_one(lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines that strategy.yaml puts on page one, and the others, each in their order.

    Where it marks none with `page_one`, all are on page one: nobody has chosen.
    """
    chosen = lines["page_one"].astype(bool)
    chosen = chosen if chosen.any() else ~chosen
    return lines[chosen].reset_index(drop=True), lines[~chosen].reset_index(drop=True)


def standing(
    figures: pd.DataFrame, lines: pd.DataFrame | None = None, before: pd.DataFrame | None = None
) -> pd.DataFrame:
    """All that is judged in a month, each thing once: what is agreed, and beside it our own rules (rule 49).

    Parameters: `figures` of the pack with the columns of figures.json; the `lines` of the scorecard; the figures of the
    packs `before`.
    Returns: rows of figures.json, worst first, with `whose` (agreed, own) and `existed` (False: nothing to judge in the
    month). A line of the board's with a target of its own is one of our rules; where a control of this software judges
    the same figure, the line takes its place. A control that was never decided, and that no line asks for, is not in
    force: nobody agreed it and nothing shows it.
    """
    known = figures.assign(whose=promises.whose(figures), existed=promises.existed(figures))
    known = known[known["whose"].notna()]
    asked = own_lines(lines, figures)
    named, told = keys(known), keys(asked)
    decided = pd.DataFrame(columns=_KEY) if before is None else before
    decided = decided[decided["verdict"].isin(promises.DECIDED)] if len(decided) else decided
    controls = known["whose"].eq(promises.OWN)
    in_force = known["verdict"].ne("no_data") | named.isin(keys(decided)) & known["existed"]
    rows = known[~controls | (in_force & ~named.isin(told))]
    both = pd.concat([rows.astype(object), asked.astype(object)], ignore_index=True)
    return both.sort_values("verdict", key=lambda v: v.map(SEVERITY), kind="stable", ignore_index=True)


def own_lines(lines: pd.DataFrame | None, figures: pd.DataFrame) -> pd.DataFrame:
    """The lines whose target is the board's own, as rows of `standing`; what the contract judges alike is none."""
    columns = [*figures.columns, "whose", "existed"]
    if lines is None or lines.empty:
        return pd.DataFrame(columns=columns)
    mine = lines[lines["target"].notna()].drop_duplicates([*_KEY, "target"])
    evidence = ["n", "low", "high", "coverage", "rule"]
    theirs = figures[[*_KEY, "target", "headline", "verdict", *evidence]].rename(
        columns={"target": "agreed", "verdict": "found"}
    )
    mine = mine.merge(theirs, on=_KEY, how="left")
    same = mine["agreed"].eq(mine["target"]) & mine["verdict"].eq(mine["found"])
    contract = keys(mine).isin(keys(figures[promises.whose(figures).eq(promises.AGREED)]))
    mine = mine[~(same & contract)]
    found = mine.rename(columns={"result": "value"}).assign(
        report=mine["measure"].astype("str").str.split(".").str[0],
        headline=mine["headline"].where(same.reindex(mine.index)),
        clause=None,
        whose=promises.OWN,
        existed=True,
    )
    return found.reindex(columns=columns)


def exceptions(standing: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """What the board must look at: all that `standing` counts as missed or that cannot be judged, and what did not
    come.

    Returns: rows of figures.json with `whose`: agreed, then own, each worst first, then the tables that were due and
    did not come (evidence, rule 41). As many rows of each as the figures and sentences of page one count. Some have no
    headline yet.
    """
    open_points = standing[standing["existed"].astype(bool) & standing["verdict"].ne("met")]
    withheld = figures[figures["measure"].isin(NOT_TO_RELY_ON) & figures["verdict"].eq("no_data")]
    parts = [open_points[open_points["whose"].eq(name)] for name in (promises.AGREED, promises.OWN)]
    parts.append(withheld.assign(whose="evidence", existed=True))
    every = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    return every[[*figures.columns, "whose"]]


def keys(rows: pd.DataFrame) -> pd.MultiIndex:
    """Measure and subject of each row; a figure over all has an empty subject."""
    return pd.MultiIndex.from_frame(rows[_KEY].astype(object).fillna(""))


def series(figures: pd.DataFrame, history: pd.DataFrame, month: str) -> pd.DataFrame:
    """Every figure's values over the months, for sparklines.

    Parameters: `figures` of this pack; `history` with the same columns and `month`; this month's label.
    Returns one row per measure, subject and month with `value`, sorted by month.
    """
    columns = ["measure", "subject", "month", "value"]
    parts = [frame[columns] for frame in (history, figures.assign(month=month)) if len(frame)]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).sort_values(["measure", "subject", "month"], kind="stable")
