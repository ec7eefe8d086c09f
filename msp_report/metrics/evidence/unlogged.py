"""Outages that the provider's log lacks: how many others saw, and how many there were in all (rule 37).

Probes, bursts of tickets, failed backups and gaps in samples catch outages as the log does, each on its own. What is on
another list and not in the log is listed; of what no list has, capture-recapture estimates how much there is.

Decided here, where the rule leaves room:

- Services, calendars and readings over all months are those of the contract in force at the start of the month.
- An outage belongs to the month in which it began.
- A row of the log that was rejected, or whose service nobody agreed and that may be this one, may be the missing one:
  an outage near it is neither unlogged nor part of an estimate.
- A probe that cannot be believed (rule 46) has seen nothing and watched nothing; a table that is doubted as a whole
  speaks of nothing.
- A list that was away while an outage lasted has not missed it: the outage stands in no estimate with that list.
- A burst of tickets in maintenance that counts tells of no outage.
- Where every resource is silent at once the collector is, which is no sign of an outage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import scipy

from msp_report.metrics import capacity
from msp_report.metrics.availability.doubts import doubts
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import MAINTENANCE, UNKNOWN, UP
from msp_report.metrics.availability.sources import Sources, held
from msp_report.metrics.availability.spans import Spans, length_before, union
from msp_report.metrics.availability.watched import Watched, watched
from msp_report.model.case import Case
from msp_report.model.columns import HOUR, MINUTE, instants, micros, optional
from msp_report.model.figures import Figure
from msp_report.model.names import spelled
from msp_report.model.period import Period
from msp_report.model.statistics import MATCHES_NEEDED, Interval, chapman, log_linear, percentile
from msp_report.params import as_contract, as_strategy

#: Over how many months there is an estimate, the closing one with them.
MONTHS = 12
#: Within which time of each other two sightings of a service are one outage.
WINDOW = 30 * MINUTE
#: How many tickets of a service within an hour are a burst at least; the chance of so many in a busy one at most, and
#: the share of its hours that have no more than a busy one.
BURST, BY_CHANCE, BUSY = 5, 1e-5, 0.95
#: How many assets' backups fail in an hour of the clock, at least half of those that ended in it.
FAILING = 3
#: How many resources fall silent together.
SILENT = 2

#: The lists by the column that says whether they have an outage, with their names in records and the tables they need.
LISTS = {
    "log": ("provider's log", "outages"),
    "probes": ("probes", "checks"),
    "tickets": ("ticket bursts", "tickets"),
    "backups": ("failed backups", "backup_jobs"),
    "samples": ("gaps in samples", "samples"),
}
EVENTS = ["service", "started_at", "ended_at", "seen_by"]
CATCHES = ["list", "covered", "found", "alone", *(f"with_{name}" for name in LISTS)]
_KNOWN = [f"{name}_known" for name in LISTS]
_COLUMNS = ["service", "begin", "end", *LISTS, *_KNOWN, "doubtful"]
_NOBODY = np.empty((0, 2), np.int64)

LOG_ALONE = "nothing but the provider's own log tells of outages"
NO_SECOND = "no service has a second list beside the provider's log"
NO_LOG = f"no {LISTS['log'][1]} came for the period"


@dataclass(frozen=True)
class Estimate:
    """How many outages there were in all, in whole outages, the ends rounded outwards; missing where `why` says."""

    total: Interval
    logged: int
    """Of those that were seen, how many the log has."""
    why: str | None = None
    too_few: int | None = None
    """How many lists share, where these are too few."""


@dataclass(frozen=True)
class Unlogged:
    """The outages of a month and of up to twelve months, by who caught them.

    `outages`: one row per outage of a service in all the months: service, begin, end [us], of each of LISTS whether it
    has it and (`_known`) whether it can be told, doubtful (a row of the log that cannot be read may be it). Signs that
    name no service and that nothing else has stand there without one.
    """

    outages: pd.DataFrame
    begins: int
    """Where the month begins [us]."""
    why: str | None = None
    """Why nothing can be said."""
    why_month: str | None = None
    """Why nothing can be said of the month."""

    @property
    def of_month(self) -> pd.DataFrame:
        return self.outages[self.outages["begin"] >= self.begins]

    @property
    def events(self) -> pd.DataFrame:
        """What others saw in the month and the log lacks, as EVENTS: outages of services by time, then the signs that
        name no service (service missing)."""
        rows = self.of_month
        rows = rows[rows["log_known"] & ~rows["log"] & ~rows["doubtful"]]
        rows = rows.sort_values(["begin", "service"], kind="stable")
        rows = pd.concat([rows[rows["service"].notna()], rows[rows["service"].isna()]])
        seen_by = pd.Series("", rows.index, dtype="str")
        for name, (called, _) in LISTS.items():
            seen_by += rows[name].map({True: f"{called}; ", False: ""}).astype("str")
        frame = pd.DataFrame({"service": rows["service"], "seen_by": seen_by.str.removesuffix("; ")})
        frame["started_at"], frame["ended_at"] = instants(rows["begin"]), instants(rows["end"])
        return frame[EVENTS].reset_index(drop=True)

    @property
    def catches(self) -> pd.DataFrame:
        """Over all the months, of each list that could catch any outage of a service how many it could, how many it
        has, has alone, and shares with each other one: CATCHES."""
        rows = _in_estimates(self.outages)
        has = rows[list(LISTS)].astype(int)
        shared = has.T @ has
        alone = has[has.sum(axis=1) == 1].sum()
        frame = pd.DataFrame(
            {
                "list": [called for called, _ in LISTS.values()],
                "covered": rows[_KNOWN].sum().to_numpy(int),
                "found": has.sum().to_numpy(int),
                "alone": alone.to_numpy(int),
                **{f"with_{name}": shared[name].to_numpy(int) for name in LISTS},
            },
            columns=CATCHES,
        ).astype(dict.fromkeys(CATCHES[1:], "Int64"))
        for place, name in enumerate(LISTS):
            frame.loc[place, f"with_{name}"] = pd.NA
        return frame[frame["covered"].gt(0)].reset_index(drop=True)

    @cached_property
    def month(self) -> Estimate:
        """How many outages there were in all in the month."""
        return estimate(self.of_month, self.why_month)

    @cached_property
    def months(self) -> Estimate:
        """How many there were in all the months."""
        return estimate(self.outages, self.why)

    @property
    def estimates(self) -> pd.DataFrame:
        """How many outages there were in the month and in all the months: over, seen, logged, total, low, high [counts,
        low and high of the total], why_missing."""
        both = {"the month": self.month, "up to twelve months": self.months}
        rows = [
            (over, one.total.n, one.logged, one.total.value, one.total.low, one.total.high, self._why(one))
            for over, one in both.items()
        ]
        columns = ["over", "seen", "logged", "total", "low", "high", "why_missing"]
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:6], "float64"))

    def _why(self, one: Estimate) -> str | None:
        """Why there is no estimate; of the month also whether the other months help."""
        if one is self.months or one.too_few is None:
            return one.why
        if self.months.why:
            return (
                f"lists share {one.too_few} of them where {MATCHES_NEEDED} are needed; "
                "up to twelve months together have too few as well"
            )
        return (
            f"lists share {one.too_few} of them where {MATCHES_NEEDED} are needed; "
            "up to twelve months together have enough"
        )

    def figures(self) -> list[Figure]:
        """evidence.unlogged_outages of the month [count, n = outages of services that anyone saw]; .outages_month and
        .outages_year, how many there were in all, seen or not [count, with low and high, n = those that anyone saw];
        .logged_year, how many of these the log has. Nobody agreed on a target."""
        named = int(self.events["service"].notna().sum()) if self.why_month is None else None
        n = int((self.of_month["service"].notna() & self.of_month["log_known"]).sum())
        year, logged = self.months, None if self.months.why else self.months.logged
        return [
            Figure.of("evidence.unlogged_outages", named, self.why_month, n=n),
            _in_all("outages_month", self.month.total, self._why(self.month)),
            _in_all("outages_year", year.total, year.why),
            Figure.of("evidence.logged_year", logged, year.why, n=year.total.n),
        ]


def _in_all(name: str, total: Interval, why: str | None) -> Figure:
    return Figure.within(f"evidence.{name}", total, why, n=total.n)


def unlogged(case: Case) -> Unlogged:
    """The outages of a month and of up to twelve months to its cut-off, by who caught them; reads outages, checks,
    tickets, backup_jobs and samples. Raises as `availability.analyse`.

    Edge cases decided: without a log, or with one that is doubted as a whole, nothing can be missing from it, and where
    it is the only source nothing can be seen to be: no figure, and why. See the module. Source: rule 37.
    """
    begins = case.start.value // 1000
    others = [table for _, table in LISTS.values() if table != "outages"]
    supplied = (
        case.paths(table) or case.table(table) is not None for table in others
    )  # samples are not loaded
    why = case.doubts("outages")
    if case.table("outages") is None:
        why = NO_LOG
    elif not any(supplied):
        why = LOG_ALONE
    if why:
        return Unlogged(_typed(pd.DataFrame(columns=_COLUMNS)), begins, why, why)
    agreed = as_contract(case.agreed)
    first, _ = Period(case.closing.shift(1 - MONTHS), case.closing).bounds(agreed.client.timezone)
    month = ServiceMonth(agreed.on(case.start), first, case.end, as_strategy(case.strategy).outside.services)
    spoken = {name: _spoken(case, table) for name, (_, table) in LISTS.items()}
    sources = Sources.of_case(case, month, case.rejected_over("outages", MONTHS))
    against = doubts(sources, month)
    lists = _Lists(
        month=month,
        sources=sources,
        spoken=spoken,
        bursts=bursts(case.table("tickets", ["service", "opened_at", "kind"]), month),
        failing=failing(case.table("backup_jobs")),
        runs=_ended(case.table("backup_jobs"))["at"].to_numpy(np.int64),
        against=against,
        silent=silent(capacity.silences(case.paths("samples") or case.table("samples"), first, case.end)),
    )
    named = [lists.outages_of(service) for service in watched(sources, month, against) if service.in_contract]
    rows = _typed(pd.concat(named, ignore_index=True) if named else pd.DataFrame(columns=_COLUMNS))
    rows = _typed(pd.concat([rows, lists.unnamed(rows)], ignore_index=True))
    return Unlogged(rows, begins, why_month=lists.why_not_since(begins))


@dataclass(frozen=True)
class _Lists:
    """What each list has in the months, as spans of instants [us]."""

    month: ServiceMonth
    sources: Sources
    spoken: dict[str, Spans]
    """By list, when its table speaks."""
    bursts: dict[str, Spans]
    """Of each service that tickets name."""
    failing: Spans
    runs: np.ndarray
    """When runs of backups ended, ascending."""
    silent: Spans
    against: pd.DataFrame
    """What speaks against probes, as availability.doubts."""

    def why_not_since(self, at: int) -> str | None:
        """Why nothing can be said of the time since an instant: nobody logged, or nothing else that names services
        looked, or none that can be believed."""
        if not (self.spoken["log"][:, 1] > at).any():
            return NO_LOG
        holds = self.sources.holds
        holds = holds[(holds["until"] > at) & (holds["state"] != UNKNOWN)]
        doubted = pd.MultiIndex.from_frame(self.against[["service", "probe"]].astype("str"))
        looked = ~pd.MultiIndex.from_frame(holds[["service", "probe"]]).isin(doubted)
        probes = looked.any() and (self.spoken["probes"][:, 1] > at).any()
        tickets = self.bursts and (self.spoken["tickets"][:, 1] > at).any()
        if probes or tickets:
            return None
        return LOG_ALONE if holds.empty or self.against.empty else str(self.against["why"].iloc[0])

    def outages_of(self, service: Watched) -> pd.DataFrame:
        """The outages of one service as _COLUMNS."""
        name, axis = service.agreed.name, service.line.axis
        held_by = [
            held(rows) for probe, rows in service.holds.groupby("probe") if probe not in service.doubts
        ]
        looked = _joined(one[state] for one in held_by for state in one if state != UNKNOWN)
        downs = _joined(one[state] for one in held_by for state in one if state not in (UNKNOWN, UP))
        accepted = axis.instants(_solid(service.line.accepted))
        tickets = self.bursts.get(name, _NOBODY)
        tickets = tickets[~_near(tickets, accepted, -1)]
        line = service.line if not service.doubts else service.without_doubted
        runs = _NOBODY if line is None else axis.instants(line.result(self.month.own).runs)
        outages = _together(np.concatenate([runs, tickets]))
        log = self.sources.log[self.sources.log["service"].isin([name, *service.strange])]
        own = log["service"].eq(name).to_numpy()
        spans, states = log[["begin", "end"]].to_numpy(np.int64), log["state"].to_numpy()
        lost = service.lost_log[["begin", "end"]].to_numpy(np.int64)
        has = {
            "log": _near(outages, spans[own & (states != UNKNOWN) & (states != MAINTENANCE)])
            | _near(outages, spans[own & (states == MAINTENANCE)], -1),
            "probes": _near(outages, downs),
            "tickets": _near(outages, tickets),
            "backups": _near(outages, self.failing),
            "samples": _near(outages, self.silent),
        }
        known = {name: _throughout(outages, spans) for name, spans in self.spoken.items()}
        known["probes"] &= has["probes"] | _throughout(outages, looked)
        known["tickets"] &= name in self.bursts
        known["backups"] &= self._enough_runs(outages)
        return pd.DataFrame(
            {
                "service": name,
                "begin": outages[:, 0],
                "end": outages[:, 1],
                **has,
                **{f"{one}_known": known[one] for one in LISTS},
                "doubtful": _near(outages, lost) | _near(outages, spans[~own]),
            }
        )

    def unnamed(self, outages: pd.DataFrame) -> pd.DataFrame:
        """The signs that name no service where no list that does has anything, as _COLUMNS."""
        signs = _together(np.concatenate([self.failing, self.silent]))
        rows = pd.DataFrame({"begin": signs[:, 0], "end": signs[:, 1]}).reindex(columns=_COLUMNS)
        rows = rows.assign(**dict.fromkeys([*LISTS, *_KNOWN], False), service=None, doubtful=False)
        rows["backups"], rows["samples"] = _near(signs, self.failing), _near(signs, self.silent)
        rows["log_known"] = _throughout(signs, self.spoken["log"])
        log = self.sources.log[["begin", "end"]].to_numpy(np.int64)
        lost = self.sources.lost_log[["begin", "end"]].to_numpy(np.int64)
        known = np.concatenate([log, lost, outages[["begin", "end"]].to_numpy(np.int64)])
        return rows[~_near(signs, known)]

    def _enough_runs(self, outages: Spans) -> np.ndarray:
        """Whether so many runs of backups ended near each outage that they could have failed together."""
        begun = np.searchsorted(self.runs, outages[:, 0] - WINDOW)
        return np.searchsorted(self.runs, outages[:, 1] + WINDOW, side="right") - begun >= FAILING


def bursts(tickets: pd.DataFrame | None, month: ServiceMonth) -> dict[str, Spans]:
    """Bursts of incidents by service (rule 37): spans [us] from the first to the last ticket of each.

    Parameters: `tickets` as the canonical table; one without a kind may be an incident. Only services that an incident
    of the months names have an entry, without spans where none is a burst. A burst is so many tickets of a service
    opened within an hour, BURST at least, that a busy hour of it has them with a chance of BY_CHANCE at most (Poisson):
    an hour with as many as a share BUSY of those hours of the clock has at most in which the desk opened any ticket, or
    their mean where that is more. Tickets come in clusters of their own, such as Monday mornings: over the mean hour
    alone every day would have its burst.
    """
    if tickets is None or "service" not in tickets:
        return {}
    at = micros(tickets["opened_at"], "tickets.opened_at")
    kind = optional(tickets, "kind").astype("str").fillna("incident")
    rows = pd.DataFrame({"service": tickets["service"].array, "at": at.array, "kind": kind.array})
    rows = rows[rows["at"].between(month.first, month.cutoff - 1).fillna(False)].astype({"at": "int64"})
    hours = rows["at"].floordiv(HOUR).nunique()
    rows = rows[rows["kind"].eq("incident") & rows["service"].notna()]
    known = [*(service.name for service in month.contract.services), *month.outside]
    rows = rows.assign(service=spelled(rows["service"], known))
    return {
        name: _bursts_of(np.sort(group.to_numpy()), hours)
        for name, group in rows.groupby("service", sort=True)["at"]
    }


def _bursts_of(at: np.ndarray, hours: int) -> Spans:
    """Where more tickets of one service were opened within an hour than a busy one of so many hours would ever have."""
    each = np.zeros(hours)
    counts = np.unique(at // HOUR, return_counts=True)[1]
    each[: len(counts)] = counts
    busy = max(percentile(each, BUSY, "inverted_cdf") or 0.0, each.mean())
    least = max(BURST, int(scipy.stats.poisson.isf(BY_CHANCE, busy)) + 1)
    last = np.searchsorted(at, at + HOUR) - 1
    dense = last - np.arange(len(at)) + 1 >= least
    return _together(np.column_stack([at[dense], at[last[dense]]]))


def failing(jobs: pd.DataFrame | None) -> Spans:
    """When backups failed together (rule 37): in an hour of the clock the runs of FAILING assets at least, and of half
    of those whose runs ended in it; spans [us] from the first failure to the last. `jobs` as the table backup_jobs."""
    runs = _ended(jobs)
    runs = runs.assign(hour=runs["at"] // HOUR, failed_asset=runs["asset"].where(runs["failed"]))
    each = runs.groupby("hour")[["asset", "failed_asset"]].nunique()
    many = each["failed_asset"].ge(FAILING) & each["failed_asset"].mul(2).ge(each["asset"])
    found = runs[runs["failed"] & runs["hour"].isin(each.index[many])].groupby("hour")["at"]
    return found.agg(["min", "max"]).to_numpy(np.int64).reshape(-1, 2)


def _ended(jobs: pd.DataFrame | None) -> pd.DataFrame:
    """Runs that ended, in order: asset, at [us], failed; one whose end is not known ended as it began."""
    if jobs is None:
        return pd.DataFrame({"asset": [], "at": [], "failed": []}).astype({"at": "int64", "failed": "bool"})
    over = jobs[jobs["result"].ne("none")]
    end = micros(optional(over, "finished_at", "datetime64[us, UTC]"), "backup_jobs.finished_at")
    at = end.fillna(micros(over["started_at"], "backup_jobs.started_at"))
    rows = pd.DataFrame({"asset": over["asset"], "at": at, "failed": over["result"].eq("failed")})
    return rows[rows["at"].notna()].astype({"at": "int64", "failed": "bool"}).sort_values("at", kind="stable")


def silent(silences: pd.DataFrame) -> Spans:
    """When resources fell silent together (rule 37): SILENT of them at least, and not all; spans [us] from the first to
    be silent to the first to speak again. `silences` as capacity.silences."""
    if silences.empty:
        return _NOBODY
    rows = silences.sort_values("begin", kind="stable")
    group = rows["begin"].diff().gt(WINDOW).cumsum()
    found = rows.groupby(group).agg(
        resources=("resource", "nunique"), begin=("begin", "min"), end=("end", "min"), of=("resources", "max")
    )
    found = found[found["resources"].ge(SILENT) & found["resources"].lt(found["of"])]
    found["end"] = found[["begin", "end"]].max(axis=1)
    return found[["begin", "end"]].to_numpy(np.int64)


def estimate(outages: pd.DataFrame, why: str | None = None) -> Estimate:
    """How many outages there were in all (rule 37).

    Parameters: `outages` as Unlogged has them; `why` nothing can be said.
    Returns: Estimate. The log and the probes are two lists (without probes the log and the tickets) of the outages that
    both cover; each other list joins that covers all of these and shares MATCHES_NEEDED of them. Two lists: Chapman;
    more: the log-linear model, or the first two where none holds. Under MATCHES_NEEDED matches there is no value. Never
    below what was seen.
    """
    nothing = Interval(None, None, None, 0)
    if why:
        return Estimate(nothing, 0, why)
    rows = _in_estimates(outages)
    second = next((name for name in ("probes", "tickets") if rows[f"{name}_known"].any()), None)
    if second is None:
        return Estimate(nothing, 0, NO_SECOND) if len(rows) else _too_few(nothing, 0, 0)
    rows = rows[rows[f"{second}_known"]]
    lists = ["log", second]
    for name in (name for name in LISTS if name not in ("log", second)):
        shared = rows[name] & rows[lists[:2]].any(axis=1)
        if rows[f"{name}_known"].all() and shared.sum() >= MATCHES_NEEDED:
            lists.append(name)
    has = rows[[name for name in LISTS if name in lists and rows[name].any()]]
    seen, logged = replace(nothing, n=len(rows)), int(rows["log"].sum())
    matches = int(has.sum(axis=1).ge(2).sum())
    if matches < MATCHES_NEEDED:
        return _too_few(seen, logged, matches)
    found: Interval = log_linear(has[has.any(axis=1)]) if has.shape[1] > 2 else nothing
    if found.value is None:
        one, two = has.iloc[:, 0], has.iloc[:, 1]
        matches = int((one & two).sum())
        found = chapman(one.sum(), two.sum(), matches)
    if matches < MATCHES_NEEDED or found.value is None or found.low is None or found.high is None:
        return _too_few(seen, logged, matches)
    ends = np.rint(found.value), np.floor(found.low), np.ceil(found.high)
    return Estimate(Interval(*(max(float(len(rows)), end) for end in ends), len(rows)), logged)


def _too_few(seen: Interval, logged: int, matches: int) -> Estimate:
    why = f"lists share {matches} of them where {MATCHES_NEEDED} are needed"
    return Estimate(seen, logged, why, matches)


def _in_estimates(outages: pd.DataFrame) -> pd.DataFrame:
    """The outages of services of which the log speaks for sure."""
    return outages[outages["service"].notna() & outages["log_known"] & ~outages["doubtful"]]


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Outages with the types of their columns, also where there are none."""
    flags = dict.fromkeys([*LISTS, *_KNOWN, "doubtful"], "bool")
    return rows[_COLUMNS].astype({"service": "str", "begin": "int64", "end": "int64"} | flags)


def _spoken(case: Case, table: str) -> Spans:
    """When a table speaks in the months [us]."""
    stretches = case.spoken(table, MONTHS)
    spans = np.column_stack([micros(stretches[edge]).to_numpy(np.int64) for edge in ("start", "end")])
    return _joined([spans])


def _joined(spans: Iterable[Spans]) -> Spans:
    """What any of some spans holds."""
    return union(_NOBODY, *map(_solid, spans))


def _solid(spans: Spans) -> Spans:
    """Spans of some length."""
    return spans[spans[:, 0] < spans[:, 1]]


def _together(spans: Spans) -> Spans:
    """Spans of which those that lie within WINDOW of each other are one."""
    longer = np.array([0, WINDOW])
    return union(spans + longer) - longer


def _near(outages: Spans, spans: Spans, within: int = WINDOW) -> np.ndarray:
    """Whether a span lies within so much time of each outage; -1: whether it overlaps."""
    begun = np.searchsorted(np.sort(spans[:, 0]), outages[:, 1] + within, side="right")
    return begun > np.searchsorted(np.sort(spans[:, 1]), outages[:, 0] - within, side="left")


def _throughout(outages: Spans, spans: Spans) -> np.ndarray:
    """Whether disjoint spans hold the whole of each outage."""
    begin, end = outages[:, 0], np.maximum(outages[:, 1], outages[:, 0] + 1)
    return length_before(spans, end) - length_before(spans, begin) == end - begin
