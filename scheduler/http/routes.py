"""Every call of the service: the index names them, and docs/api.md lists them as they are here."""

from scheduler.http.batch_routes import BATCH_ROUTES
from scheduler.http.route import Route

ROUTES = (
    Route(
        "signup",
        "POST",
        "/signup",
        "makes an account, if the server allows it",
        (201,),
        (400, 403, 429),
    ),
    Route("login", "POST", "/login", "name and password against tokens", (200,), (400, 401, 429)),
    Route(
        "refresh_token",
        "POST",
        "/refreshToken",
        "a refresh token against a new pair",
        (200,),
        (400, 401),
    ),
    Route(
        "token",
        "POST",
        "/token",
        "credentials of a service account against an access token",
        (200,),
        (400, 401, 429),
    ),
    Route("logout", "POST", "/logout", "ends the session of a refresh token", (204,), (400, 401)),
    Route(
        "logout_everywhere",
        "POST",
        "/logoutEverywhere",
        "ends all sessions and tokens of the caller",
        (204,),
        (401,),
    ),
    Route(
        "add_job",
        "POST",
        "/addJob",
        "accepts a job; 200 if it is there already",
        (202, 200),
        (400, 401, 403, 413, 422, 429),
    ),
    Route(
        "add_jobs",
        "POST",
        "/addJobs",
        "accepts up to 1,000 jobs, or a stream of any number; each has a status",
        (200,),
        (400, 401, 403, 413, 422),
    ),
    Route("jobs", "GET", "/jobs", "lists jobs", (200,), (400, 401, 403)),
    Route("job", "GET", "/jobs/<id>", "shows one", (200, 304), (400, 401, 403, 404)),
    Route(
        "edit",
        "PATCH",
        "/jobs/<id>",
        "edits it, if it has not started",
        (200,),
        (400, 401, 403, 404, 409, 412, 413, 428),
    ),
    Route(
        "cancel",
        "POST",
        "/jobs/<id>/cancel",
        "cancels it, or asks it to stop",
        (202,),
        (400, 401, 403, 404, 409),
    ),
    Route("events", "GET", "/jobs/<id>/events", "follows it", (200, 204), (400, 401, 403, 404)),
    Route("failed_jobs", "GET", "/failedJobs", "lists dead letters", (200,), (400, 401, 403)),
    Route("failed_job", "GET", "/failedJobs/<id>", "shows one", (200, 304), (400, 401, 403, 404)),
    Route(
        "replay",
        "POST",
        "/failedJobs/<id>/replay",
        "replays one: its job is queued again",
        (202,),
        (400, 401, 403, 404, 409),
    ),
    Route(
        "job_types",
        "GET",
        "/jobTypes",
        "which types there are, with their payloads",
        (200,),
        (400, 401, 403),
    ),
    Route("job_type", "GET", "/jobTypes/<name>", "shows one", (200,), (400, 401, 403, 404)),
    Route("queues", "GET", "/queues", "what is in each queue", (200,), (400, 401, 403)),
    Route("queue", "GET", "/queues/<name>", "shows one", (200,), (400, 401, 403, 404)),
    Route(
        "pause",
        "POST",
        "/queues/<name>/pause",
        "workers take nothing more from it",
        (200,),
        (400, 401, 403, 404),
    ),
    Route(
        "resume",
        "POST",
        "/queues/<name>/resume",
        "they take from it again",
        (200,),
        (400, 401, 403, 404),
    ),
    Route(
        "limits", "GET", "/limits", "lists limits ([limits.md](limits.md))", (200,), (400, 401, 403)
    ),
    Route("limit", "GET", "/limits/<name>", "shows one", (200,), (400, 401, 403, 404)),
    Route(
        "set_limit",
        "PUT",
        "/limits/<name>",
        "sets it, in place of what code declares",
        (200,),
        (400, 401, 403, 404, 413),
    ),
    Route(
        "remove_limit",
        "DELETE",
        "/limits/<name>",
        "removes what was set",
        (204,),
        (400, 401, 403, 404),
    ),
    Route(
        "schedules",
        "GET",
        "/schedules",
        "lists recurring jobs ([schedules.md](schedules.md))",
        (200,),
        (400, 401, 403),
    ),
    Route("add_schedule", "POST", "/schedules", "makes one", (201,), (400, 401, 403, 409, 413)),
    Route("schedule", "GET", "/schedules/<id>", "shows one", (200, 304), (400, 401, 403, 404)),
    Route(
        "change_schedule",
        "PATCH",
        "/schedules/<id>",
        "changes it",
        (200,),
        (400, 401, 403, 404, 409, 412, 413, 428),
    ),
    Route(
        "delete_schedule",
        "DELETE",
        "/schedules/<id>",
        "deletes it",
        (204,),
        (400, 401, 403, 404, 409, 412, 428),
    ),
    Route(
        "pause_schedule",
        "POST",
        "/schedules/<id>/pause",
        "it fires no more",
        (200,),
        (400, 401, 403, 404),
    ),
    Route(
        "resume_schedule",
        "POST",
        "/schedules/<id>/resume",
        "it fires again",
        (200,),
        (400, 401, 403, 404, 409),
    ),
    Route(
        "run_schedule",
        "POST",
        "/schedules/<id>/run",
        "makes a job of it now",
        (202,),
        (400, 401, 403, 404, 409),
    ),
    *BATCH_ROUTES,
    Route("jwks", "GET", "/.well-known/jwks.json", "the public keys of tokens", (200,), (400,)),
    Route("health", "GET", "/health", "whether jobs are accepted", (200,), (503,)),
    Route("live", "GET", "/health/live", "whether the process answers", (200,)),
    Route("ready", "GET", "/health/ready", "the same as `/health`", (200,), (503,)),
    Route(
        "metrics",
        "GET",
        "/metrics",
        "figures for Prometheus, with the token that METRICS_TOKEN names",
        (200,),
        (401, 404),
    ),
    Route("openapi", "GET", "/openapi.json", "the API, as OpenAPI 3.1", (200,)),
    Route("index", "GET", "/", "names these calls", (200,)),
)


def routes_table() -> str:
    """The calls as a table in Markdown, for docs/api.md."""
    head = "| call | does | success | refused with |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{one.call}` | {one.does} | {_listed(one.success)} | {_listed(one.refused)} |\n"
        for one in ROUTES
    )


def _listed(statuses: tuple[int, ...]) -> str:
    return ", ".join(map(str, statuses))
