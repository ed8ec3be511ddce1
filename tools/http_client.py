"""A client of the HTTP API, as any other system could be one. Needs the standard library alone."""

import http.client
import json
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tools.errors import ToolError

TIMEOUT_SECONDS = 30.0


class NoAnswer(ToolError):
    """The server did not answer, or not in JSON."""


class Refused(ToolError):
    """The server answered with another status than was wanted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered; `body` is None where it sent nothing."""

    status: int
    body: Any


class HttpClient:
    """Speaks JSON to a service; after `log_in`, with a token. Threads may share it.

    Every call has a connection of its own: a server may be restarted between two calls.
    `url` may be followed by a path, which then stands before that of each call.
    """

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = urlsplit(url.rstrip("/"))
        self._timeout_seconds = timeout_seconds
        self._token = ""

    @property
    def token(self) -> str:
        """The access token after `log_in`; before that, an empty text."""
        return self._token

    def sign_up(self, username: str, password: str) -> None:
        """Makes the user and logs it in; raises Refused or NoAnswer."""
        credentials = {"username": username, "password": password}
        self.expect({201}, "POST", "/signup", credentials)
        self.log_in(username, password)

    def log_in(self, username: str, password: str) -> None:
        """Gets the token for the calls that follow; raises Refused or NoAnswer."""
        credentials = {"username": username, "password": password}
        self._token = self.expect({200}, "POST", "/login", credentials)["access"]

    def expect(self, statuses: Collection[int], method: str, path: str, body: object = None) -> Any:
        """Returns the body of an answer that has one of these statuses.

        Raises Refused for another status, NoAnswer if there is no answer.
        """
        answer = self.call(method, path, body)
        if answer.status not in statuses:
            said = json.dumps(answer.body)
            raise Refused(f"{method} {path} answered {answer.status}: {said}")
        return answer.body

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> Answer:
        """Returns the answer, whatever its status; raises NoAnswer if there is none.

        `key`: what the header `Idempotency-Key` says.
        """
        headers = {"Accept": "application/json", "Connection": "close"}
        if key is not None:
            headers["Idempotency-Key"] = key
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body)
        try:
            with closing(self._connection()) as connection:
                connection.request(method, self._url.path + path, content, headers)
                response = connection.getresponse()
                return Answer(response.status, json.loads(response.read() or b"null"))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(f"{method} {self._url.geturl()}{path}: {error!r}") from error

    def is_ready(self, path: str = "/health/ready") -> bool:
        """Whether a probe answers 200 at this moment."""
        try:
            return self.call("GET", path).status == 200
        except NoAnswer:
            return False

    def _connection(self) -> http.client.HTTPConnection:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        assert self._url.hostname is not None
        return kind(self._url.hostname, self._url.port, timeout=self._timeout_seconds)
