"""`manage.py jobs batches`: the newest batches, and how far each has come."""

import argparse

from jobs.management.option_types import whole_number
from jobs.management.output import Output
from jobs.management.subcommands.subcommand import EXIT_DONE, Options, Subcommand
from jobs.models import Batch
from jobs.services.batches.facts import batch_facts

LIMIT_MAX = 10_000
LIMIT_DEFAULT = 20

HEADINGS = ("ID", "NAME", "STATE", "DONE", "TOTAL", "FAILED", "CREATED (UTC)")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        type=whole_number(1, LIMIT_MAX),
        default=LIMIT_DEFAULT,
        help="how many (default: %(default)s)",
    )


def _run(options: Options, output: Output) -> int:
    batches = Batch.objects.select_related("submitted_by").order_by("-id")[: options["limit"]]
    if output.as_json:
        output.document([batch_facts(one) for one in batches])
    else:
        output.table(HEADINGS, [_row(one) for one in batches])
    return EXIT_DONE


def _row(batch: Batch) -> tuple[object, ...]:
    created = f"{batch.created_at:%Y-%m-%d %H:%M:%S}"
    counts = (batch.done, batch.total, batch.failed)
    return (batch.id, batch.name, batch.state, *counts, created)


BATCHES = Subcommand(
    "batches", "The newest batches, and how far each has come.", _add_arguments, _run
)
