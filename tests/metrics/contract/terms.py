"""Terms of a contract for tests, what it owns, and figures as a pack gives them."""

from __future__ import annotations

import pandas as pd

#: Five per cent of 10,000 under 99.9 %, fifteen under 99 %.
TIERS = [
    {"measure": "availability.ratio", "below": 0.999, "credit_ratio": 0.05, "clause": "8.1"},
    {"measure": "availability.ratio", "below": 0.99, "credit_ratio": 0.15, "clause": "8.2"},
]


def agreed(tiers=TIERS, fee=10_000, **terms) -> dict:
    return {"term": {"monthly_fee": fee}, "credits": tiers, "credit_terms": {"claim_days": 60, **terms}}


def figures(*rows: tuple, measure="availability.ratio", **columns) -> pd.DataFrame:
    """Figures: (subject, value) or (subject, value, verdict); missed where nothing is said."""
    full = [(*row, "missed")[:3] for row in rows]
    frame = pd.DataFrame(full, columns=["subject", "value", "verdict"])
    return frame.assign(measure=measure, **columns)


def history(**months) -> pd.DataFrame:
    """Ratios of email by month: m09=0.98."""
    rows = [figures(("email", value)).assign(month=f"2026-{name[1:]}") for name, value in months.items()]
    return pd.concat(rows, ignore_index=True)


AT = pd.Timestamp("2026-11-01", tz="UTC")


TERM = {"ends_on": "2028-03-31", "notice_days": 90, "monthly_fee": 18_000, "exit_fee": 54_000}


ASSETS = pd.DataFrame(
    {
        "asset": ["db", "fw", "old", "new", "app"],
        "kind": "server",
        "backup_required": [True, False, True, True, True],
        "retired_on": pd.to_datetime([None, None, "2026-10-31", None, None]),
        "in_service_on": pd.to_datetime([None, None, None, "2026-11-01", None]),
        "access_proved_on": pd.to_datetime(["2026-04-01", None, None, None, "2026-11-01"]),
        "held_by": ["client", "provider", "provider", "client", "client"],
    }
)


RESTORES = pd.DataFrame(
    {
        "asset": ["DB", "db", "app", "app"],
        "tested_on": pd.to_datetime(["2026-05-01", "2026-06-01", "2026-10-01", "2026-11-02"]),
        "result": ["success", "Success", "failed", "success"],
    }
)
