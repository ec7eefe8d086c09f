"""The consultant's guide, followed literally: its commands and its cell as written, its notebook in JupyterLab."""

import csv
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from jupyter_client import BlockingKernelClient

from msp_report.workspace import PROJECT

GUIDE = PROJECT / "docs" / "consultant.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.S | re.M)
(CELL,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.S | re.M)
PERIOD, FORK = "2026-08..2026-09", "our-assessment"
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(
    os.name == "nt" or not (BIN / "jupyter-lab").exists(),
    reason="needs a shell, and JupyterLab beside Python",
)


class Afternoon:
    """One shell after another, each where the one before ended; and what was said."""

    def __init__(self, folder: Path) -> None:
        self.folder = self.workspace = folder
        self.said: list[tuple[str, str]] = []
        private = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
        self.environment = {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            **{name: str(folder.parent / place) for name, place in private.items()},
        }

    def run(self, block: str) -> None:
        """Run a block as written; it must end well."""
        there = self.folder.parent / "pwd"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f'{block}\npwd > "{there}"'],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        self.folder = Path(there.read_text().strip())
        self.said.append((block, done.stdout + done.stderr))

    def said_by(self, command: str) -> str:
        """What the blocks that begin with a command said."""
        return "".join(said for block, said in self.said if block.startswith(command))

    def figures(self, client: str, *pack: str) -> dict[tuple[str, str], dict]:
        path = self.folder / "output" / client / Path(*pack) / PERIOD / "figures.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {(row["measure"], row["subject"]): row for row in rows}


def fill_in(sheet: Path) -> int:
    """What step 6 asks of a person: every row looked at and found in order."""
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows({**row, "finding": "pass"} for row in rows)
    return len(rows)


def wait_for(client: BlockingKernelClient, seconds: float = 180) -> None:
    """Until a kernel answers; on a busy machine its heart does not beat at once, which is not its death."""
    until = time.monotonic() + seconds
    while True:
        try:
            client.wait_for_ready(timeout=60)
            return
        except RuntimeError:
            if time.monotonic() > until:
                raise


class Lab:
    """A JupyterLab of its own, spoken to as the browser does."""

    def __init__(self, afternoon: Afternoon, command: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._token, self._runtime = secrets.token_hex(16), afternoon.folder.parent / "runtime"
        self._address = f"http://127.0.0.1:{port}/api/"
        ours = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        ours += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={self._token}"]
        self._log = (afternoon.folder.parent / "lab.log").open("w")
        self._process = subprocess.Popen(
            [*command.split(), *ours],
            cwd=afternoon.folder,
            env={**afternoon.environment, "JUPYTER_RUNTIME_DIR": str(self._runtime)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> "Lab":
        until = time.monotonic() + 120
        while time.monotonic() < until and self._process.poll() is None:
            try:
                self.ask("status")
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        self.__exit__()
        pytest.fail(f"JupyterLab did not start: {Path(self._log.name).read_text()[-2000:]}")

    def __exit__(self, *error: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def ask(self, what: str, given: object = None, method: str | None = None) -> dict:
        request = urllib.request.Request(
            self._address + what,
            data=None if given is None else json.dumps(given).encode(),
            headers={"Authorization": f"token {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")

    def run_all(self, name: str) -> list[dict]:
        """Run every code cell of a notebook in a kernel that the server started; gives what they showed."""
        opened = self.ask(f"contents/{name}")
        kernel = opened["content"]["metadata"]["kernelspec"]["name"]
        assert kernel in self.ask("kernelspecs")["kernelspecs"]
        asked = {"path": name, "name": name, "type": "notebook", "kernel": {"name": kernel}}
        session = self.ask("sessions", asked)
        client = BlockingKernelClient()
        client.load_connection_file(str(self._runtime / f"kernel-{session['kernel']['id']}.json"))
        client.start_channels()
        shown: list[dict] = []
        try:
            wait_for(client)
            for number, cell in enumerate(opened["content"]["cells"], start=1):
                if cell["cell_type"] == "code":
                    reply = client.execute_interactive(
                        cell["source"],
                        timeout=300,
                        output_hook=lambda m: shown.append(m["content"].get("data", {})),
                    )
                    assert reply["content"]["status"] == "ok", (number, reply["content"])
        finally:
            client.stop_channels()
            self.ask(f"sessions/{session['id']}", method="DELETE")
        return shown


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory) -> Afternoon:
    """The whole guide, from its first command to its last."""
    folder = tmp_path_factory.mktemp("guide") / "home"
    folder.mkdir()
    made = Afternoon(folder)
    for block in BLOCKS:
        if block.startswith("jupyter lab"):
            with Lab(made, block) as lab:
                name = "00_assessment.ipynb"
                opened = lab.ask(f"contents/{name}")
                parameters = opened["content"]["cells"][1]
                assert parameters["metadata"]["tags"] == ["parameters"]
                for line in re.findall(r'`((?:client|period) = "[^`]+")`', TEXT):
                    word = line.split(" ")[0]
                    parameters["source"] = re.sub(rf"^{word} = .*", line, parameters["source"], flags=re.M)
                added = nbformat.v4.new_code_cell(CELL)
                opened["content"]["cells"].append(added)
                saved = {"type": "notebook", "format": "json", "content": opened["content"]}
                lab.ask(f"contents/{name}", saved, method="PUT")
                made.lab = lab.run_all(name)
            continue
        made.run(block)
        for sheet in made.folder.glob("params/*/audit/*.csv"):
            if "sample" in block:
                made.drawn = fill_in(sheet)
    return made


def test_the_guide_was_followed_to_its_end(afternoon):
    assert [block for block, _ in afternoon.said] == [
        block for block in BLOCKS if not block.startswith("jupyter lab")
    ]
    assert afternoon.folder.name == "assessments"
    assert {path.name for path in afternoon.folder.iterdir()} == {
        "params", "exports", "output", "forks", "acme-assessment.zip"
    }  # fmt: skip
    assert not re.search(
        r"^```(?!sh|python|console|$)", TEXT, re.M
    )  # nothing is written that is not followed


def test_every_row_of_the_exports_is_accepted(afternoon):
    checked = afternoon.said_by("msp-report check")
    assert re.findall(r"^ *(\w+) +\S+\.csv +(\d) +(\d) +(\d)", checked, re.M) == [
        ("outages", "2", "2", "0"), ("tickets", "4", "4", "0"), ("tickets", "2", "2", "0")
    ]  # fmt: skip


def test_the_year_has_the_months_the_grades_and_the_audit(afternoon):
    figures = afternoon.figures("acme")
    assert figures["year.months_with_data", ""]["value"] == 2
    assert figures["questions.graded", ""]["value"] == 1
    assert figures["questions.open_findings", "high"]["value"] == 1
    audit = figures["competence.audit_passed", ""]
    assert audit["value"] == 1 and audit["n"] == afternoon.drawn > 0
    page = (afternoon.folder / "output" / "acme" / PERIOD / "html" / "questions.html").read_text(
        encoding="utf-8"
    )
    assert "outlasts what was agreed" in page


def test_the_added_cell_gives_a_figure_and_a_chart_for_two_clients(afternoon):
    for client, tickets, months in (("acme", 4, ["2026-08", "2026-09"]), ("birch", 2, ["2026-09"])):
        figure = afternoon.figures(client, FORK)["assessment.tickets_a_month", ""]
        assert (figure["value"], figure["n"]) == (tickets, len(months))
        folder = afternoon.folder / "output" / client / FORK / PERIOD
        page = (folder / "html" / "index.html").read_text(encoding="utf-8")
        assert f'alt="Tickets opened in each month, {tickets} in the mean"' in page and "<script" not in page
        record = pd.read_csv(folder / "records" / "assessment" / "tickets_a_month.csv")
        assert record.values.tolist() == [[month, tickets] for month in months]
        # what the page had before is still there
        assert afternoon.figures(client, FORK)["assessment.months_with_data", ""]["value"] == len(months)
    assert "birch 2026-08: no pack: no exports were supplied" in afternoon.said_by("msp-report run")
    assert ("assessment.tickets_a_month", "") not in afternoon.figures(
        "acme"
    )  # the shipped pack knows nothing of it


def test_the_comparison_names_nobody(afternoon):
    folder = afternoon.folder / "output" / "compare" / FORK / PERIOD
    with (folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "assessment.tickets_a_month"]
    who = json.loads((folder.parents[1] / ".names.json").read_text())
    assert {row["client"]: float(row["value"]) for row in rows} == {who["acme"]: 4, who["birch"]: 2}
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    assert "Acme" not in page and "Birch" not in page and who["acme"] in page


def test_in_jupyterlab_the_fork_gives_the_same(afternoon):
    pages = " ".join(data.get("text/html", "") for data in afternoon.lab)
    assert "Tickets opened in each month, 4 in the mean" in pages


def test_what_is_delivered_is_whole(afternoon, tmp_path):
    with zipfile.ZipFile(afternoon.folder / "acme-assessment.zip") as archive:
        archive.extractall(tmp_path)
    pages = list((tmp_path / "html").glob("*.html"))
    assert len(pages) > 5
    for page in pages:
        for link in re.findall(r'href="([^"#]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / link).resolve().is_relative_to(tmp_path)
            assert (page.parent / link).exists(), (page.name, link)


def test_the_difference_shows_what_the_consultant_changed(afternoon):
    mine, theirs = afternoon.said_by("msp-report fork --diff").split("# Changed in the pack annual")
    assert '+    measure="assessment.tickets_a_month",' in mine and '+client = "acme"' in mine
    assert theirs.count("Nothing.") == 2
