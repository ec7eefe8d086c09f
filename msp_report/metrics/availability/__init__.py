"""Was each service there when it should have been, under every defensible rule (rules 4-11, 39, 40).

One line carries everything: the *service axis*, the open time of the service's calendar laid end to end, in
integer microseconds. Closed time does not exist on it, so what rule 10 says of closed time holds by itself.
Every source becomes spans on that axis, one sweep over their edges gives the state of every segment, and all
48 readings are evaluated from those segments.

`service_levels` is the core on its own, `analyse` everything about a period. The parts: `spans` (time on a line),
`month` (what was agreed), `sources` (what the log and the probes say), `maintenance` (which of it counts), `timelines`
(one service's period), `readings` (what the contract makes of it), `levels` and `listed` (rows of the records).

Decided here, where the rules leave room:

- A verdict follows the accepted rows; what was rejected, contradicted or cannot be believed may leave it open
  (`watched`, `contradictions`, `doubts`, `verdicts`).
- A state is spoken by an outage row or a check that is down, degraded or up. `unknown` is silence, whoever
  writes it; for a service without checks it cuts the time that is otherwise up by the provider's word.
- A service has checks once one stands in the log before the cut-off: a probe that fell silent makes time
  unknown, not up.
- Of checks of one probe at the same instant the worst counts, in the order of rule 4.
- A row of a table speaks for itself also beyond the table's reach; what is bounded by it is silence: up by the
  provider's word, an outage without an end, the last state of a log of changes.
- Unknown time of more than an hour, or after the reach of the source, may hide any number of outages; a shorter
  stretch one.
- Services join by the normal form of their names. What is met is no verdict where the log or the checks speak of a
  strange name that may mean the service (rule 44); a miss stands.
- Beyond the reach of its source a verdict is open under every reading of unknown (rule 41 outranks rule 6).
- Maintenance that only a check reports was announced by nobody, so it is refused.
- Maintenance outside the agreed windows or over the cap is refused for that part only; overlapping rows share
  the cap; the cap counts service time by civil month in the client's zone.
- Under maintenance `observed` a service without checks is up by the provider's word where no row says otherwise.
- Short outages are smoothed after a reading has given maintenance and degraded their meaning, on the service
  axis, unknown and excluded being states like up and down (Checkmk, too, regroups states before it melts them).
- An outage count is exceeded for certain if it is whatever unknown time was: two outages with only unknown
  time between them may have been one.
- Unknown time is never down, also under unknown=down: that reading moves the ratio, not outages or minutes.
- A service of which nothing at all is known has no ratio in any reading.
"""

from msp_report.metrics.availability.analysis import Analysis, analyse, figures_of, service_levels
from msp_report.metrics.availability.readings import PARTS, READINGS, Reading, robustness

__all__ = [
    "PARTS",
    "READINGS",
    "Analysis",
    "Reading",
    "analyse",
    "figures_of",
    "robustness",
    "service_levels",
]
