"""What a test has committed is gone when the next one begins."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import TransactionTestCase

from jobs.core.conf import jobs_conf
from jobs.models import Event, Job, Queue
from jobs.services.queues import queue_pause
from jobs.tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def flush() -> None:
    TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]


def test_few_rows_are_deleted_and_what_every_test_needs_stays() -> None:
    permissions = Permission.objects.count()
    make_job(submitted_by_id=make_user().pk)
    queue_pause(name="default")  # an event, which no statement may delete
    Queue.objects.create(name="another")
    flush()
    assert not Job.objects.exists()
    assert not Event.objects.exists()
    assert set(Queue.objects.values_list("name", "paused_at")) == {
        (name, None) for name in jobs_conf().queues
    }
    assert Permission.objects.count() == permissions > 0


def test_what_the_planner_knows_is_forgotten() -> None:
    make_job()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_job")
        flush()
        cursor.execute(
            "SELECT relpages, reltuples, pg_relation_size(oid) FROM pg_class"
            " WHERE oid = 'jobs_job'::regclass"
        )
        assert cursor.fetchone() == (0, -1.0, 0)
