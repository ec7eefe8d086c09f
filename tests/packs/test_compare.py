"""Clients side by side: what is comparable and what is not, who is who only when asked, the same letter every time."""

import hashlib
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from workspaces import CONTRACT, Place, records, tickets, write_notebook

from msp_report.model.figures import Figure
from msp_report.packs import compare, forks, pack

MONTH = "2026-03"
HOSTILE = "<script>alert(1)</script>"


def ratio(
    measure: str, subject: str, value: float | None, target: float | None, verdict: str, n: int = 10
) -> Figure:
    why = None if value is not None else "nobody at Acme looked"
    return Figure(
        measure=measure, subject=subject, value=value, unit="ratio", n=n, target=target, better="higher",
        verdict=verdict, why_missing=why, headline="Acme Ltd is told", clause="Acme 4.1",
    )  # fmt: skip


def count(measure: str, value: float, subject: str = "") -> Figure:
    return Figure(measure=measure, subject=subject, value=value, unit="count")


#: By client: its promises are acme 2 of 3 kept, beta 1 of 2 (one not judged), gamma none judged.
PACKS = {
    "acme": [
        ratio("availability.ratio", "acme-shop", 0.99, 0.999, "missed"),
        ratio("tickets.resolution_attainment", "P1", 0.95, 0.9, "met", 20),
        ratio("tickets.resolution_attainment", "", 0.9, 0.9, "met", 40),
        count("tickets.opened", 40),
        count("projects.slip", 3, "PRJ-01"),
        Figure(measure="contract.exit_cost", value=1234.5, unit="cost"),
        count("own.acme_only", 7),
    ],
    "beta": [
        ratio("availability.ratio", "mail", 0.999, 0.99, "met"),
        ratio("tickets.resolution_attainment", "P1", 0.5, 0.9, "missed", 30),
        ratio("tickets.resolution_attainment", "", None, 0.9, "no_data", 0),
        count("tickets.opened", 0),
        count("projects.slip", 9, "PRJ-01"),
        Figure(measure="contract.exit_cost", value=99, unit="cost"),
    ],
    "gamma": [
        ratio("tickets.resolution_attainment", "", 0.8, 0.9, "no_verdict"),
        count("tickets.opened", 5),
        ratio("availability.ratio", f"mail{HOSTILE}", 0.9, None, "no_target"),
    ],
}


def publish(place: Place, client: str, figures: list[Figure], period: str = MONTH, name: str = "") -> None:
    folder = place.output / client / name / period
    folder.mkdir(parents=True)
    (folder / "figures.json").write_text(json.dumps([figure.row() for figure in figures]))


def prepare(root: Path) -> Place:
    """Three clients with a pack and one without."""
    made = Place(root)
    for client in (*PACKS, "zeta"):
        currency = "EUR" if client == "beta" else "GBP"
        text = CONTRACT.replace("Acme Ltd", f"{client.capitalize()} & <b>Co</b>").replace("GBP", currency)
        made.client(client, contract=text)
    for client, figures in PACKS.items():
        publish(made, client, figures)
    return made


def letters(place: Place) -> dict[str, str]:
    return json.loads((place.output / "compare" / ".names.json").read_text())


@pytest.fixture
def clients(tmp_path) -> Place:
    return prepare(tmp_path / "ws")


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The comparison of all clients, to be read only, and who is who."""
    place = prepare(tmp_path_factory.mktemp("compare") / "ws")
    folder = compare.run([], "", forks.Workspace.find(place.root))
    assert folder == place.output / "compare" / MONTH
    return folder, letters(place)


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype={"subject": str}, keep_default_na=False, na_values={"value": ""})


# ---------------------------------------------------------------- what is compared


def test_the_share_of_promises_kept(compared):
    folder, who = compared
    rows = table(folder, "records/promises.csv").set_index("client")
    # acme: met P1, missed availability; beta: met availability, missed P1; all priorities together sum P1 up
    assert list(rows.loc[who["acme"], ["promised", "met", "missed", "no_data"]]) == ["2", "1", "1", "0"]
    assert float(rows.at[who["acme"], "kept_ratio"]) == 0.5
    assert list(rows.loc[who["beta"], ["promised", "met", "missed", "no_data"]]) == ["2", "1", "1", "0"]
    assert float(rows.at[who["beta"], "kept_ratio"]) == 0.5
    # nothing could be judged, and no pack, are neither 0 nor 100 %
    assert list(rows.loc[who["gamma"], ["kept_ratio", "why_missing"]]) == ["", "nothing could be judged"]
    assert set(rows["months"]) == {0, 1} and rows.at[who["zeta"], "months"] == 0
    assert list(rows.loc[who["zeta"], ["promised", "kept_ratio", "why_missing"]]) == ["", "", "no pack"]
    by_page = table(folder, "records/by_report.csv").set_index("report")
    assert by_page.at["tickets", who["acme"]] == "1 of 1" and by_page.at["tickets", who["beta"]] == "0 of 1"
    assert by_page.at["tickets", who["gamma"]] == "none judged"


def test_only_what_means_the_same_stands_side_by_side(compared):
    folder, who = compared
    rows = table(folder, "figures.csv")
    kept = set(zip(rows["measure"], rows["subject"], strict=True))
    assert kept == {
        ("tickets.resolution_attainment", "P1"),  # a name that two clients share
        ("tickets.resolution_attainment", ""),
        ("tickets.opened", ""),
        ("contract.exit_cost", ""),
        ("own.acme_only", ""),
    }  # neither services of one client, nor ids of projects that happen to be alike
    assert len(rows) == 4 * len(kept)
    cell = rows.set_index(["client", "measure", "subject"])
    one = cell.loc[(who["acme"], "tickets.resolution_attainment", "P1")]
    assert (one["value"], one["n"], one["target"], one["verdict"], one["state"]) == (
        0.95,
        "20",
        "0.9",
        "met",
        "known",
    )
    assert cell.loc[(who["beta"], "tickets.opened", "")]["value"] == 0
    missing = cell.loc[(who["beta"], "tickets.resolution_attainment", "")]
    assert pd.isna(missing["value"]) and missing["state"] == "not known" and missing["verdict"] == "no_data"
    assert cell.loc[(who["gamma"], "own.acme_only", "")]["state"] == "not in the pack"
    assert set(rows.loc[rows["client"].eq(who["zeta"]), "state"]) == {"no pack"}
    money = rows[rows["measure"].eq("contract.exit_cost")].set_index("client")["currency"]
    assert money[who["acme"]] == "GBP" and money[who["beta"]] == "EUR"


def test_the_page_says_it_in_words(compared):
    folder, who = compared
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main")[1]))
    first, second = sorted([who["acme"], who["beta"]])  # as good as each other: in the order of their letters
    assert f"{first}’s provider kept 1 of 2, {second}’s provider kept 1 of 2." in text
    assert f"There is no pack of March 2026 for {who['zeta']}." in text
    assert "Own: acme only" in text and "Tickets opened" in text and "tickets.opened" not in text
    assert "50 %, n 30 ✗" in text and "95 %, n 20 ✓" in text and "£1,234.50" in text and "€99" in text
    assert "March 2026" in page and "Made from the published packs of 3 of 4 clients." in page
    for link in re.findall(r'href="([^"#]+)"', page):
        assert (folder / "html" / link).resolve().exists(), link


def test_the_manifest_says_which_packs_were_read(compared):
    folder, who = compared
    told = {one["client"]: one for one in json.loads((folder / "manifest.json").read_text())["clients"]}
    figures = (folder.parents[1] / "acme" / MONTH / "figures.json").read_bytes()
    assert told[who["acme"]]["figures_sha256"] == {MONTH: hashlib.sha256(figures).hexdigest()}
    assert told[who["zeta"]] == {"client": who["zeta"], "figures_sha256": {}}


# ---------------------------------------------------------------- who is who


def test_nothing_published_names_a_client(compared):
    folder, who = compared
    assert sorted(who) == ["acme", "beta", "gamma", "zeta"]
    assert sorted(who.values()) == ["Client A", "Client B", "Client C", "Client D"]
    for path in folder.rglob("*"):
        if path.is_file():
            assert not re.search("acme(?!.only)|beta|gamma|zeta", path.read_text(encoding="utf-8"), re.I), (
                path
            )


def test_a_client_keeps_its_letter_whoever_else_is_compared(msp, clients):
    assert msp("compare", "--workspace", clients.root).err == ""
    who = letters(clients)
    clients.client("alpha")
    publish(clients, "alpha", PACKS["acme"])
    said = msp("compare", "--clients", " gamma,alpha,,gamma", "--workspace", clients.root)
    assert said.out == f"{clients.output}/compare/{MONTH}/html/index.html\n"
    assert letters(clients) == {**who, "alpha": "Client E"}
    rows = table(clients.output / "compare" / MONTH, "records/promises.csv")
    assert list(rows["client"]) == [who["gamma"], "Client E"]
    # what was there is kept
    assert {path.name for path in (clients.output / "compare" / ".revisions" / MONTH).iterdir()} == {
        "0001",
        "0002",
    }


def test_letters_do_not_follow_the_order_of_names(tmp_path):
    names = [f"client{n:02d}" for n in range(30)]
    drawn = compare.letters(names, tmp_path / "one.json")
    assert set(drawn.values()) == {f"Client {compare._letter(n)}" for n in range(30)}
    assert {"Client A", "Client Z", "Client AA", "Client AD"} <= set(drawn.values())
    # by lot: that thirty come out in order, or twice alike, has a chance of one in 30!
    assert list(drawn.values()) != [f"Client {compare._letter(n)}" for n in range(30)]
    assert drawn != compare.letters(names, tmp_path / "two.json")
    assert drawn == compare.letters(names[::-1], tmp_path / "one.json")


def test_names_are_shown_when_asked_and_apart(msp, clients):
    said = msp("compare", "--show-names", "--month", MONTH, "--workspace", clients.root)
    assert said.out == f"{clients.output}/compare/{MONTH}-with-names/html/index.html\n"
    page = Path(said.out.strip()).read_text(encoding="utf-8")
    assert "Acme &amp; &lt;b&gt;Co&lt;/b&gt;" in page and "<b>Co" not in page and "Client A" not in page
    assert "<script" not in page
    rows = table(Path(said.out.strip()).parents[1], "records/promises.csv")
    assert rows["client"][0] == "Acme & <b>Co</b>"


def test_clients_of_one_name_are_told_apart(msp, clients):
    clients.client("acme2", contract=(clients.root / "params/acme/contract.yaml").read_text())
    publish(clients, "acme2", PACKS["beta"])
    said = msp("compare", "--clients", "acme,acme2", "--show-names", "--workspace", clients.root)
    rows = table(Path(said.out.strip()).parents[1], "records/promises.csv")
    assert list(rows["client"]) == ["Acme & <b>Co</b> (acme)", "Acme & <b>Co</b> (acme2)"]


# ---------------------------------------------------------------- which packs, and what is refused


def test_the_latest_month_that_any_has_is_the_default(msp, clients):
    publish(clients, "zeta", PACKS["acme"], "2026-04")
    publish(clients, "zeta", PACKS["acme"], "2027")
    assert msp("compare", "--workspace", clients.root).out.endswith("/compare/2026-04/html/index.html\n")
    assert msp("compare", "--year", "2027", "--workspace", clients.root).out.endswith(
        "/compare/2027/html/index.html\n"
    )


def test_what_a_fork_published_is_compared_by_its_name(msp, clients):
    for client, value in (("acme", 1), ("beta", 2)):
        publish(clients, client, [count("assessment.my_figure", value)], "2025-07..2026-06", "mine")
    options = ("--pack", "mine", "--period", "2025-07..2026-06", "--clients", "acme,beta")
    said = msp("compare", *options, "--show-names", "--workspace", clients.root)
    assert said.code == 0
    folder = clients.output / "compare" / "mine" / "2025-07..2026-06-with-names"
    assert list(table(folder, "figures.csv")["value"]) == [1, 2]


def test_promises_of_a_longer_period_are_those_of_its_months(msp, clients):
    publish(clients, "acme", PACKS["beta"], "2026-02")  # 1 of 2 there, 1 of 2 in March
    publish(clients, "acme", [count("assessment.months", 2)], "2026-02..2026-03")
    options = ("--clients", "acme,beta,zeta", "--period", "2026-02..2026-03", "--show-names")
    said = msp("compare", *options, "--workspace", clients.root)
    assert said.code == 0, said.err
    folder = Path(said.out.strip()).parents[1]
    rows = table(folder, "records/promises.csv")
    assert list(rows["months"]) == [2, 1, 0]
    assert [float(value) for value in rows["kept_ratio"][:2]] == [0.5, 0.5]
    figures = table(folder, "figures.csv")
    assert set(figures["measure"]) == {"assessment.months"}
    assert list(figures["state"]) == ["known", "no pack", "no pack"]
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    assert "There is no pack of February 2026 to March 2026 for Beta" in page and "kept 2 of 4" in page


REFUSED = {
    "--clients acme": (2, "a comparison needs two clients"),
    "--clients acme,acme": (2, "a comparison needs two clients"),
    "--clients acme,bta": (2, "unknown client 'bta': did you mean 'beta'?"),
    "--clients acme,../beta": (2, "unknown client '../beta'"),
    "--month 2026-13": (2, "'2026-13' is not a month"),
    "--month 2026-03 --year 2026": (2, "give one of --period, --month and --year"),
    "--month 2020-01": (1, "has a pack of 2020-01: publish them first"),
    "--pack nothing": (1, "has a pack: publish them first"),
    "--pack ../acme": (2, "'../acme' is no name for a fork"),
    "--pack nothing --month 2026-03": (1, "has a pack nothing of 2026-03: publish them first"),
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_compared_is_told_in_one_sentence(msp, clients, line):
    said = msp("compare", *line.split(), "--workspace", clients.root)
    code, words = REFUSED[line]
    assert said.code == code and said.out == "" and len(said.problems) == 1
    assert words in said.problems[0]
    assert not list((clients.output / "compare").glob("[0-9]*"))


def test_a_client_called_like_the_folder_is_in_its_way(msp, clients):
    clients.client("compare")
    said = msp("compare", "--workspace", clients.root)
    assert said.code == 2 and "a client is called 'compare'" in said.problems[0]


# ---------------------------------------------------------------- from a run to a comparison


def test_a_fork_run_for_two_clients_and_compared(msp, tmp_path, monkeypatch):
    notebooks = tmp_path / "notebooks"
    write_notebook(notebooks / "monthly" / "00_scorecard.ipynb", records("scorecard", "met"))
    monkeypatch.setattr(pack, "NOTEBOOKS", notebooks)
    place = Place(tmp_path / "ws")
    for client, seen in (("acme", 3), ("beta", 5)):
        place.client(client, contract=CONTRACT.replace("Acme", client.capitalize()))
        place.put({"tickets.csv": tickets(seen)}, MONTH, client)
    forks.make("mine", "monthly", forks.Workspace.find(place.root))
    path = place.root / "forks" / "mine" / "00_scorecard.ipynb"
    node = nbformat.read(path, 4)
    node.cells[-1].source = node.cells[-1].source.replace("('met',)", "('my_figure',)")
    nbformat.write(node, path)
    for client in ("acme", "beta"):
        assert msp("run", "mine", "--client", client, "--month", MONTH, "--workspace", place.root).code == 0
    said = msp("compare", "--pack", "mine", "--show-names", "--workspace", place.root)
    assert said.code == 0, said.err
    rows = table(Path(said.out.strip()).parents[1], "figures.csv")
    assert list(zip(rows["client"], rows["measure"], rows["value"], strict=True)) == [
        ("Acme Ltd", "scorecard.my_figure", 3),
        ("Beta Ltd", "scorecard.my_figure", 5),
    ]
