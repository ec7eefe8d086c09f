"""Benchmarks are collected where they are asked for (`make bench`), never by the ordinary run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    asked = [Path(argument.split("::")[0]).absolute() for argument in parent.config.args]
    wanted = any(path == HERE or HERE in path.parents for path in asked)
    # A file that is named itself is collected by pytest as it is.
    if file_path.match("bench_*.py") and wanted and file_path.absolute() not in asked:
        return pytest.Module.from_parent(parent, path=file_path)
    return None
