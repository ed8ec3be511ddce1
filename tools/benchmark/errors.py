"""What ends a benchmark early."""

from tools.errors import ToolError


class BenchmarkError(ToolError):
    """Something did not come to pass; the message says what."""
