"""`manage.py jobs replay`: dead letters are replayed."""

import argparse
from uuid import UUID

from jobs.core.actor import Actor
from jobs.core.errors import DeadLetterResolved, JobNotDead
from jobs.management.actor import actor_at_shell, add_actor_options
from jobs.management.output import Output
from jobs.management.subcommands.decisions import decide_each
from jobs.management.subcommands.subcommand import Options, Subcommand
from jobs.models import DeadLetter, Job
from jobs.services.dead_letters import dead_letter_replay


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "ids", metavar="ID", type=UUID, nargs="+", help="ids of dead letters, or of their jobs"
    )
    add_actor_options(parser)


def _run(options: Options, output: Output) -> int:
    actor, reason = actor_at_shell(options), options["reason"]
    return decide_each(options["ids"], lambda one: _replay(one, actor, reason), output)


def _replay(given_id: UUID, actor: Actor, reason: str) -> tuple[bool, str]:
    letters = DeadLetter.objects.filter(job_id=given_id) | DeadLetter.objects.filter(id=given_id)
    newest = letters.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        known = Job.objects.filter(id=given_id).values_list("state", flat=True).first()
        return False, f"not dead, but {known}" if known else "no such dead letter and no such job"
    try:
        dead_letter_replay(dead_letter_id=newest, resolved_by_id=None, reason=reason, actor=actor)
    except DeadLetterResolved as error:
        return False, f"already {error.resolution}"
    except JobNotDead as error:
        return False, f"kept, because its job is {error.state}"
    return True, "replayed"


REPLAY = Subcommand("replay", "Replay dead letters: their jobs run again.", _add_arguments, _run)
