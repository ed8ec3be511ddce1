"""The short way through `StrictSerializer.validated` agrees with DRF's, whatever is submitted."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from jobs.api.jobs.submission import DELAY_MAX_SECONDS, JobSubmission, job_request
from jobs.services.enqueue import JobRequest

# What the parser lets through: no U+0000, no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-1, 30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.lists(st.none(), max_size=1)
    | st.dictionaries(TEXTS, st.integers(), max_size=1)
)
OPTIONS = ("queue", "priority", "run_at", "delay", "max_retries", "idempotency_key", "prio")
SUBMISSIONS = st.fixed_dictionaries(
    {"type": TEXTS | VALUES, "payload": st.just({}) | VALUES},
    optional=dict.fromkeys(OPTIONS, VALUES),
)
MINIMAL: dict[str, Any] = {"type": "t", "payload": {}}


def by_drf(data: Any) -> JobRequest | None:
    serializer = JobSubmission(data=data)
    if not serializer.is_valid():
        return None
    return JobRequest(**serializer.validated_data)


def unchanged(data: Any) -> JobRequest | None:
    values = JobSubmission().unchanged(data)
    return None if values is None else JobRequest(**values)


@given(SUBMISSIONS)
@example(MINIMAL | {"type": "x" * 100, "queue": "x" * 63, "idempotency_key": "x" * 255})
@example(MINIMAL | {"type": "x" * 101})
@example(MINIMAL | {"queue": "x" * 64})
@example(MINIMAL | {"idempotency_key": "x" * 256})
@example(MINIMAL | {"priority": 0, "max_retries": 0, "delay": 0})
@example(MINIMAL | {"priority": 9, "max_retries": 25, "delay": DELAY_MAX_SECONDS})
@example(MINIMAL | {"priority": 10})
@example(MINIMAL | {"max_retries": 26})
@example(MINIMAL | {"delay": DELAY_MAX_SECONDS + 1})
@example(MINIMAL | {"delay": -0.001})
@example(MINIMAL | {"priority": True})
@example(MINIMAL | {"idempotency_key": ""})
@example(MINIMAL | {"idempotency_key": " "})
def test_what_every_field_accepts_unchanged_drf_accepts_too(data: dict[str, Any]) -> None:
    request = unchanged(data)

    assert request is None or request == by_drf(data)


@given(SUBMISSIONS)
def test_nothing_else_is_accepted_or_refused(data: dict[str, Any]) -> None:
    try:
        request = job_request(data)
    except ValidationError:
        request = None

    assert request == by_drf(data)


def test_ordinary_submissions_go_the_short_way() -> None:
    assert unchanged(MINIMAL)
    assert unchanged(
        MINIMAL
        | {"queue": "emails", "priority": 9, "delay": 1.5, "max_retries": 2, "idempotency_key": "k"}
    )
    assert unchanged(MINIMAL | dict.fromkeys(OPTIONS[1:2] + OPTIONS[3:6]))
