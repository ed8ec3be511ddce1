"""Calls of the API are counted, and refused beyond the limits of their account and address."""

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import ErrorDetail, Throttled

from accounts.client_address import client_address
from accounts.models import User
from accounts.rate_limits import REPEATED_KEY, Policy, Quota, count_call

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ATTRIBUTE = "rate_limit_quotas"


class QuotaExceeded(Throttled):
    """429: wait until the window ends."""

    default_code = "quota_exceeded"
    problem_type = "https://iana.org/assignments/http-problem-types#quota-exceeded"

    def __init__(self, exceeded: list[Quota]) -> None:
        names = ", ".join(quota.policy.name for quota in exceeded)
        self.detail = ErrorDetail(
            f"There were too many calls ({names}). Wait as Retry-After says.", self.default_code
        )
        self.wait = float(max(quota.resets_in for quota in exceeded))


def limit_call(request: HttpRequest, user: User | None) -> None:
    """Counts the call; raises QuotaExceeded. `user`: None for a call without a good token."""
    policies = list(_policies(request, user))
    if not policies:
        return
    is_repeated = bool(request.META.get(REPEATED_KEY))
    quotas = count_call(policies, is_repeated=is_repeated)
    setattr(request, _ATTRIBUTE, quotas)
    if is_repeated:
        return
    if exceeded := [quota for quota in quotas if quota.is_exceeded]:
        raise QuotaExceeded(exceeded)


def _policies(request: HttpRequest, user: User | None) -> Iterator[Policy]:
    if user is not None:
        is_read = request.method in _READS
        own = user.own_rates.reads if is_read else user.own_rates.writes
        default = settings.RATE_LIMIT_READS if is_read else settings.RATE_LIMIT_WRITES
        if (rate := own or default) is not None:
            yield Policy("reads" if is_read else "writes", str(user.pk), rate)
    if settings.RATE_LIMIT_ADDRESS is not None:
        yield Policy("address", client_address(request), settings.RATE_LIMIT_ADDRESS)


class RateLimitFieldsMiddleware:
    """Says on every answer to a call that was counted what is left (IETF draft 11)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        quotas: Any = getattr(request, _ATTRIBUTE, None)
        if quotas:
            response.headers["RateLimit-Policy"] = ", ".join(one.policy.field for one in quotas)
            response.headers["RateLimit"] = ", ".join(one.field for one in quotas)
        return response
