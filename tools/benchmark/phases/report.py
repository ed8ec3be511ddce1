"""What the phases have shown, for people and for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tools.benchmark.phases.run import PhaseFigures, SystemRun
from tools.benchmark.phases.servers import SLOW_MILLISECONDS, SlowStatement
from tools.terminal import aligned

# The sessions of a worker that take, begin and record jobs; all others are those of its timers.
# A session has no name yet while it begins.
HOT_SESSIONS = ("fetcher", "recorder", "starts", "loop", "MainThread", "producer", "[unknown]")
HOT_PREFIX = "slot-"
HELD_RATIO_MOST = 2.0

_HEADER = (
    *("phase", "", "enqueued/s", "begun/s", "p50 ms", "p99 ms", "backlog", "dead rows"),
    *("ended", "errors", f"over {SLOW_MILLISECONDS} ms", "of timers"),
)


def as_text(runs: Sequence[SystemRun], left_out: Mapping[str, str]) -> str:
    """A table for each system, and what is promised of ours."""
    paragraphs = [_about(run) for run in runs]
    paragraphs += [[f"{title} is left out: {why}"] for title, why in left_out.items()]
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def as_json(runs: Sequence[SystemRun], left_out: Mapping[str, str]) -> str:
    """All of it."""
    document = {"systems": [asdict(run) for run in runs], "left_out": dict(left_out)}
    return json.dumps(document, indent=2, ensure_ascii=False)


def is_of_timer(statement: SlowStatement) -> bool:
    """Whether a timer of a worker of ours has run it: their sessions bear its name."""
    name = statement.session
    return bool(name) and name not in HOT_SESSIONS and not name.startswith(HOT_PREFIX)


def _about(run: SystemRun) -> list[str]:
    lines = [
        f"{run.title} {run.version}",
        *aligned(_HEADER, [_row(one) for one in run.phases]),
        _caught_up(run),
    ]
    if (ratio := run.held_ratio) is not None:
        sign = "meets" if ratio <= HELD_RATIO_MOST else "misses"
        lines.append(
            f"p99 beside the open transaction: {ratio:.2f} of that without it "
            f"({sign} ≤ {HELD_RATIO_MOST:g})"
        )
    timers = [slow for phase in run.phases for slow in phase.slow if is_of_timer(slow)]
    slowest = sorted(timers, key=lambda one: -one.milliseconds)[:5]
    return [
        *lines,
        *(f"  {one.milliseconds:.0f} ms, timer {one.session}: {one.text[:100]}" for one in slowest),
    ]


def _caught_up(run: SystemRun) -> str:
    if run.caught_up_seconds is None:
        return f"{run.left} jobs had not begun two minutes after the last one was enqueued."
    return f"Every job had begun {run.caught_up_seconds:.1f} s after the last one was enqueued."


def _row(one: PhaseFigures) -> tuple[object, ...]:
    return (
        one.name,
        f"{one.what}, {one.seconds:.0f} s",
        f"{one.enqueued_a_second:,.0f}",
        f"{one.begun_a_second:,.0f}",
        _milliseconds(one.p50),
        _milliseconds(one.p99),
        f"{one.backlog:,}",
        f"{one.dead_rows:,.0f}",
        one.ended,
        one.failed,
        len(one.slow),
        sum(map(is_of_timer, one.slow)),
    )


def _milliseconds(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
