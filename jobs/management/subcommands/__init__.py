"""The subcommands of `manage.py jobs`, in the order of the help."""

from jobs.management.subcommands.add import ADD
from jobs.management.subcommands.batches import BATCHES
from jobs.management.subcommands.cancel import CANCEL
from jobs.management.subcommands.chain import CHAIN
from jobs.management.subcommands.limits import LIMITS
from jobs.management.subcommands.list import LIST
from jobs.management.subcommands.queue import QUEUE
from jobs.management.subcommands.queues import QUEUES
from jobs.management.subcommands.redrives import REDRIVES
from jobs.management.subcommands.replay import REPLAY
from jobs.management.subcommands.schedules import SCHEDULES
from jobs.management.subcommands.show import SHOW
from jobs.management.subcommands.tail import TAIL
from jobs.management.subcommands.workers import WORKERS

_ALL = (
    LIST,
    SHOW,
    ADD,
    CANCEL,
    REPLAY,
    REDRIVES,
    TAIL,
    QUEUES,
    QUEUE,
    WORKERS,
    LIMITS,
    SCHEDULES,
    BATCHES,
    CHAIN,
)

SUBCOMMANDS = {one.name: one for one in _ALL}
