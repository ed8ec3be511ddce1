"""One call of a WSGI application with the request of an ASGI scope."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

Scope = dict[str, Any]
WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BodyWanted(BaseException):
    """Raised by `AbsentBody`. Not an Exception: nothing between may take it for a failure."""


class AbsentBody:
    """Stands for a body that has not been read from the connection yet."""

    def read(self, *_: Any) -> bytes:
        """Raises BodyWanted."""
        raise BodyWanted

    readline = readlines = __iter__ = read


class Answer(NamedTuple):
    """What the application answered. `rest`: the call, where more parts follow `body`."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    rest: "WsgiCall | None" = None

    @classmethod
    def made(cls, status: int, headers: Mapping[str, str], body: bytes = b"") -> "Answer":
        """One that the server gives by itself."""
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        return cls(status, encoded, body)


class WsgiCall:
    """One call; `close` comes after the answer was handed on."""

    def __init__(
        self,
        application: WsgiApplication,
        scope: Scope,
        body: bytes | None,
        extensions: Mapping[str, Any],
    ) -> None:
        """`extensions`: what the environment of the call has beside what WSGI says."""
        self._application = application
        self._environ = {**environ_of(scope, body), **extensions}
        self._status = 500
        self._headers: list[tuple[bytes, bytes]] = []
        self._response: Any = None
        self._parts: Iterator[bytes] = iter(())

    def answer(self) -> Answer:
        """The answer; raises BodyWanted if the body is asked for and is None.

        It is whole, unless the response says `is_in_parts`: then it has the first part.
        """
        self._response = self._application(self._environ, self._start_response)
        if getattr(self._response, "is_in_parts", False):
            self._parts = iter(self._response)
            return Answer(self._status, self._headers, self.part() or b"", self)
        body = b"".join(self._response)
        if all(name != b"content-length" for name, _ in self._headers):
            # Refusals of the first middlewares; without it the body would be sent in chunks.
            self._headers.append((b"content-length", b"%d" % len(body)))
        return Answer(self._status, self._headers, body)

    def part(self) -> bytes | None:
        """The next part of an answer in parts, None after the last one; on any thread."""
        return next(self._parts, None)

    def close(self) -> None:
        """Ends the call: Django gives up what it holds for the request."""
        if hasattr(self._response, "close"):
            self._response.close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self._status = int(status[:3])
        self._headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return self._write

    def _write(self, data: bytes) -> None:
        raise NotImplementedError("Django returns its body")


def environ_of(scope: Scope, body: bytes | None) -> dict[str, Any]:
    """The environment of PEP 3333; without a body, one whose reading raises BodyWanted."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": AbsentBody() if body is None else BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environ |= scope.get("environ", {})
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        # Several cookies are one header with semicolons (RFC 6265, 5.4).
        joint = "; " if name == "HTTP_COOKIE" else ","
        environ[name] = f"{environ[name]}{joint}{value}" if name in environ else value
    return environ
