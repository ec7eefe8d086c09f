"""docs/first-pack.md followed literally: its commands as written, with exports of known tools and of unknown ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from msp_report.workspace import PROJECT

TEXT = (PROJECT / "docs" / "first-pack.md").read_text(encoding="utf-8")
BEGIN, INIT, CHECK, MONTHLY = re.findall(r"^```sh\n(.*?)^```", TEXT, re.S | re.M)
(ANSWERS,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.S | re.M)
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a shell")

#: A help desk's and a monitor's exports as their tools write them, with invented rows.
KNOWN = {
    "tickets.csv": "Ticket Number,Date Created,Subject,From,From Email,Priority,Department,Help Topic,Source,"
    "Current Status,Last Updated,SLA Due Date,SLA Plan,Due Date,Closed Date,Overdue,Merged,Linked,Answered,"
    "Agent Assigned,Team Assigned,Thread Count,Reopen Count,Attachment Count,Task Count\n"
    + "".join(
        f"7{day:02d},{day}/10/26 10:0{day % 10},Mail,amy,amy@acme.example,Normal,Support,Report a Problem,Web,"
        f"{'Closed' if day % 4 else 'Open'},{day}/10/26 12:00,{day}/10/26 18:00,Default SLA,,"
        f"{f'{day}/10/26 12:00' if day % 4 else ''},0,0,0,1,J. Doe,,3,0,0,0\n"
        for day in range(1, 29)
    ),
}
#: Exports of tools that nobody knows.
UNKNOWN = {
    "vorgaenge.csv": "Vorgangsnummer;Betreff;Dringlichkeit;Bearbeitungsstand;Gemeldet am;Gelöst am\n"
    + "".join(
        f"V-{day};Drucker;hoch;{'Geschlossen' if day % 4 else 'Offen'};{day:02d}.10.2026 09:00;"
        f"{f'{day:02d}.10.2026 11:30' if day % 4 else ''}\n"
        for day in range(1, 29)
    ),
    "nuit.csv": "Serveur,Tâche,Début,Fin,Résultat\n"
    + "".join(
        f"SRV01,Nuit,2026-10-{day:02d} 22:00:00,2026-10-{day:02d} 23:10:00,{'Réussi' if day % 7 else 'Échec'}\n"
        for day in range(1, 29)
    ),
}


class Desk:
    """A shell in which one command follows another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, block: str) -> str:
        """Run a block as written; it must end well."""
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f'{self._command}\n{block}\npwd > "{self.folder}/.pwd"'],
            cwd=(self.folder / ".pwd").read_text().strip()
            if (self.folder / ".pwd").exists()
            else self.folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    _command = f'msp-report() {{ "{sys.executable}" -m msp_report "$@"; }}'


@pytest.fixture(params=["known", "unknown"])
def desk(request, tmp_path):
    (tmp_path / "from-the-provider").mkdir()
    for name, text in (KNOWN if request.param == "known" else UNKNOWN).items():
        (tmp_path / "from-the-provider" / name).write_text(text, encoding="utf-8")
    desk = Desk(tmp_path)
    desk.of = request.param
    return desk


def follow(desk: Desk) -> str:
    """Steps 1 to 4; what check said."""
    desk.run(BEGIN)
    place = desk.folder / "board"
    assert "client:" in (place / "answers.yaml").read_text(encoding="utf-8")
    assert not (place / "params").exists()
    (place / "answers.yaml").write_text(ANSWERS, encoding="utf-8")
    written = desk.run(INIT).splitlines()
    assert [Path(one).name for one in written] == ["contract.yaml", "strategy.yaml", "sources.yaml"]
    return desk.run(CHECK)


def test_the_guide_leads_to_exports_that_are_read(desk):
    said = follow(desk)
    assert re.search(r"tickets +\w+\.csv +28 +28 +0", said), said
    assert "ask the provider for:" in said
    if desk.of == "known":
        assert "by the profile osticket" in said
    else:
        assert re.search(r"backup_jobs +nuit\.csv +28 +28 +0", said), said


@pytest.mark.thorough
def test_the_guide_leads_to_a_pack(desk):
    follow(desk)
    page = Path(desk.run(MONTHLY).strip())
    assert page.name == "index.html" and "Acme Ltd" in page.read_text(encoding="utf-8")
