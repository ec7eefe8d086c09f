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
)
