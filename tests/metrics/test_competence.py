"""Third-party opinions, which stands at the cut-off and since when it has run out; the audit sample."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics import competence
from msp_report.model import statistics

COLUMNS = ["subject", "assessed_on", "assessor", "independent", "engaged_by", "result", "expires_on"]


def register(*rows):
    table = pd.DataFrame(
        [(subject, on, who, free, "client", "fit", until) for subject, on, who, free, until in rows],
        columns=COLUMNS,
    )
    return table.assign(**{name: pd.to_datetime(table[name]) for name in ("assessed_on", "expires_on")})


#: October 2026 in New York ends at 04:00 UTC on 1 November.
CUTOFF = pd.Timestamp("2026-11-01T04:00", tz="UTC")

CASES = [
    # opinions of one subject, who stands, expired, days overdue, why
    ([("2025-10-01", "Owl", True, "2026-10-30")], "Owl", True, 1, "held to the 30th; the last day is the 31st"),
    ([("2025-10-01", "Owl", True, "2026-10-31")], "Owl", False, None, "holds on its last day"),
    ([("2025-09-15", "Owl", True, None)], "Owl", True, 47, "a year: to 14 September; 16 days of September and 31"),
    ([("2026-11-01", "Owl", True, None)], None, None, None, "after the month: it does not exist yet"),
    (
        [("2024-01-01", "Owl", True, "2024-12-31"), ("2026-01-01", "Elk", True, "2026-12-31")],
        "Elk", False, None, "renewed",
    ),
    (
        [("2026-01-01", "Owl", True, "2026-06-30"), ("2026-08-01", "Provider", False, "2027-07-31")],
        "Owl", True, 123, "July 31, August 31, September 30, October 31; the provider's own renews nothing",
    ),
    ([("2026-08-01", "Provider", False, "2027-07-31")], "Provider", False, None, "all there is"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "who", "expired", "days", "why"), CASES)
def test_the_opinion_that_stands(rows, who, expired, days, why):
    found = competence.opinions(register(*(("backups", *row) for row in rows)), CUTOFF, "America/New_York")
    assert list(found.columns) == competence.OPINION_COLUMNS
    if who is None:
        assert found.empty, why
        return
    (row,) = found.to_dict("records")
    assert (row["assessor"], row["expired"]) == (who, expired), why
    assert pd.isna(row["days_overdue"]) if days is None else row["days_overdue"] == days, why


def test_the_zone_decides_the_last_day():
    known = register(("backups", "2026-11-01", "Owl", True, None))
    assert competence.opinions(known, CUTOFF, "America/New_York").empty
    assert len(competence.opinions(known, CUTOFF, "UTC")) == 1


def test_subjects_are_one_whatever_their_case_and_the_longest_overdue_comes_first():
    known = register(
        ("Backups", "2025-01-01", "Owl", True, None),
        ("backups", "2026-01-01", "Elk", True, None),
        ("security", "2023-01-01", "Owl", True, None),
        ("competence", "2025-01-01", "Owl", True, None),
    )
    found = competence.opinions(known, pd.Timestamp("2026-10-31"))
    assert found["subject"].tolist() == ["security", "competence", "backups"]
    assert found["expired"].tolist() == [True, True, False]


@pytest.mark.parametrize("known", [None, register()])
def test_no_opinion_is_no_row(known):
    found = competence.opinions(known, CUTOFF)
    assert found.empty and list(found.columns) == competence.OPINION_COLUMNS


def test_functions_on_which_nobody_has_an_opinion():
    found = competence.opinions(register(("Help Desk", "2026-01-01", "Owl", True, None)), CUTOFF)
    contract = {
        "scope": [
            {"subject": "help desk ", "role": "do", "evidence": "certificate"},
            {"subject": "backups", "role": "do"},
            {"subject": "security", "role": "advise", "evidence": "none"},
            {"subject": "acquisitions", "role": "none"},
        ]
    }
    missing = competence.unassessed(found, contract, CUTOFF)
    assert missing["function"].tolist() == ["backups", "security"]
    assert missing["role"].tolist() == ["do", "advise"]
    assert competence.unassessed(found, {}, CUTOFF).empty


# ---------------------------------------------------------------- the audit sample


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
    assert competence.sample_size(population, precision) == size


@given(st.integers(2, 20_000), st.sampled_from([0.03, 0.05, 0.1, 0.2]), st.sampled_from([0.9, 0.95]))
@settings(max_examples=40, deadline=None)
def test_the_size_is_the_smallest_that_keeps_the_interval_as_narrow_as_asked(
    population, precision, confidence
):
    def reach(size: int) -> float:
        spread = (population - size) / ((population - 1) * size)
        low, high = competence._wilson(0.5, spread, confidence)
        return (high - low) / 2

    size = competence.sample_size(population, precision, confidence)
    assert reach(size) <= precision + 1e-9
    assert size == 1 or reach(size - 1) > precision - 1e-9


@pytest.mark.parametrize("wrong", [(10, 0.0), (10, 0.5), (-1, 0.1)])
def test_sizes_that_are_none(wrong):
    with pytest.raises(ValueError, match="a sample of"):
        competence.sample_size(*wrong)


def items(kind: str = "ticket", **strata: int) -> pd.DataFrame:
    """So many items in each stratum, with ids that tell which."""
    rows = [
        (kind, f"{kind}-{name}-{n:04d}", name, "look") for name, size in strata.items() for n in range(size)
    ]
    return pd.DataFrame(rows, columns=["kind", "id", "stratum", "what_to_check"]).astype("str")


def drawn_from(population: pd.DataFrame, **audit) -> dict:
    table = competence.strata(population, audit)
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
@settings(max_examples=12, deadline=None)
def test_a_sample_holds_of_every_stratum_what_was_planned(sizes, seed):
    population = items(**sizes)
    table = competence.strata(population, {})
    size = competence.sample_size(len(population))
    assert size <= table["sample"].sum() <= size + len(table)
    assert table["sample"].between(1, table["population"]).all()
    drawn = competence.sample(population, {"seed": seed}, "acme", "2026")
    assert drawn["id"].is_unique and drawn["id"].isin(population["id"]).all()
    assert drawn.groupby("stratum").size().tolist() == table.set_index("stratum")["sample"].tolist()


def test_the_same_seed_draws_the_same_whatever_the_order():
    population = pd.concat([items(a=300, b=200), items("restore", x=40, y=9)], ignore_index=True)
    first = competence.sample(population, {}, "acme", "2026")
    for shuffle in range(3):
        mixed = population.sample(frac=1, random_state=shuffle)
        pd.testing.assert_frame_equal(competence.sample(mixed, {}, "acme", "2026"), first)
    for other in (("acme", "2025", 1), ("umbra", "2026", 1), ("acme", "2026", 2)):
        drawn = competence.sample(population, {"seed": other[2]}, *other[:2])
        assert len(drawn) == len(first) and set(drawn["id"]) != set(first["id"])
    alone = competence.sample(population[population["kind"].eq("ticket")], {}, "acme", "2026")
    assert set(alone["id"]) == set(first.loc[first["kind"].eq("ticket"), "id"])  # kinds are drawn apart
    assert list(first.columns) == competence.SHEET and first["finding"].eq("").all()


def test_every_item_is_as_likely_as_any_other():
    population = items(a=2000)
    drawn = competence.sample(population, {"precision_ratio": 0.03}, "acme", "2026")["id"]
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
    found = competence.population(tickets, purchases, jobs, restores, "UTC", START, END)
    assert found[["kind", "id", "stratum"]].values.tolist() == [
        ["ticket", "T1", "P1"],
        ["ticket", "T2", "P2"],
        ["invoice", "I1", "Snark"],
        ["restore", "DB-01 2026-01-05", "DB-01"],  # tested, so none of its backups
        ["restore", "web 2026-01-30T00:00:00Z", "web"],  # the failed one is no point
        ["restore", "web 2026-02-27T00:00:00Z", "web"],  # the last of February ends after the cut-off
    ]
    assert competence.population(None, None, None, None, "UTC", START, END).empty


# ---------------------------------------------------------------- the filled sheet

SAMPLE = pd.DataFrame(
    [("ticket", f"T-100{n}", "P1" if n < 6 else "P2", "look", "", "") for n in range(10)],
    columns=competence.SHEET,
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
    read = competence.answers(SAMPLE, sheet)
    assert read.refused.empty
    each, every = competence.results(read, STRATA).to_dict("records")
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
    share = competence.stratified(pd.Series([60, 40]), pd.Series([6, 4]), pd.Series([6, 2]))
    assert (share.value, share.low, share.high) == pytest.approx((0.8, 0.5031, 0.9405), abs=1e-4)


@given(st.integers(1, 200), st.data())
@settings(max_examples=20, deadline=None)
def test_one_stratum_of_an_endless_population_has_wilsons_interval(n, data):
    passed = data.draw(st.integers(0, n))
    ours = competence.stratified(pd.Series([10**12]), pd.Series([n]), pd.Series([passed]))
    theirs = statistics.wilson(passed, n)
    assert (ours.value, ours.low, ours.high) == pytest.approx(
        (theirs.value, theirs.low, theirs.high), abs=1e-6
    )


def test_who_has_seen_everything_knows_it():
    share = competence.stratified(pd.Series([6, 4]), pd.Series([6, 4]), pd.Series([6, 2]))
    assert (share.value, share.low, share.high) == pytest.approx((0.8, 0.8, 0.8))


@given(st.lists(st.sampled_from(["pass", "fail", "not found", ""]), min_size=10, max_size=10))
@settings(max_examples=20, deadline=None)
def test_the_worst_and_the_best_case_hold_the_share(findings):
    row = competence.results(competence.answers(SAMPLE, filled(*findings)), STRATA).iloc[-1]
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
    read = competence.answers(SAMPLE, None)
    assert not read.supplied and read.rows["finding"].isna().all()
    row = competence.results(read, STRATA).iloc[0]
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
    read = competence.answers(SAMPLE, pd.concat([sheet, twice, same, foreign, broken], ignore_index=True))
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
    assert competence.answers(sample, sheet).rows["finding"].eq("pass").all()


# ---------------------------------------------------------------- figures


def analysed(assessments, sheet=None, contract=None):
    population = items(a=60, b=40)
    return competence.analyse(assessments, population, sheet, contract or {}, {}, "acme", "2026", CUTOFF)


def test_figures_of_opinions():
    known = register(
        ("competence", "2025-01-01", "Owl", True, None),
        ("security", "2026-06-01", "Elk", True, None),
        ("backups", "2026-06-01", "Provider", False, None),
    )
    scope = {"scope": [{"subject": "security", "role": "do"}, {"subject": "phones", "role": "do"}]}
    found = {
        (f.measure.split(".")[1], f.subject): f for f in competence.figures(analysed(known, contract=scope))
    }
    assert (found["standing", ""].value, found["standing", ""].n, found["standing", ""].verdict) == (
        1,
        3,
        "met",
    )
    assert (found["expired", ""].value, found["expired", ""].verdict) == (1, "missed")
    assert (found["not_independent", ""].value, found["unassessed", ""].value) == (1, 1)
    # from 31 December 2025 to 1 November 2026, 04:00 UTC, in UTC: the last day is 1 November
    assert found["days_overdue", "competence"].value == 305
    assert (found["audit_passed", ""].value, found["audit_passed", ""].coverage) == (None, 0)


def test_nobody_asked_is_not_all_in_order():
    empty = {f.measure: f for f in competence.figures(analysed(register()))}
    assert (empty["competence.standing"].value, empty["competence.standing"].verdict) == (0, "missed")
    assert empty["competence.expired"].value is None and empty["competence.expired"].verdict == "no_data"
    absent = {f.measure: f for f in competence.figures(analysed(None))}
    assert absent["competence.standing"].why_missing == "no register of third-party opinions was supplied"
    assert absent["competence.unassessed"].verdict == "no_data"


def test_figures_of_the_audit():
    drawn = analysed(register()).sample
    sheet = drawn.assign(line=range(2, len(drawn) + 2), finding="pass", problem=None)
    every, tickets = (
        f for f in competence.figures(analysed(register(), sheet)) if f.measure.endswith("audit_passed")
    )
    assert (every.subject, tickets.subject, tickets.value, tickets.n, tickets.coverage) == (
        "",
        "ticket",
        1,
        49,
        1,
    )
    assert tickets.high == 1 and 0.9 < tickets.low < 1
