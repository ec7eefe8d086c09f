"""What packs said month by month, without making any."""

from types import SimpleNamespace

import pandas as pd
import pytest

from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Period
from msp_report.packs import history

OCTOBER = SimpleNamespace(period=Period.parse("2026-10"))


def figure(
    value: float | None, subject: str = "email", measure: str = "availability.ratio", **more
) -> Figure:
    return Figure.of(measure, value, "no samples", subject=subject, **more)


@pytest.fixture
def packs(monkeypatch):
    """Stands in for what earlier packs said: figures by month."""

    def said(**months: list[Figure]) -> None:
        rows = [one.row() | {"month": f"2026-{month[1:]}"} for month, some in months.items() for one in some]
        frame = pd.DataFrame(rows, columns=["month", *COLUMNS])
        monkeypatch.setattr(history, "before", lambda case, months: frame)

    return said


def course(*own: Figure) -> list[tuple]:
    found = history.course(OCTOBER, own, "availability.ratio")
    assert list(found) == ["month", *COLUMNS]
    values = found["value"].astype(object).where(found["value"].notna(), None)
    return list(zip(found["subject"], found["month"], values, strict=True))


def test_a_month_without_a_pack_or_a_figure_is_a_gap(packs):
    packs(m07=[figure(0.9)], m09=[figure(0.8), figure(0.5, "web"), figure(3, measure="availability.outages")])
    assert course(figure(0.7), figure(0.6, "web")) == [
        *[
            ("email", f"2026-{month}", value)
            for month, value in (("07", 0.9), ("08", None), ("09", 0.8), ("10", 0.7))
        ],
        *[
            ("web", f"2026-{month}", value)
            for month, value in (("07", None), ("08", None), ("09", 0.5), ("10", 0.6))
        ],
    ]


def test_without_earlier_packs_there_is_this_month(packs):
    packs()
    assert course(figure(0.7)) == [("email", "2026-10", 0.7)]


def test_a_subject_that_the_month_no_longer_has_is_left_out(packs):
    packs(m09=[figure(0.8, "old")])
    assert course(figure(0.7)) == [("email", "2026-09", None), ("email", "2026-10", 0.7)]
    assert course(figure(1, measure="availability.outages")) == []


def test_each_month_keeps_its_own_target_and_verdict(packs):
    packs(m09=[figure(0.8, target=0.7, verdict="met")])
    found = history.course(OCTOBER, [figure(0.8, target=0.9, verdict="missed")], "availability.ratio")
    assert found[["target", "verdict"]].values.tolist() == [[0.7, "met"], [0.9, "missed"]]
