"""Money and hours add up between the pages of one pack: what one page says, another does not contradict.

The demo's last month is run as a pack of its own, so that notebooks, records and figures stand between the exports
and what is compared. Sums are taken over records, each against the figures of its own and of other pages.
"""

import json

import pandas as pd
import pytest

from msp_report.model.measures import MEASURES


@pytest.fixture(scope="module")
def figure(demo_pack):
    """The value of a figure; it must be there and be known."""
    rows = json.loads((demo_pack / "figures.json").read_text(encoding="utf-8"))
    known = {(row["measure"], row["subject"]): row["value"] for row in rows}

    def value(measure: str, subject: str = "") -> float:
        assert known[measure, subject] is not None, (measure, subject)
        return known[measure, subject]

    value.subjects = lambda measure: [s for m, s in known if m == measure and s]
    return value


@pytest.fixture(scope="module")
def record(demo_pack):
    """A record of a page."""
    return lambda name: pd.read_csv(demo_pack / "records" / f"{name}.csv")


@pytest.fixture(scope="module")
def accepted(demo_pack):
    """An accepted table of the month."""
    return lambda name: pd.read_parquet(demo_pack / "tables" / f"{name}.parquet")


def test_every_measure_of_the_pack_is_declared(demo_pack):
    rows = json.loads((demo_pack / "figures.json").read_text(encoding="utf-8"))
    assert {row["measure"] for row in rows} <= set(MEASURES)


def pounds(value) -> object:
    return pytest.approx(float(value), abs=0.005)


def test_credits_are_those_of_the_levels_on_their_own_pages(figure, record):
    credits = record("contract/credits")
    assert len(credits) >= 3
    assert figure("contract.credit_owed") == pounds(credits["owed"].sum())
    for line in credits[credits["owed"] > 0].itertuples():  # others are at risk alone
        assert figure("contract.credit_owed", line.subject) == pounds(line.owed)
        assert figure(line.measure, line.subject) == pytest.approx(line.value)
        assert line.value < line.threshold
    claims = record("contract/claims")
    assert figure("contract.credit_unclaimed") == pounds(claims.loc[claims["state"] == "open", "left"].sum())


def test_page_one_asks_for_the_money_of_the_other_pages(figure, record):
    due = record("scorecard/due")
    money = due.groupby("kind")["cost"].sum()
    assert money["credit"] == pounds(figure("contract.credit_unclaimed"))
    assert money["proposal"] == pounds(figure("strategy.waiting_cost"))


def test_proposals_cost_the_same_on_every_page(figure, record):
    waiting = record("strategy/waiting").set_index("project_id")["cost"]
    assert figure("strategy.waiting_cost") == pounds(waiting.sum())
    scored = record("projects/proposals").set_index("project_id")["cost"]
    pd.testing.assert_series_equal(waiting, scored[waiting.index])


def test_what_is_at_stake_is_counted_once(figure, record):
    match, kinds, lines = (record(f"procurement/{name}") for name in ("match", "kinds", "lines"))
    assert figure("procurement.at_stake") == pounds(match["at_stake"].sum())
    assert figure("procurement.exceptions") == match["amount"].notna().sum() == kinds["exceptions"].sum()
    for kind in kinds.itertuples():
        assert figure("procurement.amount", kind.exception) == pounds(kind.amount)
        assert kind.amount == pounds(match.loc[match["exception"] == kind.exception, "amount"].sum())
    split = match["exception"] == "orders split under the approval limit"
    assert match.loc[~split, "at_stake"].sum() == pounds(lines["at_stake"].sum())
    assert match["at_stake"].sum() <= match["amount"].sum()


def test_what_is_due_is_what_was_invoiced_and_not_paid(record):
    due = record("procurement/due").dropna(subset="amount")
    lines = record("procurement/lines")
    open_lines = lines[lines["document_id"].isin(due["document_id"])]
    billed = open_lines.groupby("document_id")["amount"].sum()
    both = due.set_index("document_id")["amount"]
    shared = both.index.intersection(billed.index)
    assert len(shared) >= 3
    pd.testing.assert_series_equal(both[shared], billed[shared], check_names=False)
    assert open_lines["paid_on"].isna().all()


def test_vendors_invoiced_what_procurement_read(figure, record):
    vendors, lines = record("vendors/vendors"), record("procurement/lines")
    billed = lines.groupby("vendor")["amount"].sum()
    told = vendors.set_index("vendor")["invoiced_in_month"]
    known = billed.index.intersection(told.index[vendors["not_priced"].to_numpy() == 0])
    assert len(known) >= 8
    pd.testing.assert_series_equal(told[known], billed[known], check_names=False)
    hidden = vendors[vendors["undisclosed"]]
    assert figure("vendors.undisclosed_invoiced") == pounds(hidden["invoiced_in_month"].sum())


def test_billed_hours_of_requests_are_paid_at_the_agreed_rate(figure, record, accepted):
    tickets, kinds = record("requests/tickets"), record("requests/kinds").set_index("kind")
    entries = accepted("time_entries")
    entries = entries[entries["ticket_id"].isin(tickets["ticket_id"])]
    assert tickets["hours"].sum() == pytest.approx(entries["hours"].sum())
    exclusive = kinds.loc[["authorised", "unauthorised", "unknown"]]
    assert exclusive["hours"].sum() == pytest.approx(tickets["hours"].sum())
    assert exclusive["cost"].sum() == pounds(tickets["cost"].sum())
    billed = entries[entries["billable"].fillna(False).astype(bool)]
    assert tickets["cost"].sum() == pounds(billed["hours"].sum() * 95)
    for kind in kinds.itertuples():
        assert figure(f"requests.{kind.Index}_cost") == pounds(kind.cost)


def test_hours_worked_are_those_under_the_contract_and_those_beside_it(figure, record, accepted):
    entries = accepted("time_entries")
    of_tickets = entries["ticket_id"].notna()
    included = entries["in_contract"].fillna(False).astype(bool)
    assert figure("contract.hours") == pytest.approx(entries.loc[included, "hours"].sum())
    assert figure("tickets.hours") == pytest.approx(entries.loc[of_tickets, "hours"].sum())
    beside = entries.loc[of_tickets & ~included, "hours"].sum()
    assert figure("tickets.hours") == pytest.approx(figure("contract.hours") + beside)
    by_priority = sum(figure("tickets.hours", p) for p in figure.subjects("tickets.hours"))
    assert by_priority == pytest.approx(figure("tickets.hours"))
    hours = record("contract/hours")
    assert hours["hours"].iloc[-1] == pytest.approx(figure("contract.hours"))
    assert hours["fee_per_hour"].iloc[-1] == pounds(18000 / figure("contract.hours"))


def test_lost_hours_cost_what_their_users_cost(figure, record):
    cost = {"webshop": 38, "email": 38, "erp": 42, "vpn": 38, "telephony": 30}
    for service in record("availability/services").itertuples():
        assert figure("availability.user_hours_lost", service.service) == pytest.approx(
            service.user_hours_lost
        )
        assert service.user_hours_lost == pytest.approx(service.down_min * service.users / 60)
        if service.service in cost:
            lost = service.user_hours_lost * cost[service.service]
            assert figure("availability.user_cost", service.service) == pounds(lost)


def test_leaving_costs_its_parts(figure, record):
    assert figure("contract.exit_cost") == pounds(record("contract/exit")["amount"].sum())
    # 54,000 exit fee and 90 days of 18,000 x 12 / 365
    assert figure("contract.exit_cost") == pounds(54000 + 18000 * 12 / 365 * 90)


def test_projects_in_all_are_their_sum(figure, record):
    in_process = figure.subjects("projects.cost_variance")
    each = sum(figure("projects.cost_variance", project) for project in in_process)
    assert figure("projects.cost_variance") == pounds(each)
    variance = record("projects/variance").set_index("project_id")["cost_variance"]
    assert each == pounds(variance[in_process].sum())


def test_the_scorecard_repeats_the_figures_it_sums_up(figure, record):
    lines = record("scorecard/lines")
    known = lines[lines["result"].notna()].fillna({"subject": ""})
    assert len(known) >= 5
    for line in known.itertuples():
        assert figure(line.measure, line.subject) == pytest.approx(line.result)
