"""Prometheus: the month of a query in parts of a day, as one answer to a range query.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries: both ends of a range count, and of a series no
more than 11,000 points are given at once. Servers that speak the same language (Thanos, Mimir, VictoriaMetrics) are
asked to refuse rather than to answer in part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.live import kept, web
from msp_report.live.asked import Asked, Failed, filled, plain, without_secrets
from msp_report.params import Source

#: So many points of a series does a server give at once.
MOST_POINTS = 11_000
_DAY = 86_400


def fetch(asked: Asked, source: Source, path: Path) -> None:
    """Ask for what is not there yet, and put the whole into a file. Raises Failed."""
    address = filled(asked.address).rstrip("/") + "/api/v1/query_range"
    token = filled(source.token, quoted=False) if source.token else ""
    ranges = list(parts(asked.start, min(asked.end, asked.at), source.step_s))
    come = kept.Parts(path)
    warned: dict[str, None] = {}
    for number, (first, last) in enumerate(ranges):
        name = f"{first}-{last}-{source.step_s}"
        if come.find(name, pd.Timestamp(last, unit="s", tz="UTC")) is not None:
            continue
        asked.say(f"asking for part {number + 1} of {len(ranges)}")
        said = {"query": asked.query, "start": str(first), "end": str(last), "step": str(source.step_s)}
        try:
            body = web.get(address, {**said, "timeout": "60s", "partial_response": "false"}, token)
            answer = _answer(body)
        except web.Unanswered as error:
            text = without_secrets(_said(error), asked.address, source.token or "")
            raise Failed(_told(asked, text, number, len(ranges))) from None
        come.keep(name, asked.at, answer)
        warned |= dict.fromkeys(answer["warnings"])
    about = {
        "exported_at": asked.at.isoformat(),
        "from": plain(asked.address),
        "query": asked.query,
        "step_s": source.step_s,
        "parts": len(ranges),
    }
    fresh = kept.new(path)
    with fresh.open("w", encoding="utf-8") as file:
        file.write('{"status": "success", "data": {"resultType": "matrix", "result": [')
        between, series = "\n", set()
        for first, last in ranges:
            answer = come.find(f"{first}-{last}-{source.step_s}", pd.Timestamp.min.tz_localize("UTC"))
            if answer is None:
                raise Failed(_told(asked, "a part of its answer is gone from the disk", 0, len(ranges)))
            warned |= dict.fromkeys(answer["warnings"])
            for one in answer["result"]:
                series.add(json.dumps(one["metric"], sort_keys=True))
                file.write(between + json.dumps(one, ensure_ascii=False))
                between = ",\n"
        file.write("\n]}}\n")
    kept.put(fresh, path, {**about, "series": len(series), "warnings": list(warned)})
    come.remove()


def parts(start: pd.Timestamp, end: pd.Timestamp, step: int) -> Iterator[tuple[int, int]]:
    """The first and the last point [s since 1970] of each part of `[start, end)`, of about a day each."""
    first, stop = int(start.timestamp()), end.timestamp()
    many = max(1, min(MOST_POINTS, _DAY // step))
    while first < stop:
        points = min(many, -int(-(stop - first) // step))
        yield first, first + (points - 1) * step
        first += points * step


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


def _told(asked: Asked, text: str, done: int, of: int) -> str:
    come = (
        f"; {done} of {of} parts have come and are kept: run it again, and it goes on from there"
        if done
        else ""
    )
    return f"prometheus {plain(asked.address)}: {text}{come}"
