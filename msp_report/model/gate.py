"""The one gate that every verdict passes: what is missing, dropped or contradicted never reads as good news.

A metric hands in what it computed and what stands against it; nothing else says met or missed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.model.figures import Better, Verdict, judge, meets


@dataclass(frozen=True)
class Decision:
    """A verdict, and in a sentence why it is neither met nor missed."""

    verdict: Verdict
    why: str | None = None


def decide(
    value: float | None,
    target: float | None,
    better: Better,
    *,
    low: float | None = None,
    high: float | None = None,
    why: str | None = None,
    withheld: str | None = None,
    doubt: str | None = None,
    unsure: str | None = None,
    own_word: bool = False,
    lost: str | None = None,
) -> Decision:
    """Whether a promise was kept, or why nobody can tell.

    Parameters: `value` against `target`; `low` and `high`, what the value may be by what is missing or contradicted,
    with infinity where nothing bounds it; `why` there is no value; `withheld`, that a table which was due did not come
    (rule 41); `doubt` about a source as a whole (rules 22 and 46); `unsure`, why the interval is there, for the page;
    `own_word`, whether all evidence is the provider's, so that a gap in it leaves a miss standing (rule 50); `lost`,
    which rejected rows may belong to it (rule 42): why the interval is there, unless `unsure` says so.

    In this order: withheld or without a value is no_data; without a target, no_target; a doubted source decides
    nothing; an interval on both sides of the target is no_verdict, but a miss by the provider's own word stands. What
    has no value while rows of it were rejected is no_verdict, not no_data.
    Sources: rules 6, 41 to 46 and 50.

    >>> found = decide(0.97, 0.95, "higher", low=0.9, unsure="3 rows")
    >>> found.verdict, found.why
    ('no_verdict', '3 rows')
    >>> decide(0.9, 0.95, "higher", high=1.0, own_word=True).verdict
    'missed'
    """
    if withheld or (value is None and not lost):
        return Decision("no_data", withheld or why)
    if target is None:
        return Decision("no_target")
    if doubt or value is None:
        return Decision("no_verdict", doubt or lost)
    found = judge(value, target, better)
    ends = [meets(end, target, better) for end in (low, high) if end is not None]
    if all(met == (found == "met") for met in ends) or (own_word and found == "missed"):
        return Decision(found)
    return Decision("no_verdict", unsure or lost)


def doubted(table: pd.DataFrame, doubt: str | None, why: str = "why") -> pd.DataFrame:
    """A record whose rows have a `verdict`, with those that are met or missed left open by a doubt about their source
    as a whole, and the doubt in the column `why` (rule 46)."""
    if not doubt:
        return table
    judged = table["verdict"].isin(["met", "missed"])
    reasons = table[why].astype(object).where(~judged, doubt)
    return table.assign(
        verdict=table["verdict"].mask(judged, "no_verdict"),
        **{why: pd.Series(reasons, table.index, dtype="str")},
    )
