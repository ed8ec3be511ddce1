"""How many jobs a claim asks for: few, where large payloads have filled the last ones."""

# More than the pools of any worker take.
NO_LIMIT = 1_000_000


class ClaimSize:
    """What a full claim leaves is fetched, measured and returned in vain: so less is asked for."""

    def __init__(self) -> None:
        self._most = NO_LIMIT

    def within(self, capacity: int) -> int:
        """How many jobs to fetch for pools that take `capacity` claims."""
        return min(capacity, self._most)

    def tried(self, count: int, *, is_full: bool) -> None:
        """A claim has tried this many jobs; `is_full`: and has left others, for their payloads."""
        if is_full:
            self._most = max(1, count)
        elif count >= self._most:
            self._most *= 2
