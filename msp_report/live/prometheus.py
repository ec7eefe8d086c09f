"""Prometheus: the month of a query in parts of a day, as one answer to a range query.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries: both ends of a range count, and of a series no
more than 11,000 points are given at once. Servers that speak the same language (Thanos, Mimir, VictoriaMetrics) are
asked to refuse rather than to answer in part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.live import web
from msp_report.live.asked import Asked, filled
from msp_report.live.transfer import Transfer
from msp_report.params import Source

#: So many points of a series does a server give at once.
MOST_POINTS = 11_000
_DAY = 86_400


def fetch(asked: Asked, source: Source, path: Path) -> None:
    """Ask for what is not there yet, and put the whole into a file. Raises Failed."""
    address = filled(asked.address).rstrip("/") + "/api/v1/query_range"
    token = filled(source.token, quoted=False) if source.token else ""
    ranges = list(parts(asked.start, min(asked.end, asked.at), source.step_s))
    transfer = Transfer("prometheus", asked, source, path, len(ranges))
    names: list[str] = []
    for number, (first, last) in enumerate(ranges, 1):
        names.append(f"points-{first}-{last}-{source.step_s}")
        said = {"query": asked.query, "start": str(first), "end": str(last), "step": str(source.step_s)}
        transfer.part(
            names[-1],
            partial(_asked_for, address, {**said, "timeout": "60s", "partial_response": "false"}, token),
            f"part {number} of {len(ranges)}",
            pd.Timestamp(last, unit="s", tz="UTC"),
        )
    warned: dict[str, None] = {}
    series: set[str] = set()
    about: dict[str, Any] = {"exported_at": asked.at.isoformat(), "step_s": source.step_s, "series": 0}

    def rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
        warned.update(dict.fromkeys(answer["warnings"]))
        series.update(json.dumps(one["metric"], sort_keys=True) for one in answer["result"])
        about.update(warnings=list(warned), series=len(series))
        return answer["result"]

    transfer.put(
        '{"status": "success", "data": {"resultType": "matrix", "result": [', "]}}", names, rows, about
    )


def parts(start: pd.Timestamp, end: pd.Timestamp, step: int) -> Iterator[tuple[int, int]]:
    """The first and the last point [s since 1970] of each part of `[start, end)`, of about a day each."""
    first, stop = int(start.timestamp()), end.timestamp()
    many = max(1, min(MOST_POINTS, _DAY // step))
    while first < stop:
        points = min(many, -int(-(stop - first) // step))
        yield first, first + (points - 1) * step
        first += points * step


def _asked_for(address: str, said: Mapping[str, str], token: str) -> dict[str, Any]:
    """A part, now. Raises Unanswered, with the server's own words."""
    try:
        return _answer(web.get(address, said, token))
    except web.Unanswered as error:
        raise web.Unanswered(_said(error)) from None


def _answer(body: bytes) -> dict[str, Any]:
    """What is kept of a part. Raises Unanswered for what is no answer to a range query."""
    try:
        told = json.loads(body)
        data = told["data"]
        if told["status"] != "success" or data["resultType"] != "matrix":
            raise ValueError
        result = data["result"]
        if not all(isinstance(one["metric"], dict) and isinstance(one["values"], list) for one in result):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise web.Unanswered(
            "its answer is none to a range query: check that the address is a Prometheus'"
        ) from None
    return {"result": result, "warnings": [str(text) for text in told.get("warnings") or ()]}


def _said(error: web.Unanswered) -> str:
    """Why there is no answer, with the server's own words."""
    if isinstance(error, web.TooLong):
        return f"{error}: ask for fewer series or a longer step_s"
    try:
        return f"{error}: {json.loads(error.body)['error']}"
    except (ValueError, KeyError, TypeError):
        return str(error)
