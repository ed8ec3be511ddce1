"""What happens to the primary of PostgreSQL under Patroni."""

import time
from collections.abc import Callable

from tools.chaos.fault import UNDER_PATRONI, Fault
from tools.chaos.lost_commits import Failover
from tools.chaos.pause import pause
from tools.chaos.postgres_group import PostgresGroup
from tools.chaos.run import Run
from tools.servers.patroni.configuration import FAILOVER_SECONDS
from tools.servers.patroni.namespaces import are_permitted
from tools.servers.patroni.node import Node

# With a majority gone nobody can take over: each failover waits until the group is whole again.
TIMES = 2
# How long a former primary that was frozen or cut off is left alone after another has taken over.
LEFT_ALONE_SECONDS = 12.0


def _failing_over(
    what: str, strike: Callable[[Node], None], times: int = 1, left_alone_seconds: float = 0.0
) -> Callable[[Run], None]:
    """A fault that does this to the primary; another node takes over, and the former comes back."""

    def fail_over(run: Run) -> None:
        for number in range(times):
            begun_at = _next(run, number)
            successor = postgres_of(run).fail_over(strike)
            timeline = _is_over(run, f"{what}; {successor.node_name} has taken over", begun_at)
            pause(left_alone_seconds)
            _recover(run, timeline)

    return fail_over


def _switch_over(run: Run) -> None:
    for number in range(TIMES):
        begun_at = _next(run, number)
        successor = postgres_of(run).switch_over()
        timeline = _is_over(run, f"replaced in order by {successor.node_name}", begun_at)
        _recover(run, timeline)


def _restart_primary(run: Run) -> None:
    begun_at = _next(run, 0)
    postgres_of(run).restart_primary()
    _is_over(run, "restarted", begun_at)


def postgres_of(run: Run) -> PostgresGroup:
    """PostgreSQL as `UNDER_PATRONI` of these faults says it is."""
    postgres = run.world.postgres
    assert isinstance(postgres, PostgresGroup)
    return postgres


def _next(run: Run, number: int) -> float:
    """Waits for the moment of a strike; returns it."""
    run.wait_until_done(0.2 + 0.25 * number)
    now = run.expect_in_flight("the primary was changed")
    run.notes.append(f"{now.running} jobs running and {now.queued} queued")
    return time.time()


def _is_over(run: Run, what: str, begun_at: float) -> str:
    """The outage is over once a commit is acknowledged: the service cannot recover sooner.

    Returns the timeline of the new primary.
    """
    leads_after = time.time() - begun_at
    timeline = run.world.job_rows.wait_for_a_commit()
    commits_after = time.time() - begun_at
    run.fault_is_over()
    run.failovers.append(Failover(begun_at, run.fault_ended_at))
    run.notes.append(
        f"primary {what} after {leads_after:.1f} s; a commit was acknowledged "
        f"{commits_after:.1f} s after the fault, Patroni's times allow {FAILOVER_SECONDS} s"
    )
    return timeline


def _recover(run: Run, timeline: str) -> None:
    """Brings the former primary back.

    Where Patroni gets too little of a busy machine, the new primary may lose its lock meanwhile:
    that is another outage, and the clock of the recovery runs from its end.
    """
    since = run.fault_ended_at
    postgres_of(run).recover()
    if run.world.job_rows.wait_for_a_commit() != timeline:
        run.fault_is_over()
        run.failovers.append(Failover(since, run.fault_ended_at))
        run.notes.append("Patroni has replaced the primary once more, by itself")


def _fault(name: str, what: str, strike: Callable[[Run], None]) -> Fault:
    return Fault(name, what, strike, work_seconds=0.4, backlog=0.5, postgresql=UNDER_PATRONI)


# Without the rights of root a node's clients cannot be kept from it.
_ISOLATED = (
    _fault(
        "patroni-isolate",
        f"the primary of PostgreSQL without a network, until {LEFT_ALONE_SECONDS:g} s after that",
        _failing_over("isolated", Node.isolate, left_alone_seconds=LEFT_ALONE_SECONDS),
    ),
)

PATRONI_FAULTS = (
    _fault(
        "patroni-crash",
        f"PostgreSQL killed on its primary under Patroni, {TIMES} times",
        _failing_over("crashed", Node.crash, TIMES),
    ),
    _fault(
        "patroni-kill",
        "the primary of PostgreSQL killed with its Patroni",
        _failing_over("killed", Node.kill),
    ),
    _fault(
        "patroni-freeze",
        f"the primary of PostgreSQL frozen, until {LEFT_ALONE_SECONDS:g} s after the failover",
        _failing_over("frozen", Node.freeze, left_alone_seconds=LEFT_ALONE_SECONDS),
    ),
    _fault(
        "patroni-cut",
        f"the primary of PostgreSQL cut off, until {LEFT_ALONE_SECONDS:g} s after the failover",
        _failing_over("cut off", Node.cut, left_alone_seconds=LEFT_ALONE_SECONDS),
    ),
    *(_ISOLATED if are_permitted() else ()),
    _fault(
        "patroni-switch-over",
        f"another PostgreSQL is made the primary, {TIMES} times",
        _switch_over,
    ),
    _fault(
        "patroni-restart",
        "PostgreSQL restarted on its primary by Patroni",
        _restart_primary,
    ),
)
