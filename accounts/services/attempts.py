"""How often somebody may try to log in, or sign up.

A failure counts for the address and for the account; a success for neither, and so does an attempt
that our own trouble ended. All attempts of an address, successes too, have a limit ten times as
high, because checking a password costs a fifth of a second of a processor.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.conf import settings

from accounts import counters
from accounts.rate import Rate

# An address from which an account logged in is not held up by what others try on that account, so
# that nobody is locked out by a stranger.
KNOWN_ADDRESS_SECONDS = 30 * 86_400

SUCCESSES_FACTOR = 10


class TooManyAttempts(Exception):
    """The attempt is refused; `wait_seconds`: how long to wait before the next one."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(f"Too many attempts; wait for {wait_seconds:.0f} s.")
        self.wait_seconds = wait_seconds


class Attempt:
    """One attempt to log in, counted before the password is looked at."""

    def __init__(self, *, address: str | None, username: str) -> None:
        account = _account(username)
        self._known = f"login:known:{account}:{address}"
        self._counted: list[str] = []
        rate: Rate = settings.LOGIN_RATE
        if address is not None:
            self._take(f"login:attempts:{address}", rate * SUCCESSES_FACTOR)
            self._take(_failures_of_address(address), rate)
        if address is None or not counters.is_remembered(self._known):
            self._take(f"login:account:{account}", rate)

    def _take(self, name: str, rate: Rate) -> None:
        wait_seconds = counters.take(name, rate)
        if wait_seconds is not None:
            self.give_back()
            raise TooManyAttempts(wait_seconds)
        self._counted.append(name)

    def give_back(self) -> None:
        """Counts as if it had not been."""
        while self._counted:
            counters.give_back(self._counted.pop())

    def succeed(self) -> None:
        """Does not count as a failure, and makes the address known to the account."""
        self._counted = [name for name in self._counted if not name.startswith("login:attempts:")]
        self.give_back()
        counters.remember(self._known, KNOWN_ADDRESS_SECONDS)


@contextmanager
def login_attempt(*, address: str | None, username: str) -> Iterator[Attempt]:
    """Around the check of a password. Whoever checks says if it was right: `Attempt.succeed`.

    `address`: None where no request is, then only the account counts. Raises TooManyAttempts.
    """
    attempt = Attempt(address=address, username=username)
    try:
        yield attempt
    except Exception:
        attempt.give_back()
        raise


def count_sign_up(*, address: str) -> None:
    """Counts an attempt to sign up as a failure to log in from there; raises TooManyAttempts."""
    wait_seconds = counters.take(_failures_of_address(address), settings.LOGIN_RATE)
    if wait_seconds is not None:
        raise TooManyAttempts(wait_seconds)


def _failures_of_address(address: str) -> str:
    return f"login:address:{address}"


def _account(username: str) -> str:
    """The same for names that look alike; no name is readable in Redis."""
    name = unicodedata.normalize("NFKC", username).casefold()
    return sha256(name.encode(errors="replace")).hexdigest()[:32]
