"""Cache marks that say done where PostgreSQL does not."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from jobs.broker import get_broker
from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import jobs_conf
from jobs.services.verification.check import Check, check_by_statement
from jobs.services.verification.loaded import create_temporary, load
from jobs.services.verification.unknown import oldest_kept
from jobs.sql.statements import fetch_rows, statement

NAME = "done_cache_marks"
PROMISE = "no cache mark calls an effect done that is not"

# How many slices of the broker's cache marks are read at a time. They decide nothing, so of very
# many of them a sample is enough for a check.
CACHE_MARK_SLICES = 1_000


def cache_marks_check() -> Check:
    """Looks at a part of very many; raises BrokerUnavailable."""
    with _loaded_cache_marks(islice(get_broker().done_cache_marks(), CACHE_MARK_SLICES)):
        return check_by_statement(NAME, PROMISE, _cache_mark_parameters())


class ContradictedMark(NamedTuple):
    """A cache mark that says done where PostgreSQL does not.

    `repeated_type`: that of a queued or running job which is marked to have done it; else None.
    """

    effect_key: str
    repeated_type: str | None


def contradicted_cache_marks() -> Iterator[list[ContradictedMark]]:
    """All of them, portion by portion, so that no table grows with Redis.

    Raises BrokerUnavailable.
    """
    slices = get_broker().done_cache_marks()
    checked = f"({statement(f'verify_{NAME}')}) AS checked"
    wrong = f"SELECT subject, repeated FROM {checked} WHERE problem IS NOT NULL"  # noqa: S608 - a file of this app
    for first in slices:
        with _loaded_cache_marks(chain([first], islice(slices, CACHE_MARK_SLICES - 1))):
            yield [ContradictedMark(*row) for row in fetch_rows(wrong, _cache_mark_parameters())]


def _cache_mark_parameters() -> dict[str, Any]:
    conf = jobs_conf()
    return {
        "oldest": oldest_kept(),
        "keys_outlive_marks": conf.key_retention_days * DAY_SECONDS > conf.cache_mark_seconds,
    }


@contextmanager
def _loaded_cache_marks(marks: Iterable[list[tuple[str, UUID]]]) -> Iterator[None]:
    with transaction.atomic():
        create_temporary("verify_cache_mark", "key text, job_id uuid")
        load("verify_cache_mark", ("key", "job_id"), marks)
        yield
