"""Clients side by side: whose provider keeps what it promised, and where do they differ?

Every value is that of a published pack; nothing is computed anew and nothing is averaged over clients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.promises import agreed

#: Reports whose subjects are ids of one client: PRJ-01 here is not PRJ-01 there.
OWN_SUBJECTS = ("projects", "capacity")

PROMISES = [
    "client",
    "months",
    "promised",
    "met",
    "missed",
    "no_verdict",
    "no_data",
    "kept_ratio",
    "why_missing",
]
#: The columns of figures.csv.
SIDE = [
    "client",
    *(c for c in COLUMNS if c not in ("claimed", "clause", "rule", "why_missing", "headline")),
    "currency",
    "state",
]


@dataclass(frozen=True)
class Side:
    """One client of a comparison."""

    label: str
    """What the page calls it: its name, or its letter."""
    currency: str
    figures: pd.DataFrame | None
    """The rows of its figures.json; None where there is no pack."""
    promised: pd.DataFrame | None
    """The same of all its monthly packs of the period, with their month, which hold what was promised in each."""

    @property
    def months(self) -> int:
        """How many months of the period have a pack."""
        return len(self.promised["month"].unique()) if self.promised is not None else 0


@dataclass(frozen=True)
class Analysis:
    """A comparison: frames of the functions of these names."""

    comparable: pd.DataFrame
    promises: pd.DataFrame
    by_report: pd.DataFrame
    side_by_side: pd.DataFrame
    absent: list[str]
    """The clients without a pack of the period."""

    @property
    def targeted(self) -> pd.DataFrame:
        """The comparable figures that have a target for at least one client."""
        return self.comparable[self._has_target]

    @property
    def others(self) -> pd.DataFrame:
        """The comparable figures that have none."""
        return self.comparable[~self._has_target]

    @property
    def _has_target(self) -> pd.Series:
        return self.comparable.groupby(["measure", "subject"])["target"].transform("count").gt(0)

    def figures(self) -> list[Figure]:
        """None: a comparison has no figures but those of the packs, which `comparable` has."""
        return []

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {name: getattr(self, name) for name in ("promises", "by_report", "side_by_side")}


def analyse(sides: Sequence[Side]) -> Analysis:
    """Clients side by side, in the order given."""
    figures = comparable(sides)
    return Analysis(
        comparable=figures,
        promises=promises(sides),
        by_report=by_report(sides),
        side_by_side=side_by_side(figures),
        absent=[side.label for side in sides if side.figures is None],
    )


def promises(sides: Sequence[Side]) -> pd.DataFrame:
    """How much of what was promised each client's provider kept.

    Returns one row per client with PROMISES: months with a pack; promises of the provider by verdict (rule 49), each
    counted in every month; kept_ratio = met / (met + missed), missing where nothing was judged, with why_missing.
    """
    frame = pd.DataFrame([_kept_of(side) for side in sides], columns=PROMISES)
    return frame.astype(dict.fromkeys(PROMISES[1:7], "Int64"))


def _kept_of(side: Side) -> dict[str, Any]:
    if side.promised is None:
        return {"client": side.label, "months": 0, "why_missing": "no pack"}
    verdicts = agreed(side.promised)["verdict"]
    counts = {name: int(verdicts.eq(name).sum()) for name in ("met", "missed", "no_verdict", "no_data")}
    judged = counts["met"] + counts["missed"]
    return {
        "client": side.label,
        "months": side.months,
        "promised": len(verdicts),
        **counts,
        "kept_ratio": counts["met"] / judged if judged else None,
        "why_missing": None if judged else "nothing could be judged",
    }


def by_report(sides: Sequence[Side]) -> pd.DataFrame:
    """The same by page: one row per report with a column for each client that has a pack, `3 of 5` kept."""
    columns = {side.label: _kept_by_report(side.promised) for side in sides if side.promised is not None}
    reports = list(dict.fromkeys(report for column in columns.values() for report in column))
    return pd.DataFrame(
        {"report": pd.Series(reports, dtype=str)}
        | {label: [c.get(r) for r in reports] for label, c in columns.items()}
    )


def _kept_by_report(figures: pd.DataFrame) -> dict[str, str]:
    promised = agreed(figures)
    judged = promised[promised["verdict"].isin(["met", "missed"])]
    met = judged["verdict"].eq("met").groupby(judged["report"]).agg(["sum", "count"])
    return {
        report: f"{met.at[report, 'sum']} of {met.at[report, 'count']}"
        if report in met.index
        else "none judged"
        for report in dict.fromkeys(promised["report"])
    }


def comparable(sides: Sequence[Side]) -> pd.DataFrame:
    """The figures that mean the same for every client, long: one row per measure, subject and client.

    Returns rows with the columns SIDE in the order of the first pack. A figure over all is comparable; one of a
    subject only where two clients have a subject of this name, and never where subjects are ids of one client
    (OWN_SUBJECTS). `state` is known, not known, not in the pack, or no pack.
    """
    found = [side.figures.assign(client=side.label) for side in sides if side.figures is not None]
    every = pd.concat(
        [frame.astype(object) for frame in found] or [pd.DataFrame(columns=["client", *COLUMNS])],
        ignore_index=True,
    )
    keys = ["measure", "subject"]
    shared = every.groupby(keys)["client"].transform("nunique").gt(1) & ~every["report"].isin(OWN_SUBJECTS)
    rows = every[every["subject"].eq("") | shared]
    order = rows.drop_duplicates(keys)[["report", *keys, "unit"]]
    asked = order.merge(
        pd.DataFrame(
            [(side.label, side.currency, side.figures is not None) for side in sides],
            columns=["client", "currency", "pack"],
        ),
        how="cross",
    )
    values = rows.drop(columns=["report", "unit"])
    wide = asked.merge(values, how="left", on=["client", *keys], indicator="found")
    given = wide["found"].eq("both")
    state = pd.Series("not in the pack", wide.index).mask(~wide["pack"], "no pack")
    state = state.mask(given, "not known").mask(given & wide["value"].notna(), "known")
    currency = wide["currency"].where(wide["unit"].eq("cost"))
    number = pd.to_numeric(wide["n"]).astype("Int64")
    return wide.assign(state=state, currency=currency, n=number)[SIDE]


def side_by_side(figures: pd.DataFrame) -> pd.DataFrame:
    """The same wide: one row per measure and subject, for each client a column of values and one of verdicts."""
    clients = list(dict.fromkeys(figures["client"]))
    keys = ["measure", "subject", "unit"]
    order = figures.drop_duplicates(keys)[keys].set_index(keys)
    columns = {}
    for client in clients:
        own = figures[figures["client"].eq(client)].set_index(keys)
        columns |= {f"{client} value": own["value"], f"{client} verdict": own["verdict"]}
    return order.assign(**columns).reset_index()
