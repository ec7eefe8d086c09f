"""The measures of the report meeting."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "asks",
        "Points that we ask the provider to put right",
        of="Points to put right of {}",
        unit="count",
        rule="rule 49",
        meaning="How many things were missed that somebody else than we must put right.",
        no_data="No report of the pack has recorded a figure.",
    ),
    Measure(
        "claim",
        "Credits that we claim",
        of="Credit that we claim for {}",
        unit="cost",
        rule="rule 29",
        meaning="What is left of the credits of this and earlier months that can still be claimed on the last "
        "day and were not.",
        no_data="The contract states no monthly fee, or the pack has no page on it.",
    ),
    Measure(
        "hold",
        "Unpaid invoices to hold",
        of="Unpaid invoices of {} to hold",
        unit="cost",
        rule="rule 27",
        meaning="The sum of the unpaid invoices of which a line disagrees with its documents.",
        no_data="No purchases were supplied, or an invoice of these has no amount in the client's currency; "
        "`low` is then the sum of the others.",
    ),
    Measure(
        "cannot_tell",
        "Unpaid invoices that nobody can judge yet",
        of="Unpaid invoices of {} that nobody can judge yet",
        unit="cost",
        rule="rule 27",
        meaning="The sum of the unpaid invoices of which a line cannot be compared and none disagrees.",
        no_data="No purchases were supplied, or an invoice of these has no amount in the client's currency; "
        "`low` is then the sum of the others.",
    ),
    Measure(
        "release",
        "Unpaid invoices to release",
        of="Unpaid invoices of {} to release",
        unit="cost",
        rule="rule 27",
        meaning="The sum of the unpaid invoices all of whose documents agree.",
        no_data="No purchases were supplied, or an invoice of these has no amount in the client's currency; "
        "`low` is then the sum of the others.",
    ),
    Measure(
        "needed",
        "Pieces of evidence that we still need",
        of="Pieces of evidence that we still need of {}",
        unit="count",
        rule="rule 51",
        meaning="How many files, columns or other things lack without which promises cannot be judged or "
        "rows may be missing.",
        no_data="No report of the pack has recorded a figure.",
    ),
    Measure(
        "kept",
        "Decisions of the board that were carried out",
        of="Decisions of {} that were carried out",
        unit="count",
        rule="rule 0",
        meaning="How many of the board's decisions were done in the month.",
        no_data="No register of the board's decisions was supplied.",
    ),
    Measure(
        "late",
        "Decisions of the board that are late",
        of="Decisions of {} that are late",
        unit="count",
        rule="rule 0",
        meaning="How many of the board's decisions are overdue, or are listed no more and were never done.",
        no_data="No register of the board's decisions was supplied.",
    ),
)
