"""`manage.py jobs add`: a job is submitted, by the rules of `POST /addJob`."""

import argparse
import json
import sys
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import APIException, ParseError

from jobs.api.jobs.refusals import job_refusal
from jobs.api.jobs.representations import receipt_facts
from jobs.api.jobs.submission import job_request
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.pointers import pointed_errors
from jobs.core.errors import IdempotencyKeyReused, JobsError
from jobs.management.output import Output
from jobs.management.subcommands.subcommand import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    Options,
    Subcommand,
)
from jobs.services.enqueue import Enqueued, job_enqueue

FROM_STDIN = "-"
# Options that are fields of the body of `POST /addJob`, under the same names.
FIELDS = (
    "expires_at",
    "expires_in",
    "type",
    "queue",
    "priority",
    "run_at",
    "delay",
    "max_retries",
    "idempotency_key",
    "callback_url",
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("type", metavar="TYPE", help="the job type")
    parser.add_argument(
        "payload",
        metavar="PAYLOAD",
        nargs="?",
        default="{}",
        help="a JSON object, or - to read it from standard input (default: %(default)s)",
    )
    parser.add_argument("--queue")
    parser.add_argument("--priority", type=int, help="0 to 9; 9 is most urgent")
    parser.add_argument("--run-at", metavar="TIME", help="such as 2030-01-31T09:00:00Z")
    parser.add_argument("--delay", type=float, metavar="SECONDS")
    parser.add_argument("--expires-at", metavar="TIME", help="not begun by then, it never runs")
    parser.add_argument("--expires-in", type=float, metavar="SECONDS")
    parser.add_argument("--max-retries", type=int)
    parser.add_argument("--idempotency-key", metavar="KEY")
    parser.add_argument("--callback-url", metavar="URL", help="called when the job has ended")


def _run(options: Options, output: Output) -> int:
    try:
        accepted = job_enqueue(**job_request(_body(options))._asdict())
    except (APIException, RequestDataTooBig) as error:
        return _refused(error, output)
    except JobsError as error:
        if (refusal := job_refusal(error)) is None:
            raise
        _refused(refusal, output)
        return EXIT_FAILED if isinstance(error, IdempotencyKeyReused) else EXIT_USAGE
    _print(accepted, output)
    return EXIT_DONE


def _body(options: Options) -> Any:
    """What a client would send. Raises what the API's parser raises."""
    text = _stdin() if options["payload"] == FROM_STDIN else options["payload"]
    fields = {name: options[name] for name in FIELDS if options[name] is not None}
    return _parsed(json.dumps({**fields, "payload": _parsed(text)}))


def _stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise ParseError("Standard input is not UTF-8.") from None


def _parsed(text: str) -> Any:
    return StorableJSONParser().parse(BytesIO(text.encode(errors="backslashreplace")))


def _refused(error: Exception, output: Output) -> int:
    for one in pointed_errors(getattr(error, "detail", str(error))).errors:
        where = one["pointer"].removeprefix("/")
        output.error(f"{where}: {one['detail']}" if where else one["detail"])
    return EXIT_USAGE


def _print(accepted: Enqueued, output: Output) -> None:
    if output.as_json:
        output.document(receipt_facts(accepted))
    else:
        output.line(str(accepted.job_id))


ADD = Subcommand(
    "add", "Submit a job; its id is printed. The same as POST /addJob.", _add_arguments, _run
)
