"""Handlers where transactions are serializable by default: theirs stay so, and spend no retry."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import connection
from django.db.models import F

from jobs.core.claim import ClaimedJob
from jobs.core.outcome import Outcome, Succeeded
from jobs.core.states import Effect, JobState
from jobs.handlers.context import JobContext, Payload
from jobs.models import Worker
from jobs.tests.app.models import Note
from jobs.tests.factories import make_job
from jobs.tests.isolation import serializable_by_default
from jobs.tests.steps import claim_one, stored
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def serializable() -> Iterator[None]:
    with serializable_by_default():
        yield


def test_transactional_handlers_that_meet_spend_no_retry(
    run: Callable[[ClaimedJob], Outcome],
    register: Callable[..., str],
    worker: Worker,
) -> None:
    payloads: list[Payload] = []

    def count_up(payload: Payload, context: JobContext) -> None:
        payloads.append(dict(payload))
        payload.pop("text")  # a handler may do as it likes with what it was given
        Note.objects.filter(text="counter").update(attempt=F("attempt") + 1)

    Note.objects.create(text="counter", job_id=worker.id, attempt=0)
    name = register(count_up, Effect.TRANSACTIONAL)
    claims = [claim_one(make_job(type=name, payload={"text": "x"}), worker) for _ in range(6)]
    outcomes = at_once(*[partial(run, claim) for claim in claims])
    assert outcomes == [Succeeded(recorded=True)] * len(claims)
    assert Note.objects.get(text="counter").attempt == len(claims)
    assert all(payload["text"] == "x" for payload in payloads)
    assert len(payloads) > len(claims), "they never met, so nothing was tried"
    for claim in claims:
        row = stored(claim)
        assert (row.state, row.attempt, row.failures) == (JobState.SUCCEEDED, 1, 0)


def test_a_handler_s_transaction_is_as_isolated_as_its_session_says(
    run: Callable[[ClaimedJob], Outcome],
    register: Callable[..., str],
    worker: Worker,
) -> None:
    seen: list[tuple[str, ...]] = []

    def look(payload: Payload, context: JobContext) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('transaction_isolation'), current_setting('lock_timeout')"
            )
            seen.append(cursor.fetchone())

    for effect in (Effect.TRANSACTIONAL, Effect.IDEMPOTENT):
        run(claim_one(make_job(type=register(look, effect)), worker))
    assert seen == [("serializable", "0")] * 2
