"""The demo company's planted faults in the board's own loop: decisions, opinions, replies; and page one, end to end.

As in test_planted: what is found is exactly what was planted, through exports, readers, checks and look-back. Page one
is made by its own notebook, beside packs that hold no more than figures.
"""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import papermill
import pytest

from msp_report.case import open_case
from msp_report.demo import oversight
from msp_report.metrics import strategy
from msp_report.metrics.competence.opinions import opinions
from msp_report.metrics.scorecard.decisions import actions
from msp_report.model.figures import Figure
from msp_report.packs import kernels, scraps
from msp_report.packs.pack import execute
from msp_report.pages import publish
from msp_report.workspace import PROJECT, Workspace

MONTHS = ["2025-10", "2026-04", "2026-08", "2026-10"]
GOLDEN = "2026-10"


@pytest.fixture(scope="module", params=MONTHS)
def month(request, demo_place, truth):
    return open_case("demo", request.param, demo_place), truth[request.param]


def planted(truth, page, *faults):
    return [entry for entry in truth.get(page, []) if entry["fault"] in faults]


def test_decisions_stay_until_they_are_done(month):
    case, truth = month
    found = actions(case.table("actions"), case.start, case.end, case.timezone)
    for state, fault in (("overdue", "action_overdue"), ("open", "action_open")):
        entries = planted(truth, "scorecard", fault)
        due = {name: entry["due_on"] for entry in entries for name in entry["ids"]}
        rows = found[found["state"] == state]
        assert dict(zip(rows["action_id"], rows["due_on"].dt.strftime("%Y-%m-%d"), strict=True)) == due
    last = case.end.tz_convert(case.timezone).tz_localize(None) - pd.Timedelta(days=1)
    late = found[found["state"] == "overdue"]
    assert late["days_overdue"].tolist() == (last - late["due_on"]).dt.days.tolist()
    done = {action for action, *_, on, _ in oversight.ACTIONS if on[:7] == str(case.period)}
    assert set(found.loc[found["state"] == "done", "action_id"]) == done


def test_opinions_that_ran_out_or_are_not_independent(month):
    case, truth = month
    found = opinions(case.table("assessments"), case.end, case.timezone)
    expired = {e["subject"]: e["expires_on"] for e in planted(truth, "competence", "expired")}
    rows = found[found["expired"]]
    assert dict(zip(rows["subject"], rows["expires_on"].dt.strftime("%Y-%m-%d"), strict=True)) == expired
    own = {(e["subject"], e["assessor"]) for e in planted(truth, "competence", "not_independent")}
    rows = found[~found["independent"]]
    assert set(zip(rows["subject"], rows["assessor"], strict=True)) == own


def test_replies_answer_the_month_they_came_with(month):
    case, _ = month
    given = {(m, s) for m, s, on, _ in oversight.REPLIES if on[:7] == str(case.period)}
    found = scraps.replies(case)
    assert set(zip(found["measure"], found["subject"], strict=True)) == given
    assert set(found["by"]) <= {case.agreed.provider.name}, "a company is nobody's name"


# ---------------------------------------------------------------- page one


class Text(HTMLParser):
    """The words of a page, and its tags."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self._quiet = [], [], 0
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._quiet += tag in ("style", "title")

    def handle_endtag(self, tag):
        self._quiet -= tag in ("style", "title")

    def handle_data(self, data):
        if not self._quiet:
            self.words.append(data)


def put_pack(case, month, figures, waiting=None):
    """A pack with nothing in it but figures, and the proposals that wait."""
    folder = case.workspace.output / case.client / month
    (folder / "notebooks").mkdir(parents=True)
    rows = [figure.with_(headline=f"{figure.measure} {figure.subject}.").row() for figure in figures]
    (folder / "figures.json").write_text(json.dumps(rows), encoding="utf-8")
    by_report: dict[str, list] = {}
    for row in rows:
        by_report.setdefault(row["report"], []).append(row)
    for report, mine in by_report.items():
        node = papermill.iorw.nbformat.v4.new_notebook(cells=[glued(report, mine)])
        papermill.iorw.nbformat.write(node, str(folder / "notebooks" / f"10_{report}.ipynb"))
    if waiting is not None:
        (folder / "records" / "strategy").mkdir(parents=True)
        waiting.to_csv(folder / "records" / "strategy" / "waiting.csv", index=False)
    return folder


def glued(report, rows):
    envelope = {"schema": scraps.SCHEMA, "report": report, "figures": rows, "records": {}}
    scrap = {"name": scraps.SCRAP, "data": envelope, "encoder": "json", "version": 1}
    mime = {"application/scrapbook.scrap.json+json": scrap}
    output = papermill.iorw.nbformat.v4.new_output(
        "display_data", mime, metadata={"scrapbook": {"name": scraps.SCRAP, "data": True, "display": False}}
    )
    return papermill.iorw.nbformat.v4.new_code_cell("", outputs=[output])


def pages(case, pack):
    """Run the notebooks of page one and of all promises over a pack, and make their pages."""
    environment = case.workspace.environment | {scraps.DESK: str(pack)}
    parameters = {"client": case.client, "period": str(case.period), "workspace": str(case.workspace.root)}
    made = []
    with kernels.private_sockets() as config:
        for report, number in (("scorecard", "00"), ("promises", "02")):
            executed = pack / "notebooks" / f"{number}_{report}.ipynb"
            executed.parent.mkdir(parents=True, exist_ok=True)
            notebook = PROJECT / "notebooks" / "monthly" / executed.name
            execute(notebook, executed, parameters | {"pack": str(pack)}, environment, config)
            made.append((report, executed))
    publish.pages(case, pack, made)
    first, promises = (
        (pack / "html" / f"{name}.html").read_text(encoding="utf-8") for name in ("index", "promises")
    )
    found = scraps.read_notebook(made[0][1])
    return first, promises, {figure.measure: figure.value for figure in found["figures"]}


def test_page_one_without_a_pack_says_so(demo_place, tmp_path):
    case = open_case("demo", "2026-08", demo_place)
    first, promises, values = pages(case, tmp_path / "page")
    assert "There is no pack of August 2026 yet, so there is nothing to sum up" in Text(first).text
    promises = Text(promises).text
    assert "0 of 0" not in promises and "No target was missed" not in promises
    assert values["scorecard.met"] is None and values["scorecard.actions_open"] == 1
    assert "Changed since the last pack: there is none before this one." in promises


def test_page_one_closes_the_boards_loop(demo_place, tmp_path):
    workspace = Workspace(demo_place.root, demo_place.params, tmp_path / "output", demo_place.exports)
    open_case("demo", GOLDEN, demo_place).accepted  # noqa: B018 - what was read is not read again
    (tmp_path / "output" / "demo").mkdir(parents=True)
    (tmp_path / "output" / "demo" / ".accepted").symlink_to(demo_place.output / "demo" / ".accepted")
    case = open_case("demo", GOLDEN, workspace)
    judged = {"unit": "ratio", "value": 0.99, "better": "higher"}
    september = [
        Figure(measure="availability.ratio", subject="vpn", target=0.99, verdict="met", rule="4", **judged),
        Figure(measure="availability.ratio", subject="email", target=0.99, verdict="met", **judged),
        Figure(measure="availability.ratio", subject="fax", target=0.99, verdict="met", **judged),
    ]
    plan = strategy.analyse(case)
    october = [
        Figure(
            measure="availability.ratio", subject="vpn", target=0.997, verdict="missed", rule="6", **judged
        ),
        Figure(measure="availability.ratio", subject="email", target=0.98, verdict="met", **judged),
        Figure(measure="contract.credit_unclaimed", value=900, unit="cost", n=1),
        *plan.figures(),
    ]
    last = put_pack(case, "2026-09", september)
    (last / "html").mkdir()
    (last / "html" / "index.html").write_text("<html></html>", encoding="utf-8")
    folder = put_pack(case, GOLDEN, october, plan.waiting)
    html, promises, values = pages(case, folder)
    first, every = Text(html).text, Text(promises).text
    assert len(html.encode()) < 60_000

    # read in ninety seconds: who and when, the answer, the money, what to decide, what matters, what is not known
    order = [
        "As of 31 Oct 2026",
        "September 2026",
        "Questions: retained CIO",
        "the provider missed 1 of the 2 promises that can be judged (the month before: 0)",
        "to claim back",
        "Things to decide, the gravest first",
        "What matters most to us",
        "What is not known",
        "The web shop was down during the autumn sale",  # the human's own words
    ]
    places = [first.find(part) for part in order]
    assert -1 not in places and places == sorted(places), dict(zip(order, places, strict=True))
    decide = first[first.index("Things to decide") : first.index("What matters most")]
    for name in (
        "Customer portal",
        "Move the domain registrar into our own account",
        "competence and backups",
    ):
        assert name in decide
    assert "Sales, by 15 Dec 2026" in decide and "Due on 30 Sept 2026" in decide

    # strategy.yaml decides what is on page one
    lines = case.strategy.scorecard
    assert {line.page_one for line in lines} == {True, False}
    assert "Availability of the web shop" in first and "Availability of the order system" not in first

    # the reply to the missed figure stands beside it, the one to a figure that no page gives is told too
    attention = every[: every.index("Promises of the provider, by page")]
    reply = "replied on 30 Oct 2026: “The maintenance was announced by <i>telephone</i> in good time.”"
    assert attention.index("availability.ratio vpn.") < attention.index(reply)
    assert "<i>" not in promises and "The third ticket was no longer of the first priority." in attention

    # every decision of the board, until it is done
    kept = every[every.index("Everything to decide") : every.index("What the month came to")]
    assert kept.index("31 days") < kept.index("Claim the credit for September")

    # what changed since September
    changed = every[every.index("What changed") :]
    assert "Changed since the pack of September 2026" in changed
    assert changed.index("worse") < changed.index("not shown any more") < changed.index("looser")
    assert "stricter" in changed and (values["scorecard.worse"], values["scorecard.better"]) == (1, 0)
    assert values["scorecard.actions_overdue"] == 1 and values["scorecard.opinions_overdue"] == 2


def test_nobody_in_charge_by_name_is_an_exception_of_page_one(demo_place):
    from msp_report.metrics.scorecard.lines import exceptions, standing
    from msp_report.model.figures import COLUMNS
    from msp_report.words import sentences

    case = open_case("demo", GOLDEN, demo_place)
    in_charge = case.strategy.oversight.model_copy(update={"it_experience": False})
    unled = replace(case, strategy=case.strategy.model_copy(update={"oversight": in_charge}))
    plan = strategy.analyse(unled)
    stated = [f.with_(headline=sentences.headline(f, case.contract)) for f in plan.figures()]
    pack = pd.DataFrame([f.row() for f in stated], columns=COLUMNS)
    said = "On who is in charge of the provider, 1 of 5 points are open: a name, experience, hours, independence."
    assert said in exceptions(standing(pack), pack)["headline"].tolist()
