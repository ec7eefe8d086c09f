"""The records of procurement: what the ledger found, as frames beside the page. Fractions become decimals here."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from msp_report.metrics.procurement.exact import NAN, above, decimals, known
from msp_report.metrics.procurement.ledger import EARLY, NOT_SUPPLIED, PAST, PRICES, SPLIT, Ledger

# fmt: off
_MATCH = [
    "order_id", "order_line", "item", "quoted", "ordered", "received", "invoiced", "receipted", "price_quoted",
    "price_ordered", "price_invoiced", "exception", "amount", "at_stake", "vendor", "document_id", "line",
    "dated_on", "due_on", "paid_on", "currency", "price_checked", "by_provider", "why",
]
_LINES = [
    "document_id", "line", "order_id", "order_line", "vendor", "item", "dated_on", "due_on", "paid_on", "currency",
    "quantity", "quoted", "ordered", "received", "invoiced", "receipted", "price_quoted", "price_ordered",
    "price_checked", "price_invoiced", "amount", "at_stake", "by_provider", "state", "exceptions",
]
_UNCHECKED = ["order_id", "order_line", "vendor", "item", "quantity", "price_ordered", "amount", "dated_on", "why"]
_DUE = [
    "vendor", "document_id", "due_on", "days_to_due", "amount", "currency", "decision", "why", "at_stake", "lines",
    "dated_on",
]
# fmt: on
_DATES = ("dated_on", "due_on", "paid_on")


def match(ledger: Ledger) -> pd.DataFrame:
    """The record procurement/match."""
    rows, found, stakes = ledger.invoices, ledger.of_period, ledger.staked
    price, live = rows["price"].to_numpy(object), rows["live"].to_numpy(object)
    parts = []
    for kind in found:
        own = found[kind].to_numpy(object)
        if (there := above(own, 0)).any():
            amount = own * (live if kind in PRICES else price)
            listed = rows.assign(
                exception=kind, amount=amount, at_stake=stakes[kind].to_numpy(object), why=None
            )
            parts.append(_in_money(listed[there]))
    open_lines = ledger.in_period(rows) & ~rows["duplicate"].to_numpy(bool) & above(live, 0)
    doubts = ledger.incomparable
    lacking = {"exception": doubts["kind"], "amount": NAN, "at_stake": NAN, "why": doubts["why"]}
    unsure = rows.assign(**lacking)[doubts["kind"].notna().to_numpy() & open_lines]
    supplied = ~unsure["exception"].isin(NOT_SUPPLIED)
    parts.append(_in_money(unsure[supplied]))
    # what the whole register lacks is said once
    said = unsure.loc[~supplied, ["exception", "amount", "at_stake"]].drop_duplicates("exception")
    parts.append(said.assign(why=said["exception"]))
    parts.append(_split_rows(ledger))
    return _most_money_first(
        _as_recorded(pd.concat([part for part in parts if len(part)] or parts[:1]), _MATCH)
    )


def lines(ledger: Ledger) -> pd.DataFrame:
    """The record procurement/lines: every invoice line of the period by date and document, and whether its documents
    agree."""
    rows = _with_state(ledger, ledger.of_period)
    stakes = ledger.staked.sum(axis=1, skipna=False).to_numpy(object)
    rows = _in_money(rows.assign(amount=rows["live"] * rows["price"], at_stake=stakes))
    found = _as_recorded(rows[ledger.in_period(rows)], _LINES)
    order = ["dated_on", "document_id", "line", "vendor", "order_id", "order_line", "item"]
    return found.sort_values(order, kind="stable", ignore_index=True)


def invoiced(ledger: Ledger) -> pd.DataFrame:
    """Every invoice line to date: vendor, dated_on, what credit notes left of its `amount`, whether it is `of_period`.

    The amount is in the client's currency, missing without a price or rate.
    """
    rows = ledger.invoices
    amount = np.where(rows["foreign"], NAN, rows["live"] * rows["price"])
    found = rows[["vendor", "dated_on"]].astype({"vendor": "str", "dated_on": "datetime64[us]"})
    return found.assign(amount=amount.astype(float), of_period=ledger.in_period(rows))


def _in_money(rows: pd.DataFrame) -> pd.DataFrame:
    """Invoice lines with their money in the client's currency: not known where no rate turns it into that."""
    names = ["price", "price_ordered", "price_quoted", "price_checked", "amount", "at_stake"]
    return rows.assign(**{name: np.where(rows["foreign"], NAN, rows[name]) for name in names})


def _with_state(ledger: Ledger, found: pd.DataFrame) -> pd.DataFrame:
    """Invoice lines with their `state` and the names of their `exceptions`."""
    rows = ledger.invoices
    named = _names(found)
    state = np.where(ledger.incomparable["kind"].notna(), "cannot tell", "agrees")
    state = np.where(named != "", "exception", state)
    state = np.where(above(rows["live"], 0), state, "credited")
    return rows.assign(state=state, exceptions=named)


def _names(found: pd.DataFrame) -> np.ndarray:
    """The exceptions of each line by name, with semicolons between."""
    named = np.full(len(found), "", dtype=object)
    for kind in found:
        there = above(found[kind], 0)
        named = np.where(there, named + np.where(named == "", "", "; ") + kind, named)
    return named


def unchecked(ledger: Ledger) -> pd.DataFrame:
    """The record procurement/unchecked: what the provider ordered and nobody independent looked up the price of."""
    rows = ledger.of_kind("order")
    seen = rows["item_key"].isin(ledger.checks["item_key"])
    rows = rows[rows["by_provider"] & ~seen & ledger.in_period(rows)]
    each = ledger.rates.money(rows["price"].to_numpy(object), rows["currency"], rows["dated_on"])
    rows = rows.assign(price_ordered=each, amount=rows["quantity"].to_numpy(object) * each)
    unknown = ~known(each)
    rows["why"] = np.where(unknown, "its price in the client's currency is not known", None)
    return _most_money_first(_as_recorded(rows, _UNCHECKED))


def due(ledger: Ledger, on: pd.Timestamp, doubt: str | None = None) -> pd.DataFrame:
    """The record procurement/due: every unpaid invoice with its decision, as seen on a day; none is released where
    there is a doubt about the register as a whole."""
    found, split = ledger.found, ledger.every_split
    rows = ledger.invoices
    live = above(rows["live"], 0)
    pairs = set(split["vendor_key"] + "\0" + split["order_key"]) if len(split) else set()
    found = found.assign(
        **{
            SPLIT: np.where(
                (rows["vendor_key"] + "\0" + rows["order_key"]).isin(pairs) & live, rows["live"], 0
            )
        }
    )
    # what nothing can mend any more may be accepted by name; what came late may, once all of it is there
    accepted = rows["approver"].to_numpy() != ""
    mended = {kind: accepted & (kind != EARLY or ~above(rows["live"], rows["covered_now"])) for kind in PAST}
    holding = found.assign(**{kind: found[kind].where(~mended[kind], Fraction(0)) for kind in PAST})
    named, passed = _names(holding), _names(found.where(found.ne(holding), Fraction(0)))
    unsure = ledger.incomparable["why"].to_numpy(object)
    why = np.where(passed == "", None, "accepted by an approver: " + passed)
    why = np.where(pd.isna(unsure), why, unsure)
    why = np.where(named == "", why, named)
    state = np.where(pd.isna(unsure), "agrees", "cannot tell")
    state = np.where(named == "", state, "exception")
    amount = rows["live"] * rows["price"]
    stakes = ledger.stakes(ledger.found).sum(axis=1, skipna=False).to_numpy(object)
    whole = np.where(above(found[SPLIT], 0), amount, stakes)
    rows = _in_money(rows.assign(state=state, why=why, amount=amount, at_stake=whole))
    rows = rows[rows["paid_on"].isna() & above(rows["live"], 0)].assign(invoiced_on=rows["dated_on"])
    grouped = rows.groupby(["vendor_key", "document_id", "invoiced_on"], sort=False)
    states = {"exception": 0, "cannot tell": 1, "agrees": 2}
    decisions = np.array(["hold", "cannot tell", "release"], dtype=object)
    listed = pd.DataFrame(
        {
            "vendor": grouped["vendor"].first(),
            "due_on": grouped["due_on"].min(),
            "dated_on": grouped["dated_on"].min(),
            "currency": grouped["currency"].agg(lambda codes: "; ".join(sorted(set(codes)))),
            "decision": decisions[grouped["state"].agg(lambda s: s.map(states).min()).to_numpy("int64")],
            "why": grouped["why"].agg(_reasons),
            "amount": grouped["amount"].agg(lambda values: values.sum(skipna=False)),
            "at_stake": grouped["at_stake"].agg(lambda values: values.sum(skipna=False)),
            "lines": grouped.size(),
        }
    ).reset_index()
    listed["days_to_due"] = (listed["due_on"] - on).dt.days.astype("Int64")
    order = ["due_on", "vendor_key", "document_id", "invoiced_on"]
    listed = _as_recorded(listed.sort_values(order, kind="stable"), _DUE)
    free = listed["decision"].eq("release") & (doubt is not None)
    return listed.assign(
        decision=listed["decision"].mask(free, "cannot tell"), why=listed["why"].mask(free, doubt)
    )


def _split_rows(ledger: Ledger) -> pd.DataFrame:
    """One row per split for the record; at stake is what its invoice lines do not already put there."""
    orders = ledger.splits
    if orders.empty:
        return orders
    more = np.maximum(orders["money"].to_numpy(object) - orders["staked"].to_numpy(object), Fraction(0))
    again = orders.duplicated(["vendor_key", "order_key"])
    grouped = orders.assign(more=np.where(again, Fraction(0), more)).groupby("split")
    return pd.DataFrame(
        {
            "order_id": grouped["order_id"].agg("; ".join),
            "vendor": grouped["vendor"].first(),
            "dated_on": grouped["dated_on"].max(),
            "by_provider": grouped["by_provider"].any(),
            "amount": grouped["amount"].first(),
            "at_stake": grouped["more"].sum(),
            "exception": SPLIT,
        }
    )


def _reasons(texts: pd.Series) -> str:
    """Each reason once, in the order in which they come."""
    return "; ".join(dict.fromkeys(part for text in texts.dropna() for part in text.split("; ")))


def _as_recorded(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Rows with the columns of a record: fractions as decimals, every column there, missing text None."""
    rows = rows.rename(columns={"price": "price_invoiced"}).reindex(columns=columns).reset_index(drop=True)
    for name in rows:
        if name in _DATES:
            rows[name] = rows[name].astype("datetime64[us]")
        elif name in ("by_provider",):
            rows[name] = rows[name].astype("boolean").fillna(False).astype(bool)
        elif name in _NUMBERS:
            values = decimals(rows[name].astype(object).where(rows[name].notna(), NAN).to_numpy(object))
            rows[name] = pd.Series(values, index=rows.index, dtype=object)
        elif name not in ("lines", "days_to_due"):
            rows[name] = rows[name].astype("str").where(rows[name].notna() & (rows[name] != ""))
    return rows


_NUMBERS = frozenset(
    name
    for name in (*_MATCH, *_LINES, *_UNCHECKED, *_DUE)
    if name.startswith("price_")
    or name in ("quoted", "ordered", "received", "invoiced", "receipted", "amount", "at_stake", "quantity")
)


def _most_money_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The most money first, what is not known last; the rest by name, so that the order of input does not show."""
    names = [
        name
        for name in ("dated_on", "document_id", "order_id", "line", "order_line", "exception")
        if name in rows
    ]
    keys = rows[names].assign(size=-rows["amount"].astype(float))
    return rows.loc[keys.sort_values(["size", *names], kind="stable").index].reset_index(drop=True)
