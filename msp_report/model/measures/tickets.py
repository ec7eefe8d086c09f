"""The measures of the report tickets."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "response_attainment",
        "Tickets answered in time",
        of="{} tickets answered in time",
        unit="ratio",
        better="higher",
        rule="rules 11-15",
        meaning=(
            "The share of the response clocks decided in the month that were met: a ticket answered at or "
            "before its due instant is in time."
        ),
        no_data=(
            "No tickets were supplied, no time to answer is agreed, the source has no times of first "
            "responses, or no response was decided in the month."
        ),
        promise=True,
        rows="tickets",
        shown="Response and resolution against what was agreed",
    ),
    Measure(
        "resolution_attainment",
        "Tickets solved in time",
        of="{} tickets solved in time",
        unit="ratio",
        better="higher",
        rule="rules 11-15",
        meaning=(
            "The share of the resolution clocks decided in the month that were met: a ticket solved at or "
            "before its due instant, which pauses move, is in time."
        ),
        no_data=(
            "No tickets were supplied, no time to solve is agreed, or no resolution was decided in the month."
        ),
        promise=True,
        rows="tickets",
        shown="Response and resolution against what was agreed",
    ),
    Measure(
        "response_median",
        "Median time to answer",
        of="Median time to answer {}",
        unit="min",
        better="lower",
        rule="rule 16",
        meaning="Half of the tickets answered in the month were answered within this time, in agreed hours.",
        no_data=(
            "No tickets were supplied, the source has no times of first responses, or none was answered in "
            "the month."
        ),
    ),
    Measure(
        "resolution_median",
        "Median time to solve",
        of="Median time to solve {}",
        unit="min",
        better="lower",
        rule="rule 16",
        meaning=(
            "Half of the tickets last solved in the month were solved within this time, in agreed hours and "
            "without pauses."
        ),
        no_data="No tickets were supplied, or none was solved in the month.",
    ),
    Measure(
        "resolution_p90",
        "Nine of ten solved within",
        of="Nine of ten {} solved within",
        unit="min",
        better="lower",
        rule="rule 16",
        meaning=(
            "Nine of ten tickets last solved in the month were solved within this time, in agreed hours and "
            "without pauses."
        ),
        no_data="No tickets were supplied, or none was solved in the month.",
    ),
    Measure(
        "opened",
        "Tickets opened",
        of="{} tickets opened",
        unit="count",
        rule="rules 12, 17",
        meaning="The tickets opened in the month, whatever became of them.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "solved",
        "Tickets solved",
        of="{} tickets solved",
        unit="count",
        rule="rules 12, 17",
        meaning="The steps from open to solved in the month; a ticket solved twice counts twice.",
        no_data="No tickets were supplied, or the source does not say when anything was solved.",
    ),
    Measure(
        "backlog",
        "Tickets open at month end",
        of="{} tickets open at month end",
        unit="count",
        better="lower",
        rule="rules 12, 17",
        meaning="The tickets open at the cut-off; what is called solved without saying when counts as open, and makes "
        "it a range.",
        no_data="No tickets were supplied, or the source does not say when anything was solved.",
        shown="Oldest open tickets",
    ),
    Measure(
        "numbers_missing",
        "Ticket numbers that are in none of the files",
        unit="count",
        better="lower",
        rule="rule 38",
        meaning="How many numbers are missing between the tickets of the month, in gaps over the usual; n is the "
        "number of gaps.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "flagged_in_time",
        "Late tickets that the provider's own tool calls in time",
        unit="count",
        better="lower",
        rule="rule 32",
        meaning="Tickets that were solved after the time agreed while the provider's own tool calls them in time, "
        "decided in the month; n is of how many of these the tool says anything.",
        no_data="No tickets were supplied, or the source does not say what the provider's own tool calls in time.",
    ),
    Measure(
        "edits_favouring",
        "Edits that favour the provider",
        unit="ratio",
        better="lower",
        rule="rule 33",
        meaning="Of the month's edits that move a figure towards a miss or away from one (priorities, times changed "
        "after the fact, tickets taken out of the contract, pauses that saved a deadline), the share in the "
        "provider's favour, with its exact interval; n is the number of edits.",
        no_data="No tickets were supplied, the source has no log of changes, or fewer than ten edits move a figure.",
    ),
    Measure(
        "bunched",
        "Solves just before their deadline beyond what is to be expected",
        unit="count",
        better="lower",
        rule="rule 34",
        meaning="How many more tickets were solved in the last tenth of the time agreed than the solves before and "
        "after let expect; n is how many were solved there.",
        no_data="No tickets were supplied, or fewer than ten tickets were solved around their deadline.",
    ),
    Measure(
        "reopen_ratio",
        "Solves that came back",
        of="{} solves that came back",
        unit="ratio",
        better="lower",
        rule="rule 18",
        meaning=(
            "The share of the month's solves that came back within the days that the contract names, of "
            "those followed up for as long."
        ),
        no_data=(
            "No tickets were supplied, nothing was solved in the month, the source has no log of changes, "
            "or no solve has been followed up long enough."
        ),
    ),
    Measure(
        "repeat_ratio",
        "New tickets that repeat an earlier one",
        of="New {} tickets that repeat an earlier one",
        unit="ratio",
        better="lower",
        rule="rule 18",
        meaning=(
            "The share of the tickets opened in the month that repeat one solved shortly before: same "
            "requester or asset and category, or nearly the same title."
        ),
        no_data=(
            "No tickets were supplied, nothing was opened in the month, or tickets have neither titles nor "
            "categories with requesters or assets."
        ),
    ),
    Measure(
        "hours",
        "Hours spent on tickets",
        of="Hours spent on {}",
        unit="hours",
        rule="rule 17",
        meaning=(
            "The hours booked in the month on tickets; without any bookings, the hours that the tickets "
            "opened in the month carry themselves."
        ),
        no_data="Neither time entries nor tickets tell hours of the month.",
    ),
)
