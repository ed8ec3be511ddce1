"""Sessions of the API: from a log-in to a log-out, the end of their time, or a stolen token.

Each statement here locks one session at most, or the user after all of its sessions, so that no
two calls can wait for one another.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.checked_tokens import checked_tokens
from accounts.models import LoginSession, User
from accounts.tokens import RefreshToken, TokenPair, new_pair

# Rows of sessions that are over, deleted at each log-in. More than one, so that they get fewer.
PRUNE_LIMIT = 10

logger = logging.getLogger(__name__)


class SessionEnded(Exception):
    """The token belongs to a session that is over."""


class NoActiveAccount(Exception):
    """The token belongs to a user who is gone, or whose account is closed."""


def session_start(*, user: User) -> TokenPair:
    """Begins a session; returns its first tokens."""
    session = LoginSession(user=user, started_at=timezone.now())
    pair = new_pair(session)
    session.refresh_jti, session.expires_at = pair.refresh["jti"], pair.expires_at
    _prune()
    session.save(force_insert=True)
    return pair


def session_refresh(*, token: RefreshToken) -> TokenPair:
    """Exchanges the session's newest refresh token for a new pair.

    Of several calls with one token the first wins. The others, and whoever brings it later, show
    that the token is in two hands, of which one may be a thief's: they end the session.

    Raises SessionEnded, and NoActiveAccount.
    """
    user = User.objects.filter(pk=token.user_id).first()
    if user is None or not user.is_active:
        raise NoActiveAccount
    session = LoginSession.objects.filter(pk=token.session_id, user=user).first()
    if session is None or not token.is_of(user) or session.ends_at <= timezone.now():
        raise SessionEnded
    session.user = user
    pair = new_pair(session)
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
    ended, _ = LoginSession.objects.filter(pk=token.session_id, user_id=token.user_id).delete()
    if not ended:
        raise SessionEnded
    _forget(token.session_id)


@transaction.atomic
def user_log_out_everywhere(*, user: User) -> None:
    """Ends every session of the user, in the API and in the admin, and every token."""
    of_user = LoginSession.objects.select_for_update().filter(user=user).order_by("pk")
    LoginSession.objects.filter(pk__in=list(of_user.values_list("pk", flat=True))).delete()
    user.logged_out_at = timezone.now()
    user.save(update_fields=["logged_out_at"])  # its signal drops the checked tokens
    logger.info(
        "User %s was logged out everywhere",
        user.pk,
        extra={"event": "user.logged_out", "user_id": user.pk},
    )


def _end_reused(session: LoginSession) -> None:
    LoginSession.objects.filter(pk=session.pk).delete()
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
