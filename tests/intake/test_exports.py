"""Which files below the exports a source may name."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from msp_report.intake.exports import MONTH, folder, leaves

PARTS = ("a", "..", ".", "*", "**", MONTH, "x.csv", "", "..a", "b..")


@pytest.mark.parametrize(
    ("exports", "root"),
    [
        ("/srv/e", "/srv/e"),
        ("/srv/e/{month}", "/srv/e"),
        ("/srv/e/{month}/in", "/srv/e"),
        ("/srv/e-{month}", "/srv"),
        ("/srv/e/{month}/../in", "/srv/e"),
        ("/srv/../e/{month}", "/e"),
        ("e/{month}", "e"),
        ("{month}", "."),
    ],
)
def test_a_pattern_leaves_where_its_place_lies_outside(exports, root):
    """Whatever its parts are; the place is found by the operating system's rules alone."""
    for length in (1, 2, 3):
        for parts in itertools.product(PARTS, repeat=length):
            if (pattern := "/".join(parts)).startswith("/"):
                continue
            place = folder(exports, "2026-10") / pattern.replace(MONTH, "2026-10")
            inside = Path(os.path.abspath(place)).is_relative_to(os.path.abspath(root))
            assert leaves(pattern, exports, "2026-10") is not inside, pattern


@pytest.mark.parametrize("pattern", ["/etc/passwd", "~/x.csv", "C:/x.csv", "C:x.csv", "\\\\host\\x.csv"])
def test_a_pattern_with_a_root_of_its_own_leaves(pattern):
    assert leaves(pattern, "/srv/e/{month}", "2026-10")
