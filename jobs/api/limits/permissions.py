"""Which permission each call takes."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

NEEDED = {
    "list": "jobs.view_limit",
    "retrieve": "jobs.view_limit",
    "update": "jobs.change_limit",
    "destroy": "jobs.delete_limit",
}


class MayUseLimits(BasePermission):
    """A limit holds up the jobs of every client."""

    def has_permission(self, request: Request, view: ViewSet) -> bool:  # type: ignore[override]
        """Whether the user has the one that this call needs."""
        needed = NEEDED.get(view.action or "")
        if needed is None:  # a method that there is not: it is refused as such
            return True
        self.message = f"This needs the permission {needed}."
        return bool(request.user and request.user.has_perm(needed))
