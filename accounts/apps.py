"""The accounts app: users and their tokens."""

from django.apps import AppConfig
from django.db.models.signals import post_save, pre_delete


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Connects the signals by which a changed user loses its checked tokens in this process."""
        from accounts.checked_tokens import forget_changed_user

        for signal in (post_save, pre_delete):
            signal.connect(forget_changed_user, sender="accounts.User")
