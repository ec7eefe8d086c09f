"""The states of a service's time, and what each reading of the contract makes of them (rules 4, 6, 9-11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import ROBUSTNESS_COLUMNS, typed_rows
from msp_report.metrics.availability.spans import Spans
from msp_report.params import Accounting, Service

#: The order of rule 4. After a reading, `maintenance` is what is excluded.
STATES = ("maintenance", "down", "degraded", "up", "unknown")
MAINTENANCE, DOWN, DEGRADED, UP, UNKNOWN = range(5)


@dataclass(frozen=True)
class Reading:
    """One way to account for maintenance, unknown, degraded and short outages (rule 11)."""

    maintenance: str
    unknown: str
    degraded: str
    short_s: float

    @classmethod
    def of(cls, accounting: Accounting) -> Reading:
        """The contract's own reading."""
        return cls(
            accounting.maintenance, accounting.unknown, accounting.degraded, float(accounting.short_outage_s)
        )

    def __str__(self) -> str:
        return f"maintenance={self.maintenance},unknown={self.unknown},degraded={self.degraded},short={self.short_s:g}"


#: The parts of a reading, in the order in which robustness names them.
PARTS = ("maintenance", "unknown", "degraded", "short", "probes")


#: The 48 readings of rule 11.
READINGS = tuple(
    Reading(*parts)
    for parts in product(
        ("exclude", "up", "down", "observed"), ("exclude", "up", "down"), ("up", "down"), (0.0, 150.0)
    )
)


@dataclass(frozen=True)
class Result:
    """One reading of one service [us]."""

    agreed: Service
    reading: Reading
    up: int
    down: int
    excluded: int
    unknown: int
    runs: Spans
    """Every down run on the axis."""
    outages: np.ndarray
    """Lengths of the runs of at least outage_min."""
    outages_for_certain: int
    may_hide: float
    """How many more outages unknown time may hide; infinite where nothing bounds them."""

    @property
    def known(self) -> int:
        return self.up + self.down

    @property
    def judged(self) -> int:
        return self.known + self.unknown

    @property
    def ratio(self) -> float | None:
        up, base = {
            "exclude": (self.up, self.known),
            "up": (self.up + self.unknown, self.judged),
            "down": (self.up, self.judged),
        }[self.reading.unknown]
        return up / base if self.known else None

    @property
    def low(self) -> float | None:
        return self.up / self.judged if self.judged else None

    @property
    def high(self) -> float | None:
        return (self.up + self.unknown) / self.judged if self.judged else None

    @property
    def coverage(self) -> float | None:
        return self.known / self.judged if self.judged else None


def robustness(rules: pd.DataFrame, doubted: Collection[str] = ()) -> pd.DataFrame:
    """How far each verdict hangs on the accounting rule (rule 11).

    Parameters: `rules` as `Analysis` describes them; `doubted`, the services whose verdict rests on a source that
    cannot be believed (rule 46).

    Returns: one row per service: `robust` is pass (all readings meet), fail (all miss) or fragile; null without
    data or target, and where the source is doubted. `flipped_by` is the first part, in the order maintenance, unknown,
    degraded, short, probes, whose change alone gives another verdict than the contract's own reading; where it takes
    several, they are joined with "and". `rule`, `availability_ratio` and `verdict` are that reading's. `readings`,
    `met`, `missed` count.
    """
    rows = [_robust(name, group, name in doubted) for name, group in rules.groupby("service", sort=False)]
    return typed_rows(rows, ROBUSTNESS_COLUMNS)


def _robust(name: str, group: pd.DataFrame, doubted: bool) -> dict[str, Any]:
    own = group.loc[group["own"]].iloc[0]
    verdicts = group["verdict"]
    judged = own["verdict"] not in ("no_data", "no_target") and not doubted
    row = {
        "service": name,
        "robust": None,
        "readings": len(group),
        "met": int((verdicts == "met").sum()),
        "missed": int((verdicts == "missed").sum()),
    }
    if not judged:
        return row
    whole = {"met": "pass", "missed": "fail"}.get(own["verdict"])
    row["robust"] = whole if whole and (verdicts == own["verdict"]).all() else "fragile"
    changed = np.column_stack(
        [group[part].fillna("") != (own[part] if pd.notna(own[part]) else "") for part in PARTS]
    )
    order = changed.sum(axis=1) * 2 ** len(PARTS) + changed @ (2 ** np.arange(len(PARTS)))
    other = (verdicts != own["verdict"]).to_numpy()
    if other.any():
        nearest = int(np.argmin(np.where(other, order, order.max() + 1)))
        row["flipped_by"] = " and ".join(np.array(PARTS)[changed[nearest]])
        row |= {part: group.iloc[nearest][part] for part in ("rule", "availability_ratio", "verdict")}
    return row
