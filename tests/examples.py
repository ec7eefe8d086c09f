"""How many examples a property invents: a third in `make test` and `make quick`, all of them in `make abuse`.

`make test` and `make quick` invent the same ones each time, so that what is red there is red for everybody; `make
abuse` invents others each time.
"""

import os
from typing import Any

from hypothesis import settings

#: The Makefile says so for `make abuse`.
ALL = os.environ.get("EXAMPLES") == "all"


def examples(count: int = 100, **more: Any) -> settings:
    """The settings of a property: `@examples(60)` above `@given(...)`. No example is timed."""
    return settings(max_examples=count if ALL else -(-count // 3), deadline=None, derandomize=not ALL, **more)
