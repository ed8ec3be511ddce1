"""Calls of receivers on this machine, under names that a scripted resolver knows."""

import socket
from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from jobs.core.ids import uuid7
from jobs.handlers.context import JobContext
from jobs.handlers.http_request.http_request import http_request
from jobs.handlers.registry import job_types
from jobs.services.enqueue.payload import clean_payload

HOST = "receiver.example.test"
REQUEST_ID, TRACEPARENT = "request-7", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Call = Callable[..., dict[str, Any]]


class Resolver:
    """Stands for the system's resolver: each question takes the next answer, the last one stays."""

    def __init__(self) -> None:
        self.answers: list[Sequence[str]] = [["127.0.0.1"]]
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in answer
        ]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """What every name is resolved by during the test."""
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.fixture
def call(db: None, settings: Settings, resolver: Resolver) -> Call:
    """Calls a receiver on this machine as a job would; returns the result, or raises."""

    def call_receiver(port: int, scheme: str = "http", **payload: Any) -> dict[str, Any]:
        job_id = payload.pop("job_id", None)
        settings.JOBS_HTTP_ALLOWED_HOSTS = [HOST]
        settings.JOBS_HTTP_ALLOWED_PORTS = [str(port)]
        settings.JOBS_HTTP_PRIVATE_HOSTS = payload.pop("private_hosts", [HOST])
        previous = payload.pop("previous_result", None)
        given = {"url": f"{scheme}://{HOST}:{port}/hook?n=1", **payload}
        payload = clean_payload(job_types.get("http_request"), given)
        return cast("dict[str, Any]", http_request(payload, context(job_id, previous)))

    return call_receiver


def context(job_id: UUID | None = None, previous_result: Any = None) -> JobContext:
    """An attempt that no worker has made."""
    job_id = job_id or uuid7()
    return JobContext(
        job_id,
        "http_request",
        "default",
        1,
        str(job_id),
        "worker",
        request_id=REQUEST_ID,
        traceparent=TRACEPARENT,
        previous_result=previous_result,
    )
