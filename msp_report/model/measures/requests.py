"""The measures of the report requests."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "authorised_tickets",
        "Tickets by those who may",
        of="Authorised tickets of {}",
        unit="count",
        rule="rule 19",
        meaning="The tickets opened in the month by people whom the board has named.",
        no_data="No tickets were supplied, or the strategy names no requesters.",
    ),
    Measure(
        "authorised_hours",
        "Hours for those who may",
        of="Hours on authorised tickets of {}",
        unit="hours",
        rule="rule 19",
        meaning=(
            "The hours spent in the month on the tickets opened in it by people whom the board has named."
        ),
        no_data="No tickets were supplied, the strategy names no requesters, or no hours are recorded.",
    ),
    Measure(
        "authorised_cost",
        "Cost of tickets by those who may",
        of="Cost of authorised tickets of {}",
        unit="cost",
        rule="rule 19",
        meaning=(
            "What the tickets opened in the month by people whom the board has named cost, where the "
            "contract pays by the hour or by the ticket; else there is no such figure."
        ),
        no_data=(
            "No tickets were supplied, the strategy names no requesters, or the contract pays by the hour "
            "and no hours are recorded."
        ),
    ),
    Measure(
        "unauthorised_tickets",
        "Tickets by those who may not",
        of="Unauthorised tickets of {}",
        unit="count",
        better="lower",
        rule="rule 19",
        meaning="The tickets opened in the month by people whom the board has not named.",
        no_data="No tickets were supplied, or the strategy names no requesters.",
    ),
    Measure(
        "unauthorised_hours",
        "Hours for those who may not",
        of="Hours on unauthorised tickets of {}",
        unit="hours",
        better="lower",
        rule="rule 19",
        meaning=(
            "The hours spent in the month on the tickets opened in it by people whom the board has not named."
        ),
        no_data="No tickets were supplied, the strategy names no requesters, or no hours are recorded.",
    ),
    Measure(
        "unauthorised_cost",
        "Cost of tickets by those who may not",
        of="Cost of unauthorised tickets of {}",
        unit="cost",
        better="lower",
        rule="rule 19",
        meaning=(
            "What the tickets opened in the month by people whom the board has not named cost, where the "
            "contract pays by the hour or by the ticket; else there is no such figure."
        ),
        no_data=(
            "No tickets were supplied, the strategy names no requesters, or the contract pays by the hour "
            "and no hours are recorded."
        ),
    ),
    Measure(
        "unknown_tickets",
        "Tickets without a requester",
        of="Tickets without a requester of {}",
        unit="count",
        better="lower",
        rule="rule 19",
        meaning="The tickets opened in the month without a requester's name.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "unknown_hours",
        "Hours on tickets without a requester",
        of="Hours on tickets without a requester of {}",
        unit="hours",
        better="lower",
        rule="rule 19",
        meaning="The hours spent in the month on the tickets opened in it without a requester's name.",
        no_data="No tickets were supplied, or no hours are recorded.",
    ),
    Measure(
        "unknown_cost",
        "Cost of tickets without a requester",
        of="Cost of tickets without a requester of {}",
        unit="cost",
        better="lower",
        rule="rule 19",
        meaning=(
            "What the tickets opened in the month without a requester's name cost, where the contract pays "
            "by the hour or by the ticket; else there is no such figure."
        ),
        no_data="No tickets were supplied, or the contract pays by the hour and no hours are recorded.",
    ),
    Measure(
        "duplicate_tickets",
        "Duplicate tickets",
        of="Duplicate tickets of {}",
        unit="count",
        better="lower",
        rule="rule 19",
        meaning="The tickets opened in the month while one with a nearly identical title was open.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "duplicate_hours",
        "Hours on duplicate tickets",
        of="Hours on duplicates of {}",
        unit="hours",
        better="lower",
        rule="rule 19",
        meaning=(
            "The hours spent in the month on the tickets opened in it while one with a nearly identical "
            "title was open."
        ),
        no_data="No tickets were supplied, or no hours are recorded.",
    ),
    Measure(
        "duplicate_cost",
        "Cost of duplicate tickets",
        of="Cost of duplicates of {}",
        unit="cost",
        better="lower",
        rule="rule 19",
        meaning=(
            "What the tickets opened in the month while one with a nearly identical title was open cost, "
            "where the contract pays by the hour or by the ticket; else there is no such figure."
        ),
        no_data="No tickets were supplied, or the contract pays by the hour and no hours are recorded.",
    ),
    Measure(
        "training_tickets",
        "Training questions",
        of="Training questions of {}",
        unit="count",
        better="lower",
        rule="rule 19",
        meaning=(
            "The tickets opened in the month that ask how to do something, by their category or a word in "
            "their title."
        ),
        no_data="No tickets were supplied, or the contract does not say what training is.",
    ),
    Measure(
        "training_hours",
        "Hours on training questions",
        of="Hours on training questions of {}",
        unit="hours",
        better="lower",
        rule="rule 19",
        meaning=(
            "The hours spent in the month on the tickets opened in it that ask how to do something, by "
            "their category or a word in their title."
        ),
        no_data=(
            "No tickets were supplied, the contract does not say what training is, or no hours are recorded."
        ),
    ),
    Measure(
        "training_cost",
        "Cost of training questions",
        of="Cost of training questions of {}",
        unit="cost",
        better="lower",
        rule="rule 19",
        meaning=(
            "What the tickets opened in the month that ask how to do something, by their category or a word "
            "in their title cost, where the contract pays by the hour or by the ticket; else there is no "
            "such figure."
        ),
        no_data=(
            "No tickets were supplied, the contract does not say what training is, or the contract pays by "
            "the hour and no hours are recorded."
        ),
    ),
    Measure(
        "opened",
        "Tickets opened, by anyone",
        of="Tickets opened by {}",
        unit="count",
        rule="rule 19",
        meaning="The tickets opened in the month, whoever opened them and whatever became of them.",
        no_data="No tickets were supplied.",
    ),
)
