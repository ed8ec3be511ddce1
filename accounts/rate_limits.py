"""How many calls an account, and an address, may make in a time: counted in Redis.

A window begins with the first call that is counted and ends after the seconds of its rate. While
Redis is away nothing is counted and every call is let through: a limit guards against too much, and
must not become an outage of its own.
"""

import logging
import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.cache import caches

from accounts.rate import Rate

# After a failure Redis is not asked again for this long, so that only one call in that time waits
# for its timeout.
RETRY_SECONDS = 5.0

# In the environment of a call of Django that is made once more for the same request, by a
# server that asks again (for a large body, a wait, a slice of a stream): it was counted before.
REPEATED_KEY = "calls.is_repeated"

logger = logging.getLogger(__name__)


class Policy(NamedTuple):
    """A limit of calls. `name`: as clients are told; `of`: whose calls are counted together."""

    name: str
    of: str
    rate: Rate

    @property
    def field(self) -> str:
        """As a member of the field `RateLimit-Policy` has it (IETF draft 11)."""
        return f'"{self.name}";q={self.rate.times};w={self.rate.seconds}'

    @property
    def counter(self) -> str:
        """The name of its counter. A rate with another window begins anew."""
        return f"limit:{self.name}:{self.rate.seconds}:{self.of}"


class Quota(NamedTuple):
    """What is left of a policy after this call.

    `used`: the calls of this window; `resets_in`: whole seconds until it ends.
    """

    policy: Policy
    used: int
    resets_in: int

    @property
    def is_exceeded(self) -> bool:
        """Whether this call is one too many."""
        return self.used > self.policy.rate.times

    @property
    def field(self) -> str:
        """As a member of the field `RateLimit` has it."""
        left = max(self.policy.rate.times - self.used, 0)
        return f'"{self.policy.name}";r={left};t={self.resets_in}'


class _Redis:
    """Whether it is away, and when it may be asked again, by time.monotonic()."""

    is_away = False
    usable_at = 0.0


def count_call(policies: Sequence[Policy], *, is_repeated: bool = False) -> list[Quota]:
    """Counts one call under each policy, in one round trip; returns nothing while Redis is away.

    Refused calls count as well; the window ends all the same. One that is repeated is only told how
    things stand.
    """
    if time.monotonic() < _Redis.usable_at:
        return []
    try:
        quotas = _counted(policies, 0 if is_repeated else 1)
    except Exception as error:  # noqa: BLE001 - whatever it is, the call goes on
        _note_outage(error)
        return []
    if _Redis.is_away:
        _Redis.is_away = False
        logger.info("Limits are enforced again", extra={"event": "limits.enforced"})
    return quotas


def _counted(policies: Sequence[Policy], calls: int) -> list[Quota]:
    cache: Any = caches["default"]
    pipeline = cache.client.get_client(write=True).pipeline(transaction=True)
    for policy in policies:
        key = str(cache.make_key(policy.counter))
        pipeline.set(key, 0, ex=policy.rate.seconds, nx=True)
        pipeline.incr(key, calls)
        pipeline.pttl(key)
    answers = pipeline.execute()
    return [
        Quota(policy, int(used), max(math.ceil(left / 1_000), 1))
        for policy, used, left in zip(policies, answers[1::3], answers[2::3], strict=True)
    ]


def _note_outage(error: Exception) -> None:
    _Redis.usable_at = time.monotonic() + RETRY_SECONDS
    if _Redis.is_away:
        return
    _Redis.is_away = True
    logger.error(
        "Redis counts no calls, so that limits are not enforced until it is back: %s",
        error,
        extra={"event": "limits.unenforced", "error": str(error)},
    )
