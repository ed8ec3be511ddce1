"""Ids go to Redis after the commit, and no failure of Redis is one of the caller."""

import pytest
from django.db import connection, transaction

from jobs.broker.redis import RedisBroker
from jobs.core.errors import (
    BrokerUnavailable,
)
from jobs.core.outage import broker_outage
from jobs.core.states import JobState
from jobs.tests.enqueueing import enqueue, waiting
from jobs.tests.steps import stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("redis_away")
def test_without_redis_it_is_accepted_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    jobs = [enqueue().job, enqueue(delay_seconds=60).job]
    assert [stored(job).state for job in jobs] == [JobState.QUEUED, JobState.QUEUED]
    assert broker_outage.is_on
    assert caplog.text.count("Redis is unavailable") == 1


def test_a_redis_that_has_just_failed_is_left_alone_for_a_moment(
    broker: RedisBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Callers must not wait for a connection that times out, one after the other."""
    while broker_outage.seconds_to_next_try < 1:
        broker_outage.failed(BrokerUnavailable("gone"))
    enqueue()
    assert waiting(broker) == 0
    broker_outage.ended()
    enqueue()
    assert waiting(broker) == 1


def test_a_short_delay_ends_in_the_list(broker: RedisBroker) -> None:
    job = enqueue(delay_seconds=0.05).job
    assert waiting(broker) == 0
    while not broker.promote_due(10):
        pass
    assert [one.message.job_id for one in broker.fetch(["default"], 10)] == [job.id]


def test_a_delay_counts_from_the_call_and_not_from_the_commit(broker: RedisBroker) -> None:
    """The transaction takes as long as the delay: the job is ready at its end."""
    with transaction.atomic():
        enqueue(delay_seconds=0.05)
        long = enqueue(delay_seconds=60).job
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
    assert waiting(broker) == 1
    assert broker.depth(["default"]).delayed == 1
    [[delayed]] = [one for one in broker.waiting_messages(["default"]) if len(one) == 1][:1]
    assert delayed.job_id == long.id
