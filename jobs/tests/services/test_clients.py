"""A client leaves: its rows are detached in batches, which wait for nobody and hold up nobody."""

from functools import partial

import pytest
from django.db import connection

from accounts.services.users import user_delete
from jobs import JobRequest
from jobs.core.outcome import Succeeded
from jobs.models import DeadLetter, Job
from jobs.services import clients as clients_module
from jobs.services.batches import batch_add, batch_close, batch_create
from jobs.services.chains import chain_create
from jobs.services.clients import client_detach
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.factories import make_job, make_user
from jobs.tests.locks import held_elsewhere
from jobs.tests.steps import claim_one, die, record
from jobs.tests.threads import at_once, elsewhere

pytestmark = pytest.mark.django_db(transaction=True)

NOTES = [JobRequest("tests.note", {"text": text}) for text in ("one", "two")]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients_module, "DETACH_BATCH", 3)


def test_all_rows_of_the_client_and_no_others_are_detached() -> None:
    leaving, staying = make_user(), make_user()
    for number in range(10):
        make_job(submitted_by_id=leaving.id, idempotency_key=f"key-{number}")
    kept = make_job(submitted_by_id=staying.id, idempotency_key="key-0")
    decided = die(make_job(submitted_by_id=staying.id))
    dead_letter_discard(dead_letter_id=decided.id, resolved_by_id=leaving.id)
    dead = die(make_job(submitted_by_id=leaving.id))
    assert client_detach(user_id=leaving.id) == 11
    assert Job.objects.filter(submitted_by=None, idempotency_key=None).count() == 11
    kept.refresh_from_db()
    assert (kept.submitted_by_id, kept.idempotency_key) == (staying.id, "key-0")
    letters = dict(DeadLetter.objects.values_list("id", "submitted_by_id"))
    assert letters == {decided.id: staying.id, dead.id: None}
    decided.refresh_from_db()
    assert (decided.resolved_by_id, decided.resolved_by_name) == (None, leaving.username)


def test_a_chain_goes_on_without_its_client() -> None:
    leaving = make_user()
    first = chain_create(requests=NOTES, submitted_by_id=leaving.id).job
    user_delete(user=leaving)
    assert record(claim_one(first), Succeeded()).written
    assert Job.objects.exclude(id=first.id).get().submitted_by_id is None


def test_a_batch_is_completed_without_its_client() -> None:
    leaving = make_user()
    success, completion = (JobRequest("tests.note", {"text": one}) for one in ("all", "ended"))
    made = batch_create(on_success=success, on_completion=completion, submitted_by_id=leaving.id)
    batch_add(batch_id=made.id, requests=NOTES[:1], submitted_by_id=leaving.id)
    batch_close(batch_id=made.id)
    [only] = Job.objects.all()
    user_delete(user=leaving)
    assert record(claim_one(only), Succeeded()).written
    callbacks = Job.objects.exclude(id=only.id)
    assert {one.payload["text"] for one in callbacks} == {"all", "ended"}
    assert {one.submitted_by_id for one in callbacks} == {None}


def test_each_batch_is_a_transaction_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the second one is about to begin, the rows of the first are free, and detached."""
    leaving = make_user()
    jobs = [make_job(submitted_by_id=leaving.id) for _ in range(7)]
    seen: list[tuple[int, bool]] = []
    one_batch = clients_module._one_batch

    def look_first(statement: str, *args: object) -> object:
        detached = elsewhere(lambda: Job.objects.filter(submitted_by=None).count())
        if statement == "detach_jobs":
            elsewhere(partial(Job.objects.filter(id=jobs[-1].id).update, priority=7))
            seen.append((detached, connection.in_atomic_block))
        return one_batch(statement, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(clients_module, "_one_batch", look_first)
    user_delete(user=leaving)
    assert seen == [(0, False), (3, False), (6, False)]


def test_a_row_that_is_locked_is_not_waited_for() -> None:
    leaving = make_user()
    held, *others = [make_job(submitted_by_id=leaving.id) for _ in range(5)]
    with held_elsewhere(lambda: Job.objects.select_for_update().get(id=held.id)):
        client_detach(user_id=leaving.id)
        assert Job.objects.filter(submitted_by=leaving).get().id == held.id
    leaving.delete()
    assert Job.objects.filter(submitted_by=None).count() == len(others) + 1


def test_two_calls_at_once_do_not_wait_for_each_other() -> None:
    leaving = make_user()
    for _ in range(20):
        make_job(submitted_by_id=leaving.id)
    at_once(*[partial(client_detach, user_id=leaving.id)] * 3)
    client_detach(user_id=leaving.id)
    assert not Job.objects.filter(submitted_by=leaving).exists()
