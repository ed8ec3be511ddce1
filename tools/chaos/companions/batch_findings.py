"""What tables and effects say about batches: pure, so that it is tested with made-up evidence."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

# How each final state is counted.
COUNTED_AS = {
    "succeeded": "succeeded",
    "skipped": "skipped",
    "dead": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A job of a batch; `effect` names what is to happen once if it succeeds."""

    id: str
    effect: str
    state: str
    calls: bool


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch that was closed, and its jobs."""

    id: str
    name: str
    total: int
    counts: Mapping[str, int]
    is_completed: bool
    members: Sequence[Member]

    @property
    def has_succeeded(self) -> bool:
        """Whether its callback for that is due."""
        return self.counts["succeeded"] + self.counts["skipped"] == self.total


@dataclass(frozen=True)
class Calls:
    """`made`: the jobs that call, by what they tell of; `heard`: those that a receiver heard."""

    made: Mapping[str, Collection[str]]
    heard: Collection[str]


@dataclass
class BatchFindings:
    """How often what did not hold; each is a promise."""

    batches: int = 0
    cancelled: int = 0
    calls: int = 0
    broken: Counter[str] = field(default_factory=Counter)


def judge_batches(
    rows: Sequence[BatchRow], wanted: Mapping[str, int], effects: Counter[str], calls: Calls
) -> BatchFindings:
    """Compares batches with what was asked for: `wanted` jobs each, by id.

    `effects`: how often each happened; that of a callback bears the name of its batch.
    """
    found = BatchFindings(batches=len(wanted))
    found.broken["batches that are gone"] += len(wanted.keys() - {row.id for row in rows})
    for row in rows:
        found.cancelled += bool(row.counts["cancelled"])
        found.broken["batches that were not completed"] += not row.is_completed
        found.broken["batches with other jobs than were accepted"] += not (
            row.total == len(row.members) == wanted[row.id]
        )
        found.broken["batches whose counters are not those of their jobs"] += not _fits(row)
        _judge_callbacks(row, effects, found)
        for member in row.members:
            done = effects[member.effect]
            found.broken["jobs that were not done exactly once"] += done != (
                member.state == "succeeded"
            )
        ends = [row.id, *(member.id for member in row.members if member.calls)]
        _judge_calls(ends, calls, found)
    found.broken = +found.broken
    return found


def _fits(row: BatchRow) -> bool:
    counted = Counter(COUNTED_AS.get(member.state, member.state) for member in row.members)
    return counted == +Counter(row.counts)


def _judge_callbacks(row: BatchRow, effects: Counter[str], found: BatchFindings) -> None:
    due = {"completion": int(row.is_completed), "success": int(row.has_succeeded)}
    for event, expected in due.items():
        done = effects[f"{row.name}-{event}"]
        found.broken["callbacks that did not run"] += done < expected
        found.broken["callbacks that ran too often"] += done > expected


def _judge_calls(ends: Sequence[str], calls: Calls, found: BatchFindings) -> None:
    for end in ends:
        made = calls.made.get(end, ())
        found.calls += len(made)
        found.broken["ends that were not told"] += not made
        found.broken["ends that were told twice"] += len(made) > 1
        found.broken["calls that nobody heard"] += any(call not in calls.heard for call in made)


def line_about(found: BatchFindings) -> str:
    """All of it in one line, for people."""
    wrong = ", ".join(f"{count} {what}" for what, count in found.broken.items())
    return (
        f"batches: {found.batches} batches, {found.cancelled} of them cancelled; "
        f"{found.calls} calls; {wrong or 'each callback ran once, each end was told once'}"
    )
