"""Things to decide: what all pages found, joined by the thing that it is about, and ranked.

A fact is something that one page found about one thing: a vendor, project, asset, service, resource, product, duty,
ticket or person, or about the credits, the outside opinions, the decisions and the contract. Facts that lead to one
decision make one item, whatever page they come from: a vendor that the provider recommends, orders from, splits the
order of, is paid by and has a project wait for is one thing to decide, with all of its facts.

Decided here:

- Gravest first: data that can be lost, security, law, money that leaves us or lapses, then everything else by its
  money and its age.
- Bills to hold make an item per vendor where anything else is known against the vendor, else one together. So do
  proposals where something speaks against them or the board set a day, and else one together.
- What the provider did at a vendor without a bill to hold belongs to the project that it recommended the vendor for,
  where that runs against the rules; else it is asked to disclose its tie.
- A decision of the board is about what its column `about` says, else about the thing that its words name. It gives an
  item its owner and, where nothing else does, its day. Overdue decisions that are about nothing here are chased.
- Who decides, where no decision names an owner: of money the approvers of strategy.yaml, else who is in charge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import procurement
from msp_report.metrics.contract import CAP
from msp_report.metrics.strategy import FAULTS
from msp_report.model.case import Past
from msp_report.params import NOTICE_DAYS, Strategy

# fmt: off
FACTS = [
    "kind", "thing", "name", "fact", "detail", "cost", "n", "on", "owner", "text", "report", "measure", "subject",
    "leads_to", "number",
]
ITEMS = [
    "number", "gravity", "leads_to", "things", "cost", "who", "by_on", "since_on", "facts", "report", "measure",
    "subject",
]
# fmt: on

#: How grave an item is, the gravest first.
DATA, SECURITY, LAW, MONEY, OTHER = (
    "data that can be lost",
    "security",
    "law",
    "money that leaves us",
    "everything else",
)
GRAVITY = (DATA, SECURITY, LAW, MONEY, OTHER)
#: The kinds of items, each with how grave it is; several of one kind have the thing behind it.
PROTECT, PROVE, LICENSE, HOLD, CLAIM = "protect", "prove", "license", "hold", "claim"
DECIDE, RUN, DISCLOSE, CHASE, OPINION, GROW, NOTICE = (
    "decide",
    "run",
    "disclose",
    "chase",
    "opinion",
    "grow",
    "notice",
)
KINDS = {
    **{PROTECT: DATA, PROVE: SECURITY, LICENSE: LAW, HOLD: MONEY, CLAIM: MONEY},
    **dict.fromkeys((DECIDE, RUN, DISCLOSE, CHASE, OPINION, GROW, NOTICE), OTHER),
}
#: What a fact says of its thing.
NEVER, STOPPED = "not backed up in the month", "not backed up since"
UNPROVED, SHORT, OVERUSED = (
    "not proved when it was due",
    "more in use than there are licences",
    "key used too often",
)
BILL, TIE, RECOMMENDED, ORDERED, SPLIT, PAUSED = (
    "bill to hold",
    "tie that nobody was told of",
    "recommended by the provider",
    "ordered by the provider",
    "orders split under the limit",
    "its project waits",
)
CREDIT, WAITS, TAKEN, LATE, UNHEARD, FULL, TERM = (
    "credit to claim",
    "waits for a decision",
    "the board decided",
    "overdue",
    "no independent opinion",
    "full within the quarter",
    "notice of the contract",
)
LOWERED, EDITED, MISSED = (
    "priority lowered by the provider",
    "edits that help the provider",
    "missed or unknown",
)
REFUSED = "maintenance that is not accepted"
#: A resource that is full within so many days is a thing to decide [days].
SOON = 92


@dataclass(frozen=True)
class Records:
    """The records of a pack from which facts are made; each is None where the pack has none."""

    assets: pd.DataFrame | None = None
    duties: pd.DataFrame | None = None
    positions: pd.DataFrame | None = None
    keys: pd.DataFrame | None = None
    due: pd.DataFrame | None = None
    match: pd.DataFrame | None = None
    lines: pd.DataFrame | None = None
    vendors: pd.DataFrame | None = None
    recommendations: pd.DataFrame | None = None
    found: pd.DataFrame | None = None
    waiting: pd.DataFrame | None = None
    claims: pd.DataFrame | None = None
    resources: pd.DataFrame | None = None
    priority_changes: pd.DataFrame | None = None
    edits: pd.DataFrame | None = None
    maintenance: pd.DataFrame | None = None
    timezone: str = "UTC"
    """The client's zone, in which instants become days."""

    @classmethod
    def of(cls, past: Past, timezone: str) -> Records:
        """Those of the period's own pack."""
        places = {
            "assets": "backups/assets",
            "duties": "duties/duties",
            "positions": "licences/position",
            "keys": "licences/keys",
            "due": "procurement/due",
            "match": "procurement/match",
            "lines": "procurement/lines",
            "vendors": "vendors/vendors",
            "recommendations": "vendors/recommendations",
            "found": "strategy/found",
            "waiting": "strategy/waiting",
            "claims": "contract/claims",
            "resources": "capacity/resources",
            "priority_changes": "tickets/priority_changes",
            "edits": "tickets/edits",
            "maintenance": "availability/maintenance",
        }
        return cls(
            **{name: past.record(*place.split("/")) for name, place in places.items()}, timezone=timezone
        )

    def day(self, instants: pd.Series) -> pd.Series:
        """The civil days of instants."""
        at = pd.to_datetime(instants, utc=True, format="ISO8601").dt.tz_convert(self.timezone)
        return at.dt.tz_localize(None).dt.normalize()


def facts(
    records: Records,
    exceptions: pd.DataFrame,
    opinions: pd.DataFrame,
    actions: pd.DataFrame,
    days_to_notice: float | None,
    last_on: pd.Timestamp,
) -> pd.DataFrame:
    """What the pages of a pack found, a row for each fact about a thing.

    Parameters: the pack's `records`; `exceptions` as lines.exceptions; `opinions` as competence.opinions; `actions` as
    decisions.actions, with `about`; days until notice of the contract is due; the last day of the month.
    Returns: rows with FACTS: the `kind` of thing, `thing` by its id and `name`, the `fact`, a `detail` of it, `cost`
    [client's currency], `n` [count], `on`, a civil day; the report, measure and subject of the figure that shows it;
    `leads_to`, the item, empty where it leads to none; of a
    decision of the board its `owner` and `text`. `number` is filled by `items`.
    """
    parts = [
        *_backups(records, last_on),
        *_duties(records),
        *_licences(records),
        *_vendors(records),
        *_projects(records),
        *_credits(records),
        *_capacity(records, last_on),
        *_tickets(records),
        *_maintenance(records),
        *_opinions(opinions),
        *_notice(days_to_notice, last_on),
        *_exceptions(exceptions),
    ]
    named = {
        "detail": "",
        "cost": np.nan,
        "n": np.nan,
        "on": pd.NaT,
        "measure": "",
        "subject": "",
        "leads_to": "",
    }
    rows = [part.assign(**{name: part.get(name, value) for name, value in named.items()}) for part in parts]
    rows = [
        row.assign(name=row.get("name", row["thing"])).reindex(columns=FACTS).astype(object) for row in rows
    ]
    every = pd.concat([row for row in rows if len(row)] or [pd.DataFrame(columns=FACTS)], ignore_index=True)
    every = _in_types(pd.concat([every, _of_actions(every, actions)], ignore_index=True))
    return _by_thing(every)


def _in_types(facts: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in FACTS if name not in ("cost", "n", "on", "number")]
    texts = {name: facts[name].fillna("").astype("str") for name in texts}
    on = pd.to_datetime(facts["on"], format="ISO8601")
    numbers = {name: facts[name].astype("float64") for name in ("cost", "n")}
    return facts.assign(**texts, **numbers, on=on.astype("datetime64[us]"))[FACTS]


def _backups(records: Records, last_on: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """Assets without any copy of the month, and those of which the last one is older than their RPO."""
    rows = records.assets
    if rows is None:
        return
    rows = rows[rows["verdict"].eq("missed") & rows["counted"].eq(True)]
    last = pd.to_datetime(rows["last_good_at"], utc=True, format="ISO8601")
    end = (last_on + pd.Timedelta(days=1)).tz_localize(records.timezone)
    behind = (end - last) / pd.Timedelta(hours=1) > rows["last_slot_hours"].astype("float64").fillna(
        0
    ) + rows["rpo_hours"].astype("float64")
    told = {
        "kind": "asset",
        "thing": rows["asset"],
        "n": rows["missed"],
        "report": "backups",
        "leads_to": PROTECT,
    }
    frame = pd.DataFrame(told).assign(
        measure="backups.unprotected", fact=np.where(rows["good"].eq(0), NEVER, STOPPED), on=records.day(last)
    )
    yield frame[rows["good"].eq(0) | behind]


def _duties(records: Records) -> Iterator[pd.DataFrame]:
    rows = records.duties
    if rows is None:
        return
    rows = rows[rows["verdict"].eq("missed")]
    yield pd.DataFrame(
        {
            **{"kind": "duty", "thing": rows["duty"], "fact": UNPROVED, "n": rows["missed"]},
            "detail": np.where(rows["good"].eq(0), "never", "not every time"),
            **{"on": records.day(rows["last_done_at"]), "report": "duties", "measure": "duties.kept_ratio"},
            **{"subject": rows["duty"], "leads_to": PROVE},
        }
    )


def _licences(records: Records) -> Iterator[pd.DataFrame]:
    place = {"kind": "product", "report": "licences", "measure": "licences.position"}
    if records.positions is not None:
        rows = records.positions[records.positions["verdict"].eq("missed")]
        yield pd.DataFrame(
            {**place, "thing": rows["product"], "fact": SHORT, "n": rows["short"], "subject": rows["product"]}
        ).assign(leads_to=LICENSE)
    if records.keys is not None:
        rows = records.keys[records.keys["over"].gt(0)]
        told = {"thing": rows["product"], "subject": rows["product"], "detail": rows["licence_key"]}
        yield pd.DataFrame({**place, **told, "fact": OVERUSED, "n": rows["over"]}).assign(leads_to=LICENSE)
        people = {"kind": "person", "thing": rows["person"], "detail": rows["product"]}
        yield pd.DataFrame({**place, **told, **people, "fact": OVERUSED, "n": rows["over"]}).dropna(
            subset="thing"
        )


def _vendors(records: Records) -> Iterator[pd.DataFrame]:
    """What the provider has to do with each vendor, and the bills to hold."""
    buying = {"kind": "vendor", "report": "procurement", "measure": "procurement.at_stake"}
    ties = {"kind": "vendor", "report": "vendors", "measure": "vendors.undisclosed"}
    if records.due is not None:
        rows = records.due[records.due["decision"].eq("hold")]
        told = {"thing": rows["vendor"], "fact": BILL, "detail": rows["why"], "cost": rows["amount"]}
        yield pd.DataFrame({**buying, **told, "n": 1, "on": rows["due_on"]})
    if records.match is not None:
        rows = records.match[records.match["exception"].eq(procurement.SPLIT)]
        yield pd.DataFrame({**buying, "thing": rows["vendor"], "fact": SPLIT, "cost": rows["amount"]})
    if records.lines is not None:
        rows = records.lines[records.lines["by_provider"].eq(True)]
        rows = rows.groupby("vendor", as_index=False).agg(cost=("amount", "sum"), on=("dated_on", "min"))
        yield pd.DataFrame(
            {**buying, "thing": rows["vendor"], "fact": ORDERED, "cost": rows["cost"], "on": rows["on"]}
        )
    if records.vendors is not None:
        rows = records.vendors[records.vendors["undisclosed"].eq(True)]
        told = {
            "thing": rows["vendor"],
            "fact": TIE,
            "detail": rows["relationship"],
            "n": rows["commission_ratio"],
        }
        yield pd.DataFrame({**ties, **told, "cost": rows["commission_cost"]})
    if records.recommendations is not None:
        rows = records.recommendations[records.recommendations["in_month"].eq(True)]
        told = {
            "thing": rows["vendor"],
            "detail": rows["project"],
            "cost": rows["amount"],
            "on": rows["made_on"],
        }
        yield pd.DataFrame({**ties, **told, "fact": RECOMMENDED, "subject": ""})
        paused = rows[rows["project_status"].eq("waiting")]
        yield pd.DataFrame({**ties, "thing": paused["vendor"], "fact": PAUSED, "detail": paused["project"]})


def _projects(records: Records) -> Iterator[pd.DataFrame]:
    """What speaks against projects, and the proposals that wait."""
    if records.found is not None:
        rows = records.found
        told = {"kind": "project", "thing": rows["project_id"], "name": rows["name"], "fact": rows["what"]}
        told |= {"detail": rows["fault"], "cost": rows["cost"], "report": "strategy"}
        running = ~rows["status"].eq("proposed")
        yield pd.DataFrame(told).assign(
            measure="strategy.exceptions", leads_to=np.where(running, RUN, DECIDE), n=running.astype(float)
        )
    if records.waiting is not None:
        rows = records.waiting
        told = {"kind": "project", "thing": rows["project_id"], "name": rows["name"], "fact": WAITS}
        told |= {"cost": rows["cost"], "on": rows["waiting_since"], "report": "strategy", "leads_to": DECIDE}
        yield pd.DataFrame(told).assign(measure="strategy.waiting")


def _credits(records: Records) -> Iterator[pd.DataFrame]:
    rows = records.claims
    if rows is None:
        return
    rows = rows[rows["state"].eq("open") & rows["measure"].ne(CAP)]
    told = {"kind": "credit", "thing": rows["measure"], "detail": rows["month"], "fact": CREDIT}
    told |= {"cost": rows["left"], "on": rows["claim_by"], "report": "contract", "leads_to": CLAIM}
    subject = rows["subject"].fillna("")
    yield pd.DataFrame(told).assign(measure="contract.credit_unclaimed", name=subject)


def _capacity(records: Records, last_on: pd.Timestamp) -> Iterator[pd.DataFrame]:
    rows = records.resources
    if rows is None:
        return
    days = rows["days_to_limit"].astype("float64")
    rows, days = rows[days.le(SOON)], days[days.le(SOON)]
    name = rows["resource"].astype("str") + ":" + rows["metric"].astype("str")
    told = {
        "kind": "resource",
        "thing": rows["resource"],
        "fact": FULL,
        "report": "capacity",
        "leads_to": GROW,
    }
    on = last_on + pd.to_timedelta(
        np.floor(days) + 1, unit="D"
    )  # days are counted from the end of the last day
    yield pd.DataFrame(told).assign(measure="capacity.days_to_limit", subject=name, on=on)


def _tickets(records: Records) -> Iterator[pd.DataFrame]:
    """Tickets whose priority the provider lowered, and the people whose edits help the provider."""
    place = {"report": "tickets", "measure": "tickets.resolution_attainment"}
    if records.priority_changes is not None:
        rows = records.priority_changes
        rows = rows[rows["change"].eq("lowered") & rows["actor_kind"].eq("provider")]
        told = {"kind": "ticket", "thing": rows["ticket_id"], "fact": LOWERED, "on": records.day(rows["at"])}
        yield pd.DataFrame({**place, **told, "detail": rows["to"], "subject": rows["from"]})
    if records.edits is not None:
        rows = records.edits[records.edits["favours"].eq("provider")].dropna(subset="actor")
        n = rows.groupby("actor").size().rename("n").reset_index()
        told = {"kind": "person", "thing": n["actor"], "fact": EDITED, "n": n["n"]}
        yield pd.DataFrame({**place, **told})


def _maintenance(records: Records) -> Iterator[pd.DataFrame]:
    """Maintenance that the contract does not accept, and why."""
    if records.maintenance is None:
        return
    rows = records.maintenance[records.maintenance["refused_min"].gt(0)]
    told = {"kind": "service", "thing": rows["service"], "fact": REFUSED, "detail": rows["why"]}
    told |= {"on": records.day(rows["started_at"]), "n": rows["notice_hours"], "report": "availability"}
    yield pd.DataFrame(told).assign(measure="availability.ratio", subject=rows["service"])


def _opinions(opinions: pd.DataFrame) -> Iterator[pd.DataFrame]:
    if opinions.empty:
        return
    rows = opinions[opinions["expired"] | ~opinions["independent"]]
    told = {"kind": "opinion", "thing": rows["subject"], "fact": UNHEARD, "on": rows["expires_on"]}
    detail = np.where(rows["independent"], "run out", "not independent")
    yield pd.DataFrame(told).assign(report="scorecard", detail=detail, leads_to=OPINION)


def _notice(days: float | None, last_on: pd.Timestamp) -> Iterator[pd.DataFrame]:
    if days is None or not 0 <= days <= NOTICE_DAYS:
        return
    on = last_on + pd.Timedelta(days=int(days))
    place = {"report": "contract", "measure": "contract.days_to_notice", "leads_to": NOTICE}
    yield pd.DataFrame([{"kind": "contract", "thing": "contract", "fact": TERM, "on": on, **place}])


#: What the subject of a measure is, by the report.
_SUBJECTS = {
    **{"availability": "service", "capacity": "resource", "tickets": "priority", "duties": "duty"},
    **{"licences": "product", "backups": "asset", "vendors": "vendor", "procurement": "vendor"},
}


def _exceptions(exceptions: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Every exception of page one as a fact of what it is about: what it is of, else the page itself."""
    rows = exceptions.assign(subject=exceptions["subject"].fillna("").astype("str"))
    report = rows["report"].astype("str")
    kind = report.map(_SUBJECTS).where(rows["subject"].ne("")).fillna("page")
    thing = rows["subject"].where(rows["subject"].ne(""), report)
    told = {"kind": kind, "thing": thing, "fact": MISSED, "detail": rows["verdict"], "report": report}
    yield pd.DataFrame({**told, "measure": rows["measure"], "subject": rows["subject"]})


#: Things that the words of a decision name; what else there is has names that are common words.
_BY_NAME = ("vendor", "project", "asset", "product", "resource")


def _of_actions(facts: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """The board's decisions that are not done, as facts of the items that they are about."""
    rows = actions[actions["state"].ne("done")]
    about: dict[str, tuple[str, str]] = {}
    spoken: set[str] = set()
    columns = ["leads_to", "kind", "thing", "name", "measure"]
    for item, kind, thing, name, measure in facts.loc[facts["leads_to"].ne(""), columns].to_numpy():
        about |= {str(key).casefold(): (item, thing) for key in (thing, name, measure) if key}
        spoken |= {str(key).casefold() for key in (thing, name)} if kind in _BY_NAME else set()
    found = []
    for row in rows.to_dict("records"):  # the board's open decisions are few
        text, said = str(row["text"]).casefold(), str(row.get("about") or "").casefold()
        named = [key for key in spoken if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)]
        item, thing = about.get(said) or about.get(max(named, key=len, default=""), ("", ""))
        late = pd.notna(row["days_overdue"])
        item = item or (CHASE if late else "")
        fact = {"kind": "decision", "thing": thing or row["action_id"], "name": row["action_id"]}
        fact |= {"fact": LATE if late else TAKEN, "on": row["due_on"], "report": "scorecard"}
        found.append(fact | {"leads_to": item, "owner": row["owner"], "text": row["text"]})
    return pd.DataFrame(found).reindex(columns=FACTS).astype(object)


def _by_thing(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts with their items apart by the thing, where several of one kind are several decisions."""
    item = facts["leads_to"].copy()
    vendor = facts["kind"].eq("vendor")
    ours = facts["fact"].isin((TIE, RECOMMENDED, ORDERED, SPLIT, PAUSED))
    held = set(facts.loc[vendor & facts["fact"].eq(BILL), "thing"])
    against = set(facts.loc[vendor & facts["fact"].isin((TIE, SPLIT, RECOMMENDED)), "thing"])
    alone = vendor & facts["thing"].isin(held & against)
    item = item.mask(vendor & facts["fact"].eq(BILL), HOLD)
    item = item.mask(alone & (facts["fact"].eq(BILL) | ours), HOLD + " " + facts["thing"])
    tied = set(facts.loc[vendor & facts["fact"].eq(TIE), "thing"]) - held
    item = item.mask(vendor & ours & facts["thing"].isin(tied), DISCLOSE)
    running = set(facts.loc[item.eq(RUN), "name"])
    for_running = facts["fact"].eq(RECOMMENDED) & facts["detail"].isin(running)
    brought = set(facts.loc[for_running, "thing"]) & tied
    item = item.mask(vendor & ours & facts["thing"].isin(brought), RUN)
    dated = set(facts.loc[facts["kind"].eq("decision") & item.eq(DECIDE), "thing"])
    objected = set(facts.loc[facts["leads_to"].eq(DECIDE) & facts["detail"].isin(_AGAINST), "thing"])
    apart = item.eq(DECIDE) & facts["thing"].isin(dated | objected)
    return facts.assign(leads_to=item.mask(apart, DECIDE + " " + facts["thing"]))


#: What speaks against a proposal; that nobody says who is the best resource does not.
_AGAINST = tuple(name for name in FAULTS if name != "best_resource_unknown")


def items(facts: pd.DataFrame, strategy: Strategy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The things to decide, the gravest first, and the facts with the number of theirs.

    Parameters: `facts` as `facts`; the strategy, for who is in charge and who approves money.
    Returns: one row per item with ITEMS: number, gravity (GRAVITY), leads_to (one of KINDS, with its thing where there
    are several), `things` it joins, separated by semicolons; cost [client's currency], missing where no money hangs on
    it; who decides, empty where nobody is named; by_on, the first day by which; since_on, the first day from which;
    facts [count]; report, measure and subject of the figure that shows it.
    """
    led = facts[facts["leads_to"].ne("")]
    rows = pd.DataFrame([_item(str(name), of, strategy) for name, of in led.groupby("leads_to", sort=False)])
    rows = rows.reindex(columns=[name for name in ITEMS if name != "number"])
    order = pd.DataFrame(
        {
            "gravity": rows["gravity"].map({name: place for place, name in enumerate(GRAVITY)}),
            "money": -rows["cost"].astype("float64").fillna(0),
            "day": pd.to_datetime(rows["by_on"]).fillna(pd.to_datetime(rows["since_on"])),
            "leads_to": rows["leads_to"],
        }
    )
    rows = rows.loc[order.sort_values(list(order), kind="stable").index].reset_index(drop=True)
    days = {name: pd.to_datetime(rows[name]).astype("datetime64[us]") for name in ("by_on", "since_on")}
    texts = {
        name: rows[name].fillna("").astype("str")
        for name in ("things", "who", "report", "measure", "subject")
    }
    rows = rows.assign(number=rows.index + 1, cost=rows["cost"].astype("float64"), **texts, **days)[ITEMS]
    numbers = dict(zip(rows["leads_to"], rows["number"], strict=True))
    return rows, facts.assign(number=facts["leads_to"].map(numbers).astype("Int64"))


#: What an item of several kinds of things is about first.
_FOREMOST = {RUN: "project"}
#: Of which facts of an item its money and its days are.
_PRICED = (BILL, CREDIT)


def _item(item: str, facts: pd.DataFrame, strategy: Strategy) -> Mapping[str, Any]:
    kind = item.partition(" ")[0]
    about = facts[~facts["kind"].eq("decision")]
    about = about if len(about) else facts
    about = about.sort_values("kind", key=lambda kinds: kinds.ne(_FOREMOST.get(kind, "")), kind="stable")
    decided = facts[facts["kind"].eq("decision")]
    first = about.iloc[0]
    things = about["name"].where(about["kind"].eq("project"), about["thing"])
    return {
        "gravity": KINDS[kind],
        "leads_to": item,
        "things": "; ".join(dict.fromkeys(things)),
        "cost": _cost(kind, about),
        "who": _decider(kind, decided, strategy),
        "by_on": _by(kind, about, decided),
        "since_on": about["on"].min() if kind in (DECIDE, PROTECT, PROVE) else pd.NaT,
        "facts": len(facts),
        **{name: first[name] for name in ("report", "measure", "subject")},
    }


def _cost(kind: str, about: pd.DataFrame) -> float | None:
    if kind in (HOLD, CLAIM):
        return float(about.loc[about["fact"].isin(_PRICED), "cost"].sum())
    if kind in (DECIDE, RUN):
        once = about[about["kind"].eq("project")].drop_duplicates("thing")["cost"]
        return float(once.sum()) if once.notna().any() else None
    return None


def _by(kind: str, about: pd.DataFrame, decided: pd.DataFrame) -> Any:
    if kind in (HOLD, CLAIM):
        return about.loc[about["fact"].isin(_PRICED), "on"].min()
    if kind in (GROW, NOTICE):
        return about["on"].min()
    return decided["on"].min()


def _decider(kind: str, decided: pd.DataFrame, strategy: Strategy) -> str:
    owners = list(dict.fromkeys(decided["owner"]))
    if owners:
        return "; ".join(owners)
    if kind in (HOLD, RUN, LICENSE) and strategy.approval.approvers:
        return "; ".join(strategy.approval.approvers)
    return strategy.oversight.name if strategy.oversight else ""
