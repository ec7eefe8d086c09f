"""A pack is a draft until it is issued; then it stands, and is only restated, openly (rule 48).

To issue is to copy the published revision into a new one whose pages say so, to seal that (packs/seal) and to write its
head into the ledger. What is issued is not run over: `restate` runs it again, says why, and lists every figure that it
changed. `verify` says what differs from the seals, down to the file and the figure.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report import ledger
from msp_report.case import Case, open_case, open_year
from msp_report.model.errors import Failed, WrongUse
from msp_report.model.period import Month, Period
from msp_report.packs import code, collected, document, history, pack, seal, stale
from msp_report.packs.seal import Seal
from msp_report.pages import publish
from msp_report.system import now, revisions
from msp_report.workspace import Workspace


@dataclass
class _Issuing:
    """How a pack is issued; see pack.Issuing."""

    key: Path | None = None
    why: str = ""
    restates: ledger.Line | None = None
    sealed: Seal | None = None
    """Of a rebuild: the seal that it repeats, which is written into no ledger."""
    _line: ledger.Line | None = None
    _files: dict[str, bytes] = field(default_factory=dict)
    _changed: pd.DataFrame = field(default_factory=pd.DataFrame)

    def standing(self, case: Case, staging: Path, changed: pd.DataFrame) -> publish.Issue:
        """Params are put beside the figures, so that they are sealed with them."""
        _keep_params(case, staging)
        self._changed = changed if self.restates else changed.iloc[:0]
        if self.sealed:
            told = self.sealed.of
            at, number, previous = told["issued_at"], int(told["revision"]), told["previous"]
            restates = int(told["restates"]["revision"]) if told["restates"] else 0
        else:
            before = ledger.lines(case.workspace, case.client)
            at = now.now().floor("s").strftime("%Y-%m-%dT%H:%M:%SZ")
            number = revisions.next_revision(case.workspace.pack(case.client, case.period))
            previous = before[-1].head if before else ""
            restates = int(self.restates.revision) if self.restates else 0
        return publish.Issue(
            revision=number,
            at=pd.Timestamp(at).tz_convert(case.timezone),
            evidence=seal.evidence(seal.files_of(staging)),
            previous=previous,
            restates=restates,
            why=self.why,
            changed=self._changed,
        )

    def close(self, case: Case, staging: Path, issue: publish.Issue) -> None:
        """Write seal.json, and its signature where there is a key."""
        files = seal.files_of(staging)
        manifest = stale.manifest_of(staging)
        changed = _as_lines(self._changed)
        predicate = {
            "client": case.client,
            "period": str(case.period),
            "revision": f"{issue.revision:04d}",
            "made_at": int((staging / "figures.json").stat().st_mtime),
            "issued_at": issue.at.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ"),
            "previous": issue.previous,
            "evidence": issue.evidence,
            "restates": {"revision": self.restates.revision, "why": self.why, "changed": changed}
            if self.restates
            else None,
            "replaces": _number_before(case, issue.revision, draft=not self.restates),
            **seal.made_from(case, manifest, _earlier(case)),
            "figures": seal.figures(staging / "figures.json"),
        }
        content = seal.statement(files, predicate).bytes()
        (staging / seal.NAME).write_bytes(content)
        self._files = {f".{seal.NAME}": content}
        if self.key:
            signature, public = seal.sign(content, self.key)
            (staging / f"{seal.NAME}.sig").write_bytes(signature)
            self._files |= _signature(signature, public)
        head = seal.head(content)
        told = (predicate["revision"], predicate["issued_at"], head, issue.previous, self.why, changed)
        self._line = ledger.Line(str(case.period), *told)

    def enter(self, case: Case) -> None:
        """Write the line."""
        if self._line and not self.sealed:
            ledger.append(case.workspace, case.client, self._line, self._files)


def _signature(signature: bytes, public: bytes) -> dict[str, bytes]:
    by = seal.fingerprint(public)
    return {f".{by}.sig": signature, f".{by}.pub": public}


def _as_lines(changed: pd.DataFrame) -> list[dict[str, Any]]:
    names = ["measure", "subject", "unit", "value_from", "value_to", "verdict_from", "verdict_to"]
    if changed.empty:
        return []
    rows = changed[names].astype(object)
    return rows.where(rows.notna(), None).to_dict("records")


def _keep_params(case: Case, staging: Path) -> None:
    """The params as they are, but for the secret of pseudonyms, which stays at home."""
    folder, into = case.workspace.client_params(case.client), staging / seal.PARAMS
    shutil.rmtree(into, ignore_errors=True)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if (
            path.is_file()
            and path.name != seal.SECRET
            and not any(part.startswith(".") for part in name.parts)
        ):
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, into / name)


def _earlier(case: Case) -> dict[str, Path]:
    """The figures of the packs published for months up to the period, which it may look back on or sum up."""
    found = {}
    for path in sorted((case.workspace.output / case.client).glob("????-??/figures.json")):
        try:
            month = Month.parse(path.parent.name)
        except ValueError:
            continue
        if month <= case.period.last and path.parent.name != str(case.period):
            found[path.parent.name] = path
    return found


def _number_before(case: Case, number: int, draft: bool) -> str:
    """The revision that was published when the pack was run, with which it compared its figures; empty: none.

    A draft that is issued is a revision of its own, the one before this.
    """
    before = number - 1 - draft
    home = revisions.revision(case.workspace.pack(case.client, case.period), before) if before > 0 else None
    return home.name if home and home.is_dir() else ""


# ---------------------------------------------------------------- issue and restate


def issue(
    client: str, period: str, workspace: Workspace, key: Path | None = None, say: pack.Say = lambda text: None
) -> Path:
    """Issue the published pack of a period; gives its folder. `key`: an Ed25519 private key (PEM) that signs the seal.

    Raises Failed where there is no pack, where it is out of date (rule 48) or its period runs still; ledger.Issued
    where it was issued; WrongUse for what is no key; and what `open_case` raises.
    """
    if key:
        seal.sign(b"", key)  # refused before anything is done
    case = _opened(client, period, workspace)
    target = workspace.pack(client, case.period)
    with pack.only_run(case, say):
        if not (target / "figures.json").is_file():
            raise Failed(
                f"{client} {case.period}: there is no pack to issue: run msp-report monthly or annual first"
            )
        ledger.refuse_issued(workspace, client, case.period)
        if case.to_date:
            raise Failed(f"{client} {case.period}: it is not over: its pack is issued when it is")
        _refuse_other(case, target)
        staging = target.parent / ".staging" / target.name
        shutil.rmtree(staging, ignore_errors=True)
        ignored = shutil.ignore_patterns("html", f"{seal.NAME}*")
        shutil.copytree(target.resolve(), staging, ignore=ignored)
        notebooks = _notebooks(case)
        reports = [(n.report, staging / "notebooks" / n.path.name) for n in notebooks]
        issuing = _Issuing(key)
        given = issuing.standing(case, staging, pd.DataFrame())
        publish.pages(case, staging, reports, True, pack.first_page(notebooks), given)
        issuing.close(case, staging, given)
        revisions.publish(staging, target)
        issuing.enter(case)
        collected.write(workspace, client)
    return target


def restate(
    client: str,
    period: str,
    why: str,
    workspace: Workspace,
    key: Path | None = None,
    say: pack.Say = lambda text: None,
) -> Path:
    """Run an issued pack again and issue what comes of it, with every figure that it changed; gives its folder.

    Raises WrongUse where it was not issued, or without a reason; and what pack.run_month and pack.run_year raise.
    """
    if not why.strip():
        raise WrongUse("--why: say why it is restated: it stands on every page of the pack")
    if key:
        seal.sign(b"", key)
    case = _opened(client, period, workspace)
    line = ledger.last(workspace, client, case.period)
    if line is None:
        raise WrongUse(
            f"{client} {case.period}: it was not issued, so there is nothing to restate: run it again as ever"
        )
    issuing = _Issuing(key, " ".join(why.split()), line)
    return _run(case, workspace, issuing, say)


def _run(case: Case, workspace: Workspace, issuing: _Issuing, say: pack.Say) -> Path:
    if case.period.first == case.period.last:
        return pack.run_month(case.client, str(case.period), workspace, say=say, issuing=issuing)
    sealed, folder = issuing.sealed, workspace.pack(case.client, case.period)
    documented = document.NAME in sealed.files if sealed else (folder / document.NAME).is_file()
    return pack.run_year(case.client, str(case.period), workspace, say, issuing, documented)


def _opened(client: str, period: str, workspace: Workspace) -> Case:
    is_month = not period or (Period.parse(period).first == Period.parse(period).last)
    return (open_case if is_month else open_year)(client, period, workspace)


def _notebooks(case: Case) -> list[pack.Notebook]:
    kind = "monthly" if case.period.first == case.period.last else "annual"
    return pack.discover(pack.NOTEBOOKS / kind)


def _refuse_other(case: Case, target: Path) -> None:
    """Raises Failed where a run would give another pack today."""
    again = "run it again, look at it, and issue that"
    if case.period.first == case.period.last and (why := stale.why_stale(case, case.period.last)):
        raise Failed(f"{case.client} {case.period}: its pack is out of date: {why}: {again}")
    if stale.manifest_of(target).get("code") != code.made_by():
        raise Failed(f"{case.client} {case.period}: another version of msp_report made its pack: {again}")


# ---------------------------------------------------------------- verify


def countersign(client: str, period: str, key: Path, workspace: Workspace) -> Path:
    """Sign the seal of an issued pack with one more key, such as the provider's; gives the signature's file.

    Raises Failed where the pack is not what its seal says, WrongUse where none was issued or for what is no key.
    """
    case = _opened(client, period, workspace)
    line = ledger.last(workspace, client, case.period)
    if line is None:
        raise WrongUse(f"{client} {case.period}: it was not issued: there is nothing to sign")
    if found := [*ledger.breaks(workspace, client), *_of_pack(workspace, client, line)]:
        raise Failed("\n".join(f"{client} {case.period}: {one}" for one in found))
    folder = workspace.ledger / client
    signature, public = seal.sign((folder / f"{line.stem}.{seal.NAME}").read_bytes(), key)
    for end, content in _signature(signature, public).items():
        (folder / f"{line.stem}{end}").write_bytes(content)
    return folder / f"{line.stem}.{seal.fingerprint(public)}.sig"


@dataclass
class Verified:
    """What verify found: a line for each pack that is whole, and one for each thing that is not."""

    whole: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What could not be looked at, and is no fault by itself."""


def verify(
    client: str,
    workspace: Workspace,
    period: str = "",
    keys: tuple[Path, ...] = (),
    head: str = "",
    rebuild: bool = False,
    say: pack.Say = lambda text: None,
) -> Verified:
    """Compare every issued pack, or that of one period, with its seal, the ledger and its signatures.

    `keys`: public keys (PEM) that must have signed; `head`: a head that was kept elsewhere, which the ledger must have;
    `rebuild` runs the pack again from what was sealed and compares byte by byte. Raises WrongUse where none was issued.
    """
    chosen = [
        line
        for line in ledger.lines(workspace, client)
        if not period or line.period == str(Period.parse(period))
    ]
    if not chosen:
        raise WrongUse(
            f"{client}{f' {period}' if period else ''}: no pack was issued: there is nothing to verify"
        )
    told = Verified(found=[f"{client}: {one}" for one in ledger.breaks(workspace, client)])
    if head and not any(line.head.startswith(head.lower()) for line in ledger.lines(workspace, client)):
        told.found.append(f"{client}: the head {head} is in no line of the ledger: it was rewritten")
    stands = {line.period: line for line in chosen}
    for line in chosen:
        name = f"{client} {line.period}, revision {int(line.revision)}"
        found = [*_of_pack(workspace, client, line), *_of_keys(workspace, client, line, keys)]
        if stands[line.period] is line:
            found += _published(workspace, client, line)
            changed, absent = _of_exports(client, workspace, line)
            found += changed
            told.remarks += [f"{name}: {one}" for one in absent]
        if rebuild and not found and stands[line.period] is line:
            say(f"{name}: running it again from what was sealed")
            found += _rebuilt(client, workspace, line, say)
        told.found += [f"{name}: {one}" for one in found]
        if not found:
            more = ", and comes out the same again" if rebuild and stands[line.period] is line else ""
            told.whole.append(f"{name}: as issued on {line.issued_at[:10]}{more} (head {line.head})")
    return told


def _home(workspace: Workspace, client: str, line: ledger.Line) -> Path:
    target = workspace.pack(client, line.period)
    home = revisions.revision(target, int(line.revision))
    # where links are not to be had the newest revision is the published folder itself
    return target if not home.exists() and target.is_dir() and not target.is_symlink() else home


def _of_pack(workspace: Workspace, client: str, line: ledger.Line) -> Iterator[str]:
    """What of a pack differs from its seal, and of its seal from the ledger's."""
    kept = workspace.ledger / client / f"{line.stem}.{seal.NAME}"
    folder = _home(workspace, client, line)
    if not folder.is_dir():
        yield f"{folder.name} is not there"
        return
    own = folder / seal.NAME
    if not own.is_file():
        yield f"{seal.NAME} is not there"
    elif seal.head(own.read_bytes()) != line.head:
        yield f"{seal.NAME} was changed: it is not the one in the ledger"
    good = next(
        (path for path in (kept, own) if path.is_file() and seal.head(path.read_bytes()) == line.head), None
    )
    if good is None:
        yield "no seal of its head is left: its files cannot be compared"
        return
    yield from seal.changes(folder, Seal.read(good))


def _of_keys(workspace: Workspace, client: str, line: ledger.Line, keys: tuple[Path, ...]) -> Iterator[str]:
    """Signatures that do not fit the seal, and keys that did not sign it."""
    folder = workspace.ledger / client
    kept = folder / f"{line.stem}.{seal.NAME}"
    content = kept.read_bytes() if kept.is_file() else b""
    signed = set()
    for path in sorted(folder.glob(f"{line.stem}.*.sig")):
        public = path.with_suffix(".pub")
        if public.is_file() and seal.is_signed(content, path.read_bytes(), public.read_bytes()):
            signed.add(public.read_bytes().strip())
        else:
            yield f"the signature {path.name} is not one of its seal"
    own = _home(workspace, client, line) / f"{seal.NAME}.sig"
    if own.is_file() and not any(seal.is_signed(content, own.read_bytes(), public) for public in signed):
        yield f"{own.name} is no signature of its seal"
    for key in keys:
        try:
            is_there = key.read_bytes().strip() in signed
        except OSError as error:
            raise WrongUse(f"{key}: {error.strerror}") from None
        if not is_there:
            yield f"{key.name} did not sign it"


def _published(workspace: Workspace, client: str, line: ledger.Line) -> Iterator[str]:
    target = workspace.pack(client, line.period)
    if target.exists() and target.resolve() != _home(workspace, client, line).resolve():
        yield f"{target.name} shows another revision than the one that was issued"
    elif not target.exists():
        yield f"{target.name} is not published any more"


def _of_exports(client: str, workspace: Workspace, line: ledger.Line) -> tuple[list[str], list[str]]:
    """The exports that were changed since, and those that are not there to be looked at."""
    sealed = _sealed(workspace, client, line)
    if sealed is None:
        return [], []
    case = _opened(client, line.period, workspace)
    changed, absent = [], []
    for entry in sealed.of["inputs"]:
        path = case.export(Month.parse(entry["month"]), entry["file"])
        if not path.is_file():
            absent.append(f"the export {entry['file']} of {entry['month']} is not there to be compared")
        elif seal.digest(path) != entry["sha256"]:
            changed.append(f"the export {entry['file']} of {entry['month']} was changed")
    return changed, absent


def _sealed(workspace: Workspace, client: str, line: ledger.Line) -> Seal | None:
    path = workspace.ledger / client / f"{line.stem}.{seal.NAME}"
    return Seal.read(path) if path.is_file() and seal.head(path.read_bytes()) == line.head else None


def _rebuilt(client: str, workspace: Workspace, line: ledger.Line, say: pack.Say) -> Iterator[str]:
    """What comes out otherwise when a pack is run again from its sealed params, its exports and the earlier packs."""
    sealed, home = _sealed(workspace, client, line), _home(workspace, client, line)
    if sealed is None:
        return
    if sealed.of["code"]["sha256"] != code.made_by()["sha256"]:
        yield f"it was made by another version of msp_report ({sealed.of['code']['version']}): rebuild it with that one"
        return
    secret = workspace.client_params(client) / seal.SECRET
    if sealed.of["secret"] and (not secret.is_file() or seal.digest(secret) != sealed.of["secret"]):
        yield "the secret of its pseudonyms is another one now: names would come out otherwise"
        return
    with tempfile.TemporaryDirectory(prefix="rebuild-") as name:
        other = _elsewhere(workspace, client, Path(name), home, secret, sealed)
        for month, was in sealed.of["earlier"].items():
            figures = workspace.pack(client, month) / "figures.json"
            if not figures.is_file() or seal.digest(figures) != was:
                yield f"the pack of {month}, on which it rests, is another one now"
                return
        restates = sealed.of["restates"]
        before = next(
            (
                one
                for one in ledger.lines(workspace, client)
                if restates and (one.period, one.revision) == (line.period, restates["revision"])
            ),
            None,
        )
        issuing = _Issuing(why=line.why, restates=before, sealed=sealed)
        with _at(sealed.of["made_at"]):
            case = _opened(client, line.period, other)
            _run(case, other, issuing, lambda text: None)
        now_there = seal.files_of(other.pack(client, line.period).resolve())
        for name, was in sealed.files.items():
            if not name.startswith(seal.RUN) and now_there.get(name) != was:
                yield f"{name} comes out otherwise"


def _elsewhere(
    workspace: Workspace, client: str, base: Path, home: Path, secret: Path, sealed: Seal
) -> Workspace:
    """A workspace with the sealed params, the same exports, and the packs that were published when it was run."""
    into = base / "params" / client
    shutil.copytree(home / seal.PARAMS, into)
    if secret.is_file():
        shutil.copyfile(secret, into / seal.SECRET)
    output = base / "output" / client
    output.mkdir(parents=True)
    for month in sealed.of["earlier"]:
        os.symlink(workspace.pack(client, month).resolve(), output / month, target_is_directory=True)
    if history.leads_to_today(home):  # that there was a page of today, whatever it says now
        (output / pack.DAILY / "html").mkdir(parents=True)
        (output / pack.DAILY / "html" / "index.html").touch()
    period = sealed.of["period"]
    if sealed.of["replaces"]:
        was = revisions.revision(workspace.pack(client, period), int(sealed.of["replaces"]))
        os.symlink(was.resolve(), output / period, target_is_directory=True)
    return Workspace(workspace.root, base / "params", base / "output", workspace.exports, workspace.store)


@contextmanager
def _at(seconds: int) -> Iterator[None]:
    """The present instant is the one at which a pack was made."""
    before = os.environ.get(now.NAME)
    os.environ[now.NAME] = str(seconds)
    try:
        yield
    finally:
        os.environ.pop(now.NAME)
        if before is not None:
            os.environ[now.NAME] = before
