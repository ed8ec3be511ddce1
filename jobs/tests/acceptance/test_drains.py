"""A worker process is drained, resumed and stopped from afar."""

from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.models.worker import WorkerRequest
from jobs.services.workers import worker_ask
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.waiting import wait_until


def test_a_worker_drains_goes_on_and_stops(service: Service, notes: Notes) -> None:
    process = service.worker("worker", "--concurrency", "1", "--name", "w1")
    process.wait_for("ready")
    running = make_job(payload={"text": "running", "seconds": 2.0})
    wait_until(lambda: Job.objects.running().exists())
    worker = Worker.objects.get(name="w1")
    worker_ask(worker_id=worker.id, request=WorkerRequest.DRAIN)
    process.wait_for("takes nothing more")
    waiting = make_job(payload={"text": "waiting"})
    wait_until(lambda: "running" in notes.texts())  # what had begun is finished
    wait_until(lambda: Job.objects.get(id=running.id).state == JobState.SUCCEEDED)
    heard = Worker.objects.get(id=worker.id).heartbeat_at
    wait_until(lambda: Worker.objects.get(id=worker.id).heartbeat_at > heard)
    assert Job.objects.get(id=waiting.id).state == JobState.QUEUED

    worker_ask(worker_id=worker.id, request=WorkerRequest.NONE)
    wait_until(lambda: "waiting" in notes.texts())

    worker_ask(worker_id=worker.id, request=WorkerRequest.STOP)
    wait_until(lambda: not process.alive)
    assert process.wait() == 0
    stopped = Worker.objects.get(id=worker.id)
    assert stopped.stopped_at is not None
    assert stopped.signed_off
