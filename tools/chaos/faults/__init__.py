"""The faults, in the order in which they happen."""

from tools.chaos.fault import Fault
from tools.chaos.faults.api import API_KILLED, SUBMITTED_TWICE
from tools.chaos.faults.calm import CALM
from tools.chaos.faults.degraded import (
    POSTGRES_FROZEN,
    POSTGRES_READ_ONLY,
    POSTGRES_REFUSES,
    REDIS_FROZEN,
    REDIS_FULL,
    REDIS_READ_ONLY,
    REDIS_SLOW,
)
from tools.chaos.faults.disk import DISK_IS_FULL
from tools.chaos.faults.failover import (
    PRIMARY_FROZEN,
    PRIMARY_KILLED,
    SLOT_MOVED,
    SWITCHED_OVER,
)
from tools.chaos.faults.mail import SMTP_DROPS, SMTP_REFUSES
from tools.chaos.faults.majority import ETCD_LOST, SENTINELS_LOST, SLOT_LOST, STANDBYS_LOST
from tools.chaos.faults.mixed import MIXED
from tools.chaos.faults.patroni import PATRONI_FAULTS
from tools.chaos.faults.postgres import (
    CONNECTIONS_CUT,
    POSTGRES_AWAY,
    POSTGRES_RESTARTED,
)
from tools.chaos.faults.power import POWER_FAILED
from tools.chaos.faults.redis import (
    REDIS_AWAY,
    REDIS_FLUSHED,
    REDIS_RESTARTED,
    REDIS_RESTARTED_EMPTY,
)
from tools.chaos.faults.soak import SOAK
from tools.chaos.faults.workers import (
    DELAYED_KILLED,
    WORKER_FROZEN,
    WORKERS_KILLED,
    WORKERS_TERMINATED,
)

FAULTS: tuple[Fault, ...] = (
    WORKERS_KILLED,
    WORKERS_TERMINATED,
    WORKER_FROZEN,
    REDIS_FLUSHED,
    REDIS_RESTARTED_EMPTY,
    REDIS_RESTARTED,
    REDIS_AWAY,
    REDIS_FROZEN,
    REDIS_SLOW,
    REDIS_FULL,
    REDIS_READ_ONLY,
    PRIMARY_KILLED,
    PRIMARY_FROZEN,
    SWITCHED_OVER,
    SLOT_MOVED,
    SENTINELS_LOST,
    SLOT_LOST,
    POSTGRES_RESTARTED,
    POSTGRES_AWAY,
    POSTGRES_FROZEN,
    POSTGRES_READ_ONLY,
    POSTGRES_REFUSES,
    DISK_IS_FULL,
    CONNECTIONS_CUT,
    *PATRONI_FAULTS,
    STANDBYS_LOST,
    ETCD_LOST,
    POWER_FAILED,
    API_KILLED,
    SUBMITTED_TWICE,
    SMTP_REFUSES,
    SMTP_DROPS,
    DELAYED_KILLED,
    MIXED,
)

# The most telling ones, for a check that is to take less than two minutes.
SHORT = (
    WORKERS_KILLED,
    WORKER_FROZEN,
    REDIS_FLUSHED,
    POSTGRES_RESTARTED,
    API_KILLED,
    SUBMITTED_TWICE,
    SMTP_DROPS,
)

__all__ = ["CALM", "FAULTS", "SHORT", "SOAK"]
