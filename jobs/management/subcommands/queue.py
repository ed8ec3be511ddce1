"""`manage.py jobs queue pause` and `resume`: a queue is paused, and resumed."""

import argparse

from jobs.api.queues.representations import queue_facts
from jobs.core.errors import UnknownQueue
from jobs.management.actor import actor_at_shell, add_actor_options
from jobs.management.output import Output, printable
from jobs.management.subcommands.subcommand import EXIT_DONE, EXIT_FAILED, Options, Subcommand
from jobs.services.queues import queue_pause, queue_resume
from jobs.services.queues_now import queue_now

PAUSE, RESUME = "pause", "resume"
DECISIONS = {
    PAUSE: (queue_pause, "workers take nothing more from the queue; what runs goes on"),
    RESUME: (queue_resume, "workers take from the queue again"),
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    choices = parser.add_subparsers(dest="decision", metavar="DECISION", required=True)
    for name, (_, meaning) in DECISIONS.items():
        own = choices.add_parser(name, help=meaning, description=meaning)
        own.add_argument("name", metavar="NAME", help="the name of the queue")
        add_actor_options(own)


def _run(options: Options, output: Output) -> int:
    decide, _ = DECISIONS[options["decision"]]
    name = options["name"]
    try:
        queue = decide(name=name, actor=actor_at_shell(options), reason=options["reason"])
    except UnknownQueue as error:
        output.error(f"{error}.")
        return EXIT_FAILED
    if output.as_json:
        output.document(queue_facts(queue_now(name=name)))
    else:
        output.line(printable(queue.pause_in_words or f"the queue {name} is not paused"))
    return EXIT_DONE


QUEUE = Subcommand("queue", "Pause or resume a queue.", _add_arguments, _run)
