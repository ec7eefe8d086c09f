"""docs/promises.md names a test for each promise, and each of them is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES = [
    line
    for line in (ROOT / "docs" / "promises.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| promise", "|---"))
]


def _tests_of(path: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("line", LINES, ids=[str(number) for number in range(len(LINES))])
def test_each_promise_names_tests_that_exist(line):
    promise, held = (part.strip() for part in line.strip("| ").split(" | "))
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", held)
    assert promise.endswith(".") and named, f"nothing holds: {promise}"
    for file, test in named:
        assert (ROOT / file).exists(), f"{promise}: there is no {file}"
        there = _tests_of(ROOT / file)
        assert there, f"{file} holds nothing"
        assert not test or test in there, f"{promise}: {file} has no {test}"


def test_there_are_promises_and_limits_of_them():
    assert len(LINES) > 15
    assert "## What is not promised" in (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
