"""`manage.py jobs workers`: the workers there are; `drain`, `stop` and `resume` ask one of them."""

import argparse
from uuid import UUID

from django.db.models import Q

from jobs.core.decision_errors import WorkerStopped
from jobs.management.actor import actor_at_shell, add_actor_options
from jobs.management.output import Output, printable
from jobs.management.subcommands.subcommand import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    Options,
    Subcommand,
)
from jobs.models import Worker
from jobs.models.worker import WorkerRequest
from jobs.services.workers import worker_ask
from jobs.services.workers_now import WorkerNow, workers_now

LIST = "list"
REQUESTS = {
    "drain": (WorkerRequest.DRAIN, "it finishes what runs and takes nothing new, until resumed"),
    "stop": (WorkerRequest.STOP, "it ends as with SIGTERM; its supervisor may start another one"),
    "resume": (WorkerRequest.NONE, "it takes jobs again"),
}
HEADINGS = (
    "WORKER",
    "STATE",
    "HOST",
    "PID",
    "VERSION",
    "QUEUES",
    "RUNNING",
    "SLOTS",
    "OLDEST",
    "MEMORY",
    "HEARD",
)
# A table for people.
SHOWN = 1_000
MEGABYTE = 1024 * 1024


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    choices = parser.add_subparsers(dest="decision", metavar="DECISION")
    choices.add_parser(LIST, help="shows them, which is done if nothing is said")
    for name, (_, meaning) in REQUESTS.items():
        own = choices.add_parser(name, help=meaning, description=f"The worker is asked: {meaning}.")
        own.add_argument("worker", metavar="WORKER", help="its name, or the id of its row")
        add_actor_options(own)


def _run(options: Options, output: Output) -> int:
    if options["decision"] in REQUESTS:
        return _ask(options, output)
    workers = workers_now(limit=SHOWN)
    if output.as_json:
        output.document([_facts(one) for one in workers])
    else:
        output.table(HEADINGS, [_row(one) for one in workers])
    return EXIT_DONE


def _ask(options: Options, output: Output) -> int:
    request, meaning = REQUESTS[options["decision"]]
    named = options["worker"]
    found = Worker.objects.filter(_named(named), stopped_at__isnull=True).order_by("-id")[:2]
    if not found:
        output.error(f"No worker that runs has the name or id {printable(named)}.")
        return EXIT_FAILED
    if len(found) > 1:
        output.error(f"Several workers are named {printable(named)}: give the id of one.")
        return EXIT_USAGE
    try:
        worker = worker_ask(
            worker_id=found[0].id,
            request=request,
            actor=actor_at_shell(options),
            reason=options["reason"],
        )
    except (WorkerStopped, Worker.DoesNotExist):
        output.error(f"The worker {printable(named)} has just stopped.")
        return EXIT_FAILED
    if output.as_json:
        output.document({"id": str(worker.id), "name": worker.name, "request": worker.request})
    else:
        output.line(f"{worker.name}: within a heartbeat {meaning}")
    return EXIT_DONE


def _named(text: str) -> Q:
    try:
        return Q(id=UUID(text)) | Q(name=text)
    except ValueError:
        return Q(name=text)


def _facts(now: WorkerNow) -> dict[str, object]:
    worker = now.worker
    return {
        "id": str(worker.id),
        "name": worker.name,
        "state": now.state,
        "hostname": worker.hostname,
        "pid": worker.pid,
        "version": worker.version or None,
        "queues": worker.queues,
        "running": now.running,
        "slots": now.slots,
        "oldest_seconds": now.oldest_seconds,
        "rss_bytes": worker.rss_bytes,
        "started_at": worker.started_at.isoformat(),
        "heartbeat_at": worker.heartbeat_at.isoformat(),
    }


def _row(now: WorkerNow) -> tuple[object, ...]:
    worker, oldest = now.worker, now.oldest_seconds
    return (
        worker.name,
        now.state,
        worker.hostname,
        worker.pid,
        worker.version or None,
        ", ".join(worker.queues),
        now.running,
        now.slots,
        None if oldest is None else f"{oldest:,.0f} s",
        None if worker.rss_bytes is None else f"{worker.rss_bytes // MEGABYTE} MB",
        f"{now.silent_seconds:,.0f} s ago",
    )


WORKERS = Subcommand(
    "workers",
    "Each worker, and what it runs; asks one to drain, to stop, or to go on.",
    _add_arguments,
    _run,
)
