"""A customer's client: it repeats a call that got no answer, with the same idempotency key."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from tools.chaos.pause import pause, stopping
from tools.errors import ToolError
from tools.http_client import HttpClient, NoAnswer
from tools.waiting import wait_until

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
    """Speaks to the API on a port of this machine. Threads may share it."""

    def __init__(self, port: int) -> None:
        self._http = HttpClient(f"http://127.0.0.1:{port}", TIMEOUT_SECONDS)
        self.server_errors: list[str] = []  # answers of 500, which no call may get

    def sign_up(self, username: str) -> None:
        """Makes the user and logs it in, once the API is up; raises `ToolError`."""
        wait_until(self.is_ready, PATIENCE_SECONDS, "the API was not ready", wait=pause)
        self._http.sign_up(username, secrets.token_urlsafe(24))

    def is_ready(self) -> bool:
        """Whether the API accepts jobs at this moment."""
        return self._http.is_ready()

    def submit(self, body: dict[str, Any]) -> Receipt:
        """Submits a job until there is an answer; raises Unanswered."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        calls = 0
        while True:
            calls += 1
            try:
                status, answer = self._post(body)
            except NoAnswer as error:
                status, answer = 0, error
            if 200 <= status < 300:
                return Receipt(answer["id"], status == 200, calls)
            if 400 <= status < 500 or time.monotonic() > deadline or stopping():
                raise Unanswered(f"POST /addJob: {status} {answer}")
            time.sleep(_PAUSE_SECONDS)

    def _post(self, body: dict[str, Any]) -> tuple[int, Any]:
        answer = self._http.call("POST", "/addJob", body)
        if answer.status == 500:
            self.server_errors.append(f"POST /addJob: {answer.body}")
        return answer.status, answer.body
