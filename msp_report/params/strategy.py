"""strategy.yaml: what the board wants, and who watches over it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from msp_report.params.fields import Count, Money, Name, NotNegative, Params, Ratio
from msp_report.params.layout import Texts
from msp_report.params.yaml_text import load, validate


class Author(Params):
    name: Name
    independent: bool = False
    reviewed_on: date | None = None


class Shared(Params):
    on: date | None = None
    acknowledged_by: str | None = None
    acknowledged_on: date | None = None


class Oversight(Params):
    name: Name
    kind: str | None = None
    it_experience: bool = False
    hours_per_month: NotNegative | None = None
    interest: str | None = None


class Objective(Params):
    id: Name
    title: Name
    owner: str | None = None


class ScorecardLine(Params):
    perspective: str = ""
    objective: str | None = None
    measure: Annotated[str, Field(pattern=r"^\w+\.\w+$")]
    subject: str = ""
    target: float | None = None
    better: Literal["higher", "lower"] | None = None
    page_one: bool = False


class Approval(Params):
    limit: Money | None = None
    together_days: NotNegative = 7
    approvers: Texts = ()


class PriorityWeights(Params):
    benefit: NotNegative = 0.5
    risk: NotNegative = 0.2
    cost: NotNegative = 0.3


class Alternative(Params):
    function: Name
    fee_share: Ratio | None = None
    yearly_cost: Money | None = None
    source: str | None = None
    dated_on: date | None = None


class Audit(Params):
    """How exact the yearly audit sample shall be, and which one of all possible samples it is."""

    precision_ratio: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    """Half the width of the interval around a share, where it is widest."""
    confidence_ratio: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Count = 1


class Strategy(Params):
    """What the board wants and who watches over it."""

    author: Author | None = None
    shared: Shared | None = None
    oversight: Oversight | None = None
    objectives: tuple[Objective, ...] = ()
    scorecard: tuple[ScorecardLine, ...] = ()
    approval: Approval = Approval()
    requesters: Texts = ()
    priority: PriorityWeights = PriorityWeights()
    alternatives: tuple[Alternative, ...] = ()
    audit: Audit = Audit()


def as_strategy(strategy: Strategy | Mapping[str, Any] | None) -> Strategy:
    """A strategy from a model, a plain dict like the YAML, or nothing. Raises ParamsError naming the key."""
    return (
        strategy
        if isinstance(strategy, Strategy)
        else validate(Strategy, dict(strategy or {}), "strategy", {})
    )


def load_strategy(folder: Path) -> Strategy:
    """params/<client>/strategy.yaml; an absent file is an empty strategy. Raises ParamsError."""
    return load(Strategy, folder / "strategy.yaml", required=False)
