"""The measures of the report payments."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "due",
        "To be paid",
        of="To be paid to {}",
        unit="cost",
        rule="rule 27",
        meaning="The sum of all unpaid invoices; what credit notes have used up is not to be paid.",
        no_data=(
            "No purchases were supplied, or an invoice has no amount in the client's currency; `low` is "
            "then the sum of the others."
        ),
    ),
    Measure(
        "hold",
        "To be held: do not pay",
        of="To be held of {}",
        unit="cost",
        rule="rule 27",
        meaning=(
            "The sum of the unpaid invoices of which a line disagrees with its documents; one line holds "
            "the whole invoice."
        ),
        no_data=(
            "No purchases were supplied, or an invoice of these has no amount in the client's currency; "
            "`low` is then the sum of the others."
        ),
    ),
    Measure(
        "cannot_tell",
        "Cannot tell whether to pay",
        of="Cannot tell of {}",
        unit="cost",
        rule="rule 27",
        meaning="The sum of the unpaid invoices of which a line cannot be compared and none disagrees.",
        no_data=(
            "No purchases were supplied, or an invoice of these has no amount in the client's currency; "
            "`low` is then the sum of the others."
        ),
    ),
    Measure(
        "release",
        "Can be released",
        of="To be released to {}",
        unit="cost",
        rule="rule 27",
        meaning=(
            "The sum of the unpaid invoices whose lines all agree with their documents, within the "
            "contract's tolerances."
        ),
        no_data=(
            "No purchases were supplied, or an invoice of these has no amount in the client's currency; "
            "`low` is then the sum of the others."
        ),
    ),
    Measure(
        "at_stake",
        "In dispute, of what is held",
        of="In dispute with {}",
        unit="cost",
        better="lower",
        rule="rule 27",
        meaning=(
            "The money that the documents dispute in the invoices to be held; less than their sum where "
            "only some lines disagree."
        ),
        no_data=(
            "No purchases were supplied, or the disputed money of an invoice is not known; `low` is then "
            "the sum of the others."
        ),
    ),
    Measure(
        "overdue",
        "Invoices past their due date",
        of="Invoices of {} past their due date",
        unit="count",
        better="lower",
        rule="rule 27",
        meaning=(
            "How many unpaid invoices were due before the day of the page; one due on that day is not "
            "overdue yet."
        ),
        no_data="No purchases were supplied.",
    ),
)
