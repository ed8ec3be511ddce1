"""`manage.py jobs show`: everything about one job."""

import argparse
import json
from typing import Any
from uuid import UUID

from jobs.management.output import NOTHING, Output, printable
from jobs.management.subcommands.subcommand import EXIT_DONE, EXIT_FAILED, Options, Subcommand
from jobs.models import DeadLetter, Job
from jobs.services.job_facts import job_details, job_facts

LABEL_WIDTH = 20


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=UUID, help="the id of the job")
    parser.add_argument(
        "--tracebacks", action="store_true", help="print the traceback of each attempt that failed"
    )


def _run(options: Options, output: Output) -> int:
    job = Job.objects.select_related("worker", "submitted_by").filter(id=options["id"]).first()
    if job is None:
        output.error(f"No job has the id {options['id']}.")
        return EXIT_FAILED
    document = _document(job)
    if output.as_json:
        output.document(document)
    else:
        _print(document, output, tracebacks=options["tracebacks"])
    return EXIT_DONE


def _document(job: Job) -> dict[str, Any]:
    """What `GET /jobs/<id>` says, each attempt that failed, and the newest dead letter's id."""
    letter_id = DeadLetter.objects.filter(job_id=job.id).order_by("-id").values_list("id")
    newest = letter_id.first()
    return {
        **job_facts(job),
        **job_details(job),
        "attempts": job.errors,
        "failed_job": str(newest[0]) if newest else None,
    }


def _print(document: dict[str, Any], output: Output, *, tracebacks: bool) -> None:
    for name, value in document.items():
        if name == "payload":
            _print_payload(value, output)
        elif name == "attempts":
            _print_attempts(value, output, tracebacks=tracebacks)
        else:
            shown = NOTHING if value in (None, "") else printable(str(value))
            output.line(_labelled(name, shown))


def _print_payload(payload: dict[str, Any], output: Output) -> None:
    first, *others = json.dumps(
        payload, indent=2
    ).splitlines()  # ASCII: nothing in it is unprintable
    output.line(_labelled("payload", first))
    for line in others:
        output.line(_labelled("", line))


def _print_attempts(attempts: list[dict[str, Any]], output: Output, *, tracebacks: bool) -> None:
    for one in attempts:
        error = f"{one['error']}: {one['message']}" if one["message"] else one["error"]
        said = f"{one['at'][:19]} on {one['worker']}: {error}"
        output.line(_labelled(f"attempt {one['attempt']}", printable(said)))
        if tracebacks:
            for line in one["traceback"].splitlines():
                output.line(_labelled("", printable(line)))


def _labelled(label: str, text: str) -> str:
    return f"{label.replace('_', ' '):{LABEL_WIDTH}}{text}"


SHOW = Subcommand(
    "show", "One job: its state, what it waits for, and its errors.", _add_arguments, _run
)
