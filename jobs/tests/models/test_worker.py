"""Which workers are live, and which are silent."""

import pytest

from jobs.core.clock import HOUR_SECONDS
from jobs.models import Worker
from jobs.tests.factories import make_worker
from jobs.tests.steps import lose, silence

pytestmark = pytest.mark.django_db(transaction=True)


def test_live_silent_and_stopped_exclude_one_another(short_timeout: float) -> None:
    live, silent, ahead, stopped = (make_worker() for _ in range(4))
    silence(silent, HOUR_SECONDS)
    silence(ahead, -HOUR_SECONDS)  # the clock was set back since
    silence(stopped, HOUR_SECONDS)
    lose(stopped)
    assert list(Worker.objects.live(short_timeout)) == [live]
    assert set(Worker.objects.silent(short_timeout)) == {silent, ahead}
