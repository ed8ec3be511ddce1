"""Who calls: accounts with different rights, each with something of its own to find."""

from dataclasses import dataclass

from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.services.service_accounts import secret_create, service_account_create
from jobs.core.attempt_error import error_of
from jobs.core.errors import PermanentError
from jobs.core.finished import Finished
from jobs.core.outcome import FailedForGood
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.services.batches import batch_create
from jobs.services.enqueue import job_enqueue
from jobs.services.workers import worker_register
from tools.http_client import HttpClient

PASSWORD = "wide-river-42"  # noqa: S105 - of accounts that live for minutes
# Two clients who may see nothing of each other, an administrator, and one whose tokens may be lost.
PEERS = ("rose", "tulip")
ADMINISTRATOR, READER, SPARE, SERVICE, NOBODY = "root", "reader", "spare", "service", "nobody"

_WELCOME = "send_welcome_email"
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Caller:
    """An account, and what it sends as `Authorization`; nothing for nobody."""

    name: str
    authorization: str


def make_accounts() -> str:
    """Makes the accounts, and for each some jobs, dead letters and a batch.

    Returns client id and secret of the service account, as `POST /token` takes them.
    """
    deciding = ("replay_deadletter", "discard_deadletter")
    may_decide = Permission.objects.filter(codename__in=deciding)
    for name in (*PEERS, READER, SPARE):
        user = User.objects.create_user(name, password=PASSWORD)
        user.user_permissions.set(may_decide)
        _fill(user)
    User.objects.create_superuser(ADMINISTRATOR, password=PASSWORD)
    account = service_account_create(
        name=SERVICE, scopes=["jobs:read", "jobs:write"], job_types=[_WELCOME], queues=["emails"]
    )
    secret = secret_create(account=account).text
    return f"grant_type=client_credentials&client_id={account.client_id}&client_secret={secret}"


def _fill(user: User) -> None:
    worker = worker_register(name=None, queues=["emails"], concurrency=4)
    batch_create(name="a batch", submitted_by_id=user.pk)
    for number in range(6):
        job_enqueue(
            type=_WELCOME,
            payload={"email": f"{user.username}.{number}@example.com"},
            submitted_by_id=user.pk,
            idempotency_key=f"welcome-{number}",
            delay_seconds=_DAY_SECONDS if number < 3 else None,
        )
    for number in range(2):
        payload = {"email": f"{user.username}.dead.{number}@example.com"}
        job = job_enqueue(type=_WELCOME, payload=payload, submitted_by_id=user.pk).job
        [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
        error = error_of(PermanentError("no such mailbox"), worker.name)
        jobs_record(finished=[Finished(claim, FailedForGood(error))])


def log_in(address: str, name: str, scope: str | None = None) -> Caller:
    """The account with an access token for these scopes, or for all that it may have."""
    client = HttpClient(address)
    body = {"username": name, "password": PASSWORD} | ({"scope": scope} if scope else {})
    tokens = client.expect({200}, "POST", "/v1/login", body)
    return Caller(name, f"Bearer {tokens['access']}")
