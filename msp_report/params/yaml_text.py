"""YAML read as text, and what is wrong in it said in sentences.

Every scalar stays text until a model types it, so that `9:00` stays a time, `NO` a country and `1.10` a version.
An unknown key is refused with its line and the nearest known one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process

from msp_report.model.errors import WrongUse
from msp_report.params.fields import Params


class ParamsError(WrongUse):
    """A params file cannot be used; the text names file, line and key and says what to do."""


#: The largest file of params [bytes].
LARGEST = 5_000_000


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Every scalar is text but null; keys may not repeat."""


_TextLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> tuple[Any, dict[tuple, int]]:
    """A YAML file with all scalars as text, and the line of every path in it.

    Raises ParamsError with the line where the file is no YAML, not UTF-8, or repeats a key; and for what is no file,
    such as a pipe or a device, or larger than LARGEST.
    """
    lines: dict[tuple, int] = {}
    with _loaded(path) as loader:
        node = loader.get_single_node()
        if node is not None:
            _note_lines(node, (), lines, path)
        return (loader.construct_document(node) if node is not None else {}), lines


def read_documents(path: Path) -> list[Any]:
    """Every document of a YAML file with all scalars as text. Raises what read_yaml raises."""
    found = []
    with _loaded(path) as loader:
        while loader.check_node():
            node = loader.get_node()
            _note_lines(node, (), {}, path)
            found.append(loader.construct_document(node))
    return found


@contextmanager
def _loaded(path: Path) -> Iterator[_TextLoader]:
    if not path.is_file():
        raise ParamsError(f"{path}: not a file: put the params there as a text file")
    if path.stat().st_size > LARGEST:
        raise ParamsError(f"{path}: larger than {LARGEST // 1_000_000} MB: params are written by people")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8 text: save it as UTF-8") from None
    try:
        loader = _TextLoader(text)
        try:
            yield loader
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ParamsError(f"{path}, line {line}: not readable as YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not readable as YAML: {error}") from None


def _note_lines(node: yaml.Node, path: tuple, lines: dict[tuple, int], file: Path, depth: int = 0) -> None:
    if depth > 40:
        raise ParamsError(f"{file}, line {node.start_mark.line + 1}: nested too deeply")
    if len(lines) > 50_000:  # aliases of aliases grow without end
        raise ParamsError(f"{file}: too many entries")
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ParamsError(
                    f"{file}, line {key.start_mark.line + 1}: a key is one word, not a list or keys of its own: "
                    "put text with braces or brackets into quotes"
                )
            if key.value in seen and key.value != "<<":
                raise ParamsError(
                    f"{file}, line {key.start_mark.line + 1}: {key.value!r} stands twice: keep one"
                )
            seen.add(key.value)
            _note_lines(value, (*path, key.value), lines, file, depth + 1)
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines, file, depth + 1)


def load(model: type[Params], path: Path, required: bool) -> Any:
    """A params file as its model; an absent one is the empty model, or refused where it is required.

    Raises ParamsError.
    """
    if not path.exists():
        if required:
            raise ParamsError(f"{path} is missing: write at least client: {{name: …, timezone: …}}")
        return model()
    data, lines = read_yaml(path)
    return validate(model, data, str(path), lines)


def validate(model: type[Params], data: Any, name: str, lines: dict[tuple, int]) -> Any:
    """Data as its model. `name` is what an error calls the file, `lines` where each path stands in it.

    Raises ParamsError.
    """
    if not isinstance(data, Mapping):
        raise ParamsError(f"{name}: expected keys and values, found {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ParamsError("\n".join(problems(model, error, name, lines))) from None


def problems(model: type[Params], error: ValidationError, name: str, lines: dict[tuple, int]) -> list[str]:
    """One sentence a problem: where, what, and what to do; alternatives of one place are told once.

    Parameters as in `validate`.
    """
    sentences: dict[str, str] = {}
    raised = error.errors(include_url=False)
    deeper = {one["loc"][:-2] for one in raised} | {one["loc"][:-3] for one in raised}
    for problem in raised:
        if str(problem["loc"][-1:]).find("literal[") > 0 and problem["loc"][:-1] in deeper:
            continue  # the other member of a union is the one that was meant
        path = tuple(part for part in problem["loc"] if part != "[key]")
        real = _data_path(path, lines)
        line = next((lines[real[:cut]] for cut in range(len(real), -1, -1) if real[:cut] in lines), None)
        place = f"{name}, line {line}" if line else name
        key = ".".join(str(part) for part in real)
        if problem["type"] == "extra_forbidden":
            known = _fields_at(model, path[:-1])
            text = f"{key!r} is not a known key{nearest(str(path[-1]), known)}"
        elif problem["type"] == "missing":
            text = f"{key!r} is missing: add it"
        else:
            message = _plain(problem)
            shown = problem.get("input")
            found = f" (found {shown!r})" if isinstance(shown, str | int | float) and key else ""
            text = f"{key}: {message}{found}" if key else message
        sentences.setdefault(f"{place}:{key}", f"{place}: {text}")
    return list(sentences.values())


#: What is to be written where something else stands, by the kind of pydantic's error.
_WRITE = {
    "bool": "write true or false",
    "date": "write a day like 2025-04-01",
    "decimal": "write a number without thousands, like 18000 or 0.5",
    "dict": "write keys and values, like {key: value}",
    "float": "write a number, like 15 or 0.5",
    "int": "write a whole number",
    "list": "write a list, like [one, another]",
    "mapping": "write keys and values, like {key: value}",
    "model": "write keys and values, like {key: value}",
    "string": "write a text",
    "tuple": "write a list, like [one, another]",
}


def _plain(problem: Mapping[str, Any]) -> str:
    """What is wrong with a value and what to write, in words of people who write YAML."""
    kind, found, told = problem["type"], problem.get("input"), problem.get("ctx", {})
    share = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", found) if isinstance(found, str) else None
    if share and (
        ("%" in found and "parsing" in kind) or (kind == "less_than_equal" and told.get("le") == 1)
    ):
        return f"a share is written from 0 to 1: {float(share[1]) / 100:.10g} for {share[1]} %"
    if kind == "literal_error":
        return f"write {_or(told['expected'])}"
    if kind == "string_pattern_mismatch" and told.get("pattern") == "^[A-Z]{3}$":
        return "write three capital letters, like EUR"
    if kind == "string_too_short":
        return "there is nothing: write it, or leave the key out"
    bounds = {"greater_than_equal": "at least", "greater_than": "more than", "less_than_equal": "at most"}
    bounds["less_than"] = "less than"
    if kind in bounds:
        return f"it must be {bounds[kind]} {next(iter(told.values())):,}"
    known = _WRITE.get(kind.partition("_")[0])
    return known or problem["msg"].removeprefix("Value error, ")


def _or(expected: str) -> str:
    """The words of a list without their quotes."""
    return expected.replace("'", "")


def _data_path(path: tuple, lines: dict[tuple, int]) -> tuple:
    """The path in the file: pydantic puts names of union members between the keys."""
    if not lines:
        return tuple(part for part in path if not (isinstance(part, str) and re.search(r"[\[(]", part)))
    real: tuple = ()
    for index, part in enumerate(path):
        if (*real, part) in lines or index == len(path) - 1:
            real = (*real, part)
    return real


def _fields_at(model: Any, path: tuple) -> list[str]:
    """The keys known at a path of a model."""
    for part in path:
        model = _step(model, part)
    members = [m for m in _members(model) if isinstance(m, type) and issubclass(m, BaseModel)]
    return sorted({name for member in members for name in member.model_fields})


def _step(annotation: Any, part: Any) -> Any:
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            if part in member.model_fields:
                return member.model_fields[part].annotation
        elif get_origin(member) is dict:
            return get_args(member)[1]
        elif get_origin(member) is tuple and isinstance(part, int):
            return get_args(member)[0]
    return annotation


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def nearest(word: str, known: Any) -> str:
    """The end of a sentence on an unknown word: the closest known one, or the whole list where it is short.

    >>> nearest("currancy", ["currency", "locale"])
    ": did you mean 'currency'?"
    """
    known = sorted(str(name) for name in known)
    match = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=60)
    if match:
        return f": did you mean {match[0]!r}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= 30 else ""
