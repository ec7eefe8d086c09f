"""What benchmarks measured, as documents show it: a table, two charts, and what many clients need.

    python tests/benchmarks/shown.py [--anew] [FOLDER …]

takes the rows that `make bench` has left in FOLDER (output/bench) into docs/measured, and makes the charts and the
parts of docs/speed.md and docs/many-clients.md anew. What was measured before stays unless it was measured again; with
--anew nothing of it stays. Without anything new to take, documents are made of what is kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import measured
import pandas as pd
from cost import ROOT

from msp_report.portfolio.cluster import FETCHED

DOCS = ROOT / "docs"
KEPT = DOCS / "measured"
PAIRS, RUNS = "bench.csv", "portfolio.csv"
#: What tells which rows were measured together.
KEYS = {PAIRS: ("thing", "size"), RUNS: ("way", "clients")}
COLUMNS = {PAIRS: measured.PAIRS, RUNS: measured.RUNS}
#: How many clients docs/many-clients.md speaks of, and how many cores at a time.
MANY, CORES = 10_000, 64
#: How long a store elsewhere takes for a file [s]; assumed, not measured.
A_FILE = 0.02


# Tables


def table(rows: pd.DataFrame) -> str:
    """Pairs as Markdown: a row a way, what it is compared with first."""
    lines = [
        "| what | how | clock [s] | to the first | CPU [s] | to the first | memory [MB] |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    before = None
    for row in rows.itertuples(index=False):
        name, before = ("" if what(row) == before else what(row)), what(row)
        if not row.times:
            lines.append(f"| {name} | {row.way}: {row.note} | | | | | |")
            continue
        cells = (
            number(row.clock_s),
            "" if name else _ratio(row.clock_ratio),
            number(row.cpu_s),
            "" if name else _ratio(row.cpu_ratio),
            "" if pd.isna(row.memory_mb) else f"{row.memory_mb:,.0f}",
        )
        lines.append(f"| {name} | {row.way} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_machines(rows)]) + "\n"


def what(row: tuple) -> str:
    """What was done in several ways, with how many of it."""
    return f"{row.size:,} {row.thing}" if row.size else row.thing


def number(value: float) -> str:
    """Seconds to three digits."""
    return f"{value:,.2f}" if value < 10 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(value: float) -> str:
    if pd.isna(value):
        return ""
    return f"1/{1 / value:,.1f}" if 0 < value < 0.95 else f"{value:,.1f}"


def _machines(rows: pd.DataFrame) -> Iterator[str]:
    """Where and when rows were measured; what only some of them say names these."""
    for (day, machine), some in rows[rows["machine"].notna()].groupby(["measured_on", "machine"], sort=False):
        few = (
            "" if len(some) == len(rows) else f"{', '.join(dict.fromkeys(map(_named, some.itertuples())))}: "
        )
        times = sorted({int(one) for one in some.get("times", ()) if one > 0})  # 0: a way that is not there
        most = f"medians of {' or '.join(map(str, times))}, " if times and times[-1] > 1 else ""
        least, highest = some["load"].min(), some["load"].max()
        load = f"load {least:.0f}" if round(least) == round(highest) else f"load {least:.0f} to {highest:.0f}"
        yield f"{few}{most}{day}, {load}, {machine}."


def _named(row: tuple) -> str:
    return what(row) if hasattr(row, "thing") else f"{row.way}, {row.clients:,.0f} clients"


# Many clients


def clients(rows: pd.DataFrame) -> str:
    """What a client costs in the largest runs that were measured, and what many need, worked from it."""
    runs = {way: some.sort_values("clients") for way, some in rows.groupby("way", sort=False)}
    if "here" not in runs:
        return "Nothing was measured yet.\n"
    here, cluster = (runs[way].iloc[-1] if way in runs else None for way in ("here", "cluster"))
    core_s, held_mb = here["clock_s"] * here["workers"] / here["clients"], here["memory_mb"] / here["workers"]
    lines = [f"| what | a client | {MANY:,} clients |", "|---|---:|---:|"]
    for name, run, column, how in (
        ("CPU", here, "cpu_s", _seconds),
        ("packs, and what was read for them, on the disk", here, "output_mb", _megabytes),
        ("CPU, on a cluster and by way of a store", cluster, "cpu_s", _seconds),
        ("packs in the store", cluster, "store_mb", _megabytes),
        ("files in the store", cluster, "store_files", "{:,.0f}".format),
    ):
        if run is not None:
            each = run[column] / run["clients"]
            lines.append(f"| {name} | {how(each)} | {how(each * MANY)} |")
    lines += [
        f"| clock, on one core | {_seconds(core_s)} | on {CORES}: {_seconds(core_s * MANY / CORES)} |",
        f"| memory, for each that runs at a time | {_megabytes(held_mb)} | {CORES}: {_megabytes(held_mb * CORES)} |",
    ]
    alone = dict(_alone(runs.get("page"), cluster))
    lines += [
        f"| alone: {name} | {_seconds(each)} | {_seconds(each * MANY)} |" for name, each in alone.items()
    ]
    asker = here if cluster is None else cluster
    said = f"Whoever asked for {asker['clients']:,.0f} clients held {_megabytes(asker['asker_mb'])}"
    if cluster is not None:
        share = cluster["scheduler_cpu_s"] / cluster["clock_s"]
        said += f", the scheduler {_megabytes(cluster['scheduler_mb'])} and {share:.1%} of a core"
    if alone:
        first = max(alone, key=alone.__getitem__)
        said += f". Of what one process does alone, {first} takes longest: {_seconds(alone[first] * MANY)}"
    return "\n".join([*lines, "", f"{said}.", "", runs_table(rows)])


def _alone(pages: pd.DataFrame | None, cluster: pd.Series | None) -> Iterator[tuple[str, float]]:
    """What a process of which there is one does for each client [s]."""
    if pages is not None and pages["clients"].nunique() > 1:
        few, many = pages.iloc[0], pages.iloc[-1]
        yield "the page of all", (many["cpu_s"] - few["cpu_s"]) / (many["clients"] - few["clients"])
    if cluster is not None:
        names = ("sent_s", "fetched_s", "store_files")
        sent, fetched, files = (cluster[name] / cluster["clients"] for name in names)
        yield "sending params to workers", sent
        yield "fetching packs from a store that is a folder", fetched
        how = f"{A_FILE * 1000:.0f} ms a file, of {FETCHED} clients at a time"
        yield f"fetching packs from a store, {how}", fetched + A_FILE * files / FETCHED


def runs_table(rows: pd.DataFrame) -> str:
    """The runs themselves as Markdown."""
    lines = [
        "| run | clients | at a time | clock [s] | CPU [s] | memory [MB] | a client's clock: median, most [s] |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows.itertuples(index=False):
        took = "" if pd.isna(row.client_median_s) else f"{row.client_median_s:.1f}, {row.client_most_s:.1f}"
        cells = (row.way, f"{row.clients:,.0f}", f"{row.workers:.0f}", number(row.clock_s), number(row.cpu_s),
                 f"{row.memory_mb:,.0f}", took)  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_machines(rows)]) + "\n"


def _seconds(value: float) -> str:
    for length, unit in ((3_600, "hours"), (60, "min")):
        if value >= 2 * length:
            return f"{value / length:,.1f} {unit}"
    return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"


def _megabytes(value: float) -> str:
    for size, unit in ((1e6, "TB"), (1e3, "GB")):
        if value >= size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:.1f} MB" if value < 10 else f"{value:.0f} MB"


# Documents

#: The documents with parts that are made, by name of the part.
PARTS: dict[str, tuple[str, str, Callable[[pd.DataFrame], str]]] = {
    "pairs": ("speed.md", PAIRS, table),
    "clients": ("many-clients.md", RUNS, clients),
}


def with_part(text: str, name: str, made: str) -> str:
    """A document with a part that was made anew; it stands between two remarks. Raises ValueError without them."""
    fresh, count = re.subn(
        rf"(<!-- {name}: made by [^\n]* -->\n).*?(<!-- {name}: end -->)",
        lambda found: f"{found[1]}\n{made}\n{found[2]}",
        text,
        flags=re.S,
    )
    if count != 1:
        raise ValueError(f"no place for {name}, or several")
    return fresh


def document(name: str, rows: Callable[[str], pd.DataFrame]) -> str:
    """A document with all its parts made of kept rows."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for part, (where, measures, make) in PARTS.items():
        if where == name:
            text = with_part(text, part, make(rows(measures)))
    return text


def kept(name: str) -> pd.DataFrame:
    """The rows that are kept."""
    return measured.read(KEPT / name, COLUMNS[name])


def main(folders: list[Path], is_anew: bool) -> None:
    """Take in what was measured, beside what is kept or in its place, and make the documents anew."""
    import drawn  # matplotlib takes a while, and tables do not need it

    for name, columns in COLUMNS.items():
        rows = pd.DataFrame(columns=list(columns)) if is_anew else kept(name)
        for folder in folders:
            if not (new := measured.read(folder / name, columns)).empty:
                rows = measured.renewed(rows, new, KEYS[name])
        measured.write(rows, KEPT / name)
    for name in dict.fromkeys(where for where, _, _ in PARTS.values()):
        (DOCS / name).write_text(document(name, kept), encoding="utf-8")
    drawn.write(kept(PAIRS), KEPT)


if __name__ == "__main__":
    given = [text for text in sys.argv[1:] if text != "--anew"]
    main([Path(text) for text in given] or [ROOT / "output" / "bench"], "--anew" in sys.argv)
