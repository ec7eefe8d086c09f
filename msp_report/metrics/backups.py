"""Is everything saved that should be, as often as agreed, and was it ever read back (rule 31).

A *slot* is one interval of the agreed length in which a good point is due; `slots` and `gaps` serve every duty
that comes back at an interval, so `duties` uses them too.

Decided here, where the rules leave room:

- What finishes at or after the cut-off is unfinished (rule 0), so a run over midnight of the month's end is running.
- An asset's month begins with its service and ends on the day it retires; its slots begin there too.
- A slot's window holds its begin and not its end: a point exactly 1.5 intervals before the end counts.
- An asset needs a backup where the register says so. Where the register says it of no asset at all, it is a list
  of what needs one; where it says it of some, an asset with jobs is judged and one without is no_data.
- An RPO of 0 is none: the contract's counts. Where neither gives one, runs are counted by the default of the
  contract's model and the verdict is no_target; an unprotected asset is missed all the same.
- A name in the jobs is an asset's if it is the same; else the same in its normal form; else if one of both is the other
  without its domain (up to the first dot) or folder (after the last slash). The first of these that fits anything
  decides; if it fits several assets, the name is listed and belongs to none. An asset that such a name may mean
  is not called unprotected: where its own runs do not meet, there is no verdict. The same holds for an asset without
  any job that a strange name may mean (rule 44).
- A run that saved no byte, or under a tenth of the median of the last eight good runs before it of the same asset, job
  and local weekday, and a run without a kind whose job's name speaks of copies, are in doubt: `good` counts them,
  `good_low` does not, and a verdict that they turn is none. A restore that worked on the run's day or later ends the
  doubt about its size.
- Runs of kind copy, offload or replica are no runs of the asset: what has nothing else has no job.
- Where no run of a job that ended in a month has an end, the export has no such column: a success ends as it starts.
- What only the jobs name is shown without a target where there is a register, for months in which a run of it began;
  without one, all are judged by the contract's RPO and nobody can say what is unprotected.
- Where the jobs speak of a part of the period, the slots that end in it count; a run that was not over then may have
  ended well, and an asset that missed none has no verdict (rule 41).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.case import Case, once
from msp_report.model.columns import HOUR, bounds, instants, micro, micros, optional
from msp_report.model.dropped import Dropped, told
from msp_report.model.figures import Figure
from msp_report.model.gate import decide, doubted
from msp_report.model.names import device_label, mistaken, normal, spelled, unsure_whose
from msp_report.model.reach import Reach, bounded, reach_of
from msp_report.params import Contract, as_contract, as_strategy

#: What a restore test's result says when the data could be read back.
PROVEN = ("success", "successful", "succeeded", "ok", "passed", "pass", "restored", "warning")

# fmt: off
_ASSETS = [
    "asset", "kind", "critical", "status", "expected", "good", "missed", "attained_rpo_hours", "rpo_hours",
    "last_good_at", "last_restore_test_on", "runs", "failed", "running", "verdict", "why", "agreed", "counted",
    "good_low", "doubted", "failed_ratio", "last_slot_hours", "last_copy_at",
]
_DOUBTS = ["asset", "job", "started_at", "bytes", "usual_bytes", "why"]
_FAILED_RESTORES = ["asset", "tested_on", "result", "last_restore_test_on"]
#: Kinds of a job that save nothing new.
_COPIES = ("copy", "offload", "replica")
_SPEAKS_OF_COPIES = (
    r"(?i:(?<![a-z])(?:copy|copies|repli(?:ca|cas|cation)|offload|sync)(?![a-z]))"
    r"|(?<=[a-z])(?:Copy|Copies|Repli(?:ca|cas|cation)|Offload|Sync)(?![a-z])"
)
_STRETCHES = ["asset", "from_at", "to_at", "gap_hours", "rpo_hours", "missed", "failed"]
# fmt: on
_ORDER = (
    "unprotected",
    "missed",
    "cannot tell",
    "in doubt",
    "not stated",
    "no data",
    "not registered",
    "not required",
    "in time",
)


# ---------------------------------------------------------------- slots of one interval


def slots(spans: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Every slot in which a point is due, and whether one was there (rule 31).

    Parameters: `spans`, one row per subject: subject, begin, end and every [integer microseconds, every > 0,
    begin < end]; `points`: subject, at [us].
    Returns: one row per slot in the order of `spans` and time: subject, end, every, at (the last point before the
    slot's end, missing where there is none) and missed (no point in the 1.5 intervals before its end). There are
    max(1, floor(length / every + 0.5)) slots a subject, each one interval long, the last one ending with the span.
    """
    spans = _whole(spans)
    count = slots_due(spans)
    table = spans.loc[spans.index.repeat(count), ["subject", "begin", "end", "every"]].reset_index(drop=True)
    number = table.groupby("subject", sort=False).cumcount() + 1
    last = number.to_numpy() == np.repeat(count, count)
    table["end"] = table["end"].where(last, table["begin"] + number * table["every"])
    ordered = table.reset_index(names="slot").sort_values("end", kind="stable")
    found = pd.merge_asof(
        ordered,
        _whole(points[["subject", "at"]]).sort_values("at", kind="stable"),
        left_on="end",
        right_on="at",
        by="subject",
        allow_exact_matches=False,
    ).set_index("slot")["at"]
    table["at"] = found.reindex(table.index).astype("Int64")
    table["missed"] = (2 * (table["end"] - table["at"]) > 3 * table["every"]).fillna(True).astype(bool)
    return table[["subject", "end", "every", "at", "missed"]]


def slots_due(spans: pd.DataFrame) -> np.ndarray:
    """How many slots each span has; `spans` as in `slots`."""
    length, every = (spans["end"] - spans["begin"]).to_numpy("int64"), spans["every"].to_numpy("int64")
    return np.maximum(1, (2 * length + every) // (2 * every))


def whole_slots(spans: pd.DataFrame, reach: int) -> pd.DataFrame:
    """The spans cut to those of their slots that end up to an instant [us], so that each is what it is in the whole
    span: the last one, which ends with the span, only where all of it is known. One without any ends as it begins."""
    spans = _whole(spans)
    known = np.minimum((reach - spans["begin"]) // spans["every"], slots_due(spans) - 1).clip(lower=0)
    return spans.assign(
        end=spans["end"].where(spans["end"] <= reach, spans["begin"] + known * spans["every"])
    )


def gaps(spans: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """The largest gap of each subject: from its last point before the span, else its begin, to its end (rule 31).

    Parameters: as `slots`. Returns: one row per subject in the order of `spans`: subject, gap and last (the last
    point before the end) [us]; last is missing where there is none.
    """
    spans = _whole(spans)
    known = _whole(points[["subject", "at"]]).merge(spans[["subject", "begin", "end"]], on="subject")
    known = known[known["at"] < known["end"]]
    before = known[known["at"] < known["begin"]].groupby("subject")["at"].max()
    first = before.reindex(spans["subject"]).fillna(spans.set_index("subject")["begin"]).rename("at")
    edges = pd.concat(
        [
            first.reset_index(),
            known.loc[known["at"] >= known["begin"], ["subject", "at"]],
            spans[["subject", "end"]].rename(columns={"end": "at"}),
        ]
    ).sort_values(["subject", "at"], kind="stable")
    gap = edges.groupby("subject")["at"].diff().groupby(edges["subject"]).max()
    last = known.groupby("subject")["at"].max()
    return pd.DataFrame(
        {
            "subject": spans["subject"].array,
            "gap": gap.reindex(spans["subject"]).astype("Int64").array,
            "last": last.reindex(spans["subject"]).astype("Int64").array,
        }
    )


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Subjects as text and everything else as whole microseconds, also where there are no rows."""
    return frame.astype({name: "str" if name == "subject" else "int64" for name in frame})


# ---------------------------------------------------------------- the records


def assets(
    assets: pd.DataFrame | None,
    jobs: pd.DataFrame | None,
    restores: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """How well each asset was saved in a period (rule 31).

    Parameters: `assets`, `jobs`, `restores` as the canonical tables assets, backup_jobs and restore_tests with
    their look-back, None where not supplied; `contract` a model or a dict like contract.yaml, of which the version
    in force on the first local day counts; `[start, end)` the period, timezone-aware, `end` the cut-off.
    Returns: one row per asset in service in the period that needs a backup or has jobs, unprotected first, then the
    worst gap against its RPO: asset, kind, critical, status, expected, good and missed [slots], attained_rpo_hours
    (the largest gap), rpo_hours, last_good_at, last_restore_test_on (the last one that proved anything), runs,
    failed and running [runs started in the period], verdict, why (of a verdict that is neither met nor missed),
    agreed (an RPO is), counted (stands in within_rpo_ratio), good_low [slots, without runs in doubt], doubted [runs of
    the period], failed_ratio (failed / runs that are over), last_slot_hours (where it is longer than an RPO) and
    last_copy_at (the last good copy, offload or replica). status is unprotected, missed, in time, cannot tell
    (a name in the jobs fits several assets), in doubt, not stated, no data, not registered or not required.
    Raises: ValueError for naive instants and unknown results.
    Edge cases decided: see the module; no jobs file is no_data, a jobs file without rows leaves all unprotected.

    >>> register = pd.DataFrame({"asset": ["db-01", "wiki-01"], "backup_required": [True, True]})
    >>> at = pd.date_range("2026-09-30 22:00Z", periods=31, freq="D")
    >>> runs = pd.DataFrame({"asset": "db-01", "job": "nightly", "started_at": at, "result": "success",
    ...     "finished_at": at + pd.Timedelta(hours=1)})
    >>> table = globals()["assets"](register, runs, None, {"backups": {"rpo_hours": 24}},
    ...     pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"))
    >>> table[["asset", "expected", "missed", "attained_rpo_hours", "verdict"]].values.tolist()
    [['wiki-01', 31, 31, 744.0, 'missed'], ['db-01', 31, 0, 26.0, 'met']]
    """
    return _analysed(assets, jobs, restores, contract, start, end).levels


@dataclass(frozen=True)
class Analysis:
    """Everything about a period's backups, computed once.

    `levels` as the function `assets` gives it. `stretches`: the times without a good point for which slots were
    missed, one row per asset and stretch, longest against the RPO first: asset, from_at (the good point before it,
    else the begin of the asset's month), to_at (the next good point, else the end of its month), gap_hours,
    rpo_hours, missed [slots], failed [runs]; assets without any job have none. `ambiguous`: the names in the jobs
    that fit several assets, one row per name: name, assets (how many it fits), fits (which, joined with `;`), runs
    (in the period). `doubts`: the runs of the period in doubt, one row per run: asset, job, started_at, bytes,
    usual_bytes (the median that it is held against), why. `failed_restores`: one row per asset of which no restore has
    worked since one failed: asset, tested_on, result, last_restore_test_on (the last one that did). `registered`,
    `watched`, `tested`: whether the register, the jobs and the restore tests were supplied; `agreed`: whether the
    contract names an RPO; `doubt`, why register or jobs are doubted as a whole. `reach` and `restored`: how much of
    the period the jobs and the restore tests speak of; `in_all`: the slots of the whole period; `unread`: what rejected
    rows leave open; `eased`: how many assets needed a backup in the register of the month before, need none in this
    one, and had no run. `course`: every asset that is judged, over the time of its slots, one row per stretch of slots
    that stand alike, in the order of `levels`: asset, begin_at, end_at, verdict (met, missed, or no_verdict where only
    a run in doubt is there), and of the whole asset good and expected [slots].
    """

    levels: pd.DataFrame
    course: pd.DataFrame
    stretches: pd.DataFrame
    ambiguous: pd.DataFrame
    doubts: pd.DataFrame
    failed_restores: pd.DataFrame
    registered: bool
    watched: bool
    tested: bool
    agreed: bool
    reach: Reach
    restored: Reach
    in_all: int
    doubt: str | None = None
    unread: _RejectedRows | None = None
    eased: int = 0

    def figures(self) -> list[Figure]:
        """The figures of the report over all assets.

        Returns: backups.within_rpo_ratio (good / expected of what needs a backup, unprotected all missed; target 1,
        low and high where names fit several assets), .worst_gap_hours, .unprotected (target 0; high counts what may
        be), .missed (assets late at least once), .never_proven (assets without a restore that proved anything) and
        .failed_restores (assets of which none worked since one failed). A missing value says why.
        """
        within, unprotected = (_eased(figure, self.eased) for figure in (_within(self), _unprotected(self)))
        of_jobs = [within, _worst_gap(self), unprotected, _late(self)]
        grows = ("backups.worst_gap_hours", "backups.missed")
        of_tests = [_never_proven(self), _failed_restores(self)]
        return [*bounded(of_jobs, self.reach, grows), *bounded(of_tests, self.restored)]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("stretches", "ambiguous", "doubts", "failed_restores")
        return {"assets": self.levels, **{name: getattr(self, name) for name in names}}


@once
def analyse(case: Case) -> Analysis:
    """Everything about the backups of a period; reads assets, backup_jobs and restore_tests. Raises as `assets`.

    Source: rule 31.
    """
    tables = map(case.table, ("assets", "backup_jobs", "restore_tests"))
    reaches = reach_of(case, "backup_jobs"), reach_of(case, "restore_tests")
    outside = as_strategy(case.strategy).outside.assets
    found = _analysed(*tables, case.agreed, case.start, case.end, *reaches, outside)
    doubt, unread = case.doubts("assets", "backup_jobs"), _RejectedRows.of(case, found.levels)
    eased = _eased_since(case) if case.own_word("assets") else 0
    return replace(found, levels=doubted(found.levels, doubt), doubt=doubt, unread=unread, eased=eased)


def _eased_since(case: Case) -> int:
    """How many assets of the provider's own register needed a backup the month before, need none now, and had no run:
    they may need one still, for one month (rule 43)."""
    now, before = case.table("assets"), case.known_before("assets")
    if now is None or before is None:
        return 0
    needed, needs = (
        rows.set_index(device_label(rows["asset"]))["backup_required"].astype("boolean")
        for rows in (before, now)
    )
    needed = needed[~needed.index.duplicated()].reindex(needs.index)
    dropped = needs.index[needed.eq(True).fillna(False) & needs.eq(False).fillna(False)]
    jobs = case.table("backup_jobs")
    if jobs is not None:
        mine = jobs[(jobs["started_at"] >= case.start) & (jobs["started_at"] < case.end)]
        dropped = dropped.difference(pd.Index(device_label(mine["asset"].dropna())))
    return len(dropped)


def _eased(figure: Figure, count: int) -> Figure:
    """A figure that is met while assets may need a backup of which the register says so no more."""
    if not count or figure.verdict != "met":
        return figure
    high = None if figure.value is None or figure.unit == "ratio" else figure.value + count
    why = _ONE_EASED if count == 1 else f"{count} {_EASED}"
    return figure.with_(verdict="no_verdict", why_missing=why, high=high or figure.high, robust=None)


def _analysed(
    assets: pd.DataFrame | None,
    jobs: pd.DataFrame | None,
    restores: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
    reach: Reach | None = None,
    restored: Reach | None = None,
    outside: tuple[str, ...] = (),
) -> Analysis:
    month = _BackupMonth(contract, start, end)
    known = [] if assets is None else assets["asset"].dropna().astype("str").unique()
    jobs, restores = (
        None if table is None else table.assign(asset=spelled(table["asset"], known))
        for table in (jobs, restores)
    )
    reach = reach or Reach(pd.Timestamp(end))
    names = _fitted(_named_before_cutoff(jobs, month), assets)
    register, tests = _register(assets, names, month), _tests(restores, assets, month)
    runs, copies = _runs(jobs, names, tests, month)
    in_all = pd.Series(slots_due(register), register["asset"])
    if not reach.is_whole:
        runs["good"] |= runs["running"]
        register["end"] = whole_slots(_spans(register), micro(reach.at))["end"].array
        register = register[register["begin"] < register["end"]].reset_index(drop=True)
    register["last_copy_at"] = instants(copies.reindex(register["asset"]).astype("Int64").array)
    levels = _levels(register, runs, names, _proven(tests), jobs is not None, outside)
    if not reach.is_whole:
        levels = reach.take(levels, levels["verdict"].eq("met"))
    return Analysis(
        levels=levels,
        course=_course(levels, register, runs),
        stretches=_stretches(levels, register, runs),
        ambiguous=_ambiguous(names, runs, month),
        doubts=_doubts(runs),
        failed_restores=_not_restored(tests),
        registered=assets is not None,
        watched=jobs is not None,
        tested=restores is not None,
        agreed=month.agreed,
        reach=reach,
        restored=restored or Reach(pd.Timestamp(end)),
        in_all=int(in_all.reindex(levels.loc[levels["counted"], "asset"]).sum()),
    )


# ---------------------------------------------------------------- what rejected rows leave open


#: What is said of assets that the register lets go without a backup from one month to the next.
_EASED = "assets needed a backup in the register of the month before, need none in this one, and had none"
_ONE_EASED = (
    "1 asset needed a backup in the register of the month before, needs none in this one, and had none"
)


@dataclass(frozen=True)
class _RejectedRows:
    """The rejected rows (rule 42): `assets` that may need a backup, `jobs` that may be a good point, `tests`; and by
    asset of the levels how many of its missed slots the jobs may fill, two each at the most (`mended`)."""

    assets: Dropped
    jobs: Dropped
    tests: Dropped
    mended: pd.Series

    @classmethod
    def of(cls, case: Case, levels: pd.DataFrame) -> _RejectedRows:
        register, jobs = (
            Dropped.of(case, "assets"),
            Dropped.of(case, "backup_jobs").before("started_at", case.end),
        )
        needed = ~register.rows["backup_required"].eq(False).fillna(False)
        rows = jobs.rows
        good = rows["result"].isna() | rows["result"].isin(["success", "warning"])
        jobs = jobs.where(good & (rows["kind"].isna() | rows["kind"].eq("backup")))
        rows = jobs.rows
        found = pd.Series(0, levels.index, dtype="int64")
        if len(rows):
            names, loose = device_label(rows["asset"].dropna()), int(rows["asset"].isna().sum())
            each = names.value_counts().reindex(device_label(levels["asset"])).fillna(0).astype("int64")
            found = np.minimum(levels["missed"].fillna(0).astype("int64"), 2 * (each.array + loose))
        return cls(register.where(needed), jobs, Dropped.of(case, "restore_tests"), found)

    @property
    def why(self) -> str | None:
        """Which rows may need a backup, or be one."""
        return told(self.assets, self.jobs)


# ---------------------------------------------------------------- what the tables say


class _BackupMonth:
    """The period, its contract, and its instants in microseconds."""

    def __init__(self, contract: Contract | Mapping[str, Any], start: datetime, end: datetime) -> None:
        agreed = as_contract(contract)
        first, last = bounds(start, end)
        self.contract, self.zone = agreed.on(first), agreed.client.timezone
        self.first, self.cutoff = micro(first), micro(last)

    @property
    def agreed(self) -> bool:
        """Whether the contract itself names an RPO."""
        stated = self.contract.model_fields_set
        return "backups" in stated and "rpo_hours" in self.contract.backups.model_fields_set

    def midnights(self, days: pd.Series) -> pd.Series:
        """When civil days begin in the client's zone [us]; missing stays missing."""
        local = pd.DatetimeIndex(pd.to_datetime(days)).as_unit("us")
        at = local.tz_localize(self.zone, ambiguous=np.ones(len(local), bool), nonexistent="shift_forward")
        return pd.Series(at.asi8, days.index, dtype="Int64").mask(at.isna())

    def before_cutoff(self, days: pd.Series) -> pd.Series:
        """Whether civil days begin before the cut-off."""
        return (self.midnights(days) < self.cutoff).fillna(False).astype(bool)


def _register(assets: pd.DataFrame | None, names: pd.DataFrame, month: _BackupMonth) -> pd.DataFrame:
    """Everything in service in the period that the register or the jobs name.

    Columns: asset, kind, critical, registered, needed, rpo [us], rpo_agreed, begin, end [us].
    """
    listed = pd.DataFrame(columns=["asset"]) if assets is None else assets.reset_index(drop=True)
    if (twice := listed["asset"].duplicated()).any():
        raise ValueError(f"assets: {listed.loc[twice, 'asset'].iloc[0]!r} is listed twice: reject one row")
    needed = optional(listed, "backup_required").astype("boolean")
    if needed.isna().all():
        needed = needed.fillna(True)
    own = optional(listed, "rpo_hours").astype("float64")
    table = pd.DataFrame(
        {
            "asset": listed["asset"].astype("str"),
            "kind": optional(listed, "kind").astype("str"),
            "critical": optional(listed, "critical").astype("boolean"),
            "needed": needed,
            "own": (own * HOUR).round().where(own > 0),
            "begin": month.midnights(optional(listed, "in_service_on")).fillna(month.first),
            "end": month.midnights(optional(listed, "retired_on")).fillna(month.cutoff),
        }
    )
    strays = names.loc[names["fits"].str.len() == 0, "name"]
    registered = assets is not None
    stray = pd.DataFrame({"asset": strays.astype("str"), "needed": pd.NA}).astype({"needed": "boolean"})
    table = pd.concat([table.assign(registered=True), stray.assign(registered=not registered)])
    table = table.reset_index(drop=True)
    table["registered"] = table["registered"].astype(bool)
    table["rpo_agreed"] = table["own"].gt(0) | month.agreed
    usual = round(month.contract.backups.rpo_hours * HOUR)
    table["every"] = table["own"].where(table["own"] > 0, usual).astype("int64")
    table["begin"] = table["begin"].fillna(month.first).clip(lower=month.first).astype("int64")
    table["end"] = table["end"].fillna(month.cutoff).clip(upper=month.cutoff).astype("int64")
    for name, kind in (("kind", "str"), ("critical", "boolean"), ("needed", "boolean")):
        table[name] = table[name].astype(kind)
    return table[table["begin"] < table["end"]].reset_index(drop=True)


def _named_before_cutoff(jobs: pd.DataFrame | None, month: _BackupMonth) -> pd.Series:
    """The names of what had a run before the cut-off."""
    if jobs is None:
        return pd.Series(dtype="str")
    known = micros(jobs["started_at"], "backup_jobs.started_at") < month.cutoff
    return pd.Series(jobs["asset"].array[known.fillna(False).to_numpy(bool)]).drop_duplicates()


def _fitted(names: pd.Series, assets: pd.DataFrame | None) -> pd.DataFrame:
    """Which assets each name fits: the same, the same in normal form, or one without its domain or folder.

    One row per name: name, asset (the one it is, missing where it fits none or several), fits (a list).
    """
    asked = pd.Series(names.dropna().astype("str").unique(), dtype="str")
    listed = pd.Series([] if assets is None else assets["asset"].dropna().astype("str").unique(), dtype="str")
    folded, theirs = normal(asked), normal(listed)
    found = pd.DataFrame({"name": asked, "fits": None})
    for keys in (
        [(asked, listed)],
        [(folded, theirs)],
        [(folded, device_label(listed)), (device_label(asked), theirs)],
    ):
        pairs = pd.concat([_fitting(asked, one, listed, two) for one, two in keys]).drop_duplicates()
        pairs = pairs.sort_values("asset", kind="stable")
        lists = pairs.groupby("name", sort=False)["asset"].agg(list)
        found["fits"] = found["fits"].where(found["fits"].notna(), asked.map(lists))
    found["fits"] = found["fits"].map(lambda fits: fits if isinstance(fits, list) else [])
    found["asset"] = found["fits"].str[0].where(found["fits"].str.len() == 1)
    return found.sort_values("name", ignore_index=True)[["name", "asset", "fits"]]


def _owners(names: pd.DataFrame) -> pd.Series:
    """By name, the asset it is: itself where the register does not have it, missing where it fits several."""
    alone = names["fits"].str.len() == 0
    return names["asset"].where(~alone, names["name"]).astype("str").set_axis(names["name"])


def _fitting(asked: pd.Series, one: pd.Series, listed: pd.Series, two: pd.Series) -> pd.DataFrame:
    left, right = pd.DataFrame({"name": asked, "key": one}), pd.DataFrame({"asset": listed, "key": two})
    return left.merge(right, on="key")[["name", "asset"]]


def _runs(
    jobs: pd.DataFrame | None, names: pd.DataFrame, tests: pd.DataFrame, month: _BackupMonth
) -> tuple[pd.DataFrame, pd.Series]:
    """Runs that began before the cut-off, as known then: name, asset (missing where it fits none or several), job, at
    [us], inside (the period), good, running, failed, bytes, usual_bytes, doubt (why a good one may be none); and by
    asset, the start of its last good copy [us].
    A name that the register does not have is its own asset.
    """
    if jobs is None:
        jobs = pd.DataFrame(columns=["asset", "started_at", "finished_at", "result"])
    name = jobs["asset"].astype("str").array
    at = micros(jobs["started_at"], "backup_jobs.started_at")
    finish = micros(optional(jobs, "finished_at", "datetime64[us, UTC]"), "backup_jobs.finished_at")
    result = jobs["result"].astype("str").to_numpy()
    unknown = ~np.isin(result, ["success", "warning", "failed", "none"])
    if unknown.any():
        raise ValueError(
            f"backup_jobs.result: {result[unknown][0]!r} is not success, warning, failed or none"
        )
    job = optional(jobs, "job").astype("str").fillna("")
    ended = finish.fillna(at.where(_without_ends(job, at, finish, result)))
    late = (ended >= month.cutoff).fillna(False)
    finished = (ended.notna() & ~late).to_numpy(bool)
    good = finished & np.isin(result, ["success", "warning"])
    running = ~finished & ((result == "none") | late.to_numpy(bool))
    table = pd.DataFrame(
        {
            "name": name,
            "asset": _owners(names).reindex(name).array,
            "job": job.array,
            "kind": normal(optional(jobs, "kind")).array,
            "at": at.array,
            "inside": (at >= month.first).fillna(False).to_numpy(bool),
            "good": good,
            "running": running,
            "failed": ~good & ~running,
            "bytes": pd.to_numeric(optional(jobs, "bytes", "float64")).astype("float64").array,
        }
    )
    table = table[(table["at"] < month.cutoff).fillna(False)].astype({"at": "int64"})
    copy = table["kind"].isin(_COPIES)
    copies = table[copy & table["good"]].groupby("asset")["at"].max()
    return _with_doubts(table[~copy], tests, month), copies


def _without_ends(job: pd.Series, at: pd.Series, finish: pd.Series, result: np.ndarray) -> pd.Series:
    """Of each run, whether no run of its job that ended in its month has an end: the export has no such column."""
    each = (instants(at).dt.strftime("%Y-%m").fillna("") + " " + job.array).array
    seen = (finish.notna() & (result != "none")).groupby(each).transform("any")
    return ~seen.astype(bool) & (result != "none")


def _with_doubts(runs: pd.DataFrame, tests: pd.DataFrame, month: _BackupMonth) -> pd.DataFrame:
    """Runs with usual_bytes and doubt: why a good one may have saved nothing, or nothing new; else missing."""
    runs = runs.sort_values("at", kind="stable")
    weekday = instants(runs["at"]).dt.tz_convert(month.zone).dt.dayofweek
    sized = runs[runs["good"] & (runs["bytes"] > 0)]
    before = sized.groupby([sized["name"], sized["job"], weekday[sized.index]])["bytes"]
    usual = before.transform(lambda sizes: sizes.shift().rolling(8, min_periods=1).median())
    runs = runs.assign(usual_bytes=usual.reindex(runs.index))
    restored = tests.loc[tests["proven"]].groupby("owner")["end"].max()
    proved = runs["asset"].map(restored).astype("Int64").gt(runs["at"]).fillna(False).to_numpy(bool)
    cases = {
        _NO_BYTE: runs["bytes"].eq(0).to_numpy() & ~proved,
        _SMALL: (runs["bytes"] < runs["usual_bytes"] / 10).to_numpy() & ~proved,
        _PERHAPS_A_COPY: runs["kind"].isna().to_numpy(bool)
        & runs["job"].str.contains(_SPEAKS_OF_COPIES).to_numpy(bool),
    }
    doubt = np.select(list(cases.values()), list(cases), "")
    return runs.assign(doubt=pd.Series(doubt, runs.index, dtype="str").where((doubt != "") & runs["good"]))


def _doubts(runs: pd.DataFrame) -> pd.DataFrame:
    """The record of runs of the period in doubt."""
    rows = runs[runs["inside"] & runs["doubt"].notna()]
    rows = rows.assign(
        asset=rows["asset"].fillna(rows["name"]), started_at=instants(rows["at"]), why=rows["doubt"]
    )
    return rows.sort_values(["asset", "started_at"], kind="stable")[_DOUBTS].reset_index(drop=True)


def _points(runs: pd.DataFrame) -> pd.DataFrame:
    known = runs[runs["asset"].notna()]
    return pd.DataFrame({"subject": known["asset"].array, "at": known["at"].array})


def _spans(table: pd.DataFrame) -> pd.DataFrame:
    spans = table[["asset", "begin", "end", "every"]].rename(columns={"asset": "subject"})
    return spans.reset_index(drop=True)


def _levels(
    register: pd.DataFrame,
    runs: pd.DataFrame,
    names: pd.DataFrame,
    proven: pd.Series,
    watched: bool,
    outside: tuple[str, ...],
) -> pd.DataFrame:
    """The record of assets, as the function `assets` describes it."""
    table = register.assign(
        has_jobs=register["asset"].isin(runs["asset"].dropna().unique()),
        maybe=register["asset"].isin(names.loc[names["asset"].isna(), "fits"].explode()),
        last_restore_test_on=proven.reindex(register["asset"]).array,
    )
    named = set(names.loc[names["fits"].str.len().eq(0), "name"])
    strange = set(runs.loc[runs["inside"], "name"]) & named - set(
        spelled(pd.Series(outside, dtype="str"), named)
    )
    silent = table.loc[table["registered"] & ~table["has_jobs"], "asset"]
    table["strange"] = (
        table["asset"]
        .map({k: unsure_whose(v) for k, v in mistaken(strange, silent, devices=True).items()})
        .astype("str")
    )
    table["maybe"] |= table["strange"].notna()
    table = _with_status(_measured(table, runs), watched)
    table["rank"] = table["status"].map({name: place for place, name in enumerate(_ORDER)})
    table["calm"] = ~table["critical"].fillna(False)
    table["worst"] = -(table["attained_rpo_hours"] / table["rpo_hours"]).fillna(0)
    shown = (table["needed"].fillna(True) | table["has_jobs"]).astype(bool)
    shown &= table["registered"] | table["asset"].isin(runs.loc[runs["inside"], "name"])
    ordered = table[shown].sort_values(["rank", "calm", "worst", "asset"], kind="stable")
    return ordered[_ASSETS].reset_index(drop=True)


def _course(levels: pd.DataFrame, register: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The slots of the assets that are judged, those that follow each other and stand alike as one."""
    judged = levels.loc[levels["verdict"].isin(["met", "missed", "no_verdict"]), "asset"]
    place = pd.Series(np.arange(len(judged)), judged.to_numpy())
    register = register[register["asset"].isin(judged)]
    spans, good = _spans(register), runs[runs["good"]]
    due = slots(spans, _points(good))
    lost, unsure = due["missed"], slots(spans, _points(good[good["doubt"].isna()]))["missed"]
    due = due.assign(verdict=np.select([lost, unsure], ["missed", "no_verdict"], "met"))
    due["begin"] = (
        due.groupby("subject")["end"].shift().fillna(due["subject"].map(spans.set_index("subject")["begin"]))
    )
    same = due["subject"].eq(due["subject"].shift()) & due["verdict"].eq(due["verdict"].shift())
    runs_of = due.groupby((~same).cumsum(), sort=False)
    table = runs_of.agg({"subject": "first", "begin": "min", "end": "max", "verdict": "first"})
    table = table.loc[table["subject"].map(place).sort_values(kind="stable").index]
    return pd.DataFrame(
        {
            "asset": table["subject"].astype("str").array,
            "begin_at": instants(table["begin"].astype("int64")).array,
            "end_at": instants(table["end"].astype("int64")).array,
            "verdict": table["verdict"].astype("str").array,
            **{
                name: levels.set_index("asset")[name].reindex(table["subject"]).array
                for name in ("good", "expected")
            },
        }
    )


def _stretches(levels: pd.DataFrame, register: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    chosen = levels.loc[levels["status"].eq("missed"), "asset"]
    spans, good = _spans(register[register["asset"].isin(chosen)]), _points(runs[runs["good"]])
    due = slots(spans, good)
    lost = due[due["missed"]].groupby(["subject", "at"], dropna=False).size().rename("missed").reset_index()
    lost = lost.merge(spans, on="subject")
    lost["from"] = lost["at"].fillna(lost["begin"]).astype("int64")
    lost = pd.merge_asof(
        lost.sort_values("from", kind="stable"),
        good.rename(columns={"at": "next"}).sort_values("next", kind="stable"),
        left_on="from",
        right_on="next",
        by="subject",
        direction="forward",
        allow_exact_matches=False,
    )
    lost["to"] = lost["next"].fillna(lost["end"]).astype("int64")
    bad = _points(runs[runs["failed"]]).merge(lost[["subject", "from", "to"]], on="subject")
    bad = bad[(bad["at"] >= bad["from"]) & (bad["at"] < bad["to"])]
    failed = bad.groupby(["subject", "from"]).size().rename("failed").reset_index()
    lost = lost.merge(failed, on=["subject", "from"], how="left")
    table = pd.DataFrame(
        {
            "asset": lost["subject"].astype("str"),
            "from_at": instants(lost["from"]),
            "to_at": instants(lost["to"]),
            "gap_hours": (lost["to"] - lost["from"]) / HOUR,
            "rpo_hours": lost["every"] / HOUR,
            "missed": lost["missed"].astype("Int64"),
            "failed": lost["failed"].fillna(0).astype("Int64"),
        }
    )
    worst = -(table["gap_hours"] / table["rpo_hours"])
    return table.loc[worst.sort_values(kind="stable").index, _STRETCHES].reset_index(drop=True)


def _ambiguous(names: pd.DataFrame, runs: pd.DataFrame, month: _BackupMonth) -> pd.DataFrame:
    several = names[names["fits"].str.len() > 1]
    counts = runs[runs["at"] >= month.first].groupby("name").size()
    return pd.DataFrame(
        {
            "name": several["name"].astype("str"),
            "assets": several["fits"].str.len().astype("Int64"),
            "fits": several["fits"].str.join("; ").astype("str"),
            "runs": counts.reindex(several["name"]).fillna(0).astype("Int64").array,
        }
    ).reset_index(drop=True)


def _measured(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The register with slots, gaps and counts of runs, for certain too."""
    spans, good = _spans(table), runs[runs["good"]]
    due = slots(spans, _points(good)).groupby("subject", sort=False)["missed"].agg(["size", "sum"])
    sure = (
        slots(spans, _points(good[good["doubt"].isna()]))
        .groupby("subject", sort=False)["missed"]
        .agg(["sum"])
    )
    gap = gaps(spans, _points(good)).set_index("subject")
    inside = runs[runs["inside"] & runs["asset"].notna()]
    marks = inside.assign(runs=1, doubted=inside["doubt"].notna())
    counts = marks.groupby("asset")[["runs", "running", "failed", "doubted"]].sum()
    reason = runs[runs["doubt"].notna()].groupby("asset")["doubt"].last()
    due, gap, counts, sure = (
        frame.reindex(table["asset"]).set_axis(table.index) for frame in (due, gap, counts, sure)
    )
    counts = counts.fillna(0).astype("Int64")
    last = table["end"] - table["begin"] - (due["size"].astype("int64") - 1) * table["every"]
    return table.assign(
        expected=due["size"].astype("Int64"),
        missed=due["sum"].astype("Int64"),
        good=(due["size"] - due["sum"]).astype("Int64"),
        attained_rpo_hours=gap["gap"].astype("float64") / HOUR,
        rpo_hours=table["every"] / HOUR,
        last_good_at=instants(gap["last"]),
        good_low=(due["size"] - sure["sum"]).astype("Int64"),
        failed_ratio=(counts["failed"] / (counts["runs"] - counts["running"]))
        .astype("Float64")
        .astype("float64"),
        last_slot_hours=(last / HOUR).where(last > table["every"]),
        doubt=table["asset"].map(reason).astype("str"),
        **{name: counts[name] for name in ("runs", "failed", "running", "doubted")},
    )


def _tests(restores: pd.DataFrame | None, assets: pd.DataFrame | None, month: _BackupMonth) -> pd.DataFrame:
    """The restore tests before the cut-off whose asset is known: owner, day, end of the day [us], result, proven."""
    if restores is None:
        restores = pd.DataFrame({"asset": [], "tested_on": [], "result": []})
    owner = _owners(_fitted(restores["asset"], assets)).reindex(restores["asset"].astype("str"))
    day = pd.to_datetime(restores["tested_on"]).astype("datetime64[us]")
    table = pd.DataFrame(
        {
            "owner": owner.array,
            "day": day.array,
            "end": month.midnights(day + pd.Timedelta(days=1)).array,
            "result": restores["result"].astype("str").array,
            "proven": normal(restores["result"]).isin(PROVEN).array,
        }
    )
    table = table[month.before_cutoff(table["day"]) & table["owner"].notna()]
    return table.sort_values(["day", "owner"], kind="stable", ignore_index=True)


def _proven(tests: pd.DataFrame) -> pd.Series:
    """By asset, the day of its last restore test before the cut-off that proved anything."""
    return tests[tests["proven"]].groupby("owner")["day"].max()


def _not_restored(tests: pd.DataFrame) -> pd.DataFrame:
    """The record of restores that failed and that none has put right since."""
    last = tests.drop_duplicates("owner", keep="last")
    last = last[~last["proven"].astype(bool)]
    rows = last.rename(columns={"owner": "asset", "day": "tested_on"}).astype(
        {"asset": "str", "result": "str"}
    )
    proven = _proven(tests).reindex(rows["asset"]).astype("datetime64[us]")
    return rows.assign(last_restore_test_on=proven.array)[_FAILED_RESTORES].reset_index(drop=True)


def _with_status(table: pd.DataFrame, supplied: bool) -> pd.DataFrame:
    """Status, verdict and reason of each row, and whether it counts; what cannot be known becomes missing."""
    needed, jobs, maybe = table["needed"], table["has_jobs"], table["maybe"]
    exempt = needed.eq(False).fillna(False).to_numpy(bool)
    silent = needed.isna().to_numpy(bool) & ~jobs
    late = (table["missed"] > 0).to_numpy(bool)
    cases = {
        "no data": np.full(len(table), not supplied),
        "not registered": ~table["registered"].to_numpy(bool),
        "not required": exempt,
        "cannot tell": maybe & (~jobs | late),
        "not stated": silent,
        "unprotected": ~jobs,
        "missed": late,
        "in doubt": (table["good_low"] < table["good"]).to_numpy(bool),
    }
    status = np.select([np.asarray(case, bool) for case in cases.values()], list(cases), "in time")
    agreed = table["rpo_agreed"].to_numpy(bool)
    verdicts = {
        "no data": "no_data",
        "not registered": "no_target",
        "not required": "no_target",
        "cannot tell": "no_verdict",
        "not stated": "no_data",
        "unprotected": "missed",
        "missed": "missed",
        "in doubt": "no_verdict",
        "in time": "met",
    }
    verdict = pd.Series(status).map(verdicts).to_numpy(object)
    judged = np.isin(status, ["missed", "in doubt", "in time"])
    verdict = np.where(judged & ~agreed, "no_target", verdict)
    doubted = status == "in doubt"
    whys = {
        "no data": "no backup jobs were supplied",
        "not registered": "not in the register of assets",
        "not required": "the register says that it needs none",
        "cannot tell": _SEVERAL,
        "not stated": "the register does not say whether it needs a backup",
    }
    why = pd.Series(status).map(whys).astype("str").where(~doubted, table["doubt"].array)
    why = why.where(~(judged & ~agreed), "no RPO is agreed")
    why = why.mask(
        (status == "cannot tell") & table["strange"].notna().to_numpy(bool), table["strange"].array
    )
    table = table.assign(
        status=pd.array(status, dtype="str"),
        verdict=pd.array(verdict, dtype="str"),
        why=why.array,
        agreed=agreed,
        counted=np.isin(status, ["unprotected", "missed", "in doubt", "in time", "cannot tell"]),
    )
    unknown = np.isin(status, ["no data", "not stated"]) | ((status == "cannot tell") & ~jobs)
    for name in ("good", "good_low", "missed", "attained_rpo_hours"):
        table[name] = table[name].mask(unknown)
    return table


# ---------------------------------------------------------------- figures

_NO_BYTE = "a run ended well and saved no byte"
_SMALL = "a run saved under a tenth of what it usually does"
_PERHAPS_A_COPY = "a job may only copy older backups"
_SEVERAL = "a name in the jobs fits several assets"
_NO_JOBS = "no backup jobs were supplied"
_NOTHING = "no asset needs a backup or has one"


def _within(analysis: Analysis) -> Figure:
    levels = analysis.levels
    counted = levels[levels["counted"]]
    sure = counted[counted["status"].ne("cannot tell")]
    expected, good = int(sure["expected"].sum()), int(sure["good"].sum())
    total, certain = int(counted["expected"].sum()), int(counted["good_low"].sum())
    doubt = total - expected > 0 or certain < int(counted["good"].sum())
    value = good / expected if expected else None
    low = certain / total if doubt else None
    high = (good + total - expected) / total if doubt else None
    target = 1.0 if analysis.agreed or levels["agreed"].any() else None
    if expected and not analysis.reach.is_whole:
        low = certain / analysis.in_all
        high = min(1.0, 1 - (expected - good) / analysis.in_all)
    reasons = levels.loc[levels["status"].isin(["cannot tell", "in doubt"]), "why"].dropna()
    why = _NOTHING if analysis.watched else _NO_JOBS
    if total and len(reasons):
        why = "every name in the jobs fits several assets" if reasons.eq(_SEVERAL).all() else reasons.iloc[0]
    unsure, own_word, lost = reasons.iloc[0] if len(reasons) else None, True, None
    if (unread := analysis.unread) is not None and unread.why and analysis.watched:
        more, mended = len(unread.assets), int(unread.mended[levels["counted"]].sum())
        slots_of_one = int(counted["expected"].max()) if len(counted) else 1
        least = certain / (total + more * slots_of_one) if total + more else None
        most = (good + total - expected + mended) / total if total else 1.0
        low = least if low is None else min(low, least)
        high = most if high is None else max(high, most)
        unsure, lost, own_word = None, unread.why, unread.jobs.own_word or not len(unread.jobs)
    if not analysis.reach.is_whole:
        unsure, own_word = analysis.reach.why, analysis.reach.own_word
    found = decide(
        value,
        target,
        "higher",
        low=low,
        high=high,
        why=why,
        doubt=analysis.doubt,
        unsure=unsure,
        lost=lost,
        own_word=own_word,
    )
    return Figure(
        measure="backups.within_rpo_ratio",
        value=value,
        n=total,
        low=low,
        high=high,
        target=target if analysis.agreed else None,  # an RPO of the register alone is no promise (rule 49)
        verdict=found.verdict,
        why_missing=found.why or (None if expected else why),
    )


def _worst_gap(analysis: Analysis) -> Figure:
    known = analysis.levels.loc[analysis.levels["counted"], "attained_rpo_hours"].dropna()
    why = _NOTHING if analysis.watched else _NO_JOBS
    return Figure(
        measure="backups.worst_gap_hours",
        value=known.max() if len(known) else None,
        n=len(known),
        why_missing=None if len(known) else why,
    )


def _unprotected(analysis: Analysis) -> Figure:
    levels = analysis.levels
    known = analysis.registered and analysis.watched
    value = int(levels["status"].eq("unprotected").sum()) if known else None
    doubt = int((levels["status"].isin(["cannot tell", "not stated"]) & levels["good"].isna()).sum())
    doubt += int(
        (levels["status"].eq("in doubt") & levels["why"].eq(_PERHAPS_A_COPY) & levels["good_low"].eq(0)).sum()
    )
    low, high = (value, value + doubt) if known and doubt else (None, None)
    target = 0 if analysis.registered or analysis.watched or analysis.agreed else None
    why = "no register of assets was supplied" if analysis.watched else _NO_JOBS
    unsure, own_word = None, True
    if known and (unread := analysis.unread) is not None and unread.why:
        mended = int((levels["status"].eq("unprotected") & unread.mended.gt(0)).sum())
        low, high = value - mended, (value if high is None else high) + len(unread.assets)
        unsure, own_word = unread.why, unread.jobs.own_word or not len(unread.jobs)
        low, high = (None, None) if low == high else (low, high)
    bounds = {"low": low, "high": high, "unsure": unsure}
    found = decide(value, target, "lower", why=why, doubt=analysis.doubt, own_word=own_word, **bounds)
    return Figure(
        measure="backups.unprotected",
        value=value,
        n=len(levels),
        low=low,
        high=high,
        target=target,
        verdict=found.verdict,
        why_missing=found.why if known else why,
    )


def _late(analysis: Analysis) -> Figure:
    return Figure(
        measure="backups.missed",
        value=int(analysis.levels["status"].eq("missed").sum()) if analysis.watched else None,
        n=int(analysis.levels["counted"].sum()),
        why_missing=None if analysis.watched else _NO_JOBS,
    )


def _never_proven(analysis: Analysis) -> Figure:
    levels = analysis.levels
    needing = levels[levels["counted"] | levels["status"].eq("no data")]
    return Figure(
        measure="backups.never_proven",
        value=int(needing["last_restore_test_on"].isna().sum()) if analysis.tested else None,
        n=len(needing),
        why_missing=None if analysis.tested else "no restore tests were supplied",
    )


def _failed_restores(analysis: Analysis) -> Figure:
    lost = len(analysis.unread.tests) if analysis.tested and analysis.unread is not None else 0
    return Figure(
        measure="backups.failed_restores",
        value=len(analysis.failed_restores) if analysis.tested else None,
        low=max(0, len(analysis.failed_restores) - lost) if lost else None,
        high=len(analysis.failed_restores) + lost if lost else None,
        n=len(analysis.failed_restores) if analysis.tested else None,
        why_missing=None if analysis.tested else "no restore tests were supplied",
    )
