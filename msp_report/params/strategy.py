"""strategy.yaml: what the board wants, and who watches over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from msp_report.model.reads import Noted
from msp_report.params.fields import Count, Day, Days, Hours, Money, Name, NotNegative, Number, Params, Ratio
from msp_report.params.layout import Texts
from msp_report.params.yaml_text import load, validate


class Author(Params):
    name: Name
    """Who wrote the strategy."""
    independent: bool | None = None
    """Whether they have no interest in the outcome; left out, it is not stated."""
    reviewed_on: Day | None = None
    """When it was last reviewed."""


class Shared(Params):
    on: Day | None = None
    """When the provider was given the strategy."""
    acknowledged_by: str | None = None
    """Who of the provider acknowledged it; `none` where nobody has."""
    acknowledged_on: Day | None = None
    """When."""


class Oversight(Params):
    name: Name
    """Who watches over the provider."""
    kind: str | None = None
    """What they are, such as a retained CIO."""
    it_experience: bool | None = None
    """Whether they have experience with IT; left out, it is not stated."""
    hours_per_month: Hours | None = None
    """Hours that they have for it."""
    interest: str | None = None
    """What interest they hold in the outcome; `none` where they hold none."""


class Objective(Params):
    id: Name
    """By what projects name it."""
    title: Name
    """What it is, in words."""
    owner: str | None = None
    """Who stands for it."""


class ScorecardLine(Params):
    perspective: str = ""
    """Its part of the balanced scorecard, such as customer."""
    objective: str | None = None
    """Id of the objective that it serves."""
    measure: Annotated[str, Field(pattern=r"^\w+\.\w+$")]
    """A measure, such as availability.ratio (docs/figures.md)."""
    subject: str = ""
    """Its subject; empty for the figure over all."""
    target: Number | None = None
    """The board's own target; the contract's where it is not given."""
    better: Literal["higher", "lower"] | None = None
    """Which way is good, where the measure does not say."""
    page_one: bool = False
    """Whether it stands on page one; where no line says so, all do."""


class Approval(Params):
    limit: Money | None = None
    """Money over which an order needs an approval."""
    together_days: Days = 7
    """Orders to one vendor within so many days count together."""
    approvers: Texts = ()
    """Who may approve."""


class Outside(Params):
    """Names that the data have and that are none of this contract's: known, so not strange (rule 44)."""

    services: Texts = ()
    """Services, as outages and checks name them."""
    priorities: Texts = ()
    """Priorities of tickets."""
    resources: Texts = ()
    """Resources, as samples name them."""
    assets: Texts = ()
    """Assets, as backup jobs and restore tests name them."""
    duties: Texts = ()
    """Duties, as their proofs name them."""
    products: Texts = ()
    """Products, as installed copies name them."""


class PriorityWeights(Params):
    benefit: NotNegative = 0.5
    """Weight of the benefit in the score of a proposal (rule 26)."""
    risk: NotNegative = 0.2
    """Weight of the risk."""
    cost: NotNegative = 0.3
    """Weight of the cost."""


class Alternative(Params):
    function: Name
    """A function that could be done elsewhere."""
    fee_share: Ratio | None = None
    """Its share of the fee."""
    yearly_cost: Money | None = None
    """What it would cost elsewhere in a year."""
    source: str | None = None
    """Where the price comes from."""
    dated_on: Day | None = None
    """Of which day it is."""


class Audit(Params):
    """How exact the yearly audit sample shall be, and which one of all possible samples it is."""

    precision_ratio: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    """Half the width of the interval around a share, where it is widest."""
    confidence_ratio: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """How sure the interval shall be."""
    seed: Count = 1
    """Which of all possible samples is drawn; the same seed draws the same one."""


class Strategy(Noted, Params):
    """What the board wants and who watches over it."""

    author: Author | None = None
    """Who wrote the strategy."""
    shared: Shared | None = None
    """Whether the provider knows it."""
    oversight: Oversight | None = None
    """Who is in charge of watching the provider."""
    objectives: tuple[Objective, ...] = ()
    """What the business wants."""
    scorecard: tuple[ScorecardLine, ...] = ()
    """Measures and targets, in the order of the page."""
    approval: Approval = Approval()
    """Who may approve orders, and from what money on."""
    outside: Outside = Outside()
    """Names in the data that are known and none of this contract's."""
    requesters: Texts = ()
    """Who may open tickets: addresses, or patterns such as *@it.acme.example."""
    priority: PriorityWeights = PriorityWeights()
    """How proposals are ranked."""
    alternatives: tuple[Alternative, ...] = ()
    """What each function would cost elsewhere."""
    audit: Audit = Audit()
    """How exact the yearly audit sample is."""


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
