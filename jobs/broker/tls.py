"""Connections to one server, with TLS and without, and one sentence where the two do not fit."""

import socket
import ssl
from contextlib import suppress
from typing import Any

import redis
from redis.connection import Connection, SSLConnection

PROBE_SECONDS = 1.0

# Codes of X509_verify_cert: the certificate is good at another time, so that waiting, or a new
# one, ends the outage.
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAMES = (62, 64)
# How the driver tells that a server has hung up, or answered in another language.
_NO_ANSWER = (redis.exceptions.ConnectionError, redis.exceptions.InvalidResponse)
# What OpenSSL calls the first bytes of a server that speaks without TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
# A server under TLS 1.3 asks for the certificate of the client after the handshake.
_WANTS_CERTIFICATE = "CERTIFICATE_REQUIRED"


class TlsRefused(redis.exceptions.ConnectionError):
    """With this URL this server will never be connected to; it says what to change."""


class PlainConnection(Connection):
    """A connection without TLS. A server that takes TLS alone says nothing: it hangs up."""

    def on_connect_check_health(self, check_health: bool = True) -> None:
        try:
            super().on_connect_check_health(check_health=check_health)
        except _NO_ANSWER as error:
            # Those that are derived from it tell of an answer: a wrong password, say.
            if type(error) in _NO_ANSWER and _takes_tls(self.host, self.port):
                raise TlsRefused(
                    f"{self.host}:{self.port} takes connections by TLS alone: begin REDIS_URL with "
                    "rediss, and name a private authority with ssl_ca_certs"
                ) from error
            raise


class EncryptedConnection(SSLConnection):
    """A connection by TLS. An authority that is named is the only one that is trusted.

    The files are read for each connection: what replaces them counts from the next one on.
    """

    def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.ca_certs)
        context.check_hostname = bool(self.check_hostname)
        context.verify_mode = self.cert_reqs
        if self.certfile:
            context.load_cert_chain(self.certfile, self.keyfile)
        try:
            return context.wrap_socket(sock, server_hostname=self.host)
        except ssl.SSLCertVerificationError as error:
            raise self._not_verified(error) from error
        except ssl.SSLError as error:
            if error.reason in _NO_TLS:
                raise self._without_tls() from error
            raise
        except TimeoutError as error:
            # Redis takes the handshake for the beginning of a command, and waits for the rest.
            if _answers_plainly(self.host, self.port):
                raise self._without_tls() from error
            raise

    def on_connect_check_health(self, check_health: bool = True) -> None:
        try:
            super().on_connect_check_health(check_health=check_health)
        except redis.exceptions.ConnectionError as error:
            if _WANTS_CERTIFICATE in str(error) or (
                type(error) in _NO_ANSWER and not self.certfile and self._is_asked_for_certificate()
            ):
                raise TlsRefused(
                    f"{self.host}:{self.port} asks for a certificate of the client: name it in "
                    "REDIS_URL with ssl_certfile and ssl_keyfile"
                ) from error
            raise

    def _is_asked_for_certificate(self) -> bool:
        """Who writes after the handshake may find the connection closed, and no reason.

        So this connection only reads.
        """
        try:
            with (
                socket.create_connection((self.host, self.port), PROBE_SECONDS) as plain,
                self._wrap_socket_with_ssl(plain) as encrypted,
            ):
                encrypted.recv(1)
        except (OSError, redis.exceptions.RedisError) as error:
            return _WANTS_CERTIFICATE in str(error)
        return False

    def _not_verified(self, error: ssl.SSLCertVerificationError) -> redis.exceptions.RedisError:
        server, why = f"{self.host}:{self.port}", error.verify_message
        if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
            return redis.exceptions.ConnectionError(
                f"the certificate of {server} is not valid now: {why}"
            )
        if error.verify_code in _OTHER_NAMES:
            return TlsRefused(
                f"the certificate of {server} is for another name: {why} Connect by a name that it "
                "has"
            )
        trusted = f"the authority in {self.ca_certs}" if self.ca_certs else "any public authority"
        return TlsRefused(
            f"the certificate of {server} is not signed by {trusted} ({why}): name the file of its "
            "authority with ssl_ca_certs in REDIS_URL"
        )

    def _without_tls(self) -> TlsRefused:
        return TlsRefused(
            f"{self.host}:{self.port} answers without TLS: begin REDIS_URL with redis, or name the "
            "port on which it takes TLS"
        )


def _takes_tls(host: Any, port: Any) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        suppress(OSError),
        socket.create_connection((host, port), PROBE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host),
    ):
        return True
    return False


def _answers_plainly(host: Any, port: Any) -> bool:
    with suppress(OSError), socket.create_connection((host, port), PROBE_SECONDS) as plain:
        plain.settimeout(PROBE_SECONDS)
        plain.sendall(b"PING\r\n")
        return plain.recv(1) in (b"+", b"-")
    return False
