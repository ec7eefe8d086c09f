"""What can and cannot be bought by changing the exports of the demo's October (docs/evidence.md).

A manipulation that leaves a trace in any table neither takes a miss away nor lowers what is owed, held or at stake
without a line on page one; one that leaves none is listed in `trials.TRACELESS` with the source that would show it.
"""

from __future__ import annotations

import pytest
from kinds import KINDS
from trials import Trials

from msp_report.case import open_case
from msp_report.selftest.changed import Export, manipulated

#: In every run: one of each kind, a third of them two at once.
NORMAL = range(10)
#: What `make abuse` tries beside them.
MORE = range(10, 400)


@pytest.fixture(scope="module")
def trials(demo_place):
    return Trials(open_case("demo", "2026-10", demo_place))


@pytest.mark.parametrize("number", NORMAL)
def test_nothing_that_leaves_a_trace_buys_anything(trials, number, tried):
    tried("manipulations of exports")
    one = trials.run(number)
    assert one.outcome != "bought", (one.done, one.unnamed)


@pytest.mark.thorough
@pytest.mark.parametrize("number", MORE)
def test_nothing_more_that_leaves_a_trace_buys_anything(trials, number, tried):
    test_nothing_that_leaves_a_trace_buys_anything(trials, number, tried)


def test_the_same_exports_read_again_change_nothing(trials, tmp_path):
    same = {name: Export(rows, "the same") for name, rows in trials.rows.items() if len(rows)}
    page = trials.month.page(manipulated(trials.case, same, tmp_path), set(same))
    assert page.figures == trials.month.untouched.figures
    assert page.exceptions.equals(trials.month.untouched.exceptions)
    assert [page.owed, page.at_risk, page.decisions] == [
        getattr(trials.month.untouched, name) for name in ("owed", "at_risk", "decisions")
    ]


def test_a_number_is_always_the_same_manipulation(trials):
    """Kinds come in turn, and each changes something."""
    for number in range(len(KINDS)):
        exports, done = trials.exports(number)
        assert done[0].kind == list(KINDS)[number] and trials.exports(number)[1] == done
        for name, export in exports.items():
            assert export.rows is None or not export.rows.equals(trials.rows[name]), done
