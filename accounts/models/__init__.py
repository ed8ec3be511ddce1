"""Accounts, one file a model."""

from accounts.models.login_session import LoginSession
from accounts.models.service_account import SECRETS_MAX, ServiceAccount, ServiceSecret
from accounts.models.tenant import Tenant
from accounts.models.user import NAME_TAKEN, User

__all__ = [
    "NAME_TAKEN",
    "SECRETS_MAX",
    "LoginSession",
    "ServiceAccount",
    "ServiceSecret",
    "Tenant",
    "User",
]
