"""Calls whose answer waits for news of a job or a batch, on servers that offer it."""

from functools import partial

from django.http import HttpResponseBase
from rest_framework.request import Request

from jobs.api.shared.client import client_of
from jobs.core.states import FINAL_STATES
from jobs.core.wait_errors import TooManyWait
from jobs.core.wait_offer import ENVIRONMENT_KEY, WaitOffer
from jobs.models import Batch, Job
from jobs.services.waiting import place_leave, place_take
from jobs.services.waiting.places import Place, batch_seen, job_seen

# What `wait` may be at most.
WAIT_MAX_SECONDS = 60
# When a client whose wait was cut short should ask again.
RETRY_AFTER_SECONDS = 1


def offer_of(request: Request) -> WaitOffer | None:
    """What the server offers to this call; None if it can let nobody wait."""
    offer: WaitOffer | None = request.META.get(ENVIRONMENT_KEY)
    return offer


def is_waiting_for_end(request: Request, job: Job, seconds: int) -> bool:
    """Whether the answer is to wait until the job ends: then what the view answers is not sent.

    If not, read the job again: it may have ended meanwhile.
    """
    offer = offer_of(request)
    if offer is None or offer.is_over:
        return False
    try:
        is_new = take_place(request, offer, job)
    except TooManyWait:
        return False
    # What ended the job before it was watched has announced nothing.
    if is_new and Job.objects.filter(pk=job.pk, state__in=FINAL_STATES).exists():
        return False
    offer.seconds, offer.is_waiting = seconds, True
    return True


def take_place(
    request: Request, offer: WaitOffer, row: Job | Batch, *, wants_changes: bool = False
) -> bool:
    """Has the end of the row, or all of its changes, told; returns whether it was not so yet.

    Then look at the row once more: what has changed meanwhile is not told.
    Raises TooManyWait.
    """
    is_batch = isinstance(row, Batch)
    seen = batch_seen(row) if isinstance(row, Batch) else job_seen(row)
    if offer.place is not None:
        offer.place.seen = seen
        return False
    client_id = client_of(request).pk
    place = Place(row.pk, client_id, offer.wake, seen, wants_changes, is_batch)
    place_take(place)
    offer.hold(place, partial(place_leave, place))
    return True


def retry_later(request: Request, response: HttpResponseBase) -> None:
    """Says when to ask again if a wait was cut short: no place was free, or this server has none.

    After a wait that has had its time the next one may follow at once.
    """
    offer = offer_of(request)
    if offer is None or not offer.is_over:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
