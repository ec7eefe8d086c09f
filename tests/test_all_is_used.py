"""Every canonical column and every key of the params is read by something, or says that it is kept and not used.

Nothing is searched for by its name: the metrics run over the demo company with tables and params that note what is
asked of them.
"""

import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest
from months import PastOf, figures_of
from pydantic import BaseModel

from msp_report import params
from msp_report.case import Case, open_case
from msp_report.model.figures import Figure
from msp_report.model.tables import KEPT, TABLES
from msp_report.params import contract as of_contract
from msp_report.params import layout
from msp_report.params import sources as of_sources
from msp_report.params import strategy as of_strategy
from msp_report.params.fields import Params
from msp_report.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
OF_A_MONTH = (
    *(
        "availability",
        "capacity",
        "tickets",
        "requests",
        "projects",
        "strategy",
        "procurement",
        "licences",
        "backups",
    ),
    *(
        "duties",
        "satisfaction",
        "vendors",
        "contract",
        "evidence",
        "scorecard",
        "today",
        "helpdesk",
        "payments",
    ),
)
OF_A_YEAR = ("competence", "alternatives", "year", "contract.year", "projects.year")
#: Tables that are read as files, by queries whose columns cannot be watched.
AS_FILES = {"samples": "metrics/capacity.py", "replies": "metrics/scorecard/replies.py"}
#: Keys that no metric asks for, and the file that does.
ELSEWHERE = {
    ("Brand", "logo"): "pages/publish.py",
    ("Client", "name"): "pages/publish.py",
    ("Client", "locale"): "words/numbers.py",
    ("Service", "title"): "words/numbers.py",
    ("Priority", "title"): "words/numbers.py",
    ("Capacity", "title"): "words/numbers.py",
    ("Source", "url"): "case.py",
    **dict.fromkeys([("Source", "default"), ("Source", "day_hours")], "intake/canonical.py"),
    **dict.fromkeys([("Source", "first"), ("Source", "last")], "intake/staged.py"),
    **dict.fromkeys([("Source", "shape"), ("Source", "split"), ("Source", "where")], "intake/shaping.py"),
    ("Source", "records"): "intake/formats/jsonl.py",
    ("Source", "query"): "intake/formats/sqlite.py",
    ("Client", "language"): "words/numbers.py",
    ("Privacy", "people"): "case.py",
    ("Privacy", "roles"): "case.py",
    ("Limits", "notebook_memory_mb"): "packs/pack.py",
    ("Limits", "notebook_seconds"): "packs/pack.py",
    ("Contract", "privacy"): "case.py",
    ("Contract", "brand"): "pages/publish.py",
    ("Contract", "amendments"): "params/contract.py",
    ("Amendment", "set"): "params/contract.py",
    ("Amendment", "clause"): "metrics/year.py",
    ("Capacity", "clause"): "metrics/capacity.py",
    ("Tickets", "ticket_rate"): "metrics/requests.py",
    ("ScorecardLine", "better"): "metrics/scorecard/lines.py",
    ("Holidays", "country"): "model/clock.py",
    ("Holidays", "subdivision"): "model/clock.py",
    ("Ended", "on"): "params/sources.py",
    ("Evidence", "table"): "metrics/evidence/__init__.py",
    ("Evidence", "due_day"): "metrics/evidence/__init__.py",
    ("Evidence", "clause"): "metrics/evidence/__init__.py",
    ("Evidence", "credit_ratio"): "metrics/contract/service_credits.py",
} | {
    ("Source", name): f"{where}.py"
    for where, names in {
        "intake/canonical": "constants day_hours default nulls totals unpivot changes_only max_gap_s",
        "intake/formats/sqlite": "query",
        "intake/formats/jsonl": "records",
        "intake/shaping": "split where beside shape",
        "intake/staged": "first last",
        "intake/ingest": "exported_at timezone durations factors path record",
        "live/__init__": "prometheus sql resource step_s",
        "live/prometheus": "token",
    }.items()
    for name in names.split()
}
#: Keys that are accepted and say in docs/params.md that nothing reads them.
NOT_READ = {("Ended", "why")}


class Watched(pd.DataFrame):
    """A frame that notes which columns of which tables are asked of it, and of whatever is made from it."""

    _metadata: ClassVar = ["of"]
    seen: ClassVar[set[tuple[str, str]]] = set()
    of: frozenset = frozenset()

    @property
    def _constructor(self):
        return Watched

    def __finalize__(self, other, method=None, **more):
        parts = [other, *(getattr(other, name, None) for name in ("left", "right"))]
        parts += list(getattr(other, "objs", None) or [])
        of = frozenset().union(
            *(getattr(part, "of", frozenset()) or frozenset() for part in parts if part is not None)
        )
        object.__setattr__(self, "of", of)
        return self

    def _note(self, key):
        names = key if isinstance(key, list | tuple | pd.Index) else [key]
        for name in names:
            if isinstance(name, str):
                self.seen.update((table, name) for table in self.of or () if name in TABLES[table].names)

    def __getitem__(self, key):
        self._note(key)
        return super().__getitem__(key)

    def __getattr__(self, name):
        if not name.startswith("_"):
            self._note(name)
        return super().__getattr__(name)

    def reindex(self, *args, **more):
        self._note(list(more.get("columns", ())))
        return super().reindex(*args, **more)


def watched(name, frame):
    if frame is None:
        return None
    made = Watched(frame)
    object.__setattr__(made, "of", frozenset([name]))
    return made


@pytest.fixture(scope="module")
def asked(demo_place, tmp_path_factory):
    """What the metrics ask of tables and of params, over a month, a day and a year of the demo."""
    with pytest.MonkeyPatch.context() as patch:
        Watched.seen = set()
        for way in ("table", "own", "follow_up"):
            whole = getattr(Case, way)
            patch.setattr(
                Case,
                way,
                lambda self, name, *columns, whole=whole: watched(name, whole(self, name, *columns)),
            )
        keys: set[tuple[str, str]] = set()
        plain = BaseModel.__getattribute__

        def noting(self, name):
            if not name.startswith("_") and name in type(self).model_fields:
                caller = sys._getframe(1)
                checks = caller.f_globals.get("__name__", "").startswith("msp_report.params")
                if not (checks and caller.f_code.co_name.startswith("_")):
                    keys.update(
                        (base.__name__, name)
                        for base in type(self).__mro__
                        if name in getattr(base, "model_fields", ())
                    )
            return plain(self, name)

        dumped = BaseModel.model_dump

        def noting_all(self, **more):
            if type(self) is not params.Contract:
                keys.update(
                    (type(self).__name__, name) for name in more.get("include") or type(self).model_fields
                )
            return dumped(self, **more)

        patch.setattr(Params, "model_dump", noting_all)
        patch.setattr(Params, "__getattribute__", noting)
        patch.setattr(layout.Layout, "__getattribute__", noting)
        exports = {"exports": demo_place.exports, "output": tmp_path_factory.mktemp("read")}
        open_case("demo", "2025-10", Workspace.find(ROOT, **exports)).accepted  # noqa: B018 - is read by nobody before
        for period, metrics in (("2026-10", OF_A_MONTH), ("2026-08..2026-10", OF_A_YEAR)):
            case = open_case("demo", period, demo_place)
            months = pd.DataFrame(
                {"month": list(map(str, case.period.months)), "published": True, "to_date": False}
            )
            figures = figures_of(
                Figure(measure="availability.ratio", subject="web", value=1.0, verdict="met", target=0.9)
            )
            past = PastOf(
                figures=figures,
                months=months.assign(why_missing=None),
                of_year=figures.assign(month="2026-10"),
            )
            for metric in metrics:
                module = import_module(f"msp_report.metrics.{metric}")
                needs = inspect.signature(module.analyse).parameters
                found = module.analyse(
                    case, **{k: v for k, v in {"past": past, "sheet": None}.items() if k in needs}
                )
                found.figures(), found.records()
        return Watched.seen, keys


def test_every_column_is_used_or_says_that_it_is_not(asked):
    seen, _ = asked
    unused = {
        (name, column)
        for name, table in TABLES.items()
        for column in table.names
        if (name, column) not in seen and column not in table.key and name not in AS_FILES
    }
    assert unused == {(name, column) for name, columns in KEPT.items() for column in columns}


@pytest.mark.parametrize("name", AS_FILES)
def test_a_table_that_is_read_as_a_file_names_its_columns(name):
    text = (ROOT / "msp_report" / AS_FILES[name]).read_text(encoding="utf-8")
    assert not [column for column in TABLES[name].names if column not in text]


def test_columns_that_are_kept_say_so_where_they_are_listed():
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    for columns in KEPT.values():
        for column, why in columns.items():
            assert re.search(rf"\\| {column} \\|.*kept, not used: {re.escape(why)}", text)


def test_every_key_is_used_or_says_that_it_is_not(asked):
    _, keys = asked
    models = {
        model
        for module in (of_contract, of_strategy, of_sources)
        for model in vars(module).values()
        if isinstance(model, type)
        and issubclass(model, Params | layout.Layout)
        and model not in (Params, layout.Layout)
    }
    every = {(model.__name__, name) for model in models for name in model.model_fields}
    unused = every - keys - NOT_READ
    missing = {
        (model, name) for model, name in unused
        if name not in (ROOT / "msp_report" / ELSEWHERE.get((model, name), "__init__.py")).read_text(encoding="utf-8")
    }  # fmt: skip
    assert not missing, (
        "a key that nothing reads: use it, or say in its docstring that it is kept and not used"
    )
