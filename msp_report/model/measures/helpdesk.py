"""The measures of the report helpdesk."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "open",
        "Tickets open",
        of="{} tickets open",
        unit="count",
        better="lower",
        rule="rules 12, 17",
        meaning=(
            "The tickets open at the instant of the page, by the priority that their clocks started with."
        ),
        no_data="No tickets were supplied.",
    ),
    Measure(
        "overdue",
        "Tickets overdue",
        of="{} tickets overdue",
        unit="count",
        better="lower",
        rule="rules 13-15",
        meaning=(
            "The open tickets that let a deadline pass, of the answer or of the solution, and still lack "
            "what was due."
        ),
        no_data="No tickets were supplied, or no time is agreed for what is open.",
    ),
    Measure(
        "due",
        "Tickets due before the working day ends",
        of="{} tickets due before the working day ends",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning=(
            "The open tickets whose next deadline falls before the end of the working day; what is overdue "
            "already may be among them with its next one."
        ),
        no_data="No tickets were supplied, or no time is agreed for what is open.",
    ),
    Measure(
        "unanswered",
        "Tickets nobody answered",
        of="{} tickets nobody answered",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets that nobody at the provider has answered.",
        no_data="No tickets were supplied, or the source has no times of first responses.",
    ),
    Measure(
        "paused",
        "Tickets whose clock stands still",
        of="{} tickets whose clock stands still",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets in a status that stops their clock.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "stuck",
        "Tickets nobody touched for a week",
        of="{} tickets nobody touched for a week",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning=(
            "The open tickets that nobody touched for 7 days or longer, whatever they wait for; booked "
            "hours are no touch."
        ),
        no_data="No tickets were supplied, or the source has no log of changes.",
    ),
    Measure(
        "bouncing",
        "Tickets being passed around",
        of="{} tickets being passed around",
        unit="count",
        better="lower",
        rule="rules 12-15",
        meaning="The open tickets that were handed on 3 times or more.",
        no_data="No tickets were supplied, or the source does not say to whom a ticket was handed.",
    ),
    Measure(
        "oldest",
        "Age of the oldest open ticket",
        of="Age of the oldest {} ticket",
        unit="days",
        better="lower",
        rule="rule 17",
        meaning="The age of the ticket that has been open longest, in days of 24 hours.",
        no_data="No tickets were supplied, or nothing is open.",
    ),
    Measure(
        "solved",
        "Tickets solved in the week before",
        of="{} tickets solved in the week before",
        unit="count",
        rule="rule 12",
        meaning="The tickets solved in the 7 days before the instant of the page that are not open again.",
        no_data="No tickets were supplied.",
    ),
    Measure(
        "resolution_median",
        "Median time to solve, of the week before",
        of="Median time to solve {}",
        unit="min",
        better="lower",
        rule="rule 16",
        meaning=(
            "Half of the tickets solved in the 7 days before were solved within this time, in agreed hours "
            "and without pauses."
        ),
        no_data="No tickets were supplied, or nothing was solved in the 7 days.",
    ),
)
