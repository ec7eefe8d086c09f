"""The balanced scorecard: objectives, measures, targets and results as strategy.yaml asks, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from msp_report.model.columns import plain_rows
from msp_report.model.figures import SEVERITY, Figure, judge
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
]


#: Measures of what the pages cannot rest on: each of them with a subject stands on page one.
NOT_TO_RELY_ON = (
    "evidence.withheld_tables",
    "evidence.doubted_tables",
    "evidence.stale_packs",
    "year.stale_packs",
)


def lines(figures: pd.DataFrame, strategy: Strategy | Mapping[str, Any] | None) -> pd.DataFrame:
    """The scorecard's lines in the order of strategy.yaml.

    Parameters: `figures` with the columns of figures.json; the strategy.
    Returns one row per line with LINE_COLUMNS (record scorecard/lines); `result` in the figure's unit.
    A line's own target outranks the contract's. Where both are the same the figure's verdict stands, else the
    line is judged anew, with the figure's bounds: a target between them is no_verdict. A measure that no
    report of the pack gives is no_data and says so.
    Source: strategy.yaml `scorecard`; rule 6.
    """
    known = {(row["measure"], row["subject"]): Figure.from_row(row) for row in plain_rows(figures)}
    plan = as_strategy(strategy)
    titles = {objective.id: objective.title for objective in plan.objectives}
    rows = [_judged_line(line, known.get((line.measure, line.subject)), titles) for line in plan.scorecard]
    return pd.DataFrame(rows, columns=LINE_COLUMNS)


def _judged_line(line: ScorecardLine, figure: Figure | None, titles: Mapping[str, str]) -> dict[str, Any]:
    target = line.target if line.target is not None else figure.target if figure else None
    row = {
        "perspective": line.perspective,
        "objective": titles.get(line.objective or "", line.objective or ""),
        "measure": line.measure,
        "subject": line.subject,
        "target": target,
        "page_one": line.page_one,
    }
    if figure is None:
        why = "no report of this pack gives this measure"
        return {**row, "result": None, "unit": "", "verdict": "no_data", "why_missing": why}
    better = line.better or figure.better or "higher"
    if figure.verdict and target == figure.target and better == figure.better:
        verdict = figure.verdict
    else:
        verdict = judge(figure.value, target, better, figure.low, figure.high)
    found = {
        "result": figure.value,
        "unit": figure.unit,
        "verdict": verdict,
        "why_missing": figure.why_missing,
    }
    return {**row, **found}


def on_page_one(lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines that strategy.yaml puts on page one, and the others, each in their order.

    Where it marks none with `page_one`, all are on page one: nobody has chosen.
    """
    chosen = lines["page_one"].astype(bool)
    chosen = chosen if chosen.any() else ~chosen
    return lines[chosen].reset_index(drop=True), lines[~chosen].reset_index(drop=True)


def agreed(figures: pd.DataFrame) -> pd.DataFrame:
    """The figures that have a target, worst verdict first: what the provider promised.

    Returns rows of figures.json in the order of severity; the order within a verdict is the pack's.
    """
    promised = figures[figures["target"].notna() & figures["verdict"].notna()]
    return promised.sort_values("verdict", key=lambda v: v.map(SEVERITY), kind="stable")


def exceptions(figures: pd.DataFrame, lines: pd.DataFrame | None = None) -> pd.DataFrame:
    """What the board must look at: what is missed or cannot be judged, of the contract and of its own targets.

    Parameters: `figures` with the columns of figures.json; `lines` of the scorecard, of which those count that
    miss, or cannot be judged against, a target that is the board's own.
    Returns rows of figures.json, missed first; the board's own have no headline yet. `no_data` counts where
    there is a target: something was promised and nothing shows it. A table that was due and did not come, one that is
    doubted as a whole, and a pack that is out of date stand beside them (rules 41, 46 and 48).
    """
    open_points = figures["verdict"].isin(["missed", "no_verdict"])
    withheld = figures["measure"].isin(NOT_TO_RELY_ON)
    unknown = figures["verdict"].eq("no_data") & (figures["target"].notna() | withheld)
    found = [figures[(open_points | unknown) & figures["headline"].notna()]]
    if lines is not None:
        own = lines[lines["verdict"].isin(["missed", "no_verdict"])]
        told = pd.MultiIndex.from_frame(found[0][["measure", "subject"]])
        own = own[~pd.MultiIndex.from_frame(own[["measure", "subject"]]).isin(told)]
        report = own["measure"].str.split(".").str[0]
        found.append(
            own.rename(columns={"result": "value"}).assign(report=report).reindex(columns=figures.columns)
        )
    every = pd.concat(
        [part.astype(object) for part in found if len(part)] or [figures.head(0)], ignore_index=True
    )
    return every.sort_values("verdict", key=lambda v: v.map(SEVERITY), kind="stable")


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


def past(lines: pd.DataFrame, series: pd.DataFrame) -> list[list[float]]:
    """The values of each line over all the months of `series`, NaN where a month has none."""
    wide = series.pivot_table(index=["measure", "subject"], columns="month", values="value", dropna=False)
    asked = pd.MultiIndex.from_frame(lines[["measure", "subject"]])
    return wide.reindex(asked).to_numpy(float).tolist()
