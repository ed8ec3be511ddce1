"""Service accounts: made by staff, and exchanging a client id and a secret for access tokens."""

import re
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex, token_urlsafe
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.checked_tokens import checked_tokens
from accounts.models import SECRETS_MAX, ServiceAccount, ServiceSecret, User
from accounts.scopes import holds, scope_text
from accounts.services.attempts import login_attempt
from accounts.services.events import account_event
from accounts.services.refused_logins import token_refused
from accounts.services.rights import rights_changed
from accounts.services.sessions import ScopeNotOpen
from accounts.tokens import AccessToken, new_service_token

# Tells people, and programs that search for leaked secrets, what it is.
_PREFIX = "jobs_"
_HINT_LENGTH = 9  # the prefix, and 24 of 256 bits

_CLIENT_ID = re.compile(r"[!-~]{1,64}", re.ASCII)


class InvalidClient(Exception):
    """No such client, a wrong or expired secret, or a closed account: it is not said which."""


class TooManySecrets(Exception):
    """A service account has as many secrets as it may have."""


class NewSecret(NamedTuple):
    """A secret that was just made. `text` is nowhere else, and cannot be had again."""

    secret: ServiceSecret
    text: str


@transaction.atomic
def service_account_create(
    *,
    name: str,
    scopes: Collection[str],
    job_types: Collection[str] = (),
    queues: Collection[str] = (),
    reads: str = "",
    writes: str = "",
    is_active: bool = True,
    by: User | None = None,
) -> ServiceAccount:
    """Makes a service account without a secret, and its user, who has no password.

    `reads`, `writes`: rates such as `100/min`; empty: as every account.

    Raises IntegrityError if the name, or one that looks like it, is taken.
    """
    account = ServiceAccount.objects.create(
        user=User.objects.create_user(name, is_active=is_active),
        client_id=f"client-{token_hex(12)}",
        scopes=scope_text(scopes).split(),
        job_types=list(job_types),
        queues=list(queues),
        reads=reads,
        writes=writes,
    )
    _record("account.created", account, by, **_limits_of(account))
    return account


@transaction.atomic
def service_account_change(
    *,
    account: ServiceAccount,
    is_active: bool,
    scopes: Collection[str],
    job_types: Collection[str],
    queues: Collection[str],
    reads: str = "",
    writes: str = "",
    by: User | None = None,
) -> None:
    """Changes what it may do. Tokens that it has are narrowed at their next call, too."""
    before = _limits_of(ServiceAccount.objects.select_related("user").get(pk=account.pk))
    account.scopes = scope_text(scopes).split()
    account.job_types, account.queues = list(job_types), list(queues)
    account.reads, account.writes = reads, writes
    account.save()
    account.user.is_active = is_active
    account.user.save(update_fields=["is_active"])  # its signal drops the checked tokens
    rights_changed(subject=account.user, by=by, before=before, after=_limits_of(account))


@transaction.atomic
def secret_create(
    *, account: ServiceAccount, days: int | None = None, by: User | None = None
) -> NewSecret:
    """Makes a secret. `days`: until it expires; None: never.

    It is 256 random bits, so that a hash without salt and stretching cannot be reversed. Raises
    TooManySecrets.
    """
    locked = ServiceAccount.objects.select_for_update().get(pk=account.pk)
    taken = set(locked.secrets.values_list("slot", flat=True))
    free = [slot for slot in range(1, SECRETS_MAX + 1) if slot not in taken]
    if not free:
        raise TooManySecrets
    text = f"{_PREFIX}{token_urlsafe(32)}"
    secret = ServiceSecret.objects.create(
        account=locked,
        slot=free[0],
        digest=_digest(text),
        hint=text[:_HINT_LENGTH],
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
    _record("account.secret_made", locked, by, secret=secret.hint)
    return NewSecret(secret, text)


@transaction.atomic
def secret_revoke(*, secret_id: UUID, by: User | None = None) -> None:
    """Deletes a secret; the tokens that were got with it are refused from now on.

    Raises ServiceSecret.DoesNotExist.
    """
    secret = ServiceSecret.objects.select_related("account__user").get(pk=secret_id)
    user_id = secret.account_id
    secret.delete()
    _record("account.secret_revoked", secret.account, by, secret=secret.hint)
    checked_tokens.forget_user(user_id)
    # Until the commit, other calls still read the row, and keep its tokens.
    transaction.on_commit(lambda: checked_tokens.forget_user(user_id))


def service_token(
    *, client_id: str, secret: str, scopes: Collection[str] | None, address: str
) -> AccessToken:
    """An access token for the service account.

    `scopes`: among those of the account; None for all of them. `address`: where the call comes
    from; failures count for it, and for the client id, as those of log-ins do.
    Raises InvalidClient, ScopeNotOpen, TooManyAttempts.
    """
    with login_attempt(address=address, username=client_id) as attempt:
        found = _authenticated(client_id, secret)
        if found is not None:
            attempt.succeed()
    if found is None:
        token_refused(client_id=client_id, address=address)
        raise InvalidClient
    account = found.account
    if beyond := [one for one in scopes or () if not holds(account.scopes, one)]:
        raise ScopeNotOpen(beyond, account.scopes)
    scope = account.scope if scopes is None else scope_text(scopes)
    with transaction.atomic():
        ServiceSecret.objects.filter(pk=found.pk).update(last_used_at=timezone.now())
        _record("account.got_token", account, account.user, secret=found.hint, scope=scope)
    return new_service_token(account, found, scope)


def _limits_of(account: ServiceAccount) -> dict[str, Any]:
    """What staff decide about the account, as events tell it."""
    names = ("scopes", "job_types", "queues", "reads", "writes")
    decided = {name: getattr(account, name) for name in names}
    return {**decided, "is_active": account.user.is_active}


def _record(action: str, account: ServiceAccount, by: User | None, **after: Any) -> None:
    account_event(action=action, account=account.user, by=by, after=after)


def _authenticated(client_id: str, secret: str) -> ServiceSecret | None:
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    digest = _digest(secret)
    usable = ServiceSecret.objects.usable().select_related("account__user")
    secrets = list(usable.filter(account__client_id=client_id, account__user__is_active=True))
    # Each is compared, so that the time tells nothing of the first.
    fitting = [one for one in secrets if compare_digest(one.digest, digest)]
    return fitting[0] if fitting else None


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
