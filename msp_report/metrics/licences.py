"""Are there more copies than were bought, and is there a receipt for what was (rule 28)?

Decided here, where the rule leaves room:

- A receipt is one that the purchase register holds as a licence_receipt by the cut-off; a number that the register
  does not know is the provider's word. It proves the product that its lines name, so many single units as they name.
  Where the register has orders of its order number (else invoices), one of them must be with the receipt's vendor.
- A receipt is used up by the active entitlements that name it, by starts_on (none first), then id.
- A receipt for something whose words contain all words of the product, or the other way round, may be for it: such
  units count in `high` alone, and where they would turn the verdict there is none.
- Products are counted by the metrics of their entitlements, and by the contract's metric; where neither names one, by
  device. Copies of a product without entitlements are short as a whole.
- Counted by device: each device once. By user: each user once, a copy without a user as one of its own. By core: the
  cores of each device once; a device whose cores are not known, or said to be 0, leaves the position open, unless it is
  short anyway.
- A key's quantity is that of its active entitlements (of its largest one where all have ended); a key that no
  entitlement names is worth one device. Keys are counted as devices whatever the metric.
- A product is met where its position is not negative and none of its keys is reused.
- Products, keys and users join by the normal form of their names, devices also with and without their domain, vendors
  without their legal form; the contract's spelling goes before that of the entitlements, that before the copies'.
- Copies under a strange name that may mean a product (rule 44) leave it unmet where they would turn its position; a
  product without copies of its own that such a name may mean is not met at all.
- A copy of the list before that is not in this one, though its device is still listed or in the asset register, may be
  there still where the list is the provider's own word: a row left out is no proof of removal. The next list without
  it is.
- A rejected copy that may be of a product is one more copy at the worst, and uses its key once more; a rejected
  entitlement, or a rejected line of the purchase register that may be a receipt, is one more licence at the best
  (rule 42), as many as it says, without end where that could not be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.case import Case
from msp_report.model.columns import dates, last_day, optional, texts
from msp_report.model.dropped import Dropped, told
from msp_report.model.figures import Figure
from msp_report.model.gate import Decision, decide, doubted
from msp_report.model.names import (
    device_form,
    mistaken,
    normal,
    normal_name,
    spelled,
    unsure_whose,
    vendor_form,
)
from msp_report.model.period import Month
from msp_report.model.reach import Reach, bounded, reach_of
from msp_report.model.tables import TABLES
from msp_report.params import Contract, as_contract, as_strategy

_NO_REGISTER = "not computable: no purchase register was supplied"
_NO_ENTITLEMENTS = "not computable: no list of licences owned was supplied"
_PERHAPS = "its receipt names a product that may be another one"
_TOO_FEW = "its receipt is for fewer or used up by other entitlements"
_NO_INSTALLS = "not computable: no list of installed copies was supplied"

# fmt: off
_POSITION = [
    "product", "metric", "entitled", "receipted", "installed", "position", "keys_reused", "verdict", "short",
    "unreceipted", "low", "high", "why_missing",
]
_KEYS = ["product", "licence_key", "quantity", "devices", "over", "reused", "person", "last_installed_on"]
_UNRECEIPTED = ["entitlement_id", "product", "metric", "quantity", "receipt_id", "starts_on", "ends_on", "why"]
_ADDED = ["product", "device", "licence_key", "installed_on", "person", "position", "months_added"]
_INSTALLERS = ["product", "person", "copies", "last_installed_on"]
_HISTORY = ["product", "metric", "month", "added", "installed", "receipted", "position"]
# fmt: on
_NUMBERS = frozenset(
    [
        "entitled",
        "receipted",
        "installed",
        "position",
        "short",
        "unreceipted",
        "quantity",
        "devices",
        "over",
        "low",
        "high",
    ]
)
_TEXTS = frozenset(
    [
        "product",
        "metric",
        "verdict",
        "why_missing",
        "licence_key",
        "person",
        "entitlement_id",
        "receipt_id",
        "why",
        "device",
    ]
)


# ---------------------------------------------------------------- what the page asks


@dataclass(frozen=True)
class Analysis:
    """Everything about the licences at a cut-off.

    `position` as the function of that name; `keys`, one row per key in use (`over` [devices], `reused`, `person` who
    installed it last); `unreceipted`, one row per active entitlement that no receipt covers in full, how many are not
    covered (`quantity`) and why; `added`, one row per
    copy that was installed in the cut-off's month of a product that is short, with the number of months of the
    look-back in which copies of it were added (`months_added`); `installers`, one row per product that is short and
    person who installed it; `history`, one row per product, metric and month: copies added in it and the position at
    its end, of the copies that are still there; `reach`, how much of the period copies and purchases speak of.
    """

    position: pd.DataFrame
    keys: pd.DataFrame
    unreceipted: pd.DataFrame
    added: pd.DataFrame
    installers: pd.DataFrame
    history: pd.DataFrame
    reach: Reach

    @property
    def reused(self) -> pd.DataFrame:
        """The keys on more devices than they were bought for."""
        return self.keys[self.keys["reused"]].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """licences.position by product (and metric in brackets where a product has several; target 0), then .short,
        .keys_reused and .unreceipted in all. What cannot be computed is missing and says why; beyond the reach of the
        tables copies may have come and gone, and receipts too (rule 41)."""
        return bounded([*self._positions(), *self._over_all()], self.reach)

    def _positions(self) -> Iterator[Figure]:
        rows = self.position
        several = rows["product"].duplicated(keep=False)
        names = rows["product"].where(~several, rows["product"] + " (" + rows["metric"] + ")")
        for name, row in zip(names, rows.to_dict("records"), strict=True):
            yield Figure(
                measure="licences.position",
                value=row["position"],
                why_missing=row["why_missing"],
                subject=name,
                n=None if row["installed"] is None else int(row["installed"]),
                low=_end(row, "low", "high"),
                high=_end(row, "high", "low"),
                target=0.0,
                verdict=row["verdict"],
            )

    def _over_all(self) -> Iterator[Figure]:
        rows = self.position
        why = rows["why_missing"].dropna()
        open_why = why.iloc[0] if len(why) else "no licences and no installed copies are listed"
        for name in ("short", "keys_reused", "unreceipted"):
            known = rows[name].dropna()
            value = sum(known, 0) if len(known) else None
            yield Figure.of(f"licences.{name}", value, open_why, n=len(known))

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("position", "keys", "unreceipted", "added", "installers", "history")
        return {name: getattr(self, name) for name in names}


def position(
    entitlements: pd.DataFrame | None,
    installs: pd.DataFrame | None,
    purchases: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    at: date | datetime,
) -> pd.DataFrame:
    """Copies installed against licences held with a receipt, by product and metric (rule 28).

    Parameters: the canonical tables (`purchases` with its look-back), None where not supplied; `contract` a model or
    a dict like the YAML, whose `licences` say how products are counted; `at` the cut-off: an instant, the end of a
    half-open period, of which the day before it in the client's zone counts, or a date, which counts itself.

    Returns: one row per product and metric, the shortest first: `entitled` [licences active on the day], `receipted`
    [of these, with a receipt in the purchase register], `installed` [copies, in the metric], `position` = receipted -
    installed, `keys_reused` [count], `verdict` (met, missed, no_verdict, no_data), `short` [copies without a licence],
    `unreceipted` = entitled - receipted, `low` and `high` [the position if rejected rows, and receipts that may be for
    the product, count against it and for it; missing where there are none], and in
    `why_missing` why there is no verdict. Quantities are Decimal, missing ones None; without a purchase
    register the position is "not computable" and no_data.

    Raises: ValueError where params are wrong.

    >>> owned = pd.DataFrame({"entitlement_id": ["E1"], "product": "CAD", "metric": "device", "quantity": [1],
    ...     "receipt_id": "R1"})
    >>> found = pd.DataFrame({"product": "CAD", "device": ["pc-1", "pc-2"]})
    >>> bought = pd.DataFrame({"document": ["licence_receipt"], "document_id": "R1",
    ...     "item": "CAD", "quantity": [1], "dated_on": pd.to_datetime(["2026-01-05"])})
    >>> position(owned, found, bought, {}, pd.Timestamp("2026-02-01", tz="UTC"))[
    ...     ["product", "receipted", "installed", "position", "verdict"]].to_dict("records")
    [{'product': 'CAD', 'receipted': Decimal('1'), 'installed': Decimal('2'), 'position': Decimal('-1'), \
'verdict': 'missed'}]
    """
    return _Stock.of(entitlements, installs, purchases, contract, at).position


def analyse(case: Case, months: int = 12) -> Analysis:
    """Everything about the licences at the cut-off; reads entitlements, installs and purchases.

    `months` is how far `history` and `months_added` look back. Raises as `position`.
    """
    installs, before = case.table("installs"), case.known_before("installs")
    tables = (case.table("entitlements"), _no_later(installs, before), case.table("purchases"))
    outside = as_strategy(case.strategy).outside.products
    stock = _Stock.of(*tables, case.agreed, case.end, outside)
    past = stock.history(months)
    stock = replace(stock, unread=_Unread.of(case, stock.day, before))
    keys = _as_listed(stock.keys, _KEYS)
    reach = reach_of(case, "installs", "purchases")
    position = reach.take(stock.position, reach.left_open(stock.position["verdict"]), "why_missing")
    doubt = case.doubts("entitlements", "installs", "purchases")
    position = doubted(position, doubt, "why_missing")
    return Analysis(position, keys, stock.unreceipted, stock.added(past), stock.installers, past, reach)


def _no_later(now: pd.DataFrame | None, before: pd.DataFrame | None) -> pd.DataFrame | None:
    """The installed copies, each installed no later than the list before has it: what was there is not yet to come."""
    if now is None or before is None or now.empty or "installed_on" not in now:
        return now
    copies = _keys_of(now, before)
    first = dates(optional(before, "installed_on")).groupby(copies[len(now) :]).min()
    known = pd.Series(first.reindex(copies[: len(now)]).array, now.index)
    own = dates(now["installed_on"])
    return now.assign(installed_on=own.mask(known < own, known))


def _keys_of(*lists: pd.DataFrame) -> pd.MultiIndex:
    """What makes a copy that copy, over lists one below the other: product, device and user in their normal forms."""
    names = ["product", "device", "user"]
    every = pd.concat([rows.reindex(columns=names).astype("str") for rows in lists], ignore_index=True)
    forms = (normal(every["product"]), device_form(every["device"]), normal(every["user"]))
    return pd.MultiIndex.from_arrays([form.fillna("") for form in forms])


def _gone(case: Case, before: pd.DataFrame | None) -> pd.DataFrame:
    """Copies of the list `before` that are not in this one though their devices are still in use, as rows of installs
    with their product's normal form `p`: where the list is the provider's own, nothing shows that they were removed."""
    now, assets = case.table("installs"), case.table("assets")
    if now is None or before is None or not case.own_word("installs"):
        return TABLES["installs"].empty().assign(p="")
    day = last_day(case.end, as_contract(case.agreed).client.timezone)
    in_use = now["device"]
    if assets is not None:
        in_use = pd.concat([in_use, assets.loc[~(dates(optional(assets, "retired_on")) <= day), "asset"]])
    device = device_form(pd.concat([before["device"], now["device"], in_use], ignore_index=True))
    first, both = len(before), len(before) + len(now)
    product, user = (
        normal(pd.concat([texts(rows, name) for rows in (before, now)], ignore_index=True))
        for name in ("product", "user")
    )
    copies = pd.MultiIndex.from_arrays([product, device[:both], user])
    missing = ~copies[:first].isin(copies[first:]) & device[:first].isin(device[both:]).to_numpy()
    blank = TABLES["installs"].empty().columns.difference(before.columns)
    return before.assign(p=product[:first].to_numpy(), **dict.fromkeys(blank))[missing]


# ---------------------------------------------------------------- the stock at a cut-off


def _quantities(values: pd.Series) -> pd.Series:
    """Quantities as decimals, a missing one 0."""
    codes, known = pd.factorize(values)
    table = np.array([*(Decimal(str(value)) for value in known), Decimal(0)], dtype=object)
    return pd.Series(table[codes], index=values.index, dtype=object)


def _quantity(value: Any) -> Decimal | None:
    """A quantity without zeros at its end; a missing one None."""
    if pd.isna(value):
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    whole = exact == exact.to_integral_value()
    return exact.to_integral_value() if whole else exact.normalize()


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


@dataclass(frozen=True)
class _Unread:
    """What the three tables may have beside their rows: rejected entitlements, copies, and lines that may be receipts,
    and the copies `gone` from the list, as `_gone` finds them."""

    entitlements: Dropped
    installs: Dropped
    purchases: Dropped
    gone: pd.DataFrame

    @classmethod
    def of(cls, case: Case, day: pd.Timestamp, before: pd.DataFrame | None) -> _Unread:
        """Those of the period's newest exports that may speak of a day; `before`, the list of copies before."""
        names = ("entitlements", "installs", "purchases")
        owned, copies, bought = (Dropped.of(case, name) for name in names)
        held = ~(owned.rows["starts_on"] > day) & ~(owned.rows["ends_on"] < day)
        there = ~(copies.rows["installed_on"] > day)
        receipts = bought.about(document="licence_receipt")
        return cls(owned.where(held), copies.where(there), receipts, _gone(case, before))

    def licences(self, product: str) -> tuple[Dropped, Dropped]:
        """Entitlements and receipts that may be of a product."""
        words = set(normal_name(product).split())
        items = normal(self.purchases.rows["item"])
        near = [pd.isna(item) or set(item.split()) <= words or words <= set(item.split()) for item in items]
        return self.entitlements.about(product=product), self.purchases.where(np.array(near, bool))

    def less(self, product: str, metric: str, present: pd.DataFrame, keys: pd.DataFrame) -> float:
        """How much less the position may be: copies that are not among those present, or a key used once too often."""
        rows = self.installs.about(product=product).rows
        missing = self.gone[self.gone["p"].eq(normal_name(product))]
        rows = pd.concat([rows, missing]) if len(missing) else rows
        for key, used in normal(rows["licence_key"]).value_counts().items():
            known = keys[keys["k"].eq(key)]
            left = (known["quantity"] - known["devices"]).sum() if len(known) else 1
            if used > left:
                return inf
        column, short = ("user", "u") if metric == "user" else ("device", "d")
        names = normal(rows[column])
        if metric == "core":
            largest = rows["cores"].astype("Float64").groupby(names.fillna("\0")).max()
            return inf if rows["cores"].isna().any() or names.isna().any() else float(largest.sum())
        return float(names.isna().sum() + (~names.dropna().drop_duplicates().isin(present[short])).sum())

    def more(self, product: str) -> float:
        """How much more the position may be."""
        amounts = [pd.to_numeric(one.rows["quantity"]).astype(float) for one in self.licences(product)]
        return float(sum(inf if each.isna().any() else each.sum() for each in amounts))

    def is_own_word(self, product: str) -> bool:
        """Whether only the provider's own rows could mend a miss (rule 50)."""
        return all(one.own_word for one in self.licences(product) if len(one))

    def why(self, product: str) -> str | None:
        """Which rows may be of a product, and how many copies of it are gone."""
        rejected = told(self.installs.about(product=product), *self.licences(product))
        count = int(self.gone["p"].eq(normal_name(product)).sum())
        missing = f"{count} of the copies listed before are not listed now, and their devices still are"
        return "; ".join(filter(None, [rejected, missing if count else None])) or None


@dataclass(frozen=True)
class _Stock:
    """What is owned and what is installed on a day, under shared keys (`p` product, `k` key, `d` device)."""

    owned: pd.DataFrame
    copies: pd.DataFrame
    receipts: pd.DataFrame
    metrics: Mapping[str, str]
    supplied: tuple[bool, bool, bool]
    day: pd.Timestamp
    outside: tuple[str, ...] = ()
    """Products that are known and none of this contract's."""
    unread: _Unread | None = None

    @classmethod
    def of(
        cls,
        entitlements: pd.DataFrame | None,
        installs: pd.DataFrame | None,
        purchases: pd.DataFrame | None,
        contract: Contract | Mapping[str, Any],
        at: date | datetime,
        outside: tuple[str, ...] = (),
    ) -> _Stock:
        agreed = as_contract(contract)
        day = last_day(at, agreed.client.timezone)
        supplied = tuple(table is not None for table in (entitlements, installs, purchases))
        metrics = dict(agreed.on(day.date()).licences)
        owned, copies = _owned(entitlements), _copies(installs)
        owned["product"] = spelled(owned["product"], metrics)
        copies["product"] = spelled(copies["product"], [*metrics, *owned["product"].unique()])
        return cls(owned, copies, _receipts(purchases), metrics, supplied, day, outside)

    def on(self, day: pd.Timestamp) -> _Stock:
        """The same tables on another day."""
        return replace(self, day=day)

    @cached_property
    def _pairs(self) -> pd.DataFrame:
        """As `_proving_receipts` of the entitlements in force and the receipts there are on the day."""
        return _proving_receipts(self.held, self.receipts[~(self.receipts["dated_on"] > self.day)])

    @cached_property
    def held(self) -> pd.DataFrame:
        """Entitlements in force on the day."""
        begun = ~(self.owned["starts_on"] > self.day)
        held = self.owned[begun & ~(self.owned["ends_on"] < self.day)]
        return held.sort_values(["starts_on", "entitlement_id"], na_position="first", kind="stable")

    @cached_property
    def _sure(self) -> pd.Series:
        """How much of each a receipt covers for certain."""
        return _covered(self.held, self._pairs[self._pairs["same"] & self._pairs["payee"]])

    @cached_property
    def active(self) -> pd.DataFrame:
        """Entitlements in force on the day, how much of each a receipt covers, for certain and at most, and why not
        all."""
        held, pairs, sure = self.held, self._pairs, self._sure
        maybe = _covered(held, pairs[pairs["payee"]])
        return held.assign(covered=sure, covered_high=maybe, why=_why_uncovered(held, pairs, sure, maybe))

    @cached_property
    def present(self) -> pd.DataFrame:
        """Copies that were there on the day; one without a date always was."""
        return self.copies[~(self.copies["installed_on"] > self.day)]

    # ------------------------------------------------------------ position

    @cached_property
    def _lines(self) -> pd.DataFrame:
        """Every product and metric to be counted, named as first written."""
        named = pd.DataFrame({"product": self.metrics.keys(), "metric": self.metrics.values()}, dtype="str")
        named["p"] = normal(named["product"])
        agreed = dict(zip(named["p"], named["metric"], strict=True))
        owned = self.owned.loc[~(self.owned["starts_on"] > self.day), ["p", "product", "metric"]]
        found = self.present[["p", "product"]]
        found = found.assign(metric=found["p"].map(agreed).astype(object).fillna("device"))
        if self.unread is not None:  # of a product all of whose copies were rejected there is a line too
            lost = self.unread.installs.rows["product"].dropna().to_frame()
            lost["p"] = normal(lost["product"])
            lost["metric"] = lost["p"].map(agreed).astype(object).fillna("device")
            found = pd.concat([found, lost])
        found = found[~found["p"].isin(owned["p"]) | found["p"].isin(agreed)]
        # where a whole table lacks, nothing shows that a product of the contract is not there
        seen = named["p"].isin(set(owned["p"]) | set(found["p"])) | (not all(self.supplied[:2]))
        used = named.loc[seen, ["p", "product", "metric"]]
        lines = pd.concat([owned, found, used]).drop_duplicates(["p", "metric"])
        return lines.assign(product=lines.groupby("p")["product"].transform("first"))

    @cached_property
    def _installed(self) -> pd.DataFrame:
        """Copies by product in each metric, and devices whose cores are not known."""
        copies = self.present
        each = copies.assign(someone=copies["u"].mask(copies["u"] == "", "\0" + copies["d"]))
        devices = copies.sort_values("cores", ascending=False).drop_duplicates(["p", "d"])
        cores = devices.groupby("p")["cores"]
        return pd.DataFrame(
            {
                "device": each.groupby("p")["d"].nunique(),
                "user": each.groupby("p")["someone"].nunique(),
                "core": cores.sum(),
                "unknown": devices["cores"].isna().groupby(devices["p"]).sum(),
            }
        ).astype("int64")

    @cached_property
    def _strange(self) -> dict[str, tuple[str, ...]]:
        """By product that is known, in normal form, the products of copies that are not and that may be it."""
        known = {*normal(pd.Series(list(self.metrics), dtype="str")), *self.owned["p"]}
        found = set(self.present["p"])
        strange = found - known - {*normal(pd.Series(self.outside, dtype="str"))}
        return mistaken(strange, known - found, known & found)

    @cached_property
    def _lines_counted(self) -> pd.DataFrame:
        """Every line with what is entitled, receipted and installed, its position (`open`: its cores are not known),
        copies by device (`copies`), and devices without their cores (`unknown`)."""
        lines = self._lines.reset_index(drop=True)
        counted = self._installed.reindex(lines["p"], fill_value=0)
        columns = pd.Index(["device", "user", "core"]).get_indexer(lines["metric"])
        installed = counted[["device", "user", "core"]].to_numpy()[np.arange(len(lines)), columns]
        lines["entitled"] = self._sums_of(lines, self.held["quantity"])
        lines["receipted"] = self._sums_of(lines, self._sure)
        lines["installed"] = np.array([Decimal(int(count)) for count in installed], dtype=object)
        lines["position"] = lines["receipted"] - lines["installed"]
        lines["copies"], lines["unknown"] = counted["device"].to_numpy(), counted["unknown"].to_numpy()
        negative = lines["position"].astype(float).lt(0)
        return lines.assign(open=(lines["metric"] == "core") & lines["unknown"].gt(0) & ~negative)

    def _sums_of(self, lines: pd.DataFrame, quantities: pd.Series) -> np.ndarray:
        """By line the sum of quantities of the entitlements in force."""
        keys = pd.MultiIndex.from_frame(lines[["p", "metric"]])
        sums = quantities.groupby([self.held["p"], self.held["metric"]]).sum()
        return sums.reindex(keys, fill_value=Decimal(0)).to_numpy(object)

    @cached_property
    def position(self) -> pd.DataFrame:
        """The record licences/position."""
        lines = self._lines_counted.copy()
        lines["unreceipted"] = lines["entitled"] - lines["receipted"]
        reused = self.keys[self.keys["reused"]].groupby("p").size()
        lines["keys_reused"] = lines["p"].map(reused).fillna(0).astype("int64")
        high = self._sums_of(lines, self.active["covered_high"]) - lines["installed"]
        strange = [self._strange.get(product, ()) for product in lines["p"]]
        perhaps = [
            self._installed[metric].reindex(those).sum() if some else np.inf
            for metric, those, some in zip(lines["metric"], strange, lines["copies"], strict=True)
        ]
        written = self.present.drop_duplicates("p").set_index("p")["product"]
        negative = lines["position"].astype(float).lt(0)
        doubt = (high > lines["position"]).to_numpy(bool)
        less, more, lost = self._lost(lines)
        least = lines["position"].astype(float) - less
        most = high.astype(float).where(doubt, lines["position"].astype(float)) + more
        lines["low"] = _bound(least, lines["position"])
        lines["high"] = _bound(most, lines["position"])
        found = [
            _judged(*row)
            for row in zip(
                lines["position"],
                least,
                most,
                lines["keys_reused"],
                lines["unknown"].where(lines["open"], 0),
                lost,
                [self.unread is None or self.unread.is_own_word(product) for product in lines["product"]],
                perhaps,
                [unsure_whose(written[list(those)]) for those in strange],
                strict=True,
            )
        ]
        lines["verdict"] = [decision.verdict for decision in found]
        lines["why_missing"] = pd.Series([decision.why for decision in found], lines.index, dtype="str")
        lines["short"] = (-lines["position"]).where(negative, Decimal(0))
        open_position = ["position", "short", "low", "high"]
        lines[open_position] = lines[open_position].mask(lines["open"])
        return _as_listed(_shortest_first(self._without_tables(lines)), _POSITION)

    def _lost(self, lines: pd.DataFrame) -> tuple[list[float], list[float], list[str | None]]:
        """By line how much less and how much more it may be by rejected rows of its product, and which they are."""
        if self.unread is None:
            return [0.0] * len(lines), [0.0] * len(lines), [None] * len(lines)
        less = []
        for p, product, metric in zip(lines["p"], lines["product"], lines["metric"], strict=True):
            of_it = [frame[frame["p"].eq(p)] for frame in (self.present, self.keys)]
            less.append(self.unread.less(product, metric, *of_it))
        products = lines["product"].tolist()
        return less, list(map(self.unread.more, products)), list(map(self.unread.why, products))

    def _without_tables(self, lines: pd.DataFrame) -> pd.DataFrame:
        """What cannot be said where a whole table lacks."""
        owned, found, bought = self.supplied
        why = (
            _NO_REGISTER
            if not bought
            else _NO_ENTITLEMENTS
            if not owned
            else _NO_INSTALLS
            if not found
            else None
        )
        if why is None:
            return lines
        unknown = ["position", "short", "low", "high"]
        unknown += [] if bought else ["receipted", "unreceipted"]
        unknown += [] if owned else ["entitled", "receipted", "unreceipted", "keys_reused"]
        unknown += [] if found else ["installed", "keys_reused"]
        blank = dict.fromkeys(name for name in unknown if name in lines)
        return lines.astype(dict.fromkeys(blank, object)).assign(**blank, verdict="no_data", why_missing=why)

    # ------------------------------------------------------------ keys, receipts, people

    @cached_property
    def keys(self) -> pd.DataFrame:
        """Every key in use, the most overused first."""
        copies = self.present[self.present["k"] != ""].sort_values(["installed_on", "d"], na_position="first")
        used = copies.groupby(["p", "k"], sort=True).agg(
            product=("product", "first"),
            licence_key=("licence_key", "first"),
            devices=("d", "nunique"),
            person=("person", "last"),
            last_installed_on=("installed_on", "max"),
        )
        owned = self.owned[~(self.owned["starts_on"] > self.day)]
        ended = owned.assign(size=owned["quantity"].astype(float)).sort_values("size")
        ever = ended.groupby(["p", "k"])["quantity"].last()
        now = self.held.groupby(["p", "k"])["quantity"].sum()
        quantity = now.reindex(used.index).combine_first(ever.reindex(used.index)).astype(object)
        used["quantity"] = quantity.where(quantity.notna(), Decimal(1))
        over = np.array([Decimal(int(n)) for n in used["devices"]], dtype=object) - used["quantity"]
        used["reused"] = over.astype(float).gt(0).astype(bool)
        used["over"] = over.where(used["reused"], Decimal(0))
        used = used.reset_index()
        order = np.lexsort((used["k"], used["p"], -used["over"].astype(float)))
        return used.iloc[order].reset_index(drop=True)

    @cached_property
    def unreceipted(self) -> pd.DataFrame:
        """Active entitlements that no receipt covers in full; without a purchase register nothing can be said."""
        rows = self.active.assign(quantity=self.active["quantity"] - self.active["covered"])
        rows = rows[rows["quantity"].astype(float) > 0] if self.supplied[2] else rows[:0]
        return _as_listed(rows.sort_values(["p", "entitlement_id"]), _UNRECEIPTED)

    @cached_property
    def _short(self) -> pd.DataFrame:
        """The worst position of each product that is short."""
        known = self.position[self.position["short"].notna()]
        short = known[known["short"].astype(float) > 0]
        return short.assign(p=normal(short["product"])).drop_duplicates("p")[["p", "position"]]

    @property
    def installers(self) -> pd.DataFrame:
        """By whom copies of products that are short were installed."""
        rows = self.present[self.present["p"].isin(self._short["p"])]
        people = rows.groupby(["product", "person"]).agg(
            copies=("d", "nunique"), last_installed_on=("installed_on", "max")
        )
        people = people.reset_index().sort_values(
            ["product", "copies", "person"], ascending=[True, False, True]
        )
        return _as_listed(people, _INSTALLERS)

    def added(self, history: pd.DataFrame) -> pd.DataFrame:
        """Copies installed in the day's month of products that are short."""
        month = self.present["installed_on"].dt.to_period("M") == self.day.to_period("M")
        rows = self.present[month].merge(self._short, on="p")
        busy = history[history["added"] > 0].assign(p=lambda frame: normal(frame["product"]))
        months = busy.groupby("p")["month"].nunique()
        rows["months_added"] = rows["p"].map(months).astype("Int64")
        return _as_listed(rows.sort_values(["p", "installed_on", "d"]), _ADDED)

    def history(self, months: int) -> pd.DataFrame:
        """The position at the end of each month up to the day's, with the copies added in it."""
        last = Month.of(self.day.date())
        return pd.concat(
            [
                self._month(last.shift(-step), min(self.day, _last_of(last.shift(-step))))
                for step in range(months)
            ][::-1],
            ignore_index=True,
        )

    def _month(self, month: Month, day: pd.Timestamp) -> pd.DataFrame:
        then = self.on(day)
        fresh = then.present[then.present["installed_on"] >= pd.Timestamp(month.first_on)]
        added = fresh.groupby("p")["d"].nunique()
        counted = then._lines_counted.assign(
            position=lambda lines: lines["position"].mask(lines["open"]), month=str(month)
        )
        rows = _as_listed(then._without_tables(counted), _HISTORY)
        rows["added"] = normal(rows["product"]).map(added).fillna(0).astype("int64")
        return rows.sort_values(["product", "metric"])[_HISTORY]


def _last_of(month: Month) -> pd.Timestamp:
    return pd.Timestamp(month.end_on) - pd.Timedelta(days=1)


def _owned(entitlements: pd.DataFrame | None) -> pd.DataFrame:
    rows = _empty("entitlement_id", "product", "metric", "quantity") if entitlements is None else entitlements
    names = ("entitlement_id", "product", "metric", "receipt_id", "licence_key")
    owned = pd.DataFrame({name: texts(rows, name) for name in names})
    owned["metric"] = owned["metric"].str.lower()
    wrong = owned.loc[~owned["metric"].isin(["device", "user", "core"]), "metric"]
    if len(wrong):
        raise ValueError(f"entitlements.metric: {wrong.iloc[0]!r} is not one of device, user, core")
    keys = {"p": "product", "k": "licence_key", "r": "receipt_id"}
    owned = owned.assign(**{key: normal(owned[name]) for key, name in keys.items()})
    return owned.assign(
        quantity=_quantities(rows["quantity"]),
        starts_on=dates(optional(rows, "starts_on")),
        ends_on=dates(optional(rows, "ends_on")),
    ).reset_index(drop=True)


def _copies(installs: pd.DataFrame | None) -> pd.DataFrame:
    rows = _empty("product", "device") if installs is None else installs
    copies = pd.DataFrame({name: texts(rows, name) for name in ("product", "device", "licence_key")})
    keys = {
        "p": copies["product"],
        "k": copies["licence_key"],
        "u": texts(rows, "user"),
    }
    copies = copies.assign(**{key: normal(column) for key, column in keys.items()})
    copies["d"] = device_form(copies["device"])
    cores = pd.to_numeric(optional(rows, "cores", "float64")).astype("Float64")
    return copies.assign(
        person=spelled(texts(rows, "installed_by"), ()),
        cores=cores.where(cores > 0),
        installed_on=dates(optional(rows, "installed_on")),
    ).reset_index(drop=True)


def _receipts(purchases: pd.DataFrame | None) -> pd.DataFrame:
    """The lines of licence receipts in the purchase register: number `r`, item `i`, single units, date, and whether
    the vendor is one that the receipt's order is with (`payee`)."""
    rows = TABLES["purchases"].empty() if purchases is None else purchases
    keys = ("document", "document_id", "order_id", "vendor", "item")
    lines = pd.DataFrame({name: normal(texts(rows, name)) for name in keys})
    lines["vendor"] = vendor_form(texts(rows, "vendor"))
    units, packs = _quantities(optional(rows, "quantity")), optional(rows, "units_per_pack")
    packs = _quantities(packs.where(pd.to_numeric(packs).fillna(0) > 0, 1))
    lines = lines.assign(units=units * packs, dated_on=dates(optional(rows, "dated_on")))
    order = lines["document"].eq("order")
    lines["order_id"] = lines["order_id"].mask(order & lines["order_id"].eq(""), lines["document_id"])
    bill = lines["document"].eq("invoice") & ~lines["order_id"].isin(lines.loc[order, "order_id"])
    asked = lines[(order | bill) & lines["order_id"].ne("")].groupby("order_id")["vendor"].agg(set)
    found = lines[lines["document"].eq("licence_receipt")]
    sellers = found["order_id"].map(asked)
    payee = [
        not isinstance(those, set) or one in those
        for one, those in zip(found["vendor"], sellers, strict=True)
    ]
    found = found.rename(columns={"document_id": "r", "item": "i"})
    return found.assign(payee=np.asarray(payee, bool))[["r", "i", "units", "dated_on", "payee"]]


def _proving_receipts(held: pd.DataFrame, receipts: pd.DataFrame) -> pd.DataFrame:
    """The receipts that entitlements name, by number and product: `units`, whether they are for the `same` product
    for certain, maybe (`near`) or not, and `payee`."""
    pairs = held.loc[held["r"].ne(""), ["r", "p"]].drop_duplicates().merge(receipts, on="r")
    words = [
        (set(item.split()), set(product.split()))
        for item, product in zip(pairs["i"], pairs["p"], strict=True)
    ]
    near = [bool(one and other) and (one <= other or other <= one) for one, other in words]
    return pairs.assign(same=pairs["i"].eq(pairs["p"]), near=np.asarray(near, bool))


def _covered(held: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """How much of each entitlement its receipt still covers, served in the order of the rows."""
    zero = Decimal(0)
    stock = pairs[pairs["near"]].groupby(["r", "p"])["units"].sum()
    keys = pd.MultiIndex.from_frame(held[["r", "p"]])
    left = stock.reindex(keys, fill_value=zero).to_numpy(object)
    used = held.groupby(["r", "p"])["quantity"].transform(lambda each: each.cumsum()).to_numpy(object)
    quantity = held["quantity"].to_numpy(object)
    covered = np.maximum(zero, np.minimum(quantity, left - (used - quantity)))
    return pd.Series(covered, held.index, dtype=object)


def _why_uncovered(held: pd.DataFrame, pairs: pd.DataFrame, sure: pd.Series, maybe: pd.Series) -> pd.Series:
    """Why a receipt does not cover all of an entitlement; missing where it does."""

    def listed(rows: pd.DataFrame) -> np.ndarray:
        return pd.MultiIndex.from_frame(held[["r", "p"]]).isin(pd.MultiIndex.from_frame(rows[["r", "p"]]))

    reasons = {
        "no receipt is named": held["r"].eq(""),
        "its receipt is not in the purchase register": ~held["r"].isin(pairs["r"]),
        "its receipt is for another product": ~listed(pairs[pairs["near"]]),
        "its receipt is of another vendor than the order": ~listed(pairs[pairs["near"] & pairs["payee"]]),
        _PERHAPS: (maybe > sure).to_numpy(bool),
    }
    why = np.select([np.asarray(case, bool) for case in reasons.values()], list(reasons), _TOO_FEW)
    return pd.Series(why, held.index, dtype="str").where((sure < held["quantity"]).to_numpy(bool))


def _end(row: Mapping[str, Any], name: str, other: str) -> Any:
    """One end of a position: where only the other one is known it is the position."""
    return row["position"] if row[name] is None and row[other] is not None else row[name]


def _bound(values: pd.Series, position: pd.Series) -> pd.Series:
    """One end of positions as quantities; missing where it is the position, or where nothing bounds it."""
    known = values.ne(position.astype(float)) & np.isfinite(values)
    return pd.Series([Decimal(str(value)) for value in values.where(known, 0)], values.index, object).where(
        known
    )


def _judged(
    position: Any,
    low: float,
    high: float,
    reused: int,
    unknown: int,
    lost: str | None,
    own_word: bool,
    perhaps: float,
    strange: str | None,
) -> Decision:
    """The verdict of a line; a key that is used too often is a miss whatever the position, unless an independent list
    has a row that nobody could read; `perhaps` copies under a strange name that may be the product's leave a miss."""
    uncounted = f"the cores of {unknown} devices are not known" if unknown else None
    if reused:
        doubtful = lost and not own_word
        return Decision("no_verdict", lost) if doubtful else Decision("missed", uncounted)
    if uncounted:
        return Decision("no_verdict", uncounted)
    own = own_word and lost is not None  # a receipt that may be for it is a doubt either way
    if strange and position >= 0:
        low, lost = min(low, float(position) - perhaps), strange
    return decide(float(position), 0.0, "higher", low=low, high=high, unsure=lost or _PERHAPS, own_word=own)


def _shortest_first(lines: pd.DataFrame) -> pd.DataFrame:
    """The shortest first, those without a position last."""
    position = lines["position"].astype(float)
    return lines.assign(size=position).sort_values(["size", "p", "metric"], na_position="last", kind="stable")


def _as_listed(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Rows with the columns of a record: quantities as plain decimals, missing text missing."""
    rows = rows.reindex(columns=columns).reset_index(drop=True)
    for name in rows:
        if name in _NUMBERS and name != "devices":
            rows[name] = pd.Series([_quantity(value) for value in rows[name]], index=rows.index, dtype=object)
        elif name in _TEXTS:
            rows[name] = rows[name].astype("str").where(rows[name].notna() & (rows[name] != ""))
    return rows
