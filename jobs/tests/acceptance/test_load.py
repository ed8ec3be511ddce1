"""Workers under load: each job runs once and every worker has its share, also if some die."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.load import JOBS, submit
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.conftest import Notes
from jobs.tests.waiting import wait_until


def test_five_workers_do_each_job_once_and_share_the_work(
    service: Service,
    shared_api: tuple[Process, str],
    notes: Notes,
    wait_until_all_final: Callable[[float], None],
) -> None:
    client = Client(shared_api[1]).sign_up()
    service.workers(5, "--concurrency", "4")
    ids = submit(client, "tests.note_once", 0.02)
    wait_until_all_final(60)
    assert len(set(ids)) == JOBS
    assert Counter(Job.objects.values_list("state", flat=True)) == {JobState.SUCCEEDED: JOBS}
    assert sorted(notes.texts()) == sorted(f"note{number}" for number in range(JOBS))
    assert len({line[3] for line in notes.lines()}) == 5


def test_killing_three_of_five_workers_loses_and_repeats_nothing(
    service: Service,
    shared_api: tuple[Process, str],
    notes: Notes,
    wait_until_all_final: Callable[[float], None],
) -> None:
    client = Client(shared_api[1]).sign_up()
    workers = service.workers(5, "--concurrency", "4")
    submit(client, "tests.note_once", 0.1)
    for done, worker in zip((40, 80, 120), workers[:3], strict=True):
        wait_until(lambda done=done: len(notes.lines()) >= done)  # type: ignore[misc]
        worker.kill()
    wait_until_all_final(60)
    states = Counter(Job.objects.values_list("state", flat=True))
    repeated = {text: n for text, n in Counter(notes.texts()).items() if n > 1}
    assert repeated == {}
    assert states[JobState.SUCCEEDED] + states[JobState.DEAD] == JOBS
    # Dead are at most those whose handlers were running: 3 workers with 4 slots each.
    assert states[JobState.DEAD] <= 12
    dead = Job.objects.filter(state=JobState.DEAD)
    assert all(job.dead_letters.get().reason == "interrupted" for job in dead)
    undone = dead.exclude(payload__text__in=notes.texts()).count()
    assert len(notes.texts()) == JOBS - undone


def test_one_key_posted_fifty_times_at_once_is_one_job(
    service: Service,
    shared_api: tuple[Process, str],
    notes: Notes,
    wait_until_all_final: Callable[[float], None],
) -> None:
    client = Client(shared_api[1]).sign_up()
    service.workers(2)

    def post(_: int) -> str:
        job = client.add_job("tests.note", {"text": "only"}, idempotency_key="order-17")
        return str(job["id"])

    with ThreadPoolExecutor(50) as threads:
        ids = set(threads.map(post, range(50)))
    wait_until_all_final(30)
    assert len(ids) == 1
    assert Job.objects.count() == 1
    assert notes.texts() == ["only"]
