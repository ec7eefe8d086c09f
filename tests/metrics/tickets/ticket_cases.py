"""Tickets of April 2026 and what was agreed of them, for the tests of the package tickets."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics import tickets
from msp_report.metrics.tickets import Analysis, Course, analyse, clocks, history_of
from msp_report.params import as_contract

# 2026-04-01 is a Wednesday, so 3 April a Friday and 6 April a Monday. All in UTC unless a case says otherwise.
START, END = pd.Timestamp("2026-04-01", tz="UTC"), pd.Timestamp("2026-05-01", tz="UTC")
OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
P1 = {"response_min": 15, "resolution_min": 240, "attainment_ratio": 0.95, "clause": "5.2"}
P2 = {"calendar": "office", "response_min": 60, "resolution_min": 480, "attainment_ratio": 0.8}
P3 = {"calendar": "office", "resolution_min": 960}


def contract(**changes: Any) -> dict[str, Any]:
    """P1 round the clock, P2 one working day with a share agreed, P3 two working days without."""
    terms = {"priorities": {"P1": P1, "P2": P2, "P3": P3}} | changes.pop("tickets", {})
    client = {"name": "Acme", "timezone": changes.pop("timezone", "UTC")}
    return {"client": client, "calendars": {"office": {"hours": OFFICE}}, "tickets": terms, **changes}


def at(text: str | None) -> pd.Timestamp:
    """ "04-01 10:00" is in 2026."""
    return pd.NaT if text is None else pd.Timestamp(f"2026-{text}", tz="UTC")


def desk(*rows: dict[str, Any]) -> pd.DataFrame:
    """Tickets; T1, T2, … and P1 unless said otherwise, open or by their times resolved; times as `at` reads them."""
    done = {"resolved_at", "closed_at"}
    full = [
        {"ticket_id": f"T{i}", "priority": "P1", "status": "open" if done.isdisjoint(row) else "resolved"}
        | row
        for i, row in enumerate(rows, 1)
    ]
    frame = pd.DataFrame(full)
    for name in frame.columns[frame.columns.str.endswith("_at")]:
        frame[name] = pd.DatetimeIndex(
            [at(v) if isinstance(v, str) else pd.NaT for v in frame[name]], tz="UTC"
        )
    return frame


def log(*rows: tuple, ticket: str = "T1") -> pd.DataFrame:
    """Events: (at, status), (at, field, to) or (at, field, to, {other columns}), of T1 unless these name it."""
    full = []
    for when, *rest in rows:
        field, to = (rest[0], rest[1]) if len(rest) > 1 else ("status", rest[0])
        more = rest[2] if len(rest) > 2 else {}
        full.append({"ticket_id": ticket, "at": at(when), "field": field, "to": to} | more)
    return pd.DataFrame(full)


def said(when: str, kind: str | None = "provider", public: bool | None = True) -> tuple:
    """A comment."""
    return when, "comment", "text", {"actor_kind": kind, "public": public}


def one(
    ticket: dict[str, Any], *events: tuple, terms: dict | None = None, cutoff: Any = END
) -> dict[str, Any]:
    """The clocks of a single ticket."""
    frame = clocks(desk(ticket), log(*events) if events else None, terms or contract(), cutoff)
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def check(row: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        found = row[name]
        if value is None:
            assert pd.isna(found), f"{name} is {found}, not missing"
        elif name.endswith("_on"):
            assert f"{found:%m-%d}" == value, name
        elif name.endswith("_at"):
            assert found == at(value), name
        else:
            assert found == value, name


# P1: response due 10:15, resolution due 14:00
WED = {"opened_at": "04-01 10:00"}


def row_of(table: pd.DataFrame, **where: str) -> dict[str, Any]:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1, where
    return table.iloc[0].to_dict()


MOVING = [  # (events of a ticket opened on 1 April) and what they are in the backlog
    ("T1", [("04-02 10:00", "resolved"), ("04-03 10:00", "open"), ("04-03 12:00", "closed")]),
    ("T2", [("04-02 00:00", "cancelled"), ("04-04 10:00", "open")]),
    ("T3", [("04-01 12:00", "resolved"), ("04-02 12:00", "merged")]),
]


def moving() -> tuple[pd.DataFrame, pd.DataFrame]:
    opened = {"opened_at": "04-01 10:00"}
    frame = desk(opened, opened, opened, {"opened_at": "03-15 10:00"}, {"opened_at": "04-03 23:59"})
    return frame, pd.concat([log(*events, ticket=ticket) for ticket, events in MOVING], ignore_index=True)


def readings(frame: pd.DataFrame, events: pd.DataFrame | None, terms: dict) -> pd.DataFrame:
    """Attainment under every reading of the rules."""
    course = Course.of(history_of(frame, events, terms, END), as_contract(terms))
    return tickets.rules(course, terms, START, END)


def analysed(
    frame: pd.DataFrame | None,
    events: pd.DataFrame | None = None,
    terms: dict[str, Any] | None = None,
    *,
    end: pd.Timestamp = END,
    reach: pd.Timestamp | None = None,
    time_entries: pd.DataFrame | None = None,
) -> Analysis:
    """Everything about April; `reach` is up to where the log reaches."""
    tables = {"tickets": frame, "ticket_events": events, "time_entries": time_entries}
    reaches = {"ticket_events": reach} if reach is not None else {}
    return analyse(MonthOf(START, end, terms or contract(), tables=tables, reaches=reaches))


ORIGIN = pd.Timestamp("2026-03-01", tz="UTC")
MINUTES = 1440 * 75
OPENS = ("new", "open", "waiting_on_customer", "waiting_on_supplier")
SOLVED = ("resolved", "closed")


@st.composite
def desks(draw: st.DrawFn) -> tuple[list[dict], list[list[dict]]]:
    """Up to ten tickets around the months' ends, with logs of quarters of an hour."""
    made, logs = [], []
    for number in range(draw(st.integers(1, 10))):
        opened = 15 * draw(st.integers(4 * 24 * 24, 4 * 24 * 65))  # 25 March to 4 May
        status = draw(st.sampled_from(OPENS))
        when, steps, prior = opened, [], "P" + draw(st.sampled_from("1239"))
        own = prior
        for _ in range(draw(st.integers(0, 7))):
            when += 15 * draw(st.one_of(st.integers(0, 30), st.integers(0, 4 * 24 * 20)))
            field = draw(st.sampled_from(["status", "status", "status", "priority", "comment"]))
            step = {"at": when, "field": field, "from": None, "kind": None, "ticket_id": f"T{number}"}
            if field == "status":
                step |= {
                    "from": status,
                    "to": draw(st.sampled_from([*OPENS, *SOLVED, "resolved", "cancelled"])),
                }
                status = step["to"]
            elif field == "priority":
                step |= {"from": own, "to": "P" + draw(st.sampled_from("1239"))}
                own = step["to"]
            else:
                step |= {"to": "text", "kind": draw(st.sampled_from(["provider", "client", "system"]))}
            if field != "comment" and draw(st.booleans()):
                step["from"] = None
            steps.append(step)
        resolved = draw(st.none() | st.integers(0, 4 * 24 * 10).map(lambda n, o=opened: o + 15 * n))
        made.append({"ticket_id": f"T{number}", "opened": opened, "priority": own, "resolved": resolved})
        logs.append([step for step in steps if step["at"] < MINUTES])
    return made, logs


def instant(minute: int | None) -> pd.Timestamp:
    return pd.NaT if minute is None else ORIGIN + pd.Timedelta(minutes=minute)


def frames(made: list[dict], logs: list[list[dict]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.DataFrame(made).assign(status="open")
    frame["opened_at"] = pd.DatetimeIndex([instant(row["opened"]) for row in made])
    frame["resolved_at"] = pd.DatetimeIndex([instant(row["resolved"]) for row in made], tz="UTC")
    columns = ["ticket_id", "at", "field", "from", "to", "kind"]
    events = pd.DataFrame([step for steps in logs for step in steps], columns=columns)
    events["at"] = pd.DatetimeIndex([instant(minute) for minute in events["at"]], tz="UTC")
    events["public"] = (events["field"] == "comment").where(events["field"] == "comment", None)
    return frame, events.rename(columns={"kind": "actor_kind"})
