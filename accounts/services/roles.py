"""Three groups that every deployment has: who looks, who decides, and who administers.

Code says what they may do, and each `migrate` writes it anew, so that a new feature comes with its
rights. Whoever wants other rights makes a group of its own.
"""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

VIEWER, OPERATOR, ADMINISTRATOR = "viewer", "operator", "administrator"
ROLES = (VIEWER, OPERATOR, ADMINISTRATOR)

# What Django makes for every model; any other permission is a decision that a feature has.
_STANDARD = ("add_", "change_", "delete_", "view_")
# Tracebacks may quote payloads. Jobs and schedules are changed by Django's own permissions.
_FOR_OPERATORS = frozenset({"view_traceback", "add_job", "change_job", "change_schedule"})
# What shows secrets, and what lets an effect happen again.
_FOR_ADMINISTRATORS = frozenset({"reveal_payload", "release_processedkey"})


def roles_write() -> None:
    """Gives each role the permissions that it has by the rules, and no others."""
    for name in ("jobs", "accounts"):
        create_permissions(apps.get_app_config(name), verbosity=0)
    ours = Q(content_type__app_label="jobs") | Q(content_type__app_label="accounts")
    known = list(Permission.objects.filter(ours).select_related("content_type"))
    with transaction.atomic():
        for role in ROLES:
            group, _ = Group.objects.get_or_create(name=role)
            group.permissions.set(one for one in known if _may(role, one))


def _may(role: str, permission: Permission) -> bool:
    """Viewers see jobs and all around them, and operators decide about them.

    Administrators may do everything here, accounts and their rights included.
    """
    if role == ADMINISTRATOR:
        return True
    if permission.content_type.app_label != "jobs":
        return False
    name = permission.codename
    if name in _FOR_ADMINISTRATORS:
        return False
    decides = name in _FOR_OPERATORS or not name.startswith(_STANDARD)
    sees = name.startswith("view_") and not decides
    return sees or (decides and role == OPERATOR)
