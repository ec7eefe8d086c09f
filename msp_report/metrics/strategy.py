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
  that no interest is held. What strategy.yaml does not say is not so.
- These are the client's own affairs, so verdicts stand without a target: none counts as a promise of the provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.projects import proposals, variance
from msp_report.model.figures import Figure
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
_ALIVE = ("proposed", "approved", "waiting", "in_progress")
_NOTHING = ("", "none", "no", "-")

# fmt: off
_PROJECTS = [
    "project_id", "name", "status", "objective", "cost", "faults", "proposed_by", "sponsor", "approved", "approved_by",
    "approved_on", "rank_business", "rank_provider", "rank_cio", "in_contract", "best_resource", "subject",
    "scope_role", "scope_evidence", *FAULTS,
]
_FOUND = ["project_id", "name", "fault", "what", "detail", "status", "cost"]
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
    per project and fault: project_id, name, fault, what (in words), detail, status, cost. `waiting`: the proposals
    that wait for a decision, the best score first: cost, score (rule 26), days_waiting since it was first reported
    as proposed. `objectives`: one row per objective of strategy.yaml: projects alive that serve it [count], their
    cost. `oversight`: one row per check of topic strategy or oversight: verdict met or missed, found, on.
    `supplied`: whether there was a projects table.
    """

    projects: pd.DataFrame
    found: pd.DataFrame
    waiting: pd.DataFrame
    objectives: pd.DataFrame
    oversight: pd.DataFrame
    supplied: bool

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("projects", "found", "waiting", "objectives", "oversight")
        return {name: getattr(self, name) for name in names}


def analyse(
    projects: pd.DataFrame | None,
    decisions: pd.DataFrame | None,
    strategy: Strategy | Mapping[str, Any] | None,
    contract: Contract | Mapping[str, Any],
    end: pd.Timestamp,
) -> Analysis:
    """Everything about strategy and oversight at the cut-off.

    Parameters: `projects`, `decisions` as the canonical tables with their look-back, None where not supplied;
    `strategy` and `contract` as models or dicts like the YAML; `end` the cut-off, timezone-aware.
    Returns: Analysis. Raises: ValueError for a cut-off without a zone.
    Edge cases decided: see the module; without projects only the oversight is judged.
    Source: mission, systems 1 and 10; score rule 26.
    """
    plan, agreed = as_strategy(strategy), as_contract(contract)
    if pd.Timestamp(end).tzinfo is None:
        raise ValueError(f"the cut-off must be an instant with a time zone, not {end!r}")
    after = pd.Timestamp(end).tz_convert(agreed.client.timezone).tz_localize(None)
    agreed = agreed.on((after - pd.Timedelta(microseconds=1)).date())
    alive = _alive(projects, decisions, after)
    table = _judged(alive, plan, agreed)
    return Analysis(
        projects=_ordered(table),
        found=_found(table),
        waiting=_waiting(table, projects, decisions, plan, after),
        objectives=_objectives(table, plan),
        oversight=oversight(plan, agreed, end),
        supplied=projects is not None,
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
    table["verdict"] = table["verdict"].map({True: "met", False: "missed"})
    table["on"] = pd.to_datetime(table["on"]).astype("datetime64[us]")
    return table.astype({name: "str" for name in ("topic", "check", "verdict", "found")})


def figures(analysis: Analysis) -> list[Figure]:
    """The figures of strategy over all projects.

    Returns: strategy.oversight, .author and .acknowledged [count of open points, verdict met where there is none];
    .exceptions (projects with any fault, verdict) and .exceptions_cost; of each fault strategy.<fault> [count];
    .waiting [count] and .waiting_cost of proposals that wait for a decision. None has a target. Missing says why.
    """
    return [*_of_checks(analysis.oversight), *_of_projects(analysis)]


# ---------------------------------------------------------------- oversight


def _strategy_checks(plan: Strategy, contract: Contract, today: date) -> Iterator[tuple]:
    author, shared = plan.author, plan.shared
    provider = contract.provider.name

    def over(day: date | None) -> bool:
        return day is not None and day <= today

    owned = bool(plan.objectives) and all(objective.owner for objective in plan.objectives)
    stated = f"{len(plan.objectives)} objectives" if plan.objectives else None
    yield "strategy", "objectives, each with an owner", owned, stated, None
    apart = author is not None and not _is_provider(author.name, provider)
    yield "strategy", "written by somebody other than the provider", apart, author and author.name, None
    free = author is not None and author.independent
    yield "strategy", "its author has no interest in the outcome", free, author and author.name, None
    reviewed = author and author.reviewed_on
    yield "strategy", "reviewed", over(reviewed), None, reviewed
    yield "strategy", "given to the provider", over(shared and shared.on), None, shared and shared.on
    known = shared and shared.acknowledged_on
    by = shared and shared.acknowledged_by
    yield "strategy", "acknowledged by the provider", over(known), by, known


def _oversight_checks(plan: Strategy, contract: Contract) -> Iterator[tuple]:
    person = plan.oversight
    yield "oversight", "in charge by name", person is not None, person and person.name, None
    apart = person is not None and not _is_provider(person.name, contract.provider.name)
    yield "oversight", "not the provider", apart, person and person.kind, None
    skilled = person is not None and person.it_experience
    yield "oversight", "has IT experience", skilled, "yes" if skilled else None, None
    hours = person.hours_per_month if person else None
    yield "oversight", "has hours for it", bool(hours), None if hours is None else f"{hours:g} a month", None
    interest = person.interest if person else None
    free = interest is not None and interest.strip().casefold() in _NOTHING
    yield "oversight", "holds no interest in the outcome", free, interest, None


def _is_provider(name: object, provider: str) -> bool:
    return str(name).strip().casefold() in (provider.strip().casefold(), "provider", "the provider")


def _of_checks(checks: pd.DataFrame) -> list[Figure]:
    open_points = checks["verdict"].eq("missed")
    known = checks["check"].isin(["given to the provider", "acknowledged by the provider"])
    topics = {
        "oversight": checks["topic"].eq("oversight"),
        "author": checks["topic"].eq("strategy") & ~known,
        "acknowledged": known,
    }
    return [
        Figure(
            measure=f"strategy.{name}",
            value=int((open_points & chosen).sum()),
            unit="count",
            n=int(chosen.sum()),
            better="lower",
            verdict="missed" if (open_points & chosen).any() else "met",
            rule="strategy.yaml",
        )
        for name, chosen in topics.items()
    ]


# ---------------------------------------------------------------- projects


def _alive(
    projects: pd.DataFrame | None, decisions: pd.DataFrame | None, after: pd.Timestamp
) -> pd.DataFrame:
    """The projects alive, as last reported, with approvals, ranks and cost."""
    now = variance(projects, after, None, decisions).set_index("project_id")
    now = now[now["status"].isin(_ALIVE)]
    columns = ["project_id", "as_of", "approved_by", "approved_on", "best_resource", "subject"]
    reports = TABLES["projects"].empty() if projects is None else projects
    reports = reports.reindex(columns=columns)
    reports = reports.assign(
        as_of=pd.to_datetime(reports["as_of"]), approved_on=pd.to_datetime(reports["approved_on"])
    )
    reports = reports[reports["as_of"] < after].sort_values("as_of", kind="stable")
    last = reports.drop_duplicates("project_id", keep="last").set_index("project_id").reindex(now.index)
    kinds = {
        "approved_by": "str",
        "subject": "str",
        "best_resource": "boolean",
        "approved_on": "datetime64[us]",
    }
    last = last[list(kinds)].astype(kinds)
    table = now.join(last).assign(cost=now["forecast_cost"].fillna(now["baseline_cost"]))
    return table.join(_decided(decisions, after)).reset_index()


def _decided(decisions: pd.DataFrame | None, after: pd.Timestamp) -> pd.DataFrame:
    """By project, the last rank in each role, and the last decision of the client's own with its day."""
    rows = TABLES["decisions"].empty() if decisions is None else decisions
    rows = rows.reindex(columns=["project_id", "decided_on", "decision", "role", "rank"])
    rows = rows.assign(decided_on=pd.to_datetime(rows["decided_on"]).astype("datetime64[us]"))
    rows = rows[rows["decided_on"] < after].sort_values("decided_on", kind="stable")
    ranked = rows[rows["decision"] == "ranked"]
    ranks = {
        f"rank_{role}": ranked[ranked["role"] == role].groupby("project_id")["rank"].last().astype("Int64")
        for role in ("business", "provider", "cio")
    }
    own = rows[(rows["decision"] != "ranked") & (rows["role"] != "provider")].groupby("project_id")
    return pd.DataFrame({**ranks, "decision": own["decision"].last(), "decided_on": own["decided_on"].last()})


def _judged(table: pd.DataFrame, plan: Strategy, contract: Contract) -> pd.DataFrame:
    """The projects with a flag for each fault."""
    names = {_fold(name) for objective in plan.objectives for name in (objective.id, objective.title)}
    objective = table["objective"].astype("str").str.strip().str.casefold()
    named = objective.notna() & objective.ne("")
    scope = {_fold(entry.subject): entry for entry in contract.scope}
    field = table["subject"].astype("str").str.strip().str.casefold()
    judged = (field.notna() & field.ne("") & bool(scope)).to_numpy(bool)
    role = field.map({name: entry.role for name, entry in scope.items()}).astype("str")
    evidence = field.map({name: entry.evidence for name, entry in scope.items()}).astype("str")
    out = judged & (role.isna() | role.eq("none")).to_numpy(bool)
    unshown = evidence.isna() | evidence.str.strip().str.casefold().isin(_NOTHING)
    provider = _fold(contract.provider.name)
    theirs = table["proposed_by"].astype("str").str.strip().str.casefold().isin([provider, "provider"])
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


def _fold(text: str) -> str:
    return text.strip().casefold()


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    ordered = table.assign(most=-table["count"], dear=-table["cost"].fillna(0))
    return ordered.sort_values(["most", "dear", "project_id"], kind="stable")[_PROJECTS].reset_index(
        drop=True
    )


def _found(table: pd.DataFrame) -> pd.DataFrame:
    """One row per project and fault, gravest fault first, then the dearest project."""
    details = {
        "unapproved": table["status"],
        "no_objective": table["objective"],
        "own_profit": table["proposed_by"],
        **dict.fromkeys(("out_of_scope", "no_background"), table["subject"]),
        **dict.fromkeys(("not_best_resource", "best_resource_unknown"), table["proposed_by"]),
    }
    parts = [
        table.assign(fault=name, what=what, detail=details[name], rank=place)[table[name]]
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
    served = table["objective"].astype("str").str.strip().str.casefold()
    ids = {_fold(name): one.id for one in plan.objectives for name in (one.title, one.id)}
    groups = table.groupby(served.map(ids).astype("str"))["cost"]
    counts = groups.size().reindex(listed["objective"]).fillna(0)
    return listed.assign(
        projects=counts.astype("Int64").array,
        cost=groups.sum(min_count=1).reindex(listed["objective"]).astype("float64").array,
    )[_OBJECTIVES]


def _of_projects(analysis: Analysis) -> Iterator[Figure]:
    table = analysis.projects
    why = None if analysis.supplied else "no projects were supplied"
    faulty = table[table["faults"].ne("")]

    def figure(name: str, value: float, unit: str, n: int, verdict: str | None = None) -> Figure:
        return Figure(
            measure=f"strategy.{name}",
            value=None if why else value,
            unit=unit,
            n=n,
            better="lower",
            verdict=None if why else verdict,
            rule="strategy.yaml, contract.yaml scope",
            why_missing=why,
        )

    yield figure("exceptions", len(faulty), "count", len(table), "missed" if len(faulty) else "met")
    yield figure("exceptions_cost", faulty["cost"].sum(), "cost", int(faulty["cost"].notna().sum()))
    for name in FAULTS:
        yield figure(name, int(table[name].sum()), "count", len(table))
    waiting = analysis.waiting
    yield figure("waiting", len(waiting), "count", len(table))
    yield figure("waiting_cost", waiting["cost"].sum(), "cost", int(waiting["cost"].notna().sum()))
