"""The measures of the report licences."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "position",
        "Licences left over",
        of="Licences of {} left over",
        unit="count",
        better="higher",
        rule="rule 28",
        meaning="",
        no_data="",
    ),
    Measure(
        "short",
        "Copies without a licence",
        of="Copies of {} without a licence",
        unit="count",
        better="lower",
        rule="rule 28",
        meaning="",
        no_data="",
    ),
    Measure(
        "keys_reused",
        "Keys used too often",
        of="Keys of {} used too often",
        unit="count",
        better="lower",
        rule="rule 28",
        meaning="",
        no_data="",
    ),
    Measure(
        "unreceipted",
        "Licences without a receipt",
        of="Licences of {} without a receipt",
        unit="count",
        better="lower",
        rule="rule 28",
        meaning="",
        no_data="",
    ),
)
