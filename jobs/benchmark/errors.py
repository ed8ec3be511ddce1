"""What ends a benchmark early."""

from jobs.errors import JobsError


class BenchmarkError(JobsError):
    """Something did not come to pass; the message says what."""
