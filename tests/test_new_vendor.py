"""docs/new-vendor.md followed literally, in a copy of the checkout: its commands as written, the last of them last."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from msp_report.workspace import PROJECT

TEXT = (PROJECT / "docs" / "new-vendor.md").read_text(encoding="utf-8")
SAMPLE, EXPECTED, PROFILE, RECOGNISED, FINISH = re.findall(r"^```sh\n(.*?)^```", TEXT, re.S | re.M)
VENDOR = "fernwood"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a shell")


class Checkout:
    """A copy of the project in which blocks are run as they are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "msp_report"
        leave = shutil.ignore_patterns("__pycache__", ".*", "output", "exports")
        shutil.copytree(PROJECT / "msp_report", self.folder / "msp_report", ignore=leave)
        for room in ("docs", "params", "notebooks"):
            shutil.copytree(PROJECT / room, self.folder / room, ignore=leave)
        (self.folder / "tests" / "intake").mkdir(parents=True)
        for name in ("test_samples.py", "test_profile.py", "expected.py"):
            shutil.copy(PROJECT / "tests" / "intake" / name, self.folder / "tests" / "intake" / name)
        shutil.copy(PROJECT / "pyproject.toml", self.folder)

    def run(self, block: str, code: int = 0) -> str:
        """Run a block as written; it must end with a code."""
        own = f'"{sys.executable}" -m'
        verbs = f'msp-report() {{ {own} msp_report "$@"; }}\npytest() {{ {own} pytest "$@"; }}'
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{verbs}\n{block}"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": f"{self.folder}{os.pathsep}{self.folder / 'tests' / 'intake'}"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def test_the_guide_leads_to_a_vendor_that_is_read_recognised_and_documented(tmp_path):
    checkout = Checkout(tmp_path)
    checkout.run(SAMPLE)
    checkout.run(EXPECTED)
    assert re.search(r"\b\d+ passed", checkout.run(PROFILE))
    said = checkout.run(RECOGNISED)
    assert re.search(r"tickets +export\.json +2 +2 +0", said), said
    checkout.run(FINISH)
    text = (checkout.folder / "docs" / "sources.md").read_text(encoding="utf-8")
    assert f"| `{VENDOR}` | `tickets` | list | `.csv` | timezone | samples only |" in text
    assert f"### {VENDOR}\n" in text


def test_the_guides_sample_finds_fault_with_a_profile_that_is_wrong(tmp_path):
    checkout = Checkout(tmp_path)
    checkout.run(SAMPLE)
    checkout.run(EXPECTED)
    wrong = PROFILE.replace("waiting_on_customer: [With caller]", "waiting: [With caller]")
    assert wrong != PROFILE
    assert "status waiting_on_customer: 0, not 1" in checkout.run(wrong, code=1)


def test_the_invented_vendor_is_not_shipped():
    assert not (PROJECT / "msp_report" / "intake" / "profiles" / f"{VENDOR}.yaml").exists()
