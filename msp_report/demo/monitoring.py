"""Outages as the provider logs them and checks as a probe sees them.

Every month gets a few short outages well inside the targets; `_plant` adds the faults that a page must find.
The truth is painted minute by minute from what was simulated, not from the exports.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from msp_report.demo.company import OUTAGE_MIN, SERVICES, WEBSHOP_AMENDED
from msp_report.demo.files import local, zulu
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import NEVER, Office, Span, instant

#: Services whose probe writes changes only; email's writes every five minutes; the others have no probe.
CHANGES = ("webshop", "erp", "vpn")
HEARTBEAT = "email"
HEARTBEAT_S = 300
MAX_GAP_S = 900
#: A second probe, tried for an hour of one month: (service, from, to, from when and until when it saw it down).
BRANCH = ("vpn", "2026-08-19 08:00", "2026-08-19 09:00", "2026-08-19 08:20", "2026-08-19 08:30")
#: How often the provider's log has an ordinary outage of a service that has a probe, and how often the probe sees it.
LOGGED, SEEN = 0.75, 0.88
#: How often people tell the help desk of one in working hours, in the months in which they do.
TOLD_OF, COMPLAINING = 0.9, ("2025-11", "2026-01", "2026-02", "2026-04", "2026-06")
#: The months over which all outages are estimated.
ESTIMATED = 12
#: An outage in the log under a name that nobody agreed.
STRANGE = ("intranet", "2026-09-10 14:00", 40)


@dataclass
class Watch:
    """What really happened, what the provider wrote down and what the probe saw, over all months."""

    spells: list[dict] = field(default_factory=list)
    logged: list[dict] = field(default_factory=list)
    seen: list[dict] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)
    """Of which outages people told the help desk: service, start."""
    unseen: list[dict] = field(default_factory=list)
    """Outages that neither the log nor the probe has: service, start, end."""
    gaps: list[tuple[int, int]] = field(default_factory=list)

    def happened(self, service: str, state: str, start: int, end: int) -> None:
        """A spell as the contract counts it: down, excluded, degraded or unknown."""
        self.spells.append({"service": service, "state": state, "start": start, "end": end})

    def log(
        self, service: str, state: str, start: int, end: int, announced: int = NEVER, **words: str
    ) -> None:
        """A row of the provider's own log."""
        row = {"service": service, "state": state, "start": start, "end": end, "announced": announced}
        self.logged.append(row | {"announced_by": "", "cause": "", "ticket_id": ""} | words)

    def see(self, service: str, state: str, start: int, end: int) -> None:
        """A spell in the probe's log, up around it."""
        self.seen.append({"service": service, "state": state, "start": start, "end": end})

    def down(
        self,
        service: str,
        start: int,
        minutes: int,
        cause: str,
        logged: bool = True,
        seen: bool = True,
    ) -> None:
        """An outage; where there is a probe, the provider's log or the probe may not have it. The log begins a minute
        after the probe and ends a minute before."""
        end = start + minutes * 60
        probed = service in CHANGES or service == HEARTBEAT
        late = 60 if probed else 0
        if probed and seen:
            self.see(service, "down", start, end)
            self.happened(service, "down", start, end)
        elif logged or not probed:
            self.happened(service, "down", start + late, end - late)
        else:
            self.unseen.append({"service": service, "start": start, "end": end})
        if logged or not probed:
            self.log(service, "down", start + late, end - late, cause=cause)


#: What a page must say of a service besides its figures: (month, service) → fault.
STORY = {
    ("2025-12", "email"): ("target_missed", "missed", "fail"),
    ("2026-04", "email"): ("too_many_outages", "missed", "fail"),
    ("2026-05", "webshop"): ("fragile_by_degraded", "met", "fragile"),
    ("2026-06", "webshop"): ("target_missed", "missed", "fail"),
    ("2026-06", "telephony"): ("target_missed", "missed", "fail"),
    ("2026-07", "webshop"): ("missed_by_amendment", "missed", "fail"),
    ("2026-09", "webshop"): ("target_missed", "missed", "fail"),
    ("2026-10", "webshop"): ("target_missed", "missed", "fail"),
    ("2026-10", "vpn"): ("target_missed", "missed", "fail"),
    ("2026-10", "email"): ("monitoring_gap", "no_verdict", "fragile"),
    ("2026-10", "erp"): ("fragile_by_maintenance", "met", "fragile"),
}
#: Nothing is left to chance where a fault is told.
TOLD = {*STORY, ("2025-10", "vpn"), ("2026-03", "vpn"), ("2026-08", "vpn"), ("2026-09", "telephony")}
TOLD_MONTHS = ("2026-10",)


def simulate(
    months: list[Span], office: Office, seed: int, truth: Truth
) -> tuple[dict[str, dict[str, pd.DataFrame]], list[tuple[str, int]]]:
    """outages, checks_email, checks_changes and the one month of checks_branch; and of which outages people told the
    help desk (service, start)."""
    watch = Watch()
    for month in months:
        year, number = int(month.label[:4]), int(month.label[5:])
        _ordinary(
            watch,
            month,
            office,
            np.random.default_rng([seed, 1, year, number]),
            np.random.default_rng([seed, 11, year, number]),
        )
    _plant(watch, truth)
    for place, month in enumerate(months):
        for service in SERVICES:
            _expect(watch, month, service, office, truth)
        _expect_unlogged(watch, months[max(place + 1 - ESTIMATED, 0)], month, office, truth)
    tables = {
        "outages": {month.label: _outages(watch, month) for month in months},
        "checks_email": {month.label: _heartbeat(watch, month) for month in months},
        "checks_changes": {month.label: _changes(watch, month) for month in months},
        "checks_branch": {month.label: _branch() for month in months if BRANCH[1].startswith(month.label)},
    }
    return tables, watch.told


def _sunday(month: Span, number: int) -> pd.Timestamp:
    """The first, second, … Sunday of a month."""
    first = pd.Timestamp(f"{month.label}-01")
    return first + pd.Timedelta(days=(6 - first.dayofweek) % 7 + 7 * (number - 1))


def _ordinary(
    watch: Watch, month: Span, office: Office, rng: np.random.Generator, lots: np.random.Generator
) -> None:
    """Up to two short outages a service, and Sunday maintenance announced in time; `lots` decide who notices."""
    if month.label in TOLD_MONTHS:
        return
    for number, service in enumerate(SERVICES):
        for half in range(int(rng.integers(0, 3)) if service != "fileshare" else 0):
            minutes = 5 * int(rng.integers(1, 3)) if service == HEARTBEAT else int(rng.integers(5, 10))
            start = month.at(f"{3 + 13 * half + number:02d} 10:00") + 300 * int(rng.integers(0, 50))
            cause = ("restart after update", "line fault", "storage full", "certificate expired")[
                rng.integers(0, 4)
            ]
            logged = bool(rng.random() < LOGGED)
            seen, told = lots.random(2) < (SEEN, TOLD_OF)
            if (month.label, service) in TOLD:
                continue
            watch.down(service, start, minutes, cause, logged, bool(seen))
            probed = service in CHANGES or service == HEARTBEAT
            if told and probed and month.label in COMPLAINING and _working(office, start):
                watch.told.append((service, start))
    for service, sunday in (("telephony", 1), ("erp", 3)):
        start = instant(f"{_sunday(month, sunday).date()} 02:00")
        end = start + 90 * 60
        watch.happened(service, "excluded", start, end)
        watch.log(
            service,
            "maintenance",
            start,
            end,
            start - 6 * 86400,
            announced_by="tech-alder",
            cause="monthly updates",
        )
        if service in CHANGES:
            watch.see(service, "maintenance", start, end)


def _plant(watch: Watch, truth: Truth) -> None:
    """The faults of the availability page, told once."""
    z = instant
    # Both change days: an hour that is real on the clock and not on the wall.
    watch.down("vpn", z("2025-10-26T00:30Z"), 60, "gateway hung")
    watch.down("vpn", z("2026-03-29T00:30Z"), 60, "gateway hung")
    truth.plant(
        "2025-10",
        "availability",
        "clock_change",
        subject="vpn",
        started_at="2025-10-26T00:30:00Z",
        down_min=60,
    )
    truth.plant(
        "2026-03",
        "availability",
        "clock_change",
        subject="vpn",
        started_at="2026-03-29T00:30:00Z",
        down_min=60,
    )
    watch.down("email", z("2025-12-09 10:00"), 145, "mail store corrupt")
    for day in ("07", "15", "23"):
        watch.down("email", z(f"2026-04-{day} 11:00"), 10, "restart after update")
    _degraded(watch, "webshop", z("2026-05-12 09:00"), 90, "database overloaded")
    watch.down("webshop", z("2026-06-11 08:00"), 420, "flooded machine room")
    watch.down("webshop", z("2026-06-18 12:00"), 280, "flooded machine room")
    watch.down("telephony", z("2026-06-11 08:00"), 600, "flooded machine room")
    # Of two of these people tell the desk, and of one that neither the log nor the probe has.
    watch.told += [("email", z("2026-04-15 11:00")), ("webshop", z("2026-06-11 08:00"))]
    watch.down("erp", z("2026-02-11 10:30"), 20, "", logged=False, seen=False)
    watch.told.append(("erp", z("2026-02-11 10:30")))
    watch.down("webshop", z("2026-07-16 15:00"), 30, "release rolled back")
    watch.down("webshop", z("2026-09-17 13:00"), 150, "expired certificate")
    # Over the month's end: half an hour in September, half an hour in October.
    watch.down("telephony", z("2026-09-30 23:30"), 60, "exchange restarted")
    for month in ("2026-09", "2026-10"):
        truth.plant(
            month,
            "availability",
            "crosses_month_end",
            subject="telephony",
            started_at="2026-09-30T22:30:00Z",
            down_min=30,
        )
    # Two probes that disagree: the one in the branch sees it down for ten minutes, and the worse counts.
    service, *_, start, end = BRANCH
    watch.happened(service, "down", z(start), z(end))
    truth.plant("2026-08", "evidence", "probes_disagree", subject=service, probe="branch", down_min=10)
    name, start, minutes = STRANGE
    watch.log(name, "down", z(start), z(start) + 60 * minutes, cause="index rebuilt")
    truth.plant("2026-09", "evidence", "strange_name", table="outages", name=name, down_min=minutes)
    _plant_golden(watch, truth)


def _degraded(watch: Watch, service: str, start: int, minutes: int, cause: str) -> None:
    end = start + minutes * 60
    watch.happened(service, "degraded", start, end)
    watch.see(service, "degraded", start, end)
    watch.log(service, "degraded", start, end, cause=cause)


def _plant_golden(watch: Watch, truth: Truth) -> None:
    """October 2026, the month that is worked by hand."""
    z, page, month = instant, "availability", "2026-10"

    # webshop: two rows of the provider and the probe speak of one outage of 150 minutes.
    start = z("2026-10-14T10:05Z")
    watch.happened("webshop", "down", start, start + 150 * 60)
    watch.see("webshop", "down", start, start + 150 * 60)
    watch.log("webshop", "down", start + 15 * 60, start + 135 * 60, cause="payment module failed")
    watch.log("webshop", "down", start + 55 * 60, start + 150 * 60, cause="database restored")
    truth.plant(
        month,
        page,
        "overlapping_outages",
        subject="webshop",
        started_at="2026-10-14T10:05:00Z",
        rows=2,
        down_min=150,
        sum_of_rows_min=215,
    )

    # email: twenty minutes down; the probe itself silent for almost four hours.
    watch.down("email", z("2026-10-06T09:00Z"), 20, "transport queue full")
    watch.gaps.append((z("2026-10-20T02:00Z"), z("2026-10-20T06:00Z")))
    watch.happened("email", "unknown", z("2026-10-20T02:15Z"), z("2026-10-20T06:00Z"))
    truth.plant(
        month,
        page,
        "no_checks",
        subject="email",
        started_at="2026-10-20T02:15:00Z",
        ended_at="2026-10-20T06:00:00Z",
        unknown_min=225,
    )

    # erp: a Wednesday's maintenance in service hours, announced in time; the probe finds it down meanwhile.
    start, end = z("2026-10-21 08:00"), z("2026-10-21 11:20")
    watch.happened("erp", "excluded", start, end)
    watch.log(
        "erp",
        "maintenance",
        start,
        end,
        z("2026-10-16 15:00"),
        announced_by="tech-birch",
        cause="new release",
    )
    watch.see("erp", "down", z("2026-10-21 08:30"), z("2026-10-21 10:50"))
    watch.down("erp", z("2026-10-08 14:00"), 30, "lock in stock table")

    # vpn: maintenance announced twelve hours before; the probe finds it down for 150 of 180 minutes.
    start, end = z("2026-10-11 02:00"), z("2026-10-11 05:00")
    watch.log(
        "vpn",
        "maintenance",
        start,
        end,
        z("2026-10-10 14:00"),
        announced_by="tech-cedar",
        cause="new gateway",
    )
    watch.happened("vpn", "down", start + 600, start + 9600)
    watch.see("vpn", "down", start + 600, start + 9600)
    truth.plant(
        month,
        page,
        "maintenance_announced_late",
        subject="vpn",
        started_at="2026-10-11T01:00:00Z",
        announced_by="tech-cedar",
        notice_hours=12,
        down_min=150,
    )
    # vpn: announced in time but on a Tuesday afternoon, outside the agreed windows; found up throughout.
    start, end = z("2026-10-06 14:00"), z("2026-10-06 14:20")
    watch.log(
        "vpn",
        "maintenance",
        start,
        end,
        z("2026-10-01 09:00"),
        announced_by="tech-cedar",
        cause="rule change",
    )
    truth.plant(
        month,
        page,
        "maintenance_outside_window",
        subject="vpn",
        started_at="2026-10-06T13:00:00Z",
        announced_by="tech-cedar",
        down_min=0,
    )
    _degraded(watch, "vpn", z("2026-10-22 09:00"), 120, "one of two lines")
    truth.plant(month, page, "degraded", subject="vpn", started_at="2026-10-22T08:00:00Z", degraded_min=120)
    # vpn: from 01:30 to 01:30 on the night that the clocks go back is an hour.
    watch.down("vpn", z("2026-10-25T00:30Z"), 60, "gateway hung")
    truth.plant(month, page, "clock_change", subject="vpn", started_at="2026-10-25T00:30:00Z", down_min=60)

    # telephony: the first maintenance uses up the month's cap of 240 minutes, the second is beyond it.
    start = z("2026-10-04 00:00")
    watch.happened("telephony", "excluded", start, start + 240 * 60)
    watch.log(
        "telephony",
        "maintenance",
        start,
        start + 240 * 60,
        z("2026-09-29 10:00"),
        announced_by="tech-elder",
        cause="exchange replaced",
    )
    start = z("2026-10-18 01:00")
    watch.happened("telephony", "down", start, start + 60 * 60)
    watch.log(
        "telephony",
        "maintenance",
        start,
        start + 60 * 60,
        z("2026-10-12 10:00"),
        announced_by="tech-elder",
        cause="exchange replaced",
    )
    truth.plant(
        month,
        page,
        "maintenance_above_cap",
        subject="telephony",
        started_at="2026-10-18T00:00:00Z",
        announced_by="tech-elder",
        down_min=60,
    )


def _expect(watch: Watch, month: Span, service: str, office: Office, truth: Truth) -> None:
    """Paint one service's month by the minute and write down what its row must say."""
    calendar, target, _, users, _ = SERVICES[service]
    if service == "webshop" and month.label >= WEBSHOP_AMENDED[0]:
        target = WEBSHOP_AMENDED[1]
    size = (month.end - month.start) // 60
    painted = np.zeros(size, dtype="U9")
    for state in ("unknown", "degraded", "down", "excluded"):
        for spell in watch.spells:
            if spell["service"] == service and spell["state"] == state:
                begin, end = ((spell[edge] - month.start) // 60 for edge in ("start", "end"))
                painted[max(begin, 0) : max(end, 0)] = state
    if calendar == "office":
        minutes = month.start + 60 * np.arange(size + 1)
        painted = painted[np.diff(office.position(minutes)) > 0]
    counted = {state: int((painted == state).sum()) for state in ("excluded", "unknown", "down", "degraded")}
    down, unknown = counted["down"], counted["unknown"]
    known = len(painted) - counted["excluded"] - unknown
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (painted == "down").astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    outages = lengths[lengths >= OUTAGE_MIN]
    up = known - down
    no_target = target is None
    usual = ("none", None if no_target else "met", None if no_target else "pass")
    fault, verdict, robust = STORY.get((month.label, service), usual)
    truth.plant(
        month.label,
        "availability",
        fault,
        subject=service,
        scheduled_min=len(painted),
        excluded_min=counted["excluded"],
        unknown_min=unknown,
        down_min=down,
        up_min=up,
        degraded_min=counted["degraded"],
        availability_ratio=up / known,
        low_ratio=up / (known + unknown),
        high_ratio=(up + unknown) / (known + unknown),
        coverage_ratio=known / (known + unknown),
        target_ratio=target,
        outages=len(outages),
        longest_outage_min=int(lengths.max()) if len(lengths) else None,
        mttr_min=float(outages.mean()) if len(outages) else None,
        mtbf_min=up / len(outages) if len(outages) else None,
        user_hours_lost=down * users / 60,
        evidence="probe" if service in (*CHANGES, HEARTBEAT) else "provider",
        verdict="no_target" if no_target else verdict,
        robust=robust,
    )


def _working(office: Office, start: int) -> bool:
    """Whether the hour after an instant is one of work."""
    return int(office.position(start + 3600) - office.position(start)) == 3600


def _expect_unlogged(watch: Watch, first: Span, month: Span, office: Office, truth: Truth) -> None:
    """Which outages of the month others saw and the log lacks, which the log has and the probe lacks, and how many
    there were over the months to its end in all: of services with a probe, in service time."""
    probed = {*CHANGES, HEARTBEAT}
    down = [spell for spell in watch.spells if spell["state"] == "down" and spell["service"] in probed]
    there = [
        one
        for one in [*down, *watch.unseen]
        if SERVICES[one["service"]][0] == "always"
        or office.position(one["end"]) > office.position(one["start"])
    ]
    for one in sorted(there, key=lambda one: one["start"]):
        if not month.start <= one["start"] < month.end:
            continue
        names = {"subject": one["service"], "started_at": str(pd.Timestamp(one["start"], unit="s", tz="UTC"))}
        told = ["ticket bursts"] * ((one["service"], one["start"]) in watch.told)
        if _meets(one, watch.logged):
            if not _meets(one, watch.seen):
                minutes = (one["end"] - one["start"]) / 60
                truth.plant(month.label, "evidence", "probe_missed", **names, down_min=minutes)
        elif one not in watch.unseen:
            truth.plant(month.label, "evidence", "unlogged", **names, seen_by=["probes", *told])
        elif told:
            truth.plant(month.label, "evidence", "unlogged", **names, seen_by=told)
    inside = sum(first.start <= one["start"] < month.end for one in there)
    truth.plant(month.label, "evidence", "outages_in_all", count=inside)


def _meets(one: dict, rows: list[dict]) -> bool:
    """Whether a row of the same service lies over an outage."""
    mine = [row for row in rows if row["service"] == one["service"]]
    return any(row["start"] < one["end"] and row["end"] > one["start"] for row in mine)


def _outages(watch: Watch, month: Span) -> pd.DataFrame:
    """Rows that touch the month, as the log stood at its end."""
    rows = pd.DataFrame(watch.logged)
    rows = rows[(rows["start"] < month.end) & (rows["end"] > month.start)].sort_values(["start", "service"])
    ended = np.where(rows["end"] <= month.end, rows["end"], NEVER)
    return pd.DataFrame(
        {
            "service": rows["service"],
            "started_at": local(rows["start"]),
            "ended_at": local(ended),
            "state": rows["state"],
            "announced_at": local(rows["announced"]),
            "announced_by": rows["announced_by"],
            "cause": rows["cause"],
            "ticket_id": rows["ticket_id"],
        }
    )


def _heartbeat(watch: Watch, month: Span) -> pd.DataFrame:
    """A check every five minutes, none while the probe itself was off."""
    at = np.arange(month.start, month.end, HEARTBEAT_S)
    state = np.full(len(at), "up", dtype=object)
    for spell in watch.seen:
        if spell["service"] == HEARTBEAT:
            state[(at >= spell["start"]) & (at < spell["end"])] = spell["state"]
    silent = np.zeros(len(at), dtype=bool)
    for begin, end in watch.gaps:
        silent |= (at > begin) & (at < end)
    frame = pd.DataFrame({"service": HEARTBEAT, "at": zulu(at), "state": state, "max_gap_s": MAX_GAP_S})
    return frame[~silent]


def _changes(watch: Watch, month: Span) -> pd.DataFrame:
    """The state at the month's first instant and every change after it."""
    rows = [(month.start, service, "up") for service in CHANGES]
    for spell in watch.seen:
        if spell["service"] in CHANGES and month.start <= spell["start"] < month.end:
            rows += [
                (spell["start"], spell["service"], spell["state"]),
                (spell["end"], spell["service"], "up"),
            ]
    frame = pd.DataFrame(sorted(rows), columns=["at", "service", "state"])
    return pd.DataFrame(
        {
            "service": frame["service"],
            "at": zulu(frame["at"]),
            "state": frame["state"],
            "changes_only": "true",
        }
    )


def _branch() -> pd.DataFrame:
    """A check every five minutes of the hour in which the second probe was tried."""
    service, *times = BRANCH
    first, last, down, up = map(instant, times)
    at = np.arange(first, last, HEARTBEAT_S)
    state = np.where((at >= down) & (at < up), "down", "up")
    return pd.DataFrame(
        {"service": service, "at": zulu(at), "probe": "branch", "state": state, "max_gap_s": HEARTBEAT_S}
    )
