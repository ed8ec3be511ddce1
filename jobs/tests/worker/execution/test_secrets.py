"""What a handler got in a sensitive field is shown nowhere, whatever the handler does with it."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.finished import Finished
from jobs.core.ids import uuid7
from jobs.core.outcome import Failed, Outcome, Succeeded
from jobs.core.progress import MESSAGE_MAX
from jobs.core.secrets import MASK, WITHHELD, Secrets
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.models import DeadLetter, Job, Worker
from jobs.services.attempts import jobs_record
from jobs.services.results import job_result
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, stored

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "hunter2000"
Register = Callable[..., str]
Run = Callable[[ClaimedJob], Outcome]


def pop_and_raise(payload: Payload, context: JobContext) -> None:
    raise RuntimeError(f"{payload.pop('secret')} is wrong")


def overwrite_and_raise(payload: Payload, context: JobContext) -> None:
    secret, payload["secret"] = payload["secret"], "x"
    raise RuntimeError(f"{secret} is wrong") from KeyError(secret)


def clear_and_raise(payload: Payload, context: JobContext) -> None:
    secret = payload["secret"]
    payload.clear()
    raise RuntimeError(f"{secret} is wrong")


HANDLERS = [pop_and_raise, overwrite_and_raise, clear_and_raise]


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.TRANSACTIONAL])
@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize(("secret", "message"), [(SECRET, f"{MASK} is wrong"), ("e", WITHHELD)])
def test_a_handler_that_takes_the_secret_out_of_its_payload_leaks_nothing(
    handler: Callable[[Payload, JobContext], None],
    effect: Effect,
    secret: str,
    message: str,
    run: Run,
    register: Register,
    worker: Worker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = register(handler, effect, sensitive=("secret",))
    job = make_job(type=name, payload={"text": "x", "secret": secret}, max_retries=0)
    claim = claim_one(job, worker)
    outcome = run(claim)
    assert isinstance(outcome, Failed)
    assert outcome.error["message"] == message
    jobs_record(finished=[Finished(claim, outcome)])
    letter = DeadLetter.objects.get()
    kept = [letter.error, str(letter.attempts), str(stored(job).errors), caplog.text]
    assert not [text for text in kept if f"{secret} is wrong" in text or SECRET in text]


def test_a_progress_message_is_masked_before_it_is_cut() -> None:
    seen: list[Any] = []
    context = JobContext(
        job_id=uuid7(),
        type="tests.note",
        queue="default",
        attempt=1,
        idempotency_key="key",
        worker="worker-1",
        masked=Secrets({"secret": SECRET}, {"secret"}).message,
        report=seen.append,
    )
    context.progress(1, 2, f"with {SECRET}")
    context.progress(1, 2, "x" * (MESSAGE_MAX - 4) + SECRET)
    assert [one.message[-8:] for one in seen] == [MASK, "xxxx" + MASK[:4]]


@pytest.mark.parametrize(
    ("secret", "returned", "shown"),
    [
        (SECRET, {"echo": f"got {SECRET}"}, {"echo": f"got {MASK}"}),
        (SECRET, [SECRET, 1, None, True], [MASK, 1, None, True]),
        ("1234", {"pin": 1234, "year": 12345}, {"pin": MASK, "year": 12345}),
        ("e", {"letters": ["e", "every"]}, {"letters": [MASK, "every"]}),
    ],
)
def test_a_result_shows_no_secret_under_another_name(
    secret: str, returned: Any, shown: Any, run: Run, register: Register, worker: Worker
) -> None:
    def give_back(payload: Payload, context: JobContext) -> Any:
        payload.clear()
        return returned

    name = register(give_back, Effect.IDEMPOTENT, sensitive=("secret",))
    job = make_job(type=name, payload={"text": "x", "secret": secret})
    claim = claim_one(job, worker)
    outcome = run(claim)
    assert isinstance(outcome, Succeeded)
    jobs_record(finished=[Finished(claim, outcome)])
    result = job_result(Job.objects.get(id=job.id))
    assert result is not None
    assert result.value == shown
