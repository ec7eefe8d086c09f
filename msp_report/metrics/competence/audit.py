"""Does a random sample of a year's tickets, invoices and restores bear out what its exports say?

They are drawn at random, to be looked at one by one by a person. Decided here:

- The population is the tickets opened in the period; its invoices; its restore tests, and of an asset without one the
  last good backup of each month, to be read back now.
- Strata are the priority, the vendor (those too small for one invoice each are one stratum together) and the asset.
- Every kind has a sample of its own, as large as the precision asks. What was not filled in is unknown; `worst` and
  `best` say what it could make of the share. What could not be found was not passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
import scipy

from msp_report.model.case import Case
from msp_report.model.names import normal
from msp_report.model.statistics import Interval
from msp_report.model.tables import TABLES
from msp_report.params import Audit, as_contract

#: What a person answers for each row of the sample.
ANSWERS = ("pass", "fail", "not found")
#: The kinds of the sample, in the order of its sheet, and what a page calls them.
KINDS = {"ticket": "Tickets", "invoice": "Invoices", "restore": "Restores"}
#: The columns of the sheet; the last two are to be filled in.
SHEET = ["kind", "id", "stratum", "what_to_check", "finding", "note"]
_POPULATION = SHEET[:4]
_CHECKS = {
    "ticket": "Do the tool's own log and the person who asked confirm when it was opened, answered and solved, and how "
    "urgent it was?",
    "invoice": "Was it ordered by somebody who may, at the price that was quoted, and is what it bills there?",
    "test": "What shows this restore test: what was read back, by whom, and was it whole?",
    "point": "Read this backup back now: is it there, whole and readable?",
}
_OTHERS = "other vendors"
#: Text that a spreadsheet would run gets an apostrophe when it is written; it is no part of an id.
_APOSTROPHE = r"^'(?=[=+\-@\t\r\n＝＋－＠])"
_STRATA = ["kind", "stratum", "population", "sample"]
_RESULTS = [
    "kind", "population", "sample", "filled", "passed", "failed", "not_found", "unknown", "share", "low", "high",
    "worst", "best", "why",
]  # fmt: skip
_REFUSED = ["line", "kind", "id", "why"]
#: Of a sheet with more strangers than this none is likened to an id of the sample: it is another sample's.
_HINTS = 500
_NO_SHEET = "nobody has filled in the sheet of the audit sample"


def drawable(case: Case) -> pd.DataFrame:
    """Everything of a case's period that the audit may draw, as `population`; reads tickets, purchases, backup_jobs
    and restore_tests."""
    names = ("tickets", "purchases", "backup_jobs", "restore_tests")
    zone = as_contract(case.agreed).client.timezone
    return population(*map(case.table, names), zone, case.start, case.end)


def population(
    tickets: pd.DataFrame | None,
    purchases: pd.DataFrame | None,
    jobs: pd.DataFrame | None,
    restores: pd.DataFrame | None,
    timezone: str,
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """Everything of a period that the audit may draw.

    Parameters: the canonical tables tickets, purchases, backup_jobs and restore_tests with their look-back, None where
    not supplied; `timezone` the client's; `[start, end)` the period, timezone-aware.
    Returns: one row per ticket, invoice, and restore (a restore test, or a backup to be read back), in the order of
    KINDS and id whatever the order of the tables: kind, id, stratum, what_to_check.
    Edge cases decided: see the module. A backup is good as in rule 31; assets are compared without case.
    """
    first, last = (pd.Timestamp(at).tz_convert(timezone).tz_localize(None) for at in (start, end))
    days = (first.normalize(), (last - pd.Timedelta(microseconds=1)).normalize())
    parts = [
        _tickets_opened(tickets, start, end),
        _invoices_dated(purchases, *days),
        _restores_tested(jobs, restores, timezone, start, end, days),
    ]
    table = pd.concat([part.astype("str") for part in parts], ignore_index=True)
    table["id"], table["stratum"] = table["id"].str.strip(), table["stratum"].str.strip().fillna("not stated")
    order = table.assign(place=table["kind"].map({kind: place for place, kind in enumerate(KINDS)}))
    order = order.sort_values(["place", "id", "what_to_check"], kind="stable")
    return order.drop_duplicates(["kind", "id"])[_POPULATION].reset_index(drop=True)


def sample_size(population: int, precision: float = 0.1, confidence: float = 0.95) -> int:
    """How many items make the interval around a share no wider than asked, whatever the share.

    Parameters: `population` [items]; `precision` half the width of the interval, as a ratio; `confidence` of it.
    Returns: the smallest n whose Wilson interval reaches `precision` at a share of one half, where it is widest. There
    half its width is z / (2 sqrt(n + z²)), so n0 = z² (1 / (4 precision²) - 1), and of a finite population of N
    n = n0 / (1 + (n0 - 1) / N), rounded up, at least 1 and at most N.
    Raises: ValueError for a precision outside 0 to 0.5 or a negative population.
    Source: E. B. Wilson, Probable Inference, JASA 22 (1927); the correction for finite populations W. G. Cochran,
    Sampling Techniques, 3rd ed. (1977), 4.2.

    >>> sample_size(10**9), sample_size(1000), sample_size(100), sample_size(3)
    (93, 85, 49, 3)
    """
    if population < 0 or not 0 < precision < 0.5:
        raise ValueError(
            f"a sample of {population} items to within {precision}: give a count and a ratio below 0.5"
        )
    if not population:
        return 0
    z = _z(confidence)
    whole = z**2 * (1 / (4 * precision**2) - 1)
    needed = whole / (1 + (whole - 1) / population)
    return int(min(population, max(1, np.ceil(needed - 1e-9))))


def strata(population: pd.DataFrame, audit: Audit | Mapping[str, Any]) -> pd.DataFrame:
    """How many items are drawn from each stratum.

    Parameters: `population` from the function of that name; `audit` as in strategy.yaml.
    Returns: one row per kind and stratum, in order: population and sample [items]. Every kind has its sample_size, in
    proportion to the strata, the largest remainders rounded up; a stratum that would get none gets one on top.
    """
    asked = as_audit(audit)
    table = (
        _vendors_together(population, asked)
        .groupby(["kind", "stratum"], sort=True)
        .size()
        .rename("population")
        .reset_index()
    )
    table["place"] = table["kind"].map({kind: place for place, kind in enumerate(KINDS)})
    table = table.sort_values(["place", "stratum"], kind="stable", ignore_index=True)
    whole = table.groupby("kind")["population"].transform("sum")
    sizes = {int(size): _size_asked(int(size), asked) for size in whole.unique()}
    size = whole.map(sizes)
    # in whole numbers, so that no rounding of the machine decides who is drawn
    quota, remainder = (size * table["population"]) // whole, (size * table["population"]) % whole
    left = size - quota.groupby(table["kind"]).transform("sum")
    rank = remainder.groupby(table["kind"]).rank(method="first", ascending=False)
    table["sample"] = (quota + rank.le(left)).clip(lower=1).astype("int64")
    return table[_STRATA]


def sample(
    population: pd.DataFrame, audit: Audit | Mapping[str, Any], client: str, period: object
) -> pd.DataFrame:
    """The audit sample: random, stratified, and the same for the same data, client, period and seed.

    Parameters: `population` in any order; `audit` as in strategy.yaml; `client` and `period` as they are written on the
    command line. Returns: one row per item drawn with the columns of SHEET, finding and note empty, by kind, stratum
    and id. Each kind is drawn by a numpy Generator seeded from client, period, seed and kind, over its items in the
    order of their ids: the items with the smallest of its numbers in each stratum.
    """
    asked = as_audit(audit)
    wanted = strata(population, asked).set_index(["kind", "stratum"])["sample"]
    ordered = _vendors_together(population, asked).sort_values(["kind", "id"], kind="stable")
    draws = [
        pd.Series(_generator(client, period, asked.seed, kind).random(len(items)), items.index)
        for kind, items in ordered.groupby("kind")
    ]
    ordered = ordered.assign(draw=pd.concat(draws) if draws else pd.Series(dtype="float64"))
    rank = ordered.groupby(["kind", "stratum"])["draw"].rank(method="first")
    most = wanted.reindex(pd.MultiIndex.from_frame(ordered[["kind", "stratum"]])).to_numpy()
    drawn = ordered[rank.to_numpy() <= most]
    drawn = drawn.assign(place=drawn["kind"].map({kind: place for place, kind in enumerate(KINDS)}))
    drawn = drawn.sort_values(["place", "stratum", "id"], kind="stable", ignore_index=True)
    return drawn.assign(finding="", note="").astype({"finding": "str", "note": "str"})[SHEET]


@dataclass(frozen=True)
class Answers:
    """A filled sheet against its sample. `rows`: the sample with finding (one of ANSWERS, missing where unknown) and
    note. `refused`: rows of the sheet that do not count, one row each: line, kind, id, why. `supplied`: whether there
    was a sheet."""

    rows: pd.DataFrame
    refused: pd.DataFrame
    supplied: bool


def answers(sample: pd.DataFrame, sheet: pd.DataFrame | None) -> Answers:
    """What a filled sheet says of the sample.

    Parameters: `sample` from the function of that name; `sheet` as it was read: line [number in the file], kind, id,
    finding, note, and problem (why a row cannot be read); None where there is none.
    Returns: Answers. Case and outer blanks do not count, nor the apostrophe that keeps text from being a formula.
    Edge cases decided: a row whose id is not in the sample is refused, and so are contradicting rows of one id and a
    finding that is no answer: the item stays unknown. Where the sample has an id like the refused one that the sheet
    lacks, it is named, for then the id was probably changed. A row without a finding is no answer and no fault.
    """
    if sheet is None:
        return Answers(
            sample.assign(finding=None, note=None).astype("str"), pd.DataFrame(columns=_REFUSED), False
        )
    given = sheet.reindex(columns=["line", "kind", "id", "finding", "note", "problem"])
    given = given.astype({name: "str" for name in ("kind", "id", "finding", "note", "problem")})
    given["id"] = given["id"].fillna("").str.replace(_APOSTROPHE, "", regex=True).str.strip()
    given["kind"] = given["kind"].fillna("").str.strip().str.casefold()
    given["said"] = (
        given["finding"].fillna("").str.strip().str.casefold().str.replace(r"[\s_-]+", " ", regex=True)
    )
    drawn = pd.MultiIndex.from_arrays([sample["kind"], _as_read_back(sample["id"])])
    named = pd.MultiIndex.from_frame(given[["kind", "id"]])
    known = pd.Series(named.isin(drawn), given.index)
    unknown_word = given["said"].ne("") & ~given["said"].isin(ANSWERS)
    filled = given[known & given["said"].ne("") & ~unknown_word & given["problem"].isna()]
    apart = filled.groupby(["kind", "id"])["said"].transform("nunique").gt(1)
    why = pd.Series(None, given.index, dtype="str").mask(~known, _strangers(given, known, drawn))
    why = why.mask(
        known & unknown_word, "the finding " + given["finding"] + " is none of " + ", ".join(ANSWERS)
    )
    why = why.mask(apart.reindex(given.index, fill_value=False), "rows of this id contradict each other")
    why = given["problem"].where(given["problem"].notna(), why)
    kept = filled[~apart].drop_duplicates(["kind", "id"]).set_index(["kind", "id"])[["said", "note"]]
    found = kept.reindex(drawn)
    rows = sample.assign(finding=found["said"].array, note=found["note"].array).astype(
        {"finding": "str", "note": "str"}
    )
    refused = given.assign(why=why)[why.notna()][_REFUSED].reset_index(drop=True)
    return Answers(rows, refused, True)


def results(answers: Answers, strata: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """The share that passed, per kind and in all, with what the unknown rows could make of it.

    Parameters: `answers` and `strata` from the functions of these names.
    Returns: one row per kind and, last, one over all (kind empty): population, sample, filled, passed, failed,
    not_found, unknown [items], share, low, high, worst, best [ratios], why (there is no share). The share is the mean
    of the strata by the size of their population, of the strata that have an answer; passed of what was filled in, so
    that what was not found was not passed. `worst` counts what is unknown as failed, `best` as passed.
    Source of the interval: Wilson's score interval with the effective size of the sample,
    1 / Σ W² (N - n) / ((N - 1) n) over strata with weight W, population N and n answers: the variance of a stratified
    mean (Cochran 1977, 5.3) with one p (1 - p) for all strata, after E. L. Korn and B. I. Graubard, Survey Methodology
    24 (1998). Of one stratum it is the interval by which sample_size was found; of a whole population, a point.
    """
    counts = strata.set_index(["kind", "stratum"])[["population", "sample"]]
    said = answers.rows.assign(finding=answers.rows["finding"].fillna("unknown"))
    found = said.groupby(["kind", "stratum", "finding"]).size().unstack(fill_value=0)
    found = found.reindex(index=counts.index, columns=[*ANSWERS, "unknown"], fill_value=0)
    table = counts.join(found.rename(columns={"pass": "passed", "fail": "failed", "not found": "not_found"}))
    table = table.assign(filled=table["sample"] - table["unknown"]).reset_index()
    groups = [(kind, rows) for kind, rows in table.groupby("kind", sort=False)]
    records = [_share_of(kind, rows, answers.supplied, confidence) for kind, rows in [*groups, ("", table)]]
    return pd.DataFrame(records, columns=_RESULTS)


def _share_of(kind: str, rows: pd.DataFrame, supplied: bool, confidence: float) -> dict[str, Any]:
    counts = ["population", "sample", "filled", "passed", "failed", "not_found", "unknown"]
    totals = {name: int(rows[name].sum()) for name in counts}
    share = stratified(rows["population"], rows["filled"], rows["passed"], confidence)
    worst = stratified(rows["population"], rows["sample"], rows["passed"], confidence).value
    best = stratified(rows["population"], rows["sample"], rows["passed"] + rows["unknown"], confidence).value
    why = (
        "there is nothing to draw"
        if not totals["population"]
        else _NO_SHEET
        if not totals["filled"]
        else None
    )
    if supplied and why == _NO_SHEET:
        why = "no row of the sheet is filled in"
    known = share.value is not None
    return {
        "kind": kind,
        **totals,
        "share": share.value,
        "low": share.low,
        "high": share.high,
        "worst": worst if known else None,
        "best": best if known else None,
        "why": why,
    }


def stratified(
    population: pd.Series, filled: pd.Series, passed: pd.Series, confidence: float = 0.95
) -> Interval:
    """The share of a population that would pass, from answers in its strata; see `results`.

    Parameters: by stratum, the items, the answers and those that passed. Returns: Interval of ratios; all None where
    there is no answer. Strata without an answer are left out.

    >>> share = stratified(pd.Series([60, 40]), pd.Series([6, 4]), pd.Series([6, 2]))
    >>> round(share.value, 3), round(share.low, 3), round(share.high, 3)
    (0.8, 0.503, 0.941)
    """
    size, n, good = (np.asarray(values, dtype="float64") for values in (population, filled, passed))
    answered = n > 0
    size, n, good = size[answered], n[answered], good[answered]
    if not len(n):
        return Interval(None, None, None, 0)
    weight = size / size.sum()
    share = float(np.sum(size * good / n) / size.sum())  # so that all of them is 1 to the last bit
    spread = float(np.sum(weight**2 * (size - n) / (np.maximum(size - 1, 1) * n)))
    return Interval(share, *_wilson(share, spread, confidence), int(n.sum()))


# ---------------------------------------------------------------- the populations


def _drawn_from(kind: str, ids: pd.Series, strata: pd.Series, check: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"kind": kind, "id": ids.array, "stratum": strata.array, "what_to_check": _CHECKS[check]},
        columns=_POPULATION,
        index=range(len(ids)),
    )


def _tickets_opened(tickets: pd.DataFrame | None, start: datetime, end: datetime) -> pd.DataFrame:
    table = TABLES["tickets"].empty() if tickets is None else tickets
    opened = pd.to_datetime(table["opened_at"], utc=True)
    table = table[(opened >= start) & (opened < end)]
    return _drawn_from("ticket", table["ticket_id"], table["priority"], "ticket")


def _invoices_dated(purchases: pd.DataFrame | None, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    table = TABLES["purchases"].empty() if purchases is None else purchases
    on = pd.to_datetime(table["dated_on"])
    table = table[table["document"].eq("invoice") & (on >= first) & (on <= last)]
    return _drawn_from("invoice", table["document_id"], table["vendor"], "invoice").drop_duplicates("id")


def _restores_tested(
    jobs: pd.DataFrame | None,
    restores: pd.DataFrame | None,
    timezone: str,
    start: datetime,
    end: datetime,
    days: tuple[pd.Timestamp, pd.Timestamp],
) -> pd.DataFrame:
    """The restore tests of the period, and of assets without one the last good backup of each month."""
    tests = TABLES["restore_tests"].empty() if restores is None else restores
    on = pd.to_datetime(tests["tested_on"])
    chosen = (on >= days[0]) & (on <= days[1])
    tests, on = tests[chosen], on[chosen]
    tested = _drawn_from("restore", tests["asset"] + " " + on.dt.strftime("%Y-%m-%d"), tests["asset"], "test")
    runs = TABLES["backup_jobs"].empty() if jobs is None else jobs
    began = pd.to_datetime(runs["started_at"], utc=True)
    done = pd.to_datetime(runs["finished_at"], utc=True)
    good = runs["result"].isin(["success", "warning"]) & (done < end) & (began >= start) & (began < end)
    runs = pd.DataFrame({"asset": runs["asset"][good], "at": began[good]}).sort_values("at", kind="stable")
    runs = runs[~normal(runs["asset"]).isin(normal(tests["asset"]))]
    month = runs["at"].dt.tz_convert(timezone).dt.strftime("%Y-%m")
    runs = runs.assign(month=month, key=normal(runs["asset"])).drop_duplicates(["key", "month"], keep="last")
    at = runs["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pd.concat([tested, _drawn_from("restore", runs["asset"] + " " + at, runs["asset"], "point")])


def _vendors_together(population: pd.DataFrame, audit: Audit) -> pd.DataFrame:
    """The population with the vendors that are too small for an invoice each as one stratum."""
    bills = population[population["kind"].eq("invoice")]
    each = bills.groupby("stratum")["id"].transform("size")
    small = each * _size_asked(len(bills), audit) < len(bills)
    if bills.loc[small, "stratum"].nunique() < 2:
        return population
    few = small.reindex(population.index, fill_value=False)
    return population.assign(stratum=population["stratum"].mask(few, _OTHERS))


# ---------------------------------------------------------------- small things


def _strangers(given: pd.DataFrame, known: pd.Series, drawn: pd.MultiIndex) -> pd.Series:
    """Why each row that is not in the sample is refused, naming the id that it may have been."""
    named = pd.MultiIndex.from_frame(given.loc[known, ["kind", "id"]])
    lacking = drawn[~drawn.isin(named)].to_frame(index=False, name=["kind", "id"])
    by_kind = {kind: rows["id"].tolist() for kind, rows in lacking.groupby("kind")}
    strange = given[~known]
    near = [
        get_close_matches(name, by_kind.get(kind, []), 1, 0.6) if len(strange) <= _HINTS else []
        for kind, name in zip(strange["kind"], strange["id"], strict=True)
    ]
    words = [
        f"it is not in the sample, which has {found[0]!r} in its place: was the id changed?" if found
        else "it is not in the sample"
        for found in near
    ]  # fmt: skip
    return pd.Series(words, strange.index, dtype="str").reindex(given.index)


def _generator(client: str, period: object, seed: int, kind: str) -> np.random.Generator:
    return np.random.default_rng(list(f"{client}|{period}|{seed}|{kind}".encode()))


def as_audit(audit: Audit | Mapping[str, Any]) -> Audit:
    """`audit` as in strategy.yaml, from a model or a dict like the YAML."""
    return audit if isinstance(audit, Audit) else Audit.model_validate(dict(audit))


def _size_asked(population: int, audit: Audit) -> int:
    return sample_size(population, audit.precision_ratio, audit.confidence_ratio)


def _wilson(share: float, spread: float, confidence: float) -> tuple[float, float]:
    """Both ends of the score interval; `spread` is one over the effective size of the sample."""
    z = _z(confidence)
    grown = z**2 * spread
    middle = (share + grown / 2) / (1 + grown)
    half = z / (1 + grown) * float(np.sqrt(share * (1 - share) * spread + (z * spread) ** 2 / 4))
    # the last bit of a rounding must not leave the share outside
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _z(confidence: float) -> float:
    return float(scipy.stats.norm.ppf((1 + confidence) / 2))


def _as_read_back(ids: pd.Series) -> pd.Series:
    """Ids as they come back from a sheet, in which line ends are line feeds."""
    return ids.str.replace(r"\r\n?", "\n", regex=True)
