"""Expired sessions and refresh tokens are deleted, where the project has these apps."""

from django.apps import apps
from django.utils import timezone

from jobs.services.maintenance.round import Round, run_round

# Rows of each table in one round, so that no transaction grows with what is old.
PRUNE_LIMIT = 5_000

# Tokens have no index by their end. One round reads this many, the oldest first, and the next round
# goes on behind them.
WINDOW = 50_000

SESSIONS = "django.contrib.sessions"
TOKENS = "rest_framework_simplejwt.token_blacklist"


class _Place:
    """Up to which id this process has read the tokens; each pass begins at 0."""

    token_id = 0


def jobs_prune_logins() -> Round:
    """Deletes expired sessions and refresh tokens; counts rows.

    Django keeps both until a command is run. A token that has expired is refused whether or not
    its row, and its entry in the blacklist, are there.
    """
    return run_round("prune_logins", _prune, skipped=Round())


def _prune() -> Round:
    sessions = _prune_sessions() if apps.is_installed(SESSIONS) else 0
    tokens = _prune_tokens() if apps.is_installed(TOKENS) else 0
    return Round(sessions + tokens, is_full=max(sessions, tokens) >= PRUNE_LIMIT)


def _prune_sessions() -> int:
    sessions = apps.get_model("sessions", "Session")._default_manager
    expired = sessions.filter(expire_date__lt=timezone.now()).order_by("expire_date")
    return int(sessions.filter(pk__in=expired.values("pk")[:PRUNE_LIMIT]).delete()[0])


def _prune_tokens() -> int:
    """By ids, which follow the time of their making: no token is loaded."""
    tokens = apps.get_model("token_blacklist", "OutstandingToken")._default_manager
    read = list(
        tokens.filter(id__gt=_Place.token_id)
        .order_by("id")
        .values_list("id", "expires_at")[:WINDOW]
    )
    now = timezone.now()
    expired = [token_id for token_id, expires_at in read if expires_at < now][:PRUNE_LIMIT]
    if len(expired) < PRUNE_LIMIT:  # nothing is left behind in this window
        _Place.token_id = read[-1][0] if len(read) == WINDOW else 0
    if expired:
        tokens.filter(id__in=expired).only("id").delete()
    return len(expired)
