"""The job of a key that outlived it, looked up by index whatever the size of the tables.

The plan of the statement that accepts a job with a key is kept (docs/decisions/0006). Made while
PostgreSQL counted no keys, it read all of them from then on: with 300,000 keys that were added before
the next ANALYZE a job took 23 ms instead of 0.4. Within this function such a plan is forbidden.
"""

from django.db import migrations

KEY_WITHOUT_JOB = """
CREATE OR REPLACE FUNCTION jobs_key_without_job(wanted text) RETURNS uuid
LANGUAGE plpgsql STABLE STRICT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN (
        SELECT held.job_id FROM jobs_processedkey AS held
        WHERE held.key = wanted
            AND held.processed_at IS NOT NULL
            AND NOT EXISTS (SELECT FROM jobs_job WHERE id = held.job_id)
    );
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0052_schedule_client_left")]

    operations = [
        migrations.RunSQL(KEY_WITHOUT_JOB, "DROP FUNCTION IF EXISTS jobs_key_without_job(text)")
    ]
