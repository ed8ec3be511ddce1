"""Which permission each call takes."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

NEEDED = {
    "list": "jobs.view_schedule",
    "retrieve": "jobs.view_schedule",
    "create": "jobs.add_schedule",
    "partial_update": "jobs.change_schedule",
    "pause": "jobs.change_schedule",
    "resume": "jobs.change_schedule",
    "run": "jobs.run_schedule",
    "destroy": "jobs.delete_schedule",
}


class MayUseSchedules(BasePermission):
    """A schedule goes on when its maker is gone, so that each call takes a permission."""

    def has_permission(self, request: Request, view: ViewSet) -> bool:  # type: ignore[override]
        """Whether the user has the one that this call needs."""
        needed = NEEDED.get(view.action or "")
        if needed is None:  # a method that there is not: it is refused as such
            return True
        self.message = f"This needs the permission {needed}."
        return bool(request.user and request.user.has_perm(needed))
