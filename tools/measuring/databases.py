"""Databases that belong to one run."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import django
import psycopg
from psycopg import sql

from tools.errors import ToolError


@contextmanager
def own_database(url: str, name: str) -> Iterator[str]:
    """Creates an empty database beside the one of `url`, gives its URL, and drops it at the end.

    Raises ToolError if the role may not create databases, or PostgreSQL does not answer.
    """
    try:
        _execute(url, "CREATE DATABASE {} TEMPLATE template0", name)
    except psycopg.Error as error:
        raise ToolError(
            f"A database of its own is needed, and could not be made: {error}\n"
            "The role of DATABASE_URL must be allowed to create databases."
        ) from error
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def migrated_database(name: str, variables: Mapping[str, str]) -> Iterator[None]:
    """Makes Django of this process use an empty, migrated database, which is dropped at the end.

    `name`: begins that of the database; `variables`: of the environment, for Django and for child
    processes. Raises as `own_database` does.
    """
    with own_database(os.environ["DATABASE_URL"], f"{name}_{os.getpid()}") as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "scheduler.settings", **variables}
        os.environ["DATABASE_URL"] = url
        prepare_django()
        from django.db import connection

        yield
        connection.close()


def prepare_django() -> None:
    """Makes models and commands usable, and the tables of the present DATABASE_URL."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _execute(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
