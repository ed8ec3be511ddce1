"""All systems side by side: started, measured in rounds, ended."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tools.benchmark.errors import BenchmarkError
from tools.benchmark.peers.driven import Driven, driven
from tools.benchmark.peers.measures import MEASURES
from tools.benchmark.peers.options import Options
from tools.benchmark.peers.rounds import Beside, Effort, measured_in_rounds
from tools.benchmark.peers.system import OURS, PEERS, System
from tools.benchmark.progress import Progress
from tools.errors import ToolError
from tools.terminal import complain

# A worker that was frozen for a few turns is not to be taken for dead.
_FROZEN = {"JOBS_WORKER_TIMEOUT_SECONDS": "600"}


@dataclass
class Comparison:
    """What was found. `versions`: of the systems that ran, by title, in the order of the columns.

    `left_out`: why a system has no figures, or none from some measure on.
    """

    rounds: int
    load_before: list[float]
    versions: dict[str, str] = field(default_factory=dict)
    figures: list[Beside] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def compare(options: Options) -> Comparison:
    """Measures this scheduler and the peers; raises BenchmarkError if this one gives up."""
    found = Comparison(options.rounds, [round(load, 2) for load in os.getloadavg()])
    asked = [OURS, *(peer for peer in PEERS if peer.name in options.peers)]
    progress = Progress(len(options.only) + 1, sys.stderr)
    progress.begin("systems")
    with _started(asked, found, progress) as systems:
        progress.end()
        effort = Effort(options.rounds, options.turn_seconds, options.count)
        for name in options.only:
            progress.begin(name)
            found.figures += measured_in_rounds(
                MEASURES[name],
                systems,
                effort,
                lambda one, error: _leave_out(one, error, systems, found),
            )
            progress.end()
    return found


@contextmanager
def _started(
    asked: Sequence[System], found: Comparison, progress: Progress
) -> Iterator[list[Driven]]:
    """Those that can be had."""
    with ExitStack() as stack:
        systems: list[Driven] = []
        for system in asked:
            progress.step(system.title)
            try:
                one = stack.enter_context(driven(system, system.place(), environment=_FROZEN))
            except ToolError as error:
                if system is OURS:
                    raise
                _note(system, error, found)
            else:
                systems.append(one)
                found.versions[system.name] = one.version
        yield systems


def _leave_out(
    one: Driven, error: BenchmarkError, systems: list[Driven], found: Comparison
) -> None:
    if one.system is OURS:
        raise error
    systems.remove(one)
    _note(one.system, error, found)


def _note(system: System, error: ToolError, found: Comparison) -> None:
    found.left_out[system.title] = str(error).strip()
    complain(f"{system.title} is left out: {str(error).strip()}")
