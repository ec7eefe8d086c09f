"""The measures of the report strategy."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "oversight",
        "Open points on who is in charge",
        of="Open points on who is in charge of {}",
        unit="count",
        better="lower",
        rule="strategy.yaml",
        meaning=(
            "How many of the conditions for a person in charge are not met: named, not the provider, "
            "with IT experience, with hours, without an interest."
        ),
        no_data="Strategy.yaml says nothing of it.",
        shown="Strategy and oversight",
    ),
    Measure(
        "author",
        "Open points on the strategy",
        of="Open points on the strategy of {}",
        unit="count",
        better="lower",
        rule="strategy.yaml",
        meaning=(
            "How many of the conditions for the board's own strategy are not met: owned objectives, an "
            "author who is not the provider and has no interest, a review."
        ),
        no_data="Strategy.yaml says nothing of it.",
        shown="Strategy and oversight",
    ),
    Measure(
        "acknowledged",
        "Steps to an acknowledged strategy that are missing",
        of="Strategy not acknowledged by {}",
        unit="count",
        better="lower",
        rule="strategy.yaml",
        meaning=(
            "How many of two steps are missing: the strategy was given to the provider, and the provider "
            "has acknowledged it."
        ),
        no_data="Strategy.yaml says nothing of it.",
        shown="Strategy and oversight",
    ),
    Measure(
        "exceptions",
        "Projects and proposals to settle",
        of="Projects of {} to settle",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many projects alive have something to settle, whatever it is; done and cancelled ones "
            "are left out."
        ),
        no_data="No projects were supplied.",
        shown="Projects and proposals with something to settle, the gravest first",
    ),
    Measure(
        "exceptions_cost",
        "Cost of projects and proposals to settle",
        of="Cost of projects of {} to settle",
        unit="cost",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "What the projects with something to settle are expected to cost; one without a cost adds "
            "nothing."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "unapproved",
        "Projects that nobody approved",
        of="Unapproved projects of {}",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many projects beyond a proposal nobody on the client's side has approved; where nobody "
            "speaks of approval none counts."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "no_objective",
        "Projects without an objective",
        of="Projects of {} without an objective",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many projects name no objective of the strategy, by id or title; where it lists none, "
            "any objective will do."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "own_profit",
        "Proposals to the provider's own profit",
        of="Proposals of {} to its own profit",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many projects the provider proposed that are paid beside the fee; one of which that is "
            "not said does not count."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "out_of_scope",
        "Projects out of scope",
        of="Projects of {} out of scope",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many projects lie in a field that the contract's scope does not give the provider; a "
            "project without a field is not judged."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "no_background",
        "Projects in a field where nothing was shown",
        of="Projects of {} without background",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many projects lie in a field in which the contract's scope lists nothing that shows the "
            "provider's skill; those out of scope are among them."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "not_best_resource",
        "Projects better done by others",
        of="Projects of {} better done by others",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning="Of how many projects it is said that the provider is not the best resource.",
        no_data="No projects were supplied.",
    ),
    Measure(
        "best_resource_unknown",
        "Projects without a word on the best resource",
        of="Projects of {} without a word on the best resource",
        unit="count",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning="Of how many projects nobody says whether the provider is the best resource.",
        no_data="No projects were supplied.",
    ),
    Measure(
        "waiting",
        "Proposals that wait for a decision",
        of="Proposals of {} that wait",
        unit="count",
        shown="Proposals that wait for a decision, the best score first",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning=(
            "How many proposals neither business nor the CIO has approved or rejected; one put off waits on."
        ),
        no_data="No projects were supplied.",
    ),
    Measure(
        "waiting_cost",
        "Cost of proposals that wait for a decision",
        of="Cost of proposals of {} that wait",
        unit="cost",
        better="lower",
        rule="strategy.yaml, contract.yaml scope",
        meaning="What the proposals that wait are expected to cost; one without a cost adds nothing.",
        no_data="No projects were supplied.",
    ),
)
