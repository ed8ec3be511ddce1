"""Asks the running service for pages, and takes the time of each."""

import http.client
import time
from statistics import median

from django.conf import settings

from tools.at_size.staff import Staff

# The first answer of a process reads what others find in memory, and another load may hit one of
# them: what took longer than this is asked for twice more, and the median counts.
_AGAIN_MILLISECONDS = 100.0
_TIMEOUT_SECONDS = 60.0
_API = "/v1/"


class Asking:
    """Milliseconds of each address; `refused`: what was not answered 200."""

    def __init__(self, server: str, staff: Staff) -> None:
        self._connection = http.client.HTTPConnection(server, timeout=_TIMEOUT_SECONDS)
        self._staff = staff
        self.milliseconds: dict[str, float] = {}
        self.refused: dict[str, int] = {}

    def get(self, address: str) -> str:
        """The body of the page; notes how long it took."""
        taken: list[float] = []
        while not taken or (len(taken) < 3 and taken[0] > _AGAIN_MILLISECONDS):
            since = time.perf_counter()
            status, body = self._answer(address)
            taken.append((time.perf_counter() - since) * 1_000)
        self.milliseconds[address] = median(taken)
        if status not in (200, 302):
            self.refused[address] = status
        return body.decode(errors="replace")

    def _answer(self, address: str) -> tuple[int, bytes]:
        self._connection.request("GET", address, headers=self._headers(address))
        response = self._connection.getresponse()
        return response.status, response.read()

    def _headers(self, address: str) -> dict[str, str]:
        if address.startswith(_API):
            return {"Authorization": f"Bearer {self._staff.token}"}
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self._staff.session}"}
