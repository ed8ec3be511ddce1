"""Calls that change something take the header `Idempotency-Key`: all of them, by one mixin."""

import json
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.shared.client import client_of
from jobs.core.call_key import CallInProgress, CallKeyReused, call_key
from jobs.core.errors import JobsError
from jobs.services.stored_answers import Answer, Call, call_answer_once

METHODS = ("POST", "PATCH")
REPLAYED = "Idempotency-Replayed"

# A call mostly takes some milliseconds. One that was cut off is over when its transaction is.
IN_PROGRESS_RETRY_SECONDS = 1

# Answers that say nothing about the call itself: once the client may, or may again, or has seen
# what there is, it is done.
_NOT_STORED = (
    status.HTTP_401_UNAUTHORIZED,
    status.HTTP_403_FORBIDDEN,
    status.HTTP_412_PRECONDITION_FAILED,
    status.HTTP_428_PRECONDITION_REQUIRED,
    status.HTTP_429_TOO_MANY_REQUESTS,
)
# What a view raises to refuse a call. Anything else, an outage for example, undoes everything.
_REFUSALS = (APIException, Http404, PermissionDenied, ObjectDoesNotExist, JobsError)

View = Callable[..., HttpResponseBase]


class CallKeyInvalid(APIException):
    """400: the header is no key."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_header_invalid"


class CallKeyNotTaken(APIException):
    """400: the answer of this call cannot be stored."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_header_not_taken"
    default_detail = (
        "A stream of jobs takes no Idempotency-Key: leave it out, and give each job an "
        "idempotency_key."
    )


class AnotherIsAtWork(APIException):
    """409: the first call with this header has not been answered yet."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "call_in_progress"
    wait = IN_PROGRESS_RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(
            "The first call with this Idempotency-Key is still at work. Send it again for its "
            "answer."
        )


class HeaderReused(APIException):
    """422: the header was sent before, with another call."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_header_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was sent before, with another path, query or body. Send what was "
            "sent before, or another key."
        )


class StoredAnswerMixin:
    """For views: a call that has the header does its work once.

    What the call does and its answer are one commit. Without the header nothing is different.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Called by DRF before each call, when the client is known and may make it."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        header = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if header is not None and request.method in METHODS:
            if not self.takes_call_key(request):
                raise CallKeyNotTaken
            name = request.method.lower()
            if (view := getattr(self, name, None)) is not None:
                # DRF looks the method up after this; the instance serves this call alone.
                setattr(self, name, partial(self._answer_once, view, _key(header)))

    def takes_call_key(self, request: Request) -> bool:
        """Whether the answer of this call can be stored."""
        return True

    def _answer_once(
        self, view: View, key: str, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        try:
            answer = call_answer_once(
                call=_call(key, request, kwargs),
                work=lambda: self._work(view, request, *args, **kwargs),
            )
        except CallInProgress:
            raise AnotherIsAtWork from None
        except CallKeyReused:
            raise HeaderReused from None
        response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
        if answer.is_replayed:
            response.headers[REPLAYED] = "true"
        return response

    def _work(self, view: View, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """What the view answers. A refusal undoes what the view did, and is an answer, too."""
        try:
            with transaction.atomic():
                return _answer(view(request, *args, **kwargs))
        except _REFUSALS as refusal:
            response: HttpResponseBase = self.handle_exception(refusal)  # type: ignore[attr-defined]
            if response.status_code >= 500 or response.status_code in _NOT_STORED:
                raise
            return _answer(response)


def _key(header: str) -> str:
    try:
        return call_key(header)
    except ValueError as error:
        raise CallKeyInvalid(str(error)) from None


def _call(key: str, request: Request, path: dict[str, Any]) -> Call:
    """The route by its name, so that all spellings of a path are one; its parts by `path`."""
    match = request._request.resolver_match
    route = f"{request.method}.{match.url_name if match else request.path}"
    asked = [route, path, sorted(request.query_params.lists()), request.data]
    # `default`: an item of many that cannot be stored stands as its error.
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), default=str)
    return Call(
        key=f"{client_of(request).pk}:{route}:{key}",
        fingerprint=sha256(canonical.encode(errors="backslashreplace")).hexdigest(),
    )


def _answer(response: HttpResponseBase) -> Answer:
    headers = dict(response.headers.items())
    if isinstance(response, Response):  # not rendered yet
        body = JSONRenderer().render(response.data)
        headers["Content-Type"] = JSONRenderer.media_type
    else:
        assert isinstance(response, HttpResponse)
        body = response.content
    return Answer(response.status_code, headers, body.decode())
