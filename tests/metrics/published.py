"""Months of published figures, for the tests of metrics that look back."""

from __future__ import annotations

import pandas as pd

from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Period

PERIOD = Period.parse("2026")
START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC")
MONTHS = [str(month) for month in PERIOD.months]
#: Rule 21: mean 99.0833, mean moving range 0.3182, limits 98.237 and 99.930.
VECTOR = [98.9, 99.2, 99.4, 98.8, 99.1, 99.3, 99.0, 99.2, 98.7, 99.1, 99.3, 99.0]


def calendar(published=MONTHS, to_date=(), months=MONTHS) -> pd.DataFrame:
    """The months of a year, with a pack or without."""
    return pd.DataFrame(
        {
            "month": months,
            "published": [month in published for month in months],
            "to_date": [month in to_date for month in months],
            "why_missing": [None if month in published else "no exports were supplied" for month in months],
        }
    )


def packs(*rows: dict) -> pd.DataFrame:
    """Published figures: each row a month and the fields of a Figure, its measure "a.x" unless named."""
    made = [
        {
            "month": row["month"],
            **Figure(**{"measure": "a.x", **{k: v for k, v in row.items() if k != "month"}}).row(),
        }
        for row in rows
    ]
    return pd.DataFrame(made, columns=["month", *COLUMNS]).sort_values(
        "month", kind="stable", ignore_index=True
    )


def series(values, months=MONTHS, **fields) -> list[dict]:
    """A figure of every month; None is a month in which it has no value."""
    why = {None: "nobody looked"}
    return [
        {"month": month, "value": value, "why_missing": why.get(value), **fields}
        for month, value in zip(months, values, strict=True)
    ]


def judged(verdicts: str, months=MONTHS, target=0.9, **fields) -> list[dict]:
    """A promised figure by a letter a month: m met, x missed, ? no verdict, - no data, . not given by the pack."""
    words = {"m": "met", "x": "missed", "?": "no_verdict", "-": "no_data"}
    rows = zip(months, verdicts, strict=True)
    return [
        {
            "month": month,
            "value": None if letter == "-" else 1.0,
            "why_missing": "nobody looked" if letter == "-" else None,
            "verdict": words[letter],
            "target": target,
            "clause": "4.1",
            "unit": "ratio",
            **fields,
        }
        for month, letter in rows
        if letter != "."
    ]
