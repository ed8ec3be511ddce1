"""What a migration says for itself, in attributes of its class.

    contract_of = "0051_due_times"
    contract_because = "Since 0.2.0 nothing reads or writes jobs_job.start_at."
    harmless = {"index job_by_age": "Read only by the page of old jobs, which may be slow."}

`contract_of` names the migration of the same app that was the expand step: it must be released, so
that the version which runs beside this migration does not need any more what is taken away. That
excuses everything but a missing lock_timeout. `harmless` excuses single findings, by their
subjects, where it is not certain that they break the released version.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from django.db.migrations import Migration

from jobs.management.upgrades.finding import Finding

_MARKER = "marker"


def not_excused(
    migration: Migration, findings: Iterable[Finding], released: Collection[str]
) -> Iterator[Finding]:
    """The findings that no marker excuses, and what is wrong with the markers themselves.

    `released`: the migrations of the same app that are released.
    """
    step: str = getattr(migration, "contract_of", "")
    if step:
        yield from _of_contract(migration, step, released)
        return
    harmless: dict[str, str] = getattr(migration, "harmless", {})
    unused = dict(harmless)
    for finding in findings:
        reason = unused.pop(finding.subject, harmless.get(finding.subject, "")).strip()
        if finding.breaks and finding.subject in harmless:
            yield replace(finding, problem=f"{finding.problem}. `harmless` excuses no such thing")
        elif not reason:
            yield finding
    for subject in unused:
        yield Finding(f"{_MARKER} {subject!r}", "in `harmless` is about nothing: remove it")


def _of_contract(migration: Migration, step: str, released: Collection[str]) -> Iterator[Finding]:
    if not getattr(migration, "contract_because", "").strip():
        yield Finding(
            f"{_MARKER} contract_of",
            "has no reason: say in `contract_because` why the released version can do without",
        )
    if step not in released:
        yield Finding(
            f"{_MARKER} contract_of",
            f"names {step}, which is not released: release the expand step first",
            breaks=True,
        )
