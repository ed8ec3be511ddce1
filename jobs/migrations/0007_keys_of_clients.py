"""Effect keys made of a client's idempotency key name the client; see docs/decisions/0010.

Rewritten are jobs that have succeeded, with their processed keys; those that were skipped for one of
them; and those that were never attempted. A job that was attempted and may be again keeps its key:
handlers hand it on to other systems. So do keys whose job is pruned: nothing tells their client.

In batches, each in a transaction of its own: it may run beside workers, and again after a failure.
"""

import re
from hashlib import sha256
from typing import Any

from django.db import migrations, transaction

BATCH = 1_000
WELCOME = "send_welcome_email:"
QUOTED_WELCOME = f'{WELCOME}"%'

CLIENT_KEYS = """
    SELECT
        job.id, job.effect_key,
        job.type, job.idempotency_key, job.submitted_by_id::text,
        job.state = 'skipped', doer.effect_key,
        doer.type, doer.idempotency_key, doer.submitted_by_id::text
    FROM jobs_job AS job
    LEFT JOIN jobs_job AS doer ON job.state = 'skipped' AND doer.id = job.done_by_id
    WHERE job.id > %s
        AND job.idempotency_key IS NOT NULL
        AND job.type = ANY(%s)
        AND job.effect_key = job.type || ':' || job.idempotency_key
        AND (job.state IN ('succeeded', 'skipped') OR (job.state = 'queued' AND job.attempt = 0))
    ORDER BY job.id
    LIMIT %s
    FOR UPDATE OF job
"""
RENAME_KEYS = """
    UPDATE jobs_processedkey AS held SET key = renamed.key
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS renamed (job_id, old, key)
    WHERE held.key = renamed.old AND held.job_id = renamed.job_id
        AND NOT EXISTS (SELECT FROM jobs_processedkey WHERE key = renamed.key)
"""
RENAME_IN_JOBS = """
    UPDATE jobs_job AS job SET effect_key = renamed.key
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS renamed (job_id, old, key)
    WHERE job.id = renamed.job_id AND job.effect_key = renamed.old
"""
FIRST_ID = "00000000-0000-0000-0000-000000000000"


def name_clients(apps: Any, schema_editor: Any) -> None:
    """Rewrites the keys of types that derive none. Unknown types might have derived theirs."""
    from jobs.handlers.registry import job_types

    names = [name for name, one in job_types.as_mapping().items() if one.key is None]
    connection, last = schema_editor.connection, FIRST_ID
    while last:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(CLIENT_KEYS, [last, names, BATCH])
            rows = cursor.fetchall()
            new = [(job_id, old, _new_key(old, *rest)) for job_id, old, *rest in rows]
            _rename(cursor, [one for one in new if one[1] != one[2]])
        last = rows[-1][0] if rows else None


def unquote_welcomes(apps: Any, schema_editor: Any) -> None:
    """`"ann"@example.com` and `ann@example.com` are one mailbox: they get one key."""
    connection = schema_editor.connection
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        # Of two keys of one mailbox the one that is done stays; nobody is welcomed once more.
        cursor.execute(
            "SELECT job_id, key, processed_at IS NOT NULL FROM jobs_processedkey "
            "WHERE key LIKE %s ORDER BY processed_at NULLS LAST",
            [QUOTED_WELCOME],
        )
        for job_id, old, is_done in cursor.fetchall():
            new = _unquoted(old)
            if is_done:
                cursor.execute(
                    "DELETE FROM jobs_processedkey AS held "
                    "WHERE key = %s AND processed_at IS NULL AND NOT EXISTS "
                    "(SELECT FROM jobs_job WHERE id = held.job_id AND state = 'running')",
                    [new],
                )
            _rename(cursor, [(job_id, old, new)], only_if_free=True)
        # Those without a processed key in the old form, and those that still want it.
        cursor.execute(
            "SELECT id, effect_key FROM jobs_job AS job "
            "WHERE type = 'send_welcome_email' AND effect_key LIKE %s AND state <> 'running' "
            "AND (state = 'queued' "
            "OR NOT EXISTS (SELECT FROM jobs_processedkey WHERE key = job.effect_key)) "
            "ORDER BY id FOR UPDATE",
            [QUOTED_WELCOME],
        )
        wanting = [(job_id, old, _unquoted(old)) for job_id, old in cursor.fetchall()]
        cursor.execute(RENAME_IN_JOBS, _columns(wanting))


def _rename(
    cursor: Any, renamed: list[tuple[Any, str, str]], *, only_if_free: bool = False
) -> None:
    if renamed:
        cursor.execute(RENAME_KEYS, _columns(renamed))
        if not only_if_free or cursor.rowcount:
            cursor.execute(RENAME_IN_JOBS, _columns(renamed))


def _columns(renamed: list[tuple[Any, str, str]]) -> list[list[Any]]:
    return [[one[column] for one in renamed] for column in range(3)]


def _new_key(old: str, *columns: Any) -> str:
    """The key of a job; of a skipped one that of the job that had done its effect."""
    own, (is_skipped, doer_key), doer = columns[:3], columns[3:5], columns[5:]
    if not is_skipped:
        return _client_key(*own)
    if doer_key == old and doer[1] is not None and old == f"{doer[0]}:{doer[1]}":
        return _client_key(*doer)
    return doer_key or old


def _client_key(job_type: str, idempotency_key: str, client_id: str | None) -> str:
    """As `jobs.core.effect_key.client_effect_key` was when this migration was written."""
    key = f":{_escaped(job_type)}:{idempotency_key}:{_escaped(client_id or '')}"
    return key if len(key) <= 400 else f":sha256:{sha256(key.encode()).hexdigest()}"


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")


def _unquoted(key: str) -> str:
    """As `jobs.handlers.welcome.same_address` writes it."""
    local, _, domain = key.removeprefix(WELCOME).rpartition("@")
    if len(local) >= 2 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1]).casefold()
    return f"{WELCOME}{local}@{domain}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0006_resolved_by_name")]

    operations = [
        migrations.RunPython(name_clients, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(unquote_welcomes, migrations.RunPython.noop, elidable=True),
    ]
