"""Who with no interest in the outcome has judged the provider, on what, and does it still hold?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from msp_report.model.columns import last_day
from msp_report.model.names import is_provider, normal, says_nothing
from msp_report.model.tables import TABLES
from msp_report.params import Contract, as_contract

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
_UNASSESSED = ["function", "role", "evidence"]


def opinions(
    assessments: pd.DataFrame | None,
    cutoff: date | datetime,
    timezone: str = "UTC",
    contract: Contract | Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """The opinion that stands on each subject at a cut-off, and whether it has run out.

    Parameters: `assessments` as the canonical table with its look-back, None where not supplied; `cutoff` an instant
    (timezone-aware), read in `timezone`, or the last day itself; `contract` names the provider.
    Returns: one row per subject with OPINION_COLUMNS, the longest overdue first, then by expiry: the newest opinion
    without an interest in the outcome, or, where there is none, the newest of all (`independent` is False).
    `expired` [boolean]; days_overdue [days since expires_on], missing where it has not run out.
    Edge cases decided: the provider, and an assessor without a name, are never independent; an opinion of a day
    after the last one does not exist yet (rule 0); it holds on its expires_on and is overdue from the day after;
    without expires_on it holds for a year, for there is to be one every year; an older one that has run out does not
    count where a newer one stands.
    Source: rule 0.

    >>> given = pd.DataFrame({"subject": ["backups"], "assessed_on": pd.to_datetime(["2025-09-15"]),
    ...     "assessor": ["Owlbear Advisers"], "independent": [True], "expires_on": pd.to_datetime([None])})
    >>> found = opinions(given, pd.Timestamp("2026-10-31"))
    >>> found[["expires_on", "expired", "days_overdue"]].astype(str).values.tolist()
    [['2026-09-14', 'True', '47']]
    """
    last = last_day(cutoff, timezone)
    table = TABLES["assessments"].empty() if assessments is None else assessments
    table = table.reindex(columns=[column.name for column in TABLES["assessments"].columns])
    days = {
        name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in ("assessed_on", "expires_on")
    }
    somebody = ~says_nothing(table["assessor"]) & ~is_provider(table["assessor"], as_contract(contract or {}))
    free = table["independent"].astype("boolean").fillna(False).astype(bool)
    table = table.assign(**days, independent=free & somebody)
    table = table[table["assessed_on"] <= last]
    a_year = table["assessed_on"] + pd.DateOffset(years=1) - pd.Timedelta(days=1)
    table = table.assign(expires_on=table["expires_on"].fillna(a_year), key=normal(table["subject"]))
    table = table.sort_values(["independent", "assessed_on"], kind="stable").drop_duplicates(
        "key", keep="last"
    )
    late = (last - table["expires_on"]).dt.days.astype("Int64")
    table = table.assign(expired=late.gt(0).astype(bool), days_overdue=late.where(late.gt(0)))
    return table.sort_values(["expires_on", "subject"], kind="stable", ignore_index=True)[OPINION_COLUMNS]


def unassessed(
    opinions: pd.DataFrame, contract: Contract | Mapping[str, Any], cutoff: date | datetime
) -> pd.DataFrame:
    """The functions of the contract's scope on which no third party has ever given an opinion.

    Parameters: `opinions` from the function of that name; `contract` a model or a dict like the YAML, of which the
    version in force on the last day counts. Returns: one row per subject of `scope` that the provider does or advises
    on (roles do and advise) and whose name is no subject of an opinion: function, role, evidence (what the contract
    says shows its skill). Names are compared without case and outer blanks.
    Source: contract.yaml `scope`.

    >>> unassessed(opinions(None, pd.Timestamp("2026-10-31")), {"scope": [{"subject": "backups", "role": "do"}]},
    ...     pd.Timestamp("2026-10-31"))["function"].tolist()
    ['backups']
    """
    agreed = as_contract(contract)
    agreed = agreed.on(last_day(cutoff, agreed.client.timezone).date())
    rows = [(one.subject, one.role, one.evidence) for one in agreed.scope if one.role != "none"]
    table = pd.DataFrame(rows, columns=_UNASSESSED).astype("str")
    return table[~normal(table["function"]).isin(normal(opinions["subject"]))].reset_index(drop=True)
