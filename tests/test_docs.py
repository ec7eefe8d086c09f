"""The documents say what is so."""

import re
import subprocess
import sys

import pytest

from msp_report import reference
from msp_report.cli import verbs
from msp_report.model.tables import TABLES
from msp_report.workspace import PROJECT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "REFERENCE.md", "CHANGELOG.md"]


def read(name):
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_reference_is_what_the_declarations_say():
    assert read("REFERENCE.md") == reference.tables()
    assert re.findall(r"^## (\w+)$", read("REFERENCE.md"), re.M) == list(TABLES)


def test_the_schemas_are_what_the_models_say(tmp_path):
    reference.write_schemas(tmp_path)
    for path in tmp_path.iterdir():
        kept = PROJECT / "params" / "schema" / path.name
        assert kept.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", read(name)):
        assert (PROJECT / target).exists(), target


@pytest.mark.parametrize("name", ["CONTRIBUTING.md"])
def test_paths_that_are_named_exist(name):
    for path in re.findall(r"`((?:msp_report|notebooks|tests|params)/[\w./-]*)`", read(name)):
        assert (PROJECT / path).exists(), path


def test_the_readme_names_every_verb_and_no_other():
    listed = set(re.findall(r"^\| (?:`make \w+`)? ?\| `(\w+)` \|", read("README.md"), re.M))
    assert listed == set(verbs.commands)
    targets = set(re.findall(r"^(\w+):.*##", read("Makefile"), re.M))
    assert set(re.findall(r"`make (\w+)", read("README.md"))) <= targets


def test_every_verb_has_help():
    for verb in verbs.commands:
        done = subprocess.run(
            [sys.executable, "-m", "msp_report", verb, "--help"], capture_output=True, text=True
        )
        assert done.returncode == 0
        assert "Usage" in done.stdout
        assert not done.stderr


def test_the_changelog_begins_with_figures_whose_meaning_changed():
    assert re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.M)[0] == "Figures whose meaning changed"
