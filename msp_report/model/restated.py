"""What a run says otherwise than the published pack that it replaces (rule 48)."""

from __future__ import annotations

import numpy as np
import pandas as pd

RESTATED = ["measure", "subject", "unit", "value_from", "value_to", "verdict_from", "verdict_to"]
_KEY = ["measure", "subject"]
#: Nobody sees a smaller difference, of the greater of two values.
_SAME = 1e-9


def restated(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """The figures that two packs of one period give otherwise, in value or in verdict.

    Parameters: frames with the columns of figures.json; `before` without rows where there was no pack.
    Returns: one row per changed figure with RESTATED, changed verdicts first; what only one of the packs has is missing
    in the other.
    """
    if before.empty:
        return pd.DataFrame(columns=RESTATED)
    names = [*_KEY, "unit", "value", "verdict"]
    then, here = (frame[names].assign(subject=frame["subject"].fillna("")) for frame in (before, now))
    both = then.merge(here, on=_KEY, how="outer", suffixes=("_from", "_to"), indicator=True, sort=False)
    was, is_ = (pd.to_numeric(both[name]).astype("float64") for name in ("value_from", "value_to"))
    size = np.maximum(was.abs(), is_.abs())
    other_value = (was - is_).abs().gt(_SAME * size.clip(lower=1.0)) | was.isna().ne(is_.isna())
    verdicts = [
        both[name].astype(object).where(both[name].notna(), "") for name in ("verdict_from", "verdict_to")
    ]
    other_verdict = verdicts[0].ne(verdicts[1])
    table = both.assign(
        unit=both["unit_to"].where(both["unit_to"].notna(), both["unit_from"]),
        value_from=was,
        value_to=is_,
        place=~other_verdict,
    )[other_value | other_verdict | both["_merge"].ne("both")]
    return table.sort_values("place", kind="stable")[RESTATED].reset_index(drop=True)
