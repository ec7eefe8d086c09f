"""Other vendors that the provider brings in: their ties to it, disclosed or not, and the money that follows them.

Decided here:

- A tie is a relationship of referral, commission or owner, or a commission_ratio above 0. It is undisclosed where
  disclosed_on is empty or not before the cut-off (rule 0), and disclosed late where the vendor had been recommended
  before. The provider itself is row one and no tie of its own.
- Vendors are the same where their names are, but for case, blanks and the legal form; the provider is one by any of
  its names. Of two rows that are one vendor so, the one that tells of a tie stands, first one that is not disclosed.
  One that only recommendations or purchases name is listed as not registered: nobody has said what ties it has.
- Money is to date, as far as the exports reach, with the month beside it: what a recommendation brings comes
  later. Invoiced is what procurement counts for the same lines: less credit notes, in the client's currency.
- A commission is estimated as invoiced x commission_ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from msp_report.metrics import procurement
from msp_report.metrics.projects import variance
from msp_report.model.case import Case
from msp_report.model.columns import dates, wall_time
from msp_report.model.dropped import Dropped
from msp_report.model.figures import Figure
from msp_report.model.gate import decide
from msp_report.model.names import is_provider, normal, normal_name, spelled, vendor_form
from msp_report.model.tables import TABLES
from msp_report.params import Contract, as_contract

TIES = ("referral", "commission", "owner")

# fmt: off
_REGISTER = [
    "vendor", "relationship", "disclosed", "recommended", "invoiced", "status", "introduced_by", "commission_ratio",
    "disclosed_on", "disclosed_late", "recommendations", "recommended_in_month", "invoiced_in_month",
    "commission_cost", "not_priced", "tied", "undisclosed", "registered",
]
_RECOMMENDED = [
    "recommendation_id", "made_on", "made_by", "vendor", "subject", "amount", "project_id", "project",
    "project_status", "relationship", "disclosed", "status", "invoiced_since", "in_month",
]
# fmt: on
_ORDER = (
    "the provider",
    "undisclosed",
    "not registered",
    "disclosed late",
    "disclosed",
    "not stated",
    "no tie",
)
_NO_REGISTER = "no register of vendors was supplied"
_NO_PURCHASES = "no purchases were supplied"


@dataclass(frozen=True)
class Analysis:
    """Everything about a period's vendors.

    `register`: one row per vendor, the provider first, then undisclosed ones by money: vendor, relationship, disclosed
    (missing without a tie), recommended and invoiced [cost, to date], status (the provider, undisclosed, not
    registered, disclosed late, disclosed, not stated, no tie), introduced_by, commission_ratio, disclosed_on,
    disclosed_late, recommendations [count], recommended_in_month, invoiced_in_month, commission_cost, not_priced
    [invoice lines without a price or rate], tied, undisclosed, registered. `recommendations`: one row per
    recommendation to date, in the same order of vendors, the largest first: what it was, for which project, and
    invoiced_since, all that its vendor invoiced from that day on. `listed` and `bought`: whether register and
    purchases were supplied; `unread`: the rejected rows of the register that may
    tell of a tie; `wrong`: by vendor, why its purchases disagree with their documents (rule 27); `gone`: the vendors
    whose undisclosed tie the register of the month before has and this one has not.
    """

    register: pd.DataFrame
    recommendations: pd.DataFrame
    listed: bool
    bought: bool
    unread: Dropped
    wrong: pd.DataFrame
    gone: tuple[str, ...] = ()

    @property
    def exceptions(self) -> pd.DataFrame:
        """The vendors whose ties were not told, or not in time, or not at all asked for; for which `projects` they were
        recommended, and `why` their purchases do not agree with their documents this month."""
        chosen = ["undisclosed", "not registered", "disclosed late"]
        named = self.recommendations.dropna(subset=["project"]).drop_duplicates(["vendor", "project"])
        projects = named.groupby("vendor")["project"].agg("; ".join).rename("projects")
        rows = self.register[self.register["status"].isin(chosen)]
        return rows.merge(projects, "left", on="vendor").merge(self.wrong, "left", on="vendor")

    @property
    def ties(self) -> pd.DataFrame:
        """The vendors that are tied to the provider, with a verdict: missed where nobody was told."""
        rows = self.register[self.register["tied"].astype(bool)]
        return rows.assign(verdict=np.where(rows["undisclosed"].astype(bool), "missed", "met"))

    def figures(self) -> list[Figure]:
        """vendors.undisclosed (ties not told; target 0, n = ties), .undisclosed_invoiced, .tied, .disclosed_late,
        .unregistered and .commission_cost over all; money is to date. A missing value says why."""
        table = self.register
        of = {name: table[table["status"].eq(name)] for name in _ORDER}
        hidden, tied = of["undisclosed"], table[table["tied"]]
        paid = tied.dropna(subset=["commission_cost"])
        unlisted = None if self.listed else _NO_REGISTER
        unpriced = unlisted or (None if self.bought else _NO_PURCHASES)
        found = {
            "undisclosed": (len(hidden), len(tied), unlisted),
            "undisclosed_invoiced": (hidden["invoiced"].sum(), len(hidden), unpriced),
            "tied": (len(tied), len(table), unlisted),
            "disclosed_late": (len(of["disclosed late"]), len(tied), unlisted),
            "unregistered": (len(of["not registered"]), len(table), unlisted),
            "commission_cost": (paid["commission_cost"].sum(), len(paid), unpriced),
        }
        first, *others = (
            Figure.of(f"vendors.{name}", None if why else value, why, n=n)
            for name, (value, n, why) in found.items()
        )
        target = 0 if self.listed or len(table) > 1 else None
        # each may tell of a tie that nobody told us of, or be one that is no more
        lost = len(self.unread) + len(self.gone) if self.listed else 0
        low, high = (len(hidden), len(hidden) + lost) if lost else (None, None)
        names = ", ".join([*self.gone[:3], *(["…"] if len(self.gone) > 3 else [])])
        no_more = f"the register of the month before had a tie that it has no more: {names}"
        unsure, own = no_more if self.gone else self.unread.why, self.unread.own_word and not self.gone
        found = decide(
            first.value,
            target,
            "lower",
            low=low,
            high=high,
            why=unlisted,
            unsure=unsure if lost else None,
            own_word=own,
        )
        why = found.why or first.why_missing
        judged = first.with_(target=target, verdict=found.verdict, low=low, high=high, why_missing=why)
        return [judged, *others]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"vendors": self.register, "recommendations": self.recommendations}


def analyse(case: Case) -> Analysis:
    """The register of vendors joined to what was recommended, bought and planned.

    Reads vendors, recommendations, purchases, rates and projects. Raises: ValueError for a vendor listed twice under
    one name, for a period without a zone, and as procurement.match.
    Edge cases decided: money is missing where its table is, and 0 where the table has nothing of the vendor.
    Source: system 9 (docs/board.md); docs/records.md.
    """
    agreed = as_contract(case.agreed)
    vendors, purchases = case.table("vendors"), case.table("purchases")
    recommendations = case.table("recommendations")
    days = _LocalDays(*(wall_time(at, agreed.client.timezone) for at in (case.start, case.end)))
    advice = _advice(recommendations, agreed, days)
    bought = _bought(case, agreed)
    table = _listed(vendors, advice, bought, agreed, days)
    table = _with_money(table, advice, bought, recommendations is not None, purchases is not None)
    table["status"] = _status(table)
    table["undisclosed"] = table["status"].eq("undisclosed")
    table["rank"] = table["status"].map({name: place for place, name in enumerate(_ORDER)})
    table = table.assign(most=-table["invoiced"].fillna(0), more=-table["recommended"].fillna(0))
    table = table.sort_values(["rank", "most", "more", "vendor"], kind="stable", ignore_index=True)
    return Analysis(
        register=table[_REGISTER],
        recommendations=_recommended(
            advice, table, bought, case.table("projects"), days, purchases is not None
        ),
        listed=vendors is not None,
        bought=purchases is not None,
        unread=_ties(Dropped.of(case, "vendors"), agreed),
        wrong=_wrong(case, table["vendor"], agreed),
        gone=_left_out(case.known_before("vendors"), vendors, agreed, days),
    )


def _wrong(case: Case, vendors: pd.Series, contract: Contract) -> pd.DataFrame:
    """By vendor, as the register calls it, what procurement found its purchases of the period to disagree on."""
    found = procurement.analyse(case).exceptions
    names = pd.Series(vendors.array, _vendor_keys(vendors, contract).array)
    names = names[~names.index.duplicated()]
    known = _vendor_keys(found["vendor"].astype("str"), contract).map(names)
    rows = pd.DataFrame({"vendor": known.array, "why": found["exception"].array}).drop_duplicates()
    return rows.dropna().groupby("vendor")["why"].agg("; ".join).reset_index()


def _left_out(
    before: pd.DataFrame | None, now: pd.DataFrame | None, contract: Contract, period: _LocalDays
) -> tuple[str, ...]:
    """The vendors of the register before that had an undisclosed tie and that are in this one no more: a row left out
    is no proof that the tie has ended, the next register without it is."""
    if before is None or now is None:
        return ()
    rows = _table(before, "vendors")
    missing = ~_vendor_keys(rows["vendor"], contract).isin(_vendor_keys(now["vendor"], contract))
    told = period.visible(dates(rows["disclosed_on"]))
    chosen = missing & _is_tie(rows) & ~told & ~is_provider(rows["vendor"], contract)
    return tuple(rows.loc[chosen, "vendor"].astype("str"))


def _is_tie(rows: pd.DataFrame) -> pd.Series:
    """Which rows of a register tell of a tie."""
    ratio = pd.to_numeric(rows["commission_ratio"]).astype("float64")
    return rows["relationship"].isin(TIES) | (ratio > 0)


def _ties(unread: Dropped, contract: Contract) -> Dropped:
    """The rejected rows of the register that may speak of a tie: not the provider's own, nor those that say there is
    none."""
    rows = unread.rows
    none = rows["relationship"].eq("none") & ~(pd.to_numeric(rows["commission_ratio"]).astype(float) > 0)
    return unread.where(~none & ~is_provider(rows["vendor"], contract))


@dataclass(frozen=True)
class _LocalDays:
    """The days of a period as the client's clocks show them."""

    first: pd.Timestamp
    after: pd.Timestamp

    def visible(self, days: pd.Series) -> pd.Series:
        return days < self.after

    def inside(self, days: pd.Series) -> pd.Series:
        return (days >= self.first) & (days < self.after)


def _table(frame: pd.DataFrame | None, name: str) -> pd.DataFrame:
    """A canonical table with all its columns, empty where it was not supplied."""
    columns = TABLES[name]
    return (columns.empty() if frame is None else frame.reindex(columns=list(columns.names))).reset_index(
        drop=True
    )


def _vendor_keys(vendors: pd.Series, contract: Contract) -> pd.Series:
    """What two spellings of one vendor share; the provider has one, whatever it is called."""
    return vendor_form(vendors).mask(is_provider(vendors, contract), normal_name(contract.provider.name))


def _advice(recommendations: pd.DataFrame | None, contract: Contract, period: _LocalDays) -> pd.DataFrame:
    """Recommendations before the cut-off, with key, day and amount."""
    rows = _table(recommendations, "recommendations")
    rows = rows.assign(
        key=_vendor_keys(rows["vendor"], contract),
        made_on=dates(rows["made_on"]),
        amount=pd.to_numeric(rows["amount"]).astype("float64"),
    )
    rows = rows[period.visible(rows["made_on"])]
    return rows.assign(in_month=period.inside(rows["made_on"])).reset_index(drop=True)


def _bought(case: Case, contract: Contract) -> pd.DataFrame:
    """Invoice lines to date, as procurement counts them (rule 27): key, vendor, dated_on, amount, of_period."""
    lines = procurement.invoiced(case)
    return lines.assign(key=_vendor_keys(lines["vendor"], contract))


def _listed(
    vendors: pd.DataFrame | None,
    advice: pd.DataFrame,
    bought: pd.DataFrame,
    contract: Contract,
    period: _LocalDays,
) -> pd.DataFrame:
    """Every vendor that anything names, by its key, and its tie."""
    rows = _table(vendors, "vendors")
    if (twice := normal(rows["vendor"]).duplicated()).any():
        raise ValueError(
            f"vendors: {rows.loc[twice, 'vendor'].iloc[0]!r} is listed twice: merge its two rows"
        )
    rows = rows.assign(key=_vendor_keys(rows["vendor"], contract), registered=True)
    first = pd.DataFrame({"no_tie": ~_is_tie(rows), "told": rows["disclosed_on"].notna()}).sort_values(
        ["no_tie", "told"], kind="stable"
    )
    rows = rows.loc[first.index].drop_duplicates("key").sort_index()
    own = pd.DataFrame({"vendor": [contract.provider.name]})
    others = pd.concat([own, advice[["vendor"]], bought[["vendor"]]], ignore_index=True)
    others["key"] = _vendor_keys(others["vendor"], contract)
    others = others[~others["key"].isin(rows["key"])].drop_duplicates("key").assign(registered=False)
    table = pd.concat([rows.astype({"vendor": "str"}), others], ignore_index=True)
    told = dates(table["disclosed_on"])
    ratio = pd.to_numeric(table["commission_ratio"]).astype("float64")
    itself = is_provider(table["vendor"], contract)
    tied = _is_tie(table) & ~itself
    disclosed = period.visible(told).astype("boolean").mask(~tied)
    return table.assign(
        relationship=table["relationship"].astype("str"),
        introduced_by=table["introduced_by"].astype("str"),
        registered=table["registered"].astype(bool),
        disclosed_on=told.where(period.visible(told)),
        commission_ratio=ratio,
        itself=itself,
        tied=tied,
        disclosed=disclosed,
    )


def _with_money(
    table: pd.DataFrame,
    advice: pd.DataFrame,
    bought: pd.DataFrame,
    advised: bool,
    purchased: bool,
) -> pd.DataFrame:
    """What each vendor was recommended for and invoiced, to date and in the period; whether it was told too late."""
    recent = advice[advice["in_month"]]
    key = table["key"]

    def total(rows: pd.DataFrame, known: bool) -> pd.Series:
        sums = rows.groupby("key")["amount"].sum().reindex(key).fillna(0.0).round(6)
        return pd.Series(sums.array if known else np.nan, table.index, dtype="float64")

    def count(rows: pd.DataFrame, known: bool) -> pd.Series:
        sizes = rows.groupby("key").size().reindex(key).fillna(0)
        return pd.Series(sizes.array if known else pd.NA, table.index, dtype="Int64")

    first = pd.Series(advice.groupby("key")["made_on"].min().reindex(key).array, table.index)
    invoiced = total(bought, purchased)
    return table.assign(
        recommended=total(advice, advised),
        recommendations=count(advice, advised),
        recommended_in_month=total(recent, advised),
        invoiced=invoiced,
        invoiced_in_month=total(bought[bought["of_period"]], purchased),
        not_priced=count(bought[bought["amount"].isna()], purchased),
        commission_cost=(invoiced * table["commission_ratio"]).round(6).where(table["tied"]),
        disclosed_late=(table["disclosed_on"] > first).astype("boolean").mask(table["disclosed"].isna()),
    )


def _status(table: pd.DataFrame) -> pd.Series:
    late = table["disclosed_late"].fillna(False).to_numpy(bool)
    tied, told = table["tied"].to_numpy(bool), table["disclosed"].fillna(False).to_numpy(bool)
    cases = {
        "the provider": table["itself"].to_numpy(bool),
        "undisclosed": tied & ~told,
        "not registered": ~table["registered"].to_numpy(bool),
        "disclosed late": tied & late,
        "disclosed": tied,
        "not stated": table["relationship"].isna().to_numpy(bool),
    }
    return pd.Series(np.select(list(cases.values()), list(cases), "no tie"), table.index, dtype="str")


def _recommended(
    advice: pd.DataFrame,
    table: pd.DataFrame,
    bought: pd.DataFrame,
    projects: pd.DataFrame | None,
    period: _LocalDays,
    purchased: bool,
) -> pd.DataFrame:
    known = table.set_index("key")[["rank", "relationship", "disclosed", "status"]]
    rows = advice.join(known, on="key")
    plan = variance(projects, period.after).set_index("project_id")
    found = plan[["name", "status"]].reindex(spelled(rows["project_id"], plan.index))
    pairs = rows[["key", "made_on"]].reset_index().merge(bought[["key", "dated_on", "amount"]], on="key")
    since = pairs[pairs["dated_on"] >= pairs["made_on"]].groupby("index")["amount"].sum()
    rows = rows.assign(
        project=found["name"].array,
        project_status=found["status"].array,
        invoiced_since=since.reindex(rows.index).fillna(0.0).round(6) if purchased else np.nan,
        most=-rows["amount"].fillna(0),
    )
    ordered = rows.sort_values(["rank", "most", "recommendation_id"], kind="stable", ignore_index=True)
    texts = dict.fromkeys(("recommendation_id", "made_by", "vendor", "subject", "project_id"), "str")
    return ordered.astype(texts)[_RECOMMENDED]
