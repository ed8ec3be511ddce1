"""`manage.py jobs queues`."""

import pytest

from jobs.tests.factories import make_job
from jobs.tests.management.conftest import Run
from jobs.tests.steps import claim_one

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_queue_has_a_row(run: Run) -> None:
    claim_one(make_job())
    make_job()
    make_job(queue="bulk", delay_seconds=60)
    rows = {row.split()[0]: row.split()[1:] for row in run("queues").out.splitlines()[1:]}
    assert rows["default"] == ["1", "0", "s", "0", "1", "-"]
    assert rows["bulk"] == ["0", "-", "1", "0", "-"]


def test_json_says_the_same(run: Run) -> None:
    make_job()
    by_name = {one["name"]: one for one in run("queues", "--json").document}
    assert by_name["default"]["depth"] == 1
    assert by_name["default"]["oldest_ready_seconds"] >= 0
    assert by_name["bulk"]["oldest_ready_seconds"] is None
