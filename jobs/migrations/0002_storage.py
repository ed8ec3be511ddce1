"""Storage settings of the tables that change most."""

from django.db import migrations

# Room on each page for the next version of a row, and a vacuum that follows the changes of a
# queue: by default it would wait until a fifth of the table is dead.
TUNE = """
ALTER TABLE jobs_job SET (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE jobs_worker SET (fillfactor = 50);
"""
UNTUNE = """
ALTER TABLE jobs_job RESET (
    fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor
);
ALTER TABLE jobs_worker RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [migrations.RunSQL(TUNE, UNTUNE)]
