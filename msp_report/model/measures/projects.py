"""The measures of the report projects."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "slip",
        "Days late, median",
        of="Days {} is late",
        unit="days",
        better="lower",
        rule="rule 24",
        meaning=(
            "How many days later than first planned a project is expected to end, over all the median of "
            "projects under way or closed in the month; below 0 is early."
        ),
        no_data="No project has a planned and an expected end.",
        shown="Schedule of projects in process, the latest first",
    ),
    Measure(
        "cost_variance",
        "Cost of projects under plan",
        of="Cost of {} under plan",
        unit="cost",
        better="higher",
        rule="rule 24",
        meaning=(
            "By how much the expected cost is under the cost first planned, over all the sum; below 0 is "
            "over."
        ),
        no_data="No project has a planned and an expected cost.",
    ),
    Measure(
        "cpi",
        "Cost index of projects",
        of="Cost index of {}",
        unit="index",
        better="higher",
        rule="rule 25",
        meaning="The planned cost of the work done divided by what it cost; under 1 is over cost.",
        no_data="No project reports an earned value with an actual cost above 0.",
    ),
    Measure(
        "spi_t",
        "Schedule index of projects",
        of="Schedule index of {}",
        unit="index",
        better="higher",
        rule="rule 25",
        meaning=(
            "The time that the work done should have taken by plan divided by the time that it took; "
            "under 1 is behind."
        ),
        no_data="No project reports planned and earned values.",
    ),
    Measure(
        "unapproved",
        "Projects approved by nobody",
        of="Unapproved work on {}",
        unit="count",
        better="lower",
        meaning=(
            "How many projects under way, or done in the month, nobody on the client's side has approved."
        ),
        no_data="No project is under way, or no source speaks of any approval.",
        rows="projects",
        shown="Schedule of projects in process, the latest first",
    ),
    Measure(
        "changes",
        "Changes to schedules and estimates",
        of="Changes to {}",
        unit="count",
        better="lower",
        rule="rule 24",
        meaning=(
            "How many planned or expected starts, ends and costs were reported otherwise than before in "
            "the month; the first value known is no change."
        ),
        no_data="No project is under way or was closed in the month.",
    ),
    Measure(
        "year_projects",
        "Projects of the year",
        of="Projects of {}",
        unit="count",
        rule="rule 24",
        meaning="How many projects were reported in the period; proposals are no projects yet.",
        no_data="No project was reported in the period.",
    ),
    Measure(
        "year_done",
        "Projects done",
        of="Projects of {} done",
        unit="count",
        rule="rule 24",
        meaning="How many projects of the period were done at their last report in it.",
        no_data="No project was reported in the period.",
    ),
    Measure(
        "year_cancelled",
        "Projects cancelled",
        of="Projects of {} cancelled",
        unit="count",
        rule="rule 24",
        meaning="How many projects of the period were cancelled at their last report in it.",
        no_data="No project was reported in the period.",
    ),
    Measure(
        "year_changes",
        "Changes to schedules and estimates",
        of="Changes to {} in the year",
        unit="count",
        rule="rule 24",
        meaning="How many times a report of the period changed a project's schedule or estimate.",
        no_data="No project was reported in the period.",
    ),
    Measure(
        "year_late",
        "Projects late against the first plan",
        of="Late projects of {}",
        unit="count",
        rule="rule 24",
        meaning="How many projects were expected after their first planned end at their last report of the "
        "period; on that day is not late.",
        no_data="No project of the period has a planned and an expected end.",
    ),
    Measure(
        "year_moved",
        "Projects that moved later within the year",
        of="Projects of {} that moved later within the year",
        unit="count",
        rule="rule 24",
        meaning="How many projects were expected later at their last report of the period than at their first "
        "one in it.",
        no_data="No project of the period has an expected end at both reports.",
    ),
    Measure(
        "year_slip",
        "Days late, median",
        of="Days {} is late",
        unit="days",
        rule="rule 24",
        meaning="How many days after its first planned end a project is expected at its last report of the "
        "period, negative is early; over all the median.",
        no_data="No plan or no expectation is reported.",
    ),
    Measure(
        "year_cost_variance",
        "Cost of projects under plan",
        of="Cost of {} under plan",
        unit="cost",
        rule="rule 24",
        meaning="How much less than first planned a project is expected to cost at its last report of the "
        "period, negative is dearer; over all the sum.",
        no_data="No plan or no expectation is reported.",
    ),
)
