"""Every case of every rule: what is given, what must come out, and why. The cases are the YAML files beside this one.

A case gives tables as lines of CSV (times without an offset are in the client's zone), params as in contract.yaml,
and the lines that must come out, with the columns that it speaks of; or what the answer is `refused` with. What stands
at the head of a file holds for each of its cases unless the case says otherwise; a contract is laid over it key by
key. `rejected <table>` are rows that were not accepted, `newest <table>` those of the month's own file, `reaches` up to
when a table speaks, `independent` the tables that are not the provider's word, `doubted` why a table is not believed. A
table with a header alone was supplied and is empty, one that is left out or blank was not supplied. A number is
compared to the decimals written, a whole number exactly. `docs/rules.md` has the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from months import MonthOf, PastOf, figures_of

from msp_report.metrics import (
    availability,
    backups,
    capacity,
    contract,
    duties,
    evidence,
    licences,
    procurement,
    projects,
    requests,
    satisfaction,
    signals,
    strategy,
    tickets,
    vendors,
)
from msp_report.metrics.evidence.unlogged import unlogged
from msp_report.metrics.scorecard.lines import lines, standing
from msp_report.model.clock import Clock, localize
from msp_report.model.figures import Figure
from msp_report.model.period import Period
from msp_report.model.statistics import Xmr, g_chart, percentile, t_chart, xmr
from msp_report.model.tables import TABLES
from msp_report.params import as_contract


def laid_over(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Params with those of a case laid over them, key by key; a key that the case leaves blank is taken away."""
    both = {key: laid_over(common[key], own[key]) for key in common.keys() & own.keys()
            if isinstance(common[key], dict) and isinstance(own[key], dict)}  # fmt: skip
    return {key: value for key, value in (common | own | both).items() if value != ""}


def cases_of(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The cases of a file, each with what stands at the head of the file."""
    head = {key: value for key, value in whole.items() if key not in ("rule", "cases")}
    return [
        head | case | {"contract": laid_over(head.get("contract", {}), case.get("contract", {}))}
        for case in whole["cases"]
    ]


RULES = {
    path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    for path in sorted(Path(__file__).parent.glob("*.yaml"), key=lambda path: int(path.stem))
}
CASES = [
    pytest.param(case, id=f"{rule}: {case['name']}")
    for rule, whole in RULES.items()
    for case in cases_of(whole)
]

#: The client of a case that says nothing of it.
CLIENT = {"name": "Acme", "timezone": "UTC", "currency": "GBP"}


class Given:
    """What a case gives, in the types that the cores take."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        told = case["contract"]
        self.contract = told | {"client": CLIENT | told.get("client", {})}
        self.zone = self.contract["client"]["timezone"]
        self.start, self.end = Period.parse(case.get("month", "2026-10")).bounds(self.zone)

    def at(self, text: str) -> pd.Timestamp:
        """An instant, in the client's zone where it has no offset."""
        moment = pd.Timestamp(text)
        return moment.tz_localize(self.zone) if moment.tzinfo is None else moment

    def table(self, name: str, as_: str = "") -> pd.DataFrame | None:
        """A canonical table, which the case calls `as_`; None where the case does not give it."""
        if not self.case.get(as_ or name):
            return None
        told = columns_of(self.case[as_ or name])
        kinds = {column: TABLES[name].column(column).type for column in told}
        if not any(told.values()):
            return TABLES[name].empty()
        return pd.DataFrame({column: self._typed(cells, kinds[column]) for column, cells in told.items()})

    def dropped(self, name: str) -> pd.DataFrame | None:
        """The rejected rows of a table as Case.rejected has them; None where the case gives none."""
        told = self.case.get(f"rejected {name}")
        if not told:
            return None
        columns, table = columns_of(told), TABLES[name]
        count = len(next(iter(columns.values())))
        kinds = {column.name: column.type for column in table.columns}
        read = {one: self._typed(columns.get(one, [""] * count), kind) for one, kind in kinds.items()}
        place = {"file": f"{name}.csv", "line": range(2, count + 2), "reason": "as the case says"}
        return pd.DataFrame(read).rename(columns={"line": "document_line"}).assign(**place)

    def _typed(self, cells: list[str], kind: str) -> pd.Series:
        read, dtype = self._types.get(kind, (str, "str"))
        return pd.Series([read(cell) if cell else None for cell in cells], dtype=dtype)

    @property
    def _types(self) -> dict[str, tuple[Callable[[str], object], str]]:
        """How a cell of a type is read, and the type of its column; all others are text."""
        return {
            "instant": (self.at, "datetime64[us, UTC]"),
            "date": (pd.Timestamp, "datetime64[us]"),
            "boolean": ({"true": True, "false": False}.__getitem__, "boolean"),
            "integer": (int, "Int64"),
            "number": (float, "float64"),
            "decimal": (Decimal, "object"),
        }


def columns_of(text: str) -> dict[str, list[str]]:
    """The columns of lines of CSV, blanks around a cell left out; cells at the end of a line may be left out too."""
    head, *rows = ([cell.strip() for cell in line.split(",")] for line in text.strip().splitlines())
    full = [row + [""] * (len(head) - len(row)) for row in rows]
    return {name: list(cells) for name, *cells in zip(head, *full, strict=True)}


def rows_of(columns: dict[str, list[str]]) -> list[dict[str, str]]:
    """The same line by line."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


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
    return pd.DataFrame([{name: answers[name]() for name in columns_of(case["expect"])}])


def of_windows(given: Given) -> pd.DataFrame:
    """The open windows of a calendar between two instants."""
    case = given.case
    return Clock(case["calendar"], given.zone).windows(given.at(case["from"]), given.at(case["to"]))


def of_local_times(given: Given) -> pd.DataFrame:
    """What the wall times of data are."""
    walls = pd.Series(pd.to_datetime(columns_of(given.case["walls"])["wall"]))
    return pd.DataFrame(dict(zip(("instant", "in_gap", "in_fold"), localize(walls, given.zone), strict=True)))


def of_availability(given: Given) -> pd.DataFrame:
    tables = given.table("outages"), given.table("checks")
    return availability.service_levels(*tables, given.contract, given.start, given.end)


def of_tickets(given: Given) -> pd.DataFrame:
    return tickets.clocks(given.table("tickets"), given.table("ticket_events"), given.contract, given.end)


def analysed(metrics: ModuleType, given: Given) -> Any:
    """Everything about a month of one report."""
    return metrics.analyse(month_of(given))


def month_of(given: Given) -> MonthOf:
    """The month of a case with all that it gives."""
    told = {name: given.table(name) for name in TABLES}
    begins = given.case.get("begins") == "true"
    agreed = as_contract(given.contract)
    strategy = given.case.get("strategy")
    dropped = {name: rows for name in TABLES if (rows := given.dropped(name)) is not None}
    newest = {name: rows for name in TABLES if (rows := given.table(name, f"newest {name}")) is not None}
    last = {name: rows for name in TABLES if (rows := given.table(name, f"last {name}")) is not None}
    return MonthOf(
        given.start,
        given.end,
        agreed,
        strategy,
        told,
        begins=begins,
        dropped=dropped,
        newest=newest,
        last=last,
        speaks_to={name: given.at(text) for name, text in given.case.get("reaches", {}).items()},
        independent=frozenset(given.case.get("independent", "").split()),
        doubted=given.case.get("doubted", {}),
    )


def record_of(metrics: ModuleType, name: str) -> Callable[[Given], pd.DataFrame]:
    """One record of a report."""
    return lambda given: analysed(metrics, given).records()[name]


def analysed_figures(metrics: ModuleType) -> Callable[[Given], pd.DataFrame]:
    """The figures of a report."""
    return lambda given: pd.DataFrame([vars(figure) for figure in analysed(metrics, given).figures()])


def told_figures(given: Given, name: str = "figures") -> pd.DataFrame:
    """Figures that a case gives, as a pack has them; a blank value says why. Those of a month have their `month`."""
    rows = rows_of(columns_of(given.case[name]))
    months = [row.pop("month", None) for row in rows]
    numbers = ("value", "low", "high", "target", "coverage")
    found = [{k: float(v) if k in numbers else v for k, v in row.items() if v} for row in rows]
    figures = figures_of(
        *(Figure(**({} if "value" in row else {"why_missing": "nobody knows"}) | row) for row in found)
    )
    return figures.assign(month=months) if any(months) else figures


def of_standing(given: Given) -> pd.DataFrame:
    pack = told_figures(given)
    return standing(pack, lines(pack, given.case.get("strategy")))


def of_deliveries(given: Given) -> pd.DataFrame:
    told = {name: table for name in TABLES if (table := given.table(name)) is not None}
    exported = {name: given.at(at).tz_convert("UTC") for name, at in given.case.get("exported", {}).items()}
    return evidence.deliveries(
        MonthOf(given.start, given.end, as_contract(given.contract), tables=told, exported=exported)
    )


def of_decidable(given: Given) -> pd.DataFrame:
    told = {name: table for name in TABLES if (table := given.table(name)) is not None}
    month = MonthOf(given.start, given.end, as_contract(given.contract), tables=told)
    return evidence.decidable(told_figures(given), PastOf().before, month.arrivals())


def of_credits(given: Given) -> pd.DataFrame:
    before = told_figures(given, "figures before") if "figures before" in given.case else None
    month = given.case.get("month", "2026-10")
    return contract.credits(told_figures(given), before, given.table("credits"), given.contract, month)


def of_credits_to_date(given: Given) -> pd.DataFrame:
    told = told_figures(given), given.table("credits"), given.contract
    return contract.credits_to_date(*told, given.case.get("month", "2026-10"))


def of_oversight(given: Given) -> pd.DataFrame:
    return strategy.oversight(given.case.get("strategy"), given.contract, given.end)


def of_payment(given: Given) -> pd.DataFrame:
    return pd.DataFrame({"pays_by": [analysed(requests, given).pays_by]})


def of_attainment(given: Given) -> pd.DataFrame:
    return tickets.attainment(of_tickets(given), given.contract, given.start, given.end)


def of_priority_changes(given: Given) -> pd.DataFrame:
    told = given.table("tickets"), given.table("ticket_events")
    history = tickets.history_of(*told, given.contract, given.end)
    return tickets.priority_changes(history, given.contract, given.start, given.end)


def of_contract_hours(given: Given) -> pd.DataFrame:
    return contract.fee_against_hours(given.table("time_entries"), given.contract, given.start, given.end)


def of_capacity(given: Given) -> pd.DataFrame:
    return capacity.resources(given.table("samples"), given.contract, given.start, given.end)


def of_percentiles(given: Given) -> pd.DataFrame:
    values = [float(value) for value in given.case["values"].split()]
    return pd.DataFrame([{name: percentile(values, 0.95, name) for name in columns_of(given.case["expect"])}])


def of_control_limits(given: Given) -> pd.DataFrame:
    """One line: the limits of the values, and where a signal holds by each rule."""
    values = [float(value) for value in given.case["values"].split()]
    found = {"xmr": xmr, "g": g_chart, "t": _days_between}[given.case.get("chart", "xmr")](values)
    numbers = {
        name: getattr(found, name) for name in ("mean", "mean_range", "lower", "upper", "trial", "why")
    }
    said = " ".join(f"{signal.rule}:{signal.index}" for signal in found.signals)
    return pd.DataFrame([{**numbers, "signals": said}])


def _days_between(days: list[float]) -> Xmr:
    """The T chart of events that are so many days apart."""
    return t_chart(pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.cumsum([0, *days]), unit="D"))


def of_marks(given: Given) -> pd.DataFrame:
    """One line: the marks of the last of some months, by the case's target and better side."""
    values = [float(value) for value in given.case["values"].split()]
    months = [Period.parse("2026-10").last.shift(place - len(values) + 1) for place in range(len(values))]
    told = {name: given.case.get(name) for name in ("target", "better")}
    row = {"measure": "a.x", "subject": "", "unit": given.case.get("unit", "min"), "why_missing": None}
    row |= {"target": float(told["target"]) if told["target"] else None, "better": told["better"]}
    rows = pd.DataFrame([row | {"month": str(m), "value": v} for m, v in zip(months, values, strict=True)])
    unfinished = given.case.get("unfinished", "").split()
    points = signals.points(rows, given.contract, unfinished)
    return signals.marks(rows.tail(1).reset_index(drop=True), points, "2026-10")


def of_earned_value(given: Given) -> pd.DataFrame:
    return projects.earned_value(given.table("project_periods"))


def of_projects(given: Given) -> pd.DataFrame:
    return projects.variance(
        given.table("projects"), given.end.tz_convert(given.zone), given.table("project_periods")
    )


def of_project_changes(given: Given) -> pd.DataFrame:
    return projects.changes(given.table("projects"), given.end.tz_convert(given.zone))


def of_procurement(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("purchases", "prices", "rates"))
    return procurement.match(*told, given.contract, given.case.get("strategy"))


def of_payments(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("purchases", "prices", "rates"))
    return procurement.due(*told, given.contract, given.case.get("strategy"), pd.Timestamp(given.case["on"]))


def of_licences(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("entitlements", "installs", "purchases"))
    return licences.position(*told, given.contract, given.end)


def of_backups(given: Given) -> pd.DataFrame:
    told = (given.table(name) for name in ("assets", "backup_jobs", "restore_tests"))
    return backups.assets(*told, given.contract, given.start, given.end)


def of_claims(given: Given) -> pd.DataFrame:
    """The provider's own figures beside ours, of a month whose services and tickets are computed as their pages do."""
    found = {
        name: analysed(metrics, given)
        for name, metrics in (("availability", availability), ("tickets", tickets))
    }
    figures = figures_of(*(figure for one in found.values() for figure in one.figures()))
    past = PastOf(
        figures=figures, records={(name, "rules"): one.records()["rules"] for name, one in found.items()}
    )
    claims = given.table("claims").assign(month=given.case.get("month", "2026-10"))
    month = MonthOf(given.start, given.end, as_contract(given.contract), tables={"claims": claims})
    return evidence.analyse(month, past).claims


def of_unlogged(given: Given) -> pd.DataFrame:
    """The outages of the month that the provider's log lacks."""
    return unlogged(month_of(given)).events


def of_estimates(given: Given) -> pd.DataFrame:
    """How many outages there were in all."""
    return unlogged(month_of(given)).estimates


#: `asks` of a case, or of its file: which core answers.
CORES = {
    "clock": of_the_clock,
    "windows": of_windows,
    "local times": of_local_times,
    "availability": of_availability,
    "availability with its evidence": record_of(availability, "services"),
    "availability by every reading": record_of(availability, "rules"),
    "robustness of availability": record_of(availability, "robustness"),
    "availability contradicted": record_of(availability, "contradictions"),
    "probes in doubt": record_of(availability, "doubts"),
    "maintenance": record_of(availability, "maintenance"),
    "claims": of_claims,
    "outages nobody logged": of_unlogged,
    "outages in all": of_estimates,
    "tickets": of_tickets,
    "numbers": record_of(tickets, "numbers"),
    "edits": record_of(tickets, "edits"),
    "solved close to the deadline": record_of(tickets, "close"),
    "attainment": of_attainment,
    "attainment with its evidence": record_of(tickets, "attainment"),
    "figures of tickets": analysed_figures(tickets),
    "figures of requests": analysed_figures(requests),
    "figures of duties": analysed_figures(duties),
    "figures of projects": analysed_figures(projects),
    "figures of purchases": analysed_figures(procurement),
    "figures of licences": analysed_figures(licences),
    "contradictions": record_of(tickets, "contradictions"),
    "ended before": record_of(tickets, "ended_before"),
    "priority changes": of_priority_changes,
    "requests": record_of(requests, "kinds"),
    "hours of the contract": of_contract_hours,
    "survey": record_of(satisfaction, "scores"),
    "survey put aside": record_of(satisfaction, "put_aside"),
    "capacity": of_capacity,
    "percentile": of_percentiles,
    "control limits": of_control_limits,
    "marks": of_marks,
    "earned value": of_earned_value,
    "projects": of_projects,
    "project changes": of_project_changes,
    "procurement": of_procurement,
    "payments": of_payments,
    "licences": of_licences,
    "licences without a receipt": record_of(licences, "unreceipted"),
    "backups": of_backups,
    "backup names": record_of(backups, "ambiguous"),
    "backups in doubt": record_of(backups, "doubts"),
    "duties": record_of(duties, "duties"),
    "duties contradicted": record_of(duties, "contradicted"),
    "restores that failed": record_of(backups, "failed_restores"),
    "figures of backups": analysed_figures(backups),
    "standing": of_standing,
    "deliveries": of_deliveries,
    "decidable": of_decidable,
    "credits": of_credits,
    "credits to date": of_credits_to_date,
    "oversight": of_oversight,
    "how it is paid": of_payment,
    "payments with rejected rows": record_of(procurement, "due"),
    "figures of vendors": analysed_figures(vendors),
    "licences with rejected rows": record_of(licences, "position"),
}


def said(value: Any, wanted: str, given: Given) -> str:
    """A value as the case writes it where both are the same, else as it is."""
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, pd.Timestamp):
        moment = value.tz_convert(given.zone) if value.tzinfo else value
        meant = given.at(wanted) if value.tzinfo else pd.Timestamp(wanted)
        return wanted if meant == moment else str(moment)
    if isinstance(value, str):
        return value
    try:
        meant, places = Decimal(wanted), len(wanted.partition(".")[2])
    except InvalidOperation:
        return str(value)
    near = Decimal(5).scaleb(-places - 1) if places else Decimal("1e-9")
    return wanted if abs(Decimal(str(value)) - meant) <= near else str(value)


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    """The lines expected are those that come out, in their order; columns that a case does not name are free.

    `only` of a case names the lines that it is about.
    """
    given, core = Given(case), CORES[case["asks"]]
    if "refused" in case:
        with pytest.raises(ValueError, match=case["refused"]):
            core(given)
        return
    wanted, found = columns_of(case["expect"]), core(given)
    for name, value in case.get("only", {}).items():
        found = found[found[name] == value]
    shown = {
        name: [said(value, mark, given) for value, mark in zip_longest(found[name], marks, fillvalue="")][
            : len(found)
        ]
        for name, marks in wanted.items()
    }
    assert rows_of(shown) == rows_of(wanted), case["why"]


@pytest.mark.parametrize("rule", RULES)
def test_a_file_says_why_of_each_of_its_cases(rule):
    assert RULES[rule]["rule"] == rule
    names = [case["name"] for case in RULES[rule]["cases"]]
    assert len(names) == len(set(names))
    assert all(
        len(case["why"]) > 20 and ("expect" in case) != ("refused" in case) for case in RULES[rule]["cases"]
    )
