"""Secrets that calls are signed with: made, shown once, and revoked by staff."""

from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.encoding import force_str

from jobs.core.actor import CODE, Actor
from jobs.core.signing import derived_secret, key_mark, secret_text
from jobs.core.signing_errors import SigningSecretLost, TooManySigningSecrets
from jobs.models import SigningSecret
from jobs.models.signing_secret import SIGNING_SECRETS_MAX
from jobs.services.events import event_record
from jobs.sql.contention import repeats_conflicts

SUBJECT = "signing_secret"


class NewSigningSecret(NamedTuple):
    """A secret that was just made. `text` is kept nowhere."""

    secret: SigningSecret
    text: str


@repeats_conflicts
def signing_secret_create(*, client_id: Any, actor: Actor = CODE) -> NewSigningSecret:
    """Makes a secret for the calls of a client's jobs.

    `client_id`: the primary key of the account; None for jobs that code has enqueued. Calls are
    signed with it from now on, and with the older one until that is revoked. Raises
    TooManySigningSecrets.
    """
    taken = set(SigningSecret.objects.filter(client_id=client_id).values_list("slot", flat=True))
    free = [slot for slot in range(1, SIGNING_SECRETS_MAX + 1) if slot not in taken]
    if not free:
        raise TooManySigningSecrets(SIGNING_SECRETS_MAX)
    try:
        with transaction.atomic():
            secret = SigningSecret.objects.create(
                client_id=client_id, slot=free[0], key_mark=key_mark(force_str(settings.SECRET_KEY))
            )
            _record("signing_secret.created", secret, actor)
    except IntegrityError as error:  # another call took the slot
        raise TooManySigningSecrets(SIGNING_SECRETS_MAX) from error
    return NewSigningSecret(
        secret, secret_text(derived_secret(force_str(settings.SECRET_KEY), str(secret.id)))
    )


@repeats_conflicts
@transaction.atomic
def signing_secret_revoke(*, secret_id: UUID, actor: Actor = CODE) -> None:
    """Deletes a secret: nothing is signed with it any more. Raises SigningSecret.DoesNotExist."""
    secret = SigningSecret.objects.select_for_update().get(pk=secret_id)
    _record("signing_secret.revoked", secret, actor)
    secret.delete()


def signing_secrets_of(client_id: Any) -> list[bytes]:
    """The secrets to sign a client's calls with, the newest first; none if it has none.

    Raises SigningSecretLost if the SECRET_KEY of one is neither the present one nor among
    SECRET_KEY_FALLBACKS: a call must not go out unsigned, or with half of its signatures.
    """
    known = map(force_str, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    keys = {key_mark(key): key for key in known}
    secrets = list(SigningSecret.objects.filter(client_id=client_id))
    if lost := [secret for secret in secrets if secret.key_mark not in keys]:
        raise SigningSecretLost(lost[0].id)
    return [derived_secret(keys[secret.key_mark], str(secret.id)) for secret in secrets]


def _record(action: str, secret: SigningSecret, actor: Actor) -> None:
    facts = {"client_id": None if secret.client_id is None else str(secret.client_id)}
    event_record(
        action=action, subject_type=SUBJECT, subject_id=secret.id, actor=actor, after=facts
    )
