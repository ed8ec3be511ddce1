"""Outcomes that free slots: the next jobs get them at once, and run here if this worker waits."""

from collections.abc import Sequence
from uuid import UUID

from jobs.core.clock import Clock
from jobs.core.finished import Finished
from jobs.services.limits.hand_over import limit_to_hand_over, slots_hand_over
from jobs.services.limits.turns import turns
from jobs.worker.fetching.past_redis import PastRedis
from jobs.worker.inflight import Inflight

# A limit whose slots could not be handed over is not tried again for this long: it has a rate, or
# few jobs wait at it.
NOT_AGAIN_SECONDS = 0.5
# The longest wait for outcomes that are a moment away: as long as a commit takes. Measured with a
# limit of 50 and empty jobs: half as many jobs a second again.
COMPANY_SECONDS = 0.004


class HandOver:
    """Used from the recorder's thread alone."""

    def __init__(self, past_redis: PastRedis, inflight: Inflight, clock: Clock) -> None:
        self._past_redis = past_redis
        self._inflight = inflight
        self._clock = clock
        self._not_before: dict[str, float] = {}

    def seconds_to_wait(self, last: Finished, waited_seconds: float) -> float:
        """How long to wait for outcomes beside `last`, after `waited_seconds`.

        Where the attempts in hand end in a moment, their slots are handed over in one commit. That
        commit bounds how often each slot turns: else they would turn in two halves, by turns.
        """
        if not last.claim.limits or not 0 < self._past_redis.seconds_to_idle() <= COMPANY_SECONDS:
            return 0.0
        return max(0.0, COMPANY_SECONDS - waited_seconds)

    def write(self, batch: Sequence[Finished]) -> list[Finished]:
        """Writes the successes whose slots can be handed over; returns these.

        Raises the database's errors; then they may have been written all the same.
        """
        now = self._clock.monotonic()
        wanted = [
            (one, name)
            for one in batch
            if one.claim.limits
            and (name := limit_to_hand_over(one)) is not None
            and self._not_before.get(name, now) <= now
        ]
        if not wanted:
            return []
        written = self._write(wanted)
        turns.settle()
        refused = {name for one, name in wanted if one.claim.id not in written}
        self._not_before = {name: at for name, at in self._not_before.items() if at > now}
        self._not_before.update(dict.fromkeys(refused, now + NOT_AGAIN_SECONDS))
        return [one for one, _ in wanted if one.claim.id in written]

    def _write(self, wanted: list[tuple[Finished, str]]) -> set[UUID]:
        with self._inflight.in_transit:
            try:
                done = slots_hand_over(finished=wanted, claimant=self._past_redis.claimant())
            except Exception:
                self._past_redis.suspect()
                raise
            self._past_redis.take(done.claims)
        return done.written
