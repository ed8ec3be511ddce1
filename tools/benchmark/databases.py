"""Databases that belong to one run of the benchmark."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tools.benchmark.errors import BenchmarkError


@contextmanager
def own_database(url: str, name: str) -> Iterator[str]:
    """Creates an empty database beside the one of `url`, gives its URL, and drops it at the end.

    Raises BenchmarkError if the role may not create databases, or PostgreSQL does not answer.
    """
    try:
        _execute(url, "CREATE DATABASE {} TEMPLATE template0", name)
    except psycopg.Error as error:
        raise BenchmarkError(
            f"The benchmark needs a database of its own, and could not make it: {error}\n"
            "The role of DATABASE_URL must be allowed to create databases."
        ) from error
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
