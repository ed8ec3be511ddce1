"""What ends a benchmark early."""

from jobs.core.errors import JobsError


class BenchmarkError(JobsError):
    """Something did not come to pass; the message says what."""
