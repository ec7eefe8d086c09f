"""What the sources say of a service: the provider's log of outages, and the checks of probes (rules 4, 7, 41, 42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import MISSING, SECOND, microseconds, utc
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, STATES, UP
from msp_report.metrics.availability.spans import Axis, Spans, covers, where
from msp_report.model.case import Case
from msp_report.model.columns import DAY, micro, optional
from msp_report.model.names import spelled
from msp_report.model.tables import TABLES

#: How long a state holds in a log of changes without a row of its own service (rule 7).
LONGEST_STATE = 92 * DAY
#: How long a probe that sends a heartbeat may be silent before its log of changes is taken to have ended.
HEARTBEAT = DAY // 24


_FOREVER = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Sources:
    """The log and the checks of a period, each row with how far it speaks, and what is known of them as a whole.

    `log` as `log_of`, `holds` as `holds_of`. `lost_log` and `lost_checks` are the rejected rows of the two (rule 42),
    `tickets` the service and opening of each ticket that names a service.
    """

    log: pd.DataFrame
    holds: pd.DataFrame
    lost_log: pd.DataFrame
    lost_checks: pd.DataFrame
    tickets: pd.DataFrame
    log_reach: int | None
    """Up to where the log says by its silence that services were up [us]; None where it was not read this month."""
    checks_reach: int
    """Up to where the checks speak [us]."""
    own_log: bool = True
    own_checks: bool = True
    """Whether the two are the provider's own word (rule 50)."""
    doubted: Mapping[str, str] = field(default_factory=dict)
    """By table, why its own files cannot be believed as a whole (rule 46)."""

    @classmethod
    def of_tables(
        cls, outages: pd.DataFrame | None, checks: pd.DataFrame | None, month: ServiceMonth
    ) -> Sources:
        """Tables of which nothing else is known: both reach to the cut-off."""
        return cls(
            log=log_of(outages, month, outages, month.cutoff),
            holds=holds_of(checks, month, checks, month.cutoff, month.first),
            lost_log=_lost_log(TABLES["outages"].empty(), month, True),
            lost_checks=_lost_checks(TABLES["checks"].empty(), month, True),
            tickets=_named_tickets(None),
            log_reach=None if outages is None else month.cutoff,
            checks_reach=month.cutoff,
        )._as_agreed(month)

    @classmethod
    def of_case(cls, case: Case, month: ServiceMonth, lost: pd.DataFrame | None = None) -> Sources:
        """The tables of a case with what it knows of them; `lost` the rejected rows of the log, those of the period
        where they are not given."""
        outages, checks = case.table("outages"), case.table("checks")
        own = case.own("outages")
        reach = micro(case.reached("outages"))
        before = case.reached_before("checks")
        return cls(
            log=log_of(outages, month, own, reach),
            holds=holds_of(
                checks,
                month,
                case.own("checks"),
                micro(case.reached("checks")),
                None if before is None else micro(before),
                case.exported_at("checks") is not None,
            ),
            lost_log=_lost_log(
                case.rejected("outages") if lost is None else lost, month, case.own_word("outages")
            ),
            lost_checks=_lost_checks(case.rejected("checks"), month, case.own_word("checks")),
            tickets=_named_tickets(case.table("tickets", ["service", "opened_at"])),
            log_reach=None if outages is None or own is None else reach,
            checks_reach=micro(case.reached("checks")),
            own_log=case.own_word("outages"),
            own_checks=case.own_word("checks"),
            doubted={name: why for name in ("outages", "checks") if (why := case.doubts(name))},
        )._as_agreed(month)

    def _as_agreed(self, month: ServiceMonth) -> Sources:
        """The same with the services as the contract spells them, strange ones as the log does (rule 44)."""
        known = [*(service.name for service in month.contract.services), *month.outside]
        found = {}
        for name in ("log", "holds", "lost_log", "lost_checks", "tickets"):
            rows = getattr(self, name)
            found[name] = rows.assign(service=spelled(rows["service"], known))
            known = [*known, *found[name]["service"].dropna().unique()]
        return replace(self, **found)


def log_of(
    outages: pd.DataFrame | None, month: ServiceMonth, own: pd.DataFrame | None, reach: int
) -> pd.DataFrame:
    """Outage rows that began before the cut-off: service, begin, end, announced [us], state code, words.

    `still_on`: it has no end; it goes on as far as its own log reaches, which is `reach` for a row of the month's `own`
    file (`listed`), and for any other the end of the month before (rule 4).
    """
    outages = TABLES["outages"].empty() if outages is None else outages
    log = pd.DataFrame(
        {
            "service": outages["service"].to_numpy(),
            "begin": microseconds(outages["started_at"], "outages.started_at"),
            "end": microseconds(optional(outages, "ended_at", "datetime64[us, UTC]"), "outages.ended_at"),
            "state": _states(outages, "outages"),
            "announced": microseconds(
                optional(outages, "announced_at", "datetime64[us, UTC]"), "outages.announced_at"
            ),
            **{
                name: optional(outages, name, "str").to_numpy()
                for name in ("announced_by", "cause", "ticket_id")
            },
        }
    )
    _require_service_and_time(log, "outages", "begin")
    backwards = log[(log["end"] != MISSING) & (log["end"] < log["begin"])]
    if len(backwards):
        ends, begins = utc(backwards["end"])[0], utc(backwards["begin"])[0]
        name = backwards["service"].iloc[0]
        raise ValueError(f"outages: {name} ends at {ends}, before it starts at {begins}: reject the row")
    log["listed"] = _stands_in(own, outages, ["service", "started_at", "state"])
    log["still_on"] = log["end"] == MISSING
    months = np.concatenate([[month.first], month.month_starts, [month.cutoff]])
    of_month = months[np.searchsorted(months[:-1], log["begin"], side="right")]
    own_reach = np.where(log["listed"], min(reach, month.cutoff), of_month)
    log["end"] = log["end"].where(~log["still_on"], np.maximum(log["begin"], own_reach))
    return log[log["begin"] < month.cutoff]


def _stands_in(own: pd.DataFrame | None, rows: pd.DataFrame, key: list[str]) -> np.ndarray:
    """Which rows stand in the month's own file, by their key."""
    if own is rows:
        return np.ones(len(rows), bool)
    if own is None or own.empty or rows.empty:
        return np.zeros(len(rows), bool)
    here = own[key if "probe" not in key or "probe" in own else key[:2]].drop_duplicates()
    marked = rows.reindex(columns=list(here)).merge(here.assign(listed=True), on=list(here), how="left")
    return marked["listed"].notna().to_numpy()


def holds_of(
    checks: pd.DataFrame | None,
    month: ServiceMonth,
    own: pd.DataFrame | None,
    reach: int,
    reached_before: int | None,
    stated: bool = False,
) -> pd.DataFrame:
    """Checks before the cut-off: service, probe, at, until when each holds by itself [us], state code, lasting (rule
    7).

    A state of a log of changes (`lasting`) holds as far as the log reaches: to `reach` or the last row of its probe,
    whichever is later; one that only earlier months' files have (not in `own`), as far as these reached
    (`reached_before`, None where there was none the month before) unless that is the month's start or later. Where no
    export says when it was made (`stated`) and the same probe sent a heartbeat in this month or the one before, one
    that falls silent for over an hour before `reach` ends the log.
    """
    checks = TABLES["checks"].empty() if checks is None else checks
    at = microseconds(checks["at"], "checks.at")
    gap = pd.to_numeric(optional(checks, "max_gap_s", "float64")).astype("float64")
    gap = gap.fillna(month.accounting.max_gap_s).to_numpy()
    if (gap < 0).any():
        raise ValueError("checks.max_gap_s is negative: a state cannot hold for less than no time")
    lasting = optional(checks, "changes_only", "boolean").astype("boolean").fillna(False).to_numpy(bool)
    holds = pd.DataFrame(
        {
            "service": checks["service"].to_numpy(),
            "probe": optional(checks, "probe").astype("str").fillna("").to_numpy(),
            "at": at,
            "until": at + np.minimum(gap * SECOND, _FOREVER / 2).round().astype(np.int64),
            "state": _states(checks, "checks"),
            "lasting": lasting,
        }
    )
    _require_service_and_time(holds, "checks", "at")
    listed = _stands_in(own, checks, ["service", "at", "probe"])
    known = holds["at"] < month.cutoff
    last = holds["at"].where(known & holds["lasting"]).groupby(holds["probe"]).transform("max")
    regular = known & ~holds["lasting"] & (holds["at"] >= month.first - 31 * DAY)
    heartbeat = holds["until"].where(regular).groupby(holds["probe"]).transform("max")
    silent = heartbeat.lt(reach - HEARTBEAT) & (not stated)
    own_reach = heartbeat.where(silent, reach).astype("int64")
    end = np.maximum(last.fillna(MISSING).astype("int64"), own_reach)
    if reached_before is None or reached_before < month.first:
        carried = listed | (holds["at"] >= month.first)
        end = end.where(carried, MISSING if reached_before is None else reached_before)
    until = np.maximum(holds["at"], np.minimum(holds["at"] + LONGEST_STATE, end))
    holds["until"] = holds["until"].where(~holds["lasting"], until)
    return holds[known]


def _states(frame: pd.DataFrame, table: str) -> np.ndarray:
    codes = pd.Categorical(frame["state"], categories=STATES).codes
    if (codes < 0).any():
        wrong = frame["state"][codes < 0].iloc[0]
        raise ValueError(f"{table}.state: {wrong!r} is not one of {', '.join(STATES)}")
    return codes.astype(np.int8)


def _require_service_and_time(rows: pd.DataFrame, table: str, instant: str) -> None:
    missing = rows["service"].isna() | (rows[instant] == MISSING)
    if missing.any():
        raise ValueError(
            f"{table}: {int(missing.sum())} rows lack a service or their time: reject them first"
        )


def _lost_log(rows: pd.DataFrame, month: ServiceMonth, own: bool) -> pd.DataFrame:
    """Rejected rows of the log: file, line, reason, service (missing: any), begin, end [us], state code (-1:
    unreadable), own (the provider's word). An edge that could not be read is the edge of the period; where the two are
    reversed neither is believed. A row without service, times and state is none."""
    rows = rows[rows[["service", "started_at", "state"]].notna().any(axis=1)]
    begin, end = (microseconds(rows[name], f"outages.{name}").copy() for name in ("started_at", "ended_at"))
    reversed_ = (begin != MISSING) & (end != MISSING) & (end < begin)
    begin = np.where((begin == MISSING) | reversed_, month.first, begin)
    end = np.where((end == MISSING) | reversed_, month.cutoff, end)
    lost = _as_lost(rows, own).assign(begin=begin, end=end)
    return lost[(lost["begin"] < month.cutoff) & (lost["end"] > month.first)]


def _lost_checks(rows: pd.DataFrame, month: ServiceMonth, own: bool) -> pd.DataFrame:
    """Rejected checks: file, line, reason, service (missing: any), probe, at [us; missing: unreadable], length (how
    long the state may hold [us]), state code (-1: unreadable), own. A row without service, time and state is none."""
    rows = rows[rows[["service", "at", "state"]].notna().any(axis=1)]
    at = microseconds(rows["at"], "checks.at")
    gap = pd.to_numeric(optional(rows, "max_gap_s", "float64")).astype("float64").abs()
    length = gap.fillna(month.accounting.max_gap_s).to_numpy() * SECOND
    lasting = optional(rows, "changes_only", "boolean").astype("boolean").fillna(False).to_numpy(bool)
    length = np.where(lasting, month.cutoff - month.first, length).round().astype(np.int64)
    lost = _as_lost(rows, own).assign(
        probe=optional(rows, "probe").astype("str").fillna("").to_numpy(), at=at, length=length
    )
    return lost[(lost["at"] == MISSING) | ((lost["at"] < month.cutoff) & (lost["at"] + length > month.first))]


def _as_lost(rows: pd.DataFrame, own: bool) -> pd.DataFrame:
    """What both have in common; whose word a row is says its `evidence`, else `own`, the table's."""
    columns = {name: optional(rows, name).to_numpy() for name in ("file", "line", "reason", "service")}
    whose = optional(rows, "evidence").astype("str").fillna("provider" if own else "probe")
    return pd.DataFrame(
        {
            **columns,
            "state": pd.Categorical(rows["state"], categories=STATES).codes.astype(np.int8),
            "own": whose.eq("provider").to_numpy(bool),
        }
    )


def _named_tickets(tickets: pd.DataFrame | None) -> pd.DataFrame:
    """The tickets that name a service: service, opened [us]."""
    if tickets is None or "service" not in tickets:
        return pd.DataFrame({"service": pd.Series(dtype="str"), "opened": pd.Series(dtype="int64")})
    named = tickets[tickets["service"].notna() & tickets["opened_at"].notna()]
    return pd.DataFrame({"service": named["service"].to_numpy(), "opened": microseconds(named["opened_at"])})


def held(holds: pd.DataFrame) -> dict[int, Spans]:
    """What the checks of one service and probe say: spans of instants by state, touching ones joined."""
    at, until, state = (holds[name].to_numpy() for name in ("at", "until", "state"))
    order = np.lexsort((until, -state, at))  # of checks at one instant the worst comes last and holds
    at, until, state = at[order], until[order], state[order]
    until = np.minimum(until, np.append(at[1:], _FOREVER))
    kept = at < until
    at, until, state = at[kept], until[kept], state[kept]
    new = np.concatenate([[True], (state[1:] != state[:-1]) | (at[1:] != until[:-1])])[: len(at)]
    last = np.append(new[1:], True)[: len(at)]
    spans, state = np.column_stack([at[new], until[last]]), state[new]
    return {code: spans[state == code] for code in range(len(STATES))}


def heard(holds: pd.DataFrame, axis: Axis, choice: str) -> dict[int, Spans]:
    """What the probes of one service say together: spans of its axis by state (rule 4).

    Each probe is held on its own. `choice`: worst, the worst that any sees; best, the best; majority, what more than
    half of those that see anything see, a draw being the worse. A probe that is silent, or speaks of maintenance, sees
    nothing.
    """
    each = [
        {state: axis.spans(spans) for state, spans in held(rows).items()}
        for _, rows in holds.groupby("probe", sort=True)
    ]
    if not each:
        return {state: np.empty((0, 2), np.int64) for state in range(len(STATES))}
    every = {state: np.concatenate([one[state] for one in each]) for state in range(len(STATES))}
    if len(each) == 1 or choice == "worst":
        return every
    edges = np.unique(np.concatenate([*(spans.ravel() for spans in every.values()), [0, axis.total]]))
    at = edges[:-1]
    down, degraded, up = (
        sum(covers(one[state], at).astype(int) for one in each) for state in (DOWN, DEGRADED, UP)
    )
    speaking = down + degraded + up
    if choice == "best":
        is_up = up > 0
        is_degraded = ~is_up & (degraded > 0)
    else:
        is_up = 2 * up > speaking
        is_degraded = ~is_up & (2 * (degraded + up) > speaking)
    is_down = (speaking > 0) & ~is_up & ~is_degraded
    joined = {DOWN: is_down, DEGRADED: is_degraded, UP: is_up}
    return every | {state: where(edges, mask) for state, mask in joined.items()}
