"""The configuration of the service with deadlines that a test can wait for."""

from scheduler.gunicorn_conf import *  # noqa: F403
from scheduler.serving import limits

# Before the worker is imported, which gunicorn does after it has read this.
limits.HEADERS_SECONDS = 1.0
limits.BODY_GRACE_SECONDS = 1.0
limits.ANSWER_SECONDS = 2.0
limits.LINGER_SECONDS = 1.0

worker_connections = 60
