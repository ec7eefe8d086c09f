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
)
