"""An effect key changes hands only while its owner is out of the race, and outlives its age."""

from uuid import UUID

import pytest

from accounts.models import User
from jobs.core.claim import ClaimedJob
from jobs.models import Job, ProcessedKey
from jobs.models.moments import seconds_ago
from jobs.services import effect_keys
from jobs.services.attempts import jobs_claim
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.prune import DAY_SECONDS, jobs_prune
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import claim_one, die, succeed
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_owner_that_is_replayed_at_this_moment_keeps_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = make_job(type="tests.note_by_text", payload={"text": "same"})
    letter = die(owner)
    rival = make_job(type="tests.note_by_text", payload={"text": "same"})
    running: list[ClaimedJob] = []
    still_will_not_do_it = effect_keys._still_will_not_do_it

    def after_a_replay(owner_id: UUID) -> bool:
        elsewhere(lambda: dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None))
        running.append(elsewhere(lambda: claim_one(owner)))
        return still_will_not_do_it(owner_id)

    with monkeypatch.context() as patch:
        patch.setattr(effect_keys, "_still_will_not_do_it", after_a_replay)
        jobs_resolve_key_conflicts(job_ids=[rival.id])
    assert running
    assert not jobs_claim(worker_id=make_worker().id, job_ids=[rival.id])


def test_a_key_is_kept_for_its_time_after_the_success() -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "same"})
    letter = die(job)
    ProcessedKey.objects.update(created_at=seconds_ago(1_000 * DAY_SECONDS))
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    succeed(job)
    jobs_prune()
    assert ProcessedKey.objects.filter(job_id=job.id).exists()


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
