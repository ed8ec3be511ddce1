"""Groups as the pages show them."""

from typing import Any

from django.contrib.auth import get_user_model

from jobs.admin.dead_letter_groups.trend import trend_picture
from jobs.core.states import DeathReason
from jobs.services.dead_letter_groups import Group
from jobs.services.dead_letter_groups.groups import CLIENTS_MAX
from jobs.templatetags.moments import moment

NAMED = 5


def group_rows(groups: list[Group]) -> list[dict[str, Any]]:
    """What the templates need of each group; the names of clients in one query for all."""
    wanted = {client for group in groups for client in group.clients[:NAMED]}
    users = get_user_model()._default_manager.filter(pk__in=wanted) if wanted else []
    names = {user.pk: user.get_username() for user in users}
    return [
        {
            "group": group,
            "first_seen": moment(group.first_seen),
            "last_seen": moment(group.last_seen),
            "trend": trend_picture(group.trend),
            "reason": DeathReason(group.reason).label,
            "may_have_happened": group.interrupted > 0,
            "clients": _counted(group),
            "client_names": ", ".join(names[one] for one in group.clients[:NAMED] if one in names),
        }
        for group in groups
    ]


def _counted(group: Group) -> str:
    count = len(group.clients)
    return f"more than {CLIENTS_MAX}" if count > CLIENTS_MAX else str(count)
