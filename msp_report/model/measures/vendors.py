"""The measures of the report vendors."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "undisclosed",
        "Vendors with undisclosed ties",
        of="Undisclosed ties of {}",
        unit="count",
        better="lower",
        rule="register of vendors",
        meaning=(
            "How many vendors are tied to the provider by referral, commission or ownership without "
            "having been disclosed before the cut-off; the provider itself is none."
        ),
        no_data="No register of vendors was supplied.",
        rows="vendors",
        shown="Ties not told, told late, or never asked for",
    ),
    Measure(
        "undisclosed_invoiced",
        "Invoiced by vendors with undisclosed ties",
        of="Invoiced by {} under undisclosed ties",
        unit="cost",
        better="lower",
        rule="register of vendors",
        meaning=(
            "What vendors with undisclosed ties have invoiced to date, less credit notes; lines without "
            "a price or rate add nothing."
        ),
        no_data="No register of vendors or no purchases were supplied.",
    ),
    Measure(
        "tied",
        "Vendors tied to the provider",
        of="Ties of {}",
        unit="count",
        better="lower",
        rule="register of vendors",
        meaning="How many vendors are tied to the provider, disclosed or not.",
        no_data="No register of vendors was supplied.",
    ),
    Measure(
        "disclosed_late",
        "Ties disclosed late",
        of="Ties of {} disclosed late",
        unit="count",
        better="lower",
        rule="register of vendors",
        meaning=(
            "How many ties were disclosed only after the vendor had been recommended; on the same day is "
            "in time."
        ),
        no_data="No register of vendors was supplied.",
    ),
    Measure(
        "unregistered",
        "Vendors in no register",
        of="Vendors of {} in no register",
        unit="count",
        better="lower",
        rule="register of vendors",
        meaning="How many vendors were recommended or bought from that the register does not list.",
        no_data="No register of vendors was supplied.",
    ),
    Measure(
        "commission_cost",
        "Commissions to the provider, estimated",
        of="Commissions from {} to the provider, estimated",
        unit="cost",
        better="lower",
        rule="register of vendors",
        meaning=(
            "What flows back to the provider by estimate: invoiced to date times the commission that the "
            "register names, over tied vendors."
        ),
        no_data="No register of vendors or no purchases were supplied.",
    ),
)
