"""Whether the database has every migration that this code needs."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_complete: set[str] = set()


def missing_migrations(database: Any = connection) -> list[str]:
    """The migrations that are not applied, `app.name` each; empty if the database has them all.

    Further ones, which a newer release has applied, do no harm. A database that has them all is
    not asked again in this process. Raises the database's errors.
    """
    name = str(database.settings_dict["NAME"])
    if name in _complete:
        return []
    executor = MigrationExecutor(database)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
    if not missing:
        _complete.add(name)
    return missing


def missing_migrations_sentence() -> str:
    """The same for people, with what to do about it; empty if the database has them all."""
    if not (missing := missing_migrations()):
        return ""
    return (
        f"The database lacks {len(missing)} migrations, the first is {missing[0]}: "
        "run `manage.py migrate`."
    )


def forget_complete_databases() -> None:
    """For tests, which take migrations back."""
    _complete.clear()
