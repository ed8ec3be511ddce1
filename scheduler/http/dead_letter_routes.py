"""The calls about dead letters, as the index and docs/api.md list them."""

from scheduler.http.route import Route

DEAD_LETTER_ROUTES = (
    Route("failed_jobs", "GET", "/failedJobs", "lists dead letters", (200,), (400, 401, 403)),
    Route(
        "failed_job_groups",
        "GET",
        "/failedJobs/groups",
        "groups them by their error ([dead-letters.md](dead-letters.md))",
        (200,),
        (400, 401, 403),
    ),
    Route(
        "discard_group",
        "POST",
        "/failedJobs/groups/discard",
        "puts a whole group aside for good",
        (200,),
        (400, 401, 403, 404, 413),
    ),
    Route("failed_job", "GET", "/failedJobs/<id>", "shows one", (200, 304), (400, 401, 403, 404)),
    Route(
        "replay",
        "POST",
        "/failedJobs/<id>/replay",
        "replays one: its job is queued again",
        (202,),
        (400, 401, 403, 404, 409, 413),
    ),
    Route(
        "discard",
        "POST",
        "/failedJobs/<id>/discard",
        "puts one aside for good: its job stays dead",
        (200,),
        (400, 401, 403, 404, 409, 413),
    ),
    Route("redrives", "GET", "/redrives", "lists redrives", (200,), (400, 401, 403)),
    Route(
        "start_redrive",
        "POST",
        "/redrives",
        "replays many dead letters at a rate",
        (202,),
        (400, 401, 403, 409, 413),
    ),
    Route("redrive", "GET", "/redrives/<id>", "shows one", (200,), (400, 401, 403, 404)),
    Route(
        "pause_redrive",
        "POST",
        "/redrives/<id>/pause",
        "nothing more is replayed",
        (200,),
        (400, 401, 403, 404, 409),
    ),
    Route(
        "resume_redrive",
        "POST",
        "/redrives/<id>/resume",
        "it goes on from where it was",
        (200,),
        (400, 401, 403, 404, 409),
    ),
    Route(
        "cancel_redrive",
        "POST",
        "/redrives/<id>/cancel",
        "ends it; what is left goes on waiting",
        (200,),
        (400, 401, 403, 404, 409),
    ),
)
