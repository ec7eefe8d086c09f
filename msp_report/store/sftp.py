"""A folder of a server that is reached over SSH. The only import of paramiko.

Who we are: the user of the address, and the agent, a key of ~/.ssh, the key that MSP_REPORT_SSH_KEY names, or a
password `${NAME}` of the address. What neither says, ~/.ssh/config does: of the host's name there HostName, Port, User
and IdentityFile, and nothing else. Who the server is: its key has to stand in ~/.ssh/known_hosts, in
/etc/ssh/ssh_known_hosts, or in the file that MSP_REPORT_KNOWN_HOSTS names. fsspec's own SFTP knows no known_hosts,
takes any key unless it is told otherwise, and leaves out of a listing each folder that it cannot read: it is not used.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from msp_report.live.asked import Failed, filled, plain, without_secrets
from msp_report.store.place import CONNECT, LONGEST, SILENCE, SLOWEST, Gone, Stamp, Unanswered, lacks

T = TypeVar("T")
#: So much is asked for at a time, in requests that every server answers at once [bytes].
_BLOCK, _PIECE = 4 << 20, 1 << 15
_KNOWN = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
#: What a person has written down of servers.
_CONFIG = "~/.ssh/config"


class Sftp:
    """The files of a folder on a server; connected when it is first asked, and anew after it broke off."""

    def __init__(self, address: str) -> None:
        """Raises Failed where the address or the library is of no use."""
        self.name = plain(address).rstrip("/")
        self._address = address
        try:
            parts = urlsplit(filled(address))
            self._host, self._port = parts.hostname, parts.port
        except ValueError:
            self._host = None
        if not self._host:
            raise Failed("its address cannot be read: write it like sftp://user@host/folder")
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        # as in curl: below /~/ is the folder of the user
        self._root = unquote(parts.path).removeprefix("/~/").rstrip("/") or (
            "." if "/~/" in parts.path else "/"
        )
        try:
            import paramiko
        except ImportError:
            raise lacks("sftp", "paramiko") from None
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # says nothing that its exceptions do not
        self._library = paramiko
        own = _settings(paramiko, self._host)
        self._host = own.get("hostname", self._host)
        self._port = self._port or own.get("port", 22)
        self._user = self._user or own.get("user")
        self._keys = [
            str(path) for name in own.get("identityfile", ()) if (path := Path(name).expanduser()).is_file()
        ]
        self._client: Any = None
        self._files: Any = None

    def listing(self, under: str = "") -> dict[str, Stamp]:
        """As Place.listing; links are followed."""
        found: dict[str, Stamp] = {}

        def walk(folder: str, above: tuple[str, ...]) -> None:
            here = self._path(folder)
            for about in self._files.listdir_attr(here):
                name = f"{folder}/{about.filename}" if folder else about.filename
                is_link = stat.S_ISLNK(about.st_mode or 0)
                if is_link:
                    try:
                        about = self._files.stat(self._path(name))
                    except FileNotFoundError:
                        continue  # a link to nothing
                if stat.S_ISDIR(about.st_mode or 0):
                    real = self._files.normalize(self._path(name)) if is_link else self._path(name)
                    if real not in above:
                        walk(name, (*above, real))
                elif stat.S_ISREG(about.st_mode or 0):
                    found[name] = _stamp(about)

        def ask() -> dict[str, Stamp]:
            try:
                self._files.stat(self._path(under))
            except FileNotFoundError:
                if under:
                    return {}
                raise Failed(f"there is no folder {self._root} on it: check the address") from None
            walk(under, ())
            return found

        return self._asked(ask, LONGEST)

    def stamp(self, file: str) -> Stamp | None:
        """As Place.stamp."""

        def ask() -> Stamp | None:
            try:
                return _stamp(self._files.stat(self._path(file)))
            except FileNotFoundError:
                return None

        return self._asked(ask, LONGEST)

    def blocks(self, file: str, start: int, size: int) -> Iterator[bytes]:
        """As Place.blocks."""

        def open_it() -> Any:
            try:
                return self._files.open(self._path(file), "rb")
            except FileNotFoundError:
                raise Gone from None

        opened = self._asked(open_it, LONGEST)
        try:
            for first in range(start, size, _BLOCK):
                last = min(first + _BLOCK, size)
                # all its requests at once: paramiko's own reading ahead, held in, asks for much of a file twice
                pieces = [(at, min(_PIECE, last - at)) for at in range(first, last, _PIECE)]
                block = self._asked(lambda pieces=pieces: b"".join(opened.readv(pieces)), LONGEST)
                if len(block) != last - first:
                    raise Unanswered("it breaks off in the middle of a file")
                yield block
        finally:
            with suppress(EOFError, OSError, self._library.SSHException):  # of a connection that is gone
                opened.close()

    def put(self, path: Path, file: str) -> None:
        """As Place.put: under another name first, and then renamed in one step."""
        target = PurePosixPath(self._path(file))
        fresh = str(target.with_name(f".{target.name}.new"))

        def ask() -> None:
            self._make(str(target.parent))
            with path.open("rb") as file:
                self._files.putfo(file, fresh, path.stat().st_size, confirm=True)
            try:
                self._files.posix_rename(fresh, str(target))
            except PermissionError:
                raise
            except OSError:  # a server without that
                with suppress(FileNotFoundError):
                    self._files.remove(str(target))
                self._files.rename(fresh, str(target))

        self._asked(ask, LONGEST + path.stat().st_size / SLOWEST)

    def close(self) -> None:
        """As Place.close."""
        client, self._client, self._files = self._client, None, None
        if client is not None:
            client.close()

    def _path(self, file: str) -> str:
        return f"{self._root.rstrip('/')}/{file}" if file else self._root

    def _make(self, folder: str) -> None:
        """A folder and those above it."""
        try:
            self._files.stat(folder)
        except FileNotFoundError:
            self._make(str(PurePosixPath(folder).parent))
            with suppress(OSError):  # another one was faster; if not, what is put there says so
                self._files.mkdir(folder)

    def _asked(self, ask: Callable[[], T], seconds: float) -> T:
        """An answer that comes in time. Raises Failed, Unanswered."""
        try:
            if self._files is None:
                self._connect()
            with self._in_time(seconds):
                return ask()
        except (Failed, Unanswered, Gone):
            raise
        except PermissionError as error:
            raise Failed(
                f"it refuses ({self._said(error)}): check what the user may read and write"
            ) from None
        except FileNotFoundError:
            raise Unanswered("a file or a folder went away while it was asked for") from None
        except UnicodeDecodeError:
            raise Failed("the name of a file there is not UTF-8 text: rename it") from None
        except (OSError, EOFError, self._library.SSHException) as error:
            self.close()
            raise Unanswered(
                f"it breaks off or does not answer in time ({self._said(error)}): check that the server runs"
            ) from None

    @contextmanager
    def _in_time(self, seconds: float) -> Iterator[None]:
        """A server that drips is left: its connection is closed, and what waits for it ends."""
        timer = threading.Timer(seconds, self._client.close)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _connect(self) -> None:
        library = self._library
        client = library.SSHClient()
        self._know_hosts(client)
        key = os.environ.get("MSP_REPORT_SSH_KEY")
        by_key = self._password is None
        try:
            client.connect(
                self._host,
                self._port,
                username=self._user,
                password=self._password,
                key_filename=([str(Path(key).expanduser())] if key else self._keys) if by_key else None,
                passphrase=os.environ.get("MSP_REPORT_SSH_PASSPHRASE"),
                allow_agent=by_key,
                look_for_keys=by_key and not key,
                timeout=CONNECT,
                banner_timeout=CONNECT,
                auth_timeout=SILENCE,
                channel_timeout=SILENCE,
            )
            self._files = client.open_sftp()
            self._files.get_channel().settimeout(SILENCE)
        except library.BadHostKeyException as error:
            client.close()
            raise Failed(
                f"its host key is another one than known_hosts has ({_fingerprint(error.key)}): ask who runs the "
                "server whether it was changed, before anything is fetched"
            ) from None
        except library.PasswordRequiredException:
            raise Failed(
                "the key has a passphrase: set MSP_REPORT_SSH_PASSPHRASE, or use the agent"
            ) from None
        except library.AuthenticationException:
            client.close()
            raise Failed(
                f"it does not let {self._user or 'this user'} in: check the user, and the agent, MSP_REPORT_SSH_KEY or "
                "the password"
            ) from None
        except (OSError, EOFError, library.SSHException, ValueError) as error:
            client.close()
            text = self._said(error)
            if "No authentication methods" in text:
                raise Failed("there is no key: start an agent, or name one in MSP_REPORT_SSH_KEY") from None
            if isinstance(error, FileNotFoundError) and key:
                raise Failed(f"MSP_REPORT_SSH_KEY: there is no file {key}") from None
            raise Unanswered(f"it cannot be reached ({text}): check the address, and that it runs") from None
        except Failed:
            client.close()
            raise
        self._client = client

    def _know_hosts(self, client: Any) -> None:
        own = os.environ.get("MSP_REPORT_KNOWN_HOSTS")
        for name in (own,) if own else _KNOWN:
            path = Path(name).expanduser()
            if path.is_file():
                client.load_system_host_keys(str(path))
            elif own:
                raise Failed(f"MSP_REPORT_KNOWN_HOSTS: there is no file {own}")

        class Refuse(self._library.MissingHostKeyPolicy):
            def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
                raise Failed(
                    f"its host key ({_fingerprint(key)}) is not in known_hosts: compare it with what its owner says, "
                    "and add it with ssh-keyscan"
                )

        client.set_missing_host_key_policy(Refuse())

    def _said(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError | socket.timeout):
            return "no answer in time"
        if isinstance(error, EOFError):
            return "the line was cut"
        text = (
            (getattr(error, "strerror", None) or str(error) or type(error).__name__)
            .splitlines()[0]
            .rstrip(": ")
        )
        return without_secrets(text, self._address, "${MSP_REPORT_SSH_PASSPHRASE}")[:200]


def _settings(library: Any, host: str) -> dict[str, Any]:
    """What ~/.ssh/config says of a host, or the file that MSP_REPORT_SSH_CONFIG names; nothing where that is `none`.

    Raises Failed where it cannot be read.
    """
    own = os.environ.get("MSP_REPORT_SSH_CONFIG")
    path = Path(own or _CONFIG).expanduser()
    if own == "none" or not (own or path.is_file()):
        return {}
    try:
        found = library.SSHConfig.from_path(str(path)).lookup(host)
        return {**found, "port": int(found.get("port", 22))}
    except (OSError, ValueError, ImportError, library.SSHException) as error:
        text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
        raise Failed(
            f"{own or _CONFIG} cannot be read ({text}): mend it, or set MSP_REPORT_SSH_CONFIG to another file, or none"
        ) from None


def _fingerprint(key: Any) -> str:
    """As ssh-keygen -l shows it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def _stamp(about: Any) -> Stamp:
    return Stamp(int(about.st_size or 0), str(int(about.st_mtime or 0)))
