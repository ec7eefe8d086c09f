"""Every text that is cited is in the tree: rules by their number, files by their name, headings by their anchor."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from msp_report.environment import ROOT

RULES = ROOT / "docs" / "rules.md"
HEADING = re.compile(r"^#{1,6} (.+)$", re.M)
RULE = re.compile(r"^### Rule (\d+): (.+)$", re.M)
CITED = re.compile(r"\b[Rr]ules?[ \n]+(\d+(?:(?:-| to |, | and )\d+)*)(?!\d|\.\d)")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
#: Files that a text names between backticks; others are of a client's workspace or of a pack.
NAMED = re.compile(r"`((?:msp_report|notebooks|tests|docs|params/(?:demo|schema))/[\w./-]*)`")
#: Texts that lie outside the tree, put together so that this file does not name them itself.
OUTSIDE = re.compile(
    "|".join([r"\binterfaces" + r"\.md", r"\bmiss" + r"ion\b", r"\bdesign" + r"\.md", r"\bissue " + '["“]'])
)


def tracked(*suffixes: str) -> list[str]:
    """The files of the project with these endings, those not yet committed too, relative to its root."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so there is no telling which files belong to it")
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(name for name in names if name.endswith(suffixes) and (ROOT / name).is_file())


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def numbers(cited: str) -> set[int]:
    """The rules that a citation names; "11 to 14" and "11-14" name those between too.

    >>> sorted(numbers("0, 12-14 and 27"))
    [0, 12, 13, 14, 27]
    """
    found = {int(number) for number in re.findall(r"\d+", cited)}
    for first, last in re.findall(r"(\d+)(?:-| to )(\d+)", cited):
        found |= set(range(int(first), int(last) + 1))
    return found


def cited(text: str) -> Iterator[tuple[int, set[int]]]:
    """Line and rules of every citation in a text."""
    for found in CITED.finditer(text):
        yield line_of(text, found.start()), numbers(found[1])


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a text."""
    found: dict[str, int] = {}
    for heading in HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    return {slug if n == 0 else f"{slug}-{n}" for slug, count in found.items() for n in range(count + 1)}


def test_rules_are_numbered_from_0_once_each_in_order():
    named = RULE.findall(RULES.read_text(encoding="utf-8"))
    assert named and [int(number) for number, _ in named] == list(range(len(named)))
    assert len({title for _, title in named}) == len(named)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("(rule 27)", {27}),
        ("Rules 11 to 13.", {11, 12, 13}),
        ("rules 0, 12-14, 27 and 39", {0, 12, 13, 14, 27, 39}),
        ("as rule\n6 says", {6}),
        ("two rules, 12 cases", set()),
    ],
)
def test_how_rules_are_cited(text, rules):
    assert set().union(*(found for _, found in cited(text))) == rules


@pytest.mark.parametrize("room", ["msp_report", "notebooks", "params", "tests", "docs", ""])
def test_every_rule_that_is_cited_has_its_heading(room):
    known = {int(number) for number, _ in RULE.findall(RULES.read_text(encoding="utf-8"))}
    names = [name for name in tracked(".py", ".ipynb", ".yaml", ".j2", ".md") if _room(name) == room]
    found = {name: list(cited(read(name))) for name in names}
    unknown = [
        f"{name}:{line}: {rules - known}" for name in found for line, rules in found[name] if rules - known
    ]
    assert not unknown
    if room in ("msp_report", "notebooks", "docs"):
        assert any(found.values())


def _room(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def test_headings_become_the_anchors_of_github():
    text = "# Time\n## Rule 21: XmR (limits)\n## A `key`, twice\n## A key twice\n```\n# no heading\n```\n"
    assert anchors(text) == {"time", "rule-21-xmr-limits", "a-key-twice", "a-key-twice-1"}


@pytest.mark.parametrize("name", tracked(".md"))
def test_links_lead_to_a_file_and_a_heading(name):
    text, here = read(name), (ROOT / name).parent
    for found in LINK.finditer(text):
        path, _, anchor = found[1].partition("#")
        target = (here / path).resolve() if path else ROOT / name
        where = f"{name}:{line_of(text, found.start())}: {found[1]}"
        assert target.exists(), where
        assert target.is_relative_to(ROOT), where
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), where


@pytest.mark.parametrize("name", tracked(".md"))
def test_files_that_a_document_names_are_there(name):
    text = read(name)
    for found in NAMED.finditer(text):
        assert (ROOT / found[1]).exists(), f"{name}:{line_of(text, found.start())}: {found[1]}"


@pytest.mark.parametrize("room", ["msp_report", "notebooks", "params", "tests", "docs", ""])
def test_no_text_outside_the_tree_is_cited(room):
    names = [
        name
        for name in tracked(".py", ".ipynb", ".yaml", ".j2", ".md", ".toml", "Makefile")
        if _room(name) == room
    ]
    found = [
        f"{name}:{line_of(text, place.start())}: {place[0]}"
        for name, text in ((name, read(name)) for name in names)
        for place in OUTSIDE.finditer(text)
    ]
    assert not found, "\n".join(found)
    assert names
