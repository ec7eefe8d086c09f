"""Pictures by form; the only import of seaborn and matplotlib.

A form takes a tidy frame; its `title` is the finding, and `alt` says what is drawn. The numbers that a reader sees
(first, last, lowest and highest, or row by row, and the target) join `alt` here. One visual language: muted marks,
one accent for what was missed, which also has its own shape; a target is a line with its own label; names and numbers
stand at what they name. A drawing has two sets of colours and takes the one that the reader's screen asks for. The
same frame gives the same bytes, so figures are drawn without pyplot, which holds state.
"""

from __future__ import annotations

import base64
import io
import logging
import re
import textwrap
import warnings
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from msp_report.model.figures import SEVERITY
from msp_report.model.period import Month
from msp_report.pages.display import SIGNS, Display, Html
from msp_report.words import labels
from msp_report.words.numbers import clean
from msp_report.words.sentences.said import paragraph

# matplotlib and seaborn take a second to import: that is done where something is drawn first
if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # building its font cache is no news for a page

#: So long a text for one who cannot see a picture is read out; it names at most twelve rows.
_LONGEST = 1000

#: Above so many marks a picture is pixels: as lines it would outweigh the page.
MOST_MARKS = 500

PLAIN = Display()

WIDTH = 4.8  # inches: at 10 points still legible on a phone, where the page is about as wide
INK, SOFT, GRID = "#1f2933", "#5f6c7b", "#e3e7eb"
MUTED, PALE, ACCENT, OPEN = "#4a6785", "#c9d5e1", "#b3261e", "#8a6100"
AGES = ("#dbe4ec", "#afc1d3", "#7d97b2", "#4a6786", "#23405f", "#10243a")
PLATE = "#ffffff"

#: Every colour of a drawing, by the one that takes its place on a dark screen.
DARK = {
    PLATE: "#14191f",
    INK: "#e4e8ec",
    SOFT: "#a9b4bf",
    GRID: "#37424d",
    MUTED: "#8fb1d3",
    PALE: "#41566b",
    ACCENT: "#ff9d94",
    OPEN: "#f0c36a",
    **dict(zip(AGES, ("#2c3d4e", "#41586f", "#5d7b98", "#86a5c4", "#b3cbe3", "#e2eefa"), strict=True)),
}

#: The colour of a number that stands in a part of a bar.
_INSIDE = {**dict(zip(AGES, (INK, INK, PLATE, PLATE, PLATE, PLATE), strict=True)), ACCENT: PLATE}

_COLOURS = {"missed": ACCENT, "no_verdict": OPEN}
_SHAPES = {"missed": "X", "no_verdict": "D"}
_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9.5,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.facecolor": PLATE,
    "figure.facecolor": PLATE,
    "font.family": ["DejaVu Sans"],  # matplotlib's own: the layout is the same on every machine
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "msp_report",
    "text.color": INK,
    "text.parse_math": False,  # a ticket title may hold $
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.major.pad": 5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


class Picture(Html):
    """A chart as an image inside the page, with what it shows in words."""


def trend(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    x: str = "month",
    y: str = "value",
    unit: str = "",
    target: float | None = None,
    asked: bool = False,
    limits: tuple[float, float] | None = None,
    low: str | None = None,
    high: str | None = None,
    show: Display = PLAIN,
    why: str = "no history yet",
) -> Picture:
    """One line over months (`YYYY-MM`) or days, a gap where a value is missing.

    Points that have `verdict` missed or no_verdict get its colour and shape, where the frame has that column.
    `asked`: the target is a wish of the board's, and nobody agreed to it. `limits` are drawn as a band labelled "usual
    range"; `low` and `high` are columns of an interval. The axis begins at 0, but for shares that all lie near 100 %.
    """
    if not frame[y].notna().any():
        return _nothing(title, alt, why, show)
    values = frame[y].to_numpy(dtype=float, na_value=np.nan)
    gaps = np.isnan(values)
    target = None if pd.isna(target) else target

    def draw(axes: Axes) -> None:
        import seaborn

        place = np.arange(len(frame))
        if low and high:
            ends = [frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (low, high)]
            axes.fill_between(place, *ends, color=PALE, alpha=0.6, lw=0)
        runs = np.cumsum(gaps)  # one line for each run without a gap
        seaborn.lineplot(x=place, y=values, units=runs, estimator=None, color=MUTED, lw=1.8, ax=axes)
        if len(frame) <= 40:
            _points(axes, place, values, frame)
        axes.margins(x=0.02, y=0.12)
        if limits:
            axes.axhspan(*limits, color=PALE, alpha=0.35, lw=0)
        if target is not None:
            axes.axhline(target, color=INK, lw=1, ls=(0, (4, 3)))
        _whole(axes.yaxis, unit)
        _number_axis(axes.yaxis, unit, show)
        _time_axis(axes, list(frame[x]), show)
        last = int(np.flatnonzero(~gaps)[-1])
        labels = [
            (values[last], show.number(values[last], unit, apart_from=target), _colour(frame, last), "bold")
        ]
        if target is not None:
            labels.append((target, _agreed(target, unit, show, asked), INK, "normal"))
        if limits:
            labels.append((max(limits), show.language("usual range"), SOFT, "normal"))
        _end_labels(axes, labels)
        if gaps.any():
            _gaps(axes, place[gaps])
        axes.set_xlabel(show.language("×: not known") if gaps.any() else "", loc="left")
        axes.set_ylabel("")
        axes.grid(axis="x", visible=False)

    told = labels.raised(_course(frame[x], values, unit, target, show))
    return _picture(draw, title, alt, show, 2.5, len(frame), told=told)


def months(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    by: str = "subject",
    x: str = "month",
    y: str = "value",
    unit: str = "ratio",
    target: str = "target",
    verdict: str = "verdict",
    most: int = 8,
    show: Display = PLAIN,
    why: str = "no history yet",
) -> Picture:
    """A row of dots over the same months for each `by`, in the frame's order, at most `most`; all have one scale.

    Each dot has the colour and shape of its verdict; the target of each month is a line that steps where it changes.
    The last value and the last target stand at the right end.
    """
    frame = _called(frame, by, show)
    known = frame[frame[by].isin(frame.loc[frame[y].notna(), by])]
    groups = [rows.reset_index(drop=True) for _, rows in known.groupby(by, sort=False)]
    if not groups:
        return _nothing(title, alt, why, show)
    left_out, groups = len(groups[most:]), groups[:most]
    every = pd.concat([rows[[y, target]] for rows in groups]).to_numpy(dtype=float, na_value=np.nan)

    def draw(panels: list[Axes]) -> None:
        for axes, rows in zip(panels, groups, strict=True):
            _months_panel(
                axes, rows, (x, y, target, verdict), unit, (np.nanmin(every), np.nanmax(every)), show
            )
            axes.set_ylabel(
                _wrapped(rows[by][0], 15), rotation=0, ha="right", va="center", color=INK, fontsize=10
            )
            if axes is not panels[-1]:
                axes.set_xticklabels([])
        gaps = any(rows[y].isna().any() for rows in groups)
        notes = [show.language("×: not known")] if gaps else []
        panels[-1].set_xlabel("\n".join(filter(None, [*notes, _left_out(left_out, show)])), loc="left")

    told = _courses(groups, (by, x, y), lambda rows: (unit, _last(rows[target])), show)
    height = 0.5 + 0.62 * len(groups)
    return _picture(draw, title, alt, show, height, len(groups) * 20, panels=len(groups), told=told)


def _months_panel(
    axes: Axes,
    rows: pd.DataFrame,
    columns: Sequence[str],
    unit: str,
    ends: tuple[float, float],
    show: Display,
) -> None:
    x, y, target, verdict = columns
    values, goals = _floats(rows[y]), _floats(rows[target])
    place, gaps = np.arange(len(rows)), np.isnan(values)
    edges = np.repeat(np.arange(len(rows) + 1) - 0.5, 2)[1:-1]
    axes.plot(edges, np.repeat(goals, 2), color=INK, lw=1, ls=(0, (4, 3)))
    _points(axes, place[~gaps], values[~gaps], rows[~gaps].rename(columns={verdict: "verdict"}))
    span = (ends[1] - ends[0]) or abs(ends[1]) or 1.0
    axes.set_ylim(ends[0] - 0.15 * span, ends[1] + 0.15 * span)
    axes.set_xlim(-0.7, len(rows) - 0.3)
    _whole(axes.yaxis, unit, ends)
    _number_axis(axes.yaxis, unit, show, most=2)
    _time_axis(axes, list(rows[x]), show)
    last = int(np.flatnonzero(~gaps)[-1])
    goal = goals[-1] if not np.isnan(goals[-1]) else None
    text = show.number(values[last], unit, apart_from=goal)
    mark = rows[verdict][last] if verdict in rows else None
    words = [(text, _COLOURS.get(mark, INK), "bold")]
    words += [(_agreed(goal, unit, show), SOFT, "normal")] if goal is not None else []
    for line, (said, colour, weight) in enumerate(words):
        axes.annotate(
            said,
            (1.0, 0.5),
            xycoords="axes fraction",
            xytext=(6, (6.5 - 13 * line) if len(words) > 1 else 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontweight=weight,
            annotation_clip=False,
        )
    if gaps.any():
        _gaps(axes, place[gaps])
    axes.set_xlabel("")
    axes.grid(axis="x", visible=False)


def outlook(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    limit: float,
    slope: float,
    full_on: pd.Timestamp,
    x: str = "on",
    y: str = "value",
    unit: str = "ratio",
    show: Display = PLAIN,
    why: str = "no day has a value",
) -> Picture:
    """A line over days, carried on until it meets its limit on the day `full_on`; `slope` is its rise a day.

    The line that is carried on is dashed, the limit has its label, and so has the day on which the two meet.
    """
    rows = frame[frame[y].notna()]
    if rows.empty:
        return _nothing(title, alt, why, show)
    days, values = pd.to_datetime(rows[x]), _floats(rows[y])
    first, last = days.iloc[0], days.iloc[-1]

    def draw(axes: Axes) -> None:
        place = (days - first).dt.days.to_numpy()
        meets = max((pd.Timestamp(full_on) - first).days, int(place[-1]))
        axes.plot(place, values, color=MUTED, lw=1.6)
        begin = limit - slope * (meets - place[-1])
        axes.plot([place[-1], meets], [begin, limit], color=ACCENT, lw=1.8, ls=(0, (4, 2)))
        axes.scatter([meets], [limit], marker="X", s=56, color=ACCENT, zorder=3, clip_on=False)
        axes.axhline(limit, color=INK, lw=1, ls=(0, (4, 3)))
        axes.margins(x=0.02, y=0.12)
        _whole(axes.yaxis, unit)
        _number_axis(axes.yaxis, unit, show)
        moments = list(pd.date_range(first, first + pd.Timedelta(days=meets), freq="D"))
        _month_ticks(axes, moments, show)
        words = show.language("limit {limit}", limit=show.number(limit, unit))
        _end_labels(axes, [(limit, show.day(full_on), ACCENT, "bold"), (limit, words, INK, "normal")])
        axes.grid(axis="x", visible=False)

    told = paragraph(
        labels.raised(_course([first, last], values[[0, -1]], unit, limit, show)),
        show.language("It meets its limit about {day}.", day=show.day(full_on)),
    )
    return _picture(draw, title, alt, show, 2.5, len(rows) // 2, told=told)


def spans(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    first: str,
    now: str,
    label: str = "subject",
    days: str = "days",
    on: pd.Timestamp | None = None,
    words: tuple[str, str] = ("early", "late"),
    most: int = 12,
    show: Display = PLAIN,
    why: str = "nothing to compare",
) -> Picture:
    """From the day planned first (a ring) to the one expected now (a dot), a line for each row, the latest first.

    `days` says by how much; what is later has the accent. `on` is the day from which it is looked at.
    """
    ranked = frame[frame[days].notna()].sort_values(days, ascending=False, kind="stable")
    if ranked.empty:
        return _nothing(title, alt, why, show)
    left_out, rows = len(ranked[most:]), ranked[:most].reset_index(drop=True)
    begin, end = (pd.to_datetime(rows[name]) for name in (first, now))
    zero = min(begin.min(), end.min(), *([pd.Timestamp(on)] if on is not None else []))
    late = rows[days].to_numpy(dtype=float)
    texts = [
        f"{show.number(abs(number), 'days')} {show.language(words[int(number > 0)])}"
        if number
        else show.language("as planned")
        for number in late
    ]

    def draw(axes: Axes) -> None:
        place = np.arange(len(rows))
        ends = [(part - zero).dt.days.to_numpy() for part in (begin, end)]
        colours = np.where(late > 0, ACCENT, MUTED)
        axes.hlines(place, *ends, color=colours, lw=2.4)
        axes.scatter(ends[0], place, s=42, facecolor=PLATE, edgecolor=colours, lw=1.6, zorder=3)
        moved = late != 0
        axes.scatter(ends[1][moved], place[moved], s=46, color=colours[moved], zorder=3)
        for row, text in enumerate(texts):
            axes.annotate(
                text,
                (1.02, row),
                xycoords=("axes fraction", "data"),
                va="center",
                color=ACCENT if late[row] > 0 else INK,
                annotation_clip=False,
            )
        axes.margins(x=0.05)
        axes.set_ylim(len(rows) - 0.4, -0.9 if on is not None else -0.6)
        if on is not None:
            today = (pd.Timestamp(on) - zero).days
            axes.axvline(today, color=SOFT, lw=1)
            axes.annotate(
                show.day(on),
                (today, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(3, 0),
                textcoords="offset points",
                va="top",
                color=SOFT,
                fontsize=9,
            )
        axes.set_yticks(place, _all_wrapped(_named(rows[label], show), 26))
        axes.tick_params(axis="y", labelcolor=INK)
        last = max(end.max(), begin.max())
        _month_ticks(axes, list(pd.date_range(zero, max(last, zero + pd.Timedelta(days=60)))), show, most=5)
        axes.grid(axis="y", visible=False)
        key = show.language("ring: planned first · dot: expected now")
        axes.set_xlabel("\n".join(filter(None, (key, _left_out(left_out, show)))), loc="left")

    told = "; ".join(
        show.language(
            "{name}: planned first {first}, expected now {now}, {text}",
            name=clean(name, 60),
            first=show.day(was),
            now=show.day(then),
            text=text,
        )
        for name, was, then, text in zip(_named(rows[label], show), begin, end, texts, strict=True)
    )
    return _picture(draw, title, alt, show, 0.95 + 0.36 * len(rows), len(rows) * 4, told=f"{told}.")


def against_target(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    subject: str = "subject",
    value: str = "value",
    target: str = "target",
    unit: str = "ratio",
    low: str = "low",
    high: str = "high",
    verdict: str = "verdict",
    most: int = 15,
    show: Display = PLAIN,
    why: str = "no figures with a value",
) -> Picture:
    """A dot for each subject, its interval as a line, its target as a bar; worst first, at most `most`.

    `low`, `high`, `target` and `verdict` are used where the frame has them. Value and target stand at the right; the
    axis begins at 0, but for shares that all lie near 100 %.
    """
    rows = _called(frame[frame[value].notna()], subject, show)
    if rows.empty:
        return _nothing(title, alt, why, show)
    if verdict in rows:
        rows = rows.iloc[np.argsort([SEVERITY.get(v, 5) for v in rows[verdict]], kind="stable")]
    left_out, rows = len(rows[most:]), rows[:most].reset_index(drop=True)
    values = _floats(rows[value])
    goals = _floats(rows[target]) if target in rows else np.full(len(rows), np.nan)
    marks = (
        [name if name in SIGNS else None for name in rows[verdict]] if verdict in rows else [None] * len(rows)
    )
    texts = [_beside(*row, unit, show) for row in zip(values, goals, marks, strict=True)]

    def draw(axes: Axes) -> None:
        place = np.arange(len(rows))
        if low in rows and high in rows:
            axes.hlines(place, _floats(rows[low]), _floats(rows[high]), color=PALE, lw=6)
        axes.vlines(goals, place - 0.32, place + 0.32, color=INK, lw=1.6)
        _points(axes, values, place, rows.rename(columns={verdict: "verdict"}))
        axes.set_ylabel("")
        for row, text in enumerate(texts):
            axes.annotate(
                text,
                (1.03, row),
                xycoords=("axes fraction", "data"),
                va="center",
                color=_COLOURS.get(marks[row], INK),
                annotation_clip=False,
            )
        axes.set_yticks(place, _all_wrapped(_named(rows[subject], show), 24))
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.06)
        _whole(axes.xaxis, unit)
        _number_axis(axes.xaxis, unit, show, most=2)
        axes.set_xlabel(_left_out(left_out, show), loc="left")

    names = _named(rows[subject], show)
    told = "; ".join(
        f"{clean(name, 60)}: {text}" + (f" ({show.label(mark)})" if mark else "")
        for name, text, mark in zip(names, texts, marks, strict=True)
    )
    return _picture(draw, title, alt, show, 0.7 + 0.34 * len(rows), len(rows) * 3, told=f"{told}.")


def _beside(value: float, goal: float, mark: str | None, unit: str, show: Display) -> str:
    """What stands beside a dot: its number with the sign of its verdict, and its target."""
    told = None if np.isnan(goal) else goal
    text = show.number(value, unit, apart_from=told)
    if told is not None:
        text = show.language("{value}, agreed {target}", value=text, target=show.number(told, unit))
    return f"{SIGNS[mark]} {text}" if mark in ("missed", "no_verdict", "met") else text


def ranked_bars(
    frame: pd.DataFrame,
    *,
    title: str,
    alt: str = "",
    label: str = "subject",
    value: str = "value",
    unit: str = "count",
    text: str | None = None,
    verdict: str = "verdict",
    line: float | None = None,
    line_words: str = "",
    most: int = 12,
    show: Display = PLAIN,
    why: str = "nothing to rank",
) -> Picture:
    """Bars from the largest down, at most `most`, each with its name above it and its number at its end.

    A bar has the colour and the sign of its row's `verdict`, where the frame has that column. `text` is the column of
    the words at a bar's end, where a number alone does not say enough. `line` is drawn through all bars, and
    `line_words` stand above it. The alternative is `alt` and every bar in words.
    """
    ranked = frame[frame[value].notna()].sort_values(value, ascending=False, kind="stable")
    if ranked.empty:
        return _nothing(title, alt or title, why, show)
    left_out, rows = len(ranked[most:]), ranked[:most].reset_index(drop=True)
    values, names = rows[value].to_numpy(dtype=float), _long_names(rows[label], show)
    marks = _marked(rows, verdict)
    texts = list(rows[text]) if text else show.numbers(list(rows[value]), unit)
    signed = _signed(texts, marks)
    goal = show.language(line_words) if line is not None else ""

    def draw(axes: Axes) -> None:
        _rows_of_bars(axes, names, np.zeros(len(values)), values, marks, signed)
        axes.set_xlim(0, max(values.max(), line or 0) or 1)
        if line is not None:
            _ticks_at(axes, line, len(rows))
            axes.annotate(
                goal,
                (line, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, -2),
                textcoords="offset points",
                ha="left" if line < axes.get_xlim()[1] / 2 else "right",
                va="bottom",
                color=INK,
                annotation_clip=False,
            )
        axes.set_xlabel(_left_out(left_out, show), loc="left")

    words = _in_words(alt, names, signed, goal, _left_out(left_out, show), show)
    return _picture(draw, title, words, show, 0.4 + 0.2 * bool(goal) + _ROW * len(rows), len(rows))


def variance_bars(
    frame: pd.DataFrame,
    *,
    title: str,
    alt: str = "",
    label: str = "subject",
    value: str = "value",
    unit: str = "days",
    words: tuple[str, str] = ("early", "late"),
    worse: str = "higher",
    verdict: str = "verdict",
    most: int = 12,
    show: Display = PLAIN,
    why: str = "nothing to compare",
) -> Picture:
    """Bars on both sides of nought, worst first; `words` say what below and above nought mean, never a sign.

    `worse` is "higher" or "lower": the side that stands first. A bar has the colour and the sign of its row's
    `verdict`, where the frame has that column: more or less alone is neither good nor bad. The alternative is `alt`
    and every bar in words.
    """
    ranked = frame[frame[value].notna()].sort_values(value, ascending=worse == "lower", kind="stable")
    if ranked.empty:
        return _nothing(title, alt or title, why, show)
    left_out, rows = len(ranked[most:]), ranked[:most].reset_index(drop=True)
    values, names = rows[value].to_numpy(dtype=float), _long_names(rows[label], show)
    marks = _marked(rows, verdict)
    sizes = show.numbers(list(rows[value].abs()), unit)
    texts = [
        f"{size} {show.language(words[int(number > 0)])}" if number else show.language("as planned")
        for size, number in zip(sizes, values, strict=True)
    ]
    signed = _signed(texts, marks)

    def draw(axes: Axes) -> None:
        _rows_of_bars(axes, names, np.zeros(len(values)), values, marks, signed)
        low, high = min(0.0, values.min()), max(0.0, values.max())
        axes.set_xlim(low, high if high > low else low + 1)
        _ticks_at(axes, 0, len(rows))
        axes.set_xlabel(_left_out(left_out, show), loc="left")

    told = _in_words(alt, names, signed, "", _left_out(left_out, show), show)
    return _picture(draw, title, told, show, 0.4 + _ROW * len(rows), len(rows))


def waterfall(
    frame: pd.DataFrame,
    *,
    title: str,
    alt: str = "",
    label: str = "part",
    value: str = "value",
    unit: str = "cost",
    verdict: str = "verdict",
    show: Display = PLAIN,
    why: str = "nothing to add up",
) -> Picture:
    """A whole, the frame's first row, and below it the parts that it is the sum of, each from where the last one ended.

    A part has the colour and the sign of its row's `verdict`, where the frame has that column. Raises ValueError where
    the parts do not add up to the whole.
    """
    rows = frame[frame[value].notna()].reset_index(drop=True)
    if rows.empty or not rows[value].iloc[0]:
        return _nothing(title, alt or title, why, show)
    values = rows[value].to_numpy(dtype=float)
    if len(values) > 1 and not np.isclose(values[0], values[1:].sum()):
        raise ValueError(f"the parts of {rows[label].iloc[0]!r} do not add up to it: {values.tolist()}")
    begins = np.concatenate([[0.0], np.cumsum(np.concatenate([[0.0], values[1:-1]]))])[: len(values)]
    names, marks = _long_names(rows[label], show), _marked(rows, verdict)
    signed = _signed(show.numbers(list(rows[value]), unit), marks)

    def draw(axes: Axes) -> None:
        _rows_of_bars(axes, names, begins, begins + values, marks, signed)
        after = np.arange(1, len(values) - 1)  # each part shows where the next one begins, above its name
        axes.vlines(begins[2:], after, after + 0.36, color=SOFT, lw=0.8)
        axes.set_xlim(0, max(values[0], (begins + values).max()))

    return _picture(
        draw, title, _in_words(alt, names, signed, "", "", show), show, 0.4 + _ROW * len(rows), len(rows)
    )


def strips(
    frame: pd.DataFrame,
    *,
    title: str,
    alt: str = "",
    subject: str = "subject",
    begin: str = "begin_at",
    end: str = "end_at",
    verdict: str = "verdict",
    text: str = "text",
    words: tuple[str, str, str] = ("thin: as agreed", "thick: missed", "amber: not known"),
    most: int = 15,
    show: Display = PLAIN,
    why: str = "nothing to show",
) -> Picture:
    """A strip of time for each subject, in the frame's order, at most `most`: one row of the frame is one stretch.

    A stretch has the colour of its `verdict`, and what was missed is thicker too; time without a row stays empty.
    `text` has the words at the end of a subject's strip; `words` say what is met, missed, and cannot be judged.
    """
    if frame.empty:
        return _nothing(title, alt or title, why, show)
    order = list(dict.fromkeys(frame[subject]))
    chosen = order[:most]
    rows = frame[frame[subject].isin(chosen)]
    local = [rows[name].dt.tz_convert(show.timezone).dt.tz_localize(None) for name in (begin, end)]
    first = local[0].min().normalize()
    from_day, to_day = ((moments - first) / pd.Timedelta(days=1) for moments in local)
    last = int(np.ceil(to_day.max()))
    place = rows[subject].map({name: row for row, name in enumerate(chosen)})
    texts = list(rows.drop_duplicates(subject)[text]) if text in rows else [""] * len(chosen)
    names = told_apart(chosen, 22)
    left_out = _left_out(len(order) - len(chosen), show)
    key = [
        show.language(text)
        for (name, *_), text in zip(_STRIPS, words, strict=True)
        if rows[verdict].eq(name).any()
    ]

    def draw(axes: Axes) -> None:
        for name, width, colour in _STRIPS:
            mine = rows[verdict].eq(name).to_numpy(bool)
            axes.barh(
                place[mine], (to_day - from_day)[mine], left=from_day[mine], height=width, color=colour, lw=0
            )
        for row, words in enumerate(texts):
            axes.annotate(
                words,
                (1.0, row),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=INK,
                annotation_clip=False,
            )
        axes.set_yticks(np.arange(len(names)), names)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, last)
        days = [
            day
            for day in range(last)
            if (number := (first + pd.Timedelta(days=day)).day) == 1 or number % 5 == 0
        ]
        axes.set_xticks(
            [day + 0.5 for day in days], [str((first + pd.Timedelta(days=day)).day) for day in days]
        )
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("\n".join(filter(None, [" · ".join(key), left_out])), loc="left")

    told = _in_words(alt, names, texts, "", left_out, show)
    return _picture(draw, title, told, show, 0.75 + 0.27 * len(names), len(rows))


#: The verdicts of stretches of time, how wide a stretch of each is drawn, and in which colour.
_STRIPS = (("met", 0.3, MUTED), ("missed", 0.66, ACCENT), ("no_verdict", 0.48, OPEN))
#: What a row of a chart of bars is high: its name, and its bar below it [inches].
_ROW = 0.47


def _rows_of_bars(
    axes: Axes,
    names: Sequence[str],
    begins: np.ndarray,
    ends: np.ndarray,
    verdicts: Sequence[str],
    texts: Sequence[str],
) -> None:
    """A bar a row from `begins` to `ends`, its name above it, so that no name is cut or written over, its words at its
    end; no scale, since every bar says its number."""
    place = np.arange(len(names))
    colours = [_COLOURS.get(mark, MUTED) for mark in verdicts]
    axes.barh(place, ends - begins, left=begins, height=0.4, color=colours)
    for row, (name, end, begin, words) in enumerate(zip(names, ends, begins, texts, strict=True)):
        title = axes.annotate(
            name,
            (0.0087, row - 0.26),  # where the layout lets the drawing begin
            xycoords=("figure fraction", "data"),
            va="bottom",
            ha="left",
            color=INK,
            annotation_clip=False,
        )
        title.set_in_layout(False)  # a long name may stand above what is beside the bars
        right = end >= begin
        axes.annotate(
            words,
            (end, row),
            xytext=(5 if right else -5, 0),
            textcoords="offset points",
            va="center",
            ha="left" if right else "right",
            color=_COLOURS.get(verdicts[row], INK),
            annotation_clip=False,
        )
    axes.set(xlabel="", ylabel="")
    axes.set_ylim(len(names) - 0.72, -0.82)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)


def _ticks_at(axes: Axes, value: float, rows: int) -> None:
    """A line at a value through the bar of each row, which leaves the names between them whole."""
    place = np.arange(rows)
    axes.vlines(np.full(rows, value), place - 0.2, place + 0.2, color=INK, lw=1.4, zorder=3)


def _long_names(names: pd.Series, show: Display) -> list[str]:
    """Names that stand above their bars, where there is a line's room for each; a code's label with a capital."""
    coded = names.name in labels.COLUMNS
    texts = told_apart(_named(names, show), 54)
    return [labels.raised(text) for text in texts] if coded else texts


def _marked(rows: pd.DataFrame, column: str) -> list[str]:
    """The verdict of each row; nothing where there is none."""
    return (
        [mark if isinstance(mark, str) else "" for mark in rows[column]]
        if column in rows
        else [""] * len(rows)
    )


def _signed(texts: Sequence[str], verdicts: Sequence[str]) -> list[str]:
    """Words with the sign of what was missed or cannot be judged before them: never colour alone."""
    return [
        f"{SIGNS[mark]} {text}" if mark in _COLOURS else text
        for text, mark in zip(texts, verdicts, strict=True)
    ]


def _in_words(
    alt: str, names: Sequence[str], texts: Sequence[str], goal: str, left_out: str, show: Display
) -> str:
    """A chart for someone who cannot see it: every mark's name and number, the line and what was left out."""
    bars = "; ".join(f"{name}: {text}" if text else name for name, text in zip(names, texts, strict=True))
    return " ".join(f"{part.rstrip('.')}." for part in (show.language(alt), bars, goal, left_out) if part)


def stacked_bars(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    label: str,
    by: str,
    value: str = "value",
    unit: str = "count",
    missed: str = "",
    show: Display = PLAIN,
    why: str = "nothing to stack",
) -> Picture:
    """One bar for each `label`, in the frame's order, made of its `by` parts from light to dark.

    The part called `missed` has the accent and stands first, what is not `missed` then one shade. The number of a part
    stands in it where there is room; of a single bar it stands with the name of the part, right above it.
    """
    if frame.empty or not frame[value].sum():
        return _nothing(title, alt, why, show)
    wide = frame.pivot_table(index=label, columns=by, values=value, aggfunc="sum", sort=False, observed=True)
    parts = list(dict.fromkeys(frame[by]))
    parts = [part for part in parts if part == missed] + [part for part in parts if part != missed]
    wide = wide.reindex(columns=parts).fillna(0)
    wide.columns.name = by
    names = [clean(name, 28) for name in _named(wide.columns, show)]
    numbers = wide.to_numpy(dtype=float)
    bare = missed in parts
    shades = [ACCENT, *_shades(len(parts) - 1)] if bare else _shades(len(parts))
    if len(wide) == 1:
        names = [
            f"{name}: {show.number(number, unit)}" for name, number in zip(names, numbers[0], strict=True)
        ]
    lines, across = _rows_of(names)

    def draw(axes: Axes) -> None:
        left = np.zeros(len(wide))
        place = np.arange(len(wide))
        longest = numbers.sum(axis=1).max()
        for part, (name, shade) in enumerate(zip(names, shades, strict=True)):
            sizes = numbers[:, part]
            axes.barh(place, sizes, left=left, color=shade, height=0.66, edgecolor=PLATE, lw=1, label=name)
            inside = _INSIDE[shade]
            for row, size in enumerate(sizes):
                text = show.number(size, unit)
                if size and len(wide) > 1 and size / longest * 30 > len(text) + 1:
                    axes.annotate(
                        text, (left[row] + size / 2, row), ha="center", va="center", color=inside, fontsize=9
                    )
            left = left + sizes
        if len(wide) > 1:
            _bar_labels(axes, left, [show.number(total, unit) for total in left])
        _subjects(axes, _named(wide.index, show) if len(wide) > 1 or wide.index[0] else [""])
        order = [row * across + column for column in range(across) for row in range(lines)]
        handles, said = axes.get_legend_handles_labels()
        order = [index for index in order if index < len(said)]  # matplotlib fills column by column
        axes.legend(
            [handles[index] for index in order],
            [said[index] for index in order],
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=across,
            handlelength=1,
            handleheight=1,
            columnspacing=1.2,
            borderaxespad=0.2,
            fontsize=9.5,
        )

    spoken = [clean(name, 28) for name in _named(wide.columns, show)]
    told = "; ".join(
        ": ".join(
            filter(
                None,
                (
                    clean(name, 60),
                    ", ".join(
                        f"{part} {show.number(number, unit)}"
                        for part, number in zip(spoken, row, strict=True)
                    ),
                ),
            )
        )
        for name, row in zip(_named(wide.index, show), numbers, strict=True)
    )
    return _picture(draw, title, alt, show, 0.5 + 0.22 * lines + 0.36 * len(wide), wide.size, told=f"{told}.")


def _rows_of(names: Sequence[str], letters: int = 58) -> tuple[int, int]:
    """Over how many lines the names of the parts go, and how many stand in each."""
    lines = 1 + sum(len(name) + 5 for name in names) // letters
    return lines, -(-len(names) // lines)


def calendar(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    day: str = "day",
    value: str = "value",
    by: str | None = None,
    unit: str = "count",
    note: str = "stronger is more",
    show: Display = PLAIN,
    why: str = "no days to show",
) -> Picture:
    """The days of a month as a strip for each `by`, stronger where the value is higher, crossed where missing.

    The sum of each strip stands at its right end.
    """
    if frame.empty or frame[value].isna().all():
        return _nothing(title, alt, why, show)
    days = pd.to_datetime(frame[day])
    span = pd.date_range(days.min().replace(day=1), days.max() + pd.offsets.MonthEnd(0), freq="D")
    wide = frame.assign(day_=days, by_=frame[by] if by else "").pivot_table(
        index="by_", columns="day_", values=value, aggfunc="sum", sort=False, min_count=1, dropna=False
    )
    wide = wide.reindex(columns=span)
    wide.index.name = by
    sums = [show.number(total, unit) for total in wide.sum(axis=1)]
    names = _named(wide.index, show)

    def draw(axes: Axes) -> None:
        numbers = wide.to_numpy(dtype=float)
        top = float(np.nanmax(numbers)) or 1.0
        # nothing, then four steps from light to dark
        steps = np.ceil(np.nan_to_num(numbers) / top * 4).astype(int)
        shades = np.array([GRID, *AGES[1:5]])
        axes.barh(np.arange(len(wide)), len(span), height=0.8, color=GRID, lw=0)
        rows, columns = np.nonzero(steps)
        axes.barh(rows, 1, left=columns, height=0.8, color=shades[steps[rows, columns]], lw=0)
        axes.vlines(np.arange(1, len(span)), -0.5, len(wide) - 0.5, color=PLATE, lw=1.2)
        axes.grid(visible=False)
        gaps = np.argwhere(np.isnan(numbers))
        axes.scatter(gaps[:, 1] + 0.5, gaps[:, 0], marker="x", s=14, color=SOFT, lw=0.8)
        shown = [place for place, moment in enumerate(span) if moment.day == 1 or moment.day % 5 == 0]
        axes.set_xticks([p + 0.5 for p in shown], [str(span[p].day) for p in shown], rotation=0)
        axes.set_xlim(0, len(span))
        axes.set_ylim(len(wide) - 0.5, -0.5)
        axes.set_yticks(np.arange(len(wide)), _all_wrapped(names, 20), rotation=0)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.spines["bottom"].set_visible(False)
        for row, text in enumerate(sums):
            axes.annotate(
                text, (1.02, row), xycoords=("axes fraction", "data"), va="center", annotation_clip=False
            )
        axes.set_ylabel("")
        notes = [show.language(note), *([show.language("×: not known")] if len(gaps) else [])]
        axes.set_xlabel("\n".join(filter(None, notes)), loc="left")

    told = "; ".join(
        ": ".join(filter(None, (clean(name, 60), text))) for name, text in zip(names, sums, strict=True)
    )
    return _picture(draw, title, alt, show, 0.75 + 0.3 * len(wide), wide.size, told=f"{told}.")


def sparkline(
    values: Sequence[float | None],
    *,
    alt: str,
    target: float | None = None,
    usual: tuple[float, float] | None = None,
    show: Display = PLAIN,
) -> Picture:
    """A line the size of a word for a table's cell: the last point marked, gaps left open, the target dashed, the
    `usual` range shaded.

    `alt` says what the line shows, for example "13 months, 97.1 % to 99.9 %, last 98.2 %".
    """
    numbers = np.array([np.nan if v is None else float(v) for v in values], dtype=float)
    known = numbers[~np.isnan(numbers)]
    if not alt.strip():
        raise ValueError("a sparkline needs an alt text: say what it shows")
    if not len(known):
        nothing = show.language("no history")
        return Picture(f'<span class="gap">{escape(nothing)}</span>', nothing)
    goal = [] if target is None or pd.isna(target) else [float(target)]
    band = [] if usual is None or any(map(pd.isna, usual)) else [float(end) for end in usual]
    floor, top = min([*known, *goal, *band]), max([*known, *goal, *band])
    span = (top - floor) or 1.0
    heights = 17 - 14 * (numbers - floor) / span if top > floor else np.full(len(numbers), 10.0)
    places = 3 + np.arange(len(numbers)) * (84 / max(1, len(numbers) - 1))
    steps, pen = [], "M"
    for across, down in zip(places, heights, strict=True):
        if np.isnan(down):
            pen = "M"
            continue
        steps.append(f"{pen}{across:.0f} {down:.1f}")
        pen = "L"
    line = "".join(steps)
    goal_at = f"{17 - 14 * (goal[0] - floor) / span:.1f}" if goal and top > floor else ""
    dashes = f'<path d="M0 {goal_at}H90" class="goal"/>' if goal_at else ""
    low, high = (17 - 14 * (end - floor) / span for end in band) if band and top > floor else (0.0, 0.0)
    shade = f'<path d="M0 {high:.1f}H90V{low:.1f}H0Z" class="usual"/>' if low - high > 0.5 else ""
    end = int(np.flatnonzero(~np.isnan(numbers))[-1])
    html = (
        f'<svg class="spark" viewBox="0 0 90 20" role="img" aria-label="{escape(alt)}">'
        f'{shade}{dashes}<path d="{line}"/>'
        f'<circle cx="{places[end]:.0f}" cy="{heights[end]:.1f}" r="2.4"/></svg>'
    )
    return Picture(html, alt)


def sparklines(
    rows: Iterable[Sequence[float | None]],
    units: Iterable[str],
    targets: Iterable[float | None] | None = None,
    show: Display = PLAIN,
    usual: pd.DataFrame | None = None,
) -> list[Picture]:
    """A sparkline for each row of a table, its lowest, highest and last value in words; `usual` has the rows'
    usual_low and usual_high."""
    listed = [[None if pd.isna(value) else value for value in row] for row in rows]
    goals = [None] * len(listed) if targets is None else list(targets)
    bands = (
        [None] * len(listed)
        if usual is None
        else list(zip(usual["usual_low"], usual["usual_high"], strict=True))
    )
    return [
        sparkline(values, alt=_spark_words(values, unit, show), target=goal, usual=band, show=show)
        for values, unit, goal, band in zip(listed, units, goals, bands, strict=True)
    ]


def _spark_words(values: Sequence[float | None], unit: str, show: Display) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return show.language("no history")
    low, high, last = show.numbers([min(known), max(known), known[-1]], unit)
    return show.language.plural(
        "{months} month: lowest {low}, highest {high}, last {last}",
        "{months} months: lowest {low}, highest {high}, last {last}",
        len(values),
        months=len(values),
        low=low,
        high=high,
        last=last,
    )


def control(
    frame: pd.DataFrame,
    *,
    alt: str,
    title: str,
    by: str = "subject",
    x: str = "month",
    y: str = "value",
    unit: str = "unit",
    lower: str = "lower",
    upper: str = "upper",
    mean: str = "mean",
    signal: str = "signal",
    show: Display = PLAIN,
    why: str = "no history yet",
) -> Picture:
    """Control charts, one below the other: a line over months for each `by`, in the frame's order.

    `unit` is the column that says what each is counted in. The band between `lower` and `upper` is the usual range,
    with its mean; it steps where they change. Months true in `signal` are ringed. A month without a value is a gap.
    """
    if not frame[y].notna().any():
        return _nothing(title, alt, why, show)
    known = frame[frame[by].isin(frame.loc[frame[y].notna(), by])]
    groups = [rows.reset_index(drop=True) for _, rows in known.groupby(by, sort=False)]
    columns = (x, y, lower, upper, mean, signal)

    def draw(panels: list[Axes]) -> None:
        for axes, rows in zip(panels, groups, strict=True):
            _control_panel(axes, rows, columns, clean(rows[by][0], 60), rows[unit][0], show)
        ringed = known[signal].fillna(False).astype(bool).any()
        panels[-1].set_xlabel(show.language("ring: outside its usual course") if ringed else "", loc="left")

    told = _courses(groups, (by, x, y), lambda rows: (rows[unit][0], None), show)
    height = 0.5 + 1.35 * len(groups)
    return _picture(draw, title, alt, show, height, len(frame) * 2, panels=len(groups), told=told)


def _control_panel(
    axes: Axes, rows: pd.DataFrame, columns: Sequence[str], name: str, unit: str, show: Display
) -> None:
    import seaborn

    x, *numbers, signal = columns
    values, low, high, middle = (rows[column].to_numpy(dtype=float, na_value=np.nan) for column in numbers)
    place, gaps = np.arange(len(rows)), np.isnan(values)
    # limits begin and end half way between two months, so that a band covers its own
    edges = np.repeat(np.arange(len(rows) + 1) - 0.5, 2)[1:-1]
    axes.fill_between(edges, np.repeat(low, 2), np.repeat(high, 2), color=PALE, alpha=0.45, lw=0)
    axes.plot(edges, np.repeat(middle, 2), color=SOFT, lw=0.8, ls=(0, (4, 3)))
    seaborn.lineplot(x=place, y=values, units=np.cumsum(gaps), estimator=None, color=MUTED, lw=1.6, ax=axes)
    marked = rows[signal].fillna(False).to_numpy(dtype=bool) & ~gaps
    plain = ~gaps & ~marked
    axes.scatter(place[plain], values[plain], s=16, color=MUTED, zorder=3)
    axes.scatter(place[marked], values[marked], s=64, facecolor=PLATE, edgecolor=ACCENT, lw=1.8, zorder=3)
    axes.margins(x=0.02, y=0.16)
    axes.set_title(name, loc="left", fontsize=10, color=INK)
    _number_axis(axes.yaxis, unit, show, most=3)
    _time_axis(axes, list(rows[x]), show)
    last = int(np.flatnonzero(~gaps)[-1])
    words = [(values[last], show.number(values[last], unit), ACCENT if marked[last] else INK, "bold")]
    if not np.isnan(high[-1]):
        words.append(((low[-1] + high[-1]) / 2, show.language("usual range"), SOFT, "normal"))
    _end_labels(axes, words)
    axes.set(xlabel="", ylabel="")
    axes.grid(axis="x", visible=False)


def marks(frame: pd.DataFrame, columns: Sequence[str], show: Display = PLAIN) -> pd.DataFrame:
    """The frame with the verdicts in some columns as signs the size of a letter, for a table with a column a month.

    What is no verdict, such as `absent`, becomes a dot; nothing stays nothing.
    """
    signs = {name: _mark(name, sign, show.label(name)) for name, sign in SIGNS.items()}
    absent, nothing = _mark("gap", "·", show.language("no pack")), Picture("", "")
    drawn = {
        name: [nothing if pd.isna(value) else signs.get(value, absent) for value in frame[name]]
        for name in columns
    }
    return frame.assign(**drawn)


def _mark(kind: str, sign: str, words: str) -> Picture:
    return Picture(f'<b class="{kind}" role="img" aria-label="{escape(words)}">{sign}</b>', words)


def month_headings(months: Sequence[str], show: Display = PLAIN, *kind: str) -> dict[str, tuple[str, ...]]:
    """The heading of each month's column in a table that has one a month; `kind` is its unit, text unless it is given,
    and what stands where there is nothing."""
    named = zip(months, show.moments(months), strict=True)
    return {month: (text, *(kind or ("text",))) for month, text in named}


# ---------------------------------------------------------------- shared by the forms


def _picture(
    draw: Callable[[Any], None],
    title: str,
    alt: str,
    show: Display,
    height: float,
    marks: int,
    panels: int = 0,
    told: str = "",
) -> Picture:
    """What `draw` draws into one pair of axes, or into a list of `panels` one below the other; `told`, its numbers."""
    import matplotlib
    import seaborn  # noqa: F401 - whole before a style holds for what is drawn
    from matplotlib.figure import Figure

    _check_words(title, alt)
    title, alt = show.language(title), paragraph(show.language(alt), told)
    with warnings.catch_warnings(), matplotlib.rc_context({**matplotlib.rcParamsDefault, **_STYLE}):
        # cosmetic ones, such as a title in a script that the layout font lacks: a cell that warns is no page
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        many = [figure.add_subplot(panels, 1, place + 1) for place in range(panels)]
        draw(many or figure.add_subplot())
        buffer = io.BytesIO()
        if marks > MOST_MARKS:
            figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
            kind, data = "png", buffer.getvalue()
        else:
            empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            figure.savefig(buffer, format="svg", metadata=empty)
            kind, data = "svg+xml", _slim(buffer.getvalue().decode()).encode()
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    html = (
        f'<figure class="chart"><figcaption>{escape(clean(title))}</figcaption>'
        f'<img alt="{escape(clean(alt, _LONGEST))}" width="{WIDTH * 100:.0f}" height="{height * 100:.0f}" '
        f'src="{source}">'
        "</figure>"
    )
    return Picture(html, f"{title}: {alt}")


def _nothing(title: str, alt: str, why: str, show: Display) -> Picture:
    _check_words(title, alt)
    title = show.language(title)
    words = show.language("Nothing to draw: {why}.", why=clean(show.language(why)).rstrip("."))
    html = f'<figure class="chart"><figcaption>{escape(clean(title))}</figcaption><p>{escape(words)}</p></figure>'
    return Picture(html, f"{title}: {words}")


def _check_words(title: str, alt: str) -> None:
    if not title.strip():
        raise ValueError("a picture needs a title: say what is drawn")
    if not alt.strip():
        raise ValueError("a picture needs an alt text: say what it shows to someone who cannot see it")


def _slim(svg: str) -> str:
    """The same drawing in fewer bytes, its text in the reader's own font."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'(<g id="text_\d+">)(.*?)(</g>)', _in_one_text, svg, flags=re.S)
    svg = re.sub(r">\s+<", "><", svg)
    svg = re.sub(r" font-family: [^;\"]*;?", "", svg).replace("<svg ", f'<svg font-family="{_FONT}" ', 1)
    svg = re.sub(r' id="[\w.]+_\d+"| transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r'(?<= [dxy])="[^"]*"|(?:translate|rotate)\([^)]*\)', _round_numbers, svg)
    for _ in range(3):  # groups inside groups
        svg = re.sub(r"<g ?/>|<g></g>", "", svg)
    svg = re.sub(r"<g>(<path [^<]*/>|<text [^<]*</text>)</g>", r"\1", svg)
    return _in_both_lights(svg.strip())


def _in_one_text(group: re.Match[str]) -> str:
    """The lines of a text as parts of one, for whoever reads or searches it."""
    lines = re.findall(r"<text ([^>]*)>(.*?)</text>", group[2], re.S)
    placed = [re.search(r'translate\((\S+) (\S+)\)|x="(\S+)" y="(\S+)"', how) for how, _ in lines]
    if len(lines) < 2 or not all(placed):
        return group[0]
    at = [f'x="{found[1] or found[3]}" y="{found[2] or found[4]}"' for found in placed if found]
    style = re.match(r'style="[^"]*"', lines[0][0])
    rest = "".join(
        f"<tspan {place}>{said}</tspan>" for place, (_, said) in zip(at[1:], lines[1:], strict=True)
    )
    return f"{group[1]}<text {style[0] if style else ''} {at[0]}>{lines[0][1]}{rest}</text>{group[3]}"


def _in_both_lights(svg: str) -> str:
    """The same drawing with its colours by name, so that a dark screen gets those of DARK; paper never is one."""
    names = {colour: f"--{chr(97 + place)}" for place, colour in enumerate(DARK)}
    used = [colour for colour in DARK if colour in svg]
    light, dark = (
        "".join(f"{names[colour]}:{shade};" for colour, shade in shades)
        for shades in ([(colour, colour) for colour in used], [(colour, DARK[colour]) for colour in used])
    )
    svg = re.sub(
        r"#[0-9a-f]{6}\b", lambda found: f"var({names[found[0]]})" if found[0] in names else found[0], svg
    )
    style = f"<style>svg{{{light}}}@media screen and (prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    return svg.replace(">", f">{style}", 1)


def _round_numbers(match: re.Match[str]) -> str:
    rounded = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), match[0])
    return re.sub(r" ?([MLCQHVZz]) ?", r"\1", re.sub(r"\s+", " ", rounded)).replace(' "', '"')


def _points(axes: Axes, across: np.ndarray, up: np.ndarray, frame: pd.DataFrame) -> None:
    """Dots by verdict: colour and shape."""
    import seaborn

    marks = list(frame["verdict"]) if "verdict" in frame else [None] * len(frame)
    kinds = np.array([mark if mark in _SHAPES else "" for mark in marks])
    for kind in dict.fromkeys(kinds):
        chosen = kinds == kind
        seaborn.scatterplot(
            x=across[chosen],
            y=up[chosen],
            marker=_SHAPES.get(kind, "o"),
            s=56 if kind else 28,
            color=_COLOURS.get(kind, MUTED),
            zorder=3,
            clip_on=False,
            ax=axes,
        )


def _colour(frame: pd.DataFrame, row: int) -> str:
    return _COLOURS.get(frame["verdict"].iloc[row], INK) if "verdict" in frame else INK


def _bar_labels(axes: Axes, values: np.ndarray, texts: Sequence[str]) -> None:
    for row, (number, text) in enumerate(zip(values, texts, strict=True)):
        axes.annotate(
            text,
            (number, row),
            xytext=(5 if number >= 0 else -5, 0),
            textcoords="offset points",
            va="center",
            ha="left" if number >= 0 else "right",
            annotation_clip=False,
        )


def _called(frame: pd.DataFrame, subject: str, show: Display) -> pd.DataFrame:
    """A frame in which subjects are what pages call them, where it says of which measure they are."""
    if subject != "subject" or "measure" not in frame:
        return frame
    pairs = zip(frame["measure"], frame["subject"], strict=True)
    return frame.assign(
        subject=[labels.raised(show.titled(*pair) or "") or show.subject(*pair) for pair in pairs]
    )


def _named(names: pd.Series | pd.Index, show: Display) -> list[Any]:
    """What a frame's column has for the names beside marks; codes by their labels, what has a title by that."""
    coded = names.name in labels.COLUMNS
    return [
        show.label(name) if coded and isinstance(name, str) else name
        for name in show.headed(names.name, names)
    ]


def _agreed(target: float, unit: str, show: Display, asked: bool = False) -> str:
    said = show.number(target, unit)
    return (
        show.language("asked for {target}", target=said)
        if asked
        else show.language("agreed {target}", target=said)
    )


def _floats(values: pd.Series) -> np.ndarray:
    return values.to_numpy(dtype=float, na_value=np.nan)


def _last(values: pd.Series) -> float | None:
    """The newest of some values; None where it is missing."""
    return None if values.empty or pd.isna(values.iloc[-1]) else float(values.iloc[-1])


def _courses(
    groups: Iterable[pd.DataFrame],
    columns: tuple[str, str, str],
    scale: Callable[[pd.DataFrame], tuple[str, float | None]],
    show: Display,
) -> str:
    """The courses of several things, each by its name: `columns` name, moment and value; `scale`, the unit and the
    target of one."""
    name, moment, value = columns
    return paragraph(
        *(
            f"{clean(rows[name][0], 60)}: {_course(rows[moment], _floats(rows[value]), *scale(rows), show)}"
            for rows in groups
        )
    )


def _course(
    moments: Iterable[Any], values: np.ndarray, unit: str, target: float | None, show: Display
) -> str:
    """A course in numbers: its first, last, lowest and highest value, each with its moment, and its target."""
    named = [_moment(moment, show) for moment in moments]
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return show.language("not known.")
    at = (known[0], known[-1], known[np.argmin(values[known])], known[np.argmax(values[known])])
    first, last, low, high = (
        show.language("{value} ({moment})", value=value, moment=named[place])
        for value, place in zip(show.numbers(list(values[list(at)]), unit), at, strict=True)
    )
    course = (
        first
        if len(known) == 1
        else show.language(
            "first {first}, last {last}, lowest {low}, highest {high}",
            first=first,
            last=last,
            low=low,
            high=high,
        )
    )
    goal = None if target is None else show.language("target {target}", target=show.number(target, unit))
    gaps = len(values) - len(known)
    unknown = show.language.plural("{n} not known", "{n} not known", gaps, n=gaps) if gaps else None
    return "; ".join(filter(None, (course, goal, unknown))) + "."


def _moment(moment: Any, show: Display) -> str:
    """A month or a day in words."""
    monthly = isinstance(moment, Month) or (isinstance(moment, str) and len(moment) == 7)
    return show.period(Month.parse(str(moment))) if monthly else show.day(moment)


def told_apart(names: Sequence[Any], letters: int) -> list[str]:
    """Names of at most so many letters; what is alike at the beginning of those that would look alike is left out.

    >>> told_apart(["core.example/north/mail", "core.example/north/files", "web"], 16)
    ['…mail', '…files', 'web']
    """
    whole = [clean(name, None) for name in names]
    short = [clean(name, letters) for name in names]
    alike = [text for text, cut in zip(whole, short, strict=True) if short.count(cut) > 1]
    if len(set(alike)) < 2:
        return short
    first, last = min(alike), max(alike)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    start = re.sub(r"\w+$", "", first[:same])
    return [
        clean("…" + text.removeprefix(start), letters) if start and text in alike else cut
        for text, cut in zip(whole, short, strict=True)
    ]


def _wrapped(name: Any, letters: int, lines: int = 2) -> str:
    """A name over as many lines as it needs, clipped only beyond them."""
    return "\n".join(textwrap.wrap(clean(name, letters * lines), letters)) or ""


def _all_wrapped(names: Sequence[Any], letters: int) -> list[str]:
    """Names over two lines each, none of which looks like another."""
    return [_wrapped(name, letters) for name in told_apart(names, 2 * letters)]


def _gaps(axes: Axes, places: np.ndarray) -> None:
    """Crosses on the floor where nothing is known."""
    floor = np.full(len(places), axes.get_ylim()[0])
    axes.scatter(places, floor, marker="x", s=20, color=SOFT, lw=1, clip_on=False)


def _whole(axis: Axis, unit: str, ends: tuple[float, float] | None = None) -> None:
    """An axis that does not mislead: from 0 on, and of shares to 100 %; where all shares lie within a tenth of 100 % it
    begins at the lowest, for there the rest would hide them. `ends` are those of the data, where these axes do not
    show all of them."""
    low, high = sorted(axis.get_view_interval())
    shown = sorted(ends or axis.get_data_interval())
    if shown[0] < 0:
        return
    bottom, top = 0.0, high
    if unit == "ratio" and shown[1] > 0.5:
        bottom, top = (low if shown[0] >= 0.9 else 0.0), max(1.0, shown[1])
        top += 0.04 * (top - bottom)
    (axis.axes.set_ylim if axis.axis_name == "y" else axis.axes.set_xlim)(bottom, top)


def _left_out(count: int, show: Display) -> str:
    if not count:
        return ""
    number = show.number(count, "count")
    return show.language.plural(
        "{number} more in the table", "{number} more in the table", count, number=number
    )


def _subjects(axes: Axes, names: Sequence[Any]) -> None:
    """Names down the side; no scale below, since every bar says its number."""
    axes.set_yticks(np.arange(len(names)), _all_wrapped(names, 28))
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)


def _shades(count: int) -> list[str]:
    """So many shades from light to dark; of more parts than there are shades, neighbours share one."""
    places = np.linspace(0, 5 if count > 5 else 4, count).round().astype(int) if count > 1 else [3]
    return [AGES[place] for place in places]


def _end_labels(axes: Axes, labels: Sequence[tuple[float, str, str, str]]) -> None:
    """Words at the right end of lines, (height, text, colour, weight), moved apart where they would touch."""
    low, high = axes.get_ylim()
    # points: what the labels of the axes leave of their share of the figure
    tall = axes.figure.get_size_inches()[1] * 72 * 0.8 / axes.get_subplotspec().get_gridspec().nrows
    placed: list[float] = []
    for height, text, colour, weight in sorted(labels, key=lambda label: label[0]):
        wanted = (height - low) / (high - low) * tall
        points = max([wanted, *(before + 13 for before in placed[-1:])])
        placed.append(points)
        axes.annotate(
            text,
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(5, points - wanted),
            textcoords="offset points",
            va="center",
            color=colour,
            fontweight=weight,
            annotation_clip=False,
        )


#: Steps of an axis in minutes that a reader can count in.
_MINUTES = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200, 14400, 28800, 72000)


def _number_axis(axis: Axis, unit: str, show: Display, most: int = 5) -> None:
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    low, high = sorted(axis.get_view_interval())
    if unit == "min":
        step = next((step for step in _MINUTES if (high - low) / step <= most), _MINUTES[-1])
        axis.set_major_locator(MultipleLocator(step))
    else:
        axis.set_major_locator(MaxNLocator(most, integer=unit == "count", steps=[1, 2, 2.5, 5, 10]))
    ticks = [round(float(tick), 12) for tick in axis.get_majorticklocs() if low <= tick <= high]
    if unit == "ratio" and low >= 0:
        ticks = [tick for tick in ticks if tick <= max(1.0, high if high > 1.2 else 1.0)]
    axis.set_ticks(ticks, show.numbers(ticks, unit))


def _month_ticks(axes: Axes, days: Sequence[pd.Timestamp], show: Display, most: int = 8) -> None:
    """Months along an axis that counts days from the first of `days`: at most so many labels."""
    firsts = [place for place, day in enumerate(days) if day.day == 1]
    step = next(step for step in (1, 2, 3, 4, 6, 12, 24, 48, 1200) if len(firsts) / step <= most)
    shown = firsts[::step]
    axes.set_xticks(shown, show.moments([f"{days[place]:%Y-%m}" for place in shown]))


def _time_axis(axes: Axes, moments: list[object], show: Display) -> None:
    """At most eight labels, the last moment always among them."""
    step = next(step for step in (1, 2, 3, 7, 14, 30, 91, 365, 10_000) if len(moments) / step <= 8)
    shown = list(range((len(moments) - 1) % step, len(moments), step))
    axes.set_xticks(shown, show.moments([moments[place] for place in shown]))
