"""`bin/python -m tools.benchmark.phases`: from the command line to the exit status."""

import sys

from tools.benchmark.phases.options import Options, parse
from tools.benchmark.progress import Progress
from tools.errors import ToolError
from tools.measuring.program import exit_status


def main() -> int:
    """1 if this scheduler did not get through; a peer that is left out is named."""
    options = parse()
    return exit_status(lambda: _measure(options), early="The phases ended early: ")


def _measure(options: Options) -> bool:
    from tools.benchmark.peers.driven import driven
    from tools.benchmark.peers.system import OURS, PEERS
    from tools.benchmark.phases.phases import Field
    from tools.benchmark.phases.report import as_json, as_text
    from tools.benchmark.phases.run import PhasesRun, SystemRun
    from tools.benchmark.phases.servers import own_servers

    systems = [OURS, *(peer for peer in PEERS if peer.name in options.peers)]
    progress = Progress(len(systems), sys.stderr)
    runs: list[SystemRun] = []
    left_out: dict[str, str] = {}
    with own_servers() as postgres:
        for system in systems:
            progress.begin(system.title)
            try:
                with driven(system, system.place(), environment=_NAMED_SESSIONS) as one:
                    runs.append(PhasesRun(Field(one, postgres, one.url), options, progress).run())
            except ToolError as error:
                if system is OURS:
                    raise
                left_out[system.title] = str(error).strip()
            progress.end()
    print((as_json if options.json else as_text)(runs, left_out))
    return True


# Sessions of our workers bear the name of the thread that opened them.
_NAMED_SESSIONS = {"JOBS_BENCHMARK_NAME_SESSIONS": "1"}


if __name__ == "__main__":
    sys.exit(main())
