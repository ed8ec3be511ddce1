"""A real API and a real worker send their spans to a real receiver of OTLP."""

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.processes import Service
from jobs.tests.http_receiver import HttpReceiver, plain_answer
from jobs.tests.waiting import wait_until

SECRET = "correct-horse-battery"
Sent = dict[tuple[str, str], list[Span]]


def spans_of(receiver: HttpReceiver) -> Sent:
    """By the name of the service and of the span."""
    sent: Sent = {}
    for request in list(receiver.requests):
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v1/traces ")
        assert b"application/x-protobuf" in head
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    sent.setdefault((told["service.name"], span.name), []).append(span)
    return sent


def attributes(span: Span) -> dict[str, Any]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in span.attributes
    }


def test_spans_reach_a_collector_and_are_linked_across_the_queue(service: Service) -> None:
    api, worker = "job-scheduler-api", "a-service-of-its-own"
    with HttpReceiver(plain_answer(200, b"", "Connection: close")) as receiver:
        env = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_SPAN_EVENT_COUNT_LIMIT": "",  # which the SDK would take for a wrong number
        }
        client = Client(service.api(**env)).sign_up()
        running = service.worker("worker-1", **env, OTEL_SERVICE_NAME=worker, LOG_FORMAT="json")
        payload = {"text": "a", "secret": SECRET, "failures": 1}
        job = client.add_job("tests.note", payload)
        wanted = {(api, "send default"), (worker, "process default"), (worker, "settle default")}
        wait_until(
            lambda: (
                wanted <= spans_of(receiver).keys()
                and len(spans_of(receiver)[worker, "process default"]) == 2
            ),
            60,
        )
        sent = spans_of(receiver)
        running.stop()
    [send] = sent[api, "send default"]
    processed = sent[worker, "process default"]
    assert attributes(send)["messaging.message.id"] == job["id"]
    assert [attributes(one)["job.attempt"] for one in processed] == [1, 2]
    for one in processed:
        [link] = one.links
        assert (link.trace_id, link.span_id) == (send.trace_id, send.span_id)
    assert processed[0].status.code == 2  # STATUS_CODE_ERROR
    assert {link.span_id for one in sent[worker, "settle default"] for link in one.links} >= {
        processed[0].span_id
    }
    assert processed[1].trace_id.hex() in running.log.read_text()
    assert SECRET.encode() not in b"".join(receiver.requests)
