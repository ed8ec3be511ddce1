"""The query parameter of `GET /jobs/<id>`: how long to wait for the end of the job."""

from rest_framework.request import Request

from jobs.api.shared.fields import QueryNumberField
from jobs.api.shared.strict_call import query_of
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.api.shared.waiting import WAIT_MAX_SECONDS


class WaitQuery(StrictSerializer):
    """The query parameters of `GET /jobs/<id>`."""

    wait = QueryNumberField(
        min_value=0,
        max_value=WAIT_MAX_SECONDS,
        default=0,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            f"Give whole seconds, 0 to {WAIT_MAX_SECONDS}: ?wait=20, for example.",
        ),
    )


_query = WaitQuery()


def wait_seconds(request: Request) -> int:
    """For how long the caller wants to wait; raises `ValidationError`. Mostly 0."""
    if not request.META.get("QUERY_STRING"):
        return 0
    return int(_query.validated(query_of(request))["wait"])
