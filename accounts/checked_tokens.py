"""Tokens that this process found valid within the last few seconds."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

# Tokens kept, of about 2 KB each. Beyond it the oldest is dropped, which costs it one more check.
TOKENS_MAX = 5_000


class KeptToken(Protocol):
    """What is asked of a token that is kept: our own, or one of the outside issuer."""

    @property
    def session_id(self) -> UUID | None: ...

    @property
    def scopes(self) -> frozenset[str] | None: ...

    def __getitem__(self, claim: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Checked:
    user: AbstractBaseUser
    token: KeptToken
    until: float  # by time.monotonic()


class CheckedTokens:
    """Valid tokens, for `TOKEN_CHECK_SECONDS` each; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_raw_token: dict[bytes, _Checked] = {}  # in the order of `until`

    def get(self, raw_token: bytes) -> tuple[AbstractBaseUser, KeptToken] | None:
        """The user and the token; None if the token is not kept, or has expired."""
        checked = self._by_raw_token.get(raw_token)
        if checked is None or checked.until <= time.monotonic():
            return None
        if checked.token["exp"] <= time.time():
            return None
        return checked.user, checked.token

    def put(self, raw_token: bytes, user: AbstractBaseUser, token: KeptToken) -> None:
        """Keeps a token that was just checked, and its user."""
        now = time.monotonic()
        with self._lock:
            self._by_raw_token.pop(raw_token, None)
            self._by_raw_token[raw_token] = _Checked(
                user, token, now + settings.TOKEN_CHECK_SECONDS
            )
            self._drop_old(now)

    def _drop_old(self, now: float) -> None:
        outdated = takewhile(lambda one: one[1].until <= now, self._by_raw_token.items())
        for raw_token in [raw_token for raw_token, _ in outdated]:
            del self._by_raw_token[raw_token]
        while len(self._by_raw_token) > TOKENS_MAX:
            del self._by_raw_token[next(iter(self._by_raw_token))]

    def forget_user(self, user_id: Any) -> None:
        """Drops every token of the user: each is checked again at its next call."""
        self._forget(lambda one: one.user.pk == user_id)

    def forget_session(self, session_id: UUID) -> None:
        """Drops every token of the session."""
        self._forget(lambda one: one.token.session_id == session_id)

    def _forget(self, is_meant: Callable[[_Checked], bool]) -> None:
        with self._lock:
            for raw_token in [raw for raw, one in self._by_raw_token.items() if is_meant(one)]:
                del self._by_raw_token[raw_token]

    def clear(self) -> None:
        """Drops every token."""
        with self._lock:
            self._by_raw_token.clear()


checked_tokens = CheckedTokens()


def forget_changed_user(instance: AbstractBaseUser, **_: Any) -> None:
    """Receives `post_save` and `pre_delete` of users."""
    forget = partial(checked_tokens.forget_user, instance.pk)
    forget()
    # Until the commit, other calls still read the row as it was, and keep it.
    transaction.on_commit(forget)
