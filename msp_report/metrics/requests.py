"""Who opens tickets, what for, and what that costs: whether open-to-everyone drives up the bill (rule 19).

Decided here, where the rule leaves room:

- A ticket counts in the month in which it was opened, whatever became of it. Authorised, unauthorised and unknown
  part the tickets; duplicate and training overlap with these and with each other.
- `*` in a pattern of strategy.requesters stands for any letters; nothing else is special, and case and outer blanks
  do not count. Without any pattern nobody has decided who may open tickets: authorised and unauthorised are not
  known, and only who gives no name is. A source without requesters has nothing but unknown ones.
- Training is a category of the contract, or one of its words in the title, as a whole word or phrase. Where the
  contract names neither, it is not known.
- Hours are those booked in the period on these tickets, where any booking falls in the period, else the tickets' own
  (rule 17); work on older tickets is on the tickets page. Missing hours are missing, not none.
- A duplicate is known by its title alone: near-identical (titles.py) to that of a ticket open when it came. So
  the count is neither complete nor certain. Measured on 2,503 public issues of a software project, people had
  called 66 pairs duplicates: the titles of 10 are near-identical (recall 15 %, 95 % interval 8 to 26 %). Missed are
  a symptom beside its cause, told in other words (half of the pairs score under 60); one component named in two
  different sentences; an upgrade with another version and another verb ("bump", "upgrade ... because of"); a name
  written in one word or in two. And 239 other pairs are near-identical: 26 are equal but for case, most others one
  sentence with another version, year or place, which may be separate work. Lower marks find little more and much
  else: at 80, 17 of the 66 among 707 pairs; at 60, 33 among 8,073. tf-idf with a cosine of 0.7 found 12 of the 66.
- Money where the contract pays by the hour (billing hourly with hourly_rate) or by the ticket (per_ticket with
  ticket_rate); otherwise there is none to show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets import duplicates_of, history_of_case
from msp_report.model.case import Case
from msp_report.model.columns import booked, charged, hours_booked, with_sum
from msp_report.model.figures import Figure
from msp_report.model.names import normal, normal_name, spelled
from msp_report.model.reach import Reach, bounded, reach_of
from msp_report.model.titles import Compared
from msp_report.params import Contract, as_contract, as_strategy

KINDS = ("authorised", "unauthorised", "unknown", "duplicate", "training")

_TICKETS = [
    "ticket_id",
    "opened_at",
    "requester",
    "title",
    "category",
    "kind",
    "duplicate_of",
    "training_by",
    "hours",
    "cost",
]
_KINDS = ["kind", "tickets", "hours", "cost", "share", "why"]
_REQUESTERS = ["requester", "kind", "tickets", "hours", "cost", "duplicate", "training"]
_NOT_SUPPLIED = "no tickets were supplied"
_NO_LIST = "strategy.yaml names no requesters"
_NO_TRAINING = "the contract does not say what training is"


@dataclass(frozen=True)
class Analysis:
    """Everything about the tickets opened in a period and who opened them.

    `kinds`: the record, one row per kind in the order of KINDS: kind, tickets, hours, cost, share (of the tickets
    opened), why (of what is missing). `tickets`: one row per ticket in order of opening: ticket_id, opened_at,
    requester, title, category, kind (authorised, unauthorised, unknown; missing without a list), duplicate_of (a
    ticket open then with a near-identical title), training_by (the category or the word that says so), hours,
    cost. `requesters`: one row per requester, most tickets first: requester, kind, tickets, hours, cost, duplicate,
    training. `opened` counts them; `pays_by` is hour, ticket, nothing or not stated; `rate` its price; `hours_from`
    names the source of hours (time_entries, tickets; None where neither has any). `compared`: how far the search for
    duplicates looked. `reach`: how much of the period tickets and their log speak of; `booked`: the same with the
    bookings of time. `hours_booked`: all of these, on whatever they are.
    """

    kinds: pd.DataFrame
    tickets: pd.DataFrame
    requesters: pd.DataFrame
    opened: int
    pays_by: str
    rate: float | None
    hours_from: str | None
    compared: Compared
    supplied: bool
    reach: Reach
    booked: Reach
    hours_booked: float | None

    @property
    def asked_by(self) -> pd.DataFrame:
        """The kinds that part the tickets opened: each ticket is of one of them."""
        return self.kinds[self.kinds["kind"].isin(KINDS[:3])].reset_index(drop=True)

    @property
    def asked_by_with_sum(self) -> pd.DataFrame:
        """The same, and a last row without a kind that is their sum; of the tickets, those opened."""
        rows = with_sum(self.asked_by, "tickets", "hours", "cost", "share")
        rows.loc[rows["kind"].isna(), "tickets"] = self.opened if self.supplied else None
        return rows

    @property
    def needless(self) -> pd.DataFrame:
        """The kinds that overlap with those and with each other."""
        return self.kinds[self.kinds["kind"].isin(KINDS[3:])].reset_index(drop=True)

    @property
    def unauthorised(self) -> pd.DataFrame:
        """The requesters who are not on the list, most tickets first."""
        return self.requesters[self.requesters["kind"].eq("unauthorised")].reset_index(drop=True)

    @property
    def overlapping(self) -> pd.DataFrame:
        """The tickets that are duplicates or training questions."""
        chosen = self.tickets["duplicate_of"].notna() | self.tickets["training_by"].notna()
        return self.tickets[chosen].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """The figures over all tickets opened.

        Returns: of each kind requests.<kind>_tickets [count of n opened], .<kind>_hours and, where the contract pays
        so, .<kind>_cost; then requests.opened. No verdicts: the contract promises nothing here. Missing says why.
        Beyond the reach of the tables there may be any number more (rule 41).
        """
        total = Figure(
            measure="requests.opened",
            value=self.opened if self.supplied else None,
            why_missing=None if self.supplied else _NOT_SUPPLIED,
        )
        of_kinds = [one for row in self.kinds.to_dict("records") for one in _figures_of_kind(row, self)]
        found = [
            figure
            for one in (*of_kinds, total)
            for figure in bounded([one], self.reach if one.unit == "count" else self.booked, [one.measure])
        ]
        return found

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"kinds": self.kinds, "tickets": self.tickets, "requesters": self.requesters}


def analyse(case: Case) -> Analysis:
    """Everything about the tickets opened in a period and who opened them.

    Reads tickets, ticket_events, time_entries; what is paid for and what training is comes from the contract in force
    on the first local day, who may ask from the strategy. Raises as `tickets.history_of`.
    Source: rule 19, duplicates rule 18, hours rule 17.

    >>> from types import SimpleNamespace
    >>> log = pd.DataFrame({"ticket_id": ["1", "2"], "opened_at": pd.to_datetime(["2026-10-05 08:00Z"] * 2),
    ...     "requester": ["Amy@acme.example", "bob@acme.example"], "title": ["How do I print?", "VPN down"],
    ...     "priority": "P3", "status": "open", "hours": [0.5, 2.0]})
    >>> agreed = {"provider": {"billing": "hourly"},
    ...     "tickets": {"hourly_rate": 100, "training": {"words": ["how do i"]}}}
    >>> tables = {"tickets": log}.get
    >>> november = pd.Timestamp("2026-11-01", tz="UTC")
    >>> october = SimpleNamespace(table=tables, follow_up=tables, agreed=agreed, strategy={"requesters": ["amy@*"]},
    ...     start=pd.Timestamp("2026-10-01", tz="UTC"), end=november, reached=lambda name: november)
    >>> analyse(october).kinds[["kind", "tickets", "cost"]].values.tolist()[:2]
    [['authorised', 1, 50.0], ['unauthorised', 1, 200.0]]
    """
    contract, start, end = as_contract(case.agreed), case.start, case.end
    agreed = contract.on(start)
    patterns = as_strategy(case.strategy).requesters
    supplied, history = case.table("tickets", ["ticket_id"]) is not None, history_of_case(case)
    desk = history.tickets
    inside = (desk["opened_at"] >= start) & (desk["opened_at"] < end)
    opened = desk.loc[inside, ["ticket_id", "opened_at", "requester", "title", "category", "hours"]]
    doubled = duplicates_of(case, history)
    earlier = doubled.tickets.set_index("ticket_id")["earlier_id"]
    entries = case.table("time_entries")
    hours, source = _spent(opened, entries, agreed, start, end)
    pays_by, rate = _pays(agreed)
    paid = hours if agreed.term.billed is None else _spent(opened, _billable(entries), agreed, start, end)[0]
    table = opened.assign(
        kind=_who(opened["requester"], patterns),
        duplicate_of=earlier.reindex(opened["ticket_id"]).array,
        training_by=_training(opened, agreed),
        hours=hours,
        cost=paid * rate if pays_by == "hour" else float(rate) if pays_by == "ticket" else np.nan,
    ).reset_index(drop=True)[_TICKETS]
    training = agreed.tickets.training
    return Analysis(
        kinds=_kinds(table, supplied, bool(patterns), bool(training.categories or training.words), pays_by),
        tickets=table,
        requesters=_requesters(table),
        opened=len(table),
        pays_by=pays_by,
        rate=rate,
        hours_from=source,
        compared=doubled.compared,
        supplied=supplied,
        reach=reach_of(case, "tickets", "ticket_events"),
        booked=reach_of(case, "tickets", "ticket_events", "time_entries"),
        hours_booked=hours_booked(entries, start, end, agreed.client.timezone),
    )


def _figures_of_kind(row: Mapping[str, Any], analysis: Analysis) -> list[Figure]:
    names = (
        ("tickets", "hours")
        if analysis.pays_by in ("nothing", "not stated")
        else ("tickets", "hours", "cost")
    )
    why = row["why"] if isinstance(row["why"], str) else "no hours are recorded"
    more = analysis.compared.more if row["kind"] == "duplicate" else 0
    return [
        Figure(
            measure=f"requests.{row['kind']}_{name}",
            value=row[name],
            # of duplicates that no comparison showed nobody knows the hours
            low=row[name] if more else None,
            high=row[name] + more if more and name == "tickets" else None,
            n=analysis.opened if analysis.supplied else None,
            coverage=analysis.compared.coverage if row["kind"] == "duplicate" else None,
            why_missing=why if pd.isna(row[name]) else None,
        )
        for name in names
    ]


def _who(requesters: pd.Series, patterns: tuple[str, ...]) -> pd.Series:
    """authorised, unauthorised or unknown; missing where nobody has decided who may."""
    asked = normal(requesters)
    asked = asked.mask(asked.eq(""))
    listed = "|".join(re.escape(normal_name(p)).replace(r"\*", ".*") for p in patterns)
    may = asked.str.fullmatch(f"(?:{listed})", flags=re.DOTALL).fillna(False).to_numpy(bool)
    kind = np.select([asked.isna(), may], ["unknown", "authorised"], "unauthorised")
    decided = asked.isna() | bool(patterns)
    return pd.Series(kind, requesters.index, dtype="str").where(decided)


def _training(opened: pd.DataFrame, contract: Contract) -> pd.Series:
    """The category or the word by which a ticket is a training question; missing where it is none."""
    training = contract.tickets.training
    categories = {normal_name(name) for name in training.categories}
    category = opened["category"].astype("str")
    by = category.where(normal(category).isin(categories))
    if training.words:
        words = "|".join(re.escape(normal_name(word)) for word in training.words)
        title = normal(opened["title"])
        by = by.fillna(title.str.extract(rf"(?<!\w)({words})(?!\w)", expand=False))
    return by


def _spent(
    opened: pd.DataFrame,
    time_entries: pd.DataFrame | None,
    contract: Contract,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> tuple[pd.Series, str | None]:
    """Hours of each ticket, and where they come from (rule 17)."""
    entries = booked(time_entries, start, end, contract.client.timezone)
    if entries is not None:
        ids = spelled(entries["ticket_id"], opened["ticket_id"])
        sums = pd.to_numeric(entries["hours"]).groupby(ids).sum()
        spent = sums.round(6).reindex(opened["ticket_id"]).fillna(0.0)
        return pd.Series(spent.to_numpy(float), opened.index), "time_entries"
    own = pd.to_numeric(opened["hours"]).astype("float64")
    return own, "tickets" if own.notna().any() else None


def _billable(time_entries: pd.DataFrame | None) -> pd.DataFrame | None:
    """The bookings with the hours that are charged beside the fee; those that are not, or do not say so, with none."""
    if time_entries is None:
        return None
    return time_entries.assign(hours=pd.to_numeric(time_entries["hours"]).where(charged(time_entries), 0.0))


def _pays(contract: Contract) -> tuple[str, float | None]:
    """What the contract pays for, and its price.

    Hours cost money where their entries are billed, or where there is a rate and no fee; hours over the included ones
    cost it once for the month, on no ticket; a fee and a rate without a word of what is billed say nothing of it.
    """
    billing, rates, term = contract.provider.billing, contract.tickets, contract.term
    by_hour = term.billed == "entries" or (
        term.billed is None and term.monthly_fee is None and billing == "hourly"
    )
    if by_hour and rates.hourly_rate is not None:
        return "hour", rates.hourly_rate
    if billing == "per_ticket" and rates.ticket_rate is not None:
        return "ticket", rates.ticket_rate
    stated = billing is not None or term.billed is not None
    return "nothing" if stated else "not stated", None


def _kinds(table: pd.DataFrame, supplied: bool, listed: bool, taught: bool, pays_by: str) -> pd.DataFrame:
    flags = pd.DataFrame(
        {name: table["kind"].eq(name) for name in KINDS[:3]}
        | {"duplicate": table["duplicate_of"].notna(), "training": table["training_by"].notna()}
    )[list(KINDS)].astype(bool)
    told = table["hours"].notna().any() or table.empty
    why = pd.Series(None, KINDS, dtype=object)
    if not listed:
        why[["authorised", "unauthorised"]] = _NO_LIST
    if not taught:
        why["training"] = _NO_TRAINING
    if not supplied:
        why[:] = _NOT_SUPPLIED
    known = why.isna()
    sums = {name: flags.mul(table[name].fillna(0), axis=0).sum().round(6) for name in ("hours", "cost")}
    frame = pd.DataFrame(
        {
            "tickets": flags.sum().astype("Int64").where(known),
            "hours": sums["hours"].where(known & told),
            "cost": sums["cost"].where(known & (pays_by == "ticket" or (pays_by == "hour" and told))),
            "share": (flags.sum() / len(table)).where(known) if len(table) else np.nan,
            "why": why.astype("str"),
        }
    )
    return frame.rename_axis("kind").reset_index().astype({"kind": "str", "share": "float64"})[_KINDS]


def _requesters(table: pd.DataFrame) -> pd.DataFrame:
    marks = table.assign(
        requester=spelled(table["requester"].astype("str").str.strip(), ()).fillna(""),
        kind=table["kind"].fillna(""),
        tickets=1,
        duplicate=table["duplicate_of"].notna().astype(int),
        training=table["training_by"].notna().astype(int),
    )
    groups = marks.groupby(["requester", "kind"])
    sums = groups[["tickets", "duplicate", "training"]].sum().astype("Int64")
    for name in ("hours", "cost"):
        sums[name] = groups[name].sum(min_count=1).astype("float64").round(6)
    frame = sums.reset_index().sort_values(["tickets", "requester"], ascending=[False, True], kind="stable")
    for name in ("requester", "kind"):
        frame[name] = frame[name].astype("str").mask(frame[name].eq(""))
    return frame[_REQUESTERS].reset_index(drop=True)
