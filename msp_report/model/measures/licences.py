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
        meaning=(
            "The licences in force that a receipt proves, less the copies installed, counted as the "
            "product is licensed; below 0 copies run without a licence."
        ),
        no_data=(
            "Entitlements, installed copies or purchases were not supplied, or the cores of a device are "
            "not known."
        ),
        rows="copies",
        shown="Position at the end of the month, the shortest first",
    ),
    Measure(
        "short",
        "Copies without a licence",
        of="Copies of {} without a licence",
        unit="count",
        better="lower",
        rule="rule 28",
        meaning=(
            "How many copies are installed without a licence that a receipt proves, over all products; "
            "what one product has left over helps no other."
        ),
        no_data="No product's position is known.",
    ),
    Measure(
        "keys_reused",
        "Keys used too often",
        of="Keys of {} used too often",
        unit="count",
        better="lower",
        rule="rule 28",
        meaning=(
            "How many licence keys are on more devices than they were bought for; a key that nobody "
            "bought is worth one device."
        ),
        no_data="Entitlements or installed copies were not supplied, or neither lists anything.",
    ),
    Measure(
        "unreceipted",
        "Licences without a receipt",
        of="Licences of {} without a receipt",
        unit="count",
        better="lower",
        rule="rule 28",
        meaning=(
            "For how many licences in force the purchase register has no receipt; they count as not owned."
        ),
        no_data="Entitlements or purchases were not supplied, or no product is listed.",
    ),
)
