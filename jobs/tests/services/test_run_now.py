"""A person makes a job due at once."""

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.actor import Actor
from jobs.core.decision_errors import JobNotDelayed
from jobs.core.limit import LimitRule
from jobs.core.outcome import Failed
from jobs.models import Event
from jobs.services.limits.change import limit_set
from jobs.services.run_now import job_run_now
from jobs.sql.statements import database_now
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, error, record, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_delayed_job_runs_at_once_and_it_is_written_down(broker: RedisBroker) -> None:
    job = make_job(delay_seconds=600)
    job_run_now(job_id=job.id, actor=Actor("7", "ann"), reason="urgent")
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [job.id]
    assert claim_one(stored(job))
    event = Event.objects.about("job", job.id).get()
    assert (event.actor_name, event.reason) == ("ann", "urgent")
    assert event.before["run_at"] == job.run_at.isoformat()


def test_a_retry_need_not_wait() -> None:
    job = make_job()
    record(claim_one(job), Failed(error(), after_seconds=600))
    job_run_now(job_id=job.id)
    assert claim_one(stored(job)).attempt == 2


def test_a_limit_is_not_overruled(broker: RedisBroker) -> None:
    limit_set(name="queue:default", rule=LimitRule(max_concurrency=1))
    job = make_job(delay_seconds=600)
    job_run_now(job_id=job.id)
    assert broker.fetch(["default"], 9) == []
    assert stored(job).held_by is not None
    assert stored(job).run_at <= database_now()


def test_what_is_due_or_has_ended_is_refused() -> None:
    due, done = make_job(), succeed(make_job())
    with pytest.raises(JobNotDelayed, match="due already"):
        job_run_now(job_id=due.id)
    with pytest.raises(JobNotDelayed, match="succeeded"):
        job_run_now(job_id=done.id)
    assert not Event.objects.filter(action="job.hurried").exists()
