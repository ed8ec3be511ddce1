"""A pytest plugin: what a test has committed is removed, without what every test would need again.

Django's own way truncates all tables and makes content types and permissions anew. PostgreSQL then
makes new files for some two hundred tables and indexes, of which a test has filled a handful.
"""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import TransactionTestCase

# They are made with the tables, and no test changes them.
KEPT = {"django_content_type", "auth_permission"}

# Deletes rows where there are few, and truncates what has grown, or is known to the planner: plans
# must not depend on the tests before. As on a replica, no trigger fires and no key is looked up.
EMPTY = """
DO $$
DECLARE
    one record;
    is_filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        SELECT oid::regclass AS name, pg_relation_size(oid) > 65536 OR reltuples <> -1 AS is_known
        FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest('{%s}'::text[]) AS name)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %%s)', one.name) INTO is_filled;
        IF one.is_known THEN
            EXECUTE format('TRUNCATE %%s CASCADE', one.name);
        ELSIF is_filled THEN
            EXECUTE format('DELETE FROM %%s', one.name);
        END IF;
    END LOOP;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
        yield


def _empty_tables(case: TransactionTestCase) -> None:
    from jobs.services.queues import queues_declare  # needs the settings

    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        connection = connections[name]
        tables = connection.introspection.django_table_names(include_views=False)
        with connection.cursor() as cursor:
            cursor.execute(EMPTY % ",".join(table for table in tables if table not in KEPT))
    queues_declare()
