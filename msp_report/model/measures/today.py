"""The measures of the report today."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "open",
        "Tickets open",
        unit="count",
        better="lower",
        rule="rules 12, 17",
        meaning="The tickets open at the instant of the page, as on the page of the help desk.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "overdue",
        "Tickets overdue",
        unit="count",
        better="lower",
        rule="rules 13-15",
        meaning="The open tickets that let a deadline pass and still lack what was due.",
        no_data="No tickets were supplied, or no time is agreed for what is open.",
    ),
    Measure(
        "due",
        "Tickets due before the working day ends",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets whose next deadline falls before the end of the working day.",
        no_data="No tickets were supplied, or no time is agreed for what is open.",
    ),
    Measure(
        "paused",
        "Tickets whose clock stands still",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets in a status that stops their clock.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "stuck",
        "Tickets nobody touched for a week",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets that nobody touched for 7 days or longer.",
        no_data="No tickets were supplied, or the source has no log of changes.",
    ),
    Measure(
        "bouncing",
        "Tickets being passed around",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets that were handed on 3 times or more.",
        no_data="No tickets were supplied, or the source does not say to whom a ticket was handed.",
    ),
    Measure(
        "payable",
        "To be paid",
        unit="cost",
        rule="rule 27",
        meaning="The money of all unpaid invoices dated before the cut-off.",
        no_data=(
            "No purchases were supplied, or an invoice among them has no amount in the client's currency."
        ),
    ),
    Measure(
        "hold",
        "To be held: do not pay",
        unit="cost",
        rule="rule 27",
        meaning="The money of the unpaid invoices that disagree with the documents behind them.",
        no_data=(
            "No purchases were supplied, or an invoice among them has no amount in the client's currency."
        ),
    ),
    Measure(
        "cannot_tell",
        "Cannot tell whether to pay",
        unit="cost",
        rule="rule 27",
        meaning="The money of the unpaid invoices for which something to compare with is missing.",
        no_data=(
            "No purchases were supplied, or an invoice among them has no amount in the client's currency."
        ),
    ),
    Measure(
        "release",
        "Can be released",
        unit="cost",
        rule="rule 27",
        meaning="The money of the unpaid invoices that agree with every document behind them.",
        no_data=(
            "No purchases were supplied, or an invoice among them has no amount in the client's currency."
        ),
    ),
)
