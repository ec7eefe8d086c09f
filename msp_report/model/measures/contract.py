"""The measures of the report contract."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "credit_owed",
        "Service credits owed",
        of="Credit owed for {}",
        unit="cost",
        rule="rule 29",
        meaning=(
            "What the provider owes for the month's missed levels: of each service the worst tier "
            "reached, all together up to the cap, whether claimed or not."
        ),
        no_data="The contract names no service credits, or a level was missed and it states no monthly fee.",
    ),
    Measure(
        "credit_at_risk",
        "Service credits owed if what is unknown were against the provider",
        of="Credit at risk for {}",
        unit="cost",
        rule="rule 50",
        meaning="What the provider would owe for the month if all that is missing or in doubt were against it, up to "
        "the cap; what it owes anyway included.",
        no_data="The contract names no service credits, or it states no monthly fee.",
    ),
    Measure(
        "credit_unclaimed",
        "Credits that can still be claimed",
        of="Unclaimed credit for {}",
        unit="cost",
        shown="Service credits, what became of them",
        rule="rule 29",
        meaning=(
            "What is left of the credits of this and earlier months that nobody has claimed and that may "
            "still be claimed on the last day."
        ),
        no_data="There is always one.",
    ),
    Measure(
        "credit_expired",
        "Credits lost for want of a claim",
        of="Lost credit for {}",
        unit="cost",
        rule="rule 29",
        meaning="What was owed in this and earlier months and was not claimed by the last day to claim.",
        no_data="There is always one.",
    ),
    Measure(
        "exit_cost",
        "Cost of leaving today",
        of="Cost of leaving {}",
        unit="cost",
        better="lower",
        rule="rule 30",
        meaning=(
            "The exit fee plus the monthly fee for the days of notice, or for those left of the term "
            "where they are fewer, if notice were given at the cut-off."
        ),
        no_data="The contract states no exit fee, no monthly fee, or neither notice nor end.",
    ),
    Measure(
        "not_reachable",
        "Not proved reachable without the provider",
        of="{} not proved reachable",
        unit="count",
        better="lower",
        rule="rule 30",
        meaning=(
            "How many items of the contract's exit list and assets in service have no proof, up to the "
            "last day, that they can be reached without the provider."
        ),
        no_data="Neither an exit list nor an asset in service is known.",
    ),
    Measure(
        "not_restorable",
        "Not proved restorable",
        of="{} not proved restorable",
        unit="count",
        better="lower",
        rule="rule 30",
        meaning=(
            "How many assets in service that must be backed up have never been restored in a test that "
            "succeeded by the last day."
        ),
        no_data="No asset in service is known to need a backup.",
    ),
    Measure(
        "hours",
        "Hours delivered under the contract",
        of="Hours delivered for {}",
        unit="hours",
        rule="booked hours under the contract",
        meaning="The hours booked in the month, without those declared outside the contract.",
        no_data="No hours were supplied, or none were booked in the month.",
    ),
    Measure(
        "fee_per_hour",
        "Fee for an hour delivered",
        of="Fee for an hour of {}",
        unit="cost",
        better="lower",
        rule="monthly fee / hours",
        meaning="The monthly fee divided by the hours delivered for it in the month.",
        no_data="No hours were booked in the month, or the contract states no monthly fee.",
    ),
    Measure(
        "days_to_notice",
        "Days left to give notice",
        of="Days to give notice for {}",
        unit="days",
        rule="contract.yaml, term",
        meaning=(
            "The days from the last day of the month to the last day on which notice ends the contract "
            "with its term; below 0 that day is past."
        ),
        no_data="The contract states no end or no notice.",
    ),
    Measure(
        "year_fee",
        "Fees of the months with data",
        of="Fees of the year for {}",
        unit="cost",
        rule="contract.yaml, term",
        meaning="The monthly fees in force, added up over the months of the period that have a pack.",
        no_data="The contract states no monthly fee, or no month has a pack.",
    ),
    Measure(
        "year_owed",
        "Credits owed for the year",
        of="Credits owed for the year for {}",
        unit="cost",
        rule="rule 29",
        meaning="Service credits that the published figures of the period call for, each month's up to its cap. "
        "Service credits that the published figures of the period call for, each month's up to its cap.",
        no_data="The contract names no credits or no fee, or no month has a pack.",
    ),
    Measure(
        "year_claimed",
        "Credits claimed, before the cap",
        of="Credits claimed for {}",
        unit="cost",
        rule="rule 29",
        meaning="Service credits of the period that were claimed by its end, before the cap.",
        no_data="The contract names no credits or no fee, or no month has a pack.",
    ),
    Measure(
        "year_credited",
        "Credits granted",
        of="Credits granted for {}",
        unit="cost",
        rule="rule 29",
        meaning="Service credits of the period that the provider had granted by its end.",
        no_data="The contract names no credits or no fee, or no month has a pack.",
    ),
    Measure(
        "year_open",
        "Credits that may still come",
        of="Credits that may still come for {}",
        unit="cost",
        rule="rule 29",
        meaning="Service credits of the period that may still come: claimed and not yet granted, or still to be "
        "claimed in time.",
        no_data="The contract names no credits or no fee, or no month has a pack.",
    ),
    Measure(
        "year_lost",
        "Credits never claimed in time",
        of="Credits lost for {}",
        unit="cost",
        rule="rule 29",
        meaning="Service credits of the period that nobody claimed by the last day for it.",
        no_data="The contract names no credits or no fee, or no month has a pack.",
    ),
    Measure(
        "year_at_stake",
        "Money at stake in purchases of the year",
        of="Money at stake in purchases of {}",
        unit="cost",
        rule="rule 27",
        meaning="What purchases of the period put at stake, added up over the months that could compare them. "
        "What purchases of the period put at stake, added up over the months that could compare them.",
        no_data="No month's purchases could be compared, or no month has a pack.",
    ),
    Measure(
        "year_user_hours",
        "Work lost to outages",
        of="Work lost to outages of {}",
        unit="hours",
        rule="rule 39",
        meaning="Hours of our people's work that outages of the period cost, over all services that state their "
        "users.",
        no_data="No service states its users, or no month has a pack.",
    ),
    Measure(
        "year_user_cost",
        "Worth of the work lost to outages",
        of="Worth of work lost to outages of {}",
        unit="cost",
        rule="rule 39",
        meaning="What those hours were worth, over all services that state what an hour costs.",
        no_data="No service states what an hour costs, or no month has a pack.",
    ),
    Measure(
        "year_credits",
        "Levels missed far enough for a credit",
        of="Levels of {} missed far enough for a credit",
        unit="count",
        rule="rule 29",
        meaning="How many levels were missed far enough for a credit, each month and service once.",
        no_data="The contract names no credits or no fee, or no month has a pack.",
    ),
)
