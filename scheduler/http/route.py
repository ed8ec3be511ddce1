"""What is said of one call of the service."""

from typing import NamedTuple


class Route(NamedTuple):
    """One call. `success` and `refused`: the statuses with which it answers.

    Any call may also be refused for its form (400, 405, 406, 411, 415) or beyond a limit on calls
    (429), or answered with a 503.
    """

    name: str
    method: str
    path: str
    does: str
    success: tuple[int, ...]
    refused: tuple[int, ...] = ()

    @property
    def call(self) -> str:
        """`GET /jobs`."""
        return f"{self.method} {self.path}"
