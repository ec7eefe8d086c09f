"""What an export of a vendor must become, as its expected.yaml says it, held against what the intake makes of it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from msp_report.intake import ingest, profile
from msp_report.intake.chunk import Unreadable
from msp_report.intake.recognise import known
from msp_report.intake.recognise.sketch import sketch
from msp_report.model.period import Month
from msp_report.model.tables import TABLES
from msp_report.params import Sources

#: Vendors' exports that lie beside the project on some machines; tests of them are skipped elsewhere.
SHARED = Path(__file__).resolve().parents[3] / "shared" / "vendor-samples"
OWN = Path(__file__).parent / "samples"


def exports(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """(vendor, export) of every expected.yaml below a folder."""
    found = []
    for path in sorted(folder.glob("*/expected.yaml")):
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        found += [(said["vendor"], {"month": str(said["month"]), **export}) for export in said["exports"]]
    return found


def differences(vendor: str, export: dict[str, Any], samples: Path, workspace: Path) -> list[str]:
    """Where what is read of an export by the vendor's profile differs from what is expected; none where it is right."""
    if "tables" in export:
        return _of(vendor, export, export["tables"], samples, workspace)
    ways = [_of(vendor, export, way, samples, workspace / str(n)) for n, way in enumerate(export["either"])]
    return min(ways, key=len)


def _of(
    vendor: str, export: dict[str, Any], tables: dict[str, Any], samples: Path, workspace: Path
) -> list[str]:
    folder = workspace / "exports"
    folder.mkdir(parents=True)
    for name in export["files"]:
        shutil.copy(samples / vendor / name, folder / name)
    problems = []
    sources = {}
    for table, wanted in tables.items():
        try:
            name = wanted.get("profile", vendor)
            sources[table] = _source(name, table, wanted["file"], export.get("answers", {}), folder)
        except profile.ProfileError as error:
            problems.append(f"{table}: {error}")
    if problems:
        return problems
    into = workspace / "accepted"
    try:
        manifest = ingest.read_month(
            Sources.model_validate({"tables": sources}),
            folder,
            Month.parse(export["month"]),
            export["client"]["timezone"],
            into,
        )
    except (ingest.DataRefused, profile.ProfileError) as error:
        return [str(error)]
    problems += [f"warning: {text}" for text in manifest.warnings if "reach" in text]
    for table, wanted in tables.items():
        accounts = [one for one in manifest.files if one.table == table]
        rows = pd.read_parquet(into / "tables" / f"{table}.parquet")
        problems += [f"{table}: {text}" for text in judged(wanted, rows, accounts)]
    return problems


def _source(name: str, table: str, file: str, answers: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A source as sources.yaml has it, with the answers that its route asks for."""
    routes = profile.routes_of(name, TABLES[table])
    route = _route(sorted(folder.glob(file))[0], routes)
    source = {"file": file, "profile": name}
    if "timezone" in route.asks:
        source["timezone"] = answers["timezone"]
    if "date_order" in route.asks and "date_order" in answers:
        source["dates"] = ["iso", answers["date_order"]]
    return source


def _route(path: Path, routes: tuple[profile.Route, ...]) -> profile.Route:
    """The route of a file, or one that asks the same; some files are opened only as a route says."""
    if len({one.asks for one in routes}) == 1:
        return routes[0]  # no matter which: they ask the same
    for opening in (None, *routes):
        with suppress(Unreadable):
            return known.route_of(sketch(path, layout=opening), routes)
    raise profile.ProfileError(f"{path.name} cannot be opened")


def judged(wanted: dict[str, Any], rows: pd.DataFrame, accounts: list[Any]) -> list[str]:
    """Where the rows and accounts of a table differ from what is wanted of it."""
    problems = []

    def differ(what: str, found: object, expected: object) -> None:
        if not _one_of(found, expected):
            problems.append(f"{what}: {found}, not {expected}")

    differ("rows", len(rows), wanted["rows"])
    left_out = sum(one.left_out + one.by_reason.get("duplicate", 0) for one in accounts)
    read = sum(one.read for one in accounts)
    blank = wanted.get("source_records", read) - read
    told = sum(one["count"] for one in wanted.get("left_out", ()))
    optional = sum(
        one["count"]
        for one in wanted.get("left_out", ())
        if "or kept" in one["why"] or ", where" in one["why"]
    )
    if not (told - optional <= left_out + blank <= told):
        problems.append(f"left out: {left_out} of {read}, not {told}")
    rejected = sum(one.rejected for one in accounts) - left_out
    differ("rejected", rejected, wanted.get("rejected", 0))
    for column, counts in wanted.get("counts", {}).items():
        found = rows[column].map(str, na_action="ignore").value_counts().to_dict()
        for value, count in counts.items():
            differ(f"{column} {value}", sum(found.pop(one, 0) for one in str(value).split("|")), count)
        if found:
            problems.append(f"{column}: {found} too")
    for column, total in wanted.get("sums", {}).items():
        parts = [rows[name].astype(float) for name in column.split("*")]
        found = float((parts[0] * parts[1] if len(parts) > 1 else parts[0]).sum())
        if abs(found - total) > 0.011:
            problems.append(f"sum of {column}: {found}, not {total}")
    for column, count in wanted.get("distinct", {}).items():
        differ(f"distinct {column}", rows[column].nunique(), count)
    for name, pick in (("first", min), ("last", max)):
        for column, value in wanted.get(name, {}).items():
            differ(f"{name} {column}", pick(rows[column]), pd.Timestamp(value))
    for check in wanted.get("checks", ()):
        problems += _checked(check, rows)
    return problems


def _checked(check: dict[str, Any], rows: pd.DataFrame) -> list[str]:
    here = pd.Series(True, index=rows.index)
    for column, value in check["key"].items():
        here &= _equal(rows[column], value, check.get("near_s", 0))
    found = rows.loc[here, check["column"]]
    shown = f"{check['column']} of {check['key']}"
    if found.empty:
        return [f"{shown}: no such row"]
    if check["value"] is None:
        return [] if found.isna().all() else [f"{shown}: {found.iloc[0]}, not empty"]
    near = check.get("within", check.get("within_s", 0.0001))
    if not _equal(found, check["value"], near).all():
        return [f"{shown}: {found.tolist()}, not {check['value']}"]
    return []


def _equal(cells: pd.Series, value: Any, near: float) -> pd.Series:
    """Which cells are a value of expected.yaml, in whatever type the table keeps it."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        wanted = pd.Timestamp(value)
        near = max(near, 0.999)
        wanted = wanted if wanted.tzinfo else wanted.tz_localize("UTC")
        return (cells - wanted).abs().dt.total_seconds().le(near)
    if isinstance(value, bool):
        return cells.eq(value)
    if isinstance(value, int | float):
        return (pd.to_numeric(cells.astype(float)) - value).abs().le(max(near, 1e-9))
    return cells.map(str, na_action="ignore").isin(str(value).split("|"))


def _one_of(found: object, expected: object) -> bool:
    return found in expected if isinstance(expected, list) else found == expected
