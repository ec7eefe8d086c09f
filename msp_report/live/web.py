"""One question over HTTP: with a time limit, asked again where that may help, never led to another server."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

#: Until a server says the next word, and until it has said all [s].
SILENCE, LONGEST = 60.0, 300.0
#: So long is waited before a question is asked again [s]; it is asked once more than there are waits.
WAITS = (1.0, 2.0, 4.0, 8.0)
#: A server that names a time to wait is believed up to this [s].
LONGEST_WAIT = 60.0
#: A longer answer is not read [bytes].
MOST = 64_000_000
#: Answers after which the same question may be answered.
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Unanswered(Exception):
    """No answer came, or one that is none; `body` is what the server said with an error, `code` the error's number."""

    def __init__(self, text: str, body: bytes = b"", code: int = 0) -> None:
        super().__init__(text)
        self.body, self.code = body, code


class TooLong(Unanswered):
    """An answer that is longer than is read."""


class _Stay(HTTPRedirectHandler):
    """A password for one server is not for another: no redirect is followed."""

    def redirect_request(self, *_: object) -> None:
        return None


def get(address: str, parameters: Mapping[str, str], token: str = "", scheme: str = "Bearer") -> bytes:
    """The body of an answer. Raises Unanswered where none comes, however often it is asked.

    `scheme` is what the server calls its tokens.
    """
    return _asked(address, urlencode(parameters), f"{scheme} {token}" if token else "")


def post(address: str, said: Mapping[str, Any], token: str = "") -> bytes:
    """The body of an answer to a question that stands in the body itself, as JSON. Raises Unanswered as `get` does."""
    return _asked(address, "", f"Bearer {token}" if token else "", json.dumps(said).encode())


def _asked(address: str, question: str, credentials: str, body: bytes | None = None) -> bytes:
    try:
        request = _request(address, question, credentials, body)
    except ValueError:
        raise Unanswered("its address cannot be read: write it like https://metrics.example") from None
    for wait in (*WAITS, None):
        try:
            return _answer(request)
        except HTTPError as error:
            told = b""
            with error, suppress(OSError, http.client.HTTPException):
                told = error.read(10_000)
            if error.code in range(300, 400):
                raise Unanswered("it sends the question on to another address: name that one") from None
            if error.code not in _AGAIN or wait is None:
                raise Unanswered(f"it answers {error.code} {error.reason}", told, error.code) from None
            wait = max(wait, _asked_to_wait(error))
        except (URLError, http.client.HTTPException, OSError) as error:
            if wait is None:
                raise Unanswered(_said(error)) from None
        except ValueError:
            raise Unanswered("its address or token has letters that cannot be sent") from None
        time.sleep(wait)
    raise AssertionError("the last wait is none")


def _request(address: str, question: str, credentials: str, body: bytes | None) -> Request:
    parts = urlsplit(address)
    user, _, place = parts.netloc.rpartition("@")
    request = Request(urlunsplit((parts.scheme, place, parts.path, question, "")), body)
    request.add_header("Accept", "application/json")
    request.add_header("User-Agent", "msp_report")
    if body is not None:
        request.add_header("Content-Type", "application/json")
    if user and not credentials:
        credentials = f"Basic {base64.b64encode(unquote(user).encode()).decode()}"
    if credentials:
        request.add_unredirected_header("Authorization", credentials)
    return request


def _answer(request: Request) -> bytes:
    until = time.monotonic() + LONGEST
    with build_opener(_Stay).open(request, timeout=SILENCE) as answer:
        expected = answer.headers.get("Content-Length", "")
        parts, length = [], 0
        while part := answer.read1(1 << 20):
            parts.append(part)
            length += len(part)
            if length > MOST:
                raise TooLong(f"its answer is longer than {MOST // 1_000_000} MB")
            if time.monotonic() > until:
                raise TimeoutError
        if expected.isdecimal() and length < int(expected):
            raise http.client.IncompleteRead(b"", int(expected) - length)
    return b"".join(parts)


def _asked_to_wait(error: HTTPError) -> float:
    told = (error.headers.get("Retry-After") or "").strip()
    return min(float(told), LONGEST_WAIT) if told.isdecimal() else 0.0


def _said(error: Exception) -> str:
    """Why there was no answer, in words."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, http.client.IncompleteRead | ConnectionResetError):
        return "it breaks off in the middle of its answer"
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"it cannot be reached ({text}): check the address, and that the server runs"
