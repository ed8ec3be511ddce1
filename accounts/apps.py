"""The accounts app: users and their tokens."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
