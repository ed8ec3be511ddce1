"""How fast the jobs of a fair queue end now, of the pace that was written last: asked in four statements."""

from django.db import migrations

# It halves in 0.7 times `pace_seconds`. Bounded on both sides, because a number that is too small is
# an error of PostgreSQL; a clock that was set back does not raise it. PostgreSQL puts the expression in
# place of the call: no statement calls a function.
PACE_AT = """
CREATE OR REPLACE FUNCTION jobs_pace_at(
    pace float8, paced_at timestamptz, moment timestamptz, pace_seconds float8
) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest(pace, 1e-9) * exp(-least(30, greatest(0,
        extract(epoch FROM moment - paced_at)::float8 / pace_seconds
    )))
$$
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0045_summaries_by_vacuum")]

    operations = [
        migrations.RunSQL(
            PACE_AT,
            "DROP FUNCTION IF EXISTS jobs_pace_at(float8, timestamptz, timestamptz, float8)",
        )
    ]
