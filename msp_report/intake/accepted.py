"""What was accepted from a client's exports, a folder a month: read once, and anew where what decides it changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from msp_report import params
from msp_report.intake import exports, fetching, ingest, inputs
from msp_report.model.period import Month
from msp_report.system import leftovers, locks
from msp_report.system.once import Once

#: Set for the kernels of a pack run: the file that names the months which the run has looked at.
SETTLED = "MSP_REPORT_SETTLED"
#: The folder beside that file of what its notebooks make once.
_ONCE = "once"
#: Of the contract only the zone decides what is accepted, and sources.yaml counts by what it says.
_SAY_NOTHING_OF_EXPORTS = ("contract.yaml", "findings.yaml", "sources.yaml", "strategy.yaml")


class Accepted:
    """The accepted months of a client: `output/<client>/.accepted/<month>` with tables/, rejects/, manifest.json.

    Every month is looked at once: what was read, or found fresh, stands as long as this object does. The kernels
    of a pack run are told what the run has settled and look at nothing again.
    """

    def __init__(
        self,
        folder: Path,
        template: str,
        origin: str,
        client_params: Path,
        contract: params.Contract,
        sources: params.Sources,
        bring: Callable[[], None] = lambda: None,
        told: Callable[[str], str] = str,
    ) -> None:
        """`folder`: the client's output; `template`: the folder of exports with `{month}` left in; `origin`: the
        same as it stays when the workspace is moved; the folder of the client's params; zone and readings; `bring`
        fetches exports that lie elsewhere into their folder, `told` says their own address for that folder."""
        self._folder, self._here, self._origin = folder, template, origin
        self._bring, self._told = bring, told
        self._params, self._sources, self._timezone = client_params, sources, contract.client.timezone
        self._begin: Callable[[Month], None] = lambda month: None
        self._found: dict[Month, Path | None] = {}
        self.once = Once()
        """What the notebooks of a pack run make once of what was accepted."""
        settled = Path(os.environ.get(SETTLED, ""))
        if folder in settled.parents:
            told = json.loads(settled.read_text(encoding="utf-8"))
            self._found = {
                Month.parse(m): self._place(m) if accepted else None for m, accepted in told.items()
            }
            self.months = sorted(self._found)
            self._bring = lambda: None
            self.once = Once(settled.parent / _ONCE)

    @cached_property
    def template(self) -> str:
        """The folder of exports, with `{month}` left in, once all that is to be fetched is there. Raises Failed."""
        self._bring()
        return self._here

    @property
    def by_month(self) -> bool:
        """Whether each month has files of its own."""
        return exports.MONTH in self._here

    def settle(self, path: Path, begin: Callable[[Month], None]) -> None:
        """Look at every month and write for kernels which were accepted; `begin` hears of each that is read."""
        self._begin, self.once = begin, Once(path.parent / _ONCE)
        told = {str(month): self.find(month) is not None for month in self.months}
        path.write_text(json.dumps(told), encoding="utf-8")

    @cached_property
    def exported(self) -> list[Month]:
        """The months for which there are exports, oldest first."""
        return ingest.months_with_exports(
            self._sources, self.template, self._timezone, params=self._params, cache=self._cache
        )

    @cached_property
    def kept(self) -> list[Month]:
        """Months that were accepted from the same place of exports and of which no file is there any more."""
        folders = (self._folder / ".accepted").glob("[0-9]*")
        months = [Month.parse(path.name) for path in folders if _accepted_from(path) == self._origin]
        return [month for month in months if not inputs.has_files(self._sources, self.template, month)]

    @cached_property
    def months(self) -> list[Month]:
        """Months with exports, or whose exports are gone since they were accepted, oldest first."""
        return sorted({*self.exported, *self.kept})

    def find(self, month: Month) -> Path | None:
        """The folder of a month for a look-back: read first where stale; None where its exports are refused."""
        if month not in self._found:
            try:
                self._found[month] = self._place(month) if month in self.kept else self.read(month)
            except ingest.DataRefused:
                self._found[month] = None
        return self._found[month]

    def read(self, month: Month) -> Path:
        """The folder of a month that has exports.

        Read anew where the exports, sources.yaml or this code changed since. Raises ingest.DataRefused; rejects
        and manifest are written all the same. Where the exports are gone it is refused too, but what was
        accepted before stands for the look-back of later months.
        """
        if found := self._found.get(month):
            return found
        target = self._place(month)
        files = inputs.files(self._sources, self.template, month, self._params)
        stamp = f"{self._stamp(files)}\n{self._origin}"
        if not _is_fresh(target, stamp) or self._is_to_fetch(month):
            with locks.held(
                self._made() / ".accepted.lock",
                f"{self._folder.name}: waiting for its exports to be read",
                self._sources.limits.wait_seconds,
            ):
                leftovers.sweep(self._folder / ".accepted", [".*.new"])
                if not _is_fresh(target, stamp) or self._is_to_fetch(month):
                    self._begin(month)
                    self._read(month, target, bool(files), stamp)
        self._found[month] = target
        return target

    def _is_to_fetch(self, month: Month) -> bool:
        """Whether a server has to be asked for a month, which puts files beside those that are there."""
        return bool(fetching.to_fetch(self._sources, self.template, month, self._timezone))

    def _read(self, month: Month, target: Path, has_files: bool, stamp: str) -> None:
        fetches = self._is_to_fetch(month)
        fresh = target.with_name(f".{month}.new")
        fresh.mkdir(parents=True)
        try:
            ingest.read_month(
                self._sources,
                self.template,
                month,
                self._timezone,
                into=fresh,
                params=self._params,
                cache=self._cache,
            )
            if fetches:
                files = inputs.files(self._sources, self.template, month, self._params)
                has_files = bool(files)
                stamp = f"{self._stamp(files)}\n{self._origin}"
            (fresh / "stamp").write_text(stamp, encoding="utf-8")
        except ingest.DataRefused as error:
            raise ingest.DataRefused([self._told(text) for text in error.problems]) from None
        finally:
            # new files, never old ones written over: published packs share them by hard links
            if has_files or not target.exists():
                shutil.rmtree(target, ignore_errors=True)
                fresh.replace(target)
            shutil.rmtree(fresh, ignore_errors=True)

    def _place(self, month: Month | str) -> Path:
        return self._folder / ".accepted" / str(month)

    def _made(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @property
    def _cache(self) -> Path:
        return self._folder.parent / ".cache"

    def _stamp(self, files: list[Path]) -> str:
        """A hash of all that decides what is accepted: exports by size and time, readings, zone, this code."""
        digest = hashlib.sha256()
        for part in (self._sources.model_dump_json(), self.template, self._timezone, ingest.code()):
            digest.update(part.encode())
        profiles = [path for path in self._params.glob("*.yaml") if path.name not in _SAY_NOTHING_OF_EXPORTS]
        for path in sorted([*files, *profiles]):
            state = path.stat()
            digest.update(f"{path}:{state.st_size}:{state.st_mtime_ns};".encode())
        return digest.hexdigest()


def _accepted_from(folder: Path) -> str | None:
    """The place of exports that a month was accepted from; None where it was not."""
    stamp = folder / "stamp"
    return stamp.read_text(encoding="utf-8").partition("\n")[2] if stamp.exists() else None


def _is_fresh(target: Path, stamp: str) -> bool:
    path = target / "stamp"
    return path.exists() and path.read_text(encoding="utf-8") == stamp
