"""`manage.py jobs chain`: a chain and its jobs."""

import argparse
from uuid import UUID

from jobs.management.output import NOTHING, Output
from jobs.management.subcommands.subcommand import EXIT_DONE, EXIT_FAILED, Options, Subcommand
from jobs.services.chain_facts import ChainJob, chain_facts

HEADINGS = ("POSITION", "ID", "TYPE", "QUEUE", "STATE", "ERROR")
TO_COME = "to come"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=UUID, help="the id of the chain, which is that of its first job")


def _run(options: Options, output: Output) -> int:
    facts = chain_facts(options["id"])
    if facts is None:
        output.error(f"No chain has the id {options['id']}.")
        return EXIT_FAILED
    if output.as_json:
        output.document(dict(facts))
    else:
        output.line(f"{facts['state']}: {facts['done']} of {facts['total']} done")
        output.table(HEADINGS, [_row(one) for one in facts["jobs"]])
    return EXIT_DONE


def _row(job: ChainJob) -> tuple[object, ...]:
    place = (job["position"], job["id"] or NOTHING, job["type"], job["queue"])
    return (*place, job["state"] or TO_COME, job["error"] or NOTHING)


CHAIN = Subcommand("chain", "A chain, with the state of each of its jobs.", _add_arguments, _run)
