"""A process is killed at each kill point; the promises hold, and no person has to act."""

from collections import Counter
from collections.abc import Callable

import pytest

from jobs.core import kill_points
from jobs.core.states import DeathReason, JobState
from jobs.models import DeadLetter, Job
from jobs.tests.acceptance.client import PASSWORD, Client
from jobs.tests.acceptance.processes import Service, kill_workers_at
from jobs.tests.app.models import Note
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.waiting import wait_until
from tools.http_client import NoAnswer

WORKER_POINTS = [
    kill_points.POP_CLAIM,
    kill_points.CLAIM_START,
    kill_points.EFFECT_RECORD,
    kill_points.RECORD_MARK,
]


def test_api_killed_between_commit_and_dispatch_has_not_lost_the_job(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    process, address = service.api_process(KILL_POINT=kill_points.COMMIT_PUSH)
    client = Client(address).sign_up()
    with pytest.raises(NoAnswer):
        client.add_job("tests.note", {"text": "committed"}, idempotency_key="k")
    wait_until(lambda: Job.objects.count() == 1)
    service.worker("rescuer")
    wait_until_all_final(20)
    assert notes.texts() == ["committed"]
    # The caller got no answer; the same call again gets the same job.
    again = Client(service.api())
    again.log_in("customer", PASSWORD)
    assert again.add_job("tests.note", {"text": "committed"}, idempotency_key="k")["duplicate"]
    process.end()


@pytest.mark.timeout(240)  # four processes start, and jobs are rescued; on a slow machine, too
@pytest.mark.parametrize("point", WORKER_POINTS)
def test_each_effect_keeps_its_promise_when_a_worker_is_killed(
    point: str, service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    key = "order-17"  # without one there would be no cache mark, and no worker would come to it
    idempotent = make_job(type="tests.note", payload={"text": "again"}, idempotency_key=key)
    row = {"type": "tests.note_transactional", "payload": {"text": "one row"}}
    transactional = make_job(**row, queue="bulk", idempotency_key=key)
    mail = {"type": "tests.note_once", "payload": {"text": "once"}}
    once = make_job(**mail, queue="emails", idempotency_key=key)
    kill_workers_at(service, point, "default", "bulk", "emails")
    service.worker("rescuer")
    wait_until_all_final(30)
    for job in (idempotent, transactional, once):
        job.refresh_from_db()
    is_unknown = point == kill_points.EFFECT_RECORD

    assert idempotent.state == JobState.SUCCEEDED
    assert transactional.state == JobState.SUCCEEDED
    assert Counter(Note.objects.values_list("text", flat=True)) == {"one row": 1}
    assert Counter(notes.texts()) == {"again": 2 if is_unknown else 1, "once": 1}
    # It is dead only where its outcome is unknown.
    if is_unknown:
        assert once.state == JobState.DEAD
        assert DeadLetter.objects.get().reason == DeathReason.INTERRUPTED
    else:
        assert (once.state, once.failures) == (JobState.SUCCEEDED, 0)


def test_job_that_takes_workers_down_ends_as_a_crash_loop(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    poison = make_job(payload={"text": "poison", "failures": 99, "error": "crash"}, max_retries=20)
    innocents = [make_job(payload={"text": f"innocent{n}"}) for n in range(20)]
    for number in range(3):
        victim = service.command(f"victim-{number}", "runworker", "--concurrency", "1")
        assert victim.wait(40) == 1
    service.worker("survivor")
    wait_until_all_final(30)
    assert DeadLetter.objects.get().reason == DeathReason.CRASH_LOOP
    assert DeadLetter.objects.get().job_id == poison.id
    assert Counter(notes.texts()) == {f"innocent{n}": 1 for n in range(20)}
    assert len(innocents) == Job.objects.filter(state=JobState.SUCCEEDED).count()
