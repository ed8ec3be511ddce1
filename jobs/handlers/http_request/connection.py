"""One HTTP/1.1 exchange with an address that was checked, in a time and with a size that have ends.

It is built on `http.client`, because that lets its caller open the socket. Libraries above it
resolve the host again when they connect, which undoes the check; and they read proxies from the
environment, follow redirects and decompress, none of which may happen here.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address
from typing import NamedTuple

from jobs.handlers.http_request.addresses import Address
from jobs.handlers.http_request.deadline_socket import (
    DeadlinePassed,
    DeadlineSocket,
    DeadlineTLSSocket,
)
from jobs.handlers.http_request.target import Target

# What is read of a body. The rest is not asked for: the connection is closed.
BODY_MAX_BYTES = 64 * 1024
# An address that does not answer must leave time for the next one.
CONNECT_SECONDS = 10.0
ADDRESSES_MAX = 4
# Interim answers before the answer itself: 100, 103 and the like. A server has use for one or two.
INTERIM_MAX = 20


class AnswerCutOff(http.client.HTTPException):
    """The connection ended before the answer did."""


class Request(NamedTuple):
    """What is sent. `headers` are complete; `body` is None for calls that have none."""

    method: str
    target: Target
    headers: Sequence[tuple[str, str]]
    body: bytes | None


class Answer(NamedTuple):
    """What came back. `is_truncated`: there is more of the body than was read."""

    status: int
    reason: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    is_truncated: bool

    def header(self, name: str) -> str | None:
        """The first value of a header, whose name is given in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class _Response(http.client.HTTPResponse):
    """The answer itself. `http.client` takes 103 (Early Hints) for it, and 100 for as long as it
    comes; a client has to pass over what is interim (RFC 9110, 15.2). Nor does it refuse a chunk
    of -1 bytes, and reads all that comes into memory."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(INTERIM_MAX):
            read: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            status = read[1]
            if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return read
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"more than {INTERIM_MAX} interim answers")

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:
            raise http.client.HTTPException(f"a chunk of {size} bytes")
        return size


def exchange(request: Request, addresses: Sequence[Address], ends_at: float) -> Answer:
    """Connects to the first address that answers, sends the request, and reads the answer.

    `ends_at`: the moment of `time.monotonic`, in seconds, at which everything is over.
    Raises OSError and http.client.HTTPException; a certificate that does not fit the name is an
    ssl.SSLCertVerificationError.
    """
    connection = http.client.HTTPConnection(request.target.host, request.target.port)
    connection.response_class = _Response
    connection.sock = _connected(request.target, addresses, ends_at)
    try:
        connection.putrequest(
            request.method, request.target.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.endheaders(request.body)
        with connection.getresponse() as response:
            return _read(response)
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse) -> Answer:
    coding = response.getheader("transfer-encoding", "identity")
    # `http.client` would take the frames for the body, and not notice where they are cut off.
    if not response.chunked and coding.lower() != "identity":
        raise http.client.HTTPException(f"the answer has the Transfer-Encoding {coding}")
    body = bytearray()
    while len(body) <= BODY_MAX_BYTES:
        part = response.read(BODY_MAX_BYTES + 1 - len(body))
        if not part:
            break
        body += part
    is_truncated = len(body) > BODY_MAX_BYTES
    # What is left of the length that the headers gave; `http.client` does not complain.
    if not is_truncated and response.length:
        raise AnswerCutOff("the answer ended before its Content-Length")
    return Answer(
        response.status,
        response.reason,
        response.getheaders(),
        bytes(body[:BODY_MAX_BYTES]),
        is_truncated,
    )


def _connected(target: Target, addresses: Sequence[Address], ends_at: float) -> socket.socket:
    refusal: OSError | None = None
    for address in addresses[:ADDRESSES_MAX]:
        try:
            return _connected_to(address, target, ends_at)
        except (DeadlinePassed, ssl.SSLError):
            raise
        except OSError as error:
            refusal = error
    assert refusal is not None, "checked_addresses returns at least one"
    raise refusal


def _connected_to(address: Address, target: Target, ends_at: float) -> socket.socket:
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    plain = DeadlineSocket(family, socket.SOCK_STREAM)
    try:
        plain.ends_at = min(ends_at, time.monotonic() + CONNECT_SECONDS)
        plain.allow_time_left()
        plain.connect((str(address), target.port))
        plain.ends_at = ends_at
        if target.scheme == "http":
            return plain
        plain.allow_time_left()
        return _under_tls(plain, target, ends_at)
    except BaseException:
        plain.close()
        raise


def _under_tls(plain: DeadlineSocket, target: Target, ends_at: float) -> ssl.SSLSocket:
    """The certificate has to be that of the name, whatever the address is."""
    secured = tls_context().wrap_socket(
        plain, server_hostname=target.host, do_handshake_on_connect=False
    )
    assert isinstance(secured, DeadlineTLSSocket)
    try:
        secured.ends_at = ends_at
        secured.allow_time_left()
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured


@cache
def tls_context() -> ssl.SSLContext:
    """Python's defaults: the authorities of the system, and names checked."""
    context = ssl.create_default_context()
    context.sslsocket_class = DeadlineTLSSocket
    context.set_alpn_protocols(["http/1.1"])
    return context
