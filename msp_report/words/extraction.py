"""The catalogue of messages, drawn by Babel from where English stands.

`msp-report tables --words msp_report/words/catalogues` writes it.

In code a message is what `language(…)`, `language.plural(…)`, `message(…)` and `nothing(…)` are given. A notebook, and
code that shows things as a notebook does, needs no marks: there it is what the display layer is given to say, namely
captions, titles, alternatives, heads of columns and what stands for missing cells, terms of facts, and every heading,
paragraph and item of Markdown. Labels, measures and questions are declared as data and are read where they are
declared.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import jinja2.ext
from babel.messages import Catalog, pofile

from msp_report.model.errors import WrongUse
from msp_report.model.measures import MEASURES
from msp_report.words import labels, markdown, questions
from msp_report.words.language import CATALOGUES, DOMAIN

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parent
TEMPLATE = CATALOGUES / f"{DOMAIN}.pot"
#: A page of every pack.
RULES = ROOT / "docs" / "rules.md"

#: Keywords by which the display layer is given words.
SHOWN = frozenset({"caption", "title", "alt", "why", "empty", "note", "words"})
#: Functions that take a message, and how many forms of it.
_FORMS = {"language": 1, "message": 1, "nothing": 1, "plural": 2}
#: A message, or its forms for one and for many.
Message = str | tuple[str, str]


def catalogue() -> Catalog:
    """Every message of the project, with the files in which it stands, but not the lines: they move every day."""
    made = Catalog(project=DOMAIN, charset="utf-8")
    for path in sorted(PACKAGE.rglob("*.py")):
        _add(made, path, in_code(path.read_text(encoding="utf-8"), shows=path.parent.name == "pages"))
    for path in sorted((ROOT / "notebooks").glob("*/*.ipynb")):
        _add(made, path, in_notebook(path.read_text(encoding="utf-8")))
    for path in sorted(PACKAGE.rglob("*.j2")):
        _add(made, path, in_template(path.read_bytes()))
    _add(made, RULES, markdown.messages(RULES.read_text(encoding="utf-8")))
    _add(made, PACKAGE / "model" / "measures", in_measures())
    _add(made, PACKAGE / "words" / "labels.py", in_labels())
    _add(made, PACKAGE / "words" / "questions.yaml", questions.listed()["text"])
    return made


def template() -> str:
    """The catalogue as a .pot: the same messages give the same text.

    Raises WrongUse outside a checkout, where notebooks and rules do not lie beside the package.
    """
    if not RULES.exists():
        raise WrongUse(f"the catalogue is drawn in a checkout of msp_report, and there is no {RULES}")
    made = BytesIO()
    pofile.write_po(made, catalogue(), width=110, omit_header=True, sort_output=True, include_lineno=False)
    return made.getvalue().decode("utf-8")


def in_code(source: str, shows: bool = True) -> Iterator[Message]:
    """The messages of Python code: those it marks, and where it `shows` things those it gives the display layer."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _said(node)
            yield from _shown(node) if shows else ()
        elif isinstance(node, ast.FunctionDef) and shows:
            names = [argument.arg for argument in node.args.kwonlyargs]
            for name, default in zip(names, node.args.kw_defaults, strict=True):
                yield from _texts(default) if name in SHOWN else ()


def in_notebook(source: str) -> Iterator[Message]:
    """The messages of a notebook: its Markdown, and what its code shows."""
    for cell in json.loads(source)["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield from markdown.messages(text)
        elif cell["cell_type"] == "code":
            yield from in_code(text)


def in_template(source: bytes) -> Iterator[Message]:
    """The messages of the page around a notebook."""
    for _, _, text, _ in jinja2.ext.babel_extract(BytesIO(source), ["language"], [], {}):
        yield next(part for part in text if part) if isinstance(text, tuple) else text


def in_measures() -> Iterator[Message]:
    """What measures are called, over all and of one subject."""
    for measure in MEASURES.values():
        yield from filter(None, (measure.title, measure.of))


def in_labels() -> Iterator[Message]:
    """What codes and reasons are called."""
    yield from (*labels.LABELS.values(), *labels.ROBUST.values(), *labels.REASONS)


def _add(made: Catalog, path: Path, messages: Iterable[Message]) -> None:
    for message in messages:
        made.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)])


def _said(call: ast.Call) -> Iterator[Message]:
    name = _name(call)
    forms = [list(_texts(argument)) for argument in call.args[: _FORMS.get(name, 0)]]
    if len(forms) == 2 and all(forms):
        yield forms[0][0], forms[1][0]
    elif len(forms) == 1:
        for text in forms[0]:
            yield from markdown.messages(text) if text.startswith("#") else (text,)


def _shown(call: ast.Call) -> Iterator[Message]:
    name = _name(call)
    for keyword in call.keywords:
        if keyword.arg in SHOWN:
            yield from _texts(keyword.value)
    if name == "table" and len(call.args) > 1:
        yield from _headings(call.args[1])
    if name == "facts" and call.args and isinstance(call.args[0], ast.Dict):
        yield from _texts(*call.args[0].keys)
        yield from _texts(*(value for value in call.args[0].values if not isinstance(value, ast.Tuple)))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _headings(columns: ast.expr) -> Iterator[str]:
    """Titles of columns, and what stands for a missing cell unless that is the column that says why."""
    for node in ast.walk(columns):
        if isinstance(node, ast.Tuple) and len(node.elts) in (2, 3) and list(_texts(node.elts[1])):
            yield from _texts(node.elts[0])
            yield from (text for text in _texts(*node.elts[2:]) if text not in labels.COLUMNS)


def _texts(*nodes: ast.expr | None) -> Iterator[str]:
    """The texts that an expression may be; those of a call it makes are that one's."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _texts(node.body, node.orelse)
        elif isinstance(node, ast.BoolOp):
            yield from _texts(*node.values)
        elif isinstance(node, ast.Tuple) and all(isinstance(one, ast.Constant) for one in node.elts):
            yield from _texts(*node.elts)
