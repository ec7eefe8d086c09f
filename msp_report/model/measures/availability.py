"""The measures of the report availability."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "ratio",
        "Availability",
        of="Availability of {}",
        unit="ratio",
        better="higher",
        rule="rules 4-11",
        meaning=(
            "The share of a service's agreed time in which it was up, by the contract's own way of "
            "counting; exactly on the target is met."
        ),
        no_data=(
            "There was no service time, all of it was maintenance that counts, or no source says anything "
            "of it."
        ),
        promise=True,
        rows="outages",
        shown="Service levels of the month",
    ),
    Measure(
        "budget_left",
        "Downtime left",
        of="Downtime left for {}",
        unit="min",
        better="higher",
        rule="rule 10",
        meaning=(
            "The time that a service may still be down before it misses its agreed availability; below 0 it "
            "has missed it."
        ),
        no_data="No availability is agreed, or nothing is known of the service.",
    ),
    Measure(
        "outages",
        "Outages",
        of="Outages of {}",
        unit="count",
        better="lower",
        rule="rule 10",
        meaning=(
            "How often a service went down in its agreed time for at least the shortest outage that the "
            "contract counts."
        ),
        no_data="Nothing is known of the service.",
        promise=True,
        rows="outages",
        shown="Service levels of the month",
    ),
    Measure(
        "mttr",
        "Mean time to restore",
        of="Mean time to restore {}",
        unit="min",
        better="lower",
        rule="rule 10",
        meaning="The mean length of the outages that count, in agreed time.",
        no_data="No outage was seen, or nothing is known of the service.",
    ),
    Measure(
        "mtbf",
        "Mean time between outages",
        of="Mean time between outages of {}",
        unit="min",
        better="higher",
        rule="rule 10",
        meaning="The agreed time in which a service was up, divided by the outages that count.",
        no_data="No outage was seen, or nothing is known of the service.",
    ),
    Measure(
        "user_hours_lost",
        "User hours lost",
        of="User hours lost by {}",
        unit="hours",
        better="lower",
        rule="rule 39",
        meaning=(
            "The agreed time in which a service was down, short outages included, times the users that the "
            "contract names."
        ),
        no_data="The contract names no users, or nothing is known of the service.",
    ),
    Measure(
        "user_cost",
        "Cost of user hours lost",
        of="Cost of user hours lost by {}",
        unit="cost",
        better="lower",
        rule="rule 39",
        meaning="The user hours lost times what the contract says that an hour of a user costs.",
        no_data="The contract names no users or no cost of their hour, or nothing is known of the service.",
    ),
    Measure(
        "doubted_probes",
        "Probes in doubt",
        of="Probe {}",
        unit="count",
        better="lower",
        rule="rule 46",
        meaning=(
            "How many probes cannot be believed as a whole; of one probe, how often it was seen to do what no "
            "service does."
        ),
        no_data="No check was supplied.",
    ),
)
