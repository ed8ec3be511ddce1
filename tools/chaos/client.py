"""A customer's client: it repeats a call that got no answer, with the same idempotency key."""

import http.client
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from tools.chaos.pause import stopping
from tools.errors import ToolError

TIMEOUT_SECONDS = 15.0
PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.2


class Unanswered(ToolError):
    """The API gave no usable answer in all the time."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a submission; `duplicate`: the job had been accepted before."""

    job_id: str
    duplicate: bool
    calls: int


class Client:
    """Speaks to the API on a port of this machine; every thread has a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._token = ""
        self._local = threading.local()
        self.server_errors: list[str] = []  # answers of 500: nobody was to get one

    def sign_up(self, username: str) -> None:
        """Makes the user and logs it in."""
        credentials = {"username": username, "password": secrets.token_urlsafe(24)}
        self.repeat("POST", "/signup", credentials)
        _, tokens, _ = self.repeat("POST", "/login", credentials)
        self._token = tokens["access"]

    def submit(self, body: dict[str, Any]) -> Receipt:
        """Submits a job until there is an answer; raises `Unanswered`."""
        status, job, calls = self.repeat("POST", "/addJob", body)
        return Receipt(job["id"], status == 200, calls)

    def is_ready(self) -> bool:
        """Whether the API accepts jobs at this moment."""
        try:
            return self.call("GET", "/health/ready")[0] == 200
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def repeat(self, method: str, path: str, body: object = None) -> tuple[int, Any, int]:
        """Status, answer and number of calls of the first success; raises `Unanswered`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        calls = 0
        while True:
            calls += 1
            try:
                status, answer = self.call(method, path, body)
                said = f"{status} {answer}"
                if status < 300:
                    return status, answer, calls
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, said = 0, repr(error)
            if status == 500:
                self.server_errors.append(f"{method} {path}: {said}")
            if 400 <= status < 500 or time.monotonic() > deadline or stopping():
                raise Unanswered(f"{method} {path}: {said}")
            time.sleep(_PAUSE_SECONDS)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and answer of one call; raises OSError, HTTPException or ValueError."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        content = None if body is None else json.dumps(body)
        connection = self._connection()
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            raise

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=TIMEOUT_SECONDS
            )
            self._local.connection = connection
        return connection
