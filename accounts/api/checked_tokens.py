"""What this process knows of tokens that it has checked a moment ago."""

import threading
import time
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from rest_framework_simplejwt.tokens import Token

# Of some 2 KB each. Beyond it the oldest is checked again, which costs no more than it used to.
TOKENS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class _Checked:
    user: AbstractBaseUser
    token: Token
    until: float  # time.monotonic()


class CheckedTokens:
    """Tokens found good, for `TOKEN_CHECK_SECONDS` each; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_raw_token: dict[bytes, _Checked] = {}  # in the order in which they run out

    def get(self, raw_token: bytes) -> tuple[AbstractBaseUser, Token] | None:
        """The user and the token, if both were good a moment ago and the token has not expired."""
        checked = self._by_raw_token.get(raw_token)
        if checked is None or checked.until <= time.monotonic():
            return None
        if checked.token["exp"] <= time.time():
            return None
        return checked.user, checked.token

    def put(self, raw_token: bytes, user: AbstractBaseUser, token: Token) -> None:
        """Remembers what was just checked."""
        now = time.monotonic()
        with self._lock:
            self._by_raw_token.pop(raw_token, None)
            self._by_raw_token[raw_token] = _Checked(
                user, token, now + settings.TOKEN_CHECK_SECONDS
            )
            self._drop_old(now)

    def _drop_old(self, now: float) -> None:
        over = takewhile(lambda one: one[1].until <= now, self._by_raw_token.items())
        for raw_token in [raw_token for raw_token, _ in over]:
            del self._by_raw_token[raw_token]
        while len(self._by_raw_token) > TOKENS_MAX:
            del self._by_raw_token[next(iter(self._by_raw_token))]

    def forget_user(self, user_id: Any) -> None:
        """Has every token of the user checked again."""
        with self._lock:
            theirs = [raw for raw, one in self._by_raw_token.items() if one.user.pk == user_id]
            for raw_token in theirs:
                del self._by_raw_token[raw_token]

    def clear(self) -> None:
        """Has every token checked again."""
        with self._lock:
            self._by_raw_token.clear()


checked_tokens = CheckedTokens()


def forget_changed_user(instance: AbstractBaseUser, **_: Any) -> None:
    """Receives `post_save` and `pre_delete` of users."""
    forget = partial(checked_tokens.forget_user, instance.pk)
    forget()
    # A call between now and the commit still reads the row as it was.
    transaction.on_commit(forget)
