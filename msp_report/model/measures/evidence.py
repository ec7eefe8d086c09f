"""The measures of the report evidence."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "withheld_tables",
        "Tables that were due and did not come",
        of="The table {}, which was due and did not come",
        unit="count",
        better="lower",
        rule="rule 41",
        meaning="How many tables an earlier month had, or sources.yaml names, and the month's exports lack; nothing "
        "that needs one can be judged.",
        no_data="Of one table: it did not come, and the figure says since when. Over all there is always one.",
    ),
    Measure(
        "doubted_tables",
        "Tables in doubt as a whole",
        of="The table {}, which is in doubt as a whole",
        unit="count",
        better="lower",
        rule="rule 46",
        meaning="How many tables came in files that say that there is more than came, or whose totals are not those of "
        "their rows; what rests on one alone gets no verdict.",
        no_data="Of one table: why it is doubted. Over all there is always one.",
    ),
    Measure(
        "emptied_columns",
        "Columns that came empty",
        of="Columns of the table {} that came empty",
        unit="count",
        better="lower",
        rule="rule 41",
        meaning="How many columns each of the last three months filled and the month's own rows leave empty, by more "
        "than chance; what they told is not known of this month.",
        no_data="Of one table: which columns. Over all there is always one.",
    ),
    Measure(
        "rewritten_fields",
        "Fields of closed months that came otherwise",
        unit="count",
        better="lower",
        rule="rule 38",
        meaning="How many fields of months that were over when they were first exported have another value, or none, "
        "in this month's exports; n is the number of their rows.",
        no_data="There is always one.",
    ),
    Measure(
        "stale_packs",
        "Published packs that are out of date",
        of="The pack of {}, which is out of date",
        unit="count",
        better="lower",
        rule="rule 48",
        meaning="How many packs of the twelve months before differ in their inputs from what is there now: other rows, "
        "other params, other rules. They are compared with as they were published.",
        no_data="Of one month: why its pack is out of date. Over all there is always one.",
    ),
    Measure(
        "claims_gap",
        "Figures of the provider's own that are not what was found",
        unit="count",
        better="lower",
        rule="rule 32",
        meaning="How many of the provider's own figures differ from ours beyond the decimals that it states; n is how "
        "many can be compared.",
        no_data="The provider's own figures were not supplied.",
    ),
    Measure(
        "claims_money",
        "Credits that hang on the provider's own figures",
        unit="cost",
        better="lower",
        rule="rule 32",
        meaning="By how much the credits that are owed by our figures differ from those by the provider's own; n is "
        "the number of gaps.",
        no_data="The provider's own figures were not supplied.",
    ),
    Measure(
        "strange_names",
        "Names in the data that nobody agreed",
        of="Names in the table {} that nobody agreed",
        unit="count",
        better="lower",
        rule="rule 44",
        meaning="How many names of services, priorities, resources, assets, duties and products the data have and the "
        "contract, the register or the licences owned do not. Of one table: those under which it tells of harm, such "
        "as an outage, with its size: they are nobody's until it is told whose.",
        no_data="There is always one.",
    ),
    Measure(
        "unpromised_tables",
        "Tables that were due, that no clause promises, and that did not come",
        of="The table {}, which no clause promises",
        unit="count",
        better="lower",
        rule="rule 50",
        meaning="How many tables that no clause promises were due by our own rule and did not come; none shall.",
        no_data="There is always one.",
    ),
    Measure(
        "delivered",
        "Evidence delivered by its day",
        of="Delivery of {}",
        unit="count",
        better="higher",
        rule="rule 50",
        meaning="Whether a table that the contract promises came and was exported by the day agreed: 1 or 0.",
        no_data="The table came, and its source does not say when it was exported.",
        promise=True,
    ),
    Measure(
        "decided_ratio",
        "Promises with a firm verdict",
        of="Promises of {} with a firm verdict",
        unit="ratio",
        better="higher",
        rule="rule 51",
        meaning="The share of promises with anything to judge in the month that are met or missed.",
        no_data="No promise had anything to judge, or there is no pack of the month.",
    ),
    Measure(
        "unlogged_outages",
        "Outages that the provider's log lacks",
        unit="count",
        better="lower",
        rule="rule 37",
        meaning="How many outages of the month probes or bursts of tickets saw and the provider's log lacks, at least; "
        "n is how many outages anyone saw.",
        no_data="There is no log of the provider, or nothing beside it that tells of outages.",
    ),
    Measure(
        "outages_month",
        "Outages of the month in all, seen or not",
        unit="count",
        rule="rule 37",
        meaning="How many outages there were in the month of services that the provider's log and another list both "
        "cover, with those that no list has, by capture-recapture, with a 95 % interval; n is how many were seen.",
        no_data="Fewer than 7 outages of the month stand on two lists, or no two lists cover a service.",
    ),
    Measure(
        "outages_year",
        "Outages of up to twelve months in all, seen or not",
        unit="count",
        rule="rule 37",
        meaning="The same over up to twelve months to the cut-off, of all the time that the lists cover.",
        no_data="Fewer than 7 outages of these months stand on two lists, or no two lists cover a service.",
    ),
    Measure(
        "logged_year",
        "Outages of up to twelve months in the provider's log, of those seen",
        unit="count",
        better="higher",
        rule="rule 37",
        meaning="How many of the outages behind outages_year the provider's log has; n is how many anyone saw.",
        no_data="As outages_year.",
    ),
)
