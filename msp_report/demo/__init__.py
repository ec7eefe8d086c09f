"""A simulated company: seeded exports with planted, known faults.

Every name in it is invented. The truth that is written beside the exports comes from the simulation itself,
never from running the metrics, so that a test can ask whether a page finds exactly what was planted.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from msp_report.demo import (
    capacity,
    delivery,
    estate,
    files,
    monitoring,
    oversight,
    projects,
    purchasing,
    service_desk,
)
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import Office, span
from msp_report.model.period import Period

CLIENT = "demo"


def generate(
    exports_dir: Path | str, seed: int = 20260101, first: str = "2025-10", last: str = "2026-10"
) -> Path:
    """Write the demo company's exports, one folder a month, and `truth.json` beside them.

    Parameters: the folder that holds the clients' exports; the seed (the same one gives the same bytes);
    the first and last month, YYYY-MM. Returns the folder of the demo's exports. Raises ValueError where
    the months are not months or out of order. A month's files hold what an export at that month's end
    would hold: later facts do not exist in them.
    """
    period = Period.parse(f"{first}..{last}")
    months = [span(month) for month in period.months]
    truth = Truth([month.label for month in months])
    around = [span(period.first.shift(step)) for step in range(-1, len(months) + 3)]
    office = Office(around)

    tables, told = monitoring.simulate(months, office, seed, truth)
    desk, tickets = service_desk.simulate(months, around[0], office, seed, truth, told)
    planned, project_hours = projects.simulate(months, office, seed, truth)
    bought, invoiced = purchasing.simulate(months, seed, truth)
    tables |= desk | planned | bought
    tables |= capacity.simulate(months, seed, truth) | estate.simulate(months, seed, truth)
    tables |= oversight.simulate(months, tickets, invoiced, seed, truth)
    for label, booked in project_hours.items():
        tables["time_entries"][label] = pd.concat([tables["time_entries"][label], booked])
    delivery.deliver(tables, truth)

    target = Path(exports_dir) / CLIENT
    for month in months:
        folder = target / month.label
        folder.mkdir(parents=True, exist_ok=True)
        for name, frames in tables.items():
            for left in [
                *folder.glob(f"{name}.*"),
                *folder.glob(f"{name}_2*"),
            ]:  # of a demo that was made before
                left.unlink()
            if month.label in frames:
                _write(frames[month.label], name, folder)
    text = json.dumps(truth.found, indent=1, ensure_ascii=False, sort_keys=False)
    (target / "truth.json").write_text(text + "\n", encoding="utf-8")
    return target


def _write(frame: pd.DataFrame, name: str, folder: Path) -> None:
    """Each file in the shape in which its system would export it."""
    path, heading = folder / f"{name}.csv", delivery.heading(name, folder.name)
    if name == "time_entries":
        files.write_csv(frame, path, delimiter=";")
    elif name == "purchases":
        files.write_csv(frame, path, delimiter=";", encoding="cp1252", heading=heading)
    elif name == "surveys":
        files.write_xlsx(frame, path.with_suffix(".xlsx"), "answers", times=("invited_at", "answered_at"))
    elif name == "backup_jobs":
        files.write_json_lines(frame, folder / f"{name}_{delivery.exported_on(folder.name)}.jsonl")
    else:
        files.write_csv(frame, path, heading=heading)
