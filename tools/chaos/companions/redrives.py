"""Redrives through every fault: jobs die, are replayed with another payload, and are done once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.chaos.client import Unanswered
from tools.chaos.companions.companion import CompanionReport
from tools.chaos.companions.submitting import Submitting
from tools.chaos.world import World

JOB_TYPE = "chaos.refuse"
WORK_SECONDS = 0.05
# In each round so many jobs die, and one redrive replays what is dead by then.
ROUND = 10
EVERY_SECONDS = 5.0
RATE = 50

_STATES = "SELECT payload->>'effect', state FROM jobs_job WHERE submitted_by_id = %s"
_DEAD = """
    SELECT count(*) FROM jobs_deadletter AS letter JOIN jobs_job AS job ON job.id = letter.job_id
    WHERE letter.resolution = '' AND job.submitted_by_id = %s
"""
_REDRIVES = "SELECT replayed, settled_at IS NOT NULL FROM jobs_redrive WHERE id::text = ANY(%s)"


@dataclass(frozen=True)
class RedriveFindings:
    """`jobs`: that were accepted; `undone`, `doubled`: effects that are not there just once."""

    jobs: int
    redrives: int
    replayed: int
    undone: Sequence[str]
    doubled: Sequence[str]
    not_succeeded: Sequence[str]

    @property
    def broken(self) -> list[str]:
        """In words, what was not kept."""
        promises = (
            (len(self.undone), "jobs were not done"),
            (len(self.doubled), "jobs were done twice"),
            (len(self.not_succeeded), "jobs did not succeed in the end"),
            (max(0, self.jobs - self.replayed), "jobs were not replayed"),
        )
        return [f"redrives: {count} {what}" for count, what in promises if count]


def judge_redrives(
    accepted: Sequence[str],
    states: Mapping[str, str],
    effects: Counter[str],
    replayed: Sequence[int],
) -> RedriveFindings:
    """`states`: by the name of the effect; `effects`: how often each happened; `replayed`: by
    each redrive.
    """
    return RedriveFindings(
        jobs=len(accepted),
        redrives=len(replayed),
        replayed=sum(replayed),
        undone=[name for name in accepted if not effects[name]],
        doubled=[name for name in accepted if effects[name] > 1],
        not_succeeded=[name for name in accepted if states.get(name) != "succeeded"],
    )


class Redrives(Submitting):
    """Makes jobs that die, and replays them, again and again."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name, "redrive")
        self._accepted: list[str] = []
        self._ids: list[str] = []

    def is_settled(self) -> bool:
        ask = self._world.job_rows.ask
        if self._is_anything_left():
            return False
        if ask(_DEAD, [self._client_id])[0][0]:  # they have died since the last redrive
            self._replay(f"{self._name}-last-{len(self._ids)}")
            return False
        return all(is_settled for _, is_settled in ask(_REDRIVES, [self._ids]))

    def report(self) -> CompanionReport:
        job_rows = self._world.job_rows
        states = dict(job_rows.ask(_STATES, [self._client_id]))
        effects = Counter(effect.name for effect in job_rows.inserted())
        replayed = [count for count, _ in job_rows.ask(_REDRIVES, [self._ids])]
        found = judge_redrives(self._accepted, states, effects, replayed)
        broken = [*found.broken, *(f"redrives: no answer to {what}" for what in self._unanswered)]
        if not found.jobs:
            broken.append("redrives: there was no job")
        line = f"redrives: {found.redrives} redrives replayed {found.replayed} of {found.jobs} jobs"
        figures = {"jobs": found.jobs, "redrives": found.redrives, "replayed": found.replayed}
        return CompanionReport("redrives", line, figures, broken)

    def _work(self) -> None:
        made = 0
        while not self._stop.wait(EVERY_SECONDS):
            try:
                self._make(made)
                self._replay(f"{self._name}-{made}")
            except Unanswered as error:
                self._unanswered.append(str(error))
            made += 1

    def _make(self, number: int) -> None:
        for index in range(ROUND):
            effect = f"{self._name}-{number}-{index}"
            payload = {"effect": effect, "seconds": WORK_SECONDS, "refuses": True}
            body = {"type": JOB_TYPE, "payload": payload, "idempotency_key": effect}
            self._client.submit(body)
            self._accepted.append(effect)

    def _replay(self, key: str) -> None:
        """What is dead by now; nothing may be, which is a 409."""
        body = {
            "type": JOB_TYPE,
            "changes": {"refuses": False},
            "rate": RATE,
            "reason": "the receiver is back",
        }
        try:
            self._ids.append(self._world.steward.call("POST", "/redrives", body, key=key)["id"])
        except Unanswered as error:
            if " 409 " not in str(error):
                raise
