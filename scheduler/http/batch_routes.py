"""The calls about batches and chains, as the index and the document list them."""

from scheduler.http.route import Route

BATCH_ROUTES = (
    Route(
        "batches",
        "GET",
        "/batches",
        "lists batches of jobs ([batches.md](batches.md))",
        (200,),
        (400, 401, 403),
    ),
    Route(
        "add_batch",
        "POST",
        "/batches",
        "makes one, empty and open",
        (201,),
        (400, 401, 403, 413, 422, 429),
    ),
    Route("batch", "GET", "/batches/<id>", "shows one", (200,), (400, 401, 403, 404)),
    Route(
        "batch_events",
        "GET",
        "/batches/<id>/events",
        "follows it",
        (200, 204),
        (400, 401, 403, 404),
    ),
    Route(
        "add_batch_jobs",
        "POST",
        "/batches/<id>/jobs",
        "adds up to 1,000 jobs; each has a status",
        (200,),
        (400, 401, 403, 404, 409, 413, 422),
    ),
    Route(
        "close_batch",
        "POST",
        "/batches/<id>/close",
        "no job can be added any more",
        (200,),
        (400, 401, 403, 404),
    ),
    Route(
        "cancel_batch",
        "POST",
        "/batches/<id>/cancel",
        "cancels its jobs",
        (202,),
        (400, 401, 403, 404, 409),
    ),
    Route(
        "add_chain",
        "POST",
        "/chains",
        "makes a chain of jobs, each of which follows the one before it",
        (201,),
        (400, 401, 403, 409, 413, 422, 429),
    ),
    Route("chain", "GET", "/chains/<id>", "shows one", (200,), (400, 401, 403, 404)),
)
