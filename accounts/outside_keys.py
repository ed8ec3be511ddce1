"""The public keys of the outside issuer, from the address or the file that the settings name.

What a token says of its keys (`jku`, `jwk`, `x5u`) is never looked at.
"""

import logging
import socket
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.error import URLError

import jwt

from accounts.key_set import parsed_jwks
from accounts.outside_issuer import OutsideIssuer

# How long keys are used without being fetched again, and how long while they cannot be fetched.
FRESH_SECONDS = 600.0
STALE_SECONDS = 86_400.0
# A token with an unknown key has the keys fetched, no more often than this: anybody may send one.
RETRY_SECONDS = 30.0
# To connect, and then for the whole answer: a caller waits meanwhile.
TIMEOUT_SECONDS = 3.0
# How long other calls wait for what one of them fetches, each on a thread of the API. Once one has
# waited in vain, no further one waits: others' calls are held up for so long at most.
WAIT_SECONDS = 0.5
# Key sets have a few kilobytes.
BYTES_MAX = 256 * 1024

logger = logging.getLogger(__name__)


class KeysUnavailable(Exception):
    """The issuer's keys cannot be had right now, so that nobody can say if a token is good."""


class OutsideKeys:
    """The keys of one issuer; safe to share between threads, of which one fetches at a time."""

    def __init__(self, issuer: OutsideIssuer) -> None:
        self.issuer = issuer
        self._lock = threading.Lock()
        self._keys: list[jwt.PyJWK] = []
        self._fetched_at: float | None = None  # by time.monotonic()
        self._tried_at: float | None = None
        self._has_failed = False  # the last try
        self._is_slow = False  # what is fetched now

    def find(self, key_id: str | None) -> list[jwt.PyJWK]:
        """The keys with this id, or all for None; empty if the issuer has none.

        Raises KeysUnavailable.
        """
        found = self._known(key_id)
        if self._is_due(found):
            # Who has a key goes on with it while another call fetches anew.
            seconds = 0 if found or self._is_slow else WAIT_SECONDS
            if self._lock.acquire(timeout=seconds):
                try:
                    if self._is_due(self._known(key_id)):
                        self._fetch()
                finally:
                    self._lock.release()
                found = self._known(key_id)
            elif not found:
                self._is_slow = True
                raise KeysUnavailable
        if self._fetched_at is None or self._age(self._fetched_at) > STALE_SECONDS:
            raise KeysUnavailable
        if not found and self._has_failed:
            raise KeysUnavailable  # it may be new
        return found

    def _known(self, key_id: str | None) -> list[jwt.PyJWK]:
        return [one for one in self._keys if key_id in (None, one.key_id)]

    def _is_due(self, found: list[jwt.PyJWK]) -> bool:
        if self._tried_at is not None and self._age(self._tried_at) < RETRY_SECONDS:
            return False
        is_fresh = self._fetched_at is not None and self._age(self._fetched_at) < FRESH_SECONDS
        return not is_fresh or not found

    def _age(self, at: float) -> float:
        return time.monotonic() - at

    def _fetch(self) -> None:
        has_failed, self._is_slow = True, False
        try:
            self._keys = parsed_jwks(self._content())
            self._fetched_at = time.monotonic()
            has_failed = False
        except (OSError, HTTPException, ValueError) as error:
            logger.error(
                "The keys of the outside issuer cannot be had: %s",
                error,
                extra={"event": "issuer_keys.unavailable", "error": str(error)},
            )
        finally:
            # Not before: until then other calls wait for it.
            self._tried_at, self._has_failed = time.monotonic(), has_failed

    def _content(self) -> bytes:
        if self.issuer.is_file:
            return Path(self.issuer.jwks).read_bytes()
        request = urllib.request.Request(  # noqa: S310 - the settings take https alone
            self.issuer.jwks, headers={"Accept": "application/json"}
        )
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return _read(answer)


def _read(answer: Any) -> bytes:
    """The body; raises ValueError for one that is too large."""
    content: bytes = answer.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise ValueError(f"more than {BYTES_MAX} bytes")
    return content


class _Connection(HTTPConnection):
    """A connection that is cut off in the middle of an answer that takes too long.

    The timeout of a socket begins anew with each byte: a server that sends one a second would keep
    all threads of the API waiting.
    """

    def connect(self) -> None:
        super().connect()
        timer = threading.Timer(TIMEOUT_SECONDS, _cut_off, [self.sock])
        timer.daemon = True
        timer.start()


class _TLSConnection(_Connection, HTTPSConnection):
    """The same under TLS."""


def _cut_off(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended before
        # Not the method of a TLS socket, which would go on in plain text.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_Connection, req)


class _TLSHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_TLSConnection, req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another address is none that the operator has named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        raise URLError("the address redirects; name the one it redirects to")


# Without proxies of the environment, and without the handlers for files and FTP.
_OPENER = urllib.request.OpenerDirector()
for _handler in (
    _Handler(),
    _TLSHandler(),
    urllib.request.HTTPDefaultErrorHandler(),
    urllib.request.HTTPErrorProcessor(),
    _NoRedirect(),
):
    _OPENER.add_handler(_handler)
