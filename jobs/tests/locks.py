"""Rows that another transaction holds while a test goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def held_elsewhere(take: Callable[[], object]) -> Iterator[None]:
    """Another transaction takes the locks that `take` takes, and keeps them for the block."""
    taken, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                take()
                taken.set()
                assert may_end.wait(60)
                transaction.set_rollback(True)
        finally:
            taken.set()
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(20)
    try:
        yield
    finally:
        may_end.set()
        thread.join(20)
