"""`manage.py jobs tail`: jobs as they come and go."""

import argparse
import time
from collections.abc import Iterable
from uuid import UUID

from jobs.core.attempt_error import error_summary
from jobs.core.ids import uuid7_floor
from jobs.core.states import FINAL_STATES, JobState
from jobs.management.output import Output, printable
from jobs.management.subcommands.subcommand import EXIT_DONE, EXIT_FAILED, Options, Subcommand
from jobs.models import Job
from jobs.models.job_queryset import JobQuerySet

LOOK_SECONDS = 0.5
# New jobs that one look shows; of more only the newest. A person reads fewer.
NEW_LIMIT = 500
# Jobs that are followed at a time; of more than that the oldest are let go.
FOLLOWED_LIMIT = 2_000
# Ids carry the moment of their making, by the clock of who made them. A job is missed if that
# clock is this much behind, or if its transaction took this long.
LATE_SECONDS = 10.0

_GOOD_ENDS = {JobState.SUCCEEDED, JobState.SKIPPED}


class Tail:
    """Prints each followed job whenever its state or attempt is another than before."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._followed: dict[UUID, tuple[str, int]] = {}

    def show(self, jobs: Iterable[Job]) -> None:
        """Prints those of these jobs that are new or have changed."""
        for job in jobs:
            now = (job.state, job.attempt)
            if self._followed.get(job.id) != now:
                self._followed[job.id] = now
                self._print(job)

    def pass_over(self, jobs: Iterable[Job]) -> None:
        """From now on these are no new jobs, and are not followed."""
        self._followed.update((job.id, (JobState.SUCCEEDED, 0)) for job in jobs)

    def unfinished(self) -> list[UUID]:
        """The followed jobs that can still change."""
        return [one for one, (state, _) in self._followed.items() if state not in FINAL_STATES]

    def is_new(self, job: Job) -> bool:
        """Whether the job was neither shown nor passed over."""
        return job.id not in self._followed

    def forget_oldest(self) -> None:
        """Keeps what it knows of jobs bounded."""
        for one in list(self._followed)[:-FOLLOWED_LIMIT]:
            del self._followed[one]

    def _print(self, job: Job) -> None:
        error = error_summary(job.errors) if job.state != JobState.SUCCEEDED else ""
        if self._output.as_json:
            self._output.json_line(
                {
                    "id": str(job.id),
                    "type": job.type,
                    "queue": job.queue,
                    "state": job.state,
                    "attempt": job.attempt,
                    "error": error or None,
                }
            )
            return
        seen = f"{job.id}  {job.state:<9}  attempt {job.attempt}  {job.queue}  {job.type}"
        self._output.line(printable(f"{seen}  {error}".rstrip()))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "ids", metavar="ID", type=UUID, nargs="*", help="jobs to follow until they are final"
    )
    parser.add_argument("--type", help="without ids: only new jobs of this type")
    parser.add_argument("--queue", help="without ids: only new jobs of this queue")


def _run(options: Options, output: Output) -> int:
    try:
        if ids := options["ids"]:
            return _follow(ids, output)
        _follow_new(options, output)
    except KeyboardInterrupt:
        pass  # how a person ends it
    return EXIT_DONE


def _follow(ids: list[UUID], output: Output) -> int:
    """Until all of them are final; fails if any is unknown, or has not succeeded."""
    tail = Tail(output)
    while True:
        jobs = list(_rows().filter(id__in=ids).order_by("id"))
        tail.show(jobs)
        if all(job.state in FINAL_STATES for job in jobs):
            break
        time.sleep(LOOK_SECONDS)
    missing = set(ids) - {job.id for job in jobs}
    for one in sorted(missing):
        output.error(f"No job has the id {one}.")
    good = not missing and all(job.state in _GOOD_ENDS for job in jobs)
    return EXIT_DONE if good else EXIT_FAILED


def _follow_new(options: Options, output: Output) -> None:
    """Until a person ends it."""
    tail = Tail(output)
    tail.pass_over(_new(options))
    while True:
        time.sleep(LOOK_SECONDS)
        tail.show(_rows().filter(id__in=tail.unfinished()).order_by("id"))
        tail.show([job for job in _new(options) if tail.is_new(job)])
        tail.forget_oldest()


def _new(options: Options) -> list[Job]:
    """Jobs of the last seconds, oldest first; by primary key, whatever the filters."""
    jobs = _rows().filter(id__gte=uuid7_floor(time.time() - LATE_SECONDS))
    for name in ("type", "queue"):
        if options[name] is not None:
            jobs = jobs.filter(**{name: options[name]})
    return list(jobs.order_by("-id")[:NEW_LIMIT])[::-1]


def _rows() -> JobQuerySet:
    return Job.objects.defer("payload")


TAIL = Subcommand(
    "tail",
    "Print jobs whenever they change: new ones until Ctrl-C, or the given ones until they are "
    "final. Fails if one of these does not succeed.",
    _add_arguments,
    _run,
)
