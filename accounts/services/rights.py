"""What an account may do, as events tell it."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Tenant, User
from accounts.services.events import SUBJECT, account_event

Rights = User | Group | Tenant
_KINDS: dict[type, str] = {Group: "group", Tenant: "tenant"}  # all others are accounts

# Accounts that an event names. A larger group or tenant is told by their number.
MEMBERS_NAMED = 100


def rights_of(user: User) -> dict[str, Any]:
    """What decides about the rights of the account, as it is stored now."""
    stored = User.objects.select_related("tenant").get(pk=user.pk)
    permissions = stored.user_permissions.values_list("content_type__app_label", "codename")
    return {
        "is_active": stored.is_active,
        "is_staff": stored.is_staff,
        "is_superuser": stored.is_superuser,
        "tenant": stored.tenant and stored.tenant.name,
        "groups": sorted(stored.groups.values_list("name", flat=True)),
        "permissions": sorted(f"{app}.{codename}" for app, codename in permissions),
    }


def rights_of_group(group: Group) -> dict[str, Any]:
    """The permissions of a group, as they are stored now."""
    permissions = group.permissions.values_list("content_type__app_label", "codename")
    return {
        "name": Group.objects.values_list("name", flat=True).get(pk=group.pk),
        "permissions": sorted(f"{app}.{codename}" for app, codename in permissions),
    }


def rights_of_tenant(tenant: Tenant) -> dict[str, Any]:
    """Its name, as it is stored now."""
    return {"name": Tenant.objects.values_list("name", flat=True).get(pk=tenant.pk)}


def rights_changed(
    *, subject: Rights, by: Any, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Writes the event of a change, with what has changed; none if nothing has."""
    names = [name for name in after if before.get(name) != after[name]]
    if not names:
        return
    kind = _KINDS.get(type(subject), SUBJECT)
    account_event(
        action=f"{kind}.rights_changed",
        subject_type=kind,
        account=subject,
        by=by,
        before={name: before.get(name) for name in names},
        after={name: after[name] for name in names},
    )


def subject_delete(*, subject: Rights, by: Any, before: dict[str, Any]) -> None:
    """Deletes it, with an event of its rights and of the accounts that lose by it."""
    kind = _KINDS.get(type(subject), SUBJECT)
    if not isinstance(subject, User):
        before = {**before, **_members(subject)}
    with transaction.atomic():
        account_event(
            action=f"{kind}.deleted", subject_type=kind, account=subject, by=by, before=before
        )
        subject.delete()


def _members(subject: Group | Tenant) -> dict[str, Any]:
    accounts = subject.user_set if isinstance(subject, Group) else subject.members
    members = accounts.order_by("username")
    names = list(members.values_list("username", flat=True)[:MEMBERS_NAMED])
    return {"member_count": members.count(), "members": names}
