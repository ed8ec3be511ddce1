"""What a failover loses: rows whose commit was acknowledged, and that the new primary lacks."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tools.high_availability.example import STRIKES
from tools.high_availability.options import Options
from tools.high_availability.writer import PER_SECOND, Writer, make_table
from tools.servers.patroni.group import PatroniGroup
from tools.servers.patroni.node import Node
from tools.terminal import heading, say, table
from tools.waiting import wait_until

WRITERS = 4
# How long rows are committed before the fault, and after another node has taken over: the former
# primary may go on to acknowledge some meanwhile.
_WATCH_SECONDS = 5.0
_WAIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Loss:
    """What became of commits during one failover.

    `leads_after`: seconds until another node was the primary. `longest_wait`: seconds that a
    writer waited for an acknowledgement. `lost`: when what is lost was acknowledged, in seconds
    after the fault.
    """

    leads_after: float
    longest_wait: float
    acknowledged: int
    lost: list[float]


def measure_losses(home: Path, options: Options) -> None:
    """Says what each kind of failover loses."""
    shutil.rmtree(home, ignore_errors=True)
    group = PatroniGroup(home, is_synchronous=options.is_synchronous)
    rows = []
    with ExitStack() as stack:
        stack.callback(group.stop)
        heading("Starting etcd and three PostgreSQL nodes under Patroni")
        group.start()
        say(f"Breaking the primary under {WRITERS} writers of up to {PER_SECOND} commits a second")
        for name, strike in {"switch-over": _switch_over, **STRIKES}.items():
            loss = lose(group, name, strike)
            rows.append((name, *_told(loss)))
            say(f"  {name}: {len(loss.lost)} of {loss.acknowledged} lost")
    table(("fault", "primary after", "longest wait", "acknowledged", "lost", "from, to"), rows)


def lose(
    group: PatroniGroup,
    name: str,
    strike: Callable[[Node], None],
    watch_seconds: float = _WATCH_SECONDS,
) -> Loss:
    """Does this to the primary while rows are committed; returns when all nodes are back."""
    make_table(group.url)
    writers = [Writer(f"{name}-{number}", group.url) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        _wait_for_commits(writers)
        time.sleep(watch_seconds)
        struck_at = time.monotonic()
        group.fail_over(strike)
        leads_after = time.monotonic() - struck_at
        time.sleep(watch_seconds)
        group.recover()
        _wait_for_commits(writers)
    finally:
        for writer in writers:
            writer.stop()
    return Loss(
        leads_after,
        max(writer.longest_wait() for writer in writers),
        sum(len(writer.acknowledged) for writer in writers),
        sorted(at - struck_at for writer in writers for at in writer.lost()),
    )


def _switch_over(former: Node) -> None:
    former.order("/switchover", {"leader": former.node_name})


def _wait_for_commits(writers: list[Writer]) -> None:
    """Returns when each of them has committed once more."""
    now = time.monotonic()
    wait_until(
        lambda: all(writer.has_committed_since(now) for writer in writers),
        _WAIT_SECONDS,
        "a writer did not get a commit acknowledged",
    )


def _told(loss: Loss) -> tuple[str, ...]:
    span = f"{loss.lost[0]:+.1f} to {loss.lost[-1]:+.1f} s" if loss.lost else "-"
    return (
        f"{loss.leads_after:.1f} s",
        f"{loss.longest_wait:.1f} s",
        str(loss.acknowledged),
        str(len(loss.lost)),
        span,
    )
