"""`manage.py jobs queues`: what waits and runs in each queue."""

import argparse

from jobs.api.queues.representations import queue_facts
from jobs.management.output import Output
from jobs.management.subcommands.subcommand import EXIT_DONE, Options, Subcommand
from jobs.services.queues_now import COUNTED, QueueNow, queues_now

HEADINGS = ("QUEUE", "DEPTH", "OLDEST", "DELAYED", "IN FLIGHT", "PAUSED")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def _run(options: Options, output: Output) -> int:
    queues = queues_now()
    if output.as_json:
        output.document([queue_facts(queue) for queue in queues])
    else:
        output.table(HEADINGS, [_row(queue) for queue in queues])
    return EXIT_DONE


def _row(queue: QueueNow) -> tuple[object, ...]:
    age = queue.oldest_ready_seconds
    return (
        queue.name,
        _count(queue.depth),
        None if age is None else f"{age:,.0f} s",
        _count(queue.delayed),
        queue.in_flight,
        _pause(queue),
    )


def _pause(now: QueueNow) -> str | None:
    queue = now.queue
    if queue.paused_at is None:
        return None
    by = f" by {queue.paused_by}" if queue.paused_by else ""
    why = f": {queue.paused_reason}" if queue.paused_reason else ""
    return f"since {queue.paused_at:%Y-%m-%d %H:%M} UTC{by}{why}"


def _count(number: int) -> str:
    return f"{number:,}{' or more' if number >= COUNTED else ''}"


QUEUES = Subcommand(
    "queues",
    "Each queue: what is ready, delayed and in flight, and whether it is paused.",
    _add_arguments,
    _run,
)
