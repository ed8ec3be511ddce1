"""The job type `http_request`: one call of a service, in whatever language it is written."""

import http.client
import json
import logging
import ssl
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from rest_framework import serializers

from jobs import Effect, JobContext, PermanentError, RetryAfter, job_type
from jobs.core.conf import jobs_conf
from jobs.core.secrets import Secrets
from jobs.core.signing import signature_headers, webhook_id
from jobs.core.signing_errors import SigningSecretLost
from jobs.handlers.context import Payload
from jobs.handlers.http_request.addresses import checked_addresses
from jobs.handlers.http_request.answer_result import answer_result, excerpt
from jobs.handlers.http_request.connection import Answer, Request, exchange
from jobs.handlers.http_request.fields import HeadersField, UrlField
from jobs.handlers.http_request.look_up import LookUpTooLong, resolve_until
from jobs.handlers.http_request.retry_after import retry_after_seconds
from jobs.handlers.http_request.target import Target, TargetRefused, allowed_target
from jobs.handlers.http_request.verdict import (
    STATUS_PATTERN,
    Verdict,
    named_twice,
    verdict_of,
)
from jobs.models import Job
from jobs.services.signing_secrets import signing_secrets_of

logger = logging.getLogger(__name__)

TIMEOUT_DEFAULT_SECONDS = 30.0
TIMEOUT_MAX_SECONDS = 300.0
# The call ends by itself before the time of its job does.
MARGIN_SECONDS = 30.0
STATUSES_MAX = 30

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SENSITIVE = ("secret_headers",)
_WITHOUT_BODY = frozenset({"GET", "HEAD"})


class CallFailed(Exception):
    """The call had no answer, or one after which it is worth another try."""


def _statuses() -> serializers.ListField:
    status = serializers.RegexField(
        STATUS_PATTERN, error_messages={"invalid": "Give a status such as 404, or a group: 4xx."}
    )
    return serializers.ListField(child=status, required=False, max_length=STATUSES_MAX)


class HttpRequestPayload(serializers.Serializer[Payload]):
    """What a client sends for `http_request`."""

    method = serializers.ChoiceField(choices=METHODS, default="POST")
    url = UrlField()
    headers = HeadersField(required=False)
    secret_headers = HeadersField(required=False, is_secret=True)
    json = serializers.JSONField(required=False)
    text = serializers.CharField(required=False, trim_whitespace=False, allow_blank=True)
    json_from = serializers.ChoiceField(choices=("previous_result",), required=False)
    timeout_seconds = serializers.FloatField(
        default=TIMEOUT_DEFAULT_SECONDS, min_value=0.1, max_value=TIMEOUT_MAX_SECONDS
    )
    success_on = _statuses()
    retry_on = _statuses()
    final_on = _statuses()

    def validate(self, attrs: Payload) -> Payload:
        """Refuses what contradicts itself."""
        has_body = [name for name in ("json", "text", "json_from") if name in attrs]
        if len(has_body) > 1:
            raise serializers.ValidationError(
                {has_body[1]: f"Give {has_body[0]} or {has_body[1]}, not both."}
            )
        if has_body and attrs["method"] in _WITHOUT_BODY:
            raise serializers.ValidationError({has_body[0]: f"{attrs['method']} has no body."})
        if twice := named_twice(attrs):
            raise serializers.ValidationError(
                {Verdict.FINAL.value: f"In more than one of the lists: {', '.join(twice)}."}
            )
        names = [name.lower() for name in attrs.get("headers", {})]
        if both := [n for n in attrs.get("secret_headers", {}) if n.lower() in names]:
            raise serializers.ValidationError(
                {"secret_headers": f"In headers, too: {', '.join(both)}."}
            )
        return attrs


@job_type(
    "http_request",
    payload=HttpRequestPayload,
    effect=Effect.IDEMPOTENT,
    timeout_seconds=TIMEOUT_MAX_SECONDS + MARGIN_SECONDS,
    sensitive=_SENSITIVE,
    evidence=lambda _payload, _job_id, effect_key: {"Webhook-Id": webhook_id(effect_key)},
    example={
        "url": "https://service.example.com/tasks/report",
        "json": {"report": 7},
        "secret_headers": {"Authorization": "Bearer ..."},
    },
)
def http_request(payload: Payload, context: JobContext) -> dict[str, Any]:
    """Calls the URL and returns the answer; the status says whether the job has succeeded."""
    ends_at = time.monotonic() + payload["timeout_seconds"]
    target = _target(payload["url"])
    answer = _answer(payload, target, context, ends_at)
    verdict = verdict_of(answer.status, payload)
    logger.info(
        "Called %s %s: %d",
        payload["method"],
        target.origin,
        answer.status,
        extra={
            "event": "http_request.answered",
            "job_id": str(context.job_id),
            "attempt": context.attempt,
            "status": answer.status,
            "verdict": verdict.value,
        },
    )
    if verdict is Verdict.SUCCESS:
        return answer_result(answer, jobs_conf().result_max_bytes, Secrets(payload, _SENSITIVE))
    raise _failure(payload, target, answer, verdict)


def _target(url: str) -> Target:
    """The settings may have changed since the job was accepted: they are asked again."""
    try:
        return allowed_target(url, jobs_conf())
    except TargetRefused as error:
        raise PermanentError(str(error)) from None


def _answer(payload: Payload, target: Target, context: JobContext, ends_at: float) -> Answer:
    """The answer, whatever its status; raises PermanentError and CallFailed."""
    private = target.host in jobs_conf().http_private_hosts
    secrets = _secrets(context)
    try:
        addresses = checked_addresses(
            target.host, target.port, allow_private=private, resolve=partial(resolve_until, ends_at)
        )
        return exchange(_request(payload, target, context, secrets), addresses, ends_at)
    except ssl.SSLCertVerificationError as error:
        raise PermanentError(
            f"{target.origin} has no valid certificate: {error.verify_message}"
        ) from error
    except LookUpTooLong as error:
        raise CallFailed(
            f"{target.host} was not resolved within {payload['timeout_seconds']:g} s"
        ) from error
    except TimeoutError as error:
        raise CallFailed(
            f"{target.origin} gave no answer within {payload['timeout_seconds']:g} s"
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(f"{target.origin}: {type(error).__name__}: {error}") from error


def _failure(payload: Payload, target: Target, answer: Answer, verdict: Verdict) -> Exception:
    said = f"{payload['method']} {target.origin} was answered {answer.status}"
    if 300 <= answer.status < 400 and answer.header("location"):
        said += " (redirects are not followed; give the URL that it leads to)"
    if text := excerpt(answer, Secrets(payload, _SENSITIVE)):
        said += f": {text}"
    if verdict is Verdict.FINAL:
        return PermanentError(said)
    seconds = retry_after_seconds(answer.header("retry-after"), datetime.now(UTC))
    return CallFailed(said) if seconds is None else RetryAfter(seconds, said)


def _secrets(context: JobContext) -> list[bytes]:
    """Those of the client who has submitted the job; none if its account was deleted since."""
    jobs = Job.objects.filter(id=context.job_id).values_list("submitted_by_id", "client_left_at")
    client_id, client_left_at = jobs.first() or (None, None)
    if client_left_at is not None:
        return []  # those of code would say that code has sent it
    try:
        return signing_secrets_of(client_id)
    except SigningSecretLost as error:
        raise PermanentError(str(error)) from None


def _request(
    payload: Payload, target: Target, context: JobContext, secrets: list[bytes]
) -> Request:
    body, content_type = _body(payload, context)
    given = {**payload.get("headers", {}), **payload.get("secret_headers", {})}
    names = {name.lower() for name in given}
    headers = {
        "User-Agent": "jobs-http-request",
        "Accept": "*/*",
        "Content-Type": content_type if body else "",
        "traceparent": context.traceparent,
        "X-Request-ID": context.request_id,
    }
    own = {
        "Host": target.host_header,
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": "" if body is None else str(len(body)),
    }
    defaults = {name: value for name, value in headers.items() if name.lower() not in names}
    message_id = webhook_id(context.idempotency_key)
    signed = signature_headers(
        secrets=secrets, message_id=message_id, timestamp=int(time.time()), body=body or b""
    )
    sent = {**own, **defaults, **given, **signed}
    return Request(
        payload["method"], target, [(name, value) for name, value in sent.items() if value], body
    )


def _body(payload: Payload, context: JobContext) -> tuple[bytes | None, str]:
    if payload["method"] in _WITHOUT_BODY:
        return None, ""
    if "json" in payload or "json_from" in payload:
        value = payload.get("json", context.previous_result)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode(), "application/json"
    return payload.get("text", "").encode(), "text/plain; charset=utf-8"
