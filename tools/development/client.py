"""A client of the HTTP API, as any other system would be one."""

import http.client
import json
from typing import Any

_TIMEOUT_SECONDS = 30


class Refused(Exception):
    """The API answered with something else than what was wanted."""


class Client:
    """Speaks JSON to the API on a port of this machine; after `sign_up`, with a token."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        self._token = ""

    def sign_up(self, username: str, password: str) -> None:
        """Makes the user and logs it in."""
        self.call("POST", "/signup", {"username": username, "password": password})
        tokens = self.call("POST", "/login", {"username": username, "password": password})
        self._token = tokens["access"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer of the API; raises `Refused` if it is not a success, `OSError` if none."""
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        if response.status >= 300:
            raise Refused(f"{method} {path}: {response.status} {answer.decode(errors='replace')}")
        return json.loads(answer)
