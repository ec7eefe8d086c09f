"""docs/params.md: every key of the params, with its type, default and meaning as its model declares them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from msp_report import params
from msp_report.params.layout import Layout

_FILES = (
    ("contract.yaml", params.Contract, "What was agreed with the provider."),
    ("strategy.yaml", params.Strategy, "What the board wants, and who watches over the provider."),
    ("sources.yaml", params.Sources, "Where exports lie, and what the vendor calls things."),
    ("findings.yaml", params.Findings, "What the consultant found in a year."),
)


def document() -> str:
    """The document."""
    head = (
        "# Params\n\n"
        "Every key of `params/<client>/`. Made by `msp-report tables --docs docs`; do not edit: a key is declared in "
        "`msp_report/params/`. `params/demo/` shows them in use, and the schemas in `params/schema/` complete them "
        "in an editor. A client's name and time zone are enough to begin; an unknown key is refused, naming the "
        "nearest known one.\n\n"
        "`[]` after a key is a list of entries, `<name>` stands for a name of your own.\n"
    )
    return head + "".join(_file(*file) for file in _FILES)


def _file(name: str, model: type[BaseModel], about: str) -> str:
    rows = "".join(
        f"| `{path}` | {kind} | {default} | {meaning} |\n" for path, kind, default, meaning in listed(model)
    )
    return f"\n## {name}\n\n{about}\n\n| key | type | default | meaning |\n|---|---|---|---|\n{rows}"


def listed(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Every key below a model: path, type, default, meaning. Keys of the mapping language are in docs/sources.md."""
    said = meanings(model)
    for name, field in model.model_fields.items():
        if model is not Layout and issubclass(model, Layout) and name in Layout.model_fields:
            continue
        path = f"{prefix}{name}"
        inner, suffix = _inside(field.annotation)
        default = (
            "required" if field.is_required() else _written(field.get_default(call_default_factory=True))
        )
        yield path, _type(field.annotation), default, said.get(name, "")
        if inner is not None:
            yield from listed(inner, f"{path}{suffix}.")


@cache
def meanings(model: type[BaseModel]) -> dict[str, str]:
    """The sentence under each field of a model, its bases' too."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if not (isinstance(one, type) and issubclass(one, BaseModel)) or one is BaseModel:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(one))).body[0].body
        for field, text in pairwise(body):
            said = text.value if isinstance(text, ast.Expr) else None
            if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Constant):
                found[field.target.id] = " ".join(said.value.split())
    return found


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema in which each key says what it means."""
    models = {model.__name__: model for _, top, _ in _FILES for model in _models(top)}
    for name, part in [(schema["title"], schema), *schema.get("$defs", {}).items()]:
        for key, text in meanings(models[name]).items() if name in models else ():
            if key in part.get("properties", {}):
                part["properties"][key]["description"] = text
    return schema


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel) and part is not model:
                yield from _models(part)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _inside(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The model within an annotation, and how a path leads into it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    if origin is Annotated:
        return _inside(arguments[0])
    if origin in (tuple, list):
        return _inside(arguments[0])[0], "[]"
    if origin is dict:
        inner, suffix = _inside(arguments[1])
        return inner, f".<name>{suffix}"
    found = [inside for part in arguments if (inside := _inside(part))[0] is not None]
    return found[0] if origin in (Union, UnionType) and found else (None, "")


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " / ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(part) for part in arguments if part is not NoneType))
    if origin in (tuple, list):
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"by {_type(arguments[0])}: {_type(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys"
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "Decimal": "money",
        "bool": "true / false",
    }
    return names.get(getattr(annotation, "__name__", ""), getattr(annotation, "__name__", "any"))


def _written(default: Any) -> str:
    if default is None or default in ((), {}, "") or isinstance(default, BaseModel):
        return ""
    if isinstance(default, tuple):
        return f"`[{', '.join(map(str, default))}]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
