"""Breaking a row never improves a verdict and never lowers what is owed (rule 42), on the demo's October.

One row of a table is taken out of what was accepted and put among the rejected ones: with an unreadable date, an
unknown code or unread key, or whole, as a conflicting key leaves it. Availability has a test of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from msp_report.case import Case
from msp_report.metrics import backups, duties, licences, procurement, tickets
from msp_report.model.tables import TABLES

#: By table: what reads it, and the columns that a broken row may lack.
BROKEN = {
    "tickets": (tickets, ["opened_at", "status", "priority"]),
    "ticket_events": (tickets, ["at", "field", "ticket_id"]),
    "installs": (licences, ["installed_on", "product", "device"]),
    "entitlements": (licences, ["starts_on", "metric", "product", "quantity"]),
    "purchases": (procurement, ["dated_on", "document", "vendor", "quantity", "order_id"]),
    "backup_jobs": (backups, ["started_at", "result", "asset"]),
    "assets": (backups, ["backup_required", "asset"]),
    "duty_evidence": (duties, ["done_at", "duty"]),
}
GOOD = {"missed": 0, "no_verdict": 1, "no_data": 1, "no_target": 1, "met": 2}


@dataclass
class Broken:
    """A case with some tables and rejected rows of its own."""

    case: Case
    tables: dict[str, pd.DataFrame]
    dropped: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.case, name)

    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        return self.tables.get(name, self.case.table(name))

    def follow_up(self, name: str) -> pd.DataFrame | None:
        return self.tables.get(name, self.case.follow_up(name))

    def own(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        return self.tables.get(name, self.case.own(name))

    def rejected(self, name: str) -> pd.DataFrame:
        return self.dropped.get(name, self.case.rejected(name))


@pytest.fixture
def october(demo_case):
    return demo_case("2026-10")


@pytest.fixture
def whole(demo_report):
    return lambda metric: _judged(demo_report(metric.__name__.rpartition(".")[2])[0])


def _judged(analysis: Any) -> dict:
    return {(f.measure, f.subject): f for f in analysis.figures() if f.verdict}


def _verdicts(metric: Any, case: Any) -> dict:
    return _judged(metric.analyse(case))


def _broken(case: Case, name: str, row: int, lost: str | None, evidence: str | None = None) -> Broken:
    """One row rejected, `lost` not read; None: it was read whole, as the rows of a conflicting key are."""
    frame = case.table(name)
    mine = frame.iloc[[row]].copy()
    if lost is not None:
        mine[lost] = (
            pd.Series(pd.NA, mine.index).astype(frame[lost].dtype) if frame[lost].dtype != object else None
        )
    mine = mine.rename(columns={"line": "document_line"})
    mine = mine.assign(file=f"{name}.csv", line=row + 2, reason="broken")
    mine["whose"] = evidence or ("provider" if case.own_word(name) else "raw")
    before = case.rejected(name)
    dropped = pd.concat([before, mine], ignore_index=True).astype(before.dtypes.to_dict())
    return Broken(case, {name: frame.drop(frame.index[row]).reset_index(drop=True)}, {name: dropped})


def _rows(case: Case, name: str, seed: int, count: int) -> np.ndarray:
    """Some rows of the table, the month's own first."""
    frame, period = case.table(name), TABLES[name].period
    rows = np.arange(len(frame))
    if period is not None:
        start = case.start if TABLES[name].column(period).type == "instant" else case.start.tz_localize(None)
        recent = (frame[period] >= start).to_numpy(bool)
        rows = rows[recent] if recent.any() else rows
    return np.random.default_rng(seed).choice(rows, min(count, len(rows)), replace=False)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 2, 3))])
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.thorough) if n == "tickets" else n for n in BROKEN]
)  # the log of tickets shows the same of the same report
def test_a_broken_row_never_improves_a_verdict(october, whole, name, seed):
    metric, columns = BROKEN[name]
    count = (2 if seed else 1) if metric in (tickets, procurement, licences) else 6 if seed else 3
    first, before = [*BROKEN].index(name), whole(metric)
    for place, row in enumerate(_rows(october, name, seed, count)):
        lost = [*columns, None][(first + place + seed) % (len(columns) + 1)]
        found = _verdicts(metric, _broken(october, name, int(row), lost))
        for key, was in before.items():
            after = found.get(key)
            assert after is not None or was.verdict != "missed", (key, row, lost)
            if after is not None and was.verdict in ("met", "missed", "no_verdict"):
                better = GOOD[after.verdict] > GOOD[was.verdict]
                named = after.verdict == "no_verdict" and "rejected row" in (after.why_missing or "")
                assert not better or named, (key, row, lost, was.verdict, after.verdict)
        for key, after in found.items():  # nothing that was not judged is met for want of a row
            assert after.verdict != "met" or before[key].verdict == "met", (key, row, lost)


@pytest.mark.parametrize("count", [1, pytest.param(4, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", ["installs", "entitlements", "duty_evidence", "assets"])
def test_the_provider_s_own_broken_row_leaves_a_miss_standing(october, whole, name, count):
    metric, columns = BROKEN[name]
    for row in _rows(october, name, 7, count):
        found = _verdicts(metric, _broken(october, name, int(row), columns[0], "provider"))
        kept = {key: f.verdict for key, f in found.items()}
        missed = [key for key, f in whole(metric).items() if f.verdict == "missed"]
        # taken with its own rows, what is missed of the accepted ones stays missed
        alone = _verdicts(
            metric, Broken(october, {name: october.table(name).drop(october.table(name).index[row])})
        )
        assert [
            key for key in missed if key in alone and alone[key].verdict == "missed" and kept[key] != "missed"
        ] == []


@pytest.mark.parametrize("count", [1, pytest.param(6, marks=pytest.mark.thorough)])
def test_what_a_rejected_row_may_touch_is_never_released(october, demo_report, count):
    frame = october.table("purchases")
    orders = frame[frame["document"].eq("order")]
    released = demo_report("procurement")[0].due
    released = released[released["decision"].eq("release")]
    for row in orders.index[-count:]:
        after = procurement.analyse(
            _broken(october, "purchases", int(frame.index.get_loc(row)), "dated_on")
        ).due
        mine = after[after["vendor"].eq(orders.loc[row, "vendor"])]
        assert not mine["decision"].eq("release").any()
        others = set(after.loc[after["decision"].eq("release"), "document_id"])
        assert others <= set(released["document_id"])
