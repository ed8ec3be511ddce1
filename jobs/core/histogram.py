"""The buckets in which waits and run times are counted."""

# Upper bounds in seconds: from what nobody notices to an hour. PostgreSQL's `width_bucket` numbers
# the buckets from 0; the last one has no bound.
BOUNDS = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
)
BUCKETS = len(BOUNDS) + 1
