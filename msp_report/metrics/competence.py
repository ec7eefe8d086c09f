"""Third-party opinions on the provider: what stands at a cut-off, until when, and by whom."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from msp_report.tables import TABLES

OPINION_COLUMNS = [
    "subject",
    "assessed_on",
    "assessor",
    "independent",
    "engaged_by",
    "result",
    "expires_on",
    "expired",
    "days_overdue",
]


def opinions(
    assessments: pd.DataFrame | None, cutoff: date | datetime, timezone: str = "UTC"
) -> pd.DataFrame:
    """The opinion that stands on each subject at a cut-off, and whether it has run out.

    Parameters: `assessments` as the canonical table with its look-back, None where not supplied; `cutoff` an instant
    (timezone-aware), read in `timezone`, or the last day itself.
    Returns: one row per subject with OPINION_COLUMNS, the longest overdue first, then by expiry: the newest opinion
    without an interest in the outcome, or, where there is none, the newest of all (`independent` is False).
    `expired` [boolean]; days_overdue [days since expires_on], missing where it has not run out.
    Edge cases decided: an opinion of a day after the last one does not exist yet (rule 0); it holds on its expires_on
    and is overdue from the day after; without expires_on it holds for a year, for there is to be one every year
    (mission, system 8); an older one that has run out does not count where a newer one stands.
    Source: rule 0; mission, system 8.

    >>> given = pd.DataFrame({"subject": ["backups"], "assessed_on": pd.to_datetime(["2025-09-15"]),
    ...     "assessor": ["Owlbear Advisers"], "independent": [True], "expires_on": pd.to_datetime([None])})
    >>> found = opinions(given, pd.Timestamp("2026-10-31"))
    >>> found[["expires_on", "expired", "days_overdue"]].astype(str).values.tolist()
    [['2026-09-14', 'True', '47']]
    """
    last = _last_day(cutoff, timezone)
    table = TABLES["assessments"].empty() if assessments is None else assessments
    table = table.reindex(columns=[column.name for column in TABLES["assessments"].columns])
    days = {
        name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in ("assessed_on", "expires_on")
    }
    table = table.assign(
        **days, independent=table["independent"].astype("boolean").fillna(False).astype(bool)
    )
    table = table[table["assessed_on"] <= last]
    a_year = table["assessed_on"] + pd.DateOffset(years=1) - pd.Timedelta(days=1)
    table = table.assign(expires_on=table["expires_on"].fillna(a_year), key=table["subject"].str.casefold())
    table = table.sort_values(["independent", "assessed_on"], kind="stable").drop_duplicates(
        "key", keep="last"
    )
    late = (last - table["expires_on"]).dt.days.astype("Int64")
    table = table.assign(expired=late.gt(0).astype(bool), days_overdue=late.where(late.gt(0)))
    return table.sort_values(["expires_on", "subject"], kind="stable", ignore_index=True)[OPINION_COLUMNS]


def _last_day(cutoff: date | datetime, timezone: str) -> pd.Timestamp:
    """The last whole or begun day before an instant; a date is itself."""
    moment = pd.Timestamp(cutoff)
    if moment.tzinfo is None:
        return moment.normalize()
    return (moment.tz_convert(timezone) - pd.Timedelta(microseconds=1)).tz_localize(None).normalize()
