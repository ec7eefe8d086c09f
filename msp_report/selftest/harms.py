"""What a provider could do to a month: each harm a function of its tables, a size and a random generator (rule 35).

Two kinds. A harm of *delivery* happened and is written down honestly: an outage is in the log and a probe saw it. A
*hiding* one takes evidence away from a month as it was: it is tried on the tables that the provider has in its hands,
not on the client's own books (purchases, prices, copies) nor on its own probes.

A harm is done to what was kept in the untouched month, if anything was: what is missed already is no hard test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from msp_report.case import Case
from msp_report.metrics import tickets
from msp_report.model.figures import Figure
from msp_report.model.tables import TABLES
from msp_report.model.texts import among

#: The tables out of which a provider can leave rows, in the order of their declaration.
IN_ITS_HANDS = (
    "tickets", "ticket_events", "outages", "samples", "projects", "backup_jobs", "restore_tests", "duty_evidence",
    "surveys",
)  # fmt: skip
_CAUSE = "injected"
#: A duty that is due more seldom need not be done in a month.
_MONTH_DAYS = 31
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Injected:
    """A harm that was done: the tables that it changed (None: no file came), and to what, in words."""

    tables: Mapping[str, pd.DataFrame | None]
    subject: str


@dataclass
class Given:
    """The untouched month as harms see it: its own rows by table, what was agreed, and what its figures say."""

    case: Case
    figures: Mapping[tuple[str, str], Figure]
    own_probes: frozenset[str]
    """The tables of which some file is the client's own probe."""
    _rows: dict[str, pd.DataFrame] = field(default_factory=dict)

    def rows(self, table: str) -> pd.DataFrame:
        """What the month's own exports have of a table; without rows where they have none."""
        if table not in self._rows:
            found = self.case.own(table)
            self._rows[table] = TABLES[table].empty() if found is None else found.reset_index(drop=True)
        return self._rows[table]

    def kept(self, measure: str, among: Iterable[str]) -> list[str]:
        """Those subjects of a measure among some that were met; all of them where none was."""
        names = list(among)
        met = [name for name in names if (f := self.figures.get((measure, name))) and f.verdict == "met"]
        return met or names

    @cached_property
    def clocks(self) -> pd.DataFrame:
        """The tickets with their clocks, as tickets.course.clocks_of."""
        return tickets.analyse(self.case).clocks

    @property
    def left_out_of(self) -> list[str]:
        """The tables in the provider's hands that came with rows."""
        return [name for name in IN_ITS_HANDS if len(self.rows(name)) and name not in self.own_probes]


Make = Callable[[Given, float, np.random.Generator], Injected | None]


@dataclass(frozen=True)
class Harm:
    """A harm: its code, the report that should catch it, its sizes in a unit, how it is done, and what that means.

    `make` gives None where the month has nothing to which it could be done.
    """

    name: str
    report: str
    sizes: tuple[float, ...]
    unit: str
    make: Make
    meaning: str
    hides: bool = False


# ---------------------------------------------------------------- services


def _spell(
    given: Given, minutes: float, rng: np.random.Generator, *, state: str, seen: str = ""
) -> Injected | None:
    """A service not up for so long in its service hours, in the log and, where one looks, by the probe."""
    agreed = given.case.contract
    levels = [one.name for one in agreed.services if one.availability_ratio is not None]
    name = _one(given.kept("availability.ratio", levels), rng)
    if name is None or (given.rows("outages").empty and given.rows("checks").empty):
        return None
    service = next(one for one in agreed.services if one.name == name)
    clock = agreed.clock(service.calendar)
    # a minute of its service time, far enough from the month's end
    last = given.case.end - pd.Timedelta(minutes=minutes) - _DAY
    open_s = float(clock.elapsed(given.case.start, last))
    if open_s <= 0:
        return None
    start = clock.add(given.case.start, float(rng.integers(0, int(open_s // 60))) * 60)
    end = start + pd.Timedelta(minutes=minutes)
    row = {"service": name, "started_at": start, "ended_at": end, "state": state, "cause": _CAUSE}
    tables: dict[str, pd.DataFrame | None] = {"outages": _with(given.rows("outages"), [row])}
    checks = given.rows("checks")
    mine = checks["service"].eq(name)
    if mine.any():
        within = mine & checks["at"].ge(start) & checks["at"].lt(end)
        looked = checks.assign(state=checks["state"].mask(within, seen or state))
        if checks.loc[mine, "changes_only"].fillna(False).any():
            extra = {"service": name, "changes_only": True}
            looked = _with(
                looked, [extra | {"at": start, "state": seen or state}, extra | {"at": end, "state": "up"}]
            )
        tables["checks"] = looked
    return Injected(tables, name)


# ---------------------------------------------------------------- tickets


def _late(given: Given, share: float, rng: np.random.Generator, *, clock: str) -> Injected | None:
    levels = given.case.contract.tickets.priorities
    timed = [name for name, level in levels.items() if getattr(level, f"{clock}_min") is not None]
    name = _one(given.kept(f"tickets.{clock}_attainment", timed), rng)
    if name is None:
        return None
    level = levels[name]
    time = given.case.contract.clock(level.calendar)
    rows = _solved(given)
    rows = rows[rows["priority"].eq(name)]
    column, target = (
        ("resolved_at", level.resolution_min)
        if clock == "resolution"
        else ("first_response_at", level.response_min)
    )
    if rows.empty or target is None:
        return None
    late = pd.Series(time.add(rows["opened_at"], float(target) * 120), rows.index)
    before = given.case.end - _DAY if clock == "resolution" else rows["resolved_at"]
    rows = rows.assign(by=late - rows[column])[late.gt(rows[column]) & late.lt(before)]
    some = _some(rows, share, rng)
    if some.empty:
        return None
    moved = some.set_index("ticket_id")["by"]
    every, log = given.rows("tickets"), given.rows("ticket_events")
    by = _by_ticket(every, moved).fillna(pd.Timedelta(0))
    of_log = _by_ticket(log, moved).fillna(pd.Timedelta(0))
    said = _by_ticket(log, some.set_index("ticket_id")[column])
    if clock == "resolution":
        every = every.assign(resolved_at=every["resolved_at"] + by, closed_at=every["closed_at"] + by)
        log = log.assign(at=log["at"] + of_log.where(log["at"].ge(said), pd.Timedelta(0)))
    else:
        every = every.assign(first_response_at=every["first_response_at"] + by)
        word = log["field"].eq("comment") & log["at"].eq(said)
        log = log.assign(at=log["at"] + of_log.where(word, pd.Timedelta(0)))
    return Injected(_both(every, log), f"{len(some)} tickets of {name}")


def _reopened(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    rows = _solved(given)
    some = _some(rows[rows["resolved_at"].lt(given.case.end - 3 * _DAY)], share, rng)
    if some.empty:
        return None
    every, log = given.rows("tickets"), given.rows("ticket_events")
    mine = among(every["ticket_id"], some["ticket_id"])
    every = every.assign(
        resolved_at=every["resolved_at"].mask(mine, every["resolved_at"] + 2 * _DAY),
        closed_at=every["closed_at"].mask(mine, every["closed_at"] + 2 * _DAY),
        reopens=every["reopens"].mask(mine, every["reopens"].fillna(0) + 1),
    )
    solved = _by_ticket(log, some.set_index("ticket_id")["resolved_at"])
    log = log.assign(at=log["at"].mask(log["at"].gt(solved), log["at"] + 2 * _DAY))
    again = some[["ticket_id", "resolved_at"]].rename(columns={"resolved_at": "at"})
    back = again.assign(at=again["at"] + _DAY, field="status", actor_kind="client")
    done = again.assign(at=again["at"] + 2 * _DAY, field="status", actor_kind="provider")
    back = back.assign(**{"from": "resolved", "to": "open"})
    done = done.assign(**{"from": "open", "to": "resolved"})
    log = _with(log, [*back.to_dict("records"), *done.to_dict("records")])
    return Injected(_both(every, log), f"{len(some)} tickets")


def _left_open(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    some = _some(_solved(given), share, rng)
    if some.empty:
        return None
    every, log = given.rows("tickets"), given.rows("ticket_events")
    mine = among(every["ticket_id"], some["ticket_id"])
    every = every.assign(
        resolved_at=every["resolved_at"].mask(mine),
        closed_at=every["closed_at"].mask(mine),
        status=every["status"].mask(mine, "open"),
    )
    solved = _by_ticket(log, some.set_index("ticket_id")["resolved_at"])
    return Injected(_both(every, log[~log["at"].ge(solved)]), f"{len(some)} tickets")


def _lowered(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    names = list(given.case.contract.tickets.priorities)
    found = given.rows("tickets")["priority"]
    pairs = [pair for pair in pairwise(names) if found.eq(pair[0]).any()]
    if not pairs:
        return None
    old, new = pairs[int(rng.integers(0, len(pairs)))]
    every, log = given.rows("tickets"), given.rows("ticket_events")
    rows = every[every["priority"].eq(old) & every["opened_at"].ge(given.case.start)]
    some = _some(rows, share, rng)
    if some.empty:
        return None
    said = some[["ticket_id", "opened_at"]].rename(columns={"opened_at": "at"})
    said = said.assign(at=said["at"] + pd.Timedelta(minutes=30), field="priority", actor_kind="provider")
    said = said.assign(**{"from": old, "to": new})
    every = every.assign(priority=every["priority"].mask(among(every["ticket_id"], some["ticket_id"]), new))
    log = _with(log, said.to_dict("records"))
    return Injected(_both(every, log), f"{len(some)} tickets from {old} to {new}")


def _unhappy(given: Given, points: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("surveys")
    if rows["responsiveness"].notna().sum() == 0:
        return None
    less = rows["responsiveness"].sub(int(points)).clip(lower=1)
    return Injected({"surveys": rows.assign(responsiveness=less)}, "responsiveness")


def _more_hours(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("time_entries")
    mine = rows["billable"].fillna(False)
    if not mine.any():
        return None
    hours = rows["hours"].mask(mine, (rows["hours"] * (1 + share)).round(2))
    return Injected({"time_entries": rows.assign(hours=hours)}, "hours beside the fee")


def _solved(given: Given) -> pd.DataFrame:
    """The tickets opened and solved once in the month, whose log has the solve where it has anything of them."""
    rows = given.rows("tickets")
    once = rows["reopens"].fillna(0).eq(0) & rows["opened_at"].ge(given.case.start)
    rows = rows[once & rows["resolved_at"].lt(given.case.end) & rows["status"].isin(["resolved", "closed"])]
    log = given.rows("ticket_events")
    solves = log[log["field"].eq("status") & log["to"].eq("resolved")].groupby("ticket_id")["at"]
    last, times = (_by_ticket(rows, of) for of in (solves.max(), solves.size()))
    known = ~among(rows["ticket_id"], log["ticket_id"]) | (times.eq(1) & last.eq(rows["resolved_at"]))
    return rows[known]


def _both(every: pd.DataFrame, log: pd.DataFrame) -> dict[str, pd.DataFrame | None]:
    """Tickets with their log; without it where none came."""
    return {"tickets": every} | ({"ticket_events": log.sort_values("at", kind="stable")} if len(log) else {})


# ---------------------------------------------------------------- backups, capacity, duties


def _backups_fail(given: Given, days: float, rng: np.random.Generator) -> Injected | None:
    return _backups(
        given, days, rng, lambda rows, mine: rows.assign(result=rows["result"].mask(mine, "failed"))
    )


def _backups_stop(given: Given, days: float, rng: np.random.Generator) -> Injected | None:
    return _backups(given, days, rng, lambda rows, mine: rows[~mine])


def _backups(
    given: Given,
    days: float,
    rng: np.random.Generator,
    change: Callable[[pd.DataFrame, pd.Series], pd.DataFrame],
) -> Injected | None:
    rows = given.rows("backup_jobs")
    register = given.rows("assets")
    spared = register.loc[register["backup_required"].eq(False).fillna(False), "asset"]
    asset = _one(sorted(set(rows["asset"]) - set(spared)), rng)
    if asset is None:
        return None
    spare = max(int((given.case.end - given.case.start) / _DAY - days), 1)
    first = given.case.start + int(rng.integers(0, spare)) * _DAY
    mine = rows["asset"].eq(asset) & rows["started_at"].ge(first) & rows["started_at"].lt(first + days * _DAY)
    return Injected({"backup_jobs": change(rows, mine)}, asset) if mine.any() else None


def _restore_fails(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("restore_tests")
    if rows.empty:
        return None
    return Injected({"restore_tests": rows.assign(result="failed")}, str(rows["asset"].iloc[0]))


def _overloaded(given: Given, hours: float, rng: np.random.Generator) -> Injected | None:
    every, rows = given.case.contract.capacity, given.rows("samples")
    agreed = {f"{one.resource}:{one.metric}": one for one in every if one.limit_ratio and one.capacity}
    sampled = set(rows["resource"] + ":" + rows["metric"])
    name = _one(given.kept("capacity.utilisation", [name for name in agreed if name in sampled]), rng)
    if name is None:
        return None
    one = agreed[name]
    spare = max(int((given.case.end - given.case.start) / pd.Timedelta(hours=1) - hours), 1)
    first = given.case.start + pd.Timedelta(hours=int(rng.integers(0, spare)))
    within = rows["at"].ge(first) & rows["at"].lt(first + pd.Timedelta(hours=hours))
    mine = rows["resource"].eq(one.resource) & rows["metric"].eq(one.metric) & within
    # half-way between the limit and all that there is
    full = float(one.capacity) * (float(one.limit_ratio) + 1) / 2
    if not mine.any():
        return None
    return Injected({"samples": rows.assign(value=rows["value"].mask(mine, full))}, name)


def _undone(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("duty_evidence")
    monthly = [one.name for one in given.case.contract.duties if one.every_days <= _MONTH_DAYS]
    proved = sorted(set(rows["duty"]) & set(monthly))
    name = _one(given.kept("duties.kept_ratio", proved), rng)
    if name is None:
        return None
    return Injected({"duty_evidence": rows[rows["duty"].ne(name)]}, name)


# ---------------------------------------------------------------- projects, money, licences, vendors


def _project_late(given: Given, days: float, rng: np.random.Generator) -> Injected | None:
    return _project(
        given,
        rng,
        lambda rows, mine: {
            "forecast_end": rows["forecast_end"].mask(mine, rows["forecast_end"] + days * _DAY)
        },
    )


def _project_dearer(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    return _project(
        given, rng, lambda rows, mine: {"forecast_cost": _times(rows["forecast_cost"], mine, 1 + share)}
    )


def _project_moved(given: Given, days: float, rng: np.random.Generator) -> Injected | None:
    return _project(
        given,
        rng,
        lambda rows, mine: {
            name: rows[name].mask(mine, rows[name] + days * _DAY) for name in ("baseline_end", "forecast_end")
        },
    )


def _project(
    given: Given,
    rng: np.random.Generator,
    change: Callable[[pd.DataFrame, pd.Series], dict[str, pd.Series]],
) -> Injected | None:
    rows = given.rows("projects")
    told = rows["status"].eq("in_progress") & rows["baseline_end"].notna() & rows["baseline_cost"].notna()
    told &= rows["forecast_end"].le(rows["baseline_end"])
    name = _one(sorted(rows.loc[told, "project_id"].unique()), rng)
    if name is None:
        return None
    mine = rows["project_id"].eq(name)
    return Injected({"projects": rows.assign(**change(rows, mine))}, name)


def _unapproved(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("projects")
    some = rows[rows["status"].eq("in_progress")]
    if some.empty:
        return None
    row = some.iloc[[int(rng.integers(0, len(some)))]]
    row = row.assign(project_id="PRJ-INJECTED", name="injected", approved_by=None, approved_on=pd.NaT)
    return Injected({"projects": _with(rows, row.to_dict("records"))}, "a project of the provider's")


def _overcharged(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    rows, found = given.rows("purchases"), _invoice(given, rng)
    if found is None:
        return None
    mine = _of_invoice(rows, found)
    return Injected(
        {"purchases": rows.assign(unit_price=_times(rows["unit_price"], mine, 1 + share))}, " ".join(found)
    )


def _billed_twice(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    rows, found = given.rows("purchases"), _invoice(given, rng)
    if found is None:
        return None
    mine = rows[_of_invoice(rows, found)]
    again = mine.assign(document_id=f"{found[1]}-2", paid_on=pd.NaT)
    return Injected({"purchases": _with(rows, again.to_dict("records"))}, " ".join(found))


def _not_delivered(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    rows, found = given.rows("purchases"), _invoice(given, rng)
    if found is None:
        return None
    orders = rows.loc[rows["document"].eq("invoice") & rows["document_id"].eq(found[1]), "order_id"]
    gone = rows["document"].eq("packing_slip") & rows["order_id"].isin(orders)
    return Injected({"purchases": rows[~gone]}, " ".join(found)) if gone.any() else None


def _of_invoice(rows: pd.DataFrame, found: tuple[str, str]) -> pd.Series:
    """The lines of an invoice by its vendor and number."""
    return rows["document"].eq("invoice") & rows["vendor"].eq(found[0]) & rows["document_id"].eq(found[1])


def _invoice(given: Given, rng: np.random.Generator) -> tuple[str, str] | None:
    """Vendor and number of an invoice of goods that agrees with its order and its packing slip."""
    rows = given.rows("purchases")
    keys = ["order_id", "order_line", "item", "quantity"]
    kinds = {kind: rows[rows["document"].eq(kind)] for kind in ("order", "packing_slip", "invoice")}
    both = kinds["invoice"].merge(kinds["order"][[*keys, "unit_price"]], on=[*keys, "unit_price"])
    both = both.merge(kinds["packing_slip"][keys], on=keys)
    found = both[["vendor", "document_id"]].drop_duplicates().sort_values(["vendor", "document_id"])
    if found.empty:
        return None
    row = found.iloc[int(rng.integers(0, len(found)))]
    return str(row["vendor"]), str(row["document_id"])


def _unlicensed(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("installs")
    name = _one(given.kept("licences.position", sorted(rows["product"].unique())), rng)
    if name is None:
        return None
    mine = rows[rows["product"].eq(name)]
    extra = mine.iloc[rng.integers(0, len(mine), max(1, round(len(mine) * share)))].copy()
    numbers = [f"INJECTED-{n:03d}" for n in range(len(extra))]
    extra = extra.assign(
        device=numbers,
        user=numbers,
        licence_key=None,
        installed_on=given.case.start.tz_localize(None).normalize(),
    )
    return Injected({"installs": _with(rows, extra.to_dict("records"))}, f"{len(extra)} copies of {name}")


def _untold_tie(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    rows = given.rows("vendors")
    bought = rows["vendor"].isin(given.rows("purchases")["vendor"]) & rows["relationship"].eq("none")
    name = _one(sorted(rows.loc[bought, "vendor"]), rng)
    if name is None:
        return None
    mine = rows["vendor"].eq(name)
    tie = {
        "relationship": rows["relationship"].mask(mine, "commission"),
        "disclosed_on": rows["disclosed_on"].mask(mine),
    }
    return Injected(
        {"vendors": rows.assign(commission_ratio=rows["commission_ratio"].mask(mine, 0.1), **tie)}, name
    )


# ---------------------------------------------------------------- evidence left out


def _withheld(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    name = _one(given.left_out_of, rng)
    return None if name is None else Injected({name: None}, name)


def _cut(given: Given, days: float, rng: np.random.Generator) -> Injected | None:
    name = _one([name for name in given.left_out_of if _kind(name) in ("instant", "date")], rng)
    if name is None:
        return None
    at = given.rows(name)[TABLES[name].period]
    end = given.case.end if _kind(name) == "instant" else pd.Timestamp(given.case.period.last.end_on)
    return Injected({name: given.rows(name)[at < end - days * _DAY]}, name)


def _emptied(given: Given, times: float, rng: np.random.Generator) -> Injected | None:
    pairs = [
        (name, column.name)
        for name in given.left_out_of
        for column in TABLES[name].columns
        if not column.required and given.rows(name)[column.name].notna().mean() > 0.5
    ]
    if not pairs:
        return None
    name, column = pairs[int(rng.integers(0, len(pairs)))]
    rows = given.rows(name)
    return Injected(
        {name: rows.assign(**{column: rows[column].mask(rows[column].notna())})}, f"{name}.{column}"
    )


def _bad_rows(given: Given, share: float, rng: np.random.Generator) -> Injected | None:
    found = {name: bad for name in given.left_out_of if (bad := _against(given, name)).any()}
    name = _one(list(found), rng)
    if name is None:
        return None
    rows = given.rows(name)
    gone = _some(rows[found[name]], share, rng)
    return Injected({name: rows.drop(gone.index)}, f"{len(gone)} rows of {name}")


def _against(given: Given, name: str) -> pd.Series:
    """The rows of a table that speak against the provider."""
    rows = given.rows(name)
    if name == "tickets":
        clocks = given.clocks
        late = clocks["resolution_met"].eq(False) | clocks["response_met"].eq(False)
        return pd.Series(among(rows["ticket_id"], clocks.loc[late.fillna(False), "ticket_id"]), rows.index)
    if name == "outages":
        return rows["state"].eq("down")
    if name == "backup_jobs":
        return rows["result"].isin(["failed", "none"])
    if name == "restore_tests":
        return rows["result"].ne("success")
    if name == "surveys":
        return rows["responsiveness"].le(2).fillna(False)
    if name == "samples":
        over = pd.Series(False, rows.index)
        for one in given.case.contract.capacity:
            if one.capacity and one.limit_ratio:
                mine = rows["resource"].eq(one.resource) & rows["metric"].eq(one.metric)
                over |= mine & rows["value"].gt(float(one.capacity) * float(one.limit_ratio))
        return over
    return pd.Series(False, rows.index)


def _kind(table: str) -> str:
    period = TABLES[table].period
    return "" if period is None else TABLES[table].column(period).type


# ---------------------------------------------------------------- all of them

_SOME, _DAYS = (0.1, 0.25, 0.5), (3.0, 7.0, 14.0)
HARMS: tuple[Harm, ...] = (
    Harm(
        "service down",
        "availability",
        (30, 120, 480),
        "min",
        partial(_spell, state="down"),
        meaning="A service is down so long in its service hours; the log and the probe say so.",
    ),
    Harm(
        "service slow",
        "availability",
        (120, 480, 2880),
        "min",
        partial(_spell, state="degraded"),
        meaning="The same, slow in place of down.",
    ),
    Harm(
        "down without notice",
        "availability",
        (30, 120, 480),
        "min",
        partial(_spell, state="maintenance", seen="down"),
        meaning="Maintenance that nobody announced, in service hours; the probe finds the service down.",
    ),
    Harm(
        "solved late",
        "tickets",
        _SOME,
        "ratio",
        partial(_late, clock="resolution"),
        meaning="Such a share of a priority's tickets is solved after twice the time agreed.",
    ),
    Harm(
        "answered late",
        "tickets",
        _SOME,
        "ratio",
        partial(_late, clock="response"),
        meaning="Such a share of a priority's tickets is answered after twice the time agreed.",
    ),
    Harm(
        "reopened",
        "tickets",
        _SOME,
        "ratio",
        _reopened,
        meaning="Such a share of the solved tickets is opened again a day later, and solved again on the next.",
    ),
    Harm(
        "never solved",
        "tickets",
        _SOME,
        "ratio",
        _left_open,
        meaning="Such a share of the solved tickets is not solved.",
    ),
    Harm(
        "called less urgent",
        "tickets",
        _SOME,
        "ratio",
        _lowered,
        meaning="Such a share of a priority's tickets is given the next one half an hour after it came.",
    ),
    Harm(
        "users less happy",
        "satisfaction",
        (1, 2),
        "count",
        _unhappy,
        meaning="Every answer to the survey's question on responsiveness is so many points lower.",
    ),
    Harm(
        "more hours charged",
        "contract",
        _SOME,
        "ratio",
        _more_hours,
        meaning="The hours charged beside the fee are more by such a share.",
    ),
    Harm(
        "backups fail",
        "backups",
        _DAYS,
        "days",
        _backups_fail,
        meaning="All jobs of an asset fail for so long.",
    ),
    Harm(
        "backups stop in silence",
        "backups",
        _DAYS,
        "days",
        _backups_stop,
        meaning="An asset has no jobs for so long, and nothing says so.",
    ),
    Harm(
        "restore fails",
        "backups",
        (1,),
        "count",
        _restore_fails,
        meaning="The restore tests of the month fail.",
    ),
    Harm(
        "resource over its limit",
        "capacity",
        (24, 72, 240),
        "hours",
        _overloaded,
        meaning="A resource is half-way between its limit and all that it has, for so long on end.",
    ),
    Harm(
        "duty not done",
        "duties",
        (1,),
        "count",
        _undone,
        meaning="A duty that is due at least once a month is not proved in it.",
    ),
    Harm(
        "project late",
        "projects",
        (14, 60, 180),
        "days",
        _project_late,
        meaning="A project on time is expected so much later.",
    ),
    Harm(
        "project dearer",
        "projects",
        _SOME,
        "ratio",
        _project_dearer,
        meaning="A project is expected to cost more by such a share.",
    ),
    Harm(
        "plan moved with the delay",
        "projects",
        (14, 60, 180),
        "days",
        _project_moved,
        meaning="A project is expected so much later, and its agreed end is moved alike.",
    ),
    Harm(
        "project without approval",
        "strategy",
        (1,),
        "count",
        _unapproved,
        meaning="A project is under way that nobody approved.",
    ),
    Harm(
        "dearer than ordered",
        "procurement",
        (0.05, 0.1, 0.25),
        "ratio",
        _overcharged,
        meaning="An invoice that agreed with its order charges more by such a share.",
    ),
    Harm(
        "invoiced twice",
        "procurement",
        (1,),
        "count",
        _billed_twice,
        meaning="An invoice comes again under another number.",
    ),
    Harm(
        "invoiced and not delivered",
        "procurement",
        (1,),
        "count",
        _not_delivered,
        meaning="What an invoice charges never came: its order has no packing slip.",
    ),
    Harm(
        "copies without a licence",
        "licences",
        (0.05, 0.1, 0.25),
        "ratio",
        _unlicensed,
        meaning="There are more copies of a product by such a share, on devices that had none.",
    ),
    Harm(
        "commission not told",
        "vendors",
        (1,),
        "count",
        _untold_tie,
        meaning="A vendor that we bought from pays the provider a commission of which nobody was told.",
    ),
    Harm("file withheld", "evidence", (1,), "count", _withheld, hides=True, meaning="A table does not come."),
    Harm(
        "file ends early",
        "evidence",
        (3, 10, 20),
        "days",
        _cut,
        hides=True,
        meaning="A table ends so long before the month does, without a word.",
    ),
    Harm(
        "column emptied",
        "evidence",
        (1,),
        "count",
        _emptied,
        hides=True,
        meaning="A column that was filled comes empty.",
    ),
    Harm(
        "bad rows left out",
        "evidence",
        (0.1, 0.5, 1),
        "ratio",
        _bad_rows,
        hides=True,
        meaning="Such a share of the rows that speak against the provider is left out: missed tickets, outages, failed "
        "runs, readings over a limit, unhappy answers.",
    ),
)


def _with(rows: pd.DataFrame, more: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows with some more of the same types."""
    extra = pd.DataFrame(more).reindex(columns=rows.columns)
    return pd.concat([rows, extra.astype(rows.dtypes.to_dict())], ignore_index=True)


def _times(amounts: pd.Series, mine: pd.Series, factor: float) -> pd.Series:
    """Amounts of money, some of them multiplied, to the cent."""
    more = amounts[mine].map(
        lambda amount: (Decimal(amount) * Decimal(str(factor))).quantize(Decimal("0.01")), na_action="ignore"
    )
    return amounts.where(~mine, more.reindex(amounts.index))


def _by_ticket(rows: pd.DataFrame, values: pd.Series) -> pd.Series:
    """A value of each row's ticket; missing where the ticket has none."""
    return values.reindex(rows["ticket_id"]).set_axis(rows.index)


def _one(names: list[str], rng: np.random.Generator) -> str | None:
    return names[int(rng.integers(0, len(names)))] if names else None


def _some(rows: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """A share of rows, at least one where there are any."""
    if rows.empty:
        return rows
    return rows.iloc[np.sort(rng.choice(len(rows), max(1, round(len(rows) * share)), replace=False))]
