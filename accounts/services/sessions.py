"""Sessions of the API: from a log-in to a log-out, the end of their time, or a stolen token.

Each statement here locks one session at most, or the user after all of its sessions, so that no
two calls can wait for one another.
"""

import logging
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.checked_tokens import checked_tokens
from accounts.models import LoginSession, User
from accounts.scopes import holds, scope_text, scopes_open_to
from accounts.services.events import account_event
from accounts.tokens import RefreshToken, TokenPair, new_pair

# Rows of sessions that are over, deleted at each log-in. More than one, so that they get fewer.
PRUNE_LIMIT = 10

logger = logging.getLogger(__name__)


class SessionEnded(Exception):
    """The token belongs to a session that is over."""


class NoActiveAccount(Exception):
    """The token belongs to a user who is gone, or whose account is closed."""


class ScopeNotOpen(Exception):
    """More was asked for than may be had. `open_scopes`: what may be had."""

    def __init__(self, refused: Iterable[str], open_scopes: Iterable[str]) -> None:
        self.refused = scope_text(refused)
        self.open_scopes = scope_text(open_scopes)
        super().__init__(f"{self.refused} is not open; open are: {self.open_scopes}")


def session_start(*, user: User, scopes: Collection[str] | None = None) -> TokenPair:
    """Begins a session; returns its first tokens.

    `scopes`: those of the tokens, or None for all that the user may have. Raises ScopeNotOpen.
    """
    scope = _narrowed(scopes_open_to(user), scopes)
    session = LoginSession(user=user, started_at=timezone.now())
    pair = new_pair(session, scope)
    session.refresh_jti, session.expires_at = pair.refresh["jti"], pair.expires_at
    _prune()
    with transaction.atomic():
        session.save(force_insert=True)
        account_event(
            action="account.logged_in",
            account=user,
            by=user,
            after={"session": str(session.id), "scope": scope},
        )
    return pair


def session_refresh(*, token: RefreshToken, scopes: Collection[str] | None = None) -> TokenPair:
    """Exchanges the session's newest refresh token for a new pair.

    `scopes`: those of the new pair, among those of the token; None to keep them.

    Of several calls with one token the first wins. The others, and whoever brings it later, show
    that the token is in two hands, of which one may be a thief's: they end the session.

    Raises SessionEnded, NoActiveAccount, and ScopeNotOpen, which leaves the token as it is.
    """
    user = User.objects.filter(pk=token.user_id).first()
    if user is None or not user.is_active:
        raise NoActiveAccount
    session = LoginSession.objects.filter(pk=token.session_id, user=user).first()
    if session is None or not token.is_of(user) or session.ends_at <= timezone.now():
        raise SessionEnded
    session.user = user
    held = scopes_open_to(user) if token.scopes is None else token.scopes
    pair = new_pair(session, _narrowed(held, scopes))
    has_rotated = LoginSession.objects.filter(pk=session.pk, refresh_jti=token["jti"]).update(
        refresh_jti=pair.refresh["jti"], expires_at=pair.expires_at
    )
    if not has_rotated:
        _end_reused(session)
        raise SessionEnded
    return pair


def session_end(*, token: RefreshToken) -> None:
    """Logs out: ends the session, whose access tokens are refused as well from now on.

    Raises SessionEnded if that had happened before.
    """
    with transaction.atomic():
        session = LoginSession.objects.filter(pk=token.session_id, user_id=token.user_id)
        user = User.objects.filter(pk=token.user_id).first()
        ended, _ = session.delete()
        if not ended:
            raise SessionEnded
        after = {"session": str(token.session_id)}
        account_event(action="account.logged_out", account=user, by=user, after=after)
    _forget(token.session_id)


@transaction.atomic
def user_log_out_everywhere(*, user: User, by: User | None = None) -> None:
    """Ends every session of the user, in the API and in the admin, and every token.

    `by`: who does so; None: the user.
    """
    of_user = LoginSession.objects.select_for_update().filter(user=user).order_by("pk")
    LoginSession.objects.filter(pk__in=list(of_user.values_list("pk", flat=True))).delete()
    user.logged_out_at = timezone.now()
    user.save(update_fields=["logged_out_at"])  # its signal drops the checked tokens
    account_event(action="account.logged_out_everywhere", account=user, by=by or user)
    logger.info(
        "User %s was logged out everywhere",
        user.pk,
        extra={"event": "user.logged_out", "user_id": user.pk},
    )


def _narrowed(held: Collection[str], wanted: Collection[str] | None) -> str:
    """The claim with what is wanted of what is held."""
    if wanted is None:
        return scope_text(held)
    if beyond := [one for one in wanted if not holds(held, one)]:
        raise ScopeNotOpen(beyond, held)
    return scope_text(wanted)


def _end_reused(session: LoginSession) -> None:
    with transaction.atomic():
        LoginSession.objects.filter(pk=session.pk).delete()
        account_event(
            action="session.ended",
            subject_type="session",
            account=session,
            reason="A refresh token came a second time: it is in two hands.",
            after={"account": str(session.user_id)},
        )
    _forget(session.pk)
    logger.warning(
        "A refresh token of user %s was used again; its session is ended",
        session.user_id,
        extra={"event": "session.ended", "user_id": session.user_id, "reason": "token_reused"},
    )


def _forget(session_id: UUID) -> None:
    checked_tokens.forget_session(session_id)
    # Until the commit, other calls still read the row, and keep its tokens.
    transaction.on_commit(lambda: checked_tokens.forget_session(session_id))


def _prune() -> None:
    """Rows come with log-ins and leave with them, so that no timer is needed."""
    over = LoginSession.objects.filter(expires_at__lt=timezone.now()).order_by("expires_at")
    with transaction.atomic():
        pks = list(over.select_for_update(skip_locked=True).values_list("pk")[:PRUNE_LIMIT])
        if pks:
            LoginSession.objects.filter(pk__in=[pk for (pk,) in pks]).delete()
