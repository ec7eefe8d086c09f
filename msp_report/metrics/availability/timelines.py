"""One service's period: what every source says of it on one line, before any reading (rules 4, 7, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import SECOND
from msp_report.metrics.availability.maintenance import accepted_spans
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, MAINTENANCE, UNKNOWN, UP, Reading, Result
from msp_report.metrics.availability.sources import Sources, heard
from msp_report.metrics.availability.spans import Axis, Spans, covers, smooth
from msp_report.model.columns import HOUR, MINUTE
from msp_report.params import Service

#: Whose word it is, by whether the provider's log was read and whether checks watch the service (rule 40).
_EVIDENCE = {(True, True): "both", (True, False): "provider", (False, True): "probe", (False, False): None}


@dataclass(frozen=True)
class Timeline:
    """One service's period: the state of every segment of its axis, before any reading."""

    agreed: Service
    axis: Axis
    log: pd.DataFrame
    logged: Spans
    """The log's rows on the axis, in its order."""
    probed: Mapping[int, Spans]
    evidence: str | None
    accepted: Spans
    edges: np.ndarray
    observed: np.ndarray
    """The state found, refused maintenance included."""
    maintenance: np.ndarray
    """Whether accepted maintenance covers the segment."""
    refused: np.ndarray
    cut: bool
    """Whether the source that it rests on ends before the cut-off (rule 41)."""

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
        down, unknown = states == DOWN, states == UNKNOWN
        least = round(self.agreed.outage_min * MINUTE)
        counted = down & (length >= least)
        stretch = np.cumsum((states == UP) | (states == MAINTENANCE))  # unknown time joins, known time parts
        result = Result(
            agreed=self.agreed,
            reading=reading,
            up=int(length[states == UP].sum()),
            down=int(length[down].sum()),
            excluded=int(length[states == MAINTENANCE].sum()),
            unknown=int(length[unknown].sum()),
            runs=np.column_stack([edges[:-1][down], edges[1:][down]]),
            outages=length[counted],
            outages_for_certain=len(np.unique(stretch[counted])),
            may_hide=np.inf
            if (unknown & (self.cut | (length > HOUR))).any()
            else int((unknown & (length >= least)).sum()),
        )
        if (found := result.judged + result.excluded) != self.axis.total:
            raise ArithmeticError(
                f"{self.agreed.name}: up + down + excluded + unknown is {found} us, "
                f"scheduled are {self.axis.total} us, by {reading}"
            )
        return result


def timeline(
    agreed: Service,
    log: pd.DataFrame,
    holds: pd.DataFrame,
    sources: Sources,
    month: ServiceMonth,
    probes: str,
) -> Timeline:
    """Lay everything said of one service on its axis (rules 4, 7, 8), its probes joined as `probes` says."""
    axis = month.axis(agreed.calendar)
    log = log.sort_values(["begin", "end", "state"], kind="stable").reset_index(drop=True)
    logged = axis.spans(log[["begin", "end"]].to_numpy(np.int64))
    probed = heard(holds, axis, probes)
    code = log["state"].to_numpy()
    said = {state: np.concatenate([logged[code == state], spans]) for state, spans in probed.items()}
    accepted = accepted_spans(log[code == MAINTENANCE], logged[code == MAINTENANCE], axis, month)
    log_was_read = sources.log_reach is not None
    reach = month.cutoff if sources.log_reach is None else sources.log_reach
    spoken = axis.spans(np.array([[month.first, max(month.first, min(reach, month.cutoff))]]))
    edges = np.unique(
        np.concatenate(
            [accepted.ravel(), spoken.ravel(), *(spans.ravel() for spans in said.values()), [0, axis.total]]
        )
    )
    at = edges[:-1]
    down, degraded, up = (covers(said[state], at) for state in (DOWN, DEGRADED, UP))
    maintenance = covers(accepted, at)
    refused = covers(said[MAINTENANCE], at) & ~maintenance
    down = down | (refused & ~degraded & ~up)
    if log_was_read and holds.empty:
        up = up | (covers(spoken, at) & ~covers(said[UNKNOWN], at))
    return Timeline(
        agreed=agreed,
        axis=axis,
        log=log,
        logged=logged,
        probed=probed,
        evidence=_EVIDENCE[log_was_read, not holds.empty],
        accepted=accepted,
        edges=edges,
        observed=np.select([down, degraded, up], [DOWN, DEGRADED, UP], UNKNOWN),
        maintenance=maintenance,
        refused=refused,
        cut=(reach if holds.empty else sources.checks_reach) < month.cutoff,
    )
