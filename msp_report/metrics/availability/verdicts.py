"""Whether a service kept what was agreed, by one reading of the contract (rules 6, 10, 41 to 43, 46 and 50)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from msp_report.metrics.availability.readings import DEGRADED, DOWN, UP, Reading, Result
from msp_report.metrics.availability.timelines import Timeline
from msp_report.metrics.availability.watched import Watched
from msp_report.model.gate import Decision, decide
from msp_report.model.names import unsure_whose


@dataclass(frozen=True)
class Judged:
    """The verdict of one reading, and of its two tests; the ratio at its worst and at its best, and how many outages
    there were at least and at most, infinite where nothing bounds them."""

    result: Result
    ratio: Decision
    outages: Decision
    both: Decision
    low: float | None
    high: float | None
    fewest: float | None
    most: float | None

    @property
    def verdict(self) -> str:
        """Of both tests together."""
        return self.both.verdict

    @property
    def missed_by(self) -> str | None:
        """ratio, outages or both; None where it is not missed."""
        tests = {"ratio": self.ratio, "outages": self.outages}
        missed = [name for name, one in tests.items() if self.verdict == one.verdict == "missed"]
        return "both" if len(missed) == 2 else (missed or [None])[0]


def judged(service: Watched, reading: Reading, why_missing: str | None = None) -> Judged:
    """Whether a service kept what was agreed, by one reading.

    A doubted source decides nothing, unless the other sources give the same verdict without it (rule 46).
    """
    found = _read(service, service.line, reading, why_missing)
    if not service.doubt or found.verdict in ("no_data", "no_target"):
        return found
    others = service.without_doubted
    if others is not None and _read(service, others, reading, None).verdict == found.verdict:
        return found
    doubted = Decision("no_verdict", service.doubt)
    tests = [
        doubted if one.verdict in ("met", "missed", "no_verdict") else one
        for one in (found.ratio, found.outages)
    ]
    return replace(found, ratio=tests[0], outages=tests[1], both=doubted)


def judged_by_choice(service: Watched, line: Timeline, reading: Reading) -> Judged:
    """The same by another choice of how its probes are joined."""
    return _read(service, line, reading, None)


def _read(service: Watched, line: Timeline, reading: Reading, why_missing: str | None) -> Judged:
    result = line.result(reading)
    is_own = line is service.line and service.is_open
    worst, best = (
        (side.result(reading) for side in (service.worst, service.best)) if is_own else (result, result)
    )
    # the contract's own reading of unknown decides what was not watched, but not what its source cut off (rules 6, 41)
    bounded = reading.unknown == "exclude" or line.cut
    target, agreed = service.agreed.availability_ratio, service.agreed.max_outages
    low, high = (result.low, result.high) if bounded else (result.ratio, result.ratio)
    least, most = low, high
    doubts = {"unsure": service.unsure, "own_word": service.own_word}
    ratio = decide(result.ratio, target, "higher", low=low, high=high, why=why_missing)
    if is_own:
        least = _least(low, _moved(worst, bounded, -service.floating(DOWN, DEGRADED)[1]))
        most = _most(high, _moved(best, bounded, service.floating(UP)[1]))
        if ratio.verdict in ("met", "missed"):
            ratio = decide(result.ratio, target, "higher", low=least, high=most, **doubts)
    count = len(result.outages) if result.known else None
    fewest, many = _possible(result, bounded)
    outages = decide(count, agreed, "lower", low=fewest, high=many, why=why_missing)
    if is_own and count is not None:
        lost = sum(
            rows["state"].isin([DOWN, DEGRADED, -1]).sum() for rows in (service.lost_log, service.lost_checks)
        )
        hidden = worst.may_hide if bounded else 0
        fewest = min(fewest, len(best.outages), best.outages_for_certain)
        many = max(many, count + int(lost) + hidden, len(worst.outages) + hidden)
        if outages.verdict in ("met", "missed"):
            outages = decide(count, agreed, "lower", low=fewest, high=many, **doubts)
    if service.strange and _both(ratio, outages, result, agreed).verdict == "met":
        whose = Decision("no_verdict", unsure_whose(service.strange))
        ratio, outages = (whose if one.verdict == "met" else one for one in (ratio, outages))
    return Judged(
        result,
        ratio,
        outages,
        _both(ratio, outages, result, agreed),
        _least(result.low, least),
        _most(result.high, most),
        fewest,
        many,
    )


def _possible(result: Result, bounded: bool) -> tuple[float | None, float | None]:
    """How many outages there were at least and at most, by what unknown time may join or hide."""
    if not result.known:
        return None, None
    count = len(result.outages)
    return (result.outages_for_certain, count + result.may_hide) if bounded else (count, count)


def _both(ratio: Decision, outages: Decision, result: Result, agreed: float | None) -> Decision:
    """Both tests together: a ratio that is left open is missed only by certain outages (rule 6)."""
    verdicts = (ratio.verdict, outages.verdict)
    if "missed" in verdicts and "no_data" not in verdicts:
        return ratio if ratio.verdict == "missed" else outages
    for verdict in ("no_data", "no_verdict", "met", "no_target"):
        if verdict in verdicts:
            return ratio if ratio.verdict == verdict else outages
    raise AssertionError(f"no verdict among {verdicts}")


def _moved(result: Result, bounded: bool, by: int) -> float | None:
    """The ratio at the worse (better) end where some more time may have been down (up) [us]."""
    end = (result.low if by <= 0 else result.high) if bounded else result.ratio
    if end is None or not by:
        return end
    return float(np.clip(end + by / result.judged, 0, 1))


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _most(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)
