"""The measures of the report negotiation."""

from msp_report.model.measures.declaration import Measure

_NOT_TESTED = "No month of the period was tested: run msp-report selftest."
_NO_MONEY = "No month has a pack, or the contract names no service credits."

MEASURES = (
    Measure(
        "harms_uncaught",
        "Harms that no page catches",
        unit="count",
        better="lower",
        rule="rule 35",
        meaning=(
            "Of the harms that were injected into a copy of the month, those in none of whose tries a figure was "
            "missed or worse, or page one had a line more."
        ),
        no_data=_NOT_TESTED,
    ),
    Measure(
        "harms_unpaid",
        "Harms that no clause pays for",
        unit="count",
        better="lower",
        rule="rule 35",
        meaning="Of the same harms, those in none of whose tries the month's credits came to more, before the cap.",
        no_data=_NOT_TESTED,
    ),
    Measure(
        "passed",
        "Evidence left out in silence",
        unit="count",
        better="lower",
        rule="rule 35",
        meaning=(
            "Of the tries in which evidence was left out, those that made a figure better for the provider while page "
            "one named nothing."
        ),
        no_data=_NOT_TESTED,
    ),
    Measure(
        "clauses_idle",
        "Credits that were never owed",
        unit="count",
        rule="rule 35",
        meaning="Of the contract's credits whose figure was known in some month, those by which nothing was ever owed.",
        no_data=_NO_MONEY,
    ),
    Measure(
        "clauses_paid",
        "Credits owed, month by month",
        unit="cost",
        rule="rule 35",
        meaning=(
            "What the contract's credits come to over the period, before the cap; low and high are the ends of what as "
            "many months, drawn out of the period with repeats, come to in 95 of 100 draws."
        ),
        no_data=_NO_MONEY,
    ),
    Measure(
        "would_pay",
        "Credits that promises without one would have paid",
        unit="cost",
        rule="rule 35",
        meaning=(
            "What the contract's smallest credit would have come to, had it hung on every promise that has none, once "
            "for each month missed; with the same ends."
        ),
        no_data=_NO_MONEY,
    ),
)
