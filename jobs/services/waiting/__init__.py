"""Waiting for jobs and batches without a thread, a connection or a loop of one's own."""

from jobs.services.waiting.places import Place, Places
from jobs.services.waiting.watcher import Watcher

_places = Places()
_watcher = Watcher(_places)


def place_take(place: Place) -> None:
    """`place.wake` is called from now on when the place's job or batch has ended or changed.

    A change before this call has returned is not told: look at the row afterwards, once. Returns
    also while Redis is away: then changes of jobs are told some seconds late.
    Raises TooManyWait.
    """
    _places.add(place)
    try:
        _watcher.watch(place)
    except BaseException:
        _places.discard(place)
        raise


def place_leave(place: Place) -> None:
    """Gives the place up; a place that was given up already stays so."""
    _places.discard(place)


def places_taken() -> int:
    """How many clients wait in this process."""
    return len(_places)
