"""The options of `runworker`."""

from django.core.management.base import CommandParser

from jobs.core.conf import jobs_conf
from jobs.core.conf_rules import ASYNC_CONCURRENCY_LIMIT, CONCURRENCY_LIMIT
from jobs.management.option_types import whole_number, worker_name
from jobs.management.queue_options import add_queue_options

# More processes than any machine has processors for.
PROCESSES_LIMIT = 256
PORT_MAX = 65_535


def add_worker_options(parser: CommandParser) -> None:
    """Adds the options to the parser; their defaults are the settings."""
    conf = jobs_conf()
    add_queue_options(parser)
    parser.add_argument(
        "--concurrency",
        type=whole_number(1, CONCURRENCY_LIMIT),
        default=conf.concurrency,
        help="jobs at a time, each on a thread (default: %(default)s)",
    )
    parser.add_argument(
        "--async-concurrency",
        type=whole_number(1, ASYNC_CONCURRENCY_LIMIT),
        default=conf.async_concurrency,
        help="`async def` handlers at a time, on one event loop (default: %(default)s)",
    )
    parser.add_argument(
        "--name", type=worker_name, help="shown in logs and in the admin (default: random)"
    )
    parser.add_argument(
        "--processes",
        type=whole_number(1, PROCESSES_LIMIT),
        default=1,
        help="worker processes, restarted when they die, stopped together (default: 1)",
    )
    parser.add_argument(
        "--max-jobs",
        type=whole_number(1, 10**15),
        help="stop gracefully after this many jobs, to be restarted",
    )
    parser.add_argument(
        "--max-rss",
        type=whole_number(1, 10**9),
        metavar="MB",
        help="stop gracefully once the process holds more memory, to be restarted",
    )
    parser.add_argument(
        "--health-port",
        type=whole_number(1, PORT_MAX),
        help="serve GET /health: 503 once the fetch loop is stuck; and GET /metrics, with "
        "METRICS_TOKEN; with --processes, the next process uses the next port",
    )
    parser.add_argument(
        "--health-host", default="127.0.0.1", help="where to serve it (default: %(default)s)"
    )
