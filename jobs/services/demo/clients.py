"""The accounts that the demonstration's jobs belong to. By them its rows are known."""

from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

from jobs.core.actor import Actor, actor_of

_NAMES = (
    *("demo-shop", "demo-billing", "demo-crm", "demo-newsletter", "demo-signup", "demo-support"),
    *("demo-reports", "demo-partners", "demo-inventory", "demo-mobile", "demo-search", "demo-lab"),
)
# How many of 64 jobs each client submits, in the order of the names.
_SHARES = (18, 12, 8, 7, 5, 4, 3, 2, 2, 1, 1, 1)
OPERATOR = "demo-operator"


class Clients(NamedTuple):
    """Their primary keys as text: by name, and `mixed`, each as often as it submits.

    `operator` decides about dead letters.
    """

    by_name: dict[str, str]
    mixed: list[str]
    operator: Actor


def clients_make() -> Clients:
    """Makes the accounts that are missing; nobody can log in with them."""
    users = get_user_model()._default_manager
    by_name = {}
    for name in (*_NAMES, OPERATOR):
        user = users.filter(username=name).first()
        by_name[name] = user or users.create_user(username=name)  # without a password
    pks = {name: str(user.pk) for name, user in by_name.items()}
    mixed = [pks[name] for name, share in zip(_NAMES, _SHARES, strict=True) for _ in range(share)]
    return Clients(pks, mixed, actor_of(by_name[OPERATOR]))


def client_pks() -> list[Any]:
    """The primary keys of the accounts that are there."""
    users = get_user_model()._default_manager.filter(username__in=[*_NAMES, OPERATOR])
    return list(users.values_list("pk", flat=True))
