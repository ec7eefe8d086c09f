"""All clients of a month: each by itself, the same as when it is run alone, and one page that forgets nobody."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from workspaces import CONTRACT, Place, digests, tickets

from msp_report.model.errors import WrongUse
from msp_report.portfolio import every
from msp_report.workspace import PROJECT, UnknownClient, Workspace

MONTH = "2026-03"
HOSTILE = "Birch <script>alert(1)</script>"


def prepare(root: Path) -> Place:
    """Two clients whose exports are whole, one with a file that is none, one whose contract cannot be read."""
    place = Place(root)
    for client, name in {"acme": "Acme Ltd", "birch": HOSTILE, "cedar": "Cedar Ltd"}.items():
        place.client(client, contract=CONTRACT.replace("Acme Ltd", f"'{name}'"))
    place.client("dune", contract="client: {nam: Dune}\n")
    place.put({"tickets.csv": tickets(10)})
    place.put({"tickets.csv": tickets(10, name="B")}, client="birch")
    place.put({"tickets.csv": "what\n1\n"}, client="cedar")
    return place


@pytest.fixture(
    scope="module",
    params=[pytest.param("*", marks=pytest.mark.thorough), "[013]0_*"],
    ids=["every page", "a few pages"],
)
def ran(request, tmp_path_factory):
    """A portfolio of all of them, each pack of such pages: its place, folder, exit code, and what was told."""
    place, told = prepare(tmp_path_factory.mktemp("portfolio") / "ws"), []
    project = place.root.with_name("project")
    monthly = project / "notebooks" / "monthly"
    monthly.mkdir(parents=True)
    for name in ("msp_report", "docs"):
        shutil.copytree(PROJECT / name, project / name)
    for path in (PROJECT / "notebooks" / "monthly").glob(f"{request.param}.ipynb"):
        shutil.copy(path, monthly)
    with pytest.MonkeyPatch.context() as started:  # what each client's process takes for the project
        started.setenv("PYTHONPATH", str(project))
        started.chdir(project)
        folder, code = every.run(Workspace.find(place.root), month=MONTH, say=told.append, only=True)
    return place, folder, code, told


def test_each_is_told_as_it_ends_and_the_highest_code_counts(ran):
    _, _, code, told = ran
    assert code == 3
    assert [line.partition(":")[0] for line in told] == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    ends = {line.split(": ")[1].split()[0]: line.split(": ", 2)[2] for line in told}
    assert ends["acme"].startswith("published (") and ends["birch"].startswith("published (")
    assert "tickets.csv" in ends["cedar"] and "contract.yaml, line 1" in ends["dune"]


def test_a_bad_client_fails_alone(ran):
    place, folder, _, _ = ran
    assert folder == place.output / "portfolio" / MONTH
    assert (place.output / "acme" / MONTH / "figures.json").is_file()
    assert not (place.output / "cedar" / MONTH).exists()
    rows = pd.read_csv(folder / "records" / "clients.csv").set_index("client")
    assert set(rows.index) == {"Acme Ltd", HOSTILE, "Cedar Ltd", "dune"}
    assert dict(rows["state"].value_counts()) == {"published": 2, "no pack": 2}
    assert rows.at["Acme Ltd", "judged"] == 1 and rows.at["Acme Ltd", "unjudged"] == 3
    assert list(pd.read_csv(folder / "records" / "stopped.csv")["client"]) == ["Cedar Ltd", "dune"]


def test_no_folder_of_this_machine_stands_on_the_page(ran):
    place, folder, _, _ = ran
    html = (folder / "html" / "index.html").read_text(encoding="utf-8")
    told = (folder / "manifest.json").read_text(encoding="utf-8")
    assert str(place.root) not in html and str(place.root) not in told
    assert not list(folder.rglob("*.ipynb"))
    assert "<script" not in html and "Birch &lt;script&gt;" in html


def test_links_lead_to_the_packs(ran):
    _, folder, _, _ = ran
    html = (folder / "html" / "index.html").read_text(encoding="utf-8")
    for client in ("acme", "birch"):
        link = f"../../../{client}/{MONTH}/html/index.html"
        assert f'href="{link}"' in html
        assert Path(os.path.normpath(folder / "html" / link)).is_file()
    assert "cedar/" not in html


@pytest.mark.thorough
@pytest.mark.parametrize("ran", ["*"], indirect=True)
def test_a_client_has_the_same_pack_as_when_it_is_run_alone(ran, tmp_path, msp, monkeypatch):
    place, _, _, _ = ran
    alone = tmp_path / "output"
    options = ("--workspace", place.root, "--output", alone)
    assert msp("monthly", "--client", "acme", "--month", MONTH, "--only", *options).code == 0
    kinds = ("figures.*", "records/**/*", "tables/*", "lines/*")
    one, two = digests(place.output / "acme" / MONTH, *kinds), digests(alone / "acme" / MONTH, *kinds)
    assert one == two and len(one) > 20


@pytest.mark.thorough
def test_where_a_run_fails_the_pack_of_before_stands(tmp_path):
    place = prepare(tmp_path / "ws")
    space = Workspace.find(place.root)
    _, code = every.run(space, ["acme"], MONTH, only=True)
    assert code == 0
    before = (place.output / "acme" / MONTH).resolve()
    place.put({"tickets.csv": "what\n1\n"})
    folder, code = every.run(space, ["acme"], MONTH, only=True)
    assert code == 3 and (place.output / "acme" / MONTH).resolve() == before
    rows = pd.read_csv(folder / "records" / "clients.csv")
    assert rows["state"].tolist() == ["the pack of before stands"] and rows["judged"].tolist() == [1]
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [one["client"] for one in told["clients"]] == ["acme"] and "tickets.csv" in told["clients"][0][
        "why"
    ]


def test_what_is_wrong_from_the_start_is_told_at_once(tmp_path):
    place = prepare(tmp_path / "ws")
    space = Workspace.find(place.root)
    with pytest.raises(UnknownClient, match="did you mean 'birch'"):
        every.run(space, ["acme", "brich"], MONTH)
    with pytest.raises(ValueError, match="write it as YYYY-MM"):
        every.run(space, [], "March")
    place.client("portfolio")
    with pytest.raises(WrongUse, match="rename"):
        every.run(space, [], MONTH)
    with pytest.raises(WrongUse, match="no client"):
        every.run(Workspace.find(tmp_path, params=tmp_path), [], MONTH)
    assert not place.output.exists()


def test_the_verb_says_where_the_page_is(tmp_path, msp):
    place = prepare(tmp_path / "ws")
    said = msp("portfolio", "--clients", "dune", "--month", MONTH, "--workspace", place.root)
    assert said.code == 2
    assert said.out.strip() == str(place.output / "portfolio" / MONTH / "html" / "index.html")
    assert "contract.yaml, line 1: 'client.name' is missing" in said.err
