"""init looks at a month's folder elsewhere, and what it writes reads the exports there."""

import pytest
from store_stub import Stub
from workspaces import tickets

from msp_report.case import open_case
from msp_report.model.errors import WrongUse
from msp_report.start import init
from msp_report.store import mirror
from msp_report.workspace import Workspace

CHECKS = "service,at,state\nweb,2026-10-01T00:00Z,up\nweb,2026-10-01T00:05Z,down\n"


@pytest.fixture
def stub(monkeypatch):
    """The places that are opened, by their addresses, on a server with two months."""
    files = {
        "s3://evidence/acme": {
            "2026-09/tickets 2026-09.csv": tickets(20, "2026-09").encode(),
            "2026-10/tickets 2026-10.csv": tickets(20, "2026-10", "U").encode(),
            "2026-10/checks.csv": CHECKS.encode(),
        }
    }
    files["s3://evidence/acme/2026-10"] = {
        name.removeprefix("2026-10/"): content
        for name, content in files["s3://evidence/acme"].items()
        if name.startswith("2026-10/")
    }
    monkeypatch.setattr(mirror, "opened", lambda address: Stub(files[address]))


def test_what_init_writes_reads_the_exports_there(stub, tmp_path):
    place = Workspace.find(tmp_path)
    done = init.init("acme", ["s3://evidence/acme/2026-10/"], place)
    text = (place.params / "acme" / "sources.yaml").read_text(encoding="utf-8")
    assert "exports: s3://evidence/acme/{month}\n" in text and "- file: tickets {month}.csv" in text
    assert not (tmp_path / "exports").exists() and not done.copied
    assert str(done.month) == "2026-10"
    case = open_case("acme", "2026-10", place)
    assert len(case.table("tickets")) == 40 and len(case.table("checks")) == 2
    assert any("tickets 2026-10.csv: tickets" in line for line in init.told(done, "acme", place))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["s3://evidence/acme"], "name the folder of one month there"),
        (["s3://evidence/acme/2026-13"], "name the folder of one month there"),
        (["s3://evidence/acme/2026-10", "s3://evidence/acme/2026-09"], "one folder elsewhere alone"),
        (["s3://evidence/acme/2026-10", "tickets.csv"], "one folder elsewhere alone"),
        (["ftp://evidence/acme/2026-10"], "write a folder, s3://"),
        (["sftp://ann:word@host/acme/2026-10"], "a password stands in the address"),
    ],
)
def test_what_cannot_be_looked_at_is_told(stub, tmp_path, given, told):
    with pytest.raises(WrongUse) as refused:
        init.init("acme", given, Workspace.find(tmp_path))
    assert told in str(refused.value) and "word@" not in str(refused.value)


def test_a_file_of_openslo_may_stand_beside_it(stub, tmp_path):
    slo = tmp_path / "slo.yaml"
    slo.write_text(
        "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n", encoding="utf-8"
    )
    place = Workspace.find(tmp_path / "ws")
    done = init.init("acme", ["s3://evidence/acme/2026-10", slo], place)
    assert done.slos.files == ("slo.yaml",) and "web" in done.slos.promises
