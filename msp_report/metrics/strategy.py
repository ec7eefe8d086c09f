"""Do projects come from the business, and is somebody in charge: strategy, approval, scope, oversight.

Projects are judged as last reported before the cut-off, those done or cancelled left out. Decided here:

- A project serves an objective where it names one of strategy.yaml, by id or title; where strategy.yaml lists none,
  any objective will do.
- It is out of scope where the contract's scope has its field with the role none, or lists fields and not this one;
  the provider has shown nothing there where it is not listed, has the role none, or evidence is empty or none. A
  project without a field, or a contract without a scope, is not judged so.
- It is to the provider's own profit where the provider proposed it and it is not covered by the contract.
- A proposal waits for a decision until a business leader or the CIO approves or rejects it; a deferred one waits on.
- Whoever is in charge must be named, must not be the provider, must have IT experience and hours, and must state
  that no interest is held. What strategy.yaml leaves out is not stated, which is neither met nor missed (rule 47); that
  the provider has not acknowledged the strategy is stated by `acknowledged_by: none`, beside the day it was given.
- Where projects have no fault, but the strategy names no objectives or the contract no scope, not all of it could be
  checked: no verdict. Without a project there is none either.
- These are the client's own affairs, so verdicts stand without a target: none counts as a promise of the provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.projects import own_decisions, proposals, variance
from msp_report.model.case import Case
from msp_report.model.columns import dates, day_after, wall_time
from msp_report.model.dropped import Dropped
from msp_report.model.figures import SEVERITY, Figure
from msp_report.model.gate import Decision, decide
from msp_report.model.names import (
    NONE,
    NOTHING,
    SILENT,
    is_provider,
    normal,
    normal_name,
    says_nothing,
    spelled,
)
from msp_report.model.tables import TABLES
from msp_report.params import Contract, Strategy, as_contract, as_strategy

#: What may be wrong with a project, gravest first, and how a page says it.
FAULTS = {
    "unapproved": "nobody approved it",
    "no_objective": "serves no objective of the board",
    "own_profit": "proposed by the provider, paid beside the fee",
    "out_of_scope": "outside the agreed scope",
    "no_background": "the provider has shown nothing in this field",
    "not_best_resource": "the provider is not the best resource",
    "best_resource_unknown": "nobody says who is the best resource",
}
NOT_STATED = "strategy.yaml does not say"
_ALIVE = ("proposed", "approved", "waiting", "in_progress")

# fmt: off
_PROJECTS = [
    "project_id", "name", "status", "objective", "cost", "faults", "proposed_by", "sponsor", "approved", "approved_by",
    "approved_on", "rank_business", "rank_provider", "rank_cio", "in_contract", "best_resource", "subject",
    "scope_role", "scope_evidence", *FAULTS,
]
_FOUND = ["project_id", "name", "fault", "what", "detail", "proposed_by", "status", "cost"]
_WAITING = [
    "project_id", "name", "cost", "score", "days_waiting", "waiting_since", "objective", "proposed_by",
    "rank_business", "rank_provider", "rank_cio", "in_contract", "best_resource", "deferred_on", "why_missing",
]
_CHECKS = ["topic", "check", "verdict", "found", "on"]
_OBJECTIVES = ["objective", "title", "owner", "projects", "cost"]
# fmt: on


@dataclass(frozen=True)
class Analysis:
    """Everything about strategy and oversight at a cut-off.

    `projects`: one row per project alive, most faults first, then the dearest: how it stands, who approved and
    ranked it, and one flag [boolean] per name of FAULTS; `faults` names those that hold, with `;`. `found`: one row
    per project and fault: project_id, name, fault, what (in words), detail, proposed_by, status, cost. `waiting`: the
    proposals that wait for a decision, the best score first: cost, score (rule 26), days_waiting since it was first
    reported as proposed. `objectives`: one row per objective of strategy.yaml: projects alive that serve it [count],
    their cost. `oversight`: one row per check of topic strategy or oversight: verdict met, missed or no_data
    (not stated), found, on.
    `supplied`: whether there was a projects table; `checkable`: whether objectives and a scope are stated; `unread`:
    the rejected rows of projects, each of which may be one with a fault (rule 42).
    """

    projects: pd.DataFrame
    found: pd.DataFrame
    waiting: pd.DataFrame
    objectives: pd.DataFrame
    oversight: pd.DataFrame
    supplied: bool
    checkable: bool
    unread: Dropped

    @property
    def to_settle(self) -> pd.DataFrame:
        """The projects with any fault, the gravest first, and `what` is wrong with each."""
        rows = self.projects[self.projects["faults"].ne("")]
        gravest = rows[list(FAULTS)].to_numpy(bool).argmax(axis=1)
        order = np.lexsort((-rows["cost"].fillna(0).to_numpy(float), gravest))
        return rows.assign(what=rows["faults"]).iloc[order].reset_index(drop=True)

    @property
    def by_objective(self) -> pd.DataFrame:
        """The objectives, each as a `part` with owner, projects and cost, and last the projects that serve none."""
        none = self.projects[self.projects["no_objective"]]
        last = {
            "part": FAULTS["no_objective"],
            "owner": None,
            "projects": len(none),
            "cost": none["cost"].sum(),
        }
        rows = self.objectives.rename(columns={"title": "part"})[list(last)].astype(object)
        return pd.concat(
            [rows, pd.DataFrame([last] if len(rows) else [], columns=list(last))], ignore_index=True
        )

    @property
    def open_first(self) -> pd.DataFrame:
        """The checks of oversight, those that miss first."""
        return self.oversight.sort_values(
            "verdict", key=lambda verdicts: verdicts.map(SEVERITY), kind="stable", ignore_index=True
        )

    def figures(self) -> list[Figure]:
        """strategy.oversight, .author and .acknowledged (open points, met where there is none); .exceptions (projects
        with any fault, verdict) and .exceptions_cost; each fault of FAULTS by its name; .waiting and .waiting_cost of
        proposals that wait for a decision. None has a target. Missing says why."""
        return [*_figures_of_checks(self.oversight), *self._of_projects()]

    def _of_projects(self) -> Iterator[Figure]:
        table, waiting = self.projects, self.waiting
        why = None if self.supplied else "no projects were supplied"
        faulty = table[table["faults"].ne("")]
        found = {
            "exceptions": (len(faulty), len(table)),
            "exceptions_cost": (faulty["cost"].sum(), int(faulty["cost"].notna().sum())),
            **{name: (int(table[name].sum()), len(table)) for name in FAULTS},
            "waiting": (len(waiting), len(table)),
            "waiting_cost": (waiting["cost"].sum(), int(waiting["cost"].notna().sum())),
        }
        for name, (value, n) in found.items():
            figure = Figure.of(f"strategy.{name}", None if why else value, why, n=n)
            if name == "exceptions" and (n or len(self.unread)) and not why:
                judged = self._of_faults(value)
                figure = figure.with_(verdict=judged.verdict, why_missing=judged.why)
            yield figure

    def _of_faults(self, faulty: int) -> Decision:
        """Projects with a fault are a miss; none is only met where everything that is asked could be checked."""
        low, high = (0, inf) if len(self.unread) else (None, None if self.checkable else faulty + 1)
        unsure, own_word = self.unread.why, self.unread.own_word
        return decide(faulty, 0, "lower", low=low, high=high, unsure=unsure, own_word=own_word)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("projects", "found", "waiting", "objectives", "oversight")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case) -> Analysis:
    """Everything about strategy and oversight at the cut-off; reads projects and decisions.

    Raises: ValueError for a cut-off without a zone.
    Edge cases decided: see the module; without projects only the oversight is judged.
    Source: systems 1 and 10 (docs/board.md); score rule 26.
    """
    plan, agreed = as_strategy(case.strategy), as_contract(case.agreed)
    projects, decisions = case.table("projects"), case.table("decisions")
    after = wall_time(case.end, agreed.client.timezone)
    agreed = agreed.on((after - pd.Timedelta(microseconds=1)).date())
    alive = _alive(projects, decisions, after, agreed, plan)
    table = _with_faults(alive, plan, agreed)
    return Analysis(
        projects=_worst_first(table),
        found=_found(table),
        waiting=_waiting(table, projects, decisions, plan, after),
        objectives=_objectives(table, plan),
        oversight=oversight(plan, agreed, case.end),
        supplied=projects is not None,
        checkable=bool(plan.objectives) and bool(agreed.scope),
        unread=Dropped.of(case, "projects").before("as_of", day_after(case.end, agreed.client.timezone)),
    )


def oversight(
    strategy: Strategy | Mapping[str, Any] | None, contract: Contract | Mapping[str, Any], end: pd.Timestamp
) -> pd.DataFrame:
    """Whether the strategy is the client's own and known to the provider, and whether somebody is in charge.

    Returns: one row per check, as Analysis.oversight. What happens at or after the cut-off has not happened.

    >>> table = oversight({"oversight": {"name": "retained CIO", "it_experience": True, "hours_per_month": 16,
    ...     "interest": "none"}}, {}, pd.Timestamp("2026-11-01", tz="UTC"))
    >>> table[table["topic"] == "oversight"]["verdict"].unique().tolist()
    ['met']
    """
    plan, agreed = as_strategy(strategy), as_contract(contract)
    last = pd.Timestamp(end).tz_convert(agreed.client.timezone) - pd.Timedelta(microseconds=1)
    rows = [*_strategy_checks(plan, agreed, last.date()), *_oversight_checks(plan, agreed)]
    table = pd.DataFrame(rows, columns=_CHECKS)
    table["verdict"] = table["verdict"].map({True: "met", False: "missed"}).fillna("no_data")
    table["on"] = dates(table["on"])
    return table.astype({name: "str" for name in ("topic", "check", "verdict", "found")})


# ---------------------------------------------------------------- oversight


def _strategy_checks(plan: Strategy, contract: Contract, today: date) -> Iterator[tuple]:
    author, shared = plan.author, plan.shared

    def over(day: date | None) -> bool | None:
        return None if day is None else day <= today

    owners = pd.Series([objective.owner for objective in plan.objectives], dtype="str")
    owned = True if len(owners) and not says_nothing(owners).any() else None
    stated = f"{len(owners)} objectives" if len(owners) else None
    yield "strategy", "objectives, each with an owner", owned, stated, None
    name = author and author.name
    apart = _apart(name, contract)
    yield "strategy", "written by somebody other than the provider", apart, name, None
    yield "strategy", "its author has no interest in the outcome", author and author.independent, name, None
    reviewed = author and author.reviewed_on
    yield "strategy", "reviewed", over(reviewed), None, reviewed
    yield "strategy", "given to the provider", over(shared and shared.on), None, shared and shared.on
    known, by = shared and shared.acknowledged_on, shared and shared.acknowledged_by
    said = over(known)
    if normal_name(by) in NOTHING - SILENT:  # a date beside the name of nobody says neither
        said = False if known is None else None
    yield "strategy", "acknowledged by the provider", said, by, known


def _apart(name: str | None, contract: Contract) -> bool | None:
    """Whether a name is somebody's and not the provider's; None where it names nobody."""
    named = pd.Series([name], dtype="str")
    return None if says_nothing(named).any() else not is_provider(named, contract).any()


def _oversight_checks(plan: Strategy, contract: Contract) -> Iterator[tuple]:
    person = plan.oversight
    apart = _apart(person and person.name, contract)
    in_charge = None if apart is None else True
    yield "oversight", "in charge by name", in_charge, person and person.name, None
    yield "oversight", "not the provider", apart, person and person.kind, None
    skilled = person and person.it_experience
    yield "oversight", "has IT experience", skilled, "yes" if skilled else None, None
    hours = person.hours_per_month if person else None
    stated = None if hours is None else hours > 0
    yield "oversight", "has hours for it", stated, None if hours is None else f"{hours:g} a month", None
    interest = person.interest if person else None
    word = normal_name(interest)
    free = None if word in NOTHING - NONE else word in NONE
    yield "oversight", "holds no interest in the outcome", free, interest, None


def _figures_of_checks(checks: pd.DataFrame) -> list[Figure]:
    known = checks["check"].isin(["given to the provider", "acknowledged by the provider"])
    topics = {
        "oversight": checks["topic"].eq("oversight"),
        "author": checks["topic"].eq("strategy") & ~known,
        "acknowledged": known,
    }
    return [_of_topic(f"strategy.{name}", checks.loc[chosen, "verdict"]) for name, chosen in topics.items()]


def _of_topic(measure: str, verdicts: pd.Series) -> Figure:
    """How many points of a topic are open; those that are not stated may be."""
    missed, unstated, n = int(verdicts.eq("missed").sum()), int(verdicts.eq("no_data").sum()), len(verdicts)
    value = None if unstated == n else missed
    high = missed + unstated if unstated and value is not None else None
    found = decide(value, 0, "lower", high=high, why=NOT_STATED)
    why = found.why if value is None else None
    return Figure(
        measure=measure,
        value=value,
        n=n,
        low=None if high is None else missed,
        high=high,
        verdict=found.verdict,
        why_missing=why,
    )


# ---------------------------------------------------------------- projects


def _alive(
    projects: pd.DataFrame | None,
    decisions: pd.DataFrame | None,
    after: pd.Timestamp,
    contract: Contract,
    plan: Strategy,
) -> pd.DataFrame:
    """The projects alive, as last reported, with approvals, ranks and cost."""
    every = variance(projects, after, None, decisions, contract, plan).set_index("project_id")
    now = every[every["status"].isin(_ALIVE)]
    columns = ["project_id", "as_of", "approved_by", "approved_on", "best_resource", "subject"]
    reports = TABLES["projects"].empty() if projects is None else projects
    reports = reports.reindex(columns=columns)
    reports = reports.assign(project_id=spelled(reports["project_id"], now.index))
    reports = reports.assign(as_of=dates(reports["as_of"]), approved_on=dates(reports["approved_on"]))
    reports = reports[reports["as_of"] < after].sort_values("as_of", kind="stable")
    last = reports.drop_duplicates("project_id", keep="last").set_index("project_id").reindex(now.index)
    kinds = {
        "approved_by": "str",
        "subject": "str",
        "best_resource": "boolean",
        "approved_on": "datetime64[us]",
    }
    last = last[list(kinds)].astype(kinds)
    later = last["approved_on"] >= after  # what happens after the cut-off has not happened
    last = last.assign(**{name: last[name].mask(later) for name in ("approved_by", "approved_on")})
    table = now.join(last).assign(cost=now["forecast_cost"].fillna(now["baseline_cost"]))
    own = own_decisions(decisions, after, every, contract, plan).groupby("project_id")
    own = pd.DataFrame({"decision": own["decision"].last(), "decided_on": own["decided_on"].last()})
    return table.join(_last_ranks(decisions, after, table.index)).join(own).reset_index()


def _last_ranks(decisions: pd.DataFrame | None, after: pd.Timestamp, projects: pd.Index) -> pd.DataFrame:
    """By project, the last rank in each role."""
    rows = TABLES["decisions"].empty() if decisions is None else decisions
    rows = rows.reindex(columns=["project_id", "decided_on", "decision", "role", "rank"])
    rows = rows.assign(project_id=spelled(rows["project_id"], projects), decided_on=dates(rows["decided_on"]))
    rows = rows[rows["decided_on"] < after].sort_values("decided_on", kind="stable")
    ranked = rows[rows["decision"] == "ranked"]
    ranks = {
        f"rank_{role}": ranked[ranked["role"] == role].groupby("project_id")["rank"].last().astype("Int64")
        for role in ("business", "provider", "cio")
    }
    return pd.DataFrame(ranks)


def _with_faults(table: pd.DataFrame, plan: Strategy, contract: Contract) -> pd.DataFrame:
    """The projects with a flag for each fault."""
    names = {normal_name(name) for objective in plan.objectives for name in (objective.id, objective.title)}
    objective = normal(table["objective"])
    named = ~says_nothing(objective)
    scope = {normal_name(entry.subject): entry for entry in contract.scope}
    field = normal(table["subject"])
    judged = (~says_nothing(field) & bool(scope)).to_numpy(bool)
    role = field.map({name: entry.role for name, entry in scope.items()}).astype("str")
    evidence = field.map({name: entry.evidence for name, entry in scope.items()}).astype("str")
    out = judged & (role.isna() | role.eq("none")).to_numpy(bool)
    unshown = says_nothing(evidence)
    theirs = is_provider(table["proposed_by"], contract)
    best = table["best_resource"].astype("boolean")
    flags = {
        "unapproved": table["status"].ne("proposed") & table["approved"].eq(False).fillna(False),
        "no_objective": ~named | (~objective.isin(names) & bool(names)),
        "own_profit": theirs & table["in_contract"].eq(False).fillna(False),
        "out_of_scope": out,
        "no_background": out | (judged & unshown.to_numpy(bool)),
        "not_best_resource": best.eq(False).fillna(False),
        "best_resource_unknown": best.isna(),
    }
    marks = pd.DataFrame({name: np.asarray(flag, bool) for name, flag in flags.items()}, index=table.index)
    words = np.full(len(table), "", dtype=object)
    for name, what in FAULTS.items():
        words = words + np.where(marks[name], f"; {what}", "")
    faults = pd.Series(words, table.index, dtype="str").str.removeprefix("; ")
    return table.assign(
        **marks, faults=faults, count=marks.sum(axis=1), scope_role=role, scope_evidence=evidence
    )


def _worst_first(table: pd.DataFrame) -> pd.DataFrame:
    ordered = table.assign(most=-table["count"], dear=-table["cost"].fillna(0))
    return ordered.sort_values(["most", "dear", "project_id"], kind="stable")[_PROJECTS].reset_index(
        drop=True
    )


def _found(table: pd.DataFrame) -> pd.DataFrame:
    """One row per project and fault, gravest fault first, then the dearest project."""
    details = {
        "unapproved": table["status"],
        "no_objective": table["objective"],
        **dict.fromkeys(("out_of_scope", "no_background"), table["subject"]),
    }
    nothing = pd.Series(None, table.index, dtype="str")
    parts = [
        table.assign(fault=name, what=what, detail=details.get(name, nothing), rank=place)[table[name]]
        for place, (name, what) in enumerate(FAULTS.items())
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(dear=-rows["cost"].fillna(0)).sort_values(
        ["rank", "dear", "project_id"], kind="stable"
    )
    return rows.astype({"fault": "str", "what": "str", "detail": "str"})[_FOUND].reset_index(drop=True)


def _waiting(
    table: pd.DataFrame,
    projects: pd.DataFrame | None,
    decisions: pd.DataFrame | None,
    plan: Strategy,
    after: pd.Timestamp,
) -> pd.DataFrame:
    rows = table[table["status"].eq("proposed") & ~table["decision"].isin(["approved", "rejected"])]
    score = proposals(projects, decisions, plan, after).set_index("project_id")[["score", "why_missing"]]
    rows = rows.join(score, on="project_id").assign(
        waiting_since=rows["status_since"],
        days_waiting=(after - rows["status_since"]).dt.days.astype("Int64"),
        deferred_on=rows["decided_on"].where(rows["decision"].eq("deferred")),
    )
    rows = rows.assign(worse=-rows["score"].astype("float64"), dear=-rows["cost"].fillna(0))
    return rows.sort_values(["worse", "dear", "project_id"], kind="stable")[_WAITING].reset_index(drop=True)


def _objectives(table: pd.DataFrame, plan: Strategy) -> pd.DataFrame:
    listed = pd.DataFrame(
        [(one.id, one.title, one.owner) for one in plan.objectives], columns=["objective", "title", "owner"]
    ).astype("str")
    served = normal(table["objective"])
    ids = {normal_name(name): one.id for one in plan.objectives for name in (one.title, one.id)}
    groups = table.groupby(served.map(ids).astype("str"))["cost"]
    counts = groups.size().reindex(listed["objective"]).fillna(0)
    return listed.assign(
        projects=counts.astype("Int64").array,
        cost=groups.sum(min_count=1).reindex(listed["objective"]).astype("float64").array,
    )[_OBJECTIVES]
