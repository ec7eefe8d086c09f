"""Zabbix: what the API has for a month, asked in parts, as one answer of the method that the table is read from.

https://www.zabbix.com/documentation/6.0/en/manual/api. Outages are the problems that were on at any time of the month,
with the events that ended them; samples are the trends of items, hour by hour, or each value of their history, with the
item's name and hosts; claims are an SLA's own figures. Pages go by the number of the event, which only grows, so that
what comes in meanwhile moves none. A token is sent in the body up to 6.2, and in the header from 6.4 on, as each
version understands it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from msp_report.live import kept, web
from msp_report.live.asked import Asked, Failed, filled
from msp_report.live.transfer import Transfer
from msp_report.params import Source

#: Events, items, and items of which each value is asked for, at a time.
EVENTS, ITEMS, FINE_ITEMS = 1_000, 100, 10
#: Hourly readings at a time, about.
READINGS = 20_000
_DAY = 86_400
#: The first version that takes a token in the header.
_HEADER = (6, 4)
#: What is asked of each table.
METHODS = {"outages": "event.get", "samples": "item.get", "claims": "sla.getsli"}
#: Parameters that a client may choose records by; all others are set by the month and the table, or unknown.
_SEARCH = [
    "search",
    "searchByAny",
    "startSearch",
    "excludeSearch",
    "searchWildcardsEnabled",
    "filter",
    "tags",
    "evaltype",
]
CHOICES = {
    "outages": ("hostids", "groupids", "objectids", "severities", "acknowledged", *_SEARCH),
    "samples": (
        "hostids",
        "groupids",
        "itemids",
        "host",
        "group",
        "monitored",
        "inherited",
        "webitems",
        "readings",
        *_SEARCH,
    ),
    "claims": ("slaid", "serviceids"),
}
#: What readings are asked for: the averages of hours, or each value, which a server keeps for a shorter time.
_READINGS = ("trends", "history")
#: Types of items that are numbers.
_NUMBERS = ("0", "3")
_MONTHLY = "2"


def fetch(asked: Asked, source: Source, path: Path) -> None:
    """Ask for what is not there yet, and put the whole into a file. Raises Failed."""
    if asked.table not in METHODS:
        raise Failed(f"zabbix has no {asked.table}: it has {', '.join(METHODS)}")
    query = parameters(asked.query, asked.table)
    transfer = Transfer("zabbix", asked, source, path)
    server = _Server(asked, source)
    version = transfer.now(server.version, "its version")
    server.is_header = tuple(int(number) for number in re.findall(r"\d+", version)[:2]) >= _HEADER
    first, end = int(asked.start.timestamp()), int(min(asked.end, asked.at).timestamp())
    if asked.table == "outages":
        names, rows = _outages(server, transfer, query, first, end), lambda events: events
    elif asked.table == "samples":
        names, rows = _samples(server, transfer, query, first, end)
    else:
        said = {"records": len(_claims(server, transfer, query, first)["serviceids"]), "version": version}
        transfer.put('{"jsonrpc": "2.0", "result":', "}", ["sli"], lambda told: [told], said)
        return
    transfer.put('{"jsonrpc": "2.0", "result": [', "]}", names, rows, {"version": version})


def parameters(query: str, table: str) -> dict[str, Any]:
    """The parameters of a question, from YAML or JSON. Raises Failed, saying what cannot stand there."""
    method = METHODS[table]
    try:
        said = yaml.safe_load(query) or {}
    except yaml.YAMLError:
        said = None
    if not isinstance(said, dict):
        raise Failed(
            f"query is no list of parameters: write those of {method} as YAML, such as hostids: [10084]"
        )
    strange = next((str(name) for name in said if name not in CHOICES[table]), None)
    if strange:  # which a server of 6.0 passes over, and gives what was not asked for
        raise Failed(
            f"query: {strange!r} does not choose among {table}: known are {', '.join(CHOICES[table])}; what the month "
            "and the table say need not stand there"
        )
    if said.get("readings") not in (None, *_READINGS):
        raise Failed(
            f"query: readings is {said['readings']!r}: write trends, hour by hour, or history, each value"
        )
    if table == "claims" and "slaid" not in said:
        raise Failed("query names no SLA: write slaid, the number of one that is cut by months")
    return said


class _Server:
    """One Zabbix, asked by one token."""

    is_header = True

    def __init__(self, asked: Asked, source: Source) -> None:
        address = filled(asked.address).rstrip("/")
        self._address = address if address.endswith(".php") else f"{address}/api_jsonrpc.php"
        self._token = filled(str(source.token), quoted=False)

    def version(self) -> str:
        """Of the API; the one question that needs no token."""
        return str(self._result({"method": "apiinfo.version", "params": []}, ""))

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a method. Raises Unanswered."""
        said = {"method": method, "params": params}
        if self.is_header:
            return self._result(said, self._token)
        return self._result({**said, "auth": self._token}, "")

    def rows(self, method: str, *needs: str, **params: Any) -> list[dict[str, Any]]:
        """The same, where it is a list of objects, each with what is needed of it."""
        rows = self.ask(method, **params)
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) and all(name in row for name in needs) for row in rows
        ):
            raise web.Unanswered(f"its answer to {method} is none: check that the address is a Zabbix'")
        return rows

    def _result(self, said: Mapping[str, Any], token: str) -> Any:
        for wait in (*web.WAITS, None):
            try:
                told = json.loads(web.post(self._address, {"jsonrpc": "2.0", **said, "id": 1}, token))
                error = told.get("error")
                if error is None:
                    return told["result"]
                code, text = error.get("code"), [str(error.get(name) or "") for name in ("message", "data")]
            except (ValueError, KeyError, AttributeError, RecursionError):
                raise web.Unanswered(
                    "its answer is none of the API: check that the address is that of api_jsonrpc.php"
                ) from None
            if wait is None or code != 1:  # which is what goes wrong before the API, such as its database
                raise web.Unanswered(f"it refuses {said['method']}: {' '.join(text).strip()}")
            time.sleep(wait)
        raise AssertionError("the last wait is none")


# ---------------------------------------------------------------- outages


def _outages(server: _Server, transfer: Transfer, query: dict[str, Any], first: int, end: int) -> list[str]:
    """The problems that were on in the month: what began before it, what began on each day, and how all ended.

    The names of the parts that have them.
    """
    days = [(at, min(at + _DAY, end) - 1) for at in range(first, end, _DAY)]
    spans: list[dict[str, Any]] = [
        {"time_till": first - 1, "problem_time_from": first, "problem_time_till": end - 1},
        *({"time_from": low, "time_till": high} for low, high in days),
    ]
    names, ends = [], {}
    for number, span in enumerate(spans):
        told = f"problems, {number + 1} of {len(spans)}"
        for name, rows in _pages(server, transfer, {**query, **span}, told):
            names.append(name)
            ends |= dict.fromkeys(str(row["r_eventid"]) for row in rows if str(row["r_eventid"]) != "0")
    return [*names, *_ends(server, transfer, sorted(ends, key=int))]


def _pages(
    server: _Server, transfer: Transfer, params: dict[str, Any], told: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The pages of problems by the number of the event: a page begins behind the last number of the one before."""
    after = 0
    while True:
        said = {**params, "value": [1], "eventid_from": str(after + 1), "limit": EVENTS}
        name = f"events-{params.get('time_from', 0)}-{params['time_till']}-{after}"
        rows = transfer.part(name, partial(_events, server, **said), told)
        yield name, rows
        if len(rows) < EVENTS:
            return
        after = int(rows[-1]["eventid"])


def _events(server: _Server, **params: Any) -> list[dict[str, Any]]:
    rows = server.rows(
        "event.get",
        output="extend",
        selectHosts=["hostid", "host", "name"],
        selectTags="extend",
        sortfield="eventid",
        sortorder="ASC",
        **params,
    )
    try:
        numbers = [int(row["eventid"]) for row in rows if int(row["r_eventid"]) >= 0 and int(row["clock"])]
    except (ValueError, KeyError, TypeError):
        raise web.Unanswered(
            "its events have no number, time or end: check that the address is a Zabbix'"
        ) from None
    if numbers != sorted(set(numbers)):
        raise web.Unanswered("its events are not in the order of their numbers: a page may be lost")
    if numbers and numbers[0] < int(params.get("eventid_from", 0)):
        raise web.Unanswered("its events begin before what was asked for: a page would come twice")
    return rows


def _ends(server: _Server, transfer: Transfer, numbers: Sequence[str]) -> Iterator[str]:
    """The parts with the events that ended problems, whenever that was."""
    for place in range(0, len(numbers), EVENTS):
        some = list(numbers[place : place + EVENTS])
        name = f"ends-{kept.digest(*some)[:16]}"
        told = f"how they ended, {place // EVENTS + 1} of {-(-len(numbers) // EVENTS)}"
        transfer.part(name, partial(_events, server, eventids=some, value=[0]), told)
        yield name


# ---------------------------------------------------------------- samples


def _samples(
    server: _Server, transfer: Transfer, query: dict[str, Any], first: int, end: int
) -> tuple[list[str], Callable[[list[dict[str, Any]]], Iterator[dict[str, Any]]]]:
    """The readings of the items that are numbers, by items and days.

    The names of the parts that have them, and what makes of a part readings with their item's name and hosts.
    """
    is_fine = query.get("readings") == "history"
    chosen = {name: value for name, value in query.items() if name != "readings"}
    found = transfer.now(lambda: server.rows("item.get", "itemid", output=["itemid"], **chosen), "its items")
    listed = sorted((str(row["itemid"]) for row in found), key=lambda number: (len(number), number))
    names, items = [], {}
    most = FINE_ITEMS if is_fine else ITEMS
    batches = [listed[place : place + most] for place in range(0, len(listed), most)]
    for number, batch in enumerate(batches):
        told = f"items {number + 1} of {len(batches)}"
        known = transfer.part(f"items-{kept.digest(*batch)[:16]}", partial(_items, server, batch), told)
        items |= {
            str(item["itemid"]): {"name": item["name"], "hosts": item.get("hosts", [])} for item in known
        }
        for kind in _NUMBERS:
            some = [str(item["itemid"]) for item in known if str(item["value_type"]) == kind]
            span = _DAY if is_fine else _DAY * max(1, READINGS // (24 * max(1, len(some))))
            for low in range(first, end, span) if some else ():
                asking: dict[str, Any] = {
                    "itemids": some,
                    "time_from": low,
                    "time_till": min(low + span, end) - 1,
                }
                if is_fine:
                    asking |= {"history": int(kind), "sortfield": "clock"}
                method = "history.get" if is_fine else "trend.get"
                name = f"{method}-{low}-{asking['time_till']}-{kept.digest(*some)[:16]}"
                ask = partial(server.rows, method, "itemid", output="extend", **asking)
                transfer.part(name, ask, f"readings of {told}")
                names.append(name)
    return names, lambda rows: ({**row, **items.get(str(row["itemid"]), {})} for row in rows)


def _items(server: _Server, numbers: Sequence[str]) -> list[dict[str, Any]]:
    needs = ("itemid", "name", "value_type")
    more = {"output": [*needs, "key_", "units"], "selectHosts": ["hostid", "host", "name"]}
    return server.rows("item.get", *needs, itemids=[*numbers], **more)


# ---------------------------------------------------------------- claims


def _claims(server: _Server, transfer: Transfer, query: dict[str, Any], first: int) -> dict[str, Any]:
    """An SLA's figures of the month, which is cut in the zone of the SLA."""
    name = transfer.now(lambda: _monthly(server, query["slaid"]), "its SLA")
    middle = first + 15 * _DAY  # of the same month in any zone
    return transfer.part("sli", lambda: _figures(server, query, middle), f"the figures of {name}")


def _monthly(server: _Server, number: Any) -> str:
    """The name of an SLA that is cut by months."""
    listed = server.rows("sla.get", "name", "period", output="extend", slaids=[number])
    if not listed:
        raise web.Unanswered(f"it has no SLA {number}, or none that its user may read")
    if str(listed[0]["period"]) != _MONTHLY:
        raise web.Unanswered(f"its SLA {listed[0]['name']} is not cut by months: name one that is")
    return str(listed[0]["name"])


def _figures(server: _Server, query: dict[str, Any], middle: int) -> dict[str, Any]:
    told = server.ask("sla.getsli", **query, period_from=middle, periods=1)
    try:
        (period,), numbers = told["periods"], [str(number) for number in told["serviceids"]]
        is_month = int(period["period_from"]) <= middle < int(period["period_to"])
        if not is_month or len(told["sli"][0]) != len(numbers):
            raise ValueError
    except (ValueError, KeyError, TypeError, IndexError):
        raise web.Unanswered(
            "its answer has no figures of the month: check from when on the SLA holds"
        ) from None
    needs = ("serviceid", "name")
    found = server.rows("service.get", *needs, output=[*needs], serviceids=numbers) if numbers else []
    names = {str(one["serviceid"]): one["name"] for one in found}
    return {**told, "services": [names.get(number, number) for number in numbers]}
