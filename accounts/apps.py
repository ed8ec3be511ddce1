"""The accounts app: users and their tokens."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save, pre_delete


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Connects what follows from changed users, and from migrations."""
        from accounts.checked_tokens import forget_changed_user

        for signal in (post_save, pre_delete):
            signal.connect(forget_changed_user, sender="accounts.User")
        post_migrate.connect(_write_roles, sender=self)


def _write_roles(**of_signal: Any) -> None:
    """Once the migrations have run; not when a database is emptied, which sends the signal, too."""
    from accounts.services.roles import roles_write

    if of_signal.get("plan") is not None:
        roles_write()
