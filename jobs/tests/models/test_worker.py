"""Which workers are live, and which are silent."""

from datetime import timedelta

import pytest

from jobs.models import Worker
from jobs.tests.factories import make_worker
from jobs.tests.steps import HOUR_SECONDS, lose, silence

pytestmark = pytest.mark.django_db(transaction=True)


def test_live_silent_and_stopped_exclude_one_another(short_timeout: float) -> None:
    live, silent, stopped = make_worker(), make_worker(), make_worker()
    Worker.objects.filter(id=live.id).update(heartbeat_at=live.started_at + timedelta(hours=1))
    silence(silent, HOUR_SECONDS)
    silence(stopped, HOUR_SECONDS)
    lose(stopped)
    assert list(Worker.objects.live(short_timeout)) == [live]
    assert list(Worker.objects.silent(short_timeout)) == [silent]
