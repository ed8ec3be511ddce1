"""Moments and the time between them, by the database's clock."""

import pytest
from django.db.models.functions import Now

from jobs.models import Worker
from jobs.models.moments import seconds_ago, seconds_between
from jobs.tests.factories import make_worker

pytestmark = pytest.mark.django_db(transaction=True)


def test_seconds_between_two_moments_have_a_fraction() -> None:
    make_worker()
    soon = seconds_ago(-0.9)
    ahead = Worker.objects.values_list(
        seconds_between(Now(), soon), seconds_between(soon, Now())
    ).get()
    assert ahead == (pytest.approx(0.9), pytest.approx(-0.9))
