"""Users can be deleted; their jobs stay."""

import pytest

from accounts.models import User
from jobs.models import Job
from jobs.tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_clients_who_used_the_same_key_can_be_deleted() -> None:
    jobs = [make_job(idempotency_key="k", submitted_by_id=make_user().id) for _ in range(2)]
    effect_keys = {job.id: job.effect_key for job in jobs}
    for user in User.objects.all():
        user.delete()
    assert not User.objects.exists()
    left = Job.objects.values_list("id", "submitted_by_id", "idempotency_key", "effect_key")
    assert {row[0]: row[1:] for row in left} == {
        job_id: (None, None, effect_key) for job_id, effect_key in effect_keys.items()
    }


def test_users_who_leave_do_not_conflict_with_one_another() -> None:
    """Their jobs stay; the client that made their keys differ is gone."""
    for user in (make_user(), make_user()):
        make_job(idempotency_key="order-1", submitted_by_id=user.id)
        user.delete()
    assert Job.objects.filter(submitted_by=None).count() == 2
