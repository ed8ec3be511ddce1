"""A new job is made of an old one."""

import pytest

from jobs.core.actor import Actor
from jobs.core.errors import PayloadInvalid
from jobs.models import Event, Job
from jobs.services.clone import job_clone
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_clone_has_the_changes_and_a_client_of_its_own() -> None:
    user = make_user(username="ann")
    job = make_job(payload={"text": "a", "secret": "hush"}, queue="bulk", idempotency_key="k")
    succeed(job)
    clone = job_clone(
        job_id=job.id,
        payload={"text": "b", "secret": "hush"},
        priority=9,
        submitted_by_id=user.pk,
        actor=Actor(str(user.pk), "ann"),
        reason="again",
    )
    row = stored(clone)
    assert (row.type, row.queue, row.priority) == (job.type, "bulk", 9)
    assert (row.payload["text"], row.idempotency_key, row.submitted_by_id) == ("b", None, user.pk)
    of_old, of_new = (Event.objects.about("job", one).get() for one in (job.id, clone.id))
    assert of_old.after == {"clone": str(clone.id)}
    assert of_new.before["job"] == str(job.id)
    assert "hush" not in str(of_new.before) + str(of_new.after)


def test_a_payload_that_the_type_refuses_makes_no_job() -> None:
    job = make_job()
    with pytest.raises(PayloadInvalid):
        job_clone(job_id=job.id, payload={"text": 7})
    assert Job.objects.count() == 1
    assert not Event.objects.exists()
