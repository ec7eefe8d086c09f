"""Are the standard duties done that nobody should have to ask for: each with its interval and its proof.

The same slots and gaps as for backups (rule 31), with the interval of each duty for the RPO and its proofs for the
good points. Decided here: a duty without any proof in all that was supplied has missed every slot, because to
prove it is the provider's part, but of one without a proof of the period that a strange name may mean (rule 44)
there is no verdict; a proof that names neither who did it nor what shows it (nothing, "none", a dash) is listed and
proves nothing; a duty is due from the term's first day where that lies in the period; a proof at or after the cut-off
does not exist yet (rule 0). A proof that backups were watched is contradicted, and proves nothing, while an asset has
been without a good point for longer than its RPO in a stretch that missed a slot, unless the proof names the asset, or
a ticket since its last good point does; where rejected runs, or a doubt about that source, may say otherwise, it
counts at the best. Where the proofs speak of a part of the period, the slots that end in it count, and all others may
be kept or missed (rule 41). A rejected proof that may be of a duty counts at its time at the best, and for
every slot where its time could not be read (rule 42).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import backups
from msp_report.metrics.backups import gaps, slots, slots_due, whole_slots
from msp_report.model.case import Case, once
from msp_report.model.columns import DAY, instants, micro, micros, optional
from msp_report.model.dropped import Dropped
from msp_report.model.figures import Figure
from msp_report.model.gate import decide, doubted
from msp_report.model.names import (
    device_label,
    mistaken,
    normal,
    normal_name,
    says_nothing,
    spelled,
    unsure_whose,
)
from msp_report.model.period import midnight
from msp_report.model.reach import Reach, bounded, reach_of
from msp_report.params import Contract, as_contract, as_strategy

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
    "good_high",
]
_WHOLE = "in_all"
_CONTRADICTED = pd.DataFrame(
    {
        "duty": pd.Series(dtype="str"),
        "done_at": pd.Series(dtype="datetime64[us, UTC]"),
        "asset": pd.Series(dtype="str"),
        "last_good_at": pd.Series(dtype="datetime64[us, UTC]"),
        "gap_hours": pd.Series(dtype="float64"),
        "rpo_hours": pd.Series(dtype="float64"),
        "sure": pd.Series(dtype="bool"),
    }
)


@dataclass(frozen=True)
class Analysis:
    """How the standard duties of a period were kept: `levels`, `strays`, `empty` and `contradicted` as the functions of
    those names."""

    levels: pd.DataFrame
    strays: pd.DataFrame
    empty: pd.DataFrame
    contradicted: pd.DataFrame
    reach: Reach

    def figures(self) -> list[Figure]:
        """Of each duty duties.kept_ratio (good / expected slots, target 1) and .attained_days; then duties.missed
        over all, which only sums up and has no target of its own. A missing value says why."""
        each = [one for row in self.levels.to_dict("records") for one in _figures_of(row, self.reach)]
        known = self.levels[self.levels["verdict"].ne("no_data")]
        value = int(known["verdict"].eq("missed").sum()) if len(known) else None
        why = _NO_FILE if len(self.levels) else "no duties are agreed"
        over_all = Figure(
            measure="duties.missed",
            value=value,
            n=len(self.levels),
            why_missing=None if value is not None else why,
        )
        return bounded([*each, over_all], self.reach, ("duties.attained_days", "duties.missed"))

    @property
    def pace(self) -> pd.DataFrame:
        """How long each duty went without a proof, as a share of what is agreed: the rows of `levels` of which anything
        is known, with `intervals`. Where a duty was missed and no proof of it was ever seen it is one and a half at
        least, or it would not be missed, and `seen_days` is missing."""
        rows = self.levels[self.levels["attained_days"].notna()]
        never = rows["last_done_at"].isna() & rows["verdict"].eq("missed")
        intervals = rows["attained_days"] / rows["every_days"]
        return rows.assign(
            intervals=intervals.where(~never, intervals.clip(lower=1.5)),
            seen_days=rows["attained_days"].where(~never),
        )

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("strays", "empty", "contradicted")
        return {"duties": self.levels[_COLUMNS], **{name: getattr(self, name) for name in names}}


@once
def analyse(case: Case) -> Analysis:
    """Everything about the standard duties of a period.

    Reads duty_evidence, and what may contradict it: assets, backup_jobs, restore_tests and tickets. Raises as `levels`
    and backups.analyse. Source: rule 31.
    """
    given = (case.table("duty_evidence"), case.agreed, case.start, case.end)
    reach, outside = reach_of(case, "duty_evidence"), as_strategy(case.strategy).outside.duties
    denied = contradicted(case)
    found = levels(*given, reach, outside, Dropped.of(case, "duty_evidence"), denied)
    kept = doubted(found, case.doubts("duty_evidence"))
    if "backup_jobs" in case.withheld:  # what would contradict the proofs did not come
        open_now = kept["verdict"].eq("met") & normal(kept["duty"]).isin(_watching(_bounds(*given[1:])[0]))
        why = reach_of(case, "backup_jobs").why
        kept = kept.assign(
            verdict=kept["verdict"].mask(open_now, "no_verdict"), why=kept["why"].mask(open_now, why)
        )
    return Analysis(kept, strays(*given), empty(*given), denied, reach)


def contradicted(case: Case) -> pd.DataFrame:
    """Proofs of the period that backups were watched, though an asset had no good point and nobody said so.

    Returns: one row per proof, of the asset longest without one, in order of time: duty, done_at, asset, last_good_at
    (without one the begin of its month), gap_hours and rpo_hours [h], sure (False where rejected runs of the asset, a
    doubt about the source, or tickets that did not come may say otherwise).
    Edge cases decided: which duties these are the contract says (`watches`), or their names do; who names the asset in
    the proof, or in a ticket's asset or title between the last good point and the proof, said so; an asset whose runs
    never came contradicts nothing.
    Source: rule 31.
    """
    agreed, _, last = _bounds(case.agreed, case.start, case.end)
    proofs = _proofs(case.table("duty_evidence"), last)
    proofs = proofs[proofs["subject"].isin(_watching(agreed))]
    proofs = proofs[proofs["at"] >= micro(case.start)]
    if proofs.empty or case.table("backup_jobs") is None:
        return _CONTRADICTED.copy()
    found = backups.analyse(case)
    lost = found.stretches.assign(name=lambda rows: device_label(rows["asset"]))
    pairs = proofs.merge(lost, how="cross")
    at, begin = pd.Series(instants(pairs["at"]), pairs.index), pairs["from_at"]
    silent = (at - begin > pd.to_timedelta(pairs["rpo_hours"], unit="h")) & (at < pairs["to_at"])
    pairs = pairs.assign(done_at=at, gap_hours=(at - begin) / pd.Timedelta(hours=1))[silent]
    pairs = pairs[~_said(pairs, case.table("tickets", ["title", "asset", "opened_at"]))]
    unsure = found.levels.loc[found.unread.mended.gt(0), "asset"] if found.unread is not None else []
    never = bool(found.doubt) or "tickets" in case.withheld
    pairs = pairs.assign(sure=~(pairs["asset"].isin(unsure) | never), last_good_at=pairs["from_at"])
    pairs = pairs.sort_values(["at", "sure", "gap_hours"], ascending=[True, False, False], kind="stable")
    return pairs.drop_duplicates(["subject", "at"])[[*_CONTRADICTED]].reset_index(drop=True)


def _watching(agreed: Contract) -> set[str]:
    """The duties that have somebody look at the backups, in their normal form."""
    return {normal_name(duty.name) for duty in agreed.duties if duty.of_backups}


def _said(pairs: pd.DataFrame, tickets: pd.DataFrame | None) -> pd.Series:
    """Whether a proof, or a ticket opened since the last good point, names the asset that has none."""
    names = pairs["name"]
    texts = normal(pairs["evidence"]).fillna("")
    found = [re.search(_word(name), text) is not None for name, text in zip(names, texts, strict=True)]
    told = pd.Series(found, pairs.index, dtype=bool)
    if tickets is None or pairs.empty:
        return told
    for name in names.unique():
        titled = normal(tickets["title"]).str.contains(_word(name))
        about = device_label(tickets["asset"]).eq(name) | titled
        opened = np.sort(tickets.loc[about.fillna(False), "opened_at"].to_numpy())
        mine = names.eq(name)
        since, until = (
            np.searchsorted(opened, pairs.loc[mine, column].to_numpy()) for column in ("from_at", "done_at")
        )
        told |= pd.Series(until > since, pairs.index[mine]).reindex(pairs.index, fill_value=False)
    return told


def _word(name: str) -> str:
    """The pattern of a name that stands by itself in a text."""
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])"


def levels(
    evidence: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
    reach: Reach | None = None,
    outside: tuple[str, ...] = (),
    unread: Dropped | None = None,
    denied: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """How well each duty of the contract was kept in a period.

    Parameters: `evidence` as the canonical table duty_evidence with its look-back, None where not supplied;
    `contract` a model or a dict like contract.yaml, of which the version in force on the first local day counts;
    `[start, end)` the period, timezone-aware, `end` the cut-off; `reach`, how much of it the proofs speak of: all where
    None; `outside` duties that are known and none of this contract's; `unread`, the rejected rows of duty_evidence;
    `denied`, the proofs that prove nothing, as `contradicted` gives them.
    Returns: one row per duty, missed ones first, then the worst gap against its interval: duty, every_days,
    expected, good and missed [slots], attained_days (the largest gap, of 24 h), last_done_at, last_by,
    last_evidence, proofs (in the period), verdict, why, clause, good_high (good with rejected
    proofs), in_all (slots of the whole period).
    Raises: ValueError for naive instants.
    Edge cases decided: without a file all is no_data; a file without rows leaves every duty unproved; where the reach
    is not whole the slots that end within it count, a duty without any is no_data, but for one that is due once in
    the period and that the provider's own rows leave unproved, and one that missed none no_verdict.
    Source: rules 31, 41 and 50 and contract.yaml `duties`; system 10 (docs/board.md).

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
        return pd.DataFrame(columns=[*_COLUMNS, _WHOLE])
    spans = pd.DataFrame(
        {
            "subject": normal(listed["duty"]),
            "begin": first,
            "end": last,
            "every": (listed["every_days"] * DAY).round().astype("int64").clip(lower=1),
        }
    )
    part = reach is not None and not reach.is_whole
    cut = whole_slots(spans, micro(reach.at)) if part else spans
    beyond = cut["end"].eq(cut["begin"]).to_numpy(bool)
    whole, spans = slots_due(spans), cut.assign(end=cut["end"].mask(beyond, spans["end"]))
    proofs, disputed = _believed(_proofs(evidence, last), denied)
    due = slots(spans, proofs).groupby("subject")["missed"].agg(["size", "sum"]).reindex(spans["subject"])
    gap = gaps(spans, proofs)
    latest = proofs.drop_duplicates("subject", keep="last").set_index("subject").reindex(spans["subject"])
    inside = proofs[proofs["at"] >= micro(start)].groupby("subject").size()
    table = listed.assign(
        expected=due["size"].astype("Int64").array,
        missed=due["sum"].astype("Int64").array,
        good=(due["size"] - due["sum"]).astype("Int64").array,
        attained_days=gap["gap"].astype("float64") / DAY,
        last_done_at=instants(gap["last"]),
        last_by=latest["by"].array,
        last_evidence=latest["evidence"].array,
        proofs=inside.reindex(spans["subject"]).fillna(0).astype("Int64").array,
    )
    lost = [unread.about(duty=duty) if unread is not None else None for duty in table["duty"]]
    table["good_high"] = _at_best(
        spans, pd.concat([proofs, disputed], ignore_index=True), lost, table["expected"], last
    )
    open_to = set(disputed["subject"])
    more, short = (inf, reach.why) if part else (None, None)
    strange = set(strays(evidence, contract, start, end)["duty"])
    strange -= set(spelled(pd.Series(outside, dtype="str"), strange))
    perhaps = mistaken(strange, table.loc[table["proofs"].eq(0), "duty"])
    kept = [
        decide(
            float(expected - good),
            0.0,
            "lower",
            low=0.0 if duty in perhaps else float(expected - best),
            high=more,
            unsure=short
            or unsure_whose(perhaps.get(duty, ()))
            or (rows.why if rows is not None and len(rows) else None)
            or (_DISPUTED if normal_name(duty) in open_to else None),
            own_word=(rows is None or rows.own_word) and duty not in perhaps,
        )
        for duty, expected, good, best, rows in zip(
            table["duty"], table["expected"], table["good"], table["good_high"], lost, strict=True
        )
    ]
    table["verdict"] = pd.Series([one.verdict for one in kept], table.index, dtype="str")
    table["why"] = pd.Series([one.why for one in kept], table.index, dtype="str")
    table[_WHOLE] = whole
    lacking = np.full(len(table), evidence is None) | beyond
    if part and evidence is not None and reach.share > 0 and reach.own_word:
        # of what is due once in the period, what was left out takes no miss away (rule 50)
        lacking &= ~(table["verdict"].eq("missed") & (whole == 1)).to_numpy(bool)
    table.loc[lacking, ["good", "missed", "proofs", "good_high"]] = pd.NA
    table.loc[lacking, "attained_days"] = float("nan")
    table.loc[lacking, "verdict"] = "no_data"
    table.loc[lacking, "why"] = _NO_FILE if evidence is None else reach.why if part else None
    late = -(table["attained_days"] / table["every_days"]).where(table["verdict"].eq("missed"), 0)
    return table.loc[late.sort_values(kind="stable").index, [*_COLUMNS, _WHOLE]].reset_index(drop=True)


def _believed(proofs: pd.DataFrame, denied: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The proofs that nothing contradicts, and those that perhaps nothing does."""
    if denied is None or denied.empty:
        return proofs, proofs[:0]
    keys = pd.MultiIndex.from_frame(proofs[["subject", "at"]])
    against, sure = (
        keys.isin(pd.MultiIndex.from_arrays([normal(rows["duty"]), micros(rows["done_at"], "done_at")]))
        for rows in (denied, denied[denied["sure"]])
    )
    return proofs[~against].reset_index(drop=True), proofs[against & ~sure].reset_index(drop=True)


def _at_best(
    spans: pd.DataFrame,
    proofs: pd.DataFrame,
    lost: list[Dropped | None],
    expected: pd.Series,
    last: int,
) -> pd.Series:
    """The slots of each duty that would be proved if its rejected proofs were good."""
    found = expected.astype("Int64").copy()
    for place, rows in enumerate(lost):
        if rows is not None and len(rows) and rows.rows["done_at"].isna().any():
            continue
        subject = spans["subject"].iloc[place]
        at = proofs.loc[proofs["subject"].eq(subject), ["subject", "at"]]
        if rows is not None and len(rows):
            more = micros(rows.rows["done_at"], "duty_evidence.done_at").astype("int64")
            at = pd.concat([at, pd.DataFrame({"subject": subject, "at": more[more < last]})])
        missed = slots(spans.iloc[[place]], at)["missed"].sum()
        found.iloc[place] = expected.iloc[place] - int(missed)
    return found.array


def strays(
    evidence: pd.DataFrame | None, contract: Contract | Mapping[str, Any], start: datetime, end: datetime
) -> pd.DataFrame:
    """Proofs of the period for duties that the contract does not name: duty, proofs, last_done_at."""
    agreed, _, last = _bounds(contract, start, end)
    proofs = _all_proofs(evidence, last)
    known = normal(pd.Series([duty.name for duty in agreed.duties], dtype="str"))
    other = proofs[~proofs["subject"].isin(known) & (proofs["at"] >= micro(start))]
    table = other.groupby("duty")["at"].agg(["size", "max"]).reset_index()
    return pd.DataFrame(
        {
            "duty": table["duty"],
            "proofs": table["size"].astype("Int64"),
            "last_done_at": instants(table["max"]),
        }
    )


def empty(
    evidence: pd.DataFrame | None, contract: Contract | Mapping[str, Any], start: datetime, end: datetime
) -> pd.DataFrame:
    """Proofs of the period that name neither who did it nor what shows it, and so prove nothing: duty, done_at."""
    _, _, last = _bounds(contract, start, end)
    proofs = _all_proofs(evidence, last)
    bare = proofs[~proofs["named"] & (proofs["at"] >= micro(start))]
    return pd.DataFrame({"duty": bare["duty"].astype("str"), "done_at": instants(bare["at"])}).reset_index(
        drop=True
    )


_NO_FILE = "no proofs of duties were supplied"
_DISPUTED = "backups contradict its proofs, and not all of their runs are known"


def _figures_of(row: Mapping[str, Any], reach: Reach) -> Iterator[Figure]:
    known = row["verdict"] != "no_data"
    bounds = {}
    if known and row["good_high"] > row["good"]:
        bounds = {"low": row["good"] / row["expected"], "high": row["good_high"] / row["expected"]}
    if known and not reach.is_whole:
        bounds = {"low": row["good"] / row[_WHOLE], "high": 1 - row["missed"] / row[_WHOLE]}
    common = {
        "subject": row["duty"],
        "clause": row["clause"],
        "why_missing": None if pd.isna(row["why"]) else row["why"],
    }
    yield Figure(
        measure="duties.kept_ratio",
        value=row["good"] / row["expected"] if known else None,
        n=row["expected"],
        target=1.0,
        verdict=row["verdict"],
        **bounds,
        **common,
    )
    yield Figure(
        measure="duties.attained_days",
        value=row["attained_days"],
        n=row["proofs"] if known else None,
        **common,
    )


def _bounds(
    contract: Contract | Mapping[str, Any], start: datetime, end: datetime
) -> tuple[Contract, int, int]:
    """The contract in force, and from when to when duties are due [us]."""
    agreed, first, last = as_contract(contract), micro(start), micro(end)
    agreed = agreed.on(pd.Timestamp(start).tz_convert(agreed.client.timezone).date())
    begun = agreed.term.starts_on
    if begun is not None:
        first = max(first, micro(midnight(begun, agreed.client.timezone)))
    return agreed, first, last


def _proofs(evidence: pd.DataFrame | None, last: int) -> pd.DataFrame:
    """Those of `_all_proofs` that name who or what."""
    proofs = _all_proofs(evidence, last)
    return proofs[proofs["named"]].reset_index(drop=True)


def _all_proofs(evidence: pd.DataFrame | None, last: int) -> pd.DataFrame:
    """Proofs before the cut-off in order of time: subject, duty, at [us], by, evidence, named."""
    if evidence is None:
        evidence = pd.DataFrame({"duty": [], "done_at": []})
    table = pd.DataFrame(
        {
            "subject": normal(evidence["duty"]),
            "duty": evidence["duty"].astype("str"),
            "at": micros(evidence["done_at"], "duty_evidence.done_at"),
            "by": optional(evidence, "by").astype("str"),
            "evidence": optional(evidence, "evidence").astype("str"),
        }
    ).dropna(subset="at")
    named = ~(says_nothing(table["by"]) & says_nothing(table["evidence"]))
    table = table.assign(named=named.astype(bool)).astype({"at": "int64"})
    return table[table["at"] < last].sort_values("at", kind="stable", ignore_index=True)
