"""How many requests were answered, and how fast: of all processes of one gunicorn together.

The processes share memory that their parent has made. Each counts in a region of its own, so that
none waits for another; one that takes the place of a process that has ended goes on with its
region. So nothing is lost when a process is recycled or killed, and no file is left behind.
"""

import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from operator import add
from typing import NamedTuple

from jobs.core.histogram import BOUNDS, BUCKETS
from scheduler.http.routes import ROUTES

OTHER = "other"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", OTHER)
# With which the service answers; any other one counts as 0.
STATUSES = (
    *(200, 201, 202, 204, 301, 302, 304),
    *(400, 401, 403, 404, 405, 406, 408, 409, 411, 412, 413, 414, 415, 422, 428, 429, 431),
    *(500, 501, 503, 0),
)
# Parts of the service that are no calls of the API: each is one route.
PARTS = ("/admin", "/docs", "/static")
TEMPLATES = (*dict.fromkeys(one.path for one in ROUTES), *PARTS, OTHER)

# More processes than one gunicorn has; memory that no process touches takes no room.
REGIONS = 256

_ROUTE = {name: number for number, name in enumerate(TEMPLATES)}
_METHOD = {name: number for number, name in enumerate(METHODS)}
_STATUS = {status: number for number, status in enumerate(STATUSES)}
# A call has its statuses, then its buckets, then its sum of seconds.
_CALL = len(STATUSES) + BUCKETS + 1
_REGION = 1 + len(TEMPLATES) * len(METHODS) * _CALL  # the first cell says that it is used
_CELL_BYTES = 8


def route_of(path: str) -> str:
    """The template of a path (`/jobs/<id>`), or OTHER: there are not more than TEMPLATES."""
    path = path.removeprefix("/v1").rstrip("/") or "/"
    if path in _ROUTE:
        return path
    first, *rest = path[1:].split("/")
    if f"/{first}" in PARTS:
        return f"/{first}"
    if first == "limits":  # the name of a limit may have slashes
        return "/limits/<name>"
    for parameter in ("<id>", "<name>"):
        template = "/".join(("", first, parameter, *rest[1:]))
        if rest and template in _ROUTE:
            return template
    return OTHER


class Call(NamedTuple):
    """The answers to one call. `statuses`: how many had each; `counts`: how many in each bucket."""

    route: str
    method: str
    statuses: dict[int, int]
    counts: list[int]
    seconds: float


class RequestCounts:
    """Counts of this process and, in shared memory, of those beside it."""

    def __init__(self) -> None:
        memory = mmap.mmap(-1, REGIONS * _REGION * _CELL_BYTES)
        self._cells = memoryview(memory).cast("d")
        self._lock = threading.Lock()
        self._first = 0
        self._taken: set[int] = set()

    def take_region(self) -> int:
        """A region for the process that is forked next; called by the parent alone."""
        free = (one for one in range(REGIONS) if one not in self._taken)
        region = next(free, REGIONS - 1)
        self._taken.add(region)
        self._first = region * _REGION
        return region

    def give_back(self, region: int) -> None:
        """The process has ended; what it counted stays. Called by the parent alone."""
        self._taken.discard(region)

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts one answer; measured, 4 µs."""
        call = _ROUTE[route_of(path)] * len(METHODS) + _METHOD.get(method, len(METHODS) - 1)
        first = self._first + 1 + call * _CALL
        bucket = first + len(STATUSES) + bisect_left(BOUNDS, seconds)
        cells = self._cells
        with self._lock:
            cells[self._first] = 1
            cells[first + _STATUS.get(status, len(STATUSES) - 1)] += 1
            cells[bucket] += 1
            cells[first + _CALL - 1] += seconds

    def calls(self) -> Iterator[Call]:
        """Every call that was ever answered, by any of the processes."""
        summed = iter(self._summed())
        for route in TEMPLATES:
            for method in METHODS:
                cells = list(islice(summed, _CALL))
                counts = list(map(int, cells[len(STATUSES) : -1]))
                if any(counts):
                    statuses = {
                        status: int(count)
                        for status, count in zip(STATUSES, cells, strict=False)
                        if count
                    }
                    yield Call(route, method, statuses, counts, cells[-1])

    def _summed(self) -> list[float]:
        summed = [0.0] * (_REGION - 1)
        for first in range(0, REGIONS * _REGION, _REGION):
            if self._cells[first]:
                summed = list(map(add, summed, self._cells[first + 1 : first + _REGION]))
        return summed


request_counts = RequestCounts()
