"""Did what was due come (rule 41), is it whole (46), was what is promised delivered (50), how much can be decided (51),
is what was published still so (48), does the provider say the same (32), and does its log have every outage (37)?

Decided here:

- A table counts as due from the first month that had it, or as soon as sources.yaml names it; one that stands until it
  is replaced (`due: once`) is never withheld.
- The evidence that the contract promises (`evidence` in contract.yaml) was delivered if every source of the table that
  came was exported by its day, in the client's zone; sources say when (`exported_at`), never our clock. A table that
  did not come is missed. One that sources.yaml expects by the quarter or year and that stands has nothing to judge.
- Tables that are due and that no clause promises are our own rule, and one: that all of them come.
- A strange name speaks of harm where an outage, a failed job or a ticket is under it; copies of a strange product are
  short of licences on a line of their own.
- A promise without a verdict is missing since the first month after its last verdict; it never was decided where no
  pack of the last twelve months decided it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.contract.service_credits import credits
from msp_report.metrics.evidence import claims as said
from msp_report.metrics.evidence.firmness import firmness
from msp_report.metrics.evidence.unlogged import Unlogged, unlogged
from msp_report.model import promises
from msp_report.model.case import Case, Past
from msp_report.model.figures import Figure
from msp_report.model.gate import decide
from msp_report.model.period import Month
from msp_report.model.strangers import strangers
from msp_report.model.tables import TABLES
from msp_report.params import Contract, as_contract, as_strategy

#: The measures of promises that need a table.
NEEDING = {
    **dict.fromkeys(("outages", "checks"), ("availability.ratio", "availability.outages")),
    **dict.fromkeys(
        ("tickets", "ticket_events"), ("tickets.response_attainment", "tickets.resolution_attainment")
    ),
    "samples": ("capacity.utilisation",),
    "backup_jobs": ("backups.within_rpo_ratio",),
    "duty_evidence": ("duties.kept_ratio",),
    "purchases": ("procurement.at_stake", "licences.position"),
    "installs": ("licences.position",),
}
#: So many subjects are named.
NAMED = 6
NO_DAY = "the source does not say when it was exported"
#: What a report's promises are judged by: the tables of which one at least must come.
JUDGED_BY = {
    "availability": ("outages", "checks"),
    "capacity": ("samples",),
    "tickets": ("tickets",),
    "duties": ("duty_evidence",),
    "backups": ("backup_jobs", "assets"),
}
COLUMNS = [
    "measure",
    "subject",
    "verdict",
    "clause",
    "why",
    "settles",
    "effort",
    "unknown_since",
    "last_decided",
]
DELIVERIES = ["table", "state", "due_on", "exported_at", "verdict", "why", "clause"]
#: Reports of the second wave: they judge no promise, and may not be there yet.
_LATER = ("scorecard", "contract", "evidence")


@dataclass(frozen=True)
class Analysis:
    """What came of the month's exports, and what it decides."""

    tables: pd.DataFrame
    """As Case.arrivals, the withheld ones first."""
    deliveries: pd.DataFrame
    """As the function of this name."""
    firmness: pd.DataFrame
    """As firmness.firmness."""
    decided: pd.DataFrame
    """As the function `decidable`."""
    summed: bool
    """Whether there is a pack to sum up."""
    promises: pd.DataFrame
    """Those that cannot be judged because a table is withheld, one row per table and promise: table, measure, subject,
    target, clause."""
    names: pd.DataFrame
    """Those that join nothing, as model.strangers gives them."""
    doubts: pd.DataFrame
    """Tables that are doubted as a whole: table, why."""
    emptied: pd.DataFrame
    """As Case.emptied."""
    stale: pd.DataFrame
    """As Past.stale."""
    claims: pd.DataFrame
    """As claims.compare."""
    claimed: bool
    """Whether the provider's own figures were supplied."""

    @property
    def gaps(self) -> pd.DataFrame:
        """The claims that differ from what was computed."""
        return self.claims[self.claims["cause"].notna()].reset_index(drop=True)

    dropped: pd.DataFrame
    """One row per rejected row that may be a record (rule 42): table, file, line, reason."""
    replaced: pd.DataFrame
    """As Case.replaced."""
    rewritten: pd.DataFrame
    """As Case.rewritten."""
    restatements: pd.DataFrame
    """As Case.restatements."""
    case: Case
    """The month itself, for what is long to find."""

    @cached_property
    def unlogged(self) -> Unlogged:
        """The outages that the provider's log lacks, as the function of that name."""
        return unlogged(self.case)

    @property
    def withheld(self) -> pd.DataFrame:
        """The tables that were due and did not come."""
        return self.tables[self.tables["state"].eq("withheld")].reset_index(drop=True)

    @property
    def undecided(self) -> pd.DataFrame:
        """The promises without a verdict, what is cheapest to settle first."""
        return self.decided[~self.decided["verdict"].isin(promises.DECIDED)].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """What `on_page_one` gives; .claims_gap [count, n = claims that can be compared] and .claims_money;
        .unlogged_outages, .outages_month, .outages_year and .logged_year as Unlogged.figures."""
        return [*self.on_page_one(), *self._claims(), *self.unlogged.figures()]

    def on_page_one(self) -> list[Figure]:
        """evidence.withheld_tables over all [count, n = tables that were due], and of each withheld table without a
        value [n = promises that need it], saying since when and what nobody can judge;
        .unpromised_tables [those that no clause promises, n = such tables that were due, target 0: our own rule];
        .delivered by table of the contract [count, target 1]; .decided_ratio [promises with a firm verdict / n, the
        promises with anything to judge]; .doubted_tables [n = tables that came], .emptied_columns, .rewritten_fields
        [n = rows] and .stale_packs over all, and each of them (of columns their table) without a value, saying why;
        .strange_names over all and of each table whose strange names speak of harm, an exception until it is told whose
        they are (rule 50)."""
        due = self.tables["state"].isin(["came", "withheld"])
        every = Figure(measure="evidence.withheld_tables", value=len(self.withheld), n=int(due.sum()))
        each = [
            Figure(
                measure="evidence.withheld_tables",
                subject=row["table"],
                n=int(self.promises["table"].eq(row["table"]).sum()),
                verdict="no_data",
                why_missing=self._why(row["table"], row["last_month"]),
            )
            for row in self.withheld.to_dict("records")
        ]
        delivered = _delivered(self.deliveries)
        others = [*self._not_to_rely_on(), *self._strange_names()]
        return [every, *each, self._unpromised(due), *delivered, self._decided(), *others]

    def _not_to_rely_on(self) -> Iterator[Figure]:
        came = int(self.tables["state"].eq("came").sum())
        yield Figure(measure="evidence.doubted_tables", value=len(self.doubts), n=came)
        yield from _each("doubted_tables", self.doubts["table"], self.doubts["why"])
        yield Figure(measure="evidence.emptied_columns", value=len(self.emptied))
        columns = self.emptied.groupby("table", sort=False)["column"].agg(", ".join)
        yield from _each("emptied_columns", columns.index, columns)
        rows = len(self.rewritten[["table", "month", "key"]].drop_duplicates())
        yield Figure(measure="evidence.rewritten_fields", value=len(self.rewritten), n=rows)
        yield Figure(measure="evidence.stale_packs", value=len(self.stale))
        yield from _each("stale_packs", self.stale["month"], self.stale["why"])

    def _claims(self) -> Iterator[Figure]:
        gaps, why = self.gaps, None if self.claimed else _NO_CLAIMS
        n = int(self.claims["gap"].notna().sum())
        yield Figure.of("evidence.claims_gap", len(gaps) if self.claimed else None, why, n=n)
        yield Figure.of(
            "evidence.claims_money", sum(gaps["money"]) if self.claimed else None, why, n=len(gaps)
        )

    def _unpromised(self, due: pd.Series) -> Figure:
        free = ~self.tables["table"].isin(self.deliveries["table"])
        missing, n = int((free & self.tables["state"].eq("withheld")).sum()), int((due & free).sum())
        target = 0 if n else None
        verdict = decide(missing, target, "lower").verdict
        return Figure(
            measure="evidence.unpromised_tables", value=missing, n=n, target=target, verdict=verdict
        )

    def _decided(self) -> Figure:
        n = len(self.decided)
        firm = int(self.decided["verdict"].isin(promises.DECIDED).sum())
        why = "no promise had anything to judge" if self.summed else "there is no pack of this month yet"
        return Figure.of("evidence.decided_ratio", firm / n if n else None, why, n=n)

    def _why(self, table: str, last_month: Any) -> str:
        """Since when a table did not come, and the promises that need it by their subjects, the first of many."""
        known = isinstance(last_month, str)
        since = f"it last came for {last_month}" if known else "sources.yaml names a file that is not there"
        mine = self.promises[self.promises["table"].eq(table)]
        names = mine["subject"].where(mine["subject"].ne(""), mine["measure"].str.split(".").str[0])
        named = list(dict.fromkeys(names))
        if not named:
            return since
        more = [f"+{len(named) - NAMED}"] if len(named) > NAMED else []
        return f"{since}; without it nobody can judge {', '.join([*named[:NAMED], *more])}"

    def _strange_names(self) -> Iterator[Figure]:
        strange = self.names[self.names["named_by"].eq("data")]
        yield Figure(measure="evidence.strange_names", value=strange["name"].nunique())
        harm = strange[strange["size"].gt(0) & strange["table"].ne("installs")]
        for (table, unit), rows in harm.groupby(["table", "unit"], sort=False):
            names = ", ".join([*rows["name"][:3], *(["…"] if len(rows) > 3 else [])])
            yield Figure(
                measure="evidence.strange_names",
                subject=table,
                value=len(rows),
                n=int(rows["rows"].sum()),
                verdict="no_verdict",
                why_missing=f"{names}: {rows['size'].sum():.0f} {unit}",
            )

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {
            "tables": self.tables,
            "promises": self.promises,
            "deliveries": self.deliveries,
            "decided": self.decided,
            "firmness": self.firmness,
            "doubts": self.doubts,
            "emptied": self.emptied,
            "stale": self.stale,
            "claims": self.claims,
            "names": self.names,
            "dropped": self.dropped,
            "replaced": self.replaced,
            "rewritten": self.rewritten,
            "restatements": self.restatements,
            "unlogged": self.unlogged.events,
            "catches": self.unlogged.catches,
        }


def analyse(case: Case, past: Past) -> Analysis:
    """What came of a month's exports, what was promised of them, what they decide, and what the provider says of the
    month; reads the figures of the pack's first wave and of earlier packs, and its records availability/rules and
    tickets/rules. Source: rules 32, 37, 41, 42, 44, 46, 48, 50 and 51."""
    tables = case.arrivals()
    order = tables["state"].map({"withheld": 0, "came": 1, "stands": 2, "ended": 3})
    tables = tables.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
    promised = deliveries(case)
    pack = past.figures[~past.figures["report"].isin(_LATER)]
    own = pd.DataFrame([figure.row() for figure in _delivered(promised)], columns=pack.columns)
    parts = [frame.astype(object) for frame in (pack, own) if len(frame)]
    every = pd.concat(parts, ignore_index=True) if parts else pack
    agreed = as_contract(case.agreed).on(case.start)
    unjudged = [
        (table, *promise)
        for table in tables.loc[tables["state"].eq("withheld"), "table"]
        for promise in _needing(table, agreed)
    ]
    return Analysis(
        tables=tables,
        promises=pd.DataFrame(unjudged, columns=["table", "measure", "subject", "target", "clause"]),
        deliveries=promised,
        firmness=firmness(every, past.record, case.start, case.end),
        decided=decidable(every, past.before, tables),
        summed=len(pack) > 0,
        emptied=case.emptied(),
        doubts=pd.DataFrame(
            [(name, why) for name in TABLES if (why := case.doubts(name))], columns=["table", "why"]
        ),
        stale=past.stale,
        claims=_claimed(case, past, pack),
        claimed=case.table("claims") is not None,
        names=strangers(case, agreed, as_strategy(case.strategy).outside),
        dropped=_dropped(case),
        replaced=case.replaced(),
        rewritten=case.rewritten(),
        restatements=case.restatements(),
        case=case,
    )


def _claimed(case: Case, past: Past, pack: pd.DataFrame) -> pd.DataFrame:
    """The provider's own figures of the month beside those of the pack."""
    month = case.closing
    before = past.before[past.before["month"].eq(str(month.shift(-1)))]
    readings = said.readings_of(past.record("availability", "rules"), past.record("tickets", "rules"))
    owed = partial(_owed_alone, before=before, agreed=as_contract(case.agreed), month=month)
    told = said.with_flags(said.stated(case.table("claims"), str(month)), pack)
    return said.compare(told, pack, readings, owed)


def _owed_alone(figures: pd.DataFrame, before: pd.DataFrame, agreed: Contract, month: Month) -> pd.DataFrame:
    """What figures owe, each by itself: without the cap, and nothing where the contract states no fee."""
    rows = credits(figures, before, None, agreed, month)
    return rows[rows["owed"].notna() & ~rows["measure"].str.startswith("credit_terms")]


def _each(name: str, subjects: pd.Series, whys: pd.Series) -> Iterator[Figure]:
    """A figure without a value for each thing that nothing can rest on: it stands on page one."""
    for subject, why in zip(subjects, whys, strict=True):
        yield Figure(measure=f"evidence.{name}", subject=subject, verdict="no_data", why_missing=why)


_NO_CLAIMS = "the provider's own figures were not supplied"


def _dropped(case: Case) -> pd.DataFrame:
    """Every rejected row that may be a record, by table, file and line."""
    found = [case.rejected(name).assign(table=name)[["table", "file", "line", "reason"]] for name in TABLES]
    return pd.concat(found, ignore_index=True)


def _needing(table: str, agreed: Contract) -> list[tuple[str, str, float, str | None]]:
    """The promises of the contract that nobody can judge without a table: measure, subject, target, clause."""
    desk, stated = agreed.tickets.priorities.items(), agreed.model_fields_set
    by_measure = {
        "availability.ratio": [(s.name, s.availability_ratio, s.clause) for s in agreed.services],
        "availability.outages": [(s.name, s.max_outages, s.clause) for s in agreed.services],
        "tickets.response_attainment": [
            (name, p.attainment_ratio, p.clause) for name, p in desk if p.response_min is not None
        ],
        "tickets.resolution_attainment": [
            (name, p.attainment_ratio, p.clause) for name, p in desk if p.resolution_min is not None
        ],
        "capacity.utilisation": [
            (f"{one.resource}:{one.metric}", one.limit_ratio, one.clause) for one in agreed.capacity
        ],
        "backups.within_rpo_ratio": [("", 1.0, None)] if "backups" in stated else [],
        "duties.kept_ratio": [(duty.name, 1.0, duty.clause) for duty in agreed.duties],
        "procurement.at_stake": [("", 0.0, None)] if "procurement" in stated else [],
        "licences.position": [(product, 0.0, None) for product in agreed.licences],
    }
    return [
        (measure, subject, float(target), clause)
        for measure in NEEDING.get(table, ())
        for subject, target, clause in by_measure[measure]
        if target is not None
    ]


def deliveries(case: Case) -> pd.DataFrame:
    """Whether the evidence that the contract promises for a month was delivered by its day (rule 50).

    Returns: one row per table of `evidence` in contract.yaml with DELIVERIES: state as Case.arrivals (withheld too
    where it never came), due_on, exported_at (the latest of its sources), verdict, why there is none, clause. A month
    before the contract's first day has no rows.
    """
    agreed, month = as_contract(case.agreed).on(case.period.last.first_on), case.period.last
    begun = agreed.term.starts_on
    if begun is not None and begun >= month.end_on:
        return pd.DataFrame(columns=DELIVERIES)
    arrivals = case.arrivals()
    came = dict(zip(arrivals["table"], zip(arrivals["state"], arrivals["due"], strict=True), strict=True))
    rows = [_delivery(case, agreed, promise, came.get(promise.table)) for promise in agreed.evidence]
    return pd.DataFrame([row for row in rows if row], columns=DELIVERIES)


def delivered(case: Case) -> list[Figure]:
    """evidence.delivered of each table that the contract promises for the month."""
    return list(_delivered(deliveries(case)))


def _delivery(
    case: Case, agreed: Contract, promise: Any, found: tuple[str, str] | None
) -> dict[str, Any] | None:
    """One promise of a table; None where it is not due in the month."""
    state, due = found or ("withheld", "monthly")
    if state == "ended" or (state == "stands" and due in ("quarterly", "yearly")):
        return None
    due_on = due_day(case.period.last, promise.due_day)
    exported = case.exported_at(promise.table) if state == "came" else None
    day = (
        None
        if exported is None
        else exported.tz_convert(agreed.client.timezone).tz_localize(None).normalize()
    )
    in_time = None if state == "came" and day is None else float(day is not None and day <= due_on)
    judged = decide(in_time, 1.0, "higher", why=NO_DAY)
    names = {"table": promise.table, "state": state, "due_on": due_on, "exported_at": exported}
    return names | {"verdict": judged.verdict, "why": judged.why, "clause": promise.clause}


def due_day(month: Month, day: int) -> pd.Timestamp:
    """The day of the following month, or its last where it has fewer.

    >>> due_day(Month(2026, 1), 31).date().isoformat()
    '2026-02-28'
    """
    after = month.shift(1)
    return pd.Timestamp(min(after.first_on + timedelta(days=day - 1), after.end_on - timedelta(days=1)))


def _delivered(rows: pd.DataFrame) -> Iterator[Figure]:
    """evidence.delivered of each table that the contract promises."""
    for row in rows.to_dict("records"):
        known = row["verdict"] != "no_data"
        yield Figure(
            measure="evidence.delivered",
            subject=row["table"],
            value=int(row["verdict"] == "met") if known else None,
            target=1,
            verdict=row["verdict"],
            clause=row["clause"],
            why_missing=None if known else row["why"],
        )


def decidable(figures: pd.DataFrame, before: pd.DataFrame, tables: pd.DataFrame) -> pd.DataFrame:
    """Every promise of which there was anything to judge, and what would decide those without a verdict (rule 51).

    Parameters: `figures` of the month and of the packs `before` (with their month), with the columns of figures.json;
    `tables` as Case.arrivals.
    Returns: one row per promise with COLUMNS, what is cheapest to settle first, the decided ones last: `settles`, and
    its `effort` from 1 (a key of sources.yaml) over 2 (a file that exists), 3 (a file or column that nobody exports
    yet) to 4 (evidence that nobody has taken down); `unknown_since`, the first month of those without a verdict in a
    row, as far as there are packs; last_decided, the month before.
    """
    rows = promises.agreed(figures)[["measure", "subject", "verdict", "clause", "why_missing", "coverage"]]
    rows = rows.rename(columns={"why_missing": "why"}).reset_index(drop=True)
    found = _with_remedy(rows, tables).join(_since(rows, before))
    order = found.assign(decided=found["verdict"].isin(promises.DECIDED), effort=found["effort"].fillna(0))
    place = order.sort_values(["decided", "effort"], kind="stable").index
    return found.loc[place, COLUMNS].reset_index(drop=True)


def _with_remedy(rows: pd.DataFrame, tables: pd.DataFrame) -> pd.DataFrame:
    """Rows with what would settle them, and with how much effort."""
    state = dict(zip(tables["table"], tables["state"], strict=True))
    needs = rows["measure"].astype("str").str.split(".").str[0].map(lambda report: JUDGED_BY.get(report, ()))
    held = needs.map(lambda names: next((name for name in names if state.get(name) == "withheld"), None))
    absent = needs.map(lambda names: [name for name in names if name not in state])
    silent = absent.str.len().eq(needs.str.len()) | rows["verdict"].eq("no_data")
    never = absent.where(silent).map(lambda names: names[0] if names else None, na_action="ignore")
    partly = pd.to_numeric(rows["coverage"]).lt(1) | rows["verdict"].eq("no_data")
    undated = rows["why"].eq(NO_DAY)
    settles = np.select(
        [undated, held.notna(), never.notna(), partly],
        [
            "exported_at of " + rows["subject"].astype("str") + " in sources.yaml",
            "the file of " + held.astype("str") + ", which was due and did not come",
            "a file of " + never.astype("str"),
            "evidence for the time of which nobody knows",
        ],
        "the rows that its page calls in doubt",
    )
    effort = np.select([undated, held.notna(), never.notna(), partly], [1, 2, 3, 4], 2)
    open_ones = ~rows["verdict"].isin(promises.DECIDED)
    return rows.assign(
        settles=pd.Series(settles, rows.index, dtype=object).where(open_ones),
        effort=pd.Series(effort, rows.index, dtype="Int64").where(open_ones),
    )


def _since(rows: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Of each row without a verdict, the month of its last one, and the first month without one after it."""
    keys = ["measure", "subject"]
    decided = before[before["verdict"].isin(promises.DECIDED)].groupby(keys)["month"].max()
    asked = pd.MultiIndex.from_frame(rows[keys].astype(object))
    last = pd.Series(decided.reindex(asked).to_numpy(object), rows.index, dtype=object)
    last = last.where(~rows["verdict"].isin(promises.DECIDED))
    after = last.map(lambda month: str(Month.parse(month).shift(1)), na_action="ignore")
    return pd.DataFrame({"unknown_since": after, "last_decided": last})
