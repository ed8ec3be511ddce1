"""Counts of dead letters are folded where there are any, and looked for from time to time."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import DeadLetterCount
from jobs.models.moments import seconds_ago
from jobs.services.standing_work import StandingWork
from jobs.tests.factories import make_job
from jobs.tests.fake_clock import FakeClock
from jobs.tests.steps import die
from jobs.worker.fold_counts_timer import LOOK_SECONDS, FoldCountsTimer

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_asks_nothing_where_there_is_nothing() -> None:
    standing_work, clock = StandingWork(), FakeClock()
    timer = FoldCountsTimer(standing_work, clock, threading.Event())
    timer()
    standing_work.read()
    with CaptureQueriesContext(connection) as queries:
        timer()
    assert not queries
    clock.now += LOOK_SECONDS
    with CaptureQueriesContext(connection) as queries:
        timer()
    assert queries


def test_it_folds_what_has_come() -> None:
    standing_work = StandingWork()
    timer = FoldCountsTimer(standing_work, FakeClock(), threading.Event())
    timer()
    die(make_job())
    die(make_job())
    DeadLetterCount.objects.update(begins_at=seconds_ago(2 * 3_600))  # their hour is over
    standing_work.read()
    timer()
    assert DeadLetterCount.objects.filter(is_folded=False).count() == 0
