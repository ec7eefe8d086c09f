"""Everything that was said of one service: its own time line, and those by which it may have been otherwise.

Decided here (rules 42, 43 and 50): a rejected row counts once at its worst and once at its best. At its worst it is
what it says, down where that could not be read, from the one edge that could be read to the edge of the period on the
other side; at its best it did not happen, or was maintenance that counts if it says so or could not be read. A check
whose instant could not be read may be any time of the month. An outage without an end that something contradicts goes
on to the end of the log on one side, and ended when the service was first seen up on the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from msp_report.metrics.availability.contradictions import EITHER, NOT_LISTED, YET_UP, contradictions
from msp_report.metrics.availability.frames import MISSING
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, MAINTENANCE, UP
from msp_report.metrics.availability.sources import Sources
from msp_report.metrics.availability.timelines import Timeline, timeline
from msp_report.model.names import mistaken
from msp_report.params import Service

CONTRADICTED = "an outage without an end is contradicted"

#: How many rejected rows a reason names; the record has all.
_NAMED = 5

#: Announced longer ago than any notice: what a row of maintenance is at its best.
_LONG_AGO = -(2**62)


@dataclass(frozen=True)
class Watched:
    """What the sources say of one service in a period."""

    agreed: Service
    in_contract: bool
    log: pd.DataFrame
    holds: pd.DataFrame
    lost_log: pd.DataFrame
    lost_checks: pd.DataFrame
    sources: Sources
    month: ServiceMonth
    doubts: Mapping[str, str]
    """By probe, why it cannot be believed (rule 46)."""
    log_doubt: str | None = None
    """Why the log cannot be."""
    strange: tuple[str, ...] = ()
    """The names in the data that nobody agreed and that may mean it (rule 44)."""

    def _line(
        self, log: pd.DataFrame | None = None, holds: pd.DataFrame | None = None, probes: str | None = None
    ) -> Timeline:
        return timeline(
            self.agreed,
            self.log if log is None else log,
            self.holds if holds is None else holds,
            self.sources,
            self.month,
            probes or self.month.accounting.probes,
        )

    @cached_property
    def line(self) -> Timeline:
        """As the contract has it."""
        return self._line()

    @cached_property
    def by_other_choices(self) -> dict[str, Timeline]:
        """By every other choice of how probes are joined; none where there are not several (rule 4)."""
        if self.holds["probe"].nunique() < 2:
            return {}
        others = [
            choice for choice in ("worst", "majority", "best") if choice != self.month.accounting.probes
        ]
        return {choice: self._line(probes=choice) for choice in others}

    @cached_property
    def contradictions(self) -> pd.DataFrame:
        """As the function of that name."""
        return contradictions(self.log, self.holds, self.month.first, self.month.cutoff)

    @cached_property
    def _either(self) -> pd.DataFrame:
        """The outages of which either side may be right, the earliest contradiction of each."""
        found = self.contradictions
        return found[found["what"].isin(EITHER)]

    @cached_property
    def is_open(self) -> bool:
        """Whether rejected rows or contradictions leave something open."""
        return bool(len(self.lost_log) or len(self.lost_checks) or len(self._either))

    @cached_property
    def worst(self) -> Timeline:
        """With every rejected row at its worst, and every contradicted outage believed."""
        log, gone = self.log, self._either.loc[self._either["what"] == NOT_LISTED, "row"]
        reach = self.month.cutoff if self.sources.log_reach is None else self.sources.log_reach
        log = log.assign(end=log["end"].mask(log.index.isin(gone), min(reach, self.month.cutoff)))
        lost = self.lost_log.assign(announced=MISSING, still_on=False, listed=True)
        lost["state"] = lost["state"].where(lost["state"] >= 0, DOWN)
        return self._line(log=_below(log, lost), holds=self._with_checks([DOWN, DEGRADED], DOWN))

    @cached_property
    def best(self) -> Timeline:
        """With every rejected row at its best, and every contradicted outage over when the service was seen up."""
        seen = self._either[self._either["seen_at"] != MISSING].groupby("row")["seen_at"].min()
        ends = seen.reindex(self.log.index).fillna(self.log["end"]).astype("int64")
        log = self.log.assign(end=np.maximum(self.log["begin"], np.minimum(self.log["end"], ends)))
        lost = self.lost_log[self.lost_log["state"].isin([MAINTENANCE, -1])]
        lost = lost.assign(announced=_LONG_AGO, still_on=False, listed=True, state=np.int8(MAINTENANCE))
        return self._line(log=_below(log, lost), holds=self._with_checks([UP], UP))

    def _with_checks(self, states: list[int], unread: int) -> pd.DataFrame:
        """The checks with the rejected ones that were at a known instant and may have seen one of some states."""
        lost = self.lost_checks
        lost = lost[lost["state"].isin([*states, -1]) & (lost["at"] != MISSING)]
        if lost.empty or self.holds.empty:
            return self.holds
        rows = lost.assign(until=lost["at"] + lost["length"], lasting=False)
        rows["state"] = rows["state"].where(rows["state"] >= 0, unread)
        return _below(self.holds, rows)

    def floating(self, *states: int) -> tuple[int, int]:
        """How many rejected checks of some states, or of none that could be read, may lie anywhere in the period, and
        for how long they may hold together [us]."""
        lost = self.lost_checks
        loose = (lost["at"] == MISSING) | self.holds.empty
        chosen = lost[loose & lost["state"].isin([*states, -1])]
        return len(chosen), int(chosen["length"].sum())

    @cached_property
    def own_word(self) -> bool:
        """Whether all that leaves something open is the provider's own word (rule 50)."""
        lost = pd.concat([self.lost_log["own"], self.lost_checks["own"]]).astype(bool)
        seen = self._either["what"].eq(YET_UP).any()
        sides = self.sources.own_log and (self.sources.own_checks or not seen)
        return bool(lost.all()) and (sides or self._either.empty)

    @cached_property
    def unsure(self) -> str | None:
        """Why the verdict may be otherwise."""
        lost = pd.concat([self.lost_log[["file", "line"]], self.lost_checks[["file", "line"]]])
        places = list(dict.fromkeys(f"{file}:{line}" for file, line in lost.itertuples(index=False)))
        if not places:
            return CONTRADICTED if len(self._either) else None
        listed = ", ".join(places[:_NAMED]) + (", …" if len(places) > _NAMED else "")
        if len(places) == 1:
            return f"1 rejected row may belong to it ({listed})"
        return f"{len(places)} rejected rows may belong to it ({listed})"

    @cached_property
    def doubt(self) -> str | None:
        """Why a probe of it, or its log, cannot be believed."""
        return next(iter(self.doubts.values()), self.log_doubt)

    @cached_property
    def without_doubted(self) -> Timeline | None:
        """What the other sources say; None where there is none."""
        others = self.holds[~self.holds["probe"].isin(self.doubts)]
        if others.empty and (self.log_doubt or self.sources.log_reach is None):
            return None
        return self._line(self.log.iloc[:0] if self.log_doubt else None, others)


def watched(sources: Sources, month: ServiceMonth, doubts: pd.DataFrame | None = None) -> Iterator[Watched]:
    """Every service of the contract, then those that only the data name. `doubts`: service, probe, why."""
    logs, probes = (dict(iter(rows.groupby("service", sort=False))) for rows in (sources.log, sources.holds))
    services = {service.name: service for service in month.contract.services}
    speaking = {name for name, rows in logs.items() if (rows["end"] > month.first).any()}
    speaking |= {name for name, rows in probes.items() if (rows["until"] > month.first).any()}
    doubts = pd.DataFrame(columns=["service", "probe", "why"]) if doubts is None else doubts
    strange = _strange(sources.log[sources.log["end"] > month.first], services, month)
    strange |= _strange(sources.holds[sources.holds["until"] > month.first], services, month)
    for name in [*services, *sorted(speaking - set(services))]:
        mine = doubts[doubts["service"] == name]
        against = dict(zip(mine["probe"], mine["why"], strict=True))
        holds = probes.get(name, sources.holds.iloc[:0])
        if why := sources.doubted.get("checks"):
            against = dict.fromkeys(holds["probe"].unique(), why) | against
        yield Watched(
            agreed=services.get(name) or Service(name=name),
            in_contract=name in services,
            log=logs.get(name, sources.log.iloc[:0]),
            holds=holds,
            lost_log=_may_be(sources.lost_log, name),
            lost_checks=_may_be(sources.lost_checks, name),
            sources=sources,
            month=month,
            doubts=against,
            log_doubt=sources.doubted.get("outages"),
            strange=strange.get(name, ()),
        )


def _strange(rows: pd.DataFrame, services: Iterable[str], month: ServiceMonth) -> dict[str, tuple[str, ...]]:
    """By service of the contract, the names in rows of one source that nobody agreed and that may mean it."""
    named = set(rows["service"].unique())
    silent = [name for name in services if name not in named]
    return mistaken(named - set(services) - set(month.outside), silent, named & set(services))


def _may_be(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows[rows["service"].isna() | rows["service"].eq(name)]


def _below(rows: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Rows with more below them, in the columns and types of the first."""
    if more.empty:
        return rows
    return pd.concat([rows, more.reindex(columns=rows.columns)], ignore_index=True).astype(rows.dtypes)
