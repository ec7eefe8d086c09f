"""Rule 28: cases beyond those of tests/rules, identities by properties, the demo company by its truth."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics.licences import Analysis, analyse, position

AT = pd.Timestamp("2026-11-01", tz="UTC")  # the cut-off of October 2026
BOUGHT = pd.DataFrame(
    {
        "document": ["licence_receipt", "licence_receipt", "invoice"],
        "document_id": ["R1", "R2", "R9"],
        "item": "CAD",
        "quantity": 1000,
        "dated_on": pd.to_datetime(["2026-01-05", "2026-10-31", "2026-01-05"]),
    }
)


def owned(*rows: dict) -> pd.DataFrame:
    """Entitlements to ten devices of CAD with receipt R1, changed row by row."""
    usual = {"product": "CAD", "metric": "device", "quantity": 10, "receipt_id": "R1", "licence_key": None}
    frame = pd.DataFrame([{"entitlement_id": f"E{n}", **usual, **row} for n, row in enumerate(rows)])
    dates = {name: pd.to_datetime(frame[name]) for name in ("starts_on", "ends_on") if name in frame}
    return frame.assign(**dates)


def copies(count: int, first: int = 0, **columns) -> pd.DataFrame:
    """Copies of CAD on devices pc-0, pc-1 …"""
    frame = pd.DataFrame({"product": "CAD", "device": [f"pc-{first + n}" for n in range(count)], **columns})
    return (
        frame.assign(installed_on=pd.to_datetime(frame["installed_on"])) if "installed_on" in frame else frame
    )


def october(entitlements=None, installs=None, purchases=BOUGHT, contract=None, months=12) -> Analysis:
    tables = {"entitlements": entitlements, "installs": installs, "purchases": purchases}
    return analyse(MonthOf(AT - pd.Timedelta(days=31), AT, contract or {}, tables=tables), months)


def line(entitlements=None, installs=None, purchases=BOUGHT, contract=None, at=AT) -> pd.Series:
    found = position(entitlements, installs, purchases, contract or {}, at)
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(("count", "expected", "verdict"), [(9, 1, "met"), (0, 10, "met")])
def test_position_is_receipted_less_installed(count, expected, verdict):
    row = line(owned({}), copies(count))
    assert (row["entitled"], row["receipted"], row["installed"]) == (10, 10, count)
    assert (row["position"], row["verdict"], row["short"]) == (expected, verdict, max(0, -expected))


def test_what_starts_later_does_not_exist():
    """A licence, a receipt and a copy of 1 November are none in October."""
    late = BOUGHT.assign(dated_on=pd.Timestamp("2026-11-01"))
    assert line(owned({}), copies(1), late)["receipted"] == 0
    assert position(owned({"starts_on": "2026-11-01"}), copies(0), BOUGHT, {}, AT).empty
    assert line(owned({}), copies(2, installed_on=["2026-10-31", "2026-11-01"]))["installed"] == 1
    # the cut-off is one of the client's days
    tokyo = {"client": {"name": "x", "timezone": "Asia/Tokyo"}}
    assert line(owned({"ends_on": "2026-10-31"}), copies(1), contract=tokyo)["entitled"] == 0
    # a date counts itself
    assert line(owned({"ends_on": "2026-10-31"}), copies(1), at="2026-10-31")["entitled"] == 10


def test_copies_without_any_licence():
    row = line(owned({})[:0], copies(3))
    assert (row["metric"], row["entitled"], row["position"], row["verdict"]) == ("device", 0, -3, "missed")
    row = line(owned({})[:0], copies(3, user="amy"), contract={"licences": {"cad": "user"}})
    assert (row["metric"], row["position"]) == ("user", -1)


def test_each_metric_of_a_product_has_its_own_figures():
    names = {
        f.subject for f in october(owned({}), copies(2), contract={"licences": {"CAD": "core"}}).figures()
    }
    assert {"CAD (core)", "CAD (device)"} <= names


def test_a_product_of_the_contract_that_nobody_owns_or_uses_is_not_listed():
    assert list(position(owned({}), copies(1), BOUGHT, {"licences": {"Other": "core"}}, AT)["product"]) == [
        "CAD"
    ]


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("quantities", "devices", "reused"),
    [
        ({"K1": 5}, {"K1": 6, "K2": 2}, 2),
        ({"K1": 5, "k1 ": 5}, {"K1": 10}, 0),
    ],
)
def test_a_key_is_reused_when_its_devices_exceed_its_quantity(quantities, devices, reused):
    rights = owned(*({"licence_key": key, "quantity": size} for key, size in quantities.items()))
    parts = [copies(n, first=100 * m, licence_key=key) for m, (key, n) in enumerate(devices.items())]
    row = line(rights, pd.concat(parts))
    assert row["keys_reused"] == reused


def test_a_key_that_was_renewed_is_not_worth_both_years():
    rights = owned(
        {"licence_key": "K", "ends_on": "2026-08-31"}, {"licence_key": "K", "starts_on": "2026-09-01"}
    )
    keys = october(rights, copies(11, licence_key="K")).keys
    assert list(keys.loc[0, ["quantity", "devices", "over", "reused"]]) == [10, 11, 1, True]
    # after its end it is worth what it was: the devices are short of a licence, the key is no other one
    ended = october(rights[:1], copies(10, licence_key="K"))
    assert not ended.keys["reused"].any()
    assert list(ended.position["position"]) == [-10]


def test_the_same_key_of_two_products_is_two_keys():
    rights = owned(
        {"licence_key": "K", "quantity": 2}, {"licence_key": "K", "quantity": 2, "product": "Office"}
    )
    found = pd.concat([copies(2, licence_key="K"), copies(2, licence_key="K").assign(product="Office")])
    assert list(position(rights, found, BOUGHT, {}, AT)["keys_reused"]) == [0, 0]


# ---------------------------------------------------------------- by whom, and again


def test_by_whom_and_again():
    """Two in August, one in September, two in October, of a product with two licences."""
    when = ["2026-08-03", "2026-08-04", "2026-09-09", "2026-10-01", "2026-10-31"]
    found = copies(5, installed_on=when, installed_by=["elm", "elm", "oak", "oak", "oak"], licence_key="K")
    result = october(owned({"quantity": 2, "licence_key": "K"}), found, months=3)
    assert list(result.history["month"]) == ["2026-08", "2026-09", "2026-10"]
    assert list(result.history["added"]) == [2, 1, 2]
    assert list(result.history["position"]) == [0, -1, -3]
    assert list(result.added["device"]) == ["pc-3", "pc-4"]
    assert list(result.added["months_added"]) == [3, 3]
    assert list(zip(result.installers["person"], result.installers["copies"], strict=True)) == [
        ("oak", 3),
        ("elm", 2),
    ]
    assert list(result.reused[["licence_key", "person"]].iloc[0]) == ["K", "oak"]


def test_nobody_is_named_where_nothing_is_short():
    result = october(owned({}), copies(5, installed_on="2026-10-05", installed_by="oak"))
    assert result.added.empty
    assert result.installers.empty


def test_licences_without_a_receipt_say_why():
    rights = owned({"receipt_id": "r1 "}, {"receipt_id": None}, {"receipt_id": "R7"})
    listed = october(rights, copies(1)).unreceipted
    assert list(listed["why"]) == ["no receipt is named", "its receipt is not in the purchase register"]
    assert list(listed["entitlement_id"]) == ["E1", "E2"]


# ---------------------------------------------------------------- missing tables


def test_without_a_purchase_register_it_is_not_computable():
    row = line(owned({}), copies(11), None)
    assert (row["position"], row["receipted"], row["verdict"]) == (None, None, "no_data")
    assert (row["entitled"], row["installed"]) == (10, 11)
    assert row["why_missing"] == "not computable: no purchase register was supplied"
    by_name = {f.measure: f for f in october(owned({}), copies(11), None).figures()}
    assert by_name["licences.position"].value is None
    assert by_name["licences.position"].verdict == "no_data"
    assert by_name["licences.position"].why_missing == row["why_missing"]
    # an empty register is one: nothing in it proves anything
    assert line(owned({}), copies(11), BOUGHT[:0])["position"] == -11


@pytest.mark.parametrize(
    ("entitlements", "installs", "why"),
    [
        (None, copies(2), "not computable: no list of licences owned was supplied"),
        (owned({}), None, "not computable: no list of installed copies was supplied"),
    ],
)
def test_a_missing_list_is_not_an_empty_one(entitlements, installs, why):
    row = line(entitlements, installs)
    assert (row["position"], row["verdict"], row["why_missing"]) == (None, "no_data", why)


def test_nothing_at_all():
    assert position(None, None, None, {}, AT).empty
    found = october(purchases=None).figures()
    assert {f.value for f in found} == {None}
    empty = october(owned({})[:0], copies(0)).figures()
    assert all(f.value is None and f.why_missing for f in empty)


def test_a_metric_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'seat' is not one of device, user, core"):
        position(owned({"metric": "seat"}), copies(1), BOUGHT, {}, AT)


@examples(15)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["R1", "R7", None])), max_size=4),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["K", "L", None])), max_size=8),
    st.integers(0, 99),
)
def test_it_adds_up_in_any_order(rights, found, seed):
    entitlements = owned(*({"quantity": size, "receipt_id": receipt} for size, receipt in rights), {})
    installs = pd.DataFrame([{"product": "CAD", "device": f"pc-{n}", "licence_key": key} for n, key in found])
    installs = installs if len(installs) else copies(0)
    row = line(entitlements, installs)
    assert row["entitled"] == row["receipted"] + row["unreceipted"] == sum(size for size, _ in rights) + 10
    assert (
        row["position"]
        == row["receipted"] - row["installed"]
        == row["receipted"] - len({n for n, _ in found})
    )
    assert (
        row["short"] - row["position"] == max(Decimal(0), row["short"], -row["position"]) or row["short"] == 0
    )
    shuffled = entitlements.sample(frac=1, random_state=seed), installs.sample(frac=1, random_state=seed)
    again = line(*shuffled)
    pd.testing.assert_series_equal(row, again)


@examples(25)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["R1", "R2", "R7", None])), min_size=1, max_size=5
    ),
    st.dictionaries(
        st.sampled_from(["R1", "R2"]), st.tuples(st.integers(0, 20), st.sampled_from(["CAD", "Other"]))
    ),
)
def test_no_list_of_licences_is_worth_more_than_its_receipts(rights, receipts):
    """Whatever is entered, naming a receipt again or for more never makes more of what was bought."""
    lines = [
        {"document": "licence_receipt", "document_id": name, "item": item, "quantity": units, "dated_on": AT}
        for name, (units, item) in receipts.items()
    ]
    bought = pd.DataFrame(lines, columns=BOUGHT.columns).assign(dated_on=pd.Timestamp("2026-01-05"))
    entitlements = owned(*({"quantity": size, "receipt_id": receipt} for size, receipt in rights))
    row = line(entitlements, copies(1), bought)
    claimed = {name: sum(size for size, receipt in rights if receipt == name) for name in receipts}
    expected = sum(min(units, claimed[name]) for name, (units, item) in receipts.items() if item == "CAD")
    assert row["receipted"] == expected


def test_a_key_used_too_often_is_a_miss_though_nobody_knows_the_cores():
    installs = copies(2, licence_key="K")
    analysis = october(owned({"metric": "core", "quantity": 1, "licence_key": "K"}), installs)
    figure = analysis.figures()[0]
    assert (figure.value, figure.verdict) == (None, "missed")
    assert figure.why_missing == "the cores of 2 devices are not known"


def test_a_copy_that_was_there_last_month_is_not_yet_to_come():
    """The list before has ten copies; dated to next month they are there all the same, and the eleventh is not."""
    before, now = copies(10, installed_on="2026-05-05"), copies(11, installed_on="2026-11-20")
    tables = {"entitlements": owned({}), "installs": now, "purchases": BOUGHT}
    month = MonthOf(AT - pd.Timedelta(days=31), AT, {}, tables=tables, last={"installs": before})
    assert analyse(month).position["installed"].tolist() == [10]
    assert october(owned({}), now).position["installed"].tolist() == [0]


# ---------------------------------------------------------------- the demo company


@pytest.mark.parametrize("month", [pytest.param("2026-07", marks=pytest.mark.thorough), "2026-10"])
def test_every_planted_fault_is_found_and_nothing_else(demo_report, truth, month):
    result, _ = demo_report("licences", month)
    truth = truth[month]["licences"]
    columns = ["metric", "entitled", "receipted", "installed", "position", "keys_reused", "verdict"]
    lines = {e["subject"]: [e[name] for name in columns] for e in truth if e["fault"] in ("short", "none")}
    told = result.position.set_index("product")[columns]
    assert {product: list(row) for product, row in told.iterrows()} == lines
    reused = [(e["key"], e["devices"], e["installed_by"]) for e in truth if e["fault"] == "key_reused"]
    assert (
        list(result.reused[["licence_key", "devices", "person"]].itertuples(index=False, name=None)) == reused
    )
    assert list(result.unreceipted["entitlement_id"]) == ["EN-04"]
    again = {(e["subject"], e["installed_on"], e["times"]) for e in truth if e["fault"] == "installed_again"}
    told = zip(
        result.added["product"], result.added["installed_on"], result.added["months_added"], strict=True
    )
    assert again <= {(product, str(on.date()), times) for product, on, times in told}
