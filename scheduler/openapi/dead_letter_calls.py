"""What the calls of `scheduler/http/dead_letter_routes.py` take and answer, for the document."""

from jobs.api.dead_letter_groups.queries import GroupQuery
from jobs.api.dead_letter_groups.representations import GroupDiscardRepresentation, GroupPage
from jobs.api.dead_letter_groups.submission import GroupDiscardBody
from jobs.api.dead_letters.queries import DeadLetterQuery
from jobs.api.dead_letters.replay_body import ReplayBody
from jobs.api.dead_letters.representations import DeadLetterRepresentation, SingleDeadLetter
from jobs.api.redrives.queries import RedriveQuery
from jobs.api.redrives.representations import RedriveRepresentation
from jobs.api.redrives.submission import RedriveSubmission
from jobs.api.shared.reason import DecisionBody
from scheduler.openapi.call import Call, PageOf

LISTED: dict[int, tuple[str, ...]] = {
    400: ("unknown_job_type", "unknown_queue"),
    503: ("list_too_slow",),
}

DEAD_LETTER_CALLS: dict[str, Call] = {
    "failed_jobs": Call(PageOf(DeadLetterRepresentation), query=DeadLetterQuery, codes=LISTED),
    "failed_job_groups": Call(GroupPage, query=GroupQuery, codes=LISTED, headers=("Link",)),
    "discard_group": Call(GroupDiscardRepresentation, body=GroupDiscardBody),
    "failed_job": Call(SingleDeadLetter),
    "replay": Call(
        SingleDeadLetter,
        body=ReplayBody,
        codes={
            400: ("invalid_payload", "unknown_job_type"),
            403: ("submission_not_allowed",),
            409: ("already_resolved",),
            413: ("payload_too_large",),
        },
        body_may_be_missing=True,
        tells_location=True,
    ),
    "discard": Call(
        SingleDeadLetter,
        body=DecisionBody,
        codes={409: ("already_resolved",)},
        body_may_be_missing=True,
    ),
    "redrives": Call(PageOf(RedriveRepresentation), query=RedriveQuery, codes=LISTED),
    "start_redrive": Call(
        RedriveRepresentation,
        body=RedriveSubmission,
        codes={409: ("nothing_selected",), 503: ("list_too_slow",)},
        tells_location=True,
    ),
    "redrive": Call(RedriveRepresentation),
    **{
        f"{decision}_redrive": Call(
            RedriveRepresentation,
            body=DecisionBody,
            codes={409: ("redrive_ended",)},
            body_may_be_missing=True,
        )
        for decision in ("pause", "resume", "cancel")
    },
}
