"""What spans and tables say about limits: pure, so that it is tested with made-up evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tools.chaos.limits import KEY_LIMIT
from tools.chaos.spans import Lease, Span, held_span, most_at_once, ran_without_lease

# The tenants of the fair queue: the jobs of one wait in a line, those of the other are few.
BUSY, QUIET = "busy", "quiet"

# Turns tell something once a tenant's jobs have waited for that long, and there are that many.
WAITED_SECONDS_LEAST = 1.5
TENANT_JOBS_LEAST = 5


@dataclass(frozen=True, slots=True)
class LimitedJob:
    """A job under limits, with what the tables say about its attempts."""

    lease: Lease
    limits: Mapping[str, int]  # by name
    tenant: str | None
    created_at: float


@dataclass
class LimitFindings:
    """`most`: how many held their lease at once, by the name of the limit.

    `without_lease`: attempts that went on after they had been taken away; they count for no limit.
    `gone`: attempts of jobs that a failover took; what they held is not known any more.
    """

    attempts: int = 0
    gone: int = 0
    without_lease: int = 0
    most: dict[str, int] = field(default_factory=dict)
    allowed: dict[str, int] = field(default_factory=dict)

    @property
    def exceeded(self) -> list[str]:
        """The limits that did not hold."""
        return [name for name, most in self.most.items() if most > self.allowed[name]]


def judge_limits(spans: Sequence[Span], jobs: Mapping[str, LimitedJob]) -> LimitFindings:
    """How many attempts that held their lease ran at once, under each limit.

    That a job is gone is for others to judge: only asynchronous replication may lose one.
    """
    findings = LimitFindings(attempts=len(spans))
    held: dict[str, list[tuple[float, float]]] = {}
    for span in spans:
        if (job := jobs.get(span.job_id)) is None:
            findings.gone += 1
            continue
        findings.without_lease += ran_without_lease(span, job.lease)
        findings.allowed.update(job.limits)
        if (moments := held_span(span, job.lease)) is not None:
            for name in job.limits:
                held.setdefault(name, []).append(moments)
    findings.most = {name: most_at_once(moments) for name, moments in sorted(held.items())}
    return findings


def waits_by_tenant(
    spans: Sequence[Span], jobs: Mapping[str, LimitedJob]
) -> dict[str, list[float]]:
    """How long the jobs of each tenant waited for their first attempt, in seconds."""
    first: dict[str, float] = {}
    for span in spans:
        first[span.job_id] = min(span.began_at, first.get(span.job_id, span.began_at))
    waits: dict[str, list[float]] = {}
    for job_id, began_at in first.items():
        if (job := jobs.get(job_id)) is not None and job.tenant is not None:
            waits.setdefault(job.tenant, []).append(began_at - job.created_at)
    return waits


def is_fair(waits: Mapping[str, list[float]]) -> bool:
    """Whether the quiet tenant waited for less time than the busy one, as far as that tells."""
    busy, quiet = waits.get(BUSY, []), waits.get(QUIET, [])
    if min(len(busy), len(quiet)) < TENANT_JOBS_LEAST or median(busy) < WAITED_SECONDS_LEAST:
        return True
    return median(quiet) < median(busy)


def explain(found: LimitFindings) -> list[str]:
    """A sentence for each limit that did not hold."""
    return [
        f"limits: {found.most[name]} jobs held their lease at once under {name}, "
        f"which allows {found.allowed[name]}"
        for name in found.exceeded
    ]


def line_about(found: LimitFindings, leaked: int, waits: Mapping[str, list[float]]) -> str:
    """All of it in one line, for people."""
    queues = [name for name in found.most if name.startswith("queue:")]
    most = ", ".join(
        f"{found.most[name]} of {found.allowed[name]} in {name[6:]}" for name in queues
    )
    of_a_key = max((found.most[name] for name in found.most if name not in queues), default=0)
    most += f", {of_a_key} of {KEY_LIMIT} of a key"
    gone = f", {found.gone} of jobs that are gone" if found.gone else ""
    turns = ", ".join(f"{name} {median(one):.1f} s" for name, one in sorted(waits.items()))
    return (
        f"limits: {found.attempts} attempts{gone}, at once at most {most}; "
        f"{found.without_lease} went on without their lease; {leaked} slots leaked; "
        f"median wait in the fair queue: {turns}"
    )
