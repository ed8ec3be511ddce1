"""A worker dies while it sends a mail: only a mail that may really be out waits for a person."""

from collections.abc import Callable, Iterator

import pytest

from jobs.core import kill_points
from jobs.core.conf import jobs_conf
from jobs.core.states import DeathReason, JobState
from jobs.models import DeadLetter, Job
from jobs.tests.acceptance.processes import SIGKILLED, Process, Service, kill_workers_at
from jobs.tests.factories import make_job
from jobs.tests.smtp_server import HANG, SmtpServer
from jobs.tests.waiting import wait_until

# Several processes start one after the other, and jobs are rescued; on a slow machine, too.
pytestmark = pytest.mark.timeout(240)

PAYLOADS = {
    "send_email": {"to": ["ann@example.com"], "subject": "Hello", "text": "A line.\n"},
    "send_welcome_email": {"email": "ann@example.com"},
}


@pytest.fixture
def server(service: Service) -> Iterator[SmtpServer]:
    """The mail server of every worker of the test."""
    with SmtpServer() as server:
        service.env["EMAIL_URL"] = f"smtp://127.0.0.1:{server.port}"
        yield server


def mail(job_type: str = "send_email", queue: str = "emails") -> Job:
    return make_job(type=job_type, payload=PAYLOADS[job_type], queue=queue)


def is_waiting_after(server: SmtpServer, command: str) -> bool:
    return any(one.upper().startswith(command) for one in server.commands)


def kill_where_the_server_is_silent(
    service: Service, server: SmtpServer, stage: str, queue: str
) -> Job:
    """A mail, whose worker is killed while it waits for the server's answer at this stage."""
    server.script = {stage: HANG}
    server.commands.clear()
    job = mail(queue=queue)
    victim: Process = service.worker(f"victim-{queue}", "--queues", queue)
    if stage == "body":
        wait_until(lambda: bool(server.received))
    else:
        wait_until(lambda: is_waiting_after(server, stage.upper()))
    victim.kill()
    server.script = {}
    return job


def was_sent_unharmed(job: Job) -> bool:
    job.refresh_from_db()
    return (job.state, job.failures, job.crashes) == (JobState.SUCCEEDED, 0, 0)


@pytest.mark.parametrize("point", [kill_points.CLAIM_START, kill_points.BEFORE_EFFECT])
def test_a_mail_that_cannot_be_out_is_sent_by_another_worker(
    point: str,
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    jobs = [mail("send_email", "emails"), mail("send_welcome_email", "bulk")]
    kill_workers_at(service, point, "emails", "bulk")
    service.worker("rescuer")
    wait_until_all_final(30)
    assert all(map(was_sent_unharmed, jobs))
    assert len(server.accepted) == len(jobs)


def test_a_mail_whose_effect_may_have_begun_waits_for_a_person(
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    jobs = {mail("send_email", "emails"), mail("send_welcome_email", "bulk")}
    kill_workers_at(service, kill_points.EFFECT_BEGUN, "emails", "bulk")
    service.worker("rescuer")
    wait_until_all_final(30)
    letters = DeadLetter.objects.filter(reason=DeathReason.INTERRUPTED)
    assert {letter.job for letter in letters} == jobs
    assert server.accepted == []


def test_a_worker_killed_before_the_body_parks_nothing(
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    stages = {"ehlo": "default", "mail": "bulk", "rcpt": "emails"}
    jobs = [kill_where_the_server_is_silent(service, server, *one) for one in stages.items()]
    service.worker("rescuer")
    wait_until_all_final(30)
    assert all(map(was_sent_unharmed, jobs))
    assert len(server.accepted) == len(jobs)


def test_a_worker_killed_from_the_body_on_does(
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    stages = {"data": "bulk", "body": "emails"}
    jobs = {kill_where_the_server_is_silent(service, server, *one) for one in stages.items()}
    service.worker("rescuer")
    wait_until_all_final(30)
    letters = DeadLetter.objects.filter(reason=DeathReason.INTERRUPTED)
    assert {letter.job for letter in letters} == jobs
    assert len(server.received) == 1  # the one whose body was on its way


def test_as_many_kills_as_the_crash_limit_do_not_end_a_mail_that_was_not_begun(
    service: Service, server: SmtpServer, wait_until_all_final: Callable[[float], None]
) -> None:
    job = mail()
    for _ in range(jobs_conf().crash_limit):
        victim = service.command("victim", "runworker", KILL_POINT=kill_points.BEFORE_EFFECT)
        assert victim.wait() == SIGKILLED
    service.worker("rescuer")
    wait_until_all_final(30)
    job.refresh_from_db()
    assert (job.state, job.failures, job.crashes) == (JobState.SUCCEEDED, 0, 0)
    assert len(server.accepted) == 1
