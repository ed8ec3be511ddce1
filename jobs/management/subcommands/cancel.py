"""`manage.py jobs cancel`: jobs are cancelled."""

import argparse
from uuid import UUID

from jobs.core.actor import Actor
from jobs.core.errors import JobAlreadyFinal
from jobs.core.states import JobState
from jobs.management.actor import actor_at_shell, add_actor_options
from jobs.management.output import Output
from jobs.management.subcommands.decisions import decide_each
from jobs.management.subcommands.subcommand import Options, Subcommand
from jobs.models import Job
from jobs.services.cancel import job_cancel


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", metavar="ID", type=UUID, nargs="+", help="ids of jobs")
    add_actor_options(parser)


def _run(options: Options, output: Output) -> int:
    actor, reason = actor_at_shell(options), options["reason"]
    return decide_each(options["ids"], lambda one: _cancel(one, actor, reason), output)


def _cancel(job_id: UUID, actor: Actor, reason: str) -> tuple[bool, str]:
    try:
        job = job_cancel(job_id=job_id, actor=actor, reason=reason)
    except Job.DoesNotExist:
        return False, "no such job"
    except JobAlreadyFinal as error:
        return False, f"already {error.state}"
    return True, "cancelled" if job.state == JobState.CANCELLED else "asked to stop"


CANCEL = Subcommand(
    "cancel", "Cancel jobs; those that run are asked to stop.", _add_arguments, _run
)
