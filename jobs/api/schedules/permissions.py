"""Which permission each call takes."""

from jobs.api.shared.permissions import MayByCall


class MayUseSchedules(MayByCall):
    """A schedule goes on when its maker is gone, so that each call takes a permission."""

    needed = {
        "list": "jobs.view_schedule",
        "retrieve": "jobs.view_schedule",
        "create": "jobs.add_schedule",
        "partial_update": "jobs.change_schedule",
        "pause": "jobs.change_schedule",
        "resume": "jobs.change_schedule",
        "run": "jobs.run_schedule",
        "destroy": "jobs.delete_schedule",
    }
