"""The line that a handler leaves when it begins; the standard library alone."""

import os
import time

# Names the file; `tools/benchmark/stamps.py` reads it.
STAMPS = "JOBS_BENCHMARK_STAMPS"


def leave_stamp(since: float) -> None:
    """Leaves how many seconds have passed since then, a Unix time."""
    line = f"{time.time() - since:.6f}\n"
    descriptor = os.open(os.environ[STAMPS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
