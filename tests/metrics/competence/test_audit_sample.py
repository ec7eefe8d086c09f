"""The audit sample: how large, who is drawn, and what a filled sheet makes of it."""

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.metrics.competence import audit
from msp_report.model import statistics


@pytest.mark.parametrize(
    ("population", "precision", "size"),
    [
        (10**9, 0.1, 93),  # 3.8415 x (25 - 1) = 92.2
        (10**9, 0.05, 381),  # 3.8415 x (100 - 1) = 380.3
        (1000, 0.1, 85),  # 92.2 / (1 + 91.2 / 1000) = 84.5
        (100, 0.1, 49),  # 92.2 / 1.912 = 48.2
        (3, 0.1, 3),
        (1, 0.4, 1),
        (0, 0.1, 0),
    ],
)
def test_size_of_the_sample(population, precision, size):
    assert audit.sample_size(population, precision) == size


@given(st.integers(2, 20_000), st.sampled_from([0.03, 0.05, 0.1, 0.2]), st.sampled_from([0.9, 0.95]))
@examples(40)
def test_the_size_is_the_smallest_that_keeps_the_interval_as_narrow_as_asked(
    population, precision, confidence
):
    def reach(size: int) -> float:
        spread = (population - size) / ((population - 1) * size)
        low, high = audit._wilson(0.5, spread, confidence)
        return (high - low) / 2

    size = audit.sample_size(population, precision, confidence)
    assert reach(size) <= precision + 1e-9
    assert size == 1 or reach(size - 1) > precision - 1e-9


@pytest.mark.parametrize("wrong", [(10, 0.0), (10, 0.5), (-1, 0.1)])
def test_sizes_that_are_none(wrong):
    with pytest.raises(ValueError, match="a sample of"):
        audit.sample_size(*wrong)


def items(kind: str = "ticket", **strata: int) -> pd.DataFrame:
    """So many items in each stratum, with ids that tell which."""
    rows = [
        (kind, f"{kind}-{name}-{n:04d}", name, "look") for name, size in strata.items() for n in range(size)
    ]
    return pd.DataFrame(rows, columns=["kind", "id", "stratum", "what_to_check"]).astype("str")


def drawn_from(population: pd.DataFrame, **asked) -> dict:
    table = audit.strata(population, asked)
    return dict(zip(table["stratum"], table["sample"], strict=True))


def test_strata_get_their_part_and_at_least_one():
    # 49 of 100: 29.4, 14.7 and 4.9; the floors make 47, the two left go to .9 and .7
    assert drawn_from(items(a=60, b=30, c=10)) == {"a": 29, "b": 15, "c": 5}
    # 46.55 and five times 0.49: 46, the three left go to .55 and the first two; the other three get one on top
    assert drawn_from(items(a=95, b=1, c=1, d=1, e=1, f=1)) == {"a": 47, **dict.fromkeys("bcdef", 1)}
    assert drawn_from(items(a=2, b=1)) == {"a": 2, "b": 1}


def test_small_vendors_are_one_stratum():
    # 49 of 100, so a vendor of two has 0.98 of an invoice
    assert drawn_from(items("invoice", a=94, b=2, c=2, d=2)) == {"a": 46, "other vendors": 3}
    assert drawn_from(items("invoice", a=98, b=2)) == {"a": 48, "b": 1}


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 300), min_size=1), st.integers(0, 9))
@examples(12)
def test_a_sample_holds_of_every_stratum_what_was_planned(sizes, seed):
    population = items(**sizes)
    table = audit.strata(population, {})
    size = audit.sample_size(len(population))
    assert size <= table["sample"].sum() <= size + len(table)
    assert table["sample"].between(1, table["population"]).all()
    drawn = audit.sample(population, {"seed": seed}, "acme", "2026")
    assert drawn["id"].is_unique and drawn["id"].isin(population["id"]).all()
    assert drawn.groupby("stratum").size().tolist() == table.set_index("stratum")["sample"].tolist()


def test_the_same_seed_draws_the_same_whatever_the_order():
    population = pd.concat([items(a=300, b=200), items("restore", x=40, y=9)], ignore_index=True)
    first = audit.sample(population, {}, "acme", "2026")
    for shuffle in range(3):
        mixed = population.sample(frac=1, random_state=shuffle)
        pd.testing.assert_frame_equal(audit.sample(mixed, {}, "acme", "2026"), first)
    for other in (("acme", "2025", 1), ("umbra", "2026", 1), ("acme", "2026", 2)):
        drawn = audit.sample(population, {"seed": other[2]}, *other[:2])
        assert len(drawn) == len(first) and set(drawn["id"]) != set(first["id"])
    alone = audit.sample(population[population["kind"].eq("ticket")], {}, "acme", "2026")
    assert set(alone["id"]) == set(first.loc[first["kind"].eq("ticket"), "id"])  # kinds are drawn apart
    assert list(first.columns) == audit.SHEET and first["finding"].eq("").all()


def test_every_item_is_as_likely_as_any_other():
    population = items(a=2000)
    drawn = audit.sample(population, {"precision_ratio": 0.03}, "acme", "2026")["id"]
    tenths = drawn.str[-4:].astype(int).floordiv(200).value_counts().reindex(range(10)).fillna(0)
    expected = len(drawn) / 10
    chi = ((tenths - expected) ** 2 / expected).sum() / (1 - len(drawn) / 2000)
    assert len(drawn) > 600 and chi < 33.7  # 9 degrees of freedom: beyond that once in 10,000


START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-03-01", tz="UTC")


def utc(texts: list[str]) -> pd.DatetimeIndex:
    return pd.to_datetime(texts, format="ISO8601", utc=True)


def test_what_may_be_drawn():
    tickets = pd.DataFrame(
        {
            "ticket_id": ["T2", "T1", "T0", "T9"],
            "opened_at": utc(["2026-02-28 23:59", "2026-01-01 00:00", "2025-12-31 23:59", "2026-03-01"]),
            "priority": ["P2", "P1", "P1", "P1"],
        }
    )
    purchases = pd.DataFrame(
        {
            "document": ["invoice", "invoice", "order", "invoice"],
            "document_id": ["I1", "I1", "O1", "I2"],
            "vendor": ["Snark", "Snark", "Snark", "Wabe"],
            "dated_on": pd.to_datetime(["2026-02-28", "2026-02-28", "2026-02-01", "2026-03-01"]),
        }
    )
    restores = pd.DataFrame(
        {"asset": ["DB-01"], "tested_on": pd.to_datetime(["2026-01-05"]), "result": ["success"]}
    )
    at = utc(["2026-01-10", "2026-01-30", "2026-01-31", "2026-02-27", "2026-02-28 23:00", "2026-01-09"])
    jobs = pd.DataFrame(
        {
            "asset": ["web"] * 5 + ["db-01"],
            "started_at": at,
            "finished_at": at + pd.Timedelta(hours=2),
            "result": ["success", "warning", "failed", "success", "success", "success"],
        }
    )
    found = audit.population(tickets, purchases, jobs, restores, "UTC", START, END)
    assert found[["kind", "id", "stratum"]].values.tolist() == [
        ["ticket", "T1", "P1"],
        ["ticket", "T2", "P2"],
        ["invoice", "I1", "Snark"],
        ["restore", "DB-01 2026-01-05", "DB-01"],  # tested, so none of its backups
        ["restore", "web 2026-01-30T00:00:00Z", "web"],  # the failed one is no point
        ["restore", "web 2026-02-27T00:00:00Z", "web"],  # the last of February ends after the cut-off
    ]
    assert audit.population(None, None, None, None, "UTC", START, END).empty


# ---------------------------------------------------------------- the filled sheet

SAMPLE = pd.DataFrame(
    [("ticket", f"T-100{n}", "P1" if n < 6 else "P2", "look", "", "") for n in range(10)],
    columns=audit.SHEET,
).astype("str")
STRATA = pd.DataFrame(
    {"kind": "ticket", "stratum": ["P1", "P2"], "population": [60, 40], "sample": [6, 4]}
).astype({"kind": "str", "stratum": "str"})


def filled(*findings: str, **changes) -> pd.DataFrame:
    sheet = SAMPLE.assign(finding=[*findings, *[""] * (10 - len(findings))], line=range(2, 12), problem=None)
    return sheet.assign(**changes)


def test_shares_of_a_filled_sheet():
    # P1: 4 pass, 1 fail, 1 open; P2: 1 pass, 1 not found, 2 open
    sheet = filled("pass", "Pass", " PASS ", "pass", "fail", "", "pass", "Not_Found", "", "")
    read = audit.answers(SAMPLE, sheet)
    assert read.refused.empty
    each, every = audit.results(read, STRATA).to_dict("records")
    assert (each["kind"], every["kind"]) == ("ticket", "")
    assert [each[n] for n in ("population", "sample", "filled", "passed", "failed", "not_found", "unknown")] == [
        100, 10, 7, 5, 1, 1, 3,
    ]  # fmt: skip
    assert each["share"] == pytest.approx(0.6 * 4 / 5 + 0.4 * 1 / 2)  # 0.68
    assert each["worst"] == pytest.approx(0.6 * 4 / 6 + 0.4 * 1 / 4)  # 0.5
    assert each["best"] == pytest.approx(0.6 * 5 / 6 + 0.4 * 3 / 4)  # 0.8
    assert each["low"] < 0.68 < each["high"] and every["share"] == each["share"]


def test_the_interval_of_two_strata_by_hand():
    # weights .6 and .4, 6 of 6 and 2 of 4: spread .36 x 54/(59 x 6) + .16 x 36/(39 x 4) = .0549 + .0369 = .0918;
    # z² x spread = .3528; middle (.8 + .1764) / 1.3528 = .7218; half 1.4488 x √(.16 x .0918 + .0081) = .2187
    share = audit.stratified(pd.Series([60, 40]), pd.Series([6, 4]), pd.Series([6, 2]))
    assert (share.value, share.low, share.high) == pytest.approx((0.8, 0.5031, 0.9405), abs=1e-4)


@given(st.integers(1, 200), st.data())
@examples(20)
def test_one_stratum_of_an_endless_population_has_wilsons_interval(n, data):
    passed = data.draw(st.integers(0, n))
    ours = audit.stratified(pd.Series([10**12]), pd.Series([n]), pd.Series([passed]))
    theirs = statistics.wilson(passed, n)
    assert (ours.value, ours.low, ours.high) == pytest.approx(
        (theirs.value, theirs.low, theirs.high), abs=1e-6
    )


def test_who_has_seen_everything_knows_it():
    share = audit.stratified(pd.Series([6, 4]), pd.Series([6, 4]), pd.Series([6, 2]))
    assert (share.value, share.low, share.high) == pytest.approx((0.8, 0.8, 0.8))


@given(st.lists(st.sampled_from(["pass", "fail", "not found", ""]), min_size=10, max_size=10))
@examples(20)
def test_the_worst_and_the_best_case_hold_the_share(findings):
    row = audit.results(audit.answers(SAMPLE, filled(*findings)), STRATA).iloc[-1]
    assert row["passed"] + row["failed"] + row["not_found"] == row["filled"] == 10 - row["unknown"]
    if not row["filled"]:
        assert pd.isna(row["share"]) and row["why"] == "no row of the sheet is filled in"
        return
    assert 0 <= row["low"] <= row["share"] <= row["high"] <= 1
    # strata without an answer are left out of the share, so only then it may lie outside
    answered = {n < 6 for n, finding in enumerate(findings) if finding}
    assert row["worst"] <= row["best"]
    assert len(answered) < 2 or row["worst"] - 1e-9 <= row["share"] <= row["best"] + 1e-9


def test_no_sheet_is_no_answer():
    read = audit.answers(SAMPLE, None)
    assert not read.supplied and read.rows["finding"].isna().all()
    row = audit.results(read, STRATA).iloc[0]
    assert pd.isna(row["share"]) and row["unknown"] == 10 and pd.isna(row["worst"])
    assert row["why"] == "nobody has filled in the sheet of the audit sample"


def test_rows_that_do_not_count_are_named():
    sheet = filled(*["pass"] * 10)
    sheet.loc[0, "id"] = "T-I000"  # altered
    sheet.loc[1, "finding"] = "perhaps"
    twice = sheet.iloc[[2]].assign(finding="fail", line=12)
    same = sheet.iloc[[3]].assign(line=13)
    foreign = sheet.iloc[[4]].assign(kind="invoice", id="an invoice that nobody drew", line=14)
    broken = sheet.iloc[[5]].assign(
        kind=None, id="x;y", finding=None, problem="the row has too many cells", line=15
    )
    read = audit.answers(SAMPLE, pd.concat([sheet, twice, same, foreign, broken], ignore_index=True))
    told = dict(zip(read.refused["line"], read.refused["why"], strict=True))
    assert set(told) == {2, 3, 4, 12, 14, 15}
    assert told[2] == "it is not in the sample, which has 'T-1000' in its place: was the id changed?"
    assert told[3] == "the finding perhaps is none of pass, fail, not found"
    assert told[4] == told[12] == "rows of this id contradict each other"
    assert (told[14], told[15]) == ("it is not in the sample", "the row has too many cells")
    assert read.rows["finding"].isna().tolist() == [True, True, True, *[False] * 7]


def test_the_apostrophe_that_stops_a_formula_is_no_part_of_an_id():
    sample = SAMPLE.assign(id=["=1+1", "@x", "-5", "+7", *SAMPLE["id"][4:]])
    sheet = sample.assign(line=range(2, 12), finding="pass")
    sheet["id"] = ["'=1+1", "'@x", "'-5", "+7", *SAMPLE["id"][4:]]
    assert audit.answers(sample, sheet).rows["finding"].eq("pass").all()
