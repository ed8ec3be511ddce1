"""An account that a call names: whose rows are asked for."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from rest_framework.exceptions import ErrorDetail, PermissionDenied, ValidationError

from jobs.services.visibility import clients_seen_by

# Characters.
USERNAME_MAX = 254


def named_client_id(*, username: str, asks: AbstractBaseUser, permission: str) -> Any:
    """Primary key of the account of this name, if `asks` may see its rows.

    Those of others take the permission, but for its own tenant. Without it nothing is told of
    accounts: one that there is not is refused like one that may not be seen. Raises DRF's
    PermissionDenied and `ValidationError`.
    """
    if username == asks.get_username():
        return asks.pk
    seen = clients_seen_by(asks, permission)
    try:
        found = get_user_model()._default_manager.get_by_natural_key(username).pk
    except ObjectDoesNotExist:
        found = None
    if found is not None and (seen is None or found in seen):
        return found
    if seen is not None:
        raise PermissionDenied(f"This needs the permission {permission}.")
    unknown = ErrorDetail("There is no account of this name.", code="unknown")
    raise ValidationError({"submitted_by": [unknown]})
