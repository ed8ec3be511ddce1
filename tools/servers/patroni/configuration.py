"""What Patroni is told: of one node, and of what all nodes have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.servers.patroni import etcd

ROLE = "jobs"  # a superuser, and the name of the database
OPERATOR = "operator"
_SCOPE = "jobs"
_REPLICATOR = "replicator"

# Seconds until the others may count a silent primary as gone, of one turn of Patroni, and for which
# it goes on trying to reach etcd. By default 30, 10 and 10: shorter, so that a failover can be
# watched. With 10, 1 and 4 a disk that needs 2 s for an fsync has led to failovers by itself.
TTL_SECONDS, LOOP_SECONDS, RETRY_SECONDS = 20, 1, 8

# How long Patroni waits for the answer of a node before it counts as silent, by default; and after
# how long a standby connects anew. That is 5 by default, and mostly waited for: the new primary has
# no slot for the standby until its second turn, and the standby comes sooner.
_ASK_SECONDS, _RECONNECT_SECONDS = 2, 1

# How long no commit is acknowledged after a primary has gone silent, on a machine that is not busy.
# Its lock expires (TTL); the candidate asks the other nodes, of which one is silent; it is promoted
# within a turn, and makes the slots in the next; the third node, which has to confirm commits now,
# sees in its own turn whom to follow, and connects. A former primary that clients still reach has
# stopped by then: after a turn, RETRY_SECONDS without etcd, and a shutdown of STOP_SECONDS.
STOP_SECONDS = 5
FAILOVER_SECONDS = TTL_SECONDS + _ASK_SECONDS + 3 * LOOP_SECONDS + _RECONNECT_SECONDS


@dataclass(frozen=True, slots=True)
class Passwords:
    """Of PostgreSQL's superuser, of replication, of Patroni's API and of etcd."""

    superuser: str
    replication: str
    operator: str
    etcd: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and where other nodes reach it: host and port each."""

    listen: str
    connect: str


@dataclass(frozen=True, slots=True)
class Directories:
    """PostgreSQL's data, a file for passwords, and PostgreSQL's programs."""

    data: str
    pgpass: str
    programs: str


def node_configuration(
    *,
    name: str,
    postgres: Address,
    rest: Address,
    etcd_hosts: Sequence[str],
    directories: Directories,
    passwords: Passwords,
    is_synchronous: bool,
) -> dict[str, Any]:
    """The configuration of one node."""
    return {
        "scope": _SCOPE,
        "name": name,
        "restapi": {
            "listen": rest.listen,
            "connect_address": rest.connect,
            "authentication": {"username": OPERATOR, "password": passwords.operator},
        },
        # By version 2 of etcd's API: with version 3, Patroni 3.0.2 (Debian 12) lets a primary that
        # was frozen take the lock back from its successor, and what that acknowledged is lost.
        "etcd": {
            "hosts": list(etcd_hosts),
            "use_proxies": True,  # else it asks etcd for addresses, and goes past links
            "username": etcd.USER,
            "password": passwords.etcd,
        },
        "bootstrap": {
            "dcs": dynamic_configuration(is_synchronous=is_synchronous),
            "initdb": [
                {"encoding": "UTF8"},
                {"locale-provider": "builtin"},
                {"builtin-locale": "C.UTF-8"},
                "data-checksums",
                "no-sync",
            ],
        },
        "postgresql": {
            "listen": postgres.listen,
            "connect_address": postgres.connect,
            "data_dir": directories.data,
            "bin_dir": directories.programs,
            "pgpass": directories.pgpass,
            "authentication": {
                "superuser": {"username": ROLE, "password": passwords.superuser},
                "replication": {"username": _REPLICATOR, "password": passwords.replication},
            },
            "pg_hba": [
                "host all all samenet scram-sha-256",
                f"host replication {_REPLICATOR} samenet scram-sha-256",
            ],
            "parameters": {"unix_socket_directories": ""},
            "basebackup": ["no-sync", {"checkpoint": "fast"}],
        },
        "watchdog": {"mode": "off"},  # a device of the kernel, which only root may open
    }


def dynamic_configuration(*, is_synchronous: bool) -> dict[str, Any]:
    """What all nodes have in common; it is kept in etcd.

    Synchronous and strict: no commit is acknowledged that has not reached another node, even if
    none is left.
    """
    return {
        "ttl": TTL_SECONDS,
        "loop_wait": LOOP_SECONDS,
        "retry_timeout": RETRY_SECONDS,
        "primary_start_timeout": 0,  # a primary that has crashed is replaced at once
        # Its shutdown would wait for replicas that it cannot reach.
        "primary_stop_timeout": STOP_SECONDS,
        "synchronous_mode": is_synchronous,
        "synchronous_mode_strict": is_synchronous,
        "postgresql": {
            "use_pg_rewind": True,
            "remove_data_directory_on_rewind_failure": True,
            "remove_data_directory_on_diverged_timelines": True,
            "parameters": {
                "max_connections": 300,
                "wal_log_hints": "on",
                "wal_retrieve_retry_interval": f"{_RECONNECT_SECONDS}s",
                # After a crash each file of the data would be synchronized by itself: that has
                # taken 30 s on a busy disk.
                "recovery_init_sync_method": "syncfs",
                "timezone": "UTC",
                "log_timezone": "UTC",
            },
        },
    }
