"""Every case of every rule: what is given, what must come out, and why. The cases are the YAML files beside this one.

A case gives tables as lines of CSV (times without an offset are in the client's zone), params as in contract.yaml,
and the lines that must come out, with the columns that it speaks of. `docs/rules.md` has the rules.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from msp_report.clock import Clock
from msp_report.metrics import availability, backups, capacity, licences, procurement, projects, tickets
from msp_report.model.period import Period
from msp_report.model.tables import TABLES
from msp_report.statistics import percentile

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"), key=lambda path: int(path.stem))
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in FILES
    for case in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["cases"]
]

#: The client of a case that says nothing of it.
CLIENT = {"name": "Acme", "timezone": "UTC", "currency": "GBP"}


class Given:
    """What a case gives, in the types that the cores take."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        told = case.get("contract", {})
        self.contract = told | {"client": CLIENT | told.get("client", {})}
        self.zone = self.contract["client"]["timezone"]
        self.start, self.end = Period.parse(case.get("month", "2026-10")).bounds(self.zone)

    def at(self, text: str) -> pd.Timestamp:
        """An instant, in the client's zone where it has no offset."""
        moment = pd.Timestamp(text)
        return moment.tz_localize(self.zone) if moment.tzinfo is None else moment

    def table(self, name: str) -> pd.DataFrame | None:
        """A canonical table; None where the case does not give it."""
        if name not in self.case:
            return None
        rows = lines(self.case[name])
        if rows.empty:
            return TABLES[name].empty()
        return pd.DataFrame({column: self._typed(rows[column], name) for column in rows})

    def _typed(self, values: pd.Series, table: str) -> pd.Series:
        kind = TABLES[table].column(str(values.name)).type
        known = values.where(values != "")
        if kind == "instant":
            return known.map(self.at, na_action="ignore").pipe(pd.to_datetime, utc=True)
        if kind == "date":
            return pd.to_datetime(known).astype("datetime64[us]")
        if kind == "boolean":
            return known.map({"true": True, "false": False}).astype("boolean")
        if kind == "integer":
            return pd.to_numeric(known).astype("Int64")
        if kind == "number":
            return pd.to_numeric(known).astype("float64")
        if kind == "decimal":
            return known.map(Decimal, na_action="ignore").astype(object)
        return known.astype("str")


def lines(text: str) -> pd.DataFrame:
    """Lines of CSV as text, blanks around a cell left out."""
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skipinitialspace=True)
    return frame.rename(columns=str.strip).map(str.strip)


def of_the_clock(given: Given) -> pd.DataFrame:
    """One line: what a calendar answers, in minutes, instants of the zone, or yes and no."""
    case, clock = given.case, Clock(given.case["calendar"], given.zone)
    answers: dict[str, Callable[[], object]] = {
        "elapsed_min": lambda: clock.elapsed(given.at(case["from"]), given.at(case["to"])) / 60,
        "reached_at": lambda: clock.add(given.at(case["from"]), float(case["minutes"]) * 60),
        "is_open": lambda: clock.is_open(given.at(case["from"])),
        "next_open_at": lambda: clock.next_open(given.at(case["from"])),
        "last_open_at": lambda: clock.last_open(given.at(case["from"])),
    }
    asked = lines(case["expect"]).columns
    return pd.DataFrame([{name: answers[name]() for name in asked}])


def of_availability(given: Given) -> pd.DataFrame:
    tables = given.table("outages"), given.table("checks")
    return availability.service_levels(*tables, given.contract, given.start, given.end)


def of_tickets(given: Given) -> pd.DataFrame:
    return tickets.clocks(given.table("tickets"), given.table("ticket_events"), given.contract, given.end)


def of_attainment(given: Given) -> pd.DataFrame:
    from months import MonthOf

    told = {name: given.table(name) for name in ("tickets", "ticket_events", "time_entries")}
    return tickets.analyse(MonthOf(given.start, given.end, given.contract, tables=told)).attainment


def of_capacity(given: Given) -> pd.DataFrame:
    return capacity.resources(given.table("samples"), given.contract, given.start, given.end)


def of_percentiles(given: Given) -> pd.DataFrame:
    values = [float(value) for value in given.case["values"].split()]
    asked = lines(given.case["expect"]).columns
    return pd.DataFrame([{name: percentile(values, 0.95, name) for name in asked}])


def of_earned_value(given: Given) -> pd.DataFrame:
    told = projects.earned_value(given.table("project_periods"), None)
    return told if isinstance(told, pd.DataFrame) else pd.DataFrame([told])


def of_projects(given: Given) -> pd.DataFrame:
    return projects.variance(given.table("projects"), given.end)


def of_procurement(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("purchases", "prices", "rates"))
    return procurement.match(*told, given.contract, given.case.get("strategy"))


def of_licences(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("entitlements", "installs", "purchases"))
    return licences.position(*told, given.contract, given.end)


def of_backups(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("assets", "backup_jobs", "restore_tests"))
    return backups.assets(*told, given.contract, given.start, given.end)


#: `asks` of a case, or of its file: which core answers.
CORES = {
    "clock": of_the_clock,
    "availability": of_availability,
    "tickets": of_tickets,
    "attainment": of_attainment,
    "capacity": of_capacity,
    "percentile": of_percentiles,
    "earned value": of_earned_value,
    "projects": of_projects,
    "procurement": of_procurement,
    "licences": of_licences,
    "backups": of_backups,
}


def said(value: object, wanted: str, given: Given) -> str:
    """A value as a case writes it: to the decimals that were written, instants in the zone and form written."""
    if value is None or value is pd.NaT or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return "true" if value else "false"
    if isinstance(value, pd.Timestamp):
        moment = value.tz_convert(given.zone) if value.tzinfo else value
        return moment.strftime("%Y-%m-%d %H:%M" if " " in wanted else "%Y-%m-%d")
    try:
        places = len(wanted.partition(".")[2])
        return (
            f"{float(value):.{places}f}" if wanted.lstrip("-").replace(".", "", 1).isdigit() else str(value)
        )
    except (TypeError, ValueError):
        return str(value)


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    """The lines expected are those that come out, in their order; columns that a case does not name are free."""
    given = Given(case)
    if "refused" in case:
        with pytest.raises(ValueError, match=case["refused"]):
            CORES[case["asks"]](given)
        return
    wanted = lines(case["expect"])
    found = CORES[case["asks"]](given).reset_index(drop=True)
    shown = pd.DataFrame(
        {
            name: [
                said(value, mark, given)
                for value, mark in zip(
                    found[name].astype(object), [*wanted[name], *[""] * len(found)][: len(found)], strict=True
                )
            ]
            for name in wanted
        }
    )
    assert shown.to_dict("records") == wanted.to_dict("records"), case["why"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_why_of_each_of_its_cases(path):
    whole = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert whole["rule"] == path.stem
    names = [case["name"] for case in whole["cases"]]
    assert len(names) == len(set(names))
    assert all(len(case["why"]) > 20 for case in whole["cases"])
