"""More room on each page of jobs, and a vacuum of the processed keys that follows their number.

docs/decisions/0012 has the measurements. Neither setting rewrites or reads a table: pages that are
there keep what they hold.
"""

from django.db import migrations

# By default vacuum and statistics would wait until a fifth of the keys has changed: of 90 days of
# keys, that is weeks of dead tuples.
SET = """
ALTER TABLE jobs_job SET (fillfactor = 65);
ALTER TABLE jobs_processedkey SET (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
"""
UNSET = """
ALTER TABLE jobs_job SET (fillfactor = 80);
ALTER TABLE jobs_processedkey RESET (
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_insert_scale_factor,
    autovacuum_analyze_scale_factor
);
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0014_progress_reports")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(SET, UNSET),
    ]
