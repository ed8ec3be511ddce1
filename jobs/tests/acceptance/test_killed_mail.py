"""A worker dies while it sends a mail: only a mail that may really be out waits for a person."""

from collections.abc import Callable, Iterator

import pytest

from jobs.core import kill_points
from jobs.core.conf import jobs_conf
from jobs.core.states import DeathReason, JobState
from jobs.models import DeadLetter, Job
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.acceptance.test_kill_points import SIGKILLED, kill_a_worker_at
from jobs.tests.factories import make_job
from jobs.tests.smtp_server import HANG, SmtpServer
from jobs.tests.waiting import wait_until

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


def mail(job_type: str = "send_email") -> Job:
    return make_job(type=job_type, payload=PAYLOADS[job_type])


def is_waiting_after(server: SmtpServer, command: str) -> bool:
    return any(one.upper().startswith(command) for one in server.commands)


def kill_where_the_server_is_silent(service: Service, server: SmtpServer, stage: str) -> None:
    """A worker is killed while it waits for the mail server's answer at this stage."""
    server.script = {stage: HANG}
    server.commands.clear()
    victim: Process = service.worker("victim")
    if stage == "body":
        wait_until(lambda: bool(server.received))
    else:
        wait_until(lambda: is_waiting_after(server, stage.upper()))
    victim.kill()
    server.script = {}


@pytest.mark.parametrize("job_type", PAYLOADS)
@pytest.mark.parametrize("point", [kill_points.CLAIM_START, kill_points.BEFORE_EFFECT])
def test_a_mail_that_cannot_be_out_is_sent_by_another_worker(
    point: str,
    job_type: str,
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    job = mail(job_type)
    kill_a_worker_at(service, point)
    service.worker("rescuer")
    wait_until_all_final(30)
    job.refresh_from_db()
    assert (job.state, job.failures, job.crashes) == (JobState.SUCCEEDED, 0, 0)
    assert len(server.accepted) == 1


@pytest.mark.parametrize("job_type", PAYLOADS)
def test_a_mail_whose_effect_may_have_begun_waits_for_a_person(
    job_type: str,
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    mail(job_type)
    kill_a_worker_at(service, kill_points.EFFECT_BEGUN)
    service.worker("rescuer")
    wait_until_all_final(30)
    assert DeadLetter.objects.get().reason == DeathReason.INTERRUPTED
    assert server.accepted == []


@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt"])
def test_a_worker_killed_before_the_body_parks_nothing(
    stage: str,
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    job = mail()
    kill_where_the_server_is_silent(service, server, stage)
    service.worker("rescuer")
    wait_until_all_final(30)
    job.refresh_from_db()
    assert (job.state, job.failures, job.crashes) == (JobState.SUCCEEDED, 0, 0)
    assert len(server.accepted) == 1


@pytest.mark.parametrize("stage", ["data", "body"])
def test_a_worker_killed_from_the_body_on_does(
    stage: str,
    service: Service,
    server: SmtpServer,
    wait_until_all_final: Callable[[float], None],
) -> None:
    mail()
    kill_where_the_server_is_silent(service, server, stage)
    service.worker("rescuer")
    wait_until_all_final(30)
    assert DeadLetter.objects.get().reason == DeathReason.INTERRUPTED
    assert len(server.received) == (stage == "body")


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
