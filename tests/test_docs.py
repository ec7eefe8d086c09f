"""The documents say what is so."""

import re
import tomllib

import pytest

from msp_report.cli import verbs
from msp_report.workspace import PROJECT

WRITTEN = ["README.md", "CONTRIBUTING.md"]


def read(name):
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_analysts_page_names_every_verb_and_no_other():
    listed = set(re.findall(r"^\| (?:`make \w+`)? ?\| `(\w+)` \|", read("docs/analyst.md"), re.M))
    assert listed == set(verbs.commands)


@pytest.mark.parametrize(
    "name", [*WRITTEN, *(f"docs/{name}.md" for name in ("analyst", "board", "consultant"))]
)
def test_every_target_of_make_that_is_named_is_there(name):
    targets = set(re.findall(r"^(\w+):.*##", read("Makefile"), re.M))
    assert set(re.findall(r"(?:`|^)make (\w+)", read(name), re.M)) <= targets


def test_the_readme_is_one_screen():
    assert len(read("README.md").splitlines()) <= 60


def test_every_verb_has_help(msp):
    for verb in verbs.commands:
        said = msp(verb, "--help")
        assert said.code == 0
        assert "Usage" in said.out
        assert not said.err


def test_the_changelog_begins_with_figures_whose_meaning_changed():
    assert re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.M)[0] == "Figures whose meaning changed"


def test_every_version_is_dated_but_the_next():
    """The newest first; only that one may be unreleased."""
    _, *versions = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.M)
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) \((unreleased|\d{4}-\d\d-\d\d)\)", line) for line in versions]
    assert all(found), versions
    numbers = [tuple(int(part) for part in one.groups()[:3]) for one in found]
    assert numbers == sorted(numbers, reverse=True)
    assert "unreleased" not in [one[4] for one in found[1:]]


def test_who_may_use_it_is_said_in_one_way():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert project["license"] == "BSD-3-Clause" and project["license-files"] == ["LICENSE"]
    owners = " and ".join(author["name"] for author in project["authors"])
    licence = read("LICENSE").splitlines()
    assert licence[0] == "BSD 3-Clause License"
    assert licence[2].startswith("Copyright (c) ") and licence[2].endswith(owners)
