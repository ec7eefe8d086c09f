"""Every outage with what it cost, and every maintenance with who declared it (rules 8, 10 and 39)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import MISSING, utc
from msp_report.metrics.availability.maintenance import agreed_windows, in_time
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.readings import DEGRADED, DOWN, MAINTENANCE, STATES, UNKNOWN
from msp_report.metrics.availability.spans import Spans, length_before, less, union
from msp_report.metrics.availability.watched import Watched
from msp_report.model.columns import HOUR, MINUTE


def outages_of(service: Watched, month: ServiceMonth) -> pd.DataFrame:
    """Every maximal run of down service time by the contract's own reading."""
    line = service.line
    runs = line.result(month.own).runs
    if not len(runs):
        return pd.DataFrame()
    minutes = (runs[:, 1] - runs[:, 0]) / MINUTE
    instants = line.axis.instants(runs)
    rows = pd.DataFrame({"service": line.agreed.name, "down_min": minutes})
    rows["started_at"], rows["ended_at"] = (utc(instants[:, side]) for side in (0, 1))
    rows["counted"] = minutes >= line.agreed.outage_min
    rows["still_on"] = runs[:, 1] == line.axis.total
    speaks = (line.log["state"] != UNKNOWN).to_numpy()
    by_log = union(line.logged[speaks])
    by_probe = union(*(line.probed[state] for state in (MAINTENANCE, DOWN, DEGRADED)))
    in_log, in_probe = (
        np.diff(length_before(spans, runs), axis=1).ravel() > 0 for spans in (by_log, by_probe)
    )
    rows["evidence"] = np.select([in_log & in_probe, in_log], ["both", "provider"], "probe")
    for word in ("cause", "ticket_id"):
        rows[word] = _words(line.log[word][speaks], line.logged[speaks], runs)
    users, cost = line.agreed.users, line.agreed.user_hourly_cost
    rows["user_hours_lost"] = np.nan if users is None else minutes * users / 60
    rows["user_cost"] = rows["user_hours_lost"] * (np.nan if cost is None else cost)
    return rows


def _words(words: pd.Series, spans: Spans, runs: Spans) -> pd.Series:
    """What the rows that touch each run say, each text once, in the order of the log."""
    first = np.searchsorted(runs[:, 1], spans[:, 0], side="right")
    count = np.clip(np.searchsorted(runs[:, 0], spans[:, 1], side="left") - first, 0, None)
    count[spans[:, 0] == spans[:, 1]] = 0
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    touched = pd.DataFrame(
        {"run": np.repeat(first, count) + step, "word": np.repeat(words.to_numpy(), count)}
    )
    joined = touched.dropna().drop_duplicates().groupby("run")["word"].agg("; ".join)
    return joined.reindex(range(len(runs)))


def maintenance_of(service: Watched, month: ServiceMonth) -> pd.DataFrame:
    """Maintenance rows of the log that reach into the period, then what only checks call maintenance."""
    line = service.line
    is_row = ((line.log["state"] == MAINTENANCE) & (line.log["end"] > month.first)).to_numpy()
    log, spans = line.log[is_row], line.logged[is_row]
    alone = less(union(line.probed[MAINTENANCE]), union(spans))
    if log.empty and not len(alone):
        return pd.DataFrame()
    rows = pd.DataFrame(
        {
            "started_at": utc(log["begin"]),
            "ended_at": utc(log["end"].where(~log["still_on"], MISSING)),
            "announced_at": utc(log["announced"]),
            "announced_by": log["announced_by"],
            "notice_hours": (log["begin"] - log["announced"]).where(log["announced"] != MISSING) / HOUR,
            "source": "outages",
        }
    )
    timely = in_time(log, month)
    instants = line.axis.instants(alone)
    seen = {"started_at": utc(instants[:, 0]), "ended_at": utc(instants[:, 1]), "source": "checks"}
    rows = pd.concat([rows, pd.DataFrame(seen)], ignore_index=True)
    spans = np.concatenate([spans, alone])
    rows["service"] = line.agreed.name

    def minutes(part: Spans) -> np.ndarray:
        return np.diff(length_before(part, spans), axis=1).ravel() / MINUTE

    scheduled, counted = minutes(np.array([[0, line.axis.total]])), minutes(line.accepted)
    windowed = minutes(union(agreed_windows(line.axis, month)))
    refused = scheduled - counted
    rows["scheduled_min"], rows["counted_min"], rows["refused_min"] = scheduled, counted, refused
    rows["down_min"] = minutes(line.result(month.own).runs)
    rows["status"] = np.select(
        [scheduled == 0, refused == 0, counted == 0], ["outside service time", "counted", "refused"], "partly"
    )
    announced = rows["announced_at"].notna().to_numpy()
    agreed = month.accounting.notice_hours
    outside = "outside the agreed windows"
    rows["why"] = np.select(
        [
            refused == 0,
            ~announced,
            ~np.append(timely, np.zeros(len(alone), bool)),
            windowed < scheduled,
        ],
        [
            None,
            "not announced",
            f"announced less than {agreed:g} hours before",
            np.where(windowed > counted, outside + " and over the monthly cap", outside),
        ],
        "over the monthly cap",
    )
    return rows


def contradictions_of(service: Watched) -> pd.DataFrame:
    """Every outage that something else contradicts (rule 43)."""
    found = service.contradictions
    if found.empty:
        return found
    rows = service.log.loc[found["row"]].reset_index(drop=True)
    return found.assign(
        service=service.agreed.name,
        started_at=utc(rows["begin"]),
        ended_at=utc(rows["end"].where(~rows["still_on"], MISSING)),
        seen_at=utc(found["seen_at"]),
        probe=found["probe"].replace("", None),
        cause=rows["cause"],
        ticket_id=rows["ticket_id"],
    )


def dropped_of(service: Watched) -> pd.DataFrame:
    """The rejected rows that may belong to a service (rule 42), with what could be read of them."""
    log, checks = service.lost_log, service.lost_checks
    if log.empty and checks.empty:
        return log
    rows = pd.concat(
        [
            log.assign(table="outages", started_at=utc(log["begin"]), ended_at=utc(log["end"])),
            checks.assign(table="checks", started_at=utc(checks["at"])),
        ],
        ignore_index=True,
    )
    states = pd.Series([*STATES, None], dtype="str")
    return rows.assign(service=service.agreed.name, state=states.iloc[rows["state"]].to_numpy())


def doubts_of(found: pd.DataFrame) -> pd.DataFrame:
    """What speaks against each probe, with the services that it touches (rule 46)."""
    if found.empty:
        return found
    rows = found.groupby(["probe", "why"], as_index=False, sort=False).agg(
        services=("service", "; ".join), times=("times", "max"), first=("first", "min"), last=("last", "max")
    )
    return rows.rename(columns={"why": "what"}).assign(
        started_at=utc(rows["first"].astype("int64")), ended_at=utc(rows["last"].astype("int64"))
    )
