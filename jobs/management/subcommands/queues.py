"""`manage.py jobs queues`: what waits and runs in each queue."""

import argparse
from dataclasses import asdict

from jobs.management.output import Output
from jobs.management.subcommands.subcommand import EXIT_DONE, Options, Subcommand
from jobs.services.queues import COUNTED, QueueNow, queues_now

HEADINGS = ("QUEUE", "READY", "OLDEST", "DELAYED", "IN FLIGHT")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def _run(options: Options, output: Output) -> int:
    queues = queues_now()
    if output.as_json:
        output.document([asdict(queue) for queue in queues])
    else:
        output.table(HEADINGS, [_row(queue) for queue in queues])
    return EXIT_DONE


def _row(queue: QueueNow) -> tuple[object, ...]:
    age = queue.oldest_ready_seconds
    return (
        queue.name,
        _count(queue.ready),
        None if age is None else f"{age:,.0f} s",
        _count(queue.delayed),
        queue.in_flight,
    )


def _count(number: int) -> str:
    return f"{number:,}{' or more' if number >= COUNTED else ''}"


QUEUES = Subcommand(
    "queues", "Each queue: what is ready, delayed and in flight.", _add_arguments, _run
)
