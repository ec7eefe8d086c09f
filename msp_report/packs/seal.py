"""Seals: what an issued pack is made of and holds, as digests in one file, and what has changed since.

`seal.json` in the pack is an in-toto Statement (https://in-toto.io/Statement/v1): its subjects are the files of the
pack, its predicate says from which exports, params, code and earlier packs it was made. Its own SHA-256 is the pack's
head; it names the head before it, and the ledger names every head.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from msp_report.case import Case
from msp_report.environment import LOCK
from msp_report.model.errors import Failed, WrongUse
from msp_report.model.version import RULES_VERSION

NAME = "seal.json"
#: Where the params lie in a sealed pack, as they were: a rebuild needs them. The secret of pseudonyms stays at home.
PARAMS, SECRET = "params", "pseudonyms.key"
#: Executed notebooks: no run repeats their bytes.
RUN = "notebooks/"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "urn:msp-report:pack:v1"
_FIGURE = ("measure", "subject", "value", "verdict")


@dataclass(frozen=True)
class Seal:
    """What a seal says."""

    told: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Seal:
        """The seal in a file. Raises Failed where it is none."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            found = cls(told)
            _ = found.files, found.of["figures"], found.of["inputs"], found.of["issued_at"]
        except (ValueError, TypeError, LookupError):
            raise Failed(f"{path}: this is no seal: it was changed") from None
        return found

    @property
    def of(self) -> dict[str, Any]:
        """Its predicate: period, revision, inputs, code and the rest."""
        return self.told["predicate"]

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of every file of the pack, by its path in it."""
        return {one["name"]: one["digest"]["sha256"] for one in self.told["subject"]}

    def bytes(self) -> bytes:
        """As it is written, signed and hashed."""
        text = json.dumps(self.told, ensure_ascii=False, indent=1, sort_keys=True)
        return f"{text}\n".encode()


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def head(content: bytes) -> str:
    """The head of a seal: the SHA-256 of its file."""
    return hashlib.sha256(content).hexdigest()


def evidence(files: dict[str, str]) -> str:
    """One digest of all that the pages of a pack rest on: the SHA-256 of what `sha256sum` prints of its files in the
    order of their names, but for the pages, which name it, and the executed notebooks, which hold times."""
    lines = [f"{files[name]}  {name}\n" for name in sorted(files) if not name.startswith(("html/", RUN))]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def files_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in the folder of a pack, but of its seal and signatures."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    named = ((path.relative_to(folder).as_posix(), path) for path in paths)
    return {name: digest(path) for name, path in named if not name.startswith(NAME)}


def made_from(case: Case, manifest: dict[str, Any], earlier: dict[str, Path]) -> dict[str, Any]:
    """What a pack is made from: exports, the secret of its pseudonyms, code, and the figures of earlier packs.

    Parameters: the pack's own `manifest`; `earlier`, the figures.json of the packs that it may sum up, by period.
    """
    secret = case.workspace.client_params(case.client) / SECRET
    inputs = [
        {key: entry[key] for key in ("file", "sha256", "bytes")}
        | {"month": entry.get("month", str(case.period))}
        for entry in manifest["files"]
    ]
    return {
        "inputs": sorted({json.dumps(one, sort_keys=True): one for one in inputs}.values(), key=_named),
        "secret": digest(secret) if secret.is_file() else "",
        "code": {
            **manifest["code"],
            "lock": digest(LOCK) if LOCK.is_file() else "",
            "python": platform.python_version(),
            "rules_version": RULES_VERSION,
        },
        "earlier": {period: digest(path) for period, path in sorted(earlier.items())},
    }


def _named(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["month"], entry["file"]


def statement(files: dict[str, str], predicate: dict[str, Any]) -> Seal:
    """A seal of some files."""
    subjects = [{"name": name, "digest": {"sha256": files[name]}} for name in sorted(files)]
    return Seal(
        {"_type": _STATEMENT, "subject": subjects, "predicateType": _PREDICATE, "predicate": predicate}
    )


def figures(path: Path) -> list[list[Any]]:
    """The figures of a pack as a seal keeps them: measure, subject, value, verdict. So it can be said which one was
    changed, and from what."""
    return [[figure[key] for key in _FIGURE] for figure in json.loads(path.read_text(encoding="utf-8"))]


# ---------------------------------------------------------------- what changed


def changes(folder: Path, sealed: Seal) -> Iterator[str]:
    """What of the folder of a pack differs from its seal, a line each; of changed figures which, and from what."""
    now, was = files_of(folder), sealed.files
    for name in sorted({*was, *now}):
        if name not in now:
            yield f"{name} is not there"
        elif name not in was:
            yield f"{name} was added"
        elif now[name] != was[name]:
            named = list(_figures_changed(folder / name, sealed)) if name == "figures.json" else []
            yield f"{name} was changed{': ' if named else ''}{'; '.join(named)}"


def _figures_changed(path: Path, sealed: Seal) -> Iterator[str]:
    was = {(measure, subject): [value, verdict] for measure, subject, value, verdict in sealed.of["figures"]}
    try:
        now = {(measure, subject): rest for measure, subject, *rest in figures(path)}
    except (ValueError, TypeError, LookupError):
        yield "it is no list of figures any more"
        return
    for key in [*was, *(key for key in now if key not in was)]:
        if was.get(key) != now.get(key):
            yield f"{' '.join(filter(None, key))} was {_shown(was.get(key))}, is {_shown(now.get(key))}"


def _shown(figure: list[Any] | None) -> str:
    if figure is None:
        return "not there"
    value, verdict = figure
    text = (
        "not known" if value is None else f"{value:.10g}" if isinstance(value, int | float) else repr(value)
    )
    return f"{text} ({verdict})" if verdict else text


# ---------------------------------------------------------------- signatures


def sign(content: bytes, key: Path) -> tuple[bytes, bytes]:
    """The Ed25519 signature of a seal by a private key in a PEM file, and its public key as PEM.

    As `openssl pkeyutl -sign -rawin` makes it. Raises WrongUse for a file that holds no such key.
    """
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except OSError as error:
        raise WrongUse(f"{key}: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise WrongUse(
            f"{key}: this is no Ed25519 private key without a password: make one with "
            "openssl genpkey -algorithm ed25519 -out key.pem"
        )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.sign(content), public


def is_signed(content: bytes, signature: bytes, public: bytes) -> bool:
    """Whether a signature of a seal is that of a public key in PEM; what is no key signs nothing."""
    try:
        key = serialization.load_pem_public_key(public)
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, content)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """The first letters of a public key's SHA-256, by which its signatures are called."""
    return hashlib.sha256(public).hexdigest()[:12]
