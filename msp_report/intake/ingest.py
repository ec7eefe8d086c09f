"""A month's exports become accepted tables, rejects and a manifest: every row is in one of the first two.

File → format reader → profile → table → `tables/<table>.parquet`, `lines/<table>.parquet` (where each row comes
from), `rejects/<table>.csv`, `manifest.json`. What one table's files gave is kept in a cache by their hashes, so that
a file that serves many months is read once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from msp_report import live
from msp_report.intake import canonical, exports, fetching, lines, reach, staged, stated, sums, values
from msp_report.intake import reasons as why
from msp_report.intake.chunk import Chunk, Origin, Unreadable, take
from msp_report.intake.inputs import Input, collected, entries, has_files, unread, why_unread
from msp_report.intake.profile import ProfileError, nearest
from msp_report.intake.read_as import ReadAs
from msp_report.intake.rejects import Rejects
from msp_report.model import zones
from msp_report.model.clock import localize, repeated
from msp_report.model.errors import Refused
from msp_report.model.period import Month, Period, midnight
from msp_report.model.tables import TABLES, Column, Table
from msp_report.params import Sources
from msp_report.params.layout import Layout
from msp_report.system import leftovers, slow
from msp_report.system.slow import Say

#: Counts of rows at which exports of well-known tools are cut off.
ROW_LIMITS = frozenset(
    {1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 65_535, 65_536, 100_000, 1_048_575, 1_048_576}
)

#: What runs that were killed have left half read is taken away after so long [s].
_LEFT_S = 86_400
#: In a file of so many rows one row at fault, such as a footer, is none too many.
FEW = 20
#: So many further reasons are told of a file that is refused.
MOST_REASONS = 4

#: Tables whose rows hold until the next one of the same thing: what was said before a month counts in it.
HOLDING = frozenset({"projects"})


class DataRefused(Refused):
    """The data cannot be used; `problems` holds one sentence each, naming file and line and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass
class FileAccount:
    """What became of the rows of one file for one table; read = accepted + rejected, in rows of the file.

    Where `split` or `shape` made rows of them, a row of the file of which one is rejected counts as rejected.
    """

    file: str
    table: str
    sha256: str
    bytes: int
    profile: str | None
    evidence: str
    invited: int | None = None
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)
    left_out: int = 0
    """Those of the rejected that are no records, as the file or sources.yaml says (reasons.LEFT_OUT)."""
    rows: int = 0
    """Canonical rows that came of it."""
    outside: int = 0
    """Those of them outside the period."""
    in_fold: int = 0
    """Accepted rows with a time that was twice when the clocks went back."""
    second: int = 0
    """Those of them that were taken for the second, as the file's own order or their start shows (rule 2)."""
    content: str | None = None
    """A number for its rows as accepted, whatever their order; None where it has none."""
    exported_at: str | None = None
    """When the export was made, as sources.yaml or the file itself says; None where neither does."""
    reach: str | None = None
    """The instant up to which it speaks (rule 41); None of a register without any date."""
    reach_by: str = ""
    """What says so: exported_at, folder, last row, or assumed from the folder, where no row is of the month."""
    records: int = 0
    """Rows of the file that are no titles, footers or totals of a report."""
    contradictions: list[str] = field(default_factory=list)
    """Totals of the file that its rows do not have (rule 43)."""
    more_follows: bool = False
    """Whether the files of its source say that rows come after theirs."""
    read_as: dict[str, Any] = field(default_factory=dict)
    """Encoding, delimiter, decimal sign, header line, sheet, zone; what the file says of its size (intake/stated).
    `columns`, the header of each canonical column; `unread`, the headers of which nothing is read; `absent`, what
    split, where and shape name and no row has; `beside`, the files that shape reads, none where one is not there;
    `unknown`, the values that stand in no list, with their counts; `default`, how many cells it filled; `route`."""


@dataclass
class Manifest:
    """What was read for a month: `manifest.json`."""

    month: str
    timezone: str
    zone_data: str
    """The version of the rules of time zones."""
    tables: dict[str, dict[str, Any]]
    """By table: state (read, no_file, not_named, refused), files, read, accepted, rejected, rows, outside; doubts, why
    its files are not all that there is or contradict themselves (rules 43 and 46); content, a hash of its rows and
    rejects; reach, the earliest of its sources, each of which speaks as far as any of its files."""
    files: list[FileAccount]
    unread: list[str]
    """Files in the folder of exports from which nothing is read."""
    warnings: list[str]
    problems: list[str]

    def write(self, path: Path) -> None:
        """As JSON with nothing in it that changes from run to run."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")


def read_month(
    sources: Sources,
    template: str | Path,
    month: Month,
    timezone: str,
    into: Path,
    params: Path | None = None,
    cache: Path | None = None,
) -> Manifest:
    """Read a month's exports into `into`: tables/*.parquet, lines/*.parquet, rejects/*.csv, manifest.json.

    `template` is the folder of the client's exports, with `{month}` in it where each month has its own;
    `params` the folder that profiles like ./mine.yaml lie in. A file that serves several months is accepted
    whole; rows outside the month are counted. Tables that are not named, and files that are absent, are told
    in the manifest. Raises DataRefused with the problems of all files together, after rejects and manifest are
    written; ParamsError where sources.yaml or a profile cannot be used.
    """
    into.mkdir(parents=True, exist_ok=True)
    problems = fetching.fetch(sources, str(template), month, timezone, params)
    inputs = collected(sources, str(template), month, params, problems)
    folder = exports.folder(str(template), month)
    manifest = Manifest(
        month=str(month),
        timezone=timezone,
        zone_data=zones.VERSION,
        tables=_states(sources, inputs),
        files=[],
        unread=unread(sources, str(template), month, params),
        warnings=[
            text
            for found in inputs.values()
            for given in found
            for text in live.warnings(given.name, given.told)
        ],
        problems=problems,
    )
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=into) as name:
        staging = Path(name)
        speaks = False
        shared: list[str] = []
        for table, found in inputs.items():
            outcome = _outcome(TABLES[table], found, timezone, sources.reject_limit_ratio, cache, staging)
            of_month = [exports.is_of_month(given.name, str(template), month) for given in found]
            speaks |= _publish(outcome, TABLES[table], of_month, Period(month, month), timezone, staging)
            manifest.tables[table]["reach"] = _earliest(found, outcome.accounts)
            _note(manifest, table, outcome)
            of_all = any(exports.MONTH not in f"{template}/{given.source.file}" for given in found)
            content = _content(TABLES[table], staging, of_all, Period(month, month), timezone)
            manifest.tables[table]["content"] = content
            shared = outcome.shared if table == "tickets" else shared
        if shared:
            _follow_tickets(inputs, manifest, set(shared), staging)
        if not problems and not speaks:
            problems.append(_silence(manifest, sources, folder))
        _replace(staging, into, whole=not problems)
        manifest.write(staging / "manifest.json")
        os.replace(staging / "manifest.json", into / "manifest.json")
    if problems:
        raise DataRefused(problems)
    return manifest


def months_with_exports(
    sources: Sources,
    template: str | Path,
    timezone: str,
    params: Path | None = None,
    cache: Path | None = None,
) -> list[Month]:
    """The months for which there are exports, oldest first.

    Where `{month}` stands in the folder or in a `file`: those for which a file is there. Where it stands
    nowhere: those in which accepted dated rows lie; what cannot be read counts for none. Raises ParamsError.
    """
    place = str(template)
    if exports.is_live(place):
        return []
    listed = [source for _, source in entries(sources)]
    if any(exports.MONTH in text for text in (place, *(source.file or "" for source in listed))):
        months = {Month.parse(text) for text in exports.months(listed, place)}
        if listed and all(live.kind(source) for source in listed):  # the last month is there for the asking
            months.add(Month.of(live.present().tz_convert(timezone).date()).shift(-1))
            return sorted(months)
        return sorted(month for month in months if has_files(sources, place, month))
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        for table, inputs in collected(sources, place, Month(1, 1), params, []).items():
            if TABLES[table].period is not None:
                limit = sources.reject_limit_ratio
                outcome = _outcome(TABLES[table], inputs, timezone, limit, cache, Path(name))
                found |= _months_of(outcome.folder / "table.parquet", TABLES[table], timezone)
    return [Month.parse(text) for text in sorted(found)]


# ---------------------------------------------------------------- one table


@dataclass
class Outcome:
    """What one table's files gave, whatever the month."""

    folder: Path
    """With table.parquet, lines.parquet, rejects.csv and dropped.parquet."""
    accounts: list[FileAccount]
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    unreadable: set[int] = field(default_factory=set)
    """The files, by their place, that could not be read to their end."""
    shared: list[str] = field(default_factory=list)
    """The numbers that several files use for different things."""


@cache
def code() -> str:
    """A hash of everything here that decides what is accepted: this room, the model it stands on, the libraries."""
    package = Path(__file__).parent.parent
    model = [package / "model" / name for name in ("tables.py", "clock.py")] + [
        package / "params" / "layout.py"
    ]
    room = [path for path in (package / "intake").rglob("*") if path.suffix in (".py", ".yaml")]
    versions = (pd.__version__, pa.__version__, version("duckdb"), zones.VERSION)
    digest = hashlib.sha256(" ".join(versions).encode())
    for path in sorted([*model, *room]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _outcome(
    table: Table,
    inputs: list[Input],
    timezone: str,
    limit: float,
    cache: Path | None,
    staging: Path,
) -> Outcome:
    """What a table's files give, from the cache where they were read before in the same way."""
    key = [code(), table.name, timezone, limit]
    key += [
        [
            *(i.account, i.layout.model_dump(mode="json"), dict(i.fixed), sorted(i.source.columns)),
            *(i.source.name, {name: [sha for _, sha in found] for name, found in i.beside.items()}),
            sorted(i.source.model_fields_set),
        ]
        for i in inputs
    ]
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    kept = cache / "tables" / name if cache is not None else None
    if kept is not None and (outcome := _load(kept)):
        return outcome
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        leftovers.sweep_old(kept.parent, ".*", seconds=_LEFT_S)
    folder = Path(tempfile.mkdtemp(prefix=".", dir=kept.parent if kept is not None else staging))
    try:
        with slow.told(f"reading {table.name}") as say:
            outcome = _read_table(table, inputs, timezone, limit, folder, say)
        if kept is not None and not outcome.problems:
            told = {"warnings": outcome.warnings, "doubts": outcome.doubts, "shared": outcome.shared}
            text = json.dumps({"accounts": list(map(asdict, outcome.accounts)), **told})
            (folder / "account.json").write_text(text, encoding="utf-8")
            with suppress(OSError):  # another process was faster: its files are the same
                os.replace(folder, kept)
            if published := _load(kept):
                return published
        outcome.folder = staging / f"outcome-{table.name}"
        shutil.move(folder, outcome.folder)
        return outcome
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _load(folder: Path) -> Outcome | None:
    try:
        kept = json.loads((folder / "account.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    accounts = [FileAccount(**account) for account in kept["accounts"]]
    return Outcome(folder, accounts, kept["warnings"], doubts=kept["doubts"], shared=kept["shared"])


def _read_table(
    table: Table, inputs: list[Input], timezone: str, limit: float, folder: Path, say: Say
) -> Outcome:
    """Read all files of a table and settle which of their rows are records."""
    accounts = [FileAccount(table=table.name, **given.account) for given in inputs]
    rejects = Rejects(folder / "rejects.parquet", canonical.dropped_schema(table))
    outcome = Outcome(folder, accounts)
    stage = staged.Stage(folder / "staged.parquet", table.schema)
    by_source: dict[tuple[int, str], list[int]] = {}
    for number, given in enumerate(inputs):
        by_source.setdefault((id(given.source), given.route), []).append(number)
    for numbers in by_source.values():
        _read_source(table, inputs, numbers, timezone, stage, rejects, outcome, say)
    stage.close()
    _tell_second(stage, table, accounts)
    outcome.shared = sorted(staged.shared_numbers(stage, table))
    if outcome.shared:
        stage = _kept_apart(stage, table, inputs, outcome)
    left_out, rejected = staged.keys(stage, table) if table.key else staged.same_rows(stage)
    _reject_later(rejected, table, inputs, outcome, rejects)
    _keep_conflicts(rejected, stage, table, inputs, rejects)
    for number, content in staged.contents(stage, left_out).items():
        accounts[number].content = content
    _write(stage, left_out, folder / "table.parquet", accounts)
    rejects.close(folder / "rejects.csv")
    for path in folder.glob("staged*"):
        path.unlink()
    _settle(outcome, rejects, limit)
    outcome.doubts = [text for numbers in by_source.values() for text in _doubts(accounts, numbers)]
    for numbers in by_source.values():
        if stated.is_begin(_sizes(accounts, numbers)):
            for number in numbers:
                accounts[number].more_follows = True
    return outcome


def _kept_apart(stage: staged.Stage, table: Table, inputs: list[Input], outcome: Outcome) -> staged.Stage:
    """The rows with the numbers that several files use for different things called by their file."""
    labels = [given.label(table.name) for given in inputs]
    if len(set(labels)) < len(labels):  # files of one source: each is one of its own
        labels = [f"{label} {given.name}" for label, given in zip(labels, inputs, strict=True)]
    first = outcome.shared[0]
    outcome.warnings.append(
        f"{table.name}: {len(outcome.shared):,} numbers stand in several files for different things, such as {first}: "
        f"they are kept apart by their files, as in {labels[0]}: {first}"
    )
    path = stage.path.with_name("staged-apart.parquet")
    return staged.renamed(stage, table.key[0], set(outcome.shared), labels, path)


def _read_source(
    table: Table,
    inputs: list[Input],
    numbers: list[int],
    timezone: str,
    stage: staged.Stage,
    rejects: Rejects,
    outcome: Outcome,
    say: Say,
) -> None:
    """Read the files of one source into the table's stage; logs and last rows through a stage of their own."""
    layout = inputs[numbers[0]].layout
    is_log = bool(layout.unpivot) and table.name == "ticket_events"
    target = stage
    if is_log or _is_picked(layout):
        schema = canonical.log_schema(table, layout) if is_log else table.schema
        target = staged.Stage(stage.path.with_name(f"staged-{numbers[0]}.parquet"), schema)
    for number in numbers:
        given, account = inputs[number], outcome.accounts[number]
        try:
            _read_file(table, given, number, timezone, target, rejects, account, outcome.warnings, say)
        except (Unreadable, ProfileError) as error:
            outcome.problems.append(f"{given.name}: {error}")
        except (OSError, ValueError, pa.ArrowException) as error:
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            outcome.problems.append(
                f"{given.name}: cannot be read ({text}): open and save or export it again"
            )
    if target is stage:
        return
    target.close()
    _tell_second(target, table, outcome.accounts)
    left_out, rejected = staged.same_rows(target)
    _reject_later(rejected, table, inputs, outcome, rejects)
    if is_log:
        staged.changes(target, tuple(layout.unpivot), left_out, stage)
    else:
        staged.pick(target, table, layout, left_out, stage)


def _is_picked(layout: Layout) -> bool:
    """Whether the rows of a key become one."""
    return layout.record != "each" or bool(layout.first or layout.last)


def _read_file(
    table: Table,
    given: Input,
    number: int,
    timezone: str,
    stage: staged.Stage,
    rejects: Rejects,
    account: FileAccount,
    warnings: list[str],
    say: Say,
) -> None:
    """Read one file chunk by chunk: what is accepted goes to the stage, all else to the rejects."""
    layout = given.layout
    manner = values.Manner(
        timezone=layout.timezone or timezone,
        localize=localize,
        repeated=repeated,
        formats=layout.formats,
        decimal=layout.decimal,
        durations=layout.durations,
        factors=layout.factors,
    )
    fitted: canonical.Fit | None = None
    compared = not table.key or _is_picked(layout)
    done = 0
    tally = sums.Tally()
    told = ReadAs(given)
    for chunk in given.chunks():
        account.read += chunk.read if chunk.read is not None else len(chunk) + len(chunk.broken)
        told.add(chunk)
        for aside in chunk.aside:
            rejects.left_out(number, given.name, aside)
        say(f"{account.read:,} rows of {given.name}")
        if chunk.aside and not chunk.header:  # rows left out before the first that stays
            continue
        if fitted is None:
            fitted = canonical.fit(chunk, table, layout, replace(manner, typed=chunk.typed), given.fixed)
            warnings += (f"{given.name}: {remark}" for remark in chunk.remarks)
            warnings += _not_found(given, fitted)
            account.exported_at = _exported_at(given, chunk, manner)
        got, origin = _accept(chunk, fitted)
        places = done + got.place
        hashes = chunk.hashes()[got.place] if compared else None
        folds = [got.folds.get(name or "") for name in staged.time_columns(table)]
        stage.append(got.rows, staged.origin(number, places, chunk.lines[got.place], hashes, *folds))
        rejects.add(number, given.name, got.rejects, origin)
        rejects.keep(given.name, got.dropped)
        account.in_fold += got.in_fold
        account.second += got.second
        if fitted.layout.exported_at and isinstance(fitted.layout.exported_at, dict) and done:
            later = _exported_at(given, chunk, manner)
            account.exported_at = max(filter(None, (account.exported_at, later)), default=None)
        done += len(chunk)
        told.accepted(chunk, got, fitted)
        tally.add(chunk, fitted, got.rejects)
    account.read_as = told.all(fitted, manner) | stated.by_text(" ".join(tally.texts))
    if layout.exported_at is None:  # what stands beside the rows says it too
        account.exported_at = account.read_as.get("stated_at")
    account.records = tally.rows
    account.contradictions = [f"{given.name}: {text}" for text in tally.wrong]
    warnings += told.warnings()
    if layout.exported_at is not None and account.exported_at is None:
        warnings.append(f"{given.name}: exported_at {layout.exported_at!r} says nothing of it")


def _accept(chunk: Chunk, fitted: canonical.Fit) -> tuple[canonical.Accepted, Origin | None]:
    """What becomes of a chunk, and, where its rows were made of others, the origins of those that are rejected.

    Such rows are told apart by their place until each is known by its lines.
    """
    if chunk.origin is None:
        return canonical.accept(chunk, fitted), None
    got = canonical.accept(replace(chunk, lines=np.arange(len(chunk))), fitted)
    bad = got.rejects["line"].to_numpy(np.int64)
    lines = pa.array(chunk.lines).take(got.dropped.column("line").combine_chunks())
    place = got.dropped.schema.get_field_index("line")
    dropped = got.dropped.set_column(place, got.dropped.schema.field(place), lines)
    origin = Origin(*(of.take(pa.array(bad)) for of in chunk.origin))
    return replace(got, rejects=got.rejects.assign(line=chunk.lines[bad]), dropped=dropped), origin


def _exported_at(given: Input, chunk: Chunk, manner: values.Manner) -> str | None:
    """When a file was exported, as its source or, of these rows and its text, the file itself says."""
    stated = given.layout.exported_at
    if isinstance(stated, str):
        found = reach.of_name(stated, given.name, manner)
    elif stated is None:
        found = None
    elif "column" in stated:
        found = reach.of_column(stated["column"], chunk, manner)
    else:
        encoding = str(chunk.facts.get("encoding", "utf-8"))
        found = reach.of_line(stated["line"], given.path, encoding, manner)
    return found.isoformat() if found is not None else None


def _tell_second(stage: staged.Stage, table: Table, accounts: list[FileAccount]) -> None:
    for number, count in staged.second_hour(stage, table).items():
        accounts[number].second += count


def _not_found(given: Input, fitted: canonical.Fit) -> Iterator[str]:
    """Headers that sources.yaml itself names and the file does not have."""
    for name in given.source.columns:
        headers = given.layout.columns.get(name, ())
        if headers and name not in fitted.found:
            hint = nearest(headers[0], [header for header in fitted.header if header] or [""])
            yield f"{given.name}: there is no header {headers[0]!r} for {name}{hint}"


def _reject_later(
    rejected: pd.DataFrame, table: Table, inputs: list[Input], outcome: Outcome, rejects: Rejects
) -> None:
    """List rows that turned out to be no records only beside the others; their text is read again.

    Of rows that are equal in all that is read, those whose other cells are equal too are duplicates.
    """
    found = []
    for number, some in rejected[~rejected["_file"].isin(outcome.unreadable)].groupby("_file"):
        found += _found_again(some.set_index("_row").sort_index(), table, inputs[int(number)])
    if not found:
        return
    rows = pd.concat(found, ignore_index=True)
    exact = rows.duplicated(["_twin", "_cells"]) & (rows["reason"] == why.REPEATED)
    rows.loc[exact, "reason"] = why.DUPLICATE
    for number, some in rows[rows["reason"] != ""].groupby("_file"):
        made = some["_inputs"].notna().all()
        lists = (pa.array(some[name].tolist(), pa.list_(pa.int64())) for name in ("_inputs", "_lines"))
        origin = Origin(*lists) if made else None
        rejects.add(int(number), inputs[int(number)].name, some[list(canonical.REJECTED)], origin)


def _found_again(wanted: pd.DataFrame, table: Table, given: Input) -> list[pd.DataFrame]:
    """Some rows of a file as `_listed_later` gives them. `wanted`: by their place among all rows.

    An input row that also gave a row that stays is not listed for one that repeats another.
    """
    found, stays, done = [], [np.array([], np.int64)], 0
    for chunk in given.chunks():
        here = wanted[(wanted.index >= done) & (wanted.index < done + len(chunk))]
        places = here.index.to_numpy(np.int64) - done
        if len(here):
            found.append(_listed_later(here, take(chunk, places), table, given))
        if chunk.origin is not None:
            gone = places[here["reason"].ne("").to_numpy()]
            others = pa.array(np.delete(np.arange(len(chunk)), gone))
            stays.append(np.asarray(pc.list_flatten(chunk.origin.rows.take(others))))
        done += len(chunk)
    kept = np.unique(np.concatenate(stays))
    for rows in found if len(kept) else ():
        again = rows["reason"].ne(why.CONFLICT).to_numpy()
        lists = [pa.array(rows[name].tolist(), pa.list_(pa.int64())) for name in ("_inputs", "_lines")]
        numbers, of = (np.asarray(make(lists[0])) for make in (pc.list_flatten, pc.list_parent_indices))
        listed = ~(np.isin(numbers, kept) & again[of])
        steps = np.concatenate([[0], np.cumsum(np.bincount(of[listed], minlength=len(rows)))])
        for name, whole in zip(("_inputs", "_lines"), lists, strict=True):
            left = pc.list_flatten(whole).filter(pa.array(listed))
            rows[name] = pa.ListArray.from_arrays(pa.array(steps, pa.int32()), left).to_pylist()
    return found


def _keep_conflicts(
    rejected: pd.DataFrame, stage: staged.Stage, table: Table, inputs: list[Input], rejects: Rejects
) -> None:
    """Rows that differ under one key, with all their values."""
    rows = stage.rows_of(rejected[rejected["reason"] == why.CONFLICT])
    for number in sorted(set(rows.column("_file").to_pylist())):
        some = rows.filter(pc.equal(rows.column("_file"), number))
        named = some.rename_columns(
            [
                "document_line" if name == "line" else {"_line": "line"}.get(name, name)
                for name in some.column_names
            ]
        )
        named = named.append_column("reason", pa.array([why.CONFLICT] * len(some), pa.string()))
        named = named.append_column("is_record", pa.array([True] * len(some)))
        rejects.keep(inputs[number].name, named)


def _listed_later(here: pd.DataFrame, chunk: Chunk, table: Table, given: Input) -> pd.DataFrame:
    """Some rows as they stand in the rejects, and numbers to compare them by."""
    columns, texts = _key_of(chunk, table, given)
    return pd.DataFrame(
        {
            "_file": here["_file"].to_numpy(),
            "_twin": here["_twin"].to_numpy(),
            "_cells": chunk.hashes(),
            "line": here["_line"].to_numpy(),
            "column": columns,
            "value": texts,
            "reason": here["reason"].to_numpy(),
            "row": np.asarray(chunk.text(np.arange(len(chunk))), dtype=object),
            "_inputs": chunk.origin.rows.to_pylist() if chunk.origin else None,
            "_lines": chunk.origin.lines.to_pylist() if chunk.origin else None,
        }
    )


def _key_of(chunk: Chunk, table: Table, given: Input) -> tuple[str, np.ndarray]:
    """The headers and cells of a table's key."""
    headers = [chunk.header_of(given.layout.columns[name]) for name in table.key]
    headers = [header for header in headers if header is not None]
    if not headers:
        return "", np.full(len(chunk), "", dtype=object)
    cells = [pc.fill_null(chunk.column(header), "") for header in headers]
    return ", ".join(headers), canonical.shortened(pc.binary_join_element_wise(*cells, ", "))


def _write(stage: staged.Stage, left_out: np.ndarray, path: Path, accounts: list[FileAccount]) -> None:
    """The table's Parquet, where each of its rows comes from, and how many each file gave."""
    if len(left_out):
        kept = staged.Stage(stage.path.with_name("staged-kept.parquet"), stage.schema)
        for batch in stage.batches(left_out):
            kept.take(batch)
        kept.close()
        stage = kept
    for number, count in stage.counts.items():
        accounts[number].rows += count
    origins = lines.Writer(path.with_name("lines.parquet"), [account.file for account in accounts])
    for batch in stage.places():
        origins.append(batch)
    origins.close()
    stage.path.replace(path)


def _settle(outcome: Outcome, rejects: Rejects, limit: float) -> None:
    """Complete the accounts and judge them: the limit of rejects, counts that look like a limit of rows."""
    for number, account in enumerate(outcome.accounts):
        if "stated_seen" in account.read_as:  # what the file says of its size is said of its outermost list
            account.records = account.read_as["stated_seen"]
        account.by_reason = {r: n for (file, r), n in sorted(rejects.counts.items()) if file == number}
        account.rejected = sum(account.by_reason.values())
        account.left_out = sum(account.by_reason.get(reason, 0) for reason in why.LEFT_OUT)
        account.accepted = account.read - account.rejected
        if account.accepted < 0:
            raise AssertionError(f"{account.file}: {account.rejected} rejects of {account.read} rows")
        counted = account.rejected - sum(account.by_reason.get(reason, 0) for reason in why.HARMLESS)
        allowed = max(limit * account.read, 1 if account.read >= FEW else 0)
        if number not in outcome.unreadable and counted > allowed:
            outcome.problems.append(_over_limit(account, number, counted, limit, rejects))
        if account.read in ROW_LIMITS:
            outcome.warnings.append(
                f"{account.file}: exactly {account.read:,} rows: check that the export was not cut off at a limit"
            )


def _doubts(accounts: list[FileAccount], numbers: list[int]) -> list[str]:
    """What the files of one source say of their size and of their sums that their rows do not bear out."""
    contradictions = (text for number in numbers for text in accounts[number].contradictions)
    return [*stated.doubts(_sizes(accounts, numbers)), *contradictions]


def _sizes(accounts: list[FileAccount], numbers: list[int]) -> list[dict[str, Any]]:
    """What the files of one source say of their size, and the rows that came."""
    return [
        {"file": one.file, "rows": one.records}
        | {key: one.read_as[key] for key in stated.KEYS if key in one.read_as}
        for one in (accounts[number] for number in numbers)
    ]


def _over_limit(account: FileAccount, number: int, counted: int, limit: float, rejects: Rejects) -> str:
    """What is wrong with most of the rejected rows, with the others in a few words, and what to do."""
    seen = [
        (*values, reason, column)
        for (file, reason, column), values in rejects.first.items()
        if file == number and reason not in why.HARMLESS
    ]
    (count, line, value, reason, column), *others = sorted(seen, key=lambda one: -one[0])
    where = f"{column}: " if column else ""
    shown = f" {str(value)[:60]!r}" if value else ""
    more = "".join(
        f"; {count:,} for {f'{column}: ' if column else ''}{reason}, first on line {line}"
        for count, line, _, reason, column in others[:MOST_REASONS]
    )
    more += f"; and {len(others) - MOST_REASONS} reasons more" if len(others) > MOST_REASONS else ""
    hint = (
        "; where an export holds a record's whole course, its last row counts: record: last"
        if reason == why.CONFLICT
        else ""
    )
    lacking = [name for name, found in account.read_as.get("beside", {}).items() if not found]
    hint += f"; the file that its shape reads as {', '.join(lacking)} is not there" if lacking else ""
    return (
        f"{account.file}: {counted:,} of {account.read:,} rows are rejected, over the limit of {limit:.3g} of a "
        f"file (reject_limit_ratio): {count:,} for {where}{reason}, first{shown} on line {line}{more}{hint}: "
        f"correct the export or sources.yaml; all are in rejects/{account.table}.csv"
    )


# ---------------------------------------------------------------- one month


def _states(sources: Sources, inputs: Mapping[str, list[Input]]) -> dict[str, dict[str, Any]]:
    named = set(sources.tables) or set(TABLES)
    return {
        name: {"state": "read" if name in inputs else "no_file" if name in named else "not_named"}
        | {
            "files": len(inputs.get(name, ())),
            "read": 0,
            "accepted": 0,
            "rejected": 0,
            "rows": 0,
            "outside": 0,
            "doubts": [],
            "content": None,
            "reach": None,
        }
        for name in sorted(TABLES)
    }


def _publish(
    outcome: Outcome, table: Table, of_month: list[bool], period: Period, timezone: str, staging: Path
) -> bool:
    """A table's files put into staging, the rows outside the period counted and how far each file speaks; whether any
    says anything of the period. `of_month`: which files lie in the month's folder or have it in their name.

    A file without rows says that nothing happened. A register holds until it changes, and so does a project's
    last reported state. One with rows of earlier months alone speaks where it reaches into the period (rule 41).
    """
    kinds = (
        *(("tables", "table.parquet"), ("lines", "lines.parquet")),
        *(("rejects", "rejects.csv"), ("rejects", "dropped.parquet")),
    )
    for kind, name in kinds:
        (staging / kind).mkdir(exist_ok=True)
        shutil.copyfile(outcome.folder / name, (staging / kind / table.name).with_suffix(Path(name).suffix))
    path = staging / "tables" / f"{table.name}.parquet"
    rows = sum(account.rows for account in outcome.accounts)
    start, end = period.bounds(timezone)
    if table.period is None:
        for account, mine in zip(outcome.accounts, of_month, strict=True):
            _set_reach(account, end if mine else None, "folder" if mine else "")
        return any(not _records(account) for account in outcome.accounts) or rows > 0
    column = table.column(table.period)
    if column.type == "month" and not column.required:
        _fill_month(path, column, str(period.first))
    speaks = False
    dated = column.type != "month" or column.required
    said = _dates(path, column, period, timezone, [account.rows for account in outcome.accounts])
    for account, mine, here in zip(outcome.accounts, of_month, said, strict=True):
        account.outside = here.early + here.late
        if mine and dated and account.rows >= FEW and account.outside * 2 > account.rows:
            outcome.warnings.append(
                f"{account.file}: {account.outside:,} of its {account.rows:,} rows are of other months, in a folder of "
                "one month: in a folder of all months (exports: exports/{client}) it would serve each of them"
            )
        last = here.end(column, timezone)
        inside = account.outside < account.rows or not _records(account)
        if not mine:
            _set_reach(account, last, "last row")
        elif account.more_follows and last is not None and here.steps > 0:
            _set_reach(account, last, "says that more follows")
        elif inside or not account.rows or table.list_of_all:
            _set_reach(account, end, "folder")
        elif here.is_dense() or not here.early:
            _set_reach(account, last, "last row")
        else:
            _set_reach(account, end, "assumed from the folder")
        reaches = account.reach is not None and pd.Timestamp(account.reach) > start
        speaks |= inside or bool(here.early and (reaches or table.name in HOLDING))
    return speaks


def _records(account: FileAccount) -> int:
    """The rows of a file that are records of its table, as its `where` and `shape` say, whether they could be read or
    not."""
    return account.read - sum(account.by_reason.get(reason, 0) for reason in why.NOT_MEANT)


#: So many rows in each month that has any, and none in this one, are another month's, not a quiet one's.
DENSE = 20


def _set_reach(account: FileAccount, otherwise: pd.Timestamp | None, by: str) -> None:
    """How far a file speaks: by what it or its source says, else by what else is known."""
    if account.exported_at is not None:
        account.reach, account.reach_by = account.exported_at, "exported_at"
    else:
        account.reach, account.reach_by = otherwise.isoformat() if otherwise is not None else None, by


def _earliest(inputs: list[Input], accounts: list[FileAccount]) -> str | None:
    """Up to where all sources of a table speak; of one source the file that goes furthest counts."""
    by_source: dict[int, list[pd.Timestamp]] = {}
    by_hand = [given.source.due == "once" for given in inputs]
    for given, account, once in zip(inputs, accounts, by_hand, strict=True):
        if once and not all(by_hand):  # its last row says nothing of how far it speaks
            continue
        if account.reach is not None:
            by_source.setdefault(id(given.source), []).append(pd.Timestamp(account.reach))
    found = min((max(reaches) for reaches in by_source.values()), default=None)
    return found.isoformat() if found is not None else None


@dataclass
class _Dates:
    """What the dates of a file's rows say, taken in some rows at a time."""

    early: int = 0
    """Rows before the period."""
    late: int = 0
    """Rows after it."""
    known: int = 0
    """Rows that have a date."""
    last: Any = None
    months: set[str] = field(default_factory=set)
    steps: int = 0
    """How many rows more are later than the one before them than are earlier: above 0, they run from old to new."""
    _before: pa.Array | None = None
    """The last date that was taken in."""

    def add(self, values: pa.Array, before: np.ndarray, after: np.ndarray) -> None:
        """Some more rows; `before` and `after`: which of them lie before and after the period."""
        self.early += int(before.sum())
        self.late += int(after.sum())
        known = values.drop_null()
        if not len(known):
            return
        self.known += len(known)
        greatest = pc.max(known).as_py()
        self.last = greatest if self.last is None else max(self.last, greatest)
        self.months |= _months(known)
        walk = known if self._before is None else pa.concat_arrays([self._before, known])
        for compare, sign in ((pc.greater, 1), (pc.less, -1)):
            self.steps += sign * (pc.sum(compare(walk[1:], walk[:-1])).as_py() or 0)
        self._before = known[-1:]

    def is_dense(self) -> bool:
        """Whether they are many in each month that has any."""
        return self.known >= DENSE * max(1, len(self.months))

    def end(self, column: Column, timezone: str) -> pd.Timestamp | None:
        """The last instant; of days and months the end."""
        if self.last is None:
            return None
        if column.type == "instant":
            return pd.Timestamp(self.last)
        if column.type == "month":
            return Period.parse(self.last).bounds(timezone)[1]
        return midnight(self.last + timedelta(days=1), timezone)


def _dates(path: Path, column: Column, period: Period, timezone: str, rows: list[int]) -> list[_Dates]:
    """What the dates of a table say, by its files, which gave so many rows each, one after the other."""
    found, ends, done = [_Dates() for _ in rows], np.cumsum(rows), 0
    for some in _column(path, column.name):
        before, after = _outside(some, column, period, timezone)
        first, last = np.searchsorted(ends, [done, done + len(some) - 1], side="right")
        for number in range(first, last + 1):
            here = slice(max(0, int(ends[number]) - rows[number] - done), int(ends[number]) - done)
            found[number].add(some[here], before[here], after[here])
        done += len(some)
    return found


def _column(path: Path, name: str) -> Iterator[pa.Array]:
    """A column of a table, some rows at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(10 * staged.ROWS, columns=[name]):
            yield batch.column(0)


def _months(known: pa.Array) -> set[str]:
    """The months of some dates, as they stand."""
    if pa.types.is_string(known.type):
        return set(pc.unique(known).to_pylist())
    days = pc.unique(known.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False))
    return set(pc.unique(pc.strftime(days, "%Y-%m")).to_pylist())


def _content(table: Table, staging: Path, shared: bool, period: Period, timezone: str) -> str | None:
    """A hash of a table's accepted rows, in whatever order, and of its rejects: the same for the same content.

    `shared`: a file serves every month. What it says anew of earlier rows may be what happened since, so only which
    rows of the month there are counts, and a register not at all.
    """
    columns = list(table.key or table.names) if shared else list(table.names)
    if shared and table.period is None:
        return None
    path = staging / "tables" / f"{table.name}.parquet"
    dated = table.column(table.period) if shared else None

    def numbers() -> Iterator[np.ndarray]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(staged.ROWS):
                if dated is not None:
                    before, after = _outside(batch.column(dated.name), dated, period, timezone)
                    batch = batch.filter(pa.array(~(before | after)))
                rows = batch.select(columns).to_pandas(date_as_object=False)
                yield pd.util.hash_pandas_object(rows, index=False).to_numpy()

    digest = hashlib.sha256(staged.in_order(numbers(), pq.read_metadata(path).num_rows))
    if not shared:
        digest.update((staging / "rejects" / f"{table.name}.csv").read_bytes())
    return digest.hexdigest()


def _follow_tickets(
    inputs: Mapping[str, list[Input]], manifest: Manifest, shared: set[str], staging: Path
) -> None:
    """Log and hours of tickets that are kept apart: each follows the tickets' file of its label.

    What no label joins belongs to none of them: it stays under the bare number, and is listed with the rejected rows as
    what may belong to any.
    """
    labels = {given.label("tickets") for given in inputs["tickets"]}
    for table in ("ticket_events", "time_entries"):
        path = staging / "tables" / f"{table}.parquet"
        if not path.exists():
            continue
        rows = pq.read_table(path)
        accounts = [account for account in manifest.files if account.table == table]
        own = [given.label(table) for given in inputs[table]]
        counts = [account.rows for account in accounts]
        label, file = np.repeat(own, counts), np.repeat([account.file for account in accounts], counts)
        numbers = rows.column("ticket_id").to_pandas()
        ours = numbers.isin(shared).to_numpy(bool)
        joined = ours & np.isin(label, list(labels))
        named = numbers.mask(joined, pd.Series(label, numbers.index) + ": " + numbers)
        place = rows.schema.get_field_index("ticket_id")
        renamed = rows.set_column(
            place, rows.schema.field(place), pa.array(named, pa.string(), from_pandas=True)
        )
        pq.write_table(renamed, path, compression="zstd")
        loose = rows.filter(pa.array(ours & ~joined))
        if len(loose):
            _add_loose(loose, file[ours & ~joined], staging / "rejects" / f"{table}.parquet")


def _add_loose(rows: pa.Table, files: np.ndarray, path: Path) -> None:
    """Rows of a number that two tickets have, put beside the rejected ones; whose they are cannot be told."""
    kept = pq.read_table(path)
    more = {
        "file": pa.array(files, pa.string()),
        "line": pa.array(np.zeros(len(rows), np.int64)),
        "reason": pa.array([why.SHARED] * len(rows)),
        "is_record": pa.array([True] * len(rows)),
        **{name: rows.column(name) for name in rows.column_names},
        "ticket_id": pa.nulls(len(rows), pa.string()),
    }
    added = pa.table(more).select(kept.schema.names).cast(kept.schema)
    pq.write_table(pa.concat_tables([kept, added]), path, compression="zstd")


def _fill_month(path: Path, column: Column, month: str) -> None:
    """A row without a month speaks of the export's own."""
    rows = pq.read_table(path)
    place = rows.schema.names.index(column.name)
    rows = rows.set_column(place, rows.schema.field(place), pc.fill_null(rows.column(place), month))
    pq.write_table(rows, path, compression="zstd")


def _outside(
    values: pa.Array, column: Column, period: Period, timezone: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are known to lie before a period, which after it."""
    if column.type == "instant":
        low, high = (pa.scalar(at.to_pydatetime(), values.type) for at in period.bounds(timezone))
    elif column.type == "date":
        low, high = (pa.scalar(day, values.type) for day in (period.first.first_on, period.last.end_on))
    else:
        low, high = str(period.first), str(period.last.shift(1))
    before, after = pc.less(values, low), pc.greater_equal(values, high)
    return tuple(np.asarray(pc.fill_null(flags, False), dtype=bool) for flags in (before, after))


def _months_of(path: Path, table: Table, timezone: str) -> set[str]:
    """The months of a table's dated rows, in the client's zone."""
    column = table.column(table.period or "")
    found: set[str] = set()
    for some in _column(path, column.name):
        known = pc.unique(some).drop_null()
        if column.type == "instant":
            times = pd.DatetimeIndex(known.to_pandas()).tz_convert(timezone).tz_localize(None)
            known = pa.array(times, pa.timestamp("us"))
        found |= _months(known)
    return found


def _note(manifest: Manifest, table: str, outcome: Outcome) -> None:
    manifest.files += outcome.accounts
    manifest.warnings += outcome.warnings
    manifest.problems += outcome.problems
    state = manifest.tables[table]
    state["doubts"] = outcome.doubts
    if outcome.problems:
        state["state"] = "refused"
    for count in ("read", "accepted", "rejected", "rows", "outside"):
        state[count] = sum(getattr(account, count) for account in outcome.accounts)


def _silence(manifest: Manifest, sources: Sources, folder: Path) -> str:
    """Why no table says anything about the month, and what to do."""
    gone = [
        f"{source.file} ({table})"
        for table, listed in sources.tables.items()
        for source in listed
        if source.file and manifest.tables[table]["state"] == "no_file"
    ]
    if gone:
        there = ", ".join(manifest.unread[:5])
        return (
            f"sources.yaml names files that are not in {folder}: {', '.join(gone[:10])}: put them there or correct file"
            f"{f'; there are {there}' if there else ''}"
        )
    read = ", ".join(dict.fromkeys(account.file for account in manifest.files))
    if read:
        return f"no table has rows in {manifest.month} ({read}): export that month, or name another one"
    hint = "".join(f"; {name} is {why_unread(name, sources)}" for name in manifest.unread[:5])
    return (
        f"there is nothing to read for {manifest.month} in {folder}{hint}: put the month's exports there, named "
        "like tickets.csv, or name them in sources.yaml"
    )


def _replace(staging: Path, into: Path, whole: bool) -> None:
    """Put what was made in the place of what was there; where data are refused, rejects only."""
    for kind in ("tables", "lines", "rejects"):
        shutil.rmtree(into / kind, ignore_errors=True)
        if (staging / kind).is_dir() and (whole or kind == "rejects"):
            os.replace(staging / kind, into / kind)
