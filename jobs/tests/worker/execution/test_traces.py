"""Spans of enqueueing, of attempts and of their record are linked, across the queue as well."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.correlation import current_traceparent
from jobs.core.errors import PayloadInvalid
from jobs.core.finished import Finished
from jobs.core.outcome import NotStarted, Outcome
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.models import DeadLetter, Job, Worker
from jobs.services import tracing as tracing_module
from jobs.services.attempts import jobs_record
from jobs.services.batches.public import batch
from jobs.services.chains import chain
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.enqueue import job_enqueue
from jobs.services.enqueue.accept import jobs_enqueue
from jobs.services.enqueue.request import JobRequest
from jobs.services.tracing import Tracing, tracing
from jobs.tests.steps import claim_one
from jobs.tests.worker.execution.runners import make_runner
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.recording.start_writer import StartWriter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("notes")]

Register = Callable[..., str]

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
SECRET = "correct horse"


class Spans:
    """What was exported."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("tests")

    def named(self, name: str) -> list[ReadableSpan]:
        return [one for one in self._exporter.get_finished_spans() if one.name == name]

    def one(self, name: str) -> ReadableSpan:
        [span] = self.named(name)
        return span


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    spans = Spans()
    monkeypatch.setattr(tracing_module, "_tracing", Tracing(spans.tracer))
    return spans


@pytest.fixture
def traced_runner(spans: Spans, worker: Worker, starts: StartWriter) -> AttemptRunner:
    return make_runner(worker, starts)


@pytest.fixture
def within_request() -> Iterator[None]:
    token = current_traceparent.set(TRACEPARENT)
    yield
    current_traceparent.reset(token)


def traceparent(span: ReadableSpan) -> str:
    assert span.context is not None
    return _traceparent(span.context)


def _traceparent(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span_id(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def parent_id(span: ReadableSpan) -> int:
    assert span.parent is not None
    return int(span.parent.span_id)


def links(span: ReadableSpan) -> list[str]:
    return [_traceparent(one.context) for one in span.links]


def attempt(runner: AttemptRunner, job: Job, worker: Worker) -> Finished:
    """Runs the job as a slot does, and records what became of it as the recorder does."""
    one = Attempt(claim_one(job, worker), SystemClock())
    outcome = runner.run(one)
    finished = Finished(one.claim, outcome)
    spans = tracing()
    assert spans is not None
    with spans.settle([finished.claim]):
        jobs_record(finished=[finished])
    return finished


@pytest.mark.usefixtures("within_request")
def test_a_job_is_linked_to_the_request_that_sent_it(
    spans: Spans, traced_runner: AttemptRunner, worker: Worker
) -> None:
    job = job_enqueue(type="tests.note", payload={"text": "a"}, queue="bulk").job
    assert current_traceparent.get() == TRACEPARENT

    sent = spans.one("send bulk")
    assert sent.kind is SpanKind.PRODUCER
    assert sent.parent is not None
    assert f"{sent.parent.trace_id:032x}" == TRACE_ID
    assert Job.objects.get(id=job.id).traceparent == traceparent(sent)

    attempt(traced_runner, job, worker)

    processed, settled = spans.one("process bulk"), spans.one("settle bulk")
    assert (processed.kind, processed.parent) == (SpanKind.CONSUMER, None)
    assert links(processed) == [traceparent(sent)]
    assert links(settled) == [traceparent(processed)]
    assert processed.status.status_code is StatusCode.UNSET
    for span, operation in ((sent, "send"), (processed, "process"), (settled, "settle")):
        told = dict(span.attributes or {})
        assert told["messaging.operation.type"] == operation
        assert told["messaging.destination.name"] == "bulk"
        assert "a" not in told.values()
    told = dict(processed.attributes or {})
    assert told["messaging.message.id"] == str(job.id)
    assert told["messaging.client.id"] == worker.name
    assert (told["job.type"], told["job.attempt"]) == ("tests.note", 1)


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.TRANSACTIONAL])
def test_what_a_handler_does_is_within_its_attempt(
    spans: Spans, traced_runner: AttemptRunner, register: Register, worker: Worker, effect: Effect
) -> None:
    seen: list[str] = []

    def handler(payload: Payload, context: JobContext) -> None:
        seen.extend([context.traceparent, current_traceparent.get()])
        with spans.tracer.start_as_current_span("query"):
            job_enqueue(type="tests.note", payload={"text": "child"}, queue="emails")

    job = job_enqueue(type=register(handler, effect=effect), payload={"text": "a"}).job
    attempt(traced_runner, job, worker)

    processed, query, child = (
        spans.one("process default"),
        spans.one("query"),
        spans.one("send emails"),
    )
    assert seen == [traceparent(processed)] * 2
    assert query.parent == processed.context
    assert child.parent == query.context
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_handler_on_the_event_loop(
    spans: Spans, traced_runner: AttemptRunner, register: Register, worker: Worker
) -> None:
    async def handler(payload: Payload, context: JobContext) -> None:
        with spans.tracer.start_as_current_span("query"):
            await asyncio.sleep(0)

    job = job_enqueue(type=register(handler), payload={"text": "a"}).job
    asyncio.run(traced_runner.run_async(Attempt(claim_one(job, worker), SystemClock())))

    assert spans.one("query").parent == spans.one("process default").context


def test_an_error_is_told_once_and_without_secrets(
    spans: Spans, traced_runner: AttemptRunner, worker: Worker
) -> None:
    payload = {"text": "a", "failures": 1, "secret": SECRET}
    job = job_enqueue(type="tests.note", payload=payload).job
    attempt(traced_runner, job, worker)

    processed = spans.one("process default")
    assert processed.status.status_code is StatusCode.ERROR
    assert dict(processed.attributes or {})["error.type"] == "RuntimeError"
    [event] = processed.events
    assert event.name == "exception"
    assert str(dict(event.attributes or {})["exception.message"]).startswith("failed on purpose")
    assert SECRET not in processed.to_json()


def test_what_does_not_start_is_no_span(
    spans: Spans, traced_runner: AttemptRunner, worker: Worker
) -> None:
    job = job_enqueue(type="tests.note", payload={"text": "a"}).job
    claim = claim_one(job, worker)._replace(type="tests.gone")
    assert isinstance(traced_runner.run(Attempt(claim, SystemClock())), NotStarted)
    assert spans.named("process default") == []


def test_a_call_that_is_refused_says_so(spans: Spans) -> None:
    with pytest.raises(PayloadInvalid):
        job_enqueue(type="tests.note", payload={"text": {"secret": SECRET}})
    refused = spans.one("send")
    assert dict(refused.attributes or {})["error.type"] == "PayloadInvalid"
    assert SECRET not in refused.to_json()


def test_many_jobs_are_one_span_and_each_is_linked_to_it(spans: Spans) -> None:
    requests = [JobRequest("tests.note", {"text": str(number)}) for number in range(60)]
    jobs_enqueue(requests=requests)
    sent = spans.one("send default")
    assert dict(sent.attributes or {})["messaging.batch.message_count"] == 60
    assert set(Job.objects.values_list("traceparent", flat=True)) == {traceparent(sent)}


def test_a_replay_is_a_span_that_is_linked_to_the_first_one(
    spans: Spans, traced_runner: AttemptRunner, worker: Worker
) -> None:
    payload = {"text": "a", "failures": 1, "error": "permanent"}
    job = job_enqueue(type="tests.note", payload=payload).job
    attempt(traced_runner, job, worker)
    dead_letter_replay(dead_letter_id=DeadLetter.objects.get().id, resolved_by_id=None)
    attempt(traced_runner, job, worker)

    first, replayed = spans.named("send default")
    assert links(replayed) == [traceparent(first)]
    assert [links(one) for one in spans.named("process default")] == [
        [traceparent(first)],
        [traceparent(replayed)],
    ]


def test_the_next_job_of_a_chain_is_sent_within_the_one_before_it(
    spans: Spans, traced_runner: AttemptRunner, worker: Worker
) -> None:
    chain([JobRequest("tests.note", {"text": text}) for text in ("first", "second")])
    first = Job.objects.get()
    attempt(traced_runner, first, worker)
    second = Job.objects.exclude(id=first.id).get()
    attempt(traced_runner, second, worker)

    made, sent = spans.named("send default")
    one, two = spans.named("process default")
    assert parent_id(sent) == span_id(one)
    assert links(sent) == [traceparent(made)]
    assert links(two) == [traceparent(sent)]


def test_the_callback_of_a_batch_is_sent_within_its_last_job(
    spans: Spans, traced_runner: AttemptRunner, worker: Worker
) -> None:
    with batch(on_success=JobRequest("tests.told", {"text": "done"}, queue="bulk")) as made:
        made.add([JobRequest("tests.note", {"text": "only"})])
    attempt(traced_runner, Job.objects.get(type="tests.note"), worker)
    attempt(traced_runner, Job.objects.get(type="tests.told"), worker)

    sent, last = spans.one("send bulk"), spans.one("process default")
    assert parent_id(sent) == span_id(last)
    assert links(spans.one("process bulk")) == [traceparent(sent)]


def test_without_an_sdk_there_is_nothing(
    run: Callable[[ClaimedJob], Outcome], runner: AttemptRunner, worker: Worker
) -> None:
    assert tracing() is None
    job = job_enqueue(type="tests.note", payload={"text": "a"}).job
    one = Attempt(claim_one(job, worker), SystemClock())
    runner.run(one)
    assert one.span is None
    assert Job.objects.get().traceparent is None
