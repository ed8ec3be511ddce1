"""Short times, so that a fault takes seconds instead of minutes. Every wait derives from them."""

HEARTBEAT_SECONDS = 1.0
WORKER_TIMEOUT_SECONDS = 5.0
GRACE_SECONDS = 10.0
REDISPATCH_SECONDS = 1.0

# The promise: every job is queued, running under a live worker, or final within this time.
RECOVERY_SECONDS = WORKER_TIMEOUT_SECONDS + 10.0

JOBS_SETTINGS = {
    "JOBS_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
    "JOBS_WORKER_TIMEOUT_SECONDS": str(WORKER_TIMEOUT_SECONDS),
    "JOBS_GRACE_SECONDS": str(GRACE_SECONDS),
    "JOBS_REDISPATCH_SECONDS": str(REDISPATCH_SECONDS),
    "JOBS_REDISPATCH_MARGIN_SECONDS": "1",
    # Set here because values in .env must not change what is measured.
    "JOBS_QUEUES": "default,emails,bulk,limited,fair",
    "JOBS_MISSED_RUNS_MAX": "1000",  # no outage here is longer
    "JOBS_REDIS_PREFIX": "{jobs}:",
    "JOBS_MAX_RETRIES": "4",
    "JOBS_RETRY_BASE_SECONDS": "1",
    "JOBS_RETRY_FACTOR": "2",
    "JOBS_RETRY_JITTER": "0",
    "JOBS_CRASH_LIMIT": "3",
}
