"""The options of `runworker` about queues: which ones, and the rule between them."""

import argparse
from typing import Any

from django.core.management.base import CommandError

from jobs.core.conf import jobs_conf
from jobs.core.queue_choice import QUEUE_ORDERS, QueueChoice, queue_choice
from jobs.worker.process.stop_signals import EXIT_USAGE


def add_queue_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--queues` and `--queue-order`; the settings are their defaults."""
    conf = jobs_conf()
    parser.add_argument(
        "--queues",
        default=",".join(conf.worker_queues or conf.queues),
        help="comma-separated names, or all of them with weights, such as "
        "critical:6,default:3,bulk:1 (default: %(default)s)",
    )
    parser.add_argument(
        "--queue-order",
        choices=QUEUE_ORDERS,
        default=conf.queue_order,
        help="without weights: queues take turns, or each is taken from only while those before it "
        "are empty (default: %(default)s)",
    )


def chosen_queues(options: dict[str, Any]) -> QueueChoice:
    """What the options say; raises CommandError, with one sentence, if that makes no sense."""
    text = options["queues"]
    try:
        return queue_choice(text.split(","), jobs_conf().queues, options["queue_order"])
    except ValueError as error:
        raise CommandError(f"--queues {text[:200]!r}: {error}.", returncode=EXIT_USAGE) from error
