"""`GET /jobs/<id>/events`: which events a job has, and where a stream goes on.

Real streams, on a real server: `jobs/tests/acceptance/test_event_streams.py`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from jobs.core.attempt_error import error_of
from jobs.core.claim import ClaimedJob
from jobs.core.finished import Finished
from jobs.core.outcome import Failed, Outcome, Succeeded
from jobs.core.progress import Progress
from jobs.core.result import Result
from jobs.core.wait_offer import ENVIRONMENT_KEY, WaitOffer
from jobs.models import Job
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.progress import progress_write
from jobs.services.waiting import places_taken
from jobs.tests.api.sent_events import Events, events
from jobs.tests.factories import make_job, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(user: User) -> Job:
    return make_job(submitted_by_id=user.pk, payload={"text": "a", "secret": "s3cret-value"})


@pytest.fixture
def offer() -> Iterator[WaitOffer]:
    offer = WaitOffer(lambda: None)
    yield offer
    offer.leave()
    assert places_taken() == 0


def get(api: APIClient, job: Job, last: str = "", offer: WaitOffer | None = None) -> Any:
    extra: dict[str, Any] = {"HTTP_ACCEPT": "text/event-stream"}
    if last:
        extra["HTTP_LAST_EVENT_ID"] = last
    if offer:
        extra[ENVIRONMENT_KEY] = offer
    return api.get(f"/jobs/{job.pk}/events", **extra)


def claim(job: Job) -> ClaimedJob:
    Job.objects.filter(pk=job.pk).update(run_at=job.created_at)
    [claimed] = jobs_claim(worker_id=make_worker().pk, job_ids=[job.pk])
    return claimed


def record(claimed: ClaimedJob, outcome: Outcome) -> None:
    jobs_record(finished=[Finished(claimed, outcome)])


def names(found: Events) -> list[str]:
    return [name for _, name, _ in found]


def test_a_job_from_its_acceptance_to_its_end(api: APIClient, job: Job) -> None:
    response = get(api, job)
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.content.startswith(b"retry: 1000\n\n")
    [(last, name, state)] = events(response)
    assert (name, state["id"], state["state"]) == ("state", str(job.pk), "queued")

    first = claim(job)
    [(last, name, state)] = events(get(api, job, last))
    assert (name, state["state"], state["attempt"]) == ("state", "running", 1)

    progress_write(reports=[(first, Progress(1.0, 3.0, "one"))])
    [(last, name, progress)] = events(get(api, job, last))
    assert (name, progress) == ("progress", {"done": 1.0, "total": 3.0, "message": "one"})
    assert events(get(api, job, last)) == []

    record(first, Failed(error_of(RuntimeError("out of paper\nsecond line"), "w")))
    (_, *attempt), (last, *state_again) = events(get(api, job, last))
    assert attempt[0] == "attempt"
    assert (attempt[1]["attempt"], attempt[1]["message"]) == (1, "out of paper")
    assert "traceback" not in attempt[1]
    assert (state_again[0], state_again[1]["state"]) == ("state", "queued")

    record(claim(job), Succeeded(result=Result('{"sum": 3}', "")))
    [(last, name, final)] = events(get(api, job, last))
    assert (name, final["state"], final["result"]) == ("final", "succeeded", {"sum": 3})
    assert final == api.get(f"/jobs/{job.pk}").json()
    assert "s3cret-value" not in json.dumps(final)
    assert get(api, job, last).status_code == 204  # a client that knows the end asks no more


def test_a_client_that_comes_late_is_told_what_was(api: APIClient, job: Job) -> None:
    record(claim(job), Failed(error_of(RuntimeError("out of paper"), "w")))
    record(second := claim(job), Failed(error_of(RuntimeError("on fire"), "w")))
    progress_write(reports=[(second, Progress(1.0, None, ""))])
    job_cancel(job_id=job.pk)
    assert names(events(get(api, job))) == ["attempt", "attempt", "final"]


def test_a_stream_goes_on_behind_any_of_its_events(api: APIClient, job: Job) -> None:
    for number in range(3):
        record(claim(job), Failed(error_of(RuntimeError(str(number)), "w")))
    running = claim(job)
    progress_write(reports=[(running, Progress(1.0, None, ""))])
    everything = events(get(api, job))
    assert names(everything) == ["attempt", "attempt", "attempt", "state", "progress"]
    for seen, (last, _, _) in enumerate(everything, 1):
        assert events(get(api, job, last)) == everything[seen:]


@pytest.mark.parametrize(
    "last", ["x", "1-1-running", "1-1-lost-0", "-1-1-queued-0", "1-1-queued-0 ", "٣-1-queued-0"]
)
def test_an_id_that_is_none_is_refused(last: str, api: APIClient, job: Job) -> None:
    response = get(api, job, last.encode().decode("latin-1"))
    assert response.status_code == 400
    assert response.json()["errors"][0]["detail"].startswith("Send the id of the last event")


def test_who_may_not_see_the_job_may_not_follow_it(
    other_api: APIClient, staff_api: APIClient, anonymous: APIClient, job: Job
) -> None:
    assert get(other_api, job).status_code == 404
    assert get(anonymous, job).status_code == 401
    assert names(events(get(staff_api, job))) == ["state"]


def test_it_is_a_stream_and_nothing_else(api: APIClient, job: Job) -> None:
    path = f"/jobs/{job.pk}/events"
    assert api.get(path, HTTP_ACCEPT="application/json").status_code == 406
    assert api.get(path, HTTP_ACCEPT="*/*").status_code == 200
    assert api.get(f"{path}?wait=1").status_code == 400
    assert api.post(path).status_code == 405


def test_on_a_server_that_offers_it_more_is_to_come(
    api: APIClient, job: Job, offer: WaitOffer
) -> None:
    get(api, job, offer=offer)
    assert (offer.is_stream, offer.is_waiting, places_taken()) == (True, True, 1)
    offer.has_begun, offer.is_waiting = True, False
    response = get(api, job, offer=offer)  # woken without a reason
    assert (response.content, offer.is_waiting) == (b"", True)
    offer.is_waiting = False
    job_cancel(job_id=job.pk)
    assert names(events(get(api, job, offer=offer))) == ["final"]
    assert not offer.is_waiting


def test_a_job_that_has_ended_takes_no_place(api: APIClient, job: Job, offer: WaitOffer) -> None:
    job_cancel(job_id=job.pk)
    assert names(events(get(api, job, offer=offer))) == ["final"]
    assert (offer.is_waiting, places_taken()) == (False, 0)


def test_a_stream_ends_with_its_token(user: User, job: Job, offer: WaitOffer) -> None:
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=timedelta(seconds=90))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    get(client, job, offer=offer)
    assert 60 < offer.seconds <= 91
    seconds, offer.has_begun = offer.seconds, True
    get(client, job, offer=offer)  # a later call counts from the same beginning
    assert offer.seconds == seconds
    assert datetime.now(UTC) < datetime.fromtimestamp(token["exp"], UTC)


@pytest.mark.parametrize(
    ("setting", "status"), [("JOBS_WAITS_PER_CLIENT", 429), ("JOBS_WAITS_MAX", 503)]
)
def test_one_too_many_is_refused(
    setting: str, status: int, api: APIClient, job: Job, offer: WaitOffer, settings: Settings
) -> None:
    setattr(settings, setting, 0)
    response = get(api, job, offer=offer)
    assert (response.status_code, response.json()["code"]) == (status, "too_many_waits")
    assert response.headers["Retry-After"] == "1"
    assert not offer.is_waiting
