"""The measures of the report alternatives."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "volume_change",
        "Growth of tickets in a year",
        of="Growth of {} in a year",
        unit="ratio",
        better="lower",
        rule="Theil-Sen slope a day x 365",
        meaning="How much the tickets opened in a month grow in a year, as a share of the first month's; Theil "
        "and Sen's slope with its 95 % interval.",
        no_data="Fewer than six months have the figure, or no ticket was opened in the first.",
    ),
    Measure(
        "attainment_change",
        "Change in a year of the share solved in time",
        of="Change of {} solved in time in a year",
        unit="ratio",
        better="higher",
        rule="Theil-Sen slope a day x 365",
        meaning="How much the share of tickets solved in time changes in a year; Theil and Sen's slope with its "
        "95 % interval.",
        no_data="Fewer than six months have the figure.",
    ),
    Measure(
        "unsupported",
        "Fields of work that the provider has no part in, or has shown nothing for",
        of="Unsupported work in {}",
        unit="count",
        better="lower",
        rule="contract.yaml scope",
        meaning="In how many fields there was work that the agreed scope does not give the provider, or in which "
        "it has shown no skill.",
        no_data="No projects and no tickets were supplied.",
    ),
    Measure(
        "fee_part",
        "Fee in a year",
        of="Fee for {} in a year",
        unit="cost",
        rule="strategy.yaml alternatives",
        meaning="What the provider gets for a function in a year: its share of the fee, by the contracts in "
        "force.",
        no_data="Nobody has asked a price, or the fee or its share is not stated.",
    ),
    Measure(
        "yearly_cost",
        "Cost elsewhere in a year",
        of="Cost of {} elsewhere in a year",
        unit="cost",
        rule="strategy.yaml alternatives",
        meaning="What a function would cost elsewhere in a year: the mean of its quotes, their range beside it. "
        "What a function would cost elsewhere in a year: the mean of its quotes, their range beside it.",
        no_data="Nobody has asked a price.",
    ),
    Measure(
        "saving",
        "Saved in a year by moving",
        of="Saved in a year by moving {}",
        unit="cost",
        rule="strategy.yaml alternatives",
        meaning="How much less a function would cost elsewhere in a year before leaving is paid; negative is "
        "dearer.",
        no_data="Nobody has asked a price, or the fee or its share is not stated.",
    ),
    Measure(
        "break_even_share",
        "Fee share at which both cost the same",
        of="Fee share at which {} costs the same elsewhere",
        unit="ratio",
        rule="strategy.yaml alternatives",
        meaning="The share of the fee at which a function would cost the same here and elsewhere.",
        no_data="Nobody has asked a price, the fee is not stated, or leaving would cost all of it.",
    ),
    Measure(
        "unasked",
        "Functions of which nobody has asked the price elsewhere",
        of="{}, asked of nobody else",
        unit="count",
        better="lower",
        rule="strategy.yaml alternatives",
        meaning="For how many functions of the contract's scope there is no priced alternative.",
        no_data="There is always one.",
    ),
    Measure(
        "old",
        "Quotes more than a year old",
        of="Old quotes for {}",
        unit="count",
        better="lower",
        rule="strategy.yaml alternatives",
        meaning="How many quotes are dated more than a year before the cut-off, or not at all; on the day itself "
        "they are not old yet.",
        no_data="There is always one.",
    ),
)
