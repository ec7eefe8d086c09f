"""All clients of a month on one page: which have their pack, and what needs whom.

Every value is that of a published pack; nothing is computed anew, and only counts of promises are added
up over clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from msp_report.metrics.scorecard.things import GRAVITY
from msp_report.model.figures import Figure

#: The states of a client: its pack was made or confirmed by this run; the run failed, and the pack of before stands or
#: there is none.
PUBLISHED, STANDS, NONE = "published", "the pack of before stands", "no pack"

CLIENTS = [
    "client",
    "state",
    "why",
    "missed",
    "judged",
    "last_missed",
    "unjudged",
    "own_missed",
    "worse",
    "to_decide",
    "gravity",
    "by_on",
    "to_hold",
    "currency",
    "awaited",
]
#: What the scorecard of a pack says of its client, by our column.
_SCORECARD = {
    name: f"scorecard.{name}"
    for name in ("missed", "judged", "last_missed", "unjudged", "own_missed", "worse", "to_hold")
}
DECISIONS = ["client", "who", "things", "gravity", "by_on", "cost", "currency"]
PROOF = ["client", "awaited", "tables", "unjudged", "evidence_lost"]
_COUNTS = ["missed", "judged", "last_missed", "unjudged", "own_missed", "worse", "to_decide", "awaited"]


@dataclass(frozen=True)
class Side:
    """One client of a portfolio."""

    client: str
    """What the page calls it."""
    currency: str
    why: str | None = None
    """Why this run could not make its pack, one sentence; None where it did."""
    figures: pd.DataFrame | None = None
    """The rows of its pack's figures.json; None where there is no pack."""
    items: pd.DataFrame | None = None
    """The record scorecard/items of its pack: the things to decide."""
    withheld: tuple[str, ...] = ()
    """The tables that were due for the month and did not come."""

    @property
    def state(self) -> str:
        """PUBLISHED, STANDS or NONE."""
        if self.figures is None:
            return NONE
        return PUBLISHED if self.why is None else STANDS

    def scored(self, measure: str) -> float | None:
        """A figure of its scorecard over all subjects; None where the pack has none."""
        if self.figures is None:
            return None
        own = self.figures[self.figures["measure"].eq(measure) & self.figures["subject"].eq("")]
        return None if own.empty or pd.isna(own["value"].iloc[0]) else float(own["value"].iloc[0])


@dataclass(frozen=True)
class Analysis:
    """A portfolio: frames of the functions of these names."""

    clients: pd.DataFrame
    decisions: pd.DataFrame
    proof: pd.DataFrame

    @property
    def stopped(self) -> pd.DataFrame:
        """The clients whose pack could not be made: the analyst has to see to them."""
        return self.clients.loc[self.clients["why"].notna(), ["client", "why", "state"]].reset_index(
            drop=True
        )

    def figures(self) -> list[Figure]:
        """None: a portfolio has no figures but those of the packs."""
        return []

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {name: getattr(self, name) for name in ("clients", "stopped", "decisions", "proof")}


def analyse(sides: Sequence[Side]) -> Analysis:
    """All clients, and what needs whom."""
    return Analysis(clients=clients(sides), decisions=decisions(sides), proof=proof(sides))


def clients(sides: Sequence[Side]) -> pd.DataFrame:
    """How each client stands, one row per client with CLIENTS, those first whose pack could not be made, then those
    with the gravest thing to decide, then those that missed most.

    why = what stopped its run; missed, judged, last_missed, unjudged, own_missed, worse, to_hold are those of its
    scorecard (rule 49); to_decide counts its things to decide, gravity is the gravest's, by_on the first day by which
    one is to be decided; awaited counts the tables that were due and did not come (rule 41).
    """
    frame = pd.DataFrame([_standing_of(side) for side in sides], columns=CLIENTS)
    frame = frame.astype(dict.fromkeys(_COUNTS, "Int64"))
    rank = pd.DataFrame(
        {
            "made": frame["why"].isna(),
            "gravity": _rank(frame["gravity"]),
            "missed": -frame["missed"].astype("float64"),
            "client": frame["client"].str.casefold(),
        }
    )
    return frame.loc[rank.sort_values(list(rank), kind="stable").index].reset_index(drop=True)


def _standing_of(side: Side) -> dict[str, Any]:
    found = {"client": side.client, "state": side.state, "why": side.why, "currency": side.currency}
    if side.figures is None:
        return found
    items = side.items if side.items is not None else pd.DataFrame(columns=["gravity", "by_on"])
    dated = items["by_on"].dropna().astype(str)
    grave = items.loc[_rank(items["gravity"]).sort_values(kind="stable").index, "gravity"]
    return {
        **found,
        **{name: side.scored(measure) for name, measure in _SCORECARD.items()},
        "to_decide": len(items),
        "gravity": None if grave.empty else grave.iloc[0],
        "by_on": min(dated, default=None),
        "awaited": len(side.withheld),
    }


def decisions(sides: Sequence[Side]) -> pd.DataFrame:
    """What waits for whom: one row per client and who has to decide, with DECISIONS, the gravest first, then those
    to be decided first, then the dearest.

    things counts what they have to decide; gravity is the gravest's; by_on the first day by which one is to be decided;
    cost adds up the money of those that name any, in the client's currency.
    """
    rows = [
        {
            "client": side.client,
            "who": who or None,
            "things": len(own),
            "gravity": own["gravity"].iloc[0],
            "by_on": min(own["by_on"].dropna().astype(str), default=None),
            "cost": float(own["cost"].sum()) if own["cost"].notna().any() else None,
            "currency": side.currency,
        }
        for side in sides
        if side.items is not None
        for who, own in _by_whom(side.items)
    ]
    frame = pd.DataFrame(rows, columns=DECISIONS).astype({"things": "Int64", "cost": "Float64"})
    rank = frame.assign(
        gravity=_rank(frame["gravity"]),
        by_on=frame["by_on"].fillna("9999"),
        cost=-frame["cost"].fillna(0),
        client=frame["client"].str.casefold(),
    )
    order = rank.sort_values(["gravity", "by_on", "cost", "client"], kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _by_whom(items: pd.DataFrame) -> Sequence[tuple[str, pd.DataFrame]]:
    order = _rank(items["gravity"]).sort_values(kind="stable").index
    return [(str(who), own) for who, own in items.loc[order].groupby(items["who"].fillna(""), sort=False)]


def proof(sides: Sequence[Side]) -> pd.DataFrame:
    """What providers owe in evidence: one row per client of which some is missing, with PROOF, those with the most
    promises without a verdict first.

    awaited counts the tables that were due for the month and did not come, and tables names them (rule 41); unjudged
    counts the promises that cannot be judged, evidence_lost those that could be the month before (rule 49).
    """
    rows = [
        {
            "client": side.client,
            "awaited": len(side.withheld),
            "tables": "; ".join(side.withheld) or None,
            "unjudged": side.scored("scorecard.unjudged"),
            "evidence_lost": side.scored("scorecard.evidence_lost"),
        }
        for side in sides
        if side.figures is not None
    ]
    frame = pd.DataFrame(rows, columns=PROOF)
    frame = frame.astype(dict.fromkeys(("awaited", "unjudged", "evidence_lost"), "Int64"))
    frame = frame[frame[["awaited", "unjudged", "evidence_lost"]].fillna(0).gt(0).any(axis=1)]
    rank = frame.assign(unjudged=-frame["unjudged"].fillna(0), client=frame["client"].str.casefold())
    return frame.loc[rank.sort_values(["unjudged", "client"], kind="stable").index].reset_index(drop=True)


def promises(frame: pd.DataFrame) -> Mapping[str, int]:
    """Of the clients that have a pack, added up: missed and judged promises, and how many clients missed any."""
    there = frame[frame["judged"].notna()]
    return {
        "missed": int(there["missed"].sum()),
        "judged": int(there["judged"].sum()),
        "with_missed": int(there["missed"].gt(0).sum()),
    }


def _rank(gravity: pd.Series) -> pd.Series:
    """0 for the gravest; what is none of GRAVITY comes last."""
    return gravity.map({name: place for place, name in enumerate(GRAVITY)}).fillna(len(GRAVITY))
