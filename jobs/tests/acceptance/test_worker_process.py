"""One worker process: stops, timeouts, cancellation, freezing, recycling, and its health."""

import os
import signal
from collections.abc import Callable

from django.db.models import Max, Min

from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Job, Worker
from jobs.services.cancel import job_cancel
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.tests.acceptance.health import health
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.waiting import wait_until
from tools.ports import free_port


def state_of(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(id=job.id)


def test_sigterm_finishes_what_runs_and_gives_back_the_rest(service: Service, notes: Notes) -> None:
    running = make_job(type="tests.note_once", payload={"text": "running", "seconds": 2})
    worker = service.worker("worker", "--concurrency", "1")
    wait_until(lambda: notes.texts() == ["running"])
    waiting = make_job(type="tests.note_once", payload={"text": "waiting"})
    assert worker.stop() == 0
    assert state_of(running) == JobState.SUCCEEDED
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failures) == (JobState.QUEUED, 0)
    assert Worker.objects.get().stopped_at is not None


def test_second_signal_ends_it_at_once(service: Service, notes: Notes) -> None:
    make_job(type="tests.note_once", payload={"text": "long", "seconds": 60})
    worker = service.worker("worker")
    wait_until(lambda: notes.texts() == ["long"])
    worker.signal(signal.SIGTERM)
    worker.wait_for("stopping")
    worker.signal(signal.SIGTERM)
    assert worker.wait(5) == 130


def test_handler_past_the_grace_period_is_left_and_its_job_is_dead(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    make_job(type="tests.note_once", payload={"text": "long", "seconds": 60})
    worker = service.worker("worker", JOBS_GRACE_SECONDS="1")
    wait_until(lambda: notes.texts() == ["long"])
    assert worker.stop() == 3
    service.worker("rescuer")
    wait_until_all_final(10)
    assert DeadLetter.objects.get().reason == "interrupted"


def test_deploy_that_cuts_a_job_off_is_no_crash(service: Service) -> None:
    job = make_job(type="tests.note", payload={"text": "long", "seconds": 60})
    worker = service.worker("worker", JOBS_GRACE_SECONDS="1")
    worker.wait_for("processing job")
    assert worker.stop() == 3
    assert Worker.objects.get().signed_off
    jobs_rescue()
    job.refresh_from_db()
    assert (job.state, job.crashes) == (JobState.QUEUED, 0)
    assert job.errors[0]["error"] == "WorkerStopped"


def test_frozen_worker_is_rescued_and_its_late_success_settles_the_dead_letter(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    job = make_job(type="tests.note_once", payload={"text": "slow", "seconds": 2})
    zombie = service.worker("zombie", "--concurrency", "1")
    wait_until(lambda: notes.texts() == ["slow"])
    zombie.signal(signal.SIGSTOP)
    service.worker("rescuer")
    wait_until(lambda: state_of(job) == JobState.DEAD, 25)
    zombie.signal(signal.SIGCONT)
    wait_until(lambda: state_of(job) == JobState.SUCCEEDED, 15)
    assert DeadLetter.objects.get().resolution == Resolution.SETTLED
    assert notes.texts() == ["slow"]
    # The worker goes on under a new name, and runs jobs.
    zombie.wait_for("had been declared dead; it goes on as")
    another = make_job(type="tests.note_once", payload={"text": "another"})
    wait_until(lambda: state_of(another) == JobState.SUCCEEDED)


def test_overdue_handler_is_interrupted_and_a_thread_left_behind_keeps_no_process(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    job = make_job(type="tests.spin", payload={"text": "spin", "seconds": 60}, max_retries=1)
    make_job(type="tests.leave_a_thread", payload={"text": "left", "seconds": 60})
    worker = service.worker("worker")
    wait_until_all_final(20)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.DEAD, 2)  # each attempt has counted
    assert [error["error"] for error in job.errors] == ["JobTimeout", "JobTimeout"]
    assert notes.texts() == ["left"]
    assert worker.stop() == 0
    assert worker.says("Worker worker stopped")


def test_handler_that_will_not_stop_is_left_behind_and_the_worker_recycles(
    service: Service, notes: Notes
) -> None:
    job = make_job(
        type="tests.unresponsive", payload={"text": "unresponsive", "seconds": 40}, max_retries=0
    )
    worker = service.worker("worker", "--concurrency", "2")
    worker.wait_for("does not stop after its time")
    quick = make_job(payload={"text": "quick"})
    worker.wait_for("recycles itself: 1 handlers do not stop")
    assert worker.wait() == 0
    assert state_of(job) == JobState.DEAD
    assert state_of(quick) in (JobState.SUCCEEDED, JobState.QUEUED)


def test_max_jobs_and_max_rss_recycle(service: Service, notes: Notes) -> None:
    for _ in range(5):
        make_job()
    counting = service.worker("counting", "--max-jobs", "5")
    assert counting.wait() == 0
    assert counting.says("recycles itself: 5 jobs done")
    weighing = service.worker("weighing", "--max-rss", "1")
    assert weighing.wait() == 0
    assert weighing.says("MB in memory")


def test_what_is_cancelled_ends_and_the_health_port_says_that_the_fetch_loop_turns(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    port = free_port()
    running = make_job(type="tests.patient", payload={"text": "patient", "seconds": 60})
    queued, other = make_job(), make_job(payload={"text": "other"})
    job_cancel(job_id=queued.id)
    worker = service.worker("worker", "--health-port", str(port))
    worker.wait_for(f"processing job {running.id}")
    status, body = health(port)
    assert (status, body["status"], body["worker"]) == (200, "ok", "worker")
    job_cancel(job_id=running.id)
    wait_until_all_final(15)
    assert state_of(running) == state_of(queued) == JobState.CANCELLED
    assert state_of(other) == JobState.SUCCEEDED
    assert notes.texts() == ["other"]


def test_usage_errors_exit_with_2(service: Service) -> None:
    worker = service.command("wrong", "runworker", "--queues", "nowhere")
    assert worker.wait() == 2
    assert worker.says("choose from default")


def test_bad_weights_exit_with_2_and_one_sentence(service: Service) -> None:
    worker = service.command("wrong", "runworker", "--queues", "default:6,bulk")
    assert worker.wait() == 2
    assert worker.says("'bulk' has no weight; give one to each queue or to none")
    assert "Traceback" not in worker.log.read_text()


def test_async_handlers_run_side_by_side_retry_and_time_out(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    worker = service.worker("worker", "--concurrency", "1", "--async-concurrency", "30")
    together = [
        make_job(type="tests.note_async", payload={"text": f"n{n}", "seconds": 1})
        for n in range(30)
    ]
    failing = make_job(
        type="tests.note_async", payload={"text": "second", "failures": 1}, max_retries=1
    )
    overdue = make_job(
        type="tests.note_async", payload={"text": "late", "seconds": 60}, max_retries=0
    )
    wait_until_all_final(30)
    assert {state_of(job) for job in [*together, failing]} == {JobState.SUCCEEDED}
    overdue.refresh_from_db()
    assert overdue.errors[-1]["error"] == "JobTimeout"
    jobs = Job.objects.filter(id__in=[job.id for job in together])
    times = jobs.aggregate(last_start=Max("claimed_at"), first_end=Min("finished_at"))
    assert times["last_start"] < times["first_end"]
    assert worker.stop() == 0


def test_handler_that_blocks_the_event_loop_is_named_and_other_workers_run_what_waits(
    service: Service, notes: Notes
) -> None:
    make_job(type="tests.block_the_loop", payload={"text": "blocks", "seconds": 60})
    worker = service.worker("worker", JOBS_GRACE_SECONDS="1")
    wait_until(lambda: notes.texts() == ["blocks"])
    others = [make_job(type="tests.note_async", payload={"text": "other"}) for _ in range(5)]
    worker.wait_for("The event loop is blocked by a handler of: tests.block_the_loop")
    wait_until(lambda: {state_of(job) for job in others} == {JobState.QUEUED})
    service.worker("rescuer")
    wait_until(lambda: {state_of(job) for job in others} == {JobState.SUCCEEDED})
    assert worker.stop() == 3


def test_a_read_only_database_is_refused_in_one_sentence(service: Service) -> None:
    url = service.env["DATABASE_URL"] + "&options=-c%20default_transaction_read_only%3Don"
    worker = service.command("wrong", "runworker", DATABASE_URL=url)
    assert worker.wait() == 1
    assert worker.says("PostgreSQL takes no writes")
    assert not worker.says("Traceback")


def test_workers_do_not_outlive_their_supervisor(service: Service, notes: Notes) -> None:
    supervisor = service.command("pool", "runworker", "--name", "pool", "--processes", "2")
    wait_until(lambda: Worker.objects.count() == 2, 30)
    supervisor.kill()
    wait_until(lambda: not Worker.objects.filter(stopped_at__isnull=True).exists())


def test_supervisor_restarts_workers_that_die_and_stops_all_together(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    supervisor = service.command("pool", "runworker", "--name", "pool", "--processes", "2")
    wait_until(lambda: Worker.objects.count() == 2, 30)
    victim = Worker.objects.get(name="pool-1")
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(lambda: Worker.objects.filter(name="pool-1").count() == 2)
    for _ in range(20):
        make_job()
    wait_until_all_final(30)
    assert supervisor.stop() == 0
    assert not Worker.objects.exclude(id=victim.id).filter(stopped_at__isnull=True).exists()
    assert len(notes.texts()) == 20
