"""Benchmarks are collected where they are asked for (`make bench`), never by the ordinary run of the tests.

What they measure comes together in one table and one chart.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    asked = [Path(argument.split("::")[0]).absolute() for argument in parent.config.args]
    wanted = any(path == HERE or HERE in path.parents for path in asked)
    # A file that is named itself is collected by pytest as it is.
    if file_path.match("bench_*.py") and wanted and file_path.absolute() not in asked:
        return pytest.Module.from_parent(parent, path=file_path)
    return None


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Tell how far it is on standard error, past pytest, which keeps what a passing test prints to itself."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    return line


@pytest.fixture(scope="session")
def bench(say: Callable[[str], None], pytestconfig: pytest.Config) -> Iterator[Any]:
    """Where benchmarks put what they measure (`turns.Bench`); in the end the table and the charts are made of it."""
    # Imported here: when this file is read, the folders of the tests are not yet where Python looks.
    import cost
    import sizes
    import turns

    if not cost.CAN_TELL:
        pytest.skip("it reads what Linux tells of processes")
    made = turns.Bench(say)
    yield made
    table = made.end()
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stdout.write(f"\n\n{table}\n{sizes.INTO / 'bench.md'}\n")
