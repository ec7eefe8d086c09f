"""Where params, exports and output lie: the folders of one place of work."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msp_report.model.errors import WrongUse

if TYPE_CHECKING:
    from msp_report import params
    from msp_report.model.period import Month, Period

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "shipped"
#: The folder of the program's own notebooks/ and params/: the checkout, or in an installed wheel inside the package.
PROJECT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class UnknownClient(WrongUse):
    """There are no params for a client of this name."""


@dataclass(frozen=True)
class Workspace:
    """The folders of one place of work; each may be moved by an option of the command line."""

    root: Path
    params: Path
    output: Path
    exports: Path | None = None
    """Replaces the first folder of the `exports` of sources.yaml."""
    store: str = ""
    """The same where it is an address, s3://bucket or sftp://user@host/folder."""

    @classmethod
    def find(
        cls,
        root: str | Path = "",
        params: str | Path | None = None,
        exports: str | Path | None = None,
        output: str | Path | None = None,
    ) -> Workspace:
        """The workspace at `root`; empty: the current folder or the nearest one above with params/, else
        the checkout, and the current folder where there is none. Folders not given come from
        MSP_REPORT_PARAMS, _EXPORTS and _OUTPUT, else lie in it.
        """
        base = Path(root).expanduser().resolve() if str(root) else _nearest_root()
        given = {
            name: value or os.environ.get(f"MSP_REPORT_{name.upper()}") or None
            for name, value in (("params", params), ("exports", exports), ("output", output))
        }
        elsewhere = "://" in str(given["exports"] or "")
        return cls(
            root=base,
            params=Path(given["params"] or base / "params").expanduser().resolve(),
            output=Path(given["output"] or base / "output").expanduser().resolve(),
            exports=None
            if elsewhere or not given["exports"]
            else Path(given["exports"]).expanduser().resolve(),
            store=str(given["exports"]).rstrip("/") if elsewhere else "",
        )

    @staticmethod
    def begun() -> Path:
        """The current folder or the nearest one above with params/; where there is none, the current folder itself."""
        here = Path.cwd().resolve()
        return next((folder for folder in (here, *here.parents) if (folder / "params").is_dir()), here)

    @property
    def environment(self) -> dict[str, str]:
        """What a kernel must know to find the same folders."""
        values = {"MSP_REPORT_PARAMS": str(self.params), "MSP_REPORT_OUTPUT": str(self.output)}
        moved = self.store or str(self.exports or "")
        return values | ({"MSP_REPORT_EXPORTS": moved} if moved else {})

    @property
    def ledger(self) -> Path:
        """Where it is written which packs were issued, outside output/."""
        return self.root / "ledger"

    @property
    def clients(self) -> list[str]:
        """Every client with a contract, in the workspace's params."""
        return sorted(path.parent.name for path in self.params.glob("*/contract.yaml"))

    def client_params(self, client: str) -> Path:
        """The folder of a client's params; the demo's are the project's own where the workspace has none.

        Raises UnknownClient, naming the nearest one.
        """
        if _CLIENT.fullmatch(client):
            for base in (self.params, *([PROJECT / "params"] if client == "demo" else [])):
                if (base / client).is_dir():
                    return base / client
        from rapidfuzz import (
            process,  # it and the locks are imported where they are used: an unchanged month is quick
        )

        match = process.extractOne(client, self.clients, processor=str.casefold, score_cutoff=60)
        if match:
            hint = f"did you mean {match[0]!r}?"
        elif _CLIENT.fullmatch(client):
            hint = f"put its contract.yaml into {self.params / client}"
        else:
            hint = f"a client is a folder in {self.params}, named with a-z, 0-9, dots and dashes"
        raise UnknownClient(f"unknown client {client!r}: {hint}")

    def secret(self, client: str) -> str:
        """The client's own secret, by which its pseudonyms are made: `pseudonyms.key` beside its contract.yaml.

        Made by chance where there is none. Raises WrongUse where it cannot be kept: pseudonyms that change from run to
        run would be of no use.
        """
        path = self.client_params(client) / "pseudonyms.key"
        try:
            with suppress(FileExistsError), open(path, "x", encoding="ascii", opener=_for_the_owner) as file:
                file.write(secrets.token_hex(32) + "\n")
            for _ in range(50):  # another run may be writing it
                if text := path.read_text(encoding="ascii").strip():
                    return text
                time.sleep(0.02)
        except (OSError, ValueError) as error:
            raise WrongUse(
                f"{path}: the secret for pseudonyms cannot be kept there ({error}): make the folder writable once, or "
                "put a file with 64 random letters there"
            ) from None
        raise WrongUse(f"{path}: it is empty: remove it, or put 64 random letters into it")

    def exports_template(self, client: str, sources: params.Sources) -> str:
        """The folder of a client's exports, absolute, with `{month}` left in where it stands.

        A folder given on the command line stands for the first one of `exports` in sources.yaml, as
        `exports/` does in a workspace; a level of clients that it does not have is left out.
        """
        template = sources.exports
        _, is_elsewhere, rest = template.rpartition("://")
        if self.store:
            below = rest.partition("/")[2]
            return f"{self.store}/{below}".rstrip("/").replace("{client}", client)
        if is_elsewhere and not self.exports:
            return template.replace("{client}", client)
        if self.exports:
            parts = Path(rest).parts[1:]
            if "{client}" in parts and not (self.exports / client).is_dir():
                parts = tuple(part for part in parts if part != "{client}")
            return str(self.exports.joinpath(*parts)).replace("{client}", client)
        return str(self.root / template).replace("{client}", client)

    def pack(self, client: str, period: Period | Month, name: str = "") -> Path:
        """Where the published pack of a period lies; `name` is that of a pack beside the monthly and annual one."""
        return self.output / client / name / str(period)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _nearest_root() -> Path:
    here = Path.cwd().resolve()
    otherwise = here if PROJECT == _SHIPPED else PROJECT
    return next((folder for folder in (here, *here.parents) if (folder / "params").is_dir()), otherwise)


def _demo_version() -> str:
    """What the demo company is made by: its modules, as they stand."""
    modules = sorted((_PACKAGE / "demo").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in modules)).hexdigest()


def _untouched(folder: Path) -> bool:
    """Whether no file of the demo's exports is younger than the truth about them, which is written last."""
    truth = folder / "truth.json"
    files = [path for path in folder.glob("*/*") if path.is_file()]
    return truth.exists() and all(path.stat().st_mtime_ns <= truth.stat().st_mtime_ns for path in files)


def make_demo(workspace: Workspace, anew: bool = False, **options: Any) -> Path:
    """The folder of the demo company's exports; made where they are absent, `anew`, or where another version of this
    software made them and nobody has changed a file of them since."""
    base = workspace.exports or workspace.root / "exports"
    folder = base / "demo"
    lock = workspace.output / "demo" / ".accepted.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    from msp_report.system import locks

    with locks.held(lock, "demo: waiting for its exports to be made"):
        mark = folder / "made_by.json"
        made = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
        old = made.get("version") != _demo_version() and _untouched(folder)
        if anew or old or not (folder / "truth.json").exists():
            from msp_report import demo

            seed = {"seed": made["seed"]} if old and made.get("seed") is not None else {}
            chosen = seed | options
            demo.generate(base, **chosen)
            told = {"version": _demo_version(), "seed": chosen.get("seed")}
            mark.write_text(json.dumps(told) + "\n", encoding="utf-8")
    return folder
