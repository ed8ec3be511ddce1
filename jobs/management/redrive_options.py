"""The options of a redrive: which dead letters, how fast, and with which change."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from rest_framework.exceptions import APIException

from jobs.api.shared.parser import StorableJSONParser
from jobs.core.selection import Selection
from jobs.core.states import DeathReason
from jobs.handlers.registry import job_types
from jobs.management.actor import add_actor_options
from jobs.management.option_types import whole_number
from jobs.services.queues import refuse_unknown_queue
from jobs.services.redrives.start import (
    RATE_DEFAULT,
    RATE_MAX,
    RATE_MIN,
    STOP_AT_PERCENT_DEFAULT,
)


def add_start_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `redrives start`."""
    which = parser.add_argument_group("which dead letters; all that is given must fit")
    which.add_argument("--fingerprint", help="of their error, as `GET /failedJobs/groups` has it")
    which.add_argument("--type", help="job type")
    which.add_argument("--queue")
    which.add_argument("--death-reason", choices=DeathReason.values)
    which.add_argument("--created-after", type=_moment, metavar="MOMENT")
    which.add_argument("--created-before", type=_moment, metavar="MOMENT")
    which.add_argument("--batch", type=UUID, metavar="ID")
    which.add_argument("--ids", type=UUID, nargs="+", metavar="ID")
    which.add_argument("--all", action="store_true", help="everything that waits")
    which.add_argument(
        "--include-interrupted",
        action="store_true",
        help="also those whose effect may have happened: look whether it has before you say this",
    )
    parser.add_argument(
        "--set",
        action="append",
        type=_change,
        default=[],
        metavar="FIELD=JSON",
        dest="changes",
        help="a payload field that every job gets; may be given again",
    )
    parser.add_argument(
        "--rate", type=_rate, default=RATE_DEFAULT, help="a second (default: %(default)g)"
    )
    parser.add_argument(
        "--stop-at-percent",
        type=whole_number(0, 100),
        default=STOP_AT_PERCENT_DEFAULT,
        metavar="N",
        help="stops when so many of the last have failed again; 0: never (default: %(default)s)",
    )
    add_actor_options(parser)


def selection_in(options: Mapping[str, Any]) -> Selection:
    """The selection that the options ask for; raises UnknownJobType and UnknownQueue."""
    if options["type"] is not None:
        job_types.get(options["type"])
    if options["queue"] is not None:
        refuse_unknown_queue(options["queue"])
    ids = options["ids"]
    names = ("fingerprint", "type", "queue", "death_reason", "created_after", "created_before")
    return Selection(
        ids=None if ids is None else tuple(ids),
        batch=options["batch"],
        include_interrupted=options["include_interrupted"],
        **{name: options[name] for name in names},
    )


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
        if moment is not None and not is_naive(moment):
            # PostgreSQL takes fewer zones than Python, and every moment in UTC.
            return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    raise argparse.ArgumentTypeError(
        f"{text[:40]!r} is no moment with its time zone, such as 2030-01-31T09:00:00Z"
    )


def _change(text: str) -> tuple[str, Any]:
    field, separator, value = text.partition("=")
    try:
        if not (field and separator):
            raise ValueError
        return field, StorableJSONParser().parse(BytesIO(value.encode()))
    except (APIException, ValueError):
        raise argparse.ArgumentTypeError(
            "is not FIELD=JSON, such as --set retries=3 or --set 'url=\"https://example.com\"'"
        ) from None


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not RATE_MIN <= rate <= RATE_MAX:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is not a number from {RATE_MIN:g} to {RATE_MAX:g}"
        )
    return rate
