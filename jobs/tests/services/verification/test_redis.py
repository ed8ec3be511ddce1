"""The checks that compare Redis with PostgreSQL."""

from typing import Any

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.clock import HOUR_SECONDS
from jobs.core.message import QueueMessage
from jobs.models import Job
from jobs.models.moments import seconds_ago
from jobs.services.cancel import job_cancel
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.services.queues import queue_pause
from jobs.services.verification.redis import redis_checks
from jobs.tests.factories import make_job
from jobs.tests.steps import dispatched_ago
from jobs.tests.violations import change, found

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("short_redispatch"),
]


def test_what_is_late_behind_the_next_one_out_is_not_lost(broker: RedisBroker) -> None:
    lost, waiting = make_job(), make_job()
    broker.forget_everything()
    broker.dispatch([QueueMessage(waiting.id, waiting.effect_key, waiting.queue, waiting.priority)])
    for job in (lost, waiting):
        change(job, run_at=seconds_ago(HOUR_SECONDS))
        dispatched_ago(job, HOUR_SECONDS)
    assert found(redis_checks()) == {}
    change(lost, run_at=seconds_ago(HOUR_SECONDS * 2))
    dispatched_ago(lost, HOUR_SECONDS * 2)
    assert found(redis_checks()) == {"dispatches": 1}


def test_ids_that_are_not_queued_are_harmless_and_counted() -> None:
    job = make_job()
    job_cancel(job_id=job.id)
    [dispatches] = [check for check in redis_checks() if check.name == "dispatches"]
    assert dispatches.violations == 0
    assert dispatches.notes.startswith("1 ids")


def test_ids_without_a_row_are_said_to_be_lost_once(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        make_job()
    job_cancel(job_id=make_job().id)
    Job.objects.queued().delete()
    reads: list[object] = []
    read = broker.waiting_messages

    def counted(queues: list[str], **more: Any) -> Any:
        reads.append(queues)
        return read(queues, **more)

    monkeypatch.setattr(broker, "waiting_messages", counted)
    checks = {check.name: check for check in redis_checks()}
    assert checks["dispatches"].violations == 0
    assert checks["dispatches"].notes == "3 ids in Redis that are not queued (harmless)"
    assert (checks["unknown_jobs"].rows, checks["unknown_jobs"].violations) == (3, 2)
    assert len(reads) == 2  # once for what is lost, once for what is there


def test_what_lies_in_the_lists_of_a_paused_queue_is_not_lost(broker: RedisBroker) -> None:
    jobs = [make_job(queue="bulk") for _ in range(3)]
    queue_pause(name="bulk")
    for job in jobs:
        change(job, run_at=seconds_ago(HOUR_SECONDS))
        dispatched_ago(job, HOUR_SECONDS)
    assert found(redis_checks()) == {}
    assert jobs_redispatch_lost(queues=["bulk"]).count == 0
    broker.forget_everything()
    assert found(redis_checks()) == {"dispatches": 3}
    assert jobs_redispatch_lost(queues=["bulk"]).count == 3


@pytest.mark.parametrize("count", [1_000, 1_200])
def test_a_list_that_holds_a_job_again_and_again_is_named(count: int, broker: RedisBroker) -> None:
    job = make_job()
    message = QueueMessage(job.id, job.effect_key, job.queue, job.priority)
    broker.dispatch([message] * count)
    checks = {check.name: check for check in redis_checks()}
    assert found(redis_checks()) == ({"surplus": count} if count > 1_000 else {})
    assert checks["surplus"].rows == count + 1
    if count > 1_000:
        assert checks["surplus"].examples == ["default, priority 5: 1,200 entries too many"]
