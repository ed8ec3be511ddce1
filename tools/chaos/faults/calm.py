"""No fault: shows that everything works, and at what pace."""

from tools.chaos.fault import Fault
from tools.chaos.run import Run


def _nothing(run: Run) -> None:
    run.wait_until_done(1.0)
    run.fault_is_over()


CALM = Fault("none", "nothing happens", _nothing, backlog=1)
