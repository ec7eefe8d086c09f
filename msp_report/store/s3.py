"""A bucket of S3, or of a server that speaks the same language (AWS_ENDPOINT_URL). The only import of s3fs.

Who we are stands in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, …), as every tool for S3
reads it, and nowhere in the params.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from msp_report.live.asked import Failed, without_secrets
from msp_report.store.place import BLOCK, CONNECT, LONGEST, SILENCE, SLOWEST, Gone, Stamp, Unanswered, lacks

T = TypeVar("T")
#: How an error names the address that was asked, with all its parameters.
_ADDRESS = re.compile(r"""(?: URL)?: ["']https?://[^"']*["']\.?""")
_SECRETS = "${AWS_ACCESS_KEY_ID} ${AWS_SECRET_ACCESS_KEY} ${AWS_SESSION_TOKEN}"


class S3:
    """The objects of a bucket whose keys begin alike."""

    def __init__(self, address: str) -> None:
        """Raises Failed where the library is not there."""
        self.name = address.rstrip("/")
        self._root = self.name.removeprefix("s3://")
        try:
            import s3fs
        except ImportError:
            raise lacks("s3", "s3fs") from None
        self._files = s3fs.S3FileSystem(
            config_kwargs={
                "connect_timeout": CONNECT,
                "read_timeout": SILENCE,
                "retries": {"max_attempts": 0},  # place.patiently does
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._files.retries = 1

    def listing(self, under: str = "") -> dict[str, Stamp]:
        """As Place.listing; keys that stand for folders are left out."""
        found = self._asked(
            lambda: self._files.find(self._key(under), detail=True, refresh=True, timeout=LONGEST)
        )
        above = len(self._root) + 1
        return {
            key[above:]: _stamp(about)
            for key, about in found.items()
            if not key.endswith("/") and len(key) > above
        }

    def stamp(self, file: str) -> Stamp | None:
        """As Place.stamp."""
        try:
            about = self._asked(lambda: self._files.info(self._key(file), refresh=True, timeout=LONGEST))
        except _Absent:
            return None
        return _stamp(about) if about["type"] == "file" else None

    def blocks(self, file: str, start: int, size: int) -> Iterator[bytes]:
        """As Place.blocks."""
        for first in range(start, size, BLOCK):
            last = min(first + BLOCK, size)
            try:
                block = self._asked(
                    lambda first=first, last=last: self._files.cat_file(
                        self._key(file), start=first, end=last, timeout=LONGEST
                    )
                )
            except _Absent:
                raise Gone from None
            if len(block) != last - first:
                raise Unanswered("it breaks off in the middle of a file")
            yield block

    def put(self, path: Path, file: str) -> None:
        """As Place.put: an object is there when all of it is."""
        seconds = LONGEST + path.stat().st_size / SLOWEST
        self._asked(lambda: self._files.put_file(str(path), self._key(file), timeout=seconds))

    def close(self) -> None:
        """As Place.close; its connections go with the process."""

    def _key(self, file: str) -> str:
        return f"{self._root}/{file}" if file else self._root

    def _asked(self, ask: Callable[[], T]) -> T:
        """An answer. Raises _Absent, Failed, Unanswered."""
        from botocore.exceptions import (
            BotoCoreError,
            NoCredentialsError,
            ParamValidationError,
            PartialCredentialsError,
        )
        from s3fs.core import S3_RETRYABLE_ERRORS

        try:
            return ask()
        except FileNotFoundError as error:
            raise _Absent(f"there is no bucket {self._root.partition('/')[0]} ({_said(error)})") from None
        except (NoCredentialsError, PartialCredentialsError):
            raise Failed(
                "the environment does not say who asks: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from None
        except PermissionError as error:
            raise Failed(
                f"it refuses ({_said(error)}): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do"
            ) from None
        except (ParamValidationError, ValueError) as error:
            raise Failed(
                f"its address cannot be used ({_said(error)}): check it, and AWS_ENDPOINT_URL"
            ) from None
        except TimeoutError:
            raise Unanswered("it does not answer in time") from None
        # a page that does not name the next one is a KeyError, a line that is cut may be a RuntimeError
        except (OSError, BotoCoreError, *S3_RETRYABLE_ERRORS, KeyError, RuntimeError) as error:
            raise Unanswered(
                f"it cannot be asked ({_said(error)}): check the address, AWS_ENDPOINT_URL, and that it runs"
            ) from None


class _Absent(Failed):
    """There is no such bucket or key."""


def _stamp(about: dict[str, Any]) -> Stamp:
    return Stamp(int(about["size"]), str(about["ETag"]).strip('"'))


def _said(error: Exception) -> str:
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
    bare = _ADDRESS.sub("", text).rstrip(". ")
    return without_secrets(bare, _SECRETS)[:200]
