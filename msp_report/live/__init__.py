"""Sources that are asked and not exported: what they answer is kept as a file of the month, and read like any other.

A source of sources.yaml that names a server goes by the name of the file that its answer is kept in. Beside that file
stands `<file>.reach.json`: when it was asked, whom and what, in how many parts, and the hash of what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.live import kept
from msp_report.live.asked import Asked, Failed, plain
from msp_report.model.period import Month, Period
from msp_report.params import Source

#: How a file of each kind ends.
_SUFFIX = {"prometheus": "json", "request_tracker": "json", "sql": "parquet", "zabbix": "json"}
#: The profile that reads an answer, or the route of it by table: that of an answer without rows cannot be told.
_PROFILES: Mapping[str, str | Mapping[str, str]] = {
    "prometheus": "prometheus",
    "request_tracker": {"tickets": "requesttracker/rest", "ticket_events": "requesttracker/history"},
    "zabbix": {"samples": "zabbix/named", "outages": "zabbix", "claims": "zabbix"},
}


def present() -> pd.Timestamp:
    """When a source is asked, by the machine's clock whatever else a run takes for today: it is evidence."""
    return pd.Timestamp.now("UTC").floor("s")


def kind(source: Source) -> str | None:
    """What is asked, such as `prometheus` or `sql`; None of a source that names files."""
    return next((name for name in _SUFFIX if getattr(source, name) is not None), None)


def as_file(table: str, source: Source) -> Source:
    """A source as it is read: one that names a server names the file that its answer is kept in.

    The file is another one for another question, so that what was answered before stays.
    """
    of = kind(source)
    if of is None or source.file is not None:
        return source
    parts = (plain(getattr(source, of)), source.query, str(source.step_s), str(source.timezone))
    said = {"file": f"{table}-{of}-{kept.digest(*parts)[:8]}-{{month}}.{_SUFFIX[of]}"}
    said |= {"query": None}
    known = _PROFILES.get(of)
    if known:
        route = known if isinstance(known, str) else known.get(table, next(iter(known.values())))
        said |= {"profile": source.profile or route}
    column = {"samples": "resource", "checks": "service"}.get(table)
    if of == "prometheus" and column and source.resource:
        said["columns"] = {column: (f"metric.{source.resource}",), **source.columns}
    return source.model_copy(update=said)


def is_wanted(table: str, source: Source, folder: Path, month: Month, timezone: str) -> bool:
    """Whether a live source has to be asked for a month: it never was, or before the month was over."""
    if kind(source) is None:
        return False
    start, end = Period(month, month).bounds(timezone)
    return start < present() and not kept.is_whole(_place(as_file(table, source), folder, month), end)


def fetch(
    table: str,
    source: Source,
    folder: Path,
    month: Month,
    timezone: str,
    params: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Path:
    """Ask a source for a month and keep its answer in the month's folder. Raises Failed."""
    path = _place(as_file(table, source), folder, month)
    start, end = Period(month, month).bounds(timezone)
    of = kind(source)
    asked = Asked(
        address=getattr(source, of),
        query=source.query or "",
        start=start,
        end=end,
        at=present(),
        timezone=source.timezone or timezone,
        table=table,
        params=params,
        say=lambda text: say(f"{table}: {text}"),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        import_module(f"{__name__}.{of}").fetch(asked, source, path)
    except OSError as error:
        raise Failed(
            f"{path.name} cannot be written ({error.strerror}): make room or check permissions"
        ) from None
    return path


def told(path: Path, sha256: str) -> dict[str, Any]:
    """What is known of the asking that a file came of; nothing of a file that was not fetched.

    Raises Failed where the file is no more what came.
    """
    found = kept.told(path)
    if found and found["sha256"] != sha256:
        raise Failed(
            f"is not what was fetched at {found['exported_at']}, as {kept.beside(path).name} shows: remove both, and "
            "the source is asked again"
        )
    return found


def warnings(name: str, about: Mapping[str, Any]) -> list[str]:
    """What an analyst should know of a file that was fetched, by what is told of it."""
    texts = [f"the server warned: {text}" for text in about.get("warnings", ())]
    if about.get("series") == 0:
        texts.append("the server has no reading: check the query, and for how long it keeps its readings")
    elif about.get("records") == 0:
        texts.append(
            "the server has no record of the month: check the query, and what its user may see; remove the file, and "
            "it is asked again"
        )
    return [f"{name}: {text}" for text in texts]


def _place(source: Source, folder: Path, month: Month) -> Path:
    return folder / str(source.file).replace("{month}", str(month))
