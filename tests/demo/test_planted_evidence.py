"""The demo company's planted faults of evidence: what is missing, dropped, misnamed or contradictory, each kind once.

As in test_planted, from exports; each is found in its month, and in no other of the thirteen (those of the desk and of
purchases in `make abuse`, else in no other in which something is planted).
"""

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.metrics import (
    capacity,
    evidence,
)
from msp_report.metrics.evidence.unlogged import unlogged
from msp_report.model.period import Period
from msp_report.model.strangers import strangers
from msp_report.model.tables import TABLES

MONTHS = [str(month) for month in Period.parse("2025-10..2026-10").months]


@pytest.fixture(scope="module")
def cases(demo_place):
    last = open_case("demo", MONTHS[-1], demo_place)
    return {month: last.at(Period.parse(month)) for month in MONTHS}


@pytest.fixture(scope="module", params=["planted", pytest.param("all", marks=pytest.mark.thorough)])
def searched(request, truth):
    """The months whose desk and purchases are searched: the last and those that something is planted in, or all."""
    faults = (
        "logged_before",
        "open_yet_solved",
        "reopened_in_silence",
        "sent_late",
        "cancelled_late",
        "ends_in_silence",
        "came_late",
        "not_approved",
    )
    found = [
        (month, entry.get("sent_in", month))
        for page in ("evidence", "tickets", "procurement")
        for month, entry in planted(truth, page, *faults)
    ]
    return (
        MONTHS if request.param == "all" else sorted({MONTHS[-1], *(one for pair in found for one in pair)})
    )


@pytest.fixture(scope="module")
def report(demo_report):
    """What a report finds in a month."""
    return lambda name, month: demo_report(name, month)[0]


@pytest.fixture(scope="module")
def bought(demo_report):
    """The purchases of a month, each analysed once."""
    return lambda month: demo_report("procurement", month)[0]


@pytest.fixture(scope="module")
def desks(demo_report, searched):
    """The help desk of the months."""
    return {month: demo_report("tickets", month)[0] for month in searched}


def planted(truth, page, *faults):
    """(month, what was planted) of every fault of these kinds."""
    return [
        (month, entry) for month in MONTHS for entry in truth[month].get(page, []) if entry["fault"] in faults
    ]


def judged(analysis):
    return {(f.measure, f.subject): f for f in analysis.figures() if f.verdict}


# ---------------------------------------------------------------- files that did not come, or not whole


def test_what_did_not_come_or_came_again_is_withheld_and_named(cases, truth):
    expected = {
        (month, entry["table"], entry["last_month"])
        for month, entry in planted(truth, "evidence", "not_sent", "sent_again")
    }
    found = {
        (month, table, str(last)) for month, case in cases.items() for table, last in case.withheld.items()
    }
    assert found == expected and len(expected) == 2


def test_what_did_not_come_gives_no_figure(truth, report):
    [(gone, entry)] = planted(truth, "evidence", "not_sent")
    assert entry["table"] == "surveys"
    figures = report("satisfaction", gone).figures()
    assert all(one.value is None for one in figures)
    assert {one.why_missing for one in figures} == {"no surveys came for the period"}
    after = report("satisfaction", MONTHS[MONTHS.index(gone) + 1]).figures()
    assert all(one.value is not None for one in after)


def test_a_file_that_ends_in_silence_speaks_as_far_as_it_goes(cases, desks, truth):
    expected = [
        (month, f["table"], f["last_on"]) for month, f in planted(truth, "evidence", "ends_in_silence")
    ]
    since = {
        (month, name): case.silent_since(name)
        for month, case in cases.items()
        for name in TABLES
        if TABLES[name].period is not None
    }
    found = {place: at for place, at in since.items() if at is not None}
    named = [(*place, str((at.tz_convert("Europe/London")).date())) for place, at in found.items()]
    [(month, table, last)] = expected
    # of a day the end of it, which is the first instant of the next
    assert named == [(month, table, f"{last[:8]}{int(last[8:]) + 1:02d}")]
    figures = {(f.measure, f.subject): f for f in desks[month].figures()}
    hours = figures["tickets.hours", ""]
    whole = next(f for f in truth[month]["tickets"] if f.get("subject") == "")["hours"]
    assert 0 < hours.low == hours.value < whole and hours.high is None
    assert hours.coverage == pytest.approx(17 / 30)


def test_a_file_speaks_up_to_the_day_on_which_it_says_it_was_exported(cases, truth, report):
    [(month, entry)] = planted(truth, "evidence", "exported_early")
    reached = {one: case.reached(entry["table"]).tz_convert("Europe/London") for one, case in cases.items()}
    short = {one: str(at.date()) for one, at in reached.items() if at < cases[one].end}
    assert short == {month: entry["on"]}
    found = {(f.measure, f.subject): f for f in report("duties", month).figures()}
    watched = found["duties.kept_ratio", "backups watched"]
    assert watched.coverage < 1 and watched.low < watched.high


def test_a_file_that_tells_of_another_page_is_doubted_as_a_whole(cases, bought, truth):
    [(gone, entry)] = planted(truth, "evidence", "says_more")
    doubts = {(month, name): case.doubts(name) for month, case in cases.items() for name in TABLES}
    assert {place for place, why in doubts.items() if why} == {(gone, entry["table"])}
    assert f"{entry['pages']} pages, and {entry['came']} came" in doubts[gone, entry["table"]]
    for month, verdict in ((gone, "no_verdict"), ("2026-07", "met")):
        found = judged(bought(month))
        assert found["procurement.at_stake", ""].verdict == verdict, month


def test_what_the_contract_promises_to_deliver_came_late_once(cases, truth):
    [(month, entry)] = planted(truth, "evidence", "delivered_late")
    rows = {one: evidence.deliveries(case) for one, case in cases.items()}
    assert all(found["table"].tolist() == [entry["table"]] for found in rows.values())
    verdicts = {one: found["verdict"].iloc[0] for one, found in rows.items()}
    assert verdicts == dict.fromkeys(MONTHS, "met") | {month: "missed"}
    late = rows[month].iloc[0]
    assert (str(late["exported_at"].tz_convert("Europe/London").date()), late["clause"]) == (
        entry["on"],
        "9.1",
    )
    assert str(late["due_on"].date()) == "2026-10-05"


def test_a_table_speaks_of_the_months_in_which_it_came_whole(cases, truth):
    last = cases[MONTHS[-1]]
    whole = last.spoken("outages")
    assert len(whole) == 12 and (whole["end"].iloc[:-1].array == whole["start"].iloc[1:].array).all()
    assert (whole["start"].iloc[0], whole["end"].iloc[-1]) == (cases["2025-11"].start, last.end)
    for fault in ("not_sent", "sent_again", "says_more"):
        [(month, entry)] = planted(truth, "evidence", fault)
        assert set(last.spoken(entry["table"])["start"]) == {
            cases[one].start for one in MONTHS[1:] if one != month
        }
    [(month, entry)] = planted(truth, "evidence", "exported_early")
    spoken = last.spoken(entry["table"]).set_index("start")["end"]
    assert spoken[cases[month].start] == pd.Timestamp(entry["on"], tz="Europe/London")
    assert cases["2026-02"].spoken("surveys").empty  # withheld in its own month


def test_rejected_rows_of_twelve_months_are_those_of_each(cases):
    each = [len(case.rejected("samples")) for case in cases.values()]
    assert len(cases[MONTHS[-1]].rejected_over("samples")) == sum(each[1:]) > 0


# ---------------------------------------------------------------- outages that the log lacks


@pytest.mark.parametrize(
    "month",
    [
        month
        if month in ("2026-02", "2026-03", "2026-10")
        else pytest.param(month, marks=pytest.mark.thorough)
        for month in MONTHS
    ],
)
def test_outages_that_nobody_logged_are_the_planted_ones(cases, truth, month, is_demo):
    found = unlogged(cases[month])
    expected = [entry for entry in truth[month]["evidence"] if entry["fault"] == "unlogged"]
    listed = [(row.service, row.seen_by.split("; ")) for row in found.events.itertuples()]
    assert listed == [(entry["subject"], entry["seen_by"]) for entry in expected]
    planned = pd.to_datetime([entry["started_at"] for entry in expected], utc=True)
    assert ((found.events["started_at"] - planned).abs() <= pd.Timedelta(minutes=5)).all()
    assert not is_demo or (len(expected) > 1) == (month in ("2026-02", "2026-03", "2026-08", "2026-09"))


def test_what_the_log_alone_has_contradicts_the_probe(truth, is_demo, report):
    expected = [f["subject"] for month, f in planted(truth, "evidence", "probe_missed") if month == "2026-01"]
    listed = report("availability", "2026-01").contradictions
    # between two looks of a probe there is room for an outage that it does not contradict
    assert set(listed["service"]) <= set(expected)
    assert not is_demo or (sorted(listed["service"]) == sorted(expected) and len(expected) == 2)
    assert set(listed["what"]) <= {"a probe saw the service up meanwhile"}


def test_all_outages_of_twelve_months_lie_in_the_interval(cases, truth):
    found = unlogged(cases[MONTHS[-1]])
    [entry] = [entry for entry in truth[MONTHS[-1]]["evidence"] if entry["fault"] == "outages_in_all"]
    assert found.months.total.low <= entry["count"] <= found.months.total.high
    assert found.months.logged < found.months.total.n <= entry["count"]
    # of the flooded servers' silence: the webshop's outage and that of telephony, which has no probe
    silence = found.catches.set_index("list").loc["gaps in samples"]
    assert silence[["found", "with_log", "with_probes"]].tolist() == [2, 2, 1]


# ---------------------------------------------------------------- names, units and series


def test_strange_names_are_nobody_s_and_shown_with_their_size(cases, truth, report):
    [(gone, entry)] = planted(truth, "evidence", "strange_name")
    [(failed, run)] = planted(truth, "evidence", "strange_run")
    found = {
        (month, row.table, row.name, row.size)
        for month, case in cases.items()
        for row in strangers(case, case.contract, case.strategy.outside).itertuples(index=False)
        if row.named_by == "data"
    }
    assert found == {
        (gone, entry["table"], entry["name"], entry["down_min"]),
        (failed, run["table"], run["name"], 1.0),
    }
    services = report("availability", gone).services
    named = services[services["service"].eq(entry["name"])]
    assert named[["down_min", "verdict"]].to_numpy().tolist() == [[entry["down_min"], "no_target"]]


def test_another_spelling_changes_no_figure(cases, truth, report):
    [(month, job), (later, outage)] = sorted(planted(truth, "evidence", "misspelt"))
    raw = cases[month].table("backup_jobs")
    assert raw["asset"].eq(job["written"]).any()
    levels = report("backups", month).levels.set_index("asset")
    expected = next(f for f in truth[month]["backups"] if f.get("subject") == job["subject"])
    assert (levels.loc[job["subject"], ["expected", "good", "missed"]] == [31, 31, 0]).all()
    assert expected["missed"] == 0 and job["written"] not in levels.index
    services = report("availability", later).services.set_index("service")
    expected = next(
        f for f in truth[later]["availability"] if f.get("subject") == outage["subject"] and "down_min" in f
    )
    assert services.loc[outage["subject"], "down_min"] == expected["down_min"] == 600
    assert outage["written"].strip() not in services.index


def test_another_unit_and_a_series_that_stands_still_give_no_verdict(truth, report):
    kinds = {"another_unit": capacity.ABOVE_ALL, "stands_still": capacity.STANDS_STILL}
    expected = {
        (month, entry["subject"], kinds[entry["fault"]])
        for month, entry in planted(truth, "capacity", *kinds)
    }
    found = set()
    for month in MONTHS:
        rows = report("capacity", month).resources
        doubted = rows[rows["doubt"].notna()]
        found |= {(month, f"{r.resource}:{r.metric}", r.doubt) for r in doubted.itertuples()}
        assert doubted["verdict"].eq("no_verdict").all() and doubted["status"].isna().all()
    assert found == expected and len(expected) == 2


# ---------------------------------------------------------------- two statements that cannot both be true


def test_of_two_probes_the_worse_counts_and_the_verdict_stands(cases, truth, report):
    [(gone, entry)] = planted(truth, "evidence", "probes_disagree")
    several = {
        month: checks["probe"].dropna().unique().tolist()
        for month, case in cases.items()
        if len(checks := case.own("checks"))
    }
    assert {month: names for month, names in several.items() if names} == {gone: [entry["probe"]]}
    found = report("availability", gone)
    level = found.services.set_index("service").loc[entry["subject"]]
    assert (level["down_min"], level["outages"], level["verdict"]) == (entry["down_min"], 1, "met")
    rules = found.robustness.set_index("service")["robust"]
    assert rules[entry["subject"]] == "pass"  # joined by the best one it is met too
    outages = found.outages.query("service == @entry['subject']")
    assert outages[["down_min", "evidence"]].to_numpy().tolist() == [[10.0, "probe"]]


def test_a_log_older_than_its_ticket_is_listed(desks, truth):
    expected = [
        (month, ticket) for month, f in planted(truth, "evidence", "logged_before") for ticket in f["ids"]
    ]
    found = [
        (month, row.ticket_id, row.what)
        for month, desk in desks.items()
        for row in desk.contradictions.itertuples()
        if row.what == "logged before it was opened"
    ]
    assert found == [(*place, "logged before it was opened") for place in expected] and len(found) == 1


def test_a_ticket_that_is_open_and_solved_is_listed_and_widens_its_priority(desks, truth):
    [(month, entry)] = planted(truth, "evidence", "open_yet_solved")
    found = {
        one: [
            row.ticket_id
            for row in desk.contradictions.itertuples()
            if row.what == "open with a time of its solve"
        ]
        for one, desk in desks.items()
    }
    assert {one: ids for one, ids in found.items() if ids} == {month: entry["ids"]}
    (ticket,) = entry["ids"]
    clock = desks[month].clocks.set_index("ticket_id").loc[ticket]
    solved = desks[month].contradictions.set_index("ticket_id").loc[ticket, "own_done_at"]
    figures = {(f.measure, f.subject): f for f in desks[month].figures()}
    attained = figures["tickets.resolution_attainment", clock["priority"]]
    # solved in time by its own time; if it is open still, it may have been late before the month was over
    if solved <= clock["resolution_due_at"] < desks[month].end:
        assert attained.high == attained.value == attained.low + 1 / attained.n
    else:  # late or early either way, in another company of the same kind
        assert attained.low is None


def test_a_ticket_that_counts_more_reopenings_than_its_log_is_listed(desks, truth):
    [(month, entry)] = planted(truth, "evidence", "reopened_in_silence")
    found = [
        (one, row.ticket_id)
        for one, desk in desks.items()
        for row in desk.contradictions.itertuples()
        if row.what == "reopened more often than its log shows"
    ]
    assert found == [(month, ticket) for ticket in entry["ids"]]
    figures = {(f.measure, f.subject): f for f in desks[month].figures()}
    ratio = figures["tickets.reopen_ratio", ""]
    assert ratio.low == ratio.value and ratio.high == pytest.approx(ratio.value + 1 / ratio.n)


def test_a_column_that_came_empty_is_named(cases, truth):
    [(month, entry)] = planted(truth, "evidence", "emptied")
    found = [(one, *row) for one, case in cases.items() for row in case.emptied().itertuples(index=False)]
    assert found == [(month, entry["table"], entry["column"])]


def test_a_ticket_that_came_a_month_late_is_counted_apart(desks, truth):
    [(_, entry)] = planted(truth, "evidence", "sent_late")
    # in the first month a series begins, and what ended before it is counted apart too
    after = {month: desk for month, desk in desks.items() if month != MONTHS[0]}
    found = {
        (month, row.ticket_id) for month, desk in after.items() for row in desk.ended_before.itertuples()
    }
    assert found == {(entry["sent_in"], ticket) for ticket in entry["ids"]}
    whole = next(f for f in truth[entry["sent_in"]]["tickets"] if f.get("subject") == "P3")
    figures = {(f.measure, f.subject): f for f in desks[entry["sent_in"]].figures()}
    kept = figures["tickets.resolution_attainment", "P3"]
    met, decided = whole["resolution_met"], whole["resolution_met"] + whole["resolution_breached"]
    assert (kept.n, kept.value, kept.verdict) == (decided, pytest.approx(met / decided), "met")
    assert (kept.low, kept.high) == (kept.value, pytest.approx((met + 1) / (decided + 1)))


def test_a_ticket_that_was_cancelled_after_its_deadline_keeps_its_breach(desks, truth):
    [(month, entry)] = planted(truth, "tickets", "cancelled_late")
    late = desks[month].late("resolution").set_index("ticket_id")
    assert late.loc[entry["ids"], "status"].tolist() == ["cancelled"]
    others = [
        ticket
        for m, desk in desks.items()
        for ticket, status in desk.late("resolution")[["ticket_id", "status"]].itertuples(index=False)
        if status in ("cancelled", "merged")
    ]
    assert others == entry["ids"]


# ---------------------------------------------------------------- documents


def test_a_number_of_two_vendors_is_two_invoices(bought, truth):
    [(gone, entry)] = planted(truth, "procurement", "one_number")
    lines = bought(gone).lines
    mine = lines[lines["document_id"].eq(entry["document_id"])]
    assert sorted(mine["vendor"]) == entry["vendors"] and mine["state"].eq("agrees").all()
    assert mine["amount"].astype(float).sum() == entry["amount"]


def test_an_invoice_counts_in_the_month_that_it_came_with(bought, searched, truth):
    [(came, entry)] = planted(truth, "procurement", "came_late")
    found = {}
    for month in searched:
        lines = bought(month).lines
        mine = lines[lines["document_id"].eq(entry["document_id"])]
        found |= {month: mine[["state", "amount"]].astype(str).to_numpy().tolist()} if len(mine) else {}
    assert list(found) == [came] and found[came][0][0] == "agrees"
    assert float(found[came][0][1]) == entry["amount"]


@pytest.mark.parametrize("month", ["2026-03", "2026-05"])
def test_the_register_of_vendors_counts_it_there_too(truth, month, report):
    register = report("vendors", month).register.set_index("vendor")
    told = {entry["subject"]: entry["invoiced_in_month"] for entry in truth[month]["vendors"]}
    assert register["invoiced_in_month"].to_dict() == pytest.approx(told)


def test_a_discount_lowers_its_invoice_and_is_no_exception(bought, truth):
    [(gone, entry)] = planted(truth, "procurement", "discount")
    found = bought(gone)
    mine = found.lines[found.lines["order_id"].eq(entry["order_id"])]
    assert mine[["price_invoiced", "state"]].astype({"price_invoiced": float}).to_numpy().tolist() == [
        [20.0, "agrees"]
    ]
    assert found.match.empty


def test_an_order_approved_by_who_ordered_it_is_not_approved(bought, searched, truth):
    expected = {
        (month, e["order_id"], e["amount"]) for month, e in planted(truth, "procurement", "not_approved")
    }
    found = set()
    for month in searched:
        rows = bought(month).match.query("exception == 'not approved'")
        found |= {(month, row.order_id, float(row.amount)) for row in rows.itertuples()}
    assert found == expected and len(found) == 1


def test_an_entitlement_counts_as_far_as_its_receipt(truth, report):
    [(gone, entry)] = planted(truth, "licences", "over_receipt")
    without = entry["quantity"] - entry["receipted"]
    found = {}
    for month in ("2026-03", "2026-04", "2026-05", "2026-10"):
        position = report("licences", month).position.set_index("product")
        found[month] = int(position.loc["Bulwark Antivirus", "unreceipted"])
    assert {month: n for month, n in found.items() if n} == {gone: without}


# ---------------------------------------------------------------- backups and duties


def test_a_success_without_a_byte_is_a_doubt_and_a_replica_no_backup(cases, truth, report):
    [(month, empty)] = planted(truth, "backups", "empty_run")
    [(copied, replica)] = planted(truth, "backups", "replica_only")
    found = {}
    for one in MONTHS:
        done = report("backups", one)
        found |= {one: done.doubts["asset"].tolist()} if len(done.doubts) else {}
        if one == copied:
            row = done.levels.set_index("asset").loc[replica["subject"]]
            expected = next(f for f in truth[one]["backups"] if f.get("subject") == replica["subject"])
            assert (row["missed"], row["verdict"]) == (expected["missed"], "missed")
    assert found == {month: [empty["subject"]]}
    jobs = cases[MONTHS[-1]].table("backup_jobs")
    assert jobs["kind"].dropna().tolist() == ["replica"] * replica["runs"]


def test_a_proof_without_a_name_is_listed_and_proves_nothing(truth, report):
    [(month, entry)] = planted(truth, "duties", "empty_proof")
    found = {}
    for one in MONTHS:
        done = report("duties", one)
        found |= {one: done.empty["duty"].tolist()} if len(done.empty) else {}
        assert done.levels.set_index("duty").loc[entry["subject"], "verdict"] == "missed"
    assert found == {month: [entry["subject"]]}


# ---------------------------------------------------------------- answers and projects


def test_one_person_who_answers_many_times_is_one_answer(truth, report):
    [(month, entry)] = planted(truth, "satisfaction", "answered_often")
    found = {one: report("satisfaction", one) for one in MONTHS}
    aside = {one: done.put_aside["ticket_id"].tolist() for one, done in found.items() if len(done.put_aside)}
    assert aside == {month: [entry["ticket_id"]] * (entry["times"] - 1)}
    scores = found[month].scores.set_index("question")
    for told in truth[month]["satisfaction"]:
        if "score" in told:
            assert scores.loc[told["subject"], "score"] == pytest.approx(told["score"])
            assert scores.loc[told["subject"], "answered"] == told["answered"]


def test_planned_value_that_falls_is_named_and_gives_no_figures(truth, report):
    [(month, entry)] = planted(truth, "projects", "planned_value_falls")
    found = {one: report("projects", one) for one in MONTHS}
    falling = {one: done.falling["project_id"].tolist() for one, done in found.items() if len(done.falling)}
    assert falling == {month: [entry["subject"]]}
    row = found[month].variance.set_index("project_id").loc[entry["subject"]]
    assert row[["spi", "cpi", "spi_t", "eac"]].isna().all()


def test_a_month_that_was_never_reported_is_a_month_all_the_same(truth, report):
    [(month, entry)] = planted(truth, "projects", "earned_value_with_a_gap")
    row = report("projects", month).variance.set_index("project_id").loc[entry["subject"]]
    expected = {name: value for name, value in entry.items() if name not in ("fault", "subject")}
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_a_project_approved_by_its_proposer_alone_is_not_approved(truth, report):
    expected = {(month, entry["subject"]) for month, entry in planted(truth, "strategy", "unapproved")}
    found = {
        (month, project)
        for month in MONTHS
        for project in report("strategy", month).found.query("fault == 'unapproved'")["project_id"]
    }
    assert found == expected and ("2026-04", "PRJ-02") in found and ("2026-05", "PRJ-02") not in found
