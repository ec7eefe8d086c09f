"""Which published packs their inputs have left behind (rule 48): told by content, never by time.

A pack keeps in its manifest, under `inputs`, hashes of what it was made from: the accepted rows of its month and of
every earlier one, the params in force for its month, and RULES_VERSION. It is stale where one of them differs now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.case import Case
from msp_report.model.period import Month
from msp_report.model.version import RULES_VERSION
from msp_report.params import Source
from msp_report.params.layout import Layout

#: Of a source what does not say how its rows are read: that is seen in the rows.
_OF_A_SOURCE = frozenset(Source.model_fields) - frozenset(Layout.model_fields) - {"file", "profile", "ended"}


def inputs(case: Case, month: Month) -> dict[str, Any]:
    """What the pack of a month is made from, as its manifest keeps it."""
    months = [one for one in case.months if one <= month]
    accepted = {str(one): _hash(content) for one in months if (content := case.content(one)) is not None}
    return {"accepted": accepted, "params": _hash(_in_force(case, month)), "rules_version": RULES_VERSION}


def stale(case: Case, months: Iterable[Month]) -> pd.DataFrame:
    """Those of some months whose published pack is stale: month, why. A month without a pack is not."""
    found = [(str(month), why) for month in months if (why := why_stale(case, month))]
    return pd.DataFrame(found, columns=["month", "why"]).astype("str")


def why_stale(case: Case, month: Month) -> str | None:
    """Why the published pack of a month is stale; None where it is not, or where there is none."""
    path = case.workspace.pack(case.client, month) / "manifest.json"
    if not path.exists():
        return None
    manifest = manifest_of(path.parent)
    was = manifest.get("inputs")
    if was is None:
        return "the version that published it did not keep what it was made from"
    now = inputs(case, month)
    if was["accepted"].get(str(month)) != now["accepted"].get(str(month)):
        named = _changed(manifest, case.content(month) or {})
        return f"other rows came for it since: {named}"
    others = [
        m
        for m in sorted({*was["accepted"], *now["accepted"]})
        if was["accepted"].get(m) != now["accepted"].get(m)
    ]
    if others:
        return f"other rows came since for {', '.join(others)}, which it rests on"
    if was["params"] != now["params"]:
        return "contract.yaml, strategy.yaml or sources.yaml changed for it since"
    if was["rules_version"] != now["rules_version"]:
        return "the rules changed since"
    return None


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a pack."""
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def _changed(manifest: dict[str, Any], now: dict[str, Any]) -> str:
    """The tables of a month whose content differs."""
    was = {name: told.get("content") for name, told in manifest["tables"].items()}
    return (
        ", ".join(name for name in sorted({*was, *now}) if was.get(name) != now.get(name)) or "rejected rows"
    )


def _in_force(case: Case, month: Month) -> dict[str, Any]:
    """The params that decide a month's figures, without what holds only later and what says what a default says."""
    contract = _told(case.agreed)
    later = [one.effective_on >= month.end_on for one in case.agreed.amendments]
    listed = contract.get("amendments", [])
    contract["amendments"] = [one for one, is_later in zip(listed, later, strict=True) if not is_later]
    tables = {
        name: [
            {key: value for key, value in _told(source).items() if key in _OF_A_SOURCE}
            | ({"ended": str(source.ended.on)} if _ended(source, month.end_on) else {})
            for source in entries
        ]
        for name, entries in case.sources.tables.items()
    }
    return {"contract": contract, "strategy": _told(case.strategy), "sources": tables}


def _ended(source: Source, end: date) -> bool:
    return source.ended is not None and source.ended.on < end


def _told(params: Any) -> dict[str, Any]:
    return params.model_dump(mode="json", exclude_defaults=True)


def _hash(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def published(case: Case, folder: Path) -> pd.DataFrame | None:
    """The figures of a published pack that a run may change; None where there is none, or where it was made before its
    period was over: what a running month says changes by itself."""
    path = folder / "figures.json"
    if not path.exists() or path.stat().st_mtime < case.period.bounds(case.timezone)[1].timestamp():
        return None
    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))
