"""Who does something that is written down as an event."""

from typing import Any, NamedTuple

# Length of the columns that keep the name of one, in characters.
ACTOR_NAME_MAX = 254
# Characters of a reason: it is shown with what was decided, and with each job that waits for that.
REASON_MAX = 500


class Actor(NamedTuple):
    """An account, by what is kept of it when it is gone; both are empty for code.

    `id`: its primary key as text.
    """

    id: str = ""
    name: str = ""


CODE = Actor()
"""Django code, or the machine: no account."""


def actor_of(user: Any) -> Actor:
    """The actor that a user of the project is; `CODE` for None."""
    return CODE if user is None else Actor(str(user.pk), user.get_username())
