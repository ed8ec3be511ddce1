"""Calls on several threads and connections at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, transaction

R = TypeVar("R")


def at_once(*calls: Callable[[], R]) -> list[R]:
    """What the calls return, each made on a thread and a connection of its own.

    All start at the same moment. The first exception is raised here.
    """
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], R]) -> R:
        barrier.wait(20)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
    return [future.result() for future in futures]


def elsewhere(call: Callable[[], R]) -> R:
    """What the call returns on another thread and connection: committed when this returns."""
    [result] = at_once(call)
    return result


@contextmanager
def held_snapshot() -> Iterator[None]:
    """Another connection keeps a snapshot meanwhile, and so every tuple that dies."""
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT 1")
            taken.set()
            assert done.wait(100)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        try:
            assert taken.wait(20)
            yield
        finally:
            done.set()
            held.result(20)


def waiting_for_locks() -> int:
    """How many connections to this database wait for a lock that another one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees no change
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
