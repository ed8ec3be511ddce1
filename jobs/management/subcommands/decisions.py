"""One decision about each of several ids, and what became of it."""

from collections.abc import Callable, Sequence
from uuid import UUID

from jobs.management.output import Output
from jobs.management.subcommands.subcommand import EXIT_DONE, EXIT_FAILED

Decision = Callable[[UUID], tuple[bool, str]]
"""Decides about an id; returns whether it was done, and what became of it in a few words."""


def decide_each(ids: Sequence[UUID], decide: Decision, output: Output) -> int:
    """Decides about every id, also behind one where that fails; returns the exit status."""
    results = [(one, *decide(one)) for one in ids]
    if output.as_json:
        output.document(
            [{"id": str(one), "done": done, "result": result} for one, done, result in results]
        )
    else:
        for one, done, result in results:
            (output.line if done else output.error)(f"{one}  {result}")
    return EXIT_DONE if all(done for _, done, _ in results) else EXIT_FAILED
