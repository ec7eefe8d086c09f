"""The measures of the report capacity."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "utilisation",
        "Share in use",
        of="Share of {} in use",
        unit="ratio",
        better="lower",
        rule="rule 22",
        meaning=(
            "The 95th percentile of a resource's samples divided by the agreed capacity; exactly on the "
            "limit is met, and over 100 % is shown as it is. Its interval is what the samples that are missing may "
            "have been."
        ),
        no_data=(
            "The period has no samples, the resource is not in the contract, its capacity is not agreed or 0, "
            "or its samples seem to be in another unit."
        ),
        promise=True,
        shown="Capacity of the month",
    ),
    Measure(
        "days_to_limit",
        "Days until full",
        of="Days until {} is full",
        unit="days",
        better="higher",
        rule="rule 23",
        meaning=(
            "The days from the cut-off until the line through the daily percentiles of the last year meets "
            "the limit, looking at most 730 days ahead."
        ),
        no_data=(
            "There are no samples or no limit, the samples are in doubt, fewer than 28 days have samples, nothing "
            "rises, the limit is passed already, or it is more than 730 days away."
        ),
        shown="Time to the limit, soonest first",
    ),
)
