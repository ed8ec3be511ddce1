"""A database that stays, so that millions of jobs need not be made for each walk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateDatabase

from tools.benchmark.scope import Scope


@contextmanager
def kept_scope(name: str) -> Iterator[Scope]:
    """Makes this process and its children use the database of that name, which is made if missing.

    `DROP DATABASE` removes it when it is wanted no more.
    """
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection, suppress(DuplicateDatabase):
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0")
        connection.execute(statement.format(sql.Identifier(name)))
    scope = Scope(name)
    os.environ.update(scope.environment(urlsplit(url)._replace(path=f"/{name}").geturl()))
    yield scope
