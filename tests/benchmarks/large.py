"""A large client, made by chance from a seed: so many tickets of a month with three events each, so many samples.

    python tests/benchmarks/large.py FOLDER [TICKETS [SAMPLES]]

makes a workspace with the client `large` in FOLDER. A million tickets take seconds: everything is computed by column.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

CLIENT, MONTH = "large", "2026-10"

SOURCES = """\
exports: exports/{client}/{month}
limits: {file_seconds: 3600, notebook_memory_mb: 8000, notebook_seconds: 7200}
tables:
  tickets: {file: tickets.csv, evidence: raw}
"""
EVENTS = "  ticket_events: {file: ticket_events.csv, evidence: raw}\n"
SAMPLES = "  samples: {file: samples.csv, evidence: raw}\n"

CONTRACT = """\
client: {name: "A large company (invented)", timezone: Europe/London, currency: GBP, locale: en-GB}
provider: {name: Its provider (invented)}
term: {starts_on: 2025-04-01, ends_on: 2028-03-31, notice_days: 90, monthly_fee: 1800000}
calendars:
  office:
    hours: {mon: ["8:00-18:00"], tue: ["8:00-18:00"], wed: ["8:00-18:00"], thu: ["8:00-18:00"], fri: ["8:00-18:00"]}
    holidays: {country: GB, subdivision: ENG}
  always: {hours: all}
services:
  - {name: webshop, title: the web shop, calendar: always, availability_ratio: 0.999, clause: "4.1"}
tickets:
  priorities:
    P1: {calendar: always, response_min: 15, resolution_min: 240, attainment_ratio: 0.95, clause: "5.1"}
    P2: {calendar: office, response_min: 60, resolution_min: 480, attainment_ratio: 0.9, clause: "5.2"}
    P3: {calendar: office, response_min: 240, resolution_min: 1500, attainment_ratio: 0.9, clause: "5.3"}
    P4: {calendar: office, response_min: 480, resolution_min: 3000, attainment_ratio: 0.85, clause: "5.4"}
  pause_statuses: [waiting_on_customer]
  training: {categories: [how-to], words: ["how do i"]}
  repeat_days: 30
  reopen_days: 14
"""
CAPACITY = (
    "  - {{resource: {name}, title: server {name}, metric: cpu, unit: ratio, capacity: 1.0, least: 0, greatest: 1.0, "
    'every_s: {every}, warn_ratio: 0.7, limit_ratio: 0.85, clause: "6.1"}}\n'
)

WHAT = (
    "Printer offline",
    "Mailbox full",
    "Password reset",
    "VPN drops",
    "Screen flickers",
    "Invoice not posted",
    "Laptop slow",
    "How do I share a folder",
    "Phone has no tone",
    "Search finds nothing",
    "Access to the file store",
    "Software wanted",
    "Order stuck, no reply",
    'Message "undeliverable"',
    "Backup warning",
    "New starter",
)
ADJECTIVES = ("red", "old", "north", "upper", "small", "quiet", "front", "third", "spare", "late")
PLACES = ("desk", "hall", "store", "gate", "floor", "office", "branch", "depot", "yard", "lab")
NAMES = ("Heron", "Plover", "Aspen", "Tansy", "Linden", "Curlew", "Teasel", "Bramble", "Merlin", "Sorrel")
CATEGORIES = ("hardware", "email", "access", "network", "erp", "how-to", "telephony", "webshop")


def make(folder: Path, tickets: int = 10_000, samples: int = 0, seed: int = 1) -> None:
    """A workspace with params and exports of the client."""
    exports, params = folder / "exports" / CLIENT / MONTH, folder / "params" / CLIENT
    exports.mkdir(parents=True, exist_ok=True)
    params.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    sources, contract = SOURCES, CONTRACT
    rows = _tickets(chance, tickets)
    _write(rows, exports / "tickets.csv")
    if tickets:
        sources += EVENTS
        _write(_events(chance, rows), exports / "ticket_events.csv")
    if samples:
        sources += SAMPLES
        resources = max(1, min(1_000, samples // 720))
        times = samples // resources
        contract += "capacity:\n" + "".join(
            CAPACITY.format(name=f"srv-{n:04}", every=_every(times)) for n in range(min(resources, 20))
        )
        _write_samples(exports / "samples.csv", resources, times, seed)
    (params / "sources.yaml").write_text(sources, encoding="utf-8")
    (params / "contract.yaml").write_text(contract, encoding="utf-8")
    (params / "pseudonyms.key").write_text("0" * 64 + "\n", encoding="ascii")


def _every(times: int) -> int:
    """Seconds between two of so many samples in the month."""
    return max(1, 31 * 86_400 // times)


def _of(words: tuple[str | None, ...], places: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), pa.array(words))


def _at(seconds: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    first = np.datetime64("2026-10-01T00:00:00", "s")
    return pa.array(first + seconds.astype("timedelta64[s]"), mask=None if known is None else ~known)


def _tickets(chance: np.random.Generator, count: int) -> dict:
    """The columns of tickets.csv; nine tenths are solved, some hours or days after they were opened."""
    days, hours = chance.integers(0, 30, count), chance.normal(12.5, 3.5, count).clip(0, 23.9)
    opened = np.sort(days * 86_400 + (hours * 3_600).astype(np.int64))
    answered = opened + chance.lognormal(7.5, 1.3, count).astype(np.int64) + 60
    solved = answered + chance.lognormal(9.5, 1.6, count).astype(np.int64) + 60
    end = 31 * 86_400
    is_answered, is_solved = answered < end, (solved < end) & (chance.random(count) < 0.95)
    what = chance.integers(0, len(WHAT), count)
    number = chance.integers(0, max(50, count // 20), count)
    words = [
        np.array(some, dtype=object)[chance.integers(0, len(some), count)]
        for some in (ADJECTIVES, PLACES, NAMES)
    ]
    title = np.array(WHAT, dtype=object)[what] + " (" + words[0] + " " + words[1] + " " + words[2]
    title = title + " " + number.astype(str).astype(object) + ")"
    users, people = max(20, count // 50), max(5, min(400, count // 500))
    return {
        "ticket_id": pa.array(np.char.add("LG-", np.arange(100_000, 100_000 + count).astype(str))),
        "opened_at": _at(opened),
        "requester": pa.array(np.char.add("user", chance.integers(0, users, count).astype(str))),
        "title": pa.array(title, pa.string()),
        "kind": _of(("incident", "request", "question"), chance.choice(3, count, p=[0.5, 0.4, 0.1])),
        "category": _of(CATEGORIES, what % len(CATEGORIES)),
        "asset": pa.array(
            np.char.add("LT-", chance.integers(0, users, count).astype(str)), mask=chance.random(count) < 0.5
        ),
        "priority": _of(("P1", "P2", "P3", "P4"), chance.choice(4, count, p=[0.03, 0.17, 0.5, 0.3])),
        "status": _of(("open", "resolved"), is_solved.astype(int)),
        "first_response_at": _at(answered, is_answered),
        "resolved_at": _at(solved, is_solved),
        "assignee": pa.array(np.char.add("tech-", chance.integers(0, people, count).astype(str))),
        "hours": pa.array(chance.integers(1, 12, count) / 4),
        "reassignments": pa.array(chance.poisson(0.4, count)),
        "reopens": pa.array((chance.random(count) < 0.02).astype(int)),
    }


def _events(chance: np.random.Generator, tickets: dict) -> dict:
    """The columns of ticket_events.csv: opened, answered by a person, and solved or waiting for the customer."""
    opened, answered, solved = (
        np.asarray(tickets[name].fill_null(0)).astype("datetime64[s]").astype(np.int64)
        for name in ("opened_at", "first_response_at", "resolved_at")
    )
    count = len(opened)
    is_solved, is_answered = (
        tickets[name].is_valid().to_numpy(False) for name in ("resolved_at", "first_response_at")
    )
    last = np.where(is_solved, solved, np.where(is_answered, answered, opened) + 600)
    at = np.concatenate([opened, np.where(is_answered, answered, opened + 30), last])
    step = np.repeat(np.arange(3), count)
    kind = np.where(
        step == 2,
        np.where(np.tile(is_solved, 3), 2, 3),
        np.where((step == 1) & ~np.tile(is_answered, 3), 4, step),
    )
    order = np.lexsort((step, at))
    kind = kind[order]
    which = pa.array(np.tile(np.arange(count), 3)[order])
    by = pa.array(np.asarray(tickets["assignee"].take(which)))
    user = tickets["requester"].take(which)
    return {
        "ticket_id": tickets["ticket_id"].take(which),
        "at": pa.array(at[order].astype("datetime64[s]")),
        "field": _of(("status", "comment", "status", "status", "assignee"), kind),
        "from": _of((None, None, "open", "open", None), kind),
        "to": _of(("new", "first answer", "resolved", "waiting_on_customer", "desk"), kind),
        "actor": pa.compute.if_else(pa.array(kind == 0), user, by),
        "actor_kind": _of(("client", "provider", "provider", "provider", "system"), kind),
        "public": pa.array(kind == 1, mask=kind != 1),
    }


def _write(columns: dict, path: Path) -> None:
    """As CSV with times as ISO 8601, quotes where they are needed."""
    table = pa.table(columns)
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
        database.register("rows", table)
        names = ", ".join(
            f'strftime("{field.name}", \'%Y-%m-%dT%H:%M:%SZ\') as "{field.name}"'
            if pa.types.is_timestamp(field.type)
            else f'"{field.name}"'
            for field in table.schema
        )
        database.execute(f"copy (select {names} from rows) to '{path}' (header, delimiter ',')")


def _write_samples(path: Path, resources: int, times: int, seed: int) -> None:
    """Readings of so many resources at so many times, resource by resource: a day's curve with noise."""
    step = _every(times)
    with duckdb.connect() as database:
        database.execute("set preserve_insertion_order = true; set memory_limit = '1GB'")
        database.execute(
            f"""copy (
              select printf('srv-%04d', r) as resource, 'cpu' as metric,
                     strftime(timestamp '2026-10-01' + to_seconds(t * {step}), '%Y-%m-%dT%H:%M:%SZ') as at,
                     round(greatest(0, least(1, 0.35 + 0.25 * sin(t * {step} / 13750.0) + r % 7 * 0.03
                       + (hash(r * {times}::bigint + t + {seed}) % 1000) / 10000.0)), 4) as value
              from range({resources}) a(r), range({times}) b(t)
            ) to '{path}' (header, delimiter ',')"""
        )


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(int, sys.argv[2:]))
