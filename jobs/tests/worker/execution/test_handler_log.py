"""What a handler logs says which attempt it is, and shows no value of a sensitive field."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from logging.config import DictConfigurator
from typing import Any

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.handler_log import current_attempt
from jobs.core.outcome import Outcome, Succeeded
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.models import Job, Worker
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from scheduler.logs.config import logging_config

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., str]
Run = Callable[[ClaimedJob], Outcome]

logger = logging.getLogger("a.library")
LONG, SHORT = "correct horse", "1234"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What the configured handler writes as JSON."""
    configurator = DictConfigurator(logging_config("DEBUG", "json"))
    config = configurator.config
    stream = io.StringIO()
    handler = configurator.resolve(config["handlers"]["stderr"]["class"])(stream)
    handler.setFormatter(configurator.configure_formatter(config["formatters"]["json"]))
    for name in config["handlers"]["stderr"]["filters"]:
        handler.addFilter(configurator.configure_filter(config["filters"][name]))
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def claim_of(job_type: str, worker: Worker, payload: dict[str, Any]) -> ClaimedJob:
    job = make_job(type=job_type)
    Job.objects.filter(id=job.id).update(request_id="req-7", traceparent=TRACEPARENT)
    return claim_one(job, worker)._replace(payload=payload)


TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def log_everything(payload: Payload) -> None:
    """As a careless handler would."""
    secret = payload["card"]
    logger.warning("Charging %s", secret, extra={"card": secret, "deep": {"card": secret}})
    logger.warning("Attempt", extra={"attempt": "own"})
    try:
        raise RuntimeError(f"no money on {secret}")
    except RuntimeError:
        logger.exception("Failed %s", payload)


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.TRANSACTIONAL])
@pytest.mark.parametrize("secret", [LONG, SHORT])
def test_a_handler_on_a_thread(
    run: Run,
    register: Register,
    worker: Worker,
    stream: io.StringIO,
    effect: Effect,
    secret: str,
) -> None:
    def handler(payload: Payload, context: JobContext) -> None:
        log_everything(payload)

    claim = claim_of(
        register(handler, effect=effect, sensitive=("card",)), worker, {"card": secret}
    )
    assert isinstance(run(claim), Succeeded)

    first, own, failed = lines_of(stream)
    expected = {
        "job_id": str(claim.id),
        "job_type": claim.type,
        "queue": claim.queue,
        "attempt": 1,
        "worker": worker.name,
        "request_id": "req-7",
        "trace_id": TRACE_ID,
        "event": "handler.logged",
    }
    assert first.items() >= expected.items()
    assert failed.items() >= expected.items()
    assert own["attempt"] == "own"
    assert secret not in stream.getvalue()
    assert "RuntimeError" in failed["exc_info"]
    assert "log_everything" in failed["exc_info"]
    assert current_attempt.get() is None


def test_a_line_that_cannot_be_made_fails_no_handler_and_shows_nothing(
    run: Run, register: Register, worker: Worker, stream: io.StringIO
) -> None:
    class Unspeakable:
        def __str__(self) -> str:
            raise ValueError("cannot say")

    def handler(payload: Payload, context: JobContext) -> None:
        said = f"Charging {payload['card']} at 100%% %d"
        logger.warning(said, "x", extra={"deep": Unspeakable()})
        logger.warning("Charging %s", Unspeakable())

    claim = claim_of(
        register(handler, effect=Effect.IDEMPOTENT, sensitive=("card",)), worker, {"card": LONG}
    )
    assert isinstance(run(claim), Succeeded)

    first, second = lines_of(stream)
    assert first["message"].startswith("'Charging ******** at 100%% %d' and its arguments")
    assert first["deep"] == "(cannot be shown: ValueError)"
    assert "ValueError" in second["message"]
    assert LONG not in stream.getvalue()


def test_a_handler_on_the_event_loop_and_its_threads(
    runner: AttemptRunner, register: Register, worker: Worker, stream: io.StringIO
) -> None:
    async def handler(payload: Payload, context: JobContext) -> None:
        await asyncio.sleep(0)
        await asyncio.to_thread(log_everything, payload)

    claim = claim_of(
        register(handler, effect=Effect.IDEMPOTENT, sensitive=("card",)), worker, {"card": LONG}
    )
    asyncio.run(runner.run_async(Attempt(claim, SystemClock())))

    assert {line["job_id"] for line in lines_of(stream)} == {str(claim.id)}
    assert LONG not in stream.getvalue()


def test_without_sensitive_fields_a_line_stays_as_it_is(
    run: Run, register: Register, worker: Worker, stream: io.StringIO
) -> None:
    def handler(payload: Payload, context: JobContext) -> None:
        logger.info("Charging %s", payload["card"], extra={"deep": {"card": 1}})

    logger.setLevel(logging.INFO)
    run(claim_of(register(handler, effect=Effect.IDEMPOTENT), worker, {"card": LONG}))

    [line] = lines_of(stream)
    assert (line["message"], line["deep"]) == (f"Charging {LONG}", {"card": 1})
