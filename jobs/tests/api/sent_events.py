"""The events of a stream, as a client reads them."""

import json
from typing import Any

Events = list[tuple[str, str, Any]]


def events(response: Any) -> Events:
    """Id, name and data of each event."""
    assert response.status_code == 200, response.content
    found = []
    for block in response.content.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found
