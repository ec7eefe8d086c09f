"""A month whose exports were changed: what the intake makes of them, beside all that was left as it is.

The changed tables are written as canonical CSV and read by the intake itself; with the tables, rejects and manifest of
the untouched month they make a folder like `.accepted/2026-10`, on which a case stands as on any other.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd

from msp_report.case import Case, read_table
from msp_report.intake import ingest
from msp_report.model.period import Month
from msp_report.model.tables import TABLES
from msp_report.params import Sources


@dataclass(frozen=True)
class Export:
    """What is exported of a table: `rows` as texts (None: no file), when it says it was made, and what was done, in
    words."""

    rows: pd.DataFrame | None
    what: str = ""
    exported_at: str | None = None


def texts(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table as its canonical CSV has them."""
    shown = {}
    for column in TABLES[name].columns:
        values = frame[column.name]
        if column.type in ("instant", "date"):
            form = "%Y-%m-%d" if column.type == "date" else "%Y-%m-%dT%H:%M:%S.%fZ"
            values = values.dt.strftime(form)
        elif column.type == "boolean":
            values = values.map({True: "true", False: "false"})
        shown[column.name] = values.astype(object).where(values.notna(), "").map(str)
    return pd.DataFrame(shown, index=frame.index)


def rows_of(case: Case, name: str, month: Month) -> pd.DataFrame:
    """What a month's own exports have of a table, as texts; without rows where they have none."""
    path = case.at(month).accepted / "tables" / f"{name}.parquet"
    return texts(name, read_table(name, path) if path.exists() else TABLES[name].empty())


def manipulated(case: Case, exports: Mapping[str, Export], place: Path) -> Case:
    """The case of a month with some tables exported otherwise, in a folder of its own. Raises ingest.DataRefused."""
    month = case.period.last
    whole, into, read = case.accepted, place / str(month), place / "read"
    evidence = {one["table"]: one["evidence"] for one in case.manifest["files"]}
    for kind in ("tables", "rejects"):
        (into / kind).mkdir(parents=True)
        for path in (whole / kind).iterdir():
            if path.stem not in exports:
                os.symlink(path, into / kind / path.name)
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    files = [one for one in manifest["files"] if one["table"] not in exports]
    named = {}
    folder = place / "exports" / str(month)
    folder.mkdir(parents=True)
    for name, export in exports.items():
        made = case.exported_at(name)
        stated = export.exported_at or (made.strftime("%Y-%m-%dT%H:%M:%SZ") if made else None)
        several = sum(one["table"] == name for one in case.manifest["files"]) - 1
        pattern = f"{name}*.csv" if several > 0 else f"{name}.csv"
        source = {"file": pattern, "evidence": evidence.get(name, "provider")}
        named[name] = source | ({"exported_at": stated} if stated else {})
        if export.rows is not None:
            export.rows.to_csv(folder / f"{name}.csv", index=False)
            for place_of in range(several):  # as many files as before, so that none is missed
                export.rows[:0].to_csv(folder / f"{name}_{place_of}.csv", index=False)
    # one register beside them, so that the intake is not asked whether the month as a whole is silent
    if "assets" not in exports or exports["assets"].rows is None:
        rows_of(case, "assets", month).to_csv(folder / "assets.csv", index=False)
        named["assets"] = {"file": "assets.csv", "evidence": evidence.get("assets", "provider")}
    sources = Sources.model_validate({"tables": named, "reject_limit_ratio": 1})
    told = ingest.read_month(sources, f"{folder.parent}/{{month}}", month, case.timezone, read)
    told.write(place / "manifest.json")
    anew = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    for name in exports:
        manifest["tables"][name] = anew["tables"][name]
        for kind in ("tables", "rejects"):
            for path in (read / kind).glob(f"{name}.*"):
                shutil.copyfile(path, into / kind / path.name)
        if exports[name].rows is not None:
            _rejected_too(whole / "rejects" / f"{name}.parquet", into / "rejects" / f"{name}.parquet")
            manifest["tables"][name]["rejected"] += case.manifest["tables"][name]["rejected"]
    manifest["files"] = files + [one for one in anew["files"] if one["table"] in exports]
    (into / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    changed = replace(
        case.at(month), _manifests={}
    )  # what was told of the untouched month is told of no other
    changed.__dict__["accepted"] = into
    changed.__dict__["at"] = cache(case.at)  # earlier months are as they were
    touched = {*exports, *({"time_entries"} if "tickets" in exports else ())}  # called by the tickets' names
    as_it_was = [name for name in TABLES if {name, *TABLES[name].with_}.isdisjoint(touched)]
    changed._read.update({name: case.table(name) for name in as_it_was})
    return changed


def _rejected_too(untouched: Path, changed: Path) -> None:
    """The rows that the intake rejects of the untouched file stand in the changed one as well."""
    if untouched.exists():
        own = pd.read_parquet(untouched).assign(file=f"{changed.stem}.csv")
        new = [pd.read_parquet(changed)] if changed.exists() else []
        pd.concat([one for one in (own, *new) if len(one)] or [own]).to_parquet(changed, index=False)
