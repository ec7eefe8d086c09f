"""The measures of the report payments."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "due",
        "To be paid",
        of="To be paid to {}",
        unit="cost",
        rule="rule 27",
        meaning="",
        no_data="",
    ),
    Measure(
        "hold",
        "To be held: do not pay",
        of="To be held of {}",
        unit="cost",
        rule="rule 27",
        meaning="",
        no_data="",
    ),
    Measure(
        "cannot_tell",
        "Cannot tell whether to pay",
        of="Cannot tell of {}",
        unit="cost",
        rule="rule 27",
        meaning="",
        no_data="",
    ),
    Measure(
        "release",
        "Can be released",
        of="To be released to {}",
        unit="cost",
        rule="rule 27",
        meaning="",
        no_data="",
    ),
    Measure(
        "at_stake",
        "In dispute, of what is held",
        of="In dispute with {}",
        unit="cost",
        better="lower",
        rule="rule 27",
        meaning="",
        no_data="",
    ),
    Measure(
        "overdue",
        "Invoices past their due date",
        of="Invoices of {} past their due date",
        unit="count",
        better="lower",
        rule="rule 27",
        meaning="",
        no_data="",
    ),
)
