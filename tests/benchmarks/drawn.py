"""What benchmarks measured, as two charts: the ways of doing one thing side by side, and cost by size."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from shown import number, what

#: The thing whose rows of several sizes make the curve of cost, as they are called in it.
LARGE = {"tickets of a month": "", "samples of a month": ", samples"}

GREY, BLUE = "#8a8a8a", "#1f6fb2"


def write(rows: pd.DataFrame, folder: Path) -> None:
    """Write charts of measured pairs, bench.svg, and cost.svg where there are large months among them."""
    rows = rows[rows["times"] > 0]
    for name, figure, some in (
        ("bench", pairs_chart, rows),
        ("cost", cost_chart, rows[rows["thing"].isin(LARGE)]),
    ):
        if len(some):
            _save(figure(some.reset_index(drop=True)), folder / f"{name}.svg")


def pairs_chart(rows: pd.DataFrame) -> Figure:
    """Seconds of the clock and of CPU of every way, one line each, on a scale of tens."""
    places, names, heads, at = [], [], [], 0.0
    for (_, _), some in rows.groupby(["thing", "size"], sort=False):
        heads.append((at, what(next(some.itertuples()))))
        places += [at + 1 + n for n in range(len(some))]
        names += list(some["way"].str.replace("`", ""))
        at += len(some) + 1.6
    figure = Figure(figsize=(10, 0.6 + 0.24 * at), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    clock, cpu = rows["clock_s"].clip(lower=0.01), rows["cpu_s"].clip(lower=0.01)
    axes.hlines(places, clock.combine(cpu, min), clock.combine(cpu, max), color=GREY, linewidth=1)
    axes.plot(cpu, places, "o", color=GREY, label="CPU of all processes")
    axes.plot(clock, places, "o", color=BLUE, label="clock")
    for place, seconds, most in zip(places, rows["clock_s"], clock.combine(cpu, max), strict=True):
        axes.annotate(f"{number(seconds)} s", (most, place), (8, 0), textcoords="offset points", va="center")
    for place, head in heads:
        axes.annotate(
            head, (0, place), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
            va="center", fontweight="bold",
        )  # fmt: skip
    axes.set_yticks(places, names)
    axes.set_ylim(at - 0.6, -0.8)
    axes.set_xlim(right=max(clock.max(), cpu.max()) * 4)
    axes.set_xlabel("seconds")
    axes.grid(axis="x", color="#e2e2e2")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    return figure


def cost_chart(rows: pd.DataFrame) -> Figure:
    """Seconds of CPU and memory of large months by their size, both on scales of tens."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    lines = list(rows.groupby(["thing", "way"], sort=False))
    for axes, column, label in zip(
        figure.subplots(1, 2), ("cpu_s", "memory_mb"), ("seconds of CPU", "memory of all processes [MB]"), strict=True
    ):  # fmt: skip
        axes.set(
            xscale="log", yscale="log", xlabel="tickets (each with three events) or samples", ylabel=label
        )
        for place, ((thing, way), some) in enumerate(lines):
            known = some[some[column] > 0].sort_values("size")
            axes.plot(
                known["size"],
                known[column],
                "o-",
                color=f"C{place}",
                label=f"{way}{LARGE[thing]}".replace("`", ""),
            )
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.grid(color="#e2e2e2")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False)
    return figure


def _save(figure: Figure, path: Path) -> None:
    """Write a chart as SVG, the same bytes for the same numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with rc_context({"svg.hashsalt": path.name, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
