"""Are the standard duties done that nobody should have to ask for: each with its interval and its proof.

The same slots and gaps as for backups (rule 31), with the interval of each duty for the RPO and its proofs for the
good points. Decided here: a duty without any proof in all that was supplied has missed every slot, because to
prove it is the provider's part; a duty is due from the term's first day where that lies in the period; names are
compared without case and outer blanks; a proof at or after the cut-off does not exist yet (rule 0).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from msp_report.metrics.backups import gaps, slots
from msp_report.model.figures import Figure, judge
from msp_report.model.period import midnight
from msp_report.params import Contract, as_contract

DAY = 86_400_000_000

_COLUMNS = [
    "duty",
    "every_days",
    "expected",
    "good",
    "missed",
    "attained_days",
    "last_done_at",
    "last_by",
    "last_evidence",
    "proofs",
    "verdict",
    "why",
    "clause",
]


def levels(
    evidence: pd.DataFrame | None, contract: Contract | Mapping[str, Any], start: datetime, end: datetime
) -> pd.DataFrame:
    """How well each duty of the contract was kept in a period.

    Parameters: `evidence` as the canonical table duty_evidence with its look-back, None where not supplied;
    `contract` a model or a dict like contract.yaml, of which the version in force on the first local day counts;
    `[start, end)` the period, timezone-aware, `end` the cut-off.
    Returns: one row per duty, missed ones first, then the worst gap against its interval: duty, every_days,
    expected, good and missed [slots], attained_days (the largest gap, of 24 h), last_done_at, last_by,
    last_evidence, proofs (in the period), verdict, why, clause.
    Raises: ValueError for naive instants.
    Edge cases decided: without a file all is no_data; a file without rows leaves every duty unproved.
    Source: rule 31 and contract.yaml `duties`; mission, system 10.

    >>> proofs = pd.DataFrame({"duty": ["patching"], "done_at": pd.to_datetime(["2026-09-06 03:30Z"])})
    >>> table = levels(proofs, {"duties": [{"name": "patching", "every_days": 30}]},
    ...     pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"))
    >>> table[["duty", "expected", "missed", "verdict"]].values.tolist()
    [['patching', 1, 1, 'missed']]
    """
    agreed, first, last = _bounds(contract, start, end)
    listed = pd.DataFrame(
        [(duty.name, float(duty.every_days), duty.clause) for duty in agreed.duties],
        columns=["duty", "every_days", "clause"],
    ).astype({"duty": "str", "every_days": "float64", "clause": "str"})
    if listed.empty or first >= last:
        return pd.DataFrame(columns=_COLUMNS)
    spans = pd.DataFrame(
        {
            "subject": _key(listed["duty"]),
            "begin": first,
            "end": last,
            "every": (listed["every_days"] * DAY).round().astype("int64").clip(lower=1),
        }
    )
    proofs = _proofs(evidence, last)
    due = slots(spans, proofs).groupby("subject")["missed"].agg(["size", "sum"]).reindex(spans["subject"])
    gap = gaps(spans, proofs)
    latest = proofs.drop_duplicates("subject", keep="last").set_index("subject").reindex(spans["subject"])
    inside = proofs[proofs["at"] >= _micros(start)].groupby("subject").size()
    table = listed.assign(
        expected=due["size"].astype("Int64").array,
        missed=due["sum"].astype("Int64").array,
        good=(due["size"] - due["sum"]).astype("Int64").array,
        attained_days=gap["gap"].astype("float64") / DAY,
        last_done_at=pd.to_datetime(gap["last"], unit="us", utc=True).astype("datetime64[us, UTC]"),
        last_by=latest["by"].array,
        last_evidence=latest["evidence"].array,
        proofs=inside.reindex(spans["subject"]).fillna(0).astype("Int64").array,
    )
    table["verdict"] = table["missed"].gt(0).map({True: "missed", False: "met"}).astype("str")
    table["why"] = pd.Series(None, table.index, dtype="str")
    if evidence is None:
        table[["good", "missed", "proofs"]] = pd.NA
        table["attained_days"] = float("nan")
        table["verdict"], table["why"] = "no_data", _NO_FILE
    late = -(table["attained_days"] / table["every_days"]).where(table["verdict"].eq("missed"), 0)
    return table.loc[late.sort_values(kind="stable").index, _COLUMNS].reset_index(drop=True)


def strays(
    evidence: pd.DataFrame | None, contract: Contract | Mapping[str, Any], start: datetime, end: datetime
) -> pd.DataFrame:
    """Proofs of the period for duties that the contract does not name: duty, proofs, last_done_at."""
    agreed, _, last = _bounds(contract, start, end)
    proofs = _proofs(evidence, last)
    known = _key(pd.Series([duty.name for duty in agreed.duties], dtype="str"))
    other = proofs[~proofs["subject"].isin(known) & (proofs["at"] >= _micros(start))]
    table = other.groupby("duty")["at"].agg(["size", "max"]).reset_index()
    return pd.DataFrame(
        {
            "duty": table["duty"],
            "proofs": table["size"].astype("Int64"),
            "last_done_at": pd.to_datetime(table["max"], unit="us", utc=True).astype("datetime64[us, UTC]"),
        }
    )


def figures(levels: pd.DataFrame) -> list[Figure]:
    """The figures of duties.

    Parameters: `levels` from the function of that name. Returns: of each duty duties.kept_ratio (good / expected
    slots, target 1) and .attained_days; then duties.missed over all [count of duties, target 0]. A missing value
    says why.
    """
    each = [figure for row in levels.to_dict("records") for figure in _figures_of(row)]
    known = levels[levels["verdict"].ne("no_data")]
    value = int(known["verdict"].eq("missed").sum()) if len(known) else None
    target = 0 if len(levels) else None
    every = Figure(
        measure="duties.missed",
        value=value,
        unit="count",
        n=len(levels),
        target=target,
        better="lower",
        verdict=judge(value, target, "lower"),
        rule="rule 31",
        why_missing=None if value is not None else _NO_FILE if len(levels) else "no duties are agreed",
    )
    return [*each, every]


_NO_FILE = "no proofs of duties were supplied"


def _figures_of(row: Mapping[str, Any]) -> Iterator[Figure]:
    known = row["verdict"] != "no_data"
    common = {
        "subject": row["duty"],
        "clause": row["clause"],
        "rule": "rule 31",
        "why_missing": None if known else row["why"],
    }
    yield Figure(
        measure="duties.kept_ratio",
        value=row["good"] / row["expected"] if known else None,
        unit="ratio",
        n=row["expected"],
        target=1.0,
        better="higher",
        verdict=row["verdict"],
        **common,
    )
    yield Figure(
        measure="duties.attained_days",
        value=row["attained_days"],
        unit="days",
        n=row["proofs"] if known else None,
        better="lower",
        **common,
    )


def _bounds(
    contract: Contract | Mapping[str, Any], start: datetime, end: datetime
) -> tuple[Contract, int, int]:
    """The contract in force, and from when to when duties are due [us]."""
    agreed, first, last = as_contract(contract), _micros(start), _micros(end)
    agreed = agreed.on(pd.Timestamp(start).tz_convert(agreed.client.timezone).date())
    begun = agreed.term.starts_on
    if begun is not None:
        first = max(first, _micros(midnight(begun, agreed.client.timezone)))
    return agreed, first, last


def _micros(value: datetime) -> int:
    instant = pd.Timestamp(value)
    if instant is pd.NaT or instant.tzinfo is None:
        raise ValueError(f"the period must have instants with a time zone, not {value!r}")
    return instant.tz_convert("UTC").as_unit("ns").value // 1000


def _key(names: pd.Series) -> pd.Series:
    return names.astype("str").str.strip().str.casefold()


def _proofs(evidence: pd.DataFrame | None, last: int) -> pd.DataFrame:
    """Proofs before the cut-off in order of time: subject, duty, at [us], by, evidence."""
    if evidence is None:
        evidence = pd.DataFrame({"duty": [], "done_at": []})
    done = evidence["done_at"]
    if done.dtype.kind == "M" and getattr(done.dtype, "tz", None) is None and done.notna().any():
        raise ValueError("duty_evidence.done_at has times without a time zone: localize them first")
    at = pd.DatetimeIndex(pd.to_datetime(done, utc=True)).as_unit("us")
    table = pd.DataFrame(
        {
            "subject": _key(evidence["duty"]).array,
            "duty": evidence["duty"].astype("str").array,
            "at": at.asi8,
            **{
                name: evidence[name].astype("str").array
                if name in evidence
                else pd.Series(None, range(len(evidence)), dtype="str")
                for name in ("by", "evidence")
            },
        }
    )
    return table[at.notna() & (table["at"] < last)].sort_values("at", kind="stable", ignore_index=True)
