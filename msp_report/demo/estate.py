"""What the company owns: licences and installed copies, assets and their backups, proofs of standard duties."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.demo.company import TECHNICIANS, requesters
from msp_report.demo.files import local, zulu
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import NEVER, Span, dates, instant, instants

GOLDEN = "2026-10"
HOUR_S, DAY_S = 3600, 86400

# ---------------------------------------------------------------- licences

#: (entitlement, product, metric, quantity, receipt, key, from, to); receipts as in the purchase register.
ENTITLEMENTS = (
    ("EN-01", "Papyrus Office", "user", 250, "LR-101", "", "2025-04-01", ""),
    ("EN-02", "Quarto Database", "core", 16, "LR-102", "QD-16-CORES", "2025-04-01", ""),
    ("EN-03", "Draftwright CAD", "device", 10, "LR-103", "DW-AAAA-10", "2025-04-01", ""),
    # The provider says that these were bought; no receipt was ever seen.
    ("EN-04", "Draftwright CAD", "device", 5, "", "DW-BBBB-05", "2025-04-01", ""),
    ("EN-05", "Bulwark Antivirus", "device", 300, "LR-105", "", "2025-09-01", "2026-08-31"),
    # For a month, and more of them than their receipt.
    ("EN-07", "Bulwark Antivirus", "device", 20, "LR-107", "", "2026-04-01", "2026-04-30"),
    ("EN-06", "Bulwark Antivirus", "device", 300, "LR-106", "", "2026-09-01", "2027-08-31"),
)
#: The month of the entitlement whose quantity its receipt does not cover: (month, id, quantity, on the receipt).
OVER_RECEIPT = ("2026-04", "EN-07", 20, 12)
PRODUCTS = {
    "Papyrus Office": "user",
    "Quarto Database": "core",
    "Draftwright CAD": "device",
    "Bulwark Antivirus": "device",
}
SERVERS = tuple(f"srv-{number:02d}" for number in range(1, 23))
CORES = {"db-01": 8, "db-02": 8, "db-03": 4}
#: The same copy installed again and again: once more in each of the last four months.
CAD_BEFORE, CAD_AGAIN = 8, ("2026-07-08", "2026-08-12", "2026-09-09", "2026-10-07")
CAD_SECOND_KEY = 2


def _installs() -> pd.DataFrame:
    """Every copy ever installed; a month's export holds those of its end."""
    people = requesters()
    laptops = [f"LT-{number:03d}" for number in range(len(people))]
    long_ago = "2025-05-06"
    rows = [
        ("Papyrus Office", laptop, user, "", "", long_ago, "tech-maple")
        for laptop, user in zip(laptops, people, strict=True)
    ]
    rows += [
        ("Papyrus Office", f"TB-{number:03d}", people[number], "", "", long_ago, "tech-maple")
        for number in range(30)
    ]
    for server, cores in CORES.items():
        when = "2026-10-05" if server == "db-03" else long_ago
        rows.append(("Quarto Database", server, "", cores, "QD-16-CORES", when, "tech-cedar"))
    copies = [(long_ago, "DW-AAAA-10")] * CAD_BEFORE + [(when, "DW-AAAA-10") for when in CAD_AGAIN]
    copies += [(long_ago, "DW-BBBB-05")] * CAD_SECOND_KEY
    for number, (when, key) in enumerate(copies):
        rows.append(
            ("Draftwright CAD", f"WS-{number:02d}", people[100 + number], "", key, when, "tech-rowan")
        )
    rows += [
        ("Bulwark Antivirus", device, "", "", "", long_ago, "tech-maple") for device in (*laptops, *SERVERS)
    ]
    columns = ["product", "device", "user", "cores", "licence_key", "installed_on", "installed_by"]
    return pd.DataFrame(rows, columns=columns)


def _expect_licences(month: Span, truth: Truth) -> None:
    """Position = receipted - installed at the month's end, worked from the lists above."""
    last = str(dates(month)[-1].date())
    again = sum(when <= last for when in CAD_AGAIN)
    cores = sum(cores for server, cores in CORES.items() if server != "db-03" or last >= "2026-10-05")
    cad = CAD_BEFORE + again + CAD_SECOND_KEY
    reused = CAD_BEFORE + again > 10
    lines = {
        "Papyrus Office": (250, 250, len(requesters()), 0),
        "Quarto Database": (16, 16, cores, 0),
        "Draftwright CAD": (15, 10, cad, int(reused)),
        "Bulwark Antivirus": (300, 300, len(requesters()) + len(SERVERS), 0),
    }
    if month.label == OVER_RECEIPT[0]:
        entitled, receipted, *rest = lines["Bulwark Antivirus"]
        lines["Bulwark Antivirus"] = (entitled + OVER_RECEIPT[2], receipted + OVER_RECEIPT[3], *rest)
        truth.plant(
            month.label, "licences", "over_receipt", ids=[OVER_RECEIPT[1]], quantity=OVER_RECEIPT[2],
            receipted=OVER_RECEIPT[3],
        )  # fmt: skip
    for product, (entitled, receipted, installed, keys) in lines.items():
        position = receipted - installed
        truth.plant(
            month.label,
            "licences",
            "short" if position < 0 else "none",
            subject=product,
            metric=PRODUCTS[product],
            entitled=entitled,
            receipted=receipted,
            installed=installed,
            position=position,
            keys_reused=keys,
            verdict="missed" if position < 0 else "met",
        )
    truth.plant(month.label, "licences", "no_receipt", subject="Draftwright CAD", ids=["EN-04"], quantity=5)
    if reused:
        truth.plant(
            month.label, "licences", "key_reused", subject="Draftwright CAD", key="DW-AAAA-10", quantity=10,
            devices=CAD_BEFORE + again, installed_by="tech-rowan",
        )  # fmt: skip
    new = [when for when in CAD_AGAIN if when.startswith(month.label)]
    if new:
        truth.plant(
            month.label,
            "licences",
            "installed_again",
            subject="Draftwright CAD",
            installed_on=new[0],
            times=again,
        )


# ---------------------------------------------------------------- assets and backups

#: Asset: (kind, critical, backup required, own RPO, in service, retired, access proved, held by).
ASSETS: dict[str, tuple[str, bool, bool, int | None, str, str, str, str]] = {
    "db-01": ("server", True, True, None, "2024-02-05", "", "2026-04-14", "client"),
    "db-02": ("server", True, True, None, "2024-02-05", "", "2026-04-14", "client"),
    "db-03": ("server", True, True, None, "2026-10-05", "", "2026-10-05", "client"),
    "erp-01": ("server", True, True, None, "2024-03-11", "", "2026-04-14", "client"),
    "file-01": ("server", True, True, None, "2023-09-04", "", "2026-04-15", "client"),
    "mail-01": ("server", True, True, None, "2024-05-13", "", "2026-04-15", "client"),
    "web-01": ("server", True, True, None, "2024-06-17", "", "2026-04-15", "client"),
    "web-02": ("server", True, True, 12, "2024-06-17", "", "2026-04-15", "client"),
    "dc-01": ("server", True, True, None, "2023-01-16", "", "", "provider"),
    "dc-02": ("server", False, True, None, "2023-01-16", "", "2026-04-16", "client"),
    "hr-01": ("server", False, True, None, "2024-08-19", "", "2026-04-16", "client"),
    "wms-01": ("server", False, True, None, "2026-10-12", "", "2026-10-12", "client"),
    "wiki-01": ("server", False, True, None, "2024-10-07", "", "", "provider"),
    "fw-01": ("firewall", True, False, None, "2024-01-08", "", "2026-04-16", "client"),
    "sw-core-01": ("switch", True, False, None, "2023-03-06", "", "2026-04-16", "client"),
    "print-01.london": ("print server", False, False, None, "2023-05-08", "", "2026-04-17", "client"),
    "print-01.leeds": ("print server", False, False, None, "2023-05-08", "", "2026-04-17", "client"),
}
#: Assets without any job, and the name of a job that fits two assets.
UNPROTECTED = ("db-03", "wiki-01")
AMBIGUOUS = "print-01"
NIGHTLY = (
    "db-01",
    "db-02",
    "erp-01",
    "file-01",
    "mail-01",
    "web-01",
    "web-02",
    "dc-01",
    "dc-02",
    "hr-01",
    "wms-01",
)
RPO_HOURS = 24


def _runs(months: list[Span], rng: np.random.Generator) -> pd.DataFrame:
    """Every run of every job: at 22:00, for web-02 at 10:00 too."""
    days = [str(day.date()) for month in months for day in dates(month)]
    parts = []
    for asset in (*NIGHTLY, AMBIGUOUS):
        for hour in ("22:00", *(["10:00"] if asset == "web-02" else [])):
            parts.append(
                pd.DataFrame(
                    {"asset": asset, "day": days, "started": instants([f"{d} {hour}" for d in days])}
                )
            )
    runs = pd.concat(parts, ignore_index=True)
    runs["finished"] = runs["started"] + 60 * rng.integers(35, 95, size=len(runs))
    runs["result"] = np.where(
        (runs["asset"] == "mail-01") & (rng.random(len(runs)) < 0.1), "warning", "success"
    )
    runs["bytes"] = rng.integers(40, 400, size=len(runs)) * 10**9
    if months[-1].label >= GOLDEN:
        _plant_runs(runs)
    two_nights = (runs["asset"] == "erp-01") & runs["day"].isin(["2026-03-17", "2026-03-18"])
    runs.loc[two_nights, "result"] = "failed"
    runs["kind"], runs["job"] = "", runs["asset"] + "-nightly"
    runs.loc[(runs["asset"] == EMPTY_RUN[0]) & (runs["day"] == EMPTY_RUN[1]), "bytes"] = 0
    began = runs["asset"].map({name: instant(asset[4]) for name, asset in ASSETS.items()}).fillna(0)
    kept = (runs["started"] >= began) & (runs["result"] != "gone")
    whole = pd.concat([runs[kept], _replicas(months)], ignore_index=True)
    return whole.sort_values(["started", "asset"], kind="stable").reset_index(drop=True)


def _replicas(months: list[Span]) -> pd.DataFrame:
    """A copy of what was there already: it succeeds and saves nothing new."""
    asset, days = REPLICA
    days = [day for day in days if day[:7] in [month.label for month in months]]
    started = instants([f"{day} 04:00" for day in days]) if days else np.array([], dtype=np.int64)
    told = {
        "asset": asset,
        "job": f"{asset}-replica",
        "kind": "replica",
        "result": "success",
        "bytes": 180 * 10**9,
    }
    frame = pd.DataFrame({"day": days, "started": started, "finished": started + 1200}).assign(**told)
    return frame.astype({"bytes": "int64"})


def _plant_runs(runs: pd.DataFrame) -> None:
    """October 2026: what failed, what never ran, what still runs."""
    day, asset = runs["day"], runs["asset"]
    october = (day >= "2026-10-01") & (day <= "2026-10-31")
    runs.loc[(asset == "erp-01") & day.isin(["2026-10-13", "2026-10-14", "2026-10-15"]), "result"] = "failed"
    runs.loc[(asset == "dc-02") & (day == "2026-10-09"), "result"] = "failed"
    runs.loc[(asset == "file-01") & october & (day >= "2026-10-20"), "result"] = "gone"
    noon = runs["started"].isin([instant("2026-10-07 10:00"), instant("2026-10-07 22:00")])
    runs.loc[(asset == "web-02") & noon, "result"] = "gone"
    running = (asset == "hr-01") & (day == "2026-10-31")
    runs.loc[running, ["result", "finished"]] = ["none", NEVER]


#: A success without a byte, and what a replica of an old point claims to have saved in the nights without a backup.
EMPTY_RUN = ("hr-01", "2026-04-12")
REPLICA = ("erp-01", ("2026-03-18", "2026-03-19"))
#: A proof of a duty that names neither who did it nor what shows it.
EMPTY_PROOF = ("access reviewed", "2026-02-17 10:00")


#: Tests of reading back: (asset, day, result, minutes).
RESTORES = (
    ("db-01", "2026-09-15", "success", 55),
    ("db-02", "2026-07-21", "success", 61),
    ("erp-01", "2026-03-10", "success", 95),
    ("file-01", "2026-08-20", "failed", ""),
    ("web-01", "2026-10-13", "success", 25),
    ("mail-01", "2025-11-18", "success", 140),
)


def _expect_backups(month: Span, runs: pd.DataFrame, truth: Truth) -> None:
    """Rule 31, slot by slot."""
    totals = {"expected": 0, "good": 0}
    for asset, (_, _, required, own, in_service, _, _, _) in ASSETS.items():
        begin = max(month.start, instant(in_service))
        if not required or begin >= month.end:
            continue
        rpo = (own or RPO_HOURS) * HOUR_S
        expected = max(1, int(np.floor((month.end - begin) / rpo + 0.5)))
        mine = runs[
            (runs["asset"] == asset)
            & runs["result"].isin(["success", "warning"])
            & (runs["kind"] == "")
            & (runs["finished"] < month.end)
        ]
        points = mine["started"].to_numpy()
        ends = begin + rpo * np.arange(1, expected + 1)
        ends[-1] = month.end
        last = np.array([max(points[points < end], default=0) for end in ends])
        missed = int((ends - last > 1.5 * rpo).sum())
        before = max(points[points < month.start], default=begin)
        inside = points[(points >= month.start) & (points < month.end)]
        gaps = np.diff(np.concatenate([[before], inside, [month.end]]))
        restored = [day for name, day, result, _ in RESTORES if (name, result) == (asset, "success")]
        truth.plant(
            month.label,
            "backups",
            "unprotected" if asset in UNPROTECTED else "missed" if missed else "none",
            subject=asset,
            expected=expected,
            good=expected - missed,
            missed=missed,
            attained_rpo_hours=None if asset in UNPROTECTED else float(gaps.max() / HOUR_S),
            rpo_hours=own or RPO_HOURS,
            last_restore_test_on=max((day for day in restored if instant(day) < month.end), default=None),
            verdict="missed" if missed else "met",
        )
        totals = {"expected": totals["expected"] + expected, "good": totals["good"] + expected - missed}
    unprotected = [a for a in UNPROTECTED if instant(ASSETS[a][4]) < month.end]
    truth.plant(
        month.label, "backups", "none", subject="", within_rpo_ratio=totals["good"] / totals["expected"],
        unprotected=len(unprotected), **totals,
    )  # fmt: skip
    fits = ["print-01.leeds", "print-01.london"]
    truth.plant(month.label, "backups", "ambiguous_name", subject=AMBIGUOUS, fits=fits)
    asset, day = EMPTY_RUN
    if day.startswith(month.label):
        truth.plant(month.label, "backups", "empty_run", subject=asset, on=day)
    asset, days = REPLICA
    if days[0].startswith(month.label):
        truth.plant(month.label, "backups", "replica_only", subject=asset, runs=len(days))
    if month.label == GOLDEN:
        truth.plant(GOLDEN, "backups", "still_running", subject="hr-01", started_at="2026-10-31T22:00:00Z")
        truth.plant(GOLDEN, "backups", "restore_failed", subject="file-01", tested_on="2026-08-20")


def _assets(month: Span) -> pd.DataFrame:
    """The register as it stood at the month's end."""
    rows = [
        (name, kind, str(critical).lower(), str(required).lower(), own or "", *rest)
        for name, (kind, critical, required, own, *rest) in ASSETS.items()
        if instant(rest[0]) < month.end
    ]
    columns = ["asset", "kind", "critical", "backup_required", "rpo_hours", "in_service_on", "retired_on"]
    frame = pd.DataFrame(rows, columns=[*columns, "access_proved_on", "held_by"])
    late = frame["access_proved_on"] >= str(dates(month)[-1].date() + pd.Timedelta(days=1))
    frame.loc[late, "access_proved_on"] = ""
    return frame


# ---------------------------------------------------------------- duties

#: By month the assets of which nothing was saved for longer than agreed, with the mornings on which their backups are
#: said to have been watched all the same.
CONTRADICTED = {
    "2026-03": {"erp-01": ["2026-03-18", "2026-03-19"]},
    GOLDEN: {"web-02": ["2026-10-08"], "file-01": [f"2026-10-{day}" for day in range(21, 32)]},
}


def _proofs(months: list[Span]) -> pd.DataFrame:
    """Every proof: backups are looked at each morning, the rest by the calendar."""
    days = [str(day.date()) for month in months for day in dates(month)]
    away = {f"2026-10-{day}" for day in range(14, 20)}
    rows = [("backups watched", f"{day} 08:30", TECHNICIANS[place % 4], "log of the morning")
            for place, day in enumerate(days) if day not in away]  # fmt: skip
    patched = pd.date_range("2025-10-05", days[-1], freq="28D")
    rows += [("patching", f"{day.date()} 03:30", "tech-alder", "list of updates")
             for day in patched if not "2026-10-01" <= str(day.date()) <= "2026-10-31"]  # fmt: skip
    counted = ("2025-10-06", "2026-01-05", "2026-04-06", "2026-07-06", "2026-10-05")
    rows += [("licences counted", f"{day} 14:00", "tech-maple", "count sheet") for day in counted]
    firewall = ("2025-10-13", "2026-04-13", "2026-10-12")
    rows += [("firewall rules reviewed", f"{day} 11:00", "tech-birch", "list of rules") for day in firewall]
    duty, at = EMPTY_PROOF
    if at[:7] in [month.label for month in months]:
        rows.append((duty, at, "", ""))
    frame = pd.DataFrame(rows, columns=["duty", "at", "by", "evidence"])
    frame["at"] = instants(list(frame["at"]))
    return frame.sort_values(["at", "duty"], kind="stable")


def _expect_duties(month: Span, truth: Truth) -> None:
    truth.plant(month.label, "duties", "never_proved", subject="access reviewed", every_days=92)
    duty, at = EMPTY_PROOF
    if at.startswith(month.label):
        truth.plant(month.label, "duties", "empty_proof", subject=duty, on=at[:10])
    if month.label in CONTRADICTED:
        days = CONTRADICTED[month.label]
        truth.plant(month.label, "duties", "contradicted_proof", subject="backups watched", days=days)
    if month.label == GOLDEN:
        truth.plant(
            GOLDEN, "duties", "gap", subject="backups watched", every_days=2,
            gap_days=(month.end - instant("2026-10-20 08:30")) / DAY_S,
        )  # fmt: skip
        truth.plant(
            GOLDEN, "duties", "gap", subject="patching", every_days=30, last_done_on="2026-09-06",
            gap_days=(month.end - instant("2026-09-06 03:30")) / DAY_S,
        )  # fmt: skip
        for duty in ("licences counted", "firewall rules reviewed"):
            truth.plant(GOLDEN, "duties", "none", subject=duty)


# ---------------------------------------------------------------- all of it


def simulate(months: list[Span], seed: int, truth: Truth) -> dict[str, dict[str, pd.DataFrame]]:
    """entitlements, installs, assets, backup_jobs, restore_tests and duty_evidence by month."""
    names = ("entitlements", "installs", "assets", "backup_jobs", "restore_tests", "duty_evidence")
    tables: dict[str, dict[str, pd.DataFrame]] = {name: {} for name in names}
    installs, proofs = _installs(), _proofs(months)
    runs = _runs(months, np.random.default_rng([seed, 8]))
    restores = pd.DataFrame(RESTORES, columns=["asset", "tested_on", "result", "minutes"])
    columns = [
        "entitlement_id",
        "product",
        "metric",
        "quantity",
        "receipt_id",
        "licence_key",
        "starts_on",
        "ends_on",
    ]
    entitlements = pd.DataFrame(ENTITLEMENTS, columns=columns)
    for month in months:
        label, last = month.label, str(dates(month)[-1].date())
        tables["entitlements"][label] = entitlements[entitlements["starts_on"] <= last]
        tables["installs"][label] = installs[installs["installed_on"] <= last]
        tables["assets"][label] = _assets(month)
        mine = runs[runs["started"].between(month.start, month.end - 1)]
        tables["backup_jobs"][label] = pd.DataFrame(
            {
                "asset": mine["asset"],
                "job": mine["job"],
                "kind": mine["kind"],
                "started_at": zulu(mine["started"]),
                "finished_at": zulu(mine["finished"]),
                "result": mine["result"],
                "bytes": np.where(mine["result"].isin(["success", "warning"]), mine["bytes"], 0),
                "location": "Leeds",
            }
        )
        tables["restore_tests"][label] = restores[restores["tested_on"].str.startswith(label)]
        done = proofs[proofs["at"].between(month.start, month.end - 1)]
        tables["duty_evidence"][label] = done.assign(done_at=local(done["at"]))[
            ["duty", "done_at", "by", "evidence"]
        ]
        _expect_licences(month, truth)
        _expect_backups(month, runs, truth)
        _expect_duties(month, truth)
    return tables


def unproved(month: Span) -> dict[str, list[str]]:
    """What could not be reached or restored without the provider at a month's end."""
    alive = {name: asset for name, asset in ASSETS.items() if instant(asset[4]) < month.end}
    restored = {name for name, day, result, _ in RESTORES if result == "success" and instant(day) < month.end}
    return {
        "access": [name for name, asset in alive.items() if not asset[6]],
        "restore": [name for name, asset in alive.items() if asset[2] and name not in restored],
    }
