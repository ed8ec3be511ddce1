"""What happens to the API, and what clients do to it."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tools.chaos.app.variables import KILL_EVERY, KILL_LIMIT
from tools.chaos.client import Client, Receipt
from tools.chaos.fault import Fault
from tools.chaos.load import CLIENTS
from tools.chaos.pause import pause
from tools.chaos.plan import Planned
from tools.chaos.run import POLL_SECONDS, Missed, Run

KILLS = 6
_KILLS_LEAST = 3
_SHORT_KILLS = 4


def _kill(run: Run) -> None:
    """Kills the API between commit and push, several times; clients repeat with the same keys."""
    run.wait_until_done(0.05)
    limit = _SHORT_KILLS if run.options.short else KILLS
    every = max(3, run.wanted // (limit * 3))
    run.world.kills_file.unlink(missing_ok=True)
    run.world.api.kill()
    run.world.api.start(**{KILL_EVERY: str(every), KILL_LIMIT: str(limit)})
    while not run.load.is_over and len(_kills(run)) < limit:
        pause(POLL_SECONDS)
    kills = _kills(run)
    if len(kills) < _KILLS_LEAST:
        raise Missed(f"the API died only {len(kills)} times between commit and push")
    run.expect_in_flight("the API was killed")
    run.fault_is_over(kills[-1])
    run.load.join()
    found = sum(one[0].duplicate for one in run.load.accepted.values())
    run.notes.append(
        f"killed {len(kills)} times between commit and push; {found} jobs had been accepted "
        "though no answer came, and were found by their keys"
    )


def _kills(run: Run) -> list[float]:
    """When the API died."""
    path = run.world.kills_file
    lines = path.read_text().splitlines() if path.exists() else []
    return [float(line.split()[0]) for line in lines]


class Twice:
    """Submits a job twice at the same moment."""

    def __init__(self) -> None:
        self._twins = ThreadPoolExecutor(CLIENTS, "twin")

    def __call__(self, client: Client, job: Planned) -> list[Receipt]:
        together = threading.Barrier(2)

        def submit() -> Receipt:
            together.wait()
            return client.submit(job.body)

        twin = self._twins.submit(submit)
        return [submit(), twin.result()]


def _again(run: Run) -> None:
    """Submits every job once more when all have finished."""
    run.wait_until_done(1.0)
    run.load.join()
    with ThreadPoolExecutor(CLIENTS) as clients:
        jobs = list(run.load.planned.values())
        receipts = list(clients.map(lambda job: run.load.client.submit(job.body), jobs))
    for job, receipt in zip(jobs, receipts, strict=True):
        run.load.accepted[job.key].append(receipt)
    accepted = sum(not receipt.duplicate for receipt in receipts)
    if accepted:
        run.broken.append(f"{accepted} jobs were accepted again after they had finished")
    run.notes.append(f"{3 * len(jobs)} submissions of {len(jobs)} jobs")
    run.fault_is_over()
    pause(1.0)  # a job that was wrongly accepted would have run by now


API_KILLED = Fault("api", "API killed between commit and push", _kill)
SUBMITTED_TWICE = Fault(
    "twice", "every job submitted twice at once, and again", _again, submit=Twice()
)
