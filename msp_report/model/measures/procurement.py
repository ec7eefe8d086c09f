"""The measures of the report procurement."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "at_stake",
        "Money at stake in purchases",
        of="Money at stake in {}",
        unit="cost",
        better="lower",
        rule="rule 27",
        meaning=(
            "The money of the month's purchases that some document disputes; what several exceptions "
            "share of an invoice line counts once."
        ),
        no_data="No purchases were supplied, or nothing was invoiced in the month.",
        shown="Exceptions, the most money first",
    ),
    Measure(
        "exceptions",
        "Exceptions in purchases",
        of="Exceptions: {}",
        unit="count",
        better="lower",
        rule="rule 27",
        meaning=(
            "How many exceptions the match of quote, order, packing slip, invoice and receipt found, in "
            "all and by kind; a line that fails twice counts twice."
        ),
        no_data="No purchases were supplied.",
    ),
    Measure(
        "already_paid",
        "Money at stake that is already paid",
        of="Already paid of {}",
        unit="cost",
        better="lower",
        rule="rule 27",
        meaning="The part of the money at stake whose invoices were paid by the cut-off.",
        no_data="No purchases were supplied.",
    ),
    Measure(
        "unsure",
        "Invoice lines that cannot be compared",
        of="Not comparable in {}",
        unit="count",
        better="lower",
        rule="rule 27",
        meaning=(
            "How many of the month's invoice lines show no exception, but lack a price, an exchange rate or a "
            "document to be compared with."
        ),
        no_data="No purchases were supplied.",
    ),
    Measure(
        "unchecked",
        "Ordered by the provider, checked by nobody",
        of="Unchecked orders of {}",
        unit="cost",
        better="lower",
        rule="rule 27",
        meaning=(
            "The worth of what the provider ordered itself in the month and whose price nobody "
            "independent had looked up by the cut-off; an order without a known price adds nothing."
        ),
        no_data="No purchases were supplied.",
    ),
    Measure(
        "amount",
        "Money concerned by exceptions",
        of="Money concerned: {}",
        unit="cost",
        better="lower",
        rule="rule 27",
        meaning=(
            "The money that the exceptions of one kind concern, as far as it is known; a line that fails "
            "twice is in both kinds, so these sums may be more than what is at stake."
        ),
        no_data="There is always one: a kind without exceptions is not listed.",
    ),
)
