"""One service's period: what every source says of it on one line, before any reading (rules 4, 7, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import SECOND
from msp_report.metrics.availability.maintenance import accepted_spans
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, MAINTENANCE, UNKNOWN, UP, Reading, Result
from msp_report.metrics.availability.sources import held, holds_of, log_of
from msp_report.metrics.availability.spans import Axis, Spans, covers, smooth
from msp_report.model.columns import MINUTE
from msp_report.params import Service

#: Whose word it is, by whether the provider's log was read and whether checks watch the service (rule 40).
_EVIDENCE = {(True, True): "both", (True, False): "provider", (False, True): "probe", (False, False): None}


@dataclass(frozen=True)
class Timeline:
    """One service's period: the state of every segment of its axis, before any reading."""

    agreed: Service
    in_contract: bool
    axis: Axis
    log: pd.DataFrame
    logged: Spans
    """The log's rows on the axis, in its order."""
    probed: dict[int, Spans]
    checks: int
    evidence: str | None
    accepted: Spans
    edges: np.ndarray
    observed: np.ndarray
    """The state found, refused maintenance included."""
    maintenance: np.ndarray
    """Whether accepted maintenance covers the segment."""
    refused: np.ndarray

    def length(self, mask: np.ndarray) -> int:
        return int(np.diff(self.edges)[mask].sum())

    @cached_property
    def _results(self) -> dict[Reading, Result]:
        return {}

    def result(self, reading: Reading) -> Result:
        """One reading; the three readings of unknown share one evaluation."""
        key = replace(reading, unknown="")
        if key not in self._results:
            self._results[key] = self._evaluate(key)
        return replace(self._results[key], reading=reading)

    def _evaluate(self, reading: Reading) -> Result:
        states = self.observed.copy()
        if reading.maintenance != "observed":
            counted = {"exclude": MAINTENANCE, "up": UP, "down": DOWN}[reading.maintenance]
            states[self.maintenance] = counted
        states[states == DEGRADED] = {"up": UP, "down": DOWN}[reading.degraded]
        edges, states = smooth(self.edges, states, round(reading.short_s * SECOND))
        length = np.diff(edges)
        down = states == DOWN
        counted = down & (length >= round(self.agreed.outage_min * MINUTE))
        stretch = np.cumsum((states == UP) | (states == MAINTENANCE))  # unknown time joins, known time parts
        result = Result(
            agreed=self.agreed,
            reading=reading,
            up=int(length[states == UP].sum()),
            down=int(length[down].sum()),
            excluded=int(length[states == MAINTENANCE].sum()),
            unknown=int(length[states == UNKNOWN].sum()),
            runs=np.column_stack([edges[:-1][down], edges[1:][down]]),
            outages=length[counted],
            outages_for_certain=len(np.unique(stretch[counted])),
        )
        if (found := result.judged + result.excluded) != self.axis.total:
            raise ArithmeticError(
                f"{self.agreed.name}: up + down + excluded + unknown is {found} us, "
                f"scheduled are {self.axis.total} us, by {reading}"
            )
        return result


def timelines(
    outages: pd.DataFrame | None, checks: pd.DataFrame | None, month: ServiceMonth
) -> Iterator[Timeline]:
    """The timeline of every service of the contract, then of those that only the data name."""
    no_rows = pd.DataFrame(columns=["service", "started_at", "state"])
    log = log_of(no_rows if outages is None else outages, month)
    holds = holds_of(pd.DataFrame(columns=["service", "at", "state"]) if checks is None else checks, month)
    logs, probes = (dict(iter(rows.groupby("service", sort=False))) for rows in (log, holds))
    services = {service.name: service for service in month.contract.services}
    speaking = {name for name, rows in logs.items() if (rows["end"] > month.first).any()}
    speaking |= {name for name, rows in probes.items() if (rows["until"] > month.first).any()}
    for name in [*services, *sorted(speaking - set(services))]:
        yield _timeline(
            services.get(name) or Service(name=name),
            name in services,
            logs.get(name, log.iloc[:0]),
            probes.get(name, holds.iloc[:0]),
            outages is not None,
            month,
        )


def _timeline(
    agreed: Service,
    in_contract: bool,
    log: pd.DataFrame,
    holds: pd.DataFrame,
    log_was_read: bool,
    month: ServiceMonth,
) -> Timeline:
    """Lay everything said of one service on its axis (rules 4, 7, 8)."""
    axis = month.axis(agreed.calendar)
    log = log.sort_values(["begin", "end", "state"], kind="stable").reset_index(drop=True)
    logged = axis.spans(log[["begin", "end"]].to_numpy(np.int64))
    probed = {state: axis.spans(spans) for state, spans in held(holds).items()}
    code = log["state"].to_numpy()
    said = {state: np.concatenate([logged[code == state], spans]) for state, spans in probed.items()}
    accepted = accepted_spans(log[code == MAINTENANCE], logged[code == MAINTENANCE], axis, month)
    edges = np.unique(
        np.concatenate([accepted.ravel(), *(spans.ravel() for spans in said.values()), [0, axis.total]])
    )
    at = edges[:-1]
    down, degraded, up = (covers(said[state], at) for state in (DOWN, DEGRADED, UP))
    maintenance = covers(accepted, at)
    refused = covers(said[MAINTENANCE], at) & ~maintenance
    down = down | (refused & ~degraded & ~up)
    if log_was_read and holds.empty:
        up = up | ~covers(said[UNKNOWN], at)
    return Timeline(
        agreed=agreed,
        in_contract=in_contract,
        axis=axis,
        log=log,
        logged=logged,
        probed=probed,
        checks=int((holds["at"] >= month.first).sum()),
        evidence=_EVIDENCE[log_was_read, not holds.empty],
        accepted=accepted,
        edges=edges,
        observed=np.select([down, degraded, up], [DOWN, DEGRADED, UP], UNKNOWN),
        maintenance=maintenance,
        refused=refused,
    )
