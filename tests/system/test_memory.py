"""Memory that a kernel has freed goes back to the system."""

import subprocess
import sys

import pytest

HELD = """
import sys
import numpy as np
from msp_report.system import memory
if sys.argv[1] == "back":
    memory.give_back()
def held():
    return int(open("/proc/self/status").read().split("VmRSS:")[1].split()[0]) // 1024
begun = held()
blocks = [np.ones(1_500_000) for _ in range(20)] + [np.ones(2_000) for _ in range(4_000)]
kept = blocks[-1]  # so that the heap cannot shrink by itself
most = held()
del blocks
memory.trim()
print(most - begun, held() - begun)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there is it asked for")
def test_what_is_freed_is_held_no_more():
    done = subprocess.run([sys.executable, "-c", HELD, "back"], capture_output=True, text=True, check=True)
    most, left = map(int, done.stdout.split())
    assert most > 250
    assert left < 40
