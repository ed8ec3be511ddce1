"""What each call of `scheduler/http/routes.py` takes and answers, for the document.

A new call needs a line here, under the name of its route; a test names those that lack one.
"""

from accounts.api import views as accounts
from accounts.api.serializers import LoginInput, LogoutInput, NoInput, RefreshInput, SignUpInput
from accounts.api.token_view import ServiceToken
from jobs.api.batches.chain_representations import ChainRepresentation
from jobs.api.batches.queries import BatchQuery
from jobs.api.batches.representations import BatchRepresentation
from jobs.api.batches.submission import BatchSubmission
from jobs.api.job_types.representations import JobTypeRepresentation
from jobs.api.jobs.bulk_results import BulkResults
from jobs.api.jobs.edit_body import JobEdit
from jobs.api.jobs.queries import BulkQuery, JobQuery
from jobs.api.jobs.representations import JobReceipt, JobRepresentation, SingleJob
from jobs.api.jobs.timeline_views import Timeline
from jobs.api.jobs.wait_query import WaitQuery
from jobs.api.limits.queries import LimitBody, LimitQuery
from jobs.api.limits.representations import LimitPage, LimitRepresentation
from jobs.api.queues.representations import QueueRepresentation
from jobs.api.schedules.queries import ScheduleQuery
from jobs.api.schedules.representations import ScheduleRepresentation
from jobs.api.schedules.submission import ScheduleSubmission
from jobs.api.shared.reason import DecisionBody, Reason
from scheduler.http.health_views import Live, Ready
from scheduler.http.index_view import Index
from scheduler.openapi.call import Call, ListOf, PageOf
from scheduler.openapi.dead_letter_calls import DEAD_LETTER_CALLS
from scheduler.openapi.plain_schemas import (
    ACCEPTED_RUN,
    ANYTHING,
    BATCH_EVENTS,
    EVENT_STREAM,
    EVENTS,
    TEXT,
    TOKEN_FORM,
    TOKEN_REFUSED,
)

# Bodies that no serializer describes; `payloads.py` makes them of the job types.
ONE_JOB, MANY_JOBS, SCHEDULE = "JobSubmission", "JobSubmissions", "ScheduleSubmission"
CHAIN = "ChainSubmission"


_JOB = ("invalid_payload", "unknown_job_type", "unknown_queue")
_SUBMITTED: dict[int, tuple[str, ...]] = {
    400: _JOB,
    403: ("submission_not_allowed",),
    413: ("payload_too_large",),
    422: ("idempotency_key_reused",),
    429: ("recipients_limit",),
    503: ("backpressure",),
}
_FOLLOWED: dict[int, tuple[str, ...]] = {429: ("too_many_waits",), 503: ("too_many_waits",)}
_LISTED: dict[int, tuple[str, ...]] = {400: _JOB[1:], 503: ("list_too_slow",)}
_SCHEDULED: dict[int, tuple[str, ...]] = {
    400: (*_JOB, "invalid_schedule"),
    403: ("submission_not_allowed",),
    409: ("name_taken", "declared_in_code"),
    413: ("payload_too_large",),
}
_LOG_IN: dict[int, tuple[str, ...]] = {401: ("no_active_account",), 429: ("throttled",)}

CALLS: dict[str, Call] = {
    "signup": Call(accounts.SignedUp, body=SignUpInput, codes={403: ("signup_disabled",)}),
    "login": Call(accounts.Tokens, body=LoginInput, codes=_LOG_IN),
    "refresh_token": Call(accounts.Tokens, body=RefreshInput, codes=_LOG_IN),
    "token": Call(
        ServiceToken,
        body=TOKEN_FORM,
        body_type="application/x-www-form-urlencoded",
        codes=_LOG_IN,
        refusal=TOKEN_REFUSED,
        refusal_statuses=(400, 401),
    ),
    "logout": Call(body=LogoutInput, codes=_LOG_IN),
    "logout_everywhere": Call(body=NoInput, body_may_be_missing=True),
    "add_job": Call(JobReceipt, body=ONE_JOB, codes=_SUBMITTED, tells_location=True),
    "add_jobs": Call(
        BulkResults,
        query=BulkQuery,
        body=MANY_JOBS,
        lines_type="application/x-ndjson",
        codes=_SUBMITTED | {422: ("jobs_refused",), 503: ("backpressure", "too_many_streams")},
    ),
    "jobs": Call(PageOf(JobRepresentation), query=JobQuery, codes=_LISTED),
    "job": Call(SingleJob, query=WaitQuery, headers=("Retry-After",)),
    "events": Call(EVENTS, answer_type=EVENT_STREAM, codes=_FOLLOWED),
    "timeline": Call(Timeline),
    "edit": Call(
        SingleJob, body=JobEdit, codes=_SUBMITTED | {409: ("already_started", "already_final")}
    ),
    "cancel": Call(
        SingleJob,
        body=DecisionBody,
        body_may_be_missing=True,
        codes={409: ("already_final",)},
        headers=("ETag",),
    ),
    **DEAD_LETTER_CALLS,
    "job_types": Call(ListOf(JobTypeRepresentation)),
    "job_type": Call(JobTypeRepresentation),
    "queues": Call(ListOf(QueueRepresentation)),
    "queue": Call(QueueRepresentation),
    "pause": Call(QueueRepresentation, body=DecisionBody, body_may_be_missing=True),
    "resume": Call(QueueRepresentation, body=DecisionBody, body_may_be_missing=True),
    "limits": Call(LimitPage, query=LimitQuery),
    "limit": Call(LimitRepresentation),
    "set_limit": Call(LimitRepresentation, body=LimitBody, codes={400: ("invalid_limit",)}),
    "remove_limit": Call(),
    "schedules": Call(PageOf(ScheduleRepresentation), query=ScheduleQuery, codes=_LISTED),
    "add_schedule": Call(
        ScheduleRepresentation,
        body=SCHEDULE,
        codes=_SCHEDULED,
        tells_location=True,
        headers=("ETag",),
    ),
    "schedule": Call(ScheduleRepresentation),
    "change_schedule": Call(
        ScheduleRepresentation, body=ScheduleSubmission, codes=_SCHEDULED, is_partial=True
    ),
    "delete_schedule": Call(codes={409: ("declared_in_code",)}),
    "pause_schedule": Call(
        ScheduleRepresentation, body=Reason, body_may_be_missing=True, headers=("ETag",)
    ),
    "resume_schedule": Call(
        ScheduleRepresentation,
        body=Reason,
        codes={409: ("schedule_broken",), 400: ("invalid_schedule",)},
        body_may_be_missing=True,
        headers=("ETag",),
    ),
    "run_schedule": Call(
        ACCEPTED_RUN,
        body=Reason,
        codes=_SUBMITTED | {409: ("schedule_broken",)},
        body_may_be_missing=True,
        tells_location=True,
    ),
    "batches": Call(PageOf(BatchRepresentation), query=BatchQuery, codes=_LISTED),
    "add_batch": Call(
        BatchRepresentation,
        body=BatchSubmission,
        body_may_be_missing=True,
        codes=_SUBMITTED,
        tells_location=True,
    ),
    "batch": Call(BatchRepresentation),
    "batch_events": Call(BATCH_EVENTS, answer_type=EVENT_STREAM, codes=_FOLLOWED),
    "add_batch_jobs": Call(
        BulkResults,
        query=BulkQuery,
        body=MANY_JOBS,
        codes={409: ("batch_closed", "batch_full"), 422: ("jobs_refused",)},
    ),
    "close_batch": Call(BatchRepresentation, body=NoInput, body_may_be_missing=True),
    "cancel_batch": Call(
        BatchRepresentation,
        body=Reason,
        codes={409: ("batch_completed",)},
        body_may_be_missing=True,
    ),
    "add_chain": Call(
        ChainRepresentation,
        body=CHAIN,
        codes=_SUBMITTED | {409: ("batch_closed", "batch_full")},
        tells_location=True,
    ),
    "chain": Call(ChainRepresentation),
    "jwks": Call(ANYTHING),
    "health": Call(Ready, refusal=Ready),
    "live": Call(Live),
    "ready": Call(Ready, refusal=Ready),
    "metrics": Call(TEXT, answer_type="text/plain", codes={401: ("metrics_token_needed",)}),
    "index": Call(Index),
    "openapi": Call(ANYTHING),
}
