"""Request Tracker's REST 2: the tickets that a month concerns, or what was done to them, in the order of their numbers.

https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html. The server gives pages in no order of its own, so each begins
behind the last number of the one before, and what comes in meanwhile moves none. It takes a time in a query for one of
its user's zone, whatever stands behind it: it is asked for a day more at either end, and what is beyond is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from msp_report.live import kept, web
from msp_report.live.asked import Asked, Failed, filled
from msp_report.live.transfer import Transfer
from msp_report.params import Source

#: More at a time it does not give.
PAGE = 100
#: Zones lie so far behind UTC and before it.
_BEHIND, _BEFORE = pd.Timedelta(hours=12), pd.Timedelta(hours=14)


@dataclass(frozen=True)
class _Kind:
    """How the records of a table are asked for."""

    path: str
    limits: str
    """What is asked beside the client's query."""
    fields: Mapping[str, str]


_USER = "Name,EmailAddress"
_KINDS = {
    "tickets": _Kind(
        "tickets",
        "({query}) AND Created < '{until}' AND (Status = '__Active__' OR LastUpdated >= '{since}')",
        {
            "fields": "Subject,Status,Queue,Created,Started,Resolved,LastUpdated,Priority,Owner,Creator,Requestor,"
            "TimeWorked,CustomFields",
            "fields[Queue]": "Name",
            "fields[Owner]": "Name",
            "fields[Creator]": _USER,
            "fields[Requestor]": _USER,
        },
    ),
    # comments are left out: without the right to see them a page would be short, and the end could not be told
    "ticket_events": _Kind(
        "transactions",
        "ObjectType = 'RT::Ticket' AND ({query}) AND (Type = 'Status' OR Type = 'Correspond' OR"
        " (Type != 'SetWatcher' AND (Field = 'Owner' OR Field = 'Priority')))"
        " AND Created >= '{since}' AND Created < '{until}'",
        {
            "fields": "ObjectId,Type,Field,OldValue,NewValue,Created,Creator",
            "fields[Creator]": _USER,
        },
    ),
}


def fetch(asked: Asked, source: Source, path: Path) -> None:
    """Ask for what is not there yet, and put the whole into a file. Raises Failed."""
    if asked.table not in _KINDS:
        raise Failed(f"request_tracker has no {asked.table}: it has {', '.join(_KINDS)}")
    is_history = asked.table == "ticket_events"
    kind, until = _KINDS[asked.table], min(asked.end, asked.at)
    said = {
        "query": asked.query.strip(),
        "since": str((asked.start - _BEHIND).tz_convert("UTC").date()),
        "until": str((until + _BEFORE + pd.Timedelta(days=1)).tz_convert("UTC").date()),
    }
    since = asked.start if is_history else None
    transfer = Transfer("request_tracker", asked, source, path)
    server = _Server(asked, source, kind)
    names, users = [], set()
    for name, page in _pages(transfer, server, kind.limits.format_map(said)):
        names.append(name)
        if is_history:
            users |= {user for row in page["rows"] for user in _users(row)}
    found = {
        user: transfer.part(
            f"user-{kept.digest(user)[:16]}", lambda user=user: server.user(user), f"user {user}"
        )
        for user in sorted(users)
    }
    transfer.put('{"items": [', "]}", names, _within(since, until, found))


def _pages(transfer: Transfer, server: _Server, query: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All pages, until one is the last."""
    last, number = 0, 1
    while True:
        name = f"after-{last}"
        page = transfer.part(name, lambda last=last: server.page(query, last), f"page {number}")
        yield name, page
        if not page["more"]:
            return
        last, number = page["last"], number + 1


class _Server:
    """One Request Tracker, asked by one token for one kind of records."""

    def __init__(self, asked: Asked, source: Source, kind: _Kind) -> None:
        self._address = f"{filled(asked.address).rstrip('/')}/REST/2.0"
        self._token = filled(source.token, quoted=False) if source.token else ""
        self._kind = kind

    def page(self, query: str, last: int) -> dict[str, Any]:
        """The records behind a number: rows, whether more follow, and the last number. Raises Unanswered."""
        said = {"query": f"{query} AND id > {last}", "orderby": "id", "order": "ASC", "per_page": str(PAGE)}
        try:
            told = self._ask(self._kind.path, {**said, **self._kind.fields})
            rows, total = told["items"], told.get("total")
            numbers = [int(row["id"]) for row in rows]
            for row in rows:
                _ = pd.Timestamp(row["Created"]).tz_convert("UTC"), *_users(row)
        except web.Unanswered as error:
            raise web.Unanswered(_said(error)) from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise web.Unanswered("its answer is none of REST 2: check the address") from None
        if numbers != sorted(set(numbers)) or min(numbers, default=last + 1) <= last:
            raise web.Unanswered("its records are not in the order of their numbers: a page may be lost")
        if total is not None and not rows and int(total):
            raise web.Unanswered(
                f"it counts {total} more than it shows: its user needs ShowTicket in every queue of the query"
            )
        more = bool(rows) and (total is None or int(total) > len(rows))
        return {"rows": rows, "more": more, "last": max(numbers, default=last)}

    def user(self, number: str) -> dict[str, Any]:
        """Name and Privileged of a user by name or number; nothing of one that may not be seen. Raises Unanswered."""
        try:
            told = self._ask(f"user/{quote(number, safe='')}", {})
            return {name: told[name] for name in ("Name", "Privileged") if name in told}
        except web.Unanswered as error:
            if error.code in (403, 404):
                return {}
            raise web.Unanswered(_said(error)) from None
        except (ValueError, TypeError, RecursionError):
            raise web.Unanswered("its answer is none of REST 2: check the address") from None

    def _ask(self, path: str, said: Mapping[str, str]) -> Any:
        return json.loads(web.get(f"{self._address}/{path}", said, self._token, "token"))


def _users(row: Mapping[str, Any]) -> list[str]:
    """Who did something, by name, and who had a ticket before and has it since, by number."""
    owners = [row.get("OldValue"), row.get("NewValue")] if row.get("Field") == "Owner" else []
    return [str(user) for user in (row["Creator"]["id"], *owners) if user]


def _within(
    since: pd.Timestamp | None, until: pd.Timestamp, users: Mapping[str, Mapping[str, Any]]
) -> Callable[[dict[str, Any]], Iterator[dict[str, Any]]]:
    """Those rows of a page that were created in a time, with what is known of the users of each."""

    def rows(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for row in page["rows"]:
            at = pd.Timestamp(row["Created"])
            if at < until and (since is None or at >= since):
                yield _named(row, users) if users else row

    return rows


def _named(row: dict[str, Any], users: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    known = users.get(str(row["Creator"]["id"]), {})
    said = {"Creator": {**row["Creator"], **known}}
    if row.get("Field") == "Owner":
        for name, value in (("OldName", row.get("OldValue")), ("NewName", row.get("NewValue"))):
            said[name] = users.get(str(value), {}).get("Name", value)
    return {**row, **said}


def _said(error: web.Unanswered) -> str:
    """Why there is no answer, with the server's own words, without the place in its program."""
    try:
        return f"{error}: {json.loads(error.body)['message'].partition(' at /')[0].strip()}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(error)
