"""Accounts from before a rule pass through the migration that brings it."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User


@pytest.mark.django_db(transaction=True)
def test_names_that_look_alike_already_stay_and_the_oldest_is_folded() -> None:
    _migrate("0002_login_sessions")
    try:
        old: Any = _state("0002_login_sessions").get_model("accounts", "User")
        for name in ("Rose", "rose", "\uff21\uff2e\uff2e", "Straße"):
            old.objects.create(username=name, password="!")
    finally:
        newest = MigrationExecutor(connection).loader.graph.leaf_nodes("accounts")
        MigrationExecutor(connection).migrate(newest)

    folded = dict(User.objects.values_list("username", "folded_username"))
    assert folded == {
        "Rose": "rose",
        "rose": None,
        "\uff21\uff2e\uff2e": "ann",
        "Straße": "strasse",
    }


def _migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("accounts", name)])


def _state(name: str) -> Any:
    return MigrationExecutor(connection).loader.project_state(("accounts", name)).apps
