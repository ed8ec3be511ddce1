"""How many claims may wait behind the slots: what a pool can start soon, measured."""

from math import inf

# At most this much work waits behind the slots: enough to bridge a fetch and a claim, too little
# to keep it from other workers.
AHEAD_SECONDS = 0.05
AHEAD_LIMIT = 1_000

# The weight of the newest run in the running mean; a change of mix shows after some 20 jobs.
NEWEST = 0.05


class LookAhead:
    """A running mean of handler time; safe between threads."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._mean_seconds: float | None = None

    def ran(self, seconds: float) -> None:
        """A handler took this long."""
        mean = self._mean_seconds
        # Racing threads may lose one another's sample: the mean does not need every one.
        self._mean_seconds = seconds if mean is None else mean + (seconds - mean) * NEWEST

    def seconds_for(self, claims: int) -> float:
        """How long the slots will take for these claims; infinite before a handler has run."""
        return inf if self._mean_seconds is None else claims * self._mean_seconds / self._slots

    def claims(self) -> int:
        """How many claims may wait now; none before a handler has shown how fast it is."""
        mean = self._mean_seconds
        if mean is None or mean >= AHEAD_SECONDS:
            return 0
        return min(AHEAD_LIMIT, int(self._slots * AHEAD_SECONDS / max(mean, 1e-6)))
