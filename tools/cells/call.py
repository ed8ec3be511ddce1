"""Calls of a client that keeps what the answer says of cells."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """`cell`: what the field Jobs-Cell says; `location`: where what was made is found."""

    status: int
    cell: str
    location: str
    text: str

    @property
    def body(self) -> Any:
        """What its JSON says."""
        return json.loads(self.text)


def call(
    port: int,
    method: str,
    path: str,
    body: object = None,
    *,
    token: str = "",
    fields: Mapping[str, str] | None = None,
) -> Answer:
    """What the server at that port of this machine answers."""
    headers = dict(fields or {})
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    content = None if body is None else json.dumps(body)
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)) as connection:
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        return Answer(
            answer.status,
            answer.getheader("Jobs-Cell", ""),
            answer.getheader("Location", ""),
            answer.read().decode(),
        )
