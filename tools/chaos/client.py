"""A customer's client: it repeats a call that got no answer, with the same idempotency key."""

import secrets
import time
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import Any

from tools.chaos.pause import pause, stopping
from tools.errors import ToolError
from tools.http_client import Answer, HttpClient, NoAnswer, Refused
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
        self._credentials = ("", "")
        self.server_errors: list[str] = []  # answers of 500, which no call may get
        self.statuses: Counter[int] = Counter()  # of all answers; 0 for none

    def sign_up(self, username: str) -> None:
        """Makes the user and logs it in, once the API is up; raises `ToolError`."""
        wait_until(self.is_ready, PATIENCE_SECONDS, "the API was not ready", wait=pause)
        self._credentials = (username, secrets.token_urlsafe(24))
        try:
            self._http.sign_up(*self._credentials)
        except NoAnswer:  # on a busy machine it takes long, and is done all the same
            wait_until(self._logs_in, PATIENCE_SECONDS, f"no account for {username}", wait=pause)

    def log_in_again(self) -> None:
        """Gets a token that has what was permitted since the last one; raises `ToolError`."""
        self._http.log_in(*self._credentials)

    def _logs_in(self) -> bool:
        try:
            self.log_in_again()
        except (NoAnswer, Refused):
            return False
        return True

    def is_ready(self) -> bool:
        """Whether the API accepts jobs at this moment."""
        return self._http.is_ready()

    def submit(self, body: dict[str, Any]) -> Receipt:
        """Submits a job until there is an answer; raises Unanswered."""
        answer, calls = self._answered("POST", "/addJob", body)
        return Receipt(answer.body["id"], answer.status == 200, calls)

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> Any:
        """Returns the body of the answer, once there is one; raises Unanswered.

        `key`: what the header `Idempotency-Key` says.
        """
        return self._answered(method, path, body, key)[0].body

    def _answered(
        self, method: str, path: str, body: object, key: str | None = None
    ) -> tuple[Answer, int]:
        """The answer, and how many calls it took."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for calls in count(1):
            try:
                answer = self._http.call(method, path, body, key)
            except NoAnswer as error:
                answer = Answer(0, str(error))
            self.statuses[answer.status] += 1
            if answer.status == 500:
                self.server_errors.append(f"{method} {path}: {answer.body}")
            if 200 <= answer.status < 300:
                return answer, calls
            if 400 <= answer.status < 500 or time.monotonic() > deadline or stopping():
                break
            time.sleep(_PAUSE_SECONDS)
        raise Unanswered(f"{method} {path}: {answer.status} {answer.body}")
