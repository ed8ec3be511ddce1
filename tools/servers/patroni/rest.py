"""The HTTP interfaces of Patroni and etcd."""

import base64
import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

from tools.errors import ToolError

_ASK_SECONDS = 2.0
_ORDER_SECONDS = 60.0


class Answer(NamedTuple):
    """`status` is 0 where there was none; `body` is a text where it is not JSON."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Rest:
    """That of one server. Everybody may ask; who orders says who he is."""

    host: str
    port: int
    user: str
    password: str

    def ask(self, path: str) -> Answer:
        """What is answered within two seconds."""
        try:
            return self._call("GET", path, None, _ASK_SECONDS)
        except (OSError, http.client.HTTPException):
            return Answer(0, None)

    def order(self, path: str, body: object, method: str = "POST") -> None:
        """Returns when it is done; raises ToolError if it was refused, or not answered."""
        try:
            status, said = self._call(method, path, json.dumps(body), _ORDER_SECONDS)
        except (OSError, http.client.HTTPException) as error:
            raise ToolError(f"{method} {path}: {error!r}") from error
        if not 200 <= status < 300:
            raise ToolError(f"{method} {path} was answered {status}: {said}")

    def _call(self, method: str, path: str, body: str | None, seconds: float) -> Answer:
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
        with closing(http.client.HTTPConnection(self.host, self.port, timeout=seconds)) as server:
            server.request(method, path, body, headers)
            response = server.getresponse()
            text = response.read().decode()
        try:
            return Answer(response.status, json.loads(text))
        except ValueError:
            return Answer(response.status, text)
