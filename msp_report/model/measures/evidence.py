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
)
