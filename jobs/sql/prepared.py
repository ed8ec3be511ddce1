"""Runs statements whose plans PostgreSQL keeps; on a connection that cannot keep them, plainly.

A prepared statement lives in a session of PostgreSQL. A pooler that gives each transaction another
session would run a name that the session does not know, or knows for another statement. So plans
are kept only on direct connections (docs/decisions/0006). This works with Django's own PostgreSQL
engine and with engines derived from it.
"""

import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg import Connection, Cursor
from psycopg.errors import FeatureNotSupported

from jobs.sql.contention import repeated
from jobs.sql.pooler import is_pooled
from jobs.sql.statements import Rows, run, statement

# psycopg prepares a text by itself once it was run more often than this. No statement of Django
# should be, also with `server_side_binding`: few run often enough on one connection to earn it.
NEVER_BY_ITSELF = 2**31 - 1
# psycopg counts the last texts that it has run, those of Django with the values in them, too. The
# hot statements of one connection are fewer than this.
REMEMBERED = 16

# A kept plan must suit the table of next week, not the tiny one that it was made for. With scans
# forbidden it can only be the look-up by primary key for which these statements are written. By
# default PostgreSQL would plan anew for each single id, because it expects ten; and before version
# 18 it estimates what is forbidden as so expensive that it would compile the plan.
_ONE_PLAN_BY_INDEX = (
    "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off"
)


def run_prepared(name: str, **parameters: Any) -> Rows:
    """Runs `<name>.sql` on the default database and keeps its plan, where that is possible.

    For statements that search nothing, such as an INSERT, and that return little. `parameters` are
    the values of its placeholders. Returns all rows. Outside a transaction a conflict with another
    one is repeated. Raises Django's database errors.

    Measured: 0.35 ms instead of 0.58 to insert a job, half of PostgreSQL's time.
    """
    return repeated(partial(_run, _on_kept_cursor, name, parameters))


def run_prepared_search(name: str, **parameters: Any) -> Rows:
    """The same for a statement that looks for rows: kept only after `search_by_index`.

    Measured: 0.77 ms instead of 1.47 to claim a job, 0.52 instead of 1.02 to record its success.
    """
    if not _thread.searches_by_index:
        return run(name, **parameters)
    return repeated(partial(_run, _on_new_cursor, name, parameters))


def _run(execute: "_Execute", name: str, parameters: dict[str, Any]) -> Rows:
    database: Any = connections[DEFAULT_DB_ALIAS]
    # Where Django logs statements (DEBUG) or hands them to wrappers, these run as Django's own do,
    # so that logs and wrappers see the values.
    if database.queries_logged or database.execute_wrappers:
        return run(name, **parameters)
    _make_ready(database)
    plans = _plans_of(database)
    if not plans.are_kept:
        return run(name, **parameters)
    with database.wrap_database_errors:
        try:
            return execute(plans, statement(name), parameters)
        except FeatureNotSupported as error:
            # A migration has changed what it returns: this connection keeps plans no longer.
            plans.are_kept = False
            raise OperationalError(*error.args) from error


def _on_kept_cursor(plans: "_Plans", text: str, parameters: dict[str, Any]) -> Rows:
    """To make a cursor takes a sixth of the time that an INSERT costs this process."""
    plans.cursor.execute(text, parameters, prepare=True)
    rows: Rows = plans.cursor.fetchall()
    return rows


def _on_new_cursor(plans: "_Plans", text: str, parameters: dict[str, Any]) -> Rows:
    """A claim may return megabytes of payloads: they go with the cursor."""
    with Cursor(plans.raw) as cursor:
        cursor.execute(text, parameters, prepare=True)
        rows: Rows = cursor.fetchall()
        return rows


def search_by_index() -> None:
    """Forbids scans of whole tables on the connections that the calling thread opens from now on.

    To be called before the thread opens its first, in a thread that runs hot statements only.
    """
    _thread.searches_by_index = True


class _Plans:
    """What is known of one connection of psycopg."""

    def __init__(self, raw: Any, are_kept: bool) -> None:
        self.raw = raw
        self.are_kept = are_kept

    @cached_property
    def cursor(self) -> Cursor[Any]:
        """For statements that return little: it holds that until the next one."""
        return Cursor(self.raw)


_Execute = Callable[[_Plans, str, dict[str, Any]], Rows]


class _Thread(threading.local):
    searches_by_index = False


_thread = _Thread()


def _make_ready(database: Any) -> None:
    """Does what Django does before it makes a cursor and runs a statement."""
    database.close_if_health_check_failed()
    database.ensure_connection()
    database.validate_thread_sharing()
    database.validate_no_broken_transaction()


def _plans_of(database: Any) -> _Plans:
    """Asks once for each connection; remembers on Django's wrapper, which belongs to one thread."""
    raw = database.connection
    plans: _Plans | None = getattr(database, "_jobs_plans", None)
    if plans is None or plans.raw is not raw:
        with database.wrap_database_errors:
            plans = database._jobs_plans = _Plans(raw, _may_keep_plans(database))
    return plans


def _may_keep_plans(database: Any) -> bool:
    raw = database.connection
    if not isinstance(raw, Connection) or _is_forbidden(database.settings_dict) or is_pooled(raw):
        return False
    if raw.prepare_threshold is None:  # Django's default, which forbids `prepare=True`, too
        raw.prepare_threshold = NEVER_BY_ITSELF
        raw.prepared_max = REMEMBERED
    return True


def _is_forbidden(settings: dict[str, Any]) -> bool:
    """Whether the settings forbid it, or share connections through Django's own pool.

    That pool hands a connection to other threads, where `_ONE_PLAN_BY_INDEX` would still hold.
    """
    options = settings["OPTIONS"]
    return options.get("prepare_threshold", NEVER_BY_ITSELF) is None or bool(options.get("pool"))


@receiver(connection_created)
def _plan_once(connection: Any, **_: object) -> None:
    """Sets it before the first transaction: a rollback would undo what is set inside of one."""
    if (
        _thread.searches_by_index
        and connection.alias == DEFAULT_DB_ALIAS
        and _plans_of(connection).are_kept
    ):
        with connection.cursor() as cursor:
            cursor.execute(_ONE_PLAN_BY_INDEX)
