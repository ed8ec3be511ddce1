"""A mail server refuses: five attempts, a dead letter, a person who replays it, one mail."""

from collections.abc import Callable
from datetime import datetime

from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.processes import Service
from jobs.tests.factories import make_user
from jobs.tests.smtp_server import SmtpServer
from jobs.tests.waiting import wait_until

# Seconds from the first attempt to each: backoff is 1, 2, 4 and 8 s. None is early; on a busy
# machine each may be late.
EXPECTED_SECONDS = [0, 1, 3, 7, 15]
LATE_SECONDS = 3


def test_refused_mail_is_retried_dead_replayed_and_sent_once(
    service: Service, wait_until_all_final: Callable[[float], None]
) -> None:
    with SmtpServer(script={"rcpt": "451 4.7.1 come back later"}) as mail_server:
        address = service.api()
        service.worker("worker", EMAIL_URL=f"smtp://127.0.0.1:{mail_server.port}")
        client = Client(address).sign_up()
        mail = {"to": ["user1@example.com"], "subject": "Hello", "text": "Hello."}
        job_id = client.add_job("send_email", mail)["id"]
        wait_until_all_final(40)

        _, page = client.get("/failedJobs")
        [letter] = page["results"]
        assert (letter["job_id"], letter["reason"]) == (job_id, "exhausted")
        times = [datetime.fromisoformat(attempt["at"]) for attempt in letter["attempts"]]
        seconds = [(time - times[0]).total_seconds() for time in times]
        assert len(seconds) == len(EXPECTED_SECONDS)
        for is_at, expected in zip(seconds, EXPECTED_SECONDS, strict=True):
            assert expected <= is_at <= expected + LATE_SECONDS, seconds
        assert all("come back later" in attempt["message"] for attempt in letter["attempts"])

        assert client.post(f"/failedJobs/{letter['id']}/replay")[0] == 403
        mail_server.script.clear()
        make_user(username="chief", is_staff=True, is_superuser=True)
        chief = Client(address)
        chief.log_in("chief", "secret-secret")
        assert chief.post(f"/failedJobs/{letter['id']}/replay")[0] == 202
        wait_until(lambda: Job.objects.get(id=job_id).state == JobState.SUCCEEDED)
        assert len(mail_server.accepted) == 1
        assert client.get(f"/jobs/{job_id}")[1]["attempt"] == 6
