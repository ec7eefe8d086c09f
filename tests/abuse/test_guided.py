"""The fuzzer that is led by coverage finds nothing in so many seconds of each target."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("guided.py")
TARGETS = ("readers", "csv", "jsonl", "json", "xlsx", "xml", "params", "profiles", "words")
#: A target has so long; GUIDED_SECONDS=3600 tries for a night.
SECONDS = int(os.environ.get("GUIDED_SECONDS", "20"))

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None,
        reason="needs atheris: pip install atheris (on Linux, 62 MB)",
    ),
]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_escapes(target, tmp_path, tried):
    command = [sys.executable, str(FUZZER), target, str(SECONDS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    (count,) = re.findall(r"number_of_executed_units: (\d+)", said)
    assert int(count) > 10
    tried(f"inputs led by coverage: {target}", int(count))
